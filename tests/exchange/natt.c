/* NAT traversal (RFC 3947, drafts 02 and 03): which way is taken, the ports, several peers behind
 * one address, mappings that change, keepalives. */
#include "exchange/house.h"

static const enum ike_vid all[] = {IKE_VID_RFC3947, IKE_VID_NAT_T_03, IKE_VID_NAT_T_02,
                                   IKE_VID_NAT_T_02N, IKE_VID_UNKNOWN};
static const enum ike_vid rfc[] = {IKE_VID_RFC3947, IKE_VID_UNKNOWN};
static const enum ike_vid draft3[] = {IKE_VID_NAT_T_03, IKE_VID_NAT_T_02N, IKE_VID_UNKNOWN};
static const enum ike_vid draft2[] = {IKE_VID_NAT_T_02, IKE_VID_UNKNOWN};
static const enum ike_vid draft2n[] = {IKE_VID_NAT_T_02N, IKE_VID_UNKNOWN};

static struct house *up(unsigned clients)
{
    struct house *h = house_new(clients, all, all);
    for (unsigned k = 1; k <= clients; k++)
        house_ask(h, k, 1);
    sim_run(h->sim, SECONDS(5));
    return h;
}

static void expect_concord(const struct house *h, const char *what, unsigned number)
{
    const char *wrong = house_discord(h);
    cr_expect_null(wrong, "%s %u: %s", what, number, wrong);
}

static const struct ike_child *child(const struct house *h, unsigned end, guint i)
{
    cr_assert_lt(i, h->end[end].children->len, "end %u has no pair %u", end, i);
    return &g_array_index(h->end[end].children, struct ike_child, i);
}

Test(natt, the_best_way_that_both_announce_is_taken)
{
    static const struct {
        const enum ike_vid *client, *hub;
        enum ike_natt version;
    } row[] = {
        {all, all, IKE_NATT_RFC3947},        {all, draft3, IKE_NATT_DRAFT_03},
        {draft3, all, IKE_NATT_DRAFT_03},    {all, draft2, IKE_NATT_DRAFT_02},
        {draft2n, all, IKE_NATT_DRAFT_02},   {draft2, draft2n, IKE_NATT_DRAFT_02},
        {draft3, draft2, IKE_NATT_DRAFT_02}, {rfc, draft3, IKE_NATT_NONE},
        {all, NULL, IKE_NATT_NONE},          {NULL, all, IKE_NATT_NONE},
        {NULL, NULL, IKE_NATT_NONE},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct house *h = house_new(1, row[k].client, row[k].hub);
        house_ask(h, 1, 1);
        sim_run(h->sim, SECONDS(5));
        bool way = row[k].version != IKE_NATT_NONE;
        for (unsigned e = 0; e < 2; e++) {
            struct ike_sa_view v = house_sa(h, e, 0);
            cr_expect_eq(v.natt, row[k].version, "row %zu, end %u: %d", k, e, v.natt);
            cr_expect_eq(v.nat_here, way && e == 1, "row %zu, end %u", k, e);
            cr_expect_eq(v.nat_there, way && e == 0, "row %zu, end %u", k, e);
            cr_expect_eq(v.lport, way ? 4500 : 500, "row %zu, end %u", k, e);
            cr_expect_eq(child(h, e, 0)->udp, way, "row %zu, end %u", k, e);
        }
        expect_concord(h, "row", (unsigned)k);
        house_free(h);
    }
}

Test(natt, the_fifth_message_is_the_first_between_the_new_ports)
{
    struct house *h = up(1);
    for (guint i = 0; i < h->sent->len; i++) {
        const struct house_datagram *d = h->sent->pdata[i];
        uint16_t inner = i < 4 ? 500 : 4500, outer = (uint16_t)(10000 + inner / 10);
        bool out = d->from != HOUSE_HUB;
        cr_expect_eq(out ? d->dport : d->sport, inner, "datagram %u", i);
        cr_expect_eq(out ? d->sport : d->dport, out ? outer : inner, "datagram %u", i);
    }
    cr_expect_eq(h->sent->len, 9);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).rport, 10450);
    cr_expect_eq(child(h, HOUSE_HUB, 0)->rport, 10450);
    cr_expect(child(h, HOUSE_HUB, 0)->follow);
    cr_expect_not(child(h, 1, 0)->follow, "nothing authentic changes for who is behind the NAT");
    house_free(h);
}

