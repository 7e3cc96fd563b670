/* What is typed at the PC: the client's own command line, and the few commands of Windows by which
 * a user finds out what works. "entry" and "set mtu" stand for windows of the product: Modify, and
 * the Set MTU utility (DBG-52). */
#include "vc.h"

#include "base/text.h"

static void connect_entry(void *self, const struct cli_args *a, GString *out)
{
    struct vc *s = self;
    const struct vc_profile *p = vc_profile_find(s, cli_arg(a, "profile"));
    g_string_append_printf(out, "Cisco Systems VPN Client Version %s\n",
                           s->d->version ? s->d->version : "5.0");
    if (!p) {
        vc_refuse(s, out, "The profile \"%s\" was not found.", cli_arg(a, "profile"));
        return;
    }
    device_print(s->d, CONSOLE_OUTPUT, out->str);
    g_string_truncate(out, 0);
    vc_connect(s, p, cli_arg(a, "user"), cli_arg(a, "pwd"));
}

static void disconnect(void *self, const struct cli_args *a, GString *out)
{
    vc_disconnect(self);
}

/* The dialog that stands while the user's answer is awaited and the prompt is free. */
static void login(void *self, const struct cli_args *a, GString *out)
{
    vc_login(self, cli_arg(a, "user"), cli_arg(a, "pwd"));
}

static void stat(void *self, const struct cli_args *a, GString *out)
{
    static const char *const what[] = {"firewall", "traffic", "tunnel", "route", "repeat"};
    const char *which = "";
    for (size_t i = 0; i < G_N_ELEMENTS(what); i++)
        if (cli_has(a, what[i]))
            which = what[i];
    vc_stat(self, which, out);
}

static void notify(void *self, const struct cli_args *a, GString *out)
{
    const struct vc *s = self;
    if (s->notice)
        g_string_append_printf(out, "%s\n", s->notice);
    else
        g_string_append(out, "There are no new notification messages at this time.\n");
}

static void verify(void *self, const struct cli_args *a, GString *out)
{
    const struct vc *s = self;
    g_string_append(out, s->state == VC_UP ? "The VPN connection is active.\n"
                         : s->profiles->len && s->lan->addr
                             ? "The VPN Client is ready to connect.\n"
                             : "The VPN Client has no profile, or the PC has no address.\n");
}

static void entry(void *self, const struct cli_args *a, GString *out)
{
    struct vc *s = self;
    struct vc_profile *p = vc_profile_find(s, cli_arg(a, "profile"));
    if (!p) {
        vc_refuse(s, out, "The profile \"%s\" was not found.", cli_arg(a, "profile"));
        return;
    }
    g_autofree char *problem = vc_profile_set(p, cli_arg(a, "setting"));
    if (problem)
        vc_refuse(s, out, "%s", problem);
    TRACE(s->d->scope, config_line, .line = cli_arg(a, "setting"), .accepted = !problem);
}

/* Options stand in any order, as on Windows. False: one of them is wrong. */
static bool ping_read(char **word, struct vc_ping_args *p)
{
    const struct {
        const char *option;
        uint32_t *value, low, high;
    } row[] = {
        {"-n", &p->count, 1, 1000}, {"-l", &p->size, 0, 65500}, {"-w", &p->timeout_ms, 1, 60000}};
    for (; *word; word++) {
        size_t i = 0;
        uint64_t v;
        while (i < G_N_ELEMENTS(row) && !g_str_equal(row[i].option, *word))
            i++;
        if (g_str_equal(*word, "-f")) {
            p->df = true;
        } else if (i < G_N_ELEMENTS(row)) {
            if (!word[1] || !text_u64(*++word, 10, &v) || v < row[i].low || v > row[i].high)
                return false;
            *row[i].value = (uint32_t)v;
        } else if (**word == '-' || p->target) {
            return false;
        } else {
            p->target = *word;
        }
    }
    return p->target != NULL;
}

static void ping(void *self, const struct cli_args *a, GString *out)
{
    struct vc *s = self;
    struct vc_ping_args p = {.count = 4, .size = 32, .timeout_ms = 4000};
    g_autofree char *line = g_strstrip(g_strdup(cli_arg(a, "arguments")));
    g_auto(GStrv) word = g_strsplit_set(line, " \t", -1);
    if (ping_read(word, &p))
        vc_ping(s, &p);
    else
        vc_refuse(s, out, "Usage: ping [-n count] [-l size] [-f] [-w timeout] target_name");
}

static void looked_up(void *self, const struct vc_found *f)
{
    struct vc *s = self;
    g_autoptr(GString) out = g_string_new(NULL);
    if (f->server)
        g_string_append_printf(out, "Server:  UnKnown\nAddress:  %s\n\n", IP4S(f->server));
    if (f->addr)
        g_string_append_printf(out, "Name:    %s\nAddress:  %s\n", f->name, IP4S(f->addr));
    else if (!f->server)
        g_string_append(out, "*** Default servers are not available\n");
    else if (g_str_equal(f->why, "timed out"))
        g_string_append(out, "DNS request timed out.\n    timeout was 2 seconds.\n"
                             "*** Request to UnKnown timed-out\n");
    else
        g_string_append_printf(out, "*** UnKnown can't find %s: %s\n", f->name, f->why);
    device_print(s->d, CONSOLE_OUTPUT, out->str);
    device_busy(s->d, false);
}

static void nslookup(void *self, const struct cli_args *a, GString *out)
{
    struct vc *s = self;
    device_busy(s->d, true);
    vc_resolve(s, cli_arg(a, "name"), looked_up, s);
}

static void ipconfig(void *self, const struct cli_args *a, GString *out)
{
    vc_ipconfig(self, out);
}

static void route_print(void *self, const struct cli_args *a, GString *out)
{
    vc_routes(self, out);
}

static void set_mtu(void *self, const struct cli_args *a, GString *out)
{
    struct vc *s = self;
    cli_arg_u32(a, "bytes", &s->pc.mtu);
    vc_mtu_apply(s);
}

// clang-format off
const struct cli_command vc_commands[] = {
    { "vpnclient connect profile:WORD [user user:WORD] [pwd pwd:WORD]", connect_entry, 0, "Connect to the gateway of a profile" },
    { "vpnclient disconnect",                                           disconnect,    0, "End the connection" },
    { "vpnclient login user:WORD pwd:WORD",                             login,         0, "Answer the dialog of a login" },
    { "vpnclient stat [firewall|traffic|tunnel|route|repeat]",          stat,          0, "What the connection is like" },
    { "vpnclient notify",                                               notify,        0, "The last notification" },
    { "vpnclient verify",                                               verify,        0, "Whether the client could connect" },
    { "vpnclient entry profile:WORD setting:LINE",                      entry,         0, "Change a key of a profile: Key=value" },
    { "ping arguments:LINE",                                            ping,          0, "Echo requests: [-n count] [-l size] [-f] [-w timeout] target" },
    { "nslookup name:WORD",                                             nslookup,      0, "The address of a name" },
    { "ipconfig [/all]",                                                ipconfig,      0, "Addresses of this PC" },
    { "route print",                                                    route_print,   0, "The routing table" },
    { "set mtu bytes:<68-1500>",                                        set_mtu,       0, "The largest packet that programs send" },
    { 0 } };
// clang-format on
