/* How the DHCP server answers (RFC 2131 4.3), as the one authority of its network: who asks for
 * what it has not is told no. */
#include <string.h>

#include "base/text.h"
#include "dhcp.h"
#include "kernel/rng.h"

#define OFFER_HOLD SECONDS(60) /* an offer that nobody takes */

const char *dhcp_lease_state_name(enum dhcp_lease_state s)
{
    static const char *const name[] = {"offered", "bound", "declined"};
    return name[s];
}

/* ---- Who is it? ---- */

static void put_mac(GString *out, const uint8_t *mac, size_t n)
{
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, "%s%02x", i ? ":" : "", mac[i]);
}

static bool printable(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!g_ascii_isgraph(s.p[i]))
            return false;
    return s.n > 0;
}

/* RFC 2131 4.2: by the client identifier, and without one by the hardware address. An identifier of
 * type 1 is a hardware address, one of type 0 is text where it can be. */
static void client_text(const struct dhcp_msg *m, char out[64])
{
    g_autoptr(GString) text = g_string_new(NULL);
    struct span id = m->client_id;
    if (id.n == 0)
        put_mac(text, m->chaddr, m->hlen);
    else if (id.n == 7 && id.p[0] == 1)
        put_mac(text, id.p + 1, 6);
    else if (id.p[0] == 0 && printable(span_sub(id, 1, id.n)))
        g_string_append_len(text, (const char *)id.p + 1, (gssize)id.n - 1);
    else if (printable(id))
        g_string_append_len(text, (const char *)id.p, (gssize)id.n);
    else
        text_hex(text, id);
    g_strlcpy(out, text->str, 64);
}

/* ---- Leases ---- */

static bool grant_find(const struct dhcp_server *s, ip4 addr, guint *at)
{
    for (*at = 0; *at < s->grants->len; ++*at) {
        ip4 there = g_array_index(s->grants, struct dhcp_grant, *at).addr;
        if (there >= addr)
            return there == addr;
    }
    return false;
}

/* What a client was offered, else what it has. */
static struct dhcp_grant *grant_of(const struct dhcp_server *s, const char *client)
{
    struct dhcp_grant *has = NULL;
    for (guint i = 0; i < s->grants->len; i++) {
        struct dhcp_grant *g = &g_array_index(s->grants, struct dhcp_grant, i);
        if (g->state == DHCP_LEASE_DECLINED || strcmp(g->client, client) != 0)
            continue;
        if (g->state == DHCP_LEASE_OFFERED)
            return g;
        has = g;
    }
    return has;
}

ip4 dhcp_server_reserved(const struct dhcp_server *s, const char *client)
{
    for (guint i = 0; i < s->reserves->len; i++) {
        const struct dhcp_reserve *r = &g_array_index(s->reserves, struct dhcp_reserve, i);
        if (g_ascii_strcasecmp(r->client, client) == 0)
            return r->addr;
    }
    return 0;
}

static bool is_reserved(const struct dhcp_server *s, ip4 addr)
{
    for (guint i = 0; i < s->reserves->len; i++)
        if (g_array_index(s->reserves, struct dhcp_reserve, i).addr == addr)
            return true;
    return false;
}

void dhcp_server_drop(struct dhcp_server *s, guint at)
{
    ip4 addr = g_array_index(s->grants, struct dhcp_grant, at).addr;
    g_array_remove_index(s->grants, at);
    if (!is_reserved(s, addr))
        addr_pool_give_back(s->pool, addr);
}

static void drop_of(struct dhcp_server *s, const char *client, ip4 except)
{
    for (guint i = s->grants->len; i-- > 0;) {
        const struct dhcp_grant *g = &g_array_index(s->grants, struct dhcp_grant, i);
        if (g->state != DHCP_LEASE_DECLINED && g->addr != except && strcmp(g->client, client) == 0)
            dhcp_server_drop(s, i);
    }
}

static void arm_expiry(struct dhcp_server *s)
{
    sim_time first = SIM_TIME_MAX;
    for (guint i = 0; i < s->grants->len; i++)
        first = MIN(first, g_array_index(s->grants, struct dhcp_grant, i).until);
    if (first == SIM_TIME_MAX)
        sim_timer_disarm(&s->expiry);
    else
        sim_timer_arm(&s->expiry, first);
}

void dhcp_server_expire(void *self)
{
    struct dhcp_server *s = self;
    for (guint i = s->grants->len; i-- > 0;) {
        struct dhcp_grant g = g_array_index(s->grants, struct dhcp_grant, i);
        if (g.until > sim_now(s->s.d->sim))
            continue;
        dhcp_server_drop(s, i);
        if (g.state == DHCP_LEASE_BOUND)
            server_tell(&s->s, 0, g.client, g.addr, "expired");
    }
    arm_expiry(s);
}

