/* Phase 1 replaced before its end, both phases replaced by both ends at once. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

/* A lifetime of 1000 s; I's point is at 75 %. */
static struct ike_pair *pair_with_points(uint32_t i_percent, uint32_t r_percent)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    for (int side = 0; side < 2; side++) {
        struct pair_end *e = &p->end[side];
        ike_policy_find(e->conf, 10)->lifetime_s = 1000;
        e->profile.p1_rekey_percent = i_percent;
        e->profile.p1_rekey_percent_r = r_percent;
    }
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_assert_null(pair_disagreement(p));
    return p;
}

static struct ike_sa *serving(const struct ike_pair *p, enum ike_role side)
{
    const struct pair_end *e = &p->end[side];
    return ike_sa_working(ike_peer_find(e->engine, e->peer, 0), e->addr);
}

static unsigned working(const struct ike_pair *p, enum ike_role side)
{
    struct ike_sa_view v;
    unsigned n = 0;
    for (size_t i = 0; ike_sa_at(p->end[side].engine, i, &v); i++)
        n += v.state == IKE_STATE_QM_IDLE;
    return n;
}

Test(rekey, of_phase_1_begins_at_its_point_and_pairs_stay)
{
    static const struct {
        uint32_t i, r;
        const char *begins;
    } row[] = {
        {75, 90, "750.060  -->  MM  SA\n"},
        {0, 90, "900.050  <--  MM  SA\n"},
        {90, 60, "600.050  <--  MM  SA\n"},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = pair_with_points(row[k].i, row[k].r);
        pair_run(p, SECONDS(950));
        cr_expect_not_null(strstr(pair_ladder(p), row[k].begins), "row %zu:\n%s", k,
                           pair_ladder(p));
        cr_expect_eq(p->sent->len, 15, "row %zu: six messages more, no more", k);
        cr_expect_eq(serving(p, PAIR_I)->cky_i, serving(p, PAIR_R)->cky_i);
        cr_expect_eq(serving(p, PAIR_I)->id, 2);
        cr_expect_eq(p->end[PAIR_I].installed, 1);
        pair_run(p, SECONDS(1001));
        cr_expect_eq(pair_sa(p, PAIR_I, 0).dead_why, WHY_EXPIRED, "the old one lives to its end");
        cr_expect_eq(p->end[PAIR_I].children->len, 1);
        cr_expect_null(pair_disagreement(p));
        pair_free(p);
    }
}

Test(rekey, happens_when_it_is_needed_where_no_point_is_set)
{
    struct ike_pair *p = pair_with_points(0, 0);
    pair_run(p, SECONDS(1100));
    cr_expect_eq(working(p, PAIR_I), 0);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1102));
    cr_expect_eq(working(p, PAIR_I), 1);
    pair_free(p);
}

Test(rekey, deletes_the_old_sa_after_a_while_where_the_profile_does)
{
    struct ike_pair *p = pair_with_points(75, 0);
    p->end[PAIR_I].profile.p1_old_linger_s = 20;
    pair_run(p, SECONDS(769));
    cr_expect_eq(working(p, PAIR_R), 2);
    pair_run(p, SECONDS(772));
    cr_expect_eq(pair_sa(p, PAIR_I, 0).dead_why, WHY_REPLACED);
    cr_expect_eq(pair_sa(p, PAIR_R, 0).dead_why, WHY_PEER_DELETE);
    cr_expect_eq(working(p, PAIR_R), 1);
    cr_expect_eq(p->end[PAIR_R].children->len, 1);
    pair_free(p);
}

/* Jitter comes from a stream of its own: the same point in every run, and earlier. */
Test(rekey, comes_earlier_by_chance_where_the_profile_says_so)
{
    sim_time point[2];
    for (int run = 0; run < 2; run++) {
        struct ike_pair *p = pair_new();
        for (int side = 0; side < 2; side++) {
            p->end[side].profile.p1_rekey_percent = 75;
            p->end[side].profile.p1_rekey_jitter = 10;
        }
        pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(1));
        point[run] = pair_sa(p, PAIR_I, 0).rekey;
        pair_free(p);
    }
    cr_expect_eq(point[0], point[1]);
    cr_expect(point[0] < SECONDS(64800) && point[0] > SECONDS(56160));
}

