/* A router that translates: which packets become what under each kind of line, what is said and
 * listed of it, and tables that return to empty. */
#include "router.h"

#include <string.h>
#include "base/span.h"
#include "vendor/ios/ios_nat.h"
#include "wire/tcp.h"

/* pc1 10.1.1.10 and pc2 10.1.1.11 are behind r1, 203.0.113.1; the server 198.51.100.10 is behind
 * the provider, who knows 203.0.113.0/24 and nothing of 10.0.0.0. */
struct site {
    struct world *w;
    struct router *r;
    struct net_node *pc1, *pc2, *server, *isp;
    GString *at_server, *at_pc1, *at_pc2; /* "<source>:<port> > <destination>:<port>" a datagram */
};

static const char sides[] = "hostname r1\n"
                            "interface FastEthernet0/0\n"
                            " ip address 203.0.113.1 255.255.255.0\n"
                            " ip nat outside\n"
                            " no shutdown\n"
                            "interface FastEthernet0/1\n"
                            " ip address 10.1.1.1 255.255.255.0\n"
                            " ip nat inside\n"
                            " no shutdown\n"
                            "ip route 0.0.0.0 0.0.0.0 203.0.113.2\n"
                            "access-list 1 permit 10.1.1.0 0.0.0.255\n";
#define OVERLOAD "ip nat inside source list 1 interface FastEthernet0/0 overload\n"

static ip4 addr(const char *text)
{
    ip4 a;
    cr_assert(ip4_parse(text, &a), "%s", text);
    return a;
}

static struct net_if *port(struct net_node *n, const char *name, const char *a)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, addr(a), ip4_mask(24));
    return i;
}

static struct net_node *host(struct site *x, const char *name, const char *a, const char *gateway,
                             struct net_link *l)
{
    struct net_node *n = net_node_new(x->w->net, name, false);
    cr_assert(net_link_attach(l, port(n, "eth0", a)));
    net_route_add(n, (struct ip4_net){0, 0}, addr(gateway), NULL, 1);
    return n;
}

static void heard(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                  struct span payload)
{
    g_string_append_printf(self, "%s:%u > %s:%u\n", IP4S(src), sport, IP4S(dst), dport);
}

static struct site *site_new_of(const char *version, const char *lines)
{
    struct site *x = g_new0(struct site, 1);
    g_autofree char *config = g_strconcat(sides, lines, NULL);
    x->w = world_new();
    x->r = router_new(x->w, "r1", version, config);
    struct net_link *lan = net_link_new(x->w->net, "lan"), *wan = net_link_new(x->w->net, "wan"),
                    *far = net_link_new(x->w->net, "far");
    net_link_attach(lan, net_if_by_name(x->r->d->node, "FastEthernet0/1"));
    net_link_attach(wan, net_if_by_name(x->r->d->node, "FastEthernet0/0"));
    x->pc1 = host(x, "pc1", "10.1.1.10", "10.1.1.1", lan);
    x->pc2 = host(x, "pc2", "10.1.1.11", "10.1.1.1", lan);
    x->isp = net_node_new(x->w->net, "isp", true);
    net_link_attach(wan, port(x->isp, "eth0", "203.0.113.2"));
    net_link_attach(far, port(x->isp, "eth1", "198.51.100.1"));
    x->server = host(x, "server", "198.51.100.10", "198.51.100.1", far);
    x->at_server = g_string_new(NULL);
    x->at_pc1 = g_string_new(NULL);
    x->at_pc2 = g_string_new(NULL);
    net_udp_bind(x->server, 500, heard, x->at_server);
    net_udp_bind(x->pc1, 400, heard, x->at_pc1);
    net_udp_bind(x->pc2, 400, heard, x->at_pc2);
    device_config_changed(x->r->d, "links");
    sim_run(x->w->sim, MILLISECONDS(1));
    g_free(router_said(x->r));
    return x;
}

static struct site *site_new(const char *lines)
{
    return site_new_of("12.4", lines);
}

static void site_free(struct site *x)
{
    router_free(x->r);
    world_free(x->w);
    g_string_free(x->at_server, TRUE);
    g_string_free(x->at_pc1, TRUE);
    g_string_free(x->at_pc2, TRUE);
    g_free(x);
}

