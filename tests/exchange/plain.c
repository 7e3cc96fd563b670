/* A negotiation as it should be: its ladder, its events in order, what both ends have afterwards.
 */
#include "exchange/pair.h"

#define MAIN_LADDER                                                                                \
    " 0.000  -->  MM  SA\n"                                                                        \
    " 0.010  <--  MM  SA\n"                                                                        \
    " 0.020  -->  MM  KE NONCE\n"                                                                  \
    " 0.030  <--  MM  KE NONCE\n"                                                                  \
    " 0.040  -->  MM* ID HASH NOTIFY\n"                                                            \
    " 0.050  <--  MM* ID HASH\n"

Test(ladder, of_a_plain_negotiation)
{
    struct ike_pair *p = pair_new();
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(5));
    cr_expect_str_eq(pair_ladder(p), MAIN_LADDER " 0.060  -->  QM* HASH SA NONCE ID ID\n"
                                                 " 0.070  <--  QM* HASH SA NONCE ID ID\n"
                                                 " 0.080  -->  QM* HASH\n");
    cr_expect_null(pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    pair_free(p);
}

Test(ladder, with_perfect_forward_secrecy_has_public_values)
{
    struct ike_pair *p = pair_new();
    struct ike_request r = pair_request_of(p, PAIR_I);
    r.pfs = GROUP_MODP1536;
    pair_ladder(p);
    ike_request_sas(p->end[PAIR_I].engine, &r);
    pair_run(p, SECONDS(5));
    cr_expect_str_eq(pair_ladder(p), MAIN_LADDER " 0.060  -->  QM* HASH SA NONCE KE ID ID\n"
                                                 " 0.070  <--  QM* HASH SA NONCE KE ID ID\n"
                                                 " 0.080  -->  QM* HASH\n");
    cr_expect_null(pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    cr_expect_eq(p->end[PAIR_R].asked_group, GROUP_MODP1536);
    pair_free(p);
}

Test(ladder, lost_third_message_is_sent_again)
{
    struct ike_pair *p = pair_new();
    pair_ladder(p);
    pair_lose(p, PAIR_I, 1);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(30));
    cr_expect_str_eq(pair_ladder(p), " 0.000  -->  MM  SA\n"
                                     " 0.010  <--  MM  SA\n"
                                     " 0.020  --x  MM  KE NONCE\n"
                                     "10.020  -->  MM  KE NONCE   again\n"
                                     "10.030  <--  MM  KE NONCE\n"
                                     "10.040  -->  MM* ID HASH NOTIFY\n"
                                     "10.050  <--  MM* ID HASH\n"
                                     "10.060  -->  QM* HASH SA NONCE ID ID\n"
                                     "10.070  <--  QM* HASH SA NONCE ID ID\n"
                                     "10.080  -->  QM* HASH\n");
    cr_expect_null(pair_disagreement(p));
    pair_free(p);
}

Test(ladder, lost_last_message_is_asked_for_by_the_responder)
{
    struct ike_pair *p = pair_new();
    pair_lose(p, PAIR_I, 4);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(5));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    cr_expect_eq(p->end[PAIR_R].children->len, 0);
    pair_ladder(p);
    pair_run(p, SECONDS(30));
    cr_expect_str_eq(pair_ladder(p), "10.070  <--  QM*   again\n"
                                     "10.080  -->  QM*   again\n");
    cr_expect_null(pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_R].children->len, 1);
    pair_free(p);
}

