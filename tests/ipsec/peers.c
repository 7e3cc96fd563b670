/* What is known of a peer's traffic, and who is asked when a peer is dead. */
#include "ipsec/site.h"

static uint32_t told;

static void sent(void *self, ip4 local, ip4 remote, uint32_t nat)
{
    cr_expect_eq(local, R1);
    cr_expect_eq(remote, R2);
    told++;
}

Test(peers, the_last_packets_of_each_direction_are_known)
{
    struct site *s = site_new();
    struct ipsec *x = s->r[0].ipsec;
    cr_expect_eq(ipsec_peer_traffic(x, R1, R2, 0, false).last_in, -1, "no pairs");
    site_install(s, 1000, 3600, 0);
    cr_expect_eq(ipsec_peer_traffic(x, R1, R2, 0, false).last_out, -1, "nothing went");
    sim_time before = sim_now(s->sim);
    site_ping(s, 3, 100, false);
    struct ipsec_traffic t = ipsec_peer_traffic(x, R1, R2, 0, false);
    cr_expect(t.last_out >= before && t.last_in > t.last_out && t.last_in <= sim_now(s->sim));
    cr_expect_eq(ipsec_peer_traffic(x, R1, R1, 0, false).last_in, -1, "another peer");
    /* What goes unanswered moves one of the two. */
    ipsec_clear(s->r[1].ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN);
    site_ping(s, 1, 100, false);
    struct ipsec_traffic later = ipsec_peer_traffic(x, R1, R2, 0, false);
    cr_expect_gt(later.last_out, t.last_out);
    cr_expect_eq(later.last_in, t.last_in);
    ipsec_clear(x, &(struct ipsec_clear_what){0}, WHY_ADMIN);
    cr_expect_eq(ipsec_peer_traffic(x, R1, R2, 0, true).last_in, -1,
                 "forgotten with the last pair");
    site_free(s);
}

Test(peers, the_next_packet_is_told_once_to_who_watches)
{
    struct site *s = site_new();
    told = 0;
    ipsec_on_sent(s->r[0].ipsec, sent, NULL);
    site_install(s, 1000, 3600, 0);
    site_ping(s, 2, 100, false);
    cr_expect_eq(told, 0, "nobody watched");
    ipsec_peer_traffic(s->r[0].ipsec, R1, R2, 0, true);
    site_ping(s, 3, 100, false);
    cr_expect_eq(told, 1);
    site_free(s);
}

/* The successor of a pair counts on with the same peer. */
Test(peers, are_remembered_from_pair_to_pair)
{
    struct site *s = site_new();
    site_install(s, 1000, 3600, 0);
    site_ping(s, 2, 100, false);
    site_install(s, 2000, 3600, 0);
    ipsec_clear(s->r[0].ipsec, &(struct ipsec_clear_what){.spi = 1000}, WHY_ADMIN);
    cr_expect_geq(ipsec_peer_traffic(s->r[0].ipsec, R1, R2, 0, false).last_in, 0);
    site_free(s);
}

Test(peers, that_are_dead_leave_the_next_of_the_entry_to_be_asked)
{
    static const ip4 other = IP4(192, 0, 2, 77);
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    struct ipsec_map_entry *entry = ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10);
    g_array_append_val(entry->peers, other);
    ipsec_changed(r->ipsec);
    cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->peer, R2);
    site_install(s, 1000, 3600, 0);
    ipsec_next_peer(r->ipsec, R1, R2);
    cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->peer, R2, "it has a pair");
    ipsec_peer_gone(r->ipsec, R1, R2, 0, WHY_DPD);
    ipsec_next_peer(r->ipsec, R1, R2);
    cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->peer, other);
    site_ping(s, 1, 100, false);
    cr_expect_eq(r->last.remote, other);
    ipsec_next_peer(r->ipsec, R1, other);
    cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->peer, R2, "the first again after the last");
    site_free(s);
}
