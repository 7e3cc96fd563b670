/* A scenario checked against the table of keys: each problem with its place, all of them at once.
 */
#include "scenario/schema.h"

#include <string.h>

#include "base/ip4.h"
#include "base/text.h"
#include "scenario/units.h"
#include "schema_priv.h"

#define PROBLEMS_SHOWN 20

struct checker {
    GPtrArray *problems; /* char *, owned */
    guint more;
};

static void problem(struct checker *c, char *message)
{
    if (c->problems->len < PROBLEMS_SHOWN)
        g_ptr_array_add(c->problems, message);
    else {
        g_free(message);
        c->more++;
    }
}

void schema_each_row(const char *section, void (*fn)(void *self, const struct schema_row *row),
                     void *self)
{
    for (const struct schema_row *r = schema_table; r->section; r++) {
        if (strcmp(r->section, section) != 0)
            continue;
        if (r->flags & SCHEMA_INCLUDE)
            schema_each_row(r->sub, fn, self);
        else
            fn(self, r);
    }
}

/* ---- Words ---- */

bool schema_word_in(const char *values, const char *word)
{
    g_auto(GStrv) all = g_strsplit(values, "|", -1);
    return g_strv_contains((const char *const *)all, word);
}

static const char *nearest_word(const char *values, const char *word, char **owned)
{
    g_auto(GStrv) all = g_strsplit(values, "|", -1);
    const char *best = text_nearest(word, (const char *const *)all, g_strv_length(all));
    return *owned = g_strdup(best);
}

bool schema_unknown(GError **error, const struct yml_node *at, const char *what, const char *word,
                    const GPtrArray *names)
{
    const char *near = text_nearest(word, (const char *const *)names->pdata, names->len);
    if (near)
        return yml_fail(error, at, "there is no %s \"%s\"; did you mean \"%s\"?", what, word, near);
    if (names->len == 0)
        return yml_fail(error, at, "there is no %s \"%s\": there is none at all", what, word);
    GString *list = g_string_new(NULL);
    for (guint i = 0; i < names->len && i < 12; i++)
        g_string_append_printf(list, "%s%s", i ? ", " : "", (const char *)names->pdata[i]);
    if (names->len > 12)
        g_string_append(list, " ...");
    yml_fail(error, at, "there is no %s \"%s\"; there are: %s", what, word, list->str);
    g_string_free(list, TRUE);
    return false;
}

/* ---- Values ---- */

static bool is_count(const char *s)
{
    uint64_t v;
    return units_count(s, &v);
}
static bool is_bool(const char *s)
{
    bool v;
    return units_bool(s, &v);
}
static bool is_time(const char *s)
{
    sim_time v;
    return units_time(s, &v);
}
static bool is_skew(const char *s)
{
    sim_time v;
    return units_signed_time(s, &v);
}
static bool is_chance(const char *s)
{
    uint32_t v;
    return units_chance(s, &v);
}
static bool is_rate(const char *s)
{
    uint64_t v;
    return units_rate(s, &v);
}
static bool is_size(const char *s)
{
    uint64_t v;
    return units_size(s, &v);
}
static bool is_address(const char *s)
{
    ip4 v;
    return ip4_parse(s, &v);
}
static bool is_prefix(const char *s)
{
    struct ip4_net v;
    return strchr(s, '/') && ip4_net_parse(s, &v);
}
static bool is_mask(const char *s)
{
    uint64_t v;
    uint32_t n;
    return units_mask(s, &v, &n);
}
static bool is_hex(const char *s)
{
    GByteArray *bytes = text_unhex(s);
    if (bytes)
        g_byte_array_unref(bytes);
    return bytes != NULL;
}
/* A time, "+5s", a label, or "label+5s"; whether the label exists is told by who knows labels. */
static bool is_moment(const char *s)
{
    const char *plus = strchr(s, '+');
    if (is_time(s))
        return true;
    if (plus && !is_time(plus + 1))
        return false;
    size_t n = plus ? (size_t)(plus - s) : strlen(s);
    for (size_t i = 0; i < n; i++)
        if (!g_ascii_isalnum(s[i]) && s[i] != '-' && s[i] != '_')
            return false;
    return plus || (n > 0 && g_ascii_isalpha(*s));
}
static bool is_window(const char *s)
{
    const char *to = strchr(s, '~');
    if (!to)
        return *s == '+' && is_time(s + 1);
    g_autofree char *from = g_strndup(s, (gsize)(to - s));
    return is_moment(g_strstrip(from)) && is_moment(to + 1 + strspn(to + 1, " "));
}
static bool is_any(const char *s)
{
    return true;
}

