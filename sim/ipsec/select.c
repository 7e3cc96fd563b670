/* Which identity pair a packet belongs to: entries by number, each with its access list, the first
 * permit wins and a deny sends the packet on to the next entry (RFC 2401 4.4.1, 5.1.1). Answers are
 * remembered by flow where there are many entries: a hub has thousands, and few flows at a time. */
#include "ipsec_priv.h"

/* An access-list line as identities: ranges of ports cannot be said in one and mean any port. */
void ipsec_line_proxies(const struct acl_line *l, struct proxy *local, struct proxy *remote)
{
    uint16_t lport = l->sport.from == l->sport.to ? l->sport.from : 0;
    uint16_t rport = l->dport.from == l->dport.to ? l->dport.from : 0;
    *local = proxy_of(l->src.addr, l->src.mask, l->protocol, lport);
    *remote = proxy_of(l->dst.addr, l->dst.mask, l->protocol, rport);
}

struct proxy ipsec_proxy_masked(struct proxy p)
{
    p.addr &= p.mask;
    return p;
}

static bool ident_has(const struct ident *ident, const struct flow *f)
{
    return proxy_has(&ident->view.local_proxy, f->src, f->protocol, f->sport) &&
           proxy_has(&ident->view.remote_proxy, f->dst, f->protocol, f->dport);
}

static struct pair *sending(const struct ident *ident)
{
    struct pair *p = ident->view.pairs->len ? ident->view.pairs->pdata[0] : NULL;
    return p && p->view.sending ? p : NULL;
}

/* The same line of the same map on another interface: with one local address they share SAs. */
static struct pair *shared(const struct ipsec *x, const struct ident *ident)
{
    const struct ipsec_map *map = ipsec_map_find(x->conf, ident->map);
    for (guint i = 0; map && map->local_if && i < x->idents->len; i++) {
        const struct ident *other = x->idents->pdata[i];
        if (other != ident && other->view.seq == ident->view.seq &&
            other->view.local == ident->view.local && g_str_equal(other->map, ident->map) &&
            proxy_same(&other->view.local_proxy, &ident->view.local_proxy) &&
            proxy_same(&other->view.remote_proxy, &ident->view.remote_proxy) && sending(other))
            return sending(other);
    }
    return NULL;
}

/* What peers negotiated under the same template of the same map on another interface. */
static struct ident *shared_other(const struct ipsec *x, const struct binding *b,
                                  const struct rule *r, const struct flow *f)
{
    for (guint i = 0; r->dynamic && b->map->local_if && i < x->idents->len; i++) {
        struct ident *other = x->idents->pdata[i];
        if (other->view.on != b->on && other->view.seq == r->seq &&
            other->view.template_seq == r->template_seq && other->view.local == b->local &&
            g_str_equal(other->map, b->name) && ident_has(other, f) && sending(other))
            return other;
    }
    return NULL;
}

/* SAs negotiated for a part of the line are for that part. */
static bool choose_other(const struct ipsec *x, const struct binding *b, const struct rule *r,
                         const struct flow *f, struct match *m)
{
    struct ident *found = NULL;
    for (guint i = 0; !found && i < r->others->len; i++) {
        struct ident *other = r->others->pdata[i];
        if (ident_has(other, f) && sending(other))
            found = other;
    }
    if (!found)
        found = shared_other(x, b, r, f);
    if (!found)
        return false;
    m->ident = found;
    m->pair = sending(found);
    return true;
}

/* a contains b: RFC 2401 4.4.2 */
static bool contains(const struct proxy *a, const struct proxy *b)
{
    return (a->mask & ~b->mask) == 0 && ((a->addr ^ b->addr) & a->mask) == 0 &&
           (!a->protocol || a->protocol == b->protocol) && (!a->port || a->port == b->port);
}

/* Who does not look at the identities of an SA again puts all that a line permits into the SA that
 * a peer asked for for a part of it; the peer finds it there (CAT-87). */
