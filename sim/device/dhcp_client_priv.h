/* What the two files of the DHCP client share. */
#ifndef DEVICE_DHCP_CLIENT_PRIV_H
#define DEVICE_DHCP_CLIENT_PRIV_H

#include "device/dhcp_client.h"
#include "kernel/rng.h"

struct dhcp_slot {
    struct dhcp_client *c;
    struct dhcp_client_conf conf;
    struct dhcp_lease lease;
    struct sim_timer timer;
    struct rng *rng;
    uint8_t mac[6];
    sim_time began; /* this attempt */
    uint32_t tries; /* of the message at hand */
    ip4 offered, offered_by;
    ip4 route; /* next hop of the default route that was made; 0 = none */
};
struct dhcp_client {
    struct device *d;
    GPtrArray *slots; /* struct dhcp_slot, owned, by interface */
    dhcp_client_fn fn;
    void *self;
};

/* dhcp_client.c */
sim_time dhcp_now(const struct dhcp_slot *s);
void dhcp_enter(struct dhcp_slot *s, enum dhcp_client_state state);
struct dhcp_msg dhcp_message(const struct dhcp_slot *s, enum dhcp_type type);
/* To the server that gave the lease, or, when `to` is 0, to everybody on the wire. */
void dhcp_send(struct dhcp_slot *s, const struct dhcp_msg *m, ip4 to);
void dhcp_lease_clear(struct dhcp_slot *s);
/* The address goes, told as `what`; the caller says where the machine goes. */
void dhcp_lose(struct dhcp_slot *s, const char *what);
/* Asks after a while: anew, or for the lease it has. */
void dhcp_begin(struct dhcp_slot *s, sim_time wait);
void dhcp_renew(struct dhcp_slot *s);
void dhcp_on_timer(void *self);
void dhcp_answer_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                    struct span payload);

#endif
