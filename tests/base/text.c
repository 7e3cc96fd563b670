/* Addresses, hex, suggestions, columns, JSON, and the names of the vocabulary. */
#include <criterion/criterion.h>
#include <string.h>
#include "base/ip4.h"
#include "base/text.h"
#include "tbl/tbl.h"

Test(ip4, reads_dotted_quads_only)
{
    static const struct {
        const char *text;
        bool ok;
        ip4 want;
    } row[] = {
        {"10.1.0.1", true, IP4(10, 1, 0, 1)},
        {"0.0.0.0", true, 0},
        {"255.255.255.255", true, UINT32_MAX},
        {"256.1.1.1", false, 0},
        {"1.2.3", false, 0},
        {"1.2.3.4.5", false, 0},
        {"1.2.3.4 ", false, 0},
        {" 1.2.3.4", false, 0},
        {"", false, 0},
        {"1..2.3", false, 0},
        {"01.2.3.4", false, 0},
        {"1.2.3.0004", false, 0},
        {"a.b.c.d", false, 0},
        {"1.2.3.-4", false, 0},
        {"99999999999.1.1.1", false, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        ip4 a = 77;
        cr_expect_eq(ip4_parse(row[i].text, &a), row[i].ok, "\"%s\"", row[i].text);
        cr_expect_eq(a, row[i].ok ? row[i].want : 77, "\"%s\"", row[i].text);
    }
}

Test(ip4, reads_prefixes)
{
    static const struct {
        const char *text;
        bool ok;
        ip4 addr, mask;
    } row[] = {
        {"10.1.0.0/24", true, IP4(10, 1, 0, 0), 0xffffff00},
        {"10.1.0.5/24", true, IP4(10, 1, 0, 5), 0xffffff00},
        {"0.0.0.0/0", true, 0, 0},
        {"10.1.0.1", true, IP4(10, 1, 0, 1), UINT32_MAX},
        {"10.1.0.1/32", true, IP4(10, 1, 0, 1), UINT32_MAX},
        {"10.0.0.0/33", false, 0, 0},
        {"10.0.0.0/", false, 0, 0},
        {"10.0.0.0/8x", false, 0, 0},
        {"10.0.0/8", false, 0, 0},
        {"10.0.0.0/-1", false, 0, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ip4_net net = {0};
        cr_expect_eq(ip4_net_parse(row[i].text, &net), row[i].ok, "\"%s\"", row[i].text);
        cr_expect_eq(net.addr, row[i].addr, "\"%s\"", row[i].text);
        cr_expect_eq(net.mask, row[i].mask, "\"%s\"", row[i].text);
    }
}

Test(ip4, writes_what_it_reads_and_knows_masks)
{
    static const char *const text[] = {"0.0.0.0", "10.1.0.1", "203.0.113.99", "255.255.255.255"};
    for (size_t i = 0; i < G_N_ELEMENTS(text); i++) {
        ip4 a;
        cr_assert(ip4_parse(text[i], &a));
        cr_expect_str_eq(IP4S(a), text[i]);
    }
    for (unsigned len = 0; len <= 32; len++)
        cr_expect_eq(ip4_mask_len(ip4_mask(len)), (int)len);
    cr_expect_eq(ip4_mask_len(0xff00ff00), -1);
    cr_expect_eq(ip4_mask_len(0x000000ff), -1);
    cr_expect(ip4_in(IP4(10, 1, 0, 9), (struct ip4_net){IP4(10, 1, 0, 0), ip4_mask(24)}));
    cr_expect(!ip4_in(IP4(10, 1, 1, 9), (struct ip4_net){IP4(10, 1, 0, 0), ip4_mask(24)}));
    cr_expect(ip4_in(IP4(1, 1, 1, 1), (struct ip4_net){0, 0}));
}

Test(text_hex, goes_both_ways)
{
    GString *out = g_string_new(NULL);
    text_hex(out, span_of((uint8_t[]){0, 0x1f, 0xff}, 3));
    cr_expect_str_eq(out->str, "001fff");
    g_string_free(out, TRUE);
    GByteArray *b = text_unhex("00 1F\tff\n");
    cr_assert_not_null(b);
    cr_expect_eq(b->len, 3);
    cr_expect_arr_eq(b->data, ((uint8_t[]){0, 0x1f, 0xff}), 3);
    g_byte_array_unref(b);
    b = text_unhex("");
    cr_expect_eq(b->len, 0);
    g_byte_array_unref(b);
    cr_expect_null(text_unhex("0"));
    cr_expect_null(text_unhex("0g"));
    cr_expect_null(text_unhex("0x10"));
}

Test(text_nearest, suggests_slips_and_nothing_wild)
{
    static const char *const names[] = {"delay", "jitter", "loss", "rate", "queue", "mtu", "up"};
    static const struct {
        const char *word, *want;
    } row[] = {
        {"dealy", "delay"},  {"delya", "delay"}, {"dely", "delay"}, {"Delay", "delay"},
        {"jiter", "jitter"}, {"lost", "loss"},   {"quue", "queue"}, {"mut", "mtu"},
        {"bandwidth", NULL}, {"x", NULL},        {"", NULL},        {"on", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *got = text_nearest(row[i].word, names, G_N_ELEMENTS(names));
        cr_expect_eq(g_strcmp0(got, row[i].want), 0, "%s: %s", row[i].word, got ? got : "nothing");
    }
    char huge[5000];
    memset(huge, 'a', sizeof huge - 1);
    huge[sizeof huge - 1] = 0;
    cr_expect_null(text_nearest(huge, names, G_N_ELEMENTS(names)));
}

Test(text_json, quotes_everything)
{
    static const struct {
        const char *text, *want;
    } row[] = {
        {"plain", "\"plain\""},
        {"", "\"\""},
        {"a\"b\\c", "\"a\\\"b\\\\c\""},
        {"\n\r\t\b\f", "\"\\n\\r\\t\\b\\f\""},
        {"\x01\x1f\x7f", "\"\\u0001\\u001f\\u007f\""},
        {"gr\xc3\xbc\xc3\x9f", "\"gr\xc3\xbc\xc3\x9f\""},
        {"\xff\xc3", "\"\\u00ff\\u00c3\""},
        {"\xe2\x82", "\"\\u00e2\\u0082\""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        GString *out = g_string_new(NULL);
        text_json_string(out, row[i].text);
        cr_expect_str_eq(out->str, row[i].want);
        g_string_free(out, TRUE);
    }
}

Test(text_columns, pad_and_squeeze)
{
    GString *out = g_string_new(NULL);
    text_pad(out, "ab", 4);
    text_pad(out, "longer", 3);
    text_pad(out, "\xc3\xbc", 2);
    text_pad(out, "x", 1);
    cr_expect_str_eq(out->str, "ab  longer\xc3\xbc x");
    g_string_free(out, TRUE);

    static const struct {
        const char *text, *want;
    } row[] = {
        {"a  b\tc", "a b c"},
        {"a \t \n\n \n  b  ", "a\n b"},
        {"a\r\nb\r\n", "a\nb\n"},
        {"", ""},
        {"\n\n", ""},
        {"a", "a"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *got = text_squeeze(row[i].text);
        cr_expect_str_eq(got, row[i].want);
    }
}

Test(names, are_those_of_the_rows)
{
    cr_expect_str_eq(crypto_cipher_name(CIPHER_NULL), "NULL");
    cr_expect_str_eq(crypto_cipher_name(CIPHER_3DES), "3DES");
    cr_expect_str_eq(crypto_hash_name(HASH_SHA256), "SHA256");
    cr_expect_str_eq(crypto_group_name(GROUP_MODP2048), "MODP2048");
    cr_expect_str_eq(ike_state_name(IKE_STATE_QM_IDLE), "QM_IDLE");
    cr_expect_str_eq(ike_input_name(IKE_INPUT_FROM_PEER_QM_EXCH), "FROM_PEER_QM_EXCH");
    cr_expect_str_eq(qm_state_name(QM_PHASE2_COMPLETE), "QM_PHASE2_COMPLETE");
    cr_expect_str_eq(ike_role_name(IKE_RESPONDER), "RESPONDER");
    cr_expect_str_eq(isakmp_payload_type_name(PAYLOAD_NAT_D_DRAFT), "NAT_D_DRAFT");
    cr_expect_str_eq(isakmp_exchange_name(32), "QUICK");
    cr_expect_str_eq(isakmp_notify_type_name(14), "NO_PROPOSAL_CHOSEN");
    cr_expect_str_eq(isakmp_id_type_name(ID_IPV4_ADDR_SUBNET), "IPV4_ADDR_SUBNET");
    cr_expect_str_eq(ike_vid_name(IKE_VID_DPD), "DPD");
    cr_expect_str_eq(ike_why_name(WHY_PFS), "PFS");
    cr_expect_str_eq(drop_reason_name(DROP_ESP_REPLAY), "ESP_REPLAY");
    cr_expect_str_eq(console_kind_name(CONSOLE_DEBUG), "debug");
    cr_expect_str_eq(drop_reason_text(DROP_IP_TTL), "time to live exceeded");
    cr_expect_str_eq(ike_why_text(WHY_GROUP), "Diffie-Hellman group differs");
}

Test(names, are_none_for_numbers_without_a_row)
{
    static const char *(*const name[])(int) = {
        crypto_cipher_name,   crypto_hash_name, crypto_group_name,       ike_state_name,
        ike_input_name,       qm_state_name,    ike_role_name,           isakmp_payload_type_name,
        isakmp_exchange_name, ike_vid_name,     isakmp_notify_type_name, isakmp_id_type_name,
        ike_why_name,         drop_reason_name, console_kind_name,
    };
    for (size_t i = 0; i < G_N_ELEMENTS(name); i++) {
        cr_expect_null(name[i](-1), "%zu", i);
        cr_expect_null(name[i](100000), "%zu", i);
    }
    cr_expect_null(crypto_cipher_name(CIPHER_COUNT));
    cr_expect_null(drop_reason_name(DROP_COUNT));
    cr_expect_null(drop_reason_text(DROP_COUNT));
    cr_expect_null(isakmp_exchange_name(7));
}

Test(text, a_number_is_digits_alone_and_does_not_overflow)
{
    static const struct {
        const char *s;
        unsigned base;
        bool ok;
        uint64_t v;
    } row[] = {
        {"0", 10, true, 0},
        {"18446744073709551615", 10, true, UINT64_MAX},
        {"18446744073709551616", 10, false, 0},
        {"ff", 16, true, 255},
        {"FFFFFFFFFFFFFFFF", 16, true, UINT64_MAX},
        {"10000000000000000", 16, false, 0},
        {"", 10, false, 0},
        {" 1", 10, false, 0},
        {"-1", 10, false, 0},
        {"1x", 10, false, 0},
        {"a", 10, false, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint64_t v = 0;
        cr_expect_eq(text_u64(row[i].s, row[i].base, &v), row[i].ok, "row %zu", i);
        cr_expect_eq(v, row[i].v, "row %zu", i);
    }
}
