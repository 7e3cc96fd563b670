/* The tables that pictures are drawn from: SA lives, packets of flows, ESP at its receiver, the
 * scenario's timeline. */
#include <unistd.h>
#include "sink/rig.h"

#define NET_A IP4(10, 1, 0, 0)
#define NET_B IP4(10, 2, 0, 0)

/* ---- sas.csv ---- */

#define LIVES_HEAD                                                                                 \
    "node,kind,sa,id,local,remote,local_net,remote_net,role,born_ns,ready_ns,rekey_ns,"            \
    "replaced_ns,successor,collided_ns,died_ns,why\n"
#define ENDS "\"203.0.113.1\",\"203.0.113.2\""
#define NETS "\"10.1.0.0/24\",\"10.2.0.0/24\""

static void phase1_begins(struct rig *r, uint32_t sa)
{
    TRACE(r->r1, ike_sa_new, .sa = sa, .role = IKE_INITIATOR, .local = RIG_R1, .remote = RIG_R2,
          .cky_i = 0xab00 + sa);
}

static void phase1_ready(struct rig *r, uint32_t sa)
{
    TRACE(r->r1, key_ike, .sa = sa, .cky_i = 0xab00 + sa, .cky_r = 0xcd00 + sa);
    TRACE(r->r1, ike_state, .sa = sa, .old = IKE_STATE_I_MM6, .new = IKE_STATE_QM_IDLE);
}

static void pair_new(struct rig *r, uint32_t sa, uint32_t spi)
{
    TRACE(r->r1, qm_install, .sa = 1, .role = IKE_RESPONDER, .spi_in = spi, .spi_out = spi + 1);
    for (int out = 0; out < 2; out++)
        TRACE(r->r1, ipsec_init_sas, .inbound = !out, .local = RIG_R1, .remote = RIG_R2,
              .local_net = NET_A, .local_mask = ip4_mask(24), .remote_net = NET_B,
              .remote_mask = ip4_mask(24), .spi = spi + (uint32_t)out, .sa = sa + (uint32_t)out);
}

static void pair_dead(struct rig *r, uint32_t sa, uint32_t spi, enum ike_why why)
{
    for (int out = 0; out < 2; out++)
        TRACE(r->r1, ipsec_sa_dead, .sa = sa + (uint32_t)out, .inbound = !out,
              .spi = spi + (uint32_t)out, .why = why);
}

/* Plays a story and compares the table, kept in memory and streamed. */
static void expect_lives(void (*story)(struct rig *r), const char *want)
{
    for (int streamed = 0; streamed < 2; streamed++) {
        struct rig *r = rig_new();
        GError *error = NULL;
        struct sink_lives *s = sink_lives_new(r->trace, streamed ? r->dir : NULL, &error);
        cr_assert_not_null(s);
        story(r);
        cr_assert(sink_lives_write(s, r->dir, &error), "%s", error ? error->message : "");
        rig_expect_file(r, "sas.csv", want);
        sink_lives_free(s);
        rig_free(r);
    }
}

static void a_rekeyed_pair(struct rig *r)
{
    rig_at(r, 5);
    pair_new(r, 1, 0x100);
    rig_at(r, 7);
    TRACE(r->r1, ipsec_soft, .sa = 1, .spi = 0x100, .limit = "seconds");
    rig_at(r, 8);
    pair_new(r, 3, 0x200);
    rig_at(r, 9);
    pair_dead(r, 1, 0x100, WHY_REPLACED);
}

Test(sink_lives, a_pair_that_is_rekeyed_names_its_successor)
{
    expect_lives(a_rekeyed_pair, LIVES_HEAD
                 "\"r1\",\"esp-in\",1,\"00000100\"," ENDS "," NETS
                 ",\"RESPONDER\",5,5,7,8,3,,9,\"REPLACED\"\n"
                 "\"r1\",\"esp-out\",2,\"00000101\"," ENDS "," NETS
                 ",\"RESPONDER\",5,5,7,8,4,,9,\"REPLACED\"\n"
                 "\"r1\",\"esp-in\",3,\"00000200\"," ENDS "," NETS ",\"RESPONDER\",8,8,,,,,,\n"
                 "\"r1\",\"esp-out\",4,\"00000201\"," ENDS "," NETS ",\"RESPONDER\",8,8,,,,,,\n");
}

