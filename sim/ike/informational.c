/* Informational exchanges: NOTIFY and DELETE, protected once there are keys (RFC 2408 4.8, 3.14,
 * 3.15; RFC 2409 5.7). */
#include "ike_priv.h"

#define NOTIFY_FIRST_STATUS 16384 /* below are errors, RFC 2408 3.14.1 */

/* ---- Telling ---- */

static uint32_t spi_value(struct span spi)
{
    return spi.n == 4 ? be32_get(spi.p) : 0;
}

void ike_notify_say(const struct ike_sa *sa, uint32_t msgid, const struct isakmp_notify *n,
                    bool protected)
{
    TRACE(sa->e->scope, ike_notify_rx, .sa = sa->id, .msgid = msgid, .type = n->type,
          .protocol = n->protocol, .spi = spi_value(n->spi), .protected = protected,
          .remote = sa->remote);
}

void ike_notify_put(struct ike_sa *sa, const struct isakmp_notify *n, struct ike_exchange *x)
{
    uint8_t body[64];
    struct wr w = wr_over(body, sizeof body);
    bool protected = ike_sa_protects(sa);
    uint32_t msgid = protected ? ike_msgid_new(sa) : 0;
    isakmp_notify_emit(n, &w);
    g_assert(wr_ok(&w));
    TRACE(sa->e->scope, ike_notify_tx, .sa = sa->id, .msgid = msgid, .type = n->type,
          .protocol = n->protocol, .spi = spi_value(n->spi), .protected = protected,
          .remote = sa->remote);
    if (protected)
        ike_inform(sa, msgid, PAYLOAD_NOTIFY, wr_done(&w), x);
    else
        ike_inform_in_clear(sa, wr_done(&w), x);
}

void ike_notify_send(struct ike_sa *sa, uint16_t type, uint8_t protocol, uint32_t spi,
                     struct ike_exchange *x)
{
    uint8_t spi_bytes[4];
    be32_put(spi_bytes, spi);
    const struct isakmp_notify n = {
        DOI_IPSEC, protocol, type, span_of(spi_bytes, spi ? 4 : 0), {NULL, 0}};
    ike_notify_put(sa, &n, x);
}

void ike_delete_send(struct ike_sa *sa, uint32_t spi_in)
{
    uint8_t spi[16], body[32];
    struct wr w = wr_over(body, sizeof body);
    uint32_t msgid = ike_msgid_new(sa);
    if (spi_in) {
        be32_put(spi, spi_in);
    } else {
        be64_put(spi, sa->cky_i);
        be64_put(spi + 8, sa->cky_r);
    }
    uint8_t bytes = spi_in ? 4 : 16, protocol = spi_in ? PROTO_IPSEC_ESP : PROTO_ISAKMP;
    const struct isakmp_delete d = {DOI_IPSEC, protocol, bytes, 1, span_of(spi, bytes)};
    isakmp_delete_emit(&d, &w);
    TRACE(sa->e->scope, ike_delete_tx, .sa = sa->id, .msgid = msgid, .protocol = protocol,
          .spi = spi_in, .remote = sa->remote);
    ike_inform(sa, msgid, PAYLOAD_DELETE, wr_done(&w), NULL);
}

/* ---- Hearing ---- */

static struct ike_outcome peer_refused(void)
{
    return (struct ike_outcome){IKE_REJECT, 0, WHY_PEER_NOTIFY};
}

/* A refusal names the SPI of one of the two ends; without one it is about the only quick mode there
 * is. */
static struct ike_exchange *quick_named(const struct ike_sa *sa, uint32_t spi)
{
    struct ike_exchange *only = NULL;
    size_t n = 0;
    for (guint i = 0; sa->quick && i < sa->quick->len; i++) {
        struct ike_exchange *x = sa->quick->pdata[i];
        if (x->over)
            continue;
        if (spi && (x->quick->spi_in == spi || x->quick->spi_out == spi))
            return x;
        only = x;
        n++;
    }
    return !spi && n == 1 ? only : NULL;
}

