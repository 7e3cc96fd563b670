/* Messages about SAs that end, packets that die, and interfaces (CAT-10, 19, 74, 77, 87, 91;
 * DBG-25). Messages about single ESP packets come at most once in five seconds each. */
#include "asa_log_priv.h"
#include "asa_ra.h"

#define PACKET_MESSAGE_EVERY SECONDS(5)

static bool may_say(struct asa *s, uint32_t id)
{
    sim_time now = sim_now(s->d->sim);
    struct asa_limit *l = s->speech->limit;
    for (size_t i = 0; i < G_N_ELEMENTS(s->speech->limit); i++, l++) {
        if (l->id && l->id != id)
            continue;
        if (l->id == id && now < l->until)
            return false;
        *l = (struct asa_limit){id, now + PACKET_MESSAGE_EVERY};
        return true;
    }
    return true;
}

/* ---- SAs that end ---- */

static const char *end_reason(enum ike_why why)
{
    switch (why) {
    case WHY_ADMIN:
    case WHY_CONFIG:
        return "Administrator Reset";
    case WHY_IDLE:
        return "IPsec SA Idle Timeout";
    case WHY_EXPIRED:
    case WHY_SESSION_TIME:
        return "IPsec SA Max Time Exceeded";
    case WHY_DPD:
    case WHY_RETRANSMITS:
        return "Session Error Terminated";
    case WHY_PEER_DELETE:
        return "Peer Terminate";
    case WHY_INITIAL_CONTACT:
        return "Peer Reconnected";
    default:
        return "Session Disconnected";
    }
}

static void tunnel_counted(struct asa *s, struct asa_session *session,
                           const struct ev_ipsec_sa_dead *e)
{
    const struct esp_sa *sa = sad_by_id(ipsec_sad(s->d->ipsec), e->sa);
    if (session && sa)
        *(e->inbound ? &session->rx : &session->tx) += sa->bytes;
    if (session && session->tunnels)
        session->tunnels--;
}

ASA_ON(ipsec_sa_dead)
{
    const struct asa_esp *w = asa_esp_of(s, e->sa);
    const char *way = e->inbound ? "inbound" : "outbound";
    if (!w)
        return;
    ip4 peer = w->peer;
    const struct asa_remote *r = asa_remote_at(s, peer, w->nat);
    if (e->inbound && e->why != WHY_REPLACED)
        asa_say(s, 5, 713050, peer, true,
                "Connection terminated for peer %s.  Reason: %s  Remote Proxy %s, Local Proxy %s",
                IP4S(peer), end_reason(e->why), IP4S(w->remote_net), IP4S(w->local_net));
    asa_say_ipsec(s, 1, "Deleted %s %s, SPI 0x%08X", way,
                  e->inbound ? "decrypt rule" : "encrypt rule", e->spi);
    asa_log(s, 6, 602304,
            "IPSEC: An %s %s SA (SPI= 0x%08X) between %s and %s (user= %s) has been deleted.", way,
            r ? "remote access" : "LAN-to-LAN", e->spi, IP4S(w->local), IP4S(peer),
            r && r->user ? r->user : IP4S(peer));
    struct asa_session *session = asa_session_of(s, peer, w->nat);
    tunnel_counted(s, session, e);
    if (session && session->tunnels == 0)
        asa_session_check(s, peer, w->nat, 0, e->why);
}

/* The seconds that are over are told by the rekey itself, the kilobytes here. */
ASA_ON(ipsec_soft)
{
    const struct asa_esp *w = asa_esp_of(s, e->sa);
    const struct esp_sa *sa = sad_by_id(ipsec_sad(s->d->ipsec), e->sa);
    if (w && sa && g_str_equal(e->limit, "kilobytes"))
        asa_log(s, 7, 702307,
                "IPSEC: An %s LAN-to-LAN SA (SPI= 0x%08X) between %s and %s (user= %s) is rekeying "
                "due to data rollover.",
                sa->src == w->local ? "outbound" : "inbound", e->spi, IP4S(w->local), IP4S(w->peer),
                IP4S(w->peer));
}

/* ---- Packets ---- */

static const struct ipsec_ident *ident_of(const struct asa *s, esp_sa_id sa)
{
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        for (guint k = 0; k < ident->pairs->len; k++)
            if (((const struct ipsec_pair *)g_ptr_array_index(ident->pairs, k))->in == sa)
                return ident;
    }
    return NULL;
}

static const char *protocol_word(uint32_t protocol)
{
    const char *name = vendor_name_of(vendor_protocol, (int)protocol);
    return protocol && name ? name : "ip";
}

