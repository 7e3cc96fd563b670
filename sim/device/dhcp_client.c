/* The DHCP client (RFC 2131 4.4): the machine of figure 5. Its interfaces come and go in
 * dhcp_client_slots.c. */
#include <string.h>

#include "dhcp_client_priv.h"

#define REQUEST_TRIES 4 /* "e.g., … four times, for a total delay of 60 seconds" RFC 2131 3.1 */
#define REBOOT_TRIES  3
#define DECLINE_WAIT  SECONDS(10) /* RFC 2131 3.1: at least, after a DHCPDECLINE */
#define RENEW_LEAST   SECONDS(60) /* RFC 2131 4.4.5: down to a minimum of 60 seconds */

const char *dhcp_client_state_name(enum dhcp_client_state s)
{
    static const char *const name[] = {"Init",      "Selecting", "Requesting", "Bound", "Renewing",
                                       "Rebinding", "Rebooting", "Released",   "Down"};
    return name[s];
}

sim_time dhcp_now(const struct dhcp_slot *s)
{
    return sim_now(s->c->d->sim);
}

static void tell(const struct dhcp_slot *s, const char *what, ip4 addr, ip4 mask, ip4 server,
                 uint32_t seconds)
{
    TRACE(s->c->d->scope, lease, .interface = s->lease.i->name, .what = what, .addr = addr,
          .mask = mask, .server = server, .seconds = seconds);
}

void dhcp_enter(struct dhcp_slot *s, enum dhcp_client_state state)
{
    s->lease.state = state;
    s->tries = 0;
}

/* ---- Sending ---- */

struct dhcp_msg dhcp_message(const struct dhcp_slot *s, enum dhcp_type type)
{
    struct dhcp_msg m = {
        .op = DHCP_BOOTREQUEST,
        .htype = 1,
        .hlen = sizeof s->mac,
        .xid = s->lease.xid,
        .secs = (uint16_t)MIN((dhcp_now(s) - s->began) / SECONDS(1), UINT16_MAX),
        .type = type,
        .client_id = span_of(s->lease.id, s->lease.n_id),
    };
    memcpy(m.chaddr, s->mac, sizeof s->mac);
    return m;
}

/* To the server that gave the lease, or, when `to` is 0, to everybody on the wire. */
void dhcp_send(struct dhcp_slot *s, const struct dhcp_msg *m, ip4 to)
{
    struct net_if *i = s->lease.i;
    uint8_t bytes[DHCP_MAX_BYTES];
    struct wr w = wr_over(bytes, sizeof bytes);
    dhcp_emit(m, &w);
    g_assert(wr_ok(&w));
    if (to)
        net_send_udp(i->node, i->addr, DHCP_PORT_CLIENT, to, DHCP_PORT_SERVER, 0, wr_done(&w));
    else
        net_send_udp_on(i, m->ciaddr, DHCP_PORT_CLIENT, 0xffffffff, DHCP_PORT_SERVER, 0,
                        wr_done(&w));
}

/* What DISCOVER and REQUEST have beside: RFC 2131 table 5. */
static void add_wishes(const struct dhcp_slot *s, struct dhcp_msg *m)
{
    static const uint8_t wanted[] = {1, 3, 6, 15, 51, 54, 58, 59};
    m->wanted = span_of(wanted, sizeof wanted);
    m->lease_s = s->conf.lease_s;
    m->hostname = span_of(s->conf.hostname, strlen(s->conf.hostname));
    if (!m->ciaddr)
        m->flags = DHCP_BROADCAST;
}

/* "the first retransmission … SHOULD be 4 seconds randomized by the value of a uniform random
 * number chosen from the range -1 to +1 … up to a maximum of 64 seconds"        RFC 2131 4.1 */
static void arm_again(struct dhcp_slot *s)
{
    sim_time wait = SECONDS(4) << MIN(s->tries, 4);
    uint64_t range = (uint64_t)SECONDS(2);
    s->tries++;
    s->lease.retries = s->tries - 1;
    sim_timer_arm_in(&s->timer, wait - SECONDS(1) + (sim_time)rng_below(s->rng, range + 1));
}

static void discover(struct dhcp_slot *s)
{
    struct dhcp_msg m = dhcp_message(s, DHCP_DISCOVER);
    add_wishes(s, &m);
    tell(s, "discover", 0, 0, 0, 0);
    arm_again(s);
    dhcp_send(s, &m, 0);
}

/* RFC 2131 table 4: the server by name and the address as an option when an offer is taken; the
 * address alone when rebooting. */