static void pass(struct site *x, sim_time t)
{
    sim_run(x->w->sim, sim_now(x->w->sim) + t);
}

static const char *take(GString *s)
{
    static _Thread_local char text[4096];
    g_strlcpy(text, s->str, sizeof text);
    g_string_truncate(s, 0);
    return text;
}

/* What the server hears of a datagram from there. */
static const char *ask(struct site *x, struct net_node *from, uint16_t sport)
{
    net_send_udp(from, 0, sport, addr("198.51.100.10"), 500, 0, span_of("hello", 5));
    pass(x, MILLISECONDS(1));
    return take(x->at_server);
}

static void answer(struct site *x, const char *to, uint16_t dport)
{
    net_send_udp(x->server, 0, 500, addr(to), dport, 0, span_of("world", 5));
    pass(x, MILLISECONDS(1));
}

static size_t flows(struct site *x)
{
    return net_nat_count(x->r->d->node);
}

static void typed(struct site *x, const char *lines)
{
    device_type(x->r->d, lines);
    pass(x, MILLISECONDS(1));
}

/* ---- Which packets become what ---- */

Test(ios_nat, overload_puts_all_behind_the_interface)
{
    struct site *x = site_new(OVERLOAD);
    cr_expect_str_eq(ask(x, x->pc1, 5000), "203.0.113.1:5000 > 198.51.100.10:500\n");
    cr_expect_str_eq(ask(x, x->pc2, 5000), "203.0.113.1:1024 > 198.51.100.10:500\n",
                     "5000 is held");
    cr_expect_str_eq(ask(x, x->pc1, 400), "203.0.113.1:400 > 198.51.100.10:500\n");
    cr_expect_str_eq(ask(x, x->pc2, 400), "203.0.113.1:1 > 198.51.100.10:500\n",
                     "a low port becomes a low one");
    cr_expect_str_eq(ask(x, x->pc2, 600), "203.0.113.1:600 > 198.51.100.10:500\n");
    cr_expect_str_eq(ask(x, x->pc1, 600), "203.0.113.1:512 > 198.51.100.10:500\n");
    answer(x, "203.0.113.1", 400);
    cr_expect_str_eq(take(x->at_pc1), "198.51.100.10:500 > 10.1.1.10:400\n");
    answer(x, "203.0.113.1", 1);
    cr_expect_str_eq(take(x->at_pc2), "198.51.100.10:500 > 10.1.1.11:400\n");
    pass(x, SECONDS(301));
    cr_expect_eq(flows(x), 0, "udp-timeout is 300 s");
    site_free(x);
}

Test(ios_nat, the_ports_of_isakmp_are_the_routers_own)
{
    struct site *x = site_new(OVERLOAD);
    net_udp_bind(x->pc2, 500, heard, x->at_pc2);
    cr_expect_str_eq(ask(x, x->pc2, 500), "203.0.113.1:1 > 198.51.100.10:500\n");
    answer(x, "203.0.113.1", 1);
    cr_expect_str_eq(take(x->at_pc2), "198.51.100.10:500 > 10.1.1.11:500\n");
    site_free(x);
}

Test(ios_nat, only_between_the_sides_and_only_what_the_list_permits)
{
    struct site *x = site_new("no access-list 1\naccess-list 1 permit 10.1.1.10\n" OVERLOAD);
    cr_expect_str_eq(ask(x, x->pc1, 400), "203.0.113.1:400 > 198.51.100.10:500\n");
    cr_expect_str_eq(ask(x, x->pc2, 400), "10.1.1.11:400 > 198.51.100.10:500\n",
                     "what no line speaks of passes as it is");
    typed(x, "configure terminal\ninterface FastEthernet0/1\nno ip nat inside\nend\n");
    cr_expect_str_eq(ask(x, x->pc1, 700), "10.1.1.10:700 > 198.51.100.10:500\n");
    typed(x, "configure terminal\ninterface FastEthernet0/1\nip nat inside\nend\n");
    cr_expect_str_eq(ask(x, x->pc1, 701), "203.0.113.1:701 > 198.51.100.10:500\n");
    site_free(x);
}

