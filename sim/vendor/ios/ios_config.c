/* Global configuration: names, clocks of the log, logging itself, routes, and the way in and out of
 * the modes. */
#include "ios_conf.h"

#include <string.h>

/* ---- In and out ---- */

static void do_exit(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    if (s->mode->parent)
        ios_enter(s, s->mode->parent);
    else
        ios_leave_config(s);
}

static void do_end(void *self, const struct cli_args *a, GString *out)
{
    ios_leave_config(self);
}

static void do_exec(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const struct cli_mode *mode = s->mode;
    ios_exec_line(s, cli_arg(a, "command"), out);
    ios_enter(s, mode); /* `do configure terminal` changes nothing */
}

// clang-format off
const struct cli_command ios_config_nav[] = {
    { "exit",            do_exit, 0, "Exit from this configuration mode" },
    { "end",             do_end,  0, "Exit from configure mode" },
    { "do command:LINE", do_exec, 0, NULL },
    { 0 } };
// clang-format on

/* ---- Names and services ---- */

static void hostname(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_negated(a) ? "Router" : cli_arg(a, "name");
    for (const char *p = name; *p; p++)
        if (!g_ascii_isalnum(*p) && !strchr("-._", *p)) {
            ios_refuse(s, out, "%% Hostname contains one or more illegal characters.");
            return;
        }
    g_free(s->d->hostname);
    s->d->hostname = g_strndup(name, 63);
    g_free(s->d->ike_conf->hostname);
    s->d->ike_conf->hostname = g_strdup(s->d->hostname);
    ios_changed(s, "hostname");
}

static void version(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_free(s->conf->version);
    s->conf->version = g_strdup(cli_arg(a, "version"));
}

static void timestamps(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    enum ios_stamp stamp = IOS_STAMP_UPTIME;
    bool local = cli_has(a, "localtime"), zone = cli_has(a, "show-timezone");
    if (cli_negated(a))
        stamp = IOS_STAMP_NONE;
    else if (cli_has(a, "datetime"))
        stamp = cli_has(a, "msec") ? IOS_STAMP_DATETIME_MSEC : IOS_STAMP_DATETIME;
    if (!cli_has(a, "log")) { /* without a kind, debug messages are meant */
        s->stamp_debug = stamp;
        s->conf->debug_localtime = local;
        s->conf->debug_zone = zone;
    }
    if (cli_has(a, "log") || (cli_negated(a) && !cli_has(a, "debug"))) {
        s->stamp_log = stamp;
        s->conf->log_localtime = local;
        s->conf->log_zone = zone;
    }
}

static void password_encryption(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->conf->password_encryption = !cli_negated(a);
    if (s->conf->password_encryption)
        ios_encrypt_passwords(s);
}

static void domain_lookup(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->conf->domain_lookup = !cli_negated(a);
}

/* ---- Logging ---- */

enum { LOG_ON, LOG_CONSOLE, LOG_BUFFERED };
static const char *const level_name[] = {"emergencies",   "alerts",   "critical",
                                         "errors",        "warnings", "notifications",
                                         "informational", "debugging"};
#define LEVELS                                                                                     \
    "[level:<0-7>|emergencies|alerts|critical|errors|warnings|notifications|informational|"        \
    "debugging]"

static int level_of(const struct cli_args *a)
{
    uint32_t n;
    if (cli_arg_u32(a, "level", &n))
        return (int)n;
    for (int i = 0; i < (int)G_N_ELEMENTS(level_name); i++)
        if (cli_has(a, level_name[i]))
            return i;
    return 7;
}

static void logging(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    uint32_t bytes;
    bool on = !cli_negated(a);
    switch (cli_tag(a)) {
    case LOG_ON:
        s->logging_on = on;
        break;
    case LOG_CONSOLE:
        s->logging_console = on;
        s->console_level = level_of(a);
        break;
    case LOG_BUFFERED:
        s->logging_buffered = on;
        s->buffer_level = level_of(a);
        s->buffer_bytes = cli_arg_u32(a, "bytes", &bytes) && on ? bytes : 4096;
        break;
    }
}

