/* What is configured of address translation, and the rules of the node that come of it.
 *
 * The order of things is the device's: from an inside to an outside interface a packet is routed,
 * then translated, then compared with the crypto map; from outside it is opened, then translated,
 * then routed. What no mapping speaks of passes as it is. */
#include "ios_nat.h"

#include <string.h>

/* The time-outs of the family: "ip nat translation timeout" and its kin, by default. ESP has no
 * line of its own in these versions and is kept as UDP is. */
static const struct net_nat_conf by_default = {
    .udp = SECONDS(300),
    .tcp = SECONDS(86400),
    .tcp_closing = SECONDS(60), /* finrst-timeout */
    .icmp = SECONDS(60),
    .esp = SECONDS(300),
    .other = SECONDS(86400),
    .address = SECONDS(86400),
    .preserve_ports = true,
    .port_groups = true,
    .port_low = 1024,
    .port_high = 65535,
    .limit = INT32_MAX,
    .esp_policy = NET_NAT_ESP_SPI,
};

/* ---- Finding ---- */

struct ios_nat_pool *ios_nat_pool_find(const struct ios_nat *n, const char *name)
{
    for (guint i = 0; name && i < n->pools->len; i++) {
        struct ios_nat_pool *p = g_ptr_array_index(n->pools, i);
        if (strcmp(p->name, name) == 0)
            return p;
    }
    return NULL;
}

struct ios_nat_mapping *ios_nat_mapping_by_tag(const struct ios_nat *n, uint32_t tag)
{
    for (guint i = 0; i < n->mappings->len; i++) {
        struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
        if (m->tag == tag)
            return m;
    }
    return NULL;
}

struct ios_route_map *ios_route_map_find(const struct ios_nat *n, const char *name)
{
    for (guint i = 0; name && i < n->route_maps->len; i++) {
        struct ios_route_map *m = g_ptr_array_index(n->route_maps, i);
        if (strcmp(m->name, name) == 0)
            return m;
    }
    return NULL;
}

struct ios_route_map_entry *ios_route_map_entry_find(const struct ios_route_map *m, uint32_t seq)
{
    for (guint i = 0; m && i < m->entries->len; i++) {
        struct ios_route_map_entry *e = g_ptr_array_index(m->entries, i);
        if (e->seq == seq)
            return e;
    }
    return NULL;
}

uint32_t ios_nat_refcount(const struct ios_nat *n, const struct ios_nat_mapping *m)
{
    const struct net_node *node = n->s->d->node;
    uint32_t refs = 0;
    for (const struct net_nat_flow *f = net_nat_first(node); f; f = net_nat_next(f))
        refs += f->tag == m->tag;
    for (size_t i = 0; i < net_nat_address_count(node); i++)
        refs += net_nat_address_at(node, i)->tag == m->tag;
    return refs;
}

ip4 ios_nat_global(const struct ios_nat *n, const struct ios_nat_mapping *m)
{
    const struct net_if *i = m->interface ? net_if_by_name(n->s->d->node, m->interface) : NULL;
    return m->interface ? (i ? i->addr : 0) : m->global;
}

/* ---- Which packets a mapping speaks of ---- */

static bool permitted(const struct ios_nat *n, const char *acl, const struct flow *f)
{
    struct acl *a = net_acl(n->s->d->node, acl);
    const struct acl_line *l = a ? acl_match(a, f) : NULL;
    return l && l->permit;
}

static bool entry_matches(const struct ios_nat *n, const struct ios_route_map_entry *e,
                          const struct flow *f)
{
    for (guint i = 0; i < e->acls->len; i++)
        if (permitted(n, g_ptr_array_index(e->acls, i), f))
            return true;
    return e->acls->len == 0;
}

/* A list, or the first entry of the route-map that matches: what it denies goes on to the next
 * mapping, and untranslated when there is none. That is how VPN traffic is exempted (CAT-25). */
