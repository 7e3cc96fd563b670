/* Aggressive mode with pre-shared keys, RFC 2409 5.4: three messages, the identity in clear. So
 * the responder knows who asks before it needs the key, which may belong to a group and not to an
 * address; it may have to ask somebody else for it, and its answer waits so long. */
#include "ike_priv.h"

enum { PORT_IKE = 500 };

static struct ike_outcome reject(uint16_t notify, enum ike_why why)
{
    return (struct ike_outcome){IKE_REJECT, notify, why};
}

/* ---- Message 1 ---- */

static void put_first(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    const enum ike_vid *vids = sa->e->profile->vid_am1;
    ike_phase1_put_offer(x, o);
    isakmp_put(o, PAYLOAD_KE, x->dh.ours);
    x->ni_b = ike_nonce_make(x);
    isakmp_put(o, PAYLOAD_NONCE, x->ni_b);
    ike_identity_put_id(x, o, vids[0] != IKE_VID_UNKNOWN ? PAYLOAD_VID : PAYLOAD_NONE);
    ike_vendor_ids_put(sa, vids, o);
}

static struct ike_outcome check_first(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_id id;
    if (isakmp_id_parse(ike_body_of(m, PAYLOAD_ID), &id) != WIRE_OK)
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_ID};
    return ike_phase1_check_offer(x, m);
}

/* Where the key is to come from: of the party, asked for, or by address, which is searched in any
 * case. */
static bool find_key(struct ike_sa *sa)
{
    struct ike_guest *g = sa->guest;
    const struct ike_key *key = ike_key_search(sa);
    if (g && g->party.key[0]) {
        g_free(g->psk);
        g->psk = g_strdup(g->party.key);
    }
    return key || (g && (g->psk || g->party.ask_key));
}

/* The forms of pre-shared key that this party may use: who has to log in says so in its offer. */
static void judge_forms(struct ike_sa *sa)
{
    const struct ike_access *access = &sa->e->access;
    const struct ike_guest *g = sa->guest;
    if (g && (g->party.name[0] || g->party.xauth)) {
        sa->takes_xauth = g->party.xauth;
        sa->needs_xauth = g->party.xauth && !g->party.no_proof;
        TRACE(sa->e->scope, ike_profiles, .sa = sa->id, .remote = sa->remote, .names = NULL,
              .xauth = sa->takes_xauth);
    } else if (access->xauth_offered) {
        sa->takes_xauth = access->xauth_offered(access->self, sa->id, sa->local, sa->remote);
    }
}

static struct ike_outcome take_secrets(struct ike_exchange *x, const struct ike_msg *m)
{
    ike_say_payload(x, m, PAYLOAD_KE);
    if (x->role == IKE_RESPONDER && !ike_dh_share(x, ike_body_of(m, PAYLOAD_KE)))
        return reject(NOTIFY_INVALID_KEY_INFORMATION, WHY_BAD_KE);
    TRACE(x->sa->e->scope, ike_dh_share, .sa = x->sa->id, .msgid = 0, .group = x->dh.group);
    ike_say_payload(x, m, PAYLOAD_NONCE);
    struct span nonce = arena_span(x->arena, ike_body_of(m, PAYLOAD_NONCE));
    if (x->role == IKE_RESPONDER) {
        x->ni_b = nonce;
        x->nr_b = ike_nonce_make(x);
    } else {
        x->nr_b = nonce;
    }
    return IKE_FINE;
}

static struct ike_outcome ask_key(struct ike_sa *sa)
{
    const struct ike_access *access = &sa->e->access;
    TRACE(sa->e->scope, ike_ask_aaa, .sa = sa->id, .remote = sa->remote, .what = "key");
    access->fetch_key(access->self, sa->id, &sa->guest->party);
    return (struct ike_outcome){.verdict = IKE_WAIT};
}

static struct ike_outcome get_first(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    const struct isakmp_payload *id = ike_payload_of(m, PAYLOAD_ID);
    ike_say_payload(x, m, PAYLOAD_SA);
    ike_say_payload(x, m, PAYLOAD_ID);
    ike_identity_say(sa, false, id->next, id->body);
    x->idii_b = arena_span(x->arena, id->body);
    ike_vendor_ids_heed(sa, m);
    struct ike_outcome o = ike_guest_identify(sa, m, id->body, EXCHANGE_AGGRESSIVE);
    if (o.verdict != IKE_OK)
        return o;
    bool have_key = find_key(sa);
    if (*ike_guest_party(sa))
        TRACE(sa->e->scope, ike_peer_new, .sa = sa->id, .local = sa->local, .remote = sa->remote,
              .rport = sa->rport, .inserted = false);
    ike_vendor_ids_say(x, m);
    ike_natt_agree(x, m);
    judge_forms(sa);
    o = ike_phase1_judge(x, m, have_key);
    if (o.verdict != IKE_OK)
        return o;
    ike_dh_make(x, sa->policy.group);
    o = take_secrets(x, m);
    if (o.verdict != IKE_OK)
        return o;
    if (!*ike_guest_party(sa) && !ike_identity_fits(sa, id->body))
        return reject(NOTIFY_INVALID_ID_INFORMATION, WHY_IDENTITY);
    if (sa->guest && sa->guest->party.ask_key && !sa->guest->psk && sa->e->access.fetch_key)
        return ask_key(sa);
    return ike_skeyid_make(x) ? IKE_FINE : reject(0, WHY_NO_KEY);
}

