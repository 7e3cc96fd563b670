/* How the IOS kind turns events into lines: tables from event to handler, and its own small memory
 * (connection numbers, peer handles, what the key engine still has in its queue).
 *
 * Dialects. B is 12.1/12.2 (no state machine lines, dest=/src= blocks), C is 12.3 and later. 12.4
 * prints the SA tag as "ISAKMP:(1001):"; the catalogue uses "ISAKMP (0:1): " for the whole of C,
 * and so do we. */
#ifndef VENDOR_IOS_IOS_DEBUG_PRIV_H
#define VENDOR_IOS_IOS_DEBUG_PRIV_H

#include "vendor/common.h"
#include "vendor/ios/ios.h"

/* One row: this event is heard by that handler, when any of these debugs is on (0 = always). */
typedef void (*ios_hear_fn)(struct ios *s, const void *event);
struct ios_hearing {
    enum trace_id id;
    unsigned debugs; /* enum ios_debug_flag */
    ios_hear_fn fn;  /* NULL closes a table */
};
/* ON(ike_state) { … e->old … } defines the handler of an event; HEAR puts it in a table. */
#define ON(name)                                                                                   \
    static void on_##name(struct ios *s, const struct ev_##name *e);                               \
    static void hear_##name(struct ios *s, const void *event)                                      \
    {                                                                                              \
        on_##name(s, event);                                                                       \
    }                                                                                              \
    static void on_##name(struct ios *s, const struct ev_##name *e)
#define HEAR(debugs, name)                                                                         \
    {                                                                                              \
        EV_##name, debugs, hear_##name                                                             \
    }

/* An event has at most one handler in all the debug tables together, and one in the log table. */
extern const struct ios_hearing ios_hear_isakmp[], ios_hear_info[], ios_hear_isakmp_qm[],
    ios_hear_natt[], ios_hear_xauth[], ios_hear_aaa[], ios_hear_ipsec[], ios_hear_engine[],
    ios_hear_icmp[], ios_hear_nat[], ios_hear_tcp[], ios_hear_log[];
extern const struct vendor_silent ios_silent[];
extern const size_t ios_n_silent;

/* What is remembered of an IKE SA, as the debug lines need it. */
struct ios_ike_word {
    ike_sa_id sa;
    uint32_t conn;   /* ISAKMP (0:conn) */
    uint32_t handle; /* sa = <8 hex digits> */
    enum ike_role role;
    enum ike_state state;
    ip4 remote;
    /* remembered while debug crypto isakmp is on */
    bool party;              /* the profile, or that there is none, is known */
    bool client;             /* a peer struct was made: it is configured from here */
    bool initial;            /* INITIAL-CONTACT of this SA has been told */
    enum ike_vid natt;       /* the peer's version of NAT traversal, UNKNOWN = none */
    uint32_t auth;           /* of the transform accepted last */
    uint32_t life_s;         /* what its lifetime is, where the offer was longer */
    uint32_t lifetime_msgid; /* of the notification about it; 0 = none */
};
/* Of an IPsec SA. */
struct ios_esp_word {
    esp_sa_id sa;
    uint32_t conn, spi;
    bool inbound;
    uint64_t replay, verify, identity; /* packets refused, for show crypto ipsec sa detail */
};
/* A message that is printed at most once a minute for one subject. */
struct ios_limit {
    const char *mnemonic;
    uint32_t subject; /* SPI or address */
    sim_time until;
};
struct ios_words {
    GArray *ike, *esp; /* struct ios_ike_word, struct ios_esp_word, by number of SA */
    uint32_t next_ike, next_esp;
    uint32_t asked_spi[2],
        asked_conn; /* the pair of the last "Creating IPSec SAs": in, out; its inbound number */
    GArray *limits; /* struct ios_limit */
    size_t buffer_used;

    /* Phase 2 hands its SAs to the key engine by a queue: what that has to say waits until quick
     * mode has spoken. */
    bool key_engine_waits;
    uint32_t key_engine_msgid;
    GPtrArray *key_engine_lines; /* char * */

    /* The transaction at hand: attributes asked for that have no answer yet, and the type that is
     * named once its HMAC was made. */
    GArray *asked; /* uint16_t */
    bool answering;
    enum cfg_type xact_waits;
    ike_sa_id profile_of; /* its profile has just been found, in main mode */
    /* Lifetimes of the transform of quick mode that was offered last, and of the pair with
     * asked_spi as they are told. */
    uint32_t offered_type, offered_s, offered_kb, pair_s, pair_kb;

