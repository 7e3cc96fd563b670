/* How policy, identity pairs and SA pairs hang together inside the room.
 *
 * A binding is a map applied to an interface; its rules are the complete entries of that map with
 * their access lists; a rule has one ident a permit line, and others that a peer negotiated within
 * one. An ident owns its SA pairs, newest first. The view structs come first, so that show reads
 * the same memory. */
#ifndef IPSEC_PRIV_H
#define IPSEC_PRIV_H

#include <glib.h>

#include "ipsec/ipsec.h"

#define PROTO_ESP 3 /* protocol ID of RFC 2407 4.4.1, not IP's 50 */

struct ident;

/* One other end of pairs, as long as there is one. */
struct peer_use {
    gint64 key;
    ip4 local, remote;
    uint32_t nat;
    uint32_t pairs;
    sim_time last_in, last_out; /* -1 = never */
    bool watched;               /* the next packet out is to be told */
};

struct pair {
    struct ipsec_pair view;
    struct ipsec *x;
    struct ident *ident;
    struct peer_use *use;
    struct esp_sa *in, *out; /* owned by the SAD */
    ip4 local, remote;
    bool follow; /* the peer may be found elsewhere */
    bool learn;  /* at another port of its address, whatever IKE knows */
    struct sim_timer soft, hard, idle;
    bool soft_reached;
    bool asked; /* for its successor */
};

struct ident {
    struct ipsec_ident view;
    struct proxy line_local, line_remote; /* the access-list line as typed, host bits and all */
    char *map;
    char *acl;
    char *dynamic;
    guint peer_at; /* which of the entry's peers is asked next */
    bool pending;  /* SAs were asked for */
    bool peerless; /* a line that holds packets though there is nobody to ask; never listed */
    bool told;     /* that there is nobody */
    bool kept;     /* while idents are made anew */
};

struct rule {
    const struct ipsec_map_entry *entry; /* or the template */
    uint32_t seq, template_seq;          /* of the map; of the dynamic map, 0 = a static entry */
    const char *dynamic;                 /* name of that, lent; NULL = a static entry */
    bool peerless;                       /* a static entry that lacks its peer */
    struct acl *acl;                     /* NULL: a template that takes any identities */
    GPtrArray *of_line; /* struct ident by index of line; NULL for deny lines and remarks */
    GPtrArray *others;  /* idents negotiated within a line; of a template, the newest first */
};

struct binding {
    struct net_if *on;
    char *name;
    const struct ipsec_map *map; /* NULL when undefined */
    ip4 local;
    ip4 taken; /* the address it had when applied, or first had */
    GPtrArray *rules;
};

/* What policy says of a flow. */
struct match {
    struct ident *ident;   /* NULL: no business of IPsec */
    struct acl_line *line; /* whose hits are counted */
    struct pair *pair;     /* NULL: negotiate */
};
struct flow_slot {
    struct flow flow;
    const struct binding *binding;
    uint32_t generation;
    struct match match;
};

struct ipsec {
    uint64_t mac_sound; /* packets whose MAC was right, for the defect of that name */
    struct net_node *node;
    struct trace_scope *scope;
    struct sim *sim;
    struct ipsec_conf *conf;
    struct ipsec_ops ops;
    const struct ipsec_timing *timing;
    struct rng *rng;
    struct sad *sad;
    GHashTable *uses; /* by both addresses, struct peer_use, counted by pairs */
    void (*on_sent)(void *self, ip4 local, ip4 remote, uint32_t nat);
    void *on_sent_self;
    void (*on_context)(void *self, uint32_t context, bool alive);
    void *on_context_self;
    uint32_t last_context;
    GPtrArray *bindings; /* by index of interface; holes are NULL */
    GPtrArray *idents;   /* struct ident, owned; by interface, entry, line */
    GPtrArray *peerless; /* struct ident, owned; lines that have nobody to ask */
    struct flow_slot
        *slots; /* remembered look-ups, good while `generation` stands; NULL when few */
    uint32_t slot_mask;
    uint32_t generation;
    bool stale; /* the configuration changed since idents and rules were made */
    uint16_t ip_id;
    struct {
        uint64_t *out_packets, *out_bytes, *in_packets, *in_bytes, *send_errors, *recv_errors;
        uint64_t *replay, *icv, *no_spi, *proxy, *created, *deleted, *acquire, *unknown_delete;
    } count;
};

/* ---- ipsec.c ---- */
struct binding *ipsec_binding(const struct ipsec *x, const struct net_if *i);
const struct ipsec_map_entry *ipsec_entry_of(const struct ipsec *x, const struct ident *ident);
struct ident *ipsec_ident_new(struct ipsec *x, struct binding *b, struct rule *r,
                              const struct proxy *lp, const struct proxy *rp);
void ipsec_ident_free(gpointer ident);
/* The address it speaks from now. */
ip4 ipsec_binding_address(const struct ipsec *x, struct binding *b);

