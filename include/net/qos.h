/* Classes, policies and queues of interfaces: what is configured, what is in force, and what it
 * counted.
 *
 * A class map tells packets apart; a policy says what each class gets; a policy applied to an
 * interface classifies what leaves there as it stands then (behind IPsec: the outer packet), or
 * what comes in. Packets wait in the queues of an output policy when the wire is busy or a rate is
 * set by shaping. An interface without a policy pays nothing. */
#ifndef NET_QOS_H
#define NET_QOS_H

#include <glib.h>
#include "net/net.h"

/* ---- What is configured ---- */

enum qos_match_kind {
    QOS_MATCH_ANY,
    QOS_MATCH_DSCP,       /* RFC 2474: one of `values` */
    QOS_MATCH_PRECEDENCE, /* RFC 791: one of `values` */
    QOS_MATCH_ACL,
    QOS_MATCH_PROTOCOL
};
struct qos_match {
    enum qos_match_kind kind;
    bool negated;
    uint64_t values; /* bit i: the value i */
    char *acl;       /* owned */
    uint8_t protocol;
};
struct qos_class_map {
    char *name, *description;
    bool any;           /* one match is enough; else all are needed */
    GPtrArray *matches; /* struct qos_match, owned */
};

enum qos_unit { QOS_NOTHING, QOS_KBPS, QOS_PERCENT, QOS_REMAINING };
enum qos_act { QOS_TRANSMIT, QOS_DROP, QOS_MARK };
struct qos_action {
    enum qos_act act;
    uint8_t dscp; /* of QOS_MARK */
};
struct qos_rate {
    uint64_t bps; /* 0 = not set */
    uint32_t bc, be;
    bool bc_given, be_given; /* else a default */
};
/* What a policy does with one class. */
struct qos_rule {
    char *class_name;
    enum qos_unit priority, bandwidth; /* of these two at most one is set */
    uint32_t amount;                   /* kbit/s or percent */
    uint32_t burst;                    /* of priority, bytes */
    bool burst_given;
    struct qos_rate shape;  /* bc and be in bits */
    struct qos_rate police; /* bc and be in bytes */
    struct qos_action conform, exceed;
    uint32_t limit; /* packets; 0 = QOS_LIMIT_DEFAULT */
    uint32_t flows; /* fair queues among its flows; 0 = one queue */
    int dscp;       /* set on each packet; -1 = left */
    int precedence;
    char *child; /* policy within this class, may be NULL */
};
#define QOS_LIMIT_DEFAULT 64
#define QOS_DEFAULT_CLASS "class-default"
struct qos_policy {
    char *name, *description;
    GPtrArray *rules; /* struct qos_rule, owned, in order; that of class-default comes last */
};
struct qos_conf {
    GPtrArray *maps, *policies; /* owned, in order of configuration */
};
/* Of the node; made when first asked for. */
struct qos_conf *net_qos(struct net_node *n);
struct qos_class_map *qos_map_find(const struct qos_conf *c, const char *name);
struct qos_class_map *qos_map_make(struct qos_conf *c, const char *name);
void qos_map_remove(struct qos_conf *c, const char *name);
struct qos_match *qos_match_add(struct qos_class_map *m, enum qos_match_kind kind);
void qos_match_free(struct qos_match *m);
bool qos_match_same(const struct qos_match *a, const struct qos_match *b);
struct qos_policy *qos_policy_find(const struct qos_conf *c, const char *name);
struct qos_policy *qos_policy_make(struct qos_conf *c, const char *name);
void qos_policy_remove(struct qos_conf *c, const char *name);
struct qos_rule *qos_rule_find(const struct qos_policy *p, const char *class_name);
struct qos_rule *qos_rule_make(struct qos_policy *p, const char *class_name);
bool qos_rule_remove(struct qos_policy *p, const char *class_name);
/* Is `name` the policy itself, or one that it holds? */
bool qos_policy_holds(const struct qos_conf *c, const char *policy, const char *name);
/* What its classes take of an interface, in kbit/s; shares of what remains do not count. */
uint64_t qos_policy_taken(const struct qos_policy *p, uint64_t kbps);

/* ---- What is in force ---- */

/* NULL takes the policy away; its packets go to the wire. False: there is none of that name. */
bool net_if_set_policy(struct net_if *i, bool out, const char *policy);
const char *net_if_policy(const struct net_if *i, bool out); /* NULL = none */
/* Packets the wire itself may hold when an output policy feeds it; 0 = QOS_RING_DEFAULT. */
void net_if_set_tx_ring(struct net_if *i, uint32_t packets);
uint32_t net_if_tx_ring(const struct net_if *i);
#define QOS_RING_DEFAULT 1
/* After every change of maps and policies: those in force are made anew from them, with counters at
 * zero; packets that wait are classified again. */
void net_qos_changed(struct net_node *n);
/* The sharing of an interface's kilobits follows the interface's bandwidth. */
#define QOS_RESERVABLE_PERCENT 75

struct qos_count {
    uint64_t packets, bytes;
};
/* One class of a policy in force. */
struct qos_class {
    const struct qos_class_map *map; /* NULL: class-default */
    const struct qos_rule *rule;     /* NULL: class-default that the policy does not mention */
    uint64_t kbps;                   /* what it is promised */
    uint32_t limit;
    struct qos_count seen;    /* classified */
    struct qos_count matched; /* of them, those that met a busy wire */
    struct qos_count sent;
    struct qos_count dropped; /* in all: full queue, priority over its rate, policed */
    struct qos_count over;    /* priority over its rate while the wire was busy */
    struct qos_count limited; /* its queue was full */
    struct qos_count delayed; /* held by its shaper */
    struct qos_count conformed, exceeded;
    uint64_t marked;
    uint64_t *hits; /* for each match of the map, packets */
    uint32_t depth, depth_most;
    uint64_t depth_bytes;
    uint64_t offered_bps, drop_bps; /* over the last five minutes, as of the last look */
    bool shaping;                   /* its shaper holds packets now */
};
/* The classes of an interface's policy, those of policies within a class behind it. `depth_level`
 * is 0 for the policy itself. NULL behind the last. Lent until the next change. */
const struct qos_class *net_if_class(struct net_if *i, bool out, size_t n, uint32_t *depth_level);
void net_qos_clear_counters(struct net_if *i);
/* The node forgets policies, maps and all that interfaces were told of queues. */
void net_qos_reset(struct net_node *n);

/* Remembers the class of a packet that is about to be wrapped, so that the wrapped one is put into
 * it. */
void net_qos_preclassify(struct net_if *out, struct pkt *p);

/* ---- The processor of a node ----
 *
 * Packets that the fast path cannot handle wait for the processor in one queue, while others
 * overtake them. All zero: nothing does. */
struct net_cpu {
    sim_time latency;     /* until the process runs */
    sim_time service;     /* it takes for each packet */
    sim_time cache_age;   /* a destination unused for so long is looked up by the process again */
    uint32_t large_bytes; /* packets larger than this leave by the slow path; 0 = none */
    uint32_t limit;       /* packets that may wait; 0 = CPU_LIMIT_DEFAULT */
    bool esp;             /* packets of IPsec for this node too: no engine does it */
};
#define CPU_LIMIT_DEFAULT 1000
/* Fragments for this node, and what comes by or goes to an interface without route cache, are
 * switched by the process when there is a latency or a service time. */
void net_node_set_cpu(struct net_node *n, const struct net_cpu *cpu);

#endif
