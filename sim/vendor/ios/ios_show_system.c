/* show clock, version, logging, debugging, users, running-config, startup-config. */
#include "vendor/ios/ios_ra.h"
#include "vendor/ios/ios_show_priv.h"

void ios_show_clock(void *self, const struct cli_args *a, GString *out)
{
    ios_clock_text(self, out);
    g_string_append_c(out, '\n');
}

/* ---- show version ---- */

static void count_of(GString *out, int64_t n, const char *unit)
{
    if (n > 0)
        g_string_append_printf(out, "%s%" G_GINT64_FORMAT " %s%s", out->len ? ", " : "", n, unit,
                               n == 1 ? "" : "s");
}

static void uptime_sentence(const struct ios *s, GString *out)
{
    int64_t minutes = (sim_now(s->d->sim) - s->d->booted) / SECONDS(60);
    g_autoptr(GString) text = g_string_new(NULL);
    count_of(text, minutes / 10080, "week");
    count_of(text, minutes / 1440 % 7, "day");
    count_of(text, minutes / 60 % 24, "hour");
    if (minutes % 60 || text->len == 0)
        g_string_append_printf(text, "%s%d minute%s", text->len ? ", " : "", (int)(minutes % 60),
                               minutes % 60 == 1 ? "" : "s");
    g_string_append_printf(out, "%s uptime is %s\n", s->d->hostname, text->str);
}

static void hardware_lines(const struct ios *s, GString *out)
{
    static const char *const kinds[] = {"Ethernet", "FastEthernet", "GigabitEthernet", "Serial",
                                        "ATM"};
    for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
        guint n = 0;
        for (size_t i = 0; i < net_if_count(s->d->node); i++)
            n += g_str_has_prefix(net_if_at(s->d->node, i)->name, kinds[k]);
        if (n > 0)
            g_string_append_printf(out, "%u %s interface(s)\n", n, kinds[k]);
    }
}

void ios_show_version(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    g_autofree char *plain = g_strdup_printf("%d.%d", s->major, s->minor);
    const char *version = s->d->version ? s->d->version : plain;
    if (s->dialect == IOS_DIALECT_B)
        g_string_append(out, "Cisco Internetwork Operating System Software \n");
    g_string_append_printf(
        out, "%s vpnsim Software (VPNSIM-IK9S-M), Version %s, RELEASE SOFTWARE (fc1)\n\n",
        s->dialect == IOS_DIALECT_B ? "IOS (tm)" : "Cisco IOS Software,", version);
    g_string_append(out, "ROM: this router is simulated\n\n");
    uptime_sentence(s, out);
    g_string_append(out, "System returned to ROM by power-on\n\n");
    hardware_lines(s, out);
    g_string_append(out, "\nConfiguration register is 0x2102\n\n");
}

/* ---- show logging ---- */

static const char *const level_words[8] = {"emergencies",   "alerts",   "critical",
                                           "errors",        "warnings", "notifications",
                                           "informational", "debugging"};

static void destination(GString *out, const char *name, bool on, int level, uint64_t logged,
                        bool xml)
{
    if (!on) {
        g_string_append_printf(out, "    %s logging: disabled\n", name);
        return;
    }
    g_string_append_printf(
        out, "    %s logging: level %s, %" G_GUINT64_FORMAT " messages logged%s\n", name,
        level_words[CLAMP(level, 0, 7)], logged, xml ? ", xml disabled" : "");
}

void ios_show_logging(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    bool xml = s->dialect == IOS_DIALECT_C;
    g_string_append_printf(out,
                           "Syslog logging: %s (0 messages dropped, 0 flushes, 0 overruns%s)\n",
                           s->logging_on ? "enabled" : "disabled", xml ? ", xml disabled" : "");
    destination(out, "Console", s->logging_console, s->console_level, s->console_logged, xml);
    destination(out, "Monitor", true, 7, 0, xml);
    destination(out, "Buffer", s->logging_buffered, s->buffer_level, s->buffer_logged, xml);
    if (!s->logging_buffered)
        return;
    g_string_append_printf(out, "\nLog Buffer (%u bytes):\n\n", s->buffer_bytes);
    for (const GList *l = s->buffer->head; l; l = l->next) {
        g_string_append(out, l->data);
        if (!g_str_has_suffix(l->data, "\n"))
            g_string_append_c(out, '\n');
    }
}

