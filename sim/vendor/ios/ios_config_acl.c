/* Access lists: numbered lines, named lists with their lines, and a line back to its text. */
#include "ios_conf.h"
#include "vendor/common.h"

#include <string.h>

#define PROTOCOLS "(ip|igmp|ipinip|gre|esp|ahp|eigrp|ospf|nos|pim|pcp|protocol:<0-255>)"
#define ICMP_TYPES                                                                                 \
    "[echo|echo-reply|unreachable|net-unreachable|host-unreachable|port-unreachable|packet-too-"   \
    "big"                                                                                          \
    "|administratively-prohibited|source-quench|redirect|time-exceeded|ttl-exceeded|parameter-"    \
    "problem"                                                                                      \
    "|timestamp-request|timestamp-reply|traceroute|type:<0-255> [code:<0-255>]]"
#define SOURCE "(any|host shost:A.B.C.D|snet:A.B.C.D swild:WILDCARD)"
#define TARGET "(any|host dhost:A.B.C.D|dnet:A.B.C.D dwild:WILDCARD)"
#define SPORT  "[(eq|gt|lt|neq) sport:WORD|range sport:WORD sport2:WORD]"
#define DPORT  "[(eq|gt|lt|neq) dport:WORD|range dport:WORD dport2:WORD]"

static const struct vendor_name *ports_of(uint8_t protocol)
{
    return protocol == 6 ? vendor_tcp_port : vendor_udp_port;
}

/* ---- A line from its words ---- */

struct ranges {
    struct acl_ports r[2];
    size_t n;
};

/* "neq 25" is two ranges, and so two lines of the neutral list. */
static bool get_ports(struct ios *s, const struct cli_args *a, const char *first,
                      const char *second, uint8_t protocol, struct ranges *out)
{
    *out = (struct ranges){{{0, 65535}}, 1};
    const char *text = cli_arg(a, first), *to_text = cli_arg(a, second),
               *op = cli_keyword_before(a, first);
    if (!text)
        return true;
    const struct vendor_name *names = ports_of(protocol);
    int port = vendor_port_of(names, text), to = to_text ? vendor_port_of(names, to_text) : port;
    bool empty = (strcmp(op, "gt") == 0 && port == 65535) || (strcmp(op, "lt") == 0 && port == 0);
    if (port < 0 || to < 0 || empty) {
        ios_invalid(s, a, port < 0 || empty ? first : second);
        return false;
    }
    uint16_t from = (uint16_t)MIN(port, to), last = (uint16_t)MAX(port, to);
    if (strcmp(op, "gt") == 0)
        out->r[0] = (struct acl_ports){(uint16_t)(from + 1), 65535};
    else if (strcmp(op, "lt") == 0)
        out->r[0] = (struct acl_ports){0, (uint16_t)(from - 1)};
    else if (strcmp(op, "neq") != 0)
        out->r[0] = (struct acl_ports){from, last};
    else {
        out->n = 0;
        if (from > 0)
            out->r[out->n++] = (struct acl_ports){0, (uint16_t)(from - 1)};
        if (from < 65535)
            out->r[out->n++] = (struct acl_ports){(uint16_t)(from + 1), 65535};
    }
    return true;
}

static struct ip4_net get_net(const struct cli_args *a, const char *host, const char *net,
                              const char *wild)
{
    struct ip4_net n = {0, 0};
    ip4 w = 0;
    if (cli_arg_ip4(a, host, &n.addr)) {
        n.mask = 0xffffffff;
    } else if (cli_arg_ip4(a, net, &n.addr)) {
        cli_arg_ip4(a, wild, &w); /* a standard line without wildcard means one host */
        n.mask = ~w; /* host bits stay: shown without, but some peers send them as identities */
    }
    return n;
}

static uint8_t get_protocol(const struct cli_args *a)
{
    uint32_t number;
    if (cli_arg_u32(a, "protocol", &number))
        return (uint8_t)number;
    for (const struct vendor_name *p = vendor_protocol; p->name; p++)
        if (cli_has(a, p->name))
            return (uint8_t)p->number;
    return 0;
}

static void get_icmp(const struct cli_args *a, struct acl_line *l)
{
    uint32_t v;
    for (const struct vendor_icmp_name *m = vendor_icmp; m->name; m++)
        if (cli_has(a, m->name)) {
            l->icmp_type = m->type;
            l->icmp_code = m->code;
        }
    if (cli_arg_u32(a, "type", &v))
        l->icmp_type = (int)v;
    if (cli_arg_u32(a, "code", &v))
        l->icmp_code = (int)v;
}

/* A line that the list has already is passed over without a word, as the device does. */
static bool have_line(const struct acl *acl, const struct acl_line *l)
{
    for (guint i = 0; i < acl->lines->len; i++) {
        const struct acl_line *o = g_ptr_array_index(acl->lines, i);
        if (!o->remark && acl_line_same(o, l))
            return true;
    }
    return false;
}

