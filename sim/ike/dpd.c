/* Dead peer detection, RFC 3706: who has heard nothing from its peer for a while asks R-U-THERE, on
 * demand only when it has traffic for it; unanswered questions are repeated, and in the end the
 * peer counts as dead. Only the SA that serves asks. */
#include "ike_priv.h"

#define NUMBER_BITS                                                                                \
    0x7fffffffu   /* "the first bit of the sequence number" is zero   RFC 3706 7.2                 \
                   */
#define RETRY_S 2 /* where none is configured */

bool ike_dpd_agreed(const struct ike_sa *sa)
{
    return sa->dpd.said && sa->dpd.known;
}

static bool serves(const struct ike_sa *sa)
{
    return ike_sa_works(sa) && ike_sa_serving(sa) == sa;
}

const struct ike_liveness *ike_liveness_of(const struct ike_sa *sa)
{
    const struct ike_guest *g = sa->guest;
    return g && g->party.has_liveness ? &g->party.liveness
                                      : ike_liveness_for(sa->e->conf, sa->remote);
}

static const struct ike_liveness *liveness(const struct ike_sa *sa)
{
    return ike_liveness_of(sa);
}

static bool is_on(const struct ike_sa *sa)
{
    const struct ike_liveness *l = liveness(sa);
    return l->threshold_s && !l->unannounced && ike_dpd_agreed(sa) && serves(sa);
}

static struct ike_traffic look(const struct ike_sa *sa, bool watch)
{
    const struct ike_engine *e = sa->e;
    if (!e->traffic)
        return (struct ike_traffic){-1, -1};
    return e->traffic(e->ops.self, sa->local, sa->remote, sa->peer->nat, watch);
}

/* Everything that is authentic proves life, IPsec packets too                  RFC 3706 5.5 */
static sim_time last_heard(const struct ike_sa *sa, const struct ike_traffic *t)
{
    return MAX(sa->dpd.heard, t->last_in);
}

static void wait_for_silence(struct ike_sa *sa, sim_time heard)
{
    sim_timer_arm(&sa->dpd.timer, heard + SECONDS(liveness(sa)->threshold_s));
}

void ike_dpd_begin(struct ike_sa *sa)
{
    sa->dpd.as = *liveness(sa);
    if (serves(sa) && !sim_timer_armed(&sa->dpd.timer))
        ike_dpd_heard(sa);
}

void ike_dpd_heard(struct ike_sa *sa)
{
    struct ike_sa *serving = ike_sa_serving(sa);
    if (!serving)
        return;
    serving->dpd.heard = sim_now(sa->e->sim);
    if (!is_on(serving))
        return;
    bool waits = sim_timer_armed(&serving->dpd.timer) && !serving->dpd.asked;
    serving->dpd.asked = 0;
    if (!waits)
        wait_for_silence(serving, serving->dpd.heard);
}

/* ---- Asking ---- */

static void say(struct ike_sa *sa, uint16_t type, uint32_t number)
{
    uint8_t spi[16], data[4];
    be64_put(spi, sa->cky_i);
    be64_put(spi + 8, sa->cky_r);
    be32_put(data, number);
    const struct isakmp_notify n = {DOI_IPSEC, PROTO_ISAKMP, type, span_of(spi, sizeof spi),
                                    span_of(data, sizeof data)};
    ike_notify_put(sa, &n, NULL);
}

static void wait_for_answer(struct ike_sa *sa)
{
    uint32_t retry_s = liveness(sa)->retry_s ? liveness(sa)->retry_s : RETRY_S;
    sim_timer_arm_in(&sa->dpd.timer, SECONDS(retry_s));
}

/* The first number is random, every question has the next one                  RFC 3706 7.2 */
static uint32_t next_number(struct ike_sa *sa)
{
    struct ike_dpd *d = &sa->dpd;
    if (!d->numbered) {
        g_autofree char *name = g_strdup_printf("%s/ike/dpd", sa->e->scope->name);
        d->number = rng_u32(rng_stream(sa->e->sim, name));
    }
    d->numbered = true;
    d->number = (d->number + 1) & NUMBER_BITS;
    return d->number;
}

static void ask(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    struct ike_dpd *d = &sa->dpd;
    uint32_t number = next_number(sa);
    if (!d->asked) {
        d->first = number;
        d->since = sim_now(e->sim);
    }
    ++*e->count.dpd_sent;
    TRACE(e->scope, ike_dpd_tx, .sa = sa->id, .remote = sa->remote, .number = number,
          .again = d->asked, .limit = e->profile->dpd_retries);
    d->asked++;
    wait_for_answer(sa);
    say(sa, NOTIFY_R_U_THERE, number);
}

