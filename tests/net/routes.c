/* The routing table: longest prefix, distances, next hops through other routes, interfaces down. */
#include "world.h"

/* "out-interface nexthop", or "none". */
static const char *way(struct net_node *n, const char *dst)
{
    static _Thread_local char text[64];
    struct net_if *out;
    ip4 hop;
    if (!net_route_lookup(n, addr(dst), &out, &hop))
        return "none";
    g_snprintf(text, sizeof text, "%s %s", out->name, IP4S(hop));
    return text;
}

/* r with three interfaces, each on a wire to a host of its own. */
struct hub {
    struct world *w;
    struct net_node *r;
    struct net_if *e[3];
    struct net_link *l[3];
};

static struct hub hub_new(void)
{
    struct hub h = {.w = world_new(1)};
    h.r = router(h.w, "r");
    static const char *const address[] = {"10.0.0.1/24", "10.0.1.1/24", "10.0.2.1/24"};
    static const char *const name[] = {"e0", "e1", "e2"};
    for (size_t i = 0; i < 3; i++) {
        h.e[i] = port(h.r, name[i], address[i]);
        h.l[i] = wire(h.w, name[i], h.e[i], port(host(h.w, name[i]), "eth0", NULL));
    }
    return h;
}

Test(routes, the_longest_prefix_wins)
{
    struct hub h = hub_new();
    route(h.r, "0.0.0.0/0", "10.0.0.2");
    route(h.r, "172.16.0.0/12", "10.0.1.2");
    route(h.r, "172.16.5.0/24", "10.0.2.2");
    route(h.r, "172.16.5.9/32", "10.0.0.9");
    static const struct {
        const char *dst, *way;
    } row[] = {
        {"8.8.8.8", "e0 10.0.0.2"},
        {"172.16.0.1", "e1 10.0.1.2"},
        {"172.31.255.255", "e1 10.0.1.2"},
        {"172.32.0.0", "e0 10.0.0.2"},
        {"172.16.5.8", "e2 10.0.2.2"},
        {"172.16.5.9", "e0 10.0.0.9"},
        {"172.16.5.10", "e2 10.0.2.2"},
        {"10.0.1.77", "e1 10.0.1.77"},
        {"10.0.1.1", "e1 10.0.1.1"},
        {"10.0.2.255", "e2 255.255.255.255"},
        {"224.0.0.5", "none"},
    };
    for (int round = 0; round < 2; round++) /* the second from the cache */
        for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
            cr_expect_str_eq(way(h.r, row[i].dst), row[i].way, "%s", row[i].dst);
    world_free(h.w);
}

Test(routes, look_up_agrees_with_a_plain_walk_of_the_table)
{
    struct hub h = hub_new();
    GRand *rand = g_rand_new_with_seed(7);
    for (int i = 0; i < 400; i++) {
        unsigned len = (unsigned)g_rand_int_range(rand, 0, 33);
        struct ip4_net net = {g_rand_int(rand) & 0x0fffffff & ip4_mask(len), ip4_mask(len)};
        cr_assert(net_route_add(h.r, net, addr("10.0.0.2") + (uint32_t)i % 200, NULL, 1));
    }
    for (int i = 0; i < 2000; i++) {
        ip4 dst = g_rand_int(rand) & 0x0fffffff;
        struct net_if *out;
        ip4 hop = 0, want = 0;
        int best = -1;
        for (size_t k = 0; k < net_route_count(h.r); k++) {
            const struct net_route *r = net_route_at(h.r, k);
            int len = ip4_mask_len(r->net.mask);
            if (ip4_in(dst, r->net) && len > best) {
                best = len;
                want = r->connected ? dst : r->nexthop;
            }
        }
        bool found = net_route_lookup(h.r, dst, &out, &hop);
        cr_assert_eq(found, best >= 0);
        if (found)
            cr_assert_eq(hop, want, "%s", IP4S(dst));
    }
    g_rand_free(rand);
    world_free(h.w);
}

Test(routes, the_lower_distance_wins_and_the_other_takes_over)
{
    struct hub h = hub_new();
    cr_assert(net_route_add(h.r, prefix("10.9.0.0/16"), addr("10.0.0.2"), NULL, 1));
    cr_assert(net_route_add(h.r, prefix("10.9.0.0/16"), addr("10.0.1.2"), NULL, 200));
    cr_expect_str_eq(way(h.r, "10.9.1.1"), "e0 10.0.0.2");
    net_link_set_up(h.l[0], false);
    cr_expect_str_eq(way(h.r, "10.9.1.1"), "e1 10.0.1.2");
    net_link_set_up(h.l[0], true);
    cr_expect_str_eq(way(h.r, "10.9.1.1"), "e0 10.0.0.2");
    cr_assert(net_route_add(h.r, prefix("10.9.0.0/16"), addr("10.0.0.2"), NULL, 250));
    cr_expect_str_eq(way(h.r, "10.9.1.1"), "e1 10.0.1.2", "the same route at another distance");
    world_free(h.w);
}

