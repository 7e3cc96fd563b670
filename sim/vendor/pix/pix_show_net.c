/* show route, show interface, show ip address, show access-list. */
#include "pix_show_priv.h"

#include <string.h>

/* ---- Routes ---- */

static const struct net_if *route_interface(const struct pix *s, const struct net_route *r)
{
    struct net_if *out;
    ip4 hop;
    if (r->out_name)
        return net_if_by_name(s->d->node, r->out_name);
    return r->nexthop && net_route_lookup(s->d->node, r->nexthop, &out, &hop) ? out : NULL;
}

/* What is connected has the interface's own address as its gateway. */
void pix_view_route(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "interface", "network", "mask", "gateway", "metric", "kind", NULL);
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        const struct net_if *on = route_interface(s, r);
        if (!r->usable)
            continue;
        view_row_begin(v);
        view_set(v, "interface", "%s", pix_if_word(s, on));
        view_set(v, "network", "%s", IP4S(r->net.addr));
        view_set(v, "mask", "%s", IP4S(r->net.mask));
        view_set(v, "gateway", "%s", IP4S(r->nexthop ? r->nexthop : on ? on->addr : 0));
        view_set(v, "metric", "%u", r->connected ? 1 : r->distance);
        view_set(v, "kind", r->connected ? "CONNECT" : "OTHER");
    }
}

void pix_show_route(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    pix_view_route(self, NULL, &v);
    for (size_t i = 0; i < view_count(&v); i++)
        g_string_append_printf(out, "\t%s %s %s %s %s %s static\n", view_cell(&v, i, "interface"),
                               view_cell(&v, i, "network"), view_cell(&v, i, "mask"),
                               view_cell(&v, i, "gateway"), view_cell(&v, i, "metric"),
                               view_cell(&v, i, "kind"));
    view_clear(&v);
}

/* ---- Interfaces ---- */

static const char *status(const struct net_if *i)
{
    return !i->admin_up ? "administratively down" : net_if_protocol_up(i) ? "up" : "down";
}

void pix_view_nameif(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "hardware", "name", "security", NULL);
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct pix_if *f = g_ptr_array_index(s->interfaces, k);
        view_row_begin(v);
        view_set(v, "hardware", "%s", f->hardware);
        view_set(v, "name", "%s", f->nameif);
        view_set(v, "security", "%u", f->security);
    }
}

void pix_view_interface(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "hardware", "name", "status", "protocol", "address", "mask", "mtu",
                 "packets-in", "bytes-in", "packets-out", "bytes-out", "drops", NULL);
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct pix_if *f = g_ptr_array_index(s->interfaces, k);
        const struct net_if *i = pix_net_if(s, f);
        view_row_begin(v);
        view_set(v, "hardware", "%s", f->hardware);
        view_set(v, "name", "%s", f->nameif);
        view_set(v, "status", "%s", status(i));
        view_set(v, "protocol", net_if_protocol_up(i) ? "up" : "down");
        if (i->addr) {
            view_set(v, "address", "%s", IP4S(i->addr));
            view_set(v, "mask", "%s", IP4S(i->mask));
        }
        view_set(v, "mtu", "%u", i->mtu);
        view_set(v, "packets-in", U64, i->in_packets);
        view_set(v, "bytes-in", U64, i->in_bytes);
        view_set(v, "packets-out", U64, i->out_packets);
        view_set(v, "bytes-out", U64, i->out_bytes);
        view_set(v, "drops", U64, i->in_drops + i->out_drops);
    }
}

