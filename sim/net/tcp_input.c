/* A segment arrives: RFC 9293 3.10.7.3 and 3.10.7.4, with the stricter answers of RFC 5961 to
 * resets, SYNs and acknowledgments that a stranger might have guessed. */
#include "tcp_priv.h"

#define CHALLENGE_EVERY MILLISECONDS(500)
#define RTO_AFTER_SYN   SECONDS(3)

/* The peer hears where we are; bare segments out of place are answered now and then only, for two
 * ends that each think the other wrong would never stop. */
static void challenge(struct net_tcp *c, bool bare)
{
    sim_time now = tcp_now(c);
    if (bare && now < c->challenge_next)
        return;
    c->challenge_next = now + CHALLENGE_EVERY;
    ++*c->stack->count.challenges;
    tcp_send_ack(c);
}

/* ---- Opening ---- */

void tcp_take_syn(struct net_tcp *c, const struct tcp_head *h)
{
    c->irs = h->seq;
    c->rcv_nxt = 1;
    c->rcv_adv = 1 + MIN(c->set.window, UINT16_MAX); /* as our own SYN says, or will say */
    c->peer_wscale = h->has_wscale;
    /* RFC 9293 3.7.1: without the option, 536. One that leaves no room for data is not believed. */
    c->peer_mss = h->mss ? MAX(h->mss, 28) : TCP_MSS_DEFAULT;
    if (c->set.mss_deaf)
        c->peer_mss = UINT16_MAX;
    tcp_size_renew(c);
    c->snd_wnd = c->snd_wnd_max = h->window; /* never scaled in a SYN */
    c->snd_wl1 = 0;
    c->snd_wl2 = c->snd_una;
    bool ours = c->set.wscale == NET_TCP_WSCALE_AUTO ? c->set.window > UINT16_MAX
                                                     : c->set.wscale != NET_TCP_WSCALE_OFF;
    if (ours && h->has_wscale) {
        c->snd_shift = MIN(h->wscale, TCP_WSCALE_MAX);
        c->rcv_shift = c->offer_shift;
    } else {
        c->set.window = MIN(c->set.window, UINT16_MAX);
    }
}

/* All that follows the handshake: the first window, the round trip of the SYN. */
static bool opened(struct net_tcp *c, tcp_seq ack)
{
    tcp_acked_new(c, ack);
    tcp_congestion_init(c);
    tcp_rto_renew(c);
    if (c->syn_again) {
        c->cwnd = c->smss; /* RFC 5681 3.1: not more than one segment when the SYN was lost */
        if (c->srtt == 0)
            c->rto = MAX(c->rto, RTO_AFTER_SYN); /* RFC 6298 5.7 */
    }
    /* The answer to a SYN-ACK goes alone, before the owner writes: data may be too large to pass.
     */
    if (c->state == NET_TCP_SYN_SENT)
        tcp_send_ack(c);
    return tcp_established(c);
}

static void in_syn_sent(struct net_tcp *c, const struct tcp_head *h, struct span payload)
{
    tcp_seq ack = tcp_unwrap(c->snd_una, c->iss, h->ack);
    bool acks = h->flags & TCP_ACK;
    if (acks && (ack <= 0 || ack > c->snd_max)) {
        if (!(h->flags & TCP_RST))
            tcp_refuse(c->stack->node, c->key.local, c->key.remote, h, payload.n);
        return;
    }
    if (h->flags & TCP_RST) {
        ++*c->stack->count.resets_in;
        if (acks)
            tcp_end(c, NET_TCP_END_REFUSED);
        return;
    }
    if (!(h->flags & TCP_SYN))
        return;
    tcp_take_syn(c, h);
    if (!acks) { /* both opened at once */
        tcp_set_state(c, NET_TCP_SYN_RCVD);
        tcp_send_syn(c);
        return;
    }
    if (!opened(c, ack))
        return;
    if (payload.n > 0 || h->flags & TCP_FIN)
        tcp_take_data(c, 1, payload, h->flags & TCP_FIN);
    tcp_output(c);
}

