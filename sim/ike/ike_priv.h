/* What the files of the IKE engine share: SAs, exchanges, the rows they follow, the message at
 * hand.
 *
 *   conf.c profile.c    what is configured, how the device behaves
 *   engine.c peer.c     the engine, its tables, which SA a datagram belongs to, views; peers
 *   sa.c                an SA's states, end and lingering
 *   runner.c verify.c   one exchange, row by row; what is checked before a message means anything
 *   send.c timers.c     building, sealing, sending; retransmission, lifetimes
 *   main_mode.c aggressive.c phase1.c policy.c identity.c    phase 1
 *   quick_mode.c proposal.c child.c request.c  phase 2
 *   access.c transaction.c xauth.c mode_config.c connect.c   remote access (guest.h)
 *   informational.c     notify and delete
 *   dpd.c recover.c     peers that are dead; SPIs that nobody has
 *   rekey.c             when phase 1 is replaced, and what if both ends do
 *   keys.c vendor_id.c  secrets; vendor IDs
 *   natt.c nat_d.c      NAT traversal: how, where the NAT is, and what follows from it */
#ifndef IKE_PRIV_H
#define IKE_PRIV_H

#include <string.h>

#include "ike/access.h"
#include "kernel/rng.h"
#include "wire/isakmp.h"

#define IKE_MAX_MESSAGE                                                                            \
    4096 /* longer ones are dropped; main and quick mode need a few hundred bytes */
#define IKE_MAX_PENDING 64  /* requests waiting for one phase 1 */
#define IKE_MAX_QUICK   128 /* quick modes of one SA, finished ones that linger included */
#define IKE_SEEN        16  /* message IDs remembered against replay */
#define IKE_DIGEST      16  /* MD5 of a message, to know it again */
#define IKE_MAX_ROWS    6

struct ike_exchange;
struct ike_msg;
struct ike_peer;

/* ---- Rows ---- */

enum ike_verdict { IKE_OK, IKE_IGNORE, IKE_REJECT, IKE_WAIT };
/* What became of a message: ignored ones leave no trace but a count and an event, a rejected one
 * ends the exchange and the peer is told by `notify` (0 = nothing). With IKE_WAIT it was taken, and
 * its answer waits for somebody (ike_exchange_resume). */
struct ike_outcome {
    enum ike_verdict verdict;
    uint16_t notify;
    enum ike_why why;
    enum isakmp_payload_type payload; /* at fault, for IKE_IGNORE */
};
#define IKE_FINE ((struct ike_outcome){IKE_OK})

/* A set of payload types. Types from 31 on share a bit: they are private or unknown here. */
#define P(type)       (1u << PAYLOAD_##type)
#define P_OTHERS      (1u << 31)
#define P_BIT(number) ((number) < 31 ? 1u << (number) : P_OTHERS)

/* An arrow of the RFC's drawing, used by both roles. `check` looks without leaving a trace,
 * `process` reads for good and says what it sees, `build` writes. The runner does everything else.
 */
struct ike_rule {
    enum ike_role sender;
    bool enc;
    uint32_t must, may;
    void (*build)(struct ike_exchange *x, struct isakmp_out *o);
    struct ike_outcome (*check)(struct ike_exchange *x, struct ike_msg *m);
    struct ike_outcome (*process)(struct ike_exchange *x, struct ike_msg *m);
    int sent, received; /* enum ike_state, or enum qm_state */
    bool clear_too;     /* `enc` is how we say it; the peer may say it in clear */
};
/* A kind of exchange: its rows, and what its steps mean for the SA. */
struct ike_kind {
    enum isakmp_exchange exchange;
    const struct ike_rule *rule;
    size_t n;
    void (*heard)(struct ike_exchange *x,
                  const struct ike_rule *r); /* verified, not yet processed */
    void (*processed)(struct ike_exchange *x, const struct ike_rule *r);
    void (*said)(struct ike_exchange *x, const struct ike_rule *r);
    void (*done)(struct ike_exchange *x);
    void (*failed)(struct ike_exchange *x, struct ike_outcome o, enum ike_input input);
    void (*leaving)(struct ike_exchange *x); /* our message is about to go out; may be NULL */
    /* Seconds until the next timer, and how often it may send again; 0 = it only waits. */
    uint32_t (*wait)(const struct ike_exchange *x, uint32_t *retransmits);
};
extern const struct ike_kind ike_main_mode, ike_aggressive_mode, ike_quick_mode, ike_transaction;