static void remove_line(struct acl *acl, const struct acl_line *l)
{
    for (guint i = acl->lines->len; i-- > 0;) {
        const struct acl_line *o = g_ptr_array_index(acl->lines, i);
        if (!o->remark && acl_line_same(o, l))
            g_ptr_array_remove_index(acl->lines, i);
    }
}

static void put_line(struct ios *s, struct acl *acl, struct acl_line *l, bool remove, GString *out)
{
    uint32_t number = l->number;
    if (remove) {
        remove_line(acl, l);
        acl_line_free(l);
    } else if (have_line(acl, l)) {
        acl_line_free(l);
    } else if (!acl_add(acl, l)) {
        ios_refuse(s, out, "%% Duplicate sequence number %u", number);
    }
}

/* Adds or removes what the words say: one line, or several for "neq". */
static void edit(struct ios *s, struct acl *acl, const struct cli_args *a, bool remove,
                 GString *out)
{
    struct ranges sports, dports;
    uint8_t protocol = acl->extended ? get_protocol(a) : 0;
    uint32_t number = 0;
    if (!get_ports(s, a, "sport", "sport2", protocol, &sports) ||
        !get_ports(s, a, "dport", "dport2", protocol, &dports))
        return;
    cli_arg_u32(a, "number", &number);
    for (size_t i = 0; i < sports.n; i++)
        for (size_t j = 0; j < dports.n; j++) {
            struct acl_line *l = acl_line_new();
            l->number = i + j == 0 ? number : 0;
            l->permit = cli_has(a, "permit");
            l->protocol = protocol;
            l->src = get_net(a, "shost", "snet", "swild");
            l->dst = get_net(a, "dhost", "dnet", "dwild");
            l->sport = sports.r[i];
            l->dport = dports.r[j];
            if (protocol == 1)
                get_icmp(a, l);
            l->log = cli_has(a, "log") || cli_has(a, "log-input");
            put_line(s, acl, l, remove, out);
        }
    ios_changed(s, "access-list");
}

static void remark(struct acl *acl, const char *text)
{
    struct acl_line *l = acl_line_new();
    l->remark = g_strdup(text);
    acl_add(acl, l);
}

/* ---- Numbered lists ---- */

enum { STANDARD, EXTENDED };

static void numbered(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "list");
    if (!name) {
        ios_refuse(s, out, "%% Incomplete command.");
        return;
    }
    g_autofree char *plain =
        g_strdup_printf("%u", (unsigned)g_ascii_strtoull(name, NULL, 10)); /* "0110" is 110 */
    if (cli_negated(a)) { /* whatever line is named, the whole list goes */
        net_acl_remove(s->d->node, plain);
        ios_changed(s, "no access-list");
        return;
    }
    struct acl *acl = net_acl(s->d->node, plain);
    if (!acl)
        acl = net_acl_make(s->d->node, plain, cli_tag(a) == EXTENDED);
    if (cli_arg(a, "text"))
        remark(acl, cli_arg(a, "text"));
    else
        edit(s, acl, a, false, out);
    if (acl->lines->len == 0)
        net_acl_remove(s->d->node, plain);
}

/* ---- Named lists ---- */

static void named_mode(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    bool extended = cli_tag(a) == EXTENDED;
    struct acl *acl = net_acl(s->d->node, name);
    if (cli_negated(a)) {
        net_acl_remove(s->d->node, name);
        ios_changed(s, "no ip access-list");
        return;
    }
    bool is_number = strspn(name, "0123456789") == strlen(name);
    guint64 number = is_number ? g_ascii_strtoull(name, NULL, 10) : 0;
    bool standard_number = number < 100 || (number >= 1300 && number < 2000);
    if ((acl && acl->extended != extended) || (is_number && standard_number == extended)) {
        ios_refuse(s, out, "%% Access list %s is of another type", name);
        return;
    }
    net_acl_make(s->d->node, name, extended);
    g_free(s->at_acl);
    s->at_acl = g_strdup(name);
    ios_enter(s, extended ? &ios_mode_acl_ext : &ios_mode_acl_std);
}

static void named(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct acl *acl = net_acl_make(s->d->node, s->at_acl, s->mode == &ios_mode_acl_ext);
    if (cli_arg(a, "text")) {
        if (!cli_negated(a))
            remark(acl, cli_arg(a, "text"));
        return;
    }
    edit(s, acl, a, cli_negated(a), out);
}

static void named_number(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct acl *acl = net_acl_make(s->d->node, s->at_acl, s->mode == &ios_mode_acl_ext);
    uint32_t number = 0;
    cli_arg_u32(a, "number", &number);
    if (!cli_negated(a)) {
        ios_refuse(s, out, "%% Incomplete command.");
        return;
    }
    for (guint i = 0; i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        if (l->number != number)
            continue;
        g_ptr_array_remove_index(acl->lines, i);
        ios_changed(s, "no access-list line");
        return;
    }
}

