/* Segment size and the path's MTU: RFC 9293 3.7.1, RFC 1191; what ICMP errors are worth:
 * RFC 9293 3.9.2.2, RFC 5927. */
#include "tcp_priv.h"

#define PATH_AGE  SECONDS(600) /* RFC 1191 6.3: what was learned is forgotten after this */
#define PATHS_MAX 256
#define MTU_LEAST 68 /* RFC 791: every module forwards so much unbroken */

uint32_t tcp_interface_mtu(struct net_node *n, ip4 dst)
{
    struct net_if *out;
    ip4 hop;
    if (!net_route_lookup(n, dst, &out, &hop) || !out)
        return TCP_MSS_DEFAULT + TCP_IP_HEADS;
    return MAX(MIN(out->ip_mtu, out->mtu), MTU_LEAST);
}

static guint path_find(const struct tcp_stack *s, ip4 dst)
{
    for (guint i = 0; i < s->paths->len; i++)
        if (g_array_index(s->paths, struct tcp_path, i).dst == dst)
            return i;
    return s->paths->len;
}

static uint32_t path_mtu(struct tcp_stack *s, ip4 dst)
{
    guint at = path_find(s, dst);
    if (at == s->paths->len)
        return UINT16_MAX;
    struct tcp_path p = g_array_index(s->paths, struct tcp_path, at);
    if (p.until > sim_now(s->node->net->sim))
        return p.mtu;
    g_array_remove_index(s->paths, at);
    return UINT16_MAX;
}

static void path_learn(struct tcp_stack *s, ip4 dst, uint16_t mtu)
{
    guint at = path_find(s, dst);
    if (at < s->paths->len)
        g_array_remove_index(s->paths, at);
    else if (s->paths->len >= PATHS_MAX)
        g_array_remove_index(s->paths, 0);
    struct tcp_path p = {dst, mtu, sim_now(s->node->net->sim) + PATH_AGE};
    g_array_append_val(s->paths, p);
}

void tcp_size_renew(struct net_tcp *c)
{
    uint32_t mtu = tcp_interface_mtu(c->stack->node, c->key.remote);
    if (!c->set.no_df)
        mtu = MIN(mtu, path_mtu(c->stack, c->key.remote));
    c->smss = MIN(c->peer_mss, mtu - TCP_IP_HEADS);
    c->cwnd = MAX(c->cwnd, c->smss);
}

/* What the MTU leaves, and no more than is to pass the interface. */
static uint32_t interface_mss(struct net_node *n, ip4 dst)
{
    struct net_if *out;
    ip4 hop;
    uint32_t mss = tcp_interface_mtu(n, dst) - TCP_IP_HEADS;
    if (net_route_lookup(n, dst, &out, &hop) && out && out->tcp_mss)
        mss = MIN(mss, out->tcp_mss);
    return mss;
}

void tcp_size_init(struct net_tcp *c)
{
    c->announced = c->set.mss ? c->set.mss : interface_mss(c->stack->node, c->key.remote);
    c->peer_mss = TCP_MSS_DEFAULT;
    tcp_size_renew(c);
}

/* RFC 1191 7.1: what a router that does not name the size may have meant. */
static uint16_t plateau_below(uint16_t size)
{
    static const uint16_t plateau[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296};
    for (size_t i = 0; i < G_N_ELEMENTS(plateau); i++)
        if (plateau[i] < size)
            return plateau[i];
    return MTU_LEAST;
}

/* RFC 1191 6.4: what was too large goes again in smaller pieces, as in slow start. From an event of
 * its own: the error may be about a segment that is being sent at this moment. */
static void too_large(struct net_tcp *c, uint16_t mtu, uint16_t total)
{
    if (c->set.no_df || total <= MTU_LEAST)
        return;
    if (mtu == 0)
        mtu = plateau_below(total);
    mtu = MAX(mtu, MTU_LEAST);
    if (mtu >= total)
        return; /* RFC 1191 6.2: it is never raised by such an error */
    uint32_t before = c->smss;
    if (mtu < path_mtu(c->stack, c->key.remote))
        path_learn(c->stack, c->key.remote, mtu);
    tcp_size_renew(c);
    if (c->smss >= before)
        return;
    ++*c->stack->count.path_mtu;
    c->cwnd = c->smss;
    c->recovering = false;
    c->dupacks = 0;
    c->timed_end = 0;
    c->shrunk = true;
    sim_timer_arm_in(&c->timer, 0);
}

static void icmp_for(struct net_tcp *c, uint8_t type, uint8_t code, uint16_t mtu, uint16_t total)
{
    if (type == ICMP_UNREACHABLE && code == ICMP_FRAG_NEEDED) {
        too_large(c, mtu, total);
        return;
    }
    bool opening = c->state == NET_TCP_SYN_SENT || c->state == NET_TCP_SYN_RCVD;
    bool hard = type == ICMP_UNREACHABLE &&
                (code == ICMP_PROTO_UNREACHABLE || code == ICMP_PORT_UNREACHABLE);
    c->unreachable |= type == ICMP_UNREACHABLE;
    if (opening && hard) { /* told later as well: the owner may still be in net_tcp_connect */
        c->shunned = true;
        sim_timer_arm_in(&c->timer, 0);
    }
}

void tcp_icmp(void *stack, ip4 from, uint8_t type, uint8_t code, uint16_t mtu, struct span quoted)
{
    struct tcp_stack *s = stack;
    if (quoted.n < IP4_HEAD || quoted.p[9] != IPPROTO_NUM_TCP)
        return;
    struct span l4 = span_sub(quoted, (quoted.p[0] & 15u) * 4u, 8);
    if (l4.n < 8)
        return;
    struct tcp_key key = {be32_get(quoted.p + 12), be32_get(quoted.p + 16), be16_get(l4.p),
                          be16_get(l4.p + 2)};
    struct net_tcp *c = g_hash_table_lookup(s->by_key, &key);
    if (!c || c->state == NET_TCP_TIME_WAIT)
        return;
    /* RFC 5927 4.1: an error about a number that is not under way is somebody's guess. */
    tcp_seq seq = tcp_unwrap(c->snd_una, c->iss, be32_get(l4.p + 4));
    if (seq < c->snd_una || seq >= c->snd_max)
        return;
    icmp_for(c, type, code, mtu, be16_get(quoted.p + 2));
}
