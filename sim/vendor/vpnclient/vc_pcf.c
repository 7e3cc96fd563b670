/* Profiles (.pcf): [main] is a connection entry, with the product's own keys; [main:NAME] another.
 * What a profile does not have, because Windows has it, is in sections of our own: [x-pc] for the
 * PC, [x-hosts] for its hosts file. A `!` before a key marks it read-only, as administrators do. */
#include "vc.h"

#include <string.h>
#include "base/text.h"

/* ---- Keys of [main] ---- */

enum key_kind { KEY_TEXT, KEY_NUMBER, KEY_SWITCH, KEY_KEPT };
struct key {
    const char *name;
    enum key_kind kind;
    size_t at;
    uint32_t low, high;
};
#define TEXT(name, member)                                                                         \
    {                                                                                              \
        name, KEY_TEXT, offsetof(struct vc_profile, member), 0, 0                                  \
    }
#define SWITCH(name, member)                                                                       \
    {                                                                                              \
        name, KEY_SWITCH, offsetof(struct vc_profile, member), 0, 1                                \
    }
#define NUMBER(name, member, low, high)                                                            \
    {                                                                                              \
        name, KEY_NUMBER, offsetof(struct vc_profile, member), low, high                           \
    }
#define KEPT(name)                                                                                 \
    {                                                                                              \
        name, KEY_KEPT, 0, 0, 0                                                                    \
    }

// clang-format off
static const struct key keys[] = {
    TEXT("Description", description),   TEXT("Host", host),
    NUMBER("AuthType", auth_type, 1, 5),
    TEXT("GroupName", group),           TEXT("GroupPwd", group_pwd),
    TEXT("enc_GroupPwd", enc_group_pwd),
    TEXT("Username", user),             TEXT("UserPassword", user_pwd),
    TEXT("NTDomain", domain),
    SWITCH("SaveUserPassword", save_pwd),
    SWITCH("EnableBackup", use_backups), TEXT("BackupServer", backups),
    SWITCH("EnableNat", nat),           NUMBER("TunnelingMode", over_tcp, 0, 1),
    NUMBER("TcpTunnelingPort", tcp_port, 1, 65535),
    NUMBER("DHGroup", dh_group, 1, 5),  SWITCH("ForceKeepAlives", keepalives),
    NUMBER("PeerTimeout", peer_timeout_s, 30, 480),
    SWITCH("EnableLocalLAN", local_lan), SWITCH("EnableSplitDNS", split_dns),
    SWITCH("UseLegacyIKEPort", local_port),
    /* Of what is around IPsec: dial-up, Windows logon, certificates, tokens. */
    KEPT("EnableMSLogon"),      KEPT("MSLogonType"),       KEPT("EnableISPConnect"),
    KEPT("ISPConnectType"),     KEPT("ISPConnect"),        KEPT("ISPPhonebook"),
    KEPT("ISPCommand"),         KEPT("enc_UserPassword"),  KEPT("CertStore"),
    KEPT("CertName"),           KEPT("CertPath"),          KEPT("CertSubjectName"),
    KEPT("CertSerialHash"),     KEPT("SendCertChain"),     KEPT("VerifyCertDN"),
    KEPT("ForceNetLogin"),      KEPT("SDIUseHardwareToken"), KEPT("RadiusSDI"),
    KEPT("CertGUID"),           KEPT("EnableAutoInitiation"),
};
// clang-format on

void vc_profile_free(gpointer p)
{
    struct vc_profile *f = p;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].kind == KEY_TEXT)
            g_free(*(char **)((char *)f + keys[i].at));
    g_free(f->name);
    g_free(f);
}

static struct vc_profile *profile_new(const char *name, int line)
{
    struct vc_profile *p = g_new0(struct vc_profile, 1);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (keys[i].kind == KEY_TEXT)
            *(char **)((char *)p + keys[i].at) = g_strdup("");
    p->name = g_strdup(name);
    p->line = line;
    p->auth_type = 1;
    p->dh_group = 2;
    p->peer_timeout_s = 90;
    p->tcp_port = VC_PORT_TCP;
    p->nat = p->split_dns = p->local_port = true;
    return p;
}

struct vc_profile *vc_profile_find(const struct vc *s, const char *name)
{
    g_autofree char *plain =
        g_str_has_suffix(name, ".pcf") ? g_strndup(name, strlen(name) - 4) : g_strdup(name);
    for (guint i = 0; i < s->profiles->len; i++) {
        struct vc_profile *p = s->profiles->pdata[i];
        if (!*p->name || g_ascii_strcasecmp(p->name, plain) == 0)
            return p;
    }
    return NULL;
}

