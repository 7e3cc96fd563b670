/* Remote access at a PIX, the answers to IKE (ike/access.h). A client names its group (vpngroup);
 * one that names none is known by its address, and may be given an address before it may go on:
 * crypto map … client configuration address initiate pushes it (DBG-11). */
#include "pix_ra.h"

#include <string.h>

#define TRIES 3

/* ---- Phase 1 ---- */

static const struct pix_client_map *map_at(const struct pix *s, ip4 local)
{
    const struct net_if *on = net_if_by_addr(s->d->node, local);
    return pix_client_map(s, on ? ipsec_bound(s->d->ipsec, on) : NULL);
}

/* The key of an address with its two exemptions. */
static bool exempt(const struct pix *s, ip4 peer, bool *no_xauth, bool *no_config)
{
    const struct ike_key *k = ike_key_for(s->d->ike_conf, peer);
    *no_xauth = k && k->no_xauth;
    *no_config = k && pix_key_is_plain(s, k->addr, k->mask);
    return k != NULL;
}

static void timer_due(void *owner);
static void session_due(void *owner);

static void remember(struct pix *s, const struct ike_claim *claim, const char *group,
                     const struct pix_client_map *m)
{
    bool fresh = !pix_remote_of(s, claim->sa);
    struct pix_remote *r = pix_remote_add(s, claim);
    if (!fresh)
        return;
    g_free(r->group);
    r->group = g_strdup(group);
    r->map = g_strdup(m ? m->map : NULL);
    sim_timer_init(s->d->sim, &r->timer, timer_due, r);
    sim_timer_init(s->d->sim, &r->session, session_due, r);
}

static enum ike_why by_group(struct pix *s, const struct ike_claim *claim, struct ike_party *out)
{
    const struct pix_group *g = pix_group_find(s, claim->text);
    const struct pix_client_map *m = map_at(s, claim->local);
    if (!g || !g->said[PIX_GROUP_PASSWORD])
        return WHY_NO_GROUP;
    g_strlcpy(out->name, g->name, sizeof out->name);
    g_strlcpy(out->key, g->said[PIX_GROUP_PASSWORD], sizeof out->key);
    out->xauth = m && m->servers;
    out->config = g->said[PIX_GROUP_POOL] ? IKE_CFG_WAY_RESPOND : IKE_CFG_WAY_NONE;
    remember(s, claim, g->name, m);
    return WHY_NONE;
}

static enum ike_why by_address(struct pix *s, const struct ike_claim *claim, struct ike_party *out)
{
    const struct pix_client_map *m = map_at(s, claim->local);
    bool no_xauth, no_config;
    if (!exempt(s, claim->remote, &no_xauth, &no_config) || !m)
        return WHY_NONE;
    out->xauth = m->servers && !no_xauth;
    if (!no_config && s->access->pool)
        out->config = m->initiate  ? IKE_CFG_WAY_PUSH
                      : m->respond ? IKE_CFG_WAY_RESPOND
                                   : IKE_CFG_WAY_NONE;
    if (out->xauth || out->config != IKE_CFG_WAY_NONE)
        remember(s, claim, "", m);
    return WHY_NONE;
}

static enum ike_why identify(void *self, const struct ike_claim *claim, struct ike_party *out)
{
    bool group = claim->exchange == EXCHANGE_AGGRESSIVE && claim->type == ID_KEY_ID;
    return group ? by_group(self, claim, out) : by_address(self, claim, out);
}

static bool xauth_offered(void *self, ike_sa_id sa, ip4 local, ip4 remote)
{
    const struct pix *s = self;
    const struct pix_client_map *m = map_at(s, local);
    return m && m->servers;
}

/* ---- Answers ---- */

static void answer_soon(struct pix_remote *r, enum pix_ra_due due)
{
    r->due = due;
    sim_timer_arm(&r->timer, sim_now(r->s->d->sim));
}

static void login_begin(void *self, ike_sa_id sa, const struct ike_party *p)
{
    struct pix_remote *r = pix_remote_of(self, sa);
    if (r)
        answer_soon(r, PIX_RA_BEGUN);
}

static void judged(void *self, const struct aaa_reply *reply)
{
    struct pix_remote *r = self;
    struct pix *s = r->s;
    bool ok = reply->verdict == AAA_PASS;
    r->question = 0;
    pix_log(s, 6, ok ? 109005 : 109006,
            "Authentication %s for user '%s' from %s/0 to %s/0 on interface %s",
            ok ? "succeeded" : "failed", r->user, IP4S(r->peer), IP4S(r->local),
            pix_if_word(s, net_if_by_addr(s->d->node, r->local)));
    if (ok) {
        r->in = r->counted = true;
        unsigned n = 0;
        for (guint i = 0; i < s->access->remotes->len; i++) {
            const struct pix_remote *o = g_ptr_array_index(s->access->remotes, i);
            n += o->in && o->user;
        }
        s->access->most_in = MAX(s->access->most_in, n);
    }
    ike_login_judged(s->d->ike, r->sa, ok, reply->verdict == AAA_FAIL && r->tries < TRIES);
}

