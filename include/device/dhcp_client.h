/* The DHCP clients of a device, one an interface (RFC 2131 4.4): they ask for an address, keep it
 * while its lease can be renewed, and lose it when it cannot. */
#ifndef DEVICE_DHCP_CLIENT_H
#define DEVICE_DHCP_CLIENT_H

#include "device/device.h"
#include "wire/dhcp.h"

enum dhcp_client_state {
    DHCP_CLIENT_INIT,
    DHCP_CLIENT_SELECTING,
    DHCP_CLIENT_REQUESTING,
    DHCP_CLIENT_BOUND,
    DHCP_CLIENT_RENEWING,
    DHCP_CLIENT_REBINDING,
    DHCP_CLIENT_REBOOTING, /* the interface came up again while the lease runs */
    DHCP_CLIENT_RELEASED,  /* given back by command, until it is asked to renew */
    DHCP_CLIENT_DOWN       /* the interface is */
};
/* "Bound" */
const char *dhcp_client_state_name(enum dhcp_client_state s);

struct dhcp_client_conf {
    char hostname[64];       /* told to the server; "" = none */
    uint8_t id[DHCP_MAX_ID]; /* client identifier; n_id 0 = type 1 and the hardware address */
    uint32_t n_id;
    uint8_t route_distance; /* of the default route by the server's router; 0 = none is made */
    uint32_t lease_s;       /* asked for; 0 = what the server likes */
    sim_time start_within;  /* the first question waits a random time below this */
};
/* What there is to see of one. */
struct dhcp_lease {
    struct net_if *i;
    enum dhcp_client_state state;
    uint32_t xid, retries;
    uint8_t id[DHCP_MAX_ID];
    uint32_t n_id;
    char hostname[64], domain[64];
    ip4 addr, mask, server, gateway; /* addr 0: there is no lease */
    ip4 dns[DHCP_MAX_DNS];
    uint32_t n_dns;
    uint32_t lease_s, renew_s, rebind_s;            /* as granted; DHCP_INFINITE */
    sim_time bound, renew_at, rebind_at, expire_at; /* SIM_TIME_MAX = never */
    sim_time next;                                  /* when its timer fires; SIM_TIME_MAX = not */
};

enum dhcp_change {
    DHCP_CHANGE_BOUND,   /* an address that the interface had not */
    DHCP_CHANGE_RENEWED, /* the same for longer */
    DHCP_CHANGE_LOST     /* expired, refused or given back: the interface has none */
};
/* The interface is as it is told: address, route, and IPsec know already. Must not start or stop a
 * client. */
typedef void (*dhcp_client_fn)(void *self, const struct dhcp_lease *lease, enum dhcp_change what);

struct dhcp_client;
/* One for all interfaces of a device. `fn` may be NULL. */
struct dhcp_client *dhcp_client_new(struct device *d, dhcp_client_fn fn, void *self);
/* As when the power goes: nothing is sent, addresses stay where they are. */
void dhcp_client_free(struct dhcp_client *c);
/* The interface asks from now on, with what is configured now if it did before. False: the port of
 * DHCP clients is taken. */
bool dhcp_client_start(struct dhcp_client *c, struct net_if *i,
                       const struct dhcp_client_conf *conf);
/* Asks no more: a lease is given back, and the address goes. */
void dhcp_client_stop(struct dhcp_client *c, struct net_if *i);
/* By command: gives the lease back and waits; asks at once, to renew or anew. */
void dhcp_client_release(struct dhcp_client *c, struct net_if *i);
void dhcp_client_renew(struct dhcp_client *c, struct net_if *i);
guint dhcp_client_count(const struct dhcp_client *c);
/* In order of interfaces. Lent. */
const struct dhcp_lease *dhcp_client_at(const struct dhcp_client *c, guint k);
const struct dhcp_lease *dhcp_client_lease(const struct dhcp_client *c,
                                           const struct net_if *i); /* NULL: it asks not */

#endif
