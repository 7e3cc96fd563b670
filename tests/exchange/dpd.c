/* Dead peer detection, RFC 3706: asked on demand or periodically, answered, given up. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

/* I asks after ten seconds of silence and again every two; R only answers. */
static struct ike_pair *dpd_pair(void)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    pair_announce_dpd(p);
    p->end[PAIR_I].conf->liveness.threshold_s = 10;
    p->end[PAIR_I].conf->liveness.retry_s = 2;
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_assert_null(pair_disagreement(p));
    return p;
}

/* The ladder after the tunnel came up. */
static const char *since(struct ike_pair *p)
{
    const char *at = pair_ladder(p);
    for (int line = 0; line < 9; line++)
        at = strchr(at, '\n') + 1;
    return at;
}

static void packets(struct ike_pair *p, enum ike_role side, bool lost, sim_time until)
{
    for (sim_time t = sim_now(p->sim); t < until; t += SECONDS(1)) {
        pair_run(p, t);
        pair_packet(p, side, lost);
    }
    pair_run(p, until);
}

Test(dpd, who_has_nothing_to_send_does_not_ask)
{
    struct ike_pair *p = dpd_pair();
    pair_run(p, SECONDS(50));
    cr_expect_str_eq(since(p), "");
    pair_packet(p, PAIR_I, false);
    pair_run(p, SECONDS(59));
    cr_expect_str_eq(since(p), "50.000  -->  IN* HASH NOTIFY\n"
                               "50.010  <--  IN* HASH NOTIFY\n");
    pair_free(p);
}

Test(dpd, a_peer_that_is_heard_is_not_asked)
{
    struct ike_pair *p = dpd_pair();
    for (int s = 1; s < 60; s += 5) {
        pair_run(p, SECONDS(s));
        pair_packet(p, PAIR_I, false);
        pair_packet(p, PAIR_R, false);
    }
    cr_expect_str_eq(since(p), "");
    pair_free(p);
}

/* Six questions, the last five of them repetitions; two seconds after the sixth it is over. */
Test(dpd, a_peer_that_does_not_answer_is_dead_and_everything_of_it_ends)
{
    struct ike_pair *p = dpd_pair();
    pair_record(p, PAIR_I);
    pair_packet(p, PAIR_R, false); /* its last packet, later than all of IKE */
    p->lose = UINT64_MAX;
    packets(p, PAIR_I, true, SECONDS(30));
    cr_expect_str_eq(since(p),
                     "11.010  --x  IN* HASH NOTIFY\n"
                     "13.010  --x  IN* HASH NOTIFY\n"
                     "15.010  --x  IN* HASH NOTIFY\n"
                     "17.010  --x  IN* HASH NOTIFY\n"
                     "19.010  --x  IN* HASH NOTIFY\n"
                     "21.010  --x  IN* HASH NOTIFY\n",
                     "%s", since(p));
    cr_expect_eq(pair_sa(p, PAIR_I, 0).dead_why, WHY_DPD);
    cr_expect_eq(p->end[PAIR_I].gone, 1);
    cr_expect_eq(p->end[PAIR_I].children->len, 0);
    cr_expect(pair_recorded(p, "ike_dpd_dead"));
    cr_expect(pair_recorded(p, "ike_state INITIATOR FROM_TIMER_PEERS_ALIVE QM_IDLE DEAD"));
    cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), 6);
    pair_free(p);
}

Test(dpd, is_done_only_where_both_ends_announce_it)
{
    static const struct {
        bool i, r, asks;
    } row[] = {
        {true, true, true}, {true, false, false}, {false, true, false}, {false, false, false}};
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = pair_new();
        p->end[PAIR_I].profile.vid_mm3[0] = row[k].i ? IKE_VID_DPD : IKE_VID_UNKNOWN;
        p->end[PAIR_R].profile.vid_mm2[0] = row[k].r ? IKE_VID_DPD : IKE_VID_UNKNOWN;
        p->end[PAIR_I].conf->liveness.threshold_s = 10;
        p->end[PAIR_I].conf->liveness.periodic = true;
        pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(35));
        cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), row[k].asks ? 3 : 0, "row %zu", k);
        cr_expect_eq(pair_sa(p, PAIR_I, 0).dpd, row[k].asks, "row %zu", k);
        cr_expect_eq(pair_sa(p, PAIR_R, 0).dpd, row[k].asks, "row %zu", k);
        pair_free(p);
    }
}

