/* YAML trees: places, limits, and what is said about broken files. */
#include "scenario/yaml.h"

#include <criterion/criterion.h>
#include <string.h>

static struct yml_node *parse(struct yml_doc *doc, const char *text)
{
    GError *error = NULL;
    struct yml_node *n = yml_parse(doc, "t.yml", text, strlen(text), &error);
    cr_assert_not_null(n, "%s", error ? error->message : "");
    return n;
}

Test(yaml, every_node_knows_its_line_and_column)
{
    struct yml_doc *doc = yml_doc_new();
    struct yml_node *root = parse(doc, "a: 1\nlist:\n  - x\n  - {k: v}\ntext: |\n  one\n  two\n");
    struct yml_node *list = yml_get(root, "list");
    cr_expect_eq(list->line, 3);
    cr_expect_eq(list->column, 3);
    cr_expect_eq(yml_key(yml_at(list, 1), "k")->column, 6);
    cr_expect_eq(yml_get(yml_at(list, 1), "k")->column, 9);
    cr_expect_str_eq(yml_get(root, "text")->text, "one\ntwo\n");
    cr_expect(yml_get(root, "text")->block);
    cr_expect_eq(yml_get(root, "text")->line, 5);
    cr_expect_null(yml_get(root, "b"));
    yml_doc_free(doc);
}

