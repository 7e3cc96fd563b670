/* What must hold before a message means anything: it opens, its payloads are those of its row, its
 * nonce and public value have the right size, its HASH verifies (RFC 2409 5). Nothing here leaves a
 * trace in the exchange but the shared secret, which only a good public value gives. */
#include "ike_priv.h"

#define NONCE_MIN 8 /* RFC 2409 5: between 8 and 256 bytes */
#define NONCE_MAX 256

static struct ike_outcome ignore(enum ike_why why, enum isakmp_payload_type payload)
{
    return (struct ike_outcome){IKE_IGNORE, 0, why, payload};
}

const struct isakmp_payload *ike_payload_of(const struct ike_msg *m, uint8_t type)
{
    size_t at = 0;
    return isakmp_chain_find(&m->chain, type, &at);
}

struct span ike_body_of(const struct ike_msg *m, uint8_t type)
{
    const struct isakmp_payload *p = ike_payload_of(m, type);
    return p ? p->body : (struct span){0};
}

void ike_say_payload(const struct ike_exchange *x, const struct ike_msg *m, uint8_t type)
{
    const struct isakmp_payload *p = ike_payload_of(m, type);
    if (p)
        TRACE(x->sa->e->scope, ike_payload, .sa = x->sa->id, .msgid = x->msgid, .payload = type,
              .length = (uint32_t)p->body.n);
}

/* ---- Opening ---- */

static bool decrypt(struct ike_sa *sa, const uint8_t *iv, struct ike_msg *m)
{
    size_t block = cipher_block_bytes(sa->policy.cipher);
    struct span sealed = m->body;
    if (!sealed.n || sealed.n % block)
        return false;
    uint8_t *plain = arena_alloc(m->arena, sealed.n);
    m->body = span_of(plain, sealed.n);
    return cipher_decrypt(sa->cipher, iv, sealed.p, sealed.n, plain, m->iv_after);
}

struct ike_outcome ike_open(struct ike_sa *sa, bool enc, const uint8_t *iv, struct ike_msg *m)
{
    bool sealed = m->head.flags & ISAKMP_FLAG_ENCRYPTED;
    if (sealed != enc || (enc && !sa->cipher))
        return ignore(WHY_BAD_EXCHANGE, PAYLOAD_NONE);
    m->body = span_sub(m->bytes, ISAKMP_HEAD, m->bytes.n);
    if (enc && !decrypt(sa, iv, m))
        return ignore(WHY_MALFORMED, PAYLOAD_NONE);
    enum isakmp_fault fault = isakmp_chain_parse(m->head.next_payload, m->body, &m->chain);
    if (fault == ISAKMP_RESERVED)
        return ignore(WHY_RESERVED_NOT_ZERO, m->chain.bad_type);
    if (fault != ISAKMP_FINE)
        return ignore(WHY_MALFORMED, m->chain.bad_type);
    /* Only a cipher needs padding. */
    if (!m->chain.n || (!enc && m->chain.rest.n))
        return ignore(WHY_MALFORMED, PAYLOAD_NONE);
    return IKE_FINE;
}

/* ---- Payloads ---- */

/* One of each, but for those that come in numbers; two identities or none in quick mode. */
static bool counts_fit(const struct ike_msg *m, bool phase2)
{
    const uint32_t many = P(VID) | P(NOTIFY) | P(NAT_D) | P(NAT_OA) | P_OTHERS;
    uint32_t seen = 0;
    size_t ids = 0;
    for (size_t i = 0; i < m->chain.n; i++) {
        uint32_t bit = P_BIT(m->chain.p[i].type);
        if (bit == P(ID))
            ids++;
        else if (seen & bit & ~many)
            return false;
        seen |= bit;
    }
    return phase2 ? ids == 0 || ids == 2 : ids <= 1;
}

static struct ike_outcome payloads_fit(const struct ike_rule *r, const struct ike_msg *m,
                                       bool phase2)
{
    /* Vendor IDs and private payloads may stand anywhere; who does not know them passes over them.
     */
    uint32_t may = r->must | r->may | P(VID) | P_OTHERS | P(NAT_D), seen = 0;
    if (phase2)
        may |= P(NAT_OA);
    for (size_t i = 0; i < m->chain.n; i++) {
        uint32_t bit = P_BIT(m->chain.p[i].type);
        if (!(bit & may))
            return ignore(WHY_BAD_EXCHANGE, m->chain.p[i].type);
        seen |= bit;
    }
    if (r->must & ~seen || !counts_fit(m, phase2))
        return ignore(WHY_MALFORMED, PAYLOAD_NONE);
    /* The HASH follows the head at once, and the SA the HASH      RFC 2409 5.5; RFC 2408 4.5 */
    uint8_t first = phase2 ? PAYLOAD_HASH : r->must & P(SA) ? PAYLOAD_SA : m->chain.p[0].type;
    if (m->chain.p[0].type != first)
        return ignore(WHY_MALFORMED, m->chain.p[0].type);
    return IKE_FINE;
}

