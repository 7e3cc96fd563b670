/* Expectations read: when, and about what (design.md 3). */
#include <string.h>

#include "expect_priv.h"

#define LOOK_EVERY MILLISECONDS(100)
#define LOOKS_MAX  1000

/* ---- When ---- */

static bool whole_window(struct world *w, struct expectation *x, const struct yml_node *window,
                         sim_time after, GError **error)
{
    const char *to = strchr(window->text, '~');
    if (!to) {
        if (after < 0)
            return yml_fail(error, window, "+time needs a label to count from: add after: label");
        x->from = after;
        return get_moment(w, window, window->text, after, &x->to, error);
    }
    g_autofree char *from = g_strndup(window->text, (gsize)(to - window->text));
    if (!get_moment(w, window, g_strstrip(from), after, &x->from, error) ||
        !get_moment(w, window, to + 1 + strspn(to + 1, " "), after, &x->to, error))
        return false;
    return x->from <= x->to || yml_fail(error, window, "this window ends before it begins");
}

static bool read_time(struct world *w, struct expectation *x, GError **error)
{
    const struct yml_node *at = yml_get(x->node, "at"), *within = yml_get(x->node, "within"),
                          *after = yml_get(x->node, "after"), *before = yml_get(x->node, "before");
    sim_time end = scenario_duration(w->s), label = -1, until;
    x->from = 0;
    x->to = end;
    if (after && !get_moment(w, after, after->text, -1, &label, error))
        return false;
    if (after)
        x->from = label;
    if (at && within)
        return yml_fail(error, at, "at and within exclude each other");
    if (within && !whole_window(w, x, within, label, error))
        return false;
    if (at) {
        if (!get_moment(w, at, at->text, label, &x->to, error))
            return false;
        if (x->to > end)
            return yml_fail(error, at, "this is after the end of the scenario");
    }
    if (before) { /* what the labelled step itself causes comes after it */
        if (!get_moment(w, before, before->text, -1, &until, error))
            return false;
        x->to = MIN(x->to, until - 1);
    }
    x->to = MIN(x->to, end);
    if (x->from > x->to)
        return yml_fail(error, x->node, "the times leave no window: it would end before it begins");
    return true;
}

/* State (show, counter) is looked at: at the one instant given, or now and then in the window. */
static bool read_looks(struct expectation *x, GError **error)
{
    bool state = x->about == ABOUT_SHOW || x->about == ABOUT_COUNTER;
    bool at = yml_get(x->node, "at") != NULL;
    x->next = x->to;
    if (x->mood == MOOD_ALWAYS && !state)
        return yml_fail(error, x->node, "always is about show and counter; say never, or a count");
    if (!state || at || (x->mood == MOOD_ONCE && !yml_get(x->node, "within")))
        return true;
    x->any = true;
    x->every = MAX(LOOK_EVERY, (x->to - x->from) / LOOKS_MAX);
    x->next = x->from;
    return true;
}

/* ---- About what ---- */

static bool add_speech(GPtrArray **list, const struct yml_node *n, GError **error)
{
    g_autoptr(GError) cause = NULL;
    struct speech *s = speech_new(n->text, &cause);
    if (!*list)
        *list = g_ptr_array_new_with_free_func((GDestroyNotify)speech_free);
    if (!s)
        return yml_fail(error, n, "%s", cause->message);
    g_ptr_array_add(*list, s);
    return true;
}

/* A text, each line of it, or a list of texts. */
static bool read_speeches(GPtrArray **list, const struct yml_node *n, GError **error)
{
    if (!n)
        return true;
    if (n->kind == YML_TEXT && !strchr(n->text, '\n'))
        return add_speech(list, n, error);
    if (n->kind == YML_TEXT) {
        g_auto(GStrv) lines = g_strsplit(n->text, "\n", -1);
        for (char **l = lines; *l; l++) {
            struct yml_node one = *n;
            one.text = *l;
            if (*g_strstrip(*l) && !add_speech(list, &one, error))
                return false;
        }
        return true;
    }
    for (size_t i = 0; i < yml_count(n); i++)
        if (!add_speech(list, yml_at(n, i), error))
            return false;
    return true;
}

static bool read_log(struct world *w, struct expectation *x, const struct yml_node *n,
                     GError **error)
{
    if (!read_speeches(&x->speeches, n, error))
        return false;
    if (!x->speeches)
        return yml_fail(error, n, "there is no text to look for");
    bool one = x->about == ABOUT_LOG || x->about == ABOUT_CONSOLE;
    if (one && x->speeches->len > 1) { /* several lines: one after the other */
        x->about = x->about == ABOUT_LOG ? ABOUT_LINES : ABOUT_CONSOLE_LINES;
        x->exact = true;
    }
    if (!x->device)
        return yml_fail(error, x->node, "on the console of which node?");
    if (!x->device->kind->type)
        return yml_fail(error, x->node, "%s has no console", x->device->name);
    return true;
}

