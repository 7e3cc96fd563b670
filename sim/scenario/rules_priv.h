/* What the files of the property rules share. */
#ifndef SCENARIO_RULES_PRIV_H
#define SCENARIO_RULES_PRIV_H

#include "scenario_priv.h"

/* Lines of one node, in order. `at` and `step` are those of the instant a line was said. */
struct rule_lines {
    const char *node;
    bool upper;         /* hexadecimal digits are upper case on this kind */
    const GArray *said; /* struct said */
};
/* A breach found: the rule's number and what was seen. */
typedef void (*rule_fn)(void *self, int rule, const char *node, const char *detail);

/* Rules 1 to 5 over listings and traces. */
void rules_listing(const struct rule_lines *l, rule_fn breach, void *self);
/* Rules 7 to 10: a trace beside what the engines decided. */
void rules_trace(const struct rule_lines *l, const GArray *decided, rule_fn breach, void *self);

#endif
