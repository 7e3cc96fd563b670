/* The queue before a node's processor. The fast path handles packets at once; what it cannot handle
 * waits here, in order, and what comes behind on the fast path overtakes it. */
#include "qos_priv.h"

struct cpu_job {
    bool out;
    struct net_if *i;
    ip4 nexthop;
    struct pkt *p;
    uint64_t number;
    sim_time due;
};
struct cpu {
    struct net_node *node;
    struct net_cpu set;
    GQueue jobs; /* struct cpu_job, owned; due in this order */
    uint32_t bytes;
    sim_time free_at; /* when the last job is done */
    uint64_t number;
    GHashTable *used; /* destination -> sim_time of its last packet; only looked up */
    struct sim_timer timer;
};
#define CLASS_NAME "process"
#define CACHE_MAX  65536 /* destinations remembered */

static void job_free(struct cpu_job *j)
{
    pkt_unref(j->p);
    g_free(j);
}

void cpu_free(struct cpu *c)
{
    if (!c)
        return;
    g_queue_clear_full(&c->jobs, (GDestroyNotify)job_free);
    g_hash_table_unref(c->used);
    sim_timer_clear(&c->timer);
    g_free(c);
}

static void done(void *cpu)
{
    struct cpu *c = cpu;
    sim_time now = sim_now(c->node->net->sim);
    for (struct cpu_job *j; (j = g_queue_peek_head(&c->jobs)) && j->due <= now;) {
        g_queue_pop_head(&c->jobs);
        c->bytes -= j->p->len;
        TRACE(c->node->scope, queue_out, .interface = j->i->name, .class = CLASS_NAME,
              .number = j->number, .packets = c->jobs.length, .bytes = c->bytes);
        if (j->out)
            net_output_now(j->i, j->nexthop, g_steal_pointer(&j->p));
        else
            ip_input_now(j->i, g_steal_pointer(&j->p));
        job_free(j);
    }
    const struct cpu_job *next = g_queue_peek_head(&c->jobs);
    if (next)
        sim_timer_arm(&c->timer, next->due);
}

static void take(struct cpu *c, bool out, struct net_if *i, ip4 nexthop, struct pkt *p)
{
    sim_time now = sim_now(c->node->net->sim);
    uint32_t limit = c->set.limit ? c->set.limit : CPU_LIMIT_DEFAULT;
    c->number++;
    if (c->jobs.length >= limit) {
        *(out ? &i->out_drops : &i->in_drops) += 1;
        TRACE(c->node->scope, queue_drop, .interface = i->name, .class = CLASS_NAME,
              .number = c->number, .packets = c->jobs.length, .bytes = c->bytes,
              .why = DROP_CPU_QUEUE);
        pkt_drop(c->node, p, DROP_CPU_QUEUE);
        return;
    }
    struct cpu_job *j = g_new(struct cpu_job, 1);
    c->free_at = MAX(now + c->set.latency, c->free_at) + c->set.service;
    *j = (struct cpu_job){out, i, nexthop, p, c->number, c->free_at};
    g_queue_push_tail(&c->jobs, j);
    c->bytes += p->len;
    TRACE(c->node->scope, queue_in, .interface = i->name, .class = CLASS_NAME, .number = j->number,
          .packets = c->jobs.length, .bytes = c->bytes);
    if (c->jobs.length == 1)
        sim_timer_arm(&c->timer, j->due);
}

static bool is_slow(const struct cpu *c)
{
    return c->set.latency || c->set.service;
}

/* The packet that misses makes the entry; those behind it find it. */
static bool cache_misses(struct cpu *c, ip4 dst)
{
    if (!c->set.cache_age)
        return false;
    sim_time now = sim_now(c->node->net->sim);
    sim_time *used = g_hash_table_lookup(c->used, GUINT_TO_POINTER(dst));
    bool miss = !used || now - *used >= c->set.cache_age;
    if (!used && g_hash_table_size(c->used) < CACHE_MAX) {
        used = g_new(sim_time, 1);
        g_hash_table_insert(c->used, GUINT_TO_POINTER(dst), used);
    }
    if (used)
        *used = now;
    return miss;
}

bool cpu_takes_in(struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    struct cpu *c = in->node->cpu;
    if (!is_slow(c))
        return false;
    const struct dest *d = dest_of(in->node, h->dst);
    bool here = d->kind == DEST_LOCAL, piece = h->frag_bytes || h->flags & IP4_MF;
    bool out_slow = d->kind == DEST_ROUTE && d->out && d->out->no_route_cache;
    bool slow = in->no_route_cache || out_slow || (here && piece) ||
                (here && c->set.esp && h->protocol == IPPROTO_NUM_ESP);
    if (!slow && !cache_misses(c, h->dst))
        return false;
    take(c, false, in, 0, p);
    return true;
}

bool cpu_takes_out(struct net_if *out, ip4 nexthop, struct pkt *p)
{
    struct cpu *c = out->node->cpu;
    if (!is_slow(c) || !c->set.large_bytes)
        return false;
    if (p->len <= c->set.large_bytes && !out->no_route_cache)
        return false;
    take(c, true, out, nexthop, p);
    return true;
}

void net_node_set_cpu(struct net_node *n, const struct net_cpu *set)
{
    bool any = set->latency || set->service;
    if (!n->cpu && !any)
        return;
    if (!n->cpu) {
        n->cpu = g_new0(struct cpu, 1);
        n->cpu->node = n;
        g_queue_init(&n->cpu->jobs);
        n->cpu->used = g_hash_table_new_full(NULL, NULL, NULL, g_free);
        sim_timer_init(n->net->sim, &n->cpu->timer, done, n->cpu);
    }
    n->cpu->set = *set;
}
