/* IPsec policy as configured: transform sets, crypto maps, and dynamic maps, whose entries are
 * templates for peers that are not known beforehand. Edited by the vendors' configuration
 * commands, read by the data path. Names are resolved when used, so order of configuration does not
 * matter. */
#ifndef IPSEC_POLICY_H
#define IPSEC_POLICY_H

#include <glib.h>
#include "base/ip4.h"
#include "crypto/suite.h"

#define IPSEC_LIFE_S_DEFAULT  3600
#define IPSEC_LIFE_KB_DEFAULT 4608000

struct ipsec_transform_set {
    char *name;
    struct esp_suite suite;
};
struct ipsec_map_entry {
    uint32_t seq;
    char *description;         /* may be NULL */
    char *acl;                 /* match address; NULL = not set */
    GArray *peers;             /* ip4, in order of preference */
    GPtrArray *transform_sets; /* char *, in order of preference, owned */
    enum crypto_group pfs;     /* GROUP_NONE = not asked for */
    uint32_t life_s, life_kb;  /* 0 = the global value */
    uint32_t replay_window;    /* 0 = the global value; UINT32_MAX = off */
    uint32_t idle_s;           /* 0 = the global value */
    bool idle_first_peer;      /* after an idle end the first peer is asked again */
    bool pre_classify;         /* packets are told apart before they are sealed (net/qos.h) */
    bool reverse_route;        /* routes to remote networks are wanted; kept for who makes them */
    char party[64];            /* serves only that party (ike/access.h); "" = everyone */
    char *dynamic; /* refers to a dynamic map and has nothing else; NULL = it does not */
};
struct ipsec_map {
    char *name;         /* case counts */
    char *local_if;     /* local-address interface; NULL = the one the map is applied to */
    GPtrArray *entries; /* struct ipsec_map_entry, by seq, owned */
};
/* How packets that grow too large are dealt with on an interface; -1 = as everywhere. */
struct ipsec_size {
    int df;        /* of the outer head: ESP_DF_… */
    int cut_first; /* cut before sealing, not after */
};
struct ipsec_conf {
    GPtrArray *sets, *maps; /* owned; in order of configuration */
    GPtrArray *dynamics;    /* struct ipsec_map whose entries are templates; owned, in that order */
    uint32_t life_s, life_kb;
    uint32_t idle_s;         /* an SA pair that carries nothing this long ends; 0 = never */
    uint32_t replay_window;  /* 64 … 1024; 0 = off */
    bool raw_proxy_id;       /* send access-list addresses with their host bits (some peers do) */
    bool part_carries_line;  /* an SA negotiated for a part of a line carries all of the line */
    bool holds_without_peer; /* an entry that lacks only its peer keeps its packets back */
    bool
        map_keeps_address; /* the address a map speaks from is taken when it is applied, for good */
    int df;                /* ESP_DF_COPY by default */
    uint32_t mac_fault_every; /* a defect that was put in: the MAC of each so many-th sound packet
                                 is found wrong; 0 = none */
    bool nat_follow_esp;      /* a peer behind a NAT is where its packets come from */
    bool cut_first;           /* packets are cut before they are sealed, not after */
    GArray *sizes;            /* struct ipsec_size, by index of interface */
};

struct ipsec_conf *ipsec_conf_new(void);
void ipsec_conf_free(struct ipsec_conf *c);
struct ipsec_transform_set *ipsec_set_find(const struct ipsec_conf *c, const char *name);
struct ipsec_transform_set *ipsec_set_make(struct ipsec_conf *c,
                                           const char *name); /* finds or adds */
bool ipsec_set_remove(struct ipsec_conf *c, const char *name);
struct ipsec_map *ipsec_map_find(const struct ipsec_conf *c, const char *name);
struct ipsec_map *ipsec_map_make(struct ipsec_conf *c, const char *name);
bool ipsec_map_remove(struct ipsec_conf *c, const char *name);
struct ipsec_map_entry *ipsec_entry_find(const struct ipsec_map *m, uint32_t seq);
struct ipsec_map_entry *ipsec_entry_make(struct ipsec_map *m, uint32_t seq);
bool ipsec_entry_remove(struct ipsec_map *m, uint32_t seq);
/* An entry that lacks a peer, a transform set or an access list does nothing. One that refers to a
 * dynamic map lacks nothing. */
bool ipsec_entry_complete(const struct ipsec_map_entry *e);

/* Dynamic maps. Their entries are made, found and removed with the functions above. A template
 * needs transform sets only: without peers it takes any peer, without an access list any
 * identities. */
struct ipsec_map *ipsec_dynamic_find(const struct ipsec_conf *c, const char *name);
struct ipsec_map *ipsec_dynamic_make(struct ipsec_conf *c, const char *name);
bool ipsec_dynamic_remove(struct ipsec_conf *c, const char *name);
bool ipsec_template_complete(const struct ipsec_map_entry *e);

/* ---- What an interface does its own way (overhead.c) ---- */
struct ipsec_size *ipsec_size_make(struct ipsec_conf *c, uint32_t interface);    /* lent */
struct ipsec_size ipsec_size_of(const struct ipsec_conf *c, uint32_t interface); /* never -1 */

#endif