void ike_key_fetched(struct ike_engine *e, ike_sa_id id, const char *key)
{
    struct ike_sa *sa = ike_sa_by_id(e, id);
    if (!sa || sa->state != IKE_STATE_R_AM_AAA_AWAIT || !sa->phase1->held)
        return;
    struct ike_exchange *x = sa->phase1;
    TRACE(e->scope, ike_aaa_reply, .sa = id, .remote = sa->remote, .what = "key",
          .ok = key != NULL);
    if (!key) { /* who guesses names of groups hears nothing */
        x->kind->failed(x, reject(0, WHY_NO_GROUP), IKE_INPUT_FROM_AAA_PRESHARED_KEY_REPLY);
        return;
    }
    g_free(sa->guest->psk);
    sa->guest->psk = g_strdup(key);
    g_assert(ike_skeyid_make(x));
    ike_exchange_resume(x);
}

/* ---- Message 2 ---- */

static void put_second(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    ike_vendor_ids_natt(sa, sa->e->profile->vid_am2);
    ike_phase1_put_choice(x, o);
    isakmp_put(o, PAYLOAD_KE, x->dh.ours);
    ike_identity_put_id(x, o, PAYLOAD_NONCE);
    isakmp_put(o, PAYLOAD_NONCE, x->nr_b);
    ike_identity_put_hash(x, o);
    ike_vendor_ids_put(sa, sa->e->profile->vid_am2, o);
    ike_nat_d_put(x, o);
}

static struct ike_outcome check_second(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_id id;
    if (isakmp_id_parse(ike_body_of(m, PAYLOAD_ID), &id) != WIRE_OK)
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_ID};
    return ike_phase1_check_choice(x, m);
}

/* SKEYID needs what this very message brings, so its HASH is verified here. One that does not
 * verify was made with another key, as a rule: the attempt is over (HUB-12). */
static bool is_proved(struct ike_exchange *x, const struct ike_msg *m)
{
    uint8_t expected[CRYPTO_MAX_DIGEST];
    struct span hash = ike_body_of(m, PAYLOAD_HASH);
    size_t n = x->sa->keys.digest_bytes;
    ike_hash_phase1(x, IKE_RESPONDER, expected);
    TRACE(x->sa->e->scope, ike_hmac, .sa = x->sa->id, .msgid = 0);
    return hash.n == n && mac_equal(hash.p, expected, n);
}

static struct ike_outcome get_second(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    const struct isakmp_payload *id = ike_payload_of(m, PAYLOAD_ID);
    ike_say_payload(x, m, PAYLOAD_SA);
    ike_say_payload(x, m, PAYLOAD_ID);
    ike_identity_say(sa, false, id->next, id->body);
    x->idir_b = arena_span(x->arena, id->body);
    ike_vendor_ids_say(x, m);
    ike_natt_agree(x, m);
    struct ike_outcome o = ike_phase1_judge(x, m, true);
    if (o.verdict == IKE_OK)
        o = take_secrets(x, m);
    if (o.verdict != IKE_OK)
        return o;
    if (!ike_skeyid_make(x))
        return reject(0, WHY_NO_KEY);
    ike_say_payload(x, m, PAYLOAD_HASH);
    if (!is_proved(x, m)) {
        ike_bad_message(sa->e, sa, m,
                        (struct ike_outcome){IKE_IGNORE, 0, WHY_HASH_MISMATCH, PAYLOAD_HASH});
        return reject(NOTIFY_INVALID_HASH_INFORMATION, WHY_HASH_MISMATCH);
    }
    ike_phase1_say_notifications(x, m);
    if (!ike_identity_fits(sa, id->body))
        return reject(NOTIFY_INVALID_ID_INFORMATION, WHY_IDENTITY);
    TRACE(sa->e->scope, ike_authenticated, .sa = sa->id, .local = sa->local, .remote = sa->remote,
          .rport = sa->rport);
    ike_nat_d_get(x, m); /* what follows goes to the port that NATs leave alone  RFC 3947 4 */
    return IKE_FINE;
}

/* ---- Message 3 ---- */

static void put_third(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_sa *sa = x->sa;
    bool first = ike_phase1_is_first(sa);
    ike_identity_put_hash(x, o);
    if (first)
        ike_phase1_put_first(x, o);
    ike_nat_d_put(x, o);
    ike_vendor_ids_put(sa, sa->e->profile->vid_am3, o);
    TRACE(sa->e->scope, ike_dh_clear, .sa = sa->id);
}

