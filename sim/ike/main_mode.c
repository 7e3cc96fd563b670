/* Main mode with pre-shared keys, RFC 2409 5.4. */
#include "ike_priv.h"

enum { PORT_IKE = 500 };

/* ---- Messages 1 and 2: the offer and the choice ---- */

static void put_offer(struct ike_exchange *x, struct isakmp_out *o)
{
    struct isakmp_sa offer;
    struct arena *a = arena_new();
    ike_policy_offer(x, a, &offer); /* asked before, in ike_main_start */
    isakmp_put_begin(o, PAYLOAD_SA);
    size_t at = o->w->n;
    isakmp_sa_emit(&offer, o->w);
    g_assert(wr_ok(o->w));
    x->sai_b = arena_span(x->arena, span_of(o->w->p + at, o->w->n - at));
    isakmp_put_end(o);
    arena_free(a);
    ike_vendor_ids_put(x->sa, x->sa->e->profile->vid_mm1, o);
}

static struct ike_outcome bad_sa(enum ike_why why)
{
    return (struct ike_outcome){IKE_IGNORE, 0, why, PAYLOAD_SA};
}

/* There is one proposal, and its protocol is ISAKMP                           RFC 2409 5 */
static bool is_phase1_offer(const struct isakmp_sa *sa)
{
    return sa->doi == DOI_IPSEC && sa->n_proposal == 1 && sa->proposal[0].protocol == PROTO_ISAKMP;
}

static bool parse_sa(const struct ike_msg *m, struct isakmp_sa *out)
{
    return isakmp_sa_parse(ike_body_of(m, PAYLOAD_SA), m->arena, out) == WIRE_OK &&
           is_phase1_offer(out);
}

static struct ike_outcome check_offer(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_sa offer;
    return parse_sa(m, &offer) ? IKE_FINE : bad_sa(WHY_MALFORMED);
}

static struct ike_outcome no_policy(void)
{
    return (struct ike_outcome){IKE_REJECT, NOTIFY_NO_PROPOSAL_CHOSEN, WHY_NO_POLICY};
}

/* Both ends compare with their policies, one the offer, the other the choice. */
static struct ike_outcome judge(struct ike_exchange *x, struct ike_msg *m,
                                const struct isakmp_transform **chosen)
{
    struct isakmp_sa sa;
    ike_say_payload(x, m, PAYLOAD_SA);
    ike_vendor_ids_say(x, m);
    ike_natt_agree(x, m);
    bool late = x->role == IKE_RESPONDER && x->sa->e->profile->key_sought_late;
    bool have_key = late || ike_key_look_up(x->sa) != NULL;
    if (!parse_sa(m, &sa) || !ike_policy_choose(x, &sa, have_key, chosen))
        return no_policy();
    ike_dh_make(x, x->sa->policy.group);
    return IKE_FINE;
}

/* The chosen transform is kept for the answer in place of the whole offer's number. */
static struct ike_outcome get_offer(struct ike_exchange *x, struct ike_msg *m)
{
    const struct isakmp_transform *chosen = NULL;
    struct ike_outcome o = judge(x, m, &chosen);
    if (o.verdict != IKE_OK)
        return o;
    x->sai_b = arena_span(x->arena, ike_body_of(m, PAYLOAD_SA));
    x->chosen = chosen->number;
    return o;
}

static const struct isakmp_transform *find_transform(const struct isakmp_proposal *p, uint8_t n)
{
    for (size_t i = 0; i < p->n_transform; i++)
        if (p->transform[i].number == n)
            return &p->transform[i];
    return NULL;
}

/* The answer repeats the chosen transform as it was offered                    RFC 2409 5 */
static void put_choice(struct ike_exchange *x, struct isakmp_out *o)
{
    struct isakmp_sa sa;
    struct arena *a = arena_new();
    g_assert(isakmp_sa_parse(x->sai_b, a, &sa) == WIRE_OK);
    struct isakmp_proposal p = sa.proposal[0];
    p.transform = find_transform(&p, x->chosen);
    p.n_transform = 1;
    sa.proposal = &p;
    isakmp_put_begin(o, PAYLOAD_SA);
    isakmp_sa_emit(&sa, o->w);
    isakmp_put_end(o);
    arena_free(a);
    ike_vendor_ids_put(x->sa, x->sa->e->profile->vid_mm2, o);
}

