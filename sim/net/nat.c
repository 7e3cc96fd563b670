/* Address translation: the table of flows with their time-outs, and the two places where packets
 * meet it. */
#include "nat_priv.h"

#include <string.h>
#include "wire/tcp.h"

/* ---- Flows ---- */

static sim_time time_of(const struct net_nat *t, enum nat_class class)
{
    const struct net_nat_conf *c = t->conf;
    const sim_time of[NAT_CLASSES] = {
        [NAT_UDP] = c->udp,   [NAT_TCP] = c->tcp, [NAT_TCP_CLOSING] = c->tcp_closing,
        [NAT_ICMP] = c->icmp, [NAT_ESP] = c->esp, [NAT_OTHER] = c->other,
    };
    return of[class];
}

static sim_time due(const struct net_nat *t, enum nat_class class)
{
    const GList *head = t->idle[class].head;
    sim_time idle = time_of(t, class);
    return head && idle ? ((const struct nat_flow *)head->data)->pub.last + idle : SIM_TIME_MAX;
}

static sim_time address_due(const struct net_nat *t)
{
    const GList *head = t->waiting.head;
    return head && t->conf->address
               ? ((const struct nat_address *)head->data)->pub.last + t->conf->address
               : SIM_TIME_MAX;
}

void nat_arm(struct net_nat *t)
{
    sim_time next = address_due(t);
    for (int class = 0; class < NAT_CLASSES; class ++)
        next = MIN(next, due(t, (enum nat_class) class));
    if (next == SIM_TIME_MAX)
        sim_timer_disarm(&t->timer);
    else
        sim_timer_arm(&t->timer, MAX(next, sim_now(t->node->net->sim)));
}

static void expire(void *table)
{
    struct net_nat *t = table;
    sim_time now = sim_now(t->node->net->sim);
    for (int class = 0; class < NAT_CLASSES; class ++)
        while (due(t, (enum nat_class) class) <= now)
            nat_flow_end(t, t->idle[class].head->data, "idle");
    while (address_due(t) <= now)
        nat_address_end(t, t->waiting.head->data);
    nat_arm(t);
}

static enum nat_class class_of(const struct nat_flow *x)
{
    switch (x->pub.protocol) {
    case IPPROTO_NUM_UDP:
        return NAT_UDP;
    case IPPROTO_NUM_TCP:
        return x->fin[0] || x->fin[1] ? NAT_TCP_CLOSING : NAT_TCP;
    case IPPROTO_NUM_ICMP:
        return NAT_ICMP;
    case IPPROTO_NUM_ESP:
        return NAT_ESP;
    default:
        return NAT_OTHER;
    }
}

static void enter_class(struct net_nat *t, struct nat_flow *x)
{
    x->class = class_of(x);
    x->pub.last = sim_now(t->node->net->sim);
    x->pub.limit = time_of(t, x->class);
    g_queue_push_tail_link(&t->idle[x->class], &x->idle);
    if (t->idle[x->class].length == 1 && x->pub.limit &&
        x->pub.last + x->pub.limit < sim_timer_at(&t->timer))
        sim_timer_arm(&t->timer, x->pub.last + x->pub.limit);
}

struct nat_flow *nat_forth(const struct net_nat *t, uint8_t protocol, ip4 real, uint32_t real_port,
                           ip4 remote, uint32_t remote_port)
{
    const struct nat_key k = {protocol, real, remote, real_port, remote_port};
    return g_hash_table_lookup(t->forth, &k);
}

struct nat_flow *nat_back(const struct net_nat *t, uint8_t protocol, ip4 mapped,
                          uint32_t mapped_port, ip4 remote, uint32_t remote_port)
{
    const struct nat_key k = {protocol, mapped, remote, mapped_port, remote_port};
    return g_hash_table_lookup(t->back, &k);
}

void nat_back_add(struct net_nat *t, struct nat_flow *x, uint32_t mapped_port)
{
    x->pub.mapped_port = mapped_port;
    x->back = (struct nat_key){x->pub.protocol, x->pub.mapped, x->pub.remote, mapped_port,
                               x->pub.remote_port};
    g_hash_table_insert(t->back, &x->back, x);
    x->has_back = true;
}

