/* What the files of TCP share: a connection from inside. */
#ifndef NET_TCP_PRIV_H
#define NET_TCP_PRIV_H

#include "net/tcp.h"
#include "net_priv.h"
#include "wire/tcp.h"

#define TCP_IP_HEADS    (IP4_HEAD + TCP_HEAD)
#define TCP_MSS_DEFAULT 536 /* when the peer names none: RFC 9293 3.7.1 */
#define TCP_RANGES      32  /* pieces of the stream that may wait for the one before them */

/* Sequence numbers are 64 bits wide in here and count from the SYN, which is number 0; the first
 * byte is 1 and the FIN stands behind the last. Only the wire has 32 bits of them, on top of the
 * initial sequence number. So nothing in here ever wraps. */
typedef int64_t tcp_seq;

struct tcp_key {
    ip4 local, remote;
    uint16_t lport, rport;
};
struct tcp_range {
    tcp_seq from, to;
};

struct net_tcp {
    struct tcp_stack *stack;
    struct tcp_key key;
    guint index; /* in the stack's list */
    uint32_t id;
    enum net_tcp_state state;
    bool opener;                   /* our side connected */
    bool dead;                     /* over; freed when nobody works on it */
    unsigned busy;                 /* those at work on it */
    struct tcp_listener *listener; /* counts it while half open; NULL otherwise */
    char *flow;
    struct net_tcp_settings set; /* defaults filled in */
    struct net_tcp_calls calls;
    void *self;

    /* Sending: RFC 9293 3.3.1. Bytes are numbered 1 to snd_end - 1, a FIN would be snd_end. */
    uint32_t iss;
    tcp_seq snd_una, snd_nxt, snd_end;
    tcp_seq snd_max; /* behind the highest ever sent */
    tcp_seq snd_wl1, snd_wl2;
    uint32_t snd_wnd, snd_wnd_max;
    uint32_t smss;     /* RFC 5681 2: the largest segment we send, as the path stands */
    uint32_t peer_mss; /* what the peer and the interface allow */
    uint32_t announced;
    bool fin_wanted;
    bool peer_wscale;             /* its SYN had the option */
    uint8_t offer_shift;          /* what our SYN says */
    uint8_t snd_shift, rcv_shift; /* in use */

    /* RFC 5681, RFC 6582 */
    uint32_t cwnd, ssthresh, dupacks;
    tcp_seq recover;
    bool recovering;

    /* RFC 6298 */
    sim_time srtt, rttvar, rto;
    tcp_seq timed_end; /* the segment being timed ends here; 0 = none */
    sim_time timed_at, sent_at;
    uint32_t tries;
    bool syn_again; /* a SYN of ours was sent more than once */
    struct sim_timer timer, ack_timer, keep_timer;
    uint32_t probes; /* keepalives unanswered */

    /* Receiving */
    uint32_t irs;
    tcp_seq rcv_nxt, rcv_adv; /* rcv_adv: the right edge that was announced */
    tcp_seq fin_at;           /* number of the peer's FIN; 0 = not seen */
    uint32_t unread;
    bool hold, ack_now;
    uint32_t unacked; /* segments with data since the last acknowledgment */
    uint32_t n_ranges;
    struct tcp_range *ranges; /* ascending, apart from each other; NULL until the first */
    sim_time challenge_next;  /* when a bare segment out of place is answered again */

    uint64_t wrong, again;
    bool shrunk;      /* the segment size fell; what is under way goes again at once */
    bool shunned;     /* an ICMP error ends it at once */
    bool unreachable; /* an ICMP error came that does not end it */
};

struct tcp_listener {
    struct tcp_stack *stack;
    uint16_t port;
    bool closed; /* goes when its last half open connection has */
    uint32_t half_open;
    struct net_tcp_settings set;
    char *flow;
    net_tcp_accept_fn accept;
    void *self;
};

/* What was learned of the path to an address: RFC 1191 6.3. */
struct tcp_path {
    ip4 dst;
    uint16_t mtu;
    sim_time until;
};

struct tcp_stack {
    struct net_node *node;
    GPtrArray *conns;     /* struct net_tcp */
    GHashTable *by_key;   /* for finding, never walked */
    GPtrArray *listeners; /* struct tcp_listener, by port */
    GArray *paths;        /* struct tcp_path, the latest last */
    struct rng *rng;
    uint16_t next_port;
    uint32_t next_id;
    struct {
        uint64_t *opened, *accepted, *in, *out, *again, *bytes_in, *bytes_out, *dup, *ooo,
            *resets_in, *resets_out, *timeouts, *fast, *probes, *path_mtu, *wrong, *challenges,
            *closed;
    } count;
};

