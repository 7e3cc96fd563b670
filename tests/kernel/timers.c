/* Timers: arm, disarm, move, clear, and the order among equal times, against a plain model. */
#include <criterion/criterion.h>
#include "kernel/rng.h"
#include "oracle.h"

struct alarm {
    struct sim_timer timer;
    struct sim *sim;
    unsigned fired;
    sim_time last;
    sim_time again; /* re-arms itself for so much later, when not 0 */
    struct sim_timer *clears, *disarms;
};

static void ring(void *owner)
{
    struct alarm *a = owner;
    a->fired++;
    a->last = sim_now(a->sim);
    cr_expect(!sim_timer_armed(&a->timer), "a timer that fires is not armed any more");
    if (a->again)
        sim_timer_arm_in(&a->timer, a->again);
    if (a->clears)
        sim_timer_clear(a->clears);
    if (a->disarms)
        sim_timer_disarm(a->disarms);
}

static void alarm_init(struct alarm *a, struct sim *sim)
{
    *a = (struct alarm){.sim = sim};
    sim_timer_init(sim, &a->timer, ring, a);
}

Test(sim_timer, fires_once_when_due)
{
    struct sim *sim = sim_new(1, 0);
    struct alarm a;
    alarm_init(&a, sim);
    cr_expect(!sim_timer_armed(&a.timer));
    cr_expect_eq(sim_timer_at(&a.timer), SIM_TIME_MAX);
    sim_timer_arm(&a.timer, SECONDS(3));
    cr_expect(sim_timer_armed(&a.timer));
    cr_expect_eq(sim_timer_at(&a.timer), SECONDS(3));
    sim_run(sim, SECONDS(3) - 1);
    cr_expect_eq(a.fired, 0);
    sim_run(sim, SECONDS(10));
    cr_expect_eq(a.fired, 1);
    cr_expect_eq(a.last, SECONDS(3));
    cr_expect_eq(sim_timer_at(&a.timer), SIM_TIME_MAX);
    sim_timer_arm(&a.timer, sim_now(sim));
    sim_run(sim, sim_now(sim));
    cr_expect_eq(a.fired, 2, "armed for now, it fires now");
    sim_timer_clear(&a.timer);
    sim_timer_clear(&a.timer);
    cr_expect(!sim_timer_armed(&a.timer), "a cleared timer may still be asked");
    sim_free(sim);
}

Test(sim_timer, follows_its_last_deadline)
{
    /* Each row arms in turn at time 0; 0 disarms. */
    static const struct {
        sim_time at[5];
        unsigned n;
        unsigned fired;
        sim_time last;
    } row[] = {
        {{5}, 1, 1, 5},          {{5, 9}, 2, 1, 9},          {{9, 5}, 2, 1, 5},
        {{9, 5, 7}, 3, 1, 7},    {{9, 5, 12}, 3, 1, 12},     {{5, 0}, 2, 0, 0},
        {{5, 0, 8}, 3, 1, 8},    {{8, 0, 5}, 3, 1, 5},       {{5, 5, 5}, 3, 1, 5},
        {{9, 5, 9, 5}, 4, 1, 5}, {{9, 7, 5, 3, 8}, 5, 1, 8}, {{5, 9, 0, 5, 9}, 5, 1, 9},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct sim *sim = sim_new(1, 0);
        struct alarm a;
        alarm_init(&a, sim);
        for (unsigned n = 0; n < row[i].n; n++) {
            if (row[i].at[n])
                sim_timer_arm(&a.timer, row[i].at[n]);
            else
                sim_timer_disarm(&a.timer);
        }
        sim_run(sim, 100);
        cr_expect_eq(a.fired, row[i].fired, "row %zu", i);
        cr_expect_eq(a.last, row[i].last, "row %zu", i);
        cr_expect_eq(sim_events(sim), row[i].fired, "row %zu: only expiries count", i);
        cr_expect_eq(sim_pending(sim), 0, "row %zu", i);
        sim_free(sim);
    }
}

