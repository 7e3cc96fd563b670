/* A flow of traffic from inside, for its kinds. */
#ifndef APPS_APPS_PRIV_H
#define APPS_APPS_PRIV_H

#include "apps/traffic.h"

#define TRAFFIC_PORT      5001
#define TRAFFIC_PORT_LAST 5999
#define TRAFFIC_MESSAGE   (16u << 20) /* bytes of the largest message over TCP */

struct traffic_tcp;
struct traffic {
    struct traffic_spec spec;
    char *name;
    struct sim *sim;
    struct trace_scope *scope;
    struct sim_timer timer;
    struct traffic_tally tally;
    struct net_ping *ping;
    GByteArray *seen; /* a bit for each UDP number received */
    uint64_t highest; /* number received */
    uint8_t *payload; /* UDP bytes, reused */
    struct traffic_tcp *tcp;
};

/* `where` is the node that has it: for an echo the sender, who reads the reply. */
void traffic_heard(struct traffic *t, struct trace_scope *where, uint64_t number, uint32_t bytes,
                   sim_time delay);
void traffic_lost(struct traffic *t, struct trace_scope *where, uint64_t number, const char *why);

/* traffic_tcp.c */
bool traffic_tcp_open(struct traffic *t, GError **error);
void traffic_tcp_tick(struct traffic *t);
void traffic_tcp_free(struct traffic *t); /* nothing when the flow is of another kind */

#endif
