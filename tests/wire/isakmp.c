/* ISAKMP: messages written by hand after RFC 2408 and 2407, recorded SA bodies, and every
 * truncation. */
#include "wire/isakmp.h"

#include <string.h>
#include "wire/bytes.h"
#include "wire/proxy.h"

/* SAi_b of three recorded main modes (tests' copy of rub_ikev1_traces.json): AES-128, SHA, group 2,
 * pre-shared key, 28800 s. The third counts its proposal and transform from 0. */
#define SAI_B_1                                                                                    \
    "00000001000000010000002c01010001000000240101000080010007800e0080800200028004000280030001800b" \
    "0001800c7080"
#define SAI_B_3                                                                                    \
    "00000001000000010000002c00010001000000240001000080010007800e0080800200028004000280030001800b" \
    "0001800c7080"
/* By hand: ESP, SPI 01020304, two transforms (3DES and AES-256), tunnel, 4608000 kB as a long
 * value. */
#define QM_SA                                                                                      \
    "0000000100000001"                                                                             \
    "0000004401030402 01020304"                                                                    \
    "0300001c 01030000 80040001 80010002 0002000400465000 80050002"                                \
    "0000001c 020c0000 80040001 80010001 80020e10 80050002 80060100"
/* A main mode first message: header, SA, a vendor ID. */
#define MM1                                                                                        \
    "0102030405060708 0000000000000000 01100200 00000000 00000068"                                 \
    "0d000038" SAI_B_1 "00000014 4a131c81070358455c5728f20e95452f"

static struct span hex(const char *s)
{
    return bytes_of(s);
}

Test(isakmp_head, is_read_and_written)
{
    struct span s = hex(MM1);
    struct isakmp_head h;
    cr_assert_eq(isakmp_head_parse(s, &h), WIRE_OK);
    cr_expect_eq(h.cky_i, 0x0102030405060708u);
    cr_expect_eq(h.cky_r, 0);
    cr_expect_eq(h.next_payload, PAYLOAD_SA);
    cr_expect_eq(h.version, 0x10);
    cr_expect_eq(h.exchange, EXCHANGE_MAIN);
    cr_expect_eq(h.flags, 0);
    cr_expect_eq(h.msgid, 0);
    cr_expect_eq(h.length, 104);
    uint8_t out[ISAKMP_HEAD];
    struct wr w = wr_over(out, sizeof out);
    isakmp_head_emit(&h, &w);
    cr_expect(wr_ok(&w));
    cr_expect_arr_eq(out, s.p, ISAKMP_HEAD);
    g_autoptr(GString) text = g_string_new(NULL);
    isakmp_head_dump(&h, text);
    cr_expect_str_eq(text->str, " cky_i 0102030405060708 cky_r 0000000000000000 next_payload 1 "
                                "version 10 exchange 2 flags 00 msgid 00000000 length 104");
    bytes_free(s);
}

Test(isakmp_head, bad_ones_have_a_status)
{
    static const struct {
        size_t at;
        uint8_t value;
        enum wire_status status;
    } row[] = {
        {17, 0x20, WIRE_BAD}, /* IKEv2 */
        {17, 0x11, WIRE_BAD}, {27, 27, WIRE_BAD}, {27, 105, WIRE_BAD},
        {24, 1, WIRE_BAD},    {27, 28, WIRE_OK},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = hex(MM1);
        struct isakmp_head h;
        ((uint8_t *)s.p)[row[i].at] = row[i].value;
        cr_expect_eq(isakmp_head_parse(s, &h), row[i].status, "row %zu", i);
        bytes_free(s);
    }
}

Test(isakmp_head, every_truncation_is_noticed)
{
    struct span whole = hex(MM1);
    for (size_t n = 0; n < whole.n; n++) {
        struct span s = bytes_cut(whole, n);
        struct isakmp_head h;
        cr_expect_eq(isakmp_head_parse(s, &h), n < ISAKMP_HEAD ? WIRE_SHORT : WIRE_BAD, "%zu", n);
        bytes_free(s);
    }
    bytes_free(whole);
}

