/* What the files of the connection table share. */
#ifndef NET_CONN_PRIV_H
#define NET_CONN_PRIV_H

#include "net/conn.h"
#include "net_priv.h"

/* Entries of one class have one time-out, so the queue of a class, moved to its tail by each
 * packet, is in the order of expiry. */
enum conn_class {
    CONN_TCP,
    CONN_HALF_CLOSED,
    CONN_EMBRYONIC,
    CONN_UDP,
    CONN_ICMP,
    CONN_OTHER,
    CONN_CLASSES
};
struct conn_key {
    ip4 low, high; /* the two ends in an order that is the same both ways */
    uint16_t low_port, high_port;
    uint8_t protocol;
};
struct conn {
    struct net_conn pub;
    struct conn_key key;
    enum conn_class class;
    GList all, idle;     /* places in the table's queues */
    uint32_t fin_end[2]; /* of TCP: the number behind the FIN, of opener and answerer */
    uint16_t mss[2];     /* and what the other was told of the segments each takes; 0 = nothing */
};
struct conn_frag;
struct net_conns {
    struct net_node *node;
    const struct net_conn_rules *rules;
    struct net_conn_ops ops;
    GHashTable *by_key; /* struct conn_key -> struct conn, for finding only */
    GQueue all;         /* struct conn, owned, in the order of their first packets */
    GQueue idle[CONN_CLASSES];
    struct conn *at; /* the entry told about last */
    uint32_t next_id;
    guint most;
    struct sim_timer timer;
    GQueue frags; /* struct conn_frag, owned, oldest first */
    guint held;   /* fragments that wait for their first */
    struct sim_timer frag_timer;
    uint64_t *made, *ended;
};

/* A packet as the table sees it. */
struct conn_seen {
    struct flow f;
    uint8_t tcp; /* flags of the segment */
    bool error;  /* an ICMP error: `about` is the packet it quotes */
    struct flow about;
    uint32_t seq, ack;
    uint32_t bytes; /* carried */
};
/* Flags of a segment and its shortest head (RFC 793 3.1). */
enum { SEG_FIN = 1, SEG_SYN = 2, SEG_RST = 4, SEG_ACK = 16, SEG_HEAD = 20 };

/* ---- conn.c ---- */
void conn_end(struct net_conns *t, struct conn *c, const char *why);
/* DROP_NONE: the packet goes on. */
enum drop_reason conn_judge(struct net_conns *t, struct net_if *in, struct net_if *out,
                            const struct pkt *p);

/* ---- conn_tcp.c ---- */
void conn_see(const struct pkt *p, struct conn_seen *s);
enum conn_class conn_tcp_class(const struct conn *c);
/* Takes the segment into account; why the connection is over now, or NULL. */
const char *conn_tcp_follow(struct conn *c, const struct conn_seen *s, bool back);

/* ---- tcp_mss.c ---- */
/* Notes what a SYN announces; judges the size of the others. */
enum drop_reason conn_mss_judge(struct net_conns *t, struct conn *c, const struct conn_seen *s,
                                bool back, const struct net_if *in, const struct net_if *out,
                                const struct pkt *p);

/* ---- conn_frag.c ---- */
/* A fragment: true when it may go on; false when it was taken (held or dropped). */
bool conn_frag_passes(struct net_conns *t, struct net_if *in, struct net_if *out, struct pkt *p,
                      const struct ip4_head *h);
void conn_frag_clear(struct net_conns *t);
void conn_frag_expire(void *table);

#endif