/* ---- SAs and exchanges ---- */

struct ike_dh {
    enum crypto_group group;
    struct span secret, ours, theirs, gxy; /* in the exchange's arena; empty until known */
};
/* What quick mode agrees on. */
struct ike_quick {
    struct ike_request *request; /* ours; NULL for a responder */
    uint8_t proposal;            /* the number that was chosen */
    struct isakmp_transform transform;
    struct esp_suite suite;
    uint32_t spi_in, spi_out;
    bool have_ids;
    struct span idci, idcr; /* bodies as they were on the wire */
    struct proxy local_proxy, remote_proxy;
    struct ike_qm_grant grant;
    uint32_t life_s, life_kb; /* of the SAs */
    bool udp;                 /* ESP goes in UDP */
    ip4 oa_i, oa_r;           /* NAT-OA: the addresses that the initiator sees; 0 = none came */
    bool tell_life;           /* the offer was longer than what is granted */
    bool collided;            /* the peer asks for the same at the same time */
};
struct ike_exchange {
    struct ike_sa *sa;
    const struct ike_kind *kind;
    enum ike_role role; /* ours in this exchange */
    uint32_t msgid;
    enum qm_state qm_state;
    uint8_t step; /* the next row */
    bool over;
    bool held; /* the next row is ours and waits */
    uint8_t iv[CRYPTO_MAX_BLOCK];

    uint8_t heard[IKE_MAX_ROWS][IKE_DIGEST]; /* of every message taken */
    uint8_t n_heard;
    uint8_t bad[IKE_DIGEST]; /* the last one that was not */
    bool have_bad;
    uint8_t *said; /* our last message */
    uint16_t said_bytes;
    uint8_t said_after; /* n_heard when it was sent */
    enum isakmp_exchange said_exchange;
    uint32_t said_msgid;
    enum ike_state said_in; /* state before the move that it made */
    uint32_t again, tries;
    sim_time copies_until; /* a phase 1 that is done: copies are answered that long at least */
    struct sim_timer timer;

