/* Access lists, with netmasks: their lines, and a line back to its text. */
#include "asa_nat.h"

#include <string.h>

/* Names that this family has beside the common ones. */
static const struct vendor_name own_port[] = {
    {"https", 443}, {"ssh", 22}, {"http", 80}, {"imap4", 143}, {"ldap", 389}, {"ldaps", 636}, {0},
};
#define PROTOCOLS "(ip|igmp|ipinip|gre|esp|ahp|ah|eigrp|ospf|nos|pim|pcp|protocol:<0-255>)"
#define ICMP_TYPES                                                                                 \
    "[echo|echo-reply|unreachable|source-quench|redirect|time-exceeded|parameter-problem"          \
    "|timestamp-request|timestamp-reply|traceroute|type:<0-255> [code:<0-255>]]"
#define SOURCE "(any|host shost:A.B.C.D|(object|object-group) sobj:WORD|snet:A.B.C.D smask:MASK)"
#define TARGET "(any|host dhost:A.B.C.D|(object|object-group) dobj:WORD|dnet:A.B.C.D dmask:MASK)"
#define SPORT  "[(eq|gt|lt) sport:WORD|range sport:WORD sport2:WORD]"
#define DPORT  "[(eq|gt|lt) dport:WORD|range dport:WORD dport2:WORD]"
#define TAIL   " [log [level:<0-7>]]"

static const struct vendor_name *ports_of(uint8_t protocol)
{
    return protocol == 6 ? vendor_tcp_port : vendor_udp_port;
}

static int port_of(uint8_t protocol, const char *text)
{
    int port = vendor_port_of(ports_of(protocol), text);
    return port >= 0 ? port : vendor_port_of(own_port, text);
}

/* ---- A line from its words ---- */

static bool get_ports(struct asa *s, const struct cli_args *a, const char *first,
                      const char *second, uint8_t protocol, struct acl_ports *out)
{
    const char *text = cli_arg(a, first), *to_text = cli_arg(a, second),
               *op = cli_keyword_before(a, first);
    *out = (struct acl_ports){0, 65535};
    if (!text)
        return true;
    int port = port_of(protocol, text), to = to_text ? port_of(protocol, to_text) : port;
    bool gt = strcmp(op, "gt") == 0, lt = strcmp(op, "lt") == 0;
    if (port < 0 || to < port || (gt && port == 65535) || (lt && port == 0)) {
        asa_invalid(s, a, to < port && port >= 0 ? second : first);
        return false;
    }
    out->from = (uint16_t)(gt ? port + 1 : lt ? 0 : port);
    out->to = (uint16_t)(gt ? 65535 : lt ? port - 1 : to);
    return true;
}

static struct ip4_net get_net(const struct cli_args *a, const char *host, const char *net,
                              const char *mask)
{
    struct ip4_net n = {0, 0};
    if (cli_arg_ip4(a, host, &n.addr))
        n.mask = 0xffffffff;
    else if (cli_arg_ip4(a, net, &n.addr))
        cli_arg_ip4(a, mask, &n.mask);
    return n;
}

