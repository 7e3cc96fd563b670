/* Routers between hosts: pings with exact times, ICMP errors, hooks, hostile heads. */
#include "world.h"

static void ping(struct pinger *p, const char *dst, uint32_t seq, uint32_t size, bool df)
{
    net_ping_send(p->ping, 0, addr(dst), seq, size, 0, df, 0xabcd, SECONDS(2));
}

static void delay(struct net_link *l, sim_time d)
{
    net_link_impair(l, UINT32_MAX, &(struct net_impair){.delay = d});
}

Test(forwarding, a_ping_crosses_two_routers_in_exact_time)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    delay(c.lan1, MICROSECONDS(100));
    delay(c.wan, MILLISECONDS(20));
    delay(c.lan2, MICROSECONDS(300));
    world_log_event(w, EV_ping_reply);
    struct pinger p = pinger_new(c.pc1);
    ping(&p, "10.2.0.5", 1, 100, false);
    world_run(w, SECONDS(1));
    cr_expect_str_eq(p.log->str, "1 reply 40800000\n");
    cr_expect_str_eq(world_log(w), "pc1 ping_reply 10.2.0.5 10.1.0.5 1 1 40800000\n");
    cr_expect_eq(counter(c.r1, "ip.forwarded"), 2);
    cr_expect_eq(counter(c.r2, "ip.forwarded"), 2);
    cr_expect_eq(counter(c.pc2, "ip.delivered"), 1);
    cr_expect_eq(counter(c.pc2, "ip.sent"), 1);
    cr_expect_eq(counter(c.pc1, "icmp.out"), 1);
    cr_expect_eq(counter(c.pc1, "icmp.in"), 1);
    cr_expect_eq(c.r1_wan->out_packets, 1);
    cr_expect_eq(c.r1_wan->out_bytes, 100);
    cr_expect_eq(c.r1_wan->in_bytes, 100);
    pinger_free(&p);
    world_free(w);
}

Test(forwarding, a_hop_is_one_event)
{
    struct pair *p = pair_new(1);
    uint64_t before = sim_events(p->w->sim);
    pair_send(p, 1, 10, 100, 0);
    cr_expect_eq(sim_events(p->w->sim) - before, 10);
    cr_expect_str_eq(pair_arrived(p), "1 2 3 4 5 6 7 8 9 10");
    pair_free(p);
}

Test(forwarding, each_router_takes_one_from_the_time_to_live)
{
    static const struct {
        uint8_t ttl;
        const char *told; /* what pc1 hears */
    } row[] = {
        {1, "pc1 icmp_rx 10.1.0.1 10.1.0.5 11 0 10.2.0.5 0\n"},
        {2, "pc1 icmp_rx 192.0.2.2 10.1.0.5 11 0 10.2.0.5 0\n"},
        {3, "pc1 icmp_rx 10.2.0.5 10.1.0.5 3 3 10.2.0.5 0\n"}, /* nobody at the port */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new(1);
        struct chain c = chain_new(w);
        world_log_event(w, EV_icmp_rx);
        uint8_t udp[UDP_HEAD + 4] = {0};
        udp_emit(addr("10.1.0.5"), addr("10.2.0.5"), 7, 7, udp, 4);
        net_output(c.pc1, raw_ip("10.1.0.5", "10.2.0.5", IPPROTO_NUM_UDP, 1, 0, row[i].ttl, udp,
                                 sizeof udp));
        world_run(w, SECONDS(1));
        cr_expect_str_eq(world_log(w), row[i].told, "ttl %u", row[i].ttl);
        world_free(w);
    }
}

Test(forwarding, outcomes_of_pings_name_their_cause)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    route(c.r1, "10.66.0.0/16", "192.0.2.2"); /* r2 knows no such network */
    route(c.r1, "10.77.0.0/16", "192.0.2.2"); /* and sends this one back */
    route(c.r2, "10.77.0.0/16", "192.0.2.1");
    struct pinger p = pinger_new(c.pc1);
    ping(&p, "10.66.0.1", 1, 100, false);
    ping(&p, "10.77.0.1", 2, 100, false);
    ping(&p, "10.2.0.99", 3, 100, false);
    world_run(w, SECONDS(5));
    cr_expect_str_eq(p.log->str, "1 unreachable 0\n2 ttl 0\n3 timeout 2000000000\n");
    cr_expect_eq(counter(c.r2, "drop.IP_NO_ROUTE"), 1);
    cr_expect_eq(counter(c.pc2, "drop.IP_NOT_MINE"), 1);
    g_string_truncate(p.log, 0);
    c.r2_wan->no_unreachables = true;
    ping(&p, "10.66.0.1", 4, 100, false);
    world_run(w, SECONDS(10));
    cr_expect_str_eq(p.log->str, "4 timeout 2000000000\n");
    pinger_free(&p);
    world_free(w);
}

