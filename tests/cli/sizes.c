/* Lines about sizes, access and inspection at the consoles of routers and firewalls: what is shown
 * again, what is refused, and what they do. */
#include "box.h"
#include "net/tcp.h"

/* ---- A router ---- */

// clang-format off
static const struct {
    const char *line, *shown; /* '+' it is there, '-' it is not */
} router_row[] = {
    { "interface fa0/0\nip tcp adjust-mss 1300",                      "+ ip tcp adjust-mss 1300\n" },
    { "interface fa0/0\nip tcp adjust-mss 1200",                      "-adjust-mss 1300" },
    { "interface fa0/0\nno ip tcp adjust-mss",                        "-adjust-mss" },
    { "interface fa0/0\ncrypto ipsec df-bit clear",                   "+ crypto ipsec df-bit clear\n" },
    { "interface fa0/0\nno crypto ipsec df-bit",                      "-df-bit" },
    { "crypto ipsec fragmentation after-encryption",                  "+crypto ipsec fragmentation after-encryption\n" },
    { "crypto ipsec fragmentation before-encryption",                 "-crypto ipsec fragmentation" },
    { "interface fa0/0\ncrypto ipsec fragmentation after-encryption", "+ crypto ipsec fragmentation after-encryption\n" },
    { "interface fa0/0\nno crypto ipsec fragmentation",               "-crypto ipsec fragmentation" },
    { "ip tcp window-size 131072",                                    "+ip tcp window-size 131072\n" },
    { "no ip tcp window-size",                                        "-window-size" },
    { "ip inspect name FW tcp",                                       "+ip inspect name FW tcp\n" },
    { "interface fa0/0\nip inspect FW in",                            "+ ip inspect FW in\n" },
    { "interface fa0/0\nno ip inspect FW in",                         "- ip inspect FW in" },
    { "no ip inspect name FW tcp",                                    "-ip inspect" },
    { "ip inspect tcp window-scale-enforcement loose",                "+ip inspect tcp window-scale-enforcement loose\n" },
    { "no ip inspect tcp window-scale-enforcement loose",             "-window-scale" },
};
// clang-format on

Test(sizes, lines_of_a_router_are_shown_again_and_taken_back)
{
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(router_row); i++) {
        g_autofree char *typed = g_strdup_printf("configure terminal\n%s\nend", router_row[i].line);
        const char *said = box_type(b, typed);
        cr_expect_not(strchr(said, '^'), "%s: %s", router_row[i].line, said);
        g_autofree char *running = box_running(b);
        bool there = strstr(running, router_row[i].shown + 1);
        cr_expect_eq(there, router_row[i].shown[0] == '+', "%s: %s", router_row[i].line, running);
    }
    box_free(b);
}

