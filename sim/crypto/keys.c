/* Keys of IKEv1: SKEYID and its children, the IKE cipher key and IVs, KEYMAT for IPsec. Every step
 * stands under its line of RFC 2409. */
#include <glib.h>
#include <string.h>

#include "crypto/crypto.h"

/* SKEYID_x = prf(SKEYID, [previous |] g^xy | CKY-I | CKY-R | n)                RFC 2409 5 */
static void child(const struct ike_keys *k, enum crypto_hash h, struct span previous,
                  struct span gxy, const uint8_t cookies[16], uint8_t n, uint8_t *out)
{
    prf_of(h, (struct span){k->skeyid, k->digest_bytes},
           (struct span[]){previous, gxy, {cookies, 16}, {&n, 1}}, 4, out);
}

/* The cipher key is the first bytes of SKEYID_e. When that is too short:
 * Ka = K1 | K2 | ..., K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1)             RFC 2409 Appendix B
 */
static void cipher_key(struct ike_keys *k, enum crypto_hash h)
{
    if (k->key_bytes <= k->digest_bytes) {
        memcpy(k->cipher_key, k->skeyid_e, k->key_bytes);
        return;
    }
    uint8_t block[CRYPTO_MAX_DIGEST];
    struct span previous = {(const uint8_t *)"\0", 1};
    for (size_t at = 0; at < k->key_bytes; at += k->digest_bytes) {
        prf_of(h, (struct span){k->skeyid_e, k->digest_bytes}, &previous, 1, block);
        memcpy(k->cipher_key + at, block, MIN(k->digest_bytes, k->key_bytes - at));
        previous = (struct span){block, k->digest_bytes};
    }
}

void ike_keys_from_skeyid(struct ike_keys *k, enum crypto_hash h, enum crypto_cipher c,
                          struct span gxy, uint64_t cky_i, uint64_t cky_r, struct span gxi,
                          struct span gxr)
{
    uint8_t cookies[16], digest[CRYPTO_MAX_DIGEST];
    be64_put(cookies, cky_i);
    be64_put(cookies + 8, cky_r);
    k->digest_bytes = hash_bytes(h);
    k->key_bytes = cipher_key_bytes(c);
    k->iv_bytes = cipher_iv_bytes(c);
    child(k, h, (struct span){0}, gxy, cookies, 0, k->skeyid_d);
    child(k, h, (struct span){k->skeyid_d, k->digest_bytes}, gxy, cookies, 1, k->skeyid_a);
    child(k, h, (struct span){k->skeyid_a, k->digest_bytes}, gxy, cookies, 2, k->skeyid_e);
    cipher_key(k, h);
    /* IV = hash(g^xi | g^xr), as much of it as the cipher takes                RFC 2409 Appendix B
     */
    hash_of(h, (struct span[]){gxi, gxr}, 2, digest);
    memcpy(k->iv, digest, k->iv_bytes);
}

void ike_keys_psk(struct ike_keys *k, enum crypto_hash h, enum crypto_cipher c, struct span psk,
                  struct span ni_b, struct span nr_b, struct span gxy, uint64_t cky_i,
                  uint64_t cky_r, struct span gxi, struct span gxr)
{
    *k = (struct ike_keys){0};
    /* SKEYID = prf(pre-shared-key, Ni_b | Nr_b)                                RFC 2409 5 */
    prf_of(h, psk, (struct span[]){ni_b, nr_b}, 2, k->skeyid);
    ike_keys_from_skeyid(k, h, c, gxy, cky_i, cky_r, gxi, gxr);
}

/* KEYMAT = K1 | K2 | ..., K1 = prf(SKEYID_d, [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b),
 * K2 = prf(SKEYID_d, K1 | [ g(qm)^xy | ] protocol | SPI | Ni_b | Nr_b)          RFC 2409 5.5 */
void ike_keymat(uint8_t *out, size_t n, enum crypto_hash h, struct span skeyid_d, struct span gxy,
                uint8_t protocol, uint32_t spi, struct span ni_b, struct span nr_b)
{
    uint8_t head[5] = {protocol}, block[CRYPTO_MAX_DIGEST];
    be32_put(head + 1, spi);
    struct span previous = {0};
    size_t step = hash_bytes(h);
    for (size_t at = 0; at < n; at += step) {
        prf_of(h, skeyid_d, (struct span[]){previous, gxy, {head, sizeof head}, ni_b, nr_b}, 5,
               block);
        memcpy(out + at, block, MIN(step, n - at));
        previous = (struct span){block, step};
    }
}

/* The first IV of a phase 2 exchange: hash(last phase 1 block | M-ID)          RFC 2409 Appendix B
 */
void ike_phase2_iv(uint8_t *out, size_t n, enum crypto_hash h, struct span last_block,
                   uint32_t msgid)
{
    uint8_t id[4], digest[CRYPTO_MAX_DIGEST];
    be32_put(id, msgid);
    hash_of(h, (struct span[]){last_block, {id, sizeof id}}, 2, digest);
    g_assert(n <= hash_bytes(h));
    memcpy(out, digest, n);
}