Test(natt, without_a_box_nothing_floats)
{
    struct house *h = house_new(1, all, all);
    h->nat = false;
    house_ask(h, 1, 1);
    sim_run(h->sim, SECONDS(5));
    struct ike_sa_view v = house_sa(h, HOUSE_HUB, 0);
    cr_expect_eq(v.natt, IKE_NATT_RFC3947);
    cr_expect(!v.nat_here && !v.nat_there && v.lport == 500 && v.rport == 500 && v.nat == 0);
    cr_expect_not(child(h, 1, 0)->udp);
    expect_concord(h, "plain", 0);
    house_free(h);
}

Test(natt, both_ends_may_be_behind_a_box)
{
    struct house *h = house_new(1, all, all);
    h->hub_behind = true;
    h->end[HOUSE_HUB].addr = IP4(172, 16, 0, 1);
    house_ask(h, 1, 1);
    sim_run(h->sim, SECONDS(5));
    for (unsigned e = 0; e < 2; e++) {
        struct ike_sa_view v = house_sa(h, e, 0);
        cr_expect(v.nat_here && v.nat_there && v.lport == 4500, "end %u", e);
    }
    cr_expect_eq(house_sa(h, 1, 0).nat, 0, "who was called by its address is known by it");
    expect_concord(h, "both behind", 0);
    house_free(h);
}

/* ---- Loss ---- */

static void trial(uint64_t lose, uint64_t repeat, int rebind, unsigned number, bool must)
{
    struct house *h = house_new(1, all, all);
    h->lose = lose;
    h->repeat = repeat;
    h->rebind_at = rebind;
    /* Nobody hears of a new mapping but from who is behind it. */
    h->end[1].conf->liveness = (struct ike_liveness){.threshold_s = 10, .periodic = rebind >= 0};
    house_ask(h, 1, 1);
    sim_run(h->sim, SECONDS(600));
    expect_concord(h, rebind < 0 ? "mask" : "rebind", number);
    if (must) {
        cr_expect_eq(h->end[1].children->len, 1, "mask %u rebind %d", number, rebind);
        cr_expect_eq(house_sa(h, 1, 0).lport, 4500, "mask %u rebind %d", number, rebind);
    }
    house_free(h);
}

Test(natt, every_mask_of_the_first_eight_datagrams)
{
    for (unsigned mask = 0; mask < 256; mask++)
        trial(mask, 0, -1, mask, __builtin_popcount(mask) < 6);
}

Test(natt, a_copy_of_each_datagram_changes_nothing)
{
    for (unsigned n = 0; n < 9; n++)
        trial(0, 1ull << n, -1, n, true);
}

Test(natt, the_mapping_changes_before_each_datagram)
{
    for (int n = 0; n < 9; n++)
        trial(0, 0, n, (unsigned)n, true);
}

Test(natt, the_mapping_changes_and_one_datagram_is_lost)
{
    for (int n = 0; n < 9; n++)
        for (unsigned k = 0; k < 12; k++)
            trial(1ull << k, 0, n, k, false);
}

/* ---- Several behind one address ---- */

Test(natt, peers_behind_one_address_do_not_end_each_other)
{
    struct house *h = up(3);
    cr_expect_eq(house_working(h, HOUSE_HUB), 3);
    cr_expect_eq(h->end[HOUSE_HUB].children->len, 3);
    expect_concord(h, "three", 3);
    for (unsigned k = 0; k < 3; k++)
        for (unsigned j = 0; j < k; j++)
            cr_expect_neq(child(h, HOUSE_HUB, k)->nat, child(h, HOUSE_HUB, j)->nat);
    /* The second loses its memory and comes again from the same port: INITIAL-CONTACT is about its
     * own SAs only. */
    ike_forget_all(h->end[2].engine);
    g_array_set_size(h->end[2].children, 0);
    house_ask(h, 2, 1);
    sim_run(h->sim, SECONDS(100));
    expect_concord(h, "one came again", 2);
    cr_expect_eq(house_working(h, HOUSE_HUB), 3);
    cr_expect_eq(h->end[HOUSE_HUB].children->len, 3);
    house_free(h);
}

