/* show crypto ipsec sa: the identity pairs that have SAs. */
#include "asa_log_priv.h"
#include "asa_ra.h"
#include "asa_show_priv.h"

struct choice { /* 0 or NULL = everything */
    ip4 peer;
    const char *map;
};

static bool chosen(const struct choice *c, const struct ipsec_ident *ident)
{
    return ident->pairs->len > 0 && (c->peer == 0 || c->peer == ident->peer) &&
           (!c->map || g_strcmp0(c->map, ident->map) == 0);
}

/* ---- Figures ---- */

static int64_t seconds_left(const struct asa *s, const struct ipsec_pair *p)
{
    return p->hard == SIM_TIME_MAX ? p->life_s
                                   : MAX(0, (p->hard - sim_now(s->d->sim)) / SECONDS(1));
}

static uint64_t kilobytes_left(const struct ipsec_pair *p, uint64_t used)
{
    uint64_t limit = p->hard_bytes ? p->hard_bytes : (uint64_t)p->life_kb * 1024;
    return used < limit ? (limit - used) / 1024 : 0;
}

/* What ESP adds at most, and the whole block that is counted for padding. */
static unsigned overhead(const struct ipsec_pair *p)
{
    return (unsigned)esp_overhead_most(p->suite) + (cipher_iv_bytes(p->suite.cipher) > 0);
}

void asa_transform_text(struct esp_suite suite, GString *out)
{
    static const char *const cipher[CIPHER_COUNT] = {
        [CIPHER_NULL] = "esp-null",      [CIPHER_DES] = "esp-des",
        [CIPHER_3DES] = "esp-3des",      [CIPHER_AES128] = "esp-aes",
        [CIPHER_AES192] = "esp-aes-192", [CIPHER_AES256] = "esp-aes-256",
    };
    static const char *const auth[HASH_COUNT] = {
        [HASH_NONE] = "esp-none",
        [HASH_MD5] = "esp-md5-hmac",
        [HASH_SHA1] = "esp-sha-hmac",
        [HASH_SHA256] = "esp-sha256-hmac",
    };
    g_string_append_printf(out, "%s %s", cipher[suite.cipher], auth[suite.auth]);
}

/* ---- The rows ---- */

static void proxy_cell(struct view *v, const char *column, const struct proxy *p)
{
    view_set(v, column, "%s/%s/%u/%u", IP4S(p->addr), IP4S(p->mask), p->protocol, p->port);
}

static void ident_row(struct asa *s, const struct ipsec_ident *ident, struct view *v)
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
    const struct ipsec_pair *p = g_ptr_array_index(ident->pairs, 0);
    g_autoptr(GString) transform = g_string_new(NULL);
    asa_transform_text(p->suite, transform);
    view_row_begin(v);
    view_set(v, "interface", "%s", asa_if_word(s, ident->on));
    view_set(v, "map", "%s", ident->map);
    view_set(v, "seq", "%u", ident->seq);
    proxy_cell(v, "local-ident", &ident->local_proxy);
    proxy_cell(v, "remote-ident", &ident->remote_proxy);
    view_set(v, "current-peer", "%s", IP4S(ident->peer));
    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
        view_set(v, counters[i].column, U64, counters[i].value);
    view_set(v, "outbound-spi", "%08X", p->spi_out);
    view_set(v, "inbound-spi", "%08X", p->spi_in);
    view_set(v, "transform", "%s", transform->str);
    view_set(v, "life-kb", U64, kilobytes_left(p, p->bytes_in));
    view_set(v, "life-s", "%" G_GINT64_FORMAT, seconds_left(s, p));
    view_set(v, "pairs", "%u", ident->pairs->len);
}

void asa_view_ipsec_sa(struct asa *s, char **args, struct view *v)
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
                 "pkts-verify", "send-errors", "recv-errors", "outbound-spi", "inbound-spi",
                 "transform", "life-kb", "life-s", "pairs", NULL);
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (chosen(&c, ident))
            ident_row(s, ident, v);
    }
}

/* ---- The text ---- */

