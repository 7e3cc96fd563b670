/* What this node says to a peer's quick mode proposal (RFC 2409 5.5): is the suite known here at
 * all, and does an entry of the map want this traffic protected this way with this peer. */
#include "ipsec_priv.h"

/* RFC 2407 4.4.4 and 4.5: the numbers that the transform was offered with. */
static const uint32_t esp_transform[CIPHER_COUNT] = {
#define CIPHER(name, ike, length, esp, block, iv, key) [CIPHER_##name] = esp,
#include "tbl/algorithms.def"
#undef CIPHER
};
static const uint32_t esp_hmac[HASH_COUNT] = {
#define HASH(name, ike, attr, digest, icv) [HASH_##name] = attr,
#include "tbl/algorithms.def"
#undef HASH
};

/* A set of transport mode takes tunnels too: it is transport only between the peers themselves. */
bool ipsec_set_takes(const struct ipsec_conf *c, const struct ipsec_map_entry *e,
                     const struct esp_suite *s)
{
    for (guint i = 0; i < e->transform_sets->len; i++) {
        const struct ipsec_transform_set *set = ipsec_set_find(c, e->transform_sets->pdata[i]);
        if (set && set->suite.cipher == s->cipher && set->suite.auth == s->auth &&
            (set->suite.transport || !s->transport))
            return true;
    }
    return false;
}

uint32_t ipsec_life_s(const struct ipsec *x, const struct ipsec_map_entry *e)
{
    return e->life_s ? e->life_s : x->conf->life_s;
}

uint32_t ipsec_life_kb(const struct ipsec *x, const struct ipsec_map_entry *e)
{
    return e->life_kb ? e->life_kb : x->conf->life_kb;
}

uint32_t ipsec_idle_s(const struct ipsec *x, const struct ipsec_map_entry *e)
{
    return e->idle_s ? e->idle_s : x->conf->idle_s;
}

/* In a set of the entry, or of a template that it stands for. */
static bool entry_knows(const struct ipsec *x, const struct ipsec_map_entry *e,
                        const struct esp_suite *s)
{
    const struct ipsec_map *dynamic = ipsec_dynamic_find(x->conf, e->dynamic);
    for (guint i = 0; dynamic && i < dynamic->entries->len; i++)
        if (ipsec_set_takes(x->conf, dynamic->entries->pdata[i], s))
            return true;
    return ipsec_set_takes(x->conf, e, s);
}

enum ike_why ipsec_check_suite(struct ipsec *x, ip4 local, ip4 remote, const struct esp_suite *s)
{
    ipsec_fresh(x);
    enum ike_why why = WHY_LOCAL_ADDRESS;
    for (guint i = 0; i < x->bindings->len; i++) {
        const struct binding *b = x->bindings->pdata[i];
        if (!b || !b->map || !b->local || b->local != local)
            continue;
        why = WHY_TRANSFORM;
        for (guint j = 0; j < b->map->entries->len; j++)
            if (entry_knows(x, b->map->entries->pdata[j], s))
                return WHY_NONE;
    }
    TRACE(x->scope, ipsec_transform_refused, .why = why, .protocol = PROTO_ESP,
          .transform = esp_transform[s->cipher], .hmac = esp_hmac[s->auth], .local = local);
    return why;
}

/* A permit line equal to the proxies or containing them: the peer may ask for less than all. */
static bool rule_covers(const struct rule *r, const struct proxy *lp, const struct proxy *rp)
{
    for (guint i = 0; r->acl && i < r->acl->lines->len; i++) {
        const struct acl_line *l = r->acl->lines->pdata[i];
        struct proxy local, remote;
        if (!l->permit || l->remark)
            continue;
        ipsec_line_proxies(l, &local, &remote);
        if (proxy_within(lp, &local) && proxy_within(rp, &remote))
            return true;
    }
    return !r->acl; /* a template without access list takes any identities */
}

static bool has_peer(const struct ipsec_map_entry *e, ip4 remote)
{
    for (guint i = 0; i < e->peers->len; i++)
        if (g_array_index(e->peers, ip4, i) == remote)
            return true;
    return false;
}

