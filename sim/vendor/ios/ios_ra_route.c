/* reverse-route: while a peer has SAs under an entry that asks for it, there is a static route to
 * its networks by way of the peer. Contexts of IPsec begin and end amid its own work, so the table
 * is looked at afterwards, at the same instant. */
#include "vendor/ios/ios_ra.h"

#include <string.h>

struct ios_ra_route {
    struct ip4_net net;
    ip4 via;
    bool wanted;
};

static bool entry_wants(const struct ipsec_map *m, uint32_t seq)
{
    const struct ipsec_map_entry *e = m ? ipsec_entry_find(m, seq) : NULL;
    return e && e->reverse_route;
}

static bool wants_route(const struct ios *s, const struct ipsec_ident *i)
{
    if (i->context == 0 || i->pairs->len == 0)
        return false;
    return i->dynamic
               ? entry_wants(ipsec_dynamic_find(s->d->ipsec_conf, i->dynamic), i->template_seq)
               : entry_wants(ipsec_map_find(s->d->ipsec_conf, i->map), i->seq);
}

static struct ios_ra_route *route_find(const struct ios *s, struct ip4_net net, ip4 via)
{
    for (guint i = 0; i < s->ra->routes->len; i++) {
        struct ios_ra_route *r = &g_array_index(s->ra->routes, struct ios_ra_route, i);
        if (r->net.addr == net.addr && r->net.mask == net.mask && r->via == via)
            return r;
    }
    return NULL;
}

bool ios_ra_is_route(const struct ios *s, const struct net_route *route)
{
    return route_find(s, route->net, route->nexthop) != NULL;
}

static void look(void *self)
{
    struct ios *s = self;
    GArray *routes = s->ra->routes;
    bool changed = false;
    for (guint i = 0; i < routes->len; i++)
        g_array_index(routes, struct ios_ra_route, i).wanted = false;
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        struct ip4_net net = {ident->remote_proxy.addr & ident->remote_proxy.mask,
                              ident->remote_proxy.mask};
        if (!wants_route(s, ident) || net.mask == 0)
            continue;
        struct ios_ra_route *known = route_find(s, net, ident->peer);
        if (known) {
            known->wanted = true;
        } else if (net_route_add(s->d->node, net, ident->peer, NULL, 1)) {
            struct ios_ra_route fresh = {net, ident->peer, true};
            g_array_append_val(routes, fresh);
            changed = true;
        }
    }
    for (guint i = routes->len; i-- > 0;) {
        const struct ios_ra_route r = g_array_index(routes, struct ios_ra_route, i);
        if (r.wanted)
            continue;
        net_route_del(s->d->node, r.net, r.via, NULL);
        g_array_remove_index(routes, i);
        changed = true;
    }
    if (changed)
        device_config_changed(s->d, "reverse routes");
}

static void on_context(void *self, uint32_t context, bool alive)
{
    struct ios *s = self;
    if (!sim_timer_armed(&s->ra->routes_timer))
        sim_timer_arm_in(&s->ra->routes_timer, 0);
}

void ios_ra_routes_init(struct ios *s)
{
    s->ra->routes = g_array_new(FALSE, FALSE, sizeof(struct ios_ra_route));
    sim_timer_init(s->d->sim, &s->ra->routes_timer, look, s);
    ipsec_on_context(s->d->ipsec, on_context, s);
}

void ios_ra_routes_clear(struct ios *s)
{
    ipsec_on_context(s->d->ipsec, NULL, NULL);
    sim_timer_clear(&s->ra->routes_timer);
    for (guint i = 0; i < s->ra->routes->len; i++) {
        const struct ios_ra_route *r = &g_array_index(s->ra->routes, struct ios_ra_route, i);
        net_route_del(s->d->node, r->net, r->via, NULL);
    }
    g_array_unref(s->ra->routes);
}
