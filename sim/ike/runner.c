/* The runner: takes one exchange through its rows, for both roles. Decryption and IV chaining
 * (RFC 2409 Appendix B), required payloads and HASH are settled before a row's own function sees a
 * message; duplicates (RFC 2408 4.1, 5.1) are known by the digest of their bytes. */
#include "ike_priv.h"

struct ike_exchange *ike_exchange_new(struct ike_sa *sa, const struct ike_kind *kind,
                                      enum ike_role role, uint32_t msgid)
{
    struct ike_exchange *x = g_new0(struct ike_exchange, 1);
    g_assert(kind->n <= IKE_MAX_ROWS);
    x->sa = sa;
    x->kind = kind;
    x->role = role;
    x->msgid = msgid;
    x->arena = arena_new();
    sim_timer_init(sa->e->sim, &x->timer, ike_exchange_timer, x);
    /* A phase 2 exchange begins with hash(last phase 1 block | M-ID)   RFC 2409 Appendix B */
    if (msgid)
        ike_phase2_iv(x->iv, sa->keys.iv_bytes, sa->policy.hash,
                      span_of(sa->last_block, sa->keys.iv_bytes), msgid);
    return x;
}

void ike_exchange_close(struct ike_exchange *x)
{
    x->over = true;
    sim_timer_disarm(&x->timer);
    if (x->quick && x->quick->request)
        g_clear_pointer(&x->quick->request, g_free);
    x->quick = NULL;
    x->xact = NULL;
    x->held = false;
    x->dh = (struct ike_dh){0};
    x->ni_b = x->nr_b = x->sai_b = x->idii_b = x->idir_b = x->psk = (struct span){0};
    g_clear_pointer(&x->arena, arena_free);
    if (x->msgid && x->sa->cipher) /* phase 2 is done: the next is likely an hour away */
        cipher_rest(x->sa->cipher);
}

void ike_exchange_free(struct ike_exchange *x)
{
    if (!x)
        return;
    ike_exchange_close(x);
    sim_timer_clear(&x->timer);
    g_free(x->said);
    g_free(x);
}

static const struct ike_rule *row(const struct ike_exchange *x)
{
    return x->step < x->kind->n ? &x->kind->rule[x->step] : NULL;
}

/* It is our turn, or the end, or the peer's. */
static void go_on(struct ike_exchange *x)
{
    const struct ike_rule *r = row(x);
    if (r && r->sender == x->role) {
        ike_exchange_say(x, r);
        x->kind->said(x, r);
        r = row(x);
    }
    if (x->over)
        return;
    if (!r)
        x->kind->done(x);
    else
        ike_exchange_arm(x);
}

void ike_exchange_resume(struct ike_exchange *x)
{
    g_assert(x->held && !x->over);
    x->held = false;
    sim_timer_disarm(&x->timer);
    go_on(x);
}

void ike_exchange_start(struct ike_exchange *x)
{
    go_on(x);
}

bool ike_exchange_repeat(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_engine *e = x->sa->e;
    hash_of(HASH_MD5, &m->bytes, 1, m->digest);
    int i = x->n_heard;
    while (i-- > 0 && memcmp(x->heard[i], m->digest, IKE_DIGEST) != 0)
        ;
    if (i < 0)
        return false;
    bool answered = i == x->n_heard - 1 && x->said && x->said_after == x->n_heard;
    ++*e->count.duplicates;
    TRACE(e->scope, ike_duplicate, .sa = x->sa->id, .remote = m->remote, .msgid = m->head.msgid,
          .answered = answered);
    if (!answered)
        return true;
    ike_exchange_answer_copy(x, m);
    /* Who asks again is still there; but nobody keeps a half-built SA alive with copies for ever.
     */
    bool patient = x->again <= 16;
    if (x->over && x->msgid)
        ike_exchange_linger(x, e->profile->node_linger_s);
    else if (x->over)
        x->copies_until = sim_now(e->sim) + SECONDS(e->profile->node_linger_s);
    else if (!x->over && x->role == IKE_RESPONDER && patient)
        ike_exchange_arm(x);
    return true;
}

/* What is not taken leaves the exchange as it was, and the sender's next copy has its chance. */
static void refuse(struct ike_exchange *x, const struct ike_msg *m, struct ike_outcome o)
{
    struct ike_engine *e = x->sa->e;
    if (o.why == WHY_COLLISION) { /* nothing is wrong with it; its next copy may be welcome */
        ++*e->count.collisions;
        return;
    }
    bool again = x->have_bad && memcmp(x->bad, m->digest, IKE_DIGEST) == 0;
    memcpy(x->bad, m->digest, IKE_DIGEST);
    x->have_bad = true;
    if (again && !e->profile->malformed_is_logged_each_time)
        ++*e->count.bad;
    else
        ike_bad_message(e, x->sa, m, o);
}

static void take(struct ike_exchange *x, const struct ike_rule *r, const struct ike_msg *m)
{
    sim_timer_disarm(&x->timer);
    x->tries = 0;
    memcpy(x->heard[x->n_heard++], m->digest, IKE_DIGEST);
    if (m->head.flags & ISAKMP_FLAG_ENCRYPTED)
        memcpy(x->iv, m->iv_after, sizeof x->iv);
    x->step++;
}

bool ike_exchange_hear(struct ike_exchange *x, struct ike_msg *m)
{
    if (ike_exchange_repeat(x, m))
        return true;
    const struct ike_rule *r = row(x);
    struct ike_outcome o = {IKE_IGNORE, 0, WHY_BAD_EXCHANGE};
    if (!x->over && r && r->sender != x->role)
        o = ike_verify(x, r, m);
    if (o.verdict != IKE_OK) {
        refuse(x, m, o);
        return false;
    }
    take(x, r, m);
    m->fresh = false;
    ike_natt_follow(x->sa, m);
    if (x->msgid)
        ike_dpd_heard(x->sa);
    x->kind->heard(x, r);
    o = r->process(x, m);
    if (x->over) /* what was called on the way ended it */
        return true;
    x->held = o.verdict == IKE_WAIT;
    if (o.verdict == IKE_REJECT) {
        x->kind->failed(x, o,
                        x->msgid ? IKE_INPUT_FROM_PEER_QM_EXCH : IKE_INPUT_INTERNAL_PROCESS_ERROR);
        return true;
    }
    x->kind->processed(x, r);
    if (x->held)
        ike_exchange_arm(x);
    else if (!x->over)
        go_on(x);
    return true;
}