void ios_view_logging(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "text", NULL);
    for (const GList *l = s->buffer->head; l; l = l->next) {
        view_row_begin(v);
        view_set(v, "text", "%s", (const char *)l->data);
    }
}

/* ---- What clients are told of the image ---- */

// clang-format off
static const struct { const char *version, *build, *years, *compiled; } images[] = {
    { "12.3(6a)", "fc4", "1986-2004", "Fri 02-Apr-04 15:52 by kellythw" },  /* hub-and-spoke.md C10 */
    { "",         "fc1", "1986-2005", "Mon 01-Aug-05 12:00 by vpnsim" },
};
// clang-format on

void ios_version_text(const struct ios *s, GString *out)
{
    const char *version = s->d->version ? s->d->version : s->conf->version;
    size_t i = 0;
    while (images[i].version[0] && strcmp(images[i].version, version) != 0)
        i++;
    g_string_append_printf(out,
                           "Cisco Internetwork Operating System Software \n"
                           "IOS (tm) 7200 Software (C7200-IK9S-M), Version %s, RELEASE SOFTWARE "
                           "(%s)\nCopyright (c) %s by cisco Systems, Inc.\nCompiled %s",
                           version, images[i].build, images[i].years, images[i].compiled);
}

/* ---- show debugging ---- */

void ios_show_debugging(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    if (s->debug & IOS_DEBUG_AAA)
        g_string_append(out, "General OS:\n  AAA Authentication debugging is on\n");
    if (s->debug & (IOS_DEBUG_ICMP | IOS_DEBUG_NAT))
        g_string_append(out, "Generic IP:\n");
    if (s->debug & IOS_DEBUG_ICMP)
        g_string_append(out, "  ICMP packet debugging is on\n");
    if (s->debug & IOS_DEBUG_NAT)
        g_string_append(out, "  IP NAT debugging is on\n");
    if (!(s->debug & (IOS_DEBUG_ISAKMP | IOS_DEBUG_ENGINE | IOS_DEBUG_IPSEC)))
        return;
    g_string_append(out, "\nCryptographic Subsystem:\n");
    if (s->debug & IOS_DEBUG_ISAKMP)
        g_string_append(out, "  Crypto ISAKMP debugging is on\n");
    if (s->debug & IOS_DEBUG_ENGINE)
        g_string_append(out, "  Crypto Engine debugging is on\n");
    if (s->debug & IOS_DEBUG_IPSEC)
        g_string_append(out, "  Crypto IPSEC debugging is on\n");
}

/* ---- Configurations ---- */

/* The lines of one section: its head and what is indented under it. */
static void section_of(const char *config, const char *head, GString *out)
{
    g_auto(GStrv) lines = g_strsplit(config, "\n", -1);
    bool in = false;
    for (char **l = lines; *l; l++) {
        if (g_ascii_strcasecmp(*l, head) == 0)
            in = true;
        else if (in && (*l)[0] != ' ')
            break;
        if (in)
            g_string_append_printf(out, "%s\n", *l);
    }
}

void ios_show_running(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_autoptr(GString) config = g_string_new(NULL);
    ios_running_config(s, config);
    const char *interface = cli_arg(a, "if");
    if (!interface) {
        g_string_append_len(out, config->str, (gssize)config->len);
        return;
    }
    g_autofree char *head = g_strdup_printf("interface %s", interface);
    g_autoptr(GString) section = g_string_new(NULL);
    section_of(config->str, head, section);
    g_string_append_printf(out,
                           "Building configuration...\n\n"
                           "Current configuration : %zu bytes\n!\n%send\n\n",
                           section->len, section->str);
}

void ios_show_startup(void *self, const struct cli_args *a, GString *out)
{
    const struct device *d = ((struct ios *)self)->d;
    if (!d->startup_text) {
        g_string_append(out, "startup-config is not present\n");
        return;
    }
    g_string_append_printf(out, "Using %zu out of 29688 bytes\n%s", strlen(d->startup_text),
                           d->startup_text);
    if (!g_str_has_suffix(d->startup_text, "\n"))
        g_string_append_c(out, '\n');
}

void ios_show_users(void *self, const struct cli_args *a, GString *out)
{
    g_string_append(out, "    Line       User       Host(s)              Idle       Location\n"
                         "*  0 con 0                idle                 00:00:00   \n\n");
}
