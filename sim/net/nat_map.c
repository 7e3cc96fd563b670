/* Which rule speaks of a packet, and what it becomes: addresses of pools, ports that nobody holds,
 * ESP by its policy. */
#include "nat_priv.h"

guint nat_key_hash(gconstpointer p)
{
    const struct nat_key *k = p;
    uint32_t h = k->own * UINT32_C(0x9E3779B1) ^ k->remote;
    h = (h ^ h >> 15) * UINT32_C(0x85EBCA77) ^ (k->own_port << 16 ^ k->remote_port);
    return (h ^ h >> 13) * UINT32_C(0xC2B2AE3D) + k->protocol;
}

gboolean nat_key_equal(gconstpointer a, gconstpointer b)
{
    const struct nat_key *x = a, *y = b;
    return x->protocol == y->protocol && x->own == y->own && x->remote == y->remote &&
           x->own_port == y->own_port && x->remote_port == y->remote_port;
}

/* ---- Rules ---- */

static bool net_has(struct ip4_net net, ip4 a)
{
    return !((net.addr ^ a) & net.mask);
}

static bool list_permits(struct net_nat *t, const char *name, const struct flow *f)
{
    struct acl *a = name ? net_acl(t->node, name) : NULL;
    if (!name)
        return true;
    const struct acl_line *l = a ? acl_match(a, f) : NULL;
    return l && l->permit;
}

static bool speaks_of(struct net_nat *t, const struct net_nat_rule *r, const struct net_if *in,
                      const struct net_if *out, const struct flow *f)
{
    if ((r->inside && r->inside != in) || (out && r->outside && r->outside != out))
        return false;
    if (!net_has(r->real, f->src) || !net_has(r->remote, f->dst))
        return false;
    if (r->protocol && (r->protocol != f->protocol || r->real_port != f->sport))
        return false;
    return list_permits(t, r->acl, f) && (!r->picks || r->picks(r->self, f));
}

const struct net_nat_rule *nat_rule_for(struct net_nat *t, const struct net_if *in,
                                        const struct net_if *out, const struct flow *f)
{
    for (guint i = 0; i < t->rules->len; i++) {
        struct net_nat_rule *r = g_ptr_array_index(t->rules, i);
        if (speaks_of(t, r, in, out, f)) {
            r->hits++;
            return r;
        }
    }
    return NULL;
}

static ip4 first_mapped(const struct net_nat_rule *r, const struct net_if *out)
{
    if (r->mapped)
        return r->mapped;
    return r->outside ? r->outside->addr : out ? out->addr : 0;
}

bool nat_is_mapped(const struct net_nat *t, ip4 a)
{
    for (guint i = 0; i < t->rules->len; i++) {
        const struct net_nat_rule *r = g_ptr_array_index(t->rules, i);
        ip4 behind = r->kind == NET_NAT_STATIC && !r->protocol ? ~r->real.mask
                     : r->mapped_last > r->mapped              ? r->mapped_last - r->mapped
                                                               : 0;
        if (r->kind != NET_NAT_EXEMPT && r->mapped && a - r->mapped <= behind)
            return true;
    }
    return net_if_by_addr(t->node, a) != NULL;
}

/* ---- Ports ---- */

static bool own_socket(const struct net_nat *t, const struct nat_key *k)
{
    if (!net_if_by_addr(t->node, k->own))
        return false;
    return (k->protocol == IPPROTO_NUM_UDP && udp_bound(t->node, (uint16_t)k->own_port)) ||
           (k->protocol == IPPROTO_NUM_TCP && tcp_bound(t->node, (uint16_t)k->own_port));
}

static bool port_free(const struct net_nat *t, const struct nat_key *k)
{
    return !g_hash_table_contains(t->by_mapped, k) && !own_socket(t, k);
}

static struct nat_port *port_make(struct net_nat *t, const struct nat_key *mapped,
                                  const struct nat_key *real)
{
    struct nat_port *port = g_new0(struct nat_port, 1);
    port->mapped = *mapped;
    port->real = *real;
    g_hash_table_insert(t->by_mapped, &port->mapped, port);
    g_hash_table_insert(t->by_real, &port->real, port);
    return port;
}