    /* What is needed only while it runs. */
    struct arena *arena;
    struct ike_dh dh;
    struct span ni_b, nr_b;
    struct span sai_b, idii_b, idir_b; /* phase 1 */
    uint8_t chosen;                    /* phase 1: number of the transform */
    struct span psk;                   /* phase 1: the key that was used */
    struct ike_quick *quick;           /* phase 2 */
    struct ike_xact *xact;             /* a transaction */
};
/* Dead peer detection under one SA. */
struct ike_dpd {
    bool said, known;              /* the vendor ID went out, came in */
    bool numbered;                 /* number is ours, drawn */
    bool any;                      /* `theirs` is a number that the peer has used */
    uint32_t number, first, asked; /* our last question, the first unanswered, how many are */
    uint32_t theirs;
    sim_time heard, since;  /* the peer's last authentic word; the first unanswered question */
    struct ike_liveness as; /* how it is watched now */
    struct sim_timer timer;
};
/* NAT traversal of one SA. */
struct ike_nat {
    uint32_t said, known; /* bit by enum ike_natt: announced, heard */
    enum ike_natt version;
    bool here, there;
    bool quiet;    /* what is announced was made known before */
    sim_time sent; /* our last datagram */
    struct sim_timer keepalive;
};
struct ike_sa {
    struct ike_engine *e;
    struct ike_peer *peer;
    ike_sa_id id;
    enum ike_role role;
    enum ike_state state;
    ip4 local, remote;
    uint16_t lport, rport;
    uint64_t cky_i, cky_r;
    bool have_policy, announced;
    bool aggressive;
    bool keyed;                    /* both ends have all keys before the state says so */
    bool ready;                    /* login and configuration, where wanted, are done */
    bool takes_xauth, needs_xauth; /* XAUTH forms of the key may be taken; no others may */
    bool xauth_known;              /* the peer announced XAUTH */
    bool excused;                  /* its key frees the peer from a login */
    struct ike_guest *guest;       /* remote access; NULL = no part of it */
    struct ike_policy policy;
    uint32_t offered_s; /* the lifetime that was offered */
    sim_time born, completed, expires;
    enum ike_why dead_why;
    enum ike_state died_in;
    struct ike_keys keys;
    struct cipher *cipher;                /* NULL until SKEYID is made, and again when dead */
    uint8_t last_block[CRYPTO_MAX_BLOCK]; /* of phase 1 */
    struct ike_exchange *phase1;          /* NULL when it is done and no copies come any more */
    GPtrArray *quick;                     /* struct ike_exchange, owned; NULL = none yet */
    GQueue pending;                       /* struct ike_request, owned, in order of asking */
    uint32_t children;
    uint32_t seen[IKE_SEEN]; /* message IDs of finished phase 2 exchanges */
    uint8_t seen_at;
    struct sim_timer timer; /* lifetime, then lingering */
    struct ike_dpd dpd;
    struct ike_nat nat;
    sim_time rekey_at;      /* SIM_TIME_MAX = never */
    struct sim_timer rekey; /* the rekey point; once replaced, the end of its stay */
    ike_sa_id replaces;     /* made to replace that SA */
    bool retired, collided; /* another serves; the peer's attempt met this one */
    uint32_t stray_spi;     /* to be told when it works */
};

/* One other end: the SAs with it, and how many phase 2 pairs live. `nat` tells apart those behind
 * one address; they are where they were last heard. */
struct ike_peer {
    gint64 key; /* the number, or else the address */
    ip4 remote;
    uint32_t nat;
    uint16_t rport;
    GPtrArray *sas; /* struct ike_sa, lent, by id */
    uint32_t children;
};
struct ike_counters {
    uint64_t *rx, *tx, *retransmits, *duplicates, *bad, *no_sa, *early, *limit, *unknown_delete;
    uint64_t *phase1_started, *phase1_completed, *phase1_failed;
    uint64_t *phase2_started, *phase2_completed, *phase2_failed;
    uint64_t *dpd_sent, *dpd_stale, *dpd_dead, *collisions;
};
/* A peer that was told of an unknown SPI lately. */
#define IKE_TOLD 32
struct ike_told {
    ip4 remote;
    uint16_t rport;
    sim_time until;
};
struct ike_engine {
    struct sim *sim;
    struct trace_scope *scope;
    struct ike_conf *conf;
    const struct ike_profile *profile;
    struct ike_ops ops;
    struct rng *cookies, *nonces, *secrets, *msgids;
    struct ike_counters count;
    GPtrArray *sas;        /* by id, owned */
    GHashTable *by_cookie; /* our cookie -> SA */
    GHashTable
        *by_offer;      /* responders: initiator's cookie and address -> SA; NULL until the first */
    GHashTable *peers;  /* number or address -> struct ike_peer, owned */
    GHashTable *behind; /* address -> GPtrArray of numbered struct ike_peer; NULL until the first */
    uint32_t last_nat;
    GArray *children; /* struct ike_known_child, by inbound SPI */
    ike_sa_id next_id;
    uint32_t half_open, dead;
    ike_traffic_fn traffic; /* NULL = nothing is known of it */
    void (*on_turn)(void *self, const struct ike_turn *turn);
    void *on_turn_self;
    struct ike_access access; /* zero = nobody is known */
    struct ike_told *told;    /* IKE_TOLD, made when the first is told */
    size_t told_at;
};
/* A phase 2 pair that was installed. */
struct ike_known_child {
    uint32_t spi_in, spi_out;
    gint64 peer; /* its key */
    ike_sa_id sa;
};

