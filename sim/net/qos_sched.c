/* A policy in force: a tree of lanes, and which packet goes next.
 *
 * Priority lanes come first. The others share by weight: in turn after turn each lane with a packet
 * gains its weight, until one can pay for the packet at its head (deficit round robin, Shreedhar
 * and Varghese, 1995, with a quantum far below a packet). All turns up to the next that can pay are
 * taken at once. So no lane is ever more than one packet away from its share. */
#include "qos_priv.h"

#define BYTE ((int64_t)1 << 20) /* of deficit: what a weight of one gains in a turn is 1 */

/* ---- Making ---- */

static bool has_queue(const struct qos_rule *r)
{
    return r && (r->priority || r->bandwidth || r->shape.bps || r->child || r->flows || r->limit);
}

static uint64_t taken_by_others(const struct qos_tree *t, uint64_t kbps)
{
    uint64_t taken = qos_policy_taken(t->policy, kbps);
    return taken < kbps ? kbps - taken : 0;
}

/* What the lane is promised; what nobody is promised falls to the default class, and shares of it
 * to those who want them. */
static uint64_t lane_kbps(const struct qos_tree *t, const struct qos_rule *r, bool is_default,
                          uint64_t kbps)
{
    uint64_t rest = taken_by_others(t, kbps);
    if (r && r->bandwidth == QOS_REMAINING)
        return rest * r->amount / 100;
    if (r && (r->priority || r->bandwidth))
        return qos_amount_kbps(r->priority ? r->priority : r->bandwidth, r->amount, kbps);
    if (is_default)
        return MAX(rest, kbps / 100);
    return r && r->shape.bps ? r->shape.bps / 1000 : 0;
}

static void lane_buckets(struct qos_lane *l, const struct qos_rule *r, sim_time now)
{
    l->priority = r->priority != QOS_NOTHING;
    if (l->priority)
        bucket_init(&l->voice, l->pub.kbps * 1000, (uint64_t)r->burst * 8, now);
    l->shaped = r->shape.bps != 0;
    if (l->shaped)
        bucket_init(&l->shape, r->shape.bps, (uint64_t)r->shape.bc + r->shape.be, now);
    l->policed = r->police.bps != 0;
    if (l->policed)
        bucket_init(&l->police, r->police.bps, (uint64_t)r->police.bc * 8, now);
}

static void lane_init(struct qos_tree *t, struct qos_lane *l, const char *name, uint64_t kbps,
                      uint32_t *last_id)
{
    const struct qos_rule *r = qos_rule_find(t->policy, name);
    const struct qos_conf *conf = net_qos(t->node);
    bool is_default = !strcmp(name, QOS_DEFAULT_CLASS);
    sim_time now = sim_now(t->node->net->sim);
    *l = (struct qos_lane){.name = g_strdup(name), .tree = t, .id = ++*last_id, .shown = l};
    l->pub.rule = r;
    l->pub.map = is_default ? NULL : qos_map_find(conf, name);
    l->pub.kbps = lane_kbps(t, r, is_default, kbps);
    l->pub.limit = r && r->limit ? r->limit : QOS_LIMIT_DEFAULT;
    l->weight = MAX(l->pub.kbps, 1);
    l->offered.tick = l->drops.tick = now / SECONDS(5);
    if (l->pub.map)
        l->pub.hits = g_new0(uint64_t, l->pub.map->matches->len + 1);
    if (r)
        lane_buckets(l, r, now);
    l->n_fifo = r && r->flows ? r->flows : 1;
    l->fifo = g_new0(struct qos_fifo, l->n_fifo);
    l->busy = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    if (!has_queue(r) && !is_default)
        l->shown = &t->lane[t->n - 1];
    const struct qos_policy *child = r && r->child ? qos_policy_find(conf, r->child) : NULL;
    if (child)
        l->child = qos_tree_new(t->node, child,
                                l->shaped ? r->shape.bps / 1000 : MAX(l->pub.kbps, 1), l, last_id);
}

static unsigned level_of(const struct qos_lane *up)
{
    unsigned n = 0;
    for (; up; up = up->tree->up)
        n++;
    return n;
}

