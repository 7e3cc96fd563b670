/* ESP on single packets: the published ones, every suite both ways, and everything that is wrong.
 */
#include <glib.h>
#include <string.h>

#include "ipsec/esp.h"
#include "wire/ip.h"
#include "vectors/esp_rfc3602.h"
#include "vectors/unhex.h"

#define SPI 0x12345678u
static const ip4 left = IP4(192, 0, 2, 1), right = IP4(192, 0, 2, 2);

/* Bytes that look random and repeat. */
static void noise(uint8_t *p, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = (uint8_t)(seed >> 24);
    }
}

/* An IPv4 packet of n bytes with a right head. */
static struct pkt *ip_packet(size_t n, uint8_t protocol, ip4 src, ip4 dst, uint16_t flags)
{
    struct pkt *p = pkt_new(n);
    noise(pkt_data(p), n, (uint32_t)n);
    struct ip4_head h = {.tos = 0xb8,
                         .ttl = 63,
                         .protocol = protocol,
                         .head_bytes = IP4_HEAD,
                         .total = (uint16_t)n,
                         .id = 77,
                         .flags = flags,
                         .src = src,
                         .dst = dst};
    ip4_head_emit(&h, pkt_data(p));
    return p;
}

static struct pkt *inner_packet(size_t n)
{
    return ip_packet(n, IPPROTO_NUM_UDP, IP4(10, 1, 0, 5), IP4(10, 2, 0, 5), 0);
}

/* The two ends of one direction. */
struct ends {
    struct sim *sim;
    struct esp_sa *seal, *open;
    uint16_t id;
};

static void ends_init(struct ends *e, struct esp_suite suite, uint32_t window)
{
    uint8_t key[CRYPTO_MAX_KEY + CRYPTO_MAX_DIGEST];
    struct span keymat = {key, esp_keymat_bytes(suite)};
    noise(key, sizeof key, 4711);
    *e = (struct ends){.sim = sim_new(1, 0)};
    e->seal = esp_sa_new(SPI, false, suite, left, right, keymat, 0, rng_stream(e->sim, "test"));
    e->open = esp_sa_new(SPI, true, suite, left, right, keymat, window, NULL);
    cr_assert(e->seal && e->open);
}

static void ends_clear(struct ends *e)
{
    esp_sa_free(e->seal);
    esp_sa_free(e->open);
    sim_free(e->sim);
}

static enum drop_reason seal(struct ends *e, struct pkt *p)
{
    enum drop_reason why;
    esp_seal(e->seal, &p, 1, ESP_DF_COPY, &e->id, &why);
    return why;
}

static enum drop_reason open_sa(struct esp_sa *sa, struct pkt *p, uint32_t *seq)
{
    enum drop_reason why;
    esp_open(sa, &p, 1, seq, &why);
    return why;
}

/* Every cipher with every hash, both modes; not the one that protects nothing. */
static bool suite_at(size_t i, struct esp_suite *s)
{
    *s = (struct esp_suite){i % CIPHER_COUNT, i / CIPHER_COUNT % HASH_COUNT,
                            i / CIPHER_COUNT / HASH_COUNT % 2 == 1};
    return s->cipher != CIPHER_NULL || s->auth != HASH_NONE;
}
enum { SUITES = CIPHER_COUNT * HASH_COUNT * 2 };

/* ---- RFC 3602 ---- */

static struct pkt *around_esp(struct span esp)
{
    struct pkt *p = ip_packet(IP4_HEAD + esp.n, IPPROTO_NUM_ESP, left, right, 0);
    memcpy(pkt_data(p) + IP4_HEAD, esp.p, esp.n);
    return p;
}

