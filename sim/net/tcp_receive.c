/* TCP data coming in: what is next is read, what comes early waits in its place, and the peer hears
 * of it (RFC 9293 3.10.7.4 seventh and eighth; RFC 5681 4.2 on acknowledgments). */
#include "tcp_priv.h"

/* RFC 9293 3.8.6.3: two segments are acknowledged together. */
#define ACK_EVERY 2

/* Keeps [from, to) for later. False when so many pieces wait that this one cannot. */
static bool range_add(struct net_tcp *c, tcp_seq from, tcp_seq to)
{
    if (!c->ranges)
        c->ranges = g_new(struct tcp_range, TCP_RANGES);
    uint32_t first = 0;
    while (first < c->n_ranges && c->ranges[first].to < from)
        first++;
    uint32_t behind = first;
    while (behind < c->n_ranges && c->ranges[behind].from <= to) {
        from = MIN(from, c->ranges[behind].from);
        to = MAX(to, c->ranges[behind].to);
        behind++;
    }
    if (behind == first && c->n_ranges == TCP_RANGES)
        return false;
    memmove(&c->ranges[first + 1], &c->ranges[behind],
            (c->n_ranges - behind) * sizeof c->ranges[0]);
    c->n_ranges = c->n_ranges - (behind - first) + 1;
    c->ranges[first] = (struct tcp_range){from, to};
    return true;
}

/* What has become next in line. */
static void ranges_join(struct net_tcp *c)
{
    uint32_t n = 0;
    while (n < c->n_ranges && c->ranges[n].from <= c->rcv_nxt) {
        c->rcv_nxt = MAX(c->rcv_nxt, c->ranges[n].to);
        n++;
    }
    c->n_ranges -= n;
    memmove(c->ranges, c->ranges + n, c->n_ranges * sizeof c->ranges[0]);
}

static void read_bytes(struct net_tcp *c, tcp_seq from)
{
    uint64_t n = (uint64_t)(c->rcv_nxt - from);
    *c->stack->count.bytes_in += n;
    if (c->hold)
        c->unread += (uint32_t)n;
    if (c->calls.data)
        c->calls.data(c->self, c, (uint64_t)(from - 1), n);
}

/* RFC 9293 3.10.7.4, eighth: the peer has no more. */
static void take_fin(struct net_tcp *c)
{
    c->rcv_nxt = c->fin_at + 1;
    c->rcv_adv = MAX(c->rcv_adv, c->rcv_nxt);
    c->ack_now = true;
    switch (c->state) {
    case NET_TCP_ESTABLISHED:
        tcp_set_state(c, NET_TCP_CLOSE_WAIT);
        if (c->calls.fin)
            c->calls.fin(c->self, c);
        break;
    case NET_TCP_FIN_WAIT_1: /* ours is not acknowledged, or it would be FIN-WAIT-2 */
        tcp_set_state(c, NET_TCP_CLOSING);
        if (c->calls.fin)
            c->calls.fin(c->self, c);
        break;
    case NET_TCP_FIN_WAIT_2:
        if (c->calls.fin)
            c->calls.fin(c->self, c);
        if (!c->dead)
            tcp_wait(c);
        break;
    default:
        break;
    }
}

/* The part of the segment that is new and fits: cut at both ends. */
static struct span cut(struct net_tcp *c, tcp_seq *seq, struct span payload, bool *fin)
{
    tcp_seq end = *seq + (tcp_seq)payload.n;
    tcp_seq limit = c->fin_at ? MIN(c->rcv_adv, c->fin_at) : c->rcv_adv;
    if (end > limit) {
        *fin = false;
        end = MAX(limit, *seq);
    }
    tcp_seq from = CLAMP(c->rcv_nxt, *seq, end);
    struct span rest = span_sub(payload, (size_t)(from - *seq), (size_t)(end - from));
    *seq = from;
    return rest;
}

static void put_in_place(struct net_tcp *c, tcp_seq seq, struct span bytes)
{
    tcp_seq before = c->rcv_nxt;
    bool gap = c->n_ranges > 0;
    if (seq > c->rcv_nxt) {
        ++*c->stack->count.ooo;
        c->ack_now = true; /* RFC 5681 4.2: the sender shall see that one is missing */
        if (!range_add(c, seq, seq + (tcp_seq)bytes.n))
            return;
    } else {
        c->rcv_nxt = seq + (tcp_seq)bytes.n;
        if (gap)
            ranges_join(c);
        c->ack_now |= gap || ++c->unacked >= ACK_EVERY;
    }
    size_t wrong = net_tcp_pattern_wrong(c->set.key, !c->opener, (uint64_t)(seq - 1), bytes);
    c->wrong += wrong;
    *c->stack->count.wrong += wrong;
    if (c->rcv_nxt > before)
        read_bytes(c, before);
}

void tcp_take_data(struct net_tcp *c, tcp_seq seq, struct span payload, bool fin)
{
    bool had = payload.n > 0;
    struct span bytes = cut(c, &seq, payload, &fin);
    if (fin && !c->fin_at && seq + (tcp_seq)bytes.n >= c->rcv_nxt)
        c->fin_at = seq + (tcp_seq)bytes.n;
    if (bytes.n > 0) {
        put_in_place(c, seq, bytes);
    } else if (had || fin) {
        c->ack_now = true; /* a copy of what is here, or nothing fits: say where we are */
        *c->stack->count.dup += had;
    }
    if (!c->dead && c->fin_at && c->rcv_nxt == c->fin_at)
        take_fin(c);
    if (!c->dead && c->unacked > 0 && !c->ack_now)
        tcp_ack_later(c);
}
