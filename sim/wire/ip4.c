/* The IPv4 head and the Internet checksum: RFC 791 3.1, RFC 1071, RFC 1624.
 *
 * Every hop of every packet passes here, so the head is read by offset instead of by rows. */
#include "wire/ip.h"

#include <glib.h>
#include <string.h>

/* One's complement sum in the machine's own byte order, RFC 1071 2 (B): the sum of swapped words is
 * the swapped sum, so a single swap at the end makes it network order. */
static uint64_t sum_native(struct span s)
{
    /* Low and high halves are summed apart, so that no add waits for the carry of another. */
    typedef uint64_t pair __attribute__((vector_size(16)));
    pair low = {0, 0}, high = {0, 0}, low2 = {0, 0}, high2 = {0, 0};
    const uint8_t *p = s.p;
    size_t n = s.n;
    for (; n >= 32; p += 32, n -= 32) {
        pair v, w;
        memcpy(&v, p, 16);
        memcpy(&w, p + 16, 16);
        low += v & 0xffffffffu;
        high += v >> 32;
        low2 += w & 0xffffffffu;
        high2 += w >> 32;
    }
    low += high + low2 + high2;
    uint64_t sum = low[0] + low[1];
    for (; n >= 4; p += 4, n -= 4) {
        uint32_t v;
        memcpy(&v, p, 4);
        sum += v;
    }
    if (n > 0) { /* an odd byte is followed by a zero */
        const uint8_t last[4] = {p[0], n > 1 ? p[1] : 0, n > 2 ? p[2] : 0, 0};
        uint32_t v;
        memcpy(&v, last, 4);
        sum += v;
    }
    return (sum & 0xffffffffu) + (sum >> 32);
}

static uint16_t fold(uint64_t sum)
{
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffffffffu) + (sum >> 32);
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

static uint16_t sum_of(struct span s)
{
    return GUINT16_FROM_BE(fold(sum_native(s)));
}

uint16_t ip_checksum(struct span s)
{
    return (uint16_t)~sum_of(s);
}

uint16_t ip_checksum_pseudo(ip4 src, ip4 dst, uint8_t protocol, struct span s)
{
    /* source, destination, zero and protocol, length                            RFC 768 */
    uint64_t sum = (uint64_t)src + dst + protocol + s.n + sum_of(s);
    return (uint16_t)~fold(sum);
}

enum wire_status ip4_head_parse(struct span bytes, struct ip4_head *h)
{
    *h = (struct ip4_head){0};
    if (bytes.n < IP4_HEAD)
        return WIRE_SHORT;
    const uint8_t *p = bytes.p;
    uint16_t frag = be16_get(p + 6);
    h->head_bytes = (uint8_t)((p[0] & 15) * 4);
    h->tos = p[1];
    h->total = be16_get(p + 2);
    h->id = be16_get(p + 4);
    h->flags = frag & (IP4_DF | IP4_MF);
    h->frag_bytes = (uint16_t)((frag & 0x1fff) * 8);
    h->ttl = p[8];
    h->protocol = p[9];
    h->src = be32_get(p + 12);
    h->dst = be32_get(p + 16);
    if (p[0] >> 4 != 4 || h->head_bytes < IP4_HEAD || h->total < h->head_bytes)
        return WIRE_BAD;
    if (bytes.n < h->head_bytes)
        return WIRE_SHORT;
    if (sum_of((struct span){p, h->head_bytes}) != 0xffff)
        return WIRE_CHECKSUM;
    return bytes.n < h->total ? WIRE_SHORT : WIRE_OK;
}

void ip4_head_emit(const struct ip4_head *h, uint8_t out[IP4_HEAD])
{
    g_assert(h->frag_bytes % 8 == 0);
    out[0] = 0x45;
    out[1] = h->tos;
    be16_put(out + 2, h->total);
    be16_put(out + 4, h->id);
    be16_put(out + 6, (uint16_t)((h->flags & (IP4_DF | IP4_MF)) | h->frag_bytes / 8));
    out[8] = h->ttl;
    out[9] = h->protocol;
    be16_put(out + 10, 0);
    be32_put(out + 12, h->src);
    be32_put(out + 16, h->dst);
    be16_put(out + 10, ip_checksum((struct span){out, IP4_HEAD}));
}

void ip4_ttl_decrement(uint8_t *head)
{
    /* HC' = ~(~HC + ~m + m'), m the 16-bit word of TTL and protocol             RFC 1624 3, eqn. 3
     */
    uint16_t m = be16_get(head + 8);
    uint16_t hc = be16_get(head + 10);
    head[8]--;
    uint64_t sum = (uint64_t)(uint16_t)~hc + (uint16_t)~m + be16_get(head + 8);
    be16_put(head + 10, (uint16_t)~fold(sum));
}
