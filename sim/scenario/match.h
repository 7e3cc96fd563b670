/* What else the files of the scenario room ask of matchers. */
#ifndef SCENARIO_MATCH_H
#define SCENARIO_MATCH_H

#include "scenario_priv.h"

/* As matcher_takes, for a matcher without a link of its own. */
bool matcher_takes_on(struct matcher *m, const struct net_link *l, uint32_t end, uint64_t number,
                      struct span packet);
/* The exchange type of a name in a scenario ("main"), -1 when there is none. */
int match_exchange(const char *name);

#endif
