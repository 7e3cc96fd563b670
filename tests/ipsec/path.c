/* Packets through two routers with IPsec: RFC 2401 5.1 and 5.2. */
#include <string.h>

#include "site.h"

Test(path, the_first_packet_asks_and_is_lost)
{
    struct site *s = site_new();
    site_ping(s, 3, 100, false);
    struct site_router *r = &s->r[0];
    cr_expect_eq(s->replies, 0);
    cr_expect_eq(r->asked, 3, "each packet asks");
    cr_expect_eq(site_said(s, "r1 ipsec_request"), 1, "but says so once");
    cr_expect_eq(site_count(r, "ipsec.acquire"), 1);
    cr_expect_eq(site_count(r, "esp.send_errors"), 3);
    cr_expect_eq(site_count(r, "drop.IPSEC_NO_SA"), 3);
    cr_expect_eq(r->last.local, R1);
    cr_expect_eq(r->last.remote, R2);
    cr_expect_eq(r->last.local_proxy.addr, LAN1);
    cr_expect_eq(r->last.remote_proxy.mask, 0xffffff00u);
    cr_expect_eq(r->last.n_offer, 1);
    cr_expect_eq(r->last.offer[0].cipher, CIPHER_3DES);
    cr_expect_eq(r->last.life_s, 3600);
    cr_expect_eq(r->last.life_kb, 4608000);
    cr_expect_eq(r->last.seq, 10);
    ipsec_acquire_failed(r->ipsec, R1, R2, &r->last.local_proxy, &r->last.remote_proxy);
    site_ping(s, 1, 100, false);
    cr_expect_eq(site_said(s, "r1 ipsec_request"), 2, "after a failure it is a new question");
    site_free(s);
}

Test(path, pings_go_through_and_are_counted_on_both_ends)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    cr_expect_eq(site_said(s, "ipsec_init_sas"), 4);
    cr_expect_eq(site_said(s, "ipsec_sa_new"), 4);
    cr_expect_eq(site_said(s, "key_esp"), 4);
    site_ping(s, 5, 100, false);
    site_ping(s, 5, 1400, false);
    cr_expect_eq(s->replies, 10);
    for (int side = 0; side < 2; side++) {
        struct site_router *r = &s->r[side];
        cr_expect_eq(site_count(r, "esp.out.packets"), 10);
        cr_expect_eq(site_count(r, "esp.in.packets"), 10);
        cr_expect_eq(site_count(r, "esp.out.bytes"), 7500);
        cr_expect_eq(site_count(r, "esp.in.bytes"), 7500);
        cr_expect_eq(site_count(r, "ipsec.sa.created"), 2);
        cr_assert_eq(ipsec_ident_count(r->ipsec), 1);
        const struct ipsec_ident *v = ipsec_ident_at(r->ipsec, 0);
        cr_expect_eq(v->encaps, 10);
        cr_expect_eq(v->encrypt, 10);
        cr_expect_eq(v->digest, 10);
        cr_expect_eq(v->decaps, 10);
        cr_expect_eq(v->decrypt, 10);
        cr_expect_eq(v->verify, 10);
        const struct ipsec_pair *p = v->pairs->pdata[0];
        cr_expect_eq(p->bytes_in, 7500);
        cr_expect_eq(p->bytes_out, 7500);
        cr_expect_eq(sad_by_id(ipsec_sad(r->ipsec), p->in)->replay->highest, 10);
    }
    cr_expect_eq(site_said(s, "esp_out"), 20);
    cr_expect_eq(site_said(s, "esp_in"), 20);
    struct acl *acl = net_acl(s->r[0].node, "110");
    cr_expect_eq(((struct acl_line *)acl->lines->pdata[0])->hits, 10, "a hit a packet out");
    ipsec_clear_counters(s->r[0].ipsec);
    cr_expect_eq(ipsec_ident_at(s->r[0].ipsec, 0)->encaps, 0);
    site_free(s);
}

/* What the wire carries, seen from the link. */
struct spy {
    uint32_t esp, clear;
};

