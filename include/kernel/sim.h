/* The simulation kernel: one integer clock, one ordered queue of events, timers on top.
 *
 * Events run in the order of (time, sequence of scheduling), exactly. Nothing here is global: many
 * simulations live in one process. */
#ifndef KERNEL_SIM_H
#define KERNEL_SIM_H

#include <stdbool.h>
#include <stdint.h>

typedef int64_t sim_time; /* nanoseconds since the simulation began */

#define SIM_TIME_MAX    INT64_MAX
#define NANOSECONDS(n)  ((sim_time)(n))
#define MICROSECONDS(n) ((sim_time)(n)*1000)
#define MILLISECONDS(n) ((sim_time)(n)*1000000)
#define SECONDS(n)      ((sim_time)(n)*1000000000)

struct sim;

struct sim *sim_new(uint64_t seed, uint64_t run);
void sim_free(struct sim *sim); /* pending events are forgotten, their handlers are not called */
uint64_t sim_seed(const struct sim *sim);
uint64_t sim_run_number(const struct sim *sim);
sim_time sim_now(const struct sim *sim);

/* A port is where events go: a handler and its owner. It must live as long as events to it are
 * pending; links, interfaces and other things that live as long as the simulation own ports.
 * What can die earlier uses a timer. */
struct sim_port {
    void (*fn)(void *owner, uint64_t arg);
    void *owner;
};
/* Schedules one event. `at` is not before now. Cannot be cancelled. */
void sim_post(struct sim *sim, sim_time at, const struct sim_port *port, uint64_t arg);

/* A timer belongs to an object that may die: disarm and re-arm are O(1), a cleared timer never
 * fires. `init` once, `clear` before the memory goes. At most one expiry is pending. */
struct sim_timer {
    struct sim *sim;
    uint32_t slot;
};
typedef void (*sim_timer_fn)(void *owner);
void sim_timer_init(struct sim *sim, struct sim_timer *t, sim_timer_fn fn, void *owner);
void sim_timer_clear(struct sim_timer *t); /* allowed on a zeroed timer */
void sim_timer_arm(struct sim_timer *t, sim_time at);
void sim_timer_arm_in(struct sim_timer *t, sim_time delay);
void sim_timer_disarm(struct sim_timer *t);
bool sim_timer_armed(const struct sim_timer *t);
sim_time sim_timer_at(const struct sim_timer *t); /* SIM_TIME_MAX when not armed */

/* Runs every event with time <= until, then sets the clock to until. Returns the events run.
 * Stops early (clock at that event) when sim_stop was called from a handler. */
uint64_t sim_run(struct sim *sim, sim_time until);
/* Runs one event if one is due by `until`. */
bool sim_step(struct sim *sim, sim_time until);
void sim_stop(struct sim *sim);
/* The last sim_run or sim_step was stopped; the next one begins anew. */
bool sim_stopped(const struct sim *sim);
/* Time of the next event, SIM_TIME_MAX when there is none. */
sim_time sim_next(struct sim *sim);
uint64_t sim_events(const struct sim *sim);  /* events run so far */
uint64_t sim_pending(const struct sim *sim); /* events waiting, stale ones included */
/* Events posted and timers armed so far: the sequence number last given. */
uint64_t sim_scheduled(const struct sim *sim);

/* Called before each event is handed out, for step brackets (trace) and progress; one of each. */
void sim_set_step_fn(struct sim *sim, void (*fn)(void *self), void *self);

#endif
