/* What IPsec asks for: under a working SA at once, under one that is being made when it is done,
 * and otherwise a new phase 1 begins. And what IPsec tells: that a pair ended here. */
#include "ike_priv.h"

enum { PORT_IKE = 500, PORT_NAT_T = 4500 };

void ike_request_lost(struct ike_engine *e, struct ike_request *request, enum ike_why why)
{
    e->ops.request_failed(e->ops.self, request, why);
    g_free(request);
}

/* The configuration may have gone while phase 1 was made (CAT-39). */
static bool still_wanted(struct ike_engine *e, const struct ike_request *r)
{
    if (!e->ops.still_wanted || e->ops.still_wanted(e->ops.self, r))
        return true;
    TRACE(e->scope, ike_no_policy, .local = r->local, .remote = r->remote,
          .local_net = r->local_proxy.addr, .local_mask = r->local_proxy.mask,
          .remote_net = r->remote_proxy.addr, .remote_mask = r->remote_proxy.mask, .map = r->map,
          .seq = r->seq);
    return false;
}

void ike_requests_release(struct ike_sa *from, struct ike_sa *to)
{
    struct ike_engine *e = from->e;
    if (!g_queue_is_empty(&from->pending))
        TRACE(e->scope, ike_released, .sa = to->id, .local = to->local, .remote = to->remote,
              .count = from->pending.length);
    while (ike_sa_works(to) && !g_queue_is_empty(&from->pending)) {
        struct ike_request *r = g_queue_pop_head(&from->pending);
        if (still_wanted(e, r))
            ike_quick_start(to, r);
        else
            ike_request_lost(e, r, WHY_CONFIG);
    }
}

static bool same_request(const struct ike_request *a, const struct ike_request *b)
{
    return a->local == b->local && a->remote == b->remote &&
           proxy_same(&a->local_proxy, &b->local_proxy) &&
           proxy_same(&a->remote_proxy, &b->remote_proxy);
}

/* The peer began first: what it makes replaces the pair at this end too. */
static bool makes_successor(const struct ike_exchange *x, const struct ike_request *r)
{
    return r->spi_old && proxy_same(&x->quick->local_proxy, &r->local_proxy) &&
           proxy_same(&x->quick->remote_proxy, &r->remote_proxy);
}

static bool serves(const struct ike_sa *sa, const struct ike_request *r)
{
    for (const GList *l = sa->pending.head; l; l = l->next)
        if (same_request(l->data, r))
            return true;
    for (guint i = 0; sa->quick && i < sa->quick->len; i++) {
        const struct ike_exchange *x = sa->quick->pdata[i];
        if (!x->over &&
            (x->role == IKE_INITIATOR ? same_request(x->quick->request, r) : makes_successor(x, r)))
            return true;
    }
    return false;
}

static bool under_way(const struct ike_engine *e, const struct ike_request *r)
{
    const struct ike_peer *p = ike_peer_find(e, r->remote, r->nat);
    for (guint i = 0; p && i < p->sas->len; i++) {
        const struct ike_sa *sa = p->sas->pdata[i];
        if (sa->local == r->local && serves(sa, r))
            return true;
    }
    return false;
}

static void say_request(const struct ike_sa *sa, const struct ike_request *r, bool new_sa)
{
    TRACE(sa->e->scope, ike_request, .sa = sa->id, .local = r->local, .remote = r->remote,
          .new_sa = new_sa);
    if (r->spi_old)
        TRACE(sa->e->scope, ike_rekey, .sa = sa->id, .spi = r->spi_old, .what = "phase 2");
}

/* A peer behind a NAT is called where it was last heard                        RFC 3947 4 */
static struct ike_sa *new_sa_with(struct ike_engine *e, const struct ike_request *r,
                                  struct ike_peer *p)
{
    if (!r->nat)
        return ike_sa_new(e, IKE_INITIATOR, r->local, PORT_IKE, r->remote, PORT_IKE, 0);
    struct ike_sa *sa = ike_sa_new(e, IKE_INITIATOR, r->local, PORT_NAT_T, p->remote, p->rport, 0);
    ike_peer_seat(sa, p);
    return sa;
}

static void ask_new_sa(struct ike_engine *e, struct ike_request *r, struct ike_peer *p)
{
    struct ike_sa *sa = new_sa_with(e, r, p);
    g_queue_push_tail(&sa->pending, r);
    ike_sa_announce(sa);
    say_request(sa, r, true);
    ike_main_start(sa);
}

void ike_request_sas(struct ike_engine *e, const struct ike_request *asked)
{
    g_assert(asked->n_offer > 0 && asked->n_offer <= IKE_MAX_OFFERS);
    struct ike_request whose = *asked;
    if (!whose.nat)
        whose.nat = ike_peer_only(e, whose.local, whose.remote);
    if (under_way(e, &whose))
        return;
    struct ike_request *r = g_memdup2(&whose, sizeof whose);
    struct ike_peer *p = ike_peer_find(e, r->remote, r->nat);
    struct ike_sa *sa = ike_sa_working(p, r->local);
    if (sa) {
        say_request(sa, r, false);
        ike_quick_start(sa, r);
        return;
    }
    sa = ike_sa_coming(p, r->local);
    bool room =
        sa ? sa->pending.length < IKE_MAX_PENDING : e->half_open < e->profile->max_half_open;
    if (!room) {
        ++*e->count.limit;
        ike_request_lost(e, r, WHY_LIMIT);
    } else if (r->nat && !p) {
        ike_request_lost(e, r, WHY_PEER); /* gone, and nobody knows where to */
    } else if (sa) {
        say_request(sa, r, false);
        g_queue_push_tail(&sa->pending, r);
    } else {
        ask_new_sa(e, r, p);
    }
}

void ike_child_ended(struct ike_engine *e, ip4 local, ip4 remote, uint32_t spi_in)
{
    const struct ike_peer *p = ike_peer_of_child(e, spi_in);
    struct ike_sa *sa = ike_sa_working(p ? p : ike_peer_find(e, remote, 0), local);
    ike_child_remove(e, spi_in);
    if (sa && e->profile->send_deletes)
        ike_delete_send(sa, spi_in);
}
