/* One IKE SA: how it begins, moves, completes, ends and lingers (RFC 2408 2.4, RFC 2409 5). */
#include "ike_priv.h"

/* ike_sa_up counts on the order of the rows. */
G_STATIC_ASSERT(IKE_STATE_R_AM2 < IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT &&
                IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT < IKE_STATE_CONFIG_REQ_SENT &&
                IKE_STATE_CONFIG_REQ_SENT + 1 == IKE_STATE_QM_IDLE);

static uint64_t cookie_new(struct ike_engine *e)
{
    uint64_t cookie;
    do
        cookie = rng_u64(e->cookies);
    while (!cookie || ike_cookie_known(e, cookie));
    return cookie;
}

struct ike_sa *ike_sa_new(struct ike_engine *e, enum ike_role role, ip4 local, uint16_t lport,
                          ip4 remote, uint16_t rport, uint64_t cky_i)
{
    struct ike_sa *sa = g_new0(struct ike_sa, 1);
    *sa = (struct ike_sa){
        .e = e,
        .id = ++e->next_id,
        .role = role,
        .state = IKE_STATE_READY,
        .local = local,
        .remote = remote,
        .lport = lport,
        .rport = rport,
        .cky_i = role == IKE_INITIATOR ? cookie_new(e) : cky_i,
        .cky_r = role == IKE_INITIATOR ? 0 : cookie_new(e),
        .born = sim_now(e->sim),
        .expires = SIM_TIME_MAX,
        .rekey_at = SIM_TIME_MAX,
    };
    g_queue_init(&sa->pending);
    sim_timer_init(e->sim, &sa->timer, ike_sa_timer, sa);
    sim_timer_init(e->sim, &sa->dpd.timer, ike_dpd_timer, sa);
    sim_timer_init(e->sim, &sa->rekey, ike_rekey_timer, sa);
    sim_timer_init(e->sim, &sa->nat.keepalive, ike_natt_timer, sa);
    e->half_open++;
    ike_sa_enter(sa);
    return sa;
}

/* The counts of half-built and of dead SAs follow the state. */
static void set_state(struct ike_sa *sa, enum ike_state to)
{
    struct ike_engine *e = sa->e;
    e->half_open -= ike_sa_half_open(sa);
    e->dead -= sa->state == IKE_STATE_DEAD;
    sa->state = to;
    e->half_open += ike_sa_half_open(sa);
    e->dead += sa->state == IKE_STATE_DEAD;
}

void ike_sa_free(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    ike_sa_leave(sa);
    e->half_open -= ike_sa_half_open(sa);
    e->dead -= sa->state == IKE_STATE_DEAD;
    sim_timer_clear(&sa->timer);
    sim_timer_clear(&sa->dpd.timer);
    sim_timer_clear(&sa->rekey);
    sim_timer_clear(&sa->nat.keepalive);
    ike_guest_free(sa);
    ike_exchange_free(sa->phase1);
    for (guint i = 0; sa->quick && i < sa->quick->len; i++)
        ike_exchange_free(sa->quick->pdata[i]);
    if (sa->quick)
        g_ptr_array_unref(sa->quick);
    g_queue_clear_full(&sa->pending, g_free);
    cipher_free(sa->cipher);
    g_free(sa);
}

void ike_sa_announce(struct ike_sa *sa)
{
    sa->announced = true;
    ++*sa->e->count.phase1_started;
    TRACE(sa->e->scope, ike_sa_new, .sa = sa->id, .role = sa->role, .local = sa->local,
          .lport = sa->lport, .remote = sa->remote, .rport = sa->rport, .cky_i = sa->cky_i,
          .cky_r = sa->cky_r);
}

void ike_sa_move(struct ike_sa *sa, enum ike_input input, enum ike_state to)
{
    enum ike_state old = sa->state;
    set_state(sa, to);
    TRACE(sa->e->scope, ike_state, .sa = sa->id, .role = sa->role, .input = input, .old = old,
          .new = to);
}

sim_time ike_in_seconds(const struct ike_engine *e, uint32_t seconds)
{
    sim_time now = sim_now(e->sim);
    return !seconds || now > SIM_TIME_MAX - SECONDS(seconds) ? SIM_TIME_MAX
                                                             : now + SECONDS(seconds);
}

void ike_on_turn(struct ike_engine *e, void (*fn)(void *self, const struct ike_turn *turn),
                 void *self)
{
    e->on_turn = fn;
    e->on_turn_self = self;
}

static void tell_turn(const struct ike_sa *sa, bool up, bool tell, enum ike_why why)
{
    const struct ike_turn turn = {sa->id, sa->local, sa->remote, up, tell, why, sa->peer->nat};
    if (sa->e->on_turn)
        sa->e->on_turn(sa->e->on_turn_self, &turn);
}