Test(natt, the_end_of_one_peer_leaves_the_others)
{
    struct house *h = up(3);
    ike_clear(h->end[1].engine, 0, WHY_ADMIN);
    sim_run(h->sim, SECONDS(6));
    cr_expect_eq(house_working(h, HOUSE_HUB), 2);
    /* And one that dies without a word. */
    h->end[HOUSE_HUB].conf->liveness = (struct ike_liveness){.threshold_s = 10, .periodic = true};
    ike_conf_changed(h->end[HOUSE_HUB].engine);
    h->end[2].conf->enabled = false;
    sim_run(h->sim, SECONDS(60));
    cr_expect_eq(house_working(h, HOUSE_HUB), 1);
    guint third = 0;
    for (guint i = 0; i < h->end[HOUSE_HUB].children->len; i++)
        third += child(h, HOUSE_HUB, i)->spi_out == child(h, 3, 0)->spi_in;
    cr_expect_eq(third, 1, "the third has its pair");
    house_free(h);
}

/* The hub finds the peer by its number, and calls it where it was last heard. */
Test(natt, the_hub_asks_a_numbered_peer_for_a_successor)
{
    struct house *h = up(2);
    for (unsigned k = 0; k < 2; k++) {
        const struct ike_child c = *child(h, HOUSE_HUB, k);
        struct ike_request r = {
            .local = HUB_ADDR,
            .remote = c.remote,
            .nat = c.nat,
            .n_offer = 1,
            .offer = {{CIPHER_3DES, HASH_SHA1, false}},
            .life_s = 3600,
            .map = "map",
            .seq = 10,
            .local_proxy = c.local_proxy,
            .remote_proxy = c.remote_proxy,
            .spi_old = c.spi_in,
        };
        if (k) { /* without an IKE SA, too */
            for (size_t i = 0; i < ike_sa_count(h->end[HOUSE_HUB].engine); i++)
                if (house_sa(h, HOUSE_HUB, i).nat == c.nat)
                    ike_clear(h->end[HOUSE_HUB].engine, house_sa(h, HOUSE_HUB, i).id, WHY_ADMIN);
            sim_run(h->sim, SECONDS(8));
        }
        ike_request_sas(h->end[HOUSE_HUB].engine, &r);
        sim_run(h->sim, SECONDS(k ? 20 : 7));
    }
    cr_expect_eq(h->end[1].children->len, 2);
    cr_expect_eq(h->end[2].children->len, 2);
    expect_concord(h, "asked by the hub", 0);
    house_free(h);
}

Test(natt, the_hub_replaces_phase_1_of_a_numbered_peer)
{
    struct house *h = house_new(2, all, all);
    for (unsigned k = 0; k <= 2; k++) {
        ((struct ike_policy *)h->end[k].conf->policies->pdata[0])->lifetime_s = 600;
        h->end[k].profile.p1_rekey_percent_r = 50; /* the hub is the responder */
        h->end[k].profile.p1_old_linger_s = 10;
    }
    house_ask(h, 1, 1);
    house_ask(h, 2, 1);
    sim_run(h->sim, SECONDS(400));
    cr_expect_eq(house_working(h, HOUSE_HUB), 2);
    cr_expect_eq(house_working(h, 1), 1);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).role, IKE_INITIATOR);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).lport, 4500);
    expect_concord(h, "replaced", 0);
    house_free(h);
}

/* ---- Mappings that change ---- */

Test(natt, an_authentic_message_from_another_port_moves_the_peer)
{
    struct house *h = up(2);
    h->rebinds++;
    h->box = IP4(198, 51, 100, 2); /* and another address */
    house_ask(h, 1, 2);
    sim_run(h->sim, SECONDS(6));
    cr_expect_eq(h->end[HOUSE_HUB].moves, 1);
    cr_expect_eq(h->end[HOUSE_HUB].moved_to, 11450);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).rport, 11450);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).remote, h->box);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 1).rport, 20450, "the other has not spoken");
    cr_expect_eq(h->end[1].children->len, 2);
    expect_concord(h, "moved", 0);
    house_free(h);
}

