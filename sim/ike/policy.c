/* Phase 1 policy: what is offered, and how an offer is compared, attribute by attribute and policy
 * by policy in order of priority, the fallback last (RFC 2409 5 and Appendix A). */
#include "ike_priv.h"

#define MAX_TRANSFORMS 64
#define LIFE_DEFAULT_S 28800 /* RFC 2407 4.5: when none is offered */

// clang-format off
static const struct { uint16_t number, key_bits; } cipher_row[CIPHER_COUNT] = {
#define CIPHER(name, ike, length, ...) [CIPHER_##name] = {ike, length},
#include "tbl/algorithms.def"
#undef CIPHER
};
static const uint16_t hash_number[HASH_COUNT] = {
#define HASH(name, ike, ...) [HASH_##name] = ike,
#include "tbl/algorithms.def"
#undef HASH
};
static const uint16_t group_number[GROUP_COUNT] = {
#define GROUP(name, number, bytes) [GROUP_##name] = number,
#include "tbl/algorithms.def"
#undef GROUP
};
// clang-format on

/* ---- Offering ---- */

static bool usable(const struct ike_sa *sa, const struct ike_policy *p)
{
    bool auth = p->auth == IKE_AUTH_PSK || (p->auth == IKE_AUTH_XAUTH_INIT_PSK && sa->guest);
    return auth && p->cipher != CIPHER_NULL && p->hash != HASH_NONE && p->group != GROUP_NONE;
}

static struct isakmp_transform transform_of(struct arena *a, const struct ike_policy *p,
                                            bool key_length_last)
{
    struct isakmp_attr *attr = arena_alloc(a, 7 * sizeof *attr);
    uint16_t key_bits = cipher_row[p->cipher].key_bits;
    size_t n = 0;
    attr[n++] = isakmp_attr_of(a, IKE_ATTR_ENCRYPTION, cipher_row[p->cipher].number);
    if (key_bits && !key_length_last)
        attr[n++] = isakmp_attr_of(a, IKE_ATTR_KEY_LENGTH, key_bits);
    attr[n++] = isakmp_attr_of(a, IKE_ATTR_HASH, hash_number[p->hash]);
    attr[n++] = isakmp_attr_of(a, IKE_ATTR_GROUP, group_number[p->group]);
    attr[n++] = isakmp_attr_of(a, IKE_ATTR_AUTH, p->auth);
    if (p->lifetime_s) { /* without, the peer takes the default of RFC 2407 4.5 */
        attr[n++] = isakmp_attr_of(a, IKE_ATTR_LIFE_TYPE, LIFE_SECONDS);
        attr[n++] = isakmp_attr_of(a, IKE_ATTR_LIFE_DURATION, p->lifetime_s);
    }
    if (key_bits && key_length_last)
        attr[n++] = isakmp_attr_of(a, IKE_ATTR_KEY_LENGTH, key_bits);
    return (struct isakmp_transform){.id = 1 /* KEY_IKE */, .attr = attr, .n_attr = n};
}

/* What is configured, or what whoever comes in was given; NULL at the end. */
static const struct ike_policy *policy_at(const struct ike_sa *sa, size_t i)
{
    const struct ike_way *way = sa->guest ? sa->guest->way : NULL;
    const GPtrArray *policies = sa->e->conf->policies;
    if (way)
        return i < way->n_offers ? &way->offers[i] : NULL;
    return i < policies->len ? policies->pdata[i] : NULL;
}

const struct ike_policy *ike_policy_first(const struct ike_sa *sa)
{
    const struct ike_policy *p;
    for (size_t i = 0; (p = policy_at(sa, i)); i++)
        if (usable(sa, p))
            return p;
    return NULL;
}

bool ike_policy_offer(const struct ike_exchange *x, struct arena *a, struct isakmp_sa *out)
{
    const struct ike_sa *sa = x->sa;
    const struct ike_policy *first = ike_policy_first(sa), *policy;
    struct isakmp_transform *t = arena_alloc(a, MAX_TRANSFORMS * sizeof *t);
    struct isakmp_proposal *p = arena_alloc(a, sizeof *p);
    size_t n = 0;
    for (size_t i = 0; n < MAX_TRANSFORMS && (policy = policy_at(sa, i)); i++) {
        if (!usable(sa, policy) || (sa->aggressive && policy->group != first->group))
            continue;
        t[n] = transform_of(a, policy, x->sa->e->profile->key_length_last);
        t[n].number = (uint8_t)(n + 1);
        n++;
    }
    *p = (struct isakmp_proposal){1, PROTO_ISAKMP, {NULL, 0}, t, n};
    *out = (struct isakmp_sa){DOI_IPSEC, 1 /* SIT_IDENTITY_ONLY */, p, 1};
    return n > 0;
}