static void request(struct dhcp_slot *s, ip4 addr, ip4 server)
{
    struct dhcp_msg m = dhcp_message(s, DHCP_REQUEST);
    m.requested = addr;
    m.server = server;
    add_wishes(s, &m);
    tell(s, "request", addr, 0, server, 0);
    arm_again(s);
    dhcp_send(s, &m, 0);
}

/* The address in ciaddr, and no options that name it or the server. */
static void extend(struct dhcp_slot *s, ip4 to)
{
    struct dhcp_msg m = dhcp_message(s, DHCP_REQUEST);
    m.ciaddr = s->lease.addr;
    add_wishes(s, &m);
    tell(s, "request", m.ciaddr, s->lease.mask, to, 0);
    s->tries++;
    s->lease.retries = s->tries - 1;
    dhcp_send(s, &m, to);
}

/* ---- The interface's address ---- */

static void route_remove(struct dhcp_slot *s)
{
    if (s->route)
        net_route_del(s->lease.i->node, (struct ip4_net){0, 0}, s->route, NULL);
    s->route = 0;
}

static void route_make(struct dhcp_slot *s)
{
    const struct dhcp_lease *l = &s->lease;
    ip4 hop = s->conf.route_distance && ip4_in(l->gateway, (struct ip4_net){l->addr, l->mask})
                  ? l->gateway
                  : 0;
    if (hop == s->route)
        return;
    route_remove(s);
    /* One that was configured by hand is left as it is. */
    for (size_t k = 0; k < net_route_count(l->i->node); k++) {
        const struct net_route *r = net_route_at(l->i->node, k);
        if (!r->connected && r->net.mask == 0 && r->nexthop == hop && !r->out_name)
            return;
    }
    if (hop && net_route_add(l->i->node, (struct ip4_net){0, 0}, hop, NULL, s->conf.route_distance))
        s->route = hop;
}

static void changed(struct dhcp_slot *s, enum dhcp_change what)
{
    struct dhcp_client *c = s->c;
    if (what != DHCP_CHANGE_RENEWED)
        device_config_changed(c->d, "DHCP");
    if (c->fn)
        c->fn(c->self, &s->lease, what);
}

void dhcp_lease_clear(struct dhcp_slot *s)
{
    struct dhcp_lease *l = &s->lease;
    l->addr = l->mask = l->server = l->gateway = 0;
    l->n_dns = 0;
    l->domain[0] = '\0';
    l->lease_s = l->renew_s = l->rebind_s = 0;
    l->renew_at = l->rebind_at = l->expire_at = SIM_TIME_MAX;
}

/* The address goes; the caller says where the machine goes. */
void dhcp_lose(struct dhcp_slot *s, const char *what)
{
    ip4 addr = s->lease.addr, mask = s->lease.mask, server = s->lease.server;
    if (!addr)
        return;
    tell(s, what, addr, mask, server, 0);
    dhcp_lease_clear(s);
    route_remove(s);
    if (s->lease.i->addr == addr)
        net_if_set_address(s->lease.i, 0, 0);
    changed(s, DHCP_CHANGE_LOST);
}

void dhcp_begin(struct dhcp_slot *s, sim_time wait)
{
    dhcp_enter(s, DHCP_CLIENT_INIT);
    s->lease.retries = 0;
    sim_timer_arm_in(&s->timer, wait);
}

/* A new attempt, from DISCOVER on. */
static void start_over(struct dhcp_slot *s)
{
    s->lease.xid = rng_u32(s->rng);
    s->began = dhcp_now(s);
    dhcp_enter(s, DHCP_CLIENT_SELECTING);
    discover(s);
}

/* ---- Timers ---- */

/* "one-half of the remaining time until T2 (in RENEWING) and one-half of the remaining lease time
 * (in REBINDING), down to a minimum of 60 seconds"                           RFC 2131 4.4.5 */
static void arm_half_way(struct dhcp_slot *s, sim_time until)
{
    sim_time wait = MAX((until - dhcp_now(s)) / 2, RENEW_LEAST);
    sim_timer_arm(&s->timer, MIN(dhcp_now(s) + wait, until));
}

void dhcp_renew(struct dhcp_slot *s)
{
    if (s->lease.state != DHCP_CLIENT_RENEWING) {
        dhcp_enter(s, DHCP_CLIENT_RENEWING);
        s->lease.xid = rng_u32(s->rng);
        s->began = dhcp_now(s);
    }
    arm_half_way(s, s->lease.rebind_at);
    extend(s, s->lease.server);
}

