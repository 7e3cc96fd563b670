/* ping on the IOS console: the line, the dialogue, the marks. */
#include "box.h"

#include <string.h>

bool device_host_address(struct device *d, const char *interface, struct ip4_net address,
                         ip4 gateway, GError **error);

static void at(struct box *b, sim_time delay, uint64_t loss_mask, uint32_t mask_len, uint16_t mtu)
{
    b->other = device_new(b->net, "pc", vendor_kind("host"), NULL, NULL);
    device_host_address(b->other, "eth0", (struct ip4_net){IP4(10, 1, 0, 5), ip4_mask(24)},
                        IP4(10, 1, 0, 1), NULL);
    box_load(b, "interface FastEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
                "interface Loopback0\n ip address 10.9.0.1 255.255.255.255\n");
    struct net_link *l = net_link_new(b->net, "lan");
    net_link_attach(l, net_if_by_name(b->d->node, "FastEthernet0/0"));
    net_link_attach(l, net_if_by_name(b->other->node, "eth0"));
    struct net_impair im = {.delay = delay, .mtu = mtu};
    net_link_impair(l, 1, &im);
    im.loss_mask = loss_mask;
    im.loss_mask_len = mask_len;
    net_link_impair(l, 0, &im);
}

#define BANNER(n, size, who, s)                                                                    \
    "Type escape sequence to abort.\nSending " n ", " size "-byte ICMP Echos to " who              \
    ", timeout is " s " seconds:\n"

Test(ios_ping, marks_each_probe_and_sums_up)
{
    // clang-format off
    static const struct { const char *line, *said; uint64_t lost; } row[] = {
        { "ping 10.1.0.5", BANNER("5", "100", "10.1.0.5", "2")
          "!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 20/20/20 ms\n", 0 },
        { "ping ip 10.1.0.5", BANNER("5", "100", "10.1.0.5", "2")
          ".!!!!\nSuccess rate is 80 percent (4/5), round-trip min/avg/max = 20/20/20 ms\n", 1 },
        { "ping 10.1.0.5 repeat 3 timeout 1 size 200", BANNER("3", "200", "10.1.0.5", "1")
          "!.!\nSuccess rate is 66 percent (2/3), round-trip min/avg/max = 20/20/20 ms\n", 2 },
        { "ping 10.1.0.5 repeat 2", BANNER("2", "100", "10.1.0.5", "2") "..\nSuccess rate is 0 percent (0/2)\n", 3 },
        { "ping 10.1.0.5 so lo0 rep 1", BANNER("1", "100", "10.1.0.5", "2") "Packet sent with a source address of 10.9.0.1 \n"
          "!\nSuccess rate is 100 percent (1/1), round-trip min/avg/max = 20/20/20 ms\n", 0 },
        { "ping 10.1.0.5 df-bit source 10.1.0.1 repeat 1", BANNER("1", "100", "10.1.0.5", "2")
          "Packet sent with a source address of 10.1.0.1 \nPacket sent with the DF bit set\n"
          "!\nSuccess rate is 100 percent (1/1), round-trip min/avg/max = 20/20/20 ms\n", 0 },
        { "ping 10.1.0.5 size 1600 df-bit repeat 2", BANNER("2", "1600", "10.1.0.5", "2") "Packet sent with the DF bit set\n"
          "MM\nSuccess rate is 0 percent (0/2)\n", 0 },
        { "ping 172.16.0.1 repeat 2", BANNER("2", "100", "172.16.0.1", "2") "..\nSuccess rate is 0 percent (0/2)\n", 0 },
        { "ping nohost", "% Unrecognized host or address, or protocol not running.\n\n", 0 },
        { "ping 10.1.0.5 source 10.1.0.2",
          "% Invalid source. Must use IP address or full interface name without spaces (e.g. Serial0/1)\n", 0 },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new("12.4");
        at(b, MILLISECONDS(10), row[i].lost, 5, 0);
        const char *said = box_type(b, row[i].line);
        cr_expect_str_eq(said, row[i].said, "\"%s\" said\n%s", row[i].line, said);
        cr_expect_not(device_is_busy(b->d));
        box_free(b);
    }
}

Test(ios_ping, breaks_lines_at_seventy_marks)
{
    struct box *b = box_new("12.4");
    at(b, MILLISECONDS(1), 0, 0, 0);
    const char *said = box_type(b, "ping 10.1.0.5 repeat 140");
    g_autofree char *line = g_strnfill(70, '!');
    g_autofree char *want = g_strdup_printf(
        BANNER("140", "100", "10.1.0.5", "2") "%s\n%s\nSuccess rate is 100 percent (140/140), "
                                              "round-trip min/avg/max = 2/2/2 ms\n",
        line, line);
    cr_expect_str_eq(said, want);
    box_free(b);
}

