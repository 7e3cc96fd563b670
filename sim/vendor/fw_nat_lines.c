/* nat, global and static lines up to 8.2: parsed, refused, taken away, shown again; and the rules
 * they make, in the order of the command reference: exemption, static, policy NAT, then nat lines
 * of which the narrowest network serves. */
#include "fw_nat.h"

#include <string.h>

void fw_line_free(void *p)
{
    struct fw_line *l = p;
    g_free(l->in);
    g_free(l->out);
    g_free(l->acl);
    g_free(l->rest);
    g_free(l);
}

static bool refuse(GString *out, const char *text)
{
    g_string_append_printf(out, "%s\n", text);
    return false;
}

bool fw_pair_parse(const char *text, char **in, char **out)
{
    size_t n = strlen(text);
    *in = *out = NULL;
    if (n < 3 || text[0] != '(' || text[n - 1] != ')')
        return false;
    g_autofree char *inner = g_strndup(text + 1, n - 2);
    char *comma = strchr(inner, ',');
    if (comma)
        *comma++ = '\0';
    *in = g_strdup(inner);
    *out = g_strdup(comma);
    return true;
}

/* "(inside)" alone, or a pair; every name must be that of an interface. */
static bool get_names(const struct fw_nat *t, const struct cli_args *a, struct fw_line *l,
                      GString *out)
{
    bool pair = l->kind == FW_LINE_STATIC;
    bool ok = fw_pair_parse(cli_arg(a, "if"), &l->in, &l->out) && pair == (l->out != NULL);
    const char *const name[] = {l->in, l->out};
    for (size_t i = 0; ok && i < G_N_ELEMENTS(name); i++)
        if (name[i] && !t->ops.net_if(t->ops.self, name[i])) {
            g_string_append_printf(out, "ERROR: interface name \"%s\" is not known\n", name[i]);
            return false;
        }
    if (!ok)
        return refuse(out, pair ? "ERROR: the interfaces are given as (real_ifc,mapped_ifc)"
                                : "ERROR: the interface is given in brackets");
    if (l->kind == FW_LINE_GLOBAL)
        l->out = g_steal_pointer(&l->in);
    return true;
}

static struct fw_line *line_new(enum fw_line_kind kind)
{
    struct fw_line *l = g_new0(struct fw_line, 1);
    l->kind = kind;
    return l;
}

/* ---- What may be a list of what ---- */

static bool names_ports(const struct acl_line *l)
{
    return l->protocol || l->sport.from || l->sport.to != 65535 || l->dport.from ||
           l->dport.to != 65535;
}

/* An exemption goes by addresses; of policy NAT every line permits. */
static bool list_fits(const struct fw_nat *t, const struct fw_line *l)
{
    const struct acl *acl = net_acl(t->d->node, l->acl);
    bool exempt = l->kind == FW_LINE_NAT && l->id == 0;
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *x = g_ptr_array_index(acl->lines, i);
        if (!x->remark && (exempt ? names_ports(x) : !x->permit))
            return false;
    }
    return true;
}

#define UNFIT "ERROR: ACE contains port, protocol, or deny. Removing NAT configuration"

void fw_lines_list_changed(struct fw_nat *t, const char *acl, GString *out)
{
    bool any = false;
    for (guint i = t->lines->len; i-- > 0;) {
        const struct fw_line *l = g_ptr_array_index(t->lines, i);
        if (g_strcmp0(l->acl, acl) != 0 || (net_acl(t->d->node, acl) && list_fits(t, l)))
            continue;
        if (net_acl(t->d->node, acl) && out)
            refuse(out, UNFIT);
        g_ptr_array_remove_index(t->lines, i);
        any = true;
    }
    if (any)
        fw_nat_rebuild(t);
}

static bool get_list(const struct fw_nat *t, const struct cli_args *a, struct fw_line *l,
                     GString *out)
{
    l->acl = g_strdup(cli_arg(a, "list"));
    if (cli_negated(a))
        return true;
    if (!net_acl(t->d->node, l->acl)) {
        g_string_append_printf(out, "ERROR: access-list <%s> does not exist\n", l->acl);
        return false;
    }
    return list_fits(t, l) || refuse(out, UNFIT);
}

