/* What the files of address translation share. */
#ifndef NET_NAT_PRIV_H
#define NET_NAT_PRIV_H

#include "net/nat.h"
#include "net_priv.h"

/* Flows of one class have one time-out: a queue each, in the order of expiry. */
enum nat_class { NAT_UDP, NAT_TCP, NAT_TCP_CLOSING, NAT_ICMP, NAT_ESP, NAT_OTHER, NAT_CLASSES };

struct nat_key {
    uint32_t protocol;
    ip4 own, remote;
    uint32_t own_port, remote_port;
};
/* A port of a translated address, and the inside end that has it. Flows to several peers share it.
 */
struct nat_port {
    struct nat_key mapped, real; /* remote parts 0; `real` has the mapped address as its remote */
    uint32_t refs;
};
/* An address of a pool. Those without flows wait for their end, in its order. */
struct nat_address {
    struct net_nat_address pub;
    GList idle;
    bool waits;
};
struct nat_flow {
    struct net_nat_flow pub;
    struct nat_key forth, back; /* as packets of the inside, and of the outside, are keyed */
    bool has_back;              /* ESP told apart by SPI: once the other one is known */
    bool fin[2];
    enum nat_class class;
    GList all, idle;
    struct nat_port *port; /* NULL = ports stay */
    struct nat_address *address;
};
struct net_nat {
    struct net_node *node;
    const struct net_nat_conf *conf;
    GPtrArray *rules;                /* struct net_nat_rule, owned */
    GHashTable *forth, *back;        /* struct nat_key -> struct nat_flow, for finding only */
    GHashTable *by_mapped, *by_real; /* struct nat_key -> struct nat_port */
    GHashTable *full;       /* address and group of ports -> the range without a free one */
    GPtrArray *addresses;   /* struct nat_address, owned, oldest first */
    GHashTable *address_of; /* mapped address -> struct nat_address */
    GQueue waiting;         /* of them, those without flows */
    GQueue all, idle[NAT_CLASSES];
    uint32_t next_id, next_port[9]; /* of each group of ports and protocol */
    guint most;
    bool rebound; /* ports do not stay any more */
    bool turned;  /* the packet at hand had its destination translated */
    struct sim_timer timer;
    uint64_t *made, *ended;
    struct net_nat_stats stats;
};

/* The ends of a packet as flows are keyed by them. */
struct nat_seen {
    struct flow f;
    uint32_t sport, dport; /* ICMP: its identifier with whoever asked; ESP: 0 and the SPI */
    uint8_t tcp;
    bool error; /* of ICMP; `quoted` is the packet it speaks of */
    struct flow quoted;
    uint32_t quoted_sport, quoted_dport;
};

/* ---- nat.c ---- */
struct nat_flow *nat_forth(const struct net_nat *t, uint8_t protocol, ip4 real, uint32_t real_port,
                           ip4 remote, uint32_t remote_port);
struct nat_flow *nat_back(const struct net_nat *t, uint8_t protocol, ip4 mapped,
                          uint32_t mapped_port, ip4 remote, uint32_t remote_port);
/* Takes its keys from `like`; NULL when there are too many. */
struct nat_flow *nat_flow_new(struct net_nat *t, const struct net_nat_flow *like,
                              struct nat_port *port, struct nat_address *address);
void nat_flow_end(struct net_nat *t, struct nat_flow *x, const char *why);
void nat_flow_used(struct net_nat *t, struct nat_flow *x, const struct nat_seen *s, bool back);
void nat_arm(struct net_nat *t);
void nat_back_add(struct net_nat *t, struct nat_flow *x, uint32_t mapped_port);

/* ---- nat_map.c ---- */
/* The first rule for a packet from the inside; `out` NULL = whichever its outside is. */
const struct net_nat_rule *nat_rule_for(struct net_nat *t, const struct net_if *in,
                                        const struct net_if *out, const struct flow *f);
/* A flow for the first packet from the inside; on failure why. */
enum drop_reason nat_map(struct net_nat *t, struct net_if *out, const struct net_nat_rule *rule,
                         const struct nat_seen *s, struct nat_flow **made);
/* A flow for the first packet from outside: NULL when no rule takes it. */
struct nat_flow *nat_map_back(struct net_nat *t, struct net_if *in, const struct nat_seen *s);
void nat_port_unref(struct net_nat *t, struct nat_port *port);
void nat_address_unref(struct net_nat *t, struct nat_address *a);
void nat_address_end(struct net_nat *t, struct nat_address *a);
/* The last packet of any flow that had it. */
void nat_address_used(struct nat_address *a, sim_time last);
/* The address a rule translates to is among the node's, or in its rules. */
bool nat_is_mapped(const struct net_nat *t, ip4 a);
guint nat_key_hash(gconstpointer p);
gboolean nat_key_equal(gconstpointer a, gconstpointer b);

/* ---- nat_rewrite.c ---- */
void nat_see(const struct pkt *p, struct nat_seen *s);
/* Source or destination of a packet that may be written, checksums with it. */
void nat_rewrite(struct pkt *p, bool source, ip4 addr, uint32_t port, bool ports);
/* An ICMP error is turned inside out: the address of its head, and the other one in the packet it
 * quotes. */
void nat_rewrite_error(struct pkt *p, bool source, ip4 addr, ip4 quoted, uint32_t port, bool ports);

#endif