/* "The initiator MUST" find one of its own transforms, unmodified, in the answer: anything else was
 * not made by who read the offer. */
static struct ike_outcome check_choice(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_sa answer, offer;
    if (!m->head.cky_r)
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_NONE};
    if (!parse_sa(m, &answer))
        return bad_sa(WHY_MALFORMED);
    g_assert(isakmp_sa_parse(x->sai_b, m->arena, &offer) == WIRE_OK);
    const struct isakmp_proposal *p = &answer.proposal[0];
    const struct isakmp_transform *own =
        p->n_transform == 1 ? find_transform(&offer.proposal[0], p->transform[0].number) : NULL;
    if (!own || p->number != 1 ||
        !ike_transform_same(own, &p->transform[0], IKE_ATTR_LIFE_DURATION))
        return bad_sa(WHY_ATTRIBUTE);
    x->sa->cky_r = m->head.cky_r;
    return IKE_FINE;
}

static struct ike_outcome get_choice(struct ike_exchange *x, struct ike_msg *m)
{
    const struct isakmp_transform *chosen = NULL;
    return judge(x, m, &chosen);
}

/* ---- Messages 3 and 4: public values and nonces ---- */

static void put_key(struct ike_exchange *x, struct isakmp_out *o)
{
    const struct ike_profile *profile = x->sa->e->profile;
    bool i = x->role == IKE_INITIATOR;
    struct span *nonce = i ? &x->ni_b : &x->nr_b;
    if (!nonce->n)
        *nonce = ike_nonce_make(x);
    isakmp_put(o, PAYLOAD_KE, x->dh.ours);
    isakmp_put(o, PAYLOAD_NONCE, *nonce);
    ike_vendor_ids_put(x->sa, i ? profile->vid_mm3 : profile->vid_mm4, o);
    ike_nat_d_put(x, o);
}

static struct ike_outcome get_key(struct ike_exchange *x, struct ike_msg *m)
{
    ike_say_payload(x, m, PAYLOAD_KE);
    TRACE(x->sa->e->scope, ike_dh_share, .sa = x->sa->id, .msgid = 0, .group = x->dh.group);
    ike_say_payload(x, m, PAYLOAD_NONCE);
    struct span theirs = arena_span(x->arena, ike_body_of(m, PAYLOAD_NONCE));
    if (x->role == IKE_RESPONDER) {
        x->ni_b = theirs;
        x->nr_b = ike_nonce_make(x); /* SKEYID needs both */
    } else {
        x->nr_b = theirs;
    }
    if (!ike_skeyid_make(x))
        return (struct ike_outcome){IKE_REJECT, 0, WHY_NO_KEY};
    ike_vendor_ids_say(x, m);
    ike_nat_d_get(x, m);
    return IKE_FINE;
}

/* ---- Messages 5 and 6: identities, proved ---- */

static void put_initial_contact(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    uint8_t cookies[16];
    be64_put(cookies, sa->cky_i);
    be64_put(cookies + 8, sa->cky_r);
    /* Protocol ISAKMP, the SPI is the pair of cookies                          RFC 2407 4.6.3.3 */
    const struct isakmp_notify n = {DOI_IPSEC,
                                    PROTO_ISAKMP,
                                    NOTIFY_INITIAL_CONTACT,
                                    span_of(cookies, sizeof cookies),
                                    {NULL, 0}};
    isakmp_put_begin(o, PAYLOAD_NOTIFY);
    isakmp_notify_emit(&n, o->w);
    isakmp_put_end(o);
}

static void put_proof(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    struct ike_engine *e = sa->e;
    if (x->role == IKE_RESPONDER) {
        ike_identity_put(x, o);
        TRACE(e->scope, ike_dh_clear, .sa = sa->id);
        return;
    }
    bool first = e->profile->send_initial_contact && ike_peer_is_new(sa);
    if (first)
        TRACE(e->scope, ike_initial_contact, .sa = sa->id, .local = sa->local, .remote = sa->remote,
              .rport = sa->rport, .sent = true);
    ike_identity_put(x, o);
    if (!first)
        return;
    put_initial_contact(x, o);
    sa->stray_spi = 0; /* told with the rest */
}

