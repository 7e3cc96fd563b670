/* Named random streams: counter-based, keyed by (seed, run, name), so a new user shifts nobody. */
#ifndef KERNEL_RNG_H
#define KERNEL_RNG_H

#include <stddef.h>
#include "kernel/sim.h"

struct rng;

/* The stream of that name, made when first asked for. Owned by the simulation. */
struct rng *rng_stream(struct sim *sim, const char *name);
uint32_t rng_u32(struct rng *r);
uint64_t rng_u64(struct rng *r);
void rng_bytes(struct rng *r, void *p, size_t n);
/* Uniform in [0, n); 0 when n is 0. */
uint64_t rng_below(struct rng *r, uint64_t n);
/* True with probability ppb / 1e9 (fixed point; no floating point decides anything). */
bool rng_chance(struct rng *r, uint32_t ppb);

#endif