static bool picks(void *self, const struct flow *f)
{
    const struct ios_nat_mapping *m = self;
    const struct ios_route_map *map = ios_route_map_find(m->nat, m->route_map);
    if (m->acl)
        return permitted(m->nat, m->acl, f);
    if (!m->route_map)
        return true;
    for (guint i = 0; map && i < map->entries->len; i++) {
        const struct ios_route_map_entry *e = g_ptr_array_index(map->entries, i);
        if (entry_matches(m->nat, e, f))
            return e->permit;
    }
    return false;
}

/* ---- Rules ---- */

/* False: it names a pool or an interface that is not there (yet). */
static bool rule_of(const struct ios_nat *n, struct ios_nat_mapping *m, struct net_nat_rule *r)
{
    *r = (struct net_nat_rule){.tag = m->tag, .self = m};
    r->picks = m->acl || m->route_map ? picks : NULL;
    if (m->fixed) {
        r->kind = NET_NAT_STATIC;
        r->real = (struct ip4_net){m->local, m->mask};
        r->mapped = ios_nat_global(n, m);
        r->protocol = m->protocol;
        r->real_port = m->local_port;
        r->mapped_port = m->global_port;
        return r->mapped != 0;
    }
    const struct ios_nat_pool *pool = ios_nat_pool_find(n, m->pool);
    r->kind = m->overload ? NET_NAT_PORTS : NET_NAT_DYNAMIC;
    r->mapped = r->mapped_last = m->pool ? (pool ? pool->start : 0) : ios_nat_global(n, m);
    if (pool)
        r->mapped_last = pool->end;
    return r->mapped != 0;
}

/* Static ones come first, those of one port before those of an address. */
static int rank(const struct ios_nat_mapping *m)
{
    return !m->fixed ? 3 : m->protocol ? 0 : m->mask == 0xffffffff ? 1 : 2;
}

static void rules_of(struct ios_nat *n, GArray *rules)
{
    for (int pass = 0; pass <= 3; pass++)
        for (guint i = 0; i < n->mappings->len; i++) {
            struct ios_nat_mapping *m = g_ptr_array_index(n->mappings, i);
            struct net_nat_rule r;
            if (rank(m) != pass || !rule_of(n, m, &r))
                continue;
            for (guint in = 0; in < n->inside->len; in++)
                for (guint out = 0; out < n->outside->len; out++) {
                    r.inside = g_ptr_array_index(n->inside, in);
                    r.outside = g_ptr_array_index(n->outside, out);
                    g_array_append_val(rules, r);
                }
        }
}

static bool same_rule(const struct net_nat_rule *a, const struct net_nat_rule *b)
{
    return a->kind == b->kind && a->tag == b->tag && a->inside == b->inside &&
           a->outside == b->outside && a->real.addr == b->real.addr &&
           a->real.mask == b->real.mask && a->mapped == b->mapped &&
           a->mapped_last == b->mapped_last && a->protocol == b->protocol &&
           a->real_port == b->real_port && a->mapped_port == b->mapped_port && a->self == b->self;
}

static bool same_rules(const GArray *a, const GArray *b)
{
    if (a->len != b->len)
        return false;
    for (guint i = 0; i < a->len; i++)
        if (!same_rule(&g_array_index(a, struct net_nat_rule, i),
                       &g_array_index(b, struct net_nat_rule, i)))
            return false;
    return true;
}

static bool of_no_mapping(void *self, const struct net_nat_flow *f)
{
    return !ios_nat_mapping_by_tag(self, f->tag);
}

void ios_nat_changed(struct ios *s)
{
    struct ios_nat *n = s->nat;
    struct net_node *node = s->d->node;
    GArray *rules = g_array_new(FALSE, FALSE, sizeof(struct net_nat_rule));
    rules_of(n, rules);
    if (same_rules(rules, n->rules)) {
        g_array_unref(rules);
        return;
    }
    if (!net_nat_on(node))
        net_nat_set(node, &n->conf);
    net_nat_rules_clear(node);
    for (guint i = 0; i < rules->len; i++)
        net_nat_rule_add(node, &g_array_index(rules, struct net_nat_rule, i));
    net_nat_clear(node, of_no_mapping, n);
    g_array_unref(n->rules);
    n->rules = rules;
}

