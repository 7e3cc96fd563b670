/* debug crypto isakmp: informational exchanges, which are notifications, deletes and dead peer
 * detection. */
#include "vendor/ios/ios_debug_priv.h"

static bool dialect_c(const struct ios *s)
{
    return s->dialect == IOS_DIALECT_C;
}

/* Anybody can write an unprotected one. It is believed, where the profile says so, while nothing
 * else has come from the peer; later it is not. */
bool ios_notify_believed(const struct ios *s, const struct ev_ike_notify_rx *e)
{
    return e->protected ||
           (s->d->profile.trust_clear_notify && ios_word_of(s, e->sa)->state == IKE_STATE_I_MM1);
}

void ios_informational_done(struct ios *s, ike_sa_id sa, uint32_t msgid)
{
    ios_say_sa(s, sa, ": deleting node %d error FALSE reason \"informational (in) state 1\"",
               (int32_t)msgid);
}

ON(ike_notify_rx)
{
    ios_say_waiting_hash(s, e->sa);
    if (!ios_notify_believed(s, e)) {
        ios_say_sa(s, e->sa, ": Notify has no hash. Rejected.");
        if (dialect_c(s)) {
            char name[40];
            const char *state = ios_state_name(s, ios_word_of(s, e->sa)->state, name);
            ios_say_sa(s, e->sa, ": Unknown Input IKE_MESG_FROM_PEER, IKE_INFO_NOTIFY:  state = %s",
                       state);
            ios_say_sa(s, e->sa, ": Input = IKE_MESG_FROM_PEER, IKE_INFO_NOTIFY");
            ios_say_sa(s, e->sa, ": Old State = %s  New State = %s\n", state, state);
        }
        return;
    }
    ios_say_sa(s, e->sa,
               ": processing NOTIFY %s protocol %u\n"
               "        spi %u, message ID = %d, sa = %08X",
               ios_notify_name(e->type), e->protocol, e->spi, (int32_t)e->msgid,
               ios_word_of(s, e->sa)->handle);
    if (e->msgid == 0 || !e->protected)
        return;
    if (e->type < 16384 && e->spi != 0) { /* an error, RFC 2408 3.14.1: the quick mode goes first */
        s->words->refusal_msgid = e->msgid;
        s->words->refusal_spi = e->spi;
    } else {
        ios_informational_done(s, e->sa, e->msgid);
    }
}

static void new_node(struct ios *s, uint32_t msgid)
{
    if (msgid != 0)
        ios_say_isakmp(s, "ISAKMP: set new node %d to QM_IDLE", (int32_t)msgid);
}

ON(ike_lifetime)
{
    struct ios_ike_word *w = ios_word_at(s, e->sa);
    if (w)
        w->life_s = e->seconds;
}

ON(ike_notify_tx)
{
    struct ios_ike_word *w = ios_word_at(s, e->sa);
    if (!e->protected || e->msgid == 0)
        return;
    if (e->type == NOTIFY_RESPONDER_LIFETIME && (ios_quick_of(s, e->msgid) & IOS_QUICK_KNOWN))
        return; /* in a message of that quick mode, which is told */
    if (e->type == NOTIFY_RESPONDER_LIFETIME && w) { /* the rest follows the packet */
        w->lifetime_msgid = e->msgid;
        ios_say_isakmp(s, "ISAKMP: set new node %d to %s", (int32_t)e->msgid,
                       w->client ? "CONF_XAUTH" : "QM_IDLE");
        return;
    }
    new_node(s, e->msgid);
    ios_say_sa(s, e->sa,
               ": Sending NOTIFY %s protocol %u\n"
               "        spi %u, message ID = %d",
               ios_notify_name(e->type), e->protocol, e->spi, (int32_t)e->msgid);
}

/* Dead peer detection. The catalogue has no transcript of it; these are the lines that public 12.3
 * and 12.4 output has. ike_collision and ike_unknown_spi have no words here: what is sent because
 * of them does. */
ON(ike_dpd_tx)
{
    if (e->again > 0) {
        ios_say_sa(s, e->sa, ": DPD incrementing error counter (%u/%u)", e->again, e->limit);
        ios_say_sa(s, e->sa, ": incrementing error counter on sa: PEERS_ALIVE_TIMER");
    }
    ios_say_sa(s, e->sa, ": sending DPD/R_U_THERE to peer %s, sequence 0x%X", IP4S(e->remote),
               e->number);
}

ON(ike_dpd_rx)
{
    ios_say_sa(s, e->sa, ": DPD/R_U_THERE%s received from peer %s, sequence 0x%X",
               e->ack ? "_ACK" : "", IP4S(e->remote), e->number);
}

ON(ike_dpd_dead)
{
    ios_say_sa(s, e->sa, ": peer %s not responding!", IP4S(e->remote));
}

ON(ike_delete_tx)
{
    new_node(s, e->msgid);
}

ON(ike_delete_rx)
{
    ios_say_waiting_hash(s, e->sa);
    if (e->spi == 0)
        return;
    if (s->words->deletes_msgid != e->msgid) { /* once, however many SPIs it names */
        ios_say_sa(s, e->sa, ": peer does not do paranoid keepalives.\n");
        ios_informational_done(s, e->sa, e->msgid);
    }
    s->words->deletes_msgid = e->msgid;
    ios_say_ipsec(s, "IPSEC(key_engine): got a queue event...");
    ios_say_ipsec(s, "IPSEC(key_engine_delete_sas): rec'd delete notify from ISAKMP");
    ios_say_ipsec(s, "IPSEC(key_engine_delete_sas): delete SA with spi %u/50 for %s", e->spi,
                  IP4S(e->remote));
}

// clang-format off
#define I IOS_DEBUG_ISAKMP
#define P IOS_DEBUG_IPSEC
const struct ios_hearing ios_hear_info[] = {
    HEAR(I, ike_notify_rx), HEAR(I, ike_notify_tx), HEAR(I, ike_lifetime), HEAR(I, ike_delete_tx), HEAR(I | P, ike_delete_rx),
    HEAR(I, ike_dpd_tx), HEAR(I, ike_dpd_rx), HEAR(I, ike_dpd_dead),
    { .fn = NULL },
};
// clang-format on