static const struct key *key_find(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (g_ascii_strcasecmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

static char *unknown(const char *name, const char *const *names, size_t n)
{
    const char *near = text_nearest(name, names, n);
    return near ? g_strdup_printf("unknown key \"%s\"; did you mean \"%s\"?", name, near)
                : g_strdup_printf("unknown key \"%s\"; this section has none of that name", name);
}

static char *key_unknown(const char *name)
{
    const char *names[G_N_ELEMENTS(keys)];
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        names[i] = keys[i].name;
    return unknown(name, names, G_N_ELEMENTS(names));
}

/* "Key=value" in two words, without blanks and the mark of read-only keys. NULL: there is no sign.
 */
static char *split(const char *setting, char **value)
{
    const char *sign = strchr(setting, '=');
    if (!sign)
        return NULL;
    setting += strspn(setting, " \t");
    setting += *setting == '!';
    *value = g_strstrip(g_strdup(sign + 1));
    return g_strstrip(g_strndup(setting, (gsize)MAX(sign - setting, 0)));
}

static char *set_number(const struct key *k, const char *value, uint32_t *out)
{
    uint64_t v;
    if (!text_u64(value, 10, &v) || v < k->low || v > k->high)
        return g_strdup_printf("%s: a number from %u to %u, not \"%s\"", k->name, k->low, k->high,
                               value);
    *out = (uint32_t)v;
    return NULL;
}

char *vc_profile_set(struct vc_profile *p, const char *setting)
{
    g_autofree char *value = NULL, *name = split(setting, &value);
    if (!name)
        return g_strdup("not a line of a profile; write Key=value");
    const struct key *k = key_find(name);
    uint32_t v = 0;
    if (!k)
        return key_unknown(name);
    void *place = (char *)p + k->at;
    if (k->kind == KEY_KEPT)
        return NULL;
    if (k->kind == KEY_TEXT) {
        if (strlen(value) > 255)
            return g_strdup_printf("%s: longer than 255 bytes", k->name);
        g_free(*(char **)place);
        *(char **)place = g_steal_pointer(&value);
        return NULL;
    }
    /* An empty value is the default, as editors of profiles leave it. */
    char *problem = *value ? set_number(k, value, &v) : NULL;
    if (problem || !*value)
        return problem;
    if (k->kind == KEY_SWITCH)
        *(bool *)place = v;
    else
        *(uint32_t *)place = v;
    if (place == &p->auth_type && v != 1)
        return g_strdup_printf("AuthType=%u: only group passwords are modelled; write AuthType=1",
                               v);
    if (place == &p->dh_group && v != 1 && v != 2 && v != 5)
        return g_strdup("DHGroup: there are 1, 2 and 5");
    return NULL;
}

/* ---- [x-pc] and [x-hosts] ---- */

static bool set_servers(struct vc_pc *pc, const char *value)
{
    g_auto(GStrv) part = g_strsplit(value, ",", -1);
    pc->n_dns = 0;
    for (int i = 0; part[i]; i++) {
        ip4 a;
        if (!*g_strstrip(part[i]))
            continue;
        if (pc->n_dns == VC_MAX_DNS || !ip4_parse(part[i], &a))
            return false;
        pc->dns[pc->n_dns++] = a;
    }
    return true;
}

static char *set_address(struct vc_pc *pc, const char *value)
{
    struct ip4_net net;
    pc->dhcp = g_ascii_strcasecmp(value, "dhcp") == 0;
    if (pc->dhcp)
        return NULL;
    if (!ip4_net_parse(value, &net) || !net.addr || ip4_mask_len(net.mask) > 30)
        return g_strdup_printf("address: \"%s\" is none; write 192.168.1.10/24, or dhcp", value);
    pc->addr = net.addr;
    pc->mask = net.mask;
    return NULL;
}

static char *set_pc(struct vc *s, const char *setting)
{
    static const char *const names[] = {"address", "gateway", "dns", "domain", "mtu", "firewall"};
    struct vc_pc *pc = &s->pc;
    g_autofree char *value = NULL, *name = split(setting, &value);
    uint64_t v = 0;
    if (!name)
        return g_strdup("not a line of a profile; write key=value");
    if (g_ascii_strcasecmp(name, names[0]) == 0)
        return set_address(pc, value);
    if (g_ascii_strcasecmp(name, names[1]) == 0)
        return ip4_parse(value, &pc->gateway)
                   ? NULL
                   : g_strdup_printf("gateway: \"%s\" is no address", value);
    if (g_ascii_strcasecmp(name, names[2]) == 0)
        return set_servers(pc, value)
                   ? NULL
                   : g_strdup_printf("dns: at most %d addresses, separated by commas", VC_MAX_DNS);
    if (g_ascii_strcasecmp(name, names[3]) == 0) {
        g_free(pc->domain);
        pc->domain = g_steal_pointer(&value);
        return NULL;
    }
    if (g_ascii_strcasecmp(name, names[4]) == 0) {
        if (!text_u64(value, 10, &v) || v < 68 || v > 1500)
            return g_strdup("mtu: a number from 68 to 1500");
        pc->mtu = (uint32_t)v;
        return NULL;
    }
    if (g_ascii_strcasecmp(name, names[5]) == 0) {
        if (!text_u64(value, 10, &v) || v > 1)
            return g_strdup("firewall: 0 or 1");
        pc->firewall = v;
        return NULL;
    }
    return unknown(name, names, G_N_ELEMENTS(names));
}

static char *set_host(struct vc *s, const char *setting)
{
    g_autofree char *value = NULL, *name = split(setting, &value);
    ip4 addr;
    if (!name || !*name || !ip4_parse(value, &addr))
        return g_strdup("a line of hosts is name=address");
    struct vc_host *h = g_new0(struct vc_host, 1);
    h->name = g_steal_pointer(&name);
    h->addr = addr;
    g_ptr_array_add(s->hosts, h);
    return NULL;
}

void vc_host_free(gpointer p)
{
    struct vc_host *h = p;
    g_free(h->name);
    g_free(h);
}

/* ---- The text ---- */

struct loading {
    struct vc *s;
    const char *file;
    GPtrArray *problems;
    enum { IN_NOTHING, IN_MAIN, IN_PC, IN_HOSTS } section;
    struct vc_profile *profile;
    int number;
};

static void problem(struct loading *l, int number, const char *line, char *message)
{
    if (message && l->problems && l->problems->len < 200)
        device_problem_add(l->problems, l->file, number, 0, line, "%s", message);
    g_free(message);
}

static void begin_profile(struct loading *l, const char *name)
{
    l->section = IN_MAIN;
    l->profile = profile_new(name, l->number);
    g_ptr_array_add(l->s->profiles, l->profile);
}

static void begin_section(struct loading *l, const char *line)
{
    g_autofree char *name = g_strndup(line + 1, strlen(line) - 2);
    g_strstrip(name);
    l->section = IN_NOTHING;
    if (g_ascii_strcasecmp(name, "main") == 0)
        begin_profile(l, "");
    else if (g_ascii_strncasecmp(name, "main:", 5) == 0 && name[5])
        begin_profile(l, name + 5);
    else if (g_ascii_strcasecmp(name, "x-pc") == 0)
        l->section = IN_PC;
    else if (g_ascii_strcasecmp(name, "x-hosts") == 0)
        l->section = IN_HOSTS;
    else
        problem(l, l->number, line,
                g_strdup_printf("unknown section \"%s\"; there are [main], [main:NAME], [x-pc] and "
                                "[x-hosts]",
                                name));
}

static void read_line(struct loading *l, char *line)
{
    g_strstrip(line); /* the carriage return of such files, too */
    size_t n = strlen(line);
    if (n == 0 || *line == ';' || *line == '#' || strcmp(line, "end") == 0)
        return;
    if (*line == '[' && line[n - 1] == ']') {
        begin_section(l, line);
        return;
    }
    char *message = l->section == IN_MAIN    ? vc_profile_set(l->profile, line)
                    : l->section == IN_PC    ? set_pc(l->s, line)
                    : l->section == IN_HOSTS ? set_host(l->s, line)
                                             : g_strdup("stands in no section; begin with [main]");
    problem(l, l->number, line, message);
}

static void check_profile(struct loading *l, const struct vc_profile *p)
{
    const char *lacks = !*p->host                              ? "Host=, the gateway's address"
                        : !*p->group                           ? "GroupName="
                        : !*p->group_pwd && !*p->enc_group_pwd ? "GroupPwd="
                                                               : NULL;
    if (lacks)
        problem(l, p->line, "[main]", g_strdup_printf("the profile lacks %s", lacks));
    if (!*p->group_pwd && *p->enc_group_pwd)
        problem(l, p->line, "[main]",
                g_strdup("enc_GroupPwd= is obfuscated, and is not read back here; write the "
                         "password as GroupPwd="));
}

static void check_pc(struct loading *l)
{
    const struct vc_pc *pc = &l->s->pc;
    if (!pc->addr && !pc->dhcp)
        problem(l, 1, "[x-pc]",
                g_strdup("the PC has no address; add [x-pc] with address=192.168.1.10/24 and "
                         "gateway=, or address=dhcp"));
    else if (pc->addr && pc->gateway && ((pc->addr ^ pc->gateway) & pc->mask))
        problem(l, 1, "[x-pc]", g_strdup("gateway: not on the network of the PC's address"));
}

bool vc_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
             GError **error)
{
    struct vc *s = vc_of(d);
    struct loading l = {.s = s, .file = file ? file : "profile", .problems = problems};
    if (!vendor_text_readable(text, l.file, error))
        return false;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (int i = 0; lines[i]; i++) {
        l.number = i + 1;
        read_line(&l, lines[i]);
    }
    for (guint i = 0; i < s->profiles->len; i++)
        check_profile(&l, s->profiles->pdata[i]);
    check_pc(&l);
    vc_config_init(s);
    return true;
}
