/* TCP between two hosts: how connections begin, carry bytes and end (RFC 9293). */
#include "net/tcp_rig.h"

#include <inttypes.h>
#include "net/tcp_priv.h"

#define ALL UINT32_MAX

static void slow(struct rig *r, sim_time delay)
{
    net_link_impair(r->p->link, ALL, &(struct net_impair){.delay = delay});
}

Test(tcp, bytes_arrive_both_ways_and_both_ends_close)
{
    static const struct {
        uint64_t up, down;
    } row[] = {{0, 0}, {1, 0}, {0, 1}, {1460, 1461}, {100000, 0}, {0, 1000000}, {300000, 200000}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        slow(r, MILLISECONDS(5));
        rig_run(r, row[i].up, row[i].down, SECONDS(30));
        cr_expect(rig_fine(r), "row %zu: %s", i, rig_says(r));
        cr_expect_eq(counter(r->from, "tcp.out.again") + counter(r->to, "tcp.out.again"), 0,
                     "nothing is sent twice on a good path");
        cr_expect_geq(net_tcp_count(r->from) + net_tcp_count(r->to), 1, "one waits at least");
        world_run(r->w, SECONDS(100));
        cr_expect_eq(net_tcp_count(r->from) + net_tcp_count(r->to), 0, "none is left");
        rig_free(r);
    }
}

Test(tcp, states_go_the_way_of_the_drawing)
{
    struct rig *r = rig_new(1);
    slow(r, MILLISECONDS(5));
    r->server.no_answer = r->server.stay = true;
    world_log_event(r->w, EV_tcp_state);
    rig_run(r, 10, 0, SECONDS(1));
    cr_expect_str_eq(world_log(r->w), "a tcp_state test 1 CLOSED SYN-SENT\n"
                                      "b tcp_state test 1 CLOSED SYN-RECEIVED\n"
                                      "a tcp_state test 1 SYN-SENT ESTABLISHED\n"
                                      "a tcp_state test 1 ESTABLISHED FIN-WAIT-1\n"
                                      "b tcp_state test 1 SYN-RECEIVED ESTABLISHED\n"
                                      "b tcp_state test 1 ESTABLISHED CLOSE-WAIT\n"
                                      "a tcp_state test 1 FIN-WAIT-1 FIN-WAIT-2\n");
    net_tcp_send(r->server.c, 1000); /* half closed: this direction still goes */
    world_run(r->w, SECONDS(2));
    cr_expect_eq(r->client.got, 1000);
    net_tcp_close(r->server.c);
    world_run(r->w, SECONDS(3));
    cr_expect_str_eq(world_log(r->w), "b tcp_state test 1 CLOSE-WAIT LAST-ACK\n"
                                      "a tcp_state test 1 FIN-WAIT-2 TIME-WAIT\n"
                                      "b tcp_state test 1 LAST-ACK CLOSED\n");
    cr_expect(r->client.ended && r->server.ended);
    rig_free(r);
}

Test(tcp, both_may_close_at_once)
{
    struct rig *r = rig_new(1);
    slow(r, MILLISECONDS(50));
    r->client.stay = r->server.stay = true;
    r->client.no_answer = r->server.no_answer = true;
    rig_run(r, 0, 0, SECONDS(1));
    world_log_event(r->w, EV_tcp_state);
    net_tcp_close(r->client.c);
    net_tcp_close(r->server.c);
    world_run(r->w, SECONDS(2));
    cr_expect_str_eq(world_log(r->w), "a tcp_state test 1 ESTABLISHED FIN-WAIT-1\n"
                                      "b tcp_state test 1 ESTABLISHED FIN-WAIT-1\n"
                                      "b tcp_state test 1 FIN-WAIT-1 CLOSING\n"
                                      "a tcp_state test 1 FIN-WAIT-1 CLOSING\n"
                                      "a tcp_state test 1 CLOSING TIME-WAIT\n"
                                      "b tcp_state test 1 CLOSING TIME-WAIT\n");
    cr_expect(rig_fine(r), "%s", rig_says(r));
    rig_free(r);
}