/* The message at hand. Everything in it goes when it is done with. */
struct ike_msg {
    struct ike_engine *e;
    ip4 local, remote;
    uint16_t lport, rport;
    bool fresh; /* it made its SA, which nobody has heard of yet */
    struct span bytes;
    struct isakmp_head head;
    struct span body; /* payloads, decrypted */
    struct isakmp_chain chain;
    struct arena *arena;
    uint8_t digest[IKE_DIGEST];
    uint8_t iv_after[CRYPTO_MAX_BLOCK];
};

/* ---- engine.c ---- */
bool ike_cookie_known(const struct ike_engine *e, uint64_t cookie);
/* Puts an SA into the tables, or takes it out. */
void ike_sa_enter(struct ike_sa *sa);
void ike_sa_leave(struct ike_sa *sa);
/* Its peer is elsewhere now. */
void ike_sa_relocate(struct ike_sa *sa, ip4 remote, uint16_t rport);
/* Counts and reports a message that is not taken. sa may be NULL. */
void ike_bad_message(struct ike_engine *e, const struct ike_sa *sa, const struct ike_msg *m,
                     struct ike_outcome o);

/* ---- peer.c ---- */
struct ike_peer *ike_peer_find(const struct ike_engine *e, ip4 remote,
                               uint32_t nat); /* NULL = none */
/* The numbered one that was last heard from there, or NULL. */
struct ike_peer *ike_peer_at(const struct ike_engine *e, ip4 remote, uint16_t rport);
/* Who asks for an address means the only one behind it, when there is no other SA with it: its
 * number, or 0. */
uint32_t ike_peer_only(const struct ike_engine *e, ip4 local, ip4 remote);
void ike_peer_add(struct ike_sa *sa);
void ike_peer_remove(struct ike_sa *sa);
/* The SA's peer is behind a NAT: it gets a number, or the one that it has had at this port. */
void ike_peer_number(struct ike_sa *sa);
/* It is elsewhere now, and all its SAs with it. */
bool ike_peer_relocate(struct ike_engine *e, struct ike_peer *p, ip4 remote,
                       uint16_t rport);                    /* false: it was there */
void ike_peer_seat(struct ike_sa *sa, struct ike_peer *p); /* the SA is with that one */
/* The newest working SA between these ends that no other has replaced, or NULL. */
struct ike_sa *ike_sa_working(const struct ike_peer *p, ip4 local);
/* The one that serves this SA's peer. */
static inline struct ike_sa *ike_sa_serving(const struct ike_sa *sa)
{
    return ike_sa_working(sa->peer, sa->local);
}
/* Ours that is still being made, or NULL. */
struct ike_sa *ike_sa_coming(const struct ike_peer *p, ip4 local);
/* The same, of either end. */
struct ike_sa *ike_sa_half_built(const struct ike_peer *p, ip4 local);
/* No other SA of either phase with this peer, as far as this side knows (RFC 2407 4.6.3.3). */
bool ike_peer_is_new(const struct ike_sa *sa);
void ike_child_add(struct ike_sa *sa, uint32_t spi_in, uint32_t spi_out);
void ike_child_remove(struct ike_engine *e, uint32_t spi_in);
/* Whose pair that is; NULL = not known. */
struct ike_peer *ike_peer_of_child(const struct ike_engine *e, uint32_t spi_in);
void ike_child_remove_out(struct ike_engine *e, const struct ike_peer *p, uint32_t spi_out);
void ike_children_forget(struct ike_engine *e, const struct ike_peer *p); /* NULL = all */
struct ike_sa *ike_sa_by_id(const struct ike_engine *e, ike_sa_id id);    /* NULL = gone */

/* ---- sa.c ---- */
struct ike_sa *ike_sa_new(struct ike_engine *e, enum ike_role role, ip4 local, uint16_t lport,
                          ip4 remote, uint16_t rport, uint64_t cky_i);