static bool look(void *self, uint32_t end, uint64_t number, struct span packet)
{
    struct spy *spy = self;
    if (packet.n > 9 && packet.p[9] == IPPROTO_NUM_ESP)
        spy->esp++;
    else
        spy->clear++;
    return false;
}

Test(path, the_wire_carries_nothing_in_clear)
{
    struct site *s = site_new();
    struct spy spy = {0};
    struct net_match_rule rule = {.match = look, .self = &spy, .act = NET_ACT_DROP};
    net_link_rule_add(s->wan, &rule);
    site_ping(s, 2, 100, false);
    cr_expect_eq(spy.esp + spy.clear, 0);
    site_install(s, 1000, 3600, 0);
    site_ping(s, 3, 100, false);
    cr_expect_eq(spy.esp, 6);
    cr_expect_eq(spy.clear, 0);
    site_free(s);
}

Test(path, traffic_outside_the_policy_passes_in_clear)
{
    struct site *s = site_new();
    uint8_t payload[40] = {0};
    cr_expect(net_send_udp(s->r[0].node, R1, 500, R2, 500, 0, (struct span){payload, 40}));
    site_run(s, SECONDS(1));
    cr_expect_eq(s->r[0].asked, 0);
    cr_expect_eq(site_count(&s->r[1], "drop.UDP_NO_PORT"), 1, "it arrived");
    site_free(s);
}

Test(path, what_should_have_been_protected_is_refused_in_clear)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    ipsec_bind(s->r[0].ipsec, s->r[0].wan, NULL); /* r1 forgets */
    site_ping(s, 3, 100, false);
    cr_expect_eq(s->replies, 0);
    cr_expect_eq(site_count(&s->r[1], "drop.IPSEC_CLEAR"), 3);
    cr_expect_eq(site_count(&s->r[1], "esp.recv_errors"), 3);
    cr_expect_eq(site_said(s, "r2 ipsec_clear wan VPN"), 3);
    cr_expect_eq(ipsec_ident_at(s->r[1].ipsec, 0)->recv_errors, 3);
    site_free(s);
}

Test(path, an_unknown_spi_is_counted_and_told)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    ipsec_peer_gone(s->r[1].ipsec, R2, R1, 0, WHY_ADMIN);
    cr_expect_eq(s->r[1].ended, 0, "silently");
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 0);
    cr_expect_eq(s->r[1].unknown, 2);
    cr_expect_eq(s->r[1].last_spi, 1001);
    cr_expect_eq(site_count(&s->r[1], "esp.no_spi"), 2);
    cr_expect_eq(site_count(&s->r[1], "drop.ESP_NO_SPI"), 2);
    cr_expect_eq(site_said(s, "r2 esp_drop ESP_NO_SPI"), 2);
    site_free(s);
}

Test(path, the_inner_packet_must_be_one_the_sa_is_for)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    /* r2's SA is for another network than r1's: what opens well is still refused. */
    struct esp_sa *sa = sad_by_spi(ipsec_sad(s->r[1].ipsec), 1001);
    struct ipsec_ident *ident = (struct ipsec_ident *)ipsec_ident_at(s->r[1].ipsec, 0);
    ident->remote_proxy = proxy_of(IP4(10, 9, 0, 0), 0xffffff00u, 0, 0);
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 0);
    cr_expect_eq(sa->packets, 2, "opened");
    cr_expect_eq(site_count(&s->r[1], "drop.ESP_PROXY"), 2);
    cr_expect_eq(site_count(&s->r[1], "esp.proxy"), 2);
    cr_expect_eq(site_said(s, "r2 esp_drop ESP_PROXY"), 2);
    cr_expect_eq(ident->recv_errors, 2);
    site_free(s);
}

static bool second_esp(void *self, uint32_t end, uint64_t number, struct span packet)
{
    return packet.n > 9 && packet.p[9] == IPPROTO_NUM_ESP && end == 0;
}

