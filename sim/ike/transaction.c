/* Transaction exchanges, draft-ietf-ipsec-isakmp-mode-cfg 3: a question and its answer, each a HASH
 * over one payload of attributes. What they are about is the affair of xauth.c and mode_config.c.
 */
#include "ike_priv.h"

#define CFG_BYTES 3800 /* of attributes in a message: no more is heard by others */

/* ---- Attributes ---- */

const struct ike_cfg_attr *ike_cfg_find(const struct ike_cfg *cfg, uint16_t type)
{
    for (size_t i = 0; i < cfg->n; i++)
        if (cfg->attr[i].type == type)
            return &cfg->attr[i];
    return NULL;
}

struct ike_cfg_attr ike_cfg_basic(uint16_t type, uint16_t value, uint8_t bytes[2])
{
    be16_put(bytes, value);
    return (struct ike_cfg_attr){type, true, span_of(bytes, 2)};
}

static bool cfg_read(struct span body, struct arena *a, struct ike_cfg *out)
{
    struct isakmp_cfg wire;
    if (isakmp_cfg_parse(body, a, &wire) != WIRE_OK)
        return false;
    struct ike_cfg_attr *attr = arena_alloc(a, (wire.n_attr + 1) * sizeof *attr);
    for (size_t i = 0; i < wire.n_attr; i++)
        attr[i] = (struct ike_cfg_attr){wire.attr[i].type, wire.attr[i].basic, wire.attr[i].bytes};
    *out = (struct ike_cfg){wire.type, wire.id, attr, wire.n_attr};
    return true;
}

/* Attributes that find no room any more are left out. */
static struct span cfg_write(struct arena *a, const struct ike_cfg *cfg, uint8_t type, uint16_t id)
{
    uint8_t body[CFG_BYTES];
    struct wr w = wr_over(body, sizeof body);
    size_t bytes = 4, n = 0;
    struct isakmp_attr *attr = arena_alloc(a, (cfg->n + 1) * sizeof *attr);
    for (size_t i = 0; i < cfg->n; i++) {
        const struct ike_cfg_attr *from = &cfg->attr[i];
        size_t more = 4 + (from->basic ? 0 : from->value.n);
        if (bytes + more > sizeof body || (from->basic && from->value.n != 2))
            continue;
        bytes += more;
        attr[n++] = (struct isakmp_attr){
            .type = from->type & 0x7fff, .basic = from->basic, .bytes = from->value};
    }
    isakmp_cfg_emit(&(struct isakmp_cfg){type, id, attr, n}, &w);
    g_assert(wr_ok(&w));
    return arena_span(a, wr_done(&w));
}

static bool is_secret(uint16_t type)
{
    return type == CFG_ATTR_XAUTH_USER_PASSWORD || type == CFG_ATTR_XAUTH_PASSCODE ||
           type == CFG_ATTR_XAUTH_NEXT_PIN || type == CFG_ATTR_XAUTH_ANSWER;
}

static void say_attrs(const struct ike_exchange *x, const struct ike_cfg *cfg, bool ours)
{
    static const uint8_t mask[] = "********";
    for (size_t i = 0; i < cfg->n; i++) {
        const struct ike_cfg_attr *a = &cfg->attr[i];
        bool hidden = is_secret(a->type) && a->value.n;
        TRACE(x->sa->e->scope, xact_attr, .sa = x->sa->id, .msgid = x->msgid,
              .type = (enum cfg_type)cfg->type, .ours = ours, .attr = a->type, .basic = a->basic,
              .value = hidden ? span_of(mask, sizeof mask - 1) : a->value);
    }
}

static bool is_login(const struct ike_cfg *cfg)
{
    for (size_t i = 0; i < cfg->n; i++)
        if (cfg->attr[i].type >= CFG_ATTR_XAUTH_TYPE &&
            cfg->attr[i].type <= CFG_ATTR_XAUTH_ANSWER &&
            cfg->attr[i].type != CFG_ATTR_XAUTH_STATUS)
            return true;
    return false;
}

/* ---- Messages ---- */

static void put_cfg(struct ike_exchange *x, struct isakmp_out *o)
{
    struct ike_cfg cfg;
    g_assert(cfg_read(x->xact->out, x->arena, &cfg));
    say_attrs(x, &cfg, true);
    isakmp_put(o, PAYLOAD_ATTR, x->xact->out);
}

static struct ike_outcome ignore(enum ike_why why)
{
    return (struct ike_outcome){IKE_IGNORE, 0, why, PAYLOAD_ATTR};
}

/* Who lets in is asked for configuration, when the login is done; who comes in, for a name and a
 * password, and told of the verdict, or of its configuration. */
