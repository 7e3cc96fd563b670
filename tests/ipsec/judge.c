/* What a node says to a peer's proposal, and what it lets be installed. */
#include <string.h>

#include "site.h"

#define MASK24 0xffffff00u

static struct ipsec_request ask(void)
{
    return (struct ipsec_request){
        .local = R1,
        .remote = R2,
        .local_proxy = proxy_of(LAN1, MASK24, 0, 0),
        .remote_proxy = proxy_of(LAN2, MASK24, 0, 0),
        .suite = {CIPHER_3DES, HASH_SHA1, false},
        .part = 1,
    };
}

Test(judge, suites_must_be_in_a_set_of_a_map_that_speaks_from_the_address)
{
    static const struct {
        ip4 local;
        struct esp_suite suite;
        enum ike_why why;
    } row[] = {
        {R1, {CIPHER_3DES, HASH_SHA1, false}, WHY_NONE},
        {R1, {CIPHER_3DES, HASH_MD5, false}, WHY_TRANSFORM},
        {R1, {CIPHER_DES, HASH_SHA1, false}, WHY_TRANSFORM},
        {R1, {CIPHER_3DES, HASH_SHA1, true}, WHY_TRANSFORM},
        {IP4(10, 1, 0, 1), {CIPHER_3DES, HASH_SHA1, false}, WHY_LOCAL_ADDRESS},
        {0, {CIPHER_3DES, HASH_SHA1, false}, WHY_LOCAL_ADDRESS},
    };
    struct site *s = site_new();
    uint32_t refused = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        cr_expect_eq(ipsec_check_suite(s->r[0].ipsec, row[i].local, R2, &row[i].suite), row[i].why,
                     "row %zu", i);
        refused += row[i].why != WHY_NONE;
    }
    cr_expect_eq(site_said(s, "r1 ipsec_transform_refused"), refused);
    cr_expect_eq(site_said(s, "ipsec_transform_refused LOCAL_ADDRESS"), 2);
    ipsec_set_find(s->r[0].conf, "TS")->suite.transport = true;
    cr_expect_eq(ipsec_check_suite(s->r[0].ipsec, R1, R2, &row[0].suite), WHY_NONE);
    cr_expect_eq(ipsec_check_suite(s->r[0].ipsec, R1, R2, &row[3].suite), WHY_NONE);
    site_free(s);
}

Test(judge, a_map_speaks_from_its_local_address)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    struct esp_suite suite = {CIPHER_3DES, HASH_SHA1, false};
    cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), R1);
    cr_expect_eq(ipsec_local_address(r->ipsec, r->lan), 0);
    ipsec_map_find(r->conf, "VPN")->local_if = g_strdup("lan");
    ipsec_changed(r->ipsec);
    cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), IP4(10, 1, 0, 1));
    cr_expect_eq(ipsec_check_suite(r->ipsec, R1, R2, &suite), WHY_LOCAL_ADDRESS);
    cr_expect_eq(ipsec_check_suite(r->ipsec, IP4(10, 1, 0, 1), R2, &suite), WHY_NONE);
    site_ping(s, 1, 100, false);
    cr_expect_eq(r->last.local, IP4(10, 1, 0, 1));
    g_free(ipsec_map_find(r->conf, "VPN")->local_if);
    ipsec_map_find(r->conf, "VPN")->local_if = g_strdup("nowhere");
    ipsec_changed(r->ipsec);
    cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), 0);
    site_free(s);
}

Test(judge, proxies_must_be_those_of_a_line_or_within_one)
{
    const struct {
        struct proxy local, remote;
        enum ike_why why;
    } row[] = {
        {proxy_of(LAN1, MASK24, 0, 0), proxy_of(LAN2, MASK24, 0, 0), WHY_NONE},
        {proxy_of(H1, UINT32_MAX, 0, 0), proxy_of(H2, UINT32_MAX, 0, 0), WHY_NONE},
        {proxy_of(H1, UINT32_MAX, 6, 0), proxy_of(H2, UINT32_MAX, 6, 23), WHY_NONE},
        {proxy_of(LAN1, 0xffff0000u, 0, 0), proxy_of(LAN2, MASK24, 0, 0), WHY_PROXY},
        {proxy_of(LAN1, MASK24, 0, 0), proxy_of(LAN2, 0xffff0000u, 0, 0), WHY_PROXY},
        {proxy_of(LAN2, MASK24, 0, 0), proxy_of(LAN1, MASK24, 0, 0), WHY_PROXY},
        {proxy_of(LAN1, MASK24, 0, 0), proxy_of(IP4(10, 3, 0, 0), MASK24, 0, 0), WHY_PROXY},
        {proxy_of(0, 0, 0, 0), proxy_of(0, 0, 0, 0), WHY_PROXY},
    };
    struct site *s = site_new();
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ipsec_request q = ask();
        struct ipsec_grant grant;
        q.local_proxy = row[i].local;
        q.remote_proxy = row[i].remote;
        cr_expect_eq(ipsec_check_request(s->r[0].ipsec, &q, &grant), row[i].why, "row %zu", i);
    }
    cr_expect_eq(site_said(s, "r1 ipsec_validate NONE"), 3);
    cr_expect_eq(site_said(s, "r1 ipsec_validate PROXY"), 5);
    site_free(s);
}

