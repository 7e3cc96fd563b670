/* The IKEv1 engine of one device (RFC 2408, 2409): main mode with pre-shared keys, quick mode,
 * informational, dead peer detection (RFC 3706), NAT traversal (RFC 3947 and its drafts 02 and 03).
 *
 * A peer is an address. Where several are behind one translated address, each has a number, `nat`,
 * never used again; 0 = the address is the peer.
 *
 * Counters of the node's scope: ike.rx ike.tx ike.retransmits ike.duplicates ike.bad ike.no_sa
 * ike.early ike.limit ike.unknown_delete ike.phase1.started ike.phase1.completed ike.phase1.failed
 * ike.phase2.started ike.phase2.completed ike.phase2.failed ike.dpd.sent ike.dpd.stale ike.dpd.dead
 * ike.collisions. */
#ifndef IKE_IKE_H
#define IKE_IKE_H

#include "crypto/crypto.h"
#include "crypto/suite.h"
#include "ike/conf.h"
#include "ike/profile.h"
#include "trace/trace.h"
#include "wire/proxy.h"

typedef uint32_t ike_sa_id; /* never reused; a dead SA's id finds nothing; 0 = none */
struct ike_engine;

#define IKE_MAX_OFFERS 16
/* What IPsec wants negotiated. Copied. */
struct ike_request {
    ip4 local, remote;
    uint32_t nat;
    struct proxy local_proxy, remote_proxy;
    struct esp_suite offer[IKE_MAX_OFFERS];
    size_t n_offer;
    enum crypto_group pfs;    /* GROUP_NONE = none */
    uint32_t life_s, life_kb; /* 0 = not offered */
    char map[64];             /* comes back in ike_child */
    uint32_t seq;
    uint32_t spi_old; /* rekey of the pair with this inbound SPI */
};
/* What a peer's quick mode asks for: one suite of its offer at a time. */
struct ike_qm_ask {
    ip4 local, remote;
    uint32_t nat;
    struct proxy local_proxy, remote_proxy;
    struct esp_suite suite;
    enum crypto_group group;  /* GROUP_NONE = no PFS */
    uint32_t life_s, life_kb; /* 0 = not offered */
    uint32_t part;
    const char *party; /* who the peer is (ike/access.h); "" = nobody in particular */
    ip4 assigned;      /* the address it was given; 0 = none */
};
struct ike_qm_grant {
    char map[64];
    uint32_t seq;
    uint32_t life_s, life_kb;
};
/* The outcome of a quick mode. Spans are lent. */
struct ike_child {
    ike_sa_id sa;
    uint32_t msgid;
    enum ike_role role;
    ip4 local, remote;
    uint32_t nat;
    bool udp; /* ESP goes in UDP, between these ports (RFC 3948) */
    uint16_t lport, rport;
    bool follow;             /* the peer is behind a NAT: its address and port may change */
    ip4 oa_local, oa_remote; /* what the peer calls this end and itself (NAT-OA); 0 = as above */
    struct proxy local_proxy, remote_proxy;
    struct esp_suite suite;
    uint32_t spi_in, spi_out;
    struct span keymat_in, keymat_out;
    uint32_t life_s, life_kb;
    char map[64];
    uint32_t seq;
    uint32_t spi_old;
    const char *party; /* lent; "" = nobody in particular */
    ip4 assigned;      /* the address that the peer was given; 0 = none */
};
/* What the engine needs from the rooms it must not know. All are set but the last. */
struct ike_ops {
    void (*send)(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport, struct span message);
    enum ike_why (*check_suite)(void *self, ip4 local, ip4 remote, const struct esp_suite *s);
    enum ike_why (*check_request)(void *self, const struct ike_qm_ask *ask,
                                  struct ike_qm_grant *out);
    uint32_t (*new_spi)(void *self);
    enum ike_why (*install)(void *self, const struct ike_child *c);
    void (*peer_deleted)(void *self, ip4 remote, uint32_t nat,
                         uint32_t spi_out); /* an ESP delete came */
    void (*peer_gone)(void *self, ip4 local, ip4 remote, uint32_t nat,
                      enum ike_why why); /* INITIAL-CONTACT: all its SAs go */
    void (*request_failed)(void *self, const struct ike_request *r, enum ike_why why);
    void *self;
    /* Asked of a request that waited for phase 1, before it becomes a quick mode: is what it came
     * from still configured? NULL = always. */
    bool (*still_wanted)(void *self, const struct ike_request *r);
    /* One byte 0xff, which keeps the mapping of this end's NAT (RFC 3948 2.3). NULL = never. */
    void (*keepalive)(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport);
    /* A peer behind a NAT is found at another address or port: its pairs follow. NULL = they stay.
     */
    void (*peer_moved)(void *self, uint32_t nat, ip4 remote, uint16_t rport);
};