/* ---- Adding and taking away ---- */

static bool same_line(const struct fw_line *a, const struct fw_line *b)
{
    return a->kind == b->kind && a->id == b->id && g_strcmp0(a->in, b->in) == 0 &&
           g_strcmp0(a->out, b->out) == 0 && g_strcmp0(a->acl, b->acl) == 0 &&
           a->real.addr == b->real.addr && a->real.mask == b->real.mask &&
           a->interface == b->interface && a->first == b->first && a->last == b->last &&
           a->protocol == b->protocol && a->mapped_port == b->mapped_port &&
           a->real_port == b->real_port;
}

static int line_at(const struct fw_nat *t, const struct fw_line *l)
{
    for (guint i = 0; i < t->lines->len; i++)
        if (same_line(g_ptr_array_index(t->lines, i), l))
            return (int)i;
    return -1;
}

static bool finish(struct fw_nat *t, const struct cli_args *a, struct fw_line *l, GString *out)
{
    int at = line_at(t, l);
    bool no = cli_negated(a);
    if (no && at < 0) {
        fw_line_free(l);
        return refuse(out, "ERROR: no such translation is configured");
    }
    if (no) {
        g_ptr_array_remove_index(t->lines, (guint)at);
        fw_line_free(l);
    } else if (at >= 0) {
        fw_line_free(l);
        return refuse(out, "ERROR: Duplicate NAT entry");
    } else {
        l->serial = t->next_serial++;
        g_ptr_array_add(t->lines, l);
    }
    fw_nat_rebuild(t);
    return true;
}

void fw_lines_clear(struct fw_nat *t, enum fw_line_kind kind)
{
    for (guint i = t->lines->len; i-- > 0;)
        if (((const struct fw_line *)g_ptr_array_index(t->lines, i))->kind == kind)
            g_ptr_array_remove_index(t->lines, i);
    fw_nat_rebuild(t);
}

bool fw_line_nat(struct fw_nat *t, const struct cli_args *a, GString *out)
{
    struct fw_line *l = line_new(FW_LINE_NAT);
    cli_arg_u32(a, "id", &l->id);
    l->rest = g_strdup(cli_arg(a, "rest"));
    bool list = cli_has(a, "list");
    if (!get_names(t, a, l, out) || (list && !get_list(t, a, l, out))) {
        fw_line_free(l);
        return false;
    }
    l->real.mask = list ? 0 : 0xffffffff;
    cli_arg_ip4(a, "real", &l->real.addr);
    if (!list && !cli_arg_ip4(a, "mask", &l->real.mask) && l->real.addr == 0)
        l->real.mask = 0;
    if (l->real.addr & ~l->real.mask) {
        fw_line_free(l);
        return refuse(out, "ERROR: address and netmask do not fit");
    }
    bool identity = !list && l->id == 0 && !cli_negated(a);
    ip4 shown = l->real.addr;
    bool ok = finish(t, a, l, out);
    if (ok && identity)
        g_string_append_printf(out, "nat 0 %s will be identity translated for outbound\n",
                               IP4S(shown));
    return ok;
}

static bool get_range(const char *text, struct fw_line *l)
{
    g_auto(GStrv) end = g_strsplit(text, "-", 2);
    if (!end[0] || !ip4_parse(end[0], &l->first))
        return false;
    l->last = l->first;
    return !end[1] || (ip4_parse(end[1], &l->last) && l->last >= l->first);
}

bool fw_line_global(struct fw_nat *t, const struct cli_args *a, GString *out)
{
    struct fw_line *l = line_new(FW_LINE_GLOBAL);
    const char *range = cli_arg(a, "range");
    cli_arg_u32(a, "id", &l->id);
    cli_arg_ip4(a, "mask", &l->netmask);
    l->interface = cli_has(a, "interface");
    if (!get_names(t, a, l, out)) {
        fw_line_free(l);
        return false;
    }
    if (range && !get_range(range, l)) {
        fw_line_free(l);
        return refuse(out, "ERROR: the range of addresses is not one");
    }
    g_autoptr(GString) info = g_string_new(NULL);
    if (l->interface)
        g_string_append_printf(info, "INFO: %s interface address added to PAT pool\n", l->out);
    else if (l->first == l->last)
        g_string_append_printf(info, "INFO: Global %s will be Port Address Translated\n",
                               IP4S(l->first));
    bool ok = finish(t, a, l, out);
    if (ok && !cli_negated(a))
        g_string_append(out, info->str);
    return ok;
}

