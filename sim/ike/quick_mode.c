/* Quick mode, with and without perfect forward secrecy: RFC 2409 5.5. */
#include "ike_priv.h"

static struct ike_outcome reject(uint16_t notify, enum ike_why why)
{
    return (struct ike_outcome){IKE_REJECT, notify, why};
}

static struct ike_outcome refuse(struct ike_exchange *x, uint16_t notify, enum ike_why why)
{
    TRACE(x->sa->e->scope, qm_refused, .sa = x->sa->id, .msgid = x->msgid, .local = x->sa->local,
          .remote = x->sa->remote, .why = why);
    return reject(notify, why);
}

static void move(struct ike_exchange *x, enum ike_input input, enum qm_state to)
{
    enum qm_state old = x->qm_state;
    x->qm_state = to;
    TRACE(x->sa->e->scope, qm_state, .sa = x->sa->id, .msgid = x->msgid, .input = input, .old = old,
          .new = to);
}

static void say_over(const struct ike_exchange *x, bool error, const char *reason)
{
    TRACE(x->sa->e->scope, qm_done, .sa = x->sa->id, .msgid = x->msgid, .error = error,
          .reason = reason);
}

/* ---- Building ---- */

static void put_sa(const struct isakmp_sa *sa, struct isakmp_out *o)
{
    isakmp_put_begin(o, PAYLOAD_SA);
    isakmp_sa_emit(sa, o->w);
    isakmp_put_end(o);
}

static void put_rest(struct ike_exchange *x, struct span nonce, struct isakmp_out *o)
{
    const struct ike_quick *q = x->quick;
    isakmp_put(o, PAYLOAD_NONCE, nonce);
    if (x->dh.ours.n)
        isakmp_put(o, PAYLOAD_KE, x->dh.ours);
    if (q->have_ids) {
        isakmp_put(o, PAYLOAD_ID, q->idci);
        isakmp_put(o, PAYLOAD_ID, q->idcr);
    }
    ike_nat_oa_put(x, o);
}

static void put_offer(struct ike_exchange *x, struct isakmp_out *o)
{
    struct isakmp_sa offer;
    ike_proposal_offer(x, x->arena, &offer);
    put_sa(&offer, o);
    put_rest(x, x->ni_b, o);
}

static void put_choice(struct ike_exchange *x, struct isakmp_out *o)
{
    const struct ike_quick *q = x->quick;
    uint8_t spi[4];
    be32_put(spi, q->spi_in);
    const struct isakmp_proposal p = {q->proposal, PROTO_IPSEC_ESP, span_of(spi, 4), &q->transform,
                                      1};
    put_sa(&(struct isakmp_sa){DOI_IPSEC, 1, &p, 1}, o);
    put_rest(x, x->nr_b, o);
    if (q->tell_life)
        ike_lifetime_put(x, o);
}

/* ---- Reading ---- */

static void say_hash(const struct ike_exchange *x, const struct ike_msg *m)
{
    TRACE(x->sa->e->scope, ike_hmac, .sa = x->sa->id, .msgid = x->msgid);
    ike_say_payload(x, m, PAYLOAD_HASH);
}

/* The two identities, or NULL. */
static bool find_ids(const struct ike_msg *m, struct span *ci, struct span *cr)
{
    size_t at = 0;
    const struct isakmp_payload *i = isakmp_chain_find(&m->chain, PAYLOAD_ID, &at);
    const struct isakmp_payload *r = i ? isakmp_chain_find(&m->chain, PAYLOAD_ID, &at) : NULL;
    *ci = i ? i->body : (struct span){0};
    *cr = r ? r->body : (struct span){0};
    return i && r;
}

static bool proxy_read(struct span body, struct proxy *out)
{
    struct isakmp_id id;
    return isakmp_id_parse(body, &id) == WIRE_OK && proxy_from_id(&id, out);
}

