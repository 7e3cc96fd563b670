/* Links themselves: rules that match packets, segments with many ends, and links that go down. */
#include "world.h"

/* Matches datagrams of pair_send with an odd number. */
static bool odd(void *self, uint32_t end, uint64_t number, struct span packet)
{
    return end == 0 && packet.n >= 32 && packet.p[31] % 2;
}
static bool any(void *self, uint32_t end, uint64_t number, struct span packet)
{
    return end == 0;
}

Test(links, rules_drop_delay_duplicate_and_corrupt)
{
    static const struct {
        struct net_match_rule rule;
        const char *arrived, *drop;
        uint64_t dropped;
    } row[] = {
        // clang-format off
        { {.match = any, .act = NET_ACT_DROP, .count = 1},             "2 3 4 5 6", "drop.LINK_MATCH", 1 },
        { {.match = any, .act = NET_ACT_DROP, .skip = 2, .count = 2},  "1 2 5 6",   "drop.LINK_MATCH", 2 },
        { {.match = any, .act = NET_ACT_DROP},                         "",          "drop.LINK_MATCH", 6 },
        { {.match = odd, .act = NET_ACT_DROP},                         "2 4 6",     "drop.LINK_MATCH", 3 },
        { {.match = odd, .act = NET_ACT_DROP, .skip = 1, .count = 1},  "1 2 4 5 6", "drop.LINK_MATCH", 1 },
        { {.match = odd, .act = NET_ACT_DELAY, .delay = MICROSECONDS(2500), .count = 1}, "2 3 1 4 5 6", NULL, 0 },
        { {.match = odd, .act = NET_ACT_DUPLICATE, .count = 1},        "1 1 2 3 4 5 6", NULL, 0 },
        { {.match = odd, .act = NET_ACT_CORRUPT, .skip = 1, .count = 1}, "1 2 4 5 6", "drop.UDP_CHECKSUM", 1 },
        // clang-format on
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        net_link_rule_add(p->link, &row[i].rule);
        pair_send(p, 1, 6, 400, MILLISECONDS(1));
        cr_expect_str_eq(pair_arrived(p), row[i].arrived, "row %zu", i);
        if (row[i].drop)
            cr_expect_eq(counter(p->a, row[i].drop) + counter(p->b, row[i].drop), row[i].dropped);
        pair_free(p);
    }
}

static void free_count(void *self)
{
    ++*(int *)self;
}

Test(links, rules_are_tried_in_order_and_freed_once)
{
    int freed = 0;
    struct pair *p = pair_new(1);
    struct net_match_rule rule = {
        .match = any, .self = &freed, .free_self = free_count, .act = NET_ACT_DROP, .count = 1};
    rule.label = g_strdup("first");
    uint32_t first = net_link_rule_add(p->link, &rule);
    rule.label = NULL;
    uint32_t second = net_link_rule_add(p->link, &rule);
    cr_expect_neq(first, second);
    pair_send(p, 1, 4, 100, 0);
    cr_expect_str_eq(pair_arrived(p), "3 4", "the second rule has its own packet");
    net_link_rule_del(p->link, first);
    cr_expect_eq(freed, 1);
    net_link_rule_del(p->link, first);
    cr_expect_eq(freed, 1);
    pair_free(p);
    cr_expect_eq(freed, 2);
}

Test(links, what_happens_on_a_link_is_told)
{
    struct pair *p = pair_new(1);
    world_log_event(p->w, EV_link_tx);
    world_log_event(p->w, EV_link_rx);
    world_log_event(p->w, EV_link_drop);
    world_log_event(p->w, EV_pkt_drop);
    net_link_impair(p->link, 0, &(struct net_impair){.loss_mask = 2, .loss_mask_len = 2});
    pair_send(p, 1, 2, 100, 0);
    cr_expect_str_eq(world_log(p->w), "a link_tx link 0 1 128\n"
                                      "b link_rx link 0 1 128\n"
                                      "a link_tx link 0 2 128\n"
                                      "a link_drop link 0 2 LINK_LOSS 128\n"
                                      "a pkt_drop LINK_LOSS - 10.0.0.1 10.0.0.2 17 9 9 128\n");
    pair_free(p);
}

