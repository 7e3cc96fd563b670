/* Events run in the order of (time, sequence), whatever the shape of the crowd: the same plays on
 * the kernel and on a heap, compared event by event. */
#include <criterion/criterion.h>
#include "kernel/rng.h"
#include "oracle.h"

/* A play posts `arg` = its own running number, which is also the sequence the kernel gives. */
struct play {
    struct sim *sim;
    struct sim_port port;
    struct oracle oracle;
    struct rng *rng;
    uint64_t posted;
    uint64_t left; /* events still to be posted from handlers */
    uint64_t bad;
    sim_time (*delay)(struct play *p);
    unsigned children; /* at most so many a handler */
};

static void play_post(struct play *p, sim_time at)
{
    uint64_t number = ++p->posted;
    sim_post(p->sim, at, &p->port, number);
    oracle_put(&p->oracle, at, number);
}

static void play_event(void *owner, uint64_t arg)
{
    struct play *p = owner;
    struct oracle_key want;
    if (!oracle_take(&p->oracle, &want) || want.seq != arg || want.at != sim_now(p->sim))
        p->bad++;
    uint64_t children = p->children ? rng_below(p->rng, p->children + 1) : 0;
    for (; children > 0 && p->left > 0; children--, p->left--)
        play_post(p, sim_now(p->sim) + p->delay(p));
}

static void play_begin(struct play *p, const char *name)
{
    p->sim = sim_new(7, 0);
    p->port = (struct sim_port){play_event, p};
    p->rng = rng_stream(p->sim, name);
}

static void play_end(struct play *p, const char *name)
{
    struct oracle_key k;
    uint64_t posted = p->posted;
    cr_expect_eq(p->bad, 0, "%s: %lu events out of order", name, (unsigned long)p->bad);
    cr_expect(!oracle_take(&p->oracle, &k), "%s: events were lost", name);
    cr_expect_eq(sim_pending(p->sim), 0, "%s", name);
    cr_expect_eq(sim_events(p->sim), posted, "%s", name);
    oracle_clear(&p->oracle);
    sim_free(p->sim);
}

static sim_time uniform_second(struct play *p)
{
    return (sim_time)rng_below(p->rng, SECONDS(1));
}

/* The bits of the delay are uniform: nanoseconds as likely as hours. */
static sim_time any_scale(struct play *p)
{
    return (sim_time)(rng_u64(p->rng) >> (16 + rng_below(p->rng, 48)));
}

static sim_time few_instants(struct play *p)
{
    return MILLISECONDS(rng_below(p->rng, 3));
}

static sim_time at_once(struct play *p)
{
    return 0;
}

static sim_time very_near(struct play *p)
{
    return (sim_time)rng_below(p->rng, 300);
}

static sim_time near_or_day(struct play *p)
{
    return rng_below(p->rng, 8) ? (sim_time)rng_below(p->rng, 5000) : SECONDS(86400);
}

static sim_time round_seconds(struct play *p)
{
    return SECONDS(rng_below(p->rng, 100));
}

Test(sim_order, is_that_of_a_heap_in_every_mix)
{
    static const struct {
        const char *name;
        sim_time (*delay)(struct play *p);
        unsigned start;
        unsigned children;
        uint64_t more;
    } row[] = {
        {"one second", uniform_second, 1000, 2, 200000},
        {"one second, many", uniform_second, 100000, 2, 200000},
        {"every scale", any_scale, 1000, 2, 200000},
        {"every scale, many", any_scale, 50000, 3, 100000},
        {"few instants", few_instants, 1000, 2, 200000},
        {"few instants, many", few_instants, 20000, 2, 200000},
        {"at once", at_once, 10, 2, 50000},
        {"at once, many", at_once, 5000, 2, 50000},
        {"very near", very_near, 3, 4, 200000},
        {"very near, many", very_near, 3000, 2, 200000},
        {"near or a day", near_or_day, 100, 2, 200000},
        {"round seconds", round_seconds, 5000, 2, 200000},
        {"one cause of all", uniform_second, 1, 60000, 60000},
        {"one cause of all, near", very_near, 1, 60000, 60000},
        {"few, long", any_scale, 4, 2, 100000},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct play p = {.delay = row[i].delay, .children = row[i].children, .left = row[i].more};
        play_begin(&p, row[i].name);
        for (unsigned n = 0; n < row[i].start; n++)
            play_post(&p, row[i].delay(&p));
        while (sim_pending(p.sim)) {
            /* A play that dies out before its time gets another event. */
            sim_run(p.sim, sim_next(p.sim) + 1);
            if (!sim_pending(p.sim) && p.left > 0) {
                p.left--;
                play_post(&p, sim_now(p.sim) + row[i].delay(&p));
            }
        }
        play_end(&p, row[i].name);
    }
}

