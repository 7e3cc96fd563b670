/* Invariants that hold at every instant of every run, seen in the events alone: no SPI is taken
 * twice, no SA outlives its lifetime, an outbound SA has its partner, nothing that policy protects
 * goes out in clear, and the books balance.
 *
 * RFC 2401 4.4.3 asks for the first, RFC 2407 4.5 for the second. That an outbound SA has its
 * partner cannot hold always: a lost third message of quick mode, or a lost delete, leaves one end
 * with half a pair until its lifetime is over; so does the end of a pair whose phase 1 ended before
 * it, for then there is no way to tell. So a partner may be missing for a while when nothing has
 * disturbed the network and both ends share a phase 1, and until the lifetime ends otherwise. */
#include <string.h>

#include "rules_priv.h"

#define KEPT      64           /* breaches with their words; more are only counted */
#define ALONE_FOR SECONDS(60)  /* longer than an exchange with all its copies, undisturbed */
#define DISTURBED SECONDS(600) /* what a disturbance causes may come this much later */
#define NEVER_YET INT64_MIN

enum { RULE_SPI = 11, RULE_PARTNER, RULE_CLEAR, RULE_LIFETIME, RULE_BOOKS };

struct life {
    uint64_t key; /* scope, kind, number: the key of `lives` */
    uint64_t way; /* of ESP: SPI and the receiver's address, the key of `ways` */
    const struct trace_scope *scope;
    uint32_t sa, spi;
    bool ike, inbound;
    sim_time ends;        /* SIM_TIME_MAX = never, or not known */
    uint32_t life_s;      /* of phase 1, until it is ready */
    sim_time alone_since; /* outbound: the partner is missing; NEVER_YET: it is not */
    bool undisturbed;     /* when it began to miss it */
    bool told;            /* then both ends had a phase 1 to tell it through */
    bool ready;           /* of phase 1 */
    ip4 local, remote;
    GList link; /* among those of its node */
};
/* The two ends of one direction. */
struct way {
    uint64_t key;
    struct life *out, *in;
};
/* Phase 1 of two ends, seen from the first. */
struct ends {
    uint64_t key; /* local, remote */
    unsigned ready;
    sim_time last_end; /* NEVER_YET: none has ended */
};
struct node {
    GQueue lives;       /* struct life, in the order of birth */
    uint64_t forgotten; /* ESP SAs that a power loss took, which no counter counted */
    struct device *device;
};
struct found {
    int rule;
    const struct trace_scope *scope;
    char *detail;
};
struct lives {
    struct world *w;
    GPtrArray *nodes;  /* struct node, by scope index */
    GHashTable *lives; /* by key */
    GHashTable *ways;
    GHashTable *ends;  /* struct ends */
    GHashTable *known; /* addresses that SAs of this world begin at */
    sim_time disturbed;
    GArray *found; /* struct found */
    uint64_t left_out;
};

static void found_clear(void *p)
{
    g_free(((struct found *)p)->detail);
}

static void broken(struct lives *v, int rule, const struct trace_scope *scope, const char *format,
                   ...) G_GNUC_PRINTF(4, 5);
static void broken(struct lives *v, int rule, const struct trace_scope *scope, const char *format,
                   ...)
{
    if (v->found->len >= KEPT) {
        v->left_out++;
        return;
    }
    va_list args;
    va_start(args, format);
    g_autofree char *what = g_strdup_vprintf(format, args);
    va_end(args);
    GString *text = g_string_new("at ");
    units_time_text(text, sim_now(v->w->sim));
    g_string_append_printf(text, ": %s", what);
    struct found f = {rule, scope, g_string_free(text, FALSE)};
    g_array_append_val(v->found, f);
}

/* ---- Who lives ---- */

enum { IKE, ESP_IN, ESP_OUT };

static uint64_t key_of(const struct trace_scope *scope, unsigned kind, uint32_t sa)
{
    return (uint64_t)scope->index << 34 | (uint64_t)kind << 32 | sa;
}

static struct node *node_of(struct lives *v, const struct trace_scope *scope)
{
    while (v->nodes->len <= scope->index)
        g_ptr_array_add(v->nodes, NULL);
    if (!v->nodes->pdata[scope->index])
        v->nodes->pdata[scope->index] = g_new0(struct node, 1);
    return v->nodes->pdata[scope->index];
}

