/* TCP timers: retransmission (RFC 6298 5), zero window probes (RFC 9293 3.8.6.1), delayed
 * acknowledgments (3.8.6.3), keepalives (3.8.4), TIME-WAIT. One timer serves the first two and the
 * last, which exclude each other. */
#include "tcp_priv.h"

#define KEEP_EVERY  SECONDS(75)
#define KEEP_PROBES 9
/* In FIN-WAIT-2 nothing of ours asks for an answer: a peer that has gone would be waited for
 * without end. After ten minutes of silence (the usual hosts wait that long) it is probed. */
#define FIN_WAIT_2_IDLE SECONDS(600)

static bool outstanding(const struct net_tcp *c)
{
    return c->snd_max > c->snd_una;
}

/* Bytes that may not go, with nothing under way whose answer would let them. */
static bool stuck(const struct net_tcp *c)
{
    return c->state >= NET_TCP_ESTABLISHED && c->state != NET_TCP_FIN_WAIT_2 &&
           c->snd_end > c->snd_nxt;
}

void tcp_timer_settle(struct net_tcp *c)
{
    if (c->dead || c->state == NET_TCP_TIME_WAIT)
        return;
    if (!outstanding(c) && !stuck(c))
        sim_timer_disarm(&c->timer);
    else if (!sim_timer_armed(&c->timer))
        sim_timer_arm_in(&c->timer, c->rto);
}

void tcp_timer_restart(struct net_tcp *c)
{
    if (c->shrunk || c->shunned)
        return; /* it fires at once */
    sim_timer_disarm(&c->timer);
    tcp_timer_settle(c);
}

static void give_up(struct net_tcp *c)
{
    bool opening = c->state == NET_TCP_SYN_SENT || c->state == NET_TCP_SYN_RCVD;
    if (!opening)
        tcp_send_reset(c);
    tcp_end(c, opening && c->unreachable ? NET_TCP_END_UNREACHABLE : NET_TCP_END_TIMEOUT);
}

static void syn_again(struct net_tcp *c)
{
    c->syn_again = true;
    c->rto = MIN(c->rto * 2, SECONDS(60));
    tcp_send_syn(c);
}

/* RFC 9293 3.8.6.1: a byte that does not fit, so that the peer says how large its window is. */
static void probe(struct net_tcp *c)
{
    ++*c->stack->count.probes;
    c->rto = MIN(c->rto * 2, SECONDS(60));
    tcp_send_first(c, 1);
    sim_timer_arm_in(&c->timer, c->rto);
}

/* RFC 9293 3.8.6.2.1 (4): the override time-out, when the window stays small. */
static void send_what_fits(struct net_tcp *c)
{
    tcp_send_first(c, MIN(c->smss, c->snd_wnd));
    c->snd_nxt = MAX(c->snd_nxt, c->snd_max);
    tcp_timer_settle(c);
}

static void retransmit(struct net_tcp *c)
{
    ++*c->stack->count.timeouts;
    tcp_slow_down(c);
    c->snd_nxt = c->snd_una;
    tcp_output(c);
}

/* The path told that a segment was too large: all from there on goes again, now. */
static void resend_smaller(struct net_tcp *c)
{
    c->shrunk = false;
    c->snd_nxt = c->snd_una;
    tcp_output(c);
}

static void expired(struct net_tcp *c)
{
    if (c->shunned) {
        tcp_end(c, NET_TCP_END_UNREACHABLE);
        return;
    }
    if (c->state == NET_TCP_TIME_WAIT) {
        tcp_kill(c);
        return;
    }
    bool opening = c->state == NET_TCP_SYN_SENT || c->state == NET_TCP_SYN_RCVD;
    if (c->shrunk && !opening) {
        resend_smaller(c);
        return;
    }
    c->shrunk = false;
    if (++c->tries > (opening ? c->set.syn_tries : c->set.tries))
        give_up(c);
    else if (opening)
        syn_again(c);
    else if (c->snd_wnd == 0 && c->snd_end > c->snd_una)
        probe(c);
    else if (!outstanding(c))
        send_what_fits(c);
    else
        retransmit(c);
}

static void timer_fired(void *owner)
{
    struct net_tcp *c = owner;
    tcp_hold(c);
    expired(c);
    tcp_release(c);
}

/* ---- Acknowledgments, keepalives, TIME-WAIT ---- */

static void ack_fired(void *owner)
{
    struct net_tcp *c = owner;
    tcp_hold(c);
    tcp_send_ack(c);
    tcp_release(c);
}

void tcp_ack_later(struct net_tcp *c)
{
    if (c->set.ack_delay < 0)
        c->ack_now = true;
    else if (!sim_timer_armed(&c->ack_timer))
        sim_timer_arm_in(&c->ack_timer, c->set.ack_delay);
}

static void keep_fired(void *owner)
{
    struct net_tcp *c = owner;
    tcp_hold(c);
    if (c->probes++ == KEEP_PROBES) {
        tcp_send_reset(c);
        tcp_end(c, NET_TCP_END_IDLE);
    } else {
        tcp_send_keepalive(c);
        if (!c->dead)
            sim_timer_arm_in(&c->keep_timer, KEEP_EVERY);
    }
    tcp_release(c);
}

void tcp_heard(struct net_tcp *c)
{
    sim_time idle = c->set.keepalive;
    c->probes = 0;
    if (idle == 0 && c->state == NET_TCP_FIN_WAIT_2)
        idle = FIN_WAIT_2_IDLE;
    if (idle > 0 && !c->dead && c->state >= NET_TCP_ESTABLISHED)
        sim_timer_arm_in(&c->keep_timer, idle);
}

void tcp_wait_begin(struct net_tcp *c)
{
    sim_timer_disarm(&c->keep_timer);
    sim_timer_arm_in(&c->timer, c->set.time_wait);
}

void tcp_timers_init(struct net_tcp *c)
{
    struct sim *sim = c->stack->node->net->sim;
    sim_timer_init(sim, &c->timer, timer_fired, c);
    sim_timer_init(sim, &c->ack_timer, ack_fired, c);
    sim_timer_init(sim, &c->keep_timer, keep_fired, c);
}

void tcp_timers_clear(struct net_tcp *c)
{
    sim_timer_clear(&c->timer);
    sim_timer_clear(&c->ack_timer);
    sim_timer_clear(&c->keep_timer);
}
