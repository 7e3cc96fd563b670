/* TCP heads: options of every kind and length, every way to be cut short, and the segment size that
 * boxes on the way lower. */
#include "wire/tcp.h"

#include <string.h>
#include "wire/bytes.h"

#define SRC IP4(10, 0, 0, 1)
#define DST IP4(10, 0, 0, 2)

/* A segment with these options (padded) and a right checksum; freed with g_free. */
static uint8_t *segment_of(const char *options, uint8_t flags, size_t *n)
{
    struct span o = bytes_of(options);
    size_t head = TCP_HEAD + (o.n + 3) / 4 * 4;
    uint8_t *b = g_malloc0(head);
    be16_put(b, 49152);
    be16_put(b + 2, 80);
    be32_put(b + 4, 0x01020304);
    be32_put(b + 8, 0x0a0b0c0d);
    b[12] = (uint8_t)(head / 4 << 4);
    b[13] = flags;
    be16_put(b + 14, 8192);
    if (o.n > 0)
        memcpy(b + TCP_HEAD, o.p, o.n);
    bytes_free(o);
    be16_put(b + 16, ip_checksum_pseudo(SRC, DST, IPPROTO_NUM_TCP, span_of(b, head)));
    *n = head;
    return b;
}

Test(tcp_head, what_is_emitted_is_read)
{
    for (unsigned bits = 0; bits < 8; bits++)
        for (size_t bytes = 0; bytes < 5; bytes++) {
            struct tcp_head h = {.sport = 49152,
                                 .dport = 443,
                                 .seq = 0xfffffff0,
                                 .ack = 0x80000001,
                                 .flags = TCP_SYN | TCP_ACK,
                                 .window = 65535,
                                 .urgent = 7,
                                 .mss = bits & 1 ? 1460 : 0,
                                 .has_wscale = bits & 2,
                                 .wscale = bits & 2 ? 7 : 0,
                                 .sack_permitted = bits & 4};
            size_t n = tcp_head_size(&h);
            g_autofree uint8_t *b = g_malloc0(n + bytes);
            memset(b + n, 0x5a, bytes);
            tcp_emit(SRC, DST, &h, b, bytes);
            struct tcp_head got;
            struct span payload;
            cr_expect_eq(tcp_parse(SRC, DST, span_of(b, n + bytes), &got, &payload), WIRE_OK);
            cr_expect_eq(got.head_bytes, n);
            cr_expect_eq(payload.n, bytes);
            h.head_bytes = (uint8_t)n;
            cr_expect(got.sport == h.sport && got.dport == h.dport && got.seq == h.seq &&
                      got.ack == h.ack && got.flags == h.flags && got.window == h.window &&
                      got.urgent == h.urgent && got.mss == h.mss &&
                      got.has_wscale == h.has_wscale && got.wscale == h.wscale &&
                      got.sack_permitted == h.sack_permitted);
        }
}

Test(tcp_head, options_are_read_as_far_as_they_are_sound)
{
    static const struct {
        const char *options;
        uint16_t mss;
        int wscale; /* -1 = none */
    } row[] = {
        {"", 0, -1},
        {"020405b4", 1460, -1},
        {"020405b40103030e", 1460, 14},
        {"01010101020405b4", 1460, -1},
        {"030307", 0, 7},
        {"080a0000000000000000020405b4", 1460, -1}, /* time stamps are nothing to us */
        {"00020405b4", 0, -1},                      /* behind the end */
        {"0200020405b4", 0, -1},                    /* a length of 0, which would never end */
        {"0201020405b4", 0, -1},
        {"fe28020405b4", 0, -1},      /* longer than all there is */
        {"020305020405b4", 1460, -1}, /* of a wrong length: passed over */
        {"0204", 0, -1},
        {"02", 0, -1},
        {"020405b4020402180303ff", 536, 255}, /* the last one counts */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        size_t n;
        g_autofree uint8_t *b = segment_of(row[i].options, TCP_SYN, &n);
        struct tcp_head h;
        struct span payload;
        cr_expect_eq(tcp_parse(SRC, DST, span_of(b, n), &h, &payload), WIRE_OK, "row %zu", i);
        cr_expect_eq(h.mss, row[i].mss, "row %zu: %u", i, h.mss);
        cr_expect_eq(h.has_wscale ? h.wscale : -1, row[i].wscale, "row %zu", i);
    }
}

