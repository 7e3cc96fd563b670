/* TCP and the size of the path: it is found by ICMP, and where ICMP does not come back full
 * segments vanish while small ones pass (RFC 1191, RFC 2923 2.1). */
#include "net/tcp_rig.h"

/* pc1 - r1 - r2 - pc2, the link between the routers with this MTU on its interfaces; or, as a hole,
 * on the link itself, where nobody says a word. */
static struct rig *narrow(struct world *w, struct chain *c, uint16_t mtu, bool hole)
{
    *c = chain_new(w);
    if (hole)
        net_link_impair(c->wan, UINT32_MAX,
                        &(struct net_impair){.mtu = mtu, .delay = MILLISECONDS(10)});
    else {
        c->r1_wan->ip_mtu = c->r2_wan->ip_mtu = mtu;
        net_link_impair(c->wan, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(10)});
    }
    return rig_over(w, c->pc1, c->pc2, "10.2.0.5");
}

Test(tcp_path, every_size_is_found)
{
    static const uint16_t mtu[] = {1500, 1499, 1492, 1400, 1280, 576, 296, 100, 69, 68};
    for (size_t i = 0; i < G_N_ELEMENTS(mtu); i++) {
        struct world *w = world_new(i);
        struct chain c;
        struct rig *r = narrow(w, &c, mtu[i], false);
        rig_run(r, 100000, 100000, SECONDS(300));
        cr_expect(rig_fine(r), "%u: %s", mtu[i], rig_says(r));
        cr_expect_eq(r->client.last.mss, mtu[i] - 40u, "%u", mtu[i]);
        cr_expect_eq(r->server.last.mss, mtu[i] - 40u, "%u", mtu[i]);
        cr_expect_eq(counter(c.pc1, "tcp.path-mtu-lowered"), mtu[i] < 1500);
        cr_expect_eq(counter(c.pc1, "tcp.timeouts"), 0, "%u: the error itself brings it on",
                     mtu[i]);
        cr_expect_eq(counter(c.r1, "frag.made"), 0);
        world_free(w);
        rig_free(r);
    }
}

Test(tcp_path, in_a_hole_small_segments_pass_and_full_ones_vanish)
{
    struct world *w = world_new(1);
    struct chain c;
    struct rig *r = narrow(w, &c, 1400, true);
    r->set_from.tries = 5;
    r->client.stay = r->server.stay = true;
    rig_run(r, 1000, 1000, SECONDS(5)); /* one that fits */
    cr_expect_eq(r->server.got, 1000);
    cr_expect_eq(r->client.got, 1000);
    net_tcp_send(r->client.c, 20000);
    world_run(w, SECONDS(20));
    cr_expect_eq(r->server.got, 1000, "none of the full ones arrived");
    cr_expect_gt(counter(c.pc1, "tcp.timeouts"), 2);
    net_tcp_send(r->server.c, 100);
    world_run(w, SECONDS(21));
    cr_expect_eq(r->client.got, 1100, "the other direction still works");
    world_run(w, SECONDS(100));
    cr_expect(r->client.ended && r->client.why == NET_TCP_END_TIMEOUT, "%s", rig_says(r));
    world_free(w);
    rig_free(r);
}

/* Lists of pc1's router that let no ICMP through. */
static void filter_icmp(struct net_if *i)
{
    struct acl *a = net_acl_make(i->node, "no-icmp", true);
    struct acl_line *deny = g_new0(struct acl_line, 1), *permit = g_new0(struct acl_line, 1);
    *deny = (struct acl_line){.protocol = IPPROTO_NUM_ICMP,
                              .sport = {0, 65535},
                              .dport = {0, 65535},
                              .icmp_type = -1,
                              .icmp_code = -1};
    *permit = *deny;
    permit->permit = true;
    permit->protocol = 0;
    acl_add(a, deny);
    acl_add(a, permit);
    g_free(i->acl_in);
    i->acl_in = g_strdup("no-icmp");
}

Test(tcp_path, filtered_errors_make_the_same_hole_and_their_return_heals_it)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    c.r2_lan->ip_mtu = 1300; /* r2 says so, r1 lets no ICMP in */
    filter_icmp(c.r1_wan);
    struct rig *r = rig_over(w, c.pc1, c.pc2, "10.2.0.5");
    rig_run(r, 20000, 0, SECONDS(10));
    cr_expect_eq(r->server.got, 0);
    cr_expect_gt(counter(c.r2, "icmp.out"), 1);
    cr_expect_eq(counter(c.pc1, "icmp.in"), 0);
    net_acl_remove(c.r1, "no-icmp");
    world_run(w, SECONDS(30));
    cr_expect(r->server.fin && r->server.got == 20000, "%s", rig_says(r));
    cr_expect_eq(counter(c.pc1, "tcp.path-mtu-lowered"), 1);
    world_free(w);
    rig_free(r);
}