/* Every SA with it goes, and whatever was made under them: nobody is there to be told. */
static void give_up(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    const struct ike_peer *p = sa->peer;
    ip4 local = sa->local, remote = sa->remote;
    uint32_t nat = p->nat;
    ++*e->count.dpd_dead;
    TRACE(e->scope, ike_dpd_dead, .sa = sa->id, .local = local, .remote = remote,
          .questions = sa->dpd.asked);
    for (guint i = 0; i < p->sas->len; i++) {
        struct ike_sa *other = p->sas->pdata[i];
        if (other->local == local && ike_sa_up(other))
            ike_sa_end(other, WHY_DPD, IKE_INPUT_FROM_TIMER_PEERS_ALIVE, false);
    }
    ike_children_forget(e, p);
    e->ops.peer_gone(e->ops.self, local, remote, nat, WHY_DPD);
}

void ike_dpd_timer(void *owner)
{
    struct ike_sa *sa = owner;
    const struct ike_liveness *live = liveness(sa);
    const struct ike_profile *profile = sa->e->profile;
    struct ike_traffic t = look(sa, false);
    sim_time now = sim_now(sa->e->sim), heard = last_heard(sa, &t);
    if (!is_on(sa)) {
        sa->dpd.asked = 0;
        return;
    }
    /* Where a question is asked regardless of packets, only an answer will do: that is how a filter
     * for informational exchanges ends a healthy tunnel (CAT-15). */
    bool always = live->periodic && !profile->dpd_spares_heard;
    if (!always && t.last_in >= sa->dpd.since)
        sa->dpd.asked = 0;
    if (sa->dpd.asked > profile->dpd_retries)
        give_up(sa);
    else if (sa->dpd.asked)
        ask(sa);
    else if (!always && now - heard < SECONDS(live->threshold_s))
        wait_for_silence(sa, heard);
    else if (live->periodic || t.last_out > heard)
        ask(sa);
    else
        look(sa, true); /* nothing to send: whether the peer lives does not matter yet */
}

void ike_traffic_sent(struct ike_engine *e, ip4 local, ip4 remote, uint32_t nat)
{
    struct ike_sa *sa = ike_sa_working(ike_peer_find(e, remote, nat), local);
    if (sa && is_on(sa) && !sim_timer_armed(&sa->dpd.timer))
        sim_timer_arm(&sa->dpd.timer, sim_now(e->sim)); /* not here, amid a packet */
}

static bool same_liveness(const struct ike_liveness *a, const struct ike_liveness *b)
{
    return a->threshold_s == b->threshold_s && a->retry_s == b->retry_s &&
           a->periodic == b->periodic && a->unannounced == b->unannounced;
}

/* Silence counts from the peer's last word, not from the change. */
void ike_dpd_changed(struct ike_sa *sa)
{
    const struct ike_liveness *live = liveness(sa);
    if (!ike_sa_works(sa) || same_liveness(&sa->dpd.as, live))
        return;
    sa->dpd.as = *live;
    if (!is_on(sa)) {
        sim_timer_disarm(&sa->dpd.timer);
        sa->dpd.asked = 0;
    } else if (sa->dpd.asked) {
        wait_for_answer(sa);
    } else {
        struct ike_traffic t = look(sa, false);
        sim_time due = last_heard(sa, &t) + SECONDS(live->threshold_s);
        sim_timer_arm(&sa->dpd.timer, MAX(due, sim_now(sa->e->sim)));
    }
}

void ike_on_traffic(struct ike_engine *e, ike_traffic_fn traffic)
{
    e->traffic = traffic;
}

/* ---- Hearing ---- */

/* Numbers go up, but for repetitions; an answer has one that was asked         RFC 3706 5.4, 7.2 */
static bool in_order(const struct ike_dpd *d, bool ack, uint32_t number)
{
    if (ack)
        return d->asked && ((number - d->first) & NUMBER_BITS) < d->asked;
    return !d->any || ((number - d->theirs) & NUMBER_BITS) <= NUMBER_BITS / 2;
}

static bool names_sa(const struct ike_sa *sa, struct span spi)
{
    return spi.n == 16 && be64_get(spi.p) == sa->cky_i && be64_get(spi.p + 8) == sa->cky_r;
}

void ike_dpd_hear(struct ike_sa *sa, const struct isakmp_notify *n)
{
    struct ike_engine *e = sa->e;
    bool ack = n->type == NOTIFY_R_U_THERE_ACK;
    if (n->data.n != 4 || !names_sa(sa, n->spi)) {
        ++*e->count.dpd_stale;
        return;
    }
    uint32_t number = be32_get(n->data.p);
    bool accepted = in_order(&sa->dpd, ack, number);
    TRACE(e->scope, ike_dpd_rx, .sa = sa->id, .remote = sa->remote, .number = number, .ack = ack,
          .accepted = accepted);
    if (!accepted) {
        ++*e->count.dpd_stale;
        return;
    }
    ike_dpd_heard(sa);
    if (ack)
        return;
    sa->dpd.any = true;
    sa->dpd.theirs = number;
    say(sa, NOTIFY_R_U_THERE_ACK, number);
}
