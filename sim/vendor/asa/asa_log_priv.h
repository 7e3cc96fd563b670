/* How the ASA kind turns events into messages: one table from event to handler, and its own small
 * memory (sessions, what a negotiation is about, when a message was last said). */
#ifndef VENDOR_ASA_ASA_LOG_PRIV_H
#define VENDOR_ASA_ASA_LOG_PRIV_H

#include "asa.h"

/* Every event has a handler in one table, or a reason in asa_silent. */
typedef void (*asa_hear_fn)(struct asa *s, const void *event);
#define ASA_ON(name)                                                                               \
    static void on_##name(struct asa *s, const struct ev_##name *e);                               \
    static void hear_##name(struct asa *s, const void *event)                                      \
    {                                                                                              \
        on_##name(s, event);                                                                       \
    }                                                                                              \
    static void on_##name(struct asa *s, const struct ev_##name *e)
#define ASA_HEAR(name)                                                                             \
    {                                                                                              \
        EV_##name, hear_##name                                                                     \
    }
struct asa_hearing {
    enum trace_id id;
    asa_hear_fn fn; /* NULL closes a table */
};
extern const struct asa_hearing asa_hear_ask[], asa_hear_ike[], asa_hear_quick[], asa_hear_natt[],
    asa_hear_session[], asa_hear_login[], asa_hear_ipsec[], asa_hear_conn[], asa_hear_nat[],
    asa_hear_path[];
extern const struct asa_hearing *const asa_hearings[]; /* all of them */
extern const size_t asa_n_hearings;
extern const struct vendor_silent asa_silent[];
extern const size_t asa_n_silent;

/* All tunnels with one peer: what is in the session database. */
struct asa_session {
    ip4 peer;
    uint32_t nat;   /* number of the peer behind its address */
    uint32_t index; /* 1, 2 … */
    sim_time since;
    char *login; /* the calendar then */
    bool udp;    /* ESP goes in UDP, RFC 3948 */
    unsigned tunnels;
    uint64_t tx, rx; /* of tunnels that have ended */
};
/* What IPsec asked for last, for the lines that name it. */
struct asa_want {
    ip4 local, remote, local_net, remote_net;
    char *map;
    uint32_t seq;
};
/* A packet's ends, as a firewall tells flows apart. */
struct asa_flow {
    ip4 src, dst;
    uint32_t protocol, sport, dport;
};
#define ASA_FLOWS 16u
/* An IKE SA. */
struct asa_ike {
    ip4 local, remote;
    uint32_t nat; /* number of the peer behind its address */
    enum ike_role role;
    enum ike_state state, died_in;
    GQueue wants;                    /* struct asa_want *, asked and not begun */
    struct asa_flow flow[ASA_FLOWS]; /* that wait for it, in a ring */
    unsigned n_flows;
    bool queued; /* 713219 was said, last then */
    sim_time queued_at;
    bool replaces;        /* made in place of another */
    bool rekeying;        /* the next quick mode replaces a pair */
    enum ike_why refused; /* the last phase 2 that was refused here */
};
/* An IPsec SA. */
struct asa_esp {
    ip4 local, peer, local_net, remote_net;
    uint32_t nat;
    uint32_t spi;
};
struct asa_limit {
    uint32_t id;
    sim_time until;
};

struct asa_speech {
    asa_hear_fn hear[EV_COUNT];
    GPtrArray *sessions; /* struct asa_session, in order of index, owned */
    uint32_t next_index;
    struct asa_want want;         /* of the last request */
    struct asa_flow flow;         /* of the last packet without an SA */
    char intf[12];                /* asa_intf */
    GArray *known;                /* ip4: peers that a phase 1 was completed with */
    GHashTable *ike;              /* ike_sa_id -> struct asa_ike, for finding only */
    GHashTable *esp;              /* esp_sa_id -> struct asa_esp */
    struct ev_qm_install install; /* of the quick mode that is being installed; spi_in 0 = none */
    unsigned installed;           /* SAs of it that are in */
    uint32_t life_type, life_offered_s; /* of the quick mode offer at hand */
    struct asa_limit limit[8];          /* messages about single packets */
    char *asked_user;                   /* the last one AAA was asked about */
    ike_sa_id about;                    /* the SA of the event at hand; 0 = none */
    uint32_t about_nat;                 /* then, the number of its peer */
    GQueue *buffer;                     /* char *: the logging buffer */
    size_t buffer_used;
    uint64_t logged[ASA_LOGS];
};

/* ---- asa_log.c ---- */
struct asa_ike *asa_ike_of(const struct asa *s, ike_sa_id sa); /* NULL when there is none */
struct asa_esp *asa_esp_of(const struct asa *s, esp_sa_id sa);
struct asa_session *asa_session_of(const struct asa *s, ip4 peer, uint32_t nat);
/* A message of IKE, which debug crypto isakmp shows too. `group` puts the tunnel group of the peer
 * in front of its address; peer 0 puts nothing. */
void asa_say(struct asa *s, int severity, uint32_t id, ip4 peer, bool group, const char *format,
             ...) __attribute__((format(printf, 6, 7)));
/* A line of debug crypto ipsec. */
void asa_say_ipsec(struct asa *s, uint32_t level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A structure's place in the memory of the device, as its lines show them; the same each run. */
uint32_t asa_handle(const struct asa *s, uint32_t number);

/* Peers are remembered beyond their SAs. */
void asa_peer_known(struct asa *s, ip4 peer);
bool asa_peer_was_known(const struct asa *s, ip4 peer);

/* ---- asa_log_ask.c ---- */
/* The interface with that address, as messages name it; by its hardware name. Lent until the next
 * call. */
const char *asa_intf(const struct asa *s, ip4 local);
const char *asa_intf_named(const struct asa *s, const char *hardware);
/* Nothing could be sent: there is no key for the peer, or no policy. */
void asa_cannot_begin(struct asa *s, const struct ev_ike_fail *e);
void asa_flow_waits(struct asa *s, const struct ev_pkt_drop *e);
/* ---- asa_log_natt.c ---- */
uint32_t asa_nat_of(const struct asa *s, ike_sa_id sa); /* the number of its peer */
/* ---- asa_log_ike.c ---- */
bool asa_has_group(const struct asa_ike *w); /* NULL: no */
/* ---- asa_log_session.c ---- */
void asa_session_begin(struct asa *s, ip4 peer, uint32_t nat);
/* The session with a peer is over when nothing of it is left. */
void asa_session_check(struct asa *s, ip4 peer, uint32_t nat, ike_sa_id dying, enum ike_why why);
/* What phase 1 starts when it is complete. */
void asa_phase1_timers(struct asa *s, ike_sa_id sa, ip4 peer);
/* ---- asa_aaa_show.c ---- */
void asa_aaa_heard(struct asa *s, const struct ev_aaa_server *e);
/* ---- asa_show_ipsec.c ---- */
void asa_transform_text(struct esp_suite suite, GString *out);

#endif