Test(isakmp_chain, payloads_come_in_order_with_their_places)
{
    struct span s = hex(MM1 "aabb");
    struct isakmp_chain c;
    cr_assert_eq(isakmp_chain_parse(PAYLOAD_SA, span_sub(s, ISAKMP_HEAD, s.n), &c), ISAKMP_FINE);
    cr_assert_eq(c.n, 2);
    cr_expect_eq(c.p[0].type, PAYLOAD_SA);
    cr_expect_eq(c.p[0].next, PAYLOAD_VID);
    cr_expect_eq(c.p[0].whole.p, s.p + 28);
    cr_expect_eq(c.p[0].whole.n, 56);
    cr_expect_eq(c.p[0].body.p, s.p + 32);
    cr_expect_eq(c.p[0].body.n, 52);
    expect_hex(c.p[1].body, "4a131c81070358455c5728f20e95452f");
    expect_hex(c.rest, "aabb");
    size_t at = 0;
    cr_expect_eq(isakmp_chain_find(&c, PAYLOAD_VID, &at), &c.p[1]);
    cr_expect_null(isakmp_chain_find(&c, PAYLOAD_VID, &at));
    at = 0;
    cr_expect_null(isakmp_chain_find(&c, PAYLOAD_KE, &at));
    bytes_free(s);
}

