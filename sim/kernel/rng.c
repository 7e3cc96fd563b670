/* Named random streams over Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and
 * Shaw, "Parallel Random Numbers: As Easy as 1, 2, 3" (SC 2011), sections 3.3 and 4.
 *
 * A stream is a key and the upper half of the counter, both made from (seed, run, name) by the
 * generator itself; the lower half counts blocks of four words. So a stream depends on nothing but
 * its name, and not on who else draws, or when. */
#include "kernel_priv.h"

#include <string.h>

struct rng {
    uint32_t key[2];
    uint32_t counter[4]; /* [0] and [1] count blocks, [2] and [3] belong to the stream */
    uint32_t block[4];
    unsigned used; /* words of the block; 4 = all */
    char name[];   /* the key in the table of streams */
};

/* Multipliers and Weyl increments of the paper, section 3.3. */
#define PHILOX_M0     0xD2511F53u
#define PHILOX_M1     0xCD9E8D57u
#define PHILOX_W0     0x9E3779B9u
#define PHILOX_W1     0xBB67AE85u
#define PHILOX_ROUNDS 10

void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < PHILOX_ROUNDS; round++) {
        uint64_t a = (uint64_t)PHILOX_M0 * c0;
        uint64_t b = (uint64_t)PHILOX_M1 * c2;
        c0 = (uint32_t)(b >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)b;
        c2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)a;
        k0 += PHILOX_W0;
        k1 += PHILOX_W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

/* FNV-1a of 64 bits: short, and defined byte by byte. */
static uint64_t name_hash(const char *name)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (const unsigned char *p = (const unsigned char *)name; *p; p++)
        h = (h ^ *p) * UINT64_C(0x100000001b3);
    return h;
}

static struct rng *rng_new(uint64_t seed, uint64_t run, const char *name)
{
    uint64_t h = name_hash(name);
    uint32_t who[4] = {(uint32_t)h, (uint32_t)(h >> 32), (uint32_t)run, (uint32_t)(run >> 32)};
    uint32_t seed_key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t made[4];
    rng_philox(who, seed_key, made);

    struct rng *r = g_malloc0(sizeof *r + strlen(name) + 1);
    strcpy(r->name, name);
    r->key[0] = made[0];
    r->key[1] = made[1];
    r->counter[2] = made[2];
    r->counter[3] = made[3];
    r->used = 4;
    return r;
}

void rng_free(struct rng *r)
{
    g_free(r);
}

struct rng *rng_stream(struct sim *sim, const char *name)
{
    struct rng *r = g_hash_table_lookup(sim->streams, name);
    if (!r) {
        r = rng_new(sim->seed, sim->run, name);
        g_hash_table_insert(sim->streams, r->name, r);
    }
    return r;
}

uint32_t rng_u32(struct rng *r)
{
    if (r->used == 4) {
        rng_philox(r->counter, r->key, r->block);
        if (++r->counter[0] == 0)
            r->counter[1]++;
        r->used = 0;
    }
    return r->block[r->used++];
}

uint64_t rng_u64(struct rng *r)
{
    uint64_t high = rng_u32(r);
    return high << 32 | rng_u32(r);
}

/* Words are laid out least significant byte first on every machine. */
void rng_bytes(struct rng *r, void *p, size_t n)
{
    uint8_t *to = p;
    while (n > 0) {
        uint32_t word = rng_u32(r);
        for (int i = 0; i < 4 && n > 0; i++, n--, word >>= 8)
            *to++ = (uint8_t)word;
    }
}

/* The upper half of a product of 64 random bits and n, and again when the lower half falls in the
 * uneven rest: Lemire, "Fast Random Integer Generation in an Interval" (2019), algorithm 5. */
uint64_t rng_below(struct rng *r, uint64_t n)
{
    if (n == 0)
        return 0;
    unsigned __int128 product = (unsigned __int128)rng_u64(r) * n;
    if ((uint64_t)product < n) {
        uint64_t rest = -n % n; /* 2^64 mod n */
        while ((uint64_t)product < rest)
            product = (unsigned __int128)rng_u64(r) * n;
    }
    return (uint64_t)(product >> 64);
}

/* Draws whatever the probability is, so that changing one shifts no later draw of the stream. */
bool rng_chance(struct rng *r, uint32_t ppb)
{
    return rng_below(r, 1000000000) < ppb;
}