/* The last numbers received, newest in the lowest bit. */
static void replay_text(const struct asa *s, const struct ipsec_pair *p, GString *out)
{
    const struct esp_sa *sa = sad_by_id(ipsec_sad(s->d->ipsec), p->in);
    if (!sa || !sa->replay)
        return;
    uint32_t word[2] = {0, 0};
    for (uint32_t back = 0; back < 64 && back < sa->replay->highest; back++) {
        if (!esp_replay_fresh(sa->replay, sa->replay->highest - back))
            word[1 - back / 32] |= 1u << back % 32;
    }
    g_string_append_printf(out, "         Anti replay bitmap: \n          0x%08X 0x%08X\n", word[0],
                           word[1]);
}

static void sa_text(const struct asa *s, const struct ipsec_ident *ident,
                    const struct ipsec_pair *p, bool inbound, GString *out)
{
    uint32_t spi = inbound ? p->spi_in : p->spi_out;
    const struct asa_session *w = asa_session_of(s, ident->peer, p->nat);
    g_string_append_printf(out, "      spi: 0x%08X (%u)\n         transform: ", spi, spi);
    asa_transform_text(p->suite, out);
    g_string_append_printf(out, " no compression \n         in use settings ={%s, Tunnel, %s%s}\n",
                           asa_remote_at(s, ident->peer, ident->nat) ? "RA" : "L2L",
                           p->suite.udp ? "NAT-T-Encaps, " : "",
                           asa_since(s, 8, 4) ? "IKEv1, " : "");
    g_string_append_printf(out, "         slot: 0, conn_id: %u, crypto-map: %s\n",
                           4096 * (w ? w->index : 1), ident->map);
    g_string_append_printf(
        out,
        "         sa timing: remaining key lifetime (kB/sec): (" U64 "/%" G_GINT64_FORMAT ")\n",
        kilobytes_left(p, inbound ? p->bytes_in : p->bytes_out), seconds_left(s, p));
    g_string_append_printf(out, "         IV size: %zu bytes\n", cipher_iv_bytes(p->suite.cipher));
    const struct esp_sa *in = sad_by_id(ipsec_sad(s->d->ipsec), p->in);
    g_string_append_printf(out, "         replay detection support: %c\n",
                           in && in->replay ? 'Y' : 'N');
    if (inbound)
        replay_text(s, p, out);
}

/* With `detail`, what failed is told apart: going out for want of an SA, coming in for any reason.
 */
static void errors_text(const struct ipsec_ident *i, bool detail, GString *out)
{
    if (!detail)
        g_string_append_printf(out, "      #send errors: " U64 ", #recv errors: " U64 "\n\n",
                               i->send_errors, i->recv_errors);
    else
        g_string_append_printf(out,
                               "      #pkts no sa (send): " U64 "\n"
                               "      #pkts decaps failed (rcv): " U64 "\n\n",
                               i->send_errors, i->recv_errors);
}

/* Cut before sealing, errors about size, pieces that came out; CAT-68 has them. */
static void sizes_text(const struct ipsec_ident *i, GString *out)
{
    g_string_append_printf(out,
                           "      #pre-frag successes: " U64 ", #pre-frag failures: " U64
                           ", #fragments created: " U64 "\n"
                           "      #PMTUs sent: " U64 ", #PMTUs rcvd: " U64
                           ", #decapsulated frgs needing reassembly: " U64 "\n",
                           i->cut, i->cut_failed, i->pieces, i->too_big_sent, i->too_big_heard,
                           i->pieces_in);
}

static void counters_text(const struct asa *s, const struct ipsec_ident *i, bool detail,
                          GString *out)
{
    g_string_append_printf(
        out,
        "      #pkts encaps: " U64 ", #pkts encrypt: " U64 ", #pkts digest: " U64 "\n"
        "      #pkts decaps: " U64 ", #pkts decrypt: " U64 ", #pkts verify: " U64 "\n",
        i->encaps, i->encrypt, i->digest, i->decaps, i->decrypt, i->verify);
    g_string_append_printf(out,
                           "      #pkts compressed: 0, #pkts decompressed: 0\n"
                           "      #pkts not compressed: " U64
                           ", #pkts comp failed: 0, #pkts decomp failed: 0\n",
                           i->encaps);
    if (asa_since(s, 8, 0))
        sizes_text(i, out);
    errors_text(i, detail, out);
}

