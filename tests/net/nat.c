/* Address translation: who becomes what, which answers come back, how ports are shared with the
 * node's own, errors turned inside out, ESP by policy, and tables that return to empty. */
#include "net/nat.h"
#include "wire/tcp.h"
#include "world.h"

/* pc1 10.1.0.5 and pc3 10.1.0.6 are behind r1, which translates them to its 192.0.2.1; pc2 10.2.0.5
 * is behind r2, which knows no way to 10.1.0.0/24. */
struct box {
    struct world *w;
    struct chain c;
    struct net_node *pc3;
    struct net_nat_conf conf;
    GString *heard; /* of pc2: "<source>:<port> > <port>", a line a datagram */
    GString *back;  /* of pc1 */
};

static void heard(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                  struct span payload)
{
    g_string_append_printf(self, "%s:%u > %u\n", IP4S(src), sport, dport);
}

static struct box *box_new(void)
{
    struct box *x = g_new0(struct box, 1);
    x->w = world_new(1);
    x->c = chain_new(x->w);
    cr_assert(net_route_del(x->c.r2, prefix("10.1.0.0/24"), addr("192.0.2.1"), NULL));
    struct net_link *lan = net_link_new(x->w->net, "lan3");
    struct net_if *own = port(x->c.r1, "lan3", "10.3.0.1/24");
    x->pc3 = host(x->w, "pc3");
    net_link_attach(lan, own);
    net_link_attach(lan, port(x->pc3, "eth0", "10.3.0.6/24"));
    route(x->pc3, "0.0.0.0/0", "10.3.0.1");
    x->conf = (struct net_nat_conf){
        .udp = SECONDS(30),
        .tcp = SECONDS(3600),
        .tcp_closing = SECONDS(10),
        .icmp = SECONDS(5),
        .esp = SECONDS(60),
        .other = SECONDS(60),
        .preserve_ports = true,
        .port_low = 1024,
        .port_high = 1027,
        .limit = 100,
        .esp_policy = NET_NAT_ESP_SINGLE,
    };
    net_nat_set(x->c.r1, &x->conf);
    x->heard = g_string_new(NULL);
    x->back = g_string_new(NULL);
    net_udp_bind(x->c.pc2, 500, heard, x->heard);
    net_udp_bind(x->c.pc1, 500, heard, x->back);
    return x;
}

static void overload(struct box *x)
{
    net_nat_rule_add(x->c.r1,
                     &(struct net_nat_rule){.kind = NET_NAT_PORTS, .outside = x->c.r1_wan});
}

static void box_free(struct box *x)
{
    g_string_free(x->heard, TRUE);
    g_string_free(x->back, TRUE);
    world_free(x->w);
    g_free(x);
}

static void pass_time(struct box *x, sim_time t)
{
    world_run(x->w, sim_now(x->w->sim) + t);
}

static const char *take(GString *s)
{
    static _Thread_local char text[4096];
    g_strlcpy(text, s->str, sizeof text);
    g_string_truncate(s, 0);
    return text;
}

static const char *udp(struct box *x, struct net_node *from, uint16_t sport)
{
    net_send_udp(from, 0, sport, addr("10.2.0.5"), 500, 0, span_of("hello", 5));
    pass_time(x, MILLISECONDS(10));
    return take(x->heard);
}

static void answer(struct box *x, const char *to, uint16_t dport)
{
    net_send_udp(x->c.pc2, 0, 500, addr(to), dport, 0, span_of("world", 5));
    pass_time(x, MILLISECONDS(10));
}

/* ---- Ports ---- */

Test(nat, many_are_one_and_ports_tell_them_apart)
{
    struct box *x = box_new();
    overload(x);
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:500 > 500\n");
    cr_expect_str_eq(udp(x, x->pc3, 500), "192.0.2.1:1024 > 500\n", "500 is held");
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:500 > 500\n", "and kept");
    answer(x, "192.0.2.1", 500);
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    answer(x, "192.0.2.1", 1024);
    cr_expect_eq(counter(x->pc3, "drop.UDP_NO_PORT"), 1, "it came to pc3, who does not listen");
    cr_expect_eq(counter(x->c.pc2, "drop.UDP_CHECKSUM"), 0);
    cr_expect_eq(counter(x->pc3, "drop.UDP_CHECKSUM"), 0);
    box_free(x);
}

