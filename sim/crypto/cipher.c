/* CBC ciphers (RFC 2405, 2451, 3602) whose libcrypto contexts live as long as their SA. A context
 * is made when its direction is first used: an ESP SA seals or opens, only IKE does both. */
#include <glib.h>
#include <limits.h>
#include <string.h>

#include "crypto_priv.h"

struct cipher {
    const EVP_CIPHER *algorithm; /* NULL for CIPHER_NULL */
    EVP_CIPHER_CTX *encrypt, *decrypt;
    uint8_t block, key_bytes;
    uint8_t key[CRYPTO_MAX_KEY];
};

struct cipher *cipher_new(enum crypto_cipher c, struct span key)
{
    if (key.n != cipher_key_bytes(c))
        return NULL;
    struct cipher *x = g_new0(struct cipher, 1);
    x->algorithm = crypto_lib()->cipher[c];
    x->block = (uint8_t)cipher_block_bytes(c);
    x->key_bytes = (uint8_t)key.n;
    if (key.n)
        memcpy(x->key, key.p, key.n);
    return x;
}

void cipher_rest(struct cipher *x)
{
    g_clear_pointer(&x->encrypt, EVP_CIPHER_CTX_free);
    g_clear_pointer(&x->decrypt, EVP_CIPHER_CTX_free);
}

void cipher_free(struct cipher *x)
{
    if (!x)
        return;
    cipher_rest(x);
    g_free(x);
}

static EVP_CIPHER_CTX *context(struct cipher *x, bool encrypt)
{
    static const uint8_t zero_iv[CRYPTO_MAX_BLOCK];
    EVP_CIPHER_CTX **ctx = encrypt ? &x->encrypt : &x->decrypt;
    if (!*ctx) {
        *ctx = EVP_CIPHER_CTX_new();
        g_assert(*ctx && EVP_CipherInit_ex(*ctx, x->algorithm, NULL, x->key, zero_iv, encrypt));
        EVP_CIPHER_CTX_set_padding(*ctx, 0);
    }
    return *ctx;
}

static bool run(struct cipher *x, bool encrypt, const uint8_t *iv, const uint8_t *in, size_t n,
                uint8_t *out)
{
    if (n % x->block || n > INT_MAX)
        return false;
    if (!x->algorithm) {
        if (n && in != out)
            memmove(out, in, n);
        return true;
    }
    EVP_CIPHER_CTX *ctx = context(x, encrypt);
    if (iv && !EVP_CipherInit_ex(ctx, NULL, NULL, NULL, iv, -1))
        return false;
    int got = 0;
    return n == 0 || (EVP_CipherUpdate(ctx, out, &got, in, (int)n) && (size_t)got == n);
}

bool cipher_encrypt(struct cipher *x, const uint8_t *iv, const uint8_t *in, size_t n, uint8_t *out,
                    uint8_t *chain)
{
    if (!run(x, true, iv, in, n, out))
        return false;
    if (chain && x->algorithm && n)
        memcpy(chain, out + n - x->block, x->block);
    return true;
}

bool cipher_decrypt(struct cipher *x, const uint8_t *iv, const uint8_t *in, size_t n, uint8_t *out,
                    uint8_t *chain)
{
    /* In place, the last cipher block is gone afterwards: keep it first. */
    uint8_t last[CRYPTO_MAX_BLOCK];
    bool keep = chain && x->algorithm && n && n % x->block == 0;
    if (keep)
        memcpy(last, in + n - x->block, x->block);
    if (!run(x, false, iv, in, n, out))
        return false;
    if (keep)
        memcpy(chain, last, x->block);
    return true;
}