static void grant(struct dhcp_server *s, const struct dhcp_msg *m, const char *client, ip4 addr,
                  enum dhcp_lease_state state, sim_time hold)
{
    guint at;
    if (!grant_find(s, addr, &at)) {
        struct dhcp_grant new = {.addr = addr};
        g_array_insert_val(s->grants, at, new);
    }
    struct dhcp_grant *g = &g_array_index(s->grants, struct dhcp_grant, at);
    g_strlcpy(g->client, client, sizeof g->client);
    if (m->hostname.n)
        g_snprintf(g->hostname, sizeof g->hostname, "%.*s", (int)m->hostname.n,
                   (const char *)m->hostname.p);
    g->state = state;
    g->since = sim_now(s->s.d->sim);
    g->until = hold == SIM_TIME_MAX ? hold : g->since + hold;
    arm_expiry(s);
}

/* ---- Which address? ---- */

static ip4 take_anywhere(struct dhcp_server *s, const char *client)
{
    g_autofree char *stream = g_strdup_printf("%s/dhcp", s->s.d->name);
    struct rng *rng = rng_stream(s->s.d->sim, stream);
    for (int tries = 0; s->shuffle && s->pool->range->len && tries < 32; tries++) {
        guint at = (guint)rng_below(rng, s->pool->range->len);
        const struct ip4_range *r = &g_array_index(s->pool->range, struct ip4_range, at);
        ip4 a = r->first + (ip4)rng_below(rng, (uint64_t)(r->last - r->first) + 1);
        guint there;
        if (!grant_find(s, a, &there) && !addr_pool_holder(s->pool, a) &&
            addr_pool_take_at(s->pool, a, client))
            return a;
    }
    return addr_pool_take(s->pool, client);
}

/* RFC 2131 4.3.1: what is reserved, else what the client has, else what it wishes, else any. */
static ip4 choose(struct dhcp_server *s, const struct dhcp_msg *m, const char *client)
{
    ip4 reserved = dhcp_server_reserved(s, client);
    if (reserved)
        return reserved;
    const struct dhcp_grant *g = grant_of(s, client);
    if (g && (!s->fresh || g->state == DHCP_LEASE_OFFERED))
        return g->addr;
    if (m->requested && !s->fresh && !addr_pool_holder(s->pool, m->requested) &&
        addr_pool_take_at(s->pool, m->requested, client))
        return m->requested;
    ip4 fresh = take_anywhere(s, client);
    return fresh || !g ? fresh : g->addr;
}

/* ---- Answers ---- */

/* Links carry IP and know no hardware addresses: who has no address yet hears broadcasts. */
static void send(struct dhcp_server *s, struct net_if *in, const struct dhcp_msg *m)
{
    uint8_t bytes[DHCP_MAX_BYTES];
    struct wr w = wr_over(bytes, sizeof bytes);
    dhcp_emit(m, &w);
    g_assert(wr_ok(&w));
    if (m->ciaddr && m->type != DHCP_NAK)
        server_answer(&s->s, DHCP_PORT_SERVER, m->ciaddr, DHCP_PORT_CLIENT, wr_done(&w));
    else
        server_broadcast(&s->s, in, DHCP_PORT_SERVER, DHCP_PORT_CLIENT, wr_done(&w));
}

static uint32_t lease_for(const struct dhcp_server *s, const struct dhcp_msg *m)
{
    return m->lease_s ? MIN(m->lease_s, s->lease_s) : s->lease_s;
}

/* RFC 2131 table 3. */
static void answer(struct dhcp_server *s, struct net_if *in, const struct dhcp_msg *m,
                   enum dhcp_type type, ip4 addr)
{
    struct dhcp_msg a = {
        .op = DHCP_BOOTREPLY,
        .htype = m->htype,
        .hlen = m->hlen,
        .xid = m->xid,
        .flags = m->flags,
        .ciaddr = m->type == DHCP_REQUEST || m->type == DHCP_INFORM ? m->ciaddr : 0,
        .yiaddr = addr,
        .type = type,
        .server = in->addr,
    };
    memcpy(a.chaddr, m->chaddr, sizeof a.chaddr);
    if (type == DHCP_NAK) {
        a.ciaddr = 0;
        send(s, in, &a);
        return;
    }
    a.mask = s->pool->mask;
    a.router = s->gateway;
    a.n_dns = s->n_dns;
    memcpy(a.dns, s->dns, sizeof a.dns);
    if (s->domain)
        a.domain = span_of(s->domain, strlen(s->domain));
    a.lease_s = addr ? lease_for(s, m) : 0;
    send(s, in, &a);
}

