/* What the files of the network room share: the inside of nets, nodes, links, and the steps of IP.
 */
#ifndef NET_PRIV_H
#define NET_PRIV_H

#include <glib.h>
#include <string.h>
#include "net/net.h"

#define IP4_BROADCAST 0xffffffffu

struct net {
    struct sim *sim;
    struct trace *trace;
    GPtrArray *nodes, *links;      /* owned */
    GHashTable *node_of, *link_of; /* name -> lent */
};

/* ---- Routes ---- */

enum route_state { ROUTE_UNKNOWN, ROUTE_BUSY, ROUTE_DONE };

struct route {
    struct net_route r;
    struct net_if *own; /* of a connected route */
    struct net_if *via; /* resolved: where it leaves, NULL while it is not usable */
    ip4 hop;            /* resolved: 0 = the destination itself */
    uint8_t len;        /* of the prefix */
    uint8_t state;      /* enum route_state, while resolving */
    bool was_usable;
    uint32_t turn; /* which of the routes equal to this one the next packet takes */
};

/* What a node does with packets to one address; the answer is kept until something changes. */
enum dest_kind { DEST_NONE, DEST_LOCAL, DEST_BROADCAST, DEST_ROUTE };
struct dest {
    ip4 dst, nexthop;
    struct net_if *out;  /* for DEST_BROADCAST NULL when no interface is up */
    uint32_t generation; /* of the node when this was true */
    uint8_t kind;
    bool shared; /* there are other ways as good: see route_share */
};
#define DEST_CACHE_BITS 2

/* ---- Nodes ---- */

struct net_watch {
    void (*fn)(void *self, struct net_if *i);
    void *self;
};
struct icmp_watch {
    net_icmp_fn fn;
    void *self;
};
struct udp_bind {
    uint16_t port;
    net_udp_fn fn;
    void *self;
    bool yields;
};
struct proto_bind {
    uint8_t protocol;
    net_proto_fn fn;
    void *self;
};
struct drop_count {
    enum drop_reason why;
    uint64_t *n;
};
struct reassembly;
struct net_conns;
struct qos_conf;
struct qos_port;
struct cpu;
struct net_nat;

struct net_node {
    struct net *net;
    struct trace_scope *scope;
    struct net_hooks hooks;
    struct net_guard guard;
    bool forwards;
    uint8_t ttl;                             /* of packets it makes */
    uint16_t ip_id;                          /* of the next packet it makes */
    uint16_t ping_id;                        /* of the next echo sender */
    sim_time unreachable_every;              /* between two errors of a kind; 0 = no limit */
    sim_time unreachable_next, too_big_next; /* when the next may go out */
    uint32_t generation;                     /* moves when addresses, states or routes do */
    uint32_t n_recursive;                    /* static routes that go by next hop alone */
    struct dest dest[1 << DEST_CACHE_BITS];
    GPtrArray *ifs;    /* struct net_if, owned */
    GHashTable *local; /* address -> struct net_if, of nodes with many; NULL when out of date */
    GPtrArray *routes; /* struct route, owned, sorted */
    uint32_t routes_of_len[33];
    GPtrArray *acls;      /* struct acl, owned, sorted; NULL until the first */
    GArray *watches;      /* struct net_watch; NULL until the first, as those below */
    GArray *icmp_watches; /* struct icmp_watch */
    GArray *udp;          /* struct udp_bind, by port */
    GArray *protos;       /* struct proto_bind */
    GArray *tcp_raw;      /* struct tcp_raw */
    GPtrArray *pings;     /* struct net_ping, those alive */
    struct reassembly *reassembly;
    struct tcp_stack *tcp;   /* NULL until it listens or connects */
    uint32_t tcp_window;     /* of connections that name none; 0 = the default */
    int8_t tcp_resets;       /* 1 and -1 as told; 0 = as hosts and routers do */
    struct qos_conf *qos;    /* NULL until asked for */
    struct cpu *cpu;         /* NULL: the fast path takes everything */
    struct net_conns *conns; /* NULL unless somebody wants connections tracked */
    struct net_nat *nat;     /* NULL unless it translates */
    GQueue looped;           /* packets to itself, delivered by an event of their own */
    struct sim_port loop_port;
    struct {
        uint64_t *sent, *forwarded, *delivered, *icmp_in, *icmp_out, *frag_made, *frag_joined;
    } count;
    GArray *drops; /* struct drop_count; NULL until the first */
};

/* The public interface and what only this room knows of it. */
struct if_box {
    struct net_if pub;
    bool was_up;
    struct qos_port *qos_out, *qos_in; /* policies in force, NULL = none */
    uint32_t tx_ring;                  /* 0 = the default */
};

static inline ip4 pkt_src(const struct pkt *p)
{
    return be32_get(p->buf + p->head + 12);
}
static inline ip4 pkt_dst(const struct pkt *p)
{
    return be32_get(p->buf + p->head + 16);
}
static inline bool ip4_multicast(ip4 a)
{
    return a >> 28 == 0xe;
}

void node_free(struct net_node *n);
void node_changed(struct net_node *n, struct net_if *i);
uint64_t *node_drop_counter(struct net_node *n, enum drop_reason why);
void if_free(struct net_if *i);
/* Compares the line state with what was told last; tells routes, watchers and the trace when it
 * moved. */
void if_refresh(struct net_if *i);
bool if_is_broadcast(const struct net_if *i, ip4 dst); /* of its subnet */