/* HASH_I was verified. It covers no other payload, so what is in clear beside it proves nothing. */
static struct ike_outcome get_third(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    bool sealed = m->head.flags & ISAKMP_FLAG_ENCRYPTED;
    ike_say_payload(x, m, PAYLOAD_HASH);
    TRACE(sa->e->scope, ike_hmac, .sa = sa->id, .msgid = 0);
    ike_vendor_ids_say(x, m);
    bool contact = ike_phase1_say_notifications(x, m) && sealed;
    /* A peer behind a NAT is one of several: which one must be known before its past is ended. */
    bool early = ike_nat_d_there(x, m);
    if (early)
        ike_nat_d_get(x, m);
    if (contact)
        ike_initial_contact_heard(sa);
    if (!early)
        ike_nat_d_get(x, m);
    if (ike_nat_found(sa) && m->lport == PORT_IKE)
        return reject(0, WHY_BAD_EXCHANGE);
    TRACE(sa->e->scope, ike_authenticated, .sa = sa->id, .local = sa->local, .remote = sa->remote,
          .rport = sa->rport);
    TRACE(sa->e->scope, ike_dh_clear, .sa = sa->id);
    if (*ike_guest_party(sa))
        TRACE(sa->e->scope, ike_peer_new, .sa = sa->id, .local = sa->local, .remote = sa->remote,
              .rport = sa->rport, .inserted = true);
    return IKE_FINE;
}

// clang-format off
/* RFC 2409 5.4, aggressive mode with a pre-shared key:   HDR, SA, KE, Ni, IDii  -->
 *                                                  <--   HDR, SA, KE, Nr, IDir, HASH_R
 *                                                        HDR, HASH_I            -->
 * The last message is sealed by most; the RFC draws it in clear.                                  */
static const struct ike_rule rules[] = {
    /* sender          enc    must                                              may        build       check         process     sent               received */
    { IKE_INITIATOR, false, P(SA) | P(KE) | P(NONCE) | P(ID),           P(NOTIFY),         put_first,  check_first,  get_first,  IKE_STATE_I_AM1,   IKE_STATE_R_AM1,   false },
    { IKE_RESPONDER, false, P(SA) | P(KE) | P(NONCE) | P(ID) | P(HASH), P(NOTIFY) | P(CR), put_second, check_second, get_second, IKE_STATE_R_AM2,   IKE_STATE_I_AM2,   false },
    { IKE_INITIATOR, true,  P(HASH),                                    P(NOTIFY),         put_third,  NULL,         get_third,  IKE_STATE_QM_IDLE, IKE_STATE_QM_IDLE, true },
};
// clang-format on

/* ---- What the steps mean for the SA ---- */

static void heard(struct ike_exchange *x, const struct ike_rule *r)
{
    if (!x->sa->announced)
        ike_sa_announce(x->sa);
}

static void processed(struct ike_exchange *x, const struct ike_rule *r)
{
    if (r == &rules[G_N_ELEMENTS(rules) - 1])
        ike_phase1_tell_life(x);
    ike_sa_move(x->sa, IKE_INPUT_FROM_PEER_AM_EXCH,
                x->held ? IKE_STATE_R_AM_AAA_AWAIT : (enum ike_state)r->received);
}

static void said(struct ike_exchange *x, const struct ike_rule *r)
{
    bool asked = x->sa->state == IKE_STATE_R_AM_AAA_AWAIT;
    if (r != &rules[0])
        ike_sa_move(x->sa,
                    asked ? IKE_INPUT_FROM_AAA_PRESHARED_KEY_REPLY
                          : IKE_INPUT_INTERNAL_PROCESS_COMPLETE,
                    (enum ike_state)r->sent);
}

static void done(struct ike_exchange *x)
{
    ike_sa_complete(x->sa);
}

/* Nobody but the responder knows that message 3 is missing, so it asks again, too. */
static uint32_t wait(const struct ike_exchange *x, uint32_t *retransmits)
{
    const struct ike_profile *profile = x->sa->e->profile;
    bool asks = x->said && !x->held;
    *retransmits = asks ? profile->retransmit_count : 0;
    return asks ? profile->retransmit_s : profile->responder_wait_s;
}

const struct ike_kind ike_aggressive_mode = {
    .exchange = EXCHANGE_AGGRESSIVE,
    .rule = rules,
    .n = G_N_ELEMENTS(rules),
    .heard = heard,
    .processed = processed,
    .said = said,
    .done = done,
    .failed = ike_phase1_failed,
    .wait = wait,
};

void ike_aggressive_start(struct ike_sa *sa)
{
    sa->aggressive = true;
    ike_phase1_start(sa, &ike_aggressive_mode, IKE_INPUT_FROM_IPSEC_SA_REQ_AM, IKE_STATE_I_AM1);
}
