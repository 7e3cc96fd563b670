/* What the two files of AAA share: questions, and what is known of the servers. */
#ifndef DEVICE_AAA_PRIV_H
#define DEVICE_AAA_PRIV_H

#include "device/aaa.h"
#include "device/radius.h"

struct aaa_list {
    char *name;
    size_t n;
    struct aaa_method method[AAA_MAX_METHODS];
};
/* What was found out about a server of a group. */
struct aaa_health {
    struct aaa *a;
    char *group;
    ip4 addr;
    uint32_t failed; /* questions in a row without an answer */
    bool dead;
    struct sim_timer back;
    struct aaa_server_count count;
};
struct aaa_question {
    struct aaa *a;
    uint32_t number;
    bool plain; /* nobody is asked: aaa_defer */
    char *user, *password;
    struct aaa_method method[AAA_MAX_METHODS];
    size_t n, at; /* the method that is being tried */
    aaa_fn fn;
    void *self;
    struct sim_timer timer; /* of the next step: the first, or a server's patience */
    /* Of a group: the server asked, and what was sent to it. */
    ip4 server;
    uint16_t server_port, port; /* port: ours; 0 = not bound */
    guint place;                /* of the server in its group */
    uint32_t sent, most;        /* datagrams to this server; most it gets */
    sim_time patience;
    char *secret;
    uint8_t id, auth[RADIUS_AUTH];
    struct span packet; /* owned */
};
struct aaa {
    struct device *d;
    GDestroyNotify free_vendor;
    GPtrArray *users, *groups, *lists, *health, *questions; /* owned */
    uint32_t last;                                          /* question */
    uint8_t radius_id;
};

/* aaa_radius.c: asks the servers of the group in turn; the answer comes to aaa_decided, or, when
 * nobody could be asked, aaa_next_method goes on. */
void aaa_radius_begin(struct aaa_question *q, const struct aaa_group *g);
void aaa_radius_timeout(struct aaa_question *q);
/* Closes the port and forgets the server. */
void aaa_radius_end(struct aaa_question *q);
void aaa_health_free(struct aaa_health *h);

/* aaa.c: the question is answered, told and gone. */
void aaa_decided(struct aaa_question *q, struct aaa_reply *reply);
void aaa_next_method(struct aaa_question *q);

#endif