/* CAT-92 case 3: attempts fill the time from the point to the end. */
Test(rekey, is_tried_until_the_lifetime_ends)
{
    struct ike_pair *p = pair_with_points(75, 0);
    pair_run(p, SECONDS(740));
    p->lose = UINT64_MAX;
    pair_run(p, SECONDS(930));
    cr_expect_geq(pair_count(p, PAIR_I, "ike.phase1.failed"), 2);
    cr_expect_eq(working(p, PAIR_I), 1, "the old one still serves");
    p->lose = 0;
    pair_run(p, SECONDS(990));
    cr_expect_eq(serving(p, PAIR_I)->cky_i, serving(p, PAIR_R)->cky_i);
    cr_expect_gt(serving(p, PAIR_R)->id, 1);
    pair_run(p, SECONDS(1100));
    cr_expect_null(pair_disagreement(p), "%s", pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    pair_free(p);
}

Test(rekey, that_never_gets_through_ends_with_the_lifetime)
{
    struct ike_pair *p = pair_with_points(75, 0);
    pair_run(p, SECONDS(740));
    p->lose = UINT64_MAX;
    pair_run(p, SECONDS(1200));
    cr_expect_eq(working(p, PAIR_I) + working(p, PAIR_R), 0);
    guint sent = p->sent->len;
    pair_run(p, SECONDS(2000));
    cr_expect_eq(p->sent->len, sent, "nobody calls for ever");
    p->lose = 0;
    pair_ask(p, PAIR_R);
    pair_run(p, SECONDS(2010));
    cr_expect_eq(serving(p, PAIR_I)->cky_i, serving(p, PAIR_R)->cky_i);
    pair_free(p);
}

/* The successor goes at once: the old one serves again, and is replaced once more. */
Test(rekey, is_done_again_when_the_successor_is_cleared)
{
    struct ike_pair *p = pair_with_points(75, 0);
    pair_run(p, SECONDS(760));
    ike_clear(p->end[PAIR_I].engine, 2, WHY_ADMIN);
    pair_run(p, SECONDS(763));
    cr_expect_eq(serving(p, PAIR_I)->id, 3);
    cr_expect_eq(serving(p, PAIR_I)->cky_i, serving(p, PAIR_R)->cky_i);
    pair_free(p);
}

/* ---- Phase 1, both ends at once ---- */

static struct ike_pair *colliding_pair(void)
{
    struct ike_pair *p = pair_with_points(0, 0);
    return p;
}

static struct ike_pair *surviving_pair(void)
{
    struct ike_pair *p = colliding_pair();
    p->end[0].profile.p1_one_survives = p->end[1].profile.p1_one_survives = true;
    return p;
}

/* As if both points were reached so far apart. */
static void rekey_both(struct ike_pair *p, int offset_ms)
{
    enum ike_role first = offset_ms < 0 ? PAIR_R : PAIR_I;
    struct ike_sa *sa[2] = {serving(p, PAIR_I), serving(p, PAIR_R)};
    ike_rekey_timer(sa[first]);
    pair_run(p, sim_now(p->sim) + MILLISECONDS(ABS(offset_ms)));
    ike_rekey_timer(sa[1 - first]);
}

static void expect_one_serves(struct ike_pair *p, const char *what, unsigned number)
{
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_eq(serving(p, PAIR_I)->cky_i, serving(p, PAIR_R)->cky_i, "%s %u\n%s", what, number,
                 pair_ladder(p));
    cr_expect_gt(serving(p, PAIR_I)->id, 1, "%s %u: it is a new one", what, number);
}

Test(collision, of_phase_1_rekeys_leaves_one_that_serves_whatever_the_offset)
{
    for (int one = 0; one < 2; one++) {
        for (int ms = -40; ms <= 40; ms += 1) {
            struct ike_pair *p = one ? surviving_pair() : colliding_pair();
            pair_record(p, PAIR_I);
            rekey_both(p, ms);
            pair_run(p, SECONDS(300));
            bool met = ABS(ms) < 10;
            expect_one_serves(p, one ? "one survives, offset" : "both complete, offset",
                              (unsigned)(ms + 40));
            cr_expect_eq(pair_recorded(p, "ike_collision ours") ||
                             pair_recorded(p, "ike_collision"),
                         met, "%d ms", ms);
            cr_expect_eq(working(p, PAIR_I), met && !one ? 3 : 2, "%d ms", ms);
            cr_expect_eq(working(p, PAIR_R), met && !one ? 3 : 2, "%d ms", ms);
            pair_free(p);
        }
    }
}

static void collide(struct ike_pair *p)
{
    rekey_both(p, 0);
}

static void settle(struct ike_pair *p, const char *what, unsigned number)
{
    pair_run(p, SECONDS(500));
    expect_one_serves(p, what, number);
    for (int side = 0; side < 2; side++) {
        pair_ask(p, side);
        pair_run(p, sim_now(p->sim) + SECONDS(60));
    }
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_eq(p->end[0].children->len, 3, "%s %u: both can ask", what, number);
}

Test(collision, of_phase_1_with_one_survivor_under_every_loss_copy_and_swap)
{
    pair_try_all(&(struct pair_trial){surviving_pair, collide, settle});
}

/* Both may complete under two names of "newest"; each end takes what comes under either. */
static void settle_either(struct ike_pair *p, const char *what, unsigned number)
{
    pair_run(p, SECONDS(500));
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    for (int side = 0; side < 2; side++) {
        pair_ask(p, side);
        pair_run(p, sim_now(p->sim) + SECONDS(60));
    }
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_eq(p->end[0].children->len, 3, "%s %u: both can ask", what, number);
}

Test(collision, of_phase_1_where_both_complete_under_every_loss_copy_and_swap)
{
    pair_try_all(&(struct pair_trial){colliding_pair, collide, settle_either});
}

static void rekey_one(struct ike_pair *p)
{
    ike_rekey_timer(serving(p, PAIR_I));
}

Test(rekey, under_every_loss_copy_and_swap_ends_in_agreement)
{
    pair_try_all(&(struct pair_trial){colliding_pair, rekey_one, settle});
}

/* ---- Phase 2, both ends at once ---- */

static struct ike_pair *phase2_pair(void)
{
    struct ike_pair *p = colliding_pair();
    p->end[0].profile.p2_one_survives = p->end[1].profile.p2_one_survives = true;
    return p;
}

static void ask_for_successor(struct ike_pair *p, enum ike_role side)
{
    struct ike_request r = pair_request_of(p, side);
    r.spi_old = ((const struct pair_child *)p->end[side].children->pdata[0])->c.spi_in;
    ike_request_sas(p->end[side].engine, &r);
}

Test(collision, of_phase_2_rekeys_leaves_one_successor_whatever_the_offset)
{
    for (int ms = -40; ms <= 40; ms += 1) {
        enum ike_role first = ms < 0 ? PAIR_R : PAIR_I;
        struct ike_pair *p = phase2_pair();
        pair_record(p, PAIR_I);
        ask_for_successor(p, first);
        pair_run(p, sim_now(p->sim) + MILLISECONDS(ABS(ms)));
        ask_for_successor(p, 1 - first);
        pair_run(p, SECONDS(120));
        /* Who has been asked already, up to the third message, does not ask too. */
        bool met = ABS(ms) < 10, served = ABS(ms) < 30;
        cr_expect_null(pair_disagreement(p), "%d ms: %s", ms, pair_disagreement(p));
        cr_expect_eq(p->end[0].children->len, served ? 2 : 3, "%d ms: %u", ms,
                     p->end[0].children->len);
        cr_expect_eq(pair_recorded(p, "ike_collision ours") || pair_recorded(p, "ike_collision"),
                     met, "%d ms", ms);
        pair_free(p);
    }
}

static void collide_phase2(struct ike_pair *p)
{
    ask_for_successor(p, PAIR_I);
    ask_for_successor(p, PAIR_R);
}

static void settle_phase2(struct ike_pair *p, const char *what, unsigned number)
{
    pair_run(p, SECONDS(200));
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    if (p->end[PAIR_I].children->len == 1) /* both gave up: IPsec asks again */
        ask_for_successor(p, PAIR_I);
    pair_run(p, SECONDS(400));
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_geq(p->end[0].children->len, 2, "%s %u: there is a successor", what, number);
    cr_expect_leq(p->end[0].children->len, 3, "%s %u", what, number);
}

Test(collision, of_phase_2_under_every_loss_copy_and_swap)
{
    pair_try_all(&(struct pair_trial){phase2_pair, collide_phase2, settle_phase2});
}
