/* IP going out (RFC 791, RFC 1812 4.2.2.7 and 5.2): the way, the outbound list, the hook,
 * fragments, the link. */
#include "qos_priv.h"

#define FRAG_UNIT 8 /* RFC 791: offsets count in these */

static void drop_out(struct net_if *out, struct pkt *p, enum drop_reason why)
{
    out->out_drops++;
    pkt_drop(out->node, p, why);
}

/* Packets to the node itself come back as an event of their own, so that two programs of one node
 * that answer each other do not nest. */
void ip_again_later(struct net_node *n, struct pkt *p)
{
    g_queue_push_tail(&n->looped, p);
    sim_post(n->net->sim, sim_now(n->net->sim), &n->loop_port, 0);
}

static void loop_back(struct net_node *n, struct net_if *own, struct pkt *p)
{
    p = pkt_own(p);
    p->in = own;
    ip_again_later(n, p);
}

void ip_loop_event(void *node, uint64_t arg)
{
    struct net_node *n = node;
    struct pkt *p = g_queue_pop_head(&n->looped);
    if (p)
        net_input_again(p->in, p);
}

void ip_send(struct net_node *n, struct pkt *p, bool forwarded)
{
    struct dest d = *dest_of(n, pkt_dst(p));
    if (d.kind == DEST_LOCAL) {
        loop_back(n, d.out, p);
        return;
    }
    if (d.kind == DEST_NONE || !d.out) {
        if (forwarded)
            p->in->in_drops++;
        net_icmp_error(n, p, ICMP_UNREACHABLE, ICMP_HOST_UNREACHABLE, 0);
        pkt_drop(n, p, DROP_IP_NO_ROUTE);
        return;
    }
    if (n->nat && forwarded) {
        p = nat_out(n, d.out, p);
        if (!p)
            return;
    }
    if (d.shared)
        route_share(n, p, &d);
    /* What the node made itself passes its outbound lists unseen, as on the routers of the time. */
    if (forwarded && d.out->acl_out && !n->conns && !ip_acl_passes(d.out, d.out->acl_out, p)) {
        net_icmp_error(n, p, ICMP_UNREACHABLE, ICMP_ADMIN_PROHIBITED, 0);
        drop_out(d.out, p, DROP_ACL);
        return;
    }
    if (d.out->tcp_mss)
        p = mss_pass(p, 0, d.out->tcp_mss);
    if (n->hooks.egress && n->hooks.egress(n->hooks.self, d.out, d.nexthop, p) == NET_TAKEN)
        return;
    net_output_on(d.out, d.nexthop, p);
}

void net_output(struct net_node *n, struct pkt *p)
{
    if (p->len < IP4_HEAD || p->len > UINT16_MAX) {
        pkt_drop(n, p, p->len < IP4_HEAD ? DROP_IP_SHORT : DROP_TOO_BIG);
        return;
    }
    ++*n->count.sent;
    ip_send(n, p, false);
}

void net_output_on(struct net_if *out, ip4 nexthop, struct pkt *p)
{
    if (!out->node->cpu || !cpu_takes_out(out, nexthop, p))
        net_output_now(out, nexthop, p);
}

void net_output_now(struct net_if *out, ip4 nexthop, struct pkt *p)
{
    uint32_t mtu = MIN(out->ip_mtu, out->mtu);
    if (p->len <= mtu) {
        link_send(out, nexthop, p);
        return;
    }
    if (p->len > UINT16_MAX) {
        drop_out(out, p, DROP_TOO_BIG);
        return;
    }
    if (be16_get(pkt_data(p) + 6) & IP4_DF) {
        net_icmp_error(out->node, p, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, (uint16_t)mtu);
        drop_out(out, p, DROP_IP_DF);
        return;
    }
    ip_fragment(out, nexthop, p, mtu);
}

/* ---- Fragments ---- */

