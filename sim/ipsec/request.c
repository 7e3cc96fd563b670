/* Asking for SAs: what an entry of the map wants negotiated for one of its identity pairs. */
#include "ipsec_priv.h"

/* Transport mode is for traffic between the two peers themselves         RFC 2401 4.1 */
static bool between_peers(const struct ipsec_acquire *a)
{
    return a->local_proxy.mask == UINT32_MAX && a->local_proxy.addr == a->local &&
           a->remote_proxy.mask == UINT32_MAX && a->remote_proxy.addr == a->remote;
}

static void put_offers(const struct ipsec *x, const struct ipsec_map_entry *e,
                       struct ipsec_acquire *a)
{
    for (guint i = 0; i < e->transform_sets->len && a->n_offer < IPSEC_MAX_OFFERS; i++) {
        const struct ipsec_transform_set *set =
            ipsec_set_find(x->conf, e->transform_sets->pdata[i]);
        if (!set || (set->suite.cipher == CIPHER_NULL && set->suite.auth == HASH_NONE))
            continue;
        struct esp_suite suite = set->suite;
        suite.transport = suite.transport && between_peers(a);
        a->offer[a->n_offer++] = suite;
    }
}

bool ipsec_request_sas(struct ipsec *x, struct ident *ident, const struct pair *old)
{
    const struct ipsec_map_entry *e = ipsec_entry_of(x, ident);
    /* A template names nobody to ask; who has asked is asked again. */
    if (!e || !(ident->dynamic ? old && ipsec_template_complete(e) : ipsec_entry_complete(e)))
        return false;
    struct ipsec_acquire a = {
        .map = ident->map,
        .seq = IPSEC_SEQ(ident->view.seq, ident->view.template_seq),
        .local = old ? old->local : ident->view.local,
        .remote = old ? old->remote : ident->view.peer,
        .nat = old ? old->view.nat : 0,
        .local_proxy = ident->view.local_proxy,
        .remote_proxy = ident->view.remote_proxy,
        .pfs = e->pfs,
        .life_s = ipsec_life_s(x, e),
        .life_kb = ipsec_life_kb(x, e),
        .spi_old = old ? old->view.spi_in : 0,
    };
    put_offers(x, e, &a);
    if (!a.local || !a.remote || !a.n_offer)
        return false;
    /* Said once: packets that come while an answer is awaited add nothing. */
    if (!ident->pending) {
        ident->pending = true;
        ++*x->count.acquire;
        TRACE(x->scope, ipsec_request, .local = a.local, .remote = a.remote,
              .local_net = a.local_proxy.addr, .local_mask = a.local_proxy.mask,
              .remote_net = a.remote_proxy.addr, .remote_mask = a.remote_proxy.mask,
              .protocol = a.local_proxy.protocol, .sport = a.local_proxy.port,
              .dport = a.remote_proxy.port, .map = ident->map, .seq = ident->view.seq,
              .acl = ident->acl, .cipher = a.offer[0].cipher, .auth = a.offer[0].auth,
              .life_s = a.life_s, .life_kb = a.life_kb);
    }
    if (x->ops.acquire)
        x->ops.acquire(x->ops.self, &a);
    return true;
}

void ipsec_acquire_failed(struct ipsec *x, ip4 local, ip4 remote, const struct proxy *lp,
                          const struct proxy *rp)
{
    ipsec_fresh(x);
    for (guint i = 0; i < x->idents->len; i++) {
        struct ident *ident = x->idents->pdata[i];
        if (ident->view.local != local || !proxy_same(&ident->view.local_proxy, lp) ||
            !proxy_same(&ident->view.remote_proxy, rp))
            continue;
        ident->pending = false;
        /* The next peer of the list is asked next, the first again after the last. */
        ipsec_ident_next_peer(x, ident, remote);
    }
}
