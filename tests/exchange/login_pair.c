/* The pair with users. */
#include "exchange/login.h"

#include <limits.h>
#include <string.h>

#include "ike/ike_priv.h"

/* ---- Answers ---- */

static void hold(struct login *l, ike_sa_id sa)
{
    unsigned free = 8;
    for (unsigned k = 0; k < 8; k++) {
        if (l->holder[k] == sa)
            return;
        if (!l->holder[k] && free == 8)
            free = k;
    }
    cr_assert_lt(free, 8, "too many sessions");
    l->holder[free] = sa;
}

static void later(struct login *l, int what, ike_sa_id sa, const char *user, const char *password)
{
    struct login_answer *a = g_new0(struct login_answer, 1);
    a->what = what;
    a->sa = sa;
    g_strlcpy(a->user, user ? user : "", sizeof a->user);
    g_strlcpy(a->password, password ? password : "", sizeof a->password);
    g_ptr_array_add(l->answers, a);
    if (!(l->silent >> what & 1))
        sim_post(l->p->sim, sim_now(l->p->sim) + (what == LOGIN_USER ? l->thinks : l->delay),
                 &l->port, l->answers->len - 1);
}

static ip4 lowest_free(const struct login *l)
{
    ip4 a = LOGIN_POOL;
    for (unsigned i = 0; i < 8; i++)
        if (l->lease_of[i] == a) {
            a++;
            i = UINT_MAX; /* from the first */
        }
    return a;
}

static void give(struct login *l, ike_sa_id sa)
{
    struct ike_engine *hub = l->p->end[PAIR_R].engine;
    uint8_t address[4], dns[4];
    unsigned k = 0;
    while (k < 8 && l->holder[k] != sa)
        k++;
    if (l->no_address || k == 8) {
        ike_configured(hub, sa, NULL, 0);
        return;
    }
    if (!l->lease_of[k]) {
        l->lease_of[k] = lowest_free(l);
        l->leases++;
        l->given++;
    }
    be32_put(address, l->lease_of[k]);
    be32_put(dns, IP4(1, 1, 1, 1));
    const struct ike_cfg_attr attr[] = {
        {CFG_ATTR_IP4_ADDRESS, false, span_of(address, 4)},
        {CFG_ATTR_IP4_DNS, false, span_of(dns, 4)},
        {CFG_ATTR_BANNER, false, span_of("hello", 5)},
        {0x7abc, false, span_of("?", 1)},
    };
    ike_configured(hub, sa, &(struct ike_cfg){0, 0, attr, G_N_ELEMENTS(attr)}, l->lease_of[k]);
}

static void answer(void *owner, uint64_t arg)
{
    struct login *l = owner;
    const struct login_answer *a = l->answers->pdata[arg];
    struct ike_engine *hub = l->p->end[PAIR_R].engine;
    bool ok = strcmp(a->user, l->user) == 0 && strcmp(a->password, l->password) == 0;
    switch (a->what) {
    case LOGIN_KEY:
        ike_key_fetched(hub, a->sa, l->key);
        break;
    case LOGIN_BEGIN:
        ike_login_begun(hub, a->sa);
        break;
    case LOGIN_VERDICT:
        if (ok)
            hold(l, a->sa);
        ike_login_judged(hub, a->sa, ok, !ok && l->tries > 0);
        l->tries -= !ok && l->tries > 0;
        break;
    case LOGIN_CONFIG:
        give(l, a->sa);
        break;
    default:
        ike_login_say(l->p->end[PAIR_I].engine, a->sa, l->say_user, l->say_password);
    }
}

/* ---- R ---- */

static enum ike_why identify(void *self, const struct ike_claim *claim, struct ike_party *out)
{
    struct login *l = self;
    bool known = claim->type == ID_KEY_ID && strcmp(claim->text, l->group) == 0;
    if (claim->type == ID_IPV4_ADDR)
        cr_expect_eq(claim->addr, claim->remote);
    if (l->identify_refuses || (claim->type == ID_KEY_ID && !known))
        return WHY_NO_GROUP;
    if (known) {
        g_strlcpy(out->name, "clients", sizeof out->name);
        g_strlcpy(out->group, l->group, sizeof out->group);
        out->ask_key = l->ask_key;
        out->has_liveness = l->live.threshold_s != 0;
        out->liveness = l->live;
        if (!l->ask_key)
            g_strlcpy(out->key, l->key, sizeof out->key);
    }
    out->xauth = l->xauth;
    out->no_proof = l->no_proof;
    out->config = l->config;
    return WHY_NONE;
}