static void login(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                  const char *password)
{
    struct pix *s = self;
    struct pix_remote *r = pix_remote_of(s, sa);
    const struct pix_client_map *m = r ? pix_client_map(s, r->map) : NULL;
    struct aaa_method method[2] = {{.kind = AAA_LOCAL}, {.kind = AAA_LOCAL}};
    if (!r)
        return;
    r->tries++;
    g_free(r->user);
    r->user = g_strdup(user ? user : "");
    if (m && m->servers && strcmp(m->servers, "LOCAL") != 0) {
        method[0].kind = AAA_GROUP;
        g_strlcpy(method[0].group, m->servers, sizeof method[0].group);
    }
    size_t n = method[0].kind == AAA_GROUP && m->local ? 2 : 1;
    pix_log(s, 6, 109001, "Auth start for user '%s' from %s/0 to %s/0", r->user, IP4S(r->peer),
            IP4S(r->local));
    r->question =
        aaa_login_by(s->access->aaa, method, n, r->user, password ? password : "", judged, r);
    s->access->asking = MAX(s->access->asking, 1);
}

/* ---- Configuration ---- */

#define MOST 64
struct reply {
    struct ike_cfg_attr attr[MOST];
    size_t n;
    GPtrArray *bytes; /* GBytes, owned */
};

static void put(struct reply *x, uint16_t type, const void *p, size_t n)
{
    if (x->n == MOST)
        return;
    GBytes *copy = g_bytes_new(p, n);
    g_ptr_array_add(x->bytes, copy);
    x->attr[x->n++] =
        (struct ike_cfg_attr){.type = type, .value = {n ? g_bytes_get_data(copy, NULL) : NULL, n}};
}

static void put_ip4(struct reply *x, uint16_t type, ip4 a)
{
    const uint8_t b[4] = {(uint8_t)(a >> 24), (uint8_t)(a >> 16), (uint8_t)(a >> 8), (uint8_t)a};
    put(x, type, b, sizeof b);
}

static void put_servers(struct reply *x, uint16_t type, const char *text)
{
    g_auto(GStrv) each = g_strsplit(text ? text : "", " ", -1);
    for (char **w = each; *w; w++) {
        ip4 addr;
        if (ip4_parse(*w, &addr))
            put_ip4(x, type, addr);
    }
}

/* The source of each line of the list that permits is a network of the tunnel; the rest goes past
 * it (DBG-48). */
static void put_split(struct reply *x, const struct pix *s, const char *list)
{
    g_autoptr(GByteArray) b = g_byte_array_new();
    const struct acl *acl = list ? net_acl(s->d->node, list) : NULL;
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        uint8_t row[14] = {0};
        ip4 net = l->src.addr & l->src.mask;
        for (int k = 0; k < 4; k++) {
            row[k] = (uint8_t)(net >> (24 - 8 * k));
            row[4 + k] = (uint8_t)(l->src.mask >> (24 - 8 * k));
        }
        if (!l->remark && l->permit)
            g_byte_array_append(b, row, sizeof row);
    }
    if (b->len)
        put(x, CFG_ATTR_SPLIT_INCLUDE, b->data, b->len);
}

static void answer(struct reply *x, const struct pix_remote *r, uint16_t type)
{
    static const struct pix_group nothing;
    const struct pix_group *g = pix_group_find(r->s, r->group);
    const struct addr_pool *pool = pix_pool_find(r->s, r->pool);
    if (!g)
        g = &nothing;
    switch (type) {
    case CFG_ATTR_IP4_ADDRESS:
        put_ip4(x, type, r->addr);
        break;
    case CFG_ATTR_IP4_NETMASK:
        if (pool && pool->mask)
            put_ip4(x, type, pool->mask);
        break;
    case CFG_ATTR_IP4_DNS:
        put_servers(x, type, g->said[PIX_GROUP_DNS]);
        break;
    case CFG_ATTR_IP4_NBNS:
        put_servers(x, type, g->said[PIX_GROUP_WINS]);
        break;
    case CFG_ATTR_DEFAULT_DOMAIN:
        if (g->said[PIX_GROUP_DOMAIN])
            put(x, type, g->said[PIX_GROUP_DOMAIN], strlen(g->said[PIX_GROUP_DOMAIN]));
        break;
    case CFG_ATTR_SPLIT_DNS:
        if (g->said[PIX_GROUP_SPLIT_DNS])
            put(x, type, g->said[PIX_GROUP_SPLIT_DNS], strlen(g->said[PIX_GROUP_SPLIT_DNS]));
        break;
    case CFG_ATTR_SPLIT_INCLUDE:
        put_split(x, r->s, g->said[PIX_GROUP_SPLIT]);
        break;
    default:
        break; /* "Unsupported Attr" */
    }
}

