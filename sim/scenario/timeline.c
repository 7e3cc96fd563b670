/* The timeline: labelled instants, and what the scenario does at each (design.md 3). */
#include <string.h>

#include "scenario_priv.h"

#define OUTAGE SECONDS(10)

/* ---- Labels ---- */

static const struct label *label_find(struct world *w, const char *name)
{
    for (guint i = 0; i < w->labels->len; i++)
        if (strcmp(g_array_index(w->labels, struct label, i).name, name) == 0)
            return &g_array_index(w->labels, struct label, i);
    return NULL;
}

static bool when(struct world *w, const struct yml_node *step, sim_time *out, GError **error)
{
    const struct yml_node *at = yml_get(step, "at"), *after = yml_get(step, "after");
    sim_time from = -1;
    if (after && !get_moment(w, after, after->text, -1, &from, error))
        return false;
    if (!at && !after)
        return yml_fail(error, step, "the key \"at\" is missing: when?");
    *out = from;
    return !at || get_moment(w, at, at->text, from, out, error);
}

static bool check_name(struct world *w, const struct yml_node *label, GError **error)
{
    sim_time t;
    if (!g_ascii_isalpha(*label->text) ||
        label->text[strspn(label->text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                        "0123456789-_")] ||
        units_time(label->text, &t))
        return yml_fail(error, label,
                        "a label begins with a letter and has letters, digits, - and _ only");
    if (label_find(w, label->text))
        return yml_fail(error, label, "there are two labels \"%s\"", label->text);
    return true;
}

/* A label may count from one that stands further down, so this goes round until nothing new is
 * learned; what is left names a label that does not exist, or a circle. */
static bool load_labels(struct world *w, const struct yml_node *timeline, GError **error)
{
    const struct yml_node *left = NULL;
    for (bool news = true; news;) {
        news = false;
        left = NULL;
        for (size_t i = 0; i < yml_count(timeline); i++) {
            const struct yml_node *step = yml_at(timeline, i), *label = yml_get(step, "label");
            struct label l = {.name = label ? label->text : NULL};
            const struct label *known = label ? label_find(w, label->text) : NULL;
            if (!label || (known && known->name == label->text))
                continue;
            if (!check_name(w, label, error))
                return false;
            if (!when(w, step, &l.at, NULL)) {
                left = step;
                continue;
            }
            g_array_append_val(w->labels, l);
            news = true;
        }
    }
    sim_time t;
    return !left || when(w, left, &t, error);
}

/* ---- What a step does ---- */

static void act_reload(struct step *s)
{
    const struct yml_node *reload = yml_get(s->node, "reload");
    sim_time outage = OUTAGE;
    if (reload->kind == YML_TEXT)
        units_time(reload->text, &outage);
    device_reload(s->device, get_time(reload, "outage", outage),
                  get_text(reload, "reason", "power-on"));
}

static void link_changed(struct step *s, const char *what, const char *value)
{
    TRACE(trace_scope_root(s->w->trace), link_change, .link = net_link_name(s->link), .what = what,
          .value = value);
}

static void act_tc(struct step *s)
{
    g_autoptr(GError) error = NULL;
    if (!load_impairments(s->w, s->link, s->node, &error)) /* read before, so this cannot be */
        sim_note(trace_scope_root(s->w->trace), "%s", error->message);
    link_changed(s, "tc", s->action);
}

static void act_state(struct step *s)
{
    bool up = strcmp(get_text(s->node, "state", "up"), "up") == 0;
    if (s->interface)
        net_if_set_admin(s->interface, up);
    else
        net_link_set_up(s->link, up);
    if (s->link)
        link_changed(s, "state", up ? "up" : "down");
}

static void rule_ends(void *owner, uint64_t arg)
{
    struct step *s = owner;
    net_link_rule_del(s->link, s->rule_id);
}

static void act_rule(struct step *s)
{
    struct net_match_rule rule = s->rule;
    s->rule.self = NULL; /* the link owns it from here on */
    rule.label = g_strdup(s->label);
    s->rule_id = net_link_rule_add(s->link, &rule);
    if (s->rule_for > 0)
        sim_post(s->w->sim, sim_now(s->w->sim) + s->rule_for, &s->rule_port, 0);
}

static void act(void *owner, uint64_t arg)
{
    struct step *s = owner;
    struct trace_scope *scope = s->device ? s->device->scope : trace_scope_root(s->w->trace);
    TRACE(scope, timeline, .label = s->label, .action = s->action);
    const char *console = get_text(s->node, "console", NULL);
    if (console)
        device_type(s->device, console);
    if (yml_get(s->node, "clock"))
        s->device->clock_offset = get_time(s->node, "clock", 0);
    if (yml_get(s->node, "reload"))
        act_reload(s);
    if (yml_get(s->node, "tc") || yml_get(s->node, "tc-from"))
        act_tc(s);
    if (yml_get(s->node, "state"))
        act_state(s);
    if (s->rule.self)
        act_rule(s);
    if (s->injector)
        injector_start(s->injector);
}

/* ---- Reading ---- */

static const struct {
    const char *key;
    enum net_act act;
} acts[] = {
    {"drop", NET_ACT_DROP},
    {"delay", NET_ACT_DELAY},
    {"duplicate", NET_ACT_DUPLICATE},
    {"corrupt", NET_ACT_CORRUPT},
};

