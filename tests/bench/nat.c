/* What the path costs: host - router - box - router - host, 1,000-byte UDP, packets a second when
 * the box forwards, when it translates, and when the routers seal and open around it; and a table
 * of 100,000 translations: how fast they are made, found, and ended by time, and their memory.
 * Compared with the plain line of the same run. */
#include <malloc.h>

#include "net/nat.h"
#include "pairs.h"

#define PACKET_BYTES 1000
#define BATCH        64
#define FLOWS        100000
#define HOSTS        100

/* ---- The chain ---- */

struct chain {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct net_node *pc1, *box, *pc2;
    struct net_if *inside, *outside;
    struct device *r1, *r2;
    struct net_nat_conf nat;
    uint64_t received;
    struct sim_timer source;
    uint8_t payload[PACKET_BYTES - IP4_HEAD - UDP_HEAD];
};

static void receive(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                    struct span payload)
{
    ((struct chain *)self)->received++;
}

static void send_batch(void *self)
{
    struct chain *c = self;
    for (int i = 0; i < BATCH; i++)
        net_send_udp(c->pc1, 0, (uint16_t)(5000 + i % 16), IP4(10, 2, 0, 5), 5001, 0,
                     span_of(c->payload, sizeof c->payload));
    sim_timer_arm_in(&c->source, MICROSECONDS(100));
}

static struct net_if *port(struct net_node *n, const char *name, ip4 addr)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, addr, ip4_mask(24));
    return i;
}

static void wire(struct net *net, const char *name, struct net_if *a, struct net_if *b)
{
    struct net_link *l = net_link_new(net, name);
    net_link_attach(l, a);
    net_link_attach(l, b);
    net_link_impair(l, UINT32_MAX, &(struct net_impair){.delay = MICROSECONDS(50)});
}

static void route(struct net_node *n, ip4 hop)
{
    net_route_add(n, (struct ip4_net){0, 0}, hop, NULL, 1);
}

static const char router_config[] =
    "hostname %s\n"
    "crypto isakmp policy 10\n encr aes\n authentication pre-share\n group 2\n"
    "crypto isakmp key bench address %s\n"
    "crypto ipsec transform-set s %s\n"
    "crypto map m 10 ipsec-isakmp\n set peer %s\n set transform-set s\n match address 110\n"
    "interface FastEthernet0/0\n ip address %s 255.255.255.0\n %s\n"
    "interface FastEthernet0/1\n ip address %s 255.255.255.0\n"
    "ip route 0.0.0.0 0.0.0.0 %s\n"
    "access-list 110 permit ip %s 0.0.0.255 %s 0.0.0.255\nend\n";

/* Sites 1 and 2: 10.1.0.0 behind 192.0.1.1, 10.2.0.0 behind 192.0.2.1; the box is .2 of both. */
static struct device *router(struct net *net, unsigned site, const char *transform)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *name = g_strdup_printf("r%u", site);
    ip4 own = IP4(192, 0, site, 1), peer = IP4(192, 0, 3 - site, 1);
    g_autofree char *text = g_strdup_printf(
        router_config, name, IP4S(peer), transform ? transform : "esp-aes esp-sha-hmac", IP4S(peer),
        IP4S(own), transform ? "crypto map m" : "no shutdown", IP4S(IP4(10, site, 0, 1)),
        IP4S(own + 1), IP4S(IP4(10, site, 0, 0)), IP4S(IP4(10, 3 - site, 0, 0)));
    struct device *d = device_new(net, name, vendor_kind("ios"), "12.4", &error);
    if (!d || !device_load(d, text, name, NULL, &error))
        die(error->message);
    return d;
}

enum what { FORWARD, PORTS, ESP_AES, ESP_3DES, WHATS };

