/* Events, counters, consoles and the fingerprint: the bytes of their files. */
#include <unistd.h>
#include "sink/rig.h"

/* ---- events.jsonl ---- */

static void some_events(struct rig *r)
{
    rig_at(r, MILLISECONDS(20));
    TRACE(r->r1, ike_state, .sa = 1, .role = IKE_INITIATOR, .input = IKE_INPUT_FROM_PEER_MM_EXCH,
          .old = IKE_STATE_I_MM1, .new = IKE_STATE_I_MM2);
    TRACE(r->root, timeline, .label = NULL, .action = "say \"hi\"\n");
    rig_at(r, SECONDS(3) + 1);
    TRACE(r->r2, ike_offer_attr, .sa = 2, .attr = 1, .value = 7, .basic = true,
          .bytes = span_of("\0\7", 2));
    TRACE(r->r2, ping_reply, .src = RIG_R1, .dst = RIG_R2, .id = 1, .seq = 2,
          .rtt = MILLISECONDS(40));
    TRACE(r->r2, ike_sa_new, .sa = 2, .role = IKE_RESPONDER, .local = RIG_R2, .lport = 500,
          .remote = RIG_R1, .rport = 500, .cky_i = 0xfedcba9876543210, .cky_r = 1);
    TRACE(r->r2, ike_bad, .sa = 2, .remote = RIG_R1, .why = WHY_RESERVED_NOT_ZERO,
          .payload = (enum isakmp_payload_type)99, .msgid = 0xabc);
}

static const char events_wanted[] =
    "{\"t\":20000000,\"seq\":#,\"step\":0,\"node\":\"r1\",\"event\":\"ike_state\",\"sa\":1,"
    "\"role\":\"INITIATOR\","
    "\"input\":\"FROM_PEER_MM_EXCH\",\"old\":\"I_MM1\",\"new\":\"I_MM2\"}\n"
    "{\"t\":20000000,\"seq\":#,\"step\":0,\"node\":\"\",\"event\":\"timeline\",\"label\":null,"
    "\"action\":\"say \\\"hi\\\"\\n\"}\n"
    "{\"t\":3000000001,\"seq\":#,\"step\":0,\"node\":\"r2\",\"event\":\"ike_offer_attr\",\"sa\":2,"
    "\"attr\":1,\"value\":7,"
    "\"basic\":true,\"bytes\":\"0007\"}\n"
    "{\"t\":3000000001,\"seq\":#,\"step\":0,\"node\":\"r2\",\"event\":\"ping_reply\",\"src\":\"203."
    "0.113.1\",\"dst\":"
    "\"203.0.113.2\",\"id\":1,\"seq\":2,\"rtt\":40000000}\n"
    "{\"t\":3000000001,\"seq\":#,\"step\":0,\"node\":\"r2\",\"event\":\"ike_sa_new\",\"sa\":2,"
    "\"role\":\"RESPONDER\","
    "\"local\":\"203.0.113.2\",\"lport\":500,\"remote\":\"203.0.113.1\",\"rport\":500,\"cky_i\":"
    "\"fedcba9876543210\","
    "\"cky_r\":\"0000000000000001\"}\n"
    "{\"t\":3000000001,\"seq\":#,\"step\":0,\"node\":\"r2\",\"event\":\"ike_bad\",\"sa\":2,"
    "\"remote\":\"203.0.113.1\","
    "\"why\":\"RESERVED_NOT_ZERO\",\"payload\":99,\"msgid\":\"00000abc\"}\n";

/* Numbers of events are the trace's business: only that they grow is looked at here. */
static char *without_seq(const char *text)
{
    GRegex *seq = g_regex_new("(\"t\":\\d+,\"seq\":)\\d+", 0, 0, NULL);
    char *out = g_regex_replace(seq, text, -1, 0, "\\1#", 0, NULL);
    g_regex_unref(seq);
    return out;
}