Test(sim_timer, moved_back_a_million_times_leaves_one_event)
{
    struct sim *sim = sim_new(1, 0);
    struct alarm a;
    alarm_init(&a, sim);
    for (int i = 0; i < 1000000; i++)
        sim_timer_arm(&a.timer, SECONDS(1) + i);
    cr_expect_eq(sim_pending(sim), 1);
    for (int i = 0; i < 1000000; i++) {
        sim_timer_disarm(&a.timer);
        sim_timer_arm(&a.timer, SECONDS(2) + i);
    }
    cr_expect_eq(sim_pending(sim), 1);
    cr_expect_eq(sim_next(sim), SECONDS(2) + 999999, "the next event is the real one");
    cr_expect_eq(sim_run(sim, SECONDS(3)), 1);
    cr_expect_eq(a.last, SECONDS(2) + 999999);
    sim_free(sim);
}

Test(sim_timer, cleared_never_fires_though_its_slot_serves_another)
{
    struct sim *sim = sim_new(1, 0);
    struct alarm a, b;
    alarm_init(&a, sim);
    sim_timer_arm(&a.timer, 10);
    uint32_t slot = a.timer.slot;
    sim_timer_clear(&a.timer);
    alarm_init(&b, sim);
    cr_assert_eq(b.timer.slot, slot, "the slot is used again");
    sim_run(sim, 10);
    cr_expect_eq(a.fired + b.fired, 0, "the old event finds nothing in the new life");
    sim_timer_arm(&b.timer, 20);
    sim_run(sim, 100);
    cr_expect_eq(b.fired, 1);
    cr_expect_eq(b.last, 20);
    sim_free(sim);
}

Test(sim_timer, may_be_cleared_disarmed_and_armed_by_handlers)
{
    struct sim *sim = sim_new(1, 0);
    struct alarm a, b, c, d;
    alarm_init(&a, sim);
    alarm_init(&b, sim);
    alarm_init(&c, sim);
    alarm_init(&d, sim);
    a.clears = &b.timer; /* another, due at the same instant */
    c.disarms = &d.timer;
    sim_timer_arm(&a.timer, 5);
    sim_timer_arm(&b.timer, 5);
    sim_timer_arm(&c.timer, 6);
    sim_timer_arm(&d.timer, 6);
    sim_run(sim, 10);
    cr_expect_eq(b.fired, 0);
    cr_expect_eq(d.fired, 0);
    a.clears = &a.timer; /* itself */
    sim_timer_arm(&a.timer, 11);
    c.again = 7;
    sim_timer_arm(&c.timer, 12);
    sim_run(sim, 12 + 7 * 4);
    cr_expect_eq(a.fired, 2);
    cr_expect_eq(c.fired, 6);
    sim_free(sim);
}

Test(sim_timer, saturates_at_the_end_of_time)
{
    struct sim *sim = sim_new(1, 0);
    struct alarm a;
    alarm_init(&a, sim);
    sim_run(sim, 1000);
    sim_timer_arm_in(&a.timer, SIM_TIME_MAX);
    cr_expect_eq(sim_timer_at(&a.timer), SIM_TIME_MAX);
    cr_expect(sim_timer_armed(&a.timer));
    sim_free(sim);
}

/* ---- thousands of timers and posts, against a model that queues every arming ---- */

#define CROWD 300

struct crowd {
    struct sim *sim;
    struct rng *rng;
    struct sim_port port;
    struct oracle oracle;    /* every post and every arming; what was overtaken is skipped */
    uint64_t current[CROWD]; /* seq of the valid arming of each timer; 0 = none */
    GHashTable *owner;       /* seq -> timer + 1, 0 for a post */
    struct member {
        struct crowd *crowd;
        unsigned index;
        struct sim_timer timer;
    } member[CROWD];
    uint64_t seq;
    uint64_t budget;
    uint64_t bad;
    uint64_t checked;
};

static void crowd_note(struct crowd *c, sim_time at, unsigned who)
{
    c->seq++;
    oracle_put(&c->oracle, at, c->seq);
    g_hash_table_insert(c->owner, GSIZE_TO_POINTER(c->seq), GUINT_TO_POINTER(who));
}

