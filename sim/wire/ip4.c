/* The IPv4 head and the Internet checksum: RFC 791 3.1, RFC 1071, RFC 1624.
 *
 * Every hop of every packet passes here, so the head is read by offset instead of by rows. */
#include "wire/ip.h"

#include <glib.h>
#include <string.h>

/* One's complement addition of 64-bit words: the carry comes round, RFC 1071 2 (C). */
static inline uint64_t add_word(uint64_t sum, const uint8_t *p)
{
    uint64_t v;
    memcpy(&v, p, 8);
    sum += v;
    return sum + (sum < v);
}

/* The sum in the machine's own byte order, RFC 1071 2 (B): the sum of swapped words is the swapped
 * sum, so a single swap at the end makes it network order. Several sums keep the adders busy. */
static uint64_t sum_native(struct span s)
{
    uint64_t a = 0, b = 0, c = 0, d = 0;
    const uint8_t *p = s.p;
    size_t n = s.n;
    for (; n >= 32; p += 32, n -= 32) {
        a = add_word(a, p);
        b = add_word(b, p + 8);
        c = add_word(c, p + 16);
        d = add_word(d, p + 24);
    }
    for (; n >= 8; p += 8, n -= 8)
        a = add_word(a, p);
    uint8_t last[8] = {0}; /* an odd byte is followed by a zero */
    if (n > 0)
        memcpy(last, p, n);
    uint64_t words[4] = {b, c, d, 0};
    memcpy(&words[3], last, 8);
    for (int i = 0; i < 4; i++)
        a = add_word(a, (const uint8_t *)&words[i]);
    return a;
}

/* be16_get and its kin, where a call would cost more than the work. */
static inline uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

static inline void put16(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

static inline void put32(uint8_t *p, uint32_t v)
{
    put16(p, (uint16_t)(v >> 16));
    put16(p + 2, (uint16_t)v);
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

/* The sum over a head, which is whole 32-bit words and few of them. */
static inline uint16_t sum_head(const uint8_t *p, size_t n)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < n; i += 4)
        sum += get32(p + i);
    return fold(sum);
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
    uint16_t frag = get16(p + 6);
    h->head_bytes = (uint8_t)((p[0] & 15) * 4);
    h->tos = p[1];
    h->total = get16(p + 2);
    h->id = get16(p + 4);
    h->flags = frag & (IP4_DF | IP4_MF);
    h->frag_bytes = (uint16_t)((frag & 0x1fff) * 8);
    h->ttl = p[8];
    h->protocol = p[9];
    h->src = get32(p + 12);
    h->dst = get32(p + 16);
    if (p[0] >> 4 != 4 || h->head_bytes < IP4_HEAD || h->total < h->head_bytes)
        return WIRE_BAD;
    if (bytes.n < h->head_bytes)
        return WIRE_SHORT;
    if (sum_head(p, h->head_bytes) != 0xffff)
        return WIRE_CHECKSUM;
    return bytes.n < h->total ? WIRE_SHORT : WIRE_OK;
}

void ip4_head_emit(const struct ip4_head *h, uint8_t out[IP4_HEAD])
{
    g_assert(h->frag_bytes % 8 == 0);
    out[0] = 0x45;
    out[1] = h->tos;
    put16(out + 2, h->total);
    put16(out + 4, h->id);
    put16(out + 6, (uint16_t)((h->flags & (IP4_DF | IP4_MF)) | h->frag_bytes / 8));
    out[8] = h->ttl;
    out[9] = h->protocol;
    put16(out + 10, 0);
    put32(out + 12, h->src);
    put32(out + 16, h->dst);
    put16(out + 10, (uint16_t)~sum_head(out, IP4_HEAD));
}

void ip4_ttl_decrement(uint8_t *head)
{
    /* HC' = ~(~HC + ~m + m'), m the 16-bit word of TTL and protocol             RFC 1624 3, eqn. 3
     */
    uint16_t m = get16(head + 8);
    uint16_t hc = get16(head + 10);
    head[8]--;
    uint64_t sum = (uint64_t)(uint16_t)~hc + (uint16_t)~m + get16(head + 8);
    put16(head + 10, (uint16_t)~fold(sum));
}