Test(nat, without_preserving_ports_come_from_the_range)
{
    struct box *x = box_new();
    x->conf.preserve_ports = false;
    overload(x);
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:1024 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 501), "192.0.2.1:1025 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:1024 > 500\n");
    box_free(x);
}

Test(nat, strangers_find_no_way_in)
{
    struct box *x = box_new();
    overload(x);
    udp(x, x->c.pc1, 500);
    net_send_udp(x->c.r2, 0, 500, addr("192.0.2.1"), 500, 0, span_of("?", 1));
    net_send_udp(x->c.pc2, 0, 501, addr("192.0.2.1"), 500, 0, span_of("?", 1));
    pass_time(x, SECONDS(1));
    cr_expect_str_eq(take(x->back), "");
    cr_expect_eq(counter(x->c.r1, "drop.UDP_NO_PORT"), 2);
    box_free(x);
}

Test(nat, a_range_used_up_is_counted_and_comes_back)
{
    struct box *x = box_new();
    x->conf.preserve_ports = false;
    overload(x);
    for (uint16_t p = 1; p <= 6; p++)
        cr_expect_eq(*udp(x, x->c.pc1, p) != '\0', p <= 4, "port %u", p);
    cr_expect_eq(counter(x->c.r1, "drop.NAT_EXHAUSTED"), 2);
    pass_time(x, SECONDS(31));
    cr_expect_eq(net_nat_count(x->c.r1), 0);
    cr_expect(*udp(x, x->c.pc1, 9));
    box_free(x);
}

Test(nat, ports_of_its_own_sockets_are_not_taken_and_not_given)
{
    struct box *x = box_new();
    overload(x);
    cr_assert(net_udp_bind(x->c.r1, 4500, heard, x->back));
    cr_expect_str_eq(udp(x, x->c.pc1, 4500), "192.0.2.1:1024 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:500 > 500\n");
    cr_expect(!net_udp_bind(x->c.r1, 500, heard, x->back), "a translation holds it (CAT-08)");
    cr_expect_eq(net_nat_clear(x->c.r1, NULL, NULL), 2);
    cr_expect(net_udp_bind(x->c.r1, 500, heard, x->back));
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:1025 > 500\n");
    box_free(x);
}

Test(nat, a_box_that_lost_its_table_takes_other_ports)
{
    struct box *x = box_new();
    overload(x);
    udp(x, x->c.pc1, 500);
    net_nat_rebind(x->c.r1);
    answer(x, "192.0.2.1", 500);
    cr_expect_str_eq(take(x->back), "");
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:1024 > 500\n");
    box_free(x);
}

/* ---- Time-outs ---- */

static void tcp_segment(struct box *x, struct net_node *from, const char *to, uint16_t sport,
                        uint16_t dport, unsigned flags)
{
    uint8_t b[20];
    ip4 src = from == x->c.pc1 ? addr("10.1.0.5") : addr("10.2.0.5");
    tcp_emit(src, addr(to),
             &(struct tcp_head){.sport = sport, .dport = dport, .flags = (uint8_t)flags}, b, 0);
    net_send_ip(from, src, addr(to), IPPROTO_NUM_TCP, 0, false, span_of(b, sizeof b));
    pass_time(x, MILLISECONDS(1));
}

static void tcp_in(void *self, struct net_if *in, struct pkt *p)
{
    struct tcp_head h;
    struct span payload;
    struct flow f;
    pkt_flow(p, &f);
    enum wire_status s =
        tcp_parse(f.src, f.dst, span_sub(pkt_span(p), IP4_HEAD, p->len), &h, &payload);
    g_string_append_printf(self, "%s%s:%u > %s:%u\n", s == WIRE_OK ? "" : "bad ", IP4S(f.src),
                           f.sport, IP4S(f.dst), f.dport);
    pkt_unref(p);
}

