/* Aggressive mode, logins and configuration: the whole way in of a client, and every way in which
 * it ends before. */
#include "exchange/login.h"

#define AFTER_THE_TIMERS SECONDS(700)

static void expect_sane(struct login *l, const char *what, unsigned number)
{
    const char *wrong = login_discord(l);
    cr_expect_null(wrong, "%s %u: %s", what, number, wrong);
}

/* ---- The whole way ---- */

Test(login, is_asked_for_between_the_phases_and_configuration_follows)
{
    struct login *l = login_new();
    pair_ladder(l->p);
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(5));
    cr_expect_str_eq(pair_ladder(l->p), " 0.000  -->  AM  SA KE NONCE ID\n"
                                        " 0.012  <--  AM  SA KE ID NONCE HASH\n"
                                        " 0.022  -->  AM* HASH NOTIFY\n"
                                        " 0.034  <--  TX* HASH ATTR\n"
                                        " 0.544  -->  TX* HASH ATTR\n"
                                        " 0.556  <--  TX* HASH ATTR\n"
                                        " 0.566  -->  TX* HASH ATTR\n"
                                        " 0.566  -->  TX* HASH ATTR\n"
                                        " 0.578  <--  TX* HASH ATTR\n"
                                        " 0.588  -->  QM* HASH SA NONCE ID ID\n"
                                        " 0.598  <--  QM* HASH SA NONCE ID ID\n"
                                        " 0.608  -->  QM* HASH\n");
    expect_sane(l, "login", 0);
    cr_expect(login_is_up(l));
    cr_expect_eq(l->address, LOGIN_POOL);
    cr_expect_str_eq(l->banner, "hello");
    cr_expect_eq(l->attrs, 4, "unknown ones too");
    cr_expect_eq(l->requested, 5);
    cr_expect_str_eq(l->heard_user, "gfullage");
    struct ike_sa_view v = pair_sa(l->p, PAIR_R, 0);
    cr_expect(v.aggressive && v.xauth && v.configured);
    cr_expect_eq(v.policy.auth, IKE_AUTH_XAUTH_INIT_PSK);
    cr_expect_str_eq(v.party, "clients");
    cr_expect_str_eq(v.user, "gfullage");
    cr_expect_eq(v.assigned, LOGIN_POOL);
    const struct pair_child *c = l->p->end[PAIR_R].children->pdata[0];
    cr_expect_eq(c->c.assigned, LOGIN_POOL);
    login_free(l);
}

/* Aggressive mode alone, for a group without users. */
Test(aggressive, brings_up_a_pair_with_the_key_of_a_group)
{
    for (int asked = 0; asked < 2; asked++) {
        struct login *l = login_new();
        l->xauth = false;
        l->ask_key = asked;
        l->config = IKE_CFG_WAY_RESPOND;
        pair_record(l->p, PAIR_R);
        login_call(l, "testgroup", "cisco321");
        login_run(l, SECONDS(5));
        cr_expect_not(login_is_up(l), "only offers with a login were made");
        cr_expect(pair_recorded(l->p, "ike_offer_end AUTH"), "%s", l->p->events->str);
        login_free(l);
    }
}

