/* Packets: counted bytes with room in front, and what the node knows about them. */
#ifndef NET_PKT_H
#define NET_PKT_H

#include "base/ip4.h"
#include "base/span.h"
#include "tbl/tbl.h"

struct net_node;
struct net_if;

struct pkt {
    uint32_t refs;
    uint32_t cap;  /* bytes in buf */
    uint32_t head; /* where the IP packet begins */
    uint32_t len;
    uint8_t *buf;
    struct net_if *in; /* came in here; NULL when made by the node */
    uint32_t sa_in;    /* the SA that unwrapped it, 0 = none */
    uint32_t sa_out;   /* the SA that wrapped it, 0 = none */
    uint32_t mark;     /* for the room that made it */
    uint32_t queue;    /* the class it was found to be of before it was wrapped, 0 = none */
};
#define PKT_HEADROOM 128 /* enough for ESP tunnel mode in UDP */

/* A packet of `len` bytes (unset) with head room and tail room. One reference. */
struct pkt *pkt_new(size_t len);
struct pkt *pkt_of(struct span bytes);
struct pkt *pkt_ref(struct pkt *p);
void pkt_unref(struct pkt *p);
/* A packet that may be written: *p itself, or a copy when shared (the old reference is given up).
 */
struct pkt *pkt_own(struct pkt *p);
static inline uint8_t *pkt_data(struct pkt *p)
{
    return p->buf + p->head;
}
static inline struct span pkt_span(const struct pkt *p)
{
    return (struct span){p->buf + p->head, p->len};
}
uint8_t *pkt_push(struct pkt *p,
                  size_t n); /* n more bytes in front; moves the bytes when there is no room */
void pkt_pull(struct pkt *p, size_t n);
uint8_t *pkt_tail(struct pkt *p, size_t n); /* n more bytes behind; returns their place; may move */
void pkt_trim(struct pkt *p, size_t len);   /* cut to len */
/* The end of a packet that dies: counts drop.<reason>, emits pkt_drop, gives the reference up. */
void pkt_drop(struct net_node *node, struct pkt *p, enum drop_reason why);
/* Five-tuple (and ICMP type) of an IPv4 packet; ports 0 where there are none. False when not IPv4.
 */
struct flow;
bool pkt_flow(const struct pkt *p, struct flow *f);

#endif
