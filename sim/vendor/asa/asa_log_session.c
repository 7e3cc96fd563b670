/* Messages about what lives between the negotiations: sessions from their first phase 1 to their
 * end, dead peer detection (RFC 3706), and phase 1 replaced (CAT-12, 13, 15, 22, 92;
 * l2l-and-remote-access.md, appendix b.2). */
#include "asa_log_priv.h"
#include "asa_ra.h"

/* ---- Sessions ---- */

void asa_session_begin(struct asa *s, ip4 peer, uint32_t nat)
{
    if (asa_session_of(s, peer, nat))
        return;
    struct vendor_clock t = vendor_clock_at(device_clock_ns(s->d));
    struct asa_session *w = g_new0(struct asa_session, 1);
    *w = (struct asa_session){
        .peer = peer, .nat = nat, .index = s->speech->next_index++, .since = sim_now(s->d->sim)};
    w->login = g_strdup_printf("%02d:%02d:%02d UTC %s %s %d %d", t.hour, t.minute, t.second,
                               vendor_weekday[t.weekday], vendor_month[t.month - 1], t.day, t.year);
    g_ptr_array_add(s->speech->sessions, w);
}

/* What phase 2 was refused for, when phase 1 ends with it (DBG-15, 16, 34). */
static const char *refused_reason(const struct asa_ike *w)
{
    bool map =
        w && (w->refused == WHY_PROXY || w->refused == WHY_PEER || w->refused == WHY_LOCAL_ADDRESS);
    return map ? "crypto map policy not found" : "Phase 2 Mismatch";
}

static const char *torn_reason(const struct asa_ike *w, enum ike_why why)
{
    switch (why) {
    case WHY_ADMIN:
        return "Administrator Reset";
    case WHY_PEER_DELETE:
        return "User Requested";
    case WHY_RETRANSMITS:
    case WHY_DPD:
        return "Lost Service";
    case WHY_IDLE:
        return "Idle Timeout";
    case WHY_EXPIRED:
    case WHY_SESSION_TIME:
        return "Max Time Exceeded";
    case WHY_CONFIG:
        return "crypto map policy not found";
    case WHY_CHILD_REFUSED:
        return refused_reason(w);
    case WHY_INITIAL_CONTACT:
        return "Peer Reconnected";
    default:
        return "Unknown";
    }
}

static bool has_other_sa(const struct asa *s, ip4 peer, uint32_t nat, ike_sa_id dying)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (v.nat == nat && (nat || v.remote == peer) && v.id != dying &&
            v.state == IKE_STATE_QM_IDLE)
            return true;
    return false;
}

/* A session whose tunnels go in UDP has a type of its own. */
static const char *session_type(const struct asa *s, bool udp)
{
    if (udp && !asa_since(s, 8, 4))
        return asa_since(s, 8, 0) ? "IPsecLAN2LANOverNatT" : "IPSecLAN2LANOverNatT";
    return asa_since(s, 8, 4) ? "LAN-to-LAN" : asa_since(s, 8, 0) ? "IPsec" : "IPSecLAN2LAN";
}

/* The same of a client's session. */
static const char *client_type(const struct asa *s, bool udp)
{
    if (udp)
        return asa_since(s, 8, 0) ? "IPsecOverNatT" : "IPSecOverNatT";
    return asa_since(s, 8, 0) ? "IPsec" : "IPSec";
}

void asa_session_check(struct asa *s, ip4 peer, uint32_t nat, ike_sa_id dying, enum ike_why why)
{
    struct asa_session *w = asa_session_of(s, peer, nat);
    if (!w || w->tunnels || has_other_sa(s, peer, nat, dying))
        return;
    const struct asa_remote *r = asa_remote_of(s, dying);
    if (!r)
        r = asa_remote_at(s, peer, nat);
    const char *reason = torn_reason(asa_ike_of(s, dying), why);
    sim_time lasted = sim_now(s->d->sim) - w->since;
    int64_t seconds = lasted / SECONDS(1);
    asa_say(s, 5, 713259, peer, true, "Session is being torn down. Reason: %s", reason);
    asa_log(s, 4, 113019,
            "Group = %s, Username = %s, IP = %s, Session disconnected. Session Type: %s, Duration: "
            "%dh:%02dm:%02ds, Bytes xmt: %" G_GUINT64_FORMAT ", Bytes rcv: %" G_GUINT64_FORMAT
            ", Reason: %s",
            r ? r->group : asa_group_for(s, peer)->name, r && r->user ? r->user : IP4S(peer),
            IP4S(peer), r ? client_type(s, w->udp) : session_type(s, w->udp), (int)(seconds / 3600),
            (int)(seconds / 60 % 60), (int)(seconds % 60), w->tx, w->rx, reason);
    g_ptr_array_remove(s->speech->sessions, w);
}

