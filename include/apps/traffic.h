/* Traffic between nodes: icmp echoes, constant-rate UDP. Each flow emits traffic_tx, traffic_rx,
 * traffic_error. */
#ifndef APPS_TRAFFIC_H
#define APPS_TRAFFIC_H

#include "net/net.h"

enum traffic_kind { TRAFFIC_ICMP, TRAFFIC_UDP };
struct traffic_spec {
    const char *name;
    enum traffic_kind kind;
    struct net_node *from, *to;
    ip4 src, dst;          /* 0: the first address of from / to */
    sim_time start, stop;  /* stop SIM_TIME_MAX = the end */
    sim_time every;        /* between packets */
    uint32_t burst;        /* packets at each instant, 1 */
    uint64_t count;        /* 0 = until stop */
    uint32_t size;         /* bytes of IP, head included */
    uint16_t sport, dport; /* UDP; 0 = 5001 upward */
    uint8_t tos;
    bool df;
    sim_time timeout; /* icmp: 0 = 2 s */
};
struct traffic;
struct traffic *traffic_new(const struct traffic_spec *spec, GError **error);
void traffic_free(struct traffic *t);
/* Tallies so far. delay_sum for averages; delays in ns. */
struct traffic_tally {
    uint64_t sent, received, duplicates, reordered, errors;
    sim_time delay_min, delay_max;
    int64_t delay_sum;
};
void traffic_tally(const struct traffic *t, struct traffic_tally *out);
const char *traffic_name(const struct traffic *t);

#endif
