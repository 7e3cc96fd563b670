/* Digests over their raw states: MD5 (RFC 1321), SHA-1 and SHA-256 (FIPS 180-4). */
#include <glib.h>

#include "crypto_priv.h"

void digest_init(struct digest *d, enum crypto_hash h)
{
    d->h = h;
    switch (h) {
    case HASH_MD5:
        MD5_Init(&d->u.md5);
        break;
    case HASH_SHA1:
        SHA1_Init(&d->u.sha1);
        break;
    case HASH_SHA256:
        SHA256_Init(&d->u.sha256);
        break;
    default:
        g_assert_not_reached();
    }
}

void digest_add(struct digest *d, const void *p, size_t n)
{
    if (!n)
        return;
    switch (d->h) {
    case HASH_MD5:
        MD5_Update(&d->u.md5, p, n);
        break;
    case HASH_SHA1:
        SHA1_Update(&d->u.sha1, p, n);
        break;
    default:
        SHA256_Update(&d->u.sha256, p, n);
    }
}

void digest_end(struct digest *d, uint8_t *out)
{
    switch (d->h) {
    case HASH_MD5:
        MD5_Final(out, &d->u.md5);
        break;
    case HASH_SHA1:
        SHA1_Final(out, &d->u.sha1);
        break;
    default:
        SHA256_Final(out, &d->u.sha256);
    }
}

void hash_of(enum crypto_hash h, const struct span *parts, size_t n, uint8_t *out)
{
    struct digest d;
    digest_init(&d, h);
    for (size_t i = 0; i < n; i++)
        digest_add(&d, parts[i].p, parts[i].n);
    digest_end(&d, out);
}
