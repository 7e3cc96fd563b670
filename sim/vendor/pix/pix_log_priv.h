/* How the PIX kind turns events into messages and debug lines: tables from event to handler, and
 * its own small memory (numbers of connections, what the message at hand is about). */
#ifndef VENDOR_PIX_PIX_LOG_PRIV_H
#define VENDOR_PIX_PIX_LOG_PRIV_H

#include "pix.h"

typedef void (*pix_hear_fn)(struct pix *s, const void *event);
#define PIX_ON(name)                                                                               \
    static void on_##name(struct pix *s, const struct ev_##name *e);                               \
    static void hear_##name(struct pix *s, const void *event)                                      \
    {                                                                                              \
        on_##name(s, event);                                                                       \
    }                                                                                              \
    static void on_##name(struct pix *s, const struct ev_##name *e)
#define PIX_HEAR(name)                                                                             \
    {                                                                                              \
        EV_##name, hear_##name                                                                     \
    }
struct pix_hearing {
    enum trace_id id;
    pix_hear_fn fn; /* NULL closes a table */
};
/* An event has at most one handler in each of the tables. */
extern const struct pix_hearing pix_hear_log_ike[], pix_hear_log_packet[], pix_hear_nat[],
    pix_hear_isakmp[], pix_hear_natt[], pix_hear_config[], pix_hear_quick[], pix_hear_ipsec[],
    pix_hear_engine[];
extern const struct pix_hearing *const pix_hearings[]; /* all of them */
extern const size_t pix_n_hearings;
extern const struct vendor_silent pix_silent[];
extern const size_t pix_n_silent;

/* An IKE SA. */
struct pix_ike {
    ike_sa_id id;
    uint32_t number, handle; /* 1, 2 …; where the device keeps it */
    ip4 local, remote;
    enum ike_role role;
    enum ike_state state;
    uint32_t created; /* SA pairs made under it */
};
/* An IPsec SA. */
struct pix_esp {
    esp_sa_id id;
    uint32_t conn, spi;
    bool inbound;
    ip4 local, peer, local_net, local_mask, remote_net, remote_mask;
};

struct pix_speech {
    GPtrArray *ike, *esp; /* struct pix_ike, struct pix_esp, owned */
    uint32_t next_ike;
    struct ev_qm_install pair;      /* of the last "Creating IPSec SAs" */
    uint32_t pair_conn;             /* its inbound number; the outbound follows; 0 = none */
    struct ev_ipsec_validate asked; /* of the message at hand: the identities that were judged */
    bool have_asked;
    unsigned ids;         /* identities of the message at hand that were named */
    const char *status;   /* of the message at hand, for "return status is" */
    bool in_message;      /* ike_rx was heard since the datagram came */
    bool informational;   /* its exchange */
    sim_time unknown_spi; /* 402101 is not said again before */
    GQueue *buffer;       /* char *: the logging buffer */
    uint64_t logged[PIX_LOGS];
};
#define PIX_STATUS_FINE      "IKMP_NO_ERROR"
#define PIX_STATUS_INFORMED  "IKMP_NO_ERR_NO_TRANS"
#define PIX_STATUS_REFUSED   "IKMP_ERR_NO_RETRANS"
#define PIX_STATUS_MALFORMED "IKMP_ERR_RETRANS"

/* ---- pix_log.c ---- */
struct pix_ike *pix_ike_of(const struct pix *s, ike_sa_id sa); /* NULL when there is none */
struct pix_esp *pix_esp_of(const struct pix *s, esp_sa_id sa);
/* The number of a pair's inbound SA: the lowest odd one that is free, once for each pair. */
uint32_t pix_conn_for_pair(struct pix *s, const struct ev_qm_install *e);
/* Lines of one debug, printed when it is on. */
void pix_say_isakmp(struct pix *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pix_say_ipsec(struct pix *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void pix_say_engine(struct pix *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- pix_debug_ipsec.c ---- */
/* "esp-3des esp-md5-hmac" */
void pix_suite_text(enum crypto_cipher cipher, enum crypto_hash auth, GString *out);
uint32_t pix_keysize(enum crypto_cipher cipher); /* 0 but for AES */

#endif
