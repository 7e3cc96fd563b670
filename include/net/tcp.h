/* TCP endpoints on a node (RFC 9293): enough of it for path MTU, segment size, window scale and
 * broken paths to show what they show in life.
 *
 * The bytes of a stream are not handed in: byte number o of a stream is a function of o and of the
 * stream's key, so that a sender keeps no copies and a receiver sees every byte that was changed,
 * moved or spliced. A node without connections pays nothing. */
#ifndef NET_TCP_H
#define NET_TCP_H

#include "net/net.h"

/* A connection. Its owner holds it from net_tcp_connect or accept until `end` is called, or until
 * net_tcp_abort or net_tcp_forget; what follows then (TIME-WAIT) the node does alone. */
struct net_tcp;

enum net_tcp_state {
    NET_TCP_CLOSED,
    NET_TCP_SYN_SENT,
    NET_TCP_SYN_RCVD,
    NET_TCP_ESTABLISHED,
    NET_TCP_FIN_WAIT_1,
    NET_TCP_FIN_WAIT_2,
    NET_TCP_CLOSE_WAIT,
    NET_TCP_CLOSING,
    NET_TCP_LAST_ACK,
    NET_TCP_TIME_WAIT
};
const char *net_tcp_state_name(enum net_tcp_state s); /* "SYN-SENT", as RFC 9293 writes it */

enum net_tcp_end {
    NET_TCP_END_CLOSED,      /* both sides have closed, all bytes arrived */
    NET_TCP_END_REFUSED,     /* a reset answered the SYN */
    NET_TCP_END_RESET,       /* a reset ended it later */
    NET_TCP_END_TIMEOUT,     /* the last try went unanswered */
    NET_TCP_END_UNREACHABLE, /* an ICMP error said that nobody is there; only while opening */
    NET_TCP_END_IDLE,        /* keepalives went unanswered */
    NET_TCP_END_NO_ROUTE,    /* no way to the peer when the first segment was due */
    NET_TCP_END_LOST         /* the node lost its memory */
};
const char *net_tcp_end_name(enum net_tcp_end why); /* "refused", "timeout" ... */

/* When a SYN carries the window scale option (RFC 7323 2.2). */
enum net_tcp_wscale {
    NET_TCP_WSCALE_AUTO,   /* when the receive window is larger than 65535 */
    NET_TCP_WSCALE_ON,     /* always */
    NET_TCP_WSCALE_OFF,    /* never */
    NET_TCP_WSCALE_UNASKED /* a SYN-ACK has it though the SYN had not: against the RFC */
};

/* All zero is the usual host. */
struct net_tcp_settings {
    const char *flow; /* what events call it; copied; NULL = "" */
    uint64_t key;     /* of the pattern; the same at both ends */
    uint16_t mss;     /* most bytes a segment to us may have; 0 = MTU of the interface - 40 */
    uint32_t window;  /* receive window in bytes, at most 1 GiB; 0 = 65535 */
    enum net_tcp_wscale wscale;
    uint8_t tos;
    bool no_df;         /* packets may be fragmented: no path MTU discovery */
    bool mss_deaf;      /* sends segments as large as the interface takes, whatever the peer says */
    bool nodelay;       /* no waiting for a full segment (RFC 9293 3.7.4) */
    sim_time ack_delay; /* longest wait of an acknowledgment; 0 = 200 ms, < 0 = none */
    sim_time rto_min;   /* 0 = 1 s (RFC 6298 2.4) */
    uint32_t tries;     /* transmissions again of one segment before giving up; 0 = 8 */
    uint32_t syn_tries; /* of a SYN or SYN-ACK; 0 = 6 */
    sim_time keepalive; /* idle time before a probe; 0 = no probes. One every 75 s, 9 of them */
    sim_time time_wait; /* 0 = 60 s */
    bool iss_given;     /* begin with `iss` instead of a random number */
    uint32_t iss;
};

/* What the owner is told. Any may be NULL. In each the connection may be written to, closed,
 * aborted or forgotten. */
struct net_tcp_calls {
    void (*open)(void *self, struct net_tcp *c); /* the handshake is over */
    /* The next n bytes in order have arrived, the first of them number `offset`, counted from 0. */
    void (*data)(void *self, struct net_tcp *c, uint64_t offset, uint64_t n);
    void (*acked)(void *self, struct net_tcp *c, uint64_t total); /* of our bytes, so far */
    void (*fin)(void *self, struct net_tcp *c); /* the peer has closed its direction */
    void (*end)(void *self, struct net_tcp *c, enum net_tcp_end why); /* the last call */
};