/* ---- compile.c ---- */
/* Puts it behind the others of its entry. */
void ipsec_ident_insert(struct ipsec *x, struct ident *ident);
void ipsec_rule_free(gpointer rule);
void ipsec_compile(struct ipsec *x);
/* Before bindings, rules or idents are looked at: they may point into configuration that is gone.
 */
static inline void ipsec_fresh(struct ipsec *x)
{
    if (x->stale)
        ipsec_compile(x);
}
/* A negotiated ident that lost its last pair goes. */
void ipsec_ident_prune(struct ipsec *x, struct ident *ident);
/* Remembered look-ups are no longer good. */
static inline void ipsec_forget_flows(struct ipsec *x)
{
    x->generation++;
}

/* ---- select.c ---- */
struct match ipsec_select(struct ipsec *x, struct binding *b, const struct flow *f);
/* The same without counting the hits of access-list lines. */
struct match ipsec_select_silently(struct ipsec *x, struct binding *b, const struct flow *f);
void ipsec_line_proxies(const struct acl_line *l, struct proxy *local, struct proxy *remote);
struct proxy ipsec_proxy_masked(struct proxy p);

/* ---- judge.c ---- */
/* Is the entry there for who is of that party? */
bool ipsec_entry_serves(const struct ipsec_map_entry *e, const char *party);
bool ipsec_set_takes(const struct ipsec_conf *c, const struct ipsec_map_entry *e,
                     const struct esp_suite *s);
uint32_t ipsec_life_s(const struct ipsec *x, const struct ipsec_map_entry *e);
uint32_t ipsec_life_kb(const struct ipsec *x, const struct ipsec_map_entry *e);
uint32_t ipsec_idle_s(const struct ipsec *x, const struct ipsec_map_entry *e);

/* ---- request.c ---- */
/* Asks for SAs of the ident, or for the successor of `old`. False when the configuration lacks what
 * it takes. */
bool ipsec_request_sas(struct ipsec *x, struct ident *ident, const struct pair *old);

static inline uint32_t ipsec_rule_seq(const struct rule *r)
{
    return IPSEC_SEQ(r->seq, r->template_seq);
}

/* ---- limits.c ---- */
void ipsec_limits_start(struct pair *p, uint32_t life_s, uint32_t life_kb, uint32_t idle_s);
/* A newer pair of the ident sends now; this one ends when packets on their way must have come. */
void ipsec_pair_step_down(struct pair *p, bool newest);
/* After each packet: volume limits, and a rekey that waited for traffic. May end the pair. */
void ipsec_pair_used(struct pair *p);

/* ---- pair.c ---- */
static inline struct pair *ipsec_pair_by_spi(const struct ipsec *x, uint32_t spi_in)
{
    struct esp_sa *sa = sad_by_spi(x->sad, spi_in);
    return sa ? sa->owner : NULL;
}
/* The pair and its SAs are gone afterwards. `tell` the peer through ops->ended. */
void ipsec_pair_end(struct pair *p, enum ike_why why, bool tell);
void ipsec_pair_free(struct pair *p);

/* ---- peers.c ---- */
struct peer_use *ipsec_use_ref(struct ipsec *x, ip4 local, ip4 remote, uint32_t nat);
void ipsec_use_unref(struct ipsec *x, struct peer_use *u);
void ipsec_use_sent(struct ipsec *x, struct peer_use *u);
/* The entry's next peer, when this one is the ident's and no pair is left. */
void ipsec_ident_next_peer(struct ipsec *x, struct ident *ident, ip4 remote);

/* ---- context.c ---- */
void ipsec_context_begin(struct ipsec *x, struct ident *ident);
void ipsec_context_end(struct ipsec *x, uint32_t context);

/* ---- overhead.c ---- */
/* Does a packet fit when it is sealed, and if not, what becomes of it? */
enum ipsec_fits { IPSEC_FITS, IPSEC_FIT_CUT_FIRST, IPSEC_FIT_CUT_AFTER, IPSEC_FIT_NEVER };
struct ipsec_fit {
    enum ipsec_fits what;
    int df;         /* of the outer head: ESP_DF_… */
    uint32_t inner; /* the largest packet that fits */
    bool failed;    /* it should be cut first and cannot be */
};
struct ipsec_fit ipsec_fit(const struct ipsec *x, const struct pair *pair, const struct net_if *out,
                           const struct pkt *p);

/* ---- data.c ---- */
/* IKE's own datagrams, and what is protected already, are never protected. */
bool ipsec_own_control(const struct binding *b, const struct pkt *p, const struct flow *f);
void ipsec_data_attach(struct ipsec *x);
/* ESP behind an IP head; `sport`: it was in UDP, from there. Takes the packet. */
void ipsec_esp_input(struct ipsec *x, struct net_if *in, struct pkt *p, uint16_t sport);

/* ---- udp.c ---- */
/* An authentic packet of the pair came from there. */
void ipsec_udp_follow(struct pair *pair, ip4 src, uint16_t sport);

/* ---- data.c ---- */
void ipsec_data_detach(struct ipsec *x);

#endif
