/* The connection table of a node: who may begin, what belongs, when it ends, and what a VPN context
 * does to it. */
#include "net/conn.h"
#include "world.h"

enum { FIN = 1, SYN = 2, RST = 4, ACK = 16 };

/* pc1 is behind r1's lan, pc2 behind its wan. First packets may go from lan to wan, not back;
 * `open` allows the other way. */
struct fw {
    struct world *w;
    struct chain c;
    struct net_conn_rules rules;
    bool open;
    uint32_t context; /* of packets that leave or came by r1's wan */
    unsigned asked;
    uint16_t ip_id;
};

static enum drop_reason allow(void *self, struct net_if *in, struct net_if *out,
                              const struct flow *f, const struct pkt *p)
{
    struct fw *x = self;
    x->asked++;
    return in == x->c.r1_lan || x->open ? DROP_NONE : DROP_CONN_POLICY;
}

static uint32_t context(void *self, struct net_if *out, const struct pkt *p)
{
    return ((struct fw *)self)->context;
}

static struct fw *fw_new(void)
{
    struct fw *x = g_new0(struct fw, 1);
    x->w = world_new(1);
    x->c = chain_new(x->w);
    x->rules = (struct net_conn_rules){
        .tcp = SECONDS(3600),
        .half_closed = SECONDS(600),
        .embryonic = SECONDS(30),
        .udp = SECONDS(120),
        .icmp = SECONDS(2),
        .other = SECONDS(120),
        .limit = 4,
        .icmp_replies = true,
    };
    net_conns_set(x->c.r1, &x->rules, &(struct net_conn_ops){allow, context, x});
    return x;
}

static void fw_free(struct fw *x)
{
    world_free(x->w);
    g_free(x);
}

static const char *const pc1_addr = "10.1.0.5", *const pc2_addr = "10.2.0.5";

static void pass_time(struct fw *x, sim_time t)
{
    world_run(x->w, sim_now(x->w->sim) + t);
}

/* True when a packet of pc1 (or of pc2, with `back`) came through r1. */
static bool crosses(struct fw *x, bool back, uint8_t protocol, uint16_t field, const void *data,
                    size_t n)
{
    struct net_if *end = back ? x->c.r1_lan : x->c.r1_wan;
    uint64_t before = end->out_packets;
    net_output(back ? x->c.pc2 : x->c.pc1,
               raw_ip(back ? pc2_addr : pc1_addr, back ? pc1_addr : pc2_addr, protocol, x->ip_id,
                      field, 64, data, n));
    pass_time(x, MILLISECONDS(1));
    return end->out_packets > before;
}

static bool tcp(struct fw *x, bool back, unsigned flags, uint32_t seq, uint32_t ack, size_t bytes)
{
    uint8_t b[20 + 100] = {0};
    be16_put(b, back ? 80 : 1025);
    be16_put(b + 2, back ? 1025 : 80);
    be32_put(b + 4, seq);
    be32_put(b + 8, ack);
    b[12] = 5 << 4;
    b[13] = (uint8_t)flags;
    return crosses(x, back, IPPROTO_NUM_TCP, 0, b, 20 + bytes);
}

static bool udp(struct fw *x, bool back, uint16_t port)
{
    uint8_t b[8 + 10] = {0};
    be16_put(b, back ? 53 : port);
    be16_put(b + 2, back ? port : 53);
    be16_put(b + 4, sizeof b);
    return crosses(x, back, IPPROTO_NUM_UDP, 0, b, sizeof b);
}

static bool echo(struct fw *x, bool back, uint8_t type, uint16_t id)
{
    uint8_t b[8 + 10] = {0};
    const struct icmp_head h = {.type = type, .id = id, .seq = 1};
    icmp_emit(&h, b, 10);
    return crosses(x, back, IPPROTO_NUM_ICMP, 0, b, sizeof b);
}

static void handshake(struct fw *x)
{
    cr_assert(tcp(x, false, SYN, 100, 0, 0));
    cr_assert(tcp(x, true, SYN | ACK, 500, 101, 0));
    cr_assert(tcp(x, false, ACK, 101, 501, 0));
}

/* ---- Beginnings ---- */

