/* Authentication, authorization and accounting of one device: local users, RADIUS servers in groups
 * (RFC 2865), and named lists of methods that are tried in order. A method that cannot be asked (no
 * server answers) makes room for the next; one that says no has the last word. */
#ifndef DEVICE_AAA_H
#define DEVICE_AAA_H

#include "device/device.h"

struct aaa;
struct aaa_user {
    char *name, *password;
    char *group; /* of settings that the user belongs to; NULL = none */
    uint32_t privilege;
    void *vendor; /* the kind's own; freed with the function given to aaa_new */
};
enum aaa_method_kind { AAA_LOCAL, AAA_GROUP, AAA_NONE };
struct aaa_method {
    enum aaa_method_kind kind;
    char group[64]; /* AAA_GROUP */
};
#define AAA_MAX_METHODS 4
struct aaa_server {
    ip4 addr;
    uint16_t auth_port; /* 0 = 1645 */
    uint32_t timeout_s; /* for one question; 0 = the group's */
    uint32_t retries;   /* more questions to the same server; made with AAA_RETRIES_OF_GROUP */
    char *key;          /* owned; NULL: cannot be asked */
};
#define AAA_RETRIES_OF_GROUP UINT32_MAX
struct aaa_group {
    char *name;
    GPtrArray *servers;          /* struct aaa_server, in order, owned */
    uint32_t timeout_s, retries; /* made with 5 and 3 */
    uint32_t max_failed, dead_s; /* questions in a row without an answer until a server is passed
                                    over, and for how long; 0 = never */
    bool depletion;              /* dead servers come back together, dead_s after the last died */
    char *source_if;             /* owned; interface that is spoken from; NULL = by route */
};
enum aaa_verdict {
    AAA_PASS,
    AAA_FAIL, /* refused */
    AAA_ERROR /* nobody could be asked */
};
struct aaa_reply {
    enum aaa_verdict verdict;
    enum aaa_method_kind method; /* that decided */
    ip4 server;                  /* of a group; 0 = none */
    const char *user;            /* this and all text here is lent for the call */
    const char *group;          /* of settings: the user's, or RADIUS Class "OU=…"; NULL = none */
    ip4 framed, framed_mask;    /* Framed-IP-Address; 0 = none */
    uint32_t session_s, idle_s; /* Session-Timeout, Idle-Timeout; 0 = none */
    const char *message;        /* Reply-Message; NULL = none */
};
typedef void (*aaa_fn)(void *self, const struct aaa_reply *reply);

struct aaa *aaa_new(struct device *d, GDestroyNotify free_user_vendor);
void aaa_free(struct aaa *a); /* what is asked is answered no more */
void aaa_forget(
    struct aaa *a); /* reload: questions, dead servers; configuration is the vendor's to clear */

struct aaa_user *aaa_user_make(struct aaa *a, const char *name); /* finds or adds */
struct aaa_user *aaa_user_find(const struct aaa *a,
                               const char *name); /* case counts; NULL = none */
bool aaa_user_remove(struct aaa *a, const char *name);
guint aaa_users(const struct aaa *a);
struct aaa_user *aaa_user_at(const struct aaa *a, guint i); /* in order of configuration */
struct aaa_group *aaa_group_make(struct aaa *a, const char *name);
struct aaa_group *aaa_group_find(const struct aaa *a, const char *name);
bool aaa_group_remove(struct aaa *a, const char *name);
guint aaa_groups(const struct aaa *a);
struct aaa_group *aaa_group_at(const struct aaa *a, guint i);
struct aaa_server *aaa_server_make(struct aaa_group *g, ip4 addr);
bool aaa_server_remove(struct aaa_group *g, ip4 addr);
/* Sets or, with n = 0, removes a list. "login clientauth", "network groupauthor" are names. */
void aaa_list_set(struct aaa *a, const char *name, const struct aaa_method *m, size_t n);
const struct aaa_method *aaa_list_find(const struct aaa *a, const char *name, size_t *n);

/* Asks by the list (one that is not there is an error); `fn` is called at this simulated time or
 * later, never from within. The number of the question, by which it can be taken back; emits
 * aaa_ask, aaa_server, aaa_verdict. */
uint32_t aaa_login(struct aaa *a, const char *list, const char *user, const char *password,
                   aaa_fn fn, void *self);
/* The same with methods given. */
uint32_t aaa_login_by(struct aaa *a, const struct aaa_method *m, size_t n, const char *user,
                      const char *password, aaa_fn fn, void *self);
void aaa_cancel(struct aaa *a, uint32_t question); /* unknown ones too */
/* How a server of a group does, for show: counted since boot. */
struct aaa_server_count {
    uint32_t requests, again, accepts, rejects, timeouts, bad;
    bool dead;
};
struct aaa_server_count aaa_server_count(const struct aaa *a, const char *group, ip4 addr);
/* Calls `fn` at this simulated time, later, with AAA_PASS: for what AAA need not think about. */
uint32_t aaa_defer(struct aaa *a, aaa_fn fn, void *self);

#endif
