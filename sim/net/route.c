/* The routing table: sorted by prefix, looked up longest first (RFC 1812 5.2.4.3).
 *
 * Each route carries its answer (interface and next hop), worked out when something it hangs on
 * changes; forwarding only reads. A static route by next hop is resolved through the best route to
 * that next hop, over as many routes as it takes. */
#include "net_priv.h"

#define DEPTH_MAX 16 /* routes a next hop may be resolved through */

void route_free(struct route *rt)
{
    g_free(rt->r.out_name);
    g_free(rt);
}

static struct route *route_nth(const struct net_node *n, guint i)
{
    return g_ptr_array_index(n->routes, i);
}

#define COMPARE(x, y)                                                                              \
    if ((x) != (y))                                                                                \
    return (x) < (y) ? -1 : 1

static int route_cmp(const struct route *a, const struct route *b)
{
    COMPARE(a->r.net.addr, b->r.net.addr);
    COMPARE(a->len, b->len);
    COMPARE(a->r.distance, b->r.distance);
    COMPARE(a->r.nexthop, b->r.nexthop);
    return g_strcmp0(a->r.out_name, b->r.out_name);
}

/* The first route of that prefix, or where it would stand. */
static guint prefix_begin(const struct net_node *n, ip4 addr, unsigned len)
{
    guint low = 0, high = n->routes->len;
    while (low < high) {
        guint mid = (low + high) / 2;
        const struct route *rt = route_nth(n, mid);
        if (rt->r.net.addr < addr || (rt->r.net.addr == addr && rt->len < len))
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

static bool prefix_is(const struct route *rt, ip4 addr, unsigned len)
{
    return rt->r.net.addr == addr && rt->len == len;
}

/* ---- Resolving ---- */

static bool resolve(struct net_node *n, struct route *rt, unsigned depth);

/* The best route to a next hop. Where that is a route whose own next hop is being resolved, the
 * routes lean on each other and none of them stands. */
static struct route *resolve_hop(struct net_node *n, ip4 hop, unsigned depth)
{
    for (int len = 32; len >= 0; len--) {
        if (!n->routes_of_len[len])
            continue;
        ip4 addr = hop & ip4_mask((unsigned)len);
        for (guint i = prefix_begin(n, addr, (unsigned)len); i < n->routes->len; i++) {
            struct route *rt = route_nth(n, i);
            if (!prefix_is(rt, addr, (unsigned)len))
                break;
            if (rt->state == ROUTE_BUSY)
                return NULL;
            if (resolve(n, rt, depth + 1))
                return rt;
        }
    }
    return NULL;
}

static void resolve_now(struct net_node *n, struct route *rt, unsigned depth)
{
    rt->via = NULL;
    rt->hop = rt->r.nexthop;
    if (rt->r.nexthop && net_if_by_addr(n, rt->r.nexthop))
        return; /* a next hop that is the node itself leads nowhere */
    if (rt->r.connected || rt->r.out_name) {
        struct net_if *i = rt->own ? rt->own : net_if_by_name(n, rt->r.out_name);
        if (i && net_if_protocol_up(i))
            rt->via = i;
        return;
    }
    if (depth >= DEPTH_MAX)
        return;
    const struct route *through = resolve_hop(n, rt->r.nexthop, depth);
    if (!through)
        return;
    rt->via = through->via;
    if (through->hop)
        rt->hop = through->hop;
}

static bool resolve(struct net_node *n, struct route *rt, unsigned depth)
{
    if (rt->state != ROUTE_DONE) {
        rt->state = ROUTE_BUSY;
        resolve_now(n, rt, depth);
        rt->r.usable = rt->via != NULL;
        rt->state = ROUTE_DONE;
    }
    return rt->r.usable;
}

static void tell(struct net_node *n, const struct route *rt, bool added)
{
    TRACE(n->scope, route_change, .net = rt->r.net.addr, .mask = rt->r.net.mask,
          .nexthop = rt->r.nexthop, .added = added);
}

static void tell_if_changed(struct net_node *n, struct route *rt)
{
    if (rt->r.usable != rt->was_usable)
        tell(n, rt, rt->r.usable);
    rt->was_usable = rt->r.usable;
}

static void resolve_all(struct net_node *n)
{
    for (guint i = 0; i < n->routes->len; i++)
        route_nth(n, i)->state = ROUTE_UNKNOWN;
    for (guint i = 0; i < n->routes->len; i++)
        resolve(n, route_nth(n, i), 0);
    for (guint i = 0; i < n->routes->len; i++)
        tell_if_changed(n, route_nth(n, i));
}

/* Does some other route's next hop lie in this prefix? Then its answer may have to change. */
static bool others_lean_on(const struct net_node *n, struct ip4_net net)
{
    if (!n->n_recursive)
        return false;
    for (guint i = 0; i < n->routes->len; i++) {
        const struct net_route *r = &route_nth(n, i)->r;
        if (!r->connected && !r->out_name && ip4_in(r->nexthop, net))
            return true;
    }
    return false;
}

static bool is_recursive(const struct route *rt)
{
    return !rt->r.connected && !rt->r.out_name;
}

/* ---- The table ---- */

static void table_insert(struct net_node *n, struct route *rt)
{
    guint i = prefix_begin(n, rt->r.net.addr, rt->len);
    while (i < n->routes->len && route_cmp(route_nth(n, i), rt) < 0)
        i++;
    g_ptr_array_insert(n->routes, (gint)i, rt);
    n->routes_of_len[rt->len]++;
    n->n_recursive += is_recursive(rt);
    if (others_lean_on(n, rt->r.net)) {
        resolve_all(n);
    } else {
        resolve(n, rt, 0);
        tell_if_changed(n, rt);
    }
}

static void table_remove(struct net_node *n, guint i)
{
    struct route *rt = route_nth(n, i);
    struct ip4_net net = rt->r.net;
    if (rt->was_usable)
        tell(n, rt, false);
    n->routes_of_len[rt->len]--;
    n->n_recursive -= is_recursive(rt);
    g_ptr_array_remove_index(n->routes, i);
    if (others_lean_on(n, net))
        resolve_all(n);
}

void route_connected_add(struct net_node *n, struct net_if *i)
{
    int len = ip4_mask_len(i->mask);
    if (len < 0)
        return; /* an address without a sound mask has no network */
    struct route *rt = g_new0(struct route, 1);
    rt->r.net = (struct ip4_net){i->addr & i->mask, i->mask};
    rt->r.out_name = g_strdup(i->name);
    rt->r.connected = true;
    rt->own = i;
    rt->len = (uint8_t)len;
    table_insert(n, rt);
}

void route_connected_del(struct net_node *n, struct net_if *i)
{
    for (guint k = 0; k < n->routes->len; k++) {
        if (route_nth(n, k)->own == i) {
            table_remove(n, k);
            return;
        }
    }
}

void route_interface_changed(struct net_node *n, struct net_if *i)
{
    bool all = false;
    for (guint k = 0; k < n->routes->len; k++) {
        struct route *rt = route_nth(n, k);
        if (is_recursive(rt) || (rt->own ? rt->own != i : strcmp(rt->r.out_name, i->name) != 0))
            continue;
        rt->state = ROUTE_UNKNOWN;
        resolve(n, rt, 0);
        tell_if_changed(n, rt);
        all = all || others_lean_on(n, rt->r.net);
    }
    if (all)
        resolve_all(n);
}

static guint static_find(const struct net_node *n, struct ip4_net net, unsigned len, ip4 nexthop,
                         const char *out_name)
{
    for (guint i = prefix_begin(n, net.addr, len); i < n->routes->len; i++) {
        const struct route *rt = route_nth(n, i);
        if (!prefix_is(rt, net.addr, len))
            break;
        if (!rt->r.connected && rt->r.nexthop == nexthop && !g_strcmp0(rt->r.out_name, out_name))
            return i;
    }
    return UINT_MAX;
}

bool net_route_add(struct net_node *n, struct ip4_net net, ip4 nexthop, const char *out_name,
                   uint8_t distance)
{
    int len = ip4_mask_len(net.mask);
    if (len < 0 || (net.addr & ~net.mask) || (!nexthop && !out_name))
        return false;
    guint old = static_find(n, net, (unsigned)len, nexthop, out_name);
    if (old != UINT_MAX) {
        if (route_nth(n, old)->r.distance == distance)
            return true;
        table_remove(n, old);
    }
    struct route *rt = g_new0(struct route, 1);
    rt->r.net = net;
    rt->r.nexthop = nexthop;
    rt->r.out_name = g_strdup(out_name);
    rt->r.distance = distance;
    rt->len = (uint8_t)len;
    table_insert(n, rt);
    node_changed(n, NULL);
    return true;
}

bool net_route_del(struct net_node *n, struct ip4_net net, ip4 nexthop, const char *out_name)
{
    int len = ip4_mask_len(net.mask);
    guint at = len < 0 ? UINT_MAX : static_find(n, net, (unsigned)len, nexthop, out_name);
    if (at == UINT_MAX)
        return false;
    table_remove(n, at);
    node_changed(n, NULL);
    return true;
}

size_t net_route_count(const struct net_node *n)
{
    return n->routes->len;
}

const struct net_route *net_route_at(const struct net_node *n, size_t i)
{
    return i < n->routes->len ? &route_nth(n, (guint)i)->r : NULL;
}

/* ---- Looking up ---- */

static const struct route *longest_match(const struct net_node *n, ip4 dst)
{
    for (int len = 32; len >= 0; len--) {
        if (!n->routes_of_len[len])
            continue;
        ip4 addr = dst & ip4_mask((unsigned)len);
        for (guint i = prefix_begin(n, addr, (unsigned)len); i < n->routes->len; i++) {
            const struct route *rt = route_nth(n, i);
            if (!prefix_is(rt, addr, (unsigned)len))
                break;
            if (rt->r.usable)
                return rt;
        }
    }
    return NULL;
}

/* The k-th of the usable routes that are as good as this one, which is the first: NULL past the
 * last. */
static const struct route *equal_to(const struct net_node *n, const struct route *first, uint32_t k)
{
    for (guint i = prefix_begin(n, first->r.net.addr, first->len); i < n->routes->len; i++) {
        const struct route *rt = route_nth(n, i);
        if (!prefix_is(rt, first->r.net.addr, first->len) || rt->r.distance > first->r.distance)
            break;
        if (rt->r.usable && rt->r.distance == first->r.distance && k-- == 0)
            return rt;
    }
    return NULL;
}

#define LOCAL_SCAN 8 /* interfaces that are quicker walked than hashed */

/* Every address and broadcast address of interfaces that are up; the first interface wins. */
static GHashTable *local_table(const struct net_node *n)
{
    GHashTable *t = g_hash_table_new(NULL, NULL);
    for (guint k = n->ifs->len; k-- > 0;) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        if (!i->addr || !net_if_protocol_up(i))
            continue;
        g_hash_table_insert(t, GUINT_TO_POINTER(i->addr), i);
        if (if_is_broadcast(i, i->addr | ~i->mask))
            g_hash_table_insert(t, GUINT_TO_POINTER(i->addr | ~i->mask), i);
    }
    return t;
}

static struct net_if *local_find(struct net_node *n, ip4 dst)
{
    if (n->ifs->len > LOCAL_SCAN) {
        if (!n->local)
            n->local = local_table(n);
        return g_hash_table_lookup(n->local, GUINT_TO_POINTER(dst));
    }
    for (guint k = 0; k < n->ifs->len; k++) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        if (i->addr && (i->addr == dst || if_is_broadcast(i, dst)) && net_if_protocol_up(i))
            return i;
    }
    return NULL;
}

