/* TCP on bad paths and among enemies: loss, reordering, copies, damage, segments made up. Every
 * byte arrives in its order, or the connection ends and says why. */
#include "net/tcp_rig.h"

#include "kernel/rng.h"

#define ALL        UINT32_MAX
#define PERCENT(n) ((n)*10000000u)

static struct net_impair bad_path(struct rng *r)
{
    struct net_impair im = {.delay = MILLISECONDS(rng_below(r, 60))};
    if (rng_below(r, 2))
        im.loss_ppb = PERCENT((uint32_t)rng_below(r, 12));
    if (rng_below(r, 2)) {
        im.reorder_ppb = PERCENT((uint32_t)rng_below(r, 40));
        im.reorder_by = MILLISECONDS(rng_below(r, 50));
    }
    if (rng_below(r, 2))
        im.duplicate_ppb = PERCENT((uint32_t)rng_below(r, 40));
    if (rng_below(r, 4) == 0)
        im.corrupt_ppb = PERCENT((uint32_t)rng_below(r, 5));
    if (rng_below(r, 3) == 0) {
        im.rate_bps = 200000 + rng_below(r, 20000000);
        im.queue_bytes = 3000 + (uint32_t)rng_below(r, 60000);
    }
    if (rng_below(r, 4) == 0)
        im.jitter = im.delay / 2;
    return im;
}

static struct net_tcp_settings any_settings(struct rng *r)
{
    static const uint32_t window[] = {0, 1000, 4000, 65535, 100000, 1000000};
    struct net_tcp_settings s = {.flow = "test", .key = KEY};
    s.window = window[rng_below(r, G_N_ELEMENTS(window))];
    s.mss = rng_below(r, 3) ? 0 : (uint16_t)(30 + rng_below(r, 1400));
    s.nodelay = rng_below(r, 2);
    s.ack_delay = rng_below(r, 3) ? 0 : -1;
    s.no_df = rng_below(r, 4) == 0;
    s.tries = 30;
    s.syn_tries = 30;
    s.time_wait = SECONDS(1 + (int64_t)rng_below(r, 100));
    s.iss_given = rng_below(r, 2);
    s.iss = 0u - (uint32_t)rng_below(r, 100000);
    return s;
}

Test(tcp_hostile, whatever_the_path_every_byte_arrives_in_order, .timeout = 600)
{
    for (uint64_t seed = 0; seed < 600; seed++) {
        struct rig *r = rig_new(seed);
        struct rng *rng = rng_stream(r->w->sim, "test");
        for (uint32_t end = 0; end < 2; end++) {
            struct net_impair im = bad_path(rng);
            net_link_impair(r->p->link, end, &im);
        }
        r->p->a_if->ip_mtu = (uint16_t)(rng_below(rng, 3) ? 1500 : 68 + rng_below(rng, 1400));
        r->set_from = any_settings(rng);
        r->set_to = any_settings(rng);
        rig_run(r, rng_below(rng, 60000), rng_below(rng, 60000), SECONDS(20000));
        cr_expect(rig_fine(r), "seed %u: %s", (unsigned)seed, rig_says(r));
        cr_expect_eq(net_tcp_count(r->from) + net_tcp_count(r->to), 0, "seed %u", (unsigned)seed);
        rig_free(r);
    }
}

Test(tcp_hostile, a_path_that_fails_now_and_then_is_survived_or_the_end_has_a_reason,
     .timeout = 600)
{
    unsigned fine = 0, ended = 0;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct rig *r = rig_new(seed);
        struct rng *rng = rng_stream(r->w->sim, "test");
        net_link_impair(r->p->link, ALL,
                        &(struct net_impair){.delay = MILLISECONDS(20),
                                             .burst_enter_ppb = PERCENT(1),
                                             .burst_leave_ppb = PERCENT(20)});
        r->set_from = r->set_to = (struct net_tcp_settings){.key = KEY, .tries = 4, .syn_tries = 2};
        r->client.send = 100000;
        r->server.send = 100000;
        rig_listen(r);
        rig_connect(r);
        for (int i = 0; i < 6; i++) {
            world_run(r->w, sim_now(r->w->sim) + (sim_time)rng_below(rng, SECONDS(20)));
            net_link_set_up(r->p->link, false);
            world_run(r->w, sim_now(r->w->sim) + (sim_time)rng_below(rng, SECONDS(18)));
            net_link_set_up(r->p->link, true);
        }
        world_run(r->w, SECONDS(20000));
        cr_expect(r->client.ended, "seed %u: %s", (unsigned)seed, rig_says(r));
        cr_expect_not(r->client.out_of_order || r->server.out_of_order);
        cr_expect_eq(r->client.wrong + r->server.wrong, 0);
        if (rig_fine(r))
            fine++;
        else
            ended++;
        cr_expect_eq(net_tcp_count(r->from), 0, "seed %u", (unsigned)seed);
        rig_free(r);
    }
    cr_expect_gt(fine, 20);
    cr_expect_gt(ended, 20);
}