Test(ios_ping, holds_the_console_until_it_is_over)
{
    struct box *b = box_new("12.4");
    at(b, MILLISECONDS(10), 0, 0, 0);
    const char *seen = box_console(b, "ping 10.1.0.5\nshow debugging");
    const char *over = strstr(seen, "Success rate"), *next = strstr(seen, "r1#show debugging");
    cr_expect(over && next && over < next, "%s", seen);
    box_free(b);
}

Test(ios_ping, asks_for_everything_in_the_dialogue)
{
    struct box *b = box_new("12.4");
    at(b, MILLISECONDS(190), 0, 0, 0);
    const char *seen = box_console(b, "ping\n\n10.1.0.5\n\n1500\n\ny\n10.9.0.1\n\ny\n\n\n\n\n");
    cr_expect_str_eq(
        seen,
        "r1#ping\n"
        "Protocol [ip]: \n"
        "Target IP address: 10.1.0.5\n"
        "Repeat count [5]: \n"
        "Datagram size [100]: 1500\n"
        "Timeout in seconds [2]: \n"
        "Extended commands [n]: y\n"
        "Source address or interface: 10.9.0.1\n"
        "Type of service [0]: \n"
        "Set DF bit in IP header? [no]: y\n"
        "Validate reply data? [no]: \n"
        "Data pattern [0xABCD]: \n"
        "Loose, Strict, Record, Timestamp, Verbose[none]: \n"
        "Sweep range of sizes [n]: \n" BANNER(
            "5", "1500", "10.1.0.5",
            "2") "Packet sent with a source address of 10.9.0.1 \n"
                 "Packet sent with the DF bit set\n"
                 "!!!!!\n"
                 "Success rate is 100 percent (5/5), round-trip min/avg/max = 380/380/380 ms\n",
        "%s", seen);
    box_free(b);
}

Test(ios_ping, hears_wrong_answers)
{
    // clang-format off
    static const struct { const char *lines, *said; bool over; } row[] = {
        { "ping\n\nnot-an-address", "% Bad IP address\n", true },
        { "ping\nipx", "% Unknown protocol - \"ip\" is the one here\n", true },
        { "ping\n\n10.1.0.5\n0", "% A decimal number between 1 and 2147483647.\n", false },
        { "ping\n\n10.1.0.5\n\n20000", "% A decimal number between 36 and 18024.\n", false },
        { "ping\n\n10.1.0.5\n\n\n\nmaybe", "% Please answer 'yes' or 'no'.\n", false },
        { "ping\n\n10.1.0.5\n\n\n\ny\nfa9/9", "% Invalid source. Must use IP address or full interface name without spaces (e.g. Serial0/1)\n", false },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new("12.4");
        at(b, MILLISECONDS(1), 0, 0, 0);
        const char *said = box_type(b, row[i].lines);
        cr_expect_str_eq(said, row[i].said, "%s", said);
        cr_expect_eq(device_is_busy(b->d), !row[i].over);
        if (row[i].over)
            cr_expect_str_eq(box_prompt(b), "r1#");
        box_free(b);
    }
}

Test(ios_ping, sweeps_a_range_of_sizes)
{
    struct box *b = box_new("12.4");
    at(b, MILLISECONDS(1), 0, 0, 0);
    const char *said = box_type(b, "ping\n\n10.1.0.5\n2\n\n\n\ny\n100\n300\n100");
    cr_expect_str_eq(
        said,
        "Type escape sequence to abort.\n"
        "Sending 6, [100..300]-byte ICMP Echos to 10.1.0.5, timeout is 2 seconds:\n"
        "!!!!!!\nSuccess rate is 100 percent (6/6), round-trip min/avg/max = 2/2/2 ms\n",
        "%s", said);
    box_free(b);
}

Test(ios_ping, is_forgotten_by_a_reload)
{
    struct box *b = box_new("12.4");
    at(b, MILLISECONDS(1), UINT64_MAX, 64, 0);
    device_type(b->d, "ping 10.1.0.5 repeat 1000");
    sim_run(b->sim, SECONDS(5));
    device_reload(b->d, SECONDS(10), "test");
    sim_run(b->sim, SECONDS(60));
    cr_expect_not(device_is_busy(b->d));
    cr_expect_str_eq(box_prompt(b), "r1#");
    box_free(b);
}
