/* What a session may and gets. Each setting is said by the user, by the policy of the user, by that
 * of the tunnel group, by DfltGrpPolicy, or by the factory: the first of them counts (CAT-22, 42,
 * 45, 54, 56, 60). */
#include "asa.h"

#include <string.h>

struct row {
    const char *word, *factory;
    int major, minor; /* since this version */
    bool many;        /* lines add up */
};

// clang-format off
static const struct row row[ASA_SETTINGS] = {
    [ASA_SET_BANNER]           = { "banner",                    "none", 7, 0, true },
    [ASA_SET_WINS]             = { "wins-server",               "none", 7, 0, false },
    [ASA_SET_DNS]              = { "dns-server",                "none", 7, 0, false },
    [ASA_SET_ACCESS_HOURS]     = { "vpn-access-hours",          "none", 7, 0, false },
    [ASA_SET_LOGINS]           = { "vpn-simultaneous-logins",   "3",    7, 0, false }, /* CAT-60 */
    [ASA_SET_IDLE]             = { "vpn-idle-timeout",          "30",   7, 0, false }, /* CAT-22 */
    [ASA_SET_SESSION]          = { "vpn-session-timeout",       "none", 7, 0, false },
    [ASA_SET_FILTER]           = { "vpn-filter",                "none", 7, 0, false },
    [ASA_SET_PROTOCOLS]        = { "vpn-tunnel-protocol",       "",     7, 0, false },
    [ASA_SET_PASSWORD_STORAGE] = { "password-storage",          "disable", 7, 0, false },
    [ASA_SET_IP_COMP]          = { "ip-comp",                   "disable", 7, 0, false },
    [ASA_SET_RE_XAUTH]         = { "re-xauth",                  "disable", 7, 0, false },
    [ASA_SET_GROUP_LOCK]       = { "group-lock",                "none", 7, 0, false },
    [ASA_SET_PFS]              = { "pfs",                       "disable", 7, 0, false },
    [ASA_SET_IPSEC_UDP]        = { "ipsec-udp",                 "disable", 7, 0, false },
    [ASA_SET_IPSEC_UDP_PORT]   = { "ipsec-udp-port",            "10000", 7, 0, false },
    [ASA_SET_SPLIT_POLICY]     = { "split-tunnel-policy",       "tunnelall", 7, 0, false }, /* CAT-56 */
    [ASA_SET_SPLIT_LIST]       = { "split-tunnel-network-list", "none", 7, 0, false },
    [ASA_SET_DOMAIN]           = { "default-domain",            "none", 7, 0, false },
    [ASA_SET_SPLIT_DNS]        = { "split-dns",                 "none", 7, 0, false },
    [ASA_SET_BACKUP]           = { "backup-servers",            "keep-client-config", 7, 0, false },
    [ASA_SET_POOLS]            = { "address-pools",             "none", 7, 2, false },
    [ASA_SET_CLIENT_RULES]     = { "client-access-rule",        "none", 7, 0, true },
    [ASA_SET_GROUP_POLICY]     = { "vpn-group-policy",          NULL,   7, 0, false },
    [ASA_SET_FRAMED]           = { "vpn-framed-ip-address",     NULL,   7, 0, false },
    [ASA_SET_SERVICE_TYPE]     = { "service-type",              NULL,   8, 0, false },
};
// clang-format on

void asa_settings_clear(struct asa_settings *x)
{
    for (size_t i = 0; i < ASA_SETTINGS; i++)
        g_clear_pointer(&x->said[i], g_free);
}

/* ---- Asking ---- */

struct asa_chain asa_chain_of(const struct asa *s, const struct asa_group *g)
{
    const struct asa_policy *own = asa_policy_find(s, g->policy),
                            *def = g_ptr_array_index(s->policies, 0);
    struct asa_chain c = {.policy = own ? own->name : def->name};
    c.of[2] = own ? &own->settings : NULL;
    c.of[3] = &def->settings;
    return c;
}

static const char *said(const struct asa_chain *c, enum asa_setting what)
{
    for (size_t i = 0; i < ASA_CHAIN; i++)
        if (c->of[i] && c->of[i]->said[what])
            return c->of[i]->said[what];
    return NULL;
}

const char *asa_setting(const struct asa *s, const struct asa_chain *c, enum asa_setting what)
{
    const char *text = said(c, what);
    if (!text)
        text = row[what].factory;
    if (!text || strcmp(text, "none") == 0)
        return NULL;
    return g_str_has_prefix(text, "value ") ? text + strlen("value ") : text;
}

