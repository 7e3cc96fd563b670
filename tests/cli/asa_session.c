/* Two appliances and their sessions: keepalives by group, idle and session time, phase 1 replaced
 * in time, dynamic maps, and what the operator sees and ends. */
#include "box.h"

#include <string.h>

static const char site[] =
    "hostname asa%1$d\n"
    "interface Ethernet0/0\n nameif outside\n ip address 203.0.113.%1$d 255.255.255.0\n"
    "interface Ethernet0/1\n nameif inside\n ip address 10.%1$d.0.1 255.255.255.0\n"
    "access-list vpn extended permit ip 10.%1$d.0.0 255.255.255.0 10.%2$d.0.0 255.255.255.0\n"
    "logging enable\nlogging buffered informational\n"
    "route outside 0 0 203.0.113.%2$d\n"
    "crypto ipsec transform-set strong esp-3des esp-sha-hmac\n"
    "crypto map vpnmap 10 match address vpn\n"
    "crypto map vpnmap 10 set peer 203.0.113.%2$d\n"
    "crypto map vpnmap 10 set transform-set strong\n"
    "crypto map vpnmap interface outside\n"
    "crypto isakmp identity address\n"
    "crypto isakmp enable outside\n"
    "crypto isakmp policy 10\n"
    "tunnel-group 203.0.113.%2$d type ipsec-l2l\n"
    "tunnel-group 203.0.113.%2$d ipsec-attributes\n pre-shared-key cisco123\n"
    "management-access inside\n";

static void wire(struct box *b, const char *name, const char *interface)
{
    struct net_link *l = net_link_new(b->net, name);
    net_link_attach(l, net_if_by_name(b->d->node, interface));
    if (strcmp(name, "wan") == 0)
        net_link_attach(l, net_if_by_name(b->other->node, interface));
}

/* d is asa1, other is asa2; `more` is configured at asa1 before there is any tunnel. */
static struct box *two(const char *version, const char *more)
{
    struct box *b = box_new_of("asa", version);
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    b->other = device_new(b->net, "r2", vendor_kind("asa"), version, NULL);
    g_autofree char *one = g_strdup_printf(site, 1, 2), *two_ = g_strdup_printf(site, 2, 1);
    g_autofree char *all = g_strconcat(one, more, NULL);
    box_load(b, all);
    cr_assert(device_load(b->other, two_, "r2.cfg", problems, NULL));
    cr_assert_eq(problems->len, 0);
    wire(b, "wan", "Ethernet0/0");
    wire(b, "lan", "Ethernet0/1");
    struct net_link *lan2 = net_link_new(b->net, "lan2");
    net_link_attach(lan2, net_if_by_name(b->other->node, "Ethernet0/1"));
    return b;
}

static void wait(struct box *b, sim_time t)
{
    sim_run(b->sim, sim_now(b->sim) + t);
}

static void bring_up(struct box *b)
{
    box_type(b, "ping inside 10.2.0.1");
    cr_assert_eq(sad_count(ipsec_sad(b->d->ipsec)), 2, "%s", b->seen->str);
}

static uint64_t counter(struct box *b, const char *name)
{
    uint64_t n = 0;
    trace_counter_get(b->d->scope, name, &n);
    return n;
}

static const char *cell(struct box *b, const char *show, const char *column)
{
    static char text[64];
    struct view v;
    view_init(&v);
    cr_assert(b->d->kind->view(b->d, show, &v), "%s", show);
    const char *found = view_count(&v) ? view_cell(&v, 0, column) : NULL;
    g_strlcpy(text, found ? found : "", sizeof text);
    view_clear(&v);
    return text;
}

/* ---- Keepalives ---- */

Test(asa_session, a_silent_peer_is_asked_every_threshold_unless_its_group_says_otherwise)
{
#define GROUP "tunnel-group 203.0.113.2 ipsec-attributes\n"
    static const struct {
        const char *more;
        uint64_t questions; /* in two silent minutes */
    } row[] = {
        {"", 11},
        {GROUP " isakmp keepalive threshold 60 retry 5\n", 2},
        {GROUP " isakmp keepalive threshold infinite\n", 0},
        {GROUP " isakmp keepalive disable\n", 0},
        {GROUP " isakmp keepalive disable\n no isakmp keepalive disable\n", 11},
        {"tunnel-group DefaultL2LGroup ipsec-attributes\n isakmp keepalive disable\n", 11},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = two("8.2", row[i].more);
        b->other->ike_conf->liveness.threshold_s = 0;
        ike_liveness_set(b->other->ike_conf, IP4(203, 0, 113, 1), &(struct ike_liveness){0});
        bring_up(b);
        uint64_t before = counter(b, "ike.dpd.sent");
        wait(b, SECONDS(120));
        uint64_t asked = counter(b, "ike.dpd.sent") - before;
        cr_expect(asked + 1 >= row[i].questions && asked <= row[i].questions + 1,
                  "%s: %u questions", row[i].more, (unsigned)asked);
        box_free(b);
    }
}