Test(esp, opens_the_four_packets_of_rfc_3602)
{
    for (size_t i = 0; i < G_N_ELEMENTS(esp_vector); i++) {
        struct esp_suite suite = {CIPHER_AES128, HASH_NONE, esp_vector[i].next_header != 4};
        struct esp_sa *sa = esp_sa_new(esp_vector[i].spi, true, suite, left, right,
                                       HEX(esp_vector[i].key), 64, NULL);
        struct span payload = HEX(esp_vector[i].payload);
        struct pkt *p = around_esp(HEX(esp_vector[i].esp_packet));
        uint32_t spi, seq;
        cr_assert(esp_peek(p, &spi, &seq));
        cr_expect_eq(spi, esp_vector[i].spi);
        cr_expect_eq(seq, esp_vector[i].seq);
        /* In clear: payload, then exactly the padding that the RFC prints. */
        struct cipher *c = cipher_new(CIPHER_AES128, HEX(esp_vector[i].key));
        uint8_t clear[256];
        size_t sealed = p->len - IP4_HEAD - 8 - 16;
        cr_assert(cipher_decrypt(c, pkt_data(p) + IP4_HEAD + 8, pkt_data(p) + IP4_HEAD + 24, sealed,
                                 clear, NULL));
        cr_expect_eq(clear[sealed - 2], esp_vector[i].pad_length);
        cr_expect_eq(sealed, payload.n + esp_vector[i].pad_length + 2u);
        cipher_free(c);

        cr_expect_eq(open_sa(sa, p, &seq), DROP_NONE, "%s", esp_vector[i].source);
        cr_expect_eq(seq, esp_vector[i].seq);
        if (suite.transport) {
            struct ip4_head h;
            cr_assert_eq(ip4_head_parse(pkt_span(p), &h), WIRE_OK);
            cr_expect_eq(h.protocol, esp_vector[i].next_header);
            cr_expect_eq(h.total, IP4_HEAD + payload.n);
            cr_expect(span_eq(span_sub(pkt_span(p), IP4_HEAD, SIZE_MAX), payload));
        } else {
            cr_expect(span_eq(pkt_span(p), payload), "%s", esp_vector[i].source);
        }
        pkt_unref(p);
        esp_sa_free(sa);
    }
}

/* In transport mode the payload may be as short as the rows, down to nothing. */
Test(esp, pads_as_rfc_2406_says)
{
    for (size_t i = 0; i < G_N_ELEMENTS(esp_padding_vector); i++) {
        struct ends e;
        ends_init(&e, (struct esp_suite){CIPHER_AES128, HASH_SHA1, true}, 64);
        struct span payload = HEX(esp_padding_vector[i].payload);
        struct span padded = HEX(esp_padding_vector[i].padded);
        struct pkt *p =
            ip_packet(IP4_HEAD + payload.n, esp_padding_vector[i].next_header, left, right, 0);
        if (payload.n)
            memcpy(pkt_data(p) + IP4_HEAD, payload.p, payload.n);
        cr_assert_eq(seal(&e, p), DROP_NONE);
        cr_assert_eq(p->len, IP4_HEAD + 8 + 16 + padded.n + 12);
        uint8_t key[16], clear[64];
        noise(key, sizeof key, 4711);
        struct cipher *c = cipher_new(CIPHER_AES128, (struct span){key, 16});
        uint8_t *iv = pkt_data(p) + IP4_HEAD + 8;
        cr_assert(cipher_decrypt(c, iv, iv + 16, padded.n, clear, NULL));
        cr_expect_arr_eq(clear, padded.p, padded.n, "row %zu", i);
        cipher_free(c);
        pkt_unref(p);
        ends_clear(&e);
    }
}

/* ---- Round trips ---- */

static const size_t size_row[] = {20,  21,  27,   28,   29,   30,   31,   32,   33,
                                  34,  35,  36,   40,   41,   64,   65,   100,  255,
                                  256, 512, 1000, 1399, 1400, 1500, 9000, 65000};

Test(esp, every_suite_brings_every_size_back)
{
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        if (!suite_at(i, &suite))
            continue;
        struct ends e;
        ends_init(&e, suite, 64);
        for (size_t s = 0; s < G_N_ELEMENTS(size_row); s++) {
            struct pkt *p = suite.transport
                                ? ip_packet(size_row[s], IPPROTO_NUM_UDP, left, right, IP4_DF)
                                : inner_packet(size_row[s]);
            struct pkt *before = pkt_of(pkt_span(p));
            uint32_t seq = 0;
            cr_assert_eq(seal(&e, p), DROP_NONE);
            cr_expect_eq(p->len, esp_sealed_bytes(suite, size_row[s]), "%s %s %zu",
                         crypto_cipher_name(suite.cipher), crypto_hash_name(suite.auth),
                         size_row[s]);
            struct ip4_head h;
            cr_assert_eq(ip4_head_parse(pkt_span(p), &h), WIRE_OK);
            cr_expect_eq(h.protocol, IPPROTO_NUM_ESP);
            cr_expect_eq(h.src, left);
            cr_expect_eq(h.dst, right);
            cr_expect_eq(h.total, p->len);
            cr_expect_eq(h.tos, 0xb8);
            cr_assert_eq(open_sa(e.open, p, &seq), DROP_NONE);
            cr_expect_eq(seq, s + 1);
            cr_expect(span_eq(pkt_span(p), pkt_span(before)), "%s %s %zu",
                      crypto_cipher_name(suite.cipher), crypto_hash_name(suite.auth), size_row[s]);
            pkt_unref(p);
            pkt_unref(before);
        }
        cr_expect_eq(e.seal->packets, G_N_ELEMENTS(size_row));
        cr_expect_eq(e.open->packets, G_N_ELEMENTS(size_row));
        cr_expect_eq(e.seal->bytes, e.open->bytes);
        cr_expect_eq(e.open->packets_bad, 0);
        ends_clear(&e);
    }
}

