/* Every show command of the ASA kind as a row, and every listing that expectations can read as
 * data. */
#include "asa_conn.h"
#include "asa_show_priv.h"

#include <string.h>

#define FILTER                                                                                     \
    "(name name:WORD|ipaddress ipaddress:A.B.C.D|protocol protocol:WORD|encryption "               \
    "encryption:WORD)"

#define CLIENT                                                                                     \
    "(name name:WORD|a-ipaddress a-ipaddress:A.B.C.D|p-ipaddress p-ipaddress:A.B.C.D|"             \
    "tunnel-group tunnel-group:WORD|protocol protocol:WORD|encryption encryption:WORD)"

// clang-format off
const struct cli_command asa_show_table[] = {
    { "show crypto (isakmp|ikev1) sa [detail]",          asa_show_isakmp_sa },
    { "show isakmp sa [detail]",                         asa_show_isakmp_sa },
    { "show crypto ipsec sa [peer peer:A.B.C.D|map map:WORD|entry] [detail]", asa_show_ipsec_sa },
    { "show ipsec sa [peer peer:A.B.C.D|map map:WORD|entry] [detail]", asa_show_ipsec_sa },
    { "show crypto (isakmp|ikev1) stats",                asa_show_ike_stats },
    { "show crypto ipsec stats",                         asa_show_ipsec_stats },
    { "show crypto protocol statistics (ikev1|ipsec|all)", asa_show_protocol_stats },
    { "show vpn-sessiondb [detail] l2l [filter " FILTER "]", asa_show_sessions },
    { "show vpn-sessiondb [detail] (remote|ra-ikev1-ipsec) [filter " CLIENT "]", asa_show_sessions },
    { "show vpn-sessiondb summary",                      asa_show_session_summary },
    { "show asp drop [frame]",                           asa_show_asp_drop },
    { "show management-access",                          asa_show_management },
    { "show route [if:WORD]",                            asa_show_route },
    { "show interface",                                  asa_show_interface },
    { "show interface if:WORD",                          asa_show_interface },
    { "show interface ip brief",                         asa_show_interface_brief },
    { "show nameif",                                     asa_show_nameif },
    { "show access-list",                                asa_show_access_list },
    { "show access-list name:WORD",                      asa_show_access_list },
    { "show logging",                                    asa_show_logging },
    { "show version",                                    asa_show_version },
    { "show clock",                                      asa_show_clock },
    { "show debug",                                      asa_show_debug },
    { "show running-config",                             asa_show_running, CLI_PRIVILEGED },
    { "show running-config what:LINE",                   asa_show_running, CLI_PRIVILEGED },
    { "show startup-config",                             asa_show_startup, CLI_PRIVILEGED },
    { "more file:WORD",                                  asa_show_running, CLI_PRIVILEGED },
    { NULL },
};

static const struct { const char *words; asa_view_fn fn; } views[] = {
    { "crypto isakmp sa",   asa_view_isakmp_sa },
    { "crypto ikev1 sa",    asa_view_isakmp_sa },
    { "crypto ipsec sa",    asa_view_ipsec_sa },
    { "crypto isakmp stats", asa_view_ike_stats },
    { "crypto ikev1 stats", asa_view_ike_stats },
    { "crypto ipsec stats", asa_view_ipsec_stats },
    { "vpn-sessiondb detail l2l", asa_view_sessions },
    { "vpn-sessiondb l2l",  asa_view_sessions },
    { "vpn-sessiondb detail remote", asa_view_remotes },
    { "vpn-sessiondb remote", asa_view_remotes },
    { "vpn-sessiondb ra-ikev1-ipsec", asa_view_remotes },
    { "vpn-sessiondb summary", asa_view_session_summary },
    { "asp drop",           asa_view_asp_drop },
    { "route",              asa_view_route },
    { "interface ip brief", asa_view_interface_brief },
    { "access-list",        asa_view_access_list },
    { "logging",            asa_view_logging },
    { "conn",               asa_view_conn },
    { "xlate",              asa_view_xlate },
    { "nat",                asa_view_nat },
    { "aaa-server",         asa_view_aaa_server },
    { "ip local pool",      asa_view_pool },
};
// clang-format on

/* How many of the typed words the command's words take: each may be abbreviated. 0 = another
 * command. */
static guint words_match(const char *command, char **typed)
{
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    guint n = g_strv_length(words);
    if (g_strv_length(typed) < n)
        return 0;
    for (guint i = 0; i < n; i++)
        if (!g_str_has_prefix(words[i], typed[i]))
            return 0;
    return n;
}

bool asa_view(struct device *d, const char *show, struct view *out)
{
    g_autofree char *plain = g_strstrip(g_strdup(show));
    g_auto(GStrv) all = g_strsplit_set(plain, " \t", -1);
    char **typed =
        all[0] && strlen(all[0]) >= 2 && g_str_has_prefix("show", all[0]) ? all + 1 : all;
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++) {
        guint n = words_match(views[i].words, typed);
        if (n == 0)
            continue;
        views[i].fn(asa_of(d), typed + n, out);
        return true;
    }
    return false;
}