enum { GROUPS = 3 };

static int group_of(const struct net_nat *t, uint32_t real_port)
{
    return !t->conf->port_groups || real_port < 512 ? 0 : real_port < 1024 ? 1 : 2;
}

/* The ports that one of a group may become, and which of them comes next. */
static uint32_t *range_of(struct net_nat *t, uint8_t protocol, int group, uint32_t *low,
                          uint32_t *size)
{
    static const uint32_t first[GROUPS + 1] = {1, 512, 1024, 65536};
    int kind = protocol == IPPROTO_NUM_UDP ? 1 : protocol == IPPROTO_NUM_TCP ? 2 : 0;
    *low = t->conf->port_low;
    *size = t->conf->port_high - *low + 1u;
    if (!t->conf->port_groups)
        return &t->next_port[0];
    *low = first[group];
    *size = first[group + 1] - *low;
    return &t->next_port[group + GROUPS * kind];
}

/* An address that was searched in vain is not searched again until one of its ports comes back. */
static struct nat_port *port_search(struct net_nat *t, struct nat_key to,
                                    const struct nat_key *from)
{
    int group = group_of(t, from->own_port);
    const struct nat_key here = {to.protocol, to.own, 0, (uint32_t)group, 0};
    uint32_t low, size, *next = range_of(t, (uint8_t)to.protocol, group, &low, &size);
    gpointer range = GUINT_TO_POINTER(low << 16 | (size - 1));
    if (g_hash_table_lookup(t->full, &here) == range)
        return NULL;
    for (uint32_t k = 0; k < size; k++) {
        to.own_port = low + (*next + k) % size;
        if (port_free(t, &to)) {
            *next = (*next + k + 1) % size;
            return port_make(t, &to, from);
        }
    }
    g_hash_table_replace(t->full, g_memdup2(&here, sizeof here), range);
    return NULL;
}

#define PORT_IKE 500

/* The port an inside end has already, else its own where that is free and stays, else the next free
 * one of the range. NULL: none is left. */
static struct nat_port *port_get(struct net_nat *t, uint8_t protocol, ip4 real, uint32_t real_port,
                                 ip4 mapped)
{
    const struct nat_key from = {protocol, real, mapped, real_port, 0};
    const struct nat_key to = {protocol, mapped, 0, real_port, 0};
    struct nat_port *port = g_hash_table_lookup(t->by_real, &from);
    if (port)
        return port;
    if (t->conf->ike_single && protocol == IPPROTO_NUM_UDP && real_port == PORT_IKE)
        return port_free(t, &to) ? port_make(t, &to, &from) : NULL;
    if (t->conf->preserve_ports && !t->rebound && port_free(t, &to))
        return port_make(t, &to, &from);
    return port_search(t, to, &from);
}

void nat_port_unref(struct net_nat *t, struct nat_port *port)
{
    if (!port || --port->refs)
        return;
    for (uint32_t group = 0; group < GROUPS && g_hash_table_size(t->full); group++)
        g_hash_table_remove(
            t->full, &(struct nat_key){port->mapped.protocol, port->mapped.own, 0, group, 0});
    g_hash_table_remove(t->by_mapped, &port->mapped);
    g_hash_table_remove(t->by_real, &port->real);
    g_free(port);
}

/* ---- Addresses of a pool ---- */

static struct nat_address *address_get(struct net_nat *t, const struct net_nat_rule *r, ip4 real)
{
    ip4 last = MAX(r->mapped, r->mapped_last);
    for (guint i = 0; i < t->addresses->len; i++) {
        struct nat_address *a = g_ptr_array_index(t->addresses, i);
        if (a->pub.real == real && a->pub.mapped >= r->mapped && a->pub.mapped <= last)
            return a;
    }
    for (ip4 try = r->mapped; r->mapped && try <= last && try >= r->mapped; try++) {
        if (g_hash_table_contains(t->address_of, GUINT_TO_POINTER(try)))
            continue;
        struct nat_address *a = g_new0(struct nat_address, 1);
        a->pub = (struct net_nat_address){.real = real, .mapped = try, .tag = r->tag};
        a->pub.born = a->pub.last = sim_now(t->node->net->sim);
        a->idle.data = a;
        g_ptr_array_add(t->addresses, a);
        g_hash_table_insert(t->address_of, GUINT_TO_POINTER(try), a);
        return a;
    }
    return NULL;
}

