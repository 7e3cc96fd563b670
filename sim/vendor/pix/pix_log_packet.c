/* Messages about packets and connections: what had no SA or the wrong one (402101 to 402106,
 * DBG-25), what was denied (106001 to 106023), what was built (302013 to 302016). */
#include "pix_log_priv.h"
#include "pix_nat.h"

#define UNKNOWN_SPI_EVERY SECONDS(1) /* a flood of them is told once a second */

static const char *protocol_word(uint32_t protocol, char number[8])
{
    const char *name = protocol ? vendor_name_of(vendor_protocol, (int)protocol) : "ip";
    if (name)
        return name;
    g_snprintf(number, 8, "%u", protocol);
    return number;
}

/* ---- Protected packets ---- */

static void wrong_identity(struct pix *s, const struct ev_esp_drop *e)
{
    const struct pix_esp *w = pix_esp_of(s, e->sa);
    char number[8];
    if (w)
        pix_log(s, 4, 402103,
                "identity doesn't match negotiated identity (ip) dest_addr= %s, src_addr= %s, "
                "prot= %s, (ident) local=%s, remote=%s, local_proxy=%s/%s/0/0, "
                "remote_proxy=%s/%s/0/0",
                IP4S(e->inner_dst), IP4S(e->inner_src), protocol_word(e->protocol, number),
                IP4S(w->local), IP4S(w->peer), IP4S(w->local_net), IP4S(w->local_mask),
                IP4S(w->remote_net), IP4S(w->remote_mask));
}

PIX_ON(esp_drop)
{
    sim_time now = sim_now(s->d->sim);
    if (e->why == DROP_ESP_PROXY)
        wrong_identity(s, e);
    if (e->why != DROP_ESP_NO_SPI || now < s->speech->unknown_spi)
        return;
    s->speech->unknown_spi = now + UNKNOWN_SPI_EVERY;
    pix_log(s, 4, 402101,
            "decaps: rec'd IPSEC packet has invalid spi for destaddr=%s, prot=esp, spi=0x%x(%u)",
            IP4S(e->dst), e->spi, e->spi);
}

PIX_ON(ipsec_clear)
{
    char number[8];
    pix_log(s, 4, 402106,
            "Rec'd packet not an IPSEC packet (ip) dest_addr= %s, src_addr= %s, prot= %s",
            IP4S(e->dst), IP4S(e->src), protocol_word(e->protocol, number));
}

/* ---- Denied ---- */

static void flags_text(uint32_t flags, GString *out)
{
    static const char *const name[] = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"};
    for (size_t i = 0; i < G_N_ELEMENTS(name); i++)
        if (flags >> i & 1)
            g_string_append_printf(out, "%s%s", out->len ? " " : "", name[i]);
}

static void by_level(struct pix *s, const struct ev_conn_refused *e, const char *in,
                     const char *out, const char *flags)
{
    char number[8];
    switch (e->protocol) {
    case IPPROTO_NUM_TCP:
        pix_log(s, 2, 106001,
                "Inbound TCP connection denied from %s/%u to %s/%u flags %s on interface %s",
                IP4S(e->src), e->sport, IP4S(e->dst), e->dport, flags, in);
        break;
    case IPPROTO_NUM_UDP:
        pix_log(s, 2, 106006, "Deny inbound UDP from %s/%u to %s/%u on interface %s", IP4S(e->src),
                e->sport, IP4S(e->dst), e->dport, in);
        break;
    case IPPROTO_NUM_ICMP:
        pix_log(s, 3, 106014, "Deny inbound icmp src %s:%s dst %s:%s (type %u, code %u)", in,
                IP4S(e->src), out, IP4S(e->dst), e->type, e->code);
        break;
    default:
        pix_log(s, 3, 106010, "Deny inbound %s src %s:%s dst %s:%s",
                protocol_word(e->protocol, number), in, IP4S(e->src), out, IP4S(e->dst));
        break;
    }
}

static void by_list(struct pix *s, const struct ev_conn_refused *e, const struct pix_if *from,
                    const char *out)
{
    char number[8];
    g_autofree char *sport = NULL, *dport = NULL, *kind = NULL;
    if (e->protocol == IPPROTO_NUM_TCP || e->protocol == IPPROTO_NUM_UDP) {
        sport = g_strdup_printf("/%u", e->sport);
        dport = g_strdup_printf("/%u", e->dport);
    } else if (e->protocol == IPPROTO_NUM_ICMP) {
        kind = g_strdup_printf(" (type %u, code %u)", e->type, e->code);
    }
    pix_log(s, 4, 106023, "Deny %s src %s:%s%s dst %s:%s%s%s by access-group \"%s\"",
            protocol_word(e->protocol, number), from->nameif, IP4S(e->src), sport ? sport : "", out,
            IP4S(e->dst), dport ? dport : "", kind ? kind : "",
            from->group_in ? from->group_in : "");
}