static bool xauth_offered(void *self, ike_sa_id sa, ip4 local, ip4 remote)
{
    return ((const struct login *)self)->xauth;
}

static void fetch_key(void *self, ike_sa_id sa, const struct ike_party *p)
{
    later(self, LOGIN_KEY, sa, NULL, NULL);
}

static void login_begin(void *self, ike_sa_id sa, const struct ike_party *p)
{
    later(self, LOGIN_BEGIN, sa, NULL, NULL);
}

static void login(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                  const char *password)
{
    struct login *l = self;
    g_strlcpy(l->heard_user, user, sizeof l->heard_user);
    later(l, LOGIN_VERDICT, sa, user, password);
}

static void configure(void *self, ike_sa_id sa, const struct ike_party *p, const char *user,
                      const struct ike_cfg *request)
{
    struct login *l = self;
    l->requested = request ? (uint32_t)request->n : 0;
    hold(l, sa);
    later(l, LOGIN_CONFIG, sa, NULL, NULL);
}

static void departed(void *self, ike_sa_id sa, enum ike_why why)
{
    struct login *l = self;
    l->departed++;
    l->departed_why = why;
    for (unsigned k = 0; k < 8; k++) {
        if (l->holder[k] != sa)
            continue;
        l->holder[k] = 0;
        l->returned += l->lease_of[k] != 0;
        l->leases -= l->lease_of[k] != 0;
        l->lease_of[k] = 0;
        return;
    }
    cr_expect_fail("an SA departed twice, or was never here");
}

static void moved(void *self, ike_sa_id from, ike_sa_id to)
{
    struct login *l = self;
    l->moved++;
    for (unsigned k = 0; k < 8; k++)
        if (l->holder[k] == to) /* its login came first: the older session is it */
            l->holder[k] = 0;
    for (unsigned k = 0; k < 8; k++)
        if (l->holder[k] == from)
            l->holder[k] = to;
}

/* ---- I ---- */

static void challenged(void *self, ike_sa_id sa, const struct ike_cfg *request)
{
    struct login *l = self;
    l->challenged++;
    if (!l->absent)
        later(l, LOGIN_USER, sa, NULL, NULL);
}

static void judged(void *self, ike_sa_id sa, bool ok)
{
    struct login *l = self;
    l->judged_ok += ok;
    l->judged_bad += !ok;
}

static void configured(void *self, ike_sa_id sa, const struct ike_cfg *given)
{
    struct login *l = self;
    l->configured++;
    l->attrs = given->n;
    for (size_t i = 0; i < given->n; i++) {
        const struct ike_cfg_attr *a = &given->attr[i];
        if (a->type == CFG_ATTR_IP4_ADDRESS && a->value.n == 4)
            l->address = be32_get(a->value.p);
        if (a->type == CFG_ATTR_BANNER)
            g_snprintf(l->banner, sizeof l->banner, "%.*s", (int)a->value.n,
                       (const char *)a->value.p);
    }
}

static void ended(void *self, ike_sa_id sa, enum ike_why why)
{
    struct login *l = self;
    l->ended++;
    l->ended_why = why;
}

/* ---- Setting ---- */

struct login *login_new(void)
{
    struct login *l = g_new0(struct login, 1);
    l->p = pair_new();
    pair_small(l->p);
    l->group = "testgroup";
    l->key = "cisco321";
    l->user = l->say_user = "gfullage";
    l->password = l->say_password = "secret";
    l->xauth = l->ask_key = true;
    l->config = IKE_CFG_WAY_RESPOND;
    l->delay = MILLISECONDS(2);
    l->thinks = MILLISECONDS(500);
    l->answers = g_ptr_array_new_with_free_func(g_free);
    l->port = (struct sim_port){answer, l};
    l->hub = (struct ike_access){
        .self = l,
        .identify = identify,
        .xauth_offered = xauth_offered,
        .fetch_key = fetch_key,
        .login_begin = login_begin,
        .login = login,
        .configure = configure,
        .departed = departed,
        .moved = moved,
    };
    l->client = (struct ike_access){
        .self = l,
        .challenged = challenged,
        .judged = judged,
        .configured = configured,
        .ended = ended,
    };
    ike_on_access(l->p->end[PAIR_R].engine, &l->hub);
    ike_on_access(l->p->end[PAIR_I].engine, &l->client);
    return l;
}