/* hub-and-spoke.md chapter 4, L01 to L14: what the hub says, as events. */
Test(events, of_a_responder_come_in_the_order_of_the_trace)
{
    struct ike_pair *p = pair_new();
    p->end[PAIR_I].profile.send_initial_contact = false;
    p->end[PAIR_I].profile.vid_mm3[0] = IKE_VID_PEER_BOX;
    pair_record(p, PAIR_R);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(5));
    cr_expect_str_eq(p->events->str,
                     /* L01 */
                     "ike_rx RESPONDER MAIN READY\n"
                     "ike_sa_new RESPONDER\n"
                     "ike_state RESPONDER FROM_PEER_MM_EXCH READY R_MM1\n"
                     /* L02 */
                     "ike_payload SA\n"
                     "ike_key_search found\n"
                     "ike_key_found\n"
                     "ike_offer 10\n"
                     "ike_offer_attr basic\n"
                     "ike_offer_attr basic\n"
                     "ike_offer_attr basic\n"
                     "ike_offer_attr basic\n"
                     "ike_offer_attr basic\n"
                     "ike_offer_attr\n"
                     "ike_offer_end accepted NONE\n"
                     "ike_lifetime\n"
                     "ike_dh_make MODP1024\n"
                     "ike_state RESPONDER INTERNAL_PROCESS_MAIN_MODE R_MM1 R_MM1\n"
                     /* L03 */
                     "ike_tx RESPONDER MAIN R_MM1\n"
                     "ike_state RESPONDER INTERNAL_PROCESS_COMPLETE R_MM1 R_MM2\n"
                     /* L04 */
                     "ike_rx RESPONDER known MAIN R_MM2\n"
                     "ike_state RESPONDER FROM_PEER_MM_EXCH R_MM2 R_MM3\n"
                     /* L05 */
                     "ike_payload KE\n"
                     "ike_dh_share MODP1024\n"
                     "ike_payload NONCE\n"
                     "ike_key_search found\n"
                     "ike_key_found\n"
                     "ike_skeyid\n"
                     "key_ike 3DES SHA1 MODP1024\n"
                     "ike_payload VID\n"
                     "ike_vendor_id PEER_BOX\n"
                     "ike_state RESPONDER INTERNAL_PROCESS_MAIN_MODE R_MM3 R_MM3\n"
                     /* L06 */
                     "ike_tx RESPONDER MAIN R_MM3\n"
                     "ike_state RESPONDER INTERNAL_PROCESS_COMPLETE R_MM3 R_MM4\n"
                     /* L07 */
                     "ike_rx RESPONDER known MAIN R_MM4\n"
                     "ike_state RESPONDER FROM_PEER_MM_EXCH R_MM4 R_MM5\n"
                     /* L08 */
                     "ike_payload ID\n"
                     "ike_id\n"
                     "ike_payload HASH\n"
                     "ike_hmac\n"
                     "ike_authenticated\n"
                     "ike_state RESPONDER INTERNAL_PROCESS_MAIN_MODE R_MM5 R_MM5\n"
                     /* L09 */
                     "ike_id ours\n"
                     "ike_hmac\n"
                     "ike_dh_clear\n"
                     "ike_tx RESPONDER MAIN R_MM5\n"
                     "ike_state RESPONDER INTERNAL_PROCESS_COMPLETE R_MM5 QM_IDLE\n"
                     /* L10 */
                     "ike_state RESPONDER INTERNAL_PHASE1_COMPLETE QM_IDLE QM_IDLE\n"
                     /* L11 */
                     "ike_rx RESPONDER known QUICK QM_IDLE\n"
                     "qm_new\n"
                     "ike_hmac\n"
                     "ike_payload HASH\n"
                     "ike_payload SA\n"
                     "qm_proposal\n"
                     "qm_transform\n"
                     "qm_attr basic\n"
                     "qm_attr basic\n"
                     "qm_attr basic\n"
                     "qm_attr basic\n"
                     "qm_attr\n"
                     "qm_attr basic\n"
                     "qm_transform_end accepted NONE\n"
                     "ike_payload NONCE\n"
                     "ike_payload ID\n"
                     "ike_payload ID\n"
                     "qm_spi_wanted\n"
                     "qm_state FROM_PEER_QM_EXCH QM_READY QM_SPI_STARVE\n"
                     /* L12 */
                     "qm_spi\n"
                     "ike_hmac\n"
                     "ike_tx RESPONDER QUICK QM_IDLE\n"
                     "qm_state FROM_IPSEC_SPI_REPLY QM_SPI_STARVE QM_R_QM2\n"
                     /* L13 */
                     "ike_rx RESPONDER known QUICK QM_IDLE\n"
                     "ike_hmac\n"
                     "ike_payload HASH\n"
                     "qm_install RESPONDER\n"
                     "key_qm\n"
                     "qm_done\n"
                     "qm_state FROM_PEER_QM_EXCH QM_R_QM2 QM_PHASE2_COMPLETE\n");
    pair_free(p);
}

