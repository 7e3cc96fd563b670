/* The IPsec of a node as a thing: making it, applying maps to interfaces, and turning configuration
 * into identity pairs whenever it changes (RFC 2401 4.4.1: one policy entry a permit line). */
#include <string.h>

#include "ipsec_priv.h"

/* ---- Identity pairs ---- */

static void ident_free(gpointer p)
{
    struct ident *ident = p;
    for (guint i = 0; i < ident->view.pairs->len; i++)
        ipsec_pair_free(ident->view.pairs->pdata[i]);
    g_ptr_array_free(ident->view.pairs, TRUE);
    g_free(ident->map);
    g_free(ident->acl);
    g_free(ident);
}

struct ident *ipsec_ident_new(struct ipsec *x, struct binding *b, struct rule *r,
                              const struct proxy *lp, const struct proxy *rp)
{
    struct ident *ident = g_new0(struct ident, 1);
    ident->map = g_strdup(b->name);
    ident->acl = g_strdup(r->entry->acl);
    ident->view.on = b->on;
    ident->view.map = ident->map;
    ident->view.seq = r->entry->seq;
    ident->view.local = b->local;
    ident->view.peer = g_array_index(r->entry->peers, ip4, 0);
    ident->view.local_proxy = *lp;
    ident->view.remote_proxy = *rp;
    ident->view.pairs = g_ptr_array_new();
    return ident;
}

void ipsec_ident_prune(struct ipsec *x, struct ident *ident)
{
    if (ident->view.from_acl || ident->view.pairs->len)
        return;
    struct binding *b = ipsec_binding(x, ident->view.on);
    for (guint i = 0; b && i < b->rules->len; i++)
        g_ptr_array_remove(((struct rule *)b->rules->pdata[i])->others, ident);
    ipsec_forget_flows(x);
    g_ptr_array_remove(x->idents, ident);
}

/* ---- Bindings ---- */

static void rule_free(gpointer p)
{
    struct rule *r = p;
    g_ptr_array_free(r->of_line, TRUE);
    g_ptr_array_free(r->others, TRUE);
    g_free(r);
}

static void binding_free(gpointer p)
{
    struct binding *b = p;
    if (!b)
        return;
    g_ptr_array_free(b->rules, TRUE);
    g_free(b->name);
    g_free(b);
}

struct binding *ipsec_binding(const struct ipsec *x, const struct net_if *i)
{
    return i && i->index < x->bindings->len ? x->bindings->pdata[i->index] : NULL;
}

static ip4 local_address(const struct ipsec *x, const struct ipsec_map *map, const struct net_if *i)
{
    if (map && map->local_if) {
        const struct net_if *named = net_if_by_name(x->node, map->local_if);
        return named ? named->addr : 0;
    }
    return i->addr;
}

const struct ipsec_map_entry *ipsec_entry_of(const struct ipsec *x, const struct ident *ident)
{
    const struct ipsec_map *map = ipsec_map_find(x->conf, ident->map);
    return map ? ipsec_entry_find(map, ident->view.seq) : NULL;
}

/* Idents of before the change. They mostly come again in the same order, so each search goes on
 * where the last one found. */
struct earlier {
    GPtrArray *idents;
    guint at;
};

static struct ident *earlier_find(struct earlier *e, const struct binding *b, uint32_t seq,
                                  const struct proxy *lp, const struct proxy *rp)
{
    for (guint n = 0; n < e->idents->len; n++) {
        guint i = (e->at + n) % e->idents->len;
        struct ident *ident = e->idents->pdata[i];
        if (!ident->kept && ident->view.on == b->on && ident->view.seq == seq &&
            !strcmp(ident->map, b->name) && proxy_same(&ident->view.local_proxy, lp) &&
            proxy_same(&ident->view.remote_proxy, rp)) {
            e->at = i + 1;
            return ident;
        }
    }
    return NULL;
}

static void ident_keep(struct ipsec *x, struct ident *ident)
{
    ident->kept = true;
    g_ptr_array_add(x->idents, ident);
}

/* A peer that is configured no more is not asked; SAs keep the peer they have. */
static void peer_refresh(struct ident *ident, const struct binding *b,
                         const struct ipsec_map_entry *e)
{
    if (ident->peer_at >= e->peers->len)
        ident->peer_at = 0;
    if (ident->view.pairs->len)
        return;
    ident->view.local = b->local;
    ident->view.peer = g_array_index(e->peers, ip4, ident->peer_at);
}

