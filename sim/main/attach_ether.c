/* A bound link seen from the wire: Ethernet frames to packets of the portal and back, and ARP for
 * the simulated interfaces, each of which has an address of its own (RFC 826, 894, 1112 6.4). On a
 * tunnel there is no Ethernet: frames are packets.
 *
 * Nothing that comes in is believed; what is not used is counted with its reason. */
#include <errno.h>
#include <string.h>

#include "attach_arp.h"

enum {
    TYPE_IP = 0x0800,
    TYPE_ARP = 0x0806,
    TYPE_VLAN = 0x8100,
    TYPE_QINQ = 0x88a8,
    TYPE_IPV6 = 0x86dd
};
#define FRAME_MIN   60     /* of Ethernet, without its checksum */
#define BACKLOG_MAX 50000u /* events of the simulation waiting, above those of the beginning */

// clang-format off
#define COUNTERS(ROW)                                  \
    ROW(in_frames,     "attach.in.frames")             \
    ROW(in_packets,    "attach.in.packets")            \
    ROW(in_arp,        "attach.in.arp")                \
    ROW(in_unfinished, "attach.in.unfinished_checksum") \
    ROW(in_segmented,  "attach.in.segmented")          \
    ROW(drop_ipv6,     "attach.drop.ipv6")             \
    ROW(drop_vlan,     "attach.drop.vlan")             \
    ROW(drop_type,     "attach.drop.type")             \
    ROW(drop_short,    "attach.drop.short")            \
    ROW(drop_arp,      "attach.drop.arp")              \
    ROW(drop_other,    "attach.drop.not_for_us")       \
    ROW(drop_offload,  "attach.drop.offload")          \
    ROW(drop_backlog,  "attach.drop.backlog")          \
    ROW(conflict,      "attach.arp.conflict")          \
    ROW(out_packets,   "attach.out.packets")           \
    ROW(out_arp,       "attach.out.arp")               \
    ROW(out_too_big,   "attach.drop.out_too_big")      \
    ROW(out_failed,    "attach.drop.out_failed")
// clang-format on

struct counters {
#define ROW(slot, name) uint64_t *slot;
    COUNTERS(ROW)
#undef ROW
};

/* A simulated interface on the link, with the Ethernet address it has out there. */
struct station {
    struct net_if *i;
    uint8_t mac[ETHER_ADDR];
};

struct attach_port {
    struct net_link *link;
    struct net_portal *portal;
    struct sim *sim;
    bool ethernet;
    attach_send_fn send;
    void *self;
    struct station *stations; /* by end of the link; the portal is behind them */
    uint32_t n_stations;
    struct neighbors *neighbors;
    uint64_t backlog_max;
    struct counters count;
    ip4 nexthop_now; /* of the packets that one frame is cut into */
};

static const uint8_t everybody[ETHER_ADDR] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

GQuark attach_error_quark(void)
{
    return g_quark_from_static_string("vpnsim-attach-error");
}

/* ---- Stations ---- */

static const struct station *station_of_mac(const struct attach_port *port, const uint8_t *mac)
{
    for (uint32_t k = 0; k < port->n_stations; k++)
        if (!memcmp(port->stations[k].mac, mac, ETHER_ADDR))
            return &port->stations[k];
    return NULL;
}

static const struct station *station_of_addr(const struct attach_port *port, ip4 addr)
{
    for (uint32_t k = 0; k < port->n_stations; k++) {
        const struct net_if *i = port->stations[k].i;
        if (addr && i->addr == addr && net_if_protocol_up(i))
            return &port->stations[k];
    }
    return NULL;
}

static const uint8_t *mac_from(const struct attach_port *port, const struct net_if *from)
{
    return port->stations[from->link_end].mac;
}

/* ---- Sending ---- */

static void count_failure(struct attach_port *port, int error)
{
    if (error == EMSGSIZE)
        ++*port->count.out_too_big;
    else
        ++*port->count.out_failed;
}

static void arp_send(struct attach_port *port, const struct arp *a, const uint8_t *to)
{
    uint8_t frame[FRAME_MIN] = {0};
    memcpy(frame, to, ETHER_ADDR);
    memcpy(frame + ETHER_ADDR, a->sender_mac, ETHER_ADDR);
    be16_put(frame + 12, TYPE_ARP);
    arp_emit(a, frame + ETHER_HEAD);
    int error = port->send(port->self, span_of(frame, sizeof frame));
    if (error)
        count_failure(port, error);
    else
        ++*port->count.out_arp;
}

static void packet_send(struct attach_port *port, struct pkt *p)
{
    int error = port->send(port->self, pkt_span(p));
    if (error)
        count_failure(port, error);
    else
        ++*port->count.out_packets;
    pkt_unref(p);
}