struct nat_flow *nat_flow_new(struct net_nat *t, const struct net_nat_flow *like,
                              struct nat_port *port, struct nat_address *address)
{
    if (port)
        port->refs++;
    if (address)
        address->pub.flows++;
    if (t->all.length >= t->conf->limit) {
        nat_port_unref(t, port);
        nat_address_unref(t, address);
        return NULL;
    }
    struct nat_flow *x = g_new0(struct nat_flow, 1), *old;
    x->pub = *like;
    x->pub.tag = like->rule ? like->rule->tag : like->tag;
    x->pub.id = t->next_id++;
    x->pub.born = sim_now(t->node->net->sim);
    x->port = port;
    x->address = address;
    x->all.data = x->idle.data = x;
    x->forth = (struct nat_key){like->protocol, like->real, like->remote, like->real_port,
                                like->remote_port};
    /* An inside that changed its rule: what was there under the same words is over. */
    old = g_hash_table_lookup(t->forth, &x->forth);
    if (old)
        nat_flow_end(t, old, "replaced");
    g_hash_table_insert(t->forth, &x->forth, x);
    bool by_spi = like->protocol == IPPROTO_NUM_ESP && like->real_port;
    old = by_spi ? NULL
                 : nat_back(t, like->protocol, like->mapped, like->mapped_port, like->remote,
                            like->remote_port);
    if (old)
        nat_flow_end(t, old, "replaced");
    if (!by_spi)
        nat_back_add(t, x, like->mapped_port);
    g_queue_push_tail_link(&t->all, &x->all);
    t->most = MAX(t->most, t->all.length);
    enter_class(t, x);
    ++*t->made;
    t->stats.made++;
    TRACE(t->node->scope, nat_new, .id = x->pub.id, .protocol = like->protocol, .real = like->real,
          .real_port = like->real_port, .mapped = like->mapped, .mapped_port = like->mapped_port,
          .remote = like->remote, .remote_port = like->remote_port, .rule = x->pub.tag);
    return x;
}

static void forget(struct net_nat *t, struct nat_flow *x)
{
    g_hash_table_remove(t->forth, &x->forth);
    if (x->has_back)
        g_hash_table_remove(t->back, &x->back);
    g_queue_unlink(&t->all, &x->all);
    g_queue_unlink(&t->idle[x->class], &x->idle);
    nat_port_unref(t, x->port);
    if (x->address)
        nat_address_used(x->address, x->pub.last);
    nat_address_unref(t, x->address);
    if (!t->all.head && !t->waiting.head)
        sim_timer_disarm(&t->timer);
    g_free(x);
}

void nat_flow_end(struct net_nat *t, struct nat_flow *x, const char *why)
{
    ++*t->ended;
    t->stats.expired += strcmp(why, "idle") == 0;
    TRACE(t->node->scope, nat_end, .id = x->pub.id, .protocol = x->pub.protocol,
          .real = x->pub.real, .real_port = x->pub.real_port, .mapped = x->pub.mapped,
          .mapped_port = x->pub.mapped_port, .why = why,
          .age = sim_now(t->node->net->sim) - x->pub.born);
    forget(t, x);
}

void nat_flow_used(struct net_nat *t, struct nat_flow *x, const struct nat_seen *s, bool back)
{
    x->pub.packets++;
    t->stats.packets++;
    if (s->tcp & TCP_RST)
        x->fin[0] = x->fin[1] = true;
    else if (s->tcp & TCP_FIN)
        x->fin[back] = true;
    else if (s->tcp & TCP_SYN)
        x->fin[0] = x->fin[1] = false;
    g_queue_unlink(&t->idle[x->class], &x->idle);
    enter_class(t, x);
}

/* ---- Packets ---- */

static struct pkt *whole(struct net_node *n, struct pkt *p)
{
    struct ip4_head h;
    if (ip4_head_parse(pkt_span(p), &h) != WIRE_OK || !(h.frag_bytes || h.flags & IP4_MF))
        return p;
    return reassembly_add(n, p,
                          &h); /* only the first piece shows ports: they wait for each other */
}

static void refuse(struct net_nat *t, struct pkt *p, const struct nat_seen *s, struct net_if *out,
                   enum drop_reason why, const struct net_nat_rule *rule)
{
    TRACE(t->node->scope, nat_refused, .why = why, .in = p->in ? p->in->name : NULL,
          .out = out ? out->name : NULL, .protocol = s->f.protocol, .src = s->f.src,
          .sport = s->f.sport, .dst = s->f.dst, .dport = s->f.dport,
          .type = (uint32_t)MAX(s->f.icmp_type, 0), .code = (uint32_t)MAX(s->f.icmp_code, 0),
          .rule = rule ? rule->tag : 0);
    t->stats.exhausted += why == DROP_NAT_EXHAUSTED;
    pkt_drop(t->node, p, why);
}