/* ---- Routes ---- */

/* Without a way, every static route of the prefix goes. */
static bool route_delete(struct net_node *n, struct ip4_net net, ip4 nexthop, const char *interface)
{
    bool any = false;
    if (nexthop || interface)
        return net_route_del(n, net, nexthop, interface);
    for (size_t i = net_route_count(n); i-- > 0;) {
        const struct net_route *r = net_route_at(n, i);
        g_autofree char *via = g_strdup(r->out_name);
        if (!r->connected && r->net.addr == net.addr && r->net.mask == net.mask)
            any |= net_route_del(n, net, r->nexthop, via);
    }
    return any;
}

static void route(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ip4_net net;
    ip4 nexthop = 0;
    uint32_t distance = 1;
    const char *interface = cli_arg(a, "out");
    if (!cli_arg_ip4(a, "net", &net.addr) || !cli_arg_ip4(a, "mask", &net.mask)) {
        ios_refuse(s, out, "%% Incomplete command.");
        return;
    }
    cli_arg_ip4(a, "nexthop", &nexthop);
    cli_arg_u32(a, "distance", &distance);
    if (ip4_mask_len(net.mask) < 0 || (net.addr & ~net.mask)) {
        ios_refuse(s, out, "%%Inconsistent address and mask");
        return;
    }
    if (cli_negated(a)) {
        if (route_delete(s->d->node, net, nexthop, interface))
            ios_changed(s, "ip route");
        else
            ios_refuse(s, out, "%%No matching route to delete");
        return;
    }
    if (nexthop && net_if_by_addr(s->d->node, nexthop)) {
        ios_refuse(s, out, "%%Invalid next hop address (it's this router)");
        return;
    }
    if (interface)
        ios_interface(s, interface);
    if (net_route_add(s->d->node, net, nexthop, interface, (uint8_t)distance))
        ios_changed(s, "ip route");
}

static void interface_mode(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    struct net_if *i = net_if_by_name(s->d->node, name);
    if (!cli_negated(a)) {
        ios_interface(s, name);
        g_free(s->at_interface);
        s->at_interface = g_strdup(name);
        ios_enter(s, &ios_mode_if);
        return;
    }
    if (!i || !i->loopback) {
        ios_refuse(s, out, "%% Removal of physical interfaces is not permitted");
        return;
    }
    /* The interface stays in the node, without anything that could be seen of it. */
    device_set_crypto_map(s->d, i, NULL);
    net_if_set_address(i, 0, 0);
    net_if_set_admin(i, false);
    ios_changed(s, "no interface");
}

#define STAMP "[uptime|datetime [msec] [localtime] [show-timezone] [year]]"

// clang-format off
const struct cli_command ios_config_global[] = {
    { "hostname name:WORD",                        hostname,            CLI_NO | CLI_DEFAULT | CLI_NO_ONLY_PREFIX },
    { "version version:WORD",                      version,             CLI_HIDDEN },
    { "service timestamps [(debug|log) " STAMP "]", timestamps,         CLI_NO | CLI_NO_ONLY_PREFIX },
    { "service password-encryption",               password_encryption, CLI_NO | CLI_DEFAULT },
    { "ip domain lookup",                          domain_lookup,       CLI_NO },
    { "ip domain-lookup",                          domain_lookup,       CLI_NO | CLI_HIDDEN },
    { "logging on",                                logging,             CLI_NO, .tag = LOG_ON },
    { "logging console " LEVELS,                   logging,             CLI_NO, .tag = LOG_CONSOLE },
    { "logging buffered [bytes:<4096-2147483647>] " LEVELS, logging,    CLI_NO, .tag = LOG_BUFFERED },
    { "ip route net:A.B.C.D mask:A.B.C.D (nexthop:A.B.C.D|out:IFNAME [nexthop:A.B.C.D]) [distance:<1-255>]"
      " [tag tag:<1-4294967295>] [name label:WORD] [permanent]",
                                                   route,               CLI_NO | CLI_NO_ONLY_PREFIX },
    { "interface name:IFNAME",                     interface_mode,      CLI_NO },
    { 0 } };
// clang-format on
