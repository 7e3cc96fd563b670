/* IP coming in (RFC 791, RFC 1812 4.2 and 5): head checks, inbound list, hook, then forward or
 * deliver. */
#include "qos_priv.h"

static void drop_in(struct net_if *in, struct pkt *p, enum drop_reason why)
{
    in->in_drops++;
    pkt_drop(in->node, p, why);
}

static enum drop_reason head_check(struct pkt *p, struct ip4_head *h)
{
    switch (ip4_head_parse(pkt_span(p), h)) {
    case WIRE_OK:
        pkt_trim(p, h->total); /* what is behind it is padding of the link */
        return DROP_NONE;
    case WIRE_SHORT:
        return DROP_IP_SHORT;
    case WIRE_CHECKSUM:
        return DROP_IP_CHECKSUM;
    default:
        return DROP_IP_BAD_HEADER;
    }
}

/* RFC 1812 5.3.7: addresses that no packet on a wire carries. A host that has no address yet sends
 * from 0.0.0.0 to the broadcast address. */
static bool martian(const struct ip4_head *h)
{
    uint32_t src_net = h->src >> 24, dst_net = h->dst >> 24;
    if (src_net == 127 || h->src >= IP4(224, 0, 0, 0) || dst_net == 127)
        return true;
    if (src_net == 0)
        return h->src != 0 || h->dst != IP4_BROADCAST;
    return dst_net == 0 || (h->dst >= IP4(240, 0, 0, 0) && h->dst != IP4_BROADCAST);
}

bool ip_acl_passes(struct net_if *i, const char *name, const struct pkt *p)
{
    struct net_node *n = i->node;
    struct acl *a = net_acl(n, name);
    if (!a || !a->lines->len)
        return true; /* a list that is not defined, or has no line yet, filters nothing */
    struct flow f;
    pkt_flow(p, &f);
    if (n->guard.admits && n->guard.admits(n->guard.self, i, name == i->acl_in, p))
        return true;
    const struct acl_line *l = acl_match(a, &f);
    bool permit = l && l->permit;
    TRACE(n->scope, acl_hit, .acl = a->name, .line = l ? l->number : 0, .permit = permit,
          .src = f.src, .dst = f.dst);
    return permit;
}

static void forward(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    if (!n->forwards || ip4_multicast(h->dst)) {
        drop_in(in, p, DROP_IP_NOT_MINE);
        return;
    }
    if (n->conns && !conn_passes(n, in, p, h))
        return;
    if (h->ttl <= 1) {
        net_icmp_error(n, p, ICMP_TIME_EXCEEDED, 0, 0);
        drop_in(in, p, DROP_IP_TTL);
        return;
    }
    p = pkt_own(p);
    if (n->conns)
        conn_mss_pass(n->conns, p);
    ip4_ttl_decrement(pkt_data(p));
    ++*n->count.forwarded;
    ip_send(n, p, true);
}

static void route_in(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    struct ip4_head turned;
    if (n->nat) {
        p = nat_in(n, in, p);
        if (!p)
            return;
        enum drop_reason why = head_check(p, &turned);
        g_assert(why == DROP_NONE);
        h = &turned;
    }
    if (in->tcp_mss)
        p = mss_pass(p, 0, in->tcp_mss);
    struct dest d = *dest_of(n, h->dst);
    bool mine = d.kind == DEST_LOCAL || d.kind == DEST_BROADCAST;
    if (n->guard.judge) {
        enum drop_reason why = n->guard.judge(n->guard.self, in, mine ? NULL : d.out, p);
        if (why != DROP_NONE) {
            drop_in(in, p, why);
            return;
        }
    }
    if (mine)
        ip_deliver(n, in, p, h);
    else
        forward(n, in, p, h);
}

void ip_input(struct net_if *in, struct pkt *p)
{
    struct ip4_head h;
    in->in_packets++;
    in->in_bytes += p->len;
    p->in = in;
    if (in->node->cpu && head_check(p, &h) == DROP_NONE && !martian(&h) && cpu_takes_in(in, p, &h))
        return;
    ip_input_now(in, p);
}

void ip_input_now(struct net_if *in, struct pkt *p)
{
    struct net_node *n = in->node;
    struct ip4_head h;
    enum drop_reason why = head_check(p, &h);
    if (why == DROP_NONE && martian(&h))
        why = DROP_IP_MARTIAN;
    if (why != DROP_NONE) {
        drop_in(in, p, why);
        return;
    }
    if (((struct if_box *)in)->qos_in && !qos_input(in, &p))
        return;
    if (in->acl_in && !n->conns && !ip_acl_passes(in, in->acl_in, p)) {
        net_icmp_error(n, p, ICMP_UNREACHABLE, ICMP_ADMIN_PROHIBITED, 0);
        drop_in(in, p, DROP_ACL);
        return;
    }
    if (n->hooks.ingress) {
        if (n->hooks.ingress(n->hooks.self, in, p) == NET_TAKEN)
            return;
        why = head_check(p, &h); /* the hook may have written to it */
        if (why != DROP_NONE) {
            drop_in(in, p, why);
            return;
        }
    }
    route_in(n, in, p, &h);
}

void net_input_again(struct net_if *in, struct pkt *p)
{
    struct ip4_head h;
    p->in = in;
    enum drop_reason why = head_check(p, &h);
    if (why == DROP_NONE && martian(&h))
        why = DROP_IP_MARTIAN;
    if (why != DROP_NONE)
        drop_in(in, p, why);
    else
        route_in(in->node, in, p, &h);
}

/* RFC 1122 3.2.1.3 and 3.3.2: fragments wait for each other, the whole goes to its protocol. */
void ip_deliver(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    struct ip4_head whole;
    if (h->frag_bytes || h->flags & IP4_MF) {
        p = reassembly_add(n, p, h);
        if (!p)
            return;
        in = p->in;
        enum drop_reason why = head_check(p, &whole);
        g_assert(why == DROP_NONE);
        h = &whole;
    }
    ++*n->count.delivered;
    for (guint k = 0; n->protos && k < n->protos->len; k++) {
        struct proto_bind b = g_array_index(n->protos, struct proto_bind, k);
        if (b.protocol == h->protocol) {
            b.fn(b.self, in, p);
            return;
        }
    }
    switch (h->protocol) {
    case IPPROTO_NUM_ICMP:
        icmp_input(n, in, p, h);
        return;
    case IPPROTO_NUM_UDP:
        udp_input(n, in, p, h);
        return;
    case IPPROTO_NUM_TCP:
        tcp_input(n, in, p, h);
        return;
    default:
        net_icmp_error(n, p, ICMP_UNREACHABLE, ICMP_PROTO_UNREACHABLE, 0);
        pkt_drop(n, p, DROP_IP_PROTO);
    }
}

void net_proto_bind(struct net_node *n, uint8_t protocol, net_proto_fn fn, void *self)
{
    if (!n->protos)
        n->protos = g_array_new(FALSE, FALSE, sizeof(struct proto_bind));
    for (guint k = 0; k < n->protos->len; k++) {
        if (g_array_index(n->protos, struct proto_bind, k).protocol == protocol) {
            g_array_remove_index(n->protos, k);
            break;
        }
    }
    struct proto_bind b = {protocol, fn, self};
    if (fn)
        g_array_append_val(n->protos, b);
}
