/* DHCP messages: written, read back, cut short at every length, with options of wrong lengths. */
#include "wire/dhcp.h"

#include <string.h>
#include "wire/bytes.h"

#define HEAD 240 /* with the cookie */

static struct dhcp_msg example(void)
{
    static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7}, wanted[] = {1, 3, 6};
    struct dhcp_msg m = {
        .op = DHCP_BOOTREQUEST,
        .htype = 1,
        .hlen = 6,
        .xid = 0x3903f326,
        .secs = 4,
        .flags = DHCP_BROADCAST,
        .ciaddr = IP4(10, 0, 0, 5),
        .chaddr = {2, 3, 4, 5, 6, 7},
        .type = DHCP_REQUEST,
        .requested = IP4(10, 0, 0, 100),
        .server = IP4(10, 0, 0, 10),
        .mask = ip4_mask(24),
        .router = IP4(10, 0, 0, 1),
        .lease_s = 3600,
        .renew_s = 1800,
        .rebind_s = 3150,
        .dns = {IP4(10, 0, 0, 53), IP4(10, 0, 0, 54)},
        .n_dns = 2,
    };
    m.client_id = span_of(id, sizeof id);
    m.wanted = span_of(wanted, sizeof wanted);
    m.hostname = span_of("pc1", 3);
    m.domain = span_of("example.net", 11);
    m.message = span_of("no", 2);
    return m;
}

static struct span emitted(const struct dhcp_msg *m)
{
    uint8_t out[DHCP_MAX_BYTES];
    struct wr w = wr_over(out, sizeof out);
    dhcp_emit(m, &w);
    cr_assert(wr_ok(&w));
    return bytes_cut(wr_done(&w), w.n);
}

Test(dhcp, what_is_written_is_read_back)
{
    struct dhcp_msg m = example(), back;
    struct span s = emitted(&m);
    cr_assert_eq(dhcp_parse(s, &back), WIRE_OK);
    cr_expect(s.n >= DHCP_MIN_BYTES);
    cr_expect_eq(back.xid, m.xid);
    cr_expect_eq(back.flags, m.flags);
    cr_expect_eq(back.secs, 4);
    cr_expect_eq(back.ciaddr, m.ciaddr);
    cr_expect_arr_eq(back.chaddr, m.chaddr, 16);
    cr_expect_eq(back.type, DHCP_REQUEST);
    cr_expect_eq(back.requested, m.requested);
    cr_expect_eq(back.server, m.server);
    cr_expect_eq(back.mask, m.mask);
    cr_expect_eq(back.router, m.router);
    cr_expect_eq(back.lease_s, 3600);
    cr_expect_eq(back.renew_s, 1800);
    cr_expect_eq(back.rebind_s, 3150);
    cr_expect_eq(back.n_dns, 2);
    cr_expect_eq(back.dns[1], m.dns[1]);
    cr_expect(span_eq(back.client_id, m.client_id));
    cr_expect(span_eq(back.hostname, m.hostname));
    cr_expect(span_eq(back.domain, m.domain));
    cr_expect(span_eq(back.message, m.message));
    cr_expect(span_eq(back.wanted, m.wanted));
    bytes_free(s);
    struct dhcp_msg none = {.op = DHCP_BOOTREPLY, .type = DHCP_NAK};
    s = emitted(&none);
    cr_expect_eq(s.n, DHCP_MIN_BYTES, "short ones are filled up");
    cr_assert_eq(dhcp_parse(s, &back), WIRE_OK);
    cr_expect_eq(back.lease_s, 0);
    cr_expect_eq(back.client_id.n, 0);
    bytes_free(s);
}

Test(dhcp, cut_before_its_end_it_is_refused)
{
    struct dhcp_msg m = example(), back;
    struct span whole = emitted(&m);
    size_t end = whole.n;
    while (whole.p[end - 1] != 255)
        end--;
    for (size_t n = 0; n < end; n++) {
        struct span s = bytes_cut(whole, n);
        cr_expect_neq(dhcp_parse(s, &back), WIRE_OK, "%zu bytes", n);
        bytes_free(s);
    }
    bytes_free(whole);
}

Test(dhcp, options_have_the_length_of_their_kind)
{
    static const struct {
        const char *options;
        enum wire_status status;
    } row[] = {
        {"350101ff", WIRE_OK},
        {"350109ff", WIRE_BAD},
        {"350100ff", WIRE_BAD},
        {"35020101ff", WIRE_BAD},
        {"3500ff", WIRE_BAD},
        {"0000350101ff", WIRE_OK},
        {"350101", WIRE_SHORT},
        {"3501", WIRE_SHORT},
        {"35", WIRE_SHORT},
        {"0104ffffff00ff", WIRE_OK},
        {"0103ffffffff", WIRE_BAD},
        {"0300ff", WIRE_BAD},
        {"0305c0a80001c0ff", WIRE_BAD},
        {"0308c0a80001c0a80002ff", WIRE_OK},
        {"0600ff", WIRE_BAD},
        {"3d0101ff", WIRE_BAD},
        {"3d020101ff", WIRE_OK},
        {"0c00ff", WIRE_BAD},
        {"e400ff", WIRE_OK},
        {"e4ffff", WIRE_SHORT},
        {"ff", WIRE_OK},
        {"ff350909", WIRE_OK},
        {"", WIRE_SHORT},
        {"0614c0a80001c0a80002c0a80003c0a80004c0a80005ff", WIRE_OK},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span o = bytes_of(row[i].options);
        uint8_t bytes[HEAD + 64] = {1, 1, 6};
        struct dhcp_msg m;
        be32_put(bytes + HEAD - 4, 0x63825363);
        if (o.n)
            memcpy(bytes + HEAD, o.p, o.n);
        struct span s = bytes_cut(span_of(bytes, sizeof bytes), HEAD + o.n);
        cr_expect_eq(dhcp_parse(s, &m), row[i].status, "%s", row[i].options);
        cr_expect(m.n_dns <= DHCP_MAX_DNS);
        bytes_free(s);
        bytes_free(o);
    }
}

Test(dhcp, a_head_that_is_none_is_refused)
{
    struct dhcp_msg m = example(), back;
    static const struct {
        size_t at;
        uint8_t value;
    } row[] = {{0, 0}, {0, 3}, {2, 17}, {2, 255}, {236, 0}, {239, 0x64}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct span s = emitted(&m);
        ((uint8_t *)s.p)[row[i].at] = row[i].value;
        cr_expect_eq(dhcp_parse(s, &back), WIRE_BAD, "byte %zu", row[i].at);
        bytes_free(s);
    }
}

Test(dhcp, no_room_is_told)
{
    struct dhcp_msg m = example();
    struct span whole = emitted(&m);
    for (size_t n = 0; n < whole.n; n += 7) {
        g_autofree uint8_t *out = g_malloc(n + 1);
        struct wr w = wr_over(out, n);
        dhcp_emit(&m, &w);
        cr_expect_not(wr_ok(&w), "%zu bytes", n);
    }
    bytes_free(whole);
}
