/* The firewall's inspection: connections that leave by an inspected interface are remembered, what
 * belongs to them may come back through the lists, and TCP's window scale option is checked
 * (CAT-81: a responder must not scale what the initiator did not).
 *
 * Figures of the command reference: ip inspect tcp synwait-time 30, finwait-time 5, idle-time 3600;
 * udp idle-time 30; an echo is waited for 10 seconds. */
#include "ios_tcp.h"

#include "wire/tcp.h"

enum { INSPECT_TCP = 1, INSPECT_UDP = 2, INSPECT_ICMP = 4 };
#define SESSIONS_MOST 10000u

struct rule {
    char *name;
    unsigned protocols;
};
struct place {
    char *interface, *rule;
    bool in; /* what comes in by it is inspected; else what goes out */
};
struct session {
    struct flow flow; /* of its first packet */
    sim_time until;
    bool asked; /* the SYN had the window scale option */
    uint8_t factor;
    bool up, closing;
};
struct ios_fw {
    GPtrArray *rules;    /* struct rule, owned */
    GPtrArray *places;   /* struct place, owned */
    GPtrArray *sessions; /* struct session, owned, in the order of their beginning */
    bool loose;          /* tcp window-scale-enforcement loose */
};

static void rule_free(gpointer p)
{
    struct rule *r = p;
    g_free(r->name);
    g_free(r);
}

static void place_free(gpointer p)
{
    struct place *l = p;
    g_free(l->interface);
    g_free(l->rule);
    g_free(l);
}

void ios_fw_stop(struct ios *s)
{
    if (!s->fw)
        return;
    net_node_set_guard(s->d->node, &(struct net_guard){0});
    g_ptr_array_unref(s->fw->rules);
    g_ptr_array_unref(s->fw->places);
    g_ptr_array_unref(s->fw->sessions);
    g_clear_pointer(&s->fw, g_free);
}

/* ---- Sessions ---- */

static bool same(const struct flow *a, const struct flow *b)
{
    return a->src == b->src && a->dst == b->dst && a->protocol == b->protocol &&
           a->sport == b->sport && a->dport == b->dport;
}

/* An echo is known by its identifier, which stands for both ports. */
static bool flow_of(const struct pkt *p, struct flow *f)
{
    if (!pkt_flow(p, f))
        return false;
    struct span l4 = span_sub(pkt_span(p), (p->buf[p->head] & 15u) * 4u, p->len);
    if (f->protocol == IPPROTO_NUM_ICMP && l4.n >= ICMP_HEAD &&
        (l4.p[0] == ICMP_ECHO || l4.p[0] == ICMP_ECHO_REPLY))
        f->sport = f->dport = be16_get(l4.p + 4);
    return true;
}

static struct session *find(struct ios *s, const struct flow *f)
{
    GPtrArray *all = s->fw->sessions;
    sim_time now = sim_now(s->d->sim);
    for (guint i = 0; i < all->len; i++) {
        struct session *x = all->pdata[i];
        if (x->until <= now)
            g_ptr_array_remove_index(all, i--);
        else if (same(&x->flow, f))
            return x;
    }
    return NULL;
}

static sim_time time_of(const struct session *x)
{
    if (x->flow.protocol == IPPROTO_NUM_TCP)
        return x->closing ? SECONDS(5) : x->up ? SECONDS(3600) : SECONDS(30);
    return x->flow.protocol == IPPROTO_NUM_UDP ? SECONDS(30) : SECONDS(10);
}

static void touch(struct ios *s, struct session *x)
{
    x->until = sim_now(s->d->sim) + time_of(x);
}

/* ---- Packets ---- */

static unsigned bit_of(uint8_t protocol)
{
    return protocol == IPPROTO_NUM_TCP    ? INSPECT_TCP
           : protocol == IPPROTO_NUM_UDP  ? INSPECT_UDP
           : protocol == IPPROTO_NUM_ICMP ? INSPECT_ICMP
                                          : 0;
}

static const struct rule *rule_named(const struct ios_fw *fw, const char *name)
{
    for (guint i = 0; i < fw->rules->len; i++) {
        const struct rule *r = fw->rules->pdata[i];
        if (strcmp(r->name, name) == 0)
            return r;
    }
    return NULL;
}