Test(conn, answers_pass_where_first_packets_may_not)
{
    struct fw *x = fw_new();
    cr_expect(!udp(x, true, 1025));
    cr_expect(udp(x, false, 1025));
    cr_expect(udp(x, true, 1025));
    cr_expect(!udp(x, true, 1026));
    cr_expect(!echo(x, true, ICMP_ECHO, 7));
    cr_expect(!echo(x, true, ICMP_ECHO_REPLY, 7));
    cr_expect(echo(x, false, ICMP_ECHO, 7));
    cr_expect(echo(x, true, ICMP_ECHO_REPLY, 7));
    cr_expect(!echo(x, true, ICMP_ECHO_REPLY, 8));
    cr_expect(!tcp(x, true, SYN, 1, 0, 0));
    cr_expect(tcp(x, false, SYN, 1, 0, 0));
    cr_expect(tcp(x, true, SYN | ACK, 1, 2, 0));
    cr_expect_eq(net_conns_count(x->c.r1), 3);
    cr_expect_eq(counter(x->c.r1, "drop.CONN_POLICY"), 6);
    fw_free(x);
}

Test(conn, an_echo_reply_is_a_first_packet_where_the_rules_say_so)
{
    struct fw *x = fw_new();
    x->rules.icmp_replies = false;
    cr_expect(echo(x, false, ICMP_ECHO, 7));
    cr_expect(!echo(x, true, ICMP_ECHO_REPLY, 7));
    x->open = true;
    cr_expect(echo(x, true, ICMP_ECHO_REPLY, 7));
    cr_expect_eq(net_conns_count(x->c.r1), 1);
    fw_free(x);
}

Test(conn, a_segment_of_no_connection_opens_none)
{
    static const unsigned flags[] = {ACK, SYN | ACK, FIN | ACK, RST, RST | ACK, SYN | FIN, 0};
    struct fw *x = fw_new();
    x->open = true;
    world_log_event(x->w, EV_conn_refused);
    for (size_t i = 0; i < G_N_ELEMENTS(flags); i++)
        cr_expect(!tcp(x, false, flags[i], 1, 1, 0), "flags %u", flags[i]);
    cr_expect_eq(x->asked, 0);
    cr_expect_eq(counter(x->c.r1, "drop.CONN_NO_SYN"), G_N_ELEMENTS(flags));
    cr_expect(g_str_has_prefix(world_log(x->w), "r1 conn_refused CONN_NO_SYN lan wan 6 10.1.0.5 "
                                                "1025 10.2.0.5 80 16 0 0\n"));
    fw_free(x);
}

Test(conn, a_cut_or_senseless_head_opens_none)
{
    struct fw *x = fw_new();
    uint8_t b[24] = {0};
    b[13] = SYN;
    b[12] = 4 << 4; /* a head shorter than the shortest */
    cr_expect(!crosses(x, false, IPPROTO_NUM_TCP, 0, b, 20));
    b[12] = 15 << 4; /* longer than the packet */
    cr_expect(!crosses(x, false, IPPROTO_NUM_TCP, 0, b, 24));
    b[12] = 5 << 4;
    for (size_t n = 0; n < 20; n++)
        cr_expect(!crosses(x, false, IPPROTO_NUM_TCP, 0, b, n), "%zu bytes", n);
    cr_expect(crosses(x, false, IPPROTO_NUM_TCP, 0, b, 20));
    fw_free(x);
}

Test(conn, the_table_is_bounded)
{
    struct fw *x = fw_new();
    for (uint16_t port = 1; port <= 6; port++)
        cr_expect_eq(udp(x, false, port), port <= 4);
    cr_expect_eq(counter(x->c.r1, "drop.CONN_LIMIT"), 2);
    cr_expect(udp(x, true, 3)); /* what is in stays in */
    fw_free(x);
}

Test(conn, an_entry_serves_its_interfaces_only)
{
    struct fw *x = fw_new();
    cr_assert(udp(x, false, 1025));
    /* the same words from the wrong side: pc1's packet, come in by the wan */
    uint8_t b[18] = {0};
    be16_put(b, 1025);
    be16_put(b + 2, 53);
    net_if_set_address(x->c.r1_wan, addr("192.0.2.1"), addr("255.255.255.252"));
    struct pkt *p = raw_ip(pc1_addr, pc2_addr, IPPROTO_NUM_UDP, 1, 0, 64, b, sizeof b);
    net_output_on(x->c.r2_wan, addr("192.0.2.1"), p);
    pass_time(x, SECONDS(1));
    cr_expect_eq(counter(x->c.r1, "drop.CONN_POLICY"), 1);
    fw_free(x);
}