static struct life *life_find(const struct lives *v, uint64_t key)
{
    return g_hash_table_lookup(v->lives, &key);
}

static struct life *life_new(struct lives *v, const struct trace_event *e, unsigned kind,
                             uint32_t sa)
{
    uint64_t key = key_of(e->scope, kind, sa);
    if (life_find(v, key)) /* an engine's numbers are never used twice */
        return NULL;
    struct life *l = g_new0(struct life, 1);
    l->key = key;
    l->scope = e->scope;
    l->sa = sa;
    l->ike = kind == IKE;
    l->inbound = kind == ESP_IN;
    l->ends = SIM_TIME_MAX;
    l->alone_since = NEVER_YET;
    l->link.data = l;
    g_queue_push_tail_link(&node_of(v, e->scope)->lives, &l->link);
    g_hash_table_insert(v->lives, &l->key, l);
    return l;
}

static sim_time after(sim_time from, uint32_t seconds)
{
    return seconds ? from + SECONDS(seconds) : SIM_TIME_MAX;
}

/* ---- Partners ---- */

static struct way *way_of(struct lives *v, uint64_t key)
{
    struct way *way = g_hash_table_lookup(v->ways, &key);
    if (!way) {
        way = g_new0(struct way, 1);
        way->key = key;
        g_hash_table_insert(v->ways, &way->key, way);
    }
    return way;
}

static struct ends *ends_of(struct lives *v, ip4 local, ip4 remote)
{
    uint64_t key = (uint64_t)local << 32 | remote;
    struct ends *e = g_hash_table_lookup(v->ends, &key);
    if (!e) {
        e = g_new0(struct ends, 1);
        e->key = key;
        e->last_end = NEVER_YET;
        g_hash_table_insert(v->ends, &e->key, e);
    }
    return e;
}

static void alone_begins(struct lives *v, struct life *out)
{
    sim_time now = sim_now(v->w->sim);
    out->alone_since = now;
    out->undisturbed = v->disturbed == NEVER_YET || now - v->disturbed > DISTURBED;
    out->told = ends_of(v, out->local, out->remote)->ready > 0 &&
                ends_of(v, out->remote, out->local)->ready > 0 &&
                ends_of(v, out->remote, out->local)->last_end != now;
}

/* It has its partner now, or is over. */
static void alone_ends(struct lives *v, struct life *out)
{
    sim_time now = sim_now(v->w->sim), since = out->alone_since;
    out->alone_since = NEVER_YET;
    if (since == NEVER_YET || now - since <= ALONE_FOR || !out->undisturbed || !out->told ||
        v->disturbed >= since || ends_of(v, out->remote, out->local)->last_end == since)
        return;
    /* A real peer is not seen. */
    if (g_hash_table_contains(v->known, GUINT_TO_POINTER(out->remote)))
        broken(v, RULE_PARTNER, out->scope,
               "outbound SPI %08X towards %s had no partner there for %" G_GINT64_FORMAT " s",
               out->spi, IP4S(out->remote), (gint64)((now - since) / SECONDS(1)));
}

static void way_joins(struct lives *v, struct life *l, uint32_t spi, ip4 receiver)
{
    struct way *way = way_of(v, l->way = (uint64_t)spi << 32 | receiver);
    l->spi = spi;
    if (l->inbound && way->in)
        broken(v, RULE_SPI, l->scope, "two inbound SAs with SPI %08X", spi);
    if (l->inbound) {
        way->in = l;
        if (way->out)
            alone_ends(v, way->out);
        return;
    }
    way->out = l;
    if (!way->in)
        alone_begins(v, l);
}

static void way_leaves(struct lives *v, struct life *l)
{
    struct way *way = g_hash_table_lookup(v->ways, &l->way);
    if (l->inbound && way->in == l) {
        way->in = NULL;
        if (way->out)
            alone_begins(v, way->out);
    } else if (!l->inbound && way->out == l) {
        way->out = NULL;
        alone_ends(v, l);
    }
    if (!way->in && !way->out)
        g_hash_table_remove(v->ways, &l->way);
}

/* ---- Ends ---- */

