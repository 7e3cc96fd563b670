/* A bound link seen from the wire: ARP, frames, and everything that is not for us. */
#include <errno.h>

#include "wire.h"

static const uint8_t everybody[ETHER_ADDR] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

static void say(struct net_node *n, const char *to)
{
    net_send_udp(n, 0, 9, addr(to), 9, 0, span_of("hello", 5));
}

static void echo_from(struct wire *w, const uint8_t to[ETHER_ADDR], const char *dst)
{
    g_autoptr(GByteArray) b = echo_bytes("203.0.113.2", dst, 8);
    ip_from(w, to, span_of(b->data, b->len), NULL);
}

/* ---- ARP ---- */

Test(attach_arp, requests_for_simulated_addresses_are_answered)
{
    static const struct {
        const char *target, *answer;
    } row[] = {
        {"203.0.113.1", "arp 203.0.113.1 to 203.0.113.2\n"},
        {"203.0.113.9", ""},
        {"203.0.113.2", ""},
        {"10.1.0.1", ""}, /* another interface's: this link does not have it */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct wire *w = wire_open(true);
        arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", row[i].target);
        cr_expect_str_eq(wire_log(w), row[i].answer, "%s", row[i].target);
        wire_free(w);
    }
}

Test(attach_arp, answers_follow_the_interface)
{
    struct wire *w = wire_open(true);
    net_if_set_address(w->r_out, addr("203.0.113.77"), ip4_mask(24));
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", "203.0.113.1");
    cr_expect_str_eq(wire_log(w), "");
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", "203.0.113.77");
    cr_expect_str_eq(wire_log(w), "arp 203.0.113.77 to 203.0.113.2\n");
    net_if_set_admin(w->r_out, false);
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", "203.0.113.77");
    cr_expect_str_eq(wire_log(w), "", "an interface that is shut down is silent");
    wire_free(w);
}

Test(attach_arp, an_address_probe_is_answered_and_not_learned)
{
    struct wire *w = wire_open(true);
    arp_from(w, ARP_REQUEST, peer_mac, "0.0.0.0", "203.0.113.1");
    cr_expect_str_eq(wire_log(w), "arp 203.0.113.1 to 0.0.0.0\n");
    cr_expect_eq(wire_counter(w, "attach.arp.learned"), 0);
    wire_free(w);
}

Test(attach_arp, packets_wait_until_the_neighbour_is_known)
{
    struct wire *w = wire_open(true);
    say(w->r, "203.0.113.2");
    net_send_udp(w->r, 0, 9, addr("203.0.113.2"), 9, 0, span_of("hello again", 11));
    wire_run(w, MILLISECONDS(500));
    cr_expect_str_eq(wire_log(w), "arp who-has 203.0.113.2 tell 203.0.113.1\n");
    arp_from(w, ARP_REPLY, peer_mac, "203.0.113.2", "203.0.113.1");
    cr_expect_str_eq(wire_log(w), "ip 203.0.113.1 > 203.0.113.2 17 33\n"
                                  "ip 203.0.113.1 > 203.0.113.2 17 39\n");
    cr_expect_arr_eq(w->last->data, peer_mac, ETHER_ADDR);
    say(w->r, "203.0.113.2");
    wire_run(w, SECONDS(5));
    cr_expect_str_eq(wire_log(w), "ip 203.0.113.1 > 203.0.113.2 17 33\n", "nothing is asked again");
    wire_free(w);
}

Test(attach_arp, three_questions_a_second_apart_and_then_the_packet_dies)
{
    struct wire *w = wire_open(true);
    uint64_t dropped = 0;
    say(w->r, "203.0.113.2");
    for (int s = 0; s < 3; s++) {
        wire_run(w, MILLISECONDS(999));
        cr_expect_str_eq(wire_log(w), "arp who-has 203.0.113.2 tell 203.0.113.1\n", "second %d", s);
        wire_run(w, MILLISECONDS(1));
        if (s < 2)
            cr_expect_eq(wire_counter(w, "attach.arp.unresolved"), 0);
    }
    wire_run(w, SECONDS(10));
    cr_expect_str_eq(wire_log(w), "");
    cr_expect_eq(wire_counter(w, "attach.arp.unresolved"), 1);
    trace_counter_get(attach_port_scope(w->port), "drop.LINK_NO_NEIGHBOR", &dropped);
    cr_expect_eq(dropped, 1);
    wire_free(w);
}

