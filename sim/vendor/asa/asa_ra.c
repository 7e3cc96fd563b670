/* Who comes in from outside: the group that a client names (or DefaultRAGroup), its login by the
 * group's servers or the device's own users, and the limits that its session meets (CAT-42, 44, 47,
 * 50, 60, 72). */
#include "asa_ra.h"

#include <string.h>

#define TRIES 3 /* names and passwords that a client may give until it is put out */

/* ---- Phase 1 names a group ---- */

static struct ike_liveness liveness_of(const struct asa_group *g)
{
    return (struct ike_liveness){
        .threshold_s = g->keepalive.disabled ? 0 : g->keepalive.threshold_s,
        .retry_s = g->keepalive.retry_s,
        .periodic = true,
        .unannounced = g->keepalive.disabled,
    };
}

static void timer_due(void *owner);

static struct asa_remote *remote_new(struct asa *s, const struct ike_claim *claim,
                                     const struct asa_group *g)
{
    struct asa_remote *r = g_new0(struct asa_remote, 1);
    r->s = s;
    r->sa = claim->sa;
    r->local = claim->local;
    r->peer = claim->remote;
    r->v6 = claim->xauth;
    r->group = g_strdup(g->name);
    r->wanted = g_array_new(FALSE, FALSE, sizeof(uint16_t));
    r->since = sim_now(s->d->sim);
    sim_timer_init(s->d->sim, &r->timer, timer_due, r);
    g_ptr_array_add(s->remotes, r);
    return r;
}

static enum ike_why identify(void *self, const struct ike_claim *claim, struct ike_party *out)
{
    struct asa *s = self;
    if (claim->exchange != EXCHANGE_AGGRESSIVE)
        return WHY_NONE; /* found by its address */
    const struct asa_group *g = asa_group_claimed(s, claim->text);
    if (asa_kept_text(s, NULL, "crypto isakmp am-disable") ||
        asa_kept_text(s, NULL, "isakmp am-disable") ||
        asa_kept_text(s, NULL, "crypto ikev1 am-disable")) {
        asa_log(s, 5, 713904, "IP = %s, Aggressive Mode connections disabled, dropping",
                IP4S(claim->remote));
        return WHY_BAD_EXCHANGE;
    }
    if (!g || !g->key) {
        asa_log(s, 4, 713903, "IP = %s, Can't find a valid tunnel group, aborting...!",
                IP4S(claim->remote));
        return WHY_NO_GROUP;
    }
    g_strlcpy(out->name, g->name, sizeof out->name);
    g_strlcpy(out->key, g->key, sizeof out->key);
    out->xauth = g->user_auth != ASA_USER_AUTH_NONE;
    out->config = IKE_CFG_WAY_RESPOND;
    out->tell_life = true;
    const struct asa_chain c = asa_chain_of(s, g);
    out->login_again = asa_setting_on(s, &c, ASA_SET_RE_XAUTH);
    out->has_liveness = true;
    out->liveness = liveness_of(g);
    struct asa_remote *r = asa_remote_of(s, claim->sa);
    if (!r)
        r = remote_new(s, claim, g);
    return WHY_NONE;
}

static bool xauth_offered(void *self, ike_sa_id sa, ip4 local, ip4 remote)
{
    const struct asa *s = self;
    for (guint i = 0; i < s->groups->len; i++) {
        const struct asa_group *g = g_ptr_array_index(s->groups, i);
        if (g->ra && g->key)
            return true;
    }
    return false;
}

/* ---- Answers ---- */

static void answer_soon(struct asa_remote *r, enum asa_ra_due due)
{
    r->due = due;
    sim_timer_arm(&r->timer, sim_now(r->s->d->sim));
}

static void put_out(struct asa_remote *r, enum ike_why why)
{
    r->out = why;
    answer_soon(r, ASA_RA_OUT);
}

static void timer_due(void *owner)
{
    struct asa_remote *r = owner;
    struct asa *s = r->s;
    enum asa_ra_due due = r->due;
    r->due = ASA_RA_NOTHING;
    if (due == ASA_RA_BEGUN)
        ike_login_begun(s->d->ike, r->sa);
    else if (due == ASA_RA_CONFIGURED)
        asa_ra_reply(r);
    else if (due == ASA_RA_OUT)
        ike_clear(s->d->ike, r->sa, r->out);
}

/* What a client does that does not announce XAUTH is the second version of its drafts: it cannot be
 * spoken with (CAT-72). */
