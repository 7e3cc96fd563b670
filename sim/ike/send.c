/* What goes out: a row's payloads under a head, HASH(1..3) over them, padding and sealing
 * (RFC 2408 5.1, RFC 2409 5.5 and Appendix B), and the last word of an exchange said again. */
#include "ike_priv.h"

#define OUT_BYTES (2 * IKE_MAX_MESSAGE) /* an answer repeats some of what it answers */

struct draft {
    uint8_t bytes[OUT_BYTES];
    struct wr w;
    struct isakmp_out out;
    size_t hash_at; /* body of the HASH payload to be filled in, 0 = none */
};

static void draft_begin(struct draft *d, const struct ike_sa *sa, enum isakmp_exchange exchange,
                        uint32_t msgid, bool enc)
{
    d->w = wr_over(d->bytes, sizeof d->bytes);
    d->hash_at = 0;
    isakmp_out_begin(&d->out, &d->w,
                     &(struct isakmp_head){
                         .cky_i = sa->cky_i,
                         .cky_r = sa->cky_r,
                         .version = 0x10,
                         .exchange = (uint8_t)exchange,
                         .flags = enc ? ISAKMP_FLAG_ENCRYPTED : 0,
                         .msgid = msgid,
                     });
}

/* Room for the HASH, which covers what is written after it. */
static void draft_hash(struct draft *d, const struct ike_sa *sa)
{
    isakmp_put_begin(&d->out, PAYLOAD_HASH);
    d->hash_at = d->w.n;
    wr_zero(&d->w, sa->keys.digest_bytes);
    isakmp_put_end(&d->out);
}

static void fill_hash(struct draft *d, const struct ike_sa *sa, size_t row, uint32_t msgid,
                      struct span ni_b, struct span nr_b)
{
    size_t after = d->hash_at + sa->keys.digest_bytes;
    struct span rest = span_sub(wr_done(&d->w), after, d->w.n);
    uint8_t hash[CRYPTO_MAX_DIGEST];
    TRACE(sa->e->scope, ike_hmac, .sa = sa->id, .msgid = msgid);
    ike_hash_123(sa, row, msgid, ni_b, nr_b, rest, hash);
    memcpy(d->bytes + d->hash_at, hash, sa->keys.digest_bytes);
}

/* Pads with zeros to whole blocks and encrypts what follows the head. The last block goes back to
 * the IV. */
static void seal(struct draft *d, const struct ike_sa *sa, uint8_t *iv)
{
    size_t block = cipher_block_bytes(sa->policy.cipher);
    size_t body = d->w.n - ISAKMP_HEAD;
    wr_zero(&d->w, (block - body % block) % block);
    isakmp_length_fix(&d->w);
    g_assert(wr_ok(&d->w));
    uint8_t *p = d->bytes + ISAKMP_HEAD;
    g_assert(cipher_encrypt(sa->cipher, iv, p, d->w.n - ISAKMP_HEAD, p, iv));
}

/* From where to where. */
struct way {
    uint16_t lport, rport;
    ip4 remote;
};

static struct way way_of(const struct ike_sa *sa)
{
    return (struct way){sa->lport, sa->rport, sa->remote};
}

static void transmit(struct ike_sa *sa, struct way way, struct span bytes,
                     enum isakmp_exchange exchange, uint32_t msgid, enum ike_state state,
                     uint32_t again)
{
    struct ike_engine *e = sa->e;
    ++*e->count.tx;
    sa->nat.sent = sim_now(e->sim);
    TRACE(e->scope, ike_tx, .sa = sa->id, .role = sa->role, .again = again, .local = sa->local,
          .lport = way.lport, .remote = way.remote, .rport = way.rport, .exchange = exchange,
          .msgid = msgid, .state = state, .cky_i = sa->cky_i, .cky_r = sa->cky_r,
          .length = (uint32_t)bytes.n);
    e->ops.send(e->ops.self, sa->local, way.lport, way.remote, way.rport, bytes);
}

/* Keeps the message for those who did not hear it. */
static void keep(struct ike_exchange *x, struct span bytes, enum isakmp_exchange exchange,
                 uint32_t msgid)
{
    g_free(x->said);
    x->said = g_memdup2(bytes.p, bytes.n);
    x->said_bytes = (uint16_t)bytes.n;
    x->said_after = x->n_heard;
    x->said_exchange = exchange;
    x->said_msgid = msgid;
    x->said_in = x->sa->state;
    x->again = x->tries = 0;
}