Test(tcp_head, is_refused_when_cut_short_or_changed_anywhere)
{
    size_t n;
    g_autofree uint8_t *b = segment_of("020405b40103030e", TCP_SYN, &n);
    struct tcp_head h;
    struct span payload;
    for (size_t cut = 0; cut < n; cut++) {
        struct span s = bytes_cut(span_of(b, n), cut);
        cr_expect_neq(tcp_parse(SRC, DST, s, &h, &payload), WIRE_OK, "%zu bytes", cut);
        bytes_free(s);
    }
    for (size_t bit = 0; bit < n * 8; bit++) {
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
        cr_expect_neq(tcp_parse(SRC, DST, span_of(b, n), &h, &payload), WIRE_OK, "bit %zu", bit);
        b[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    cr_expect_eq(tcp_parse(SRC, DST + 1, span_of(b, n), &h, &payload), WIRE_CHECKSUM);
}

Test(tcp_head, random_bytes_do_no_harm)
{
    uint64_t x = 88172645463325252ull;
    for (int i = 0; i < 200000; i++) {
        uint8_t b[80];
        for (size_t k = 0; k < sizeof b; k += 8) {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            memcpy(b + k, &x, 8);
        }
        size_t n = x % (sizeof b + 1);
        struct span s = bytes_cut(span_of(b, sizeof b), n);
        struct tcp_head h;
        struct span payload;
        if (n >= TCP_HEAD) { /* so that the options are reached */
            uint8_t *w = (uint8_t *)s.p;
            be16_put(w + 16, 0);
            be16_put(w + 16, ip_checksum_pseudo(SRC, DST, IPPROTO_NUM_TCP, s));
            w[13] |= TCP_SYN;
        }
        tcp_parse(SRC, DST, s, &h, &payload);
        tcp_mss_clamp((uint8_t *)s.p, n, 100, NULL);
        bytes_free(s);
    }
}

Test(tcp_mss, is_lowered_in_a_syn_and_the_checksum_stays_right)
{
    static const struct {
        const char *options;
        uint8_t flags;
        uint16_t most;
        bool changed;
        uint16_t mss;
    } row[] = {
        {"020405b4", TCP_SYN, 1300, true, 1300},
        {"020405b4", TCP_SYN | TCP_ACK, 1380, true, 1380},
        {"020405b4", TCP_SYN, 1460, false, 1460},
        {"020405b4", TCP_SYN, 1500, false, 1460}, /* never raised */
        {"020405b4", TCP_ACK, 1300, false, 1460},
        {"", TCP_SYN, 1300, false, 0},
        {"01020405b4", TCP_SYN, 536, true, 536}, /* at an odd place */
        {"0303070402020423280101", TCP_SYN, 0x1234, true, 0x1234},
        {"0200020405b4", TCP_SYN, 536, false, 0},
        {"0204ffff", TCP_SYN, 1, true, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        size_t n;
        uint16_t was = 0;
        g_autofree uint8_t *b = segment_of(row[i].options, row[i].flags, &n);
        cr_expect_eq(tcp_mss_clamp(b, n, row[i].most, &was), row[i].changed, "row %zu", i);
        cr_expect_eq(was != 0, row[i].changed, "row %zu", i);
        struct tcp_head h;
        struct span payload;
        cr_expect_eq(tcp_parse(SRC, DST, span_of(b, n), &h, &payload), WIRE_OK, "row %zu", i);
        cr_expect_eq(h.mss, row[i].mss, "row %zu: %u", i, h.mss);
    }
}

Test(tcp, a_segment_size_is_brought_between_two_ends)
{
    static const struct {
        const char *options;
        uint16_t least, most, mss;
        bool changed;
    } row[] = {
        {"020405b4", 0, 0, 1460, false},      {"020405b4", 0, 1380, 1380, true},
        {"02040100", 536, 1380, 536, true},   {"02040218", 536, 1380, 536, false},
        {"020405b4", 1400, 1300, 1400, true}, /* the lower end wins */
        {"0303070402", 536, 1300, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        size_t n;
        g_autofree uint8_t *b = segment_of(row[i].options, TCP_SYN, &n);
        cr_expect_eq(tcp_mss_fit(b, n, row[i].least, row[i].most, NULL), row[i].changed, "row %zu",
                     i);
        cr_expect_eq(tcp_mss_of(b, n), row[i].mss, "row %zu", i);
        struct tcp_head h;
        struct span payload;
        cr_expect_eq(tcp_parse(SRC, DST, span_of(b, n), &h, &payload), WIRE_OK, "row %zu", i);
    }
}
