/* The client of RADIUS (RFC 2865): asks a group's servers one after the other, each several times,
 * and remembers those that do not answer. A question has a port of its own, so that answers that
 * come late find nobody. */
#include <string.h>

#include "aaa_priv.h"
#include "kernel/rng.h"

#define PORT_FIRST            49152 /* RFC 6335 6: ports for whoever needs one */
#define PORTS                 16384
#define NAS_PORT_TYPE_VIRTUAL 5

/* ---- How the servers do ---- */

void aaa_health_free(struct aaa_health *h)
{
    sim_timer_clear(&h->back);
    g_free(h->group);
    g_free(h);
}

static struct aaa_health *health_find(const struct aaa *a, const char *group, ip4 addr)
{
    for (guint i = 0; i < a->health->len; i++) {
        struct aaa_health *h = g_ptr_array_index(a->health, i);
        if (h->addr == addr && strcmp(h->group, group) == 0)
            return h;
    }
    return NULL;
}

static void tell(const struct aaa *a, uint32_t question, ip4 server, const char *group,
                 const char *what)
{
    TRACE(a->d->scope, aaa_server, .question = question, .server = server, .group = group,
          .what = what);
}

static void comes_back(void *self)
{
    struct aaa_health *h = self;
    h->dead = false;
    h->failed = 0;
    tell(h->a, 0, h->addr, h->group, "back");
}

static struct aaa_health *health_of(struct aaa *a, const char *group, ip4 addr)
{
    struct aaa_health *h = health_find(a, group, addr);
    if (h)
        return h;
    h = g_new0(struct aaa_health, 1);
    h->a = a;
    h->group = g_strdup(group);
    h->addr = addr;
    sim_timer_init(a->d->sim, &h->back, comes_back, h);
    g_ptr_array_add(a->health, h);
    return h;
}

struct aaa_server_count aaa_server_count(const struct aaa *a, const char *group, ip4 addr)
{
    const struct aaa_health *h = health_find(a, group, addr);
    struct aaa_server_count c = h ? h->count : (struct aaa_server_count){0};
    c.dead = h && h->dead;
    return c;
}

static bool all_dead(const struct aaa *a, const struct aaa_group *g)
{
    for (guint i = 0; i < g->servers->len; i++) {
        const struct aaa_server *s = g_ptr_array_index(g->servers, i);
        const struct aaa_health *h = health_find(a, g->name, s->addr);
        if (!h || !h->dead)
            return false;
    }
    return true;
}

static void is_dead(struct aaa *a, const struct aaa_group *g, struct aaa_health *h)
{
    h->dead = true;
    tell(a, 0, h->addr, g->name, "dead");
    if (!g->depletion) {
        sim_timer_arm_in(&h->back, SECONDS((sim_time)g->dead_s));
        return;
    }
    for (guint i = 0; all_dead(a, g) && i < g->servers->len; i++) {
        const struct aaa_server *s = g_ptr_array_index(g->servers, i);
        sim_timer_arm_in(&health_of(a, g->name, s->addr)->back, SECONDS((sim_time)g->dead_s));
    }
}

/* ---- Asking ---- */

static const char *group_name(const struct aaa_question *q)
{
    return q->method[q->at].group;
}

/* RFC 2865 5.44, table of attributes: the user, the password, and who asks. */
static void write_request(struct aaa_question *q, const char *key, ip4 nas)
{
    uint8_t bytes[RADIUS_MAX], hidden[RADIUS_PASSWORD_MAX];
    struct wr w = wr_over(bytes, sizeof bytes);
    size_t n = radius_hide(key, q->auth, q->password, hidden);
    radius_begin(&w, RADIUS_ACCESS_REQUEST, q->id, q->auth);
    radius_put(&w, RADIUS_USER_NAME, span_of(q->user, strlen(q->user)));
    radius_put(&w, RADIUS_USER_PASSWORD, span_of(hidden, n));
    radius_put_u32(&w, RADIUS_NAS_IP_ADDRESS, nas);
    radius_put_u32(&w, RADIUS_NAS_PORT, q->number);
    radius_put_u32(&w, RADIUS_NAS_PORT_TYPE, NAS_PORT_TYPE_VIRTUAL);
    radius_end(&w);
    if (!wr_ok(&w) || n == 0)
        return;
    struct span packet = wr_done(&w);
    q->packet = span_of(g_memdup2(packet.p, packet.n), packet.n);
}

