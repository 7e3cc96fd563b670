/* Address translation of the appliances: rules from what is configured, first packets, and when a
 * translation is over. */
#include "fw_nat.h"
#include "net/acl.h"

#include <string.h>

/* A flow whose connection is over, and when it ends. */
struct fw_over {
    uint8_t protocol;
    ip4 real, remote;
    uint32_t real_port, remote_port;
    sim_time since, due;
};
#define NO_PROTOCOL 255 /* reserved: only lines of "ip" match it */

/* ---- Rules ---- */

static void rule_free(void *p)
{
    struct fw_rule *r = p;
    g_free(r->in);
    g_free(r->out);
    g_free(r->list);
    g_free(r);
}

const struct fw_rule *fw_rule_tagged(const struct fw_nat *t, uint32_t tag)
{
    for (guint i = 0; i < t->rules->len; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        if (r->tag == tag)
            return r;
    }
    return NULL;
}

static bool same_rule(const struct fw_rule *x, const struct fw_rule *y)
{
    const struct net_nat_rule *a = &x->net, *b = &y->net;
    return x->tag == y->tag && a->kind == b->kind && a->inside == b->inside &&
           a->outside == b->outside && a->real.addr == b->real.addr &&
           a->real.mask == b->real.mask && a->remote.addr == b->remote.addr &&
           a->remote.mask == b->remote.mask && g_strcmp0(x->list, y->list) == 0 &&
           a->mapped == b->mapped && a->mapped_last == b->mapped_last &&
           a->protocol == b->protocol && a->real_port == b->real_port &&
           a->mapped_port == b->mapped_port;
}

/* Of an exemption only lines that speak of addresses alone count (CAT-26). */
static bool listed(void *self, const struct flow *f)
{
    const struct fw_rule *r = self;
    struct flow plain = *f;
    struct acl *acl = net_acl(r->node, r->list);
    if (r->addresses_only)
        plain = (struct flow){.src = f->src, .dst = f->dst, .protocol = NO_PROTOCOL};
    for (guint i = 0; acl && i < acl->lines->len; i++) { /* and its hits are not counted */
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        if (acl_line_matches(l, &plain))
            return l->permit;
    }
    return false;
}

void fw_rule_add(struct fw_nat *t, const struct fw_rule *like)
{
    struct fw_rule *r = g_new(struct fw_rule, 1);
    *r = *like;
    r->in = g_strdup(like->in);
    r->out = g_strdup(like->out);
    r->list = g_strdup(like->list);
    r->node = t->d->node;
    r->live = true;
    r->net.tag = r->tag;
    r->net.picks = r->list ? listed : NULL;
    r->net.self = r->list ? r : NULL;
    g_ptr_array_add(t->rules, r);
}

/* What was there before, and is the same, keeps what it has counted. */
static struct fw_rule *kept(GPtrArray *old, const struct fw_rule *r)
{
    for (guint i = 0; i < old->len; i++) {
        struct fw_rule *o = g_ptr_array_index(old, i);
        if (o->live && same_rule(o, r))
            return g_ptr_array_steal_index(old, i);
    }
    return NULL;
}

static bool as_before(const struct fw_nat *t)
{
    if (net_nat_rule_count(t->d->node) != t->n_live)
        return false;
    for (guint i = 0; i < t->n_live; i++) {
        const struct fw_rule *r = g_ptr_array_index(t->rules, i);
        const struct net_nat_rule *n = net_nat_rule_at(t->d->node, i);
        if (n->tag != r->tag || n->self != r->net.self || !r->seen)
            return false;
    }
    return true;
}

void fw_nat_rebuild(struct fw_nat *t)
{
    GPtrArray *old = t->rules;
    t->rules = g_ptr_array_new_with_free_func(rule_free);
    t->ops.build(t->ops.self, t);
    t->n_live = t->rules->len;
    for (guint i = 0; i < t->n_live; i++) {
        struct fw_rule *r = g_ptr_array_index(t->rules, i), *o = kept(old, r);
        if (!o)
            continue;
        t->rules->pdata[i] = o;
        rule_free(r);
    }
    while (old->len) {
        struct fw_rule *o = g_ptr_array_steal_index(old, 0);
        o->live = false;
        g_ptr_array_add(t->rules, o);
    }
    g_ptr_array_unref(old);
    if (!net_nat_on(t->d->node) && t->n_live)
        net_nat_set(t->d->node, &t->conf);
    if (!net_nat_on(t->d->node) || as_before(t))
        return;
    net_nat_rules_clear(t->d->node);
    for (guint i = 0; i < t->n_live; i++) {
        struct fw_rule *r = g_ptr_array_index(t->rules, i);
        r->seen = true;
        net_nat_rule_add(t->d->node, &r->net);
    }
}