#define STD_LIST  "access-list (list:<1-99>|list:<1300-1999>) "
#define EXT_LIST  "access-list (list:<100-199>|list:<2000-2699>) "
#define STD_LINE  "(permit|deny) (any|host shost:A.B.C.D|snet:A.B.C.D [swild:WILDCARD]) [log]"
#define IP_LINE   "(permit|deny) " PROTOCOLS " " SOURCE " " TARGET " [log|log-input]"
#define ICMP_LINE "(permit|deny) icmp " SOURCE " " TARGET " " ICMP_TYPES " [log|log-input]"
#define PORT_LINE                                                                                  \
    "(permit|deny) (tcp|udp) " SOURCE " " SPORT " " TARGET " " DPORT " [log|log-input]"
#define NUMBER "[number:<1-2147483647>] "

// clang-format off
const struct cli_command ios_config_acl[] = {
    { STD_LIST STD_LINE,            numbered,   CLI_NO | CLI_NO_ONLY_PREFIX, .tag = STANDARD },
    { STD_LIST "remark text:LINE",  numbered,   CLI_NO | CLI_NO_ONLY_PREFIX, .tag = STANDARD },
    { EXT_LIST IP_LINE,             numbered,   CLI_NO | CLI_NO_ONLY_PREFIX, .tag = EXTENDED },
    { EXT_LIST ICMP_LINE,           numbered,   CLI_NO | CLI_NO_ONLY_PREFIX, .tag = EXTENDED },
    { EXT_LIST PORT_LINE,           numbered,   CLI_NO | CLI_NO_ONLY_PREFIX, .tag = EXTENDED },
    { EXT_LIST "remark text:LINE",  numbered,   CLI_NO | CLI_NO_ONLY_PREFIX, .tag = EXTENDED },
    { "ip access-list standard name:WORD", named_mode, CLI_NO, .tag = STANDARD },
    { "ip access-list extended name:WORD", named_mode, CLI_NO, .tag = EXTENDED },
    { 0 } };
const struct cli_command ios_config_acl_std_rows[] = {
    { NUMBER STD_LINE,              named,        CLI_NO },
    { "remark text:LINE",           named,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "number:<1-2147483647>",      named_number, CLI_NO },
    { 0 } };
const struct cli_command ios_config_acl_ext_rows[] = {
    { NUMBER IP_LINE,               named,        CLI_NO },
    { NUMBER ICMP_LINE,             named,        CLI_NO },
    { NUMBER PORT_LINE,             named,        CLI_NO },
    { "remark text:LINE",           named,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "number:<1-2147483647>",      named_number, CLI_NO },
    { 0 } };
// clang-format on

/* ---- A line back to its text ---- */

static void put_net(GString *out, struct ip4_net net, bool standard)
{
    if (net.mask == 0)
        g_string_append(out, " any");
    else if (net.mask == 0xffffffff)
        g_string_append_printf(out, standard ? " %s" : " host %s", IP4S(net.addr));
    else
        g_string_append_printf(out, " %s %s", IP4S(net.addr & net.mask), IP4S(~net.mask));
}

static void put_port(GString *out, const char *op, uint16_t port, uint8_t protocol)
{
    const char *name = vendor_name_of(ports_of(protocol), port);
    g_string_append_printf(out, "%s%s", op[0] ? " " : "", op);
    if (name)
        g_string_append_printf(out, " %s", name);
    else
        g_string_append_printf(out, " %u", port);
}

static void put_ports(GString *out, struct acl_ports p, uint8_t protocol)
{
    if (p.from == 0 && p.to == 65535)
        return;
    if (p.from == p.to) {
        put_port(out, "eq", p.from, protocol);
    } else if (p.to == 65535) {
        put_port(out, "gt", (uint16_t)(p.from - 1), protocol);
    } else if (p.from == 0) {
        put_port(out, "lt", (uint16_t)(p.to + 1), protocol);
    } else {
        put_port(out, "range", p.from, protocol);
        put_port(out, "", p.to, protocol);
    }
}

static void put_icmp(GString *out, const struct acl_line *l)
{
    if (l->icmp_type < 0)
        return;
    for (const struct vendor_icmp_name *m = vendor_icmp; m->name; m++)
        if (m->type == l->icmp_type && m->code == l->icmp_code) {
            g_string_append_printf(out, " %s", m->name);
            return;
        }
    g_string_append_printf(out, " %d", l->icmp_type);
    if (l->icmp_code >= 0)
        g_string_append_printf(out, " %d", l->icmp_code);
}

void ios_acl_line_text(const struct acl *a, const struct acl_line *l, GString *out)
{
    if (l->remark) {
        g_string_append_printf(out, "remark %s", l->remark);
        return;
    }
    g_string_append(out, l->permit ? "permit" : "deny");
    if (a->extended) {
        const char *name = vendor_name_of(vendor_protocol, l->protocol);
        if (name)
            g_string_append_printf(out, " %s", name);
        else
            g_string_append_printf(out, " %u", l->protocol);
    }
    put_net(out, l->src, !a->extended);
    bool ports = l->protocol == 6 || l->protocol == 17;
    if (ports)
        put_ports(out, l->sport, l->protocol);
    if (a->extended)
        put_net(out, l->dst, false);
    if (ports)
        put_ports(out, l->dport, l->protocol);
    if (l->protocol == 1)
        put_icmp(out, l);
    if (l->log)
        g_string_append(out, " log");
}