static void see_frame(void *self, const struct trace_event *e)
{
    struct span frame = e->id == EV_link_tx ? ((const struct ev_link_tx *)e->data)->frame
                                            : ((const struct ev_link_rx *)e->data)->frame;
    g_byte_array_append(self, frame.p, (guint)frame.n);
}

Test(links, frames_are_told_as_sent_and_as_received)
{
    struct pair *p = pair_new(1);
    g_autoptr(GByteArray) sent = g_byte_array_new(), came = g_byte_array_new();
    struct trace_mask tx = {0}, rx = {0};
    trace_mask_add(&tx, EV_link_tx);
    trace_mask_add(&rx, EV_link_rx);
    trace_subscribe(p->w->trace, net_node_scope(p->a), &tx, see_frame, sent);
    trace_subscribe(p->w->trace, net_node_scope(p->b), &rx, see_frame, came);
    net_link_impair(p->link, 0, &(struct net_impair){.corrupt_ppb = 1000000000});
    static const uint8_t data[64] = {0};
    net_send_ip(p->a, 0, addr("10.0.0.2"), 99, 0, false, span_of(data, sizeof data));
    world_run(p->w, SECONDS(1));
    cr_assert_eq(sent->len, 84);
    cr_assert_eq(came->len, 84);
    unsigned flipped = 0;
    for (guint i = 0; i < 84; i++)
        flipped += (unsigned)__builtin_popcount(sent->data[i] ^ came->data[i]);
    cr_expect_eq(flipped, 1);
    cr_expect_eq(memcmp(sent->data, came->data, 20), 0);
    pair_free(p);
}

Test(links, a_link_that_is_down_drops_what_is_sent_and_what_is_on_it)
{
    struct pair *p = pair_new(1);
    net_link_impair(p->link, 0, &(struct net_impair){.delay = SECONDS(1)});
    uint8_t one[4] = {0, 0, 0, 1};
    net_send_udp(p->a, 0, 9, addr("10.0.0.2"), 9, 0, span_of(one, 4));
    net_link_set_up(p->link, false);
    net_output_on(p->a_if, 0, raw_ip("10.0.0.1", "10.0.0.2", 99, 1, 0, 64, one, 4));
    world_run(p->w, SECONDS(5));
    cr_expect_eq(counter(p->b, "drop.LINK_DOWN"), 1);
    cr_expect_eq(counter(p->a, "drop.LINK_DOWN"), 1);
    net_link_set_up(p->link, true);
    net_if_set_admin(p->b_if, false);
    pair_send(p, 2, 1, 100, 0);
    cr_expect_eq(counter(p->b, "drop.LINK_DOWN"), 2);
    net_if_set_admin(p->b_if, true);
    pair_send(p, 3, 1, 100, 0);
    cr_expect_str_eq(pair_arrived(p), "3");
    pair_free(p);
}

/* ---- Segments ---- */

static void count_datagram(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                           uint16_t dport, struct span payload)
{
    g_string_append_printf(self, "%s ", net_node_name(in->node));
}

struct segment {
    struct world *w;
    struct net_node *h[12];
    struct net_link *l;
    GString *got;
};

static struct segment segment_new(size_t n)
{
    struct segment s = {.w = world_new(1), .got = g_string_new(NULL)};
    s.l = net_link_new(s.w->net, "sw");
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("h%zu", i);
        s.h[i] = host(s.w, name);
        struct net_if *e = net_if_new(s.h[i], "eth0");
        net_if_set_address(e, IP4(10, 0, 0, 1) + (ip4)i, ip4_mask(24));
        cr_assert(net_link_attach(s.l, e));
        net_udp_bind(s.h[i], 9, count_datagram, s.got);
    }
    return s;
}

