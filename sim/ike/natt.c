/* NAT traversal of an SA: which way both ends know, the ports that it goes to, the peer that is
 * found elsewhere, and the keepalives that hold a mapping (RFC 3947 and its drafts 02 and 03;
 * RFC 3948 4). */
#include "ike_priv.h"

enum { PORT_IKE = 500, PORT_NAT_T = 4500 };

/* What differs between the ways: private numbers before the RFC had its own. */
// clang-format off
static const struct {
    enum ike_vid vid, alias;
    uint8_t nat_d, nat_oa;
    uint16_t tunnel, transport;
} ways[IKE_NATT_COUNT] = {
    [IKE_NATT_NONE]     = { IKE_VID_UNKNOWN,  IKE_VID_UNKNOWN,   0,   0, ENCAPSULATION_TUNNEL, ENCAPSULATION_TRANSPORT },
    [IKE_NATT_DRAFT_02] = { IKE_VID_NAT_T_02, IKE_VID_NAT_T_02N, PAYLOAD_NAT_D_DRAFT, PAYLOAD_NAT_OA_DRAFT, 61443, 61444 },
    [IKE_NATT_DRAFT_03] = { IKE_VID_NAT_T_03, IKE_VID_UNKNOWN,   PAYLOAD_NAT_D_DRAFT, PAYLOAD_NAT_OA_DRAFT, 61443, 61444 },
    [IKE_NATT_RFC3947]  = { IKE_VID_RFC3947,  IKE_VID_UNKNOWN,   PAYLOAD_NAT_D, PAYLOAD_NAT_OA, ENCAPSULATION_UDP_TUNNEL, ENCAPSULATION_UDP_TRANSPORT },
};
// clang-format on

static enum ike_natt way_of(enum ike_vid vid)
{
    int way = IKE_NATT_COUNT - 1;
    while (way > IKE_NATT_NONE && ways[way].vid != vid && (!vid || ways[way].alias != vid))
        way--;
    return (enum ike_natt)way;
}

static uint32_t bit_of(enum ike_natt way)
{
    return way == IKE_NATT_NONE ? 0 : 1u << way;
}

/* ---- Agreeing ---- */

/* Draft 07 is announced beside others and never chosen. Who answers names the way it takes. */
bool ike_natt_says(struct ike_sa *sa, enum ike_vid vid)
{
    enum ike_natt way = way_of(vid);
    if (way == IKE_NATT_NONE && vid != IKE_VID_NAT_T_07)
        return true;
    if (!sa->e->conf->nat_traversal || (sa->role == IKE_RESPONDER && way != sa->nat.version))
        return false;
    sa->nat.said |= bit_of(way);
    if (!sa->nat.quiet)
        TRACE(sa->e->scope, ike_natt_said, .sa = sa->id, .vid = vid);
    return true;
}

/* What the initiator announced, or the responder will. */
static uint32_t own_ways(const struct ike_sa *sa)
{
    const struct ike_profile *profile = sa->e->profile;
    const enum ike_vid *list = sa->aggressive ? profile->vid_am2 : profile->vid_mm2;
    uint32_t own = 0;
    if (sa->role == IKE_INITIATOR)
        return sa->nat.said;
    for (size_t i = 0; i < IKE_PROFILE_VIDS && list[i] != IKE_VID_UNKNOWN; i++)
        own |= bit_of(way_of(list[i]));
    return own;
}

void ike_natt_agree(struct ike_exchange *x, const struct ike_msg *m)
{
    struct ike_sa *sa = x->sa;
    if (!sa->e->conf->nat_traversal)
        return;
    for (size_t i = 0; i < m->chain.n; i++)
        if (m->chain.p[i].type == PAYLOAD_VID)
            sa->nat.known |= bit_of(way_of(ike_vendor_id_of(sa, m->chain.p[i].body)));
    uint32_t both = own_ways(sa) & sa->nat.known;
    for (int way = IKE_NATT_NONE + 1; way < IKE_NATT_COUNT; way++)
        if (both & bit_of((enum ike_natt)way))
            sa->nat.version = (enum ike_natt)way;
}

uint8_t ike_natt_nat_d(const struct ike_sa *sa)
{
    return ways[sa->nat.version].nat_d;
}

uint8_t ike_natt_nat_oa(const struct ike_sa *sa)
{
    return ways[sa->nat.version].nat_oa;
}

/* ---- Encapsulation modes, RFC 3947 5.1 ---- */

uint16_t ike_natt_mode(const struct ike_sa *sa, bool transport)
{
    enum ike_natt way = ike_nat_found(sa) ? sa->nat.version : IKE_NATT_NONE;
    return transport ? ways[way].transport : ways[way].tunnel;
}

