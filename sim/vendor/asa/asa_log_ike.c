/* Messages of phase 1, of informational exchanges and of sessions (catalogue: CAT-06, 07, 12, 17,
 * 31, 32, 39, 41, 83, 86; l2l-and-remote-access.md, appendix b). */
#include "asa_log_priv.h"

#include <string.h>

/* ---- Words ---- */

static const char *payload_word(enum isakmp_payload_type p)
{
    switch (p) {
    case PAYLOAD_SA:
        return "SA payload";
    case PAYLOAD_KE:
        return "ke payload";
    case PAYLOAD_NONCE:
        return "nonce payload";
    case PAYLOAD_ID:
        return "ID payload";
    case PAYLOAD_HASH:
        return "hash payload";
    case PAYLOAD_VID:
        return "VID payload";
    case PAYLOAD_NOTIFY:
        return "notify payload";
    case PAYLOAD_DELETE:
        return "delete";
    default:
        return NULL;
    }
}

static const char *vid_word(enum ike_vid v)
{
    switch (v) {
    case IKE_VID_RFC3947:
        return "NAT-Traversal RFC VID";
    case IKE_VID_NAT_T_03:
        return "NAT-Traversal ver 03 VID";
    case IKE_VID_NAT_T_02:
    case IKE_VID_NAT_T_02N:
        return "NAT-Traversal ver 02 VID";
    case IKE_VID_XAUTH:
        return "xauth V6 VID";
    case IKE_VID_DPD:
        return "DPD VID";
    case IKE_VID_UNITY:
        return "Cisco Unity client VID";
    case IKE_VID_FRAGMENTATION:
        return "Fragmentation VID";
    case IKE_VID_VPN3000:
        return "Altiga/Cisco VPN3000/Cisco ASA GW VID";
    default:
        return NULL;
    }
}

static const char *notify_word(uint32_t type)
{
    switch (type) {
    case NOTIFY_NO_PROPOSAL_CHOSEN:
        return "No proposal chosen";
    case NOTIFY_INVALID_ID_INFORMATION:
        return "Invalid ID info";
    case NOTIFY_INVALID_SPI:
        return "Invalid SPI";
    case NOTIFY_INVALID_COOKIE:
        return "Invalid Cookie";
    case NOTIFY_PAYLOAD_MALFORMED:
        return "Payload Malformed";
    case NOTIFY_INVALID_HASH_INFORMATION:
        return "Invalid hash info";
    case NOTIFY_AUTHENTICATION_FAILED:
        return "Authentication failed";
    case NOTIFY_INVALID_KEY_INFORMATION:
        return "Invalid key info";
    default:
        return isakmp_notify_type_name((int)type) ? isakmp_notify_type_name((int)type) : "Unknown";
    }
}

/* The group is known once the peer's key was looked for, with messages 3 and 4. */
static bool has_group(const struct asa_ike *w)
{
    return w && w->state != IKE_STATE_READY && w->state != IKE_STATE_I_MM1 &&
           w->state != IKE_STATE_I_MM2 && w->state != IKE_STATE_R_MM1 &&
           w->state != IKE_STATE_R_MM2;
}

static const char *interface_of(struct asa *s, ip4 addr)
{
    return asa_if_word(s, net_if_by_addr(s->d->node, addr));
}

/* ---- Beginning ---- */

ASA_ON(ipsec_request)
{
    struct asa_want *w = &s->speech->want;
    g_free(w->map);
    *w = (struct asa_want){e->local, e->remote, e->local_net, e->remote_net, g_strdup(e->map)};
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
        asa_say(s, 5, 713041, e->remote, false,
                "IKE Initiator: New Phase 1, Intf %s, IKE Peer %s  local Proxy Address %s, remote "
                "Proxy Address %s,  Crypto map (%s)",
                interface_of(s, e->local), IP4S(e->remote), IP4S(last->local_net),
                IP4S(last->remote_net), last->map ? last->map : "");
    } else if (w->state != IKE_STATE_QM_IDLE) {
        w->queued = true;
        asa_say(s, 6, 713219, e->remote, has_group(w),
                "Queuing KEY-ACQUIRE messages to be processed when P1 SA is complete.");
    }
}

