/* A pair of which R lets others in and I comes in: the groups, users and addresses of R, the user
 * at I. Answers come after a delay, as from servers. */
#ifndef EXCHANGE_LOGIN_H
#define EXCHANGE_LOGIN_H

#include "exchange/pair.h"
#include "ike/access.h"

#define LOGIN_POOL IP4(10, 5, 5, 1)

struct login;
/* An answer on its way. */
struct login_answer {
    int what;
    ike_sa_id sa;
    char user[64], password[64];
    bool dropped;
};
struct login {
    struct ike_pair *p;
    struct ike_access hub, client;
    /* R */
    const char *group, *key; /* the group that is known, and its key */
    const char *user, *password;
    bool xauth, no_proof, ask_key, identify_refuses;
    struct ike_liveness live; /* of the group; 0 = none of its own */
    enum ike_cfg_way config;
    sim_time delay;           /* of every answer */
    unsigned silent;          /* bit by kind of answer: none comes */
    unsigned tries;           /* wrong passwords that are forgiven */
    bool no_address;          /* the pool is empty */
    uint32_t leases;          /* given and not returned */
    uint32_t given, returned; /* ever */
    uint32_t departed, moved;
    enum ike_why departed_why;
    ike_sa_id holder[8]; /* SAs whose end is awaited */
    ip4 lease_of[8];
    uint32_t requested; /* attributes of the last request */
    char heard_user[300];
    /* I */
    const char *say_user, *say_password; /* NULL user: gives up */
    bool absent;                         /* nobody is there to answer */
    sim_time thinks;
    uint32_t challenged, judged_ok, judged_bad, configured, ended;
    enum ike_why ended_why;
    ip4 address;
    size_t attrs; /* of the last configuration */
    char banner[64];
    ike_sa_id sa;
    GPtrArray *answers; /* struct login_answer, owned */
    struct sim_port port;
};
enum { LOGIN_KEY, LOGIN_BEGIN, LOGIN_VERDICT, LOGIN_CONFIG, LOGIN_USER };

struct login *login_new(void);
void login_free(struct login *l); /* the pair too; nobody may be left who was not told off */
/* I calls; then its quick mode is asked for. */
void login_call(struct login *l, const char *group, const char *key);
void login_call_main(struct login *l, uint16_t auth);
/* I calls with one offer, and asks for nothing. */
void login_call_bare(struct login *l, uint16_t auth);
/* I has called, and is in. */
struct login *login_in(void);
struct login *login_in_as(struct login *l);
struct ike_sa *login_last(const struct login *l, enum ike_role side); /* the newest SA */
void login_run(struct login *l, sim_time until);
/* NULL when both ends agree: a session with an address and a pair, or nothing. */
const char *login_discord(struct login *l);
bool login_is_up(const struct login *l);

#endif
