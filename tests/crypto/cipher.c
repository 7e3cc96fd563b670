/* CBC known answers: FIPS 81 and SP 800-17 (DES), SP 800-67 (3DES), RFC 3602 section 4 and
 * SP 800-38A (AES); then the habits of the interface that ESP and IKE lean on. */
#include <glib.h>
#include <string.h>

#include "crypto/crypto.h"
#include "vectors/facts.h"
#include "vectors/unhex.h"

// clang-format off
static const struct {
    const char *source;
    enum crypto_cipher c;
    const char *key, *iv, *plain, *sealed;
} answer[] = {
    { "FIPS 81 table C1", CIPHER_DES, "0123456789abcdef", "1234567890abcdef",
      "4e6f77206973207468652074696d6520666f7220616c6c20", "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6" },
    { "SP 800-17 variable plaintext", CIPHER_DES, "0101010101010101", "0000000000000000", "8000000000000000", "95f8a5e5dd31d900" },
    { "SP 800-17 variable key", CIPHER_DES, "8001010101010101", "0000000000000000", "0000000000000000", "95a8d72813daa94d" },
    { "SP 800-67 B.1 block 1", CIPHER_3DES, "0123456789abcdef23456789abcdef01456789abcdef0123", "0000000000000000", "5468652071756663", "a826fd8ce53b855f" },
    { "SP 800-67 B.1 block 2", CIPHER_3DES, "0123456789abcdef23456789abcdef01456789abcdef0123", "0000000000000000", "6b2062726f776e20", "cce21c8112256fe6" },
    { "SP 800-67 B.1 block 3", CIPHER_3DES, "0123456789abcdef23456789abcdef01456789abcdef0123", "0000000000000000", "666f78206a756d70", "68d5c05dd9b6b900" },
    { "RFC 3602 case 1", CIPHER_AES128, "06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41",
      "53696e676c6520626c6f636b206d7367", "e353779c1079aeb82708942dbe77181a" },
    { "RFC 3602 case 2", CIPHER_AES128, "c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58",
      "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
      "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1" },
    { "RFC 3602 case 3", CIPHER_AES128, "6c3ea0477630ce21a2ce334aa746c2cd", "c782dc4c098c66cbd9cd27d825682c81",
      "5468697320697320612034382d62797465206d657373616765202865786163746c7920332041455320626c6f636b7329",
      "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5021c19216bad525c8579695d83ba2684" },
    { "RFC 3602 case 4", CIPHER_AES128, "56e47a38c5598974bc46903dba290349", "8ce82eefbea0da3c44699ed7db51b7d9",
      "a0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedf",
      "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55" },
    { "SP 800-38A F.2.3", CIPHER_AES192, "8e73b0f7da0e6452c810f32b809079e562f8ead2522c6b7b", "000102030405060708090a0b0c0d0e0f",
      "6bc1bee22e409f96e93d7e117393172a", "4f021db243bc633d7178183a9fa071e8" },
    { "SP 800-38A F.2.5", CIPHER_AES256, "603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4", "000102030405060708090a0b0c0d0e0f",
      "6bc1bee22e409f96e93d7e117393172a", "f58c4c04d6e5f1ba779eabfb5f7bfbd6" },
    { "RFC 2410", CIPHER_NULL, "", "", "00ff1122334455", "00ff1122334455" },
};
// clang-format on

Test(cipher, gives_the_published_answers_both_ways_and_in_place)
{
    crypto_init();
    for (size_t i = 0; i < G_N_ELEMENTS(answer); i++) {
        struct span key = HEX(answer[i].key), iv = HEX(answer[i].iv);
        struct span plain = HEX(answer[i].plain), sealed = HEX(answer[i].sealed);
        struct cipher *x = cipher_new(answer[i].c, key);
        cr_assert_not_null(x, "%s", answer[i].source);
        cr_expect_eq(iv.n, cipher_iv_bytes(answer[i].c));
        uint8_t out[VECTOR_BYTES], chain[CRYPTO_MAX_BLOCK], chain_open[CRYPTO_MAX_BLOCK];
        for (int again = 0; again < 2; again++) {
            cr_expect(cipher_encrypt(x, iv.p, plain.p, plain.n, out, chain));
            cr_expect_arr_eq(out, sealed.p, sealed.n, "%s", answer[i].source);
            cr_expect(cipher_decrypt(x, iv.p, out, sealed.n, out, chain_open));
            cr_expect_arr_eq(out, plain.p, plain.n, "%s", answer[i].source);
            cr_expect_arr_eq(chain, sealed.p + sealed.n - iv.n, iv.n);
            cr_expect_arr_eq(chain_open, chain, iv.n);
        }
        cipher_free(x);
    }
}