static bool read_rule(struct step *s, const char *key, enum net_act what, GError **error)
{
    const struct yml_node *n = yml_get(s->node, key);
    if (s->rule.self)
        return yml_fail(error, n, "one of drop, delay, duplicate, corrupt in a step");
    if (!s->link)
        return yml_fail(error, s->node, "%s: on which link?", key);
    struct matcher *m = matcher_new(s->w, yml_get(n, "match"), s->link, error);
    if (!m)
        return false;
    s->rule = (struct net_match_rule){
        .match = matcher_takes,
        .self = m,
        .free_self = matcher_free,
        .act = what,
        .delay = get_time(n, "by", MILLISECONDS(100)),
        .count = get_count(n, "count", 0),
        .skip = get_count(n, "skip", 0),
    };
    s->rule_for = get_time(n, "for", 0);
    return true;
}

static bool needs(const struct step *s, const char *key, bool have, const char *what,
                  GError **error)
{
    const struct yml_node *n = yml_key(s->node, key);
    return !n || have || yml_fail(error, n, "%s: of which %s?", key, what);
}

static bool read_interface(struct step *s, GError **error)
{
    const struct yml_node *n = yml_get(s->node, "interface");
    if (!n)
        return true;
    if (!needs(s, "interface", s->device, "node", error) ||
        !needs(s, "interface", yml_get(s->node, "state"), "state", error))
        return false;
    s->interface = net_if_by_name(s->device->node, n->text);
    if (s->interface)
        return true;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < net_if_count(s->device->node); i++)
        g_ptr_array_add(names, net_if_at(s->device->node, i)->name);
    return schema_unknown(error, n, "interface", n->text, names);
}

/* What is wrong with impairments is told before the run and not in its middle. */
static bool try_tc(struct step *s, GError **error)
{
    if (!yml_get(s->node, "tc") && !yml_get(s->node, "tc-from"))
        return true;
    if (!s->link)
        return yml_fail(error, s->node, "tc: of which link?");
    const struct yml_node *from = yml_get(s->node, "tc-from");
    for (size_t i = 0; i < yml_count(from); i++) {
        uint32_t end;
        if (!get_end(s->w, s->link, from->keys->pdata[i], &end, error) ||
            !check_tc(yml_at(from, i), error))
            return false;
    }
    const struct yml_node *tc = yml_get(s->node, "tc"), *trace = yml_get(tc, "trace");
    if (tc && !check_tc(tc, error))
        return false;
    return !trace ||
           yml_fail(error, trace,
                    "a recording runs from the beginning of the link; name it in the topology");
}

static char *describe(const struct step *s)
{
    GString *out = g_string_new(NULL);
    for (guint i = 0; i < s->node->keys->len; i++) {
        const struct yml_node *key = s->node->keys->pdata[i], *value = s->node->items->pdata[i];
        if (strcmp(key->text, "at") == 0 || strcmp(key->text, "after") == 0 ||
            strcmp(key->text, "label") == 0 || g_str_has_prefix(key->text, "x-"))
            continue;
        g_autofree char *text = value->kind == YML_TEXT ? g_strdup(value->text) : NULL;
        if (text)
            g_strdelimit(g_strchomp(text), "\n", ';');
        g_string_append_printf(out, "%s%s%s%s", out->len ? ", " : "", key->text, text ? ": " : "",
                               text ? text : "");
    }
    return g_string_free(out, FALSE);
}

static bool read_step(struct step *s, GError **error)
{
    struct world *w = s->w;
    const struct yml_node *n = s->node, *node = yml_get(n, "node"), *link = yml_get(n, "link"),
                          *inject = yml_get(n, "inject");
    s->label = get_text(n, "label", NULL);
    s->action = describe(s);
    if (!when(w, n, &s->at, error))
        return false;
    if (node && !(s->device = get_device(w, node, error)))
        return false;
    if (link && !(s->link = get_link(w, link, error)))
        return false;
    if (!needs(s, "console", s->device, "node", error) ||
        !needs(s, "reload", s->device, "node", error) ||
        !needs(s, "clock", s->device, "node", error) || !read_interface(s, error) ||
        !needs(s, "state", s->link || s->interface, "link, or interface of a node", error) ||
        !try_tc(s, error))
        return false;
    if (yml_get(n, "console") && !s->device->kind->type)
        return yml_fail(error, yml_get(n, "console"), "%s has no console", s->device->name);
    for (size_t i = 0; i < G_N_ELEMENTS(acts); i++)
        if (yml_get(n, acts[i].key) && !read_rule(s, acts[i].key, acts[i].act, error))
            return false;
    if (inject && !(s->injector = injector_new(w, inject, error)))
        return false;
    if (!*s->action && !s->label)
        return yml_fail(error, n, "nothing happens in this step");
    return true;
}

void step_free(struct step *s)
{
    matcher_free(s->rule.self);
    injector_free(s->injector);
    g_free(s->action);
    g_free(s);
}

bool load_timeline(struct world *w, GError **error)
{
    const struct yml_node *timeline = yml_get(w->s->root, "timeline");
    if (!load_labels(w, timeline, error))
        return false;
    for (size_t i = 0; i < yml_count(timeline); i++) {
        struct step *s = g_new0(struct step, 1);
        g_ptr_array_add(w->steps, s);
        s->w = w;
        s->node = yml_at(timeline, i);
        s->port = (struct sim_port){act, s};
        s->rule_port = (struct sim_port){rule_ends, s};
        if (!read_step(s, error))
            return false;
        sim_post(w->sim, s->at, &s->port, 0);
    }
    return true;
}