/* RFC 791 3.1: of the options only those with the copied flag stand in later fragments. Writes the
 * head of a later fragment and returns its length. */
static size_t later_head(const uint8_t *first, size_t head_bytes, uint8_t out[60])
{
    size_t n = IP4_HEAD;
    memcpy(out, first, IP4_HEAD);
    for (size_t at = IP4_HEAD; at < head_bytes;) {
        uint8_t type = first[at];
        if (type == 0)
            break;
        size_t len = type == 1 ? 1 : at + 1 < head_bytes ? first[at + 1] : 0;
        if (len == 0 || len > head_bytes - at || (type != 1 && len < 2))
            break;
        if (type & 0x80) {
            memcpy(out + n, first + at, len);
            n += len;
        }
        at += len;
    }
    while (n % 4)
        out[n++] = 0;
    out[0] = (uint8_t)(0x40 | n / 4);
    return n;
}

static void piece_finish(uint8_t *head, size_t head_bytes, size_t total, uint16_t offset_and_flags)
{
    be16_put(head + 2, (uint16_t)total);
    be16_put(head + 6, offset_and_flags);
    be16_put(head + 10, 0);
    be16_put(head + 10, ip_checksum(span_of(head, head_bytes)));
}

/* The pieces of a packet whose head is sound, for an MTU that leaves room behind it. */
static uint32_t cut(const struct pkt *p, size_t first_bytes, uint32_t mtu,
                    void (*each)(void *self, struct pkt *piece), void *self)
{
    const uint8_t *b = p->buf + p->head;
    uint8_t later[60];
    size_t later_bytes = later_head(b, first_bytes, later);
    uint16_t field = be16_get(b + 6);
    size_t offset = (field & 0x1fffu) * FRAG_UNIT;
    uint16_t more_behind = field & IP4_MF; /* a fragment cut again keeps it on its last piece */
    size_t at = first_bytes;
    uint32_t pieces = 0;
    while (at < p->len) {
        size_t head_bytes = at == first_bytes ? first_bytes : later_bytes;
        size_t n = MIN((size_t)p->len - at, (mtu - head_bytes) / FRAG_UNIT * FRAG_UNIT);
        bool last = at + n == p->len;
        struct pkt *q = pkt_new(head_bytes + n);
        uint8_t *q_bytes = pkt_data(q);
        memcpy(q_bytes, at == first_bytes ? b : later, head_bytes);
        memcpy(q_bytes + head_bytes, b + at, n);
        piece_finish(q_bytes, head_bytes, head_bytes + n,
                     (uint16_t)(offset / FRAG_UNIT | (last ? more_behind : IP4_MF)));
        q->in = p->in;
        q->sa_in = p->sa_in;
        q->sa_out = p->sa_out;
        q->mark = p->mark;
        q->queue = p->queue;
        at += n;
        offset += n;
        pieces++;
        each(self, q);
    }
    return pieces;
}

static bool can_cut(const struct pkt *p, uint32_t mtu, size_t *head_bytes)
{
    *head_bytes = p->len ? (p->buf[p->head] & 15u) * 4u : 0;
    return *head_bytes >= IP4_HEAD && *head_bytes <= p->len && mtu >= *head_bytes + FRAG_UNIT;
}

bool net_fragment(struct net_node *n, struct pkt *p, uint32_t mtu,
                  void (*each)(void *self, struct pkt *piece), void *self)
{
    size_t head_bytes;
    if (!can_cut(p, mtu, &head_bytes))
        return false;
    uint32_t pieces = cut(p, head_bytes, mtu, each, self);
    *n->count.frag_made += pieces;
    TRACE(n->scope, frag_made, .src = pkt_src(p), .dst = pkt_dst(p), .pieces = pieces, .mtu = mtu);
    pkt_unref(p);
    return true;
}

struct way {
    struct net_if *out;
    ip4 nexthop;
};