static struct ike_outcome check_proof(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_id id;
    if (isakmp_id_parse(ike_body_of(m, PAYLOAD_ID), &id) != WIRE_OK)
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_ID};
    /* "The initiator MUST set both ports to 4500" when there is a NAT              RFC 3947 4 */
    if (ike_nat_found(x->sa) && m->lport == PORT_IKE)
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_BAD_EXCHANGE, PAYLOAD_NONE};
    return IKE_FINE;
}

/* Notifications that came with a proof. True when one was INITIAL-CONTACT. */
static bool say_notifications(const struct ike_exchange *x, const struct ike_msg *m)
{
    bool contact = false;
    const struct isakmp_payload *p;
    for (size_t at = 0; (p = isakmp_chain_find(&m->chain, PAYLOAD_NOTIFY, &at));) {
        struct isakmp_notify n;
        TRACE(x->sa->e->scope, ike_payload, .sa = x->sa->id, .msgid = 0, .payload = PAYLOAD_NOTIFY,
              .length = (uint32_t)p->body.n);
        if (isakmp_notify_parse(p->body, &n) != WIRE_OK)
            continue;
        ike_notify_say(x->sa, 0, &n, true);
        contact |= n.type == NOTIFY_INITIAL_CONTACT;
    }
    return contact;
}

/* The HASH was verified before anything here was read. */
static struct ike_outcome get_proof(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    const struct isakmp_payload *id = ike_payload_of(m, PAYLOAD_ID);
    ike_say_payload(x, m, PAYLOAD_ID);
    ike_identity_say(sa, false, id->next, id->body);
    ike_say_payload(x, m, PAYLOAD_HASH);
    TRACE(sa->e->scope, ike_hmac, .sa = sa->id, .msgid = 0);
    bool contact = say_notifications(x, m);
    if (!ike_identity_fits(sa, id->body))
        return (struct ike_outcome){IKE_REJECT, NOTIFY_INVALID_ID_INFORMATION, WHY_IDENTITY};
    if (x->role == IKE_RESPONDER && sa->nat.there)
        ike_peer_number(sa); /* by the port that it will be found at */
    TRACE(sa->e->scope, ike_authenticated, .sa = sa->id, .local = sa->local, .remote = sa->remote,
          .rport = sa->rport);
    if (x->role == IKE_INITIATOR)
        TRACE(sa->e->scope, ike_dh_clear, .sa = sa->id);
    if (contact && x->role == IKE_RESPONDER)
        ike_initial_contact_heard(sa);
    return IKE_FINE;
}

// clang-format off
/* RFC 2409 5.4, main mode with a pre-shared key:   HDR, SA           -->
 *                                             <--   HDR, SA
 *                                                   HDR, KE, Ni      -->
 *                                             <--   HDR, KE, Nr
 *                                                   HDR*, IDii, HASH_I -->
 *                                             <--   HDR*, IDir, HASH_R                          */
static const struct ike_rule rules[] = {
    /* sender          enc    must                may        build       check         process     sent              received */
    { IKE_INITIATOR, false, P(SA),              P(NOTIFY), put_offer,  check_offer,  get_offer,  IKE_STATE_I_MM1,   IKE_STATE_R_MM1 },
    { IKE_RESPONDER, false, P(SA),              P(NOTIFY), put_choice, check_choice, get_choice, IKE_STATE_R_MM2,   IKE_STATE_I_MM2 },
    { IKE_INITIATOR, false, P(KE) | P(NONCE),   P(CR),     put_key,    NULL,         get_key,    IKE_STATE_I_MM3,   IKE_STATE_R_MM3 },
    { IKE_RESPONDER, false, P(KE) | P(NONCE),   P(CR),     put_key,    NULL,         get_key,    IKE_STATE_R_MM4,   IKE_STATE_I_MM4 },
    { IKE_INITIATOR, true,  P(ID) | P(HASH),    P(NOTIFY), put_proof,  check_proof,  get_proof,  IKE_STATE_I_MM5,   IKE_STATE_R_MM5 },
    { IKE_RESPONDER, true,  P(ID) | P(HASH),    P(NOTIFY), put_proof,  check_proof,  get_proof,  IKE_STATE_QM_IDLE, IKE_STATE_I_MM6 },
};
// clang-format on