Test(asa_session, a_dead_peer_is_known_after_the_threshold_and_four_questions)
{
    struct box *b = two("8.2", "");
    bring_up(b);
    net_if_set_admin(net_if_by_name(b->other->node, "Ethernet0/0"), false);
    wait(b, SECONDS(25));
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 0);
    cr_expect_eq(counter(b, "ike.dpd.dead"), 1);
    box_free(b);
}

/* ---- Idle and session time ---- */

Test(asa_session, time_ends_a_session_as_its_group_policy_says)
{
#define POLICY                                                                                     \
    "group-policy site internal\ngroup-policy site attributes\n vpn-idle-timeout 5\n"              \
    "tunnel-group 203.0.113.2 general-attributes\n default-group-policy site\n"
    static const struct {
        const char *more;
        int64_t minutes; /* that an idle tunnel lasts; 0 = it is there after three hours */
    } row[] = {
        {"", 30},
        {"group-policy DfltGrpPolicy attributes\n vpn-idle-timeout 45\n", 45},
        {"group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none\n", 0},
        {POLICY, 5},
        {POLICY "no group-policy site\n", 30},
        {"group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none\n"
         " vpn-session-timeout 60\n",
         60},
        {"group-policy DfltGrpPolicy attributes\n vpn-session-timeout 10\n", 10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = two("8.2", row[i].more);
        /* the other end must not be the one who ends it */
        g_autoptr(GPtrArray) none =
            g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
        device_load(b->other, "group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none\n",
                    "x", none, NULL);
        bring_up(b);
        int64_t minutes = row[i].minutes ? row[i].minutes : 180;
        wait(b, SECONDS(60) * (minutes - 1));
        cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 2, "%s: gone early", row[i].more);
        wait(b, SECONDS(90));
        size_t left = row[i].minutes ? 0 : 2;
        cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), left, "%s", row[i].more);
        cr_expect_eq(sad_count(ipsec_sad(b->other->ipsec)), left, "%s: the peer is told",
                     row[i].more);
        box_free(b);
    }
}

Test(asa_session, packets_keep_a_session_and_keepalives_do_not)
{
    struct box *b = two("8.2", "group-policy DfltGrpPolicy attributes\n vpn-idle-timeout 2\n");
    bring_up(b);
    for (int i = 0; i < 6; i++) {
        box_type(b, "ping inside 10.2.0.1 repeat 1");
        wait(b, SECONDS(70));
    }
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 2);
    uint64_t before = counter(b, "ike.dpd.sent");
    wait(b, SECONDS(60));
    cr_expect_gt(counter(b, "ike.dpd.sent"), before);
    wait(b, SECONDS(30));
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 0);
    box_free(b);
}

Test(asa_session, a_policy_without_ipsec_refuses_the_tunnel)
{
    struct box *b = two("8.2", "group-policy DfltGrpPolicy attributes\n vpn-tunnel-protocol svc\n");
    box_type(b, "ping inside 10.2.0.1");
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 0);
    cr_expect(strstr(box_type(b, "show logging"),
                     "%ASA-3-713206: Tunnel Rejected: Conflicting protocols specified by "
                     "tunnel-group and group-policy"));
    box_free(b);
}

/* ---- Phase 1 is replaced ---- */

Test(asa_session, phase_1_is_replaced_at_three_quarters_and_shown_as_active_and_rekey)
{
    struct box *b = two("8.2", "crypto isakmp policy 10\n lifetime 1200\n"
                               "group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none\n");
    bring_up(b);
    wait(b, SECONDS(890) - sim_now(b->sim));
    cr_expect_eq(ike_sa_count(b->d->ike), 1);
    wait(b, SECONDS(15));
    const char *text = box_type(b, "show crypto isakmp sa");
    static const char *const part[] = {"   Active SA: 1\n", "    Rekey SA: 1 (A tunnel will report",
                                       "Total IKE SA: 2\n",
                                       "    Rekey   : no              State   : MM_REKEY_DONE_H2",
                                       "    Rekey   : yes             State   : MM_ACTIVE_REKEY"};
    for (size_t i = 0; i < G_N_ELEMENTS(part); i++)
        cr_expect(strstr(text, part[i]), "\"%s\" expected in\n%s", part[i], text);
    wait(b, SECONDS(200));
    cr_expect(strstr(box_type(b, "show crypto isakmp sa"), "Total IKE SA: 1\n"));
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 2, "the tunnel has not noticed (CAT-92)");
    box_free(b);
}

Test(asa_session, the_tunnel_ends_with_phase_1_when_nobody_answers_until_its_end)
{
    struct box *b = two("8.2", "crypto isakmp policy 10\n lifetime 1200\n"
                               "group-policy DfltGrpPolicy attributes\n vpn-idle-timeout none\n"
                               "tunnel-group 203.0.113.2 ipsec-attributes\n"
                               " isakmp keepalive disable\n");
    bring_up(b);
    net_udp_unbind(b->other->node, 500);
    wait(b, SECONDS(1150) - sim_now(b->sim));
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 2);
    wait(b, SECONDS(60));
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 0, "CAT-92, the third case");
    box_free(b);
}

/* ---- Identities ---- */