Test(tcp_path, without_df_routers_cut_and_nothing_is_learned)
{
    struct world *w = world_new(1);
    struct chain c;
    struct rig *r = narrow(w, &c, 1000, false);
    r->set_from.no_df = r->set_to.no_df = true;
    rig_run(r, 50000, 0, SECONDS(100));
    cr_expect(rig_fine(r), "%s", rig_says(r));
    cr_expect_eq(r->client.last.mss, 1460);
    cr_expect_gt(counter(c.r1, "frag.made"), 30);
    world_free(w);
    rig_free(r);
}

Test(tcp_path, the_next_connection_knows_it_for_ten_minutes)
{
    struct world *w = world_new(1);
    struct chain c;
    struct rig *r = narrow(w, &c, 1200, false);
    rig_run(r, 50000, 0, SECONDS(10));
    cr_expect_eq(counter(c.r1, "drop.IP_DF"), 3, "as many as the first window held");
    for (int i = 0; i < 2; i++) {
        world_run(w, i == 0 ? SECONDS(500) : SECONDS(1200));
        r->client = (struct side){.send = 50000};
        r->server = (struct side){0};
        rig_connect(r);
        world_run(w, sim_now(w->sim) + SECONDS(10));
        cr_expect(rig_fine(r), "%s", rig_says(r));
        cr_expect_eq(counter(c.r1, "drop.IP_DF"), i == 0 ? 3 : 6);
    }
    world_free(w);
    rig_free(r);
}

Test(tcp_path, errors_about_numbers_not_under_way_are_not_believed)
{
    static const struct {
        int32_t off; /* from the first number that is not acknowledged */
        uint16_t mtu;
        uint32_t mss;
    } row[] = {
        {0, 576, 536},   {-1, 576, 1460},  {-100000, 576, 1460}, {100000, 576, 1460},
        {0, 1500, 1460}, {0, 65535, 1460}, {0, 0, 1452},         {0, 1, 28},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        net_link_impair(r->p->link, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(100)});
        r->set_from.iss_given = true;
        r->client.stay = r->server.stay = true;
        r->set_from.iss = 5000;
        rig_run(r, 1460, 0, MILLISECONDS(250)); /* under way: 5001 and what follows */
        uint8_t b[ICMP_HEAD + IP4_HEAD + 8] = {0};
        uint8_t *quoted = b + ICMP_HEAD;
        const struct ip4_head ip = {.head_bytes = IP4_HEAD,
                                    .total = 1500,
                                    .ttl = 60,
                                    .protocol = IPPROTO_NUM_TCP,
                                    .src = r->client.last.local,
                                    .dst = r->client.last.remote};
        net_tcp_info(r->client.c, &r->client.last);
        ip4_head_emit(&ip, quoted);
        be32_put(quoted + 12, r->client.last.local);
        be32_put(quoted + 16, r->client.last.remote);
        be16_put(quoted + IP4_HEAD, r->client.last.lport);
        be16_put(quoted + IP4_HEAD + 2, PORT);
        be32_put(quoted + IP4_HEAD + 4, 5001u + (uint32_t)row[i].off);
        icmp_emit(&(struct icmp_head){.type = ICMP_UNREACHABLE,
                                      .code = ICMP_FRAG_NEEDED,
                                      .mtu = row[i].mtu},
                  b, IP4_HEAD + 8);
        net_link_impair(r->p->link, 1, &(struct net_impair){0});
        net_send_ip(r->to, 0, r->client.last.local, IPPROTO_NUM_ICMP, 0, false,
                    span_of(b, sizeof b));
        world_run(r->w, MILLISECONDS(290));
        net_tcp_info(r->client.c, &r->client.last);
        cr_expect_eq(r->client.last.mss, row[i].mss, "row %zu: %u", i, r->client.last.mss);
        world_run(r->w, SECONDS(20));
        cr_expect_eq(r->server.got, 1460);
        rig_free(r);
    }
}

/* ---- Recovery ---- */

