/* Why a connection ended: what the engine calls it, the client's log, and the user is told, with
 * the product's numbers. */
#include "vc.h"

// clang-format off
static const struct reason { int number; const char *text; } reasons[] = {
    { 401, "An unrecognized error occurred while establishing the VPN connection." },
    { 403, "Unable to contact the security gateway." },
    { 404, "The remote peer terminated the connection during negotiation of security policies." },
    { 407, "User authentication was cancelled by the user." },
    { 408, "A VPN connection is already in the process of being established." },
    { 409, "A VPN connection already exists." },
    { 412, "The remote peer is no longer responding." },
    { 413, "User Authentication failed." },
    { 414, "Failed to establish a TCP connection." },
    { 422, "Lost contact with the security gateway. Check your network connection." },
    { 426, "Maximum Configured Lifetime Exceeded." },
    { 427, "Unknown Error Occurred at Peer." },
    { 433, "(Reason Not Specified by Peer)" },
};
/* What the client's log calls it, and what the user is told. The first that fits. */
static const struct vc_end ends[] = {
    { WHY_RETRANSMITS,   VC_LOCALLY, 412, "DEL_REASON_PEER_NOT_RESPONDING" },
    { WHY_DPD,           VC_LOCALLY, 412, "DEL_REASON_PEER_NOT_RESPONDING" },
    { WHY_LOGIN,         VC_LOCALLY, 413, "DEL_REASON_WE_FAILED_AUTH" },
    { WHY_LOGIN_ABANDONED, VC_LOCALLY, 407, "DEL_REASON_RESET_SADB" },
    { WHY_EXPIRED,       VC_LOCALLY, 426, "DEL_REASON_LIFETIME_EXPIRED" },
    { WHY_PEER_DELETE,   VC_BY_PEER, 433, "PEER_DELETE-IKE_DELETE_UNSPECIFIED" },
    { WHY_INITIAL_CONTACT, VC_BY_PEER, 433, "PEER_DELETE-IKE_DELETE_UNSPECIFIED" },
    { WHY_PEER_NOTIFY,   VC_LOCALLY, 404, "DEL_REASON_IKE_NEG_FAILED" },
    { WHY_NO_PROPOSAL,   VC_LOCALLY, 404, "DEL_REASON_IKE_NEG_FAILED" },
    { WHY_ADMIN,         VC_LOCALLY, 0,   "DEL_REASON_RESET_SADB" },
    { WHY_USER_GONE,     VC_LOCALLY, 0,   "DEL_REASON_RESET_SADB" },
    { WHY_NONE,          VC_LOCALLY, 401, "DEL_REASON_IKE_NEG_FAILED" },
};
// clang-format on

const struct vc_end *vc_end_of(enum ike_why why)
{
    size_t i = 0;
    while (ends[i].why != why && ends[i].why != WHY_NONE)
        i++;
    return &ends[i];
}

void vc_say_reason(struct vc *s, enum vc_ends_by by, int number)
{
    size_t i = 0;
    while (i + 1 < G_N_ELEMENTS(reasons) && reasons[i].number != number)
        i++;
    g_free(s->notice);
    s->notice = g_strdup_printf("Secure VPN Connection terminated %s.\nReason %d: %s",
                                by == VC_BY_PEER ? "by Peer" : "locally by the Client",
                                reasons[i].number, reasons[i].text);
    vc_say(s, "%s", s->notice);
}
