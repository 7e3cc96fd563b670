/* Messages about connections: built, torn down, denied (302013-302021, 106001-106023). */
#include "asa_nat.h"

#include <string.h>

#define U64 "%" G_GUINT64_FORMAT

static const struct net_conn *conn_of(const struct asa *s, uint32_t id)
{
    return net_conns_by_id(s->d->node, id);
}

/* ---- Built ---- */

/* The ends as the other side knows them: one of them may be translated. */
static struct asa_conn_ends mapped_ends(const struct asa *s, const struct net_conn *c)
{
    struct asa_conn_ends m = asa_conn_ends(s, c);
    const struct net_nat_flow *f = fw_nat_flow_of(&s->nat->fw, c);
    if (!f)
        return m;
    bool low = f->real == m.low && f->remote == m.high;
    *(low ? &m.low : &m.high) = f->mapped;
    *(low ? &m.low_port : &m.high_port) = (uint16_t)f->mapped_port;
    return m;
}

static void built(struct asa *s, uint32_t id, const char *protocol, const struct net_conn *c)
{
    struct asa_conn_ends e = asa_conn_ends(s, c), m = mapped_ends(s, c);
    asa_log(s, 6, id, "Built %s %s connection %u for %s:%s/%u (%s/%u) to %s:%s/%u (%s/%u)",
            e.inbound ? "inbound" : "outbound", protocol, c->id, asa_if_word(s, e.low_if),
            IP4S(e.low), e.low_port, IP4S(m.low), m.low_port, asa_if_word(s, e.high_if),
            IP4S(e.high), e.high_port, IP4S(m.high), m.high_port);
}

/* The identifier stands with the end that asked. */
static void icmp_line(struct asa *s, uint32_t id, const char *how, const struct net_conn *c)
{
    struct asa_conn_ends e = asa_conn_ends(s, c);
    struct asa_conn_ends m = mapped_ends(s, c);
    uint16_t low = e.inbound ? c->sport : 0, high = e.inbound ? 0 : c->sport;
    uint16_t global = high && m.high_port != e.high_port ? m.high_port : high;
    asa_log(s, 6, id, "%s connection for faddr %s/%u gaddr %s/%u laddr %s/%u", how, IP4S(e.low),
            low, IP4S(m.high), global, IP4S(e.high), high);
}

ASA_ON(conn_new)
{
    const struct net_conn *c = conn_of(s, e->id);
    if (e->protocol == IPPROTO_NUM_TCP)
        built(s, 302013, "TCP", c);
    else if (e->protocol == IPPROTO_NUM_UDP)
        built(s, 302015, "UDP", c);
    else if (e->protocol == IPPROTO_NUM_ICMP)
        icmp_line(s, 302020,
                  asa_conn_inbound(s, c->in, c->out) ? "Built inbound ICMP" : "Built outbound ICMP",
                  c);
}

/* ---- Torn down ---- */

/* A reset is told with the side it came from: I is the inside. */
static const char *reason(const struct asa *s, const struct net_conn *c, const char *why)
{
    static const struct {
        const char *why, *text;
    } row[] = {
        {"fins", "TCP FINs"},     {"embryonic", "SYN Timeout"}, {"half-closed", "FIN Timeout"},
        {"idle", "Conn-timeout"}, {"cleared", "Xlate Clear"},   {"replaced", "TCP FINs"},
    };
    bool opener = strcmp(why, "reset") == 0, answerer = strcmp(why, "reset-back") == 0;
    if (opener || answerer)
        return opener == asa_conn_inbound(s, c->in, c->out) ? "TCP Reset-O" : "TCP Reset-I";
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (strcmp(row[i].why, why) == 0)
            return row[i].text;
    return "Unknown";
}

static void torn_down(struct asa *s, uint32_t id, const char *protocol, const struct net_conn *c,
                      const struct ev_conn_end *e, const char *why)
{
    struct asa_conn_ends n = asa_conn_ends(s, c);
    int64_t t = e->age / SECONDS(1);
    asa_log(s, 6, id,
            "Teardown %s connection %u for %s:%s/%u to %s:%s/%u duration %d:%02d:%02d bytes " U64
            "%s%s",
            protocol, c->id, asa_if_word(s, n.low_if), IP4S(n.low), n.low_port,
            asa_if_word(s, n.high_if), IP4S(n.high), n.high_port, (int)(t / 3600),
            (int)(t / 60 % 60), (int)(t % 60), e->bytes, why ? " " : "", why ? why : "");
}

ASA_ON(conn_end)
{
    const struct net_conn *c = conn_of(s, e->id);
    if (c->protocol == IPPROTO_NUM_TCP)
        torn_down(s, 302014, "TCP", c, e, reason(s, c, e->why));
    else if (c->protocol == IPPROTO_NUM_UDP)
        torn_down(s, 302016, "UDP", c, e, NULL);
    else if (c->protocol == IPPROTO_NUM_ICMP)
        icmp_line(s, 302021, "Teardown ICMP", c);
    fw_nat_conn_over(&s->nat->fw, c);
}

/* ---- Denied ---- */

