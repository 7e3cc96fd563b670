/* The pair of engines: setting, path and the part of IPsec. See ladder.c for what it writes down.
 */
#include "exchange/pair_priv.h"

/* ---- IPsec ---- */

static enum ike_why check_suite(void *self, ip4 local, ip4 remote, const struct esp_suite *s)
{
    const struct pair_end *e = self;
    return e->judge_suite ? e->judge_suite(self, local, remote, s) : e->suite_why;
}

static uint32_t shorter(uint32_t a, uint32_t b)
{
    return b && (!a || b < a) ? b : a;
}

static enum ike_why check_request(void *self, const struct ike_qm_ask *ask,
                                  struct ike_qm_grant *out)
{
    struct pair_end *e = self;
    e->asked_group = ask->group;
    if (e->request_why != WHY_NONE)
        return e->request_why;
    if (e->pfs != GROUP_NONE && ask->group != e->pfs)
        return WHY_PFS;
    g_strlcpy(out->map, "map", sizeof out->map);
    out->seq = 10;
    out->life_s = shorter(e->life_s, ask->life_s);
    out->life_kb = shorter(e->life_kb, ask->life_kb);
    return WHY_NONE;
}

static uint32_t new_spi(void *self)
{
    return ((struct pair_end *)self)->next_spi++;
}

static enum ike_why install(void *self, const struct ike_child *c)
{
    struct pair_end *e = self;
    if (e->install_why != WHY_NONE)
        return e->install_why;
    struct pair_child *child = g_new0(struct pair_child, 1);
    child->c = *c;
    child->end = e;
    cr_assert(c->keymat_in.n <= 64 && c->keymat_in.n == c->keymat_out.n);
    memcpy(child->keymat_in, c->keymat_in.p, c->keymat_in.n);
    memcpy(child->keymat_out, c->keymat_out.p, c->keymat_out.n);
    child->c.keymat_in.p = child->keymat_in;
    child->c.keymat_out.p = child->keymat_out;
    g_ptr_array_add(e->children, child);
    e->installed++;
    if (e->pair->lives)
        pair_child_lives(child);
    return WHY_NONE;
}

static void peer_deleted(void *self, ip4 remote, uint32_t nat, uint32_t spi_out)
{
    struct pair_end *e = self;
    for (guint i = 0; i < e->children->len; i++) {
        const struct pair_child *child = e->children->pdata[i];
        if (child->c.spi_out == spi_out && child->c.remote == remote && child->c.nat == nat) {
            g_ptr_array_remove_index(e->children, i);
            return;
        }
    }
    e->unknown_deletes++;
}

static void peer_gone(void *self, ip4 local, ip4 remote, uint32_t nat, enum ike_why why)
{
    struct pair_end *e = self;
    e->gone++;
    g_ptr_array_set_size(e->children, 0);
}

static void request_failed(void *self, const struct ike_request *r, enum ike_why why)
{
    struct pair_end *e = self;
    e->failed_requests++;
    e->failed_why = why;
}

static bool still_wanted(void *self, const struct ike_request *r)
{
    const struct pair_end *e = self;
    return !e->unwanted;
}

static struct ike_traffic traffic(void *self, ip4 local, ip4 remote, uint32_t nat, bool watch)
{
    struct pair_end *e = self;
    e->watched |= watch;
    return e->traffic;
}

void pair_packet(struct ike_pair *p, enum ike_role side, bool lost)
{
    struct pair_end *from = &p->end[side];
    from->traffic.last_out = sim_now(p->sim);
    if (!lost)
        p->end[1 - side].traffic.last_in = sim_now(p->sim) + p->delay;
    bool watched = from->watched;
    from->watched = false;
    if (watched)
        ike_traffic_sent(from->engine, from->addr, from->peer, 0);
}

/* ---- The path ---- */

static void datagram_free(void *p)
{
    struct pair_datagram *d = p;
    g_free(d->bytes);
    g_free(d);
}

static void arrive(void *owner, uint64_t arg)
{
    struct ike_pair *p = owner;
    const struct pair_datagram *d = p->sent->pdata[arg];
    struct pair_end *to = &p->end[1 - d->from];
    to->heard++;
    ike_input(to->engine, to->addr, 500, to->peer, 500, span_of(d->bytes, d->n));
}

static bool bit(uint64_t mask, uint64_t n)
{
    return n < 64 && mask >> n & 1;
}

static void release_held(struct ike_pair *p, uint64_t now)
{
    for (uint64_t i = 0; i < now; i++) {
        struct pair_datagram *d = p->sent->pdata[i];
        const struct pair_datagram *after = p->sent->pdata[now];
        if (!d->held || d->from != after->from)
            continue;
        d->held = false;
        sim_post(p->sim, sim_now(p->sim) + p->delay + MILLISECONDS(1), &p->port, i);
    }
}

