/* Echo requests and what becomes of each: a reply, an error or the timeout, told once. */
#include "net_priv.h"

#define PING_LEAST (IP4_HEAD + ICMP_HEAD)

struct request {
    struct net_ping *ping;
    uintptr_t key; /* in `waiting` */
    uint32_t seq;  /* as the caller numbers it; 16 bits of it are on the wire */
    ip4 dst;
    enum net_ping_what what; /* what the timer tells */
    sim_time sent;
    struct sim_timer timer;
};
struct net_ping {
    struct net_node *node;
    uint16_t id;
    net_ping_fn fn;
    void *self;
    GHashTable *waiting; /* seq on the wire -> struct request, owned */
    uintptr_t displaced; /* key of the last one that lost its number to a later request */
};
#define DISPLACED 0x10000u /* keys from here on are no numbers on the wire */

static void request_free(gpointer p)
{
    struct request *q = p;
    sim_timer_clear(&q->timer);
    g_free(q);
}

/* The last that is known of the request; the callback may free the ping. */
static void finish(struct request *q, enum net_ping_what what)
{
    struct net_ping *g = q->ping;
    uint32_t seq = q->seq;
    sim_time rtt = sim_now(g->node->net->sim) - q->sent;
    g_hash_table_remove(g->waiting, (gpointer)q->key);
    g->fn(g->self, seq, what, rtt);
}

static void request_timer(void *owner)
{
    struct request *q = owner;
    finish(q, q->what);
}

/* Tells the outcome from an event of its own, after whoever is sending now has returned. */
static void finish_later(struct request *q, enum net_ping_what what)
{
    q->what = what;
    sim_timer_arm_in(&q->timer, 0);
}

struct net_ping *net_ping_new(struct net_node *n, net_ping_fn fn, void *self)
{
    struct net_ping *g = g_new0(struct net_ping, 1);
    g->node = n;
    g->id = n->ping_id++;
    g->fn = fn;
    g->self = self;
    g->displaced = DISPLACED;
    g->waiting = g_hash_table_new_full(NULL, NULL, NULL, request_free);
    if (!n->pings)
        n->pings = g_ptr_array_new();
    g_ptr_array_add(n->pings, g);
    return g;
}

void net_ping_free(struct net_ping *g)
{
    if (!g)
        return;
    g_ptr_array_remove(g->node->pings, g);
    g_hash_table_unref(g->waiting);
    g_free(g);
}

void ping_free_all(struct net_node *n)
{
    while (n->pings && n->pings->len)
        net_ping_free(g_ptr_array_index(n->pings, n->pings->len - 1));
    if (n->pings)
        g_ptr_array_unref(n->pings);
    n->pings = NULL;
}

static void pattern_fill(uint8_t *p, size_t n, uint16_t pattern)
{
    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i % 2 ? pattern : pattern >> 8);
}

/* 65,536 requests later a number comes round again: whoever still waits under it has waited enough.
 */
static void displace(struct net_ping *g, uintptr_t key)
{
    struct request *old = NULL;
    if (!g_hash_table_steal_extended(g->waiting, (gpointer)key, NULL, (gpointer *)&old))
        return;
    old->key = ++g->displaced;
    g_hash_table_insert(g->waiting, (gpointer)old->key, old);
    finish_later(old, NET_PING_TIMEOUT);
}

static struct request *request_new(struct net_ping *g, ip4 dst, uint32_t seq, sim_time timeout)
{
    struct sim *sim = g->node->net->sim;
    uintptr_t key = (uint16_t)seq;
    displace(g, key);
    struct request *q = g_new0(struct request, 1);
    q->ping = g;
    q->key = key;
    q->seq = seq;
    q->dst = dst;
    q->what = NET_PING_TIMEOUT;
    q->sent = sim_now(sim);
    sim_timer_init(sim, &q->timer, request_timer, q);
    sim_timer_arm_in(&q->timer, MAX(timeout, 0));
    g_hash_table_insert(g->waiting, (gpointer)key, q);
    return q;
}

void net_ping_send(struct net_ping *g, ip4 src, ip4 dst, uint32_t seq, uint32_t size, uint8_t tos,
                   bool df, uint16_t pattern, sim_time timeout)
{
    struct net_node *n = g->node;
    struct request *q = request_new(g, dst, seq, timeout);
    if (!ip_source(n, &src, dst)) {
        finish_later(q, NET_PING_NO_ROUTE);
        return;
    }
    size = CLAMP(size, PING_LEAST, UINT16_MAX);
    struct pkt *p = pkt_new(size);
    uint8_t *b = pkt_data(p) + IP4_HEAD;
    pattern_fill(b + ICMP_HEAD, size - PING_LEAST, pattern);
    const struct icmp_head icmp = {.type = ICMP_ECHO, .id = g->id, .seq = (uint16_t)seq};
    icmp_emit(&icmp, b, size - PING_LEAST);
    ip_head_put(n, p, src, dst, IPPROTO_NUM_ICMP, tos, df);
    ++*n->count.icmp_out;
    TRACE(n->scope, icmp_tx, .src = src, .dst = dst, .type = ICMP_ECHO);
    net_output(n, p);
}

static struct request *request_find(struct net_node *n, uint16_t id, uint16_t seq)
{
    for (guint i = 0; n->pings && i < n->pings->len; i++) {
        struct net_ping *g = g_ptr_array_index(n->pings, i);
        if (g->id == id)
            return g_hash_table_lookup(g->waiting, (gpointer)(uintptr_t)seq);
    }
    return NULL;
}

void ping_reply_in(struct net_node *n, ip4 from, ip4 to, const struct icmp_head *icmp)
{
    struct request *q = request_find(n, icmp->id, icmp->seq);
    if (!q || (from != q->dst && dest_of(n, q->dst)->kind != DEST_BROADCAST))
        return;
    TRACE(n->scope, ping_reply, .src = from, .dst = to, .id = icmp->id, .seq = q->seq,
          .rtt = sim_now(n->net->sim) - q->sent);
    finish(q, NET_PING_REPLY);
}

void ping_error_in(struct net_node *n, uint16_t id, uint16_t seq, enum net_ping_what what,
                   bool later)
{
    struct request *q = request_find(n, id, seq);
    if (q && later)
        finish_later(q, what);
    else if (q)
        finish(q, what);
}
