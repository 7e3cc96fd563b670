/* An appliance with three interfaces: what its rules let through, what it says about it, and what
 * show conn shows. */
#include "router.h"

#include <string.h>

enum { INSIDE, OUTSIDE, DMZ, ENDS };
enum { FIN = 1, SYN = 2, RST = 4, PSH = 8, ACK = 16 };

struct gate {
    struct world *w;
    struct device *d;
    struct device *host[ENDS];
    GString *said;
};

static const char config[] = "hostname gate\n"
                             "interface Ethernet0/0\n nameif inside\n security-level 100\n"
                             " ip address 10.1.0.1 255.255.255.0\n"
                             "interface Ethernet0/1\n nameif outside\n security-level 0\n"
                             " ip address 203.0.113.1 255.255.255.0\n"
                             "interface Ethernet0/2\n nameif dmz\n security-level 50\n"
                             " ip address 10.9.0.1 255.255.255.0\n"
                             "logging enable\nlogging console informational\n";
static const ip4 address[ENDS] = {IP4(10, 1, 0, 5), IP4(203, 0, 113, 5), IP4(10, 9, 0, 5)};

static void heard(void *self, const struct trace_event *e)
{
    const struct ev_console *c = e->data;
    if (c->kind != CONSOLE_ECHO)
        g_string_append_printf(((struct gate *)self)->said, "%s\n", c->text);
}

static struct gate *gate_new(const char *version)
{
    struct gate *g = g_new0(struct gate, 1);
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    struct trace_mask want = {0};
    g->w = world_new();
    g->said = g_string_new(NULL);
    g->d = device_new(g->w->net, "gate", vendor_kind("asa"), version, NULL);
    cr_assert(device_load(g->d, config, "gate.cfg", problems, NULL));
    cr_assert_eq(problems->len, 0);
    for (int i = 0; i < ENDS; i++) {
        static const char *const name[ENDS] = {"pc", "far", "server"};
        static const char *const port[ENDS] = {"Ethernet0/0", "Ethernet0/1", "Ethernet0/2"};
        struct net_link *l = net_link_new(g->w->net, name[i]);
        g->host[i] = device_new(g->w->net, name[i], vendor_kind("host"), NULL, NULL);
        device_host_address(g->host[i], "eth0", (struct ip4_net){address[i], ip4_mask(24)},
                            (address[i] & 0xffffff00u) | 1, NULL);
        net_link_attach(l, net_if_by_name(g->host[i]->node, "eth0"));
        net_link_attach(l, net_if_by_name(g->d->node, port[i]));
    }
    trace_mask_add(&want, EV_console);
    trace_subscribe(g->w->trace, g->d->scope, &want, heard, g);
    return g;
}

static void gate_free(struct gate *g)
{
    trace_unsubscribe(g->w->trace, heard, g);
    for (int i = 0; i < ENDS; i++)
        device_free(g->host[i]);
    device_free(g->d);
    world_free(g->w);
    g_string_free(g->said, TRUE);
    g_free(g);
}

static void pass_time(struct gate *g, sim_time t)
{
    sim_run(g->w->sim, sim_now(g->w->sim) + t);
}

/* What it said since the last call. Lent until the next. */
static const char *said(struct gate *g)
{
    static _Thread_local char text[8192];
    g_strlcpy(text, g->said->str, sizeof text);
    g_string_truncate(g->said, 0);
    return text;
}

static const char *type(struct gate *g, const char *lines)
{
    said(g);
    device_type(g->d, lines);
    return said(g);
}

static void configure(struct gate *g, const char *lines)
{
    g_autofree char *all = g_strdup_printf("configure terminal\n%s\nend", lines);
    const char *out = type(g, all);
    cr_assert_not(strstr(out, "ERROR"), "%s: %s", lines, out);
}

/* True when it came to the other end's link. */
static bool sends(struct gate *g, int from, int to, uint8_t protocol, const uint8_t *l4, size_t n)
{
    struct net_if *i = net_if_by_name(g->host[to]->node, "eth0");
    uint64_t before = i->in_packets;
    net_send_ip(g->host[from]->node, 0, address[to], protocol, 0, false, span_of(l4, n));
    pass_time(g, MILLISECONDS(1));
    return i->in_packets > before;
}

