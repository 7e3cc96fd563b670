/* A startup configuration: its lines run as if typed in configuration mode. */
#include "pix.h"

#include <string.h>

bool pix_is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '!' || *line == ':' || *line == '\0';
}

/* What a device prints around a configuration, which people paste along with it. */
static bool is_wrapping(const char *line)
{
    static const char *const begins[] = {"Building configuration", "Cryptochecksum:", "PIX Version",
                                         "[OK]", "Type help or"};
    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(line, begins[i]))
            return true;
    return false;
}

static void load_line(struct pix *s, const char *line, const char *file, int number,
                      GPtrArray *problems)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct cli_error error;
    if (pix_is_comment(line) || is_wrapping(line))
        return;
    bool ok = pix_run_line(s, line, out, &error);
    s->mode = &pix_mode_config;
    if ((ok && !s->refused) || !problems)
        return;
    g_autofree char *nearest =
        error.what == CLI_UNKNOWN ? cli_nearest(s->cli, &pix_mode_config, line, s) : NULL;
    const struct vendor_refusal r = {&error, s->refused, -1, out->str, nearest};
    vendor_problem(problems, file, number, line, &r);
}

bool pix_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error)
{
    struct pix *s = pix_of(d);
    file = file ? file : "configuration";
    if (!vendor_text_readable(text, file, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const struct cli_mode *mode = s->mode;
    s->loading = true;
    s->mode = &pix_mode_config;
    for (int i = 0; lines[i]; i++) {
        g_strchomp(lines[i]);
        load_line(s, lines[i], file, i + 1, problems);
    }
    s->loading = false;
    s->mode = mode;
    if (s->dirty)
        pix_changed(s, "startup configuration");
    return true;
}
