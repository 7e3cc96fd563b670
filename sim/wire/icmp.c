/* ICMP (RFC 792) with the next-hop MTU of RFC 1191. All messages share eight bytes, of which the
 * last four mean something else in each. */
#include "wire/ip.h"

#include <glib.h>
#include "wire/rows.h"

struct icmp_wire {
    uint8_t type, code;
    uint16_t checksum, word4, word6;
};
// clang-format off
#define ICMP_ROWS(ROW) \
    ROW(u8, type, dec) \
    ROW(u8, code, dec) \
    ROW(u16, checksum, hex) \
    ROW(u16, word4, hex) \
    ROW(u16, word6, hex)
// clang-format on

/* Where bytes 4 to 7 are an identifier and a sequence number. */
static bool has_id(uint8_t type)
{
    return type == ICMP_ECHO || type == ICMP_ECHO_REPLY;
}

static bool has_mtu(uint8_t type, uint8_t code)
{
    return type == ICMP_UNREACHABLE && code == ICMP_FRAG_NEEDED;
}

enum wire_status icmp_parse(struct span bytes, struct icmp_head *out, struct span *payload)
{
    struct icmp_wire wire, *h = &wire;
    struct rd reader = rd_over(bytes);
    struct rd *r = &reader;
    *out = (struct icmp_head){0};
    *payload = (struct span){NULL, 0};
    ICMP_ROWS(ROW_PARSE)
    if (!rd_ok(r))
        return WIRE_SHORT;
    out->type = h->type;
    out->code = h->code;
    if (has_id(h->type)) {
        out->id = h->word4;
        out->seq = h->word6;
    } else if (has_mtu(h->type, h->code)) {
        out->mtu = h->word6;
    }
    if (ip_checksum(bytes) != 0)
        return WIRE_CHECKSUM;
    *payload = rd_rest(r);
    return WIRE_OK;
}

void icmp_emit(const struct icmp_head *in, uint8_t *head, size_t payload_bytes)
{
    struct icmp_wire wire = {.type = in->type, .code = in->code};
    const struct icmp_wire *h = &wire;
    if (has_id(in->type)) {
        wire.word4 = in->id;
        wire.word6 = in->seq;
    } else if (has_mtu(in->type, in->code)) {
        wire.word6 = in->mtu;
    }
    struct wr writer = wr_over(head, ICMP_HEAD);
    struct wr *w = &writer;
    ICMP_ROWS(ROW_EMIT)
    be16_put(head + 2, ip_checksum(span_of(head, ICMP_HEAD + payload_bytes)));
}
