/* What the files of the ASA kind share: its memory, and who does what.
 *
 *   asa_kind.c      the device_kind: versions, profile, modes, prompts, errors at the caret, typing
 *   asa_load.c      a startup configuration
 *   asa_if.c        interfaces by hardware name and by nameif, and the lists applied to them
 *   asa_config*.c   configuration lines -> net, ike, ipsec configuration; their no forms
 *   asa_running.c   show running-config: read back from the same configuration
 *   asa_exec.c      clear, debug, configure, write, reload; asa_ping.c ping
 *   asa_show*.c     show commands and views
 *   asa_log*.c      messages %ASA-n-nnnnnn from events, logging buffer, debug lines */
#ifndef VENDOR_ASA_ASA_H
#define VENDOR_ASA_ASA_H

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
/* A tunnel-group. The key of one that is named after an address is the key of that peer. */
struct asa_group {
    char *name;
    bool l2l;  /* its type was given; always for DefaultL2LGroup */
    char *key; /* NULL = none */
};
#define ASA_DEFAULT_GROUP "DefaultL2LGroup"

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
    GPtrArray *sections;   /* char *: group policies, in order */
    enum asa_identity identity;
    bool identity_set;

    char *at_interface; /* the submode is about it */
    char *at_group;
    uint32_t at_policy;
    char *at_section; /* kept lines go there */

    bool logging, stamp;
    int level[ASA_LOGS]; /* -1 = off */
    uint32_t buffer_bytes;
    GArray *silenced;                   /* uint32_t: no logging message */
    uint32_t debug_isakmp, debug_ipsec; /* levels, 0 = off */
    struct asa_speech *speech;
    struct asa_ping *ping;

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
    asa_mode_policy_v1, asa_mode_group, asa_mode_general, asa_mode_group_policy;
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
/* Applies access-groups anew: what is sent to the device itself is no matter of theirs. */
void asa_lists_apply(struct asa *s);
/* Is this the list that stands for an access-group, and not one that was typed? */
bool asa_list_is_derived(const struct acl *a);
/* Hits of a line, those it had on interfaces included. */
uint64_t asa_list_hits(const struct asa *s, const struct acl *a, const struct acl_line *l);

/* ---- asa_config*.c ---- */
extern const struct cli_command asa_config_global[], asa_config_nav[], asa_config_acl[],
    asa_config_isakmp[], asa_config_ipsec[], asa_config_map[], asa_config_tunnel[],
    asa_config_keep[], asa_config_if_rows[], asa_config_policy_rows[], asa_config_group_rows[],
    asa_config_general_rows[], asa_config_group_policy_rows[];
void asa_acl_line_text(const struct acl *a, const struct acl_line *l, GString *out);
void asa_group_free(void *p);
/* The tunnel-group that serves a peer: its own, or the default. */
const struct asa_group *asa_group_for(const struct asa *s, ip4 peer);
struct asa_group *asa_group_find(const struct asa *s, const char *name);
const char *asa_pfs_word(enum crypto_group g); /* "group2" */
void asa_kept_free(void *p);
void asa_keep_line(struct asa *s, enum asa_place place, const char *section, const char *key,
                   const char *text);
void asa_keep_remove(struct asa *s, const char *section, const char *key);
void asa_keep_remove_section(struct asa *s, const char *section);

/* ---- asa_running.c ---- */
/* `secrets`: keys are shown, as in what is saved; otherwise asterisks. */
void asa_running_config(struct asa *s, bool secrets, GString *out);

/* ---- asa_exec.c, asa_ping.c, asa_show*.c ---- */
extern const struct cli_command asa_exec_table[], asa_ping_table[], asa_show_table[];
extern const struct cli_word asa_words_help[];
void asa_ping_clear(struct asa *s);
bool asa_view(struct device *d, const char *show, struct view *out);

/* ---- asa_log.c ---- */
void asa_speech_init(struct asa *s);
void asa_speech_clear(struct asa *s);
/* "%ASA-5-713119: …", to each destination whose level allows it. */
void asa_log(struct asa *s, int severity, uint32_t id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void asa_clock_text(const struct asa *s, GString *out); /* "00:00:12.345 UTC Mon Mar 1 1993" */

#endif
