/* Traffic between nodes: each flow sends on its own clock and tells what became of every packet.
 *
 * A UDP packet carries its number and the time it was sent; an echo request is known by its
 * sequence number. */
#include "apps/traffic.h"

#include <glib.h>

enum { UDP_STAMP = 16, ECHO_LEAST = 28, UDP_LEAST = IP4_HEAD + UDP_HEAD + UDP_STAMP };
#define PING_TIMEOUT SECONDS(2)
#define PING_PATTERN 0xabcd
#define FIRST_PORT   5001
#define LAST_PORT    5999

struct traffic {
    struct traffic_spec spec;
    char *name;
    struct sim *sim;
    struct trace_scope *scope;
    struct sim_timer timer;
    struct traffic_tally tally;
    struct net_ping *ping;
    GByteArray *seen; /* a bit for each UDP number received */
    uint64_t highest; /* number received */
    uint8_t *payload; /* UDP bytes, reused */
};

/* `where` is the node that has it: for an echo the sender, who reads the reply. */
static void heard(struct traffic *t, struct trace_scope *where, uint64_t number, sim_time delay)
{
    struct traffic_tally *n = &t->tally;
    if (n->received == 0 || delay < n->delay_min)
        n->delay_min = delay;
    if (delay > n->delay_max)
        n->delay_max = delay;
    n->delay_sum += delay;
    n->received++;
    if (number < t->highest)
        n->reordered++;
    else
        t->highest = number;
    TRACE(where, traffic_rx, .flow = t->name, .number = number, .bytes = t->spec.size,
          .delay = delay);
}

static void lost(struct traffic *t, uint64_t number, const char *why)
{
    t->tally.errors++;
    TRACE(t->scope, traffic_error, .flow = t->name, .number = number, .why = why);
}

/* ---- Echo requests ---- */

static const char *const ping_why[] = {
    [NET_PING_TIMEOUT] = "timeout",         [NET_PING_UNREACHABLE] = "unreachable",
    [NET_PING_FRAG_NEEDED] = "frag-needed", [NET_PING_TTL] = "ttl-exceeded",
    [NET_PING_NO_ROUTE] = "no-route",
};

static void ping_outcome(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    if (what == NET_PING_REPLY)
        heard(self, ((struct traffic *)self)->scope, seq, rtt);
    else
        lost(self, seq, ping_why[what]);
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
        lost(t, 0, "short");
    else if (first_time(t, number))
        heard(t, net_node_scope(t->spec.to), number, sim_now(t->sim) - sent);
    else
        t->tally.duplicates++;
}

static bool udp_open(struct traffic *t, GError **error)
{
    struct traffic_spec *s = &t->spec;
    for (uint16_t port = s->dport ? s->dport : FIRST_PORT;
         port <= (s->dport ? s->dport : LAST_PORT); port++)
        if (net_udp_bind(s->to, port, udp_arrived, t)) {
            s->dport = port;
            if (s->sport == 0)
                s->sport = port;
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
        lost(t, number, "no-route");
}

static bool finished(const struct traffic *t)
{
    return t->spec.count && t->tally.sent >= t->spec.count;
}

static void tick(void *self)
{
    struct traffic *t = self;
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

static bool complete(struct traffic *t, GError **error)
{
    struct traffic_spec *s = &t->spec;
    uint32_t least = s->kind == TRAFFIC_ICMP ? ECHO_LEAST : UDP_LEAST;
    if (s->src == 0)
        s->src = first_address(s->from);
    if (s->dst == 0)
        s->dst = first_address(s->to);
    if (s->burst == 0)
        s->burst = 1;
    const char *problem =
        s->src == 0     ? "the sender has no address"
        : s->dst == 0   ? "the receiver has no address"
        : s->every <= 0 ? "the time between packets must be more than 0"
        : s->size < least
            ? "packets of that size cannot hold their heads (28 bytes for icmp, 44 for udp)"
        : s->size > UINT16_MAX ? "an IP packet has at most 65535 bytes"
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
    if (!complete(t, error) || (spec->kind == TRAFFIC_UDP && !udp_open(t, error))) {
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
