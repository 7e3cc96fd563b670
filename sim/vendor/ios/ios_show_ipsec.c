/* show crypto ipsec sa, in the layout of 12.1/12.2 (DBG-03) and of 12.3 (hub-and-spoke.md 7.3). */
#include "vendor/ios/ios_show_priv.h"

#define U "%" G_GUINT64_FORMAT

/* What the listing is limited to: 0 or NULL = everything. */
struct choice {
    ip4 peer;
    const char *map, *interface;
};

static bool chosen(const struct choice *c, const struct ipsec_ident *ident)
{
    return (c->peer == 0 || c->peer == ident->peer) &&
           (!c->map || g_strcmp0(c->map, ident->map) == 0) &&
           (!c->interface || (ident->on && g_ascii_strcasecmp(c->interface, ident->on->name) == 0));
}

/* ---- Figures ---- */

static int64_t seconds_left(const struct ios *s, const struct ipsec_pair *p)
{
    return p->hard == SIM_TIME_MAX ? p->life_s
                                   : MAX(0, (p->hard - sim_now(s->d->sim)) / SECONDS(1));
}

static uint64_t kilobytes_left(const struct ipsec_pair *p, uint64_t used)
{
    uint64_t limit = p->hard_bytes ? p->hard_bytes : (uint64_t)p->life_kb * 1024;
    return used < limit ? (limit - used) / 1024 : 0;
}

static const struct esp_sa *sa_of(const struct ios *s, esp_sa_id id)
{
    return sad_by_id(ipsec_sad(s->d->ipsec), id);
}

/* Whether the receiver watches sequence numbers: it needs authentication and a window. */
static char replay_letter(const struct ios *s, const struct ipsec_pair *p)
{
    const struct esp_sa *in = sa_of(s, p->in);
    return p->suite.auth != HASH_NONE && (!in || in->replay) ? 'Y' : 'N';
}

static void transform_text(const struct ipsec_pair *p, GString *out)
{
    ios_transform_text(p->suite, out);
    g_string_append_c(out, ',');
}

/* ---- The rows ---- */

static void proxy_cell(struct view *v, const char *column, const struct proxy *p)
{
    view_set(v, column, "%s/%s/%u/%u", IP4S(p->addr), IP4S(p->mask), p->protocol, p->port);
}

static void pair_cells(struct ios *s, const struct ipsec_pair *p, struct view *v)
{
    g_autoptr(GString) transform = g_string_new(NULL);
    ios_suite_text(p->suite.cipher, p->suite.auth, transform);
    view_set(v, "outbound-spi", "0x%X", p->spi_out);
    view_set(v, "inbound-spi", "0x%X", p->spi_in);
    view_set(v, "transform", "%s", transform->str);
    view_set(v, "life-kb", U, kilobytes_left(p, p->bytes_in));
    view_set(v, "life-s", "%" G_GINT64_FORMAT, seconds_left(s, p));
    view_set(v, "replay", "%c", replay_letter(s, p));
}

static void ident_row(struct ios *s, const struct ipsec_ident *ident, struct view *v)
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
    view_set(v, "interface", "%s", ident->on ? ident->on->name : "");
    view_set(v, "map", "%s", ident->map);
    proxy_cell(v, "local-ident", &ident->local_proxy);
    proxy_cell(v, "remote-ident", &ident->remote_proxy);
    view_set(v, "current-peer", "%s", IP4S(ident->peer));
    for (size_t i = 0; i < G_N_ELEMENTS(counters); i++)
        view_set(v, counters[i].column, U, counters[i].value);
    view_set(v, "pairs", "%u", ident->pairs->len);
    if (ident->pairs->len > 0)
        pair_cells(s, g_ptr_array_index(ident->pairs, 0), v);
}

static void fill(struct ios *s, const struct choice *c, struct view *v)
{
    view_columns(v, "interface", "map", "local-ident", "remote-ident", "current-peer",
                 "pkts-encaps", "pkts-encrypt", "pkts-digest", "pkts-decaps", "pkts-decrypt",
                 "pkts-verify", "send-errors", "recv-errors", "outbound-spi", "inbound-spi",
                 "transform", "life-kb", "life-s", "replay", "pairs", NULL);
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (chosen(c, ident))
            ident_row(s, ident, v);
    }
}

