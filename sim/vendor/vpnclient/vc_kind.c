/* The kind "vpnclient": a PC with the VPN client software, versions 2.0 to 5.0. Its configuration
 * is a profile; what is typed at it is typed at a command prompt, and answers to its questions. */
#include "vc.h"

#include <stdarg.h>
#include <string.h>

/* ---- Speaking ---- */

void vc_say(struct vc *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    device_print(s->d, CONSOLE_OUTPUT, text);
}

void vc_refuse(struct vc *s, GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_string_append_vprintf(out, format, args);
    va_end(args);
    g_string_append_c(out, '\n');
    s->refused = true;
}

/* ---- Modes ---- */

static const struct cli_command *const tables[] = {vc_commands, vc_log_commands, NULL};
static const struct cli_mode mode = {"prompt", tables, NULL};
// clang-format off
static const struct cli_word words[] = {
    { "vpnclient", "The VPN client" }, { "connect", "Connect to the gateway of a profile" },
    { "disconnect", "End the connection" }, { "stat", "What the connection is like" },
    { "stat firewall", "The firewall policy" }, { "stat traffic", "Bytes and packets" },
    { "stat tunnel", "Addresses, algorithms" }, { "stat route", "Networks that are tunnelled, and that are not" },
    { "stat repeat", "Accepted; the listing is printed once" },
    { "user", "The user's name" }, { "pwd", "The user's password" },
    { "notify", "The last notification" }, { "verify", "Whether the client could connect" },
    { "log", "The log window" }, { "route", "The routing table" }, { "set", "Settings of the PC" },
    { "print", "Show it" }, { "mtu", "The largest packet that programs send" },
    { "enable", "Log" }, { "disable", "Log nothing" }, { "clear", "Forget what was logged" },
    { "show", "Show what was logged" }, { "level", "How much of a class is logged" },
    { 0 } };
// clang-format on

/* ---- Versions ---- */

static bool version_parse(const char *text, int *major, int *minor)
{
    char *end;
    *major = (int)g_ascii_strtoull(text, &end, 10);
    if (end == text || *end != '.' || !g_ascii_isdigit(end[1]))
        return false;
    *minor = (int)g_ascii_strtoull(end + 1, &end, 10);
    return *end == '\0' || *end == '(' || *end == '.';
}

static bool vc_init(struct device *d, const char *version, GError **error)
{
    int major, minor;
    version = version ? version : "5.0";
    if (!version_parse(version, &major, &minor) || major < 2 || major > 5 ||
        (major == 5 && minor > 0)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    "%s: no version \"%s\" of kind vpnclient; known are 2.0 to 5.0, as \"4.0\", "
                    "\"4.8\" or \"5.0\"",
                    d->name, version);
        return false;
    }
    struct vc *s = g_new0(struct vc, 1);
    d->vendor = s;
    s->d = d;
    s->major = major;
    s->minor = minor;
    s->cli = cli_new(words, NULL);
    s->profiles = g_ptr_array_new_with_free_func(vc_profile_free);
    s->hosts = g_ptr_array_new_with_free_func(vc_host_free);
    s->lan = net_if_by_name(d->node, "lan");
    s->vpn = net_if_by_name(d->node, "vpn");
    s->lan = s->lan ? s->lan : net_if_new(d->node, "lan");
    s->vpn = s->vpn ? s->vpn : net_if_new(d->node, "vpn");
    s->lan->borrowed = s->vpn->borrowed = s->vpn->loopback = true;
    net_if_set_admin(s->vpn, false);
    d->ike_conf->enabled = true;
    d->ike_conf->has_fallback = false;
    vc_profile_of_engine(s);
    vc_log_init(s);
    vc_dns_init(s);
    vc_connect_init(s);
    return true;
}

static void vc_free(struct device *d)
{
    struct vc *s = vc_of(d);
    net_node_set_guard(d->node, &(struct net_guard){0});
    vc_config_clear(s);
    vc_ping_clear(s);
    vc_connect_clear(s);
    vc_dns_clear(s);
    vc_log_clear(s);
    vc_given_clear(&s->given);
    cli_free(s->cli);
    g_ptr_array_unref(s->profiles);
    g_ptr_array_unref(s->hosts);
    g_free(s->pc.domain);
    g_free(s);
    d->vendor = NULL;
}

/* ---- One line ---- */

static void vc_prompt(struct device *d, GString *out)
{
    const struct vc *s = vc_of(d);
    if (s && device_is_busy(d) && s->asks != VC_ASKS_NOTHING)
        g_string_append(out, s->asks == VC_ASKS_USER ? "Username: " : "Password: ");
    else
        g_string_append(out, "C:\\>");
}

static bool is_remark(const char *line)
{
    line += strspn(line, " \t");
    return *line == '\0' || *line == ';' || g_ascii_strncasecmp(line, "rem ", 4) == 0;
}

static bool run(struct vc *s, const char *line, GString *out)
{
    struct cli_error e = {0};
    s->refused = false;
    enum cli_result r = cli_run(s->cli, &mode, false, line, s, out, &e, NULL);
    if (r == CLI_OK || r == CLI_EMPTY)
        return !s->refused;
    if (e.what == CLI_INCOMPLETE) {
        g_string_append(out, "The syntax of the command is incorrect.\n");
        return false;
    }
    g_string_append_printf(out,
                           "'%s' is not recognized as an internal or external command,\n"
                           "operable program or batch file.\n",
                           e.word);
    return false;
}

static void vc_type(struct device *d, const char *line)
{
    struct vc *s = vc_of(d);
    g_autoptr(GString) out = g_string_new(NULL);
    if (s->asks != VC_ASKS_NOTHING && device_is_busy(d)) {
        vc_prompt(d, out);
        g_string_append(out, s->asks == VC_ASKS_USER ? line : "********");
        device_print(d, CONSOLE_ECHO, out->str);
        vc_answer(s, line);
        return;
    }
    vc_prompt(d, out);
    g_string_append(out, line);
    device_print(d, CONSOLE_ECHO, out->str);
    g_string_truncate(out, 0);
    if (!is_remark(line))
        run(s, line, out);
    if (out->len)
        device_print(d, CONSOLE_OUTPUT, out->str);
}

static void vc_help(struct device *d, const char *line, GString *out)
{
    struct vc *s = vc_of(d);
    struct cli_error e;
    if (s && !cli_help(s->cli, &mode, false, line, s, out, &e))
        g_string_append(out, "The syntax of the command is incorrect.\n");
}

static char *vc_complete(struct device *d, const char *line)
{
    struct vc *s = vc_of(d);
    return s ? cli_complete(s->cli, &mode, false, line, s) : NULL;
}

/* "stat tunnel" is "vpnclient stat tunnel"; other listings are commands of their own. */
static bool vc_show(struct device *d, const char *show, GString *out)
{
    struct vc *s = vc_of(d);
    bool stat = g_str_has_prefix(show, "stat");
    g_autofree char *line = stat ? g_strconcat("vpnclient ", show, NULL) : g_strdup(show);
    return s && run(s, line, out);
}

extern const struct device_kind vpnclient_kind;
const struct device_kind vpnclient_kind = {
    .name = "vpnclient",
    .summary = "a PC with the VPN client software; versions 2.0 to 5.0",
    .has_crypto = true,
    .init = vc_init,
    .free = vc_free,
    .load = vc_load,
    .type = vc_type,
    .prompt = vc_prompt,
    .help = vc_help,
    .complete = vc_complete,
    .view = vc_view,
    .show = vc_show,
    .sas_refused = vc_sas_refused,
};
