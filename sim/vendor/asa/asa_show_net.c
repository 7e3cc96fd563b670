/* show route, show interface, show nameif, show access-list. */
#include "asa_show_priv.h"

#include <string.h>

/* ---- Routes ---- */

static const struct net_if *route_interface(const struct asa *s, const struct net_route *r)
{
    struct net_if *out;
    ip4 hop;
    if (r->out_name)
        return net_if_by_name(s->d->node, r->out_name);
    return r->nexthop && net_route_lookup(s->d->node, r->nexthop, &out, &hop) ? out : NULL;
}

void asa_view_route(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "code", "network", "mask", "nexthop", "interface", "distance", NULL);
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        if (!r->usable)
            continue;
        view_row_begin(v);
        view_set(v, "code", r->connected ? "C" : r->net.mask == 0 ? "S*" : "S");
        view_set(v, "network", "%s", IP4S(r->net.addr));
        view_set(v, "mask", "%s", IP4S(r->net.mask));
        if (r->nexthop)
            view_set(v, "nexthop", "%s", IP4S(r->nexthop));
        view_set(v, "interface", "%s", asa_if_word(s, route_interface(s, r)));
        view_set(v, "distance", "%u", r->distance);
    }
}

static void last_resort(const struct view *v, GString *out)
{
    for (size_t i = 0; i < view_count(v); i++)
        if (strcmp(view_cell(v, i, "code"), "S*") == 0) {
            g_string_append_printf(out, "Gateway of last resort is %s to network 0.0.0.0\n\n",
                                   view_cell(v, i, "nexthop"));
            return;
        }
    g_string_append(out, "Gateway of last resort is not set\n\n");
}

void asa_show_route(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *only = cli_arg(a, "if");
    struct view v;
    if (only && !asa_if_arg(s, a, "if"))
        return;
    view_init(&v);
    asa_view_route(s, NULL, &v);
    g_string_append(
        out, "\nCodes: C - connected, S - static, I - IGRP, R - RIP, M - mobile, B - BGP\n"
             "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n"
             "       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2\n"
             "       E1 - OSPF external type 1, E2 - OSPF external type 2, E - EGP\n"
             "       i - IS-IS, L1 - IS-IS level-1, L2 - IS-IS level-2, ia - IS-IS inter area\n"
             "       * - candidate default, U - per-user static route, o - ODR\n"
             "       P - periodic downloaded static route\n\n");
    last_resort(&v, out);
    for (size_t i = 0; i < view_count(&v); i++) {
        const char *nexthop = view_cell(&v, i, "nexthop"), *on = view_cell(&v, i, "interface");
        if (only && g_ascii_strcasecmp(only, on) != 0)
            continue;
        g_string_append_printf(out, "%-4s %s %s ", view_cell(&v, i, "code"),
                               view_cell(&v, i, "network"), view_cell(&v, i, "mask"));
        if (nexthop)
            g_string_append_printf(out, "[%s/0] via %s, %s\n", view_cell(&v, i, "distance"),
                                   nexthop, on);
        else
            g_string_append_printf(out, "is directly connected, %s\n", on);
    }
    view_clear(&v);
}

/* ---- Interfaces ---- */

static const char *status(const struct net_if *i)
{
    return !i->admin_up ? "administratively down" : net_if_protocol_up(i) ? "up" : "down";
}

void asa_view_interface_brief(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "interface", "ip-address", "ok?", "method", "status", "protocol", NULL);
    for (size_t k = 0; k < net_if_count(s->d->node); k++) {
        const struct net_if *i = net_if_at(s->d->node, k);
        view_row_begin(v);
        view_set(v, "interface", "%s", i->name);
        view_set(v, "ip-address", "%s", i->addr ? IP4S(i->addr) : "unassigned");
        view_set(v, "ok?", "YES");
        view_set(v, "method", i->addr ? "CONFIG" : "unset");
        view_set(v, "status", "%s", status(i));
        view_set(v, "protocol", net_if_protocol_up(i) ? "up" : "down");
    }
}

void asa_show_interface_brief(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    asa_view_interface_brief(self, NULL, &v);
    g_string_append(out, "Interface                  IP-Address      OK? Method Status             "
                         "   Protocol\n");
    for (size_t i = 0; i < view_count(&v); i++)
        g_string_append_printf(out, "%-26s %-15s %-3s %-6s %-21s %s\n",
                               view_cell(&v, i, "interface"), view_cell(&v, i, "ip-address"),
                               view_cell(&v, i, "ok?"), view_cell(&v, i, "method"),
                               view_cell(&v, i, "status"), view_cell(&v, i, "protocol"));
    view_clear(&v);
}

