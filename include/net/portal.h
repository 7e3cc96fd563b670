/* Portals: ends of links that belong to nobody simulated. What the simulation sends to such an end
 * goes to a function, with its next hop; what comes from outside is put on the link there.
 *
 * To the rest of the simulation a portal is an end like others, with a node and an interface of its
 * own that has no address: captures, ladders, impairments, match rules and expectations see both
 * directions of it. The node neither forwards nor answers anything. */
#ifndef NET_PORTAL_H
#define NET_PORTAL_H

#include "net/net.h"

struct net_portal;

/* A packet has come out of the link here, impairments and delay behind it. `from` sent it towards
 * `nexthop`. The packet is the function's. */
typedef void (*net_portal_fn)(void *self, struct net_if *from, ip4 nexthop, struct pkt *p);

/* Opens a portal at the link; the node and its interface are called `name`. It does to what it
 * sends what the link's first end does (delay, loss and so on; recorded traces aside), and that can
 * be changed as for other ends. On a segment it gets the packets whose next hop no other end owns.
 * NULL when the link has a portal or the net a node of that name. Owned by the net. */
struct net_portal *net_portal_new(struct net_link *l, const char *name, net_portal_fn fn,
                                  void *self);
/* Puts a packet from outside on the link. On a segment it goes to the end that owns `nexthop` (IP4
 * broadcast: to all). Takes the packet. */
void net_portal_input(struct net_portal *portal, ip4 nexthop, struct pkt *p);
struct net_if *net_portal_if(struct net_portal *portal);
struct trace_scope *net_portal_scope(struct net_portal *portal);

#endif