ASA_ON(ike_rekey)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w)
        w->rekeying = true;
}

/* ---- The exchange ---- */

ASA_ON(ike_payload)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    const char *word = payload_word(e->payload);
    if (w && word)
        asa_say(s, 7, 715047, w->remote, has_group(w), "processing %s", word);
}

ASA_ON(ike_vendor_id)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    const char *word = vid_word(e->vid);
    if (w && word)
        asa_say(s, 7, 715049, w->remote, has_group(w), "Received %s", word);
}

ASA_ON(ike_offer_end)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w && e->accepted)
        asa_say(
            s, 7, w->role == IKE_INITIATOR ? 713906 : 715028, w->remote, false,
            w->role == IKE_INITIATOR
                ? "Oakley proposal is acceptable"
                : "IKE SA Proposal # 1, Transform # 1 acceptable  Matches global IKE entry # 1");
}

ASA_ON(ike_skeyid)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w)
        return;
    asa_say(s, 7, 713906, w->remote, false, "Connection landed on tunnel_group %s",
            asa_group_for(s, w->remote)->name);
    asa_say(s, 7, 713906, w->remote, true, "Generating keys for %s...",
            w->role == IKE_INITIATOR ? "Initiator" : "Responder");
}

ASA_ON(ike_hmac)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w)
        asa_say(s, 7, 715076, w->remote, true, "Computing hash for ISAKMP");
}

static void begin_session(struct asa *s, ip4 peer)
{
    if (asa_session_of(s, peer))
        return;
    struct vendor_clock t = vendor_clock_at(device_clock_ns(s->d));
    struct asa_session *w = g_new0(struct asa_session, 1);
    *w = (struct asa_session){
        .peer = peer, .index = s->speech->next_index++, .since = sim_now(s->d->sim)};
    w->login = g_strdup_printf("%02d:%02d:%02d UTC %s %s %d %d", t.hour, t.minute, t.second,
                               vendor_weekday[t.weekday], vendor_month[t.month - 1], t.day, t.year);
    g_ptr_array_add(s->speech->sessions, w);
}

ASA_ON(ike_state)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w || e->input != IKE_INPUT_INTERNAL_PHASE1_COMPLETE)
        return;
    begin_session(s, w->remote);
    asa_log(s, 6, 113009, "AAA retrieved default group policy (DfltGrpPolicy) for user = %s",
            IP4S(w->remote));
    asa_say(s, 5, 713119, w->remote, true, "PHASE 1 COMPLETED");
    if (w->queued)
        asa_say(s, 6, 713220, w->remote, true,
                "De-queuing KEY-ACQUIRE messages that were left pending.");
    w->queued = false;
}

ASA_ON(ike_duplicate)
{
    bool first = e->msgid == 0;
    asa_say(s, 5, 713201, e->remote, has_group(asa_ike_of(s, e->sa)),
            "Duplicate Phase %d packet detected.  %s", first ? 1 : 2,
            e->answered ? "Retransmitting last packet." : "No last packet to retransmit.");
}

/* ---- What goes wrong ---- */

static void no_peer_left(struct asa *s, ip4 peer, bool group)
{
    asa_say(s, 3, 713902, peer, group, "Removing peer from peer table failed, no match!");
    asa_say(s, 4, 713903, peer, group, "Error: Unable to remove PeerTblEntry");
}

/* Garbage in the first encrypted message: the keys that it was made with are others (CAT-41). */
ASA_ON(ike_bad)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    bool encrypted = w && (w->state == IKE_STATE_R_MM4 || w->state == IKE_STATE_I_MM5);
    if (encrypted)
        asa_say(
            s, 4, 713903, e->remote, true,
            "ERROR, had problems decrypting packet, probably due to mismatched pre-shared key.  "
            "Aborting");
    else
        asa_say(s, 3, 713048, e->remote, has_group(w), "Error processing payload: Payload ID: %d",
                (int)e->payload);
}

ASA_ON(ike_no_sa)
{
    asa_say(s, 5, 713904, e->remote, false,
            "Received encrypted packet with no matching SA, dropping");
}

