/* Which class a packet is of (RFC 2474, RFC 2475 2.3.1), its marks, and the buckets that police and
 * shape it. All in whole numbers. */
#include "qos_priv.h"

#define NANO ((int64_t)1000000000)

/* ---- Buckets ---- */

void bucket_init(struct bucket *b, uint64_t bps, uint64_t bits, sim_time now)
{
    b->bps = bps;
    b->size = (int64_t)MIN(bits, (uint64_t)INT64_MAX / 2 / NANO) * NANO;
    b->tokens = b->size;
    b->at = now;
}

static void bucket_fill(struct bucket *b, sim_time now)
{
    __int128 tokens = b->tokens + (__int128)b->bps * (now - b->at);
    b->tokens = tokens > b->size ? b->size : (int64_t)tokens;
    b->at = now;
}

static int64_t bucket_need(const struct bucket *b, uint32_t bytes)
{
    return MIN((int64_t)bytes * 8 * NANO, b->size);
}

bool bucket_has(struct bucket *b, uint32_t bytes, sim_time now)
{
    bucket_fill(b, now);
    return b->tokens >= bucket_need(b, bytes);
}

/* What a packet larger than the bucket takes too much is owed. */
void bucket_take(struct bucket *b, uint32_t bytes)
{
    b->tokens -= (int64_t)bytes * 8 * NANO;
}

sim_time bucket_ready(const struct bucket *b, uint32_t bytes)
{
    int64_t short_of = bucket_need(b, bytes) - b->tokens;
    if (short_of <= 0)
        return b->at;
    return b->at + (sim_time)(((uint64_t)short_of + b->bps - 1) / b->bps);
}

/* ---- Rates for show ---- */

#define TICK  SECONDS(5)
#define TICKS 60 /* in the five minutes that a rate is an average of */

static void meter_tick(struct qos_meter *m, sim_time now)
{
    int64_t tick = now / TICK;
    for (unsigned i = 0; m->tick < tick; i++) {
        uint64_t bps = m->bits / 5;
        m->bps = (m->bps * (TICKS - 1) + bps) / TICKS;
        m->bits = 0;
        m->tick++;
        if (m->bps == 0 || i > 20 * TICKS) { /* nothing is left of what was */
            m->bps = 0;
            m->tick = tick;
        }
    }
}

void qos_meter_add(struct qos_meter *m, uint32_t bytes, sim_time now)
{
    meter_tick(m, now);
    m->bits += (uint64_t)bytes * 8;
}

uint64_t qos_meter_bps(struct qos_meter *m, sim_time now)
{
    meter_tick(m, now);
    return m->bps;
}

void qos_count(struct qos_count *c, uint32_t bytes)
{
    c->packets++;
    c->bytes += bytes;
}

void qos_dropped(struct qos_lane *l, uint32_t bytes, sim_time now)
{
    qos_count(&l->pub.dropped, bytes);
    qos_meter_add(&l->drops, bytes, now);
}

/* ---- Classes ---- */

static bool match_hits(struct net_node *n, const struct qos_match *m, const struct flow *f,
                       uint8_t tos)
{
    switch (m->kind) {
    case QOS_MATCH_ANY:
        return true;
    case QOS_MATCH_DSCP:
        return m->values >> (tos >> 2) & 1;
    case QOS_MATCH_PRECEDENCE:
        return m->values >> (tos >> 5) & 1;
    case QOS_MATCH_PROTOCOL:
        return f->protocol == m->protocol;
    case QOS_MATCH_ACL: {
        struct acl *a = net_acl(n, m->acl);
        const struct acl_line *l = a ? acl_match(a, f) : NULL;
        return l && l->permit;
    }
    }
    return false;
}

/* A class map without a match matches nothing. */
static bool lane_hits(struct net_node *n, struct qos_lane *l, const struct flow *f, uint8_t tos)
{
    const struct qos_class_map *map = l->pub.map;
    if (!map)
        return true;
    for (guint i = 0; i < map->matches->len; i++) {
        const struct qos_match *m = g_ptr_array_index(map->matches, i);
        bool hit = match_hits(n, m, f, tos) != m->negated;
        if (hit && map->any) {
            l->pub.hits[i]++;
            return true;
        }
        if (!hit && !map->any)
            return false;
    }
    return !map->any && map->matches->len > 0;
}

struct qos_lane *qos_classify(struct qos_tree *t, const struct pkt *p)
{
    struct flow f;
    uint8_t tos = p->len >= IP4_HEAD ? p->buf[p->head + 1] : 0;
    pkt_flow(p, &f);
    uint32_t i = 0;
    while (i + 1 < t->n && !lane_hits(t->node, &t->lane[i], &f, tos))
        i++;
    return &t->lane[i];
}

/* The six bits of the class change, the two of congestion stay (RFC 3168 5). */
static struct pkt *mark(struct pkt *p, uint8_t tos)
{
    if (p->len < IP4_HEAD || (pkt_data(p)[1] & 0xfc) == (tos & 0xfc))
        return p;
    p = pkt_own(p);
    uint8_t *b = pkt_data(p);
    size_t head_bytes = (b[0] & 15u) * 4u;
    if (head_bytes < IP4_HEAD || head_bytes > p->len)
        return p;
    b[1] = (uint8_t)((tos & 0xfc) | (b[1] & 3));
    be16_put(b + 10, 0);
    be16_put(b + 10, ip_checksum(span_of(b, head_bytes)));
    return p;
}

static bool police(struct qos_lane *l, struct pkt **p, sim_time now)
{
    const struct qos_rule *r = l->pub.rule;
    uint32_t bytes = (*p)->len;
    bool conforms = bucket_has(&l->police, bytes, now);
    const struct qos_action *a = conforms ? &r->conform : &r->exceed;
    if (conforms)
        bucket_take(&l->police, bytes);
    qos_count(conforms ? &l->pub.conformed : &l->pub.exceeded, bytes);
    if (a->act == QOS_MARK)
        *p = mark(*p, (uint8_t)(a->dscp << 2));
    return a->act != QOS_DROP;
}

static bool lane_meet(struct qos_lane *l, struct pkt **p, sim_time now)
{
    const struct qos_rule *r = l->pub.rule;
    qos_count(&l->pub.seen, (*p)->len);
    qos_meter_add(&l->offered, (*p)->len, now);
    if (r && (r->dscp >= 0 || r->precedence >= 0)) {
        *p = mark(*p, (uint8_t)(r->dscp >= 0 ? r->dscp << 2 : r->precedence << 5));
        l->pub.marked++;
    }
    if (!l->policed || police(l, p, now))
        return true;
    qos_dropped(l, (*p)->len, now);
    return false;
}

/* The lane of this policy that is, or holds, the one chosen before. */
static struct qos_lane *lane_holding(struct qos_tree *t, const struct qos_lane *chosen)
{
    for (; chosen; chosen = chosen->tree->up)
        if (chosen->tree == t)
            return (struct qos_lane *)chosen;
    return NULL;
}

bool qos_meet(struct qos_tree *t, struct pkt **p, sim_time now, const struct qos_lane *chosen,
              struct qos_lane **leaf)
{
    while (t) {
        struct qos_lane *l = lane_holding(t, chosen);
        *leaf = l ? l : qos_classify(t, *p);
        if (!lane_meet(*leaf, p, now))
            return false;
        t = (*leaf)->shown->child;
    }
    return true;
}
