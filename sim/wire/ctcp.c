/* IPsec in TCP: a UDP head of its own before an ISAKMP message, a trailer behind both kinds. */
#include "wire/ctcp.h"

#include <string.h>

enum { PORT_IKE = 500 };
#define FROM_CLIENT 0x4000 /* the direction, of ISAKMP; ESP has zero there */
/* What no document gives; both ends here agree on it, and nobody looks. */
static const uint8_t magic[5] = {'I', 'P', 's', 'e', 'c'};
static const uint8_t magic_2[2] = {0x01, 0x00};

static struct span body_of(struct span segment)
{
    return span_sub(segment, 0, segment.n - CTCP_TRAILER);
}

enum wire_status ctcp_parse(struct span segment, struct ctcp *out)
{
    *out = (struct ctcp){0};
    if (segment.n <= CTCP_TRAILER)
        return WIRE_SHORT;
    struct rd r = rd_over(span_sub(segment, segment.n - CTCP_TRAILER, CTCP_TRAILER));
    uint32_t zero = rd_u32(&r);
    out->seq = rd_u16(&r);
    uint16_t direction = rd_u16(&r);
    rd_span(&r, sizeof magic);
    uint8_t protocol = rd_u8(&r);
    if (zero || (direction & 0xfff) || (protocol != IPPROTO_NUM_UDP && protocol != IPPROTO_NUM_ESP))
        return WIRE_BAD;
    out->message = body_of(segment);
    out->isakmp = protocol == IPPROTO_NUM_UDP;
    out->from_client = direction == FROM_CLIENT;
    if (!out->isakmp)
        return WIRE_OK;
    struct rd udp = rd_over(out->message);
    bool ports = rd_u16(&udp) == PORT_IKE && rd_u16(&udp) == PORT_IKE;
    bool length = rd_u16(&udp) == out->message.n;
    rd_u16(&udp);
    if (!rd_ok(&udp))
        return WIRE_SHORT;
    if (!ports || !length)
        return WIRE_BAD;
    out->message = span_sub(out->message, CTCP_UDP, out->message.n);
    return WIRE_OK;
}

void ctcp_emit(const struct ctcp *c, struct wr *w)
{
    if (c->isakmp) {
        wr_u16(w, PORT_IKE);
        wr_u16(w, PORT_IKE);
        wr_u16(w, (uint16_t)(CTCP_UDP + c->message.n));
        wr_u16(w, 0);
    }
    wr_span(w, c->message);
    wr_zero(w, 4);
    wr_u16(w, c->seq);
    wr_u16(w, c->isakmp && c->from_client ? FROM_CLIENT : 0);
    wr_bytes(w, magic, sizeof magic);
    wr_u8(w, c->isakmp ? IPPROTO_NUM_UDP : IPPROTO_NUM_ESP);
    wr_bytes(w, magic_2, sizeof magic_2);
}
