/* Translation by appliances, packet by packet: which rule speaks first, what comes back in, what is
 * refused and in which words, how long a translation lasts, whose a port is. */
#include "net/nat.h"
#include "router.h"

#include <string.h>

enum { INSIDE, OUTSIDE, ENDS };

struct gate {
    struct world *w;
    struct device *d;
    struct device *host[ENDS];
    GString *said;
    GString *heard[ENDS]; /* "10.1.0.5:1000 > 203.0.113.5:7000\n" a datagram, as it arrives */
};
#define PC   IP4(10, 1, 0, 5)
#define FAR  IP4(203, 0, 113, 5)
#define OWN  IP4(203, 0, 113, 1)
#define PORT 7000

static const char asa[] = "hostname gate\n"
                          "interface Ethernet0/0\n nameif inside\n security-level 100\n"
                          " ip address 10.1.0.1 255.255.255.0\n"
                          "interface Ethernet0/1\n nameif outside\n security-level 0\n"
                          " ip address 203.0.113.1 255.255.255.0\n"
                          "logging enable\nlogging console informational\n";
static const char pix[] = "interface ethernet0 auto\ninterface ethernet1 auto\n"
                          "nameif ethernet0 outside security0\n"
                          "nameif ethernet1 inside security100\nhostname gate\n"
                          "ip address outside 203.0.113.1 255.255.255.0\n"
                          "ip address inside 10.1.0.1 255.255.255.0\n"
                          "logging on\nlogging console informational\n"
                          "no logging message 111008\n";

static void on_console(void *self, const struct trace_event *e)
{
    const struct ev_console *c = e->data;
    if (c->kind != CONSOLE_ECHO)
        g_string_append_printf(((struct gate *)self)->said, "%s\n", c->text);
}

static void on_wire(void *self, struct net_if *in, struct pkt *p)
{
    struct flow f;
    if (pkt_flow(p, &f)) {
        g_string_append_printf(self, "%s:%u > ", IP4S(f.src), f.sport);
        g_string_append_printf(self, "%s:%u\n", IP4S(f.dst), f.dport);
    }
    pkt_unref(p);
}

static enum net_verdict take(void *self, struct net_if *in, struct pkt *p)
{
    on_wire(self, in, p);
    return NET_TAKEN;
}

static struct gate *gate_new(const char *kind, const char *version, const char *more)
{
    struct gate *g = g_new0(struct gate, 1);
    bool old = strcmp(kind, "pix") == 0;
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    g_autofree char *config = g_strconcat(old ? pix : asa, more, NULL);
    struct trace_mask want = {0};
    g->w = world_new();
    g->said = g_string_new(NULL);
    g->d = device_new(g->w->net, "gate", vendor_kind(kind), version, NULL);
    cr_assert(device_load(g->d, config, "gate.cfg", problems, NULL));
    for (guint i = 0; i < problems->len; i++)
        cr_assert_fail("%s", ((struct device_problem *)problems->pdata[i])->message);
    for (int i = 0; i < ENDS; i++) {
        static const char *const name[ENDS] = {"pc", "far"};
        const char *const port[ENDS] = {old ? "ethernet1" : "Ethernet0/0",
                                        old ? "ethernet0" : "Ethernet0/1"};
        const ip4 address[ENDS] = {PC, FAR};
        struct net_link *l = net_link_new(g->w->net, name[i]);
        g->host[i] = device_new(g->w->net, name[i], vendor_kind("host"), NULL, NULL);
        device_host_address(g->host[i], "eth0", (struct ip4_net){address[i], ip4_mask(24)},
                            (address[i] & 0xffffff00u) | 1, NULL);
        net_link_attach(l, net_if_by_name(g->host[i]->node, "eth0"));
        net_link_attach(l, net_if_by_name(g->d->node, port[i]));
        g->heard[i] = g_string_new(NULL);
        net_node_set_hooks(g->host[i]->node,
                           &(struct net_hooks){.ingress = take, .self = g->heard[i]});
    }
    trace_mask_add(&want, EV_console);
    trace_subscribe(g->w->trace, g->d->scope, &want, on_console, g);
    return g;
}

