/* Expectations over a run: which are to be looked at when, and what becomes of them. */
#include <string.h>

#include "expect_priv.h"

/* ---- Hearing ---- */

static void hear(void *self, const struct trace_event *e)
{
    struct expectations *all = self;
    for (guint i = 0; i < all->all->len; i++) {
        struct expectation *x = all->all->pdata[i];
        if (x->done)
            continue;
        if (x->about == ABOUT_PACKET) {
            if (e->id == EV_link_tx)
                expectation_hear_packet(x, all->w->net, e);
        } else if (x->about == ABOUT_EVENT || x->about == ABOUT_TRAFFIC) {
            expectation_hear(x, e);
        }
    }
}

static void want_events(struct expectations *all, const struct expectation *x)
{
    if (x->about == ABOUT_EVENT)
        trace_mask_add(&all->mask, x->event);
    if (x->about == ABOUT_PACKET)
        trace_mask_add(&all->mask, EV_link_tx);
    if (x->about == ABOUT_TRAFFIC) {
        trace_mask_add(&all->mask, EV_traffic_tx);
        trace_mask_add(&all->mask, EV_traffic_rx);
        trace_mask_add(&all->mask, EV_traffic_error);
    }
}

bool load_expectations(struct world *w, GError **error)
{
    const struct yml_node *list = yml_get(w->s->root, "expect");
    struct expectations *all = w->expectations = g_new0(struct expectations, 1);
    all->w = w;
    all->all = g_ptr_array_new_with_free_func((GDestroyNotify)expectation_free);
    for (size_t i = 0; i < yml_count(list); i++) {
        struct expectation *x = expectation_new(w, yml_at(list, i), error);
        if (!x)
            return false;
        x->order = all->all->len;
        g_ptr_array_add(all->all, x);
        want_events(all, x);
    }
    trace_subscribe(w->trace, NULL, &all->mask, hear, all);
    return true;
}

void expectations_free(struct expectations *all)
{
    if (!all)
        return;
    trace_unsubscribe(all->w->trace, hear, all);
    g_ptr_array_unref(all->all);
    g_free(all);
}

/* ---- Verdicts ---- */

static void wanted_count(GString *out, const struct expectation *x)
{
    if (x->count)
        g_string_append_printf(out, ", count %s", x->count);
}

static void wanted_wants(GString *out, const struct expectation *x)
{
    for (guint i = 0; x->wants && i < x->wants->len; i++) {
        const struct want *w = &g_array_index(x->wants, struct want, i);
        g_string_append_printf(out, "%s%s: %s", i ? ", " : " ", w->name, w->test);
    }
}

static const char *first_text(const struct expectation *x)
{
    const struct yml_node *n = yml_get(x->subject, x->about == ABOUT_CONSOLE ? "console" : "log");
    if (!n || n->kind != YML_TEXT)
        n = yml_get(x->subject, x->about == ABOUT_CONSOLE_LINES ? "console-lines" : "lines");
    return !n ? "" : n->kind == YML_TEXT ? n->text : yml_count(n) ? yml_at(n, 0)->text : "";
}

