/* "show … | include x": the output of a command, filtered by a regular expression as routers take
 * them. */
#include "cli/cli.h"

#include <string.h>

enum what { BEGIN, EXCLUDE, INCLUDE, SECTION };
static const char *const what_name[] = {"begin", "exclude", "include", "section"};

struct cli_filter {
    enum what what;
    GRegex *regex;
};

/* An underscore matches a delimiter or an end of the line; here it matches itself too, as in
 * QM_IDLE. */
static char *translate(const char *pattern)
{
    /* A hostile expression gives up instead of running for ever. */
    GString *s = g_string_new("(*LIMIT_MATCH=50000)(*LIMIT_DEPTH=5000)");
    bool class = false, escaped = false;
    for (; *pattern; pattern++) {
        if (*pattern == '_' && !class && !escaped)
            g_string_append(s, "(?:^|$|[ ,{}()_])");
        else
            g_string_append_c(s, *pattern);
        if (!escaped && *pattern == '[')
            class = true;
        else if (!escaped && *pattern == ']')
            class = false;
        escaped = !escaped && *pattern == '\\';
    }
    return g_string_free(s, FALSE);
}

static struct cli_filter *fail(struct cli_error *error, enum cli_result what, size_t at,
                               const char *word)
{
    error->what = what;
    error->at = at;
    g_strlcpy(error->word, word, sizeof error->word);
    return NULL;
}

static int what_of(const char *word, size_t n)
{
    int found = -1;
    for (size_t i = 0; i < G_N_ELEMENTS(what_name) && n > 0; i++)
        if (g_ascii_strncasecmp(word, what_name[i], n) == 0)
            found = (int)i;
    return found;
}

struct cli_filter *cli_filter_parse(const char *line, char **head, struct cli_error *error)
{
    struct cli_error ignored;
    if (!error)
        error = &ignored;
    *error = (struct cli_error){.what = CLI_OK};
    const char *bar = strchr(line, '|');
    *head = bar ? g_strndup(line, (gsize)(bar - line)) : g_strdup(line);
    g_strchomp(*head);
    if (!bar)
        return NULL;
    const char *word = bar + 1 + strspn(bar + 1, " \t");
    size_t n = strcspn(word, " \t");
    if (n == 0)
        return fail(error, CLI_INCOMPLETE, strlen(line), "");
    int what = what_of(word, n);
    if (what < 0)
        return fail(error, CLI_UNKNOWN, (size_t)(word - line), word);
    const char *pattern = word + n + strspn(word + n, " \t");
    if (!*pattern)
        return fail(error, CLI_INCOMPLETE, strlen(line), "");
    g_autofree char *trimmed = g_strchomp(g_strdup(pattern));
    g_autofree char *translated = translate(trimmed);
    GRegex *regex = strlen(trimmed) > 200 ? NULL : g_regex_new(translated, G_REGEX_RAW, 0, NULL);
    if (!regex)
        return fail(error, CLI_BAD_ARGUMENT, (size_t)(pattern - line), pattern);
    struct cli_filter *f = g_new0(struct cli_filter, 1);
    f->what = (enum what)what;
    f->regex = regex;
    return f;
}

void cli_filter_free(struct cli_filter *f)
{
    if (!f)
        return;
    g_regex_unref(f->regex);
    g_free(f);
}

static size_t indent_of(const char *line)
{
    return strspn(line, " \t");
}

void cli_filter_apply(const struct cli_filter *f, GString *text)
{
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    guint n = g_strv_length(lines);
    bool begun = false, in_section = false;
    size_t section_indent = 0;
    if (n > 0 && lines[n - 1][0] == '\0')
        n--;
    g_string_truncate(text, 0);
    for (guint i = 0; i < n; i++) {
        bool hit = g_regex_match(f->regex, lines[i], 0, NULL);
        bool keep = hit;
        if (f->what == EXCLUDE)
            keep = !hit;
        else if (f->what == BEGIN)
            keep = begun |= hit;
        else if (f->what == SECTION) {
            if (in_section && indent_of(lines[i]) <= section_indent)
                in_section = false;
            if (hit && !in_section) {
                in_section = true;
                section_indent = indent_of(lines[i]);
            }
            keep = in_section;
        }
        if (keep)
            g_string_append_printf(text, "%s\n", lines[i]);
    }
}
