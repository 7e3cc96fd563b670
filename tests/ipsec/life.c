/* Limits of SA pairs in seconds and kilobytes, rekeying, overlap, and their ends. */
#include "site.h"

static const struct ipsec_pair *pair_at(const struct site *s, int side, guint i)
{
    const struct ipsec_ident *v = ipsec_ident_at(s->r[side].ipsec, 0);
    return i < v->pairs->len ? v->pairs->pdata[i] : NULL;
}

Test(life, seconds_ask_thirty_before_the_end_and_end_on_time)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    site_install(s, 1000, 3600, 0);
    cr_expect_eq(pair_at(s, 0, 0)->soft, SECONDS(3570));
    cr_expect_eq(pair_at(s, 0, 0)->hard, SECONDS(3600));
    cr_expect_eq(pair_at(s, 1, 0)->soft, SECONDS(3575), "the responder waits a little longer");
    site_ping(s, 1, 100, false);
    sim_run(s->sim, SECONDS(3570) - 1);
    cr_expect_eq(r->asked, 0);
    sim_run(s->sim, SECONDS(3570));
    cr_expect_eq(r->asked, 1);
    cr_expect_eq(r->last.spi_old, 1000);
    cr_expect_eq(site_said(s, "r1 ipsec_soft seconds"), 1);
    sim_run(s->sim, SECONDS(3599));
    cr_expect_eq(r->asked, 3, "again each ten seconds");
    cr_expect_eq(site_said(s, "r1 ipsec_soft seconds"), 1);
    cr_expect_eq(r->ended, 0);
    sim_run(s->sim, SECONDS(3600));
    cr_expect_eq(r->ended, 1);
    cr_expect_eq(r->last_spi, 1000);
    cr_expect_eq(r->last_why, WHY_EXPIRED);
    cr_expect_null(pair_at(s, 0, 0));
    cr_expect_eq(sad_count(ipsec_sad(r->ipsec)), 0);
    cr_expect_eq(site_said(s, "r1 ipsec_sa_dead yes 3DES SHA1 EXPIRED"), 1);
    cr_expect_eq(site_said(s, "r1 ipsec_sa_dead no 3DES SHA1 EXPIRED"), 1);
    cr_expect_eq(site_count(r, "ipsec.sa.deleted"), 2);
    site_free(s);
}

Test(life, a_pair_that_sent_nothing_is_let_go_unless_the_profile_says)
{
    for (int idle = 0; idle < 2; idle++) {
        struct site *s = site_new();
        s->timing.rekey_idle = idle;
        site_install(s, 1000, 600, 0);
        sim_run(s->sim, SECONDS(601));
        cr_expect_eq(s->r[0].asked, idle ? 3 : 0);
        cr_expect_eq(s->r[0].ended, 1);
        site_free(s);
    }
}

Test(life, a_packet_after_the_rekey_point_asks_at_once)
{
    struct site *s = site_new();
    site_install(s, 1000, 600, 0);
    sim_run(s->sim, SECONDS(580));
    cr_expect_eq(s->r[0].asked, 0);
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->r[0].asked, 1);
    cr_expect_eq(s->r[0].last.spi_old, 1000);
    cr_expect_eq(s->replies, 1);
    site_free(s);
}

Test(life, short_lives_ask_after_three_quarters)
{
    struct site *s = site_new();
    site_install(s, 1000, 20, 0);
    cr_expect_eq(pair_at(s, 0, 0)->soft, SECONDS(15));
    site_free(s);
}

