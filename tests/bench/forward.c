/* Plain forwarding: host - router - router - host, 1,000-byte UDP with real bytes and checksums,
 * packets a second; the same with 100,000 idle timers pending; and the memory of a node with its
 * link. Compared with design.md 7: 1.4 million packets a second, 6 kB a node. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include "net/net.h"

#define PACKET_BYTES 1000
#define BATCH        64 /* packets sent at one instant */

struct chain {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct net_node *pc1;
    ip4 to;
    uint64_t received;
    struct sim_timer source;
    uint8_t payload[PACKET_BYTES - IP4_HEAD - UDP_HEAD];
};

static void receive(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                    struct span payload)
{
    (void)in, (void)src, (void)sport, (void)dst, (void)dport, (void)payload;
    ((struct chain *)self)->received++;
}

static void send_batch(void *self)
{
    struct chain *c = self;
    for (int i = 0; i < BATCH; i++)
        net_send_udp(c->pc1, 0, 5000, c->to, 5001, 0, span_of(c->payload, sizeof c->payload));
    sim_timer_arm_in(&c->source, MICROSECONDS(100));
}

static struct net_if *port(struct net_node *n, const char *name, ip4 addr, unsigned len)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, addr, ip4_mask(len));
    return i;
}

static void wire(struct net *net, const char *name, struct net_if *a, struct net_if *b)
{
    struct net_link *l = net_link_new(net, name);
    net_link_attach(l, a);
    net_link_attach(l, b);
    net_link_impair(l, UINT32_MAX, &(struct net_impair){.delay = MICROSECONDS(50)});
}

static void route(struct net_node *n, ip4 net, unsigned len, ip4 hop)
{
    net_route_add(n, (struct ip4_net){net, ip4_mask(len)}, hop, NULL, 1);
}

static struct chain *chain_new(void)
{
    struct chain *c = g_new0(struct chain, 1);
    c->sim = sim_new(1, 0);
    c->trace = trace_new(c->sim);
    c->net = net_new(c->sim, c->trace);
    c->pc1 = net_node_new(c->net, "pc1", false);
    struct net_node *r1 = net_node_new(c->net, "r1", true), *r2 = net_node_new(c->net, "r2", true);
    struct net_node *pc2 = net_node_new(c->net, "pc2", false);
    wire(c->net, "lan1", port(c->pc1, "eth0", IP4(10, 1, 0, 5), 24),
         port(r1, "lan", IP4(10, 1, 0, 1), 24));
    wire(c->net, "wan", port(r1, "wan", IP4(192, 0, 2, 1), 30),
         port(r2, "wan", IP4(192, 0, 2, 2), 30));
    wire(c->net, "lan2", port(r2, "lan", IP4(10, 2, 0, 1), 24),
         port(pc2, "eth0", IP4(10, 2, 0, 5), 24));
    route(c->pc1, 0, 0, IP4(10, 1, 0, 1));
    route(r1, IP4(10, 2, 0, 0), 24, IP4(192, 0, 2, 2));
    route(r2, IP4(10, 1, 0, 0), 24, IP4(192, 0, 2, 1));
    route(pc2, 0, 0, IP4(10, 2, 0, 1));
    c->to = IP4(10, 2, 0, 5);
    net_udp_bind(pc2, 5001, receive, c);
    sim_timer_init(c->sim, &c->source, send_batch, c);
    sim_timer_arm(&c->source, 0);
    return c;
}

static void chain_free(struct chain *c)
{
    sim_timer_clear(&c->source);
    net_free(c->net);
    trace_free(c->trace);
    sim_free(c->sim);
    g_free(c);
}

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void idle(void *owner)
{
    (void)owner;
}

/* Packets a second, the best of some rounds. */
static double measure(uint64_t packets, uint32_t timers, int rounds)
{
    double best = 0;
    for (int round = 0; round < rounds; round++) {
        struct chain *c = chain_new();
        struct sim_timer *t = g_new0(struct sim_timer, timers + 1);
        for (uint32_t i = 0; i < timers; i++) { /* spread over ten hours, none of them due */
            sim_timer_init(c->sim, &t[i], idle, NULL);
            sim_timer_arm(&t[i], SECONDS(3600) + (sim_time)i * MILLISECONDS(360));
        }
        sim_run(c->sim, MILLISECONDS(10)); /* warm */
        uint64_t before = c->received;
        double began = seconds();
        while (c->received - before < packets)
            sim_run(c->sim, sim_now(c->sim) + MILLISECONDS(1));
        double rate = (double)(c->received - before) / (seconds() - began);
        best = rate > best ? rate : best;
        for (uint32_t i = 0; i < timers; i++)
            sim_timer_clear(&t[i]);
        g_free(t);
        chain_free(c);
    }
    return best;
}

/* Routers in a long row, each with two interfaces, a link and two routes. */
static size_t bytes_per_node(uint32_t nodes)
{
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net *net = net_new(sim, trace);
    size_t before = mallinfo2().uordblks;
    struct net_if *last = NULL;
    for (uint32_t i = 0; i < nodes; i++) {
        char name[32];
        g_snprintf(name, sizeof name, "r%u", i);
        struct net_node *n = net_node_new(net, name, true);
        ip4 block = IP4(10, 0, 0, 0) + i * 4;
        struct net_if *left = port(n, "left", block - 2, 30),
                      *right = port(n, "right", block + 1, 30);
        if (last) {
            g_snprintf(name, sizeof name, "l%u", i);
            wire(net, name, last, left);
            route(n, 0, 0, last->addr);
        }
        route(n, IP4(20, 0, 0, 0), 8, block + 2);
        last = right;
    }
    size_t used = mallinfo2().uordblks - before;
    net_free(net);
    trace_free(trace);
    sim_free(sim);
    return used / nodes;
}

int main(int argc, char **argv)
{
    uint64_t packets = argc > 1 ? g_ascii_strtoull(argv[1], NULL, 10) : 2000000;
    double plain = measure(packets, 0, 3), busy = measure(packets, 100000, 3);
    printf("forwarding, host-router-router-host, %d-byte UDP, checksums made and checked\n",
           PACKET_BYTES);
    printf("  %-36s %10.0f packets/s   goal 1400000\n", "plain", plain);
    printf("  %-36s %10.0f packets/s\n", "with 100,000 idle timers", busy);
    printf("  %-36s %10.3f             goal 0.900\n", "ratio", busy / plain);
    printf("  %-36s %10zu bytes       goal 6000\n", "memory a node with a link",
           bytes_per_node(10000));
    return 0;
}
