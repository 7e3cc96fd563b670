/* HMAC known answers of RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-256). */
#ifndef VECTORS_HMAC_H
#define VECTORS_HMAC_H

// clang-format off
static const struct {
    const char *source;
    enum crypto_hash hash;
    const char *key, *data, *mac; /* mac may be truncated */
} hmac_vector[] = {
    { "RFC 2202 case 1", HASH_MD5,
      .key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      .data = "4869205468657265",
      .mac = "9294727a3638bb1c13f48ef8158bfc9d" },
    { "RFC 2202 case 2", HASH_MD5,
      .key = "4a656665",
      .data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .mac = "750c783e6ab0b503eaa86e310a5db738" },
    { "RFC 2202 case 3", HASH_MD5,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
              "dddddddddddddddd",
      .mac = "56be34521d144c88dbb8c733f0e8b3f6" },
    { "RFC 2202 case 4", HASH_MD5,
      .key = "0102030405060708090a0b0c0d0e0f10111213141516171819",
      .data = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
              "cdcdcdcdcdcdcdcd",
      .mac = "697eaf0aca3a3aea3a75164746ffaa79" },
    { "RFC 2202 case 5", HASH_MD5,
      .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
      .data = "546573742057697468205472756e636174696f6e",
      .mac = "56461ef2342edc00f9bab995690efd4c" },
    { "RFC 2202 case 6", HASH_MD5,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d204861"
              "7368204b6579204669727374",
      .mac = "6b1ab7fe4bd7bf8f0b62e6ce61b9d0cd" },
    { "RFC 2202 case 7", HASH_MD5,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e6420"
              "4c6172676572205468616e204f6e6520426c6f636b2d53697a652044617461",
      .mac = "6f630fad67cda0ee1fb1f562db3aa53e" },
    { "RFC 2202 case 5, 96 bits", HASH_MD5,
      .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
      .data = "546573742057697468205472756e636174696f6e",
      .mac = "56461ef2342edc00f9bab995" },
    { "RFC 2202 case 1", HASH_SHA1,
      .key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      .data = "4869205468657265",
      .mac = "b617318655057264e28bc0b6fb378c8ef146be00" },
    { "RFC 2202 case 2", HASH_SHA1,
      .key = "4a656665",
      .data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .mac = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79" },
    { "RFC 2202 case 3", HASH_SHA1,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
              "dddddddddddddddd",
      .mac = "125d7342b9ac11cd91a39af48aa17b4f63f175d3" },
    { "RFC 2202 case 4", HASH_SHA1,
      .key = "0102030405060708090a0b0c0d0e0f10111213141516171819",
      .data = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
              "cdcdcdcdcdcdcdcd",
      .mac = "4c9007f4026250c6bc8414f9bf50c86c2d7235da" },
    { "RFC 2202 case 5", HASH_SHA1,
      .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
      .data = "546573742057697468205472756e636174696f6e",
      .mac = "4c1a03424b55e07fe7f27be1d58bb9324a9a5a04" },
    { "RFC 2202 case 6", HASH_SHA1,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d204861"
              "7368204b6579204669727374",
      .mac = "aa4ae5e15272d00e95705637ce8a3b55ed402112" },
    { "RFC 2202 case 7", HASH_SHA1,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b657920616e6420"
              "4c6172676572205468616e204f6e6520426c6f636b2d53697a652044617461",
      .mac = "e8e99d0f45237d786d6bbaa7965c7808bbff1a91" },
    { "RFC 2202 case 5, 96 bits", HASH_SHA1,
      .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
      .data = "546573742057697468205472756e636174696f6e",
      .mac = "4c1a03424b55e07fe7f27be1" },
    { "RFC 4231 case 1", HASH_SHA256,
      .key = "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
      .data = "4869205468657265",
      .mac = "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7" },
    { "RFC 4231 case 2", HASH_SHA256,
      .key = "4a656665",
      .data = "7768617420646f2079612077616e7420666f72206e6f7468696e673f",
      .mac = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843" },
    { "RFC 4231 case 3", HASH_SHA256,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
      .data = "dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd"
              "dddddddddddddddd",
      .mac = "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe" },
    { "RFC 4231 case 4", HASH_SHA256,
      .key = "0102030405060708090a0b0c0d0e0f10111213141516171819",
      .data = "cdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
              "cdcdcdcdcdcdcdcd",
      .mac = "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b" },
    { "RFC 4231 case 5", HASH_SHA256,
      .key = "0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c",
      .data = "546573742057697468205472756e636174696f6e",
      .mac = "a3b6167473100ee06e0c796c2955552b" },
    { "RFC 4231 case 6", HASH_SHA256,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaa",
      .data = "54657374205573696e67204c6172676572205468616e20426c6f636b2d53697a65204b6579202d204861"
              "7368204b6579204669727374",
      .mac = "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54" },
    { "RFC 4231 case 7", HASH_SHA256,
      .key = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
             "aaaaaaaaaa",
      .data = "5468697320697320612074657374207573696e672061206c6172676572207468616e20626c6f636b2d73"
              "697a65206b657920616e642061206c6172676572207468616e20626c6f636b2d73697a6520646174612e"
              "20546865206b6579206e6565647320746f20626520686173686564206265666f7265206265696e672075"
              "7365642062792074686520484d414320616c676f726974686d2e",
      .mac = "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2" },
};
// clang-format on

#endif