// clang-format off
static const struct {
    unsigned type;
    bool (*fits)(const char *s);
    const char *what;
} plain[] = {
    { T_TEXT,    is_any,          "a text" },
    { T_BOOL,    is_bool,         "true or false" },
    { T_COUNT,   is_count,        "a whole number" },
    { T_TIME,    is_time,         "a duration with its unit, such as 20ms or 1h30m" },
    { T_SKEW,    is_skew,         "a duration with sign and unit, such as -2s" },
    { T_MOMENT,  is_moment,       "a time such as 40s, a label, label+5s, or +5s" },
    { T_WINDOW,  is_window,       "a window such as 0s~30s, or +30s" },
    { T_CHANCE,  is_chance,       "a percentage such as 0.5%" },
    { T_RATE,    is_rate,         "a rate with its unit, such as 10mbps" },
    { T_SIZE,    is_size,         "a size such as 1500 or 64kB" },
    { T_ADDRESS, is_address,      "an address such as 10.1.0.5" },
    { T_PREFIX,  is_prefix,       "an address with its prefix length, such as 10.1.0.5/24" },
    { T_TEST,    units_test_valid, "a value or a comparison such as \">= 5\"" },
    { T_MASK,    is_mask,         "a mask such as 0b0101" },
    { T_HEX,     is_hex,          "bytes in hexadecimal" },
};
// clang-format on

char *schema_type_text(const struct schema_row *row)
{
    GPtrArray *parts = g_ptr_array_new();
    g_autofree char *words = NULL, *section = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
        if (row->types & plain[i].type)
            g_ptr_array_add(parts, (void *)plain[i].what);
    if (row->types & T_WORD) {
        g_auto(GStrv) all = g_strsplit(row->sub, "|", -1);
        g_autofree char *list = g_strjoinv(", ", all);
        words = g_strdup_printf(all[1] ? "one of %s" : "%s", list);
        g_ptr_array_add(parts, words);
    }
    if (row->types & T_TEXTS)
        g_ptr_array_add(parts, "a list of texts");
    if (row->types & T_COUNTS)
        g_ptr_array_add(parts, "a list of whole numbers");
    if (row->types & (T_MAP | T_MAPS | T_LIST)) {
        section = g_strdup_printf(row->types & T_MAP    ? "the keys of `%s`"
                                  : row->types & T_MAPS ? "names, each with the keys of `%s`"
                                                        : "a list of entries with the keys of `%s`",
                                  row->sub);
        g_ptr_array_add(parts, section);
    }
    if (row->types & T_FREE)
        g_ptr_array_add(parts, "keys with values");
    g_ptr_array_add(parts, NULL);
    char *text = g_strjoinv("; or ", (char **)parts->pdata);
    g_ptr_array_free(parts, TRUE);
    return text;
}

static bool text_fits(const struct schema_row *row, const char *s)
{
    for (size_t i = 0; i < G_N_ELEMENTS(plain); i++)
        if ((row->types & plain[i].type) && plain[i].fits(s))
            return true;
    return (row->types & T_WORD) && schema_word_in(row->sub, s);
}

static void check_section(struct checker *c, const char *section, const struct yml_node *map);

static void misfit(struct checker *c, const struct schema_row *row, const struct yml_node *n)
{
    g_autofree char *type = schema_type_text(row), *near = NULL;
    if (n->kind == YML_TEXT && (row->types & T_WORD) && nearest_word(row->sub, n->text, &near))
        problem(c, yml_message(n, "%s: expected %s; did you mean \"%s\"?",
                               row->key ? row->key : "value", type, near));
    else if (n->kind == YML_TEXT && (row->types & (T_TIME | T_RATE | T_CHANCE)) &&
             g_ascii_isdigit(*n->text) && n->text[strspn(n->text, "0123456789.")] == '\0')
        problem(c, yml_message(n, "%s: the unit is missing; expected %s", row->key, type));
    else
        problem(c, yml_message(n, "%s: expected %s", row->key ? row->key : "value", type));
}

static bool list_fits(const struct schema_row *row, const struct yml_node *list)
{
    for (size_t i = 0; i < yml_count(list); i++) {
        const struct yml_node *item = yml_at(list, i);
        if (item->kind != YML_TEXT)
            return false;
        if (!(row->types & T_TEXTS) && !is_count(item->text))
            return false;
    }
    return true;
}

static void check_free(struct checker *c, const struct schema_row *row, const struct yml_node *map)
{
    for (size_t i = 0; i < yml_count(map); i++) {
        const struct yml_node *item = yml_at(map, i);
        if (item->kind != YML_TEXT)
            problem(c, yml_message(item, "%s: expected a plain value", row->key));
    }
}

