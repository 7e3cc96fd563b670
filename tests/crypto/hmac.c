/* Digests and HMAC against the answers of RFC 1321, FIPS 180-4, RFC 2202 and RFC 4231. */
#include <glib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "vectors/unhex.h"
#include "vectors/hmac.h"

Test(digest, of_abc_in_any_number_of_parts)
{
    static const struct {
        enum crypto_hash h;
        const char *digest;
    } row[] = {
        {HASH_MD5, "900150983cd24fb0d6963f7d28e17f72"},
        {HASH_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d"},
        {HASH_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint8_t out[CRYPTO_MAX_DIGEST];
        hash_of(row[i].h, (struct span[]){{(const uint8_t *)"abc", 3}}, 1, out);
        expect_bytes(out, row[i].digest, "one part");
        hash_of(row[i].h,
                (struct span[]){{(const uint8_t *)"a", 1}, {NULL, 0}, {(const uint8_t *)"bc", 2}},
                3, out);
        expect_bytes(out, row[i].digest, "three parts");
        cr_expect_eq(hash_bytes(row[i].h) * 2, strlen(row[i].digest));
    }
}

Test(hmac, gives_the_answers_of_the_rfcs)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hmac_vector); i++) {
        struct span key = HEX(hmac_vector[i].key), data = HEX(hmac_vector[i].data);
        uint8_t out[CRYPTO_MAX_DIGEST];
        prf_of(hmac_vector[i].hash, key, &data, 1, out);
        expect_bytes(out, hmac_vector[i].mac, hmac_vector[i].source);
    }
}

Test(hmac, keyed_state_serves_many_messages_in_parts)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hmac_vector); i++) {
        struct span key = HEX(hmac_vector[i].key), data = HEX(hmac_vector[i].data);
        struct mac *x = mac_new(hmac_vector[i].hash, key);
        for (size_t cut = 0; cut <= data.n; cut++) {
            uint8_t out[CRYPTO_MAX_DIGEST];
            mac_of(x, (struct span[]){{data.p, cut}, {data.p + cut, data.n - cut}}, 2, out);
            expect_bytes(out, hmac_vector[i].mac, hmac_vector[i].source);
        }
        mac_free(x);
    }
}

Test(hmac, takes_an_empty_key_and_an_empty_message)
{
    uint8_t out[CRYPTO_MAX_DIGEST];
    prf_of(HASH_MD5, (struct span){0}, NULL, 0, out);
    expect_bytes(out, "74e6f7298a9c2d168935f58c001bad88", "md5");
    prf_of(HASH_SHA1, (struct span){0}, NULL, 0, out);
    expect_bytes(out, "fbdb1d1b18aa6c08324b7d64b71fb76370690e1d", "sha1");
    prf_of(HASH_SHA256, (struct span){0}, NULL, 0, out);
    expect_bytes(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad", "sha256");
}

Test(hmac, comparison_sees_every_byte)
{
    uint8_t a[16] = {0}, b[16] = {0};
    cr_expect(mac_equal(a, b, sizeof a));
    for (size_t i = 0; i < sizeof a; i++) {
        b[i] = 1;
        cr_expect_not(mac_equal(a, b, sizeof a), "byte %zu", i);
        cr_expect(mac_equal(a, b, i));
        b[i] = 0;
    }
}
