/* IKEv1 key derivations of NIST: the ACVP unit tests for SP 800-135 (repository
 * usnistgov/ACVP-Server, commit 3a7333f638a031c6ed35b6ee31064686eb88c1ec; a work of the US
 * Government). */
#ifndef VECTORS_NIST_IKEV1_KDF_H
#define VECTORS_NIST_IKEV1_KDF_H

// clang-format off
enum kdf_auth { KDF_PSK, KDF_DSA };
/* Hashes are named, because not every row's hash is one that IKE uses here. */
static const struct {
    const char *name, *hash;
    enum kdf_auth auth;
    const char *ni, *nr, *gxy;
    uint64_t cky_i, cky_r;
    const char *psk, *skeyid, *skeyid_d, *skeyid_a, *skeyid_e;
} kdf_vector[] = {
    { "PSK SHA-1", "sha1", KDF_PSK,
      .ni = "1ead7e319ffa3461",
      .nr = "11111bfb76949326",
      .gxy = "021330da3ce97cd999dba9c23c7b65c7a2a64e98f645fa3fbfd75730",
      .cky_i = 0xe0ed2d580d55e1b7, .cky_r = 0x855e41db01bafb88,
      .psk = "a7",
      .skeyid = "ce066bb6939856e17798a7dbd599621d46fb9199",
      .skeyid_d = "ae745755722d9d755b8ad9cea17eea05044c69d4",
      .skeyid_a = "a4bf03f1582e14ec2b9eab5c3f6427a19d01ed6f",
      .skeyid_e = "9e78d632eff0c69b4f4f878c99797c513b37a73e" },
    { "PSK SHA2-256", "sha256", KDF_PSK,
      .ni = "bcb61f721e3f546b033551155ac20ae2537bba3ae7df5eb560838c08c1003172e1d873c3bfcc356d2213"
           "8e450817255047c63c8b0ca24d118cd57d403cdd75690a93c82db1d39c8a2996af1f02917a8ffcd8cdbd"
           "b80d84f8077ee144bb832c7b0536ac27c111ee1f3bb7f5e8d6b82c38e2fb702c4a605717c846834bacea"
           "514f11fa6edc83e7f8dc5a01a0bb7c21bb8870bfd7695cb1cc1849f001313963c155c6bdd91c589c44dd"
           "3eacaa94ca0baa8f16999b093a46f6fad2cbe658824f170a8b136006793adc0274a986f2cc8ef6cec74c"
           "e8dbbd837efe2af0564aea1073641e01184502c87efcfdc8223daf07edaa0d87a67e34b9a79f9cf1710e"
           "251cc66c",
      .nr = "2e0c1df3129adfcce81353e294e0617dcfdd6cc5c029dfddbeb512e8b203d6212271e0d74d7530495e62"
           "95cbb7cdcf7745a99b10ca00c0ad92d3ddcc9422c1cfda31fc9ba49fa2dbe4c567642f79b9dfd156c3c3"
           "0c7b73ea3264d6f509cabe3f5c20e302a5fec3c18a2047ebb5e95dfad55b1eb245915f767e0ad6822ca2"
           "f760a06c071642a137643cadce092a2ebaea0d8714a4a1061c0b6d032b4835491b8eac4573d37f605f46"
           "34e74c9030ff17695cec50ce31f5a0149a3dfc458642e94ed43d370751885bd4b296b4f7bb556a7a14db"
           "22337ac6c78157884b00f7e7878a2627839082680bfb9497e85e27369cfbf7b707c39c9b9c1b1372c41d"
           "6de3623a",
      .gxy = "8beb2cd063a9ab8b5fd357c1938b3cdecbce38d304fcf7bb1796d9c1",
      .cky_i = 0x352c7435ed95fbc8, .cky_r = 0x9949ba3f9b80642d,
      .psk = "779642b61ddf1f3fcc01b8f0bfd50f78363a8563aa880cbb09d71f2d",
      .skeyid = "3dbe693af6582901e3d6d8d0554880cda868d7be3385441f2e8674e2d86a9b3b",
      .skeyid_d = "d5f17d7935b769ec54dda77b8d5139f13e6ed3462d0a2532154e74846f0af50b",
      .skeyid_a = "3967bc39b3a55dfd17a7780d6a344dd6a564194ee7cafe0b54947722ad4909d9",
      .skeyid_e = "996073eae0284fe45743ec7d7ab87c8954b0fa6f27443e531107bf12eb40ee98" },
    { "PSK SHA2-512", "sha512", KDF_PSK,
      .ni = "62164b51e538b756",
      .nr = "9080a4133c31a75c",
      .gxy = "49e3295455ce612db2b68c9cee7090cd81b1386417d014dc918ebc93",
      .cky_i = 0x886f06fd952162c6, .cky_r = 0x91dd6e81c6e2feeb,
      .psk = "6c",
      .skeyid = "a7265170ff642c28c1cdf8121f2d1c9c6ddb48bb15675e5a5caaae175f1bcebbe94082c767ba94b1fd04"
               "ad96cc307bec2f42d5d7ed8b5d2f01b916d8d37cb436",
      .skeyid_d = "60c27245e6925e6f2c0abce1a175bb9f1d404898260e9e4d5d9308ea7bf2b3595c34621287a903791926"
                 "4d6a7c80b8b337e0ab007c35712d0c407a4e385cd1b1",
      .skeyid_a = "dcd0bb2cb122e492a2ba6017cd25d8d6b000624d28969062236e683511ee45ea42e8591f06f8c7bda535"
                 "c49f57e73c658dc37ed66d891fda33ce6f0c794caccf",
      .skeyid_e = "2398acdb0a0553542a0fedbef70e04495ed9edae8c3c60546409e1bb0ecb547e54c070d23b1c9226ac9d"
                 "1f30eccdfb2c4f6462788b4b407148f44df58f8f2629" },
    { "DSA SHA-1", "sha1", KDF_DSA,
      .ni = "3e2504047ed6ff9f",
      .nr = "6fc4d53c3a8dd703",
      .gxy = "63e2f01eb9b2ff8b26c20bb1652972a0df94c1601fde641156e124f1",
      .cky_i = 0xaae2e3d00272567f, .cky_r = 0x4960bd49cb00b876,
      .skeyid = "f5b7f1b36d616775de9114e41909a0f9cdf59ae1",
      .skeyid_d = "9b96f5923cdfe6f382ddd01a5484c218213abe3b",
      .skeyid_a = "1ddb9c9b8639fe84849de502cb3851cfd3bf78a8",
      .skeyid_e = "ad778121098629828f95012f0c102a8968d5e286" },
    { "DSA SHA2-512", "sha512", KDF_DSA,
      .ni = "b0e77a0cd2d6947c",
      .nr = "e53bc72f8cd7a8ca",
      .gxy = "f6497c8be362ddf0fef27ff94e37a6d4f1ac2991eeb573356813a782",
      .cky_i = 0x146ca99c9573c4c5, .cky_r = 0xc53d022808d05540,
      .skeyid = "d4967330d69aed79647d62692f97e422b979d03f9293f337fe84d4baff4051657d18bfccbf4e5adacf02"
               "26c1f42e78540c3c49baf6ce92a961b649ffe5dc9132",
      .skeyid_d = "88a8c0f8dc03765ea8ad6fe9039c08151f5b7941141e152ad1af47a3581613f907556716786f95cffa62"
                 "fa933e65387b6d8a6d6af2f7c2fb80bb399ea0286863",
      .skeyid_a = "454da7a378d0e5239643377d390f6209272037e8f36ba12e5f55a0471ce11a931abcb3a3e5fd26c3fb02"
                 "40ca1784a03e8c366a2f002544bb923e30e5fd2307d1",
      .skeyid_e = "90a047c06f39dabcd7a51a7a7d68f6ff8b8b3f2ad16ef33eb29dba6ce6882ebcce136cb9d373db1354af"
                 "7dd01328509f415d01968b368d0f75a13af4fffbad27" },
};
// clang-format on

#endif
