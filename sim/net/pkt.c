/* Packets: one allocation holds the struct and its bytes. Only a packet that outgrows its room gets
 * a buffer of its own. */
#include "net_priv.h"

#define TAILROOM 64 /* padding and ICV of ESP (RFC 2406 2) */

static uint8_t *inline_buf(struct pkt *p)
{
    return (uint8_t *)(p + 1);
}

static struct pkt *pkt_room(size_t front, size_t len, size_t behind)
{
    size_t cap = front + len + behind;
    struct pkt *p = g_malloc(sizeof *p + cap);
    *p = (struct pkt){
        .refs = 1, .cap = (uint32_t)cap, .head = (uint32_t)front, .len = (uint32_t)len};
    p->buf = inline_buf(p);
    return p;
}

struct pkt *pkt_new(size_t len)
{
    g_assert(len <= UINT32_MAX / 2);
    return pkt_room(PKT_HEADROOM, len, TAILROOM);
}

struct pkt *pkt_of(struct span bytes)
{
    struct pkt *p = pkt_new(bytes.n);
    if (bytes.n)
        memcpy(pkt_data(p), bytes.p, bytes.n);
    return p;
}

struct pkt *pkt_ref(struct pkt *p)
{
    p->refs++;
    return p;
}

void pkt_unref(struct pkt *p)
{
    if (!p || --p->refs)
        return;
    if (p->buf != inline_buf(p))
        g_free(p->buf);
    g_free(p);
}

struct pkt *pkt_own(struct pkt *p)
{
    if (p->refs == 1)
        return p;
    struct pkt *copy = pkt_room(MAX(p->head, PKT_HEADROOM), p->len, TAILROOM);
    if (p->len)
        memcpy(pkt_data(copy), pkt_data(p), p->len);
    copy->in = p->in;
    copy->sa_in = p->sa_in;
    copy->sa_out = p->sa_out;
    copy->mark = p->mark;
    copy->queue = p->queue;
    p->refs--;
    return copy;
}

/* Moves the bytes into a buffer with at least that much room before and behind them. */
static void pkt_regrow(struct pkt *p, size_t front, size_t behind)
{
    front += PKT_HEADROOM;
    behind += TAILROOM;
    size_t cap = front + p->len + behind;
    g_assert(cap <= UINT32_MAX / 2);
    uint8_t *buf = g_malloc(cap);
    if (p->len)
        memcpy(buf + front, pkt_data(p), p->len);
    if (p->buf != inline_buf(p))
        g_free(p->buf);
    p->buf = buf;
    p->cap = (uint32_t)cap;
    p->head = (uint32_t)front;
}

uint8_t *pkt_push(struct pkt *p, size_t n)
{
    g_assert(p->refs == 1);
    if (n > p->head)
        pkt_regrow(p, n, 0);
    p->head -= (uint32_t)n;
    p->len += (uint32_t)n;
    return pkt_data(p);
}

void pkt_pull(struct pkt *p, size_t n)
{
    g_assert(n <= p->len);
    p->head += (uint32_t)n;
    p->len -= (uint32_t)n;
}

uint8_t *pkt_tail(struct pkt *p, size_t n)
{
    g_assert(p->refs == 1);
    if (n > (size_t)p->cap - p->head - p->len)
        pkt_regrow(p, 0, n);
    uint8_t *place = pkt_data(p) + p->len;
    p->len += (uint32_t)n;
    return place;
}

void pkt_trim(struct pkt *p, size_t len)
{
    if (len < p->len)
        p->len = (uint32_t)len;
}

bool pkt_flow(const struct pkt *p, struct flow *f)
{
    const uint8_t *b = p->buf + p->head;
    *f = (struct flow){.icmp_type = -1, .icmp_code = -1};
    if (p->len < IP4_HEAD || b[0] >> 4 != 4)
        return false;
    f->src = pkt_src(p);
    f->dst = pkt_dst(p);
    f->protocol = b[9];
    size_t head = (b[0] & 15u) * 4u;
    bool first = (be16_get(b + 6) & 0x1fff) == 0;
    if (head < IP4_HEAD || head >= p->len || !first)
        return true;
    struct span l4 = {b + head, p->len - head};
    if (f->protocol == IPPROTO_NUM_ICMP) {
        f->icmp_type = l4.p[0];
        f->icmp_code = l4.n > 1 ? l4.p[1] : -1;
    } else {
        l4_ports(f->protocol, l4, &f->sport, &f->dport);
    }
    return true;
}

void pkt_drop(struct net_node *n, struct pkt *p, enum drop_reason why)
{
    if (n) {
        ++*node_drop_counter(n, why);
        if (TRACE_ON(n->scope, pkt_drop)) {
            struct flow f;
            pkt_flow(p, &f);
            TRACE(n->scope, pkt_drop, .why = why, .interface = p->in ? p->in->name : NULL,
                  .src = f.src, .dst = f.dst, .protocol = f.protocol, .sport = f.sport,
                  .dport = f.dport, .length = p->len);
        }
    }
    pkt_unref(p);
}
