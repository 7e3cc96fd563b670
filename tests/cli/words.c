/* "?" has a text for every word: walked from an empty line as far as lines go. */
#include "box.h"

#include <string.h>

#define DEEPEST 6

/* What may be typed where help shows this; NULL where the line ends. */
static const char *typed_for(const char *shown)
{
    static const struct {
        const char *shown, *typed;
    } row[] = {
        {"<cr>", NULL},
        {"LINE", NULL},
        {"WORD", "outside"},
        {"A.B.C.D", "255.0.0.0"},
        {"A.B.C.D/nn", "10.0.0.0/8"},
        {"HH:MM:SS", "00:00:00"},
        {"IFNAME", "Ethernet0/0"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (strcmp(row[i].shown, shown) == 0)
            return row[i].typed;
    return shown;
}

static void walk(struct box *b, const char *line, int depth, GHashTable *seen, GString *bare)
{
    g_autoptr(GString) help = g_string_new(NULL);
    b->d->kind->help(b->d, line, help);
    g_auto(GStrv) rows = g_strsplit(help->str, "\n", -1);
    for (char **row = rows; *row; row++) {
        if (!g_str_has_prefix(*row, "  "))
            continue;
        g_auto(GStrv) part = g_strsplit(*row + 2, " ", 2);
        const char *typed = typed_for(part[0]);
        bool told = part[1] && *g_strstrip(part[1]);
        bool number = part[0][strspn(part[0], "0123456789")] == '\0';
        if (!told && !number && strcmp(part[0], "<cr>") != 0 && part[0][0] != '<')
            g_string_append_printf(bare, "%s%s\n", line, part[0]);
        if (!typed || depth == DEEPEST)
            continue;
        char *from = typed[0] == '<' ? g_strndup(typed + 1, strcspn(typed + 1, "->")) : NULL;
        char *next = g_strdup_printf("%s%s ", line, from ? from : typed);
        g_free(from);
        if (!g_hash_table_add(seen, next))
            continue;
        walk(b, next, depth + 1, seen, bare);
    }
}

static void every_word_is_told_of(const char *kind, const char *version, const char *lines)
{
    struct box *b = box_new_of(kind, version);
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) bare = g_string_new(NULL);
    box_type(b, lines);
    walk(b, "", 0, seen, bare);
    cr_expect(bare->len == 0, "%s %s, %s: no text for\n%s", kind, version, lines, bare->str);
    cr_expect_gt(g_hash_table_size(seen), 5);
    box_free(b);
}

Test(words, have_a_text_at_question_mark)
{
    static const struct {
        const char *kind, *version, *lines;
    } row[] = {
        {"asa", "8.2", ""},
        {"asa", "8.2", "configure terminal"},
        {"asa", "8.4", "configure terminal"},
        {"asa", "8.2", "configure terminal\ninterface Ethernet0/0"},
        {"asa", "8.2", "configure terminal\ncrypto isakmp policy 10"},
        {"asa", "8.2",
         "configure terminal\ntunnel-group 1.2.3.4 type ipsec-l2l\n"
         "tunnel-group 1.2.3.4 ipsec-attributes"},
        {"asa", "8.2",
         "configure terminal\ntunnel-group 1.2.3.4 type ipsec-l2l\n"
         "tunnel-group 1.2.3.4 general-attributes"},
        {"asa", "8.2", "configure terminal\ngroup-policy g internal\ngroup-policy g attributes"},
        {"pix", "6.3", ""},
        {"pix", "6.3", "configure terminal"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        every_word_is_told_of(row[i].kind, row[i].version, row[i].lines);
}
