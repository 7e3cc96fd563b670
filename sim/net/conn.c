/* The connection table: entries by protocol, addresses and ports, found from either direction,
 * timed by idleness, bound to VPN contexts. */
#include "conn_priv.h"

/* ---- Entries ---- */

static struct conn_key key_of(const struct flow *f)
{
    bool turn = f->src > f->dst || (f->src == f->dst && f->sport > f->dport);
    struct conn_key k = {
        turn ? f->dst : f->src,
        turn ? f->src : f->dst,
        turn ? f->dport : f->sport,
        turn ? f->sport : f->dport,
        f->protocol,
    };
    return k;
}

static guint key_hash(gconstpointer p)
{
    const struct conn_key *k = p;
    uint32_t h = k->low * UINT32_C(0x9E3779B1) ^ k->high;
    h = (h ^ h >> 15) * UINT32_C(0x85EBCA77) ^ ((uint32_t)k->low_port << 16 | k->high_port);
    return (h ^ h >> 13) * UINT32_C(0xC2B2AE3D) + k->protocol;
}

static gboolean key_equal(gconstpointer a, gconstpointer b)
{
    const struct conn_key *x = a, *y = b;
    return x->low == y->low && x->high == y->high && x->low_port == y->low_port &&
           x->high_port == y->high_port && x->protocol == y->protocol;
}

static struct conn *find(const struct net_conns *t, const struct flow *f)
{
    struct conn_key k = key_of(f);
    return g_hash_table_lookup(t->by_key, &k);
}

/* ---- Idle times ---- */

static sim_time time_of(const struct net_conns *t, enum conn_class class)
{
    const struct net_conn_rules *r = t->rules;
    const sim_time of[CONN_CLASSES] = {
        [CONN_TCP] = r->tcp,
        [CONN_HALF_CLOSED] = r->half_closed,
        [CONN_EMBRYONIC] = r->embryonic,
        [CONN_UDP] = r->udp,
        [CONN_ICMP] = r->icmp,
        [CONN_OTHER] = r->other,
    };
    return of[class];
}

static const char *const over[CONN_CLASSES] = {
    [CONN_TCP] = "idle",
    [CONN_HALF_CLOSED] = "half-closed",
    [CONN_EMBRYONIC] = "embryonic",
    [CONN_UDP] = "idle",
    [CONN_ICMP] = "idle",
    [CONN_OTHER] = "idle",
};

/* When the class's longest idle entry is over. */
static sim_time due(const struct net_conns *t, enum conn_class class)
{
    const GList *head = t->idle[class].head;
    sim_time idle = time_of(t, class);
    if (!head || idle == 0)
        return SIM_TIME_MAX;
    return ((const struct conn *)head->data)->pub.last + idle;
}

static void arm(struct net_conns *t)
{
    sim_time next = SIM_TIME_MAX;
    for (int class = 0; class < CONN_CLASSES; class ++)
        next = MIN(next, due(t, (enum conn_class) class));
    if (next == SIM_TIME_MAX)
        sim_timer_disarm(&t->timer);
    else
        sim_timer_arm(&t->timer, MAX(next, sim_now(t->node->net->sim)));
}

static void expire(void *table)
{
    struct net_conns *t = table;
    sim_time now = sim_now(t->node->net->sim);
    for (int class = 0; class < CONN_CLASSES; class ++)
        while (due(t, (enum conn_class) class) <= now)
            conn_end(t, t->idle[class].head->data, over[class]);
    arm(t);
}

static void enter_class(struct net_conns *t, struct conn *c, enum conn_class class)
{
    c->class = class;
    c->pub.limit = time_of(t, class);
    g_queue_push_tail_link(&t->idle[class], &c->idle);
    /* A deadline only moves forward, so the timer is looked at when a class gets its first. */
    if (t->idle[class].length == 1 && c->pub.limit &&
        c->pub.last + c->pub.limit < sim_timer_at(&t->timer))
        sim_timer_arm(&t->timer, c->pub.last + c->pub.limit);
}

