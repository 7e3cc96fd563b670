/* What the files of queueing share.
 *
 *   qos_conf.c   class maps and policies as configured
 *   qos_class.c  which class a packet is of, marks, buckets, rates for show
 *   qos_sched.c  a policy in force as a tree of lanes: which packet goes next
 *   qos.c        policies at interfaces, in step with the wire
 *   cpu.c        the queue before the processor */
#ifndef NET_QOS_PRIV_H
#define NET_QOS_PRIV_H

#include "net/qos.h"
#include "net_priv.h"

#define QOS_LEVELS 3 /* policies within policies */

/* ---- Buckets of tokens (RFC 2697 with one rate) ---- */

/* Tokens are billionths of a bit: a rate in bits a second fills as many in each nanosecond. */
struct bucket {
    uint64_t bps;
    int64_t tokens, size;
    sim_time at; /* when it was last filled */
};
void bucket_init(struct bucket *b, uint64_t bps, uint64_t bits, sim_time now);
/* Has it the tokens for so many bytes, or, for a packet larger than the bucket, is it full? */
bool bucket_has(struct bucket *b, uint32_t bytes, sim_time now);
void bucket_take(struct bucket *b, uint32_t bytes);
/* When it will have them. */
sim_time bucket_ready(const struct bucket *b, uint32_t bytes);

/* ---- Lanes ---- */

struct qos_item {
    struct qos_item *next;
    struct pkt *p;
    ip4 nexthop;
    uint64_t number; /* of arrival at the interface */
};
struct qos_fifo {
    struct qos_item *head, *tail;
    int64_t deficit; /* as a flow of a fair class */
};
/* Bits a second over a while, forgetting as it goes. */
struct qos_meter {
    uint64_t bits; /* of the tick under way */
    int64_t tick;
    uint64_t bps;
};

struct qos_tree;
/* One class in force. */
struct qos_lane {
    struct qos_class pub;
    char *name; /* of the class, owned */
    struct qos_tree *tree, *child;
    uint32_t id;            /* in the whole policy, from 1: a packet's `queue` */
    struct qos_lane *shown; /* in whose queue its packets wait */
    bool priority, shaped, policed;
    uint64_t weight;
    int64_t deficit;
    struct bucket voice, shape, police;
    struct qos_meter offered, drops;
    struct qos_fifo *fifo; /* one, or as many as there are fair queues */
    uint32_t n_fifo;
    GArray *busy; /* of fair queues: index of those with packets */
    /* as of the last look */
    bool ready;
    uint32_t head_bytes, head_fifo;
};
/* One policy in force. */
struct qos_tree {
    const struct qos_policy *policy;
    struct net_node *node;
    struct qos_lane *up;   /* within which it shares; NULL: the interface */
    struct qos_lane *lane; /* n of them, the default class last */
    uint32_t n;
    uint32_t waiting; /* packets in all lanes */
};
struct qos_tree *qos_tree_new(struct net_node *n, const struct qos_policy *p, uint64_t kbps,
                              struct qos_lane *up, uint32_t *last_id);
/* Its packets are handed to `left`, which takes them, with the lane they waited in. */
void qos_tree_free(struct qos_tree *t,
                   void (*left)(void *self, const struct qos_lane *l, struct qos_item *i),
                   void *self);
struct qos_lane *qos_tree_lane(struct qos_tree *t, uint32_t id); /* NULL: none, here or below */
struct qos_lane *qos_tree_named(struct qos_tree *t, const char *name, bool deep);
/* The queue takes the packet in. */
void qos_lane_put(struct qos_lane *queue, struct qos_item *i);
/* Its shapers, and those above it, let it go now; then they have been charged for it. */
bool qos_lane_passes(struct qos_lane *queue, uint32_t bytes, sim_time now);
/* What goes next and the queue it waited in; NULL when nothing may before *wake. */
struct qos_item *qos_tree_take(struct qos_tree *t, sim_time now, sim_time *wake,
                               struct qos_lane **queue);

/* ---- qos_class.c ---- */
struct qos_lane *qos_classify(struct qos_tree *t, const struct pkt *p);
/* Counts, marks and polices the packet for each class it is of, from the interface down, and ends
 * in the last one. False: it is over a rate. `chosen` is a lane found before, or NULL. */
bool qos_meet(struct qos_tree *t, struct pkt **p, sim_time now, const struct qos_lane *chosen,
              struct qos_lane **leaf);
void qos_count(struct qos_count *c, uint32_t bytes);
void qos_dropped(struct qos_lane *l, uint32_t bytes, sim_time now);
uint64_t qos_meter_bps(struct qos_meter *m, sim_time now);
void qos_meter_add(struct qos_meter *m, uint32_t bytes, sim_time now);

/* ---- qos_conf.c ---- */
void qos_conf_free(struct qos_conf *c);
uint64_t qos_amount_kbps(enum qos_unit unit, uint32_t amount, uint64_t kbps);

/* ---- qos.c ---- */
struct qos_port;
/* Takes the packet. */
void qos_output(struct net_if *out, ip4 nexthop, struct pkt *p);
/* False: the packet was dropped. */
bool qos_input(struct net_if *in, struct pkt **p);
void qos_port_free(struct qos_port *q);

/* ---- cpu.c ---- */
struct cpu;
/* True: the packet was taken, and comes to ip_input_now or net_output_now later. */
bool cpu_takes_in(struct net_if *in, struct pkt *p, const struct ip4_head *h);
bool cpu_takes_out(struct net_if *out, ip4 nexthop, struct pkt *p);
void cpu_free(struct cpu *c);

#endif