static void stop_waiting(struct net_nat *t, struct nat_address *a)
{
    if (a->waits)
        g_queue_unlink(&t->waiting, &a->idle);
    a->waits = false;
}

void nat_address_end(struct net_nat *t, struct nat_address *a)
{
    stop_waiting(t, a);
    g_hash_table_remove(t->address_of, GUINT_TO_POINTER(a->pub.mapped));
    g_ptr_array_remove(t->addresses, a);
}

void nat_address_used(struct nat_address *a, sim_time last)
{
    a->pub.last = MAX(a->pub.last, last);
}

/* Without flows it waits for its end; who waits since when is nearly in order already. */
void nat_address_unref(struct net_nat *t, struct nat_address *a)
{
    if (!a || --a->pub.flows)
        return;
    if (!t->conf->address) {
        nat_address_end(t, a);
        return;
    }
    GList *before = t->waiting.tail;
    while (before && ((const struct nat_address *)before->data)->pub.last > a->pub.last)
        before = before->prev;
    g_queue_insert_after_link(&t->waiting, before, &a->idle);
    a->waits = true;
    nat_arm(t);
}

/* ---- Flows ---- */

static bool has_ports(uint8_t protocol)
{
    return protocol == IPPROTO_NUM_UDP || protocol == IPPROTO_NUM_TCP ||
           protocol == IPPROTO_NUM_ICMP;
}

/* Without ports one inside host at a time has a peer (ESP and others); by SPI several have. */
static enum drop_reason map_portless(struct net_nat *t, struct net_nat_flow *f,
                                     const struct nat_seen *s)
{
    bool esp = f->protocol == IPPROTO_NUM_ESP;
    if (f->protocol == IPPROTO_NUM_AH || (esp && t->conf->esp_policy == NET_NAT_ESP_DROP))
        return DROP_NAT_ESP;
    if (esp && t->conf->esp_policy == NET_NAT_ESP_SPI) {
        f->real_port = s->dport;
        return DROP_NONE;
    }
    return nat_back(t, f->protocol, f->mapped, 0, f->remote, 0) ? DROP_NAT_ESP : DROP_NONE;
}

enum drop_reason nat_map(struct net_nat *t, struct net_if *out, const struct net_nat_rule *rule,
                         const struct nat_seen *s, struct nat_flow **made)
{
    bool ports = has_ports(s->f.protocol);
    struct net_nat_flow f = {
        .protocol = s->f.protocol,
        .outside = out,
        .rule = rule,
        .real = s->f.src,
        .remote = s->f.dst,
        .real_port = ports ? s->sport : 0,
        .remote_port = ports ? s->dport : 0,
        .mapped = first_mapped(rule, out),
    };
    struct nat_port *port = NULL;
    struct nat_address *address = NULL;
    enum drop_reason why = DROP_NONE;
    f.mapped_port = f.real_port;
    if (rule->kind == NET_NAT_STATIC) {
        if (!rule->protocol)
            f.mapped = first_mapped(rule, out) + (f.real & ~rule->real.mask);
        else
            f.mapped_port = rule->mapped_port;
    } else if (rule->kind == NET_NAT_DYNAMIC) {
        address = address_get(t, rule, f.real);
        why = address ? DROP_NONE : DROP_NAT_EXHAUSTED;
        f.mapped = address ? address->pub.mapped : 0;
        if (address)
            stop_waiting(t, address);
    } else if (ports) {
        ip4 last =
            MAX(f.mapped, rule->mapped_last); /* the next address when one has no port left */
        while (f.mapped && !(port = port_get(t, f.protocol, f.real, f.real_port, f.mapped)) &&
               f.mapped < last)
            f.mapped++;
        why = port ? DROP_NONE : DROP_NAT_EXHAUSTED;
        f.mapped_port = port ? port->mapped.own_port : 0;
    } else {
        why = t->conf->ports_only ? DROP_NAT_ESP : map_portless(t, &f, s);
    }
    if (why != DROP_NONE)
        return why;
    *made = nat_flow_new(t, &f, port, address);
    return *made ? DROP_NONE : DROP_NAT_EXHAUSTED;
}