/* Without identities the SAs are for the ends themselves                       RFC 2409 5.5 */
static bool take_ids(struct ike_exchange *x, const struct ike_msg *m)
{
    struct ike_quick *q = x->quick;
    struct span ci, cr;
    q->local_proxy = proxy_of(x->sa->local, 0xffffffffu, 0, 0);
    q->remote_proxy = proxy_of(x->sa->remote, 0xffffffffu, 0, 0);
    q->have_ids = find_ids(m, &ci, &cr);
    if (!q->have_ids)
        return true;
    q->idci = arena_span(x->arena, ci);
    q->idcr = arena_span(x->arena, cr);
    return proxy_read(cr, &q->local_proxy) && proxy_read(ci, &q->remote_proxy);
}

static bool sa_read(const struct ike_msg *m, struct isakmp_sa *out)
{
    return isakmp_sa_parse(ike_body_of(m, PAYLOAD_SA), m->arena, out) == WIRE_OK &&
           out->doi == DOI_IPSEC;
}

static struct ike_outcome check_sa(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_sa sa;
    if (!sa_read(m, &sa))
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_SA};
    return IKE_FINE;
}

/* ---- Rekeys that meet ---- */

/* Our own rekey of the pair with these identities, asked for and not answered, under whatever SA
 * with this peer. */
static struct ike_exchange *own_rekey(const struct ike_sa *sa, const struct proxy *local,
                                      const struct proxy *remote)
{
    const struct ike_peer *p = sa->peer;
    for (guint i = 0; i < p->sas->len; i++) {
        const struct ike_sa *other = p->sas->pdata[i];
        for (guint k = 0; other->local == sa->local && other->quick && k < other->quick->len; k++) {
            struct ike_exchange *x = other->quick->pdata[k];
            if (!x->over && x->qm_state == QM_I_QM1 && x->quick->request->spi_old &&
                proxy_same(&x->quick->local_proxy, local) &&
                proxy_same(&x->quick->remote_proxy, remote))
                return x;
        }
    }
    return NULL;
}

/* Both ends ask for the successor of one pair at once. Were both made, each end would retire the
 * one that the other uses. Message IDs, which both know, tell which question is answered. */
static bool is_met(struct ike_exchange *x, const struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    struct proxy local, remote;
    struct span ci, cr;
    if (!find_ids(m, &ci, &cr) || !proxy_read(cr, &local) || !proxy_read(ci, &remote))
        return false;
    struct ike_exchange *own = own_rekey(sa, &local, &remote);
    if (!own || !sa->e->profile->p2_one_survives)
        return false;
    bool ours = own->msgid > x->msgid;
    if (!own->quick->collided)
        TRACE(sa->e->scope, ike_collision, .sa = own->sa->id, .msgid = own->msgid,
              .local = sa->local, .remote = sa->remote, .ours = ours, .what = "phase 2");
    own->quick->collided = true;
    return ours;
}

static struct ike_outcome check_offer(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_outcome o = check_sa(x, m);
    if (o.verdict == IKE_OK && is_met(x, m))
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_COLLISION, PAYLOAD_NONE};
    return o;
}

static void say_ids(const struct ike_exchange *x, const struct ike_msg *m)
{
    const struct isakmp_payload *p;
    for (size_t at = 0; (p = isakmp_chain_find(&m->chain, PAYLOAD_ID, &at));)
        TRACE(x->sa->e->scope, ike_payload, .sa = x->sa->id, .msgid = x->msgid,
              .payload = PAYLOAD_ID, .length = (uint32_t)p->body.n);
}

/* NONCE and KE in the order of the wire, then the identities. */
static bool take_secrets(struct ike_exchange *x, const struct ike_msg *m, struct span *nonce)
{
    ike_say_payload(x, m, PAYLOAD_NONCE);
    *nonce = arena_span(x->arena, ike_body_of(m, PAYLOAD_NONCE));
    if (x->dh.group != GROUP_NONE) {
        ike_say_payload(x, m, PAYLOAD_KE);
        if (x->role == IKE_RESPONDER)
            ike_dh_make(x, x->dh.group);
        if (!ike_dh_share(x, ike_body_of(m, PAYLOAD_KE)))
            return false;
        TRACE(x->sa->e->scope, ike_dh_share, .sa = x->sa->id, .msgid = x->msgid,
              .group = x->dh.group);
    }
    say_ids(x, m);
    return true;
}

