/* What the files of the IOS kind share: its memory, and who does what.
 *
 *   ios_kind.c      the device_kind: versions, profiles, modes, prompts, errors at the caret,
 * typing ios_config*.c   configuration lines -> net, ike, ipsec configuration; their no forms
 *   ios_running.c   show running-config: read back from the same configuration
 *   ios_exec*.c     exec rows: clear, debug, terminal, configure, ping (one line and dialogue)
 *   ios_show*.c     show commands and views
 *   ios_debug*.c    debug lines from events (dialects B and C)
 *   ios_log.c       % messages from events, logging buffer, time stamps */
#ifndef VENDOR_IOS_IOS_H
#define VENDOR_IOS_IOS_H

#include "device/device.h"

/* The wording of the era (catalogue, "Dialects"): B = 12.1/12.2, C = 12.3 and later. */
enum ios_dialect { IOS_DIALECT_B, IOS_DIALECT_C };

enum ios_debug_flag {
    IOS_DEBUG_ISAKMP = 1,
    IOS_DEBUG_IPSEC = 2,
    IOS_DEBUG_ENGINE = 4,
    IOS_DEBUG_ICMP = 8,
    IOS_DEBUG_NAT = 1 << 8,
    IOS_DEBUG_TCP = 1 << 9,
    IOS_DEBUG_AAA = 1 << 10,
};

enum ios_stamp { IOS_STAMP_NONE, IOS_STAMP_UPTIME, IOS_STAMP_DATETIME, IOS_STAMP_DATETIME_MSEC };

struct ios_words; /* peer handles and connection numbers: ios_debug_priv.h */
struct ios_nat;
struct ios_ra;   /* ios_ra.h */
struct ios_fw;   /* ios_fw.c; NULL until something is inspected */
struct ios_ping; /* a ping under way or its dialogue: ios_ping.c */

struct ios {
    struct device *d;
    enum ios_dialect dialect;
    int major, minor;
    bool has_natt;
    /* the software knows NAT traversal, which is on unless configured off */ /* 12, 4 */
    struct cli *cli;
    const struct cli_mode *mode;
    bool user_mode; /* ">" */
    bool configuring;
    /* the object the submode is about, by name or number, so that a removed one is noticed */
    char *at_interface, *at_map, *at_set, *at_acl;
    uint32_t at_policy, at_map_seq;
    bool at_dynamic; /* at_map is a dynamic map */

    unsigned debug; /* enum ios_debug_flag */
    enum ios_stamp stamp_debug, stamp_log;
    bool logging_on, logging_console, logging_buffered;
    int console_level, buffer_level; /* 0..7, 7 = debugging */
    uint32_t buffer_bytes;
    GQueue *buffer; /* char *, lines of the logging buffer */
    uint64_t console_logged, buffer_logged;

    GPtrArray *kept; /* accepted lines without effect: struct ios_kept, for show running-config */
    struct ios_conf *conf; /* the rest of the configuration: ios_conf.h */
    struct ios_ping *ping;
    struct ios_words *words;
    struct ios_fw *fw;
    struct ios_nat *nat; /* ios_nat.h */
    struct ios_ra *ra;   /* remote access: ios_ra.h */
    char *enable_secret;
};

static inline struct ios *ios_of(struct device *d)
{
    return d->vendor;
}

/* ---- ios_log.c, ios_debug.c (dialect) ---- */
void ios_speech_init(struct ios *s); /* subscribes to the node's events */
void ios_speech_clear(struct ios *s);
void ios_speech_debug_changed(struct ios *s); /* after s->debug changed: subscriptions follow */
/* A system message: "%CRYPTO-4-IKMP_NO_SA: …" is ios_log(s, "CRYPTO", 4, "IKMP_NO_SA", "…").
 * Stamped, sent to console and buffer by level. */
void ios_log(struct ios *s, const char *facility, int severity, const char *mnemonic,
             const char *format, ...) __attribute__((format(printf, 5, 6)));
/* A debug message; the stamp goes before the first line only. */
void ios_debug_line(struct ios *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Stamp of an instant in a style ("*Mar  1 00:00:12.345: "). */
void ios_stamp_text(const struct ios *s, enum ios_stamp style, GString *out);
void ios_uptime_text(const struct ios *s, GString *out); /* "00:00:12", "1d00h", "2w5d" */
void ios_clock_text(const struct ios *s, GString *out);  /* "*00:00:12.345 UTC Mon Mar 1 1993" */
/* Connection numbers as this device shows them: of an IKE SA (1, 2 …), of an IPsec SA (2000 …) and
 * its flow_id (conn - 1999). */
uint32_t ios_conn_of_ike(const struct ios *s, ike_sa_id id);
uint32_t ios_conn_of_esp(const struct ios *s, esp_sa_id id);
/* "esp-3des esp-sha-hmac " as debug and show print it. */
void ios_transform_text(struct esp_suite suite, GString *out);
/* MM_KEY_EXCH … as show crypto isakmp sa prints a neutral state. */
const char *ios_sa_state(enum ike_state state, enum ike_state died_in);

/* ---- ios_show*.c: rows for the exec table and views ---- */
extern const struct cli_command ios_show_table[]; /* every "show …" row */
bool ios_view(struct device *d, const char *show, struct view *out);

/* ---- ios_running.c ---- */
void ios_running_config(struct ios *s, GString *out);

/* ---- ios_config*.c, ios_exec*.c ---- */
extern const struct cli_mode ios_mode_exec, ios_mode_config, ios_mode_if, ios_mode_isakmp,
    ios_mode_map, ios_mode_set, ios_mode_acl_ext, ios_mode_acl_std;
extern const struct cli_word ios_words_help[];

#endif