void route_free(struct route *rt);
void route_connected_add(struct net_node *n, struct net_if *i);
void route_connected_del(struct net_node *n, struct net_if *i);
void route_interface_changed(struct net_node *n, struct net_if *i);
/* Which of the equal ways this packet takes: *d has the first of them. */
void route_share(struct net_node *n, const struct pkt *p, struct dest *d);
/* Lent until the next call for this node. */
const struct dest *dest_slow(struct net_node *n, struct dest *d, ip4 dst);
static inline const struct dest *dest_of(struct net_node *n, ip4 dst)
{
    /* Multiplied by 2^32 over the golden ratio: hosts of neighbouring subnets often end alike. */
    struct dest *d = &n->dest[dst * UINT32_C(0x9E3779B1) >> (32 - DEST_CACHE_BITS)];
    return d->dst == dst && d->generation == n->generation ? d : dest_slow(n, d, dst);
}

/* ---- The steps of IP ---- */

void ip_input(struct net_if *in, struct pkt *p);     /* from the wire */
void ip_input_now(struct net_if *in, struct pkt *p); /* the processor has let it through */
void net_output_now(struct net_if *out, ip4 nexthop, struct pkt *p);
void ip_deliver(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h);
bool ip_acl_passes(struct net_if *i, const char *name, const struct pkt *p);
/* Routes and sends; `forwarded` packets meet the outbound ACL and are answered with ICMP errors. */
void ip_send(struct net_node *n, struct pkt *p, bool forwarded);
/* Finds the way and fills src when it is 0. False: no route. */
bool ip_source(struct net_node *n, ip4 *src, ip4 dst);
/* Writes a plain head before `payload` bytes that stand behind the first IP4_HEAD of the packet. */
void ip_head_put(struct net_node *n, struct pkt *p, ip4 src, ip4 dst, uint8_t protocol, uint8_t tos,
                 bool df);
/* Cuts a packet whose head is sound; calls `out` with each piece. Takes the packet. */
void ip_fragment(struct net_if *out, ip4 nexthop, struct pkt *p, uint32_t mtu);
void ip_loop_event(void *node, uint64_t arg);
/* The packet comes in again, behind what is being done: p->in is set. */
void ip_again_later(struct net_node *n, struct pkt *p);

/* A SYN's segment size brought between two ends (0 = none). Takes the packet and gives it back. */
struct pkt *mss_pass(struct pkt *p, uint16_t least, uint16_t most);
/* A packet to be forwarded, at the connection table: true when it goes on, else it was taken. */
bool conn_passes(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h);
void conn_mss_pass(struct net_conns *t, struct pkt *p); /* writes to it */
void conns_free(struct net_node *n);
/* Translation of what came in, and of what is forwarded and routed. Both take the packet; NULL: it
 * waits for its other fragments, or was dropped. */
struct pkt *nat_in(struct net_node *n, struct net_if *in, struct pkt *p);
struct pkt *nat_out(struct net_node *n, struct net_if *out, struct pkt *p);
void nat_free(struct net_node *n);
/* Is it a port of the node itself? */
bool udp_bound(const struct net_node *n, uint16_t port);
bool tcp_bound(const struct net_node *n, uint16_t port);

/* Takes a fragment; the whole packet when this piece completed it, else NULL. */
struct pkt *reassembly_add(struct net_node *n, struct pkt *p, const struct ip4_head *h);
void reassembly_free(struct net_node *n);

void icmp_input(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h);
/* An error for something this node sent: to pings and watchers. `quoted` begins with the IP head.
 */
void icmp_error_in(struct net_node *n, ip4 from, const struct icmp_head *icmp, struct span quoted,
                   bool later);
void udp_input(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h);
void tcp_input(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h);
void tcp_free(struct net_node *n);

void ping_reply_in(struct net_node *n, ip4 from, ip4 to, const struct icmp_head *icmp);
void ping_error_in(struct net_node *n, uint16_t id, uint16_t seq, enum net_ping_what what,
                   bool later);
void ping_free_all(struct net_node *n);

/* ---- Links ---- */

struct net_portal;
struct link_dir; /* impairments of one direction and their state, made when first set */

struct link_end {
    struct net_if *i;
    uint64_t sent; /* packets put on the link here; the number of the last */
    struct link_dir *dir;
};
/* A packet on its way. The link owns it. */
struct flight {
    struct pkt *p; /* NULL: a free place, `number` is the next free one */
    uint64_t number;
    uint32_t from, to;
    ip4 nexthop;
};
struct link_rule {
    struct net_match_rule rule;
    uint32_t id;
    uint64_t seen; /* matching packets so far */
};
struct net_link {
    struct net *net;
    char *name;
    bool up;
    uint32_t n_ends, n_flights, free_flight, next_rule;
    struct link_end *ends;
    struct flight *flights;
    GArray *rules;      /* struct link_rule; NULL until the first */
    GHashTable *owners; /* address -> end + 1, of segments with many ends; NULL when out of date */
    struct sim_port port;
    struct net_portal *portal; /* owned; NULL = none */
    uint32_t portal_end;
};
/* What becomes of one packet. */
struct fate {
    enum drop_reason why; /* DROP_NONE: it arrives */
    sim_time at;
    bool twice;
    uint64_t flip; /* 1 + the bit, counted past the IP head, that is flipped; 0 = none */
};

void link_free(struct net_link *l);
void portal_free(struct net_portal *portal);
/* Takes the packet. */
void portal_arrive(struct net_portal *portal, struct net_if *from, ip4 nexthop, struct pkt *p);
void link_send(struct net_if *out, ip4 nexthop, struct pkt *p); /* through the queues */
void link_put(struct net_if *out, ip4 nexthop, struct pkt *p);  /* on the wire */
/* When the wire has carried all that was put on it. */
sim_time link_wire_free(const struct net_link *l, uint32_t end);
void link_forget_owners(struct net_link *l);
void impair_decide(struct net_link *l, uint32_t end, uint64_t number, const struct pkt *p,
                   struct fate *f);
void impair_dir_free(struct link_dir *d);

#endif
