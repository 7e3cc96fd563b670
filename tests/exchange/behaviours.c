/* Detection of dead peers and rekeys of both phases, as a router does them and as an appliance
 * does, under every loss of the next eight datagrams in each direction, copies, swaps of
 * neighbours, and with both ends beginning within two round trips of each other. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

#define ROUND_TRIP   20 /* ms: pair_new's path */
#define PHASE1_S     600
#define PHASE2_S     400
#define RETIRED_STAY 30 /* s */

/* ---- The two behaviours ---- */

static void both(struct ike_pair *p, void (*fn)(struct pair_end *e))
{
    fn(&p->end[PAIR_I]);
    fn(&p->end[PAIR_R]);
}

/* Replaces an IKE SA when quick mode next needs one, asks a silent peer only when it has something
 * to say, and lets both of two rekeys complete: profile.def has its figures. */
static void as_router(struct pair_end *e)
{
    e->conf->liveness = (struct ike_liveness){.threshold_s = 10, .retry_s = 2};
}

/* Replaces it at three quarters of its life, or at nine tenths where the peer began; asks every ten
 * seconds; of two rekeys one survives, and what was replaced goes soon. */
static void as_appliance(struct pair_end *e)
{
    struct ike_profile *p = &e->profile;
    e->conf->liveness = (struct ike_liveness){.threshold_s = 10, .retry_s = 2, .periodic = true};
    p->retransmit_s = p->qm_retransmit_s = 8;
    p->retransmit_count = p->qm_retransmit_count = 3;
    p->responder_wait_s = 32;
    p->p1_rekey_percent = 75;
    p->p1_rekey_percent_r = 90;
    p->p1_old_linger_s = RETIRED_STAY;
    p->p1_one_survives = p->p2_one_survives = true;
}

static void short_lives(struct pair_end *e)
{
    ike_policy_find(e->conf, 10)->lifetime_s = PHASE1_S;
    e->life_s = PHASE2_S;
}

static struct ike_pair *down(void (*behave)(struct pair_end *e))
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    pair_announce_dpd(p);
    p->lives = true;
    both(p, short_lives);
    both(p, behave);
    return p;
}

static struct ike_pair *up(void (*behave)(struct pair_end *e), sim_time until)
{
    struct ike_pair *p = down(behave);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_assert_null(pair_disagreement(p));
    pair_run(p, until);
    return p;
}

/* ---- What is tried ---- */

static struct ike_sa *serving(const struct ike_pair *p, enum ike_role side)
{
    const struct pair_end *e = &p->end[side];
    return ike_sa_working(ike_peer_find(e->engine, e->peer, 0), e->addr);
}

static void ask_both(struct ike_pair *p)
{
    pair_ask(p, PAIR_I);
    pair_ask(p, PAIR_R);
}

/* Packets go out and none comes back, so that the next thing is a question. */
static void talk_into_silence(struct ike_pair *p, enum ike_role side)
{
    struct ike_sa *sa = serving(p, side);
    pair_packet(p, side, true);
    sim_timer_arm(&sa->dpd.timer, sim_now(p->sim) + SECONDS(10));
}

static void question(struct ike_pair *p)
{
    talk_into_silence(p, PAIR_I);
    pair_run(p, sim_now(p->sim) + SECONDS(9));
}

static void nothing(struct ike_pair *p)
{
}

/* A router's phase 1 is over by now, an appliance's at its point. */
static struct ike_pair *router_up(void)
{
    return up(as_router, SECONDS(2));
}
static struct ike_pair *router_without_phase1(void)
{
    struct ike_pair *p = down(as_router);
    both(p, short_lives);
    p->end[0].life_s = p->end[1].life_s = 3600;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(PHASE1_S + 1));
    cr_assert_null(serving(p, PAIR_I));
    p->end[0].life_s = p->end[1].life_s = PHASE2_S;
    return p;
}
static struct ike_pair *router_near_phase2_end(void)
{
    return up(as_router, SECONDS(PHASE2_S - 30));
}
static struct ike_pair *appliance_up(void)
{
    return up(as_appliance, SECONDS(2));
}
static struct ike_pair *appliance_near_its_point(void)
{
    struct ike_pair *p = down(as_appliance);
    p->end[0].life_s = p->end[1].life_s = 3600;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(PHASE1_S / 4 * 3));
    cr_assert_eq(serving(p, PAIR_I)->id, 1);
    p->end[0].life_s = p->end[1].life_s = PHASE2_S;
    return p;
}
static struct ike_pair *appliance_near_phase2_end(void)
{
    return up(as_appliance, SECONDS(PHASE2_S - 30));
}

/* ---- What must hold ---- */

static unsigned working(const struct ike_pair *p, enum ike_role side)
{
    const GPtrArray *sas = p->end[side].engine->sas;
    unsigned n = 0;
    for (guint i = 0; i < sas->len; i++)
        n += ((const struct ike_sa *)sas->pdata[i])->state == IKE_STATE_QM_IDLE;
    return n;
}

