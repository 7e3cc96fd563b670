/* Algorithms by the names of keys.json, and what is computed with them: HMAC, CBC, modular powers.
 */
#include "rederive.h"

#include <openssl/bn.h>
#include <openssl/hmac.h>
#include <string.h>

// clang-format off
static const struct cipher ciphers[] = {
    { "NULL",   NULL,             0,  1 },
    { "DES",    EVP_des_cbc,      8,  8 },
    { "3DES",   EVP_des_ede3_cbc, 24, 8 },
    { "AES128", EVP_aes_128_cbc,  16, 16 },
    { "AES192", EVP_aes_192_cbc,  24, 16 },
    { "AES256", EVP_aes_256_cbc,  32, 16 },
};
static const struct hash hashes[] = {
    { "NONE",   NULL,       0,  0 },
    { "MD5",    EVP_md5,    16, 12 },
    { "SHA1",   EVP_sha1,   20, 12 },
    { "SHA256", EVP_sha256, 32, 16 },
};
static const struct group groups[] = {
    { "MODP768",  BN_get_rfc2409_prime_768,  96 },
    { "MODP1024", BN_get_rfc2409_prime_1024, 128 },
    { "MODP1536", BN_get_rfc3526_prime_1536, 192 },
    { "MODP2048", BN_get_rfc3526_prime_2048, 256 },
};
// clang-format on
#define FIND(table, text) find(table, sizeof table / sizeof *table, sizeof *table, text)

static const void *find(const void *table, size_t rows, size_t size, const char *name)
{
    for (size_t i = 0; i < rows; i++) {
        const char *row = (const char *)table + i * size;
        if (strcmp(*(const char *const *)row, name) == 0)
            return row;
    }
    return NULL;
}
const struct cipher *cipher_find(const char *name)
{
    return FIND(ciphers, name);
}
const struct hash *hash_find(const char *name)
{
    return FIND(hashes, name);
}
const struct group *group_find(const char *name)
{
    return FIND(groups, name);
}
const struct group *group_of_bytes(size_t bytes)
{
    for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
        if (groups[i].bytes == bytes)
            return &groups[i];
    return NULL;
}

size_t prf(const struct hash *h, const uint8_t *key, size_t key_n, const struct part *parts,
           uint8_t *out)
{
    unsigned n = 0;
    uint8_t joined[8192];
    size_t all = 0;
    for (; parts->p; parts++) {
        if (all + parts->n > sizeof joined)
            return 0;
        memcpy(joined + all, parts->p, parts->n);
        all += parts->n;
    }
    return HMAC(h->evp(), key, (int)key_n, joined, all, out, &n) ? n : 0;
}

bool cbc_open(const struct cipher *c, const uint8_t *key, const uint8_t *iv, const uint8_t *in,
              size_t n, uint8_t *out)
{
    EVP_CIPHER_CTX *x = EVP_CIPHER_CTX_new();
    int got = 0;
    bool good = EVP_DecryptInit_ex(x, c->evp(), NULL, key, iv) &&
                EVP_CIPHER_CTX_set_padding(x, 0) && EVP_DecryptUpdate(x, out, &got, in, (int)n) &&
                (size_t)got == n;
    EVP_CIPHER_CTX_free(x);
    return good;
}

bool power(const struct group *g, struct bytes base, const struct buf *secret, uint8_t *out)
{
    BN_CTX *x = BN_CTX_new();
    BIGNUM *p = g->prime(NULL), *e = BN_bin2bn(secret->p, (int)secret->n, NULL), *y = BN_new();
    BIGNUM *b = BN_bin2bn(base.p, (int)base.n, NULL);
    bool good = BN_mod_exp(y, b, e, p, x) && BN_bn2binpad(y, out, (int)g->bytes) == (int)g->bytes;
    BN_free(b), BN_free(y), BN_free(e), BN_free(p), BN_CTX_free(x);
    return good;
}
