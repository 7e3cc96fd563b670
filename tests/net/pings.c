/* Echo requests: each has one outcome, however many are under way. */
#include "world.h"

static const sim_time wait = SECONDS(2);

Test(pings, concurrent_senders_are_told_apart)
{
    struct pair *p = pair_new(1);
    net_link_impair(p->link, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(5)});
    struct pinger one = pinger_new(p->a), two = pinger_new(p->a);
    for (uint32_t seq = 1; seq <= 3; seq++) {
        net_ping_send(one.ping, 0, addr("10.0.0.2"), seq, 100, 0, false, 0, wait);
        world_run(p->w, sim_now(p->w->sim) + MILLISECONDS(1));
    }
    net_ping_send(two.ping, 0, addr("10.0.0.99"), 1, 100, 0, false, 0, wait);
    net_ping_send(two.ping, 0, addr("10.0.0.2"), 2, 100, 0, false, 0, wait);
    world_run(p->w, SECONDS(9));
    cr_expect_str_eq(one.log->str, "1 reply 10000000\n2 reply 10000000\n3 reply 10000000\n");
    cr_expect_str_eq(two.log->str, "2 reply 10000000\n1 timeout 2000000000\n");
    pinger_free(&one);
    pinger_free(&two);
    pair_free(p);
}

Test(pings, each_request_has_one_outcome_though_replies_come_twice_or_late)
{
    struct pair *p = pair_new(1);
    net_link_impair(p->link, UINT32_MAX,
                    &(struct net_impair){.delay = SECONDS(1), .duplicate_ppb = 1000000000});
    struct pinger g = pinger_new(p->a);
    net_ping_send(g.ping, 0, addr("10.0.0.2"), 1, 100, 0, false, 0, SECONDS(3));
    net_ping_send(g.ping, 0, addr("10.0.0.2"), 2, 100, 0, false, 0, SECONDS(1));
    world_run(p->w, SECONDS(9));
    cr_expect_str_eq(g.log->str, "2 timeout 1000000000\n1 reply 2000000000\n");
    cr_expect_eq(counter(p->a, "icmp.in"), 8, "two requests, each doubled twice");
    pinger_free(&g);
    pair_free(p);
}

Test(pings, sizes_from_the_least_to_the_greatest_are_answered)
{
    static const struct {
        uint32_t size, on_the_wire;
    } row[] = {{0, 28}, {28, 28}, {29, 29}, {100, 100}, {1500, 1500}, {65535, 65535}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        p->a_if->mtu = p->a_if->ip_mtu = p->b_if->mtu = p->b_if->ip_mtu = 65535;
        struct pinger g = pinger_new(p->a);
        net_ping_send(g.ping, 0, addr("10.0.0.2"), 1, row[i].size, 0, false, 0xabcd, wait);
        world_run(p->w, SECONDS(9));
        cr_expect_str_eq(g.log->str, "1 reply 0\n");
        cr_expect_eq(p->b_if->in_bytes, row[i].on_the_wire);
        cr_expect_eq(p->a_if->in_bytes, row[i].on_the_wire);
        pinger_free(&g);
        pair_free(p);
    }
}

static bool keep(void *self, uint32_t end, uint64_t number, struct span packet)
{
    g_byte_array_set_size(self, 0);
    g_byte_array_append(self, packet.p, (guint)packet.n);
    return false;
}

Test(pings, requests_carry_pattern_tos_and_df)
{
    struct pair *p = pair_new(1);
    g_autoptr(GByteArray) seen = g_byte_array_new();
    net_link_rule_add(p->link, &(struct net_match_rule){.match = keep, .self = seen});
    struct pinger g = pinger_new(p->a);
    net_if_set_address(p->a_if, addr("10.0.0.1"), addr("255.255.255.0"));
    net_link_set_up(p->link, true);
    net_ping_send(g.ping, addr("10.0.0.1"), addr("10.0.0.2"), 70000, 33, 0xb8, true, 0xabcd, wait);
    cr_assert_eq(seen->len, 33);
    struct ip4_head h;
    cr_expect_eq(ip4_head_parse(span_of(seen->data, seen->len), &h), WIRE_OK);
    cr_expect(h.tos == 0xb8 && h.flags == IP4_DF && h.protocol == IPPROTO_NUM_ICMP);
    cr_expect_eq(be16_get(seen->data + 26), 70000 & 0xffff);
    cr_expect_eq(memcmp(seen->data + 28, "\xab\xcd\xab\xcd\xab", 5), 0);
    world_run(p->w, SECONDS(9));
    cr_expect_str_eq(g.log->str, "70000 reply 0\n");
    pinger_free(&g);
    pair_free(p);
}