static void touch(struct net_conns *t, struct conn *c, enum conn_class class)
{
    c->pub.last = sim_now(t->node->net->sim);
    g_queue_unlink(&t->idle[c->class], &c->idle);
    enter_class(t, c, class);
}

/* ---- Beginning and end ---- */

static enum conn_class class_of(const struct conn *c)
{
    switch (c->pub.protocol) {
    case IPPROTO_NUM_TCP:
        return conn_tcp_class(c);
    case IPPROTO_NUM_UDP:
        return CONN_UDP;
    case IPPROTO_NUM_ICMP:
        return CONN_ICMP;
    default:
        return CONN_OTHER;
    }
}

static struct conn *begin(struct net_conns *t, struct net_if *in, struct net_if *out,
                          const struct flow *f, uint32_t context)
{
    sim_time now = sim_now(t->node->net->sim);
    struct conn *c = g_new0(struct conn, 1);
    c->pub = (struct net_conn){
        .id = t->next_id++,
        .protocol = f->protocol,
        .in = in,
        .out = out,
        .src = f->src,
        .dst = f->dst,
        .sport = f->sport,
        .dport = f->dport,
        .context = context,
        .born = now,
        .last = now,
    };
    c->key = key_of(f);
    c->all.data = c->idle.data = c;
    g_hash_table_insert(t->by_key, &c->key, c);
    g_queue_push_tail_link(&t->all, &c->all);
    enter_class(t, c, class_of(c));
    t->most = MAX(t->most, t->all.length);
    t->at = c;
    ++*t->made;
    TRACE(t->node->scope, conn_new, .id = c->pub.id, .protocol = f->protocol, .in = in->name,
          .out = out->name, .src = f->src, .sport = f->sport, .dst = f->dst, .dport = f->dport,
          .context = context);
    return c;
}

static void forget(struct net_conns *t, struct conn *c)
{
    g_hash_table_remove(t->by_key, &c->key);
    g_queue_unlink(&t->all, &c->all);
    g_queue_unlink(&t->idle[c->class], &c->idle);
    if (t->at == c)
        t->at = NULL;
    if (!t->all.head)
        sim_timer_disarm(&t->timer);
    g_free(c);
}

void conn_end(struct net_conns *t, struct conn *c, const char *why)
{
    t->at = c;
    ++*t->ended;
    TRACE(t->node->scope, conn_end, .id = c->pub.id, .why = why, .bytes = c->pub.bytes,
          .age = sim_now(t->node->net->sim) - c->pub.born);
    forget(t, c);
}

/* ---- Judging packets ---- */

static uint32_t context_of(struct net_conns *t, struct net_if *out, const struct pkt *p)
{
    return t->ops.context ? t->ops.context(t->ops.self, out, p) : 0;
}

static enum drop_reason refuse(struct net_conns *t, enum drop_reason why, const struct net_if *in,
                               const struct net_if *out, const struct conn_seen *s)
{
    const struct flow *f = &s->f;
    TRACE(t->node->scope, conn_refused, .why = why, .in = in->name, .out = out->name,
          .protocol = f->protocol, .src = f->src, .sport = f->sport, .dst = f->dst,
          .dport = f->dport, .flags = s->tcp, .type = (uint32_t)MAX(f->icmp_type, 0),
          .code = (uint32_t)MAX(f->icmp_code, 0));
    return why;
}

static enum drop_reason first_packet(struct net_conns *t, struct net_if *in, struct net_if *out,
                                     const struct conn_seen *s, const struct pkt *p,
                                     struct conn **made)
{
    bool opens = (s->tcp & (SEG_SYN | SEG_ACK | SEG_RST | SEG_FIN)) == SEG_SYN;
    if (s->f.protocol == IPPROTO_NUM_TCP && !opens)
        return refuse(t, DROP_CONN_NO_SYN, in, out, s);
    struct flow f = s->f;
    if (f.protocol == IPPROTO_NUM_ICMP)
        f.sport = f.dport = 0; /* the identifier is no port for an access list */
    enum drop_reason why = t->ops.allow(t->ops.self, in, out, &f, p);
    if (why == DROP_NONE && !s->error && t->all.length >= t->rules->limit)
        why = DROP_CONN_LIMIT;
    if (why != DROP_NONE && s->error)
        TRACE(t->node->scope, conn_stray, .in = in->name, .out = out->name, .src = f.src,
              .dst = f.dst, .type = (uint32_t)MAX(f.icmp_type, 0),
              .code = (uint32_t)MAX(f.icmp_code, 0), .protocol = s->about.protocol,
              .about_src = s->about.src, .sport = s->about.sport, .about_dst = s->about.dst,
              .dport = s->about.dport);
    if (why != DROP_NONE)
        return refuse(t, why, in, out, s);
    if (!s->error)
        *made = begin(t, in, out, &s->f, context_of(t, out, p));
    return DROP_NONE;
}