static void piece_send(void *self, struct pkt *p)
{
    const struct way *w = self;
    link_send(w->out, w->nexthop, p);
}

void ip_fragment(struct net_if *out, ip4 nexthop, struct pkt *p, uint32_t mtu)
{
    struct way w = {out, nexthop};
    size_t head_bytes;
    if (!net_fragment(out->node, p, mtu, piece_send, &w))
        drop_out(out, p, can_cut(p, UINT16_MAX, &head_bytes) ? DROP_IP_DF : DROP_IP_BAD_HEADER);
}

/* ---- Packets the node makes ---- */

bool ip_source(struct net_node *n, ip4 *src, ip4 dst)
{
    const struct dest *d = dest_of(n, dst);
    if (d->kind == DEST_NONE || !d->out)
        return false;
    if (!*src)
        *src = d->out->addr;
    return true;
}

void ip_head_put(struct net_node *n, struct pkt *p, ip4 src, ip4 dst, uint8_t protocol, uint8_t tos,
                 bool df)
{
    struct ip4_head h = {
        .tos = tos,
        .ttl = n->ttl,
        .protocol = protocol,
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)p->len,
        .id = n->ip_id++,
        .flags = df ? IP4_DF : 0,
        .src = src,
        .dst = dst,
    };
    ip4_head_emit(&h, pkt_data(p));
}

/* A payload that no IP packet can hold is counted as a packet that died. */
static void too_big(struct net_node *n, ip4 src, ip4 dst, uint8_t protocol, size_t bytes)
{
    ++*node_drop_counter(n, DROP_TOO_BIG);
    TRACE(n->scope, pkt_drop, .why = DROP_TOO_BIG, .src = src, .dst = dst, .protocol = protocol,
          .length = (uint32_t)MIN(bytes, UINT32_MAX));
}

bool net_send_ip(struct net_node *n, ip4 src, ip4 dst, uint8_t protocol, uint8_t tos, bool df,
                 struct span payload)
{
    if (!ip_source(n, &src, dst))
        return false;
    if (payload.n > UINT16_MAX - IP4_HEAD) {
        too_big(n, src, dst, protocol, payload.n);
        return true;
    }
    struct pkt *p = pkt_new(IP4_HEAD + payload.n);
    if (payload.n)
        memcpy(pkt_data(p) + IP4_HEAD, payload.p, payload.n);
    ip_head_put(n, p, src, dst, protocol, tos, df);
    net_output(n, p);
    return true;
}

/* NULL: no packet can hold it, which is counted. */
static struct pkt *udp_make(struct net_node *n, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                            uint8_t tos, struct span payload)
{
    if (payload.n > UINT16_MAX - IP4_HEAD - UDP_HEAD) {
        too_big(n, src, dst, IPPROTO_NUM_UDP, payload.n);
        return NULL;
    }
    struct pkt *p = pkt_new(IP4_HEAD + UDP_HEAD + payload.n);
    uint8_t *udp = pkt_data(p) + IP4_HEAD;
    if (payload.n)
        memcpy(udp + UDP_HEAD, payload.p, payload.n);
    udp_emit(src, dst, sport, dport, udp, payload.n);
    ip_head_put(n, p, src, dst, IPPROTO_NUM_UDP, tos, false);
    return p;
}

bool net_send_udp(struct net_node *n, ip4 src, uint16_t sport, ip4 dst, uint16_t dport, uint8_t tos,
                  struct span payload)
{
    if (!ip_source(n, &src, dst))
        return false;
    struct pkt *p = udp_make(n, src, sport, dst, dport, tos, payload);
    if (p)
        net_output(n, p);
    return true;
}

void net_send_udp_on(struct net_if *out, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                     uint8_t tos, struct span payload)
{
    struct net_node *n = out->node;
    struct pkt *p = udp_make(n, src, sport, dst, dport, tos, payload);
    if (!p)
        return;
    ++*n->count.sent;
    net_output_on(out, dst, p);
}