Test(isakmp_chain, faults_are_found_in_their_order)
{
    static const struct {
        const char *what;
        uint8_t first;
        const char *hex;
        enum isakmp_fault fault;
        uint8_t bad_type;
        size_t n;
    } row[] = {
        {"an empty chain", 0, "", ISAKMP_FINE, 0, 0},
        {"only padding", 0, "0000", ISAKMP_FINE, 0, 0},
        {"nothing there", 5, "", ISAKMP_TRUNCATED, 5, 0},
        {"half a generic header", 5, "000000", ISAKMP_TRUNCATED, 5, 0},
        {"reserved before length", 5, "00010000", ISAKMP_RESERVED, 5, 0},
        {"reserved before an unknown type", 99, "00800004", ISAKMP_RESERVED, 99, 0},
        {"garbage of a wrong key", 5, "8f3c11d2aabbccdd", ISAKMP_RESERVED, 5, 0},
        {"length 0", 8, "00000000", ISAKMP_LENGTH, 8, 0},
        {"length 3", 8, "00000003", ISAKMP_LENGTH, 8, 0},
        {"length beyond", 8, "00000005", ISAKMP_LENGTH, 8, 0},
        {"length before an unknown type", 99, "00000009", ISAKMP_LENGTH, 99, 0},
        {"unassigned type", 99, "00000004", ISAKMP_UNKNOWN_TYPE, 99, 0},
        {"a proposal of its own", 2, "00000004", ISAKMP_UNKNOWN_TYPE, 2, 0},
        {"a transform of its own", 3, "00000004", ISAKMP_UNKNOWN_TYPE, 3, 0},
        {"private type", 200, "00000004", ISAKMP_FINE, 0, 1},
        {"empty bodies", 8, "0a000004 00000004", ISAKMP_FINE, 0, 2},
        {"the second is bad", 8, "0a000004 00ff0004", ISAKMP_RESERVED, 10, 1},
        {"the second is missing", 8, "0a000004", ISAKMP_TRUNCATED, 10, 1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = hex(row[i].hex);
        struct isakmp_chain c;
        enum isakmp_fault fault = isakmp_chain_parse(row[i].first, s, &c);
        cr_expect_eq(fault, row[i].fault, "%s: fault %d", row[i].what, fault);
        cr_expect_eq(c.bad_type, row[i].bad_type, "%s: type %d", row[i].what, c.bad_type);
        cr_expect_eq(c.n, row[i].n, "%s: %zu payloads", row[i].what, c.n);
        bytes_free(s);
    }
}

Test(isakmp_chain, has_a_limit)
{
    uint8_t b[(ISAKMP_MAX_PAYLOADS + 1) * 4];
    for (size_t i = 0; i < sizeof b; i += 4)
        memcpy(b + i, (const uint8_t[]){PAYLOAD_VID, 0, 0, 4}, 4);
    struct isakmp_chain c;
    cr_expect_eq(isakmp_chain_parse(PAYLOAD_VID, span_of(b, sizeof b), &c), ISAKMP_TOO_MANY);
    cr_expect_eq(c.n, ISAKMP_MAX_PAYLOADS);
    b[(ISAKMP_MAX_PAYLOADS - 1) * 4] = PAYLOAD_NONE;
    cr_expect_eq(isakmp_chain_parse(PAYLOAD_VID, span_of(b, sizeof b), &c), ISAKMP_FINE);
}

Test(isakmp_chain, every_truncation_is_truncated_or_too_long)
{
    struct span whole = hex(MM1);
    for (size_t n = ISAKMP_HEAD; n < whole.n; n++) {
        struct span s = bytes_cut(whole, n);
        struct isakmp_chain c;
        enum isakmp_fault fault = isakmp_chain_parse(PAYLOAD_SA, span_sub(s, ISAKMP_HEAD, n), &c);
        size_t into = n < 84 ? n - 28 : n - 84;
        cr_expect_eq(fault, into < 4 ? ISAKMP_TRUNCATED : ISAKMP_LENGTH, "%zu bytes: %d", n, fault);
        bytes_free(s);
    }
    bytes_free(whole);
}

Test(isakmp_sa, a_recorded_offer_is_understood)
{
    static const struct {
        uint16_t type;
        uint32_t value;
    } attr[] = {
        {IKE_ATTR_ENCRYPTION, 7},
        {IKE_ATTR_KEY_LENGTH, 128},
        {IKE_ATTR_HASH, 2},
        {IKE_ATTR_GROUP, 2},
        {IKE_ATTR_AUTH, 1},
        {IKE_ATTR_LIFE_TYPE, LIFE_SECONDS},
        {IKE_ATTR_LIFE_DURATION, 28800},
    };
    const char *recorded[] = {SAI_B_1, SAI_B_3};
    for (int k = 0; k < 2; k++) {
        struct arena *arena = arena_new();
        struct span s = hex(recorded[k]);
        struct isakmp_sa sa;
        cr_assert_eq(isakmp_sa_parse(s, arena, &sa), WIRE_OK);
        cr_expect_eq(sa.doi, DOI_IPSEC);
        cr_expect_eq(sa.situation, 1);
        cr_assert_eq(sa.n_proposal, 1);
        cr_expect_eq(sa.proposal[0].number, 1 - k);
        cr_expect_eq(sa.proposal[0].protocol, PROTO_ISAKMP);
        cr_expect_eq(sa.proposal[0].spi.n, 0);
        cr_assert_eq(sa.proposal[0].n_transform, 1);
        const struct isakmp_transform *t = &sa.proposal[0].transform[0];
        cr_expect_eq(t->number, 1 - k);
        cr_expect_eq(t->id, 1);
        cr_expect(!t->more);
        cr_assert_eq(t->n_attr, G_N_ELEMENTS(attr));
        for (size_t i = 0; i < t->n_attr; i++) {
            cr_expect_eq(t->attr[i].type, attr[i].type, "attribute %zu", i);
            cr_expect_eq(t->attr[i].value, attr[i].value, "attribute %zu", i);
            cr_expect(t->attr[i].basic);
        }
        expect_hex(t->attr[6].bytes, "7080");
        bytes_free(s);
        arena_free(arena);
    }
}

Test(isakmp_sa, an_esp_offer_of_two_transforms_is_understood)
{
    struct arena *arena = arena_new();
    struct span s = hex(QM_SA);
    struct isakmp_sa sa;
    cr_assert_eq(isakmp_sa_parse(s, arena, &sa), WIRE_OK);
    cr_assert_eq(sa.n_proposal, 1);
    expect_hex(sa.proposal[0].spi, "01020304");
    cr_assert_eq(sa.proposal[0].n_transform, 2);
    const struct isakmp_transform *t = sa.proposal[0].transform;
    cr_expect(t[0].more && !t[1].more);
    cr_expect_eq(t[0].id, 3);
    cr_expect_eq(t[1].id, 12);
    cr_expect(!t[0].attr[2].basic);
    cr_expect_eq(t[0].attr[2].value, 4608000);
    expect_hex(t[0].attr[2].bytes, "00465000");
    cr_expect_eq(t[1].attr[4].value, 256);
    bytes_free(s);
    arena_free(arena);
}

Test(isakmp_sa, what_is_parsed_is_emitted_the_same)
{
    static const char *const body[] = {SAI_B_1, SAI_B_3, QM_SA};
    for (size_t i = 0; i < G_N_ELEMENTS(body); i++) {
        struct arena *arena = arena_new();
        struct span s = hex(body[i]);
        struct isakmp_sa sa;
        cr_assert_eq(isakmp_sa_parse(s, arena, &sa), WIRE_OK);
        uint8_t out[256];
        struct wr w = wr_over(out, sizeof out);
        isakmp_sa_emit(&sa, &w);
        cr_expect(wr_ok(&w) && span_eq(wr_done(&w), s), "body %zu", i);
        for (size_t cap = 0; cap < s.n; cap++) { /* what does not fit is an error that sticks */
            w = wr_over(out, cap);
            isakmp_sa_emit(&sa, &w);
            cr_expect(!wr_ok(&w), "room for %zu", cap);
        }
        bytes_free(s);
        arena_free(arena);
    }
}

Test(isakmp_sa, every_truncation_and_every_changed_length_has_a_status)
{
    static const char *const body[] = {SAI_B_1, QM_SA};
    struct arena *arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(body); i++) {
        struct span whole = hex(body[i]);
        struct isakmp_sa sa;
        for (size_t n = 0; n < whole.n; n++) {
            struct span s = bytes_cut(whole, n);
            cr_expect_eq(isakmp_sa_parse(s, arena, &sa), WIRE_SHORT, "body %zu cut at %zu", i, n);
            cr_expect_eq(sa.n_proposal, 0);
            bytes_free(s);
        }
        static const size_t lengths_at[] = {10, 11, 14, 15};
        for (size_t k = 0; k < G_N_ELEMENTS(lengths_at); k++)
            for (unsigned v = 0; v < 256; v++) {
                struct span s = bytes_cut(whole, whole.n);
                bool same = s.p[lengths_at[k]] == v;
                ((uint8_t *)s.p)[lengths_at[k]] = (uint8_t)v;
                cr_expect_eq(isakmp_sa_parse(s, arena, &sa) == WIRE_OK, same, "byte %zu is %u",
                             lengths_at[k], v);
                bytes_free(s);
            }
        bytes_free(whole);
    }
    arena_free(arena);
}

