/* Ciphers, hashes, prf and Diffie-Hellman over libcrypto, in the words of RFC 2409 and RFC 2407. */
#ifndef CRYPTO_CRYPTO_H
#define CRYPTO_CRYPTO_H

#include "base/span.h"
#include "tbl/tbl.h"

#define CRYPTO_MAX_DIGEST 32
#define CRYPTO_MAX_BLOCK  16
#define CRYPTO_MAX_KEY    32
#define CRYPTO_MAX_DH     256 /* bytes of a group 14 element */

/* Loads the providers (legacy, for DES). Safe to call again; aborts with a clear message if
 * libcrypto lacks DES. */
void crypto_init(void);

/* enum crypto_cipher, crypto_hash, crypto_group are rows of tbl/algorithms.def. */
size_t cipher_block_bytes(enum crypto_cipher c); /* 1 for NULL */
size_t cipher_iv_bytes(enum crypto_cipher c);    /* 0 for NULL */
size_t cipher_key_bytes(enum crypto_cipher c);   /* AES: 16, 24, 32 by row; DES 8; 3DES 24 */
size_t hash_bytes(enum crypto_hash h);
size_t hash_icv_bytes(enum crypto_hash h); /* 12 for MD5-96 and SHA1-96, 16 for SHA-256-128 */
size_t dh_group_bytes(enum crypto_group g);

/* A digest over several spans. */
void hash_of(enum crypto_hash h, const struct span *parts, size_t n, uint8_t *out);
/* prf(key, parts...) = HMAC in IKEv1 (RFC 2409 4, Appendix A). Any key length, empty too. */
void prf_of(enum crypto_hash h, struct span key, const struct span *parts, size_t n, uint8_t *out);

/* A CBC cipher whose context lives with its SA. The IV is given at each call (length
 * cipher_iv_bytes); NULL goes on from the last cipher block of that direction, which is much faster
 * than setting it. When `chain` is not NULL, the last cipher block is stored there. in == out is
 * allowed. False when n is not whole blocks. */
struct cipher;
struct cipher *cipher_new(enum crypto_cipher c,
                          struct span key); /* NULL when the key length is wrong */
void cipher_free(struct cipher *x);
/* Gives back what can be made anew from the key, until the next use: for a cipher that will be idle
 * long. Each next call must bring its IV. */
void cipher_rest(struct cipher *x);
bool cipher_encrypt(struct cipher *x, const uint8_t *iv, const uint8_t *in, size_t n, uint8_t *out,
                    uint8_t *chain);
bool cipher_decrypt(struct cipher *x, const uint8_t *iv, const uint8_t *in, size_t n, uint8_t *out,
                    uint8_t *chain);

/* A keyed MAC whose pads are computed once; each use copies the keyed state. */
struct mac;
struct mac *mac_new(enum crypto_hash h, struct span key);
void mac_free(struct mac *x);
/* Writes hash_bytes(h); callers truncate. */
void mac_of(struct mac *x, const struct span *parts, size_t n, uint8_t *out);
bool mac_equal(const uint8_t *a, const uint8_t *b, size_t n); /* constant time */

/* Diffie-Hellman over the MODP groups 1, 2, 5, 14 (RFC 2409 6.1, 6.2; RFC 3526). The private
 * exponent comes from the caller, so that runs repeat: 16 bytes to dh_group_bytes of it, not all
 * zero, else false. Public values are padded to dh_group_bytes. */
bool dh_public(enum crypto_group g, struct span secret, uint8_t *out);
/* False also when the peer's value is not dh_group_bytes long, is 0, 1, p-1 or not below p. */
bool dh_shared(enum crypto_group g, struct span secret, struct span peer, uint8_t *out);
/* Private exponent length used by default: 32 bytes (256 bits); settable per profile. */
#define DH_SECRET_BYTES 32

/* RFC 2409 5 and Appendix B. */
struct ike_keys {
    uint8_t skeyid[CRYPTO_MAX_DIGEST], skeyid_d[CRYPTO_MAX_DIGEST];
    uint8_t skeyid_a[CRYPTO_MAX_DIGEST], skeyid_e[CRYPTO_MAX_DIGEST];
    uint8_t cipher_key[CRYPTO_MAX_KEY]; /* Ka after Appendix B expansion, cipher_key_bytes long; DES
                                           weak keys are not avoided */
    uint8_t iv[CRYPTO_MAX_BLOCK];       /* hash(g^xi | g^xr), first block */
    size_t digest_bytes, key_bytes, iv_bytes;
};
/* SKEYID = prf(pre-shared-key, Ni_b | Nr_b), then _d, _a, _e, key and IV. */
void ike_keys_psk(struct ike_keys *k, enum crypto_hash h, enum crypto_cipher c, struct span psk,
                  struct span ni_b, struct span nr_b, struct span gxy, uint64_t cky_i,
                  uint64_t cky_r, struct span gxi, struct span gxr);
/* The same from a SKEYID that stands in k->skeyid, whatever authentication it came from. */
void ike_keys_from_skeyid(struct ike_keys *k, enum crypto_hash h, enum crypto_cipher c,
                          struct span gxy, uint64_t cky_i, uint64_t cky_r, struct span gxi,
                          struct span gxr);
/* KEYMAT = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), extended to n bytes (RFC
 * 2409 5.5). gxy is empty without PFS. */
void ike_keymat(uint8_t *out, size_t n, enum crypto_hash h, struct span skeyid_d, struct span gxy,
                uint8_t protocol, uint32_t spi, struct span ni_b, struct span nr_b);
/* IV of a phase 2 exchange: hash(last phase 1 block | M-ID). */
void ike_phase2_iv(uint8_t *out, size_t n, enum crypto_hash h, struct span last_block,
                   uint32_t msgid);

#endif
