/* show logging, version, clock, debug, running-config, startup-config. */
#include "asa_log_priv.h"
#include "asa_show_priv.h"

#include <string.h>

/* ---- show logging ---- */

static void destination(const struct asa *s, int which, const char *name, GString *out)
{
    if (s->level[which] < 0)
        g_string_append_printf(out, "    %s logging: disabled\n", name);
    else
        g_string_append_printf(out, "    %s logging: level %s, " U64 " messages logged\n", name,
                               vendor_severity[s->level[which]], s->speech->logged[which]);
}

void asa_show_logging(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    g_string_append_printf(out, "Syslog logging: %s\n", s->logging ? "enabled" : "disabled");
    g_string_append_printf(out, "    Facility: 20\n    Timestamp logging: %s\n",
                           s->stamp ? "enabled" : "disabled");
    g_string_append(out, "    Standby logging: disabled\n    Debug-trace logging: disabled\n");
    destination(s, ASA_LOG_CONSOLE, "Console", out);
    destination(s, ASA_LOG_MONITOR, "Monitor", out);
    destination(s, ASA_LOG_BUFFERED, "Buffer", out);
    destination(s, ASA_LOG_TRAP, "Trap", out);
    g_string_append(out, "    History logging: disabled\n    Device ID: disabled\n"
                         "    Mail logging: disabled\n");
    destination(s, ASA_LOG_ASDM, "ASDM", out);
    for (const GList *l = s->speech->buffer->head; l; l = l->next)
        g_string_append_printf(out, "%s\n", (const char *)l->data);
}

void asa_view_logging(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "text", NULL);
    for (const GList *l = s->speech->buffer->head; l; l = l->next) {
        view_row_begin(v);
        view_set(v, "text", "%s", (const char *)l->data);
    }
}

/* ---- show version, clock, debug ---- */

static void uptime(const struct asa *s, GString *out)
{
    int64_t t = (sim_now(s->d->sim) - s->d->booted) / SECONDS(1);
    int64_t days = t / 86400, hours = t / 3600 % 24, minutes = t / 60 % 60;
    if (days)
        g_string_append_printf(out, "%" G_GINT64_FORMAT " days %" G_GINT64_FORMAT " hours", days,
                               hours);
    else if (hours)
        g_string_append_printf(out, "%" G_GINT64_FORMAT " hours %" G_GINT64_FORMAT " mins", hours,
                               minutes);
    else
        g_string_append_printf(out, "%" G_GINT64_FORMAT " mins %" G_GINT64_FORMAT " secs", minutes,
                               t % 60);
}

void asa_show_version(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    g_string_append(out, "\nCisco Adaptive Security Appliance Software Version ");
    if (s->d->version)
        g_string_append(out, s->d->version);
    else
        g_string_append_printf(out, "%d.%d", s->major, s->minor);
    g_string_append_printf(out, " \n\nThis appliance is simulated by vpnsim\n\n%s up ",
                           s->d->hostname);
    uptime(s, out);
    g_string_append(out, "\n\n");
    for (size_t i = 0; i < net_if_count(s->d->node); i++)
        g_string_append_printf(out, "%2zu: Ext: %-20s\n", i, net_if_at(s->d->node, i)->name);
    g_string_append(out, "\nConfiguration register is 0x1\n");
}

void asa_show_clock(void *self, const struct cli_args *a, GString *out)
{
    asa_clock_text(self, out);
    g_string_append_c(out, '\n');
}

void asa_show_debug(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    if (s->debug_ipsec)
        g_string_append_printf(out, "debug crypto ipsec enabled at level %u\n", s->debug_ipsec);
    if (s->debug_isakmp)
        g_string_append_printf(out, "debug crypto %s enabled at level %u\n",
                               asa_since(s, 8, 4) ? "ikev1" : "isakmp", s->debug_isakmp);
}

/* ---- Configurations ---- */

/* Does the line begin with those words? Each may be abbreviated. */
static bool begins(const char *line, char **words)
{
    g_auto(GStrv) of_line = g_strsplit(line, " ", -1);
    char **l = of_line;
    if (*l && strcmp(*l, "no") == 0)
        l++;
    for (char **w = words; *w; w++)
        if (**w && (!*l || g_ascii_strncasecmp(*l++, *w, strlen(*w)) != 0))
            return false;
    return true;
}

/* "show running-config crypto map": the lines that begin with those words, and what is under
 * them. */
static void part_of(const char *config, char **words, GString *out)
{
    g_auto(GStrv) lines = g_strsplit(config, "\n", -1);
    bool in = false;
    for (char **l = lines; *l; l++) {
        if ((*l)[0] != ' ')
            in = (*l)[0] && begins(*l, words);
        if (in)
            g_string_append_printf(out, "%s\n", *l);
    }
}

void asa_show_running(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autoptr(GString) config = g_string_new(NULL);
    const char *what = cli_arg(a, "what"), *file = cli_arg(a, "file");
    g_auto(GStrv) words = g_strsplit(what ? what : "", " ", -1);
    bool all = words[0] && g_ascii_strcasecmp(words[0], "all") == 0;
    char **part = all ? words + 1 : words;
    if (file && strcmp(file, "system:running-config") != 0) {
        asa_refuse(s, out, "%%Error opening %s (No such file or directory)", file);
        return;
    }
    asa_running_config(s, file != NULL, all, config);
    if (part[0])
        part_of(config->str, part, out);
    else
        g_string_append_len(out, config->str, (gssize)config->len);
}

void asa_show_management(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = asa_kept_text(s, NULL, "management-access");
    if (name)
        g_string_append_printf(out, "%s\n", name);
}

void asa_show_startup(void *self, const struct cli_args *a, GString *out)
{
    const struct device *d = ((struct asa *)self)->d;
    g_string_append(out, d->startup_text ? d->startup_text : "No Configuration");
    if (!g_str_has_suffix(out->str, "\n"))
        g_string_append_c(out, '\n');
}
