/* One YAML tree laid over another, and single values set from the command line.
 *
 * A tree is never changed in place: the nodes on the way to a change are made anew, so that what
 * an alias shares stays as it was written. */
#include "yaml_priv.h"

#include <string.h>

#include "base/text.h"

static const char *name_of(const struct yml_node *n)
{
    const struct yml_node *name = yml_get(n, "name");
    return name && name->kind == YML_TEXT ? name->text : NULL;
}

static struct yml_node *named(const struct yml_node *list, const char *name)
{
    for (size_t i = 0; name && i < yml_count(list); i++) {
        const char *other = name_of(yml_at(list, i));
        if (other && strcmp(other, name) == 0)
            return yml_at(list, i);
    }
    return NULL;
}

static bool has_maps(const struct yml_node *list)
{
    for (size_t i = 0; i < yml_count(list); i++)
        if (yml_at(list, i)->kind == YML_MAP)
            return true;
    return false;
}

static struct yml_node *merge_lists(struct yml_doc *doc, struct yml_node *base,
                                    struct yml_node *over)
{
    if (!has_maps(base) || !has_maps(over))
        return over;
    struct yml_node *out = yml_node_make(doc, YML_LIST, over);
    for (size_t i = 0; i < yml_count(base); i++) {
        struct yml_node *item = yml_at(base, i), *twin = named(over, name_of(item));
        if (twin)
            item = yml_merge(doc, item, twin);
        if (!item || !yml_node_add(out, NULL, item))
            return NULL;
    }
    for (size_t i = 0; i < yml_count(over); i++) {
        struct yml_node *item = yml_at(over, i);
        if (!named(base, name_of(item)) && !yml_node_add(out, NULL, item))
            return NULL;
    }
    return out;
}

/* Lines for a device: those of the base come first. The place is that of the addition, whose lines
 * are the ones that somebody is writing. */
static struct yml_node *append_lines(struct yml_doc *doc, struct yml_node *base,
                                     struct yml_node *over)
{
    struct yml_node *out = yml_node_make(doc, YML_TEXT, over);
    bool closed = g_str_has_suffix(base->text, "\n");
    out->text = g_strconcat(base->text, closed ? "" : "\n", over->text, NULL);
    out->quoted = true;
    return out;
}

static struct yml_node *merge_value(struct yml_doc *doc, const char *key, struct yml_node *base,
                                    struct yml_node *over)
{
    if (strcmp(key, "config-add") == 0 && base->kind == YML_TEXT && over->kind == YML_TEXT)
        return append_lines(doc, base, over);
    return yml_merge(doc, base, over);
}

static struct yml_node *merge_maps(struct yml_doc *doc, struct yml_node *base,
                                   struct yml_node *over)
{
    struct yml_node *out = yml_node_make(doc, YML_MAP, over);
    for (guint i = 0; i < base->keys->len; i++) {
        struct yml_node *key = base->keys->pdata[i], *value = base->items->pdata[i];
        struct yml_node *twin = yml_get(over, key->text);
        if (twin && yml_is_null(twin))
            continue;
        if (twin) {
            key = yml_key(over, key->text);
            value = merge_value(doc, key->text, value, twin);
        }
        if (!value || !yml_node_add(out, key, value))
            return NULL;
    }
    for (guint i = 0; i < over->keys->len; i++) {
        struct yml_node *key = over->keys->pdata[i], *value = over->items->pdata[i];
        if (!yml_get(base, key->text) && !yml_node_add(out, key, value))
            return NULL;
    }
    return out;
}

struct yml_node *yml_merge(struct yml_doc *doc, struct yml_node *base, struct yml_node *over)
{
    if (base->kind != over->kind || base->kind == YML_TEXT)
        return over;
    return base->kind == YML_MAP ? merge_maps(doc, base, over) : merge_lists(doc, base, over);
}

/* ---- One value at a place ---- */