static bool tcp(struct gate *g, int from, int to, uint16_t sport, uint16_t dport, unsigned flags,
                uint32_t seq, uint32_t ack, size_t bytes)
{
    uint8_t b[20 + 100] = {0};
    be16_put(b, sport);
    be16_put(b + 2, dport);
    be32_put(b + 4, seq);
    be32_put(b + 8, ack);
    b[12] = 5 << 4;
    b[13] = (uint8_t)flags;
    return sends(g, from, to, IPPROTO_NUM_TCP, b, 20 + bytes);
}

static bool udp(struct gate *g, int from, int to, uint16_t sport, uint16_t dport)
{
    uint8_t b[18] = {0};
    be16_put(b, sport);
    be16_put(b + 2, dport);
    be16_put(b + 4, sizeof b);
    return sends(g, from, to, IPPROTO_NUM_UDP, b, sizeof b);
}

static bool icmp(struct gate *g, int from, int to, uint8_t type_, uint16_t id)
{
    uint8_t b[18] = {0};
    icmp_emit(&(struct icmp_head){.type = type_, .id = id, .seq = 1}, b, 10);
    be16_put(b + 2, 0);
    be16_put(b + 4, id); /* of every type that has one */
    be16_put(b + 2, ip_checksum(span_of(b, sizeof b)));
    return sends(g, from, to, IPPROTO_NUM_ICMP, b, sizeof b);
}

/* ---- Rules ---- */

Test(asa_conn, traffic_flows_down_the_security_levels)
{
    static const struct {
        int from, to;
        bool flows;
    } row[] = {{INSIDE, OUTSIDE, true},  {INSIDE, DMZ, true},   {DMZ, OUTSIDE, true},
               {OUTSIDE, INSIDE, false}, {OUTSIDE, DMZ, false}, {DMZ, INSIDE, false}};
    struct gate *g = gate_new("8.2");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_eq(udp(g, row[i].from, row[i].to, (uint16_t)(1000 + i), 9), row[i].flows,
                     "row %zu", i);
    gate_free(g);
}

Test(asa_conn, an_access_group_decides_in_place_of_the_levels)
{
    struct gate *g = gate_new("8.2");
    configure(g, "access-list in_out extended permit udp any host 10.1.0.5 eq 53\n"
                 "access-group in_out in interface outside\n"
                 "access-list in_in extended deny udp any any eq 7\n"
                 "access-list in_in extended permit ip any any\n"
                 "access-group in_in in interface inside");
    cr_expect(udp(g, OUTSIDE, INSIDE, 1000, 53));
    cr_expect(!udp(g, OUTSIDE, INSIDE, 1000, 54));
    cr_expect(udp(g, INSIDE, OUTSIDE, 53, 1000));
    cr_expect(!udp(g, INSIDE, OUTSIDE, 53, 7));
    cr_expect(udp(g, INSIDE, OUTSIDE, 53, 8));
    cr_expect(udp(g, OUTSIDE, INSIDE, 8, 53), "an answer, and allowed besides");
    cr_expect(strstr(type(g, "show access-list in_out"), "eq domain (hitcnt=1)"));
    gate_free(g);
}

Test(asa_conn, a_list_on_the_way_out_is_asked_too)
{
    struct gate *g = gate_new("8.2");
    configure(g, "access-list only_dns extended permit udp any any eq 53\n"
                 "access-group only_dns out interface outside");
    cr_expect(udp(g, INSIDE, OUTSIDE, 1000, 53));
    said(g);
    cr_expect(!udp(g, INSIDE, OUTSIDE, 1000, 54));
    cr_expect_str_eq(said(g), "%ASA-4-106023: Deny udp src inside:10.1.0.5/1000 dst "
                              "outside:203.0.113.5/54 by access-group \"only_dns\" [0x0, 0x0]\n");
    gate_free(g);
}

Test(asa_conn, equal_levels_need_their_permission)
{
    struct gate *g = gate_new("8.2");
    configure(g, "interface Ethernet0/2\nsecurity-level 100");
    cr_expect(!udp(g, INSIDE, DMZ, 1, 2));
    configure(g, "same-security-traffic permit inter-interface");
    cr_expect(udp(g, INSIDE, DMZ, 1, 2));
    configure(g, "no same-security-traffic permit inter-interface");
    cr_expect(!udp(g, INSIDE, DMZ, 3, 4));
    gate_free(g);
}

