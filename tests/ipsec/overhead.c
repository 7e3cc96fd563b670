/* What ESP adds, held against packets that are really sealed; and what becomes of packets that grow
 * too large: RFC 2401 6.1, RFC 1191, DBG-50. */
#include <string.h>

#include "site.h"
#include "wire/ip.h"

/* ---- Sizes ---- */

enum { LEAST = IP4_HEAD, MOST = IP4_HEAD + 1600 };

static bool suite_at(size_t i, struct esp_suite *s)
{
    *s = (struct esp_suite){
        .cipher = (enum crypto_cipher)(i / 4 / HASH_COUNT),
        .auth = (enum crypto_hash)(i / 4 % HASH_COUNT),
        .transport = i % 2,
        .udp = i / 2 % 2,
    };
    return s->cipher != CIPHER_NULL || s->auth != HASH_NONE;
}
#define SUITES ((size_t)CIPHER_COUNT * HASH_COUNT * 4)

static struct pkt *packet(size_t n)
{
    struct pkt *p = pkt_new(n);
    memset(pkt_data(p), 0x5a, n);
    struct ip4_head h = {
        .ttl = 64,
        .protocol = IPPROTO_NUM_UDP,
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)n,
        .src = R1,
        .dst = R2,
    };
    ip4_head_emit(&h, pkt_data(p));
    return p;
}

Test(overhead, is_what_sealing_adds_for_every_payload_transform_and_mode)
{
    uint8_t key[128] = {1, 2, 3};
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        if (!suite_at(i, &suite))
            continue;
        struct span keymat = {key, esp_keymat_bytes(suite)};
        struct esp_sa *sa = esp_sa_new(1000, false, suite, R1, R2, keymat, 0, NULL);
        size_t worst = 0;
        uint16_t ip_id = 1;
        for (size_t n = LEAST; n <= MOST; n++) {
            struct pkt *p = packet(n);
            enum drop_reason why;
            esp_seal(sa, &p, 1, ESP_DF_COPY, &ip_id, &why);
            cr_assert_eq(why, DROP_NONE);
            cr_assert_eq(p->len, esp_sealed_bytes(suite, n), "%s %s %s %zu",
                         crypto_cipher_name(suite.cipher), crypto_hash_name(suite.auth),
                         suite.transport ? "transport" : "tunnel", n);
            cr_assert_eq(p->len - n, esp_overhead(suite, n));
            worst = MAX(worst, p->len - n);
            pkt_unref(p);
        }
        cr_expect_eq(worst, esp_overhead_most(suite), "%s %s", crypto_cipher_name(suite.cipher),
                     crypto_hash_name(suite.auth));
        esp_sa_free(sa);
    }
}

Test(overhead, the_largest_packet_that_fits_is_found_for_every_mtu)
{
    for (size_t i = 0; i < SUITES; i++) {
        struct esp_suite suite;
        if (!suite_at(i, &suite))
            continue;
        for (uint32_t mtu = 0; mtu <= 1600; mtu++) {
            uint32_t fits = esp_inner_mtu(suite, mtu);
            cr_assert(esp_sealed_bytes(suite, fits + 1) > mtu || fits + 1 < IP4_HEAD);
            cr_assert(fits < IP4_HEAD || esp_sealed_bytes(suite, fits) <= mtu);
        }
    }
}

Test(overhead, has_the_figures_of_the_document)
{
    struct esp_suite with = {.cipher = CIPHER_3DES, .auth = HASH_MD5};
    struct esp_suite without = {.cipher = CIPHER_DES, .auth = HASH_NONE};
    cr_expect_eq(esp_sealed_bytes(with, 1446), 1496, "the largest below 1500");
    cr_expect_eq(esp_sealed_bytes(with, 1447), 1504);
    cr_expect_eq(esp_inner_mtu(with, 1500), 1446);
    cr_expect_eq(esp_overhead(with, 1446), 50);
    cr_expect_eq(esp_overhead_most(with), 57);
    cr_expect_eq(esp_sealed_bytes(with, 1400), 1456, "a client whose MTU was set");
    cr_expect_eq(esp_inner_mtu(without, 1500), 1462);
}

/* ---- What becomes of packets too large ---- */

struct seen {
    uint32_t packets, fragments, df;
};

static bool look(void *self, uint32_t end, uint64_t number, struct span packet)
{
    struct seen *seen = self;
    if (end == 0 && packet.n > IP4_HEAD && packet.p[9] == IPPROTO_NUM_ESP) {
        uint16_t field = be16_get(packet.p + 6);
        seen->packets++;
        seen->fragments += (field & 0x3fff) != 0;
        seen->df += (field & IP4_DF) != 0;
    }
    return false;
}