PIX_ON(conn_refused)
{
    const struct net_if *in = net_if_by_name(s->d->node, e->in),
                        *out = net_if_by_name(s->d->node, e->out);
    const struct pix_if *from = pix_if_of(s, in);
    g_autoptr(GString) flags = g_string_new(NULL);
    flags_text(e->flags, flags);
    if (e->why == DROP_CONN_NO_SYN)
        pix_log(s, 6, 106015,
                "Deny TCP (no connection) from %s/%u to %s/%u flags %s on interface %s",
                IP4S(e->src), e->sport, IP4S(e->dst), e->dport, flags->str, pix_if_word(s, in));
    else if (e->why == DROP_CONN_POLICY)
        by_level(s, e, pix_if_word(s, in), pix_if_word(s, out), flags->str);
    else if (e->why == DROP_ACL && from)
        by_list(s, e, from, pix_if_word(s, out));
    else
        fw_on_refused(s->nat, e);
}

PIX_ON(pkt_drop)
{
    if (e->why == DROP_IP_NO_ROUTE)
        pix_log(s, 6, 110001, "No route to %s from %s", IP4S(e->dst), IP4S(e->src));
}

/* ---- Connections: the end behind the interface of lower security comes first ---- */

static void ends_text(const struct pix *s, const struct net_conn *c, bool twice, GString *out)
{
    bool inbound = pix_conn_inbound(s, c->in, c->out);
    const struct net_if *low_if = inbound ? c->in : c->out, *high_if = inbound ? c->out : c->in;
    ip4 low = inbound ? c->src : c->dst, high = inbound ? c->dst : c->src;
    unsigned lp = inbound ? c->sport : c->dport, hp = inbound ? c->dport : c->sport;
    const struct net_nat_flow *f = fw_nat_flow_of(s->nat, c);
    bool low_is = f && f->real == low && f->remote == high, high_is = f && !low_is;
    g_string_append_printf(out, "%s:%s/%u", pix_if_word(s, low_if), IP4S(low), lp);
    if (twice)
        g_string_append_printf(out, " (%s/%u)", IP4S(low_is ? f->mapped : low),
                               low_is ? f->mapped_port : lp);
    g_string_append_printf(out, " to %s:%s/%u", pix_if_word(s, high_if), IP4S(high), hp);
    if (twice)
        g_string_append_printf(out, " (%s/%u)", IP4S(high_is ? f->mapped : high),
                               high_is ? f->mapped_port : hp);
}

PIX_ON(conn_new)
{
    const struct net_conn *c = net_conns_by_id(s->d->node, e->id);
    bool tcp = e->protocol == IPPROTO_NUM_TCP;
    if (!c || (!tcp && e->protocol != IPPROTO_NUM_UDP))
        return;
    g_autoptr(GString) ends = g_string_new(NULL);
    ends_text(s, c, true, ends);
    pix_log(s, 6, tcp ? 302013 : 302015, "Built %s %s connection %u for %s",
            pix_conn_inbound(s, c->in, c->out) ? "inbound" : "outbound", tcp ? "TCP" : "UDP", c->id,
            ends->str);
}

static const char *end_reason(const char *why)
{
    static const struct {
        const char *why, *text;
    } row[] = {
        {"fins", " TCP FINs"},     {"embryonic", " SYN Timeout"},  {"half-closed", " FIN Timeout"},
        {"idle", " Conn-timeout"}, {"cleared", " Xlate Clear"},    {"replaced", " TCP FINs"},
        {"reset", " TCP Reset-I"}, {"reset-back", " TCP Reset-O"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (g_str_equal(row[i].why, why))
            return row[i].text;
    return "";
}

PIX_ON(conn_end)
{
    const struct net_conn *c = net_conns_by_id(s->d->node, e->id);
    bool tcp = c && c->protocol == IPPROTO_NUM_TCP;
    int t = (int)(e->age / SECONDS(1));
    if (c)
        fw_nat_conn_over(s->nat, c);
    if (!c || (!tcp && c->protocol != IPPROTO_NUM_UDP))
        return;
    g_autoptr(GString) ends = g_string_new(NULL);
    ends_text(s, c, false, ends);
    pix_log(s, 6, tcp ? 302014 : 302016,
            "Teardown %s connection %u for %s duration %d:%02d:%02d bytes %" G_GUINT64_FORMAT "%s",
            tcp ? "TCP" : "UDP", c->id, ends->str, t / 3600, t / 60 % 60, t % 60, e->bytes,
            tcp ? end_reason(e->why) : "");
}

// clang-format off
const struct pix_hearing pix_hear_log_packet[] = {
    PIX_HEAR(esp_drop), PIX_HEAR(ipsec_clear), PIX_HEAR(conn_refused), PIX_HEAR(pkt_drop),
    PIX_HEAR(conn_new), PIX_HEAR(conn_end),
    { .fn = NULL },
};
// clang-format on
