/* Secrets of an exchange: Diffie-Hellman pairs, nonces, SKEYID and what hangs on it, HASH_I and
 * HASH_R. Each is drawn from the device's own stream, so that runs repeat. RFC 2409 5. */
#include "ike_priv.h"

void ike_dh_make(struct ike_exchange *x, enum crypto_group group)
{
    struct ike_engine *e = x->sa->e;
    size_t n = MIN(e->profile->dh_secret_bits / 8, dh_group_bytes(group));
    uint8_t *secret = arena_alloc(x->arena, n);
    uint8_t *ours = arena_alloc(x->arena, dh_group_bytes(group));
    rng_bytes(e->secrets, secret, n);
    secret[0] |= 0x80; /* as long as the setting says */
    g_assert(dh_public(group, span_of(secret, n), ours));
    x->dh = (struct ike_dh){
        .group = group,
        .secret = span_of(secret, n),
        .ours = span_of(ours, dh_group_bytes(group)),
    };
    TRACE(e->scope, ike_dh_make, .sa = x->sa->id, .msgid = x->msgid, .group = group);
}

bool ike_dh_share(struct ike_exchange *x, struct span theirs)
{
    uint8_t gxy[CRYPTO_MAX_DH];
    struct ike_dh *dh = &x->dh;
    if (!dh->secret.n || !dh_shared(dh->group, dh->secret, theirs, gxy))
        return false;
    dh->theirs = arena_span(x->arena, theirs);
    dh->gxy = arena_span(x->arena, span_of(gxy, dh_group_bytes(dh->group)));
    return true;
}

struct span ike_nonce_make(struct ike_exchange *x)
{
    size_t n = x->sa->e->profile->nonce_bytes;
    uint8_t *nonce = arena_alloc(x->arena, n);
    rng_bytes(x->sa->e->nonces, nonce, n);
    return span_of(nonce, n);
}

/* The device's own keys first, then those of whoever configures remote access: the only ones once
 * the party is known, where it has any. */
const struct ike_key *ike_key_search(const struct ike_sa *sa)
{
    const struct ike_access *access = &sa->e->access;
    const char *party = ike_guest_party(sa);
    const struct ike_key *key = ike_key_for(sa->e->conf, sa->remote), *other = NULL;
    TRACE(sa->e->scope, ike_key_search, .remote = sa->remote, .store = "default",
          .found = key != NULL);
    if (access->key_for && (!key || *party))
        other = access->key_for(access->self, sa->remote, party);
    return other ? other : key;
}

static const struct ike_key *look_up(const struct ike_sa *sa)
{
    const struct ike_key *key = ike_key_search(sa);
    if (key)
        TRACE(sa->e->scope, ike_key_found, .sa = sa->id, .remote = sa->remote);
    else
        TRACE(sa->e->scope, ike_no_key, .sa = sa->id, .remote = sa->remote);
    return key;
}

/* Given by ike_connect, or fetched. */
static const char *own_key(const struct ike_sa *sa)
{
    return sa->guest ? sa->guest->psk : NULL;
}

bool ike_key_look_up(const struct ike_sa *sa)
{
    return own_key(sa) || look_up(sa);
}

/* The key in use, kept with the exchange. */
static bool psk_take(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    const char *secret = own_key(sa);
    if (!secret) {
        const struct ike_key *key = look_up(sa);
        if (!key)
            return false;
        secret = key->secret;
        sa->excused = key->no_xauth;
    }
    x->psk = arena_span(x->arena, span_of(secret, strlen(secret)));
    return true;
}

static struct span public_of(const struct ike_exchange *x, enum ike_role side)
{
    return side == x->role ? x->dh.ours : x->dh.theirs;
}

bool ike_skeyid_make(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    struct ike_keys *k = &sa->keys;
    if (!psk_take(x))
        return false;
    struct span psk = x->psk;
    ike_keys_psk(k, sa->policy.hash, sa->policy.cipher, psk, x->ni_b, x->nr_b, x->dh.gxy, sa->cky_i,
                 sa->cky_r, public_of(x, IKE_INITIATOR), public_of(x, IKE_RESPONDER));
    sa->cipher = cipher_new(sa->policy.cipher, span_of(k->cipher_key, k->key_bytes));
    g_assert(sa->cipher);
    memcpy(x->iv, k->iv, k->iv_bytes);
    TRACE(sa->e->scope, ike_skeyid, .sa = sa->id);
    TRACE(sa->e->scope, key_ike, .sa = sa->id, .cky_i = sa->cky_i, .cky_r = sa->cky_r,
          .cipher = sa->policy.cipher, .hash = sa->policy.hash, .group = sa->policy.group,
          .psk = psk, .dh_secret = x->dh.secret, .gxy = x->dh.gxy,
          .skeyid = span_of(k->skeyid, k->digest_bytes),
          .skeyid_d = span_of(k->skeyid_d, k->digest_bytes),
          .skeyid_a = span_of(k->skeyid_a, k->digest_bytes),
          .skeyid_e = span_of(k->skeyid_e, k->digest_bytes),
          .cipher_key = span_of(k->cipher_key, k->key_bytes), .iv = span_of(k->iv, k->iv_bytes));
    return true;
}

void ike_hash_phase1(const struct ike_exchange *x, enum ike_role sender, uint8_t *out)
{
    const struct ike_sa *sa = x->sa;
    bool i = sender == IKE_INITIATOR;
    uint8_t cookies[16];
    be64_put(cookies, i ? sa->cky_i : sa->cky_r);
    be64_put(cookies + 8, i ? sa->cky_r : sa->cky_i);
    /* HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b )
     * HASH_R = prf(SKEYID, g^xr | g^xi | CKY-R | CKY-I | SAi_b | IDir_b )       RFC 2409 5 */
    const struct span parts[] = {
        public_of(x, sender),
        public_of(x, i ? IKE_RESPONDER : IKE_INITIATOR),
        span_of(cookies, sizeof cookies),
        x->sai_b,
        i ? x->idii_b : x->idir_b,
    };
    prf_of(sa->policy.hash, span_of(sa->keys.skeyid, sa->keys.digest_bytes), parts,
           G_N_ELEMENTS(parts), out);
}
