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

#define SLAB_CHUNKS_MIN 16
#define SLAB_CHUNKS_MAX 2048

void queue_init(struct queue *q)
{
    memset(q, 0, sizeof *q);
    q->head = q->tail = q->place;
    q->slabs = g_ptr_array_new_with_free_func(g_free);
}

void queue_clear(struct queue *q)
{
    g_ptr_array_free(q->slabs, TRUE);
}

/* ---- chunks ---- */

/* Chunks are cut from slabs, each twice as large as the last one up to a limit, and go back to the
 * spare list: a queue keeps the memory of its largest crowd. */
static void slab_new(struct queue *q)
{
    guint grown = MIN(q->slabs->len, 16);
    size_t n = MIN((size_t)SLAB_CHUNKS_MIN << grown, SLAB_CHUNKS_MAX);
    struct queue_chunk *chunk = g_new(struct queue_chunk, n);
    g_ptr_array_add(q->slabs, chunk);
    for (size_t i = 0; i < n; i++)
        chunk[i].next = i + 1 < n ? &chunk[i + 1] : NULL;
    q->spare = chunk;
}

static struct queue_chunk *chunk_new(struct queue *q)
{
    if (G_UNLIKELY(!q->spare))
        slab_new(q);
    struct queue_chunk *c = q->spare;
    q->spare = c->next;
    c->next = NULL;
    c->from = c->event;
    return c;
}

static void chunk_free(struct queue *q, struct queue_chunk *c)
{
    c->next = q->spare;
    q->spare = c;
}

/* ---- slots ---- */

static inline bool before(const struct event *a, const struct event *b)
{
    return a->at < b->at || (a->at == b->at && a->seq < b->seq);
}

static struct queue_chunk *slot_last(const struct queue_slot *s)
{
    return (struct queue_chunk *)((char *)s->end - sizeof(struct queue_chunk));
}

static uint32_t slot_count(const struct queue_slot *s)
{
    return s->first ? s->n_before + (uint32_t)(s->put - slot_last(s)->from) : 0;
}

static void slot_mark(struct queue *q, const struct queue_slot *s)
{
    unsigned place = (unsigned)(s - &q->slot[0][0]);
    unsigned level = place / QUEUE_DIGITS, digit = place % QUEUE_DIGITS;
    q->used[level][digit >> 6] |= UINT64_C(1) << (digit & 63);
    q->levels |= 1u << level;
}

void queue_slot_grow(struct queue *q, struct queue_slot *s)
{
    struct queue_chunk *c = chunk_new(q);
    if (s->first) {
        struct queue_chunk *last = slot_last(s);
        last->to = s->put;
        last->next = c;
        s->n_before += (uint32_t)(last->to - last->from);
    } else {
        s->first = c;
        slot_mark(q, s);
    }
    s->put = c->event;
    s->end = c->event + QUEUE_CHUNK;
}

/* For an event that may be older than what the slot holds. */
static void slot_append_any(struct queue *q, struct queue_slot *s, struct event e)
{
    if (s->first && s->put[-1].seq > e.seq)
        s->mixed = true;
    queue_append(q, s, e);
}

