/* Under loss, repetition, reordering and damage both ends have the same afterwards, or nothing: no
 * pair is half open once the timers have run. */
#include "exchange/pair.h"

#define AFTER_THE_TIMERS SECONDS(600)
#define FIRST_EIGHT      256

static void expect_agreement(struct ike_pair *p, const char *what, unsigned number)
{
    const char *wrong = pair_disagreement(p);
    cr_expect_null(wrong, "%s %u: %s (I has %u, R has %u)", what, number, wrong,
                   p->end[0].children->len, p->end[1].children->len);
}

/* The small group: what is looked at here is messages. */
static struct ike_pair *small_pair(void)
{
    struct ike_pair *p = pair_new();
    for (int side = 0; side < 2; side++)
        pair_policy(p, side, 10, CIPHER_3DES, HASH_SHA1, GROUP_MODP768);
    return p;
}

static void ask_and_run(struct ike_pair *p, bool pfs, sim_time until)
{
    struct ike_request r = pair_request_of(p, PAIR_I);
    r.pfs = pfs ? GROUP_MODP768 : GROUP_NONE;
    ike_request_sas(p->end[PAIR_I].engine, &r);
    pair_run(p, until);
}

/* One run each: the pair comes up unless an end gave up. */
static unsigned every_mask(uint64_t *(*where)(struct ike_pair *p), const char *what, bool pfs)
{
    unsigned up = 0;
    for (unsigned mask = 0; mask < FIRST_EIGHT; mask++) {
        struct ike_pair *p = small_pair();
        *where(p) = mask;
        ask_and_run(p, pfs, AFTER_THE_TIMERS);
        expect_agreement(p, what, mask);
        up += p->end[0].children->len == 1;
        pair_free(p);
    }
    return up;
}

static uint64_t *of_both(struct ike_pair *p)
{
    return &p->lose;
}

static uint64_t *of_initiator(struct ike_pair *p)
{
    return &p->lose_by[PAIR_I];
}

static uint64_t *of_responder(struct ike_pair *p)
{
    return &p->lose_by[PAIR_R];
}

/* Six tries a message: only masks with six losses in a row can stop it. */
Test(loss, every_mask_of_the_first_eight_datagrams)
{
    cr_expect_eq(every_mask(of_both, "mask", false), 256 - 32);
}

Test(loss, every_mask_of_the_first_eight_datagrams_with_pfs)
{
    cr_expect_eq(every_mask(of_both, "mask", true), 256 - 32);
}

Test(loss, every_mask_of_the_initiators_first_eight)
{
    cr_expect_eq(every_mask(of_initiator, "initiator's mask", false), 256 - 8);
}

Test(loss, every_mask_of_the_responders_first_eight)
{
    cr_expect_eq(every_mask(of_responder, "responder's mask", false), 256 - 8);
}

/* The same loss in both directions at once, a worse path than either. */
Test(loss, every_mask_in_both_directions_at_once)
{
    for (unsigned mask = 0; mask < FIRST_EIGHT; mask++) {
        struct ike_pair *p = small_pair();
        p->lose_by[0] = p->lose_by[1] = mask;
        ask_and_run(p, false, AFTER_THE_TIMERS);
        expect_agreement(p, "mask of both", mask);
        pair_free(p);
    }
}

Test(loss, a_dead_path_leaves_nothing_behind)
{
    struct ike_pair *p = small_pair();
    p->lose = UINT64_MAX;
    ask_and_run(p, false, AFTER_THE_TIMERS);
    expect_agreement(p, "all lost", 0);
    cr_expect_eq(p->end[PAIR_I].failed_requests, 1);
    cr_expect_eq(p->end[PAIR_I].failed_why, WHY_RETRANSMITS);
    cr_expect_eq(p->sent->len, 6, "%u, not one message and five retransmissions", p->sent->len);
    cr_expect_eq(ike_sa_count(p->end[PAIR_I].engine), 0);
    pair_free(p);
}

Test(duplicates, of_each_datagram_change_nothing)
{
    static const sim_time after[] = {0, MILLISECONDS(15), MILLISECONDS(25), SECONDS(5)};
    for (unsigned n = 0; n < 9; n++) {
        for (size_t i = 0; i < G_N_ELEMENTS(after); i++) {
            struct ike_pair *p = small_pair();
            p->repeat = 1ull << n;
            p->repeat_after = after[i];
            ask_and_run(p, false, AFTER_THE_TIMERS);
            expect_agreement(p, "duplicate of", n);
            cr_expect_eq(p->end[0].children->len, 1, "duplicate of %u", n);
            cr_expect_eq(p->end[1].installed, 1, "duplicate of %u", n);
            cr_expect_geq(pair_count(p, PAIR_I, "ike.duplicates") +
                              pair_count(p, PAIR_R, "ike.duplicates"),
                          1, "duplicate of %u", n);
            cr_expect_leq(p->sent->len, 20, "duplicate of %u: %u datagrams", n, p->sent->len);
            pair_free(p);
        }
    }
}

Test(duplicates, of_everything_at_once_change_nothing)
{
    struct ike_pair *p = small_pair();
    p->repeat = UINT64_MAX;
    p->repeat_after = MILLISECONDS(3);
    ask_and_run(p, true, AFTER_THE_TIMERS);
    expect_agreement(p, "everything twice", 0);
    cr_expect_eq(p->end[0].installed, 1);
    pair_free(p);
}

