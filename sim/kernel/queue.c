/* The event queue: buckets on the digits of the integer clock, with a small sorted front.
 *
 * Read the time of an event as eight digits of 8 bits. An event waits at the level of the highest
 * digit in which it differs from `base`, in the slot of its own digit there; so all of a lower
 * level comes before all of a higher one, and at one level slots follow each other in time. To go
 * on, take the first slot: a small one is sorted into the front, a large one is dealt a level down
 * with `base` moved to the slot's beginning. Each event moves down at most eight times, usually
 * twice.
 *
 * Events are put in the order of their seq and slots are first in, first out; dealing keeps that.
 * So equal times come out in the order of seq without comparing it, whatever their number: a slot
 * of the lowest level is one instant, and is handed to the front a piece at a time. The exception
 * is an event put late with an old seq (see timers.c), or one that the front spilled: a slot that
 * it disturbs is marked mixed, and sorted by seq too.
 *
 * An event before `horizon` is inserted in the front. A burst of those would make that an insertion
 * sort of thousands, so a crowded front spills its later events back into the buckets. */
#include "kernel_priv.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_EVENTS 30 /* 992 bytes: not a power of two, so that chunks spread over cache sets */

struct queue_chunk {
    struct queue_chunk *next;
    uint32_t from, to; /* events in use */
    struct event event[CHUNK_EVENTS];
};

void queue_init(struct queue *q)
{
    memset(q, 0, sizeof *q);
    q->head = q->tail = q->place;
}

static void chunks_free(struct queue_chunk *c)
{
    while (c) {
        struct queue_chunk *next = c->next;
        g_free(c);
        c = next;
    }
}

void queue_clear(struct queue *q)
{
    for (int level = 0; level < QUEUE_LEVELS; level++)
        for (int digit = 0; digit < QUEUE_DIGITS; digit++)
            chunks_free(q->slot[level][digit].first);
    chunks_free(q->spare);
    queue_init(q);
}

/* ---- chunks ---- */

static struct queue_chunk *chunk_new(struct queue *q)
{
    struct queue_chunk *c = q->spare;
    if (c)
        q->spare = c->next;
    else
        c = g_new(struct queue_chunk, 1);
    c->next = NULL;
    c->from = c->to = 0;
    return c;
}

static void chunk_free(struct queue *q, struct queue_chunk *c)
{
    c->next = q->spare;
    q->spare = c;
}

/* ---- buckets ---- */

