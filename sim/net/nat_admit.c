/* Address translation as the connection table meets it: the first packet of a connection gets its
 * translation, or is refused, before the connection is made. */
#include "net/nat_admit.h"
#include "nat_priv.h"

static struct nat_flow *flow_forth(const struct net_nat *t, const struct nat_seen *s)
{
    struct nat_flow *x = nat_forth(t, s->f.protocol, s->f.src, s->sport, s->f.dst, s->dport);
    if (!x)
        x = nat_forth(t, s->f.protocol, s->f.src, 0, s->f.dst, 0);
    if (!x && s->f.protocol == IPPROTO_NUM_ESP)
        x = nat_forth(t, s->f.protocol, s->f.src, s->dport, s->f.dst, 0);
    return x;
}

/* Of an answer: its destination is the inside's already. */
static struct nat_flow *flow_turned(const struct net_nat *t, const struct nat_seen *s)
{
    struct nat_flow *x = nat_forth(t, s->f.protocol, s->f.dst, s->dport, s->f.src, s->sport);
    return x ? x : nat_forth(t, s->f.protocol, s->f.dst, 0, s->f.src, 0);
}

static bool same_traffic(const struct net_nat_rule *a, const struct net_nat_rule *b)
{
    return a->inside == b->inside && a->outside == b->outside && a->real.addr == b->real.addr &&
           a->real.mask == b->real.mask && a->remote.addr == b->remote.addr &&
           a->remote.mask == b->remote.mask && g_strcmp0(a->acl, b->acl) == 0 &&
           a->picks == b->picks && a->self == b->self && a->protocol == b->protocol &&
           a->real_port == b->real_port;
}

/* A pool that is used up leaves it to the next one. */
static enum drop_reason make(struct net_nat *t, struct net_if *out, const struct nat_seen *s,
                             struct net_nat_admission *a)
{
    struct nat_flow *x = NULL;
    enum drop_reason why = nat_map(t, out, a->rule, s, &x);
    guint at = 0;
    while (at < t->rules->len && g_ptr_array_index(t->rules, at) != a->rule)
        at++;
    for (at++; why == DROP_NAT_EXHAUSTED && at < t->rules->len; at++) {
        const struct net_nat_rule *next = g_ptr_array_index(t->rules, at);
        if (!same_traffic(a->rule, next))
            continue;
        a->rule = next;
        why = nat_map(t, out, next, s, &x);
    }
    a->flow = x ? &x->pub : NULL;
    return why;
}

enum drop_reason net_nat_admit(struct net_node *n, struct net_if *in, struct net_if *out,
                               const struct pkt *p, struct net_nat_admission *a)
{
    struct net_nat *t = n->nat;
    struct nat_seen s;
    *a = (struct net_nat_admission){0};
    if (!t)
        return DROP_NONE;
    nat_see(p, &s);
    if (s.error)
        return DROP_NONE; /* it belongs to the packet it quotes */
    struct nat_flow *x = t->turned ? flow_turned(t, &s) : flow_forth(t, &s);
    if (x && (t->turned || x->pub.outside == out)) {
        a->flow = &x->pub;
        a->turned = t->turned;
        return DROP_NONE;
    }
    a->rule = nat_rule_for(t, in, out, &s.f);
    if (a->rule)
        return a->rule->kind == NET_NAT_EXEMPT ? DROP_NONE : make(t, out, &s, a);
    struct flow back = flow_reverse(s.f);
    a->back = nat_rule_for(t, out, in, &back);
    return a->back && a->back->kind != NET_NAT_EXEMPT ? DROP_NAT_REVERSE : DROP_NONE;
}

const struct net_nat_flow *net_nat_flow_of(const struct net_node *n, const struct pkt *p)
{
    struct nat_seen s;
    if (!n->nat)
        return NULL;
    nat_see(p, &s);
    struct nat_flow *x = flow_forth(n->nat, &s);
    x = x ? x : flow_turned(n->nat, &s);
    return x ? &x->pub : NULL;
}

struct pkt *net_nat_preview(const struct net_node *n, const struct pkt *p)
{
    struct nat_seen s;
    if (!n->nat)
        return NULL;
    nat_see(p, &s);
    const struct nat_flow *x = flow_forth(n->nat, &s);
    if (!x)
        return NULL;
    struct pkt *copy = pkt_of(pkt_span(p));
    copy->in = p->in;
    bool ports = x->pub.real_port != x->pub.mapped_port && x->pub.protocol != IPPROTO_NUM_ESP;
    nat_rewrite(copy, true, x->pub.mapped, x->pub.mapped_port, ports);
    return copy;
}

void net_nat_flow_end(struct net_node *n, const struct net_nat_flow *f, const char *why)
{
    nat_flow_end(n->nat, (struct nat_flow *)f, why); /* pub is its first member */
}
