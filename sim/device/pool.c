/* Pools of addresses: who holds which. What is held stands sorted, so that the lowest free address
 * is found in one walk beside it. */
#include "device/pool.h"

#include <string.h>

struct addr_pool *addr_pool_new(const char *name)
{
    struct addr_pool *p = g_new0(struct addr_pool, 1);
    p->name = g_strdup(name);
    p->range = g_array_new(FALSE, FALSE, sizeof(struct ip4_range));
    p->held = g_array_new(FALSE, FALSE, sizeof(struct addr_held));
    return p;
}

void addr_pool_free(struct addr_pool *p)
{
    if (!p)
        return;
    g_free(p->name);
    g_array_unref(p->range);
    g_array_unref(p->held);
    g_free(p);
}

bool addr_pool_add(struct addr_pool *p, ip4 first, ip4 last)
{
    if (last < first)
        return false;
    for (guint i = 0; i < p->range->len; i++) {
        const struct ip4_range *r = &g_array_index(p->range, struct ip4_range, i);
        if (first <= r->last && r->first <= last)
            return false;
    }
    struct ip4_range r = {first, last};
    g_array_append_val(p->range, r);
    return true;
}

/* The size of the networks that the mask makes. Without a mask all addresses are one network, and
 * on networks of two or one (RFC 3021) every address is a host's: 0. */
static uint64_t block(const struct addr_pool *p)
{
    int len = ip4_mask_len(p->mask);
    return len < 0 ? UINT64_C(1) << 32 : len > 30 ? 0 : UINT64_C(1) << (32 - len);
}

static bool at_edge(uint64_t b, ip4 a)
{
    return b && (a % b == 0 || (a + UINT64_C(1)) % b == 0);
}

/* Numbers in [first, last] that b divides. */
static uint64_t multiples(uint64_t b, uint64_t first, uint64_t last)
{
    return last / b + 1 - (first + b - 1) / b;
}

/* The place of an address among those held. */
static bool held_find(const struct addr_pool *p, ip4 addr, guint *at)
{
    guint low = 0, high = p->held->len;
    while (low < high) {
        guint mid = (low + high) / 2;
        if (g_array_index(p->held, struct addr_held, mid).addr < addr)
            low = mid + 1;
        else
            high = mid;
    }
    *at = low;
    return low < p->held->len && g_array_index(p->held, struct addr_held, low).addr == addr;
}

static void hold(struct addr_pool *p, ip4 addr, const char *holder)
{
    guint at;
    struct addr_held h = {.addr = addr};
    bool there = held_find(p, addr, &at);
    g_assert(!there);
    g_strlcpy(h.holder, holder ? holder : "", sizeof h.holder);
    g_array_insert_val(p->held, at, h);
}

static ip4 lowest_free(const struct addr_pool *p, const struct ip4_range *r)
{
    uint64_t b = block(p);
    guint at;
    held_find(p, r->first, &at);
    for (uint64_t a = r->first; a <= r->last; a++) {
        if (at < p->held->len && g_array_index(p->held, struct addr_held, at).addr == a)
            at++;
        else if (!at_edge(b, (ip4)a))
            return (ip4)a;
    }
    return 0;
}

ip4 addr_pool_take(struct addr_pool *p, const char *holder)
{
    for (guint i = 0; i < p->range->len; i++) {
        ip4 a = lowest_free(p, &g_array_index(p->range, struct ip4_range, i));
        if (!a)
            continue;
        hold(p, a, holder);
        return a;
    }
    p->refused++;
    return 0;
}

bool addr_pool_take_at(struct addr_pool *p, ip4 addr, const char *holder)
{
    guint at;
    if (held_find(p, addr, &at)) {
        const struct addr_held *h = &g_array_index(p->held, struct addr_held, at);
        if (strncmp(h->holder, holder ? holder : "", sizeof h->holder - 1) == 0)
            return true;
    } else if (addr_pool_contains(p, addr) && !at_edge(block(p), addr)) {
        hold(p, addr, holder);
        return true;
    }
    p->refused++;
    return false;
}

void addr_pool_give_back(struct addr_pool *p, ip4 addr)
{
    guint at;
    if (held_find(p, addr, &at))
        g_array_remove_index(p->held, at);
}

const char *addr_pool_holder(const struct addr_pool *p, ip4 addr)
{
    guint at;
    return held_find(p, addr, &at) ? g_array_index(p->held, struct addr_held, at).holder : NULL;
}

bool addr_pool_contains(const struct addr_pool *p, ip4 addr)
{
    for (guint i = 0; i < p->range->len; i++) {
        const struct ip4_range *r = &g_array_index(p->range, struct ip4_range, i);
        if (addr >= r->first && addr <= r->last)
            return true;
    }
    return false;
}

uint32_t addr_pool_size(const struct addr_pool *p)
{
    uint64_t n = 0, b = block(p);
    for (guint i = 0; i < p->range->len; i++) {
        const struct ip4_range *r = &g_array_index(p->range, struct ip4_range, i);
        n += (uint64_t)r->last - r->first + 1;
        if (b)
            n -= multiples(b, r->first, r->last) +
                 multiples(b, r->first + UINT64_C(1), r->last + UINT64_C(1));
    }
    return (uint32_t)n;
}

uint32_t addr_pool_in_use(const struct addr_pool *p)
{
    return p->held->len;
}