/* ---- RFC 9293 3.10.7.4, in its order ---- */

/* First, sequence number. What ends at the right edge without data is taken, as everybody does. */
static bool in_window(const struct net_tcp *c, tcp_seq seq, size_t len)
{
    tcp_seq last = seq + (tcp_seq)len - 1;
    if (len == 0)
        return seq >= c->rcv_nxt && seq <= c->rcv_adv;
    if (seq <= c->rcv_nxt && last >= c->rcv_nxt)
        return true; /* with no window its data is cut off and the rest still counts */
    return seq >= c->rcv_nxt && seq < c->rcv_adv;
}

/* Second, RST: RFC 5961 3.2, only the very next number ends it. */
static void in_reset(struct net_tcp *c, tcp_seq seq)
{
    if (seq != c->rcv_nxt) {
        challenge(c, true);
        return;
    }
    ++*c->stack->count.resets_in;
    if (c->state == NET_TCP_TIME_WAIT)
        tcp_kill(c);
    else
        tcp_end(c, c->state == NET_TCP_SYN_RCVD && c->opener ? NET_TCP_END_REFUSED
                                                             : NET_TCP_END_RESET);
}

/* Fifth, ACK: a window that is news. */
static void take_window(struct net_tcp *c, const struct tcp_head *h, tcp_seq seq, tcp_seq ack)
{
    if (seq < c->snd_wl1 || (seq == c->snd_wl1 && ack < c->snd_wl2))
        return;
    bool was_shut = c->snd_wnd == 0;
    c->snd_wnd = (uint32_t)h->window << c->snd_shift;
    c->snd_wnd_max = MAX(c->snd_wnd_max, c->snd_wnd);
    c->snd_wl1 = seq;
    c->snd_wl2 = ack;
    if (was_shut && c->snd_wnd > 0) { /* the probes end, and their long pauses */
        c->tries = 0;
        c->snd_nxt = c->snd_una;
        tcp_rto_renew(c);
        sim_timer_disarm(&c->timer);
    } else if (c->snd_wnd == 0) {
        c->tries = 0; /* it answers: it is alive */
    }
}

static void after_fin_acked(struct net_tcp *c)
{
    if (c->state == NET_TCP_FIN_WAIT_1)
        tcp_set_state(c, NET_TCP_FIN_WAIT_2);
    else if (c->state == NET_TCP_CLOSING)
        tcp_wait(c);
    else if (c->state == NET_TCP_LAST_ACK)
        tcp_end(c, NET_TCP_END_CLOSED);
}

/* RFC 5681 2: a duplicate acknowledgment says nothing new about anything. */
static bool is_duplicate(const struct net_tcp *c, const struct tcp_head *h, tcp_seq ack, size_t len)
{
    return len == 0 && ack == c->snd_una && c->snd_max > c->snd_una &&
           (uint32_t)h->window << c->snd_shift == c->snd_wnd && c->snd_wnd > 0;
}

static void took_ack(struct net_tcp *c, const struct tcp_head *h, tcp_seq seq, tcp_seq ack)
{
    bool more = ack > c->snd_una;
    tcp_seq before = c->snd_una;
    if (more)
        tcp_acked_new(c, ack);
    if (ack >= c->snd_una)
        take_window(c, h, seq, ack);
    if (more && c->calls.acked && MIN(ack, c->snd_end) > before)
        c->calls.acked(c->self, c, (uint64_t)(MIN(ack, c->snd_end) - 1));
    if (more && !c->dead && tcp_fin_sent(c) && ack > c->snd_end)
        after_fin_acked(c);
}