Test(sink_jsonl, prints_every_kind_of_field_kept_or_streamed)
{
    for (int streamed = 0; streamed < 2; streamed++) {
        struct rig *r = rig_new();
        GError *error = NULL;
        struct sink_jsonl *s = sink_jsonl_new(r->trace, streamed ? r->dir : NULL, &error);
        cr_assert_not_null(s);
        some_events(r);
        cr_assert(sink_jsonl_write(s, r->dir, &error), "%s", error ? error->message : "");
        g_autofree char *got = rig_read(r, "events.jsonl", NULL);
        g_autofree char *plain = without_seq(got);
        cr_expect_str_eq(plain, events_wanted);
        sink_jsonl_free(s);
        rig_free(r);
    }
}

Test(sink_jsonl, knows_every_event_there_is)
{
    struct rig *r = rig_new();
    struct sink_jsonl *s = sink_jsonl_new(r->trace, NULL, NULL);
    static const char zero[4096];
    for (int id = 0; id < EV_COUNT; id++)
        trace_emit(r->r1, (enum trace_id)id, zero);
    cr_assert(sink_jsonl_write(s, r->dir, NULL));
    g_autofree char *got = rig_read(r, "events.jsonl", NULL);
    g_auto(GStrv) lines = g_strsplit(got, "\n", -1);
    cr_assert_eq(g_strv_length(lines), EV_COUNT + 1);
    for (int id = 0; id < EV_COUNT; id++) {
        g_autofree char *name =
            g_strdup_printf("\"event\":\"%s\"", trace_event_name((enum trace_id)id));
        cr_expect(strstr(lines[id], name) && g_str_has_suffix(lines[id], "}"), "%s", lines[id]);
    }
    sink_jsonl_free(s);
    rig_free(r);
}

/* ---- files that cannot be written ---- */

static void expect_said(GError **error, const char *word)
{
    cr_assert_not_null(*error);
    cr_expect(strstr((*error)->message, word), "%s", (*error)->message);
    g_clear_error(error);
}

Test(sinks, say_when_the_disk_is_full)
{
    struct rig *r = rig_new();
    static const char *const name[] = {"events.jsonl", "counters.csv", "capture.pcapng",
                                       "ladder.txt", "fingerprint"};
    for (size_t i = 0; i < G_N_ELEMENTS(name); i++) {
        g_autofree char *path = g_build_filename(r->dir, name[i], NULL);
        cr_assert_eq(symlink("/dev/full", path), 0);
    }
    GError *error = NULL;
    struct sink_jsonl *kept = sink_jsonl_new(r->trace, NULL, NULL);
    struct sink_jsonl *streamed = sink_jsonl_new(r->trace, r->dir, NULL);
    struct sink_pcapng *pcapng = sink_pcapng_new(r->trace, SINK_PCAPNG_DEFAULT, r->dir, NULL);
    struct sink_csv *csv = sink_csv_new(r->trace);
    struct sink_ladder *ladder = sink_ladder_new(r->trace);
    struct sink_fingerprint *print = sink_fingerprint_new(r->trace);
    for (int i = 0; i < 2000; i++)
        some_events(r);
    cr_expect(!sink_jsonl_write(kept, r->dir, &error));
    expect_said(&error, "events.jsonl");
    cr_expect(!sink_jsonl_write(streamed, r->dir, &error));
    expect_said(&error, "No space left");
    cr_expect(!sink_pcapng_write(pcapng, r->dir, &error));
    expect_said(&error, "capture.pcapng");
    cr_expect(!sink_csv_write(csv, r->dir, &error));
    expect_said(&error, "counters.csv");
    cr_expect(!sink_ladder_write(ladder, r->dir, &error));
    expect_said(&error, "ladder.txt");
    cr_expect(!sink_fingerprint_write(print, r->dir, &error));
    expect_said(&error, "fingerprint");
    sink_jsonl_free(kept);
    sink_jsonl_free(streamed);
    sink_pcapng_free(pcapng);
    sink_csv_free(csv);
    sink_ladder_free(ladder);
    sink_fingerprint_free(print);
    rig_free(r);
}