static void rule_make(struct ipsec *x, struct binding *b, const struct ipsec_map_entry *e,
                      struct acl *acl, struct earlier *before)
{
    struct rule *r = g_new0(struct rule, 1);
    r->entry = e;
    r->acl = acl;
    r->of_line = g_ptr_array_new();
    r->others = g_ptr_array_new();
    g_ptr_array_add(b->rules, r);
    for (guint i = 0; i < acl->lines->len; i++) {
        const struct acl_line *l = acl->lines->pdata[i];
        struct ident *ident = NULL;
        if (l->permit && !l->remark) {
            struct proxy line_local, line_remote;
            ipsec_line_proxies(l, &line_local, &line_remote);
            bool raw = x->conf->raw_proxy_id;
            struct proxy lp = raw ? line_local : ipsec_proxy_masked(line_local);
            struct proxy rp = raw ? line_remote : ipsec_proxy_masked(line_remote);
            ident = earlier_find(before, b, e->seq, &lp, &rp);
            if (!ident)
                ident = ipsec_ident_new(x, b, r, &lp, &rp);
            ident->view.from_acl = true;
            ident->line_local = line_local;
            ident->line_remote = line_remote;
            peer_refresh(ident, b, e);
            ident_keep(x, ident);
        }
        g_ptr_array_add(r->of_line, ident);
    }
}

static void binding_make(struct ipsec *x, struct binding *b, struct earlier *before)
{
    g_ptr_array_set_size(b->rules, 0);
    b->map = ipsec_map_find(x->conf, b->name);
    b->local = local_address(x, b->map, b->on);
    for (guint i = 0; b->map && i < b->map->entries->len; i++) {
        const struct ipsec_map_entry *e = b->map->entries->pdata[i];
        struct acl *acl = ipsec_entry_complete(e) ? net_acl(x->node, e->acl) : NULL;
        if (acl)
            rule_make(x, b, e, acl, before);
    }
}

/* Room for twice the idents, so that a hub's spokes do not push each other out. A spoke, which
 * there may be thousands of, has so few that looking through them takes no longer than remembering.
 */
#define IDENTS_REMEMBERED 8
static void slots_make(struct ipsec *x)
{
    if (x->idents->len < IDENTS_REMEMBERED) {
        g_clear_pointer(&x->slots, g_free);
        x->slot_mask = 0;
        return;
    }
    uint32_t n = IDENTS_REMEMBERED * 2;
    while (n < x->idents->len * 2 && n < 8192)
        n *= 2;
    if (x->slots && x->slot_mask + 1 == n)
        return;
    g_free(x->slots);
    x->slots = g_new0(struct flow_slot, n);
    x->slot_mask = n - 1;
}

static struct rule *rule_by_seq(const struct binding *b, uint32_t seq)
{
    guint low = 0, high = b ? b->rules->len : 0;
    while (low < high) {
        guint mid = low + (high - low) / 2;
        if (((struct rule *)b->rules->pdata[mid])->entry->seq < seq)
            low = mid + 1;
        else
            high = mid;
    }
    struct rule *r = b && low < b->rules->len ? b->rules->pdata[low] : NULL;
    return r && r->entry->seq == seq ? r : NULL;
}

void ipsec_ident_insert(struct ipsec *x, struct ident *ident)
{
    guint at = 0;
    for (guint i = 0; i < x->idents->len; i++) {
        const struct ident *other = x->idents->pdata[i];
        if (other->view.on->index < ident->view.on->index ||
            (other->view.on == ident->view.on && other->view.seq <= ident->view.seq))
            at = i + 1;
    }
    g_ptr_array_insert(x->idents, (gint)at, ident);
}

/* An ident whose line is gone: its SAs stay until they are cleared or end, and still carry what the
 * entry protects if that is there. */
static void outlive(struct ipsec *x, struct ident *ident)
{
    struct binding *b = ipsec_binding(x, ident->view.on);
    struct rule *r = b && !strcmp(b->name, ident->map) ? rule_by_seq(b, ident->view.seq) : NULL;
    ident->view.from_acl = false;
    ipsec_ident_insert(x, ident);
    if (r)
        g_ptr_array_add(r->others, ident);
}

void ipsec_changed(struct ipsec *x)
{
    x->stale = true;
    ipsec_forget_flows(x);
}

/* Done when policy is next looked at, so that a long configuration is compiled once, not a line. */
void ipsec_compile(struct ipsec *x)
{
    x->stale = false;
    struct earlier before = {x->idents, 0};
    x->idents = g_ptr_array_new_with_free_func(ident_free);
    for (guint i = 0; i < before.idents->len; i++)
        ((struct ident *)before.idents->pdata[i])->kept = false;
    for (guint i = 0; i < x->bindings->len; i++)
        if (x->bindings->pdata[i])
            binding_make(x, x->bindings->pdata[i], &before);
    g_ptr_array_set_free_func(before.idents, NULL);
    for (guint i = 0; i < before.idents->len; i++) {
        struct ident *ident = before.idents->pdata[i];
        if (ident->kept)
            continue;
        if (ident->view.pairs->len)
            outlive(x, ident);
        else
            ident_free(ident);
    }
    g_ptr_array_free(before.idents, TRUE);
    slots_make(x);
    ipsec_forget_flows(x);
}