/* What the model says comes next. */
static void crowd_check(struct crowd *c, unsigned who)
{
    struct oracle_key k;
    for (;;) {
        if (!oracle_take(&c->oracle, &k)) {
            c->bad++;
            return;
        }
        unsigned owner = GPOINTER_TO_UINT(g_hash_table_lookup(c->owner, GSIZE_TO_POINTER(k.seq)));
        g_hash_table_remove(c->owner, GSIZE_TO_POINTER(k.seq));
        if (owner && c->current[owner - 1] != k.seq)
            continue;
        if (owner)
            c->current[owner - 1] = 0;
        if (owner != who || k.at != sim_now(c->sim))
            c->bad++;
        c->checked++;
        return;
    }
}

static void member_ring(void *owner);

static void crowd_act(struct crowd *c)
{
    static const uint64_t span[] = {1, 4, 1000, 1000000, 5000000000};
    for (uint64_t n = rng_below(c->rng, 4); n > 0 && c->budget > 0; n--, c->budget--) {
        struct member *m = &c->member[rng_below(c->rng, CROWD)];
        sim_time at = sim_now(c->sim) + (sim_time)rng_below(c->rng, span[rng_below(c->rng, 5)]);
        switch (rng_below(c->rng, 8)) {
        case 0:
            sim_timer_disarm(&m->timer);
            c->current[m->index] = 0;
            break;
        case 1:
            sim_timer_clear(&m->timer);
            sim_timer_init(c->sim, &m->timer, member_ring, m);
            c->current[m->index] = 0;
            break;
        case 2:
        case 3:
            sim_post(c->sim, at, &c->port, 0);
            crowd_note(c, at, 0);
            break;
        default:
            sim_timer_arm(&m->timer, at);
            crowd_note(c, at, m->index + 1);
            c->current[m->index] = c->seq;
        }
    }
}

static void member_ring(void *owner)
{
    struct member *m = owner;
    crowd_check(m->crowd, m->index + 1);
    crowd_act(m->crowd);
}

static void crowd_post(void *owner, uint64_t arg)
{
    crowd_check(owner, 0);
    crowd_act(owner);
}

Test(sim_timer, keeps_the_order_of_arming_in_any_crowd)
{
    struct crowd *c = g_new0(struct crowd, 1);
    c->sim = sim_new(3, 0);
    c->rng = rng_stream(c->sim, "crowd");
    c->port = (struct sim_port){crowd_post, c};
    c->owner = g_hash_table_new(NULL, NULL);
    c->budget = 400000;
    for (unsigned i = 0; i < CROWD; i++) {
        c->member[i].crowd = c;
        c->member[i].index = i;
        sim_timer_init(c->sim, &c->member[i].timer, member_ring, &c->member[i]);
    }
    while (c->budget > 0 || sim_pending(c->sim)) {
        crowd_act(c);
        sim_run(c->sim, sim_now(c->sim) + (sim_time)rng_below(c->rng, 3000000));
    }
    cr_expect_eq(c->bad, 0, "%lu of %lu out of order", (unsigned long)c->bad,
                 (unsigned long)c->checked);
    cr_expect_gt(c->checked, 100000);
    cr_expect_eq(c->checked, sim_events(c->sim));
    oracle_clear(&c->oracle);
    g_hash_table_destroy(c->owner);
    sim_free(c->sim);
    g_free(c);
}

Test(sim_timer, thousands_moved_to_one_instant_fire_in_the_order_of_arming)
{
    enum { N = 5000 };
    struct sim *sim = sim_new(1, 0);
    struct rng *rng = rng_stream(sim, "shuffle");
    struct alarm *a = g_new0(struct alarm, N);
    unsigned *order = g_new(unsigned, N);
    for (unsigned i = 0; i < N; i++) {
        alarm_init(&a[i], sim);
        sim_timer_arm(&a[i].timer, 1 + (sim_time)rng_below(rng, 1000));
        order[i] = i;
    }
    for (unsigned i = N - 1; i > 0; i--) {
        unsigned j = (unsigned)rng_below(rng, i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (unsigned i = 0; i < N; i++)
        sim_timer_arm(&a[order[i]].timer, SECONDS(1));
    for (unsigned i = 0; i < N; i++) {
        cr_assert(sim_step(sim, SECONDS(1)));
        cr_assert_eq(a[order[i]].fired, 1, "the timer armed as number %u", i);
    }
    g_free(a);
    g_free(order);
    sim_free(sim);
}