Test(life, kilobytes_ask_and_end)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    /* 300 kB: asks 256 kB before the end, at 44 kB = 45,056 bytes: the 46th packet of 1,000. */
    site_install(s, 1000, 0, 300);
    cr_expect_eq(pair_at(s, 0, 0)->soft, SIM_TIME_MAX);
    cr_expect_eq(pair_at(s, 0, 0)->soft_bytes, 45056);
    cr_expect_eq(pair_at(s, 0, 0)->hard_bytes, 307200);
    site_ping(s, 45, 1000, false);
    cr_expect_eq(r->asked, 0);
    site_ping(s, 1, 1000, false);
    cr_expect_eq(r->asked, 1);
    cr_expect_eq(site_said(s, "r1 ipsec_soft kilobytes"), 1);
    cr_expect_eq(s->replies, 46);
    site_ping(s, 261, 1000, false);
    cr_expect_eq(s->replies, 307, "the last packet still passes");
    site_ping(s, 1, 1000, false);
    cr_expect_eq(s->replies, 307);
    cr_expect_eq(r->ended, 1);
    cr_expect_eq(r->last_why, WHY_EXPIRED);
    cr_expect_null(pair_at(s, 0, 0));
    cr_expect_eq(site_said(s, "r1 ipsec_soft kilobytes"), 1);
    site_free(s);
}

Test(life, a_successor_takes_over_and_the_old_pair_stays_for_what_is_on_its_way)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    site_ping(s, 2, 100, false);
    site_run(s, SECONDS(40));
    site_install(s, 2000, 3600, 0);
    cr_assert_not_null(pair_at(s, 0, 1));
    cr_expect(pair_at(s, 0, 0)->sending);
    cr_expect_not(pair_at(s, 0, 1)->sending);
    cr_expect_eq(pair_at(s, 0, 0)->spi_in, 2000);
    site_ping(s, 3, 100, false);
    cr_expect_eq(s->replies, 5);
    cr_expect_eq(pair_at(s, 0, 0)->bytes_out, 300);
    cr_expect_eq(pair_at(s, 0, 1)->bytes_out, 200);
    /* r2 falls back to the old one, as a peer that lost the last message does. */
    ipsec_clear(s->r[1].ipsec, &(struct ipsec_clear_what){.spi = 2001}, WHY_ADMIN);
    site_run(s, SECONDS(25));
    cr_expect_not_null(pair_at(s, 0, 1));
    site_run(s, SECONDS(5));
    cr_expect_null(pair_at(s, 0, 1));
    cr_expect_eq(site_said(s, "r1 ipsec_sa_dead yes 3DES SHA1 REPLACED"), 1);
    cr_expect_eq(s->r[0].ended, 1);
    cr_expect_eq(s->r[0].last_spi, 1000);
    site_free(s);
}

/* Both ends ask at once, two pairs are made, and the last one is another at each end. */
Test(life, of_two_made_at_once_the_other_is_heard_to_its_own_end)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    site_run(s, SECONDS(1));
    site_install(s, 2000, 3600, 0);
    site_run(s, SECONDS(60));
    cr_assert_not_null(pair_at(s, 0, 1));
    cr_expect_not(pair_at(s, 0, 1)->sending);
    site_install(s, 3000, 3600, 0); /* the next one ends both */
    site_run(s, SECONDS(40));
    cr_expect_null(pair_at(s, 0, 1));
    cr_expect_eq(pair_at(s, 0, 0)->spi_in, 3000);
    site_free(s);
}

Test(life, the_older_pair_sends_again_when_the_newest_ends)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    site_install(s, 2000, 3600, 0);
    for (int side = 0; side < 2; side++)
        ipsec_clear(s->r[side].ipsec, &(struct ipsec_clear_what){.spi = 2000}, WHY_ADMIN);
    cr_expect_eq(pair_at(s, 0, 0)->spi_in, 1000);
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 2);
    site_free(s);
}

