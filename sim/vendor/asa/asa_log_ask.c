/* Messages about requests: what a packet asks for, what waits for phase 1, and what cannot be asked
 * of anybody (CAT-32, 39, 85, 86). */
#include "asa_log_priv.h"

/* Until 7.1 an interface was a number. */
static const char *word_of(const struct asa *s, const struct net_if *on)
{
    const struct asa_if *f = on ? asa_if_of(s, on) : NULL;
    if (asa_since(s, 7, 2) || !f)
        return asa_if_word(s, on);
    for (guint i = 0; i < s->interfaces->len; i++)
        if (g_ptr_array_index(s->interfaces, i) == f)
            g_snprintf(s->speech->intf, sizeof s->speech->intf, "%u", i + 1);
    return s->speech->intf;
}

const char *asa_intf(const struct asa *s, ip4 local)
{
    return word_of(s, net_if_by_addr(s->d->node, local));
}

const char *asa_intf_named(const struct asa *s, const char *hardware)
{
    return word_of(s, hardware ? net_if_by_name(s->d->node, hardware) : NULL);
}

/* ---- Nobody can be asked ---- */

/* From 8.4 on requests are handed out between two versions of IKE, and what finds neither is told
 * in one way. */
static void not_dispatched(struct asa *s, const char *map, uint32_t seq, const struct asa_flow *f)
{
    asa_log(s, 3, 752006,
            "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Probable mis-configuration "
            "of the crypto map or tunnel-group.  Map Tag = %s.  Map Sequence Number = %u, SRC "
            "Addr: %s port: %u Dst Addr: %s port: %u.",
            map ? map : "", seq, IP4S(f->src), f->sport, IP4S(f->dst), f->dport);
}

static void no_policy(struct asa *s, const char *intf, ip4 src, ip4 dst)
{
    asa_say(s, 3, 713042, 0, false,
            "IKE Initiator unable to find policy: Intf %s, Src: %s, Dst: %s", intf, IP4S(src),
            IP4S(dst));
}

void asa_cannot_begin(struct asa *s, const struct ev_ike_fail *e)
{
    const struct asa_want *w = &s->speech->want;
    if (asa_since(s, 8, 4))
        not_dispatched(s, w->map, w->seq, &s->speech->flow);
    else if (e->why == WHY_NO_KEY)
        asa_say(s, 4, 713903, e->remote, true, "Can't find a valid tunnel group, aborting...!");
    else
        no_policy(s, asa_intf(s, w->local), w->local_net, w->remote_net);
}

/* An entry made from a template has nobody to ask by nature; one of its own lacks a line. */
ASA_ON(ipsec_no_peer)
{
    const struct asa_flow f = {e->src, e->dst, e->protocol, 0, 0};
    if (asa_since(s, 8, 4))
        not_dispatched(s, e->map, e->seq, &f);
    else if (e->dynamic)
        no_policy(s, asa_intf_named(s, e->interface), e->src, e->dst);
    else
        asa_say(s, 3, 713063, 0, false, "IKE Peer address not configured for destination 0.0.0.0");
}

/* What was configured when the request was made is gone when its turn has come. */
ASA_ON(ike_no_policy)
{
    const struct asa_flow f = {e->local_net, e->remote_net, 0, 0, 0};
    if (asa_since(s, 8, 4))
        not_dispatched(s, e->map, e->seq, &f);
    else
        no_policy(s, asa_intf(s, e->local), e->local_net, e->remote_net);
}

/* ---- What waits for phase 1 ---- */

static bool is_same(const struct asa_flow *a, const struct asa_flow *b)
{
    return a->src == b->src && a->dst == b->dst && a->protocol == b->protocol &&
           a->sport == b->sport && a->dport == b->dport;
}

static bool has_flow(const struct asa_ike *w, const struct asa_flow *f)
{
    for (unsigned i = 0; i < MIN(w->n_flows, ASA_FLOWS); i++)
        if (is_same(&w->flow[i], f))
            return true;
    return false;
}