static void interface_text(const struct pix_if *f, const struct net_if *i, GString *out)
{
    bool full = g_str_has_suffix(f->speed, "full") || strcmp(f->speed, "auto") == 0;
    g_string_append_printf(out, "interface %s \"%s\" is %s, line protocol is %s\n", f->hardware,
                           f->nameif, status(i), net_if_protocol_up(i) ? "up" : "down");
    g_string_append_printf(out, "  Hardware is %s ethernet\n",
                           f->hardware[0] == 'g' ? "i82542" : "i82559");
    if (i->addr)
        g_string_append_printf(out, "  IP address %s, subnet mask %s\n", IP4S(i->addr),
                               IP4S(i->mask));
    g_string_append_printf(out,
                           "  MTU %u bytes, BW %u Kbit %s duplex\n"
                           "\t" U64 " packets input, " U64 " bytes, 0 no buffer\n"
                           "\t" U64 " packets output, " U64 " bytes, 0 underruns\n"
                           "\t" U64 " input drops, " U64 " output drops\n",
                           i->mtu, i->bandwidth_kbps, full ? "full" : "half", i->in_packets,
                           i->in_bytes, i->out_packets, i->out_bytes, i->in_drops, i->out_drops);
}

void pix_show_interface(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_arg(a, "if");
    g_autofree char *hardware = name ? pix_ifname(s, name) : NULL;
    bool any = false;
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct pix_if *f = g_ptr_array_index(s->interfaces, k);
        if (name && g_strcmp0(hardware, f->hardware) != 0 &&
            g_ascii_strcasecmp(name, f->nameif) != 0)
            continue;
        interface_text(f, pix_net_if(s, f), out);
        any = true;
    }
    if (!any)
        pix_refuse(s, out, "ERROR: interface name \"%s\" is not known", name ? name : "");
}

static void addresses(const struct pix *s, GString *out)
{
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct pix_if *f = g_ptr_array_index(s->interfaces, k);
        const struct net_if *i = pix_net_if(s, f);
        if (i->addr)
            g_string_append_printf(out, "\tip address %s %s %s\n", f->nameif, IP4S(i->addr),
                                   IP4S(i->mask));
        else
            g_string_append_printf(out, "\tno ip address %s\n", f->nameif);
    }
}

void pix_show_address(void *self, const struct cli_args *a, GString *out)
{
    g_string_append(out, "System IP Addresses:\n");
    addresses(self, out);
    g_string_append(out, "Current IP Addresses:\n");
    addresses(self, out);
}

/* ---- Access lists ---- */

void pix_view_access_list(struct pix *s, char **args, struct view *v)
{
    view_columns(v, "name", "line", "text", "hits", NULL);
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *acl = net_acl_at(s->d->node, i);
        if (args && args[0] && strcmp(args[0], acl->name) != 0)
            continue;
        for (guint k = 0; k < acl->lines->len; k++) {
            const struct acl_line *l = g_ptr_array_index(acl->lines, k);
            g_autoptr(GString) text = g_string_new(NULL);
            pix_acl_line_text(l, text);
            view_row_begin(v);
            view_set(v, "name", "%s", acl->name);
            view_set(v, "line", "%u", k + 1);
            view_set(v, "text", "%s", text->str);
            if (!l->remark)
                view_set(v, "hits", U64, l->hits);
        }
    }
}

/* Lines have numbers from 6.3 on. */
void pix_list_text(const struct pix *s, const struct acl *acl, const char *indent, GString *out)
{
    g_string_append_printf(out, "%saccess-list %s; %u elements\n", indent, acl->name,
                           acl->lines->len);
    for (guint k = 0; k < acl->lines->len; k++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, k);
        g_string_append_printf(out, "%saccess-list %s ", indent, acl->name);
        if (pix_since(s, 6, 3))
            g_string_append_printf(out, "line %u ", k + 1);
        pix_acl_line_text(l, out);
        if (!l->remark)
            g_string_append_printf(out, " (hitcnt=" U64 ") ", l->hits);
        g_string_append_c(out, '\n');
    }
}

void pix_show_access_list(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *only = cli_arg(a, "name");
    if (only && !net_acl(s->d->node, only)) {
        pix_refuse(s, out, "ERROR: access-list <%s> does not exist", only);
        return;
    }
    if (!only && pix_since(s, 6, 3))
        g_string_append(out, "access-list cached ACL log flows: total 0, denied 0 (deny-flow-max "
                             "1024)\n            alert-interval 300\n");
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *acl = net_acl_at(s->d->node, i);
        if (!only || strcmp(only, acl->name) == 0)
            pix_list_text(s, acl, "", out);
    }
}