static bool too_old(struct asa_remote *r)
{
    if (r->v6)
        return false;
    asa_ra_say(r, 5, 713904,
               "Client is using an unsupported Transaction Mode v2 version."
               "Tunnel terminated.");
    put_out(r, WHY_PROTOCOL_REFUSED);
    return true;
}

static void login_begin(void *self, ike_sa_id sa, const struct ike_party *p)
{
    struct asa_remote *r = asa_remote_of(self, sa);
    if (r && !too_old(r))
        answer_soon(r, ASA_RA_BEGUN);
}

/* ---- Limits ---- */

/* The session that a client renews is no other one. */
static bool is_same_client(const struct asa *s, const struct asa_remote *a,
                           const struct asa_remote *b)
{
    return a->peer == b->peer && strcmp(a->group, b->group) == 0 &&
           asa_ra_nat(s, a->sa) == asa_ra_nat(s, b->sa);
}

static unsigned sessions_of(const struct asa *s, const struct asa_remote *self, const char *user,
                            struct asa_remote **oldest)
{
    unsigned n = 0;
    *oldest = NULL;
    for (guint i = 0; i < s->remotes->len; i++) {
        struct asa_remote *r = g_ptr_array_index(s->remotes, i);
        if (r == self || !r->in || g_strcmp0(r->user, user) != 0 || is_same_client(s, r, self))
            continue;
        if (!*oldest)
            *oldest = r;
        n++;
    }
    return n;
}

/* As many sessions as the operator allows, of any type (CAT-61). */
static bool house_full(const struct asa_remote *r)
{
    const struct asa *s = r->s;
    static const char word[] = "vpn-sessiondb max-session-limit";
    const char *text = asa_kept_text(s, NULL, word);
    if (!text)
        return false;
    uint64_t limit = g_ascii_strtoull(text + strlen(word), NULL, 10);
    return asa_sessions_besides(s, r->peer, asa_ra_nat(s, r->sa)) >= limit;
}

/* May this user have one session more? The fourth is refused (CAT-60); where the profile says so,
 * the oldest makes room. */
static bool user_may(struct asa_remote *r, const struct asa_chain *c)
{
    struct asa *s = r->s;
    struct asa_remote *oldest;
    unsigned n = sessions_of(s, r, r->user, &oldest);
    uint32_t limit = asa_setting_u32(s, c, ASA_SET_LOGINS, 3);
    if (n < limit)
        return true;
    if (limit && s->d->profile.login_replaces_oldest) {
        put_out(oldest, WHY_ADMIN);
        return true;
    }
    return false;
}

static void full(const struct asa_remote *r)
{
    asa_ra_say(r, 4, 713239, "Tunnel Rejected: The maximum tunnel count allowed has been reached");
}

/* What the policies say of a login whose password was right. */
static bool admitted(struct asa_remote *r)
{
    struct asa *s = r->s;
    struct asa_chain c = asa_ra_chain(s, r);
    const char *lock = asa_setting(s, &c, ASA_SET_GROUP_LOCK);
    if (!(asa_setting_protocols(s, &c) & ASA_TUNNEL_IPSEC)) {
        asa_ra_say(r, 3, 713206,
                   "Tunnel Rejected: Conflicting protocols specified by tunnel-group and "
                   "group-policy");
        return false;
    }
    if (lock && strcmp(lock, r->group) != 0) {
        asa_log(s, 6, 113013,
                "AAA unable to complete the request Error : reason = Account not locked to this "
                "tunnel group : user = %s",
                r->user);
        return false;
    }
    if ((r->user && !user_may(r, &c)) || house_full(r)) {
        full(r);
        return false;
    }
    return true;
}

/* ---- The login ---- */

/* Whom the group asks: "radius LOCAL"; nothing said is LOCAL. */
static size_t methods_of(const struct asa *s, const struct asa_remote *r, struct aaa_method *m)
{
    const struct asa_group *g = asa_ra_group(s, r);
    const struct net_if *on = net_if_by_addr(s->d->node, r->local);
    g_auto(GStrv) words = asa_group_words(g ? g->servers : NULL, on ? asa_if_word(s, on) : NULL);
    size_t n = 0;
    for (char **w = words; *w && n < AAA_MAX_METHODS; w++) {
        if (!**w)
            continue;
        m[n] = (struct aaa_method){.kind = strcmp(*w, "LOCAL") == 0  ? AAA_LOCAL
                                           : strcmp(*w, "none") == 0 ? AAA_NONE
                                                                     : AAA_GROUP};
        g_strlcpy(m[n].group, *w, sizeof m[n].group);
        n++;
    }
    if (n == 0)
        m[n++] = (struct aaa_method){.kind = AAA_LOCAL};
    return n;
}