struct qos_tree *qos_tree_new(struct net_node *n, const struct qos_policy *p, uint64_t kbps,
                              struct qos_lane *up, uint32_t *last_id)
{
    if (level_of(up) >= QOS_LEVELS)
        return NULL;
    struct qos_tree *t = g_new0(struct qos_tree, 1);
    bool own_default = qos_rule_find(p, QOS_DEFAULT_CLASS) != NULL;
    t->policy = p;
    t->node = n;
    t->up = up;
    t->n = p->rules->len + !own_default;
    t->lane = g_new0(struct qos_lane, t->n);
    for (uint32_t i = 0; i < p->rules->len; i++) {
        const struct qos_rule *r = g_ptr_array_index(p->rules, i);
        lane_init(t, &t->lane[i], r->class_name, kbps, last_id);
    }
    if (!own_default)
        lane_init(t, &t->lane[t->n - 1], QOS_DEFAULT_CLASS, kbps, last_id);
    return t;
}

void qos_tree_free(struct qos_tree *t,
                   void (*left)(void *self, const struct qos_lane *l, struct qos_item *i),
                   void *self)
{
    if (!t)
        return;
    for (uint32_t i = 0; i < t->n; i++) {
        struct qos_lane *l = &t->lane[i];
        qos_tree_free(l->child, left, self);
        for (uint32_t k = 0; k < l->n_fifo; k++) {
            for (struct qos_item *x = l->fifo[k].head, *next; x; x = next) {
                next = x->next;
                left(self, l, x);
            }
        }
        g_array_free(l->busy, TRUE);
        g_free(l->fifo);
        g_free(l->pub.hits);
        g_free(l->name);
    }
    g_free(t->lane);
    g_free(t);
}

struct qos_lane *qos_tree_lane(struct qos_tree *t, uint32_t id)
{
    for (uint32_t i = 0; t && i < t->n; i++) {
        if (t->lane[i].id == id)
            return &t->lane[i];
        struct qos_lane *below = qos_tree_lane(t->lane[i].child, id);
        if (below)
            return below;
    }
    return NULL;
}

struct qos_lane *qos_tree_named(struct qos_tree *t, const char *name, bool deep)
{
    for (uint32_t i = 0; t && i < t->n; i++) {
        struct qos_lane *below = deep ? qos_tree_named(t->lane[i].child, name, true) : NULL;
        if (below)
            return below;
        if (!strcmp(t->lane[i].name, name) && !t->lane[i].child)
            return &t->lane[i];
    }
    return NULL;
}

/* ---- Putting in ---- */

static uint32_t flow_hash(const struct pkt *p)
{
    struct flow f;
    pkt_flow(p, &f);
    uint32_t h = f.src;
    const uint32_t more[] = {f.dst, (uint32_t)f.sport << 16 | f.dport,
                             (uint32_t)f.protocol << 8 | (p->len > 1 ? p->buf[p->head + 1] : 0)};
    for (size_t i = 0; i < G_N_ELEMENTS(more); i++)
        h = (h ^ more[i]) * UINT32_C(0x9E3779B1), h ^= h >> 15;
    return h;
}

void qos_lane_put(struct qos_lane *l, struct qos_item *i)
{
    uint32_t k = l->n_fifo > 1 ? flow_hash(i->p) % l->n_fifo : 0;
    struct qos_fifo *f = &l->fifo[k];
    i->next = NULL;
    if (f->head) {
        f->tail->next = i;
    } else {
        f->head = i;
        f->deficit = 0;
        g_array_append_val(l->busy, k);
    }
    f->tail = i;
    for (struct qos_lane *up = l; up; up = up->tree->up) {
        up->pub.depth++;
        up->pub.depth_bytes += i->p->len;
        up->pub.depth_most = MAX(up->pub.depth_most, up->pub.depth);
        up->tree->waiting++;
    }
}

bool qos_lane_passes(struct qos_lane *l, uint32_t bytes, sim_time now)
{
    for (struct qos_lane *up = l; up; up = up->tree->up)
        if (up->pub.depth || (up->shaped && !bucket_has(&up->shape, bytes, now)))
            return false;
    for (struct qos_lane *up = l; up; up = up->tree->up)
        if (up->shaped)
            bucket_take(&up->shape, bytes);
    return true;
}

/* ---- Taking out ---- */

static struct qos_lane *tree_pick(struct qos_tree *t, sim_time now, sim_time *wake);

/* Turns until so much is paid for. */
static int64_t turns(uint32_t bytes, int64_t deficit, uint64_t weight)
{
    int64_t need = bytes * BYTE - deficit;
    return need <= 0 ? 0 : (need + (int64_t)weight - 1) / (int64_t)weight;
}

