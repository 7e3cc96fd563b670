/* What the files that make YAML nodes share. */
#ifndef SCENARIO_YAML_PRIV_H
#define SCENARIO_YAML_PRIV_H

#include "scenario/yaml.h"

struct yml_doc {
    GPtrArray *files; /* struct yml_file */
    GPtrArray *nodes; /* struct yml_node */
};

/* A new node that stands where `where` does (nowhere when NULL). */
struct yml_node *yml_node_make(struct yml_doc *doc, enum yml_kind kind,
                               const struct yml_node *where);
/* Appends to a list (key NULL) or map. False when the tree is now too large. */
bool yml_node_add(struct yml_node *parent, struct yml_node *key, struct yml_node *item);

#endif
