/* A 4-ary heap in an array: the children of i are 4i+1 to 4i+4. */
#include "oracle.h"

static bool before(struct oracle_key a, struct oracle_key b)
{
    return a.at != b.at ? a.at < b.at : a.seq < b.seq;
}

void oracle_clear(struct oracle *o)
{
    g_free(o->key);
    *o = (struct oracle){0};
}

void oracle_put(struct oracle *o, sim_time at, uint64_t seq)
{
    if (o->n == o->cap) {
        o->cap = o->cap ? o->cap * 2 : 64;
        o->key = g_renew(struct oracle_key, o->key, o->cap);
    }
    struct oracle_key k = {at, seq};
    size_t i = o->n++;
    for (; i > 0 && before(k, o->key[(i - 1) / 4]); i = (i - 1) / 4)
        o->key[i] = o->key[(i - 1) / 4];
    o->key[i] = k;
}

bool oracle_take(struct oracle *o, struct oracle_key *least)
{
    if (o->n == 0)
        return false;
    *least = o->key[0];
    struct oracle_key k = o->key[--o->n];
    size_t i = 0;
    for (;;) {
        size_t child = 4 * i + 1, best = i;
        struct oracle_key low = k;
        for (size_t c = child; c < child + 4 && c < o->n; c++) {
            if (before(o->key[c], low)) {
                low = o->key[c];
                best = c;
            }
        }
        if (best == i)
            break;
        o->key[i] = o->key[best];
        i = best;
    }
    if (o->n)
        o->key[i] = k;
    return true;
}