/* Empties the slot in the books; the caller has its chunks. */
static struct queue_slot slot_take(struct queue *q, unsigned level, unsigned digit)
{
    struct queue_slot *s = &q->slot[level][digit];
    struct queue_slot taken = *s;
    slot_last(s)->to = s->put;
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
        if (taken.mixed)
            for (const struct event *e = c->from; e < c->to; e++)
                slot_append_any(q, queue_slot_of(q, e->at), *e);
        else
            for (const struct event *e = c->from; e < c->to; e++)
                queue_append(q, queue_slot_of(q, e->at), *e);
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

/* ---- the base ---- */

/* Moves the base forward to a time that no event in the buckets precedes. Where base and time part,
 * the slot of the time's digit may hold events, placed when the base was lower: they are dealt. */
static void base_raise(struct queue *q, sim_time to)
{
    unsigned level = queue_level(to, q->base);
    unsigned digit = queue_digit(to, level);
    q->base = to;
    if (level > 0 && q->slot[level][digit].first)
        deal(q, slot_take(q, level, digit));
}

/* Moves the base back, which is needed when somebody looked ahead at the next event and then events
 * were put before it. Where base and time part, all that waits on lower levels becomes one slot. */
static void base_lower(struct queue *q, sim_time to)
{
    unsigned level = queue_level(to, q->base);
    struct queue_slot all = {.mixed = true};
    while (q->levels & ((1u << level) - 1)) {
        unsigned l = (unsigned)__builtin_ctz(q->levels);
        struct queue_slot taken = slot_take(q, l, first_digit(q->used[l]));
        if (all.first) {
            slot_last(&all)->next = taken.first;
            all.n_before += (uint32_t)(all.put - slot_last(&all)->from);
        } else {
            all.first = taken.first;
        }
        all.n_before += taken.n_before;
        all.put = taken.put;
        all.end = taken.end;
    }
    if (all.first) {
        struct queue_slot *s = &q->slot[level][queue_digit(q->base, level)];
        *s = all;
        slot_mark(q, s);
    }
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
        slot_append_any(q, queue_slot_of(q, e->at), *e);
    q->waiting += (uint64_t)(q->tail - from);
    q->horizon = from->at;
    q->tail = from;
}

void queue_front_insert(struct queue *q, struct event e, sim_time now)
{
    struct event *low = q->head, *high = q->tail;
    while (low < high) {
        struct event *middle = low + (high - low) / 2;
        if (before(&e, middle))
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
    *low = e;
    if (q->tail - q->head >= QUEUE_CROWD)
        front_spill(q, now);
}

void queue_put_late(struct queue *q, const struct event *e, sim_time now)
{
    /* At the horizon itself, some of an instant can be in the front and the rest in its slot. */
    if (e->at < q->horizon || (q->head != q->tail && before(e, q->tail - 1))) {
        queue_front_insert(q, *e, now);
        return;
    }
    slot_append_any(q, queue_slot_of(q, e->at), *e);
    q->waiting++;
}

/* In the middle, so that insertions find room on both sides. */
static struct event *front_empty(struct queue *q)
{
    q->head = q->tail = q->place + (QUEUE_FRONT - QUEUE_SORT) / 2;
    return q->head;
}

/* ---- sorting a slot into the front ---- */

#define SPREAD_BITS 6
#define SPREAD      (1 << SPREAD_BITS)
#define SPREAD_FROM 10 /* fewer keys are sorted by insertion alone */

static void sort_by_insertion(uint64_t *key, uint32_t n)
{
    for (uint32_t i = 1; i < n; i++) {
        uint64_t k = key[i];
        uint32_t j = i;
        for (; j > 0 && key[j - 1] > k; j--)
            key[j] = key[j - 1];
        key[j] = k;
    }
}

/* Spreads keys over 64 heaps by their highest bits of `bits`, heap after heap into `to`. A heap's
 * place is the sum of the counts before it: eight counts of a byte at once, as a multiplication by
 * 0x0101... puts into each byte the sum of those up to it. No sum is above QUEUE_SORT, so none
 * runs over into the next byte. */
_Static_assert(QUEUE_SORT < 256, "positions are bytes");
static void spread(const uint64_t *key, uint32_t n, unsigned bits, uint64_t *to)
{
    union {
        uint64_t word[SPREAD / 8];
        uint8_t byte[SPREAD];
    } count = {{0}}, place;
    unsigned shift = bits - SPREAD_BITS;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < n; i++)
        count.byte[key[i] >> shift]++;
    for (int w = 0; w < SPREAD / 8; w++) {
        uint64_t upto = GUINT64_FROM_LE(count.word[w]) * UINT64_C(0x0101010101010101);
        place.word[w] = GUINT64_TO_LE((upto << 8) + sum * UINT64_C(0x0101010101010101));
        sum += upto >> 56;
    }
    for (uint32_t i = 0; i < n; i++)
        to[place.byte[key[i] >> shift]++] = key[i];
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
static void slot_to_front(struct queue *q, struct queue_slot taken, unsigned level)
{
    struct event *to = front_empty(q);
    const struct event *at[QUEUE_SORT];
    uint64_t key[QUEUE_SORT], spread_key[QUEUE_SORT], *sorted = key;
    uint32_t n = 0;
    for (struct queue_chunk *c = taken.first, *next; c; c = next) {
        next = c->next;
        for (const struct event *e = c->from; e < c->to; e++, n++) {
            at[n] = e;
            key[n] = (uint64_t)(e->at - q->base) << 8 | n;
        }
        chunk_free(q, c); /* its events stay readable until the next chunk is needed */
    }
    if (n >= SPREAD_FROM) {
        spread(key, n, 8 * level + 8, spread_key);
        sorted = spread_key;
    }
    sort_by_insertion(sorted, n);
    for (uint32_t i = 0; i < n; i++)
        to[i] = *at[sorted[i] & 0xff];
    if (G_UNLIKELY(taken.mixed))
        sort_ties(to, n);
    q->tail = to + n;
    q->waiting -= n;
}

/* ---- crowds at one instant ---- */

static int event_order(const void *a, const void *b)
{
    return before(a, b) ? -1 : before(b, a);
}

/* Lays the events of one instant out again in the order of seq. */
static void slot_unmix(struct queue *q, unsigned digit)
{
    struct queue_slot taken = slot_take(q, 0, digit);
    struct event *all = g_new(struct event, slot_count(&taken));
    size_t n = 0;
    for (struct queue_chunk *c = taken.first, *next; c; c = next) {
        next = c->next;
        memcpy(all + n, c->from, (size_t)((char *)c->to - (char *)c->from));
        n += (size_t)(c->to - c->from);
        chunk_free(q, c);
    }
    qsort(all, n, sizeof *all, event_order);
    for (size_t i = 0; i < n; i++)
        queue_append(q, &q->slot[0][digit], all[i]);
    g_free(all);
}

/* The oldest chunk of the instant goes to the front; there are more. What is put at this instant
 * meanwhile is not before the horizon, and so joins the end of the slot. */
static void instant_to_front(struct queue *q, unsigned digit)
{
    struct queue_slot *s = &q->slot[0][digit];
    if (s->mixed)
        slot_unmix(q, digit);
    struct queue_chunk *c = s->first;
    uint32_t n = (uint32_t)(c->to - c->from);
    struct event *to = front_empty(q);
    q->horizon = c->from->at;
    memcpy(to, c->from, n * sizeof *to);
    q->tail = to + n;
    q->waiting -= n;
    s->n_before -= n;
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
        if (slot_count(&q->slot[level][digit]) <= QUEUE_SORT) {
            q->horizon = (sim_time)MIN((uint64_t)q->base + (UINT64_C(1) << shift), INT64_MAX);
            slot_to_front(q, slot_take(q, level, digit), level);
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
