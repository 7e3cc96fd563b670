/* Sessions: their end, their return, their renewal; main mode with logins; configuration that is
 * pushed; several behind one NAT. */
#include "exchange/house.h"
#include "exchange/login.h"
#include "ike/ike_priv.h"

#define AFTER_THE_TIMERS SECONDS(700)

static uint64_t count(const struct login *l, enum ike_role side, const char *name)
{
    return pair_count(l->p, side, name);
}

/* ---- The end ---- */

Test(session, ends_at_both_when_one_end_clears_it)
{
    for (int side = 0; side < 2; side++) {
        struct login *l = login_in();
        ike_clear(l->p->end[side].engine, 0, WHY_ADMIN);
        login_run(l, SECONDS(10));
        cr_expect_eq(l->departed, 1, "%d", side);
        cr_expect_eq(l->departed_why, side == PAIR_R ? WHY_ADMIN : WHY_PEER_DELETE);
        cr_expect_eq(l->ended_why, side == PAIR_I ? WHY_ADMIN : WHY_PEER_DELETE);
        cr_expect_eq(l->leases, 0);
        cr_expect_eq(l->p->end[PAIR_R].children->len, 0, "its tunnels go with it");
        cr_expect_eq(l->p->end[PAIR_I].children->len, 0);
        login_free(l);
    }
}

Test(session, ends_with_the_memory_of_the_device)
{
    struct login *l = login_in();
    ike_forget_all(l->p->end[PAIR_R].engine);
    cr_expect_eq(l->departed, 1);
    cr_expect_eq(l->leases, 0);
    g_ptr_array_set_size(l->p->end[PAIR_R].children, 0);
    login_free(l);
}

Test(session, of_a_dead_client_is_found_by_the_liveness_of_its_group)
{
    struct login *l = login_new();
    for (int side = 0; side < 2; side++)
        l->p->end[side].profile.vid_am1[0] = l->p->end[side].profile.vid_am2[0] = IKE_VID_DPD;
    l->live = (struct ike_liveness){.threshold_s = 20, .periodic = true};
    login_in_as(l);
    login_run(l, SECONDS(100));
    cr_expect_gt(count(l, PAIR_R, "ike.dpd.sent"), 2, "the device itself asks nobody");
    cr_expect_eq(l->departed, 0);
    l->p->lose_by[PAIR_I] = UINT64_MAX;
    ike_forget_all(l->p->end[PAIR_I].engine);
    g_ptr_array_set_size(l->p->end[PAIR_I].children, 0);
    login_run(l, SECONDS(200));
    cr_expect_eq(l->departed, 1);
    cr_expect_eq(l->departed_why, WHY_DPD);
    cr_expect_eq(l->leases, 0);
    login_free(l);
}

/* hub-and-spoke C03: its address is free before it is given again. */
Test(session, of_a_client_that_comes_again_is_ended_by_initial_contact)
{
    struct login *l = login_in();
    ike_forget_all(l->p->end[PAIR_I].engine);
    g_ptr_array_set_size(l->p->end[PAIR_I].children, 0);
    pair_record(l->p, PAIR_R);
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(10));
    cr_expect(login_is_up(l));
    cr_expect_eq(l->departed, 1);
    cr_expect_eq(l->departed_why, WHY_INITIAL_CONTACT);
    cr_expect_eq(l->given, 2);
    cr_expect_eq(l->address, LOGIN_POOL, "the same again");
    const char *contact = strstr(l->p->events->str, "ike_initial_contact");
    const char *back = strstr(l->p->events->str, "ike_returned");
    const char *given = strstr(l->p->events->str, "ike_assigned");
    cr_assert(contact && back && given);
    cr_expect(contact < back && back < given);
    cr_expect_null(login_discord(l));
    login_free(l);
}

/* ---- Renewal ---- */

