/* A startup configuration: its lines run as if typed in configuration mode. */
#include "asa.h"

#include <string.h>

bool asa_is_comment(const char *line)
{
    line += strspn(line, " \t");
    return *line == '!' || *line == ':' || *line == '\0';
}

/* What a device prints around a configuration, which people paste along with it. */
static bool is_wrapping(const char *line)
{
    static const char *const begins[] = {
        "Building configuration", "Cryptochecksum:", "Type help or", "ASA Version", "PIX Version"};
    for (size_t i = 0; i < G_N_ELEMENTS(begins); i++)
        if (g_str_has_prefix(line, begins[i]))
            return true;
    return false;
}

static void load_line(struct asa *s, const char *line, const char *file, int number,
                      GPtrArray *problems)
{
    g_autoptr(GString) out = g_string_new(NULL);
    struct cli_error error;
    if (asa_is_comment(line) || is_wrapping(line))
        return;
    const struct cli_mode *mode = s->mode;
    bool ok = asa_run_line(s, line, out, &error);
    if (s->mode == &asa_mode_exec)
        s->mode = &asa_mode_config;
    if ((ok && !s->refused) || !problems)
        return;
    g_autofree char *nearest =
        error.what == CLI_UNKNOWN ? cli_nearest(s->cli, mode, line, s) : NULL;
    const struct vendor_refusal r = {&error, s->refused, s->invalid_at, out->str, nearest};
    vendor_problem(problems, file, number, line, &r);
}

/* A map speaks from the address that its interface has when it is applied; in a file the address
 * may stand below that line. */
static void apply_maps_anew(struct asa *s)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        struct net_if *f = net_if_at(s->d->node, i);
        g_autofree char *map = g_strdup(ipsec_bound(s->d->ipsec, f));
        if (!map)
            continue;
        device_set_crypto_map(s->d, f, NULL);
        device_set_crypto_map(s->d, f, map);
    }
}

bool asa_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error)
{
    struct asa *s = asa_of(d);
    file = file ? file : "configuration";
    if (!vendor_text_readable(text, file, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    const struct cli_mode *mode = s->mode;
    s->loading = true;
    s->mode = &asa_mode_config;
    for (int i = 0; lines[i]; i++) {
        g_strchomp(lines[i]);
        load_line(s, lines[i], file, i + 1, problems);
    }
    s->loading = false;
    s->mode = mode;
    apply_maps_anew(s);
    if (s->dirty)
        asa_changed(s, "startup configuration");
    return true;
}