static void on_discover(struct dhcp_server *s, struct net_if *in, const struct dhcp_msg *m,
                        const char *client)
{
    ip4 addr = choose(s, m, client);
    guint at;
    if (!addr) {
        server_tell(&s->s, 0, client, 0, "no address free");
        return;
    }
    bool bound = grant_find(s, addr, &at) &&
                 g_array_index(s->grants, struct dhcp_grant, at).state == DHCP_LEASE_BOUND;
    if (!bound)
        grant(s, m, client, addr, DHCP_LEASE_OFFERED, OFFER_HOLD);
    server_tell(&s->s, 0, client, addr, "offer");
    answer(s, in, m, DHCP_OFFER, addr);
}

static void acknowledge(struct dhcp_server *s, struct net_if *in, const struct dhcp_msg *m,
                        const char *client, ip4 addr, const char *result)
{
    uint32_t seconds = lease_for(s, m);
    grant(s, m, client, addr, DHCP_LEASE_BOUND,
          seconds == DHCP_INFINITE ? SIM_TIME_MAX : SECONDS((sim_time)seconds));
    drop_of(s, client, addr);
    server_tell(&s->s, m->ciaddr, client, addr, result);
    answer(s, in, m, DHCP_ACK, addr);
}

/* RFC 2131 4.3.2: taken offers name the server; who rebooted names the address; who renews has it.
 */
static void on_request(struct dhcp_server *s, struct net_if *in, const struct dhcp_msg *m,
                       const char *client)
{
    ip4 wanted = m->ciaddr ? m->ciaddr : m->requested;
    const struct dhcp_grant *g = grant_of(s, client);
    guint at;
    if (m->server && m->server != in->addr) {
        if (g && g->state == DHCP_LEASE_OFFERED)
            drop_of(s, client, 0);
        return;
    }
    bool his = grant_find(s, wanted, &at) &&
               strcmp(g_array_index(s->grants, struct dhcp_grant, at).client, client) == 0 &&
               g_array_index(s->grants, struct dhcp_grant, at).state != DHCP_LEASE_DECLINED;
    ip4 reserved = dhcp_server_reserved(s, client);
    bool moved = reserved && reserved != wanted;
    bool reboots = !m->server && !m->ciaddr;
    if (his && !moved && !(reboots && s->fresh)) {
        acknowledge(s, in, m, client, wanted, m->ciaddr ? "renewed" : "ack");
        return;
    }
    server_tell(&s->s, m->ciaddr, client, wanted, "nak");
    answer(s, in, m, DHCP_NAK, 0);
}

static void on_release(struct dhcp_server *s, const struct dhcp_msg *m, const char *client)
{
    guint at;
    if (!grant_find(s, m->ciaddr, &at) ||
        strcmp(g_array_index(s->grants, struct dhcp_grant, at).client, client) != 0)
        return;
    dhcp_server_drop(s, at);
    arm_expiry(s);
    server_tell(&s->s, m->ciaddr, client, m->ciaddr, "released");
}

/* RFC 2131 4.3.3: "The server MUST mark the network address as not available". */
static void on_decline(struct dhcp_server *s, const struct dhcp_msg *m, const char *client)
{
    guint at;
    if (!grant_find(s, m->requested, &at) ||
        strcmp(g_array_index(s->grants, struct dhcp_grant, at).client, client) != 0)
        return;
    grant(s, m, client, m->requested, DHCP_LEASE_DECLINED,
          s->lease_s == DHCP_INFINITE ? SIM_TIME_MAX : SECONDS((sim_time)s->lease_s));
    server_tell(&s->s, 0, client, m->requested, "declined");
}

void dhcp_server_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                    struct span payload)
{
    struct dhcp_server *s = self;
    struct dhcp_msg m;
    char client[64];
    if (dhcp_parse(payload, &m) != WIRE_OK || m.op != DHCP_BOOTREQUEST || m.hlen == 0) {
        server_tell(&s->s, src, NULL, 0, "malformed");
        return;
    }
    client_text(&m, client);
    s->pool->mask = s->mask ? s->mask : in->mask; /* whose edges are nobody's */
    if (s->s.silent || m.giaddr || !in->addr ||
        (m.server && m.type != DHCP_REQUEST && m.server != in->addr)) {
        server_tell(&s->s, src, client, 0,
                    s->s.silent ? "silent"
                    : m.giaddr  ? "relayed: not served"
                                : "not for this server");
        return;
    }
    switch (m.type) {
    case DHCP_DISCOVER:
        on_discover(s, in, &m, client);
        break;
    case DHCP_REQUEST:
        on_request(s, in, &m, client);
        break;
    case DHCP_RELEASE:
        on_release(s, &m, client);
        break;
    case DHCP_DECLINE:
        on_decline(s, &m, client);
        break;
    case DHCP_INFORM:
        server_tell(&s->s, src, client, m.ciaddr, "inform");
        answer(s, in, &m, DHCP_ACK, 0);
        break;
    default:
        server_tell(&s->s, src, client, 0, "malformed");
        break;
    }
}
