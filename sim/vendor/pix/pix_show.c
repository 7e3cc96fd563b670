/* Every show command of the PIX kind as a row, and every listing that expectations can read as
 * data. */
#include "pix_nat.h"
#include "pix_ra.h"
#include "pix_show_priv.h"

#include <string.h>

#define P CLI_PRIVILEGED
#define LINES                                                                                      \
    "show "                                                                                        \
    "(access-group|domain-name|fixup|global|hostname|mtu|names|name|nameif|nat|pager|sysopt|"      \
    "telnet|ssh|timeout|snmp-server|http|failover|floodguard|aaa-server|ntp|management-access|"    \
    "static|icmp|banner)"
#define SA "sa [map map:WORD|peer peer:A.B.C.D|address|identity]"

// clang-format off
const struct cli_command pix_show_table[] = {
    { "show crypto isakmp sa",                       pix_show_isakmp_sa,     P },
    { "show isakmp sa",                              pix_show_isakmp_sa,     P },
    { "show crypto isakmp policy",                   pix_show_isakmp_policy, P },
    { "show isakmp policy",                          pix_show_isakmp_policy, P },
    { "show isakmp",                                 pix_show_lines,         P },
    { "show crypto ipsec " SA,                       pix_show_ipsec_sa,      P },
    { "show ipsec " SA,                              pix_show_ipsec_sa,      P },
    { "show crypto ipsec transform-set",             pix_show_transform_set, P },
    { "show crypto ipsec security-association lifetime", pix_show_lifetime,  P },
    { "show crypto map [map:WORD]",                  pix_show_map,           P },
    { "show route",                                  pix_show_route,         P },
    { "show interface [if:WORD]",                    pix_show_interface,     P },
    { "show ip [address]",                           pix_show_address,       P },
    { "show access-list [name:WORD]",                pix_show_access_list,   P },
    { "show logging",                                pix_show_logging,       P },
    { "show version",                                pix_show_version,       0 },
    { "show clock",                                  pix_show_clock,         P },
    { "show debug",                                  pix_show_debug,         P },
    { "show running-config",                         pix_show_running,       P },
    { "show config",                                 pix_show_startup,       P },
    { "show startup-config",                         pix_show_startup,       P },
    { LINES,                                         pix_show_lines,         P },
    { NULL },
};

static const struct { const char *words; pix_view_fn fn; } views[] = {
    { "crypto isakmp sa", pix_view_isakmp_sa },
    { "isakmp sa",        pix_view_isakmp_sa },
    { "crypto ipsec sa",  pix_view_ipsec_sa },
    { "ipsec sa",         pix_view_ipsec_sa },
    { "crypto map",       pix_view_map },
    { "route",            pix_view_route },
    { "interface",        pix_view_interface },
    { "nameif",           pix_view_nameif },
    { "access-list",      pix_view_access_list },
    { "logging",          pix_view_logging },
    { "xlate",            pix_view_xlate },
    { "ip local pool",    pix_view_pool },
    { "uauth",            pix_view_uauth },
};
// clang-format on

bool pix_view(struct device *d, const char *show, struct view *out)
{
    g_auto(GStrv) all = vendor_show_words(show);
    for (size_t i = 0; i < G_N_ELEMENTS(views); i++) {
        guint n = vendor_words_match(views[i].words, all);
        if (n == 0)
            continue;
        views[i].fn(pix_of(d), all + n, out);
        return true;
    }
    return false;
}
