/* Pairs that carry nothing end; pairs are rekeyed at a part of their lifetimes. */
#include "site.h"

static const struct ipsec_pair *newest(const struct site *s, int side)
{
    const struct ipsec_ident *v =
        ipsec_ident_count(s->r[side].ipsec) ? ipsec_ident_at(s->r[side].ipsec, 0) : NULL;
    return v && v->pairs->len ? v->pairs->pdata[0] : NULL;
}

static struct ipsec_map_entry *entry(struct site *s, int side)
{
    return ipsec_entry_find(ipsec_map_find(s->r[side].conf, "VPN"), 10);
}

Test(idle, ends_at_the_very_limit_and_tells_the_peer)
{
    static const struct {
        uint32_t global, own, at;
    } row[] = {{60, 0, 60}, {0, 90, 90}, {60, 90, 90}, {90, 60, 60}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        struct site_router *r = &s->r[0];
        r->conf->idle_s = row[i].global;
        entry(s, 0)->idle_s = row[i].own;
        site_install(s, 1000, 3600, 0);
        sim_run(s->sim, SECONDS(row[i].at) - 1);
        cr_expect_not_null(newest(s, 0), "row %zu", i);
        sim_run(s->sim, SECONDS(row[i].at));
        cr_expect_null(newest(s, 0), "row %zu", i);
        cr_expect_eq(r->ended, 1);
        cr_expect_eq(r->last_why, WHY_IDLE);
        cr_expect_eq(r->last_spi, 1000);
        cr_expect_eq(site_said(s, "r1 ipsec_sa_dead yes 3DES SHA1 IDLE"), 1);
        cr_expect_not_null(newest(s, 1), "the other end has no such timer");
        site_free(s);
    }
}

Test(idle, data_of_either_direction_counts_and_the_next_packet_asks_anew)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    r->conf->idle_s = 60;
    site_install(s, 1000, 3600, 0);
    sim_run(s->sim, SECONDS(50));
    site_ping(s, 1, 100, false);
    sim_time last = newest(s, 0)->last_used;
    cr_expect(last > SECONDS(50) && last < SECONDS(51), "the answer, which came in");
    sim_run(s->sim, last + SECONDS(60) - 1);
    cr_expect_eq(r->ended, 0);
    sim_run(s->sim, last + SECONDS(60));
    cr_expect_eq(r->ended, 1);
    cr_expect_eq(r->asked, 0);
    site_ping(s, 1, 100, false);
    cr_expect_eq(r->asked, 1);
    cr_expect_eq(r->last.spi_old, 0, "the first of a new life");
    site_free(s);
}

Test(idle, off_by_default)
{
    struct site *s = site_new();
    site_install(s, 1000, 0, 0);
    sim_run(s->sim, SECONDS(1000000));
    cr_expect_not_null(newest(s, 0));
    site_free(s);
}

Test(idle, a_successor_inherits_the_last_use)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    r->conf->idle_s = 100;
    site_install(s, 1000, 3600, 0);
    site_ping(s, 1, 100, false);
    sim_time last = newest(s, 0)->last_used;
    sim_run(s->sim, SECONDS(80));
    site_install(s, 2000, 3600, 0);
    cr_expect_eq(newest(s, 0)->last_used, last, "rekeying is no traffic");
    sim_run(s->sim, last + SECONDS(100) - 1);
    cr_expect_eq(r->ended, 0);
    sim_run(s->sim, last + SECONDS(100));
    cr_expect_eq(r->ended, 2, "old and new");
    cr_expect_null(newest(s, 0));
    site_free(s);
}

static void ponged(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
}

Test(idle, what_comes_by_the_older_pair_keeps_the_newer_alive)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    r->conf->idle_s = 60;
    site_install(s, 1000, 3600, 0);
    sim_run(s->sim, SECONDS(50));
    struct ipsec_child c = site_child(0, 2000, 3600, 0);
    cr_assert_eq(ipsec_install(r->ipsec, &c), WHY_NONE);
    /* r2 has the older one only and sends by it. */
    struct net_ping *back = net_ping_new(s->h2, ponged, NULL);
    net_ping_send(back, H2, H1, 0, 100, 0, false, 0xabcd, MILLISECONDS(900));
    sim_run(s->sim, SECONDS(109));
    cr_expect_not_null(newest(s, 0));
    sim_run(s->sim, SECONDS(112));
    cr_expect_null(newest(s, 0));
    net_ping_free(back);
    site_free(s);
}