static bool inspected(const struct ios_fw *fw, const struct net_if *i, bool in, unsigned bit)
{
    for (guint k = 0; i && k < fw->places->len; k++) {
        const struct place *l = fw->places->pdata[k];
        const struct rule *r = rule_named(fw, l->rule);
        if (l->in == in && r && r->protocols & bit && strcmp(l->interface, i->name) == 0)
            return true;
    }
    return false;
}

static bool segment_of(const struct pkt *p, struct tcp_head *h)
{
    struct ip4_head ip;
    struct span payload;
    return ip4_head_parse(pkt_span(p), &ip) == WIRE_OK && ip.frag_bytes == 0 &&
           ip.protocol == IPPROTO_NUM_TCP &&
           tcp_parse(ip.src, ip.dst, span_sub(pkt_span(p), ip.head_bytes, p->len), h, &payload) ==
               WIRE_OK;
}

static void follow(struct ios *s, struct session *x, const struct pkt *p)
{
    struct tcp_head h;
    if (x->flow.protocol == IPPROTO_NUM_TCP && segment_of(p, &h)) {
        x->up |= (h.flags & (TCP_SYN | TCP_ACK)) == TCP_ACK;
        x->closing |= (h.flags & (TCP_FIN | TCP_RST)) != 0;
    }
    touch(s, x);
}

static void begin(struct ios *s, const struct flow *f, const struct pkt *p)
{
    struct tcp_head h;
    struct session x = {.flow = *f};
    if (f->protocol == IPPROTO_NUM_TCP) {
        if (!segment_of(p, &h) || (h.flags & (TCP_SYN | TCP_ACK)) != TCP_SYN)
            return; /* nothing that opens a connection */
        x.asked = h.has_wscale;
        x.factor = h.has_wscale ? h.wscale : 0;
    } else if (f->protocol == IPPROTO_NUM_ICMP && f->icmp_type != ICMP_ECHO) {
        return;
    }
    if (s->fw->sessions->len >= SESSIONS_MOST)
        return; /* its answers face the lists */
    touch(s, &x);
    g_ptr_array_add(s->fw->sessions, g_memdup2(&x, sizeof x));
}

/* A window scale option in the answer counts only where the SYN had one, and must not stand there
 * otherwise                                                                      RFC 7323 2.2 */
static enum drop_reason check_answer(struct ios *s, const struct session *x, const struct pkt *p)
{
    struct tcp_head h;
    if (x->flow.protocol != IPPROTO_NUM_TCP || s->fw->loose || !segment_of(p, &h) ||
        (h.flags & (TCP_SYN | TCP_ACK)) != (TCP_SYN | TCP_ACK) || !h.has_wscale || x->asked)
        return DROP_NONE;
    TRACE(s->d->scope, fw_wscale, .src = x->flow.src, .sport = x->flow.sport, .dst = x->flow.dst,
          .dport = x->flow.dport, .asked = x->asked, .factor = x->factor, .answered = true,
          .answer_factor = h.wscale);
    return DROP_FW_WSCALE;
}

static enum drop_reason judge(void *self, struct net_if *in, struct net_if *out,
                              const struct pkt *p)
{
    struct ios *s = self;
    struct flow f;
    if (!flow_of(p, &f) || !bit_of(f.protocol))
        return DROP_NONE;
    struct flow back = flow_reverse(f);
    struct session *x = find(s, &back);
    if (x) {
        enum drop_reason why = check_answer(s, x, p);
        if (why == DROP_NONE)
            follow(s, x, p);
        return why;
    }
    x = find(s, &f);
    unsigned bit = bit_of(f.protocol);
    if (x)
        follow(s, x, p);
    else if (inspected(s->fw, in, true, bit) || inspected(s->fw, out, false, bit))
        begin(s, &f, p);
    return DROP_NONE;
}

/* What answers a session needs no line of a list. */
static bool admits(void *self, struct net_if *i, bool in, const struct pkt *p)
{
    struct ios *s = self;
    struct flow f;
    if (!flow_of(p, &f))
        return false;
    struct flow back = flow_reverse(f);
    return find(s, &back) != NULL;
}

/* ---- Configuration ---- */