Test(routes, a_next_hop_resolves_through_other_routes)
{
    struct hub h = hub_new();
    route(h.r, "10.50.0.0/16", "10.60.0.1");
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "none", "kept but not used");
    route(h.r, "10.60.0.0/16", "10.70.0.1");
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "none");
    route(h.r, "10.70.0.0/16", "10.0.2.2");
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "e2 10.0.2.2");
    cr_expect_str_eq(way(h.r, "10.60.1.1"), "e2 10.0.2.2");
    route(h.r, "10.60.0.1/32", "10.0.1.2");
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "e1 10.0.1.2", "a better way to the next hop");
    cr_assert(net_route_del(h.r, prefix("10.60.0.1/32"), addr("10.0.1.2"), NULL));
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "e2 10.0.2.2");
    net_if_set_admin(h.e[2], false);
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "none");
    net_if_set_admin(h.e[2], true);
    cr_expect_str_eq(way(h.r, "10.50.1.1"), "e2 10.0.2.2");
    world_free(h.w);
}

Test(routes, next_hops_that_lead_in_circles_are_not_used)
{
    struct hub h = hub_new();
    route(h.r, "0.0.0.0/0", "203.0.113.9");
    cr_expect_str_eq(way(h.r, "8.8.8.8"), "none", "a default route through itself");
    route(h.r, "10.50.0.0/16", "10.60.0.1");
    route(h.r, "10.60.0.0/16", "10.50.0.1");
    cr_expect_str_eq(way(h.r, "10.50.0.9"), "none");
    route(h.r, "10.80.0.0/16", "10.0.0.1");
    cr_expect_str_eq(way(h.r, "10.80.0.9"), "none", "a next hop that is the router itself");
    for (size_t i = 0; i < net_route_count(h.r); i++) {
        const struct net_route *r = net_route_at(h.r, i);
        cr_expect_eq(r->usable, r->connected);
    }
    world_free(h.w);
}

Test(routes, a_long_chain_of_next_hops_ends)
{
    struct hub h = hub_new();
    for (unsigned i = 0; i < 2000; i++) {
        ip4 net = IP4(20, 0, 0, 0) + i * 256;
        cr_assert(net_route_add(h.r, (struct ip4_net){net, ip4_mask(24)}, net + 257, NULL, 1));
    }
    cr_expect_str_eq(way(h.r, "20.0.0.1"), "none");
    world_free(h.w);
}

Test(routes, a_route_through_an_interface_needs_only_it)
{
    struct hub h = hub_new();
    cr_assert(net_route_add(h.r, prefix("10.5.0.0/16"), 0, "e1", 1));
    cr_assert(net_route_add(h.r, prefix("10.6.0.0/16"), addr("10.77.0.1"), "e2", 1));
    cr_assert(net_route_add(h.r, prefix("10.7.0.0/16"), 0, "e9", 1));
    cr_expect_str_eq(way(h.r, "10.5.3.3"), "e1 10.5.3.3");
    cr_expect_str_eq(way(h.r, "10.6.3.3"), "e2 10.77.0.1");
    cr_expect_str_eq(way(h.r, "10.7.3.3"), "none");
    net_link_set_up(h.l[1], false);
    cr_expect_str_eq(way(h.r, "10.5.3.3"), "none");
    cr_expect_str_eq(way(h.r, "10.0.1.9"), "none", "the connected network goes too");
    cr_expect_str_eq(way(h.r, "10.0.1.1"), "none", "and the address itself");
    world_free(h.w);
}

Test(routes, the_table_is_sorted_and_refuses_nonsense)
{
    struct hub h = hub_new();
    route(h.r, "10.9.0.0/24", "10.0.0.2");
    route(h.r, "10.9.0.0/16", "10.0.0.2");
    route(h.r, "0.0.0.0/0", "10.0.0.2");
    route(h.r, "10.9.0.0/16", "10.0.0.2"); /* once more */
    static const char *const want[] = {"0.0.0.0 0",   "10.0.0.0 24", "10.0.1.0 24",
                                       "10.0.2.0 24", "10.9.0.0 16", "10.9.0.0 24"};
    cr_assert_eq(net_route_count(h.r), G_N_ELEMENTS(want));
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++) {
        const struct net_route *r = net_route_at(h.r, i);
        g_autofree char *text =
            g_strdup_printf("%s %d", IP4S(r->net.addr), ip4_mask_len(r->net.mask));
        cr_expect_str_eq(text, want[i]);
    }
    const struct ip4_net holes = {addr("10.0.0.0"), addr("255.0.255.0")};
    const struct ip4_net host_bits = prefix("10.9.0.1/24");
    cr_expect_not(net_route_add(h.r, holes, addr("10.0.0.2"), NULL, 1));
    cr_expect_not(net_route_add(h.r, host_bits, addr("10.0.0.2"), NULL, 1));
    cr_expect_not(net_route_add(h.r, prefix("10.8.0.0/16"), 0, NULL, 1));
    cr_expect_not(net_route_del(h.r, prefix("10.8.0.0/16"), addr("10.0.0.2"), NULL));
    cr_expect_not(net_route_del(h.r, prefix("10.0.0.0/24"), 0, "e0"), "connected ones stay");
    cr_expect_null(net_route_at(h.r, 99));
    world_free(h.w);
}

