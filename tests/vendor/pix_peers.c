/* Two firewalls of the kind pix: what their messages and listings say when it works and when it
 * does not. */
#include "pix_sites.h"

#include <string.h>

/* ---- It works ---- */

Test(pix_peers, messages_tell_of_sessions_and_sas)
{
    struct pix_sites *q = pix_sites_new("6.3");
    pix_ping_far_inside(q, 0);
    cr_expect_eq(pix_count_of(q->s[0].said->str, "10.2.0.1 response received -- 20ms"), 2);
    static const char *const both[] = {
        "%PIX-7-702208: ISAKMP Phase 1 exchange started (local 203.0.113.",
        "%PIX-7-702210: ISAKMP Phase 1 exchange completed (local 203.0.113.",
        "authentication=pre-share, encryption=3DES-CBC, hash=SHA, group=2, lifetime=86400s)\n",
        "%PIX-6-602202: ISAKMP session connected (local 203.0.113.",
        "%PIX-7-702209: ISAKMP Phase 2 exchange started (local 203.0.113.",
        "%PIX-7-702211: ISAKMP Phase 2 exchange completed (local 203.0.113.",
        "%PIX-6-602301: sa created, (sa) sa_dest= 203.0.113.1, sa_prot= 50, sa_spi= 0x",
        "%PIX-6-602301: sa created, (sa) sa_dest= 203.0.113.2, sa_prot= 50, sa_spi= 0x",
    };
    for (int n = 0; n < 2; n++)
        for (size_t i = 0; i < G_N_ELEMENTS(both); i++)
            pix_expect_logged(q, n, both[i]);
    pix_expect_logged(q, 0,
                      "%PIX-7-702303: sa_request, (key eng. msg.) src= 203.0.113.1, dest= "
                      "203.0.113.2, src_proxy= 10.1.0.0/255.255.255.0/0/0, dest_proxy= "
                      "10.2.0.0/255.255.255.0/0/0, protocol= ESP, transform= esp-3des "
                      "esp-md5-hmac , lifedur= 28800s and 4608000kb,");
    pix_type(q, 1, "debug crypto isakmp\ndebug crypto ipsec");
    device_type(q->s[0].d, "clear crypto ipsec sa\nclear crypto isakmp sa");
    pix_run(q, SECONDS(1));
    pix_expect_in(q->s[1].said->str,
                  "IPSEC(key_engine_delete_sas): rec'd delete notify from ISAKMP\n"
                  "IPSEC(key_engine_delete_sas): delete all SAs shared with 203.0.113.1\n");
    pix_expect_in(q->s[1].said->str, "return status is IKMP_NO_ERR_NO_TRANS\n");
    for (int n = 0; n < 2; n++) {
        pix_expect_logged(q, n, "%PIX-6-602203: ISAKMP session disconnected (local 203.0.113.");
        cr_expect_eq(pix_logged(q, n, "%PIX-6-602302: deleting SA, (sa) sa_dest= "), 2);
        g_autofree char *none = pix_show(q, n, "crypto isakmp sa");
        pix_expect_in(none, "Total     : 0\nEmbryonic : 0\n");
    }
    pix_expect_logged(q, 0, "%PIX-7-702202: ISAKMP Phase 1 delete sent");
    pix_expect_logged(q, 1, "%PIX-7-702201: ISAKMP Phase 1 delete received");
    pix_sites_free(q);
}

