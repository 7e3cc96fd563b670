/* What a real wire may bring: frames of arbitrary bytes, with arbitrary claims of the kernel about
 * them, into a bound link with a router and a host behind it. The input is a row of
 * frames: two bytes of length, one of claims, then the frame. Whatever happens, frames are taken or
 * counted, memory stays bounded, and what goes out is sound. */
#include <string.h>

#include "main/attach.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { FRAMES_MAX = 64 };

static int frame_out(void *self, struct span frame)
{
    struct ip4_head h;
    bool ethernet = *(bool *)self;
    g_assert(frame.n >= (ethernet ? 60 : IP4_HEAD));
    if (ethernet && be16_get(frame.p + 12) == 0x0806)
        return 0;
    struct span packet = ethernet ? span_sub(frame, ETHER_HEAD, frame.n) : frame;
    g_assert(ip4_head_parse(packet, &h) == WIRE_OK);
    return 0;
}

static struct net_if *port(struct net_node *n, const char *name, ip4 a)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, a, ip4_mask(24));
    return i;
}

static struct net *net_build(struct sim *sim, struct trace *trace, struct net_link **outside)
{
    struct net *net = net_new(sim, trace);
    struct net_node *r = net_node_new(net, "r", true), *pc = net_node_new(net, "pc", false);
    struct net_link *inside = net_link_new(net, "inside");
    *outside = net_link_new(net, "outside");
    net_link_attach(*outside, port(r, "out", IP4(192, 0, 2, 1)));
    net_link_attach(inside, port(r, "in", IP4(10, 0, 0, 1)));
    net_link_attach(inside, port(pc, "eth0", IP4(10, 0, 0, 2)));
    net_route_add(pc, (struct ip4_net){0}, IP4(10, 0, 0, 1), NULL, 1);
    net_route_add(r, (struct ip4_net){0}, IP4(192, 0, 2, 2), NULL, 1);
    return net;
}

/* Claims that a kernel may make of a frame, right or wrong. */
static struct attach_meta claims(uint8_t b, struct span frame)
{
    return (struct attach_meta){
        .vlan = (b & 7) == 7,
        .checksum_unfinished = b & 8,
        .checksum_start = frame.n ? frame.p[frame.n - 1] : 0,
        .checksum_offset = b & 0x40 ? 16 : 6,
        .gso = (enum attach_gso)(b >> 4 & 3),
        .gso_bytes = (uint16_t)(frame.n > 1 ? 1 + frame.p[frame.n - 2] * 8 : 0),
    };
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net_link *outside;
    struct net *net = net_build(sim, trace, &outside);
    struct rd r = rd_over(span_of(data, n));
    bool ethernet = !(rd_u8(&r) & 1);
    struct attach_port *p = attach_port_new(outside, "wire", ethernet, frame_out, &ethernet, NULL);
    attach_port_announce(p);
    for (unsigned k = 0; k < FRAMES_MAX && rd_left(&r) > 3; k++) {
        size_t want = rd_u16(&r);
        uint8_t claim = rd_u8(&r);
        struct span frame = rd_span(&r, MIN(want, rd_left(&r)));
        struct attach_meta meta = claims(claim, frame);
        g_autofree uint8_t *copy =
            g_memdup2(frame.p, frame.n); /* of its own size, for the sanitizer */
        attach_port_input(p, copy, frame.n, &meta);
        sim_run(sim, sim_now(sim) + MILLISECONDS(claim * 4));
    }
    sim_run(sim, sim_now(sim) + SECONDS(120));
    attach_port_free(p);
    net_free(net);
    trace_free(trace);
    sim_free(sim);
    return 0;
}