static void gate_free(struct gate *g)
{
    trace_unsubscribe(g->w->trace, on_console, g);
    for (int i = 0; i < ENDS; i++)
        device_free(g->host[i]);
    device_free(g->d);
    world_free(g->w);
    for (int i = 0; i < ENDS; i++)
        g_string_free(g->heard[i], TRUE);
    g_string_free(g->said, TRUE);
    g_free(g);
}

static void pass_time(struct gate *g, sim_time t)
{
    sim_run(g->w->sim, sim_now(g->w->sim) + t);
}

static const char *taken(GString *s)
{
    static _Thread_local char text[4][4096];
    static _Thread_local unsigned which;
    char *out = text[which++ % 4];
    g_strlcpy(out, s->str, sizeof text[0]);
    g_string_truncate(s, 0);
    return out;
}

static const char *said(struct gate *g)
{
    return taken(g->said);
}

static const char *type(struct gate *g, const char *lines)
{
    said(g);
    device_type(g->d, lines);
    return said(g);
}

static void configure(struct gate *g, const char *lines)
{
    g_autofree char *all = g_strdup_printf("configure terminal\n%s\nexit", lines);
    const char *out = type(g, all);
    cr_assert_not(strstr(out, "ERROR"), "%s: %s", lines, out);
}

/* What arrives at the other end. */
static const char *sends(struct gate *g, int from, ip4 src, uint16_t sport, ip4 dst, uint16_t dport)
{
    net_send_udp(g->host[from]->node, src, sport, dst, dport, 0, span_of("hello", 5));
    pass_time(g, MILLISECONDS(1));
    return taken(g->heard[!from]);
}

static const char *out(struct gate *g, ip4 src, uint16_t sport)
{
    return sends(g, INSIDE, src, sport, FAR, PORT);
}

/* ---- Order ---- */

Test(asa_nat, exemption_then_static_then_policy_then_the_narrowest_network)
{
    static const char rules[] =
        "access-list pol permit udp host 10.1.0.7 any eq 7000\n"
        "access-list ex permit ip host 10.1.0.6 203.0.113.0 255.255.255.0\n"
        "nat (inside) 1 0.0.0.0 0.0.0.0\nnat (inside) 3 10.1.0.8 255.255.255.255\n"
        "nat (inside) 4 10.1.0.8 255.255.255.252\nnat (inside) 2 access-list pol\n"
        "nat (inside) 0 access-list ex\nnat (inside) 0 10.1.0.12 255.255.255.255\n"
        "global (outside) 1 interface\nglobal (outside) 2 203.0.113.70\n"
        "global (outside) 3 203.0.113.80-203.0.113.81\nglobal (outside) 4 203.0.113.90\n"
        "static (inside,outside) 203.0.113.60 10.1.0.6\n"
        "static (inside,outside) 203.0.113.61 10.1.0.7\n"
        "static (inside,outside) udp interface 53 10.1.0.20 5353\n"
        "no static (inside,outside) 203.0.113.61 10.1.0.7\n";
    static const struct {
        ip4 src;
        uint16_t sport;
        const char *heard;
    } row[] = {
        {PC, 1000, "203.0.113.1:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 6), 1000, "10.1.0.6:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 7), 1000, "203.0.113.70:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 8), 1000, "203.0.113.80:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 9), 1000, "203.0.113.90:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 12), 1000, "10.1.0.12:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 20), 5353, "203.0.113.1:53 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 20), 5354, "203.0.113.1:5354 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 21), 1000, "203.0.113.1:512 > 203.0.113.5:7000\n"},
    };
    static const char *const kind[][2] = {{"asa", "7.0"}, {"asa", "8.2"}, {"pix", "6.3"}};
    for (size_t k = 0; k < G_N_ELEMENTS(kind); k++) {
        struct gate *g = gate_new(kind[k][0], kind[k][1], rules);
        for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
            cr_expect_str_eq(out(g, row[i].src, row[i].sport), row[i].heard, "%s row %zu",
                             kind[k][0], i);
        gate_free(g);
    }
}