static void connect(struct login *l, const char *group, const char *key, uint16_t auth, bool main)
{
    static const uint16_t wanted[] = {CFG_ATTR_IP4_ADDRESS, CFG_ATTR_IP4_NETMASK, CFG_ATTR_IP4_DNS,
                                      CFG_ATTR_BANNER, CFG_ATTR_APPLICATION_VERSION};
    const struct ike_policy offers[] = {
        {1, CIPHER_AES256, HASH_SHA1, GROUP_MODP768, auth, 2147483},
        {2, CIPHER_3DES, HASH_SHA1, GROUP_MODP768, auth, 2147483},
        {3, CIPHER_3DES, HASH_MD5, GROUP_MODP1024, auth, 2147483},
    };
    const struct ike_connect c = {
        .local = PAIR_ADDR_I,
        .remote = PAIR_ADDR_R,
        .group = group,
        .key = key,
        .offers = offers,
        .n_offers = G_N_ELEMENTS(offers),
        .main_mode = main,
        .wanted = wanted,
        .n_wanted = G_N_ELEMENTS(wanted),
        .app_version = span_of("a client", 8),
    };
    l->sa = ike_connect(l->p->end[PAIR_I].engine, &c);
    cr_assert_neq(l->sa, 0);
    pair_ask(l->p, PAIR_I);
}

void login_call(struct login *l, const char *group, const char *key)
{
    connect(l, group, key, IKE_AUTH_XAUTH_INIT_PSK, false);
}

void login_call_main(struct login *l, uint16_t auth)
{
    connect(l, NULL, "cisco123", auth, true);
}

void login_run(struct login *l, sim_time until)
{
    pair_run(l->p, until);
}

bool login_is_up(const struct login *l)
{
    return l->p->end[PAIR_I].children->len == 1 && l->p->end[PAIR_R].children->len == 1;
}

static bool is_in(const struct ike_pair *p, enum ike_role side)
{
    struct ike_sa_view v;
    for (size_t i = 0; ike_sa_at(p->end[side].engine, i, &v); i++)
        if (v.state == IKE_STATE_QM_IDLE && v.xauth && v.configured && v.assigned == LOGIN_POOL)
            return true;
    return false;
}

const char *login_discord(struct login *l)
{
    const char *wrong = pair_disagreement(l->p);
    if (wrong)
        return wrong;
    bool up = login_is_up(l);
    if (up && (!is_in(l->p, PAIR_I) || !is_in(l->p, PAIR_R)))
        return "a pair without a login";
    if (up && l->leases != 1)
        return "not one lease";
    if (!up && l->leases)
        return "a lease is left";
    if (l->given - l->returned != l->leases)
        return "leases do not balance";
    return NULL;
}

void login_free(struct login *l)
{
    /* Who is still here is told off. */
    ike_clear(l->p->end[PAIR_I].engine, 0, WHY_ADMIN);
    l->p->lose = l->p->lose_by[0] = l->p->lose_by[1] = 0;
    pair_run(l->p, sim_now(l->p->sim) + SECONDS(700));
    ike_clear(l->p->end[PAIR_R].engine, 0, WHY_ADMIN);
    cr_expect_eq(l->leases, 0, "a lease is left");
    for (unsigned k = 0; k < 8; k++)
        cr_expect_eq(l->holder[k], 0, "session %u did not depart", l->holder[k]);
    pair_free(l->p);
    g_ptr_array_unref(l->answers);
    g_free(l);
}

void login_call_bare(struct login *l, uint16_t auth)
{
    const struct ike_policy offer = {1, CIPHER_3DES, HASH_SHA1, GROUP_MODP768, auth, 86400};
    const struct ike_connect c = {
        .local = PAIR_ADDR_I,
        .remote = PAIR_ADDR_R,
        .group = "testgroup",
        .key = "cisco321",
        .offers = &offer,
        .n_offers = 1,
    };
    cr_assert_neq(ike_connect(l->p->end[PAIR_I].engine, &c), 0);
}

struct login *login_in_as(struct login *l)
{
    login_call(l, "testgroup", "cisco321");
    login_run(l, SECONDS(3));
    cr_assert(login_is_up(l));
    cr_assert_null(login_discord(l), "%s", login_discord(l));
    return l;
}

struct login *login_in(void)
{
    return login_in_as(login_new());
}

struct ike_sa *login_last(const struct login *l, enum ike_role side)
{
    const GPtrArray *sas = l->p->end[side].engine->sas;
    return sas->pdata[sas->len - 1];
}
