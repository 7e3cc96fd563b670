/* IKEv1 key derivation against NIST's rows and recorded handshakes. */
#include <glib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "vectors/unhex.h"
#include "vectors/nist_ikev1_kdf.h"
#include "vectors/rub_ikev1_traces.h"

Test(keys, of_nist_rows)
{
    static const struct {
        const char *name;
        enum crypto_hash h;
    } known[] = {{"md5", HASH_MD5}, {"sha1", HASH_SHA1}, {"sha256", HASH_SHA256}};
    size_t tried = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(kdf_vector); i++) {
        enum crypto_hash h = HASH_NONE;
        for (size_t j = 0; j < G_N_ELEMENTS(known); j++)
            if (!strcmp(known[j].name, kdf_vector[i].hash))
                h = known[j].h;
        if (h == HASH_NONE)
            continue; /* SHA-512 is no hash of this IKE */
        tried++;
        struct span ni = HEX(kdf_vector[i].ni), nr = HEX(kdf_vector[i].nr);
        struct span gxy = HEX(kdf_vector[i].gxy), psk = HEX(kdf_vector[i].psk), none = {0};
        struct ike_keys k = {0};
        if (kdf_vector[i].auth == KDF_PSK) {
            ike_keys_psk(&k, h, CIPHER_3DES, psk, ni, nr, gxy, kdf_vector[i].cky_i,
                         kdf_vector[i].cky_r, none, none);
        } else {
            /* SKEYID = prf(Ni_b | Nr_b, g^xy)                              RFC 2409 5 */
            uint8_t nonces[2 * VECTOR_BYTES];
            memcpy(nonces, ni.p, ni.n);
            memcpy(nonces + ni.n, nr.p, nr.n);
            prf_of(h, (struct span){nonces, ni.n + nr.n}, &gxy, 1, k.skeyid);
            ike_keys_from_skeyid(&k, h, CIPHER_3DES, gxy, kdf_vector[i].cky_i, kdf_vector[i].cky_r,
                                 none, none);
        }
        expect_bytes(k.skeyid, kdf_vector[i].skeyid, kdf_vector[i].name);
        expect_bytes(k.skeyid_d, kdf_vector[i].skeyid_d, kdf_vector[i].name);
        expect_bytes(k.skeyid_a, kdf_vector[i].skeyid_a, kdf_vector[i].name);
        expect_bytes(k.skeyid_e, kdf_vector[i].skeyid_e, kdf_vector[i].name);
        cr_expect_eq(k.digest_bytes, hash_bytes(h));
    }
    cr_expect_eq(tried, 3);
}

static void keys_of_trace(size_t i, struct ike_keys *k)
{
    struct span psk = HEX(rub_vector[i].psk), gxy = HEX(rub_vector[i].gxy);
    struct span ni = HEX(rub_vector[i].ni), nr = HEX(rub_vector[i].nr);
    struct span ke_i = HEX(rub_vector[i].ke_i), ke_r = HEX(rub_vector[i].ke_r);
    ike_keys_psk(k, HASH_SHA1, CIPHER_AES128, psk, ni, nr, gxy, rub_vector[i].cky_i,
                 rub_vector[i].cky_r, ke_i, ke_r);
}

Test(keys, of_recorded_main_modes)
{
    for (size_t i = 0; i < G_N_ELEMENTS(rub_vector); i++) {
        struct ike_keys k;
        keys_of_trace(i, &k);
        expect_bytes(k.skeyid, rub_vector[i].skeyid, "SKEYID");
        expect_bytes(k.skeyid_d, rub_vector[i].skeyid_d, "SKEYID_d");
        expect_bytes(k.skeyid_a, rub_vector[i].skeyid_a, "SKEYID_a");
        expect_bytes(k.skeyid_e, rub_vector[i].skeyid_e, "SKEYID_e");
        expect_bytes(k.cipher_key, rub_vector[i].ka, "Ka");
        expect_bytes(k.iv, rub_vector[i].iv_phase1, "IV");
        cr_expect_eq(k.key_bytes, 16);
        cr_expect_eq(k.iv_bytes, 16);
    }
}

Test(keys, prove_the_recorded_responder)
{
    size_t tried = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rub_vector); i++) {
        if (!rub_vector[i].hash_r)
            continue;
        tried++;
        struct ike_keys k;
        keys_of_trace(i, &k);
        uint8_t cookies[16], hash_r[CRYPTO_MAX_DIGEST];
        be64_put(cookies, rub_vector[i].cky_r);
        be64_put(cookies + 8, rub_vector[i].cky_i);
        /* HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b)   RFC 2409 5 */
        struct span part[] = {HEX(rub_vector[i].ke_r),
                              HEX(rub_vector[i].ke_i),
                              {cookies, 16},
                              HEX(rub_vector[i].sai_b),
                              HEX(rub_vector[i].idir_b)};
        prf_of(HASH_SHA1, (struct span){k.skeyid, k.digest_bytes}, part, 5, hash_r);
        expect_bytes(hash_r, rub_vector[i].hash_r, "HASH_R");
    }
    cr_expect_eq(tried, 2);
}