Test(yaml, what_is_broken_is_told_with_its_place)
{
    static const struct {
        const char *text, *message;
    } row[] = {
        {"", "t.yml: the file is empty"},
        {"# nothing\n", "t.yml: the file is empty"},
        {"a: 1\nb: 2\na: 3\n", "t.yml:3:1: the key \"a\" is given twice; the first is in line 1\n"
                               "    3 | a: 3\n      | ^"},
        {"a: 1\n---\nb: 2\n", "t.yml:2:1: a second document begins here; one is enough\n"
                              "    2 | ---\n      | ^"},
        {"a: *nowhere\n", "t.yml:1:4: the alias *nowhere stands for nothing written before it\n"
                          "    1 | a: *nowhere\n      |    ^"},
        {"a: &x [*x]\n", "t.yml:1:8: the alias *x stands for nothing written before it\n"
                         "    1 | a: &x [*x]\n      |        ^"},
        {"[a]: 1\n", "t.yml:1:1: a key must be a plain word, not a list or a map\n"
                     "    1 | [a]: 1\n      | ^"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yml_doc *doc = yml_doc_new();
        GError *error = NULL;
        struct yml_node *n = yml_parse(doc, "t.yml", row[i].text, strlen(row[i].text), &error);
        cr_expect_null(n, "row %zu", i);
        cr_expect_str_eq(error ? error->message : "", row[i].message);
        g_clear_error(&error);
        yml_doc_free(doc);
    }
}

Test(yaml, syntax_errors_name_line_and_column)
{
    static const struct {
        const char *text, *begins;
    } row[] = {
        {"a: [1, 2\nb: 3\n", "t.yml:2:2: "}, {"a: 'open\n", "t.yml:2:1: "},
        {"\ta: 1\n", "t.yml:1:1: "},         {"a: 1\n b: 2\n", "t.yml:2:3: "},
        {"a: @x\n", "t.yml:1:4: "},          {"{{{{\n", "t.yml:"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yml_doc *doc = yml_doc_new();
        GError *error = NULL;
        cr_expect_null(yml_parse(doc, "t.yml", row[i].text, strlen(row[i].text), &error));
        cr_expect(error && g_str_has_prefix(error->message, row[i].begins), "row %zu: %s", i,
                  error ? error->message : "no error");
        g_clear_error(&error);
        yml_doc_free(doc);
    }
}

static char *refused(const char *text, size_t len)
{
    struct yml_doc *doc = yml_doc_new();
    GError *error = NULL;
    struct yml_node *n = yml_parse(doc, "t.yml", text, len, &error);
    char *message = n ? NULL : g_strdup(error->message);
    g_clear_error(&error);
    yml_doc_free(doc);
    return message;
}

Test(yaml, binary_and_other_encodings_are_refused)
{
    static const struct {
        const char *bytes;
        size_t len;
        const char *message;
    } row[] = {
        {"a: \xff\n", 5, "t.yml:1:4: not text in UTF-8 (byte 0xff); is it a binary file?"},
        {"a: 1\nb: \0x\n", 11, "t.yml:2:4: not text in UTF-8 (byte 0x00); is it a binary file?"},
        {"\xff\xfe"
         "a\0",
         4, "t.yml:1:1: not text in UTF-8 (byte 0xff); is it a binary file?"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *message = refused(row[i].bytes, row[i].len);
        cr_expect_str_eq(message ? message : "", row[i].message);
    }
}

Test(yaml, nesting_size_and_aliases_have_limits)
{
    GString *deep = g_string_new(NULL), *bombs = g_string_new("a: &a [x,x,x,x,x,x,x,x,x,x]\n");
    GString *aliases = g_string_new("a: &a 1\nb: [");
    for (int i = 0; i < 100; i++)
        g_string_append_c(deep, '[');
    for (char c = 'b'; c < 'i'; c++)
        g_string_append_printf(bombs, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c,
                               c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1, c - 1,
                               c - 1);
    for (int i = 0; i < 1001; i++)
        g_string_append(aliases, "*a , ");
    g_string_append(aliases, "1]\n");
    g_autofree char *huge = g_strnfill(YML_MAX_BYTES + 1, 'a');
    g_autofree char *d = refused(deep->str, deep->len), *b = refused(bombs->str, bombs->len),
                    *a = refused(aliases->str, aliases->len), *h = refused(huge, YML_MAX_BYTES + 1);
    cr_expect(d && strstr(d, "more than 64 levels"), "%s", d);
    cr_expect(b && strstr(b, "too much"), "%s", b);
    cr_expect(a && strstr(a, "more than 1000 aliases"), "%s", a);
    cr_expect(h && strstr(h, "larger than"), "%s", h);
    g_string_free(deep, TRUE);
    g_string_free(bombs, TRUE);
    g_string_free(aliases, TRUE);
}

Test(yaml, files_that_cannot_be_read_are_told)
{
    static const struct {
        const char *path, *says;
    } row[] = {
        {"/nowhere/at/all.yml", "No such file"},
        {"/tmp", "it is a folder"},
        {"/dev/zero", "no regular file"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yml_doc *doc = yml_doc_new();
        GError *error = NULL;
        cr_expect_null(yml_read(doc, row[i].path, &error));
        cr_expect(error && strstr(error->message, row[i].says), "%s", row[i].path);
        g_clear_error(&error);
        yml_doc_free(doc);
    }
}

/* ---- Merging ---- */

static void flat(const struct yml_node *n, GString *out)
{
    if (n->kind == YML_TEXT) {
        g_string_append(out, n->text);
        return;
    }
    g_string_append_c(out, n->kind == YML_MAP ? '{' : '[');
    for (size_t i = 0; i < yml_count(n); i++) {
        if (i)
            g_string_append_c(out, ' ');
        if (n->kind == YML_MAP)
            g_string_append_printf(out, "%s:", ((struct yml_node *)n->keys->pdata[i])->text);
        flat(yml_at(n, i), out);
    }
    g_string_append_c(out, n->kind == YML_MAP ? '}' : ']');
}

Test(yaml_merge, states_a_difference_from_the_base)
{
    static const struct {
        const char *base, *over, *result;
    } row[] = {
        {"{a: 1, b: 2}", "{b: 3, c: 4}", "{a:1 b:3 c:4}"},
        {"{a: {x: 1, y: 2}}", "{a: {y: 3}}", "{a:{x:1 y:3}}"},
        {"{a: 1, b: 2}", "{a: ~}", "{b:2}"},
        {"{l: [1, 2]}", "{l: [3]}", "{l:[3]}"},
        {"{l: [{name: a, v: 1}, {name: b, v: 2}]}", "{l: [{name: b, v: 3}, {name: c}]}",
         "{l:[{name:a v:1} {name:b v:3} {name:c}]}"},
        {"{l: [{at: 1}]}", "{l: [{at: 2}]}", "{l:[{at:1} {at:2}]}"},
        {"{config-add: one}", "{config-add: two}", "{config-add:one\ntwo}"},
        {"{a: 1}", "{a: {b: 2}}", "{a:{b:2}}"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yml_doc *doc = yml_doc_new();
        GString *out = g_string_new(NULL);
        struct yml_node *base = parse(doc, row[i].base), *over = parse(doc, row[i].over);
        flat(yml_merge(doc, base, over), out);
        cr_expect_str_eq(out->str, row[i].result);
        g_string_free(out, TRUE);
        yml_doc_free(doc);
    }
}

Test(yaml_merge, one_value_is_set_at_its_path)
{
    static const char text[] = "{seed: 1, links: [{name: wan, tc: {loss: 0%}}, {name: lan}]}";
    static const struct {
        const char *set, *result; /* NULL: refused */
    } row[] = {
        {"seed=7", "{seed:7 links:[{name:wan tc:{loss:0%}} {name:lan}]}"},
        {"links.wan.tc.loss=2%", "{seed:1 links:[{name:wan tc:{loss:2%}} {name:lan}]}"},
        {"links.1.tc.loss=[1, 2]",
         "{seed:1 links:[{name:wan tc:{loss:0%}} {name:lan tc:{loss:[1 2]}}]}"},
        {"new.deep=x", "{seed:1 links:[{name:wan tc:{loss:0%}} {name:lan}] new:{deep:x}}"},
        {"links.dmz.tc=1", NULL},
        {"seed.x=1", NULL},
        {"seed", NULL},
        {"=1", NULL},
        {"a..b=1", NULL},
        {"seed=[1", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yml_doc *doc = yml_doc_new();
        GString *out = g_string_new(NULL);
        GError *error = NULL;
        struct yml_node *n = yml_set(doc, parse(doc, text), row[i].set, &error);
        if (n)
            flat(n, out);
        cr_expect_eq(n != NULL, row[i].result != NULL, "%s", row[i].set);
        cr_expect_str_eq(out->str, row[i].result ? row[i].result : "");
        cr_expect_eq(error == NULL, n != NULL);
        g_clear_error(&error);
        g_string_free(out, TRUE);
        yml_doc_free(doc);
    }
}
