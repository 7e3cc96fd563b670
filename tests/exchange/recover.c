/* ESP with an SPI that is not here: told under an IKE SA, or under one that begins for it; and
 * lifetimes at their ends. */
#include "exchange/pair.h"
#include "ike/ike_priv.h"

static struct ike_pair *up(void)
{
    struct ike_pair *p = pair_new();
    pair_small(p);
    for (int side = 0; side < 2; side++)
        p->end[side].conf->invalid_spi_recovery = true;
    pair_ladder(p);
    pair_ask(p, PAIR_I);
    pair_run(p, SECONDS(1));
    cr_assert_null(pair_disagreement(p));
    return p;
}

static const char *since(struct ike_pair *p, const char *second)
{
    const char *at = strstr(pair_ladder(p), second);
    return at ? at : "";
}

static void lose_memory(struct ike_pair *p, enum ike_role side)
{
    ike_forget_all(p->end[side].engine);
    g_ptr_array_set_size(p->end[side].children, 0);
}

/* I still sends under what R no longer has. */
static void stray(struct ike_pair *p)
{
    const struct pair_end *i = &p->end[PAIR_I], *r = &p->end[PAIR_R];
    for (guint k = 0; k < i->children->len; k++) {
        uint32_t spi = ((const struct pair_child *)i->children->pdata[k])->c.spi_out;
        bool known = false;
        for (guint n = 0; n < r->children->len; n++)
            known |= ((const struct pair_child *)r->children->pdata[n])->c.spi_in == spi;
        if (!known) {
            ike_unknown_spi(r->engine, r->addr, r->peer, 0, spi);
            return;
        }
    }
}

Test(unknown_spi, is_not_answered_unless_configured)
{
    struct ike_pair *p = up();
    p->end[PAIR_R].conf->invalid_spi_recovery = false;
    lose_memory(p, PAIR_R);
    guint sent = p->sent->len;
    stray(p);
    pair_run(p, SECONDS(30));
    cr_expect_eq(p->sent->len, sent);
    pair_free(p);
}

Test(unknown_spi, after_a_reload_begins_phase_1_whose_first_contact_ends_the_rest)
{
    struct ike_pair *p = up();
    lose_memory(p, PAIR_R);
    stray(p);
    stray(p); /* the next packet comes at once */
    pair_run(p, SECONDS(9));
    cr_expect_str_eq(since(p, " 1.000"),
                     " 1.000  <--  MM  SA\n"
                     " 1.010  -->  MM  SA\n"
                     " 1.020  <--  MM  KE NONCE\n"
                     " 1.030  -->  MM  KE NONCE\n"
                     " 1.040  <--  MM* ID HASH NOTIFY\n"
                     " 1.050  -->  MM* ID HASH\n",
                     "%s", pair_ladder(p));
    cr_expect_null(pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_I].children->len, 0);
    cr_expect_eq(p->end[PAIR_I].gone, 1);
    pair_free(p);
}

Test(unknown_spi, under_an_sa_is_told_and_the_pair_ends_there_too)
{
    struct ike_pair *p = up();
    g_ptr_array_set_size(p->end[PAIR_R].children, 0);
    stray(p);
    stray(p);
    pair_run(p, SECONDS(9));
    cr_expect_str_eq(since(p, " 1.000"), " 1.000  <--  IN* HASH NOTIFY\n");
    cr_expect_null(pair_disagreement(p));
    cr_expect_eq(pair_sa(p, PAIR_I, 0).children, 0);
    cr_expect(pair_has(p, PAIR_I, IKE_STATE_QM_IDLE), "the IKE SA stays");
    pair_free(p);
}

/* Without INITIAL-CONTACT the notification says what it would have. */
Test(unknown_spi, is_named_when_phase_1_brings_no_first_contact)
{
    struct ike_pair *p = up();
    p->end[PAIR_R].profile.send_initial_contact = false;
    lose_memory(p, PAIR_R);
    stray(p);
    pair_run(p, SECONDS(9));
    cr_expect_not_null(strstr(since(p, " 1.060"), "<--  IN* HASH NOTIFY\n"));
    cr_expect_null(pair_disagreement(p));
    cr_expect_eq(p->end[PAIR_I].children->len, 0);
    pair_free(p);
}

