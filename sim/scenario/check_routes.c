/* Forwarding: a packet is protected only where routing sends it out of the interface that has the
 * crypto map. */
#include "check_priv.h"

#include <string.h>

static void check_peer_route(struct check *c, struct device *d, const struct ipsec_map *m,
                             const struct ipsec_map_entry *e, struct net_if *on, ip4 peer)
{
    struct net_if *out;
    ip4 nexthop;
    g_autofree char *head = check_entry_head(m, e);
    if (!net_route_lookup(d->node, peer, &out, &nexthop)) {
        check_add(c, SEVERITY_ERROR, "no-route-to-peer", d, (struct check_place){head, "set peer"},
                  "add a route to the peer, or a default route", "there is no route to the peer %s",
                  IP4S(peer));
        return;
    }
    const char *also = ipsec_bound(d->ipsec, out);
    if (out == on || (also && strcmp(also, m->name) == 0))
        return;
    const struct check_words *words = check_words_of(d);
    g_autofree char *interface = words->map_applied ? g_strdup_printf(words->map_applied, m->name)
                                                    : g_strdup_printf("interface %s", on->name);
    check_add(c, SEVERITY_ERROR, "map-on-wrong-interface", d,
              (struct check_place){interface, words->map_applied ? NULL : "crypto map"},
              "apply the map to the interface that faces the peer",
              "the map \"%s\" is applied to %s, but the peer %s is reached by %s", m->name,
              on->name, IP4S(peer), out->name);
}

static void check_network_route(struct check *c, struct device *d, const struct ipsec_map *m,
                                const char *acl, const struct acl_line *l)
{
    struct net_if *out;
    ip4 nexthop;
    g_autofree char *text = check_acl_text(d, l);
    g_autofree char *list = g_strdup_printf("access-list %s", acl);
    const struct check_place at = {list, text};
    /* An address inside: the network's own is the one a longer route may leave out. */
    ip4 inside = l->dst.mask == UINT32_MAX ? l->dst.addr : (l->dst.addr & l->dst.mask) + 1;
    if (l->dst.mask == 0)
        return;
    if (!net_route_lookup(d->node, inside, &out, &nexthop)) {
        g_autofree char *remedy =
            g_strdup_printf("%s %s %s NEXT-HOP, towards the peer", check_words_of(d)->route,
                            IP4S(l->dst.addr & l->dst.mask), IP4S(l->dst.mask));
        check_add(c, SEVERITY_ERROR, "no-route-to-network", d, at, remedy,
                  "there is no route to %s, which \"%s\" wants protected: its packets never reach "
                  "the map",
                  IP4S(l->dst.addr & l->dst.mask), text);
        return;
    }
    const char *map = ipsec_bound(d->ipsec, out);
    if (!map || strcmp(map, m->name) != 0)
        check_add(
            c, SEVERITY_ERROR, "route-past-map", d, at,
            "route the network out of the interface that has the crypto map",
            "packets to %s leave by %s, which does not have the map \"%s\": they are not protected",
            IP4S(l->dst.addr & l->dst.mask), out->name, m->name);
}

/* Replies to what a host behind the peer sends must find the way back to a local network. */
static void check_local_route(struct check *c, struct device *d, const char *acl,
                              const struct acl_line *l)
{
    struct net_if *out;
    ip4 nexthop;
    if (l->src.mask == 0)
        return;
    ip4 inside = l->src.mask == UINT32_MAX ? l->src.addr : (l->src.addr & l->src.mask) + 1;
    if (net_route_lookup(d->node, inside, &out, &nexthop) && !ipsec_bound(d->ipsec, out))
        return;
    g_autofree char *text = check_acl_text(d, l);
    g_autofree char *list = g_strdup_printf("access-list %s", acl);
    check_add(
        c, SEVERITY_WARNING, "no-route-to-local-network", d, (struct check_place){list, text},
        "add a route to the protected network behind this device",
        "the protected network %s is not behind this device: what comes out of the tunnel for it "
        "has nowhere to go",
        IP4S(l->src.addr & l->src.mask));
}

/* Its address, and the routes by it, come from a DHCP server. */
static bool awaits_address(struct device *d, const struct net_if *on)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autofree char *head = g_strdup_printf("interface %s\n", on->name);
    d->kind->show(d, "running-config", text);
    const char *at = on->addr ? NULL : strstr(text->str, head);
    at = at ? at + strlen(head) : NULL;
    while (at && *at == ' ') {
        if (g_str_has_prefix(at, " ip address dhcp"))
            return true;
        const char *end = strchr(at, '\n');
        at = end ? end + 1 : NULL;
    }
    return false;
}

void check_routes(struct check *c, struct device *d)
{
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = d->ipsec_conf->maps->pdata[i];
        struct net_if *on = check_bound(d, m);
        if (on && awaits_address(d, on))
            continue;
        for (guint k = 0; on && k < m->entries->len; k++) {
            const struct ipsec_map_entry *e = m->entries->pdata[k];
            g_autoptr(GPtrArray) lines = check_permits(d, e->acl);
            for (guint p = 0; p < e->peers->len; p++)
                check_peer_route(c, d, m, e, on, g_array_index(e->peers, ip4, p));
            for (guint n = 0; n < lines->len; n++) {
                check_network_route(c, d, m, e->acl, lines->pdata[n]);
                check_local_route(c, d, e->acl, lines->pdata[n]);
            }
        }
    }
}
