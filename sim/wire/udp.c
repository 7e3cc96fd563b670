/* UDP (RFC 768), and the ports that TCP and UDP share the place of (RFC 793 3.1). */
#include "wire/ip.h"

#include <glib.h>
#include "wire/rows.h"

// clang-format off
#define UDP_ROWS(ROW) \
    ROW(u16, sport, dec) \
    ROW(u16, dport, dec) \
    ROW(u16, length, dec) \
    ROW(u16, checksum, hex)
// clang-format on

enum wire_status udp_parse(ip4 src, ip4 dst, struct span bytes, struct udp_head *h,
                           struct span *payload)
{
    struct rd reader = rd_over(bytes);
    struct rd *r = &reader;
    *h = (struct udp_head){0};
    *payload = (struct span){NULL, 0};
    UDP_ROWS(ROW_PARSE)
    if (!rd_ok(r) || h->length < UDP_HEAD || h->length > bytes.n)
        return WIRE_SHORT;
    /* "An all zero transmitted checksum value means that the transmitter generated no checksum" */
    struct span datagram = span_sub(bytes, 0, h->length);
    if (h->checksum != 0 && ip_checksum_pseudo(src, dst, IPPROTO_NUM_UDP, datagram) != 0)
        return WIRE_CHECKSUM;
    *payload = span_sub(datagram, UDP_HEAD, h->length);
    return WIRE_OK;
}

void udp_emit(ip4 src, ip4 dst, uint16_t sport, uint16_t dport, uint8_t *head, size_t payload_bytes)
{
    g_assert(payload_bytes <= UINT16_MAX - UDP_HEAD);
    uint16_t length = (uint16_t)(UDP_HEAD + payload_bytes);
    struct udp_head head_rows = {sport, dport, length, 0};
    const struct udp_head *h = &head_rows;
    struct wr writer = wr_over(head, UDP_HEAD);
    struct wr *w = &writer;
    UDP_ROWS(ROW_EMIT)
    /* A computed zero is sent as all ones, for zero means none. */
    uint16_t sum = ip_checksum_pseudo(src, dst, IPPROTO_NUM_UDP, span_of(head, length));
    be16_put(head + 6, sum ? sum : 0xffff);
}

void l4_ports(uint8_t protocol, struct span l4, uint16_t *sport, uint16_t *dport)
{
    bool has = (protocol == IPPROTO_NUM_TCP || protocol == IPPROTO_NUM_UDP) && l4.n >= 4;
    *sport = has ? be16_get(l4.p) : 0;
    *dport = has ? be16_get(l4.p + 2) : 0;
}