static void interface_text(const struct asa *s, const struct net_if *i, GString *out)
{
    const struct asa_if *f = asa_if_of(s, i);
    g_string_append_printf(out, "Interface %s \"%s\", is %s, line protocol is %s\n", i->name,
                           f && f->nameif ? f->nameif : "", status(i),
                           net_if_protocol_up(i) ? "up" : "down");
    if (i->description)
        g_string_append_printf(out, "\tDescription: %s\n", i->description);
    if (!f || !f->nameif) {
        g_string_append(out, "\tAvailable but not configured via nameif\n");
        return;
    }
    g_string_append_printf(out, "\tMTU %u\n", i->mtu);
    if (i->addr)
        g_string_append_printf(out, "\tIP address %s, subnet mask %s\n", IP4S(i->addr),
                               IP4S(i->mask));
    else
        g_string_append(out, "\tIP address unassigned\n");
    g_string_append_printf(out,
                           "  Traffic Statistics for \"%s\":\n"
                           "\t" U64 " packets input, " U64 " bytes\n"
                           "\t" U64 " packets output, " U64 " bytes\n"
                           "\t" U64 " packets dropped\n",
                           f->nameif, i->in_packets, i->in_bytes, i->out_packets, i->out_bytes,
                           i->in_drops + i->out_drops);
}

void asa_show_interface(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "if");
    g_autofree char *hardware = name ? asa_ifname(s, name) : NULL;
    const struct asa_if *f = name ? asa_if_named(s, name) : NULL;
    const struct net_if *one = f          ? asa_net_if(s, f)
                               : hardware ? net_if_by_name(s->d->node, hardware)
                                          : NULL;
    if (name && !one) {
        asa_invalid(s, a, "if");
        return;
    }
    for (size_t i = 0; i < net_if_count(s->d->node); i++)
        if (!one || net_if_at(s->d->node, i) == one)
            interface_text(s, net_if_at(s->d->node, i), out);
}

void asa_show_nameif(void *self, const struct cli_args *a, GString *out)
{
    const struct asa *s = self;
    g_string_append(out, "Interface                Name                     Security\n");
    for (guint i = 0; i < s->interfaces->len; i++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, i);
        if (f->nameif)
            g_string_append_printf(out, "%-24s %-24s %3u\n", f->hardware, f->nameif, f->security);
    }
}

/* ---- Access lists ---- */

void asa_view_access_list(struct asa *s, char **args, struct view *v)
{
    view_columns(v, "name", "line", "text", "hits", "written", NULL);
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *acl = net_acl_at(s->d->node, i);
        if (args && args[0] && strcmp(args[0], acl->name) != 0)
            continue;
        const char *written = NULL;
        unsigned line = 0;
        for (guint k = 0; k < acl->lines->len; k++) {
            const struct acl_line *l = g_ptr_array_index(acl->lines, k);
            g_autoptr(GString) text = g_string_new(NULL);
            if (!l->text || g_strcmp0(l->text, written) != 0)
                line++;
            written = l->text;
            asa_acl_line_text(acl, l, text);
            view_row_begin(v);
            view_set(v, "name", "%s", acl->name);
            view_set(v, "line", "%u", line);
            view_set(v, "written", "%s", l->text ? l->text : "");
            view_set(v, "text", "%s", text->str);
            if (!l->remark)
                view_set(v, "hits", U64, l->hits);
        }
    }
}

void asa_show_access_list(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    char *args[] = {(char *)cli_arg(a, "name"), NULL};
    const char *last = NULL, *last_line = NULL;
    struct view v;
    if (args[0] && !net_acl(s->d->node, args[0])) {
        asa_refuse(s, out, "ERROR: access-list <%s> does not exist", args[0]);
        return;
    }
    view_init(&v);
    asa_view_access_list(s, args, &v);
    if (!args[0])
        g_string_append(out, "access-list cached ACL log flows: total 0, denied 0 (deny-flow-max "
                             "4096)\n            alert-interval 300\n");
    for (size_t i = 0; i < view_count(&v); i++) {
        const char *name = view_cell(&v, i, "name"), *hits = view_cell(&v, i, "hits");
        if (g_strcmp0(last, name) != 0)
            g_string_append_printf(out, "access-list %s; %u elements\n", name,
                                   net_acl(s->d->node, name)->lines->len);
        const char *line = view_cell(&v, i, "line"), *written = view_cell(&v, i, "written");
        bool begins = g_strcmp0(last, name) != 0 || g_strcmp0(last_line, line) != 0;
        last = name;
        last_line = line;
        if (*written && begins)
            g_string_append_printf(out, "access-list %s line %s %s\n", name, line, written);
        g_string_append_printf(out, "%saccess-list %s line %s %s", *written ? "  " : "", name, line,
                               view_cell(&v, i, "text"));
        if (hits)
            g_string_append_printf(out, " (hitcnt=%s)", hits);
        g_string_append_c(out, '\n');
    }
    view_clear(&v);
}
