/* What the files of the ASA kind share: its memory, and who does what.
 *
 *   asa_kind.c      the device_kind: versions, profile, modes, prompts, errors at the caret, typing
 *   asa_load.c      a startup configuration
 *   asa_if.c        interfaces by hardware name and by nameif
 *   asa_session.c   one session a peer: what of it ends by time, and what ends with it
 *   asa_natt.c      NAT traversal
 *   asa_ctcp.c      IPsec over TCP
 *   asa_group.h     tunnel groups, group policies, users, servers, pools
 *   asa_ra*.c       remote access: who comes in, its login, its address, its settings
 *   asa_config*.c   configuration lines -> net, ike, ipsec configuration; their no forms
 *   asa_running.c   show running-config: read back from the same configuration
 *   asa_exec.c      clear, debug, configure, write, reload; asa_ping.c ping
 *   asa_conn*.c     connections through the device: who may open one, show conn
 *   asa_nat*.c      address translation: lines, objects, show xlate and nat
 *   asa_show*.c     show commands and views; asa_stats.c what they count
 *   asa_log*.c      messages %ASA-n-nnnnnn from events, logging buffer, debug lines */
#ifndef VENDOR_ASA_ASA_H
#define VENDOR_ASA_ASA_H

#include "asa_group.h"
#include "device/device.h"
#include "vendor/common.h"

/* What an interface has beside what the node keeps of it. */
struct asa_if {
    char *hardware;             /* "GigabitEthernet0/0" */
    char *nameif;               /* NULL: without a name it does nothing */
    uint32_t security;          /* 0 … 100 */
    bool listens;               /* crypto isakmp enable */
    char *group_in, *group_out; /* access-group */
};
/* How the peers of a group are watched: `isakmp keepalive`. */
struct asa_keepalive {
    bool disabled;        /* not even announced */
    uint32_t threshold_s; /* 0 = infinite: announced, and left to the peer */
    uint32_t retry_s;
};
#define ASA_KEEPALIVE_L2L ((struct asa_keepalive){false, 10, 2})
#define ASA_KEEPALIVE_RA  ((struct asa_keepalive){false, 300, 2})
enum asa_peer_id { ASA_PEER_ID_REQ, ASA_PEER_ID_CERT, ASA_PEER_ID_NOCHECK };
/* A tunnel-group. The key of one that is named after an address is the key of that peer. */
enum asa_user_auth { ASA_USER_AUTH_UNSAID, ASA_USER_AUTH_XAUTH, ASA_USER_AUTH_NONE };
struct asa_group {
    char *name;
    bool l2l;  /* its type was given; always for DefaultL2LGroup */
    bool ra;   /* of type remote access; always for DefaultRAGroup */
    char *key; /* NULL = none */
    struct asa_keepalive keepalive;
    enum asa_peer_id peer_id;
    char *policy; /* default-group-policy; NULL = DfltGrpPolicy */
    /* of remote access: asa_group_access.c */
    GPtrArray *pools;   /* char *, "(inside) a b" or "a b", owned; NULL = none */
    GPtrArray *servers; /* char *, "radius LOCAL" or "(inside) radius"; NULL = LOCAL */
    enum asa_user_auth user_auth;
};
#define ASA_DEFAULT_GROUP "DefaultL2LGroup"
#define ASA_DEFAULT_RA    "DefaultRAGroup"

/* Protocols of a session. */
enum {
    ASA_TUNNEL_IPSEC = 1,
    ASA_TUNNEL_L2TP = 2,
    ASA_TUNNEL_SSL = 4,
    ASA_TUNNEL_WEBVPN = 8,
    ASA_TUNNEL_IKEV2 = 16
};
/* Where a kept line stands in the running configuration. */
enum asa_place {
    ASA_PLACE_HEAD,   /* after hostname */
    ASA_PLACE_MID,    /* after the access lists: pager, mtu, nat, timeouts */
    ASA_PLACE_CRYPTO, /* with the crypto lines */
    ASA_PLACE_TAIL,   /* telnet, ssh, policies, prompt */
    ASA_PLACE_SUB,    /* of a section */
};
struct asa_kept {
    enum asa_place place;
    char *section; /* "tunnel-group 1.2.3.4 ipsec-attributes"; NULL for global lines */
    char *key, *text;
};

enum asa_identity { ASA_IDENTITY_AUTO, ASA_IDENTITY_ADDRESS, ASA_IDENTITY_HOSTNAME };
enum { ASA_LOG_CONSOLE, ASA_LOG_BUFFERED, ASA_LOG_MONITOR, ASA_LOG_TRAP, ASA_LOG_ASDM, ASA_LOGS };

struct asa_speech; /* asa_log_priv.h */
struct asa_stats;  /* asa_stats.c */
#define ASA_ASP_ROWS 24
struct asa_conns;
struct asa_nat;
struct asa_ping;

