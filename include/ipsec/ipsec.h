/* The IPsec of one node: policy look-up going out, SA look-up coming in, lifetimes, and the answers
 * IKE needs.
 *
 * Counters of the node's scope: esp.out.packets esp.out.bytes esp.in.packets esp.in.bytes
 * esp.send_errors esp.recv_errors esp.replay esp.icv esp.no_spi esp.proxy ipsec.sa.created
 * ipsec.sa.deleted ipsec.acquire ipsec.delete.unknown. */
#ifndef IPSEC_IPSEC_H
#define IPSEC_IPSEC_H

#include "ipsec/policy.h"
#include "ipsec/sad.h"
#include "net/net.h"
#include "wire/proxy.h"

struct ipsec;

/* What a map entry wants negotiated for one line of its access list. Lent for the call. */
#define IPSEC_MAX_OFFERS 16
struct ipsec_acquire {
    const char *map;
    uint32_t seq;
    ip4 local, remote;
    uint32_t nat; /* tells peers behind one address apart, as it came with the pair; 0 = the address
                     does */
    struct proxy local_proxy, remote_proxy;
    struct esp_suite offer[IPSEC_MAX_OFFERS];
    size_t n_offer;
    enum crypto_group pfs;
    uint32_t life_s, life_kb;
    uint32_t spi_old; /* inbound SPI of the pair to be replaced; 0 = the first */
};
struct ipsec_ops {
    /* A packet needs SAs, or a soft limit was reached (spi_old set). Called again for each packet
     * and each rekey retry: whoever negotiates ignores what is under way. */
    void (*acquire)(void *self, const struct ipsec_acquire *a);
    /* An SA pair ended here (expired, cleared): the peer should be told. */
    void (*ended)(void *self, ip4 local, ip4 remote, uint32_t spi_in, enum ike_why why);
    /* ESP with an SPI that finds nothing. */
    /* `rport`: it came in UDP, from there; 0 = without. */
    void (*unknown_spi)(void *self, ip4 local, ip4 remote, uint16_t rport, uint32_t spi);
    void *self;
    /* Authentic packets of a peer behind a NAT come from elsewhere now; its pairs have followed. */
    void (*moved)(void *self, uint32_t nat, ip4 remote, uint16_t rport);
    /* A sealed packet is about to leave: true when it went another way, and was taken. NULL = there
     * is none. */
    bool (*carry)(void *self, struct pkt *p, ip4 dst);
};
/* An entry's number, as it goes to who negotiates and comes back (`seq` of acquire, grant, child
 * and wants): that of the template in the upper half, where the entry refers to a dynamic map. */
#define IPSEC_SEQ(entry, template) ((uint32_t)(entry) | (uint32_t)(template) << 16)

/* When to rekey; from the device's profile. */
struct ipsec_timing {
    uint32_t soft_before_s;  /* 30: seconds before the lifetime ends */
    uint32_t soft_before_kb; /* 256 */
    bool rekey_idle;         /* rekey though nothing was sent since the last one */
    uint32_t retry_s;        /* try again this long after an unanswered rekey request */
    /* Rekey at this part of both lifetimes instead, told apart by who began the pair; 0 = as above.
     * More than 99 counts as 99. */
    uint32_t soft_percent, soft_percent_r;
    uint32_t soft_jitter; /* and earlier by up to this part of the lifetime, at random */
};

/* Binds ESP and the node's hooks. `conf` and `timing` are lent for the life of the ipsec and may
 * change. */
struct ipsec *ipsec_new(struct net_node *node, struct ipsec_conf *conf, const struct ipsec_ops *ops,
                        const struct ipsec_timing *timing);
void ipsec_free(struct ipsec *x);
/* After any change of conf, access lists, interfaces or addresses: idents are made anew; SAs whose
 * entry is gone stay until cleared, as they do on routers. */
void ipsec_changed(struct ipsec *x);
/* Applies a map to an interface (one map an interface; NULL removes). Removing or replacing ends
 * the SAs of the old one. */
void ipsec_bind(struct ipsec *x, struct net_if *i, const char *map);
const char *ipsec_bound(const struct ipsec *x, const struct net_if *i); /* NULL = none */
/* The address a map applied to this interface speaks from (local_if honoured); 0 = none. */
ip4 ipsec_local_address(const struct ipsec *x, const struct net_if *i);

/* ---- What IKE asks (each emits the event that a debug line is made of) ---- */

/* First half of judging a peer's proposal. WHY_NONE, WHY_LOCAL_ADDRESS (no applied map speaks from
 * `local`), WHY_TRANSFORM (in no transform set of any entry of that map). Emits
 * ipsec_transform_refused. */