Test(login, states_and_inputs_are_those_of_the_catalogue)
{
    static const char *const row[] = {
        "ike_state RESPONDER FROM_PEER_AM_EXCH READY R_AM_AAA_AWAIT",
        "ike_state RESPONDER FROM_AAA_PRESHARED_KEY_REPLY R_AM_AAA_AWAIT R_AM2",
        "ike_state RESPONDER FROM_PEER_AM_EXCH R_AM2 QM_IDLE",
        "ike_state RESPONDER INTERNAL_PHASE1_COMPLETE QM_IDLE XAUTH_AAA_START_LOGIN_AWAIT",
        "ike_state RESPONDER FROM_AAA_START_LOGIN XAUTH_AAA_START_LOGIN_AWAIT XAUTH_REQ_SENT",
        "ike_state RESPONDER FROM_PEER_CFG_REPLY XAUTH_REQ_SENT XAUTH_AAA_CONT_LOGIN_AWAIT",
        "ike_state RESPONDER FROM_AAA_CONT_LOGIN XAUTH_AAA_CONT_LOGIN_AWAIT XAUTH_SET_SENT",
        "ike_state RESPONDER FROM_PEER_CFG_ACK XAUTH_SET_SENT QM_IDLE",
        "ike_state RESPONDER INTERNAL_PHASE1_COMPLETE QM_IDLE QM_IDLE",
        "ike_state RESPONDER FROM_PEER_CFG_REQUEST QM_IDLE CONFIG_AUTHOR_AAA_AWAIT",
        "ike_state RESPONDER FROM_AAA_GROUP_ATTR CONFIG_AUTHOR_AAA_AWAIT QM_IDLE",
        "ike_state RESPONDER INTERNAL_PHASE1_COMPLETE QM_IDLE QM_IDLE",
    };
    struct login *l = login_new();
    pair_record(l->p, PAIR_R);
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(5));
    const char *at = l->p->events->str;
    for (size_t i = 0; i < G_N_ELEMENTS(row) && at; i++) {
        at = strstr(at, "ike_state");
        cr_expect(at && strncmp(at, row[i], strlen(row[i])) == 0, "%zu: %s, not %.90s", i, row[i],
                  at);
        at = at ? at + 1 : NULL;
    }
    login_free(l);
}

/* What is told of a login, in the order of the hub's trace. */
Test(login, events_come_in_the_order_of_the_catalogue)
{
    static const char *const row[] = {
        /* C01 */ "ike_rx",
        "ike_sa_new",
        "ike_payload SA",
        "ike_payload ID",
        "ike_id",
        "ike_party found",
        "ike_key_search found",
        "ike_peer_new",
        "ike_profiles xauth",
        "ike_offer 10",
        "ike_offer_end ENCRYPTION",
        "ike_offer 10",
        "ike_offer_end accepted",
        "ike_dh_make",
        "ike_payload KE",
        "ike_dh_share",
        "ike_payload NONCE",
        "ike_ask_aaa",
        "ike_state RESPONDER FROM_PEER_AM_EXCH READY",
        /* C02 */ "ike_aaa_reply ok",
        "ike_skeyid",
        "ike_id ours",
        "ike_hmac",
        "ike_tx RESPONDER AGGRESSIVE R_AM_AAA_AWAIT",
        "ike_state RESPONDER FROM_AAA_PRESHARED",
        /* C03 */ "ike_rx",
        "ike_payload HASH",
        "ike_hmac",
        "ike_payload NOTIFY",
        "ike_notify_rx",
        "ike_initial_contact",
        "ike_authenticated",
        "ike_dh_clear",
        "ike_peer_new inserted",
        /* C03a */ "ike_notify_tx",
        "ike_hmac",
        "ike_tx RESPONDER INFORMATIONAL QM_IDLE",
        "ike_state RESPONDER FROM_PEER_AM_EXCH R_AM2 QM_IDLE",
        /* C04 */ "ike_need_xauth",
        "ike_ask_aaa",
        "ike_state",
        /* C05 */ "ike_aaa_reply",
        "xact_new ours",
        "xact_attr REQUEST ours",
        "xact_attr REQUEST ours",
        "ike_hmac",
        "xact_begin ours",
        "ike_tx RESPONDER TRANSACTION",
        "ike_state",
        /* C06 */ "ike_rx",
        "xact_rx REPLY",
        "ike_hmac",
        "xact_attr REPLY",
        "xact_attr REPLY",
        "xact_done",
        "ike_ask_aaa",
        "ike_state",
        /* C07 */ "ike_aaa_reply ok",
        "ike_login ok",
        "xact_new ours",
        "ike_hmac",
        "xact_begin",
        "ike_tx",
        "ike_state",
        /* C08 */ "ike_rx",
        "xact_rx ACK",
        "ike_hmac",
        "xact_done",
        "ike_state",
        "ike_state",
        /* C09 */ "ike_rx",
        "xact_new",
        "xact_rx REQUEST",
        "ike_hmac",
        "xact_attr REQUEST",
        "ike_ask_aaa",
        "ike_state",
        /* C10 */ "ike_aaa_reply ok",
        "ike_assigned",
        "xact_attr REPLY ours",
        "ike_hmac",
        "xact_begin",
        "ike_tx",
        "xact_done",
        "ike_state",
        "ike_state",
    };
    struct login *l = login_new();
    l->p->end[PAIR_R].profile.p1_tell_life = true;
    pair_record(l->p, PAIR_R);
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(5));
    const char *at = l->p->events->str;
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *next = strstr(at, row[i]);
        cr_assert_not_null(next, "%zu: no %s after\n%.300s", i, row[i], at);
        at = next + 1;
    }
    /* R's lifetime is the shorter one. */
    cr_expect_eq(pair_sa(l->p, PAIR_I, 0).policy.lifetime_s, 86400);
    cr_expect_lt(pair_sa(l->p, PAIR_I, 0).expires, SECONDS(86402));
    cr_expect_null(strstr(l->p->events->str, "secret"));
    login_free(l);
}

