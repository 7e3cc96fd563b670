/* The house: engines, the box in front of them, and the part of IPsec. */
#include "exchange/house.h"

/* ---- IPsec ---- */

static enum ike_why check_suite(void *self, ip4 local, ip4 remote, const struct esp_suite *s)
{
    return WHY_NONE;
}

static enum ike_why check_request(void *self, const struct ike_qm_ask *ask,
                                  struct ike_qm_grant *out)
{
    g_strlcpy(out->map, "map", sizeof out->map);
    out->seq = 10;
    out->life_s = ask->life_s;
    out->life_kb = ask->life_kb;
    return WHY_NONE;
}

static uint32_t new_spi(void *self)
{
    return ((struct house_end *)self)->next_spi++;
}

static enum ike_why install(void *self, const struct ike_child *c)
{
    struct house_end *e = self;
    g_array_append_val(e->children, *c);
    return WHY_NONE;
}

static void drop(struct house_end *e, ip4 remote, uint32_t nat, uint32_t spi_out)
{
    for (guint i = e->children->len; i-- > 0;) {
        const struct ike_child *c = &g_array_index(e->children, struct ike_child, i);
        bool same = c->nat == nat && (nat || c->remote == remote);
        if (same && (!spi_out || c->spi_out == spi_out))
            g_array_remove_index(e->children, i);
    }
}

static void peer_deleted(void *self, ip4 remote, uint32_t nat, uint32_t spi_out)
{
    drop(self, remote, nat, spi_out);
}

static void peer_gone(void *self, ip4 local, ip4 remote, uint32_t nat, enum ike_why why)
{
    drop(self, remote, nat, 0);
}

static void request_failed(void *self, const struct ike_request *r, enum ike_why why)
{
    ((struct house_end *)self)->failed++;
}

static void keepalive(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport)
{
    struct house_end *e = self;
    e->keepalives++;
    cr_expect_eq(sport, 4500);
    cr_expect_eq(dport, 4500);
}

static void peer_moved(void *self, uint32_t nat, ip4 remote, uint16_t rport)
{
    struct house_end *e = self;
    e->moves++;
    e->moved_to = rport;
    for (guint i = 0; i < e->children->len; i++) {
        struct ike_child *c = &g_array_index(e->children, struct ike_child, i);
        if (c->nat == nat) {
            c->remote = remote;
            c->rport = rport;
        }
    }
}

static struct ike_traffic traffic(void *self, ip4 local, ip4 remote, uint32_t nat, bool watch)
{
    return ((struct house_end *)self)->traffic;
}

/* ---- The box ---- */

static uint16_t outside(const struct house *h, unsigned client, uint16_t port)
{
    return (uint16_t)(10000 * client + port / 10 + 1000 * h->rebinds);
}

/* Out: the source is the box. In: only what was opened comes through. */
static bool translate(const struct house *h, struct house_datagram *d)
{
    if (d->from != HOUSE_HUB) {
        d->to = HOUSE_HUB;
        if (h->nat) {
            d->src = h->box;
            d->sport = outside(h, d->from, d->sport);
        }
        if (h->hub_behind)
            d->dst = h->end[HOUSE_HUB].addr;
        return true;
    }
    if (h->hub_behind)
        d->src = HUB_ADDR;
    for (unsigned k = 1; k <= h->clients; k++) {
        if (!h->nat && d->dst == h->end[k].addr) {
            d->to = k;
            return true;
        }
        for (uint16_t inside = 500; h->nat && d->dst == h->box && inside <= 4500; inside += 4000) {
            if (d->dport != outside(h, k, inside))
                continue;
            d->to = k;
            d->dst = h->end[k].addr;
            d->dport = inside;
            return true;
        }
    }
    return false;
}

static void send_datagram(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                          struct span message)
{
    struct house_end *e = self;
    struct house *h = e->house;
    guint number = h->sent->len;
    if (h->rebind_at == (int)number)
        h->rebinds++;
    struct house_datagram *d = g_new0(struct house_datagram, 1);
    *d = (struct house_datagram){
        g_memdup2(message.p, message.n), message.n, src, dst, sport, dport, e->number, 0};
    g_ptr_array_add(h->sent, d);
    bool lost = number < 64 && h->lose >> number & 1;
    if (!translate(h, d) || lost)
        return;
    sim_post(h->sim, sim_now(h->sim) + MILLISECONDS(10), &h->port, number);
    if (number < 64 && h->repeat >> number & 1)
        sim_post(h->sim, sim_now(h->sim) + MILLISECONDS(25), &h->port, number);
}

static void arrive(void *owner, uint64_t arg)
{
    struct house *h = owner;
    const struct house_datagram *d = h->sent->pdata[arg];
    ike_input(h->end[d->to].engine, d->dst, d->dport, d->src, d->sport, span_of(d->bytes, d->n));
}

static void datagram_free(void *p)
{
    struct house_datagram *d = p;
    g_free(d->bytes);
    g_free(d);
}

/* ---- Setting ---- */