static bool get_ports(const struct cli_args *a, struct fw_line *l)
{
    bool tcp = cli_has(a, "tcp");
    const struct vendor_name *names = tcp ? vendor_tcp_port : vendor_udp_port;
    if (!tcp && !cli_has(a, "udp"))
        return true;
    int m = vendor_port_of(names, cli_arg(a, "mport")),
        r = vendor_port_of(names, cli_arg(a, "rport"));
    l->protocol = tcp ? IPPROTO_NUM_TCP : IPPROTO_NUM_UDP;
    l->mapped_port = (uint16_t)MAX(m, 0);
    l->real_port = (uint16_t)MAX(r, 0);
    return m > 0 && r > 0;
}

/* Two static lines may not have the same mapped address and port. */
static const struct fw_line *conflict(const struct fw_nat *t, const struct fw_line *l)
{
    for (guint i = 0; i < t->lines->len; i++) {
        const struct fw_line *o = g_ptr_array_index(t->lines, i);
        if (o->kind == FW_LINE_STATIC && !o->acl && !l->acl && g_strcmp0(o->in, l->in) == 0 &&
            g_strcmp0(o->out, l->out) == 0 && o->interface == l->interface &&
            o->first == l->first && o->protocol == l->protocol &&
            o->mapped_port == l->mapped_port && !same_line(o, l))
            return o;
    }
    return NULL;
}

static bool static_fits(struct fw_nat *t, const struct cli_args *a, struct fw_line *l, GString *out)
{
    if (!get_names(t, a, l, out) || (cli_has(a, "list") && !get_list(t, a, l, out)))
        return false;
    if (!get_ports(a, l))
        return refuse(out, "ERROR: invalid port");
    if (l->protocol && l->real.mask != 0xffffffff)
        return refuse(out, "ERROR: a port is translated for one address");
    if ((l->real.addr | l->first) & ~l->real.mask)
        return refuse(out, "ERROR: address and netmask do not fit");
    const struct fw_line *o = cli_negated(a) ? NULL : conflict(t, l);
    if (o) {
        g_string_append_printf(out,
                               "ERROR: mapped-address conflict with existing static\n"
                               "  %s:%s to %s:%s netmask %s\n",
                               o->in, IP4S(o->real.addr), o->out, IP4S(o->first),
                               IP4S(o->real.mask));
        return false;
    }
    const struct net_if *i = t->ops.net_if(t->ops.self, l->out);
    if (!cli_negated(a) && l->protocol && (l->interface || l->first == i->addr) && t->ops.claims &&
        t->ops.claims(t->ops.self, i, l->protocol, l->mapped_port)) {
        g_string_append_printf(out,
                               "ERROR: unable to reserve port %u for static PAT\n"
                               "ERROR: unable to download policy\n",
                               l->mapped_port);
        return false;
    }
    return true;
}

bool fw_line_static(struct fw_nat *t, const struct cli_args *a, GString *out)
{
    struct fw_line *l = line_new(FW_LINE_STATIC);
    l->interface = cli_has(a, "interface");
    l->rest = g_strdup(cli_arg(a, "rest"));
    l->real.mask = 0xffffffff;
    cli_arg_ip4(a, "mapped", &l->first);
    cli_arg_ip4(a, "real", &l->real.addr);
    cli_arg_ip4(a, "mask", &l->real.mask);
    l->netmask = cli_has(a, "mask") ? l->real.mask : 0;
    l->last = l->first;
    if (static_fits(t, a, l, out))
        return finish(t, a, l, out);
    fw_line_free(l);
    return false;
}

/* ---- Rules ---- */

#define TAG(l, k) ((l)->serial << 8 | (k))