/* The oldest makes room: then its next packet is told of again. */
static void keep_flow(struct asa_ike *w, const struct asa_flow *f)
{
    w->flow[w->n_flows++ % ASA_FLOWS] = *f;
}

static void queued(struct asa *s, struct asa_ike *w)
{
    w->queued = true;
    w->queued_at = sim_now(s->d->sim);
    asa_say(s, 6, 713219, w->remote, asa_has_group(w),
            "Queuing KEY-ACQUIRE messages to be processed when P1 SA is complete.");
}

/* The peer that would be asked for a packet: that of the identities it falls in. */
static ip4 peer_for(const struct asa *s, const struct asa_flow *f)
{
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        uint8_t protocol = (uint8_t)f->protocol;
        if (ident->from_acl &&
            proxy_has(&ident->local_proxy, f->src, protocol, (uint16_t)f->sport) &&
            proxy_has(&ident->remote_proxy, f->dst, protocol, (uint16_t)f->dport))
            return ident->peer;
    }
    return 0;
}

static struct asa_ike *under_way(const struct asa *s, ip4 peer)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (v.remote == peer && v.role == IKE_INITIATOR && v.state != IKE_STATE_QM_IDLE &&
            v.state != IKE_STATE_DEAD)
            return asa_ike_of(s, v.id);
    return NULL;
}

/* A packet found no SA. Each flow that meets a phase 1 under way is told of once. */
void asa_flow_waits(struct asa *s, const struct ev_pkt_drop *e)
{
    const struct asa_flow f = {e->src, e->dst, e->protocol, e->sport, e->dport};
    s->speech->flow = f;
    ip4 peer = peer_for(s, &f);
    struct asa_ike *w = peer ? under_way(s, peer) : NULL;
    if (!w || has_flow(w, &f))
        return;
    keep_flow(w, &f);
    queued(s, w);
}

/* The requests of an SA that died may be taken up by another. */
ASA_ON(ike_released)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w)
        return;
    if (w->queued || e->count > 1)
        asa_say(s, 6, 713220, w->remote, true,
                "De-queuing KEY-ACQUIRE messages that were left pending.");
    w->queued = false;
}

/* ---- Requests ---- */

ASA_ON(ipsec_request)
{
    struct asa_want *w = &s->speech->want;
    g_free(w->map);
    *w = (struct asa_want){e->local,      e->remote,        e->local_net,
                           e->remote_net, g_strdup(e->map), e->seq};
}

ASA_ON(ike_request)
{
    const struct asa_want *last = &s->speech->want;
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w)
        return;
    struct asa_want *copy = g_memdup2(last, sizeof *last);
    copy->map = g_strdup(last->map);
    g_queue_push_tail(&w->wants, copy);
    asa_say(s, 7, 715077, 0, false, "Pitcher: received a key acquire message, spi 0x0");
    if (e->new_sa) {
        keep_flow(w, &s->speech->flow);
        asa_say(s, 5, 713041, e->remote, false,
                "IKE Initiator: New Phase 1, Intf %s, IKE Peer %s  local Proxy Address %s, remote "
                "Proxy Address %s,  Crypto map (%s)",
                asa_intf(s, e->local), IP4S(e->remote), IP4S(last->local_net),
                IP4S(last->remote_net), last->map ? last->map : "");
    } else if (w->state != IKE_STATE_QM_IDLE &&
               !(w->queued && w->queued_at == sim_now(s->d->sim))) {
        queued(s, w); /* no packet: an old pair is to be replaced */
    }
}

// clang-format off
const struct asa_hearing asa_hear_ask[] = {
    ASA_HEAR(ipsec_request), ASA_HEAR(ike_request), ASA_HEAR(ike_released), ASA_HEAR(ike_no_policy),
    ASA_HEAR(ipsec_no_peer),
    { .fn = NULL },
};
// clang-format on
