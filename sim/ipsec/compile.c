/* Configuration turned into identity pairs whenever it changed (RFC 2401 4.4.1: one policy entry a
 * permit line). The templates of a dynamic map are rules too, in its place among the entries; what
 * peers negotiate hangs under them. */
#include <string.h>

#include "ipsec_priv.h"

void ipsec_rule_free(gpointer p)
{
    struct rule *r = p;
    g_ptr_array_free(r->of_line, TRUE);
    g_ptr_array_free(r->others, TRUE);
    g_free(r);
}

/* Idents of before the change. They mostly come again in the same order, so each search goes on
 * where the last one found. */
struct earlier {
    GPtrArray *idents;
    guint at;
};

static struct ident *earlier_find(struct earlier *e, const struct binding *b, uint32_t seq,
                                  const struct proxy *lp, const struct proxy *rp)
{
    for (guint n = 0; n < e->idents->len; n++) {
        guint i = (e->at + n) % e->idents->len;
        struct ident *ident = e->idents->pdata[i];
        if (!ident->kept && !ident->dynamic && ident->view.on == b->on && ident->view.seq == seq &&
            !strcmp(ident->map, b->name) && proxy_same(&ident->view.local_proxy, lp) &&
            proxy_same(&ident->view.remote_proxy, rp)) {
            e->at = i + 1;
            return ident;
        }
    }
    return NULL;
}

static void ident_keep(struct ipsec *x, struct ident *ident)
{
    ident->kept = true;
    g_ptr_array_add(x->idents, ident);
}

/* A peer that is configured no more is not asked; SAs keep the peer they have. */
static void peer_refresh(struct ident *ident, const struct binding *b,
                         const struct ipsec_map_entry *e)
{
    if (ident->peer_at >= e->peers->len)
        ident->peer_at = 0;
    if (ident->view.pairs->len)
        return;
    ident->view.local = b->local;
    ident->view.peer = g_array_index(e->peers, ip4, ident->peer_at);
}

static struct rule *rule_new(struct binding *b, const struct ipsec_map_entry *e, struct acl *acl)
{
    struct rule *r = g_new0(struct rule, 1);
    r->entry = e;
    r->seq = e->seq;
    r->acl = acl;
    r->of_line = g_ptr_array_new();
    r->others = g_ptr_array_new();
    g_ptr_array_add(b->rules, r);
    return r;
}

/* An ident that is found again, or a new one. Where nobody can be asked the line only holds
 * packets, and what was said about it before the change may be said again. */
static struct ident *line_ident(struct ipsec *x, struct binding *b, struct rule *r,
                                const struct proxy *lp, const struct proxy *rp,
                                struct earlier *before)
{
    if (r->dynamic || r->peerless) {
        struct ident *ident = ipsec_ident_new(x, b, r, lp, rp);
        ident->peerless = true;
        g_ptr_array_add(x->peerless, ident);
        return ident;
    }
    struct ident *ident = earlier_find(before, b, r->seq, lp, rp);
    if (!ident)
        ident = ipsec_ident_new(x, b, r, lp, rp);
    peer_refresh(ident, b, r->entry);
    ident_keep(x, ident);
    return ident;
}

static void lines_make(struct ipsec *x, struct binding *b, struct rule *r, struct earlier *before)
{
    for (guint i = 0; r->acl && i < r->acl->lines->len; i++) {
        const struct acl_line *l = r->acl->lines->pdata[i];
        struct ident *ident = NULL;
        if (l->permit && !l->remark) {
            struct proxy line_local, line_remote;
            ipsec_line_proxies(l, &line_local, &line_remote);
            bool raw = x->conf->raw_proxy_id;
            struct proxy lp = raw ? line_local : ipsec_proxy_masked(line_local);
            struct proxy rp = raw ? line_remote : ipsec_proxy_masked(line_remote);
            ident = line_ident(x, b, r, &lp, &rp, before);
            ident->view.from_acl = true;
            ident->line_local = line_local;
            ident->line_remote = line_remote;
        }
        g_ptr_array_add(r->of_line, ident);
    }
}

/* A template that names an access list which is not there does nothing, as an entry does. */
static void templates_make(struct ipsec *x, struct binding *b, const struct ipsec_map_entry *e,
                           struct earlier *before)
{
    const struct ipsec_map *dynamic = ipsec_dynamic_find(x->conf, e->dynamic);
    for (guint i = 0; dynamic && i < dynamic->entries->len; i++) {
        const struct ipsec_map_entry *t = dynamic->entries->pdata[i];
        struct acl *acl = t->acl ? net_acl(x->node, t->acl) : NULL;
        if (!ipsec_template_complete(t) || (t->acl && !acl))
            continue;
        struct rule *r = rule_new(b, t, acl);
        r->seq = e->seq;
        r->template_seq = t->seq;
        r->dynamic = dynamic->name;
        lines_make(x, b, r, before);
    }
}

