/* The loads of the HOLD benchmark, shared by its programs, in C and C++: what each event does next.
 * An event never looks at anything but the load, so every queue that keeps the order of (time,
 * sequence) plays the same events; `order` sums them up. */
#ifndef TESTS_BENCH_HOLD_SHAPES_H
#define TESTS_BENCH_HOLD_SHAPES_H

#include <math.h>
#include <stdint.h>

#define HOLD_DELAYS 4096

enum hold_kind {
    HOLD_SMOOTH,  /* each event puts one more, exponentially later, a second on average */
    HOLD_PACKETS, /* nine of ten within 10 us, one of ten about a second later */
    HOLD_TIES,    /* each puts one more, 1 to 4 ms later: all meet at few instants */
    HOLD_BURST    /* every 20,000th event puts 20,000 more within a millisecond */
};

struct hold_shape {
    const char *name;
    enum hold_kind kind;
    unsigned pending;
    unsigned operations;
};

static const struct hold_shape hold_shapes[] = {
    {"hold 1e3", HOLD_SMOOTH, 1000, 4000000},    {"hold 1e5", HOLD_SMOOTH, 100000, 4000000},
    {"hold 1e6", HOLD_SMOOTH, 1000000, 4000000}, {"packets 1e5", HOLD_PACKETS, 100000, 4000000},
    {"ties 1e5", HOLD_TIES, 100000, 3000000},    {"burst 1e5", HOLD_BURST, 100000, 3000000},
};
#define HOLD_SHAPES     (sizeof hold_shapes / sizeof *hold_shapes)
#define HOLD_BURST_SIZE 20000

struct hold_load {
    int64_t delay[HOLD_DELAYS];
    uint64_t random;
    uint64_t order;
    unsigned burst_left;
    enum hold_kind kind;
};

static inline uint64_t hold_random(struct hold_load *l)
{
    l->random = l->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return l->random >> 32;
}

static inline int64_t hold_delay(struct hold_load *l)
{
    return l->delay[hold_random(l) % HOLD_DELAYS];
}

/* The delay itself has some bits of noise, so that times are not those of a grid. */
static inline void hold_begin(struct hold_load *l, const struct hold_shape *s)
{
    l->random = 1;
    l->order = 0;
    l->burst_left = HOLD_BURST_SIZE;
    l->kind = s->kind;
    for (int i = 0; i < HOLD_DELAYS; i++) {
        double u = ((double)hold_random(l) + 0.5) / 4294967296.0;
        int64_t smooth = (int64_t)(-log(u) * 1e9);
        switch (s->kind) {
        case HOLD_SMOOTH:
            l->delay[i] = smooth;
            break;
        case HOLD_PACKETS:
            l->delay[i] = i % 10 ? (int64_t)(u * 1e4) : smooth;
            break;
        case HOLD_TIES:
            l->delay[i] = (1 + i % 4) * INT64_C(1000000);
            break;
        case HOLD_BURST:
            l->delay[i] = (int64_t)(u * 1e6);
            break;
        }
    }
}

/* The event at `now` runs: how many more it puts, each hold_delay later. */
static inline unsigned hold_event(struct hold_load *l, int64_t now, uint64_t seq)
{
    l->order = (l->order ^ (uint64_t)now ^ seq << 40) * UINT64_C(0x9e3779b97f4a7c15);
    if (l->kind != HOLD_BURST)
        return 1;
    if (--l->burst_left)
        return 0;
    l->burst_left = HOLD_BURST_SIZE;
    return HOLD_BURST_SIZE;
}

#endif
