/* Messages of phase 1 and of informational exchanges (catalogue: CAT-06, 07, 17, 20, 21, 31, 41,
 * 83; l2l-and-remote-access.md, appendix b). */
#include "asa_log_priv.h"
#include "asa_ra.h"

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

/* What comes in clear is named by its macro. */
static const char *clear_notify_word(uint32_t type)
{
    const char *name = isakmp_notify_type_name((int)type);
    return type == NOTIFY_INVALID_ID_INFORMATION ? "INVALID_ID_INFO" : name ? name : "unknown";
}

/* The group is known once the peer's key was looked for, with messages 3 and 4. */
static bool knows_group(enum ike_state state)
{
    return state != IKE_STATE_READY && state != IKE_STATE_I_MM1 && state != IKE_STATE_I_MM2 &&
           state != IKE_STATE_R_MM1 && state != IKE_STATE_R_MM2;
}

bool asa_has_group(const struct asa_ike *w)
{
    return w && w->state != IKE_STATE_R_AM1 &&
           knows_group(w->state == IKE_STATE_DEAD ? w->died_in : w->state);
}

/* ---- The exchange ---- */

ASA_ON(ike_payload)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    const char *word = payload_word(e->payload);
    if (w && word)
        asa_say(s, 7, 715047, w->remote, asa_has_group(w), "processing %s", word);
}

ASA_ON(ike_vendor_id)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    const char *word = vid_word(e->vid);
    if (w && word)
        asa_say(s, 7, 715049, w->remote, asa_has_group(w), "Received %s", word);
}

/* Phase 1 and phase 2 alike; the proxies of phase 2 are named again when they are judged. */
ASA_ON(ike_id)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    if (!w || e->ours)
        return;
    bool group = asa_has_group(w) || asa_remote_of(s, e->sa);
    if (e->type == ID_IPV4_ADDR_SUBNET)
        asa_say(s, 7, 714011, w->remote, group, "ID_IPV4_ADDR_SUBNET ID received--%s--%s",
                IP4S(e->addr), IP4S(e->mask));
    else if (e->type == ID_IPV4_ADDR)
        asa_say(s, 7, 714011, w->remote, group, "ID_IPV4_ADDR ID received %s", IP4S(e->addr));
    else
        asa_say(s, 7, 714011, w->remote, group, "%s ID received, len %u",
                e->type == ID_FQDN     ? "ID_FQDN"
                : e->type == ID_KEY_ID ? "ID_KEY_ID"
                                       : "ID",
                e->text ? (unsigned)strlen(e->text) : 0);
}