Test(sim_order, survives_bursts_into_the_front)
{
    /* A wide front is made by one far event; then thousands come before it, in falling and in
     * random order, from outside and from inside. */
    struct play p = {.delay = very_near, .children = 3, .left = 20000};
    play_begin(&p, "burst");
    play_post(&p, SECONDS(400000));
    cr_assert_eq(sim_next(p.sim), SECONDS(400000));
    for (int i = 0; i < 5000; i++)
        play_post(&p, SECONDS(390000) - i);
    for (int i = 0; i < 5000; i++)
        play_post(&p, (sim_time)rng_below(p.rng, (uint64_t)SECONDS(400000)));
    for (int i = 0; i < 5000; i++)
        play_post(&p, SECONDS(390000));
    sim_run(p.sim, SECONDS(500000));
    play_end(&p, "burst");
}

Test(sim_order, holds_when_the_run_halts_between_events)
{
    /* Peeking and halting bring later events into the front before earlier ones are posted. */
    struct play p = {.delay = any_scale, .children = 1, .left = 5000};
    play_begin(&p, "halts");
    for (int i = 0; i < 20000; i++) {
        sim_time at = sim_now(p.sim) + any_scale(&p) / 1024;
        play_post(&p, at);
        if (i % 3 == 0)
            sim_run(p.sim, sim_now(p.sim) + (sim_time)rng_below(p.rng, MICROSECONDS(50)));
        else if (i % 3 == 1)
            sim_next(p.sim);
        else
            sim_step(p.sim, SIM_TIME_MAX);
    }
    while (sim_step(p.sim, SIM_TIME_MAX))
        ;
    play_end(&p, "halts");
}

Test(sim_order, reaches_to_the_end_of_time)
{
    struct play p = {.delay = at_once};
    play_begin(&p, "end");
    static const sim_time at[] = {
        SIM_TIME_MAX,
        SIM_TIME_MAX - 1,
        0,
        1,
        SIM_TIME_MAX,
        SIM_TIME_MAX / 2,
        SIM_TIME_MAX - 1,
        255,
        256,
        65535,
        65536,
        INT32_MAX,
        (sim_time)1 << 56,
        SIM_TIME_MAX - 256,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(at); i++)
        play_post(&p, at[i]);
    for (int i = 0; i < 1000; i++)
        play_post(&p, SIM_TIME_MAX - (sim_time)rng_below(p.rng, 3));
    sim_run(p.sim, SIM_TIME_MAX);
    cr_expect_eq(sim_now(p.sim), SIM_TIME_MAX);
    play_end(&p, "end");
}

Test(sim_order, of_one_instant_is_that_of_posting)
{
    /* More than a slot holds, and each handler posts again at the same instant. */
    struct play p = {.delay = at_once, .children = 1, .left = 3000};
    play_begin(&p, "instant");
    for (int i = 0; i < 100000; i++)
        play_post(&p, SECONDS(5));
    sim_run(p.sim, SECONDS(5));
    cr_expect_eq(sim_now(p.sim), SECONDS(5));
    play_end(&p, "instant");
}
