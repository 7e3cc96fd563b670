/* IPv4, UDP and ICMP heads: bytes by hand, checksums that others published, every way to be cut
 * short. */
#include "wire/ip.h"

#include <string.h>
#include "wire/bytes.h"

/* The head of RFC 3602 section 4, case 7's inner packet: an echo from 192.168.123.3 to .200. */
#define HEAD_7 "45000054090400004001f988c0a87b03c0a87bc8"
#define ECHO_7                                                                                     \
    "08009f76a90a0100b49c083d02a2040008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223"     \
    "2425262728292a2b2c2d2e2f3031323334353637"

Test(ip_checksum, gives_the_known_answers)
{
    static const struct {
        const char *hex;
        uint16_t sum;
    } row[] = {
        {"", 0xffff},
        {"0001f203f4f5f6f7", 0x220d},                          /* RFC 1071 section 3 */
        {"4500007300004000401100 00c0a80001c0a800c7", 0xb861}, /* a well-known worked example */
        {HEAD_7, 0},
        {ECHO_7, 0},
        {"01", 0xfeff},
        {"0102 03", 0xfbfd},
        {"ffffffffffffffffffffffffffffffffffff", 0},
        {"00000000000000000000000000000000000001", 0xfeff},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = bytes_of(row[i].hex);
        cr_expect_eq(ip_checksum(s), row[i].sum, "row %zu: %04x", i, ip_checksum(s));
        bytes_free(s);
    }
}

Test(ip_checksum, of_every_length_is_the_plain_sum_of_words)
{
    uint8_t b[200];
    for (size_t i = 0; i < sizeof b; i++)
        b[i] = (uint8_t)(i * 73 + 255);
    for (size_t n = 0; n <= sizeof b; n++) {
        uint32_t sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += i % 2 ? b[i] : (uint32_t)b[i] << 8;
        while (sum >> 16)
            sum = (sum & 0xffff) + (sum >> 16);
        cr_expect_eq(ip_checksum(span_of(b, n)), (uint16_t)~sum, "%zu bytes", n);
    }
}

Test(ip4_head, is_read_field_by_field)
{
    struct span s = bytes_of("4510003c1c4660b9"
                             "4006"
                             "9103"
                             "ac100a63"
                             "ac100a0c");
    struct ip4_head h;
    cr_expect_eq(ip4_head_parse(s, &h), WIRE_CHECKSUM);
    uint8_t *p = (uint8_t *)s.p;
    be16_put(p + 10, 0);
    be16_put(p + 10, ip_checksum(s));
    cr_expect_eq(ip4_head_parse(s, &h), WIRE_SHORT, "60 bytes are promised, 20 are there");
    be16_put(p + 2, 20);
    be16_put(p + 10, 0);
    be16_put(p + 10, ip_checksum(s));
    cr_expect_eq(ip4_head_parse(s, &h), WIRE_OK);
    cr_expect_eq(h.tos, 0x10);
    cr_expect_eq(h.total, 20);
    cr_expect_eq(h.id, 0x1c46);
    cr_expect_eq(h.flags, IP4_DF | IP4_MF);
    cr_expect_eq(h.frag_bytes, 0xb9 * 8);
    cr_expect_eq(h.ttl, 64);
    cr_expect_eq(h.protocol, IPPROTO_NUM_TCP);
    cr_expect_eq(h.src, IP4(172, 16, 10, 99));
    cr_expect_eq(h.dst, IP4(172, 16, 10, 12));
    uint8_t out[IP4_HEAD];
    ip4_head_emit(&h, out);
    cr_expect_arr_eq(out, s.p, IP4_HEAD);
    bytes_free(s);
}

Test(ip4_head, bad_ones_have_a_status)
{
    static const struct {
        const char *what, *hex;
        enum wire_status status;
    } row[] = {
        {"version 6", "65000014000000004001000001010101020202 02", WIRE_BAD},
        {"head of 16 bytes", "44000014000000004001000001010101020202 02", WIRE_BAD},
        {"total below the head", "45000013000000004001000001010101020202 02", WIRE_BAD},
        {"options promised, cut off", "46000018000000004001000001010101020202 02", WIRE_SHORT},
        {"checksum", "45000014000000004001000001010101020202 02", WIRE_CHECKSUM},
        {"options carried, padding behind",
         "46000018000000004001 71de 0101010102020202 01010101 ffff", WIRE_OK},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = bytes_of(row[i].hex);
        struct ip4_head h;
        enum wire_status status = ip4_head_parse(s, &h);
        cr_expect_eq(status, row[i].status, "%s: %d", row[i].what, status);
        bytes_free(s);
    }
}

Test(ip4_head, every_truncation_is_short)
{
    struct span whole = bytes_of(HEAD_7 ECHO_7);
    struct ip4_head h;
    cr_expect_eq(ip4_head_parse(whole, &h), WIRE_OK);
    for (size_t n = 0; n < whole.n; n++) {
        struct span s = bytes_cut(whole, n);
        cr_expect_eq(ip4_head_parse(s, &h), WIRE_SHORT, "%zu bytes", n);
        bytes_free(s);
    }
    bytes_free(whole);
}

Test(ip4_ttl, decrement_keeps_the_checksum_right)
{
    struct ip4_head h = {
        .ttl = 255, .protocol = 17, .total = 20, .src = 0x0a010001, .dst = 0xffffffff};
    for (uint32_t id = 0; id < 0x10000; id += 257) {
        uint8_t head[IP4_HEAD];
        h.id = (uint16_t)id;
        ip4_head_emit(&h, head);
        for (int ttl = 254; ttl >= 0; ttl--) {
            ip4_ttl_decrement(head);
            struct ip4_head got;
            cr_assert_eq(ip4_head_parse(span_of(head, IP4_HEAD), &got), WIRE_OK, "id %u ttl %d", id,
                         ttl);
            cr_assert_eq(got.ttl, ttl);
        }
    }
}