/* An SA that another has taken over from may be deleted by who made that one. */
ASA_ON(ike_sa_dead)
{
    if (e->state != IKE_STATE_QM_IDLE)
        return;
    const struct asa_ike *ike = asa_ike_of(s, e->sa);
    uint32_t nat = ike ? ike->nat : 0;
    const struct asa_session *w = asa_session_of(s, e->remote, nat);
    if (e->why == WHY_PEER_DELETE && has_other_sa(s, e->remote, nat, e->sa))
        asa_say(s, 7, 713169, e->remote, true,
                "IKE Received delete for rekeyed SA IKE peer: %s, SA address: %x, tunnelCnt: %u",
                IP4S(e->remote), asa_handle(s, e->sa), w ? w->tunnels : 0);
    asa_session_check(s, e->remote, nat, e->sa, e->why);
}

/* ---- Dead peer detection ---- */

static void keepalive(struct asa *s, bool sent, ip4 peer, const char *type, uint32_t number)
{
    asa_say(s, 7, sent ? 715036 : 715075, peer, true,
            "%s keep-alive of type DPD %s (seq number 0x%x)", sent ? "Sending" : "Received", type,
            number);
}

ASA_ON(ike_dpd_tx)
{
    keepalive(s, true, e->remote, "R-U-THERE", e->number);
}

/* The answer has the number of the question, and goes out at once; a question out of order gets
 * none. */
ASA_ON(ike_dpd_rx)
{
    keepalive(s, false, e->remote, e->ack ? "R-U-THERE-ACK" : "R-U-THERE", e->number);
    if (!e->ack && e->accepted)
        keepalive(s, true, e->remote, "R-U-THERE-ACK", e->number);
}

ASA_ON(ike_dpd_dead)
{
    asa_say(s, 3, 713123, e->remote, true,
            "IKE lost contact with remote peer, deleting connection (keepalive type: DPD)");
}

/* ---- Phase 1 replaced ---- */

ASA_ON(ike_rekey)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w)
        return;
    if (g_str_equal(e->what, "phase 2")) {
        w->rekeying = true;
        return;
    }
    w->replaces = true;
    asa_say(
        s, 5, 713041, w->remote, false,
        "IKE Initiator: Rekeying Phase 1, Intf %s, IKE Peer %s  local Proxy Address N/A, remote "
        "Proxy Address N/A,  Crypto map (N/A)",
        asa_intf(s, w->local), IP4S(w->remote));
}

/* No message speaks of two first negotiations that meet, nor of two quick modes. */
ASA_ON(ike_collision)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w && w->replaces && g_str_equal(e->what, "phase 1"))
        asa_say(s, 5, 713092, e->remote, true,
                "Failure during phase 1 rekeying attempt due to collision");
}

static bool view_of(const struct asa *s, ike_sa_id id, struct ike_sa_view *v)
{
    for (size_t i = 0; ike_sa_at(s->d->ike, i, v); i++)
        if (v->id == id)
            return true;
    return false;
}

void asa_phase1_timers(struct asa *s, ike_sa_id sa, ip4 peer)
{
    struct ike_sa_view v;
    if (!view_of(s, sa, &v))
        return;
    asa_say(s, 7, 713121, peer, true, "Keep-alive type for this connection: %s",
            v.dpd ? "DPD" : "None");
    if (v.rekey != SIM_TIME_MAX)
        asa_say(s, 7, 715080, peer, true, "Starting P1 rekey timer: %d seconds.",
                (int)((v.rekey - v.born) / SECONDS(1)));
}

// clang-format off
const struct asa_hearing asa_hear_session[] = {
    ASA_HEAR(ike_sa_dead), ASA_HEAR(ike_dpd_tx), ASA_HEAR(ike_dpd_rx), ASA_HEAR(ike_dpd_dead), ASA_HEAR(ike_rekey),
    ASA_HEAR(ike_collision),
    { .fn = NULL },
};
// clang-format on
