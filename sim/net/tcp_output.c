/* TCP segments going out: what may be sent now and how large (RFC 9293 3.7.4 Nagle, 3.8.6.2.1
 * silly window avoidance), and how a segment is made. */
#include "tcp_priv.h"

static uint32_t window_free(const struct net_tcp *c)
{
    return c->set.window - MIN(c->unread, c->set.window);
}

/* RFC 9293 3.8.6.2.2: the right edge moves when it is worth it, and never back. Returns what the
 * head says, already scaled; what it says is what is remembered. */
static uint16_t announce_window(struct net_tcp *c, bool syn)
{
    uint8_t shift = syn ? 0 : c->rcv_shift; /* RFC 7323 2.2: never scaled in a SYN */
    tcp_seq edge = c->rcv_nxt + window_free(c);
    uint32_t worth = MIN(c->set.window / 2, c->announced);
    if (edge - c->rcv_adv < (tcp_seq)worth)
        edge = MAX(c->rcv_adv, c->rcv_nxt);
    uint64_t said = MIN((uint64_t)(edge - c->rcv_nxt) >> shift, UINT16_MAX);
    c->rcv_adv = MAX(c->rcv_adv, c->rcv_nxt + (tcp_seq)(said << shift));
    return (uint16_t)said;
}

static bool speaks_wscale(const struct net_tcp *c)
{
    switch (c->set.wscale) {
    case NET_TCP_WSCALE_OFF:
        return false;
    case NET_TCP_WSCALE_AUTO:
        return c->set.window > UINT16_MAX;
    default:
        return true;
    }
}

/* What a SYN carries. A SYN-ACK speaks of window scale when the SYN did (RFC 7323 2.2). */
static void put_options(struct net_tcp *c, struct tcp_head *h)
{
    bool answer = h->flags & TCP_ACK;
    bool may = !answer || c->peer_wscale || c->set.wscale == NET_TCP_WSCALE_UNASKED;
    h->mss = (uint16_t)c->announced;
    h->has_wscale = speaks_wscale(c) && may;
    h->wscale = c->offer_shift;
}

static void put_packet(struct net_tcp *c, const struct tcp_head *h, tcp_seq first, size_t n)
{
    struct net_node *node = c->stack->node;
    size_t heads = IP4_HEAD + tcp_head_size(h);
    struct pkt *p = pkt_new(heads + n);
    uint8_t *b = pkt_data(p);
    if (n)
        net_tcp_pattern(c->set.key, c->opener, (uint64_t)(first - 1), b + heads, n);
    tcp_emit(c->key.local, c->key.remote, h, b + IP4_HEAD, n);
    ip_head_put(node, p, c->key.local, c->key.remote, IPPROTO_NUM_TCP, c->set.tos, !c->set.no_df);
    net_output(node, p);
}

/* What has to be known of a segment afterwards is noted before it goes, for the path may say at
 * once that it is too large. */
static void note_sent(struct net_tcp *c, tcp_seq seq, size_t n, bool counts)
{
    tcp_seq end = seq + (tcp_seq)n + (counts ? 1 : 0);
    if (end == seq)
        return;
    if (seq < c->snd_max) {
        c->again++;
        ++*c->stack->count.again;
        c->timed_end = 0; /* RFC 6298 3, Karn: who knows which of them is answered */
    } else if (c->timed_end == 0) {
        c->timed_end = end;
        c->timed_at = tcp_now(c);
    }
    c->sent_at = tcp_now(c);
    c->snd_max = MAX(c->snd_max, end);
    *c->stack->count.bytes_out += n;
}

static void transmit(struct net_tcp *c, tcp_seq seq, size_t n, uint8_t flags)
{
    bool again = seq < c->snd_max && (n > 0 || flags & (TCP_SYN | TCP_FIN));
    struct tcp_head h = {
        .sport = c->key.lport,
        .dport = c->key.rport,
        .seq = c->iss + (uint32_t)seq,
        .flags = flags,
        .window = announce_window(c, flags & TCP_SYN),
    };
    if (flags & TCP_ACK)
        h.ack = c->irs + (uint32_t)c->rcv_nxt;
    if (flags & TCP_SYN)
        put_options(c, &h);
    if (flags & TCP_ACK) {
        c->ack_now = false;
        c->unacked = 0;
        sim_timer_disarm(&c->ack_timer);
    }
    ++*c->stack->count.out;
    note_sent(c, seq, n, flags & (TCP_SYN | TCP_FIN));
    TRACE(c->stack->node->scope, tcp_tx, .flow = c->flow, .conn = c->id, .client = c->opener,
          .seq = (uint32_t)seq, .bytes = (uint32_t)n, .flags = flags,
          .again = again ? MAX(c->tries, 1) : 0, .cwnd = c->cwnd);
    put_packet(c, &h, seq, n);
}

void tcp_send_syn(struct net_tcp *c)
{
    c->snd_nxt = 1;
    transmit(c, 0, 0, c->state == NET_TCP_SYN_RCVD ? TCP_SYN | TCP_ACK : TCP_SYN);
    tcp_timer_settle(c);
}