static bool lose_numbers(void *self, uint32_t end, uint64_t number, struct span packet)
{
    const uint64_t *which = self;
    for (; *which; which++)
        if (end == 0 && number == *which)
            return true;
    return false;
}

Test(tcp_recovery, one_loss_in_a_window_is_repaired_without_a_time_out)
{
    static const uint64_t one[] = {20, 0}, three[] = {20, 22, 25, 0}, first[] = {3, 0};
    /* Of the three segments of the first window one alone is lost: two copies of an acknowledgment
     * are not enough, and the timer helps. */
    static const struct {
        const uint64_t *lost;
        uint64_t timeouts, fast, again;
    } row[] = {{one, 0, 1, 1}, {three, 0, 1, 3}, {first, 1, 0, 1}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct rig *r = rig_new(i);
        net_link_impair(r->p->link, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(20)});
        net_link_rule_add(r->p->link, &(struct net_match_rule){.match = lose_numbers,
                                                               .self = (void *)row[i].lost,
                                                               .act = NET_ACT_DROP});
        r->server.stay = true;
        rig_run(r, 200000, 0, SECONDS(20));
        cr_expect(r->server.got == 200000, "row %zu: %s", i, rig_says(r));
        cr_expect_eq(counter(r->from, "tcp.timeouts"), row[i].timeouts, "row %zu", i);
        cr_expect_eq(counter(r->from, "tcp.fast-retransmits"), row[i].fast, "row %zu", i);
        cr_expect_eq(counter(r->from, "tcp.out.again"), row[i].again, "row %zu", i);
        rig_free(r);
    }
}

/* The times of transmissions of one segment into nothing. */
static void note_time(void *self, const struct trace_event *e)
{
    const struct ev_tcp_tx *tx = e->data;
    if (tx->seq == 1 && tx->bytes > 0)
        g_string_append_printf(self, "%d ", (int)(e->at / MILLISECONDS(100)));
}

Test(tcp_recovery, tries_go_apart_twice_as_far_each_time_and_end)
{
    struct rig *r = rig_new(1);
    g_autoptr(GString) times = g_string_new(NULL);
    struct trace_mask m = {0};
    trace_mask_add(&m, EV_tcp_tx);
    trace_subscribe(r->w->trace, NULL, &m, note_time, times);
    r->client.stay = r->server.stay = true;
    rig_run(r, 0, 0, SECONDS(1));
    net_link_set_up(r->p->link, false);
    net_tcp_send(r->client.c, 100);
    world_run(r->w, SECONDS(1000));
    cr_expect_str_eq(times->str, "10 20 40 80 160 320 640 1240 1840 ");
    cr_expect(r->client.ended && r->client.why == NET_TCP_END_TIMEOUT);
    rig_free(r);
}

Test(tcp_recovery, a_bottleneck_is_filled_and_not_flooded)
{
    static const uint64_t rate[] = {200000, 2000000, 20000000};
    for (size_t i = 0; i < G_N_ELEMENTS(rate); i++) {
        struct rig *r = rig_new(i);
        net_link_impair(r->p->link, UINT32_MAX,
                        &(struct net_impair){
                            .delay = MILLISECONDS(10), .rate_bps = rate[i], .queue_bytes = 20000});
        uint64_t bytes = rate[i] / 8 * 20; /* twenty seconds of the wire */
        rig_run(r, bytes, 0, SECONDS(40));
        cr_expect(rig_fine(r), "%s", rig_says(r));
        r->client.last.id = 0;
        cr_expect_lt(counter(r->from, "tcp.out.again"), bytes / 1460 / 20, "a twentieth at most");
        rig_free(r);
    }
}

Test(tcp_recovery, round_trips_are_measured)
{
    static const sim_time delay[] = {MILLISECONDS(1), MILLISECONDS(100), SECONDS(2)};
    for (size_t i = 0; i < G_N_ELEMENTS(delay); i++) {
        struct rig *r = rig_new(i);
        net_link_impair(r->p->link, UINT32_MAX, &(struct net_impair){.delay = delay[i]});
        r->set_to.ack_delay = -1;
        rig_run(r, 300000, 0, SECONDS(300));
        cr_expect(rig_fine(r), "%s", rig_says(r));
        cr_expect_eq(r->client.last.srtt, 2 * delay[i]);
        cr_expect_geq(r->client.last.rto, SECONDS(1));
        cr_expect_geq(r->client.last.rto, 2 * delay[i]);
        rig_free(r);
    }
}
