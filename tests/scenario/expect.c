/* Expectations of every kind, met and not met, and what is said of them. */
#include "play.h"

struct row {
    const char *expect; /* without the name */
    bool met;
    const char *seen; /* in the detail; NULL = anything */
};

static void judge(const char *base, const struct row *row, size_t n)
{
    GString *text = g_string_new(base);
    g_string_append(text, "expect:\n");
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(text, "  - {name: n%zu, %s}\n", i, row[i].expect);
    struct played p = play(text->str);
    cr_expect_eq(p.end, WORLD_DONE);
    for (size_t i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("n%zu", i);
        const struct verdict *v = verdict_of(&p, name);
        cr_expect_eq(v->state, row[i].met ? VERDICT_PASSED : VERDICT_FAILED,
                     "%s\n  wanted %s\n  saw %s", row[i].expect, v->wanted, v->detail);
        cr_expect(!row[i].seen || strstr(v->detail, row[i].seen), "%s\n  saw %s", row[i].expect,
                  v->detail);
    }
    played_free(&p);
    g_string_free(text, TRUE);
}

Test(expect, traffic_is_counted_in_its_window)
{
    static const struct row row[] = {
        {"traffic: ping, sent: 8", true, "sent 8, received 8"},
        {"traffic: ping, received: \">= 9\"", false, "sent 8, received 8"},
        {"at: 3500ms, traffic: ping, received: 3", true, NULL},
        {"within: 2500ms~4500ms, traffic: ping, received: 2", true, NULL},
        {"before: cut, traffic: ping, sent: 4", true, NULL},
        {"after: cut, traffic: ping, received: 4", true, NULL},
        {"after: cut, within: +1600ms, traffic: ping, received: 2", true, NULL},
        {"after: cut, within: +1s~+2s, traffic: ping, received: 1", true, NULL},
        {"traffic: ping, lost: 0", true, NULL},
        {"never: {traffic: ping, received: \">= 1\"}", false, NULL},
        {"within: 0s~500ms, traffic: ping, sent: 0, received: 0", true, NULL},
    };
    judge(TWO_HOSTS PINGS "timeline: [{at: 4500ms, label: cut}]\n", row, G_N_ELEMENTS(row));
}

Test(expect, packets_are_those_put_on_the_link)
{
    static const struct row row[] = {
        {"packet: {link: wire, dst: 10.0.0.2}, count: 8", true, "8 times, first at 1s"},
        {"packet: {link: wire, dst: 10.0.0.0/24}, count: 16", true, NULL},
        {"packet: {from: b}, count: 8", true, NULL},
        {"packet: {link: wire, dst: 10.0.0.2, size: \"> 100\"}", false, "not seen"},
        {"packet: {protocol: icmp, src: 10.0.0.1, number: 3}, count: 1", true, NULL},
        {"packet: {protocol: udp}, count: 0", true, NULL},
        {"never: {packet: {link: wire, protocol: esp}}", true, NULL},
        {"never: {packet: {link: wire, protocol: icmp}}", false, "16 times"},
        {"within: 0s~2500ms, packet: {dst: 10.0.0.2}, count: 2", true, NULL},
    };
    judge(TWO_HOSTS PINGS, row, G_N_ELEMENTS(row));
}

Test(expect, events_are_tested_field_by_field)
{
    static const struct row row[] = {
        {"event: {type: traffic_rx, flow: ping}, count: 8", true, "8 times"},
        {"event: {type: traffic_rx, flow: ping, delay: 20ms}, count: 8", true, NULL},
        {"event: {type: traffic_rx, flow: ping, delay: \"> 20ms\"}", false, "delay=20000000"},
        {"event: {type: traffic_tx, node: a, number: 3..5}, count: 3", true, NULL},
        {"event: {type: traffic_tx, node: b}", false, "not seen"},
        {"event: {type: link_tx, link: wire, end: 0}, count: 8", true, NULL},
        {"never: {event: {type: pkt_drop}}", true, NULL},
    };
    judge(TWO_HOSTS PINGS, row, G_N_ELEMENTS(row));
}

#define TALK                                                                                       \
    "traffic:\n  - {name: ping, from: pc1, to: pc2, start: 5s, every: 1s, stop: 40s}\n"            \
    "timeline:\n  - {at: 0s, node: r2, console: \"debug crypto isakmp\"}\n"                        \
    "  - {at: 0s, node: r2, console: \"debug crypto ipsec\"}\n"                                    \
    "  - {at: 20s, node: r1, console: \"show crypto isakmp sa\"}\n"