Test(keys, of_recorded_quick_modes)
{
    size_t ivs = 0, keymats = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(rub_vector); i++) {
        struct ike_keys k;
        uint8_t out[64];
        keys_of_trace(i, &k);
        if (rub_vector[i].iv_phase2) {
            /* Recorded straight after phase 1's first IV, so that is the last block. */
            ike_phase2_iv(out, 16, HASH_SHA1, (struct span){k.iv, k.iv_bytes},
                          rub_vector[i].phase2_msgid);
            expect_bytes(out, rub_vector[i].iv_phase2, "IV of phase 2");
            ivs++;
        }
        if (rub_vector[i].quick.protocol) {
            struct span d = {k.skeyid_d, k.digest_bytes}, none = {0};
            struct span ni = HEX(rub_vector[i].quick.ni), nr = HEX(rub_vector[i].quick.nr);
            ike_keymat(out, 36, HASH_SHA1, d, none, rub_vector[i].quick.protocol,
                       rub_vector[i].quick.spi_out, ni, nr);
            expect_bytes(out, rub_vector[i].quick.keymat_out, "KEYMAT out");
            ike_keymat(out, 36, HASH_SHA1, d, none, rub_vector[i].quick.protocol,
                       rub_vector[i].quick.spi_in, ni, nr);
            expect_bytes(out, rub_vector[i].quick.keymat_in, "KEYMAT in");
            keymats++;
        }
    }
    cr_expect_eq(ivs, 1);
    cr_expect_eq(keymats, 1);
}

/* Long keys are stretched from SKEYID_e; the octets are told apart here by doing it by hand. */
Test(keys, longer_than_skeyid_e_are_expanded)
{
    static const struct {
        enum crypto_hash h;
        enum crypto_cipher c;
        bool expanded;
    } row[] = {
        {HASH_MD5, CIPHER_DES, false},     {HASH_MD5, CIPHER_AES128, false},
        {HASH_MD5, CIPHER_3DES, true},     {HASH_MD5, CIPHER_AES192, true},
        {HASH_MD5, CIPHER_AES256, true},   {HASH_SHA1, CIPHER_AES128, false},
        {HASH_SHA1, CIPHER_3DES, true},    {HASH_SHA1, CIPHER_AES256, true},
        {HASH_SHA256, CIPHER_3DES, false}, {HASH_SHA256, CIPHER_AES256, false},
    };
    struct span some = {(const uint8_t *)"0123456789abcdef", 16};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ike_keys k;
        ike_keys_psk(&k, row[i].h, row[i].c, some, some, some, some, 1, 2, some, some);
        size_t d = hash_bytes(row[i].h), n = cipher_key_bytes(row[i].c);
        uint8_t ka[3 * CRYPTO_MAX_DIGEST];
        struct span skeyid_e = {k.skeyid_e, d}, zero = {(const uint8_t *)"", 1};
        memcpy(ka, k.skeyid_e, d);
        if (row[i].expanded) {
            prf_of(row[i].h, skeyid_e, &zero, 1, ka);
            prf_of(row[i].h, skeyid_e, &(struct span){ka, d}, 1, ka + d);
        }
        cr_expect_eq(k.key_bytes, n);
        cr_expect_arr_eq(k.cipher_key, ka, n, "row %zu", i);
    }
}

Test(keys, keymat_takes_pfs_protocol_and_spi_into_account_and_grows_as_asked)
{
    struct span d = {(const uint8_t *)"0123456789abcdefghij", 20}, none = {0};
    struct span n = {(const uint8_t *)"nonce", 5}, gxy = {(const uint8_t *)"shared", 6};
    uint8_t a[100], b[100];
    ike_keymat(a, sizeof a, HASH_SHA1, d, none, 3, 0x1000, n, n);
    for (size_t len = 0; len < sizeof b; len++) {
        memset(b, 0xee, sizeof b);
        ike_keymat(b, len, HASH_SHA1, d, none, 3, 0x1000, n, n);
        cr_expect_arr_eq(a, b, len);
        cr_expect_eq(b[len], 0xee, "wrote past %zu", len);
    }
    ike_keymat(b, 20, HASH_SHA1, d, gxy, 3, 0x1000, n, n);
    cr_expect(memcmp(a, b, 20) != 0);
    ike_keymat(b, 20, HASH_SHA1, d, none, 2, 0x1000, n, n);
    cr_expect(memcmp(a, b, 20) != 0);
    ike_keymat(b, 20, HASH_SHA1, d, none, 3, 0x1001, n, n);
    cr_expect(memcmp(a, b, 20) != 0);
}