bool ipsec_entry_serves(const struct ipsec_map_entry *e, const char *party)
{
    return !e->party[0] || g_strcmp0(e->party, party) == 0;
}

static enum ike_why judge_rule(const struct ipsec *x, const struct rule *r,
                               const struct ipsec_request *q)
{
    const struct ipsec_map_entry *e = r->entry;
    bool anyone = r->dynamic && !e->peers->len;
    if (!anyone && !has_peer(e, q->remote))
        return WHY_PEER;
    if (!ipsec_set_takes(x->conf, e, &q->suite))
        return WHY_TRANSFORM;
    if (e->pfs != GROUP_NONE && e->pfs != q->group)
        return WHY_PFS;
    return WHY_NONE;
}

/* The shorter of what is configured and what was offered; 0 = not offered. */
static uint32_t shorter(uint32_t own, uint32_t offered)
{
    return offered && (!own || offered < own) ? offered : own;
}

/* The first rule that covers the request decides, and of the templates that stand in one place the
 * first that fits. *rule is the one that decided; NULL = none covers it. */
static enum ike_why judge(const struct ipsec *x, const struct ipsec_request *q,
                          const struct binding **binding, const struct rule **rule)
{
    enum ike_why why = WHY_PROXY;
    for (guint i = 0; i < x->bindings->len && !*rule; i++) {
        const struct binding *b = x->bindings->pdata[i];
        if (!b || !b->local || b->local != q->local)
            continue;
        for (guint j = 0; j < b->rules->len; j++) {
            const struct rule *r = b->rules->pdata[j];
            if (*rule && r->seq != (*rule)->seq)
                return why;
            if (r->peerless || !ipsec_entry_serves(r->entry, q->party))
                continue;
            if (!rule_covers(r, &q->local_proxy, &q->remote_proxy))
                continue;
            enum ike_why said = judge_rule(x, r, q);
            if (*rule && said != WHY_NONE)
                continue;
            why = said;
            *binding = b;
            *rule = r;
            if (why == WHY_NONE)
                return why;
        }
    }
    return why;
}

enum ike_why ipsec_check_request(struct ipsec *x, const struct ipsec_request *q,
                                 struct ipsec_grant *out)
{
    ipsec_fresh(x);
    const struct binding *b = NULL;
    const struct rule *r = NULL;
    enum ike_why why = judge(x, q, &b, &r);
    if (why == WHY_NONE)
        *out = (struct ipsec_grant){
            .map = b->map->name,
            .seq = ipsec_rule_seq(r),
            .pfs = r->entry->pfs,
            .life_s = shorter(ipsec_life_s(x, r->entry), q->life_s),
            .life_kb = shorter(ipsec_life_kb(x, r->entry), q->life_kb),
        };
    TRACE(x->scope, ipsec_validate, .why = why, .part = q->part, .local = q->local,
          .remote = q->remote, .local_net = q->local_proxy.addr, .local_mask = q->local_proxy.mask,
          .local_type = q->local_proxy.type, .remote_net = q->remote_proxy.addr,
          .remote_mask = q->remote_proxy.mask, .remote_type = q->remote_proxy.type,
          .protocol = q->local_proxy.protocol, .lport = q->local_proxy.port,
          .rport = q->remote_proxy.port, .cipher = q->suite.cipher, .auth = q->suite.auth,
          .transport = q->suite.transport, .map = b ? b->name : NULL);
    return why;
}

bool ipsec_wants(struct ipsec *x, const char *map, uint32_t seq, const struct proxy *lp,
                 const struct proxy *rp)
{
    ipsec_fresh(x);
    for (guint i = 0; map && i < x->bindings->len; i++) {
        const struct binding *b = x->bindings->pdata[i];
        for (guint j = 0; b && g_str_equal(b->name, map) && j < b->rules->len; j++) {
            const struct rule *r = b->rules->pdata[j];
            if (!r->peerless && ipsec_rule_seq(r) == seq && rule_covers(r, lp, rp))
                return true;
        }
    }
    return false;
}
