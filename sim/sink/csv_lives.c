/* sas.csv: from when to when each SA lived, and what became of it. Only those that live are in
 * memory; a row is written when its SA ends. */
#include "sink_priv.h"

#include <inttypes.h>
#include "base/ip4.h"

#define FILE_NAME "sas.csv"
#define ASKED     256 /* quick modes of ours that replace a pair, the last so many */

enum kind { ISAKMP, ESP_IN, ESP_OUT };
static const char *const kind_name[] = {"isakmp", "esp-in", "esp-out"};

/* What a predecessor and its successor have in common. */
struct place {
    uint32_t scope;
    enum kind kind;
    ip4 local, remote;
    ip4 local_net, local_mask, remote_net, remote_mask; /* 0 of phase 1 */
};
struct life {
    struct place place; /* first: the key of `newest` */
    const char *node;   /* the scope's own */
    uint32_t sa, spi, twin_spi, successor;
    uint64_t cky_i, cky_r;
    int role; /* -1 = not known */
    sim_time born, ready, rekey, replaced, collided;
    GList link; /* in the order of birth */
};
/* A quick mode that is to replace the pair with this inbound SPI. */
struct asked {
    uint32_t scope, sa, msgid, spi;
};

struct sink_lives {
    struct trace *trace;
    struct sink_out out;
    GString *row;
    GQueue live;        /* struct life, by its link */
    GHashTable *by_id;  /* scope, kind, number */
    GHashTable *newest; /* of each place: the one that serves; phase 1 only when ready */
    struct asked asked[ASKED];
    unsigned asked_at;
    struct asked rekey; /* told of in this step, its message ID to come */
    uint64_t rekey_step;
    struct {
        uint32_t scope, spi_in, spi_out;
        int role;
    } install; /* the latest quick mode that ended well */
};

/* ---- Finding ---- */

static guint place_hash(gconstpointer p)
{
    const struct place *k = p;
    const uint32_t part[] = {k->scope,     (uint32_t)k->kind, k->local,      k->remote,
                             k->local_net, k->local_mask,     k->remote_net, k->remote_mask};
    guint h = 5381;
    for (size_t i = 0; i < G_N_ELEMENTS(part); i++)
        h = (h ^ part[i]) * 16777619u;
    return h;
}

static gboolean place_equal(gconstpointer a, gconstpointer b)
{
    const struct place *x = a, *y = b;
    return x->scope == y->scope && x->kind == y->kind && x->local == y->local &&
           x->remote == y->remote && x->local_net == y->local_net &&
           x->local_mask == y->local_mask && x->remote_net == y->remote_net &&
           x->remote_mask == y->remote_mask;
}

static gint64 *key_of(gint64 *at, uint32_t scope, enum kind kind, uint32_t sa)
{
    *at = (gint64)((uint64_t)scope << 34 | (uint64_t)kind << 32 | sa);
    return at;
}

static struct life *life_find(const struct sink_lives *s, uint32_t scope, enum kind kind,
                              uint32_t sa)
{
    gint64 key;
    return g_hash_table_lookup(s->by_id, key_of(&key, scope, kind, sa));
}

static struct life *serving(const struct sink_lives *s, const struct trace_event *e, ip4 local,
                            ip4 remote)
{
    struct place p = {.scope = e->scope->index, .kind = ISAKMP, .local = local, .remote = remote};
    return g_hash_table_lookup(s->newest, &p);
}

/* ---- Rows ---- */

static void cell_net(GString *row, ip4 net, ip4 mask)
{
    if (!net && !mask)
        sink_cell_text(row, NULL);
    else if (ip4_mask_len(mask) >= 0)
        sink_cell_printf(row, "%s/%d", IP4S(net), ip4_mask_len(mask));
    else
        sink_cell_printf(row, "%s/%s", IP4S(net), IP4S(mask));
}

