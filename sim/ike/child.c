/* What a quick mode leaves: keys for a pair of SAs (RFC 2409 5.5), handed to IPsec, and their
 * lifetimes (RFC 2407 4.6.3.1). */
#include "ike_priv.h"

#define KEYMAT_MAX (CRYPTO_MAX_KEY + CRYPTO_MAX_DIGEST)

struct keymat {
    uint8_t in[KEYMAT_MAX], out[KEYMAT_MAX];
    size_t n;
};

static struct keymat keymat_of(const struct ike_exchange *x)
{
    const struct ike_sa *sa = x->sa;
    const struct ike_quick *q = x->quick;
    struct span skeyid_d = span_of(sa->keys.skeyid_d, sa->keys.digest_bytes);
    struct keymat k = {.n = cipher_key_bytes(q->suite.cipher) + hash_bytes(q->suite.auth)};
    ike_keymat(k.in, k.n, sa->policy.hash, skeyid_d, x->dh.gxy, PROTO_IPSEC_ESP, q->spi_in, x->ni_b,
               x->nr_b);
    ike_keymat(k.out, k.n, sa->policy.hash, skeyid_d, x->dh.gxy, PROTO_IPSEC_ESP, q->spi_out,
               x->ni_b, x->nr_b);
    return k;
}

void ike_child_say(const struct ike_exchange *x)
{
    const struct ike_sa *sa = x->sa;
    const struct ike_quick *q = x->quick;
    TRACE(sa->e->scope, qm_install, .sa = sa->id, .msgid = x->msgid, .role = x->role,
          .local = sa->local, .remote = sa->remote, .local_net = q->local_proxy.addr,
          .local_mask = q->local_proxy.mask, .remote_net = q->remote_proxy.addr,
          .remote_mask = q->remote_proxy.mask, .spi_in = q->spi_in, .spi_out = q->spi_out,
          .life_s = q->life_s, .life_kb = q->life_kb);
    TRACE(sa->e->scope, key_qm, .sa = sa->id, .msgid = x->msgid, .spi_in = q->spi_in,
          .spi_out = q->spi_out, .dh_secret = x->dh.secret, .gxy = x->dh.gxy);
}

enum ike_why ike_child_install(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    const struct ike_quick *q = x->quick;
    const struct keymat k = keymat_of(x);
    struct ike_child c = {
        .sa = sa->id,
        .msgid = x->msgid,
        .role = x->role,
        .local = sa->local,
        .remote = sa->remote,
        .nat = sa->peer->nat,
        .udp = q->udp,
        .lport = sa->lport,
        .rport = sa->rport,
        .follow = ike_natt_may_move(sa),
        .oa_local = x->role == IKE_INITIATOR ? q->oa_i : q->oa_r,
        .oa_remote = x->role == IKE_INITIATOR ? q->oa_r : q->oa_i,
        .local_proxy = q->local_proxy,
        .remote_proxy = q->remote_proxy,
        .suite = q->suite,
        .spi_in = q->spi_in,
        .spi_out = q->spi_out,
        .keymat_in = span_of(k.in, k.n),
        .keymat_out = span_of(k.out, k.n),
        .life_s = q->life_s,
        .life_kb = q->life_kb,
        .seq = q->request ? q->request->seq : q->grant.seq,
        .spi_old = q->request ? q->request->spi_old : 0,
        .party = ike_guest_party(sa),
        .assigned = ike_guest_assigned(sa),
    };
    g_strlcpy(c.map, q->request ? q->request->map : q->grant.map, sizeof c.map);
    enum ike_why why = sa->e->ops.install(sa->e->ops.self, &c);
    if (why == WHY_NONE)
        ike_child_add(sa, c.spi_in, c.spi_out);
    return why;
}

/* ---- Lifetimes ---- */

/* The offer was longer than what is granted: the initiator is told         RFC 2407 4.6.3.1 */
void ike_lifetime_put(struct ike_exchange *x, struct isakmp_out *o)
{
    const struct ike_quick *q = x->quick;
    uint8_t spi[4], data[32];
    struct wr w = wr_over(data, sizeof data);
    const uint32_t life[] = {q->life_s, q->life_kb};
    be32_put(spi, q->spi_in);
    for (uint16_t i = 0; i < 2; i++) {
        if (!life[i])
            continue;
        wr_u16(&w, 0x8000 | IPSEC_ATTR_LIFE_TYPE);
        wr_u16(&w, LIFE_SECONDS + i);
        wr_u16(&w, IPSEC_ATTR_LIFE_DURATION);
        wr_u16(&w, 4);
        wr_u32(&w, life[i]);
    }
    const struct isakmp_notify n = {DOI_IPSEC, PROTO_IPSEC_ESP, NOTIFY_RESPONDER_LIFETIME,
                                    span_of(spi, 4), wr_done(&w)};
    isakmp_put_begin(o, PAYLOAD_NOTIFY);
    isakmp_notify_emit(&n, o->w);
    isakmp_put_end(o);
    TRACE(x->sa->e->scope, ike_notify_tx, .sa = x->sa->id, .msgid = x->msgid, .type = n.type,
          .protocol = n.protocol, .spi = q->spi_in, .protected = true, .remote = x->sa->remote);
}

/* A shorter life from the responder is used; a longer one is not              RFC 2407 4.6.3.1 */
void ike_lifetime_apply(struct ike_exchange *x, const struct isakmp_notify *n)
{
    struct ike_quick *q = x->quick;
    struct rd r = rd_over(n->data);
    uint32_t type = 0, offered = q->life_s;
    while (rd_left(&r) >= 4) {
        uint16_t attr = rd_u16(&r);
        bool basic = attr & 0x8000;
        uint16_t n_or_value = rd_u16(&r);
        uint32_t value = basic ? n_or_value : n_or_value == 4 ? rd_u32(&r) : 0;
        if (!basic && n_or_value != 4)
            rd_skip(&r, n_or_value);
        if ((attr & 0x7fff) == IPSEC_ATTR_LIFE_TYPE)
            type = value;
        else if ((attr & 0x7fff) == IPSEC_ATTR_LIFE_DURATION && value && type == LIFE_SECONDS)
            q->life_s = q->life_s ? MIN(q->life_s, value) : value;
        else if ((attr & 0x7fff) == IPSEC_ATTR_LIFE_DURATION && value && type == LIFE_KILOBYTES)
            q->life_kb = q->life_kb ? MIN(q->life_kb, value) : value;
    }
    TRACE(x->sa->e->scope, ike_lifetime, .sa = x->sa->id, .seconds = q->life_s, .offered = offered);
}
