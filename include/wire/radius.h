/* RADIUS packets (RFC 2865 3 and 5): bytes to structs and back. What is hidden and signed with the
 * shared secret is the business of device/radius.h. */
#ifndef WIRE_RADIUS_H
#define WIRE_RADIUS_H

#include "base/ip4.h"
#include "wire/ip.h"

#define RADIUS_HEAD      20
#define RADIUS_MAX       4096
#define RADIUS_AUTH      16  /* bytes of an authenticator */
#define RADIUS_VALUE_MAX 253 /* of one attribute */

enum radius_code {
    RADIUS_ACCESS_REQUEST = 1,
    RADIUS_ACCESS_ACCEPT = 2,
    RADIUS_ACCESS_REJECT = 3,
    RADIUS_ACCESS_CHALLENGE = 11
};
enum radius_type {
    RADIUS_USER_NAME = 1,
    RADIUS_USER_PASSWORD = 2,
    RADIUS_NAS_IP_ADDRESS = 4,
    RADIUS_NAS_PORT = 5,
    RADIUS_SERVICE_TYPE = 6,
    RADIUS_FRAMED_IP_ADDRESS = 8,
    RADIUS_FRAMED_IP_NETMASK = 9,
    RADIUS_REPLY_MESSAGE = 18,
    RADIUS_CLASS = 25,
    RADIUS_SESSION_TIMEOUT = 27,
    RADIUS_IDLE_TIMEOUT = 28,
    RADIUS_NAS_PORT_TYPE = 61
};

struct radius_msg {
    uint8_t code, id;
    uint16_t length;
    uint8_t auth[RADIUS_AUTH];
    struct span bytes; /* of the packet, without padding; lent */
    struct span attrs; /* whole attributes, one after the other; lent */
};
/* Checks the length and that attributes follow one another to the end. Bytes behind `length` are
 * padding. */
enum wire_status radius_parse(struct span bytes, struct radius_msg *m);
/* The next attribute of `rest`, which moves on; false at the end. */
bool radius_next(struct span *rest, uint8_t *type, struct span *value);
/* The first attribute of that type; false = there is none. */
bool radius_find(const struct radius_msg *m, enum radius_type type, struct span *value);
/* The same, of four bytes. */
bool radius_find_u32(const struct radius_msg *m, enum radius_type type, uint32_t *value);

/* A packet is begun, gets its attributes, and is ended, which writes its length. A value that does
 * not fit in an attribute makes the writer bad. */
void radius_begin(struct wr *w, enum radius_code code, uint8_t id, const uint8_t auth[RADIUS_AUTH]);
void radius_put(struct wr *w, enum radius_type type, struct span value);
void radius_put_u32(struct wr *w, enum radius_type type, uint32_t value);
void radius_end(struct wr *w);

#endif
