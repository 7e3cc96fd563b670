/* What a firewall that keeps connections asks of address translation: about the first packet of a
 * connection, before there is one, and when a connection is over. */
#ifndef NET_NAT_ADMIT_H
#define NET_NAT_ADMIT_H

#include "net/nat.h"

struct net_nat_admission {
    const struct net_nat_rule *rule; /* speaks of the packet; NULL = none does */
    const struct net_nat_rule *back; /* speaks of its answers; looked for only without `rule` */
    const struct net_nat_flow *flow; /* what translates it from now on, NULL = nothing */
    bool turned;                     /* it came in for a translated address */
};

/* May the packet, routed from `in` to `out`, begin a connection? Its translation is made, so that
 * its packets find it. Among rules for the same traffic the next one serves when one is exhausted.
 * DROP_NAT_REVERSE: its answers would be translated and it is not. */
enum drop_reason net_nat_admit(struct net_node *n, struct net_if *in, struct net_if *out,
                               const struct pkt *p, struct net_nat_admission *out_a);
/* The flow that a packet, as it is between coming in and going out, belongs to. */
const struct net_nat_flow *net_nat_flow_of(const struct net_node *n, const struct pkt *p);
/* The packet as it will leave; the caller gives it up. NULL when it leaves as it is. */
struct pkt *net_nat_preview(const struct net_node *n, const struct pkt *p);
void net_nat_flow_end(struct net_node *n, const struct net_nat_flow *f, const char *why);

#endif