Test(unknown_spi, of_a_stranger_calls_nobody_and_of_a_peer_not_often)
{
    struct ike_pair *p = up();
    struct ike_engine *r = p->end[PAIR_R].engine;
    guint sent = p->sent->len;
    p->deaf = true;
    for (uint32_t k = 0; k < 100; k++)
        ike_unknown_spi(r, PAIR_ADDR_R, IP4(198, 51, 100, k), 0, 0x5000 + k);
    cr_expect_eq(ike_sa_count(r), 1, "no key, no call");
    for (uint32_t s = 1; s < 150; s++) {
        pair_run(p, SECONDS(s));
        ike_unknown_spi(r, PAIR_ADDR_R, PAIR_ADDR_I, 0, 0x5000 + s);
    }
    cr_expect_eq(p->sent->len - sent, 3, "once a minute");
    pair_free(p);
}

/* ---- Faults ---- */

static void reload_and_stray(struct ike_pair *p)
{
    lose_memory(p, PAIR_R);
}

static void pass_time(struct ike_pair *p, const char *what, unsigned number)
{
    p->end[PAIR_R].profile.spi_notice_every_s = 10;
    for (sim_time t = SECONDS(1); t < SECONDS(300); t += SECONDS(5)) {
        pair_run(p, t);
        stray(p);
    }
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    for (int s = 300; s < 500; s += 70) { /* as long as the path loses */
        if (!p->end[PAIR_I].children->len)
            pair_ask(p, PAIR_I);
        pair_run(p, SECONDS(s + 70));
    }
    cr_expect_null(pair_disagreement(p), "%s %u: %s", what, number, pair_disagreement(p));
    cr_expect_geq(p->end[PAIR_R].children->len, 1, "%s %u", what, number);
}

Test(unknown_spi, under_every_loss_copy_and_swap_ends_in_agreement)
{
    pair_try_all(&(struct pair_trial){up, reload_and_stray, pass_time});
}

static void lose_a_pair(struct ike_pair *p)
{
    g_ptr_array_set_size(p->end[PAIR_R].children, 0);
}

Test(unknown_spi, of_a_lost_pair_under_every_loss_copy_and_swap_ends_in_agreement)
{
    pair_try_all(&(struct pair_trial){up, lose_a_pair, pass_time});
}

/* ---- Lifetimes ---- */

Test(lifetime, nought_is_no_limit_and_the_largest_does_not_overflow)
{
    static const struct {
        uint32_t i, r, agreed;
    } row[] = {
        {0, 0, 28800}, /* none offered: RFC 2407 4.5 */
        {0, 100, 100}, {100, 0, 100}, {UINT32_MAX, UINT32_MAX, UINT32_MAX}, {UINT32_MAX, 1, 1},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct ike_pair *p = pair_new();
        pair_small(p);
        ike_policy_find(p->end[PAIR_I].conf, 10)->lifetime_s = row[k].i;
        ike_policy_find(p->end[PAIR_R].conf, 10)->lifetime_s = row[k].r;
        for (int side = 0; side < 2; side++) {
            p->end[side].profile.p1_rekey_percent = p->end[side].profile.p1_rekey_percent_r = 99;
            p->end[side].profile.p1_rekey_jitter = 50;
        }
        pair_ask(p, PAIR_I);
        pair_run(p, MILLISECONDS(400));
        struct ike_sa_view v = pair_sa(p, PAIR_R, 0);
        cr_expect_eq(v.policy.lifetime_s, row[k].agreed, "row %zu: %u", k, v.policy.lifetime_s);
        cr_expect_eq(v.expires - SECONDS(row[k].agreed), MILLISECONDS(50), "row %zu", k);
        cr_expect(v.rekey > v.born && v.rekey < v.expires, "row %zu", k);
        cr_expect_null(pair_disagreement(p));
        pair_free(p);
    }
}

/* Both ends may agree that there is no end, by a policy that says so after the fact. */
Test(lifetime, without_an_end_there_is_no_rekey_and_no_timer)
{
    struct ike_pair *p = up();
    struct ike_sa *sa = p->end[PAIR_I].engine->sas->pdata[0];
    sa->policy.lifetime_s = 0;
    cr_expect_eq(ike_in_seconds(p->end[PAIR_I].engine, 0), SIM_TIME_MAX);
    sim_timer_disarm(&sa->timer);
    sa->expires = SIM_TIME_MAX;
    p->end[PAIR_I].profile.p1_rekey_percent = 75;
    ike_rekey_completed(sa);
    cr_expect_eq(sa->rekey_at, SIM_TIME_MAX);
    cr_expect_not(sim_timer_armed(&sa->rekey));
    pair_free(p);
}
