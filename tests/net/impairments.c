/* Each impairment alone, with exact counts where the configuration gives them and bounds where
 * chance does; and the same seed gives the same packets. */
#include "world.h"

#define PERCENT(n) ((uint32_t)(n)*10000000u)

static struct pair *impaired(uint64_t seed, const struct net_impair *im)
{
    struct pair *p = pair_new(seed);
    net_link_impair(p->link, 0, im);
    return p;
}

static sim_time arrival(struct pair *p, guint i)
{
    return g_array_index(p->at, sim_time, i);
}

Test(impairments, delay_is_exact_and_of_one_direction)
{
    struct pair *p = impaired(1, &(struct net_impair){.delay = MILLISECONDS(20)});
    pair_send(p, 1, 3, 100, MILLISECONDS(1));
    for (guint i = 0; i < 3; i++)
        cr_expect_eq(arrival(p, i), MILLISECONDS(20 + i));
    cr_expect_eq(net_link_impairment(p->link, 0)->delay, MILLISECONDS(20));
    cr_expect_eq(net_link_impairment(p->link, 1)->delay, 0);
    pair_free(p);
}

Test(impairments, jitter_stays_in_its_bounds_and_keeps_the_order)
{
    struct pair *p =
        impaired(1, &(struct net_impair){.delay = MILLISECONDS(20), .jitter = MILLISECONDS(15)});
    pair_send(p, 1, 500, 100, MILLISECONDS(1));
    cr_assert_eq(p->at->len, 500);
    bool moved = false;
    for (guint i = 0; i < 500; i++) {
        sim_time took = arrival(p, i) - MILLISECONDS(i);
        cr_expect_geq(took, MILLISECONDS(5));
        cr_expect_leq(took, MILLISECONDS(35));
        cr_expect_eq(g_array_index(p->number, uint32_t, i), i + 1);
        moved = moved || took != MILLISECONDS(20);
    }
    cr_expect(moved);
    pair_free(p);
}

Test(impairments, jitter_greater_than_the_delay_never_goes_back_in_time)
{
    struct pair *p = impaired(1, &(struct net_impair){.delay = 5, .jitter = SECONDS(1)});
    pair_send(p, 1, 100, 100, SECONDS(2));
    cr_assert_eq(p->at->len, 100);
    for (guint i = 0; i < 100; i++)
        cr_expect_geq(arrival(p, i), SECONDS(2) * i);
    pair_free(p);
}

Test(impairments, loss_is_near_its_percentage)
{
    static const uint32_t percent[] = {0, 1, 10, 50, 100};
    for (size_t i = 0; i < G_N_ELEMENTS(percent); i++) {
        struct pair *p = impaired(7, &(struct net_impair){.loss_ppb = PERCENT(percent[i])});
        pair_send(p, 1, 4000, 100, 0);
        uint64_t lost = counter(p->a, "drop.LINK_LOSS");
        cr_expect_eq(lost + p->at->len, 4000);
        cr_expect_eq(p->a_if->out_drops, lost);
        uint64_t want = 40 * percent[i], slack = want / 4 < 4000 - want ? want / 4 : 4000 - want;
        cr_expect_leq(lost > want ? lost - want : want - lost, slack, "%u%%: %u", percent[i],
                      (unsigned)lost);
        pair_free(p);
    }
}