/* ---- Pools that have no address left ---- */

static void on_refused(void *self, const struct trace_event *t)
{
    struct ios_nat *n = self;
    const struct ev_nat_refused *e = t->data;
    const struct ios_nat_mapping *m = ios_nat_mapping_by_tag(n, e->rule);
    struct ios_nat_pool *p = m ? ios_nat_pool_find(n, m->pool) : NULL;
    if (p && e->why == DROP_NAT_EXHAUSTED)
        p->misses++;
}

/* ---- Life ---- */

void ios_nat_mapping_free(void *p)
{
    struct ios_nat_mapping *m = p;
    g_free(m->acl);
    g_free(m->route_map);
    g_free(m->interface);
    g_free(m->pool);
    g_free(m);
}

void ios_nat_pool_free(void *p)
{
    g_free(((struct ios_nat_pool *)p)->name);
    g_free(p);
}

static void entry_free(void *p)
{
    g_ptr_array_unref(((struct ios_route_map_entry *)p)->acls);
    g_free(p);
}

struct ios_route_map_entry *ios_route_map_entry_make(struct ios_nat *n, const char *name,
                                                     uint32_t seq)
{
    struct ios_route_map *m = ios_route_map_find(n, name);
    struct ios_route_map_entry *e = ios_route_map_entry_find(m, seq);
    guint at = 0;
    if (e)
        return e;
    if (!m) {
        m = g_new0(struct ios_route_map, 1);
        m->name = g_strdup(name);
        m->entries = g_ptr_array_new_with_free_func(entry_free);
        g_ptr_array_add(n->route_maps, m);
    }
    while (at < m->entries->len &&
           ((const struct ios_route_map_entry *)g_ptr_array_index(m->entries, at))->seq < seq)
        at++;
    e = g_new0(struct ios_route_map_entry, 1);
    e->seq = seq;
    e->permit = true;
    e->acls = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_insert(m->entries, (gint)at, e);
    return e;
}

void ios_route_map_free(void *p)
{
    struct ios_route_map *m = p;
    g_free(m->name);
    g_ptr_array_unref(m->entries);
    g_free(m);
}

void ios_nat_init(struct ios *s)
{
    struct ios_nat *n = s->nat = g_new0(struct ios_nat, 1);
    n->s = s;
    n->conf = by_default;
    /* Several inside hosts with one peer are told apart by SPI from 12.2(13)T on. */
    if (s->dialect == IOS_DIALECT_B)
        n->conf.esp_policy = NET_NAT_ESP_SINGLE;
    n->pools = g_ptr_array_new_with_free_func(ios_nat_pool_free);
    n->mappings = g_ptr_array_new_with_free_func(ios_nat_mapping_free);
    n->route_maps = g_ptr_array_new_with_free_func(ios_route_map_free);
    n->inside = g_ptr_array_new();
    n->outside = g_ptr_array_new();
    n->rules = g_array_new(FALSE, FALSE, sizeof(struct net_nat_rule));
    n->next_tag = 1;
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_nat_refused);
    trace_subscribe(s->d->scope->trace, s->d->scope, &want, on_refused, n);
}

void ios_nat_clear(struct ios *s)
{
    struct ios_nat *n = s->nat;
    trace_unsubscribe(s->d->scope->trace, on_refused, n);
    net_nat_set(s->d->node, NULL);
    g_array_unref(n->rules);
    g_ptr_array_unref(n->mappings);
    g_ptr_array_unref(n->pools);
    g_ptr_array_unref(n->route_maps);
    g_ptr_array_unref(n->inside);
    g_ptr_array_unref(n->outside);
    g_free(n->at_map);
    g_clear_pointer(&s->nat, g_free);
}
