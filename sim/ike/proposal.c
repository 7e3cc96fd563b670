/* Quick mode proposals: offered, understood, granted, found again (RFC 2407 4.4.4, 4.5; RFC 2409
 * 5.5). */
#include "ike_priv.h"

#define SPI_BYTES 4
#define CPI_BYTES 2   /* of IPComp, RFC 3173 3.3 */
#define SPI_MIN   256 /* RFC 2406 2.1 */

// clang-format off
static const struct { uint8_t transform; uint16_t key_bits; } cipher_row[CIPHER_COUNT] = {
#define CIPHER(name, ike, length, esp, ...) [CIPHER_##name] = {esp, length},
#include "tbl/algorithms.def"
#undef CIPHER
};
static const uint16_t auth_number[HASH_COUNT] = {
#define HASH(name, ike, esp, ...) [HASH_##name] = esp,
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

static size_t life_put(struct arena *a, struct isakmp_attr *attr, size_t n, uint16_t type,
                       uint32_t value)
{
    if (!value)
        return n;
    attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_LIFE_TYPE, type);
    attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_LIFE_DURATION, value);
    return n;
}

static size_t auth_put(struct arena *a, struct isakmp_attr *attr, size_t n,
                       const struct esp_suite *s)
{
    if (s->auth != HASH_NONE)
        attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_AUTH, auth_number[s->auth]);
    return n;
}

static struct isakmp_transform transform_of(struct arena *a, const struct ike_sa *sa,
                                            const struct ike_request *r, const struct esp_suite *s)
{
    struct isakmp_attr *attr = arena_alloc(a, 8 * sizeof *attr);
    bool last = sa->e->profile->key_length_last;
    size_t n = last ? auth_put(a, attr, 0, s) : 0;
    attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_ENCAPSULATION, ike_natt_mode(sa, s->transport));
    n = life_put(a, attr, n, LIFE_SECONDS, r->life_s);
    n = life_put(a, attr, n, LIFE_KILOBYTES, r->life_kb);
    if (!last)
        n = auth_put(a, attr, n, s);
    if (cipher_row[s->cipher].key_bits)
        attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_KEY_LENGTH, cipher_row[s->cipher].key_bits);
    if (r->pfs != GROUP_NONE)
        attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_GROUP, group_number[r->pfs]);
    return (struct isakmp_transform){1, cipher_row[s->cipher].transform, attr, n, false};
}

/* The other protocol of a proposal that wants both: IPComp by LZS       RFC 2407 4.4.5, RFC 3173 */
static struct isakmp_transform compression_of(struct arena *a, const struct ike_sa *sa,
                                              const struct ike_request *r,
                                              const struct esp_suite *s)
{
    struct isakmp_attr *attr = arena_alloc(a, 5 * sizeof *attr);
    size_t n = 0;
    attr[n++] = isakmp_attr_of(a, IPSEC_ATTR_ENCAPSULATION, ike_natt_mode(sa, s->transport));
    n = life_put(a, attr, n, LIFE_SECONDS, r->life_s);
    n = life_put(a, attr, n, LIFE_KILOBYTES, r->life_kb);
    return (struct isakmp_transform){1, IPCOMP_LZS, attr, n, false};
}

void ike_proposal_offer(const struct ike_exchange *x, struct arena *a, struct isakmp_sa *out)
{
    const struct ike_request *r = x->quick->request;
    struct isakmp_proposal *p = arena_alloc(a, 2 * r->n_offer * sizeof *p);
    struct isakmp_transform *t = arena_alloc(a, 2 * r->n_offer * sizeof *t);
    uint8_t *spi = arena_alloc(a, SPI_BYTES);
    size_t n = 0;
    be32_put(spi, x->quick->spi_in);
    for (size_t i = 0; i < r->n_offer; i++) {
        uint8_t number = (uint8_t)(i + 1);
        t[n] = transform_of(a, x->sa, r, &r->offer[i]);
        p[n] = (struct isakmp_proposal){number, PROTO_IPSEC_ESP, span_of(spi, SPI_BYTES), &t[n], 1};
        n++;
        if (!r->offer[i].compress)
            continue;
        t[n] = compression_of(a, x->sa, r, &r->offer[i]);
        p[n] =
            (struct isakmp_proposal){number, PROTO_IPCOMP, span_of(spi + 2, CPI_BYTES), &t[n], 1};
        n++;
    }
    *out = (struct isakmp_sa){DOI_IPSEC, 1 /* SIT_IDENTITY_ONLY */, p, n};
}

