#include "world.h"

static void write_event(void *self, const struct trace_event *e)
{
    struct world *w = self;
    g_string_append_printf(w->log, "%s %s", e->scope->name, trace_event_name(e->id));
    for (const struct trace_field *f = trace_event_fields(e->id); f->name; f++) {
        const char *at = (const char *)e->data + f->offset;
        g_string_append_c(w->log, ' ');
        switch (f->kind) {
        case KIND_U32:
            g_string_append_printf(w->log, "%u", *(const uint32_t *)at);
            break;
        case KIND_U64:
            g_string_append_printf(w->log, "%" G_GUINT64_FORMAT, *(const uint64_t *)at);
            break;
        case KIND_TIME:
        case KIND_I64:
            g_string_append_printf(w->log, "%" G_GINT64_FORMAT, *(const int64_t *)at);
            break;
        case KIND_BOOL:
            g_string_append(w->log, *(const bool *)at ? "yes" : "no");
            break;
        case KIND_IP4:
            g_string_append(w->log, IP4S(*(const ip4 *)at));
            break;
        case KIND_STR:
            g_string_append(w->log, *(const char *const *)at ? *(const char *const *)at : "-");
            break;
        case KIND_SPAN:
            g_string_append_printf(w->log, "%zu", ((const struct span *)at)->n);
            break;
        case KIND_ENUM:
            g_string_append(w->log, f->enum_name(*(const int *)at));
            break;
        case KIND_END:
            break;
        }
    }
    g_string_append_c(w->log, '\n');
}

struct world *world_new(uint64_t seed)
{
    struct world *w = g_new0(struct world, 1);
    w->sim = sim_new(seed, 0);
    w->trace = trace_new(w->sim);
    w->net = net_new(w->sim, w->trace);
    w->log = g_string_new(NULL);
    return w;
}

void world_free(struct world *w)
{
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
    g_string_free(w->log, TRUE);
    g_free(w);
}

void world_run(struct world *w, sim_time until)
{
    sim_run(w->sim, until);
}

void world_log_event(struct world *w, enum trace_id id)
{
    struct trace_mask m = {0};
    trace_mask_add(&m, id);
    trace_subscribe(w->trace, NULL, &m, write_event, w);
}

const char *world_log(struct world *w)
{
    static _Thread_local char text[8192];
    g_strlcpy(text, w->log->str, sizeof text);
    g_string_truncate(w->log, 0);
    return text;
}

ip4 addr(const char *text)
{
    ip4 a;
    cr_assert(ip4_parse(text, &a), "%s", text);
    return a;
}

struct ip4_net prefix(const char *text)
{
    struct ip4_net n;
    cr_assert(ip4_net_parse(text, &n), "%s", text);
    return n;
}

struct net_node *host(struct world *w, const char *name)
{
    return net_node_new(w->net, name, false);
}

struct net_node *router(struct world *w, const char *name)
{
    return net_node_new(w->net, name, true);
}

struct net_if *port(struct net_node *n, const char *name, const char *address)
{
    struct net_if *i = net_if_new(n, name);
    if (address) {
        struct ip4_net net = prefix(address);
        net_if_set_address(i, net.addr, net.mask);
    }
    return i;
}

struct net_link *wire(struct world *w, const char *name, struct net_if *a, struct net_if *b)
{
    struct net_link *l = net_link_new(w->net, name);
    cr_assert(net_link_attach(l, a));
    cr_assert(net_link_attach(l, b));
    return l;
}

void route(struct net_node *n, const char *net, const char *nexthop)
{
    cr_assert(net_route_add(n, prefix(net), addr(nexthop), NULL, 1));
}

uint64_t counter(const struct net_node *n, const char *name)
{
    uint64_t v;
    trace_counter_get(net_node_scope(n), name, &v);
    return v;
}

