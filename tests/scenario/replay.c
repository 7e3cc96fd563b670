/* The drops of CAT-74, derived: from the order in which packets leave the queue behind the sealing,
 * by a window that is a plain set of numbers, and compared with what the receiver dropped, number
 * by number. */
#include "play.h"

#define FOLDER VPNSIM_SOURCE_DIR "/scenarios/"

struct waiting {
    char *class;
    uint64_t place; /* in its class */
    uint32_t spi;
    uint64_t seq;
};
struct departed {
    uint32_t spi;
    uint64_t seq;
};
struct ear {
    const char *sender, *receiver, *interface;
    bool sealed; /* `last` has left the sealing and nothing is known of it since */
    struct departed last;
    GPtrArray *queue;            /* struct waiting */
    GArray *left;                /* struct departed, in order */
    GArray *dropped;             /* struct departed: what the receiver called replayed */
    unsigned overflowed, waited; /* told by the queue */
};

static void waiting_free(void *p)
{
    g_free(((struct waiting *)p)->class);
    g_free(p);
}

/* Nothing was in its way. */
static void passed(struct ear *e)
{
    if (e->sealed)
        g_array_append_val(e->left, e->last);
    e->sealed = false;
}

static void waits(struct ear *e, const struct ev_queue_in *q)
{
    struct waiting *w = g_new0(struct waiting, 1);
    *w = (struct waiting){g_strdup(q->class), q->number, e->last.spi, e->last.seq};
    g_ptr_array_add(e->queue, w);
    e->sealed = false;
    e->waited++;
}

static void goes(struct ear *e, const struct ev_queue_out *q)
{
    passed(e);
    for (guint i = 0; i < e->queue->len; i++) {
        const struct waiting *w = e->queue->pdata[i];
        if (w->place != q->number || strcmp(w->class, q->class) != 0)
            continue;
        g_array_append_val(e->left, ((struct departed){w->spi, w->seq}));
        g_ptr_array_remove_index(e->queue, i);
        return;
    }
}

static void hear(void *self, const struct trace_event *t)
{
    struct ear *e = self;
    bool sender = strcmp(t->scope->name, e->sender) == 0;
    if (t->id == EV_esp_drop && strcmp(t->scope->name, e->receiver) == 0) {
        const struct ev_esp_drop *d = t->data;
        if (d->why == DROP_ESP_REPLAY)
            g_array_append_val(e->dropped, ((struct departed){d->spi, d->seq}));
    } else if (!sender) {
        return;
    } else if (t->id == EV_esp_out) {
        const struct ev_esp_out *o = t->data;
        passed(e);
        e->last = (struct departed){o->spi, o->seq};
        e->sealed = true;
    } else if (t->id == EV_queue_in) {
        const struct ev_queue_in *q = t->data;
        if (e->sealed && strcmp(q->interface, e->interface) == 0)
            waits(e, q);
    } else if (t->id == EV_queue_out) {
        const struct ev_queue_out *q = t->data;
        if (strcmp(q->interface, e->interface) == 0)
            goes(e, q);
    } else if (t->id == EV_queue_drop) {
        e->overflowed += e->sealed;
        e->sealed = false;
    }
}

/* What a window of so many numbers refuses of the packets in that order: those seen before, and
 * those that lie `window` or more behind the highest. 0 = it refuses nothing. */
static GArray *refused(const GArray *left, uint32_t window, uint32_t wider, guint from)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct departed));
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    uint64_t highest = 0;
    uint32_t spi = 0;
    for (guint i = 0; i < left->len; i++) {
        const struct departed *d = &g_array_index(left, struct departed, i);
        if (d->spi != spi) {
            g_hash_table_remove_all(seen);
            highest = 0;
            spi = d->spi;
        }
        uint32_t size = i < from ? window : wider;
        gint64 number = (gint64)d->seq;
        bool old = d->seq + size <= highest;
        if (size && (old || g_hash_table_contains(seen, &number))) {
            g_array_append_val(out, *d);
            continue;
        }
        g_hash_table_add(seen, g_memdup2(&number, sizeof number));
        highest = MAX(highest, d->seq);
    }
    return out;
}

static void ear_clear(struct ear *e)
{
    g_ptr_array_unref(e->queue);
    g_array_unref(e->left);
    g_array_unref(e->dropped);
}

static struct played listen(const char *name, struct ear *e)
{
    GError *error = NULL;
    g_autofree char *file = g_strconcat(FOLDER, name, "/scenario.yml", NULL), *why = NULL;
    struct played p = {scenario_load(file, NULL, &error)};
    p.w = p.s ? world_new(p.s, &(struct world_options){0}, &error) : NULL;
    cr_assert_not_null(p.w, "%s", error ? error->message : "");
    e->queue = g_ptr_array_new_with_free_func(waiting_free);
    e->left = g_array_new(FALSE, FALSE, sizeof(struct departed));
    e->dropped = g_array_new(FALSE, FALSE, sizeof(struct departed));
    struct trace_mask want = {0};
    static const enum trace_id id[] = {EV_esp_out, EV_esp_drop, EV_queue_in, EV_queue_out,
                                       EV_queue_drop};
    for (size_t i = 0; i < G_N_ELEMENTS(id); i++)
        trace_mask_add(&want, id[i]);
    trace_subscribe(world_trace(p.w), NULL, &want, hear, e);
    p.end = world_run(p.w, &why);
    passed(e);
    return p;
}

/* The number of packets that had left when the SA changed for good: from there on the window is the
 * one of the fix. */
static guint last_sa(const GArray *left)
{
    guint at = left->len;
    while (at && g_array_index(left, struct departed, at - 1).spi ==
                     g_array_index(left, struct departed, left->len - 1).spi)
        at--;
    return at;
}

Test(replay, drops_of_a_queue_that_lets_voice_pass_are_those_the_order_makes)
{
    static const struct {
        const char *name;
        uint32_t window, fixed; /* before and after the fix */
        bool renewed;           /* the fix renews the SAs */
    } row[] = {
        {"qos-antireplay-drops", 64, 64, false},
        {"qos-antireplay-drops-window", 64, 1024, true},
        {"qos-antireplay-drops-bandwidth", 64, 64, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ear e = {"routerB", "fwA", "FastEthernet0/0"};
        struct played p = listen(row[i].name, &e);
        guint from = row[i].renewed ? last_sa(e.left) : e.left->len;
        g_autoptr(GArray) want = refused(e.left, row[i].window, row[i].fixed, from);
        uint64_t counted = 0;
        trace_counter_get(world_device(p.w, "fwA")->scope, "esp.replay", &counted);
        cr_expect_gt(e.waited, 100, "%s: a queue there was", row[i].name);
        cr_expect_gt(want->len, 100, "%s", row[i].name);
        cr_expect_eq(counted, want->len, "%s", row[i].name);
        cr_assert_eq(e.dropped->len, want->len, "%s", row[i].name);
        for (guint k = 0; k < want->len; k++)
            cr_assert_eq(g_array_index(e.dropped, struct departed, k).seq,
                         g_array_index(want, struct departed, k).seq, "%s: %u", row[i].name, k);
        g_autoptr(GArray) off = refused(e.left, 1024, 1024, 0);
        cr_expect_eq(off->len, 0, "%s: 1024 numbers are enough for all of it", row[i].name);
        ear_clear(&e);
        played_free(&p);
    }
}
