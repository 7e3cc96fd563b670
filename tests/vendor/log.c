/* Time stamps, where messages go, and messages about single packets. */
#include "router.h"

Test(stamps, follow_the_clock_and_the_uptime)
{
    static const struct {
        sim_time at;
        enum ios_stamp style;
        bool clock_set;
        const char *text;
    } row[] = {
        {0, IOS_STAMP_UPTIME, false, "00:00:00: "},
        {SECONDS(12), IOS_STAMP_UPTIME, false, "00:00:12: "},
        {SECONDS(74684), IOS_STAMP_UPTIME, false, "20:44:44: "},
        {SECONDS(86400), IOS_STAMP_UPTIME, false, "1d00h: "},
        {SECONDS(86400 * 3 + 3700), IOS_STAMP_UPTIME, false, "3d01h: "},
        {SECONDS(86400 * 19), IOS_STAMP_UPTIME, false, "2w5d: "},
        {SECONDS(86400 * 400), IOS_STAMP_UPTIME, false, "1y05w: "},
        {MILLISECONDS(12345), IOS_STAMP_DATETIME_MSEC, false, "*Mar  1 00:00:12.345: "},
        {MILLISECONDS(12345), IOS_STAMP_DATETIME, false, "*Mar  1 00:00:12: "},
        {SECONDS(86400 * 30), IOS_STAMP_DATETIME, false, "*Mar 31 00:00:00: "},
        {SECONDS(86400 * 31 + 3723), IOS_STAMP_DATETIME, true, "Apr  1 01:02:03: "},
        {SECONDS(86400 * 364), IOS_STAMP_DATETIME, true, "Feb 28 00:00:00: "},
        {SECONDS(5), IOS_STAMP_NONE, false, ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
        g_autoptr(GString) text = g_string_new(NULL);
        r->d->clock_set = row[i].clock_set;
        sim_run(w->sim, row[i].at);
        ios_stamp_text(r->s, row[i].style, text);
        cr_expect_str_eq(text->str, row[i].text);
        router_free(r);
        world_free(w);
    }
}

Test(stamps, stand_before_the_first_line_of_a_message_only)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    r->s->stamp_debug = IOS_STAMP_UPTIME;
    g_free(router_said(r));
    ios_debug_line(r->s, "IPSEC(sa): ,\n  (sa) second");
    g_autofree char *said = router_said(r);
    cr_expect_str_eq(said, "00:00:00: IPSEC(sa): ,\n  (sa) second\n");
    router_free(r);
    world_free(w);
}

/* 29 February comes every four years but not in 2100, and in 2000. */
Test(stamps, know_the_calendar)
{
    static const struct {
        int64_t epoch_s;
        const char *text;
    } row[] = {
        {951782400, "*00:00:00.000 UTC Tue Feb 29 2000"},
        {951868800, "*00:00:00.000 UTC Wed Mar 1 2000"},
        {4107456000, "*00:00:00.000 UTC Sun Feb 28 2100"},
        {4107542400, "*00:00:00.000 UTC Mon Mar 1 2100"},
        {730944000, "*00:00:00.000 UTC Mon Mar 1 1993"},
        {1767225599, "*23:59:59.000 UTC Wed Dec 31 2025"},
    };
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GString) text = g_string_new(NULL);
        r->d->clock_epoch_s = row[i].epoch_s;
        ios_clock_text(r->s, text);
        cr_expect_str_eq(text->str, row[i].text);
    }
    router_free(r);
    world_free(w);
}

Test(logging, goes_to_console_and_buffer_by_level)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    struct ios *s = r->s;
    g_free(router_said(r));
    g_queue_clear_full(s->buffer, g_free);
    s->logging_buffered = true;
    s->console_level = 4;
    s->buffer_level = 5;
    ios_log(s, "A", 4, "FOUR", "x");
    ios_log(s, "A", 5, "FIVE", "x");
    ios_log(s, "A", 6, "SIX", "x");
    ios_debug_line(s, "debug");
    g_autofree char *said = router_said(r);
    cr_expect_str_eq(said, "%A-4-FOUR: x\n");
    cr_expect_eq(s->buffer->length, 2);
    s->logging_console = false;
    ios_log(s, "A", 0, "ZERO", "x");
    g_autofree char *silent = router_said(r);
    cr_expect_str_eq(silent, "");
    cr_expect_eq(s->buffer->length, 3);
    router_free(r);
    world_free(w);
}