static void read_wants(struct expectation *x, const struct yml_node *map)
{
    x->wants = g_array_new(FALSE, FALSE, sizeof(struct want));
    for (size_t i = 0; i < yml_count(map); i++) {
        struct want want = {((struct yml_node *)map->keys->pdata[i])->text, yml_at(map, i)->text,
                            NULL};
        if (!g_str_has_prefix(want.name, "x-"))
            g_array_append_val(x->wants, want);
    }
}

static bool read_show(struct world *w, struct expectation *x, const struct yml_node *n,
                      GError **error)
{
    const struct yml_node *s = x->subject, *row = yml_get(s, "row");
    x->command = n->text;
    x->rows = get_text(s, "rows", NULL);
    x->row = row != NULL;
    read_wants(x, row);
    if (!x->device || !x->device->kind->show)
        return yml_fail(error, n, "show needs a node with a console");
    if (!row && !x->rows && !yml_get(s, "contains") && !yml_get(s, "lacks") && !yml_get(s, "lines"))
        return yml_fail(error, n, "what should it show? Add row, rows, contains, lacks or lines");
    return read_speeches(&x->speeches, yml_get(s, "lines"), error) &&
           read_speeches(&x->contains, yml_get(s, "contains"), error) &&
           read_speeches(&x->lacks, yml_get(s, "lacks"), error);
}

static bool read_event(struct world *w, struct expectation *x, const struct yml_node *n,
                       GError **error)
{
    const struct yml_node *type = yml_get(n, "type"), *node = yml_get(n, "node");
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    x->event = trace_event_by_name(type->text);
    if (x->event == EV_COUNT) {
        for (int i = 0; i < EV_COUNT; i++)
            g_ptr_array_add(names, (void *)trace_event_name((enum trace_id)i));
        return schema_unknown(error, type, "event", type->text, names);
    }
    if (node && !(x->device = get_device(w, node, error)))
        return false;
    const struct trace_field *fields = trace_event_fields(x->event);
    x->wants = g_array_new(FALSE, FALSE, sizeof(struct want));
    for (const struct trace_field *f = fields; f->name; f++)
        g_ptr_array_add(names, (void *)f->name);
    for (size_t i = 0; i < yml_count(n); i++) {
        const struct yml_node *key = n->keys->pdata[i];
        struct want want = {key->text, yml_at(n, i)->text, NULL};
        if (strcmp(want.name, "type") == 0 || strcmp(want.name, "node") == 0 ||
            g_str_has_prefix(want.name, "x-"))
            continue;
        want.name += *want.name == '.' ? 1 : 0; /* ".type" is the field, "type" the event's */
        for (const struct trace_field *f = fields; f->name; f++)
            if (strcmp(f->name, want.name) == 0)
                want.field = f;
        if (!want.field)
            return schema_unknown(error, key, "field", want.name, names);
        g_array_append_val(x->wants, want);
    }
    return true;
}

static bool read_counter(struct world *w, struct expectation *x, const struct yml_node *n,
                         GError **error)
{
    x->counter = n->text;
    x->is = get_text(x->subject, "is", NULL);
    if (!x->device)
        return yml_fail(error, n, "a counter of which node?");
    return x->is || yml_fail(error, n, "the key \"is\" is missing: what should the counter be?");
}

static bool read_packet(struct world *w, struct expectation *x, const struct yml_node *n,
                        GError **error)
{
    const struct yml_node *link = yml_get(n, "link");
    if (link && !(x->link = get_link(w, link, error)))
        return false;
    x->matcher = matcher_new(w, n, x->link, error);
    return x->matcher != NULL;
}

static bool read_traffic(struct world *w, struct expectation *x, const struct yml_node *n,
                         GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < w->flows->len; i++) {
        const char *name = traffic_name(w->flows->pdata[i]);
        g_ptr_array_add(names, (void *)name);
        if (strcmp(name, n->text) == 0)
            x->flow = name;
    }
    if (!x->flow)
        return schema_unknown(error, n, "flow", n->text, names);
    x->sent = get_text(x->subject, "sent", NULL);
    x->received = get_text(x->subject, "received", NULL);
    x->lost = get_text(x->subject, "lost", NULL);
    x->bytes = get_text(x->subject, "bytes", NULL);
    x->errors = get_text(x->subject, "errors", NULL);
    if (!x->sent && !x->received && !x->lost && !x->bytes && !x->errors)
        return yml_fail(error, n, "what of the flow? Add sent, received, lost, bytes or errors");
    x->answered = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    return true;
}

