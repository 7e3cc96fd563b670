/* What main and aggressive mode have in common (RFC 2409 5): the offer and the choice, what comes
 * with a proof, how phase 1 fails and how it begins. */
#include "ike_priv.h"

/* ---- The offer and the choice ---- */

void ike_phase1_put_offer(struct ike_exchange *x, struct isakmp_out *o)
{
    struct isakmp_sa offer;
    struct arena *a = arena_new();
    ike_policy_offer(x, a, &offer); /* asked before, in ike_phase1_start */
    isakmp_put_begin(o, PAYLOAD_SA);
    size_t at = o->w->n;
    isakmp_sa_emit(&offer, o->w);
    g_assert(wr_ok(o->w));
    x->sai_b = arena_span(x->arena, span_of(o->w->p + at, o->w->n - at));
    isakmp_put_end(o);
    arena_free(a);
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

struct ike_outcome ike_phase1_check_offer(struct ike_exchange *x, struct ike_msg *m)
{
    struct isakmp_sa offer;
    return parse_sa(m, &offer) ? IKE_FINE : bad_sa(WHY_MALFORMED);
}

struct ike_outcome ike_phase1_judge(struct ike_exchange *x, struct ike_msg *m, bool have_key)
{
    struct isakmp_sa sa;
    const struct isakmp_transform *chosen = NULL;
    if (!parse_sa(m, &sa) || !ike_policy_choose(x, &sa, have_key, &chosen))
        return (struct ike_outcome){IKE_REJECT, NOTIFY_NO_PROPOSAL_CHOSEN, WHY_NO_POLICY};
    if (x->role == IKE_INITIATOR)
        return IKE_FINE;
    /* The chosen transform is kept for the answer in place of the whole offer's number. */
    x->sai_b = arena_span(x->arena, ike_body_of(m, PAYLOAD_SA));
    x->chosen = chosen->number;
    return IKE_FINE;
}

static const struct isakmp_transform *find_transform(const struct isakmp_proposal *p, uint8_t n)
{
    for (size_t i = 0; i < p->n_transform; i++)
        if (p->transform[i].number == n)
            return &p->transform[i];
    return NULL;
}

/* The answer repeats the chosen transform as it was offered                    RFC 2409 5 */
void ike_phase1_put_choice(struct ike_exchange *x, struct isakmp_out *o)
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
}

/* "The initiator MUST" find one of its own transforms, unmodified, in the answer: anything else was
 * not made by who read the offer. */
struct ike_outcome ike_phase1_check_choice(struct ike_exchange *x, struct ike_msg *m)
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

/* ---- What comes with a proof ---- */

static struct span both_cookies(const struct ike_sa *sa, uint8_t out[16])
{
    be64_put(out, sa->cky_i);
    be64_put(out + 8, sa->cky_r);
    return span_of(out, 16);
}

bool ike_phase1_is_first(const struct ike_sa *sa)
{
    bool first = sa->e->profile->send_initial_contact && ike_peer_is_new(sa);
    if (first)
        TRACE(sa->e->scope, ike_initial_contact, .sa = sa->id, .local = sa->local,
              .remote = sa->remote, .rport = sa->rport, .sent = true);
    return first;
}

/* Protocol ISAKMP, the SPI is the pair of cookies                          RFC 2407 4.6.3.3 */
void ike_phase1_put_first(struct ike_exchange *x, struct isakmp_out *o)
{
    uint8_t cookies[16];
    const struct isakmp_notify n = {
        DOI_IPSEC, PROTO_ISAKMP, NOTIFY_INITIAL_CONTACT, both_cookies(x->sa, cookies), {NULL, 0}};
    isakmp_put_begin(o, PAYLOAD_NOTIFY);
    isakmp_notify_emit(&n, o->w);
    isakmp_put_end(o);
    x->sa->stray_spi = 0; /* told with the rest */
}

bool ike_phase1_say_notifications(const struct ike_exchange *x, const struct ike_msg *m)
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

/* ---- The responder's lifetime, RFC 2407 4.6.3.1 ---- */