Test(impairments, masks_and_lists_name_the_packets_that_are_lost)
{
    uint64_t *list = g_new(uint64_t, 4);
    memcpy(list, (uint64_t[]){2, 3, 7, 10}, 4 * sizeof *list);
    const struct {
        struct net_impair im;
        const char *arrived;
    } row[] = {
        {{.loss_mask = 0x5, .loss_mask_len = 8}, "2 4 5 6 7 8 9 10"},
        {{.loss_mask = ~UINT64_C(0), .loss_mask_len = 3}, "4 5 6 7 8 9 10"},
        {{.loss_mask = 0x200, .loss_mask_len = 64}, "1 2 3 4 5 6 7 8 9"},
        {{.loss_mask = 0x3ff, .loss_mask_len = 0}, "1 2 3 4 5 6 7 8 9 10"},
        {{.loss_list = list, .n_loss_list = 4}, "1 4 5 6 8 9"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = impaired(1, &row[i].im);
        pair_send(p, 1, 10, 100, 0);
        cr_expect_str_eq(pair_arrived(p), row[i].arrived, "row %zu", i);
        pair_free(p);
    }
}

Test(impairments, a_list_for_every_end_is_copied_for_each)
{
    struct pair *p = pair_new(1);
    uint64_t *list = g_new(uint64_t, 1);
    list[0] = 1;
    net_link_impair(p->link, UINT32_MAX, &(struct net_impair){.loss_list = list, .n_loss_list = 1});
    pair_send(p, 1, 2, 100, 0);
    cr_expect_str_eq(pair_arrived(p), "2");
    net_send_udp(p->b, 0, 5, addr("10.0.0.1"), 5, 0, span_of("x", 1));
    cr_expect_eq(counter(p->b, "drop.LINK_LOSS"), 1);
    net_link_impair(p->link, 77, &(struct net_impair){.loss_list = g_new(uint64_t, 1)});
    pair_free(p);
}

Test(impairments, bursts_lose_in_runs)
{
    struct pair *p = impaired(
        3, &(struct net_impair){.burst_enter_ppb = PERCENT(2), .burst_leave_ppb = PERCENT(20)});
    pair_send(p, 1, 10000, 100, 0);
    uint64_t lost = 10000 - p->number->len, runs = 0;
    uint32_t before = 0;
    for (guint i = 0; i < p->number->len; i++) {
        uint32_t x = g_array_index(p->number, uint32_t, i);
        runs += x != before + 1;
        before = x;
    }
    /* In the long run enter/(enter+leave) = 1/11 is lost, in runs of 1/leave = 5. */
    cr_expect(lost > 600 && lost < 1250, "lost %u", (unsigned)lost);
    cr_expect(lost > 3 * runs && lost < 7 * runs, "%u runs", (unsigned)runs);
    pair_free(p);
}

Test(impairments, reordered_packets_are_overtaken)
{
    struct pair *p = impaired(1, &(struct net_impair){.delay = MILLISECONDS(10),
                                                      .reorder_ppb = PERCENT(10),
                                                      .reorder_by = MICROSECONDS(2500)});
    pair_send(p, 1, 1000, 100, MILLISECONDS(1));
    cr_assert_eq(p->number->len, 1000);
    guint late = 0;
    for (guint i = 0; i < 1000; i++) {
        uint32_t x = g_array_index(p->number, uint32_t, i);
        sim_time took = arrival(p, i) - MILLISECONDS(x - 1);
        if (took == MICROSECONDS(12500))
            late++;
        else
            cr_expect_eq(took, MILLISECONDS(10));
    }
    cr_expect(late > 60 && late < 150, "%u", late);
    pair_free(p);
}

Test(impairments, duplicates_come_twice)
{
    struct pair *p = impaired(1, &(struct net_impair){.duplicate_ppb = 1000000000});
    pair_send(p, 1, 3, 100, 0);
    cr_expect_str_eq(pair_arrived(p), "1 1 2 2 3 3");
    pair_free(p);
}

Test(impairments, corruption_flips_one_bit_past_the_ip_head)
{
    struct pair *p = impaired(1, &(struct net_impair){.corrupt_ppb = 1000000000});
    pair_send(p, 1, 50, 100, 0);
    uint64_t seen = counter(p->b, "drop.UDP_CHECKSUM") + counter(p->b, "drop.UDP_SHORT");
    cr_expect_eq(seen + p->at->len, 50);
    cr_expect_geq(seen, 49, "every flip but one in the checksum field to 0 is noticed");
    cr_expect_eq(counter(p->b, "drop.IP_CHECKSUM"), 0);
    pair_free(p);
}

Test(impairments, corruption_leaves_what_the_sender_holds)
{
    struct pair *p = impaired(1, &(struct net_impair){.corrupt_ppb = 1000000000});
    static const uint8_t data[100] = {0};
    struct pkt *q = raw_ip("10.0.0.1", "10.0.0.2", 99, 1, 0, 64, data, sizeof data);
    net_output_on(p->a_if, addr("10.0.0.2"), pkt_ref(q));
    world_run(p->w, SECONDS(1));
    cr_expect_eq(memcmp(pkt_data(q) + 20, data, sizeof data), 0);
    pkt_unref(q);
    net_output_on(p->a_if, 0, raw_ip("10.0.0.1", "10.0.0.2", 99, 1, 0, 64, data, 0));
    net_output_on(p->a_if, 0, pkt_new(0));
    world_run(p->w, SECONDS(2));
    pair_free(p);
}

Test(impairments, a_rate_spaces_packets_exactly)
{
    /* 1000 bytes of IP at 8 Mbit/s take a millisecond. */
    struct pair *p =
        impaired(1, &(struct net_impair){.rate_bps = 8000000, .delay = MILLISECONDS(3)});
    pair_send(p, 1, 5, 1000 - 28, 0);
    for (guint i = 0; i < 5; i++)
        cr_expect_eq(arrival(p, i), MILLISECONDS(4 + i));
    pair_free(p);
}

Test(impairments, a_full_queue_drops)
{
    static const struct {
        uint32_t queue;
        size_t arrive; /* of 100 packets of 1000 bytes at once */
    } row[] = {{5000, 5}, {5999, 5}, {6000, 6}, {1, 1}, {0, 65}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p =
            impaired(1, &(struct net_impair){.rate_bps = 8000000, .queue_bytes = row[i].queue});
        pair_send(p, 1, 100, 1000 - 28, 0);
        cr_expect_eq(p->at->len, row[i].arrive, "queue %u: %u", row[i].queue, p->at->len);
        cr_expect_eq(counter(p->a, "drop.LINK_QUEUE"), 100 - row[i].arrive);
        pair_free(p);
    }
}

Test(impairments, a_queue_empties_at_the_rate)
{
    struct pair *p = impaired(1, &(struct net_impair){.rate_bps = 8000000, .queue_bytes = 2000});
    pair_send(p, 1, 50, 1000 - 28, MICROSECONDS(1000));
    cr_expect_eq(p->at->len, 50, "as fast as the wire: nothing waits");
    pair_send(p, 1, 50, 1000 - 28, MICROSECONDS(500));
    cr_expect(p->at->len >= 50 + 25 && p->at->len <= 50 + 28, "twice as fast: half of it");
    pair_free(p);
}

Test(impairments, the_links_mtu_swallows_what_is_larger)
{
    struct pair *p = impaired(1, &(struct net_impair){.mtu = 1000});
    pair_send(p, 1, 1, 972, 0);
    pair_send(p, 2, 1, 973, 0);
    cr_expect_str_eq(pair_arrived(p), "1");
    cr_expect_eq(counter(p->a, "drop.LINK_MTU"), 1);
    cr_expect_eq(counter(p->a, "icmp.in"), 0, "nobody is told");
    pair_free(p);
}

Test(impairments, a_black_hole_takes_all_until_it_is_lifted)
{
    struct pair *p = impaired(1, &(struct net_impair){.blackhole = true});
    pair_send(p, 1, 3, 100, 0);
    net_link_impair(p->link, 0, &(struct net_impair){0});
    pair_send(p, 4, 2, 100, 0);
    cr_expect_str_eq(pair_arrived(p), "4 5");
    cr_expect_eq(counter(p->a, "drop.LINK_BLACKHOLE"), 3);
    pair_free(p);
}

Test(impairments, a_shorter_delay_does_not_let_packets_overtake)
{
    struct pair *p = impaired(1, &(struct net_impair){.delay = MILLISECONDS(100)});
    uint8_t one[4] = {0, 0, 0, 1};
    net_send_udp(p->a, 0, 9, addr("10.0.0.2"), 9, 0, span_of(one, 4));
    net_link_impair(p->link, 0, &(struct net_impair){.delay = MILLISECONDS(1)});
    pair_send(p, 2, 1, 100, 0);
    cr_expect_str_eq(pair_arrived(p), "1 2");
    cr_expect_eq(arrival(p, 1), MILLISECONDS(100));
    pair_free(p);
}

Test(impairments, a_recorded_trace_is_replayed)
{
    static const struct net_trace_row rows[] = {
        {MILLISECONDS(10), MILLISECONDS(5), false},
        {MILLISECONDS(20), MILLISECONDS(1), true},
        {MILLISECONDS(30), MILLISECONDS(7), false},
    };
    static const struct {
        bool loop;
        const char *arrived;
        sim_time last_delay; /* of packet 9, sent at 80 ms */
    } row[] = {
        {false, "1 2 4 5 6 7 8 9", MILLISECONDS(7)},
        {true, "1 2 4 5 6 8 9", 0}, /* 40 ms long: 60 ms is lost again, 80 ms as 0 ms */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pair *p = pair_new(1);
        net_link_replay(p->link, 0, g_memdup2(rows, sizeof rows), G_N_ELEMENTS(rows), row[i].loop);
        pair_send(p, 1, 9, 100, MILLISECONDS(10));
        cr_expect_str_eq(pair_arrived(p), row[i].arrived);
        cr_expect_eq(arrival(p, 0), 0, "before the first row nothing is done");
        cr_expect_eq(arrival(p, 1), MILLISECONDS(15));
        cr_expect_eq(arrival(p, p->at->len - 1), MILLISECONDS(80) + row[i].last_delay);
        net_link_replay(p->link, 0, NULL, 0, false);
        net_link_replay(p->link, 9, g_memdup2(rows, sizeof rows), 3, false);
        pair_free(p);
    }
}

static const struct net_impair everything = {
    .delay = MILLISECONDS(5),
    .jitter = MILLISECONDS(4),
    .loss_ppb = PERCENT(10),
    .burst_enter_ppb = PERCENT(1),
    .burst_leave_ppb = PERCENT(30),
    .reorder_ppb = PERCENT(10),
    .reorder_by = MILLISECONDS(3),
    .duplicate_ppb = PERCENT(10),
    .corrupt_ppb = PERCENT(10),
    .rate_bps = 10000000,
    .queue_bytes = 3000,
};

/* Numbers with their times, as text. */
static char *history(uint64_t seed, const struct net_impair *im)
{
    struct pair *p = impaired(seed, im);
    pair_send(p, 1, 300, 500, MICROSECONDS(300));
    GString *s = g_string_new(NULL);
    for (guint i = 0; i < p->at->len; i++)
        g_string_append_printf(s, "%u@%" G_GINT64_FORMAT " ", g_array_index(p->number, uint32_t, i),
                               arrival(p, i));
    pair_free(p);
    return g_string_free(s, FALSE);
}

Test(impairments, the_same_seed_gives_the_same_packets)
{
    g_autofree char *one = history(5, &everything), *again = history(5, &everything);
    g_autofree char *other = history(6, &everything);
    cr_expect_str_eq(one, again);
    cr_expect_str_neq(one, other);
}

Test(impairments, switching_one_on_leaves_the_choices_of_the_others)
{
    static const struct net_impair also[] = {
        {.jitter = MILLISECONDS(1)},
        {.duplicate_ppb = PERCENT(50)},
        {.corrupt_ppb = PERCENT(1)},
        {.reorder_ppb = PERCENT(50), .reorder_by = 5},
        {.mtu = 1000},
    };
    struct pair *plain = impaired(9, &(struct net_impair){.loss_ppb = PERCENT(20)});
    pair_send(plain, 1, 500, 100, 0);
    uint64_t lost = counter(plain->a, "drop.LINK_LOSS");
    cr_expect_gt(lost, 50);
    for (size_t i = 0; i < G_N_ELEMENTS(also); i++) {
        struct net_impair im = also[i];
        im.loss_ppb = PERCENT(20);
        struct pair *p = impaired(9, &im);
        pair_send(p, 1, 500, 100, 0);
        cr_expect_eq(counter(p->a, "drop.LINK_LOSS"), lost, "row %zu", i);
        pair_free(p);
    }
    pair_free(plain);
}

Test(impairments, changes_are_told_by_name)
{
    struct pair *p = pair_new(1);
    world_log_event(p->w, EV_link_change);
    net_link_impair(p->link, 0,
                    &(struct net_impair){.delay = MILLISECONDS(20), .loss_ppb = PERCENT(1)});
    cr_expect_str_eq(world_log(p->w), " link_change link delay 20ms\n"
                                      " link_change link loss 10000000ppb\n");
    net_link_impair(p->link, 0, &(struct net_impair){.delay = 1500, .blackhole = true});
    cr_expect_str_eq(world_log(p->w), " link_change link delay 1500ns\n"
                                      " link_change link loss 0ppb\n"
                                      " link_change link blackhole on\n");
    net_link_set_up(p->link, false);
    cr_expect_str_eq(world_log(p->w), " link_change link state down\n");
    pair_free(p);
}

Test(impairments, extreme_values_stay_times)
{
    struct pair *p = impaired(1, &(struct net_impair){.delay = SIM_TIME_MAX,
                                                      .jitter = SIM_TIME_MAX,
                                                      .reorder_ppb = UINT32_MAX,
                                                      .reorder_by = SIM_TIME_MAX,
                                                      .rate_bps = 1,
                                                      .duplicate_ppb = UINT32_MAX,
                                                      .loss_mask_len = UINT32_MAX});
    pair_send(p, 1, 3, 60000, 0);
    net_link_impair(p->link, 0, &(struct net_impair){.rate_bps = UINT64_MAX, .delay = -5});
    pair_send(p, 1, 3, 60000, 0);
    pair_free(p);
}
