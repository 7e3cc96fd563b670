/* The life of SAs: deletes, INITIAL-CONTACT, both ends at once, forgetting, limits. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

static void expect_up(struct ike_pair *p, uint32_t pairs)
{
    cr_expect_null(pair_disagreement(p), "%s", pair_disagreement(p));
    cr_expect_eq(p->end[0].children->len, pairs, "%u pairs", p->end[0].children->len);
}

static struct ike_pair *pair_up(void)
{
    struct ike_pair *p = pair_new();
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    expect_up(p, 1);
    return p;
}

/* A pair ends at one side, as when its lifetime is over or the operator clears it. */
static void end_child(struct ike_pair *p, enum ike_role side)
{
    struct pair_end *e = &p->end[side];
    struct pair_child *child = e->children->pdata[0];
    uint32_t spi = child->c.spi_in;
    g_ptr_array_remove_index(e->children, 0);
    ike_child_ended(e->engine, e->addr, e->peer, spi);
}

Test(deletes, of_a_pair_at_either_end_end_it_at_both)
{
    for (int side = 0; side < 2; side++) {
        struct ike_pair *p = pair_new();
        pair_ladder(p);
        pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(1));
        pair_record(p, 1 - side);
        end_child(p, side);
        pair_run(p, SECONDS(2));
        expect_up(p, 0);
        cr_expect_str_eq(strstr(pair_ladder(p), " 1.000"), side == PAIR_I
                                                               ? " 1.000  -->  IN* HASH DELETE\n"
                                                               : " 1.000  <--  IN* HASH DELETE\n");
        cr_expect(pair_recorded(p, "ike_delete_rx"));
        cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE), "the IKE SA stays");
        cr_expect_eq(pair_sa(p, PAIR_I, 0).children, 0);
        cr_expect_eq(pair_sa(p, PAIR_R, 0).children, 0);
        pair_free(p);
    }
}

Test(deletes, of_the_ike_sa_leave_the_pairs)
{
    struct ike_pair *p = pair_up();
    pair_record(p, PAIR_R);
    cr_expect_eq(ike_clear(p->end[PAIR_I].engine, 0, WHY_ADMIN), 1);
    pair_run(p, SECONDS(2));
    expect_up(p, 1);
    cr_expect_eq(pair_sa(p, PAIR_I, 0).dead_why, WHY_ADMIN);
    cr_expect_eq(pair_sa(p, PAIR_R, 0).dead_why, WHY_PEER_DELETE);
    cr_expect_eq(pair_sa(p, PAIR_R, 0).died_in, IKE_STATE_QM_IDLE);
    cr_expect(pair_recorded(p, "ike_state RESPONDER FROM_PEER_INFO_DELETE QM_IDLE DEAD"));
    cr_expect_eq(ike_clear(p->end[PAIR_I].engine, 0, WHY_ADMIN), 0, "dead ones are not counted");
    pair_free(p);
}

Test(deletes, are_not_sent_where_the_profile_does_not)
{
    struct ike_pair *p = pair_up();
    p->end[PAIR_I].profile.send_deletes = false;
    guint sent = p->sent->len;
    end_child(p, PAIR_I);
    ike_clear(p->end[PAIR_I].engine, 0, WHY_ADMIN);
    pair_run(p, SECONDS(2));
    cr_expect_eq(p->sent->len, sent);
    pair_free(p);
}

Test(deletes, heard_twice_or_of_unknown_pairs_are_counted)
{
    struct ike_pair *p = pair_up();
    ike_child_ended(p->end[PAIR_I].engine, PAIR_ADDR_I, PAIR_ADDR_R, 0xdeadbeef);
    pair_run(p, SECONDS(2));
    pair_replay(p, p->sent->len - 1, pair_datagram_bytes(p, p->sent->len - 1));
    expect_up(p, 1);
    cr_expect_eq(p->end[PAIR_R].unknown_deletes, 1);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.duplicates"), 1);
    pair_free(p);
}

/* Both ends see the lifetime end before the other's delete comes: nothing to report. */
Test(deletes, that_cross_are_no_news)
{
    struct ike_pair *p = pair_up();
    pair_record(p, PAIR_I);
    pair_record(p, PAIR_R);
    ike_clear(p->end[PAIR_I].engine, 0, WHY_EXPIRED);
    ike_clear(p->end[PAIR_R].engine, 0, WHY_EXPIRED);
    pair_run(p, SECONDS(2));
    cr_expect_null(strstr(p->events->str, "ike_no_sa"), "%s", p->events->str);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.no_sa"), 1);
    pair_free(p);
}

