/* Remote access at the head end: who has come in, and what was found for him.
 *
 *   asa_ra.c        the answers to IKE: group, login, limits, end (ike/access.h)
 *   asa_remote.c    the clients there are
 *   asa_ra_address.c, asa_ra_give.c  addresses; the attributes of mode config
 *   asa_ra_show.c   show vpn-sessiondb remote
 *   asa_log_login.c what is said of it */
#ifndef VENDOR_ASA_ASA_RA_H
#define VENDOR_ASA_ASA_RA_H

#include "asa.h"
#include "ike/access.h"

/* What is to be answered when the simulation comes round. */
enum asa_ra_due { ASA_RA_NOTHING, ASA_RA_BEGUN, ASA_RA_CONFIGURED, ASA_RA_OUT };

/* A client, from the moment its phase 1 names a group. */
struct asa_remote {
    struct asa *s;
    ike_sa_id sa;
    ip4 local, peer;
    char *group;     /* tunnel group */
    char *user;      /* as typed; NULL = not asked yet */
    char *policy;    /* by its login; NULL = that of the group */
    bool local_user; /* what the user's own attributes say counts */
    bool v6;         /* announced XAUTH, and with it mode config as it is done here */
    bool in;         /* logged in, or let in without */
    bool counted;    /* departed will be told */
    unsigned tries;
    uint32_t question;       /* to AAA; 0 = none */
    uint32_t bad_before;     /* answers of servers that did not verify, before it */
    ip4 framed, framed_mask; /* the server's word */
    uint32_t session_s, idle_s;
    ip4 addr, mask;         /* assigned; 0 = none */
    char *pool;             /* it came from; NULL = the server or the user said it */
    char *client, *version; /* what the client says of itself */
    sim_time since;
    struct sim_timer timer;
    enum asa_ra_due due;
    enum ike_why out; /* ASA_RA_OUT */
    GArray *wanted;   /* uint16_t: attributes of the request, in order */
    uint16_t request; /* its id */
};

void asa_ra_start(struct asa *s);
void asa_ra_stop(struct asa *s);

/* ---- asa_remote.c ---- */
struct asa_remote *asa_remote_of(const struct asa *s, ike_sa_id sa); /* NULL = none */
/* The session with that peer; NULL = it is no client's. */
struct asa_remote *asa_remote_at(const struct asa *s, ip4 peer, uint32_t nat);
uint32_t asa_ra_nat(const struct asa *s, ike_sa_id sa); /* the number of its peer */
/* An SA is forgotten. */
void asa_ra_gone(struct asa *s, ike_sa_id sa);
/* What its session may and gets. */
struct asa_chain asa_ra_chain(const struct asa *s, const struct asa_remote *r);
const struct asa_group *asa_ra_group(const struct asa *s, const struct asa_remote *r);

/* ---- asa_ra_address.c ---- */
bool asa_ra_obtain(struct asa_remote *r); /* an address; false: there is none */
void asa_ra_give_back(struct asa_remote *r);

/* ---- asa_ra_give.c ---- */
char *asa_ra_printable(struct span v); /* caller frees */
void asa_ra_requested(struct asa_remote *r, const struct ike_cfg *request);
void asa_ra_reply(struct asa_remote *r); /* ike_configured */
/* The networks of the split tunnel, 14 bytes each. */
GByteArray *asa_ra_networks(const struct asa *s, const char *list);

/* ---- asa_log_login.c ---- */
/* A message about a client. */
void asa_ra_say(const struct asa_remote *r, int severity, uint32_t id, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* "Group = g, Username = u, IP = x, " */
void asa_ra_prefix(const struct asa_remote *r, GString *out);
/* The login succeeded: whose policy it is, and what that says. */
void asa_ra_welcome(const struct asa_remote *r);

#endif