static struct net_if *first_wire(const struct net_node *n)
{
    for (guint k = 0; k < n->ifs->len; k++) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        if (i->link && net_if_protocol_up(i))
            return i;
    }
    return NULL;
}

/* Local addresses and the broadcast addresses of connected networks come before routes. */
static bool dest_is_here(struct net_node *n, struct dest *d)
{
    d->out = d->dst == IP4_BROADCAST ? first_wire(n) : local_find(n, d->dst);
    if (d->dst != IP4_BROADCAST && !d->out)
        return false;
    d->kind = d->out && d->out->addr == d->dst ? DEST_LOCAL : DEST_BROADCAST;
    if (d->kind == DEST_BROADCAST)
        d->nexthop = IP4_BROADCAST;
    return true;
}

const struct dest *dest_slow(struct net_node *n, struct dest *d, ip4 dst)
{
    *d = (struct dest){.dst = dst, .nexthop = dst, .generation = n->generation};
    if (dest_is_here(n, d) || ip4_multicast(dst))
        return d;
    const struct route *rt = longest_match(n, dst);
    if (rt) {
        d->kind = DEST_ROUTE;
        d->out = rt->via;
        d->nexthop = rt->hop ? rt->hop : dst;
        d->shared = equal_to(n, rt, 1) != NULL;
    }
    return d;
}

void route_share(struct net_node *n, const struct pkt *p, struct dest *d)
{
    struct route *first = (struct route *)longest_match(n, d->dst);
    const struct route *rt;
    uint32_t ways = 0;
    bool in_turn = false;
    for (; (rt = equal_to(n, first, ways)); ways++)
        in_turn = in_turn || rt->via->per_packet;
    uint32_t hash = (pkt_src(p) * UINT32_C(0x9E3779B1) ^ d->dst) * UINT32_C(0x85EBCA6B);
    rt = equal_to(n, first, (in_turn ? first->turn++ : hash >> 16) % ways);
    d->out = rt->via;
    d->nexthop = rt->hop ? rt->hop : d->dst;
}

bool net_route_lookup(struct net_node *n, ip4 dst, struct net_if **out, ip4 *nexthop)
{
    const struct dest *d = dest_of(n, dst);
    if (d->kind == DEST_NONE || !d->out)
        return false;
    *out = d->out;
    *nexthop = d->nexthop;
    return true;
}
