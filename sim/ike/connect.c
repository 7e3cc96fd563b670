/* The end that comes in: what it was told, and the phase 1 that it begins. */
#include "ike_priv.h"

enum { PORT_IKE = 500 };

void ike_way_free(struct ike_way *way)
{
    if (!way)
        return;
    g_free(way->group);
    g_free(way->offers);
    g_free(way->wanted);
    g_free(way->version);
    g_free(way);
}

struct ike_way *ike_way_dup(const struct ike_way *way)
{
    struct ike_way *copy = g_memdup2(way, sizeof *way);
    copy->group = g_strdup(way->group);
    copy->offers = g_memdup2(way->offers, way->n_offers * sizeof *way->offers);
    copy->wanted = g_memdup2(way->wanted, way->n_wanted * sizeof *way->wanted);
    copy->version = g_memdup2(way->version, way->version_bytes);
    return copy;
}

/* Everything in it is lent by whoever asked. */
static struct ike_way *way_of(const struct ike_connect *c)
{
    const struct ike_way lent = {
        .group = (char *)c->group,
        .offers = (struct ike_policy *)c->offers,
        .n_offers = c->n_offers,
        .main_mode = c->main_mode,
        .wanted = (uint16_t *)c->wanted,
        .n_wanted = c->n_wanted,
        .version = (uint8_t *)c->app_version.p,
        .version_bytes = c->app_version.n,
    };
    return ike_way_dup(&lent);
}

static void start(struct ike_sa *sa)
{
    if (sa->guest->way->main_mode)
        ike_main_start(sa);
    else
        ike_aggressive_start(sa);
}

ike_sa_id ike_connect(struct ike_engine *e, const struct ike_connect *c)
{
    uint16_t lport = c->lport ? c->lport : PORT_IKE, rport = c->rport ? c->rport : PORT_IKE;
    if (!e->conf->enabled || !c->key || e->half_open >= e->profile->max_half_open)
        return 0;
    struct ike_sa *sa = ike_sa_new(e, IKE_INITIATOR, c->local, lport, c->remote, rport, 0);
    ike_guest_make(sa)->way = way_of(c);
    sa->guest->psk = g_strdup(c->key);
    if (!ike_policy_first(sa)) {
        ike_sa_free(sa);
        return 0;
    }
    ike_sa_announce(sa);
    start(sa);
    return sa->id;
}

/* Who is logged in stays so, unless the other end asks again. */
bool ike_way_renew(struct ike_sa *sa, const struct ike_sa *old)
{
    const struct ike_guest *from = old->guest;
    if (!from || !from->way)
        return false;
    struct ike_guest *g = ike_guest_make(sa);
    g->way = ike_way_dup(from->way);
    g->psk = g_strdup(from->psk);
    g->user = g_strdup(from->user);
    g->assigned = from->assigned;
    g->logged_in = from->logged_in;
    g->configured = from->configured;
    start(sa);
    return true;
}
