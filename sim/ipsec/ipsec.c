/* The IPsec of a node as a thing: making it, applying maps to interfaces, and what show reads. */
#include <string.h>

#include "ipsec_priv.h"

/* ---- Identity pairs ---- */

void ipsec_ident_free(gpointer p)
{
    struct ident *ident = p;
    for (guint i = 0; i < ident->view.pairs->len; i++)
        ipsec_pair_free(ident->view.pairs->pdata[i]);
    g_ptr_array_free(ident->view.pairs, TRUE);
    g_free(ident->map);
    g_free(ident->acl);
    g_free(ident->dynamic);
    g_free(ident);
}

struct ident *ipsec_ident_new(struct ipsec *x, struct binding *b, struct rule *r,
                              const struct proxy *lp, const struct proxy *rp)
{
    struct ident *ident = g_new0(struct ident, 1);
    ident->map = g_strdup(b->name);
    ident->acl = g_strdup(r->entry->acl);
    ident->dynamic = g_strdup(r->dynamic);
    ident->view.on = b->on;
    ident->view.map = ident->map;
    ident->view.seq = r->seq;
    ident->view.dynamic = ident->dynamic;
    ident->view.template_seq = r->template_seq;
    ident->view.local = b->local;
    ident->view.peer = r->entry->peers->len ? g_array_index(r->entry->peers, ip4, 0) : 0;
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
    for (guint i = 0; b && i < b->rules->len; i++) {
        struct rule *r = b->rules->pdata[i];
        if (!g_ptr_array_remove(r->others, ident))
            continue;
        for (guint k = 0; k < r->of_line->len; k++)
            if (r->of_line->pdata[k])
                ((struct ident *)r->of_line->pdata[k])->told = false;
    }
    ipsec_forget_flows(x);
    g_ptr_array_remove(x->idents, ident);
}

/* ---- Bindings ---- */

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

/* The setting of CAT-18: what the interface had when the map was applied is spoken from until the
 * map is taken off. An address that was not there yet is taken when it comes. */
ip4 ipsec_binding_address(const struct ipsec *x, struct binding *b)
{
    if (!x->conf->map_keeps_address || !b->taken)
        b->taken = local_address(x, ipsec_map_find(x->conf, b->name), b->on);
    return b->taken;
}

/* The entry, or the template, that an ident hangs under; NULL when it is gone. */
const struct ipsec_map_entry *ipsec_entry_of(const struct ipsec *x, const struct ident *ident)
{
    const struct ipsec_map *map = ipsec_map_find(x->conf, ident->map);
    const struct ipsec_map_entry *e = map ? ipsec_entry_find(map, ident->view.seq) : NULL;
    if (!e || g_strcmp0(e->dynamic, ident->dynamic))
        return NULL;
    if (!e->dynamic)
        return e;
    const struct ipsec_map *dynamic = ipsec_dynamic_find(x->conf, e->dynamic);
    return dynamic ? ipsec_entry_find(dynamic, ident->view.template_seq) : NULL;
}

void ipsec_changed(struct ipsec *x)
{
    x->stale = true;
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
        b->rules = g_ptr_array_new_with_free_func(ipsec_rule_free);
        if (x->bindings->len <= i->index)
            g_ptr_array_set_size(x->bindings, (gint)i->index + 1);
        x->bindings->pdata[i->index] = b;
        ipsec_binding_address(x, b);
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
    struct binding *b = ipsec_binding(x, i);
    return b ? ipsec_binding_address(x, b) : 0;
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
    x->idents = g_ptr_array_new_with_free_func(ipsec_ident_free);
    x->peerless = g_ptr_array_new_with_free_func(ipsec_ident_free);
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
    g_ptr_array_free(x->peerless, TRUE);
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
        v->cut = v->cut_failed = v->pieces = v->pieces_in = 0;
        v->too_big_sent = v->too_big_heard = 0;
    }
}
