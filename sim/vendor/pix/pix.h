/* What the files of the PIX kind share: its memory, and who does what.
 *
 *   pix_kind.c      the device_kind: versions, profile, modes, prompts, typing
 *   pix_usage.c     what is said of a line that is not understood
 *   pix_load.c      a startup configuration
 *   pix_if.c        interfaces by hardware name and by nameif
 *   pix_conn.c      what may pass: security levels, access-groups, sysopt; connections
 *   pix_nat.c       address translation: nat, global, static; show xlate
 *   pix_config*.c   configuration lines -> net, ike, ipsec configuration; their no forms
 *   pix_ra*.c       remote access: groups, logins, addresses
 *   pix_running.c   write terminal: read back from the same configuration
 *   pix_exec.c      clear, debug, configure, write, reload; pix_ping.c ping
 *   pix_show*.c     show commands and views
 *   pix_log*.c      messages %PIX-n-nnnnnn from events, logging buffer
 *   pix_debug*.c    debug crypto isakmp, ipsec, engine */
#ifndef VENDOR_PIX_PIX_H
#define VENDOR_PIX_PIX_H

#include "device/device.h"
#include "net/conn.h"
#include "vendor/common.h"

/* What an interface has beside what the node keeps of it. */
struct pix_if {
    char *hardware;    /* "ethernet0" */
    char *nameif;      /* never NULL: every interface has a name from the start */
    uint32_t security; /* 0 … 100 */
    char *speed;       /* "auto", "100full" */
    bool listens;      /* isakmp enable */
    char *group_in;    /* access-group */
};

/* Where a kept line stands in the configuration. */
enum pix_place {
    PIX_PLACE_PASSWORD, /* before hostname */
    PIX_PLACE_NAMES,    /* after domain-name: clock, fixup, names */
    PIX_PLACE_PAGER,    /* after the access lists */
    PIX_PLACE_IP,       /* after the addresses */
    PIX_PLACE_TIMEOUT,  /* after the routes: timeout, aaa-server, snmp-server */
    PIX_PLACE_SYSOPT,
    PIX_PLACE_ISAKMP, /* before the policies */
    PIX_PLACE_TAIL,   /* telnet, ssh, terminal */
    PIX_PLACE_HIDDEN, /* part of another line */
};
struct pix_kept {
    enum pix_place place;
    char *key, *text;
};
/* A key whose peer gets no mode configuration. */
struct pix_plain_key {
    ip4 addr, mask;
};

enum {
    PIX_LOG_CONSOLE,
    PIX_LOG_MONITOR,
    PIX_LOG_BUFFERED,
    PIX_LOG_TRAP,
    PIX_LOG_HISTORY,
    PIX_LOGS
};
enum pix_debug { PIX_DEBUG_ISAKMP = 1, PIX_DEBUG_IPSEC = 2, PIX_DEBUG_ENGINE = 4 };

struct pix_speech; /* pix_log_priv.h */
struct pix_ping;
struct fw_nat; /* pix_nat.h */

struct pix {
    struct device *d;
    int major, minor; /* 6, 3 */
    struct cli *cli;
    const struct cli_mode *mode;
    bool user_mode; /* ">" */

    GPtrArray *interfaces; /* struct pix_if, owned, in order of hardware */
    GPtrArray *kept;       /* struct pix_kept, owned */
    GArray *plain_keys;    /* struct pix_plain_key */
    char *domain;          /* domain-name, NULL = none */
    bool identity_address; /* isakmp identity address; otherwise hostname */
    bool permit_ipsec;     /* sysopt connection permit-ipsec */

    bool logging, stamp;
    int level[PIX_LOGS]; /* -1 = off */
    GArray *silenced;    /* uint32_t: no logging message */
    struct net_conn_rules conns;
    char *management; /* management-access: nameif; NULL = none */
    struct fw_nat *nat;
    struct pix_access *access; /* pix_ra.h */
    unsigned debug;            /* enum pix_debug */
    struct pix_speech *speech;
    struct pix_ping *ping;

    bool loading, dirty;
    bool refused; /* understood, not done; `out` has the reason */
};

static inline struct pix *pix_of(struct device *d)
{
    return d->vendor;
}
/* Is it of this version or a later one? */
static inline bool pix_since(const struct pix *s, int major, int minor)
{
    return s->major > major || (s->major == major && s->minor >= minor);
}

