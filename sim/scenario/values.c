/* Values out of nodes that the schema has checked, and names looked up with a suggestion. */
#include <string.h>

#include "scenario_priv.h"

static const char *text_of(const struct yml_node *map, const char *key)
{
    const struct yml_node *n = yml_get(map, key);
    return n && n->kind == YML_TEXT && !yml_is_null(n) ? n->text : NULL;
}

const char *get_text(const struct yml_node *map, const char *key, const char *dflt)
{
    const char *s = text_of(map, key);
    return s ? s : dflt;
}

sim_time get_time(const struct yml_node *map, const char *key, sim_time dflt)
{
    const char *s = text_of(map, key);
    sim_time v;
    return s && units_signed_time(s, &v) ? v : dflt;
}

uint64_t get_count(const struct yml_node *map, const char *key, uint64_t dflt)
{
    const char *s = text_of(map, key);
    uint64_t v;
    return s && units_count(s, &v) ? v : dflt;
}

bool get_bool(const struct yml_node *map, const char *key, bool dflt)
{
    const char *s = text_of(map, key);
    bool v;
    return s && units_bool(s, &v) ? v : dflt;
}

uint64_t get_size(const struct yml_node *map, const char *key, uint64_t dflt)
{
    const char *s = text_of(map, key);
    uint64_t v;
    return s && units_size(s, &v) ? v : dflt;
}

uint32_t get_chance(const struct yml_node *map, const char *key, uint32_t dflt)
{
    const char *s = text_of(map, key);
    uint32_t v;
    return s && units_chance(s, &v) ? v : dflt;
}

bool get_ip4(const struct yml_node *map, const char *key, ip4 *out)
{
    const char *s = text_of(map, key);
    return s && ip4_parse(s, out);
}

bool get_moment(struct world *w, const struct yml_node *at, const char *text, sim_time from,
                sim_time *out, GError **error)
{
    if (units_time(text, out))
        return true;
    const char *plus = strchr(text, '+');
    sim_time later = 0;
    if (plus && !units_time(plus + 1, &later))
        return yml_fail(error, at, "\"%s\" is no time", plus + 1);
    g_autofree char *name = plus ? g_strndup(text, (gsize)(plus - text)) : g_strdup(text);
    if (!*name && from < 0)
        return yml_fail(error, at,
                        "+time needs a label to count from: write label+time, or after: label");
    if (*name) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        from = -1;
        for (guint i = 0; i < w->labels->len; i++) {
            const struct label *l = &g_array_index(w->labels, struct label, i);
            g_ptr_array_add(names, (void *)l->name);
            if (strcmp(l->name, name) == 0)
                from = l->at;
        }
        if (from < 0)
            return schema_unknown(error, at, "label", name, names);
    }
    if (later > SIM_TIME_MAX - 1 - from)
        return yml_fail(error, at, "this is later than time can be");
    *out = from + later;
    return true;
}

struct device *get_device(struct world *w, const struct yml_node *name, GError **error)
{
    struct device *d = world_device(w, name->text);
    if (d)
        return d;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (guint i = 0; i < w->devices->len; i++)
        g_ptr_array_add(names, ((struct device *)w->devices->pdata[i])->name);
    schema_unknown(error, name, "node", name->text, names);
    return NULL;
}

struct net_link *get_link(struct world *w, const struct yml_node *name, GError **error)
{
    struct net_link *l = net_link_by_name(w->net, name->text);
    if (l)
        return l;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (size_t i = 0; i < net_link_count(w->net); i++)
        g_ptr_array_add(names, (void *)net_link_name(net_link_at(w->net, i)));
    schema_unknown(error, name, "link", name->text, names);
    return NULL;
}

bool get_end(struct world *w, struct net_link *l, const struct yml_node *node, uint32_t *end,
             GError **error)
{
    struct device *d = get_device(w, node, error);
    if (!d)
        return false;
    for (uint32_t i = 0; i < net_link_ends(l); i++)
        if (net_link_end(l, i)->node == d->node) {
            *end = i;
            return true;
        }
    return yml_fail(error, node, "%s has no interface on the link %s", node->text,
                    net_link_name(l));
}