/* Asked when a connection to a listening port is established: whose is it? False refuses it with a
 * reset. */
typedef bool (*net_tcp_accept_fn)(void *self, struct net_tcp *c, struct net_tcp_calls *calls,
                                  void **owner);
/* False when the port is taken. */
bool net_tcp_listen(struct net_node *n, uint16_t port, const struct net_tcp_settings *settings,
                    net_tcp_accept_fn accept, void *self);
/* Connections that exist go on. */
void net_tcp_unlisten(struct net_node *n, uint16_t port);

/* Whoever takes the segments to a local port as they come, connection or not; payload is lent.
 * Nobody answers for it. False when the port is taken. */
struct tcp_head;
typedef void (*net_tcp_raw_fn)(void *self, struct net_if *in, ip4 src, ip4 dst,
                               const struct tcp_head *h, struct span payload);
bool net_tcp_raw_bind(struct net_node *n, uint16_t port, net_tcp_raw_fn fn, void *self);
void net_tcp_raw_unbind(struct net_node *n, uint16_t port);
/* Sends one. False: larger than a packet can be. */
bool net_tcp_raw_send(struct net_node *n, ip4 src, ip4 dst, const struct tcp_head *h,
                      struct span payload);

/* Opens a connection; what becomes of it comes by calls, none before this returns. src 0 = address
 * of the interface it leaves by; sport 0 = one that is free. NULL when there is no route, or when
 * the port is in use to that peer. */
struct net_tcp *net_tcp_connect(struct net_node *n, ip4 src, uint16_t sport, ip4 dst,
                                uint16_t dport, const struct net_tcp_settings *settings,
                                const struct net_tcp_calls *calls, void *self);
/* n more bytes for the peer. Nothing after net_tcp_close. */
void net_tcp_send(struct net_tcp *c, uint64_t n);
/* A FIN behind the bytes given so far; the other direction goes on until the peer closes it. */
void net_tcp_close(struct net_tcp *c);
/* A reset, and the end. No call comes any more; the connection is gone. */
void net_tcp_abort(struct net_tcp *c);
/* The same without a word to the peer. */
void net_tcp_forget(struct net_tcp *c);
/* With true, what arrives stays unread and fills the window; with false it is read. */
void net_tcp_hold(struct net_tcp *c, bool hold);

struct net_tcp_info {
    enum net_tcp_state state;
    uint32_t id; /* of events */
    ip4 local, remote;
    uint16_t lport, rport;
    uint64_t queued, acked, received; /* bytes given, acknowledged, and in from the peer in order */
    uint64_t wrong;                   /* bytes that were not what the pattern says */
    uint64_t again;                   /* segments sent again */
    uint32_t mss;                     /* bytes of a full segment to the peer, as of now */
    uint32_t announced;               /* segment size in our SYN */
    uint32_t peer_mss;                /* and what the peer's allows */
    uint32_t iss, irs;                /* initial sequence numbers, ours and the peer's */
    uint32_t cwnd, ssthresh, send_window, receive_window;
    uint8_t send_shift, receive_shift; /* window scale in use */
    sim_time srtt, rto;
};
void net_tcp_info(const struct net_tcp *c, struct net_tcp_info *out);
/* By its id in events. NULL when there is none. */
const struct net_tcp *net_tcp_by_id(const struct net_node *n, uint32_t id);
size_t net_tcp_count(const struct net_node *n); /* connections that exist, those waiting included */

/* Whether segments of no connection are answered with a reset. Hosts do, nodes that forward do not,
 * unless told. Each such segment counts as dropped, TCP_NO_PORT. */
void net_tcp_set_resets(struct net_node *n, bool on);
/* The receive window of connections whose settings name none; 0 = 65535 again. */
void net_tcp_set_window(struct net_node *n, uint32_t window);
/* Power off: connections are gone (`end` says LOST), nothing is sent. Ports stay listened to. */
void net_tcp_forget_all(struct net_node *n);

/* The bytes of a stream, for whoever looks at them from outside. `opener`: of the side that
 * connected. */
void net_tcp_pattern(uint64_t key, bool opener, uint64_t offset, uint8_t *out, size_t n);
/* How many of these bytes are not the stream's. */
size_t net_tcp_pattern_wrong(uint64_t key, bool opener, uint64_t offset, struct span bytes);

#endif
