/* Proxy identities: the traffic a phase 2 SA is for (RFC 2407 4.6.2, RFC 2409 5.5). */
#ifndef WIRE_PROXY_H
#define WIRE_PROXY_H

#include "wire/isakmp.h"

struct proxy {
    uint8_t type;     /* ID_IPV4_ADDR or ID_IPV4_ADDR_SUBNET */
    uint8_t protocol; /* 0 = any */
    uint16_t port;    /* 0 = any */
    ip4 addr, mask;   /* host bits may be set when a peer sent them so */
};

/* From an address and mask: type ADDR for a host, SUBNET otherwise. */
struct proxy proxy_of(ip4 addr, ip4 mask, uint8_t protocol, uint16_t port);
/* False for identity types that are no traffic selectors, or wrong lengths. */
bool proxy_from_id(const struct isakmp_id *id, struct proxy *out);
/* Writes the body of an ID payload. */
void proxy_emit(const struct proxy *p, struct wr *w);
bool proxy_same(const struct proxy *a, const struct proxy *b);     /* host bits count */
bool proxy_same_net(const struct proxy *a, const struct proxy *b); /* host bits do not count */
bool proxy_within(const struct proxy *inner, const struct proxy *outer);
bool proxy_has(const struct proxy *p, ip4 addr, uint8_t protocol, uint16_t port);

#endif
