/* debug ip icmp (DBG-08). */
#include "vendor/ios/ios_debug_priv.h"

static const char *unreachable_word(uint32_t code)
{
    switch (code) {
    case ICMP_NET_UNREACHABLE:
        return "net";
    case ICMP_PROTO_UNREACHABLE:
        return "protocol";
    case ICMP_PORT_UNREACHABLE:
        return "port";
    case ICMP_FRAG_NEEDED:
        return "frag. needed and DF set";
    case ICMP_ADMIN_PROHIBITED:
        return "administratively prohibited";
    default:
        return "host";
    }
}

ON(icmp_rx)
{
    switch (e->type) {
    case ICMP_ECHO_REPLY:
        ios_debug_line(s, "ICMP: echo reply rcvd, src %s, dst %s", IP4S(e->src), IP4S(e->dst));
        break;
    case ICMP_UNREACHABLE:
        ios_debug_line(s, "ICMP: dst (%s) %s unreachable rcv from %s", IP4S(e->about),
                       unreachable_word(e->code), IP4S(e->src));
        break;
    case ICMP_TIME_EXCEEDED:
        ios_debug_line(s, "ICMP: time exceeded rcvd from %s", IP4S(e->src));
        break;
    default:
        break;
    }
}

ON(icmp_tx)
{
    switch (e->type) {
    case ICMP_ECHO_REPLY:
        ios_debug_line(s, "ICMP: echo reply sent, src %s, dst %s", IP4S(e->src), IP4S(e->dst));
        break;
    case ICMP_UNREACHABLE:
        ios_debug_line(s, "ICMP: dst (%s) %s unreachable sent to %s", IP4S(e->about),
                       unreachable_word(e->code), IP4S(e->dst));
        break;
    case ICMP_TIME_EXCEEDED:
        ios_debug_line(s, "ICMP: time exceeded (%s) sent to %s (dest was %s)",
                       e->code == 0 ? "time to live" : "reassembly", IP4S(e->dst), IP4S(e->about));
        break;
    default:
        break;
    }
}

/* A packet the router made itself and could not send whole: nobody else is told. */
ON(pkt_drop)
{
    if (e->why == DROP_IP_DF && net_if_by_addr(s->d->node, e->src))
        ios_debug_line(s, "ICMP: dst (%s): frag. needed and DF set.", IP4S(e->dst));
}

// clang-format off
const struct ios_hearing ios_hear_icmp[] = {
    HEAR(IOS_DEBUG_ICMP, icmp_rx), HEAR(IOS_DEBUG_ICMP, icmp_tx), HEAR(IOS_DEBUG_ICMP, pkt_drop),
    { .fn = NULL },
};
// clang-format on
