/* A small world for the tests of net: nodes and wires in a line a test, and what happened as text.
 */
#ifndef TESTS_NET_WORLD_H
#define TESTS_NET_WORLD_H

#include <criterion/criterion.h>
#include <glib.h>
#include <string.h>
#include "net/net.h"

struct world {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    GString *log; /* what log_events was asked for, a line an event */
};
struct world *world_new(uint64_t seed);
void world_free(struct world *w);
void world_run(struct world *w, sim_time until);
/* The log so far; the next call begins anew. */
const char *world_log(struct world *w);
void world_log_event(struct world *w, enum trace_id id);

ip4 addr(const char *text);
struct ip4_net prefix(const char *text);
struct net_node *host(struct world *w, const char *name);
struct net_node *router(struct world *w, const char *name);
/* An interface with "10.0.0.1/24", or none when text is NULL. */
struct net_if *port(struct net_node *n, const char *name, const char *address);
struct net_link *wire(struct world *w, const char *name, struct net_if *a, struct net_if *b);
void route(struct net_node *n, const char *net, const char *nexthop);
uint64_t counter(const struct net_node *n, const char *name);

/* pc1 10.1.0.5 -- 10.1.0.1 r1 192.0.2.1 -- 192.0.2.2 r2 10.2.0.1 -- 10.2.0.5 pc2, and the way back.
 */
struct chain {
    struct net_node *pc1, *r1, *r2, *pc2;
    struct net_if *pc1_lan, *r1_lan, *r1_wan, *r2_wan, *r2_lan, *pc2_lan;
    struct net_link *lan1, *wan, *lan2;
};
struct chain chain_new(struct world *w);

/* Two hosts on one wire: a 10.0.0.1, b 10.0.0.2. b counts the datagrams to port 9 and keeps their
 * times. */
struct pair {
    struct net_node *a, *b;
    struct net_if *a_if, *b_if;
    struct net_link *link;
    struct world *w;
    GArray *at;     /* sim_time */
    GArray *number; /* uint32_t, the first four bytes of the payload */
    GString *bytes; /* of the last payload */
};
struct pair *pair_new(uint64_t seed);
void pair_free(struct pair *p);
/* Sends datagrams of `size` bytes of payload (4 at least), numbered from `from`, `gap` apart, and
 * runs until all are through. */
void pair_send(struct pair *p, uint32_t from, uint32_t n, size_t size, sim_time gap);
/* "1 2 4": the numbers that arrived, in order of arrival. */
const char *pair_arrived(struct pair *p);

/* Outcomes of pings: "<seq> <what> <ns>" a line. */
struct pinger {
    struct net_ping *ping;
    GString *log;
};
struct pinger pinger_new(struct net_node *n);
void pinger_free(struct pinger *p);

/* An IP packet of any kind; `field` is the word of flags and fragment offset (in units of 8). */
struct pkt *raw_ip(const char *src, const char *dst, uint8_t protocol, uint16_t id, uint16_t field,
                   uint8_t ttl, const void *data, size_t n);

#endif