enum ike_why ipsec_check_suite(struct ipsec *x, ip4 local, ip4 remote, const struct esp_suite *s);
/* Second half, entries in sequence order: the first whose access list has a permit line equal to,
 * or containing, the proxies is taken, and then must name the peer and the transform. An entry that
 * refers to a dynamic map stands for its templates, of which the first that fits is taken; one
 * without an access list takes any proxies, so entries behind it are not reached (CAT-38). Entries
 * and templates of another party are passed over.
 * WHY_NONE, WHY_PROXY, WHY_PEER, WHY_TRANSFORM, WHY_PFS (entry wants PFS of another group or the
 * offer has none). Emits ipsec_validate. On success the lifetimes to use (the shorter wins). */
struct ipsec_grant {
    const char *map;
    uint32_t seq; /* IPSEC_SEQ */
    uint32_t life_s, life_kb;
    enum crypto_group pfs; /* of the entry; GROUP_NONE = it does not ask for any */
};
struct ipsec_request {
    ip4 local, remote;
    struct proxy local_proxy, remote_proxy;
    struct esp_suite suite;
    enum crypto_group group;  /* GROUP_NONE = no PFS offered */
    uint32_t life_s, life_kb; /* 0 = not offered */
    uint32_t part;            /* proposal part number, 1 */
    const char *party;        /* who the peer is; NULL or "" = nobody in particular */
};
enum ike_why ipsec_check_request(struct ipsec *x, const struct ipsec_request *q,
                                 struct ipsec_grant *out);
/* Is this traffic still to be protected: is there an applied map of that name whose entry `seq` is
 * complete and whose access list has a permit line equal to these proxies, or containing them?
 * Says nothing, so it may be asked at any time, for instance before SAs are replaced or a message
 * is sent again. */
bool ipsec_wants(struct ipsec *x, const char *map, uint32_t seq, const struct proxy *lp,
                 const struct proxy *rp);
/* A fresh inbound SPI, at least 256, from the node's stream. */
uint32_t ipsec_new_spi(struct ipsec *x);
struct ipsec_child {
    ip4 local, remote;
    uint32_t nat;
    uint16_t lport, rport;   /* of the UDP around it, where the suite says so */
    bool follow;             /* the peer may be found elsewhere (RFC 3947 7) */
    bool learn;              /* the peer's port is the one its packets come from */
    ip4 oa_local, oa_remote; /* what the peer calls this end and itself; 0 = the same */
    struct proxy local_proxy, remote_proxy;
    struct esp_suite suite;
    uint32_t spi_in, spi_out;
    struct span keymat_in, keymat_out;
    uint32_t life_s, life_kb;
    const char *map; /* NULL: found again by the proxies */
    uint32_t seq;
    bool initiator;
    const char *party; /* who the peer is; NULL or "" = nobody in particular */
};
/* Installs both SAs; a pair for the same ident that exists is kept for a while (overlap) and no
 * longer used for sending. WHY_PROXY_AT_INSTALL when the identities are not, host bits included,
 * those of an access-list line or within one. */
enum ike_why ipsec_install(struct ipsec *x, const struct ipsec_child *c);
/* The peer deleted its inbound SA: both of the pair go. Unknown SPIs are counted and ignored. */
void ipsec_peer_deleted(struct ipsec *x, ip4 remote, uint32_t nat, uint32_t spi_out,
                        enum ike_why why);
/* Every pair with that peer goes, silently towards the peer. */
void ipsec_peer_gone(struct ipsec *x, ip4 local, ip4 remote, uint32_t nat, enum ike_why why);
/* A peer behind a NAT is found elsewhere: what goes to it goes there. */
void ipsec_peer_moved(struct ipsec *x, uint32_t nat, ip4 remote, uint16_t rport);
/* What came to UDP port 4500 (RFC 3948 2): keepalives and ESP are dealt with; true when it is IKE,
 * whose message `ike` then is (lent). */
bool ipsec_udp_input(struct ipsec *x, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                     uint16_t dport, struct span payload, struct span *ike);
/* ESP that came in something else than IP, from there. */
void ipsec_carried_input(struct ipsec *x, struct net_if *in, ip4 src, ip4 dst, struct span esp);
/* The peer answers no more: idents whose peer it is, and that have no pair left, ask the next of
 * their entry. */
void ipsec_next_peer(struct ipsec *x, ip4 local, ip4 remote);
/* When protected packets last went to that peer and came from it, -1 = never or no pairs with it.
 * With `watch` the next one out is told through the function given below, once; it is called amid
 * the packet. */
struct ipsec_traffic {
    sim_time last_in, last_out;
};
struct ipsec_traffic ipsec_peer_traffic(const struct ipsec *x, ip4 local, ip4 remote, uint32_t nat,
                                        bool watch);
