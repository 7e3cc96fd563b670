/* A scenario brought to life and played to its end. */
#include <string.h>

#include "crypto/crypto.h"
#include "rules_priv.h"

#define BATCH 4096 /* events between two looks at limits and progress */

/* ---- Making ---- */

static void problems_tell(const struct world *w, GError **error)
{
    GString *all = g_string_new(NULL);
    for (guint i = 0; i < w->problems->len && i < 20; i++) {
        const struct device_problem *p = w->problems->pdata[i];
        g_string_append_printf(all, "%s%s:%d", i ? "\n" : "", p->file ? p->file : "?", p->line);
        if (p->column > 0)
            g_string_append_printf(all, ":%d", p->column);
        g_string_append_printf(all, ": %s", p->message);
        if (!p->text)
            continue;
        g_string_append_printf(all, "\n%5d | %s", p->line, p->text);
        if (p->column > 0)
            g_string_append_printf(all, "\n      | %*s^", p->column - 1, "");
    }
    if (w->problems->len > 20)
        g_string_append_printf(all, "\n(and %u more problems)", w->problems->len - 20);
    g_set_error_literal(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, all->str);
    g_string_free(all, TRUE);
}

static bool build(struct world *w, GError **error)
{
    if (!load_nodes(w, error) || !load_links(w, error) || !load_timeline(w, error) ||
        !load_traffic(w, error) || !load_expectations(w, error))
        return false;
    for (guint i = 0; i < w->devices->len;
         i++) { /* links are up now: idents find their interfaces */
        struct device *d = w->devices->pdata[i];
        if (d->ipsec)
            ipsec_changed(d->ipsec);
    }
    return true;
}

struct world *world_new(const struct scenario *s, const struct world_options *options,
                        GError **error)
{
    const struct yml_node *limits = yml_get(s->root, "limits");
    struct world *w = g_new0(struct world, 1);
    crypto_init();
    w->s = s;
    w->options = *options;
    w->seed = options->seed_given ? options->seed : s->seed;
    w->until = options->until > 0 ? options->until : s->duration;
    w->max_events =
        options->max_events > 0 ? options->max_events : get_count(limits, "events", EVENTS_LIMIT);
    w->max_instant = get_count(limits, "instant", INSTANT_LIMIT);
    w->sim = sim_new(w->seed, options->run);
    w->trace = trace_new(w->sim);
    w->net = net_new(w->sim, w->trace);
    w->devices = g_ptr_array_new();
    w->flows = g_ptr_array_new();
    w->problems = g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    w->origins = g_array_new(FALSE, FALSE, sizeof(struct config_origin));
    w->labels = g_array_new(FALSE, FALSE, sizeof(struct label));
    w->steps = g_ptr_array_new_with_free_func((GDestroyNotify)step_free);
    w->verdicts = g_ptr_array_new_with_free_func((GDestroyNotify)verdict_free);
    w->sample_next = SIM_TIME_MAX;
    w->record = record_new(w);
    if (build(w, error) && (options->lenient || w->problems->len == 0)) {
        w->lives = lives_new(w);
        return w;
    }
    if (w->problems->len > 0) { /* a refused line is often why something else is missing */
        g_clear_error(error);
        problems_tell(w, error);
    }
    world_free(w);
    return NULL;
}

void world_free(struct world *w)
{
    if (!w)
        return;
    expectations_free(w->expectations);
    record_free(w->record);
    lives_free(w->lives);
    g_ptr_array_unref(w->steps);
    for (guint i = 0; i < w->flows->len; i++)
        traffic_free(w->flows->pdata[i]);
    for (guint i = 0; i < w->devices->len; i++)
        device_free(w->devices->pdata[i]);
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
    g_ptr_array_unref(w->flows);
    g_ptr_array_unref(w->devices);
    g_ptr_array_unref(w->problems);
    g_array_free(w->origins, TRUE);
    g_array_free(w->labels, TRUE);
    g_ptr_array_unref(w->verdicts);
    g_free(w);
}

/* ---- Verdicts ---- */

void verdict_free(struct verdict *v)
{
    g_free(v->name);
    g_free(v->file);
    g_free(v->wanted);
    g_free(v->detail);
    g_free(v);
}

void world_verdict(struct world *w, struct verdict *v)
{
    if (v->state != VERDICT_NOT_REACHED)
        TRACE(trace_scope_root(w->trace), verdict, .name = v->name,
              .passed = v->state == VERDICT_PASSED, .detail = v->detail);
    g_ptr_array_add(w->verdicts, v);
}

static gint in_file_order(gconstpointer a, gconstpointer b)
{
    const struct verdict *x = *(struct verdict *const *)a, *y = *(struct verdict *const *)b;
    return (x->order > y->order) - (x->order < y->order);
}

/* ---- Playing ---- */

static uint64_t count_sas(const struct world *w)
{
    uint64_t n = 0;
    for (guint i = 0; i < w->devices->len; i++) {
        const struct device *d = w->devices->pdata[i];
        if (d->ipsec)
            n += sad_count(ipsec_sad(d->ipsec));
    }
    return n;
}

