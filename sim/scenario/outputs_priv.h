/* What the files that write a run folder share. */
#ifndef SCENARIO_OUTPUTS_PRIV_H
#define SCENARIO_OUTPUTS_PRIV_H

#include "scenario/outputs.h"

void manifest_json(GString *out, struct world *w, unsigned set);

#endif
