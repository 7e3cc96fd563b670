/* Nodes, interfaces, links and the IPv4 stack of every simulated box. */
#ifndef NET_NET_H
#define NET_NET_H

#include "net/acl.h"
#include "net/pkt.h"
#include "trace/trace.h"
#include "wire/ip.h"

struct net;
struct net_link;

struct net *net_new(struct sim *sim, struct trace *trace);
void net_free(struct net *net);
struct sim *net_sim(const struct net *net);
struct trace *net_trace(const struct net *net);

/* ---- Nodes ---- */

/* What the rooms above hand in. Any may be NULL; `self` comes back as the first argument. A hook
 * that returns NET_TAKEN owns the packet. */
enum net_verdict { NET_PASS, NET_TAKEN };
struct net_hooks {
    /* A packet routed out of an interface, before fragmentation; forwarded or locally made. */
    enum net_verdict (*egress)(void *self, struct net_if *out, ip4 nexthop, struct pkt *p);
    /* A packet that came in at an interface, after the inbound ACL and before routing. Not called
     * for packets given to net_input_again. */
    enum net_verdict (*ingress)(void *self, struct net_if *in, struct pkt *p);
    void *self;
};
struct net_node *net_node_new(struct net *net, const char *name, bool forwards);
const char *net_node_name(const struct net_node *n);
struct net *net_node_net(const struct net_node *n);
struct trace_scope *net_node_scope(const struct net_node *n);
void net_node_set_hooks(struct net_node *n, const struct net_hooks *hooks);
/* Who is asked about each packet that came in, behind the inbound list and IPsec and once more when
 * it was unwrapped, before it is delivered (out NULL) or forwarded. DROP_NONE = it goes on. */
struct net_guard {
    enum drop_reason (*judge)(void *self, struct net_if *in, struct net_if *out,
                              const struct pkt *p);
    /* Does it pass an interface's list though the list refuses it? `in`: the inbound one. */
    bool (*admits)(void *self, struct net_if *i, bool in, const struct pkt *p);
    void *self;
};
void net_node_set_guard(struct net_node *n, const struct net_guard *guard);
struct net_node *net_node_by_name(struct net *net, const char *name);
size_t net_node_count(const struct net *net);
struct net_node *net_node_at(struct net *net, size_t i);

/* ---- Interfaces ---- */

struct net_if {
    struct net_node *node;
    char *name;        /* "FastEthernet0/0" */
    char *description; /* may be NULL */
    uint32_t index;    /* in the node, from 0 */
    ip4 addr, mask;    /* 0 = none */
    bool admin_up;     /* no shutdown */
    bool loopback;
    uint16_t mtu;           /* of the interface */
    uint16_t ip_mtu;        /* of IP, <= mtu */
    char *acl_in, *acl_out; /* names, may be NULL or undefined (then everything passes) */
    struct net_link *link;  /* NULL = not connected */
    uint32_t link_end;
    bool no_unreachables; /* no ip unreachables */
    bool no_keepalive;    /* line protocol up without a link */
    bool borrowed;        /* its address comes and goes, so programs of the node do not hold on to
                             one: each packet they send has that of the interface it leaves by */
    bool per_packet;      /* equal routes of which one leaves here are used packet by packet */
    bool no_route_cache;  /* no fast path for what comes or leaves here (net/qos.h) */
    uint64_t in_packets, in_bytes, out_packets, out_bytes, in_drops, out_drops;
    uint32_t bandwidth_kbps; /* for show; 100000 on FastEthernet */
    uint16_t tcp_mss;        /* SYNs that pass here announce at most this; 0 = as they are */
    void *ext;               /* of the room above that owns interfaces (device) */
};
struct net_if *net_if_new(struct net_node *n, const char *name); /* admin_up, mtu 1500 */
struct net_if *net_if_by_name(struct net_node *n, const char *name);
struct net_if *net_if_by_addr(struct net_node *n, ip4 addr);
size_t net_if_count(const struct net_node *n);
struct net_if *net_if_at(const struct net_node *n, size_t i);
void net_if_set_address(struct net_if *i, ip4 addr,
                        ip4 mask); /* connected route follows; 0 removes */
/* Its hardware address, the same in every run: 02 (locally administered) and 40 bits of the FNV-1a
 * hash of "node/interface". */
void net_if_mac(const struct net_if *i, uint8_t mac[6]);
void net_if_set_admin(struct net_if *i, bool up);
bool net_if_protocol_up(
    const struct net_if *i); /* admin up and its link up (loopbacks: admin up) */
/* Watches state and address changes of the node's interfaces, and (with NULL) of its static routes.
 * Without fn, nobody watches any more. */
void net_node_on_change(struct net_node *n, void (*fn)(void *self, struct net_if *i), void *self);
/* This one watches no more. Not from within fn. */
void net_node_off_change(struct net_node *n, void (*fn)(void *self, struct net_if *i), void *self);

