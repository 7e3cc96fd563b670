/* The clients that have come in, and what each one's session may and gets. */
#include "asa_ra.h"

/* ---- The clients ---- */

static void remote_free(void *p)
{
    struct asa_remote *r = p;
    sim_timer_clear(&r->timer);
    if (r->question)
        aaa_cancel(r->s->aaa, r->question);
    asa_ra_give_back(r);
    g_array_unref(r->wanted);
    g_free(r->group);
    g_free(r->user);
    g_free(r->policy);
    g_free(r->pool);
    g_free(r->client);
    g_free(r->version);
    g_free(r);
}

struct asa_remote *asa_remote_of(const struct asa *s, ike_sa_id sa)
{
    for (guint i = s->remotes->len; sa && i-- > 0;) {
        struct asa_remote *r = g_ptr_array_index(s->remotes, i);
        if (r->sa == sa)
            return r;
    }
    return NULL;
}

uint32_t asa_ra_nat(const struct asa *s, ike_sa_id sa)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (v.id == sa)
            return v.nat;
    return 0;
}

struct asa_remote *asa_remote_at(const struct asa *s, ip4 peer, uint32_t nat)
{
    for (guint i = s->remotes->len; i-- > 0;) {
        struct asa_remote *r = g_ptr_array_index(s->remotes, i);
        if (r->peer == peer && asa_ra_nat(s, r->sa) == nat)
            return r;
    }
    return NULL;
}

void asa_ra_gone(struct asa *s, ike_sa_id sa)
{
    struct asa_remote *r = asa_remote_of(s, sa);
    if (r && !r->counted)
        g_ptr_array_remove(s->remotes, r);
}

const struct asa_group *asa_ra_group(const struct asa *s, const struct asa_remote *r)
{
    return asa_group_claimed(s, r->group);
}

struct asa_chain asa_ra_chain(const struct asa *s, const struct asa_remote *r)
{
    static const struct asa_group nothing = {.name = (char *)ASA_DEFAULT_RA, .ra = true};
    const struct asa_group *g = asa_ra_group(s, r);
    struct asa_chain c = asa_chain_of(s, g ? g : &nothing);
    const struct aaa_user *u = r->local_user && r->user ? aaa_user_find(s->aaa, r->user) : NULL;
    const struct asa_policy *own = asa_policy_find(s, r->policy);
    c.of[0] = u ? &asa_user_of(u)->settings : NULL;
    c.of[1] = own ? &own->settings : NULL;
    if (own)
        c.policy = own->name;
    return c;
}

void asa_remotes_start(struct asa *s)
{
    s->remotes = g_ptr_array_new_with_free_func(remote_free);
}

void asa_remotes_stop(struct asa *s)
{
    g_clear_pointer(&s->remotes, g_ptr_array_unref);
}