/* ---- Comparing ---- */

/* An offered transform as numbers; 0 where an attribute is missing. */
struct offer {
    uint32_t encryption, key_bits, hash, auth, group, life_s;
    bool strange; /* an attribute that is not known here, or has no such value */
};

static uint32_t *attr_place(struct offer *o, uint16_t type)
{
    switch (type) {
    case IKE_ATTR_ENCRYPTION:
        return &o->encryption;
    case IKE_ATTR_KEY_LENGTH:
        return &o->key_bits;
    case IKE_ATTR_HASH:
        return &o->hash;
    case IKE_ATTR_AUTH:
        return &o->auth;
    case IKE_ATTR_GROUP:
        return &o->group;
    default:
        return NULL;
    }
}

static struct offer offer_read(const struct isakmp_transform *t)
{
    struct offer o = {0};
    uint32_t life_type = 0;
    bool has_life = false;
    for (size_t i = 0; i < t->n_attr; i++) {
        const struct isakmp_attr *a = &t->attr[i];
        uint32_t *place = attr_place(&o, a->type);
        if (place) {
            o.strange |= *place != 0 || a->value == 0; /* RFC 2409 Appendix A: once each */
            *place = a->value;
        } else if (a->type == IKE_ATTR_LIFE_TYPE) {
            life_type = a->value;
        } else if (a->type == IKE_ATTR_LIFE_DURATION && life_type == LIFE_SECONDS) {
            has_life = true;
            o.life_s = a->value ? a->value : a->bytes.n > 4 ? UINT32_MAX : 0;
            o.strange |= o.life_s == 0;
        } else if (a->type != IKE_ATTR_LIFE_DURATION) {
            o.strange = true;
        }
    }
    if (!has_life)
        o.life_s = LIFE_DEFAULT_S;
    o.strange |= t->id != 1;
    return o;
}

/* An XAUTH form of the key goes by the policies for keys, where a login is to follow; and where it
 * must, no other form will do. Signatures and public keys are not modelled: nobody has a
 * certificate. */
static bool auth_fits(const struct ike_sa *sa, const struct ike_policy *p, uint32_t offered)
{
    if (p->auth == IKE_AUTH_XAUTH_INIT_PSK)
        return offered == p->auth && sa->guest && sa->guest->way;
    if (p->auth != IKE_AUTH_PSK)
        return false;
    return offered == IKE_AUTH_PSK ? !sa->needs_xauth
                                   : offered == IKE_AUTH_XAUTH_INIT_PSK && sa->takes_xauth;
}

/* The first difference, in the order in which devices name them: encryption, key length, hash,
 * group, authentication. AES without a key length is taken for 128 bits. */
static enum ike_why compare(const struct ike_sa *sa, const struct ike_policy *p,
                            const struct offer *o, bool have_key)
{
    const struct ike_profile *profile = sa->e->profile;
    uint32_t own_bits = cipher_row[p->cipher].key_bits;
    uint32_t bits = o->key_bits ? o->key_bits : own_bits ? 128 : 0;
    if (o->encryption != cipher_row[p->cipher].number)
        return WHY_ENCRYPTION;
    if (bits != own_bits)
        return WHY_KEY_LENGTH;
    if (o->hash != hash_number[p->hash])
        return WHY_HASH;
    if (o->group != group_number[p->group])
        return WHY_GROUP;
    if (!auth_fits(sa, p, o->auth))
        return WHY_AUTH;
    if (!have_key)
        return WHY_NO_KEY;
    if (o->strange)
        return WHY_ATTRIBUTE;
    if (!profile->shorter_life_wins && p->lifetime_s && o->life_s != p->lifetime_s)
        return WHY_LIFETIME;
    if (profile->p1_longer_life_refused && p->lifetime_s && o->life_s > p->lifetime_s)
        return WHY_LIFETIME;
    return WHY_NONE;
}