/* conf and profile are lent and may change; SAs keep what they negotiated. Secrets are drawn from
 * "<node>/ike". */
struct ike_engine *ike_new(struct trace_scope *scope, struct ike_conf *conf,
                           const struct ike_profile *profile, const struct ike_ops *ops);
void ike_free(struct ike_engine *e);
/* After any change of conf: living SAs are watched as it says now. What they negotiated stays. */
void ike_conf_changed(struct ike_engine *e);
/* A datagram arrived. `message` is lent. */
void ike_input(struct ike_engine *e, ip4 local, uint16_t lport, ip4 remote, uint16_t rport,
               struct span message);
/* Phase 2 SAs are wanted; phase 1 first where there is none. Asked again while under way, nothing
 * happens. */
void ike_request_sas(struct ike_engine *e, const struct ike_request *r);
/* An ESP pair ended here: sends DELETE for its inbound SPI under an IKE SA with that peer, if there
 * is one and the profile does. */
void ike_child_ended(struct ike_engine *e, ip4 local, ip4 remote, uint32_t spi_in);
/* ESP came with an SPI that is not here, in UDP from that port (0 = without). Where the
 * configuration wants it, the peer is told, under a phase 1 that begins for this when there is
 * none. */
void ike_unknown_spi(struct ike_engine *e, ip4 local, ip4 remote, uint16_t rport, uint32_t spi);
/* Authentic ESP of a peer behind a NAT came from another address or port than before. */
void ike_peer_moved(struct ike_engine *e, uint32_t nat, ip4 remote, uint16_t rport);

/* What dead peer detection asks about: when protected packets last went to the peer and came from
 * it, -1 = never. With `watch`, the next packet to the peer is told by ike_traffic_sent, once. */
struct ike_traffic {
    sim_time last_in, last_out;
};
typedef struct ike_traffic (*ike_traffic_fn)(void *self, ip4 local, ip4 remote, uint32_t nat,
                                             bool watch);
void ike_on_traffic(struct ike_engine *e, ike_traffic_fn look); /* self is that of the ops */
void ike_traffic_sent(struct ike_engine *e, ip4 local, ip4 remote, uint32_t nat);

/* A phase 1 SA is complete (up), or is about to end and still works, so that what was made under it
 * can end before it. `tell`: the peer will be told of the end. */
struct ike_turn {
    ike_sa_id sa;
    ip4 local, remote;
    bool up, tell;
    enum ike_why why;
    uint32_t nat;
};
void ike_on_turn(struct ike_engine *e, void (*fn)(void *self, const struct ike_turn *turn),
                 void *self);

/* Ends IKE SAs: sends DELETE where a working SA allows it. 0 = every SA. Returns how many. */
size_t ike_clear(struct ike_engine *e, ike_sa_id id, enum ike_why why);
/* This end has that address no more: SAs that speak from it end, and nothing is sent. */
size_t ike_address_gone(struct ike_engine *e, ip4 local);
/* The device lost its memory (reload): everything goes, nothing is sent. */
void ike_forget_all(struct ike_engine *e);

/* ---- What show reads ---- */
struct ike_sa_view {
    ike_sa_id id;
    enum ike_role role;
    enum ike_state state;
    ip4 local, remote;
    uint16_t lport, rport;
    uint64_t cky_i, cky_r;
    bool have_policy;         /* the four below are agreed */
    struct ike_policy policy; /* lifetime_s is the agreed one */
    sim_time born, expires;   /* expires: SIM_TIME_MAX until phase 1 is complete */
    enum ike_why dead_why;    /* state DEAD */
    enum ike_state died_in;   /* state it was in when it died */
    uint32_t children, pending;
    sim_time rekey;     /* when this end replaces it, SIM_TIME_MAX = never */
    bool rekeying;      /* it is being made to replace another */
    bool dpd;           /* both ends announced dead peer detection */
    uint32_t nat;       /* number of the peer behind its address; 0 = the address is the peer */
    enum ike_natt natt; /* how NAT is traversed; NONE = not by both ends */
    bool nat_here, nat_there; /* a NAT was found in front of this end, of the peer */
    bool aggressive, xauth,
        configured;           /* how phase 1 was made; a login succeeded; mode config was used */
    const char *party, *user; /* lent; "" = nobody in particular */
    ip4 assigned;             /* the address that the peer (or this end) was given */
    sim_time completed;       /* phase 1 was; -1 = not yet */
};
size_t ike_sa_count(const struct ike_engine *e);
bool ike_sa_at(const struct ike_engine *e, size_t i, struct ike_sa_view *out); /* in order of id */

#endif