/* ---- What the steps mean for the SA ---- */

static void heard(struct ike_exchange *x, const struct ike_rule *r)
{
    if (!x->sa->announced)
        ike_sa_announce(x->sa);
    ike_sa_move(x->sa, IKE_INPUT_FROM_PEER_MM_EXCH, (enum ike_state)r->received);
}

static void processed(struct ike_exchange *x, const struct ike_rule *r)
{
    ike_sa_move(x->sa, IKE_INPUT_INTERNAL_PROCESS_MAIN_MODE, x->sa->state);
    if (x->step == x->kind->n)
        ike_sa_move(x->sa, IKE_INPUT_INTERNAL_PROCESS_COMPLETE, IKE_STATE_QM_IDLE);
}

/* The first message answers no message: IPsec asked for it, and the state has moved already. */
static void said(struct ike_exchange *x, const struct ike_rule *r)
{
    if (r != &rules[0])
        ike_sa_move(x->sa, IKE_INPUT_INTERNAL_PROCESS_COMPLETE, (enum ike_state)r->sent);
}

static void done(struct ike_exchange *x)
{
    ike_sa_complete(x->sa);
}

/* Message 6 was refused: the peer has completed, and must hear that there is no SA. What is said
 * is sealed after the last block of phase 1                                RFC 2409 Appendix B */
static void refuse_complete_peer(struct ike_exchange *x, uint16_t notify)
{
    struct ike_sa *sa = x->sa;
    const struct ike_profile *profile = sa->e->profile;
    memcpy(sa->last_block, x->iv, sizeof sa->last_block);
    if (profile->send_no_proposal)
        ike_notify_send(sa, notify, PROTO_ISAKMP, 0, NULL);
    if (profile->send_deletes)
        ike_delete_send(sa, 0);
}

static void failed(struct ike_exchange *x, struct ike_outcome o, enum ike_input input)
{
    struct ike_sa *sa = x->sa;
    TRACE(sa->e->scope, ike_fail, .sa = sa->id, .role = sa->role, .exchange = EXCHANGE_MAIN,
          .msgid = 0, .remote = sa->remote, .why = o.why);
    if (o.notify && x->role == IKE_RESPONDER && sa->e->profile->send_no_proposal)
        ike_notify_send(sa, o.notify, PROTO_ISAKMP, 0, x);
    if (o.notify && sa->state == IKE_STATE_I_MM6)
        refuse_complete_peer(x, o.notify);
    ike_sa_end(sa, o.why, input, false);
}

/* The initiator asks again; the responder waits for that. */
static uint32_t wait(const struct ike_exchange *x, uint32_t *retransmits)
{
    const struct ike_profile *profile = x->sa->e->profile;
    bool asks = x->role == IKE_INITIATOR;
    *retransmits = asks ? profile->retransmit_count : 0;
    return asks ? profile->retransmit_s : profile->responder_wait_s;
}

const struct ike_kind ike_main_mode = {
    .exchange = EXCHANGE_MAIN,
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

static void cannot_begin(struct ike_sa *sa, enum ike_why why)
{
    failed(sa->phase1, (struct ike_outcome){IKE_REJECT, 0, why}, IKE_INPUT_INTERNAL_PROCESS_ERROR);
}

void ike_main_start(struct ike_sa *sa)
{
    struct isakmp_sa offer;
    sa->phase1 = ike_exchange_new(sa, &ike_main_mode, IKE_INITIATOR, 0);
    bool can_offer = ike_policy_offer(sa->phase1, sa->phase1->arena, &offer);
    if (!ike_key_look_up(sa)) {
        cannot_begin(sa, WHY_NO_KEY);
        return;
    }
    if (!can_offer) {
        cannot_begin(sa, WHY_NO_POLICY);
        return;
    }
    /* What goes out still says "no state" where the state is shown. */
    ike_sa_move(sa, IKE_INPUT_FROM_IPSEC_SA_REQ_MM, IKE_STATE_I_MM1);
    TRACE(sa->e->scope, ike_begin, .sa = sa->id, .exchange = EXCHANGE_MAIN, .msgid = 0);
    ike_exchange_start(sa->phase1);
}
