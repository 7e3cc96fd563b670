/* Does an expectation hold now, and what is to be seen instead? */
#include <string.h>

#include "base/text.h"
#include "expect_priv.h"

#define ROWS_SHOWN  4
#define LINES_SHOWN 6

static bool count_fits(const char *test, uint64_t n)
{
    char text[24];
    g_snprintf(text, sizeof text, "%" G_GUINT64_FORMAT, (guint64)n);
    return units_test(test ? test : ">= 1", text);
}

static void tell_count(const struct expectation *x, uint64_t n, sim_time first, GString *detail)
{
    if (n == 0) {
        g_string_append(detail, "not seen");
        return;
    }
    g_string_append_printf(detail, n == 1 ? "once, at " : "%" G_GUINT64_FORMAT " times, first at ",
                           (guint64)n);
    units_time_text(detail, first);
}

/* ---- Consoles ---- */

static bool counts(const struct expectation *x, const struct said *s)
{
    if (s->at < x->from || s->at > x->to)
        return false;
    return x->about == ABOUT_CONSOLE || x->about == ABOUT_CONSOLE_LINES || s->kind == CONSOLE_LOG ||
           s->kind == CONSOLE_DEBUG;
}

static void tell_nearest(const struct expectation *x, const struct speech *s, const GArray *lines,
                         GString *detail)
{
    const struct said *best = NULL;
    unsigned most = 0;
    for (guint i = 0; i < lines->len; i++) {
        const struct said *line = &g_array_index(lines, struct said, i);
        unsigned n = speech_likeness(s, line->text);
        if (n > most) {
            most = n;
            best = line;
        }
    }
    if (!best)
        return;
    bool elsewhere = !counts(x, best);
    g_string_append(detail, elsewhere ? "; nearest, outside the window or of another kind, at "
                                      : "; nearest, at ");
    units_time_text(detail, best->at);
    g_string_append_printf(detail, ": %s", best->text);
}

static bool log_holds(struct world *w, struct expectation *x, GString *detail)
{
    const GArray *lines = record_lines(w->record, x->device->scope);
    const struct speech *s = x->speeches->pdata[0];
    uint64_t n = 0;
    sim_time first = 0;
    for (guint i = 0; i < lines->len; i++) {
        const struct said *line = &g_array_index(lines, struct said, i);
        if (counts(x, line) && speech_in(s, line->text) && n++ == 0)
            first = line->at;
    }
    tell_count(x, n, first, detail);
    if (n == 0)
        tell_nearest(x, s, lines, detail);
    return count_fits(x->count, n);
}

/* How far a series of texts is found in order: over consoles and over listings. */
struct series {
    const struct expectation *x;
    guint k, furthest;
    const char *last; /* the line of the furthest */
    sim_time begun;
};

static void series_line(struct series *r, const char *line, sim_time at)
{
    const GPtrArray *wanted = r->x->speeches;
    if (r->k == wanted->len)
        return;
    if (!speech_in(wanted->pdata[r->k], line)) {
        if (!r->x->exact || r->k == 0)
            return;
        r->k = 0; /* not here: perhaps it begins with this line */
        if (!speech_in(wanted->pdata[0], line))
            return;
    }
    if (r->k++ == 0)
        r->begun = at;
    if (r->k > r->furthest) {
        r->furthest = r->k;
        r->last = line;
    }
}

static bool series_told(const struct series *r, GString *detail)
{
    guint n = r->x->speeches->len;
    if (r->k == n) {
        g_string_append_printf(detail, "all %u lines", n);
        return true;
    }
    g_string_append_printf(detail, "%u of %u lines%s", r->furthest, n,
                           r->x->exact ? " without others in between" : " in this order");
    if (r->furthest > 0)
        g_string_append_printf(detail, ", the last one: %s", r->last);
    return false;
}

static bool lines_hold(struct world *w, struct expectation *x, GString *detail)
{
    const GArray *lines = record_lines(w->record, x->device->scope);
    struct series r = {.x = x};
    for (guint i = 0; i < lines->len; i++) {
        const struct said *line = &g_array_index(lines, struct said, i);
        if (counts(x, line))
            series_line(&r, line->text, line->at);
    }
    if (series_told(&r, detail)) {
        g_string_append(detail, ", from ");
        units_time_text(detail, r.begun);
        return true;
    }
    tell_nearest(x, x->speeches->pdata[r.furthest], lines, detail);
    return false;
}

