/* Diffie-Hellman over the MODP groups of RFC 2409 6 and RFC 3526, generator 2. The modulus and its
 * Montgomery form are made once a group, and so are tables of powers of the generator: with
 * exponents of our own, g^x is then one multiplication for each few bits of x and no squaring. */
#include <glib.h>
#include <openssl/bn.h>

#include "crypto/crypto.h"

#define GENERATOR   2
#define WINDOW_BITS 4
#define WINDOW_ROWS ((1 << WINDOW_BITS) - 1) /* the power 0 needs no row */

/* Shorter exponents can be searched for; nothing here has a use for them. */
#define SECRET_MIN_BYTES 16

/* power[w * rows + d - 1] is g^(d * 2^(bits * w)), in Montgomery form. */
struct base_table {
    unsigned bits; /* of the exponent, a window */
    size_t rows;   /* 2^bits - 1: the power 0 needs no row */
    size_t windows;
    BIGNUM **power;
};

/* Exponents up to DH_SECRET_BYTES get wide windows (350 kB for group 2), longer ones narrow ones.
 */
enum { TABLE_SHORT, TABLE_FULL, TABLES };
static const unsigned table_bits[TABLES] = {[TABLE_SHORT] = 6, [TABLE_FULL] = 4};

struct group {
    BIGNUM *p, *p_minus_1, *one; /* one in Montgomery form */
    BN_MONT_CTX *mont;
};

static BIGNUM *prime(enum crypto_group g)
{
    switch (g) {
    case GROUP_MODP768:
        return BN_get_rfc2409_prime_768(NULL);
    case GROUP_MODP1024:
        return BN_get_rfc2409_prime_1024(NULL);
    case GROUP_MODP1536:
        return BN_get_rfc3526_prime_1536(NULL);
    case GROUP_MODP2048:
        return BN_get_rfc3526_prime_2048(NULL);
    default:
        return NULL;
    }
}

static void *make_group(void *number)
{
    enum crypto_group g = GPOINTER_TO_UINT(number);
    struct group *group = g_new0(struct group, 1);
    BN_CTX *ctx = BN_CTX_new();
    group->p = prime(g);
    group->p_minus_1 = BN_dup(group->p);
    group->one = BN_new();
    group->mont = BN_MONT_CTX_new();
    g_assert(ctx && group->p_minus_1 && BN_sub_word(group->p_minus_1, 1) && group->one);
    g_assert((size_t)BN_num_bytes(group->p) == dh_group_bytes(g));
    g_assert(group->mont && BN_MONT_CTX_set(group->mont, group->p, ctx));
    g_assert(BN_to_montgomery(group->one, BN_value_one(), group->mont, ctx));
    BN_CTX_free(ctx);
    return group;
}

/* Shared by the process, read-only once made. */
static const struct group *group_of(enum crypto_group g)
{
    static GOnce once[GROUP_COUNT] = {G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT,
                                      G_ONCE_INIT};
    g_assert(g > GROUP_NONE && g < GROUP_COUNT);
    return g_once(&once[g], make_group, GUINT_TO_POINTER(g));
}

/* The step to the next window, g^(2^bits), is the last row times the first. */
static void *make_table(void *packed)
{
    enum crypto_group g = GPOINTER_TO_UINT(packed) / TABLES;
    unsigned which = GPOINTER_TO_UINT(packed) % TABLES;
    size_t bytes = which == TABLE_SHORT ? DH_SECRET_BYTES : dh_group_bytes(g);
    const struct group *group = group_of(g);
    struct base_table *t = g_new0(struct base_table, 1);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *base = BN_new();
    t->bits = table_bits[which];
    t->rows = (1u << t->bits) - 1;
    t->windows = (bytes * 8 + t->bits - 1) / t->bits;
    t->power = g_new(BIGNUM *, t->windows * t->rows);
    g_assert(ctx && base && BN_set_word(base, GENERATOR));
    g_assert(BN_to_montgomery(base, base, group->mont, ctx));
    for (size_t w = 0; w < t->windows; w++) {
        BIGNUM **row = t->power + w * t->rows;
        row[0] = BN_dup(base);
        for (size_t d = 1; d < t->rows; d++) {
            row[d] = BN_new();
            g_assert(BN_mod_mul_montgomery(row[d], row[d - 1], base, group->mont, ctx));
        }
        g_assert(BN_mod_mul_montgomery(base, row[t->rows - 1], base, group->mont, ctx));
    }
    BN_free(base);
    BN_CTX_free(ctx);
    return t;
}

