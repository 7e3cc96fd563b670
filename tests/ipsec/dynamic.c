/* Dynamic maps: templates for peers that call. Entries that lack a peer, and the address a map
 * speaks from. */
#include "site.h"

#define MASK24 0xffffff00u
#define SPOKE  IP4(198, 51, 100, 7)
#define OTHER  IP4(198, 51, 100, 8)

static const struct esp_suite suite_3des = {CIPHER_3DES, HASH_SHA1, false},
                              suite_des = {CIPHER_DES, HASH_MD5, false};

/* A template of the dynamic map DYN on r1, and the entry of VPN that refers to it. */
static struct ipsec_map_entry *template(struct site *s, uint32_t at, uint32_t seq, const char *set)
{
    struct site_router *r = &s->r[0];
    struct ipsec_map_entry *e = ipsec_entry_make(ipsec_map_make(r->conf, "VPN"), at);
    g_free(e->dynamic);
    e->dynamic = g_strdup("DYN");
    struct ipsec_map_entry *t = ipsec_entry_make(ipsec_dynamic_make(r->conf, "DYN"), seq);
    g_ptr_array_add(t->transform_sets, g_strdup(set));
    ipsec_set_make(r->conf, "WEAK")->suite = suite_des;
    ipsec_changed(r->ipsec);
    return t;
}

static struct ipsec_request request(ip4 remote, ip4 local_net, ip4 remote_net)
{
    return (struct ipsec_request){
        .local = R1,
        .remote = remote,
        .local_proxy = proxy_of(local_net, MASK24, 0, 0),
        .remote_proxy = proxy_of(remote_net, MASK24, 0, 0),
        .suite = suite_3des,
        .part = 1,
    };
}

static enum ike_why call(struct site *s, const struct ipsec_request *q, uint32_t spi,
                         struct ipsec_grant *g)
{
    enum ike_why why = ipsec_check_request(s->r[0].ipsec, q, g);
    if (why != WHY_NONE)
        return why;
    struct ipsec_child c = site_child(0, spi, 3600, 0);
    uint8_t key[44] = {1};
    c.suite = q->suite;
    c.keymat_in = c.keymat_out = (struct span){key, esp_keymat_bytes(q->suite)};
    c.remote = q->remote;
    c.local_proxy = q->local_proxy;
    c.remote_proxy = q->remote_proxy;
    c.map = g->map;
    c.seq = g->seq;
    c.initiator = false;
    c.party = q->party;
    return ipsec_install(s->r[0].ipsec, &c);
}

static const struct ipsec_ident *ident_with(const struct site *s, ip4 peer)
{
    for (size_t i = 0; i < ipsec_ident_count(s->r[0].ipsec); i++)
        if (ipsec_ident_at(s->r[0].ipsec, i)->peer == peer)
            return ipsec_ident_at(s->r[0].ipsec, i);
    return NULL;
}

Test(dynamic, takes_any_peer_and_any_identities_and_forgets_them_with_the_last_pair)
{
    struct site *s = site_new();
    struct ipsec_request q = request(SPOKE, IP4(10, 8, 0, 0), IP4(10, 9, 0, 0));
    struct ipsec_grant g = {0};
    cr_expect_eq(call(s, &q, 500, &g), WHY_PROXY, "no template yet");
    template(s, 65535, 10, "TS")->life_s = 1200;
    cr_assert_eq(call(s, &q, 500, &g), WHY_NONE);
    cr_expect_eq(g.seq, IPSEC_SEQ(65535, 10));
    cr_expect_str_eq(g.map, "VPN");
    cr_expect_eq(g.life_s, 1200);
    const struct ipsec_ident *v = ident_with(s, SPOKE);
    cr_assert_not_null(v);
    cr_expect_str_eq(v->dynamic, "DYN");
    cr_expect_eq(v->template_seq, 10);
    cr_expect_eq(v->seq, 65535);
    cr_expect_not(v->from_acl);
    cr_expect(ipsec_wants(s->r[0].ipsec, "VPN", g.seq, &q.local_proxy, &q.remote_proxy));
    ipsec_changed(s->r[0].ipsec);
    cr_expect_not_null(ident_with(s, SPOKE), "a change elsewhere is no end");
    ipsec_peer_gone(s->r[0].ipsec, R1, SPOKE, 0, WHY_PEER_DELETE);
    cr_expect_null(ident_with(s, SPOKE));
    site_free(s);
}