/* ---- Segments made up ---- */

static struct tcp_head any_segment(struct rng *rng, const struct rig *r, bool to_server)
{
    const struct net_tcp_info *i = &r->client.last;
    struct tcp_head h = {.sport = i->lport,
                         .dport = PORT,
                         .seq = rng_u32(rng),
                         .ack = rng_u32(rng),
                         .flags = (uint8_t)rng_below(rng, 64),
                         .window = (uint16_t)rng_u32(rng),
                         .mss = rng_below(rng, 3) ? 0 : (uint16_t)rng_u32(rng),
                         .has_wscale = rng_below(rng, 3) == 0,
                         .wscale = (uint8_t)rng_u32(rng)};
    if (!to_server) {
        h.sport = PORT;
        h.dport = i->lport;
    }
    if (rng_below(rng, 6) == 0)
        h.dport = (uint16_t)rng_u32(rng);
    return h;
}

Test(tcp_hostile, segments_of_a_stranger_who_guesses_break_nothing, .timeout = 600)
{
    for (uint64_t seed = 0; seed < 40; seed++) {
        struct rig *r = rig_new(seed);
        struct net_if *c_if = port(host(r->w, "c"), "eth0", "10.0.0.3/24");
        net_link_attach(r->p->link, c_if);
        struct rng *rng = rng_stream(r->w->sim, "test");
        net_link_impair(r->p->link, ALL, &(struct net_impair){.delay = MILLISECONDS(10)});
        r->client.send = r->server.send = 400000;
        r->client.stay = r->server.stay = true;
        rig_listen(r);
        rig_connect(r);
        world_run(r->w, MILLISECONDS(35)); /* before that, his SYN would be as good as any */
        for (int i = 0; i < 2000; i++) {
            world_run(r->w, sim_now(r->w->sim) + MILLISECONDS(1));
            bool to_server = rng_below(rng, 2);
            net_tcp_info(r->client.c, &r->client.last);
            struct tcp_head h = any_segment(rng, r, to_server);
            rig_inject(c_if->node, addr(to_server ? "10.0.0.1" : "10.0.0.2"),
                       addr(to_server ? "10.0.0.2" : "10.0.0.1"), &h, rng_below(rng, 1400));
        }
        cr_expect_eq(r->client.got, 400000, "seed %u: %s", (unsigned)seed, rig_says(r));
        cr_expect_eq(r->server.got, 400000, "seed %u: %s", (unsigned)seed, rig_says(r));
        cr_assert(r->client.c && r->server.c);
        net_tcp_close(r->client.c);
        world_run(r->w, SECONDS(300));
        cr_expect(rig_fine(r), "seed %u: %s", (unsigned)seed, rig_says(r));
        cr_expect_eq(net_tcp_count(r->from) + net_tcp_count(r->to), 0, "what he opened is gone");
        rig_free(r);
    }
}

