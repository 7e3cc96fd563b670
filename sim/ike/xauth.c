/* Logins, draft-ietf-ipsec-isakmp-xauth: a question for name and password after phase 1, and what
 * was thought of the answer. First who lets in, then who comes in. */
#include "ike_priv.h"

#define TEXT_MAX 255

/* ---- Who lets in ---- */

/* The key of a peer may free it; and who offered a plain form is let in where that is proof enough.
 */
bool ike_login_is_wanted(const struct ike_sa *sa)
{
    const struct ike_guest *g = sa->guest;
    bool plain = sa->policy.auth == IKE_AUTH_PSK;
    return sa->role == IKE_RESPONDER && g->party.xauth && sa->e->access.login_begin &&
           !sa->excused && !(g->party.no_proof && plain);
}

static void ask_to_begin(struct ike_sa *sa, enum ike_input input)
{
    const struct ike_access *access = &sa->e->access;
    TRACE(sa->e->scope, ike_ask_aaa, .sa = sa->id, .remote = sa->remote, .what = "login-begin");
    ike_sa_move(sa, input, IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT);
    ike_guest_wait(sa);
    access->login_begin(access->self, sa->id, &sa->guest->party);
}

void ike_login_start(struct ike_sa *sa)
{
    TRACE(sa->e->scope, ike_need_xauth, .sa = sa->id, .remote = sa->remote,
          .name = sa->guest->party.name);
    ask_to_begin(sa, IKE_INPUT_INTERNAL_PHASE1_COMPLETE);
}

static void ask_for_login(struct ike_sa *sa, enum ike_input input)
{
    static const struct ike_cfg_attr attr[] = {
        {.type = CFG_ATTR_XAUTH_USER_NAME},
        {.type = CFG_ATTR_XAUTH_USER_PASSWORD},
    };
    ike_xact_start(sa, IKE_ABOUT_LOGIN, &(struct ike_cfg){CFG_REQUEST, 0, attr, G_N_ELEMENTS(attr)},
                   input, IKE_STATE_XAUTH_REQ_SENT);
}

void ike_login_begun(struct ike_engine *e, ike_sa_id id)
{
    struct ike_sa *sa = ike_sa_by_id(e, id);
    if (!sa || sa->state != IKE_STATE_XAUTH_AAA_START_LOGIN_AWAIT)
        return;
    TRACE(e->scope, ike_aaa_reply, .sa = id, .remote = sa->remote, .what = "login-begin",
          .ok = true);
    ask_for_login(sa, IKE_INPUT_FROM_AAA_START_LOGIN);
}

/* NULL when there is none. */
static char *text_of(const struct ike_cfg *cfg, uint16_t type)
{
    const struct ike_cfg_attr *a = ike_cfg_find(cfg, type);
    return a && !a->basic ? g_strndup((const char *)a->value.p, MIN(a->value.n, TEXT_MAX)) : NULL;
}

/* A status instead of a name: the user gave up. */
static bool gave_up(const struct ike_cfg *reply)
{
    return ike_cfg_find(reply, CFG_ATTR_XAUTH_STATUS) ||
           !ike_cfg_find(reply, CFG_ATTR_XAUTH_USER_NAME);
}

void ike_login_reply(struct ike_exchange *x, const struct ike_cfg *reply)
{
    struct ike_sa *sa = x->sa;
    const struct ike_access *access = &sa->e->access;
    struct ike_guest *g = sa->guest;
    if (gave_up(reply)) {
        ike_sa_end(sa, WHY_LOGIN_ABANDONED, IKE_INPUT_FROM_PEER_CFG_REPLY, true);
        return;
    }
    g_autofree char *password = text_of(reply, CFG_ATTR_XAUTH_USER_PASSWORD);
    if (!password)
        password = text_of(reply, CFG_ATTR_XAUTH_PASSCODE);
    g_free(g->user);
    g->user = text_of(reply, CFG_ATTR_XAUTH_USER_NAME);
    TRACE(sa->e->scope, ike_ask_aaa, .sa = sa->id, .remote = sa->remote, .what = "login");
    ike_sa_move(sa, IKE_INPUT_FROM_PEER_CFG_REPLY, IKE_STATE_XAUTH_AAA_CONT_LOGIN_AWAIT);
    ike_guest_wait(sa);
    access->login(access->self, sa->id, &g->party, g->user ? g->user : "",
                  password ? password : "");
}

static void tell_verdict(struct ike_sa *sa, bool ok, enum ike_input input)
{
    uint8_t bytes[2];
    const struct ike_cfg_attr status = ike_cfg_basic(CFG_ATTR_XAUTH_STATUS, ok, bytes);
    sa->guest->verdict = ok;
    ike_xact_start(sa, IKE_ABOUT_STATUS, &(struct ike_cfg){CFG_SET, 0, &status, 1}, input,
                   IKE_STATE_XAUTH_SET_SENT);
}

/* Who agreed on a login waits for one, though its session goes on: the verdict comes without. */
void ike_login_confirm(struct ike_sa *sa)
{
    if (sa->policy.auth == IKE_AUTH_XAUTH_INIT_PSK && sa->state == IKE_STATE_QM_IDLE)
        tell_verdict(sa, true, IKE_INPUT_INTERNAL_PHASE1_COMPLETE);
}

