/* Remote access on a router: keyrings, ISAKMP profiles, groups of client settings, AAA, local
 * pools, and the parties that come of them. hub-and-spoke.md chapter 2; ike/access.h.
 *
 *   ios_keyring.c   crypto keyring
 *   ios_profile.c   crypto isakmp profile, and which of them an identity belongs to
 *   ios_group.c     crypto isakmp client configuration group
 *   ios_pool.c      ip local pool, the pool of those whose group names none
 *   ios_dhcp.c      ip address dhcp
 *   ios_aaa.c       aaa lists, radius servers, users
 *   ios_ra_map.c    what a crypto map says of clients
 *   ios_ra.c        the engine's questions answered
 *   ios_ra_mode.c   mode config: the answer to a request, from a group
 *   ios_ra_running.c, ios_ra_show.c, ios_debug_xauth.c   what is shown and said of it */
#ifndef VENDOR_IOS_IOS_RA_H
#define VENDOR_IOS_IOS_RA_H

#include "device/aaa.h"
#include "device/dhcp_client.h"
#include "device/pool.h"
#include "ike/access.h"
#include "vendor/ios/ios_conf.h"

struct ios_keyring {
    char *name, *description;
    struct ike_conf *store; /* its keys, for the rule of the longest mask */
};

enum ios_match_kind {
    IOS_MATCH_ADDRESS,
    IOS_MATCH_GROUP,
    IOS_MATCH_HOST,
    IOS_MATCH_HOST_DOMAIN,
    IOS_MATCH_USER,
    IOS_MATCH_USER_DOMAIN,
};
struct ios_match {
    enum ios_match_kind kind;
    ip4 addr, mask;
    char *text;
};
/* What answers a client's configuration: both may be set, and the wish of the router to push wins.
 */
struct ios_client_way {
    char *login_list, *author_list; /* NULL = none */
    bool respond, initiate;
};
struct ios_profile {
    char *name, *description;
    GPtrArray *keyrings; /* char *, in order */
    GPtrArray *matches;  /* struct ios_match *, in order */
    struct ios_client_way way;
    struct ike_liveness liveness; /* threshold_s 0 = as everybody */
};
struct ios_group {
    char *name, *key, *domain, *pool, *acl, *banner;
    GArray *dns, *wins;            /* ip4 */
    GPtrArray *split_dns, *backup; /* char * */
    ip4 netmask;
    bool save_password, local_lan, pfs;
    uint32_t max_users, max_logins; /* 0 = any number */
};
struct ios_map_way {
    char *map;
    struct ios_client_way way;
};
struct ios_radius_host {
    ip4 addr;
    uint32_t auth_port, acct_port; /* 0 = 1645, 1646 */
    uint32_t timeout_s, retransmit;
    bool has_timeout, has_retransmit;
    char *key; /* NULL = the one of all */
};
struct ios_radius_member {
    ip4 addr;
    uint32_t auth_port, acct_port;
};
struct ios_radius_group {
    char *name;
    GArray *members; /* struct ios_radius_member */
};
/* How a password is written; in aaa_user.vendor. */
struct ios_user_words {
    bool secret, hidden; /* `secret`; shown as type 7 */
    bool no_password;
    char *as_typed; /* of type 7; NULL = it was not */
};
/* Who is in, or about to be. */
struct ios_ra_session {
    ike_sa_id sa;
    char party[64], group[64], user[128], pool[64];
    ip4 addr, framed;             /* framed: RADIUS says which one it is to have; 0 = any */
    struct kept_request *request; /* for configuration, while AAA is asked; owned */
};
struct kept_request;

struct ios_ra {
    GPtrArray *keyrings, *profiles, *groups, *map_ways, *pools;
    char *default_pool;
    uint32_t xauth_timeout_s; /* 0 = not set */
    uint32_t login_wait_s;    /* of the profile, before that was set */

    struct aaa *aaa;
    bool aaa_on;
    GPtrArray *radius_hosts, *radius_groups;
    char *radius_key;
    uint32_t radius_timeout_s, radius_retransmit, radius_deadtime_min;

    struct dhcp_client *dhcp; /* ios_dhcp.c */
    GArray *leased;           /* struct ios_leased */

    GArray *sessions;     /* struct ios_ra_session */
    GPtrArray *questions; /* struct ios_question */
    GArray *routes;       /* struct ios_ra_route: reverse routes that are in the table */
    struct sim_timer routes_timer;
    char *at; /* what the submode is about, by name */
};

/* ---- ios_ra.c ---- */
void ios_ra_init(struct ios *s);
void ios_ra_clear(struct ios *s);
struct ios_ra_session *ios_ra_session_of(struct ios *s, ike_sa_id sa); /* NULL = none */
/* What is being asked of AAA about an SA; `then` is told when AAA has answered, and the question is
 * over after it. */
struct ios_question {
    struct ios *s;
    ike_sa_id sa;
    uint32_t number;
    struct ike_party party;
    char user[128];
    void (*then)(struct ios *s, const struct ios_question *q, const struct aaa_reply *reply);
};
typedef void (*ios_answer_fn)(struct ios *s, const struct ios_question *q,
                              const struct aaa_reply *reply);