Test(asa_conn, out_of_the_interface_it_came_by_needs_its_permission)
{
    struct gate *g = gate_new("8.2");
    struct net_if *i = net_if_by_name(g->d->node, "Ethernet0/0");
    configure(g, "route inside 192.0.2.0 255.255.255.0 10.1.0.5");
    for (int on = 0; on < 2; on++) {
        uint64_t before = i->out_packets;
        if (on)
            configure(g, "same-security-traffic permit intra-interface");
        net_send_udp(g->host[INSIDE]->node, 0, 1, IP4(192, 0, 2, 1), 2, 0, span_of("x", 1));
        pass_time(g, MILLISECONDS(1));
        cr_expect_eq(i->out_packets > before, on);
    }
    gate_free(g);
}

Test(asa_conn, echo_replies_need_a_list)
{
    struct gate *g = gate_new("8.2");
    cr_expect(icmp(g, INSIDE, OUTSIDE, 13, 7)); /* nobody answers a question about the time */
    said(g);
    cr_expect(!icmp(g, OUTSIDE, INSIDE, 14, 7));
    cr_expect_str_eq(said(g), "%ASA-3-106014: Deny inbound icmp src outside:203.0.113.5 dst "
                              "inside:10.1.0.5 (type 14, code 0)\n");
    configure(g, "access-list answers extended permit icmp any any\n"
                 "access-group answers in interface outside");
    cr_expect(icmp(g, OUTSIDE, INSIDE, 14, 7));
    gate_free(g);
}

/* ---- Messages ---- */

Test(asa_conn, inspect_icmp_brings_echo_replies_back_and_is_read_back)
{
    static const struct {
        const char *typed;
        bool back;
    } row[] = {
        {"policy-map global_policy\nclass inspection_default\ninspect ftp\ninspect icmp", true},
        {"policy-map global_policy\nclass inspection_default\nno inspect icmp", false},
        {"policy-map mine\nclass inspection_default\ninspect icmp", false}, /* applied nowhere */
        {"service-policy mine global", true},
        {"no policy-map mine", false},
    };
    struct gate *g = gate_new("8.2");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        configure(g, row[i].typed);
        cr_expect(icmp(g, INSIDE, OUTSIDE, 8, (uint16_t)(10 + i)));
        cr_expect_eq(icmp(g, OUTSIDE, INSIDE, 0, (uint16_t)(10 + i)), row[i].back, "%s",
                     row[i].typed);
        pass_time(g, SECONDS(5));
        cr_expect_not(icmp(g, OUTSIDE, INSIDE, 0, (uint16_t)(10 + i)), "its request is forgotten");
    }
    configure(g, "class-map inspection_default\nmatch default-inspection-traffic");
    const char *shown = type(g, "show running-config");
    cr_expect(strstr(shown, "policy-map global_policy\n class inspection_default \n  inspect ftp \n"
                            "!\nclass-map inspection_default\n match default-inspection-traffic "
                            "\n!\nservice-policy mine global\n"),
              "%s", shown);
    gate_free(g);
}

Test(asa_conn, an_error_about_no_connection_is_told_with_what_it_quotes)
{
    /* destination unreachable, port unreachable, about UDP 10.1.0.5/77 to 203.0.113.5/53 */
    uint8_t m[36] = {3, 3, 0, 0, 0, 0, 0, 0, 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 17};
    struct gate *g = gate_new("8.2");
    be32_put(m + 20, address[INSIDE]);
    be32_put(m + 24, address[OUTSIDE]);
    be16_put(m + 28, 77);
    be16_put(m + 30, 53);
    said(g);
    cr_expect_not(sends(g, OUTSIDE, INSIDE, 1, m, sizeof m));
    cr_expect(strstr(said(g), "%ASA-4-313005: No matching connection for ICMP error message: icmp "
                              "src outside:203.0.113.5 dst inside:10.1.0.5 (type 3, code 3) on "
                              "outside interface.  Original IP payload: udp src 10.1.0.5/77 dst "
                              "203.0.113.5/53."));
    cr_expect(udp(g, INSIDE, OUTSIDE, 77, 53));
    cr_expect(sends(g, OUTSIDE, INSIDE, 1, m, sizeof m), "it is about a connection now");
    cr_expect_not(icmp(g, OUTSIDE, INSIDE, 8, 1));
    cr_expect(strstr(said(g), "%ASA-3-106014: Deny inbound icmp"), "what is no error");
    gate_free(g);
}

