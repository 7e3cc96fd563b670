/* Requests that wait for phase 1, quick modes that are refused for policy, and lifetimes that
 * differ. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

static struct ike_pair *two_requests(void)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    pair_record(p, PAIR_I);
    struct ike_request r = pair_request_of(p, PAIR_I);
    ike_request_sas(p->end[PAIR_I].engine, &r);
    r.local_proxy = proxy_of(IP4(10, 3, 0, 0), ip4_mask(16), 0, 0);
    ike_request_sas(p->end[PAIR_I].engine, &r);
    pair_run(p, MILLISECONDS(30));
    return p;
}

Test(waiting, requests_are_taken_up_when_phase_1_is_done)
{
    struct ike_pair *p = two_requests();
    cr_expect_not(pair_recorded(p, "ike_released"));
    pair_run(p, SECONDS(1));
    cr_expect(pair_recorded(p, "ike_released"));
    cr_expect_eq(p->end[PAIR_I].children->len, 2);
    pair_free(p);
}

Test(waiting, requests_whose_configuration_went_meanwhile_fail)
{
    struct ike_pair *p = two_requests();
    p->end[PAIR_I].unwanted = true;
    pair_run(p, SECONDS(1));
    cr_expect(pair_recorded(p, "ike_no_policy"));
    cr_expect_eq(p->end[PAIR_I].failed_requests, 2);
    cr_expect_eq(p->end[PAIR_I].failed_why, WHY_CONFIG);
    cr_expect_eq(p->end[PAIR_I].children->len, 0);
    cr_expect_eq(pair_count(p, PAIR_I, "ike.phase2.started"), 0);
    cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE), "phase 1 stays");
    p->end[PAIR_I].unwanted = false;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(2));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    pair_free(p);
}

/* ---- Refused for policy ---- */

static struct ike_pair *refused(enum ike_why why, bool ends)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    p->end[PAIR_R].profile.refusal_ends_phase1 = ends;
    p->end[PAIR_R].request_why = why;
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    return p;
}

Test(refused_phase_2, ends_phase_1_where_the_profile_says_so)
{
    static const enum ike_why row[] = {WHY_PROXY, WHY_PEER, WHY_PFS, WHY_TRANSFORM};
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        for (int ends = 0; ends < 2; ends++) {
            struct ike_pair *p = refused(row[k], ends);
            pair_run(p, SECONDS(2));
            bool deletes = strstr(pair_ladder(p), "<--  IN* HASH NOTIFY\n"
                                                  " 0.070  <--  IN* HASH DELETE\n") != NULL;
            cr_expect_eq(deletes, ends, "%s", pair_ladder(p));
            cr_expect_eq(pair_has(p, PAIR_R, IKE_STATE_QM_IDLE), !ends);
            cr_expect_eq(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE), !ends);
            if (ends) {
                cr_expect_eq(pair_sa(p, PAIR_R, 0).dead_why, WHY_CHILD_REFUSED);
                cr_expect_eq(pair_sa(p, PAIR_I, 0).dead_why, WHY_PEER_DELETE);
            }
            cr_expect_eq(p->end[PAIR_I].failed_requests, 1);
            cr_expect_null(pair_disagreement(p));
            pair_free(p);
        }
    }
}

Test(refused_phase_2, leaves_phase_1_while_other_pairs_live)
{
    struct ike_pair *p = refused(WHY_NONE, true);
    pair_run(p, SECONDS(1));
    cr_assert_eq(p->end[PAIR_I].children->len, 1);
    p->end[PAIR_R].request_why = WHY_PROXY;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(2));
    cr_expect(pair_has(p, PAIR_R, IKE_STATE_QM_IDLE));
    cr_expect_eq(p->end[PAIR_I].failed_requests, 1);
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    pair_free(p);
}

static struct ike_pair *refusing(void)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    p->end[PAIR_R].profile.refusal_ends_phase1 = true;
    p->end[PAIR_R].request_why = WHY_PROXY;
    return p;
}

static void ask(struct ike_pair *p)
{
    pair_ask(p, PAIR_I);
}

static void wait_for_end(struct ike_pair *p, const char *what, unsigned number)
{
    pair_run(p, SECONDS(300));
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_I].failed_requests, 1, "%s %u", what, number);
}

Test(refused_phase_2, ends_phase_1_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){refusing, ask, wait_for_end});
}

/* ---- Lifetimes that differ ---- */