Test(esp, packets_open_in_any_order_and_in_arrays)
{
    enum { N = 30 };
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        if (!suite_at(i, &suite) || suite.transport)
            continue;
        struct ends e;
        struct pkt *p[N], *shuffled[N];
        enum drop_reason why[N];
        uint32_t seq[N];
        ends_init(&e, suite, 64);
        for (size_t k = 0; k < N; k++)
            p[k] = inner_packet(40 + 37 * k);
        esp_seal(e.seal, p, N, ESP_DF_COPY, &e.id, why);
        for (size_t k = 0; k < N; k++) {
            cr_expect_eq(why[k], DROP_NONE);
            shuffled[k] = p[k * 7 % N];
        }
        esp_open(e.open, shuffled, N, seq, why);
        for (size_t k = 0; k < N; k++) {
            cr_expect_eq(why[k], DROP_NONE);
            cr_expect_eq(seq[k], k * 7 % N + 1);
            struct pkt *want = inner_packet(40 + 37 * (k * 7 % N));
            cr_expect(span_eq(pkt_span(shuffled[k]), pkt_span(want)));
            pkt_unref(want);
            pkt_unref(shuffled[k]);
        }
        ends_clear(&e);
    }
}

Test(esp, ivs_never_repeat_and_equal_packets_look_different)
{
    for (int c = CIPHER_DES; c < CIPHER_COUNT; c++) {
        struct ends e;
        ends_init(&e, (struct esp_suite){c, HASH_NONE, false}, 0);
        size_t iv = cipher_iv_bytes(c);
        g_autoptr(GHashTable) seen =
            g_hash_table_new_full(g_bytes_hash, g_bytes_equal, (GDestroyNotify)g_bytes_unref, NULL);
        for (int k = 0; k < 200; k++) {
            struct pkt *p = inner_packet(60);
            cr_assert_eq(seal(&e, p), DROP_NONE);
            cr_expect(g_hash_table_add(seen, g_bytes_new(pkt_data(p) + IP4_HEAD + 8, iv)));
            pkt_unref(p);
        }
        ends_clear(&e);
    }
}

Test(esp, outer_df_is_cleared_set_or_copied)
{
    static const struct {
        int df;
        uint16_t inner, outer;
    } row[] = {{ESP_DF_CLEAR, 0, 0},    {ESP_DF_CLEAR, IP4_DF, 0},
               {ESP_DF_SET, 0, IP4_DF}, {ESP_DF_SET, IP4_DF, IP4_DF},
               {ESP_DF_COPY, 0, 0},     {ESP_DF_COPY, IP4_DF, IP4_DF}};
    struct ends e;
    ends_init(&e, (struct esp_suite){CIPHER_AES128, HASH_SHA1, false}, 64);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pkt *p = ip_packet(100, 17, IP4(10, 1, 0, 5), IP4(10, 2, 0, 5), row[i].inner);
        enum drop_reason why;
        struct ip4_head h;
        esp_seal(e.seal, &p, 1, row[i].df, &e.id, &why);
        cr_assert_eq(ip4_head_parse(pkt_span(p), &h), WIRE_OK);
        cr_expect_eq(h.flags, row[i].outer, "row %zu", i);
        cr_expect_eq(h.id, i);
        pkt_unref(p);
    }
    ends_clear(&e);
}

/* "copied from inner hdr" going out, and no change coming in: class of service and congestion bits
 * alike (RFC 2401 5.1.2.1; for the class RFC 2983 has it as the uniform model outward). */
Test(esp, the_whole_octet_of_service_is_copied_outward_and_the_inner_one_stays)
{
    struct ends e;
    ends_init(&e, (struct esp_suite){CIPHER_AES128, HASH_SHA1, false}, 0);
    for (unsigned tos = 0; tos < 256; tos++)
        for (unsigned outer = 0; outer < 4; outer++) { /* a router on the way marks congestion */
            struct pkt *p = ip_packet(100, 17, IP4(10, 1, 0, 5), IP4(10, 2, 0, 5), 0);
            uint32_t seq;
            struct ip4_head h;
            cr_assert_eq(ip4_head_parse(pkt_span(p), &h), WIRE_OK);
            h.tos = (uint8_t)tos;
            ip4_head_emit(&h, pkt_data(p));
            cr_assert_eq(seal(&e, p), DROP_NONE);
            cr_assert_eq(ip4_head_parse(pkt_span(p), &h), WIRE_OK);
            cr_assert_eq(h.tos, tos);
            h.tos = (uint8_t)((tos & 0xfc) | outer);
            ip4_head_emit(&h, pkt_data(p));
            cr_assert_eq(open_sa(e.open, p, &seq), DROP_NONE);
            cr_assert_eq(ip4_head_parse(pkt_span(p), &h), WIRE_OK);
            cr_assert_eq(h.tos, tos);
            pkt_unref(p);
        }
    ends_clear(&e);
}

