/* Traffic between two hosts: what is counted under a good and a bad link. */
#include <criterion/criterion.h>

#include "apps/traffic.h"
#include "device/device.h"

struct world {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *a, *b;
    struct net_link *link;
};

static struct world world_new(void)
{
    struct world w = {.sim = sim_new(7, 0)};
    w.trace = trace_new(w.sim);
    w.net = net_new(w.sim, w.trace);
    w.a = device_new(w.net, "a", &device_kind_host, "", NULL);
    w.b = device_new(w.net, "b", &device_kind_host, "", NULL);
    cr_assert(device_host_address(w.a, "eth0", (struct ip4_net){IP4(10, 0, 0, 1), ip4_mask(24)}, 0,
                                  NULL));
    cr_assert(device_host_address(w.b, "eth0", (struct ip4_net){IP4(10, 0, 0, 2), ip4_mask(24)}, 0,
                                  NULL));
    w.link = net_link_new(w.net, "l");
    cr_assert(net_link_attach(w.link, net_if_at(w.a->node, 0)));
    cr_assert(net_link_attach(w.link, net_if_at(w.b->node, 0)));
    return w;
}

static void world_free(struct world *w)
{
    device_free(w->a);
    device_free(w->b);
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
}

static struct traffic_spec spec_of(const struct world *w, enum traffic_kind kind)
{
    return (struct traffic_spec){.name = "t",
                                 .kind = kind,
                                 .from = w->a->node,
                                 .to = w->b->node,
                                 .start = SECONDS(1),
                                 .stop = SECONDS(10),
                                 .every = SECONDS(1),
                                 .size = 100};
}

Test(traffic, echoes_come_back_and_their_round_trip_is_twice_the_delay)
{
    struct world w = world_new();
    net_link_impair(w.link, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(15)});
    struct traffic_spec spec = spec_of(&w, TRAFFIC_ICMP);
    struct traffic *t = traffic_new(&spec, NULL);
    sim_run(w.sim, SECONDS(20));
    struct traffic_tally n;
    traffic_tally(t, &n);
    cr_expect_eq(n.sent, 10);
    cr_expect_eq(n.received, 10);
    cr_expect_eq(n.delay_min, MILLISECONDS(30));
    cr_expect_eq(n.delay_max, MILLISECONDS(30));
    traffic_free(t);
    world_free(&w);
}

Test(traffic, udp_counts_losses_duplicates_and_the_burst)
{
    struct world w = world_new();
    struct net_impair im = {.loss_mask = 0x5, .loss_mask_len = 3, .duplicate_ppb = 1000000000};
    net_link_impair(w.link, 0, &im);
    struct traffic_spec spec = spec_of(&w, TRAFFIC_UDP);
    spec.burst = 3;
    spec.count = 10;
    struct traffic *t = traffic_new(&spec, NULL);
    sim_run(w.sim, SECONDS(20));
    struct traffic_tally n;
    traffic_tally(t, &n);
    cr_expect_eq(n.sent, 10);
    cr_expect_eq(n.received, 8, "packets 1 and 3 are lost, %lu came", n.received);
    cr_expect_eq(n.duplicates, 8);
    traffic_free(t);
    world_free(&w);
}

Test(traffic, what_cannot_be_sent_is_refused_with_a_reason)
{
    struct world w = world_new();
    static const struct {
        enum traffic_kind kind;
        uint32_t size;
        sim_time every;
        const char *says;
    } row[] = {
        {TRAFFIC_ICMP, 27, SECONDS(1), "cannot hold"},
        {TRAFFIC_UDP, 43, SECONDS(1), "cannot hold"},
        {TRAFFIC_UDP, 70000, SECONDS(1), "65535"},
        {TRAFFIC_ICMP, 100, 0, "more than 0"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct traffic_spec spec = spec_of(&w, row[i].kind);
        g_autoptr(GError) error = NULL;
        spec.size = row[i].size;
        spec.every = row[i].every;
        cr_expect_null(traffic_new(&spec, &error));
        cr_assert_not_null(error);
        cr_expect(strstr(error->message, row[i].says), "row %zu: %s", i, error->message);
    }
    world_free(&w);
}

Test(host, a_gateway_off_the_network_is_refused)
{
    struct world w = world_new();
    g_autoptr(GError) error = NULL;
    cr_expect_not(device_host_address(w.a, "eth0", (struct ip4_net){IP4(10, 0, 0, 1), ip4_mask(24)},
                                      IP4(10, 0, 1, 1), &error));
    cr_expect(error && strstr(error->message, "10.0.1.1"));
    world_free(&w);
}
