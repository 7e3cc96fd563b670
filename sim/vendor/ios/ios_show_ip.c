/* show ip route and show access-lists. */
#include "vendor/ios/ios_conf.h"
#include "vendor/ios/ios_show_priv.h"

/* ---- show ip route ---- */

/* The mask an address had by its class, before masks were carried with routes. */
static ip4 class_mask(ip4 a)
{
    return a < IP4(128, 0, 0, 0)   ? ip4_mask(8)
           : a < IP4(192, 0, 0, 0) ? ip4_mask(16)
                                   : ip4_mask(24);
}

static const char *route_code(const struct net_route *r)
{
    if (r->connected)
        return "C";
    return r->net.mask == 0 ? "S*" : "S";
}

/* Where the packets leave: the interface named, or the one the next hop is on. */
static const char *route_interface(const struct ios *s, const struct net_route *r)
{
    struct net_if *out;
    ip4 hop;
    if (r->out_name)
        return r->out_name;
    return r->nexthop && net_route_lookup(s->d->node, r->nexthop, &out, &hop) ? out->name : "";
}

void ios_view_route(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "code", "network", "nexthop", "interface", "distance", NULL);
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        if (!r->usable)
            continue;
        view_row_begin(v);
        view_set(v, "code", "%s", route_code(r));
        view_set(v, "network", "%s/%d", IP4S(r->net.addr), ip4_mask_len(r->net.mask));
        if (r->nexthop)
            view_set(v, "nexthop", "%s", IP4S(r->nexthop));
        view_set(v, "interface", "%s", route_interface(s, r));
        view_set(v, "distance", "%u", r->distance);
    }
}

static void route_tail(const struct net_route *r, GString *out)
{
    if (r->nexthop)
        g_string_append_printf(out, " [%u/0] via %s\n", r->distance, IP4S(r->nexthop));
    else
        g_string_append_printf(out, " is directly connected, %s\n",
                               r->out_name ? r->out_name : "Null0");
}

/* The routes that are used: of several to one prefix, the nearest. */
static GPtrArray *routes_in_use(const struct ios *s)
{
    GPtrArray *used = g_ptr_array_new();
    for (size_t i = 0; i < net_route_count(s->d->node); i++) {
        const struct net_route *r = net_route_at(s->d->node, i);
        bool better = false;
        for (size_t k = 0; k < net_route_count(s->d->node); k++) {
            const struct net_route *o = net_route_at(s->d->node, k);
            better |= o->usable && o->net.addr == r->net.addr && o->net.mask == r->net.mask &&
                      o->distance < r->distance;
        }
        if (r->usable && !better)
            g_ptr_array_add(used, (gpointer)r);
    }
    return used;
}

/* Subnets of one network by class stand under a heading; a route to the whole network stands alone.
 */
static bool subnet_of(const struct net_route *r, ip4 major)
{
    ip4 mask = class_mask(r->net.addr);
    return r->net.mask != 0 && (r->net.addr & mask) == major && r->net.mask > mask;
}

static void subnets_text(const GPtrArray *routes, ip4 major, GString *out)
{
    guint subnets = 0, masks = 0;
    ip4 seen[33];
    ip4 last = 0;
    for (guint i = 0; i < routes->len; i++) {
        const struct net_route *r = g_ptr_array_index(routes, i);
        if (!subnet_of(r, major))
            continue;
        bool known = false;
        for (guint k = 0; k < masks; k++)
            known |= seen[k] == r->net.mask;
        if (!known && masks < G_N_ELEMENTS(seen))
            seen[masks++] = r->net.mask;
        subnets += subnets == 0 || r->net.addr != last;
        last = r->net.addr;
    }
    if (masks == 1)
        g_string_append_printf(out, "     %s/%d is subnetted, %u subnets\n", IP4S(major),
                               ip4_mask_len(seen[0]), subnets);
    else
        g_string_append_printf(out, "     %s/%d is variably subnetted, %u subnets, %u masks\n",
                               IP4S(major), ip4_mask_len(class_mask(major)), subnets, masks);
    for (guint i = 0; i < routes->len; i++) {
        const struct net_route *r = g_ptr_array_index(routes, i);
        if (!subnet_of(r, major))
            continue;
        g_string_append_printf(out, "%-8s%s", route_code(r), IP4S(r->net.addr));
        if (masks > 1)
            g_string_append_printf(out, "/%d", ip4_mask_len(r->net.mask));
        route_tail(r, out);
    }
}

static void legend(GString *out)
{
    g_string_append(
        out, "Codes: C - connected, S - static, R - RIP, M - mobile, B - BGP\n"
             "       D - EIGRP, EX - EIGRP external, O - OSPF, IA - OSPF inter area \n"
             "       N1 - OSPF NSSA external type 1, N2 - OSPF NSSA external type 2\n"
             "       E1 - OSPF external type 1, E2 - OSPF external type 2\n"
             "       i - IS-IS, su - IS-IS summary, L1 - IS-IS level-1, L2 - IS-IS level-2\n"
             "       ia - IS-IS inter area, * - candidate default, U - per-user static route\n"
             "       o - ODR, P - periodic downloaded static route\n\n");
}

static void last_resort(const GPtrArray *routes, GString *out)
{
    for (guint i = 0; i < routes->len; i++) {
        const struct net_route *r = g_ptr_array_index(routes, i);
        if (r->net.mask != 0)
            continue;
        g_string_append_printf(out, "Gateway of last resort is %s to network 0.0.0.0\n\n",
                               IP4S(r->nexthop));
        return;
    }
    g_string_append(out, "Gateway of last resort is not set\n\n");
}