/* Until every pair that the fault may have left without a partner is over: it rekeys into a whole
 * one, or ends and is asked for again. Then the ends agree as soon as it is quiet. */
static void expect_healed(struct ike_pair *p, const char *what, unsigned number, unsigned overlap)
{
    pair_traffic(p, sim_now(p->sim) + SECONDS(PHASE2_S + 60));
    sim_time patience = sim_now(p->sim) + pair_patience(p);
    while (pair_discord(p) && sim_now(p->sim) < patience)
        pair_traffic(p, sim_now(p->sim) + MILLISECONDS(1700));
    const char *wrong = pair_discord(p);
    cr_expect_null(wrong, "%s %u: %s", what, number, wrong);
    wrong = pair_fault_of(p);
    cr_expect_null(wrong, "%s %u: %s", what, number, wrong);
    for (int side = 0; side < 2; side++)
        cr_expect_leq(working(p, side), 1 + overlap, "%s %u: %u IKE SAs at %d", what, number,
                      working(p, side), side);
    cr_expect_leq(p->end[0].children->len, 2, "%s %u: %u pairs", what, number,
                  p->end[0].children->len);
}

/* A router keeps what was replaced to the end of its life: that of an attempt of each end, beside
 * one whose delete was lost. */
static void router_healed(struct ike_pair *p, const char *what, unsigned number)
{
    expect_healed(p, what, number, 2);
}

static void appliance_healed(struct ike_pair *p, const char *what, unsigned number)
{
    expect_healed(p, what, number, 1);
}

Test(router, detection_of_a_dead_peer_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){router_up, question, router_healed});
}

Test(router, phase_1_made_anew_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){router_without_phase1, ask_both, router_healed});
}

Test(router, rekey_of_phase_2_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){router_near_phase2_end, nothing, router_healed});
}

Test(appliance, detection_of_a_dead_peer_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){appliance_up, question, appliance_healed});
}

Test(appliance, rekey_of_phase_1_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){appliance_near_its_point, nothing, appliance_healed});
}

Test(appliance, rekey_of_phase_2_under_every_fault_each_way)
{
    pair_try_each_way(&(struct pair_trial){appliance_near_phase2_end, nothing, appliance_healed});
}

/* ---- Both ends at once ---- */

static void begin_first(struct ike_pair *p, enum ike_role side)
{
    pair_ask(p, side);
}

static void begin_rekey1(struct ike_pair *p, enum ike_role side)
{
    struct ike_sa *sa = serving(p, side);
    if (sa)
        ike_rekey_timer(sa);
    else
        pair_ask(p, side);
}

static void begin_rekey2(struct ike_pair *p, enum ike_role side)
{
    const struct pair_end *e = &p->end[side];
    struct ike_request r = pair_request_of(p, side);
    r.life_s = e->life_s;
    r.spi_old = ((const struct pair_child *)e->children->pdata[e->children->len - 1])->c.spi_in;
    ike_request_sas(e->engine, &r);
}

static void begin_question(struct ike_pair *p, enum ike_role side)
{
    struct ike_sa *sa = serving(p, side);
    pair_packet(p, side, true);
    sim_timer_arm(&sa->dpd.timer, sim_now(p->sim));
}

static struct ike_pair *router_down(void)
{
    return down(as_router);
}
static struct ike_pair *appliance_down(void)
{
    return down(as_appliance);
}

Test(both_at_once, end_in_agreement_whatever_the_offset)
{
    static const struct {
        const char *what;
        struct ike_pair *(*begin)(void);
        void (*go)(struct ike_pair *p, enum ike_role side);
        void (*end)(struct ike_pair *p, const char *what, unsigned number);
    } row[] = {
        {"router, first SAs", router_down, begin_first, router_healed},
        {"router, phase 1", router_without_phase1, begin_rekey1, router_healed},
        {"router, phase 2", router_up, begin_rekey2, router_healed},
        {"router, questions", router_up, begin_question, router_healed},
        {"appliance, first SAs", appliance_down, begin_first, appliance_healed},
        {"appliance, phase 1", appliance_up, begin_rekey1, appliance_healed},
        {"appliance, phase 2", appliance_up, begin_rekey2, appliance_healed},
        {"appliance, questions", appliance_up, begin_question, appliance_healed},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        for (int quarter = -8; quarter <= 8; quarter++) {
            struct ike_pair *p = row[k].begin();
            enum ike_role first = quarter < 0 ? PAIR_R : PAIR_I;
            row[k].go(p, first);
            pair_run(p, sim_now(p->sim) + MILLISECONDS(ROUND_TRIP * ABS(quarter) / 4));
            row[k].go(p, 1 - first);
            row[k].end(p, row[k].what, (unsigned)(quarter + 8));
            pair_free(p);
        }
    }
}