static inline bool before(const struct event *a, const struct event *b)
{
    return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static inline unsigned level_of(sim_time at, sim_time base)
{
    return (63u - (unsigned)__builtin_clzll((uint64_t)(at ^ base) | 1)) >> 3;
}

static inline unsigned digit_of(sim_time at, unsigned level)
{
    return (unsigned)((uint64_t)at >> (8 * level)) & 0xff;
}

static inline struct queue_slot *slot_mark(struct queue *q, unsigned level, unsigned digit)
{
    q->used[level][digit >> 6] |= UINT64_C(1) << (digit & 63);
    q->levels |= 1u << level;
    return &q->slot[level][digit];
}

static inline struct queue_slot *slot_for(struct queue *q, sim_time at)
{
    unsigned level = level_of(at, q->base);
    return slot_mark(q, level, digit_of(at, level));
}

static inline void slot_append(struct queue *q, struct queue_slot *s, const struct event *e)
{
    struct queue_chunk *c = s->last;
    if (G_UNLIKELY(!c || c->to == CHUNK_EVENTS)) {
        c = chunk_new(q);
        if (s->last)
            s->last->next = c;
        else
            s->first = c;
        s->last = c;
    }
    c->event[c->to++] = *e;
    s->n++;
}

/* For an event that may be older than what the slot holds. */
static void slot_append_any(struct queue *q, struct queue_slot *s, const struct event *e)
{
    if (s->last && s->last->event[s->last->to - 1].seq > e->seq)
        s->mixed = true;
    slot_append(q, s, e);
}

/* Empties the slot in the books; the caller has its chunks. */
static struct queue_slot slot_take(struct queue *q, unsigned level, unsigned digit)
{
    struct queue_slot *s = &q->slot[level][digit];
    struct queue_slot taken = *s;
    *s = (struct queue_slot){0};
    uint64_t *used = q->used[level];
    used[digit >> 6] &= ~(UINT64_C(1) << (digit & 63));
    if (!(used[0] | used[1] | used[2] | used[3]))
        q->levels &= ~(1u << level);
    return taken;
}

/* Puts the events of a taken slot where they belong under the present base. */
static void deal(struct queue *q, struct queue_slot taken)
{
    for (struct queue_chunk *c = taken.first, *next; c; c = next) {
        next = c->next;
        for (uint32_t i = c->from; i < c->to; i++) {
            const struct event *e = &c->event[i];
            if (taken.mixed)
                slot_append_any(q, slot_for(q, e->at), e);
            else
                slot_append(q, slot_for(q, e->at), e);
        }
        chunk_free(q, c);
    }
}

static unsigned first_digit(const uint64_t used[QUEUE_DIGITS / 64])
{
    for (unsigned i = 0; i < QUEUE_DIGITS / 64; i++)
        if (used[i])
            return i * 64 + (unsigned)__builtin_ctzll(used[i]);
    g_assert_not_reached();
}

/* Moves the base forward to a time that no event in the buckets precedes. Where base and time part,
 * the slot of the time's digit may hold events, placed when the base was lower: they are dealt. */
static void base_raise(struct queue *q, sim_time to)
{
    unsigned level = level_of(to, q->base);
    unsigned digit = digit_of(to, level);
    q->base = to;
    if (q->slot[level][digit].n)
        deal(q, slot_take(q, level, digit));
}

/* Moves the base back, which is needed when somebody looked ahead at the next event and then events
 * were put before it. Where base and time part, all that waits on lower levels becomes one slot. */
static void base_lower(struct queue *q, sim_time to)
{
    unsigned level = level_of(to, q->base);
    struct queue_slot all = {.mixed = true};
    while (q->levels & ((1u << level) - 1)) {
        unsigned l = (unsigned)__builtin_ctz(q->levels);
        struct queue_slot taken = slot_take(q, l, first_digit(q->used[l]));
        if (all.last)
            all.last->next = taken.first;
        else
            all.first = taken.first;
        all.last = taken.last;
        all.n += taken.n;
    }
    if (all.n)
        *slot_mark(q, level, digit_of(q->base, level)) = all;
    q->base = to;
}

/* ---- the front ---- */

/* Gives the later events of a crowded front back to the buckets. */
static void front_spill(struct queue *q, sim_time now)
{
    if (now > q->base)
        base_raise(q, now);
    else if (now < q->base)
        base_lower(q, now);
    struct event *from = q->head + QUEUE_KEEP;
    for (const struct event *e = from; e < q->tail; e++)
        slot_append_any(q, slot_for(q, e->at), e);
    q->waiting += (uint64_t)(q->tail - from);
    q->horizon = from->at;
    q->tail = from;
}

static void front_insert(struct queue *q, const struct event *e, sim_time now)
{
    struct event *low = q->head, *high = q->tail;
    while (low < high) {
        struct event *middle = low + (high - low) / 2;
        if (before(e, middle))
            high = middle;
        else
            low = middle + 1;
    }
    /* Moves the shorter side, when there is room on it. */
    bool left = low - q->head < q->tail - low;
    if (left ? q->head > q->place : q->tail == q->place + QUEUE_FRONT) {
        memmove(q->head - 1, q->head, (size_t)((char *)low - (char *)q->head));
        q->head--;
        low--;
    } else {
        memmove(low + 1, low, (size_t)((char *)q->tail - (char *)low));
        q->tail++;
    }
    *low = *e;
    if (q->tail - q->head >= QUEUE_CROWD)
        front_spill(q, now);
}

/* In the middle, so that insertions find room on both sides. */
static struct event *front_empty(struct queue *q)
{
    q->head = q->tail = q->place + (QUEUE_FRONT - QUEUE_SORT) / 2;
    return q->head;
}

/* ---- in ---- */

void queue_put(struct queue *q, const struct event *e, sim_time now)
{
    if (e->at < q->horizon) {
        front_insert(q, e, now);
        return;
    }
    slot_append(q, slot_for(q, e->at), e);
    q->waiting++;
}

void queue_put_late(struct queue *q, const struct event *e, sim_time now)
{
    /* At the horizon itself, some of an instant can be in the front and the rest in its slot. */
    if (e->at < q->horizon || (q->head != q->tail && before(e, q->tail - 1))) {
        front_insert(q, e, now);
        return;
    }
    slot_append_any(q, slot_for(q, e->at), e);
    q->waiting++;
}

/* ---- out ---- */

/* Sorts keys of time and position: no two are equal. */
static void sort_keys(uint64_t *key, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint64_t k = key[i];
        uint32_t j = i;
        for (; j > 0 && key[j - 1] > k; j--)
            key[j] = key[j - 1];
        key[j] = k;
    }
}

