/* A startup configuration: its lines run as if typed in configuration mode, and what is refused
 * becomes a problem with its place and, where one is near, the word that was meant. */
#include "ios_conf.h"
#include "vendor/common.h"

#include <string.h>

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
    if (!problems)
        return;
    g_autofree char *nearest =
        error.what == CLI_UNKNOWN ? cli_nearest(s->cli, mode, line, s) : NULL;
    const struct vendor_refusal r = {&error, s->conf->refused, s->conf->invalid_at, out->str,
                                     nearest};
    vendor_problem(problems, file, number, line, &r);
}

bool ios_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error)
{
    struct ios *s = ios_of(d);
    file = file ? file : "configuration";
    if (!vendor_text_readable(text, file, error))
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