static struct ident *part_of(const struct rule *r, const struct ident *line)
{
    for (guint i = r->others->len; i-- > 0;) {
        struct ident *other = r->others->pdata[i];
        if (sending(other) && contains(&line->view.local_proxy, &other->view.local_proxy) &&
            contains(&line->view.remote_proxy, &other->view.remote_proxy))
            return other;
    }
    return NULL;
}

/* The line's own SAs are for all of it. */
static void choose_pair(const struct ipsec *x, const struct binding *b, const struct rule *r,
                        const struct flow *f, struct match *m)
{
    if (choose_other(x, b, r, f, m))
        return;
    m->pair = sending(m->ident);
    if (!m->pair && !m->ident->peerless)
        m->pair = shared(x, m->ident);
    struct ident *part = m->pair || !x->conf->part_carries_line ? NULL : part_of(r, m->ident);
    if (part) {
        m->ident = part;
        m->pair = sending(part);
    }
}

static guint index_of_line(const struct acl *acl, const struct acl_line *l)
{
    guint at = 0;
    while (at < acl->lines->len && acl->lines->pdata[at] != l)
        at++;
    return at;
}

static const struct acl_line *line_of(struct acl *acl, const struct flow *f, bool count)
{
    if (count)
        return acl_match(acl, f);
    guint at = 0;
    while (at < acl->lines->len && !acl_line_matches(acl->lines->pdata[at], f))
        at++;
    return at < acl->lines->len ? acl->lines->pdata[at] : NULL;
}

/* Returns true when the answer may be remembered: no hits of deny lines would be missed. */
static bool search(struct ipsec *x, struct binding *b, const struct flow *f, bool count,
                   struct match *m)
{
    bool plain = true;
    *m = (struct match){0};
    for (guint i = 0; i < b->rules->len; i++) {
        struct rule *r = b->rules->pdata[i];
        if (!r->acl && choose_other(x, b, r, f, m))
            break;
        if (!r->acl)
            continue;
        const struct acl_line *l = line_of(r->acl, f, count);
        if (!l)
            continue;
        guint at = index_of_line(r->acl, l);
        if (!l->permit || at >= r->of_line->len || !r->of_line->pdata[at]) {
            plain = false;
            continue;
        }
        m->ident = r->of_line->pdata[at];
        m->line = r->acl->lines->pdata[at];
        choose_pair(x, b, r, f, m);
        break;
    }
    return plain;
}

static uint32_t flow_hash(const struct flow *f)
{
    uint64_t h = ((uint64_t)f->src << 32 | f->dst) * 0x9e3779b97f4a7c15u;
    h ^= ((uint64_t)f->protocol << 40 | (uint64_t)f->sport << 24 | (uint64_t)f->dport << 8 |
          (uint8_t)f->icmp_type) *
         0xc2b2ae3d27d4eb4fu;
    return (uint32_t)(h >> 32);
}

static bool flow_same(const struct flow *a, const struct flow *b)
{
    return a->src == b->src && a->dst == b->dst && a->protocol == b->protocol &&
           a->sport == b->sport && a->dport == b->dport && a->icmp_type == b->icmp_type &&
           a->icmp_code == b->icmp_code;
}

static struct match select_by(struct ipsec *x, struct binding *b, const struct flow *f, bool count)
{
    struct match m = {0};
    if (!b->rules->len)
        return m;
    struct flow_slot *slot = x->slots ? &x->slots[flow_hash(f) & x->slot_mask] : NULL;
    if (slot && slot->generation == x->generation && slot->binding == b &&
        flow_same(&slot->flow, f)) {
        if (slot->match.line && count)
            slot->match.line->hits++;
        return slot->match;
    }
    if (search(x, b, f, count, &m) && slot)
        *slot = (struct flow_slot){*f, b, x->generation, m};
    return m;
}

struct match ipsec_select(struct ipsec *x, struct binding *b, const struct flow *f)
{
    return select_by(x, b, f, true);
}

struct match ipsec_select_silently(struct ipsec *x, struct binding *b, const struct flow *f)
{
    return select_by(x, b, f, false);
}