static struct ike_outcome get_offer(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_sa offer;
    say_hash(x, m);
    ike_say_payload(x, m, PAYLOAD_SA);
    if (!sa_read(m, &offer))
        return refuse(x, NOTIFY_NO_PROPOSAL_CHOSEN, WHY_MALFORMED);
    if (!take_ids(x, m))
        return refuse(x, NOTIFY_INVALID_ID_INFORMATION, WHY_PROXY);
    enum ike_why why = ike_proposal_choose(x, &offer, ike_payload_of(m, PAYLOAD_KE) != NULL);
    if (why != WHY_NONE)
        return refuse(x, NOTIFY_NO_PROPOSAL_CHOSEN, why);
    if (!take_secrets(x, m, &x->ni_b))
        return refuse(x, NOTIFY_INVALID_KEY_INFORMATION, WHY_BAD_KE);
    x->nr_b = ike_nonce_make(x);
    ike_nat_oa_get(x, m);
    TRACE(x->sa->e->scope, qm_spi_wanted, .sa = x->sa->id, .msgid = x->msgid, .count = 1);
    return IKE_FINE;
}

static void get_notifications(struct ike_exchange *x, const struct ike_msg *m)
{
    const struct isakmp_payload *p;
    for (size_t at = 0; (p = isakmp_chain_find(&m->chain, PAYLOAD_NOTIFY, &at));) {
        struct isakmp_notify n;
        TRACE(x->sa->e->scope, ike_payload, .sa = x->sa->id, .msgid = x->msgid,
              .payload = PAYLOAD_NOTIFY, .length = (uint32_t)p->body.n);
        if (isakmp_notify_parse(p->body, &n) != WIRE_OK)
            continue;
        ike_notify_say(x->sa, x->msgid, &n, true);
        if (n.type == NOTIFY_RESPONDER_LIFETIME)
            ike_lifetime_apply(x, &n);
    }
}

/* The answer must be about what was asked: same transform, same identities. */
static enum ike_why judge_choice(struct ike_exchange *x, const struct ike_msg *m)
{
    const struct ike_quick *q = x->quick;
    struct isakmp_sa answer;
    struct span ci, cr;
    if (!sa_read(m, &answer))
        return WHY_MALFORMED;
    enum ike_why why = ike_proposal_accept(x, &answer);
    if (why != WHY_NONE)
        return why;
    if ((x->dh.secret.n != 0) != (ike_payload_of(m, PAYLOAD_KE) != NULL))
        return WHY_PFS;
    if (!find_ids(m, &ci, &cr) || !span_eq(ci, q->idci) || !span_eq(cr, q->idcr))
        return WHY_PROXY_AT_INSTALL;
    return WHY_NONE;
}

static struct ike_outcome get_choice(struct ike_exchange *x, struct ike_msg *m)
{
    say_hash(x, m);
    ike_say_payload(x, m, PAYLOAD_SA);
    enum ike_why why = judge_choice(x, m);
    if (why == WHY_NONE) {
        if (!take_secrets(x, m, &x->nr_b))
            return refuse(x, NOTIFY_INVALID_KEY_INFORMATION, WHY_BAD_KE);
        get_notifications(x, m);
        ike_nat_oa_get(x, m);
        ike_child_say(x);
        why = ike_child_install(x);
    }
    if (why != WHY_NONE)
        return refuse(x, NOTIFY_INVALID_ID_INFORMATION, why);
    return IKE_FINE;
}

static struct ike_outcome get_proof(struct ike_exchange *x, struct ike_msg *m)
{
    say_hash(x, m);
    ike_child_say(x);
    return IKE_FINE;
}

// clang-format off
/* RFC 2409 5.5, quick mode:   HDR*, HASH(1), SA, Ni [, KE] [, IDci, IDcr]  -->
 *                       <--   HDR*, HASH(2), SA, Nr [, KE] [, IDci, IDcr]
 *                             HDR*, HASH(3)                                -->             */
