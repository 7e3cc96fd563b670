/* debug crypto engine, the lines that stand alone (DBG-07). Those between two ISAKMP or IPSEC lines
 * of one event are said where those are. */
#include "vendor/ios/ios_debug_priv.h"

/* A Diffie-Hellman pair is made: the parameters, then two steps that report success. */
ON(ike_dh_make)
{
    ios_say_engine(s, "CryptoEngine0: generate alg parameter");
    ios_say_engine(s, "CRYPTO_ENGINE: Dh phase 1 status: 0");
    ios_say_engine(s, "CRYPTO_ENGINE: Dh phase 1 status: 0");
}

ON(ike_dh_clear)
{
    ios_say_engine(s, "CryptoEngine0: clear dh number for conn id %u", ios_conn_of_ike(s, e->sa));
}

// clang-format off
const struct ios_hearing ios_hear_engine[] = {
    HEAR(IOS_DEBUG_ENGINE, ike_dh_make), HEAR(IOS_DEBUG_ENGINE, ike_dh_clear),
    { .fn = NULL },
};
// clang-format on
