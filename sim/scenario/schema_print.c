/* The table of keys printed: as JSON Schema for editors, as a reference for people. */
#include <string.h>

#include "base/text.h"
#include "ike/profile.h"
#include "schema_priv.h"

/* ---- JSON Schema (draft 2020-12) ---- */

// clang-format off
static const struct {
    unsigned type;
    const char *json;
} json_type[] = {
    { T_TEXT,    "{\"type\": [\"string\", \"number\"]}" },
    { T_BOOL,    "{\"type\": \"boolean\"}" },
    { T_COUNT,   "{\"type\": [\"integer\", \"string\"]}" },
    { T_TIME,    "{\"type\": [\"string\", \"integer\"], \"pattern\": \"^(0|([0-9.]+(ns|us|ms|s|m|min|h|d))+)$\"}" },
    { T_SKEW,    "{\"type\": [\"string\", \"integer\"], \"pattern\": \"^[+-]?(0|([0-9.]+(ns|us|ms|s|m|min|h|d))+)$\"}" },
    { T_MOMENT,  "{\"type\": [\"string\", \"integer\"]}" },
    { T_WINDOW,  "{\"type\": \"string\", \"pattern\": \"~|^[+]\"}" },
    { T_CHANCE,  "{\"type\": [\"string\", \"integer\"], \"pattern\": \"^(0|[0-9.]+ *%)$\"}" },
    { T_RATE,    "{\"type\": [\"string\", \"integer\"], \"pattern\": \"^(0|[0-9.]+ *[kmg]?(bps|bit))$\"}" },
    { T_SIZE,    "{\"type\": [\"string\", \"integer\"], \"pattern\": \"^[0-9.]+ *([kKMG]?B|[KM]iB)?$\"}" },
    { T_ADDRESS, "{\"type\": \"string\", \"pattern\": \"^[0-9]+([.][0-9]+){3}$\"}" },
    { T_PREFIX,  "{\"type\": \"string\", \"pattern\": \"^[0-9]+([.][0-9]+){3}/[0-9]+$\"}" },
    { T_TEST,    "{\"type\": [\"string\", \"number\", \"boolean\"]}" },
    { T_MASK,    "{\"type\": [\"string\", \"integer\"]}" },
    { T_HEX,     "{\"type\": \"string\", \"pattern\": \"^[0-9a-fA-F ]*$\"}" },
    { T_TEXTS,   "{\"type\": \"array\", \"items\": {\"type\": [\"string\", \"number\"]}}" },
    { T_COUNTS,  "{\"type\": \"array\", \"items\": {\"type\": \"integer\"}}" },
    { T_FREE,    "{\"type\": \"object\", \"additionalProperties\": {\"type\": [\"string\", \"number\", \"boolean\"]}}" },
};
// clang-format on

static void add_alternative(GString *out, bool *first, const char *text)
{
    g_string_append_printf(out, "%s%s", *first ? "" : ", ", text);
    *first = false;
}

