/* IPsec in TCP: the handshake of RFC 9293 3.5 and segments that follow each other, enough for every
 * box on the way to see a connection; each segment is one message (wire/ctcp.h). */
#include "device/ctcp.h"

#include "kernel/rng.h"
#include "net/tcp.h"
#include "wire/ctcp.h"
#include "wire/tcp.h"

enum { PORT_IKE = 500, WINDOW = 65535, MSS = 1380, FIRST_PORT = 49152, PORTS = 16384 };
#define SYN_EVERY SECONDS(3)
#define SYN_TRIES 4
#define LINKS_MAX 20000 /* a flood of handshakes stops there */

struct link {
    struct ctcp_carrier *c;
    ip4 local, remote;
    uint16_t lport, rport;
    bool client, up;
    uint32_t snd, rcv; /* next to send, next that is awaited */
    uint16_t seq;      /* of the trailer */
    int tries;
    struct sim_timer timer;
    void (*fn)(void *self, bool established);
    void *self;
};
struct ctcp_carrier {
    struct device *d;
    GArray *ports;     /* uint16_t, listened to */
    GHashTable *links; /* remote address -> struct link, owned */
    struct rng *rng;
    void (*on_end)(void *self, ip4 remote);
    void *on_end_self;
};

static void say(const struct link *l, const char *what)
{
    TRACE(l->c->d->scope, ctcp, .what = what, .local = l->local, .lport = l->lport,
          .remote = l->remote, .rport = l->rport);
}

static void segment(struct link *l, uint8_t flags, struct span payload)
{
    const struct tcp_head h = {
        .sport = l->lport,
        .dport = l->rport,
        .seq = l->snd,
        .ack = flags & TCP_ACK ? l->rcv : 0,
        .flags = flags,
        .window = WINDOW,
        .mss = flags & TCP_SYN ? MSS : 0,
    };
    if (net_tcp_raw_send(l->c->d->node, l->local, l->remote, &h, payload))
        l->snd += (uint32_t)payload.n + (flags & (TCP_SYN | TCP_FIN) ? 1 : 0);
}

static void link_free(void *p)
{
    struct link *l = p;
    sim_timer_clear(&l->timer);
    if (l->client)
        net_tcp_raw_unbind(l->c->d->node, l->lport);
    g_free(l);
}

static struct ctcp_carrier *carrier(struct device *d)
{
    if (d->ctcp)
        return d->ctcp;
    g_autofree char *name = g_strdup_printf("%s/ctcp", d->name);
    struct ctcp_carrier *c = d->ctcp = g_new0(struct ctcp_carrier, 1);
    c->d = d;
    c->ports = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    c->links = g_hash_table_new_full(g_direct_hash, g_direct_equal, NULL, link_free);
    c->rng = rng_stream(d->sim, name);
    return c;
}

static struct link *link_to(const struct device *d, ip4 remote)
{
    return d->ctcp ? g_hash_table_lookup(d->ctcp->links, GUINT_TO_POINTER(remote)) : NULL;
}

static void link_end(struct link *l, const char *what)
{
    struct ctcp_carrier *c = l->c;
    void (*fn)(void *, bool) = l->up ? NULL : l->fn;
    void *self = l->self;
    ip4 remote = l->remote;
    say(l, what);
    g_hash_table_remove(c->links, GUINT_TO_POINTER(remote));
    if (fn)
        fn(self, false);
    else if (c->on_end)
        c->on_end(c->on_end_self, remote);
}

static void link_timer(void *p)
{
    struct link *l = p;
    if (!l->client) { /* a handshake that was never finished */
        link_end(l, "silent");
        return;
    }
    if (++l->tries > SYN_TRIES) {
        link_end(l, "silent");
        return;
    }
    l->snd -= 1; /* the same SYN again */
    segment(l, TCP_SYN, (struct span){0});
    sim_timer_arm_in(&l->timer, SYN_EVERY << l->tries);
}

static struct link *link_new(struct ctcp_carrier *c, ip4 local, uint16_t lport, ip4 remote,
                             uint16_t rport)
{
    struct link *l = g_new0(struct link, 1);
    *l = (struct link){
        .c = c,
        .local = local,
        .remote = remote,
        .lport = lport,
        .rport = rport,
        .snd = rng_u32(c->rng),
    };
    sim_timer_init(c->d->sim, &l->timer, link_timer, l);
    g_hash_table_replace(c->links, GUINT_TO_POINTER(remote), l);
    return l;
}