static void hear_notify(struct ike_sa *sa, const struct ike_msg *m, struct span body)
{
    struct isakmp_notify n;
    if (isakmp_notify_parse(body, &n) != WIRE_OK) {
        ike_bad_message(sa->e, sa, m,
                        (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_NOTIFY});
        return;
    }
    ike_notify_say(sa, m->head.msgid, &n, true);
    if (n.type == NOTIFY_R_U_THERE || n.type == NOTIFY_R_U_THERE_ACK) {
        ike_dpd_hear(sa, &n);
        return;
    }
    ike_dpd_heard(sa);
    if (n.type == NOTIFY_INITIAL_CONTACT) {
        ike_initial_contact_heard(sa);
    } else if (n.type == NOTIFY_RESPONDER_LIFETIME && n.protocol == PROTO_ISAKMP) {
        ike_phase1_heed_life(sa, &n);
    } else if (n.type < NOTIFY_FIRST_STATUS && n.protocol != PROTO_ISAKMP) {
        uint32_t spi = spi_value(n.spi);
        struct ike_exchange *x = quick_named(sa, spi);
        if (x)
            x->kind->failed(x, peer_refused(), IKE_INPUT_FROM_PEER_INFO_NOTIFY);
        else if (spi && n.type == NOTIFY_INVALID_SPI)
            ike_peer_lost_spi(sa, spi);
    }
}

static void delete_child(struct ike_sa *sa, uint32_t msgid, uint32_t spi)
{
    struct ike_engine *e = sa->e;
    TRACE(e->scope, ike_delete_rx, .sa = sa->id, .msgid = msgid, .protocol = PROTO_IPSEC_ESP,
          .spi = spi, .remote = sa->remote);
    /* The peer took its SPI back before its quick mode was over here. */
    struct ike_exchange *x = spi ? quick_named(sa, spi) : NULL;
    if (x && x->role == IKE_RESPONDER)
        x->kind->failed(x, (struct ike_outcome){IKE_REJECT, 0, WHY_PEER_DELETE},
                        IKE_INPUT_FROM_PEER_INFO_DELETE);
    ike_child_remove_out(e, sa->peer, spi);
    e->ops.peer_deleted(e->ops.self, sa->remote, sa->peer->nat, spi);
}

/* The SA of those cookies, with that peer. Phase 2 SAs made under it stay. */
static void delete_sa(struct ike_sa *sa, uint32_t msgid, const uint8_t *cookies)
{
    struct ike_engine *e = sa->e;
    const struct ike_peer *p = sa->peer;
    TRACE(e->scope, ike_delete_rx, .sa = sa->id, .msgid = msgid, .protocol = PROTO_ISAKMP, .spi = 0,
          .remote = sa->remote);
    for (guint i = 0; i < p->sas->len; i++) {
        struct ike_sa *other = p->sas->pdata[i];
        if (ike_sa_up(other) && other->cky_i == be64_get(cookies) &&
            other->cky_r == be64_get(cookies + 8)) {
            ike_sa_end(other, WHY_PEER_DELETE, IKE_INPUT_FROM_PEER_INFO_DELETE, false);
            return;
        }
    }
    ++*e->count.unknown_delete;
}

static void hear_delete(struct ike_sa *sa, const struct ike_msg *m, struct span body)
{
    struct isakmp_delete d;
    bool parsed = isakmp_delete_parse(body, &d) == WIRE_OK;
    ike_dpd_heard(sa);
    if (parsed && d.protocol == PROTO_IPSEC_ESP && d.spi_bytes == 4) {
        for (size_t i = 0; i < d.count; i++)
            delete_child(sa, m->head.msgid, be32_get(d.spis.p + 4 * i));
    } else if (parsed && d.protocol == PROTO_ISAKMP && d.spi_bytes == 16) {
        for (size_t i = 0; i < d.count; i++)
            delete_sa(sa, m->head.msgid, d.spis.p + 16 * i);
    } else {
        ike_bad_message(sa->e, sa, m,
                        (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, PAYLOAD_DELETE});
    }
}

static struct ike_outcome open_protected(struct ike_sa *sa, struct ike_msg *m)
{
    uint8_t iv[CRYPTO_MAX_BLOCK], expected[CRYPTO_MAX_DIGEST];
    uint32_t msgid = m->head.msgid;
    ike_phase2_iv(iv, sa->keys.iv_bytes, sa->policy.hash,
                  span_of(sa->last_block, sa->keys.iv_bytes), msgid);
    struct ike_outcome o = ike_open(sa, true, iv, m);
    if (o.verdict != IKE_OK)
        return o;
    const struct isakmp_payload *hash = &m->chain.p[0];
    size_t end = m->body.n - m->chain.rest.n;
    if (hash->type != PAYLOAD_HASH)
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_MALFORMED, hash->type};
    struct span rest = span_sub(m->body, hash->whole.n, end - hash->whole.n);
    ike_hash_123(sa, 0, msgid, (struct span){0}, (struct span){0}, rest, expected);
    if (hash->body.n != sa->keys.digest_bytes || !mac_equal(hash->body.p, expected, hash->body.n))
        return (struct ike_outcome){IKE_IGNORE, 0, WHY_HASH_MISMATCH, PAYLOAD_HASH};
    return IKE_FINE;
}

