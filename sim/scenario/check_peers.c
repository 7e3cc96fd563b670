/* Two ends of a tunnel side by side: keys, policies, transforms, PFS, access lists, lifetimes. */
#include "check_priv.h"

#include <string.h>

/* One end looks at the other. */
struct view_of {
    struct device *d;
    const struct ipsec_map *m;
    const struct ipsec_map_entry *e;
    ip4 local; /* what the map speaks from */
};

static ip4 local_of(struct device *d, const struct ipsec_map *m)
{
    struct net_if *on = check_bound(d, m);
    return on ? ipsec_local_address(d->ipsec, on) : 0;
}

static bool names_peer(const struct ipsec_map_entry *e, ip4 peer)
{
    for (guint i = 0; i < e->peers->len; i++)
        if (g_array_index(e->peers, ip4, i) == peer)
            return true;
    return false;
}

/* Entries of a device that name a peer, as views. */
static GArray *entries_for(struct device *d, ip4 peer)
{
    GArray *out = g_array_new(FALSE, FALSE, sizeof(struct view_of));
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = d->ipsec_conf->maps->pdata[i];
        for (guint k = 0; k < m->entries->len; k++) {
            struct view_of v = {d, m, m->entries->pdata[k], local_of(d, m)};
            if (names_peer(v.e, peer))
                g_array_append_val(out, v);
        }
    }
    return out;
}

/* A template waits for whoever calls. */
static bool answers_anyone(const struct device *d)
{
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = d->ipsec_conf->maps->pdata[i];
        for (guint k = 0; k < m->entries->len; k++) {
            const struct ipsec_map_entry *e = m->entries->pdata[k];
            if (e->dynamic && ipsec_dynamic_find(d->ipsec_conf, e->dynamic))
                return true;
        }
    }
    return false;
}

/* ---- Phase 1 ---- */

static void check_key(struct check *c, const struct view_of *v, struct device *peer, ip4 addr)
{
    const struct ike_key *mine = ike_key_for(v->d->ike_conf, addr);
    const struct ike_key *theirs = ike_key_for(peer->ike_conf, v->local);
    if (!mine) {
        check_no_key(c, v->d, addr);
        return;
    }
    const struct check_words *words = check_words_of(v->d);
    g_autofree char *head = words->key_head ? g_strdup_printf(words->key_head, IP4S(addr)) : NULL;
    if (theirs && strcmp(mine->secret, theirs->secret) != 0 &&
        v->d->scope->index < peer->scope->index)
        check_add(c, SEVERITY_ERROR, "keys-differ", v->d,
                  (struct check_place){head, words->key_line},
                  "enter the same pre-shared key on both; blanks and case count",
                  "the pre-shared key for %s differs from the one %s has for %s", IP4S(addr),
                  peer->name, IP4S(v->local));
}

/* The first attribute that differs, in the order in which policies are compared; NULL: none does.
 */
static const char *policies_differ(const struct ike_policy *a, const struct ike_policy *b,
                                   int *rank)
{
    const struct {
        const char *name;
        bool same;
    } part[] = {
        {"encryption", a->cipher == b->cipher},
        {"hash", a->hash == b->hash},
        {"group", a->group == b->group},
        {"authentication", a->auth == b->auth},
    };
    const char *first = NULL;
    *rank = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(part); i++) {
        *rank += part[i].same ? 1 : 0;
        if (!first && !part[i].same)
            first = part[i].name;
    }
    return first;
}

static void check_policies(struct check *c, const struct view_of *v, struct device *peer)
{
    const GPtrArray *a = v->d->ike_conf->policies, *b = peer->ike_conf->policies;
    const char *differs = NULL;
    int best = -1;
    const struct ike_policy *x = NULL, *y = NULL;
    for (guint i = 0; i < a->len; i++)
        for (guint k = 0; k < b->len; k++) {
            int rank;
            const char *what = policies_differ(a->pdata[i], b->pdata[k], &rank);
            if (!what) {
                const struct ike_policy *p = a->pdata[i], *q = b->pdata[k];
                if (p->lifetime_s != q->lifetime_s && v->d->scope->index < peer->scope->index)
                    check_add(c, SEVERITY_WARNING, "lifetimes-differ", v->d,
                              (struct check_place){0},
                              "the shorter one is used; enter the same on both, so that their "
                              "replacements of phase 1 do not collide",
                              "ISAKMP lifetimes: %u s here, %u s on %s", p->lifetime_s,
                              q->lifetime_s, peer->name);
                return;
            }
            if (rank > best) {
                best = rank;
                differs = what;
                x = a->pdata[i];
                y = b->pdata[k];
            }
        }
    if (!x || v->d->scope->index > peer->scope->index)
        return; /* no policy at all is told elsewhere, and each pair of devices once */
    g_autofree char *head = g_strdup_printf(check_words_of(v->d)->policy, x->priority);
    check_add(
        c, SEVERITY_ERROR, "no-common-policy", v->d, (struct check_place){head, NULL},
        "make encryption, hash, authentication and group equal in one policy of each end",
        "no ISAKMP policy is common with %s; nearest are policy %u here and %u there, whose %s "
        "differs",
        peer->name, x->priority, y->priority, differs);
}