/* ---- Time ---- */

static void arm(struct fw_nat *t)
{
    const struct fw_over *o = t->over.head ? t->over.head->data : NULL;
    const struct fw_xlate *x = t->idle.head ? t->idle.head->data : NULL;
    sim_time next = o ? o->due : SIM_TIME_MAX;
    if (x && t->xlate)
        next = MIN(next, x->last + t->xlate);
    if (next == SIM_TIME_MAX)
        sim_timer_disarm(&t->timer);
    else
        sim_timer_arm(&t->timer, MAX(next, sim_now(t->d->sim)));
}

static void over(struct fw_nat *t, const struct fw_over *o)
{
    const struct net_nat_flow *f =
        net_nat_find(t->d->node, o->protocol, o->real, o->real_port, o->remote, o->remote_port);
    if (f && f->last <= o->since)
        net_nat_flow_end(t->d->node, f, "idle");
}

static void expire(void *self)
{
    struct fw_nat *t = self;
    sim_time now = sim_now(t->d->sim);
    while (t->over.head && ((const struct fw_over *)t->over.head->data)->due <= now) {
        g_autofree struct fw_over *o = g_queue_pop_head(&t->over);
        over(t, o);
    }
    while (t->idle.head && t->xlate &&
           ((const struct fw_xlate *)t->idle.head->data)->last + t->xlate <= now)
        fw_xlate_idle_over(t, t->idle.head->data);
    arm(t);
}

void fw_nat_arm(struct fw_nat *t)
{
    arm(t);
}

/* A translation outlives its connection a little, a connection never its translation. */
void fw_nat_times(struct fw_nat *t, const struct net_conn_rules *c)
{
    struct net_nat_conf *f = &t->conf;
    sim_time more = t->pat + SECONDS(1);
    f->udp = c->udp ? c->udp + more : 0;
    f->tcp = c->tcp ? c->tcp + more : 0;
    f->tcp_closing = c->half_closed ? c->half_closed + more : 0;
    f->icmp = c->icmp ? c->icmp + more : 0;
    f->esp = f->other = c->other ? c->other + more : 0;
    net_nat_changed(t->d->node);
    arm(t);
}

/* ---- First packets ---- */

static struct fw_rule *used(struct fw_nat *t, uint32_t tag)
{
    struct fw_rule *r = (struct fw_rule *)fw_rule_tagged(t, tag);
    if (r)
        r->last = sim_now(t->d->sim);
    return r;
}

/* A rule that only the answers match: of a static one that has always its own message, of a
 * dynamic one by version, and never where untranslated nothing passes anyway. */
static enum drop_reason reversed(const struct fw_nat *t, const struct fw_rule *r)
{
    bool told = r && r->what == FW_STATIC ? t->asymmetry : t->asymmetry_dynamic && !t->control;
    return told ? DROP_NAT_REVERSE : DROP_NAT_NO_RULE;
}

enum drop_reason fw_nat_admit(struct fw_nat *t, struct net_if *in, struct net_if *out,
                              const struct pkt *p)
{
    struct net_nat_admission a;
    enum drop_reason why = net_nat_admit(t->d->node, in, out, p, &a);
    struct fw_rule *r = a.rule ? used(t, a.rule->tag) : a.flow ? used(t, a.flow->tag) : NULL;
    t->asked = r;
    struct flow f;
    bool reply = pkt_flow(p, &f) && f.protocol == IPPROTO_NUM_ICMP && f.icmp_type == 0;
    if (a.back && why == DROP_NONE && !reply) { /* exempt: it counts for what comes in, too */
        struct fw_rule *back = used(t, a.back->tag);
        if (back)
            back->back_hits++;
    }
    if (why == DROP_NAT_REVERSE)
        return reversed(t, fw_rule_tagged(t, a.back->tag));
    if (why == DROP_NAT_EXHAUSTED && r && r->nothing)
        return DROP_NAT_NO_RULE;
    if (why == DROP_NONE && r && a.turned && !reply && a.flow->packets <= 1)
        r->back_hits++;
    else if (why == DROP_NONE && r && !a.turned && !reply)
        r->hits++;
    bool crosses = t->ops.level(t->ops.self, in) != t->ops.level(t->ops.self, out);
    if (why == DROP_NONE && t->control && crosses && !r && !a.back && !a.flow)
        return DROP_NAT_NO_RULE;
    return why;
}