static void check_value(struct checker *c, const struct schema_row *row, const struct yml_node *n)
{
    if (n->kind == YML_TEXT) {
        bool empty = yml_is_null(n);
        if (empty && (row->types & (T_MAP | T_MAPS | T_LIST | T_FREE | T_NULL)) &&
            !(row->flags & SCHEMA_REQUIRED))
            return;
        if (empty || !text_fits(row, n->text))
            misfit(c, row, n);
    } else if (n->kind == YML_MAP && (row->types & T_MAP)) {
        check_section(c, row->sub, n);
    } else if (n->kind == YML_MAP && (row->types & T_MAPS)) {
        for (size_t i = 0; i < yml_count(n); i++)
            check_section(c, row->sub, yml_at(n, i));
    } else if (n->kind == YML_MAP && (row->types & T_FREE)) {
        check_free(c, row, n);
    } else if (n->kind == YML_LIST && (row->types & T_LIST)) {
        for (size_t i = 0; i < yml_count(n); i++)
            check_section(c, row->sub, yml_at(n, i));
    } else if (n->kind != YML_LIST || !(row->types & (T_TEXTS | T_COUNTS)) || !list_fits(row, n)) {
        misfit(c, row, n);
    }
}

/* ---- Sections ---- */

struct look {
    const char *key;
    const struct schema_row *found, *open;
    GPtrArray *names; /* of the section */
};

static void look_at(void *self, const struct schema_row *row)
{
    struct look *l = self;
    if (row->flags & SCHEMA_OPEN) {
        l->open = row;
        return;
    }
    g_ptr_array_add(l->names, (void *)row->key);
    if (strcmp(row->key, l->key) == 0)
        l->found = row;
}

static void check_key(struct checker *c, const char *section, const struct yml_node *key,
                      const struct yml_node *value)
{
    if (g_str_has_prefix(key->text, "x-"))
        return;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    struct look l = {.key = key->text, .names = names};
    schema_each_row(section, look_at, &l);
    if (l.found) {
        check_value(c, l.found, value);
        return;
    }
    if (l.open) {
        if (value->kind != YML_TEXT || !units_test_valid(value->text))
            problem(c, yml_message(value, "%s: expected a value or a comparison such as \">= 5\"",
                                   key->text));
        return;
    }
    const char *near = text_nearest(key->text, (const char *const *)names->pdata, names->len);
    if (near)
        problem(c, yml_message(key, "unknown key \"%s\"; did you mean \"%s\"?", key->text, near));
    else
        problem(c, yml_message(key, "unknown key \"%s\" in %s", key->text, section));
}

struct missing {
    struct checker *c;
    const struct yml_node *map;
};

static void want(void *self, const struct schema_row *row)
{
    struct missing *m = self;
    if ((row->flags & SCHEMA_REQUIRED) && !yml_get(m->map, row->key)) {
        g_autofree char *type = schema_type_text(row);
        problem(m->c, yml_message(m->map, "the key \"%s\" is missing: %s (%s)", row->key, row->doc,
                                  type));
    }
}

static void check_section(struct checker *c, const char *section, const struct yml_node *map)
{
    if (map->kind != YML_MAP) {
        problem(c, yml_message(map, "expected a map with the keys of %s", section));
        return;
    }
    for (guint i = 0; i < map->keys->len; i++)
        check_key(c, section, map->keys->pdata[i], map->items->pdata[i]);
    struct missing m = {c, map};
    schema_each_row(section, want, &m);
}

bool schema_check(const struct yml_node *root, GError **error)
{
    struct checker c = {.problems = g_ptr_array_new_with_free_func(g_free)};
    check_section(&c, "scenario", root);
    const struct yml_node *version = yml_get(root, "vpnsim");
    uint64_t v;
    if (version && version->kind == YML_TEXT && units_count(version->text, &v) && v != 1)
        problem(&c, yml_message(version, "this program reads version 1 of the format, not %s",
                                version->text));
    bool ok = c.problems->len == 0;
    if (!ok) {
        GString *all = g_string_new(NULL);
        for (guint i = 0; i < c.problems->len; i++)
            g_string_append_printf(all, "%s%s", i ? "\n" : "", (char *)c.problems->pdata[i]);
        if (c.more > 0)
            g_string_append_printf(all, "\n(and %u more problems)", c.more);
        g_set_error_literal(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, all->str);
        g_string_free(all, TRUE);
    }
    g_ptr_array_unref(c.problems);
    return ok;
}