/* A packet about to be translated. */
static void tell(struct net_nat *t, const struct nat_flow *x, const struct nat_seen *s,
                 const struct pkt *p, bool back)
{
    TRACE(t->node->scope, nat_packet, .flow = x->pub.id, .back = back, .first = x->pub.packets == 0,
          .protocol = s->f.protocol, .src = s->f.src, .sport = s->sport, .dst = s->f.dst,
          .dport = s->dport, .to = back ? x->pub.real : x->pub.mapped,
          .ident = be16_get(p->buf + p->head + 4));
}

static bool ported(const struct nat_flow *x)
{
    return x->pub.real_port != x->pub.mapped_port && x->pub.protocol != IPPROTO_NUM_ESP;
}

static struct nat_flow *flow_back(struct net_nat *t, const struct nat_seen *s)
{
    struct nat_flow *x = nat_back(t, s->f.protocol, s->f.dst, s->dport, s->f.src, s->sport);
    if (!x && s->f.protocol != IPPROTO_NUM_UDP && s->f.protocol != IPPROTO_NUM_TCP &&
        s->f.protocol != IPPROTO_NUM_ICMP)
        x = nat_back(t, s->f.protocol, s->f.dst, 0, s->f.src, 0);
    return x;
}

/* Coming in: what is for a translated address gets the real one. Takes the packet; NULL when it is
 * not whole yet. */
struct pkt *nat_in(struct net_node *n, struct net_if *in, struct pkt *p)
{
    struct net_nat *t = n->nat;
    struct nat_seen s;
    t->turned = false;
    if (!nat_is_mapped(t, pkt_dst(p)) || !(p = whole(n, p)))
        return p;
    nat_see(p, &s);
    if (s.error) {
        struct nat_flow *x = nat_back(t, s.quoted.protocol, s.quoted.src, s.quoted_sport,
                                      s.quoted.dst, s.quoted_dport);
        if (!x)
            x = nat_back(t, s.quoted.protocol, s.quoted.src, 0, s.quoted.dst, 0);
        if (x) {
            p = pkt_own(p);
            nat_rewrite_error(p, false, x->pub.real, x->pub.real, x->pub.real_port, ported(x));
            t->turned = true;
        }
        return p;
    }
    struct nat_flow *x = flow_back(t, &s);
    if (!x)
        x = nat_map_back(t, in, &s);
    if (!x)
        return p;
    p = pkt_own(p);
    tell(t, x, &s, p, true);
    nat_rewrite(p, false, x->pub.real, x->pub.real_port, ported(x));
    nat_flow_used(t, x, &s, true);
    t->turned = true;
    return p;
}

/* What comes in for the real address of somebody who is translated on the way out. */
static const struct net_nat_rule *translated_back(struct net_nat *t, const struct net_if *in,
                                                  const struct net_if *out, const struct flow *f)
{
    struct flow back = flow_reverse(*f);
    const struct net_nat_rule *r = nat_rule_for(t, out, in, &back);
    return r && r->kind != NET_NAT_EXEMPT ? r : NULL;
}

static bool between_sides(const struct net_nat *t, const struct net_if *in,
                          const struct net_if *out)
{
    for (guint i = 0; i < t->rules->len; i++) {
        const struct net_nat_rule *r = g_ptr_array_index(t->rules, i);
        if (r->kind != NET_NAT_EXEMPT && (!r->inside || r->inside == in) &&
            (!r->outside || r->outside == out))
            return true;
    }
    return false;
}

static bool error_out(struct net_nat *t, struct pkt *p, const struct nat_seen *s)
{
    struct nat_flow *x = nat_forth(t, s->quoted.protocol, s->quoted.dst, s->quoted_dport,
                                   s->quoted.src, s->quoted_sport);
    if (!x)
        x = nat_forth(t, s->quoted.protocol, s->quoted.dst, 0, s->quoted.src, 0);
    if (x)
        nat_rewrite_error(p, true, x->pub.mapped, x->pub.mapped, x->pub.mapped_port, ported(x));
    return x != NULL;
}