Test(attach_arp, few_packets_wait_and_the_latest_are_kept)
{
    struct wire *w = wire_open(true);
    for (int i = 0; i < 100; i++)
        say(w->r, "203.0.113.2");
    wire_run(w, MILLISECONDS(1));
    arp_from(w, ARP_REPLY, peer_mac, "203.0.113.2", "203.0.113.1");
    cr_expect_eq(wire_counter(w, "attach.out.packets"), 16);
    wire_free(w);
}

Test(attach_arp, a_neighbour_that_moves_takes_its_packets_along)
{
    static const uint8_t other[ETHER_ADDR] = {0x52, 0x54, 0, 0, 0, 9};
    struct wire *w = wire_open(true);
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", "203.0.113.1");
    arp_from(w, ARP_REQUEST, other, "203.0.113.2", "203.0.113.2"); /* gratuitous */
    say(w->r, "203.0.113.2");
    wire_run(w, MILLISECONDS(1));
    cr_expect_arr_eq(w->last->data, other, ETHER_ADDR);
    cr_expect_eq(wire_counter(w, "attach.arp.learned"), 1);
    wire_free(w);
}

Test(attach_arp, what_is_known_grows_old)
{
    struct wire *w = wire_open(true);
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", "203.0.113.1");
    wire_log(w);
    wire_run(w, SECONDS(61));
    say(w->r, "203.0.113.2");
    wire_run(w, MILLISECONDS(1));
    cr_expect_str_eq(wire_log(w),
                     "arp who-has 203.0.113.2 tell 203.0.113.1\n"
                     "ip 203.0.113.1 > 203.0.113.2 17 33\n",
                     "used, and asked for");
    wire_run(w, SECONDS(10));
    wire_log(w);
    say(w->r, "203.0.113.2");
    wire_run(w, MILLISECONDS(1));
    cr_expect_str_eq(wire_log(w), "arp who-has 203.0.113.2 tell 203.0.113.1\n",
                     "not used any more");
    wire_free(w);
}

Test(attach_arp, a_flood_of_neighbours_finds_few_places)
{
    struct wire *w = wire_open(true);
    for (uint32_t i = 0; i < 10000; i++) {
        uint8_t mac[ETHER_ADDR] = {0x52, 0x54, 1, 0, 0, 0};
        be16_put(mac + 4, (uint16_t)i);
        arp_from(w, ARP_REQUEST, mac, IP4S(IP4(198, 18, 0, 1) + i), "203.0.113.1");
        wire_log(w);
    }
    cr_expect_eq(wire_counter(w, "attach.arp.evicted"), 10000 - 256);
    for (uint32_t i = 0; i < 1000; i++) /* and as many that nobody has */
        say(w->r, IP4S(IP4(203, 0, 113, 3) + i % 250));
    wire_run(w, SECONDS(10));
    echo_from(w, everybody, "203.0.113.1");
    wire_run(w, SECONDS(1));
    cr_expect_geq(wire_counter(w, "attach.arp.unresolved"), 250);
    wire_free(w);
}

Test(attach_arp, somebody_with_our_address_is_noted_and_not_believed)
{
    struct wire *w = wire_open(true);
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.1", "203.0.113.1");
    cr_expect_eq(wire_counter(w, "attach.arp.conflict"), 1);
    cr_expect_eq(wire_counter(w, "attach.arp.learned"), 0);
    wire_free(w);
}

Test(attach_arp, neighbours_are_told_at_the_beginning)
{
    struct wire *w = wire_open(true);
    attach_port_announce(w->port);
    cr_expect_str_eq(wire_log(w), "arp who-has 203.0.113.1 tell 203.0.113.1\n");
    cr_expect_arr_eq(w->last->data, everybody, ETHER_ADDR);
    cr_expect_eq(w->last->data[ETHER_ADDR], 2, "locally administered");
    wire_free(w);
}

/* ---- Frames ---- */

Test(attach_frames, echoes_are_answered_by_the_router_and_behind_it)
{
    struct wire *w = wire_open(true);
    uint8_t mac[ETHER_ADDR];
    station_mac_of(w, 0, mac);
    echo_from(w, mac, "203.0.113.1");
    echo_from(w, mac, "10.1.0.5");
    wire_run(w, SECONDS(1));
    cr_expect_str_eq(wire_log(w), "ip 203.0.113.1 > 203.0.113.2 1 36\n"
                                  "ip 10.1.0.5 > 203.0.113.2 1 36\n");
    cr_expect_eq(w->last->len, 60, "padded to the least of Ethernet");
    wire_free(w);
}

