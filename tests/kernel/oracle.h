/* The oracle of order: a plain 4-ary heap on (time, sequence), too simple to be wrong. */
#ifndef TESTS_KERNEL_ORACLE_H
#define TESTS_KERNEL_ORACLE_H

#include <glib.h>
#include "kernel/sim.h"

struct oracle_key {
    sim_time at;
    uint64_t seq;
};

struct oracle {
    struct oracle_key *key;
    size_t n, cap;
};

void oracle_clear(struct oracle *o);
void oracle_put(struct oracle *o, sim_time at, uint64_t seq);
/* False when it is empty. */
bool oracle_take(struct oracle *o, struct oracle_key *least);

#endif