/* CAT-20: a host name is sent, and the other end knows its peer by the address. */
static void check_identity(struct check *c, const struct view_of *v, struct device *peer)
{
    const struct ike_key *theirs = ike_key_for(peer->ike_conf, v->local);
    const struct ike_conf *mine = v->d->ike_conf;
    if (mine->identity != IKE_IDENTITY_HOSTNAME || !peer->profile.check_identity || !theirs ||
        theirs->any_identity)
        return;
    if (mine->hostname && ike_name_find(peer->ike_conf, mine->hostname) == v->local)
        return;
    check_add(c, SEVERITY_ERROR, "identity-differs", v->d,
              (struct check_place){NULL, "isakmp identity"},
              "let both ends identify themselves by address",
              "this device gives its host name as identity, and %s knows it by its address %s only",
              peer->name, IP4S(v->local));
}

/* ---- Phase 2 ---- */

static bool common_suite(const struct view_of *a, const struct view_of *b)
{
    for (guint i = 0; i < a->e->transform_sets->len; i++)
        for (guint k = 0; k < b->e->transform_sets->len; k++) {
            const struct ipsec_transform_set *x =
                ipsec_set_find(a->d->ipsec_conf, a->e->transform_sets->pdata[i]);
            const struct ipsec_transform_set *y =
                ipsec_set_find(b->d->ipsec_conf, b->e->transform_sets->pdata[k]);
            if (x && y && x->suite.cipher == y->suite.cipher && x->suite.auth == y->suite.auth &&
                x->suite.transport == y->suite.transport)
                return true;
        }
    return false;
}

static unsigned group_number(enum crypto_group g)
{
    static const unsigned number[] = {
#define GROUP(name, n, bytes) n,
#include "tbl/algorithms.def"
#undef GROUP
    };
    return number[g];
}

static void check_pfs(struct check *c, const struct view_of *a, const struct view_of *b)
{
    g_autofree char *head = check_entry_head(a->m, a->e);
    const struct check_place at = {head, a->e->pfs != GROUP_NONE ? "set pfs" : NULL};
    if (a->e->pfs == b->e->pfs || b->e->pfs == GROUP_NONE)
        return; /* an end without PFS takes an offered group */
    if (a->e->pfs == GROUP_NONE)
        check_add(c, SEVERITY_ERROR, "pfs-differs", a->d, at,
                  "set pfs here too, or remove it there",
                  "%s demands PFS with group %u and %s does not offer it: tunnels begun here fail, "
                  "those begun there work",
                  b->d->name, group_number(b->e->pfs), head);
    else
        check_add(c, SEVERITY_ERROR, "pfs-differs", a->d, at, "use the same group on both ends",
                  "%s offers PFS with group %u, %s demands group %u", head, group_number(a->e->pfs),
                  b->d->name, group_number(b->e->pfs));
}

static uint32_t life_of(const struct view_of *v)
{
    return v->e->life_s ? v->e->life_s : v->d->ipsec_conf->life_s;
}

static void check_phase2(struct check *c, const struct view_of *a, const struct view_of *b)
{
    g_autofree char *head = check_entry_head(a->m, a->e);
    bool once = a->d->scope->index < b->d->scope->index;
    if (once && a->e->transform_sets->len > 0 && b->e->transform_sets->len > 0 &&
        !common_suite(a, b))
        check_add(c, SEVERITY_ERROR, "no-common-transform", a->d,
                  (struct check_place){head, "set transform-set"},
                  "define one transform set alike on both ends",
                  "no transform set of %s is also one of %s on %s", head, b->m->name, b->d->name);
    check_pfs(c, a, b);
    if (once && life_of(a) != life_of(b))
        check_add(c, SEVERITY_INFO, "lifetimes-differ", a->d, (struct check_place){head, NULL},
                  "nothing need be done: the shorter one is used",
                  "IPsec lifetimes: %u s here, %u s on %s", life_of(a), life_of(b), b->d->name);
}