Test(isakmp_sa, malformed_bodies_are_refused)
{
    static const struct {
        const char *what, *hex;
        enum wire_status status;
    } row[] = {
        {"no proposal", "0000000100000001", WIRE_SHORT},
        {"another DOI", "0000000200000001 0000001001010001 00000008 01010000", WIRE_BAD},
        {"labels of secrecy", "0000000100000003 0000001001010001 00000008 01010000", WIRE_BAD},
        {"a bare transform is fine", "0000000100000001 0000001001010001 00000008 01010000",
         WIRE_OK},
        {"reserved of the proposal", "0000000100000001 0001001001010001 00000008 01010000",
         WIRE_BAD},
        {"reserved of the transform", "0000000100000001 0000001001010001 00010008 01010000",
         WIRE_BAD},
        {"reserved behind the id", "0000000100000001 0000001001010001 00000008 01010001", WIRE_BAD},
        {"next is no proposal", "0000000100000001 0300001001010001 00000008 01010000", WIRE_BAD},
        {"count of transforms", "0000000100000001 0000001001010002 00000008 01010000", WIRE_BAD},
        {"no transform", "0000000100000001 0000000801010000", WIRE_SHORT},
        {"bytes behind the last", "0000000100000001 0000001001010001 00000008 01010000 00",
         WIRE_BAD},
        {"attribute cut", "0000000100000001 0000001301010001 0000000b 01010000 800100", WIRE_SHORT},
        {"long attribute cut", "0000000100000001 0000001401010001 0000000c 01010000 00010001",
         WIRE_SHORT},
        {"long attribute empty", "0000000100000001 0000001401010001 0000000c 01010000 00010000",
         WIRE_OK},
        {"SPI beyond", "0000000100000001 0000000c01030401 010203", WIRE_SHORT},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = hex(row[i].hex);
        struct isakmp_sa sa;
        enum wire_status status = isakmp_sa_parse(s, arena, &sa);
        cr_expect_eq(status, row[i].status, "%s: %d", row[i].what, status);
        bytes_free(s);
    }
    arena_free(arena);
}