static void put(struct sink_lives *s, const struct life *l, sim_time died, const char *why)
{
    GString *row = s->row;
    sink_cell_text(row, l->node);
    sink_cell_text(row, kind_name[l->place.kind]);
    sink_cell_number(row, l->sa);
    if (l->place.kind == ISAKMP)
        sink_cell_printf(row, "%016" PRIx64 ":%016" PRIx64, l->cky_i, l->cky_r);
    else
        sink_cell_printf(row, "%08" PRIx32, l->spi);
    sink_cell_text(row, IP4S(l->place.local));
    sink_cell_text(row, IP4S(l->place.remote));
    cell_net(row, l->place.local_net, l->place.local_mask);
    cell_net(row, l->place.remote_net, l->place.remote_mask);
    sink_cell_text(row, l->role < 0 ? NULL : ike_role_name(l->role));
    sink_cell_time(row, l->born);
    sink_cell_time(row, l->ready);
    sink_cell_time(row, l->rekey);
    sink_cell_time(row, l->replaced);
    if (l->replaced == SINK_NEVER)
        sink_cell_text(row, NULL);
    else
        sink_cell_number(row, l->successor);
    sink_cell_time(row, l->collided);
    sink_cell_time(row, died);
    sink_cell_text(row, why);
    sink_row_end(&s->out, row);
}

/* ---- Births and deaths ---- */

static struct life *life_begin(struct sink_lives *s, const struct trace_event *e, uint32_t sa,
                               const struct place *place, int role)
{
    if (s->live.length >= SINK_MEMORY_MAX || life_find(s, place->scope, place->kind, sa))
        return NULL;
    struct life *l = g_new0(struct life, 1);
    l->place = *place;
    l->node = e->scope->name;
    l->sa = sa;
    l->role = role;
    l->born = e->at;
    l->ready = l->rekey = l->replaced = l->collided = SINK_NEVER;
    l->link.data = l;
    g_queue_push_tail_link(&s->live, &l->link);
    gint64 *key = g_new(gint64, 1);
    g_hash_table_insert(s->by_id, key_of(key, place->scope, place->kind, sa), l);
    return l;
}

static void life_end(struct sink_lives *s, struct life *l, sim_time at, const char *why)
{
    gint64 key;
    put(s, l, at, why);
    if (g_hash_table_lookup(s->newest, &l->place) == l)
        g_hash_table_remove(s->newest, &l->place);
    g_hash_table_remove(s->by_id, key_of(&key, l->place.scope, l->place.kind, l->sa));
    g_queue_unlink(&s->live, &l->link);
    g_free(l);
}

/* It serves from now on; the one that did is replaced. */
static void life_ready(struct sink_lives *s, struct life *l, sim_time at)
{
    struct life *old = g_hash_table_lookup(s->newest, &l->place);
    if (l->ready != SINK_NEVER)
        return;
    l->ready = at;
    if (old) {
        old->replaced = at;
        old->successor = l->sa;
    }
    g_hash_table_replace(s->newest, &l->place, l);
}

/* Power off: whatever the node had is forgotten. */
static void forget_all(struct sink_lives *s, const struct trace_event *e)
{
    for (GList *at = s->live.head, *next; at; at = next) {
        struct life *l = at->data;
        next = at->next;
        if (l->place.scope == e->scope->index)
            life_end(s, l, e->at, "RELOAD");
    }
}

/* ---- Events ---- */

static void ike_new(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ike_sa_new *n = e->data;
    struct place p = {
        .scope = e->scope->index, .kind = ISAKMP, .local = n->local, .remote = n->remote};
    struct life *l = life_begin(s, e, n->sa, &p, (int)n->role);
    if (!l)
        return;
    l->cky_i = n->cky_i;
    l->cky_r = n->cky_r;
}

static void ike_dead(struct sink_lives *s, const struct trace_event *e, uint32_t sa,
                     const char *why)
{
    struct life *l = life_find(s, e->scope->index, ISAKMP, sa);
    if (l)
        life_end(s, l, e->at, why);
}