Test(forwarding, no_route_is_told_from_an_event_of_its_own)
{
    struct world *w = world_new(1);
    struct net_node *h = host(w, "h");
    struct pinger p = pinger_new(h);
    ping(&p, "10.2.0.5", 1, 100, false);
    cr_expect_str_eq(p.log->str, "", "not while it is being sent");
    world_run(w, 0);
    cr_expect_str_eq(p.log->str, "1 no-route 0\n");
    cr_expect_not(net_send_udp(h, 0, 1, addr("10.2.0.5"), 1, 0, span_of("x", 1)));
    cr_expect_not(net_send_ip(h, 0, addr("10.2.0.5"), 99, 0, false, span_of("x", 1)));
    pinger_free(&p);
    world_free(w);
}

Test(forwarding, df_meets_a_small_mtu_and_the_next_hops_mtu_is_told)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    c.r1_wan->ip_mtu = 1400;
    world_log_event(w, EV_icmp_rx);
    struct pinger p = pinger_new(c.pc1);
    ping(&p, "10.2.0.5", 1, 1400, true);
    ping(&p, "10.2.0.5", 2, 1401, true);
    ping(&p, "10.2.0.5", 3, 1401, false);
    world_run(w, SECONDS(5));
    cr_expect_str_eq(p.log->str, "2 frag-needed 0\n1 reply 0\n3 reply 0\n");
    const char *log = world_log(w);
    cr_expect_not_null(strstr(log, "pc1 icmp_rx 10.1.0.1 10.1.0.5 3 4 10.2.0.5 1400\n"), "%s", log);
    cr_expect_eq(counter(c.r1, "drop.IP_DF"), 1);
    cr_expect_eq(counter(c.r1, "frag.made"), 2);
    pinger_free(&p);
    world_free(w);
}

Test(forwarding, a_node_learns_that_its_own_packet_is_too_big)
{
    struct pair *p = pair_new(1);
    struct pinger g = pinger_new(p->a);
    ping(&g, "10.0.0.2", 1, 1501, true);
    ping(&g, "10.0.0.2", 2, 1501, false);
    world_run(p->w, SECONDS(5));
    cr_expect_str_eq(g.log->str, "1 frag-needed 0\n2 reply 0\n");
    pinger_free(&g);
    pair_free(p);
}

Test(forwarding, hostile_heads_are_counted_and_dropped)
{
    static const uint8_t good[] = {0x45, 0, 0, 24, 0,  1, 0, 0, 64, 17, 0, 0,
                                   10,   0, 0, 1,  10, 0, 0, 2, 1,  2,  3, 4};
    static const struct {
        const char *name;
        size_t n; /* bytes that come */
        uint8_t at[2], value[2];
        bool fix_checksum;
        const char *drop;
    } row[] = {
        // clang-format off
        { "nothing at all",         0,  {0, 0},  {0x45, 0x45}, true,  "drop.IP_SHORT" },
        { "one byte",               1,  {0, 0},  {0x45, 0x45}, true,  "drop.IP_SHORT" },
        { "nineteen bytes",         19, {0, 0},  {0x45, 0x45}, true,  "drop.IP_SHORT" },
        { "checksum wrong",         24, {10, 10}, {0x12, 0x12}, false, "drop.IP_CHECKSUM" },
        { "version 6",              24, {0, 0},  {0x65, 0x65}, true,  "drop.IP_BAD_HEADER" },
        { "head of 16 bytes",       24, {0, 0},  {0x44, 0x44}, true,  "drop.IP_BAD_HEADER" },
        { "total beyond the bytes", 24, {3, 3},  {25, 25},     true,  "drop.IP_SHORT" },
        { "total below the head",   24, {3, 3},  {19, 19},     true,  "drop.IP_BAD_HEADER" },
        { "source 127.0.0.1",       24, {12, 12}, {127, 127},  true,  "drop.IP_MARTIAN" },
        { "source a group",         24, {12, 12}, {224, 224},  true,  "drop.IP_MARTIAN" },
        { "source 0.0.0.1",         24, {12, 12}, {0, 0},      true,  "drop.IP_MARTIAN" },
        { "destination 127.0.0.2",  24, {16, 16}, {127, 127},  true,  "drop.IP_MARTIAN" },
        { "destination 250.0.0.2",  24, {16, 16}, {250, 250},  true,  "drop.IP_MARTIAN" },
        { "UDP without its head",   24, {9, 9},  {17, 17},     true,  "drop.UDP_SHORT" },
        { "ICMP without its head",  24, {9, 9},  {1, 1},       true,  "drop.ICMP_SHORT" },
        { "protocol 99",            24, {9, 9},  {99, 99},     true,  "drop.IP_PROTO" },
        { "TCP without its head",   24, {9, 9},  {6, 6},       true,  "drop.TCP_SHORT" },
        { "for somebody else",      24, {19, 19}, {9, 9},      true,  "drop.IP_NOT_MINE" },
        { "for a group",            24, {16, 16}, {224, 224},  true,  "drop.IP_NOT_MINE" },
        // clang-format on
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        uint8_t b[sizeof good];
        memcpy(b, good, sizeof b);
        b[row[i].at[0]] = row[i].value[0];
        b[row[i].at[1]] = row[i].value[1];
        if (row[i].fix_checksum)
            be16_put(b + 10, ip_checksum(span_of(b, 20)));
        net_output_on(p->a_if, addr("10.0.0.2"), pkt_of(span_of(b, row[i].n)));
        world_run(p->w, SECONDS(1));
        cr_expect_eq(counter(p->b, row[i].drop), 1, "%s", row[i].name);
        pair_free(p);
    }
}