void ipsec_bind(struct ipsec *x, struct net_if *i, const char *map)
{
    struct binding *old = ipsec_binding(x, i);
    if (old && map && !strcmp(old->name, map))
        return;
    if (old) {
        ipsec_clear(x, &(struct ipsec_clear_what){.on = i}, WHY_CONFIG);
        x->bindings->pdata[i->index] = NULL;
        binding_free(old);
    }
    if (map) {
        struct binding *b = g_new0(struct binding, 1);
        b->on = i;
        b->name = g_strdup(map);
        b->rules = g_ptr_array_new_with_free_func(rule_free);
        if (x->bindings->len <= i->index)
            g_ptr_array_set_size(x->bindings, (gint)i->index + 1);
        x->bindings->pdata[i->index] = b;
    }
    ipsec_changed(x);
}

const char *ipsec_bound(const struct ipsec *x, const struct net_if *i)
{
    const struct binding *b = ipsec_binding(x, i);
    return b ? b->name : NULL;
}

ip4 ipsec_local_address(const struct ipsec *x, const struct net_if *i)
{
    const struct binding *b = ipsec_binding(x, i);
    return b ? local_address(x, ipsec_map_find(x->conf, b->name), i) : 0;
}

/* ---- The whole ---- */

struct ipsec *ipsec_new(struct net_node *node, struct ipsec_conf *conf, const struct ipsec_ops *ops,
                        const struct ipsec_timing *timing)
{
    struct ipsec *x = g_new0(struct ipsec, 1);
    x->node = node;
    x->scope = net_node_scope(node);
    x->sim = net_sim(net_node_net(node));
    x->conf = conf;
    x->ops = *ops;
    x->timing = timing;
    g_autofree char *stream = g_strdup_printf("%s/ipsec", net_node_name(node));
    x->rng = rng_stream(x->sim, stream);
    x->sad = sad_new(x->sim);
    x->uses = g_hash_table_new(g_int64_hash, g_int64_equal);
    x->bindings = g_ptr_array_new_with_free_func(binding_free);
    x->idents = g_ptr_array_new_with_free_func(ident_free);
    x->generation = 1;
    const struct {
        uint64_t **slot;
        const char *name;
    } counter[] = {
        {&x->count.out_packets, "esp.out.packets"},
        {&x->count.out_bytes, "esp.out.bytes"},
        {&x->count.in_packets, "esp.in.packets"},
        {&x->count.in_bytes, "esp.in.bytes"},
        {&x->count.send_errors, "esp.send_errors"},
        {&x->count.recv_errors, "esp.recv_errors"},
        {&x->count.replay, "esp.replay"},
        {&x->count.icv, "esp.icv"},
        {&x->count.no_spi, "esp.no_spi"},
        {&x->count.proxy, "esp.proxy"},
        {&x->count.created, "ipsec.sa.created"},
        {&x->count.deleted, "ipsec.sa.deleted"},
        {&x->count.acquire, "ipsec.acquire"},
        {&x->count.unknown_delete, "ipsec.delete.unknown"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(counter); i++)
        *counter[i].slot = trace_counter(x->scope, counter[i].name);
    ipsec_data_attach(x);
    return x;
}

void ipsec_free(struct ipsec *x)
{
    if (!x)
        return;
    ipsec_data_detach(x);
    g_ptr_array_free(x->bindings, TRUE);
    g_ptr_array_free(x->idents, TRUE);
    g_hash_table_destroy(x->uses);
    sad_free(x->sad);
    g_free(x->slots);
    g_free(x);
}

/* ---- What show reads ---- */

/* Compiling is no change that a reader could see, so these take a const ipsec all the same. */
size_t ipsec_ident_count(const struct ipsec *x)
{
    ipsec_fresh((struct ipsec *)x);
    return x->idents->len;
}

const struct ipsec_ident *ipsec_ident_at(const struct ipsec *x, size_t i)
{
    ipsec_fresh((struct ipsec *)x);
    return i < x->idents->len ? x->idents->pdata[i] : NULL;
}

struct sad *ipsec_sad(const struct ipsec *x)
{
    return x->sad;
}

struct ipsec_conf *ipsec_conf_of(const struct ipsec *x)
{
    return x->conf;
}

void ipsec_clear_counters(struct ipsec *x)
{
    for (guint i = 0; i < x->idents->len; i++) {
        struct ipsec_ident *v = x->idents->pdata[i];
        v->encaps = v->encrypt = v->digest = 0;
        v->decaps = v->decrypt = v->verify = 0;
        v->send_errors = v->recv_errors = 0;
    }
}
