/* Every show command of the IOS kind as a row, and every listing that expectations can read as
 * data. */
#include "vendor/ios/ios_nat.h"
#include "vendor/ios/ios_show_priv.h"

// clang-format off
const struct cli_command ios_show_table[] = {
    { "show crypto isakmp sa [detail]",                        ios_show_isakmp_sa },
    { "show crypto isakmp policy",                             ios_show_isakmp_policy },
    { "show crypto isakmp key",                                ios_show_isakmp_key, CLI_PRIVILEGED },
    { "show crypto ipsec sa [detail]",                         ios_show_ipsec_sa },
    { "show crypto ipsec sa peer peer:A.B.C.D [detail]",       ios_show_ipsec_sa },
    { "show crypto ipsec sa map map:WORD [detail]",            ios_show_ipsec_sa },
    { "show crypto ipsec sa interface if:IFNAME [detail]",     ios_show_ipsec_sa },
    { "show crypto ipsec transform-set",                       ios_show_transform_set },
    { "show crypto ipsec transform-set tag tag:WORD",          ios_show_transform_set },
    { "show crypto ipsec security-association lifetime",       ios_show_lifetime },
    { "show crypto ipsec security-association idle-time",      ios_show_idle_time },
    { "show crypto dynamic-map [tag tag:WORD]",                ios_show_dynamic_map },
    { "show crypto map",                                       ios_show_map },
    { "show crypto map interface if:IFNAME",                   ios_show_map },
    { "show crypto map tag tag:WORD",                          ios_show_map },
    { "show crypto engine connections active",                 ios_show_engine },
    { "show crypto session [detail]",                          ios_show_session },
    { "show crypto session brief",                             ios_show_session },
    { "show crypto isakmp profile",                            ios_show_profile },
    { "show dhcp lease",                                       ios_show_dhcp_lease },
    { "show ip local pool [name:WORD]",                        ios_show_pool },
    { "show aaa servers",                                      ios_show_aaa_servers },
    { "show aaa user all",                                     ios_show_aaa_user },
    { "show ip route",                                         ios_show_route },
    { "show ip route address:A.B.C.D",                         ios_show_route },
    { "show ip interface",                                     ios_show_ip_interface },
    { "show ip interface if:IFNAME",                           ios_show_ip_interface },
    { "show ip interface brief",                               ios_show_ip_interface_brief },
    { "show ip access-lists",                                  ios_show_access_lists },
    { "show ip access-lists name:WORD",                        ios_show_access_lists },
    { "show ip nat translations [icmp|tcp|udp|esp] [verbose]", ios_show_nat_translations },
    { "show ip nat statistics",                                ios_show_nat_statistics },
    { "show access-lists",                                     ios_show_access_lists },
    { "show access-lists name:WORD",                           ios_show_access_lists },
    { "show interfaces",                                       ios_show_interfaces },
    { "show interfaces if:IFNAME",                             ios_show_interfaces },
    { "show policy-map",                                       ios_show_policy_map },
    { "show policy-map name:WORD",                             ios_show_policy_map },
    { "show policy-map interface [if:IFNAME [input|output]]",  ios_show_policy_map_if },
    { "show class-map [name:WORD]",                            ios_show_class_map },
    { "show protocols",                                        ios_show_protocols },
    { "show logging",                                          ios_show_logging },
    { "show clock",                                            ios_show_clock },
    { "show version",                                          ios_show_version },
    { "show users",                                            ios_show_users },
    { "show debugging",                                        ios_show_debugging },
    { "show running-config",                                   ios_show_running, CLI_PRIVILEGED },
    { "show running-config interface if:IFNAME",               ios_show_running, CLI_PRIVILEGED },
    { "show startup-config",                                   ios_show_startup, CLI_PRIVILEGED },
    { NULL },
};

static const struct ios_view_row views[] = {
    { "crypto isakmp sa",                 ios_view_isakmp_sa },
    { "crypto isakmp policy",             ios_view_isakmp_policy },
    { "crypto isakmp key",                ios_view_isakmp_key },
    { "crypto ipsec sa",                  ios_view_ipsec_sa },
    { "crypto ipsec transform-set",       ios_view_transform_set },
    { "crypto map",                       ios_view_map },
    { "crypto engine connections active", ios_view_engine },
    { "crypto session",                   ios_view_session },
    { "crypto isakmp profile",            ios_view_profile },
    { "dhcp lease",                       ios_view_dhcp_lease },
    { "ip local pool",                    ios_view_pool },
    { "ip route",                         ios_view_route },
    { "ip interface brief",               ios_view_interface_brief },
    { "ip access-lists",                  ios_view_access_lists },
    { "ip nat translations",              ios_view_nat_translations },
    { "ip nat statistics",                ios_view_nat_statistics },
    { "access-lists",                     ios_view_access_lists },
    { "interfaces",                       ios_view_interfaces },
    { "logging",                          ios_view_logging },
    { "policy-map interface",             ios_view_policy_map_if },
};
// clang-format on

/* ---- Text from a view ---- */

void ios_view_text(const struct view *v, const struct ios_column *columns, GString *out)
{
    for (size_t row = 0; row < view_count(v); row++) {
        gsize begin = out->len;
        for (const struct ios_column *c = columns; c->name; c++) {
            const char *cell = view_cell(v, row, c->name);
            g_string_append_printf(out, c->width < 0 ? "%*s" : "%-*s", ABS(c->width),
                                   cell ? cell : "");
        }
        while (out->len > begin && out->str[out->len - 1] == ' ')
            g_string_truncate(out, out->len - 1);
        g_string_append_c(out, '\n');
    }
}

/* ---- Views by the words of their command ---- */

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

static char **split_words(const char *text)
{
    g_auto(GStrv) parts = g_strsplit_set(text, " \t", -1);
    GPtrArray *words = g_ptr_array_new();
    for (char **p = parts; *p; p++)
        if (**p)
            g_ptr_array_add(words, g_strdup(*p));
    g_ptr_array_add(words, NULL);
    return (char **)g_ptr_array_free(words, FALSE);
}

bool ios_view(struct device *d, const char *show, struct view *out)
{
    g_auto(GStrv) all = split_words(show);
    char **typed =
        all[0] && strlen(all[0]) >= 2 && g_str_has_prefix("show", all[0]) ? all + 1 : all;
    const struct ios_view_row *found = NULL;
    guint taken = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++) {
        guint n = words_match(views[i].words, typed);
        if (n == 0)
            continue;
        if (found && found->fn != views[i].fn)
            return false; /* ambiguous */
        found = &views[i];
        taken = n;
    }
    if (!found)
        return false;
    found->fn(ios_of(d), typed + taken, out);
    return true;
}