static void json_alternatives(GString *out, const struct schema_row *row)
{
    bool first = true;
    for (size_t i = 0; i < G_N_ELEMENTS(json_type); i++)
        if (row->types & json_type[i].type)
            add_alternative(out, &first, json_type[i].json);
    if (row->types & T_WORD) {
        g_auto(GStrv) words = g_strsplit(row->sub, "|", -1);
        g_autofree char *list = g_strjoinv("\", \"", words);
        g_autofree char *json = g_strdup_printf("{\"enum\": [\"%s\"]}", list);
        add_alternative(out, &first, json);
    }
    static const struct {
        unsigned type;
        const char *format;
    } nested[] = {
        {T_MAP, "{\"$ref\": \"#/$defs/%s\"}"},
        {T_MAPS, "{\"type\": \"object\", \"additionalProperties\": {\"$ref\": \"#/$defs/%s\"}}"},
        {T_LIST, "{\"type\": \"array\", \"items\": {\"$ref\": \"#/$defs/%s\"}}"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(nested); i++) {
        if (!(row->types & nested[i].type))
            continue;
        g_auto(GStrv) halves = g_strsplit(nested[i].format, "%s", 2);
        g_autofree char *json = g_strconcat(halves[0], row->sub, halves[1], NULL);
        add_alternative(out, &first, json);
    }
}

struct json {
    GString *out;
    GString *required;
    bool first, open;
};

static void json_row(void *self, const struct schema_row *row)
{
    struct json *j = self;
    if (row->flags & SCHEMA_OPEN) {
        j->open = true;
        return;
    }
    g_string_append_printf(j->out, "%s\n        \"%s\": {\"description\": ", j->first ? "" : ",",
                           row->key);
    j->first = false;
    text_json_string(j->out, row->doc);
    g_string_append(j->out, ", \"anyOf\": [");
    json_alternatives(j->out, row);
    g_string_append(j->out, "]}");
    if (row->flags & SCHEMA_REQUIRED)
        g_string_append_printf(j->required, "%s\"%s\"", j->required->len ? ", " : "", row->key);
}

static void json_section(GString *out, const struct schema_section *s)
{
    struct json j = {.out = out, .required = g_string_new(NULL), .first = true};
    g_string_append(out, "{\n      \"type\": \"object\", \"description\": ");
    text_json_string(out, s->doc);
    g_string_append(out, ",\n      \"properties\": {");
    schema_each_row(s->name, json_row, &j);
    g_string_append(out, "\n      },\n      \"patternProperties\": {\"^x-\": {}},\n");
    if (j.required->len)
        g_string_append_printf(out, "      \"required\": [%s],\n", j.required->str);
    g_string_append_printf(out, "      \"additionalProperties\": %s\n    }",
                           j.open ? "true" : "false");
    g_string_free(j.required, TRUE);
}

void schema_json(GString *out)
{
    g_string_append(out, "{\n"
                         "  \"$schema\": \"https://json-schema.org/draft/2020-12/schema\",\n"
                         "  \"title\": \"vpnsim scenario\",\n"
                         "  \"$ref\": \"#/$defs/scenario\",\n"
                         "  \"$defs\": {");
    for (const struct schema_section *s = schema_sections; s->name; s++) {
        g_string_append_printf(out, "%s\n    \"%s\": ", s == schema_sections ? "" : ",", s->name);
        json_section(out, s);
    }
    g_string_append(out, "\n  }\n}\n");
}

/* ---- Markdown ---- */

static void cell(GString *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '|')
            g_string_append_c(out, '\\');
        g_string_append_c(out, *text);
    }
    g_string_append(out, " | ");
}

static void markdown_row(void *self, const struct schema_row *row)
{
    GString *out = self;
    g_autofree char *type = row->types ? schema_type_text(row) : g_strdup("");
    g_string_append(out, "| ");
    if (row->key)
        g_string_append_printf(out, "`%s`%s | ", row->key,
                               row->flags & SCHEMA_REQUIRED ? " (required)" : "");
    else
        g_string_append(out, "*any other* | ");
    cell(out, type);
    cell(out, row->dflt ? row->dflt : "");
    cell(out, row->doc);
    g_string_truncate(out, out->len - 1);
    g_string_append_c(out, '\n');
}

static void setting(void *self, const char *name, const char *type, uint32_t dflt, uint32_t min,
                    uint32_t max, const char *doc)
{
    GString *out = self;
    if (strcmp(type, "bool") == 0)
        g_string_append_printf(out, "| `%s` | true or false | %s | %s |\n", name,
                               dflt ? "true" : "false", doc);
    else if (strcmp(type, "number") != 0) { /* the words it may be; bars end cells */
        g_auto(GStrv) words = g_strsplit(type, "|", -1);
        g_autofree char *list = g_strjoinv(", ", words);
        g_string_append_printf(out, "| `%s` | %s | %s | %s |\n", name, list, words[0], doc);
    } else
        g_string_append_printf(out, "| `%s` | %u to %u | %u | %s |\n", name, min, max, dflt, doc);
}

void schema_markdown(GString *out)
{
    g_string_append(out, "# The scenario file\n");
    for (const struct schema_section *s = schema_sections; s->name; s++) {
        g_string_append_printf(out, "\n## %s\n\n%s\n\n", s->name, s->doc);
        g_string_append(out, "| key | value | default | meaning |\n| --- | --- | --- | --- |\n");
        schema_each_row(s->name, markdown_row, out);
    }
    g_string_append(out, "\n## settings of a profile\n\n"
                         "| setting | value | default | meaning |\n| --- | --- | --- | --- |\n");
    ike_profile_each(setting, out);
}
