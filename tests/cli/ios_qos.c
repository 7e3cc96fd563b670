/* Class maps and policies at the console: effect, no forms, refusals, listings, the way back. */
#include "box.h"

#include <string.h>

static const char maps[] =
    "class-map match-all voice\n match ip dscp ef\n"
    "class-map match-any data\n match ip dscp af21 af22\n match access-group 101\n"
    "class-map match-all web\n match access-group name web\n match not ip precedence 5\n"
    "policy-map LLQ\n class voice\n  priority 64\n class data\n  bandwidth 256\n"
    "  queue-limit 40\n class class-default\n  fair-queue\n"
    "interface FastEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n";

/* What each line does to the running configuration: "+" the line is there after it, "-" it is not.
 */
Test(ios_qos, lines_take_effect_and_no_takes_them_back)
{
    // clang-format off
    static const struct { const char *typed, *expect; } row[] = {
        { "class-map match-any data\nno match access-group 101", "- match access-group 101" },
        { "class-map web\nmatch protocol icmp",              "+ match protocol icmp" },
        { "class-map web\nmatch dscp 7 cs1",                 "+ match ip dscp 7 cs1" },
        { "class-map web\nmatch precedence critical",        "+ match ip precedence 5" },
        { "class-map web\ndescription surfing",              "+ description surfing" },
        { "policy-map LLQ\nclass voice\npriority 100 5000",  "+  priority 100 5000" },
        { "policy-map LLQ\nclass voice\npriority percent 10", "+  priority percent 10" },
        { "policy-map LLQ\nclass data\nno queue-limit",      "-  queue-limit 40" },
        { "policy-map LLQ\nclass web\nset ip dscp af31",     "+  set ip dscp af31" },
        { "policy-map LLQ\nclass web\nset precedence 3",     "+  set ip precedence 3" },
        { "policy-map LLQ\nclass web\npolice 64000 4000 conform-action transmit exceed-action set-dscp-transmit af13",
          "+  police 64000 4000 conform-action transmit exceed-action set-dscp-transmit af13" },
        { "policy-map LLQ\nclass web\npolice 64000",         "+  police 64000 conform-action transmit exceed-action drop" },
        { "policy-map LLQ\nclass web\nno police",            "-  police 64000 conform-action transmit exceed-action drop" },
        { "policy-map LLQ\nno class web",                    "-  set ip precedence 3" },
        { "policy-map LLQ\nclass class-default\nno fair-queue", "-  fair-queue" },
        { "policy-map top\nclass class-default\nshape average 512000\nservice-policy LLQ", "+  service-policy LLQ" },
        { "policy-map top\nclass class-default\nshape average 256000 8000 4000", "+  shape average 256000 8000 4000" },
        { "policy-map top\nclass class-default\nno service-policy", "-  service-policy LLQ" },
        { "policy-map top\nclass class-default\nno shape average","-  shape average 256000 8000 4000" },
        { "interface fa0/0\nservice-policy output LLQ",      "+ service-policy output LLQ" },
        { "interface fa0/0\nno service-policy output LLQ",   "- service-policy output LLQ" },
        { "interface fa0/0\ntx-ring-limit 4",                "+ tx-ring-limit 4" },
        { "interface fa0/0\nno tx-ring-limit",               "- tx-ring-limit 4" },
        { "interface fa0/0\nip load-sharing per-packet",     "+ ip load-sharing per-packet" },
        { "interface fa0/0\nip load-sharing per-destination", "- ip load-sharing per-packet" },
        { "interface fa0/0\nno ip route-cache",              "+ no ip route-cache" },
        { "interface fa0/0\nip route-cache",                 "- no ip route-cache" },
        { "crypto map m 10 ipsec-isakmp\nqos pre-classify",  "+ qos pre-classify" },
        { "crypto map m 10\nno qos pre-classify",            "- qos pre-classify" },
        { "crypto ipsec fragmentation after-encryption",     "+crypto ipsec fragmentation after-encryption" },
        { "no crypto ipsec fragmentation",                   "-crypto ipsec fragmentation after-encryption" },
        { "interface fa0/0\ncrypto ipsec fragmentation after-encryption", "+ crypto ipsec fragmentation after-encryption" },
        { "interface fa0/0\nno crypto ipsec fragmentation",  "- crypto ipsec fragmentation after-encryption" },
        { "no crypto engine accelerator",                    "+no crypto engine accelerator" },
        { "crypto engine accelerator",                       "-no crypto engine accelerator" },
        { "no policy-map LLQ",                               "-policy-map LLQ" },
        { "no class-map voice",                              "-class-map match-all voice" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    box_load(b, maps);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend", row[i].typed);
        const char *said = box_type(b, lines);
        cr_expect_null(strchr(said, '^'), "%s\n%s", row[i].typed, said);
        g_autofree char *running = box_running(b);
        g_autofree char *line = g_strdup_printf("\n%s\n", row[i].expect + 1);
        cr_expect_eq(strstr(running, line) != NULL, row[i].expect[0] == '+', "after %s\n%s",
                     row[i].typed, running);
    }
    box_free(b);
}

Test(ios_qos, what_cannot_be_is_refused_with_a_reason)
{
    // clang-format off
    static const struct { const char *typed, *said; } row[] = {
        { "policy-map LLQ\nclass nobody",                    "% class map nobody not configured" },
        { "policy-map LLQ\nclass voice\nbandwidth 10",       "Priority and bandwidth cannot be in the same class" },
        { "policy-map LLQ\nclass web\nbandwidth percent 10", "All classes with bandwidth should have consistent units" },
        { "policy-map LLQ\nclass web\nqueue-limit 10",       "queue-limit needs bandwidth" },
        { "policy-map LLQ\nclass web\nservice-policy LLQ",   "% Policy map LLQ holds LLQ already" },
        { "policy-map t\nclass web\nservice-policy LLQ",     "Hierarchy supported only if shaping is configured" },
        { "policy-map t\nclass class-default\npriority 64",  "Priority is not supported in class-default" },
        { "policy-map t\nclass web\nrandom-detect",          "not modelled" },
        { "policy-map t\nclass web\nset ip dscp af99",       "% Invalid input" },
        { "no class-map voice",                              "% Class-map voice is being used" },
        { "class-map class-default",                         "well-known class" },
        { "class-map x\nmatch protocol http",                "use access-group" },
        { "class-map x\nmatch ip dscp 64",                   "% Invalid input" },
        { "interface fa0/0\nservice-policy output none",     "% policy map none not configured" },
        { "interface fa0/0\nservice-policy input LLQ",       "CBWFQ : Can be enabled as an output feature only" },
        { "interface fa0/0\nbandwidth 400\nservice-policy output LLQ",
          "I/f FastEthernet0/0 class data requested bandwidth 256 (kbps), available only 236 (kbps)" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    box_load(b, maps);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend", row[i].typed);
        const char *said = box_type(b, lines);
        cr_expect(strstr(said, row[i].said), "%s\n%s", row[i].typed, said);
    }
    box_free(b);
}

Test(ios_qos, the_running_configuration_reads_back)
{
    struct box *b = box_new("12.4"), *c = box_new("12.4");
    box_load(b, maps);
    box_type(b, "configure terminal\npolicy-map top\nclass class-default\nshape average 512000\n"
                "service-policy LLQ\ninterface fa0/0\nservice-policy output top\nend");
    g_autofree char *first = box_running(b);
    box_load(c, strstr(first, "\n!\n"));
    g_autofree char *second = box_running(c);
    cr_expect_str_eq(first, second);
    box_free(b);
    box_free(c);
}

Test(ios_qos, listings_of_each_era)
{
    // clang-format off
    static const struct { const char *version, *show, *has; } row[] = {
        { "12.4", "show policy-map interface", "    Class-map: voice (match-all)\n      0 packets, 0 bytes\n" },
        { "12.4", "show policy-map interface", "        Strict Priority\n        Output Queue: Conversation 264 \n        Bandwidth 64 (kbps) Burst 1600 (Bytes)\n" },
        { "12.4", "show policy-map interface", "        Bandwidth 256 (kbps)Max Threshold 40 (packets)\n        (pkts matched/bytes matched) 0/0\n        (depth/total drops/no-buffer drops) 0/0/0\n" },
        { "12.4", "show policy-map interface", "      Match: ip dscp ef (46)\n" },
        { "12.4", "show policy-map LLQ",       "      Bandwidth 256 (kbps) Max Threshold 40 (packets)\n" },
        { "12.4", "show class-map voice",      " Class Map match-all voice (id 1)\n   Match ip dscp ef (46)\n" },
        { "15.1", "show policy-map interface", "      Priority: 64 kbps, burst bytes 1600, b/w exceed drops: 0\n" },
        { "15.1", "show policy-map interface", "      queue limit 40 packets\n      (queue depth/total drops/no-buffer drops) 0/0/0\n      (pkts output/bytes output) 0/0\n      bandwidth 256 kbps\n" },
        { "15.1", "show policy-map interface", "    queue stats for all priority classes:\n" },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new(row[i].version);
        box_load(b, maps);
        box_type(b, "configure terminal\ninterface fa0/0\nservice-policy output LLQ\nend");
        const char *said = box_type(b, row[i].show);
        cr_expect(strstr(said, row[i].has), "%s %s\n%s", row[i].version, row[i].show, said);
        box_free(b);
    }
}