static void send_datagram(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                          struct span message)
{
    struct pair_end *e = self;
    struct ike_pair *p = e->pair;
    if (p->deaf && dst != e->peer)
        return;
    cr_assert(src == e->addr && dst == e->peer && sport == 500 && dport == 500);
    struct pair_datagram *d = g_new0(struct pair_datagram, 1);
    uint64_t number = p->sent->len, by = p->sent_by[e->side]++;
    d->bytes = g_memdup2(message.p, message.n);
    d->n = message.n;
    d->from = e->side;
    const struct pair_fault *ahead = &p->ahead[e->side];
    d->lost =
        bit(p->lose, number) || bit(p->lose_by[e->side], by) || bit(ahead->lose, by - ahead->from);
    g_ptr_array_add(p->sent, d);
    if (p->want_ladder)
        pair_ladder_add(p, d);
    if (p->damage == (int)number && p->damage_byte < (int)d->n)
        d->bytes[p->damage_byte] ^= p->damage_bits;
    if (d->lost)
        return;
    sim_time at = sim_now(p->sim) + p->delay;
    d->held = p->swap == (int)number || bit(ahead->swap, by - ahead->from);
    if (!d->held)
        sim_post(p->sim, at, &p->port, number);
    release_held(p, number);
    if (bit(p->repeat, number) || bit(ahead->repeat, by - ahead->from))
        sim_post(p->sim, at + p->repeat_after, &p->port, number);
}

/* ---- Setting ---- */

static void end_init(struct ike_pair *p, enum ike_role side)
{
    struct pair_end *e = &p->end[side];
    *e = (struct pair_end){
        .pair = p,
        .side = side,
        .addr = side == PAIR_I ? PAIR_ADDR_I : PAIR_ADDR_R,
        .peer = side == PAIR_I ? PAIR_ADDR_R : PAIR_ADDR_I,
        .conf = ike_conf_new(),
        .scope = trace_scope_new(p->trace, side == PAIR_I ? "i" : "r"),
        .children = g_ptr_array_new_with_free_func(pair_child_free),
        .next_spi = side == PAIR_I ? 0x1000 : 0x2000,
        .life_s = 3600,
        .life_kb = 4608000,
    };
    const struct ike_ops ops = {
        send_datagram, check_suite, check_request,  new_spi, install,
        peer_deleted,  peer_gone,   request_failed, e,       still_wanted,
    };
    ike_profile_init(&e->profile);
    pair_policy(p, side, 10, CIPHER_3DES, HASH_SHA1, GROUP_MODP1024);
    ike_key_set(e->conf, e->peer, 0xffffffffu, "cisco123", false);
    e->engine = ike_new(e->scope, e->conf, &e->profile, &ops);
    e->traffic = (struct ike_traffic){-1, -1};
    ike_on_traffic(e->engine, traffic);
}

struct ike_pair *pair_new(void)
{
    struct ike_pair *p = g_new0(struct ike_pair, 1);
    p->sim = sim_new(1, 0);
    p->trace = trace_new(p->sim);
    p->delay = MILLISECONDS(10);
    p->swap = p->damage = -1;
    p->damage_bits = 1;
    p->sent = g_ptr_array_new_with_free_func(datagram_free);
    p->port = (struct sim_port){arrive, p};
    p->ladder = g_string_new(NULL);
    p->events = g_string_new(NULL);
    end_init(p, PAIR_I);
    end_init(p, PAIR_R);
    return p;
}

/* Held datagrams of the end stay where they are: that path is gone. */
static void heal(struct ike_pair *p)
{
    p->lose = p->lose_by[0] = p->lose_by[1] = p->repeat = 0;
    p->swap = p->damage = -1;
    p->ahead[0] = p->ahead[1] = (struct pair_fault){0};
}

void pair_free(struct ike_pair *p)
{
    pair_ladder_stop(p);
    p->want_ladder = false;
    heal(p);
    const char *wrong = pair_settle(p) ? pair_fault_of(p) : "it is never quiet";
    cr_expect_null(wrong, "after everything: %s", wrong);
    for (int i = 0; i < 2; i++) {
        ike_free(p->end[i].engine);
        ike_conf_free(p->end[i].conf);
        g_ptr_array_unref(p->end[i].children);
    }
    g_ptr_array_unref(p->sent);
    g_string_free(p->ladder, true);
    g_string_free(p->events, true);
    trace_free(p->trace);
    sim_free(p->sim);
    g_free(p);
}