static void frame_send(void *self, struct net_if *from, const uint8_t mac[ETHER_ADDR],
                       struct pkt *p)
{
    struct attach_port *port = self;
    p = pkt_own(p);
    uint8_t *head = pkt_push(p, ETHER_HEAD);
    memcpy(head, mac, ETHER_ADDR);
    memcpy(head + ETHER_ADDR, mac_from(port, from), ETHER_ADDR);
    be16_put(head + 12, TYPE_IP);
    if (p->len < FRAME_MIN) {
        size_t padding = FRAME_MIN - p->len;
        memset(pkt_tail(p, padding), 0, padding);
    }
    packet_send(port, p);
}

static void neighbor_ask(void *self, struct net_if *from, ip4 addr)
{
    struct attach_port *port = self;
    struct arp a = {.op = ARP_REQUEST, .sender = from->addr, .target = addr};
    memcpy(a.sender_mac, mac_from(port, from), ETHER_ADDR);
    arp_send(port, &a, everybody);
}

static void neighbor_missing(void *self, struct pkt *p)
{
    struct attach_port *port = self;
    pkt_drop(net_portal_if(port->portal)->node, p, DROP_LINK_NO_NEIGHBOR);
}

static bool goes_to_all(const struct net_if *from, ip4 addr)
{
    bool subnet = ip4_mask_len(from->mask) >= 0 && ip4_mask_len(from->mask) < 31;
    return addr == 0xffffffffu || (from->addr && subnet && addr == (from->addr | ~from->mask));
}

/* From the simulation to the wire. */
static void packet_out(void *self, struct net_if *from, ip4 nexthop, struct pkt *p)
{
    struct attach_port *port = self;
    if (!port->ethernet) {
        packet_send(port, p);
    } else if (goes_to_all(from, nexthop)) {
        frame_send(port, from, everybody, p);
    } else if (nexthop >> 28 == 0xe) { /* RFC 1112 6.4: the low 23 bits */
        uint8_t mac[ETHER_ADDR] = {0x01, 0x00, 0x5e};
        be16_put(mac + 4, (uint16_t)nexthop);
        mac[3] = (uint8_t)(nexthop >> 16 & 0x7f);
        frame_send(port, from, mac, p);
    } else {
        neighbors_send(port->neighbors, from, nexthop, p);
    }
}

void attach_port_announce(struct attach_port *port)
{
    for (uint32_t k = 0; port->ethernet && k < port->n_stations; k++) {
        struct net_if *i = port->stations[k].i;
        if (i->addr && net_if_protocol_up(i))
            neighbor_ask(port, i, i->addr);
    }
}

/* ---- Receiving ---- */

static void arp_in(struct attach_port *port, struct span bytes)
{
    struct arp a;
    ++*port->count.in_arp;
    if (!arp_parse(bytes, &a)) {
        ++*port->count.drop_arp;
        return;
    }
    if (station_of_addr(port, a.sender)) { /* somebody else says that it has our address */
        if (!station_of_mac(port, a.sender_mac) && !(*port->count.conflict)++)
            sim_note(attach_port_scope(port), "%s is also used by a real neighbour",
                     IP4S(a.sender));
        return;
    }
    const struct station *asked = station_of_addr(port, a.target);
    if (a.sender)
        neighbors_heard(port->neighbors, a.sender, a.sender_mac, asked != NULL);
    if (!asked || a.op != ARP_REQUEST)
        return;
    struct arp answer = {.op = ARP_REPLY, .sender = a.target, .target = a.sender};
    memcpy(answer.sender_mac, asked->mac, ETHER_ADDR);
    memcpy(answer.target_mac, a.sender_mac, ETHER_ADDR);
    arp_send(port, &answer, a.sender_mac);
}

static void packet_in(void *self, struct pkt *p)
{
    struct attach_port *port = self;
    ++*port->count.in_packets;
    net_portal_input(port->portal, port->nexthop_now, p);
}

/* `frame` is what the offsets of `meta` count from; the packet begins `at` bytes into it. */
static void ip_in(struct attach_port *port, uint8_t *frame, size_t n, size_t at, ip4 nexthop,
                  const struct attach_meta *meta)
{
    struct span packet = span_of(frame + at, n - at);
    if (packet.n < IP4_HEAD || packet.p[0] >> 4 != 4) {
        ++*(packet.n > 0 && packet.p[0] >> 4 == 6 ? port->count.drop_ipv6 : port->count.drop_short);
        return;
    }
    if (sim_pending(port->sim) > port->backlog_max) {
        ++*port->count.drop_backlog;
        return;
    }
    port->nexthop_now = nexthop;
    if (meta->gso != ATTACH_GSO_NONE) {
        if (offload_segment(packet, meta, packet_in, port))
            ++*port->count.in_segmented;
        else
            ++*port->count.drop_offload;
        return;
    }
    if (meta->checksum_unfinished) {
        if (!offload_checksum(frame, n, meta)) {
            ++*port->count.drop_offload;
            return;
        }
        ++*port->count.in_unfinished;
    }
    size_t total = be16_get(packet.p + 2); /* what is behind it is padding of the wire */
    packet.n = total >= IP4_HEAD && total < packet.n ? total : packet.n;
    packet_in(port, pkt_of(packet));
}