static void established(struct link *l)
{
    l->up = true;
    sim_timer_disarm(&l->timer);
    say(l, "established");
    if (l->fn)
        l->fn(l->self, true);
}

/* ---- Segments ---- */

static void take(struct link *l, struct net_if *in, struct span payload)
{
    struct device *d = l->c->d;
    struct ctcp m;
    if (ctcp_parse(payload, &m) != WIRE_OK) {
        say(l, "bad");
        return;
    }
    ip4 local = l->local, remote = l->remote;
    if (!m.isakmp)
        ipsec_carried_input(d->ipsec, in, remote, local, m.message);
    else if (d->ike_conf->enabled)
        ike_input(d->ike, local, PORT_IKE, remote, PORT_IKE, m.message);
}

/* A SYN to a port that is listened to: whoever was there before has begun anew. */
static void hear_syn(struct ctcp_carrier *c, ip4 src, ip4 dst, const struct tcp_head *h)
{
    struct link *old = g_hash_table_lookup(c->links, GUINT_TO_POINTER(src));
    bool again = old && !old->client && !old->up && old->rport == h->sport &&
                 old->lport == h->dport && old->rcv == h->seq + 1;
    if (old && old->client)
        return;
    if (!old && g_hash_table_size(c->links) >= LINKS_MAX)
        return;
    struct link *l = again ? old : link_new(c, dst, h->dport, src, h->sport);
    l->rcv = h->seq + 1;
    if (again)
        l->snd -= 1;
    else
        say(l, "open");
    segment(l, TCP_SYN | TCP_ACK, (struct span){0});
    sim_timer_arm_in(&l->timer, SYN_EVERY << SYN_TRIES);
}

static void on_segment(void *self, struct net_if *in, ip4 src, ip4 dst, const struct tcp_head *h,
                       struct span payload)
{
    struct ctcp_carrier *c = self;
    struct link *l = g_hash_table_lookup(c->links, GUINT_TO_POINTER(src));
    bool known = l && l->local == dst && l->lport == h->dport && l->rport == h->sport;
    if ((h->flags & (TCP_SYN | TCP_ACK | TCP_RST)) == TCP_SYN) {
        hear_syn(c, src, dst, h);
        return;
    }
    if (!known)
        return;
    if (h->flags & TCP_RST) {
        link_end(l, l->up ? "ended" : "refused");
        return;
    }
    if (!l->up) {
        bool answer = l->client && (h->flags & TCP_SYN) && h->ack == l->snd;
        bool done = !l->client && h->ack == l->snd;
        if (!answer && !done)
            return;
        if (answer) {
            l->rcv = h->seq + 1;
            segment(l, TCP_ACK, (struct span){0});
        }
        established(l);
        l = g_hash_table_lookup(c->links, GUINT_TO_POINTER(src)); /* who was told may have closed */
        if (!l)
            return;
    }
    uint32_t end = h->seq + (uint32_t)payload.n + (h->flags & TCP_FIN ? 1 : 0);
    if ((int32_t)(end - l->rcv) > 0)
        l->rcv = end;
    if (h->flags & TCP_FIN) {
        segment(l, TCP_FIN | TCP_ACK, (struct span){0});
        link_end(l, "ended");
    } else if (payload.n) {
        take(l, in, payload);
    }
}

/* ---- Carrying ---- */