/* ---- Refusals ---- */

Test(refusal, of_what_does_not_fit_leaves_nothing_behind)
{
    static const struct {
        const char *what, *group, *key, *user, *password;
        enum ike_why client, hub;
        uint32_t judged_bad;
    } row[] = {
        {"unknown group", "nobody", "cisco321", "gfullage", "secret", WHY_RETRANSMITS, WHY_NO_GROUP,
         0},
        {"empty group", "", "cisco321", "gfullage", "secret", WHY_RETRANSMITS, WHY_NO_GROUP, 0},
        {"wrong key", "testgroup", "cisco123", "gfullage", "secret", WHY_HASH_MISMATCH,
         WHY_RETRANSMITS, 0},
        {"wrong user", "testgroup", "cisco321", "mallory", "secret", WHY_LOGIN, WHY_LOGIN, 1},
        {"wrong password", "testgroup", "cisco321", "gfullage", "Secret", WHY_LOGIN, WHY_LOGIN, 1},
        {"empty password", "testgroup", "cisco321", "gfullage", "", WHY_LOGIN, WHY_LOGIN, 1},
        {"no user", "testgroup", "cisco321", NULL, NULL, WHY_LOGIN_ABANDONED, WHY_LOGIN_ABANDONED,
         0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct login *l = login_new();
        l->say_user = row[i].user;
        l->say_password = row[i].password;
        login_call(l, row[i].group, row[i].key);
        login_run(l, AFTER_THE_TIMERS);
        expect_sane(l, row[i].what, 0);
        cr_expect_not(login_is_up(l), "%s", row[i].what);
        cr_expect_eq(l->ended, 1, "%s", row[i].what);
        cr_expect_eq(l->ended_why, row[i].client, "%s: %s", row[i].what,
                     ike_why_name(l->ended_why));
        cr_expect_eq(l->judged_bad, row[i].judged_bad, "%s", row[i].what);
        cr_expect_eq(l->p->end[PAIR_I].failed_requests, 1, "%s", row[i].what);
        cr_expect_eq(l->departed, 0, "%s: nobody had come in", row[i].what);
        login_free(l);
    }
}

Test(refusal, of_a_plain_offer_where_a_login_is_wanted)
{
    static const struct {
        bool no_proof;
        bool up;
    } row[] = {{false, false}, {true, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct login *l = login_new();
        l->no_proof = row[i].no_proof;
        login_call_bare(l, IKE_AUTH_PSK);
        pair_ask(l->p, PAIR_I);
        login_run(l, SECONDS(5));
        cr_expect_eq(login_is_up(l), row[i].up, "row %zu", i);
        cr_expect_eq(l->challenged, 0);
        login_free(l);
    }
}

Test(refusal, of_a_password_is_forgiven_as_often_as_told)
{
    for (unsigned tries = 0; tries < 4; tries++) {
        struct login *l = login_new();
        l->tries = tries;
        l->say_password = "wrong";
        login_call(l, "testgroup", "cisco321");
        login_run(l, AFTER_THE_TIMERS);
        cr_expect_eq(l->challenged, tries + 1);
        cr_expect_eq(l->judged_bad, 1, "the last one");
        cr_expect_eq(l->ended_why, WHY_LOGIN);
        expect_sane(l, "tries", tries);
        login_free(l);
    }
}

Test(refusal, of_an_address_ends_the_session)
{
    struct login *l = login_new();
    l->no_address = true;
    login_call(l, "testgroup", "cisco321");
    login_run(l, AFTER_THE_TIMERS);
    cr_expect_eq(l->judged_ok, 1);
    cr_expect_eq(l->departed, 1);
    cr_expect_eq(l->departed_why, WHY_NO_ADDRESS);
    cr_expect_eq(l->ended_why, WHY_PEER_DELETE);
    expect_sane(l, "no address", 0);
    login_free(l);
}

Test(refusal, of_aggressive_mode_altogether)
{
    struct login *l = login_new();
    l->p->end[PAIR_R].conf->no_aggressive = true;
    login_call(l, "testgroup", "cisco321");
    login_run(l, AFTER_THE_TIMERS);
    cr_expect_eq(pair_count(l->p, PAIR_R, "ike.no_sa"), 6);
    cr_expect_eq(ike_sa_count(l->p->end[PAIR_R].engine), 0);
    expect_sane(l, "no aggressive mode", 0);
    login_free(l);
}

/* ---- Servers and users that are slow, or silent ---- */

Test(patience, with_slow_answers_is_enough_and_copies_are_not_answered_twice)
{
    struct login *l = login_new();
    l->delay = SECONDS(25);
    l->thinks = SECONDS(40);
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(400));
    cr_expect(login_is_up(l), "the key is fetched in 25 s, the user takes 40");
    expect_sane(l, "slow", 0);
    cr_expect_eq(l->given, 1);
    cr_expect_eq(l->challenged, 1);
    login_free(l);
}

Test(patience, with_silence_ends)
{
    static const struct {
        int silent;
        enum ike_why client;
        uint32_t departed;
    } row[] = {
        {LOGIN_KEY, WHY_RETRANSMITS, 0},         {LOGIN_BEGIN, WHY_LOGIN_ABANDONED, 0},
        {LOGIN_VERDICT, WHY_LOGIN_ABANDONED, 0}, {LOGIN_CONFIG, WHY_RETRANSMITS, 1},
        {LOGIN_USER, WHY_PEER_DELETE, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct login *l = login_new();
        l->silent = 1u << row[i].silent;
        login_call(l, "testgroup", "cisco321");
        login_run(l, AFTER_THE_TIMERS);
        cr_expect_not(login_is_up(l), "row %zu", i);
        cr_expect_eq(l->ended, 1, "row %zu", i);
        bool fits = l->ended_why == row[i].client || l->ended_why == WHY_PEER_DELETE;
        cr_expect(fits, "row %zu: %s", i, ike_why_name(l->ended_why));
        cr_expect_eq(l->departed, row[i].departed, "row %zu", i);
        expect_sane(l, "silence", (unsigned)i);
        login_free(l);
    }
}

/* An answer that comes when nobody waits for it any more. */
Test(answers, of_servers_to_what_is_gone_are_ignored)
{
    struct login *l = login_in();
    struct ike_engine *hub = l->p->end[PAIR_R].engine;
    ike_sa_id id = pair_sa(l->p, PAIR_R, 0).id;
    for (int k = 0; k < 2; k++) {
        ike_key_fetched(hub, id, "other");
        ike_login_begun(hub, id);
        ike_login_judged(hub, id, false, true);
        ike_configured(hub, id, NULL, 0);
        ike_login_say(l->p->end[PAIR_I].engine, l->sa, "x", "y");
        id = 4711;
    }
    login_run(l, SECONDS(10));
    cr_expect(login_is_up(l));
    cr_expect_eq(l->leases, 1);
    login_free(l);
}

/* ---- Faults of the path ---- */

Test(login_under_loss, of_every_mask_of_the_first_datagrams, .timeout = 500)
{
    unsigned up = 0;
    for (unsigned mask = 0; mask < 256; mask++) {
        struct login *l = login_new();
        l->p->lose = mask;
        login_call(l, "testgroup", "cisco321");
        login_run(l, AFTER_THE_TIMERS);
        expect_sane(l, "mask", mask);
        up += login_is_up(l);
        login_free(l);
    }
    cr_expect_geq(up, 256 - 48, "%u", up);
}

Test(login_under_loss, of_every_mask_after_phase_1, .timeout = 500)
{
    unsigned up = 0;
    for (unsigned mask = 0; mask < 256; mask++) {
        struct login *l = login_new();
        l->p->lose = (uint64_t)mask << 3;
        login_call(l, "testgroup", "cisco321");
        login_run(l, AFTER_THE_TIMERS);
        expect_sane(l, "mask after phase 1", mask);
        up += login_is_up(l);
        login_free(l);
    }
    cr_expect_geq(up, 256 - 48, "%u", up);
}

Test(login_under_loss, in_each_direction, .timeout = 500)
{
    for (int side = 0; side < 2; side++)
        for (unsigned mask = 0; mask < 256; mask++) {
            struct login *l = login_new();
            l->p->lose_by[side] = mask;
            login_call(l, "testgroup", "cisco321");
            login_run(l, AFTER_THE_TIMERS);
            expect_sane(l, side ? "R's mask" : "I's mask", mask);
            login_free(l);
        }
}

Test(login_under_loss, silence_after_every_message_is_given_up_and_forgotten, .timeout = 500)
{
    for (unsigned heard = 0; heard < 8; heard++)
        for (int side = 0; side < 2; side++) {
            struct login *l = login_new();
            l->p->lose_by[side] = UINT64_MAX << heard;
            login_call(l, "testgroup", "cisco321");
            login_run(l, SECONDS(1200));
            const char *wrong = pair_disagreement(l->p);
            bool over = l->ended == 1 || login_is_up(l);
            cr_expect(over || !wrong || side == PAIR_R, "%u, %d: %s", heard, side, wrong);
            cr_expect_leq(l->p->sent->len, 60, "%u, %d: %u", heard, side, l->p->sent->len);
            login_free(l);
        }
}

Test(login_under_copies, and_swaps_changes_nothing, .timeout = 500)
{
    static const sim_time after[] = {0, MILLISECONDS(15), MILLISECONDS(25), SECONDS(5)};
    for (unsigned n = 0; n < 12; n++) {
        for (size_t i = 0; i <= G_N_ELEMENTS(after); i++) {
            struct login *l = login_new();
            if (i < G_N_ELEMENTS(after)) {
                l->p->repeat = 1ull << n;
                l->p->repeat_after = after[i];
            } else {
                l->p->swap = (int)n;
            }
            login_call(l, "testgroup", "cisco321");
            login_run(l, SECONDS(200));
            expect_sane(l, "copy or swap of", n);
            cr_expect(login_is_up(l), "copy or swap %zu of %u", i, n);
            cr_expect_eq(l->given, 1);
            cr_expect_eq(l->challenged, 1);
            cr_expect_leq(l->p->sent->len, 26, "%u: %u datagrams", n, l->p->sent->len);
            login_free(l);
        }
    }
}

Test(login_under_copies, of_everything_at_once)
{
    struct login *l = login_new();
    l->p->repeat = UINT64_MAX;
    l->p->repeat_after = MILLISECONDS(3);
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(200));
    cr_expect(login_is_up(l));
    expect_sane(l, "everything twice", 0);
    cr_expect_eq(l->given, 1);
    login_free(l);
}

Test(login_under_damage, of_every_byte_is_survived, .timeout = 500)
{
    for (int n = 0; n < 12; n++) {
        int bytes = 1;
        for (int byte = 0; byte < bytes; byte++) {
            struct login *l = login_new();
            l->p->damage = n;
            l->p->damage_byte = byte;
            l->p->damage_bits = (uint8_t)(byte % 3 == 0 ? 0xff : 1 << byte % 8);
            login_call(l, "testgroup", "cisco321");
            login_run(l, AFTER_THE_TIMERS);
            expect_sane(l, "damaged datagram", (unsigned)(n * 1000 + byte));
            bytes = (int)pair_datagram_bytes(l->p, (unsigned)n);
            login_free(l);
        }
        cr_expect_gt(bytes, 28);
    }
}

Test(login_under_damage, truncated_at_every_place)
{
    struct login *l = login_in();
    guint sent = l->p->sent->len;
    for (guint i = 0; i < sent; i++)
        for (size_t n = 0; n < pair_datagram_bytes(l->p, i); n++)
            pair_replay(l->p, i, n);
    expect_sane(l, "truncated", 0);
    cr_expect(login_is_up(l));
    login_free(l);
}