/* ---- What must be refused ---- */

Test(esp, a_changed_byte_anywhere_is_refused)
{
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        if (!suite_at(i, &suite) || suite.auth == HASH_NONE)
            continue;
        struct ends e;
        ends_init(&e, suite, 64);
        struct pkt *good = suite.transport ? ip_packet(61, 17, left, right, 0) : inner_packet(61);
        cr_assert_eq(seal(&e, good), DROP_NONE);
        for (uint32_t at = IP4_HEAD; at < good->len; at++) {
            struct pkt *p = pkt_of(pkt_span(good));
            uint32_t seq;
            pkt_data(p)[at] ^= (uint8_t)(1u << (at % 8));
            enum drop_reason why = open_sa(e.open, p, &seq);
            cr_expect(why == DROP_ESP_ICV || (why == DROP_ESP_REPLAY && at < IP4_HEAD + 8),
                      "%s %s byte %u: %s", crypto_cipher_name(suite.cipher),
                      crypto_hash_name(suite.auth), at, drop_reason_name(why));
            pkt_unref(p);
        }
        /* None of those forged numbers moved the window. */
        uint32_t seq;
        cr_expect_eq(open_sa(e.open, good, &seq), DROP_NONE);
        cr_expect_eq(e.open->packets, 1);
        pkt_unref(good);
        ends_clear(&e);
    }
}

Test(esp, changes_without_authentication_are_survived)
{
    for (int c = CIPHER_DES; c < CIPHER_COUNT; c++) {
        struct ends e;
        ends_init(&e, (struct esp_suite){c, HASH_NONE, false}, 64);
        struct pkt *good = inner_packet(77);
        cr_assert_eq(seal(&e, good), DROP_NONE);
        for (uint32_t at = 0; at < good->len; at++) {
            for (unsigned bit = 0; bit < 8; bit++) {
                struct pkt *p = pkt_of(pkt_span(good));
                uint32_t seq;
                pkt_data(p)[at] ^= (uint8_t)(1u << bit);
                enum drop_reason why = open_sa(e.open, p, &seq);
                cr_expect(why == DROP_NONE || why == DROP_ESP_SHORT || why == DROP_ESP_PAD ||
                          why == DROP_ESP_INNER);
                pkt_unref(p);
            }
        }
        cr_expect_null(e.open->replay, "nobody vouches for the numbers");
        pkt_unref(good);
        ends_clear(&e);
    }
}

Test(esp, every_truncation_is_refused)
{
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        if (!suite_at(i, &suite))
            continue;
        struct ends e;
        ends_init(&e, suite, 64);
        struct pkt *good = suite.transport ? ip_packet(90, 17, left, right, 0) : inner_packet(90);
        cr_assert_eq(seal(&e, good), DROP_NONE);
        for (uint32_t n = 0; n < good->len; n++) {
            struct pkt *p = pkt_of(span_sub(pkt_span(good), 0, n));
            uint32_t seq, spi;
            enum drop_reason why = open_sa(e.open, p, &seq);
            if (suite.auth != HASH_NONE)
                cr_expect(why == DROP_ESP_SHORT || why == DROP_ESP_ICV, "%u bytes", n);
            else
                cr_expect(why != DROP_NONE || suite.transport, "%u bytes", n);
            cr_expect_eq(esp_peek(p, &spi, &seq), false);
            pkt_unref(p);
            if (n == IP4_HEAD + 7)
                break;
        }
        for (uint32_t n = IP4_HEAD + 8; n < good->len; n++) {
            struct pkt *p = pkt_of(span_sub(pkt_span(good), 0, n));
            uint32_t seq;
            enum drop_reason why = open_sa(e.open, p, &seq);
            cr_expect(suite.auth == HASH_NONE || why == DROP_ESP_SHORT || why == DROP_ESP_ICV);
            pkt_unref(p);
        }
        pkt_unref(good);
        ends_clear(&e);
    }
}

