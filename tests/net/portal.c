/* Portals: what leaves the simulation, what comes in, and that links treat both as their own. */
#include "net/portal.h"

#include "world.h"

/* A link with a host 10.0.0.1 and the world outside. */
struct gate {
    struct world *w;
    struct net_node *a;
    struct net_if *a_if;
    struct net_link *link;
    struct net_portal *portal;
    GString *out; /* "<at us> <from> <next hop> <length>" a line */
};

static void goes_out(void *self, struct net_if *from, ip4 nexthop, struct pkt *p)
{
    struct gate *g = self;
    g_string_append_printf(g->out, "%" G_GINT64_FORMAT " %s:%s %s %u\n", sim_now(g->w->sim) / 1000,
                           net_node_name(from->node), from->name, IP4S(nexthop), p->len);
    pkt_unref(p);
}

static struct gate gate_new(void)
{
    struct gate g = {.w = world_new(1), .out = g_string_new(NULL)};
    g.a = host(g.w, "a");
    g.a_if = port(g.a, "eth0", "10.0.0.1/24");
    g.link = net_link_new(g.w->net, "outside");
    net_link_attach(g.link, g.a_if);
    return g;
}

static void gate_open(struct gate *g)
{
    g->portal = net_portal_new(g->link, "veth0", goes_out, g);
}

static void gate_free(struct gate *g)
{
    world_free(g->w);
    g_string_free(g->out, TRUE);
}

static const char *gate_out(struct gate *g, sim_time until)
{
    g_string_truncate(g->out, 0);
    world_run(g->w, until);
    return g->out->str;
}

static void say(struct net_node *n, const char *to)
{
    net_send_udp(n, 0, 9, addr(to), 9, 0, span_of("hello", 5));
}

static void echo_from_outside(struct gate *g, const char *src, const char *dst, ip4 nexthop)
{
    uint8_t echo[ICMP_HEAD + 8] = {0};
    icmp_emit(&(struct icmp_head){.type = ICMP_ECHO, .id = 7, .seq = 1}, echo, 8);
    net_portal_input(g->portal, nexthop,
                     raw_ip(src, dst, IPPROTO_NUM_ICMP, 1, 0, 64, echo, sizeof echo));
}

Test(portals, packets_come_out_with_their_next_hop)
{
    struct gate g = gate_new();
    gate_open(&g);
    route(g.a, "0.0.0.0/0", "10.0.0.254");
    say(g.a, "10.0.0.9");
    say(g.a, "192.0.2.1");
    cr_expect_str_eq(gate_out(&g, SECONDS(1)), "0 a:eth0 10.0.0.9 33\n"
                                               "0 a:eth0 10.0.0.254 33\n");
    gate_free(&g);
}

Test(portals, packets_from_outside_are_answered_to_the_outside)
{
    struct gate g = gate_new();
    gate_open(&g);
    echo_from_outside(&g, "10.0.0.9", "10.0.0.1", addr("10.0.0.1"));
    cr_expect_str_eq(gate_out(&g, SECONDS(1)), "0 a:eth0 10.0.0.9 36\n");
    cr_expect_eq(net_portal_if(g.portal)->in_packets, 1);
    cr_expect_eq(net_portal_if(g.portal)->out_packets, 1);
    gate_free(&g);
}

Test(portals, without_one_a_link_with_one_end_leads_nowhere)
{
    struct gate g = gate_new();
    say(g.a, "10.0.0.9");
    cr_expect_str_eq(gate_out(&g, SECONDS(1)), "");
    cr_expect_eq(counter(g.a, "drop.LINK_NO_NEIGHBOR"), 1);
    gate_free(&g);
}

Test(portals, both_directions_meet_what_the_link_does)
{
    struct gate g = gate_new();
    net_link_impair(g.link, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(20)});
    gate_open(&g);
    echo_from_outside(&g, "10.0.0.9", "10.0.0.1", 0);
    cr_expect_str_eq(gate_out(&g, MILLISECONDS(39)), "");
    cr_expect_str_eq(gate_out(&g, SECONDS(1)), "40000 a:eth0 10.0.0.9 36\n");
    gate_free(&g);
}