Test(sinks, say_when_the_folder_cannot_be_made)
{
    struct rig *r = rig_new();
    g_autofree char *file = g_build_filename(r->dir, "file", NULL);
    g_autofree char *below = g_build_filename(file, "below", NULL);
    cr_assert(g_file_set_contents(file, "", 0, NULL));
    GError *error = NULL;
    cr_expect_null(sink_jsonl_new(r->trace, below, &error));
    expect_said(&error, "below");
    cr_expect_null(sink_pcapng_new(r->trace, SINK_PCAPNG_DEFAULT, below, &error));
    expect_said(&error, "below");
    struct sink_keys *keys = sink_keys_new(r->trace);
    cr_expect(!sink_keys_write(keys, below, &error));
    expect_said(&error, "below");
    sink_keys_free(keys);
    rig_free(r);
}

/* ---- counters.csv ---- */

Test(sink_csv, has_the_samples_and_the_end)
{
    struct rig *r = rig_new();
    struct sink_csv *s = sink_csv_new(r->trace);
    struct trace_scope *odd = trace_scope_new(r->trace, "a,\"b\"");
    uint64_t *out = trace_counter(r->r1, "esp.out.packets");
    uint64_t *drop = trace_counter(odd, "drop.acl");
    sink_counters_sample(s, 0);
    *out = 5;
    rig_at(r, SECONDS(1));
    sink_counters_sample(s, sim_now(r->sim));
    *out = UINT64_MAX;
    (*drop)++;
    rig_at(r, SECONDS(2) + 7);
    cr_assert(sink_csv_write(s, r->dir, NULL));
    rig_expect_file(r, "counters.csv",
                    "\"time_ns\",\"node\",\"counter\",\"value\"\n"
                    "\"0\",\"r1\",\"esp.out.packets\",\"0\"\n"
                    "\"0\",\"a,\"\"b\"\"\",\"drop.acl\",\"0\"\n"
                    "\"1000000000\",\"r1\",\"esp.out.packets\",\"5\"\n"
                    "\"1000000000\",\"a,\"\"b\"\"\",\"drop.acl\",\"0\"\n"
                    "\"2000000007\",\"r1\",\"esp.out.packets\",\"18446744073709551615\"\n"
                    "\"2000000007\",\"a,\"\"b\"\"\",\"drop.acl\",\"1\"\n");
    sink_csv_free(s);
    rig_free(r);
}

/* ---- consoles ---- */

Test(sink_console, keeps_lines_with_their_times)
{
    struct rig *r = rig_new();
    struct sink_console *s = sink_console_new(r->trace);
    TRACE(r->r1, console, .kind = CONSOLE_ECHO, .text = "r1#show clock");
    rig_at(r, SECONDS(2));
    TRACE(r->r1, console, .kind = CONSOLE_OUTPUT, .text = "*00:00:02.000 UTC Fri Mar 1 2002");
    TRACE(r->r2, console, .kind = CONSOLE_LOG, .text = "");
    struct sink_console_line line;
    cr_assert(sink_console_line(s, "r1", 0, &line));
    cr_expect_str_eq(line.text, "r1#show clock");
    cr_expect_eq(line.kind, CONSOLE_ECHO);
    cr_assert(sink_console_line(s, "r1", 1, &line));
    cr_expect_eq(line.at, SECONDS(2));
    cr_expect_str_eq(line.text, "*00:00:02.000 UTC Fri Mar 1 2002");
    TRACE(r->r1, console, .kind = CONSOLE_LOG, .text = "last");
    cr_expect_str_eq(line.text, "*00:00:02.000 UTC Fri Mar 1 2002", "lent until the sink is freed");
    cr_assert(sink_console_line(s, "r1", 2, &line));
    cr_expect_str_eq(line.text, "last");
    cr_expect(!sink_console_line(s, "r1", 3, &line));
    cr_expect(!sink_console_line(s, "r9", 0, &line));
    cr_expect_eq(sink_console_count(s, "r1"), 3);
    cr_expect_eq(sink_console_count(s, "r9"), 0);
    cr_expect_str_eq(sink_console_text(s, "r2"), "\n");
    cr_expect_str_eq(sink_console_text(s, "r9"), "");
    cr_assert(sink_console_write(s, r->dir, NULL));
    rig_expect_file(r, "console/r1.txt", "r1#show clock\n*00:00:02.000 UTC Fri Mar 1 2002\nlast\n");
    rig_expect_file(r, "console/r2.txt", "\n");
    sink_console_free(s);
    rig_free(r);
}

