/* UDP (RFC 768): datagrams to whoever bound the port. */
#include "net/nat.h"
#include "net_priv.h"

static bool port_find(const struct net_node *n, uint16_t port, guint *at)
{
    guint low = 0, high = n->udp ? n->udp->len : 0;
    while (low < high) {
        guint mid = (low + high) / 2;
        uint16_t there = g_array_index(n->udp, struct udp_bind, mid).port;
        if (there == port) {
            *at = mid;
            return true;
        }
        if (there < port)
            low = mid + 1;
        else
            high = mid;
    }
    *at = low;
    return false;
}

bool udp_bound(const struct net_node *n, uint16_t port)
{
    guint at;
    return port_find(n, port, &at) && !g_array_index(n->udp, struct udp_bind, at).yields;
}

void net_udp_yield(struct net_node *n, uint16_t port, bool yields)
{
    guint at;
    if (port_find(n, port, &at))
        g_array_index(n->udp, struct udp_bind, at).yields = yields;
}

bool net_udp_bind(struct net_node *n, uint16_t port, net_udp_fn fn, void *self)
{
    guint at;
    if (port_find(n, port, &at) || net_nat_holds(n, IPPROTO_NUM_UDP, port))
        return false;
    if (!n->udp)
        n->udp = g_array_new(FALSE, FALSE, sizeof(struct udp_bind));
    struct udp_bind b = {port, fn, self, false};
    g_array_insert_val(n->udp, at, b);
    return true;
}

void net_udp_unbind(struct net_node *n, uint16_t port)
{
    guint at;
    if (port_find(n, port, &at))
        g_array_remove_index(n->udp, at);
}

void udp_input(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    struct udp_head udp;
    struct span payload;
    struct span body = span_sub(pkt_span(p), h->head_bytes, p->len);
    enum wire_status status = udp_parse(h->src, h->dst, body, &udp, &payload);
    if (status != WIRE_OK) {
        pkt_drop(n, p, status == WIRE_CHECKSUM ? DROP_UDP_CHECKSUM : DROP_UDP_SHORT);
        return;
    }
    guint at;
    if (!port_find(n, udp.dport, &at)) {
        net_icmp_error(n, p, ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, 0);
        pkt_drop(n, p, DROP_UDP_NO_PORT);
        return;
    }
    struct udp_bind b = g_array_index(n->udp, struct udp_bind, at);
    b.fn(b.self, in, h->src, udp.sport, h->dst, udp.dport, payload);
    pkt_unref(p);
}
