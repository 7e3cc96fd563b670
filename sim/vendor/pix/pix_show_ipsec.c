/* show crypto ipsec sa (DBG-10): every identity pair of the maps applied. */
#include "pix_log_priv.h"
#include "pix_show_priv.h"

struct choice { /* 0 or NULL = everything */
    ip4 peer;
    const char *map;
};

static bool chosen(const struct choice *c, const struct ipsec_ident *ident)
{
    return (c->peer == 0 || c->peer == ident->peer) &&
           (!c->map || g_strcmp0(c->map, ident->map) == 0);
}

/* ---- Figures ---- */

static int64_t seconds_left(const struct pix *s, const struct ipsec_pair *p)
{
    return p->hard == SIM_TIME_MAX ? p->life_s
                                   : MAX(0, (p->hard - sim_now(s->d->sim)) / SECONDS(1));
}

static uint64_t kilobytes_left(const struct ipsec_pair *p, uint64_t used)
{
    uint64_t limit = p->hard_bytes ? p->hard_bytes : (uint64_t)p->life_kb * 1024;
    return used < limit ? (limit - used) / 1024 : 0;
}

/* Outer head, SPI and sequence number, IV, ICV, and a block for padding and trailer: 56 with 3DES
 * and MD5 (DBG-10). */
static unsigned overhead(const struct ipsec_pair *p)
{
    unsigned block = (unsigned)cipher_iv_bytes(p->suite.cipher);
    return 20 + (p->suite.udp ? 8 : 0) + 8 + block + (p->suite.auth == HASH_NONE ? 0 : 12) +
           MAX(block, 4);
}

/* ---- The rows ---- */

static void proxy_cell(struct view *v, const char *column, const struct proxy *p)
{
    view_set(v, column, "%s/%s/%u/%u", IP4S(p->addr), IP4S(p->mask), p->protocol, p->port);
}

static void pair_cells(struct pix *s, const struct ipsec_pair *p, struct view *v)
{
    g_autoptr(GString) transform = g_string_new(NULL);
    pix_transform_text(p->suite, transform);
    g_strchomp(transform->str);
    view_set(v, "outbound-spi", "%x", p->spi_out);
    view_set(v, "inbound-spi", "%x", p->spi_in);
    view_set(v, "transform", "%s", transform->str);
    view_set(v, "overhead", "%u", overhead(p));
    view_set(v, "life-kb", U64, kilobytes_left(p, p->bytes_in));
    view_set(v, "life-s", "%" G_GINT64_FORMAT, seconds_left(s, p));
}

static void ident_row(struct pix *s, const struct ipsec_ident *ident, struct view *v)
{
    const struct {
        const char *column;
        uint64_t value;
    } counters[] = {
        {"pkts-encaps", ident->encaps},      {"pkts-encrypt", ident->encrypt},
        {"pkts-digest", ident->digest},      {"pkts-decaps", ident->decaps},
        {"pkts-decrypt", ident->decrypt},    {"pkts-verify", ident->verify},
        {"send-errors", ident->send_errors}, {"recv-errors", ident->recv_errors},
    };
    view_row_begin(v);
    view_set(v, "interface", "%s", pix_if_word(s, ident->on));
    view_set(v, "map", "%s", ident->map);
    view_set(v, "seq", "%u", ident->seq);
    proxy_cell(v, "local-ident", &ident->local_proxy);
    proxy_cell(v, "remote-ident", &ident->remote_proxy);
    view_set(v, "current-peer", "%s", IP4S(ident->peer));
    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
        view_set(v, counters[i].column, U64, counters[i].value);
    view_set(v, "pairs", "%u", ident->pairs->len);
    if (ident->pairs->len)
        pair_cells(s, g_ptr_array_index(ident->pairs, 0), v);
}

void pix_view_ipsec_sa(struct pix *s, char **args, struct view *v)
{
    struct choice c = {0};
    for (char **a = args; a && a[0] && a[1]; a += 2) {
        if (g_str_equal(a[0], "peer"))
            ip4_parse(a[1], &c.peer);
        else if (g_str_equal(a[0], "map"))
            c.map = a[1];
    }
    view_columns(v, "interface", "map", "seq", "local-ident", "remote-ident", "current-peer",
                 "pkts-encaps", "pkts-encrypt", "pkts-digest", "pkts-decaps", "pkts-decrypt",
                 "pkts-verify", "send-errors", "recv-errors", "pairs", "outbound-spi",
                 "inbound-spi", "transform", "overhead", "life-kb", "life-s", NULL);
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (chosen(&c, ident))
            ident_row(s, ident, v);
    }
}

/* ---- The text ---- */

