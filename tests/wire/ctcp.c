/* The bytes of IPsec in TCP. */
#include <criterion/criterion.h>

#include <string.h>

#include "wire/ctcp.h"

static const uint8_t text[24] = "a message of some bytes";

Test(ctcp, what_is_emitted_is_parsed)
{
    for (int i = 0; i < 3; i++) {
        uint8_t bytes[128];
        struct wr w = wr_over(bytes, sizeof bytes);
        const struct ctcp m = {
            .isakmp = i < 2, .from_client = i == 1, .seq = 77, .message = span_of(text, 24)};
        struct ctcp got;
        ctcp_emit(&m, &w);
        cr_assert_eq(wr_done(&w).n, 24 + CTCP_TRAILER + (i < 2 ? CTCP_UDP : 0));
        cr_assert_eq(ctcp_parse(wr_done(&w), &got), WIRE_OK);
        cr_expect_eq(got.isakmp, m.isakmp);
        cr_expect_eq(got.from_client, m.from_client);
        cr_expect_eq(got.seq, 77);
        cr_expect(span_eq(got.message, m.message));
        /* Bytes 13 of the trailer and 0 to 3: what dissectors go by. */
        cr_expect_eq(bytes[w.n - 3], i < 2 ? 0x11 : 0x32);
        for (size_t n = 0; n < w.n; n++) {
            struct ctcp cut;
            cr_expect_neq(ctcp_parse(span_of(bytes, n), &cut), WIRE_OK, "%zu bytes", n);
        }
    }
}

Test(ctcp, other_ports_and_lengths_are_refused)
{
    static const struct {
        size_t at;
        uint8_t value;
    } row[] = {{1, 0xf5}, {3, 0xf5}, {5, 0}, {4, 1}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        uint8_t bytes[128];
        struct wr w = wr_over(bytes, sizeof bytes);
        struct ctcp got;
        ctcp_emit(&(struct ctcp){.isakmp = true, .message = span_of(text, 24)}, &w);
        bytes[row[i].at] = row[i].value;
        cr_expect_eq(ctcp_parse(wr_done(&w), &got), WIRE_BAD, "byte %zu", row[i].at);
    }
}
