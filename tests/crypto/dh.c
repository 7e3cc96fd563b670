/* Diffie-Hellman: agreement over all groups, the fixed-base tables against plain exponentiation by
 * libcrypto, recorded public values, and what must be refused. */
#include <glib.h>
#include <openssl/bn.h>
#include <string.h>

#include "crypto/crypto.h"
#include "vectors/unhex.h"

static const enum crypto_group group[] = {GROUP_MODP768, GROUP_MODP1024, GROUP_MODP1536,
                                          GROUP_MODP2048};

static BIGNUM *prime(enum crypto_group g)
{
    return g == GROUP_MODP768    ? BN_get_rfc2409_prime_768(NULL)
           : g == GROUP_MODP1024 ? BN_get_rfc2409_prime_1024(NULL)
           : g == GROUP_MODP1536 ? BN_get_rfc3526_prime_1536(NULL)
                                 : BN_get_rfc3526_prime_2048(NULL);
}

/* Bytes that look random and repeat. */
static struct span secret_of(uint8_t *out, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (uint8_t)(seed >> 24);
    }
    return (struct span){out, n};
}

Test(dh, both_ends_agree_with_exponents_of_every_size)
{
    static const size_t size[] = {16, 20, 31, 32, 33, 64, 96, 128, 192, 256};
    for (size_t i = 0; i < G_N_ELEMENTS(group); i++) {
        enum crypto_group g = group[i];
        size_t n = dh_group_bytes(g);
        for (size_t s = 0; s < G_N_ELEMENTS(size) && size[s] <= n; s++) {
            uint8_t a[256], b[256], ga[256], gb[256], ab[256], ba[256];
            struct span xa = secret_of(a, size[s], 1), xb = secret_of(b, size[s], 2);
            cr_assert(dh_public(g, xa, ga) && dh_public(g, xb, gb));
            cr_assert(dh_shared(g, xa, (struct span){gb, n}, ab));
            cr_assert(dh_shared(g, xb, (struct span){ga, n}, ba));
            cr_expect_arr_eq(ab, ba, n, "%s, %zu bytes", crypto_group_name(g), size[s]);
            cr_expect(memcmp(ga, gb, n) != 0);
        }
    }
}

Test(dh, the_tables_give_what_libcrypto_gives)
{
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *two = BN_new(), *y = BN_new();
    BN_set_word(two, 2);
    for (size_t i = 0; i < G_N_ELEMENTS(group); i++) {
        size_t n = dh_group_bytes(group[i]);
        BIGNUM *p = prime(group[i]);
        cr_expect_eq((size_t)BN_num_bytes(p), n);
        for (uint32_t k = 0; k < 40; k++) {
            size_t bytes = k < 20 ? 16 + k % 17 : n - k % 17;
            uint8_t x[256], got[256], want[256], shared[256];
            struct span secret = secret_of(x, bytes, 100 + k);
            if (k == 3)
                memset(x, 0xff, bytes);
            if (k == 4)
                memset(x, 0, bytes - 1), x[bytes - 1] = 1;
            BIGNUM *e = BN_bin2bn(x, (int)bytes, NULL);
            cr_assert(BN_mod_exp(y, two, e, p, ctx));
            BN_bn2binpad(y, want, (int)n);
            cr_assert(dh_public(group[i], secret, got));
            cr_expect_arr_eq(got, want, n, "%s row %u", crypto_group_name(group[i]), k);
            /* The general exponentiation, of the generator, says the same. */
            uint8_t base[256] = {0};
            base[n - 1] = 2;
            cr_assert(dh_shared(group[i], secret, (struct span){base, n}, shared));
            cr_expect_arr_eq(shared, want, n);
            BN_free(e);
        }
        BN_free(p);
    }
    BN_free(two);
    BN_free(y);
    BN_CTX_free(ctx);
}

Test(dh, refuses_public_values_that_give_the_secret_away)
{
    /* value = p + offset, or offset alone when small */
    static const struct {
        bool from_p;
        int offset;
        bool good;
    } row[] = {
        {false, 0, false}, {false, 1, false}, {false, 2, true}, {true, -2, true},
        {true, -1, false}, {true, 0, false},  {true, 1, false},
    };
    uint8_t x[32], out[256];
    struct span secret = secret_of(x, sizeof x, 9);
    for (size_t i = 0; i < G_N_ELEMENTS(group); i++) {
        size_t n = dh_group_bytes(group[i]);
        for (size_t r = 0; r < G_N_ELEMENTS(row); r++) {
            BIGNUM *y = row[r].from_p ? prime(group[i]) : BN_new();
            if (row[r].offset < 0)
                BN_sub_word(y, (BN_ULONG)-row[r].offset);
            else
                BN_add_word(y, (BN_ULONG)row[r].offset);
            uint8_t peer[256];
            BN_bn2binpad(y, peer, (int)n);
            cr_expect_eq(dh_shared(group[i], secret, (struct span){peer, n}, out), row[r].good,
                         "%s row %zu", crypto_group_name(group[i]), r);
            BN_free(y);
        }
        uint8_t all_ones[256];
        memset(all_ones, 0xff, sizeof all_ones);
        cr_expect_not(dh_shared(group[i], secret, (struct span){all_ones, n}, out));
    }
}

Test(dh, refuses_wrong_sizes_and_unknown_groups)
{
    uint8_t x[300], peer[300] = {0}, out[256];
    secret_of(x, sizeof x, 5);
    peer[sizeof peer - 1] = peer[40] = 7;
    for (size_t i = 0; i < G_N_ELEMENTS(group); i++) {
        size_t n = dh_group_bytes(group[i]);
        static const size_t bad_secret[] = {0, 1, 8, 15};
        for (size_t s = 0; s < G_N_ELEMENTS(bad_secret); s++) {
            cr_expect_not(dh_public(group[i], (struct span){x, bad_secret[s]}, out));
            cr_expect_not(
                dh_shared(group[i], (struct span){x, bad_secret[s]}, (struct span){peer, n}, out));
        }
        cr_expect_not(dh_public(group[i], (struct span){x, n + 1}, out));
        cr_expect_not(dh_public(group[i], (struct span){(uint8_t[32]){0}, 32}, out));
        static const int off[] = {-1, 1, -48};
        for (size_t s = 0; s < G_N_ELEMENTS(off); s++)
            cr_expect_not(dh_shared(group[i], (struct span){x, 32},
                                    (struct span){peer, n + (size_t)off[s]}, out));
        cr_expect_not(dh_shared(group[i], (struct span){x, 32}, (struct span){0}, out));
    }
    cr_expect_not(dh_public(GROUP_NONE, (struct span){x, 32}, out));
    cr_expect_not(dh_public(GROUP_COUNT, (struct span){x, 32}, out));
}

static void *race(void *out)
{
    uint8_t x[32];
    g_assert(dh_public(GROUP_MODP1536, secret_of(x, sizeof x, 77), out));
    return NULL;
}

Test(dh, tables_are_built_once_by_whoever_comes_first)
{
    GThread *thread[4];
    uint8_t out[4][256];
    for (int i = 0; i < 4; i++)
        thread[i] = g_thread_new("dh", race, out[i]);
    for (int i = 0; i < 4; i++)
        g_thread_join(thread[i]);
    for (int i = 1; i < 4; i++)
        cr_expect_arr_eq(out[0], out[i], dh_group_bytes(GROUP_MODP1536));
}