struct asa {
    struct device *d;
    int major, minor; /* 8, 2 */
    struct cli *cli;
    const struct cli_mode *mode;
    bool user_mode; /* ">" */

    GPtrArray *interfaces; /* struct asa_if, owned */
    GPtrArray *groups;     /* struct asa_group, owned */
    GPtrArray *kept;       /* struct asa_kept, owned */
    GPtrArray *policies;   /* struct asa_policy, owned; DfltGrpPolicy is the first */
    struct aaa *aaa;
    GPtrArray *aaa_hosts; /* struct asa_aaa_host, owned, in order of configuration */
    GPtrArray *pools;     /* struct asa_pool, owned, in order of configuration */
    GPtrArray *remotes;   /* struct asa_remote (asa_ra.h), in order of their beginning, owned */
    GPtrArray *sessions;  /* struct asa_vpn, in order of their beginning, owned */
    uint64_t sessions_begun;
    guint sessions_peak;
    uint64_t remotes_begun; /* of clients, the same */
    guint remotes_peak;
    struct asa_stats *stats;
    uint64_t asp_cleared[ASA_ASP_ROWS]; /* what show asp drop leaves out */
    char *asp_cleared_at;               /* NULL = never */
    enum asa_identity identity;
    bool identity_set;

    char *at_interface; /* the submode is about it */
    char *at_group;
    uint32_t at_policy;
    char *at_section; /* kept lines go there */
    char *at_group_policy;
    char *at_user, *at_servers;
    ip4 at_server;

    bool logging, stamp;
    int level[ASA_LOGS]; /* -1 = off */
    uint32_t buffer_bytes;
    GArray *silenced;                   /* uint32_t: no logging message */
    uint32_t debug_isakmp, debug_ipsec; /* levels, 0 = off */
    struct asa_speech *speech;
    struct asa_ping *ping;
    struct asa_conns *conns; /* asa_conn.h */
    struct asa_nat *nat;     /* asa_nat.h */

    bool loading, dirty;
    bool refused;   /* understood, not done; `out` has the reason */
    bool entered;   /* the handler chose the mode itself */
    int invalid_at; /* the word at this offset is invalid; -1 = none */
};

static inline struct asa *asa_of(struct device *d)
{
    return d->vendor;
}
/* Is it of this version or a later one? */
static inline bool asa_since(const struct asa *s, int major, int minor)
{
    return s->major > major || (s->major == major && s->minor >= minor);
}

/* ---- asa_kind.c ---- */
extern const struct cli_mode asa_mode_exec, asa_mode_config, asa_mode_if, asa_mode_policy,
    asa_mode_policy_v1, asa_mode_group, asa_mode_general, asa_mode_group_policy, asa_mode_object,
    asa_mode_object_group;
void asa_enter(struct asa *s, const struct cli_mode *mode);
void asa_refuse(struct asa *s, GString *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The line is refused at an argument, with the mark under it. */
void asa_invalid(struct asa *s, const struct cli_args *a, const char *argument);
/* The word came with a later version: the mark under it, as under any word not known. */
void asa_unknown_word(struct asa *s, const struct cli_args *a, const char *word);
void asa_changed(struct asa *s, const char *what);
bool asa_run_line(struct asa *s, const char *line, GString *out, struct cli_error *error);

/* ---- asa_load.c ---- */
bool asa_is_comment(const char *line);
bool asa_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error);

/* ---- asa_if.c ---- */
void asa_if_free(void *p);
char *asa_ifname(void *self, const char *typed);
struct asa_if *asa_if_make(struct asa *s, const char *hardware);
struct asa_if *asa_if_of(const struct asa *s, const struct net_if *i); /* NULL = unnamed */
struct asa_if *asa_if_named(const struct asa *s, const char *nameif);  /* NULL = no such name */
struct net_if *asa_net_if(const struct asa *s, const struct asa_if *f);
/* What the device calls it: its nameif, or the hardware name. */
const char *asa_if_word(const struct asa *s, const struct net_if *i);
/* The named interface of an argument; NULL and the mark under it when there is none. */
struct asa_if *asa_if_arg(struct asa *s, const struct cli_args *a, const char *argument);

/* ---- asa_stats.c, asa_show_drop.c ---- */
void asa_stats_start(struct asa *s);
void asa_stats_stop(struct asa *s);
/* What the node dropped up to now is of no interest. */
void asa_drops_forget(struct asa *s);

/* ---- asa_session.c: a peer is an address, or a number where several are behind one ---- */
void asa_sessions_start(struct asa *s);
void asa_sessions_stop(struct asa *s);
/* Ends everything there is with a peer, and tells it. False: there was nothing. */
bool asa_session_end(struct asa *s, ip4 peer, uint32_t nat, enum ike_why why);
/* How long the session may still be idle, and last; -1 = for ever. False: there is no session. */
bool asa_session_left(const struct asa *s, ip4 peer, uint32_t nat, sim_time *idle,
                      sim_time *session);
