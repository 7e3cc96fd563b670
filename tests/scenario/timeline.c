/* What the timeline does to links, packets and devices. */
#include "play.h"

#include "scenario/scenario_priv.h"
#include "wire/isakmp.h"

/* Replies received of eight pings, sent at 1 s, 2 s ... 8 s. */
static uint64_t replies(const char *add)
{
    g_autofree char *text = g_strconcat(TWO_HOSTS PINGS, add, NULL);
    struct played p = play(text);
    struct traffic_tally t;
    traffic_tally(p.w->flows->pdata[0], &t);
    played_free(&p);
    return t.received;
}

Test(timeline, steps_change_what_arrives)
{
    static const struct {
        const char *add;
        uint64_t received;
    } row[] = {
        {"", 8},
        {"timeline: [{at: 4500ms, link: wire, state: down}]\n", 4},
        {"timeline: [{at: 2500ms, link: wire, state: down}, {at: 4500ms, link: wire, state: up}]\n",
         6},
        {"timeline: [{at: 4500ms, node: a, interface: eth0, state: down}]\n", 4},
        {"timeline: [{at: 4500ms, link: wire, tc: {loss: 100%}}]\n", 4},
        {"timeline: [{at: 4500ms, link: wire, tc: {blackhole: true}}]\n", 4},
        {"timeline: [{at: 4500ms, link: wire, tc-from: {b: {blackhole: true}}}]\n", 4},
        {"timeline: [{at: 0s, link: wire, tc: {loss: \"0b1\"}}]\n", 6},
        /* above: the first each way */
        {"timeline: [{at: 0s, link: wire, tc-from: {a: {loss: \"0b1\"}}}]\n", 7},
        {"timeline: [{at: 0s, link: wire, tc-from: {a: {loss: [2, 4, 6]}}}]\n", 5},
        {"timeline: [{at: 0s, link: wire, tc: {mtu: 99}}]\n", 0},
        {"timeline: [{at: 0s, link: wire, drop: {match: {src: 10.0.0.1}, count: 3}}]\n", 5},
        {"timeline: [{at: 0s, link: wire, drop: {match: {src: 10.0.0.1}, count: 3, skip: 6}}]\n",
         6},
        {"timeline: [{at: 0s, link: wire, drop: {match: {number: [1, 8], from: b}}}]\n", 6},
        {"timeline: [{at: 0s, link: wire, drop: {for: 3500ms}}]\n", 5},
        {"timeline: [{at: 0s, link: wire, delay: {match: {from: a}, by: 3s, count: 2}}]\n", 6},
        {"timeline: [{at: 0s, link: wire, corrupt: {match: {from: a}, count: 2}}]\n", 6},
        {"timeline: [{at: 0s, link: wire, drop: {match: {protocol: udp}}}]\n", 8},
        {"timeline: [{label: cut, at: 2s}, {at: cut+500ms, link: wire, state: down}]\n", 2},
        {"timeline: [{after: cut, at: +500ms, link: wire, state: down}, {label: cut, at: 2s}]\n",
         2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_eq(replies(row[i].add), row[i].received, "%s: %" G_GUINT64_FORMAT, row[i].add,
                     (guint64)replies(row[i].add));
}

Test(timeline, impairments_of_the_topology_are_read)
{
    struct played p = play(
        "vpnsim: 1\nduration: 1s\ntopology:\n  nodes:\n    a: {kind: host, address: 10.0.0.1/24}\n"
        "    b: {kind: host, address: 10.0.0.2/24}\n  links:\n    - name: w\n      endpoints: "
        "[\"a:eth0\", \"b:eth0\"]\n"
        "      tc: {delay: 20ms, jitter: 2ms, loss: {enter: 1%, leave: 50%}, rate: 10mbps, queue: "
        "64kB, mtu: 1400}\n"
        "      tc-from: {b: {delay: 1ms, loss: 0.5%, duplicate: 1%, corrupt: 2%, reorder: 3%}}\n");
    struct net_link *l = net_link_by_name(world_net(p.w), "w");
    const struct net_impair *a = net_link_impairment(l, 0), *b = net_link_impairment(l, 1);
    cr_expect_eq(a->delay, MILLISECONDS(20));
    cr_expect_eq(a->burst_enter_ppb, 10000000);
    cr_expect_eq(a->rate_bps, 10000000);
    cr_expect_eq(a->queue_bytes, 64000);
    cr_expect_eq(b->delay, MILLISECONDS(1));
    cr_expect_eq(b->jitter, MILLISECONDS(2));
    cr_expect_eq(b->mtu, 1400);
    cr_expect_eq(b->burst_enter_ppb, 0);
    cr_expect_eq(b->loss_ppb, 5000000);
    cr_expect_eq(b->duplicate_ppb, 10000000);
    cr_expect_eq(b->corrupt_ppb, 20000000);
    cr_expect_eq(b->reorder_ppb, 30000000);
    cr_expect_eq(b->reorder_by, MILLISECONDS(10));
    played_free(&p);
}

/* ---- Injected packets ---- */

Test(timeline, injected_packets_arrive_and_are_reported)
{
    static const struct {
        const char *inject, *counter;
        uint64_t count;
    } row[] = {
        {"{what: esp, from: pc2, src: 192.0.2.2, dst: 192.0.2.1, spi: 0x1234, count: 5}",
         "esp.no_spi", 5},
        {"{what: esp, from: r2, link: wan, dst: 192.0.2.1, count: 2}", "esp.no_spi", 2},
        {"{what: isakmp, from: r2, link: wan, dst: 192.0.2.1, count: 3}", "ike.rx", 3},
        {"{what: raw, from: pc1, payload: \"4500001c000000000111b13c0a0100050a01000100010002000800 "
         "00\"}",
         "drop.UDP_NO_PORT", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *text = g_strdup_printf(
            TWO_SITES("", "") "timeline:\n  - {at: 1s, inject: %s}\n"
                              "expect:\n  - {name: told, event: {type: injected}}\n",
            row[i].inject);
        struct played p = play(text);
        uint64_t v = 0;
        trace_counter_get(world_device(p.w, "r1")->scope, row[i].counter, &v);
        cr_expect_eq(verdict_of(&p, "told")->state, VERDICT_PASSED);
        cr_expect(v >= row[i].count, "%s: %s is %" G_GUINT64_FORMAT, row[i].inject, row[i].counter,
                  (guint64)v);
        played_free(&p);
    }
}

Test(timeline, a_replayed_packet_is_caught_by_the_window)
{
    struct played p = play(TWO_SITES(
        "", "") "traffic:\n  - {name: ping, from: pc1, to: pc2, start: 5s, every: 1s, stop: 20s}\n"
                "timeline:\n  - {at: 30s, inject: {what: replay, from: r1, link: wan, match: {esp: "
                "{}, src: 192.0.2.1}, count: 4}}\n");
    uint64_t v = 0;
    trace_counter_get(world_device(p.w, "r2")->scope, "esp.replay", &v);
    cr_expect_eq(v, 4);
    played_free(&p);
}

Test(timeline, a_reloaded_router_comes_back_without_its_tunnel)
{
    struct played p = play(TWO_SITES(
        "",
        "") "traffic:\n  - {name: ping, from: pc1, to: pc2, start: 5s, every: 1s, stop: 18s}\n"
            "timeline:\n  - {label: power, at: 20s, node: r1, reload: {outage: 5s, reason: test}}\n"
            "expect:\n  - {name: up, before: power, node: r1, show: crypto isakmp sa, rows: 1}\n"
            "  - {name: gone, at: 40s, node: r1, show: crypto isakmp sa, rows: 0}\n"
            "  - {name: said, event: {node: r1, type: device_reload, reason: test}}\n"
            "  - {name: boots, event: {node: r1, type: device_boot}, within: 25s~26s}\n");
    cr_expect(world_passed(p.w));
    played_free(&p);
}

/* ---- Matches ---- */

struct wire {
    uint8_t bytes[512];
    size_t n;
};

/* An ISAKMP message in UDP in IP. */
static struct span message(struct wire *w, ip4 src, ip4 dst, uint64_t cky_r, uint8_t exchange,
                           uint8_t next, uint8_t flags, uint32_t msgid, uint8_t fill)
{
    struct isakmp_head h = {0x1122334455667788, cky_r, next,  0x10,
                            exchange,           flags, msgid, ISAKMP_HEAD + 8};
    uint8_t *udp = w->bytes + IP4_HEAD;
    struct wr out = wr_over(udp + UDP_HEAD, 200);
    isakmp_head_emit(&h, &out);
    for (int i = 0; i < 8; i++)
        wr_u8(&out, i == 3 ? 8 : i > 3 ? fill : 0); /* one payload of eight bytes */
    udp_emit(src, dst, 500, 500, udp, ISAKMP_HEAD + 8);
    w->n = IP4_HEAD + UDP_HEAD + ISAKMP_HEAD + 8;
    ip4_head_emit(&(struct ip4_head){.ttl = 9,
                                     .protocol = 17,
                                     .head_bytes = 20,
                                     .total = (uint16_t)w->n,
                                     .src = src,
                                     .dst = dst},
                  w->bytes);
    return span_of(w->bytes, w->n);
}

Test(match, messages_are_numbered_by_their_place_in_the_exchange)
{
    static const struct {
        bool from_initiator;
        uint64_t cky_r;
        uint8_t exchange, next, flags;
        uint32_t msgid;
        uint8_t fill;
        unsigned number; /* that main or quick mode gives it */
    } row[] = {
        {true, 0, EXCHANGE_MAIN, PAYLOAD_SA, 0, 0, 1, 1},
        {true, 0, EXCHANGE_MAIN, PAYLOAD_SA, 0, 0, 1, 1}, /* again */
        {false, 9, EXCHANGE_MAIN, PAYLOAD_SA, 0, 0, 2, 2},
        {true, 9, EXCHANGE_MAIN, PAYLOAD_KE, 0, 0, 3, 3},
        {false, 9, EXCHANGE_MAIN, PAYLOAD_KE, 0, 0, 4, 4},
        {true, 9, EXCHANGE_MAIN, PAYLOAD_ID, 1, 0, 5, 5},
        {true, 9, EXCHANGE_MAIN, PAYLOAD_ID, 1, 0, 5, 5},
        {false, 9, EXCHANGE_MAIN, PAYLOAD_ID, 1, 0, 6, 6},
        {true, 9, EXCHANGE_QUICK, PAYLOAD_HASH, 1, 77, 7, 1},
        {false, 9, EXCHANGE_QUICK, PAYLOAD_HASH, 1, 77, 8, 2},
        {true, 9, EXCHANGE_QUICK, PAYLOAD_HASH, 1, 77, 7, 1},
        {true, 9, EXCHANGE_QUICK, PAYLOAD_HASH, 1, 77, 9, 3},
        {false, 9, EXCHANGE_QUICK, PAYLOAD_HASH, 1, 78, 1, 1}, /* the other side begins one */
        {true, 9, EXCHANGE_QUICK, PAYLOAD_HASH, 1, 78, 2, 2},
    };
    static const char *const exchanges[] = {"main", "quick"};
    struct played p = play(TWO_HOSTS);
    struct net_link *l = net_link_by_name(world_net(p.w), "wire");
    for (unsigned x = 0; x < 2; x++)
        for (unsigned number = 1; number <= 6; number++) {
            g_autofree char *text =
                g_strdup_printf("{isakmp: {exchange: %s, message: %u}}", exchanges[x], number);
            struct yml_doc *doc = yml_doc_new();
            struct matcher *m =
                matcher_new(p.w, yml_parse(doc, "m", text, strlen(text), NULL), l, NULL);
            for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
                struct wire w;
                ip4 a = IP4(10, 0, 0, 1), b = IP4(10, 0, 0, 2);
                struct span packet = message(
                    &w, row[i].from_initiator ? a : b, row[i].from_initiator ? b : a, row[i].cky_r,
                    row[i].exchange, row[i].next, row[i].flags, row[i].msgid, row[i].fill);
                bool mine = row[i].exchange == (x ? EXCHANGE_QUICK : EXCHANGE_MAIN);
                cr_expect_eq(matcher_takes(m, 0, i + 1, packet), mine && row[i].number == number,
                             "%s %u, row %zu", exchanges[x], number, i);
            }
            matcher_free(m);
            yml_doc_free(doc);
        }
    played_free(&p);
}

Test(match, payloads_are_seen_where_they_are_not_encrypted)
{
    static const struct {
        const char *match;
        uint8_t next, flags;
        bool takes;
    } row[] = {
        {"{isakmp: {payload: SA}}", PAYLOAD_SA, 0, true},
        {"{isakmp: {payload: KE}}", PAYLOAD_SA, 0, false},
        {"{isakmp: {payload: hash, encrypted: true}}", PAYLOAD_HASH, 1, true},
        {"{isakmp: {encrypted: false}}", PAYLOAD_HASH, 1, false},
        {"{isakmp: {}}", PAYLOAD_HASH, 1, true},
        {"{isakmp: {exchange: quick}}", PAYLOAD_SA, 0, false},
        {"{esp: {}}", PAYLOAD_SA, 0, false},
        {"{dport: 500, sport: 500, protocol: udp}", PAYLOAD_SA, 0, true},
        {"{dport: \"> 500\"}", PAYLOAD_SA, 0, false},
        {"{src: 10.0.0.0/24, dst: 10.0.0.2}", PAYLOAD_SA, 0, true},
        {"{src: 10.0.0.2}", PAYLOAD_SA, 0, false},
        {"{from: a}", PAYLOAD_SA, 0, true},
        {"{from: b}", PAYLOAD_SA, 0, false},
        {"{number: 7}", PAYLOAD_SA, 0, true},
        {"{number: [1, 8]}", PAYLOAD_SA, 0, false},
        {"{number: \">= 7\"}", PAYLOAD_SA, 0, true},
    };
    struct played p = play(TWO_HOSTS);
    struct net_link *l = net_link_by_name(world_net(p.w), "wire");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yml_doc *doc = yml_doc_new();
        struct wire w;
        struct span packet = message(&w, IP4(10, 0, 0, 1), IP4(10, 0, 0, 2), 0, EXCHANGE_MAIN,
                                     row[i].next, row[i].flags, 0, 1);
        struct matcher *m = matcher_new(
            p.w, yml_parse(doc, "m", row[i].match, strlen(row[i].match), NULL), l, NULL);
        cr_assert_not_null(m, "%s", row[i].match);
        cr_expect_eq(matcher_takes(m, 0, 7, packet), row[i].takes, "%s", row[i].match);
        for (size_t n = 0; n < packet.n; n++) { /* cut anywhere: no match, no overread */
            g_autofree uint8_t *copy = g_memdup2(packet.p, n);
            matcher_takes(m, 0, 7, (struct span){copy, n});
        }
        matcher_free(m);
        yml_doc_free(doc);
    }
    played_free(&p);
}

Test(timeline, one_message_of_main_mode_is_dropped_and_sent_again)
{
    for (int n = 1; n <= 6; n++) {
        g_autofree char *text = g_strdup_printf(
            TWO_SITES("", "") "traffic:\n  - {name: ping, from: pc1, to: pc2, start: 5s, every: "
                              "1s, stop: 40s}\n"
                              "timeline:\n  - {at: 0s, link: wan, drop: {match: {isakmp: "
                              "{exchange: main, message: %d}}, count: 1}}\n"
                              "expect:\n  - {name: dropped, event: {type: link_drop, why: "
                              "LINK_MATCH}, count: 1}\n"
                              "  - {name: up late, within: 10s~30s, event: {node: r2, type: "
                              "ike_state, new: QM_IDLE}}\n"
                              "  - {name: up, within: 5s~30s, event: {node: r1, type: "
                              "ipsec_sa_new}, count: 2}\n",
            n);
        struct played p = play(text);
        cr_expect_eq(verdict_of(&p, "dropped")->state, VERDICT_PASSED, "message %d", n);
        cr_expect_eq(verdict_of(&p, "up late")->state, n < 6 ? VERDICT_PASSED : VERDICT_FAILED,
                     "message %d", n);
        cr_expect_eq(verdict_of(&p, "up")->state, VERDICT_PASSED, "message %d: %s", n,
                     verdict_of(&p, "up")->detail);
        played_free(&p);
    }
}