static void whole_table(const GPtrArray *routes, GString *out)
{
    ip4 done = 0;
    bool any = false;
    for (guint i = 0; i < routes->len; i++) {
        const struct net_route *r = g_ptr_array_index(routes, i);
        ip4 major = r->net.addr & class_mask(r->net.addr);
        if (r->net.mask == 0)
            continue;
        if (!subnet_of(r, major)) {
            g_string_append_printf(out, "%-5s%s/%d", route_code(r), IP4S(r->net.addr),
                                   ip4_mask_len(r->net.mask));
            route_tail(r, out);
        } else if (!any || done != major) {
            subnets_text(routes, major, out);
            done = major;
            any = true;
        }
    }
    for (guint i = 0; i < routes->len; i++) {
        const struct net_route *r = g_ptr_array_index(routes, i);
        if (r->net.mask != 0)
            continue;
        g_string_append(out, "S*   0.0.0.0/0");
        route_tail(r, out);
    }
}

static void one_route(const GPtrArray *routes, ip4 address, GString *out)
{
    const struct net_route *best = NULL;
    for (guint i = 0; i < routes->len; i++) {
        const struct net_route *r = g_ptr_array_index(routes, i);
        if (r->net.mask != 0 && ip4_in(address, r->net) && (!best || r->net.mask > best->net.mask))
            best = r;
    }
    if (!best) {
        ip4 mask = class_mask(address);
        bool major_known = false;
        for (guint i = 0; i < routes->len; i++) {
            const struct net_route *r = g_ptr_array_index(routes, i);
            major_known |= subnet_of(r, address & mask);
        }
        g_string_append(out, major_known ? "% Subnet not in table\n" : "% Network not in table\n");
        return;
    }
    g_string_append_printf(out, "Routing entry for %s/%d\n", IP4S(best->net.addr),
                           ip4_mask_len(best->net.mask));
    g_string_append_printf(out, "  Known via \"%s\", distance %u, metric 0%s\n",
                           best->connected ? "connected" : "static", best->distance,
                           best->connected ? " (connected, via interface)" : "");
    g_string_append(out, "  Routing Descriptor Blocks:\n");
    if (best->nexthop)
        g_string_append_printf(out, "  * %s\n", IP4S(best->nexthop));
    else
        g_string_append_printf(out, "  * directly connected, via %s\n",
                               best->out_name ? best->out_name : "Null0");
    g_string_append(out, "      Route metric is 0, traffic share count is 1\n");
}

void ios_show_route(void *self, const struct cli_args *a, GString *out)
{
    g_autoptr(GPtrArray) routes = routes_in_use(self);
    ip4 address;
    if (cli_arg_ip4(a, "address", &address)) {
        one_route(routes, address, out);
        return;
    }
    legend(out);
    last_resort(routes, out);
    whole_table(routes, out);
}

/* ---- show access-lists ---- */

void ios_view_access_lists(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "name", "line", "action", "text", "matches", NULL);
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *acl = net_acl_at(s->d->node, i);
        if (args && args[0] && !g_str_equal(args[0], acl->name))
            continue;
        for (guint k = 0; k < acl->lines->len; k++) {
            const struct acl_line *l = g_ptr_array_index(acl->lines, k);
            if (l->remark)
                continue;
            g_autoptr(GString) text = g_string_new(NULL);
            ios_acl_line_text(acl, l, text);
            view_row_begin(v);
            view_set(v, "name", "%s", acl->name);
            view_set(v, "line", "%u", l->number);
            view_set(v, "action", "%s", l->permit ? "permit" : "deny");
            view_set(v, "text", "%s", text->str);
            view_set(v, "matches", "%" G_GUINT64_FORMAT, l->hits);
        }
    }
}

/* A standard list names its wildcard: "permit 10.0.0.0, wildcard bits 0.0.0.255". */
static void standard_text(const struct acl_line *l, GString *out)
{
    g_string_append(out, l->permit ? "permit " : "deny   ");
    if (l->src.mask == 0)
        g_string_append(out, "any");
    else if (l->src.mask == 0xffffffffu)
        g_string_append(out, IP4S(l->src.addr));
    else
        g_string_append_printf(out, "%s, wildcard bits %s", IP4S(l->src.addr & l->src.mask),
                               IP4S(~l->src.mask));
}

static void list_text(const struct ios *s, const struct acl *acl, GString *out)
{
    g_string_append_printf(out, "%s IP access list %s\n", acl->extended ? "Extended" : "Standard",
                           acl->name);
    for (guint k = 0; k < acl->lines->len; k++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, k);
        if (l->remark)
            continue;
        g_string_append(out, "    ");
        if (s->dialect == IOS_DIALECT_C) /* lines have numbers from 12.3 on */
            g_string_append_printf(out, "%u ", l->number);
        if (acl->extended)
            ios_acl_line_text(acl, l, out);
        else
            standard_text(l, out);
        if (l->hits > 0)
            g_string_append_printf(out, " (%" G_GUINT64_FORMAT " match%s)", l->hits,
                                   l->hits == 1 ? "" : "es");
        g_string_append_c(out, '\n');
    }
}

void ios_show_access_lists(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    const char *name = cli_arg(a, "name");
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        const struct acl *acl = net_acl_at(s->d->node, i);
        if (!name || g_str_equal(name, acl->name))
            list_text(s, acl, out);
    }
}
