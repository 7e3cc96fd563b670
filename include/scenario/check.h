/* What a good reviewer would say of the configurations, without running them. */
#ifndef SCENARIO_CHECK_H
#define SCENARIO_CHECK_H

#include "scenario/scenario.h"

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_INFO };
struct finding {
    enum severity severity;
    const char *id; /* "no-common-policy" */
    char *device;
    char *file; /* NULL when no line is meant */
    int line;   /* from 1, 0 = none */
    char *text; /* the line */
    char *message, *remedy;
};
const char *severity_name(enum severity s);
/* Reviews a world that has not run. In order of devices; errors of one device first. Owned by the
 * caller. */
GPtrArray *check_world(struct world *w);
void finding_free(struct finding *f);

#endif