/* Binds an entry that has no living context. Without keep_flows one whose context is over stays so,
 * and none of its packets passes (design.md, CAT-93). */
static enum drop_reason bind(struct net_conns *t, struct conn *c, struct net_if *out,
                             const struct pkt *p)
{
    if (c->pub.context && !c->pub.stale)
        return DROP_NONE;
    if (c->pub.stale && !t->rules->keep_flows)
        return DROP_CONN_CONTEXT;
    uint32_t context = context_of(t, out, p);
    if (!context)
        return DROP_NONE;
    TRACE(t->node->scope, conn_rebound, .id = c->pub.id, .old = c->pub.context, .context = context);
    c->pub.context = context;
    c->pub.stale = false;
    return DROP_NONE;
}

static bool from_answerer(const struct conn *c, const struct flow *f)
{
    return f->src != c->pub.src || f->sport != c->pub.sport;
}

/* An entry serves packets of its two interfaces; and a new SYN on a connection that both ends have
 * closed is a new connection. */
static bool serves(const struct conn *c, const struct net_if *in, const struct conn_seen *s,
                   bool back)
{
    unsigned closed = NET_CONN_FIN | NET_CONN_FIN_BACK;
    if (in != (back ? c->pub.out : c->pub.in))
        return false;
    return (s->tcp & (SEG_SYN | SEG_ACK)) != SEG_SYN || (c->pub.flags & closed) != closed;
}

enum drop_reason conn_judge(struct net_conns *t, struct net_if *in, struct net_if *out,
                            const struct pkt *p)
{
    struct conn_seen s;
    conn_see(p, &s);
    struct flow known = s.error ? s.about : s.f;
    struct conn *c = find(t, &known);
    if (s.error && c)
        return bind(t, c, out, p);
    bool back = c && from_answerer(c, &s.f), fresh = false;
    if (c && !serves(c, in, &s, back)) {
        if (s.f.protocol == IPPROTO_NUM_TCP && !(s.tcp & SEG_SYN))
            return refuse(t, DROP_CONN_NO_SYN, in, out, &s);
        conn_end(t, c, "replaced");
        c = NULL;
        back = false;
    }
    enum drop_reason why = DROP_NONE;
    if (!c) {
        why = first_packet(t, in, out, &s, p, &c);
        fresh = true;
    } else if (back && s.f.protocol == IPPROTO_NUM_ICMP && !t->rules->icmp_replies) {
        struct flow f = s.f;
        f.sport = f.dport = 0;
        why = t->ops.allow(t->ops.self, in, out, &f, p);
        if (why != DROP_NONE)
            refuse(t, why, in, out, &s);
    }
    if (why != DROP_NONE || !c)
        return why;
    if (!fresh)
        why = bind(t, c, out, p);
    if (why == DROP_NONE && c->pub.protocol == IPPROTO_NUM_TCP)
        why = conn_mss_judge(t, c, &s, back, in, out, p);
    if (why != DROP_NONE)
        return why; /* and its idle time goes on */
    c->pub.packets++;
    c->pub.bytes += s.bytes;
    t->at = c;
    const char *ends = c->pub.protocol == IPPROTO_NUM_TCP ? conn_tcp_follow(c, &s, back) : NULL;
    if (ends)
        conn_end(t, c, ends);
    else
        touch(t, c, class_of(c));
    return DROP_NONE;
}