Test(nat, tcp_keeps_its_checksum_and_closes_soon_after_its_end)
{
    struct box *x = box_new();
    overload(x);
    net_proto_bind(x->c.pc1, IPPROTO_NUM_TCP, tcp_in, x->back);
    net_proto_bind(x->c.pc2, IPPROTO_NUM_TCP, tcp_in, x->heard);
    tcp_segment(x, x->c.pc1, "10.2.0.5", 1025, 80, TCP_SYN);
    cr_expect_str_eq(take(x->heard), "192.0.2.1:1025 > 10.2.0.5:80\n");
    tcp_segment(x, x->c.pc2, "192.0.2.1", 80, 1025, TCP_SYN | TCP_ACK);
    cr_expect_str_eq(take(x->back), "10.2.0.5:80 > 10.1.0.5:1025\n");
    pass_time(x, SECONDS(3000));
    cr_expect_eq(net_nat_count(x->c.r1), 1);
    tcp_segment(x, x->c.pc1, "10.2.0.5", 1025, 80, TCP_FIN | TCP_ACK);
    pass_time(x, SECONDS(11));
    cr_expect_eq(net_nat_count(x->c.r1), 0);
    cr_expect_eq(sim_pending(x->w->sim), 0);
    box_free(x);
}

Test(nat, each_packet_begins_the_time_anew_and_the_table_returns_to_empty)
{
    struct box *x = box_new();
    overload(x);
    world_log_event(x->w, EV_nat_end);
    udp(x, x->c.pc1, 500);
    pass_time(x, SECONDS(20));
    answer(x, "192.0.2.1", 500);
    pass_time(x, SECONDS(20));
    cr_expect_eq(net_nat_count(x->c.r1), 1);
    pass_time(x, SECONDS(11));
    cr_expect(
        g_str_has_prefix(world_log(x->w), "r1 nat_end 0 17 10.1.0.5 500 192.0.2.1 500 idle "));
    cr_expect_eq(net_nat_count(x->c.r1), 0);
    cr_expect(!net_nat_holds(x->c.r1, IPPROTO_NUM_UDP, 500));
    answer(x, "192.0.2.1", 500);
    cr_expect_eq(counter(x->c.r1, "drop.UDP_NO_PORT"), 1);
    box_free(x);
}

/* ---- ICMP ---- */

Test(nat, echoes_come_back_to_whoever_asked)
{
    struct box *x = box_new();
    overload(x);
    struct pinger a = pinger_new(x->c.pc1), b = pinger_new(x->pc3); /* both with identifier 1 */
    net_ping_send(a.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0xabcd, SECONDS(1));
    net_ping_send(b.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0xabcd, SECONDS(1));
    pass_time(x, SECONDS(2));
    cr_expect(g_str_has_prefix(a.log->str, "1 reply"), "%s", a.log->str);
    cr_expect(g_str_has_prefix(b.log->str, "1 reply"), "%s", b.log->str);
    pass_time(x, SECONDS(5));
    cr_expect_eq(net_nat_count(x->c.r1), 0);
    pinger_free(&a);
    pinger_free(&b);
    box_free(x);
}

Test(nat, errors_are_turned_inside_out)
{
    struct box *x = box_new();
    overload(x);
    world_log_event(x->w, EV_icmp_rx);
    net_send_udp(x->pc3, 0, 500, addr("10.2.0.5"), 500, 0, span_of("?", 1)); /* has 500 now */
    net_send_udp(x->c.pc1, 0, 500, addr("10.2.0.5"), 7, 0, span_of("?", 1)); /* has 1024 */
    pass_time(x, SECONDS(1));
    /* the quoted packet is the one pc1 sent, or it would not know it */
    cr_expect_str_eq(world_log(x->w), "pc1 icmp_rx 10.2.0.5 10.1.0.5 3 3 10.2.0.5 0\n");
    struct pinger p = pinger_new(x->c.pc1);
    net_ping_send(p.ping, 0, addr("10.2.0.99"), 1, 100, 0, false, 0xabcd, SECONDS(1));
    net_ping_send(p.ping, 0, addr("10.77.0.1"), 2, 100, 0, false, 0xabcd, SECONDS(1));
    route(x->c.r1, "10.77.0.0/16", "192.0.2.2"); /* where r2 knows no way on */
    net_ping_send(p.ping, 0, addr("10.77.0.1"), 3, 100, 0, false, 0xabcd, SECONDS(1));
    pass_time(x, SECONDS(2));
    cr_expect(strstr(p.log->str, "3 unreachable"), "%s", p.log->str);
    pinger_free(&p);
    box_free(x);
}

/* ---- Rules ---- */