/* Nothing could be sent: there is no key for the peer, or no policy. */
static void cannot_begin(struct asa *s, const struct ev_ike_fail *e)
{
    const struct asa_want *w = &s->speech->want;
    if (asa_since(s, 8, 4))
        asa_log(s, 3, 752006,
                "Tunnel Manager failed to dispatch a KEY_ACQUIRE message.  Probable "
                "mis-configuration of the crypto map or tunnel-group.  Map Tag = %s.",
                w->map ? w->map : "");
    else if (e->why == WHY_NO_KEY)
        asa_say(s, 4, 713903, e->remote, true, "Can't find a valid tunnel group, aborting...!");
    else
        asa_say(s, 3, 713042, 0, false,
                "IKE Initiator unable to find policy: Intf %s, Src: %s, Dst: %s",
                interface_of(s, w->local), IP4S(w->local_net), IP4S(w->remote_net));
}

static void main_failed(struct asa *s, const struct ev_ike_fail *e)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    bool group = has_group(w);
    switch (e->why) {
    case WHY_NO_POLICY:
    case WHY_NO_KEY:
        if (e->role == IKE_INITIATOR && w && w->state == IKE_STATE_READY) {
            cannot_begin(s, e);
            return;
        }
        if (e->why == WHY_NO_KEY)
            asa_say(s, 4, 713903, e->remote, true, "Can't find a valid tunnel group, aborting...!");
        else
            asa_say(s, 3, 713048, e->remote, false, "Error processing payload: Payload ID: 1");
        no_peer_left(s, e->remote, group);
        break;
    case WHY_RETRANSMITS:
        asa_say(s, 7, 713906, e->remote, group,
                "IKE SA MM:%08x terminating:  flags 0x01000022, refcnt 0, tuncnt 0",
                asa_handle(s, e->sa));
        no_peer_left(s, e->remote, group);
        break;
    case WHY_ADMIN:
    case WHY_CONFIG:
    case WHY_REPLACED:
    case WHY_INITIAL_CONTACT:
        break;
    default:
        no_peer_left(s, e->remote, group);
    }
}

/* The state machine of a quick mode came to its end by error (DBG-15, DBG-16). */
static void quick_failed(struct asa *s, const struct ev_ike_fail *e)
{
    switch (e->why) {
    case WHY_ADMIN:
    case WHY_CONFIG:
    case WHY_REPLACED:
    case WHY_INITIAL_CONTACT:
    case WHY_PEER_DELETE:
    case WHY_EXPIRED:
        return;
    default:
        asa_say(s, 3, 713902, e->remote, true, "QM FSM error (P2 struct &0x%x, mess id 0x%x)!",
                asa_handle(s, e->msgid), e->msgid);
        asa_say(s, 3, 713902, e->remote, true,
                "Removing peer from correlator table failed, no match!");
    }
}

ASA_ON(ike_fail)
{
    if (e->exchange == EXCHANGE_QUICK)
        quick_failed(s, e);
    else
        main_failed(s, e);
}

/* ---- Informational ---- */

ASA_ON(ike_notify_rx)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!e->protected) {
        asa_say(s, 5, 713904, e->remote, has_group(w),
                "Received an un-encrypted %s notify message, dropping",
                isakmp_notify_type_name((int)e->type) ? isakmp_notify_type_name((int)e->type)
                                                      : "unknown");
        asa_say(s, 4, 713903, e->remote, has_group(w), "Information Exchange processing failed");
        return;
    }
    switch (e->type) {
    case NOTIFY_INITIAL_CONTACT:
    case NOTIFY_RESPONDER_LIFETIME:
    case NOTIFY_REPLAY_STATUS:
    case NOTIFY_CONNECTED:
        break;
    case NOTIFY_R_U_THERE:
        asa_say(s, 7, 715075, e->remote, true, "Received keep-alive of type DPD R-U-THERE");
        break;
    case NOTIFY_R_U_THERE_ACK:
        asa_say(s, 7, 715075, e->remote, true, "Received keep-alive of type DPD R-U-THERE-ACK");
        break;
    default:
        asa_say(s, 5, 713068, e->remote, true, "Received non-routine Notify message: %s (%u)",
                notify_word(e->type), e->type);
    }
}

