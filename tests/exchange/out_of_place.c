/* What comes too early, or was never asked for, or is no attribute at all: it is counted, and the
 * login or the session goes on as if it had not come. */
#include "exchange/login.h"
#include "ike/ike_priv.h"

#define AFTER_THE_TIMERS SECONDS(700)

static guint sa_guest_xacts(const struct ike_sa *sa)
{
    return sa->guest && sa->guest->xacts ? sa->guest->xacts->len : 0;
}

static uint64_t count(const struct login *l, enum ike_role side, const char *name)
{
    return pair_count(l->p, side, name);
}

/* What a client that does not keep the order would do. */
Test(out_of_place, a_quick_mode_before_the_login_is_not_heard)
{
    struct login *l = login_new();
    l->absent = true;
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(3));
    struct ike_sa *sa = login_last(l, PAIR_I);
    cr_assert_eq(sa->state, IKE_STATE_XAUTH_REPLY_AWAIT);
    ike_quick_start(sa, g_queue_pop_head(&sa->pending));
    login_run(l, SECONDS(20));
    cr_expect_eq(count(l, PAIR_R, "ike.early"), 2);
    cr_expect_eq(l->p->end[PAIR_R].children->len, 0);
    cr_expect_eq(count(l, PAIR_R, "ike.phase2.started"), 0);
    login_free(l);
}

static void say_cfg(struct ike_sa *sa, uint8_t type, uint16_t attr)
{
    const struct ike_cfg_attr a = {.type = attr};
    enum ike_state state = sa->state;
    ike_xact_start(sa, IKE_ABOUT_CONFIG, &(struct ike_cfg){type, 0, &a, 1},
                   IKE_INPUT_INTERNAL_PHASE1_COMPLETE, state);
}

Test(out_of_place, replies_to_requests_never_made_are_dropped_and_counted)
{
    static const struct {
        uint8_t type;
        uint16_t attr;
    } row[] = {
        {CFG_REPLY, CFG_ATTR_XAUTH_USER_NAME}, {CFG_REPLY, CFG_ATTR_IP4_ADDRESS},
        {CFG_ACK, CFG_ATTR_XAUTH_STATUS},      {CFG_SET, CFG_ATTR_IP4_ADDRESS},
        {CFG_SET, CFG_ATTR_XAUTH_STATUS},      {CFG_REQUEST, CFG_ATTR_XAUTH_USER_NAME},
        {CFG_NONE, CFG_ATTR_IP4_ADDRESS},      {77, CFG_ATTR_IP4_ADDRESS},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct login *l = login_in();
        uint64_t bad = count(l, PAIR_R, "ike.bad");
        guint sent = l->p->sent_by[PAIR_R];
        say_cfg(login_last(l, PAIR_I), row[i].type, row[i].attr);
        login_run(l, SECONDS(5));
        cr_expect_eq(count(l, PAIR_R, "ike.bad"), bad + 1, "row %zu", i);
        cr_expect_eq(l->p->sent_by[PAIR_R], sent, "row %zu: nothing is answered", i);
        cr_expect_eq(login_last(l, PAIR_R)->state, IKE_STATE_QM_IDLE);
        cr_expect_eq(l->given, 1);
        login_free(l);
    }
}

Test(out_of_place, configuration_is_not_given_before_the_login)
{
    struct login *l = login_new();
    l->absent = true;
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(3));
    say_cfg(login_last(l, PAIR_I), CFG_REQUEST, CFG_ATTR_IP4_ADDRESS);
    login_run(l, SECONDS(10));
    cr_expect_eq(count(l, PAIR_R, "ike.early"), 1);
    cr_expect_eq(l->given, 0);
    cr_expect_eq(l->requested, 0);
    login_free(l);
}

/* Of an SA that is half built, and one that has no party at all. */
Test(out_of_place, a_transaction_before_phase_1_is_done_is_ignored)
{
    struct login *l = login_new();
    l->silent = 1u << LOGIN_KEY;
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(1));
    struct ike_sa *r = login_last(l, PAIR_R);
    cr_assert_eq(r->state, IKE_STATE_R_AM_AAA_AWAIT);
    for (int enc = 0; enc < 2; enc++)
        for (uint32_t msgid = 0; msgid < 2; msgid++) {
            uint8_t bytes[60] = {0};
            struct wr w = wr_over(bytes, sizeof bytes);
            isakmp_head_emit(
                &(struct isakmp_head){r->cky_i, r->cky_r, PAYLOAD_HASH, 0x10, EXCHANGE_TRANSACTION,
                                      enc ? ISAKMP_FLAG_ENCRYPTED : 0, msgid, sizeof bytes},
                &w);
            ike_input(l->p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500,
                      span_of(bytes, sizeof bytes));
        }
    cr_expect_eq(count(l, PAIR_R, "ike.early"), 4);
    cr_expect_eq(r->state, IKE_STATE_R_AM_AAA_AWAIT);
    login_free(l);
}

static struct span raw;

static void put_raw(struct ike_exchange *x, struct isakmp_out *o)
{
    isakmp_put(o, PAYLOAD_ATTR, raw);
}

/* HASH and all are right, the attributes are not. */
static void say_raw(struct ike_sa *sa, const char *bytes, size_t n)
{
    const struct ike_rule rule = {
        IKE_INITIATOR, true, P(HASH) | P(ATTR), 0, put_raw, NULL, NULL, 0, 0, false};
    const struct ike_kind kind = {.exchange = EXCHANGE_TRANSACTION, .rule = &rule, .n = 1};
    struct ike_exchange *x = ike_exchange_new(sa, &kind, IKE_INITIATOR, ike_msgid_new(sa));
    raw = span_of(bytes, n);
    ike_exchange_say(x, &rule);
    ike_exchange_free(x);
}

