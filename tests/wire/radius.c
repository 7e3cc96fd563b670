/* RADIUS packets: the one of RFC 2865 7.1, every way to be cut short, and lengths that lie. */
#include "wire/radius.h"

#include <string.h>
#include "wire/bytes.h"

/* The Access-Request of RFC 2865 7.1: nemo at 192.168.1.16, port 3. */
#define NEMO                                                                                       \
    "010000380f403f9473978057bd83d5cb98f4227a"                                                     \
    "01066e656d6f02120dbe708d93d413ce3196e43f782a0aee0406c0a80110050600000003"

Test(radius, the_example_of_the_rfc_is_read_and_written)
{
    struct span s = bytes_of(NEMO), v;
    struct radius_msg m;
    uint32_t n;
    cr_assert_eq(radius_parse(s, &m), WIRE_OK);
    cr_expect_eq(m.code, RADIUS_ACCESS_REQUEST);
    cr_expect_eq(m.id, 0);
    cr_expect(radius_find(&m, RADIUS_USER_NAME, &v) && span_eq(v, span_of("nemo", 4)));
    cr_expect(radius_find_u32(&m, RADIUS_NAS_IP_ADDRESS, &n) && n == IP4(192, 168, 1, 16));
    cr_expect(radius_find_u32(&m, RADIUS_NAS_PORT, &n) && n == 3);
    cr_expect_not(radius_find(&m, RADIUS_CLASS, &v));
    cr_expect_not(radius_find_u32(&m, RADIUS_USER_PASSWORD, &n), "that is no number");
    uint8_t out[RADIUS_MAX];
    struct wr w = wr_over(out, sizeof out);
    struct span password;
    cr_assert(radius_find(&m, RADIUS_USER_PASSWORD, &password));
    radius_begin(&w, RADIUS_ACCESS_REQUEST, 0, m.auth);
    radius_put(&w, RADIUS_USER_NAME, span_of("nemo", 4));
    radius_put(&w, RADIUS_USER_PASSWORD, password);
    radius_put_u32(&w, RADIUS_NAS_IP_ADDRESS, IP4(192, 168, 1, 16));
    radius_put_u32(&w, RADIUS_NAS_PORT, 3);
    radius_end(&w);
    cr_assert(wr_ok(&w));
    expect_hex(wr_done(&w), NEMO);
    bytes_free(s);
}

Test(radius, cut_at_any_length_it_is_refused)
{
    struct span whole = bytes_of(NEMO);
    for (size_t n = 0; n < whole.n; n++) {
        struct span s = bytes_cut(whole, n);
        struct radius_msg m;
        cr_expect_neq(radius_parse(s, &m), WIRE_OK, "%zu bytes", n);
        /* With the length made to fit it is whole where an attribute ends. */
        if (n >= RADIUS_HEAD) {
            be16_put((uint8_t *)s.p + 2, (uint16_t)n);
            bool ends = n == 20 || n == 26 || n == 44 || n == 50;
            cr_expect_eq(radius_parse(s, &m) == WIRE_OK, ends, "%zu bytes", n);
        }
        bytes_free(s);
    }
    bytes_free(whole);
}

Test(radius, lengths_that_lie_are_refused_and_padding_is_not_read)
{
    static const struct {
        const char *hex;
        enum wire_status status;
    } row[] = {
        {"02010014"
         "00112233445566778899aabbccddeeff",
         WIRE_OK},
        {"02010014"
         "00112233445566778899aabbccddeeff"
         "ffff",
         WIRE_OK}, /* padding */
        {"02010013"
         "00112233445566778899aabbccddeeff",
         WIRE_BAD},
        {"02010016"
         "00112233445566778899aabbccddeeff"
         "1902",
         WIRE_OK}, /* an empty Class */
        {"02010016"
         "00112233445566778899aabbccddeeff"
         "1901",
         WIRE_BAD},
        {"02010016"
         "00112233445566778899aabbccddeeff"
         "1900",
         WIRE_BAD},
        {"02010016"
         "00112233445566778899aabbccddeeff"
         "1903",
         WIRE_BAD},
        {"02010015"
         "00112233445566778899aabbccddeeff"
         "19",
         WIRE_BAD},
        {"02010017"
         "00112233445566778899aabbccddeeff"
         "1902",
         WIRE_SHORT},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = bytes_of(row[i].hex);
        struct radius_msg m;
        cr_expect_eq(radius_parse(s, &m), row[i].status, "row %zu", i);
        bytes_free(s);
    }
    g_autofree uint8_t *big = g_malloc0(RADIUS_MAX + 2);
    struct radius_msg m;
    be16_put(big + 2, RADIUS_MAX + 2);
    cr_expect_eq(radius_parse(span_of(big, RADIUS_MAX + 2), &m), WIRE_BAD);
}

Test(radius, a_value_too_long_makes_no_packet)
{
    uint8_t out[RADIUS_MAX + 100], value[RADIUS_VALUE_MAX + 1] = {0}, auth[RADIUS_AUTH] = {0};
    struct wr w = wr_over(out, sizeof out);
    radius_begin(&w, RADIUS_ACCESS_ACCEPT, 1, auth);
    radius_put(&w, RADIUS_CLASS, span_of(value, RADIUS_VALUE_MAX));
    cr_expect(wr_ok(&w));
    radius_put(&w, RADIUS_CLASS, span_of(value, RADIUS_VALUE_MAX + 1));
    cr_expect_not(wr_ok(&w));
    w = wr_over(out, sizeof out);
    radius_begin(&w, RADIUS_ACCESS_ACCEPT, 1, auth);
    for (int i = 0; i < 16; i++)
        radius_put(&w, RADIUS_CLASS, span_of(value, RADIUS_VALUE_MAX));
    radius_end(&w);
    cr_expect_not(wr_ok(&w), "more than %d bytes", RADIUS_MAX);
}
