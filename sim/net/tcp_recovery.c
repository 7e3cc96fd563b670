/* TCP congestion control and round trips, in integers: RFC 5681 (slow start, congestion avoidance,
 * fast retransmit), RFC 6582 (recovery from several losses), RFC 3390 (how it begins), RFC 6298. */
#include "tcp_priv.h"

#define DUP_THRESHOLD 3
#define RTO_FIRST     SECONDS(1)
#define RTO_MAX       SECONDS(60)
#define GRANULARITY   MILLISECONDS(1)
#define CWND_MAX      (1u << 30)

/* min(4*MSS, max(2*MSS, 4380 bytes))                                          RFC 3390 1 */
static uint32_t first_window(const struct net_tcp *c)
{
    return MIN(4 * c->smss, MAX(2 * c->smss, 4380u));
}

void tcp_congestion_init(struct net_tcp *c)
{
    c->cwnd = first_window(c);
    c->ssthresh = CWND_MAX; /* RFC 5681 3.1: arbitrarily high */
    c->rto = MAX(RTO_FIRST, c->set.rto_min);
}

/* RFC 5681 4.1: after an idle time of one RTO nobody knows the path any more. */
void tcp_idle_restart(struct net_tcp *c)
{
    bool idle = c->snd_max == c->snd_una && c->snd_end > c->snd_nxt;
    if (idle && c->sent_at > 0 && tcp_now(c) - c->sent_at > c->rto)
        c->cwnd = MIN(c->cwnd, first_window(c));
}

/* ssthresh = max (FlightSize / 2, 2*SMSS)                                     RFC 5681 (4) */
static void halve(struct net_tcp *c)
{
    uint64_t flight = (uint64_t)(c->snd_max - c->snd_una);
    c->ssthresh = (uint32_t)MIN(MAX(flight / 2, 2u * c->smss), CWND_MAX);
}

static void cwnd_add(struct net_tcp *c, uint64_t n)
{
    c->cwnd = (uint32_t)MIN(c->cwnd + n, CWND_MAX);
}

static void grow(struct net_tcp *c, uint64_t acked)
{
    if (c->cwnd < c->ssthresh)
        cwnd_add(c, MIN(acked, c->smss)); /* RFC 5681 (2) */
    else
        cwnd_add(c, MAX((uint64_t)c->smss * c->smss / c->cwnd, 1)); /* RFC 5681 (3) */
}

/* RFC 6582 3.2 step 3: an acknowledgment of part of what was under way names the next loss. */
static void recover_on(struct net_tcp *c, uint64_t acked)
{
    if (c->snd_una > c->recover) {
        uint64_t flight = (uint64_t)(c->snd_max - c->snd_una);
        c->cwnd = (uint32_t)MIN(c->ssthresh, MAX(flight, c->smss) + c->smss);
        c->recovering = false;
        return;
    }
    c->cwnd -= (uint32_t)MIN(acked, c->cwnd - c->smss);
    if (acked >= c->smss)
        cwnd_add(c, c->smss);
    tcp_send_first(c, c->smss);
}

void tcp_acked_new(struct net_tcp *c, tcp_seq ack)
{
    uint64_t acked = (uint64_t)(ack - c->snd_una);
    bool syn = c->snd_una == 0;
    if (c->timed_end && ack >= c->timed_end) {
        tcp_rtt_sample(c, tcp_now(c) - c->timed_at);
        c->timed_end = 0;
    }
    c->snd_una = ack;
    c->snd_nxt = MAX(c->snd_nxt, ack);
    c->tries = 0;
    c->dupacks = 0;
    if (c->recovering)
        recover_on(c, acked);
    else if (!syn)
        grow(c, acked);
    tcp_timer_restart(c);
}

void tcp_acked_again(struct net_tcp *c)
{
    c->dupacks++;
    if (c->recovering) {
        cwnd_add(c, c->smss); /* RFC 5681 3.2 step 4: one has left the network */
        return;
    }
    if (c->dupacks != DUP_THRESHOLD || c->snd_una <= c->recover)
        return;
    ++*c->stack->count.fast;
    halve(c);
    c->recovering = true;
    c->recover = c->snd_max - 1;
    tcp_send_first(c, c->smss);
    c->cwnd = MIN(c->ssthresh + DUP_THRESHOLD * c->smss, CWND_MAX);
}

void tcp_slow_down(struct net_tcp *c)
{
    if (c->tries <= 1) /* RFC 5681 3.1: the first time a segment is lost, not each time */
        halve(c);
    c->cwnd = c->smss;
    c->recovering = false;
    c->recover = c->snd_max - 1; /* RFC 6582 3.2 step 4 */
    c->dupacks = 0;
    c->timed_end = 0;
    c->rto = MIN(c->rto * 2, RTO_MAX); /* RFC 6298 5.5 */
}

/* ---- Round trips ---- */

/* RTO <- SRTT + max (G, K*RTTVAR)                                             RFC 6298 2.3 */
void tcp_rto_renew(struct net_tcp *c)
{
    if (c->srtt > 0)
        c->rto = CLAMP(c->srtt + MAX(GRANULARITY, 4 * c->rttvar), c->set.rto_min,
                       MAX(RTO_MAX, c->set.rto_min));
}

void tcp_rtt_sample(struct net_tcp *c, sim_time r)
{
    r = MAX(r, 1);
    if (c->srtt == 0) {
        c->srtt = r;
        c->rttvar = r / 2;
    } else {
        /* RTTVAR <- (1 - beta) * RTTVAR + beta * |SRTT - R'|, beta = 1/4       RFC 6298 2.3
         * SRTT <- (1 - alpha) * SRTT + alpha * R', alpha = 1/8 */
        sim_time off = c->srtt > r ? c->srtt - r : r - c->srtt;
        c->rttvar = (3 * c->rttvar + off) / 4;
        c->srtt = (7 * c->srtt + r) / 8;
    }
    tcp_rto_renew(c);
}
