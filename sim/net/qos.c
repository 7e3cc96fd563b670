/* Policies at interfaces. Going out: a packet meets its classes, waits in a queue when the wire is
 * busy or a shaper holds it, and goes when the wire has room. The wire itself holds a few packets
 * (the transmit ring), which nothing overtakes. */
#include "qos_priv.h"

struct qos_port {
    struct net_if *i;
    char *name; /* of the policy */
    struct qos_tree *tree;
    bool out;
    struct sim_timer timer;
    uint64_t number;  /* of the packet that came last */
    sim_time *leaves; /* a ring: when each packet on the wire has left, oldest at `first` */
    uint32_t room, first, held;
};

static struct qos_port **slot_of(const struct net_if *i, bool out)
{
    struct if_box *box = (struct if_box *)i;
    return out ? &box->qos_out : &box->qos_in;
}

static sim_time now_of(const struct qos_port *q)
{
    return sim_now(q->i->node->net->sim);
}

/* ---- The wire ---- */

static bool wire_has_room(struct qos_port *q, sim_time now)
{
    while (q->held && q->leaves[q->first] <= now) {
        q->first = (q->first + 1) % q->room;
        q->held--;
    }
    return q->held < q->room;
}

/* Takes the packet. */
static void transmit(struct qos_port *q, ip4 nexthop, struct pkt *p, sim_time now)
{
    link_put(q->i, nexthop, p);
    sim_time leaves = q->i->link ? link_wire_free(q->i->link, q->i->link_end) : 0;
    if (leaves > now)
        q->leaves[(q->first + q->held++) % q->room] = leaves;
}

static void run(void *port)
{
    struct qos_port *q = port;
    sim_time now = now_of(q), wake = SIM_TIME_MAX;
    struct qos_item *i;
    struct qos_lane *l;
    while (wire_has_room(q, now) && (i = qos_tree_take(q->tree, now, &wake, &l))) {
        qos_count(&l->pub.sent, i->p->len);
        TRACE(q->i->node->scope, queue_out, .interface = q->i->name, .class = l->name,
              .number = i->number, .packets = l->pub.depth, .bytes = (uint32_t)l->pub.depth_bytes);
        transmit(q, i->nexthop, i->p, now);
        g_free(i);
    }
    if (q->tree->waiting && q->held == q->room)
        wake = MIN(wake, q->leaves[q->first]);
    if (q->tree->waiting && wake != SIM_TIME_MAX)
        sim_timer_arm(&q->timer, wake);
}

/* ---- Going out ---- */

static void refuse(struct qos_port *q, struct qos_lane *l, struct pkt *p, enum drop_reason why)
{
    if (q->out)
        q->i->out_drops++;
    else
        q->i->in_drops++;
    TRACE(q->i->node->scope, queue_drop, .interface = q->i->name, .class = l->name,
          .number = q->number, .packets = l->pub.depth, .bytes = (uint32_t)l->pub.depth_bytes,
          .why = why);
    pkt_drop(q->i->node, p, why);
}

/* Priority is for what keeps to its rate; the rate counts only while others wait. */
static bool within_rate(struct qos_lane *l, uint32_t bytes, bool busy, sim_time now)
{
    bool has = bucket_has(&l->voice, bytes, now);
    if (has)
        bucket_take(&l->voice, bytes);
    else if (!busy)
        l->voice.tokens = MIN(l->voice.tokens, 0);
    return has || !busy;
}

static void lost(struct qos_port *q, struct qos_lane *l, struct pkt *p, struct qos_count *also,
                 enum drop_reason why)
{
    qos_count(also, p->len);
    qos_dropped(l, p->len, now_of(q));
    refuse(q, l, p, why);
}

static void put(struct qos_port *q, struct qos_lane *l, struct pkt *p, ip4 nexthop)
{
    struct qos_item *i = g_new(struct qos_item, 1);
    *i = (struct qos_item){.p = p, .nexthop = nexthop, .number = q->number};
    qos_lane_put(l, i);
    TRACE(q->i->node->scope, queue_in, .interface = q->i->name, .class = l->name,
          .number = i->number, .packets = l->pub.depth, .bytes = (uint32_t)l->pub.depth_bytes);
}