static struct fw_rule rule_of(const struct fw_nat *t, const struct fw_line *l, uint32_t k,
                              enum fw_what what, enum net_nat_kind kind)
{
    const struct fw_nat_ops *o = &t->ops;
    return (struct fw_rule){
        .tag = TAG(l, k),
        .what = what,
        .in = l->in,
        .out = l->out,
        .list = l->acl,
        .id = l->id,
        .net = {.kind = kind,
                .inside = l->in ? o->net_if(o->self, l->in) : NULL,
                .outside = l->out ? o->net_if(o->self, l->out) : NULL,
                .real = l->real},
    };
}

static void add_static(struct fw_nat *t, const struct fw_line *l)
{
    const struct acl *acl = l->acl ? net_acl(t->d->node, l->acl) : NULL;
    bool same = !l->interface && !l->protocol && l->first == l->real.addr;
    struct fw_rule r =
        rule_of(t, l, 0, same ? FW_IDENTITY : FW_STATIC, same ? NET_NAT_EXEMPT : NET_NAT_STATIC);
    if (acl && acl->lines->len) /* what its lines speak of begins alike; the first gives it */
        r.net.real = ((const struct acl_line *)acl->lines->pdata[0])->src;
    r.net.mapped = l->first;
    r.net.protocol = l->protocol;
    r.net.real_port = l->real_port;
    r.net.mapped_port = l->mapped_port;
    if (r.net.inside && r.net.outside)
        fw_rule_add(t, &r);
}

/* A nat line with each global of its number; pools of addresses before those of ports. Without one
 * on an interface of less security there is nothing that its hosts could become there. */
static void add_dynamic(struct fw_nat *t, const struct fw_line *l)
{
    const struct fw_nat_ops *o = &t->ops;
    struct net_if *from = o->net_if(o->self, l->in);
    struct fw_rule r = rule_of(t, l, 0, FW_DYNAMIC, NET_NAT_PORTS);
    uint32_t k = 1;
    for (int ports = 0; from && ports < 2; ports++)
        for (guint i = 0; i < t->lines->len; i++) {
            const struct fw_line *g = g_ptr_array_index(t->lines, i);
            bool one = g->interface || g->first == g->last;
            if (g->kind != FW_LINE_GLOBAL || g->id != l->id || one != (ports == 1))
                continue;
            r.tag = TAG(l, k);
            k++;
            r.out = g->out;
            r.net.outside = o->net_if(o->self, g->out);
            r.net.kind = one ? NET_NAT_PORTS : NET_NAT_DYNAMIC;
            r.net.mapped = g->first;
            r.net.mapped_last = g->last;
            if (r.net.outside && r.net.outside != from)
                fw_rule_add(t, &r);
        }
    r.nothing = true;
    r.net.kind = NET_NAT_DYNAMIC;
    r.net.mapped = r.net.mapped_last = 0;
    for (size_t i = 0; from && i < net_if_count(t->d->node); i++) {
        struct net_if *to = net_if_at(t->d->node, i);
        int level = o->level(o->self, to);
        bool has = false;
        for (guint g = 0; g < t->lines->len; g++) {
            const struct fw_line *x = g_ptr_array_index(t->lines, g);
            has |= x->kind == FW_LINE_GLOBAL && x->id == l->id && o->net_if(o->self, x->out) == to;
        }
        if (has || level < 0 || level >= o->level(o->self, from))
            continue;
        r.tag = TAG(l, 128 + (uint32_t)i);
        r.out = (char *)o->word(o->self, to);
        r.net.outside = to;
        fw_rule_add(t, &r);
    }
}

static void add_plain(struct fw_nat *t, const struct fw_line *l)
{
    if (l->id) {
        add_dynamic(t, l);
        return;
    }
    const struct fw_rule r = rule_of(t, l, 0, FW_IDENTITY, NET_NAT_EXEMPT);
    if (r.net.inside)
        fw_rule_add(t, &r);
}

