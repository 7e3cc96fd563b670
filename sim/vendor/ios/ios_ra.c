/* The engine's questions about who comes in, answered from profiles, maps, groups and AAA
 * (hub-and-spoke.md 2.1 to 2.4; ike/access.h). Every answer that needs AAA comes by way of it,
 * later, though the list be local: "got callback 1". */
#include "vendor/ios/ios_ra.h"

#include <string.h>

#include "wire/isakmp.h"

/* ---- Sessions and questions ---- */

struct ios_ra_session *ios_ra_session_of(struct ios *s, ike_sa_id sa)
{
    for (guint i = 0; i < s->ra->sessions->len; i++) {
        struct ios_ra_session *x = &g_array_index(s->ra->sessions, struct ios_ra_session, i);
        if (x->sa == sa)
            return x;
    }
    return NULL;
}

static struct ios_ra_session *session_make(struct ios *s, ike_sa_id sa, const struct ike_party *p)
{
    struct ios_ra_session *x = ios_ra_session_of(s, sa);
    if (!x) {
        struct ios_ra_session fresh = {.sa = sa};
        g_array_append_val(s->ra->sessions, fresh);
        x = ios_ra_session_of(s, sa);
    }
    g_strlcpy(x->party, p->name, sizeof x->party);
    g_strlcpy(x->group, p->group[0] ? p->group : p->name, sizeof x->group);
    return x;
}

static void session_drop(struct ios *s, struct ios_ra_session *x)
{
    ios_ra_session_clear(x);
    g_array_remove_index(s->ra->sessions,
                         (guint)(x - &g_array_index(s->ra->sessions, struct ios_ra_session, 0)));
}

static void question_drop(struct ios_question *q)
{
    g_ptr_array_remove_fast(q->s->ra->questions, q);
    g_free(q);
}

static void answered(void *self, const struct aaa_reply *reply)
{
    struct ios_question *q = self;
    g_ptr_array_remove_fast(q->s->ra->questions, q);
    q->then(q->s, q, reply);
    g_free(q);
}

/* Questions about an SA that is gone are taken back. */
static void forget_questions(struct ios *s, ike_sa_id sa)
{
    for (guint i = s->ra->questions->len; i-- > 0;) {
        struct ios_question *q = g_ptr_array_index(s->ra->questions, i);
        if (sa && q->sa != sa)
            continue;
        aaa_cancel(s->ra->aaa, q->number);
        question_drop(q);
    }
}

void ios_ra_ask(struct ios *s, ike_sa_id sa, const struct ike_party *p, ios_answer_fn then,
                const char *list, const char *user, const char *password)
{
    struct ios_question *q = g_new0(struct ios_question, 1);
    q->s = s;
    q->sa = sa;
    q->party = *p;
    q->then = then;
    g_strlcpy(q->user, user ? user : "", sizeof q->user);
    g_ptr_array_add(s->ra->questions, q);
    if (list)
        q->number = aaa_login(s->ra->aaa, list, user, password, answered, q);
    else
        q->number = aaa_defer(s->ra->aaa, answered, q);
}

const struct ios_group *ios_ra_group(const struct ios *s, const struct ike_party *p)
{
    return ios_group_find(s, p->group[0] ? p->group : p->name);
}

/* ---- Who is it ---- */

static const char *profile_names(const struct ios *s, GString *out)
{
    for (guint i = 0; i < s->ra->profiles->len; i++) {
        const struct ios_profile *p = g_ptr_array_index(s->ra->profiles, i);
        if (p->matches->len > 0)
            g_string_append_printf(out, "%s%s", out->len ? " " : "", p->name);
    }
    return out->str;
}

static guint users_in(const struct ios *s, const char *group)
{
    guint n = 0;
    for (guint i = 0; i < s->ra->sessions->len; i++)
        n += strcmp(g_array_index(s->ra->sessions, struct ios_ra_session, i).group, group) == 0;
    return n;
}

static guint logins_of(const struct ios *s, const char *user, ike_sa_id but)
{
    guint n = 0;
    for (guint i = 0; i < s->ra->sessions->len; i++) {
        const struct ios_ra_session *x = &g_array_index(s->ra->sessions, struct ios_ra_session, i);
        n += x->sa != but && x->addr && strcmp(x->user, user) == 0;
    }
    return n;
}

static void put_way(const struct ios_client_way *way, struct ike_party *out)
{
    out->xauth = way->login_list != NULL;
    out->config = way->initiate  ? IKE_CFG_WAY_PUSH
                  : way->respond ? IKE_CFG_WAY_RESPOND
                                 : IKE_CFG_WAY_NONE;
}

