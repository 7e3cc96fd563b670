/* Names (RFC 1035): the hosts file first, then a server that is asked by UDP. In the tunnel the
 * gateway's servers are asked, and with a list of domains (split DNS) only for names of these. */
#include "vc.h"

#include <string.h>
#include "kernel/rng.h"

#define DNS_PORT  53
#define DNS_HEAD  12
#define DNS_TRIES 2 /* of each server */
#define DNS_WAIT  SECONDS(2)
#define DNS_MAX   512 /* RFC 1035 2.3.4 */
enum { TYPE_A = 1, CLASS_IN = 1, FLAG_RD = 0x0100, FLAG_QR = 0x8000, RCODE_NAME = 3 };

struct query {
    struct vc *s;
    char *name;
    vc_found_fn fn;
    void *self;
    ip4 server[VC_MAX_DNS];
    size_t n_server;
    uint32_t tries;
    uint16_t id, port;
    struct vc_found found; /* what the timer tells when it is known already */
    bool known;
    struct sim_timer timer;
};
struct vc_dns {
    GPtrArray *queries; /* struct query, owned */
    struct rng *rng;
};

static void query_free(gpointer p)
{
    struct query *q = p;
    if (q->port)
        net_udp_unbind(q->s->d->node, q->port);
    sim_timer_clear(&q->timer);
    g_free(q->name);
    g_free(q);
}

static void tell(struct query *q, struct vc_found f)
{
    struct vc_dns *dns = q->s->dns;
    vc_found_fn fn = q->fn;
    void *self = q->self;
    g_autofree char *name = g_strdup(q->name);
    f.name = name;
    g_ptr_array_remove(dns->queries, q);
    fn(self, &f);
}

static ip4 server_of(const struct query *q)
{
    return q->n_server ? q->server[(q->tries + q->n_server - 1) % q->n_server] : 0;
}

/* ---- On the wire ---- */

/* "www.example" is 3 "www" 7 "example" 0                                      RFC 1035 3.1 */
static void put_name(struct wr *w, const char *name)
{
    while (*name) {
        size_t n = strcspn(name, ".");
        wr_u8(w, (uint8_t)MIN(n, 63u));
        wr_bytes(w, name, MIN(n, 63u));
        name += n + (name[n] == '.');
    }
    wr_u8(w, 0);
}

static void skip_name(struct rd *r)
{
    for (uint8_t n = rd_u8(r); n && rd_ok(r); n = rd_u8(r)) {
        if (n >= 0xc0) { /* a pointer ends it                                   RFC 1035 4.1.4 */
            rd_skip(r, 1);
            return;
        }
        rd_skip(r, n);
    }
}