static void say_payload(const struct ike_sa *sa, const struct ike_msg *m, size_t i)
{
    TRACE(sa->e->scope, ike_payload, .sa = sa->id, .msgid = m->head.msgid,
          .payload = m->chain.p[i].type, .length = (uint32_t)m->chain.p[i].body.n);
}

static void hear_protected(struct ike_sa *sa, struct ike_msg *m)
{
    struct ike_engine *e = sa->e;
    uint32_t msgid = m->head.msgid;
    struct ike_outcome o = open_protected(sa, m);
    if (o.verdict != IKE_OK) {
        ike_bad_message(e, sa, m, o);
        return;
    }
    ike_msgid_remember(sa, msgid);
    ike_natt_follow(sa, m);
    TRACE(e->scope, ike_hmac, .sa = sa->id, .msgid = msgid);
    for (size_t i = 0; i < m->chain.n; i++) {
        say_payload(sa, m, i);
        if (m->chain.p[i].type == PAYLOAD_NOTIFY)
            hear_notify(sa, m, m->chain.p[i].body);
        else if (m->chain.p[i].type == PAYLOAD_DELETE)
            hear_delete(sa, m, m->chain.p[i].body);
        if (!ike_sa_up(sa))
            return; /* what it said ended the SA it was said under */
    }
}

static bool is_unanswered(const struct ike_sa *sa)
{
    return sa->state == IKE_STATE_I_MM1 || sa->state == IKE_STATE_I_AM1;
}

/* Anybody can write these. They are noted; a refusal of the very first message may be believed,
 * since nothing is lost by that but an attempt. */
static void hear_clear(struct ike_sa *sa, struct ike_msg *m)
{
    struct ike_engine *e = sa->e;
    struct ike_outcome o = ike_open(sa, false, NULL, m);
    if (o.verdict != IKE_OK) {
        ike_bad_message(e, sa, m, o);
        return;
    }
    for (size_t i = 0; i < m->chain.n; i++) {
        struct isakmp_notify n;
        const struct isakmp_payload *p = &m->chain.p[i];
        if (p->type != PAYLOAD_NOTIFY || isakmp_notify_parse(p->body, &n) != WIRE_OK) {
            ike_bad_message(e, sa, m,
                            (struct ike_outcome){IKE_IGNORE, 0, WHY_BAD_EXCHANGE, p->type});
            return;
        }
        say_payload(sa, m, i);
        ike_notify_say(sa, m->head.msgid, &n, false);
        if (n.type < NOTIFY_FIRST_STATUS && is_unanswered(sa) && e->profile->trust_clear_notify) {
            sa->phase1->kind->failed(sa->phase1, peer_refused(), IKE_INPUT_FROM_PEER_INFO_NOTIFY);
            return;
        }
    }
}

void ike_info_hear(struct ike_sa *sa, struct ike_msg *m)
{
    struct ike_engine *e = sa->e;
    if (!(m->head.flags & ISAKMP_FLAG_ENCRYPTED)) {
        hear_clear(sa, m);
    } else if (!ike_sa_up(sa) || !m->head.msgid) {
        ++*e->count.early;
    } else if (ike_msgid_seen(sa, m->head.msgid)) {
        ++*e->count.duplicates;
        TRACE(e->scope, ike_duplicate, .sa = sa->id, .remote = m->remote, .msgid = m->head.msgid,
              .answered = false);
    } else {
        hear_protected(sa, m);
    }
}

/* "The sender has no other SAs with this system": the older ones here are of a former life
 * (RFC 2407 4.6.3.3). What is still being made is not. */
void ike_initial_contact_heard(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    const struct ike_peer *p = sa->peer;
    TRACE(e->scope, ike_initial_contact, .sa = sa->id, .local = sa->local, .remote = sa->remote,
          .rport = sa->rport, .sent = false);
    for (guint i = 0; i < p->sas->len; i++) {
        struct ike_sa *other = p->sas->pdata[i];
        if (other != sa && other->local == sa->local && ike_sa_up(other))
            ike_sa_end(other, WHY_INITIAL_CONTACT, IKE_INPUT_INTERNAL_PHASE1_DEL, false);
    }
    ike_children_forget(e, p);
    e->ops.peer_gone(e->ops.self, sa->local, sa->remote, p->nat, WHY_INITIAL_CONTACT);
}
