/* Packets that the scenario puts in: bogus ESP and ISAKMP, given bytes, packets seen before. They
 * are defects of the scenario's making, so each is reported as `injected`. */
#include <string.h>

#include "base/text.h"
#include "kernel/rng.h"
#include "match.h"
#include "scenario_priv.h"

#define INJECT_MAX 100000
#define KEPT_MAX   1024

enum what { ESP, ISAKMP, RAW, REPLAY };

struct injector {
    struct world *w;
    enum what what;
    char *text;
    struct device *from;
    struct net_link *link; /* NULL: through the node's routing */
    uint32_t end;
    ip4 src, dst;
    bool random_spi;
    uint32_t spi, seq, size;
    uint8_t exchange;
    GByteArray *payload; /* NULL: random */
    uint64_t count, sent;
    sim_time every;
    struct matcher *matcher;
    GQueue kept; /* replay: struct pkt, the latest that matched */
    struct sim_port port;
    struct rng *rng;
};

/* ---- Making packets ---- */

static struct pkt *ip_packet(struct injector *i, uint8_t protocol, size_t payload)
{
    struct pkt *p = pkt_new(IP4_HEAD + payload);
    struct ip4_head h = {
        .ttl = 255,
        .protocol = protocol,
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)(IP4_HEAD + payload),
        .id = (uint16_t)rng_u32(i->rng),
        .src = i->src,
        .dst = i->dst,
    };
    ip4_head_emit(&h, pkt_data(p));
    return p;
}

static struct pkt *bogus_esp(struct injector *i)
{
    struct pkt *p = ip_packet(i, IPPROTO_NUM_ESP, 8 + i->size);
    uint8_t *esp = pkt_data(p) + IP4_HEAD;
    be32_put(esp, i->random_spi ? rng_u32(i->rng) | 0x100 : i->spi);
    be32_put(esp + 4, i->seq + (uint32_t)i->sent);
    rng_bytes(i->rng, esp + 8, i->size);
    return p;
}

static struct pkt *bogus_isakmp(struct injector *i)
{
    size_t n = i->payload ? i->payload->len : ISAKMP_HEAD + i->size;
    struct pkt *p = ip_packet(i, IPPROTO_NUM_UDP, UDP_HEAD + n);
    uint8_t *udp = pkt_data(p) + IP4_HEAD;
    if (i->payload) {
        memcpy(udp + UDP_HEAD, i->payload->data, n);
    } else {
        struct isakmp_head h = {
            .cky_i = rng_u64(i->rng),
            .next_payload = PAYLOAD_SA,
            .version = 0x10,
            .exchange = i->exchange,
            .length = (uint32_t)n,
        };
        struct wr w = wr_over(udp + UDP_HEAD, n);
        isakmp_head_emit(&h, &w);
        rng_bytes(i->rng, udp + UDP_HEAD + ISAKMP_HEAD, i->size);
    }
    udp_emit(i->src, i->dst, 500, 500, udp, n);
    return p;
}

static struct pkt *seen_before(struct injector *i)
{
    struct pkt *p = g_queue_pop_head(&i->kept);
    if (!p)
        return NULL;
    g_queue_push_tail(&i->kept, p); /* and again, when more are wanted than were seen */
    return pkt_of(pkt_span(p));
}

static struct pkt *next_packet(struct injector *i)
{
    switch (i->what) {
    case ESP:
        return bogus_esp(i);
    case ISAKMP:
        return bogus_isakmp(i);
    case RAW:
        return pkt_of(span_of(i->payload->data, i->payload->len));
    default:
        return seen_before(i);
    }
}

/* ---- Sending them ---- */

static void send_one(struct injector *i, struct pkt *p)
{
    struct ip4_head h;
    if (!i->link) {
        net_output(i->from->node, p);
        return;
    }
    struct net_if *out = net_link_end(i->link, i->end), *by;
    ip4 nexthop = 0;
    if (ip4_head_parse(pkt_span(p), &h) == WIRE_OK &&
        (!net_route_lookup(i->from->node, h.dst, &by, &nexthop) || by != out))
        nexthop = h.dst;
    net_output_on(out, nexthop, p);
}

static void fire(void *owner, uint64_t arg)
{
    struct injector *i = owner;
    struct pkt *p = next_packet(i);
    if (!p) {
        sim_note(i->from->scope, "inject: no packet that matches was seen on %s, nothing to replay",
                 net_link_name(i->link));
        return;
    }
    TRACE(i->from->scope, injected, .what = i->text);
    send_one(i, p);
    if (++i->sent < i->count)
        sim_post(i->w->sim, sim_now(i->w->sim) + i->every, &i->port, 0);
}

void injector_start(struct injector *i)
{
    i->sent = 0;
    fire(i, 0);
}

const char *injector_text(const struct injector *i)
{
    return i->text;
}

/* ---- What was seen ---- */