static void rebind(struct dhcp_slot *s)
{
    if (s->lease.state != DHCP_CLIENT_REBINDING)
        dhcp_enter(s, DHCP_CLIENT_REBINDING);
    arm_half_way(s, s->lease.expire_at);
    extend(s, 0);
}

static void bound_timer(struct dhcp_slot *s)
{
    if (s->lease.renew_at != SIM_TIME_MAX)
        sim_timer_arm(&s->timer, MAX(s->lease.renew_at, dhcp_now(s)));
    else
        sim_timer_disarm(&s->timer);
}

void dhcp_on_timer(void *self)
{
    struct dhcp_slot *s = self;
    struct dhcp_lease *l = &s->lease;
    if (l->addr && dhcp_now(s) >= l->expire_at) {
        dhcp_lose(s, "lost");
        if (l->state != DHCP_CLIENT_DOWN)
            start_over(s);
        return;
    }
    switch (l->state) {
    case DHCP_CLIENT_INIT:
        if (!l->addr) {
            start_over(s);
            break;
        }
        l->xid = rng_u32(s->rng);
        s->began = dhcp_now(s);
        dhcp_enter(s, DHCP_CLIENT_REBOOTING);
        request(s, l->addr, 0);
        break;
    case DHCP_CLIENT_SELECTING:
        discover(s);
        break;
    case DHCP_CLIENT_REQUESTING:
        if (s->tries < REQUEST_TRIES)
            request(s, s->offered, s->offered_by);
        else
            start_over(s);
        break;
    case DHCP_CLIENT_REBOOTING:
        if (s->tries < REBOOT_TRIES) {
            request(s, l->addr, 0);
            break;
        }
        /* "the client MAY choose to use the previously allocated network address … for the
         * remainder of the unexpired lease"                                  RFC 2131 3.2 */
        dhcp_enter(s, DHCP_CLIENT_BOUND);
        tell(s, "retained", l->addr, l->mask, l->server, l->lease_s);
        bound_timer(s);
        break;
    case DHCP_CLIENT_BOUND:
    case DHCP_CLIENT_RENEWING:
    case DHCP_CLIENT_REBINDING:
        if (dhcp_now(s) >= l->rebind_at)
            rebind(s);
        else
            dhcp_renew(s);
        break;
    case DHCP_CLIENT_DOWN:
    case DHCP_CLIENT_RELEASED:
        break;
    }
}

/* ---- Answers ---- */

/* An address that no host has, or that lies where another interface of the device is. */
static bool unfit(const struct dhcp_slot *s, ip4 addr, ip4 mask)
{
    int len = ip4_mask_len(mask);
    if (addr >> 24 == 0 || addr >> 24 == 127 || addr >= IP4(224, 0, 0, 0) || len <= 0)
        return true;
    if (len < 31 && ((addr & ~mask) == 0 || (addr & ~mask) == ~mask))
        return true;
    for (size_t k = 0; k < net_if_count(s->lease.i->node); k++) {
        const struct net_if *o = net_if_at(s->lease.i->node, k);
        if (o != s->lease.i && o->addr && ip4_in(addr, (struct ip4_net){o->addr, o->mask}))
            return true;
    }
    return false;
}

static ip4 mask_of(const struct dhcp_msg *m)
{
    if (m->mask)
        return m->mask;
    unsigned class = m->yiaddr >> 30; /* RFC 1122 3.2.2.9: by class, where nothing is said */
    return ip4_mask(class < 2 ? 8 : class == 2 ? 16 : 24);
}

/* Seconds from now; one past the end of what a lease may say has none. */
static sim_time in_seconds(const struct dhcp_slot *s, uint32_t seconds)
{
    return seconds == DHCP_INFINITE ? SIM_TIME_MAX : dhcp_now(s) + SECONDS((sim_time)seconds);
}

/* T1 is half of the lease and T2 seven eighths, unless the server says.       RFC 2131 4.4.5 */
static void set_times(struct dhcp_slot *s, const struct dhcp_msg *m)
{
    struct dhcp_lease *l = &s->lease;
    bool told = m->renew_s && m->rebind_s && m->renew_s < m->rebind_s && m->rebind_s < m->lease_s;
    bool endless = m->lease_s == DHCP_INFINITE;
    l->lease_s = m->lease_s;
    l->renew_s = told ? m->renew_s : endless ? DHCP_INFINITE : MAX(m->lease_s / 2, 1);
    l->rebind_s = told      ? m->rebind_s
                  : endless ? DHCP_INFINITE
                            : MAX((uint32_t)((uint64_t)m->lease_s * 7 / 8), l->renew_s);
    l->bound = dhcp_now(s);
    l->renew_at = in_seconds(s, l->renew_s);
    l->rebind_at = in_seconds(s, l->rebind_s);
    l->expire_at = in_seconds(s, l->lease_s);
}