/* The access-list line that made the pair. */
static void list_text(const struct asa *s, const struct ipsec_ident *ident, GString *out)
{
    const struct ipsec_map *map = ipsec_map_find(s->d->ipsec_conf, ident->map);
    const struct ipsec_map_entry *e = map ? ipsec_entry_find(map, ident->seq) : NULL;
    const struct acl *acl = e && e->acl ? net_acl(s->d->node, e->acl) : NULL;
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        const struct flow f = {.src = ident->local_proxy.addr,
                               .dst = ident->remote_proxy.addr,
                               .protocol = ident->local_proxy.protocol};
        if (l->remark || !l->permit || !acl_line_matches(l, &f))
            continue;
        g_string_append_printf(out, "      access-list %s ", acl->name);
        asa_acl_line_text(acl, l, out);
        g_string_append_c(out, '\n');
        return;
    }
}

static void ident_text(const struct asa *s, const struct ipsec_ident *ident, bool detail,
                       GString *out)
{
    const struct proxy *lp = &ident->local_proxy, *rp = &ident->remote_proxy;
    const struct ipsec_pair *newest = g_ptr_array_index(ident->pairs, 0);
    unsigned mtu = ident->on ? ident->on->mtu : 1500, path = mtu;
    char port[2][8] = {"", ""}; /* where ESP goes in UDP */
    if (sim_now(s->d->sim) < newest->path_mtu_until)
        path = MIN(path, newest->path_mtu);
    g_string_append_printf(out, "    Crypto map tag: %s, seq num: %u, local addr: %s\n\n",
                           ident->map, ident->seq, IP4S(ident->local));
    list_text(s, ident, out);
    g_string_append_printf(out, "      local ident (addr/mask/prot/port): (%s/%s/%u/%u)\n",
                           IP4S(lp->addr), IP4S(lp->mask), lp->protocol, lp->port);
    g_string_append_printf(out, "      remote ident (addr/mask/prot/port): (%s/%s/%u/%u)\n",
                           IP4S(rp->addr), IP4S(rp->mask), rp->protocol, rp->port);
    const struct asa_remote *r = asa_remote_at(s, ident->peer, ident->nat);
    g_string_append_printf(out, "      current_peer: %s", IP4S(ident->peer));
    if (r)
        g_string_append_printf(out, ", username: %s\n      dynamic allocated peer ip: %s",
                               r->user ? r->user : r->group, IP4S(r->addr));
    g_string_append(out, "\n\n");
    counters_text(s, ident, detail, out);
    if (newest->suite.udp) {
        g_snprintf(port[0], sizeof port[0], "/%u", newest->lport);
        g_snprintf(port[1], sizeof port[1], "/%u", newest->rport);
    }
    g_string_append_printf(out,
                           "      local crypto endpt.: %s%s, remote crypto endpt.: %s%s\n\n"
                           "      path mtu %u, ipsec overhead %u, media mtu %u\n"
                           "      current outbound spi: %08X\n",
                           IP4S(ident->local), port[0], IP4S(ident->peer), port[1], path,
                           overhead(newest), mtu, newest->spi_out);
    for (int inbound = 1; inbound >= 0; inbound--) {
        g_string_append_printf(out, "\n    %s esp sas:\n", inbound ? "inbound" : "outbound");
        for (guint k = 0; k < ident->pairs->len; k++)
            sa_text(s, ident, g_ptr_array_index(ident->pairs, k), inbound, out);
    }
}

void asa_show_ipsec_sa(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct choice what = {.map = cli_arg(a, "map")};
    const struct net_if *on = NULL;
    bool any = false;
    cli_arg_ip4(a, "peer", &what.peer);
    if (what.peer)
        g_string_append_printf(out, "peer address: %s\n", IP4S(what.peer));
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (!chosen(&what, ident))
            continue;
        if (cli_has(a, "entry"))
            g_string_append_printf(out, "peer address: %s\n", IP4S(ident->peer));
        else if (!what.peer && ident->on != on)
            g_string_append_printf(out, "interface: %s\n", asa_if_word(s, ident->on));
        on = ident->on;
        any = true;
        ident_text(s, ident, cli_has(a, "detail"), out);
        g_string_append_c(out, '\n');
    }
    if (!any)
        g_string_append(out, "\nThere are no ipsec sas\n");
}