/* Without a list nobody is asked, and the answer comes all the same. */
void ios_ra_ask(struct ios *s, ike_sa_id sa, const struct ike_party *p, ios_answer_fn then,
                const char *list, const char *user, const char *password);
/* The group whose settings are a party's; NULL = none of that name. */
const struct ios_group *ios_ra_group(const struct ios *s, const struct ike_party *p);
/* Keywords of the profile that the identity belongs to, or of the map the peer came by. */
const struct ios_client_way *ios_ra_way(struct ios *s, ip4 local, const char *party);

/* ---- ios_ra_mode.c ---- */
void ios_ra_configure(struct ios *s, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request);
void ios_ra_session_clear(struct ios_ra_session *x);
void ios_ra_returned(struct ios *s, struct ios_ra_session *session, ike_sa_id sa);

/* ---- ios_ra_map.c ---- */
const struct ios_client_way *ios_ra_way_of_map(const struct ios *s, const char *map); /* or NULL */
void ios_map_ways_free(struct ios_ra *ra);

/* ---- ios_show_system.c ---- */
void ios_version_text(const struct ios *s, GString *out); /* four lines, as clients are told */

/* ---- ios_ra_route.c: reverse routes ---- */
void ios_ra_routes_init(struct ios *s);
bool ios_ra_is_route(const struct ios *s, const struct net_route *route); /* one of these */
void ios_ra_routes_clear(struct ios *s);

/* ---- ios_keyring.c ---- */
struct ios_keyring *ios_keyring_find(const struct ios *s, const char *name);
/* The key of a peer in the keyrings, in order of configuration; each look is an ike_key_search. */
const struct ike_key *ios_keyring_search(struct ios *s, ip4 remote, const char **in);
void ios_keyrings_free(struct ios_ra *ra);

/* ---- ios_profile.c ---- */
bool ios_has_profiles(const struct ios *s); /* 12.2(15)T brought them */
struct ios_profile *ios_profile_find(const struct ios *s, const char *name);
/* The first profile, in order of configuration, that the identity belongs to. */
struct ios_profile *ios_profile_match(const struct ios *s, const struct ike_claim *claim);
void ios_match_text_of(const struct ios_match *m, GString *out); /* "address 0.0.0.0" */
void ios_way_set(struct ios_client_way *way, const struct cli_args *a, bool login);
void ios_way_clear(struct ios_client_way *way);
void ios_profiles_free(struct ios_ra *ra);

/* ---- ios_group.c ---- */
bool ios_has_group_extras(const struct ios *s); /* 12.3(2)T and 12.4: banner, save-password … */
struct ios_group *ios_group_find(const struct ios *s, const char *name);
void ios_groups_free(struct ios_ra *ra);

/* ---- ios_pool.c ---- */
struct addr_pool *ios_pool_find(const struct ios *s, const char *name);
void ios_pools_free(struct ios_ra *ra);

/* ---- ios_dhcp.c ---- */
/* The default route by the server's router gives way to every other. */
#define IOS_LEASE_DISTANCE 254
void ios_dhcp_init(struct ios *s);
void ios_dhcp_clear(struct ios *s);
const struct dhcp_lease *ios_dhcp_lease(const struct ios *s, const struct net_if *i); /* or NULL */
void ios_dhcp_start(struct ios *s, struct net_if *i, GString *out);
void ios_dhcp_stop(struct ios *s, struct net_if *i);

/* ---- ios_aaa.c ---- */
void ios_aaa_free(struct ios_ra *ra);
void ios_user_words_free(gpointer words);
void ios_user_text(const struct ios *s, const struct aaa_user *u, GString *out);
void ios_users_encrypt(struct ios *s); /* service password-encryption */
bool ios_aaa_has_list(const struct ios *s, const char *kind, const char *name);

/* ---- ios_ra_running.c ---- */
void ios_ra_running_aaa(const struct ios *s, GString *out);    /* after the head */
void ios_ra_running_users(const struct ios *s, GString *out);  /* usernames */
void ios_ra_running_isakmp(const struct ios *s, GString *out); /* behind the keys */
void ios_ra_running_keyrings(const struct ios *s, GString *out);
void ios_ra_running_map(const struct ios *s, const char *map, GString *out);
void ios_ra_running_pools(const struct ios *s, GString *out);
void ios_ra_running_radius(const struct ios *s, GString *out);

/* ---- rows ---- */
extern const struct cli_command ios_config_ra[], ios_config_aaa[], ios_config_keyring_rows[],
    ios_config_profile_rows[], ios_config_group_rows[], ios_config_radius_rows[],
    ios_config_profile[], ios_config_group[], ios_config_pool[], ios_config_ra_map[];
extern const struct cli_command ios_dhcp_exec_rows[], ios_ra_exec_rows[];
extern const struct cli_mode ios_mode_keyring, ios_mode_profile, ios_mode_group, ios_mode_radius;

/* The software is that version or a later one: of the T train with the letter, else main line. */
bool ios_version_from(const struct ios *s, int minor, int t_build, int main_build);

#endif