/* ---- Understanding ---- */

static bool find_group(uint32_t number, enum crypto_group *out)
{
    for (int g = GROUP_NONE + 1; g < GROUP_COUNT; g++) {
        if (group_number[g] == number) {
            *out = (enum crypto_group)g;
            return true;
        }
    }
    return false;
}

static bool find_auth(uint32_t number, enum crypto_hash *out)
{
    for (int h = HASH_NONE + 1; h < HASH_COUNT; h++) {
        if (auth_number[h] == number) {
            *out = (enum crypto_hash)h;
            return true;
        }
    }
    return false;
}

static bool find_cipher(uint8_t transform, uint32_t key_bits, enum crypto_cipher *out)
{
    for (int c = 0; c < CIPHER_COUNT; c++) {
        uint32_t own = cipher_row[c].key_bits;
        /* AES without a key length is taken for 128 bits                       RFC 3602 5.3 */
        if (cipher_row[c].transform == transform && own == (key_bits ? key_bits : own ? 128 : 0)) {
            *out = (enum crypto_cipher)c;
            return true;
        }
    }
    return false;
}

struct reading {
    const struct ike_sa *sa;
    struct ike_ask *ask;
    uint32_t life_type, key_bits;
};

/* False when the attribute is not known here, or has no such value. */
static bool read_attr(struct reading *r, const struct isakmp_attr *a)
{
    struct ike_ask *ask = r->ask;
    uint32_t life = a->bytes.n > 4 ? UINT32_MAX : a->value;
    switch (a->type) {
    case IPSEC_ATTR_LIFE_TYPE:
        r->life_type = a->value;
        return a->value == LIFE_SECONDS || a->value == LIFE_KILOBYTES;
    case IPSEC_ATTR_LIFE_DURATION:
        if (r->life_type == LIFE_SECONDS)
            ask->life_s = life;
        else
            ask->life_kb = life;
        return life && r->life_type; /* the type stands before its duration  RFC 2407 4.5 */
    case IPSEC_ATTR_GROUP:
        return find_group(a->value, &ask->group);
    case IPSEC_ATTR_ENCAPSULATION:
        return ike_natt_mode_read(r->sa, a->value, &ask->suite.transport);
    case IPSEC_ATTR_AUTH:
        return find_auth(a->value, &ask->suite.auth);
    case IPSEC_ATTR_KEY_LENGTH:
        r->key_bits = a->value;
        return a->value != 0;
    default:
        return false;
    }
}

enum ike_why ike_proposal_read(const struct ike_sa *sa, const struct isakmp_transform *t,
                               struct ike_ask *out)
{
    struct reading r = {.sa = sa, .ask = out};
    *out = (struct ike_ask){.suite.auth = HASH_NONE, .group = GROUP_NONE};
    for (size_t i = 0; i < t->n_attr; i++)
        if (!read_attr(&r, &t->attr[i]))
            return WHY_ATTRIBUTE;
    if (!find_cipher(t->id, r.key_bits, &out->suite.cipher))
        return WHY_TRANSFORM;
    /* "ESP_NULL … MUST NOT be used without authentication"                     RFC 2407 4.4.4.10 */
    if (out->suite.cipher == CIPHER_NULL && out->suite.auth == HASH_NONE)
        return WHY_TRANSFORM;
    return WHY_NONE;
}