bool conn_passes(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    struct net_conns *t = n->conns;
    struct net_if *out = dest_of(n, h->dst)->out;
    if (!out)
        return true; /* no way: routing says so */
    if (h->frag_bytes || h->flags & IP4_MF)
        return conn_frag_passes(t, in, out, p, h);
    enum drop_reason why = conn_judge(t, in, out, p);
    if (why == DROP_NONE)
        return true;
    in->in_drops++;
    pkt_drop(n, p, why);
    return false;
}

/* ---- The table ---- */

static void table_free(struct net_conns *t)
{
    while (t->all.head)
        forget(t, t->all.head->data);
    conn_frag_clear(t);
    g_hash_table_unref(t->by_key);
    sim_timer_clear(&t->timer);
    sim_timer_clear(&t->frag_timer);
    g_free(t);
}

void conns_free(struct net_node *n)
{
    g_clear_pointer(&n->conns, table_free);
}

void net_conns_set(struct net_node *n, const struct net_conn_rules *rules,
                   const struct net_conn_ops *ops)
{
    conns_free(n);
    if (!rules)
        return;
    struct net_conns *t = n->conns = g_new0(struct net_conns, 1);
    t->node = n;
    t->rules = rules;
    t->ops = *ops;
    t->by_key = g_hash_table_new(key_hash, key_equal);
    t->made = trace_counter(n->scope, "conn.made");
    t->ended = trace_counter(n->scope, "conn.ended");
    sim_timer_init(n->net->sim, &t->timer, expire, t);
    sim_timer_init(n->net->sim, &t->frag_timer, conn_frag_expire, t);
}

void net_conns_changed(struct net_node *n)
{
    struct net_conns *t = n->conns;
    for (GList *l = t ? t->all.head : NULL; l; l = l->next) {
        struct conn *c = l->data;
        c->pub.limit = time_of(t, c->class);
    }
    if (t)
        arm(t);
}

void net_conns_context_over(struct net_node *n, uint32_t context)
{
    struct net_conns *t = n->conns;
    for (GList *l = t ? t->all.head : NULL, *next; l; l = next) {
        struct conn *c = l->data;
        next = l->next;
        if (c->pub.context != context || c->pub.stale)
            continue;
        if (c->pub.protocol != IPPROTO_NUM_TCP && !t->rules->keep_flows) {
            conn_end(t, c, "context");
            continue;
        }
        c->pub.stale = true;
        t->at = c;
        TRACE(n->scope, conn_stale, .id = c->pub.id, .context = context);
    }
}

size_t net_conns_clear(struct net_node *n, bool (*pick)(void *self, const struct net_conn *c),
                       void *self)
{
    struct net_conns *t = n->conns;
    size_t ended = 0;
    for (GList *l = t ? t->all.head : NULL, *next; l; l = next) {
        struct conn *c = l->data;
        next = l->next;
        if (pick && !pick(self, &c->pub))
            continue;
        conn_end(t, c, "cleared");
        ended++;
    }
    return ended;
}

/* ---- What show reads ---- */

size_t net_conns_count(const struct net_node *n)
{
    return n->conns ? n->conns->all.length : 0;
}

size_t net_conns_most(const struct net_node *n)
{
    return n->conns ? n->conns->most : 0;
}

const struct net_conn *net_conns_first(const struct net_node *n)
{
    const GList *l = n->conns ? n->conns->all.head : NULL;
    return l ? &((const struct conn *)l->data)->pub : NULL;
}

const struct net_conn *net_conns_next(const struct net_conn *c)
{
    const GList *l = ((const struct conn *)c)->all.next; /* pub is its first member */
    return l ? &((const struct conn *)l->data)->pub : NULL;
}

const struct net_conn *net_conns_by_id(const struct net_node *n, uint32_t id)
{
    if (n->conns && n->conns->at && n->conns->at->pub.id == id)
        return &n->conns->at->pub;
    for (const struct net_conn *c = net_conns_first(n); c; c = net_conns_next(c))
        if (c->id == id)
            return c;
    return NULL;
}
