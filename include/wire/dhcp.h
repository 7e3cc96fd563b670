/* DHCP messages (RFC 2131 2, options of RFC 2132): bytes to structs and back. */
#ifndef WIRE_DHCP_H
#define WIRE_DHCP_H

#include "base/ip4.h"
#include "wire/ip.h"

enum { DHCP_PORT_SERVER = 67, DHCP_PORT_CLIENT = 68 };
enum { DHCP_BOOTREQUEST = 1, DHCP_BOOTREPLY = 2 };
#define DHCP_BROADCAST 0x8000u     /* of flags: answers cannot be taken by unicast yet */
#define DHCP_INFINITE  0xffffffffu /* a lease without end */
#define DHCP_MIN_BYTES 300         /* what relays of the time let pass           RFC 1542 2.1 */
#define DHCP_MAX_BYTES 576         /* what every host takes                      RFC 2131 2 */
#define DHCP_MAX_DNS   4
#define DHCP_MAX_ID    64

enum dhcp_type {
    DHCP_NONE, /* plain BOOTP */
    DHCP_DISCOVER,
    DHCP_OFFER,
    DHCP_REQUEST,
    DHCP_DECLINE,
    DHCP_ACK,
    DHCP_NAK,
    DHCP_RELEASE,
    DHCP_INFORM
};
const char *dhcp_type_name(enum dhcp_type t); /* "DHCPDISCOVER" */

/* An option that is absent is 0, or empty. */
struct dhcp_msg {
    uint8_t op, htype, hlen, hops;
    uint32_t xid;
    uint16_t secs, flags;
    ip4 ciaddr, yiaddr, siaddr, giaddr;
    uint8_t chaddr[16];
    enum dhcp_type type;
    ip4 requested, server, mask, router;
    uint32_t lease_s, renew_s, rebind_s;
    ip4 dns[DHCP_MAX_DNS];
    uint32_t n_dns;
    /* Lent by what was parsed, or by who emits. */
    struct span client_id, hostname, domain, message, wanted; /* wanted: parameter request list */
};
/* Strict: the magic cookie, whole options of the length their kind has, and the end option. What
 * is behind that is padding. */
enum wire_status dhcp_parse(struct span bytes, struct dhcp_msg *m);
/* Writes DHCP_MIN_BYTES at least. The writer is bad when it has no room. */
void dhcp_emit(const struct dhcp_msg *m, struct wr *w);

#endif