static void two_phase1(struct rig *r)
{
    phase1_begins(r, 1);
    rig_at(r, 1);
    phase1_ready(r, 1);
    rig_at(r, 4);
    phase1_begins(r, 2);
    TRACE(r->r1, ike_rekey, .sa = 2, .what = "phase 1");
    rig_at(r, 5);
    TRACE(r->r1, ike_collision, .sa = 2, .local = RIG_R1, .remote = RIG_R2, .what = "phase 1");
    rig_at(r, 6);
    phase1_ready(r, 2);
    rig_at(r, 8);
    TRACE(r->r1, ike_sa_dead, .sa = 1, .why = WHY_REPLACED, .local = RIG_R1, .remote = RIG_R2);
    TRACE(r->r1, ike_sa_gone, .sa = 1);
    rig_at(r, 9);
    phase1_begins(r, 3); /* comes to nothing */
    rig_at(r, 10);
    TRACE(r->r1, ike_sa_gone, .sa = 3);
}

#define COOKIES(n) "\"000000000000ab0" #n ":000000000000cd0" #n "\""

Test(sink_lives, phase1_is_ready_later_than_born_and_marks_a_collision)
{
    expect_lives(two_phase1,
                 LIVES_HEAD "\"r1\",\"isakmp\",1," COOKIES(
                     1) "," ENDS ",,,\"INITIATOR\",0,1,4,6,2,5,8,\"REPLACED\"\n"
                        "\"r1\",\"isakmp\",3,\"000000000000ab03:0000000000000000\"," ENDS
                        ",,,\"INITIATOR\",9,,,,,,10,\"FORGOTTEN\"\n"
                        "\"r1\",\"isakmp\",2," COOKIES(2) "," ENDS ",,,\"INITIATOR\",4,6,,,,5,,\n");
}

static void a_quick_collision(struct rig *r)
{
    pair_new(r, 1, 0x100);
    pair_new(r, 3, 0x900); /* another pair of the same ends: not met by it */
    TRACE(r->r1, ike_rekey, .sa = 7, .spi = 0x100, .what = "phase 2");
    TRACE(r->r1, qm_new, .sa = 7, .msgid = 55, .ours = true);
    rig_at(r, 3);
    TRACE(r->r1, ike_collision, .sa = 7, .msgid = 54,
          .what = "phase 2"); /* of no attempt of ours */
    TRACE(r->r1, ike_collision, .sa = 7, .msgid = 55, .what = "phase 2");
    pair_dead(r, 1, 0x100, WHY_REPLACED);
    TRACE(r->r1, device_reload, .reason = "power-on");
}

Test(sink_lives, a_quick_mode_that_meets_another_marks_the_pair_it_replaces)
{
    expect_lives(a_quick_collision, LIVES_HEAD "\"r1\",\"esp-in\",1,\"00000100\"," ENDS "," NETS
                                               ",\"RESPONDER\",0,0,,0,3,3,3,\"REPLACED\"\n"
                                               "\"r1\",\"esp-out\",2,\"00000101\"," ENDS "," NETS
                                               ",\"RESPONDER\",0,0,,0,4,3,3,\"REPLACED\"\n"
                                               "\"r1\",\"esp-in\",3,\"00000900\"," ENDS "," NETS
                                               ",\"RESPONDER\",0,0,,,,,3,\"RELOAD\"\n"
                                               "\"r1\",\"esp-out\",4,\"00000901\"," ENDS "," NETS
                                               ",\"RESPONDER\",0,0,,,,,3,\"RELOAD\"\n");
}