Test(dpd, periodic_questions_are_asked_whether_or_not_the_peer_is_heard)
{
    static const struct {
        bool spares, heard;
        unsigned asked;
    } row[] = {{false, false, 5}, {false, true, 5}, {true, false, 5}, {true, true, 0}};
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = dpd_pair();
        p->end[PAIR_I].conf->liveness.periodic = true;
        p->end[PAIR_I].profile.dpd_spares_heard = row[k].spares;
        for (int s = 2; s < 55; s++) {
            pair_run(p, SECONDS(s));
            if (row[k].heard)
                pair_packet(p, PAIR_R, false);
        }
        cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), row[k].asked, "row %zu: %u", k,
                     (unsigned)pair_count(p, PAIR_I, "ike.dpd.sent"));
        pair_free(p);
    }
}

Test(dpd, packets_of_the_peer_are_as_good_as_its_answer)
{
    struct ike_pair *p = dpd_pair();
    p->lose_by[PAIR_R] = UINT64_MAX; /* no answer comes */
    for (int s = 1; s < 60; s++) {
        pair_run(p, SECONDS(s));
        pair_packet(p, PAIR_I, false);
        if (s > 14)
            pair_packet(p, PAIR_R, false);
    }
    cr_expect_leq(pair_count(p, PAIR_I, "ike.dpd.sent"), 3);
    cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE));
    pair_free(p);
}

/* CAT-15: a filter for informational exchanges ends a tunnel that works. */
Test(dpd, periodic_questions_want_answers_whatever_else_comes)
{
    struct ike_pair *p = dpd_pair();
    p->end[PAIR_I].conf->liveness.periodic = true;
    p->lose = UINT64_MAX;
    for (int s = 2; s < 30; s++) {
        pair_run(p, SECONDS(s));
        pair_packet(p, PAIR_I, false);
        pair_packet(p, PAIR_R, false);
    }
    cr_expect_eq(pair_sa(p, PAIR_I, 0).dead_why, WHY_DPD);
    cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), 6);
    pair_free(p);
}

Test(dpd, stops_where_it_is_configured_away)
{
    struct ike_pair *p = dpd_pair();
    p->end[PAIR_I].conf->liveness.threshold_s = 0;
    p->lose = UINT64_MAX;
    packets(p, PAIR_I, true, SECONDS(60));
    cr_expect_str_eq(since(p), "");
    pair_free(p);
}

/* ---- Configured anew ---- */

/* Under a living SA: `first` is when the first question goes after the change at 20 s, by what the
 * peer said last (at 0.06 s), and how many have gone by 61 s. */
Test(dpd, is_configured_anew_for_sas_that_live)
{
    static const struct {
        struct ike_liveness before, after;
        bool row; /* the change is a row of the peer's own */
        unsigned at_20, at_21, at_61;
    } row[] = {
        {{0}, {.threshold_s = 10, .periodic = true}, false, 0, 1, 5},
        {{0}, {.threshold_s = 10, .periodic = true}, true, 0, 1, 5},
        {{0}, {.threshold_s = 30, .periodic = true}, false, 0, 0, 2},
        {{0}, {.threshold_s = 10}, false, 0, 0, 0}, /* on demand, and there is none */
        {{.threshold_s = 600, .periodic = true},
         {.threshold_s = 30, .periodic = true},
         true,
         0,
         0,
         2},
        {{.threshold_s = 8, .periodic = true}, {0}, false, 2, 2, 2},
        {{.threshold_s = 8, .periodic = true}, {0}, true, 2, 2, 2},
        {{.threshold_s = 8, .periodic = true},
         {.threshold_s = 8, .periodic = true, .unannounced = true},
         true,
         2,
         2,
         2},
        {{.threshold_s = 8, .periodic = true}, {.threshold_s = 8, .periodic = true}, true, 2, 2, 7},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = pair_new();
        struct pair_end *i = &p->end[PAIR_I];
        pair_small(p);
        pair_announce_dpd(p);
        i->conf->liveness = row[k].before;
        pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(20));
        cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), row[k].at_20, "row %zu", k);
        if (row[k].row)
            ike_liveness_set(i->conf, i->peer, &row[k].after);
        else
            i->conf->liveness = row[k].after;
        ike_conf_changed(i->engine);
        pair_run(p, SECONDS(21));
        cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), row[k].at_21, "row %zu", k);
        pair_run(p, SECONDS(61));
        cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), row[k].at_61, "row %zu: %u", k,
                     (unsigned)pair_count(p, PAIR_I, "ike.dpd.sent"));
        pair_free(p);
    }
}