void ipsec_on_sent(struct ipsec *x, void (*fn)(void *self, ip4 local, ip4 remote, uint32_t nat),
                   void *self);
/* A router on the way could not pass on a sealed packet that must not be cut (RFC 2401 6.1). */
void ipsec_path_mtu(struct ipsec *x, ip4 remote, uint32_t spi_out, uint32_t mtu);
/* The same of one in UDP to that port: the eight bytes that are quoted have no SPI. */
void ipsec_path_mtu_udp(struct ipsec *x, ip4 remote, uint16_t rport, uint32_t mtu);
/* A negotiation for this ident failed: nothing is pending any more (the next packet asks again). */
void ipsec_acquire_failed(struct ipsec *x, ip4 local, ip4 remote, const struct proxy *lp,
                          const struct proxy *rp);

/* ---- VPN contexts, for who binds something to a tunnel, such as a firewall's connections ----
 *
 * Each ident has a context number while it has SAs: given when its first pair is installed, from 1
 * on and never again for another; kept while pairs replace each other; over when its last pair
 * ends, however that came. An ident that gets SAs anew later has another number. */

/* The context whose SA a packet in clear would leave by through that interface; 0 = policy does not
 * protect it, or there is no SA at the moment. Counts no hits and asks for no SAs. */
uint32_t ipsec_context_out(struct ipsec *x, const struct net_if *out, const struct pkt *p);
/* The context of the SA that unwrapped the packet; 0 = it came in clear, or the SA ended with it.
 */
uint32_t ipsec_context_in(const struct ipsec *x, const struct pkt *p);
/* Told when a context begins (alive) and when it is over. One listener; NULL = none. Called amid
 * the work on SAs: it must not change them. */
void ipsec_on_context(struct ipsec *x, void (*fn)(void *self, uint32_t context, bool alive),
                      void *self);

/* ---- What the operator does ---- */

/* Ends SA pairs (ops->ended is called for each). 0 or NULL fields match anything. Returns pairs
 * ended. */
struct ipsec_clear_what {
    ip4 peer;
    uint32_t nat; /* number of the peer behind its address */
    const char *map;
    uint32_t spi; /* of either direction */
    const struct net_if *on;
};
size_t ipsec_clear(struct ipsec *x, const struct ipsec_clear_what *what, enum ike_why why);
void ipsec_clear_counters(struct ipsec *x);

/* ---- What show reads ---- */

struct ipsec_pair {
    esp_sa_id in, out;
    uint32_t spi_in, spi_out;
    uint32_t nat;          /* number of the peer behind its address; 0 = the address is the peer */
    uint16_t lport, rport; /* of the UDP around it, where the suite says so */
    struct esp_suite suite;
    sim_time born, soft, hard;       /* SIM_TIME_MAX = never */
    uint64_t soft_bytes, hard_bytes; /* 0 = never */
    uint64_t bytes_in, bytes_out;
    uint32_t life_s, life_kb;
    uint32_t idle_s;         /* ends when it carried nothing for so long; 0 = it does not */
    sim_time last_used;      /* data went or came; of its predecessor before that */
    uint32_t path_mtu;       /* told by a router on the way */
    sim_time path_mtu_until; /* and believed until then; 0 = none was told */
    bool sending;            /* the newest: traffic goes out here */
    bool initiator;
};
/* One local-remote identity pair: a permit line of an applied map's access list, or one that was
 * negotiated. */
struct ipsec_ident {
    struct net_if *on;
    const char *map;
    uint32_t seq;
    const char *dynamic;   /* the dynamic map it hangs under; NULL = a static entry */
    uint32_t template_seq; /* entry of that; 0 = none */
    bool from_acl;
    ip4 local, peer; /* peer in use, or the first configured */
    uint32_t nat;    /* of the peer that the last pair was made with */
    struct proxy local_proxy, remote_proxy;
    uint64_t encaps, encrypt, digest, decaps, decrypt, verify, send_errors, recv_errors;
    /* Packets cut before sealing, those that could not be though they should, the pieces made;
     * errors about size sent to hosts, and heard from routers on the way; pieces that came out. */
    uint64_t cut, cut_failed, pieces, too_big_sent, too_big_heard, pieces_in;
    GPtrArray *pairs; /* struct ipsec_pair, newest first */
    uint32_t context; /* VPN context; 0 = no pairs */
};
size_t ipsec_ident_count(const struct ipsec *x);
const struct ipsec_ident *ipsec_ident_at(const struct ipsec *x,
                                         size_t i); /* by interface, entry, line */
struct sad *ipsec_sad(const struct ipsec *x);
struct ipsec_conf *ipsec_conf_of(const struct ipsec *x);

#endif
