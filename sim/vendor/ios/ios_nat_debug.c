/* debug ip nat: a line for each packet that is translated. The first one of a flow is handled by
 * the process, the others (with a star) by the fast path. */
#include "vendor/ios/ios_debug_priv.h"

ON(nat_packet)
{
    const char *star = e->first ? "" : "*";
    if (e->back)
        ios_debug_line(s, "NAT%s: s=%s, d=%s->%s [%u]", star, IP4S(e->src), IP4S(e->dst),
                       IP4S(e->to), e->ident);
    else
        ios_debug_line(s, "NAT%s: s=%s->%s, d=%s [%u]", star, IP4S(e->src), IP4S(e->to),
                       IP4S(e->dst), e->ident);
}

ON(nat_refused)
{
    if (e->why == DROP_NAT_EXHAUSTED)
        ios_debug_line(s, "NAT: translation failed (A), dropping packet s=%s d=%s", IP4S(e->src),
                       IP4S(e->dst));
}

// clang-format off
const struct ios_hearing ios_hear_nat[] = {
    HEAR(IOS_DEBUG_NAT, nat_packet), HEAR(IOS_DEBUG_NAT, nat_refused),
    { .fn = NULL },
};
// clang-format on