static void entry_make(struct ipsec *x, struct binding *b, const struct ipsec_map_entry *e,
                       struct earlier *before)
{
    if (e->dynamic) {
        templates_make(x, b, e, before);
        return;
    }
    bool peerless = !e->peers->len && e->transform_sets->len && x->conf->holds_without_peer;
    struct acl *acl =
        e->acl && (peerless || ipsec_entry_complete(e)) ? net_acl(x->node, e->acl) : NULL;
    if (!acl)
        return;
    struct rule *r = rule_new(b, e, acl);
    r->peerless = peerless;
    lines_make(x, b, r, before);
}

static void binding_make(struct ipsec *x, struct binding *b, struct earlier *before)
{
    g_ptr_array_set_size(b->rules, 0);
    b->map = ipsec_map_find(x->conf, b->name);
    b->local = ipsec_binding_address(x, b);
    for (guint i = 0; b->map && i < b->map->entries->len; i++)
        entry_make(x, b, b->map->entries->pdata[i], before);
}

/* Room for twice the idents, so that a hub's spokes do not push each other out. A spoke, which
 * there may be thousands of, has so few that looking through them takes no longer than remembering.
 */
#define IDENTS_REMEMBERED 8
static void slots_make(struct ipsec *x)
{
    if (x->idents->len < IDENTS_REMEMBERED) {
        g_clear_pointer(&x->slots, g_free);
        x->slot_mask = 0;
        return;
    }
    uint32_t n = IDENTS_REMEMBERED * 2;
    while (n < x->idents->len * 2 && n < 8192)
        n *= 2;
    if (x->slots && x->slot_mask + 1 == n)
        return;
    g_free(x->slots);
    x->slots = g_new0(struct flow_slot, n);
    x->slot_mask = n - 1;
}

/* By entry, then by template. */
static int order(uint32_t seq, uint32_t template_seq, uint32_t seq2, uint32_t template_seq2)
{
    uint64_t a = (uint64_t)seq << 32 | template_seq, b = (uint64_t)seq2 << 32 | template_seq2;
    return a < b ? -1 : a > b;
}

static struct rule *rule_of(const struct binding *b, const struct ipsec_ident *v)
{
    guint low = 0, high = b ? b->rules->len : 0;
    while (low < high) {
        guint mid = low + (high - low) / 2;
        const struct rule *r = b->rules->pdata[mid];
        if (order(r->seq, r->template_seq, v->seq, v->template_seq) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    struct rule *r = b && low < b->rules->len ? b->rules->pdata[low] : NULL;
    return r && r->seq == v->seq && r->template_seq == v->template_seq &&
                   !g_strcmp0(r->dynamic, v->dynamic)
               ? r
               : NULL;
}

static bool goes_before(const struct ipsec_ident *a, const struct ipsec_ident *b)
{
    return a->on->index < b->on->index ||
           (a->on == b->on && order(a->seq, a->template_seq, b->seq, b->template_seq) <= 0);
}

/* Behind its kin; those of templates, of which there are many, are at the end. */
void ipsec_ident_insert(struct ipsec *x, struct ident *ident)
{
    guint at = x->idents->len;
    while (at > 0 &&
           !goes_before(&((const struct ident *)x->idents->pdata[at - 1])->view, &ident->view))
        at--;
    g_ptr_array_insert(x->idents, (gint)at, ident);
}

/* An ident whose line is gone: its SAs stay until they are cleared or end, and still carry what the
 * entry protects if that is there. */
static void outlive(struct ipsec *x, struct ident *ident)
{
    struct binding *b = ipsec_binding(x, ident->view.on);
    struct rule *r = b && !strcmp(b->name, ident->map) ? rule_of(b, &ident->view) : NULL;
    ident->view.from_acl = false;
    ipsec_ident_insert(x, ident);
    if (r)
        g_ptr_array_insert(r->others, r->dynamic ? 0 : -1, ident);
}

/* Done when policy is next looked at, so that a long configuration is compiled once, not a line. */
void ipsec_compile(struct ipsec *x)
{
    x->stale = false;
    struct earlier before = {x->idents, 0};
    x->idents = g_ptr_array_new_with_free_func(ipsec_ident_free);
    for (guint i = 0; i < before.idents->len; i++)
        ((struct ident *)before.idents->pdata[i])->kept = false;
    g_ptr_array_set_size(x->peerless, 0);
    for (guint i = 0; i < x->bindings->len; i++)
        if (x->bindings->pdata[i])
            binding_make(x, x->bindings->pdata[i], &before);
    g_ptr_array_set_free_func(before.idents, NULL);
    for (guint i = 0; i < before.idents->len; i++) {
        struct ident *ident = before.idents->pdata[i];
        if (ident->kept)
            continue;
        if (ident->view.pairs->len)
            outlive(x, ident);
        else
            ipsec_ident_free(ident);
    }
    g_ptr_array_free(before.idents, TRUE);
    slots_make(x);
    ipsec_forget_flows(x);
}
