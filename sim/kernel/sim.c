/* The simulation: the clock, and the loop that takes events from the queue and hands them out. */
#include "kernel_priv.h"

struct sim *sim_new(uint64_t seed, uint64_t run)
{
    struct sim *sim = g_new0(struct sim, 1);
    sim->seed = seed;
    sim->run = run;
    sim->streams = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)rng_free);
    timers_init(&sim->timers);
    queue_init(&sim->queue);
    return sim;
}

void sim_free(struct sim *sim)
{
    if (!sim)
        return;
    queue_clear(&sim->queue);
    timers_clear(&sim->timers);
    g_hash_table_destroy(sim->streams);
    g_free(sim);
}

uint64_t sim_seed(const struct sim *sim)
{
    return sim->seed;
}

uint64_t sim_run_number(const struct sim *sim)
{
    return sim->run;
}

sim_time sim_now(const struct sim *sim)
{
    return sim->now;
}

uint64_t sim_scheduled(const struct sim *sim)
{
    return sim->seq;
}

uint64_t sim_events(const struct sim *sim)
{
    return sim->events;
}

uint64_t sim_pending(const struct sim *sim)
{
    return queue_length(&sim->queue);
}

void sim_set_step_fn(struct sim *sim, void (*fn)(void *self), void *self)
{
    sim->step_fn = fn;
    sim->step_self = self;
}

void sim_stop(struct sim *sim)
{
    sim->stopped = true;
}

bool sim_stopped(const struct sim *sim)
{
    return sim->stopped;
}

void sim_post(struct sim *sim, sim_time at, const struct sim_port *port, uint64_t arg)
{
    g_assert(at >= sim->now);
    queue_put(&sim->queue, (struct event){at, ++sim->seq, port, arg}, sim->now);
}

/* The next event that will really run, at the head of the queue; stale timers are cleared away. */
static const struct event *next_event(struct sim *sim)
{
    const struct event *e;
    do
        e = queue_first(&sim->queue);
    while (e && !e->port && !timers_ripe(sim, e));
    return e;
}

static void hand_out(struct sim *sim, const struct event *next)
{
    struct event e = *next;
    queue_drop_first(&sim->queue);
    sim->now = e.at;
    sim->events++;
    if (sim->step_fn)
        sim->step_fn(sim->step_self);
    if (e.port)
        e.port->fn(e.port->owner, e.arg);
    else
        timers_fire(sim, (uint32_t)e.arg);
}

uint64_t sim_run(struct sim *sim, sim_time until)
{
    uint64_t events = sim->events;
    sim->stopped = false;
    for (const struct event *e; !sim->stopped && (e = next_event(sim)) && e->at <= until;)
        hand_out(sim, e);
    if (!sim->stopped && until > sim->now)
        sim->now = until;
    return sim->events - events;
}

bool sim_step(struct sim *sim, sim_time until)
{
    sim->stopped = false;
    const struct event *e = next_event(sim);
    if (!e || e->at > until)
        return false;
    hand_out(sim, e);
    return true;
}

sim_time sim_next(struct sim *sim)
{
    const struct event *e = next_event(sim);
    return e ? e->at : SIM_TIME_MAX;
}