static bool is_in_place(const struct ike_sa *sa, const struct ike_cfg *cfg)
{
    const struct ike_access *access = &sa->e->access;
    const struct ike_guest *g = sa->guest;
    if (!g->way)
        return cfg->type == CFG_REQUEST && !is_login(cfg) && access->configure &&
               g->party.config != IKE_CFG_WAY_NONE && sa->state == IKE_STATE_QM_IDLE;
    if (cfg->type == CFG_REQUEST)
        return is_login(cfg) && access->challenged && !ike_xact_held(sa, IKE_ABOUT_LOGIN);
    return cfg->type == CFG_SET;
}

static struct ike_outcome check_question(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_cfg cfg;
    if (!cfg_read(ike_body_of(m, PAYLOAD_ATTR), m->arena, &cfg))
        return ignore(WHY_MALFORMED);
    return is_in_place(x->sa, &cfg) ? IKE_FINE : ignore(WHY_BAD_EXCHANGE);
}

static struct ike_outcome check_answer(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_cfg cfg, asked;
    if (!cfg_read(ike_body_of(m, PAYLOAD_ATTR), m->arena, &cfg))
        return ignore(WHY_MALFORMED);
    g_assert(cfg_read(x->xact->out, m->arena, &asked));
    bool fits = cfg.type == (asked.type == CFG_SET ? CFG_ACK : CFG_REPLY);
    return fits ? IKE_FINE : ignore(WHY_BAD_EXCHANGE);
}

/* Keeps the attributes as they came. */
static void take(struct ike_exchange *x, const struct ike_msg *m, struct ike_cfg *cfg)
{
    struct trace_scope *scope = x->sa->e->scope;
    x->xact->in = arena_span(x->arena, ike_body_of(m, PAYLOAD_ATTR));
    g_assert(cfg_read(x->xact->in, x->arena, cfg));
    TRACE(scope, xact_rx, .sa = x->sa->id, .msgid = x->msgid, .remote = x->sa->remote,
          .type = (enum cfg_type)cfg->type, .id = cfg->id);
    TRACE(scope, ike_hmac, .sa = x->sa->id, .msgid = x->msgid);
    say_attrs(x, cfg, false);
}

/* A SET is acknowledged with what it set, without values. */
static struct span ack_of(struct ike_exchange *x, const struct ike_cfg *set)
{
    struct ike_cfg ack = *set;
    struct ike_cfg_attr *attr = arena_dup(x->arena, set->attr, (set->n + 1) * sizeof *attr);
    for (size_t i = 0; i < set->n; i++)
        if (!attr[i].basic)
            attr[i].value = (struct span){0};
    ack.attr = attr;
    return cfg_write(x->arena, &ack, CFG_ACK, set->id);
}

static struct ike_outcome get_question(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_cfg cfg;
    x->xact = arena_alloc(x->arena, sizeof *x->xact);
    take(x, m, &cfg);
    x->xact->id = cfg.id;
    const struct ike_cfg_attr *status = ike_cfg_find(&cfg, CFG_ATTR_XAUTH_STATUS);
    if (cfg.type == CFG_REQUEST) {
        x->xact->about = is_login(&cfg) ? IKE_ABOUT_LOGIN : IKE_ABOUT_CONFIG;
        return (struct ike_outcome){.verdict = IKE_WAIT};
    }
    x->xact->about = status ? IKE_ABOUT_STATUS : IKE_ABOUT_CONFIG;
    x->xact->ok = status && status->value.n && status->value.p[status->value.n - 1] == 1;
    x->xact->out = ack_of(x, &cfg);
    return IKE_FINE;
}

static struct ike_outcome get_answer(struct ike_exchange *x, struct ike_msg *m)
{
    struct ike_cfg cfg;
    take(x, m, &cfg);
    return IKE_FINE;
}

// clang-format off
/* draft-ietf-ipsec-isakmp-mode-cfg 3.1:   HDR*, HASH, ATTR(REQUEST or SET)  -->
 *                                   <--   HDR*, HASH, ATTR(REPLY or ACK)                          */
static const struct ike_rule rules[] = {
    /* sender         enc   must               may        build    check           process       sent  received */
    { IKE_INITIATOR, true, P(HASH) | P(ATTR), P(NOTIFY), put_cfg, check_question, get_question, 0, 0, false },
    { IKE_RESPONDER, true, P(HASH) | P(ATTR), P(NOTIFY), put_cfg, check_answer,   get_answer,   0, 0, false },
};
static const char *const reasons[] = {
    [IKE_ABOUT_LOGIN] = "login", [IKE_ABOUT_STATUS] = "status", [IKE_ABOUT_CONFIG] = "config",
};
// clang-format on

/* ---- What the steps mean ---- */