Test(asa_conn, a_connection_is_told_from_its_beginning_to_its_end)
{
    struct gate *g = gate_new("8.2");
    said(g);
    tcp(g, INSIDE, OUTSIDE, 1025, 80, SYN, 100, 0, 0);
    cr_expect_str_eq(said(g),
                     "%ASA-6-302013: Built outbound TCP connection 0 for outside:203.0.113.5/80 "
                     "(203.0.113.5/80) to inside:10.1.0.5/1025 (10.1.0.5/1025)\n");
    tcp(g, OUTSIDE, INSIDE, 80, 1025, SYN | ACK, 500, 101, 0);
    tcp(g, INSIDE, OUTSIDE, 1025, 80, ACK, 101, 501, 0);
    tcp(g, OUTSIDE, INSIDE, 80, 1025, PSH | ACK, 501, 101, 100);
    pass_time(g, SECONDS(65));
    cr_expect_str_eq(said(g), "");
    tcp(g, OUTSIDE, INSIDE, 80, 1025, RST, 601, 0, 0);
    cr_expect_str_eq(said(g),
                     "%ASA-6-302014: Teardown TCP connection 0 for outside:203.0.113.5/80 to "
                     "inside:10.1.0.5/1025 duration 0:01:05 bytes 100 TCP Reset-O\n");
    udp(g, INSIDE, OUTSIDE, 1025, 53);
    cr_expect_str_eq(said(g),
                     "%ASA-6-302015: Built outbound UDP connection 1 for outside:203.0.113.5/53 "
                     "(203.0.113.5/53) to inside:10.1.0.5/1025 (10.1.0.5/1025)\n");
    pass_time(g, SECONDS(121));
    cr_expect_str_eq(said(g), "%ASA-6-302016: Teardown UDP connection 1 for outside:203.0.113.5/53 "
                              "to inside:10.1.0.5/1025 duration 0:02:00 bytes 10\n");
    icmp(g, INSIDE, OUTSIDE, 13, 9);
    cr_expect_str_eq(said(g), "%ASA-6-302020: Built outbound ICMP connection for faddr "
                              "203.0.113.5/0 gaddr 10.1.0.5/9 laddr 10.1.0.5/9\n");
    pass_time(g, SECONDS(3));
    cr_expect_str_eq(said(g), "%ASA-6-302021: Teardown ICMP connection for faddr 203.0.113.5/0 "
                              "gaddr 10.1.0.5/9 laddr 10.1.0.5/9\n");
    gate_free(g);
}

Test(asa_conn, what_is_denied_is_told_by_its_protocol)
{
    struct gate *g = gate_new("8.2");
    said(g);
    tcp(g, OUTSIDE, INSIDE, 1025, 80, SYN, 1, 0, 0);
    cr_expect_str_eq(said(g), "%ASA-2-106001: Inbound TCP connection denied from 203.0.113.5/1025 "
                              "to 10.1.0.5/80 flags SYN  on interface outside\n");
    udp(g, OUTSIDE, INSIDE, 1025, 80);
    cr_expect_str_eq(said(g), "%ASA-2-106006: Deny inbound UDP from 203.0.113.5/1025 to "
                              "10.1.0.5/80 on interface outside\n");
    sends(g, OUTSIDE, INSIDE, 47, (const uint8_t *)"12345678", 8);
    cr_expect_str_eq(said(g), "%ASA-3-106010: Deny inbound protocol 47 src outside:203.0.113.5 dst "
                              "inside:10.1.0.5\n");
    tcp(g, INSIDE, OUTSIDE, 1025, 80, FIN | ACK, 1, 1, 0);
    cr_expect_str_eq(said(g), "%ASA-6-106015: Deny TCP (no connection) from 10.1.0.5/1025 to "
                              "203.0.113.5/80 flags FIN ACK  on interface inside\n");
    const char *drops = type(g, "show asp drop");
    cr_expect(strstr(drops, "Flow is denied by configured rule (acl-drop)"), "%s", drops);
    cr_expect(strstr(drops, "First TCP packet not SYN (tcp-not-syn)"), "%s", drops);
    gate_free(g);
}

