/* What a scenario file may say: one table, from which come validation, suggestions, the JSON Schema
 * for editors, and the reference for people. */
#ifndef SCENARIO_SCHEMA_H
#define SCENARIO_SCHEMA_H

#include "scenario/yaml.h"

/* What a value may look like; a row may allow several. */
enum {
    T_TEXT = 1 << 0,
    T_BOOL = 1 << 1,
    T_COUNT = 1 << 2,  /* whole number, 0x allowed */
    T_TIME = 1 << 3,   /* 20ms */
    T_SKEW = 1 << 4,   /* a duration with a sign */
    T_MOMENT = 1 << 5, /* 4s, a label, label+5s, +5s */
    T_WINDOW = 1 << 6, /* A~B, +5s */
    T_CHANCE = 1 << 7, /* 0.5% */
    T_RATE = 1 << 8,
    T_SIZE = 1 << 9,
    T_ADDRESS = 1 << 10, /* 10.1.0.5 */
    T_PREFIX = 1 << 11,  /* 10.1.0.5/24 */
    T_TEST = 1 << 12,    /* >= 5 */
    T_WORD = 1 << 13,    /* one of `sub`: "a|b|c" */
    T_MASK = 1 << 14,    /* 0b0101 */
    T_HEX = 1 << 15,     /* bytes */
    T_TEXTS = 1 << 16,   /* a list of texts */
    T_COUNTS = 1 << 17,  /* a list of whole numbers */
    T_MAP = 1 << 18,     /* the section `sub` */
    T_MAPS = 1 << 19,    /* names, each with the section `sub` */
    T_LIST = 1 << 20,    /* a list, each entry the section `sub` */
    T_FREE = 1 << 21,    /* a map of words to texts; the names are checked by whoever knows them */
    T_NULL = 1 << 22,    /* nothing */
};
enum {
    SCHEMA_REQUIRED = 1,
    SCHEMA_INCLUDE = 2, /* no key: the rows of `sub` belong to this section too */
    SCHEMA_OPEN = 4,    /* no key: further keys are free words, checked elsewhere */
};
struct schema_row {
    const char *section, *key;
    unsigned types;
    const char *sub;
    unsigned flags;
    const char *dflt; /* for people; NULL = none */
    const char *doc;
};
extern const struct schema_row schema_table[]; /* closed by section NULL */

/* The sections in order of the table, with what each is about. */
struct schema_section {
    const char *name, *doc;
};
extern const struct schema_section schema_sections[]; /* closed by name NULL */

/* Checks a tree against the section "scenario". False with every problem (twenty at most) in one
 * error. */
bool schema_check(const struct yml_node *root, GError **error);
void schema_json(GString *out);     /* JSON Schema, draft 2020-12 */
void schema_markdown(GString *out); /* the reference */

/* For loaders: names that exist, and the nearest to one that does not. Fails with "did you mean".
 */
bool schema_unknown(GError **error, const struct yml_node *at, const char *what, const char *word,
                    const GPtrArray *names);

#endif
