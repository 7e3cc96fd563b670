/* Traffic between nodes: icmp echoes, constant-rate UDP, messages over a TCP connection. Each flow
 * emits traffic_tx, traffic_rx, traffic_error. */
#ifndef APPS_TRAFFIC_H
#define APPS_TRAFFIC_H

#include "net/tcp.h"

enum traffic_kind { TRAFFIC_ICMP, TRAFFIC_UDP, TRAFFIC_TCP };
struct traffic_spec {
    const char *name;
    enum traffic_kind kind;
    struct net_node *from, *to;
    ip4 src, dst;          /* 0: the first address of from / to */
    sim_time start, stop;  /* stop SIM_TIME_MAX = the end */
    sim_time every;        /* between packets; tcp: 0 = as fast as the connection takes them */
    uint32_t burst;        /* packets at each instant, 1 */
    uint64_t count;        /* 0 = until stop */
    uint32_t size;         /* bytes of IP, head included; tcp: of a message */
    uint16_t sport, dport; /* 0 = 5001 upward; tcp: sport 0 = any */
    uint8_t tos;
    bool df;
    sim_time timeout; /* icmp: 0 = 2 s */
    /* tcp: `from` opens a connection to `to` and sends messages, or with `download` has them sent
     * to it; whoever sends closes behind the last one. */
    uint64_t bytes; /* in all, the last message may be shorter; 0 = by count, or without end */
    bool download;
    uint32_t reply;   /* bytes that answer each message; it is received when they are here */
    sim_time give_up; /* the opener ends it when nothing moves for so long; 0 = never */
    sim_time keepalive;
    uint16_t mss;               /* that both announce; 0 = by the interface */
    bool ignore_mss;            /* the writer sends segments as large as its interface takes */
    uint32_t window, window_to; /* receive windows of `from` and `to`; 0 = 65535 */
    enum net_tcp_wscale wscale, wscale_to;
    uint32_t tries; /* transmissions again of a segment; 0 = 8 */
};
struct traffic;
struct traffic *traffic_new(const struct traffic_spec *spec, GError **error);
void traffic_free(struct traffic *t);
/* Tallies so far. delay_sum for averages; delays in ns. */
struct traffic_tally {
    uint64_t sent, received, duplicates, reordered, errors;
    uint64_t bytes;  /* received, in whole packets or messages */
    uint64_t broken; /* tcp: ends of the connection that failed; `errors` counts packets */
    sim_time delay_min, delay_max;
    int64_t delay_sum;
};
void traffic_tally(const struct traffic *t, struct traffic_tally *out);
const char *traffic_name(const struct traffic *t);

#endif