Test(dynamic, entries_are_tried_by_number_whatever_they_are)
{
    static const struct {
        uint32_t at;      /* number of the entry that refers to DYN, whose set is WEAK */
        enum ike_why why; /* what the static peer hears */
    } row[] = {{5, WHY_TRANSFORM}, {60000, WHY_NONE}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        template(s, row[i].at, 10, "WEAK");
        struct ipsec_request q = request(R2, LAN1, LAN2);
        struct ipsec_grant g = {0};
        cr_expect_eq(ipsec_check_suite(s->r[0].ipsec, R1, R2, &suite_des), WHY_NONE,
                     "a template's set is known");
        cr_expect_eq(ipsec_check_request(s->r[0].ipsec, &q, &g), row[i].why, "row %zu", i);
        site_free(s);
    }
}

Test(dynamic, of_several_templates_the_first_that_fits_is_taken)
{
    struct site *s = site_new();
    template(s, 65535, 5, "WEAK");
    template(s, 65535, 10, "TS")->pfs = GROUP_MODP1024;
    struct ipsec_map_entry *only = template(s, 65535, 15, "TS");
    ip4 known = OTHER;
    g_array_append_val(only->peers, known);
    template(s, 65535, 20, "TS");
    static const struct {
        ip4 peer;
        bool weak;
        enum crypto_group group;
        uint32_t template_seq;
    } row[] = {
        {SPOKE, true, GROUP_NONE, 5},
        {SPOKE, false, GROUP_MODP1024, 10},
        {OTHER, false, GROUP_NONE, 15},
        {SPOKE, false, GROUP_NONE, 20},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ipsec_request q = request(row[i].peer, IP4(10, 8, 0, 0), IP4(10, 9, (uint8_t)i, 0));
        struct ipsec_grant g = {0};
        q.group = row[i].group;
        q.suite = row[i].weak ? suite_des : suite_3des;
        cr_assert_eq(call(s, &q, 500 + 10 * (uint32_t)i, &g), WHY_NONE, "row %zu", i);
        cr_expect_eq(g.seq, IPSEC_SEQ(65535, row[i].template_seq), "row %zu", i);
        bool found = false;
        for (size_t k = 0; k < ipsec_ident_count(s->r[0].ipsec); k++) {
            const struct ipsec_ident *v = ipsec_ident_at(s->r[0].ipsec, k);
            found |= v->template_seq == row[i].template_seq && v->peer == row[i].peer;
        }
        cr_expect(found, "installed where it was granted, row %zu", i);
    }
    /* listed by template */
    uint32_t last = 0;
    for (size_t k = 0; k < ipsec_ident_count(s->r[0].ipsec); k++) {
        cr_expect_geq(ipsec_ident_at(s->r[0].ipsec, k)->template_seq, last);
        last = ipsec_ident_at(s->r[0].ipsec, k)->template_seq;
    }
    site_free(s);
}

Test(dynamic, an_access_list_limits_the_identities)
{
    struct site *s = site_new();
    template(s, 65535, 10, "TS")->acl = g_strdup("130");
    acl_add(net_acl_make(s->r[0].node, "130", true),
            site_line(IP4(10, 8, 0, 0), MASK24, IP4(10, 9, 0, 0), 0xffff0000u));
    ipsec_changed(s->r[0].ipsec);
    struct ipsec_request in = request(SPOKE, IP4(10, 8, 0, 0), IP4(10, 9, 3, 0)),
                         out = request(SPOKE, IP4(10, 7, 0, 0), IP4(10, 9, 3, 0));
    struct ipsec_grant g = {0};
    cr_expect_eq(call(s, &in, 500, &g), WHY_NONE);
    cr_expect_eq(call(s, &out, 600, &g), WHY_PROXY);
    net_acl_remove(s->r[0].node, "130");
    ipsec_changed(s->r[0].ipsec);
    cr_expect_eq(call(s, &in, 700, &g), WHY_PROXY,
                 "an access list that is not there takes nothing");
    site_free(s);
}

/* r1's only entry refers to a template; r2 is an ordinary spoke. */
static struct site *hub(void)
{
    struct site *s = site_new();
    ipsec_entry_remove(ipsec_map_find(s->r[0].conf, "VPN"), 10);
    template(s, 65535, 10, "TS");
    return s;
}

static void spoke_calls(struct site *s, uint32_t spi)
{
    struct ipsec_child c = site_child(1, spi, 3600, 0);
    cr_assert_eq(ipsec_install(s->r[1].ipsec, &c), WHY_NONE);
    c = site_child(0, spi, 3600, 0);
    c.map = "VPN";
    c.seq = IPSEC_SEQ(65535, 10);
    c.initiator = false;
    cr_assert_eq(ipsec_install(s->r[0].ipsec, &c), WHY_NONE);
}