void ike_sa_free(struct ike_sa *sa);
void ike_sa_announce(struct ike_sa *sa); /* emits ike_sa_new, counts it */
void ike_sa_move(struct ike_sa *sa, enum ike_input input, enum ike_state to);
void ike_sa_complete(struct ike_sa *sa); /* phase 1 is done: lifetime, login, what waits */
void ike_sa_serve(struct ike_sa *sa);    /* login and configuration are done, too */
/* The peer's lifetime is shorter. */
void ike_sa_shorten(struct ike_sa *sa, uint32_t lifetime_s);
/* The SA will not be used any more; `tell` sends DELETE for it. Its requests go to another SA or
 * fail. */
void ike_sa_end(struct ike_sa *sa, enum ike_why why, enum ike_input input, bool tell);
void ike_sa_timer(void *sa);
/* Now and so many seconds; SIM_TIME_MAX for 0, which is no limit, and past the end of time. */
sim_time ike_in_seconds(const struct ike_engine *e, uint32_t seconds);
/* Phase 1 is complete: it serves, or a login or configuration is under way. */
static inline bool ike_sa_up(const struct ike_sa *sa)
{
    return sa->state >= IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT && sa->state <= IKE_STATE_QM_IDLE;
}
/* Quick modes may begin. */
static inline bool ike_sa_works(const struct ike_sa *sa)
{
    return sa->ready && ike_sa_up(sa);
}
static inline bool ike_sa_half_open(const struct ike_sa *sa)
{
    return !ike_sa_up(sa) && sa->state != IKE_STATE_DEAD;
}
/* Both ends have all keys: an initiator that hears message 6 knows it before it says so. */
static inline bool ike_sa_protects(const struct ike_sa *sa)
{
    return ike_sa_up(sa) || sa->state == IKE_STATE_I_MM6 ||
           (sa->keyed && sa->state != IKE_STATE_DEAD);
}
struct ike_exchange *ike_quick_find(const struct ike_sa *sa, uint32_t msgid);
bool ike_msgid_seen(const struct ike_sa *sa, uint32_t msgid);
void ike_msgid_remember(struct ike_sa *sa, uint32_t msgid);

/* ---- runner.c ---- */
struct ike_exchange *ike_exchange_new(struct ike_sa *sa, const struct ike_kind *kind,
                                      enum ike_role role, uint32_t msgid);
void ike_exchange_free(struct ike_exchange *x);
/* Says the first row. */
void ike_exchange_start(struct ike_exchange *x);
/* What it waited for has come: says the next row. */
void ike_exchange_resume(struct ike_exchange *x);
/* Takes a message; false when it was ignored. */
bool ike_exchange_hear(struct ike_exchange *x, struct ike_msg *m);
/* True when this is a copy of a message taken before; our answer goes out again if it was the last.
 */
bool ike_exchange_repeat(struct ike_exchange *x, struct ike_msg *m);
/* Nothing more happens; what it worked with is dropped, duplicates are still known. */
void ike_exchange_close(struct ike_exchange *x);
void ike_exchange_timer(void *x);

/* ---- verify.c ---- */
struct ike_outcome ike_verify(struct ike_exchange *x, const struct ike_rule *r, struct ike_msg *m);
/* Decrypts when `enc` and parses the chain. */
struct ike_outcome ike_open(struct ike_sa *sa, bool enc, const uint8_t *iv, struct ike_msg *m);
/* HASH(1), HASH(2), HASH(3): row 0, 1, 2. `rest` is what follows the HASH payload. */
void ike_hash_123(const struct ike_sa *sa, size_t row, uint32_t msgid, struct span ni_b,
                  struct span nr_b, struct span rest, uint8_t *out);
const struct isakmp_payload *ike_payload_of(const struct ike_msg *m,
                                            uint8_t type);      /* the first, or NULL */
struct span ike_body_of(const struct ike_msg *m, uint8_t type); /* empty when there is none */
/* Emits ike_payload for the first of that type. */
void ike_say_payload(const struct ike_exchange *x, const struct ike_msg *m, uint8_t type);