static const char *segment_send(struct segment *s, size_t from, const char *to)
{
    g_string_truncate(s->got, 0);
    net_send_udp(s->h[from], 0, 9, addr(to), 9, 0, span_of("hello", 5));
    world_run(s->w, sim_now(s->w->sim) + SECONDS(1));
    return s->got->str;
}

static void segment_free(struct segment *s)
{
    world_free(s->w);
    g_string_free(s->got, TRUE);
}

Test(links, a_segment_brings_packets_to_the_owner_of_the_next_hop)
{
    static const size_t sizes[] = {3, 12};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct segment s = segment_new(sizes[i]);
        cr_expect_str_eq(segment_send(&s, 0, "10.0.0.3"), "h2 ");
        cr_expect_str_eq(segment_send(&s, 2, "10.0.0.1"), "h0 ");
        cr_expect_str_eq(segment_send(&s, 2, "10.0.0.99"), "");
        cr_expect_eq(counter(s.h[2], "drop.LINK_NO_NEIGHBOR"), 1);
        net_if_set_address(net_link_end(s.l, 1), addr("10.0.0.99"), ip4_mask(24));
        cr_expect_str_eq(segment_send(&s, 2, "10.0.0.99"), "h1 ", "the address has moved");
        cr_expect_str_eq(segment_send(&s, 2, "10.0.0.2"), "");
        segment_free(&s);
    }
}

Test(links, broadcasts_reach_every_other_end)
{
    struct segment s = segment_new(4);
    cr_expect_str_eq(segment_send(&s, 1, "255.255.255.255"), "h0 h2 h3 ");
    cr_expect_str_eq(segment_send(&s, 0, "10.0.0.255"), "h1 h2 h3 ");
    segment_free(&s);
}

Test(links, an_end_alone_has_no_neighbor)
{
    struct segment s = segment_new(1);
    cr_expect_str_eq(segment_send(&s, 0, "10.0.0.2"), "");
    cr_expect_str_eq(segment_send(&s, 0, "255.255.255.255"), "");
    cr_expect_eq(counter(s.h[0], "drop.LINK_NO_NEIGHBOR"), 2);
    segment_free(&s);
}

Test(links, are_found_by_name_and_number)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    cr_expect_eq(net_link_count(w->net), 3);
    cr_expect_eq(net_link_at(w->net, 1), c.wan);
    cr_expect_eq(net_link_by_name(w->net, "lan2"), c.lan2);
    cr_expect_null(net_link_by_name(w->net, "nothing"));
    cr_expect_null(net_link_at(w->net, 3));
    cr_expect_str_eq(net_link_name(c.wan), "wan");
    cr_expect_eq(net_link_ends(c.wan), 2);
    cr_expect_eq(net_link_end(c.wan, 1), c.r2_wan);
    cr_expect_null(net_link_end(c.wan, 2));
    cr_expect_eq(net_node_by_name(w->net, "r2"), c.r2);
    cr_expect_null(net_node_by_name(w->net, "r9"));
    cr_expect_eq(net_node_count(w->net), 4);
    cr_expect_eq(net_node_at(w->net, 0), c.pc1);
    cr_expect_null(net_node_at(w->net, 4));
    world_free(w);
}

Test(links, packets_in_flight_go_with_the_net)
{
    struct pair *p = pair_new(1);
    net_link_impair(p->link, 0,
                    &(struct net_impair){.delay = SECONDS(9), .duplicate_ppb = 1000000000});
    for (int i = 0; i < 50; i++)
        net_send_udp(p->a, 0, 9, addr("10.0.0.2"), 9, 0, span_of("hello", 5));
    net_send_udp(p->a, 0, 9, addr("10.0.0.1"), 9, 0, span_of("hello", 5));
    world_run(p->w, SECONDS(1));
    net_send_udp(p->a, 0, 9, addr("10.0.0.1"), 9, 0, span_of("hello", 5));
    pair_free(p); /* the sanitizers see what is left */
}
