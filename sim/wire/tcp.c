/* TCP heads and options: RFC 9293 3.1 and 3.2, window scale RFC 7323 2.2. */
#include "wire/tcp.h"

#include <glib.h>
#include "wire/rows.h"

enum { OPTION_END = 0, OPTION_NOP = 1, OPTION_MSS = 2, OPTION_WSCALE = 3, OPTION_SACK = 4 };
enum { AT_OFFSET = 12, AT_FLAGS = 13, AT_CHECKSUM = 16 };

struct tcp_wire {
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t offset, flags; /* the offset counts words, in the upper half */
    uint16_t window, checksum, urgent;
};
// clang-format off
#define TCP_ROWS(ROW) \
    ROW(u16, sport, dec) \
    ROW(u16, dport, dec) \
    ROW(u32, seq, dec) \
    ROW(u32, ack, dec) \
    ROW(u8, offset, hex) \
    ROW(u8, flags, hex) \
    ROW(u16, window, dec) \
    ROW(u16, checksum, hex) \
    ROW(u16, urgent, dec)
// clang-format on

/* Goes on to the next option: its kind and its bytes, kind and length included. False at the end of
 * the list and at a length that cannot be. */
static bool next_option(struct span *left, uint8_t *kind, struct span *option)
{
    while (left->n > 0 && left->p[0] == OPTION_NOP)
        *left = span_sub(*left, 1, left->n);
    if (left->n < 2 || left->p[0] == OPTION_END || left->p[1] < 2 || left->p[1] > left->n)
        return false;
    *kind = left->p[0];
    *option = span_sub(*left, 0, left->p[1]);
    *left = span_sub(*left, option->n, left->n);
    return true;
}

static void read_options(struct span left, struct tcp_head *h)
{
    uint8_t kind;
    struct span o;
    while (next_option(&left, &kind, &o)) {
        if (kind == OPTION_MSS && o.n == 4)
            h->mss = be16_get(o.p + 2);
        else if (kind == OPTION_WSCALE && o.n == 3) {
            h->has_wscale = true;
            h->wscale = o.p[2];
        } else if (kind == OPTION_SACK && o.n == 2)
            h->sack_permitted = true;
    }
}

enum wire_status tcp_parse(ip4 src, ip4 dst, struct span bytes, struct tcp_head *out,
                           struct span *payload)
{
    struct tcp_wire wire, *h = &wire;
    struct rd reader = rd_over(bytes);
    struct rd *r = &reader;
    *out = (struct tcp_head){0};
    *payload = (struct span){NULL, 0};
    TCP_ROWS(ROW_PARSE)
    size_t head_bytes = rd_ok(r) ? (wire.offset >> 4) * 4u : 0;
    if (head_bytes < TCP_HEAD || head_bytes > bytes.n)
        return WIRE_SHORT;
    *out = (struct tcp_head){.sport = wire.sport,
                             .dport = wire.dport,
                             .seq = wire.seq,
                             .ack = wire.ack,
                             .flags = wire.flags & 0x3f, /* ECN's bits are not spoken here */
                             .head_bytes = (uint8_t)head_bytes,
                             .window = wire.window,
                             .urgent = wire.urgent};
    if (ip_checksum_pseudo(src, dst, IPPROTO_NUM_TCP, bytes) != 0)
        return WIRE_CHECKSUM;
    read_options(span_sub(bytes, TCP_HEAD, head_bytes - TCP_HEAD), out);
    *payload = span_sub(bytes, head_bytes, bytes.n);
    return WIRE_OK;
}

size_t tcp_head_size(const struct tcp_head *h)
{
    return TCP_HEAD + (h->mss ? 4u : 0u) + (h->has_wscale ? 4u : 0u) +
           (h->sack_permitted ? 4u : 0u);
}

