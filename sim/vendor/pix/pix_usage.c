/* What is said of a line that is not understood: of a command that nobody knows, that there is
 * help; of one that is known, how it is used. */
#include "pix.h"

#include <string.h>

// clang-format off
static const struct { const char *command, *usage; } usages[] = {
    { "access-group", "[no] access-group <access-list> in interface <if_name>" },
    { "access-list", "[no] access-list <id> [line <line-num>] deny|permit <protocol>|icmp|tcp|udp\n"
                     "\t<sip> <smask> | any | host <sip> [<operator> <port> [<port>]]\n"
                     "\t<dip> <dmask> | any | host <dip> [<operator> <port> [<port>] | <icmp_type>] [log [<level>]]\n"
                     "\t[no] access-list <id> [line <line-num>] remark <text>" },
    { "clear", "clear access-list [<id> [counters]] | access-group | logging | isakmp [sa]\n"
               "\tclear crypto isakmp sa | crypto ipsec sa [counters | map <map-name> | peer <ip>]" },
    { "configure", "configure terminal" },
    { "crypto", "[no] crypto ipsec { transform-set | security-association } ...\n"
                "\t[no] crypto map ..." },
    { "crypto ipsec", "[no] crypto ipsec transform-set <trans-name> [<transforms>]\n"
                      "\t[no] crypto ipsec security-association lifetime seconds <seconds> | kilobytes <kilobytes>" },
    { "crypto map", "[no] crypto map <map-name> <map-sequence> { ipsec-isakmp }\n"
                    "\t[no] crypto map <map-name> <map-sequence> match address <access-list id>\n"
                    "\t[no] crypto map <map-name> <map-sequence> set { peer <ip> |\n"
                    "\t\tpfs [group1|group2|group5] | transform-set <trans-name>\n"
                    "\t\t[<trans-name>]* | security-association lifetime\n"
                    "\t\t[ seconds <seconds> | kilobytes <kilobytes> ] }\n"
                    "\t[no] crypto map <map-name> interface <if-name>" },
    { "debug", "[no] debug crypto { ipsec | isakmp | engine } [<level>]\n\t[no] debug all" },
    { "domain-name", "domain-name <name>" },
    { "hostname", "hostname <name>" },
    { "interface", "interface <hardware_id> [<hw_speed> [<shutdown>]]" },
    { "ip", "[no] ip address <if_name> <ip_address> [<mask>]" },
    { "isakmp", "isakmp policy <priority> authentication <pre-share|rsa-sig>\n"
                "\tisakmp policy <priority> encryption <aes|aes-192|aes-256|des|3des>\n"
                "\tisakmp policy <priority> hash <md5|sha>\n"
                "\tisakmp policy <priority> group <1|2|5>\n"
                "\tisakmp policy <priority> lifetime <seconds>\n"
                "\tisakmp key <key-string> address <ip> [netmask <mask>] [no-xauth] [no-config-mode]\n"
                "\tisakmp enable <if_name>\n"
                "\tisakmp identity <address|hostname>\n"
                "\tisakmp keepalive <seconds> [<retry seconds>]" },
    { "logging", "[no] logging on | timestamp\n"
                 "\t[no] logging console|monitor|buffered|trap|history <level>\n"
                 "\t[no] logging message <syslog_id>\n"
                 "\t[no] logging host <in_if> <l_ip>" },
    { "mtu", "mtu <if_name> <bytes> | (64-65535)" },
    { "nameif", "nameif <hardware_id> <if_name> <security_lvl>" },
    { "nat", "[no] nat (<if_name>) <nat_id> <local_ip> [<mask> [dns] [outside] [<max_conn> [<emb_lim>]]]\n"
             "\t[no] nat (<if_name>) 0 access-list <acl-name>" },
    { "ping", "ping [<if_name>] <host>" },
    { "reload", "reload [noconfirm]" },
    { "route", "[no] route <if_name> <foreign_ip> <mask> <gateway> [<metric>]" },
    { "show", "show <command>\n\tTry 'show ?'" },
    { "sysopt", "[no] sysopt connection { permit-ipsec | timewait | {tcpmss [minimum] <bytes>} }\n"
                "\t[no] sysopt ipsec pl-compatible" },
    { "timeout", "timeout [xlate|conn|half-closed|udp|rpc|h323|sip|sip_media|uauth <hh:mm:ss>] ..." },
    { "write", "write memory | terminal" },
};
// clang-format on

/* Each word of the command begins with what was typed; which is the longest counts. */
static guint fits(const char *command, char **typed)
{
    g_auto(GStrv) words = g_strsplit(command, " ", -1);
    guint n = g_strv_length(words);
    if (g_strv_length(typed) < n)
        return 0;
    for (guint i = 0; i < n; i++)
        if (!*typed[i] || g_ascii_strncasecmp(words[i], typed[i], strlen(typed[i])) != 0)
            return 0;
    return n;
}

static const char *usage_of(const char *line)
{
    g_autofree char *plain = g_strstrip(g_strdup(line));
    g_auto(GStrv) all = g_strsplit_set(plain, " \t", -1);
    char **typed = all[0] && g_ascii_strcasecmp(all[0], "no") == 0 ? all + 1 : all;
    const char *found = NULL;
    guint best = 0, several = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(usages); i++) {
        guint n = fits(usages[i].command, typed);
        if (n > best) {
            best = n;
            several = 0;
            found = usages[i].usage;
        }
        several += n == best && n > 0;
    }
    return several == 1 ? found : NULL;
}

static bool is_first_word(const char *line, size_t at)
{
    size_t begin = strspn(line, " \t");
    if (g_ascii_strncasecmp(line + begin, "no ", 3) == 0)
        begin += 3 + strspn(line + begin + 3, " \t");
    return at <= begin + strcspn(line + begin, " \t");
}

void pix_usage(const char *line, const struct cli_error *e, GString *out)
{
    const char *usage =
        e->what == CLI_INCOMPLETE || !is_first_word(line, e->at) ? usage_of(line) : NULL;
    if (!usage) {
        g_string_append(out, "Type help or '?' for a list of available commands.\n");
        return;
    }
    if (e->what == CLI_INCOMPLETE)
        g_string_append(out, "Not enough arguments.\n");
    g_string_append_printf(out, "Usage:\t%s\n", usage);
}

void pix_incomplete(struct pix *s, const struct cli_args *a, GString *out)
{
    const struct cli_error e = {.what = CLI_INCOMPLETE};
    pix_usage(cli_line(a), &e, out);
    s->refused = true;
}