    bool announced;        /* "received ke message (1/1)" is out for the SA that is being made */
    bool proposal_checked; /* "validate proposal" is out for the transform at hand */
    uint32_t hash_waits;   /* HASH payload of this message id is named once its HMAC was made */
    bool hmac_done;        /* the HMAC of the message at hand has been reported */
    bool policy_refused;   /* IPsec refused the request of the message at hand */
    uint32_t refusal_msgid,
        refusal_spi;        /* the refusal at hand ends a quick mode of ours; 0: none */
    uint32_t deletes_msgid; /* the last informational exchange that deleted SAs */
    GHashTable *quick;      /* message id -> enum ios_quick bits of the quick modes under way; NULL
                               until the first */
};
enum ios_quick { IOS_QUICK_OURS = 1, IOS_QUICK_ANSWERED = 2, IOS_QUICK_KNOWN = 4 };

/* ---- ios_debug.c ---- */
/* Lines of one debug, printed when it is on. `sa` 0 gives "ISAKMP (0:0)". */
void ios_say_isakmp(struct ios *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ios_say_sa(struct ios *s, ike_sa_id sa, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void ios_say_ipsec(struct ios *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void ios_say_engine(struct ios *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The key engine's queue (see struct ios_words). */
void ios_key_engine_wait(struct ios *s, uint32_t msgid);
void ios_key_engine_go(struct ios *s);

/* The HASH payload of phase 2 that waits for its HMAC is named now. */
void ios_say_waiting_hash(struct ios *s, ike_sa_id sa);
/* A message was received: what was remembered of the last one is over. */
void ios_message_begins(struct ios *s);
/* An unprotected notification can be written by anybody: whether the profile takes it. */
bool ios_notify_believed(const struct ios *s, const struct ev_ike_notify_rx *e);
/* An informational exchange has been heard to its end. */
void ios_informational_done(struct ios *s, ike_sa_id sa, uint32_t msgid);
/* "CryptoEngine0: validate proposal", once for each transform of an offer. */
void ios_proposal_checked(struct ios *s);
unsigned ios_quick_of(const struct ios *s, uint32_t msgid);
void ios_quick_add(struct ios *s, uint32_t msgid, unsigned bits);
void ios_quick_forget(struct ios *s, uint32_t msgid);

const struct ios_ike_word *ios_word_of(const struct ios *s,
                                       ike_sa_id sa); /* never NULL; unknown: conn 0 */
/* The same to write into; NULL when unknown. */
struct ios_ike_word *ios_word_at(struct ios *s, ike_sa_id sa);
struct ios_esp_word *ios_esp_word_of(const struct ios *s, esp_sa_id sa); /* NULL when unknown */
/* Numbers for the pair that quick mode is about to install: the inbound one; the outbound follows.
 */
uint32_t ios_conn_for_pair(struct ios *s, uint32_t spi_in, uint32_t spi_out);

/* ---- ios_debug_xauth.c ---- */
/* What else the crypto engine's line about a HMAC brings out. */
void ios_xact_before_hmac(struct ios *s, ike_sa_id sa);
void ios_xact_after_hmac(struct ios *s, ike_sa_id sa);
/* A pair is about to be installed: the client's settings are held once more. */
void ios_client_locked(struct ios *s, ike_sa_id sa);
const char *ios_natt_word(enum ike_vid v); /* "NAT-T v2"; NULL: not one of NAT traversal */

/* ---- ios_debug_words.c: neutral words in the era's spelling ---- */
const char *ios_packet_state(enum ike_state state); /* in "sending packet … (R) MM_KEY_EXCH" */
const char *ios_state_name(const struct ios *s, enum ike_state state, char buf[40]); /* IKE_R_MM1 */
const char *ios_qm_state_name(enum qm_state state);          /* IKE_QM_READY */
const char *ios_input_name(enum ike_input input);            /* "IKE_MESG_FROM_PEER, IKE_MM_EXCH" */
const char *ios_payload_name(enum isakmp_payload_type type); /* "KE" */
const char *ios_notify_name(uint32_t type);                  /* "PROPOSAL_NOT_CHOSEN" */
const char *ios_death_reason(enum ike_why why);              /* in deleting SA reason "…" */
const char *ios_exchange_word(enum isakmp_exchange x);       /* "Main" */
char ios_role_letter(enum ike_role role);                    /* I, R */
/* "esp-3des esp-sha-hmac" of the numbers of an offer, for the blocks. */
void ios_suite_text(enum crypto_cipher cipher, enum crypto_hash auth, GString *out);
uint32_t ios_keysize(enum crypto_cipher cipher); /* 0 but for AES */
/* "life duration (basic) of 3600", "(VPI) of  0x0 0x1 0x51 0x80": as it was on the wire. */
void ios_duration_text(bool basic, uint32_t value, struct span bytes, GString *out);

/* ---- ios_log.c ---- */
void ios_log_init(struct ios *s);
void ios_log_clear(struct ios *s);

#endif
