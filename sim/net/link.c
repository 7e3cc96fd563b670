/* Links: what one end sends comes out at the other, or on a segment at the end that owns the next
 * hop. A perfect link costs one event a packet; everything else is decided in impair.c. */
#include "qos_priv.h"

#define NO_FLIGHT   UINT32_MAX
#define OWNERS_SCAN 8 /* ends that are quicker walked than hashed */

static void link_arrive(void *owner, uint64_t arg);

struct net_link *net_link_new(struct net *net, const char *name)
{
    struct net_link *l = g_new0(struct net_link, 1);
    l->net = net;
    l->name = g_strdup(name);
    l->up = true;
    l->free_flight = NO_FLIGHT;
    l->next_rule = 1;
    l->port = (struct sim_port){link_arrive, l};
    g_ptr_array_add(net->links, l);
    g_hash_table_insert(net->link_of, l->name, l);
    return l;
}

static void rule_clear(struct link_rule *r)
{
    if (r->rule.free_self)
        r->rule.free_self(r->rule.self);
    g_free(r->rule.label);
}

void link_free(struct net_link *l)
{
    for (uint32_t i = 0; i < l->n_flights; i++)
        pkt_unref(l->flights[i].p);
    for (uint32_t i = 0; i < l->n_ends; i++)
        impair_dir_free(l->ends[i].dir);
    for (guint i = 0; l->rules && i < l->rules->len; i++)
        rule_clear(&g_array_index(l->rules, struct link_rule, i));
    if (l->rules)
        g_array_unref(l->rules);
    link_forget_owners(l);
    portal_free(l->portal);
    g_free(l->flights);
    g_free(l->ends);
    g_free(l->name);
    g_free(l);
}

bool net_link_attach(struct net_link *l, struct net_if *i)
{
    if (i->link || i->loopback)
        return false;
    l->ends = g_renew(struct link_end, l->ends, l->n_ends + 1);
    l->ends[l->n_ends] = (struct link_end){.i = i};
    i->link = l;
    i->link_end = l->n_ends++;
    link_forget_owners(l);
    if_refresh(i);
    return true;
}

struct net_link *net_link_by_name(struct net *net, const char *name)
{
    return g_hash_table_lookup(net->link_of, name);
}

size_t net_link_count(const struct net *net)
{
    return net->links->len;
}

struct net_link *net_link_at(struct net *net, size_t i)
{
    return i < net->links->len ? g_ptr_array_index(net->links, i) : NULL;
}

const char *net_link_name(const struct net_link *l)
{
    return l->name;
}

size_t net_link_ends(const struct net_link *l)
{
    return l->n_ends;
}

struct net_if *net_link_end(const struct net_link *l, uint32_t end)
{
    return end < l->n_ends ? l->ends[end].i : NULL;
}

void net_link_set_up(struct net_link *l, bool up)
{
    if (l->up == up)
        return;
    l->up = up;
    TRACE(trace_scope_root(l->net->trace), link_change, .link = l->name, .what = "state",
          .value = up ? "up" : "down");
    for (uint32_t i = 0; i < l->n_ends; i++)
        if_refresh(l->ends[i].i);
}

uint32_t net_link_rule_add(struct net_link *l, const struct net_match_rule *rule)
{
    if (!l->rules)
        l->rules = g_array_new(FALSE, FALSE, sizeof(struct link_rule));
    struct link_rule r = {.rule = *rule, .id = l->next_rule++};
    g_array_append_val(l->rules, r);
    return r.id;
}

void net_link_rule_del(struct net_link *l, uint32_t id)
{
    for (guint i = 0; l->rules && i < l->rules->len; i++) {
        struct link_rule *r = &g_array_index(l->rules, struct link_rule, i);
        if (r->id == id) {
            rule_clear(r);
            g_array_remove_index(l->rules, i);
            return;
        }
    }
}

/* ---- Packets on their way ---- */

static uint32_t flight_place(struct net_link *l)
{
    if (l->free_flight == NO_FLIGHT) {
        uint32_t n = l->n_flights ? l->n_flights * 2 : 4;
        l->flights = g_renew(struct flight, l->flights, n);
        for (uint32_t i = n; i-- > l->n_flights;) {
            l->flights[i] = (struct flight){.number = l->free_flight};
            l->free_flight = i;
        }
        l->n_flights = n;
    }
    uint32_t place = l->free_flight;
    l->free_flight = (uint32_t)l->flights[place].number;
    return place;
}

/* Takes the packet. */
static void depart(struct net_link *l, const struct flight *f, uint32_t to, struct pkt *p,
                   sim_time at)
{
    uint32_t place = flight_place(l);
    l->flights[place] = (struct flight){p, f->number, f->from, to, f->nexthop};
    sim_post(l->net->sim, at, &l->port, place);
}