/* One who sees the numbers, but does not hit the very next one. */
Test(tcp_hostile, resets_and_syns_inside_the_window_are_challenged)
{
    static const struct {
        uint8_t flags;
        uint32_t off; /* from the number expected next */
    } row[] = {
        {TCP_RST, 1},
        {TCP_RST, 60000},
        {TCP_RST | TCP_ACK, 5},
        {TCP_RST, 70000},
        {TCP_RST, 0u - 1},
        {TCP_SYN, 0},
        {TCP_SYN, 100},
        {TCP_SYN | TCP_ACK, 0},
        {TCP_SYN | TCP_RST, 9},
        {TCP_SYN | TCP_FIN, 3},
        {0, 0},
        {TCP_FIN, 0},
        {TCP_URG, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        net_link_impair(r->p->link, ALL, &(struct net_impair){.delay = MILLISECONDS(10)});
        r->set_from.iss_given = r->set_to.iss_given = true;
        r->set_from.iss = 1000;
        r->client.stay = r->server.stay = true;
        rig_run(r, 5000, 5000, SECONDS(1));
        struct tcp_head h = {.sport = r->client.last.lport,
                             .dport = PORT,
                             .seq = 1000 + 1 + 5000 + row[i].off,
                             .flags = row[i].flags};
        rig_inject(r->from, addr("10.0.0.1"), addr("10.0.0.2"), &h, 0);
        world_run(r->w, SECONDS(2));
        net_tcp_send(r->client.c, 5000);
        r->client.send += 5000;
        net_tcp_close(r->client.c);
        world_run(r->w, SECONDS(100));
        cr_expect(rig_fine(r), "row %zu: %s", i, rig_says(r));
        rig_free(r);
    }
}

Test(tcp_hostile, bytes_that_are_not_the_senders_are_seen)
{
    struct rig *r = rig_new(1);
    r->set_from.iss_given = true;
    r->client.stay = r->server.stay = true;
    rig_run(r, 100, 0, SECONDS(1));
    struct net_tcp_info server;
    net_tcp_info(r->server.c, &server);
    struct tcp_head h = {
        .sport = r->client.last.lport, .dport = PORT, .seq = 101, .flags = TCP_ACK, .window = 1000};
    h.ack = 0; /* unknown to him: taken from the answer to a keepalive in life */
    r->server.send = 0;
    net_tcp_forget(r->client.c);
    net_tcp_set_resets(r->from, false);
    r->set_to.iss = 0;
    for (uint32_t ack = 0; ack < 1; ack++)
        rig_inject(r->from, addr("10.0.0.1"), addr("10.0.0.2"), &h, 50);
    world_run(r->w, SECONDS(2));
    cr_expect_eq(r->server.got, 100, "a wrong acknowledgment alone saves it");
    rig_free(r);

    /* A box on the way that changes bytes and mends the checksum: the pattern tells. */
    uint8_t bytes[64];
    net_tcp_pattern(KEY, true, 13, bytes, sizeof bytes);
    cr_expect_eq(net_tcp_pattern_wrong(KEY, true, 13, span_of(bytes, sizeof bytes)), 0);
    cr_expect_gt(net_tcp_pattern_wrong(KEY, true, 14, span_of(bytes, sizeof bytes)), 50);
    cr_expect_gt(net_tcp_pattern_wrong(KEY, false, 13, span_of(bytes, sizeof bytes)), 50);
    cr_expect_gt(net_tcp_pattern_wrong(KEY + 1, true, 13, span_of(bytes, sizeof bytes)), 50);
    bytes[20] ^= 1;
    bytes[63] ^= 0x80;
    cr_expect_eq(net_tcp_pattern_wrong(KEY, true, 13, span_of(bytes, sizeof bytes)), 2);
}

Test(tcp_hostile, different_keys_at_both_ends_are_noticed)
{
    struct rig *r = rig_new(1);
    r->set_to.key = KEY + 1;
    rig_run(r, 10000, 0, SECONDS(10));
    cr_expect_eq(r->server.got, 10000);
    cr_expect_gt(r->server.wrong, 9000);
    rig_free(r);
}

Test(tcp_hostile, a_flood_of_syns_is_bounded_and_forgotten)
{
    struct rig *r = rig_new(1);
    struct rng *rng = rng_stream(r->w->sim, "test");
    rig_listen(r);
    for (uint32_t i = 0; i < 5000; i++) {
        struct tcp_head h = {.sport = (uint16_t)(1 + i),
                             .dport = PORT,
                             .seq = rng_u32(rng),
                             .flags = TCP_SYN,
                             .window = 1000};
        rig_inject(r->from, addr("10.0.0.200"), addr("10.0.0.2"), &h, 0);
        world_run(r->w, sim_now(r->w->sim) + MILLISECONDS(1));
        cr_assert_leq(net_tcp_count(r->to), 128);
    }
    cr_expect_eq(counter(r->to, "drop.TCP_LIMIT"), 5000 - 128);
    world_run(r->w, SECONDS(300));
    cr_expect_eq(net_tcp_count(r->to), 0);
    rig_connect(r);
    world_run(r->w, SECONDS(400));
    cr_expect(rig_fine(r), "%s", rig_says(r));
    rig_free(r);
}

Test(tcp_hostile, heads_that_are_cut_or_damaged_are_drops_with_a_reason)
{
    struct rig *r = rig_new(1);
    rig_listen(r);
    uint8_t b[TCP_HEAD];
    const struct tcp_head h = {.sport = 1, .dport = PORT, .flags = TCP_SYN};
    tcp_emit(addr("10.0.0.1"), addr("10.0.0.2"), &h, b, 0);
    for (size_t n = 0; n < TCP_HEAD; n++)
        net_send_ip(r->from, 0, addr("10.0.0.2"), IPPROTO_NUM_TCP, 0, false, span_of(b, n));
    b[4] ^= 1;
    net_send_ip(r->from, 0, addr("10.0.0.2"), IPPROTO_NUM_TCP, 0, false, span_of(b, sizeof b));
    tcp_emit(addr("10.0.0.1"), addr("10.0.0.255"), &h, b, 0);
    net_send_ip(r->from, 0, addr("10.0.0.255"), IPPROTO_NUM_TCP, 0, false, span_of(b, sizeof b));
    world_run(r->w, SECONDS(1));
    cr_expect_eq(counter(r->to, "drop.TCP_SHORT"), TCP_HEAD);
    cr_expect_eq(counter(r->to, "drop.TCP_CHECKSUM"), 1);
    cr_expect_eq(counter(r->to, "drop.TCP_NO_PORT"), 1);
    cr_expect_eq(net_tcp_count(r->to), 0);
    rig_free(r);
}
