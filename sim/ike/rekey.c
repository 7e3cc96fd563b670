/* When phase 1 is replaced before its end, and what becomes of two SAs with one peer. RFC 2409
 * leaves both to the implementer: so the point is a part of the lifetime, the responder's later,
 * and when both ends begin within one flight time, the initiator cookies, which both know, tell
 * which one serves. */
#include "ike_priv.h"

/* ---- The point ---- */

static sim_time point_of(const struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    const struct ike_profile *p = e->profile;
    uint32_t percent = sa->role == IKE_INITIATOR ? p->p1_rekey_percent : p->p1_rekey_percent_r;
    /* Nobody can call who came in: it has to renew that itself. */
    bool called = sa->role == IKE_RESPONDER && sa->guest && sa->guest->held;
    if (!percent || called || sa->expires == SIM_TIME_MAX)
        return SIM_TIME_MAX;
    sim_time part = (sa->expires - sim_now(e->sim)) / 100, after = part * percent;
    if (p->p1_rekey_jitter) {
        g_autofree char *name = g_strdup_printf("%s/ike/rekey", e->scope->name);
        uint64_t range = (uint64_t)part * p->p1_rekey_jitter;
        after -= (sim_time)rng_below(rng_stream(e->sim, name), range + 1);
    }
    return sim_now(e->sim) + MAX(after, part);
}

static void retire(struct ike_sa *sa)
{
    uint32_t linger_s = sa->e->profile->p1_old_linger_s;
    sa->retired = true;
    sim_timer_disarm(&sa->dpd.timer);
    sim_timer_disarm(&sa->rekey);
    if (linger_s)
        sim_timer_arm_in(&sa->rekey, SECONDS(linger_s));
}

/* The later one serves, unless each end began one before the other was done: which is the later
 * then, they do not see alike, but the higher initiator cookie is the same for both. */
static struct ike_sa *loser_of(struct ike_sa *fresh, struct ike_sa *other)
{
    if (fresh->role != other->role && other->completed > fresh->born)
        return fresh->cky_i < other->cky_i ? fresh : other;
    return fresh->id < other->id ? fresh : other;
}

static bool same_ends(const struct ike_sa *a, const struct ike_sa *b)
{
    return a != b && a->local == b->local;
}

/* An attempt of ours that nobody has answered. */
static bool is_unanswered(const struct ike_sa *sa)
{
    return sa->role == IKE_INITIATOR &&
           (sa->state == IKE_STATE_I_MM1 || sa->state == IKE_STATE_I_AM1);
}

static void abandon(struct ike_sa *mine, struct ike_sa *theirs)
{
    while (!g_queue_is_empty(&mine->pending))
        g_queue_push_tail(&theirs->pending, g_queue_pop_head(&mine->pending));
    if (!theirs->stray_spi)
        theirs->stray_spi = mine->stray_spi;
    ike_sa_end(mine, WHY_COLLISION, IKE_INPUT_INTERNAL_PHASE1_DEL, false);
}

void ike_rekey_completed(struct ike_sa *sa)
{
    const struct ike_peer *p = sa->peer;
    for (guint i = 0; i < p->sas->len; i++) {
        struct ike_sa *other = p->sas->pdata[i];
        if (!same_ends(sa, other))
            continue;
        if (ike_sa_works(other))
            retire(loser_of(sa, other));
        else if (is_unanswered(other))
            abandon(other, sa); /* what it was begun for is done */
    }
    ike_rekey_plan(sa);
}

void ike_rekey_plan(struct ike_sa *sa)
{
    sa->rekey_at = point_of(sa);
    if (!sa->retired && sa->rekey_at != SIM_TIME_MAX)
        sim_timer_arm(&sa->rekey, sa->rekey_at);
}

/* ---- Beginning ---- */

static void replace(struct ike_sa *old)
{
    struct ike_engine *e = old->e;
    struct ike_sa *sa =
        ike_sa_new(e, IKE_INITIATOR, old->local, old->lport, old->remote, old->rport, 0);
    ike_peer_seat(sa, old->peer);
    sa->replaces = old->id;
    ike_sa_announce(sa);
    TRACE(e->scope, ike_rekey, .sa = sa->id, .spi = 0, .what = "phase 1");
    if (ike_way_renew(sa, old))
        return;
    ike_main_start(sa);
}

/* An attempt may fail, and the next one too: there is time until the lifetime ends (CAT-92). */
void ike_rekey_timer(void *owner)
{
    struct ike_sa *sa = owner;
    struct ike_engine *e = sa->e;
    if (!ike_sa_works(sa))
        return;
    if (ike_sa_serving(sa) != sa) {
        ike_sa_end(sa, WHY_REPLACED, IKE_INPUT_INTERNAL_PHASE1_DEL, true);
        return;
    }
    sim_time next = ike_in_seconds(e, e->profile->p1_rekey_retry_s);
    if (next < sa->expires)
        sim_timer_arm(&sa->rekey, next);
    if (!ike_sa_half_built(sa->peer, sa->local) && e->half_open < e->profile->max_half_open)
        replace(sa);
}

/* A retired SA serves again when its successor ends before it. */
void ike_rekey_ended(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    struct ike_sa *next = ike_sa_serving(sa);
    sim_timer_disarm(&sa->dpd.timer);
    sim_timer_disarm(&sa->rekey);
    if (!next || !next->retired)
        return;
    next->retired = false;
    sim_timer_disarm(&next->rekey);
    if (next->rekey_at != SIM_TIME_MAX)
        sim_timer_arm(&next->rekey, MAX(next->rekey_at, sim_now(e->sim)));
    ike_dpd_begin(next);
}

/* ---- Both ends at once ---- */

/* Ours that the peer may not know of yet. A first SA counts while it is unanswered: that is what
 * both ends see alike. A rekey counts to its end, since nobody begins one beside a half-built SA.
 */
static struct ike_sa *own_attempt(const struct ike_peer *p, ip4 local)
{
    struct ike_sa *mine = ike_sa_coming(p, local);
    return mine && (mine->replaces || is_unanswered(mine)) ? mine : NULL;
}

bool ike_rekey_meets(struct ike_engine *e, const struct ike_msg *m)
{
    const struct ike_peer *p = ike_peer_at(e, m->remote, m->rport);
    struct ike_sa *mine = own_attempt(p ? p : ike_peer_find(e, m->remote, 0), m->local);
    if (!mine)
        return true;
    bool ours = mine->cky_i > m->head.cky_i;
    ++*e->count.collisions;
    if (!mine->collided && mine->replaces)
        TRACE(e->scope, ike_collision, .sa = mine->id, .msgid = 0, .local = m->local,
              .remote = m->remote, .ours = ours, .what = "phase 1");
    mine->collided = true;
    return !ours || !e->profile->p1_one_survives;
}

void ike_rekey_yields(struct ike_sa *theirs)
{
    struct ike_sa *mine = own_attempt(theirs->peer, theirs->local);
    if (mine && theirs->state != IKE_STATE_DEAD && theirs->e->profile->p1_one_survives)
        abandon(mine, theirs);
}