/* ---- Granting ---- */

static bool usable(const struct isakmp_proposal *p)
{
    return p->protocol == PROTO_IPSEC_ESP && p->spi.n == SPI_BYTES && be32_get(p->spi.p) >= SPI_MIN;
}

/* Proposals of one number are wanted together (RFC 2408 4.2); ESP with another protocol is not
 * modelled. */
static bool alone(const struct isakmp_sa *offer, size_t i)
{
    uint8_t number = offer->proposal[i].number;
    return (i == 0 || offer->proposal[i - 1].number != number) &&
           (i + 1 == offer->n_proposal || offer->proposal[i + 1].number != number);
}

static void say_transform(const struct ike_exchange *x, const struct isakmp_proposal *p,
                          const struct isakmp_transform *t)
{
    struct trace_scope *scope = x->sa->e->scope;
    TRACE(scope, qm_transform, .sa = x->sa->id, .msgid = x->msgid, .number = t->number,
          .protocol = p->protocol, .transform = t->id);
    for (size_t i = 0; i < t->n_attr; i++)
        TRACE(scope, qm_attr, .sa = x->sa->id, .msgid = x->msgid, .attr = t->attr[i].type,
              .value = t->attr[i].value, .basic = t->attr[i].basic, .bytes = t->attr[i].bytes);
}

static void say_verdict(const struct ike_exchange *x, const struct isakmp_transform *t,
                        enum ike_why why)
{
    TRACE(x->sa->e->scope, qm_transform_end, .sa = x->sa->id, .msgid = x->msgid,
          .accepted = why == WHY_NONE, .why = why, .more = t->more);
}

static void take(struct ike_exchange *x, const struct isakmp_proposal *p,
                 const struct isakmp_transform *t, const struct ike_ask *ask)
{
    struct ike_quick *q = x->quick;
    q->proposal = p->number;
    q->transform = ike_transform_dup(x->arena, t);
    q->suite = ask->suite;
    q->udp = ike_nat_found(x->sa);
    q->spi_out = be32_get(p->spi.p);
    x->dh.group = ask->group;
}

/* In seconds or in kilobytes. What was not offered has no end, and what is granted may. */
static bool is_longer(const struct ike_ask *ask, const struct ike_qm_grant *grant)
{
    return (ask->life_s && grant->life_s && grant->life_s < ask->life_s) ||
           (ask->life_kb && grant->life_kb && grant->life_kb < ask->life_kb);
}

/* In transport mode the identities are the ends themselves, and a NAT made others of them. Packets
 * will have the addresses that are seen here                                   RFC 3947 5.2 */
static struct proxy proxy_behind(const struct ike_sa *sa, const struct ike_ask *ask,
                                 const struct proxy *p, ip4 seen)
{
    if (!ask->suite.transport || !ike_nat_found(sa) || p->mask != UINT32_MAX)
        return *p;
    return proxy_of(seen, UINT32_MAX, p->protocol, p->port);
}

