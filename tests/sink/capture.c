/* The capture and its keys, judged byte by byte and by tshark. */
#include "sink/rig.h"

/* ---- the judge ---- */

static bool has_tshark(void)
{
    g_autofree char *path = g_find_program_in_path("tshark");
    if (!path)
        g_printerr("SKIPPED: tshark is not installed; captures were not judged\n");
    return path != NULL;
}

/* What tshark prints of rig's capture with rig's profile: the fields, a line a packet. */
static char *tshark(const struct rig *r, const char *fields)
{
    g_autofree char *capture = g_build_filename(r->dir, "capture.pcapng", NULL);
    g_autofree char *profile = g_build_filename(r->dir, "wireshark", NULL);
    g_autofree char *line = g_strdup_printf(
        "tshark -r %s -T fields -E occurrence=f -E separator=/s %s", capture, fields);
    g_auto(GStrv) argv = NULL;
    g_auto(GStrv) env = g_get_environ();
    env = g_environ_setenv(env, "WIRESHARK_CONFIG_DIR", profile, TRUE);
    env = g_environ_setenv(env, "HOME", r->dir, TRUE);
    env = g_environ_setenv(env, "TZ", "UTC", TRUE);
    env = g_environ_setenv(env, "ASAN_OPTIONS", "", TRUE);
    cr_assert(g_shell_parse_argv(line, NULL, &argv, NULL));
    char *out = NULL;
    g_autofree char *err = NULL;
    int status = 0;
    cr_assert(
        g_spawn_sync(NULL, argv, env, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &err, &status, NULL));
    cr_expect_eq(status, 0, "%s", err);
    return out;
}

/* ---- the bytes ---- */

Test(sink_pcapng, writes_the_blocks_of_the_format)
{
    for (int streamed = 0; streamed < 2; streamed++) {
        struct rig *r = rig_new();
        struct sink_pcapng *s = sink_pcapng_new(r->trace, SINK_PCAPNG_TX | SINK_PCAPNG_RX,
                                                streamed ? r->dir : NULL, NULL);
        sink_pcapng_interface(s, "wan", 0, "r1", "w:r1");
        rig_at(r, 1);
        struct span m = span_of("\105abcd", 5);
        rig_tx(r, 0, 1, m);
        rig_drop(r, 0, 1, DROP_LINK_LOSS, m);
        rig_at(r, SECONDS(2));
        rig_rx(r, 0, 2, m);
        cr_assert(sink_pcapng_write(s, r->dir, NULL));
        size_t n;
        g_autofree char *got = rig_read(r, "capture.pcapng", &n);
        g_autoptr(GString) hex = g_string_new(NULL);
        text_hex(hex, span_of(got, n));
        /* 0e15cb47bc0d0000 + 1 ns: 1014940800 s after 1970 */
        cr_expect_str_eq(hex->str, "0a0d0d0a"
                                   "2c000000"
                                   "4d3c2b1a"
                                   "0100"
                                   "0000"
                                   "ffffffffffffffff"
                                   "0400"
                                   "0600"
                                   "76706e73696d0000"
                                   "00000000"
                                   "2c000000"
                                   "01000000"
                                   "28000000"
                                   "6500"
                                   "0000"
                                   "00000000"
                                   "0200"
                                   "0400"
                                   "773a7231"
                                   "0900"
                                   "0100"
                                   "09000000"
                                   "00000000"
                                   "28000000"
                                   "06000000"
                                   "48000000"
                                   "00000000"
                                   "47cb150e"
                                   "01000dbc"
                                   "05000000"
                                   "05000000"
                                   "4561626364000000"
                                   "0100"
                                   "1000"
                                   "6c6f7374206f6e20746865206c696e6b"
                                   "0200"
                                   "0400"
                                   "02000000"
                                   "00000000"
                                   "48000000"
                                   "01000000"
                                   "2c000000"
                                   "6500"
                                   "0000"
                                   "00000000"
                                   "0200"
                                   "0600"
                                   "77616e3a72320000"
                                   "0900"
                                   "0100"
                                   "09000000"
                                   "00000000"
                                   "2c000000"
                                   "06000000"
                                   "34000000"
                                   "01000000"
                                   "48cb150e"
                                   "00944233"
                                   "05000000"
                                   "05000000"
                                   "4561626364000000"
                                   "0200"
                                   "0400"
                                   "01000000"
                                   "00000000"
                                   "34000000");
        sink_pcapng_free(s);
        rig_free(r);
    }
}

