/* Remote access under one SA: who the peer is, its login, what it was given, and the transactions
 * by which that came about. Both ends have one: `way` tells who comes in. */
#ifndef IKE_GUEST_H
#define IKE_GUEST_H

#define IKE_MAX_XACTS 32 /* transactions of one SA, finished ones that linger included */

/* What the end that comes in was told by ike_connect. */
struct ike_way {
    char *group; /* NULL = the address is the identity */
    struct ike_policy *offers;
    size_t n_offers;
    bool main_mode;
    uint16_t *wanted;
    size_t n_wanted;
    uint8_t *version;
    size_t version_bytes;
};
struct ike_guest {
    struct ike_party party;
    char *psk;  /* fetched or given; NULL = what the address finds */
    char *user; /* NULL = nobody logged in */
    ip4 assigned;
    bool logged_in, configured; /* for good */
    bool verdict;               /* on the last login */
    bool refused;               /* who comes in was told so */
    bool held;                  /* its end is to be told by `departed` */
    bool over;                  /* that, or `ended`, was told */
    struct ike_way *way;        /* who comes in; NULL = who lets in */
    GPtrArray *xacts;           /* struct ike_exchange, owned; NULL = none yet */
    struct sim_timer wait;      /* it goes on until then, or ends */
    struct ike_saved *saved;    /* a quick mode that came before its address; NULL = none */
};
/* A message kept for later. */
struct ike_saved {
    ip4 local, remote;
    uint16_t lport, rport;
    size_t n;
    uint8_t bytes[];
};

/* What a transaction is about, and what it does to the SA's state. */
enum ike_about { IKE_ABOUT_LOGIN, IKE_ABOUT_STATUS, IKE_ABOUT_CONFIG };
#define IKE_MAX_ASKED 16
struct ike_xact {
    enum ike_about about;
    struct span out, in;  /* bodies of ATTR payloads */
    enum ike_input input; /* of the move when our message is out … */
    enum ike_state to;    /* … and where it goes */
    uint16_t id;
    uint16_t asked[IKE_MAX_ASKED]; /* of a login's request: what is to be answered */
    size_t n_asked;
    bool ok; /* of a status */
};

/* ---- access.c ---- */
struct ike_guest *ike_guest_make(struct ike_sa *sa); /* finds or makes */
void ike_guest_free(struct ike_sa *sa);
const char *ike_guest_party(const struct ike_sa *sa); /* "" = nobody in particular */
ip4 ike_guest_assigned(const struct ike_sa *sa);
/* Asks who that is: WHY_NONE in the outcome, or the refusal. */
struct ike_outcome ike_guest_identify(struct ike_sa *sa, const struct ike_msg *m, struct span id,
                                      enum isakmp_exchange exchange);
/* Phase 1 is complete. True: a login or configuration comes first. */
bool ike_guest_begin(struct ike_sa *sa);
/* A step is done, and the SA in QM_IDLE: the next one, or it serves. */
void ike_guest_go_on(struct ike_sa *sa);
/* It waits so long for somebody who is not the peer. */
void ike_guest_wait(struct ike_sa *sa);
/* Who was refused knows why the SA ends, whatever ends it. */
enum ike_why ike_guest_why(const struct ike_sa *sa, enum ike_why why);
void ike_guest_ended(struct ike_sa *sa, enum ike_why why);
/* The session of the same party under an older SA goes on under this one. */
bool ike_guest_take_over(struct ike_sa *sa);

/* ---- transaction.c ---- */
void ike_xact_hear(struct ike_sa *sa, struct ike_msg *m);
/* Ours begins. `to` is the state when it is out. */
void ike_xact_start(struct ike_sa *sa, enum ike_about about, const struct ike_cfg *cfg,
                    enum ike_input input, enum ike_state to);
/* The peer's question that waits for an answer, or NULL; and the answer. */
struct ike_exchange *ike_xact_held(const struct ike_sa *sa, enum ike_about about);
void ike_xact_answer(struct ike_exchange *x, const struct ike_cfg *cfg, enum ike_input input,
                     enum ike_state to);
struct ike_exchange *ike_xact_find(const struct ike_sa *sa, uint32_t msgid);
bool ike_xact_under_way(const struct ike_sa *sa, enum ike_about about); /* of ours */
/* An attribute of that type, or NULL; a text copied. */
const struct ike_cfg_attr *ike_cfg_find(const struct ike_cfg *cfg, uint16_t type);
struct ike_cfg_attr ike_cfg_basic(uint16_t type, uint16_t value, uint8_t bytes[2]);

/* ---- xauth.c ---- */
bool ike_login_is_wanted(const struct ike_sa *sa);
void ike_login_start(struct ike_sa *sa);
void ike_login_confirm(struct ike_sa *sa); /* it is not asked for again */
void ike_login_reply(struct ike_exchange *x, const struct ike_cfg *reply);
void ike_login_acked(struct ike_exchange *x);
void ike_login_asked(struct ike_exchange *x, const struct ike_cfg *request); /* who comes in */
void ike_login_said(struct ike_exchange *x);
void ike_login_told(struct ike_exchange *x);

/* ---- mode_config.c ---- */
void ike_config_asked(struct ike_exchange *x, const struct ike_cfg *request);
void ike_config_given(struct ike_exchange *x);
void ike_config_push(struct ike_sa *sa);
void ike_config_acked(struct ike_exchange *x);
void ike_config_ask(struct ike_sa *sa); /* who comes in */
void ike_config_got(struct ike_exchange *x, const struct ike_cfg *reply);
void ike_config_set(struct ike_exchange *x, const struct ike_cfg *set);

/* ---- connect.c ---- */
void ike_way_free(struct ike_way *way);
struct ike_way *ike_way_dup(const struct ike_way *way);
/* Begins the phase 1 of an SA that replaces one with a way; false when that has none. */
bool ike_way_renew(struct ike_sa *sa, const struct ike_sa *old);

#endif