/* ---- fingerprint ---- */

/* The fingerprint of a story, with other listeners or without. */
static char *print_of(int story, bool others)
{
    struct rig *r = rig_new();
    struct sink_jsonl *jsonl = others ? sink_jsonl_new(r->trace, NULL, NULL) : NULL;
    struct sink_fingerprint *s = sink_fingerprint_new(r->trace);
    struct sink_ladder *ladder = others ? sink_ladder_new(r->trace) : NULL;
    rig_at(r, SECONDS(story == 1 ? 2 : 1));
    TRACE(story == 2 ? r->r2 : r->r1, if_state, .interface = story == 3 ? "b" : "a",
          .up = story != 4);
    if (story == 5)
        TRACE(r->r1, if_state, .interface = "a", .up = true);
    if (story == 6)
        TRACE(r->r1, verdict, .name = "v", .passed = true, .detail = "d");
    if (story == 7)
        sim_note(r->r1, "a remark");
    char *hex = g_strdup(sink_fingerprint_hex(s));
    cr_expect_str_eq(sink_fingerprint_hex(s), hex, "asking twice changes nothing");
    cr_assert(sink_fingerprint_write(s, r->dir, NULL));
    g_autofree char *file = rig_read(r, "fingerprint", NULL);
    cr_expect_eq(strlen(file), 65);
    cr_expect(g_str_has_prefix(file, hex));
    sink_jsonl_free(jsonl);
    sink_ladder_free(ladder);
    sink_fingerprint_free(s);
    rig_free(r);
    return hex;
}

Test(sink_fingerprint, moves_with_what_happened_and_nothing_else)
{
    static const struct {
        int story;
        bool same;
        const char *what;
    } row[] = {
        {1, false, "another time"}, {2, false, "another node"},      {3, false, "another text"},
        {4, false, "another flag"}, {5, false, "one event more"},    {6, true, "a verdict"},
        {7, true, "a note"},        {0, true, "the same once more"},
    };
    g_autofree char *base = print_of(0, false);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        for (int others = 0; others < 2; others++) {
            g_autofree char *hex = print_of(row[i].story, others);
            cr_expect_eq(strcmp(hex, base) == 0, row[i].same, "%s, others %d", row[i].what, others);
        }
}

Test(sink_fingerprint, is_of_the_bytes_it_says)
{
    struct rig *r = rig_new();
    struct sink_fingerprint *s = sink_fingerprint_new(r->trace);
    rig_at(r, 5);
    TRACE(r->r1, if_state, .interface = NULL, .up = true);
    /* time, "r1", "if_state", "interface" NULL, "up" 1: lengths are 64 bits, big-endian */
    struct span bytes =
        rig_hex("0000000000000005 0000000000000002 7231 0000000000000008 69665f7374617465"
                "0000000000000009 696e74657266616365 ffffffffffffffff"
                "0000000000000002 7570 0000000000000001");
    g_autofree char *want = g_compute_checksum_for_data(G_CHECKSUM_SHA256, bytes.p, bytes.n);
    cr_expect_str_eq(sink_fingerprint_hex(s), want);
    g_free((uint8_t *)bytes.p);
    sink_fingerprint_free(s);
    rig_free(r);
}

Test(sink_fingerprint, of_much_is_of_all_of_it)
{
    char *hex[2];
    uint8_t *big = g_malloc0(200000);
    for (int k = 0; k < 2; k++) {
        struct rig *r = rig_new();
        struct sink_fingerprint *s = sink_fingerprint_new(r->trace);
        for (uint64_t i = 0; i < 300; i++) {
            big[150000] = k && i == 299;
            rig_tx(r, 0, i, span_of(big, 1 + i * 666));
        }
        hex[k] = g_strdup(sink_fingerprint_hex(s));
        sink_fingerprint_free(s);
        rig_free(r);
    }
    cr_expect_str_neq(hex[0], hex[1], "one bit of the last frame differs");
    g_free(hex[0]);
    g_free(hex[1]);
    g_free(big);
}
