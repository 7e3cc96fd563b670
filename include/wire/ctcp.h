/* IPsec in TCP, as VPN clients and their head ends of the time carry it when nothing else passes:
 * each segment holds one ISAKMP message with a UDP head of its own, or one ESP packet, and 16 bytes
 * behind it. No RFC describes it; the shape of those bytes is what dissectors know: four zero, a
 * sequence number, the direction (of ISAKMP), a magic number, the protocol. */
#ifndef WIRE_CTCP_H
#define WIRE_CTCP_H

#include "wire/ip.h"

#define CTCP_TRAILER 16
#define CTCP_UDP     8 /* the UDP head before an ISAKMP message, ports 500, no checksum */

struct ctcp {
    bool isakmp;      /* else ESP */
    bool from_client; /* of ISAKMP */
    uint16_t seq;
    struct span message; /* without UDP head and trailer */
};
/* WIRE_SHORT, WIRE_BAD: none of the two, or cut off. message lies in `segment`. */
enum wire_status ctcp_parse(struct span segment, struct ctcp *out);
void ctcp_emit(const struct ctcp *c, struct wr *w);

#endif
