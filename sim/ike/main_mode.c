/* Main mode with pre-shared keys, RFC 2409 5.4. */
#include "ike_priv.h"

enum { PORT_IKE = 500 };

/* ---- Messages 1 and 2: the offer and the choice ---- */

static void put_offer(struct ike_exchange *x, struct isakmp_out *o)
{
    ike_phase1_put_offer(x, o);
    ike_vendor_ids_put(x->sa, x->sa->e->profile->vid_mm1, o);
}

static void put_choice(struct ike_exchange *x, struct isakmp_out *o)
{
    ike_phase1_put_choice(x, o);
    ike_vendor_ids_put(x->sa, x->sa->e->profile->vid_mm2, o);
}

/* Both ends compare with their policies, one the offer, the other the choice. */
static struct ike_outcome get_sa(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    const struct ike_access *access = &sa->e->access;
    ike_say_payload(x, m, PAYLOAD_SA);
    ike_vendor_ids_say(x, m);
    ike_natt_agree(x, m);
    bool late = x->role == IKE_RESPONDER && sa->e->profile->key_sought_late;
    bool have_key = late || ike_key_look_up(sa);
    if (x->role == IKE_RESPONDER && access->xauth_offered)
        sa->takes_xauth = access->xauth_offered(access->self, sa->id, sa->local, sa->remote);
    struct ike_outcome o = ike_phase1_judge(x, m, have_key);
    if (o.verdict == IKE_OK)
        ike_dh_make(x, sa->policy.group);
    return o;
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

static void put_proof(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    struct ike_engine *e = sa->e;
    if (x->role == IKE_RESPONDER) {
        ike_identity_put(x, o);
        TRACE(e->scope, ike_dh_clear, .sa = sa->id);
        return;
    }
    bool first = ike_phase1_is_first(sa);
    ike_identity_put(x, o);
    if (first)
        ike_phase1_put_first(x, o);
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

/* Now that it is known who that is, the key must be the one of that party: it was found by the
 * address, since nothing else was known then. */
static struct ike_outcome whose(struct ike_exchange *x, const struct ike_msg *m, struct span id)
{
    struct ike_sa *sa = x->sa;
    struct ike_outcome o = ike_guest_identify(sa, m, id, EXCHANGE_MAIN);
    if (o.verdict != IKE_OK || x->role == IKE_INITIATOR || !*ike_guest_party(sa))
        return o;
    const struct ike_key *key = ike_key_search(sa);
    if (!key || !span_eq(x->psk, span_of(key->secret, strlen(key->secret))))
        return (struct ike_outcome){IKE_REJECT, NOTIFY_INVALID_ID_INFORMATION, WHY_NO_KEY};
    return IKE_FINE;
}

/* The HASH was verified before anything here was read. */
static struct ike_outcome get_proof(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    const struct isakmp_payload *id = ike_payload_of(m, PAYLOAD_ID);
    ike_say_payload(x, m, PAYLOAD_ID);
    ike_identity_say(sa, false, id->next, id->body);
    struct ike_outcome o = whose(x, m, id->body);
    if (o.verdict != IKE_OK)
        return o;
    ike_say_payload(x, m, PAYLOAD_HASH);
    TRACE(sa->e->scope, ike_hmac, .sa = sa->id, .msgid = 0);
    bool contact = ike_phase1_say_notifications(x, m);
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
    /* sender          enc    must                may        build       check                    process     sent              received */
    { IKE_INITIATOR, false, P(SA),              P(NOTIFY), put_offer,  ike_phase1_check_offer,  get_sa,     IKE_STATE_I_MM1,   IKE_STATE_R_MM1 },
    { IKE_RESPONDER, false, P(SA),              P(NOTIFY), put_choice, ike_phase1_check_choice, get_sa,    IKE_STATE_R_MM2,   IKE_STATE_I_MM2 },
    { IKE_INITIATOR, false, P(KE) | P(NONCE),   P(CR),     put_key,    NULL,                    get_key,    IKE_STATE_I_MM3,   IKE_STATE_R_MM3 },
    { IKE_RESPONDER, false, P(KE) | P(NONCE),   P(CR),     put_key,    NULL,                    get_key,    IKE_STATE_R_MM4,   IKE_STATE_I_MM4 },
    { IKE_INITIATOR, true,  P(ID) | P(HASH),    P(NOTIFY), put_proof,  check_proof,             get_proof,  IKE_STATE_I_MM5,   IKE_STATE_R_MM5 },
    { IKE_RESPONDER, true,  P(ID) | P(HASH),    P(NOTIFY), put_proof,  check_proof,             get_proof,  IKE_STATE_QM_IDLE, IKE_STATE_I_MM6 },
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
    if (r == &rules[G_N_ELEMENTS(rules) - 1])
        ike_phase1_tell_life(x);
    if (r != &rules[0])
        ike_sa_move(x->sa, IKE_INPUT_INTERNAL_PROCESS_COMPLETE, (enum ike_state)r->sent);
}

static void done(struct ike_exchange *x)
{
    ike_sa_complete(x->sa);
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
    .failed = ike_phase1_failed,
    .wait = wait,
};

/* ---- Beginning ---- */

void ike_main_start(struct ike_sa *sa)
{
    ike_phase1_start(sa, &ike_main_mode, IKE_INPUT_FROM_IPSEC_SA_REQ_MM, IKE_STATE_I_MM1);
}