static void numbers_begin_anew(struct rig *r)
{
    phase1_begins(r, 1);
    TRACE(r->r2, device_reload, .reason = "of another node");
    rig_at(r, 2);
    TRACE(r->r1, device_reload, .reason = "power-on");
    rig_at(r, 3);
    phase1_begins(r, 1);
}

Test(sink_lives, a_reload_ends_what_the_node_had_and_its_numbers_may_come_again)
{
    expect_lives(numbers_begin_anew,
                 LIVES_HEAD "\"r1\",\"isakmp\",1,\"000000000000ab01:0000000000000000\"," ENDS
                            ",,,\"INITIATOR\",0,,,,,,2,\"RELOAD\"\n"
                            "\"r1\",\"isakmp\",1,\"000000000000ab01:0000000000000000\"," ENDS
                            ",,,\"INITIATOR\",3,,,,,,,\n");
}

/* ---- traffic.csv ---- */

static void send(struct rig *r, const char *flow, uint64_t number)
{
    TRACE(r->r1, traffic_tx, .flow = flow, .number = number, .bytes = 100);
}

static void receive(struct rig *r, const char *flow, uint64_t number, sim_time delay)
{
    TRACE(r->r1, traffic_rx, .flow = flow, .number = number, .delay = delay);
}

Test(sink_flows, rows_are_in_order_of_number_whatever_comes_first)
{
    struct rig *r = rig_new();
    struct sink_flows *s = sink_flows_new(r->trace, r->dir, NULL);
    for (uint64_t i = 1; i <= 4; i++)
        send(r, "a,\"b\"", i);
    send(r, "q", 1);
    rig_at(r, 10);
    receive(r, "a,\"b\"", 2, 10);
    receive(r, "a,\"b\"", 1, 10);
    receive(r, "a,\"b\"", 1, 10); /* once more: no second row */
    rig_at(r, 20);
    TRACE(r->r1, traffic_error, .flow = "a,\"b\"", .number = 3, .why = "timeout");
    TRACE(r->r1, traffic_error, .flow = "nobody's", .number = 3, .why = "timeout");
    rig_at(r, SECONDS(61));
    send(r, "q", 2);
    send(r, "a,\"b\"", 5);
    rig_at(r, SECONDS(62));
    receive(r, "q", 1, SECONDS(62)); /* given up before */
    cr_assert(sink_flows_write(s, r->dir, NULL));
    rig_expect_file(r, "traffic.csv",
                    "flow,number,sent_ns,received_ns,delay_ns,why\n"
                    "\"q\",1,0,,,\n"
                    "\"a,\"\"b\"\"\",1,0,10,10,\n"
                    "\"a,\"\"b\"\"\",2,0,10,10,\n"
                    "\"a,\"\"b\"\"\",3,0,,,\"timeout\"\n"
                    "\"a,\"\"b\"\"\",4,0,,,\n"
                    "\"q\",1,0,62000000000,62000000000,\n"
                    "\"a,\"\"b\"\"\",5,61000000000,,,\"open\"\n"
                    "\"q\",2,61000000000,,,\"open\"\n");
    sink_flows_free(s);
    rig_free(r);
}

Test(sink_flows, wait_for_so_many_packets_and_no_more)
{
    struct rig *r = rig_new();
    struct sink_flows *s = sink_flows_new(r->trace, NULL, NULL);
    for (uint64_t i = 1; i <= 20000; i++)
        send(r, "flood", i);
    receive(r, "flood", 20000, 0);
    cr_assert(sink_flows_write(s, r->dir, NULL));
    g_autofree char *text = rig_read(r, "traffic.csv", NULL);
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    cr_assert_eq(g_strv_length(lines), 20002);
    cr_expect_str_eq(lines[1], "\"flood\",1,0,,,");
    cr_expect_str_eq(lines[20000], "\"flood\",20000,0,0,0,");
    sink_flows_free(s);
    rig_free(r);
}