/* hub-and-spoke.md chapter 6, S01 to S08: the other side. */
Test(events, of_an_initiator_come_in_the_order_of_the_table)
{
    static const char *const wanted[] = {
        "ike_state INITIATOR FROM_IPSEC_SA_REQ_MM READY I_MM1",
        "ike_begin MAIN",
        "ike_tx INITIATOR MAIN I_MM1",
        "ike_rx INITIATOR known MAIN I_MM1",
        "ike_state INITIATOR FROM_PEER_MM_EXCH I_MM1 I_MM2",
        "ike_state INITIATOR INTERNAL_PROCESS_MAIN_MODE I_MM2 I_MM2",
        "ike_tx INITIATOR MAIN I_MM2",
        "ike_state INITIATOR INTERNAL_PROCESS_COMPLETE I_MM2 I_MM3",
        "ike_state INITIATOR FROM_PEER_MM_EXCH I_MM3 I_MM4",
        "ike_skeyid",
        "ike_state INITIATOR INTERNAL_PROCESS_MAIN_MODE I_MM4 I_MM4",
        "ike_initial_contact sent",
        "ike_id ours",
        "ike_tx INITIATOR MAIN I_MM4",
        "ike_state INITIATOR INTERNAL_PROCESS_COMPLETE I_MM4 I_MM5",
        "ike_state INITIATOR FROM_PEER_MM_EXCH I_MM5 I_MM6",
        "ike_authenticated",
        "ike_state INITIATOR INTERNAL_PROCESS_MAIN_MODE I_MM6 I_MM6",
        "ike_state INITIATOR INTERNAL_PROCESS_COMPLETE I_MM6 QM_IDLE",
        "ike_begin QUICK",
        "qm_new ours",
        "qm_spi",
        "ike_tx INITIATOR QUICK QM_IDLE",
        "qm_state INTERNAL_INIT_QM QM_READY QM_I_QM1",
        "ike_state INITIATOR INTERNAL_PHASE1_COMPLETE QM_IDLE QM_IDLE",
        "ike_rx INITIATOR known QUICK QM_IDLE",
        "qm_install INITIATOR",
        "ike_tx INITIATOR QUICK QM_IDLE",
        "qm_done",
        "qm_state FROM_PEER_QM_EXCH QM_I_QM1 QM_PHASE2_COMPLETE",
    };
    struct ike_pair *p = pair_new();
    pair_record(p, PAIR_I);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(5));
    g_auto(GStrv) lines = g_strsplit(p->events->str, "\n", -1);
    size_t at = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++) {
        while (lines[at] && strcmp(lines[at], wanted[i]) != 0)
            at++;
        cr_assert_not_null(lines[at], "missing, or out of order: %s\n%s", wanted[i],
                           p->events->str);
        at++;
    }
    pair_free(p);
}

Test(events, an_end_that_nobody_hears_does_the_same)
{
    struct ike_pair *heard = pair_new(), *silent = pair_new();
    pair_record(heard, PAIR_I);
    pair_record(heard, PAIR_R);
    pair_ask(heard, PAIR_I);
    pair_ask(silent, PAIR_I);
    pair_run(heard, SECONDS(5));
    pair_run(silent, SECONDS(5));
    const struct pair_child *a = heard->end[0].children->pdata[0];
    const struct pair_child *b = silent->end[0].children->pdata[0];
    cr_expect(span_eq(a->c.keymat_in, b->c.keymat_in));
    cr_expect_eq(a->c.msgid, b->c.msgid);
    pair_free(heard);
    pair_free(silent);
}
