/* Exec commands other than show and ping: entering configuration, debug flags, clearing, saving,
 * reloading. */
#include "ios_conf.h"

#include <stdio.h>
#include <string.h>

/* A router of the time is away for about a minute when it boots. */
#define RELOAD_OUTAGE SECONDS(60)

static void configure(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    if (s->mode != &ios_mode_exec)
        return;
    s->mode = &ios_mode_config;
    s->configuring = true;
    g_string_append(out, "Enter configuration commands, one per line.  End with CNTL/Z.\n");
}

static void enable(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->user_mode = false;
}

static void disable(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->user_mode = true;
}

/* Settings of the terminal itself: there is no screen to set. */
static void nothing(void *self, const struct cli_args *a, GString *out)
{
}

/* ---- Debugging ---- */

static const struct {
    const char *word, *text;
    enum ios_debug_flag flag;
} debug_row[] = {
    {"isakmp", "Crypto ISAKMP debugging", IOS_DEBUG_ISAKMP},
    {"engine", "Crypto Engine debugging", IOS_DEBUG_ENGINE},
    {"ipsec", "Crypto IPSEC debugging", IOS_DEBUG_IPSEC},
    {"icmp", "ICMP packet debugging", IOS_DEBUG_ICMP},
    {"nat", "IP NAT debugging", IOS_DEBUG_NAT},
    {"transactions", "TCP special event debugging", IOS_DEBUG_TCP},
    {"authentication", "AAA Authentication debugging", IOS_DEBUG_AAA},
};

static void debug(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool off = cli_negated(a) || cli_has(a, "undebug");
    for (size_t i = 0; i < G_N_ELEMENTS(debug_row); i++) {
        if (!cli_has(a, debug_row[i].word))
            continue;
        s->debug = off ? s->debug & ~(unsigned)debug_row[i].flag : s->debug | debug_row[i].flag;
        g_string_append_printf(out, "%s is %s\n", debug_row[i].text, off ? "off" : "on");
    }
    ios_speech_debug_changed(s);
}

static void debug_all(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool on = cli_has(a, "debug") && !cli_negated(a);
    s->debug = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(debug_row) && on; i++)
        s->debug |= debug_row[i].flag;
    ios_speech_debug_changed(s);
    if (on) {
        g_string_append(out, "All possible debugging has been turned on\n");
        return;
    }
    g_string_append(out, "All possible debugging has been turned off\n");
}

/* ---- Clearing ---- */

static void cleared(struct ios *s, const struct cli_args *a)
{
    g_autofree char *what = cli_canonical(a);
    TRACE(s->d->scope, clear_command, .what = what);
}

static void clear_isakmp(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    uint32_t conn;
    struct ike_sa_view v;
    cleared(s, a);
    if (!cli_arg_u32(a, "conn-id", &conn)) {
        ike_clear(s->d->ike, 0, WHY_ADMIN);
        return;
    }
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (ios_conn_of_ike(s, v.id) == conn) {
            ike_clear(s->d->ike, v.id, WHY_ADMIN);
            return;
        }
}

static void clear_sa(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_clear_what what = {.map = cli_arg(a, "map")};
    const char *spi = cli_arg(a, "spi");
    if (cli_has(a, "counters")) {
        cleared(s, a);
        ipsec_clear_counters(s->d->ipsec);
        return;
    }
    cli_arg_ip4(a, "peer", &what.peer);
    if (what.map && !ipsec_map_find(s->d->ipsec_conf, what.map)) {
        ios_refuse(s, out, "%% Crypto Map with tag \"%s\" does not exist.", what.map);
        return;
    }
    if (spi) {
        char *end;
        guint64 v = g_ascii_strtoull(spi, &end, 0);
        if (*end || v < 256 || v > UINT32_MAX) {
            ios_invalid(s, a, "spi");
            return;
        }
        what.spi = (uint32_t)v;
    }
    cleared(s, a);
    ipsec_clear(s->d->ipsec, &what, WHY_ADMIN);
}

static void clear_logging(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    cleared(s, a);
    g_string_append(out, "Clear logging buffer [confirm]\n");
    g_queue_clear_full(s->buffer, g_free);
    g_queue_init(s->buffer);
}

static void zero(struct net_if *i)
{
    i->in_packets = i->in_bytes = i->out_packets = i->out_bytes = i->in_drops = i->out_drops = 0;
    net_qos_clear_counters(i);
}

static void clear_counters(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "interface");
    struct net_if *one = name ? net_if_by_name(s->d->node, name) : NULL;
    if (name && !one) {
        ios_invalid(s, a, "interface");
        return;
    }
    cleared(s, a);
    for (size_t i = 0; i < net_if_count(s->d->node); i++)
        if (!one || net_if_at(s->d->node, i) == one)
            zero(net_if_at(s->d->node, i));
    g_string_append_printf(out, "Clear \"show interface\" counters on %s [confirm]\n",
                           one ? "this interface" : "all interfaces");
    ios_log(s, "CLEAR", 5, "COUNTERS", "Clear counter on %s%s by console",
            one ? "interface " : "all interfaces", one ? one->name : "");
}