Test(expect, consoles_and_listings)
{
    static const struct row row[] = {
        {"node: r2, log: \"atts  are acceptable\"", true, NULL},
        {"node: r2, log: \"IPSEC(create_sa): sa created\", count: 2", true, "2 times"},
        {"node: r2, log: \"ipSec(create_sa): sa created\", count: 2", true, NULL},
        {"node: r2, log: \"/IPSEC.*sa created/\", count: 2", true, NULL},
        {"node: r2, log: \"atts are not acceptable\"", false, "nearest"},
        {"never: {node: r2, log: \"sa created\"}", false, NULL},
        {"never: {node: r2, log: \"%CRYPTO-4-IKMP_BAD_MESSAGE\"}", true, NULL},
        {"within: 0s~4s, node: r2, log: \"sa created\"", false, "not seen"},
        {"node: r1, log: \"QM_IDLE\"", false, NULL}, /* it is output, not a log line */
        {"node: r1, console: \"QM_IDLE\"", true, NULL},
        {"node: r1, console: \"/^192.0.2.2 .*QM_IDLE/\", count: 1", true, NULL},
        {"node: r1, console-lines: [\"show crypto isakmp sa\", \"QM_IDLE\"]", true, "all 2 lines"},
        {"node: r2, lines: [\"Checking ISAKMP transform\", \"atts are acceptable\", \"sa "
         "created\"]",
         true, NULL},
        {"node: r2, lines: [\"sa created\", \"Checking ISAKMP transform\"]", false, "1 of 2 lines"},
        {"node: r2, lines: [\"Checking ISAKMP transform\", \"sa created\"], exact: true", false,
         NULL},
        {"node: r2, lines: [\"encryption 3DES-CBC\", \"hash SHA\"], exact: true", true, NULL},
        {"at: 20s, node: r1, show: crypto isakmp sa, row: {state: QM_IDLE, dst: 192.0.2.2}", true,
         NULL},
        {"at: 20s, node: r1, show: crypto isakmp sa, row: {state: MM_NO_STATE}", false,
         "state=QM_IDLE"},
        {"at: 20s, node: r1, show: crypto isakmp sa, row: {stat: QM_IDLE}", false,
         "did you mean \"state\""},
        {"at: 4s, node: r1, show: crypto isakmp sa, rows: 0", true, "0 rows"},
        {"at: 20s, node: r1, show: crypto isakmp sa, rows: 0", false, "1 row"},
        {"within: 4s~6s, node: r1, show: crypto isakmp sa, rows: 1", true, NULL},
        {"always: {node: r1, show: crypto isakmp sa, rows: 0}, within: 0s~4s", true, NULL},
        {"always: {node: r1, show: crypto isakmp sa, rows: 0}, within: 0s~9s", false, NULL},
        {"at: 20s, node: r1, show: crypto ipsec sa, row: {pkts-encaps: \">= 10\", pkts-decaps: "
         "0..99}",
         true, NULL},
        {"at: 20s, node: r1, show: crypto ipsec sa, contains: \"current_peer: 192.0.2.2\"", true,
         NULL},
        {"at: 20s, node: r1, show: crypto ipsec sa, contains: [\"inbound esp sas:\", \"hello\"]",
         false, "it shows"},
        {"at: 20s, node: r1, show: crypto ipsec sa, lacks: \"hello\"", true, NULL},
        {"at: 20s, node: r1, show: crypto ipsec sa, lines: [\"inbound esp sas:\", \"outbound esp "
         "sas:\"]",
         true, NULL},
        {"at: 20s, node: r1, show: crypto ipsec sa, lines: [\"outbound esp sas:\", \"inbound esp "
         "sas:\"]",
         false, "1 of 2"},
        {"at: 20s, node: r1, show: crypto nonsense, contains: x", false, "was refused"},
        {"at: 20s, node: r1, counter: esp.out.packets, is: \">= 14\"", true,
         "esp.out.packets is 1"},
        {"at: 4s, node: r1, counter: esp.out.packets, is: 0", true, NULL},
        {"at: 20s, node: r1, counter: esp.out.packet, is: \"> 0\"", false,
         "did you mean \"esp.out.packets\""},
        {"within: 4s~30s, node: r1, counter: esp.out.packets, is: 3", true, NULL},
        {"never: {node: r1, counter: esp.replay, is: \"> 0\"}", true, NULL},
        {"event: {node: r1, type: ike_state, new: QM_IDLE, old: QM_IDLE}", true, NULL},
        {"event: {type: ipsec_sa_new}, count: 4", true, NULL},
    };
    judge(TWO_SITES("", "") TALK, row, G_N_ELEMENTS(row));
}

Test(expect, what_lies_behind_the_end_of_a_run_is_not_judged)
{
    struct world_options options = {.until = SECONDS(3)};
    struct played p = play_with(
        TWO_HOSTS PINGS "expect:\n  - {name: early, at: 2500ms, traffic: ping, received: 2}\n"
                        "  - {name: late, at: 8s, traffic: ping, received: 99}\n",
        &options);
    cr_expect_eq(verdict_of(&p, "early")->state, VERDICT_PASSED);
    cr_expect_eq(verdict_of(&p, "late")->state, VERDICT_NOT_REACHED);
    cr_expect(world_passed(p.w));
    played_free(&p);
}

Test(expect, verdicts_come_in_the_order_of_the_file)
{
    struct played p = play(TWO_HOSTS PINGS "expect:\n  - {name: last, traffic: ping, sent: 8}\n"
                                           "  - {name: first, at: 1s, traffic: ping, sent: 1}\n");
    const struct verdict *v = world_verdicts(p.w)->pdata[0];
    cr_expect_str_eq(v->name, "last");
    cr_expect_eq(v->line, 13);
    cr_expect_eq(v->at, SECONDS(10));
    played_free(&p);
}

Test(expect, a_run_that_does_not_end_hits_a_limit)
{
    struct world_options options = {.max_events = 5000};
    struct played p =
        play_with(TWO_HOSTS "traffic:\n  - {name: flood, from: a, to: b, every: 1us}\n", &options);
    cr_expect_eq(p.end, WORLD_LIMIT);
    cr_expect_eq(sim_events(world_sim(p.w)), 5000);
    played_free(&p);
    struct played q =
        play(TWO_HOSTS "limits: {instant: 1000}\n"
                       "traffic:\n  - {name: flood, from: a, to: b, every: 1us, burst: 100000}\n");
    cr_expect_eq(q.end, WORLD_LIMIT);
    played_free(&q);
}