static bool index_of(const char *word, const struct yml_node *list, guint *at)
{
    for (guint i = 0; i < yml_count(list); i++) {
        const char *name = name_of(yml_at(list, i));
        if (name && strcmp(name, word) == 0) {
            *at = i;
            return true;
        }
    }
    uint64_t n;
    if (!text_u64(word, 10, &n) || n >= yml_count(list))
        return false;
    *at = (guint)n;
    return true;
}

struct setting {
    struct yml_doc *doc;
    const char *assignment;
    char **path;
    struct yml_node *value;
    GError **error;
};

static struct yml_node *set_at(const struct setting *s, struct yml_node *old, guint level);

static struct yml_node *set_failed(const struct setting *s, const char *why, const char *word)
{
    g_set_error(s->error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, "--set %s: %s \"%s\"",
                s->assignment, why, word);
    return NULL;
}

/* A copy of a map or list with one value exchanged or added. */
static struct yml_node *with(const struct setting *s, struct yml_node *old, guint at,
                             struct yml_node *key, struct yml_node *value)
{
    struct yml_node *out = yml_node_make(s->doc, old->kind, old);
    bool fits = true;
    for (guint i = 0; i < old->items->len; i++)
        fits = yml_node_add(out, old->keys ? old->keys->pdata[i] : NULL,
                            i == at ? value : old->items->pdata[i]) &&
               fits;
    if (at == old->items->len)
        fits = yml_node_add(out, key, value) && fits;
    return fits ? out : set_failed(s, "the scenario becomes too large at", s->path[0]);
}

static struct yml_node *set_in_map(const struct setting *s, struct yml_node *old, guint level)
{
    const char *word = s->path[level];
    struct yml_node *key = yml_key(old, word), *value = yml_get(old, word);
    guint at = old->items->len;
    if (value)
        g_ptr_array_find(old->items, value, &at);
    if (!key) {
        key = yml_node_make(s->doc, YML_TEXT, s->value);
        key->text = g_strdup(word);
    }
    if (!value && s->path[level + 1])
        value = yml_node_make(s->doc, YML_MAP, s->value);
    for (guint i = 0; i < old->keys->len; i++)
        if (old->keys->pdata[i] == key)
            at = i; /* an alias may stand under two keys */
    value = set_at(s, value, level + 1);
    return value ? with(s, old, at, key, value) : NULL;
}

static struct yml_node *set_at(const struct setting *s, struct yml_node *old, guint level)
{
    guint at;
    if (!s->path[level])
        return s->value;
    if (old->kind == YML_MAP)
        return set_in_map(s, old, level);
    if (old->kind == YML_TEXT)
        return set_failed(s, "there is nothing below a plain value to be called", s->path[level]);
    if (!index_of(s->path[level], old, &at))
        return set_failed(s, "the list has no entry of that name or number:", s->path[level]);
    struct yml_node *value = set_at(s, yml_at(old, at), level + 1);
    return value ? with(s, old, at, NULL, value) : NULL;
}

struct yml_node *yml_set(struct yml_doc *doc, struct yml_node *root, const char *assignment,
                         GError **error)
{
    struct setting s = {.doc = doc, .assignment = assignment, .error = error};
    const char *equals = strchr(assignment, '=');
    if (!equals || equals == assignment)
        return set_failed(&s, "write it as path=value, for example",
                          "topology.links.wan.tc.loss=2%");
    g_autofree char *path = g_strndup(assignment, (gsize)(equals - assignment));
    g_auto(GStrv) words = g_strsplit(path, ".", YML_MAX_DEPTH);
    s.path = words;
    for (guint i = 0; words[i]; i++)
        if (!*words[i])
            return set_failed(&s, "an empty word in the path", path);
    /* An empty value is an empty text; YAML would call it no document. */
    const char *value = equals[1] ? equals + 1 : "''";
    s.value = yml_parse(doc, "--set", value, strlen(value), error);
    return s.value ? set_at(&s, root, 0) : NULL;
}
