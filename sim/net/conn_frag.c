/* Fragments at the connection table: only the first shows the ports, so what is said of it holds
 * for the others, and those that come before it wait. */
#include "conn_priv.h"

/* What appliances of the time hold: 24 pieces a packet, 200 in all, for five seconds. */
#define FRAG_CHAIN 24
#define FRAG_HELD  200
#define FRAG_TIME  SECONDS(5)
#define FRAG_KEYS  64

struct conn_frag {
    ip4 src, dst;
    uint16_t id;
    uint8_t protocol;
    bool known; /* the first piece was here */
    enum drop_reason why;
    sim_time until;
    GQueue held; /* struct pkt, owned */
};

static struct conn_frag *frag_of(struct net_conns *t, const struct ip4_head *h)
{
    for (GList *l = t->frags.tail; l; l = l->prev) {
        struct conn_frag *g = l->data;
        if (g->id == h->id && g->src == h->src && g->dst == h->dst && g->protocol == h->protocol)
            return g;
    }
    return NULL;
}

static void frag_end(struct net_conns *t, struct conn_frag *g)
{
    for (struct pkt *p; (p = g_queue_pop_head(&g->held));) {
        t->held--;
        pkt_drop(t->node, p, DROP_FRAG_TIMEOUT);
    }
    g_queue_remove(&t->frags, g);
    g_free(g);
}

static struct conn_frag *frag_make(struct net_conns *t, const struct ip4_head *h)
{
    if (t->frags.length >= FRAG_KEYS)
        frag_end(t, t->frags.head->data);
    struct conn_frag *g = g_new0(struct conn_frag, 1);
    *g = (struct conn_frag){
        .src = h->src,
        .dst = h->dst,
        .id = h->id,
        .protocol = h->protocol,
        .until = sim_now(t->node->net->sim) + FRAG_TIME,
    };
    g_queue_init(&g->held);
    g_queue_push_tail(&t->frags, g);
    if (!sim_timer_armed(&t->frag_timer))
        sim_timer_arm(&t->frag_timer, g->until);
    return g;
}

void conn_frag_expire(void *table)
{
    struct net_conns *t = table;
    sim_time now = sim_now(t->node->net->sim);
    while (t->frags.head && ((struct conn_frag *)t->frags.head->data)->until <= now)
        frag_end(t, t->frags.head->data);
    if (t->frags.head)
        sim_timer_arm(&t->frag_timer, ((struct conn_frag *)t->frags.head->data)->until);
}

void conn_frag_clear(struct net_conns *t)
{
    while (t->frags.head) {
        struct conn_frag *g = t->frags.head->data;
        g_queue_clear_full(&g->held, (GDestroyNotify)pkt_unref);
        g_queue_remove(&t->frags, g);
        g_free(g);
    }
    t->held = 0;
}

static void drop(struct net_conns *t, struct net_if *in, struct pkt *p, enum drop_reason why)
{
    in->in_drops++;
    pkt_drop(t->node, p, why);
}

/* The ones that waited follow their first, which the caller is about to pass on: they go through an
 * event of their own behind it. */
static void release(struct net_conns *t, struct conn_frag *g)
{
    for (struct pkt *p; (p = g_queue_pop_head(&g->held));) {
        t->held--;
        if (g->why == DROP_NONE)
            ip_again_later(t->node, p);
        else
            drop(t, p->in, p, g->why);
    }
}

bool conn_frag_passes(struct net_conns *t, struct net_if *in, struct net_if *out, struct pkt *p,
                      const struct ip4_head *h)
{
    struct conn_frag *g = frag_of(t, h);
    if (h->frag_bytes == 0) {
        g = g ? g : frag_make(t, h);
        g->why = conn_judge(t, in, out, p);
        g->known = true;
        release(t, g);
    } else if (!g || !g->known) {
        g = g ? g : frag_make(t, h);
        if (g->held.length >= FRAG_CHAIN || t->held >= FRAG_HELD) {
            drop(t, in, p, DROP_FRAG_LIMIT);
            return false;
        }
        t->held++;
        g_queue_push_tail(&g->held, p);
        return false;
    }
    if (g->why == DROP_NONE)
        return true;
    drop(t, in, p, g->why);
    return false;
}