static void clear_acl(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    cleared(s, a);
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        struct acl *acl = net_acl_at(s->d->node, i);
        if (name && strcmp(name, acl->name) != 0)
            continue;
        for (guint j = 0; j < acl->lines->len; j++)
            ((struct acl_line *)g_ptr_array_index(acl->lines, j))->hits = 0;
    }
}

/* Static and connected routes come back at once, so the table is the same afterwards. */
static void clear_route(void *self, const struct cli_args *a, GString *out)
{
    cleared(self, a);
}

/* ---- Saving and booting ---- */

static void save(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_autoptr(GString) text = g_string_new(NULL);
    ios_running_config(s, text);
    const char *body = strstr(text->str, "\n!\n"); /* without what is said about it */
    g_free(s->d->startup_text);
    s->d->startup_text = g_strdup(body ? body + 1 : text->str);
    if (cli_has(a, "copy"))
        g_string_append(out, "Destination filename [startup-config]? \n");
    g_string_append(out, "Building configuration...\n[OK]\n");
}

static void reload(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_string_append(out, "Proceed with reload? [confirm]\n");
    ios_log(s, "SYS", 5, "RELOAD", "Reload requested by console. Reload Reason: Reload Command.");
    device_reload(s->d, RELOAD_OUTAGE, "reload command");
}

static void clock_set(void *self, const struct cli_args *a, GString *out)
{
    static const char *const month[] = {"january",   "february", "march",    "april",
                                        "may",       "june",     "july",     "august",
                                        "september", "october",  "november", "december"};
    struct ios *s = self;
    unsigned h = 0, min = 0, sec = 0;
    uint32_t day = 1, year = 1993;
    int m = 0;
    for (int i = 0; i < 12; i++)
        if (cli_has(a, month[i]))
            m = i + 1;
    sscanf(cli_arg(a, "time"), "%u:%u:%u", &h, &min, &sec);
    cli_arg_u32(a, "day", &day);
    cli_arg_u32(a, "year", &year);
    g_autoptr(GDateTime) t = g_date_time_new_utc((int)year, m, (int)day, (int)h, (int)min, sec);
    if (!t) {
        ios_invalid(s, a, "day");
        return;
    }
    /* The epoch is what the calendar said when the simulation began. */
    s->d->clock_epoch_s =
        g_date_time_to_unix(t) - (sim_now(s->d->sim) + s->d->clock_offset) / 1000000000;
    s->d->clock_set = true;
}

#define DEBUGS "crypto (isakmp|ipsec|engine)"
#define P      CLI_PRIVILEGED
#define MONTHS                                                                                     \
    "(january|february|march|april|may|june|july|august|september|october|november|december)"

// clang-format off
const struct cli_command ios_exec_table[] = {
    { "configure terminal",                    configure,      P },
    { "enable [level:<0-15>]",                 enable,         0 },
    { "disable [level:<0-15>]",                disable,        0 },
    { "exit",                                  disable,        0, "Exit from the EXEC" },
    { "logout",                                disable,        0, "Exit from the EXEC" },
    { "terminal (length|width) lines:<0-512>", nothing,        0 },
    { "terminal monitor",                      nothing,        CLI_NO },
    { "debug " DEBUGS,                         debug,          P | CLI_NO },
    { "debug ip icmp",                         debug,          P | CLI_NO },
    { "debug ip nat",                          debug,          P | CLI_NO },
    { "debug ip tcp transactions",             debug,          P | CLI_NO },
    { "debug aaa authentication",              debug,          P | CLI_NO },
    { "debug all",                             debug_all,      P | CLI_NO },
    { "undebug " DEBUGS,                       debug,          P },
    { "undebug ip icmp",                       debug,          P },
    { "undebug ip nat",                        debug,          P },
    { "undebug ip tcp transactions",           debug,          P },
    { "undebug aaa authentication",            debug,          P },
    { "undebug all",                           debug_all,      P },
    { "clear crypto isakmp [conn-id:<0 - 32766>]", clear_isakmp, P },
    { "clear crypto sa [peer peer:A.B.C.D|map map:WORD|spi [dest:A.B.C.D [esp|ah]] spi:WORD|counters]",
                                               clear_sa,       P },
    { "clear logging",                         clear_logging,  P },
    { "clear counters [interface:IFNAME]",     clear_counters, P },
    { "clear access-list counters [name:WORD]", clear_acl,     P },
    { "clear ip route all:WORD",               clear_route,    P },
    { "write [memory]",                        save,           P },
    { "copy running-config startup-config",    save,           P },
    { "clock set time:HH:MM:SS (day:<1-31> " MONTHS "|" MONTHS " day:<1-31>) year:<1993-2035>",
                                               clock_set,      P },
    { "reload",                                reload,         P },
    { 0 } };
// clang-format on