/* Going out, routed: the source becomes the translated one. NULL: it was taken. */
struct pkt *nat_out(struct net_node *n, struct net_if *out, struct pkt *p)
{
    struct net_nat *t = n->nat;
    struct net_if *in = p->in;
    bool turned = t->turned, sides = between_sides(t, in, out);
    struct nat_seen s;
    t->turned = false;
    if (sides && !(p = whole(n, p)))
        return NULL;
    nat_see(p, &s);
    if (s.error && sides) {
        p = pkt_own(p);
        if (error_out(t, p, &s))
            return p;
    }
    bool ports = s.f.protocol == IPPROTO_NUM_UDP || s.f.protocol == IPPROTO_NUM_TCP ||
                 s.f.protocol == IPPROTO_NUM_ICMP;
    struct nat_flow *x = nat_forth(t, s.f.protocol, s.f.src, s.sport, s.f.dst, s.dport);
    if (!x && !ports)
        x = nat_forth(t, s.f.protocol, s.f.src, 0, s.f.dst, 0);
    if (!x && s.f.protocol == IPPROTO_NUM_ESP)
        x = nat_forth(t, s.f.protocol, s.f.src, s.dport, s.f.dst, 0);
    if (x && x->pub.outside != out)
        x = NULL;
    if (!x && turned && in == out && t->conf->hairpin) {
        const struct net_nat_rule *rule = nat_rule_for(t, in, NULL, &s.f);
        if (rule && rule->kind != NET_NAT_EXEMPT)
            nat_map(t, out, rule, &s, &x);
    }
    if (!x && !turned) {
        const struct net_nat_rule *rule = nat_rule_for(t, in, out, &s.f), *other = NULL;
        enum drop_reason why = DROP_NONE;
        if (rule && rule->kind != NET_NAT_EXEMPT)
            why = nat_map(t, out, rule, &s, &x);
        else if (!rule && sides && t->conf->must_translate)
            why = DROP_NAT_NO_RULE;
        else if (!rule && t->conf->reverse_check &&
                 (other = translated_back(t, in, out, &s.f)) != NULL)
            why = DROP_NAT_REVERSE;
        if (why != DROP_NONE) {
            refuse(t, p, &s, out, why, rule ? rule : other);
            return NULL;
        }
    }
    if (!x)
        return p;
    p = pkt_own(p);
    tell(t, x, &s, p, false);
    nat_rewrite(p, true, x->pub.mapped, x->pub.mapped_port, ported(x));
    nat_flow_used(t, x, &s, false);
    return p;
}

/* ---- The table ---- */

static void rule_free(void *p)
{
    struct net_nat_rule *r = p;
    g_free(r->acl);
    g_free(r);
}

void nat_free(struct net_node *n)
{
    struct net_nat *t = n->nat;
    if (!t)
        return;
    while (t->all.head)
        forget(t, t->all.head->data);
    g_ptr_array_unref(t->rules);
    g_ptr_array_unref(t->addresses);
    g_hash_table_unref(t->address_of);
    g_hash_table_unref(t->forth);
    g_hash_table_unref(t->back);
    g_hash_table_unref(t->by_mapped);
    g_hash_table_unref(t->by_real);
    g_hash_table_unref(t->full);
    sim_timer_clear(&t->timer);
    g_clear_pointer(&n->nat, g_free);
}

void net_nat_set(struct net_node *n, const struct net_nat_conf *conf)
{
    nat_free(n);
    if (!conf)
        return;
    struct net_nat *t = n->nat = g_new0(struct net_nat, 1);
    t->node = n;
    t->conf = conf;
    t->rules = g_ptr_array_new_with_free_func(rule_free);
    t->addresses = g_ptr_array_new_with_free_func(g_free);
    t->address_of = g_hash_table_new(NULL, NULL);
    t->forth = g_hash_table_new(nat_key_hash, nat_key_equal);
    t->back = g_hash_table_new(nat_key_hash, nat_key_equal);
    t->by_mapped = g_hash_table_new(nat_key_hash, nat_key_equal);
    t->by_real = g_hash_table_new(nat_key_hash, nat_key_equal);
    t->full = g_hash_table_new_full(nat_key_hash, nat_key_equal, g_free, NULL);
    t->made = trace_counter(n->scope, "nat.made");
    t->ended = trace_counter(n->scope, "nat.ended");
    sim_timer_init(n->net->sim, &t->timer, expire, t);
}

void net_nat_changed(struct net_node *n)
{
    struct net_nat *t = n->nat;
    for (GList *l = t ? t->all.head : NULL; l; l = l->next) {
        struct nat_flow *x = l->data;
        x->pub.limit = time_of(t, x->class);
    }
    if (t)
        nat_arm(t);
}

