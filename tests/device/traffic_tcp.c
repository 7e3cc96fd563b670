/* Traffic over TCP: messages, dialogues, patience, and what is told when a connection fails. */
#include <criterion/criterion.h>

#include "apps/traffic.h"

struct world {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct net_node *a, *b;
    struct net_link *link;
    GString *errors;
};

static void on_error(void *self, const struct trace_event *e)
{
    const struct ev_traffic_error *x = e->data;
    g_string_append_printf(self, "%s %s ", e->scope->name, x->why);
}

static struct net_node *host(struct net *net, const char *name, ip4 address)
{
    struct net_node *n = net_node_new(net, name, false);
    net_if_set_address(net_if_new(n, "eth0"), address, ip4_mask(24));
    return n;
}

static struct world world_new(void)
{
    struct world w = {.sim = sim_new(7, 0), .errors = g_string_new(NULL)};
    struct trace_mask m = {0};
    w.trace = trace_new(w.sim);
    w.net = net_new(w.sim, w.trace);
    w.a = host(w.net, "a", IP4(10, 0, 0, 1));
    w.b = host(w.net, "b", IP4(10, 0, 0, 2));
    w.link = net_link_new(w.net, "l");
    net_link_attach(w.link, net_if_at(w.a, 0));
    net_link_attach(w.link, net_if_at(w.b, 0));
    net_link_impair(w.link, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(10)});
    trace_mask_add(&m, EV_traffic_error);
    trace_subscribe(w.trace, NULL, &m, on_error, w.errors);
    return w;
}

static void world_free(struct world *w)
{
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
    g_string_free(w->errors, TRUE);
}

static struct traffic_spec spec_of(const struct world *w)
{
    return (struct traffic_spec){.name = "t",
                                 .kind = TRAFFIC_TCP,
                                 .from = w->a,
                                 .to = w->b,
                                 .start = SECONDS(1),
                                 .stop = SIM_TIME_MAX,
                                 .df = true,
                                 .size = 1000};
}

Test(traffic_tcp, messages_are_counted_when_they_are_whole)
{
    static const struct {
        uint64_t bytes, count;
        sim_time every;
        uint32_t size, reply, burst;
        bool download;
        uint64_t sent, received;
    } row[] = {
        {100000, 0, 0, 1000, 0, 1, false, 100, 100000},
        {100000, 0, 0, 1000, 0, 1, true, 100, 100000},
        {1500, 0, 0, 1000, 0, 1, false, 2, 1500},
        {1, 0, 0, 1000, 0, 1, false, 1, 1},
        {0, 7, 0, 20000, 0, 1, false, 7, 140000},
        {0, 7, SECONDS(1), 100, 0, 1, false, 7, 700},
        {0, 7, SECONDS(1), 100, 5000, 1, false, 7, 35000},
        {0, 7, SECONDS(1), 100, 5000, 1, true, 7, 35000},
        {0, 10, SECONDS(1), 100, 0, 3, false, 10, 1000},
        {0, 5, 0, 100, 300, 1, false, 5, 1500},
        {5000000, 0, 0, 1 << 20, 0, 1, false, 5, 5000000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world w = world_new();
        struct traffic_spec spec = spec_of(&w);
        spec.bytes = row[i].bytes;
        spec.count = row[i].count;
        spec.every = row[i].every;
        spec.size = row[i].size;
        spec.reply = row[i].reply;
        spec.burst = row[i].burst;
        spec.download = row[i].download;
        struct traffic *t = traffic_new(&spec, NULL);
        sim_run(w.sim, SECONDS(100));
        struct traffic_tally n;
        traffic_tally(t, &n);
        cr_expect_eq(n.sent, row[i].sent, "row %zu: %u", i, (unsigned)n.sent);
        cr_expect_eq(n.received, row[i].sent, "row %zu: %u", i, (unsigned)n.received);
        cr_expect_eq(n.bytes, row[i].received, "row %zu: %u", i, (unsigned)n.bytes);
        cr_expect_eq(n.errors + n.broken + n.reordered, 0, "row %zu", i);
        cr_expect_eq(net_tcp_count(w.a) + net_tcp_count(w.b), 0, "row %zu: it has closed", i);
        traffic_free(t);
        world_free(&w);
    }
}

Test(traffic_tcp, a_flow_without_end_stops_when_it_is_told)
{
    static const sim_time every[] = {0, MILLISECONDS(100)};
    for (size_t i = 0; i < G_N_ELEMENTS(every); i++) {
        struct world w = world_new();
        struct traffic_spec spec = spec_of(&w);
        spec.stop = SECONDS(5);
        spec.every = every[i];
        struct traffic *t = traffic_new(&spec, NULL);
        struct traffic_tally at_stop, later;
        sim_run(w.sim, SECONDS(6));
        traffic_tally(t, &at_stop);
        sim_run(w.sim, SECONDS(100));
        traffic_tally(t, &later);
        cr_expect_geq(at_stop.sent, 40);
        cr_expect_eq(later.sent, at_stop.sent);
        cr_expect_eq(later.received, later.sent);
        cr_expect_eq(w.errors->len, 0);
        cr_expect_eq(net_tcp_count(w.a) + net_tcp_count(w.b), 0);
        traffic_free(t);
        world_free(&w);
    }
}

Test(traffic_tcp, failures_are_told_with_their_reason)
{
    static const struct {
        const char *says;
        sim_time give_up;
        ip4 dst;
        bool cut, download;
    } row[] = {
        {"a gave-up ", SECONDS(20), IP4(10, 0, 0, 77), false, false},
        {"a timeout ", 0, IP4(10, 0, 0, 77), false, false},
        {"a gave-up ", SECONDS(20), 0, true, false},
        {"a timeout ", 0, 0, true, false},
        {"b timeout ", 0, 0, true, true},
        {"a gave-up b timeout ", SECONDS(20), 0, true, true},
        {"a no-route ", 0, IP4(192, 0, 2, 1), false, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world w = world_new();
        struct traffic_spec spec = spec_of(&w);
        spec.dst = row[i].dst;
        spec.give_up = row[i].give_up;
        spec.download = row[i].download;
        struct traffic *t = traffic_new(&spec, NULL);
        sim_run(w.sim, SECONDS(3));
        if (row[i].cut)
            net_link_set_up(w.link, false);
        sim_run(w.sim, SECONDS(1000));
        cr_expect_str_eq(w.errors->str, row[i].says, "row %zu", i);
        traffic_free(t);
        world_free(&w);
    }
}

Test(traffic_tcp, a_port_is_one_flows)
{
    struct world w = world_new();
    struct traffic_spec spec = spec_of(&w);
    spec.dport = 80;
    spec.bytes = 1000;
    g_autoptr(GError) error = NULL;
    struct traffic *one = traffic_new(&spec, NULL);
    cr_expect_null(traffic_new(&spec, &error));
    cr_expect(error && strstr(error->message, "TCP port 80 of b is taken"));
    sim_run(w.sim, SECONDS(10));
    struct traffic_tally n;
    traffic_tally(one, &n);
    cr_expect_eq(n.received, 1, "the refused one took nothing away");
    traffic_free(one);
    world_free(&w);
}