static void esp_new(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ipsec_init_sas *n = e->data;
    struct place p = {.scope = e->scope->index,
                      .kind = n->inbound ? ESP_IN : ESP_OUT,
                      .local = n->local,
                      .remote = n->remote,
                      .local_net = n->local_net,
                      .local_mask = n->local_mask,
                      .remote_net = n->remote_net,
                      .remote_mask = n->remote_mask};
    bool known = s->install.scope == p.scope &&
                 n->spi == (n->inbound ? s->install.spi_in : s->install.spi_out);
    struct life *l = life_begin(s, e, n->sa, &p, known ? s->install.role : -1);
    if (!l)
        return;
    l->spi = n->spi;
    l->twin_spi = !known ? 0 : n->inbound ? s->install.spi_out : s->install.spi_in;
    life_ready(s, l, e->at);
}

static void esp_dead(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ipsec_sa_dead *d = e->data;
    struct life *l = life_find(s, e->scope->index, d->inbound ? ESP_IN : ESP_OUT, d->sa);
    if (l)
        life_end(s, l, e->at, ike_why_name((int)d->why));
}

/* The pair with this inbound SPI, walked to: this happens seldom. */
static void pair_each(struct sink_lives *s, uint32_t scope, uint32_t spi_in,
                      void (*fn)(struct life *l, sim_time at), sim_time at)
{
    for (GList *i = s->live.head; i; i = i->next) {
        struct life *l = i->data;
        if (l->place.scope == scope && ((l->place.kind == ESP_IN && l->spi == spi_in) ||
                                        (l->place.kind == ESP_OUT && l->twin_spi == spi_in)))
            fn(l, at);
    }
}

static void mark_collided(struct life *l, sim_time at)
{
    if (l->collided == SINK_NEVER)
        l->collided = at;
}

/* A rekey begins here: of phase 1, told with the number of the new SA, or of a pair. */
static void rekey_begins(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ike_rekey *r = e->data;
    struct life *young = r->spi ? NULL : life_find(s, e->scope->index, ISAKMP, r->sa);
    if (young) {
        struct life *old = serving(s, e, young->place.local, young->place.remote);
        if (old && old->rekey == SINK_NEVER)
            old->rekey = e->at;
        return;
    }
    s->rekey = (struct asked){e->scope->index, r->sa, 0, r->spi};
    s->rekey_step = e->step;
}

static void soft(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ipsec_soft *f = e->data;
    struct life *in = life_find(s, e->scope->index, ESP_IN, f->sa);
    struct life *out = in ? g_hash_table_lookup(s->newest,
                                                &(struct place){
                                                    .scope = in->place.scope,
                                                    .kind = ESP_OUT,
                                                    .local = in->place.local,
                                                    .remote = in->place.remote,
                                                    .local_net = in->place.local_net,
                                                    .local_mask = in->place.local_mask,
                                                    .remote_net = in->place.remote_net,
                                                    .remote_mask = in->place.remote_mask,
                                                })
                          : NULL;
    if (in && in->rekey == SINK_NEVER)
        in->rekey = e->at;
    if (out && out->twin_spi == in->spi && out->rekey == SINK_NEVER)
        out->rekey = e->at;
}

static void quick_begins(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_qm_new *q = e->data;
    if (!q->ours || s->rekey_step != e->step || s->rekey.scope != e->scope->index ||
        s->rekey.sa != q->sa || !s->rekey.spi)
        return;
    s->rekey.msgid = q->msgid;
    s->asked[s->asked_at++ % ASKED] = s->rekey;
    s->rekey.spi = 0;
}

static void collision(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ike_collision *c = e->data;
    if (!c->msgid) {
        struct life *mine = life_find(s, e->scope->index, ISAKMP, c->sa);
        struct life *old = serving(s, e, c->local, c->remote);
        if (mine)
            mark_collided(mine, e->at);
        if (old)
            mark_collided(old, e->at);
        return;
    }
    for (unsigned i = 0; i < ASKED; i++) {
        const struct asked *a = &s->asked[i];
        if (a->spi && a->scope == e->scope->index && a->sa == c->sa && a->msgid == c->msgid)
            pair_each(s, a->scope, a->spi, mark_collided, e->at);
    }
}