void ios_view_ipsec_sa(struct ios *s, char **args, struct view *v)
{
    struct choice c = {0};
    for (char **a = args; a && a[0] && a[1]; a += 2) {
        if (g_str_equal(a[0], "peer"))
            ip4_parse(a[1], &c.peer);
        else if (g_str_equal(a[0], "map"))
            c.map = a[1];
        else if (g_str_equal(a[0], "interface"))
            c.interface = a[1];
    }
    fill(s, &c, v);
}

/* ---- The text ---- */

struct layout {
    struct ios *s;
    bool c; /* the layout of 12.3 */
    bool detail;
    const char *gap; /* the blank lines of 12.3 */
};

static void counters_text(const struct layout *l, const struct ipsec_ident *i, GString *out)
{
    g_string_append_printf(out,
                           "    #pkts encaps: " U ", #pkts encrypt: " U ", #pkts digest " U "\n",
                           i->encaps, i->encrypt, i->digest);
    g_string_append_printf(out,
                           "    #pkts decaps: " U ", #pkts decrypt: " U ", #pkts verify " U "\n",
                           i->decaps, i->decrypt, i->verify);
    g_string_append(out, "    #pkts compressed: 0, #pkts decompressed: 0\n");
    if (!l->c) {
        g_string_append(out, "    #pkts not compressed: 0, #pkts compr. failed: 0,\n    #pkts "
                             "decompress failed: 0, ");
        g_string_append_printf(out, "#send errors " U ", #recv errors " U "\n", i->send_errors,
                               i->recv_errors);
        return;
    }
    g_string_append(out, "    #pkts not compressed: 0, #pkts compr. failed: 0\n"
                         "    #pkts not decompressed: 0, #pkts decompress failed: 0\n");
    if (!l->detail)
        g_string_append_printf(out, "    #send errors " U ", #recv errors " U "\n", i->send_errors,
                               i->recv_errors);
}

/* With `detail` the errors are told apart. The SAs that are alive remember what they refused. */
static void detail_text(const struct layout *l, const struct ipsec_ident *i, GString *out)
{
    uint64_t replay = 0, verify = 0, identity = 0;
    for (guint k = 0; k < i->pairs->len; k++) {
        const struct ipsec_pair *p = g_ptr_array_index(i->pairs, k);
        const struct ios_esp_word *w = ios_esp_word_of(l->s, p->in);
        replay += w ? w->replay : 0;
        verify += w ? w->verify : 0;
        identity += w ? w->identity : 0;
    }
    uint64_t told = replay + verify + identity;
    uint64_t other = i->recv_errors > told ? i->recv_errors - told : 0;
    g_string_append_printf(out, "    #pkts no sa (send) " U ", #pkts invalid sa (rcv) 0\n",
                           i->send_errors);
    g_string_append_printf(
        out, "    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) " U "\n", other);
    g_string_append_printf(out, "    #pkts invalid prot (recv) 0, #pkts verify failed: " U "\n",
                           verify);
    g_string_append_printf(
        out, "    #pkts invalid identity (recv) " U ", #pkts invalid len (rcv) 0\n", identity);
    g_string_append_printf(out,
                           "    #pkts replay rollover (send): 0, #pkts replay rollover (rcv) 0\n"
                           "    ##pkts replay failed (rcv): " U "\n",
                           replay);
    g_string_append(out, "    #pkts internal err (send): 0, #pkts internal err (recv) 0\n");
}

static void sa_text(const struct layout *l, const struct ipsec_ident *ident,
                    const struct ipsec_pair *p, bool inbound, GString *out)
{
    uint32_t spi = inbound ? p->spi_in : p->spi_out;
    uint32_t conn = ios_conn_of_esp(l->s, inbound ? p->in : p->out);
    g_string_append_printf(out, "      spi: 0x%X(%u)\n        transform: ", spi, spi);
    transform_text(p, out);
    g_string_append_printf(out, "\n        in use settings ={%s%s, }\n",
                           p->suite.transport ? "Transport" : "Tunnel",
                           p->suite.udp ? " UDP-Encaps" : "");
    /* conn id = flow_id + 1999 (catalogue, chapter 9) */
    g_string_append_printf(out, "        slot: 0, conn id: %u, flow_id: %u, crypto map: %s\n", conn,
                           conn > 1999 ? conn - 1999 : 0, ident->map);
    g_string_append_printf(out,
                           "        sa timing: remaining key lifetime (k/sec): (%" G_GUINT64_FORMAT
                           "/%" G_GINT64_FORMAT ")\n",
                           kilobytes_left(p, inbound ? p->bytes_in : p->bytes_out),
                           seconds_left(l->s, p));
    g_string_append_printf(out,
                           "        IV size: %zu bytes\n        replay detection support: %c\n",
                           cipher_iv_bytes(p->suite.cipher), replay_letter(l->s, p));
}