static void life_over(struct lives *v, struct life *l, bool forgotten)
{
    sim_time now = sim_now(v->w->sim);
    struct node *n = node_of(v, l->scope);
    if (now > l->ends)
        broken(
            v, RULE_LIFETIME, l->scope, "%s SA %u ended %" G_GINT64_FORMAT " ms after its lifetime",
            l->ike ? "the ISAKMP" : "the ESP", l->sa, (gint64)((now - l->ends) / MILLISECONDS(1)));
    if (!l->ike)
        way_leaves(v, l);
    if (l->ready) {
        struct ends *e = ends_of(v, l->local, l->remote);
        e->ready--;
        e->last_end = now;
    }
    n->forgotten += forgotten && !l->ike;
    g_queue_unlink(&n->lives, &l->link);
    g_hash_table_remove(v->lives, &l->key); /* frees it */
}

/* ---- Events of SAs ---- */

static void ike_event(struct lives *v, const struct trace_event *e)
{
    const struct ev_ike_sa_new *born = e->data;
    const struct ev_ike_lifetime *life = e->data;
    const struct ev_ike_state *state = e->data;
    const struct ev_ike_sa_dead *dead = e->data;
    const struct ev_ike_sa_gone *gone = e->data;
    struct life *l;
    switch (e->id) {
    case EV_ike_sa_new:
        if ((l = life_new(v, e, IKE, born->sa))) {
            l->local = born->local;
            l->remote = born->remote;
        }
        g_hash_table_add(v->known, GUINT_TO_POINTER(born->local));
        break;
    case EV_ike_lifetime:
        if ((l = life_find(v, key_of(e->scope, IKE, life->sa))))
            l->life_s = life->seconds;
        break;
    case EV_ike_state: /* the lifetime counts from here */
        l = state->new == IKE_STATE_QM_IDLE ? life_find(v, key_of(e->scope, IKE, state->sa)) : NULL;
        if (l && !l->ready) {
            l->ready = true;
            l->ends = after(e->at, l->life_s);
            ends_of(v, l->local, l->remote)->ready++;
        }
        break;
    default:
        l = life_find(v, key_of(e->scope, IKE, e->id == EV_ike_sa_dead ? dead->sa : gone->sa));
        if (l)
            life_over(v, l, false);
        break;
    }
}

static void esp_event(struct lives *v, const struct trace_event *e)
{
    struct life *l;
    if (e->id == EV_ipsec_init_sas) {
        const struct ev_ipsec_init_sas *born = e->data;
        l = life_new(v, e, born->inbound ? ESP_IN : ESP_OUT, born->sa);
        if (!l)
            return;
        l->ends = after(e->at, born->life_s);
        l->local = born->local;
        l->remote = born->remote;
        g_hash_table_add(v->known, GUINT_TO_POINTER(born->local));
        way_joins(v, l, born->spi, born->inbound ? born->local : born->remote);
        return;
    }
    const struct ev_ipsec_sa_dead *dead = e->data;
    l = life_find(v, key_of(e->scope, dead->inbound ? ESP_IN : ESP_OUT, dead->sa));
    if (l)
        life_over(v, l, false);
}

static void forget_all(struct lives *v, const struct trace_event *e)
{
    struct node *n = node_of(v, e->scope);
    while (n->lives.head)
        life_over(v, n->lives.head->data, true);
}

static void listen(void *self, const struct trace_event *e)
{
    struct lives *v = self;
    switch (e->id) {
    case EV_ike_sa_new:
    case EV_ike_lifetime:
    case EV_ike_state:
    case EV_ike_sa_dead:
    case EV_ike_sa_gone:
        ike_event(v, e);
        break;
    case EV_ipsec_init_sas:
    case EV_ipsec_sa_dead:
        esp_event(v, e);
        break;
    case EV_device_reload:
        v->disturbed = e->at;
        forget_all(v, e);
        break;
    default:
        v->disturbed = e->at;
        break;
    }
}

/* ---- Clear ---- */

/* What a node says itself to negotiate, and what is protected already. */
static bool own_control(const struct device *d, const struct net_if *i, const struct flow *f)
{
    if (f->protocol == IPPROTO_NUM_ESP || f->protocol == IPPROTO_NUM_AH)
        return true;
    return f->protocol == IPPROTO_NUM_UDP && (f->sport == 500 || f->sport == 4500) &&
           f->src == ipsec_local_address(d->ipsec, i);
}

