/* Remote access: who the other end is, and the order of what follows phase 1. Who lets in asks for
 * a login, then gives or awaits configuration; who comes in answers, then asks for its own. A
 * session may outlive its IKE SA, when another takes it over. */
#include "ike_priv.h"

void ike_on_access(struct ike_engine *e, const struct ike_access *a)
{
    e->access = a ? *a : (struct ike_access){0};
}

/* ---- The record ---- */

static void out_of_patience(void *owner)
{
    struct ike_sa *sa = owner;
    bool config = sa->state == IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT;
    ike_sa_end(sa, config ? WHY_NO_ADDRESS : WHY_LOGIN_ABANDONED, IKE_INPUT_FROM_TIMER_RETRANSMIT,
               true);
}

struct ike_guest *ike_guest_make(struct ike_sa *sa)
{
    if (!sa->guest) {
        sa->guest = g_new0(struct ike_guest, 1);
        sim_timer_init(sa->e->sim, &sa->guest->wait, out_of_patience, sa);
    }
    return sa->guest;
}

void ike_guest_free(struct ike_sa *sa)
{
    struct ike_guest *g = sa->guest;
    if (!g)
        return;
    sim_timer_clear(&g->wait);
    for (guint i = 0; g->xacts && i < g->xacts->len; i++)
        ike_exchange_free(g->xacts->pdata[i]);
    if (g->xacts)
        g_ptr_array_unref(g->xacts);
    ike_way_free(g->way);
    g_free(g->saved);
    g_free(g->psk);
    g_free(g->user);
    g_clear_pointer(&sa->guest, g_free);
}

const char *ike_guest_party(const struct ike_sa *sa)
{
    return sa->guest ? sa->guest->party.name : "";
}

ip4 ike_guest_assigned(const struct ike_sa *sa)
{
    return sa->guest ? sa->guest->assigned : 0;
}

void ike_guest_wait(struct ike_sa *sa)
{
    sim_timer_arm_in(&sa->guest->wait, SECONDS(sa->e->profile->login_wait_s));
}

/* ---- Who it is ---- */

static struct ike_claim claim_of(const struct ike_sa *sa, const struct ike_msg *m,
                                 const struct isakmp_id *id, enum isakmp_exchange exchange)
{
    struct ike_claim claim = {
        .sa = sa->id,
        .local = sa->local,
        .remote = sa->remote,
        .exchange = exchange,
        .type = id->type,
        .xauth = sa->xauth_known,
    };
    if (id->type == ID_IPV4_ADDR && id->data.n == 4) {
        claim.addr = be32_get(id->data.p);
        ip4_str(claim.addr, claim.text);
        return claim;
    }
    g_strlcpy(claim.text, ike_identity_text(m->arena, id->data), sizeof claim.text);
    return claim;
}

static bool says_anything(const struct ike_party *p)
{
    return p->name[0] || p->group[0] || p->key[0] || p->ask_key || p->xauth || p->has_liveness ||
           p->config != IKE_CFG_WAY_NONE;
}

struct ike_outcome ike_guest_identify(struct ike_sa *sa, const struct ike_msg *m, struct span body,
                                      enum isakmp_exchange exchange)
{
    const struct ike_access *access = &sa->e->access;
    struct ike_party party = {0};
    struct isakmp_id id;
    if (!access->identify || (sa->guest && sa->guest->way) || isakmp_id_parse(body, &id) != WIRE_OK)
        return IKE_FINE;
    const struct ike_claim claim = claim_of(sa, m, &id, exchange);
    enum ike_why why = access->identify(access->self, &claim, &party);
    /* Where nobody was looked for, nobody was found. */
    if (why != WHY_NONE || says_anything(&party))
        TRACE(sa->e->scope, ike_party, .sa = sa->id, .remote = sa->remote, .name = party.name,
              .claimed = claim.text, .found = why == WHY_NONE && party.name[0]);
    /* Who tries names in aggressive mode hears nothing. */
    uint16_t notify = exchange == EXCHANGE_MAIN ? NOTIFY_INVALID_ID_INFORMATION : 0;
    if (why != WHY_NONE)
        return (struct ike_outcome){IKE_REJECT, notify, why};
    if (says_anything(&party))
        ike_guest_make(sa)->party = party;
    return IKE_FINE;
}

/* ---- The session ---- */

/* That of the same party with the same peer, under another SA. */
static struct ike_sa *session_of(const struct ike_sa *sa)
{
    const struct ike_peer *p = sa->peer;
    for (guint i = p->sas->len; i-- > 0;) {
        struct ike_sa *other = p->sas->pdata[i];
        const struct ike_guest *g = other->guest;
        if (other != sa && other->local == sa->local && ike_sa_works(other) && g && g->held &&
            !g->way && strcmp(g->party.name, sa->guest->party.name) == 0)
            return other;
    }
    return NULL;
}

static void hand_over(struct ike_sa *from, struct ike_sa *to)
{
    const struct ike_access *access = &to->e->access;
    struct ike_guest *old = from->guest, *g = to->guest;
    if (!g->user)
        g->user = g_strdup(old->user);
    g->assigned = old->assigned;
    g->logged_in = old->logged_in;
    g->configured = old->configured;
    g->held = true;
    old->held = false;
    if (access->moved)
        access->moved(access->self, from->id, to->id);
}

bool ike_guest_take_over(struct ike_sa *sa)
{
    const struct ike_guest *g = sa->guest;
    struct ike_sa *old = session_of(sa);
    if (!old || (g->user && g_strcmp0(g->user, old->guest->user) != 0))
        return false;
    hand_over(old, sa);
    return true;
}

