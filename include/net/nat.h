/* Address and port translation of a node (RFC 3022): an ordered list of rules, and one table of
 * what is being translated.
 *
 * Packets from the inside interface of a rule to its outside interface get another source address
 * once they are routed and before anything is sealed; packets to a translated address get the
 * inside one back when they come in, after they were opened and before they are routed. Ports of
 * the node's own sockets and those of translations are one table. Counters of the node's scope:
 * nat.made nat.ended. */
#ifndef NET_NAT_H
#define NET_NAT_H

#include "net/net.h"

enum net_nat_kind {
    NET_NAT_EXEMPT,  /* stays as it is */
    NET_NAT_STATIC,  /* one to one, from either side; with ports: one port to one port */
    NET_NAT_DYNAMIC, /* an address of a pool for each inside address */
    NET_NAT_PORTS,   /* one address for all of them, told apart by ports */
};
struct net_nat_rule {
    enum net_nat_kind kind;
    uint32_t tag;                    /* of whoever added it */
    struct net_if *inside, *outside; /* NULL = any */
    struct ip4_net real;             /* of the inside; mask 0 = any */
    struct ip4_net remote;           /* mask 0 = any */
    char *acl; /* a list of the node that must permit it too; copied; or NULL */
    /* And this must be true of it, as the inside sends it; or NULL. */
    bool (*picks)(void *self, const struct flow *f);
    void *self;
    ip4 mapped, mapped_last; /* address or pool; 0 = that of the outside interface */
    uint8_t protocol;        /* static with ports; 0 = all */
    uint16_t real_port, mapped_port;
    uint64_t hits;
};
enum net_nat_esp {
    NET_NAT_ESP_DROP,
    NET_NAT_ESP_SINGLE, /* one inside host with each peer */
    NET_NAT_ESP_SPI,    /* told apart by the SPIs: the first unknown one from a peer answers whoever
                           has waited longest for one */
};
/* Lent for the life of the table; may change. Times of 0 = never. */
struct net_nat_conf {
    sim_time udp, tcp, tcp_closing, icmp, esp, other;
    sim_time address;    /* an address of a pool stays with who had it this long after its last
                            packet; 0 = as long as its flows */
    bool preserve_ports; /* where it is free, the port stays */
    bool ike_single;     /* UDP port 500 stays in any case, so that one inside host has it */
    uint16_t port_low, port_high;
    bool port_groups; /* a new port is of 1-511, 512-1023 or 1024-65535, as the real one is, and
                         of no other range */
    uint32_t limit;   /* translations at once */
    enum net_nat_esp esp_policy;
    bool ports_only;     /* no protocol without ports goes behind one address */
    bool must_translate; /* what no rule speaks of does not pass from an inside to an outside */
    bool
        reverse_check; /* what comes in for the real address of somebody translated does not pass */
    bool hairpin;      /* the inside may speak to its own translated addresses */
};
/* One flow that is being translated. Ports are identifiers of ICMP, SPIs of ESP, 0 of the rest. */
struct net_nat_flow {
    uint32_t id;
    uint8_t protocol;
    struct net_if *outside;
    const struct net_nat_rule *rule; /* NULL: it is gone */
    uint32_t tag;                    /* of the rule that made it */
    ip4 real, mapped, remote;
    uint32_t real_port, mapped_port, remote_port;
    uint64_t packets;
    sim_time born, last, limit;
};

/* Switches translation on; NULL switches it off and forgets rules and flows. */
void net_nat_set(struct net_node *n, const struct net_nat_conf *conf);
bool net_nat_on(const struct net_node *n);
/* The conf has changed: time-outs count from now on as it says. */
void net_nat_changed(struct net_node *n);
/* Behind the rules that are there. */
void net_nat_rule_add(struct net_node *n, const struct net_nat_rule *rule);
/* Forgets all rules; the flows go on until they end. */
void net_nat_rules_clear(struct net_node *n);
size_t net_nat_rule_count(const struct net_node *n);
const struct net_nat_rule *net_nat_rule_at(const struct net_node *n, size_t i);
/* Ends flows, those `pick` says true of or all (addresses of pools then too); how many. */
size_t net_nat_clear(struct net_node *n, bool (*pick)(void *self, const struct net_nat_flow *f),
                     void *self);
/* Forgets every flow and takes other ports from now on, as a box that lost its table does. */
void net_nat_rebind(struct net_node *n);

/* What show reads, oldest first. */
size_t net_nat_count(const struct net_node *n);
size_t net_nat_most(const struct net_node *n);
const struct net_nat_flow *net_nat_first(const struct net_node *n);
const struct net_nat_flow *net_nat_next(const struct net_nat_flow *f);
/* An address of a pool and who has it, with or without flows. */
struct net_nat_address {
    ip4 real, mapped;
    uint32_t tag; /* of the rule that gave it */
    uint32_t flows;
    sim_time born, last; /* last: of flows that have ended */
};
size_t net_nat_address_count(const struct net_node *n);
const struct net_nat_address *net_nat_address_at(const struct net_node *n, size_t i);
/* Takes it back, when no flow has it any more; whether. */
bool net_nat_address_release(struct net_node *n, ip4 mapped);
struct net_nat_stats {
    uint64_t packets, made, expired,
        exhausted; /* translated; flows: made, ended by time, refused */
};
struct net_nat_stats net_nat_stats(const struct net_node *n);
/* The flow of a packet from the inside; NULL when it is not translated. */
const struct net_nat_flow *net_nat_find(const struct net_node *n, uint8_t protocol, ip4 real,
                                        uint32_t real_port, ip4 remote, uint32_t remote_port);
/* The rule that would translate a packet; NULL = none. Hits are counted as if it had come. */
const struct net_nat_rule *net_nat_would(struct net_node *n, const struct net_if *in,
                                         const struct net_if *out, const struct flow *f);
/* Does a translation hold this port of one of the node's own addresses? */
bool net_nat_holds(const struct net_node *n, uint8_t protocol, uint16_t port);

#endif