static ip4 spoken_from(const struct aaa_question *q, const struct aaa_group *g, ip4 server)
{
    struct net_node *n = q->a->d->node;
    struct net_if *out = g->source_if ? net_if_by_name(n, g->source_if) : NULL;
    ip4 nexthop;
    if (out && out->addr)
        return out->addr;
    return net_route_lookup(n, server, &out, &nexthop) ? out->addr : 0;
}

static void answer_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                      uint16_t dport, struct span payload);

static bool open_port(struct aaa_question *q)
{
    struct device *d = q->a->d;
    g_autofree char *stream = g_strdup_printf("%s/aaa", d->name);
    uint64_t first = rng_below(rng_stream(d->sim, stream), PORTS);
    for (uint32_t i = 0; !q->port && i < PORTS; i++) {
        uint16_t port = (uint16_t)(PORT_FIRST + (first + i) % PORTS);
        if (net_udp_bind(d->node, port, answer_in, q))
            q->port = port;
    }
    return q->port != 0;
}

static void server_forget(struct aaa_question *q)
{
    sim_timer_disarm(&q->timer);
    g_free((uint8_t *)q->packet.p);
    q->packet = (struct span){NULL, 0};
    g_clear_pointer(&q->secret, g_free);
    q->server = 0;
    q->sent = 0;
}

void aaa_radius_end(struct aaa_question *q)
{
    server_forget(q);
    if (q->port)
        net_udp_unbind(q->a->d->node, q->port);
    q->port = 0;
}

static void send(struct aaa_question *q)
{
    struct device *d = q->a->d;
    const struct aaa_group *g = aaa_group_find(q->a, group_name(q));
    struct aaa_health *h = health_of(q->a, group_name(q), q->server);
    ip4 from = g ? spoken_from(q, g, q->server) : 0;
    *(q->sent ? &h->count.again : &h->count.requests) += 1;
    tell(q->a, q->number, q->server, group_name(q), q->sent ? "again" : "asked");
    q->sent++;
    sim_timer_arm_in(&q->timer, q->patience);
    net_send_udp(d->node, from, q->port, q->server, q->server_port, 0, q->packet);
}

/* "If a Request Authenticator … SHOULD be … unpredictable"                      RFC 2865 3 */
static bool server_take(struct aaa_question *q, const struct aaa_group *g,
                        const struct aaa_server *s)
{
    struct aaa *a = q->a;
    g_autofree char *stream = g_strdup_printf("%s/aaa", a->d->name);
    uint32_t retries = s->retries == AAA_RETRIES_OF_GROUP ? g->retries : s->retries;
    uint32_t timeout = s->timeout_s ? s->timeout_s : g->timeout_s;
    if (!s->key || !*s->key || s->addr == 0)
        return false;
    q->id = a->radius_id++;
    rng_bytes(rng_stream(a->d->sim, stream), q->auth, sizeof q->auth);
    write_request(q, s->key, spoken_from(q, g, s->addr));
    if (!q->packet.p)
        return false;
    q->server = s->addr;
    q->server_port = s->auth_port ? s->auth_port : RADIUS_PORT;
    q->secret = g_strdup(s->key);
    q->most = retries + 1;
    q->patience = SECONDS((sim_time)(timeout ? timeout : 1));
    return true;
}

/* The first server from here on that is not passed over. */
static void ask_from(struct aaa_question *q, guint place)
{
    const struct aaa_group *g = aaa_group_find(q->a, group_name(q));
    server_forget(q);
    for (; g && place < g->servers->len; place++) {
        const struct aaa_server *s = g_ptr_array_index(g->servers, place);
        const struct aaa_health *h = health_find(q->a, g->name, s->addr);
        if ((h && h->dead) || !server_take(q, g, s))
            continue;
        q->place = place;
        send(q);
        return;
    }
    aaa_next_method(q);
}

void aaa_radius_begin(struct aaa_question *q, const struct aaa_group *g)
{
    if (q->port || open_port(q))
        ask_from(q, 0);
    else
        aaa_next_method(q);
}

