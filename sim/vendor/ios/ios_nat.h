/* Address translation of the IOS kind: what is configured, in the words of its lines, and the rules
 * of the node that come of it.
 *
 *   ios_nat.c         mappings, pools and route-maps -> rules of net/nat.h
 *   ios_nat_config.c  configuration lines and the running configuration
 *   ios_nat_show.c    show ip nat …, clear ip nat translation
 *   ios_nat_debug.c   debug ip nat */
#ifndef VENDOR_IOS_IOS_NAT_H
#define VENDOR_IOS_IOS_NAT_H

#include "ios_conf.h"
#include "net/nat.h"

struct ios_nat_pool {
    char *name;
    ip4 start, end, mask;
    bool by_length; /* typed as prefix-length */
    uint64_t misses;
};
/* One line "ip nat inside source …". */
struct ios_nat_mapping {
    struct ios_nat *nat;
    uint32_t tag; /* unique; the Id of show ip nat statistics */
    bool fixed;   /* static */
    /* static */
    uint8_t protocol; /* 0 = all */
    ip4 local, global, mask;
    uint16_t local_port, global_port;
    bool extendable, by_length;
    /* dynamic: one of acl and route_map, one of interface and pool; a static one may have
     * route_map, and has interface in place of global */
    char *acl, *route_map, *interface, *pool;
    bool overload;
};
struct ios_route_map_entry {
    uint32_t seq;
    bool permit;
    GPtrArray *acls; /* char *: match ip address; none = everything */
};
struct ios_route_map {
    char *name;
    GPtrArray *entries; /* by seq */
};
struct ios_nat {
    struct ios *s;
    struct net_nat_conf conf;
    GPtrArray *pools, *mappings, *route_maps; /* in the order of configuration */
    GPtrArray *inside, *outside;              /* struct net_if, lent */
    GArray *rules; /* struct net_nat_rule as the node has them, to see what changed */
    struct net_nat_stats cleared; /* as they were at clear ip nat statistics */
    uint32_t next_tag;
    uint32_t at_seq; /* of the route-map the mode is about */
    char *at_map;
};

/* ---- ios_nat.c ---- */
void ios_nat_init(struct ios *s);
void ios_nat_clear(struct ios *s);
/* Interfaces, lists or lines changed: the rules of the node follow. */
void ios_nat_changed(struct ios *s);
struct ios_nat_pool *ios_nat_pool_find(const struct ios_nat *n, const char *name);
struct ios_nat_mapping *ios_nat_mapping_by_tag(const struct ios_nat *n, uint32_t tag);
struct ios_route_map *ios_route_map_find(const struct ios_nat *n, const char *name);
struct ios_route_map_entry *ios_route_map_entry_find(const struct ios_route_map *m, uint32_t seq);
struct ios_route_map_entry *ios_route_map_entry_make(struct ios_nat *n, const char *name,
                                                     uint32_t seq);
/* How many flows and addresses a mapping has given. */
uint32_t ios_nat_refcount(const struct ios_nat *n, const struct ios_nat_mapping *m);
/* The global address of a static mapping; 0: its interface has none. */
ip4 ios_nat_global(const struct ios_nat *n, const struct ios_nat_mapping *m);
/* Is this of those whose extended entries hang under one of an address? */
static inline bool ios_nat_simple(const struct ios_nat_mapping *m)
{
    return m && (m->fixed ? m->protocol == 0 : !m->overload);
}
void ios_nat_mapping_free(void *m);
void ios_nat_pool_free(void *p);
void ios_route_map_free(void *m);

/* ---- ios_nat_config.c ---- */
extern const struct cli_command ios_nat_config_rows[], ios_nat_if_rows[], ios_route_map_rows[];
extern const struct cli_mode ios_mode_route_map;
void ios_nat_running_if(const struct ios *s, const struct net_if *i, GString *out);
void ios_nat_running(const struct ios *s, GString *out);
void ios_nat_running_route_maps(const struct ios *s, GString *out);

/* ---- ios_nat_show.c ---- */
extern const struct cli_command ios_nat_exec_rows[]; /* clear ip nat … */
void ios_show_nat_translations(void *self, const struct cli_args *a, GString *out);
void ios_show_nat_statistics(void *self, const struct cli_args *a, GString *out);
void ios_view_nat_translations(struct ios *s, char **args, struct view *v);
void ios_view_nat_statistics(struct ios *s, char **args, struct view *v);

#endif