Test(forwarding, padding_behind_the_packet_is_cut)
{
    struct pair *p = pair_new(1);
    uint8_t udp[UDP_HEAD + 4] = {0};
    be32_put(udp + UDP_HEAD, 5);
    udp_emit(addr("10.0.0.1"), addr("10.0.0.2"), 9, 9, udp, 4);
    struct pkt *q = raw_ip("10.0.0.1", "10.0.0.2", IPPROTO_NUM_UDP, 1, 0, 64, udp, sizeof udp);
    memset(pkt_tail(q, 14), 0xee, 14);
    net_output_on(p->a_if, addr("10.0.0.2"), q);
    world_run(p->w, SECONDS(1));
    cr_expect_str_eq(pair_arrived(p), "5");
    cr_expect_eq(p->bytes->len, 4);
    pair_free(p);
}

Test(forwarding, datagrams_of_every_size_arrive_whole)
{
    static const size_t sizes[] = {0, 1, 20, 1472, 1473, 65507};
    for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
        struct pair *p = pair_new(1);
        g_autofree uint8_t *payload = g_malloc(sizes[i] + 1);
        for (size_t k = 0; k < sizes[i]; k++)
            payload[k] = (uint8_t)(k * 7 + k / 256);
        cr_assert(net_send_udp(p->a, 0, 5, addr("10.0.0.2"), 9, 0, span_of(payload, sizes[i])));
        world_run(p->w, SECONDS(1));
        cr_assert_eq(p->at->len, 1, "size %zu", sizes[i]);
        cr_expect(span_eq(span_of(p->bytes->str, p->bytes->len), span_of(payload, sizes[i])));
        pair_free(p);
    }
}

Test(forwarding, payloads_that_no_packet_holds_are_dropped)
{
    struct pair *p = pair_new(1);
    g_autofree uint8_t *payload = g_malloc0(65536);
    net_send_udp(p->a, 0, 5, addr("10.0.0.2"), 9, 0, span_of(payload, 65508));
    net_send_ip(p->a, 0, addr("10.0.0.2"), 99, 0, false, span_of(payload, 65516));
    cr_expect_eq(counter(p->a, "drop.TOO_BIG"), 2);
    cr_expect_eq(counter(p->a, "ip.sent"), 0);
    pair_free(p);
}