void ike_exchange_say(struct ike_exchange *x, const struct ike_rule *r)
{
    struct ike_sa *sa = x->sa;
    struct draft d;
    bool hash = x->msgid && (r->must & P(HASH));
    draft_begin(&d, sa, x->kind->exchange, x->msgid, r->enc);
    if (hash)
        draft_hash(&d, sa);
    if (r->build)
        r->build(x, &d.out);
    if (hash)
        fill_hash(&d, sa, (size_t)(r - x->kind->rule), x->msgid, x->ni_b, x->nr_b);
    if (x->kind->leaving)
        x->kind->leaving(x);
    if (r->enc)
        seal(&d, sa, x->iv);
    isakmp_length_fix(&d.w);
    g_assert(wr_ok(&d.w));
    keep(x, wr_done(&d.w), x->kind->exchange, x->msgid);
    x->step++;
    transmit(sa, way_of(sa), wr_done(&d.w), x->kind->exchange, x->msgid, x->said_in, 0);
}

static void say_again(struct ike_exchange *x, struct way way)
{
    x->again++;
    ++*x->sa->e->count.retransmits;
    transmit(x->sa, way, span_of(x->said, x->said_bytes), x->said_exchange, x->said_msgid,
             x->said_in, x->again);
}

void ike_exchange_say_again(struct ike_exchange *x)
{
    say_again(x, way_of(x->sa));
}

/* A copy proves nothing, so the SA stays where it is; but the peer waits where it was sent from:
 * the first messages, which are between other ports than the later ones, too. */
void ike_exchange_answer_copy(struct ike_exchange *x, const struct ike_msg *m)
{
    bool making = ike_sa_half_open(x->sa) && x->sa->role == IKE_RESPONDER;
    bool there = making || (ike_natt_may_move(x->sa) && m->lport == x->sa->lport);
    say_again(x, there ? (struct way){m->lport, m->rport, m->remote} : way_of(x->sa));
}

uint32_t ike_msgid_new(struct ike_sa *sa)
{
    uint32_t msgid;
    do
        msgid = rng_u32(sa->e->msgids);
    while (!msgid || ike_quick_find(sa, msgid) || ike_xact_find(sa, msgid) ||
           ike_msgid_seen(sa, msgid));
    return msgid;
}

static void finish_inform(struct draft *d, struct ike_sa *sa, uint32_t msgid,
                          struct ike_exchange *x)
{
    isakmp_length_fix(&d->w);
    g_assert(wr_ok(&d->w));
    /* Keys are there before the state says so: shown is what protects it. */
    bool ahead = sa->keyed && ike_sa_half_open(sa);
    if (x)
        keep(x, wr_done(&d->w), EXCHANGE_INFORMATIONAL, msgid);
    transmit(sa, way_of(sa), wr_done(&d->w), EXCHANGE_INFORMATIONAL, msgid,
             ahead ? IKE_STATE_QM_IDLE : sa->state, 0);
}

/* HDR*, HASH(1), N/D, where HASH(1) = prf(SKEYID_a, M-ID | N/D)                RFC 2409 5.7 */
void ike_inform(struct ike_sa *sa, uint32_t msgid, uint8_t type, struct span body,
                struct ike_exchange *x)
{
    struct draft d;
    uint8_t iv[CRYPTO_MAX_BLOCK];
    g_assert(sa->cipher && ike_sa_protects(sa));
    ike_msgid_remember(sa, msgid);
    ike_phase2_iv(iv, sa->keys.iv_bytes, sa->policy.hash,
                  span_of(sa->last_block, sa->keys.iv_bytes), msgid);
    draft_begin(&d, sa, EXCHANGE_INFORMATIONAL, msgid, true);
    draft_hash(&d, sa);
    isakmp_put(&d.out, type, body);
    fill_hash(&d, sa, 0, msgid, (struct span){0}, (struct span){0});
    seal(&d, sa, iv);
    finish_inform(&d, sa, msgid, x);
}

void ike_inform_in_clear(struct ike_sa *sa, struct span body, struct ike_exchange *x)
{
    struct draft d;
    draft_begin(&d, sa, EXCHANGE_INFORMATIONAL, 0, false);
    isakmp_put(&d.out, PAYLOAD_NOTIFY, body);
    finish_inform(&d, sa, 0, x);
}