Test(logging, keeps_the_newest_lines_that_fit_the_buffer)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    struct ios *s = r->s;
    g_queue_clear_full(s->buffer, g_free);
    s->logging_buffered = true;
    s->buffer_bytes = 100;
    for (int i = 0; i < 50; i++)
        ios_log(s, "A", 1, "B", "line %02d", i);
    size_t bytes = 0;
    for (const GList *l = s->buffer->head; l; l = l->next)
        bytes += strlen(l->data) + 1;
    cr_expect_leq(bytes, 100);
    cr_expect_geq(bytes, 80);
    cr_expect_str_eq(g_queue_peek_tail(s->buffer), "%A-1-B: line 49");
    g_autofree char *shown = router_show(r, "show logging");
    cr_expect(strstr(shown, "Log Buffer (100 bytes):\n"), "%s", shown);
    cr_expect(g_str_has_suffix(shown, "%A-1-B: line 49\n"), "%s", shown);
    router_free(r);
    world_free(w);
}

/* ---- Packets ---- */

static void bad_spi(struct trace_scope *scope, ip4 src)
{
    TRACE(scope, esp_drop, .why = DROP_ESP_NO_SPI, .spi = 0x3D3, .src = src,
          .dst = IP4(10, 1, 0, 1));
}

Test(packet_messages, come_once_a_minute_for_each_sender)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    g_free(router_said(r));
    for (int i = 0; i < 5; i++)
        bad_spi(r->d->scope, IP4(10, 1, 0, 2));
    bad_spi(r->d->scope, IP4(10, 9, 9, 9));
    sim_run(w->sim, SECONDS(59));
    bad_spi(r->d->scope, IP4(10, 1, 0, 2));
    sim_run(w->sim, SECONDS(61));
    bad_spi(r->d->scope, IP4(10, 1, 0, 2));
    g_autofree char *said = router_said(r);
    expect_lines(said,
                 "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for "
                 "destaddr=10.1.0.1, prot=50, spi=0x3D3(979), srcaddr=10.1.0.2\n"
                 "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for "
                 "destaddr=10.1.0.1, prot=50, spi=0x3D3(979), srcaddr=10.9.9.9\n"
                 "%CRYPTO-4-RECVD_PKT_INV_SPI: decaps: rec'd IPSEC packet has invalid spi for "
                 "destaddr=10.1.0.1, prot=50, spi=0x3D3(979), srcaddr=10.1.0.2\n",
                 "invalid spi");
    router_free(r);
    world_free(w);
}

Test(packet_messages, name_the_connection_in_the_words_of_the_version)
{
    static const struct {
        const char *version;
        enum drop_reason why;
        const char *line;
    } row[] = {
        {"12.2", DROP_ESP_REPLAY,
         "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=2000.\n"},
        {"12.4", DROP_ESP_REPLAY,
         "%CRYPTO-4-PKT_REPLAY_ERR: decrypt: replay check failed connection id=2000, sequence "
         "number=219\n"},
        {"12.4", DROP_ESP_ICV,
         "%CRYPTO-4-RECVD_PKT_MAC_ERR: decrypt: mac verify failed for connection id=2000\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct router *r = router_new(w, "r1", row[i].version, "hostname r1\n");
        TRACE(r->d->scope, ipsec_sa_new, .sa = 5, .inbound = true, .spi = 0x1000,
              .cipher = CIPHER_DES, .auth = HASH_MD5);
        g_free(router_said(r));
        TRACE(r->d->scope, esp_drop, .why = row[i].why, .sa = 5, .spi = 0x1000, .seq = 219,
              .src = IP4(10, 1, 0, 2), .dst = IP4(10, 1, 0, 1));
        g_autofree char *said = router_said(r);
        expect_lines(said, row[i].line, row[i].version);
        router_free(r);
        world_free(w);
    }
}

Test(packet_messages, tell_of_clear_packets_that_should_be_protected)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    g_free(router_said(r));
    TRACE(r->d->scope, ipsec_clear, .src = IP4(10, 2, 0, 5), .dst = IP4(10, 1, 0, 5),
          .protocol = 1);
    g_autofree char *said = router_said(r);
    expect_lines(said,
                 "%CRYPTO-4-RECVD_PKT_NOT_IPSEC: Rec'd packet not an IPSEC packet. (ip) "
                 "vrf/dest_addr= /10.1.0.5, src_addr= 10.2.0.5, prot= 1\n",
                 "clear");
    router_free(r);
    world_free(w);
}

