/* HMAC (RFC 2104). The digest states after the inner and the outer pad are computed once a key;
 * each use copies them, so a message costs its own bytes and one block more. */
#include <glib.h>
#include <openssl/crypto.h>
#include <string.h>

#include "crypto_priv.h"

/* H(K XOR opad, H(K XOR ipad, text)), a key longer than a block is hashed first    RFC 2104 2 */
void mac_init(struct mac *x, enum crypto_hash h, struct span key)
{
    uint8_t k[DIGEST_BLOCK] = {0}, pad[DIGEST_BLOCK];
    if (key.n > sizeof k)
        hash_of(h, &key, 1, k);
    else if (key.n)
        memcpy(k, key.p, key.n);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = k[i] ^ 0x36;
    digest_init(&x->inner, h);
    digest_add(&x->inner, pad, sizeof pad);
    for (size_t i = 0; i < sizeof pad; i++)
        pad[i] = k[i] ^ 0x5c;
    digest_init(&x->outer, h);
    digest_add(&x->outer, pad, sizeof pad);
}

struct mac *mac_new(enum crypto_hash h, struct span key)
{
    struct mac *x = g_new(struct mac, 1);
    mac_init(x, h, key);
    return x;
}

void mac_free(struct mac *x)
{
    g_free(x);
}

void mac_of(struct mac *x, const struct span *parts, size_t n, uint8_t *out)
{
    struct digest d = x->inner;
    uint8_t inner[CRYPTO_MAX_DIGEST];
    for (size_t i = 0; i < n; i++)
        digest_add(&d, parts[i].p, parts[i].n);
    digest_end(&d, inner);
    d = x->outer;
    digest_add(&d, inner, hash_bytes(d.h));
    digest_end(&d, out);
}

bool mac_equal(const uint8_t *a, const uint8_t *b, size_t n)
{
    return CRYPTO_memcmp(a, b, n) == 0;
}

void prf_of(enum crypto_hash h, struct span key, const struct span *parts, size_t n, uint8_t *out)
{
    struct mac x;
    mac_init(&x, h, key);
    mac_of(&x, parts, n, out);
}