static void look(void *self, const struct trace_event *e)
{
    struct injector *i = self;
    const struct ev_link_tx *tx = e->data;
    if (i->sent > 0 || strcmp(tx->link, net_link_name(i->link)) != 0 ||
        !matcher_takes(i->matcher, tx->end, tx->number, tx->frame))
        return;
    g_queue_push_tail(&i->kept, pkt_of(tx->frame));
    if (i->kept.length > MIN(i->count, KEPT_MAX))
        pkt_unref(g_queue_pop_head(&i->kept));
}

/* ---- Reading ---- */

static bool read_sizes(struct injector *i, const struct yml_node *n, GError **error)
{
    const struct yml_node *count = yml_get(n, "count"), *size = yml_get(n, "size");
    i->count = get_count(n, "count", 1);
    if (i->count < 1 || i->count > INJECT_MAX)
        return yml_fail(error, count, "count: from 1 to %d", INJECT_MAX);
    uint64_t bytes = get_size(n, "size", 100);
    if (bytes > 65000)
        return yml_fail(error, size, "size: at most 65000");
    i->size = (uint32_t)bytes;
    i->every = get_time(n, "every", MILLISECONDS(10));
    const char *spi = get_text(n, "spi", "random");
    uint64_t v = 0;
    i->random_spi = strcmp(spi, "random") == 0;
    if (!i->random_spi && (!units_count(spi, &v) || v > UINT32_MAX))
        return yml_fail(error, yml_get(n, "spi"), "an SPI has 32 bits");
    i->spi = (uint32_t)v;
    i->seq = (uint32_t)get_count(n, "seq", 1);
    return true;
}

static bool read_bytes(struct injector *i, const struct yml_node *n, GError **error)
{
    const char *hex = get_text(n, "payload", NULL);
    if (hex)
        i->payload = text_unhex(hex);
    if (i->payload && i->payload->len > 65000)
        return yml_fail(error, yml_get(n, "payload"), "payload: at most 65000 bytes");
    if (i->what == RAW && (!i->payload || i->payload->len < IP4_HEAD))
        return yml_fail(error, n, "raw: the payload is an IP packet of 20 bytes at least");
    return true;
}

static bool read_addresses(struct injector *i, const struct yml_node *n, GError **error)
{
    for (size_t k = 0; i->src == 0 && k < net_if_count(i->from->node); k++)
        i->src = net_if_at(i->from->node, k)->addr;
    get_ip4(n, "src", &i->src);
    if (!get_ip4(n, "dst", &i->dst) && (i->what == ESP || i->what == ISAKMP))
        return yml_fail(error, n, "inject: dst is missing");
    return true;
}

static bool read_link(struct injector *i, const struct yml_node *n, GError **error)
{
    const struct yml_node *link = yml_get(n, "link");
    if (link) {
        i->link = get_link(i->w, link, error);
        if (!i->link || !get_end(i->w, i->link, yml_get(n, "from"), &i->end, error))
            return false;
    }
    if (i->what != REPLAY)
        return true;
    if (!link)
        return yml_fail(error, n, "replay: which link? The packets seen there are sent again");
    i->matcher = matcher_new(i->w, yml_get(n, "match"), i->link, error);
    if (!i->matcher)
        return false;
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_link_tx);
    trace_subscribe(i->w->trace, NULL, &mask, look, i);
    return true;
}

struct injector *injector_new(struct world *w, const struct yml_node *n, GError **error)
{
    static const char *const names[] = {"esp", "isakmp", "raw", "replay"};
    struct injector *i = g_new0(struct injector, 1);
    i->w = w;
    i->port = (struct sim_port){fire, i};
    g_queue_init(&i->kept);
    const char *what = get_text(n, "what", "esp");
    for (size_t k = 0; k < G_N_ELEMENTS(names); k++)
        if (strcmp(names[k], what) == 0)
            i->what = (enum what)k;
    i->from = get_device(w, yml_get(n, "from"), error);
    int exchange = match_exchange(get_text(n, "exchange", "main"));
    i->exchange = (uint8_t)exchange;
    if (!i->from || !read_sizes(i, n, error) || !read_bytes(i, n, error) ||
        !read_addresses(i, n, error) || !read_link(i, n, error)) {
        injector_free(i);
        return NULL;
    }
    g_autofree char *stream = g_strdup_printf("%s/inject", i->from->name);
    i->rng = rng_stream(w->sim, stream);
    i->text = g_strdup_printf("%s from %s%s%s", what, i->from->name, i->link ? " on " : "",
                              i->link ? net_link_name(i->link) : "");
    return i;
}

void injector_free(struct injector *i)
{
    if (!i)
        return;
    if (i->matcher)
        trace_unsubscribe(i->w->trace, look, i);
    matcher_free(i->matcher);
    g_queue_clear_full(&i->kept, (GDestroyNotify)pkt_unref);
    if (i->payload)
        g_byte_array_unref(i->payload);
    g_free(i->text);
    g_free(i);
}