void ike_login_judged(struct ike_engine *e, ike_sa_id id, bool ok, bool again)
{
    struct ike_sa *sa = ike_sa_by_id(e, id);
    if (!sa || sa->state != IKE_STATE_XAUTH_AAA_CONT_LOGIN_AWAIT)
        return;
    struct ike_guest *g = sa->guest;
    TRACE(e->scope, ike_aaa_reply, .sa = id, .remote = sa->remote, .what = "login", .ok = ok);
    TRACE(e->scope, ike_login, .sa = id, .remote = sa->remote, .name = g->party.name,
          .user = g->user, .ok = ok);
    g->logged_in = g->logged_in || ok;
    if (ok && !ike_guest_take_over(sa))
        g->held = true;
    if (!ok && again)
        ask_for_login(sa, IKE_INPUT_FROM_AAA_CONT_LOGIN);
    else
        tell_verdict(sa, ok, IKE_INPUT_FROM_AAA_CONT_LOGIN);
}

void ike_login_acked(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    if (!x->xact->ok) {
        ike_sa_end(sa, WHY_LOGIN, IKE_INPUT_FROM_PEER_CFG_ACK, true);
        return;
    }
    ike_sa_move(sa, IKE_INPUT_FROM_PEER_CFG_ACK, IKE_STATE_QM_IDLE);
    ike_guest_go_on(sa);
}

/* ---- Who comes in ---- */

void ike_login_asked(struct ike_exchange *x, const struct ike_cfg *request)
{
    struct ike_sa *sa = x->sa;
    const struct ike_access *access = &sa->e->access;
    struct ike_xact *t = x->xact;
    for (size_t i = 0; i < request->n && t->n_asked < IKE_MAX_ASKED; i++)
        t->asked[t->n_asked++] = request->attr[i].type;
    ike_sa_move(sa, IKE_INPUT_FROM_PEER_CFG_REQUEST, IKE_STATE_XAUTH_REPLY_AWAIT);
    ike_guest_wait(sa);
    access->challenged(access->self, sa->id, request);
}

static struct span text(const char *s)
{
    return span_of(s, s ? MIN(strlen(s), TEXT_MAX) : 0);
}

/* What was asked for, in that order; what nobody here has is left out. */
static size_t answers(const struct ike_xact *t, const char *user, const char *password,
                      struct ike_cfg_attr *attr, uint8_t type[2])
{
    size_t n = 0;
    for (size_t i = 0; i < t->n_asked; i++) {
        uint16_t asked = t->asked[i];
        if (asked == CFG_ATTR_XAUTH_TYPE)
            attr[n++] = ike_cfg_basic(asked, 0, type);
        else if (asked == CFG_ATTR_XAUTH_USER_NAME)
            attr[n++] = (struct ike_cfg_attr){.type = asked, .value = text(user)};
        else if (asked == CFG_ATTR_XAUTH_USER_PASSWORD || asked == CFG_ATTR_XAUTH_PASSCODE)
            attr[n++] = (struct ike_cfg_attr){.type = asked, .value = text(password)};
    }
    return n;
}

void ike_login_say(struct ike_engine *e, ike_sa_id id, const char *user, const char *password)
{
    struct ike_sa *sa = ike_sa_by_id(e, id);
    struct ike_exchange *x = sa ? ike_xact_held(sa, IKE_ABOUT_LOGIN) : NULL;
    struct ike_cfg_attr attr[IKE_MAX_ASKED];
    uint8_t bytes[2];
    if (!x || sa->state != IKE_STATE_XAUTH_REPLY_AWAIT)
        return;
    g_free(sa->guest->user);
    sa->guest->user = g_strdup(user);
    size_t n = user ? answers(x->xact, user, password, attr, bytes) : 1;
    if (!user)
        attr[0] = ike_cfg_basic(CFG_ATTR_XAUTH_STATUS, 0, bytes);
    ike_xact_answer(x, &(struct ike_cfg){CFG_REPLY, 0, attr, n}, IKE_INPUT_INTERNAL_USER_LOGIN,
                    IKE_STATE_XAUTH_REPLY_SENT);
    if (!user)
        ike_sa_end(sa, WHY_LOGIN_ABANDONED, IKE_INPUT_INTERNAL_USER_LOGIN, true);
}

void ike_login_said(struct ike_exchange *x)
{
    ike_sa_move(x->sa, x->xact->input, x->xact->to);
    ike_guest_wait(x->sa);
}

/* The verdict has been acknowledged. Refused: the other end asks again, or ends the SA. */
void ike_login_told(struct ike_exchange *x)
{
    struct ike_sa *sa = x->sa;
    const struct ike_access *access = &sa->e->access;
    struct ike_guest *g = sa->guest;
    bool ok = x->xact->ok;
    sim_timer_disarm(&g->wait);
    g->logged_in = ok;
    g->refused = !ok;
    ike_sa_move(sa, IKE_INPUT_FROM_PEER_CFG_SET,
                ok ? IKE_STATE_QM_IDLE : IKE_STATE_XAUTH_REQ_AWAIT);
    if (!ok)
        ike_guest_wait(sa);
    if (access->judged)
        access->judged(access->self, sa->id, ok);
    if (ok && sa->state == IKE_STATE_QM_IDLE)
        ike_guest_go_on(sa);
}