/* ---- Show commands ---- */

static bool row_fits(const struct expectation *x, const struct view *v, size_t row)
{
    for (guint i = 0; i < x->wants->len; i++) {
        const struct want *w = &g_array_index(x->wants, struct want, i);
        const char *cell = view_cell(v, row, w->name);
        g_autofree char *trimmed = cell ? g_strstrip(g_strdup(cell)) : NULL;
        if (!units_test(w->test, trimmed))
            return false;
    }
    return true;
}

static bool has_column(const struct view *v, const char *name)
{
    for (guint i = 0; i < v->columns->len; i++)
        if (strcmp(v->columns->pdata[i], name) == 0)
            return true;
    return false;
}

static void tell_rows(const struct expectation *x, const struct view *v, GString *detail)
{
    size_t n = view_count(v);
    g_string_append_printf(detail, n == 1 ? "1 row" : "%zu rows", n);
    for (guint i = 0; n > 0 && i < x->wants->len; i++) {
        const char *name = g_array_index(x->wants, struct want, i).name;
        if (has_column(v, name))
            continue;
        const char *near =
            text_nearest(name, (const char *const *)v->columns->pdata, v->columns->len);
        g_string_append_printf(detail, "; no column \"%s\"", name);
        if (near)
            g_string_append_printf(detail, ", did you mean \"%s\"?", near);
    }
    for (size_t r = 0; r < MIN(n, ROWS_SHOWN); r++) {
        g_string_append(detail, r == 0 ? ": " : "; ");
        for (guint i = 0; i < v->columns->len; i++) {
            const char *name = v->columns->pdata[i], *cell = view_cell(v, r, name);
            bool asked = !x->row;
            for (guint k = 0; k < x->wants->len; k++)
                asked = asked || strcmp(g_array_index(x->wants, struct want, k).name, name) == 0;
            if (asked && cell)
                g_string_append_printf(detail, "%s=%s ", name, cell);
        }
    }
}

static bool get_view(struct device *d, const char *command, struct view *v)
{
    if (!d->kind->view || !d->vendor)
        return false;
    if (d->kind->view(d, command, v))
        return true;
    g_autofree char *whole = g_strconcat("show ", command, NULL);
    return d->kind->view(d, whole, v);
}

static bool rows_hold(struct expectation *x, GString *detail)
{
    struct view v;
    view_init(&v);
    if (!get_view(x->device, x->command, &v)) {
        g_string_append_printf(detail, "\"show %s\" has no rows to compare on this device",
                               x->command);
        view_clear(&v);
        return false;
    }
    uint64_t n = 0;
    for (size_t r = 0; r < view_count(&v); r++)
        n += row_fits(x, &v, r) ? 1 : 0;
    tell_rows(x, &v, detail);
    view_clear(&v);
    return count_fits(x->rows, n);
}

/* Text is looked for line by line, and over the ends of lines. */
static bool text_has(const struct speech *s, const char *text)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++)
        if (speech_in(s, *l))
            return true;
    return speech_in(s, text);
}

static void tell_text(const char *text, GString *detail)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    int shown = 0;
    g_string_append(detail, "it shows: ");
    for (char **l = lines; *l && shown < LINES_SHOWN; l++)
        if (*g_strstrip(*l))
            g_string_append_printf(detail, "%s%s", shown++ ? " / " : "", *l);
    if (shown == 0)
        g_string_append(detail, "nothing");
}