/* ---- pix_kind.c ---- */
extern const struct cli_mode pix_mode_exec, pix_mode_config;
void pix_refuse(struct pix *s, GString *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void pix_changed(struct pix *s, const char *what);
bool pix_run_line(struct pix *s, const char *line, GString *out, struct cli_error *error);

/* ---- pix_usage.c ---- */
void pix_usage(const char *line, const struct cli_error *e, GString *out);
/* The line is refused with the usage of its command. */
void pix_incomplete(struct pix *s, const struct cli_args *a, GString *out);

/* ---- pix_path.c ---- */
extern const struct cli_command pix_config_path[];
void pix_path_start(struct pix *s);
void pix_path_stop(struct pix *s);
/* The MTU of an interface was set; `before` is what it was. */
void pix_mtu_changed(struct pix *s, struct net_if *i, uint32_t before);

/* ---- pix_load.c ---- */
bool pix_is_comment(const char *line);
bool pix_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error);

/* ---- pix_if.c ---- */
void pix_if_free(void *p);
char *pix_ifname(void *self, const char *typed);
struct pix_if *pix_if_make(struct pix *s, const char *hardware);
struct pix_if *pix_if_of(const struct pix *s, const struct net_if *i); /* NULL = not one of these */
struct pix_if *pix_if_named(const struct pix *s, const char *nameif);  /* NULL = no such name */
struct net_if *pix_net_if(const struct pix *s, const struct pix_if *f);
/* What the device calls it: its nameif. */
const char *pix_if_word(const struct pix *s, const struct net_if *i);
/* The interface that an argument names; NULL, and an error said, when there is none. */
struct pix_if *pix_if_arg(struct pix *s, const struct cli_args *a, const char *argument,
                          GString *out);

/* ---- pix_conn.c ---- */
void pix_conn_start(struct pix *s);
void pix_conn_stop(struct pix *s);
/* The end behind the interface of lower security, and whether it opened the connection. */
bool pix_conn_inbound(const struct pix *s, const struct net_if *in, const struct net_if *out);

/* ---- pix_natt.c ---- */
extern const struct cli_command pix_config_natt[];
void pix_natt_init(struct pix *s);
void pix_natt_clear(struct pix *s);
void pix_natt_text(const struct pix *s, GString *out);

/* ---- pix_config*.c ---- */
extern const struct cli_command pix_config_nav[], pix_config_global[], pix_config_logging[],
    pix_config_acl[], pix_config_isakmp[], pix_config_ipsec[], pix_config_map[], pix_config_keep[],
    pix_config_nat[];
void pix_names_changed(struct pix *s); /* hostname or domain: the identity of IKE follows */
/* "permit ip host 10.1.0.5 any" */
void pix_acl_line_text(const struct acl_line *l, GString *out);
bool pix_key_is_plain(const struct pix *s, ip4 addr, ip4 mask);
const char *pix_group_number(enum crypto_group g);         /* "2" */
void pix_transform_text(struct esp_suite s, GString *out); /* "esp-3des esp-sha-hmac " */
void pix_kept_free(void *p);
void pix_keep_line(struct pix *s, enum pix_place place, const char *key, const char *text);
void pix_keep_remove(struct pix *s, const char *key);
const char *pix_kept_text(const struct pix *s, const char *key); /* NULL = none */

/* ---- pix_running.c ---- */
/* `secrets`: keys are shown, as in what is saved; otherwise asterisks. */
void pix_running_config(struct pix *s, bool secrets, GString *out);

/* ---- pix_exec.c, pix_ping.c, pix_show*.c ---- */
extern const struct cli_command pix_exec_table[], pix_ping_table[], pix_show_table[],
    pix_conn_table[], pix_exec_nat[];
extern const struct cli_word pix_words_help[];
void pix_ping_clear(struct pix *s);
bool pix_view(struct device *d, const char *show, struct view *out);

/* ---- pix_log.c ---- */
void pix_speech_init(struct pix *s);
void pix_speech_clear(struct pix *s);
/* The debugs that are on have changed. */
void pix_speech_debug_changed(struct pix *s);
/* A datagram for IKE is handled between these two: the debug ends it with its status. */
void pix_message_begins(struct pix *s);
void pix_message_ends(struct pix *s);
/* "%PIX-6-602301: …", to each destination whose level allows it. */
void pix_log(struct pix *s, int severity, uint32_t id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
void pix_clear_buffer(struct pix *s);

#endif