/* ---- Access lists ---- */

static bool ports_same(struct acl_ports a, struct acl_ports b)
{
    return a.from == b.from && a.to == b.to;
}

static bool net_same(struct ip4_net a, struct ip4_net b)
{
    return a.mask == b.mask && (a.addr & a.mask) == (b.addr & b.mask);
}

static bool mirrors(const struct acl_line *a, const struct acl_line *b)
{
    return a->protocol == b->protocol && net_same(a->src, b->dst) && net_same(a->dst, b->src) &&
           ports_same(a->sport, b->dport) && ports_same(a->dport, b->sport);
}

static bool overlap(struct ip4_net a, struct ip4_net b)
{
    ip4 common = a.mask & b.mask;
    return (a.addr & common) == (b.addr & common);
}

/* The line at the other end that comes nearest to being the mirror: overlapping reversed, or the
 * same line not reversed. */
static const struct acl_line *nearest_line(const struct acl_line *l, const GPtrArray *others,
                                           bool *unreversed)
{
    *unreversed = false;
    for (guint i = 0; i < others->len; i++) {
        const struct acl_line *o = others->pdata[i];
        if (overlap(l->src, o->dst) && overlap(l->dst, o->src))
            return o;
    }
    for (guint i = 0; i < others->len; i++) {
        const struct acl_line *o = others->pdata[i];
        if (net_same(l->src, o->src) && net_same(l->dst, o->dst)) {
            *unreversed = true;
            return o;
        }
    }
    return NULL;
}

static void check_line(struct check *c, const struct view_of *a, const struct acl_line *l,
                       struct device *peer, const GPtrArray *others)
{
    for (guint i = 0; i < others->len; i++)
        if (mirrors(l, others->pdata[i]))
            return;
    bool unreversed;
    const struct acl_line *near = nearest_line(l, others, &unreversed);
    g_autofree char *mine = check_acl_text(a->d, l);
    g_autofree char *theirs = near ? check_acl_text(peer, near) : NULL;
    g_autofree char *list = g_strdup_printf("access-list %s", a->e->acl);
    struct acl_line reversed = *l;
    reversed.src = l->dst;
    reversed.dst = l->src;
    g_autofree char *wanted = check_acl_text(peer, &reversed);
    g_autofree char *remedy = g_strdup_printf("%s needs the mirror: %s", peer->name, wanted);
    const struct check_place at = {list, mine};
    if (near && unreversed)
        check_add(c, SEVERITY_ERROR, "acl-not-mirrored", a->d, at, remedy,
                  "access list %s: \"%s\" stands on %s in the same direction, not reversed",
                  a->e->acl, mine, peer->name);
    else if (near)
        check_add(c, SEVERITY_ERROR, "acl-not-mirrored", a->d, at, remedy,
                  "access list %s: \"%s\" is not mirrored by \"%s\" on %s", a->e->acl, mine, theirs,
                  peer->name);
    else
        check_add(c, SEVERITY_ERROR, "acl-not-mirrored", a->d, at, remedy,
                  "access list %s: \"%s\" has no counterpart on %s", a->e->acl, mine, peer->name);
}

static void check_mirrors(struct check *c, const struct view_of *a, struct device *peer,
                          const GArray *back)
{
    g_autoptr(GPtrArray) others = g_ptr_array_new(), mine = check_permits(a->d, a->e->acl);
    for (guint i = 0; i < back->len; i++) {
        g_autoptr(GPtrArray) some =
            check_permits(peer, g_array_index(back, struct view_of, i).e->acl);
        g_ptr_array_extend(others, some, NULL, NULL);
    }
    for (guint i = 0; i < mine->len; i++)
        check_line(c, a, mine->pdata[i], peer, others);
}

/* ---- All ---- */

/* The entry at the other end that the first access-list lines of both belong to, else its first. */
static const struct view_of *counterpart(const struct view_of *a, const GArray *back)
{
    g_autoptr(GPtrArray) mine = check_permits(a->d, a->e->acl);
    for (guint i = 0; i < back->len; i++) {
        const struct view_of *b = &g_array_index(back, struct view_of, i);
        g_autoptr(GPtrArray) theirs = check_permits(b->d, b->e->acl);
        for (guint k = 0; k < mine->len; k++)
            for (guint n = 0; n < theirs->len; n++)
                if (mirrors(mine->pdata[k], theirs->pdata[n]))
                    return b;
    }
    return &g_array_index(back, struct view_of, 0);
}