/* The first line that matches in the list of an entry decides: permit protects, deny and no match
 * leave the packet to the next entry. Read from the configuration, not from the engine's tables. */
static const char *protecting(const struct device *d, const char *map, const struct flow *f)
{
    const struct ipsec_map *m = ipsec_map_find(d->ipsec_conf, map);
    for (guint i = 0; m && i < m->entries->len; i++) {
        const struct ipsec_map_entry *e = m->entries->pdata[i];
        const struct acl *acl =
            !e->dynamic && ipsec_entry_complete(e) ? net_acl(d->node, e->acl) : NULL;
        for (guint k = 0; acl && k < acl->lines->len; k++) {
            const struct acl_line *l = acl->lines->pdata[k];
            if (l->remark || !acl_line_matches(l, f))
                continue;
            if (l->permit)
                return acl->name;
            break;
        }
    }
    return NULL;
}

static const struct net_if *sent_by(const struct device *d, const struct ev_link_tx *tx)
{
    for (size_t i = 0; i < net_if_count(d->node); i++) {
        const struct net_if *one = net_if_at(d->node, i);
        if (one->link && one->link_end == tx->end &&
            strcmp(net_link_name(one->link), tx->link) == 0)
            return one;
    }
    return NULL;
}

static void watch_link(void *self, const struct trace_event *e)
{
    struct lives *v = self;
    const struct ev_link_tx *tx = e->data;
    struct flow f;
    if (tx->frame.n >= IP4_HEAD && tx->frame.p[9] == IPPROTO_NUM_ESP)
        return;
    const struct device *d = node_of(v, e->scope)->device;
    const struct net_if *i = d->ipsec ? sent_by(d, tx) : NULL;
    const char *map = i ? ipsec_bound(d->ipsec, i) : NULL;
    const struct pkt packet = {.buf = (uint8_t *)tx->frame.p, .len = (uint32_t)tx->frame.n};
    if (!map || !pkt_flow(&packet, &f) || own_control(d, i, &f))
        return;
    const char *acl = protecting(d, map, &f);
    if (acl)
        broken(v, RULE_CLEAR, e->scope, "%s to %s, protocol %u, left %s in clear, protected by %s",
               IP4S(f.src), IP4S(f.dst), f.protocol, i->name, acl);
}

/* ---- The end ---- */

/* Created less deleted less forgotten is what lives, in the counters, in the events and in the SAD.
 */
static void check_books(struct lives *v, const struct device *d, const struct node *n)
{
    uint64_t created, deleted, live = 0, sad = sad_count(ipsec_sad(d->ipsec));
    trace_counter_get(d->scope, "ipsec.sa.created", &created);
    trace_counter_get(d->scope, "ipsec.sa.deleted", &deleted);
    for (const GList *at = n->lives.head; at; at = at->next)
        live += !((const struct life *)at->data)->ike;
    if (created - deleted - n->forgotten != sad || live != sad)
        broken(v, RULE_BOOKS, d->scope,
               "%" G_GUINT64_FORMAT " SAs created, %" G_GUINT64_FORMAT
               " deleted, %" G_GUINT64_FORMAT " forgotten; %" G_GUINT64_FORMAT
               " live in the events, %" G_GUINT64_FORMAT " in the SAD",
               (guint64)created, (guint64)deleted, (guint64)n->forgotten, (guint64)live,
               (guint64)sad);
}

/* Nobody accepts more than was sent to him; a copy of the link's is refused where there is a
 * window. */
static void check_pair_books(struct lives *v, const struct way *way)
{
    const struct device *from = way->out ? node_of(v, way->out->scope)->device : NULL;
    const struct device *to = way->in ? node_of(v, way->in->scope)->device : NULL;
    if (!from || !to || !from->ipsec || !to->ipsec)
        return;
    const struct esp_sa *out = sad_by_id(ipsec_sad(from->ipsec), way->out->sa);
    const struct esp_sa *in = sad_by_id(ipsec_sad(to->ipsec), way->in->sa);
    if (out && in && in->replay && in->packets > out->packets)
        broken(v, RULE_BOOKS, way->in->scope,
               "SPI %08X: %" G_GUINT64_FORMAT " packets accepted, %" G_GUINT64_FORMAT " sent",
               in->spi, (guint64)in->packets, (guint64)out->packets);
}

