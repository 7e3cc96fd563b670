/* Phase 2: proposals, PFS, identities, lifetimes, and what a refusal leaves. */
#include "exchange/pair.h"

static void expect_up(struct ike_pair *p, uint32_t pairs)
{
    cr_expect_null(pair_disagreement(p), "%s", pair_disagreement(p));
    cr_expect_eq(p->end[0].children->len, pairs, "%u pairs", p->end[0].children->len);
}

static void ask_suite(struct ike_pair *p, struct esp_suite suite)
{
    struct ike_request r = pair_request_of(p, PAIR_I);
    r.offer[0] = suite;
    ike_request_sas(p->end[PAIR_I].engine, &r);
}

Test(suites, each_is_negotiated_as_it_was_offered)
{
    for (int c = CIPHER_NULL; c < CIPHER_COUNT; c++) {
        for (int h = HASH_NONE; h < HASH_COUNT; h++) {
            struct ike_pair *p = pair_new();
            ask_suite(p, (struct esp_suite){c, h, h == HASH_MD5});
            pair_run(p, SECONDS(1));
            bool nothing = c == CIPHER_NULL && h == HASH_NONE; /* RFC 2407 4.4.4.10 */
            expect_up(p, nothing ? 0 : 1);
            if (!nothing) {
                const struct pair_child *r = p->end[PAIR_R].children->pdata[0];
                cr_expect_eq(r->c.suite.cipher, (enum crypto_cipher)c);
                cr_expect_eq(r->c.suite.auth, (enum crypto_hash)h);
                cr_expect_eq(r->c.suite.transport, h == HASH_MD5);
                cr_expect_eq(r->c.keymat_in.n, cipher_key_bytes(c) + hash_bytes(h));
            }
            pair_free(p);
        }
    }
}

/* The first of the offers that the responder has. */
static enum ike_why only_aes256(void *self, ip4 local, ip4 remote, const struct esp_suite *s)
{
    return s->cipher == CIPHER_AES256 ? WHY_NONE : WHY_TRANSFORM;
}

Test(suites, the_first_that_the_responder_has_is_taken)
{
    struct ike_pair *p = pair_new();
    struct ike_request r = pair_request_of(p, PAIR_I);
    struct pair_end *end = &p->end[PAIR_R];
    r.offer[1] = (struct esp_suite){CIPHER_AES128, HASH_SHA1, false};
    r.offer[2] = (struct esp_suite){CIPHER_AES256, HASH_SHA1, false};
    r.offer[3] = (struct esp_suite){CIPHER_AES256, HASH_MD5, false};
    r.n_offer = 4;
    end->judge_suite = only_aes256;
    pair_record(p, PAIR_R);
    ike_request_sas(p->end[PAIR_I].engine, &r);
    pair_run(p, SECONDS(1));
    expect_up(p, 1);
    const struct pair_child *child = end->children->pdata[0];
    cr_expect(child->c.suite.cipher == CIPHER_AES256 && child->c.suite.auth == HASH_SHA1);
    cr_expect(pair_recorded(p, "qm_transform_end TRANSFORM"));
    cr_expect(pair_recorded(p, "qm_transform_end accepted NONE"));
    pair_free(p);
}

/* How each refusal looks from both sides: the IKE SA stays (debug-and-errors.md, rule 8). */
Test(refusal, leaves_the_ike_sa_and_tells_the_initiator)
{
    static const struct {
        enum ike_why suite, request;
        const char *event;
    } row[] = {
        {WHY_TRANSFORM, WHY_NONE, "qm_refused TRANSFORM"},
        {WHY_LOCAL_ADDRESS, WHY_NONE, "qm_refused LOCAL_ADDRESS"},
        {WHY_NONE, WHY_PROXY, "qm_refused PROXY"},
        {WHY_NONE, WHY_PEER, "qm_refused PEER"},
        {WHY_NONE, WHY_TRANSFORM, "qm_refused TRANSFORM"},
        {WHY_NONE, WHY_PFS, "qm_refused PFS"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ike_pair *p = pair_new();
        p->end[PAIR_R].suite_why = row[i].suite;
        p->end[PAIR_R].request_why = row[i].request;
        pair_record(p, PAIR_R);
        pair_ladder(p);
        pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(5));
        cr_expect(pair_recorded(p, row[i].event), "%s\n%s", row[i].event, p->events->str);
        cr_expect(pair_recorded(p, "qm_state FROM_PEER_QM_EXCH QM_READY QM_FAILED"));
        cr_expect(pair_recorded(p, "qm_done error"));
        expect_up(p, 0);
        cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE));
        cr_expect(pair_has(p, PAIR_R, IKE_STATE_QM_IDLE));
        cr_expect_eq(p->end[PAIR_I].failed_requests, 1);
        cr_expect_eq(p->end[PAIR_I].failed_why, WHY_PEER_NOTIFY);
        cr_expect_not_null(strstr(pair_ladder(p), " 0.070  <--  IN* HASH NOTIFY\n"), "%s",
                           pair_ladder(p));
        pair_free(p);
    }
}