static const struct base_table *table_of(enum crypto_group g, size_t secret_bytes)
{
    static GOnce once[GROUP_COUNT * TABLES] = {
        G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT,
        G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT, G_ONCE_INIT,
    };
    guint i = (guint)g * TABLES + (secret_bytes <= DH_SECRET_BYTES ? TABLE_SHORT : TABLE_FULL);
    return g_once(&once[i], make_table, GUINT_TO_POINTER(i));
}

static bool secret_usable(enum crypto_group g, struct span secret)
{
    if (g <= GROUP_NONE || g >= GROUP_COUNT)
        return false;
    if (secret.n < SECRET_MIN_BYTES || secret.n > dh_group_bytes(g))
        return false;
    uint8_t any = 0;
    for (size_t i = 0; i < secret.n; i++)
        any |= secret.p[i];
    return any != 0;
}

/* `bits` bits of a big-endian number, `at` bits up from its low end. */
static unsigned window_of(struct span secret, size_t at, unsigned bits)
{
    size_t byte = at / 8;
    unsigned v = secret.p[secret.n - 1 - byte];
    if (byte + 1 < secret.n)
        v |= (unsigned)secret.p[secret.n - 2 - byte] << 8;
    return v >> (at % 8) & ((1u << bits) - 1);
}

bool dh_public(enum crypto_group g, struct span secret, uint8_t *out)
{
    if (!secret_usable(g, secret))
        return false;
    const struct group *group = group_of(g);
    const struct base_table *t = table_of(g, secret.n);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *y = BN_dup(group->one);
    bool ok = ctx && y;
    for (size_t w = 0; ok && w * t->bits < secret.n * 8; w++) {
        unsigned d = window_of(secret, w * t->bits, t->bits);
        if (d)
            ok = BN_mod_mul_montgomery(y, y, t->power[w * t->rows + d - 1], group->mont, ctx);
    }
    ok = ok && BN_from_montgomery(y, y, group->mont, ctx) &&
         BN_bn2binpad(y, out, (int)dh_group_bytes(g)) > 0;
    BN_free(y);
    BN_CTX_free(ctx);
    return ok;
}

bool dh_shared(enum crypto_group g, struct span secret, struct span peer, uint8_t *out)
{
    /* A public value is as long as the modulus, with zero bits in front        RFC 2409 5 */
    if (!secret_usable(g, secret) || peer.n != dh_group_bytes(g))
        return false;
    const struct group *group = group_of(g);
    BN_CTX *ctx = BN_CTX_new();
    BIGNUM *x = BN_bin2bn(secret.p, (int)secret.n, NULL);
    BIGNUM *y = BN_bin2bn(peer.p, (int)peer.n, NULL);
    bool ok = ctx && x && y;
    /* 1 < y < p - 1: the others give the shared secret away                    RFC 2412 App. E,
     * 2631 2.1.5 */
    ok = ok && BN_cmp(y, BN_value_one()) > 0 && BN_cmp(y, group->p_minus_1) < 0;
    ok = ok && BN_mod_exp_mont(y, y, x, group->p, ctx, group->mont) &&
         BN_bn2binpad(y, out, (int)dh_group_bytes(g)) > 0;
    BN_clear_free(x);
    BN_free(y);
    BN_CTX_free(ctx);
    return ok;
}