Test(forwarding, random_packets_are_delivered_answered_or_counted)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    static const uint8_t protocols[] = {1, 6, 17, 50, 99};
    GRand *rand = g_rand_new_with_seed(3);
    for (int i = 0; i < 20000; i++) {
        uint8_t b[200];
        size_t n = (size_t)g_rand_int_range(rand, 0, sizeof b + 1);
        for (size_t k = 0; k < sizeof b; k++)
            b[k] = (uint8_t)g_rand_int(rand);
        size_t head = IP4_HEAD + 4 * (size_t)(i % 11);
        bool sound = i % 4 && n >= head;
        if (sound) { /* far enough in to meet options, fragments and protocols */
            b[0] = (uint8_t)(0x40 | head / 4);
            be16_put(b + 2, (uint16_t)n);
            be16_put(b + 4, (uint16_t)(i % 8));
            be16_put(b + 6, (uint16_t)(i % 3 ? 0 : g_rand_int(rand) & 0x200f));
            b[9] = protocols[i % 5];
            be32_put(b + 12, addr("10.1.0.5"));
            be32_put(b + 16, i % 2 ? addr("10.2.0.5") : addr("10.1.0.1"));
            be16_put(b + 10, 0);
            be16_put(b + 10, ip_checksum(span_of(b, head)));
        }
        c.r1_wan->ip_mtu = (uint16_t)(60 + i % 100);
        net_output_on(c.pc1_lan, 0, pkt_of(span_of(b, n)));
        world_run(w, MILLISECONDS(i));
    }
    g_rand_free(rand);
    cr_expect_gt(counter(c.r1, "ip.forwarded"), 1000);
    cr_expect_gt(counter(c.pc2, "ip.delivered"), 500);
    cr_expect_gt(counter(c.r1, "drop.IP_BAD_HEADER"), 1000);
    cr_expect_gt(counter(c.r1, "icmp.out"), 100);
    world_free(w);
}

/* ---- Hooks ---- */

struct hook_log {
    GString *text;
    bool take;
};

static enum net_verdict egress(void *self, struct net_if *out, ip4 nexthop, struct pkt *p)
{
    struct hook_log *h = self;
    g_string_append_printf(h->text, "out %s %s %u\n", out->name, IP4S(nexthop), p->len);
    if (h->take)
        pkt_unref(p);
    return h->take ? NET_TAKEN : NET_PASS;
}

static enum net_verdict ingress(void *self, struct net_if *in, struct pkt *p)
{
    struct hook_log *h = self;
    g_string_append_printf(h->text, "in %s %u\n", in->name, p->len);
    return NET_PASS;
}

Test(forwarding, hooks_see_packets_before_fragments_and_may_take_them)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    c.r1_wan->ip_mtu = 500;
    struct hook_log h = {g_string_new(NULL), false};
    const struct net_hooks hooks = {egress, ingress, &h};
    net_node_set_hooks(c.r1, &hooks);
    struct pinger p = pinger_new(c.pc1), own = pinger_new(c.r1);
    ping(&p, "10.2.0.5", 1, 1000, false);
    world_run(w, SECONDS(1));
    cr_expect_str_eq(h.text->str, "in lan 1000\nout wan 192.0.2.2 1000\n"
                                  "in wan 1000\nout lan 10.1.0.5 1000\n");
    cr_expect_str_eq(p.log->str, "1 reply 0\n");
    g_string_truncate(h.text, 0);
    h.take = true;
    ping(&p, "10.2.0.5", 2, 100, false);
    ping(&own, "192.0.2.2", 1, 100, false);
    world_run(w, SECONDS(9));
    cr_expect_str_eq(h.text->str, "out wan 192.0.2.2 100\nin lan 100\nout wan 192.0.2.2 100\n");
    cr_expect_str_eq(own.log->str, "1 timeout 2000000000\n");
    g_string_free(h.text, TRUE);
    pinger_free(&p);
    pinger_free(&own);
    world_free(w);
}

static enum net_verdict send_again(void *self, struct net_if *in, struct pkt *p)
{
    net_input_again(in, p); /* as IPsec does with what it unwrapped */
    return NET_TAKEN;
}

Test(forwarding, a_packet_put_in_again_is_routed_without_list_or_hook)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    const struct net_hooks hooks = {.ingress = send_again};
    net_node_set_hooks(c.r1, &hooks);
    net_node_set_hooks(c.pc2, &hooks);
    struct pinger p = pinger_new(c.pc1);
    ping(&p, "10.2.0.5", 1, 100, false);
    world_run(w, SECONDS(1));
    cr_expect_str_eq(p.log->str, "1 reply 0\n");
    pinger_free(&p);
    world_free(w);
}

static void take_esp(void *self, struct net_if *in, struct pkt *p)
{
    *(uint32_t *)self += p->len;
    pkt_unref(p);
}