/* ---- esp.csv, timeline.csv ---- */

Test(sink_esp, has_each_packet_with_its_outcome_at_the_receiver)
{
    struct rig *r = rig_new();
    struct sink_table *s = sink_table_new(&sink_table_esp, r->trace, r->dir, NULL);
    TRACE(r->r2, esp_in, .sa = 3, .spi = 0xabc, .seq = 1);
    rig_at(r, 4);
    TRACE(r->r2, esp_drop, .why = DROP_ESP_REPLAY, .sa = 3, .spi = 0xabc, .seq = 1);
    TRACE(r->r2, esp_drop, .why = DROP_ESP_NO_SPI, .spi = 0xffffffff, .seq = 9);
    TRACE(r->r1, esp_drop, .why = DROP_ESP_SEQ_WRAP, .sa = 4, .spi = 0xabc, .seq = 5);
    cr_assert(sink_table_write(s, r->dir, NULL));
    rig_expect_file(r, "esp.csv",
                    "time_ns,node,sa,spi,seq,outcome\n"
                    "0,\"r2\",3,\"00000abc\",1,\"accepted\"\n"
                    "4,\"r2\",3,\"00000abc\",1,\"replay\"\n"
                    "4,\"r2\",0,\"ffffffff\",9,\"no_spi\"\n");
    sink_table_free(s);
    rig_free(r);
}

Test(sink_queue, has_each_packet_that_waited_and_each_that_found_no_room)
{
    struct rig *r = rig_new();
    struct sink_table *s = sink_table_new(&sink_table_queue, r->trace, r->dir, NULL);
    TRACE(r->r1, queue_in, .interface = "Fa0/0", .class = "voice", .number = 1, .packets = 1,
          .bytes = 256);
    rig_at(r, 3);
    TRACE(r->r1, queue_in, .interface = "Fa0/0", .class = "class-default", .number = 1,
          .packets = 1, .bytes = 1056);
    TRACE(r->r1, queue_drop, .interface = "Fa0/0", .class = "class-default", .number = 2,
          .packets = 1, .bytes = 1056, .why = DROP_QOS_LIMIT);
    rig_at(r, 9);
    TRACE(r->r1, queue_out, .interface = "Fa0/0", .class = "voice", .number = 1);
    TRACE(r->r2, queue_out, .interface = "cpu", .class = "", .number = 7, .packets = 2,
          .bytes = 99);
    cr_assert(sink_table_write(s, r->dir, NULL));
    rig_expect_file(r, "queue.csv",
                    "time_ns,node,interface,class,what,number,packets,bytes,why\n"
                    "0,\"r1\",\"Fa0/0\",\"voice\",\"in\",1,1,256,\n"
                    "3,\"r1\",\"Fa0/0\",\"class-default\",\"in\",1,1,1056,\n"
                    "3,\"r1\",\"Fa0/0\",\"class-default\",\"drop\",2,1,1056,\"QOS_LIMIT\"\n"
                    "9,\"r1\",\"Fa0/0\",\"voice\",\"out\",1,0,0,\n"
                    "9,\"r2\",\"cpu\",\"\",\"out\",7,2,99,\n");
    sink_table_free(s);
    rig_free(r);
}

