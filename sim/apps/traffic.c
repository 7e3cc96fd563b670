/* Traffic between nodes: each flow sends on its own clock and tells what became of every packet.
 *
 * A UDP packet carries its number and the time it was sent; an echo request is known by its
 * sequence number. */
#include "apps_priv.h"

#include <glib.h>

enum { UDP_STAMP = 16, ECHO_LEAST = 28, UDP_LEAST = IP4_HEAD + UDP_HEAD + UDP_STAMP };
#define PING_TIMEOUT SECONDS(2)
#define PING_PATTERN 0xabcd

void traffic_heard(struct traffic *t, struct trace_scope *where, uint64_t number, uint32_t bytes,
                   sim_time delay)
{
    struct traffic_tally *n = &t->tally;
    if (n->received == 0 || delay < n->delay_min)
        n->delay_min = delay;
    if (delay > n->delay_max)
        n->delay_max = delay;
    n->delay_sum += delay;
    n->received++;
    n->bytes += bytes;
    if (number < t->highest)
        n->reordered++;
    else
        t->highest = number;
    TRACE(where, traffic_rx, .flow = t->name, .number = number, .bytes = bytes, .delay = delay);
}

void traffic_lost(struct traffic *t, struct trace_scope *where, uint64_t number, const char *why)
{
    if (t->tcp)
        t->tally.broken++;
    else
        t->tally.errors++;
    TRACE(where, traffic_error, .flow = t->name, .number = number, .why = why);
}

/* ---- Echo requests ---- */

static const char *const ping_why[] = {
    [NET_PING_TIMEOUT] = "timeout",         [NET_PING_UNREACHABLE] = "unreachable",
    [NET_PING_FRAG_NEEDED] = "frag-needed", [NET_PING_TTL] = "ttl-exceeded",
    [NET_PING_NO_ROUTE] = "no-route",
};

static void ping_outcome(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    struct traffic *t = self;
    if (what == NET_PING_REPLY)
        traffic_heard(t, t->scope, seq, t->spec.size, rtt);
    else
        traffic_lost(t, t->scope, seq, ping_why[what]);
}

/* ---- UDP ---- */

/* True the first time a number is seen. */
static bool first_time(struct traffic *t, uint64_t number)
{
    if (number == 0 || number > t->tally.sent)
        return false; /* not one of ours: damaged on the way */
    if (t->seen->len <= number / 8) {
        guint old = t->seen->len;
        g_byte_array_set_size(t->seen, (guint)(number / 8 + 64));
        memset(t->seen->data + old, 0, t->seen->len - old);
    }
    uint8_t bit = (uint8_t)(1u << (number % 8));
    bool fresh = !(t->seen->data[number / 8] & bit);
    t->seen->data[number / 8] |= bit;
    return fresh;
}

static void udp_arrived(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                        uint16_t dport, struct span payload)
{
    struct traffic *t = self;
    struct rd r = rd_over(payload);
    uint64_t number = rd_u64(&r);
    sim_time sent = (sim_time)rd_u64(&r);
    if (!rd_ok(&r))
        traffic_lost(t, t->scope, 0, "short");
    else if (first_time(t, number))
        traffic_heard(t, net_node_scope(t->spec.to), number, t->spec.size, sim_now(t->sim) - sent);
    else
        t->tally.duplicates++;
}

static bool udp_open(struct traffic *t, GError **error)
{
    struct traffic_spec *s = &t->spec;
    for (uint32_t port = s->dport ? s->dport : TRAFFIC_PORT;
         port <= (s->dport ? s->dport : TRAFFIC_PORT_LAST); port++)
        if (net_udp_bind(s->to, (uint16_t)port, udp_arrived, t)) {
            s->dport = (uint16_t)port;
            if (s->sport == 0)
                s->sport = s->dport;
            t->payload = g_malloc0(s->size - IP4_HEAD - UDP_HEAD);
            return true;
        }
    g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                "traffic %s: UDP port %u of %s is taken", t->name, s->dport, net_node_name(s->to));
    return false;
}

/* ---- Sending ---- */