void ike_phase1_tell_life(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    uint8_t cookies[16], data[12];
    struct wr w = wr_over(data, sizeof data);
    bool tells = sa->e->profile->p1_tell_life || (sa->guest && sa->guest->party.tell_life);
    if (x->role != IKE_RESPONDER || !tells || sa->offered_s <= sa->policy.lifetime_s)
        return;
    /* What is said is sealed after the last block of phase 1        RFC 2409 Appendix B */
    memcpy(sa->last_block, x->iv, sizeof sa->last_block);
    sa->keyed = true;
    wr_u16(&w, 0x8000 | IKE_ATTR_LIFE_TYPE);
    wr_u16(&w, LIFE_SECONDS);
    wr_u16(&w, IKE_ATTR_LIFE_DURATION);
    wr_u16(&w, 4);
    wr_u32(&w, sa->policy.lifetime_s);
    const struct isakmp_notify n = {DOI_IPSEC, PROTO_ISAKMP, NOTIFY_RESPONDER_LIFETIME,
                                    both_cookies(sa, cookies), wr_done(&w)};
    ike_notify_put(sa, &n, NULL);
}

static uint32_t seconds_in(struct span data)
{
    struct rd r = rd_over(data);
    uint32_t type = 0, seconds = 0;
    while (rd_left(&r) >= 4) {
        uint16_t attr = rd_u16(&r), n = rd_u16(&r);
        bool basic = attr & 0x8000;
        uint32_t value = basic ? n : n == 4 ? rd_u32(&r) : 0;
        if (!basic && n != 4)
            rd_skip(&r, n);
        if ((attr & 0x7fff) == IKE_ATTR_LIFE_TYPE)
            type = value;
        else if ((attr & 0x7fff) == IKE_ATTR_LIFE_DURATION && type == LIFE_SECONDS)
            seconds = value;
    }
    return rd_ok(&r) ? seconds : 0;
}

/* Of this SA only, and only from who answered. */
void ike_phase1_heed_life(struct ike_sa *sa, const struct isakmp_notify *n)
{
    uint8_t cookies[16];
    bool ours = !n->spi.n || span_eq(n->spi, both_cookies(sa, cookies));
    uint32_t seconds = seconds_in(n->data), had = sa->policy.lifetime_s;
    if (sa->role != IKE_INITIATOR || !ours || !seconds || (had && had <= seconds))
        return;
    TRACE(sa->e->scope, ike_lifetime, .sa = sa->id, .seconds = seconds, .offered = had);
    ike_sa_shorten(sa, seconds);
}

/* ---- The end ---- */

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

void ike_phase1_failed(struct ike_exchange *x, struct ike_outcome o, enum ike_input input)
{
    struct ike_sa *sa = x->sa;
    TRACE(sa->e->scope, ike_fail, .sa = sa->id, .role = sa->role, .exchange = x->kind->exchange,
          .msgid = 0, .remote = sa->remote, .why = o.why);
    bool hears = x->role == IKE_RESPONDER || sa->state == IKE_STATE_I_AM2;
    if (o.notify && hears && sa->e->profile->send_no_proposal)
        ike_notify_send(sa, o.notify, PROTO_ISAKMP, 0, x);
    if (o.notify && sa->state == IKE_STATE_I_MM6)
        refuse_complete_peer(x, o.notify);
    ike_sa_end(sa, o.why, input, false);
}

/* ---- Beginning ---- */

static void cannot_begin(struct ike_sa *sa, enum ike_why why)
{
    ike_phase1_failed(sa->phase1, (struct ike_outcome){IKE_REJECT, 0, why},
                      IKE_INPUT_INTERNAL_PROCESS_ERROR);
}

void ike_phase1_start(struct ike_sa *sa, const struct ike_kind *kind, enum ike_input input,
                      enum ike_state to)
{
    struct isakmp_sa offer;
    sa->phase1 = ike_exchange_new(sa, kind, IKE_INITIATOR, 0);
    bool can_offer = ike_policy_offer(sa->phase1, sa->phase1->arena, &offer);
    if (!ike_key_look_up(sa)) {
        cannot_begin(sa, WHY_NO_KEY);
        return;
    }
    if (!can_offer) {
        cannot_begin(sa, WHY_NO_POLICY);
        return;
    }
    if (kind == &ike_aggressive_mode)
        ike_dh_make(sa->phase1, ike_policy_first(sa)->group);
    /* What goes out still says "no state" where the state is shown. */
    ike_sa_move(sa, input, to);
    TRACE(sa->e->scope, ike_begin, .sa = sa->id, .exchange = kind->exchange, .msgid = 0);
    ike_exchange_start(sa->phase1);
}
