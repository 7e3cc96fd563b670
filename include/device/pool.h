/* A pool of addresses for those who come in: the lowest free one is given, and each belongs to one
 * holder at a time. Names of holders count up to 63 bytes. */
#ifndef DEVICE_POOL_H
#define DEVICE_POOL_H

#include <glib.h>
#include "base/ip4.h"

struct addr_pool {
    char *name;
    ip4 mask;         /* told to clients; 0 = none */
    GArray *range;    /* struct ip4_range, in order of configuration */
    GArray *held;     /* struct addr_held, by address */
    uint32_t refused; /* times that none could be given */
};
struct ip4_range {
    ip4 first, last;
};
struct addr_held {
    ip4 addr;
    char holder[64];
};
struct addr_pool *addr_pool_new(const char *name);
void addr_pool_free(struct addr_pool *p);
/* False: the range is backwards, or overlaps one that is there. */
bool addr_pool_add(struct addr_pool *p, ip4 first, ip4 last);
/* The lowest free address of the first range that has one, never the network or broadcast address
 * of its mask; 0 = none. */
ip4 addr_pool_take(struct addr_pool *p, const char *holder);
/* That one, if it is in the pool and free, or already this holder's. */
bool addr_pool_take_at(struct addr_pool *p, ip4 addr, const char *holder);
void addr_pool_give_back(struct addr_pool *p, ip4 addr);
const char *addr_pool_holder(const struct addr_pool *p, ip4 addr); /* lent; NULL = free */
bool addr_pool_contains(const struct addr_pool *p, ip4 addr);
uint32_t addr_pool_size(const struct addr_pool *p); /* addresses that can be given */
uint32_t addr_pool_in_use(const struct addr_pool *p);

#endif