bool net_nat_on(const struct net_node *n)
{
    return n->nat != NULL;
}

void net_nat_rule_add(struct net_node *n, const struct net_nat_rule *rule)
{
    struct net_nat_rule *r = g_new(struct net_nat_rule, 1);
    *r = *rule;
    r->acl = g_strdup(rule->acl);
    r->hits = 0;
    g_ptr_array_add(n->nat->rules, r);
}

void net_nat_rules_clear(struct net_node *n)
{
    for (GList *l = n->nat->all.head; l; l = l->next)
        ((struct nat_flow *)l->data)->pub.rule = NULL;
    g_ptr_array_set_size(n->nat->rules, 0);
}

size_t net_nat_rule_count(const struct net_node *n)
{
    return n->nat ? n->nat->rules->len : 0;
}

const struct net_nat_rule *net_nat_rule_at(const struct net_node *n, size_t i)
{
    return g_ptr_array_index(n->nat->rules, i);
}

size_t net_nat_clear(struct net_node *n, bool (*pick)(void *self, const struct net_nat_flow *f),
                     void *self)
{
    size_t ended = 0;
    for (GList *l = n->nat ? n->nat->all.head : NULL, *next; l; l = next) {
        struct nat_flow *x = l->data;
        next = l->next;
        if (pick && !pick(self, &x->pub))
            continue;
        nat_flow_end(n->nat, x, "cleared");
        ended++;
    }
    while (!pick && n->nat && n->nat->waiting.head)
        nat_address_end(n->nat, n->nat->waiting.head->data);
    return ended;
}

void net_nat_rebind(struct net_node *n)
{
    if (!n->nat)
        return;
    net_nat_clear(n, NULL, NULL);
    n->nat->rebound = true;
}

/* ---- What show reads ---- */

size_t net_nat_count(const struct net_node *n)
{
    return n->nat ? n->nat->all.length : 0;
}

size_t net_nat_most(const struct net_node *n)
{
    return n->nat ? n->nat->most : 0;
}

const struct net_nat_flow *net_nat_first(const struct net_node *n)
{
    const GList *l = n->nat ? n->nat->all.head : NULL;
    return l ? &((const struct nat_flow *)l->data)->pub : NULL;
}

const struct net_nat_flow *net_nat_next(const struct net_nat_flow *f)
{
    const GList *l = ((const struct nat_flow *)f)->all.next; /* pub is its first member */
    return l ? &((const struct nat_flow *)l->data)->pub : NULL;
}

size_t net_nat_address_count(const struct net_node *n)
{
    return n->nat ? n->nat->addresses->len : 0;
}

const struct net_nat_address *net_nat_address_at(const struct net_node *n, size_t i)
{
    return &((const struct nat_address *)g_ptr_array_index(n->nat->addresses, i))->pub;
}

bool net_nat_address_release(struct net_node *n, ip4 mapped)
{
    struct nat_address *a =
        n->nat ? g_hash_table_lookup(n->nat->address_of, GUINT_TO_POINTER(mapped)) : NULL;
    if (!a || a->pub.flows)
        return false;
    nat_address_end(n->nat, a);
    return true;
}

struct net_nat_stats net_nat_stats(const struct net_node *n)
{
    return n->nat ? n->nat->stats : (struct net_nat_stats){0};
}

const struct net_nat_flow *net_nat_find(const struct net_node *n, uint8_t protocol, ip4 real,
                                        uint32_t real_port, ip4 remote, uint32_t remote_port)
{
    const struct nat_flow *x =
        n->nat ? nat_forth(n->nat, protocol, real, real_port, remote, remote_port) : NULL;
    return x ? &x->pub : NULL;
}

bool net_nat_holds(const struct net_node *n, uint8_t protocol, uint16_t port)
{
    for (size_t i = 0; n->nat && i < net_if_count(n); i++) {
        const struct nat_key k = {protocol, net_if_at(n, i)->addr, 0, port, 0};
        if (k.own && g_hash_table_contains(n->nat->by_mapped, &k))
            return true;
    }
    return false;
}

const struct net_nat_rule *net_nat_would(struct net_node *n, const struct net_if *in,
                                         const struct net_if *out, const struct flow *f)
{
    return n->nat ? nat_rule_for(n->nat, in, out, f) : NULL;
}
