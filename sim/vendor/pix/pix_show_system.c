/* show logging, version, clock, debug, and the configurations. */
#include "pix_log_priv.h"
#include "pix_show_priv.h"

#include <string.h>

/* ---- show logging ---- */

static void destination(const struct pix *s, int which, const char *name, GString *out)
{
    if (s->level[which] < 0)
        g_string_append_printf(out, "    %s logging: disabled\n", name);
    else
        g_string_append_printf(out, "    %s logging: level %s, " U64 " messages logged\n", name,
                               vendor_severity[s->level[which]], s->speech->logged[which]);
}

void pix_show_logging(void *self, const struct cli_args *a, GString *out)
{
    const struct pix *s = self;
    g_string_append_printf(out, "Syslog logging: %s\n", s->logging ? "enabled" : "disabled");
    g_string_append_printf(out, "    Facility: 20\n    Timestamp logging: %s\n",
                           s->stamp ? "enabled" : "disabled");
    g_string_append(out, "    Standby logging: disabled\n");
    destination(s, PIX_LOG_CONSOLE, "Console", out);
    destination(s, PIX_LOG_MONITOR, "Monitor", out);
    destination(s, PIX_LOG_BUFFERED, "Buffer", out);
    destination(s, PIX_LOG_TRAP, "Trap", out);
    destination(s, PIX_LOG_HISTORY, "History", out);
    if (pix_since(s, 6, 3))
        g_string_append(out, "    Device ID: disabled\n");
    for (const GList *l = s->speech->buffer->head; l; l = l->next)
        g_string_append_printf(out, "%s\n", (const char *)l->data);
}

void pix_view_logging(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "text", NULL);
    for (const GList *l = s->speech->buffer->head; l; l = l->next) {
        view_row_begin(v);
        view_set(v, "text", "%s", (const char *)l->data);
    }
}

/* ---- show version, clock, debug ---- */

static void uptime(const struct pix *s, GString *out)
{
    int64_t t = (sim_now(s->d->sim) - s->d->booted) / SECONDS(1);
    int days = (int)(t / 86400), hours = (int)(t / 3600 % 24), minutes = (int)(t / 60 % 60);
    if (days)
        g_string_append_printf(out, "%d days %d hours", days, hours);
    else if (hours)
        g_string_append_printf(out, "%d hours %d mins", hours, minutes);
    else
        g_string_append_printf(out, "%d mins %d secs", minutes, (int)(t % 60));
}

void pix_show_version(void *self, const struct cli_args *a, GString *out)
{
    const struct pix *s = self;
    g_string_append(out, "\nCisco PIX Firewall Version ");
    if (s->d->version)
        g_string_append(out, s->d->version);
    else
        g_string_append_printf(out, "%d.%d", s->major, s->minor);
    g_string_append_printf(out, "\n\nThis firewall is simulated by vpnsim\n\n%s up ",
                           s->d->hostname);
    uptime(s, out);
    g_string_append(out, "\n\n");
    for (guint i = 0; i < s->interfaces->len; i++)
        g_string_append_printf(
            out, "%u: %s\n", i,
            ((const struct pix_if *)g_ptr_array_index(s->interfaces, i))->hardware);
    g_string_append(out, "\nLicensed Features:\nVPN-DES:            Enabled\n");
    g_string_append_printf(out, "%s       Enabled\n",
                           pix_since(s, 6, 3) ? "VPN-3DES-AES:" : "VPN-3DES:    ");
}

void pix_show_clock(void *self, const struct cli_args *a, GString *out)
{
    struct vendor_clock t = vendor_clock_at(device_clock_ns(((struct pix *)self)->d));
    g_string_append_printf(out, "%02d:%02d:%02d.%03d UTC %s %s %d %d\n", t.hour, t.minute, t.second,
                           t.ms, vendor_weekday[t.weekday], vendor_month[t.month - 1], t.day,
                           t.year);
}

void pix_show_debug(void *self, const struct cli_args *a, GString *out)
{
    const struct pix *s = self;
    if (s->debug & PIX_DEBUG_IPSEC)
        g_string_append(out, "debug crypto ipsec 1\n");
    if (s->debug & PIX_DEBUG_ISAKMP)
        g_string_append(out, "debug crypto isakmp 1\n");
    if (s->debug & PIX_DEBUG_ENGINE)
        g_string_append(out, "debug crypto engine\n");
}

/* ---- Configurations ---- */

void pix_show_running(void *self, const struct cli_args *a, GString *out)
{
    pix_running_config(self, false, out);
}

/* What was saved, its keys hidden. */
void pix_show_startup(void *self, const struct cli_args *a, GString *out)
{
    const struct device *d = ((struct pix *)self)->d;
    g_auto(GStrv) lines = g_strsplit(d->startup_text ? d->startup_text : "", "\n", -1);
    for (char **l = lines; *l && (**l || l[1]); l++) {
        const char *key = strstr(*l, "isakmp key "), *rest = NULL;
        if (key) {
            key += strlen("isakmp key ");
            rest = strchr(key, ' ');
        }
        if (rest)
            g_string_append_printf(out, "%.*s********%s\n", (int)(key - *l), *l, rest);
        else
            g_string_append_printf(out, "%s\n", *l);
    }
}

void pix_show_lines(void *self, const struct cli_args *a, GString *out)
{
    g_autoptr(GString) config = g_string_new(NULL);
    g_autofree char *command = cli_canonical(a);
    const char *words = command + strlen("show ");
    pix_running_config(self, false, config);
    g_auto(GStrv) lines = g_strsplit(config->str, "\n", -1);
    for (char **l = lines; *l; l++) {
        const char *line = g_str_has_prefix(*l, "no ") ? *l + 3 : *l;
        size_t n = strlen(words);
        if (strncmp(line, words, n) == 0 && (line[n] == ' ' || line[n] == '\0'))
            g_string_append_printf(out, "%s\n", *l);
    }
}
