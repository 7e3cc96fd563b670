/* Connections that pass through a node, as a stateful firewall keeps them: the first packet must be
 * allowed, the ones that belong to it are.
 *
 * A node has no table until one is switched on, and then its interfaces' access lists are no longer
 * looked at packet by packet: whoever switched it on is asked about first packets. Packets for the
 * node itself, and those it makes, are not tracked. Counters of the node's scope: conn.made
 * conn.ended. */
#ifndef NET_CONN_H
#define NET_CONN_H

#include "net/net.h"

/* What the segments of a TCP connection have shown so far. The opener is who sent the first. */
enum {
    NET_CONN_SYN_ACK = 1,   /* the answerer's SYN has passed */
    NET_CONN_UP = 2,        /* and the opener's answer to it */
    NET_CONN_DATA = 4,      /* data of the opener */
    NET_CONN_DATA_BACK = 8, /* data of the answerer */
    NET_CONN_FIN = 16,
    NET_CONN_FIN_BACK = 32,
    NET_CONN_FIN_ACKED = 64, /* the answerer has acknowledged the opener's FIN */
    NET_CONN_FIN_BACK_ACKED = 128,
};
struct net_conn {
    uint32_t id; /* 0, 1, 2 … in the order of their first packets */
    uint8_t protocol;
    bool stale;     /* the VPN context below is over */
    uint16_t flags; /* NET_CONN_… */
    struct net_if *in, *out;
    ip4 src, dst;
    uint16_t sport, dport;   /* ICMP: its identifier, in both */
    uint32_t context;        /* VPN context its packets use, 0 = none so far */
    uint64_t packets, bytes; /* both ways; bytes of what TCP, UDP or ICMP carries */
    sim_time born, last;
    sim_time limit; /* it is over this long after `last`; 0 = never */
};

/* Lent for the life of the table; may change at any time. Times of 0 = never. */
struct net_conn_rules {
    sim_time tcp, half_closed, embryonic, udp, icmp, other;
    uint32_t limit;    /* entries at once */
    bool icmp_replies; /* an echo reply belongs to its request; without, it is a first packet */
    bool keep_flows;   /* an entry whose VPN context is over takes the next one */
    /* Segment sizes in SYNs that pass are brought between these; 0 = no such end. */
    uint16_t mss_least, mss_most;
    bool mss_strict; /* segments larger than what the other end was told do not pass */
};
/* What whoever switches it on is asked. */
struct net_conn_ops {
    /* May this first packet open a connection? DROP_NONE = yes. */
    enum drop_reason (*allow)(void *self, struct net_if *in, struct net_if *out,
                              const struct flow *f, const struct pkt *p);
    /* The VPN context that the packet came by or leaves by; 0 = none. May be NULL. */
    uint32_t (*context)(void *self, struct net_if *out, const struct pkt *p);
    void *self;
};

/* Switches the table on; `rules` NULL switches it off and forgets every entry in silence. */
void net_conns_set(struct net_node *n, const struct net_conn_rules *rules,
                   const struct net_conn_ops *ops);
/* The rules have changed: time-outs count from now on as they say. */
void net_conns_changed(struct net_node *n);
/* A VPN context is over. TCP entries bound to it stay and are stale: their packets are dropped
 * (DROP_CONN_CONTEXT) until the idle time takes them away. Others end: their next packet opens
 * another. With keep_flows all stay, and their packets bind them to the next context. */
void net_conns_context_over(struct net_node *n, uint32_t context);
/* Ends entries: those `pick` says true of, or all without it. Returns how many. */
size_t net_conns_clear(struct net_node *n, bool (*pick)(void *self, const struct net_conn *c),
                       void *self);

/* What show reads: in the order of their first packets. Lent until something happens. */
size_t net_conns_count(const struct net_node *n);
size_t net_conns_most(const struct net_node *n);
const struct net_conn *net_conns_first(const struct net_node *n);
const struct net_conn *net_conns_next(const struct net_conn *c);
/* Also while conn_end is being told. NULL when there is none of that id. */
const struct net_conn *net_conns_by_id(const struct net_node *n, uint32_t id);

#endif
