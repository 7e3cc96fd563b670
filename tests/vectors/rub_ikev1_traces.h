/* Real handshakes, AES-128, SHA-1, group 2, pre-shared key, recorded by Ruhr University Bochum
 * (values from RUB-NDS/IPsec-StateMachineExtractor, commit
 * 7f2b9693b6ef1cd1a8865f785f44f1ace2a5ed38). */
#ifndef VECTORS_RUB_IKEV1_TRACES_H
#define VECTORS_RUB_IKEV1_TRACES_H

// clang-format off
static const struct {
    const char *psk;
    enum crypto_group group;
    uint64_t cky_i, cky_r;
    const char *ni, *nr, *ke_i, *ke_r, *sai_b, *idir_b, *gxy;
    const char *skeyid, *skeyid_d, *skeyid_a, *skeyid_e; /* NULL where not recorded */
    const char *ka, *iv_phase1, *hash_r;
    uint32_t phase2_msgid;
    const char *iv_phase2;
    struct {
        uint8_t protocol;
        uint32_t spi_in, spi_out;
        const char *ni, *nr, *keymat_out, *keymat_in;
    } quick;
} rub_vector[] = {
    { .psk = "41414141", .group = GROUP_MODP1024, .cky_i = 0x7116900aa5c2880d, .cky_r = 0x047ad6f8b3d0abb7,
      .ni = "4654fdd74594982a",
      .nr = "3673e64987b4956dbb8b933399251a5abf88f557a723b802b345f838667e9a4e",
      .ke_i = "75fb75db0749d4b15d9bb067b63399f790246dd7919d0c0a88fc34dd76eb9ad204e162b261914c0966a2"
             "d32d05178d4c0f0ec3817692fca675678f2fd2a6869188b943e33ad44cc859a5af98d6d5332c538cff41"
             "74ee737c8624de910cc40bd953f7940d1b2d8a681cee03c85199fbe773bfa100ffea5fcb82eed25a399b"
             "0b3e",
      .ke_r = "2096a31ff922e5224d9d19f06a41e2d9aebe1180d4e5cbc3d6ea166e2b8810d5ddd048375025ae9bf895"
             "ad40c508cd8b9398bded0d00ae7e77c1a1eb31930495106892630152a926a45037606cda4651340082fc"
             "10558786b4d8c4e6d72222d580d9a30d9c3b7fe9c348a6eadc5e79a24fe4b4364297b5ff71914ef8a698"
             "0e73",
      .sai_b = "00000001000000010000002c01010001000000240101000080010007800e008080020002800400028003"
              "0001800b0001800c7080",
      .idir_b = "010000000a00030a",
      .gxy = "19b67b23eb5f792ec9d7e11d16501ca20f2a2d0b230d525cd824dfb16867b515dc2ce9560b20b2149bfb"
            "360c1662c26a5ad7fe1faa86e66213238c80b2ed46ccb821bf5043093027eb6e32c71685a093306df20c"
            "24190c7f93947fa21e56d10e4c5b7063b2b4dc1747f1df0bd46975d1825eede335e3acbad71a063cecf8"
            "66c7",
      .skeyid = "49856bc53f30db8ce55f5befae9e42431279550c",
      .skeyid_d = "e5d7368180a8766f09c90cc9ac15182d3cd492ee",
      .skeyid_a = "92de109fe83047c95812b600820f1476cd24aa49",
      .skeyid_e = "de5d24679ad21491e63e2d7173017769cd7b9bc5",
      .ka = "de5d24679ad21491e63e2d7173017769",
      .iv_phase1 = "139568606df1337cbcbc8fa7d201c8a8",
      .hash_r = "ba8c49cfd796bdc78e63ff6b5a858fc289dad933" },
    { .psk = "41414141", .group = GROUP_MODP1024, .cky_i = 0xdc3f1d7452b2c376, .cky_r = 0x5f17969262b7829b,
      .ni = "18eeeee5b29ef938",
      .nr = "cf6306dcc088a94c1983462f97a3128ecdefbe4a1925cffddedd526215648099",
      .ke_i = "a8b04c567a6bb3ab17da6a07f3f1667e6c70fb992ffe0a01dccc0877214c1936cc13a66aa97e4cd9ebfd"
             "61f6a7119859bba763255b54364d37a59f969d230f877cce6d77ca843e5f0cb24e354d51a429aabf7523"
             "8f5a17ef5801f3b02d9f35dcd3562c35e6aeff67e9c71961f9313b6306c2c1adb428d6e70e713f894d9b"
             "7eda",
      .ke_r = "7947cdf90ed5f07ca325c9c9e6de95a82e5728b2e1daf44866100723ad2bed0f09e8383cf89c7645c805"
             "c2942d4aebfa1b6c351a9666faa1f4988c3a557cb411a3b73fd3e094144e646ef5eb85118a61f06c6359"
             "e0f19b43a99720b49ae322155d462004be5e09140cfc843e0622c6735bc90ab730577fc311b23b25a8d2"
             "83fa",
      .sai_b = "00000001000000010000002c01010001000000240101000080010007800e008080020002800400028003"
              "0001800b0001800c7080",
      .idir_b = "010000000a00030a",
      .gxy = "9fc4267e99d40ee7aa19492615990548621ebed0ae925a0810c2f4bf30a100f6b13201bac4595281e5f2"
            "fb6faf56f9cda292991b40b41a48cfba7713140de1784dbd525c0cb88a4d3b4b46d7cabd539cdd1e79ed"
            "e000420cffe9ed8bca0b2fe09208d9d3145f55f68ce0e3c6c479616b64f3eb451cd4ce268310bcdc766b"
            "a8a2",
      .skeyid = "505e91ca4127fe30d9cad15f6176e8c504d2d612",
      .skeyid_d = "571d06b00eda6d375310377f3b3e0994a936e0f2",
      .skeyid_a = "1de7b88b63deea0bb41374c6f9514f64b894e083",
      .skeyid_e = "84faf4df7dcec32ac45f13a485e732632160f596",
      .ka = "84faf4df7dcec32ac45f13a485e73263",
      .iv_phase1 = "0e09ed33bac3584d1d10762a9bd026c1",
      .hash_r = "ddb2cf1067913e83ea6633b8b174bc8ce559b9d1",
      .iv_phase2 = "0bf60ed4c34fea8a12077a204dfd413f",
      .phase2_msgid = 0xd8029d42 },
    { .psk = "41414141", .group = GROUP_MODP1024, .cky_i = 0x2e204dce151b64dc, .cky_r = 0x070449eb13758cb5,
      .ni = "646355bc6c07de71db2359eda468c6fa",
      .nr = "a4a1dfc1fbdcd0fd31308e1c01350634ce8ffcccbb63c475bad81d3ef1d942f1",
      .ke_i = "771b9e1f3a547b5d050c6240eb91020e958f5345dffb235ccf105d9b1c1ecda4d04f6da0fcd80b82c81c"
             "55829da676811a1d624ebd8eef2336747b42c834140cf57006dc6aa83f5917e3792f7a3d0ef51b86e32b"
             "aa0e9add4e1fe6200e1886164a8e44fd71315a311bb07fb9d7cc6873e483833b9543009ba36073b736d6"
             "d0e5",
      .ke_r = "7a444ad40235131c1c4d420b2ba2649054b46f0f4d228cefc5e2f9788683f54b3ef17e095eb4b7efb150"
             "b1c16ccba05ef13d6ada396d4538e24dcb54c076d9df0e69898e7f0fddb6a93faee312486d7f846685e5"
             "75d4e32eaf32f2e7fa62e3a439f95c79f24a29933d4dad15e2d317bf651ba8d71b958eaea6ea6926a810"
             "9b12",
      .sai_b = "00000001000000010000002c00010001000000240001000080010007800e008080020002800400028003"
              "0001800b0001800c7080",
      .idir_b = "010000000a00030a",
      .gxy = "91f6b3d878c92b1ac6f7aee051d4a358fdfefa3e8f1fcabb9957318c7d1f81a249465708e17c11990c4e"
            "f1f7780efd1542aed8d5702d8549ea6d3349f2cb24bd6dc749c22ecf0f3e2d06f51e105c612fb73179b1"
            "9c79eebc252ec7ec4b2726a02e5d63fc5e02755a7e6095dba6433eea9c6b55f4a7b2c591495216e7274a"
            "2361",
      .ka = "fa1fb169062972ccee0403dc021bc7f0",
      .iv_phase1 = "56c65eca47fc0a0c5e4e3dcbb0f903a9",
      .quick = { .protocol = 3, .spi_in = 0xbc87cf3f, .spi_out = 0xc6af22ee,
                 .ni = "cec1ae1e6e1d7f5b6d59a658ce2933eb",
                 .nr = "8ee957f9076b169465d28c0075bfadde31f9bf5a7cf6f48ca3e63d729dc36992",
                 .keymat_out = "7a4a4c9117705ff453f50a8914bd7726665f3b5e5c90cc1d039138a0273a2b4e0f2cc3d2",
                 .keymat_in = "9b7ef7409cf03c5c960e8ea3a832919ea877cbc00d1bdf385e94eec05b91fc40b43585f8" } },
};
// clang-format on

#endif