Test(sink_pcapng, an_empty_one_is_still_a_capture)
{
    struct rig *r = rig_new();
    struct sink_pcapng *s = sink_pcapng_new(r->trace, SINK_PCAPNG_DEFAULT, NULL, NULL);
    cr_assert(sink_pcapng_write(s, r->dir, NULL));
    if (has_tshark()) {
        g_autofree char *out = tshark(r, "-e frame.number");
        cr_expect_str_eq(out, "");
    }
    sink_pcapng_free(s);
    rig_free(r);
}

Test(sink_pcapng, tshark_sees_names_times_directions_and_losses)
{
    if (!has_tshark())
        cr_skip_test("tshark is not installed");
    struct rig *r = rig_new();
    struct sink_pcapng *s = sink_pcapng_new(r->trace, SINK_PCAPNG_TX | SINK_PCAPNG_RX, NULL, NULL);
    sink_pcapng_interface(s, "wan", 0, "r1", "wan:r1:FastEthernet0/0");
    sink_pcapng_interface(s, "wan", 1, "r2", "wan:r2:FastEthernet0/0");
    uint8_t b[256];
    rig_at(r, SECONDS(1) + 7);
    struct span m = rig_echo(b, false, 1);
    rig_tx(r, 0, 1, m);
    rig_at(r, SECONDS(1) + MILLISECONDS(20) + 7);
    rig_rx(r, 0, 1, m);
    m = rig_echo(b, true, 1);
    rig_tx(r, 1, 1, m);
    rig_drop(r, 1, 1, DROP_LINK_LOSS, m);
    cr_assert(sink_pcapng_write(s, r->dir, NULL));
    g_autofree char *out =
        tshark(r, "-e frame.time_epoch -e frame.interface_name -e frame.packet_flags_direction "
                  "-e icmp.type -e icmp.checksum.status -e frame.comment");
    cr_expect_str_eq(
        out, "1014940801.000000007 wan:r1:FastEthernet0/0 0x00000002 8 1 \n"
             "1014940801.020000007 wan:r2:FastEthernet0/0 0x00000001 8 1 \n"
             "1014940801.020000007 wan:r2:FastEthernet0/0 0x00000002 0 1 lost on the link\n");
    sink_pcapng_free(s);
    rig_free(r);
}

/* ---- the keys ---- */