Test(life, ends_by_peer_spi_map_and_interface)
{
    static const struct {
        struct ipsec_clear_what what;
        size_t n;
    } row[] = {
        {{.peer = R2}, 1},   {{.peer = R1}, 0},  {{.map = "VPN"}, 1},
        {{.map = "vpn"}, 0}, {{.spi = 1000}, 1}, {{.spi = 1001}, 1},
        {{.spi = 1002}, 0},  {{0}, 1},           {{.peer = R2, .spi = 7}, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct site *s = site_new();
        site_install(s, 1000, 3600, 0);
        cr_expect_eq(ipsec_clear(s->r[0].ipsec, &row[i].what, WHY_ADMIN), row[i].n, "row %zu", i);
        cr_expect_eq(s->r[0].ended, row[i].n);
        site_free(s);
    }
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    cr_expect_eq(
        ipsec_clear(s->r[0].ipsec, &(struct ipsec_clear_what){.on = s->r[0].lan}, WHY_ADMIN), 0);
    ipsec_bind(s->r[0].ipsec, s->r[0].wan, "OTHER");
    cr_expect_eq(s->r[0].ended, 1);
    cr_expect_eq(s->r[0].last_why, WHY_CONFIG);
    cr_expect_eq(ipsec_ident_count(s->r[0].ipsec), 0);
    cr_expect_str_eq(ipsec_bound(s->r[0].ipsec, s->r[0].wan), "OTHER");
    site_free(s);
}

Test(life, a_delete_for_an_unknown_spi_is_only_counted)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    ipsec_peer_deleted(s->r[0].ipsec, R2, 0, 999, WHY_PEER_DELETE);
    ipsec_peer_deleted(s->r[0].ipsec, R2, 0, 0, WHY_PEER_DELETE);
    ipsec_peer_deleted(s->r[0].ipsec, IP4(1, 2, 3, 4), 0, 1001, WHY_PEER_DELETE);
    cr_expect_eq(site_count(&s->r[0], "ipsec.delete.unknown"), 3);
    cr_expect_not_null(pair_at(s, 0, 0));
    ipsec_peer_deleted(s->r[0].ipsec, R2, 0, 1001, WHY_PEER_DELETE);
    cr_expect_null(pair_at(s, 0, 0));
    cr_expect_eq(s->r[0].ended, 0, "the peer knows");
    site_free(s);
}

Test(life, numbers_used_up_end_the_pair)
{
    struct site *s = site_new();
    site_install(s, 1000, 0, 0);
    sad_by_id(ipsec_sad(s->r[0].ipsec), pair_at(s, 0, 0)->out)->seq = UINT32_MAX - 1u;
    site_ping(s, 2, 100, false);
    cr_expect_eq(s->replies, 1);
    cr_expect_eq(site_count(&s->r[0], "drop.ESP_SEQ_WRAP"), 1);
    cr_expect_eq(site_said(s, "r1 esp_drop ESP_SEQ_WRAP"), 1);
    cr_expect_eq(s->r[0].ended, 1);
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->r[0].asked, 1);
    site_free(s);
}

Test(life, sas_outlive_their_line_until_they_are_cleared)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    site_install(s, 1000, 3600, 0);
    acl_add(net_acl(r->node, "110"), site_line(LAN1, 0xffffff00u, IP4(10, 3, 0, 0), 0xffffff00u));
    ipsec_changed(r->ipsec);
    cr_expect_eq(ipsec_ident_count(r->ipsec), 2);
    site_ping(s, 1, 100, false);
    cr_expect_eq(s->replies, 1, "a new line is no harm to the old");
    net_acl_remove(r->node, "110");
    ipsec_changed(r->ipsec);
    cr_assert_eq(ipsec_ident_count(r->ipsec), 1);
    cr_expect_not(ipsec_ident_at(r->ipsec, 0)->from_acl);
    cr_expect_eq(sad_count(ipsec_sad(r->ipsec)), 2);
    ipsec_map_remove(r->conf, "VPN");
    ipsec_changed(r->ipsec);
    cr_expect_eq(ipsec_ident_count(r->ipsec), 1);
    cr_expect_eq(ipsec_clear(r->ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN), 1);
    cr_expect_eq(ipsec_ident_count(r->ipsec), 0);
    site_free(s);
}