/* A group of settings by its name: its key is asked for of AAA, so there must be a list to ask. */
static enum ike_why put_group(struct ios *s, const struct ios_client_way *way, const char *name,
                              struct ike_party *out)
{
    const struct ios_group *g = ios_group_find(s, name);
    g_strlcpy(out->group, name, sizeof out->group);
    out->ask_key = true;
    if (!way->author_list)
        return WHY_NO_GROUP;
    if (g && g->max_users && users_in(s, name) >= g->max_users)
        return WHY_SESSIONS;
    return WHY_NONE;
}

static bool key_excuses(const struct ios *s, ip4 remote)
{
    const struct ike_key *key = ike_key_for(s->d->ike_conf, remote);
    return key && key->no_xauth;
}

/* A peer of no profile is what the crypto map says, as it was before there were profiles; but where
 * its key would have to come from a profile's keyring, it has none. */
static enum ike_why identify_by_map(struct ios *s, const struct ike_claim *c, struct ike_party *out)
{
    const struct ios_client_way *way = ios_ra_way(s, c->local, NULL);
    put_way(way, out);
    if (c->exchange == EXCHANGE_AGGRESSIVE && c->type == ID_KEY_ID) {
        g_strlcpy(out->name, c->text, sizeof out->name); /* clients of a map are their group */
        return put_group(s, way, c->text, out);
    }
    if (s->ra->profiles->len > 0 && !ike_key_for(s->d->ike_conf, c->remote))
        return WHY_NO_GROUP;
    if (key_excuses(s, c->remote)) {
        out->xauth = false;
        out->config = IKE_CFG_WAY_NONE;
    }
    return WHY_NONE;
}

static enum ike_why identify(void *self, const struct ike_claim *c, struct ike_party *out)
{
    struct ios *s = self;
    const struct ios_profile *p = ios_profile_match(s, c);
    if (!p)
        return identify_by_map(s, c, out);
    g_strlcpy(out->name, p->name, sizeof out->name);
    put_way(&p->way, out);
    out->has_liveness = p->liveness.threshold_s != 0;
    out->liveness = p->liveness;
    if (c->exchange == EXCHANGE_AGGRESSIVE && c->type == ID_KEY_ID)
        return put_group(s, &p->way, c->text, out);
    return WHY_NONE;
}

/* Any list for logins, of a profile or of the map, makes XAUTH forms of the key acceptable, for
 * whoever calls (H-13). */
static bool xauth_offered(void *self, ike_sa_id sa, ip4 local, ip4 remote)
{
    struct ios *s = self;
    g_autoptr(GString) names = g_string_new(NULL);
    profile_names(s, names);
    bool any = ios_ra_way(s, local, NULL)->login_list != NULL;
    for (guint i = 0; i < s->ra->profiles->len; i++)
        any |=
            ((const struct ios_profile *)g_ptr_array_index(s->ra->profiles, i))->way.login_list !=
            NULL;
    if (any || names->len)
        TRACE(s->d->scope, ike_profiles, .sa = sa, .remote = remote, .names = names->str,
              .xauth = any);
    return any;
}

/* ---- Keys ---- */

static bool profile_has(const struct ios_profile *p, const char *keyring)
{
    for (guint i = 0; i < p->keyrings->len; i++)
        if (strcmp(g_ptr_array_index(p->keyrings, i), keyring) == 0)
            return true;
    return false;
}

/* Every keyring is looked through until one has a key; when the profile is known, the key must come
 * from a keyring of its own (2.1 point 3). */
static const struct ike_key *key_for(void *self, ip4 remote, const char *party)
{
    struct ios *s = self;
    const char *in = NULL;
    const struct ike_key *key = ios_keyring_search(s, remote, &in);
    const struct ios_profile *p = party && *party ? ios_profile_find(s, party) : NULL;
    if (!key || !p || profile_has(p, in))
        return key;
    for (guint i = 0; i < p->keyrings->len; i++) {
        const struct ios_keyring *k = ios_keyring_find(s, g_ptr_array_index(p->keyrings, i));
        key = k ? ike_key_for(k->store, remote) : NULL;
        if (key)
            return key;
    }
    return NULL;
}

static void key_fetched(struct ios *s, const struct ios_question *q, const struct aaa_reply *reply)
{
    const struct ios_group *g = ios_ra_group(s, &q->party);
    ike_key_fetched(s->d->ike, q->sa, g ? g->key : NULL);
}

/* The list for the network says whether groups may be read at all; their settings are local. */
static void fetch_key(void *self, ike_sa_id sa, const struct ike_party *p)
{
    ios_ra_ask(self, sa, p, key_fetched, NULL, NULL, NULL);
}

/* ---- Logins ---- */

static void begun(struct ios *s, const struct ios_question *q, const struct aaa_reply *reply)
{
    ike_login_begun(s->d->ike, q->sa);
}

