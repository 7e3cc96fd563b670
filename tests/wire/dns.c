/* DNS messages: written, read back, cut short at every length, names that point wrongly. */
#include "wire/dns.h"

#include <string.h>
#include "wire/bytes.h"

#define QUERY                                                                                      \
    "abcd01000001000000000000"                                                                     \
    "0376706e076578616d706c6503636f6d00"                                                           \
    "00010001"
#define ANSWER                                                                                     \
    "abcd85000001000200000000"                                                                     \
    "0376706e076578616d706c6503636f6d00"                                                           \
    "00010001"                                                                                     \
    "c00c000100010000012c0004c6336401"                                                             \
    "c00c000100010000003c0004c6336402"

Test(dns, questions_and_answers_are_read_and_written)
{
    struct span s = bytes_of(QUERY);
    struct dns_msg m, out = {.id = 0xabcd, .wants_recursion = true, .type = 1, .class = 1};
    cr_assert_eq(dns_parse(s, &m), WIRE_OK);
    cr_expect_str_eq(m.name, "vpn.example.com");
    cr_expect(m.wants_recursion && !m.response);
    cr_expect_eq(m.n_answers, 0);
    uint8_t bytes[DNS_MAX_BYTES];
    struct wr w = wr_over(bytes, sizeof bytes);
    g_strlcpy(out.name, "vpn.example.com", sizeof out.name);
    dns_emit(&out, &w);
    expect_hex(wr_done(&w), QUERY);
    bytes_free(s);
    s = bytes_of(ANSWER);
    cr_assert_eq(dns_parse(s, &m), WIRE_OK);
    cr_expect(m.response && m.authoritative);
    cr_expect_eq(m.n_answers, 2);
    cr_expect_eq(m.answer[0], IP4(198, 51, 100, 1));
    cr_expect_eq(m.ttl_s, 60, "the least");
    bytes_free(s);
}

Test(dns, cut_at_any_length_it_is_refused)
{
    static const char *const hex[] = {QUERY, ANSWER};
    for (size_t i = 0; i < G_N_ELEMENTS(hex); i++) {
        struct span whole = bytes_of(hex[i]);
        struct dns_msg m;
        for (size_t n = 0; n < whole.n; n++) {
            struct span s = bytes_cut(whole, n);
            cr_expect_neq(dns_parse(s, &m), WIRE_OK, "%zu bytes", n);
            bytes_free(s);
        }
        bytes_free(whole);
    }
}

Test(dns, what_is_not_one_question_with_sound_names_is_refused)
{
    static const struct {
        const char *hex, *name; /* NULL: refused */
    } row[] = {
        {"000001000001000000000000"
         "0141"
         "00"
         "00010001",
         "a"}, /* in lower case */
        {"000001000001000000000000"
         "0141"
         "00"
         "00010001"
         "00",
         NULL},
        {"000001000000000000000000"
         "0141"
         "00"
         "00010001",
         NULL},
        {"000001000002000000000000"
         "0141"
         "00"
         "00010001"
         "014100"
         "00010001",
         NULL},
        {"000003000001000000000000"
         "0141"
         "00"
         "00010001",
         NULL}, /* cut by its sender */
        {"000001000001000000000000"
         "00"
         "00010001",
         NULL},
        {"000001000001000000000000"
         "0120"
         "00"
         "00010001",
         NULL}, /* a blank */
        {"000001000001000000000000"
         "40"
         "00010001",
         NULL},
        {"000001000001000000000000"
         "c00c"
         "00010001",
         NULL}, /* to itself */
        {"000001000001000000000000"
         "c00e"
         "00010001"
         "014100",
         NULL}, /* forward */
        {"000001000001000000000000"
         "c000"
         "00010001",
         NULL}, /* into the head */
        {"000001000001000000000000"
         "0141c00c"
         "00010001",
         NULL},
        {"000085000001000100000000"
         "014100"
         "00010001"
         "c00c000100010000000000030a0000",
         NULL},
        {"000085000001000100000000"
         "014100"
         "00010001"
         "c01300010001000000000004"
         "0a000001",
         NULL},
        {"000085000001000100000000"
         "014100"
         "00010001"
         "c00c00050001000000000002"
         "c00c",
         "a"},
        {"000085000001000000010000"
         "014100"
         "00010001"
         "c00c000200010000000000020a00",
         "a"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = bytes_of(row[i].hex);
        struct dns_msg m;
        cr_expect_eq(dns_parse(s, &m) == WIRE_OK, row[i].name != NULL, "row %zu", i);
        if (row[i].name)
            cr_expect_str_eq(m.name, row[i].name);
        bytes_free(s);
    }
}

Test(dns, names_have_their_limits)
{
    g_autofree char *label63 = g_strnfill(63, 'a'), *label64 = g_strnfill(64, 'a');
    g_autofree char *n253 = g_strdup_printf("%s.%s.%s.%.61s", label63, label63, label63, label63);
    g_autofree char *n254 = g_strdup_printf("%s.%s.%s.%.62s", label63, label63, label63, label63);
    const struct {
        const char *name;
        bool valid;
    } row[] = {{"a", true},       {"", false},     {".", false},     {"a.", false},
               {".a", false},     {"a..b", false}, {"a b", false},   {"\xc3\xa4", false},
               {"a-b_9.c", true}, {label63, true}, {label64, false}, {n253, true},
               {n254, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct dns_msg m = {.type = 1, .class = 1}, back;
        uint8_t bytes[DNS_MAX_BYTES];
        struct wr w = wr_over(bytes, sizeof bytes);
        cr_expect_eq(dns_name_valid(row[i].name), row[i].valid, "%s", row[i].name);
        g_strlcpy(m.name, row[i].name, sizeof m.name);
        m.n_answers = DNS_MAX_ANSWERS;
        dns_emit(&m, &w);
        cr_expect_eq(wr_ok(&w), row[i].valid, "%s", row[i].name);
        if (!row[i].valid)
            continue;
        cr_assert_eq(dns_parse(wr_done(&w), &back), WIRE_OK);
        cr_expect_str_eq(back.name, row[i].name);
        cr_expect_eq(back.n_answers, DNS_MAX_ANSWERS);
    }
}

/* A chain of pointers, each to the one before, ends; ten thousand random changes of a message are
 * read without harm. */
Test(dns, any_bytes_are_read_without_harm)
{
    uint8_t bytes[DNS_MAX_BYTES] = {0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 'a', 0};
    struct dns_msg m;
    for (size_t at = 15; at + 6 < sizeof bytes; at += 2)
        be16_put(bytes + at, (uint16_t)(0xc000 | (at == 15 ? 12 : at - 2)));
    dns_parse(span_of(bytes, sizeof bytes), &m);
    struct span whole = bytes_of(ANSWER);
    uint32_t x = 1;
    for (int i = 0; i < 10000; i++) {
        struct span s = bytes_cut(whole, whole.n);
        for (int k = 0; k < 4; k++) {
            x = x * 1664525u + 1013904223u;
            ((uint8_t *)s.p)[(x >> 8) % s.n] = (uint8_t)(x >> 24);
        }
        dns_parse(s, &m);
        cr_assert(m.n_answers <= DNS_MAX_ANSWERS && strlen(m.name) < DNS_NAME_BYTES);
        bytes_free(s);
    }
    bytes_free(whole);
}