/* The mapping of its NAT has changed: it is at another address. */
void asa_session_moved(struct asa *s, uint32_t nat, ip4 peer);

/* ---- asa_natt.c ---- */
extern const struct cli_command asa_config_natt[];
void asa_natt_init(struct asa *s);
void asa_natt_text(const struct asa *s, bool all, GString *out);

/* ---- asa_ctcp.c ---- */
extern const struct cli_command asa_config_ctcp[];
void asa_ctcp_text(const struct asa *s, GString *out);

void asa_remotes_start(struct asa *s);
void asa_remotes_stop(struct asa *s);
/* How many there are beside the one with that peer. */
unsigned asa_sessions_besides(const struct asa *s, ip4 peer, uint32_t nat);
/* A client has logged in: its session is idle and lasts as its user may. */
struct asa_remote;
void asa_session_login(struct asa *s, const struct asa_remote *r, uint32_t nat);

/* ---- asa_settings.c ---- */
/* What a session of that tunnel group has, with no user of its own. */
struct asa_chain asa_chain_of(const struct asa *s, const struct asa_group *g);

/* ---- asa_group_access.c ---- */
/* Its lines in the two sections. */
void asa_group_general_text(const struct asa *s, const struct asa_group *g, GString *out);
void asa_group_ipsec_text(const struct asa *s, const struct asa_group *g, GString *out);
void asa_group_access_clear(struct asa_group *g);
/* The names after the interface's, or those of every interface. Caller frees. */
char **asa_group_words(const GPtrArray *lines, const char *nameif);
extern const struct cli_command asa_config_access_general_rows[], asa_config_access_ipsec_rows[];

/* ---- asa_config*.c ---- */
extern const struct cli_command asa_config_global[], asa_config_nav[], asa_config_acl[],
    asa_config_isakmp[], asa_config_ipsec[], asa_config_map[], asa_config_tunnel[],
    asa_config_keep[], asa_config_group_policy[], asa_config_if_rows[], asa_config_policy_rows[],
    asa_config_group_rows[], asa_config_general_rows[], asa_config_group_policy_rows[];
void asa_acl_line_text(const struct acl *a, const struct acl_line *l, GString *out);
void asa_group_free(void *p);
/* The tunnel-group that serves a peer: its own, or the default. */
const struct asa_group *asa_group_for(const struct asa *s, ip4 peer);
struct asa_group *asa_group_find(const struct asa *s, const char *name);
struct asa_group *asa_group_make(struct asa *s, const char *name);
/* The group for remote access of that name, or DefaultRAGroup; NULL = neither is configured. */
const struct asa_group *asa_group_claimed(const struct asa *s, const char *name);
const char *asa_pfs_word(enum crypto_group g); /* "group2" */
void asa_kept_free(void *p);
const char *asa_kept_text(const struct asa *s, const char *section, const char *key);
void asa_keep_line(struct asa *s, enum asa_place place, const char *section, const char *key,
                   const char *text);
void asa_keep_remove(struct asa *s, const char *section, const char *key);
void asa_keep_remove_section(struct asa *s, const char *section);

/* ---- asa_running.c ---- */
/* `secrets`: keys are shown, as in what is saved; otherwise asterisks. `all`: lines that say the
 * default are shown too. */
void asa_running_config(struct asa *s, bool secrets, bool all, GString *out);

/* ---- asa_exec.c, asa_ping.c, asa_show*.c ---- */
extern const struct cli_command asa_exec_table[], asa_ping_table[], asa_show_table[];
extern const struct cli_word asa_words_help[];
void asa_ping_clear(struct asa *s);
bool asa_view(struct device *d, const char *show, struct view *out);

/* ---- asa_conn*.c: connections through the device ---- */
extern const struct cli_command asa_config_conn[], asa_exec_conn[];
void asa_conn_start(struct asa *s);
void asa_conn_stop(struct asa *s);

/* ---- asa_nat*.c: address translation ---- */
extern const struct cli_command asa_config_nat[], asa_config_object[], asa_exec_nat[],
    asa_config_object_rows[], asa_config_object_group_rows[];
void asa_nat_start(struct asa *s);
void asa_nat_stop(struct asa *s);
/* Whatever its rules are made of may have changed. */
void asa_nat_changed(struct asa *s);
void asa_nat_list_changed(struct asa *s, const char *acl, GString *out);
void asa_nat_text(const struct asa *s, GString *out);
void asa_objects_text(const struct asa *s, GString *out);
/* May IKE be enabled on an interface? No while a translation has its port. */
bool asa_nat_claim(struct asa *s, const struct asa_if *f, GString *out);

/* ---- asa_log.c ---- */
void asa_speech_init(struct asa *s);
void asa_speech_clear(struct asa *s);
/* "%ASA-5-713119: …", to each destination whose level allows it. */
void asa_log(struct asa *s, int severity, uint32_t id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void asa_clock_text(const struct asa *s, GString *out); /* "00:00:12.345 UTC Mon Mar 1 1993" */

#endif
