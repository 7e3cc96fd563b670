/* Two appliances on a wire: what their messages and listings say when it works and when it does
 * not. */
#include "router.h"
#include "vendor/asa/asa_log_priv.h"

#include <string.h>

/* Site 1 is 203.0.113.1 with 10.1.0.0/24, site 2 is 203.0.113.2 with 10.2.0.0/24. */
static const char site[] =
    "hostname asa%1$d\n"
    "interface Ethernet0/0\n"
    " nameif outside\n"
    " ip address 203.0.113.%1$d 255.255.255.0\n"
    "interface Ethernet0/1\n"
    " nameif inside\n"
    " ip address 10.%1$d.0.1 255.255.255.0\n"
    "management-access inside\n"
    "access-list vpn extended permit ip 10.%1$d.0.0 255.255.255.0 10.%2$d.0.0 "
    "255.255.255.0\n"
    "logging enable\n"
    "logging console debugging\n"
    "route outside 0 0 203.0.113.%2$d\n"
    "crypto ipsec transform-set strong esp-3des esp-sha-hmac\n"
    "crypto map vpnmap 10 match address vpn\n"
    "crypto map vpnmap 10 set peer 203.0.113.%2$d\n"
    "crypto map vpnmap 10 set transform-set strong\n"
    "crypto map vpnmap interface outside\n"
    "crypto isakmp enable outside\n"
    "crypto isakmp policy 10\n"
    "tunnel-group 203.0.113.%2$d type ipsec-l2l\n"
    "tunnel-group 203.0.113.%2$d ipsec-attributes\n"
    " pre-shared-key cisco123\n";

struct peer {
    struct device *d;
    GString *said;
};
struct peers {
    struct world *w;
    struct net_link *wan;
    struct peer p[2];
    const char *version;
};

static void heard(void *self, const struct trace_event *e)
{
    const struct ev_console *c = e->data;
    g_string_append_printf(((struct peer *)self)->said, "%s\n", c->text);
}

static void join(struct peers *q, int n)
{
    struct peer *p = &q->p[n];
    g_autofree char *name = g_strdup_printf("asa%d", n + 1);
    g_autofree char *lan = g_strdup_printf("lan%d", n + 1);
    struct trace_mask want = {0};
    struct net_link *l = net_link_new(q->w->net, lan);
    p->said = g_string_new(NULL);
    p->d = device_new(q->w->net, name, vendor_kind("asa"), q->version, NULL);
    cr_assert_not_null(p->d);
    trace_mask_add(&want, EV_console);
    trace_subscribe(q->w->trace, p->d->scope, &want, heard, p);
    g_autofree char *outside = g_strdup_printf(site, n + 1, 2 - n);
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    cr_assert(device_load(p->d, outside, "site.cfg", problems, NULL));
    cr_assert_eq(problems->len, 0);
    net_link_attach(q->wan, net_if_by_name(p->d->node, "Ethernet0/0"));
    net_link_attach(l, net_if_by_name(p->d->node, "Ethernet0/1"));
}

static struct peers *peers_new(const char *version)
{
    struct peers *q = g_new0(struct peers, 1);
    q->w = world_new();
    q->version = version;
    q->wan = net_link_new(q->w->net, "wan");
    const struct net_impair delay = {.delay = MILLISECONDS(10)};
    join(q, 0);
    join(q, 1);
    net_link_impair(q->wan, UINT32_MAX, &delay);
    return q;
}

static void peers_free(struct peers *q)
{
    for (int n = 0; n < 2; n++) {
        trace_unsubscribe(q->w->trace, heard, &q->p[n]);
        device_free(q->p[n].d);
        g_string_free(q->p[n].said, TRUE);
    }
    world_free(q->w);
    g_free(q);
}

static void configure(struct peers *q, int n, const char *lines)
{
    g_autofree char *all = g_strdup_printf("configure terminal\n%s\nend", lines);
    device_type(q->p[n].d, all);
    cr_assert_not(strstr(q->p[n].said->str, "ERROR"), "%s", q->p[n].said->str);
    g_string_truncate(q->p[n].said, 0);
}

static void run(struct peers *q, sim_time t)
{
    sim_run(q->w->sim, sim_now(q->w->sim) + t);
}