Test(attach_frames, broadcast_and_multicast_have_addresses_of_their_own)
{
    static const struct {
        const char *to;
        uint8_t mac[ETHER_ADDR];
    } row[] = {
        {"255.255.255.255", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {"203.0.113.255", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
        {"224.0.0.5", {0x01, 0x00, 0x5e, 0x00, 0x00, 0x05}},
        {"239.129.2.3", {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct wire *w = wire_open(true);
        g_autoptr(GByteArray) b =
            ip_bytes("203.0.113.1", row[i].to, IPPROTO_NUM_UDP, span_of("12345678", 8));
        net_output_on(w->r_out, addr(row[i].to), pkt_of(span_of(b->data, b->len)));
        wire_run(w, SECONDS(1));
        cr_assert_eq(w->sent, 1, "%s", row[i].to);
        cr_expect_arr_eq(w->last->data, row[i].mac, ETHER_ADDR, "%s", row[i].to);
        wire_free(w);
    }
}

Test(attach_frames, what_is_not_for_us_is_counted)
{
    static const struct {
        const char *bytes;
        size_t n;
        struct attach_meta meta;
        const char *counter;
    } row[] = {
#define TO_ALL "\xff\xff\xff\xff\xff\xff\x52\x54\0\0\0\2"
        // clang-format off
        { "", 0, {0}, "attach.drop.short" },
        { TO_ALL "\x08", 13, {0}, "attach.drop.short" },
        { TO_ALL "\x08\x00", 14, {0}, "attach.drop.short" },
        { TO_ALL "\x08\x00\x45\x00\x00\x14", 18, {0}, "attach.drop.short" },
        { TO_ALL "\x86\xdd\x60", 15, {0}, "attach.drop.ipv6" },
        { TO_ALL "\x81\x00\x00\x05\x08\x00", 18, {0}, "attach.drop.vlan" },
        { TO_ALL "\x88\xa8\x00\x05\x08\x00", 18, {0}, "attach.drop.vlan" },
        { TO_ALL "\x08\x00\x45\x00\x00\x14", 18, {.vlan = true}, "attach.drop.vlan" },
        { TO_ALL "\x88\xcc\x02\x07", 16, {0}, "attach.drop.type" },
        { TO_ALL "\x00\x26\x42\x42\x03", 17, {0}, "attach.drop.type" },
        { TO_ALL "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01", 22, {0}, "attach.drop.arp" },
        { TO_ALL "\x08\x06\x00\x01\x86\xdd\x06\x10\x00\x01\1\2\3\4\5\6\1\2\3\4\1\2\3\4\5\6\1\2\3\4", 42, {0}, "attach.drop.arp" },
        { TO_ALL "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x09\2\2\3\4\5\6\1\2\3\4\1\2\3\4\5\6\1\2\3\4", 42, {0}, "attach.drop.arp" },
        { TO_ALL "\x08\x06\x00\x01\x08\x00\x06\x04\x00\x01\1\2\3\4\5\6\1\2\3\4\1\2\3\4\5\6\1\2\3\4", 42, {0}, "attach.drop.arp" },
        { "\x52\x54\0\0\0\7\x52\x54\0\0\0\2\x08\x00\x45", 15, {0}, "attach.drop.not_for_us" },
        { TO_ALL "\x08\x00\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\1\2\3\4\1\2\3\4\0\1\0\2\0\x08\0\0", 42,
          {.checksum_unfinished = true, .checksum_start = 34, .checksum_offset = 7}, "attach.drop.offload" },
        { TO_ALL "\x08\x00\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\1\2\3\4\1\2\3\4\0\1\0\2\0\x08\0\0", 42,
          {.checksum_unfinished = true, .checksum_start = 65535, .checksum_offset = 65535}, "attach.drop.offload" },
        { TO_ALL "\x08\x00\x45\0\0\x1c\0\0\0\0\x40\x11\0\0\1\2\3\4\1\2\3\4\0\1\0\2\0\x08\0\0", 42,
          {.gso = ATTACH_GSO_OTHER, .gso_bytes = 4}, "attach.drop.offload" },
        // clang-format on
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct wire *w = wire_open(true);
        g_autofree uint8_t *frame = g_memdup2(row[i].bytes, row[i].n);
        attach_port_input(w->port, frame, row[i].n, &row[i].meta);
        wire_run(w, SECONDS(1));
        cr_expect_eq(wire_counter(w, row[i].counter), 1, "row %zu: %s", i, row[i].counter);
        cr_expect_eq(wire_counter(w, "attach.in.frames"), 1);
        cr_expect_eq(wire_counter(w, "attach.in.packets"), 0, "row %zu", i);
        cr_expect_str_eq(wire_log(w), "");
        wire_free(w);
    }
}

Test(attach_frames, padding_of_the_wire_does_not_reach_the_simulation)
{
    struct wire *w = wire_open(true);
    uint8_t mac[ETHER_ADDR];
    station_mac_of(w, 0, mac);
    g_autoptr(GByteArray) b = echo_bytes("203.0.113.2", "203.0.113.1", 2);
    g_byte_array_append(b, (const uint8_t *)"padding padding", 16);
    ip_from(w, mac, span_of(b->data, b->len), NULL);
    wire_run(w, SECONDS(1));
    cr_expect_str_eq(wire_log(w), "ip 203.0.113.1 > 203.0.113.2 1 30\n");
    cr_expect_eq(net_if_by_name(net_node_by_name(w->net, "veth0"), "veth0")->out_bytes, 30);
    wire_free(w);
}

Test(attach_frames, on_a_segment_each_simulated_end_is_a_station)
{
    uint8_t first[ETHER_ADDR], second[ETHER_ADDR];
    struct wire *w = wire_new();
    struct net_node *n = net_node_new(w->net, "r2", true);
    struct net_if *i = net_if_new(n, "out");
    net_if_set_address(i, addr("203.0.113.3"), ip4_mask(24));
    net_link_attach(w->outside, i);
    wire_bind(w, true);
    station_mac_of(w, 0, first);
    station_mac_of(w, 1, second);
    cr_expect_neq(memcmp(first, second, ETHER_ADDR), 0);
    echo_from(w, second, "203.0.113.3");
    wire_run(w, SECONDS(1));
    cr_expect_str_eq(wire_log(w), "ip 203.0.113.3 > 203.0.113.2 1 36\n");
    cr_expect_arr_eq(w->last->data + ETHER_ADDR, second, ETHER_ADDR);
    cr_expect_eq(w->r_out->in_packets, 0, "the first has not seen it");
    say(w->r, "203.0.113.3");
    wire_run(w, SECONDS(1));
    cr_expect_str_eq(wire_log(w), "", "between themselves they need no wire");
    wire_free(w);
}

Test(attach_frames, a_send_that_fails_is_counted)
{
    static const struct {
        int error;
        const char *counter;
    } row[] = {{EMSGSIZE, "attach.drop.out_too_big"},
               {ENOBUFS, "attach.drop.out_failed"},
               {ENETDOWN, "attach.drop.out_failed"}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct wire *w = wire_open(true);
        w->error = row[i].error;
        arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", "203.0.113.1");
        cr_expect_eq(wire_counter(w, row[i].counter), 1, "row %zu", i);
        cr_expect_eq(wire_counter(w, "attach.out.arp"), 0);
        wire_free(w);
    }
}

Test(attach_frames, a_flood_is_dropped_before_it_fills_the_memory)
{
    struct wire *w = wire_new();
    uint8_t mac[ETHER_ADDR];
    net_link_impair(w->outside, 0, &(struct net_impair){.delay = SECONDS(10)});
    wire_bind(w, true);
    station_mac_of(w, 0, mac);
    for (int i = 0; i < 60000; i++)
        echo_from(w, mac, "203.0.113.1");
    cr_expect_leq(sim_pending(w->sim), 51000);
    cr_expect_geq(wire_counter(w, "attach.drop.backlog"), 9000);
    wire_free(w);
}

/* ---- Tunnels ---- */

Test(attach_tunnel, packets_go_bare)
{
    struct wire *w = wire_open(false);
    g_autoptr(GByteArray) b = echo_bytes("192.0.2.7", "10.1.0.5", 8);
    net_route_add(w->r, (struct ip4_net){0}, addr("203.0.113.2"), NULL, 1);
    attach_port_input(w->port, b->data, b->len, &(struct attach_meta){0});
    attach_port_input(w->port, (uint8_t[]){0x60, 0, 0}, 3, &(struct attach_meta){0});
    attach_port_announce(w->port);
    wire_run(w, SECONDS(1));
    cr_expect_str_eq(wire_log(w), "ip 10.1.0.5 > 192.0.2.7 1 36\n");
    cr_expect_eq(wire_counter(w, "attach.in.packets"), 1);
    cr_expect_eq(wire_counter(w, "attach.drop.ipv6"), 1);
    wire_free(w);
}

Test(attach_tunnel, a_segment_cannot_be_bound_to_one)
{
    g_autoptr(GError) error = NULL;
    struct wire *w = wire_new();
    struct net_if *i = net_if_new(net_node_new(w->net, "r2", true), "out");
    net_link_attach(w->outside, i);
    cr_expect_null(attach_port_new(w->outside, "tun0", false, NULL, NULL, &error));
    cr_assert_not_null(error);
    cr_expect(strstr(error->message, "2 simulated ends"), "%s", error->message);
    wire_free(w);
}