static struct chain *chain_new(enum what what)
{
    struct chain *c = g_new0(struct chain, 1);
    c->sim = sim_new(1, 0);
    c->trace = trace_new(c->sim);
    c->net = net_new(c->sim, c->trace);
    const char *transform = what == ESP_AES    ? "esp-aes esp-sha-hmac"
                            : what == ESP_3DES ? "esp-3des esp-sha-hmac"
                                               : NULL;
    c->pc1 = net_node_new(c->net, "pc1", false);
    c->pc2 = net_node_new(c->net, "pc2", false);
    c->r1 = router(c->net, 1, transform);
    c->r2 = router(c->net, 2, transform);
    c->box = net_node_new(c->net, "box", true);
    wire(c->net, "lan1", port(c->pc1, "eth0", IP4(10, 1, 0, 5)),
         net_if_by_name(c->r1->node, "FastEthernet0/1"));
    c->inside = port(c->box, "inside", IP4(192, 0, 1, 2));
    c->outside = port(c->box, "outside", IP4(192, 0, 2, 2));
    wire(c->net, "wan1", net_if_by_name(c->r1->node, "FastEthernet0/0"), c->inside);
    wire(c->net, "wan2", c->outside, net_if_by_name(c->r2->node, "FastEthernet0/0"));
    wire(c->net, "lan2", net_if_by_name(c->r2->node, "FastEthernet0/1"),
         port(c->pc2, "eth0", IP4(10, 2, 0, 5)));
    route(c->pc1, IP4(10, 1, 0, 1));
    route(c->pc2, IP4(10, 2, 0, 1));
    net_route_add(c->box, (struct ip4_net){IP4(10, 1, 0, 0), ip4_mask(24)}, IP4(192, 0, 1, 1), NULL,
                  1);
    net_route_add(c->box, (struct ip4_net){IP4(10, 2, 0, 0), ip4_mask(24)}, IP4(192, 0, 2, 1), NULL,
                  1);
    device_config_changed(c->r1, "links");
    device_config_changed(c->r2, "links");
    net_udp_bind(c->pc2, 5001, receive, c);
    sim_timer_init(c->sim, &c->source, send_batch, c);
    return c;
}

static void translate(struct chain *c)
{
    c->nat = (struct net_nat_conf){
        .udp = SECONDS(30),
        .preserve_ports = true,
        .port_low = 1024,
        .port_high = 65535,
        .limit = UINT32_MAX,
    };
    net_nat_set(c->box, &c->nat);
    net_nat_rule_add(c->box, &(struct net_nat_rule){.kind = NET_NAT_PORTS,
                                                    .inside = c->inside,
                                                    .outside = c->outside,
                                                    .mapped = IP4(192, 0, 2, 16),
                                                    .mapped_last = IP4(192, 0, 2, 31)});
}

static void chain_free(struct chain *c)
{
    sim_timer_clear(&c->source);
    device_free(c->r1);
    device_free(c->r2);
    net_free(c->net);
    trace_free(c->trace);
    sim_free(c->sim);
    g_free(c);
}

/* ---- Packets a second ---- */

static double measure(enum what what, uint64_t packets, int rounds)
{
    double best = 0;
    for (int round = 0; round < rounds; round++) {
        struct chain *c = chain_new(what);
        if (what == PORTS)
            translate(c);
        if (what >= ESP_AES) /* the first packet asks for the tunnel, and is lost */
            net_send_udp(c->pc1, 0, 5000, IP4(10, 2, 0, 5), 5001, 0, span_of("", 0));
        sim_run(c->sim, SECONDS(5));
        sim_timer_arm_in(&c->source, 0);
        sim_run(c->sim, sim_now(c->sim) + MILLISECONDS(10)); /* warm */
        uint64_t before = c->received;
        if (!before)
            die("nothing arrives");
        double began = seconds_now();
        while (c->received - before < packets)
            sim_run(c->sim, sim_now(c->sim) + MILLISECONDS(1));
        double rate = (double)(c->received - before) / (seconds_now() - began);
        best = MAX(rate, best);
        chain_free(c);
    }
    return best;
}