static struct ios_fw *fw_of(struct ios *s)
{
    if (s->fw)
        return s->fw;
    s->fw = g_new0(struct ios_fw, 1);
    s->fw->rules = g_ptr_array_new_with_free_func(rule_free);
    s->fw->places = g_ptr_array_new_with_free_func(place_free);
    s->fw->sessions = g_ptr_array_new_with_free_func(g_free);
    net_node_set_guard(s->d->node, &(struct net_guard){judge, admits, s});
    return s->fw;
}

static void inspect_name(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_fw *fw = fw_of(s);
    const char *name = cli_arg(a, "name");
    g_autofree char *line = cli_canonical(a);
    unsigned bit = cli_has(a, "tcp") ? INSPECT_TCP : cli_has(a, "udp") ? INSPECT_UDP : INSPECT_ICMP;
    struct rule *r = (struct rule *)rule_named(fw, name);
    if (!r && !cli_negated(a)) {
        r = g_new0(struct rule, 1);
        r->name = g_strdup(name);
        g_ptr_array_add(fw->rules, r);
    }
    if (!r)
        return;
    if (cli_negated(a)) {
        r->protocols &= ~bit;
        ios_keep_remove(s, NULL, line);
    } else {
        r->protocols |= bit;
        ios_keep_line(s, IOS_PLACE_IP, NULL, line, line);
    }
}

static void inspect_if(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ios_fw *fw = fw_of(s);
    bool in = cli_has(a, "in");
    g_autofree char *section = g_strdup_printf("interface %s", s->at_interface);
    g_autofree char *key = g_strdup_printf("ip inspect %s", in ? "in" : "out");
    for (guint i = 0; i < fw->places->len; i++) {
        const struct place *l = fw->places->pdata[i];
        if (l->in == in && strcmp(l->interface, s->at_interface) == 0)
            g_ptr_array_remove_index(fw->places, i--);
    }
    if (cli_negated(a)) {
        ios_keep_remove(s, section, key);
        return;
    }
    struct place *l = g_new0(struct place, 1);
    *l = (struct place){g_strdup(s->at_interface), g_strdup(cli_arg(a, "name")), in};
    g_ptr_array_add(fw->places, l);
    g_autofree char *text = g_strdup_printf("ip inspect %s %s", l->rule, in ? "in" : "out");
    ios_keep_line(s, IOS_PLACE_SUB, section, key, text);
}

static void enforcement(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    static const char text[] = "ip inspect tcp window-scale-enforcement loose";
    fw_of(s)->loose = !cli_negated(a);
    if (cli_negated(a))
        ios_keep_remove(s, NULL, text);
    else
        ios_keep_line(s, IOS_PLACE_IP, NULL, text, text);
}

/* ---- show ip inspect sessions ---- */

static void show_sessions(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    sim_time now = sim_now(s->d->sim);
    const char *head = "Established Sessions\n";
    for (guint i = 0; s->fw && i < s->fw->sessions->len; i++) {
        const struct session *x = s->fw->sessions->pdata[i];
        const struct flow *f = &x->flow;
        if (x->until <= now)
            continue;
        g_string_append_printf(
            out, "%s Session %X (%s:%u)=>(%s:%u) %s %s\n", head, UINT32_C(0x84638A80) + i * 0x2A0u,
            IP4S(f->src), f->sport, IP4S(f->dst), f->dport,
            f->protocol == IPPROTO_NUM_TCP   ? "tcp"
            : f->protocol == IPPROTO_NUM_UDP ? "udp"
                                             : "icmp",
            f->protocol != IPPROTO_NUM_TCP || x->up ? "SIS_OPEN" : "SIS_OPENING");
        head = "";
    }
}

// clang-format off
const struct cli_command ios_config_fw[] = {
    { "ip inspect name name:WORD (tcp|udp|icmp)",           inspect_name, CLI_NO },
    { "ip inspect tcp window-scale-enforcement loose",      enforcement,  CLI_NO },
    { 0 } };
const struct cli_command ios_config_if_fw[] = {
    { "ip inspect name:WORD (in|out)",                      inspect_if,   CLI_NO },
    { 0 } };
const struct cli_command ios_show_fw[] = {
    { "show ip inspect sessions",                           show_sessions },
    { 0 } };
// clang-format on