Test(ios_nat, a_pool_gives_each_inside_host_an_address_that_stays)
{
    struct site *x = site_new("ip nat pool P 203.0.113.20 203.0.113.20 netmask 255.255.255.0\n"
                              "ip nat inside source list 1 pool P\n");
    cr_expect_str_eq(ask(x, x->pc1, 400), "203.0.113.20:400 > 198.51.100.10:500\n");
    router_debug(x->r, IOS_DEBUG_NAT);
    cr_expect_str_eq(ask(x, x->pc2, 400), "", "no other is left");
    g_autofree char *said = router_said(x->r);
    cr_expect_str_eq(said, "NAT: translation failed (A), dropping packet s=10.1.1.11 "
                           "d=198.51.100.10\n");
    pass(x, SECONDS(1000));
    cr_expect_eq(flows(x), 0);
    cr_expect_str_eq(ask(x, x->pc2, 400), "", "it is still that of pc1");
    answer(x, "203.0.113.20", 400);
    cr_expect_str_eq(take(x->at_pc1), "198.51.100.10:500 > 10.1.1.10:400\n",
                     "who can be spoken to there");
    typed(x, "clear ip nat translation *\n");
    cr_expect_eq(net_nat_address_count(x->r->d->node), 0);
    cr_expect_str_eq(ask(x, x->pc2, 400), "203.0.113.20:400 > 198.51.100.10:500\n");
    pass(x, SECONDS(86400 + 1));
    cr_expect_eq(net_nat_address_count(x->r->d->node), 0, "timeout is a day");
    cr_expect_eq(sim_pending(x->w->sim), 0);
    site_free(x);
}

Test(ios_nat, an_overloaded_pool_goes_on_to_its_next_address)
{
    struct site *x = site_new("ip nat pool P 203.0.113.20 203.0.113.21 prefix-length 24\n"
                              "ip nat inside source list 1 pool P overload\n");
    for (uint16_t p = 1; p <= 511; p++) {
        const char *of_1 = ask(x, x->pc1, p);
        cr_expect(g_str_has_prefix(of_1, "203.0.113.20:"), "%s", of_1);
    }
    cr_expect_str_eq(ask(x, x->pc2, 7), "203.0.113.21:7 > 198.51.100.10:500\n");
    cr_expect_str_eq(ask(x, x->pc2, 5000), "203.0.113.20:5000 > 198.51.100.10:500\n",
                     "of other groups there are more");
    site_free(x);
}

Test(ios_nat, static_lines_serve_both_directions)
{
    struct site *x =
        site_new("ip nat inside source static 10.1.1.10 203.0.113.30\n"
                 "ip nat inside source static udp 10.1.1.11 400 203.0.113.1 5500\n" OVERLOAD);
    answer(x, "203.0.113.30", 400);
    cr_expect_str_eq(take(x->at_pc1), "198.51.100.10:500 > 10.1.1.10:400\n");
    cr_expect_str_eq(ask(x, x->pc1, 77), "203.0.113.30:77 > 198.51.100.10:500\n");
    answer(x, "203.0.113.1", 5500);
    cr_expect_str_eq(take(x->at_pc2), "198.51.100.10:500 > 10.1.1.11:400\n");
    cr_expect_str_eq(ask(x, x->pc2, 400), "203.0.113.1:5500 > 198.51.100.10:500\n");
    cr_expect_str_eq(ask(x, x->pc2, 78), "203.0.113.1:78 > 198.51.100.10:500\n");
    typed(x, "clear ip nat translation *\n");
    answer(x, "203.0.113.1", 5500);
    cr_expect_str_eq(take(x->at_pc2), "198.51.100.10:500 > 10.1.1.11:400\n", "it is not cleared");
    site_free(x);
}

Test(ios_nat, a_port_of_the_interface_and_a_whole_network_may_be_led_in)
{
    struct site *x =
        site_new("ip nat inside source static udp 10.1.1.10 400 interface FastEthernet0/0 6000\n"
                 "ip nat inside source static network 10.1.1.0 203.0.114.0 255.255.255.0\n");
    net_route_add(x->isp, (struct ip4_net){addr("203.0.114.0"), ip4_mask(24)}, addr("203.0.113.1"),
                  NULL, 1);
    answer(x, "203.0.113.1", 6000);
    cr_expect_str_eq(take(x->at_pc1), "198.51.100.10:500 > 10.1.1.10:400\n");
    answer(x, "203.0.114.11", 400);
    cr_expect_str_eq(take(x->at_pc2), "198.51.100.10:500 > 10.1.1.11:400\n");
    cr_expect_str_eq(ask(x, x->pc2, 9), "203.0.114.11:9 > 198.51.100.10:500\n");
    site_free(x);
}

