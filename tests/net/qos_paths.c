/* Equal routes that share, and the queue before the processor. */
#include "world.h"

#include "net/qos.h"

/* pc -- r == two wires of unequal delay == q -- far */
struct paths {
    struct world *w;
    struct net_node *pc, *r, *q, *far;
    struct net_if *r1, *r2;
    GString *got; /* source ports in order of arrival */
};

static void got(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                struct span payload)
{
    struct paths *p = self;
    g_string_append_printf(p->got, "%u ", sport);
}

static struct paths *paths_new(sim_time delay1, sim_time delay2)
{
    struct paths *p = g_new0(struct paths, 1);
    struct world *w = p->w = world_new(1);
    p->pc = host(w, "pc");
    p->r = router(w, "r");
    p->q = router(w, "q");
    p->far = host(w, "far");
    wire(w, "lan", port(p->pc, "e", "10.1.0.5/24"), port(p->r, "lan", "10.1.0.1/24"));
    p->r1 = port(p->r, "one", "192.0.2.1/30");
    p->r2 = port(p->r, "two", "192.0.2.5/30");
    struct net_link *one = wire(w, "one", p->r1, port(p->q, "one", "192.0.2.2/30"));
    struct net_link *two = wire(w, "two", p->r2, port(p->q, "two", "192.0.2.6/30"));
    wire(w, "lan2", port(p->q, "lan", "10.2.0.1/24"), port(p->far, "e", "10.2.0.5/24"));
    net_link_impair(one, 0, &(struct net_impair){.delay = delay1});
    net_link_impair(two, 0, &(struct net_impair){.delay = delay2});
    route(p->pc, "0.0.0.0/0", "10.1.0.1");
    route(p->far, "0.0.0.0/0", "10.2.0.1");
    route(p->r, "10.2.0.0/24", "192.0.2.2");
    route(p->r, "10.2.0.0/24", "192.0.2.6");
    route(p->q, "10.1.0.0/24", "192.0.2.1");
    p->got = g_string_new(NULL);
    net_udp_bind(p->far, 9, got, p);
    return p;
}

static void paths_free(struct paths *p)
{
    world_free(p->w);
    g_string_free(p->got, TRUE);
    g_free(p);
}

static void send_to(struct paths *p, const char *dst, uint16_t sport)
{
    net_send_udp(p->pc, 0, sport, addr(dst), 9, 0, span_of("1234", 4));
}