/* ---- Routes: longest prefix, then lowest distance ---- */

struct net_route {
    struct ip4_net net;
    ip4 nexthop;      /* 0 = directly through `out` */
    char *out_name;   /* interface named in the route; NULL = by next hop */
    uint8_t distance; /* 0 connected, 1 static */
    bool connected;
    bool usable; /* next hop resolves over an interface that is up */
};
/* Equal routes (same prefix and distance) share what is forwarded: by source and destination, or
 * packet by packet in turn when an interface they leave by says so. */
bool net_route_add(struct net_node *n, struct ip4_net net, ip4 nexthop, const char *out_name,
                   uint8_t distance);
bool net_route_del(struct net_node *n, struct ip4_net net, ip4 nexthop, const char *out_name);
size_t net_route_count(const struct net_node *n);
const struct net_route *net_route_at(const struct net_node *n,
                                     size_t i); /* sorted by address, then mask length */
/* Where a packet to dst goes. False: no route. *nexthop is dst itself on a connected network. */
bool net_route_lookup(struct net_node *n, ip4 dst, struct net_if **out, ip4 *nexthop);

/* ---- ACLs of a node ---- */

struct acl *net_acl(struct net_node *n, const char *name); /* NULL when undefined */
struct acl *net_acl_make(struct net_node *n, const char *name, bool extended);
void net_acl_remove(struct net_node *n, const char *name);
size_t net_acl_count(const struct net_node *n);
struct acl *net_acl_at(struct net_node *n, size_t i); /* numbers by value, then names */

/* ---- Sending and receiving ---- */

/* Sends an IP packet the node made (head complete): routing, hooks, fragmentation, link. Takes the
 * packet. */
void net_output(struct net_node *n, struct pkt *p);
/* Sends out of this interface without the egress hook (what the hook itself made). Fragments when
 * needed: with DF set, drops with DROP_IP_DF and answers with ICMP when it was forwarded. Takes the
 * packet. */
void net_output_on(struct net_if *out, ip4 nexthop, struct pkt *p);
/* Cuts a packet in pieces of at most `mtu` bytes (RFC 791 3.2), which may be cut again; DF is not
 * looked at, and no piece has it. Takes the packet; false, and nothing is done, when its head is
 * not sound or the MTU leaves no room behind it. `each` takes the pieces. */
bool net_fragment(struct net_node *n, struct pkt *p, uint32_t mtu,
                  void (*each)(void *self, struct pkt *piece), void *self);
/* A packet unwrapped by IPsec goes back in: TTL, routing, delivery; no inbound ACL, no ingress
 * hook, egress hook yes. */
void net_input_again(struct net_if *in, struct pkt *p);
/* Builds head + payload and sends. src 0 = address of the interface it leaves by. Returns false
 * when there is no route. */
bool net_send_ip(struct net_node *n, ip4 src, ip4 dst, uint8_t protocol, uint8_t tos, bool df,
                 struct span payload);
bool net_send_udp(struct net_node *n, ip4 src, uint16_t sport, ip4 dst, uint16_t dport, uint8_t tos,
                  struct span payload);
/* The same out of this interface, whatever the routes say and without the egress hook: how one that
 * has no address yet (src 0) speaks to the limited broadcast address. */
void net_send_udp_on(struct net_if *out, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                     uint8_t tos, struct span payload);
/* An ICMP error about a packet that is not consumed (RFC 1812 4.3.2: never about ICMP errors,
 * fragments, broadcasts). */
void net_icmp_error(struct net_node *n, const struct pkt *about, uint8_t type, uint8_t code,
                    uint16_t mtu);

/* At most one destination unreachable in this time, and one about size (RFC 1812 4.3.2.8); 0 =
 * every time. */
void net_node_limit_unreachables(struct net_node *n, sim_time every);

/* Told of each ICMP error about a packet this node sent; `quoted` (lent) begins with that packet's
 * IP head. */
typedef void (*net_icmp_fn)(void *self, ip4 from, uint8_t type, uint8_t code, uint16_t mtu,
                            struct span quoted);
void net_icmp_watch(struct net_node *n, net_icmp_fn fn, void *self);
void net_icmp_unwatch(struct net_node *n, net_icmp_fn fn, void *self);

/* Whoever takes UDP datagrams to a local port. payload is lent. */
typedef void (*net_udp_fn)(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                           uint16_t dport, struct span payload);
bool net_udp_bind(struct net_node *n, uint16_t port, net_udp_fn fn,
                  void *self); /* false when taken */
