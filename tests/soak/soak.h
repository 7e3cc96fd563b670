/* A hub, its spokes, and a week of faults drawn from a seed, as a scenario in a text: what the soak
 * finds, `vpnsim run` can play again. */
#ifndef TESTS_SOAK_SOAK_H
#define TESTS_SOAK_SOAK_H

#include <glib.h>
#include "kernel/sim.h"

struct plan {
    unsigned spokes;
    sim_time length;  /* of the run */
    sim_time calm;    /* no fault begins or lasts behind this */
    sim_time works;   /* from here on everything must work: calm and the longest timer */
    sim_time silence; /* the last ping has come back */
    bool alike;       /* every device has the same lifetime of phase 1 */
    unsigned faults;
    GString *text; /* the scenario */
};
/* Everything but spokes and length is drawn from the seed. */
struct plan *plan_new(uint64_t seed, unsigned spokes, sim_time length);
void plan_free(struct plan *p);

#endif