/* A lifetime of 0 has no end. */
void ike_sa_complete(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    ++*e->count.phase1_completed;
    sa->completed = sim_now(e->sim);
    memcpy(sa->last_block, sa->phase1->iv, sizeof sa->last_block);
    ike_exchange_close(sa->phase1);
    sa->phase1->copies_until = sim_now(e->sim) + SECONDS(e->profile->node_linger_s);
    sa->expires = ike_in_seconds(e, sa->policy.lifetime_s);
    if (sa->expires != SIM_TIME_MAX)
        sim_timer_arm(&sa->timer, sa->expires);
    if (ike_guest_begin(sa))
        ike_natt_begin(sa); /* a user may take longer than a mapping lasts */
    else
        ike_sa_serve(sa);
}

void ike_sa_serve(struct ike_sa *sa)
{
    sa->ready = true;
    ike_rekey_completed(sa);
    ike_requests_release(sa, sa);
    /* Said after quick mode has begun: the order of public traces. */
    if (ike_sa_works(sa))
        ike_sa_move(sa, IKE_INPUT_INTERNAL_PHASE1_COMPLETE, IKE_STATE_QM_IDLE);
    ike_dpd_begin(sa);
    ike_natt_begin(sa);
    ike_recover_completed(sa);
    if (ike_sa_works(sa))
        tell_turn(sa, true, false, WHY_NONE);
}

void ike_sa_shorten(struct ike_sa *sa, uint32_t lifetime_s)
{
    sim_time now = sim_now(sa->e->sim), end = sa->completed + SECONDS(lifetime_s);
    sa->policy.lifetime_s = lifetime_s;
    sa->expires = MAX(end, now);
    sim_timer_arm(&sa->timer, sa->expires);
    if (sa->ready)
        ike_rekey_plan(sa);
}

/* ---- The end ---- */

/* What waited for this SA is served by another that works, or fails. */
static void pass_on_pending(struct ike_sa *sa, enum ike_why why)
{
    struct ike_engine *e = sa->e;
    struct ike_sa *other = why == WHY_ADMIN ? NULL : ike_sa_serving(sa);
    if (other)
        ike_requests_release(sa, other);
    while (!g_queue_is_empty(&sa->pending))
        ike_request_lost(e, g_queue_pop_head(&sa->pending), why);
}

/* A responder whose last message was not confirmed may have told the peer of an SPI that will not
 * be. */
static void take_back_spis(struct ike_sa *sa)
{
    for (guint i = 0; sa->quick && i < sa->quick->len; i++) {
        const struct ike_exchange *x = sa->quick->pdata[i];
        if (!x->over && x->qm_state == QM_R_QM2)
            ike_delete_send(sa, x->quick->spi_in);
    }
}

void ike_sa_end(struct ike_sa *sa, enum ike_why why, enum ike_input input, bool tell)
{
    struct ike_engine *e = sa->e;
    if (sa->state == IKE_STATE_DEAD)
        return;
    why = ike_guest_why(sa, why);
    if (ike_sa_works(sa))
        tell_turn(sa, false, tell, why);
    if (tell && ike_sa_up(sa) && e->profile->send_deletes) {
        take_back_spis(sa);
        ike_delete_send(sa, 0);
    }
    if (ike_sa_half_open(sa))
        ++*e->count.phase1_failed;
    sa->dead_why = why;
    sa->died_in = sa->state;
    TRACE(e->scope, ike_sa_dead, .sa = sa->id, .role = sa->role, .state = sa->state, .why = why,
          .local = sa->local, .remote = sa->remote);
    ike_sa_move(sa, input, IKE_STATE_DEAD);
    ike_guest_ended(sa, why);
    if (sa->phase1)
        ike_exchange_close(sa->phase1);
    for (guint i = 0; sa->quick && i < sa->quick->len; i++)
        ike_quick_abandon(sa->quick->pdata[i], why);
    g_clear_pointer(&sa->cipher, cipher_free);
    ike_rekey_ended(sa);
    sim_timer_disarm(&sa->nat.keepalive);
    /* An SA that never said a word is of no interest to anybody. */
    bool silent = sa->phase1 && !sa->phase1->said && !sa->phase1->n_heard;
    sim_timer_arm_in(&sa->timer, silent ? 0 : SECONDS(e->profile->dead_linger_s));
    pass_on_pending(sa, why);
}

void ike_sa_timer(void *owner)
{
    struct ike_sa *sa = owner;
    if (sa->state != IKE_STATE_DEAD) {
        ike_sa_end(sa, WHY_EXPIRED, IKE_INPUT_INTERNAL_PHASE1_DEL, true);
        return;
    }
    TRACE(sa->e->scope, ike_sa_gone, .sa = sa->id);
    ike_sa_free(sa);
}

/* ---- Its quick modes ---- */

struct ike_exchange *ike_quick_find(const struct ike_sa *sa, uint32_t msgid)
{
    for (guint i = 0; sa->quick && i < sa->quick->len; i++) {
        struct ike_exchange *x = sa->quick->pdata[i];
        if (x->msgid == msgid)
            return x;
    }
    return NULL;
}

bool ike_msgid_seen(const struct ike_sa *sa, uint32_t msgid)
{
    for (size_t i = 0; i < IKE_SEEN; i++)
        if (sa->seen[i] == msgid)
            return true;
    return false;
}

void ike_msgid_remember(struct ike_sa *sa, uint32_t msgid)
{
    sa->seen[sa->seen_at++ % IKE_SEEN] = msgid;
}
