/* What the files of the schema share. */
#ifndef SCENARIO_SCHEMA_PRIV_H
#define SCENARIO_SCHEMA_PRIV_H

#include "scenario/schema.h"

/* The rows of a section, included ones in their place. */
void schema_each_row(const char *section, void (*fn)(void *self, const struct schema_row *row),
                     void *self);
bool schema_word_in(const char *values, const char *word);
/* "a duration with its unit, such as 20ms or 1h30m; or ...". Caller frees. */
char *schema_type_text(const struct schema_row *row);

#endif