Test(isakmp_attr, is_basic_when_it_fits)
{
    static const struct {
        uint32_t value;
        bool basic;
        const char *hex;
    } row[] = {
        {0, true, "800c0000"},
        {65535, true, "800cffff"},
        {65536, false, "000c000400010000"},
        {4608000, false, "000c000400465000"},
    };
    struct arena *arena = arena_new();
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct isakmp_attr a = isakmp_attr_of(arena, IKE_ATTR_LIFE_DURATION, row[i].value);
        cr_expect_eq(a.basic, row[i].basic);
        cr_expect_eq(a.value, row[i].value);
        struct isakmp_transform t = {1, 1, &a, 1, false};
        struct isakmp_proposal p = {1, PROTO_ISAKMP, {0}, &t, 1};
        uint8_t out[64];
        struct wr w = wr_over(out, sizeof out);
        isakmp_sa_emit(&(struct isakmp_sa){DOI_IPSEC, 1, &p, 1}, &w);
        expect_hex(span_sub(wr_done(&w), 24, 64), row[i].hex);
    }
    arena_free(arena);
}

Test(isakmp_small_payloads, round_trip_and_cut_short)
{
    uint8_t out[64];
    struct wr w = wr_over(out, sizeof out);

    struct span s = hex("04000000 0a010000 ffffff00");
    struct isakmp_id id;
    cr_assert_eq(isakmp_id_parse(s, &id), WIRE_OK);
    cr_expect_eq(id.type, ID_IPV4_ADDR_SUBNET);
    cr_expect_eq(id.data.n, 8);
    isakmp_id_emit(&id, &w);
    cr_expect(span_eq(wr_done(&w), s));
    for (size_t n = 0; n < 4; n++)
        cr_expect_eq(isakmp_id_parse(span_sub(s, 0, n), &id), WIRE_SHORT, "%zu", n);
    bytes_free(s);

    s = hex("00000001 03 04 000e aabbccdd 0102");
    struct isakmp_notify note;
    cr_assert_eq(isakmp_notify_parse(s, &note), WIRE_OK);
    cr_expect_eq(note.doi, DOI_IPSEC);
    cr_expect_eq(note.protocol, PROTO_IPSEC_ESP);
    cr_expect_eq(note.type, NOTIFY_NO_PROPOSAL_CHOSEN);
    expect_hex(note.spi, "aabbccdd");
    expect_hex(note.data, "0102");
    w = wr_over(out, sizeof out);
    isakmp_notify_emit(&note, &w);
    cr_expect(span_eq(wr_done(&w), s));
    for (size_t n = 0; n < 12; n++)
        cr_expect_eq(isakmp_notify_parse(span_sub(s, 0, n), &note), WIRE_SHORT, "%zu", n);
    bytes_free(s);

    s = hex("00000001 03 04 0002 aabbccdd 11223344");
    struct isakmp_delete del;
    cr_assert_eq(isakmp_delete_parse(s, &del), WIRE_OK);
    cr_expect_eq(del.count, 2);
    cr_expect_eq(del.spis.n, 8);
    w = wr_over(out, sizeof out);
    isakmp_delete_emit(&del, &w);
    cr_expect(span_eq(wr_done(&w), s));
    for (size_t n = 0; n < s.n; n++)
        cr_expect_eq(isakmp_delete_parse(span_sub(s, 0, n), &del), WIRE_SHORT, "%zu", n);
    ((uint8_t *)s.p)[7] = 1;
    cr_expect_eq(isakmp_delete_parse(s, &del), WIRE_BAD, "an SPI more than counted");
    bytes_free(s);
}