static enum ike_why judge(struct ike_exchange *x, const struct isakmp_proposal *p,
                          const struct isakmp_transform *t, bool have_ke, bool good)
{
    struct ike_sa *sa = x->sa;
    struct ike_ops *ops = &sa->e->ops;
    struct ike_quick *q = x->quick;
    struct ike_ask ask;
    say_transform(x, p, t);
    enum ike_why why = good ? ike_proposal_read(x->sa, t, &ask) : WHY_NO_PROPOSAL;
    if (why == WHY_NONE)
        why = ops->check_suite(ops->self, sa->local, sa->remote, &ask.suite);
    say_verdict(x, t, why);
    if (why != WHY_NONE)
        return why;
    const struct proxy lp = proxy_behind(sa, &ask, &q->local_proxy, sa->local);
    const struct proxy rp = proxy_behind(sa, &ask, &q->remote_proxy, sa->remote);
    const struct ike_qm_ask whole = {
        .local = sa->local,
        .remote = sa->remote,
        .nat = sa->peer->nat,
        .local_proxy = lp,
        .remote_proxy = rp,
        .suite = ask.suite,
        .group = ask.group,
        .life_s = ask.life_s,
        .life_kb = ask.life_kb,
        .part = 1,
        .party = ike_guest_party(sa),
        .assigned = ike_guest_assigned(sa),
    };
    why = ops->check_request(ops->self, &whole, &q->grant);
    /* A group without a public value, or the other way round, is no PFS at all. */
    if (why == WHY_NONE && have_ke != (ask.group != GROUP_NONE))
        why = WHY_PFS;
    if (why == WHY_NONE && sa->e->profile->p2_longer_life_refused && is_longer(&ask, &q->grant))
        why = WHY_LIFETIME;
    if (why != WHY_NONE)
        return why;
    take(x, p, t, &ask);
    q->local_proxy = lp;
    q->remote_proxy = rp;
    q->life_s = q->grant.life_s;
    q->life_kb = q->grant.life_kb;
    q->tell_life = sa->e->profile->tell_life && is_longer(&ask, &q->grant);
    return WHY_NONE;
}

/* These are about the traffic, not about its protection: another transform does not help. */
static bool is_final(enum ike_why why)
{
    return why == WHY_NONE || why == WHY_PROXY || why == WHY_PEER || why == WHY_PFS;
}

enum ike_why ike_proposal_choose(struct ike_exchange *x, const struct isakmp_sa *offer,
                                 bool have_ke)
{
    enum ike_why why = WHY_NO_PROPOSAL;
    for (size_t i = 0; i < offer->n_proposal; i++) {
        const struct isakmp_proposal *p = &offer->proposal[i];
        bool good = usable(p) && alone(offer, i);
        if (usable(p) && !x->quick->spi_out)
            x->quick->spi_out = be32_get(p->spi.p); /* what a refusal is about */
        TRACE(x->sa->e->scope, qm_proposal, .sa = x->sa->id, .msgid = x->msgid, .number = p->number,
              .protocol = p->protocol);
        for (size_t k = 0; k < p->n_transform; k++) {
            why = judge(x, p, &p->transform[k], have_ke, good);
            if (is_final(why))
                return why;
        }
    }
    return why;
}

/* ---- Finding again ---- */

/* The proposal of that number, offered anew; one that wanted two protocols cannot be had as one. */
static const struct isakmp_proposal *offered_alone(struct ike_exchange *x, uint8_t number)
{
    struct isakmp_sa offer;
    ike_proposal_offer(x, x->arena, &offer);
    for (size_t i = 0; i < offer.n_proposal; i++)
        if (offer.proposal[i].number == number)
            return alone(&offer, i) ? &offer.proposal[i] : NULL;
    return NULL;
}

enum ike_why ike_proposal_accept(struct ike_exchange *x, const struct isakmp_sa *answer)
{
    struct ike_ask ask;
    if (answer->n_proposal != 1 || answer->proposal[0].n_transform != 1)
        return WHY_NO_PROPOSAL;
    const struct isakmp_proposal *p = &answer->proposal[0];
    const struct isakmp_transform *t = &p->transform[0];
    TRACE(x->sa->e->scope, qm_proposal, .sa = x->sa->id, .msgid = x->msgid, .number = p->number,
          .protocol = p->protocol);
    say_transform(x, p, t);
    enum ike_why why = WHY_TRANSFORM;
    const struct isakmp_proposal *offered = offered_alone(x, p->number);
    if (usable(p) && offered &&
        ike_transform_same(&offered->transform[0], t, IPSEC_ATTR_LIFE_DURATION))
        why = ike_proposal_read(x->sa, t, &ask);
    say_verdict(x, t, why);
    if (why != WHY_NONE)
        return why;
    take(x, p, t, &ask);
    return WHY_NONE;
}
