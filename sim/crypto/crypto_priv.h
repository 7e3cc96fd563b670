/* What the files of this room share: the library handle and the raw digest states. */
#ifndef CRYPTO_PRIV_H
#define CRYPTO_PRIV_H

/* MD5, SHA-1 and SHA-256 are used through their own small states. OpenSSL 3 calls these functions
 * old; they are the same code below EVP, and copying a keyed state of 100 bytes is what makes a
 * short HMAC cost half of what EVP_MD_CTX_copy makes of it. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/sha.h>

#include "crypto/crypto.h"

/* Fetched once for the process and never changed after. */
struct crypto_lib {
    OSSL_LIB_CTX *ctx;
    EVP_CIPHER *cipher[CIPHER_COUNT]; /* NULL for CIPHER_NULL */
};
const struct crypto_lib *crypto_lib(void);

#define DIGEST_BLOCK 64 /* all three digests eat 64 bytes at a time */

struct digest {
    enum crypto_hash h;
    union {
        MD5_CTX md5;
        SHA_CTX sha1;
        SHA256_CTX sha256;
    } u;
};
void digest_init(struct digest *d, enum crypto_hash h);
void digest_add(struct digest *d, const void *p, size_t n);
void digest_end(struct digest *d, uint8_t *out);

/* A keyed MAC by value, for use on the stack. */
struct mac {
    struct digest inner, outer;
};
void mac_init(struct mac *x, enum crypto_hash h, struct span key);

#endif