/* RFC 3706: who says that it knows DPD answers. */
Test(dead_peer_detection, a_question_is_answered_with_its_number)
{
    struct ike_pair *p = pair_new();
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    struct ike_sa *sa = p->end[PAIR_I].engine->sas->pdata[0];
    uint8_t spi[16], number[4] = {0, 0, 1, 2}, body[64];
    struct wr w = wr_over(body, sizeof body);
    be64_put(spi, sa->cky_i);
    be64_put(spi + 8, sa->cky_r);
    isakmp_notify_emit(&(struct isakmp_notify){DOI_IPSEC, PROTO_ISAKMP, NOTIFY_R_U_THERE,
                                               span_of(spi, 16), span_of(number, 4)},
                       &w);
    ike_inform(sa, ike_msgid_new(sa), PAYLOAD_NOTIFY, wr_done(&w), NULL);
    pair_run(p, SECONDS(2));
    cr_expect_str_eq(strstr(pair_ladder(p), " 1.000"), " 1.000  -->  IN* HASH NOTIFY\n"
                                                       " 1.010  <--  IN* HASH NOTIFY\n");
    pair_free(p);
}

/* CAT-10: one side has cleared its SA and the other was not told. */
Test(stale_sa, is_given_up_and_the_next_request_begins_anew)
{
    struct ike_pair *p = pair_up();
    ike_forget_all(p->end[PAIR_R].engine);
    g_ptr_array_set_size(p->end[PAIR_R].children, 0);
    pair_record(p, PAIR_R);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(50));
    cr_expect(pair_recorded(p, "ike_no_sa QUICK"));
    cr_expect_eq(pair_count(p, PAIR_R, "ike.no_sa"), 5);
    pair_run(p, SECONDS(62));
    cr_expect_eq(p->end[PAIR_I].failed_why, WHY_RETRANSMITS);
    cr_expect_eq(pair_sa(p, PAIR_I, 0).state, IKE_STATE_DEAD);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(70));
    cr_expect_eq(p->end[PAIR_R].children->len, 1);
    pair_free(p);
}

Test(initial_contact, after_a_reload_ends_what_the_peer_still_has)
{
    struct ike_pair *p = pair_up();
    ike_forget_all(p->end[PAIR_I].engine);
    g_ptr_array_set_size(p->end[PAIR_I].children, 0);
    cr_expect_eq(ike_sa_count(p->end[PAIR_I].engine), 0);
    pair_record(p, PAIR_R);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(3));
    expect_up(p, 1);
    cr_expect_eq(p->end[PAIR_R].gone, 2, "at the first contact, where nothing was, and now");
    cr_expect(pair_recorded(p, "ike_initial_contact"));
    cr_expect_eq(pair_sa(p, PAIR_R, 0).dead_why, WHY_INITIAL_CONTACT);
    cr_expect_eq(pair_sa(p, PAIR_R, 1).state, IKE_STATE_QM_IDLE);
    pair_free(p);
}

Test(initial_contact, is_not_sent_where_the_profile_does_not)
{
    struct ike_pair *p = pair_new();
    p->end[PAIR_I].profile.send_initial_contact = false;
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    expect_up(p, 1);
    cr_expect_eq(p->end[PAIR_R].gone, 0);
    pair_free(p);
}

/* ---- Both ends at once ---- */

Test(both_at_once, begin_main_mode_and_agree_whatever_the_offset)
{
    for (int ms = 0; ms <= 120; ms += 5) {
        struct ike_pair *p = pair_new();
        pair_ask(p, PAIR_I);
        pair_run(p, MILLISECONDS(ms));
        pair_ask(p, PAIR_R);
        pair_run(p, SECONDS(300));
        cr_expect_null(pair_disagreement(p), "%d ms: %s", ms, pair_disagreement(p));
        cr_expect_geq(p->end[0].children->len, 1, "%d ms", ms);
        cr_expect_leq(p->end[0].children->len, 2, "%d ms", ms);
        pair_free(p);
    }
}

Test(both_at_once, begin_main_mode_under_loss_and_agree)
{
    for (unsigned mask = 0; mask < 1024; mask++) {
        struct ike_pair *p = pair_new();
        for (int side = 0; side < 2; side++)
            pair_policy(p, side, 10, CIPHER_DES, HASH_MD5, GROUP_MODP768);
        p->lose = (uint64_t)mask << 3;
        pair_ask(p, PAIR_I);
        pair_ask(p, PAIR_R);
        pair_run(p, SECONDS(600));
        cr_expect_null(pair_disagreement(p), "mask %x: %s", mask, pair_disagreement(p));
        pair_free(p);
    }
}

Test(both_at_once, begin_quick_mode_under_one_sa_and_agree)
{
    struct ike_pair *p = pair_up();
    pair_ask(p, PAIR_I);
    pair_ask(p, PAIR_R);
    pair_run(p, SECONDS(2));
    expect_up(p, 3);
    cr_expect_eq(ike_sa_count(p->end[PAIR_I].engine), 1);
    pair_free(p);
}

/* What one end's own main mode cannot do, the one that the peer began can. */
Test(both_at_once, a_request_moves_to_the_sa_that_works)
{
    struct ike_pair *p = pair_new();
    /* R only listens to what it began itself: I's messages 1 are lost. */
    p->lose_by[PAIR_I] = 1;
    pair_ask(p, PAIR_I);
    pair_ask(p, PAIR_R);
    p->end[PAIR_I].profile.retransmit_count = 0;
    pair_run(p, SECONDS(30));
    cr_expect_eq(p->end[PAIR_I].failed_requests, 0);
    expect_up(p, 2);
    pair_free(p);
}