Test(sizes, what_a_router_does_not_take)
{
    static const struct {
        const char *version, *line;
    } row[] = {
        {"12.4", "interface fa0/0\nip tcp adjust-mss 499"},
        {"12.4", "interface fa0/0\nip tcp adjust-mss 1461"},
        {"12.2", "crypto ipsec fragmentation before-encryption"},
        {"12.1", "interface fa0/0\ncrypto ipsec fragmentation after-encryption"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new(row[i].version);
        g_autofree char *typed = g_strdup_printf("configure terminal\n%s\nend", row[i].line);
        cr_expect(strstr(box_type(b, typed), "^\n"), "%s", row[i].line);
        box_free(b);
    }
}

Test(sizes, where_packets_are_cut_depends_on_the_version)
{
    static const struct {
        const char *kind, *version;
        bool first;
    } row[] = {
        {"ios", "12.1", false}, {"ios", "12.2", false}, {"ios", "12.3", true},
        {"ios", "12.4", true},  {"ios", "15.1", true},  {"asa", "7.0", true},
        {"asa", "8.4", true},   {"pix", "6.3", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new_of(row[i].kind, row[i].version);
        cr_expect_eq(ipsec_size_of(b->d->ipsec_conf, 0).cut_first, row[i].first, "%s %s",
                     row[i].kind, row[i].version);
        box_free(b);
    }
}

/* ---- Inspection ---- */

struct yard {
    struct box *b;
    struct net_node *in, *out;
    unsigned opened, refused;
};

static void open_(void *self, struct net_tcp *c)
{
    ((struct yard *)self)->opened++;
}

static void end(void *self, struct net_tcp *c, enum net_tcp_end why)
{
    ((struct yard *)self)->refused++;
}

static bool take(void *self, struct net_tcp *c, struct net_tcp_calls *calls, void **owner)
{
    return true;
}

static struct net_node *host(struct box *b, const char *name, const char *port, ip4 addr, ip4 gw)
{
    struct net_node *n = net_node_new(b->net, name, false);
    struct net_if *i = net_if_new(n, "eth0");
    struct net_link *l = net_link_new(b->net, name);
    net_if_set_address(i, addr, 0xffffff00u);
    net_link_attach(l, i);
    net_link_attach(l, net_if_by_name(b->d->node, port));
    net_route_add(n, (struct ip4_net){0, 0}, gw, NULL, 1);
    return n;
}

static struct yard yard_new(const char *more)
{
    struct yard y = {.b = box_new("12.4")};
    g_autofree char *config =
        g_strconcat("interface FastEthernet0/0\n ip address 10.1.0.1 255.255.255.0\n"
                    "interface FastEthernet0/1\n ip address 10.2.0.1 255.255.255.0\n"
                    " ip access-group 101 in\n"
                    "access-list 101 deny ip any any\n",
                    more, NULL);
    box_load(y.b, config);
    y.in = host(y.b, "in", "FastEthernet0/0", IP4(10, 1, 0, 5), IP4(10, 1, 0, 1));
    y.out = host(y.b, "out", "FastEthernet0/1", IP4(10, 2, 0, 5), IP4(10, 2, 0, 1));
    return y;
}

/* True when a connection opens from inside (or from outside). */
static bool connects(struct yard *y, bool outward, uint16_t port,
                     const struct net_tcp_settings *from, const struct net_tcp_settings *to)
{
    static const struct net_tcp_calls calls = {.open = open_, .end = end};
    net_tcp_listen(outward ? y->out : y->in, port, to, take, y);
    y->opened = 0;
    struct net_tcp *c =
        net_tcp_connect(outward ? y->in : y->out, 0, 0,
                        outward ? IP4(10, 2, 0, 5) : IP4(10, 1, 0, 5), port, from, &calls, y);
    sim_run(y->b->sim, sim_now(y->b->sim) + SECONDS(2));
    if (c && !y->refused)
        net_tcp_abort(c);
    y->refused = 0;
    return y->opened > 0;
}

Test(sizes, an_inspected_connection_comes_back_through_a_list_that_denies_all)
{
    static const struct net_tcp_settings plain = {0};
    static const struct {
        const char *config;
        bool opens;
    } row[] = {
        {"", false},
        {"ip inspect name FW tcp\ninterface FastEthernet0/0\n ip inspect FW in\n", true},
        {"ip inspect name FW tcp\ninterface FastEthernet0/1\n ip inspect FW out\n", true},
        {"ip inspect name FW udp\ninterface FastEthernet0/1\n ip inspect FW out\n", false},
        {"ip inspect name FW tcp\ninterface FastEthernet0/1\n ip inspect OTHER out\n", false},
        {"ip inspect name FW tcp\ninterface FastEthernet0/0\n ip inspect FW out\n", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yard y = yard_new(row[i].config);
        cr_expect_eq(connects(&y, true, 80, &plain, &plain), row[i].opens, "%s", row[i].config);
        cr_expect_not(connects(&y, false, 81, &plain, &plain), "from outside: %s", row[i].config);
        box_free(y.b);
    }
}

Test(sizes, a_window_scale_that_nobody_asked_for_is_dropped_unless_loose)
{
    static const char fw[] =
        "ip inspect name FW tcp\ninterface FastEthernet0/0\n ip inspect FW in\n";
    static const struct {
        struct net_tcp_settings from, to;
        bool loose, opens;
    } row[] = {
        {{0}, {0}, false, true},
        {{0}, {.wscale = NET_TCP_WSCALE_UNASKED}, false, false},
        {{.window = 131072}, {.wscale = NET_TCP_WSCALE_UNASKED}, false, true},
        {{0}, {.wscale = NET_TCP_WSCALE_UNASKED}, true, true},
        {{.window = 131072}, {0}, false, true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct yard y = yard_new(fw);
        if (row[i].loose)
            box_type(y.b, "configure terminal\nip inspect tcp window-scale-enforcement loose\nend");
        cr_expect_eq(connects(&y, true, 80, &row[i].from, &row[i].to), row[i].opens, "row %zu", i);
        bool said = strstr(y.b->seen->str, "%FW-3-RESPONDER_WND_SCALE_INI_NO_SCALE: Dropping "
                                           "packet - Invalid Window Scale option for session "
                                           "10.1.0.5:");
        cr_expect_eq(said, !row[i].opens, "row %zu: %s", i, y.b->seen->str);
        box_free(y.b);
    }
}

/* ---- Firewalls ---- */

static const char asa_config[] = "interface Ethernet0/0\n nameif outside\n"
                                 " ip address 203.0.113.1 255.255.255.0\n"
                                 "interface Ethernet0/1\n nameif inside\n"
                                 " ip address 10.1.0.1 255.255.255.0\n";
// clang-format off
static const struct {
    const char *line, *shown; /* '!' the line is refused */
} asa_row[] = {
    { "sysopt connection tcpmss 1300",                        "+sysopt connection tcpmss 1300\n" },
    { "no sysopt connection tcpmss",                          "-tcpmss" },
    { "sysopt connection tcpmss 0",                           "+sysopt connection tcpmss 0\n" },
    { "sysopt connection tcpmss 1380",                        "-tcpmss" },
    { "sysopt connection tcpmss minimum 500",                 "+sysopt connection tcpmss minimum 500\n" },
    { "sysopt connection tcpmss minimum 0",                   "-tcpmss" },
    { "sysopt connection tcpmss 47",                          "!" },
    { "crypto ipsec fragmentation after-encryption outside",  "+crypto ipsec fragmentation after-encryption outside\n" },
    { "crypto ipsec fragmentation before-encryption outside", "-crypto ipsec fragmentation" },
    { "crypto ipsec df-bit set-df outside",                   "+crypto ipsec df-bit set-df outside\n" },
    { "crypto ipsec df-bit copy-df outside",                  "-df-bit" },
    { "crypto ipsec df-bit clear-df nowhere",                 "!" },
    { "management-access inside",                             "+management-access inside\n" },
    { "management-access outside",                            "-management-access inside" },
    { "no management-access",                                 "-management-access" },
    { "management-access nowhere",                            "!" },
    { "ip audit name guard attack action alarm drop",         "+ip audit name guard attack action alarm drop\n" },
    { "ip audit interface outside guard",                     "+ip audit interface outside guard\n" },
    { "ip audit signature 2150 disable",                      "+ip audit signature 2150 disable\n" },
    { "no ip audit signature 2150 disable",                   "-signature" },
    { "no ip audit interface outside guard",                  "-ip audit interface" },
    { "no ip audit name guard attack",                        "-ip audit" },
};
// clang-format on

Test(sizes, lines_of_an_appliance_are_shown_again_and_taken_back)
{
    struct box *b = box_new_of("asa", "8.2");
    box_load(b, asa_config);
    for (size_t i = 0; i < G_N_ELEMENTS(asa_row); i++) {
        g_autofree char *typed = g_strdup_printf("configure terminal\n%s\nend", asa_row[i].line);
        const char *said = box_type(b, typed);
        cr_expect_eq(strstr(said, "ERROR") != NULL, asa_row[i].shown[0] == '!', "%s: %s",
                     asa_row[i].line, said);
        g_autofree char *running = box_running(b);
        bool there = strstr(running, asa_row[i].shown + 1);
        if (asa_row[i].shown[0] != '!')
            cr_expect_eq(there, asa_row[i].shown[0] == '+', "%s: %s", asa_row[i].line, running);
    }
    box_free(b);
}

static void heard(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
}

/* What a host beyond one interface hears when it asks for the address of another. */
Test(sizes, a_firewall_does_not_answer_for_its_far_interface)
{
    static const struct {
        const char *kind, *version, *config, *near;
    } row[] = {
        {"asa", "8.2", asa_config, "Ethernet0/1"},
        {"pix", "6.3",
         "interface ethernet0 auto\ninterface ethernet1 auto\n"
         "ip address outside 203.0.113.1 255.255.255.0\n"
         "ip address inside 10.1.0.1 255.255.255.0\n",
         "ethernet1"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new_of(row[i].kind, row[i].version);
        box_load(b, row[i].config);
        struct net_node *n = host(b, "in", row[i].near, IP4(10, 1, 0, 5), IP4(10, 1, 0, 1));
        struct net_if *far = net_if_by_addr(b->d->node, IP4(203, 0, 113, 1));
        cr_assert_not_null(far);
        far->no_keepalive = true;
        struct net_ping *ping = net_ping_new(n, heard, NULL);
        uint64_t dropped = 0, before = 0;
        trace_counter_get(b->d->scope, "icmp.out", &before);
        net_ping_send(ping, 0, IP4(10, 1, 0, 1), 1, 100, 0, false, 0, SECONDS(1));
        sim_run(b->sim, sim_now(b->sim) + SECONDS(1));
        uint64_t after = 0;
        trace_counter_get(b->d->scope, "icmp.out", &after);
        cr_expect_eq(after, before + 1, "%s answers for the near one", row[i].kind);
        net_ping_send(ping, 0, IP4(203, 0, 113, 1), 2, 100, 0, false, 0, SECONDS(1));
        sim_run(b->sim, sim_now(b->sim) + SECONDS(1));
        trace_counter_get(b->d->scope, "drop.CONN_FAR", &dropped);
        cr_expect_eq(dropped, 1, "%s", row[i].kind);
        net_ping_free(ping);
        box_free(b);
    }
}