Test(nat, static_translation_serves_both_directions)
{
    struct box *x = box_new();
    route(x->c.r2, "198.51.100.0/24", "192.0.2.1");
    net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_STATIC,
                                                     .inside = x->c.r1_lan,
                                                     .outside = x->c.r1_wan,
                                                     .real = prefix("10.1.0.0/24"),
                                                     .mapped = addr("198.51.100.0")});
    answer(x, "198.51.100.5", 500);
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "198.51.100.5:500 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 7), "198.51.100.5:7 > 500\n");
    box_free(x);
}

Test(nat, one_port_may_be_led_in)
{
    struct box *x = box_new();
    net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_STATIC,
                                                     .inside = x->c.r1_lan,
                                                     .outside = x->c.r1_wan,
                                                     .real = prefix("10.1.0.5/32"),
                                                     .protocol = IPPROTO_NUM_UDP,
                                                     .real_port = 500,
                                                     .mapped_port = 5500});
    overload(x);
    answer(x, "192.0.2.1", 5500);
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:5500 > 500\n");
    cr_expect_str_eq(udp(x, x->c.pc1, 501), "192.0.2.1:501 > 500\n");
    box_free(x);
}

Test(nat, the_first_rule_decides)
{
    struct box *x = box_new();
    struct acl *a = net_acl_make(x->c.r1, "nonat", true);
    struct acl_line *l = acl_line_new();
    l->dst = prefix("10.2.0.0/24");
    acl_add(a, l);
    route(x->c.r2, "10.1.0.0/24", "192.0.2.1");
    net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_EXEMPT,
                                                     .outside = x->c.r1_wan,
                                                     .acl = (char *)"nonat"});
    overload(x);
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "10.1.0.5:500 > 500\n");
    answer(x, "10.1.0.5", 500);
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    net_nat_rules_clear(x->c.r1);
    overload(x);
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "192.0.2.1:500 > 500\n");
    box_free(x);
}

Test(nat, a_pool_gives_each_its_own_address)
{
    struct box *x = box_new();
    route(x->c.r2, "198.51.100.0/24", "192.0.2.1");
    net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_DYNAMIC,
                                                     .outside = x->c.r1_wan,
                                                     .mapped = addr("198.51.100.7"),
                                                     .mapped_last = addr("198.51.100.7")});
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "198.51.100.7:500 > 500\n");
    cr_expect_str_eq(udp(x, x->pc3, 500), "", "no other is left");
    answer(x, "198.51.100.7", 500);
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    pass_time(x, SECONDS(31));
    cr_expect_str_eq(udp(x, x->pc3, 500), "198.51.100.7:500 > 500\n");
    box_free(x);
}

Test(nat, what_must_be_translated_does_not_pass_without)
{
    struct box *x = box_new();
    net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_PORTS,
                                                     .outside = x->c.r1_wan,
                                                     .real = prefix("10.9.0.0/24")});
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "10.1.0.5:500 > 500\n");
    x->conf.must_translate = true;
    cr_expect_str_eq(udp(x, x->c.pc1, 500), "");
    cr_expect_eq(counter(x->c.r1, "drop.NAT_NO_RULE"), 1);
    box_free(x);
}

Test(nat, who_is_translated_is_not_spoken_to_by_the_real_address)
{
    struct box *x = box_new();
    route(x->c.r2, "10.1.0.0/24", "192.0.2.1");
    net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_PORTS,
                                                     .inside = x->c.r1_lan,
                                                     .outside = x->c.r1_wan});
    answer(x, "10.1.0.5", 500);
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    x->conf.reverse_check = true;
    answer(x, "10.1.0.5", 500);
    cr_expect_str_eq(take(x->back), "");
    cr_expect_eq(counter(x->c.r1, "drop.NAT_REVERSE"), 1);
    box_free(x);
}

Test(nat, the_inside_speaks_to_its_own_mapped_addresses_by_hairpin)
{
    for (int on = 0; on < 2; on++) {
        struct box *x = box_new();
        x->conf.hairpin = on;
        net_nat_rule_add(x->c.r1, &(struct net_nat_rule){.kind = NET_NAT_STATIC,
                                                         .inside = x->c.r1_lan,
                                                         .outside = x->c.r1_wan,
                                                         .real = prefix("10.1.0.5/32"),
                                                         .protocol = IPPROTO_NUM_UDP,
                                                         .real_port = 500,
                                                         .mapped_port = 5500});
        overload(x);
        net_send_udp(x->c.pc1, 0, 7, addr("192.0.2.1"), 5500, 0, span_of("?", 1));
        pass_time(x, SECONDS(1));
        cr_expect_str_eq(take(x->back), on ? "192.0.2.1:7 > 500\n" : "");
        box_free(x);
    }
}