/* False: the segment is not looked at any further. */
static bool check_ack(struct net_tcp *c, const struct tcp_head *h, tcp_seq seq, size_t len)
{
    tcp_seq ack = tcp_unwrap(c->snd_una, c->iss, h->ack);
    if (c->state == NET_TCP_SYN_RCVD) {
        if (ack <= c->snd_una || ack > c->snd_max) {
            tcp_refuse(c->stack->node, c->key.local, c->key.remote, h, len);
            return false;
        }
        take_window(c, h, seq, ack);
        return opened(c, ack);
    }
    /* RFC 5961 5.2: between what may still be on its way and what was sent. */
    if (ack > c->snd_max || ack < c->snd_una - (tcp_seq)c->snd_wnd_max) {
        challenge(c, true);
        return false;
    }
    if (is_duplicate(c, h, ack, len))
        tcp_acked_again(c);
    else
        took_ack(c, h, seq, ack);
    return !c->dead;
}

static bool takes_data(const struct net_tcp *c)
{
    return c->state == NET_TCP_ESTABLISHED || c->state == NET_TCP_FIN_WAIT_1 ||
           c->state == NET_TCP_FIN_WAIT_2;
}

/* An old segment, or one from beyond the window. */
static void out_of_window(struct net_tcp *c, const struct tcp_head *h, size_t len)
{
    if (h->flags & TCP_RST)
        return;
    /* Our SYN-ACK was lost: the SYN comes again, and is answered alike. */
    if (c->state == NET_TCP_SYN_RCVD && (h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN &&
        h->seq == c->irs) {
        tcp_send_syn(c);
        return;
    }
    *c->stack->count.dup += len > 0;
    if (c->state == NET_TCP_TIME_WAIT && h->flags & TCP_FIN)
        tcp_wait_begin(c); /* our last ACK was lost */
    challenge(c, len == 0);
}

static void in_connection(struct net_tcp *c, const struct tcp_head *h, struct span payload)
{
    size_t len = payload.n + (h->flags & TCP_SYN ? 1 : 0) + (h->flags & TCP_FIN ? 1 : 0);
    tcp_seq seq = tcp_unwrap(c->rcv_nxt, c->irs, h->seq);
    if (!in_window(c, seq, len)) {
        out_of_window(c, h, len);
        return;
    }
    if (h->flags & TCP_RST) {
        in_reset(c, seq);
        return;
    }
    /* Fourth, SYN: RFC 5961 4.2, whoever sends one in the middle shall prove it. */
    if (h->flags & TCP_SYN) {
        challenge(c, true);
        return;
    }
    if (!(h->flags & TCP_ACK) || !check_ack(c, h, seq, len))
        return;
    if (len > 0 && takes_data(c))
        tcp_take_data(c, seq, payload, h->flags & TCP_FIN);
    else if (len > 0)
        c->ack_now = true;
    tcp_output(c);
}

void tcp_segment(struct net_tcp *c, const struct tcp_head *h, struct span payload)
{
    bool known = c->state != NET_TCP_SYN_SENT;
    TRACE(c->stack->node->scope, tcp_rx, .flow = c->flow, .conn = c->id, .client = c->opener,
          .seq = known ? h->seq - c->irs : 0, .bytes = (uint32_t)payload.n, .flags = h->flags,
          .ack = h->flags & TCP_ACK ? h->ack - c->iss : 0);
    if (!known) {
        in_syn_sent(c, h, payload);
        return;
    }
    /* Both opened at once: the answer to our SYN carries the SYN that is known (RFC 9293 3.5). */
    struct tcp_head answer = *h;
    if (c->state == NET_TCP_SYN_RCVD && c->opener && h->seq == c->irs && h->flags & TCP_SYN &&
        h->flags & TCP_ACK) {
        answer.flags &= (uint8_t)~TCP_SYN;
        answer.seq++;
    }
    in_connection(c, &answer, payload);
    if (!c->dead && c->state != NET_TCP_TIME_WAIT)
        tcp_heard(c);
}