Test(isakmp_out, links_payloads_and_fixes_lengths)
{
    struct span want = hex(MM1);
    struct isakmp_head h;
    isakmp_head_parse(want, &h);
    h.next_payload = 0;
    h.length = 0;
    uint8_t out[256];
    struct wr w = wr_over(out, sizeof out);
    struct isakmp_out o;
    struct span sa = hex(SAI_B_1), vid = hex("4a131c81070358455c5728f20e95452f");
    isakmp_out_begin(&o, &w, &h);
    isakmp_put_begin(&o, PAYLOAD_SA);
    wr_span(&w, sa);
    isakmp_put_end(&o);
    isakmp_put(&o, PAYLOAD_VID, vid);
    isakmp_length_fix(&w);
    cr_expect(wr_ok(&w) && span_eq(wr_done(&w), want));
    for (size_t cap = 0; cap < want.n; cap++) {
        w = wr_over(out, cap);
        isakmp_out_begin(&o, &w, &h);
        isakmp_put(&o, PAYLOAD_SA, sa);
        isakmp_put(&o, PAYLOAD_VID, vid);
        isakmp_length_fix(&w);
        cr_expect(!wr_ok(&w), "room for %zu", cap);
    }
    bytes_free(sa);
    bytes_free(vid);
    bytes_free(want);
}

/* An IPv4 and UDP wrapping of a message. */
static size_t wrap(uint8_t *out, uint16_t sport, uint16_t dport, uint16_t flags, struct span marker,
                   struct span message)
{
    size_t n = marker.n + message.n;
    struct ip4_head ip = {
        .ttl = 64, .protocol = 17, .total = (uint16_t)(28 + n), .flags = flags, .src = 1, .dst = 2};
    ip4_head_emit(&ip, out);
    if (marker.n)
        memcpy(out + 28, marker.p, marker.n);
    memcpy(out + 28 + marker.n, message.p, message.n);
    udp_emit(1, 2, sport, dport, out + 20, n);
    return 28 + n;
}

Test(isakmp_in_ip4, finds_messages_and_nothing_else)
{
    static const uint8_t zero[4] = {0}, spi[4] = {1, 2, 3, 4};
    const struct {
        uint16_t sport, dport, flags;
        struct span marker;
        bool found;
    } row[] = {
        {500, 500, 0, {0}, true},         {500, 500, IP4_DF, {0}, true},
        {10001, 500, 0, {0}, true}, /* through a NAT */
        {500, 10001, 0, {0}, true},       {53, 53, 0, {0}, false},
        {500, 500, IP4_MF, {0}, false},   {4500, 4500, 0, {zero, 4}, true},
        {4500, 4500, 0, {spi, 4}, false}, /* ESP in UDP */
        {4500, 4500, 0, {0}, false},      {500, 500, 0, {zero, 4}, false},
    };
    struct span message = hex(MM1);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint8_t packet[256];
        size_t n = wrap(packet, row[i].sport, row[i].dport, row[i].flags, row[i].marker, message);
        struct isakmp_head h;
        struct span got;
        bool found = isakmp_in_ip4(span_of(packet, n), &h, &got);
        cr_expect_eq(found, row[i].found, "row %zu", i);
        if (found)
            cr_expect(span_eq(got, message) && h.exchange == EXCHANGE_MAIN);
        for (size_t cut = 0; cut < n; cut++) {
            struct span s = bytes_cut(span_of(packet, n), cut);
            cr_expect(!isakmp_in_ip4(s, &h, &got), "row %zu cut at %zu", i, cut);
            bytes_free(s);
        }
    }
    bytes_free(message);
}