static struct ike_outcome values_fit(struct ike_exchange *x, const struct ike_msg *m)
{
    const struct isakmp_payload *nonce = ike_payload_of(m, PAYLOAD_NONCE);
    const struct isakmp_payload *ke = ike_payload_of(m, PAYLOAD_KE);
    if (nonce && (nonce->body.n < NONCE_MIN || nonce->body.n > NONCE_MAX))
        return ignore(WHY_MALFORMED, PAYLOAD_NONCE);
    /* In quick mode the group is known when the offer has been read, and the message is authentic.
     */
    bool ready = !x->msgid && x->dh.secret.n; /* in aggressive mode, not yet either */
    if (ke && ready && !ike_dh_share(x, ke->body))
        return ignore(WHY_BAD_KE, PAYLOAD_KE);
    return IKE_FINE;
}

/* ---- HASH ---- */

void ike_hash_123(const struct ike_sa *sa, size_t at, uint32_t msgid, struct span ni_b,
                  struct span nr_b, struct span rest, uint8_t *out)
{
    uint8_t id[5] = {0};
    be32_put(id + 1, msgid);
    struct span m_id = span_of(id + 1, 4), zero_m_id = span_of(id, 5);
    /* HASH(1) = prf(SKEYID_a, M-ID | SA | Ni [ | KE ] [ | IDci | IDcr ) ]
     * HASH(2) = prf(SKEYID_a, M-ID | Ni_b | SA | Nr [ | KE ] [ | IDci | IDcr ) ]
     * HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b)                          RFC 2409 5.5 */
    const struct span parts[][4] = {
        {m_id, rest},
        {m_id, ni_b, rest},
        {zero_m_id, ni_b, nr_b},
    };
    prf_of(sa->policy.hash, span_of(sa->keys.skeyid_a, sa->keys.digest_bytes), parts[at], 4, out);
}

static struct ike_outcome hash_fits(struct ike_exchange *x, const struct ike_rule *r,
                                    const struct ike_msg *m)
{
    const struct isakmp_payload *hash = ike_payload_of(m, PAYLOAD_HASH);
    uint8_t expected[CRYPTO_MAX_DIGEST];
    /* That of aggressive mode's second message brings what its keys are made of. */
    if (!hash || !x->sa->cipher)
        return IKE_FINE;
    if (x->msgid) {
        size_t end = m->body.n - m->chain.rest.n;
        struct span rest = span_sub(m->body, hash->whole.n, end - hash->whole.n);
        ike_hash_123(x->sa, (size_t)(r - x->kind->rule), x->msgid, x->ni_b, x->nr_b, rest,
                     expected);
    } else {
        struct span *id = r->sender == IKE_INITIATOR ? &x->idii_b : &x->idir_b, known = *id;
        if (!known.n)
            *id = ike_body_of(m, PAYLOAD_ID); /* lent until the row takes it */
        ike_hash_phase1(x, r->sender, expected);
        *id = known;
    }
    size_t n = x->sa->keys.digest_bytes;
    if (hash->body.n != n || !mac_equal(hash->body.p, expected, n))
        return ignore(WHY_HASH_MISMATCH, PAYLOAD_HASH);
    return IKE_FINE;
}

struct ike_outcome ike_verify(struct ike_exchange *x, const struct ike_rule *r, struct ike_msg *m)
{
    if (m->head.exchange != x->kind->exchange || m->head.msgid != x->msgid)
        return ignore(WHY_BAD_EXCHANGE, PAYLOAD_NONE);
    bool sealed = m->head.flags & ISAKMP_FLAG_ENCRYPTED;
    struct ike_outcome o = ike_open(x->sa, r->enc && (sealed || !r->clear_too), x->iv, m);
    if (o.verdict == IKE_OK)
        o = payloads_fit(r, m, x->msgid != 0);
    if (o.verdict == IKE_OK)
        o = hash_fits(x, r, m);
    if (o.verdict == IKE_OK)
        o = values_fit(x, m);
    if (o.verdict == IKE_OK && r->check)
        o = r->check(x, m);
    return o;
}