static const struct ike_rule rules[] = {
    /* sender         enc   must                          may                        build       check     process     sent                received */
    { IKE_INITIATOR, true, P(HASH) | P(SA) | P(NONCE), P(KE) | P(ID) | P(NOTIFY), put_offer,  check_offer, get_offer, QM_I_QM1,         QM_SPI_STARVE },
    { IKE_RESPONDER, true, P(HASH) | P(SA) | P(NONCE), P(KE) | P(ID) | P(NOTIFY), put_choice, check_sa,    get_choice, QM_R_QM2,          QM_PHASE2_COMPLETE },
    { IKE_INITIATOR, true, P(HASH),                    P(NOTIFY),                 NULL,       NULL,        get_proof,  QM_PHASE2_COMPLETE, QM_PHASE2_COMPLETE },
};
// clang-format on

/* ---- What the steps mean ---- */

static void heard(struct ike_exchange *x, const struct ike_rule *r)
{
    struct ike_engine *e = x->sa->e;
    if (r != &rules[0])
        return;
    ++*e->count.phase2_started;
    TRACE(e->scope, qm_new, .sa = x->sa->id, .msgid = x->msgid, .ours = false);
}

static bool get_spi(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    x->quick->spi_in = sa->e->ops.new_spi(sa->e->ops.self);
    TRACE(sa->e->scope, qm_spi, .sa = sa->id, .msgid = x->msgid, .spi = x->quick->spi_in,
          .local = sa->local, .remote = sa->remote, .protocol = PROTO_IPSEC_ESP);
    return x->quick->spi_in != 0;
}

static void failed(struct ike_exchange *x, struct ike_outcome o, enum ike_input input);
static void end(struct ike_exchange *x, enum ike_why why, enum ike_input input);

/* The peer's question is answered, so ours has no use any more. */
static void yield(const struct ike_exchange *x)
{
    const struct ike_quick *q = x->quick;
    struct ike_exchange *own = own_rekey(x->sa, &q->local_proxy, &q->remote_proxy);
    if (own && x->sa->e->profile->p2_one_survives)
        end(own, WHY_COLLISION, IKE_INPUT_FROM_PEER_QM_EXCH);
}

/* The initiator's move waits until its third message is out. */
static void processed(struct ike_exchange *x, const struct ike_rule *r)
{
    if (x->role == IKE_INITIATOR)
        return;
    if (r == &rules[2])
        say_over(x, false, "await");
    move(x, IKE_INPUT_FROM_PEER_QM_EXCH, (enum qm_state)r->received);
    if (r == &rules[0] && !get_spi(x))
        failed(x, reject(0, WHY_LIMIT), IKE_INPUT_FROM_IPSEC_SPI_REPLY);
    else if (r == &rules[0])
        yield(x);
}

static void said(struct ike_exchange *x, const struct ike_rule *r)
{
    static const enum ike_input input[] = {
        IKE_INPUT_INTERNAL_INIT_QM,
        IKE_INPUT_FROM_IPSEC_SPI_REPLY,
        IKE_INPUT_FROM_PEER_QM_EXCH,
    };
    if (r == &rules[2])
        say_over(x, false, "done");
    move(x, input[r - rules], (enum qm_state)r->sent);
}

/* The responder installs when the exchange is over for the peer: what was promised and cannot be
 * kept is taken back. */
static void done(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    struct ike_engine *e = sa->e;
    enum ike_why why = x->role == IKE_RESPONDER ? ike_child_install(x) : WHY_NONE;
    if (why == WHY_NONE) {
        ++*e->count.phase2_completed;
    } else {
        ++*e->count.phase2_failed;
        refuse(x, 0, why);
        TRACE(e->scope, ike_fail, .sa = sa->id, .role = sa->role, .exchange = EXCHANGE_QUICK,
              .msgid = x->msgid, .remote = sa->remote, .why = why);
        if (e->profile->send_deletes && !x->over)
            ike_delete_send(sa, x->quick->spi_in);
    }
    if (x->over)
        return;
    ike_exchange_close(x);
    ike_exchange_linger(x, e->profile->node_linger_s);
}

