/* Who speaks again, and when one stops: the initiator repeats its last message in main mode, both
 * repeat theirs in quick mode (RFC 2408 5.1). What is finished stays a while for duplicates.
 */
#include "ike_priv.h"

void ike_exchange_arm(struct ike_exchange *x)
{
    uint32_t retransmits;
    sim_timer_arm_in(&x->timer, SECONDS(x->kind->wait(x, &retransmits)));
}

void ike_exchange_linger(struct ike_exchange *x, uint32_t seconds)
{
    sim_timer_arm_in(&x->timer, SECONDS(seconds));
}

static void speak_again(struct ike_exchange *x, uint32_t limit)
{
    struct ike_sa *sa = x->sa;
    x->tries++;
    TRACE(sa->e->scope, ike_retransmit, .sa = sa->id, .msgid = x->msgid,
          .exchange = x->kind->exchange, .count = x->tries, .limit = limit);
    ike_exchange_say_again(x);
    ike_exchange_arm(x);
}

/* It needs no timer of its own: the quick modes of the SA are done later than its phase 1. */
static void forget_phase1(struct ike_sa *sa)
{
    if (ike_sa_up(sa) && sa->phase1 && sa->phase1->over &&
        sim_now(sa->e->sim) >= sa->phase1->copies_until)
        g_clear_pointer(&sa->phase1, ike_exchange_free);
}

static void forget(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    forget_phase1(sa);
    ike_msgid_remember(sa, x->msgid);
    g_ptr_array_remove(x->kind == &ike_transaction ? sa->guest->xacts : sa->quick, x);
    ike_exchange_free(x);
}

void ike_exchange_timer(void *owner)
{
    struct ike_exchange *x = owner;
    struct ike_sa *sa = x->sa;
    uint32_t limit;
    if (x->over) {
        forget(x);
        return;
    }
    x->kind->wait(x, &limit);
    if (x->tries < limit) {
        speak_again(x, limit);
        return;
    }
    TRACE(sa->e->scope, ike_gave_up, .sa = sa->id, .msgid = x->msgid, .exchange = x->kind->exchange,
          .remote = sa->remote);
    x->kind->failed(x, (struct ike_outcome){IKE_REJECT, 0, WHY_RETRANSMITS},
                    IKE_INPUT_FROM_TIMER_RETRANSMIT);
}