static void send_one(struct traffic *t)
{
    const struct traffic_spec *s = &t->spec;
    uint64_t number = ++t->tally.sent;
    TRACE(t->scope, traffic_tx, .flow = t->name, .number = number, .bytes = s->size);
    if (s->kind == TRAFFIC_ICMP) {
        net_ping_send(t->ping, s->src, s->dst, (uint32_t)number, s->size, s->tos, s->df,
                      PING_PATTERN, s->timeout ? s->timeout : PING_TIMEOUT);
        return;
    }
    size_t n = s->size - IP4_HEAD - UDP_HEAD;
    be64_put(t->payload, number);
    be64_put(t->payload + 8, (uint64_t)sim_now(t->sim));
    if (!net_send_udp(s->from, s->src, s->sport, s->dst, s->dport, s->tos, span_of(t->payload, n)))
        traffic_lost(t, t->scope, number, "no-route");
}

static bool finished(const struct traffic *t)
{
    return t->spec.count && t->tally.sent >= t->spec.count;
}

static void tick(void *self)
{
    struct traffic *t = self;
    if (t->tcp) {
        traffic_tcp_tick(t);
        return;
    }
    for (uint32_t i = 0; i < t->spec.burst && !finished(t); i++)
        send_one(t);
    sim_time next = sim_now(t->sim) + t->spec.every;
    if (!finished(t) && next <= t->spec.stop)
        sim_timer_arm(&t->timer, next);
}

/* ---- Making ---- */

static ip4 first_address(const struct net_node *n)
{
    for (size_t i = 0; i < net_if_count(n); i++)
        if (net_if_at(n, i)->addr)
            return net_if_at(n, i)->addr;
    return 0;
}

/* The sender's address may be another when the packet goes out. */
static bool source_moves(const struct net_node *n)
{
    for (size_t i = 0; i < net_if_count(n); i++)
        if (net_if_at(n, i)->borrowed)
            return true;
    return false;
}

static bool complete(struct traffic *t, GError **error)
{
    struct traffic_spec *s = &t->spec;
    static const uint32_t leasts[] = {ECHO_LEAST, UDP_LEAST, 1};
    uint32_t least = leasts[s->kind], most = s->kind == TRAFFIC_TCP ? TRAFFIC_MESSAGE : UINT16_MAX;
    bool moves = source_moves(s->from);
    if (s->src == 0 && !moves)
        s->src = first_address(s->from);
    if (s->dst == 0)
        s->dst = first_address(s->to);
    if (s->burst == 0)
        s->burst = 1;
    const char *problem =
        s->src == 0 && !moves ? "the sender has no address"
        : s->dst == 0         ? "the receiver has no address"
        : s->every < 0 || (s->every == 0 && s->kind != TRAFFIC_TCP)
            ? "the time between packets must be more than 0"
        : s->size < least
            ? "packets of that size cannot hold their heads (28 bytes for icmp, 44 for udp)"
        : s->size > most ? "an IP packet has at most 65535 bytes, a message over tcp at most 16 MiB"
                         : NULL;
    if (problem)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "traffic %s: %s", t->name,
                    problem);
    return !problem;
}

struct traffic *traffic_new(const struct traffic_spec *spec, GError **error)
{
    struct traffic *t = g_new0(struct traffic, 1);
    t->spec = *spec;
    t->name = g_strdup(spec->name);
    t->spec.name = t->name;
    t->sim = net_sim(net_node_net(spec->from));
    t->scope = net_node_scope(spec->from);
    t->seen = g_byte_array_new();
    sim_timer_init(t->sim, &t->timer, tick, t);
    if (!complete(t, error) || (spec->kind == TRAFFIC_UDP && !udp_open(t, error)) ||
        (spec->kind == TRAFFIC_TCP && !traffic_tcp_open(t, error))) {
        traffic_free(t);
        return NULL;
    }
    if (spec->kind == TRAFFIC_ICMP)
        t->ping = net_ping_new(spec->from, ping_outcome, t);
    sim_timer_arm(&t->timer, MAX(t->spec.start, sim_now(t->sim)));
    return t;
}

void traffic_free(struct traffic *t)
{
    if (!t)
        return;
    sim_timer_clear(&t->timer);
    if (t->ping)
        net_ping_free(t->ping);
    traffic_tcp_free(t);
    if (t->payload)
        net_udp_unbind(t->spec.to, t->spec.dport);
    g_byte_array_unref(t->seen);
    g_free(t->payload);
    g_free(t->name);
    g_free(t);
}

void traffic_tally(const struct traffic *t, struct traffic_tally *out)
{
    *out = t->tally;
}

const char *traffic_name(const struct traffic *t)
{
    return t->name;
}