/* Ends it without SAs; the caller has told the peer whatever there was to tell. */
static void end(struct ike_exchange *x, enum ike_why why, enum ike_input input)
{
    struct ike_sa *sa = x->sa;
    struct ike_engine *e = sa->e;
    struct ike_request *request = x->quick->request;
    x->quick->request = NULL;
    ++*e->count.phase2_failed;
    say_over(x, true, "failed");
    move(x, input, QM_FAILED);
    TRACE(e->scope, ike_fail, .sa = sa->id, .role = sa->role, .exchange = EXCHANGE_QUICK,
          .msgid = x->msgid, .remote = sa->remote, .why = why);
    ike_exchange_close(x);
    ike_exchange_linger(x, e->profile->node_linger_s);
    if (request)
        ike_request_lost(e, request, why);
}

/* Refused for what is configured here, not for a message that went wrong. */
static bool is_policy(enum ike_why why)
{
    switch (why) {
    case WHY_PROXY:
    case WHY_TRANSFORM:
    case WHY_LOCAL_ADDRESS:
    case WHY_PEER:
    case WHY_PFS:
    case WHY_LIFETIME:
    case WHY_NO_PROPOSAL:
        return true;
    default:
        return false;
    }
}

/* An IKE SA that was made for what is refused has no use, unless pairs with the peer live. */
static bool is_in_vain(const struct ike_exchange *x, enum ike_why why)
{
    const struct ike_sa *sa = x->sa;
    return x->role == IKE_RESPONDER && sa->e->profile->refusal_ends_phase1 && is_policy(why) &&
           sa->peer->children == 0;
}

static void failed(struct ike_exchange *x, struct ike_outcome o, enum ike_input input)
{
    struct ike_sa *sa = x->sa;
    const struct ike_profile *profile = sa->e->profile;
    bool gave_up = o.why == WHY_RETRANSMITS, ours = x->role == IKE_INITIATOR;
    /* The initiator may have installed what it never got to confirm. */
    if (gave_up && !ours && profile->send_deletes)
        ike_delete_send(sa, x->quick->spi_in);
    if (o.notify && profile->send_no_proposal)
        ike_notify_send(sa, o.notify, PROTO_IPSEC_ESP, x->quick->spi_out, x);
    end(x, o.why, input);
    /* A peer that is silent under this SA may have lost it: the next request begins anew. */
    if (gave_up && ours)
        ike_sa_end(sa, o.why, input, true);
    else if (is_in_vain(x, o.why))
        ike_sa_end(sa, WHY_CHILD_REFUSED, input, true);
}

void ike_quick_abandon(struct ike_exchange *x, enum ike_why why)
{
    if (!x->over)
        end(x, why, IKE_INPUT_INTERNAL_PHASE1_DEL);
}

static uint32_t wait(const struct ike_exchange *x, uint32_t *retransmits)
{
    const struct ike_profile *profile = x->sa->e->profile;
    *retransmits = profile->qm_retransmit_count;
    return profile->qm_retransmit_s;
}

const struct ike_kind ike_quick_mode = {
    .exchange = EXCHANGE_QUICK,
    .rule = rules,
    .n = G_N_ELEMENTS(rules),
    .heard = heard,
    .processed = processed,
    .said = said,
    .done = done,
    .failed = failed,
    .wait = wait,
};

/* ---- Beginning ---- */

static struct ike_exchange *quick_new(struct ike_sa *sa, enum ike_role role, uint32_t msgid)
{
    struct ike_exchange *x = ike_exchange_new(sa, &ike_quick_mode, role, msgid);
    x->quick = arena_alloc(x->arena, sizeof *x->quick);
    if (!sa->quick)
        sa->quick = g_ptr_array_new();
    g_ptr_array_add(sa->quick, x);
    return x;
}

static struct span id_of(struct ike_exchange *x, const struct proxy *p)
{
    uint8_t body[16];
    struct wr w = wr_over(body, sizeof body);
    proxy_emit(p, &w);
    return arena_span(x->arena, wr_done(&w));
}

