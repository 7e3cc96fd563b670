/* What a kernel leaves to the network card: checksums not yet summed up, and TCP or UDP not yet cut
 * into packets. On a virtual interface there is no card, so it is done here. */
#include <string.h>

#include "attach.h"

bool offload_checksum(uint8_t *frame, size_t n, const struct attach_meta *meta)
{
    size_t start = meta->checksum_start, place = start + meta->checksum_offset;
    if (start >= n || place + 2 > n)
        return false;
    /* The field holds the sum of the pseudo header: it sums into place by itself. */
    uint16_t sum = ip_checksum(span_of(frame + start, n - start));
    be16_put(frame + place, sum ? sum : 0xffff); /* RFC 768: a sum of 0 goes as all ones */
    return true;
}

/* ---- Cutting ---- */

enum { TCP_FIN = 0x01, TCP_PSH = 0x08, TCP_CWR = 0x80 };
enum { TCP_HEAD = 20, TCP_SEQ = 4, TCP_OFFSET = 12, TCP_FLAGS = 13, TCP_CHECKSUM = 16 };

struct cut {
    struct ip4_head ip;
    const uint8_t *p;
    size_t heads; /* of IP and the protocol behind it */
};

static bool cut_plan(struct cut *c, struct span packet, const struct attach_meta *meta)
{
    if (ip4_head_parse(packet, &c->ip) != WIRE_OK || c->ip.flags & IP4_MF || c->ip.frag_bytes)
        return false;
    c->p = packet.p;
    size_t l4 = c->ip.head_bytes, behind = c->ip.total - l4;
    if (meta->gso == ATTACH_GSO_TCP) {
        if (c->ip.protocol != IPPROTO_NUM_TCP || behind < TCP_HEAD)
            return false;
        size_t head = (size_t)(packet.p[l4 + TCP_OFFSET] >> 4) * 4;
        c->heads = l4 + head;
        return head >= TCP_HEAD && head < behind;
    }
    c->heads = l4 + UDP_HEAD;
    return meta->gso == ATTACH_GSO_UDP && c->ip.protocol == IPPROTO_NUM_UDP && behind > UDP_HEAD;
}

static void ip_head_renew(uint8_t *ip, const struct cut *c, size_t total, unsigned number)
{
    be16_put(ip + 2, (uint16_t)total);
    be16_put(ip + 4, (uint16_t)(c->ip.id + number));
    be16_put(ip + 10, 0);
    be16_put(ip + 10, ip_checksum(span_of(ip, c->ip.head_bytes)));
}

static void tcp_head_renew(uint8_t *tcp, const struct cut *c, size_t n, size_t at, bool last)
{
    be32_put(tcp + TCP_SEQ, be32_get(tcp + TCP_SEQ) + (uint32_t)at);
    if (!last)
        tcp[TCP_FLAGS] &= (uint8_t) ~(TCP_FIN | TCP_PSH);
    if (at > 0)
        tcp[TCP_FLAGS] &= (uint8_t)~TCP_CWR; /* RFC 3168 6.1.2: told once */
    be16_put(tcp + TCP_CHECKSUM, 0);
    be16_put(tcp + TCP_CHECKSUM,
             ip_checksum_pseudo(c->ip.src, c->ip.dst, IPPROTO_NUM_TCP, span_of(tcp, n)));
}

bool offload_segment(struct span packet, const struct attach_meta *meta, offload_fn fn, void *self)
{
    struct cut c;
    if (!meta->gso_bytes || !cut_plan(&c, packet, meta))
        return false;
    size_t payload = c.ip.total - c.heads, l4 = c.ip.head_bytes;
    unsigned number = 0;
    for (size_t at = 0; at < payload; at += meta->gso_bytes, number++) {
        size_t n = MIN(payload - at, meta->gso_bytes);
        struct pkt *p = pkt_new(c.heads + n);
        uint8_t *b = pkt_data(p);
        memcpy(b, c.p, c.heads);
        memcpy(b + c.heads, c.p + c.heads + at, n);
        ip_head_renew(b, &c, c.heads + n, number);
        if (meta->gso == ATTACH_GSO_TCP)
            tcp_head_renew(b + l4, &c, c.heads - l4 + n, at, at + n == payload);
        else
            udp_emit(c.ip.src, c.ip.dst, be16_get(b + l4), be16_get(b + l4 + 2), b + l4, n);
        fn(self, p);
    }
    return true;
}