/* "It SHOULD NOT be used" without a NAT, and nothing else passes one. */
bool ike_natt_mode_read(const struct ike_sa *sa, uint32_t value, bool *transport)
{
    *transport = value == ike_natt_mode(sa, true);
    return *transport || value == ike_natt_mode(sa, false);
}

/* ---- Where the peer is ---- */

void ike_natt_float(struct ike_sa *sa)
{
    if (!ike_nat_found(sa) || sa->lport == PORT_NAT_T)
        return;
    sa->lport = sa->rport = PORT_NAT_T;
    TRACE(sa->e->scope, ike_float, .sa = sa->id, .lport = sa->lport, .rport = sa->rport);
}

/* "Hosts that are NOT behind a NAT SHOULD use the last valid packet from the other end to determine
 * which IP and port addresses should be used"; others must not, since for them nothing that is
 * authentic changes                                                            RFC 3947 7 */
bool ike_natt_may_move(const struct ike_sa *sa)
{
    return sa->nat.there && sa->peer->nat;
}

/* While phase 1 is made, nothing is authentic, and the answer goes to where the question came from:
 * that is how a responder finds the new ports                                  RFC 3947 4 */
void ike_natt_follow(struct ike_sa *sa, const struct ike_msg *m)
{
    bool same = sa->remote == m->remote && sa->rport == m->rport && sa->lport == m->lport;
    if (same)
        return;
    if (ike_sa_half_open(sa) && sa->role == IKE_RESPONDER) {
        sa->lport = m->lport;
        ike_sa_relocate(sa, m->remote, m->rport);
        TRACE(sa->e->scope, ike_float, .sa = sa->id, .lport = sa->lport, .rport = sa->rport);
    } else if (ike_sa_up(sa) && ike_natt_may_move(sa) && m->lport == PORT_NAT_T) {
        struct ike_engine *e = sa->e;
        if (ike_peer_relocate(e, sa->peer, m->remote, m->rport) && e->ops.peer_moved)
            e->ops.peer_moved(e->ops.self, sa->peer->nat, m->remote, m->rport);
    }
}

/* ---- Keepalives, RFC 3948 4 ---- */

static bool keeps(const struct ike_sa *sa)
{
    const struct ike_conf *conf = sa->e->conf;
    return ike_sa_up(sa) && sa->nat.here && sa->lport == PORT_NAT_T && conf->nat_keepalive_s &&
           sa->e->ops.keepalive;
}

/* Whatever goes to the peer holds the mapping, packets in UDP too. */
static sim_time last_sent(const struct ike_sa *sa)
{
    const struct ike_engine *e = sa->e;
    if (!e->traffic)
        return sa->nat.sent;
    struct ike_traffic t = e->traffic(e->ops.self, sa->local, sa->remote, sa->peer->nat, false);
    return MAX(sa->nat.sent, t.last_out);
}

static void wait(struct ike_sa *sa)
{
    sim_time due = last_sent(sa) + SECONDS(sa->e->conf->nat_keepalive_s);
    sim_timer_arm(&sa->nat.keepalive, MAX(due, sim_now(sa->e->sim)));
}

void ike_natt_begin(struct ike_sa *sa)
{
    if (keeps(sa))
        wait(sa);
}

static void send_keepalive(struct ike_sa *sa)
{
    struct ike_engine *e = sa->e;
    sa->nat.sent = sim_now(e->sim);
    ++*trace_counter(e->scope, "ike.nat.keepalives");
    TRACE(e->scope, ike_keepalive, .sa = sa->id, .local = sa->local, .lport = sa->lport,
          .remote = sa->remote, .rport = sa->rport);
    e->ops.keepalive(e->ops.self, sa->local, sa->lport, sa->remote, sa->rport);
}

/* One SA speaks for all with the peer; the others wait for their turn to serve. */
void ike_natt_timer(void *owner)
{
    struct ike_sa *sa = owner;
    if (!keeps(sa))
        return;
    if (sa->ready && ike_sa_serving(sa) != sa)
        sim_timer_arm_in(&sa->nat.keepalive, SECONDS(sa->e->conf->nat_keepalive_s));
    else if (sim_now(sa->e->sim) < last_sent(sa) + SECONDS(sa->e->conf->nat_keepalive_s))
        wait(sa);
    else {
        send_keepalive(sa);
        wait(sa);
    }
}

void ike_natt_changed(struct ike_sa *sa)
{
    sim_timer_disarm(&sa->nat.keepalive);
    ike_natt_begin(sa);
}