Test(udp, round_trip_with_checksum)
{
    uint8_t b[UDP_HEAD + 5] = {[8] = 'h', 'e', 'l', 'l', 'o'};
    udp_emit(IP4(10, 0, 0, 1), IP4(10, 0, 0, 2), 500, 4500, b, 5);
    /* 0a00+0001+0a00+0002+0011+000d + 01f4+1194+000d + 6865+6c6c+6f00 = 16b87, folded 6b88 */
    expect_hex(span_of(b, sizeof b), "01f41194000d947768656c6c6f");
    struct udp_head h;
    struct span payload;
    cr_expect_eq(udp_parse(IP4(10, 0, 0, 1), IP4(10, 0, 0, 2), span_of(b, sizeof b), &h, &payload),
                 WIRE_OK);
    cr_expect_eq(h.sport, 500);
    cr_expect_eq(h.dport, 4500);
    cr_expect(span_eq(payload, span_of("hello", 5)));
    cr_expect_eq(udp_parse(IP4(10, 0, 0, 1), IP4(10, 0, 0, 3), span_of(b, sizeof b), &h, &payload),
                 WIRE_CHECKSUM);
    be16_put(b + 6, 0);
    cr_expect_eq(udp_parse(IP4(10, 0, 0, 1), IP4(10, 0, 0, 3), span_of(b, sizeof b), &h, &payload),
                 WIRE_OK, "a zero checksum is none");
    for (size_t n = 0; n < sizeof b; n++) {
        struct span s = bytes_cut(span_of(b, sizeof b), n);
        cr_expect_eq(udp_parse(1, 2, s, &h, &payload), WIRE_SHORT, "%zu bytes", n);
        bytes_free(s);
    }
    be16_put(b + 4, 7);
    cr_expect_eq(udp_parse(1, 2, span_of(b, sizeof b), &h, &payload), WIRE_SHORT,
                 "length below its own head");
}

Test(udp, a_computed_zero_is_sent_as_ones)
{
    uint8_t b[UDP_HEAD + 2] = {0};
    udp_emit(0, 0, 0, 0, b, 2);
    uint16_t sum = be16_get(b + 6);
    be16_put(b + 8, sum); /* now the words add up to ffff */
    udp_emit(0, 0, 0, 0, b, 2);
    cr_expect_eq(be16_get(b + 6), 0xffff);
    struct udp_head h;
    struct span payload;
    cr_expect_eq(udp_parse(0, 0, span_of(b, sizeof b), &h, &payload), WIRE_OK);
}

Test(icmp, echo_is_read_and_written)
{
    struct span s = bytes_of(ECHO_7);
    struct icmp_head h;
    struct span payload;
    cr_assert_eq(icmp_parse(s, &h, &payload), WIRE_OK);
    cr_expect_eq(h.type, ICMP_ECHO);
    cr_expect_eq(h.id, 0xa90a);
    cr_expect_eq(h.seq, 0x0100);
    cr_expect_eq(payload.n, s.n - ICMP_HEAD);
    uint8_t out[64];
    memcpy(out + ICMP_HEAD, payload.p, payload.n);
    icmp_emit(&h, out, payload.n);
    cr_expect_arr_eq(out, s.p, s.n);
    out[40] ^= 1;
    cr_expect_eq(icmp_parse(span_of(out, s.n), &h, &payload), WIRE_CHECKSUM);
    for (size_t n = 0; n < s.n; n++) {
        struct span cut = bytes_cut(s, n);
        cr_expect_eq(icmp_parse(cut, &h, &payload), n < ICMP_HEAD ? WIRE_SHORT : WIRE_CHECKSUM,
                     "%zu", n);
        bytes_free(cut);
    }
    bytes_free(s);
}

Test(icmp, only_fragmentation_needed_carries_an_mtu)
{
    static const struct {
        uint8_t type, code;
        bool mtu;
    } row[] = {
        {ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, true},
        {ICMP_UNREACHABLE, ICMP_PORT_UNREACHABLE, false},
        {ICMP_TIME_EXCEEDED, 0, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint8_t b[ICMP_HEAD];
        icmp_emit(&(struct icmp_head){row[i].type, row[i].code, .mtu = 1400, .id = 7, .seq = 9}, b,
                  0);
        struct icmp_head h;
        struct span payload;
        cr_expect_eq(icmp_parse(span_of(b, sizeof b), &h, &payload), WIRE_OK);
        cr_expect_eq(h.mtu, row[i].mtu ? 1400 : 0);
        cr_expect_eq(h.id, 0);
        cr_expect_eq(be16_get(b + 4), 0, "RFC 1191: the unused word stays zero");
    }
}

Test(l4_ports, are_zero_where_there_are_none)
{
    static const uint8_t b[] = {0x01, 0xf4, 0x11, 0x94};
    static const struct {
        uint8_t protocol;
        size_t n;
        uint16_t sport, dport;
    } row[] = {
        {IPPROTO_NUM_UDP, 4, 500, 4500}, {IPPROTO_NUM_TCP, 4, 500, 4500},
        {IPPROTO_NUM_ESP, 4, 0, 0},      {IPPROTO_NUM_ICMP, 4, 0, 0},
        {IPPROTO_NUM_UDP, 3, 0, 0},      {IPPROTO_NUM_UDP, 0, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint16_t sport = 1, dport = 1;
        l4_ports(row[i].protocol, span_of(b, row[i].n), &sport, &dport);
        cr_expect_eq(sport, row[i].sport, "row %zu", i);
        cr_expect_eq(dport, row[i].dport, "row %zu", i);
    }
}
