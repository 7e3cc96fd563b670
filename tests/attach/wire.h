/* A bound link without a host: frames in by hand, frames out as text. */
#ifndef TESTS_ATTACH_WIRE_H
#define TESTS_ATTACH_WIRE_H

#include <criterion/criterion.h>
#include <string.h>

#include "main/attach.h"
#include "main/attach_arp.h"

/* Router r 203.0.113.1 on the link "outside", host pc 10.1.0.5 behind it; peer is real. */
struct wire {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct net_node *r, *pc;
    struct net_if *r_out, *r_in, *pc_if;
    struct net_link *outside;
    struct attach_port *port;
    GString *log;     /* a line a frame that was sent */
    GByteArray *last; /* the last one */
    unsigned sent;
    int error; /* what sending answers */
};
struct wire *wire_new(void); /* no port yet */
struct wire *wire_open(bool ethernet);
void wire_bind(struct wire *w, bool ethernet);
void wire_free(struct wire *w);
void wire_run(struct wire *w, sim_time for_time);
/* What was sent since the last call: "arp who-has 203.0.113.2 tell 203.0.113.1", "ip 203.0.113.1 >
 * 203.0.113.2 1 28". */
const char *wire_log(struct wire *w);
uint64_t wire_counter(struct wire *w, const char *name);

extern const uint8_t peer_mac[ETHER_ADDR];
void station_mac_of(struct wire *w, uint32_t end, uint8_t out[ETHER_ADDR]); /* learned by asking */
ip4 addr(const char *text);
/* Frames from the peer. */
void arp_from(struct wire *w, uint16_t op, const uint8_t mac[ETHER_ADDR], const char *sender,
              const char *target);
void ip_from(struct wire *w, const uint8_t to[ETHER_ADDR], struct span packet,
             const struct attach_meta *meta);
/* An IP packet in bytes that the caller frees. */
GByteArray *ip_bytes(const char *src, const char *dst, uint8_t protocol, struct span payload);
GByteArray *echo_bytes(const char *src, const char *dst, size_t payload);

#endif