Test(pings, a_number_that_comes_round_ends_the_one_that_waits)
{
    struct pair *p = pair_new(1);
    struct pinger g = pinger_new(p->a);
    net_ping_send(g.ping, 0, addr("10.0.0.99"), 5, 100, 0, false, 0, SECONDS(50));
    net_ping_send(g.ping, 0, addr("10.0.0.2"), 65541, 100, 0, false, 0, SECONDS(50));
    world_run(p->w, SECONDS(9));
    cr_expect_str_eq(g.log->str, "5 timeout 0\n65541 reply 0\n");
    pinger_free(&g);
    pair_free(p);
}

static void free_in_callback(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    struct net_ping **slot = self;
    net_ping_free(*slot);
    *slot = NULL;
}

Test(pings, a_ping_may_be_freed_when_it_is_told_and_when_it_still_waits)
{
    struct pair *p = pair_new(1);
    struct net_ping *g = NULL;
    g = net_ping_new(p->a, free_in_callback, &g);
    net_ping_send(g, 0, addr("10.0.0.2"), 1, 100, 0, false, 0, wait);
    net_ping_send(g, 0, addr("10.0.0.2"), 2, 100, 0, false, 0, wait);
    world_run(p->w, SECONDS(9));
    cr_expect_null(g);
    g = net_ping_new(p->a, free_in_callback, &g);
    net_ping_send(g, 0, addr("10.0.0.99"), 1, 100, 0, false, 0, wait);
    net_ping_free(g);
    world_run(p->w, SECONDS(20));
    pair_free(p);
}

Test(pings, own_and_broadcast_addresses_answer)
{
    struct pair *p = pair_new(1);
    struct pinger g = pinger_new(p->a);
    struct net_if *lo = port(p->b, "lo0", "10.99.0.1/32");
    lo->loopback = true;
    net_if_set_admin(lo, true);
    route(p->a, "10.99.0.0/16", "10.0.0.2");
    net_ping_send(g.ping, 0, addr("10.0.0.1"), 1, 100, 0, false, 0, wait);
    net_ping_send(g.ping, 0, addr("10.99.0.1"), 2, 100, 0, false, 0, wait);
    net_ping_send(g.ping, 0, addr("10.0.0.255"), 3, 100, 0, false, 0, wait);
    world_run(p->w, SECONDS(9));
    cr_expect_str_eq(g.log->str, "1 reply 0\n2 reply 0\n3 reply 0\n");
    pinger_free(&g);
    pair_free(p);
}

Test(pings, a_reply_from_elsewhere_is_not_taken)
{
    struct pair *p = pair_new(1);
    net_link_set_up(p->link, true);
    struct pinger g = pinger_new(p->a);
    net_ping_send(g.ping, 0, addr("10.0.0.99"), 1, 100, 0, false, 0, wait);
    uint8_t echo[ICMP_HEAD] = {0};
    const struct icmp_head reply = {.type = ICMP_ECHO_REPLY, .id = 1, .seq = 1};
    icmp_emit(&reply, echo, 0);
    net_output(p->b, raw_ip("10.0.0.2", "10.0.0.1", 1, 1, 0, 64, echo, sizeof echo));
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(g.log->str, "");
    net_output(p->b, raw_ip("10.0.0.99", "10.0.0.1", 1, 1, 0, 64, echo, sizeof echo));
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(g.log->str, "1 reply 1000000000\n");
    pinger_free(&g);
    pair_free(p);
}