static bool carry(struct link *l, bool isakmp, struct span message)
{
    uint8_t bytes[UINT16_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    const struct ctcp m = {
        .isakmp = isakmp, .from_client = l->client, .seq = ++l->seq, .message = message};
    ctcp_emit(&m, &w);
    if (!wr_ok(&w))
        return false;
    segment(l, TCP_PSH | TCP_ACK, wr_done(&w));
    return true;
}

bool ctcp_carry_ike(struct device *d, ip4 dst, uint16_t dport, struct span message)
{
    struct link *l = link_to(d, dst);
    return l && l->up && dport == PORT_IKE && carry(l, true, message);
}

bool ctcp_carry_esp(struct device *d, struct pkt *p, ip4 dst)
{
    struct link *l = link_to(d, dst);
    struct ip4_head h;
    if (!l || !l->up || ip4_head_parse(pkt_span(p), &h) != WIRE_OK || h.protocol != IPPROTO_NUM_ESP)
        return false;
    bool taken = carry(l, false, span_sub(pkt_span(p), h.head_bytes, p->len));
    if (taken)
        pkt_unref(p);
    return taken;
}

/* ---- Ports and connections ---- */

static int port_at(const struct ctcp_carrier *c, uint16_t port)
{
    for (guint i = 0; i < c->ports->len; i++)
        if (g_array_index(c->ports, uint16_t, i) == port)
            return (int)i;
    return -1;
}

bool ctcp_listen(struct device *d, uint16_t port)
{
    struct ctcp_carrier *c = carrier(d);
    if (port_at(c, port) >= 0)
        return true;
    if (!net_tcp_raw_bind(d->node, port, on_segment, c))
        return false;
    g_array_append_val(c->ports, port);
    return true;
}

static gboolean came_to(gpointer remote, gpointer link, gpointer port)
{
    const struct link *l = link;
    return !l->client && l->lport == GPOINTER_TO_UINT(port);
}

void ctcp_unlisten(struct device *d, uint16_t port)
{
    int at = d->ctcp ? port_at(d->ctcp, port) : -1;
    if (at < 0)
        return;
    g_array_remove_index(d->ctcp->ports, (guint)at);
    net_tcp_raw_unbind(d->node, port);
    g_hash_table_foreach_remove(d->ctcp->links, came_to, GUINT_TO_POINTER(port));
}

size_t ctcp_ports(const struct device *d, const uint16_t **port)
{
    *port = d->ctcp ? (const uint16_t *)d->ctcp->ports->data : NULL;
    return d->ctcp ? d->ctcp->ports->len : 0;
}

bool ctcp_connect(struct device *d, ip4 remote, uint16_t port,
                  void (*fn)(void *self, bool established), void *self)
{
    struct ctcp_carrier *c = carrier(d);
    struct net_if *out;
    ip4 nexthop;
    ctcp_close(d, remote);
    if (!port || !net_route_lookup(d->node, remote, &out, &nexthop) || !out->addr)
        return false;
    uint16_t lport = 0;
    for (int i = 0; i < 16 && !lport; i++) {
        uint16_t try = (uint16_t)(FIRST_PORT + rng_u32(c->rng) % PORTS);
        if (net_tcp_raw_bind(d->node, try, on_segment, c))
            lport = try;
    }
    if (!lport)
        return false;
    struct link *l = link_new(c, out->addr, lport, remote, port);
    l->client = true;
    l->fn = fn;
    l->self = self;
    say(l, "open");
    segment(l, TCP_SYN, (struct span){0});
    sim_timer_arm_in(&l->timer, SYN_EVERY);
    return true;
}

void ctcp_close(struct device *d, ip4 remote)
{
    struct link *l = link_to(d, remote);
    if (!l)
        return;
    if (l->up)
        segment(l, TCP_FIN | TCP_ACK, (struct span){0});
    say(l, "closed");
    g_hash_table_remove(d->ctcp->links, GUINT_TO_POINTER(remote));
}

bool ctcp_with(const struct device *d, ip4 remote, uint16_t *rport)
{
    const struct link *l = link_to(d, remote);
    if (l && l->up && rport)
        *rport = l->rport;
    return l && l->up;
}

size_t ctcp_count(const struct device *d)
{
    return d->ctcp ? g_hash_table_size(d->ctcp->links) : 0;
}

void ctcp_on_end(struct device *d, void (*fn)(void *self, ip4 remote), void *self)
{
    struct ctcp_carrier *c = carrier(d);
    c->on_end = fn;
    c->on_end_self = self;
}

void ctcp_forget(struct device *d)
{
    if (d->ctcp)
        g_hash_table_remove_all(d->ctcp->links);
}

void ctcp_free(struct device *d)
{
    struct ctcp_carrier *c = d->ctcp;
    if (!c)
        return;
    ctcp_forget(d);
    for (guint i = 0; i < c->ports->len; i++)
        net_tcp_raw_unbind(d->node, g_array_index(c->ports, uint16_t, i));
    g_array_unref(c->ports);
    g_hash_table_unref(c->links);
    g_free(c);
    d->ctcp = NULL;
}