static void direction_text(const struct layout *l, const struct ipsec_ident *ident, bool inbound,
                           GString *out)
{
    const char *name = inbound ? "inbound" : "outbound";
    g_string_append_printf(out, "%s     %s esp sas:\n", l->gap, name);
    for (guint k = 0; k < ident->pairs->len; k++)
        sa_text(l, ident, g_ptr_array_index(ident->pairs, k), inbound, out);
    g_string_append_printf(out, "%s     %s ah sas:\n%s     %s pcp sas:\n", l->gap, name, l->gap,
                           name);
}

static void endpoints_text(const struct layout *l, const struct ipsec_ident *ident, GString *out)
{
    uint16_t mtu = ident->on ? ident->on->mtu : 1500, ip_mtu = ident->on ? ident->on->ip_mtu : 1500;
    const struct ipsec_pair *newest = ident->pairs->len ? g_ptr_array_index(ident->pairs, 0) : NULL;
    uint32_t path = ip_mtu;
    if (newest && sim_now(l->s->d->sim) < newest->path_mtu_until)
        path = MIN(path, newest->path_mtu);
    g_string_append_printf(out, "%s     local crypto endpt.: %s, remote crypto endpt.: %s\n",
                           l->gap, IP4S(ident->local), IP4S(ident->peer));
    if (l->c)
        g_string_append_printf(out, "     path mtu %u, ip mtu %u\n", path, ip_mtu);
    else
        g_string_append_printf(out, "     path mtu %u, media mtu %u\n", path, mtu);
    g_string_append_printf(out, "     current outbound spi: %X\n", newest ? newest->spi_out : 0);
}

static void ident_text(const struct layout *l, const struct ipsec_ident *ident, GString *out)
{
    const struct proxy *lp = &ident->local_proxy, *rp = &ident->remote_proxy;
    if (l->c)
        g_string_append(out, "\n   protected vrf:\n");
    g_string_append_printf(out, "   local  ident (addr/mask/prot/port): (%s/%s/%u/%u)\n",
                           IP4S(lp->addr), IP4S(lp->mask), lp->protocol, lp->port);
    g_string_append_printf(out, "   remote ident (addr/mask/prot/port): (%s/%s/%u/%u)\n",
                           IP4S(rp->addr), IP4S(rp->mask), rp->protocol, rp->port);
    g_string_append_printf(out, "   current_peer: %s%s\n", IP4S(ident->peer), l->c ? ":500" : "");
    g_string_append_printf(out, "     PERMIT, flags={%s}\n",
                           ident->from_acl ? "origin_is_acl," : "");
    counters_text(l, ident, out);
    if (l->detail && l->c)
        detail_text(l, ident, out);
    endpoints_text(l, ident, out);
    direction_text(l, ident, true, out);
    direction_text(l, ident, false, out);
}

void ios_show_ipsec_sa(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool c = s->dialect == IOS_DIALECT_C;
    const struct layout l = {s, c, cli_has(a, "detail"), c ? "\n" : ""};
    struct choice what = {.map = cli_arg(a, "map"), .interface = cli_arg(a, "if")};
    cli_arg_ip4(a, "peer", &what.peer);
    const struct net_if *on = NULL;
    bool any = false;
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (!chosen(&what, ident))
            continue;
        if (!any || ident->on != on)
            g_string_append_printf(out, "\ninterface: %s\n    Crypto map tag: %s, local addr. %s\n",
                                   ident->on ? ident->on->name : "", ident->map,
                                   IP4S(ident->local));
        on = ident->on;
        any = true;
        ident_text(&l, ident, out);
    }
    if (!any)
        g_string_append(out, "\nNo SAs found\n");
}
