/* The interfaces of a device that ask by DHCP: they come up and go down, are started, stopped, and
 * commanded. */
#include <string.h>

#include "dhcp_client_priv.h"

static void line_changed(struct dhcp_slot *s)
{
    bool up = net_if_protocol_up(s->lease.i);
    if (up && s->lease.state == DHCP_CLIENT_DOWN) {
        /* Not now: the caller may be wiring the network still. */
        dhcp_begin(s, s->conf.start_within
                          ? (sim_time)rng_below(s->rng, (uint64_t)s->conf.start_within)
                          : 0);
    } else if (!up && s->lease.state != DHCP_CLIENT_DOWN &&
               s->lease.state != DHCP_CLIENT_RELEASED) {
        dhcp_enter(s, DHCP_CLIENT_DOWN);
        sim_timer_disarm(&s->timer);
        if (s->lease.addr && s->lease.expire_at != SIM_TIME_MAX)
            sim_timer_arm(&s->timer, MAX(s->lease.expire_at, dhcp_now(s)));
    }
}

static void node_changed(void *self, struct net_if *i)
{
    struct dhcp_client *c = self;
    for (guint k = 0; i && k < c->slots->len; k++) {
        struct dhcp_slot *s = g_ptr_array_index(c->slots, k);
        if (s->lease.i == i)
            line_changed(s);
    }
}

static void slot_free(struct dhcp_slot *s)
{
    sim_timer_clear(&s->timer);
    g_free(s);
}

struct dhcp_client *dhcp_client_new(struct device *d, dhcp_client_fn fn, void *self)
{
    struct dhcp_client *c = g_new0(struct dhcp_client, 1);
    c->d = d;
    c->fn = fn;
    c->self = self;
    c->slots = g_ptr_array_new_with_free_func((GDestroyNotify)slot_free);
    net_node_on_change(d->node, node_changed, c);
    return c;
}

void dhcp_client_free(struct dhcp_client *c)
{
    if (!c)
        return;
    net_node_off_change(c->d->node, node_changed, c);
    if (c->slots->len)
        net_udp_unbind(c->d->node, DHCP_PORT_CLIENT);
    g_ptr_array_unref(c->slots);
    g_free(c);
}

static struct dhcp_slot *slot_find(const struct dhcp_client *c, const struct net_if *i)
{
    for (guint k = 0; k < c->slots->len; k++) {
        struct dhcp_slot *s = g_ptr_array_index(c->slots, k);
        if (s->lease.i == i)
            return s;
    }
    return NULL;
}

static void configure(struct dhcp_slot *s, const struct dhcp_client_conf *conf)
{
    s->conf = *conf;
    g_strlcpy(s->lease.hostname, conf->hostname, sizeof s->lease.hostname);
    s->lease.n_id = MIN(conf->n_id, DHCP_MAX_ID);
    memcpy(s->lease.id, conf->id, s->lease.n_id);
    if (!s->lease.n_id) {
        s->lease.id[0] = 1; /* RFC 2132 9.14: type of hardware, then its address */
        memcpy(s->lease.id + 1, s->mac, sizeof s->mac);
        s->lease.n_id = 1 + sizeof s->mac;
    }
}

static struct dhcp_slot *slot_new(struct dhcp_client *c, struct net_if *i)
{
    struct dhcp_slot *s = g_new0(struct dhcp_slot, 1);
    g_autofree char *stream = g_strdup_printf("%s/dhcp %s", c->d->name, i->name);
    s->c = c;
    s->lease.i = i;
    s->lease.state = DHCP_CLIENT_DOWN;
    s->rng = rng_stream(c->d->sim, stream);
    net_if_mac(i, s->mac);
    dhcp_lease_clear(s);
    sim_timer_init(c->d->sim, &s->timer, dhcp_on_timer, s);
    guint at = 0;
    while (at < c->slots->len &&
           ((struct dhcp_slot *)g_ptr_array_index(c->slots, at))->lease.i->index < i->index)
        at++;
    g_ptr_array_insert(c->slots, (gint)at, s);
    return s;
}

bool dhcp_client_start(struct dhcp_client *c, struct net_if *i, const struct dhcp_client_conf *conf)
{
    struct dhcp_slot *s = slot_find(c, i);
    if (s) {
        configure(s, conf);
        return true;
    }
    if (!c->slots->len && !net_udp_bind(c->d->node, DHCP_PORT_CLIENT, dhcp_answer_in, c))
        return false;
    net_if_set_address(i, 0, 0);
    s = slot_new(c, i);
    configure(s, conf);
    line_changed(s);
    return true;
}

static void give_back(struct dhcp_slot *s)
{
    if (!s->lease.addr)
        return;
    struct dhcp_msg m = dhcp_message(s, DHCP_RELEASE);
    m.ciaddr = s->lease.addr;
    m.server = s->lease.server;
    if (net_if_protocol_up(s->lease.i))
        dhcp_send(s, &m, s->lease.server);
    dhcp_lose(s, "released");
}

void dhcp_client_release(struct dhcp_client *c, struct net_if *i)
{
    struct dhcp_slot *s = slot_find(c, i);
    if (!s)
        return;
    sim_timer_disarm(&s->timer);
    dhcp_enter(s, DHCP_CLIENT_RELEASED);
    give_back(s);
}

void dhcp_client_renew(struct dhcp_client *c, struct net_if *i)
{
    struct dhcp_slot *s = slot_find(c, i);
    if (!s || !net_if_protocol_up(i))
        return;
    if (s->lease.state == DHCP_CLIENT_BOUND && s->lease.renew_at != SIM_TIME_MAX)
        dhcp_renew(s);
    else if (s->lease.state == DHCP_CLIENT_RELEASED || s->lease.state == DHCP_CLIENT_SELECTING)
        dhcp_begin(s, 0);
}

void dhcp_client_stop(struct dhcp_client *c, struct net_if *i)
{
    struct dhcp_slot *s = slot_find(c, i);
    if (!s)
        return;
    sim_timer_disarm(&s->timer);
    dhcp_enter(s, DHCP_CLIENT_RELEASED);
    give_back(s);
    g_ptr_array_remove(c->slots, s);
    if (!c->slots->len)
        net_udp_unbind(c->d->node, DHCP_PORT_CLIENT);
}

guint dhcp_client_count(const struct dhcp_client *c)
{
    return c->slots->len;
}

const struct dhcp_lease *dhcp_client_at(const struct dhcp_client *c, guint k)
{
    if (k >= c->slots->len)
        return NULL;
    struct dhcp_slot *s = g_ptr_array_index(c->slots, k);
    s->lease.next = sim_timer_at(&s->timer);
    return &s->lease;
}

const struct dhcp_lease *dhcp_client_lease(const struct dhcp_client *c, const struct net_if *i)
{
    for (guint k = 0; k < c->slots->len; k++) {
        const struct dhcp_lease *l = dhcp_client_at(c, k);
        if (l->i == i)
            return l;
    }
    return NULL;
}
