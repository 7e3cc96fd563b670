/* What a session may and gets, by name: tunnel groups, group policies, users; the servers that know
 * users, and the pools that have addresses.
 *
 *   asa_settings.c      what a policy or a user says, and what by inheritance
 *   asa_config_group.c  group-policy lines; asa_config_tunnel.c tunnel-group lines
 *   asa_group_access.c  what a tunnel group for remote access has beside
 *   asa_aaa.c           aaa-server and username lines; asa_aaa_show.c what is shown of them
 *   asa_pool.c          ip local pool */
#ifndef VENDOR_ASA_ASA_GROUP_H
#define VENDOR_ASA_ASA_GROUP_H

#include "cli/cli.h"
#include "device/aaa.h"
#include "device/pool.h"

struct asa;

/* ---- Settings ---- */

/* In the order in which a group policy shows them. */
enum asa_setting {
    ASA_SET_BANNER,
    ASA_SET_WINS,
    ASA_SET_DNS,
    ASA_SET_ACCESS_HOURS,
    ASA_SET_LOGINS,
    ASA_SET_IDLE,
    ASA_SET_SESSION,
    ASA_SET_FILTER,
    ASA_SET_PROTOCOLS,
    ASA_SET_PASSWORD_STORAGE,
    ASA_SET_IP_COMP,
    ASA_SET_RE_XAUTH,
    ASA_SET_GROUP_LOCK,
    ASA_SET_PFS,
    ASA_SET_IPSEC_UDP,
    ASA_SET_IPSEC_UDP_PORT,
    ASA_SET_SPLIT_POLICY,
    ASA_SET_SPLIT_LIST,
    ASA_SET_DOMAIN,
    ASA_SET_SPLIT_DNS,
    ASA_SET_BACKUP,
    ASA_SET_POOLS,
    ASA_SET_CLIENT_RULES,
    /* of users only */
    ASA_SET_GROUP_POLICY,
    ASA_SET_FRAMED,
    ASA_SET_SERVICE_TYPE,
    ASA_SETTINGS
};
/* What follows the word of the setting, as typed: "value 172.16.1.1", "none", "30". NULL = nothing
 * is said. Several lines of one setting are joined by newlines. */
struct asa_settings {
    char *said[ASA_SETTINGS];
};
/* Who is asked in turn: the user, the user's policy, the tunnel group's, DfltGrpPolicy. */
#define ASA_CHAIN 4
struct asa_chain {
    const struct asa_settings *of[ASA_CHAIN];
    const char *policy; /* the group policy whose name the session bears */
};

void asa_settings_clear(struct asa_settings *x);
/* The first that says something, or the factory's; NULL = "none". Without the word "value". */
const char *asa_setting(const struct asa *s, const struct asa_chain *c, enum asa_setting what);
/* As a number; `none` where that is said. */
uint32_t asa_setting_u32(const struct asa *s, const struct asa_chain *c, enum asa_setting what,
                         uint32_t none);
bool asa_setting_on(const struct asa *s, const struct asa_chain *c, enum asa_setting what);
unsigned asa_setting_protocols(const struct asa *s, const struct asa_chain *c); /* ASA_TUNNEL_… */
/* The lines, with a blank before each; `all`: with the factory's. */
void asa_settings_text(const struct asa *s, const struct asa_settings *x, bool all, GString *out);
/* One line typed of a policy or a user. */
void asa_setting_typed(struct asa *s, struct asa_settings *x, const struct cli_args *a);

/* ---- Group policies ---- */
#define ASA_DEFAULT_POLICY "DfltGrpPolicy"
struct asa_policy {
    char *name;
    char *servers, *password; /* external: a group of servers has its settings; NULL = internal */
    struct asa_settings settings;
};
void asa_policy_free(void *p);
struct asa_policy *asa_policy_find(const struct asa *s, const char *name); /* NULL = none */
struct asa_policy *asa_policy_make(struct asa *s, const char *name);

/* ---- Users ---- */
struct asa_user {
    bool hashed; /* the password was given as its hash */
    bool sealed; /* nt-encrypted: nobody logs in with it here */
    char *hash;  /* as it is shown */
    uint32_t privilege;
    bool has_privilege;
    struct asa_settings settings;
};
struct asa_user *asa_user_of(const struct aaa_user *u);
/* What the device keeps of a password (the hash of these firewalls: MD5 over the password, and up
 * to four characters of the name, in 16 or 32 bytes; 24 of each 32 bits in letters). */
char *asa_password_hash(const char *user, const char *password);
/* The user's password is made what is compared with: whoever knows the password behind a hash is
 * let in. */
void asa_user_unseal(struct aaa_user *u, const char *typed);

/* ---- Servers ---- */
struct asa_aaa_host {
    char *group, *on; /* on: nameif */
    ip4 addr;
    uint32_t timeout_s, retry_s, auth_port, acct_port; /* 0 = default */
    sim_time last;                                     /* -1 = never spoken to */
};
#define ASA_AAA_TIMEOUT_S 10
#define ASA_AAA_RETRY_S   10
void asa_aaa_start(struct asa *s);
void asa_aaa_stop(struct asa *s);
void asa_aaa_text(const struct asa *s, bool secrets, GString *out);
void asa_users_text(const struct asa *s, GString *out);
struct asa_aaa_host *asa_aaa_host_at(const struct asa *s, ip4 addr);
extern const struct cli_command asa_config_aaa[], asa_config_aaa_group_rows[],
    asa_config_aaa_host_rows[], asa_config_user[], asa_config_user_rows[], asa_exec_aaa[];
extern const struct cli_mode asa_mode_aaa_group, asa_mode_aaa_host, asa_mode_user;

/* ---- Pools ---- */
struct asa_pool {
    struct addr_pool *pool; /* its own mask stays 0: whatever is free is tried (CAT-49) */
    ip4 mask;               /* 0 = not given */
    GArray *removed;        /* ip4: networks and broadcasts that were found */
};
void asa_pool_free(void *p);
struct asa_pool *asa_pool_find(const struct asa *s, const char *name); /* NULL = none */
/* The mask that its clients get: its own, or that of the address's class. */
ip4 asa_pool_mask(const struct asa_pool *p, ip4 addr);
/* The lowest free address, 0 = none. `bad`: it is the network or the broadcast address of its mask,
 * and was taken out of the pool. */
ip4 asa_pool_take(struct asa_pool *p, const char *holder, bool *bad);
void asa_pools_text(const struct asa *s, GString *out);
extern const struct cli_command asa_config_pool[], asa_exec_pool[];

#endif