/* Of any number near `near`, the one with these bits on the wire. */
static inline tcp_seq tcp_unwrap(tcp_seq near, uint32_t base, uint32_t wire)
{
    return near + (int32_t)(wire - base - (uint32_t)near);
}
static inline sim_time tcp_now(const struct net_tcp *c)
{
    return sim_now(c->stack->node->net->sim);
}
static inline tcp_seq tcp_flight(const struct net_tcp *c)
{
    return c->snd_nxt - c->snd_una;
}
/* The FIN has been sent; it is acknowledged when una is behind it. */
static inline bool tcp_fin_sent(const struct net_tcp *c)
{
    return c->fin_wanted && c->snd_max > c->snd_end;
}

/* tcp.c: the life of connections. Between hold and release a connection is not freed. */
struct net_tcp *tcp_new(struct tcp_stack *s, struct tcp_key key, bool opener,
                        const struct net_tcp_settings *set);
static inline void tcp_hold(struct net_tcp *c)
{
    c->busy++;
}
void tcp_release(struct net_tcp *c);
void tcp_set_state(struct net_tcp *c, enum net_tcp_state state);
/* The owner is told, the connection is gone. */
void tcp_end(struct net_tcp *c, enum net_tcp_end why);
/* The owner is told that all is done; the connection stays for late segments. */
void tcp_wait(struct net_tcp *c);
void tcp_kill(struct net_tcp *c);
bool tcp_established(struct net_tcp *c); /* false: refused, and gone */
void tcp_half_open(struct net_tcp *c, struct tcp_listener *l);

/* tcp_raw.c */
struct tcp_raw {
    uint16_t port;
    net_tcp_raw_fn fn;
    void *self;
};
bool tcp_raw_bound(const struct net_node *n, uint16_t port);
bool tcp_raw_input(struct net_node *n, struct net_if *in, const struct ip4_head *ip,
                   const struct tcp_head *h, struct span payload); /* false: nobody's */

/* tcp_input.c */
void tcp_segment(struct net_tcp *c, const struct tcp_head *h, struct span payload);
/* The peer's SYN: its numbers and options. */
void tcp_take_syn(struct net_tcp *c, const struct tcp_head *h);

/* tcp_receive.c: data and FIN in, in order or not. */
void tcp_take_data(struct net_tcp *c, tcp_seq seq, struct span payload, bool fin);

/* tcp_output.c */
void tcp_output(struct net_tcp *c); /* all that may go; an acknowledgment when one is due */
void tcp_send_syn(struct net_tcp *c);
void tcp_send_ack(struct net_tcp *c);
void tcp_send_keepalive(struct net_tcp *c);
void tcp_send_first(struct net_tcp *c, uint32_t most); /* from snd_una on, once more */
void tcp_send_reset(struct net_tcp *c);
/* A reset for a segment of no connection, or one that cannot be: RFC 9293 3.10.7.1. */
void tcp_refuse(struct net_node *n, ip4 src, ip4 dst, const struct tcp_head *h, size_t payload);

/* tcp_path.c: segment size and the path's MTU. */
void tcp_size_init(struct net_tcp *c);
void tcp_size_renew(struct net_tcp *c);
void tcp_icmp(void *stack, ip4 from, uint8_t type, uint8_t code, uint16_t mtu, struct span quoted);
uint32_t tcp_interface_mtu(struct net_node *n, ip4 dst);

/* tcp_recovery.c: RFC 5681, RFC 6582, RFC 6298. */
void tcp_congestion_init(struct net_tcp *c);
void tcp_acked_new(struct net_tcp *c, tcp_seq ack);
void tcp_acked_again(struct net_tcp *c);
void tcp_idle_restart(struct net_tcp *c);
void tcp_rtt_sample(struct net_tcp *c, sim_time r);
void tcp_rto_renew(struct net_tcp *c);
void tcp_slow_down(struct net_tcp *c); /* after a time-out */

/* tcp_timer.c */
void tcp_timers_init(struct net_tcp *c);
void tcp_timers_clear(struct net_tcp *c);
void tcp_timer_restart(struct net_tcp *c); /* new data was acknowledged */
void tcp_timer_settle(struct net_tcp *c);  /* armed when something waits for an answer */
void tcp_ack_later(struct net_tcp *c);
void tcp_heard(struct net_tcp *c);
void tcp_wait_begin(struct net_tcp *c);

#endif