/* Whether the map speaks from an address that the peer sees: of the interface towards it, or one
 * that is named. */
static bool faces(const struct view_of *v, ip4 peer)
{
    struct net_if *out;
    ip4 nexthop;
    if (v->m->local_if || !net_route_lookup(v->d->node, peer, &out, &nexthop))
        return true;
    const char *map = ipsec_bound(v->d->ipsec, out);
    return map && strcmp(map, v->m->name) == 0;
}

/* DBG-28: identities are sent with their host bits; the other end installs networks only. */
static void check_host_bits(struct check *c, const struct view_of *v)
{
    g_autoptr(GPtrArray) lines = check_permits(v->d, v->e->acl);
    for (guint i = 0; v->d->ipsec_conf->raw_proxy_id && i < lines->len; i++) {
        const struct acl_line *l = lines->pdata[i];
        if (!(l->src.addr & ~l->src.mask) && !(l->dst.addr & ~l->dst.mask))
            continue;
        g_autofree char *text = check_acl_text(v->d, l);
        check_add(c, SEVERITY_ERROR, "host-bits", v->d, (struct check_place){NULL, text},
                  "write networks in both access lists, in the same style",
                  "\"%s\" names hosts with the mask of a network, and this device sends them so",
                  text);
    }
}

/* A box that translates: who is behind it is known at run time only. */
static bool is_box(const struct device *d)
{
    return strcmp(d->kind->name, "nat") == 0;
}

static bool is_behind_box(const struct check *c, ip4 addr)
{
    for (size_t i = 0; i < world_device_count(c->w); i++) {
        const struct device *d = world_device_at(c->w, i);
        for (size_t k = 0; is_box(d) && k < net_if_count(d->node); k++) {
            const struct net_if *f = net_if_at(d->node, k);
            if (f->addr && ip4_in(addr, (struct ip4_net){f->addr & f->mask, f->mask}))
                return true;
        }
    }
    return false;
}

static void check_peer(struct check *c, const struct view_of *v, ip4 addr)
{
    g_autofree char *head = check_entry_head(v->m, v->e);
    g_autofree char *line = g_strdup_printf("set peer %s", IP4S(addr));
    const struct check_place at = {head, line};
    struct device *peer = check_owner(c->w, addr);
    if (!peer) {
        check_add(c, SEVERITY_ERROR, "peer-unknown", v->d, at,
                  "correct the address in set peer and in the key's line",
                  "%s: nobody in this network has the peer's address %s", head, IP4S(addr));
        if (!ike_key_for(v->d->ike_conf, addr))
            check_no_key(c, v->d, addr);
        return;
    }
    if (is_box(peer))
        return;
    if (!peer->ipsec || peer == v->d) {
        check_add(c, SEVERITY_ERROR, "peer-without-crypto", v->d, at,
                  "name the router that ends the tunnel",
                  "%s: the peer %s is %s, which does no IPsec with this device", head, IP4S(addr),
                  peer->name);
        return;
    }
    check_key(c, v, peer, addr);
    check_policies(c, v, peer);
    check_identity(c, v, peer);
    if (v->local == 0 || !faces(v, addr))
        return; /* the map is on no interface or on the wrong one, which is told elsewhere */
    GArray *back = entries_for(peer, v->local);
    if (back->len == 0 && !answers_anyone(peer) && !is_behind_box(c, v->local)) {
        check_add(c, SEVERITY_ERROR, "peer-does-not-answer", v->d, at,
                  "add a crypto map entry for this address there, or correct its set peer",
                  "%s has no crypto map entry whose peer is %s, the address %s speaks from",
                  peer->name, IP4S(v->local), head);
    } else if (back->len) {
        const struct view_of *b = counterpart(v, back);
        check_phase2(c, v, b);
        if (v->d->scope->index < peer->scope->index)
            check_times(c, v->d, v->e, addr, peer, b->e, v->local);
        check_mirrors(c, v, peer, back);
    }
    g_array_free(back, TRUE);
}

void check_peers(struct check *c, struct device *d)
{
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = d->ipsec_conf->maps->pdata[i];
        for (guint k = 0; k < m->entries->len; k++) {
            struct view_of v = {d, m, m->entries->pdata[k], local_of(d, m)};
            check_host_bits(c, &v);
            for (guint p = 0; p < v.e->peers->len; p++)
                check_peer(c, &v, g_array_index(v.e->peers, ip4, p));
        }
    }
}
