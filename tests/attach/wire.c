#include "wire.h"

const uint8_t peer_mac[ETHER_ADDR] = {0x52, 0x54, 0, 0, 0, 2};

ip4 addr(const char *text)
{
    ip4 a = 0;
    cr_assert(ip4_parse(text, &a), "%s", text);
    return a;
}

static struct net_if *port(struct net_node *n, const char *name, const char *address)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, addr(address), ip4_mask(24));
    return i;
}

struct wire *wire_new(void)
{
    struct wire *w = g_new0(struct wire, 1);
    w->sim = sim_new(1, 0);
    w->trace = trace_new(w->sim);
    w->net = net_new(w->sim, w->trace);
    w->log = g_string_new(NULL);
    w->last = g_byte_array_new();
    w->r = net_node_new(w->net, "r", true);
    w->pc = net_node_new(w->net, "pc", false);
    w->r_out = port(w->r, "out", "203.0.113.1");
    w->r_in = port(w->r, "in", "10.1.0.1");
    w->pc_if = port(w->pc, "eth0", "10.1.0.5");
    w->outside = net_link_new(w->net, "outside");
    struct net_link *inside = net_link_new(w->net, "inside");
    net_link_attach(w->outside, w->r_out);
    net_link_attach(inside, w->r_in);
    net_link_attach(inside, w->pc_if);
    net_route_add(w->pc, (struct ip4_net){0}, addr("10.1.0.1"), NULL, 1);
    return w;
}

static void log_packet(struct wire *w, struct span packet)
{
    struct ip4_head h;
    if (ip4_head_parse(packet, &h) == WIRE_OK)
        g_string_append_printf(w->log, "ip %s > %s %u %u\n", IP4S(h.src), IP4S(h.dst), h.protocol,
                               h.total);
    else
        g_string_append(w->log, "ip ?\n");
}

static void log_frame(struct wire *w, struct span frame)
{
    struct arp a;
    cr_assert_geq(frame.n, 60, "no frame is shorter");
    struct span rest = span_sub(frame, ETHER_HEAD, frame.n);
    if (be16_get(frame.p + 12) == 0x0800) {
        log_packet(w, rest);
        return;
    }
    cr_assert(arp_parse(rest, &a));
    if (a.op == ARP_REQUEST)
        g_string_append_printf(w->log, "arp who-has %s tell %s\n", IP4S(a.target), IP4S(a.sender));
    else
        g_string_append_printf(w->log, "arp %s to %s\n", IP4S(a.sender), IP4S(a.target));
}

static int frame_out(void *self, struct span frame)
{
    struct wire *w = self;
    if (w->error)
        return w->error;
    w->sent++;
    g_byte_array_set_size(w->last, 0);
    g_byte_array_append(w->last, frame.p, (guint)frame.n);
    if (frame.p[0] >> 4 == 4) /* no Ethernet: our addresses begin with 02, 52 or ff */
        log_packet(w, frame);
    else
        log_frame(w, frame);
    return 0;
}

void wire_bind(struct wire *w, bool ethernet)
{
    w->port = attach_port_new(w->outside, "veth0", ethernet, frame_out, w, NULL);
    cr_assert_not_null(w->port);
}

struct wire *wire_open(bool ethernet)
{
    struct wire *w = wire_new();
    wire_bind(w, ethernet);
    return w;
}

void wire_free(struct wire *w)
{
    attach_port_free(w->port);
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
    g_string_free(w->log, TRUE);
    g_byte_array_unref(w->last);
    g_free(w);
}

void wire_run(struct wire *w, sim_time for_time)
{
    sim_run(w->sim, sim_now(w->sim) + for_time);
}

const char *wire_log(struct wire *w)
{
    static char text[4096];
    g_strlcpy(text, w->log->str, sizeof text);
    g_string_truncate(w->log, 0);
    return text;
}

uint64_t wire_counter(struct wire *w, const char *name)
{
    uint64_t value = 0;
    cr_assert(trace_counter_get(attach_port_scope(w->port), name, &value), "no counter %s", name);
    return value;
}

void arp_from(struct wire *w, uint16_t op, const uint8_t mac[ETHER_ADDR], const char *sender,
              const char *target)
{
    uint8_t frame[60] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    struct arp a = {.op = op, .sender = addr(sender), .target = addr(target)};
    memcpy(a.sender_mac, mac, ETHER_ADDR);
    memcpy(frame + ETHER_ADDR, mac, ETHER_ADDR);
    be16_put(frame + 12, 0x0806);
    arp_emit(&a, frame + ETHER_HEAD);
    attach_port_input(w->port, frame, sizeof frame, &(struct attach_meta){0});
}

void station_mac_of(struct wire *w, uint32_t end, uint8_t out[ETHER_ADDR])
{
    arp_from(w, ARP_REQUEST, peer_mac, "203.0.113.2", IP4S(net_link_end(w->outside, end)->addr));
    cr_assert_geq(w->last->len, 60);
    memcpy(out, w->last->data + ETHER_ADDR, ETHER_ADDR);
    wire_log(w);
}

void ip_from(struct wire *w, const uint8_t to[ETHER_ADDR], struct span packet,
             const struct attach_meta *meta)
{
    static const struct attach_meta plain;
    g_autofree uint8_t *frame = g_malloc0(ETHER_HEAD + packet.n);
    memcpy(frame, to, ETHER_ADDR);
    memcpy(frame + ETHER_ADDR, peer_mac, ETHER_ADDR);
    be16_put(frame + 12, 0x0800);
    memcpy(frame + ETHER_HEAD, packet.p, packet.n);
    attach_port_input(w->port, frame, ETHER_HEAD + packet.n, meta ? meta : &plain);
}

GByteArray *ip_bytes(const char *src, const char *dst, uint8_t protocol, struct span payload)
{
    GByteArray *b = g_byte_array_new();
    struct ip4_head h = {.ttl = 64,
                         .protocol = protocol,
                         .head_bytes = IP4_HEAD,
                         .total = (uint16_t)(IP4_HEAD + payload.n),
                         .id = 7,
                         .src = addr(src),
                         .dst = addr(dst)};
    g_byte_array_set_size(b, IP4_HEAD);
    ip4_head_emit(&h, b->data);
    g_byte_array_append(b, payload.p, (guint)payload.n);
    return b;
}

GByteArray *echo_bytes(const char *src, const char *dst, size_t payload)
{
    g_autofree uint8_t *echo = g_malloc0(ICMP_HEAD + payload);
    icmp_emit(&(struct icmp_head){.type = ICMP_ECHO, .id = 1, .seq = 1}, echo, payload);
    return ip_bytes(src, dst, IPPROTO_NUM_ICMP, span_of(echo, ICMP_HEAD + payload));
}