static void check_flow(struct lives *v, const struct traffic *t)
{
    struct traffic_tally n;
    traffic_tally(t, &n);
    if (n.received + n.errors > n.sent)
        broken(v, RULE_BOOKS, trace_scope_root(v->w->trace),
               "flow %s: %" G_GUINT64_FORMAT " sent, %" G_GUINT64_FORMAT
               " received, %" G_GUINT64_FORMAT " given up",
               traffic_name(t), (guint64)n.sent, (guint64)n.received, (guint64)n.errors);
}

static void check_living(struct lives *v, const struct node *n)
{
    sim_time now = sim_now(v->w->sim);
    for (const GList *at = n->lives.head; at; at = at->next) {
        struct life *l = at->data;
        if (now > l->ends)
            broken(v, RULE_LIFETIME, l->scope, "SA %u lives on after its lifetime", l->sa);
        if (l->alone_since != NEVER_YET) {
            sim_time since = l->alone_since;
            alone_ends(v, l);
            l->alone_since = since;
        }
        struct way *way = l->inbound ? g_hash_table_lookup(v->ways, &l->way) : NULL;
        if (way)
            check_pair_books(v, way);
    }
}

void lives_check(struct lives *v, rule_fn breach, void *self)
{
    for (guint i = 0; i < v->nodes->len; i++) {
        const struct node *n = v->nodes->pdata[i];
        if (!n || !n->device)
            continue;
        check_living(v, n);
        if (n->device->ipsec)
            check_books(v, n->device, n);
    }
    for (guint i = 0; i < v->w->flows->len; i++)
        check_flow(v, v->w->flows->pdata[i]);
    for (guint i = 0; i < v->found->len; i++) {
        const struct found *f = &g_array_index(v->found, struct found, i);
        breach(self, f->rule, f->scope->name, f->detail);
    }
}

size_t lives_alone(const struct lives *v)
{
    size_t n = 0;
    for (guint i = 0; i < v->nodes->len; i++) {
        const struct node *node = v->nodes->pdata[i];
        for (const GList *at = node ? node->lives.head : NULL; at; at = at->next)
            n += ((const struct life *)at->data)->alone_since != NEVER_YET;
    }
    return n;
}

/* ---- The listener ---- */

static void node_free(void *p)
{
    g_free(p);
}

struct lives *lives_new(struct world *w)
{
    static const enum trace_id wanted[] = {
        EV_ike_sa_new,
        EV_ike_lifetime,
        EV_ike_state,
        EV_ike_sa_dead,
        EV_ike_sa_gone,
        EV_device_reload,
        EV_ipsec_init_sas,
        EV_ipsec_sa_dead,
        /* disturbances */
        EV_link_drop,
        EV_link_change,
        EV_if_state,
        EV_clear_command,
        EV_config_change,
        EV_timeline,
        EV_injected,
    };
    struct lives *v = g_new0(struct lives, 1);
    struct trace_mask mask = {0}, frames = {0};
    v->w = w;
    v->nodes = g_ptr_array_new_with_free_func(node_free);
    v->lives = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    v->ways = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    v->ends = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
    v->known = g_hash_table_new(NULL, NULL);
    v->found = g_array_new(FALSE, FALSE, sizeof(struct found));
    g_array_set_clear_func(v->found, found_clear);
    v->disturbed = NEVER_YET;
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        trace_mask_add(&mask, wanted[i]);
    trace_subscribe(w->trace, NULL, &mask, listen, v);
    trace_mask_add(&frames, EV_link_tx);
    for (guint i = 0; i < w->devices->len; i++) {
        struct device *d = w->devices->pdata[i];
        if (!d->kind->has_crypto)
            continue;
        node_of(v, d->scope)->device = d;
        trace_subscribe(w->trace, d->scope, &frames, watch_link, v);
    }
    return v;
}

void lives_free(struct lives *v)
{
    if (!v)
        return;
    trace_unsubscribe(v->w->trace, listen, v);
    trace_unsubscribe(v->w->trace, watch_link, v);
    g_hash_table_destroy(v->ways);
    g_hash_table_destroy(v->lives);
    g_hash_table_destroy(v->ends);
    g_hash_table_destroy(v->known);
    g_ptr_array_unref(v->nodes);
    g_array_free(v->found, TRUE);
    g_free(v);
}
