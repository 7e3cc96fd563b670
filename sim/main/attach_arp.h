/* Neighbours of a bound link: who of the real world has which Ethernet address (RFC 826). */
#ifndef MAIN_ATTACH_ARP_H
#define MAIN_ATTACH_ARP_H

#include "attach.h"

#define ARP_BYTES 28
enum { ARP_REQUEST = 1, ARP_REPLY = 2 };
struct arp {
    uint16_t op;
    uint8_t sender_mac[ETHER_ADDR], target_mac[ETHER_ADDR];
    ip4 sender, target;
};
/* Ethernet and IPv4 only; a sender has an address of its own. False on anything else. */
bool arp_parse(struct span bytes, struct arp *a);
void arp_emit(const struct arp *a, uint8_t out[ARP_BYTES]);

/* What the cache needs from the port. */
struct neighbor_ops {
    void (*ask)(void *self, struct net_if *from, ip4 addr); /* sends a request */
    void (*send)(void *self, struct net_if *from, const uint8_t mac[ETHER_ADDR], struct pkt *p);
    void (*give_up)(void *self, struct pkt *p); /* nobody answered, or no room */
    void *self;
};
struct neighbors;
struct neighbors *neighbors_new(struct sim *sim, struct trace_scope *scope,
                                const struct neighbor_ops *ops);
void neighbors_free(struct neighbors *n);
/* Sends it now, or when the neighbour has answered. Takes the packet. */
void neighbors_send(struct neighbors *n, struct net_if *from, ip4 addr, struct pkt *p);
/* An address was heard. With `add` it is new to us if need be; else only what is known is renewed.
 */
void neighbors_heard(struct neighbors *n, ip4 addr, const uint8_t mac[ETHER_ADDR], bool add);

#endif