uint32_t asa_setting_u32(const struct asa *s, const struct asa_chain *c, enum asa_setting what,
                         uint32_t none)
{
    const char *text = asa_setting(s, c, what);
    return text ? (uint32_t)g_ascii_strtoull(text, NULL, 10) : none;
}

bool asa_setting_on(const struct asa *s, const struct asa_chain *c, enum asa_setting what)
{
    return g_strcmp0(asa_setting(s, c, what), "enable") == 0;
}

/* ---- Protocols by their names of the time ---- */

#define PROTOCOLS_AT_FACTORY (ASA_TUNNEL_IPSEC | ASA_TUNNEL_L2TP)

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

static void protocols_text(const struct asa *s, const char *words, GString *out)
{
    unsigned bits = *words ? protocols_of(s, words) : PROTOCOLS_AT_FACTORY;
    for (size_t i = 0; i < G_N_ELEMENTS(protocol); i++)
        if (bits & protocol[i].bit && of_version(s, i))
            g_string_append_printf(out, " %s", protocol[i].word);
}

unsigned asa_setting_protocols(const struct asa *s, const struct asa_chain *c)
{
    const char *words = said(c, ASA_SET_PROTOCOLS);
    return words ? protocols_of(s, words) : PROTOCOLS_AT_FACTORY;
}

/* ---- Read back ---- */

static void setting_text(const struct asa *s, enum asa_setting what, const char *text, GString *out)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        g_string_append_printf(out, " %s", row[what].word);
        if (what == ASA_SET_PROTOCOLS)
            protocols_text(s, *l, out);
        else if (**l)
            g_string_append_printf(out, " %s", *l);
        g_string_append(out, what == ASA_SET_PROTOCOLS ? " \n" : "\n");
    }
    if (!lines[0]) { /* g_strsplit of "" */
        g_string_append_printf(out, " %s", row[what].word);
        protocols_text(s, "", out);
        g_string_append(out, " \n");
    }
}

void asa_settings_text(const struct asa *s, const struct asa_settings *x, bool all, GString *out)
{
    for (enum asa_setting i = 0; i < ASA_SETTINGS; i++)
        if (x->said[i])
            setting_text(s, i, x->said[i], out);
        else if (all && row[i].factory && asa_since(s, row[i].major, row[i].minor))
            setting_text(s, i, row[i].factory, out);
}

/* ---- Lines ---- */

static bool add_line(char **said_so_far, const char *text)
{
    g_auto(GStrv) lines = *said_so_far ? g_strsplit(*said_so_far, "\n", -1) : NULL;
    if (lines && g_strv_contains((const char *const *)lines, text))
        return false;
    char *longer = *said_so_far ? g_strconcat(*said_so_far, "\n", text, NULL) : g_strdup(text);
    g_free(*said_so_far);
    *said_so_far = longer;
    return true;
}

/* A pool that is named must be there. */
static bool pools_exist(struct asa *s, const struct cli_args *a, const char *text)
{
    if (!g_str_has_prefix(text, "value "))
        return true;
    g_auto(GStrv) names = g_strsplit(text + strlen("value "), " ", -1);
    for (char **n = names; *n; n++)
        if (**n && !asa_pool_find(s, *n)) {
            asa_invalid(s, a, "pools");
            return false;
        }
    return true;
}

void asa_setting_typed(struct asa *s, struct asa_settings *x, const struct cli_args *a)
{
    enum asa_setting what = (enum asa_setting)cli_tag(a);
    g_autofree char *line = cli_canonical(a);
    const char *text = line + MIN(strlen(row[what].word) + 1, strlen(line));
    if (!asa_since(s, row[what].major, row[what].minor)) {
        asa_unknown_word(s, a, row[what].word);
        return;
    }
    if (cli_negated(a)) {
        g_clear_pointer(&x->said[what], g_free);
        return;
    }
    if (what == ASA_SET_PROTOCOLS && !protocols_of(s, text)) {
        asa_invalid(s, a, "protocols");
        return;
    }
    if (what == ASA_SET_POOLS && !pools_exist(s, a, text))
        return;
    bool first = !x->said[what] || strcmp(x->said[what], "none") == 0 || strcmp(text, "none") == 0;
    if (row[what].many && !first) {
        add_line(&x->said[what], text);
        return;
    }
    char *copy = g_strdup(text);
    g_free(x->said[what]);
    x->said[what] = copy;
}