void tcp_emit(ip4 src, ip4 dst, const struct tcp_head *in, uint8_t *head, size_t payload_bytes)
{
    size_t head_bytes = tcp_head_size(in);
    struct tcp_wire wire = {.sport = in->sport,
                            .dport = in->dport,
                            .seq = in->seq,
                            .ack = in->ack,
                            .offset = (uint8_t)(head_bytes / 4 << 4),
                            .flags = in->flags,
                            .window = in->window,
                            .urgent = in->urgent};
    const struct tcp_wire *h = &wire;
    struct wr writer = wr_over(head, head_bytes);
    struct wr *w = &writer;
    TCP_ROWS(ROW_EMIT)
    if (in->mss) {
        wr_u8(w, OPTION_MSS);
        wr_u8(w, 4);
        wr_u16(w, in->mss);
    }
    if (in->has_wscale) { /* no operation first, so that what follows begins at a word */
        wr_u8(w, OPTION_NOP);
        wr_u8(w, OPTION_WSCALE);
        wr_u8(w, 3);
        wr_u8(w, in->wscale);
    }
    if (in->sack_permitted) {
        wr_u8(w, OPTION_NOP);
        wr_u8(w, OPTION_NOP);
        wr_u8(w, OPTION_SACK);
        wr_u8(w, 2);
    }
    struct span segment = span_of(head, head_bytes + payload_bytes);
    be16_put(head + AT_CHECKSUM, ip_checksum_pseudo(src, dst, IPPROTO_NUM_TCP, segment));
}

/* One byte of a segment changed: HC' = ~(~HC + ~m + m')                       RFC 1624 3, eqn. 3
 * m is the word the byte stands in, with the other byte taken as zero in both. */
static void byte_change(uint8_t *segment, size_t at, uint8_t v)
{
    unsigned shift = at % 2 ? 0 : 8;
    uint32_t old = (uint32_t)segment[at] << shift, new = (uint32_t)v << shift;
    uint32_t sum = (uint32_t)(uint16_t)~be16_get(segment + AT_CHECKSUM) + (~old & 0xffff) + new;
    sum = (sum & 0xffff) + (sum >> 16);
    sum = (sum & 0xffff) + (sum >> 16);
    segment[at] = v;
    be16_put(segment + AT_CHECKSUM, (uint16_t)~sum);
}

/* Where the segment size of a SYN stands; 0 = there is none. */
static size_t mss_at(const uint8_t *segment, size_t n)
{
    if (n < TCP_HEAD || !(segment[AT_FLAGS] & TCP_SYN))
        return 0;
    size_t head_bytes = (segment[AT_OFFSET] >> 4) * 4u;
    if (head_bytes < TCP_HEAD || head_bytes > n)
        return 0;
    struct span left = {segment + TCP_HEAD, head_bytes - TCP_HEAD}, o;
    uint8_t kind;
    while (next_option(&left, &kind, &o))
        if (kind == OPTION_MSS && o.n == 4)
            return (size_t)(o.p + 2 - segment);
    return 0;
}

uint16_t tcp_mss_of(const uint8_t *segment, size_t n)
{
    size_t at = mss_at(segment, n);
    return at ? be16_get(segment + at) : 0;
}

bool tcp_mss_fit(uint8_t *segment, size_t n, uint16_t least, uint16_t most, uint16_t *was)
{
    size_t at = mss_at(segment, n);
    if (!at)
        return false;
    uint16_t old = be16_get(segment + at), mss = most ? MIN(old, most) : old;
    mss = MAX(mss, least);
    if (mss == old)
        return false;
    if (was)
        *was = old;
    byte_change(segment, at, (uint8_t)(mss >> 8));
    byte_change(segment, at + 1, (uint8_t)mss);
    return true;
}

bool tcp_mss_clamp(uint8_t *segment, size_t n, uint16_t most, uint16_t *was)
{
    return tcp_mss_fit(segment, n, 0, MAX(most, 1), was); /* 0 would be no end at all */
}
