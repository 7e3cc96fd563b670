/* What a pair writes down: a ladder of datagrams, with the payloads of encrypted ones read by the
 * keys that the engines make known, and the events of an end. */
#include "exchange/pair_priv.h"

/* ---- Reading what is encrypted ---- */

struct key {
    enum crypto_cipher cipher;
    enum crypto_hash hash;
    uint8_t bytes[CRYPTO_MAX_KEY], iv[CRYPTO_MAX_BLOCK];
};

static char *key_name(enum ike_role side, uint64_t cky_i)
{
    return g_strdup_printf("%d %016" G_GINT64_MODIFIER "x", side, cky_i);
}

static void learn_key(void *self, const struct trace_event *t)
{
    struct ike_pair *p = self;
    const struct ev_key_ike *e = t->data;
    struct key *k = g_new0(struct key, 1);
    k->cipher = e->cipher;
    k->hash = e->hash;
    memcpy(k->bytes, e->cipher_key.p, e->cipher_key.n);
    memcpy(k->iv, e->iv.p, e->iv.n);
    g_hash_table_replace(p->keys, key_name(t->scope == p->end[0].scope ? 0 : 1, e->cky_i), k);
}

static void learn_keys(struct ike_pair *p)
{
    struct trace_mask want = {0};
    p->keys = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    p->ivs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    trace_mask_add(&want, EV_key_ike);
    trace_subscribe(p->trace, NULL, &want, learn_key, p);
}

void pair_ladder_stop(struct ike_pair *p)
{
    if (!p->keys)
        return;
    trace_unsubscribe(p->trace, learn_key, p);
    g_hash_table_unref(p->keys);
    g_hash_table_unref(p->ivs);
}

static char *iv_name(const struct isakmp_head *h, uint32_t msgid)
{
    return g_strdup_printf("%016" G_GINT64_MODIFIER "x %u", h->cky_i, msgid);
}

/* The IV of an exchange as it stands: the first is made from the key or from phase 1. */
static uint8_t *iv_of(struct ike_pair *p, const struct key *k, const struct isakmp_head *h)
{
    char *name = iv_name(h, h->msgid);
    uint8_t *iv = g_hash_table_lookup(p->ivs, name);
    if (iv) {
        g_free(name);
        return iv;
    }
    iv = g_memdup2(k->iv, sizeof k->iv);
    if (h->msgid) {
        g_autofree char *phase1 = iv_name(h, 0);
        const uint8_t *last = g_hash_table_lookup(p->ivs, phase1);
        size_t n = cipher_iv_bytes(k->cipher);
        ike_phase2_iv(iv, n, k->hash, span_of(last ? last : k->iv, n), h->msgid);
    }
    g_hash_table_insert(p->ivs, name, iv);
    return iv;
}

static bool decrypt(struct ike_pair *p, const struct pair_datagram *d, const struct isakmp_head *h,
                    uint8_t *plain)
{
    g_autofree char *name = key_name(d->from, h->cky_i);
    const struct key *k = g_hash_table_lookup(p->keys, name);
    if (!k)
        return false;
    uint8_t *iv = iv_of(p, k, h);
    struct cipher *c = cipher_new(k->cipher, span_of(k->bytes, cipher_key_bytes(k->cipher)));
    bool ok = cipher_decrypt(c, iv, d->bytes + ISAKMP_HEAD, d->n - ISAKMP_HEAD, plain, iv);
    cipher_free(c);
    return ok;
}

/* ---- The ladder ---- */

static const char *exchange_word(uint8_t exchange)
{
    switch (exchange) {
    case EXCHANGE_MAIN:
        return "MM";
    case EXCHANGE_AGGRESSIVE:
        return "AM";
    case EXCHANGE_TRANSACTION:
        return "TX";
    case EXCHANGE_QUICK:
        return "QM";
    default:
        return "IN";
    }
}

static bool sent_before(const struct ike_pair *p, const struct pair_datagram *d)
{
    for (guint i = 0; i + 1 < p->sent->len; i++) {
        const struct pair_datagram *old = p->sent->pdata[i];
        if (old->n == d->n && memcmp(old->bytes, d->bytes, d->n) == 0)
            return true;
    }
    return false;
}

static void add_payloads(struct ike_pair *p, const struct pair_datagram *d,
                         const struct isakmp_head *h, bool again)
{
    uint8_t plain[8192];
    struct isakmp_chain chain;
    struct span body = span_of(d->bytes + ISAKMP_HEAD, d->n - ISAKMP_HEAD);
    bool sealed = h->flags & ISAKMP_FLAG_ENCRYPTED;
    if (sealed && (again || !decrypt(p, d, h, plain)))
        return;
    if (sealed)
        body = span_of(plain, body.n);
    if (isakmp_chain_parse(h->next_payload, body, &chain) != ISAKMP_FINE) {
        g_string_append(p->ladder, " ?");
        return;
    }
    for (size_t i = 0; i < chain.n; i++)
        g_string_append_printf(p->ladder, " %s", isakmp_payload_type_name(chain.p[i].type));
}

void pair_ladder_add(struct ike_pair *p, const struct pair_datagram *d)
{
    struct isakmp_head h;
    cr_assert_eq(isakmp_head_parse(span_of(d->bytes, d->n), &h), WIRE_OK);
    bool again = sent_before(p, d), sealed = h.flags & ISAKMP_FLAG_ENCRYPTED;
    int64_t ms = sim_now(p->sim) / 1000000;
    const char *arrow = d->from == PAIR_I ? (d->lost ? "--x" : "-->") : (d->lost ? "x--" : "<--");
    g_string_append_printf(p->ladder, "%2d.%03d  %s  %s%s", (int)(ms / 1000), (int)(ms % 1000),
                           arrow, exchange_word(h.exchange), sealed ? "*" : " ");
    add_payloads(p, d, &h, again);
    g_string_append(p->ladder, again ? "   again\n" : "\n");
}

const char *pair_ladder(struct ike_pair *p)
{
    if (p->want_ladder)
        return p->ladder->str;
    p->want_ladder = true;
    learn_keys(p);
    return NULL;
}

/* ---- Events ---- */

static void add_field(GString *out, const struct trace_field *f, const void *data)
{
    const void *at = (const char *)data + f->offset;
    switch (f->kind) {
    case KIND_ENUM: {
        int value = *(const int *)at;
        const char *name = f->enum_name(value);
        g_string_append_printf(out, " %s", name ? name : "?");
        break;
    }
    case KIND_BOOL:
        if (*(const bool *)at)
            g_string_append_printf(out, " %s", f->name);
        break;
    default:
        break; /* numbers and addresses are the affair of tests that ask for them */
    }
}

static void record(void *self, const struct trace_event *t)
{
    struct ike_pair *p = self;
    g_string_append(p->events, trace_event_name(t->id));
    for (const struct trace_field *f = trace_event_fields(t->id); f->name; f++)
        add_field(p->events, f, t->data);
    if (t->id == EV_ike_offer)
        g_string_append_printf(p->events, " %u", ((const struct ev_ike_offer *)t->data)->priority);
    g_string_append_c(p->events, '\n');
}

void pair_record(struct ike_pair *p, enum ike_role side)
{
    struct trace_mask want = {0};
    trace_mask_all(&want);
    trace_subscribe(p->trace, p->end[side].scope, &want, record, p);
}

bool pair_recorded(const struct ike_pair *p, const char *line)
{
    g_autofree char *whole = g_strdup_printf("\n%s\n", line);
    g_autofree char *all = g_strdup_printf("\n%s", p->events->str);
    return strstr(all, whole) != NULL;
}
