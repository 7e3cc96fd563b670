/* What the files of the kernel share: the event, the queue, the timer table, the simulation. */
#ifndef KERNEL_PRIV_H
#define KERNEL_PRIV_H

#include <glib.h>
#include "kernel/rng.h"
#include "kernel/sim.h"

/* One pending event, by value everywhere. Events run in the order of (at, seq). */
struct event {
    sim_time at;
    uint64_t seq;
    const struct sim_port *port; /* NULL: a timer expires, arg is its slot */
    uint64_t arg;
};

/* ---- queue.c ---- */

// clang-format off
#define QUEUE_LEVELS 8   /* of 8 bits: all of a sim_time that is not negative */
#define QUEUE_DIGITS 256
#define QUEUE_CHUNK  30  /* events a chunk */
#define QUEUE_SORT   128 /* slots of up to so many events are sorted straight into the front */
#define QUEUE_FRONT  512 /* places in the front */
#define QUEUE_CROWD  320 /* a front grown to so many events spills */
#define QUEUE_KEEP   64  /* and keeps so many */
// clang-format on

/* 992 bytes: not a power of two, so that the ends of many chunks do not share a cache set. */
struct queue_chunk {
    struct queue_chunk *next;
    struct event *from, *to; /* the events in use; `to` is not kept while the slot is written to */
    uint64_t unused;
    struct event event[QUEUE_CHUNK];
};

struct queue_slot {
    struct event *put, *end; /* the free places of the last chunk; the same when there are none */
    struct queue_chunk *first;
    uint32_t n_before; /* events in the chunks before the last */
    bool mixed;        /* not in the order of seq: sort by it too */
};

struct queue {
    /* The front: sorted, [head, tail) of places. All events before `horizon` are here. */
    struct event *head, *tail;
    sim_time horizon;
    /* The buckets: an event waits at the level of the highest digit in which it differs from
     * `base`. */
    sim_time base;
    uint64_t waiting; /* events in the buckets */
    uint32_t levels;  /* bit l: level l has events */
    uint64_t used[QUEUE_LEVELS][QUEUE_DIGITS / 64];
    struct queue_slot slot[QUEUE_LEVELS][QUEUE_DIGITS];
    struct queue_chunk *spare;
    GPtrArray *slabs; /* the memory of all chunks */
    struct event place[QUEUE_FRONT];
};

void queue_init(struct queue *q);
void queue_clear(struct queue *q);
/* The same as queue_put for an event whose seq was given out earlier. */
void queue_put_late(struct queue *q, const struct event *e, sim_time now);
/* Moves the next events into the empty front; false when there are none. */
bool queue_refill(struct queue *q);
void queue_front_insert(struct queue *q, struct event e, sim_time now);
/* A new chunk for a slot without a free place. */
void queue_slot_grow(struct queue *q, struct queue_slot *s);

static inline unsigned queue_level(sim_time at, sim_time base)
{
    return (63u - (unsigned)__builtin_clzll((uint64_t)(at ^ base) | 1)) >> 3;
}

static inline unsigned queue_digit(sim_time at, unsigned level)
{
    return (unsigned)((uint64_t)at >> (8 * level)) & 0xff;
}

static inline struct queue_slot *queue_slot_of(struct queue *q, sim_time at)
{
    unsigned level = queue_level(at, q->base);
    return &q->slot[level][queue_digit(at, level)];
}

static inline void queue_append(struct queue *q, struct queue_slot *s, struct event e)
{
    if (G_UNLIKELY(s->put == s->end))
        queue_slot_grow(q, s);
    *s->put++ = e;
}

/* `e.seq` is above that of every event put before. Not before `now`, the time of the last event
 * taken. */
static inline void queue_put(struct queue *q, struct event e, sim_time now)
{
    if (G_UNLIKELY(e.at < q->horizon)) {
        queue_front_insert(q, e, now);
        return;
    }
    queue_append(q, queue_slot_of(q, e.at), e);
    q->waiting++;
}

/* Lent, until the queue changes. NULL when it is empty. */
static inline const struct event *queue_first(struct queue *q)
{
    return q->head != q->tail || queue_refill(q) ? q->head : NULL;
}

static inline void queue_drop_first(struct queue *q)
{
    q->head++;
}

static inline uint64_t queue_length(const struct queue *q)
{
    return q->waiting + (uint64_t)(q->tail - q->head);
}

/* ---- timers.c ---- */

struct timer_slot {
    sim_timer_fn fn; /* NULL: the slot is free */
    void *owner;
    sim_time at;          /* SIM_TIME_MAX with seq 0: not armed */
    uint64_t seq;         /* given when armed; 0 = not armed */
    sim_time pending_at;  /* the event that stands for this timer in the queue */
    uint64_t pending_seq; /* 0 = none; the events of other numbers are stale */
    uint32_t next_free;
};

struct timers {
    struct timer_slot *slot;
    uint32_t n, cap;
    uint32_t free; /* first of the free list, UINT32_MAX when empty */
};

void timers_init(struct timers *t);
void timers_clear(struct timers *t);
/* Judges a timer event at the head of the queue: true when it is a real expiry. Otherwise it was
 * stale or early, and has been taken out or put where it belongs. */
bool timers_ripe(struct sim *sim, const struct event *e);
/* The expiry of a ripe event: disarms the timer and calls its function. */
void timers_fire(struct sim *sim, uint32_t slot);

/* ---- rng.c ---- */

/* Philox4x32-10: 128 bits of counter and 64 of key give 128 bits. */
void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);
void rng_free(struct rng *r);

/* ---- sim.c ---- */

struct sim {
    sim_time now;
    uint64_t seq;    /* the last number given */
    uint64_t events; /* run so far */
    bool stopped;
    void (*step_fn)(void *self);
    void *step_self;
    uint64_t seed, run;
    GHashTable *streams; /* name -> struct rng, for finding */
    struct timers timers;
    struct queue queue;
};

#endif