/* ---- send.c ---- */
void ike_exchange_say(struct ike_exchange *x, const struct ike_rule *r);
void ike_exchange_say_again(struct ike_exchange *x);
/* To where this copy came from, which may not be where the peer was before. */
void ike_exchange_answer_copy(struct ike_exchange *x, const struct ike_msg *m);
/* HDR*, HASH(1), one payload, under a working SA. The bytes are left in `x` as its last word,
 * unless NULL. */
void ike_inform(struct ike_sa *sa, uint32_t msgid, uint8_t type, struct span body,
                struct ike_exchange *x);
/* HDR, one notify, before there are keys. */
void ike_inform_in_clear(struct ike_sa *sa, struct span body, struct ike_exchange *x);
uint32_t ike_msgid_new(struct ike_sa *sa);

/* ---- timers.c ---- */
void ike_exchange_arm(struct ike_exchange *x);
void ike_exchange_linger(struct ike_exchange *x, uint32_t seconds);

/* ---- keys.c ---- */
void ike_dh_make(struct ike_exchange *x, enum crypto_group group);
bool ike_dh_share(struct ike_exchange *x, struct span theirs);
struct span ike_nonce_make(struct ike_exchange *x);
/* SKEYID and its children from the configured key; false when there is none any more. */
bool ike_skeyid_make(struct ike_exchange *x);
/* HASH_I or HASH_R as `sender` makes it. */
void ike_hash_phase1(const struct ike_exchange *x, enum ike_role sender, uint8_t *out);
/* The look-up that each end makes known: ike_key_search, ike_key_found or ike_no_key. True where a
 * key is known without. */
bool ike_key_look_up(const struct ike_sa *sa);
/* By address and, once it is known, by party; only ike_key_search. NULL = none. */
const struct ike_key *ike_key_search(const struct ike_sa *sa);

/* ---- policy.c ---- */
/* Writes the SA body that offers every policy that can be used here; false when there is none. In
 * aggressive mode they have the group of the first, whose public value goes with them. */
bool ike_policy_offer(const struct ike_exchange *x, struct arena *a, struct isakmp_sa *out);
const struct ike_policy *ike_policy_first(const struct ike_sa *sa); /* NULL = none */
/* Compares an offer with the policies in order of priority; every comparison is an event. */
bool ike_policy_choose(struct ike_exchange *x, const struct isakmp_sa *offer, bool have_key,
                       const struct isakmp_transform **chosen);
/* Whatever the order of the attributes; `duration` is the type that a life type goes before. */
bool ike_transform_same(const struct isakmp_transform *a, const struct isakmp_transform *b,
                        uint16_t duration);
struct isakmp_transform ike_transform_dup(struct arena *a, const struct isakmp_transform *t);

/* ---- identity.c ---- */
void ike_identity_put(struct ike_exchange *x,
                      struct isakmp_out *o); /* ID, HASH and what they are made known by */
void ike_identity_put_id(struct ike_exchange *x, struct isakmp_out *o, uint8_t next);
void ike_identity_put_hash(struct ike_exchange *x, struct isakmp_out *o);
char *ike_identity_text(struct arena *a, struct span data); /* what a console can print */
void ike_identity_say(const struct ike_sa *sa, bool ours, uint8_t next, struct span body);
/* The peer's identity is that of its address, where the profile asks; else it is made known. */
bool ike_identity_fits(const struct ike_sa *sa, struct span body);

/* ---- vendor_id.c ---- */
/* These also remember what matters later. */
void ike_vendor_ids_natt(struct ike_sa *sa,
                         const enum ike_vid *list); /* said before they are put */
void ike_vendor_ids_heed(struct ike_sa *sa, const struct ike_msg *m);
void ike_vendor_ids_put(struct ike_sa *sa, const enum ike_vid *list, struct isakmp_out *o);
void ike_vendor_ids_say(const struct ike_exchange *x, const struct ike_msg *m);
enum ike_vid ike_vendor_id_of(const struct ike_sa *sa, struct span body);