Test(session, goes_on_when_phase_1_is_renewed)
{
    for (int again = 0; again < 2; again++) {
        struct login *l = login_new();
        ike_policy_find(l->p->end[PAIR_R].conf, 10)->lifetime_s = 600;
        l->p->end[PAIR_R].profile.p1_tell_life = true;
        l->p->end[PAIR_R].profile.reauth_on_rekey = again;
        l->p->end[PAIR_I].profile.p1_rekey_percent = 80;
        l->p->end[PAIR_R].profile.p1_rekey_percent_r = 50; /* nobody can call a client */
        login_in_as(l);
        login_run(l, SECONDS(1500));
        cr_expect_geq(l->moved, 2, "%u", l->moved);
        cr_expect_eq(l->challenged, again ? 1 + l->moved : 1);
        cr_expect_eq(l->departed, 0);
        cr_expect_eq(l->leases, 1);
        cr_expect_eq(l->given, 1);
        cr_expect(login_is_up(l), "and its tunnel stays");
        struct ike_sa_view v = pair_sa(l->p, PAIR_R, ike_sa_count(l->p->end[PAIR_R].engine) - 1);
        cr_expect_eq(v.assigned, LOGIN_POOL);
        cr_expect_str_eq(v.user, "gfullage");
        login_run(l, SECONDS(1600));
        ike_clear(l->p->end[PAIR_I].engine, 0, WHY_ADMIN);
        login_run(l, SECONDS(1610));
        cr_expect_eq(l->departed, 1, "once, with the last of its SAs");
        login_free(l);
    }
}

/* In, and its phase 1 renewed: the session is under the newer of two SAs. */
static struct login *renewed(void)
{
    struct login *l = login_new();
    l->p->end[PAIR_R].profile.p1_tell_life = true;
    l->p->end[PAIR_I].profile.p1_rekey_percent = 1;
    login_in_as(l);
    login_run(l, SECONDS(1000));
    cr_assert_eq(l->moved, 1);
    return l;
}

/* The newer SA ends first: the older one serves again, and has the session. */
Test(session, falls_back_to_the_older_sa_when_the_newer_ends)
{
    struct login *l = renewed();
    ike_sa_end(login_last(l, PAIR_R), WHY_ADMIN, IKE_INPUT_INTERNAL_PHASE1_DEL, true);
    login_run(l, SECONDS(1010));
    cr_expect_geq(l->moved, 2, "and back");
    cr_expect_eq(l->departed, 0);
    cr_expect_eq(l->leases, 1);
    cr_expect(login_is_up(l));
    ike_clear(l->p->end[PAIR_I].engine, 0, WHY_ADMIN);
    login_run(l, SECONDS(1020));
    cr_expect_eq(l->departed, 1);
    login_free(l);
}

/* Who disconnects means all of its SAs. */
Test(session, ends_with_the_sa_that_serves_though_an_older_one_is_left)
{
    struct login *l = renewed();
    ike_clear(l->p->end[PAIR_I].engine, login_last(l, PAIR_I)->id, WHY_USER_GONE);
    login_run(l, SECONDS(1010));
    cr_expect_eq(l->departed, 1);
    cr_expect_eq(l->leases, 0);
    cr_expect_eq(l->ended, 2);
    cr_expect_eq(l->p->end[PAIR_R].children->len, 0);
    login_free(l);
}

/* The RFC draws the last message in clear. What stands beside its HASH proves nothing then. */
Test(aggressive, third_message_may_come_in_clear)
{
    struct login *l = login_in();
    ike_forget_all(l->p->end[PAIR_I].engine);
    g_ptr_array_set_size(l->p->end[PAIR_I].children, 0);
    login_call(l, "testgroup", "cisco321");
    struct ike_rule rules[3];
    struct ike_kind kind = ike_aggressive_mode;
    memcpy(rules, kind.rule, sizeof rules);
    rules[2].enc = false;
    kind.rule = rules;
    login_last(l, PAIR_I)->phase1->kind = &kind;
    login_run(l, SECONDS(10));
    cr_expect_eq(l->p->end[PAIR_I].installed, 2);
    cr_expect_eq(l->departed, 0, "INITIAL-CONTACT in clear is not believed");
    cr_expect_eq(l->moved, 1, "so its session goes on");
    cr_expect_eq(l->judged_ok, 2, "and it is told so");
    cr_expect_eq(l->challenged, 1);
    login_last(l, PAIR_I)->phase1->kind = &ike_aggressive_mode;
    login_free(l);
}

Test(session, asks_for_its_configuration_again)
{
    struct login *l = login_in();
    ike_config_ask(login_last(l, PAIR_I));
    login_run(l, SECONDS(10));
    cr_expect_eq(l->configured, 2);
    cr_expect_eq(l->given, 1, "the same address");
    cr_expect_null(login_discord(l));
    login_free(l);
}

/* ---- Main mode ---- */