Test(sink_keys, files_hold_what_the_events_hold)
{
    struct rig *r = rig_new();
    struct sink_keys *s = sink_keys_new(r->trace);
    /* The responder's key comes first and differs; the table has the initiator's. */
    TRACE(r->r1, ike_sa_new, .sa = 1, .role = IKE_INITIATOR, .cky_i = 0x0102030405060708);
    TRACE(r->r2, ike_sa_new, .sa = 1, .role = IKE_RESPONDER, .cky_i = 0x0102030405060708);
    TRACE(r->r2, key_ike, .sa = 1, .cky_i = 0x0102030405060708, .cky_r = 9, .cipher = CIPHER_AES128,
          .hash = HASH_SHA1, .group = GROUP_MODP1024, .psk = span_of("wrong", 5),
          .cipher_key = span_of("\xbb", 1));
    TRACE(r->r1, key_ike, .sa = 1, .cky_i = 0x0102030405060708, .cky_r = 9, .cipher = CIPHER_AES128,
          .hash = HASH_SHA1, .group = GROUP_MODP1024, .psk = span_of("right", 5),
          .cipher_key = span_of("\xaa", 1));
    TRACE(r->r2, key_ike, .sa = 2, .cky_i = 0xff, .cipher_key = span_of("\xcc", 1));
    rig_at(r, 5);
    TRACE(r->r1, key_qm, .sa = 1, .msgid = 0xabcd, .spi_in = 1, .spi_out = 2);
    static const struct ev_key_esp esp[] = {
        {1,
         0x1000,
         RIG_R1,
         RIG_R2,
         CIPHER_3DES,
         HASH_MD5,
         {(const uint8_t *)"\1\2", 2},
         {(const uint8_t *)"\3", 1}},
        {1,
         0x1001,
         RIG_R2,
         RIG_R1,
         CIPHER_DES,
         HASH_SHA1,
         {(const uint8_t *)"\1", 1},
         {(const uint8_t *)"\3", 1}},
        {1, 0x1002, RIG_R2, RIG_R1, CIPHER_NULL, HASH_SHA256, {0}, {(const uint8_t *)"\3", 1}},
        {1, 0x1003, RIG_R2, RIG_R1, CIPHER_AES256, HASH_NONE, {(const uint8_t *)"\1", 1}, {0}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(esp); i++)
        for (int end = 0; end < 2; end++) /* both ends tell */
            trace_emit(end ? r->r2 : r->r1, EV_key_esp, &esp[i]);
    cr_assert(sink_keys_write(s, r->dir, NULL));
    rig_expect_file(r, "wireshark/ikev1_decryption_table",
                    "0102030405060708,aa\n00000000000000ff,cc\n");
    rig_expect_file(r, "wireshark/esp_sa",
                    "\"IPv4\",\"203.0.113.1\",\"203.0.113.2\",\"0x00001000\",\"TripleDES-CBC "
                    "[RFC2451]\",\"0x0102\",\"HMAC-MD5-96 [RFC2403]\",\"0x03\"\n"
                    "\"IPv4\",\"203.0.113.2\",\"203.0.113.1\",\"0x00001001\",\"DES-CBC "
                    "[RFC2405]\",\"0x01\",\"HMAC-SHA-1-96 [RFC2404]\",\"0x03\"\n"
                    "\"IPv4\",\"203.0.113.2\",\"203.0.113.1\",\"0x00001002\",\"NULL\",\"\",\"HMAC-"
                    "SHA-256-128 [RFC4868]\",\"0x03\"\n"
                    "\"IPv4\",\"203.0.113.2\",\"203.0.113.1\",\"0x00001003\",\"AES-CBC "
                    "[RFC3602]\",\"0x01\",\"NULL\",\"\"\n");
    g_autofree char *json = rig_read(r, "keys.json", NULL);
    static const char *const want[] = {
        "{\n  \"ike\": [\n    "
        "{\"t\":0,\"node\":\"r2\",\"sa\":1,\"cky_i\":\"0102030405060708\",\"cky_r\":"
        "\"0000000000000009\","
        "\"cipher\":\"AES128\",\"hash\":\"SHA1\",\"group\":\"MODP1024\",\"psk\":\"77726f6e67\"",
        "\"psk\":\"7269676874\",\"dh_secret\":\"\",\"gxy\":\"\",\"skeyid\":\"\",\"skeyid_d\":\"\","
        "\"skeyid_a\":\"\","
        "\"skeyid_e\":\"\",\"cipher_key\":\"aa\",\"iv\":\"\"}",
        "\"quick\": [\n    "
        "{\"t\":5,\"node\":\"r1\",\"sa\":1,\"msgid\":\"0000abcd\",\"spi_in\":\"00000001\"",
        "\"esp\": [\n    "
        "{\"t\":5,\"node\":\"r1\",\"sa\":1,\"spi\":\"00001000\",\"src\":\"203.0.113.1\"",
        "\"auth\":\"NONE\",\"cipher_key\":\"01\",\"auth_key\":\"\"}\n  ]\n}\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
        cr_expect(strstr(json, want[i]), "%s is not in %s", want[i], json);
    sink_keys_free(s);
    rig_free(r);
}

Test(sink_keys, without_events_the_files_are_empty_but_there)
{
    struct rig *r = rig_new();
    struct sink_keys *s = sink_keys_new(r->trace);
    cr_assert(sink_keys_write(s, r->dir, NULL));
    rig_expect_file(r, "wireshark/esp_sa", "");
    rig_expect_file(r, "wireshark/ikev1_decryption_table", "");
    rig_expect_file(r, "keys.json", "{\n  \"ike\": [],\n  \"quick\": [],\n  \"esp\": []\n}\n");
    sink_keys_free(s);
    rig_free(r);
}

/* RFC 3602 section 4, case 7: an echo in tunnel mode, AES-128, not authenticated. */
#define CASE_7                                                                                     \
    "0000876500000002f4e765244f6407adf13dc1380f673f37773b5241a4c449225e4f3ce5ed611b0c237ca96cf74a" \
    "93013c1b0ea1a0cf70f8e4ecaec78ac53aad7a0f022b859243c647752e94a859352b8a4d4d2decd136e5c177f132" \
    "ad3fbfb2201ac9904c74ee0a109e0ca1e4dfe9d5a100b842f1c22f0d"

Test(wireshark, profile_opens_the_esp_packet_of_rfc3602)
{
    if (!has_tshark())
        cr_skip_test("tshark is not installed");
    struct rig *r = rig_new();
    struct sink_keys *keys = sink_keys_new(r->trace);
    struct sink_pcapng *s = sink_pcapng_new(r->trace, SINK_PCAPNG_DEFAULT, NULL, NULL);
    struct span esp = rig_hex(CASE_7), key = rig_hex("0123456789abcdef0123456789abcdef");
    ip4 src = IP4(192, 168, 123, 3), dst = IP4(192, 168, 123, 200);
    TRACE(r->r1, key_esp, .sa = 1, .spi = 0x8765, .src = src, .dst = dst, .cipher = CIPHER_AES128,
          .auth = HASH_NONE, .cipher_key = key);
    uint8_t b[256];
    rig_tx(r, 0, 1, rig_ip(b, src, dst, IPPROTO_NUM_ESP, esp));
    cr_assert(sink_keys_write(keys, r->dir, NULL) && sink_pcapng_write(s, r->dir, NULL));
    g_autofree char *out =
        tshark(r, "-e esp.spi -e esp.sequence -e icmp.type -e icmp.seq -e icmp.checksum.status");
    cr_expect_str_eq(out, "0x00008765 2 8 256 1\n");
    g_free((uint8_t *)esp.p);
    g_free((uint8_t *)key.p);
    sink_keys_free(keys);
    sink_pcapng_free(s);
    rig_free(r);
}

/* ---- a whole recorded handshake ----
 *
 * Cookies, KE and nonces of the first recorded main mode of tests' rub_ikev1_traces.json; messages
 * 5 and on were sealed with its key and IV by the openssl program. */
static const struct {
    bool from_r1;
    const char *hex;
} handshake[] = {
    // clang-format off
    {true, /* mm1 */
     "7116900aa5c2880d00000000000000000110020000000000000000540000003800000001000000010000002c"
     "01010001000000240101000080010007800e0080800200028004000280030001800b0001800c7080"},
    {false, /* mm2 */
     "7116900aa5c2880d047ad6f8b3d0abb70110020000000000000000540000003800000001000000010000002c"
     "01010001000000240101000080010007800e0080800200028004000280030001800b0001800c7080"},
    {true, /* mm3 */
     "7116900aa5c2880d047ad6f8b3d0abb70410020000000000000000ac0a00008475fb75db0749d4b15d9bb067"
     "b63399f790246dd7919d0c0a88fc34dd76eb9ad204e162b261914c0966a2d32d05178d4c0f0ec3817692fca6"
     "75678f2fd2a6869188b943e33ad44cc859a5af98d6d5332c538cff4174ee737c8624de910cc40bd953f7940d"
     "1b2d8a681cee03c85199fbe773bfa100ffea5fcb82eed25a399b0b3e0000000c4654fdd74594982a"},
    {false, /* mm4 */
     "7116900aa5c2880d047ad6f8b3d0abb70410020000000000000000c40a0000842096a31ff922e5224d9d19f0"
     "6a41e2d9aebe1180d4e5cbc3d6ea166e2b8810d5ddd048375025ae9bf895ad40c508cd8b9398bded0d00ae7e"
     "77c1a1eb31930495106892630152a926a45037606cda4651340082fc10558786b4d8c4e6d72222d580d9a30d"
     "9c3b7fe9c348a6eadc5e79a24fe4b4364297b5ff71914ef8a6980e73000000243673e64987b4956dbb8b9333"
     "99251a5abf88f557a723b802b345f838667e9a4e"},
    {true, /* mm5 */
     "7116900aa5c2880d047ad6f8b3d0abb705100201000000000000004cfcc5bb991f07fe45554c689863fa284c"
     "a0f2981ada5a2c4d1a2a1de1b1aeb4f3ce2845e3d0acbef738906df68b9bf56d"},
    {false, /* mm6 */
     "7116900aa5c2880d047ad6f8b3d0abb705100201000000000000004c77f09c13d92665a96dc6d3e32a6b363e"
     "346f0ef6be0f33313c98b2ebaf0cf27b4df23936568238f984e7313bbe96207f"},
    {true, /* qm1 */
     "7116900aa5c2880d047ad6f8b3d0abb708102001112233440000004c8b0b858f8b24c86b09b5a6e969b9e27e"
     "0b510f7b1d5e8eaf8eaa9e3477436458fc6b22c075b5284d0dae0ee875f15a36"},
    {false, /* qm2 */
     "7116900aa5c2880d047ad6f8b3d0abb708102001112233440000004c90f36f4bc4c7aafc912dd911a2372ca5"
     "18f59dd9a78620d7a15b6051f952ded5cae77f5256fbc4c1217276bdcbe3fb95"},
    {true, /* qm3 */
     "7116900aa5c2880d047ad6f8b3d0abb708102001112233440000003c1b76dd566b669555b73e3f1a914000e6"
     "ed238ee916b008a6873134fca768555e"},
    {false, /* delete */
     "7116900aa5c2880d047ad6f8b3d0abb708100501556677880000004cc869b34e9aaecf733ca0fbb8e7662b94"
     "5929a69eb3eeca91777cd634abc3f5d071ddf6f5798659b3f29d769f74b87cbb"},
    // clang-format on
};
#define HANDSHAKE_KEY "de5d24679ad21491e63e2d7173017769"

Test(wireshark, profile_opens_a_handshake_whose_messages_are_seen_twice)
{
    if (!has_tshark())
        cr_skip_test("tshark is not installed");
    /* Every packet once; every packet where it is received too; the fifth and sixth sent twice. */
    for (int way = 0; way < 3; way++) {
        struct rig *r = rig_new();
        struct sink_keys *keys = sink_keys_new(r->trace);
        struct sink_pcapng *s = sink_pcapng_new(
            r->trace, way == 1 ? SINK_PCAPNG_TX | SINK_PCAPNG_RX : SINK_PCAPNG_DEFAULT, NULL, NULL);
        struct span key = rig_hex(HANDSHAKE_KEY);
        TRACE(r->r1, key_ike, .sa = 1, .cky_i = 0x7116900aa5c2880d, .cipher_key = key);
        GString *want = g_string_new(NULL);
        for (uint32_t i = 0; i < G_N_ELEMENTS(handshake); i++) {
            static const char *const seen[] = {"1", "1", "4", "4", "5", "5", "8", "8", "8", "8"};
            bool sealed = i >= 4, twice = way == 2 && (i == 4 || i == 5);
            uint32_t end = !handshake[i].from_r1;
            struct span m = rig_hex(handshake[i].hex);
            uint8_t b[1024];
            struct span packet = rig_udp(b, end ? RIG_R2 : RIG_R1, end ? RIG_R1 : RIG_R2, 500, m);
            for (int k = 0; k <= twice; k++) {
                rig_tx(r, end, i * 2 + (uint32_t)k + 1, packet);
                rig_rx(r, end, i * 2 + (uint32_t)k + 1, packet);
            }
            g_string_append_printf(want, "%s\n", seen[i]);
            if (way == 1 || twice)
                g_string_append_printf(want, "%s\n", sealed ? "" : seen[i]);
            g_free((uint8_t *)m.p);
        }
        cr_assert(sink_keys_write(keys, r->dir, NULL) && sink_pcapng_write(s, r->dir, NULL));
        g_autofree char *out = tshark(r, "-e isakmp.typepayload");
        cr_expect_str_eq(out, want->str, "way %d", way);
        g_autofree char *bad = tshark(r, "-Y _ws.malformed -e frame.number");
        cr_expect_str_eq(bad, "", "way %d", way);
        g_string_free(want, TRUE);
        g_free((uint8_t *)key.p);
        sink_keys_free(keys);
        sink_pcapng_free(s);
        rig_free(r);
    }
}

Test(sink_keys, a_peer_that_moves_has_its_sas_at_both_places)
{
    struct rig *r = rig_new();
    struct sink_keys *s = sink_keys_new(r->trace);
    const struct ev_key_esp esp[] = {
        {1, 0x10, RIG_R1, RIG_R2, CIPHER_NULL, HASH_MD5, {0}, {(const uint8_t *)"\3", 1}},
        {1, 0x11, RIG_R2, RIG_R1, CIPHER_NULL, HASH_MD5, {0}, {(const uint8_t *)"\4", 1}},
    };
    const struct ev_ike_moved moved = {.old_remote = RIG_R2, .remote = 0xcb0071ff, .rport = 1024},
                              port = {.old_remote = RIG_R1, .remote = RIG_R1, .rport = 1025};
    for (size_t i = 0; i < G_N_ELEMENTS(esp); i++)
        trace_emit(r->r1, EV_key_esp, &esp[i]);
    trace_emit(r->r1, EV_ike_moved, &moved);
    trace_emit(r->r1, EV_ike_moved, &port);
    cr_assert(sink_keys_write(s, r->dir, NULL));
#define ROW(src, dst, spi, key)                                                                    \
    "\"IPv4\",\"" src "\",\"" dst "\",\"0x000000" spi "\",\"NULL\",\"\",\"HMAC-MD5-96 "            \
    "[RFC2403]\",\"0x" key "\"\n"
    rig_expect_file(r, "wireshark/esp_sa",
                    ROW("203.0.113.1", "203.0.113.2", "10", "03")
                        ROW("203.0.113.2", "203.0.113.1", "11", "04")
                            ROW("203.0.113.1", "203.0.113.255", "10", "03")
                                ROW("203.0.113.255", "203.0.113.1", "11", "04"));
    sink_keys_free(s);
    rig_free(r);
}