/* Which of its flows is next: all gain alike, the first that can pay goes. */
static uint32_t fair_pick(const struct qos_lane *l, int64_t *least)
{
    uint32_t best = g_array_index(l->busy, uint32_t, 0);
    *least = turns(l->fifo[best].head->p->len, l->fifo[best].deficit, 1);
    for (guint i = 1; i < l->busy->len; i++) {
        uint32_t k = g_array_index(l->busy, uint32_t, i);
        int64_t n = turns(l->fifo[k].head->p->len, l->fifo[k].deficit, 1);
        if (n < *least) {
            *least = n;
            best = k;
        }
    }
    return best;
}

/* Has the lane a packet that may go now? Leaves its size in the lane. */
static bool lane_look(struct qos_lane *l, sim_time now, sim_time *wake)
{
    l->ready = false;
    if (!l->pub.depth)
        return false;
    if (l->child && l->child->waiting) {
        const struct qos_lane *below = tree_pick(l->child, now, wake);
        if (!below)
            return false;
        l->head_bytes = below->head_bytes;
    } else {
        int64_t least;
        l->head_fifo = l->n_fifo > 1 ? fair_pick(l, &least) : 0;
        l->head_bytes = l->fifo[l->head_fifo].head->p->len;
    }
    l->pub.shaping = l->shaped && !bucket_has(&l->shape, l->head_bytes, now);
    if (l->pub.shaping)
        *wake = MIN(*wake, bucket_ready(&l->shape, l->head_bytes));
    l->ready = !l->pub.shaping;
    return l->ready;
}

/* All priority classes are one queue: who came first goes first. */
static bool goes_before(const struct qos_lane *a, const struct qos_lane *b)
{
    if (!b || a->priority != b->priority)
        return !b || a->priority;
    if (a->priority)
        return a->fifo[a->head_fifo].head->number < b->fifo[b->head_fifo].head->number;
    return turns(a->head_bytes, a->deficit, a->weight) <
           turns(b->head_bytes, b->deficit, b->weight);
}

static struct qos_lane *tree_pick(struct qos_tree *t, sim_time now, sim_time *wake)
{
    struct qos_lane *best = NULL;
    for (uint32_t i = 0; i < t->n; i++)
        if (lane_look(&t->lane[i], now, wake) && goes_before(&t->lane[i], best))
            best = &t->lane[i];
    return best;
}

/* The turns that were needed are taken: everybody who could have gone gains. */
static void settle(struct qos_tree *t, struct qos_lane *winner)
{
    if (winner->priority)
        return;
    int64_t n = turns(winner->head_bytes, winner->deficit, winner->weight);
    for (uint32_t i = 0; i < t->n; i++) {
        struct qos_lane *l = &t->lane[i];
        if (l->ready && !l->priority)
            l->deficit += n * (int64_t)l->weight;
    }
    winner->deficit -= winner->head_bytes * BYTE;
    if (winner->pub.depth == 1) /* who has nothing to send saves nothing up */
        winner->deficit = 0;
}

static void fair_settle(struct qos_lane *l)
{
    int64_t least;
    uint32_t k = fair_pick(l, &least);
    for (guint i = 0; i < l->busy->len; i++)
        l->fifo[g_array_index(l->busy, uint32_t, i)].deficit += least;
    l->fifo[k].deficit -= l->fifo[k].head->p->len * BYTE;
}

static struct qos_item *fifo_pop(struct qos_lane *l)
{
    if (l->n_fifo > 1)
        fair_settle(l);
    struct qos_fifo *f = &l->fifo[l->head_fifo];
    struct qos_item *i = f->head;
    f->head = i->next;
    for (guint k = 0; !f->head && k < l->busy->len; k++) {
        if (g_array_index(l->busy, uint32_t, k) == l->head_fifo) {
            g_array_remove_index(l->busy, k);
            break;
        }
    }
    return i;
}

struct qos_item *qos_tree_take(struct qos_tree *t, sim_time now, sim_time *wake,
                               struct qos_lane **queue)
{
    if (!t->waiting)
        return NULL;
    struct qos_lane *l = tree_pick(t, now, wake);
    if (!l)
        return NULL;
    settle(t, l);
    bool below = l->child && l->child->waiting;
    struct qos_item *i = below ? qos_tree_take(l->child, now, wake, queue) : fifo_pop(l);
    g_assert(i);
    if (l->shaped)
        bucket_take(&l->shape, i->p->len);
    if (!below)
        *queue = l;
    l->pub.depth--;
    l->pub.depth_bytes -= i->p->len;
    t->waiting--;
    return i;
}