static void flags_text(uint32_t flags, GString *out)
{
    static const char *const name[] = {"FIN ", "SYN ", "RST ", "PSH ", "ACK ", "URG "};
    for (size_t i = 0; i < G_N_ELEMENTS(name); i++)
        if (flags >> i & 1)
            g_string_append(out, name[i]);
}

static void by_level(struct asa *s, const struct ev_conn_refused *e, const char *in,
                     const char *out, const char *flags)
{
    switch (e->protocol) {
    case IPPROTO_NUM_TCP:
        asa_log(s, 2, 106001,
                "Inbound TCP connection denied from %s/%u to %s/%u flags %s on interface %s",
                IP4S(e->src), e->sport, IP4S(e->dst), e->dport, flags, in);
        break;
    case IPPROTO_NUM_UDP:
        asa_log(s, 2, 106006, "Deny inbound UDP from %s/%u to %s/%u on interface %s", IP4S(e->src),
                e->sport, IP4S(e->dst), e->dport, in);
        break;
    case IPPROTO_NUM_ICMP:
        asa_log(s, 3, 106014, "Deny inbound icmp src %s:%s dst %s:%s (type %u, code %u)", in,
                IP4S(e->src), out, IP4S(e->dst), e->type, e->code);
        break;
    default:
        asa_log(s, 3, 106010, "Deny inbound protocol %u src %s:%s dst %s:%s", e->protocol, in,
                IP4S(e->src), out, IP4S(e->dst));
        break;
    }
}

static void by_list(struct asa *s, const struct ev_conn_refused *e, const struct asa_if *from,
                    const struct asa_if *to)
{
    g_autoptr(GString) src = g_string_new(NULL), dst = g_string_new(NULL);
    const char *name = vendor_name_of(vendor_protocol, (int)e->protocol);
    bool ports = e->protocol == IPPROTO_NUM_TCP || e->protocol == IPPROTO_NUM_UDP;
    g_autofree char *number = g_strdup_printf("protocol %u", e->protocol);
    g_string_append_printf(src, "%s:%s", from->nameif, IP4S(e->src));
    g_string_append_printf(dst, "%s:%s", to->nameif, IP4S(e->dst));
    if (ports) {
        g_string_append_printf(src, "/%u", e->sport);
        g_string_append_printf(dst, "/%u", e->dport);
    } else if (e->protocol == IPPROTO_NUM_ICMP) {
        g_string_append_printf(dst, " (type %u, code %u)", e->type, e->code);
    }
    asa_log(s, 4, 106023, "Deny %s src %s dst %s by access-group \"%s\" [0x0, 0x0]",
            name ? name : number, src->str, dst->str,
            from->group_in ? from->group_in : to->group_out);
}

/* What is told instead of its refusal. */
ASA_ON(conn_stray)
{
    s->conns->stray = *e;
    s->conns->stray.in = s->conns->stray.out = NULL; /* they go with the event */
}

static bool no_connection(struct asa *s, const struct ev_conn_refused *r, const char *in,
                          const char *out)
{
    const struct ev_conn_stray e = s->conns->stray;
    s->conns->stray = (struct ev_conn_stray){0};
    if (r->protocol != IPPROTO_NUM_ICMP || !e.src || e.src != r->src || e.dst != r->dst)
        return false;
    const char *name = vendor_name_of(vendor_protocol, (int)e.protocol);
    g_autofree char *number = g_strdup_printf("protocol %u", e.protocol);
    asa_log(s, 4, 313005,
            "No matching connection for ICMP error message: icmp src %s:%s dst %s:%s (type %u, "
            "code %u) on %s interface.  Original IP payload: %s src %s/%u dst %s/%u.",
            in, IP4S(r->src), out, IP4S(r->dst), r->type, r->code, in, name ? name : number,
            IP4S(e.about_src), e.sport, IP4S(e.about_dst), e.dport);
    return true;
}

ASA_ON(conn_refused)
{
    struct net_node *n = s->d->node;
    const struct net_if *in = net_if_by_name(n, e->in), *out = net_if_by_name(n, e->out);
    const struct asa_if *from = asa_if_of(s, in), *to = asa_if_of(s, out);
    g_autoptr(GString) flags = g_string_new(NULL);
    flags_text(e->flags, flags);
    if (e->why == DROP_CONN_NO_SYN)
        asa_log(s, 6, 106015,
                "Deny TCP (no connection) from %s/%u to %s/%u flags %s on interface %s",
                IP4S(e->src), e->sport, IP4S(e->dst), e->dport, flags->str, asa_if_word(s, in));
    else if (e->why == DROP_CONN_POLICY &&
             no_connection(s, e, asa_if_word(s, in), asa_if_word(s, out)))
        return;
    else if (e->why == DROP_CONN_POLICY)
        by_level(s, e, asa_if_word(s, in), asa_if_word(s, out), flags->str);
    else if (e->why == DROP_ACL)
        by_list(s, e, from, to);
    else
        fw_on_refused(&s->nat->fw, e);
}

// clang-format off
const struct asa_hearing asa_hear_conn[] = {
    ASA_HEAR(conn_new), ASA_HEAR(conn_end), ASA_HEAR(conn_refused), ASA_HEAR(conn_stray),
    { .fn = NULL },
};
// clang-format on