static void link_arrive(void *owner, uint64_t arg)
{
    struct net_link *l = owner;
    struct flight *place = &l->flights[arg];
    struct flight f = *place;
    *place = (struct flight){.number = l->free_flight};
    l->free_flight = (uint32_t)arg;

    struct net_if *in = l->ends[f.to].i;
    struct pkt *p = pkt_own(f.p);
    p->in = in;
    p->sa_in = p->sa_out = p->mark = p->queue = 0; /* what the sender knew stays with it */
    if (!l->up || !in->admin_up) {
        in->in_drops++;
        pkt_drop(in->node, p, DROP_LINK_DOWN);
        return;
    }
    TRACE(in->node->scope, link_rx, .link = l->name, .end = f.from, .number = f.number,
          .frame = pkt_span(p));
    if (l->portal && f.to == l->portal_end)
        portal_arrive(l->portal, l->ends[f.from].i, f.nexthop, p);
    else
        ip_input(in, p);
}

/* ---- Which end ---- */

#define TO_ALL    (UINT32_MAX - 1)
#define TO_NOBODY UINT32_MAX

void link_forget_owners(struct net_link *l)
{
    if (l->owners)
        g_clear_pointer(&l->owners, g_hash_table_unref);
}

static uint32_t owner_of(struct net_link *l, ip4 addr)
{
    if (l->n_ends <= OWNERS_SCAN) {
        for (uint32_t i = 0; addr && i < l->n_ends; i++)
            if (l->ends[i].i->addr == addr)
                return i;
        return TO_NOBODY;
    }
    if (!l->owners) {
        l->owners = g_hash_table_new(NULL, NULL);
        for (uint32_t i = l->n_ends; i-- > 0;)
            if (l->ends[i].i->addr)
                g_hash_table_insert(l->owners, GUINT_TO_POINTER(l->ends[i].i->addr),
                                    GUINT_TO_POINTER(i + 1));
    }
    return GPOINTER_TO_UINT(g_hash_table_lookup(l->owners, GUINT_TO_POINTER(addr))) - 1;
}

static uint32_t end_for(struct net_link *l, uint32_t from, ip4 nexthop)
{
    if (l->n_ends == 2)
        return 1 - from;
    if (nexthop == IP4_BROADCAST)
        return l->n_ends > 2 ? TO_ALL : TO_NOBODY;
    uint32_t to = owner_of(l, nexthop);
    if (to == TO_NOBODY && l->portal)
        to = l->portal_end;
    return to == from ? TO_NOBODY : to;
}

/* Takes the packet; `f` tells what else there is to know about it. */
static void depart_to(struct net_link *l, const struct flight *f, struct pkt *p, sim_time at)
{
    if (f->to != TO_ALL) {
        depart(l, f, f->to, p, at);
        return;
    }
    for (uint32_t i = 0; i < l->n_ends; i++)
        if (i != f->from)
            depart(l, f, i, pkt_ref(p), at);
    pkt_unref(p);
}

/* ---- Sending ---- */

static void lost(struct net_link *l, struct net_if *out, uint64_t number, struct pkt *p,
                 enum drop_reason why)
{
    out->out_drops++;
    TRACE(out->node->scope, link_drop, .link = l->name, .end = out->link_end, .number = number,
          .why = why, .frame = pkt_span(p));
    pkt_drop(out->node, p, why);
}

/* One bit past the IP head is turned over; other holders of the packet keep theirs. */
static struct pkt *flip_bit(struct pkt *p, uint64_t bit)
{
    p = pkt_own(p);
    uint8_t *b = pkt_data(p);
    b[(b[0] & 15u) * 4u + bit / 8] ^= (uint8_t)(1u << bit % 8);
    return p;
}

void link_send(struct net_if *out, ip4 nexthop, struct pkt *p)
{
    if (((struct if_box *)out)->qos_out)
        qos_output(out, nexthop, p);
    else
        link_put(out, nexthop, p);
}

void link_put(struct net_if *out, ip4 nexthop, struct pkt *p)
{
    struct net_link *l = out->link;
    if (!l || !l->up || !out->admin_up) {
        out->out_drops++;
        pkt_drop(out->node, p, DROP_LINK_DOWN);
        return;
    }
    uint32_t from = out->link_end;
    struct link_end *e = &l->ends[from];
    uint64_t number = ++e->sent;
    out->out_packets++;
    out->out_bytes += p->len;
    TRACE(out->node->scope, link_tx, .link = l->name, .end = from, .number = number,
          .frame = pkt_span(p));
    uint32_t to = end_for(l, from, nexthop);
    if (to == TO_NOBODY) {
        lost(l, out, number, p, DROP_LINK_NO_NEIGHBOR);
        return;
    }
    struct flight flight = {.number = number, .from = from, .to = to, .nexthop = nexthop};
    if (!e->dir && !l->rules) {
        depart_to(l, &flight, p, sim_now(l->net->sim));
        return;
    }
    struct fate f;
    impair_decide(l, from, number, p, &f);
    if (f.why != DROP_NONE) {
        lost(l, out, number, p, f.why);
        return;
    }
    if (f.flip)
        p = flip_bit(p, f.flip - 1);
    if (f.twice)
        depart_to(l, &flight, pkt_ref(p), f.at);
    depart_to(l, &flight, p, f.at);
}