static void ping_far_inside(struct peers *q, int n)
{
    g_autofree char *line = g_strdup_printf("ping inside 10.%d.0.1", 2 - n);
    device_type(q->p[n].d, line);
}

static char *show(struct peers *q, int n, const char *what)
{
    GString *out = g_string_new(NULL);
    cr_expect(q->p[n].d->kind->show(q->p[n].d, what, out), "%s: %s", what, out->str);
    return g_string_free(out, FALSE);
}

static void expect_said(struct peers *q, int n, const char *text)
{
    cr_expect(strstr(q->p[n].said->str, text), "asa%d does not say \"%s\" but\n%s", n + 1, text,
              q->p[n].said->str);
}

static void expect_state(struct peers *q, int n, const char *state)
{
    g_autofree char *text = show(q, n, "crypto isakmp sa");
    if (state)
        cr_expect(strstr(text, state), "asa%d: %s expected in\n%s", n + 1, state, text);
    else
        cr_expect(strstr(text, "There are no"), "asa%d: %s", n + 1, text);
}

/* ---- It works ---- */

Test(asa_peers, a_tunnel_is_told_of_from_its_beginning_to_its_end)
{
    struct peers *q = peers_new("8.2");
    ping_far_inside(q, 0);
    run(q, SECONDS(20));
    expect_said(q, 0, "?!!!!\nSuccess rate is 80 percent (4/5)");
    expect_said(q, 0,
                "%ASA-5-713041: IP = 203.0.113.2, IKE Initiator: New Phase 1, Intf outside, IKE "
                "Peer 203.0.113.2  local Proxy Address 10.1.0.0, remote Proxy Address 10.2.0.0,  "
                "Crypto map (vpnmap)\n");
    static const char *const both[] = {
        "%%ASA-6-113009: AAA retrieved default group policy (DfltGrpPolicy) for user = %s\n",
        "%%ASA-5-713119: Group = %s, IP = %s, PHASE 1 COMPLETED\n",
        "%%ASA-5-713120: Group = %s, IP = %s, PHASE 2 COMPLETED (msgid=",
        "%%ASA-5-713049: Group = %s, IP = %s, Security negotiation complete for LAN-to-LAN Group",
    };
    for (int n = 0; n < 2; n++)
        for (size_t i = 0; i < G_N_ELEMENTS(both); i++) {
            const char *peer = n == 0 ? "203.0.113.2" : "203.0.113.1";
            g_autoptr(GString) text = g_string_new(NULL);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            g_string_printf(text, both[i], peer, peer);
#pragma GCC diagnostic pop
            expect_said(q, n, text->str);
        }
    expect_said(q, 1,
                "%ASA-7-713225: Group = 203.0.113.1, IP = 203.0.113.1, Static Crypto Map "
                "check, map vpnmap, seq = 10 is a successful match\n");
    g_autofree char *sa = show(q, 0, "crypto isakmp sa");
    expect_lines(sa,
                 " Active SA: 1\n"
                 " Rekey SA: 0 (A tunnel will report 1 Active and 1 Rekey SA during rekey)\n"
                 "Total IKE SA: 1\n"
                 "1 IKE Peer: 203.0.113.2\n"
                 " Type : L2L Role : initiator\n"
                 " Rekey : no State : MM_ACTIVE\n",
                 "show crypto isakmp sa");
    g_string_truncate(q->p[1].said, 0);
    device_type(q->p[0].d, "clear crypto isakmp sa");
    run(q, SECONDS(1));
    expect_said(q, 1,
                "%ASA-5-713050: Group = 203.0.113.1, IP = 203.0.113.1, Connection terminated "
                "for peer 203.0.113.1.  Reason: Peer Terminate  Remote Proxy 10.1.0.0, Local "
                "Proxy 10.2.0.0\n");
    expect_said(q, 1,
                "%ASA-5-713259: Group = 203.0.113.1, IP = 203.0.113.1, Session is being torn "
                "down. Reason: User Requested\n");
    expect_said(q, 1,
                "Session disconnected. Session Type: IPsec, Duration: 0h:00m:19s, Bytes xmt: "
                "400, Bytes rcv: 400, Reason: User Requested\n");
    expect_state(q, 0, NULL);
    expect_state(q, 1, NULL);
    peers_free(q);
}