/* HUB-03: a router without users gets the question for one. HUB-04: its key frees it. */
Test(main_mode_login, is_asked_of_a_router_that_never_answers_unless_its_key_frees_it)
{
    for (int freed = 0; freed < 2; freed++) {
        struct login *l = login_new();
        struct pair_end *i = &l->p->end[PAIR_I], *r = &l->p->end[PAIR_R];
        ike_on_access(i->engine, NULL);
        ike_key_set(r->conf, 0, 0, "cisco123", freed);
        ike_key_remove(r->conf, r->peer, 0xffffffffu);
        i->profile.send_deletes = false;
        pair_record(l->p, PAIR_R);
        pair_ask(l->p, PAIR_I);
        login_run(l, SECONDS(60));
        cr_expect_eq(login_is_up(l), freed);
        cr_expect_eq(pair_recorded(l->p, "ike_need_xauth"), !freed);
        if (!freed) {
            cr_expect(pair_has(l->p, PAIR_R, IKE_STATE_XAUTH_REQ_SENT));
            cr_expect(pair_has(l->p, PAIR_I, IKE_STATE_QM_IDLE), "it takes phase 1 for done");
            cr_expect_gt(count(l, PAIR_R, "ike.early"), 1, "its quick mode is not heard");
            cr_expect_gt(count(l, PAIR_I, "ike.bad"), 1, "the question is not understood");
            login_run(l, SECONDS(130));
            cr_expect(pair_recorded(l->p, "ike_gave_up TRANSACTION"));
            cr_expect_not(pair_has(l->p, PAIR_R, IKE_STATE_XAUTH_REQ_SENT));
            cr_expect_eq(l->p->end[PAIR_I].failed_requests, 1);
        }
        cr_expect_eq(l->departed, 0);
        login_free(l);
    }
}

Test(main_mode_login, follows_a_plain_offer_or_one_of_its_own)
{
    static const uint16_t auth[] = {IKE_AUTH_PSK, IKE_AUTH_XAUTH_INIT_PSK};
    for (size_t k = 0; k < G_N_ELEMENTS(auth); k++) {
        struct login *l = login_new();
        login_call_main(l, auth[k]);
        login_run(l, SECONDS(60));
        cr_expect(login_is_up(l), "%u", auth[k]);
        cr_expect_eq(l->challenged, 1);
        cr_expect_null(login_discord(l), "%s", login_discord(l));
        cr_expect_eq(pair_sa(l->p, PAIR_R, 0).policy.auth, auth[k]);
        cr_expect_not(pair_sa(l->p, PAIR_R, 0).aggressive);
        login_free(l);
    }
}

Test(main_mode_login, forms_are_not_taken_where_nobody_logs_in)
{
    struct login *l = login_new();
    l->xauth = false;
    login_call_main(l, IKE_AUTH_XAUTH_INIT_PSK);
    login_run(l, AFTER_THE_TIMERS);
    cr_expect_not(login_is_up(l));
    cr_expect_eq(l->ended, 1);
    login_free(l);
}

Test(main_mode_login, is_refused_to_an_identity_of_nobody)
{
    struct login *l = login_new();
    l->identify_refuses = true;
    ike_on_access(l->p->end[PAIR_I].engine, NULL);
    pair_record(l->p, PAIR_R);
    pair_ask(l->p, PAIR_I);
    login_run(l, AFTER_THE_TIMERS);
    cr_expect_not(login_is_up(l));
    cr_expect(pair_recorded(l->p, "ike_fail RESPONDER MAIN NO_GROUP"), "%s", l->p->events->str);
    login_free(l);
}

/* ---- Pushed ---- */

Test(configuration, is_pushed_unasked)
{
    struct login *l = login_new();
    l->config = IKE_CFG_WAY_PUSH;
    pair_record(l->p, PAIR_R);
    login_call_bare(l, IKE_AUTH_XAUTH_INIT_PSK);
    login_run(l, SECONDS(3)); /* the hub's quick modes have to wait for the ACK, the client's too */
    pair_ask(l->p, PAIR_I);
    login_run(l, SECONDS(5));
    cr_expect(login_is_up(l));
    cr_expect_eq(l->address, LOGIN_POOL);
    cr_expect_eq(l->configured, 1);
    cr_expect(pair_recorded(l->p, "ike_state RESPONDER FROM_AAA_GROUP_ATTR CONFIG_AUTHOR_AAA_AWAIT "
                                  "CONFIG_SET_SENT"));
    cr_expect(pair_recorded(l->p, "ike_state RESPONDER FROM_PEER_CFG_ACK CONFIG_SET_SENT QM_IDLE"));
    cr_expect_null(login_discord(l), "%s", login_discord(l));
    login_free(l);
}