Test(dynamic, carries_traffic_while_the_spoke_is_there_and_never_asks)
{
    struct site *s = hub();
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->r[0].asked, 0, "nobody to ask");
    cr_expect_eq(site_count(&s->r[0], "esp.out.packets"), 0,
                 "in clear, as a template without a list");
    spoke_calls(s, 1000);
    site_ping(s, 3, 100, false);
    cr_expect_eq(s->replies, 3);
    cr_expect_eq(site_count(&s->r[0], "esp.out.packets"), 3);
    /* Its rekey asks who called. */
    sim_run(s->sim, SECONDS(3600));
    cr_expect_geq(s->r[0].asked, 1);
    cr_expect_eq(s->r[0].last.remote, R2);
    cr_expect_eq(s->r[0].last.seq, IPSEC_SEQ(65535, 10));
    cr_expect_eq(s->r[0].last.spi_old, 1000);
    site_free(s);
}

Test(dynamic, a_rekey_takes_the_place_of_the_older_pair)
{
    struct site *s = hub();
    spoke_calls(s, 1000);
    spoke_calls(s, 2000);
    cr_expect_eq(ipsec_ident_count(s->r[0].ipsec), 1);
    cr_expect_eq(ipsec_ident_at(s->r[0].ipsec, 0)->pairs->len, 2);
    cr_expect_eq(ipsec_ident_at(s->r[0].ipsec, 0)->context, 1);
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 2);
    site_free(s);
}

Test(dynamic, who_came_last_gets_the_traffic_of_the_same_identities)
{
    struct site *s = hub();
    struct ipsec_request q = request(SPOKE, LAN1, LAN2);
    struct ipsec_grant g = {0};
    cr_assert_eq(call(s, &q, 500, &g), WHY_NONE);
    spoke_calls(s, 1000);
    cr_expect_eq(ipsec_ident_count(s->r[0].ipsec), 2, "each peer has its own");
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 2);
    ipsec_changed(s->r[0].ipsec);
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 4, "after a change too");
    site_free(s);
}

Test(dynamic, idle_limit_of_the_template_ends_the_pair)
{
    struct site *s = hub();
    ipsec_entry_find(ipsec_dynamic_find(s->r[0].conf, "DYN"), 10)->idle_s = 60;
    spoke_calls(s, 1000);
    sim_run(s->sim, SECONDS(60));
    cr_expect_eq(s->r[0].last_why, WHY_IDLE);
    cr_expect_eq(ipsec_ident_count(s->r[0].ipsec), 0);
    site_free(s);
}

Test(dynamic, a_packet_for_its_access_list_has_nobody_to_ask_and_that_is_said_once)
{
    struct site *s = hub();
    ipsec_entry_find(ipsec_dynamic_find(s->r[0].conf, "DYN"), 10)->acl = g_strdup("110");
    ipsec_changed(s->r[0].ipsec);
    cr_expect_eq(ipsec_ident_count(s->r[0].ipsec), 0, "it is not listed");
    site_ping(s, 3, 100, false);
    cr_expect_eq(site_said(s, "r1 ipsec_no_peer lan"), 0);
    cr_expect_eq(site_said(s, "r1 ipsec_no_peer wan VPN 110 yes"), 1);
    cr_expect_eq(site_count(&s->r[0], "drop.IPSEC_NO_PEER"), 3);
    cr_expect_eq(s->r[0].asked, 0);
    spoke_calls(s, 1000);
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->replies, 1);
    ipsec_clear(s->r[0].ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN);
    site_ping(s, 2, 100, false);
    cr_expect_eq(site_said(s, "r1 ipsec_no_peer wan VPN 110 yes"), 2, "something had changed");
    site_free(s);
}

/* ---- Entries that lack their peer ---- */

Test(no_peer, packets_are_held_where_the_profile_says_so_and_else_pass)
{
    for (int holds = 0; holds < 2; holds++) {
        struct site *s = site_new();
        struct site_router *r = &s->r[0];
        r->conf->holds_without_peer = holds;
        g_array_set_size(ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10)->peers, 0);
        ipsec_changed(r->ipsec);
        site_ping(s, 3, 100, false);
        cr_expect_eq(site_said(s, "r1 ipsec_no_peer wan VPN 110 no"), holds);
        cr_expect_eq(site_count(r, "drop.IPSEC_NO_PEER"), holds ? 3 : 0);
        cr_expect_eq(ipsec_ident_count(r->ipsec), 0);
        struct ipsec_request q = request(R2, LAN1, LAN2);
        struct ipsec_grant g = {0};
        cr_expect_eq(ipsec_check_request(r->ipsec, &q, &g), WHY_PROXY, "passed by when asked");
        ipsec_changed(r->ipsec);
        site_ping(s, 1, 100, false);
        cr_expect_eq(site_said(s, "r1 ipsec_no_peer"), 2 * (uint32_t)holds);
        ip4 peer = R2;
        g_array_append_val(ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10)->peers, peer);
        ipsec_changed(r->ipsec);
        site_ping(s, 1, 100, false);
        cr_expect_eq(r->asked, 1, "cured");
        site_free(s);
    }
}