/* ---- show conn ---- */

Test(asa_conn, flags_show_how_far_a_connection_is)
{
    static const struct {
        int from;
        unsigned flags;
        uint32_t seq, ack;
        size_t bytes;
        const char *outbound, *inbound;
    } row[] = {
        {0, SYN, 100, 0, 0, "saA", "SaAB"},       {1, SYN | ACK, 500, 101, 0, "A", "aB"},
        {0, ACK, 101, 501, 0, "U", "UB"},         {0, ACK, 101, 501, 10, "UO", "UIB"},
        {1, ACK, 501, 111, 10, "UIO", "UIOB"},    {0, FIN | ACK, 111, 511, 0, "UfIO", "UFIOB"},
        {1, ACK, 511, 112, 0, "UfRIO", "UFrIOB"}, {1, FIN | ACK, 511, 112, 0, "UfFRIO", "UfFrIOB"},
    };
    for (int inbound = 0; inbound < 2; inbound++) {
        struct gate *g = gate_new("8.2");
        int opener = inbound ? OUTSIDE : INSIDE, other = inbound ? INSIDE : OUTSIDE;
        configure(g, "access-list all extended permit ip any any\n"
                     "access-group all in interface outside");
        for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
            bool back = row[i].from == 1;
            cr_assert(tcp(g, back ? other : opener, back ? opener : other, back ? 80 : 1025,
                          back ? 1025 : 80, row[i].flags, row[i].seq, row[i].ack, row[i].bytes),
                      "step %zu", i);
            struct view v;
            view_init(&v);
            cr_assert(g->d->kind->view(g->d, "conn", &v));
            cr_expect_str_eq(view_cell(&v, 0, "flags"), inbound ? row[i].inbound : row[i].outbound,
                             "step %zu", i);
            view_clear(&v);
        }
        gate_free(g);
    }
}