/* A client that knows nothing of configuration begins quick mode at once. */
Test(configuration, a_quick_mode_before_the_pushed_address_waits_for_it)
{
    struct login *l = login_new();
    l->config = IKE_CFG_WAY_PUSH;
    l->xauth = false;
    pair_record(l->p, PAIR_R);
    login_call_bare(l, IKE_AUTH_PSK);
    pair_ask(l->p, PAIR_I);
    login_run(l, SECONDS(2)); /* sooner than it would be said again */
    cr_expect(login_is_up(l));
    cr_expect_eq(l->address, LOGIN_POOL);
    cr_expect(pair_recorded(l->p, "ike_state RESPONDER FROM_PEER_CFG_ACK CONFIG_SET_SENT QM_IDLE"));
    cr_expect_eq(pair_count(l->p, PAIR_R, "ike.early"), 0);
    cr_expect_eq(pair_count(l->p, PAIR_I, "ike.retransmits"), 0);
    login_free(l);
}

/* ---- Behind one NAT ---- */

static enum ike_why key_id(void *self, const struct ike_claim *claim, struct ike_party *out)
{
    g_strlcpy(out->name, claim->text, sizeof out->name);
    g_strlcpy(out->key, "cisco321", sizeof out->key);
    return claim->type == ID_KEY_ID ? WHY_NONE : WHY_NO_GROUP;
}

static void connect_all(struct house *h)
{
    static const struct ike_policy offer = {
        1, CIPHER_3DES, HASH_SHA1, GROUP_MODP768, IKE_AUTH_PSK, 86400};
    const struct ike_access access = {.identify = key_id};
    ike_on_access(h->end[HOUSE_HUB].engine, &access);
    for (unsigned k = 0; k <= h->clients; k++)
        for (size_t i = 0; i < IKE_PROFILE_VIDS; i++)
            h->end[k].profile.vid_am1[i] = h->end[k].profile.vid_am2[i] =
                h->end[k].profile.vid_mm1[i];
    for (unsigned k = 1; k <= h->clients; k++) {
        const struct ike_connect c = {.local = h->end[k].addr,
                                      .remote = HUB_ADDR,
                                      .group = "group",
                                      .key = "cisco321",
                                      .offers = &offer,
                                      .n_offers = 1};
        cr_assert_neq(ike_connect(h->end[k].engine, &c), 0);
        house_ask(h, k, 0);
        sim_run(h->sim, sim_now(h->sim) + SECONDS(2));
    }
}

Test(aggressive_behind_nat, moves_to_4500_with_message_3_and_clients_are_told_apart)
{
    static const enum ike_vid row[][2] = {
        {IKE_VID_RFC3947}, {IKE_VID_NAT_T_03}, {IKE_VID_NAT_T_02N}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct house *h = house_new(3, row[i], row[i]);
        connect_all(h);
        cr_expect_null(house_discord(h), "row %zu: %s", i, house_discord(h));
        cr_expect_eq(h->end[HOUSE_HUB].children->len, 3, "row %zu", i);
        cr_expect_eq(house_working(h, HOUSE_HUB), 3, "row %zu", i);
        for (size_t k = 0; k < 3; k++) {
            struct ike_sa_view v = house_sa(h, HOUSE_HUB, k);
            cr_expect(v.nat_there && v.aggressive && v.nat == k + 1 && v.lport == 4500);
            cr_expect_str_eq(v.party, "group");
        }
        house_free(h);
    }
}

Test(aggressive_behind_nat, under_every_loss_of_the_first_six, .timeout = 500)
{
    static const enum ike_vid vids[] = {IKE_VID_RFC3947, IKE_VID_UNKNOWN};
    for (unsigned mask = 0; mask < 64; mask++) {
        struct house *h = house_new(1, vids, vids);
        h->lose = mask;
        h->repeat = mask * 37;
        connect_all(h);
        sim_run(h->sim, AFTER_THE_TIMERS);
        cr_expect_null(house_discord(h), "mask %u: %s", mask, house_discord(h));
        house_free(h);
    }
}

Test(aggressive_behind_nat, is_as_without_where_there_is_none)
{
    static const enum ike_vid vids[] = {IKE_VID_RFC3947, IKE_VID_UNKNOWN};
    struct house *h = house_new(2, vids, vids);
    h->nat = false;
    connect_all(h);
    cr_expect_null(house_discord(h));
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).lport, 500);
    cr_expect_eq(house_sa(h, HOUSE_HUB, 0).natt, IKE_NATT_RFC3947);
    house_free(h);
}