static void heard(struct ike_exchange *x, const struct ike_rule *r)
{
    if (r == &rules[0])
        TRACE(x->sa->e->scope, xact_new, .sa = x->sa->id, .msgid = x->msgid, .ours = false,
              .state = x->sa->state);
}

static void leaving(struct ike_exchange *x)
{
    TRACE(x->sa->e->scope, xact_begin, .sa = x->sa->id, .msgid = x->msgid, .remote = x->sa->remote,
          .ours = x->role == IKE_INITIATOR);
}

static void say_over(const struct ike_exchange *x, bool error, const char *reason)
{
    TRACE(x->sa->e->scope, xact_done, .sa = x->sa->id, .msgid = x->msgid, .error = error,
          .reason = reason);
}

/* The peer's question is handed on; its answer comes from there. */
static void processed(struct ike_exchange *x, const struct ike_rule *r)
{
    struct ike_cfg cfg;
    if (r != &rules[0])
        return;
    g_assert(cfg_read(x->xact->in, x->arena, &cfg));
    if (cfg.type == CFG_REQUEST && x->xact->about == IKE_ABOUT_LOGIN)
        ike_login_asked(x, &cfg);
    else if (cfg.type == CFG_REQUEST)
        ike_config_asked(x, &cfg);
    else if (x->xact->about == IKE_ABOUT_CONFIG)
        ike_config_set(x, &cfg);
}

static void said(struct ike_exchange *x, const struct ike_rule *r)
{
    if (r == &rules[0]) {
        ike_sa_move(x->sa, x->xact->input, x->xact->to);
        return;
    }
    say_over(x, false, reasons[x->xact->about]);
    if (x->xact->about == IKE_ABOUT_LOGIN)
        ike_login_said(x);
    else if (x->xact->about == IKE_ABOUT_STATUS)
        ike_login_told(x);
    else if (!x->sa->guest->way)
        ike_config_given(x);
}

static void hand_on_answer(struct ike_exchange *x)
{
    struct ike_cfg cfg;
    g_assert(cfg_read(x->xact->in, x->arena, &cfg));
    say_over(x, false, reasons[x->xact->about]);
    if (x->xact->about == IKE_ABOUT_LOGIN)
        ike_login_reply(x, &cfg);
    else if (x->xact->about == IKE_ABOUT_STATUS)
        ike_login_acked(x);
    else if (cfg.type == CFG_REPLY)
        ike_config_got(x, &cfg);
    else
        ike_config_acked(x);
}

static void close_it(struct ike_exchange *x)
{
    if (x->over)
        return;
    ike_exchange_close(x);
    ike_exchange_linger(x, x->sa->e->profile->node_linger_s);
}

static void done(struct ike_exchange *x)
{
    if (x->role == IKE_INITIATOR)
        hand_on_answer(x);
    close_it(x);
}

/* Nobody answers, or nobody can tell what to answer: the SA is of no use. */
static void failed(struct ike_exchange *x, struct ike_outcome o, enum ike_input input)
{
    struct ike_sa *sa = x->sa;
    enum ike_about about = x->xact->about;
    bool refused = about == IKE_ABOUT_STATUS && !x->xact->ok;
    enum ike_why why = about == IKE_ABOUT_LOGIN ? WHY_LOGIN_ABANDONED
                       : refused                ? WHY_LOGIN
                       : x->held                ? WHY_NO_ADDRESS
                                                : o.why;
    say_over(x, true, "failed");
    TRACE(sa->e->scope, ike_fail, .sa = sa->id, .role = sa->role, .exchange = EXCHANGE_TRANSACTION,
          .msgid = x->msgid, .remote = sa->remote, .why = o.why);
    close_it(x);
    ike_sa_end(sa, why, input, true);
}

static uint32_t wait(const struct ike_exchange *x, uint32_t *retransmits)
{
    const struct ike_profile *profile = x->sa->e->profile;
    *retransmits = x->held ? 0 : profile->xact_retransmits;
    return x->held ? profile->login_wait_s : profile->xact_retransmit_s;
}

const struct ike_kind ike_transaction = {
    .exchange = EXCHANGE_TRANSACTION,
    .rule = rules,
    .n = G_N_ELEMENTS(rules),
    .heard = heard,
    .processed = processed,
    .said = said,
    .done = done,
    .failed = failed,
    .leaving = leaving,
    .wait = wait,
};

/* ---- Those of an SA ---- */

static struct ike_exchange *xact_new(struct ike_sa *sa, enum ike_role role, uint32_t msgid)
{
    struct ike_guest *g = sa->guest;
    struct ike_exchange *x = ike_exchange_new(sa, &ike_transaction, role, msgid);
    if (!g->xacts)
        g->xacts = g_ptr_array_new();
    g_ptr_array_add(g->xacts, x);
    return x;
}

