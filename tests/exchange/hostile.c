/* Peers that are hostile or out of luck: what they say is counted, and leaves nothing behind. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

static struct ike_pair *up(void)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    pair_announce_dpd(p);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_assert_null(pair_disagreement(p));
    return p;
}

static struct ike_sa *first(const struct ike_pair *p, enum ike_role side)
{
    return p->end[side].engine->sas->pdata[0];
}

Test(silence, after_every_message_is_given_up_and_forgotten)
{
    for (unsigned heard = 0; heard < 5; heard++) {
        for (int side = 0; side < 2; side++) {
            struct ike_pair *p = pair_new();
            pair_small(p);
            p->lose_by[side] = UINT64_MAX << heard;
            pair_ask(p, PAIR_I);
            pair_run(p, SECONDS(400));
            cr_expect_null(pair_disagreement(p), "%u, %d: %s", heard, side, pair_disagreement(p));
            cr_expect_leq(ike_sa_count(p->end[PAIR_R].engine), 1, "%u, %d", heard, side);
            cr_expect_leq(p->sent->len, 40, "%u, %d: %u datagrams", heard, side, p->sent->len);
            /* R takes back what I never confirmed: the request was served all the same. */
            bool done = p->end[PAIR_I].installed == 1;
            cr_expect_eq(p->end[PAIR_I].failed_requests, !done, "%u, %d", heard, side);
            pair_free(p);
        }
    }
}

Test(answers, that_come_twice_or_in_other_words_change_nothing)
{
    for (unsigned n = 1; n < 9; n += 2) { /* R's four answers, and what follows them */
        struct ike_pair *p = up();
        guint sent = p->sent->len;
        uint64_t rx = pair_count(p, PAIR_I, "ike.rx");
        pair_replay(p, n < sent ? n : sent - 1, pair_datagram_bytes(p, n));
        pair_replay(p, n, pair_datagram_bytes(p, n));
        pair_run(p, SECONDS(3));
        cr_expect_eq(pair_count(p, PAIR_I, "ike.rx"), rx + 2);
        cr_expect_eq(ike_sa_count(p->end[PAIR_I].engine), 1);
        cr_expect_eq(p->end[PAIR_I].installed, 1);
        cr_expect_geq(pair_count(p, PAIR_I, "ike.duplicates") + pair_count(p, PAIR_I, "ike.bad"), 2,
                      "answer %u", n);
        pair_free(p);
    }
}

/* The first attempt was given up; its answers come when the second has been made. */
Test(answers, to_an_old_cookie_find_no_sa)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    p->lose_by[PAIR_R] = 0x3f; /* every answer to the first attempt */
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(200));
    cr_expect_eq(p->end[PAIR_I].failed_requests, 1);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(201));
    cr_assert_eq(p->end[PAIR_I].children->len, 1);
    uint64_t no_sa = pair_count(p, PAIR_I, "ike.no_sa");
    guint sent = p->sent->len;
    pair_replay(p, 1, pair_datagram_bytes(p, 1));
    cr_expect_eq(pair_count(p, PAIR_I, "ike.no_sa"), no_sa + 1);
    cr_expect_eq(p->sent->len, sent, "nothing is answered");
    cr_expect_eq(ike_sa_count(p->end[PAIR_I].engine), 1);
    pair_free(p);
}

static void say_delete(struct ike_sa *sa, uint8_t protocol, uint8_t spi_bytes, uint64_t spi)
{
    uint8_t body[32], spis[16] = {0};
    struct wr w = wr_over(body, sizeof body);
    if (spi_bytes == 4)
        be32_put(spis, (uint32_t)spi);
    else
        be64_put(spis, spi);
    isakmp_delete_emit(
        &(struct isakmp_delete){DOI_IPSEC, protocol, spi_bytes, 1, span_of(spis, spi_bytes)}, &w);
    ike_inform(sa, ike_msgid_new(sa), PAYLOAD_DELETE, wr_done(&w), NULL);
}

Test(deletes, of_what_never_was_are_counted_and_end_nothing)
{
    struct ike_pair *p = up();
    struct ike_sa *r = first(p, PAIR_R);
    for (uint32_t k = 0; k < 200; k++) {
        say_delete(r, PROTO_IPSEC_ESP, 4, 0x77770000u + k);
        say_delete(r, PROTO_ISAKMP, 16, 0x7777000077770000u + k);
    }
    say_delete(r, PROTO_IPSEC_ESP, 4, 0);
    say_delete(r, PROTO_IPSEC_ESP, 4, first(p, PAIR_I)->id);
    pair_run(p, SECONDS(5));
    cr_expect_eq(p->end[PAIR_I].unknown_deletes, 202);
    cr_expect_eq(pair_count(p, PAIR_I, "ike.unknown_delete"), 200);
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE));
    pair_free(p);
}

/* Of a length that no SPI has, or a protocol that nobody negotiated. */
Test(deletes, that_are_malformed_are_bad_messages)
{
    static const struct {
        uint8_t protocol, bytes;
    } row[] = {{PROTO_IPSEC_ESP, 16}, {PROTO_ISAKMP, 4}, {2, 4}, {99, 4}};
    struct ike_pair *p = up();
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++)
        say_delete(first(p, PAIR_R), row[k].protocol, row[k].bytes, 0x2000);
    pair_run(p, SECONDS(5));
    cr_expect_eq(pair_count(p, PAIR_I, "ike.bad"), G_N_ELEMENTS(row));
    cr_expect_eq(p->end[PAIR_I].children->len, 1);
    pair_free(p);
}

static void say_ack(struct ike_sa *sa, uint32_t number)
{
    uint8_t spi[16], data[4];
    be64_put(spi, sa->cky_i);
    be64_put(spi + 8, sa->cky_r);
    be32_put(data, number);
    ike_notify_put(sa,
                   &(struct isakmp_notify){DOI_IPSEC, PROTO_ISAKMP, NOTIFY_R_U_THERE_ACK,
                                           span_of(spi, 16), span_of(data, 4)},
                   NULL);
}

Test(acks, that_nobody_asked_for_are_counted_and_start_nothing)
{
    for (int asks = 0; asks < 2; asks++) {
        struct ike_pair *p = up();
        p->end[PAIR_I].conf->liveness =
            (struct ike_liveness){.threshold_s = asks ? 10 : 0, .periodic = true};
        ike_conf_changed(p->end[PAIR_I].engine);
        guint sent = p->sent_by[PAIR_I];
        for (uint32_t k = 0; k < 300; k++)
            say_ack(first(p, PAIR_R), k * 0x01234567u);
        pair_run(p, SECONDS(5));
        cr_expect_eq(pair_count(p, PAIR_I, "ike.dpd.stale"), 300);
        cr_expect_eq(p->sent_by[PAIR_I], sent, "nothing is answered");
        pair_free(p);
    }
}

/* Somebody on the path who repeats all he ever saw, again and again. */
Test(replays, of_everything_for_a_day_leave_no_trace_but_counts)
{
    struct ike_pair *p = up();
    guint seen = p->sent->len;
    for (int hour = 1; hour < 24; hour++) {
        pair_run(p, SECONDS(3600) * hour);
        for (guint n = 0; n < seen; n++)
            pair_replay(p, n, pair_datagram_bytes(p, n));
    }
    for (int side = 0; side < 2; side++) {
        cr_expect_eq(p->end[side].installed, 1);
        cr_expect_leq(ike_sa_count(p->end[side].engine), 2, "and what is half built of a copy");
    }
    cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE));
    pair_free(p);
}
