/* Lines that real configurations hold and that change nothing here: they are understood, kept, and
 * shown again. Also banners, which may take several lines, and passwords of type 7. */
#include "ios_ra.h"

#include <string.h>

/* ---- The kept lines ---- */

static void kept_free(struct ios_kept *k)
{
    g_free(k->section);
    g_free(k->key);
    g_free(k->text);
    g_free(k);
}

static int kept_find(const struct ios *s, const char *section, const char *key)
{
    for (guint i = 0; i < s->kept->len; i++) {
        const struct ios_kept *k = g_ptr_array_index(s->kept, i);
        if (g_strcmp0(k->section, section) == 0 && strcmp(k->key, key) == 0)
            return (int)i;
    }
    return -1;
}

void ios_keep_line(struct ios *s, enum ios_place place, const char *section, const char *key,
                   const char *text)
{
    int at = kept_find(s, section, key);
    if (at >= 0) {
        struct ios_kept *k = g_ptr_array_index(s->kept, at);
        char *copy = g_strdup(text);
        g_free(k->text);
        k->text = copy;
        return;
    }
    struct ios_kept *k = g_new0(struct ios_kept, 1);
    *k = (struct ios_kept){place, g_strdup(section), g_strdup(key), g_strdup(text)};
    g_ptr_array_add(s->kept, k);
}

void ios_keep_remove(struct ios *s, const char *section, const char *key)
{
    int at = kept_find(s, section, key);
    if (at >= 0)
        kept_free(g_ptr_array_remove_index(s->kept, (guint)at));
}

void ios_keep_clear(struct ios *s)
{
    for (guint i = 0; i < s->kept->len; i++)
        kept_free(g_ptr_array_index(s->kept, i));
    g_ptr_array_set_size(s->kept, 0);
}

/* ---- Passwords ---- */

static const char type7_key[] = "dsfd;kfoA,.iyewrkldJKDHSUBsgvca69834ncxv9873254k;fg87";
#define TYPE7_LENGTH (sizeof type7_key - 1)

char *ios_type7_decode(const char *text)
{
    size_t n = strlen(text);
    if (n < 4 || n % 2 || !g_ascii_isdigit(text[0]) || !g_ascii_isdigit(text[1]))
        return NULL;
    size_t at = (size_t)(text[0] - '0') * 10 + (size_t)(text[1] - '0');
    GString *plain = g_string_new(NULL);
    for (size_t i = 2; i < n; i += 2, at++) {
        int high = g_ascii_xdigit_value(text[i]), low = g_ascii_xdigit_value(text[i + 1]);
        char c =
            high < 0 || low < 0 ? '\0' : (char)((high * 16 + low) ^ type7_key[at % TYPE7_LENGTH]);
        if (c == '\0') {
            g_string_free(plain, TRUE);
            return NULL;
        }
        g_string_append_c(plain, c);
    }
    return g_string_free(plain, FALSE);
}

/* The start in the key is random on a device; one start serves here, so that listings repeat. */
char *ios_type7_encode(const char *plain)
{
    size_t at = 2;
    GString *text = g_string_new("02");
    for (; *plain; plain++, at++)
        g_string_append_printf(text, "%02X",
                               (unsigned)(unsigned char)(*plain ^ type7_key[at % TYPE7_LENGTH]));
    return g_string_free(text, FALSE);
}

/* "password cisco" or "password 0 cisco" becomes "password 7 …". NULL: nothing to do. */
static char *encrypted(const char *text)
{
    const char *word = strstr(text, "password ");
    if (!word || (word != text && word[-1] != ' '))
        return NULL;
    const char *secret = word + strlen("password ");
    if (g_str_has_prefix(secret, "7 ") || g_str_has_prefix(secret, "5 "))
        return NULL;
    if (g_str_has_prefix(secret, "0 "))
        secret += 2;
    g_autofree char *hidden = ios_type7_encode(secret);
    return g_strdup_printf("%.*spassword 7 %s", (int)(word - text), text, hidden);
}

