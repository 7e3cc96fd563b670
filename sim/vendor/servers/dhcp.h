/* What the two files of the kind "dhcp" share: its leases. */
#ifndef VENDOR_SERVERS_DHCP_H
#define VENDOR_SERVERS_DHCP_H

#include "device/pool.h"
#include "server.h"
#include "wire/dhcp.h"

enum dhcp_lease_state { DHCP_LEASE_OFFERED, DHCP_LEASE_BOUND, DHCP_LEASE_DECLINED };
struct dhcp_grant {
    ip4 addr;
    char client[64]; /* hardware address or client identifier, as text */
    char hostname[64];
    enum dhcp_lease_state state;
    sim_time since, until; /* SIM_TIME_MAX = without end */
};
struct dhcp_reserve {
    char client[64];
    ip4 addr;
};
struct dhcp_server {
    struct server s;
    struct addr_pool *pool; /* reservations and grants in its ranges are held there */
    GArray *grants;         /* struct dhcp_grant, by address */
    GArray *reserves;       /* struct dhcp_reserve */
    ip4 mask;               /* told to clients; 0 = that of the interface they are heard at */
    ip4 gateway, dns[DHCP_MAX_DNS];
    uint32_t n_dns, lease_s;
    char *domain;
    bool shuffle; /* addresses in no order */
    bool fresh;   /* who asks anew gets another address than before */
    struct sim_timer expiry;
};

/* dhcp_answer.c */
void dhcp_server_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                    struct span payload);
void dhcp_server_expire(void *self);
const char *dhcp_lease_state_name(enum dhcp_lease_state s);
/* Ends a lease; its address is free again. */
void dhcp_server_drop(struct dhcp_server *s, guint at);
/* The reservation of a client; 0 = none. */
ip4 dhcp_server_reserved(const struct dhcp_server *s, const char *client);

#endif