struct chain chain_new(struct world *w)
{
    struct chain c = {
        .pc1 = host(w, "pc1"),
        .r1 = router(w, "r1"),
        .r2 = router(w, "r2"),
        .pc2 = host(w, "pc2"),
    };
    c.pc1_lan = port(c.pc1, "eth0", "10.1.0.5/24");
    c.r1_lan = port(c.r1, "lan", "10.1.0.1/24");
    c.r1_wan = port(c.r1, "wan", "192.0.2.1/30");
    c.r2_wan = port(c.r2, "wan", "192.0.2.2/30");
    c.r2_lan = port(c.r2, "lan", "10.2.0.1/24");
    c.pc2_lan = port(c.pc2, "eth0", "10.2.0.5/24");
    c.lan1 = wire(w, "lan1", c.pc1_lan, c.r1_lan);
    c.wan = wire(w, "wan", c.r1_wan, c.r2_wan);
    c.lan2 = wire(w, "lan2", c.r2_lan, c.pc2_lan);
    route(c.pc1, "0.0.0.0/0", "10.1.0.1");
    route(c.r1, "10.2.0.0/24", "192.0.2.2");
    route(c.r2, "10.1.0.0/24", "192.0.2.1");
    route(c.pc2, "0.0.0.0/0", "10.2.0.1");
    return c;
}

static void datagram_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                        uint16_t dport, struct span payload)
{
    struct pair *p = self;
    sim_time now = sim_now(p->w->sim);
    uint32_t number = payload.n >= 4 ? be32_get(payload.p) : 0;
    g_array_append_val(p->at, now);
    g_array_append_val(p->number, number);
    g_string_truncate(p->bytes, 0);
    g_string_append_len(p->bytes, (const char *)payload.p, (gssize)payload.n);
}

struct pair *pair_new(uint64_t seed)
{
    struct pair *p = g_new0(struct pair, 1);
    p->w = world_new(seed);
    p->a = host(p->w, "a");
    p->b = host(p->w, "b");
    p->a_if = port(p->a, "eth0", "10.0.0.1/24");
    p->b_if = port(p->b, "eth0", "10.0.0.2/24");
    p->link = wire(p->w, "link", p->a_if, p->b_if);
    p->at = g_array_new(FALSE, FALSE, sizeof(sim_time));
    p->number = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    p->bytes = g_string_new(NULL);
    net_udp_bind(p->b, 9, datagram_in, p);
    return p;
}

void pair_free(struct pair *p)
{
    g_array_unref(p->at);
    g_array_unref(p->number);
    g_string_free(p->bytes, TRUE);
    world_free(p->w);
    g_free(p);
}

void pair_send(struct pair *p, uint32_t from, uint32_t n, size_t size, sim_time gap)
{
    g_autofree uint8_t *payload = g_malloc0(size);
    for (uint32_t i = 0; i < n; i++) {
        be32_put(payload, from + i);
        cr_assert(net_send_udp(p->a, 0, 9, addr("10.0.0.2"), 9, 0, span_of(payload, size)));
        world_run(p->w, sim_now(p->w->sim) + gap);
    }
    world_run(p->w, sim_now(p->w->sim) + SECONDS(100));
}

const char *pair_arrived(struct pair *p)
{
    static _Thread_local char text[4096];
    g_autoptr(GString) s = g_string_new(NULL);
    for (guint i = 0; i < p->number->len; i++)
        g_string_append_printf(s, "%s%u", i ? " " : "", g_array_index(p->number, uint32_t, i));
    g_strlcpy(text, s->str, sizeof text);
    return text;
}

static void ping_done(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    static const char *const name[] = {"reply",       "timeout", "unreachable",
                                       "frag-needed", "ttl",     "no-route"};
    g_string_append_printf(self, "%u %s %" G_GINT64_FORMAT "\n", seq, name[what], rtt);
}

struct pinger pinger_new(struct net_node *n)
{
    struct pinger p = {.log = g_string_new(NULL)};
    p.ping = net_ping_new(n, ping_done, p.log);
    return p;
}

void pinger_free(struct pinger *p)
{
    net_ping_free(p->ping);
    g_string_free(p->log, TRUE);
}

struct pkt *raw_ip(const char *src, const char *dst, uint8_t protocol, uint16_t id, uint16_t field,
                   uint8_t ttl, const void *data, size_t n)
{
    struct ip4_head h = {
        .ttl = ttl,
        .protocol = protocol,
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)(IP4_HEAD + n),
        .id = id,
        .flags = field & (IP4_DF | IP4_MF),
        .frag_bytes = (uint16_t)((field & 0x1fff) * 8),
        .src = addr(src),
        .dst = addr(dst),
    };
    struct pkt *p = pkt_new(IP4_HEAD + n);
    ip4_head_emit(&h, pkt_data(p));
    if (n)
        memcpy(pkt_data(p) + IP4_HEAD, data, n);
    return p;
}