Test(asa_conn, listings_are_those_of_the_version)
{
    static const struct {
        const char *version, *command, *text;
    } row[] = {
        {"8.2", "show conn",
         "2 in use, 2 most used\n"
         "TCP outside 203.0.113.5:80 inside 10.1.0.5:1025, idle 0:00:07, bytes 0, flags saA \n"
         "UDP outside 203.0.113.5:53 inside 10.1.0.5:1026, idle 0:00:07, bytes 10, flags - \n"},
        {"7.2", "show conn",
         "2 in use, 2 most used\n"
         "TCP out 203.0.113.5:80 in 10.1.0.5:1025 idle 0:00:07 bytes 0 flags saA \n"
         "UDP out 203.0.113.5:53 in 10.1.0.5:1026 idle 0:00:07 bytes 10 flags - \n"},
        {"8.2", "show conn count", "2 in use, 2 most used\n"},
        {"8.2", "show conn address 10.1.0.9", "2 in use, 2 most used\n"},
        {"8.2", "clear conn address 10.1.0.9", "0 connection(s) deleted.\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct gate *g = gate_new(row[i].version);
        configure(g, "no logging console");
        tcp(g, INSIDE, OUTSIDE, 1025, 80, SYN, 100, 0, 0);
        udp(g, INSIDE, OUTSIDE, 1026, 53);
        pass_time(g, SECONDS(7));
        cr_expect_str_eq(type(g, row[i].command), row[i].text, "%s", row[i].command);
        gate_free(g);
    }
}

Test(asa_conn, detail_has_times_and_letters)
{
    struct gate *g = gate_new("8.2");
    configure(g, "no logging console");
    udp(g, INSIDE, OUTSIDE, 1026, 53);
    pass_time(g, SECONDS(65));
    const char *text = type(g, "show conn detail");
    cr_expect(strstr(text, "       V - VPN orphan\n"
                           "UDP outside:203.0.113.5/53 inside:10.1.0.5/1026,\n"
                           "    flags -, idle 1m5s, uptime 1m5s, timeout 2m0s, bytes 10\n"),
              "%s", text);
    cr_expect_str_eq(type(g, "clear conn"), "1 connection(s) deleted.\n");
    cr_expect_str_eq(type(g, "show conn"), "0 in use, 1 most used\n");
    gate_free(g);
}

/* ---- Settings ---- */

Test(asa_conn, times_are_set_and_read_back)
{
    static const struct {
        const char *typed, *shown; /* NULL: nothing, as by default */
        bool refused;
    } row[] = {
        {"timeout udp 0:01:00", "timeout conn 1:00:00 half-closed 0:10:00 udp 0:01:00 icmp 0:00:02",
         false},
        {"timeout conn 2:00:00 half-closed 0:20:00 udp 0:03:00 icmp 0:00:10",
         "timeout conn 2:00:00 half-closed 0:20:00 udp 0:03:00 icmp 0:00:10", false},
        {"timeout conn 0:0:0", "timeout conn 0:00:00 half-closed 0:20:00 udp 0:03:00 icmp 0:00:10",
         false},
        {"no timeout conn", "timeout conn 1:00:00 half-closed 0:20:00 udp 0:03:00 icmp 0:00:10",
         false},
        {"timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00 icmp 0:00:02", NULL, false},
        {"timeout udp 0:00:10", NULL, true},
        {"timeout udp 0:61:00", NULL, true},
        {"timeout udp 1", NULL, true},
        {"timeout conn 1:00:00 banana 0:10:00", NULL, true},
    };
    struct gate *g = gate_new("8.2");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend", row[i].typed);
        cr_expect_eq(strstr(type(g, lines), "ERROR") != NULL, row[i].refused, "%s", row[i].typed);
        const char *text = type(g, "show running-config timeout");
        cr_expect(row[i].shown ? strstr(text, row[i].shown) != NULL
                               : strstr(text, "timeout conn") == NULL,
                  "%s: %s", row[i].typed, text);
    }
    gate_free(g);
}

Test(asa_conn, a_changed_time_holds_for_those_that_are)
{
    struct gate *g = gate_new("8.2");
    udp(g, INSIDE, OUTSIDE, 1, 2);
    pass_time(g, SECONDS(70));
    configure(g, "timeout udp 0:01:00");
    pass_time(g, SECONDS(1));
    cr_expect(strstr(type(g, "show conn"), "0 in use"));
    gate_free(g);
}

Test(asa_conn, permissions_are_read_back)
{
    static const char *const line[] = {"same-security-traffic permit inter-interface",
                                       "same-security-traffic permit intra-interface",
                                       "no sysopt connection permit-vpn",
                                       "sysopt connection preserve-vpn-flows"};
    struct gate *g = gate_new("8.2");
    for (size_t i = 0; i < G_N_ELEMENTS(line); i++) {
        bool negative = g_str_has_prefix(line[i], "no ");
        g_autofree char *back =
            negative ? g_strdup(line[i] + 3) : g_strconcat("no ", line[i], NULL);
        configure(g, line[i]);
        cr_expect(strstr(type(g, "show running-config"), line[i]), "%s", line[i]);
        configure(g, back);
        cr_expect_not(strstr(type(g, "show running-config"), line[i]), "%s", line[i]);
    }
    gate_free(g);
}

Test(asa_conn, the_sysopt_has_the_name_of_its_version)
{
    static const struct {
        const char *version, *word;
        bool known;
    } row[] = {{"7.0", "permit-ipsec", true},
               {"7.0", "permit-vpn", false},
               {"7.1", "permit-ipsec", false},
               {"7.1", "permit-vpn", true},
               {"8.2", "permit-vpn", true}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct gate *g = gate_new(row[i].version);
        g_autofree char *lines =
            g_strdup_printf("configure terminal\nno sysopt connection %s\nend", row[i].word);
        cr_expect_eq(strstr(type(g, lines), "ERROR") == NULL, row[i].known, "%s %s", row[i].version,
                     row[i].word);
        gate_free(g);
    }
}