Test(refusal, that_was_lost_is_said_again_to_who_asks_again)
{
    struct ike_pair *p = pair_new();
    p->end[PAIR_R].request_why = WHY_PROXY;
    pair_lose(p, PAIR_R, 3);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(15));
    cr_expect_eq(p->end[PAIR_I].failed_why, WHY_PEER_NOTIFY);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.phase2.failed"), 1);
    pair_free(p);
}

Test(refusal, at_installation_by_the_responder_takes_the_initiators_pair_back)
{
    struct ike_pair *p = pair_new();
    p->end[PAIR_R].install_why = WHY_PROXY_AT_INSTALL;
    pair_record(p, PAIR_R);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_expect_eq(p->end[PAIR_I].installed, 1);
    expect_up(p, 0);
    cr_expect(pair_recorded(p, "qm_refused PROXY_AT_INSTALL"));
    pair_free(p);
}

Test(refusal, at_installation_by_the_initiator_stops_the_responder)
{
    struct ike_pair *p = pair_new();
    p->end[PAIR_I].install_why = WHY_PROXY_AT_INSTALL;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_expect_eq(p->end[PAIR_R].installed, 0);
    expect_up(p, 0);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.phase2.failed"), 1);
    cr_expect_eq(p->end[PAIR_I].failed_why, WHY_PROXY_AT_INSTALL);
    pair_free(p);
}