// clang-format off
static const struct {
    int df; bool cut_first, inner_df;
    uint32_t packets, fragments, outer_df, replies; uint64_t cut, told;
    const char *why;
} fate[] = {
    { ESP_DF_COPY,  false, false, 2, 2, 0, 1, 0, 0, "sealed whole, then cut" },
    { ESP_DF_COPY,  true,  false, 2, 0, 0, 1, 1, 0, "cut, then sealed twice" },
    { ESP_DF_COPY,  false, true,  0, 0, 0, 0, 0, 1, "DF is told to the sender" },
    { ESP_DF_COPY,  true,  true,  0, 0, 0, 0, 0, 1, "and cutting first does not change that" },
    { ESP_DF_SET,   false, false, 2, 2, 0, 1, 0, 0, "what is cut afterwards cannot forbid it" },
    { ESP_DF_SET,   true,  false, 2, 0, 2, 1, 1, 0, "pieces sealed apart may have DF" },
    { ESP_DF_SET,   true,  true,  0, 0, 0, 0, 0, 1, "DF inside" },
    { ESP_DF_CLEAR, false, true,  2, 2, 0, 1, 0, 0, "DF is no bar when it is not copied" },
    { ESP_DF_CLEAR, true,  true,  2, 0, 0, 1, 1, 0, "nor for cutting first" },
};
// clang-format on

static void play(struct site *s, size_t i)
{
    struct seen seen = {0};
    struct net_match_rule rule = {.match = look, .self = &seen, .act = NET_ACT_DROP};
    uint32_t id = net_link_rule_add(s->wan, &rule), before = s->replies;
    ipsec_clear_counters(s->r[0].ipsec);
    site_ping(s, 1, 1500, fate[i].inner_df);
    const struct ipsec_ident *v = ipsec_ident_at(s->r[0].ipsec, 0);
    cr_expect_eq(seen.packets, fate[i].packets, "%s: %u", fate[i].why, seen.packets);
    cr_expect_eq(seen.fragments, fate[i].fragments, "%s", fate[i].why);
    cr_expect_eq(seen.df, fate[i].outer_df, "%s", fate[i].why);
    cr_expect_eq(s->replies - before, fate[i].replies, "%s", fate[i].why);
    cr_expect_eq(v->cut, fate[i].cut, "%s", fate[i].why);
    cr_expect_eq(v->pieces, 2 * fate[i].cut, "%s", fate[i].why);
    cr_expect_eq(v->pieces_in, 2 * fate[i].cut, "%s", fate[i].why);
    cr_expect_eq(v->too_big_sent, fate[i].told, "%s", fate[i].why);
    net_link_rule_del(s->wan, id);
}

Test(overhead, packets_are_cut_before_or_after_sealing_or_not_at_all)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(fate); i++) {
        for (int side = 0; side < 2; side++) {
            s->r[side].conf->df = fate[i].df;
            s->r[side].conf->cut_first = fate[i].cut_first;
        }
        play(s, i);
    }
    site_free(s);
}

Test(overhead, an_interface_may_do_it_its_own_way)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    for (size_t i = 0; i < G_N_ELEMENTS(fate); i++) {
        for (int side = 0; side < 2; side++) {
            struct site_router *r = &s->r[side];
            *ipsec_size_make(r->conf, r->wan->index) =
                (struct ipsec_size){fate[i].df, fate[i].cut_first};
            *ipsec_size_make(r->conf, r->lan->index) = (struct ipsec_size){ESP_DF_SET, 0};
        }
        play(s, i);
    }
    cr_expect_eq(ipsec_size_of(s->r[0].conf, 77).df, ESP_DF_COPY, "one that was never set");
    site_free(s);
}

Test(overhead, an_mtu_without_room_for_a_piece_is_left_to_after_sealing)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    s->r[0].conf->cut_first = true;
    s->r[0].wan->ip_mtu = 80; /* 3DES and SHA-1 leave 30 bytes: a head and 8 are 28 */
    site_ping(s, 1, 100, false);
    const struct ipsec_ident *v = ipsec_ident_at(s->r[0].ipsec, 0);
    cr_expect_eq(s->replies, 1);
    cr_expect_eq(v->cut, 1);
    cr_expect_eq(v->cut_failed, 0);
    s->r[0].wan->ip_mtu = 70; /* no more */
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->replies, 2);
    cr_expect_eq(v->cut, 1);
    cr_expect_eq(v->cut_failed, 1);
    site_free(s);
}