static void wrong_identity(struct asa *s, const struct ev_esp_drop *e)
{
    const struct ipsec_ident *i = ident_of(s, e->sa);
    const struct proxy none = {0}, *lp = i ? &i->local_proxy : &none,
                       *rp = i ? &i->remote_proxy : &none;
    asa_log(s, 4, 402116,
            "IPSEC: Received an ESP packet (SPI= 0x%08X, sequence number= 0x%" G_GINT64_MODIFIER
            "X) from %s (user= %s) to %s.  The decapsulated inner packet doesn't match the "
            "negotiated policy in the SA.  The packet specifies its destination as %s, its source "
            "as %s, and its protocol as %s.  The SA specifies its local proxy as %s/%s/%s/%u and "
            "its remote_proxy as %s/%s/%s/%u.",
            e->spi, e->seq, IP4S(e->src), IP4S(e->src), IP4S(e->dst), IP4S(e->inner_dst),
            IP4S(e->inner_src), protocol_word(e->protocol), IP4S(lp->addr), IP4S(lp->mask),
            protocol_word(lp->protocol), lp->port, IP4S(rp->addr), IP4S(rp->mask),
            protocol_word(rp->protocol), rp->port);
}

/* What 7.0 said in the words of its forerunner (402101), later versions say as 402114. */
static void unknown_spi(struct asa *s, const struct ev_esp_drop *e)
{
    if (asa_since(s, 7, 1))
        asa_log(s, 4, 402114,
                "IPSEC: Received an ESP packet (SPI= 0x%08X, sequence number= 0x%" G_GINT64_MODIFIER
                "X) from %s to %s with an invalid SPI.",
                e->spi, e->seq, IP4S(e->src), IP4S(e->dst));
    else
        asa_log(s, 4, 402101,
                "decaps: rec'd IPSEC packet has invalid spi for destaddr=%s, prot=esp, spi=0x%08x",
                IP4S(e->dst), e->spi);
}

static void packet_failed(struct asa *s, int severity, uint32_t id, const struct ev_esp_drop *e,
                          const char *how)
{
    asa_log(s, severity, id,
            "IPSEC: Received an ESP packet (SPI= 0x%08X, sequence number= 0x%" G_GINT64_MODIFIER
            "X) from %s (user= %s) to %s that failed %s.",
            e->spi, e->seq, IP4S(e->src), IP4S(e->src), IP4S(e->dst), how);
}

ASA_ON(esp_drop)
{
    switch (e->why) {
    case DROP_ESP_NO_SPI:
        if (may_say(s, 402114))
            unknown_spi(s, e);
        break;
    case DROP_ESP_REPLAY:
        if (may_say(s, 402119))
            packet_failed(s, 4, 402119, e, "anti-replay checking");
        break;
    case DROP_ESP_ICV:
        if (may_say(s, 402120))
            packet_failed(s, 4, 402120, e, "authentication");
        break;
    case DROP_ESP_PROXY:
        if (may_say(s, 402116))
            wrong_identity(s, e);
        break;
    case DROP_ESP_PAD:
        if (may_say(s, 402130))
            asa_log(s, 3, 402130,
                    "CRYPTO: Received an ESP packet (SPI = 0x%08X, sequence number= "
                    "0x%" G_GINT64_MODIFIER
                    "X) from %s (user= %s) to %s with incorrect IPsec padding",
                    e->spi, e->seq, IP4S(e->src), IP4S(e->src), IP4S(e->dst));
        break;
    default:
        break;
    }
}

ASA_ON(ipsec_clear)
{
    if (may_say(s, 402117))
        asa_log(s, 4, 402117, "IPSEC: Received a non-IPSec (protocol= %s) packet from %s to %s.",
                protocol_word(e->protocol), IP4S(e->src), IP4S(e->dst));
}

/* What an access-group denies is told with the connection (asa_conn_log.c). */
ASA_ON(pkt_drop)
{
    if (e->why == DROP_IPSEC_NO_SA)
        asa_flow_waits(s, e);
}

/* ---- Interfaces ---- */

ASA_ON(if_state)
{
    asa_log(s, 4, e->up ? 411001 : 411002, "Line protocol on Interface %s, changed state to %s",
            e->interface, e->up ? "up" : "down");
}

// clang-format off
const struct asa_hearing asa_hear_ipsec[] = {
    ASA_HEAR(ipsec_sa_dead), ASA_HEAR(ipsec_soft), ASA_HEAR(esp_drop), ASA_HEAR(ipsec_clear), ASA_HEAR(pkt_drop), ASA_HEAR(if_state),
    { .fn = NULL },
};
// clang-format on
