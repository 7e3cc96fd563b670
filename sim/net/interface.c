/* Interfaces: their addresses and state. Whatever moves here, the routes follow. */
#include "qos_priv.h"

#define MTU_DEFAULT            1500
#define BANDWIDTH_DEFAULT_KBPS 100000

static struct if_box *box_of(struct net_if *i)
{
    return (struct if_box *)i; /* pub is its first member */
}

struct net_if *net_if_new(struct net_node *n, const char *name)
{
    struct if_box *box = g_new0(struct if_box, 1);
    struct net_if *i = &box->pub;
    i->node = n;
    i->name = g_strdup(name);
    i->index = n->ifs->len;
    i->admin_up = true;
    i->mtu = i->ip_mtu = MTU_DEFAULT;
    i->bandwidth_kbps = BANDWIDTH_DEFAULT_KBPS;
    g_ptr_array_add(n->ifs, i);
    return i;
}

void if_free(struct net_if *i)
{
    g_free(i->name);
    g_free(i->description);
    g_free(i->acl_in);
    g_free(i->acl_out);
    qos_port_free(box_of(i)->qos_out);
    qos_port_free(box_of(i)->qos_in);
    g_free(box_of(i));
}

struct net_if *net_if_by_name(struct net_node *n, const char *name)
{
    for (guint k = 0; name && k < n->ifs->len; k++) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        if (!strcmp(i->name, name))
            return i;
    }
    return NULL;
}

struct net_if *net_if_by_addr(struct net_node *n, ip4 addr)
{
    for (guint k = 0; addr && k < n->ifs->len; k++) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        if (i->addr == addr)
            return i;
    }
    return NULL;
}

size_t net_if_count(const struct net_node *n)
{
    return n->ifs->len;
}

struct net_if *net_if_at(const struct net_node *n, size_t i)
{
    return i < n->ifs->len ? g_ptr_array_index(n->ifs, i) : NULL;
}

void net_if_mac(const struct net_if *i, uint8_t mac[6])
{
    g_autofree char *name = g_strdup_printf("%s/%s", net_node_name(i->node), i->name);
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const char *c = name; *c; c++)
        h = (h ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
    mac[0] = 0x02;
    for (int k = 1; k < 6; k++, h >>= 8)
        mac[k] = (uint8_t)h;
}

void net_if_set_address(struct net_if *i, ip4 addr, ip4 mask)
{
    if (!addr)
        mask = 0;
    if (i->addr == addr && i->mask == mask)
        return;
    if (i->addr)
        route_connected_del(i->node, i);
    i->addr = addr;
    i->mask = mask;
    if (addr)
        route_connected_add(i->node, i);
    if (i->link)
        link_forget_owners(i->link);
    node_changed(i->node, i);
}

void net_if_set_admin(struct net_if *i, bool up)
{
    i->admin_up = up;
    if_refresh(i);
}

bool net_if_protocol_up(const struct net_if *i)
{
    return i->admin_up && (i->loopback || i->no_keepalive || (i->link && i->link->up));
}

void if_refresh(struct net_if *i)
{
    struct if_box *box = box_of(i);
    bool up = net_if_protocol_up(i);
    if (up == box->was_up) {
        node_changed(i->node, i);
        return;
    }
    box->was_up = up;
    TRACE(i->node->scope, if_state, .interface = i->name, .up = up);
    route_interface_changed(i->node, i);
    node_changed(i->node, i);
}

bool if_is_broadcast(const struct net_if *i, ip4 dst)
{
    int len = ip4_mask_len(i->mask);
    return i->addr && len >= 0 && len <= 30 && dst == (i->addr | ~i->mask);
}