/* CAT-09: required where it is configured, taken where it is not. */
Test(pfs, is_required_only_where_it_is_configured)
{
    static const struct {
        enum crypto_group asks, wants;
        bool up;
    } row[] = {
        {GROUP_NONE, GROUP_NONE, true},         {GROUP_MODP1024, GROUP_NONE, true},
        {GROUP_MODP1024, GROUP_MODP1024, true}, {GROUP_MODP768, GROUP_MODP768, true},
        {GROUP_MODP2048, GROUP_MODP2048, true}, {GROUP_NONE, GROUP_MODP1024, false},
        {GROUP_MODP768, GROUP_MODP1024, false}, {GROUP_MODP1024, GROUP_MODP768, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ike_pair *p = pair_new();
        struct ike_request r = pair_request_of(p, PAIR_I);
        r.pfs = row[i].asks;
        p->end[PAIR_R].pfs = row[i].wants;
        pair_record(p, PAIR_R);
        ike_request_sas(p->end[PAIR_I].engine, &r);
        pair_run(p, SECONDS(5));
        expect_up(p, row[i].up ? 1 : 0);
        cr_expect_eq(p->end[PAIR_R].asked_group, row[i].asks);
        cr_expect_neq(pair_recorded(p, "qm_refused PFS"), row[i].up, "row %zu", i);
        pair_free(p);
    }
}

Test(pfs, keys_do_not_hang_on_phase_1_alone)
{
    uint8_t keys[2][64];
    for (int pfs = 0; pfs < 2; pfs++) {
        struct ike_pair *p = pair_new();
        struct ike_request r = pair_request_of(p, PAIR_I);
        r.pfs = pfs ? GROUP_MODP1024 : GROUP_NONE;
        ike_request_sas(p->end[PAIR_I].engine, &r);
        pair_run(p, SECONDS(1));
        expect_up(p, 1);
        memcpy(keys[pfs], ((struct pair_child *)p->end[0].children->pdata[0])->keymat_in, 44);
        pair_free(p);
    }
    cr_expect_neq(memcmp(keys[0], keys[1], 44), 0);
}

/* The shorter of both is used at both ends; the initiator learns of it by RESPONDER-LIFETIME. */
Test(lifetime, of_phase_2_is_the_shorter_at_both_ends)
{
    static const struct {
        uint32_t asks_s, asks_kb, has_s, has_kb, s, kb;
    } row[] = {
        {3600, 4608000, 3600, 4608000, 3600, 4608000},
        {28800, 4608000, 3600, 4608000, 3600, 4608000},
        {3600, 4608000, 120, 2560, 120, 2560},
        {600, 10000, 3600, 4608000, 600, 10000},
        {2147483, 0, 86400, 0, 86400, 0},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ike_pair *p = pair_new();
        struct ike_request r = pair_request_of(p, PAIR_I);
        r.life_s = row[i].asks_s;
        r.life_kb = row[i].asks_kb;
        p->end[PAIR_R].life_s = row[i].has_s;
        p->end[PAIR_R].life_kb = row[i].has_kb;
        pair_ladder(p);
        ike_request_sas(p->end[PAIR_I].engine, &r);
        pair_run(p, SECONDS(1));
        expect_up(p, 1);
        const struct pair_child *child = p->end[PAIR_I].children->pdata[0];
        cr_expect_eq(child->c.life_s, row[i].s, "row %zu: %u s", i, child->c.life_s);
        cr_expect_eq(child->c.life_kb, row[i].kb, "row %zu: %u kB", i, child->c.life_kb);
        bool told = strstr(pair_ladder(p), "QM* HASH SA NONCE ID ID NOTIFY\n");
        cr_expect_eq(told, row[i].has_s < row[i].asks_s || row[i].has_kb < row[i].asks_kb);
        pair_free(p);
    }
}

/* ---- Requests ---- */

Test(requests, asked_again_while_under_way_change_nothing)
{
    struct ike_pair *p = pair_new();
    for (int i = 0; i < 5; i++) {
        pair_ask(p, PAIR_I);
        pair_run(p, MILLISECONDS(15) * (i + 1));
    }
    pair_run(p, SECONDS(1));
    expect_up(p, 1);
    cr_expect_eq(p->sent->len, 9);
    pair_free(p);
}

Test(requests, wait_for_one_phase_1_and_share_it)
{
    struct ike_pair *p = pair_new();
    for (int i = 0; i < 10; i++) {
        struct ike_request r = pair_request_of(p, PAIR_I);
        r.local_proxy = proxy_of(IP4(10, 100 + i, 0, 0), ip4_mask(16), 0, 0);
        ike_request_sas(p->end[PAIR_I].engine, &r);
    }
    cr_expect_eq(pair_sa(p, PAIR_I, 0).pending, 10);
    pair_run(p, SECONDS(1));
    expect_up(p, 10);
    cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), 1);
    cr_expect_eq(pair_sa(p, PAIR_R, 0).children, 10);
    pair_free(p);
}

Test(requests, are_bounded)
{
    struct ike_pair *p = pair_new();
    p->lose = UINT64_MAX;
    for (int i = 0; i < 100; i++) {
        struct ike_request r = pair_request_of(p, PAIR_I);
        r.local_proxy = proxy_of(IP4(10, 100 + i, 0, 0), ip4_mask(16), 0, 0);
        ike_request_sas(p->end[PAIR_I].engine, &r);
    }
    cr_expect_eq(pair_sa(p, PAIR_I, 0).pending, 64);
    cr_expect_eq(p->end[PAIR_I].failed_requests, 36);
    cr_expect_eq(p->end[PAIR_I].failed_why, WHY_LIMIT);
    pair_run(p, SECONDS(200));
    cr_expect_eq(p->end[PAIR_I].failed_requests, 100);
    pair_free(p);
}

Test(requests, a_rekey_under_the_same_sa_makes_a_second_pair)
{
    struct ike_pair *p = pair_new();
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    struct ike_request r = pair_request_of(p, PAIR_I);
    r.spi_old = ((struct pair_child *)p->end[0].children->pdata[0])->c.spi_in;
    pair_record(p, PAIR_I);
    ike_request_sas(p->end[PAIR_I].engine, &r);
    pair_run(p, SECONDS(2));
    expect_up(p, 2);
    cr_expect_eq(((struct pair_child *)p->end[0].children->pdata[1])->c.spi_old, r.spi_old);
    cr_expect(pair_recorded(p, "ike_rekey"));
    cr_expect_eq(p->sent->len, 12);
    pair_free(p);
}