void ios_encrypt_passwords(struct ios *s)
{
    for (guint i = 0; i < s->kept->len; i++) {
        struct ios_kept *k = g_ptr_array_index(s->kept, i);
        char *text = encrypted(k->text);
        if (!text)
            continue;
        g_free(k->text);
        k->text = text;
    }
    ios_users_encrypt(s);
}

/* ---- Rows that keep ---- */

/* Tags: the place, and what a "no" does. */
enum { KEEP_NO = 0x100 }; /* "no x" is kept as a line of its own; otherwise it removes x */

/* What makes two lines one setting: the keywords, and arguments whose name begins with "id". */
static char *key_of(const struct cli_args *a)
{
    GString *key = g_string_new(NULL);
    g_autofree char *canonical = cli_canonical(a);
    const char *rest = cli_arg(a, "rest");
    size_t n = strlen(canonical) - (rest ? strlen(rest) : 0);
    g_string_append_len(key, canonical, (gssize)n);
    g_strchomp(key->str);
    return g_string_free(key, FALSE);
}

/* A hidden password must be one. */
static bool passwords_ok(struct ios *s, const char *text, GString *out)
{
    const char *hidden = strstr(text, "password 7 ");
    if (!hidden)
        return true;
    g_autofree char *plain = ios_type7_decode(hidden + strlen("password 7 "));
    if (plain)
        return true;
    ios_refuse(s, out, "Invalid encrypted password: %s", hidden + strlen("password 7 "));
    return false;
}

static void keep_in(struct ios *s, const char *section, const struct cli_args *a, GString *out)
{
    g_autofree char *key = key_of(a), *line = cli_canonical(a);
    enum ios_place place = (enum ios_place)(cli_tag(a) & 0xff);
    if (cli_negated(a) && !(cli_tag(a) & KEEP_NO)) {
        ios_keep_remove(s, section, key);
        return;
    }
    if (!passwords_ok(s, line, out))
        return;
    g_autofree char *text = g_strconcat(cli_negated(a) ? "no " : "", line, NULL);
    g_autofree char *hidden = s->conf->password_encryption ? encrypted(text) : NULL;
    ios_keep_line(s, place, section, key, hidden ? hidden : text);
}

static void keep(void *self, const struct cli_args *a, GString *out)
{
    keep_in(self, NULL, a, out);
}

static void keep_if(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_autofree char *section = g_strdup_printf("interface %s", s->at_interface);
    keep_in(s, section, a, out);
}

static void keep_sub(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    keep_in(s, s->conf->section, a, out);
}

static void secret(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_free(s->enable_secret);
    s->enable_secret = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "rest"));
    keep_in(s, NULL, a, out);
}

/* "line vty 0 4", "controller ISA 5/1", "archive": sections without a model. */
static void section(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    char *name = cli_canonical(a);
    bool known = false;
    for (guint i = 0; i < s->conf->sections->len; i++)
        known |= strcmp(g_ptr_array_index(s->conf->sections, i), name) == 0;
    if (!known)
        g_ptr_array_add(s->conf->sections, g_strdup(name));
    g_free(s->conf->section);
    s->conf->section = name;
    ios_enter(s, g_str_has_prefix(name, "line") ? &ios_mode_line : &ios_mode_controller);
}

/* ---- Banners ---- */

/* The delimiter is the first character, or a Control-C written in two. */
static void banner(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *text = cli_arg(a, "text");
    g_autofree char *kind = cli_canonical(a);
    kind[strlen(kind) - (text ? strlen(text) : 0)] = '\0';
    g_strchomp(kind);
    if (cli_negated(a)) {
        ios_keep_remove(s, NULL, kind);
        return;
    }
    g_autofree char *end = g_strndup(text, g_str_has_prefix(text, "^C") ? 2 : 1);
    const char *body = text + strlen(end), *close = strstr(body, end);
    if (close) {
        g_autofree char *whole =
            g_strdup_printf("%s %s%.*s%s", kind, end, (int)(close - body), body, end);
        ios_keep_line(s, IOS_PLACE_TAIL, NULL, kind, whole);
        return;
    }
    s->conf->banner = g_string_new(NULL);
    g_string_printf(s->conf->banner, "%s %s", kind, text);
    g_free(s->conf->banner_end);
    s->conf->banner_end = g_steal_pointer(&end);
}