static void sa_text(const struct pix *s, const struct ipsec_ident *ident,
                    const struct ipsec_pair *p, bool inbound, GString *out)
{
    uint32_t spi = inbound ? p->spi_in : p->spi_out;
    const struct pix_esp *w = pix_esp_of(s, inbound ? p->in : p->out);
    const struct esp_sa *in = sad_by_id(ipsec_sad(s->d->ipsec), p->in);
    g_string_append_printf(out, "      spi: 0x%x(%u)\n        transform: ", spi, spi);
    pix_transform_text(p->suite, out);
    g_string_append_printf(out,
                           ",\n        in use settings ={Tunnel%s, }\n"
                           "        slot: 0, conn id: %u, crypto map: %s\n",
                           p->suite.udp ? " UDP-Encaps" : "", w ? w->conn : 0, ident->map);
    g_string_append_printf(
        out, "        sa timing: remaining key lifetime (k/sec): (" U64 "/%" G_GINT64_FORMAT ")\n",
        kilobytes_left(p, inbound ? p->bytes_in : p->bytes_out), seconds_left(s, p));
    g_string_append_printf(out,
                           "        IV size: %zu bytes\n"
                           "        replay detection support: %c\n",
                           cipher_iv_bytes(p->suite.cipher), in && in->replay ? 'Y' : 'N');
}

static void counters_text(const struct ipsec_ident *i, GString *out)
{
    g_string_append_printf(out,
                           "    #pkts encaps: " U64 ", #pkts encrypt: " U64 ", #pkts digest " U64
                           "\n    #pkts decaps: " U64 ", #pkts decrypt: " U64 ", #pkts verify " U64
                           "\n",
                           i->encaps, i->encrypt, i->digest, i->decaps, i->decrypt, i->verify);
    g_string_append_printf(out,
                           "    #pkts compressed: 0, #pkts decompressed: 0\n"
                           "    #pkts not compressed: 0, #pkts compr. failed: 0,\n"
                           "    #pkts decompress failed: 0, #send errors " U64 ", #recv errors " U64
                           "\n",
                           i->send_errors, i->recv_errors);
}

static void ident_text(const struct pix *s, const struct ipsec_ident *ident, GString *out)
{
    const struct proxy *lp = &ident->local_proxy, *rp = &ident->remote_proxy;
    const struct ipsec_pair *newest = ident->pairs->len ? g_ptr_array_index(ident->pairs, 0) : NULL;
    unsigned mtu = ident->on ? ident->on->mtu : 1500;
    char port[8] = ""; /* where ESP goes in UDP */
    if (newest && newest->suite.udp)
        g_snprintf(port, sizeof port, ":%u", newest->rport);
    g_string_append_printf(out, "   local  ident (addr/mask/prot/port): (%s/%s/%u/%u)\n",
                           IP4S(lp->addr), IP4S(lp->mask), lp->protocol, lp->port);
    g_string_append_printf(out, "   remote ident (addr/mask/prot/port): (%s/%s/%u/%u)\n",
                           IP4S(rp->addr), IP4S(rp->mask), rp->protocol, rp->port);
    g_string_append_printf(out,
                           "   current_peer: %s%s\n   dynamic allocated peer ip: 0.0.0.0\n"
                           "     PERMIT, flags={%s}\n",
                           IP4S(ident->peer), port, ident->from_acl ? "origin_is_acl," : "");
    counters_text(ident, out);
    g_string_append_printf(out,
                           "     local crypto endpt.: %s, remote crypto endpt.: %s\n"
                           "     path mtu %u, ipsec overhead %u, media mtu %u\n"
                           "     current outbound spi: %x\n",
                           IP4S(ident->local), IP4S(ident->peer), mtu,
                           newest ? overhead(newest) : 0, mtu, newest ? newest->spi_out : 0);
    for (int inbound = 1; inbound >= 0; inbound--) {
        const char *way = inbound ? "inbound" : "outbound";
        g_string_append_printf(out, "     %s esp sas:\n", way);
        for (guint k = 0; k < ident->pairs->len; k++)
            sa_text(s, ident, g_ptr_array_index(ident->pairs, k), inbound, out);
        g_string_append_printf(out, "     %s ah sas:\n     %s pcp sas:\n", way, way);
    }
}

void pix_show_ipsec_sa(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct choice what = {.map = cli_arg(a, "map")};
    const struct net_if *on = NULL;
    const char *map = NULL;
    cli_arg_ip4(a, "peer", &what.peer);
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (!chosen(&what, ident))
            continue;
        if (ident->on != on)
            g_string_append_printf(out, "\n\ninterface: %s\n", pix_if_word(s, ident->on));
        if (ident->on != on || g_strcmp0(map, ident->map) != 0)
            g_string_append_printf(out, "    Crypto map tag: %s, local addr. %s\n\n", ident->map,
                                   IP4S(ident->local));
        on = ident->on;
        map = ident->map;
        ident_text(s, ident, out);
        g_string_append_c(out, '\n');
    }
}