static const struct {
    const char *key;
    enum subject about;
    bool (*read)(struct world *w, struct expectation *x, const struct yml_node *n, GError **error);
} subjects[] = {
    {"log", ABOUT_LOG, read_log},
    {"show", ABOUT_SHOW, read_show},
    {"lines", ABOUT_LINES, read_log},
    {"console", ABOUT_CONSOLE, read_log},
    {"console-lines", ABOUT_CONSOLE_LINES, read_log},
    {"event", ABOUT_EVENT, read_event},
    {"counter", ABOUT_COUNTER, read_counter},
    {"packet", ABOUT_PACKET, read_packet},
    {"traffic", ABOUT_TRAFFIC, read_traffic},
};

/* Keys that belong to another subject would be believed and never looked at. */
static bool check_strays(const struct expectation *x, GError **error)
{
    static const struct {
        const char *key;
        unsigned of;
    } keys[] = {
        {"exact", 1u << ABOUT_LINES | 1u << ABOUT_CONSOLE_LINES | 1u << ABOUT_SHOW},
        {"row", 1u << ABOUT_SHOW},
        {"rows", 1u << ABOUT_SHOW},
        {"contains", 1u << ABOUT_SHOW},
        {"lacks", 1u << ABOUT_SHOW},
        {"is", 1u << ABOUT_COUNTER},
        {"sent", 1u << ABOUT_TRAFFIC},
        {"received", 1u << ABOUT_TRAFFIC},
        {"lost", 1u << ABOUT_TRAFFIC},
        {"bytes", 1u << ABOUT_TRAFFIC},
        {"errors", 1u << ABOUT_TRAFFIC},
        {"count", 1u << ABOUT_LOG | 1u << ABOUT_CONSOLE | 1u << ABOUT_EVENT | 1u << ABOUT_PACKET},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const struct yml_node *key = yml_key(x->subject, keys[i].key);
        if (key && !(keys[i].of & 1u << x->about))
            return yml_fail(error, key, "\"%s\" says nothing here: it belongs to another subject",
                            key->text);
    }
    return true;
}

static bool read_subject(struct world *w, struct expectation *x, GError **error)
{
    const struct yml_node *never = yml_get(x->node, "never"), *always = yml_get(x->node, "always");
    x->subject = never ? never : always ? always : x->node;
    x->mood = never ? MOOD_NEVER : always ? MOOD_ALWAYS : MOOD_ONCE;
    if (never && always)
        return yml_fail(error, never, "never and always exclude each other");
    const struct yml_node *node = yml_get(x->subject, "node"), *found = NULL;
    const char *first = NULL;
    if (!node)
        node = yml_get(x->node, "node");
    if (node && !(x->device = get_device(w, node, error)))
        return false;
    x->count = get_text(x->subject, "count", NULL);
    x->exact = get_bool(x->subject, "exact", false);
    for (size_t i = 0; i < G_N_ELEMENTS(subjects); i++) {
        const struct yml_node *n = yml_get(x->subject, subjects[i].key);
        bool of_show = found && x->about == ABOUT_SHOW && subjects[i].about == ABOUT_LINES;
        if (!n || of_show)
            continue;
        if (found)
            return yml_fail(error, n, "one subject at a time: there is \"%s\" in line %d already",
                            first, found->line);
        found = n;
        first = subjects[i].key;
        x->about = subjects[i].about;
        if (!subjects[i].read(w, x, n, error))
            return false;
    }
    if (!found)
        return yml_fail(error, x->subject,
                        "expect what? Add one of log, lines, console, console-lines, show, event, "
                        "counter, packet, traffic");
    return check_strays(x, error);
}

struct expectation *expectation_new(struct world *w, const struct yml_node *node, GError **error)
{
    struct expectation *x = g_new0(struct expectation, 1);
    x->node = node;
    x->name = yml_get(node, "name")->text;
    if (read_subject(w, x, error) && read_time(w, x, error) && read_looks(x, error))
        return x;
    expectation_free(x);
    return NULL;
}

void expectation_free(struct expectation *x)
{
    g_clear_pointer(&x->speeches, g_ptr_array_unref);
    g_clear_pointer(&x->contains, g_ptr_array_unref);
    g_clear_pointer(&x->lacks, g_ptr_array_unref);
    g_clear_pointer(&x->answered, g_hash_table_unref);
    if (x->wants)
        g_array_free(x->wants, TRUE);
    matcher_free(x->matcher);
    g_free(x->near);
    g_free(x);
}
