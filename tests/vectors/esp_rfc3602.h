/* The four AES-CBC ESP packets of RFC 3602 section 4 (cases 5 to 8) and the padding rule. */
#ifndef VECTORS_ESP_RFC3602_H
#define VECTORS_ESP_RFC3602_H

// clang-format off
static const struct {
    const char *source, *key;
    uint32_t spi, seq;
    const char *iv;
    uint8_t next_header, pad_length;
    const char *payload, *esp_packet;
} esp_vector[] = {
    { "RFC 3602 section 4, case #5",
      .key = "90d382b410eeba7ad938c46cec1a82bf",
      .spi = 0x00004321, .seq = 1, .iv = "e96e8c08ab465763fd098d45dd3ff893", .next_header = 1, .pad_length = 14,
      .payload = "08000ebda70a00008e9c083db95b070008090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f2021"
                 "22232425262728292a2b2c2d2e2f3031323334353637",
      .esp_packet = "0000432100000001e96e8c08ab465763fd098d45dd3ff893f663c25d325c18c6a9453e194e120849a487"
                    "0b66cc6b9965330013b4898dc856a4699e523a55db080b59ec3a8e4b7e52775b07d1db34ed9c538ab50c"
                    "551b874aa269add047ad2d5913ac19b7cfbad4a6" },
    { "RFC 3602 section 4, case #6",
      .key = "90d382b410eeba7ad938c46cec1a82bf",
      .spi = 0x00004321, .seq = 8, .iv = "69d08df7d203329db093fc4924e5bd80", .next_header = 1, .pad_length = 2,
      .payload = "0800b5e8a80a0500a69c083d0b660e00777777777777777777777777",
      .esp_packet = "000043210000000869d08df7d203329db093fc4924e5bd80f51995881ec4e0c4488987ce742e8109689b"
                    "b379d2d750c0d915dca346a89f75" },
    { "RFC 3602 section 4, case #7",
      .key = "0123456789abcdef0123456789abcdef",
      .spi = 0x00008765, .seq = 2, .iv = "f4e765244f6407adf13dc1380f673f37", .next_header = 4, .pad_length = 10,
      .payload = "45000054090400004001f988c0a87b03c0a87bc808009f76a90a0100b49c083d02a2040008090a0b0c0d"
                 "0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637",
      .esp_packet = "0000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5ed611b0c237c"
                    "a96cf74a93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2d"
                    "ecd136e5c177f132ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d" },
    { "RFC 3602 section 4, case #8",
      .key = "0123456789abcdef0123456789abcdef",
      .spi = 0x00008765, .seq = 5, .iv = "85d47224b5f3dd5d2101d4ea8dffab22", .next_header = 4, .pad_length = 10,
      .payload = "45000044090c00004001f990c0a87b03c0a87bc80800d63caa0a0200c69c083da3de0300ffffffffffff"
                 "ffffffffffffffffffffffffffffffffffffffffffffffffffff",
      .esp_packet = "000087650000000585d47224b5f3dd5d2101d4ea8dffab2215b92683819596a8047232cc00f7048fe453"
                    "18e11f8a0f62ede3c3fc61203bb50f980a08c9843fd3a1b06d5c07ff9639b7eb7dfb3512e5de435e7207"
                    "ed971ef3d2726d9b5ef6affc6d17a0decbb13892" },
};

/* RFC 2406 2.4: 1, 2, 3 ... up to the pad length and next header, ending on a block. */
static const struct {
    uint8_t block;
    const char *payload;
    uint8_t next_header;
    const char *padded;
} esp_padding_vector[] = {
    { 16, "ffffffffffff", 0, "ffffffffffff01020304050607080800" },
    { 16, "ff", 0, "ff0102030405060708090a0b0c0d0d00" },
    { 16, "", 0, "0102030405060708090a0b0c0d0e0e00" },
    { 16, "ffffffffffffffffffffffffffffff", 0, "ffffffffffffffffffffffffffffff0102030405060708090a0b0c0d0e0f0f00" },
};
// clang-format on

#endif