ASA_ON(ike_id_refused)
{
    asa_say(s, 7, 713906, e->remote, true, "peer ID type %u received (%s) does not name the peer",
            e->type, e->text ? e->text : IP4S(e->addr));
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
    if (!asa_remote_of(s, e->sa)) /* told with the name that a client claims */
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

ASA_ON(ike_state)
{
    struct asa_ike *w = asa_ike_of(s, e->sa);
    if (w && e->new == IKE_STATE_DEAD)
        w->died_in = e->old;
    if (!w || e->input != IKE_INPUT_INTERNAL_PHASE1_COMPLETE || e->new != IKE_STATE_QM_IDLE)
        return;
    if (asa_remote_of(s, e->sa)) {
        asa_session_begin(s, w->remote, w->nat);
        return; /* it is told when the client has its address */
    }
    w->nat = asa_nat_of(s, e->sa);
    asa_session_begin(s, w->remote, w->nat);
    asa_peer_known(s, w->remote);
    asa_log(s, 6, 113009, "AAA retrieved default group policy (DfltGrpPolicy) for user = %s",
            IP4S(w->remote));
    asa_say(s, 5, 713119, w->remote, true, "PHASE 1 COMPLETED");
    asa_phase1_timers(s, e->sa, w->remote);
}

ASA_ON(ike_duplicate)
{
    bool first = e->msgid == 0;
    asa_say(s, 5, 713201, e->remote, asa_has_group(asa_ike_of(s, e->sa)),
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
        asa_say(s, 3, 713048, e->remote, asa_has_group(w),
                "Error processing payload: Payload ID: %d", (int)e->payload);
}

ASA_ON(ike_no_sa)
{
    asa_say(s, 5, 713904, e->remote, false,
            "Received encrypted packet with no matching SA, dropping");
}

/* The identity of the peer was refused. Where it was known under another one before, its entry of
 * then is in the way, and there are no SAs to be deleted (CAT-21). */
static void identity_refused(struct asa *s, ip4 peer)
{
    if (!asa_peer_was_known(s, peer)) {
        no_peer_left(s, peer, true);
        return;
    }
    asa_say(s, 4, 713903, peer, true, "Stale PeerTblEntry found, removing!");
    asa_say(s, 3, 713902, peer, true, "Removing peer from correlator table failed, no match!");
    asa_say(s, 3, 713902, peer, true, "construct_ipsec_delete(): No SPI to identify Phase 2 SA!");
    asa_say(s, 3, 713902, peer, true, "Removing peer from correlator table failed, no match!");
}

static void main_failed(struct asa *s, const struct ev_ike_fail *e)
{
    const struct asa_ike *w = asa_ike_of(s, e->sa);
    bool group = asa_has_group(w);
    switch (e->why) {
    case WHY_NO_POLICY:
    case WHY_NO_KEY:
        if (e->role == IKE_INITIATOR && w && w->state == IKE_STATE_READY) {
            asa_cannot_begin(s, e);
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
    case WHY_IDENTITY:
        identity_refused(s, e->remote);
        break;
    case WHY_ADMIN:
    case WHY_CONFIG:
    case WHY_REPLACED:
    case WHY_INITIAL_CONTACT:
    case WHY_COLLISION: /* 713092 */
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
    case WHY_COLLISION:
    case WHY_DPD:
    case WHY_IDLE:
    case WHY_SESSION_TIME:
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
        asa_say(s, 5, 713904, e->remote, asa_has_group(w),
                "Received an un-encrypted %s notify message, drop", clear_notify_word(e->type));
        asa_say(s, 4, 713903, e->remote, asa_has_group(w),
                "Information Exchange processing failed");
        return;
    }
    switch (e->type) {
    case NOTIFY_INITIAL_CONTACT:
    case NOTIFY_RESPONDER_LIFETIME:
    case NOTIFY_REPLAY_STATUS:
    case NOTIFY_CONNECTED:
        break;
    case NOTIFY_R_U_THERE: /* ike_dpd_rx has the number */
    case NOTIFY_R_U_THERE_ACK:
        break;
    default:
        asa_say(s, 5, 713068, e->remote, true, "Received non-routine Notify message: %s (%u)",
                notify_word(e->type), e->type);
    }
}

ASA_ON(ike_notify_tx)
{
    if (e->type != NOTIFY_R_U_THERE && e->type != NOTIFY_R_U_THERE_ACK)
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

// clang-format off
const struct asa_hearing asa_hear_ike[] = {
    ASA_HEAR(ike_payload), ASA_HEAR(ike_vendor_id), ASA_HEAR(ike_id), ASA_HEAR(ike_id_refused), ASA_HEAR(ike_offer_end), ASA_HEAR(ike_skeyid), ASA_HEAR(ike_hmac),
    ASA_HEAR(ike_state), ASA_HEAR(ike_duplicate), ASA_HEAR(ike_bad), ASA_HEAR(ike_no_sa), ASA_HEAR(ike_fail),
    ASA_HEAR(ike_notify_rx), ASA_HEAR(ike_notify_tx), ASA_HEAR(ike_delete_rx), ASA_HEAR(ike_delete_tx),
    { .fn = NULL },
};
// clang-format on
