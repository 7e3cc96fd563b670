/* What the files of the review share. */
#ifndef SCENARIO_CHECK_PRIV_H
#define SCENARIO_CHECK_PRIV_H

#include "scenario/check.h"
#include "scenario_priv.h"

struct check {
    struct world *w;
    GPtrArray *findings;
};

/* A place in a device's configuration: the last line that begins with `head`, and below it the last
 * that begins with `line` (NULL: the head itself). `head` NULL: the last line of all that contains
 * `line`. */
struct check_place {
    const char *head, *line;
};
void check_add(struct check *c, enum severity severity, const char *id, struct device *d,
               struct check_place at, const char *remedy, const char *format, ...)
    G_GNUC_PRINTF(7, 8);
/* "permit ip 10.1.0.0 0.0.0.255 host 10.2.0.5", as a router's access list has it. Caller frees. */
char *check_acl_text(const struct acl_line *l);
/* Who has this address; NULL when nobody does. */
struct device *check_owner(struct world *w, ip4 addr);
/* The first interface that a map is applied to; NULL when none is. */
struct net_if *check_bound(struct device *d, const struct ipsec_map *m);
/* The permit lines of a list that a policy can be made of; an empty array when it is undefined. */
GPtrArray *check_permits(struct device *d, const char *acl);
/* "crypto map vpn 10", the head of an entry. Caller frees. */
char *check_entry_head(const struct ipsec_map *m, const struct ipsec_map_entry *e);

/* check_names.c, check_peers.c, check_routes.c */
void check_names(struct check *c, struct device *d);
void check_peers(struct check *c, struct device *d);
void check_routes(struct check *c, struct device *d);

#endif