Test(asa_nat, from_8_3_on_by_section_and_in_the_second_static_before_dynamic_narrow_before_wide)
{
    struct gate *g = gate_new(
        "asa", "8.4",
        "object network all\n subnet 10.1.0.0 255.255.255.0\n nat (inside,outside) dynamic "
        "interface\n"
        "object network pair\n subnet 10.1.0.8 255.255.255.254\n"
        " nat (inside,outside) dynamic 203.0.113.90\n"
        "object network server\n host 10.1.0.6\n nat (inside,outside) static 203.0.113.60\n"
        "object network web\n host 10.1.0.20\n"
        " nat (inside,outside) static interface service udp 5353 53\n"
        "object network far\n host 203.0.113.5\nobject network nine\n host 10.1.0.9\n"
        "object network out\n host 203.0.113.99\n"
        "nat (inside,outside) source static nine nine destination static far far\n"
        "nat (inside,outside) after-auto source dynamic any out\n");
    static const struct {
        ip4 src, dst;
        uint16_t sport;
        const char *heard;
    } row[] = {
        {PC, FAR, 1000, "203.0.113.1:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 6), FAR, 1000, "203.0.113.60:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 8), FAR, 1000, "203.0.113.90:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 9), FAR, 1000, "10.1.0.9:1000 > 203.0.113.5:7000\n"},
        {IP4(10, 1, 0, 9), IP4(203, 0, 113, 7), 1000, "203.0.113.90:512 > 203.0.113.7:7000\n"},
        {IP4(10, 1, 0, 20), FAR, 5353, "203.0.113.1:53 > 203.0.113.5:7000\n"},
        {IP4(10, 7, 0, 1), FAR, 1000, "203.0.113.99:1000 > 203.0.113.5:7000\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_str_eq(sends(g, INSIDE, row[i].src, row[i].sport, row[i].dst, PORT), row[i].heard,
                         "row %zu", i);
    cr_expect_str_eq(type(g, "show nat"),
                     "Manual NAT Policies (Section 1)\n"
                     "1 (inside) to (outside) source static nine nine destination static far far\n"
                     "    translate_hits = 1, untranslate_hits = 0\n\n"
                     "Auto NAT Policies (Section 2)\n"
                     "1 (inside) to (outside) source static server 203.0.113.60\n"
                     "    translate_hits = 1, untranslate_hits = 0\n"
                     "2 (inside) to (outside) source static web interface service udp 5353 53\n"
                     "    translate_hits = 1, untranslate_hits = 0\n"
                     "3 (inside) to (outside) source dynamic pair 203.0.113.90\n"
                     "    translate_hits = 2, untranslate_hits = 0\n"
                     "4 (inside) to (outside) source dynamic all interface\n"
                     "    translate_hits = 1, untranslate_hits = 0\n\n"
                     "Manual NAT Policies (Section 3)\n"
                     "1 (inside) to (outside) source dynamic any out\n"
                     "    translate_hits = 1, untranslate_hits = 0\n");
    gate_free(g);
}

/* ---- Coming back in ---- */

Test(asa_nat, answers_come_back_and_the_list_knows_the_address_of_its_side)
{
    static const struct {
        const char *version, *rule, *list;
    } row[] = {
        {"8.2", "static (inside,outside) 203.0.113.60 10.1.0.5\n", "203.0.113.60"},
        {"8.4", "object network s\n host 10.1.0.5\n nat (inside,outside) static 203.0.113.60\n",
         "10.1.0.5"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *more =
            g_strdup_printf("%saccess-list in extended permit udp any host %s eq 53\n"
                            "access-group in in interface outside\n",
                            row[i].rule, row[i].list);
        struct gate *g = gate_new("asa", row[i].version, more);
        cr_expect_str_eq(sends(g, OUTSIDE, FAR, 4000, IP4(203, 0, 113, 60), 53),
                         "203.0.113.5:4000 > 10.1.0.5:53\n", "%s", row[i].version);
        cr_expect(strstr(said(g), "Built inbound UDP connection 0 for outside:203.0.113.5/4000 "
                                  "(203.0.113.5/4000) to inside:10.1.0.5/53 (203.0.113.60/53)"));
        cr_expect_str_eq(sends(g, INSIDE, PC, 53, FAR, 4000),
                         "203.0.113.60:53 > 203.0.113.5:4000\n");
        cr_expect_str_eq(sends(g, OUTSIDE, FAR, 4000, IP4(203, 0, 113, 60), 54), "");
        cr_expect_str_eq(out(g, PC, 9000), "203.0.113.60:9000 > 203.0.113.5:7000\n");
        cr_expect_str_eq(sends(g, OUTSIDE, FAR, PORT, IP4(203, 0, 113, 60), 9000),
                         "203.0.113.5:7000 > 10.1.0.5:9000\n");
        gate_free(g);
    }
}

#define TO_REAL "src outside:203.0.113.5/4000 dst inside:10.1.0.5/53"
#define GROUP   "No translation group found for udp " TO_REAL "\n"
#define REVERSE                                                                                    \
    "Asymmetric NAT rules matched for forward and reverse flows; Connection for udp " TO_REAL      \
    " denied due to NAT reverse path failure\n"
#define IN "access-list in permit ip any any\naccess-group in in interface outside\n"

Test(asa_nat, what_comes_in_for_a_real_address_is_refused_in_the_words_of_the_version)
{
    static const char dynamic[] = "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                                  "global (outside) 1 interface\n" IN,
                      fixed[] = "static (inside,outside) 203.0.113.60 10.1.0.5\n" IN;
    static const struct {
        const char *kind, *version, *rules, *heard, *said;
    } row[] = {
        {"asa", "8.2", IN, "203.0.113.5:4000 > 10.1.0.5:53\n", NULL},
        {"asa", "8.2", IN "nat-control\n", "", "%ASA-3-305005: " GROUP},
        {"asa", "7.2", dynamic, "", "%ASA-3-305005: " GROUP},
        {"asa", "8.2", dynamic, "", "%ASA-5-305013: " REVERSE},
        {"asa", "7.2", fixed, "", "%ASA-5-305013: " REVERSE},
        {"asa", "8.2", fixed, "", "%ASA-5-305013: " REVERSE},
        {"pix", "6.3", IN, "", "%PIX-3-305005: " GROUP},
        {"pix", "6.3", dynamic, "", "%PIX-3-305005: " GROUP},
        {"pix", "6.3", fixed, "", "%PIX-3-305005: " GROUP},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct gate *g = gate_new(row[i].kind, row[i].version, row[i].rules);
        cr_expect_str_eq(sends(g, OUTSIDE, FAR, 4000, PC, 53), row[i].heard, "row %zu", i);
        if (row[i].said)
            cr_expect_str_eq(said(g), row[i].said, "row %zu", i);
        cr_expect_eq(net_nat_count(g->d->node), 0);
        gate_free(g);
    }
}

Test(asa_nat, outward_it_is_the_missing_global_and_nat_control_that_refuse)
{
    static const struct {
        const char *kind, *version, *rules;
        bool passes;
    } row[] = {
        {"asa", "8.2", "", true},
        {"asa", "8.2", "nat-control\n", false},
        {"asa", "8.2", "nat (inside) 1 10.1.0.0 255.255.255.0\n", false},
        {"asa", "8.2", "nat (inside) 1 10.1.0.0 255.255.255.0\nglobal (outside) 2 interface\n",
         false},
        {"asa", "8.2", "nat (inside) 1 10.9.0.0 255.255.255.0\n", true},
        {"pix", "6.3", "", false},
        {"pix", "6.3", "nat (inside) 0 0.0.0.0 0.0.0.0\n", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct gate *g = gate_new(row[i].kind, row[i].version, row[i].rules);
        cr_expect_eq(*out(g, PC, 1000) != '\0', row[i].passes, "row %zu", i);
        cr_expect_eq(strstr(said(g), "-3-305005: No translation group found for udp src "
                                     "inside:10.1.0.5/1000 dst outside:203.0.113.5/7000") == NULL,
                     row[i].passes, "row %zu", i);
        gate_free(g);
    }
}

/* ---- What cannot be translated ---- */

Test(asa_nat, a_pool_that_is_used_up_leaves_it_to_ports_and_without_them_it_fails)
{
    struct gate *g = gate_new("asa", "8.2",
                              "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                              "global (outside) 1 203.0.113.80-203.0.113.81\n"
                              "global (outside) 1 interface\n");
    cr_expect_str_eq(out(g, PC, 1), "203.0.113.80:1 > 203.0.113.5:7000\n");
    cr_expect_str_eq(out(g, IP4(10, 1, 0, 6), 1), "203.0.113.81:1 > 203.0.113.5:7000\n");
    cr_expect_str_eq(out(g, IP4(10, 1, 0, 7), 1), "203.0.113.1:1 > 203.0.113.5:7000\n");
    cr_expect_str_eq(out(g, PC, 2), "203.0.113.80:2 > 203.0.113.5:7000\n");
    configure(g, "no global (outside) 1 interface");
    cr_expect_str_eq(out(g, IP4(10, 1, 0, 9), 1), "");
    cr_expect_str_eq(said(g), "%ASA-3-305006: regular translation creation failed for udp src "
                              "inside:10.1.0.9/1 dst outside:203.0.113.5/7000\n");
    gate_free(g);
}

Test(asa_nat, a_protocol_without_ports_does_not_pass_where_ports_are_translated)
{
    static const uint8_t body[16] = {0};
    static const uint8_t protocol[] = {50, 47, 51};
    struct gate *g = gate_new("asa", "8.2",
                              "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                              "global (outside) 1 interface\n");
    for (size_t i = 0; i < G_N_ELEMENTS(protocol); i++) {
        g_autofree char *line = g_strdup_printf(
            "%%ASA-3-305006: regular translation creation failed for protocol %u src "
            "inside:10.1.0.5 dst outside:203.0.113.5\n",
            protocol[i]);
        net_send_ip(g->host[INSIDE]->node, 0, FAR, protocol[i], 0, false, span_of(body, 16));
        pass_time(g, MILLISECONDS(1));
        cr_expect_str_eq(taken(g->heard[OUTSIDE]), "");
        cr_expect_str_eq(said(g), line);
    }
    configure(g, "static (inside,outside) 203.0.113.60 10.1.0.5");
    net_send_ip(g->host[INSIDE]->node, 0, FAR, 50, 0, false, span_of(body, 16));
    pass_time(g, MILLISECONDS(1));
    cr_expect_str_eq(taken(g->heard[OUTSIDE]), "203.0.113.60:0 > 203.0.113.5:0\n");
    gate_free(g);
}

/* ---- How long ---- */

Test(asa_nat, a_port_is_free_half_a_minute_after_its_connection)
{
    struct gate *g = gate_new("asa", "8.2",
                              "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                              "global (outside) 1 interface\n");
    out(g, PC, 1000);
    cr_expect_str_eq(type(g, "show xlate"), "1 in use, 1 most used\n"
                                            "PAT Global 203.0.113.1(1000) Local 10.1.0.5(1000)\n");
    sends(g, INSIDE, PC, 1000, IP4(203, 0, 113, 6), PORT);
    cr_expect(strstr(type(g, "show xlate"), "1 in use, 1 most used\n"), "two flows, one port");
    pass_time(g, SECONDS(121));
    cr_expect(strstr(type(g, "show conn count"), "0 in use"));
    cr_expect(strstr(type(g, "show xlate"), "1 in use"));
    said(g);
    pass_time(g, SECONDS(30));
    cr_expect_str_eq(said(g), "%ASA-6-305012: Teardown dynamic UDP translation from "
                              "inside:10.1.0.5/1000 to outside:203.0.113.1/1000 duration "
                              "0:02:30\n");
    cr_expect_str_eq(type(g, "show xlate"), "0 in use, 1 most used\n");
    cr_expect_eq(net_nat_count(g->d->node), 0);
    gate_free(g);
}

Test(asa_nat, an_address_of_a_pool_stays_with_its_host_for_timeout_xlate)
{
    struct gate *g = gate_new("asa", "8.2",
                              "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                              "global (outside) 1 203.0.113.80-203.0.113.81\n"
                              "timeout xlate 0:10:00\n");
    out(g, PC, 1000);
    cr_expect(strstr(said(g), "%ASA-6-305009: Built dynamic translation from inside:10.1.0.5 to "
                              "outside:203.0.113.80\n"));
    pass_time(g, SECONDS(700));
    cr_expect_str_eq(type(g, "show xlate"), "1 in use, 1 most used\n"
                                            "Global 203.0.113.80 Local 10.1.0.5\n");
    cr_expect_eq(net_nat_count(g->d->node), 0);
    pass_time(g, SECONDS(60));
    cr_expect_str_eq(type(g, "show xlate"), "0 in use, 1 most used\n");
    cr_expect_eq(net_nat_address_count(g->d->node), 0);
    gate_free(g);
}

Test(asa_nat, clear_xlate_takes_connections_with_it_all_or_those_of_an_address)
{
    struct gate *g = gate_new("asa", "8.2",
                              "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                              "global (outside) 1 interface\n");
    out(g, PC, 1000);
    out(g, IP4(10, 1, 0, 6), 1001);
    type(g, "clear xlate local 10.1.0.6");
    cr_expect_str_eq(type(g, "show xlate"), "1 in use, 2 most used\n"
                                            "PAT Global 203.0.113.1(1000) Local 10.1.0.5(1000)\n");
    cr_expect(strstr(type(g, "show conn count"), "1 in use"));
    type(g, "clear xlate global 203.0.113.1");
    cr_expect(strstr(type(g, "show conn count"), "0 in use"));
    cr_expect_eq(net_nat_count(g->d->node), 0);
    gate_free(g);
}

/* ---- One table of ports ---- */

Test(asa_nat, the_port_of_ike_is_whose_it_was_first)
{
    static const struct {
        const char *kind, *version, *enable;
    } row[] = {{"asa", "8.2", "crypto isakmp enable outside"},
               {"asa", "7.0", "isakmp enable outside"},
               {"pix", "6.3", "isakmp enable outside"}};
    static const char rules[] = "nat (inside) 1 10.1.0.0 255.255.255.0\n"
                                "global (outside) 1 interface\n";
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct gate *g = gate_new(row[i].kind, row[i].version, rules);
        cr_expect_str_eq(out(g, PC, 500), "203.0.113.1:500 > 203.0.113.5:7000\n");
        type(g, "configure terminal");
        cr_expect_str_eq(type(g, row[i].enable),
                         "UDP: ERROR - socket <unknown> 62465 in used\n"
                         "ERROR: IkeReceiverInit, unable to bind to port\n");
        cr_expect(!g->d->ike_conf->enabled);
        type(g, "clear xlate");
        cr_expect_str_eq(type(g, row[i].enable), "");
        cr_expect(g->d->ike_conf->enabled);
        cr_expect_str_eq(out(g, PC, 500), "203.0.113.1:1 > 203.0.113.5:7000\n");
        gate_free(g);
    }
}
