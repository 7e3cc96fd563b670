/* What was said on consoles and what the engines decided, kept for expectations and rules. Only
 * looks; a run is the same without it. */
#include <string.h>

#include "scenario_priv.h"

#define KEPT_MAX 1000000u /* of a node: a flood of nonsense must not fill the memory */

struct record {
    struct world *w;
    GPtrArray *lines;   /* GArray of struct said, by scope index */
    GPtrArray *decided; /* GArray of struct decided, by scope index */
};

static void said_clear(void *p)
{
    g_free(((struct said *)p)->text);
}

static GArray *array_of(GPtrArray *all, uint32_t index, size_t size, GDestroyNotify clear)
{
    while (all->len <= index)
        g_ptr_array_add(all, NULL);
    if (!all->pdata[index]) {
        GArray *a = g_array_new(FALSE, TRUE, (guint)size);
        g_array_set_clear_func(a, clear);
        all->pdata[index] = a;
    }
    return all->pdata[index];
}

static void hear(struct record *r, const struct trace_event *e)
{
    const struct ev_console *c = e->data;
    struct said s = {e->at, e->step, c->kind, g_strdup(c->text)};
    GArray *lines = array_of(r->lines, e->scope->index, sizeof s, said_clear);
    if (lines->len < KEPT_MAX)
        g_array_append_val(lines, s);
    else
        g_free(s.text);
}

/* The events that rules ask about, in one shape. */
static bool decide(struct decided *d, const struct trace_event *e)
{
    switch (e->id) {
    case EV_ike_no_offer:
        d->sa = ((const struct ev_ike_no_offer *)e->data)->sa;
        return true;
    case EV_ike_offer_attr: {
        const struct ev_ike_offer_attr *a = e->data;
        d->sa = a->sa;
        d->attr = a->attr;
        d->value = a->value;
        return a->attr == IKE_ATTR_LIFE_DURATION;
    }
    case EV_qm_attr: {
        const struct ev_qm_attr *a = e->data;
        d->sa = a->sa;
        d->attr = a->attr;
        d->value = a->value;
        return a->attr == IPSEC_ATTR_LIFE_DURATION;
    }
    case EV_qm_new:
        d->sa = ((const struct ev_qm_new *)e->data)->sa;
        d->msgid = ((const struct ev_qm_new *)e->data)->msgid;
        return true;
    case EV_qm_refused:
        d->sa = ((const struct ev_qm_refused *)e->data)->sa;
        d->msgid = ((const struct ev_qm_refused *)e->data)->msgid;
        return true;
    case EV_qm_install:
        d->sa = ((const struct ev_qm_install *)e->data)->sa;
        d->msgid = ((const struct ev_qm_install *)e->data)->msgid;
        return true;
    case EV_ike_sa_dead:
        d->sa = ((const struct ev_ike_sa_dead *)e->data)->sa;
        d->value = ((const struct ev_ike_sa_dead *)e->data)->why;
        return true;
    case EV_ipsec_init_refused:
        return true;
    case EV_ipsec_sa_new:
        d->sa = ((const struct ev_ipsec_sa_new *)e->data)->sa;
        d->spi = ((const struct ev_ipsec_sa_new *)e->data)->spi;
        return true;
    default:
        return false;
    }
}

static void listen(void *self, const struct trace_event *e)
{
    struct record *r = self;
    if (e->id == EV_console) {
        hear(r, e);
        return;
    }
    struct decided d = {.at = e->at, .step = e->step, .seq = e->seq, .id = e->id};
    if (!decide(&d, e))
        return;
    d.after = array_of(r->lines, e->scope->index, sizeof(struct said), said_clear)->len;
    GArray *decided = array_of(r->decided, e->scope->index, sizeof d, NULL);
    if (decided->len < KEPT_MAX)
        g_array_append_val(decided, d);
}

static void array_free(gpointer p)
{
    if (p)
        g_array_free(p, TRUE);
}

struct record *record_new(struct world *w)
{
    static const enum trace_id wanted[] = {
        EV_console,    EV_ike_no_offer, EV_ike_offer_attr, EV_qm_attr,      EV_qm_new,
        EV_qm_refused, EV_qm_install,   EV_ike_sa_dead,    EV_ipsec_sa_new, EV_ipsec_init_refused,
    };
    struct record *r = g_new0(struct record, 1);
    r->w = w;
    r->lines = g_ptr_array_new_with_free_func(array_free);
    r->decided = g_ptr_array_new_with_free_func(array_free);
    struct trace_mask mask = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        trace_mask_add(&mask, wanted[i]);
    trace_subscribe(w->trace, NULL, &mask, listen, r);
    return r;
}

void record_free(struct record *r)
{
    if (!r)
        return;
    trace_unsubscribe(r->w->trace, listen, r);
    g_ptr_array_unref(r->lines);
    g_ptr_array_unref(r->decided);
    g_free(r);
}

const GArray *record_lines(const struct record *r, const struct trace_scope *scope)
{
    return array_of(r->lines, scope->index, sizeof(struct said), said_clear);
}

const GArray *record_decided(const struct record *r, const struct trace_scope *scope)
{
    return array_of(r->decided, scope->index, sizeof(struct decided), NULL);
}