#define BANNER_MAX 65536

bool ios_banner_line(struct ios *s, const char *line)
{
    GString *text = s->conf->banner;
    const char *close = strstr(line, s->conf->banner_end);
    if (text->len < BANNER_MAX)
        g_string_append_printf(text, "\n%.*s",
                               (int)(close ? close - line : (ptrdiff_t)strlen(line)), line);
    if (!close)
        return true;
    g_string_append(text, s->conf->banner_end);
    g_auto(GStrv) words = g_strsplit(text->str, " ", 3);
    g_autofree char *key = g_strdup_printf("%s %s", words[0], words[1]);
    ios_keep_line(s, IOS_PLACE_TAIL, NULL, key, text->str);
    g_string_free(text, TRUE);
    s->conf->banner = NULL;
    return true;
}

#define K(pattern, place)                                                                          \
    {                                                                                              \
        pattern, keep, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = IOS_PLACE_##place                       \
    }
#define KNO(pattern, place)                                                                        \
    {                                                                                              \
        pattern, keep, CLI_NO | CLI_DEFAULT, .tag = IOS_PLACE_##place | KEEP_NO                    \
    }

// clang-format off
const struct cli_command ios_config_keep[] = {
    KNO("service tcp-keepalives-in", SERVICE),
    KNO("service tcp-keepalives-out", SERVICE),
    KNO("service pad", SERVICE),
    KNO("service config", SERVICE),
    KNO("service sequence-numbers", SERVICE),
    KNO("service udp-small-servers", SERVICE),
    KNO("service tcp-small-servers", SERVICE),
    KNO("service finger", SERVICE),
    KNO("service dhcp", SERVICE),
    K("boot-start-marker", HEAD),
    K("boot-end-marker", HEAD),
    K("boot system rest:LINE", HEAD),
    K("logging trap [rest:LINE]", HEAD),
    K("logging facility rest:LINE", HEAD),
    K("logging host id:A.B.C.D", HEAD),
    K("logging id:A.B.C.D", HEAD),
    K("logging source-interface rest:IFNAME", HEAD),
    K("logging rate-limit rest:LINE", HEAD),
    KNO("logging message-counter syslog", HEAD),
    K("logging monitor [rest:LINE]", HEAD),
    K("security id:LINE", HEAD),
    { "enable secret rest:LINE", secret, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = IOS_PLACE_HEAD },
    K("enable password rest:LINE", HEAD),
    K("aaa session-id (common|unique)", HEAD),
    K("aaa authorization exec id:WORD rest:LINE", HEAD),
    K("aaa authorization commands level:<0-15> id:WORD rest:LINE", HEAD),
    K("aaa authentication enable default rest:LINE", HEAD),
    K("aaa accounting id:LINE", HEAD),
    K("clock timezone rest:LINE", HEAD),
    K("clock summer-time rest:LINE", HEAD),
    K("memory-size iomem rest:LINE", HEAD),
    K("mmi rest:LINE", HEAD),
    K("resource policy", HEAD),
    KNO("network-clock-participate rest:LINE", HEAD),
    KNO("dot11 syslog", HEAD),
    KNO("ip source-route", IP),
    KNO("ip subnet-zero", IP),
    KNO("ip cef", IP),
    KNO("ip gratuitous-arps", IP),
    KNO("ip bootp server", IP),
    KNO("ip finger", IP),
    KNO("ip dhcp use vrf connected", IP),
    KNO("ip icmp rate-limit unreachable", IP),
    K("ip domain name rest:WORD", IP),
    K("ip domain-name rest:WORD", IP),
    K("ip name-server id:A.B.C.D [rest:LINE]", IP),
    K("ip host id:WORD rest:LINE", IP),
    K("ip ssh id:LINE", IP),
    K("ip audit id:LINE", IP),
    K("ip tcp synwait-time rest:<5-300>", IP),
    KNO("ip auth-proxy", IP),
    KNO("multilink bundle-name authenticated", IP),
    KNO("voice-card id:<0-9>", IP),
    KNO("ip classless", ROUTING),
    K("ip forward-protocol id:WORD", ROUTING),
    KNO("ip http server", ROUTING),
    KNO("ip http secure-server", ROUTING),
    K("ip http authentication rest:LINE", ROUTING),
    KNO("ip pim bidir-enable", ROUTING),
    KNO("cdp run", ROUTING),
    K("call rsvp-sync", TAIL),
    K("dial-peer cor custom", TAIL),
    K("mgcp profile default", TAIL),
    K("mgcp behavior rest:LINE", TAIL),
    K("snmp-server id:LINE", TAIL),
    K("ntp server id:A.B.C.D [rest:LINE]", TAIL),
    K("ntp clock-period rest:LINE", TAIL),
    K("ntp source rest:IFNAME", TAIL),
    K("scheduler id:LINE", TAIL),
    K("alias id:WORD rest:LINE", TAIL),
    { "banner (motd|login|exec|incoming) text:LINE", banner, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "line (con|aux) port:<0-9>",                   section, 0 },
    { "line vty first:<0-1869> [last:<1-1869>]",     section, 0 },
    { "controller type:WORD port:WORD",              section, 0 },
    { "archive",                                     section, 0 },
    { "control-plane",                               section, 0 },
    { "gatekeeper",                                  section, 0 },
    { 0 } };

