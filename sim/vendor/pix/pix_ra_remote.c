/* The clients that have come in, and the address that each one holds. */
#include "pix_ra.h"

#include <string.h>

void pix_remote_free(void *p)
{
    struct pix_remote *r = p;
    struct addr_pool *pool = pix_pool_find(r->s, r->pool);
    sim_timer_clear(&r->timer);
    sim_timer_clear(&r->session);
    if (r->question)
        aaa_cancel(r->s->access->aaa, r->question);
    if (r->addr && pool)
        addr_pool_give_back(pool, r->addr);
    if (r->wanted)
        g_array_unref(r->wanted);
    g_free(r->group);
    g_free(r->map);
    g_free(r->user);
    g_free(r->pool);
    g_free(r);
}

struct pix_remote *pix_remote_of(const struct pix *s, ike_sa_id sa)
{
    for (guint i = s->access->remotes->len; sa && i-- > 0;) {
        struct pix_remote *r = g_ptr_array_index(s->access->remotes, i);
        if (r->sa == sa)
            return r;
    }
    return NULL;
}

void pix_remote_gone(struct pix *s, ike_sa_id sa)
{
    struct pix_remote *r = pix_remote_of(s, sa);
    if (r && !r->counted)
        g_ptr_array_remove(s->access->remotes, r);
}

struct pix_remote *pix_remote_add(struct pix *s, const struct ike_claim *claim)
{
    struct pix_remote *r = pix_remote_of(s, claim->sa);
    if (r)
        return r;
    r = g_new0(struct pix_remote, 1);
    r->s = s;
    r->sa = claim->sa;
    r->local = claim->local;
    r->peer = claim->remote;
    r->group = g_strdup("");
    r->since = sim_now(s->d->sim);
    g_ptr_array_add(s->access->remotes, r);
    return r;
}

/* ---- The address ---- */

static const char *pool_of(const struct pix_remote *r)
{
    const struct pix_group *g = pix_group_find(r->s, r->group);
    const struct net_if *on = net_if_by_addr(r->s->d->node, r->local);
    const struct pix_access *x = r->s->access;
    if (g)
        return g->said[PIX_GROUP_POOL];
    bool here = !x->pool_if || (on && strcmp(pix_if_word(r->s, on), x->pool_if) == 0);
    return here ? x->pool : NULL;
}

bool pix_remote_obtain(struct pix_remote *r)
{
    const char *name = pool_of(r);
    struct addr_pool *p = pix_pool_find(r->s, name);
    g_autofree char *holder = g_strdup_printf("%s #%u", r->user ? r->user : r->group, r->sa);
    if (r->addr)
        return true;
    r->addr = p ? addr_pool_take(p, holder) : 0;
    if (!r->addr)
        return false;
    g_free(r->pool);
    r->pool = g_strdup(name);
    return true;
}
