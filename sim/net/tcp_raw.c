/* Segments to a port that somebody wants as they come, connection or not. */
#include "tcp_priv.h"

#include "net/nat.h"

static struct tcp_raw *raw_at(const struct net_node *n, uint16_t port)
{
    for (guint i = 0; n->tcp_raw && i < n->tcp_raw->len; i++) {
        struct tcp_raw *r = &g_array_index(n->tcp_raw, struct tcp_raw, i);
        if (r->port == port)
            return r;
    }
    return NULL;
}

bool net_tcp_raw_bind(struct net_node *n, uint16_t port, net_tcp_raw_fn fn, void *self)
{
    if (!port || raw_at(n, port) || net_nat_holds(n, IPPROTO_NUM_TCP, port))
        return false;
    if (!n->tcp_raw)
        n->tcp_raw = g_array_new(FALSE, FALSE, sizeof(struct tcp_raw));
    const struct tcp_raw r = {port, fn, self};
    g_array_append_val(n->tcp_raw, r);
    return true;
}

void net_tcp_raw_unbind(struct net_node *n, uint16_t port)
{
    const struct tcp_raw *r = raw_at(n, port);
    if (r)
        g_array_remove_index(n->tcp_raw, (guint)(r - (const struct tcp_raw *)n->tcp_raw->data));
}

bool tcp_raw_bound(const struct net_node *n, uint16_t port)
{
    return raw_at(n, port) != NULL;
}

bool tcp_raw_input(struct net_node *n, struct net_if *in, const struct ip4_head *ip,
                   const struct tcp_head *h, struct span payload)
{
    const struct tcp_raw *r = raw_at(n, h->dport);
    if (!r)
        return false;
    const struct tcp_raw copy = *r; /* it may end with what it hears */
    copy.fn(copy.self, in, ip->src, ip->dst, h, payload);
    return true;
}

bool net_tcp_raw_send(struct net_node *n, ip4 src, ip4 dst, const struct tcp_head *h,
                      struct span payload)
{
    size_t heads = IP4_HEAD + tcp_head_size(h);
    if (heads + payload.n > UINT16_MAX)
        return false;
    struct pkt *p = pkt_new(heads + payload.n);
    if (payload.n)
        memcpy(pkt_data(p) + heads, payload.p, payload.n);
    tcp_emit(src, dst, h, pkt_data(p) + IP4_HEAD, payload.n);
    ip_head_put(n, p, src, dst, IPPROTO_NUM_TCP, 0, false);
    net_output(n, p);
    return true;
}