static void ike_moves(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_ike_state *m = e->data;
    struct life *l =
        m->new == IKE_STATE_QM_IDLE ? life_find(s, e->scope->index, ISAKMP, m->sa) : NULL;
    if (l)
        life_ready(s, l, e->at);
}

/* The responder's cookie is known to the initiator only now. */
static void ike_keys(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_key_ike *k = e->data;
    struct life *l = life_find(s, e->scope->index, ISAKMP, k->sa);
    if (l)
        l->cky_r = k->cky_r;
}

static void installs(struct sink_lives *s, const struct trace_event *e)
{
    const struct ev_qm_install *q = e->data;
    s->install.scope = e->scope->index;
    s->install.spi_in = q->spi_in;
    s->install.spi_out = q->spi_out;
    s->install.role = (int)q->role;
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_lives *s = self;
    const struct ev_ike_sa_dead *dead = e->data;
    switch (e->id) {
    case EV_ike_sa_new:
        ike_new(s, e);
        break;
    case EV_ike_state:
        ike_moves(s, e);
        break;
    case EV_key_ike:
        ike_keys(s, e);
        break;
    case EV_ike_sa_dead:
        ike_dead(s, e, dead->sa, ike_why_name((int)dead->why));
        break;
    case EV_ike_sa_gone:
        ike_dead(s, e, ((const struct ev_ike_sa_gone *)e->data)->sa, "FORGOTTEN");
        break;
    case EV_ike_rekey:
        rekey_begins(s, e);
        break;
    case EV_ike_collision:
        collision(s, e);
        break;
    case EV_qm_new:
        quick_begins(s, e);
        break;
    case EV_qm_install:
        installs(s, e);
        break;
    case EV_ipsec_init_sas:
        esp_new(s, e);
        break;
    case EV_ipsec_soft:
        soft(s, e);
        break;
    case EV_ipsec_sa_dead:
        esp_dead(s, e);
        break;
    case EV_device_reload:
        forget_all(s, e);
        break;
    default:
        break;
    }
}

/* ---- The sink ---- */

struct sink_lives *sink_lives_new(struct trace *t, const char *stream_dir, GError **error)
{
    static const enum trace_id wanted[] = {
        EV_ike_sa_new,    EV_ike_state,     EV_key_ike,       EV_ike_sa_dead,    EV_ike_sa_gone,
        EV_ike_rekey,     EV_qm_new,        EV_qm_install,    EV_ipsec_init_sas, EV_ipsec_soft,
        EV_ipsec_sa_dead, EV_device_reload, EV_ike_collision,
    };
    static const char heading[] =
        "node,kind,sa,id,local,remote,local_net,remote_net,role,born_ns,ready_ns,rekey_ns,"
        "replaced_ns,successor,collided_ns,died_ns,why\n";
    struct sink_lives *s = g_new0(struct sink_lives, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->row = g_string_new(NULL);
    s->by_id = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
    s->newest = g_hash_table_new(place_hash, place_equal);
    sink_out_put(&s->out, heading, sizeof heading - 1);
    struct trace_mask mask = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        trace_mask_add(&mask, wanted[i]);
    trace_subscribe(t, NULL, &mask, on_event, s);
    return s;
}

bool sink_lives_write(struct sink_lives *s, const char *dir, GError **error)
{
    while (s->live.head)
        life_end(s, s->live.head->data, SINK_NEVER, NULL);
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_lives_free(struct sink_lives *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    for (GList *at = s->live.head, *next; at; at = next) {
        next = at->next;
        g_free(at->data);
    }
    g_hash_table_destroy(s->newest);
    g_hash_table_destroy(s->by_id);
    sink_out_clear(&s->out);
    g_string_free(s->row, TRUE);
    g_free(s);
}