Test(pix_peers, the_listing_follows_the_version)
{
    static const struct {
        const char *version, *text;
    } row[] = {
        {"6.1", "Total : 1\nEmbryonic : 0\n dst src state pending created\n"
                " 203.0.113.2 203.0.113.1 QM_IDLE 0 1\n"},
        {"5.2", " dst src state conn-id slot\n203.0.113.2 203.0.113.1 QM_IDLE 1 0\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pix_sites *q = pix_sites_new(row[i].version);
        pix_ping_far_inside(q, 0);
        g_autofree char *text = pix_show(q, 0, "crypto isakmp sa");
        expect_lines(text, row[i].text, row[i].version);
        pix_sites_free(q);
    }
}

/* ---- What goes wrong ---- */

Test(pix_peers, a_silent_peer_is_asked_as_often_as_the_version_does)
{
    static const struct {
        const char *version;
        unsigned sent;
        int seconds;
        const char *line;
    } row[] = {{"6.2", 3, 45, "ISAKMP (0): retransmitting phase 1...\n"},
               {"6.3", 6, 30, "ISAKMP (0): retransmitting phase 1 (4)...\n"}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pix_sites *q = pix_sites_new(row[i].version);
        uint64_t sent = 0;
        pix_configure(q, 1, "no isakmp enable outside");
        pix_type(q, 0, "debug crypto isakmp");
        device_type(q->s[0].d, "ping inside 10.2.0.1");
        pix_run(q, SECONDS(row[i].seconds) - MILLISECONDS(100));
        cr_assert(trace_counter_get(q->s[0].d->scope, "ike.tx", &sent));
        cr_expect_eq(sent, row[i].sent, "%s: %u", row[i].version, (unsigned)sent);
        g_autofree char *text = pix_show(q, 0, "crypto isakmp sa");
        pix_expect_in(text, "MM_NO_STATE");
        pix_run(q, SECONDS(1));
        pix_expect_in(q->s[0].said->str, row[i].line);
        pix_expect_in(q->s[0].said->str,
                      "ISAKMP (0): deleting SA: src 203.0.113.1, dst 203.0.113.2\n");
        pix_expect_logged(q, 0,
                          "%PIX-7-702204: ISAKMP Phase 1 retransmission (local 203.0.113.1 "
                          "(initiator), remote 203.0.113.2)\n");
        pix_sites_free(q);
    }
}

Test(pix_peers, refusals_are_said_where_they_are_made)
{
    static const struct {
        const char *what, *second, *lines[4];
    } row[] = {
        {"policy",
         "isakmp policy 10 encryption des",
         {"ISAKMP (0): atts are not acceptable. Next payload is 0\n", "no offers accepted!\n",
          "ISAKMP (0): SA not acceptable!\nISAKMP (0): sending NOTIFY message 14 protocol 1\n",
          "return status is IKMP_ERR_NO_RETRANS\n"}},
        {"transform",
         "crypto ipsec transform-set strong esp-des esp-md5-hmac",
         {"IPSEC(validate_proposal): transform proposal (prot 3, trans 3, hmac_alg 1) not "
          "supported\n",
          "ISAKMP (0): atts not acceptable. Next payload is 0\n",
          "ISAKMP (0): SA not acceptable!\n",
          "ISAKMP (0): sending NOTIFY message 14 protocol 3\n"}},
        {"proxies",
         "no access-list vpn permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
         "access-list vpn permit ip host 10.2.0.5 10.1.0.0 255.255.255.0",
         {"IPSEC(validate_transform_proposal): proxy identities not supported\n",
          "ISAKMP: IPSec policy invalidated proposal\n", "ISAKMP (0): SA not acceptable!\n",
          "return status is IKMP_ERR_NO_RETRANS\n"}},
        {"no key",
         "no isakmp key cisco123 address 203.0.113.1 netmask 255.255.255.255",
         {"ISAKMP: No cert, and no keys (public or pre-shared) with remote peer 203.0.113.1\n"}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pix_sites *q = pix_sites_new("6.3");
        pix_configure(q, 1, row[i].second);
        pix_type(q, 1, "debug crypto isakmp\ndebug crypto ipsec");
        device_type(q->s[0].d, "ping inside 10.2.0.1");
        pix_run(q, SECONDS(2));
        cr_log_info("%s", row[i].what);
        for (size_t k = 0; k < 4 && row[i].lines[k]; k++)
            pix_expect_in(q->s[1].said->str, row[i].lines[k]);
        pix_sites_free(q);
    }
}

Test(pix_peers, a_peer_that_dies_is_noticed_by_keepalives)
{
    struct pix_sites *q = pix_sites_new("6.3");
    pix_configure(q, 0, "isakmp keepalive 10 2");
    pix_configure(q, 1, "isakmp keepalive 10 2");
    pix_ping_far_inside(q, 0);
    pix_type(q, 0, "debug crypto isakmp");
    const struct net_impair off = {.blackhole = true};
    net_link_impair(q->wan, UINT32_MAX, &off);
    for (int i = 0; i < 8; i++)
        pix_ping_far_inside(q, 0);
    pix_expect_in(q->s[0].said->str, "ISAKMP (0): sending NOTIFY message 36136 protocol 1\n");
    pix_expect_in(q->s[0].said->str, "ISAKMP (0): peer 203.0.113.2 not responding!\n");
    pix_expect_logged(q, 0,
                      "%PIX-7-702203: ISAKMP DPD timed out (local 203.0.113.1 (initiator), "
                      "remote 203.0.113.2)\n");
    pix_sites_free(q);
}

/* ---- Packets without an SA (DBG-25, 26, 27) ---- */

static void flow_back(struct pix_sites *q, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        net_send_udp(q->s[1].host->node, 0, 4000, IP4(10, 1, 0, 5), 4000, 0,
                     span_of((const uint8_t *)"data", 4));
        pix_run(q, MILLISECONDS(500));
    }
}

Test(pix_peers, a_peer_that_was_not_told_goes_on_to_the_old_spi)
{
    struct pix_sites *q = pix_sites_new("6.3");
    pix_ping_far_inside(q, 0);
    pix_type(q, 0, "clear crypto isakmp sa\nclear crypto ipsec sa");
    flow_back(q, 10);
    const unsigned while_black = pix_logged(
        q, 0,
        "%PIX-4-402101: decaps: rec'd IPSEC packet has invalid spi for destaddr=203.0.113.1, "
        "prot=esp, spi=0x");
    cr_expect(while_black >= 4 && while_black <= 6, "once a second: %u", while_black);
    pix_ping_far_inside(q, 0); /* a new connection makes new SAs at both ends (DBG-26) */
    flow_back(q, 10);
    cr_expect_eq(pix_logged(q, 0, "402101"), while_black, "they end");
    pix_sites_free(q);
}

Test(pix_peers, bogus_packets_touch_nothing)
{
    static const uint8_t esp[40] = {0xde, 0xad, 0xbe, 0xef, 0, 0, 0, 1};
    struct pix_sites *q = pix_sites_new("6.3");
    pix_ping_far_inside(q, 0);
    net_send_ip(q->s[1].d->node, 0, IP4(203, 0, 113, 1), IPPROTO_NUM_ESP, 0, false,
                span_of(esp, sizeof esp));
    pix_run(q, SECONDS(1));
    pix_expect_logged(q, 0,
                      "402101: decaps: rec'd IPSEC packet has invalid spi for "
                      "destaddr=203.0.113.1, prot=esp, spi=0xdeadbeef(3735928559)\n");
    cr_expect_eq(sad_count(ipsec_sad(q->s[0].d->ipsec)), 2);
    g_string_truncate(q->s[0].said, 0);
    pix_ping_far_inside(q, 0);
    cr_expect_eq(pix_count_of(q->s[0].said->str, "response received -- 20ms"), 3);
    pix_sites_free(q);
}

Test(pix_peers, what_should_be_protected_and_is_not_is_told)
{
    struct pix_sites *q = pix_sites_new("6.3");
    pix_configure(q, 1, "no crypto map m interface outside");
    flow_back(q, 1);
    pix_expect_logged(q, 0,
                      "%PIX-4-402106: Rec'd packet not an IPSEC packet (ip) dest_addr= "
                      "10.1.0.5, src_addr= 10.2.0.5, prot= udp\n");
    pix_sites_free(q);
}

/* ---- What may pass (DBG-46, DBG-53) ---- */

struct sink {
    unsigned got;
};

static void took(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                 struct span payload)
{
    ((struct sink *)self)->got++;
}

Test(pix_peers, without_the_sysopt_decrypted_packets_face_the_levels_and_the_list)
{
    static const struct {
        const char *what, *first, *message;
        unsigned got;
    } row[] = {
        {"sysopt", "sysopt connection permit-ipsec", NULL, 6},
        {"level", "no sysopt connection permit-ipsec",
         "%PIX-2-106006: Deny inbound UDP from 10.2.0.5/4000 to 10.1.0.5/4000 on interface "
         "outside\n",
         0},
        {"list that denies",
         "no sysopt connection permit-ipsec\naccess-list in deny ip any any\n"
         "access-group in in interface outside",
         "%PIX-4-106023: Deny udp src outside:10.2.0.5/4000 dst inside:10.1.0.5/4000 by "
         "access-group \"in\"\n",
         0},
        {"list that permits",
         "no sysopt connection permit-ipsec\n"
         "access-list in permit ip 10.2.0.0 255.255.255.0 10.1.0.0 255.255.255.0\n"
         "access-group in in interface outside",
         NULL, 6},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct pix_sites *q = pix_sites_new("6.3");
        struct sink sink = {0};
        net_udp_bind(q->s[0].host->node, 4000, took, &sink);
        pix_configure(q, 0, row[i].first);
        flow_back(q, 7); /* the first one asks for the SAs */
        cr_expect_eq(sink.got, row[i].got, "%s: %u", row[i].what, sink.got);
        g_autofree char *text = pix_show(q, 0, "crypto ipsec sa");
        pix_expect_in(text, "#pkts decaps: 6, #pkts decrypt: 6, #pkts verify 6\n");
        if (row[i].message)
            pix_expect_logged(q, 0, row[i].message);
        pix_sites_free(q);
    }
}

Test(pix_peers, what_was_begun_inside_is_answered_without_the_sysopt)
{
    struct pix_sites *q = pix_sites_new("6.3");
    struct sink sink = {0};
    pix_configure(q, 0, "no sysopt connection permit-ipsec");
    net_udp_bind(q->s[0].host->node, 4000, took, &sink);
    for (int i = 0; i < 3; i++) {
        net_send_udp(q->s[0].host->node, 0, 4000, IP4(10, 2, 0, 5), 4000, 0,
                     span_of((const uint8_t *)"ask", 3));
        pix_run(q, SECONDS(1));
    }
    pix_expect_logged(q, 0,
                      "%PIX-6-302015: Built outbound UDP connection 0 for outside:10.2.0.5/4000 "
                      "(10.2.0.5/4000) to inside:10.1.0.5/4000 (10.1.0.5/4000)\n");
    flow_back(q, 3);
    cr_expect_eq(sink.got, 3);
    g_autofree char *text = pix_show(q, 0, "conn");
    pix_expect_in(text,
                  "1 in use, 1 most used\nUDP out 10.2.0.5:4000 in 10.1.0.5:4000 idle 0:00:00 ");
    pix_sites_free(q);
}

Test(pix_peers, without_a_route_inside_nothing_reaches_the_networks_behind)
{
    struct pix_sites *q = pix_sites_new("6.3");
    pix_configure(q, 0,
                  "no route outside 0 0 203.0.113.2\nroute outside 10.2.0.0 255.255.255.0 "
                  "203.0.113.2\naccess-list vpn permit ip 172.16.0.0 255.255.0.0 10.2.0.0 "
                  "255.255.255.0");
    pix_configure(q, 1, "access-list vpn permit ip 10.2.0.0 255.255.255.0 172.16.0.0 255.255.0.0");
    for (int i = 0; i < 4; i++) {
        net_send_udp(q->s[1].host->node, 0, 4000, IP4(172, 16, 1, 56), 4000, 0,
                     span_of((const uint8_t *)"data", 4));
        pix_run(q, SECONDS(1));
    }
    pix_expect_logged(q, 0, "%PIX-6-110001: No route to 172.16.1.56 from 10.2.0.5\n");
    uint64_t decaps = 0;
    cr_assert(trace_counter_get(q->s[0].d->scope, "esp.in.packets", &decaps));
    cr_expect_eq(decaps, 3, "decaps grows (DBG-46)");
    pix_sites_free(q);
}

/* ---- Every event ---- */

Test(pix_peers, speak_of_every_event_or_say_why_not)
{
    for (int id = 0; id < EV_COUNT; id++) {
        const char *name = trace_event_name((enum trace_id)id);
        unsigned silent = 0, heard_of = 0;
        for (size_t i = 0; i < pix_n_silent; i++)
            silent += pix_silent[i].id == (enum trace_id)id && pix_silent[i].why[0];
        for (size_t i = 0; i < pix_n_hearings; i++) {
            unsigned here = 0;
            for (const struct pix_hearing *h = pix_hearings[i]; h->fn; h++)
                here += h->id == (enum trace_id)id;
            cr_expect_leq(here, 1, "%s is twice in one table", name);
            heard_of += here;
        }
        cr_expect(heard_of || silent,
                  "pix neither renders %s nor says why it is silent (pix_log_silent.c)", name);
        cr_expect_not(heard_of && silent, "pix renders %s and calls it silent", name);
        cr_expect_leq(silent, 1, "pix is silent twice about %s", name);
    }
}