Test(lifetimes, of_phase_1_shorter_wins_or_what_differs_or_is_longer_is_refused)
{
    static const struct {
        bool differs_is_fine, longer_refused;
        uint32_t i, r, agreed; /* 0 = refused */
    } row[] = {
        {true, false, 1000, 400, 400}, {true, false, 400, 1000, 400}, {false, false, 1000, 400, 0},
        {false, false, 400, 1000, 0},  {false, false, 400, 400, 400}, {true, true, 1000, 400, 0},
        {true, true, 400, 1000, 400},  {true, true, 400, 400, 400},   {true, true, 1000, 0, 1000},
        {true, true, 0, 28799, 0}, /* 28800 when none is offered */
        {true, true, 0, 28800, 28800},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = pair_new();
        pair_small(p);
        ike_policy_find(p->end[PAIR_I].conf, 10)->lifetime_s = row[k].i;
        ike_policy_find(p->end[PAIR_R].conf, 10)->lifetime_s = row[k].r;
        p->end[PAIR_R].profile.shorter_life_wins = row[k].differs_is_fine;
        p->end[PAIR_R].profile.p1_longer_life_refused = row[k].longer_refused;
        pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(2));
        cr_expect_eq(pair_has(p, PAIR_R, IKE_STATE_QM_IDLE), row[k].agreed != 0, "row %zu", k);
        if (row[k].agreed)
            cr_expect_eq(pair_sa(p, PAIR_R, 0).policy.lifetime_s, row[k].agreed, "row %zu", k);
        pair_free(p);
    }
}

/* Seconds and kilobytes; the initiator offers, the responder grants the shorter of each, and says
 * so where its profile speaks of it. */
Test(lifetimes, of_phase_2_are_the_shorter_and_the_responder_tells_or_is_silent_or_refuses)
{
    static const struct {
        uint32_t i_s, i_kb, r_s, r_kb;
        bool tells, refuses;
        uint32_t s, kb, s_r, kb_r; /* at the initiator, at the responder; 0 0 = refused */
    } row[] = {
        {3600, 4608000, 1800, 4608000, true, false, 1800, 4608000, 1800, 4608000},
        {3600, 4608000, 3600, 1000, true, false, 3600, 1000, 3600, 1000},
        {3600, 4608000, 1800, 1000, true, false, 1800, 1000, 1800, 1000},
        {1800, 1000, 3600, 4608000, true, false, 1800, 1000, 1800, 1000},
        {3600, 0, 1800, 1000, true, false, 1800, 1000, 1800, 1000},
        {3600, 4608000, 1800, 1000, false, false, 3600, 4608000, 1800, 1000},
        {3600, 4608000, 1800, 4608000, true, true, 0, 0, 0, 0},
        {3600, 4608000, 3600, 1000, true, true, 0, 0, 0, 0},
        {1800, 4608000, 3600, 4608000, true, true, 1800, 4608000, 1800, 4608000},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = pair_new();
        struct pair_end *r = &p->end[PAIR_R];
        pair_small(p);
        pair_record(p, PAIR_R);
        r->life_s = row[k].r_s;
        r->life_kb = row[k].r_kb;
        r->profile.tell_life = row[k].tells;
        r->profile.p2_longer_life_refused = row[k].refuses;
        struct ike_request q = pair_request_of(p, PAIR_I);
        q.life_s = row[k].i_s;
        q.life_kb = row[k].i_kb;
        ike_request_sas(p->end[PAIR_I].engine, &q);
        pair_run(p, SECONDS(2));
        bool agreed = row[k].s != 0;
        cr_assert_eq(p->end[PAIR_I].children->len, agreed, "row %zu", k);
        if (agreed) {
            const struct pair_child *a = p->end[PAIR_I].children->pdata[0];
            const struct pair_child *b = r->children->pdata[0];
            cr_expect_eq(a->c.life_s, row[k].s, "row %zu: %u", k, a->c.life_s);
            cr_expect_eq(a->c.life_kb, row[k].kb, "row %zu: %u", k, a->c.life_kb);
            cr_expect_eq(b->c.life_s, row[k].s_r, "row %zu: %u", k, b->c.life_s);
            cr_expect_eq(b->c.life_kb, row[k].kb_r, "row %zu: %u", k, b->c.life_kb);
        } else {
            cr_expect_eq(p->end[PAIR_I].failed_requests, 1, "row %zu", k);
            cr_expect(pair_recorded(p, "qm_refused LIFETIME"), "row %zu", k);
        }
        pair_free(p);
    }
}

/* A silent responder ends the pair when its own time is over, and that is the end at both. */
Test(lifetimes, a_silent_responder_deletes_the_pair_when_its_time_is_over)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    p->lives = true;
    p->end[PAIR_R].life_s = 100;
    p->end[PAIR_R].profile.tell_life = false;
    p->end[PAIR_R].profile.rekey_before_s = 0;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(99));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    pair_run(p, SECONDS(101));
    cr_expect_eq(p->end[PAIR_I].children->len, 0);
    cr_expect_null(pair_disagreement(p));
    pair_free(p);
}