const struct net_nat_flow *fw_nat_flow_of(const struct fw_nat *t, const struct net_conn *c)
{
    bool icmp = c->protocol == IPPROTO_NUM_ICMP;
    uint16_t sport = c->sport, dport = icmp ? 0 : c->dport;
    const struct net_node *n = t->d->node;
    const struct net_nat_flow *f = net_nat_find(n, c->protocol, c->src, sport, c->dst, dport);
    return f ? f : net_nat_find(n, c->protocol, c->dst, dport, c->src, sport);
}

void fw_nat_conn_over(struct fw_nat *t, const struct net_conn *c)
{
    const struct net_nat_flow *f = fw_nat_flow_of(t, c);
    if (!f)
        return;
    struct fw_over *o = g_new(struct fw_over, 1);
    sim_time now = sim_now(t->d->sim);
    *o = (struct fw_over){f->protocol,    f->real, f->remote,   f->real_port,
                          f->remote_port, now,     now + t->pat};
    g_queue_push_tail(&t->over, o);
    if (t->over.length == 1)
        arm(t);
}

bool fw_nat_holds(const struct fw_nat *t, const struct net_if *i, uint8_t protocol, uint16_t port)
{
    for (GList *l = t->all.head; l; l = l->next) {
        const struct fw_xlate *x = l->data;
        if (x->key.protocol == protocol && x->key.mapped == i->addr && x->key.mapped_port == port)
            return true;
    }
    for (guint k = 0; k < t->n_live; k++) {
        const struct net_nat_rule *r = &((const struct fw_rule *)t->rules->pdata[k])->net;
        if (r->kind == NET_NAT_STATIC && r->protocol == protocol && r->mapped_port == port &&
            r->outside == i && (!r->mapped || r->mapped == i->addr))
            return true;
    }
    return false;
}

/* ---- Beginning and end ---- */

static guint key_hash(gconstpointer p)
{
    const struct fw_xlate *x = p;
    uint32_t h = x->key.real * UINT32_C(0x9E3779B1) ^ x->key.mapped;
    return (h ^ h >> 15) * UINT32_C(0x85EBCA77) ^
           (x->key.real_port << 16 ^ x->key.mapped_port ^ x->key.protocol << 8);
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const struct fw_xlate *x = a, *y = b;
    return x->key.protocol == y->key.protocol && x->key.real == y->key.real &&
           x->key.mapped == y->key.mapped && x->key.real_port == y->key.real_port &&
           x->key.mapped_port == y->key.mapped_port;
}

/* timeout xlate 3:00:00; a port is free again half a minute after its last connection. A port
 * stays what it is where it is free, and within 1-511, 512-1023, 1024-65535 otherwise. */
void fw_nat_init(struct fw_nat *t, struct device *d, const struct fw_nat_ops *ops)
{
    *t = (struct fw_nat){.d = d, .ops = *ops, .xlate = SECONDS(3 * 3600), .pat = SECONDS(30)};
    t->conf = (struct net_nat_conf){
        .preserve_ports = true,
        .port_groups = true,
        .port_low = 1024,
        .port_high = 65535,
        .limit = 65536,
        .esp_policy = NET_NAT_ESP_DROP,
        .ports_only = true,
        .address = SIM_TIME_MAX / 4, /* taken back here, when it is time */
    };
    t->lines = g_ptr_array_new_with_free_func(fw_line_free);
    t->rules = g_ptr_array_new_with_free_func(rule_free);
    t->by_key = g_hash_table_new(key_hash, key_equal);
    t->next_serial = 1;
    sim_timer_init(d->sim, &t->timer, expire, t);
}

void fw_nat_clear(struct fw_nat *t)
{
    net_nat_set(t->d->node, NULL);
    while (t->all.head) {
        struct fw_xlate *x = t->all.head->data;
        g_queue_unlink(&t->all, &x->all);
        g_free(x);
    }
    g_queue_clear_full(&t->over, g_free);
    g_hash_table_unref(t->by_key);
    g_ptr_array_unref(t->lines);
    g_ptr_array_unref(t->rules);
    sim_timer_clear(&t->timer);
}