/* What was expected, in a line. */
static char *wanted(const struct expectation *x)
{
    GString *out = g_string_new(x->mood == MOOD_NEVER    ? "never "
                                : x->mood == MOOD_ALWAYS ? "always "
                                                         : "");
    if (x->device && x->about != ABOUT_TRAFFIC)
        g_string_append_printf(out, "%s ", x->device->name);
    switch (x->about) {
    case ABOUT_LOG:
    case ABOUT_CONSOLE:
        g_string_append_printf(out, "%s: %s", x->about == ABOUT_LOG ? "log" : "console",
                               first_text(x));
        wanted_count(out, x);
        break;
    case ABOUT_LINES:
    case ABOUT_CONSOLE_LINES:
        g_string_append_printf(out, "%u lines beginning with: %s", x->speeches->len, first_text(x));
        break;
    case ABOUT_SHOW:
        g_string_append_printf(out, "show %s", x->command);
        wanted_wants(out, x);
        if (x->rows)
            g_string_append_printf(out, " rows %s", x->rows);
        break;
    case ABOUT_EVENT:
        g_string_append_printf(out, "event %s", trace_event_name(x->event));
        wanted_wants(out, x);
        wanted_count(out, x);
        break;
    case ABOUT_COUNTER:
        g_string_append_printf(out, "counter %s %s", x->counter, x->is);
        break;
    case ABOUT_PACKET:
        g_string_append_printf(out, "packet on %s", x->link ? net_link_name(x->link) : "any link");
        wanted_count(out, x);
        break;
    case ABOUT_TRAFFIC:
        g_string_append_printf(out, "traffic %s", x->flow);
        if (x->sent)
            g_string_append_printf(out, ", sent %s", x->sent);
        if (x->received)
            g_string_append_printf(out, ", received %s", x->received);
        if (x->lost)
            g_string_append_printf(out, ", lost %s", x->lost);
        if (x->bytes)
            g_string_append_printf(out, ", bytes %s", x->bytes);
        if (x->errors)
            g_string_append_printf(out, ", errors %s", x->errors);
        break;
    }
    g_string_append(out, " in ");
    units_time_text(out, x->from);
    g_string_append_c(out, '~');
    units_time_text(out, x->to);
    g_strdelimit(out->str, "\n", '/');
    return g_string_free(out, FALSE);
}

static void decide(struct world *w, struct expectation *x, enum verdict_state state,
                   const char *detail)
{
    struct verdict *v = g_new0(struct verdict, 1);
    v->order = x->order;
    v->name = g_strdup(x->name);
    v->file = g_strdup(x->node->file->path);
    v->line = x->node->line;
    v->state = state;
    v->wanted = wanted(x);
    v->detail = g_strdelimit(g_strdup(detail), "\n", ' ');
    v->at = sim_now(w->sim);
    x->done = true;
    world_verdict(w, v);
}

static void look(struct world *w, struct expectation *x)
{
    g_autoptr(GString) detail = g_string_new(NULL);
    bool holds = expectation_holds(w, x, detail);
    bool last = x->next >= x->to;
    if (x->any && !last && (x->mood == MOOD_ALWAYS ? holds : !holds)) {
        x->next = MIN(x->to, x->next + x->every);
        return;
    }
    bool passed = x->mood == MOOD_NEVER ? !holds : holds;
    decide(w, x, passed ? VERDICT_PASSED : VERDICT_FAILED, detail->str);
}

sim_time expectations_next(const struct expectations *all)
{
    sim_time next = SIM_TIME_MAX;
    for (guint i = 0; i < all->all->len; i++) {
        const struct expectation *x = all->all->pdata[i];
        if (!x->done)
            next = MIN(next, x->next);
    }
    return next;
}

void expectations_look(struct world *w, struct expectations *all)
{
    for (guint i = 0; i < all->all->len; i++) {
        struct expectation *x = all->all->pdata[i];
        if (!x->done && x->next <= sim_now(w->sim))
            look(w, x);
    }
}

/* A thing awaited may still have come later, and an instant asked for never does. */
static void look_early(struct world *w, struct expectation *x)
{
    g_autoptr(GString) detail = g_string_new(NULL);
    bool holds;
    x->to = sim_now(w->sim);
    holds = expectation_holds(w, x, detail);
    if (x->mood == MOOD_NEVER || x->mood == MOOD_ALWAYS)
        decide(w, x, holds == (x->mood == MOOD_ALWAYS) ? VERDICT_PASSED : VERDICT_FAILED,
               detail->str);
    else if (holds)
        decide(w, x, VERDICT_PASSED, detail->str);
}

void expectations_close(struct world *w, struct expectations *all)
{
    for (guint i = 0; i < all->all->len; i++) {
        struct expectation *x = all->all->pdata[i];
        if (!x->done && x->from <= sim_now(w->sim) && !yml_get(x->node, "at"))
            look_early(w, x);
    }
}

void expectations_end(struct world *w, struct expectations *all)
{
    for (guint i = 0; i < all->all->len; i++) {
        struct expectation *x = all->all->pdata[i];
        if (!x->done)
            decide(w, x, VERDICT_NOT_REACHED, "the run ended before");
    }
}