Test(forwarding, a_bound_protocol_gets_its_packets_whole)
{
    struct pair *p = pair_new(1);
    uint32_t got = 0;
    net_proto_bind(p->b, IPPROTO_NUM_ESP, take_esp, &got);
    g_autofree uint8_t *payload = g_malloc0(4000);
    net_send_ip(p->a, 0, addr("10.0.0.2"), IPPROTO_NUM_ESP, 0, false, span_of(payload, 4000));
    world_run(p->w, SECONDS(1));
    cr_expect_eq(got, 4020);
    net_proto_bind(p->b, IPPROTO_NUM_ESP, NULL, NULL);
    net_send_ip(p->a, 0, addr("10.0.0.2"), IPPROTO_NUM_ESP, 0, false, span_of(payload, 40));
    world_run(p->w, SECONDS(2));
    cr_expect_eq(counter(p->b, "drop.IP_PROTO"), 1);
    pair_free(p);
}

Test(forwarding, errors_are_never_answered_with_errors)
{
    static const uint8_t unreachable[ICMP_HEAD + 28] = {3, 1};
    static const uint8_t data[8] = {0};
    static const struct {
        const char *name, *src, *dst;
        uint8_t protocol;
        uint16_t field;
        bool answered;
    } row[] = {
        {"a plain packet", "10.1.0.5", "10.66.0.1", 99, 0, true},
        {"a first fragment", "10.1.0.5", "10.66.0.1", 99, IP4_MF, true},
        {"a later fragment", "10.1.0.5", "10.66.0.1", 99, 5, false},
        {"an ICMP error", "10.1.0.5", "10.66.0.1", IPPROTO_NUM_ICMP, 0, false},
        {"a packet from nowhere", "0.0.0.0", "10.66.0.1", 99, 0, false},
        {"a broadcast", "10.1.0.5", "255.255.255.255", 99, 0, false},
        {"a subnet broadcast", "10.1.0.5", "10.1.0.255", 99, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new(1);
        struct chain c = chain_new(w);
        const void *body = row[i].protocol == IPPROTO_NUM_ICMP ? unreachable : data;
        size_t n = row[i].protocol == IPPROTO_NUM_ICMP ? sizeof unreachable : sizeof data;
        net_output_on(c.pc1_lan, 0,
                      raw_ip(row[i].src, row[i].dst, row[i].protocol, 1, row[i].field, 9, body, n));
        world_run(w, SECONDS(1));
        cr_expect_eq(counter(c.r1, "icmp.out"), row[i].answered, "%s", row[i].name);
        world_free(w);
    }
}

static void answer(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                   struct span payload)
{
    if (payload.n < 200)
        net_send_udp(in->node, dst, dport, src, sport, 0, span_of("0123456789", 10));
}

Test(forwarding, programs_of_one_node_that_answer_each_other_do_not_nest)
{
    struct pair *p = pair_new(1);
    net_udp_bind(p->a, 100, answer, NULL);
    cr_expect_not(net_udp_bind(p->a, 100, answer, NULL), "taken");
    net_send_udp(p->a, addr("10.0.0.1"), 100, addr("10.0.0.1"), 100, 0, span_of("x", 1));
    for (int i = 0; i < 200000; i++)
        cr_assert(sim_step(p->w->sim, SECONDS(1)), "it goes on for ever, an event at a time");
    net_udp_unbind(p->a, 100);
    world_run(p->w, SECONDS(1));
    cr_expect_eq(counter(p->a, "drop.UDP_NO_PORT"), 1);
    pair_free(p);
}

static void note_error(void *self, ip4 from, uint8_t type, uint8_t code, uint16_t mtu,
                       struct span quoted)
{
    g_string_append_printf(self, "%s %u %u %u %zu\n", IP4S(from), type, code, mtu, quoted.n);
}

Test(forwarding, watchers_hear_of_errors_about_what_they_sent)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    g_autoptr(GString) heard = g_string_new(NULL);
    net_icmp_watch(c.pc1, note_error, heard);
    c.r1_wan->ip_mtu = 600;
    g_autofree uint8_t *payload = g_malloc0(1000);
    net_send_ip(c.pc1, 0, addr("10.2.0.5"), 99, 0, true, span_of(payload, 1000));
    net_send_udp(c.pc1, 0, 5, addr("10.2.0.5"), 5, 0, span_of(payload, 10));
    world_run(w, SECONDS(1));
    cr_expect_str_eq(heard->str, "10.1.0.1 3 4 600 28\n10.2.0.5 3 3 0 28\n");
    world_free(w);
}
