/* Group policies: what a session may and how long, by name. A tunnel group names one; what that one
 * does not say, DfltGrpPolicy does (CAT-22, CAT-42). */
#include "asa.h"

#include <string.h>

/* ---- The policies ---- */

#define IDLE_DEFAULT_MIN     30 /* CAT-22; the session itself has no end of its own */
#define PROTOCOLS_AT_FACTORY (ASA_TUNNEL_IPSEC | ASA_TUNNEL_L2TP)

void asa_policy_free(void *p)
{
    struct asa_policy *policy = p;
    g_free(policy->name);
    g_free(policy);
}

static struct asa_policy *find(const struct asa *s, const char *name)
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
    struct asa_policy *p = find(s, name);
    if (!p) {
        p = g_new0(struct asa_policy, 1);
        p->name = g_strdup(name);
        g_ptr_array_add(s->policies, p);
    }
    return p;
}

static const struct asa_policy *factory(const struct asa *s)
{
    return g_ptr_array_index(s->policies, 0);
}

const struct asa_policy *asa_policy_of(const struct asa *s, const struct asa_group *g)
{
    const struct asa_policy *p = find(s, g->policy);
    return p ? p : factory(s);
}

uint32_t asa_policy_idle(const struct asa *s, const struct asa_policy *p)
{
    const struct asa_policy *from = p->idle_set ? p : factory(s);
    return from->idle_set ? from->idle_min : IDLE_DEFAULT_MIN;
}

uint32_t asa_policy_session(const struct asa *s, const struct asa_policy *p)
{
    const struct asa_policy *from = p->session_set ? p : factory(s);
    return from->session_set ? from->session_min : 0;
}

unsigned asa_policy_protocols(const struct asa *s, const struct asa_policy *p)
{
    unsigned said = p->protocols ? p->protocols : factory(s)->protocols;
    return said ? said : PROTOCOLS_AT_FACTORY;
}

/* ---- Protocols by their names of the time ---- */

static const struct {
    const char *word;
    unsigned bit;
    int major, minor, until_major, until_minor; /* in these versions, the last excluded */
} protocol[] = {
    {"IPSec", ASA_TUNNEL_IPSEC, 7, 0, 8, 4},   {"ikev1", ASA_TUNNEL_IPSEC, 8, 4, 99, 0},
    {"ikev2", ASA_TUNNEL_IKEV2, 8, 4, 99, 0},  {"l2tp-ipsec", ASA_TUNNEL_L2TP, 7, 2, 99, 0},
    {"svc", ASA_TUNNEL_SSL, 8, 0, 8, 4},       {"ssl-client", ASA_TUNNEL_SSL, 8, 4, 99, 0},
    {"webvpn", ASA_TUNNEL_WEBVPN, 7, 0, 8, 4}, {"ssl-clientless", ASA_TUNNEL_WEBVPN, 8, 4, 99, 0},
};

static bool of_version(const struct asa *s, size_t i)
{
    return asa_since(s, protocol[i].major, protocol[i].minor) &&
           !asa_since(s, protocol[i].until_major, protocol[i].until_minor);
}

/* 0: a word that is none of them. Capitals do not matter, and a name that went out of use is still
 * understood. */
static unsigned protocols_of(const struct asa *s, const char *words)
{
    g_auto(GStrv) each = g_strsplit(words, " ", -1);
    unsigned bits = 0;
    for (char **w = each; *w; w++) {
        unsigned bit = 0;
        for (size_t i = 0; **w && i < G_N_ELEMENTS(protocol); i++)
            if (g_ascii_strcasecmp(*w, protocol[i].word) == 0 &&
                asa_since(s, protocol[i].major, protocol[i].minor))
                bit = protocol[i].bit;
        if (**w && !bit)
            return 0;
        bits |= bit;
    }
    return bits;
}

static void protocols_text(const struct asa *s, unsigned bits, GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(protocol); i++)
        if (bits & protocol[i].bit && of_version(s, i))
            g_string_append_printf(out, " %s", protocol[i].word);
}

/* ---- Read back ---- */