Test(conn, an_error_belongs_to_what_it_quotes)
{
    struct fw *x = fw_new();
    world_log_event(x->w, EV_icmp_rx);
    cr_assert(udp(x, false, 1025)); /* nobody listens at pc2 */
    pass_time(x, SECONDS(1));
    cr_expect_str_eq(world_log(x->w), "pc1 icmp_rx 10.2.0.5 10.1.0.5 3 3 10.2.0.5 0\n");
    net_conns_clear(x->c.r1, NULL, NULL);
    uint8_t quote[8 + 28] = {3, 3};
    struct pkt *about =
        raw_ip(pc1_addr, pc2_addr, IPPROTO_NUM_UDP, 1, 0, 64, "\4\1\0\65\0\10\0", 8);
    memcpy(quote + 8, pkt_data(about), 28);
    pkt_unref(about);
    cr_expect(!crosses(x, true, IPPROTO_NUM_ICMP, 0, quote, sizeof quote));
    fw_free(x);
}

/* ---- Fragments ---- */

Test(conn, fragments_follow_what_was_said_of_the_first)
{
    static const struct {
        bool back;
        bool passes;
    } row[] = {{false, true}, {true, false}};
    uint8_t b[16] = {0};
    be16_put(b, 1025);
    be16_put(b + 2, 53);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct fw *x = fw_new();
        x->ip_id = 9;
        cr_expect_eq(crosses(x, row[i].back, IPPROTO_NUM_UDP, IP4_MF, b, 16), row[i].passes);
        cr_expect_eq(crosses(x, row[i].back, IPPROTO_NUM_UDP, 2, b, 16), row[i].passes);
        x->ip_id = 10; /* the last piece comes first, and waits */
        cr_expect(!crosses(x, row[i].back, IPPROTO_NUM_UDP, 2, b, 16));
        uint64_t before = (row[i].back ? x->c.r1_lan : x->c.r1_wan)->out_packets;
        crosses(x, row[i].back, IPPROTO_NUM_UDP, IP4_MF, b, 16);
        uint64_t out = (row[i].back ? x->c.r1_lan : x->c.r1_wan)->out_packets - before;
        cr_expect_eq(out, row[i].passes ? 2 : 0);
        fw_free(x);
    }
}

Test(conn, pieces_whose_first_never_comes_are_given_up)
{
    struct fw *x = fw_new();
    for (x->ip_id = 1; x->ip_id <= 9; x->ip_id++)
        for (int k = 0; k < 30; k++)
            cr_expect(!crosses(x, false, IPPROTO_NUM_UDP, (uint16_t)(2 + k), "12345678", 8));
    uint64_t held = counter(x->c.r1, "drop.FRAG_TIMEOUT"),
             refused = counter(x->c.r1, "drop.FRAG_LIMIT");
    cr_expect_eq(refused, 9 * 30 - 200);
    cr_expect_eq(held, 0);
    pass_time(x, SECONDS(6));
    cr_expect_eq(counter(x->c.r1, "drop.FRAG_TIMEOUT"), 200);
    cr_expect_eq(sim_pending(x->w->sim), 0);
    fw_free(x);
}

/* ---- Ends ---- */