/* ---- Limits ---- */

static void stranger_calls(struct ike_pair *p, ip4 from)
{
    uint8_t bytes[ISAKMP_HEAD + 200];
    memcpy(bytes, pair_datagram(p, 0), pair_datagram_bytes(p, 0));
    be32_put(bytes, from); /* a cookie of its own */
    ike_input(p->end[PAIR_R].engine, PAIR_ADDR_R, 500, from, 500,
              span_of(bytes, pair_datagram_bytes(p, 0)));
}

Test(limits, half_built_sas_are_bounded_and_forgotten)
{
    struct ike_pair *p = pair_up();
    p->end[PAIR_R].profile.max_half_open = 50;
    ike_key_set(p->end[PAIR_R].conf, 0, 0, "anybody", false);
    p->lose = UINT64_MAX;
    p->deaf = true;
    for (uint32_t i = 0; i < 200; i++)
        stranger_calls(p, IP4(198, 51, 100, i));
    cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), 51);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.limit"), 150);
    pair_run(p, SECONDS(200));
    cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), 1);
    pair_free(p);
}

Test(limits, dead_sas_make_room_for_new_ones)
{
    struct ike_pair *p = pair_up();
    p->end[PAIR_R].profile.max_half_open = 50;
    p->deaf = true;
    for (uint32_t i = 0; i < 200; i++) /* no key for them: each dies at once and lingers */
        stranger_calls(p, IP4(198, 51, 100, i));
    cr_expect_leq(ike_sa_count(p->end[PAIR_R].engine), 51);
    cr_expect_eq(pair_count(p, PAIR_R, "ike.limit"), 0);
    pair_run(p, SECONDS(200));
    cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), 1);
    pair_free(p);
}

Test(limits, long_messages_and_other_exchanges_are_counted)
{
    struct ike_pair *p = pair_up();
    uint8_t bytes[5000] = {0};
    struct ike_sa_view v = pair_sa(p, PAIR_R, 0);
    struct wr w = wr_over(bytes, sizeof bytes);
    isakmp_head_emit(&(struct isakmp_head){v.cky_i, v.cky_r, PAYLOAD_SA, 0x10, EXCHANGE_AGGRESSIVE,
                                           0, 0, sizeof bytes},
                     &w);
    ike_input(p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500, span_of(bytes, 5000));
    be32_put(bytes + 24, 100);
    pair_record(p, PAIR_R);
    ike_input(p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500, span_of(bytes, 100));
    cr_expect(pair_recorded(p, "ike_bad BAD_EXCHANGE NONE"));
    cr_expect_eq(pair_count(p, PAIR_R, "ike.bad"), 2);
    /* Under cookies that nobody has. */
    be32_put(bytes, 1);
    ike_input(p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500, span_of(bytes, 100));
    cr_expect(pair_recorded(p, "ike_no_sa AGGRESSIVE"));
    pair_free(p);
}

Test(spoofing, notices_and_deletes_in_clear_end_nothing)
{
    struct ike_pair *p = pair_up();
    struct ike_sa_view v = pair_sa(p, PAIR_R, 0);
    static const uint8_t type[] = {PAYLOAD_NOTIFY, PAYLOAD_DELETE};
    for (size_t i = 0; i < 2; i++) {
        uint8_t bytes[200], body[64];
        struct wr w = wr_over(bytes, sizeof bytes), b = wr_over(body, sizeof body);
        struct isakmp_out o;
        uint8_t spi[16];
        be64_put(spi, v.cky_i);
        be64_put(spi + 8, v.cky_r);
        if (type[i] == PAYLOAD_NOTIFY)
            isakmp_notify_emit(&(struct isakmp_notify){DOI_IPSEC,
                                                       PROTO_ISAKMP,
                                                       NOTIFY_NO_PROPOSAL_CHOSEN,
                                                       span_of(spi, 16),
                                                       {NULL, 0}},
                               &b);
        else
            isakmp_delete_emit(
                &(struct isakmp_delete){DOI_IPSEC, PROTO_ISAKMP, 16, 1, span_of(spi, 16)}, &b);
        isakmp_out_begin(
            &o, &w,
            &(struct isakmp_head){v.cky_i, v.cky_r, 0, 0x10, EXCHANGE_INFORMATIONAL, 0, 7, 0});
        isakmp_put(&o, type[i], wr_done(&b));
        isakmp_length_fix(&w);
        pair_record(p, PAIR_R);
        ike_input(p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500, wr_done(&w));
    }
    cr_expect(pair_recorded(p, "ike_notify_rx"));
    cr_expect(pair_recorded(p, "ike_bad BAD_EXCHANGE DELETE"));
    cr_expect(pair_has(p, PAIR_R, IKE_STATE_QM_IDLE));
    expect_up(p, 1);
    pair_free(p);
}