/* ---- natt.c ---- */
/* Is this vendor ID to be sent? Every one that is not about NAT is. */
bool ike_natt_says(struct ike_sa *sa, enum ike_vid vid);
/* The first two messages tell which way both ends know. */
void ike_natt_agree(struct ike_exchange *x, const struct ike_msg *m);
/* Numbers of the way agreed on. */
uint8_t ike_natt_nat_d(const struct ike_sa *sa);
uint8_t ike_natt_nat_oa(const struct ike_sa *sa);
static inline bool ike_nat_found(const struct ike_sa *sa)
{
    return sa->nat.here || sa->nat.there;
}
/* The encapsulation mode to offer; and what an offered one means: false when it does not fit what
 * is between the two ends. */
uint16_t ike_natt_mode(const struct ike_sa *sa, bool transport);
bool ike_natt_mode_read(const struct ike_sa *sa, uint32_t value, bool *transport);
/* May this SA's peer be found elsewhere? */
bool ike_natt_may_move(const struct ike_sa *sa);
/* A message that is the peer's came: where from is where it is. */
void ike_natt_follow(struct ike_sa *sa, const struct ike_msg *m);
/* Who began goes to the port that NATs leave alone, before its third message. */
void ike_natt_float(struct ike_sa *sa);
void ike_natt_begin(struct ike_sa *sa); /* phase 1 is done */
void ike_natt_timer(void *sa);
void ike_natt_changed(struct ike_sa *sa); /* the configuration may say something else now */

/* ---- nat_d.c ---- */
void ike_nat_d_put(struct ike_exchange *x, struct isakmp_out *o);
void ike_nat_d_get(struct ike_exchange *x, const struct ike_msg *m);
/* Looks without leaving a trace: is the peer behind a NAT? */
bool ike_nat_d_there(const struct ike_exchange *x, const struct ike_msg *m);
void ike_nat_oa_put(struct ike_exchange *x, struct isakmp_out *o);
void ike_nat_oa_get(struct ike_exchange *x, const struct ike_msg *m);

/* ---- phase1.c: what main and aggressive mode share ---- */
void ike_phase1_put_offer(struct ike_exchange *x, struct isakmp_out *o);
void ike_phase1_put_choice(struct ike_exchange *x, struct isakmp_out *o);
struct ike_outcome ike_phase1_check_offer(struct ike_exchange *x, struct ike_msg *m);
struct ike_outcome ike_phase1_check_choice(struct ike_exchange *x, struct ike_msg *m);
/* Compares with the policies; a responder keeps what was chosen. */
struct ike_outcome ike_phase1_judge(struct ike_exchange *x, struct ike_msg *m, bool have_key);
/* INITIAL-CONTACT: is it to be sent (which is made known), and the payload. */
bool ike_phase1_is_first(const struct ike_sa *sa);
void ike_phase1_put_first(struct ike_exchange *x, struct isakmp_out *o);
/* Notifications that came with a proof. True when one was INITIAL-CONTACT. */
bool ike_phase1_say_notifications(const struct ike_exchange *x, const struct ike_msg *m);
/* A longer life was offered than is granted: the initiator is told, under the new keys. */
void ike_phase1_tell_life(struct ike_exchange *x);
void ike_phase1_heed_life(struct ike_sa *sa, const struct isakmp_notify *n);
void ike_phase1_failed(struct ike_exchange *x, struct ike_outcome o, enum ike_input input);
/* Begins, by either mode. */
void ike_phase1_start(struct ike_sa *sa, const struct ike_kind *kind, enum ike_input input,
                      enum ike_state to);