Test(idle, the_first_peer_is_asked_again_where_the_entry_says_so)
{
    for (int first = 0; first < 2; first++) {
        struct site *s = site_new();
        struct site_router *r = &s->r[0];
        ip4 other = IP4(192, 0, 2, 77);
        g_array_prepend_val(entry(s, 0)->peers, other);
        entry(s, 0)->idle_s = 60;
        entry(s, 0)->idle_first_peer = first;
        ipsec_changed(r->ipsec);
        site_install(s, 1000, 3600, 0);
        cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->peer, R2);
        site_run(s, SECONDS(61));
        site_ping(s, 1, 100, false);
        cr_expect_eq(r->last.remote, first ? other : R2);
        site_free(s);
    }
}

/* ---- Rekey points ---- */

Test(rekey_point, by_part_of_the_life_and_by_role)
{
    static const struct {
        uint32_t percent, percent_r, life_s, life_kb;
        sim_time soft_i, soft_r;
        uint64_t bytes_i, bytes_r;
    } row[] = {
        {75, 90, 28800, 0, SECONDS(21600), SECONDS(25920), 0, 0},
        {75, 0, 3600, 0, SECONDS(2700), SECONDS(3575), 0, 0},
        {0, 90, 3600, 0, SECONDS(3570), SECONDS(3240), 0, 0},
        {75, 80, 0, 4608000, SIM_TIME_MAX, SIM_TIME_MAX, 3538944000, 3774873600},
        {50, 50, 1, 1, MILLISECONDS(500), MILLISECONDS(500), 512, 512},
        {1, 1, 0, 1, SIM_TIME_MAX, SIM_TIME_MAX, 10, 10},
        /* beyond the life: 99 */
        {100, 4000000000u, 1000, 0, SECONDS(990), SECONDS(990), 0, 0},
        /* the longest lives there are */
        {75, 75, UINT32_MAX, UINT32_MAX, 3221225471250000000, 3221225471250000000, 3298534882560,
         3298534882560},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        s->timing.soft_percent = row[i].percent;
        s->timing.soft_percent_r = row[i].percent_r;
        site_install(s, 1000, row[i].life_s, row[i].life_kb);
        cr_expect_eq(newest(s, 0)->soft, row[i].soft_i, "row %zu: %" G_GINT64_FORMAT, i,
                     newest(s, 0)->soft);
        cr_expect_eq(newest(s, 1)->soft, row[i].soft_r, "row %zu: %" G_GINT64_FORMAT, i,
                     newest(s, 1)->soft);
        cr_expect_eq(newest(s, 0)->soft_bytes, row[i].bytes_i, "row %zu: %" G_GUINT64_FORMAT, i,
                     newest(s, 0)->soft_bytes);
        cr_expect_eq(newest(s, 1)->soft_bytes, row[i].bytes_r, "row %zu: %" G_GUINT64_FORMAT, i,
                     newest(s, 1)->soft_bytes);
        cr_expect(row[i].life_s == 0 || newest(s, 0)->soft < newest(s, 0)->hard);
        site_free(s);
    }
}

Test(rekey_point, jitter_brings_it_forward_within_its_range_and_repeats_with_the_seed)
{
    sim_time seen[2][20];
    for (int run = 0; run < 2; run++) {
        struct site *s = site_new();
        s->timing.soft_percent = 75;
        s->timing.soft_jitter = 10;
        for (uint32_t i = 0; i < 20; i++) {
            site_install(s, 1000 + 10 * i, 10000, 0);
            seen[run][i] = newest(s, 0)->soft - newest(s, 0)->born;
            cr_expect(seen[run][i] >= SECONDS(6500) && seen[run][i] <= SECONDS(7500));
            cr_expect_eq(newest(s, 1)->soft - newest(s, 1)->born, SECONDS(9975),
                         "not where the point is told by what is left");
        }
        site_free(s);
    }
    bool differ = false;
    for (int i = 0; i < 20; i++) {
        cr_expect_eq(seen[0][i], seen[1][i]);
        differ |= seen[0][i] != seen[0][0];
    }
    cr_expect(differ);
}

Test(rekey_point, jitter_larger_than_the_point_leaves_one_percent)
{
    struct site *s = site_new();
    s->timing.soft_percent = 1;
    s->timing.soft_jitter = 50;
    for (uint32_t i = 0; i < 20; i++) {
        site_install(s, 1000 + 10 * i, 10000, 0);
        cr_expect_eq(newest(s, 0)->soft - newest(s, 0)->born, SECONDS(100));
    }
    site_free(s);
}

Test(rekey_point, asks_at_the_point_and_until_the_end)
{
    struct site *s = site_new();
    s->timing.soft_percent = 75;
    site_install(s, 1000, 400, 0);
    site_ping(s, 1, 100, false);
    sim_run(s->sim, SECONDS(300) - 1);
    cr_expect_eq(s->r[0].asked, 0);
    sim_run(s->sim, SECONDS(399));
    cr_expect_eq(s->r[0].asked, 10, "each ten seconds");
    sim_run(s->sim, SECONDS(400));
    cr_expect_eq(s->r[0].last_why, WHY_EXPIRED);
    site_free(s);
}
