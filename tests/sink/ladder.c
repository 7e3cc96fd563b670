/* The ladder: messages one by one, runs together, losses with their reason. */
#include "sink/rig.h"

#define HEAD_LINE "# seconds; --> arrives, --x is lost, --? does not arrive; * is encrypted\n"

static struct sink_ladder *ladder_of_two(struct rig *r)
{
    struct sink_ladder *s = sink_ladder_new(r->trace);
    sink_ladder_end(s, "wan", 0, "r1");
    sink_ladder_end(s, "wan", 1, "r2");
    return s;
}

Test(sink_ladder, tells_a_story)
{
    struct rig *r = rig_new();
    struct sink_ladder *s = ladder_of_two(r);
    uint8_t b[2048];
    struct span no = {0};

    rig_at(r, SECONDS(1));
    struct span m = rig_isakmp(b, true, EXCHANGE_MAIN, 0, 0, PAYLOAD_VID, span_of("abcd", 4));
    rig_tx(r, 0, 1, m);
    rig_drop(r, 0, 1, DROP_LINK_MATCH, m);
    rig_at(r, SECONDS(11));
    rig_tx(r, 0, 2, m);
    rig_at(r, SECONDS(11) + MILLISECONDS(20));
    rig_rx(r, 0, 2, m);
    m = rig_isakmp(b, false, EXCHANGE_INFORMATIONAL, 0, 0, PAYLOAD_NOTIFY,
                   span_of("\0\0\0\1\1\0\0\16", 8));
    rig_tx(r, 1, 1, m);
    rig_at(r, SECONDS(11) + MILLISECONDS(40));
    rig_rx(r, 1, 1, m);
    m = rig_isakmp(b, true, EXCHANGE_QUICK, ISAKMP_FLAG_ENCRYPTED, 0x1a2b3c4d, PAYLOAD_HASH,
                   span_of("12345678", 8));
    rig_tx(r, 0, 3, m);
    rig_rx(r, 0, 3, m);
    for (uint16_t i = 0; i < 4; i++) {
        rig_at(r, SECONDS(20 + i));
        m = rig_echo(b, false, i);
        rig_tx(r, 0, 4 + i, m);
        if (i == 0) {
            rig_drop(r, 0, 4, DROP_LINK_LOSS, m);
            continue;
        }
        rig_rx(r, 0, 4 + i, m);
        m = rig_echo(b, true, i);
        rig_tx(r, 1, 10 + i, m);
        if (i != 3)
            rig_rx(r, 1, 10 + i, m);
    }
    TRACE(r->root, timeline, .label = "fix", .action = "r2 console");
    m = rig_ip(b, RIG_R1, RIG_R2, IPPROTO_NUM_ESP, span_of("\1\2\3\4\0\0\0\7abcdefgh", 16));
    rig_tx(r, 0, 20, m);
    rig_rx(r, 0, 20, m);
    rig_rx(r, 0, 20, m); /* the link made a copy */
    m = rig_udp(b, RIG_R2, RIG_R1, 4500, span_of("\1\2\3\4\0\0\0\11abcd", 12));
    rig_tx(r, 1, 21, m);
    rig_rx(r, 1, 21, m);
    rig_tx(r, 0, 22, rig_udp(b, RIG_R1, RIG_R2, 53, no));
    rig_tx(r, 0, 23, span_of("junk", 4));

    cr_expect_str_eq(
        sink_ladder_text(s), HEAD_LINE
        "      1.000000  r1 --x r2  MM VID, dropped by a match rule of the scenario\n"
        "     11.000000  r1 --> r2  MM VID, again\n"
        "     11.020000  r1 <-- r2  INFO NOTIFY(NO_PROPOSAL_CHOSEN)\n"
        "     11.040000  r1 --> r2  QM* 1a2b3c4d\n"
        "     20.000000  r1 --x r2  ICMP echo 203.0.113.1 > 203.0.113.2 seq 0, lost on the link\n"
        "     21.000000  r1 --> r2  ICMP echo 203.0.113.1 > 203.0.113.2 seq 1-3, 3 packets until "
        "23.000000\n"
        "     21.000000  r1 <-- r2  ICMP echo reply 203.0.113.2 > 203.0.113.1 seq 1-3, 3 packets "
        "until 23.000000, "
        "1 did not arrive\n"
        "     23.000000  == [fix] r2 console\n"
        "     23.000000  r1 --> r2  ESP spi 01020304 seq 7\n"
        "     23.000000  r1 --> r2  ESP spi 01020304 (another copy) seq 7\n"
        "     23.000000  r1 <-- r2  ESP in UDP spi 01020304 seq 9\n"
        "     23.000000  r1 --? r2  UDP 203.0.113.1:53 > 203.0.113.2:53, did not arrive\n"
        "     23.000000  r1 --? r2  IP (malformed), did not arrive\n");
    sink_ladder_free(s);
    rig_free(r);
}

