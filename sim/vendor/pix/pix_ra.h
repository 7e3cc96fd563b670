/* Remote access at a PIX: groups of clients (vpngroup), those that a crypto map gives addresses to,
 * servers, users and pools.
 *
 *   pix_ra_config.c  vpngroup, crypto map … client, isakmp client configuration
 *   pix_ra_aaa.c     aaa-server, username, ip local pool; show uauth, show ip local pool
 *   pix_ra_remote.c  the clients there are
 *   pix_ra.c         the answers to IKE (ike/access.h)
 *   pix_debug_config.c  what the debug says of it */
#ifndef VENDOR_PIX_PIX_RA_H
#define VENDOR_PIX_PIX_RA_H

#include "device/aaa.h"
#include "device/pool.h"
#include "ike/access.h"
#include "pix.h"

/* ---- pix_ra_config.c ---- */
enum pix_group_word {
    PIX_GROUP_POOL,
    PIX_GROUP_DNS,
    PIX_GROUP_WINS,
    PIX_GROUP_DOMAIN,
    PIX_GROUP_SPLIT,
    PIX_GROUP_SPLIT_DNS,
    PIX_GROUP_PFS,
    PIX_GROUP_BACKUP,
    PIX_GROUP_IDLE,
    PIX_GROUP_MAX,
    PIX_GROUP_USER_IDLE,
    PIX_GROUP_PASSWORD,
    PIX_GROUP_WORDS
};
struct pix_group {
    char *name;
    char *said[PIX_GROUP_WORDS]; /* what follows the word, as typed; NULL = nothing */
};
/* What a crypto map says of clients. */
struct pix_client_map {
    char *map;
    char *servers; /* client authentication; NULL = no login */
    bool local;    /* LOCAL after the servers */
    bool initiate, respond;
};
/* Everything of remote access that is configured, and who is in. */
struct pix_access {
    GPtrArray *groups, *maps; /* struct pix_group, struct pix_client_map, owned */
    GPtrArray *pools;         /* struct addr_pool, owned */
    char *pool, *pool_if;     /* isakmp client configuration address-pool; NULL = none */
    struct aaa *aaa;
    uint32_t auth_port; /* aaa-server radius-authport; 0 = 1645 */
    GPtrArray *remotes; /* struct pix_remote, owned, in order */
    unsigned most_in;   /* users at a time */
    uint32_t asking;    /* logins under way */
};
void pix_access_start(struct pix *s);
void pix_access_stop(struct pix *s);
struct pix_group *pix_group_find(const struct pix *s, const char *name); /* NULL = none */
const struct pix_client_map *pix_client_map(const struct pix *s, const char *map);
void pix_groups_text(const struct pix *s, bool secrets, GString *out);
void pix_client_maps_text(const struct pix *s, const char *map, GString *out);
void pix_client_pool_text(const struct pix *s, GString *out);
extern const struct cli_command pix_config_access[], pix_config_aaa[], pix_exec_access[];

/* ---- pix_ra_aaa.c ---- */
struct addr_pool *pix_pool_find(const struct pix *s, const char *name); /* NULL = none */
void pix_pools_text(const struct pix *s, GString *out);
void pix_servers_text(const struct pix *s, bool secrets, GString *out);
void pix_users_text(const struct pix *s, GString *out);
void pix_view_pool(struct pix *s, char **args, struct view *v);
void pix_view_uauth(struct pix *s, char **args, struct view *v);

/* ---- pix_ra_remote.c ---- */
enum pix_ra_due { PIX_RA_NOTHING, PIX_RA_BEGUN, PIX_RA_CONFIGURED, PIX_RA_OUT };
struct pix_remote {
    struct pix *s;
    ike_sa_id sa;
    ip4 local, peer;
    char *group; /* vpngroup; "" = by its address */
    char *map;   /* crypto map that it came to */
    char *user;  /* NULL = not asked */
    bool in, counted;
    unsigned tries;
    uint32_t question;
    ip4 addr;
    char *pool;
    sim_time since;
    struct sim_timer timer, session;
    enum pix_ra_due due;
    enum ike_why out;
    GArray *wanted; /* uint16_t; NULL = pushed */
    uint16_t request;
};
void pix_remote_free(void *p);
struct pix_remote *pix_remote_of(const struct pix *s, ike_sa_id sa); /* NULL = none */
struct pix_remote *pix_remote_add(struct pix *s, const struct ike_claim *claim);
/* An address from its pool; false: there is none. */
bool pix_remote_obtain(struct pix_remote *r);
void pix_remote_gone(struct pix *s, ike_sa_id sa);

/* ---- pix_ra.c ---- */
void pix_ra_start(struct pix *s);
void pix_ra_stop(struct pix *s);

#endif
