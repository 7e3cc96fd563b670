/* Sessions: all SAs with one peer are one session. It ends when it was idle or lasted as long as
 * its group policy allows (CAT-22), and its IPsec SAs do not outlive its last IKE SA (CAT-92).
 *
 * One timer a session, and nothing to do for a packet: when the timer runs out, IPsec is asked when
 * packets last passed. Keepalives are no such packets, so they keep no session. */
#include "asa_ra.h"

struct asa_vpn {
    struct asa *s;
    ip4 local, peer;
    uint32_t nat;                 /* number of the peer behind its address */
    sim_time since, active;       /* active: packets last seen to pass */
    sim_time idle_for, lasts_for; /* 0 = for ever; as the policy said when it began */
    bool refused;                 /* the policy does not allow the tunnel at all */
    struct sim_timer timer;
};

static void vpn_free(void *p)
{
    struct asa_vpn *v = p;
    sim_timer_clear(&v->timer);
    g_free(v);
}

static struct asa_vpn *find(const struct asa *s, ip4 peer, uint32_t nat)
{
    for (guint i = 0; i < s->sessions->len; i++) {
        struct asa_vpn *v = g_ptr_array_index(s->sessions, i);
        if (v->nat == nat && (nat || v->peer == peer))
            return v;
    }
    return NULL;
}

/* ---- Ends ---- */

/* The SAs of IPsec first: their deletes go out under the IKE SA. */
bool asa_session_end(struct asa *s, ip4 peer, uint32_t nat, enum ike_why why)
{
    const struct ipsec_clear_what what = {.peer = nat ? 0 : peer, .nat = nat};
    struct ike_sa_view v;
    bool any = ipsec_clear(s->d->ipsec, &what, why) > 0;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &v); i++)
        if (v.nat == nat && (nat || v.remote == peer) && v.state != IKE_STATE_DEAD)
            any |= ike_clear(s->d->ike, v.id, why) > 0;
    return any;
}

/* ---- Time ---- */

static sim_time last_packet(struct asa_vpn *v)
{
    struct ipsec_traffic t = ipsec_peer_traffic(v->s->d->ipsec, v->local, v->peer, v->nat, false);
    v->active = MAX(v->active, MAX(t.last_in, t.last_out));
    return v->active;
}

static sim_time later(sim_time from, sim_time lasts)
{
    return !lasts || from > SIM_TIME_MAX - lasts ? SIM_TIME_MAX : from + lasts;
}

static void arm(struct asa_vpn *v)
{
    sim_time at = MIN(later(v->since, v->lasts_for), later(last_packet(v), v->idle_for));
    if (at != SIM_TIME_MAX)
        sim_timer_arm(&v->timer, MAX(at, sim_now(v->s->d->sim)));
}

static void due(void *owner)
{
    struct asa_vpn *v = owner;
    struct asa *s = v->s;
    sim_time now = sim_now(s->d->sim);
    if (v->refused)
        asa_session_end(s, v->peer, v->nat, WHY_CONFIG);
    else if (now >= later(v->since, v->lasts_for))
        asa_session_end(s, v->peer, v->nat, WHY_SESSION_TIME);
    else if (now >= later(last_packet(v), v->idle_for))
        asa_session_end(s, v->peer, v->nat, WHY_IDLE);
    else
        arm(v);
}

bool asa_session_left(const struct asa *s, ip4 peer, uint32_t nat, sim_time *idle,
                      sim_time *session)
{
    struct asa_vpn *v = find(s, peer, nat);
    sim_time now = sim_now(s->d->sim);
    if (!v)
        return false;
    *idle = v->idle_for ? MAX(0, later(last_packet(v), v->idle_for) - now) : -1;
    *session = v->lasts_for ? MAX(0, later(v->since, v->lasts_for) - now) : -1;
    return true;
}

void asa_session_moved(struct asa *s, uint32_t nat, ip4 peer)
{
    struct asa_vpn *v = find(s, 0, nat);
    if (v)
        v->peer = peer;
}

unsigned asa_sessions_besides(const struct asa *s, ip4 peer, uint32_t nat)
{
    return s->sessions->len - (find(s, peer, nat) ? 1 : 0);
}

