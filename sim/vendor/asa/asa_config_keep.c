/* Lines that real configurations hold and that change nothing here: they are understood, kept, and
 * shown again. */
#include "asa.h"

#include <string.h>

void asa_kept_free(void *p)
{
    struct asa_kept *k = p;
    g_free(k->section);
    g_free(k->key);
    g_free(k->text);
    g_free(k);
}

static struct asa_kept *find(const struct asa *s, const char *section, const char *key)
{
    for (guint i = 0; i < s->kept->len; i++) {
        struct asa_kept *k = g_ptr_array_index(s->kept, i);
        if (g_strcmp0(k->section, section) == 0 && strcmp(k->key, key) == 0)
            return k;
    }
    return NULL;
}

const char *asa_kept_text(const struct asa *s, const char *section, const char *key)
{
    const struct asa_kept *k = find(s, section, key);
    return k ? k->text : NULL;
}

void asa_keep_line(struct asa *s, enum asa_place place, const char *section, const char *key,
                   const char *text)
{
    struct asa_kept *k = find(s, section, key);
    if (k) {
        char *copy = g_strdup(text);
        g_free(k->text);
        k->text = copy;
        return;
    }
    k = g_new0(struct asa_kept, 1);
    *k = (struct asa_kept){place, g_strdup(section), g_strdup(key), g_strdup(text)};
    g_ptr_array_add(s->kept, k);
}

void asa_keep_remove(struct asa *s, const char *section, const char *key)
{
    g_ptr_array_remove(s->kept, find(s, section, key));
}

void asa_keep_remove_section(struct asa *s, const char *section)
{
    for (guint i = s->kept->len; i-- > 0;) {
        const struct asa_kept *k = g_ptr_array_index(s->kept, i);
        if (g_strcmp0(k->section, section) == 0)
            g_ptr_array_remove_index(s->kept, i);
    }
}

/* ---- Rows that keep ---- */

enum { KEEP_NO = 0x100 }; /* "no x" is kept as a line of its own; otherwise it removes x */

/* What makes two lines one setting: all but the arguments called "value" and what follows. */
static char *key_of(const struct cli_args *a, const char *line)
{
    const char *value = cli_arg(a, "value");
    size_t n = value ? strlen(line) - strlen(value) : strlen(line);
    char *key = g_strndup(line, n);
    return g_strchomp(key);
}

static void keep(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *line = cli_canonical(a), *key = key_of(a, line);
    bool own_no = cli_tag(a) & KEEP_NO;
    enum asa_place place = (enum asa_place)(cli_tag(a) & 0xff);
    if (cli_negated(a) && !own_no) {
        asa_keep_remove(s, NULL, key);
        return;
    }
    g_autofree char *text = g_strconcat(cli_negated(a) ? "no " : "", line, NULL);
    asa_keep_line(s, place, NULL, key, text);
}

static void nothing(void *self, const struct cli_args *a, GString *out)
{
}

#define K(pattern, place)                                                                          \
    {                                                                                              \
        pattern, keep, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = ASA_PLACE_##place                       \
    }
#define KNO(pattern, place)                                                                        \
    {                                                                                              \
        pattern, keep, CLI_NO, .tag = ASA_PLACE_##place | KEEP_NO                                  \
    }

// clang-format off
const struct cli_command asa_config_keep[] = {
    K("domain-name value:WORD", HEAD),
    K("enable password value:LINE", HEAD),
    K("passwd value:LINE", HEAD),
    KNO("names", HEAD),
    K("dns-guard", HEAD),
    K("ftp mode passive", HEAD),
    K("clock timezone value:LINE", HEAD),
    K("clock summer-time value:LINE", HEAD),
    K("boot system value:LINE", HEAD),
    KNO("pager [lines value:<0-2147483647>]", MID),
    KNO("failover", MID),
    KNO("asdm history enable", MID),
    K("asdm image value:WORD", MID),
    K("arp timeout value:<60-4294967>", MID),
    K("icmp unreachable value:LINE", MID),
    K("logging queue value:<0-8192>", MID),
    K("logging host value:LINE", MID),
    K("logging facility value:<16-23>", MID),
    K("logging class (auth|bridge|ca|config|email|ha|ip|ipaa|ids|np|ospf|rip|session|snmp|svc|sys|vm|vpdn|vpn|vpnc|vpnfo|vpnlb|webvpn) value:LINE", MID),
    K("logging debug-trace", MID),
    K("logging standby", MID),
    K("logging device-id value:LINE", MID),
    K("logging permit-hostdown", MID),
    K("timeout (sip|sip_media|sunrpc|h323|mgcp|uauth|sip-provisional-media|tcp-proxy-reassembly|floating-conn) value:LINE", MID),
    K("dynamic-access-policy-record value:WORD", MID),
    K("aaa authentication value:LINE", MID),
    K("http server enable", MID),
    K("http address:A.B.C.D mask:A.B.C.D if:WORD", MID),
    KNO("snmp-server location", MID),
    KNO("snmp-server contact", MID),
    K("snmp-server enable traps value:LINE", MID),
    KNO("sysopt connection reclassify-vpn", CRYPTO),
    KNO("sysopt noproxyarp if:WORD", CRYPTO),
    K("(crypto isakmp|isakmp) disconnect-notify", CRYPTO),
    KNO("(crypto (isakmp|ikev1)|isakmp) am-disable", CRYPTO),
    K("(crypto isakmp|isakmp) reload-wait", CRYPTO),
    KNO("vpn-addr-assign (aaa|dhcp|local)", TAIL),
    K("vpn-sessiondb max-session-limit value:<1-10000>", TAIL),
    K("telnet timeout value:<1-1440>", TAIL),
    K("telnet address:A.B.C.D mask:A.B.C.D if:WORD", TAIL),
    K("ssh timeout value:<1-60>", TAIL),
    K("ssh address:A.B.C.D mask:A.B.C.D if:WORD", TAIL),
    K("console timeout value:<0-60>", TAIL),
    KNO("threat-detection basic-threat", TAIL),
    KNO("threat-detection scanning-threat [shun]", TAIL),
    KNO("threat-detection statistics [value:LINE]", TAIL),
    K("prompt value:LINE", TAIL),
    K("ntp server value:LINE", TAIL),
    { "terminal width columns:<0-511>", nothing, CLI_HIDDEN },
    { 0 } };
// clang-format on