Test(path, duplicates_and_damage_on_the_wire_are_refused_by_name)
{
    static const struct {
        enum net_act act;
        const char *counter, *drop, *said;
        uint32_t replies;
    } row[] = {
        {NET_ACT_DUPLICATE, "esp.replay", "drop.ESP_REPLAY", "r2 esp_drop ESP_REPLAY", 3},
        {NET_ACT_CORRUPT, "esp.icv", "drop.ESP_ICV", "r2 esp_drop ESP_ICV", 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        site_install(s, 1000, 3600, 0);
        struct net_match_rule rule = {.match = second_esp, .act = row[i].act};
        net_link_rule_add(s->wan, &rule);
        site_ping(s, 3, 600, false);
        cr_expect_eq(s->replies, row[i].replies);
        if (row[i].act == NET_ACT_DUPLICATE) {
            cr_expect_eq(site_count(&s->r[1], row[i].counter), 3);
            cr_expect_eq(site_count(&s->r[1], row[i].drop), 3);
            cr_expect_eq(site_said(s, row[i].said), 3);
        }
        cr_expect_eq(site_count(&s->r[1], "esp.recv_errors"), 3);
        cr_expect_eq(ipsec_ident_at(s->r[1].ipsec, 0)->decaps, row[i].replies);
        site_free(s);
    }
}

Test(path, sealed_packets_too_long_for_the_wire_are_cut_or_answered)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    site_ping(s, 2, 1500, false);
    cr_expect_eq(s->replies, 2, "cut after sealing, put together before opening");
    site_ping(s, 2, 1500, true);
    cr_expect_eq(s->lost, 2, "told that it does not fit");
    cr_expect_eq(site_count(&s->r[0], "drop.IP_DF"), 2);
    site_ping(s, 2, 1400, true);
    cr_expect_eq(s->replies, 4);
    /* The largest that fits, to the byte. */
    struct esp_suite suite = {CIPHER_3DES, HASH_SHA1, false};
    uint32_t fits = 1500;
    while (esp_sealed_bytes(suite, fits) > 1500)
        fits--;
    site_ping(s, 1, fits, true);
    cr_expect_eq(s->replies, 5);
    site_ping(s, 1, fits + 1, true);
    cr_expect_eq(s->replies, 5);
    s->r[0].conf->df = ESP_DF_CLEAR;
    s->r[1].conf->df = ESP_DF_CLEAR;
    site_ping(s, 1, 1500, true);
    cr_expect_eq(s->replies, 6, "DF is no bar when it is not copied");
    s->r[0].conf->df = s->r[1].conf->df = ESP_DF_SET;
    site_ping(s, 1, 1500, false);
    cr_expect_eq(s->replies, 7, "what may be cut still passes when DF is set on the rest");
    site_free(s);
}

Test(path, a_smaller_mtu_told_by_the_way_is_kept_for_ten_minutes)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    struct ipsec *x = s->r[0].ipsec;
    static const struct {
        ip4 remote;
        uint32_t spi, mtu;
        uint32_t replies; /* of one packet of 1400 bytes that must not be cut */
        const char *why;
    } row[] = {
        {R2, 1001, 0, 1, "no MTU at all"},
        {R2, 1001, 67, 1, "less than any link has"},
        {R2, 1000, 1300, 1, "the SPI of the other direction"},
        {R1, 1001, 1300, 1, "another peer"},
        {R2, 1001, 1300, 0, "believed"},
        {R2, 1001, 1480, 0, "larger than what is known"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint32_t before = s->replies;
        ipsec_path_mtu(x, row[i].remote, row[i].spi, row[i].mtu);
        site_ping(s, 1, 1400, true);
        cr_expect_eq(s->replies - before, row[i].replies, "%s", row[i].why);
    }
    uint32_t before = s->replies;
    site_ping(s, 1, 1400, false);
    cr_expect_eq(s->replies, before + 1, "what may be cut is");
    site_install(s, 2000, 3600, 0);
    site_ping(s, 1, 1400, true);
    cr_expect_eq(s->replies, before + 1, "the next pair takes the same way");
    site_run(s, SECONDS(600));
    site_ping(s, 1, 1400, true);
    cr_expect_eq(s->replies, before + 2, "after ten minutes it is tried again");
    site_free(s);
}