/* ---- 100,000 translations ---- */

static size_t heap(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

/* Each of 100 inside hosts with 1,000 ports, in an order that no hash knows. */
static void flow_at(uint32_t i, ip4 *real, uint16_t *sport)
{
    i = (uint32_t)((uint64_t)i * 7919 % FLOWS);
    *real = IP4(10, 1, 0, 10) + i % HOSTS;
    *sport = (uint16_t)(2000 + i / HOSTS);
}

static void send_one(struct chain *c, uint32_t i)
{
    ip4 real;
    uint16_t sport;
    flow_at(i, &real, &sport);
    net_send_udp(c->pc1, real, sport, IP4(10, 2, 0, 5), 5001, 0, span_of("", 0));
}

static double send_all(struct chain *c)
{
    double began = seconds_now();
    for (uint32_t i = 0; i < FLOWS; i++) {
        send_one(c, i);
        if (i % BATCH == BATCH - 1)
            sim_run(c->sim, sim_now(c->sim) + MICROSECONDS(10));
    }
    sim_run(c->sim, sim_now(c->sim) + MILLISECONDS(1));
    return seconds_now() - began;
}

static bool table(void)
{
    struct chain *c = chain_new(FORWARD);
    translate(c);
    send_one(c, 0);
    sim_run(c->sim, MILLISECONDS(1));
    net_nat_clear(c->box, NULL, NULL);
    size_t empty = heap();
    double made = send_all(c);
    size_t full = heap(), count = net_nat_count(c->box);
    double again = send_all(c);
    volatile uint64_t found = 0;
    double began = seconds_now();
    for (uint32_t i = 0; i < FLOWS; i++) {
        ip4 real;
        uint16_t sport;
        flow_at(i, &real, &sport);
        found += net_nat_find(c->box, IPPROTO_NUM_UDP, real, sport, IP4(10, 2, 0, 5), 5001) != NULL;
    }
    double finding = seconds_now() - began;
    began = seconds_now();
    sim_run(c->sim, sim_now(c->sim) + SECONDS(31));
    double ending = seconds_now() - began;
    size_t left = net_nat_count(c->box);
    bool good = count == FLOWS && found == FLOWS && left == 0 && c->received == 2 * FLOWS + 1;
    printf("\n%d translations behind 16 addresses, of %d hosts\n", FLOWS, HOSTS);
    printf("  %-44s %9.0f a second\n", "made, a packet through the chain each", FLOWS / made);
    printf("  %-44s %9.0f a second\n", "a second packet of each, through the chain", FLOWS / again);
    printf("  %-44s %9.0f a second\n", "found", FLOWS / finding);
    printf("  %-44s %9.0f a second\n", "ended by time", FLOWS / ending);
    printf("  %-44s %9.0f bytes\n", "memory of each", ((double)full - (double)empty) / FLOWS);
    printf("  %-44s %9zu\n", "left", left);
    if (!good)
        fprintf(stderr, "bench: %zu made, %u found, %zu left, %u arrived\n", count, (unsigned)found,
                left, (unsigned)c->received);
    chain_free(c);
    return good;
}

int main(int argc, char **argv)
{
    static const char *const name[WHATS] = {"forwarding", "translated by the box",
                                            "ESP AES128-SHA1 between the routers",
                                            "ESP 3DES-SHA1 between the routers"};
    static const uint64_t share[WHATS] = {1, 1, 4, 20};
    uint64_t packets = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 1000000;
    double plain = 0;
    crypto_init();
    printf("host-router-box-router-host, %d-byte UDP, routers with a configuration\n",
           PACKET_BYTES);
    for (int what = 0; what < WHATS; what++) {
        double rate = measure((enum what)what, packets / share[what], 3);
        plain = what == FORWARD ? rate : plain;
        printf("  %-44s %9.0f packets/s   %5.2f us more\n", name[what], rate,
               (1 / rate - 1 / plain) * 1e6);
    }
    return !table();
}