static void output(struct qos_port *q, ip4 nexthop, struct pkt *p, const struct qos_lane *chosen)
{
    sim_time now = now_of(q);
    struct qos_lane *class, *l;
    q->number++;
    if (!qos_meet(q->tree, &p, now, chosen, &class)) {
        refuse(q, class, p, DROP_QOS_POLICE);
        return;
    }
    l = class->shown;
    bool busy = !wire_has_room(q, now) || q->tree->waiting;
    if (l->priority && !within_rate(l, p->len, busy, now)) {
        lost(q, l, p, &l->pub.over, DROP_QOS_PRIORITY);
        return;
    }
    if (!busy && qos_lane_passes(l, p->len, now)) {
        qos_count(&l->pub.sent, p->len);
        transmit(q, nexthop, p, now);
        return;
    }
    qos_count(&l->pub.matched, p->len);
    if (l->pub.depth >= l->pub.limit) {
        lost(q, l, p, &l->pub.limited, DROP_QOS_LIMIT);
        return;
    }
    for (struct qos_lane *up = l; up; up = up->tree->up)
        if (up->shaped && (up->pub.depth || !bucket_has(&up->shape, p->len, now)))
            qos_count(&up->pub.delayed, p->len);
    put(q, l, p, nexthop);
    run(q);
}

void qos_output(struct net_if *out, ip4 nexthop, struct pkt *p)
{
    struct qos_port *q = *slot_of(out, true);
    output(q, nexthop, p, p->queue ? qos_tree_lane(q->tree, p->queue) : NULL);
}

void net_qos_preclassify(struct net_if *out, struct pkt *p)
{
    struct qos_port *q = *slot_of(out, true);
    p->queue = 0;
    for (struct qos_tree *t = q ? q->tree : NULL; t;) {
        struct qos_lane *l = qos_classify(t, p);
        p->queue = l->id;
        t = l->child;
    }
}

/* ---- Coming in: classes, marks and rates; nothing waits ---- */

bool qos_input(struct net_if *in, struct pkt **p)
{
    struct qos_port *q = *slot_of(in, false);
    struct qos_lane *class;
    q->number++;
    if (qos_meet(q->tree, p, now_of(q), NULL, &class))
        return true;
    refuse(q, class, *p, DROP_QOS_POLICE);
    return false;
}

/* ---- Putting policies in force ---- */

struct leftover {
    char *class;
    struct qos_item *i;
};

static void keep_leftover(void *array, const struct qos_lane *l, struct qos_item *i)
{
    struct leftover x = {g_strdup(l->name), i};
    g_array_append_val((GArray *)array, x);
}

static gint by_number(gconstpointer a, gconstpointer b)
{
    const struct leftover *x = a, *y = b;
    return x->i->number < y->i->number ? -1 : x->i->number > y->i->number;
}

/* What waited goes on its way: into the new queues, or without them to the wire. */
static void send_leftovers(struct qos_port *q, struct net_if *i, GArray *left)
{
    g_array_sort(left, by_number);
    for (guint k = 0; k < left->len; k++) {
        struct leftover x = g_array_index(left, struct leftover, k);
        if (q)
            output(q, x.i->nexthop, x.i->p, qos_tree_named(q->tree, x.class, true));
        else
            link_put(i, x.i->nexthop, x.i->p);
        g_free(x.class);
        g_free(x.i);
    }
    g_array_free(left, TRUE);
}

static void drop_leftover(void *self, const struct qos_lane *l, struct qos_item *i)
{
    pkt_unref(i->p);
    g_free(i);
}

void qos_port_free(struct qos_port *q)
{
    if (!q)
        return;
    qos_tree_free(q->tree, drop_leftover, NULL);
    sim_timer_clear(&q->timer);
    g_free(q->leaves);
    g_free(q->name);
    g_free(q);
}

static void ring_make(struct qos_port *q)
{
    g_autofree sim_time *old = q->leaves;
    uint32_t room = net_if_tx_ring(q->i), n = MIN(q->held, room);
    q->leaves = g_new0(sim_time, room);
    for (uint32_t k = 0; k < n; k++) /* the last of them tell when there is room again */
        q->leaves[k] = old[(q->first + q->held - n + k) % q->room];
    q->held = n;
    q->first = 0;
    q->room = room;
}

static void remake(struct qos_port *q)
{
    uint32_t last_id = 0;
    GArray *left = g_array_new(FALSE, FALSE, sizeof(struct leftover));
    const struct qos_policy *p = qos_policy_find(net_qos(q->i->node), q->name);
    qos_tree_free(q->tree, keep_leftover, left);
    q->tree = qos_tree_new(q->i->node, p, q->i->bandwidth_kbps, NULL, &last_id);
    send_leftovers(q, q->i, left);
}