void fw_lines_build(struct fw_nat *t)
{
    for (guint i = 0; i < t->lines->len; i++) {
        const struct fw_line *l = g_ptr_array_index(t->lines, i);
        struct fw_rule r = rule_of(t, l, 0, FW_EXEMPT, NET_NAT_EXEMPT);
        r.addresses_only = true;
        if (l->kind == FW_LINE_NAT && l->acl && l->id == 0 && r.net.inside)
            fw_rule_add(t, &r);
    }
    for (guint i = 0; i < t->lines->len; i++) {
        const struct fw_line *l = g_ptr_array_index(t->lines, i);
        if (l->kind == FW_LINE_STATIC)
            add_static(t, l);
    }
    for (guint i = 0; i < t->lines->len; i++) {
        const struct fw_line *l = g_ptr_array_index(t->lines, i);
        if (l->kind == FW_LINE_NAT && l->acl && l->id)
            add_dynamic(t, l);
    }
    for (int bits = 32; bits >= 0; bits--)
        for (guint i = 0; i < t->lines->len; i++) {
            const struct fw_line *l = g_ptr_array_index(t->lines, i);
            if (l->kind == FW_LINE_NAT && !l->acl && (int)ip4_mask_len(l->real.mask) == bits)
                add_plain(t, l);
        }
}

/* ---- Back to text ---- */

static void put_port(GString *out, uint8_t protocol, uint16_t port)
{
    const char *name =
        vendor_name_of(protocol == IPPROTO_NUM_TCP ? vendor_tcp_port : vendor_udp_port, port);
    if (name)
        g_string_append_printf(out, "%s ", name);
    else
        g_string_append_printf(out, "%u ", port);
}

static void put_static(const struct fw_line *l, GString *out)
{
    g_string_append_printf(out, "static (%s,%s) ", l->in, l->out);
    if (l->protocol)
        g_string_append(out, l->protocol == IPPROTO_NUM_TCP ? "tcp " : "udp ");
    g_string_append_printf(out, "%s ", l->interface ? "interface" : IP4S(l->first));
    if (l->protocol)
        put_port(out, l->protocol, l->mapped_port);
    if (l->acl)
        g_string_append_printf(out, "access-list %s ", l->acl);
    else
        g_string_append_printf(out, "%s ", IP4S(l->real.addr));
    if (l->protocol)
        put_port(out, l->protocol, l->real_port);
    if (!l->acl)
        g_string_append_printf(out, "netmask %s ", IP4S(l->real.mask));
}

static void put_line(const struct fw_nat *t, const struct fw_line *l, GString *out)
{
    bool counts = t->counts_shown && l->kind != FW_LINE_GLOBAL &&
                  !(l->kind == FW_LINE_NAT && l->id == 0 && l->acl);
    if (l->kind == FW_LINE_GLOBAL) {
        g_string_append_printf(out, "global (%s) %u %s", l->out, l->id,
                               l->interface ? "interface" : IP4S(l->first));
        if (l->last != l->first)
            g_string_append_printf(out, "-%s", IP4S(l->last));
        if (l->netmask)
            g_string_append_printf(out, " netmask %s", IP4S(l->netmask));
    } else if (l->kind == FW_LINE_STATIC) {
        put_static(l, out);
    } else if (l->acl) {
        g_string_append_printf(out, "nat (%s) %u access-list %s", l->in, l->id, l->acl);
    } else {
        g_string_append_printf(out, "nat (%s) %u %s %s", l->in, l->id, IP4S(l->real.addr),
                               IP4S(l->real.mask));
    }
    bool blank = g_str_has_suffix(out->str, " ");
    if (l->rest)
        g_string_append_printf(out, "%s%s", blank ? "" : " ", l->rest);
    else if (counts)
        g_string_append(out, blank ? "0 0 " : " 0 0");
    g_string_append_c(out, '\n');
}

/* global, nat, static; of the nat lines number 0 first. */
void fw_lines_text(const struct fw_nat *t, GString *out)
{
    for (int pass = 0; pass < 4; pass++)
        for (guint i = 0; i < t->lines->len; i++) {
            const struct fw_line *l = g_ptr_array_index(t->lines, i);
            int when = l->kind == FW_LINE_GLOBAL   ? 0
                       : l->kind == FW_LINE_STATIC ? 3
                       : l->id                     ? 2
                                                   : 1;
            if (when == pass)
                put_line(t, l, out);
        }
}
