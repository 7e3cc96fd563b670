/* Lines that real configurations hold and that change nothing here: they are understood, kept, and
 * shown again. */
#include "pix.h"

#include <string.h>

void pix_kept_free(void *p)
{
    struct pix_kept *k = p;
    g_free(k->key);
    g_free(k->text);
    g_free(k);
}

static struct pix_kept *find(const struct pix *s, const char *key)
{
    for (guint i = 0; i < s->kept->len; i++) {
        struct pix_kept *k = g_ptr_array_index(s->kept, i);
        if (strcmp(k->key, key) == 0)
            return k;
    }
    return NULL;
}

const char *pix_kept_text(const struct pix *s, const char *key)
{
    const struct pix_kept *k = find(s, key);
    return k ? k->text : NULL;
}

void pix_keep_line(struct pix *s, enum pix_place place, const char *key, const char *text)
{
    struct pix_kept *k = find(s, key);
    if (k) {
        char *copy = g_strdup(text);
        g_free(k->text);
        k->text = copy;
        return;
    }
    k = g_new0(struct pix_kept, 1);
    *k = (struct pix_kept){place, g_strdup(key), g_strdup(text)};
    g_ptr_array_add(s->kept, k);
}

void pix_keep_remove(struct pix *s, const char *key)
{
    g_ptr_array_remove(s->kept, find(s, key));
}

/* ---- Rows that keep ---- */

enum { KEEP_NO = 0x100 }; /* "no x" is kept as a line of its own; otherwise it removes x */

/* What makes two lines one setting: all but the argument called "value". */
static char *key_of(const struct cli_args *a, const char *line)
{
    const char *value = cli_arg(a, "value");
    size_t n = value ? strlen(line) - strlen(value) : strlen(line);
    char *key = g_strndup(line, n);
    return g_strchomp(key);
}

static void keep(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    g_autofree char *line = cli_canonical(a), *key = key_of(a, line);
    bool own_no = cli_tag(a) & KEEP_NO;
    enum pix_place place = (enum pix_place)(cli_tag(a) & 0xff);
    if (cli_negated(a) && !own_no) {
        pix_keep_remove(s, key);
        return;
    }
    g_autofree char *text = g_strconcat(cli_negated(a) ? "no " : "", line, NULL);
    pix_keep_line(s, place, key, text);
}

/* Names serve the identities of peers. */
static void name(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    ip4 addr = 0;
    cli_arg_ip4(a, "address", &addr);
    if (cli_negated(a))
        ike_name_remove(s->d->ike_conf, cli_arg(a, "name"));
    else
        ike_name_set(s->d->ike_conf, cli_arg(a, "name"), addr);
    keep(self, a, out);
}

/* A "no" line of it takes the setting away. */
#define K(pattern, place)                                                                          \
    {                                                                                              \
        pattern, keep, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = PIX_PLACE_##place                       \
    }
/* A "no" line is a setting too. */
#define KNO(pattern, place)                                                                        \
    {                                                                                              \
        pattern, keep, CLI_NO, .tag = PIX_PLACE_##place | KEEP_NO                                  \
    }
/* Lines with one beginning may be many: each is its own. */
#define EACH(pattern, place)                                                                       \
    {                                                                                              \
        pattern, keep, CLI_NO, .tag = PIX_PLACE_##place                                            \
    }

// clang-format off
const struct cli_command pix_config_keep[] = {
    K("enable password value:LINE", PASSWORD),
    K("passwd value:LINE", PASSWORD),
    K("clock timezone value:LINE", NAMES),
    K("clock summer-time value:LINE", NAMES),
    EACH("fixup protocol name:WORD [ports:LINE]", NAMES),
    KNO("names", NAMES),
    { "name address:A.B.C.D name:WORD", name, CLI_NO, .tag = PIX_PLACE_NAMES },
    K("pager lines value:<0-2147483647>", PAGER),
    K("logging standby", PAGER),
    K("logging facility value:<16-23>", PAGER),
    K("logging queue value:<0-8192>", PAGER),
    EACH("logging host target:LINE", PAGER),
    K("logging device-id value:LINE", PAGER),
    EACH("icmp (permit|deny) rest:LINE", PAGER),
    EACH("ip audit rest:LINE", IP),
    EACH("ip verify reverse-path interface name:WORD", IP),
    KNO("failover", IP),
    K("failover timeout value:WORD", IP),
    K("failover poll value:<3-15>", IP),
    KNO("pdm history enable", IP),
    K("pdm logging value:LINE", IP),
    EACH("pdm location rest:LINE", IP),
    K("arp timeout value:<60-1215752>", IP),
    EACH("timeout (conn|half-closed|udp|rpc|h323|h225|mgcp|sip|sip_media|sip-disconnect|sip-invite|uauth) rest:LINE", TIMEOUT),
    EACH("aaa (authentication|authorization|accounting) rest:LINE", TIMEOUT),
    KNO("http server enable", TIMEOUT),
    EACH("http address:A.B.C.D mask:A.B.C.D if:WORD", TIMEOUT),
    KNO("snmp-server location [value:LINE]", TIMEOUT),
    KNO("snmp-server contact [value:LINE]", TIMEOUT),
    KNO("snmp-server enable traps", TIMEOUT),
    K("snmp-server community value:WORD", TIMEOUT),
    EACH("snmp-server host rest:LINE", TIMEOUT),
    KNO("floodguard enable", TIMEOUT),
    EACH("ntp server rest:LINE", TIMEOUT),
    EACH("sysopt connection (permit-pptp|permit-l2tp|timewait)", SYSOPT),
    EACH("sysopt ipsec pl-compatible", SYSOPT),
    EACH("sysopt security fragguard", SYSOPT),
    EACH("sysopt route dnat", SYSOPT),
    EACH("sysopt noproxyarp if:WORD", SYSOPT),
    EACH("sysopt nodnsalias (inbound|outbound)", SYSOPT),
    EACH("isakmp peer ip address:A.B.C.D [no-xauth] [no-config-mode]", ISAKMP),
    EACH("isakmp peer fqdn name:WORD [no-xauth] [no-config-mode]", ISAKMP),
    K("telnet timeout value:<1-1440>", TAIL),
    EACH("telnet address:A.B.C.D [mask:A.B.C.D [if:WORD]]", TAIL),
    K("ssh timeout value:<1-60>", TAIL),
    EACH("ssh address:A.B.C.D [mask:A.B.C.D [if:WORD]]", TAIL),
    K("console timeout value:<0-60>", TAIL),
    EACH("banner (exec|login|motd) text:LINE", TAIL),
    EACH("privilege rest:LINE", TAIL),
    EACH("dhcpd rest:LINE", TAIL),
    EACH("tftp-server rest:LINE", TAIL),
    K("terminal width value:<0-511>", TAIL),
    { 0 } };
// clang-format on