/* Anybody can send a copy. */
Test(natt, a_copy_from_elsewhere_moves_nobody)
{
    struct house *h = up(1);
    for (guint i = 0; i < 9; i++) {
        const struct house_datagram *d = h->sent->pdata[i];
        if (d->to == HOUSE_HUB)
            ike_input(h->end[HOUSE_HUB].engine, HUB_ADDR, d->dport, IP4(192, 0, 2, 66), 6666,
                      span_of(d->bytes, d->n));
    }
    cr_expect_eq(h->end[HOUSE_HUB].moves, 0);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).rport, 10450);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).remote, BOX_ADDR);
    sim_run(h->sim, SECONDS(100));
    expect_concord(h, "copies", 0);
    house_free(h);
}

Test(natt, packets_of_a_peer_move_its_ike_sa)
{
    struct house *h = up(2);
    ike_peer_moved(h->end[HOUSE_HUB].engine, child(h, HOUSE_HUB, 1)->nat, BOX_ADDR, 7777);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 1).rport, 7777);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).rport, 10450);
    ike_peer_moved(h->end[HOUSE_HUB].engine, 999, BOX_ADDR, 7778);
    ike_peer_moved(h->end[HOUSE_HUB].engine, 0, BOX_ADDR, 7779);
    house_free(h);
}

/* ---- Keepalives ---- */

Test(natt, keepalives_hold_an_idle_mapping)
{
    struct house *h = house_new(1, all, all);
    h->end[1].conf->nat_keepalive_s = h->end[HOUSE_HUB].conf->nat_keepalive_s = 20;
    house_ask(h, 1, 1);
    sim_run(h->sim, SECONDS(110));
    cr_expect_eq(h->end[1].keepalives, 5);
    cr_expect_eq(h->end[HOUSE_HUB].keepalives, 0, "it is not behind a NAT");
    /* Packets do as well. */
    for (int i = 0; i < 10; i++) {
        h->end[1].traffic.last_out = sim_now(h->sim);
        sim_run(h->sim, sim_now(h->sim) + SECONDS(10));
    }
    cr_expect_eq(h->end[1].keepalives, 5);
    h->end[1].conf->nat_keepalive_s = 0;
    ike_conf_changed(h->end[1].engine);
    sim_run(h->sim, sim_now(h->sim) + SECONDS(100));
    cr_expect_eq(h->end[1].keepalives, 5);
    house_free(h);
}

/* ---- Transport mode ---- */

Test(natt, in_transport_mode_the_original_addresses_are_told)
{
    static const enum ike_vid *const way[] = {rfc, draft3};
    for (size_t k = 0; k < 2; k++) {
        struct house *h = house_new(1, way[k], all);
        const struct ike_request r = {
            .local = h->end[1].addr,
            .remote = HUB_ADDR,
            .n_offer = 1,
            .offer = {{CIPHER_3DES, HASH_SHA1, true}},
            .life_s = 3600,
            .map = "map",
            .seq = 10,
            .local_proxy = proxy_of(h->end[1].addr, UINT32_MAX, 17, 1701),
            .remote_proxy = proxy_of(HUB_ADDR, UINT32_MAX, 17, 1701),
        };
        ike_request_sas(h->end[1].engine, &r);
        sim_run(h->sim, SECONDS(5));
        const struct ike_child *at_hub = child(h, HOUSE_HUB, 0), *at_client = child(h, 1, 0);
        cr_expect(at_hub->udp && at_hub->suite.transport);
        cr_expect_eq(at_hub->oa_remote, h->end[1].addr);
        cr_expect_eq(at_hub->oa_local, HUB_ADDR);
        cr_expect_eq(at_client->oa_local, BOX_ADDR);
        cr_expect_eq(at_client->oa_remote, HUB_ADDR);
        cr_expect_eq(at_hub->remote_proxy.addr, BOX_ADDR, "packets will have that address");
        house_free(h);
    }
}