Test(no_peer, sas_of_before_still_carry)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    r->conf->holds_without_peer = true;
    site_install(s, 1000, 3600, 0);
    g_array_set_size(ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10)->peers, 0);
    ipsec_changed(r->ipsec);
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 2);
    site_free(s);
}

/* ---- Parties ---- */

/* What the profile of a hub's phase 1 decides, not the number of the template. */
Test(party, decides_which_template_is_taken)
{
    static const struct {
        const char *party;
        enum ike_why why;
        uint32_t template;
    } row[] = {
        {"clients", WHY_NONE, 5}, {"spokes", WHY_NONE, 10}, {"Clients", WHY_PROXY, 0},
        {"", WHY_PROXY, 0},       {NULL, WHY_PROXY, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        struct ipsec_grant g = {0};
        g_strlcpy(template(s, 65535, 5, "TS")->party, "clients", 64);
        g_strlcpy(template(s, 65535, 10, "TS")->party, "spokes", 64);
        struct ipsec_request q = request(SPOKE, IP4(10, 8, 0, 0), IP4(10, 9, 0, 0));
        q.party = row[i].party;
        cr_expect_eq(call(s, &q, 500, &g), row[i].why, "row %zu", i);
        if (row[i].why == WHY_NONE)
            cr_expect_eq(g.seq, IPSEC_SEQ(65535, row[i].template), "row %zu", i);
        site_free(s);
    }
}

Test(party, of_an_entry_keeps_its_pairs_from_others)
{
    struct site *s = site_new();
    struct ipsec_grant g = {0};
    struct ipsec_map_entry *e = ipsec_entry_find(ipsec_map_find(s->r[0].conf, "VPN"), 10);
    struct ipsec_request q = request(R2, LAN1, LAN2);
    q.party = "anybody";
    cr_expect_eq(call(s, &q, 500, &g), WHY_NONE, "an entry of nobody serves everyone");
    g_strlcpy(e->party, "spokes", sizeof e->party);
    struct ipsec_child c = site_child(0, 600, 3600, 0);
    cr_expect_eq(ipsec_install(s->r[0].ipsec, &c), WHY_PROXY_AT_INSTALL);
    c.party = "spokes";
    cr_expect_eq(ipsec_install(s->r[0].ipsec, &c), WHY_NONE);
    site_free(s);
}

/* ---- The address a map speaks from (CAT-18) ---- */

Test(binding, keeps_its_address_until_applied_anew_where_the_profile_says_so)
{
    const ip4 moved = IP4(192, 0, 2, 9);
    for (int keeps = 0; keeps < 2; keeps++) {
        struct site *s = site_new();
        struct site_router *r = &s->r[0];
        r->conf->map_keeps_address = keeps;
        site_install(s, 1000, 3600, 0);
        net_if_set_address(r->wan, moved, MASK24);
        ipsec_changed(r->ipsec);
        cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), keeps ? R1 : moved);
        cr_expect_eq(ipsec_check_suite(r->ipsec, moved, R2, &suite_3des),
                     keeps ? WHY_LOCAL_ADDRESS : WHY_NONE);
        ipsec_bind(r->ipsec, r->wan, NULL);
        cr_expect_eq(r->ended, 1, "the peer is told");
        cr_expect_eq(r->last_why, WHY_CONFIG);
        cr_expect_eq(sad_count(ipsec_sad(r->ipsec)), 0);
        ipsec_bind(r->ipsec, r->wan, "VPN");
        cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), moved);
        cr_expect_eq(ipsec_check_suite(r->ipsec, moved, R2, &suite_3des), WHY_NONE);
        site_free(s);
    }
}

Test(binding, an_address_that_comes_later_is_taken_then)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    r->conf->map_keeps_address = true;
    ipsec_bind(r->ipsec, r->wan, NULL);
    net_if_set_address(r->wan, 0, 0);
    ipsec_bind(r->ipsec, r->wan, "VPN");
    cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), 0);
    net_if_set_address(r->wan, R1, MASK24);
    ipsec_changed(r->ipsec);
    cr_expect_eq(ipsec_local_address(r->ipsec, r->wan), R1);
    site_free(s);
}