static void other_in(struct attach_port *port, uint16_t type)
{
    switch (type) {
    case TYPE_IPV6:
        ++*port->count.drop_ipv6;
        break;
    case TYPE_VLAN:
    case TYPE_QINQ:
        ++*port->count.drop_vlan;
        break;
    default:
        ++*port->count.drop_type;
    }
}

static void frame_in(struct attach_port *port, uint8_t *frame, size_t n,
                     const struct attach_meta *meta)
{
    if (n < ETHER_HEAD) {
        ++*port->count.drop_short;
        return;
    }
    uint16_t type = be16_get(frame + 12);
    bool group = frame[0] & 1;
    const struct station *to = group ? NULL : station_of_mac(port, frame);
    if (meta->vlan)
        ++*port->count.drop_vlan;
    else if (type != TYPE_IP && type != TYPE_ARP)
        other_in(port, type);
    else if (!group && !to)
        ++*port->count.drop_other;
    else if (type == TYPE_ARP)
        arp_in(port, span_of(frame + ETHER_HEAD, n - ETHER_HEAD));
    else
        ip_in(port, frame, n, ETHER_HEAD, to ? to->i->addr : 0xffffffffu, meta);
}

void attach_port_input(struct attach_port *port, uint8_t *frame, size_t n,
                       const struct attach_meta *meta)
{
    ++*port->count.in_frames;
    if (!n)
        ++*port->count.drop_short;
    else if (port->ethernet)
        frame_in(port, frame, n, meta);
    else
        ip_in(port, frame, n, 0, 0, meta);
}

/* ---- The port ---- */

static void stations_make(struct attach_port *port)
{
    port->n_stations = (uint32_t)net_link_ends(port->link);
    port->stations = g_new0(struct station, port->n_stations);
    for (uint32_t k = 0; k < port->n_stations; k++) {
        struct station *s = &port->stations[k];
        uint8_t mac[ETHER_ADDR];
        s->i = net_link_end(port->link, k);
        net_if_mac(s->i, mac);
        while (station_of_mac(port, mac)) /* two names of one hash */
            mac[5]++;
        memcpy(s->mac, mac, ETHER_ADDR);
    }
}

struct attach_port *attach_port_new(struct net_link *l, const char *iface, bool ethernet,
                                    attach_send_fn send, void *self, GError **error)
{
    const char *name = net_link_name(l);
    if (!ethernet && net_link_ends(l) != 1) {
        g_set_error(error, ATTACH_ERROR, ATTACH_ERROR_USAGE,
                    "link %s has %zu simulated ends: a tunnel cannot tell them apart; bind it to "
                    "an Ethernet interface (veth, tap)",
                    name, net_link_ends(l));
        return NULL;
    }
    struct attach_port *port = g_new0(struct attach_port, 1);
    port->link = l;
    port->ethernet = ethernet;
    port->send = send;
    port->self = self;
    stations_make(port); /* before the portal becomes an end, too */
    port->portal = net_portal_new(l, iface, packet_out, port);
    if (!port->portal) {
        g_set_error(error, ATTACH_ERROR, ATTACH_ERROR_USAGE,
                    "%s cannot be bound to %s: the link is bound already, or a node has that name",
                    name, iface);
        attach_port_free(port);
        return NULL;
    }
    struct trace_scope *scope = attach_port_scope(port);
#define ROW(slot, text) port->count.slot = trace_counter(scope, text);
    COUNTERS(ROW)
#undef ROW
    port->sim = net_sim(net_node_net(net_portal_if(port->portal)->node));
    port->backlog_max = sim_pending(port->sim) + BACKLOG_MAX;
    const struct neighbor_ops ops = {neighbor_ask, frame_send, neighbor_missing, port};
    port->neighbors = neighbors_new(port->sim, scope, &ops);
    return port;
}

void attach_port_free(struct attach_port *port)
{
    if (!port)
        return;
    neighbors_free(port->neighbors);
    g_free(port->stations);
    g_free(port);
}

void attach_port_describe(const struct attach_port *port, GString *out)
{
    for (uint32_t k = 0; k < port->n_stations; k++) {
        const struct station *s = &port->stations[k];
        g_string_append_printf(out, "%s: %s:%s %s", net_link_name(port->link),
                               net_node_name(s->i->node), s->i->name,
                               s->i->addr ? IP4S(s->i->addr) : "without an address");
        if (port->ethernet)
            g_string_append_printf(out, " is %02x:%02x:%02x:%02x:%02x:%02x", s->mac[0], s->mac[1],
                                   s->mac[2], s->mac[3], s->mac[4], s->mac[5]);
        g_string_append_printf(out, " on %s\n", net_portal_if(port->portal)->name);
    }
}

struct trace_scope *attach_port_scope(const struct attach_port *port)
{
    return net_portal_scope(port->portal);
}

struct net_link *attach_port_link(const struct attach_port *port)
{
    return port->link;
}
