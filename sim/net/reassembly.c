/* Putting fragments together (RFC 791 3.2, RFC 815), within bounds: so many packets, so many bytes,
 * 30 seconds. Pieces that overlap kill the packet: no honest sender makes them, and a filter that
 * saw one version must not be followed by a host that sees another (RFC 1858, RFC 5722). */
#include "net_priv.h"

#define PARTIAL_MAX    64
#define BYTES_MAX      (1024 * 1024)
#define TIMEOUT        SECONDS(30)
#define TCP_HEAD_LEAST 16 /* RFC 1858 3.1: up to the flags */

struct piece {
    struct piece *next;
    struct pkt *p;
    uint32_t from, to; /* bytes of the data */
};
struct partial {
    struct net_node *node;
    ip4 src, dst;
    uint16_t id;
    uint8_t protocol;
    bool last_seen;
    uint32_t total; /* of the data, when last_seen */
    uint32_t have, n_pieces;
    size_t cost;
    struct piece *pieces, *tail; /* by offset, never overlapping */
    struct sim_timer timer;
};
struct reassembly {
    struct partial *partial[PARTIAL_MAX];
    uint32_t n;
    size_t bytes;
};

static size_t piece_cost(const struct pkt *p)
{
    return sizeof(struct piece) + sizeof *p + p->cap;
}

/* Forgets the partial packet; its pieces die for that reason, or are just given up. */
static void partial_end(struct partial *w, enum drop_reason why)
{
    struct reassembly *r = w->node->reassembly;
    for (struct piece *x = w->pieces, *next; x; x = next) {
        next = x->next;
        if (why != DROP_NONE)
            pkt_drop(w->node, x->p, why);
        else
            pkt_unref(x->p);
        g_free(x);
    }
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->partial[i] == w) {
            r->n--;
            memmove(&r->partial[i], &r->partial[i + 1], (r->n - i) * sizeof r->partial[0]);
            break;
        }
    }
    r->bytes -= w->cost;
    sim_timer_clear(&w->timer);
    g_free(w);
}

/* RFC 792: fragment reassembly time exceeded is told only when the first fragment is here. */
static void partial_timeout(void *owner)
{
    struct partial *w = owner;
    if (w->pieces && w->pieces->from == 0)
        net_icmp_error(w->node, w->pieces->p, ICMP_TIME_EXCEEDED, 1, 0);
    partial_end(w, DROP_FRAG_TIMEOUT);
}

static struct partial *partial_find(const struct reassembly *r, const struct ip4_head *h)
{
    for (uint32_t i = 0; i < r->n; i++) {
        struct partial *w = r->partial[i];
        if (w->src == h->src && w->dst == h->dst && w->id == h->id && w->protocol == h->protocol)
            return w;
    }
    return NULL;
}

static struct partial *partial_new(struct net_node *n, const struct ip4_head *h)
{
    struct reassembly *r = n->reassembly;
    struct partial *w = g_new0(struct partial, 1);
    w->node = n;
    w->src = h->src;
    w->dst = h->dst;
    w->id = h->id;
    w->protocol = h->protocol;
    w->cost = sizeof *w;
    r->bytes += w->cost;
    r->partial[r->n++] = w;
    sim_timer_init(n->net->sim, &w->timer, partial_timeout, w);
    sim_timer_arm_in(&w->timer, TIMEOUT);
    return w;
}

static enum drop_reason piece_check(const struct ip4_head *h, uint32_t from, uint32_t to)
{
    bool more = h->flags & IP4_MF;
    if (from == to || (more && (to - from) % 8))
        return DROP_FRAG_TOO_SMALL;
    if (to + IP4_HEAD > UINT16_MAX)
        return DROP_FRAG_TOO_BIG;
    /* RFC 1858 3: a TCP head torn apart, or written over from its ninth byte on. */
    if (h->protocol == IPPROTO_NUM_TCP && (from == 0 ? to < TCP_HEAD_LEAST : from == 8))
        return DROP_FRAG_TOO_SMALL;
    return DROP_NONE;
}

enum fit { FITS, FIT_AGAIN, FIT_OVERLAPS };

