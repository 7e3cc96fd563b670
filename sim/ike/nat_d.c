/* The payloads of NAT traversal: NAT-D, by which either end learns whether its address or the
 * other's was changed on the way (RFC 3947 3.2), and NAT-OA, by which they learn what it was (5.2).
 */
#include "ike_priv.h"

/* ---- NAT discovery ---- */

/* HASH = HASH(CKY-I | CKY-R | IP | Port), with the hash that was agreed on      RFC 3947 3.2 */
static struct span hash_of_end(const struct ike_sa *sa, ip4 addr, uint16_t port, uint8_t *out)
{
    uint8_t what[22];
    be64_put(what, sa->cky_i);
    be64_put(what + 8, sa->cky_r);
    be32_put(what + 16, addr);
    be16_put(what + 20, port);
    hash_of(sa->policy.hash, (struct span[]){span_of(what, sizeof what)}, 1, out);
    return span_of(out, hash_bytes(sa->policy.hash));
}

/* "The first one is the destination": it comes back as the receiver's own. */
void ike_nat_d_put(struct ike_exchange *x, struct isakmp_out *o)
{
    const struct ike_sa *sa = x->sa;
    uint8_t hash[CRYPTO_MAX_DIGEST];
    if (sa->nat.version == IKE_NATT_NONE)
        return;
    isakmp_put(o, ike_natt_nat_d(sa), hash_of_end(sa, sa->remote, sa->rport, hash));
    isakmp_put(o, ike_natt_nat_d(sa), hash_of_end(sa, sa->local, sa->lport, hash));
}

static bool compare(const struct ike_exchange *x, const struct isakmp_payload *p, bool mine,
                    ip4 addr, uint16_t port)
{
    uint8_t hash[CRYPTO_MAX_DIGEST];
    struct span ours = hash_of_end(x->sa, addr, port, hash);
    bool match = span_eq(p->body, ours);
    TRACE(x->sa->e->scope, ike_nat_d, .sa = x->sa->id, .payload = p->type, .mine = mine,
          .match = match, .theirs = p->body, .ours = ours);
    return match;
}

bool ike_nat_d_there(const struct ike_exchange *x, const struct ike_msg *m)
{
    const struct ike_sa *sa = x->sa;
    const struct isakmp_payload *p;
    uint8_t hash[CRYPTO_MAX_DIGEST];
    size_t n = 0;
    bool found = false;
    if (sa->nat.version == IKE_NATT_NONE)
        return false;
    struct span seen = hash_of_end(sa, m->remote, m->rport, hash);
    for (size_t at = 0; (p = isakmp_chain_find(&m->chain, ike_natt_nat_d(sa), &at)); n++)
        found |= n > 0 && span_eq(p->body, seen);
    return n >= 2 && !found;
}

/* The sender may have several addresses and not know which one it sends from. */
void ike_nat_d_get(struct ike_exchange *x, const struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    const struct isakmp_payload *p;
    size_t n = 0;
    bool mine = false, theirs = false;
    if (sa->nat.version == IKE_NATT_NONE)
        return;
    for (size_t at = 0; (p = isakmp_chain_find(&m->chain, ike_natt_nat_d(sa), &at)); n++) {
        if (n == 0)
            mine = compare(x, p, true, m->local, m->lport);
        else
            theirs |= compare(x, p, false, m->remote, m->rport);
    }
    if (n < 2) { /* it announced what it does not do */
        sa->nat.version = IKE_NATT_NONE;
        return;
    }
    sa->nat.here = !mine;
    sa->nat.there = !theirs;
    TRACE(sa->e->scope, ike_nat, .sa = sa->id, .role = sa->role, .version = sa->nat.version,
          .here = sa->nat.here, .there = sa->nat.there, .local = sa->local, .lport = sa->lport,
          .remote = sa->remote, .rport = sa->rport);
    if (sa->role == IKE_INITIATOR)
        ike_natt_float(sa);
    else if (sa->nat.there)
        ike_peer_number(sa);
}

/* ---- Original addresses ---- */

static bool has_transport(const struct ike_exchange *x)
{
    const struct ike_quick *q = x->quick;
    if (!ike_nat_found(x->sa))
        return false;
    if (x->role == IKE_RESPONDER)
        return q->suite.transport;
    for (size_t i = 0; i < q->request->n_offer; i++)
        if (q->request->offer[i].transport)
            return true;
    return false;
}

static void put_oa(const struct ike_sa *sa, ip4 addr, struct isakmp_out *o)
{
    isakmp_put_begin(o, ike_natt_nat_oa(sa));
    wr_u32(o->w, (uint32_t)ID_IPV4_ADDR << 24); /* type, three bytes reserved */
    wr_u32(o->w, addr);
    isakmp_put_end(o);
}

/* The initiator's address and the responder's, as this end sees them           RFC 3947 5.2 */
void ike_nat_oa_put(struct ike_exchange *x, struct isakmp_out *o)
{
    const struct ike_sa *sa = x->sa;
    bool i = x->role == IKE_INITIATOR;
    if (!has_transport(x))
        return;
    put_oa(sa, i ? sa->local : sa->remote, o);
    put_oa(sa, i ? sa->remote : sa->local, o);
}

static ip4 oa_read(const struct isakmp_payload *p)
{
    return p && p->body.n == 8 && p->body.p[0] == ID_IPV4_ADDR ? be32_get(p->body.p + 4) : 0;
}

void ike_nat_oa_get(struct ike_exchange *x, const struct ike_msg *m)
{
    struct ike_quick *q = x->quick;
    size_t at = 0;
    if (!has_transport(x))
        return;
    uint8_t type = ike_natt_nat_oa(x->sa);
    q->oa_i = oa_read(isakmp_chain_find(&m->chain, type, &at));
    q->oa_r = oa_read(isakmp_chain_find(&m->chain, type, &at));
}
