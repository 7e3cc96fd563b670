/* Console text compared as the catalogue compares it (debug-and-errors.md, "Reading rules"):
 * N0 blanks and line ends do not count, N1 nor does the case of the word IPsec, N2 the two
 * spellings of the state machine's inputs are one. */
#include <string.h>

#include "base/text.h"
#include "scenario_priv.h"

struct speech {
    char *text;    /* normal form */
    GRegex *regex; /* NULL: plain text */
    GRegex *raw;   /* the same as written, for lines as they stand: columns can be told then */
    GPtrArray *words;
};

static void replace_word(GString *s, const char *word, const char *with)
{
    size_t n = strlen(word), m = strlen(with);
    for (size_t i = 0; i + n <= s->len;) {
        if (g_ascii_strncasecmp(s->str + i, word, n) != 0) {
            i++;
            continue;
        }
        g_string_erase(s, (gssize)i, (gssize)n);
        g_string_insert(s, (gssize)i, with);
        i += m;
    }
}

char *speech_normal(const char *s)
{
    g_autofree char *squeezed = text_squeeze(s);
    GString *out = g_string_new(g_strstrip(squeezed));
    replace_word(out, "ipsec", "IPSec");
    replace_word(out, "IKE_MESG_", "IKE_MSG_");
    return g_string_free(out, FALSE);
}

static GPtrArray *words_of(const char *text)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_auto(GStrv) all = g_strsplit_set(text, " ()[]{}*+?.^$|\\,;:=\"'", -1);
    for (char **w = all; *w; w++)
        if (strlen(*w) >= 3)
            g_ptr_array_add(words, g_strdup(*w));
    return words;
}

struct speech *speech_new(const char *text, GError **error)
{
    size_t n = strlen(text);
    struct speech *s = g_new0(struct speech, 1);
    if (n >= 2 && text[0] == '/' && text[n - 1] == '/') {
        g_autofree char *pattern = g_strndup(text + 1, n - 2);
        s->text = speech_normal(pattern);
        s->raw = g_regex_new(pattern, 0, 0, error);
        s->regex = s->raw ? g_regex_new(s->text, 0, 0, error) : NULL;
        if (!s->regex) {
            speech_free(s);
            return NULL;
        }
    } else {
        s->text = speech_normal(text);
    }
    s->words = words_of(s->text);
    return s;
}

void speech_free(struct speech *s)
{
    if (!s)
        return;
    g_free(s->text);
    if (s->regex)
        g_regex_unref(s->regex);
    if (s->raw)
        g_regex_unref(s->raw);
    if (s->words)
        g_ptr_array_unref(s->words);
    g_free(s);
}

const char *speech_text(const struct speech *s)
{
    return s->text;
}

static bool in_normal(const struct speech *s, const char *line)
{
    return s->regex ? g_regex_match(s->regex, line, 0, NULL) : strstr(line, s->text) != NULL;
}

bool speech_in(const struct speech *s, const char *line)
{
    g_autofree char *normal = speech_normal(line);
    return in_normal(s, normal) || (s->raw && g_regex_match(s->raw, line, 0, NULL));
}

unsigned speech_likeness(const struct speech *s, const char *line)
{
    g_autofree char *normal = speech_normal(line);
    unsigned n = 0;
    for (guint i = 0; i < s->words->len; i++)
        if (strstr(normal, s->words->pdata[i]))
            n++;
    return n;
}