/* An older one that serves again, where the newer ends before it. */
static struct ike_sa *heir_of(const struct ike_sa *sa)
{
    struct ike_sa *other = ike_sa_serving(sa);
    const struct ike_guest *g = other ? other->guest : NULL;
    bool same = g && !g->way && !g->held && strcmp(g->party.name, sa->guest->party.name) == 0 &&
                g_strcmp0(g->user, sa->guest->user) == 0;
    return same ? other : NULL;
}

/* ---- The order of things ---- */

static bool way_begin(struct ike_sa *sa)
{
    struct ike_guest *g = sa->guest;
    if (sa->policy.auth == IKE_AUTH_XAUTH_INIT_PSK && !g->logged_in) {
        ike_sa_move(sa, IKE_INPUT_INTERNAL_PHASE1_COMPLETE, IKE_STATE_XAUTH_REQ_AWAIT);
        ike_guest_wait(sa);
        return true;
    }
    if (!g->way->n_wanted || g->configured)
        return false;
    ike_config_ask(sa);
    return true;
}

static bool is_pushed(const struct ike_sa *sa)
{
    const struct ike_guest *g = sa->guest;
    return g->party.config == IKE_CFG_WAY_PUSH && !g->configured && sa->role == IKE_RESPONDER &&
           sa->e->access.configure;
}

bool ike_guest_begin(struct ike_sa *sa)
{
    const struct ike_guest *g = sa->guest;
    if (!g)
        return false;
    if (g->way)
        return way_begin(sa);
    bool again = sa->e->profile->reauth_on_rekey || g->party.login_again;
    if (sa->role == IKE_RESPONDER && !again && ike_guest_take_over(sa)) {
        ike_sa_serve(sa);
        ike_login_confirm(sa);
        return true;
    }
    if (ike_login_is_wanted(sa)) {
        ike_login_start(sa);
        return true;
    }
    if (!is_pushed(sa))
        return false;
    ike_config_push(sa);
    return true;
}

void ike_guest_go_on(struct ike_sa *sa)
{
    const struct ike_guest *g = sa->guest;
    bool wants = g->way && g->way->n_wanted && !g->configured;
    if (wants && ike_xact_under_way(sa, IKE_ABOUT_CONFIG))
        ike_sa_move(sa, IKE_INPUT_INTERNAL_PHASE1_COMPLETE, IKE_STATE_CONFIG_REQ_SENT);
    else if (wants)
        ike_config_ask(sa);
    else if (!g->way && is_pushed(sa))
        ike_config_push(sa);
    else if (!sa->ready)
        ike_sa_serve(sa);
    else
        ike_sa_move(sa, IKE_INPUT_INTERNAL_PHASE1_COMPLETE, IKE_STATE_QM_IDLE);
}

/* ---- The end ---- */

/* Who leaves, leaves altogether: no older SA serves instead. */
static void leave(const struct ike_sa *sa, enum ike_why why)
{
    const struct ike_peer *p = sa->peer;
    for (guint i = 0; i < p->sas->len; i++) {
        struct ike_sa *other = p->sas->pdata[i];
        if (other != sa && other->retired && other->guest && other->guest->way)
            ike_sa_end(other, why, IKE_INPUT_INTERNAL_PHASE1_DEL, true);
    }
}

/* What was made under a session ends with it. INITIAL-CONTACT and dead peer detection have seen to
 * that. */
static void drop_tunnels(struct ike_sa *sa, enum ike_why why)
{
    struct ike_engine *e = sa->e;
    const struct ike_guest *g = sa->guest;
    bool session = sa->ready && (g->way || g->held);
    if (!session || why == WHY_INITIAL_CONTACT || why == WHY_DPD || !sa->peer->children ||
        ike_sa_serving(sa))
        return;
    ike_children_forget(e, sa->peer);
    e->ops.peer_gone(e->ops.self, sa->local, sa->remote, sa->peer->nat, why);
}

enum ike_why ike_guest_why(const struct ike_sa *sa, enum ike_why why)
{
    bool told = sa->guest && sa->guest->refused;
    return told && (why == WHY_PEER_DELETE || why == WHY_LOGIN_ABANDONED) ? WHY_LOGIN : why;
}

void ike_guest_ended(struct ike_sa *sa, enum ike_why why)
{
    struct trace_scope *scope = sa->e->scope;
    const struct ike_access *access = &sa->e->access;
    struct ike_guest *g = sa->guest;
    if (!g || g->over)
        return;
    g->over = true;
    sim_timer_disarm(&g->wait);
    for (guint i = 0; g->xacts && i < g->xacts->len; i++)
        ike_exchange_close(g->xacts->pdata[i]);
    if (g->way && !sa->retired && (why == WHY_ADMIN || why == WHY_USER_GONE))
        leave(sa, why);
    struct ike_sa *heir = g->held && sa->state == IKE_STATE_DEAD ? heir_of(sa) : NULL;
    if (heir)
        hand_over(sa, heir);
    drop_tunnels(sa, why);
    if (g->held) {
        if (g->assigned)
            TRACE(scope, ike_returned, .sa = sa->id, .remote = sa->remote, .user = g->user,
                  .addr = g->assigned);
        TRACE(scope, ike_session_end, .sa = sa->id, .local = sa->local, .remote = sa->remote,
              .name = g->party.name, .user = g->user, .addr = g->assigned, .why = why);
        if (access->departed)
            access->departed(access->self, sa->id, why);
    }
    if (g->way && access->ended)
        access->ended(access->self, sa->id, why);
}