static uint8_t get_protocol(const struct cli_args *a)
{
    uint32_t number;
    if (cli_arg_u32(a, "protocol", &number))
        return (uint8_t)number;
    if (cli_has(a, "ah"))
        return 51;
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

static struct acl_line *get_line(struct asa *s, const struct cli_args *a)
{
    struct acl_line *l = acl_line_new();
    l->permit = cli_has(a, "permit");
    l->protocol = get_protocol(a);
    l->src = get_net(a, "shost", "snet", "smask");
    l->dst = get_net(a, "dhost", "dnet", "dmask");
    l->log = cli_has(a, "log");
    if (l->protocol == 1)
        get_icmp(a, l);
    if (get_ports(s, a, "sport", "sport2", l->protocol, &l->sport) &&
        get_ports(s, a, "dport", "dport2", l->protocol, &l->dport))
        return l;
    acl_line_free(l);
    return NULL;
}

/* ---- A list ---- */

static int line_at(const struct acl *acl, const struct acl_line *l)
{
    for (guint i = 0; i < acl->lines->len; i++) {
        const struct acl_line *o = g_ptr_array_index(acl->lines, i);
        bool same = l->remark ? g_strcmp0(o->remark, l->remark) == 0
                              : !o->remark && !o->text && acl_line_same(o, l);
        if (same)
            return (int)i;
    }
    return -1;
}

static void remove_line(struct asa *s, struct acl *acl, const struct acl_line *l, GString *out)
{
    int at = acl ? line_at(acl, l) : -1;
    if (at < 0) {
        asa_refuse(s, out, "ERROR: Specified access-list does not exist");
        return;
    }
    g_ptr_array_remove_index(acl->lines, (guint)at);
    asa_acl_renumber(acl);
    if (acl->lines->len == 0)
        net_acl_remove(s->d->node, acl->name);
}

static void put_line(struct asa *s, const struct cli_args *a, const char *name, bool extended,
                     struct acl_line *l, GString *out)
{
    struct acl *acl = net_acl(s->d->node, name);
    uint32_t place;
    if (cli_negated(a)) {
        remove_line(s, acl, l, out);
        acl_line_free(l);
    } else if (acl && acl->extended != extended && !l->remark) {
        asa_refuse(s, out, "ERROR: Unable to add, access-list is of different type");
        acl_line_free(l);
    } else if (acl && line_at(acl, l) >= 0) {
        if (!l->remark)
            g_string_append(out, "WARNING: <access-list> found duplicate element\n");
        acl_line_free(l);
    } else {
        acl = acl ? acl : net_acl_make(s->d->node, name, extended);
        if (cli_arg_u32(a, "line", &place) && asa_acl_place(acl, place) < acl->lines->len)
            l->number = 10 * (asa_acl_place(acl, place) + 1) - 5;
        acl_add(acl, l);
        asa_acl_renumber(acl);
    }
    asa_nat_list_changed(s, name, out);
    asa_changed(s, "access-list");
}

enum { STANDARD, EXTENDED };

static void line(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct acl_line *l = get_line(s, a);
    bool objects = cli_arg(a, "sobj") || cli_arg(a, "dobj");
    if (l && objects) {
        asa_acl_object_line(s, a, l, out);
        acl_line_free(l);
        asa_nat_list_changed(s, cli_arg(a, "list"), out);
        asa_changed(s, "access-list");
    } else if (l) {
        put_line(s, a, cli_arg(a, "list"), cli_tag(a) == EXTENDED, l, out);
    }
}

static void remark(void *self, const struct cli_args *a, GString *out)
{
    struct acl_line *l = acl_line_new();
    l->remark = g_strdup(cli_arg(a, "text"));
    put_line(self, a, cli_arg(a, "list"), true, l, out);
}

static void clear_list(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (!net_acl(s->d->node, cli_arg(a, "list"))) {
        asa_refuse(s, out, "ERROR: access-list <%s> does not exist", cli_arg(a, "list"));
        return;
    }
    net_acl_remove(s->d->node, cli_arg(a, "list"));
    asa_nat_list_changed(s, cli_arg(a, "list"), out);
    asa_changed(s, "clear configure access-list");
}

#define LIST "access-list list:WORD [line line:<1-65535>] [extended] (permit|deny) "

// clang-format off
const struct cli_command asa_config_acl[] = {
    { LIST PROTOCOLS " " SOURCE " " TARGET TAIL,                               line, CLI_NO, .tag = EXTENDED },
    { LIST "icmp " SOURCE " " TARGET " " ICMP_TYPES TAIL,                      line, CLI_NO, .tag = EXTENDED },
    { LIST "(tcp|udp) " SOURCE " " SPORT " " TARGET " " DPORT TAIL,            line, CLI_NO, .tag = EXTENDED },
    { "access-list list:WORD standard (permit|deny) " SOURCE,                  line, CLI_NO, .tag = STANDARD },
    { "access-list list:WORD [line line:<1-65535>] remark text:LINE",          remark, CLI_NO },
    { "clear configure access-list list:WORD",                                 clear_list, 0 },
    { 0 } };
// clang-format on

/* ---- A line back to its text ---- */

static void put_net(const struct asa *s, const char *object, struct ip4_net net, GString *out)
{
    if (object)
        g_string_append_printf(
            out, " %s %s", asa_object_find(s, object)->group ? "object-group" : "object", object);
    else if (net.mask == 0)
        g_string_append(out, " any");
    else if (net.mask == 0xffffffff)
        g_string_append_printf(out, " host %s", IP4S(net.addr));
    else
        g_string_append_printf(out, " %s %s", IP4S(net.addr), IP4S(net.mask));
}

static void put_port(GString *out, uint16_t port, uint8_t protocol)
{
    const char *name = vendor_name_of(ports_of(protocol), port);
    if (!name && protocol == 6)
        name = vendor_name_of(own_port, port);
    if (name)
        g_string_append_printf(out, " %s", name);
    else
        g_string_append_printf(out, " %u", port);
}

static void put_ports(GString *out, struct acl_ports p, uint8_t protocol)
{
    if (p.from == 0 && p.to == 65535)
        return;
    bool one = p.from == p.to, gt = p.to == 65535 && !one, lt = p.from == 0 && !one;
    g_string_append(out, one ? " eq" : gt ? " gt" : lt ? " lt" : " range");
    put_port(out, (uint16_t)(gt ? p.from - 1 : lt ? p.to + 1 : p.from), protocol);
    if (!one && !gt && !lt)
        put_port(out, p.to, protocol);
}

static void put_icmp(GString *out, const struct acl_line *l)
{
    if (l->icmp_type < 0)
        return;
    for (const struct vendor_icmp_name *m = vendor_icmp; m->name; m++)
        if (m->type == l->icmp_type && m->code == -1 && l->icmp_code == -1) {
            g_string_append_printf(out, " %s", m->name);
            return;
        }
    g_string_append_printf(out, " %d", l->icmp_type);
    if (l->icmp_code >= 0)
        g_string_append_printf(out, " %d", l->icmp_code);
}

void asa_acl_line_text(const struct acl *a, const struct acl_line *l, GString *out)
{
    asa_acl_text(NULL, a->extended, l, NULL, NULL, out);
}

void asa_acl_text(const struct asa *s, bool extended, const struct acl_line *l, const char *src,
                  const char *dst, GString *out)
{
    if (l->remark) {
        g_string_append_printf(out, "remark %s", l->remark);
        return;
    }
    g_string_append_printf(out, "%s %s", extended ? "extended" : "standard",
                           l->permit ? "permit" : "deny");
    if (!extended) {
        put_net(s, src, l->src, out);
        return;
    }
    const char *name = l->protocol == 51 ? "ah" : vendor_name_of(vendor_protocol, l->protocol);
    bool ports = l->protocol == 6 || l->protocol == 17;
    if (name)
        g_string_append_printf(out, " %s", name);
    else
        g_string_append_printf(out, " %u", l->protocol);
    put_net(s, src, l->src, out);
    if (ports)
        put_ports(out, l->sport, l->protocol);
    put_net(s, dst, l->dst, out);
    if (ports)
        put_ports(out, l->dport, l->protocol);
    if (l->protocol == 1)
        put_icmp(out, l);
    if (l->log)
        g_string_append(out, " log");
}