Test(judge, the_entry_found_must_name_the_peer_the_transform_and_the_group)
{
    static const struct {
        ip4 remote;
        struct esp_suite suite;
        enum crypto_group own, offered;
        enum ike_why why;
    } row[] = {
        {R2, {CIPHER_3DES, HASH_SHA1, false}, GROUP_NONE, GROUP_NONE, WHY_NONE},
        {R2, {CIPHER_3DES, HASH_SHA1, false}, GROUP_NONE, GROUP_MODP1024, WHY_NONE},
        {R2, {CIPHER_3DES, HASH_SHA1, false}, GROUP_MODP1024, GROUP_MODP1024, WHY_NONE},
        {R2, {CIPHER_3DES, HASH_SHA1, false}, GROUP_MODP1024, GROUP_NONE, WHY_PFS},
        {R2, {CIPHER_3DES, HASH_SHA1, false}, GROUP_MODP1024, GROUP_MODP768, WHY_PFS},
        {R2, {CIPHER_AES128, HASH_SHA1, false}, GROUP_NONE, GROUP_NONE, WHY_TRANSFORM},
        {IP4(9, 9, 9, 9), {CIPHER_3DES, HASH_SHA1, false}, GROUP_NONE, GROUP_NONE, WHY_PEER},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        struct ipsec_request q = ask();
        struct ipsec_grant grant = {0};
        ipsec_entry_find(ipsec_map_find(s->r[0].conf, "VPN"), 10)->pfs = row[i].own;
        q.remote = row[i].remote;
        q.suite = row[i].suite;
        q.group = row[i].offered;
        cr_expect_eq(ipsec_check_request(s->r[0].ipsec, &q, &grant), row[i].why, "row %zu", i);
        if (row[i].why == WHY_NONE) {
            cr_expect_str_eq(grant.map, "VPN");
            cr_expect_eq(grant.seq, 10);
        }
        site_free(s);
    }
}

Test(judge, the_shorter_lifetime_wins)
{
    static const struct {
        uint32_t own_s, own_kb, offer_s, offer_kb, s, kb;
    } row[] = {
        {0, 0, 0, 0, 3600, 4608000},
        {0, 0, 600, 1000, 600, 1000},
        {300, 500, 600, 1000, 300, 500},
        {7200, 0, 28800, 9000000, 7200, 4608000},
    };
    struct site *s = site_new();
    struct ipsec_map_entry *e = ipsec_entry_find(ipsec_map_find(s->r[0].conf, "VPN"), 10);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ipsec_request q = ask();
        struct ipsec_grant grant;
        e->life_s = row[i].own_s;
        e->life_kb = row[i].own_kb;
        q.life_s = row[i].offer_s;
        q.life_kb = row[i].offer_kb;
        cr_assert_eq(ipsec_check_request(s->r[0].ipsec, &q, &grant), WHY_NONE);
        cr_expect_eq(grant.life_s, row[i].s, "row %zu", i);
        cr_expect_eq(grant.life_kb, row[i].kb, "row %zu", i);
    }
    site_free(s);
}

/* A peer that sends host addresses with the mask of the network passes the first judgement, and is
 * refused when the SAs are to be installed. */
Test(judge, identities_with_host_bits_are_refused_at_installation)
{
    struct site *s = site_new();
    struct ipsec_request q = ask();
    struct ipsec_grant grant;
    q.local_proxy = proxy_of(H1, MASK24, 0, 0);
    q.remote_proxy = proxy_of(H2, MASK24, 0, 0);
    cr_expect_eq(ipsec_check_request(s->r[0].ipsec, &q, &grant), WHY_NONE);
    struct ipsec_child c = site_child(0, 1000, 3600, 0);
    c.local_proxy = q.local_proxy;
    c.remote_proxy = q.remote_proxy;
    cr_expect_eq(ipsec_install(s->r[0].ipsec, &c), WHY_PROXY_AT_INSTALL);
    cr_expect_eq(site_said(s, "r1 ipsec_init_refused PROXY_AT_INSTALL"), 1);
    cr_expect_eq(sad_count(ipsec_sad(s->r[0].ipsec)), 0);
    /* Where the list itself is written so, they are its own. */
    acl_add(net_acl(s->r[0].node, "110"), site_line(H1, MASK24, H2, MASK24));
    ipsec_changed(s->r[0].ipsec);
    cr_expect_eq(ipsec_install(s->r[0].ipsec, &c), WHY_NONE);
    site_free(s);
}

