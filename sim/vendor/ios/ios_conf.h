/* What the configuration, running-config and exec files of the IOS kind share. */
#ifndef VENDOR_IOS_IOS_CONF_H
#define VENDOR_IOS_IOS_CONF_H

#include "ios.h"
#include "net/qos.h"

/* Where a kept line stands in the running configuration. */
enum ios_place {
    IOS_PLACE_SERVICE, /* before hostname */
    IOS_PLACE_HEAD,    /* after hostname: logging, enable, aaa, clock */
    IOS_PLACE_USER,    /* username, after the IP settings */
    IOS_PLACE_IP,      /* before the crypto part: ip cef, ip domain */
    IOS_PLACE_ROUTING, /* after the interfaces: ip classless, ip http */
    IOS_PLACE_TAIL,    /* snmp, banner and the like */
    IOS_PLACE_SUB,     /* of a section: an interface, a line, a controller */
    IOS_PLACE_COUNT,
};
/* A line that is accepted and shown again, and changes nothing in the model. */
struct ios_kept {
    enum ios_place place;
    char *section; /* "interface FastEthernet0/0", "line vty 0 4"; NULL for global lines */
    char *key;     /* a later line of this key takes its place */
    char *text;
};

/* What the configuration has that no lower room keeps. */
struct ios_conf {
    char *version; /* as the device shows it: "12.4" */
    bool password_encryption;
    bool debug_localtime, debug_zone, log_localtime, log_zone;
    bool domain_lookup;
    bool loading;   /* a file is read: nobody is at the console */
    bool dirty;     /* something changed that IPsec must know of at the end of loading */
    bool refused;   /* the handler did not do what the line asks; its reason is in `out` */
    bool entered;   /* the handler chose the mode itself */
    int invalid_at; /* the handler found the word at this offset invalid; -1 = none */
    char *at_class_map, *at_policy_map, *at_policy_class; /* what the modes of QoS are about */
    char *section;   /* the mode of accepted sections is about this one */
    GString *banner; /* a banner is being typed, up to its delimiter */
    char *banner_end;
    GPtrArray *sections; /* char *: accepted sections in order ("line con 0") */
};

/* The idle timer came with 12.2(15)T. */
static inline bool ios_has_idle_time(const struct ios *s)
{
    return s->major > 12 || s->minor >= 2;
}

static inline struct ios_conf *ios_conf_of(struct ios *s)
{
    return s->conf;
}

/* ---- ios_kind.c ---- */
/* Goes to a configuration mode; the objects it is about are set by the caller. */
void ios_enter(struct ios *s, const struct cli_mode *mode);
/* The line is refused with a message of its own ("% Bad mask …"). */
void ios_refuse(struct ios *s, GString *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The line is refused at an argument, with the mark under it. */
void ios_invalid(struct ios *s, const struct cli_args *a, const char *argument);
/* The configuration changed: IPsec is told now, or once at the end of loading. */
void ios_changed(struct ios *s, const char *what);
/* One exec line, as if typed at the privileged prompt (`do`, show). False: refused. */
bool ios_exec_line(struct ios *s, const char *line, GString *out);
/* One line in the mode the device is in, exec or configuration. False: not understood, `error`
 * tells where. A handler that understood but did not do it sets conf->refused. What the line prints
 * is appended to out. */
bool ios_run_line(struct ios *s, const char *line, GString *out, struct cli_error *error);
bool ios_is_comment(const char *line);
/* ios_kind_load.c */
bool ios_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
              GError **error);
/* "fa0/0" -> "FastEthernet0/0"; NULL when it names no kind of interface. */
char *ios_ifname(void *self, const char *typed);
/* The interface, made when the configuration names one that no link made. */
struct net_if *ios_interface(struct ios *s, const char *full_name);
uint32_t ios_if_bandwidth_kbps(const char *full_name);
/* Leaves configuration: the mode is exec again. */
void ios_leave_config(struct ios *s);

/* ---- ios_config*.c: the tables of rows ---- */
extern const struct cli_command ios_config_global[], ios_config_nav[], ios_config_acl[],
    ios_config_crypto[], ios_config_keep[], ios_config_if_rows[], ios_config_if_keep[],
    ios_config_isakmp_rows[], ios_config_set_rows[], ios_config_map_rows[],
    ios_config_acl_ext_rows[], ios_config_acl_std_rows[], ios_config_line_rows[],
    ios_config_controller_rows[], ios_exec_table[], ios_ping_table[];
extern const struct cli_mode ios_mode_line, ios_mode_controller;

/* ---- ios_qos.c, ios_qos_policy.c, ios_qos_running.c ---- */
extern const struct cli_command ios_config_qos[], ios_config_cmap_rows[], ios_config_pmap_rows[],
    ios_config_pclass_rows[], ios_config_if_qos[];
extern const struct cli_mode ios_mode_cmap, ios_mode_pmap, ios_mode_pclass;
const char *ios_dscp_name(unsigned dscp); /* "ef"; NULL: it has none */
int ios_dscp_of(const char *text);        /* by number or name; -1: it is none */
int ios_precedence_of(const char *text);
/* "ip dscp ef"; show has "ip dscp ef (46)". */
void ios_match_text(const struct qos_match *m, bool show, GString *out);
void ios_policy_map(void *self, const struct cli_args *a, GString *out);
void ios_qos_running(struct ios *s, GString *out);
void ios_qos_running_if(struct ios *s, const struct net_if *i, GString *out);

/* ---- ios_config_keep.c ---- */
void ios_keep_line(struct ios *s, enum ios_place place, const char *section, const char *key,
                   const char *text);
void ios_keep_remove(struct ios *s, const char *section, const char *key);
void ios_keep_clear(struct ios *s);
/* One line of a banner; true when the line belonged to one. */
bool ios_banner_line(struct ios *s, const char *line);
/* Passwords of type 7: reversible, for the eye only. NULL when it is not one. */
char *ios_type7_decode(const char *text);
char *ios_type7_encode(const char *plain);
void ios_encrypt_passwords(struct ios *s);

/* ---- ios_config_acl.c ---- */
void ios_acl_line_text(const struct acl *a, const struct acl_line *l,
                       GString *out); /* "permit ip any any" */

/* ---- ios_ping.c ---- */
bool ios_ping_asks(const struct ios *s); /* a dialogue waits for an answer */
void ios_ping_prompt(const struct ios *s, GString *out);
void ios_ping_answer(struct ios *s, const char *line);
void ios_ping_clear(struct ios *s);

#endif
