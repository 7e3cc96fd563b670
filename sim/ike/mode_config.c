/* Configuration, draft-ietf-ipsec-isakmp-mode-cfg: asked for and given (REQUEST, REPLY), or given
 * unasked (SET, ACK). What is given is not decided here. First who lets in, then who comes in. */
#include "ike_priv.h"

/* ---- Who lets in ---- */

static void ask_for_answer(struct ike_sa *sa, const struct ike_cfg *request, enum ike_input input)
{
    const struct ike_access *access = &sa->e->access;
    struct ike_guest *g = sa->guest;
    g->held = true;
    TRACE(sa->e->scope, ike_ask_aaa, .sa = sa->id, .remote = sa->remote, .what = "attributes");
    ike_sa_move(sa, input, IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT);
    ike_guest_wait(sa);
    access->configure(access->self, sa->id, &g->party, g->user ? g->user : "", request);
}

void ike_config_asked(struct ike_exchange *x, const struct ike_cfg *request)
{
    ask_for_answer(x->sa, request, IKE_INPUT_FROM_PEER_CFG_REQUEST);
}

void ike_config_push(struct ike_sa *sa)
{
    ask_for_answer(sa, NULL, IKE_INPUT_INTERNAL_PHASE1_COMPLETE);
}

static void give(struct ike_sa *sa, const struct ike_cfg *answer)
{
    struct ike_exchange *x = ike_xact_held(sa, IKE_ABOUT_CONFIG);
    struct ike_cfg cfg = *answer;
    sa->guest->configured = true;
    cfg.type = CFG_SET;
    if (x)
        ike_xact_answer(x, &cfg, IKE_INPUT_FROM_AAA_GROUP_ATTR, IKE_STATE_QM_IDLE);
    else
        ike_xact_start(sa, IKE_ABOUT_CONFIG, &cfg, IKE_INPUT_FROM_AAA_GROUP_ATTR,
                       IKE_STATE_CONFIG_SET_SENT);
}

void ike_configured(struct ike_engine *e, ike_sa_id id, const struct ike_cfg *answer, ip4 address)
{
    struct ike_sa *sa = ike_sa_by_id(e, id);
    if (!sa || sa->state != IKE_STATE_CONFIG_AUTHOR_AAA_AWAIT)
        return;
    struct ike_guest *g = sa->guest;
    sim_timer_disarm(&g->wait);
    TRACE(e->scope, ike_aaa_reply, .sa = id, .remote = sa->remote, .what = "attributes",
          .ok = answer != NULL);
    g->assigned = answer ? address : 0;
    TRACE(e->scope, ike_assigned, .sa = id, .remote = sa->remote, .name = g->party.name,
          .user = g->user, .addr = g->assigned);
    if (answer)
        give(sa, answer);
    else
        ike_sa_end(sa, WHY_NO_ADDRESS, IKE_INPUT_FROM_AAA_GROUP_ATTR, true);
}

void ike_config_given(struct ike_exchange *x)
{
    ike_sa_move(x->sa, x->xact->input, x->xact->to);
    ike_guest_go_on(x->sa);
}

void ike_config_acked(struct ike_exchange *x)
{
    ike_sa_move(x->sa, IKE_INPUT_FROM_PEER_CFG_ACK, IKE_STATE_QM_IDLE);
    ike_guest_go_on(x->sa);
    if (x->sa->guest)
        ike_quick_take_up(x->sa);
}

/* ---- Who comes in ---- */

void ike_config_ask(struct ike_sa *sa)
{
    const struct ike_way *way = sa->guest->way;
    g_autofree struct ike_cfg_attr *attr = g_new0(struct ike_cfg_attr, way->n_wanted);
    for (size_t i = 0; i < way->n_wanted; i++) {
        attr[i].type = way->wanted[i];
        if (attr[i].type == CFG_ATTR_APPLICATION_VERSION)
            attr[i].value = span_of(way->version, way->version_bytes);
    }
    ike_xact_start(sa, IKE_ABOUT_CONFIG, &(struct ike_cfg){CFG_REQUEST, 0, attr, way->n_wanted},
                   IKE_INPUT_INTERNAL_PHASE1_COMPLETE, IKE_STATE_CONFIG_REQ_SENT);
}

static void take(struct ike_sa *sa, const struct ike_cfg *given)
{
    const struct ike_access *access = &sa->e->access;
    struct ike_guest *g = sa->guest;
    const struct ike_cfg_attr *address = ike_cfg_find(given, CFG_ATTR_IP4_ADDRESS);
    if (address && address->value.n == 4)
        g->assigned = be32_get(address->value.p);
    g->configured = true;
    if (access->configured)
        access->configured(access->self, sa->id, given);
}

void ike_config_got(struct ike_exchange *x, const struct ike_cfg *reply)
{
    struct ike_sa *sa = x->sa;
    bool awaited = sa->state == IKE_STATE_CONFIG_REQ_SENT;
    if (awaited)
        ike_sa_move(sa, IKE_INPUT_FROM_PEER_CFG_REPLY, IKE_STATE_QM_IDLE);
    take(sa, reply);
    if (awaited && sa->state == IKE_STATE_QM_IDLE)
        ike_guest_go_on(sa);
}

void ike_config_set(struct ike_exchange *x, const struct ike_cfg *set)
{
    take(x->sa, set);
}
