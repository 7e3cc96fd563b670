/* debug ip tcp transactions (CAT-63): the router's own connections. */
#include "net/tcp.h"
#include "vendor/ios/ios_debug_priv.h"

#include <string.h>

/* The states by the names that this family has for them. */
static const char *state_word(const char *name, bool passive)
{
    static const struct {
        const char *name, *word;
    } row[] = {
        {"CLOSED", "CLOSED"},        {"SYN-SENT", "SYNSENT"},    {"SYN-RECEIVED", "SYNRCVD"},
        {"ESTABLISHED", "ESTAB"},    {"FIN-WAIT-1", "FINWAIT1"}, {"FIN-WAIT-2", "FINWAIT2"},
        {"CLOSE-WAIT", "CLOSEWAIT"}, {"CLOSING", "CLOSING"},     {"LAST-ACK", "LASTACK"},
        {"TIME-WAIT", "TIMEWAIT"},
    };
    if (passive && strcmp(name, "CLOSED") == 0)
        return "LISTEN";
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        if (strcmp(row[i].name, name) == 0)
            return row[i].word;
    return name;
}

static bool info_of(const struct ios *s, uint32_t id, struct net_tcp_info *t)
{
    const struct net_tcp *c = net_tcp_by_id(s->d->node, id);
    if (c)
        net_tcp_info(c, t);
    return c != NULL;
}

/* Where the control block of a connection would lie: the same each run. */
static uint32_t block_of(uint32_t id)
{
    return UINT32_C(0x32290C0) + id * UINT32_C(0x4E0);
}

static void sizes_line(struct ios *s, const struct net_tcp_info *t)
{
    ios_debug_line(s, "TCP: tcb %X connection to %s:%u, peer MSS %u, MSS is %u", block_of(t->id),
                   IP4S(t->remote), t->rport, t->peer_mss, t->mss);
}

ON(tcp_state)
{
    struct net_tcp_info t;
    if (!info_of(s, e->conn, &t))
        return;
    bool received = strcmp(e->new, "SYN-RECEIVED") == 0;
    ios_debug_line(s, "TCP0: state was %s -> %s [%u -> %s(%u)]", state_word(e->old, received),
                   state_word(e->new, false), t.lport, IP4S(t.remote), t.rport);
    /* The peer's SYN is here: a listener has it before its own, a caller when it is answered. */
    if (received || strcmp(e->old, "SYN-SENT") == 0)
        sizes_line(s, &t);
}

ON(tcp_tx)
{
    struct net_tcp_info t;
    enum { SYN = 2, ACK = 16 };
    if (!(e->flags & SYN) || !info_of(s, e->conn, &t))
        return;
    ios_debug_line(s, "TCP: sending SYN, seq %u, ack %u", t.iss, e->flags & ACK ? t.irs + 1 : 0);
    ios_debug_line(s, "TCP0: Connection to %s:%u, advertising MSS %u", IP4S(t.remote), t.rport,
                   t.announced);
}

// clang-format off
const struct ios_hearing ios_hear_tcp[] = {
    HEAR(IOS_DEBUG_TCP, tcp_state), HEAR(IOS_DEBUG_TCP, tcp_tx),
    { .fn = NULL },
};
// clang-format on