Test(out_of_place, truncated_attributes_are_malformed_messages)
{
#define RAW(text)                                                                                  \
    {                                                                                              \
        text, sizeof text - 1                                                                      \
    }
    static const struct {
        const char *bytes;
        size_t n;
    } row[] = {
        RAW(""),     /* nothing */
        RAW("\x01"), /* half a head */
        RAW("\x01\x00\x00"),
        RAW("\x01\x01\x00\x00\x00\x01\x00\x00"),         /* reserved */
        RAW("\x01\x00\x00\x00\x00"),                     /* half a type */
        RAW("\x01\x00\x00\x00\x00\x01"),                 /* no length */
        RAW("\x01\x00\x00\x00\x00\x01\x00\x04\x0a\x05"), /* less than it says */
        RAW("\x01\x00\x00\x00\x00\x01\xff\xff"),
        RAW("\x01\x00\x00\x00\x80\x01\x00"),         /* half a basic value */
        RAW("\x01\x00\x00\x00\x00\x01\x00\x00\x00"), /* a byte behind the last */
    };
    for (int side = 0; side < 2; side++) {
        struct login *l = login_in();
        for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
            uint64_t bad = count(l, 1 - side, "ike.bad");
            say_raw(login_last(l, (enum ike_role)side), row[i].bytes, row[i].n);
            login_run(l, SECONDS(4 + i));
            cr_expect_eq(count(l, 1 - side, "ike.bad"), bad + 1, "side %d, row %zu", side, i);
        }
        cr_expect_null(login_discord(l));
        login_free(l);
    }
}

/* Anything may come to the port, under the cookies of a session too, and as a first message. */
Test(out_of_place, noise_at_both_ends_leaves_a_session_as_it_is)
{
    struct login *l = login_in();
    struct rng *noise = rng_stream(l->p->sim, "noise");
    static const uint8_t exchange[] = {EXCHANGE_AGGRESSIVE, EXCHANGE_TRANSACTION};
    uint8_t bytes[400];
    for (int i = 0; i < 20000; i++) {
        enum ike_role side = (enum ike_role)(i & 1);
        const struct ike_sa *sa = login_last(l, side);
        size_t n = ISAKMP_HEAD + rng_below(noise, sizeof bytes - ISAKMP_HEAD);
        rng_bytes(noise, bytes, n);
        struct wr w = wr_over(bytes, sizeof bytes);
        uint32_t msgid = be32_get(bytes + 20);
        bool first = i % 7 == 0;
        isakmp_head_emit(
            &(struct isakmp_head){first ? be64_get(bytes) : sa->cky_i, first ? 0 : sa->cky_r,
                                  i % 3 ? bytes[16] : PAYLOAD_SA, 0x10, exchange[i / 2 % 2],
                                  i % 5 ? 1 : 0, first ? 0 : msgid, (uint32_t)n},
            &w);
        ike_input(l->p->end[side].engine, l->p->end[side].addr, 500, l->p->end[side].peer, 500,
                  span_of(bytes, n));
    }
    login_run(l, AFTER_THE_TIMERS);
    cr_expect_null(login_discord(l));
    cr_expect(login_is_up(l));
    cr_expect_eq(l->departed, 0);
    cr_expect_leq(sa_guest_xacts(login_last(l, PAIR_R)), 3, "nothing is kept of it");
    login_free(l);
}

/* First messages by the thousand: half-built SAs have their limit, and go. */
Test(out_of_place, a_flood_of_offers_is_bounded_and_forgotten)
{
    struct login *l = login_new();
    l->p->end[PAIR_R].profile.max_half_open = 20;
    l->silent = 1u << LOGIN_KEY;
    login_call(l, "testgroup", "cisco321");
    g_autofree uint8_t *offer = g_memdup2(pair_datagram(l->p, 0), pair_datagram_bytes(l->p, 0));
    size_t n = pair_datagram_bytes(l->p, 0);
    for (uint64_t k = 1; k <= 1000; k++) {
        be64_put(offer, k);
        ike_input(l->p->end[PAIR_R].engine, PAIR_ADDR_R, 500, PAIR_ADDR_I, 500, span_of(offer, n));
    }
    cr_expect_eq(ike_sa_count(l->p->end[PAIR_R].engine), 20);
    cr_expect_geq(count(l, PAIR_R, "ike.limit"), 980);
    login_run(l, AFTER_THE_TIMERS);
    cr_expect_eq(ike_sa_count(l->p->end[PAIR_R].engine), 0);
    cr_expect_eq(l->departed, 0);
    login_free(l);
}

/* Names of every length; the longest that an attribute and an identity hold is 255 here. */
Test(names, of_every_length_are_heard_and_refused_cleanly)
{
    static const size_t length[] = {0, 1, 63, 64, 255, 256, 1000, 3000};
    for (size_t i = 0; i < G_N_ELEMENTS(length); i++) {
        g_autofree char *name = g_strnfill(length[i], '\xe9');
        struct login *l = login_new();
        l->say_user = l->say_password = name;
        login_call(l, "testgroup", "cisco321");
        login_run(l, AFTER_THE_TIMERS);
        cr_expect_eq(strlen(l->heard_user), MIN(length[i], 255), "%zu", length[i]);
        cr_expect_eq(l->ended_why, WHY_LOGIN, "%zu", length[i]);
        login_free(l);
        l = login_new();
        login_call(l, name, name);
        login_run(l, AFTER_THE_TIMERS);
        cr_expect_eq(l->ended_why, WHY_RETRANSMITS, "%zu", length[i]);
        cr_expect_eq(ike_sa_count(l->p->end[PAIR_R].engine), 0, "%zu", length[i]);
        login_free(l);
    }
}