static bool text_holds(struct expectation *x, GString *detail)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (!x->device->vendor || !x->device->kind->show(x->device, x->command, text)) {
        g_string_append_printf(detail, "\"show %s\" was refused: %s", x->command, text->str);
        return false;
    }
    bool holds = true;
    for (guint i = 0; x->contains && i < x->contains->len; i++)
        holds = holds && text_has(x->contains->pdata[i], text->str);
    for (guint i = 0; x->lacks && i < x->lacks->len; i++)
        holds = holds && !text_has(x->lacks->pdata[i], text->str);
    if (x->speeches) {
        struct series r = {.x = x};
        g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
        for (char **l = lines; *l; l++)
            series_line(&r, *l, 0);
        if (!series_told(&r, detail)) {
            const struct speech *next = x->speeches->pdata[r.furthest];
            g_string_append_printf(detail, ", then not: %s; ", speech_text(next));
            tell_text(text->str, detail);
            return false;
        }
    }
    if (!holds)
        tell_text(text->str, detail);
    else if (!x->speeches)
        g_string_append(detail, "as expected");
    return holds;
}

static bool show_holds(struct world *w, struct expectation *x, GString *detail)
{
    if ((x->row || x->rows) && !rows_hold(x, detail))
        return false;
    return (!x->contains && !x->lacks && !x->speeches) || text_holds(x, detail);
}

/* ---- Counters ---- */

struct nearest {
    const struct trace_scope *scope;
    GPtrArray *names;
};

static void collect(void *self, const struct trace_scope *scope, const char *name, uint64_t value)
{
    struct nearest *n = self;
    if (scope == n->scope)
        g_ptr_array_add(n->names, (void *)name);
}

static bool counter_holds(struct world *w, struct expectation *x, GString *detail)
{
    uint64_t v = 0;
    bool known = trace_counter_get(x->device->scope, x->counter, &v);
    g_string_append_printf(detail, "%s is %" G_GUINT64_FORMAT, x->counter, (guint64)v);
    if (!known) {
        struct nearest n = {x->device->scope, g_ptr_array_new()};
        trace_counter_each(w->trace, collect, &n);
        const char *near =
            text_nearest(x->counter, (const char *const *)n.names->pdata, n.names->len);
        g_string_append(detail, " (nothing counted under that name");
        g_string_append_printf(detail, near ? "; did you mean \"%s\"?)" : ")", near);
        g_ptr_array_unref(n.names);
    }
    return count_fits(x->is, v);
}

/* ---- Tallies ---- */

static bool hits_hold(struct world *w, struct expectation *x, GString *detail)
{
    tell_count(x, x->hits, x->first_hit, detail);
    if (x->hits == 0 && x->near)
        g_string_append_printf(detail, "; instead: %s", x->near);
    return count_fits(x->count, x->hits);
}

static bool traffic_holds(struct world *w, struct expectation *x, GString *detail)
{
    bool holds = true;
    g_string_append_printf(detail, "sent %" G_GUINT64_FORMAT ", received %" G_GUINT64_FORMAT,
                           (guint64)x->n_sent, (guint64)x->n_received);
    if (x->lost) {
        uint64_t lost = g_hash_table_size(x->answered);
        g_string_append_printf(detail, ", lost %" G_GUINT64_FORMAT, (guint64)lost);
        holds = count_fits(x->lost, lost);
    }
    if (x->sent)
        holds = count_fits(x->sent, x->n_sent) && holds;
    if (x->received)
        holds = count_fits(x->received, x->n_received) && holds;
    if (x->bytes) {
        g_string_append_printf(detail, ", bytes %" G_GUINT64_FORMAT, (guint64)x->n_bytes);
        holds = count_fits(x->bytes, x->n_bytes) && holds;
    }
    if (x->errors) {
        g_string_append_printf(detail, ", errors %" G_GUINT64_FORMAT, (guint64)x->n_errors);
        holds = count_fits(x->errors, x->n_errors) && holds;
    }
    return holds;
}

bool expectation_holds(struct world *w, struct expectation *x, GString *detail)
{
    static bool (*const by_subject[])(struct world * w, struct expectation * x,
                                      GString * detail) = {
        [ABOUT_CONSOLE_LINES] = lines_hold, [ABOUT_LOG] = log_holds,
        [ABOUT_CONSOLE] = log_holds,        [ABOUT_LINES] = lines_hold,
        [ABOUT_SHOW] = show_holds,          [ABOUT_EVENT] = hits_hold,
        [ABOUT_PACKET] = hits_hold,         [ABOUT_COUNTER] = counter_holds,
        [ABOUT_TRAFFIC] = traffic_holds,
    };
    return by_subject[x->about](w, x, detail);
}