static void reply(struct pix_remote *r)
{
    struct pix *s = r->s;
    if (!pix_remote_obtain(r)) {
        ike_configured(s->d->ike, r->sa, NULL, 0);
        return;
    }
    struct reply x = {.bytes = g_ptr_array_new_with_free_func((GDestroyNotify)g_bytes_unref)};
    for (guint i = 0; r->wanted && i < r->wanted->len; i++)
        answer(&x, r, g_array_index(r->wanted, uint16_t, i));
    if (!r->wanted)
        answer(&x, r, CFG_ATTR_IP4_ADDRESS);
    const struct ike_cfg cfg = {r->wanted ? CFG_REPLY : CFG_SET, r->request, x.attr, x.n};
    ike_configured(s->d->ike, r->sa, &cfg, r->addr);
    g_ptr_array_unref(x.bytes);
}

static sim_time seconds_of(const struct pix_group *g, enum pix_group_word what, uint32_t missing)
{
    const char *text = g ? g->said[what] : NULL;
    return SECONDS((sim_time)(text ? g_ascii_strtoull(text, NULL, 10) : missing));
}

#define IDLE_DEFAULT_S 1800

static sim_time last_packet(const struct pix_remote *r)
{
    struct ike_sa_view v;
    uint32_t nat = 0;
    for (size_t i = 0; ike_sa_at(r->s->d->ike, i, &v); i++)
        if (v.id == r->sa)
            nat = v.nat;
    struct ipsec_traffic t = ipsec_peer_traffic(r->s->d->ipsec, r->local, r->peer, nat, false);
    return MAX(r->since, MAX(t.last_in, t.last_out));
}

/* idle-time and max-time of the group. */
static void session_arm(struct pix_remote *r)
{
    const struct pix_group *g = pix_group_find(r->s, r->group);
    sim_time max = seconds_of(g, PIX_GROUP_MAX, 0), now = sim_now(r->s->d->sim);
    sim_time at = last_packet(r) + seconds_of(g, PIX_GROUP_IDLE, IDLE_DEFAULT_S);
    if (max)
        at = MIN(at, r->since + max);
    if (g)
        sim_timer_arm(&r->session, MAX(at, now));
}

static void session_due(void *owner)
{
    struct pix_remote *r = owner;
    const struct pix_group *g = pix_group_find(r->s, r->group);
    sim_time max = seconds_of(g, PIX_GROUP_MAX, 0), now = sim_now(r->s->d->sim);
    bool over = max && now >= r->since + max;
    bool idle = now >= last_packet(r) + seconds_of(g, PIX_GROUP_IDLE, IDLE_DEFAULT_S);
    if (over || idle)
        ike_clear(r->s->d->ike, r->sa, over ? WHY_SESSION_TIME : WHY_IDLE);
    else
        session_arm(r);
}

static void configure(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request)
{
    struct pix_remote *r = pix_remote_of(self, sa);
    if (!r)
        return;
    r->counted = r->in = true;
    g_clear_pointer(&r->wanted, g_array_unref);
    if (request)
        r->wanted = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    for (size_t i = 0; request && i < request->n; i++)
        g_array_append_val(r->wanted, request->attr[i].type);
    r->request = request ? request->id : 0;
    session_arm(r);
    answer_soon(r, PIX_RA_CONFIGURED);
}

static void timer_due(void *owner)
{
    struct pix_remote *r = owner;
    enum pix_ra_due due = r->due;
    r->due = PIX_RA_NOTHING;
    if (due == PIX_RA_BEGUN)
        ike_login_begun(r->s->d->ike, r->sa);
    else if (due == PIX_RA_CONFIGURED)
        reply(r);
    else if (due == PIX_RA_OUT)
        ike_clear(r->s->d->ike, r->sa, r->out);
}

static void departed(void *self, ike_sa_id sa, enum ike_why why)
{
    struct pix *s = self;
    struct pix_remote *r = pix_remote_of(s, sa);
    if (r)
        g_ptr_array_remove(s->access->remotes, r);
}

static void moved(void *self, ike_sa_id from, ike_sa_id to)
{
    struct pix *s = self;
    struct pix_remote *r = pix_remote_of(s, from), *fresh = pix_remote_of(s, to);
    if (!r)
        return;
    if (fresh)
        g_ptr_array_remove(s->access->remotes, fresh);
    r->sa = to;
}

void pix_ra_start(struct pix *s)
{
    const struct ike_access access = {
        .self = s,
        .identify = identify,
        .xauth_offered = xauth_offered,
        .login_begin = login_begin,
        .login = login,
        .configure = configure,
        .departed = departed,
        .moved = moved,
    };
    ike_on_access(s->d->ike, &access);
}

void pix_ra_stop(struct pix *s)
{
    ike_on_access(s->d->ike, NULL);
}