Test(sink_ladder, describes_cut_and_broken_packets)
{
    struct rig *r = rig_new();
    uint8_t b[2048];
    struct span m = rig_isakmp(b, true, EXCHANGE_MAIN, 0, 0, PAYLOAD_VID, span_of("abcd", 4));
    for (size_t n = 0; n <= m.n; n++) { /* nothing reads past the bytes it is given */
        struct sink_ladder *s = ladder_of_two(r);
        uint8_t *exact = g_memdup2(n ? m.p : (const uint8_t *)"", n ? n : 1);
        rig_tx(r, 0, n, span_of(exact, n));
        bool whole = strstr(sink_ladder_text(s), "MM VID");
        cr_expect_eq(whole, n == m.n, "%zu bytes", n);
        g_free(exact);
        sink_ladder_free(s);
    }
    rig_free(r);
}

Test(sink_ladder, a_long_run_stays_short)
{
    struct rig *r = rig_new();
    struct sink_ladder *s = ladder_of_two(r);
    uint8_t b[2048];
    for (uint64_t i = 0; i < 86400; i++) {
        rig_at(r, SECONDS(i));
        struct span m = rig_echo(b, false, (uint16_t)i);
        rig_tx(r, 0, i, m);
        rig_rx(r, 0, i, m);
    }
    const char *text = sink_ladder_text(s);
    cr_expect(g_str_has_suffix(text, "86400 packets until 86399.000000\n"), "%s", text);
    for (uint32_t i = 0; i < 30000; i++) {
        struct span m = rig_isakmp(b, true, EXCHANGE_INFORMATIONAL, ISAKMP_FLAG_ENCRYPTED, i + 1,
                                   PAYLOAD_HASH, span_of("12345678", 8));
        rig_tx(r, 0, 100000 + i, m);
        rig_rx(r, 0, 100000 + i, m);
    }
    text = sink_ladder_text(s);
    cr_expect(g_str_has_suffix(text, "# and 10001 more, not kept\n"));
    cr_assert(sink_ladder_write(s, r->dir, NULL));
    size_t n;
    g_autofree char *svg = rig_read(r, "ladder.svg", &n);
    cr_expect_lt(n, 400000);
    cr_expect(strstr(svg, "and 29601 more, not drawn"), "the picture says what it leaves out");
    sink_ladder_free(s);
    rig_free(r);
}

/* Elements, nested and closed, by GLib's own reader. */
Test(sink_ladder, the_picture_is_well_formed)
{
    struct rig *r = rig_new();
    struct sink_ladder *s = sink_ladder_new(r->trace); /* nobody told who is where */
    uint8_t b[2048];
    struct span m = rig_isakmp(b, true, EXCHANGE_MAIN, 0, 0, PAYLOAD_VID, span_of("abcd", 4));
    rig_tx(r, 0, 1, m);
    rig_rx(r, 0, 1, m);
    rig_tx(r, 1, 1, m);
    rig_drop(r, 1, 1, DROP_LINK_LOSS, m);
    TRACE(r->r1, injected, .what = "<&\"'>");
    TRACE(r->r1, device_reload, .reason = "a\nb");
    cr_assert(sink_ladder_write(s, r->dir, NULL));
    g_autofree char *svg = rig_read(r, "ladder.svg", NULL);
    static const GMarkupParser nothing = {0};
    GMarkupParseContext *context = g_markup_parse_context_new(&nothing, 0, NULL, NULL);
    GError *error = NULL;
    cr_expect(g_markup_parse_context_parse(context, svg, -1, &error) &&
                  g_markup_parse_context_end_parse(context, &error),
              "%s", error ? error->message : "");
    g_markup_parse_context_free(context);
    cr_expect(strstr(svg, "MM VID") && strstr(svg, "cky_i 0102030405060708") &&
              strstr(svg, "injected: &lt;&amp;"));
    g_autofree char *text = rig_read(r, "ladder.txt", NULL);
    cr_expect(strstr(text, "r1 --> r2  MM VID\n"), "%s", text);
    cr_expect(strstr(text, "== r1: reload a b\n"), "%s", text);
    sink_ladder_free(s);
    rig_free(r);
}