static void minutes_text(const char *what, uint32_t minutes, GString *out)
{
    if (minutes)
        g_string_append_printf(out, " %s %u\n", what, minutes);
    else
        g_string_append_printf(out, " %s none\n", what);
}

void asa_policy_text(const struct asa *s, const struct asa_policy *p, bool all, GString *out)
{
    bool whole = all && p == factory(s);
    if (whole || p->idle_set)
        minutes_text("vpn-idle-timeout", asa_policy_idle(s, p), out);
    if (whole || p->session_set)
        minutes_text("vpn-session-timeout", asa_policy_session(s, p), out);
    if (whole || p->protocols) {
        g_string_append(out, " vpn-tunnel-protocol");
        protocols_text(s, asa_policy_protocols(s, p), out);
        g_string_append(out, " \n");
    }
}

/* ---- Lines ---- */

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

static void group_policy(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    struct asa_policy *p = find(s, name);
    if (!p && (cli_negated(a) || cli_has(a, "attributes"))) {
        asa_refuse(s, out, "ERROR: Group policy %s does not exist", name);
        return;
    }
    if (cli_negated(a)) {
        if (p == factory(s))
            asa_refuse(s, out, "ERROR: %s is the default group policy and cannot be removed", name);
        else
            remove_policy(s, p);
        asa_changed(s, "no group-policy");
        return;
    }
    if (!p)
        asa_policy_make(s, name);
    if (!cli_has(a, "attributes"))
        return;
    g_free(s->at_section);
    s->at_section = g_strdup_printf("group-policy %s attributes", name);
    g_free(s->at_group_policy);
    s->at_group_policy = g_strdup(name);
    asa_enter(s, &asa_mode_group_policy);
}

enum { IDLE, SESSION };

/* A session keeps what its policy said when it began. */
static void timeout(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_policy *p = asa_policy_make(s, s->at_group_policy);
    bool *set = cli_tag(a) == IDLE ? &p->idle_set : &p->session_set;
    uint32_t *minutes = cli_tag(a) == IDLE ? &p->idle_min : &p->session_min;
    *set = !cli_negated(a);
    *minutes = 0;
    if (*set)
        cli_arg_u32(a, "minutes", minutes);
    asa_changed(s, "group-policy");
}

static void tunnel_protocol(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_policy *p = asa_policy_make(s, s->at_group_policy);
    unsigned bits = cli_negated(a) ? 0 : protocols_of(s, cli_arg(a, "protocols"));
    if (!cli_negated(a) && !bits) {
        asa_invalid(s, a, "protocols");
        return;
    }
    p->protocols = bits;
    asa_changed(s, "group-policy");
}

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

#define NO (CLI_NO | CLI_NO_ONLY_PREFIX)

// clang-format off
const struct cli_command asa_config_group_policy[] = {
    { "group-policy name:WORD internal",                                  group_policy,    NO },
    { "group-policy name:WORD attributes",                                group_policy,    0 },
    { 0 } };
const struct cli_command asa_config_group_policy_rows[] = {
    { "vpn-idle-timeout (none|minutes:<1-35791394>)",                     timeout,         NO, .tag = IDLE },
    { "vpn-session-timeout (none|minutes:<1-35791394>)",                  timeout,         NO, .tag = SESSION },
    { "vpn-tunnel-protocol protocols:LINE",                               tunnel_protocol, NO },
    { "vpn-simultaneous-logins count:<0-2147483647>",                     keep,            NO },
    { "vpn-filter (none|value filter:WORD)",                              keep,            NO },
    { "pfs (enable|disable)",                                             keep,            NO },
    { "re-xauth (enable|disable)",                                        keep,            NO },
    { "banner (none|value text:LINE)",                                    keep,            NO },
    { "dns-server (none|value server:LINE)",                              keep,            NO },
    { "wins-server (none|value server:LINE)",                             keep,            NO },
    { "default-domain (none|value domain:WORD)",                          keep,            NO },
    { "split-tunnel-policy (tunnelall|tunnelspecified|excludespecified)", keep,            NO },
    { "split-tunnel-network-list (none|value list:WORD)",                 keep,            NO },
    { 0 } };
// clang-format on