/* ---- debug ip icmp ---- */

Test(debug_ip_icmp, says_what_was_sent_and_received)
{
    static const struct {
        bool sent;
        struct ev_icmp_rx what;
        const char *line;
    } row[] = {
        {false,
         {IP4(172, 16, 1, 56), IP4(10, 1, 1, 2), 0, 0, 0, 0},
         "ICMP: echo reply rcvd, src 172.16.1.56, dst 10.1.1.2\n"},
        {true,
         {IP4(10, 1, 1, 2), IP4(172, 16, 1, 56), 0, 0, 0, 0},
         "ICMP: echo reply sent, src 10.1.1.2, dst 172.16.1.56\n"},
        {true,
         {IP4(10, 1, 1, 2), IP4(10, 1, 1, 9), 3, 4, IP4(172, 16, 1, 56), 1400},
         "ICMP: dst (172.16.1.56) frag. needed and DF set unreachable sent to 10.1.1.9\n"},
        {false,
         {IP4(10, 1, 1, 3), IP4(10, 1, 1, 2), 3, 4, IP4(172, 16, 1, 56), 1400},
         "ICMP: dst (172.16.1.56) frag. needed and DF set unreachable rcv from 10.1.1.3\n"},
        {true,
         {IP4(10, 1, 1, 2), IP4(10, 1, 1, 9), 3, 1, IP4(172, 16, 1, 56), 0},
         "ICMP: dst (172.16.1.56) host unreachable sent to 10.1.1.9\n"},
        {true,
         {IP4(10, 1, 1, 2), IP4(10, 1, 1, 9), 11, 0, IP4(172, 16, 1, 56), 0},
         "ICMP: time exceeded (time to live) sent to 10.1.1.9 (dest was 172.16.1.56)\n"},
        {true, {IP4(10, 1, 1, 2), IP4(10, 1, 1, 9), 8, 0, 0, 0}, ""},
    };
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", "hostname r1\n");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        for (int on = 0; on < 2; on++) {
            router_debug(r, on ? IOS_DEBUG_ICMP : 0);
            g_free(router_said(r));
            trace_emit(r->d->scope, row[i].sent ? EV_icmp_tx : EV_icmp_rx, &row[i].what);
            g_autofree char *said = router_said(r);
            cr_expect_str_eq(said, on ? row[i].line : "", "row %zu", i);
        }
    router_free(r);
    world_free(w);
}

/* The router's own packet, too large and not to be cut (DBG-08). */
Test(debug_ip_icmp, says_that_its_own_packet_did_not_fit)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "r1", "12.4", hub_config);
    router_debug(r, IOS_DEBUG_ICMP);
    g_free(router_said(r));
    TRACE(r->d->scope, pkt_drop, .why = DROP_IP_DF, .src = IP4(10, 1, 1, 1),
          .dst = IP4(172, 16, 1, 56));
    TRACE(r->d->scope, pkt_drop, .why = DROP_IP_DF, .src = IP4(10, 9, 9, 9),
          .dst = IP4(172, 16, 1, 56));
    g_autofree char *said = router_said(r);
    cr_expect_str_eq(said, "ICMP: dst (172.16.1.56): frag. needed and DF set.\n");
    router_free(r);
    world_free(w);
}