Test(conn, ends_as_its_protocol_ends)
{
    static const struct {
        const char *name;
        struct {
            bool back;
            unsigned flags;
            uint32_t seq, ack;
            size_t bytes;
        } step[8];
        const char *end; /* why, and after how many whole seconds */
        sim_time after;
    } row[] = {
        {"no answer", {{0}}, "embryonic", SECONDS(30)},
        {"refused", {{true, RST | ACK, 0, 101, 0}}, "reset-back", 0},
        {"idle",
         {{true, SYN | ACK, 500, 101, 0}, {false, ACK, 101, 501, 0}},
         "idle",
         SECONDS(3600)},
        {"reset",
         {{true, SYN | ACK, 500, 101, 0}, {false, ACK, 101, 501, 0}, {false, RST, 101, 0, 0}},
         "reset",
         0},
        {"half-closed",
         {{true, SYN | ACK, 500, 101, 0},
          {false, ACK, 101, 501, 0},
          {false, FIN | ACK, 101, 501, 10},
          {true, ACK, 501, 112, 0}},
         "half-closed",
         SECONDS(600)},
        {"closed",
         {{true, SYN | ACK, 500, 101, 0},
          {false, ACK, 101, 501, 0},
          {false, FIN | ACK, 101, 501, 10},
          {true, FIN | ACK, 501, 112, 0},
          {false, ACK, 112, 502, 0}},
         "fins",
         0},
        {"closed, the last answer of the first FIN not yet here",
         {{true, SYN | ACK, 500, 101, 0},
          {false, ACK, 101, 501, 0},
          {false, FIN | ACK, 101, 501, 10},
          {true, FIN | ACK, 501, 101, 0},
          {false, ACK, 112, 502, 0},
          {true, ACK, 502, 112, 0}},
         "fins",
         0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct fw *x = fw_new();
        cr_assert(tcp(x, false, SYN, 100, 0, 0));
        for (size_t k = 0; k < G_N_ELEMENTS(row[i].step) && row[i].step[k].flags; k++) {
            cr_expect_eq(net_conns_count(x->c.r1), 1, "%s, step %zu", row[i].name, k);
            cr_expect(tcp(x, row[i].step[k].back, row[i].step[k].flags, row[i].step[k].seq,
                          row[i].step[k].ack, row[i].step[k].bytes),
                      "%s, step %zu", row[i].name, k);
        }
        if (row[i].after) {
            pass_time(x, row[i].after - MILLISECONDS(500));
            cr_expect_eq(net_conns_count(x->c.r1), 1, "%s too early", row[i].name);
            world_log_event(x->w, EV_conn_end);
            pass_time(x, SECONDS(1));
            cr_expect(strstr(world_log(x->w), row[i].end), "%s", row[i].name);
        }
        cr_expect_eq(net_conns_count(x->c.r1), 0, "%s", row[i].name);
        pass_time(x, SECONDS(4000));
        cr_expect_eq(sim_pending(x->w->sim), 0, "%s", row[i].name);
        fw_free(x);
    }
}

Test(conn, the_reason_of_its_end_is_told)
{
    struct fw *x = fw_new();
    handshake(x);
    cr_assert(tcp(x, false, ACK, 101, 501, 100));
    cr_assert(tcp(x, true, ACK, 501, 201, 50));
    world_log_event(x->w, EV_conn_end);
    cr_assert(tcp(x, true, RST, 551, 0, 0));
    cr_expect(g_str_has_prefix(world_log(x->w), "r1 conn_end 0 reset-back 150 "));
    fw_free(x);
}

Test(conn, each_packet_begins_the_idle_time_anew)
{
    struct fw *x = fw_new();
    cr_assert(udp(x, false, 1));
    cr_assert(udp(x, false, 2));
    pass_time(x, SECONDS(100));
    cr_assert(udp(x, true, 1));
    pass_time(x, SECONDS(30));
    cr_expect_eq(net_conns_count(x->c.r1), 1);
    cr_expect_eq(net_conns_first(x->c.r1)->sport, 1);
    x->rules.udp = SECONDS(60); /* settable at any time */
    net_conns_changed(x->c.r1);
    pass_time(x, SECONDS(31));
    cr_expect_eq(net_conns_count(x->c.r1), 0);
    cr_expect_eq(net_conns_most(x->c.r1), 2);
    fw_free(x);
}

Test(conn, without_a_time_out_it_stays)
{
    struct fw *x = fw_new();
    x->rules.udp = 0;
    cr_assert(udp(x, false, 1));
    pass_time(x, SECONDS(1000000));
    cr_expect_eq(net_conns_count(x->c.r1), 1);
    cr_expect_eq(net_conns_clear(x->c.r1, NULL, NULL), 1);
    fw_free(x);
}

Test(conn, a_new_connection_may_use_the_ports_of_one_that_both_closed)
{
    struct fw *x = fw_new();
    handshake(x);
    cr_assert(tcp(x, false, FIN | ACK, 101, 501, 0));
    cr_assert(tcp(x, true, FIN | ACK, 501, 102, 0)); /* and the last ACK is lost */
    cr_expect_eq(net_conns_count(x->c.r1), 1);
    cr_expect(tcp(x, false, SYN, 9000, 0, 0));
    cr_expect_eq(net_conns_first(x->c.r1)->id, 1);
    cr_expect_eq(net_conns_first(x->c.r1)->flags, 0);
    fw_free(x);
}

Test(conn, shows_how_far_it_is)
{
    struct fw *x = fw_new();
    handshake(x);
    const struct net_conn *c = net_conns_first(x->c.r1);
    cr_expect_eq(c->flags, NET_CONN_SYN_ACK | NET_CONN_UP);
    tcp(x, true, ACK, 501, 101, 10);
    cr_expect_eq(c->flags, NET_CONN_SYN_ACK | NET_CONN_UP | NET_CONN_DATA_BACK);
    tcp(x, false, ACK, 101, 511, 10);
    cr_expect_eq(c->flags, NET_CONN_SYN_ACK | NET_CONN_UP | NET_CONN_DATA | NET_CONN_DATA_BACK);
    cr_expect_eq(c->bytes, 20);
    cr_expect_eq(c->packets, 5);
    fw_free(x);
}

/* ---- VPN contexts (CAT-93) ---- */

Test(conn, without_keeping_flows_it_is_stale_after_its_context)
{
    struct fw *x = fw_new();
    x->context = 7;
    handshake(x);
    cr_expect_eq(net_conns_first(x->c.r1)->context, 7);
    pass_time(x, SECONDS(1000));
    world_log_event(x->w, EV_conn_stale);
    net_conns_context_over(x->c.r1, 6); /* of others */
    cr_expect_str_eq(world_log(x->w), "");
    net_conns_context_over(x->c.r1, 7);
    cr_expect_str_eq(world_log(x->w), "r1 conn_stale 0 7\n");
    x->context = 8;
    for (int k = 0; k < 10; k++) { /* what is dropped keeps nothing alive */
        pass_time(x, SECONDS(200));
        cr_expect(!tcp(x, k % 2, ACK, 101, 501, 0));
    }
    cr_expect_eq(counter(x->c.r1, "drop.CONN_CONTEXT"), 10);
    cr_expect_eq(net_conns_count(x->c.r1), 1);
    cr_expect(udp(x, false, 1025)); /* others are none the worse */
    pass_time(x, SECONDS(700));
    cr_expect_eq(net_conns_count(x->c.r1), 0);
    fw_free(x);
}

Test(conn, keeping_flows_binds_it_to_the_next_context)
{
    struct fw *x = fw_new();
    x->context = 7;
    handshake(x);
    net_conns_context_over(x->c.r1, 7);
    x->context = 0;
    cr_expect(!tcp(x, false, ACK, 101, 501, 10));
    x->rules.keep_flows = true;                  /* also for those that are stale already */
    cr_expect(tcp(x, false, ACK, 101, 501, 10)); /* the packet that asks for SAs */
    world_log_event(x->w, EV_conn_rebound);
    x->context = 8;
    cr_expect(tcp(x, false, ACK, 101, 501, 10));
    cr_expect_str_eq(world_log(x->w), "r1 conn_rebound 0 7 8\n");
    cr_expect(!net_conns_first(x->c.r1)->stale);
    fw_free(x);
}

Test(conn, takes_a_context_when_there_is_one)
{
    struct fw *x = fw_new();
    cr_assert(udp(x, false, 1025));
    world_log_event(x->w, EV_conn_rebound);
    x->context = 3;
    cr_assert(udp(x, false, 1025));
    cr_expect_str_eq(world_log(x->w), "r1 conn_rebound 0 0 3\n");
    net_conns_context_over(x->c.r1, 3);
    cr_expect_eq(net_conns_count(x->c.r1), 0, "of UDP nothing stays");
    x->context = 4;
    cr_assert(udp(x, false, 1025));
    x->rules.keep_flows = true;
    net_conns_context_over(x->c.r1, 4);
    cr_expect(net_conns_first(x->c.r1)->stale);
    fw_free(x);
}

/* ---- The table ---- */

Test(conn, a_node_without_a_table_forwards_as_ever)
{
    struct fw *x = fw_new();
    net_conns_set(x->c.r1, NULL, NULL);
    cr_expect(tcp(x, true, ACK, 1, 1, 0));
    cr_expect(udp(x, true, 1));
    cr_expect_eq(net_conns_count(x->c.r1), 0);
    cr_expect_null(net_conns_first(x->c.r1));
    fw_free(x);
}

Test(conn, lists_in_the_order_of_first_packets_and_finds_by_id)
{
    struct fw *x = fw_new();
    for (uint16_t port = 1; port <= 3; port++)
        cr_assert(udp(x, false, port));
    cr_assert(udp(x, true, 1));
    uint16_t port = 1;
    for (const struct net_conn *c = net_conns_first(x->c.r1); c; c = net_conns_next(c))
        cr_expect_eq(c->sport, port++);
    cr_expect_eq(net_conns_by_id(x->c.r1, 1)->sport, 2);
    cr_expect_null(net_conns_by_id(x->c.r1, 9));
    fw_free(x);
}