/* ---- Route-maps, and traffic that must stay as it is ---- */

Test(ios_nat, what_a_route_map_denies_goes_to_the_next_line_or_stays)
{
    struct site *x =
        site_new("ip nat inside source route-map NONAT interface FastEthernet0/0 overload\n"
                 "access-list 110 deny ip any host 198.51.100.10\n"
                 "access-list 110 permit ip 10.1.1.0 0.0.0.255 any\n"
                 "route-map NONAT permit 10\n match ip address 110\n");
    net_route_add(x->isp, (struct ip4_net){addr("10.1.1.0"), ip4_mask(24)}, addr("203.0.113.1"),
                  NULL, 1);
    cr_expect_str_eq(ask(x, x->pc1, 400), "10.1.1.10:400 > 198.51.100.10:500\n");
    answer(x, "10.1.1.10", 400);
    cr_expect_str_eq(take(x->at_pc1), "198.51.100.10:500 > 10.1.1.10:400\n");
    typed(x, "configure terminal\nip nat pool P 203.0.113.9 203.0.113.9 netmask 255.255.255.0\n"
             "ip nat inside source list 1 pool P overload\nend\n");
    cr_expect_str_eq(ask(x, x->pc1, 400), "203.0.113.9:400 > 198.51.100.10:500\n");
    typed(x, "configure terminal\nno access-list 110\n"
             "access-list 110 permit ip any any\nend\nclear ip nat translation *\n");
    cr_expect_str_eq(ask(x, x->pc1, 400), "203.0.113.1:400 > 198.51.100.10:500\n");
    typed(x, "configure terminal\nroute-map NONAT deny 5\nmatch ip address 1\nend\n"
             "clear ip nat translation *\n");
    cr_expect_str_eq(ask(x, x->pc1, 400), "203.0.113.9:400 > 198.51.100.10:500\n",
                     "entries are tried by number");
    site_free(x);
}

Test(ios_nat, a_static_line_may_have_an_exemption_too)
{
    struct site *x = site_new(
        "ip nat inside source static 10.1.1.10 203.0.113.30 route-map NONAT\n"
        "access-list 110 deny ip any host 198.51.100.10\naccess-list 110 permit ip any any\n"
        "route-map NONAT permit 10\n match ip address 110\n");
    cr_expect_str_eq(ask(x, x->pc1, 400), "10.1.1.10:400 > 198.51.100.10:500\n");
    answer(x, "203.0.113.30", 400);
    cr_expect_str_eq(take(x->at_pc1), "", "nor in the other direction");
    site_free(x);
}

/* ---- ICMP, its errors, fragments ---- */

static void pinged(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    g_string_append_printf(self, "%u:%d ", seq, what);
}

Test(ios_nat, echoes_and_errors_find_their_way_back)
{
    struct site *x = site_new(OVERLOAD);
    GString *one = g_string_new(NULL), *two = g_string_new(NULL);
    struct net_ping *a = net_ping_new(x->pc1, pinged, one), *b = net_ping_new(x->pc2, pinged, two);
    g_autofree char *expected = g_strdup_printf("1:%d 2:%d ", NET_PING_REPLY, NET_PING_UNREACHABLE);
    for (uint32_t seq = 1; seq <= 2; seq++) {
        ip4 to = addr(seq == 1 ? "198.51.100.10" : "192.0.2.77"); /* to there, no way is known */
        net_ping_send(a, 0, to, seq, 100, 0, false, 0xabcd, SECONDS(2));
        net_ping_send(b, 0, to, seq, 100, 0, false, 0xabcd, SECONDS(2));
        pass(x, SECONDS(1));
    }
    cr_expect_str_eq(one->str, expected);
    cr_expect_str_eq(two->str, expected);
    g_autofree char *list = router_show(x->r, "ip nat translations");
    expect_lines(list,
                 "Pro Inside global Inside local Outside local Outside global\n"
                 "icmp 203.0.113.1:1 10.1.1.10:1 198.51.100.10:1 198.51.100.10:1\n"
                 "icmp 203.0.113.1:2 10.1.1.11:1 198.51.100.10:1 198.51.100.10:2\n"
                 "icmp 203.0.113.1:1 10.1.1.10:1 192.0.2.77:1 192.0.2.77:1\n"
                 "icmp 203.0.113.1:2 10.1.1.11:1 192.0.2.77:1 192.0.2.77:2\n",
                 "translations");
    pass(x, SECONDS(61));
    cr_expect_eq(flows(x), 0, "icmp-timeout is 60 s");
    g_string_free(one, TRUE);
    g_string_free(two, TRUE);
    site_free(x);
}