static void count_change(void *self, struct net_if *i)
{
    g_string_append_printf(self, "%s ", i ? i->name : "route");
}

Test(routes, changes_are_told)
{
    struct hub h = hub_new();
    g_autoptr(GString) told = g_string_new(NULL);
    route(h.r, "10.9.0.0/16", "10.0.0.2");
    world_log_event(h.w, EV_route_change);
    world_log_event(h.w, EV_if_state);
    net_node_on_change(h.r, count_change, told);
    net_link_set_up(h.l[0], false);
    cr_expect_str_eq(world_log(h.w), "r if_state e0 no\n"
                                     "r route_change 10.0.0.0 255.255.255.0 0.0.0.0 no\n"
                                     "r route_change 10.9.0.0 255.255.0.0 10.0.0.2 no\n"
                                     "e0 if_state eth0 no\n");
    net_link_set_up(h.l[0], true);
    cr_expect_str_eq(world_log(h.w), "r if_state e0 yes\n"
                                     "r route_change 10.0.0.0 255.255.255.0 0.0.0.0 yes\n"
                                     "r route_change 10.9.0.0 255.255.0.0 10.0.0.2 yes\n"
                                     "e0 if_state eth0 yes\n");
    net_if_set_address(h.e[0], 0, 0);
    cr_expect_str_eq(world_log(h.w), "r route_change 10.0.0.0 255.255.255.0 0.0.0.0 no\n"
                                     "r route_change 10.9.0.0 255.255.0.0 10.0.0.2 no\n");
    net_route_del(h.r, prefix("10.9.0.0/16"), addr("10.0.0.2"), NULL);
    cr_expect_str_eq(world_log(h.w), "", "it was not in use");
    cr_expect_str_eq(told->str, "e0 e0 e0 route ");
    world_free(h.w);
}

Test(routes, interfaces_are_up_when_they_and_their_link_are)
{
    struct world *w = world_new(1);
    struct net_node *r = router(w, "r");
    struct net_if *e = port(r, "e0", "10.0.0.1/24"), *lo = port(r, "lo0", "10.99.0.1/32");
    lo->loopback = true;
    net_if_set_admin(lo, true);
    cr_expect(net_if_protocol_up(lo));
    cr_expect_not(net_if_protocol_up(e), "no link");
    e->no_keepalive = true;
    net_if_set_admin(e, true);
    cr_expect(net_if_protocol_up(e));
    e->no_keepalive = false;
    struct net_link *l = wire(w, "l", e, port(host(w, "h"), "eth0", "10.0.0.2/24"));
    cr_expect(net_if_protocol_up(e));
    cr_expect_not(net_link_attach(l, e), "it has a link already");
    cr_expect_not(net_link_attach(l, lo), "a loopback has none");
    net_if_set_admin(e, false);
    cr_expect_not(net_if_protocol_up(e));
    net_if_set_admin(lo, false);
    cr_expect_not(net_if_protocol_up(lo));
    cr_expect_eq(net_if_by_addr(r, addr("10.0.0.1")), e);
    cr_expect_eq(net_if_by_name(r, "lo0"), lo);
    cr_expect_null(net_if_by_name(r, "e9"));
    world_free(w);
}

Test(routes, a_node_with_many_interfaces_finds_its_own_addresses)
{
    struct world *w = world_new(1);
    struct net_node *r = router(w, "r"), *h = host(w, "h");
    for (uint32_t i = 0; i < 40; i++) {
        g_autofree char *name = g_strdup_printf("e%u", i);
        struct net_if *e = net_if_new(r, name);
        net_if_set_address(e, IP4(10, 0, 0, 1) + i * 256, ip4_mask(24));
        wire(w, name, e, net_if_new(h, name));
    }
    cr_expect_str_eq(way(r, "10.0.39.1"), "e39 10.0.39.1");
    cr_expect_str_eq(way(r, "10.0.20.255"), "e20 255.255.255.255");
    cr_expect_str_eq(way(r, "10.0.20.7"), "e20 10.0.20.7");
    net_if_set_address(net_if_by_name(r, "e39"), addr("10.0.50.1"), ip4_mask(24));
    cr_expect_str_eq(way(r, "10.0.39.1"), "none");
    cr_expect_str_eq(way(r, "10.0.50.1"), "e39 10.0.50.1");
    net_if_set_admin(net_if_by_name(r, "e20"), false);
    cr_expect_str_eq(way(r, "10.0.20.1"), "none");
    world_free(w);
}