ASA_ON(ike_notify_tx)
{
    if (e->type == NOTIFY_R_U_THERE || e->type == NOTIFY_R_U_THERE_ACK)
        asa_say(s, 7, 715036, e->remote, true, "Sending keep-alive of type DPD %s",
                e->type == NOTIFY_R_U_THERE ? "R-U-THERE" : "R-U-THERE-ACK");
    else
        asa_say(s, 7, 713906, e->remote, e->protected, "sending notify message");
}

ASA_ON(ike_delete_tx)
{
    asa_say(s, 7, 713906, e->remote, true, "sending delete/delete with reason message");
}

ASA_ON(ike_delete_rx)
{
    asa_say(s, 7, 713906, e->remote, true, "Received %s delete",
            e->protocol == 1 /* ISAKMP, RFC 2407 4.4.1 */ ? "IKE" : "IPSec");
}

/* ---- Sessions ---- */

static const char *torn_reason(enum ike_why why)
{
    switch (why) {
    case WHY_ADMIN:
        return "Administrator Reset";
    case WHY_PEER_DELETE:
        return "User Requested";
    case WHY_RETRANSMITS:
        return "Lost Service";
    case WHY_EXPIRED:
        return "Max Time Exceeded";
    case WHY_CONFIG:
        return "crypto map policy not found";
    case WHY_INITIAL_CONTACT:
        return "Peer Reconnected";
    default:
        return "Unknown";
    }
}

static bool has_other_sa(const struct asa *s, ip4 peer, ike_sa_id dying)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (v.remote == peer && v.id != dying && v.state == IKE_STATE_QM_IDLE)
            return true;
    return false;
}

static const char *session_type(const struct asa *s)
{
    return asa_since(s, 8, 4) ? "LAN-to-LAN" : asa_since(s, 8, 0) ? "IPsec" : "IPSecLAN2LAN";
}

void asa_session_check(struct asa *s, ip4 peer, ike_sa_id dying, enum ike_why why)
{
    struct asa_session *w = asa_session_of(s, peer);
    if (!w || w->tunnels || has_other_sa(s, peer, dying))
        return;
    sim_time lasted = sim_now(s->d->sim) - w->since;
    int64_t seconds = lasted / SECONDS(1);
    asa_say(s, 5, 713259, peer, true, "Session is being torn down. Reason: %s", torn_reason(why));
    asa_log(s, 4, 113019,
            "Group = %s, Username = %s, IP = %s, Session disconnected. Session Type: %s, Duration: "
            "%dh:%02dm:%02ds, Bytes xmt: %" G_GUINT64_FORMAT ", Bytes rcv: %" G_GUINT64_FORMAT
            ", Reason: %s",
            asa_group_for(s, peer)->name, IP4S(peer), IP4S(peer), session_type(s),
            (int)(seconds / 3600), (int)(seconds / 60 % 60), (int)(seconds % 60), w->tx, w->rx,
            torn_reason(why));
    g_ptr_array_remove(s->speech->sessions, w);
}

ASA_ON(ike_sa_dead)
{
    if (e->state == IKE_STATE_QM_IDLE)
        asa_session_check(s, e->remote, e->sa, e->why);
}

// clang-format off
const struct asa_hearing asa_hear_ike[] = {
    ASA_HEAR(ipsec_request), ASA_HEAR(ike_request), ASA_HEAR(ike_rekey),
    ASA_HEAR(ike_payload), ASA_HEAR(ike_vendor_id), ASA_HEAR(ike_offer_end), ASA_HEAR(ike_skeyid), ASA_HEAR(ike_hmac),
    ASA_HEAR(ike_state), ASA_HEAR(ike_duplicate), ASA_HEAR(ike_bad), ASA_HEAR(ike_no_sa), ASA_HEAR(ike_fail),
    ASA_HEAR(ike_notify_rx), ASA_HEAR(ike_notify_tx), ASA_HEAR(ike_delete_rx), ASA_HEAR(ike_delete_tx),
    ASA_HEAR(ike_sa_dead),
    { .fn = NULL },
};
// clang-format on
