/* The limited broadcast address, from and to interfaces that have no address (RFC 1122 3.2.1.3). */
#include "world.h"

static void hears(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                  struct span payload)
{
    g_string_append_printf(self, "%s %s %s>%s %u>%u %zu\n", net_node_name(in->node), in->name,
                           IP4S(src), IP4S(dst), sport, dport, payload.n);
}

Test(broadcasts, reach_all_others_of_a_segment_and_only_them)
{
    struct world *w = world_new(1);
    g_autoptr(GString) heard = g_string_new(NULL);
    struct net_link *lan = net_link_new(w->net, "lan");
    struct net_node *n[4];
    const char *const name[] = {"new", "server", "router", "far"};
    const char *const address[] = {NULL, "10.0.0.2/24", "10.0.0.1/24", "10.7.0.2/24"};
    struct net_if *i[4];
    for (int k = 0; k < 4; k++) {
        n[k] = k == 2 ? router(w, name[k]) : host(w, name[k]);
        i[k] = port(n[k], "eth0", address[k]);
        net_udp_bind(n[k], 67, hears, heard);
        net_udp_bind(n[k], 68, hears, heard);
        if (k < 3)
            cr_assert(net_link_attach(lan, i[k]));
    }
    wire(w, "behind", port(n[2], "eth1", "10.7.0.1/24"), i[3]);
    net_send_udp_on(i[0], 0, 68, 0xffffffff, 67, 0, span_of("ask", 3));
    world_run(w, SECONDS(1));
    cr_expect_str_eq(heard->str, "server eth0 0.0.0.0>255.255.255.255 68>67 3\n"
                                 "router eth0 0.0.0.0>255.255.255.255 68>67 3\n");
    g_string_truncate(heard, 0);
    net_send_udp_on(i[1], i[1]->addr, 67, 0xffffffff, 68, 0, span_of("tell", 4));
    world_run(w, SECONDS(2));
    cr_expect_str_eq(heard->str, "new eth0 10.0.0.2>255.255.255.255 67>68 4\n"
                                 "router eth0 10.0.0.2>255.255.255.255 67>68 4\n");
    world_free(w);
}

Test(broadcasts, leave_by_the_interface_that_was_named_and_not_by_one_that_is_down)
{
    struct world *w = world_new(1);
    g_autoptr(GString) heard = g_string_new(NULL);
    struct net_node *a = host(w, "a"), *b = host(w, "b");
    struct net_if *first = port(a, "one", "10.0.0.1/24"), *second = port(a, "two", NULL);
    wire(w, "w1", first, port(b, "one", "10.0.0.2/24"));
    wire(w, "w2", second, port(b, "two", "10.1.0.2/24"));
    net_udp_bind(b, 67, hears, heard);
    net_send_udp_on(second, 0, 68, 0xffffffff, 67, 0, span_of("ask", 3));
    world_run(w, SECONDS(1));
    cr_expect_str_eq(heard->str, "b two 0.0.0.0>255.255.255.255 68>67 3\n");
    net_if_set_admin(second, false);
    net_send_udp_on(second, 0, 68, 0xffffffff, 67, 0, span_of("ask", 3));
    world_run(w, SECONDS(2));
    cr_expect_eq(heard->len, strlen("b two 0.0.0.0>255.255.255.255 68>67 3\n"));
    cr_expect_eq(counter(a, "drop.LINK_DOWN"), 1);
    world_free(w);
}

Test(broadcasts, nobody_answers_them_with_an_error)
{
    struct pair *p = pair_new(1);
    net_send_udp_on(p->a_if, 0, 68, 0xffffffff, 4711, 0, span_of("ask", 3));
    net_send_udp_on(p->a_if, p->a_if->addr, 68, 0xffffffff, 4711, 0, span_of("ask", 3));
    world_run(p->w, SECONDS(1));
    cr_expect_eq(counter(p->b, "drop.UDP_NO_PORT"), 2);
    cr_expect_eq(counter(p->b, "icmp.out"), 0);
    pair_free(p);
}

static void counts(void *self, struct net_if *i)
{
    ++*(int *)self;
}

Test(broadcasts, who_watches_no_more_is_not_told)
{
    struct world *w = world_new(1);
    struct net_node *a = host(w, "a");
    int one = 0, two = 0;
    net_node_on_change(a, counts, &one);
    net_node_on_change(a, counts, &two);
    struct net_if *i = port(a, "eth0", "10.0.0.1/24");
    net_node_off_change(a, counts, &one);
    net_if_set_address(i, 0, 0);
    cr_expect_eq(two, one + 1);
    world_free(w);
}

Test(broadcasts, interfaces_have_hardware_addresses_of_their_own)
{
    struct world *w = world_new(1);
    struct net_node *a = host(w, "a");
    uint8_t one[6], two[6], again[6];
    struct net_if *i = port(a, "eth0", NULL);
    net_if_mac(i, one);
    net_if_mac(port(a, "eth1", NULL), two);
    net_if_mac(i, again);
    cr_expect_eq(one[0], 2);
    cr_expect_arr_neq(one, two, 6);
    cr_expect_arr_eq(one, again, 6);
    world_free(w);
}