void aaa_radius_timeout(struct aaa_question *q)
{
    const struct aaa_group *g = aaa_group_find(q->a, group_name(q));
    struct aaa_health *h = health_of(q->a, group_name(q), q->server);
    h->count.timeouts++;
    if (q->sent < q->most) {
        send(q);
        return;
    }
    tell(q->a, q->number, q->server, group_name(q), "silent");
    h->failed++;
    if (g && !h->dead && g->max_failed && g->dead_s && h->failed >= g->max_failed)
        is_dead(q->a, g, h);
    ask_from(q, q->place + 1);
}

/* ---- The answer ---- */

static char *text_of(const struct radius_msg *m, enum radius_type type)
{
    struct span v;
    if (!radius_find(m, type, &v))
        return NULL;
    char *s = g_strndup((const char *)v.p, v.n);
    for (char *c = s; *c; c++)
        if (g_ascii_iscntrl(*c))
            *c = ' ';
    return s;
}

/* The group of settings stands in Class as "OU=name;", by which remote access tells it. */
static char *class_group(const struct radius_msg *m)
{
    g_autofree char *text = text_of(m, RADIUS_CLASS);
    if (!text || g_ascii_strncasecmp(text, "OU=", 3) != 0)
        return NULL;
    return g_strndup(text + 3, strcspn(text + 3, ";"));
}

/* 255.255.255.255: the user chooses, 255.255.255.254: the NAS does              RFC 2865 5.8 */
static ip4 framed_address(const struct radius_msg *m)
{
    uint32_t a = 0;
    return radius_find_u32(m, RADIUS_FRAMED_IP_ADDRESS, &a) && a < 0xfffffffe ? a : 0;
}

static void accepted(struct aaa_question *q, const struct radius_msg *m)
{
    g_autofree char *group = class_group(m), *message = text_of(m, RADIUS_REPLY_MESSAGE);
    struct aaa_reply r = {
        .verdict = AAA_PASS, .server = q->server, .group = group, .message = message};
    r.framed = framed_address(m);
    radius_find_u32(m, RADIUS_FRAMED_IP_NETMASK, &r.framed_mask);
    radius_find_u32(m, RADIUS_SESSION_TIMEOUT, &r.session_s);
    radius_find_u32(m, RADIUS_IDLE_TIMEOUT, &r.idle_s);
    aaa_decided(q, &r);
}

static void refused(struct aaa_question *q, const struct radius_msg *m)
{
    g_autofree char *message = text_of(m, RADIUS_REPLY_MESSAGE);
    aaa_decided(q,
                &(struct aaa_reply){.verdict = AAA_FAIL, .server = q->server, .message = message});
}

/* "the RADIUS response is verified … the Response Authenticator field MUST contain the correct
 * response for the pending Access-Request. … Invalid packets are silently discarded."
 *                                                                              RFC 2865 4.2 */
static bool verifies(const struct aaa_question *q, const struct radius_msg *m)
{
    uint8_t auth[RADIUS_AUTH];
    radius_response_auth(q->secret, q->auth, m->bytes, auth);
    return m->id == q->id && memcmp(auth, m->auth, sizeof auth) == 0;
}

static void answer_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                      uint16_t dport, struct span payload)
{
    struct aaa_question *q = self;
    struct radius_msg m;
    if (src != q->server || sport != q->server_port)
        return;
    struct aaa_health *h = health_of(q->a, group_name(q), src);
    if (radius_parse(payload, &m) != WIRE_OK || !verifies(q, &m)) {
        h->count.bad++;
        tell(q->a, q->number, src, group_name(q), "bad");
        return;
    }
    h->failed = 0;
    if (m.code == RADIUS_ACCESS_ACCEPT) {
        h->count.accepts++;
        tell(q->a, q->number, src, group_name(q), "accept");
        accepted(q, &m);
    } else if (m.code == RADIUS_ACCESS_REJECT || m.code == RADIUS_ACCESS_CHALLENGE) {
        /* "If the NAS does not support challenge/response, it MUST treat an Access-Challenge as
         * though it had received an Access-Reject instead."                    RFC 2865 4.4 */
        h->count.rejects++;
        tell(q->a, q->number, src, group_name(q), "reject");
        refused(q, &m);
    }
}