static void ask(struct query *q)
{
    uint8_t bytes[DNS_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    q->tries++;
    wr_u16(&w, q->id);
    wr_u16(&w, FLAG_RD);
    wr_u16(&w, 1);
    wr_zero(&w, 6);
    put_name(&w, q->name);
    wr_u16(&w, TYPE_A);
    wr_u16(&w, CLASS_IN);
    sim_timer_arm_in(&q->timer, DNS_WAIT);
    if (wr_ok(&w))
        net_send_udp(q->s->d->node, 0, q->port, server_of(q), DNS_PORT, 0, wr_done(&w));
}

static void answer(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                   struct span payload)
{
    struct query *q = self;
    struct rd r = rd_over(payload);
    uint16_t id = rd_u16(&r), flags = rd_u16(&r), questions = rd_u16(&r), answers = rd_u16(&r);
    rd_skip(&r, 4);
    if (!rd_ok(&r) || id != q->id || !(flags & FLAG_QR) || src != server_of(q) || sport != DNS_PORT)
        return;
    struct vc_found f = {.server = src, .why = "Server failed"};
    if ((flags & 15u) == RCODE_NAME)
        f.why = "Non-existent domain";
    for (; questions && rd_ok(&r); questions--) {
        skip_name(&r);
        rd_skip(&r, 4);
    }
    for (; answers && rd_ok(&r) && !f.addr; answers--) {
        skip_name(&r);
        uint16_t type = rd_u16(&r), class = rd_u16(&r);
        rd_skip(&r, 4); /* how long it may be kept */
        struct span data = rd_span(&r, rd_u16(&r));
        if (rd_ok(&r) && type == TYPE_A && class == CLASS_IN && data.n == 4)
            f.addr = be32_get(data.p);
    }
    tell(q, f);
}

static void timer(void *owner)
{
    struct query *q = owner;
    if (q->known)
        tell(q, q->found);
    else if (q->tries < q->n_server * DNS_TRIES)
        ask(q);
    else
        tell(q, (struct vc_found){.server = server_of(q), .why = "timed out"});
}

/* ---- Which server ---- */

static bool is_of(const char *name, const char *domain)
{
    size_t n = strlen(name), m = strlen(domain);
    return n >= m && g_ascii_strcasecmp(name + n - m, domain) == 0 &&
           (n == m || name[n - m - 1] == '.');
}

static bool asks_tunnel(const struct vc *s, const char *name)
{
    if (!s->configured || !s->given.n_dns)
        return false;
    if (vc_tunnels_all(s) || !s->given.split_dns->len || !s->profile->split_dns)
        return true;
    for (guint i = 0; i < s->given.split_dns->len; i++)
        if (is_of(name, s->given.split_dns->pdata[i]))
            return true;
    return false;
}

size_t vc_dns_servers(const struct vc *s, const char *name, ip4 out[VC_MAX_DNS])
{
    bool tunnel = asks_tunnel(s, name);
    const ip4 *from = tunnel ? s->given.dns : s->pc.dns;
    size_t n = tunnel ? s->given.n_dns : s->pc.n_dns;
    memcpy(out, from, n * sizeof *out);
    return n;
}

/* A name of one word is one of the domain the PC is in, or the tunnel's. */
static char *full_name(const struct vc *s, const char *name)
{
    const char *domain =
        s->configured && s->given.domain && *s->given.domain ? s->given.domain : s->pc.domain;
    return strchr(name, '.') || !domain || !*domain ? g_strdup(name)
                                                    : g_strconcat(name, ".", domain, NULL);
}

/* ---- Asking ---- */

static ip4 in_hosts(const struct vc *s, const char *name)
{
    for (guint i = 0; i < s->hosts->len; i++) {
        const struct vc_host *h = s->hosts->pdata[i];
        if (g_ascii_strcasecmp(h->name, name) == 0)
            return h->addr;
    }
    return 0;
}

static bool open_port(struct query *q)
{
    for (int i = 0; i < 64; i++) {
        uint16_t port = (uint16_t)(1024 + rng_below(q->s->dns->rng, 3976));
        if (net_udp_bind(q->s->d->node, port, answer, q)) {
            q->port = port;
            return true;
        }
    }
    return false;
}

void vc_resolve(struct vc *s, const char *name, vc_found_fn fn, void *self)
{
    struct query *q = g_new0(struct query, 1);
    ip4 known = in_hosts(s, name);
    q->s = s;
    q->name = known ? g_strdup(name) : full_name(s, name);
    q->fn = fn;
    q->self = self;
    q->n_server = vc_dns_servers(s, q->name, q->server);
    q->id = (uint16_t)rng_u32(s->dns->rng);
    sim_timer_init(s->d->sim, &q->timer, timer, q);
    g_ptr_array_add(s->dns->queries, q);
    if (!known && q->n_server && strlen(q->name) < 254 && open_port(q)) {
        ask(q);
        return;
    }
    q->known = true;
    q->found = (struct vc_found){.addr = known, .why = "no server"};
    sim_timer_arm(&q->timer, sim_now(s->d->sim));
}

void vc_resolve_cancel(struct vc *s, const void *self)
{
    for (guint i = s->dns->queries->len; i-- > 0;)
        if (((struct query *)s->dns->queries->pdata[i])->self == self)
            g_ptr_array_remove_index(s->dns->queries, i);
}

void vc_dns_init(struct vc *s)
{
    g_autofree char *stream = g_strdup_printf("%s/dns", s->d->name);
    s->dns = g_new0(struct vc_dns, 1);
    s->dns->queries = g_ptr_array_new_with_free_func(query_free);
    s->dns->rng = rng_stream(s->d->sim, stream);
}

void vc_dns_clear(struct vc *s)
{
    g_ptr_array_unref(s->dns->queries);
    g_clear_pointer(&s->dns, g_free);
}
