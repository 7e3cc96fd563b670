/* debug crypto isakmp: NAT traversal. Lines of public 12.2(13)T to 15.x output; 46242's hub, which
 * finds no NAT, prints the vendor IDs and the payload types only (hub-and-spoke.md, trace 2). */
#include "ios_debug_priv.h"

static const char *version_word(enum ike_vid v)
{
    switch (v) {
    case IKE_VID_RFC3947:
        return "rfc3947";
    case IKE_VID_NAT_T_07:
        return "07";
    case IKE_VID_NAT_T_03:
        return "03";
    default:
        return "02";
    }
}

ON(ike_natt_said)
{
    ios_say_sa(s, e->sa, ": constructed NAT-T vendor-%s ID", version_word(e->vid));
}

static bool tells_hashes(const struct ios *s)
{
    return s->major > 12 || s->minor >= 4;
}

/* The numbers printed are those of the RFC, and 17 for that of the drafts. What 12.4 says of the
 * first payload, which is about this end, is meant for both. */
ON(ike_nat_d)
{
    ios_say_isakmp(s, "ISAKMP:received payload type %u", e->payload == PAYLOAD_NAT_D ? 20u : 17u);
    if (!tells_hashes(s))
        return;
    if (e->mine && e->match)
        ios_say_sa(s, e->sa, ": His hash no match - this node outside NAT");
    else if (e->mine)
        ios_say_sa(s, e->sa, ": NAT found, both nodes inside NAT");
}

/* After the second payload. */
ON(ike_nat)
{
    if (!e->here && !e->there) {
        if (tells_hashes(s))
            ios_say_sa(s, e->sa, ": No NAT Found for self or peer");
    } else if (e->here) {
        ios_say_sa(s, e->sa, ": My hash no match - this node inside NAT");
    } else {
        ios_say_sa(s, e->sa, ": His hash no match - this node outside NAT");
    }
}

// clang-format off
const struct ios_hearing ios_hear_natt[] = {
    HEAR(IOS_DEBUG_ISAKMP, ike_natt_said), HEAR(IOS_DEBUG_ISAKMP, ike_nat_d), HEAR(IOS_DEBUG_ISAKMP, ike_nat),
    { .fn = NULL },
};
// clang-format on