void asa_session_login(struct asa *s, const struct asa_remote *r, uint32_t nat)
{
    const struct asa_chain c = asa_ra_chain(s, r);
    struct asa_vpn *v = find(s, r->peer, nat);
    if (!v)
        return;
    v->idle_for = r->idle_s ? SECONDS((sim_time)r->idle_s)
                            : SECONDS(60) * asa_setting_u32(s, &c, ASA_SET_IDLE, 0);
    v->lasts_for = r->session_s ? SECONDS((sim_time)r->session_s)
                                : SECONDS(60) * asa_setting_u32(s, &c, ASA_SET_SESSION, 0);
    sim_timer_disarm(&v->timer);
    arm(v);
}

/* ---- Phase 1 comes and goes ---- */

/* Peers and clients are counted apart. */
static void count(struct asa *s, bool client)
{
    unsigned clients = 0;
    for (guint i = 0; i < s->remotes->len; i++)
        clients += ((const struct asa_remote *)g_ptr_array_index(s->remotes, i))->in;
    if (client) {
        s->remotes_begun++;
        s->remotes_peak = MAX(s->remotes_peak, clients);
    } else {
        s->sessions_begun++;
        s->sessions_peak = MAX(s->sessions_peak, s->sessions->len - clients);
    }
}

static void begin(struct asa *s, const struct ike_turn *turn)
{
    const struct asa_remote *r = asa_remote_of(s, turn->sa);
    const struct asa_chain c =
        r ? asa_ra_chain(s, r) : asa_chain_of(s, asa_group_for(s, turn->remote));
    struct asa_vpn *v = g_new0(struct asa_vpn, 1);
    v->s = s;
    v->local = turn->local;
    v->peer = turn->remote;
    v->nat = turn->nat;
    v->since = v->active = sim_now(s->d->sim);
    v->idle_for = SECONDS(60) * asa_setting_u32(s, &c, ASA_SET_IDLE, 0);
    v->lasts_for = SECONDS(60) * asa_setting_u32(s, &c, ASA_SET_SESSION, 0);
    v->refused = !r && !(asa_setting_protocols(s, &c) & ASA_TUNNEL_IPSEC);
    sim_timer_init(s->d->sim, &v->timer, due, v);
    g_ptr_array_add(s->sessions, v);
    count(s, r != NULL);
    if (v->refused) {
        asa_log(s, 3, 713206,
                "Tunnel Rejected: Conflicting protocols specified by tunnel-group and "
                "group-policy");
        sim_timer_arm(&v->timer, v->since); /* not here, amid a message */
    } else {
        arm(v);
    }
}

static bool has_other(const struct asa *s, const struct ike_turn *turn)
{
    struct ike_sa_view o;
    for (size_t i = 0; ike_sa_at(s->d->ike, i, &o); i++)
        if (o.nat == turn->nat && (o.nat || o.remote == turn->remote) && o.id != turn->sa &&
            o.state == IKE_STATE_QM_IDLE)
            return true;
    return false;
}

/* The last IKE SA takes what was made under it along. A quick mode that nobody answered, or a peer
 * that begins anew, says nothing about packets that still pass: those SAs are left to their own
 * ends. */
static void end(struct asa *s, const struct ike_turn *turn)
{
    bool with_it = turn->why == WHY_EXPIRED || turn->why == WHY_PEER_DELETE ||
                   turn->why == WHY_CONFIG || turn->why == WHY_IDLE ||
                   turn->why == WHY_SESSION_TIME;
    if (has_other(s, turn))
        return;
    if (with_it && turn->tell)
        ipsec_clear(
            s->d->ipsec,
            &(struct ipsec_clear_what){.peer = turn->nat ? 0 : turn->remote, .nat = turn->nat},
            turn->why);
    else if (with_it)
        ipsec_peer_gone(s->d->ipsec, turn->local, turn->remote, turn->nat, turn->why);
    g_ptr_array_remove(s->sessions, find(s, turn->remote, turn->nat));
}

static void turned(void *self, const struct ike_turn *turn)
{
    struct asa *s = self;
    if (!turn->up)
        end(s, turn);
    else if (!find(s, turn->remote, turn->nat))
        begin(s, turn);
}

void asa_sessions_start(struct asa *s)
{
    s->sessions = g_ptr_array_new_with_free_func(vpn_free);
    ike_on_turn(s->d->ike, turned, s);
}

void asa_sessions_stop(struct asa *s)
{
    ike_on_turn(s->d->ike, NULL, NULL);
    g_ptr_array_unref(s->sessions);
}