Test(ios_nat, fragments_are_translated_as_one)
{
    struct site *x = site_new(OVERLOAD);
    g_autofree uint8_t *big = g_malloc0(4000);
    net_send_udp(x->pc1, 0, 400, addr("198.51.100.10"), 500, 0, span_of(big, 4000));
    pass(x, SECONDS(1));
    cr_expect_str_eq(take(x->at_server), "203.0.113.1:400 > 198.51.100.10:500\n");
    net_send_udp(x->server, 0, 500, addr("203.0.113.1"), 400, 0, span_of(big, 4000));
    pass(x, SECONDS(1));
    cr_expect_str_eq(take(x->at_pc1), "198.51.100.10:500 > 10.1.1.10:400\n");
    site_free(x);
}

/* ---- Time-outs and limits ---- */

Test(ios_nat, time_outs_are_those_configured)
{
    static const struct {
        const char *line;
        sim_time until;
    } row[] = {
        {"", SECONDS(300)},
        {"ip nat translation udp-timeout 30\n", SECONDS(30)},
        {"ip nat translation udp-timeout 30\nno ip nat translation udp-timeout\n", SECONDS(300)},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *lines = g_strconcat(row[i].line, OVERLOAD, NULL);
        struct site *x = site_new(lines);
        ask(x, x->pc1, 400);
        pass(x, row[i].until - SECONDS(1));
        cr_expect_eq(flows(x), 1, "row %zu", i);
        pass(x, SECONDS(2));
        cr_expect_eq(flows(x), 0, "row %zu", i);
        site_free(x);
    }
    struct site *x = site_new("ip nat translation udp-timeout never\n" OVERLOAD);
    ask(x, x->pc1, 400);
    pass(x, SECONDS(1000000));
    cr_expect_eq(flows(x), 1);
    site_free(x);
}

Test(ios_nat, there_are_no_more_entries_than_allowed)
{
    struct site *x = site_new("ip nat translation max-entries 2\n" OVERLOAD);
    cr_expect(*ask(x, x->pc1, 1));
    cr_expect(*ask(x, x->pc1, 2));
    cr_expect_str_eq(ask(x, x->pc1, 3), "");
    typed(x, "configure terminal\nno ip nat translation max-entries\nend\n");
    cr_expect(*ask(x, x->pc1, 3));
    site_free(x);
}

/* ---- What is said ---- */

Test(ios_nat, debug_tells_each_packet)
{
    struct site *x = site_new(OVERLOAD);
    router_debug(x->r, IOS_DEBUG_NAT);
    ask(x, x->pc1, 400);
    answer(x, "203.0.113.1", 400);
    ask(x, x->pc1, 400);
    g_autofree char *said = router_said(x->r);
    g_autoptr(GRegex) id = g_regex_new("\\[\\d+\\]", 0, 0, NULL);
    g_autofree char *text = g_regex_replace_literal(id, said, -1, 0, "[id]", 0, NULL);
    expect_lines(text,
                 "NAT: s=10.1.1.10->203.0.113.1, d=198.51.100.10 [id]\n"
                 "NAT*: s=198.51.100.10, d=203.0.113.1->10.1.1.10 [id]\n"
                 "NAT*: s=10.1.1.10->203.0.113.1, d=198.51.100.10 [id]\n",
                 "debug");
    site_free(x);
}