Test(judge, raw_identities_are_sent_only_when_asked_for)
{
    for (int raw = 0; raw < 2; raw++) {
        struct site *s = site_new();
        struct site_router *r = &s->r[0];
        r->conf->raw_proxy_id = raw;
        struct acl_line *l = net_acl(r->node, "110")->lines->pdata[0];
        l->src.addr = H1;
        ipsec_changed(r->ipsec);
        site_ping(s, 1, 100, false);
        cr_expect_eq(r->last.local_proxy.addr, raw ? H1 : LAN1);
        struct ipsec_child c = site_child(0, 1000, 3600, 0);
        c.local_proxy = r->last.local_proxy;
        cr_expect_eq(ipsec_install(r->ipsec, &c), WHY_NONE, "its own identities, raw %d", raw);
        cr_expect_eq(ipsec_ident_count(r->ipsec), 1);
        site_free(s);
    }
}

Test(judge, what_cannot_be_installed_leaves_nothing_behind)
{
    struct site *s = site_new();
    struct ipsec *x = s->r[0].ipsec;
    struct ipsec_child good = site_child(0, 1000, 3600, 0), c = good;
    c.keymat_in.n--;
    cr_expect_neq(ipsec_install(x, &c), WHY_NONE);
    c = good;
    c.local = IP4(9, 9, 9, 9);
    cr_expect_eq(ipsec_install(x, &c), WHY_PROXY_AT_INSTALL);
    c = good;
    c.map = "OTHER";
    cr_expect_eq(ipsec_install(x, &c), WHY_PROXY_AT_INSTALL);
    c = good;
    c.map = "VPN";
    c.seq = 11;
    cr_expect_eq(ipsec_install(x, &c), WHY_PROXY_AT_INSTALL);
    cr_expect_eq(sad_count(ipsec_sad(x)), 0);
    cr_expect_eq(ipsec_install(x, &good), WHY_NONE);
    cr_expect_neq(ipsec_install(x, &good), WHY_NONE, "the SPI is in use");
    cr_expect_eq(sad_count(ipsec_sad(x)), 2);
    site_free(s);
}

Test(judge, spis_are_fresh_and_not_reserved)
{
    struct site *s = site_new();
    g_autoptr(GHashTable) seen = g_hash_table_new(NULL, NULL);
    for (int i = 0; i < 1000; i++) {
        uint32_t spi = ipsec_new_spi(s->r[0].ipsec);
        cr_expect_geq(spi, 256);
        cr_expect(g_hash_table_add(seen, GUINT_TO_POINTER(spi)));
    }
    site_free(s);
}

Test(judge, replay_window_comes_from_the_entry_or_the_global_value)
{
    static const struct {
        uint32_t entry, global, window;
    } row[] = {{0, 64, 64}, {0, 1024, 1024}, {256, 1024, 256}, {UINT32_MAX, 64, 0}, {0, 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        struct site_router *r = &s->r[0];
        ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10)->replay_window = row[i].entry;
        r->conf->replay_window = row[i].global;
        site_install(s, 1000, 3600, 0);
        const struct esp_sa *sa = sad_by_spi(ipsec_sad(r->ipsec), 1000);
        cr_expect_eq(sa->replay ? sa->replay->size : 0, row[i].window, "row %zu", i);
        site_free(s);
    }
}

Test(judge, sets_of_transport_mode_are_offered_so_only_between_the_peers)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    ipsec_set_find(r->conf, "TS")->suite.transport = true;
    site_ping(s, 1, 100, false);
    cr_expect_not(r->last.offer[0].transport);
    acl_add(net_acl(r->node, "110"), site_line(R1, UINT32_MAX, R2, UINT32_MAX));
    ipsec_changed(r->ipsec);
    net_send_ip(r->node, R1, R2, 89, 0, false, (struct span){(const uint8_t *)"hello", 5});
    cr_expect(r->last.offer[0].transport);
    cr_expect_eq(r->last.local_proxy.addr, R1);
    site_free(s);
}