/* Sorts by (at, seq) what is sorted by time already. */
static void sort_ties(struct event *e, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        struct event moved = e[i];
        uint32_t j = i;
        for (; j > 0 && before(&moved, &e[j - 1]); j--)
            e[j] = e[j - 1];
        e[j] = moved;
    }
}

/* A small slot goes to the front: the times within the slot, with the position in it beside them,
 * are sorted as integers (at most 56 bits and 8), and the events gathered in that order. */
static void slot_to_front(struct queue *q, struct queue_slot taken)
{
    struct event *to = front_empty(q);
    const struct event *at[QUEUE_SORT];
    uint64_t key[QUEUE_SORT];
    uint32_t n = 0;
    for (const struct queue_chunk *c = taken.first; c; c = c->next) {
        for (uint32_t i = c->from; i < c->to; i++, n++) {
            at[n] = &c->event[i];
            key[n] = (uint64_t)(c->event[i].at - q->base) << 8 | n;
        }
    }
    sort_keys(key, n);
    for (uint32_t i = 0; i < n; i++)
        to[i] = *at[key[i] & 0xff];
    if (taken.mixed)
        sort_ties(to, n);
    q->tail = to + n;
    q->waiting -= n;
    for (struct queue_chunk *c = taken.first, *next; c; c = next) {
        next = c->next;
        chunk_free(q, c);
    }
}

static int event_order(const void *a, const void *b)
{
    return before(a, b) ? -1 : before(b, a);
}

/* Lays the events of one instant out again in the order of seq. */
static void slot_unmix(struct queue *q, struct queue_slot *s)
{
    struct event *all = g_new(struct event, s->n);
    size_t n = 0;
    for (struct queue_chunk *c = s->first, *next; c; c = next) {
        next = c->next;
        memcpy(all + n, c->event + c->from, (c->to - c->from) * sizeof *all);
        n += c->to - c->from;
        chunk_free(q, c);
    }
    qsort(all, n, sizeof *all, event_order);
    *s = (struct queue_slot){0};
    for (size_t i = 0; i < n; i++)
        slot_append(q, s, &all[i]);
    g_free(all);
}

/* A crowd at one instant: its oldest chunk goes to the front. What is put at this instant meanwhile
 * is not before the horizon, and so joins the end of the slot. */
static void instant_to_front(struct queue *q, unsigned digit)
{
    struct queue_slot *s = &q->slot[0][digit];
    if (s->mixed)
        slot_unmix(q, s);
    struct queue_chunk *c = s->first;
    uint32_t n = c->to - c->from;
    q->horizon = c->event[c->from].at;
    struct event *to = front_empty(q);
    memcpy(to, c->event + c->from, n * sizeof *to);
    q->tail = to + n;
    q->waiting -= n;
    s->n -= n;
    s->first = c->next;
    chunk_free(q, c);
}

bool queue_refill(struct queue *q)
{
    while (q->levels) {
        unsigned level = (unsigned)__builtin_ctz(q->levels);
        unsigned digit = first_digit(q->used[level]);
        unsigned shift = 8 * level;
        /* The digits above the level's are the base's, the ones below are zero. */
        uint64_t above = (uint64_t)q->base >> shift >> 8 << 8;
        q->base = (sim_time)((above | digit) << shift);
        struct queue_slot *s = &q->slot[level][digit];
        if (s->n <= QUEUE_SORT) {
            q->horizon = (sim_time)MIN((uint64_t)q->base + (UINT64_C(1) << shift), INT64_MAX);
            slot_to_front(q, slot_take(q, level, digit));
            return true;
        }
        if (level == 0) {
            instant_to_front(q, digit);
            return true;
        }
        deal(q, slot_take(q, level, digit));
    }
    return false;
}