static void say_offer(const struct ike_sa *sa, const struct isakmp_transform *t,
                      const struct ike_policy *p)
{
    struct trace_scope *scope = sa->e->scope;
    TRACE(scope, ike_offer, .sa = sa->id, .transform = t->number, .priority = p->priority);
    for (size_t i = 0; i < t->n_attr; i++)
        TRACE(scope, ike_offer_attr, .sa = sa->id, .attr = t->attr[i].type,
              .value = t->attr[i].value, .basic = t->attr[i].basic, .bytes = t->attr[i].bytes);
}

static void agree(struct ike_sa *sa, const struct ike_policy *p, const struct offer *o)
{
    sa->policy = *p;
    sa->policy.auth = (uint16_t)o->auth;
    sa->offered_s = o->life_s;
    sa->policy.lifetime_s = p->lifetime_s ? MIN(p->lifetime_s, o->life_s) : o->life_s;
    sa->have_policy = true;
    TRACE(sa->e->scope, ike_lifetime, .sa = sa->id, .seconds = sa->policy.lifetime_s,
          .offered = o->life_s);
}

static bool try_policy(struct ike_sa *sa, const struct ike_policy *p,
                       const struct isakmp_proposal *offered, bool have_key,
                       const struct isakmp_transform **chosen)
{
    for (size_t i = 0; i < offered->n_transform; i++) {
        const struct isakmp_transform *t = &offered->transform[i];
        struct offer o = offer_read(t);
        say_offer(sa, t, p);
        enum ike_why why = compare(sa, p, &o, have_key);
        TRACE(sa->e->scope, ike_offer_end, .sa = sa->id, .accepted = why == WHY_NONE, .why = why,
              .more = t->more);
        if (why != WHY_NONE)
            continue;
        agree(sa, p, &o);
        *chosen = t;
        return true;
    }
    return false;
}

bool ike_policy_choose(struct ike_exchange *x, const struct isakmp_sa *offer, bool have_key,
                       const struct isakmp_transform **chosen)
{
    struct ike_sa *sa = x->sa;
    const struct ike_conf *conf = sa->e->conf;
    const struct isakmp_proposal *p = &offer->proposal[0];
    const struct ike_policy *policy;
    for (size_t i = 0; (policy = policy_at(sa, i)); i++)
        if (try_policy(sa, policy, p, have_key, chosen))
            return true;
    if (x->role == IKE_RESPONDER && conf->has_fallback &&
        try_policy(sa, &conf->fallback, p, have_key, chosen))
        return true;
    TRACE(sa->e->scope, ike_no_offer, .sa = sa->id, .local = sa->local, .remote = sa->remote);
    return false;
}

/* ---- The same transform ---- */

/* A duration is of the life type before it; in no other way does the order of attributes matter
 * (RFC 2407 4.5), and peers do answer in an order of their own. */
static bool attr_same(const struct isakmp_transform *a, size_t i, const struct isakmp_transform *b,
                      size_t j, uint16_t duration)
{
    const struct isakmp_attr *x = &a->attr[i], *y = &b->attr[j];
    if (x->type != y->type || x->value != y->value)
        return false;
    if ((x->bytes.n > 4 || y->bytes.n > 4) && !span_eq(x->bytes, y->bytes))
        return false;
    if (x->type != duration || (i == 0 && j == 0))
        return true;
    return i > 0 && j > 0 && attr_same(a, i - 1, b, j - 1, duration);
}

static bool attrs_within(const struct isakmp_transform *a, const struct isakmp_transform *b,
                         uint16_t duration)
{
    for (size_t i = 0; i < a->n_attr; i++) {
        size_t j = 0;
        while (j < b->n_attr && !attr_same(a, i, b, j, duration))
            j++;
        if (j == b->n_attr)
            return false;
    }
    return true;
}

bool ike_transform_same(const struct isakmp_transform *a, const struct isakmp_transform *b,
                        uint16_t duration)
{
    return a->number == b->number && a->id == b->id && a->n_attr == b->n_attr &&
           attrs_within(a, b, duration) && attrs_within(b, a, duration);
}

struct isakmp_transform ike_transform_dup(struct arena *a, const struct isakmp_transform *t)
{
    struct isakmp_attr *attr = arena_dup(a, t->attr, t->n_attr * sizeof *attr);
    struct isakmp_transform copy = *t;
    for (size_t i = 0; i < t->n_attr; i++)
        attr[i].bytes = arena_span(a, attr[i].bytes);
    copy.attr = attr;
    return copy;
}