Test(portals, losses_listed_for_the_link_are_those_of_the_outside_too)
{
    uint64_t *list = g_new(uint64_t, 1);
    struct gate g = gate_new();
    list[0] = 2;
    net_link_impair(g.link, UINT32_MAX, &(struct net_impair){.loss_list = list, .n_loss_list = 1});
    gate_open(&g);
    for (int i = 0; i < 3; i++)
        echo_from_outside(&g, "10.0.0.9", "10.0.0.1", 0);
    world_run(g.w, SECONDS(1));
    cr_expect_eq(g.a_if->in_packets, 2, "the second from outside is lost");
    cr_expect_eq(net_portal_if(g.portal)->in_packets, 1, "and the second of the two answers");
    gate_free(&g);
}

Test(portals, the_trace_shows_the_outside_as_a_node)
{
    struct gate g = gate_new();
    gate_open(&g);
    world_log_event(g.w, EV_link_tx);
    world_log_event(g.w, EV_link_rx);
    echo_from_outside(&g, "10.0.0.9", "10.0.0.1", 0);
    world_run(g.w, SECONDS(1));
    cr_expect_str_eq(world_log(g.w), "veth0 link_tx outside 1 1 36\n"
                                     "a link_rx outside 1 1 36\n"
                                     "a link_tx outside 0 1 36\n"
                                     "veth0 link_rx outside 0 1 36\n");
    gate_free(&g);
}

Test(portals, on_a_segment_the_outside_has_what_nobody_simulated_owns)
{
    struct gate g = gate_new();
    struct net_node *b = host(g.w, "b");
    struct net_if *b_if = port(b, "eth0", "10.0.0.2/24");
    net_link_attach(g.link, b_if);
    gate_open(&g);
    say(g.a, "10.0.0.2");
    say(g.a, "10.0.0.9");
    cr_expect_str_eq(gate_out(&g, SECONDS(1)), "0 a:eth0 10.0.0.9 33\n");
    cr_expect_eq(b_if->in_packets, 1);
    echo_from_outside(&g, "10.0.0.9", "10.0.0.2", addr("10.0.0.2"));
    cr_expect_str_eq(gate_out(&g, SECONDS(2)), "1000000 b:eth0 10.0.0.9 36\n");
    say(g.a, "255.255.255.255");
    cr_expect_str_eq(gate_out(&g, SECONDS(3)), "2000000 a:eth0 255.255.255.255 33\n");
    cr_expect_eq(b_if->in_packets, 3, "a broadcast reaches both");
    gate_free(&g);
}

Test(portals, rubbish_from_outside_is_dropped_with_a_reason)
{
    static const struct {
        const char *bytes;
        size_t n;
        const char *counter;
    } row[] = {
        {"", 0, "drop.IP_SHORT"},
        {"\x45", 1, "drop.IP_SHORT"},
        {"\x60 this is no packet of version 4 at all", 40, "drop.IP_BAD_HEADER"},
        {"\x45 this has a head whose checksum is wrong", 40, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct gate g = gate_new();
        gate_open(&g);
        net_portal_input(g.portal, 0, pkt_of(span_of(row[i].bytes, row[i].n)));
        world_run(g.w, SECONDS(1));
        cr_expect_eq(g.a_if->in_drops, 1, "row %zu", i);
        if (row[i].counter)
            cr_expect_eq(counter(g.a, row[i].counter), 1, "row %zu", i);
        gate_free(&g);
    }
}

Test(portals, a_link_has_one_and_names_are_not_shared)
{
    struct gate g = gate_new();
    gate_open(&g);
    cr_assert_not_null(g.portal);
    cr_expect_null(net_portal_new(g.link, "veth1", goes_out, &g));
    struct net_link *other = net_link_new(g.w->net, "inside");
    cr_expect_null(net_portal_new(other, "a", goes_out, &g), "a is a host");
    cr_expect_str_eq(net_portal_scope(g.portal)->name, "veth0");
    gate_free(&g);
}

Test(portals, a_link_that_is_down_lets_nothing_through)
{
    struct gate g = gate_new();
    gate_open(&g);
    net_link_set_up(g.link, false);
    echo_from_outside(&g, "10.0.0.9", "10.0.0.1", 0);
    say(g.a, "10.0.0.9");
    cr_expect_str_eq(gate_out(&g, SECONDS(1)), "");
    cr_expect_eq(g.a_if->in_packets, 0);
    gate_free(&g);
}