Test(ios_nat, statistics_count_and_begin_anew)
{
    struct site *x = site_new("ip nat pool P 203.0.113.20 203.0.113.23 netmask 255.255.255.0\n"
                              "access-list 2 permit 10.1.1.11\n"
                              "no access-list 1\naccess-list 1 permit 10.1.1.10\n"
                              "ip nat inside source list 2 pool P\n" OVERLOAD
                              "ip nat inside source static tcp 10.1.1.10 80 203.0.113.1 8080\n");
    ask(x, x->pc1, 400);
    answer(x, "203.0.113.1", 400);
    ask(x, x->pc2, 400);
    g_autofree char *text = router_show(x->r, "ip nat statistics");
    expect_lines(text,
                 "Total active translations: 4 (1 static, 3 dynamic; 3 extended)\n"
                 "Outside interfaces:\n FastEthernet0/0\nInside interfaces:\n FastEthernet0/1\n"
                 "Hits: 1 Misses: 2\nCEF Translated packets: 1, CEF Punted packets: 2\n"
                 "Expired translations: 0\nDynamic mappings:\n-- Inside Source\n"
                 "[Id: 1] access-list 2 pool P refcount 2\n"
                 " pool P: netmask 255.255.255.0\n start 203.0.113.20 end 203.0.113.23\n"
                 " type generic, total addresses 4, allocated 1 (25%), misses 0\n"
                 "[Id: 2] access-list 1 interface FastEthernet0/0 refcount 1\n",
                 "statistics");
    g_autofree char *list = router_show(x->r, "ip nat translations");
    expect_lines(list,
                 "Pro Inside global Inside local Outside local Outside global\n"
                 "udp 203.0.113.1:400 10.1.1.10:400 198.51.100.10:500 198.51.100.10:500\n"
                 "udp 203.0.113.20:400 10.1.1.11:400 198.51.100.10:500 198.51.100.10:500\n"
                 "--- 203.0.113.20 10.1.1.11 --- ---\n"
                 "tcp 203.0.113.1:8080 10.1.1.10:80 --- ---\n",
                 "translations");
    typed(x, "clear ip nat statistics\n");
    pass(x, SECONDS(301));
    g_autofree char *after = router_show(x->r, "ip nat statistics");
    cr_expect(strstr(after, "Hits: 0  Misses: 0\n"), "%s", after);
    cr_expect(strstr(after, "Expired translations: 2\n"), "%s", after);
    site_free(x);
}