/* ---- ESP ---- */

static void esp(struct box *x, struct net_node *from, const char *to, uint32_t spi)
{
    uint8_t b[16] = {0};
    be32_put(b, spi);
    net_send_ip(from, 0, addr(to), IPPROTO_NUM_ESP, 0, false, span_of(b, sizeof b));
    pass_time(x, MILLISECONDS(1));
}

static void esp_in(void *self, struct net_if *in, struct pkt *p)
{
    struct flow f;
    pkt_flow(p, &f);
    g_string_append_printf(self, "%s %u\n", IP4S(f.src), be32_get(pkt_data(p) + IP4_HEAD));
    pkt_unref(p);
}

Test(nat, esp_passes_by_policy)
{
    static const struct {
        enum net_nat_esp policy;
        const char *out, *first, *second; /* what pc2, pc1 and pc3 get */
    } row[] = {
        {NET_NAT_ESP_DROP, "", "", ""},
        {NET_NAT_ESP_SINGLE, "192.0.2.1 11\n", "10.2.0.5 12\n10.2.0.5 32\n", ""},
        {NET_NAT_ESP_SPI, "192.0.2.1 11\n192.0.2.1 31\n", "10.2.0.5 12\n", "10.2.0.5 32\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *x = box_new();
        g_autoptr(GString) third = g_string_new(NULL);
        x->conf.esp_policy = row[i].policy;
        overload(x);
        net_proto_bind(x->c.pc1, IPPROTO_NUM_ESP, esp_in, x->back);
        net_proto_bind(x->c.pc2, IPPROTO_NUM_ESP, esp_in, x->heard);
        net_proto_bind(x->pc3, IPPROTO_NUM_ESP, esp_in, third);
        esp(x, x->c.pc1, "10.2.0.5", 11);
        esp(x, x->pc3, "10.2.0.5", 31);
        cr_expect_str_eq(take(x->heard), row[i].out, "row %zu", i);
        esp(x, x->c.pc2, "192.0.2.1", 12); /* unknown: of who waits longest */
        esp(x, x->c.pc2, "192.0.2.1", 32);
        cr_expect_str_eq(take(x->back), row[i].first, "row %zu", i);
        cr_expect_str_eq(third->str, row[i].second, "row %zu", i);
        pass_time(x, SECONDS(61));
        cr_expect_eq(net_nat_count(x->c.r1), 0);
        box_free(x);
    }
}

/* ---- Fragments ---- */

Test(nat, fragments_are_joined_before_they_are_translated)
{
    struct box *x = box_new();
    g_autofree uint8_t *big = g_malloc0(4000);
    overload(x);
    net_send_udp(x->c.pc1, 0, 500, addr("10.2.0.5"), 500, 0, span_of(big, 4000));
    pass_time(x, SECONDS(1));
    cr_expect_str_eq(take(x->heard), "192.0.2.1:500 > 500\n");
    net_send_udp(x->c.pc2, 0, 500, addr("192.0.2.1"), 500, 0, span_of(big, 4000));
    pass_time(x, SECONDS(1));
    cr_expect_str_eq(take(x->back), "10.2.0.5:500 > 500\n");
    box_free(x);
}

Test(nat, a_hundred_thousand_translations_come_and_go)
{
    struct box *x = box_new();
    x->conf.port_low = 1024;
    x->conf.port_high = 65535;
    x->conf.limit = 100000;
    overload(x);
    for (uint32_t i = 0; i < 100001; i++)
        net_send_udp(x->c.pc1, 0, (uint16_t)(1024 + i % 60000), addr("10.2.0.5"),
                     (uint16_t)(1 + i / 60000), 0, span_of("", 0));
    pass_time(x, SECONDS(1));
    cr_expect_eq(net_nat_count(x->c.r1), 100000);
    cr_expect_eq(counter(x->c.r1, "drop.NAT_EXHAUSTED"), 1);
    pass_time(x, SECONDS(31));
    cr_expect_eq(net_nat_count(x->c.r1), 0);
    cr_expect_eq(sim_pending(x->w->sim), 0);
    box_free(x);
}