Test(proxy, identities_become_selectors_and_back)
{
    static const struct {
        const char *hex;
        bool ok;
    } row[] = {
        {"01000000 0a010005", true},           {"04000000 0a010000 ffffff00", true},
        {"04110035 0a010000 ffffff00", true},  {"04000000 0a010000", false},
        {"01000000 0a010005 00", false},       {"02000000 61626364", false},
        {"07000000 0a010000 0a0100ff", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = hex(row[i].hex);
        struct isakmp_id id;
        struct proxy p;
        cr_assert_eq(isakmp_id_parse(s, &id), WIRE_OK);
        cr_expect_eq(proxy_from_id(&id, &p), row[i].ok, "row %zu", i);
        if (row[i].ok) {
            uint8_t out[16];
            struct wr w = wr_over(out, sizeof out);
            proxy_emit(&p, &w);
            cr_expect(span_eq(wr_done(&w), s), "row %zu", i);
        }
        bytes_free(s);
    }
}

/* ---- Configuration attributes ---- */

Test(isakmp_cfg, is_emitted_as_it_was_parsed_and_cut_short_never)
{
    static const uint8_t body[] = {
        1,    0,    0x12, 0x34,                   /* REQUEST, identifier */
        0,    1,    0,    4,    10,  5,   5,   1, /* an address */
        0xc0, 0x8f, 0,    1,                      /* XAUTH_STATUS, basic */
        0x40, 0x89, 0,    0,                      /* a name, asked for */
        0x70, 0x02, 0,    3,    'a', '.', 'b',    /* a vendor's */
    };
    struct arena *a = arena_new();
    for (size_t n = 0; n <= sizeof body; n++) {
        struct isakmp_cfg cfg;
        g_autofree uint8_t *copy = g_memdup2(body, n);
        bool whole = n == 4 || n == 12 || n == 16 || n == 20 || n == sizeof body;
        cr_assert_eq(isakmp_cfg_parse(span_of(copy, n), a, &cfg), whole ? WIRE_OK : WIRE_SHORT,
                     "%zu", n);
        if (!whole)
            continue;
        uint8_t out[64];
        struct wr w = wr_over(out, sizeof out);
        isakmp_cfg_emit(&cfg, &w);
        cr_expect(span_eq(wr_done(&w), span_of(body, n)));
    }
    struct isakmp_cfg cfg;
    cr_assert_eq(isakmp_cfg_parse(span_of(body, sizeof body), a, &cfg), WIRE_OK);
    cr_expect_eq(cfg.n_attr, 4);
    cr_expect_eq(cfg.id, 0x1234);
    cr_expect_eq(cfg.attr[0].value, IP4(10, 5, 5, 1));
    cr_expect_eq(cfg.attr[1].type, CFG_ATTR_XAUTH_STATUS);
    cr_expect(cfg.attr[1].basic && cfg.attr[1].value == 1);
    cr_expect_eq(cfg.attr[2].bytes.n, 0);
    cr_expect_eq(cfg.attr[3].type, CFG_ATTR_DEFAULT_DOMAIN);
    static const uint8_t reserved[] = {1, 9, 0, 0};
    cr_expect_eq(isakmp_cfg_parse(span_of(reserved, 4), a, &cfg), WIRE_BAD);
    arena_free(a);
}
