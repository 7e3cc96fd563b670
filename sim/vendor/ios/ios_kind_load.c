/* A startup configuration: its lines run as if typed in configuration mode, and what is refused
 * becomes a problem with its place and, where one is near, the word that was meant. */
#include "ios_conf.h"

#include <string.h>

#define CONFIG_MAX_BYTES (4u << 20)
#define PROBLEMS_MAX     200

/* What a device prints around a configuration, which people paste along with it. */
static bool is_wrapping(const char *line)
{
    static const char *const begins[] = {"Building configuration", "Current configuration",
                                         "Using ", "Startup "};
    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(line, begins[i]))
            return true;
    return false;
}

static void add_problem(struct ios *s, GPtrArray *problems, const char *file, int number,
                        const char *line, const struct cli_error *e, const struct cli_mode *mode,
                        const char *said)
{
    size_t at = MIN(e->at, strlen(line));
    while (at > 0 && line[at - 1] != ' ' && line[at - 1] != '\t') /* where the word begins */
        at--;
    int column = e->what == CLI_INCOMPLETE ? (int)strlen(line) + 1 : (int)at + 1;
    g_autofree char *nearest = NULL;
    if (s->conf->refused) {
        g_autofree char *message = g_strstrip(g_strdup(said));
        if (s->conf->invalid_at >= 0)
            device_problem_add(problems, file, number, s->conf->invalid_at + 1, line,
                               "value not valid here");
        else
            device_problem_add(problems, file, number, 0, line, "refused: %s", message);
        return;
    }
    switch (e->what) {
    case CLI_AMBIGUOUS:
        device_problem_add(problems, file, number, column, line,
                           "ambiguous: \"%s\" could be more than one word", e->word);
        break;
    case CLI_INCOMPLETE:
        device_problem_add(problems, file, number, column, line,
                           "incomplete: something is missing at the end");
        break;
    case CLI_BAD_ARGUMENT:
        device_problem_add(problems, file, number, column, line, "\"%s\" is not valid here",
                           e->word);
        break;
    default:
        nearest = cli_nearest(s->cli, mode, line, s);
        if (nearest)
            device_problem_add(problems, file, number, column, line,
                               "unknown word \"%s\"; did you mean \"%s\"?", e->word, nearest);
        else
            device_problem_add(problems, file, number, column, line,
                               "unknown word \"%s\"; this kind of device does not model the line",
                               e->word);
    }
}

static bool readable(const char *text, const char *file, GError **error)
{
    size_t n = strlen(text);
    if (n > CONFIG_MAX_BYTES) {
        g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                    "%s: a configuration of %zu bytes; the limit is %u", file, n, CONFIG_MAX_BYTES);
        return false;
    }
    for (size_t i = 0; i < n; i++)
        if (((unsigned char)text[i] < ' ' && !strchr("\t\r\n\f\x03", text[i])) ||
            text[i] == '\x7f') {
            g_set_error(error, G_FILE_ERROR, G_FILE_ERROR_FAILED,
                        "%s: not a text file (byte 0x%02x at offset %zu)", file,
                        (unsigned char)text[i], i);
            return false;
        }
    return true;
}

static void load_line(struct ios *s, const char *line, const char *file, int number,
                      GPtrArray *problems)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct cli_error error;
    if (s->conf->banner && ios_banner_line(s, line))
        return;
    if (ios_is_comment(line) || is_wrapping(line))
        return;
    const struct cli_mode *mode = s->mode;
    bool ok = ios_run_line(s, line, out, &error);
    if (s->mode == &ios_mode_exec) /* "end": what is appended to a configuration goes on after it */
        s->mode = &ios_mode_config;
    if (ok && !s->conf->refused)
        return;
    if (problems && problems->len < PROBLEMS_MAX)
        add_problem(s, problems, file, number, line, &error, mode, out->str);
}

bool ios_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error)
{
    struct ios *s = ios_of(d);
    file = file ? file : "configuration";
    if (!readable(text, file, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const struct cli_mode *mode = s->mode;
    s->conf->loading = true;
    s->mode = &ios_mode_config;
    for (int i = 0; lines[i]; i++) {
        g_strchomp(lines[i]);
        load_line(s, lines[i], file, i + 1, problems);
    }
    if (s->conf->banner) { /* the text ended in the middle of a banner */
        g_string_free(s->conf->banner, TRUE);
        s->conf->banner = NULL;
        if (problems)
            device_problem_add(problems, file, 0, 0, "banner",
                               "the banner's closing delimiter is missing");
    }
    s->conf->loading = false;
    s->mode = mode;
    if (s->conf->dirty)
        device_config_changed(d, "startup configuration");
    s->conf->dirty = false;
    return true;
}
