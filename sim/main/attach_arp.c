/* ARP messages, and the cache of neighbours: few places, few packets waiting at each, three
 * questions a second apart (RFC 826; RFC 1122 2.3.2 asks for the limits). */
#include "attach_arp.h"

#include <string.h>

#define PLACES  256
#define WAITING 16
#define TRIES   3
#define RETRY   SECONDS(1)
#define STALE   SECONDS(60)  /* used on, but asked again */
#define EXPIRES SECONDS(300) /* not used any more */

/* ---- Messages ---- */

bool arp_parse(struct span bytes, struct arp *a)
{
    static const uint8_t nobody[ETHER_ADDR];
    struct rd r = rd_over(bytes);
    if (rd_u16(&r) != 1 || rd_u16(&r) != 0x0800 || rd_u8(&r) != ETHER_ADDR || rd_u8(&r) != 4)
        return false;
    a->op = rd_u16(&r);
    struct span sender = rd_span(&r, ETHER_ADDR);
    a->sender = rd_u32(&r);
    struct span target = rd_span(&r, ETHER_ADDR);
    a->target = rd_u32(&r);
    if (!rd_ok(&r) || (a->op != ARP_REQUEST && a->op != ARP_REPLY))
        return false;
    memcpy(a->sender_mac, sender.p, ETHER_ADDR);
    memcpy(a->target_mac, target.p, ETHER_ADDR);
    return !(a->sender_mac[0] & 1) && memcmp(a->sender_mac, nobody, ETHER_ADDR) != 0;
}

void arp_emit(const struct arp *a, uint8_t out[ARP_BYTES])
{
    struct wr w = wr_over(out, ARP_BYTES);
    wr_u16(&w, 1);
    wr_u16(&w, 0x0800);
    wr_u8(&w, ETHER_ADDR);
    wr_u8(&w, 4);
    wr_u16(&w, a->op);
    wr_bytes(&w, a->sender_mac, ETHER_ADDR);
    wr_u32(&w, a->sender);
    wr_bytes(&w, a->target_mac, ETHER_ADDR);
    wr_u32(&w, a->target);
    g_assert(wr_ok(&w));
}

/* ---- The cache ---- */

struct neighbor {
    struct neighbors *all;
    ip4 addr;
    uint8_t mac[ETHER_ADDR];
    bool known;
    unsigned asked; /* questions since the last answer */
    struct net_if *from;
    sim_time confirmed, used;
    struct sim_timer retry; /* armed while it is asked for */
    GQueue waiting;         /* struct pkt; empty once it is known */
};
struct neighbors {
    struct sim *sim;
    struct neighbor_ops ops;
    unsigned count;
    struct neighbor place[PLACES];
    uint64_t *learned, *evicted, *unresolved;
};

struct neighbors *neighbors_new(struct sim *sim, struct trace_scope *scope,
                                const struct neighbor_ops *ops)
{
    struct neighbors *n = g_new0(struct neighbors, 1);
    n->sim = sim;
    n->ops = *ops;
    n->learned = trace_counter(scope, "attach.arp.learned");
    n->evicted = trace_counter(scope, "attach.arp.evicted");
    n->unresolved = trace_counter(scope, "attach.arp.unresolved");
    return n;
}

void neighbors_free(struct neighbors *n)
{
    if (!n)
        return;
    for (unsigned i = 0; i < n->count; i++) {
        for (struct pkt *p; (p = g_queue_pop_head(&n->place[i].waiting));)
            pkt_unref(p);
        sim_timer_clear(&n->place[i].retry);
    }
    g_free(n);
}

static struct neighbor *find(struct neighbors *n, ip4 addr)
{
    for (unsigned i = 0; i < n->count; i++)
        if (n->place[i].addr == addr)
            return &n->place[i];
    return NULL;
}

static void give_up(struct neighbor *b)
{
    for (struct pkt *p; (p = g_queue_pop_head(&b->waiting));)
        b->all->ops.give_up(b->all->ops.self, p);
}

static void ask(struct neighbor *b)
{
    b->asked++;
    sim_timer_arm_in(&b->retry, RETRY);
    b->all->ops.ask(b->all->ops.self, b->from, b->addr);
}

static void retry_due(void *owner)
{
    struct neighbor *b = owner;
    if (b->asked < TRIES) {
        ask(b);
        return;
    }
    ++*b->all->unresolved;
    b->known = false;
    b->asked = 0;
    give_up(b);
}

/* A free place, or that of the neighbour not spoken to for longest. Places of those being asked for
 * are kept, so that a flood of addresses nobody has cannot push out its own questions: NULL when
 * all are. */
static struct neighbor *place_for(struct neighbors *n, ip4 addr)
{
    struct neighbor *b = NULL;
    if (n->count < PLACES) {
        b = &n->place[n->count++];
        b->all = n;
        g_queue_init(&b->waiting);
        sim_timer_init(n->sim, &b->retry, retry_due, b);
    } else {
        for (unsigned i = 0; i < n->count; i++) {
            struct neighbor *x = &n->place[i];
            if (!sim_timer_armed(&x->retry) && (!b || x->used < b->used))
                b = x;
        }
        if (!b)
            return NULL;
        ++*n->evicted;
    }
    b->addr = addr;
    b->known = false;
    b->asked = 0;
    b->from = NULL;
    b->used = sim_now(n->sim);
    return b;
}

void neighbors_send(struct neighbors *n, struct net_if *from, ip4 addr, struct pkt *p)
{
    sim_time now = sim_now(n->sim);
    struct neighbor *b = find(n, addr);
    if (!b && !(b = place_for(n, addr))) {
        n->ops.give_up(n->ops.self, p);
        return;
    }
    b->used = now;
    b->from = from;
    if (b->known && now - b->confirmed >= EXPIRES)
        b->known = false;
    if (b->known) {
        if (now - b->confirmed >= STALE && !sim_timer_armed(&b->retry))
            ask(b);
        n->ops.send(n->ops.self, from, b->mac, p);
        return;
    }
    if (g_queue_get_length(&b->waiting) >= WAITING) /* RFC 1122 2.3.2.2: the latest is kept */
        n->ops.give_up(n->ops.self, g_queue_pop_head(&b->waiting));
    g_queue_push_tail(&b->waiting, p);
    if (!sim_timer_armed(&b->retry))
        ask(b);
}

void neighbors_heard(struct neighbors *n, ip4 addr, const uint8_t mac[ETHER_ADDR], bool add)
{
    struct neighbor *b = find(n, addr);
    if (!b && (!add || !(b = place_for(n, addr))))
        return;
    if (!b->known)
        ++*n->learned;
    memcpy(b->mac, mac, ETHER_ADDR);
    b->known = true;
    b->asked = 0;
    b->confirmed = sim_now(n->sim);
    sim_timer_disarm(&b->retry);
    for (struct pkt *p; (p = g_queue_pop_head(&b->waiting));)
        n->ops.send(n->ops.self, b->from, b->mac, p);
}