/* A number the peer takes for sure: behind what was sent, yet inside its window. */
static tcp_seq safe_seq(const struct net_tcp *c)
{
    return MIN(c->snd_max, c->snd_una + c->snd_wnd);
}

void tcp_send_ack(struct net_tcp *c)
{
    transmit(c, safe_seq(c), 0, TCP_ACK);
}

/* RFC 9293 3.8.4: a number that was acknowledged long ago, so that the peer answers. */
void tcp_send_keepalive(struct net_tcp *c)
{
    ++*c->stack->count.probes;
    transmit(c, c->snd_una - 1, 0, TCP_ACK);
}

/* ---- Data ---- */

struct piece {
    size_t n;
    bool fin;
};

static uint8_t flags_of(const struct net_tcp *c, tcp_seq seq, struct piece p)
{
    bool last = seq + (tcp_seq)p.n == c->snd_end; /* PSH: RFC 9293 3.9.1.2 */
    return (uint8_t)(TCP_ACK | (p.n && last ? TCP_PSH : 0) | (p.fin ? TCP_FIN : 0));
}

/* The next piece from snd_nxt on, or none. */
static bool next_piece(const struct net_tcp *c, struct piece *p)
{
    tcp_seq pending = c->snd_end - c->snd_nxt;
    tcp_seq usable = c->snd_una + MIN(c->cwnd, c->snd_wnd) - c->snd_nxt;
    if (pending < 0 || usable < 0)
        return false;
    tcp_seq n = MIN(MIN(pending, usable), (tcp_seq)c->smss);
    *p = (struct piece){(size_t)n, c->fin_wanted && n == pending};
    if (p->fin)
        return true;
    if (n == 0)
        return false;
    bool idle = c->snd_nxt == c->snd_una;
    return n == (tcp_seq)c->smss || c->snd_nxt < c->snd_max ||
           (n == pending && (idle || c->set.nodelay)) || n >= (tcp_seq)c->snd_wnd_max / 2;
}

static bool may_send_data(const struct net_tcp *c)
{
    switch (c->state) {
    case NET_TCP_ESTABLISHED:
    case NET_TCP_CLOSE_WAIT:
    case NET_TCP_FIN_WAIT_1:
    case NET_TCP_CLOSING:
    case NET_TCP_LAST_ACK:
        return true;
    default:
        return false;
    }
}

void tcp_output(struct net_tcp *c)
{
    struct piece p;
    if (c->dead)
        return;
    tcp_idle_restart(c);
    while (may_send_data(c) && next_piece(c, &p)) {
        tcp_seq at = c->snd_nxt;
        c->snd_nxt = at + (tcp_seq)p.n + (p.fin ? 1 : 0);
        transmit(c, at, p.n, flags_of(c, at, p));
    }
    if (c->ack_now)
        tcp_send_ack(c);
    tcp_timer_settle(c);
}

void tcp_send_first(struct net_tcp *c, uint32_t most)
{
    tcp_seq pending = c->snd_end - c->snd_una;
    struct piece p = {(size_t)CLAMP(pending, 0, (tcp_seq)most), false};
    p.fin = c->fin_wanted && pending == (tcp_seq)p.n;
    if (!may_send_data(c) || pending < 0 || (p.n == 0 && !p.fin))
        return;
    transmit(c, c->snd_una, p.n, flags_of(c, c->snd_una, p));
}

/* ---- Resets ---- */

void tcp_send_reset(struct net_tcp *c)
{
    struct tcp_head h = {
        .sport = c->key.lport,
        .dport = c->key.rport,
        .seq = c->iss + (uint32_t)safe_seq(c),
        .ack = c->irs + (uint32_t)c->rcv_nxt,
        .flags = TCP_RST | TCP_ACK,
    };
    ++*c->stack->count.resets_out;
    ++*c->stack->count.out;
    TRACE(c->stack->node->scope, tcp_tx, .flow = c->flow, .conn = c->id, .client = c->opener,
          .seq = (uint32_t)safe_seq(c), .flags = h.flags, .cwnd = c->cwnd);
    put_packet(c, &h, 0, 0);
}

void tcp_refuse(struct net_node *n, ip4 src, ip4 dst, const struct tcp_head *h, size_t payload)
{
    /* "If the ACK bit is off, sequence number zero is used", and all that came is acknowledged. */
    struct tcp_head out = {.sport = h->dport, .dport = h->sport, .flags = TCP_RST};
    if (h->flags & TCP_ACK) {
        out.seq = h->ack;
    } else {
        out.flags |= TCP_ACK;
        out.ack = h->seq + (uint32_t)payload + (h->flags & TCP_SYN ? 1 : 0) +
                  (h->flags & TCP_FIN ? 1 : 0);
    }
    if (n->tcp) {
        ++*n->tcp->count.resets_out;
        ++*n->tcp->count.out;
    }
    struct pkt *p = pkt_new(IP4_HEAD + TCP_HEAD);
    tcp_emit(src, dst, &out, pkt_data(p) + IP4_HEAD, 0);
    ip_head_put(n, p, src, dst, IPPROTO_NUM_TCP, 0, true);
    net_output(n, p);
}