static void login_begin(void *self, ike_sa_id sa, const struct ike_party *p)
{
    ios_ra_ask(self, sa, p, begun, NULL, NULL, NULL);
}

static bool sa_lives(const struct ios *s, ike_sa_id sa, struct ike_sa_view *out)
{
    for (size_t i = 0; i < ike_sa_count(s->d->ike); i++)
        if (ike_sa_at(s->d->ike, i, out) && out->id == sa)
            return out->state != IKE_STATE_DEAD;
    return false;
}

/* A session begins with the login that is right, if anybody still waits for it. Nobody is asked
 * again: the SA goes with the refusal (2.4 point 4). */
static void judged(struct ios *s, const struct ios_question *q, const struct aaa_reply *reply)
{
    const struct ios_group *g = ios_ra_group(s, &q->party);
    struct ike_sa_view v;
    bool ok = reply->verdict == AAA_PASS;
    if (!sa_lives(s, q->sa, &v))
        return;
    if (ok && g && g->max_logins && logins_of(s, q->user, q->sa) >= g->max_logins)
        ok = false;
    if (ok) {
        struct ios_ra_session *x = session_make(s, q->sa, &q->party);
        g_strlcpy(x->user, q->user, sizeof x->user);
        x->framed = reply->framed;
    }
    ike_login_judged(s->d->ike, q->sa, ok, false);
}

static void login(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                  const char *password)
{
    struct ios *s = self;
    struct ike_sa_view v = {0};
    sa_lives(s, sa, &v);
    const struct ios_client_way *way = ios_ra_way(s, v.local, p->name);
    g_autofree char *list = g_strdup_printf("login %s", way->login_list ? way->login_list : "");
    ios_ra_ask(s, sa, p, judged, list, user, password);
}

/* ---- The end ---- */

static void configure(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request)
{
    struct ios *s = self;
    struct ios_ra_session *x = session_make(s, sa, p);
    if (user)
        g_strlcpy(x->user, user, sizeof x->user);
    ios_ra_configure(s, sa, p, user, request);
}

static void departed(void *self, ike_sa_id sa, enum ike_why why)
{
    struct ios *s = self;
    struct ios_ra_session *x = ios_ra_session_of(s, sa);
    forget_questions(s, sa);
    if (!x)
        return;
    ios_ra_returned(s, x, sa);
    session_drop(s, x);
}

static void moved(void *self, ike_sa_id from, ike_sa_id to)
{
    struct ios *s = self;
    struct ios_ra_session *old = ios_ra_session_of(s, from), *new = ios_ra_session_of(s, to);
    if (!old)
        return;
    if (new) /* what the new phase 1 had begun is this session */
        session_drop(s, new);
    old = ios_ra_session_of(s, from);
    old->sa = to;
}

void ios_ra_init(struct ios *s)
{
    struct ios_ra *ra = s->ra = g_new0(struct ios_ra, 1);
    ra->keyrings = g_ptr_array_new();
    ra->profiles = g_ptr_array_new();
    ra->groups = g_ptr_array_new();
    ra->map_ways = g_ptr_array_new();
    ra->pools = g_ptr_array_new();
    ra->radius_hosts = g_ptr_array_new();
    ra->radius_groups = g_ptr_array_new();
    ra->radius_timeout_s = 5;
    ra->radius_retransmit = 3;
    ra->sessions = g_array_new(FALSE, FALSE, sizeof(struct ios_ra_session));
    ra->questions = g_ptr_array_new();
    ra->aaa = aaa_new(s->d, ios_user_words_free);
    const struct ike_access access = {
        .self = s,
        .identify = identify,
        .xauth_offered = xauth_offered,
        .key_for = key_for,
        .fetch_key = fetch_key,
        .login_begin = login_begin,
        .login = login,
        .configure = configure,
        .departed = departed,
        .moved = moved,
    };
    ike_on_access(s->d->ike, &access);
    ios_ra_routes_init(s);
    ios_dhcp_init(s);
}

void ios_ra_clear(struct ios *s)
{
    struct ios_ra *ra = s->ra;
    ike_on_access(s->d->ike, NULL);
    forget_questions(s, 0);
    ios_dhcp_clear(s);
    ios_ra_routes_clear(s);
    ios_aaa_free(ra);
    aaa_free(ra->aaa);
    ios_keyrings_free(ra);
    ios_profiles_free(ra);
    ios_groups_free(ra);
    ios_pools_free(ra);
    ios_map_ways_free(ra);
    g_ptr_array_unref(ra->questions);
    for (guint i = 0; i < ra->sessions->len; i++)
        ios_ra_session_clear(&g_array_index(ra->sessions, struct ios_ra_session, i));
    g_array_unref(ra->sessions);
    g_free(ra->default_pool);
    g_free(ra->at);
    g_clear_pointer(&s->ra, g_free);
}