void net_udp_unbind(struct net_node *n, uint16_t port);
/* The port is bound, and yet address translation may have it. */
void net_udp_yield(struct net_node *n, uint16_t port, bool yields);
/* Whoever takes a protocol (ESP) sent to a local address, reassembled. Takes the packet. */
typedef void (*net_proto_fn)(void *self, struct net_if *in, struct pkt *p);
void net_proto_bind(struct net_node *n, uint8_t protocol, net_proto_fn fn, void *self);

/* ---- Echo requests (RFC 792): the ping command and icmp traffic stand on this ---- */

enum net_ping_what {
    NET_PING_REPLY,
    NET_PING_TIMEOUT,
    NET_PING_UNREACHABLE,
    NET_PING_FRAG_NEEDED,
    NET_PING_TTL,
    NET_PING_NO_ROUTE
};
struct net_ping; /* one sender, its own ICMP id */
typedef void (*net_ping_fn)(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt);
/* Those not freed by their owner go with the net. */
struct net_ping *net_ping_new(struct net_node *n, net_ping_fn fn, void *self);
void net_ping_free(struct net_ping *g);
/* Sends request `seq` of `size` bytes of IP in all (28 at least); the answer, the error or the
 * timeout comes once to fn. */
void net_ping_send(struct net_ping *g, ip4 src, ip4 dst, uint32_t seq, uint32_t size, uint8_t tos,
                   bool df, uint16_t pattern, sim_time timeout);

/* ---- Links ---- */

/* Point to point (two ends) or a switched segment (more): packets go to the end that owns the next
 * hop. */
struct net_link *net_link_new(struct net *net, const char *name);
bool net_link_attach(struct net_link *l,
                     struct net_if *i); /* false when the interface has a link already */
struct net_link *net_link_by_name(struct net *net, const char *name);
size_t net_link_count(const struct net *net);
struct net_link *net_link_at(struct net *net, size_t i);
const char *net_link_name(const struct net_link *l);
size_t net_link_ends(const struct net_link *l);
struct net_if *net_link_end(const struct net_link *l, uint32_t end);
void net_link_set_up(struct net_link *l, bool up);

/* Impairments of one direction (packets sent by `end`). Probabilities in parts per billion. All
 * zero = perfect. */
struct net_impair {
    sim_time delay, jitter; /* jitter: uniform in [-jitter, +jitter], never below 0; order is kept
                               unless reorder */
    uint32_t loss_ppb;
    uint32_t burst_enter_ppb,
        burst_leave_ppb;    /* Gilbert: enter and leave the lossy state; used when enter > 0 */
    uint64_t loss_mask;     /* bit i drops packet i+1 of the direction */
    uint32_t loss_mask_len; /* bits used, 0 = no mask; after it nothing is lost */
    const uint64_t
        *loss_list; /* packet numbers to drop, ascending, owned by the link after net_link_impair */
    size_t n_loss_list;
    uint32_t reorder_ppb;
    sim_time reorder_by; /* such packets get this much more delay and may overtake */
    uint32_t duplicate_ppb;
    uint32_t corrupt_ppb; /* one random bit past the IP head is flipped (IP checksum untouched) */
    uint64_t rate_bps;    /* 0 = infinite */
    uint32_t queue_bytes; /* bytes waiting for the wire, 0 = 64 kB when a rate is set */
    uint16_t mtu;         /* 0 = 65535 */
    bool blackhole;
};
/* Copies `im` (takes loss_list over). Affects packets sent from now on. end UINT32_MAX = every end.
 */
void net_link_impair(struct net_link *l, uint32_t end, const struct net_impair *im);
const struct net_impair *net_link_impairment(const struct net_link *l, uint32_t end);

/* Delay and loss by a recorded trace: rows of (at, delay, lost), each valid from its time on;
 * repeats when `loop`. Times count from this call; a row's delay stands in place of the
 * impairment's; the last row lasts as long as the one before it. Takes the rows over. */
struct net_trace_row {
    sim_time at, delay;
    bool lost;
};
void net_link_replay(struct net_link *l, uint32_t end, struct net_trace_row *rows, size_t n,
                     bool loop);

/* Match-and-act rules, tried in the order added on every packet an end sends. The matcher sees
 * bytes, never keys. */
enum net_act { NET_ACT_DROP, NET_ACT_DELAY, NET_ACT_DUPLICATE, NET_ACT_CORRUPT };
struct net_match_rule {
    bool (*match)(void *self, uint32_t end, uint64_t number, struct span packet);
    void *self;
    void (*free_self)(void *self); /* may be NULL */
    enum net_act act;
    sim_time delay; /* for NET_ACT_DELAY */
    uint64_t count; /* acts on this many, then rests; 0 = without end */
    uint64_t skip;  /* lets this many matching ones pass first */
    char *label;    /* owned, may be NULL */
};
uint32_t net_link_rule_add(struct net_link *l,
                           const struct net_match_rule *rule); /* returns its id */
void net_link_rule_del(struct net_link *l, uint32_t id);

#endif