static void port_end(struct net_if *i, bool out)
{
    struct qos_port **slot = slot_of(i, out), *q = *slot;
    GArray *left = g_array_new(FALSE, FALSE, sizeof(struct leftover));
    *slot = NULL;
    qos_tree_free(g_steal_pointer(&q->tree), keep_leftover, left);
    qos_port_free(q);
    send_leftovers(NULL, i, left);
}

bool net_if_set_policy(struct net_if *i, bool out, const char *policy)
{
    struct qos_port **slot = slot_of(i, out);
    if (policy && !qos_policy_find(net_qos(i->node), policy))
        return false;
    if (!policy || !*slot) {
        if (*slot)
            port_end(i, out);
        if (!policy)
            return true;
        struct qos_port *q = *slot = g_new0(struct qos_port, 1);
        q->i = i;
        q->out = out;
        sim_timer_init(i->node->net->sim, &q->timer, run, q);
        ring_make(q);
    }
    g_free((*slot)->name);
    (*slot)->name = g_strdup(policy);
    remake(*slot);
    return true;
}

const char *net_if_policy(const struct net_if *i, bool out)
{
    const struct qos_port *q = *slot_of(i, out);
    return q ? q->name : NULL;
}

void net_if_set_tx_ring(struct net_if *i, uint32_t packets)
{
    struct qos_port *q = *slot_of(i, true);
    ((struct if_box *)i)->tx_ring = packets;
    if (!q)
        return;
    ring_make(q);
    run(q);
}

uint32_t net_if_tx_ring(const struct net_if *i)
{
    uint32_t packets = ((const struct if_box *)i)->tx_ring;
    return packets ? packets : QOS_RING_DEFAULT;
}

/* A policy that is gone from the configuration is gone from the interfaces. */
void net_qos_changed(struct net_node *n)
{
    for (guint k = 0; k < n->ifs->len; k++) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        for (int out = 0; out < 2; out++) {
            struct qos_port *q = *slot_of(i, out);
            if (q && qos_policy_find(net_qos(n), q->name))
                remake(q);
            else if (q)
                port_end(i, out);
        }
    }
}

/* ---- Looking ---- */

static const struct qos_lane *nth_lane(struct qos_tree *t, size_t *n, uint32_t level,
                                       uint32_t *found_level)
{
    for (uint32_t i = 0; t && i < t->n; i++) {
        if ((*n)-- == 0) {
            *found_level = level;
            return &t->lane[i];
        }
        const struct qos_lane *below = nth_lane(t->lane[i].child, n, level + 1, found_level);
        if (below)
            return below;
    }
    return NULL;
}

const struct qos_class *net_if_class(struct net_if *i, bool out, size_t n, uint32_t *depth_level)
{
    struct qos_port *q = *slot_of(i, out);
    uint32_t level = 0;
    struct qos_lane *l = q ? (struct qos_lane *)nth_lane(q->tree, &n, 0, &level) : NULL;
    if (!l)
        return NULL;
    if (depth_level)
        *depth_level = level;
    l->pub.offered_bps = qos_meter_bps(&l->offered, now_of(q));
    l->pub.drop_bps = qos_meter_bps(&l->drops, now_of(q));
    return &l->pub;
}

static void tree_clear(struct qos_tree *t)
{
    for (uint32_t i = 0; t && i < t->n; i++) {
        struct qos_class *c = &t->lane[i].pub;
        struct qos_class keep = *c;
        *c = (struct qos_class){
            .map = keep.map,
            .rule = keep.rule,
            .kbps = keep.kbps,
            .limit = keep.limit,
            .hits = keep.hits,
            .depth = keep.depth,
            .depth_most = keep.depth,
            .depth_bytes = keep.depth_bytes,
            .shaping = keep.shaping,
        };
        for (guint k = 0; c->map && k < c->map->matches->len; k++)
            c->hits[k] = 0;
        tree_clear(t->lane[i].child);
    }
}

void net_qos_clear_counters(struct net_if *i)
{
    for (int out = 0; out < 2; out++)
        if (*slot_of(i, out))
            tree_clear((*slot_of(i, out))->tree);
}

void net_qos_reset(struct net_node *n)
{
    for (guint k = 0; k < n->ifs->len; k++) {
        struct net_if *i = g_ptr_array_index(n->ifs, k);
        net_if_set_policy(i, true, NULL);
        net_if_set_policy(i, false, NULL);
        net_if_set_tx_ring(i, 0);
        i->per_packet = i->no_route_cache = false;
    }
    g_clear_pointer(&n->qos, qos_conf_free);
}