#define I(pattern) { pattern, keep_if, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = IOS_PLACE_SUB }
#define INO(pattern) { pattern, keep_if, CLI_NO | CLI_DEFAULT, .tag = IOS_PLACE_SUB | KEEP_NO }
const struct cli_command ios_config_if_keep[] = {
    I("duplex rest:WORD"),
    I("speed rest:WORD"),
    I("media-type rest:WORD"),
    I("delay rest:<1-16777215>"),
    I("load-interval rest:<30-600>"),
    I("encapsulation rest:WORD"),
    I("clock rate rest:<300-8000000>"),
    I("arp timeout rest:<0-2147483>"),
    I("hold-queue length:<0-4096> (in|out)"),
    I("tx-queue-limit rest:<1-1024>"),
    INO("ip route-cache cef"),
    INO("ip route-cache flow"),
    INO("ip mroute-cache"),
    INO("ip proxy-arp"),
    INO("ip redirects"),
    INO("ip mask-reply"),
    INO("ip directed-broadcast"),
    INO("ip split-horizon"),
    INO("cdp enable"),
    INO("mop enabled"),
    INO("mop sysid"),
    INO("fair-queue"),
    INO("snmp trap link-status"),
    INO("atm ilmi-keepalive"),
    INO("scrambling-payload"),
    INO("logging event link-status"),
    INO("half-duplex"),
    INO("full-duplex"),
    { 0 } };

#define L(pattern) { pattern, keep_sub, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = IOS_PLACE_SUB }
#define LNO(pattern) { pattern, keep_sub, CLI_NO | CLI_DEFAULT, .tag = IOS_PLACE_SUB | KEEP_NO }
const struct cli_command ios_config_line_rows[] = {
    L("exec-timeout rest:LINE"),
    L("password rest:LINE"),
    LNO("login"),
    L("login (local|authentication id:WORD)"),
    LNO("logging synchronous"),
    L("transport (input|output|preferred) rest:LINE"),
    L("escape-character rest:WORD"),
    L("stopbits rest:WORD"),
    L("speed rest:<50-4000000>"),
    L("flowcontrol rest:LINE"),
    L("privilege level rest:<0-15>"),
    L("history size rest:<0-256>"),
    L("length rest:<0-512>"),
    L("width rest:<0-512>"),
    L("access-class id:WORD (in|out)"),
    L("session-timeout rest:LINE"),
    L("absolute-timeout rest:<0-10000>"),
    L("modem rest:WORD"),
    LNO("exec"),
    LNO("ipv6 enable"),
    { 0 } };
const struct cli_command ios_config_controller_rows[] = {
    L("description rest:LINE"),
    L("framing rest:WORD"),
    L("linecode rest:WORD"),
    L("clock source rest:LINE"),
    LNO("shutdown"),
    L("log config"),
    L("hidekeys"),
    L("logging enable"),
    { 0 } };
// clang-format on