Test(path, entries_are_tried_in_order_and_a_deny_goes_on_to_the_next)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    /* Entry 5 denies h1 and permits the rest; the flow of h1 falls to 10. */
    site_entry(r, 5, LAN1, LAN2, IP4(192, 0, 2, 99));
    struct acl *acl = net_acl(r->node, "105");
    struct acl_line *deny = site_line(H1, UINT32_MAX, LAN2, 0xffffff00u);
    deny->permit = false;
    deny->number = 5;
    acl_add(acl, deny);
    ipsec_changed(r->ipsec);
    site_ping(s, 2, 100, false);
    cr_expect_eq(r->last.seq, 10);
    cr_expect_eq(r->last.remote, R2);
    cr_expect_eq(((struct acl_line *)acl->lines->pdata[0])->hits, 2,
                 "denials are counted each time");
    acl_line_free(g_ptr_array_steal_index(acl->lines, 0));
    ipsec_changed(r->ipsec);
    site_ping(s, 1, 100, false);
    cr_expect_eq(r->last.seq, 5);
    cr_expect_eq(r->last.remote, IP4(192, 0, 2, 99));
    site_free(s);
}

Test(path, the_next_peer_is_asked_after_a_failure)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    struct ipsec_map_entry *e = ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10);
    ip4 second = IP4(192, 0, 2, 77);
    g_array_append_val(e->peers, second);
    ipsec_changed(r->ipsec);
    static const ip4 order[] = {R2, IP4(192, 0, 2, 77), R2};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        site_ping(s, 1, 100, false);
        cr_expect_eq(r->last.remote, order[i], "question %zu", i);
        ipsec_acquire_failed(r->ipsec, R1, r->last.remote, &r->last.local_proxy,
                             &r->last.remote_proxy);
    }
    site_free(s);
}

Test(path, an_sa_for_a_part_of_the_line_carries_that_part)
{
    struct site *s = site_new();
    for (int side = 0; side < 2; side++) {
        struct ipsec_child c = site_child(side, 1000, 3600, 0);
        c.local_proxy = proxy_of(side ? H2 : H1, UINT32_MAX, 0, 0);
        c.remote_proxy = proxy_of(side ? H1 : H2, UINT32_MAX, 0, 0);
        cr_assert_eq(ipsec_install(s->r[side].ipsec, &c), WHY_NONE);
        cr_expect_eq(ipsec_ident_count(s->r[side].ipsec), 2);
        cr_expect_not(ipsec_ident_at(s->r[side].ipsec, 1)->from_acl);
    }
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 2);
    cr_expect_eq(ipsec_ident_at(s->r[0].ipsec, 1)->encaps, 2);
    ipsec_peer_deleted(s->r[0].ipsec, R2, 0, 1001, WHY_PEER_DELETE);
    cr_expect_eq(ipsec_ident_count(s->r[0].ipsec), 1, "it goes with its last pair");
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->r[0].last.local_proxy.addr, LAN1, "the line is asked for");
    site_free(s);
}

/* Random bytes from h1's side to r2, in ESP of its own. */
Test(path, garbage_for_esp_never_does_more_than_count)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    uint32_t x = 1;
    for (int i = 0; i < 2000; i++) {
        uint8_t bytes[128];
        for (size_t k = 0; k < sizeof bytes; k++) {
            x = x * 1664525u + 1013904223u;
            bytes[k] = (uint8_t)(x >> 24);
        }
        if (i % 2)
            be32_put(bytes, 1001);
        if (i % 4 == 3)
            be32_put(bytes + 4, (uint32_t)i);
        net_send_ip(s->r[0].node, R1, R2, IPPROTO_NUM_ESP, 0, false,
                    (struct span){bytes, x >> 8 & 127});
        site_run(s, MILLISECONDS(5));
    }
    cr_expect_eq(site_count(&s->r[1], "esp.in.packets"), 0);
    cr_expect_eq(site_count(&s->r[1], "esp.recv_errors"), 2000);
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->replies, 1, "and the SA still works");
    site_free(s);
}
