/* The ISAKMP header, RFC 2408 3.1, and where it is found in an IPv4 packet (RFC 2408 2.5.1, RFC
 * 3948). */
#include "wire/isakmp.h"

#include "wire/rows.h"

// clang-format off
#define HEAD_ROWS(ROW) \
    ROW(u64, cky_i, hex) \
    ROW(u64, cky_r, hex) \
    ROW(u8, next_payload, dec) \
    ROW(u8, version, hex) \
    ROW(u8, exchange, dec) \
    ROW(u8, flags, hex) \
    ROW(u32, msgid, hex) \
    ROW(u32, length, dec)
// clang-format on

#define HEAD_NEXT_AT   16
#define HEAD_LENGTH_AT 24

enum { PORT_ISAKMP = 500, PORT_ISAKMP_NATT = 4500 };

enum wire_status isakmp_head_parse(struct span bytes, struct isakmp_head *h)
{
    struct rd reader = rd_over(bytes);
    struct rd *r = &reader;
    HEAD_ROWS(ROW_PARSE)
    if (!rd_ok(r)) {
        *h = (struct isakmp_head){0};
        return WIRE_SHORT;
    }
    if (h->version != 0x10 || h->length < ISAKMP_HEAD || h->length > bytes.n)
        return WIRE_BAD;
    return WIRE_OK;
}

void isakmp_head_emit(const struct isakmp_head *h, struct wr *w)
{
    HEAD_ROWS(ROW_EMIT)
}

void isakmp_head_dump(const struct isakmp_head *h, GString *out)
{
    HEAD_ROWS(ROW_DUMP)
}

void isakmp_length_fix(struct wr *w)
{
    if (wr_ok(w) && w->n >= ISAKMP_HEAD)
        be32_put(w->p + HEAD_LENGTH_AT, (uint32_t)w->n);
}

bool isakmp_in_ip4(struct span packet, struct isakmp_head *h, struct span *message)
{
    struct ip4_head ip;
    *h = (struct isakmp_head){0};
    *message = (struct span){NULL, 0};
    if (ip4_head_parse(packet, &ip) != WIRE_OK || ip.protocol != IPPROTO_NUM_UDP)
        return false;
    /* A fragment is not a message, even when the head is in it. */
    if (ip.frag_bytes != 0 || (ip.flags & IP4_MF))
        return false;
    struct span datagram = span_sub(packet, ip.head_bytes, ip.total - ip.head_bytes);
    uint16_t sport, dport;
    l4_ports(ip.protocol, datagram, &sport, &dport);
    struct span body = span_sub(datagram, UDP_HEAD, datagram.n);
    if (sport == PORT_ISAKMP_NATT || dport == PORT_ISAKMP_NATT) {
        /* The non-ESP marker: four zero bytes where ESP has its SPI           RFC 3948 2.2 */
        if (body.n < 4 || be32_get(body.p) != 0)
            return false;
        body = span_sub(body, 4, body.n);
    } else if (sport != PORT_ISAKMP && dport != PORT_ISAKMP) {
        return false;
    }
    if (isakmp_head_parse(body, h) != WIRE_OK)
        return false;
    *message = span_sub(body, 0, h->length);
    return true;
}