static void set_text(char **at, const char *text)
{
    g_free(*at);
    *at = g_strdup(text);
}

static void let_in(struct asa_remote *r, const struct aaa_reply *reply)
{
    r->local_user = reply->method == AAA_LOCAL;
    set_text(&r->policy, asa_policy_find(r->s, reply->group) ? reply->group : NULL);
    r->framed = reply->framed;
    r->framed_mask = reply->framed_mask;
    r->session_s = reply->session_s;
    r->idle_s = reply->idle_s;
    if (!admitted(r)) {
        ike_login_judged(r->s->d->ike, r->sa, false, false);
        return;
    }
    r->in = r->counted = true;
    r->since = sim_now(r->s->d->sim);
    asa_ra_welcome(r);
    ike_login_judged(r->s->d->ike, r->sa, true, false);
}

static void untold(struct asa_remote *r)
{
    asa_ra_say(r, 3, 713167,
               "Remote peer has failed user authentication -  check configured username and "
               "password");
    put_out(r, WHY_LOGIN);
}

/* How many answers of servers did not verify so far. */
static uint32_t bad_answers(const struct asa *s)
{
    uint32_t n = 0;
    for (guint i = 0; i < s->aaa_hosts->len; i++) {
        const struct asa_aaa_host *h = g_ptr_array_index(s->aaa_hosts, i);
        n += aaa_server_count(s->aaa, h->group, h->addr).bad;
    }
    return n;
}

/* Silence is told as a failure (CAT-47). Answers that do not verify are nothing that can be told:
 * the client is put out, and knows no reason (CAT-50). */
static void judged(void *self, const struct aaa_reply *reply)
{
    struct asa_remote *r = self;
    r->question = 0;
    if (reply->verdict == AAA_PASS)
        let_in(r, reply);
    else if (reply->verdict == AAA_ERROR && bad_answers(r->s) != r->bad_before)
        untold(r);
    else
        ike_login_judged(r->s->d->ike, r->sa, false,
                         reply->verdict == AAA_FAIL && r->tries < TRIES);
}

static void login(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                  const char *password)
{
    struct asa *s = self;
    struct asa_remote *r = asa_remote_of(s, sa);
    struct aaa_method m[AAA_MAX_METHODS];
    if (!r)
        return;
    r->tries++;
    set_text(&r->user, user ? user : "");
    struct aaa_user *u = aaa_user_find(s->aaa, r->user);
    if (u)
        asa_user_unseal(u, password ? password : "");
    size_t n = methods_of(s, r, m);
    r->bad_before = bad_answers(s);
    r->question = aaa_login_by(s->aaa, m, n, r->user, password ? password : "", judged, r);
}

/* ---- Its configuration ---- */

static void configure(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request)
{
    struct asa *s = self;
    struct asa_remote *r = asa_remote_of(s, sa);
    if (!r)
        return;
    r->counted = true;
    if (!r->in && too_old(r))
        return;
    if (!r->in && !admitted(r)) {
        put_out(r, WHY_PROTOCOL_REFUSED);
        return;
    }
    r->in = true;
    asa_ra_requested(r, request);
    answer_soon(r, ASA_RA_CONFIGURED);
}

/* ---- It leaves, or goes on ---- */

static void departed(void *self, ike_sa_id sa, enum ike_why why)
{
    struct asa *s = self;
    struct asa_remote *r = asa_remote_of(s, sa);
    if (!r)
        return;
    device_carry_udp(s->d, r->peer, 0);
    g_ptr_array_remove(s->remotes, r);
}

static void moved(void *self, ike_sa_id from, ike_sa_id to)
{
    struct asa *s = self;
    struct asa_remote *r = asa_remote_of(s, from), *fresh = asa_remote_of(s, to);
    if (!r)
        return;
    if (fresh)
        g_ptr_array_remove(s->remotes, fresh);
    r->sa = to;
}

void asa_ra_start(struct asa *s)
{
    const struct ike_access access = {
        .self = s,
        .identify = identify,
        .xauth_offered = xauth_offered,
        .login_begin = login_begin,
        .login = login,
        .configure = configure,
        .departed = departed,
        .moved = moved,
    };
    ike_on_access(s->d->ike, &access);
}

void asa_ra_stop(struct asa *s)
{
    ike_on_access(s->d->ike, NULL);
}