/* Replaces the end of a packet in NULL encryption, under a right ICV. */
Test(esp, wrong_padding_is_refused)
{
    static const struct {
        const char *tail; /* padding, pad length, next header */
        enum drop_reason why;
    } row[] = {
        {"0102030405060604", DROP_NONE},      {"0102030405070604", DROP_ESP_PAD},
        {"0002030405060604", DROP_ESP_PAD},   {"010203040506ff04", DROP_ESP_PAD},
        {"0102030405062304", DROP_ESP_PAD},   {"0102030405060600", DROP_ESP_INNER},
        {"0102030405060632", DROP_ESP_INNER}, {"0000000000000004", DROP_NONE},
        {"0000000000010104", DROP_NONE},      {"0000000000020104", DROP_ESP_PAD},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint8_t key[20];
        struct ends e;
        ends_init(&e, (struct esp_suite){CIPHER_NULL, HASH_SHA1, false}, 64);
        noise(key, sizeof key, 4711);
        struct pkt *inner = inner_packet(28);
        uint8_t esp[8 + 36 + 12], icv[20];
        be32_put(esp, SPI);
        be32_put(esp + 4, 1);
        memcpy(esp + 8, pkt_data(inner), 28);
        memcpy(esp + 36, HEX(row[i].tail).p, 8);
        prf_of(HASH_SHA1, (struct span){key, 20}, &(struct span){esp, 44}, 1, icv);
        memcpy(esp + 44, icv, 12);
        struct pkt *p = around_esp((struct span){esp, sizeof esp});
        uint32_t seq;
        cr_expect_eq(open_sa(e.open, p, &seq), row[i].why, "row %zu", i);
        if (row[i].why == DROP_NONE)
            cr_expect(span_eq(pkt_span(p), pkt_span(inner)), "cut to its own length");
        pkt_unref(p);
        pkt_unref(inner);
        ends_clear(&e);
    }
}

Test(esp, a_packet_seen_before_is_refused)
{
    struct ends e;
    ends_init(&e, (struct esp_suite){CIPHER_3DES, HASH_MD5, false}, 128);
    struct pkt *p = inner_packet(60);
    cr_assert_eq(seal(&e, p), DROP_NONE);
    struct pkt *again = pkt_of(pkt_span(p));
    uint32_t seq;
    cr_expect_eq(open_sa(e.open, p, &seq), DROP_NONE);
    cr_expect_eq(open_sa(e.open, again, &seq), DROP_ESP_REPLAY);
    cr_expect_eq(seq, 1);
    pkt_unref(p);
    pkt_unref(again);
    ends_clear(&e);
}

Test(esp, sender_stops_before_its_numbers_come_round)
{
    for (int c = 0; c < CIPHER_COUNT; c++) {
        struct ends e;
        ends_init(&e, (struct esp_suite){c, HASH_SHA1, false}, 64);
        e.seal->seq = UINT32_MAX - 1u;
        struct pkt *last = inner_packet(60), *over = inner_packet(60);
        uint32_t seq;
        cr_expect_eq(seal(&e, last), DROP_NONE);
        cr_expect_eq(seal(&e, over), DROP_ESP_SEQ_WRAP);
        cr_expect_eq(over->len, 60, "left as it was");
        cr_expect_eq(open_sa(e.open, last, &seq), DROP_NONE);
        cr_expect_eq(seq, UINT32_MAX);
        pkt_unref(last);
        pkt_unref(over);
        ends_clear(&e);
    }
}

Test(esp, what_cannot_be_sealed_is_left_alone)
{
    struct ends e;
    ends_init(&e, (struct esp_suite){CIPHER_AES128, HASH_SHA1, false}, 64);
    struct pkt *huge = inner_packet(65500), *tiny = pkt_new(10);
    memset(pkt_data(tiny), 0x45, 10);
    cr_expect_eq(seal(&e, huge), DROP_TOO_BIG);
    cr_expect_eq(huge->len, 65500);
    cr_expect_eq(seal(&e, tiny), DROP_IP_SHORT);
    cr_expect_eq(e.seal->seq, 0);
    pkt_unref(huge);
    pkt_unref(tiny);
    ends_clear(&e);
}

Test(esp, sas_are_refused_wrong_keys_and_no_protection)
{
    uint8_t key[100] = {0};
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        bool protects = suite_at(i, &suite);
        for (size_t n = 0; n < sizeof key; n++) {
            struct esp_sa *sa =
                esp_sa_new(300, true, suite, left, right, (struct span){key, n}, 64, NULL);
            cr_expect_eq(sa != NULL, protects && n == esp_keymat_bytes(suite));
            esp_sa_free(sa);
        }
    }
}