Test(sink_tcp, has_each_segment_where_it_was_sent_and_where_it_came_in)
{
    struct rig *r = rig_new();
    struct sink_table *s = sink_table_new(&sink_table_tcp, r->trace, r->dir, NULL);
    TRACE(r->r1, tcp_tx, .flow = "file", .conn = 1, .client = true, .seq = 7, .flags = 2,
          .cwnd = 1460);
    rig_at(r, 4);
    TRACE(r->r2, tcp_rx, .flow = "file", .conn = 2, .seq = 7, .bytes = 100, .flags = 0x18,
          .ack = 12);
    TRACE(r->r1, tcp_tx, .flow = "file", .conn = 1, .client = true, .seq = 8, .bytes = 100,
          .flags = 0x10, .again = 3, .cwnd = 1460);
    cr_assert(sink_table_write(s, r->dir, NULL));
    rig_expect_file(r, "tcp.csv",
                    "time_ns,node,flow,conn,side,what,seq,bytes,flags,ack,again,cwnd\n"
                    "0,\"r1\",\"file\",1,\"client\",\"tx\",7,0,\"S\",,0,1460\n"
                    "4,\"r2\",\"file\",2,\"server\",\"rx\",7,100,\"PA\",12,,\n"
                    "4,\"r1\",\"file\",1,\"client\",\"tx\",8,100,\"A\",,3,1460\n");
    sink_table_free(s);
    rig_free(r);
}

Test(sink_timeline, has_the_steps_and_the_end)
{
    struct rig *r = rig_new();
    struct sink_table *s = sink_table_new(&sink_table_timeline, r->trace, NULL, NULL);
    TRACE(r->root, timeline, .label = "fix", .action = "link: wan");
    rig_at(r, 5);
    TRACE(r->r1, device_reload, .reason = "power-on");
    TRACE(r->r1, device_boot, .kind = "ios", .version = "12.4");
    rig_at(r, 9);
    cr_assert(sink_table_write(s, r->dir, NULL));
    rig_expect_file(r, "timeline.csv",
                    "time_ns,kind,node,label,what\n"
                    "0,\"step\",,\"fix\",\"link: wan\"\n"
                    "5,\"reload\",\"r1\",,\"power-on\"\n"
                    "5,\"boot\",\"r1\",,\"ios\"\n"
                    "9,\"end\",,,\n");
    sink_table_free(s);
    rig_free(r);
}

/* ---- Disks ---- */

Test(tables, say_when_the_disk_is_full_or_the_folder_cannot_be_made)
{
    struct rig *r = rig_new();
    static const char *const name[] = {"sas.csv", "traffic.csv", "esp.csv", "timeline.csv",
                                       "tcp.csv"};
    for (size_t i = 0; i < G_N_ELEMENTS(name); i++) {
        g_autofree char *path = g_build_filename(r->dir, name[i], NULL);
        cr_assert_eq(symlink("/dev/full", path), 0);
    }
    struct sink_lives *lives = sink_lives_new(r->trace, r->dir, NULL);
    struct sink_flows *flows = sink_flows_new(r->trace, r->dir, NULL);
    struct sink_table *esp = sink_table_new(&sink_table_esp, r->trace, r->dir, NULL);
    struct sink_table *timeline = sink_table_new(&sink_table_timeline, r->trace, r->dir, NULL);
    struct sink_table *tcp = sink_table_new(&sink_table_tcp, r->trace, r->dir, NULL);
    GError *error = NULL;
    cr_expect(!sink_table_write(tcp, r->dir, &error) && strstr(error->message, "tcp.csv"));
    g_clear_error(&error);
    sink_table_free(tcp);
    cr_expect(!sink_lives_write(lives, r->dir, &error) && strstr(error->message, "sas.csv"));
    g_clear_error(&error);
    cr_expect(!sink_flows_write(flows, r->dir, &error) && strstr(error->message, "traffic.csv"));
    g_clear_error(&error);
    cr_expect(!sink_table_write(esp, r->dir, &error) && strstr(error->message, "esp.csv"));
    g_clear_error(&error);
    cr_expect(!sink_table_write(timeline, r->dir, &error) &&
              strstr(error->message, "timeline.csv"));
    g_clear_error(&error);
    sink_lives_free(lives);
    sink_flows_free(flows);
    sink_table_free(esp);
    sink_table_free(timeline);
    cr_expect_null(sink_lives_new(r->trace, "/dev/null/below", &error));
    cr_expect_not_null(error);
    g_clear_error(&error);
    rig_free(r);
}