static void end_init(struct house *h, unsigned number, const enum ike_vid *vids)
{
    struct house_end *e = &h->end[number];
    g_autofree char *name = g_strdup_printf("e%u", number);
    *e = (struct house_end){
        .house = h,
        .number = number,
        .addr = number == HOUSE_HUB ? HUB_ADDR : IP4(10, 0, 0, number),
        .conf = ike_conf_new(),
        .scope = trace_scope_new(h->trace, name),
        .children = g_array_new(FALSE, FALSE, sizeof(struct ike_child)),
        .next_spi = 0x1000 * (number + 1),
        .traffic = {-1, -1},
    };
    const struct ike_ops ops = {
        .send = send_datagram,
        .check_suite = check_suite,
        .check_request = check_request,
        .new_spi = new_spi,
        .install = install,
        .peer_deleted = peer_deleted,
        .peer_gone = peer_gone,
        .request_failed = request_failed,
        .keepalive = keepalive,
        .peer_moved = peer_moved,
        .self = e,
    };
    ike_profile_init(&e->profile);
    *ike_policy_make(e->conf, 10) =
        (struct ike_policy){10, CIPHER_3DES, HASH_SHA1, GROUP_MODP768, IKE_AUTH_PSK, 86400};
    ike_key_set(e->conf, 0, 0, "cisco123", false);
    for (size_t i = 0; vids && i < IKE_PROFILE_VIDS && vids[i] != IKE_VID_UNKNOWN; i++)
        e->profile.vid_mm1[i] = e->profile.vid_mm2[i] = vids[i];
    e->profile.vid_mm3[0] = e->profile.vid_mm4[0] = IKE_VID_DPD;
    e->conf->nat_traversal = vids != NULL;
    e->engine = ike_new(e->scope, e->conf, &e->profile, &ops);
    ike_on_traffic(e->engine, traffic);
}

struct house *house_new(unsigned clients, const enum ike_vid *client, const enum ike_vid *hub)
{
    struct house *h = g_new0(struct house, 1);
    h->sim = sim_new(1, 0);
    h->trace = trace_new(h->sim);
    h->clients = clients;
    h->nat = true;
    h->box = BOX_ADDR;
    h->rebind_at = -1;
    h->sent = g_ptr_array_new_with_free_func(datagram_free);
    h->port = (struct sim_port){arrive, h};
    end_init(h, HOUSE_HUB, hub);
    for (unsigned k = 1; k <= clients; k++)
        end_init(h, k, client);
    return h;
}

void house_free(struct house *h)
{
    for (unsigned k = 0; k <= h->clients; k++) {
        ike_free(h->end[k].engine);
        ike_conf_free(h->end[k].conf);
        g_array_unref(h->end[k].children);
    }
    g_ptr_array_unref(h->sent);
    trace_free(h->trace);
    sim_free(h->sim);
    g_free(h);
}

void house_ask(struct house *h, unsigned client, unsigned net)
{
    const struct ike_request r = {
        .local = h->end[client].addr,
        .remote = HUB_ADDR,
        .n_offer = 1,
        .offer = {{CIPHER_3DES, HASH_SHA1, false}},
        .life_s = 3600,
        .map = "map",
        .seq = 10,
        .local_proxy = proxy_of(IP4(10, client, net, 0), ip4_mask(24), 0, 0),
        .remote_proxy = proxy_of(IP4(10, 99, 0, 0), ip4_mask(16), 0, 0),
    };
    ike_request_sas(h->end[client].engine, &r);
}

/* ---- What became of it ---- */

static bool mirrored(const struct ike_child *a, const struct ike_child *b)
{
    return a->spi_in == b->spi_out && a->spi_out == b->spi_in && a->udp == b->udp &&
           proxy_same(&a->local_proxy, &b->remote_proxy);
}

const char *house_discord(const struct house *h)
{
    const GArray *hub = h->end[HOUSE_HUB].children;
    guint pairs = 0;
    for (unsigned k = 1; k <= h->clients; k++) {
        const GArray *own = h->end[k].children;
        for (guint i = 0; i < own->len; i++) {
            guint found = 0;
            for (guint j = 0; j < hub->len; j++)
                found += mirrored(&g_array_index(own, struct ike_child, i),
                                  &g_array_index(hub, struct ike_child, j));
            if (found != 1)
                return "a client has a pair that the hub has not";
        }
        pairs += own->len;
    }
    if (pairs != hub->len)
        return "the hub has a pair that nobody has";
    for (unsigned k = 0; k <= h->clients; k++) {
        struct ike_sa_view v;
        for (size_t i = 0; ike_sa_at(h->end[k].engine, i, &v); i++)
            if (v.state != IKE_STATE_QM_IDLE && v.state != IKE_STATE_DEAD)
                return "an SA is half built";
    }
    return NULL;
}

struct ike_sa_view house_sa(const struct house *h, unsigned end, size_t i)
{
    struct ike_sa_view v = {0};
    cr_assert(ike_sa_at(h->end[end].engine, i, &v), "end %u has no SA %zu", end, i);
    return v;
}

size_t house_working(const struct house *h, unsigned end)
{
    struct ike_sa_view v;
    size_t n = 0;
    for (size_t i = 0; ike_sa_at(h->end[end].engine, i, &v); i++)
        n += v.state == IKE_STATE_QM_IDLE;
    return n;
}
