/* The stub resolver (RFC 1035 7, RFC 1123 6.1.3.3): a question by UDP from a port of its own, asked
 * again with growing patience. */
#include "device/resolver.h"

#include <string.h>

#include "kernel/rng.h"

struct resolver_question {
    struct device *d;
    struct resolver_way way;
    char *name;
    resolver_fn fn;
    void *self;
    struct sim_timer timer;
    uint16_t id, port;
    uint32_t asked;
};

void resolver_cancel(struct resolver_question *q)
{
    if (!q)
        return;
    if (q->port)
        net_udp_unbind(q->d->node, q->port);
    sim_timer_clear(&q->timer);
    g_free(q->name);
    g_free(q);
}

static void finish(struct resolver_question *q, const struct resolver_reply *reply)
{
    resolver_fn fn = q->fn;
    void *self = q->self;
    struct resolver_reply r = *reply;
    g_autofree char *name = g_strdup(q->name);
    r.name = name;
    resolver_cancel(q);
    fn(self, &r);
}

static ip4 server_of(const struct resolver_question *q)
{
    return q->asked ? q->way.server[(q->asked - 1) % q->way.n_server] : 0;
}

/* "the answer is for the question that is asked": by id, port, server and name.  RFC 5452 4 */
static void answer_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                      uint16_t dport, struct span payload)
{
    struct resolver_question *q = self;
    struct dns_msg m;
    struct resolver_reply r = {.result = RESOLVER_FOUND, .server = src};
    if (src != server_of(q) || sport != DNS_PORT || dns_parse(payload, &m) != WIRE_OK ||
        !m.response || m.id != q->id || g_ascii_strcasecmp(m.name, q->name) != 0)
        return;
    r.rcode = m.rcode;
    if (m.rcode != DNS_NOERROR && m.rcode != DNS_NXDOMAIN)
        r.result = RESOLVER_SILENT;
    else if (m.rcode == DNS_NXDOMAIN || m.n_answers == 0)
        r.result = RESOLVER_NO_NAME;
    else {
        r.addr = m.answer[0];
        r.n_all = m.n_answers;
        r.ttl_s = m.ttl_s;
        memcpy(r.all, m.answer, sizeof r.all);
    }
    finish(q, &r);
}

static void open_port(struct resolver_question *q, struct rng *rng)
{
    uint64_t first = rng_below(rng, q->way.ports);
    for (uint32_t i = 0; !q->port && i < q->way.ports; i++) {
        uint16_t port = (uint16_t)(q->way.first_port + (first + i) % q->way.ports);
        if (net_udp_bind(q->d->node, port, answer_in, q))
            q->port = port;
    }
}

static void ask(struct resolver_question *q)
{
    uint8_t bytes[DNS_MAX_BYTES];
    struct wr w = wr_over(bytes, sizeof bytes);
    struct dns_msg m = {
        .id = q->id, .wants_recursion = true, .type = DNS_TYPE_A, .class = DNS_CLASS_IN};
    g_strlcpy(m.name, q->name, sizeof m.name);
    dns_emit(&m, &w);
    sim_timer_arm_in(&q->timer, q->way.wait << (q->way.patient ? q->asked : 0));
    q->asked++;
    net_send_udp(q->d->node, 0, q->port, server_of(q), DNS_PORT, 0, wr_done(&w));
}

static void on_timer(void *self)
{
    struct resolver_question *q = self;
    if (!dns_name_valid(q->name))
        finish(q, &(struct resolver_reply){.result = RESOLVER_BAD_NAME});
    else if (q->port && q->asked < q->way.tries * q->way.n_server)
        ask(q);
    else
        finish(q, &(struct resolver_reply){.result = RESOLVER_SILENT, .server = server_of(q)});
}

struct resolver_question *resolver_ask_by(struct device *d, const struct resolver_way *way,
                                          const char *name, resolver_fn fn, void *self)
{
    struct resolver_question *q = g_new0(struct resolver_question, 1);
    g_autofree char *stream = g_strdup_printf("%s/dns", d->name);
    struct rng *rng = rng_stream(d->sim, stream);
    g_assert(way->n_server <= RESOLVER_MAX_SERVERS);
    q->d = d;
    q->way = *way;
    q->name = g_strdup(name);
    q->fn = fn;
    q->self = self;
    q->id = (uint16_t)rng_u32(rng);
    if (way->n_server && dns_name_valid(name))
        open_port(q, rng);
    sim_timer_init(d->sim, &q->timer, on_timer, q);
    sim_timer_arm(&q->timer, sim_now(d->sim));
    return q;
}

struct resolver_question *resolver_ask(struct device *d, ip4 server, const char *name,
                                       resolver_fn fn, void *self)
{
    const struct resolver_way way = {
        .server = {server},
        .n_server = 1,
        .tries = 3,
        .wait = SECONDS(2),
        .patient = true,
        .first_port = 49152,
        .ports = 16384,
    };
    return resolver_ask_by(d, &way, name, fn, self);
}