/* Where a piece goes: *after is the one before it, NULL for the front. */
static enum fit piece_fit(const struct partial *w, uint32_t from, uint32_t to, bool more,
                          struct piece **after)
{
    *after = NULL;
    if (w->tail && w->tail->to <= from) {
        *after = w->tail;
    } else {
        for (struct piece *x = w->pieces; x && x->from < to; x = x->next) {
            if (x->from == from && x->to == to)
                return FIT_AGAIN;
            if (x->to > from)
                return FIT_OVERLAPS;
            *after = x;
        }
    }
    if (w->last_seen && (to > w->total || (!more && to != w->total)))
        return FIT_OVERLAPS;
    if (!more && w->tail && w->tail->to > to)
        return FIT_OVERLAPS;
    return FITS;
}

static void piece_insert(struct partial *w, struct piece *after, struct pkt *p, uint32_t from,
                         uint32_t to)
{
    struct piece *x = g_new(struct piece, 1);
    *x = (struct piece){.p = p, .from = from, .to = to};
    struct piece **slot = after ? &after->next : &w->pieces;
    x->next = *slot;
    *slot = x;
    if (!x->next)
        w->tail = x;
    w->have += to - from;
    w->n_pieces++;
    w->cost += piece_cost(p);
    w->node->reassembly->bytes += piece_cost(p);
}

/* The head of the first piece before the data of all. */
static struct pkt *partial_join(struct partial *w)
{
    struct net_node *n = w->node;
    const struct pkt *first = w->pieces->p;
    size_t head_bytes = (first->buf[first->head] & 15u) * 4u;
    if (head_bytes + w->total > UINT16_MAX) {
        partial_end(w, DROP_FRAG_TOO_BIG);
        return NULL;
    }
    struct pkt *whole = pkt_new(head_bytes + w->total);
    uint8_t *b = pkt_data(whole);
    memcpy(b, first->buf + first->head, head_bytes);
    whole->in = first->in;
    whole->sa_in = first->sa_in;
    for (const struct piece *x = w->pieces; x; x = x->next) {
        const uint8_t *piece = x->p->buf + x->p->head;
        memcpy(b + head_bytes + x->from, piece + (piece[0] & 15u) * 4u, x->to - x->from);
        if (x->p->sa_in != first->sa_in)
            whole->sa_in = 0; /* pieces of different protection make a packet of none */
    }
    be16_put(b + 2, (uint16_t)whole->len);
    be16_put(b + 6, 0);
    be16_put(b + 10, 0);
    be16_put(b + 10, ip_checksum(span_of(b, head_bytes)));
    ++*n->count.frag_joined;
    TRACE(n->scope, frag_joined, .src = w->src, .dst = w->dst, .pieces = w->n_pieces,
          .length = whole->len);
    partial_end(w, DROP_NONE);
    return whole;
}

struct pkt *reassembly_add(struct net_node *n, struct pkt *p, const struct ip4_head *h)
{
    if (!n->reassembly)
        n->reassembly = g_new0(struct reassembly, 1);
    struct reassembly *r = n->reassembly;
    uint32_t from = h->frag_bytes, to = from + (uint32_t)(h->total - h->head_bytes);
    bool more = h->flags & IP4_MF;
    struct partial *w = partial_find(r, h);
    enum drop_reason why = piece_check(h, from, to);
    if (why == DROP_NONE && ((!w && r->n == PARTIAL_MAX) || r->bytes + piece_cost(p) > BYTES_MAX))
        why = DROP_FRAG_LIMIT;
    if (why != DROP_NONE) {
        pkt_drop(n, p, why);
        if (w && why == DROP_FRAG_TOO_BIG)
            partial_end(w, why);
        return NULL;
    }
    if (!w)
        w = partial_new(n, h);
    struct piece *after;
    switch (piece_fit(w, from, to, more, &after)) {
    case FITS:
        break;
    case FIT_AGAIN:
        pkt_drop(n, p, DROP_FRAG_DUPLICATE);
        return NULL;
    case FIT_OVERLAPS:
        pkt_drop(n, p, DROP_FRAG_OVERLAP);
        partial_end(w, DROP_FRAG_OVERLAP);
        return NULL;
    }
    piece_insert(w, after, p, from, to);
    if (!more) {
        w->last_seen = true;
        w->total = to;
    }
    return w->last_seen && w->have == w->total ? partial_join(w) : NULL;
}

void reassembly_free(struct net_node *n)
{
    if (!n->reassembly)
        return;
    while (n->reassembly->n)
        partial_end(n->reassembly->partial[n->reassembly->n - 1], DROP_NONE);
    g_clear_pointer(&n->reassembly, g_free);
}
