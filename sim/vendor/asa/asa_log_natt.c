/* Messages of NAT traversal (CAT-01 to 03): vendor IDs, discovery, keepalives, a peer that is found
 * elsewhere. */
#include "asa_log_priv.h"

static const char *version_word(enum ike_vid v)
{
    return v == IKE_VID_RFC3947 ? "RFC" : v == IKE_VID_NAT_T_03 ? "03" : "02";
}

ASA_ON(ike_natt_said)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w)
        asa_say(s, 7, 715046, w->remote, asa_has_group(w),
                "constructing NAT-Traversal VID ver %s payload", version_word(e->vid));
}

ASA_ON(ike_nat_d)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w)
        return;
    asa_say(s, 7, 715047, w->remote, asa_has_group(w), "processing NAT-Discovery payload");
    asa_say(s, 7, 713906, w->remote, asa_has_group(w), "computing NAT Discovery hash");
}

static const char *status_word(bool behind)
{
    return behind ? "is" : "is NOT";
}

ASA_ON(ike_nat)
{
    asa_say(s, 6, 713172, e->remote, true,
            "Automatic NAT Detection Status:     Remote end %s behind a NAT device     This   end "
            "%s behind a NAT device",
            status_word(e->there), status_word(e->here));
}

static bool view_of(const struct asa *s, ike_sa_id id, struct ike_sa_view *v)
{
    for (size_t i = 0; ike_sa_at(s->d->ike, i, v); i++)
        if (v->id == id)
            return true;
    return false;
}

uint32_t asa_nat_of(const struct asa *s, ike_sa_id sa)
{
    struct ike_sa_view v;
    return view_of(s, sa, &v) ? v.nat : 0;
}

/* What is remembered of a peer goes with it; its number stays. */
ASA_ON(ike_moved)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w)
        return;
    w->remote = e->remote;
    struct asa_session *session = w->nat ? asa_session_of(s, 0, w->nat) : NULL;
    if (session)
        session->peer = e->remote;
    asa_session_moved(s, w->nat, e->remote);
}

ASA_ON(udp_keepalive)
{
    const struct net_if *in = net_if_by_name(s->d->node, e->interface);
    const char *word = in ? asa_if_word(s, in) : e->interface;
    asa_log(s, 7, 710007, "NAT-T keepalive received from %s:%s/%u to %s:%s/%u", word, IP4S(e->src),
            e->sport, word, IP4S(e->dst), e->dport);
}

const struct asa_hearing asa_hear_natt[] = {
    ASA_HEAR(ike_natt_said), ASA_HEAR(ike_nat_d),     ASA_HEAR(ike_nat),
    ASA_HEAR(ike_moved),     ASA_HEAR(udp_keepalive), (struct asa_hearing){.fn = NULL},
};
