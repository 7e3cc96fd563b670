/* The spine: scopes with their masks, subscribers, and the delivery of one event to those who want
 * it.
 *
 * Subscribers to every scope stand in one list, those to a single scope in that scope's own, so
 * that an event of one node among thousands meets only its own listeners. Both lists are in the
 * order of subscribing and are merged by it. */
#include "trace_priv.h"

#include <string.h>

/* ---- masks ---- */

void trace_mask_add(struct trace_mask *m, enum trace_id id)
{
    g_assert(id < EV_COUNT);
    m->w[id >> 6] |= UINT64_C(1) << (id & 63);
}

void trace_mask_all(struct trace_mask *m)
{
    for (int id = 0; id < EV_COUNT; id++)
        trace_mask_add(m, (enum trace_id)id);
}

static bool mask_has(const struct trace_mask *m, enum trace_id id)
{
    return m->w[id >> 6] >> (id & 63) & 1;
}

/* The union of what the living subscribers of a list want. */
static void mask_union(struct trace_mask *m, const GArray *subscribers)
{
    for (guint i = 0; subscribers && i < subscribers->len; i++) {
        const struct subscriber *s = &g_array_index(subscribers, struct subscriber, i);
        for (size_t w = 0; s->fn && w < TRACE_WORDS; w++)
            m->w[w] |= s->want.w[w];
    }
}

static void mask_renew(struct scope *s)
{
    s->open.mask = (struct trace_mask){0};
    mask_union(&s->open.mask, s->open.trace->subscribers);
    mask_union(&s->open.mask, s->subscribers);
}

static void masks_renew(struct trace *t)
{
    for (guint i = 0; i < t->scopes->len; i++)
        mask_renew(t->scopes->pdata[i]);
}

/* ---- the trace and its scopes ---- */

/* Called by the kernel before each event: what is emitted until the next belongs to this step. */
static void step_begins(void *self)
{
    struct trace *t = self;
    t->step++;
}

static void scope_free(void *p)
{
    struct scope *s = p;
    if (s->subscribers)
        g_array_free(s->subscribers, TRUE);
    counters_clear(s);
    g_free(s);
}

struct trace *trace_new(struct sim *sim)
{
    struct trace *t = g_new0(struct trace, 1);
    t->sim = sim;
    t->scopes = g_ptr_array_new_with_free_func(scope_free);
    t->subscribers = g_array_new(FALSE, FALSE, sizeof(struct subscriber));
    t->names = g_string_chunk_new(256);
    t->blocks = g_ptr_array_new_with_free_func(g_free);
    sim_set_step_fn(sim, step_begins, t);
    trace_scope_new(t, "");
    return t;
}

void trace_free(struct trace *t)
{
    if (!t)
        return;
    g_assert(!t->delivering);
    sim_set_step_fn(t->sim, NULL, NULL);
    g_ptr_array_free(t->scopes, TRUE);
    g_array_free(t->subscribers, TRUE);
    g_string_chunk_free(t->names);
    g_ptr_array_free(t->blocks, TRUE);
    g_free(t);
}

struct sim *trace_sim(const struct trace *t)
{
    return t->sim;
}

struct trace_scope *trace_scope_new(struct trace *t, const char *name)
{
    struct scope *s = g_new0(struct scope, 1);
    s->open.trace = t;
    s->open.name = g_string_chunk_insert_const(t->names, name);
    s->open.index = t->scopes->len;
    mask_union(&s->open.mask, t->subscribers);
    g_ptr_array_add(t->scopes, s);
    return &s->open;
}

struct trace_scope *trace_scope_by_index(struct trace *t, uint32_t index)
{
    return index < t->scopes->len ? &((struct scope *)t->scopes->pdata[index])->open : NULL;
}

struct trace_scope *trace_scope_root(struct trace *t)
{
    return trace_scope_by_index(t, 0);
}

/* ---- subscribers ---- */

void trace_subscribe(struct trace *t, struct trace_scope *scope, const struct trace_mask *want,
                     trace_fn fn, void *self)
{
    g_assert(fn && (!scope || scope->trace == t));
    struct subscriber s = {++t->subscribed, *want, fn, self};
    if (!scope) {
        g_array_append_val(t->subscribers, s);
        masks_renew(t);
        return;
    }
    struct scope *one = scope_of(scope);
    if (!one->subscribers)
        one->subscribers = g_array_new(FALSE, FALSE, sizeof s);
    g_array_append_val(one->subscribers, s);
    mask_renew(one);
}

static bool list_leave(GArray *list, trace_fn fn, void *self)
{
    bool left = false;
    for (guint i = 0; list && i < list->len; i++) {
        struct subscriber *s = &g_array_index(list, struct subscriber, i);
        if (s->fn == fn && s->self == self) {
            s->fn = NULL;
            left = true;
        }
    }
    return left;
}

static void list_sweep(GArray *list)
{
    guint kept = 0;
    for (guint i = 0; list && i < list->len; i++) {
        struct subscriber *s = &g_array_index(list, struct subscriber, i);
        if (s->fn)
            g_array_index(list, struct subscriber, kept++) = *s;
    }
    if (list)
        g_array_set_size(list, kept);
}

/* Takes those who left out of the lists; not while a delivery walks them. */
static void sweep(struct trace *t)
{
    if (!t->gone || t->delivering)
        return;
    t->gone = false;
    list_sweep(t->subscribers);
    for (guint i = 0; i < t->scopes->len; i++)
        list_sweep(((struct scope *)t->scopes->pdata[i])->subscribers);
}

void trace_unsubscribe(struct trace *t, trace_fn fn, void *self)
{
    if (list_leave(t->subscribers, fn, self))
        t->gone = true;
    for (guint i = 0; i < t->scopes->len; i++)
        if (list_leave(((struct scope *)t->scopes->pdata[i])->subscribers, fn, self))
            t->gone = true;
    if (t->gone)
        masks_renew(t);
    sweep(t);
}

/* ---- delivery ---- */

static struct subscriber *listener(GArray *list, guint i, uint64_t last)
{
    if (!list || i >= list->len)
        return NULL;
    struct subscriber *s = &g_array_index(list, struct subscriber, i);
    return s->number <= last ? s : NULL;
}

/* Who subscribes during the delivery is not shown the event any more. A subscriber may make a list
 * grow and so move it, therefore elements are looked up anew each time. */
static void deliver(struct trace *t, struct scope *scope, const struct trace_event *e)
{
    uint64_t last = t->subscribed;
    for (guint i = 0, j = 0;;) {
        struct subscriber *every = listener(t->subscribers, i, last);
        struct subscriber *own = listener(scope->subscribers, j, last);
        struct subscriber *s;
        if (every && (!own || every->number < own->number)) {
            s = every;
            i++;
        } else if (own) {
            s = own;
            j++;
        } else {
            return;
        }
        if (s->fn && mask_has(&s->want, e->id))
            s->fn(s->self, e);
    }
}

void trace_emit(struct trace_scope *scope, enum trace_id id, const void *data)
{
    struct trace *t = scope->trace;
    struct trace_event e = {
        .at = sim_now(t->sim),
        .seq = sim_scheduled(t->sim),
        .step = t->step,
        .scope = scope,
        .id = id,
        .data = data,
    };
    t->delivering++;
    deliver(t, scope_of(scope), &e);
    t->delivering--;
    sweep(t);
}
