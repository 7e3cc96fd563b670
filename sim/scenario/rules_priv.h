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

/* Rules 11 to 15, over every event of the run: a listener from before the first event. */
struct lives *lives_new(struct world *w);
void lives_free(struct lives *v);
/* At the end: what was found on the way, and what stands now. */
void lives_check(struct lives *v, rule_fn breach, void *self);
/* Outbound SAs whose partner is not at the peer now. */
size_t lives_alone(const struct lives *v);

#endif