struct ike_exchange *ike_xact_find(const struct ike_sa *sa, uint32_t msgid)
{
    const GPtrArray *all = sa->guest ? sa->guest->xacts : NULL;
    for (guint i = 0; all && i < all->len; i++) {
        struct ike_exchange *x = all->pdata[i];
        if (x->msgid == msgid)
            return x;
    }
    return NULL;
}

struct ike_exchange *ike_xact_held(const struct ike_sa *sa, enum ike_about about)
{
    const GPtrArray *all = sa->guest ? sa->guest->xacts : NULL;
    for (guint i = 0; all && i < all->len; i++) {
        struct ike_exchange *x = all->pdata[i];
        if (x->held && x->xact->about == about)
            return x;
    }
    return NULL;
}

bool ike_xact_under_way(const struct ike_sa *sa, enum ike_about about)
{
    const GPtrArray *all = sa->guest->xacts;
    for (guint i = 0; all && i < all->len; i++) {
        const struct ike_exchange *x = all->pdata[i];
        if (!x->over && x->role == IKE_INITIATOR && x->xact->about == about)
            return true;
    }
    return false;
}

void ike_xact_start(struct ike_sa *sa, enum ike_about about, const struct ike_cfg *cfg,
                    enum ike_input input, enum ike_state to)
{
    struct ike_exchange *x = xact_new(sa, IKE_INITIATOR, ike_msgid_new(sa));
    sim_timer_disarm(&sa->guest->wait);
    x->xact = arena_alloc(x->arena, sizeof *x->xact);
    *x->xact = (struct ike_xact){
        .about = about,
        .out = cfg_write(x->arena, cfg, cfg->type, cfg->id),
        .input = input,
        .to = to,
        .ok = sa->guest->verdict,
    };
    TRACE(sa->e->scope, xact_new, .sa = sa->id, .msgid = x->msgid, .ours = true,
          .state = sa->state);
    ike_exchange_start(x);
}

void ike_xact_answer(struct ike_exchange *x, const struct ike_cfg *cfg, enum ike_input input,
                     enum ike_state to)
{
    sim_timer_disarm(&x->sa->guest->wait);
    x->xact->out = cfg_write(x->arena, cfg, CFG_REPLY, x->xact->id);
    x->xact->input = input;
    x->xact->to = to;
    ike_exchange_resume(x);
}

/* ---- Hearing ---- */

/* Finished ones that linger make room first. */
static bool room_for_one(struct ike_sa *sa)
{
    GPtrArray *all = sa->guest->xacts;
    for (guint i = 0; all && all->len >= IKE_MAX_XACTS && i < all->len;) {
        struct ike_exchange *x = all->pdata[i];
        if (!x->over) {
            i++;
            continue;
        }
        ike_msgid_remember(sa, x->msgid);
        g_ptr_array_remove_index(all, i);
        ike_exchange_free(x);
    }
    return !all || all->len < IKE_MAX_XACTS;
}

static void hear_new(struct ike_sa *sa, struct ike_msg *m)
{
    struct ike_exchange *x = xact_new(sa, IKE_RESPONDER, m->head.msgid);
    if (ike_exchange_hear(x, m))
        return;
    g_ptr_array_remove(sa->guest->xacts, x);
    ike_exchange_free(x);
}

/* While a login is under way nothing else is talked about. */
static bool is_early(const struct ike_sa *sa, uint32_t msgid)
{
    return !ike_sa_up(sa) || !msgid ||
           (sa->guest && !sa->guest->way && sa->state != IKE_STATE_QM_IDLE &&
            !ike_xact_find(sa, msgid));
}

void ike_xact_hear(struct ike_sa *sa, struct ike_msg *m)
{
    struct ike_engine *e = sa->e;
    uint32_t msgid = m->head.msgid;
    struct ike_exchange *x = ike_xact_find(sa, msgid);
    if (is_early(sa, msgid)) {
        ++*e->count.early;
    } else if (!sa->guest) {
        ike_bad_message(e, sa, m, (struct ike_outcome){IKE_IGNORE, 0, WHY_BAD_EXCHANGE});
    } else if (x) {
        ike_exchange_hear(x, m);
    } else if (ike_msgid_seen(sa, msgid) || ike_quick_find(sa, msgid)) {
        ++*e->count.duplicates;
        TRACE(e->scope, ike_duplicate, .sa = sa->id, .remote = m->remote, .msgid = msgid,
              .answered = false);
    } else if (!room_for_one(sa)) {
        ++*e->count.limit;
    } else {
        hear_new(sa, m);
    }
}