Test(asa_peers, show_ipsec_sa_counts_what_passed)
{
    struct peers *q = peers_new("8.4");
    ping_far_inside(q, 0);
    run(q, SECONDS(20));
    g_autofree char *text = show(q, 0, "crypto ipsec sa peer 203.0.113.2");
    static const char *const part[] = {
        "peer address: 203.0.113.2\n    Crypto map tag: vpnmap, seq num: 10, local addr: "
        "203.0.113.1\n",
        "access-list vpn extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n",
        "local ident (addr/mask/prot/port): (10.1.0.0/255.255.255.0/0/0)\n",
        "#pkts encaps: 4, #pkts encrypt: 4, #pkts digest: 4\n",
        "#pkts decaps: 4, #pkts decrypt: 4, #pkts verify: 4\n",
        "in use settings ={L2L, Tunnel, IKEv1, }\n",
        "transform: esp-3des esp-sha-hmac no compression",
        "0x00000000 0x0000000F\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(part); i++)
        cr_expect(strstr(text, part[i]), "\"%s\" expected in\n%s", part[i], text);
    g_autofree char *none = show(q, 0, "crypto ipsec sa peer 192.0.2.1");
    cr_expect(strstr(none, "There are no ipsec sas"));
    g_autofree char *v2 = show(q, 0, "crypto isakmp sa");
    cr_expect(strstr(v2, "IKEv1 SAs:") && strstr(v2, "There are no IKEv2 SAs"));
    struct view v;
    view_init(&v);
    cr_assert(q->p[0].d->kind->view(q->p[0].d, "vpn-sessiondb l2l", &v));
    cr_assert_eq(view_count(&v), 1);
    cr_expect_str_eq(view_cell(&v, 0, "bytes-tx"), "400");
    cr_expect_str_eq(view_cell(&v, 0, "protocol"), "IKEv1 IPsec");
    view_clear(&v);
    peers_free(q);
}

/* ---- It does not: the ladder of CAT-06 and the messages beside it ---- */

Test(asa_peers, each_fault_shows_the_state_and_the_messages_of_the_catalogue)
{
    static const struct {
        const char *what, *first, *second; /* lines typed at each */
        const char *state[2];              /* 5 s after the first packet; NULL = no SA */
        const char *said[2][4];
    } row[] = {
        {"CAT-07 not enabled at the responder",
         "",
         "no crypto isakmp enable outside",
         {"MM_WAIT_MSG2", NULL},
         {{"713041"},
          {"%ASA-7-710005: UDP request discarded from 203.0.113.1/500 to "
           "outside:203.0.113.2/500"}}},
        {"CAT-31 no common policy",
         "crypto isakmp policy 10\nhash md5",
         "",
         {"MM_WAIT_MSG2", NULL},
         {{"%ASA-5-713904: IP = 203.0.113.2, Received an un-encrypted NO_PROPOSAL_CHOSEN notify "
           "message, drop",
           "%ASA-4-713903: IP = 203.0.113.2, Information Exchange processing failed"},
          {"%ASA-3-713048: IP = 203.0.113.1, Error processing payload: Payload ID: 1",
           "%ASA-3-713902: IP = 203.0.113.1, Removing peer from peer table failed, no match!",
           "%ASA-4-713903: IP = 203.0.113.1, Error: Unable to remove PeerTblEntry"}}},
        {"CAT-17 keys differ",
         "",
         "tunnel-group 203.0.113.1 ipsec-attributes\npre-shared-key other",
         {"MM_WAIT_MSG6", "MM_WAIT_MSG5"},
         {{NULL},
          {"%ASA-4-713903: Group = 203.0.113.1, IP = 203.0.113.1, ERROR, had problems decrypting "
           "packet, probably due to mismatched pre-shared key.  Aborting"}}},
        {"CAT-41 the group of the peer is missing, the default has another key",
         "",
         "no tunnel-group 203.0.113.1\ntunnel-group DefaultL2LGroup ipsec-attributes\n"
         "pre-shared-key other",
         {"MM_WAIT_MSG6", "MM_WAIT_MSG5"},
         {{NULL},
          {"Group = DefaultL2LGroup, IP = 203.0.113.1, ERROR, had problems decrypting packet, "
           "probably due to mismatched pre-shared key.  Aborting"}}},
        {"CAT-41 no group serves the peer: message 3 is not answered",
         "",
         "no tunnel-group 203.0.113.1",
         {"MM_WAIT_MSG4", NULL},
         {{NULL},
          {"%ASA-4-713903: Group = DefaultL2LGroup, IP = 203.0.113.1, Can't find a valid tunnel "
           "group, aborting...!"}}},
        {"DBG-16 transform sets differ",
         "crypto ipsec transform-set strong esp-3des esp-md5-hmac",
         "",
         {NULL, NULL},
         {{"%ASA-5-713068: Group = 203.0.113.2, IP = 203.0.113.2, Received non-routine Notify "
           "message: No proposal chosen (14)",
           "%ASA-3-713902: Group = 203.0.113.2, IP = 203.0.113.2, QM FSM error (P2 struct &0x"},
          {"%ASA-5-713904: Group = 203.0.113.1, IP = 203.0.113.1, All IPSec SA proposals found "
           "unacceptable!",
           "%ASA-3-713902: Group = 203.0.113.1, IP = 203.0.113.1, QM FSM error (P2 struct &0x",
           "Removing peer from correlator table failed, no match!",
           "%ASA-5-713259: Group = 203.0.113.1, IP = 203.0.113.1, Session is being torn down. "
           "Reason: Phase 2 Mismatch"}}},
        {"DBG-15 access lists are no mirrors",
         "",
         "no access-list vpn extended permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
         "access-list vpn extended permit ip 10.2.0.0 255.255.255.0 10.7.0.0 255.255.255.0",
         {NULL, NULL},
         {{"QM FSM error"},
          {"%ASA-5-713119: Group = 203.0.113.1, IP = 203.0.113.1, PHASE 1 COMPLETED",
           "%ASA-3-713061: Group = 203.0.113.1, IP = 203.0.113.1, Rejecting IPSec tunnel: no "
           "matching crypto map entry for remote proxy 10.1.0.0/255.255.255.0/0/0 local proxy "
           "10.2.0.0/255.255.255.0/0/0 on interface outside",
           "%ASA-7-713222: Group = 203.0.113.1, IP = 203.0.113.1, Static Crypto Map check, map = "
           "vpnmap, seq = 10, ACL does not match proxy IDs src:10.1.0.0 dst:10.2.0.0",
           "%ASA-5-713259: Group = 203.0.113.1, IP = 203.0.113.1, Session is being torn down. "
           "Reason: crypto map policy not found"}}},
        {"no tunnel group at the initiator",
         "no tunnel-group 203.0.113.2",
         "",
         {NULL, NULL},
         {{"%ASA-4-713903: Group = DefaultL2LGroup, IP = 203.0.113.2, Can't find a valid tunnel "
           "group, aborting...!"}}},
        {"no policy at the initiator",
         "no crypto isakmp policy 10",
         "",
         {NULL, NULL},
         {{"%ASA-3-713042: IKE Initiator unable to find policy: Intf outside, Src: 10.1.0.0, Dst: "
           "10.2.0.0"}}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct peers *q = peers_new("8.2");
        configure(q, 0, row[i].first);
        configure(q, 1, row[i].second);
        ping_far_inside(q, 0);
        run(q, SECONDS(5));
        cr_log_info("%s", row[i].what);
        for (int n = 0; n < 2; n++) {
            expect_state(q, n, row[i].state[n]);
            for (size_t k = 0; k < 4 && row[i].said[n][k]; k++)
                expect_said(q, n, row[i].said[n][k]);
        }
        peers_free(q);
    }
}

Test(asa_peers, phase_1_is_tried_four_times_eight_seconds_apart)
{
    struct peers *q = peers_new("8.2");
    configure(q, 1, "no crypto isakmp enable outside");
    ping_far_inside(q, 0);
    uint64_t sent = 0;
    run(q, SECONDS(31));
    cr_assert(trace_counter_get(q->p[0].d->scope, "ike.tx", &sent));
    cr_expect_eq(sent, 4, "the first and three more");
    expect_state(q, 0, "MM_WAIT_MSG2");
    run(q, SECONDS(2));
    expect_said(q, 0,
                "%ASA-3-713902: IP = 203.0.113.2, Removing peer from peer table failed, no "
                "match!\n%ASA-4-713903: IP = 203.0.113.2, Error: Unable to remove "
                "PeerTblEntry\n");
    expect_state(q, 0, NULL);
    peers_free(q);
}

Test(asa_peers, requests_queue_while_phase_1_is_under_way)
{
    struct peers *q = peers_new("8.2");
    configure(q, 0,
              "access-list vpn extended permit ip 10.1.0.0 255.255.255.0 10.3.0.0 "
              "255.255.255.0");
    configure(q, 1,
              "access-list vpn extended permit ip 10.3.0.0 255.255.255.0 10.1.0.0 "
              "255.255.255.0");
    const struct net_impair slow = {.delay = MILLISECONDS(500)};
    net_link_impair(q->wan, UINT32_MAX, &slow);
    device_type(q->p[0].d, "ping inside 10.2.0.1 repeat 1 timeout 1");
    run(q, MILLISECONDS(1200));
    device_type(q->p[0].d, "ping inside 10.3.0.1 repeat 1 timeout 1");
    run(q, SECONDS(10));
    expect_said(
        q, 0,
        "%ASA-6-713219: Group = 203.0.113.2, IP = 203.0.113.2, Queuing KEY-ACQUIRE messages to be "
        "processed when P1 SA is complete.\n");
    expect_said(q, 0,
                "%ASA-6-713220: Group = 203.0.113.2, IP = 203.0.113.2, De-queuing "
                "KEY-ACQUIRE messages that were left pending.\n");
    expect_said(q, 0,
                "New Phase 2, Intf outside, IKE Peer 203.0.113.2  local Proxy Address "
                "10.1.0.0, remote Proxy Address 10.3.0.0,");
    peers_free(q);
}

Test(asa_peers, the_second_peer_of_the_list_is_asked_when_the_first_is_silent)
{
    struct peers *q = peers_new("8.2");
    configure(q, 0,
              "no crypto map vpnmap 10 set peer 203.0.113.2\n"
              "crypto map vpnmap 10 set peer 203.0.113.77 203.0.113.2\n"
              "tunnel-group 203.0.113.77 type ipsec-l2l\n"
              "tunnel-group 203.0.113.77 ipsec-attributes\npre-shared-key x");
    for (int i = 0; i < 6; i++) {
        ping_far_inside(q, 0);
        run(q, SECONDS(12));
    }
    expect_said(q, 0, "IKE Peer 203.0.113.77");
    expect_said(q, 0, "Group = 203.0.113.2, IP = 203.0.113.2, PHASE 2 COMPLETED");
    expect_said(q, 0, "!!!!!");
    peers_free(q);
}

Test(asa_peers, taking_the_map_off_the_interface_ends_its_tunnels)
{
    struct peers *q = peers_new("8.2");
    ping_far_inside(q, 0);
    run(q, SECONDS(20));
    device_type(q->p[0].d, "configure terminal\nno crypto map vpnmap interface outside\nend");
    run(q, SECONDS(1));
    cr_expect_eq(sad_count(ipsec_sad(q->p[0].d->ipsec)), 0);
    cr_expect_eq(sad_count(ipsec_sad(q->p[1].d->ipsec)), 0);
    configure(q, 0, "crypto map vpnmap interface outside");
    ping_far_inside(q, 0);
    run(q, SECONDS(20));
    expect_said(q, 0, "Success rate is");
    cr_expect_eq(sad_count(ipsec_sad(q->p[1].d->ipsec)), 2, "traffic brings it back (CAT-70)");
    peers_free(q);
}

/* ---- Packets ---- */

static void drop(struct peers *q, enum drop_reason why, uint64_t seq)
{
    TRACE(q->p[0].d->scope, esp_drop, .why = why, .sa = 0, .spi = 0x99554d4e, .seq = seq,
          .src = IP4(203, 0, 113, 2), .dst = IP4(203, 0, 113, 1), .inner_src = IP4(10, 105, 30, 1),
          .inner_dst = IP4(10, 32, 77, 67), .protocol = 1);
}

Test(asa_peers, a_message_about_packets_comes_once_in_five_seconds)
{
    static const struct {
        enum drop_reason why;
        const char *text;
    } row[] = {
        {DROP_ESP_NO_SPI, "%ASA-4-402114: IPSEC: Received an ESP packet (SPI= 0x99554D4E, sequence "
                          "number= 0x9E) from 203.0.113.2 to 203.0.113.1 with an invalid SPI.\n"},
        {DROP_ESP_REPLAY, "%ASA-4-402119: IPSEC: Received an ESP packet (SPI= 0x99554D4E, sequence "
                          "number= 0x9E) from 203.0.113.2 (user= 203.0.113.2) to 203.0.113.1 that "
                          "failed anti-replay checking.\n"},
        {DROP_ESP_ICV, "that failed authentication.\n"},
        {DROP_ESP_PROXY, "%ASA-4-402116: IPSEC: Received an ESP packet (SPI= 0x99554D4E, sequence "
                         "number= 0x9E) from 203.0.113.2 (user= 203.0.113.2) to 203.0.113.1."},
        {DROP_ESP_PAD, "with incorrect IPsec padding\n"},
    };
    struct peers *q = peers_new("8.2");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_string_truncate(q->p[0].said, 0);
        drop(q, row[i].why, 0x9e);
        drop(q, row[i].why, 0x9f);
        expect_said(q, 0, row[i].text);
        cr_expect_not(strstr(q->p[0].said->str, "0x9F"), "%s", row[i].text);
        run(q, SECONDS(6));
        drop(q, row[i].why, 0x9f);
        expect_said(q, 0, "0x9F");
    }
    expect_said(q, 0, "padding");
    peers_free(q);
    q = peers_new("7.0");
    drop(q, DROP_ESP_NO_SPI, 1);
    expect_said(q, 0,
                "%ASA-4-402101: decaps: rec'd IPSEC packet has invalid spi for "
                "destaddr=203.0.113.1, prot=esp, spi=0x99554d4e");
    peers_free(q);
}

/* ---- Logging and debug ---- */

Test(asa_peers, messages_go_where_their_severity_is_allowed)
{
    struct peers *q = peers_new("8.2");
    configure(q, 0,
              "logging console errors\nlogging buffered 5\nlogging timestamp\n"
              "no logging message 713049");
    ping_far_inside(q, 0);
    run(q, SECONDS(20));
    cr_expect_not(strstr(q->p[0].said->str, "%ASA-5"), "%s", q->p[0].said->str);
    g_autofree char *text = show(q, 0, "logging");
    cr_expect(strstr(text, "Mar 01 1993 00:00:00: %ASA-5-713119: "), "%s", text);
    cr_expect_not(strstr(text, "%ASA-6"));
    cr_expect_not(strstr(text, "713049"));
    configure(q, 0, "no logging enable");
    g_autofree char *off = show(q, 0, "logging");
    cr_expect(strstr(off, "Syslog logging: disabled"));
    peers_free(q);
}

Test(asa_peers, debug_levels_show_more_or_less)
{
    struct peers *q = peers_new("8.2");
    configure(q, 0, "no logging enable");
    configure(q, 1, "no logging enable");
    device_type(q->p[0].d, "debug crypto isakmp 1");
    device_type(q->p[1].d, "debug crypto isakmp 127\ndebug crypto ipsec 1");
    ping_far_inside(q, 0);
    run(q, SECONDS(20));
    expect_said(q, 0,
                "Mar 01 00:00:00 [IKEv1]: Group = 203.0.113.2, IP = 203.0.113.2, PHASE 1 "
                "COMPLETED\n");
    cr_expect_not(strstr(q->p[0].said->str, "[IKEv1 DEBUG]"));
    cr_expect_not(strstr(q->p[0].said->str, "IPSEC:"));
    expect_said(q, 1, "[IKEv1 DEBUG]: IP = 203.0.113.1, processing SA payload\n");
    expect_said(q, 1,
                "[IKEv1 DEBUG]: IP = 203.0.113.1, Connection landed on tunnel_group "
                "203.0.113.1\n");
    expect_said(q, 1, "IPSEC: Completed host IBSA update, SPI 0x");
    peers_free(q);
}