Test(duplicates, late_copies_begin_nothing)
{
    /* All of the initiator's again. Only the last message of main mode has an answer that may have
     * been lost; main mode itself is forgotten node-linger-s (50) after it was done. */
    static const struct {
        sim_time at;
        uint64_t duplicates, bad, answers;
    } row[] = {
        {SECONDS(20), 5, 0, 1},
        {SECONDS(300), 2, 3, 0},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = small_pair();
        ask_and_run(p, false, SECONDS(2));
        uint64_t sent = p->sent->len;
        for (guint i = 0; i < sent; i += 2)
            sim_post(p->sim, row[k].at + i, &p->port, i);
        pair_run(p, SECONDS(400));
        cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), 1, "row %zu", k);
        cr_expect_eq(p->end[PAIR_R].installed, 1, "row %zu", k);
        cr_expect_eq(pair_count(p, PAIR_R, "ike.duplicates"), row[k].duplicates, "row %zu", k);
        cr_expect_eq(pair_count(p, PAIR_R, "ike.bad"), row[k].bad, "row %zu", k);
        cr_expect_eq(p->sent->len, sent + row[k].answers, "row %zu", k);
        pair_free(p);
    }
}

Test(swaps, of_each_adjacent_pair_end_in_agreement)
{
    for (int n = 0; n < 10; n++) {
        struct ike_pair *p = small_pair();
        p->swap = n;
        ask_and_run(p, n % 2, AFTER_THE_TIMERS);
        expect_agreement(p, "swap of", n);
        cr_expect_eq(p->end[0].children->len, 1, "swap of %d", n);
        pair_free(p);
    }
}

/* Two quick modes at once have messages that can really overtake each other. */
Test(swaps, between_two_quick_modes_end_in_agreement)
{
    for (int n = 6; n < 12; n++) {
        struct ike_pair *p = small_pair();
        struct ike_request r = pair_request_of(p, PAIR_I);
        r.local_proxy = proxy_of(IP4(10, 3, 0, 0), ip4_mask(16), 0, 0);
        ike_request_sas(p->end[PAIR_I].engine, &r);
        p->swap = n;
        ask_and_run(p, false, AFTER_THE_TIMERS);
        expect_agreement(p, "swap of", n);
        cr_expect_eq(p->end[0].children->len, 2, "swap of %d", n);
        pair_free(p);
    }
}

/* A message ignored leaves its counter; one that was believed is noticed by whoever checks the
 * HASH. */
static void expect_counted(const struct ike_pair *p, unsigned n, unsigned byte)
{
    uint64_t seen = 0;
    for (int side = 0; side < 2; side++) {
        seen += pair_count(p, side, "ike.bad") + pair_count(p, side, "ike.no_sa");
        seen += pair_count(p, side, "ike.early") + pair_count(p, side, "ike.duplicates");
        seen += pair_count(p, side, "ike.phase1.failed");
    }
    bool smooth = p->sent->len == 9 && p->end[0].children->len == 1;
    cr_expect(smooth || seen > 0, "byte %u of datagram %u: no trace", byte, n);
}

Test(damage, of_every_byte_of_every_message_is_survived_and_counted, .timeout = 500)
{
    for (int n = 0; n < 9; n++) {
        int bytes = 1;
        for (int byte = 0; byte < bytes; byte++) {
            struct ike_pair *p = small_pair();
            p->damage = n;
            p->damage_byte = byte;
            p->damage_bits = (uint8_t)(byte % 3 == 0 ? 0xff : 1 << byte % 8);
            ask_and_run(p, true, AFTER_THE_TIMERS);
            expect_agreement(p, "damaged datagram", n * 1000 + byte);
            expect_counted(p, n, byte);
            bytes = (int)pair_datagram_bytes(p, n);
            pair_free(p);
        }
        cr_expect_gt(bytes, 28);
    }
}

Test(damage, of_length_at_every_place_is_survived)
{
    struct ike_pair *p = small_pair();
    ask_and_run(p, false, SECONDS(1));
    guint sent = p->sent->len;
    for (guint i = 0; i < sent; i++)
        for (size_t n = 0; n < pair_datagram_bytes(p, i); n++)
            pair_replay(p, i, n);
    expect_agreement(p, "truncated", 0);
    cr_expect_eq(p->end[PAIR_R].installed, 1);
    cr_expect_geq(pair_count(p, PAIR_R, "ike.bad"), 500);
    pair_free(p);
}

/* Anything may come to the port, under the cookies of a working SA too. */
Test(damage, noise_is_counted_and_nothing_else)
{
    struct ike_pair *p = small_pair();
    ask_and_run(p, false, SECONDS(1));
    struct rng *noise = rng_stream(p->sim, "noise");
    struct ike_sa_view v = pair_sa(p, PAIR_R, 0);
    uint8_t bytes[400];
    for (int i = 0; i < 20000; i++) {
        size_t n = rng_below(noise, sizeof bytes);
        rng_bytes(noise, bytes, n);
        struct wr w = wr_over(bytes, sizeof bytes);
        if (n >= ISAKMP_HEAD && i % 4) {
            static const uint8_t exchange[] = {EXCHANGE_MAIN, EXCHANGE_QUICK,
                                               EXCHANGE_INFORMATIONAL, EXCHANGE_AGGRESSIVE};
            uint32_t msgid = be32_get(bytes + 20);
            isakmp_head_emit(&(struct isakmp_head){i % 8 == 1 ? be64_get(bytes) : v.cky_i,
                                                   i % 3 ? v.cky_r : 0, bytes[16], 0x10,
                                                   exchange[i % 4], bytes[19] & 3,
                                                   i % 5 ? msgid : 0, (uint32_t)n},
                             &w);
        }
        ike_input(p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500, span_of(bytes, n));
    }
    pair_run(p, AFTER_THE_TIMERS);
    expect_agreement(p, "noise", 0);
    cr_expect_eq(p->end[PAIR_R].children->len, 1);
    cr_expect_eq(ike_sa_count(p->end[PAIR_R].engine), 1);
    pair_free(p);
}
