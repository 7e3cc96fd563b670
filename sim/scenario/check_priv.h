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
 * that begins with `line` (NULL: the head itself), or one line that begins with `head` and contains
 * `line`. Without such a head, or with `head` NULL: the last line of all that contains `line`. */
struct check_place {
    const char *head, *line;
};
void check_add(struct check *c, enum severity severity, const char *id, struct device *d,
               struct check_place at, const char *remedy, const char *format, ...)
    G_GNUC_PRINTF(7, 8);
/* How a kind of device writes what the review speaks of. */
struct check_words {
    const char *kind;
    bool netmask;    /* access lists have masks of networks, not wildcards */
    bool named;      /* maps and ISAKMP are given to interfaces by name, in lines of their own */
    bool permits_it; /* what comes out of a tunnel passes the inbound access list unless told */
    uint32_t idle_s; /* after which tunnels end when nothing is configured; 0 = never */
    const char *key_head, *key_line; /* where a key is; %s is the peer */
    const char *key_remedy;
    const char *policy;      /* the beginning of a policy's line, %u its priority */
    const char *map_applied; /* how a map is applied, %s its name; NULL = below the interface */
    const char *enable, *route;
    const char *exempt;     /* how traffic is kept from translation */
    const char *permit_all; /* the line that lets tunnels pass access lists, or its no form */
};
const struct check_words *check_words_of(const struct device *d);
/* Does it have a configuration that is reviewed? A VPN client makes its map when it connects. */
bool check_reads(const struct device *d);
/* "permit ip 10.1.0.0 0.0.0.255 host 10.2.0.5", as the device's access lists have it. Caller frees.
 */
char *check_acl_text(const struct device *d, const struct acl_line *l);
/* Adds the finding that there is no key for a peer. */
void check_no_key(struct check *c, struct device *d, ip4 peer);
/* Who has this address; NULL when nobody does. */
struct device *check_owner(struct world *w, ip4 addr);
/* The first interface that a map is applied to; NULL when none is. */
struct net_if *check_bound(struct device *d, const struct ipsec_map *m);
/* The permit lines of a list that a policy can be made of; an empty array when it is undefined. */
GPtrArray *check_permits(struct device *d, const char *acl);
/* "crypto map vpn 10", the head of an entry. Caller frees. */
char *check_entry_head(const struct ipsec_map *m, const struct ipsec_map_entry *e);

/* check_names.c, check_peers.c, check_routes.c, check_nat.c, check_lines.c, check_access.c */
void check_names(struct check *c, struct device *d);
void check_peers(struct check *c, struct device *d);
void check_routes(struct check *c, struct device *d);
void check_nat(struct check *c, struct device *d);
void check_lines(struct check *c, struct device *d);
void check_access(struct check *c, struct device *d);
/* What two ends of a tunnel do in time: who asks whether the other lives, and when it is idle too
 * long. */
void check_times(struct check *c, struct device *a, const struct ipsec_map_entry *ae, ip4 b_addr,
                 struct device *b, const struct ipsec_map_entry *be, ip4 a_addr);

#endif