Test(sharing, packet_by_packet_the_quicker_path_overtakes)
{
    struct paths *p = paths_new(MILLISECONDS(60), MILLISECONDS(5));
    p->r1->per_packet = true;
    for (uint16_t i = 1; i <= 6; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(p->got->str, "2 4 6 1 3 5 ");
    cr_expect_eq(p->r1->out_packets, 3);
    cr_expect_eq(p->r2->out_packets, 3);
    paths_free(p);
}

Test(sharing, by_destination_a_pair_of_hosts_keeps_its_path_and_both_paths_are_used)
{
    struct paths *p = paths_new(MILLISECONDS(60), MILLISECONDS(5));
    for (uint16_t i = 1; i <= 6; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(p->got->str, "1 2 3 4 5 6 ");
    for (unsigned i = 6; i < 70; i++) {
        g_autofree char *dst = g_strdup_printf("10.2.0.%u", i);
        send_to(p, dst, 1);
    }
    world_run(p->w, SECONDS(2));
    cr_expect_gt(p->r1->out_packets, 16, "%u", (unsigned)p->r1->out_packets);
    cr_expect_gt(p->r2->out_packets, 16, "%u", (unsigned)p->r2->out_packets);
    paths_free(p);
}

Test(sharing, a_path_that_goes_down_takes_part_no_more)
{
    struct paths *p = paths_new(0, 0);
    p->r1->per_packet = p->r2->per_packet = true;
    net_if_set_admin(p->r2, false);
    for (uint16_t i = 1; i <= 4; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, SECONDS(1));
    cr_expect_eq(p->r1->out_packets, 4);
    net_if_set_admin(p->r2, true);
    net_route_add(p->r, prefix("10.2.0.0/24"), addr("192.0.2.6"), NULL, 5);
    for (uint16_t i = 5; i <= 8; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, SECONDS(2));
    cr_expect_eq(p->r1->out_packets, 8, "a route of a larger distance waits");
    cr_expect_str_eq(p->got->str, "1 2 3 4 5 6 7 8 ");
    paths_free(p);
}

/* ---- The processor ---- */

static const struct net_cpu slow = {.latency = MILLISECONDS(40), .service = MICROSECONDS(100)};

/* far is a node whose processor puts fragments together. */
static void send_large(struct paths *p, uint16_t sport)
{
    static const uint8_t bytes[1600];
    net_send_udp(p->pc, 0, sport, addr("10.2.0.5"), 9, 0, span_of(bytes, sizeof bytes));
}

Test(cpu, fragments_are_overtaken_on_the_fast_path)
{
    struct paths *p = paths_new(0, 0);
    net_node_set_cpu(p->far, &slow);
    send_large(p, 1);
    for (uint16_t i = 2; i <= 4; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, MILLISECONDS(39));
    cr_expect_str_eq(p->got->str, "2 3 4 ");
    world_run(p->w, MILLISECONDS(41));
    cr_expect_str_eq(p->got->str, "2 3 4 1 ");
    paths_free(p);
}

Test(cpu, without_a_route_cache_all_wait_in_order)
{
    struct paths *p = paths_new(0, 0);
    net_node_set_cpu(p->far, &slow);
    net_if_at(p->far, 0)->no_route_cache = true;
    send_large(p, 1);
    for (uint16_t i = 2; i <= 4; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(p->got->str, "1 2 3 4 ");
    paths_free(p);
}

Test(cpu, the_packet_that_misses_the_cache_is_overtaken_and_idle_entries_go)
{
    struct paths *p = paths_new(0, 0);
    struct net_cpu cpu = slow;
    cpu.cache_age = SECONDS(60);
    net_node_set_cpu(p->q, &cpu);
    for (uint16_t i = 1; i <= 3; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, SECONDS(59));
    cr_expect_str_eq(p->got->str, "2 3 1 ");
    send_to(p, "10.2.0.5", 4);
    send_to(p, "10.2.0.5", 5);
    world_run(p->w, SECONDS(200));
    cr_expect_str_eq(p->got->str, "2 3 1 4 5 ");
    send_to(p, "10.2.0.5", 6);
    send_to(p, "10.2.0.5", 7);
    world_run(p->w, SECONDS(201));
    cr_expect_str_eq(p->got->str, "2 3 1 4 5 7 6 ");
    paths_free(p);
}

Test(cpu, large_packets_leave_by_the_slow_path_and_wait_for_each_other)
{
    struct paths *p = paths_new(0, 0);
    struct net_cpu cpu = {.service = MILLISECONDS(10), .large_bytes = 500};
    static const uint8_t bytes[600];
    net_node_set_cpu(p->r, &cpu);
    for (uint16_t i = 1; i <= 3; i++) {
        net_send_udp(p->pc, 0, i, addr("10.2.0.5"), 9, 0, span_of(bytes, sizeof bytes));
        send_to(p, "10.2.0.5", (uint16_t)(i + 10));
    }
    world_run(p->w, MILLISECONDS(9));
    cr_expect_str_eq(p->got->str, "11 12 13 ");
    world_run(p->w, MILLISECONDS(25));
    cr_expect_str_eq(p->got->str, "11 12 13 1 2 ");
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(p->got->str, "11 12 13 1 2 3 ");
    paths_free(p);
}

Test(cpu, the_queue_has_an_end_and_what_waits_is_not_leaked)
{
    struct paths *p = paths_new(0, 0);
    struct net_cpu cpu = {.service = SECONDS(1), .limit = 5};
    net_node_set_cpu(p->q, &cpu);
    net_if_at(p->q, 0)->no_route_cache = net_if_at(p->q, 1)->no_route_cache = true;
    for (uint16_t i = 1; i <= 20; i++)
        send_to(p, "10.2.0.5", i);
    world_run(p->w, MILLISECONDS(1));
    cr_expect_eq(counter(p->q, "drop.CPU_QUEUE"), 15);
    world_run(p->w, MILLISECONDS(1500));
    cr_expect_str_eq(p->got->str, "1 ");
    paths_free(p);
}

Test(cpu, off_by_default_and_when_all_is_zero)
{
    struct paths *p = paths_new(0, 0);
    net_node_set_cpu(p->q, &(struct net_cpu){0});
    net_if_at(p->q, 0)->no_route_cache = true;
    send_to(p, "10.2.0.5", 1);
    world_run(p->w, MICROSECONDS(1));
    cr_expect_str_eq(p->got->str, "1 ");
    paths_free(p);
}