Test(ios_nat, verbose_tells_times)
{
    static const struct {
        const char *version, *lines;
    } row[] = {
        {"12.2",
         "udp 203.0.113.1:400 10.1.1.10:400 198.51.100.10:500 198.51.100.10:500\n"
         " create 00:00:10, use 00:00:10, left 00:04:50, \n flags: \nextended, use_count: 0\n"},
        {"12.4", "udp 203.0.113.1:400 10.1.1.10:400 198.51.100.10:500 198.51.100.10:500\n"
                 " create 00:00:10, use 00:00:10 timeout:300000, left 00:04:50, Map-Id(In): 1, \n"
                 " flags: \nextended, use_count: 0, entry-id: 1, lc_entries: 0\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *x = site_new_of(row[i].version, OVERLOAD);
        ask(x, x->pc1, 400);
        pass(x, SECONDS(10) - MILLISECONDS(1));
        g_autofree char *text = router_show(x->r, "ip nat translations udp verbose");
        g_autofree char *want = g_strconcat(
            "Pro Inside global Inside local Outside local Outside global\n", row[i].lines, NULL);
        expect_lines(text, want, row[i].version);
        g_autofree char *none = router_show(x->r, "ip nat translations tcp");
        cr_expect_str_eq(none, "");
        site_free(x);
    }
}

Test(ios_nat, one_entry_may_be_cleared)
{
    struct site *x = site_new(OVERLOAD);
    ask(x, x->pc1, 400);
    ask(x, x->pc2, 501);
    typed(x, "clear ip nat translation udp inside 203.0.113.1 400 10.1.1.10 400\n");
    cr_expect_eq(flows(x), 1);
    g_free(router_said(x->r));
    typed(x, "clear ip nat translation udp inside 203.0.113.1 400 10.1.1.10 400\n");
    g_autofree char *said = router_said(x->r);
    cr_expect(strstr(said, "%Translation not found"), "%s", said);
    typed(x, "clear ip nat translation inside 203.0.113.1 10.1.1.11\n");
    cr_expect_eq(flows(x), 0);
    site_free(x);
}

/* ---- Lines ---- */

Test(ios_nat, lines_are_refused_in_the_words_of_the_device)
{
    static const struct {
        const char *lines, *said;
    } row[] = {
        {"ip nat pool P 10.0.0.9 10.0.0.1 netmask 255.255.255.0",
         "%End address less than start address"},
        {"ip nat pool P 10.0.0.9 10.0.1.1 netmask 255.255.255.0",
         "%Start and end addresses on different subnets"},
        {"no ip nat pool Q", "%Pool Q not found"},
        {"no ip nat pool USED", "%Pool USED in use, cannot destroy"},
        {"ip nat pool USED 203.0.113.40 203.0.113.41 netmask 255.255.255.0",
         "%Pool USED in use, cannot redefine"},
        {"no ip nat inside source list 1 pool USED overload",
         "%Dynamic mapping in use, cannot remove"},
        {"no ip nat inside source static 10.1.1.99 203.0.113.99", "%Translation not found"},
        {"ip nat inside source static 10.1.1.98 203.0.113.30",
         "% similar static entry (10.1.1.90 -> 203.0.113.30) already exists"},
        {"no route-map NOBODY", "% Could not find route-map NOBODY"},
        {"ip nat outside source static 10.9.9.9 10.1.1.200",
         "% ip nat outside source static 10.9.9.9 10.1.1.200 is not modelled by this simulator"},
    };
    struct site *x = site_new("ip nat pool USED 203.0.113.20 203.0.113.23 netmask 255.255.255.0\n"
                              "ip nat inside source list 1 pool USED overload\n"
                              "ip nat inside source static 10.1.1.90 203.0.113.30\n");
    ask(x, x->pc1, 400);
    typed(x, "configure terminal\n");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_free(router_said(x->r));
        typed(x, row[i].lines);
        g_autofree char *said = router_said(x->r);
        cr_expect(strstr(said, row[i].said), "%s\n%s", row[i].lines, said);
    }
    typed(x, "end\nclear ip nat translation *\nconfigure terminal\n"
             "no ip nat inside source list 1 pool USED overload\nno ip nat pool USED\nend\n");
    g_autofree char *running = router_show(x->r, "running-config");
    cr_expect(!strstr(running, "USED"), "%s", running);
    cr_expect_str_eq(ask(x, x->pc1, 400), "10.1.1.10:400 > 198.51.100.10:500\n");
    site_free(x);
}

static const char written[] =
    "ip nat translation udp-timeout 20\n"
    "ip nat translation tcp-timeout never\n"
    "ip nat translation max-entries 1000\n"
    "ip nat pool A 203.0.113.20 203.0.113.23 netmask 255.255.255.0\n"
    "ip nat pool B 203.0.113.24 203.0.113.27 prefix-length 24\n"
    "ip nat inside source list 1 pool A\n"
    "ip nat inside source list 2 interface FastEthernet0/0 overload\n"
    "ip nat inside source route-map R pool B overload\n"
    "ip nat inside source static 10.1.1.10 203.0.113.30\n"
    "ip nat inside source static 10.1.1.12 203.0.113.32 route-map R extendable\n"
    "ip nat inside source static udp 10.1.1.11 500 203.0.113.1 5500\n"
    "ip nat inside source static tcp 10.1.1.11 80 interface FastEthernet0/0 8080\n"
    "ip nat inside source static network 10.3.0.0 203.0.114.0 255.255.255.0\n";

Test(ios_nat, the_running_configuration_loads_again)
{
    g_autofree char *lines = g_strconcat(written,
                                         "route-map R permit 10\n match ip address 110 111\n"
                                         "route-map R deny 20\nroute-map R permit 5\n",
                                         NULL);
    struct site *x = site_new(lines);
    g_autofree char *running = router_show(x->r, "running-config");
    cr_expect(strstr(running, written), "%s", running);
    cr_expect(strstr(running, "route-map R permit 5\n!\nroute-map R permit 10\n"
                              " match ip address 110 111\n!\nroute-map R deny 20\n"),
              "%s", running);
    cr_expect(strstr(running, " ip nat inside\n") && strstr(running, " ip nat outside\n"));
    struct world *w = world_new();
    struct router *again = router_new(w, "r1", "12.4", running);
    g_autofree char *second = router_show(again, "running-config");
    cr_expect_str_eq(second, running);
    router_free(again);
    world_free(w);
    site_free(x);
}