void ike_quick_start(struct ike_sa *sa, struct ike_request *request)
{
    struct ike_engine *e = sa->e;
    struct ike_exchange *x = quick_new(sa, IKE_INITIATOR, ike_msgid_new(sa));
    struct ike_quick *q = x->quick;
    q->request = request;
    q->local_proxy = request->local_proxy;
    q->remote_proxy = request->remote_proxy;
    q->have_ids = true;
    q->idci = id_of(x, &q->local_proxy);
    q->idcr = id_of(x, &q->remote_proxy);
    q->life_s = request->life_s;
    q->life_kb = request->life_kb;
    ++*e->count.phase2_started;
    TRACE(e->scope, ike_begin, .sa = sa->id, .exchange = EXCHANGE_QUICK, .msgid = x->msgid);
    TRACE(e->scope, qm_new, .sa = sa->id, .msgid = x->msgid, .ours = true);
    if (!get_spi(x)) {
        end(x, WHY_LIMIT, IKE_INPUT_INTERNAL_INIT_QM);
        return;
    }
    x->ni_b = ike_nonce_make(x);
    if (request->pfs != GROUP_NONE)
        ike_dh_make(x, request->pfs);
    ike_exchange_start(x);
}

/* Finished ones that linger make room first. */
static bool room_for_one(struct ike_sa *sa)
{
    for (guint i = 0; sa->quick && sa->quick->len >= IKE_MAX_QUICK && i < sa->quick->len;) {
        struct ike_exchange *x = sa->quick->pdata[i];
        if (!x->over) {
            i++;
            continue;
        }
        ike_msgid_remember(sa, x->msgid);
        g_ptr_array_remove_index(sa->quick, i);
        ike_exchange_free(x);
    }
    return !sa->quick || sa->quick->len < IKE_MAX_QUICK;
}

/* Who is given its address unasked may begin before it has it: its quick mode waits for that. */
static bool save(struct ike_sa *sa, const struct ike_msg *m)
{
    struct ike_guest *g = sa->guest;
    bool awaits =
        sa->state == IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT || sa->state == IKE_STATE_CONFIG_SET_SENT;
    if (!g || g->way || g->party.config != IKE_CFG_WAY_PUSH || !awaits || !m->head.msgid)
        return false;
    struct ike_saved *s = g_malloc(sizeof *s + m->bytes.n);
    *s = (struct ike_saved){m->local, m->remote, m->lport, m->rport, m->bytes.n};
    memcpy(s->bytes, m->bytes.p, m->bytes.n);
    TRACE(sa->e->scope, qm_saved, .sa = sa->id, .msgid = m->head.msgid, .remote = m->remote,
          .taken_up = false);
    g_free(g->saved);
    g->saved = s;
    return true;
}

void ike_quick_take_up(struct ike_sa *sa)
{
    g_autofree struct ike_saved *s = g_steal_pointer(&sa->guest->saved);
    struct ike_msg m = {.e = sa->e};
    if (!s || !ike_sa_works(sa))
        return;
    m.local = s->local;
    m.remote = s->remote;
    m.lport = s->lport;
    m.rport = s->rport;
    m.bytes = span_of(s->bytes, s->n);
    g_assert(isakmp_head_parse(m.bytes, &m.head) == WIRE_OK);
    TRACE(sa->e->scope, qm_saved, .sa = sa->id, .msgid = m.head.msgid, .remote = s->remote,
          .taken_up = true);
    m.arena = arena_new();
    ike_quick_hear(sa, &m);
    arena_free(m.arena);
}

void ike_quick_hear(struct ike_sa *sa, struct ike_msg *m)
{
    struct ike_engine *e = sa->e;
    uint32_t msgid = m->head.msgid;
    if (save(sa, m))
        return;
    if (!ike_sa_works(sa) || !msgid) {
        ++*e->count.early; /* the last of phase 1 was overtaken, or lost; or a login comes first */
        return;
    }
    struct ike_exchange *x = ike_quick_find(sa, msgid);
    if (x) {
        ike_exchange_hear(x, m);
        return;
    }
    if (ike_msgid_seen(sa, msgid)) {
        ++*e->count.duplicates;
        TRACE(e->scope, ike_duplicate, .sa = sa->id, .remote = m->remote, .msgid = msgid,
              .answered = false);
        return;
    }
    if (!room_for_one(sa)) {
        ++*e->count.limit;
        return;
    }
    x = quick_new(sa, IKE_RESPONDER, msgid);
    if (!ike_exchange_hear(x, m)) {
        g_ptr_array_remove(sa->quick, x);
        ike_exchange_free(x);
    }
}