static void decline(struct dhcp_slot *s, const struct dhcp_msg *m)
{
    struct dhcp_msg d = dhcp_message(s, DHCP_DECLINE);
    d.requested = m->yiaddr;
    d.server = m->server;
    dhcp_lose(s, "lost");
    tell(s, "declined", m->yiaddr, mask_of(m), m->server, 0);
    dhcp_send(s, &d, 0);
    dhcp_begin(s, DECLINE_WAIT);
}

static void acknowledged(struct dhcp_slot *s, const struct dhcp_msg *m)
{
    struct dhcp_lease *l = &s->lease;
    ip4 mask = mask_of(m);
    if (!m->yiaddr || !m->lease_s)
        return;
    if (unfit(s, m->yiaddr, mask)) {
        decline(s, m);
        return;
    }
    bool same = l->addr == m->yiaddr && l->mask == mask && l->i->addr == l->addr;
    const char *what = !same ? "bound" : l->state == DHCP_CLIENT_REBINDING ? "rebound" : "renewed";
    l->addr = m->yiaddr;
    l->mask = mask;
    l->server = m->server ? m->server : l->server;
    l->gateway = m->router;
    l->n_dns = m->n_dns;
    memcpy(l->dns, m->dns, sizeof l->dns);
    g_snprintf(l->domain, sizeof l->domain, "%.*s", (int)m->domain.n, (const char *)m->domain.p);
    set_times(s, m);
    dhcp_enter(s, DHCP_CLIENT_BOUND);
    l->retries = 0;
    bound_timer(s);
    tell(s, what, l->addr, l->mask, l->server, l->lease_s);
    net_if_set_address(l->i, l->addr, l->mask);
    route_make(s);
    changed(s, same ? DHCP_CHANGE_RENEWED : DHCP_CHANGE_BOUND);
}

static void offered(struct dhcp_slot *s, const struct dhcp_msg *m)
{
    if (!m->yiaddr || !m->server)
        return;
    s->offered = m->yiaddr;
    s->offered_by = m->server;
    dhcp_enter(s, DHCP_CLIENT_REQUESTING);
    request(s, s->offered, s->offered_by);
}

static void refused(struct dhcp_slot *s, const struct dhcp_msg *m)
{
    ip4 addr = s->lease.state == DHCP_CLIENT_REQUESTING ? s->offered : s->lease.addr;
    tell(s, "nak", addr, 0, m->server, 0);
    /* Refused at the very start: a server that offers and refuses is not asked in a tight circle.
     */
    bool anew = s->lease.state == DHCP_CLIENT_REQUESTING;
    dhcp_lose(s, "lost");
    dhcp_begin(s, anew ? DECLINE_WAIT : 0);
}

static bool asks(enum dhcp_client_state state)
{
    return state == DHCP_CLIENT_REQUESTING || state == DHCP_CLIENT_REBOOTING ||
           state == DHCP_CLIENT_RENEWING || state == DHCP_CLIENT_REBINDING;
}

static struct dhcp_slot *slot_of_answer(const struct dhcp_client *c, const struct dhcp_msg *m)
{
    for (guint k = 0; k < c->slots->len; k++) {
        struct dhcp_slot *s = g_ptr_array_index(c->slots, k);
        if (s->lease.xid == m->xid && memcmp(m->chaddr, s->mac, sizeof s->mac) == 0)
            return s;
    }
    return NULL;
}

void dhcp_answer_in(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                    struct span payload)
{
    struct dhcp_msg m;
    if (dhcp_parse(payload, &m) != WIRE_OK || m.op != DHCP_BOOTREPLY)
        return;
    struct dhcp_slot *s = slot_of_answer(self, &m);
    if (!s)
        return;
    enum dhcp_client_state state = s->lease.state;
    bool chosen = state != DHCP_CLIENT_REQUESTING || m.server == s->offered_by;
    if (m.type == DHCP_OFFER && state == DHCP_CLIENT_SELECTING)
        offered(s, &m);
    else if (m.type == DHCP_ACK && asks(state) && chosen)
        acknowledged(s, &m);
    else if (m.type == DHCP_NAK && asks(state) && chosen)
        refused(s, &m);
}
