/* Group policies: what sessions may and get, by name. A tunnel group names one; what that one does
 * not say, DfltGrpPolicy does (asa_settings.c). */
#include "asa.h"

#include <string.h>

void asa_policy_free(void *p)
{
    struct asa_policy *policy = p;
    asa_settings_clear(&policy->settings);
    g_free(policy->name);
    g_free(policy->servers);
    g_free(policy->password);
    g_free(policy);
}

struct asa_policy *asa_policy_find(const struct asa *s, const char *name)
{
    for (guint i = 0; name && i < s->policies->len; i++) {
        struct asa_policy *p = g_ptr_array_index(s->policies, i);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

struct asa_policy *asa_policy_make(struct asa *s, const char *name)
{
    struct asa_policy *p = asa_policy_find(s, name);
    if (!p) {
        p = g_new0(struct asa_policy, 1);
        p->name = g_strdup(name);
        g_ptr_array_add(s->policies, p);
    }
    return p;
}

static bool is_factory(const struct asa *s, const struct asa_policy *p)
{
    return p == g_ptr_array_index(s->policies, 0);
}

static void remove_policy(struct asa *s, struct asa_policy *p)
{
    g_autofree char *section = g_strdup_printf("group-policy %s attributes", p->name);
    asa_keep_remove_section(s, section);
    for (guint i = 0; i < s->groups->len; i++) {
        struct asa_group *g = g_ptr_array_index(s->groups, i);
        if (g_strcmp0(g->policy, p->name) == 0)
            g_clear_pointer(&g->policy, g_free);
    }
    g_ptr_array_remove(s->policies, p);
}

/* ---- Lines ---- */

static void enter(struct asa *s, const char *name)
{
    g_free(s->at_section);
    s->at_section = g_strdup_printf("group-policy %s attributes", name);
    g_free(s->at_group_policy);
    s->at_group_policy = g_strdup(name);
    asa_enter(s, &asa_mode_group_policy);
}

/* "from" copies what another policy says. */
static void copy(struct asa_policy *p, const struct asa_policy *from)
{
    if (p == from)
        return;
    for (size_t i = 0; i < ASA_SETTINGS; i++) {
        g_free(p->settings.said[i]);
        p->settings.said[i] = g_strdup(from->settings.said[i]);
    }
}

static void group_policy(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name"), *from = cli_arg(a, "other");
    struct asa_policy *p = asa_policy_find(s, name);
    if (!p && (cli_negated(a) || cli_has(a, "attributes"))) {
        asa_refuse(s, out, "ERROR: Group policy %s does not exist", name);
        return;
    }
    if (from && !asa_policy_find(s, from)) {
        asa_refuse(s, out, "ERROR: Group policy %s does not exist", from);
        return;
    }
    if (cli_negated(a)) {
        if (is_factory(s, p))
            asa_refuse(s, out, "ERROR: %s is the default group policy and cannot be removed", name);
        else
            remove_policy(s, p);
        asa_changed(s, "no group-policy");
        return;
    }
    if (strlen(name) > 64) {
        asa_invalid(s, a, "name");
        return;
    }
    if (!p)
        p = asa_policy_make(s, name);
    if (from)
        copy(p, asa_policy_find(s, from));
    if (cli_has(a, "attributes"))
        enter(s, name);
    else
        asa_changed(s, "group-policy");
}

static void external(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name"), *servers = cli_arg(a, "servers");
    if (!aaa_group_find(s->aaa, servers)) {
        asa_refuse(s, out, "ERROR: aaa-server group <%s> does not exist", servers);
        return;
    }
    struct asa_policy *p = asa_policy_make(s, name);
    g_free(p->servers);
    g_free(p->password);
    p->servers = g_strdup(servers);
    p->password = g_strdup(cli_arg(a, "password"));
    asa_changed(s, "group-policy");
}

/* A session keeps what its policy said when it began. */
static void setting(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    asa_setting_typed(s, &asa_policy_make(s, s->at_group_policy)->settings, a);
    asa_changed(s, "group-policy");
}

/* Settings that change nothing here are kept with the policy. */
static void keep(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *text = cli_canonical(a);
    g_autofree char *key = g_strndup(text, strcspn(text, " "));
    if (cli_negated(a))
        asa_keep_remove(s, s->at_section, key);
    else
        asa_keep_line(s, ASA_PLACE_SUB, s->at_section, key, text);
    asa_changed(s, "group-policy");
}

#define NO     (CLI_NO | CLI_NO_ONLY_PREFIX)
#define SWITCH " (enable|disable)"

// clang-format off
const struct cli_command asa_config_group_policy[] = {
    { "group-policy name:WORD internal [from other:WORD]",                group_policy, NO },
    { "group-policy name:WORD external server-group servers:WORD password password:WORD", external, 0 },
    { "group-policy name:WORD attributes",                                group_policy, 0 },
    { 0 } };
const struct cli_command asa_config_group_policy_rows[] = {
    { "banner (none|value text:LINE)",                                    setting, NO, .tag = ASA_SET_BANNER },
    { "wins-server (none|value server1:A.B.C.D [server2:A.B.C.D])",       setting, NO, .tag = ASA_SET_WINS },
    { "dns-server (none|value server1:A.B.C.D [server2:A.B.C.D])",        setting, NO, .tag = ASA_SET_DNS },
    { "vpn-access-hours (none|value hours:WORD)",                         setting, NO, .tag = ASA_SET_ACCESS_HOURS },
    { "vpn-simultaneous-logins count:<0-2147483647>",                     setting, NO, .tag = ASA_SET_LOGINS },
    { "vpn-idle-timeout (none|minutes:<1-35791394>)",                     setting, NO, .tag = ASA_SET_IDLE },
    { "vpn-session-timeout (none|minutes:<1-35791394>)",                  setting, NO, .tag = ASA_SET_SESSION },
    { "vpn-filter (none|value filter:WORD)",                              setting, NO, .tag = ASA_SET_FILTER },
    { "vpn-tunnel-protocol protocols:LINE",                               setting, NO, .tag = ASA_SET_PROTOCOLS },
    { "password-storage" SWITCH,                                          setting, NO, .tag = ASA_SET_PASSWORD_STORAGE },
    { "ip-comp" SWITCH,                                                   setting, NO, .tag = ASA_SET_IP_COMP },
    { "re-xauth" SWITCH,                                                  setting, NO, .tag = ASA_SET_RE_XAUTH },
    { "group-lock (none|value group:WORD)",                               setting, NO, .tag = ASA_SET_GROUP_LOCK },
    { "pfs" SWITCH,                                                       setting, NO, .tag = ASA_SET_PFS },
    { "ipsec-udp" SWITCH,                                                 setting, NO, .tag = ASA_SET_IPSEC_UDP },
    { "ipsec-udp-port port:<4001-49151>",                                 setting, NO, .tag = ASA_SET_IPSEC_UDP_PORT },
    { "split-tunnel-policy (tunnelall|tunnelspecified|excludespecified)", setting, NO, .tag = ASA_SET_SPLIT_POLICY },
    { "split-tunnel-network-list (none|value list:WORD)",                 setting, NO, .tag = ASA_SET_SPLIT_LIST },
    { "default-domain (none|value domain:WORD)",                          setting, NO, .tag = ASA_SET_DOMAIN },
    { "split-dns (none|value domains:LINE)",                              setting, NO, .tag = ASA_SET_SPLIT_DNS },
    { "backup-servers servers:LINE",                                      setting, NO, .tag = ASA_SET_BACKUP },
    { "address-pools (none|value pools:LINE)",                            setting, NO, .tag = ASA_SET_POOLS },
    { "client-access-rule (none|priority:<1-65535> (permit|deny) type type:WORD version version:WORD)",
                                                                          setting, NO, .tag = ASA_SET_CLIENT_RULES },
    { "dhcp-network-scope (none|scope:A.B.C.D)",                          keep,    NO },
    { "intercept-dhcp" SWITCH,                                            keep,    NO },
    { "secure-unit-authentication" SWITCH,                                keep,    NO },
    { "user-authentication" SWITCH,                                       keep,    NO },
    { "user-authentication-idle-timeout (none|minutes:<1-35791394>)",     keep,    NO },
    { "ip-phone-bypass" SWITCH,                                           keep,    NO },
    { "leap-bypass" SWITCH,                                               keep,    NO },
    { "nem" SWITCH,                                                       keep,    NO },
    { "client-firewall rest:LINE",                                        keep,    NO },
    { 0 } };
// clang-format on