static bool static_takes(const struct net_nat *t, const struct net_nat_rule *r,
                         const struct net_if *in, const struct nat_seen *s, ip4 *real)
{
    ip4 mapped = first_mapped(r, in), offset = s->f.dst - mapped;
    bool hairpin = t->conf->hairpin && r->inside == in;
    if (r->kind != NET_NAT_STATIC || !mapped || (r->outside && r->outside != in && !hairpin))
        return false;
    if (!net_has(r->remote, s->f.src))
        return false;
    if (r->protocol && (r->protocol != s->f.protocol || r->mapped_port != s->dport || offset))
        return false;
    if (offset > ~r->real.mask)
        return false;
    struct flow back = flow_reverse(s->f);
    back.src = r->real.addr + (r->protocol ? 0 : offset);
    back.sport = r->protocol ? r->real_port : back.sport;
    if (r->picks && !r->picks(r->self, &back))
        return false;
    *real = (r->real.addr & r->real.mask) + (r->protocol ? r->real.addr & ~r->real.mask : offset);
    return true;
}

/* By SPI: an unknown one from a peer belongs to whoever has asked that peer first and waits. */
static struct nat_flow *esp_answer(struct net_nat *t, const struct nat_seen *s)
{
    for (GList *l = t->all.head; l; l = l->next) {
        struct nat_flow *x = l->data;
        if (x->pub.protocol == IPPROTO_NUM_ESP && !x->has_back && x->pub.remote == s->f.src &&
            x->pub.mapped == s->f.dst) {
            nat_back_add(t, x, s->dport);
            return x;
        }
    }
    return NULL;
}

/* Who has an address of a pool to himself can be spoken to there. */
static struct nat_flow *address_back(struct net_nat *t, struct net_if *in, const struct nat_seen *s,
                                     bool ports)
{
    struct nat_address *a = g_hash_table_lookup(t->address_of, GUINT_TO_POINTER(s->f.dst));
    if (!a)
        return NULL;
    const struct net_nat_flow f = {
        .protocol = s->f.protocol,
        .outside = in,
        .tag = a->pub.tag,
        .real = a->pub.real,
        .mapped = a->pub.mapped,
        .remote = s->f.src,
        .real_port = ports ? s->dport : 0,
        .mapped_port = ports ? s->dport : 0,
        .remote_port = ports ? s->sport : 0,
    };
    stop_waiting(t, a);
    return nat_flow_new(t, &f, NULL, a);
}

struct nat_flow *nat_map_back(struct net_nat *t, struct net_if *in, const struct nat_seen *s)
{
    bool ports = has_ports(s->f.protocol);
    if (s->f.protocol == IPPROTO_NUM_ESP && t->conf->esp_policy == NET_NAT_ESP_SPI) {
        struct nat_flow *x = esp_answer(t, s);
        if (x)
            return x;
    }
    for (guint i = 0; i < t->rules->len; i++) {
        struct net_nat_rule *r = g_ptr_array_index(t->rules, i);
        ip4 real;
        if (!static_takes(t, r, in, s, &real))
            continue;
        r->hits++;
        struct net_nat_flow f = {
            .protocol = s->f.protocol,
            .outside = in,
            .rule = r,
            .real = real,
            .mapped = s->f.dst,
            .remote = s->f.src,
            .real_port = !ports        ? 0
                         : r->protocol ? r->real_port
                                       : s->dport,
            .mapped_port = ports ? s->dport : 0,
            .remote_port = ports ? s->sport : 0,
        };
        return nat_flow_new(t, &f, NULL, NULL);
    }
    return address_back(t, in, s, ports);
}
