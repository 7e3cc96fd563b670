/* Remote access in IKE: who a peer is by the identity it claims, the key that goes with it, its
 * login (XAUTH, draft-ietf-ipsec-isakmp-xauth-02) and the configuration it is given (mode config,
 * draft-ietf-ipsec-isakmp-mode-cfg-02), both in transaction exchanges between phase 1 and 2.
 *
 * The engine carries the messages and keeps the order: no quick mode before login and configuration
 * are done, no answer to a configuration request before the login. Whoever configures the device
 * answers the questions of struct ike_access; an answer never comes from within the question, but
 * at the same simulated time or later, by the functions below. An answer to an SA that is gone, or
 * that asked nothing, is ignored. */
#ifndef IKE_ACCESS_H
#define IKE_ACCESS_H

#include "ike/ike.h"

/* What configuration does for a party. */
enum ike_cfg_way { IKE_CFG_WAY_NONE, IKE_CFG_WAY_RESPOND, IKE_CFG_WAY_PUSH };

/* The identity of a phase 1, as it came. */
struct ike_claim {
    ike_sa_id sa;
    ip4 local, remote;
    enum isakmp_exchange exchange; /* EXCHANGE_MAIN: after message 5; AGGRESSIVE: in message 1 */
    uint32_t type;                 /* ID_KEY_ID, ID_IPV4_ADDR, … */
    ip4 addr;                      /* of address types */
    char text[256];                /* of the others; not printable bytes are '.' */
    bool xauth;                    /* the peer announced XAUTH (its vendor ID) */
};
/* Who that is. Filled by identify. */
struct ike_party {
    char name[64];    /* of the profile or group; "" = none applies, and none has to */
    char group[64];   /* of the group of settings, where it is another name */
    char key[128];    /* its pre-shared key; "" = what the address finds */
    bool ask_key;     /* the key is asked for by fetch_key (aggressive mode waits for it) */
    bool xauth;       /* a login is wanted after phase 1 */
    bool login_again; /* when phase 1 is renewed, too; else as the profile says */
    bool tell_life;   /* it hears of a lifetime of phase 1 shorter than it offered; else the same */
    bool no_proof;    /* whoever knows the group key is let in although a login is configured */
    enum ike_cfg_way config;
    bool has_liveness; /* it is watched so, instead of as its address says */
    struct ike_liveness liveness;
};
/* One attribute of a transaction, RFC 2408 3.3 form. */
struct ike_cfg_attr {
    uint16_t type; /* CFG_ATTR_… of tbl/ike.def, or a number that is not known here */
    bool basic;    /* 16 bits on the wire; value is 2 bytes then */
    struct span value;
};
struct ike_cfg {
    uint8_t type; /* CFG_REQUEST, REPLY, SET, ACK */
    uint16_t id;
    const struct ike_cfg_attr *attr;
    size_t n;
};

struct ike_access {
    void *self;
    /* ---- The end that lets others in. All may be NULL: then there is no such party. ---- */
    /* An identity came. WHY_NONE with *out, or why not: the phase 1 is refused. ike_party is made
     * known when *out says anything: for "none of the profiles", that is a group without a name. */
    enum ike_why (*identify)(void *self, const struct ike_claim *claim, struct ike_party *out);
    /* May an offer with an XAUTH form of pre-shared key be taken from that address, before the
     * identity is known? */
    bool (*xauth_offered)(void *self, ike_sa_id sa, ip4 local, ip4 remote);
    /* Main mode: the key by address, when ike_conf's has none or none better; NULL = none. `store`
     * is what it was found in. Every store looked into is one ike_key_search event. */
    const struct ike_key *(*key_for)(void *self, ip4 remote, const char *party);
    void (*fetch_key)(void *self, ike_sa_id sa, const struct ike_party *p);   /* ike_key_fetched */
    void (*login_begin)(void *self, ike_sa_id sa, const struct ike_party *p); /* ike_login_begun */
    void (*login)(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                  const char *password); /* ike_login_judged */
    /* CFG_REQUEST came, or (IKE_CFG_WAY_PUSH) a CFG_SET is to be made: request is NULL then. */
    void (*configure)(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request); /* ike_configured */
    /* The last SA of that party's session is gone: its address is free again. Called once for
     * every SA for which configure was called, or login succeeded. */
    void (*departed)(void *self, ike_sa_id sa, enum ike_why why);
    /* The party's session goes on under another SA (phase 1 was renewed without a login). */
    void (*moved)(void *self, ike_sa_id from, ike_sa_id to);
    /* ---- The end that comes in. ---- */
    void (*challenged)(void *self, ike_sa_id sa, const struct ike_cfg *request); /* ike_login_say */
    void (*judged)(void *self, ike_sa_id sa, bool ok);
    /* A CFG_REPLY to our request, or a CFG_SET (acknowledged after the call). */
    void (*configured)(void *self, ike_sa_id sa, const struct ike_cfg *given);
    /* An SA that ike_connect began, or that renewed one, has ended, in whatever state it was: told
     * once, from within the engine's work, so only note it. */
    void (*ended)(void *self, ike_sa_id sa, enum ike_why why);
};
/* Copied. Before this is called, and when it was with NULL, nobody is known. */
void ike_on_access(struct ike_engine *e, const struct ike_access *a);

/* ---- Answers ---- */
void ike_key_fetched(struct ike_engine *e, ike_sa_id sa,
                     const char *key); /* NULL = no such group */
/* AAA is ready to hear a name and a password: CFG_REQUEST goes out. */
void ike_login_begun(struct ike_engine *e, ike_sa_id sa);
/* CFG_SET with the status. Refused: asked again while `again`, else the SA ends with WHY_LOGIN. */
void ike_login_judged(struct ike_engine *e, ike_sa_id sa, bool ok, bool again);
/* CFG_REPLY, or CFG_SET for IKE_CFG_WAY_PUSH. `address` is the one that was given (0 = none), for
 * views. NULL = nothing can be given: the SA ends with WHY_NO_ADDRESS. */
void ike_configured(struct ike_engine *e, ike_sa_id sa, const struct ike_cfg *answer, ip4 address);
/* Name and password for the challenge; NULL = the user gave up. */
void ike_login_say(struct ike_engine *e, ike_sa_id sa, const char *user, const char *password);

/* ---- The end that comes in ---- */
struct ike_connect {
    ip4 local, remote;
    uint16_t lport, rport; /* 0 = 500 */
    const char *group;     /* key-id; NULL = the address is the identity */
    const char *key;
    const struct ike_policy *offers; /* in order; auth IKE_AUTH_XAUTH_INIT_PSK or IKE_AUTH_PSK */
    size_t n_offers;
    bool main_mode;          /* instead of aggressive */
    const uint16_t *wanted;  /* attributes of the configuration request, in order; */
    size_t n_wanted;         /* 0 = none is asked for */
    struct span app_version; /* said with CFG_APPLICATION_VERSION; empty = none */
};
/* Begins a phase 1 of its own. Its SA, 0 when it could not begin. Copied. */
ike_sa_id ike_connect(struct ike_engine *e, const struct ike_connect *c);

#endif