static bool asked_to_stop(struct world *w)
{
    if (!w->options.progress)
        return false;
    struct world_progress p = {sim_now(w->sim), w->until, sim_events(w->sim), count_sas(w)};
    return w->options.progress(w->options.self, &p);
}

struct pace {
    sim_time at;    /* of the instant that is being counted */
    uint64_t since; /* events run when it began */
};

/* Runs to `until` in batches. WORLD_DONE: it got there. */
static enum world_end play(struct world *w, sim_time until, struct pace *pace, char **why)
{
    for (;;) {
        bool more = true;
        uint64_t stop = MIN(sim_events(w->sim) + BATCH, w->max_events);
        while (more && sim_events(w->sim) < stop)
            more = sim_step(w->sim, until);
        if (sim_now(w->sim) != pace->at) {
            pace->at = sim_now(w->sim);
            pace->since = sim_events(w->sim);
        }
        if (sim_events(w->sim) >= w->max_events) {
            *why = g_strdup_printf("%" G_GUINT64_FORMAT " events: the limit of the run",
                                   (guint64)sim_events(w->sim));
            return WORLD_LIMIT;
        }
        if (sim_events(w->sim) - pace->since > w->max_instant) {
            *why = g_strdup_printf("%" G_GUINT64_FORMAT " events without the clock moving",
                                   (guint64)(sim_events(w->sim) - pace->since));
            return WORLD_LIMIT;
        }
        if (asked_to_stop(w) || sim_stopped(w->sim))
            return WORLD_STOPPED;
        if (!more) {
            sim_run(w->sim, until); /* no event is left before it: the clock moves on */
            return WORLD_DONE;
        }
    }
}

enum world_end world_advance(struct world *w, sim_time to, char **why)
{
    struct pace pace = {0};
    *why = NULL;
    for (;;) {
        sim_time next = MIN(MIN(expectations_next(w->expectations), w->sample_next), to);
        enum world_end end = play(w, next, &pace, why);
        if (end != WORLD_DONE)
            return end;
        expectations_look(w, w->expectations);
        if (next == w->sample_next) {
            w->sample(w->sampler, next);
            w->sample_next += w->sample_every;
        }
        if (next == to)
            return end;
    }
}

static void decide_all(struct world *w, enum world_end end)
{
    expectations_end(w, w->expectations);
    if (end == WORLD_DONE)
        rules_check(w);
    g_ptr_array_sort(w->verdicts, in_file_order);
}

enum world_end world_run(struct world *w, char **why)
{
    enum world_end end = world_advance(w, w->until, why);
    decide_all(w, end);
    return end;
}

void world_close(struct world *w, enum world_end end)
{
    w->until = sim_now(w->sim);
    expectations_close(w, w->expectations);
    decide_all(w, end);
}

size_t world_alone(const struct world *w)
{
    return lives_alone(w->lives);
}

void world_judge(struct world *w, const char *name, bool passed, const char *wanted,
                 const char *detail)
{
    struct verdict *v = g_new0(struct verdict, 1);
    v->order = UINT_MAX;
    v->name = g_strdup(name);
    v->state = passed ? VERDICT_PASSED : VERDICT_FAILED;
    v->wanted = g_strdup(wanted);
    v->detail = g_strdup(detail);
    v->at = sim_now(w->sim);
    world_verdict(w, v);
}

void world_sample(struct world *w, sim_time every, void (*fn)(void *self, sim_time now), void *self)
{
    w->sample_every = every;
    w->sample_next = every;
    w->sample = fn;
    w->sampler = self;
}

/* ---- Looking ---- */

const struct scenario *world_scenario(const struct world *w)
{
    return w->s;
}

struct sim *world_sim(struct world *w)
{
    return w->sim;
}

struct trace *world_trace(struct world *w)
{
    return w->trace;
}

struct net *world_net(struct world *w)
{
    return w->net;
}

uint64_t world_seed(const struct world *w)
{
    return w->seed;
}

sim_time world_until(const struct world *w)
{
    return w->until;
}

size_t world_device_count(const struct world *w)
{
    return w->devices->len;
}

struct device *world_device_at(struct world *w, size_t i)
{
    return w->devices->pdata[i];
}

struct device *world_device(struct world *w, const char *name)
{
    for (guint i = 0; i < w->devices->len; i++) {
        struct device *d = w->devices->pdata[i];
        if (strcmp(d->name, name) == 0)
            return d;
    }
    return NULL;
}

const GPtrArray *world_problems(const struct world *w)
{
    return w->problems;
}

const GPtrArray *world_verdicts(const struct world *w)
{
    return w->verdicts;
}

bool world_passed(const struct world *w)
{
    for (guint i = 0; i < w->verdicts->len; i++)
        if (((const struct verdict *)w->verdicts->pdata[i])->state == VERDICT_FAILED)
            return false;
    return true;
}