struct ike_policy *pair_policy(struct ike_pair *p, enum ike_role side, uint32_t priority,
                               enum crypto_cipher c, enum crypto_hash h, enum crypto_group g)
{
    struct ike_policy *policy = ike_policy_make(p->end[side].conf, priority);
    *policy = (struct ike_policy){priority, c, h, g, IKE_AUTH_PSK, 86400};
    return policy;
}

struct ike_request pair_request_of(const struct ike_pair *p, enum ike_role side)
{
    const struct pair_end *e = &p->end[side];
    struct ike_request r = {
        .local = e->addr,
        .remote = e->peer,
        .n_offer = 1,
        .offer = {{CIPHER_3DES, HASH_SHA1, false}},
        .life_s = 3600,
        .life_kb = 4608000,
        .map = "map",
        .seq = 10,
    };
    const struct proxy one = proxy_of(IP4(10, 1, 0, 0), ip4_mask(16), 0, 0);
    const struct proxy two = proxy_of(IP4(10, 2, 0, 0), ip4_mask(16), 0, 0);
    r.local_proxy = side == PAIR_I ? one : two;
    r.remote_proxy = side == PAIR_I ? two : one;
    return r;
}

void pair_ask(struct ike_pair *p, enum ike_role side)
{
    const struct ike_request r = pair_request_of(p, side);
    ike_request_sas(p->end[side].engine, &r);
}

void pair_run(struct ike_pair *p, sim_time until)
{
    sim_run(p->sim, until);
}

void pair_lose(struct ike_pair *p, enum ike_role side, unsigned n)
{
    p->lose_by[side] |= 1ull << n;
}

const uint8_t *pair_datagram(const struct ike_pair *p, unsigned n)
{
    return ((const struct pair_datagram *)p->sent->pdata[n])->bytes;
}

size_t pair_datagram_bytes(const struct ike_pair *p, unsigned n)
{
    return n < p->sent->len ? ((const struct pair_datagram *)p->sent->pdata[n])->n : 0;
}

void pair_replay(struct ike_pair *p, unsigned n, size_t bytes)
{
    const struct pair_datagram *d = p->sent->pdata[n];
    struct pair_end *to = &p->end[1 - d->from];
    g_autofree uint8_t *copy = g_memdup2(d->bytes, bytes); /* of that size, for the sanitizers */
    ike_input(to->engine, to->addr, 500, to->peer, 500, span_of(copy, bytes));
}

/* ---- What became of it ---- */

static bool mirrored(const struct ike_child *a, const struct ike_child *b)
{
    return a->spi_in == b->spi_out && a->spi_out == b->spi_in &&
           span_eq(a->keymat_in, b->keymat_out) && span_eq(a->keymat_out, b->keymat_in) &&
           proxy_same(&a->local_proxy, &b->remote_proxy) &&
           proxy_same(&a->remote_proxy, &b->local_proxy) && a->suite.cipher == b->suite.cipher &&
           a->suite.auth == b->suite.auth && a->suite.transport == b->suite.transport &&
           a->life_s == b->life_s && a->life_kb == b->life_kb && a->role != b->role;
}

const char *pair_disagreement(struct ike_pair *p)
{
    const GPtrArray *a = p->end[0].children, *b = p->end[1].children;
    for (guint i = 0; i < a->len; i++) {
        const struct pair_child *x = a->pdata[i];
        guint found = 0;
        for (guint k = 0; k < b->len; k++)
            found += mirrored(&x->c, &((const struct pair_child *)b->pdata[k])->c);
        if (found != 1)
            return "a pair of I has no mirror at R";
    }
    if (a->len != b->len)
        return "R has a pair that I has not";
    for (int side = 0; side < 2; side++) {
        struct ike_sa_view v;
        for (size_t i = 0; ike_sa_at(p->end[side].engine, i, &v); i++) {
            if (v.state != IKE_STATE_QM_IDLE && v.state != IKE_STATE_DEAD)
                return "an SA is still half built";
            if (v.pending)
                return "a request still waits";
        }
    }
    return NULL;
}

uint64_t pair_count(const struct ike_pair *p, enum ike_role side, const char *counter)
{
    uint64_t value = 0;
    trace_counter_get(p->end[side].scope, counter, &value);
    return value;
}

struct ike_sa_view pair_sa(const struct ike_pair *p, enum ike_role side, size_t i)
{
    struct ike_sa_view v = {0};
    cr_assert(ike_sa_at(p->end[side].engine, i, &v), "end %d has no SA %zu", side, i);
    return v;
}

bool pair_has(const struct ike_pair *p, enum ike_role side, enum ike_state state)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(p->end[side].engine, i, &v); i++)
        if (v.state == state)
            return true;
    return false;
}