Test(dpd, a_shorter_repetition_counts_for_the_question_that_is_out)
{
    struct ike_pair *p = dpd_pair();
    struct pair_end *i = &p->end[PAIR_I];
    i->conf->liveness = (struct ike_liveness){.threshold_s = 10, .retry_s = 60, .periodic = true};
    ike_conf_changed(i->engine);
    p->lose = UINT64_MAX;
    pair_run(p, SECONDS(15));
    cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), 1);
    i->conf->liveness.retry_s = 3;
    ike_conf_changed(i->engine);
    pair_run(p, SECONDS(40));
    cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.dead"), 1);
    cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.sent"), 6);
    pair_free(p);
}

Test(dpd, a_change_that_is_none_moves_no_timer)
{
    struct ike_pair *p = dpd_pair();
    struct ike_sa *sa = p->end[PAIR_I].engine->sas->pdata[0];
    sim_time due = sim_timer_at(&sa->dpd.timer);
    pair_run(p, SECONDS(5));
    ike_conf_changed(p->end[PAIR_I].engine);
    cr_expect_eq(sim_timer_at(&sa->dpd.timer), due);
    pair_free(p);
}

/* ---- Numbers ---- */

static void say(struct ike_pair *p, uint16_t type, uint32_t number, bool foreign)
{
    struct ike_sa *sa = p->end[PAIR_I].engine->sas->pdata[0];
    uint8_t spi[16], data[4];
    be64_put(spi, foreign ? 1 : sa->cky_i);
    be64_put(spi + 8, sa->cky_r);
    be32_put(data, number);
    ike_notify_put(
        sa,
        &(struct isakmp_notify){DOI_IPSEC, PROTO_ISAKMP, type, span_of(spi, 16), span_of(data, 4)},
        NULL);
    pair_run(p, sim_now(p->sim) + SECONDS(1));
}

Test(dpd, questions_out_of_order_are_counted_and_not_answered)
{
    static const struct {
        uint32_t number;
        bool foreign, answered;
    } row[] = {
        {1000, false, true},       {1001, false, true},  {1001, false, true}, /* said again */
        {1000, false, false},      {2, false, false},    {1002, true, false},
        {0x40000000, false, true}, {1003, false, false},
    };
    struct ike_pair *p = dpd_pair();
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        guint sent = p->sent_by[PAIR_R];
        uint64_t stale = pair_count(p, PAIR_R, "ike.dpd.stale");
        say(p, NOTIFY_R_U_THERE, row[k].number, row[k].foreign);
        cr_expect_eq(p->sent_by[PAIR_R] - sent, row[k].answered, "row %zu", k);
        cr_expect_eq(pair_count(p, PAIR_R, "ike.dpd.stale") - stale, !row[k].answered);
    }
    pair_free(p);
}

/* R asks, into the void; I answers with numbers that were not asked. */
Test(dpd, answers_to_other_questions_prove_nothing)
{
    struct ike_pair *p = dpd_pair();
    p->end[PAIR_R].conf->liveness.threshold_s = 10;
    p->end[PAIR_R].conf->liveness.periodic = true;
    ike_dpd_begin(p->end[PAIR_R].engine->sas->pdata[0]);
    p->lose_by[PAIR_R] = UINT64_MAX;
    for (int k = 0; k < 30; k++)
        say(p, NOTIFY_R_U_THERE_ACK, 77, false);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.dpd.dead"), 1);
    cr_expect_geq(pair_count(p, PAIR_R, "ike.dpd.stale"), 10);
    pair_free(p);
}

/* ---- Faults ---- */

static unsigned dead;

/* One way traffic, so that every ten seconds there is a question. */
static void send_for_a_while(struct ike_pair *p)
{
    packets(p, PAIR_I, false, SECONDS(26));
}

/* Who gave up begins anew when it has something to send, and the other end then knows. */
static void heal(struct ike_pair *p, const char *what, unsigned number)
{
    for (int s = 26; s < 180; s++) {
        pair_run(p, SECONDS(s));
        if (!p->end[PAIR_I].children->len)
            pair_ask(p, PAIR_I);
        pair_packet(p, PAIR_I, false);
    }
    dead += pair_count(p, PAIR_I, "ike.dpd.dead") > 0;
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_R].children->len, 1, "%s %u", what, number);
}

/* Dead are those of which six questions in a row, or their answers, are lost within eight
 * datagrams: 4 + 6 * 2 + 15 masks, and the one whose first question is answered. */
Test(dpd, under_every_loss_copy_and_swap_ends_in_agreement)
{
    dead = 0;
    pair_try_all(&(struct pair_trial){dpd_pair, send_for_a_while, heal});
    cr_expect_eq(dead, 32, "%u", dead);
}