Test(cipher, without_an_iv_goes_on_from_the_last_block)
{
    for (size_t i = 0; i < G_N_ELEMENTS(answer); i++) {
        size_t block = cipher_block_bytes(answer[i].c);
        struct span key = HEX(answer[i].key), iv = HEX(answer[i].iv);
        struct span plain = HEX(answer[i].plain), sealed = HEX(answer[i].sealed);
        struct cipher *x = cipher_new(answer[i].c, key);
        uint8_t out[VECTOR_BYTES];
        for (size_t at = 0; at < plain.n; at += block)
            cr_expect(cipher_encrypt(x, at ? NULL : iv.p, plain.p + at, block, out + at, NULL));
        cr_expect_arr_eq(out, sealed.p, sealed.n, "%s", answer[i].source);
        for (size_t at = 0; at < plain.n; at += block)
            cr_expect(cipher_decrypt(x, at ? NULL : iv.p, sealed.p + at, block, out + at, NULL));
        cr_expect_arr_eq(out, plain.p, plain.n, "%s", answer[i].source);
        cipher_free(x);
    }
}

Test(cipher, refuses_wrong_keys_and_broken_blocks)
{
    static const uint8_t zero[64];
    uint8_t out[64];
    for (int c = 0; c < CIPHER_COUNT; c++) {
        size_t right = cipher_key_bytes(c);
        for (size_t n = 0; n <= 40; n++) {
            struct cipher *x = cipher_new(c, (struct span){zero, n});
            cr_expect_eq(x != NULL, n == right, "%s with %zu bytes", crypto_cipher_name(c), n);
            cipher_free(x);
        }
        struct cipher *x = cipher_new(c, (struct span){zero, right});
        for (size_t n = 0; n <= 48; n++) {
            bool whole = n % cipher_block_bytes(c) == 0;
            cr_expect_eq(cipher_encrypt(x, zero, zero, n, out, NULL), whole, "%zu", n);
            cr_expect_eq(cipher_decrypt(x, zero, zero, n, out, NULL), whole, "%zu", n);
        }
        cipher_free(x);
    }
    cipher_free(NULL);
}

Test(cipher, des_weak_keys_undo_themselves)
{
    static const uint8_t plain[8] = "weakkeys", iv[8];
    uint8_t out[8];
    for (size_t i = 0; i < G_N_ELEMENTS(des_weak_key); i++) {
        struct cipher *x = cipher_new(CIPHER_DES, HEX(des_weak_key[i]));
        cr_expect(cipher_encrypt(x, iv, plain, 8, out, NULL) && memcmp(out, plain, 8));
        cr_expect(cipher_encrypt(x, iv, out, 8, out, NULL));
        cr_expect_arr_eq(out, plain, 8, "%s", des_weak_key[i]);
        cipher_free(x);
    }
    for (size_t i = 0; i < G_N_ELEMENTS(des_semiweak_pair); i++) {
        struct cipher *a = cipher_new(CIPHER_DES, HEX(des_semiweak_pair[i][0]));
        struct cipher *b = cipher_new(CIPHER_DES, HEX(des_semiweak_pair[i][1]));
        cr_expect(cipher_encrypt(a, iv, plain, 8, out, NULL) &&
                  cipher_encrypt(b, iv, out, 8, out, NULL));
        cr_expect_arr_eq(out, plain, 8, "%s", des_semiweak_pair[i][0]);
        cipher_free(a);
        cipher_free(b);
    }
}