/* ---- main_mode.c, aggressive.c, quick_mode.c, request.c ---- */
void ike_main_start(struct ike_sa *sa);
void ike_aggressive_start(struct ike_sa *sa);
/* A quick mode of ours; takes the request over. */
void ike_quick_start(struct ike_sa *sa, struct ike_request *request);
void ike_quick_hear(struct ike_sa *sa, struct ike_msg *m);
void ike_quick_take_up(struct ike_sa *sa); /* the one that came before its address */
/* The SA goes while this quick mode is under way. */
void ike_quick_abandon(struct ike_exchange *x, enum ike_why why);
void ike_request_lost(struct ike_engine *e, struct ike_request *request,
                      enum ike_why why); /* takes it over */
/* What waits for `from` becomes quick modes of `to`, which works and may be the same. */
void ike_requests_release(struct ike_sa *from, struct ike_sa *to);

/* ---- proposal.c ---- */
struct ike_ask { /* a phase 2 transform as understood */
    struct esp_suite suite;
    enum crypto_group group;
    uint32_t life_s, life_kb;
};
void ike_proposal_offer(const struct ike_exchange *x, struct arena *a, struct isakmp_sa *out);
enum ike_why ike_proposal_read(const struct ike_sa *sa, const struct isakmp_transform *t,
                               struct ike_ask *out);
/* A responder looks for the first it can grant; events and IPsec's judgement on the way. */
enum ike_why ike_proposal_choose(struct ike_exchange *x, const struct isakmp_sa *offer,
                                 bool have_ke);
/* An initiator finds what was chosen among what it offered. */
enum ike_why ike_proposal_accept(struct ike_exchange *x, const struct isakmp_sa *answer);

/* ---- child.c ---- */
void ike_child_say(
    const struct ike_exchange *x); /* what is about to be installed, and its secrets */
enum ike_why ike_child_install(struct ike_exchange *x);
/* RESPONDER-LIFETIME: told, and heeded. */
void ike_lifetime_put(struct ike_exchange *x, struct isakmp_out *o);
void ike_lifetime_apply(struct ike_exchange *x, const struct isakmp_notify *n);

/* ---- informational.c ---- */
void ike_info_hear(struct ike_sa *sa, struct ike_msg *m);
void ike_notify_send(struct ike_sa *sa, uint16_t type, uint8_t protocol, uint32_t spi,
                     struct ike_exchange *x);
void ike_delete_send(struct ike_sa *sa, uint32_t spi_in); /* 0 = the IKE SA itself */
void ike_notify_say(const struct ike_sa *sa, uint32_t msgid, const struct isakmp_notify *n,
                    bool protected);
void ike_initial_contact_heard(struct ike_sa *sa);
void ike_notify_put(struct ike_sa *sa, const struct isakmp_notify *n, struct ike_exchange *x);

/* ---- dpd.c ---- */
const struct ike_liveness *ike_liveness_of(const struct ike_sa *sa); /* of its party or address */
bool ike_dpd_agreed(const struct ike_sa *sa);
void ike_dpd_begin(struct ike_sa *sa); /* phase 1 is done, or the SA serves again */
void ike_dpd_heard(struct ike_sa *sa); /* an authentic word of the peer */
void ike_dpd_hear(struct ike_sa *sa, const struct isakmp_notify *n); /* R-U-THERE or its ACK */
void ike_dpd_timer(void *sa);
void ike_dpd_changed(struct ike_sa *sa); /* the configuration may say something else now */

/* ---- rekey.c ---- */
void ike_rekey_completed(struct ike_sa *sa); /* it takes over from older ones */
void ike_rekey_ended(struct ike_sa *sa);     /* another may have to serve again */
void ike_rekey_timer(void *sa);
void ike_rekey_plan(struct ike_sa *sa);
/* The peer's first message of phase 1 meets our own: false when it is not to be answered. */
bool ike_rekey_meets(struct ike_engine *e, const struct ike_msg *m);
/* It was answered by `theirs`. */
void ike_rekey_yields(struct ike_sa *theirs);

/* ---- recover.c ---- */
void ike_recover_completed(struct ike_sa *sa);
void ike_peer_lost_spi(struct ike_sa *sa, uint32_t spi_out); /* INVALID-SPI came */

#include "guest.h"

#endif