Test(tcp, both_may_open_at_once)
{
    struct rig *r = rig_new(1);
    slow(r, MILLISECONDS(50));
    r->client.send = 5000;
    r->server.send = 7000;
    r->client.c =
        net_tcp_connect(r->from, 0, 100, r->dst, 200, &r->set_from, &side_calls, &r->client);
    r->server.c =
        net_tcp_connect(r->to, 0, 200, addr("10.0.0.1"), 100, &r->set_to, &side_calls, &r->server);
    world_run(r->w, SECONDS(20));
    /* Both opened, so both streams are an opener's: the pattern is that of the other kind. */
    cr_expect(r->client.ended && r->server.ended && r->client.why == NET_TCP_END_CLOSED);
    cr_expect_eq(r->client.got, 7000);
    cr_expect_eq(r->server.got, 5000);
    rig_free(r);
}

Test(tcp, the_end_says_why)
{
    static const struct {
        const char *what, *says;
        sim_time until;
    } row[] = {
        {"nobody listens", "refused", SECONDS(1)},
        {"nobody is there", "timeout", SECONDS(200)},
        {"the other aborts", "reset", SECONDS(10)},
        {"the path dies", "timeout", SECONDS(600)},
        {"the port is shunned", "unreachable", SECONDS(1)},
        {"keepalives go unanswered", "idle", SECONDS(1000)},
        {"the node loses its memory", "lost", SECONDS(10)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        slow(r, MILLISECONDS(5));
        r->client.stay = r->server.stay = true;
        r->client.send = i == 3 ? 1000000000 : 100;
        if (i == 1)
            r->dst = addr("10.0.0.77");
        if (i == 5)
            r->set_from.keepalive = SECONDS(60);
        if (i != 0 && i != 4)
            rig_listen(r);
        rig_connect(r);
        if (i == 4) { /* an error about the SYN, as a packet filter sends it */
            struct net_tcp_info info;
            net_tcp_info(r->client.c, &info);
            uint8_t quoted[IP4_HEAD + 8] = {0x45, 0, 0, 44};
            quoted[9] = IPPROTO_NUM_TCP;
            be32_put(quoted + 12, info.local);
            be32_put(quoted + 16, info.remote);
            be16_put(quoted + 20, info.lport);
            be16_put(quoted + 22, info.rport);
            world_run(r->w, MILLISECONDS(1));
            net_link_set_up(r->p->link, false);
            g_autoptr(GByteArray) icmp = g_byte_array_new();
            g_byte_array_set_size(icmp, ICMP_HEAD + sizeof quoted);
            struct net_tcp_settings again = r->set_from;
            again.iss_given = true; /* so that the quoted number is known */
            net_tcp_forget(r->client.c);
            net_link_set_up(r->p->link, true);
            r->client.c = net_tcp_connect(r->from, 0, 0, addr("10.0.0.77"), PORT, &again,
                                          &side_calls, &r->client);
            net_tcp_info(r->client.c, &info);
            be32_put(quoted + 16, info.remote);
            be16_put(quoted + 20, info.lport);
            memcpy(icmp->data + ICMP_HEAD, quoted, sizeof quoted);
            icmp_emit(&(struct icmp_head){.type = ICMP_UNREACHABLE, .code = ICMP_PORT_UNREACHABLE},
                      icmp->data, sizeof quoted);
            net_send_ip(r->to, 0, addr("10.0.0.1"), IPPROTO_NUM_ICMP, 0, false,
                        span_of(icmp->data, icmp->len));
        }
        world_run(r->w, SECONDS(1) / 2);
        if (i == 2)
            net_tcp_abort(r->server.c);
        if (i == 3 || i == 5)
            net_link_set_up(r->p->link, false);
        if (i == 6)
            net_tcp_forget_all(r->from);
        world_run(r->w, row[i].until);
        cr_expect(r->client.ended, "%s: it has not ended", row[i].what);
        cr_expect_str_eq(net_tcp_end_name(r->client.why), row[i].says, "%s", row[i].what);
        cr_expect_eq(net_tcp_count(r->from), 0, "%s", row[i].what);
        rig_free(r);
    }
}

Test(tcp, a_node_that_forwards_answers_nothing_unless_told)
{
    static const struct {
        bool forwards;
        int told;
        bool refused;
    } row[] = {{false, 0, true}, {true, 0, false}, {false, -1, false}, {true, 1, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new(1);
        struct net_node *a = host(w, "a"), *b = net_node_new(w->net, "b", row[i].forwards);
        wire(w, "l", port(a, "eth0", "10.0.0.1/24"), port(b, "eth0", "10.0.0.2/24"));
        if (row[i].told)
            net_tcp_set_resets(b, row[i].told > 0);
        struct rig *r = rig_over(w, a, b, "10.0.0.2");
        rig_connect(r);
        world_run(w, MILLISECONDS(100));
        cr_expect_eq(r->client.ended, row[i].refused, "row %zu", i);
        cr_expect_eq(counter(b, "drop.TCP_NO_PORT"), 1);
        world_free(w);
        rig_free(r);
    }
}

Test(tcp, sequence_numbers_come_round)
{
    static const uint32_t iss[] = {0, 0xffffffff, 0xfffffffe, 0xffff0000, 0x7fffff00, 0x80000000};
    for (size_t i = 0; i < G_N_ELEMENTS(iss); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(iss); k++) {
            struct rig *r = rig_new(i * 10 + k);
            net_link_impair(r->p->link, ALL,
                            &(struct net_impair){.delay = MILLISECONDS(3),
                                                 .loss_ppb = 20000000,
                                                 .reorder_ppb = 50000000,
                                                 .reorder_by = MILLISECONDS(2)});
            r->set_from.iss_given = r->set_to.iss_given = true;
            r->set_from.iss = iss[i];
            r->set_to.iss = iss[k];
            rig_run(r, 150000, 150000, SECONDS(600));
            cr_expect(rig_fine(r), "%08x %08x: %s", iss[i], iss[k], rig_says(r));
            rig_free(r);
        }
}

Test(tcp, numbers_on_the_wire_are_those_nearest)
{
    static const int64_t near[] = {0,          1,           0x7fffffff,   0x80000000,
                                   0xffffffff, 0x100000000, 0x123456789ab};
    static const int64_t off[] = {0, 1, -1, 70000, -70000, 0x3fffffff, -0x3fffffff, 0x7fffffff};
    static const uint32_t base[] = {0, 1, 0x7fffffff, 0x80000000, 0xffffffff};
    for (size_t i = 0; i < G_N_ELEMENTS(near); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(off); k++)
            for (size_t b = 0; b < G_N_ELEMENTS(base); b++) {
                int64_t v = near[i] + off[k];
                cr_expect_eq(tcp_unwrap(near[i], base[b], base[b] + (uint32_t)v), v);
            }
}

/* ---- Options ---- */

static bool keep_syns(void *self, uint32_t end, uint64_t number, struct span packet)
{
    struct tcp_head h;
    struct span payload;
    struct ip4_head ip;
    if (ip4_head_parse(packet, &ip) == WIRE_OK && ip.protocol == IPPROTO_NUM_TCP &&
        tcp_parse(ip.src, ip.dst, span_sub(packet, IP4_HEAD, packet.n), &h, &payload) == WIRE_OK &&
        h.flags & TCP_SYN)
        g_string_append_printf(self, "%s mss %u%s\n", h.flags & TCP_ACK ? "SYN-ACK" : "SYN", h.mss,
                               h.has_wscale ? " scale " : "");
    return false;
}

Test(tcp, window_scale_is_spoken_when_both_speak_it)
{
    static const struct {
        uint32_t window_from, window_to;
        enum net_tcp_wscale from, to;
        bool syn, syn_ack;
        uint8_t shift_from, shift_to; /* in use, for what this side sends */
    } row[] = {
        {65535, 65535, NET_TCP_WSCALE_AUTO, NET_TCP_WSCALE_AUTO, false, false, 0, 0},
        {65536, 262143, NET_TCP_WSCALE_AUTO, NET_TCP_WSCALE_AUTO, true, true, 2, 1},
        {65535, 262143, NET_TCP_WSCALE_AUTO, NET_TCP_WSCALE_AUTO, false, false, 0, 0},
        {262143, 65535, NET_TCP_WSCALE_AUTO, NET_TCP_WSCALE_AUTO, true, false, 0, 0},
        {262143, 262143, NET_TCP_WSCALE_AUTO, NET_TCP_WSCALE_OFF, true, false, 0, 0},
        {262143, 262143, NET_TCP_WSCALE_OFF, NET_TCP_WSCALE_AUTO, false, false, 0, 0},
        {65535, 1 << 30, NET_TCP_WSCALE_ON, NET_TCP_WSCALE_AUTO, true, true, 14, 0},
        {65535, 262143, NET_TCP_WSCALE_AUTO, NET_TCP_WSCALE_UNASKED, false, true, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        g_autoptr(GString) syns = g_string_new(NULL), want = g_string_new(NULL);
        net_link_rule_add(r->p->link, &(struct net_match_rule){.match = keep_syns, .self = syns});
        slow(r, MILLISECONDS(20));
        r->set_from.window = row[i].window_from;
        r->set_to.window = row[i].window_to;
        r->set_from.wscale = row[i].from;
        r->set_to.wscale = row[i].to;
        rig_run(r, 1000000, 1000000, SECONDS(100));
        cr_expect(rig_fine(r), "row %zu: %s", i, rig_says(r));
        g_string_append_printf(want, "SYN mss 1460%s\nSYN-ACK mss 1460%s\n",
                               row[i].syn ? " scale " : "", row[i].syn_ack ? " scale " : "");
        cr_expect_str_eq(syns->str, want->str, "row %zu", i);
        cr_expect_eq(r->client.last.send_shift, row[i].shift_from, "row %zu", i);
        cr_expect_eq(r->server.last.send_shift, row[i].shift_to, "row %zu", i);
        cr_expect_eq(r->client.last.receive_shift, row[i].shift_to, "row %zu", i);
        rig_free(r);
    }
}

Test(tcp, a_large_window_fills_a_long_path)
{
    static const struct {
        uint32_t window;
        sim_time least, most;
    } row[] = {
        /* 3 MB with 65,535 bytes every 200 ms: 46 rounds; with ten times the window a tenth. */
        {65535, SECONDS(9), SECONDS(11)},
        {655350, SECONDS(1), SECONDS(4)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        slow(r, MILLISECONDS(100));
        r->set_from.window = r->set_to.window = row[i].window;
        rig_run(r, 3000000, 0, row[i].least);
        cr_expect_not(r->server.fin, "row %zu", i);
        world_run(r->w, row[i].most);
        cr_expect(r->server.fin, "row %zu", i);
        rig_free(r);
    }
}

Test(tcp, segments_are_as_large_as_both_ends_allow)
{
    static const struct {
        uint16_t mtu_from, mtu_to, mss_from, mss_to;
        uint32_t up, down;
    } row[] = {
        {1500, 1500, 0, 0, 1460, 1460},
        {1500, 1500, 1200, 0, 1460, 1200},
        {1500, 1500, 0, 1300, 1300, 1460},
        {1400, 1500, 0, 0, 1360, 1360},
        {68, 68, 0, 0, 28, 28},
        {9000, 9000, 0, 0, 8960, 8960},
        {1500, 1500, 1, 1, 28, 28},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        slow(r, MILLISECONDS(2));
        r->p->a_if->mtu = r->p->a_if->ip_mtu = row[i].mtu_from;
        r->p->b_if->mtu = r->p->b_if->ip_mtu = row[i].mtu_to;
        r->set_from.mss = row[i].mss_from;
        r->set_to.mss = row[i].mss_to;
        rig_run(r, 50000, 50000, SECONDS(50));
        cr_expect(rig_fine(r), "row %zu: %s", i, rig_says(r));
        cr_expect_eq(r->client.last.mss, row[i].up, "row %zu: %u", i, r->client.last.mss);
        cr_expect_eq(r->server.last.mss, row[i].down, "row %zu: %u", i, r->server.last.mss);
        rig_free(r);
    }
}

/* ---- Windows that shut ---- */

Test(tcp, a_reader_that_holds_stops_the_sender_and_lets_it_go_on)
{
    struct rig *r = rig_new(1);
    slow(r, MILLISECONDS(5));
    r->server.stay = true;
    r->client.send = 500000;
    rig_listen(r);
    rig_connect(r);
    world_run(r->w, MILLISECONDS(20));
    net_tcp_hold(r->server.c, true);
    uint64_t before = r->server.got;
    world_run(r->w, SECONDS(1000));
    cr_expect_geq(r->server.got, 65535);
    cr_expect_leq(r->server.got - before, 65535 + 1460 * 4);
    cr_expect_gt(counter(r->from, "tcp.out.probes"), 10, "it asks, less and less often");
    cr_expect_lt(counter(r->from, "tcp.out.probes"), 40);
    cr_expect_not(r->client.ended, "a peer that answers is alive, however long");
    net_tcp_hold(r->server.c, false);
    world_run(r->w, SECONDS(1100));
    cr_expect(rig_fine(r), "%s", rig_says(r));
    rig_free(r);
}

Test(tcp, a_lost_window_update_is_found_by_a_probe)
{
    struct rig *r = rig_new(1);
    slow(r, MILLISECONDS(5));
    r->client.send = 300000;
    rig_listen(r);
    rig_connect(r);
    world_run(r->w, MILLISECONDS(16));
    net_tcp_hold(r->server.c, true);
    world_run(r->w, SECONDS(2));
    net_link_impair(r->p->link, 1, &(struct net_impair){.blackhole = true});
    net_tcp_hold(r->server.c, false);
    net_link_impair(r->p->link, 1, &(struct net_impair){.delay = MILLISECONDS(5)});
    world_run(r->w, SECONDS(60));
    cr_expect(rig_fine(r), "%s", rig_says(r));
    rig_free(r);
}

/* ---- Acknowledgments, small writes, keepalives ---- */

Test(tcp, two_segments_are_acknowledged_together_and_one_after_a_while)
{
    static const struct {
        uint64_t bytes;
        sim_time delay;
        uint64_t acks; /* segments of the server: SYN-ACK and acknowledgments */
    } row[] = {{1460 * 10, 0, 6}, {1460 * 10, -1, 11}, {1460, 0, 2}, {1460 * 3, 0, 3}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        slow(r, MILLISECONDS(10));
        r->set_to.ack_delay = row[i].delay;
        r->client.stay = r->server.stay = true;
        rig_run(r, row[i].bytes, 0, SECONDS(5));
        cr_expect_eq(counter(r->to, "tcp.out.segments"), row[i].acks, "row %zu: %" PRIu64, i,
                     counter(r->to, "tcp.out.segments"));
        cr_expect_eq(r->client.acked, row[i].bytes);
        rig_free(r);
    }
}

Test(tcp, small_writes_wait_for_each_other)
{
    for (int nodelay = 0; nodelay < 2; nodelay++) {
        struct rig *r = rig_new(1);
        slow(r, MILLISECONDS(50));
        r->set_from.nodelay = nodelay;
        r->client.stay = r->server.stay = true;
        rig_run(r, 0, 0, SECONDS(1));
        uint64_t before = counter(r->from, "tcp.out.segments");
        for (int i = 0; i < 20; i++)
            net_tcp_send(r->client.c, 10);
        world_run(r->w, SECONDS(2));
        cr_expect_eq(r->server.got, 200);
        cr_expect_eq(counter(r->from, "tcp.out.segments") - before, nodelay ? 20 : 2);
        rig_free(r);
    }
}

Test(tcp, keepalives_keep_an_idle_connection)
{
    struct rig *r = rig_new(1);
    slow(r, MILLISECONDS(50));
    r->set_from.keepalive = SECONDS(60);
    r->client.stay = r->server.stay = true;
    rig_run(r, 10, 0, SECONDS(601));
    cr_expect_eq(counter(r->from, "tcp.out.probes"), 10 - 1);
    cr_expect_not(r->client.ended);
    rig_free(r);
}

Test(tcp, ports_are_one_listener_each_and_a_connection_each)
{
    struct rig *r = rig_new(1);
    rig_listen(r);
    cr_expect_not(net_tcp_listen(r->to, PORT, &r->set_to, NULL, NULL));
    cr_expect_not(net_tcp_listen(r->to, 0, &r->set_to, NULL, NULL));
    r->client.c =
        net_tcp_connect(r->from, 0, 1000, r->dst, PORT, &r->set_from, &side_calls, &r->client);
    cr_expect_null(
        net_tcp_connect(r->from, 0, 1000, r->dst, PORT, &r->set_from, &side_calls, &r->client));
    cr_expect_null(net_tcp_connect(r->from, 0, 0, addr("192.0.2.1"), PORT, &r->set_from,
                                   &side_calls, &r->client),
                   "there is no route");
    net_tcp_unlisten(r->to, PORT);
    world_run(r->w, SECONDS(1));
    cr_expect(r->client.ended && r->client.why == NET_TCP_END_REFUSED);
    rig_free(r);
}

Test(tcp, a_connection_may_be_left_in_every_call)
{
    struct rig *r = rig_new(1); /* net_free takes what is half way */
    slow(r, MILLISECONDS(50));
    rig_listen(r);
    rig_connect(r);
    world_run(r->w, MILLISECONDS(70));
    net_tcp_unlisten(r->to, PORT);
    rig_free(r);
    r = rig_new(1);
    slow(r, MILLISECONDS(50));
    rig_run(r, 1000000, 1000000, SECONDS(1) / 2);
    net_tcp_forget(r->client.c);
    net_tcp_abort(r->server.c);
    world_run(r->w, SECONDS(10));
    cr_expect_eq(net_tcp_count(r->from) + net_tcp_count(r->to), 0);
    rig_free(r);
}