Test(asa_session, a_host_name_is_taken_only_where_identities_are_not_validated)
{
    static const struct {
        const char *more;
        size_t sas;
    } row[] = {
        {"", 0},
        {GROUP " peer-id-validate nocheck\n", 2},
        {GROUP " peer-id-validate nocheck\n no peer-id-validate\n", 0},
        {GROUP " no pre-shared-key\n peer-id-validate nocheck\n pre-shared-key cisco123\n", 2},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = two("8.2", row[i].more);
        device_type(b->other, "configure terminal\ncrypto isakmp identity hostname\nend");
        box_type(b, "ping inside 10.2.0.1");
        cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), row[i].sas, "%s", row[i].more);
        box_free(b);
    }
}

/* ---- The operator ---- */

Test(asa_session, the_database_tells_all_of_a_session_and_logs_it_off)
{
    struct box *b = two("8.2", "");
    bring_up(b);
    const char *text = box_type(b, "show vpn-sessiondb detail l2l filter name 203.0.113.2");
    static const char *const part[] = {"Session Type: LAN-to-LAN Detailed\n",
                                       "Connection   : 203.0.113.2\n",
                                       "IKE Tunnels: 1\nIPsec Tunnels: 1\n",
                                       "  Tunnel ID    : 1.1\n",
                                       "  D/H Group    : 2\n",
                                       "  Local Addr   : 10.1.0.0/255.255.255.0/0/0\n",
                                       "Rekey Int (D): 4608000 K-Bytes",
                                       "Idle Time Out: 30 Minutes",
                                       "Pkts Tx      : 4 "};
    for (size_t i = 0; i < G_N_ELEMENTS(part); i++)
        cr_expect(strstr(text, part[i]), "\"%s\" expected in\n%s", part[i], text);
    cr_expect(
        strstr(box_type(b, "show vpn-sessiondb l2l filter encryption des"), "no active sessions"));
    cr_expect_str_eq(cell(b, "vpn-sessiondb l2l", "idle-left"), "30");
    cr_expect_str_eq(cell(b, "vpn-sessiondb summary", "active"), "1");
    cr_expect(strstr(box_type(b, "vpn-sessiondb logoff index 7 noconfirm"), "logged off : 0"));
    cr_expect_str_eq(box_type(b, "vpn-sessiondb logoff index 1 noconfirm"),
                     "INFO: Number of sessions with index 1 logged off : 1\n");
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 0);
    cr_expect_str_eq(cell(b, "vpn-sessiondb summary", "active"), "0");
    cr_expect_str_eq(cell(b, "vpn-sessiondb summary", "cumulative"), "1");
    box_free(b);
}

Test(asa_session, statistics_and_drops_count_what_happened)
{
    struct box *b = two("8.4", "");
    bring_up(b);
    cr_expect_str_eq(cell(b, "crypto ipsec stats", "outbound-packets"), "4");
    cr_expect_str_eq(cell(b, "crypto ikev1 stats", "active-tunnels"), "1");
    cr_expect_str_eq(cell(b, "crypto ikev1 stats", "out-p2-exchanges"), "1");
    cr_expect_str_eq(cell(b, "asp drop", "name"), "tunnel-pending");
    const char *text = box_type(b, "show crypto protocol statistics all");
    cr_expect(strstr(text, "[IKEv1 statistics]\n") &&
                  strstr(text, "[IPsec statistics]\n    Encrypt "
                               "packet requests: 4\n"),
              "%s", text);
    cr_expect(strstr(box_type(b, "show asp drop"),
                     "  Tunnel being brought up or torn down (tunnel-pending)"));
    box_type(b, "clear asp drop\nclear crypto ipsec stats");
    cr_expect_str_eq(cell(b, "asp drop", "name"), "");
    cr_expect_str_eq(cell(b, "crypto ipsec stats", "outbound-packets"), "0");
    box_free(b);
}

Test(asa_session, one_sa_can_be_cleared_by_its_spi)
{
    struct box *b = two("8.2", "");
    bring_up(b);
    g_autofree char *line = g_strdup_printf("clear crypto ipsec sa entry 203.0.113.2 esp 0x%s",
                                            cell(b, "crypto ipsec sa", "outbound-spi"));
    box_type(b, "clear crypto ipsec sa entry 203.0.113.2 esp 12345678");
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 2);
    box_type(b, line);
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 0);
    box_free(b);
}

/* ---- A peer that no static entry names ---- */

Test(asa_session, a_dynamic_map_takes_a_peer_that_calls)
{
    struct box *b = two("8.2", "clear configure crypto map vpnmap\n"
                               "crypto dynamic-map any 10 set transform-set strong\n"
                               "crypto map vpnmap 65535 ipsec-isakmp dynamic any\n"
                               "crypto map vpnmap interface outside\n");
    device_type(b->other, "ping inside 10.1.0.1");
    wait(b, SECONDS(20));
    cr_expect_eq(sad_count(ipsec_sad(b->d->ipsec)), 2);
    cr_expect_str_eq(cell(b, "crypto ipsec sa", "current-peer"), "203.0.113.2");
    box_free(b);
}
