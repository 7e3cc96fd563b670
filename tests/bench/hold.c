/* The HOLD benchmark of event queues: the kernel through its public API, beside a 4-ary heap of
 * 16-byte keys and GLib's GTree in the same run. Prints million events a second, medians of three
 * rounds, and checks that all of them ran the same events in the same order. */
#include <glib.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "hold_shapes.h"
#include "kernel/sim.h"

#define ROUNDS 3

struct result {
    double million_per_s;
    uint64_t order;
};

/* Of this process alone: a busy neighbour does not count. */
static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* ---- the kernel ---- */

struct kernel_run {
    struct hold_load load;
    struct sim *sim;
    struct sim_port port;
    uint64_t seq;
    unsigned left;
};

static void kernel_event(void *owner, uint64_t seq)
{
    struct kernel_run *r = owner;
    sim_time now = sim_now(r->sim);
    for (unsigned n = hold_event(&r->load, now, seq); n > 0; n--)
        sim_post(r->sim, now + hold_delay(&r->load), &r->port, ++r->seq);
    if (--r->left == 0)
        sim_stop(r->sim);
}

static struct result run_kernel(const struct hold_shape *s)
{
    struct kernel_run r = {.sim = sim_new(1, 0), .left = s->operations};
    r.port = (struct sim_port){kernel_event, &r};
    hold_begin(&r.load, s);
    for (unsigned i = 0; i < s->pending; i++)
        sim_post(r.sim, hold_delay(&r.load), &r.port, ++r.seq);
    r.left = s->pending;
    sim_run(r.sim, SIM_TIME_MAX); /* every event has been through once */
    r.left = s->operations;
    double begin = seconds();
    sim_run(r.sim, SIM_TIME_MAX);
    double took = seconds() - begin;
    sim_free(r.sim);
    return (struct result){s->operations / took * 1e-6, r.load.order};
}

/* ---- the 4-ary heap ---- */

struct key {
    int64_t at;
    uint64_t seq;
};

struct heap {
    struct key *key;
    size_t n, cap;
    uint64_t seq;
};

static inline bool key_before(struct key a, struct key b)
{
    return a.at < b.at || (a.at == b.at && a.seq < b.seq);
}

static void heap_put(struct heap *h, int64_t at)
{
    if (h->n == h->cap) {
        h->cap *= 2;
        h->key = g_renew(struct key, h->key, h->cap);
    }
    struct key k = {at, ++h->seq};
    size_t i = h->n++;
    for (; i > 0 && key_before(k, h->key[(i - 1) / 4]); i = (i - 1) / 4)
        h->key[i] = h->key[(i - 1) / 4];
    h->key[i] = k;
}

static struct key heap_take(struct heap *h)
{
    struct key least = h->key[0], k = h->key[--h->n];
    size_t i = 0;
    for (size_t c; (c = 4 * i + 1) < h->n;) {
        size_t end = MIN(c + 4, h->n), best = c;
        for (size_t j = c + 1; j < end; j++)
            if (key_before(h->key[j], h->key[best]))
                best = j;
        if (!key_before(h->key[best], k))
            break;
        h->key[i] = h->key[best];
        i = best;
    }
    h->key[i] = k;
    return least;
}

static void heap_play(struct heap *h, struct hold_load *l, unsigned operations)
{
    while (operations-- > 0) {
        struct key k = heap_take(h);
        for (unsigned n = hold_event(l, k.at, k.seq); n > 0; n--)
            heap_put(h, k.at + hold_delay(l));
    }
}

static struct result run_heap(const struct hold_shape *s)
{
    struct hold_load l;
    struct heap h = {.key = g_new(struct key, 64), .cap = 64};
    hold_begin(&l, s);
    for (unsigned i = 0; i < s->pending; i++)
        heap_put(&h, hold_delay(&l));
    heap_play(&h, &l, s->pending);
    double begin = seconds();
    heap_play(&h, &l, s->operations);
    double took = seconds() - begin;
    g_free(h.key);
    return (struct result){s->operations / took * 1e-6, l.order};
}

/* ---- GTree ---- */

static gint key_order(gconstpointer a, gconstpointer b, gpointer unused)
{
    const struct key *x = a, *y = b;
    if (x->at != y->at)
        return x->at < y->at ? -1 : 1;
    return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void tree_put(GTree *t, int64_t at, uint64_t seq)
{
    struct key *k = g_new(struct key, 1);
    *k = (struct key){at, seq};
    g_tree_insert(t, k, NULL);
}

static void tree_play(GTree *t, uint64_t *seq, struct hold_load *l, unsigned operations)
{
    while (operations-- > 0) {
        struct key *first = g_tree_node_key(g_tree_node_first(t));
        struct key k = *first;
        g_tree_remove(t, first);
        for (unsigned n = hold_event(l, k.at, k.seq); n > 0; n--)
            tree_put(t, k.at + hold_delay(l), ++*seq);
    }
}

static struct result run_tree(const struct hold_shape *s)
{
    struct hold_load l;
    GTree *t = g_tree_new_full(key_order, NULL, g_free, NULL);
    uint64_t seq = 0;
    hold_begin(&l, s);
    for (unsigned i = 0; i < s->pending; i++)
        tree_put(t, hold_delay(&l), ++seq);
    tree_play(t, &seq, &l, s->pending);
    double begin = seconds();
    tree_play(t, &seq, &l, s->operations);
    double took = seconds() - begin;
    g_tree_destroy(t);
    return (struct result){s->operations / took * 1e-6, l.order};
}

/* ---- the table ---- */

static const struct {
    const char *name;
    struct result (*run)(const struct hold_shape *s);
    unsigned rounds;
} contender[] = {
    {"vpnsim", run_kernel, ROUNDS},
    {"4-ary heap", run_heap, ROUNDS},
    {"GTree", run_tree, 1},
};

static int by_speed(const void *a, const void *b)
{
    const struct result *x = a, *y = b;
    return x->million_per_s < y->million_per_s ? -1 : x->million_per_s > y->million_per_s;
}

int main(int argc, char **argv)
{
    const char *only = argc > 1 ? argv[1] : NULL; /* one contender alone, for a profiler */
    bool same = true;
    printf("million events/s   vpnsim  4-ary heap  GTree   vpnsim/heap  vpnsim/GTree  order\n");
    for (size_t i = 0; i < HOLD_SHAPES; i++) {
        struct result middle[G_N_ELEMENTS(contender)] = {0};
        bool shape_same = true;
        for (size_t c = 0; c < G_N_ELEMENTS(contender); c++) {
            struct result round[ROUNDS];
            if (only && strcmp(only, contender[c].name) != 0)
                continue;
            for (unsigned n = 0; n < contender[c].rounds; n++)
                round[n] = contender[c].run(&hold_shapes[i]);
            qsort(round, contender[c].rounds, sizeof *round, by_speed);
            middle[c] = round[contender[c].rounds / 2];
            shape_same &= only || middle[c].order == middle[0].order;
        }
        same &= shape_same;
        double mine = middle[0].million_per_s;
        printf("%-16s %8.2f  %10.2f  %5.2f  %12.1f  %12.1f  %016" PRIx64 " %s\n",
               hold_shapes[i].name, mine, middle[1].million_per_s, middle[2].million_per_s,
               mine / middle[1].million_per_s, mine / middle[2].million_per_s, middle[0].order,
               shape_same ? "in all" : "DIFFERS");
        fflush(stdout);
    }
    return same ? 0 : 1;
}
