/* Names: the hosts file first, then a server that is asked (device/resolver.h). In the tunnel the
 * gateway's servers are asked, and with a list of domains (split DNS) only for names of these. */
#include "vc.h"

#include <string.h>

#include "device/resolver.h"

G_STATIC_ASSERT(VC_MAX_DNS <= RESOLVER_MAX_SERVERS);

struct query {
    struct vc *s;
    char *name;
    vc_found_fn fn;
    void *self;
    struct resolver_question *question; /* NULL: the hosts file has it */
    ip4 known;
    struct sim_timer timer;
};

static void query_free(gpointer p)
{
    struct query *q = p;
    resolver_cancel(q->question);
    sim_timer_clear(&q->timer);
    g_free(q->name);
    g_free(q);
}

static void tell(struct query *q, struct vc_found f)
{
    GPtrArray *queries = q->s->dns;
    vc_found_fn fn = q->fn;
    void *self = q->self;
    g_autofree char *name = g_strdup(q->name);
    f.name = name;
    g_ptr_array_remove(queries, q);
    fn(self, &f);
}

static void tell_known(void *owner)
{
    struct query *q = owner;
    tell(q, (struct vc_found){.addr = q->known});
}

static void answered(void *self, const struct resolver_reply *r)
{
    struct query *q = self;
    const char *why = !r->server                                  ? "no server"
                      : r->rcode == DNS_NXDOMAIN                  ? "Non-existent domain"
                      : r->result == RESOLVER_SILENT && !r->rcode ? "timed out"
                                                                  : "Server failed";
    q->question = NULL; /* it is gone with its answer */
    tell(q, (struct vc_found){.addr = r->addr, .server = r->server, .why = why});
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

void vc_resolve(struct vc *s, const char *name, vc_found_fn fn, void *self)
{
    struct query *q = g_new0(struct query, 1);
    ip4 known = in_hosts(s, name);
    struct resolver_way way = {.tries = 2, .wait = SECONDS(2), .first_port = 1024, .ports = 3976};
    q->s = s;
    q->name = known ? g_strdup(name) : full_name(s, name);
    q->fn = fn;
    q->self = self;
    sim_timer_init(s->d->sim, &q->timer, tell_known, q);
    g_ptr_array_add(s->dns, q);
    if (known) {
        q->known = known;
        sim_timer_arm(&q->timer, sim_now(s->d->sim));
        return;
    }
    way.n_server = vc_dns_servers(s, q->name, way.server);
    q->question = resolver_ask_by(s->d, &way, q->name, answered, q);
}

void vc_resolve_cancel(struct vc *s, const void *self)
{
    for (guint i = s->dns->len; i-- > 0;)
        if (((struct query *)s->dns->pdata[i])->self == self)
            g_ptr_array_remove_index(s->dns, i);
}

void vc_dns_init(struct vc *s)
{
    s->dns = g_ptr_array_new_with_free_func(query_free);
}

void vc_dns_clear(struct vc *s)
{
    g_clear_pointer(&s->dns, g_ptr_array_unref);
}
