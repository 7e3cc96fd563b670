/* What holds in every run of a hub (hub-and-spoke.md chapter 13): each scenario whose name begins
 * with "hub-" is played, and its events are held against the properties, as far as events tell. The
 * states and the listings of the two recorded runs are held in hub_traces.c. */
#include "play.h"

#include "vendor/ios/ios_ra.h"

/* What is known of one IKE SA of the hub. */
struct seen {
    bool refused;   /* it belongs to no profile, where there are profiles */
    bool has_list;  /* its profile, or the map, asks for a login */
    bool wanted;    /* a login was wanted */
    bool logged_in; /* and was right */
    bool assigned;  /* it has an address */
    bool client;    /* an address is for it */
    sim_time authenticated;
};
struct watch {
    struct world *w;
    struct ios *hub;
    const char *scenario;
    GHashTable *sa;   /* ike_sa_id -> struct seen */
    GHashTable *held; /* addresses that somebody has */
    GHashTable *spi;  /* SPIs that IPsec was asked for */
    guint clients, checks;
};

static struct seen *seen_of(struct watch *x, ike_sa_id sa)
{
    struct seen *s = g_hash_table_lookup(x->sa, GUINT_TO_POINTER(sa));
    if (!s) {
        s = g_new0(struct seen, 1);
        s->authenticated = -1;
        g_hash_table_insert(x->sa, GUINT_TO_POINTER(sa), s);
    }
    return s;
}

#define HOLDS(x, what, number)                                                                     \
    do {                                                                                           \
        (x)->checks++;                                                                             \
        cr_expect(what, "%s, at %.3f s: property " number, (x)->scenario,                          \
                  (double)sim_now(world_sim((x)->w)) / 1e9);                                       \
    } while (0)

static void party(struct watch *x, const struct ev_ike_party *e)
{
    struct seen *s = seen_of(x, e->sa);
    struct ike_sa_view v;
    ip4 local = 0;
    for (size_t i = 0; i < ike_sa_count(x->hub->d->ike); i++)
        if (ike_sa_at(x->hub->d->ike, i, &v) && v.id == e->sa)
            local = v.local;
    const struct ios_client_way *way = ios_ra_way(x->hub, local, e->name);
    s->refused = !e->found && x->hub->ra->profiles->len > 0;
    s->has_list = way->login_list != NULL;
    s->client = way->respond;
}

static void install(struct watch *x, const struct ev_qm_install *e)
{
    struct seen *s = seen_of(x, e->sa);
    HOLDS(x, !s->refused, "8: a peer of no profile has no SA");
    HOLDS(x, !s->wanted || s->logged_in, "3: no quick mode before the login");
    HOLDS(x, !s->wanted || !s->client || s->assigned, "3: no quick mode before configuration");
    if (e->role == IKE_RESPONDER)
        HOLDS(x, g_hash_table_contains(x->spi, GUINT_TO_POINTER(e->spi_in)),
              "5: the SPI is the one that was asked for");
}

/* 6: the lease of an address is what is left of the SA, in whole seconds. */
static void attribute(struct watch *x, const struct ev_xact_attr *e)
{
    const struct seen *s = seen_of(x, e->sa);
    if (!e->ours || e->attr != CFG_ATTR_ADDRESS_EXPIRY || e->value.n != 4)
        return;
    sim_time age = sim_now(world_sim(x->w)) - s->authenticated;
    uint32_t whole = (uint32_t)((age + SECONDS(1) - 1) / SECONDS(1));
    HOLDS(x, s->authenticated >= 0 && be32_get(e->value.p) == 86400 - whole,
          "6: ADDRESS_EXPIRY is what is left of a day");
}

static void assigned(struct watch *x, const struct ev_ike_assigned *e)
{
    struct seen *s = seen_of(x, e->sa);
    if (!e->addr)
        return;
    HOLDS(x, g_hash_table_add(x->held, GUINT_TO_POINTER(e->addr)), "7: an address has one holder");
    HOLDS(x, !s->wanted || s->logged_in, "3: no configuration before the login");
    s->assigned = true;
    x->clients++;
}

static void on_event(void *self, const struct trace_event *t)
{
    struct watch *x = self;
    switch (t->id) {
    case EV_ike_party:
        party(x, t->data);
        break;
    case EV_ike_authenticated:
        seen_of(x, ((const struct ev_ike_authenticated *)t->data)->sa)->authenticated =
            sim_now(world_sim(x->w));
        break;
    case EV_ike_need_xauth: {
        struct seen *s = seen_of(x, ((const struct ev_ike_need_xauth *)t->data)->sa);
        s->wanted = true;
        HOLDS(x, s->has_list, "4: a login is wanted where there is a list for it");
        break;
    }
    case EV_ike_login: {
        const struct ev_ike_login *e = t->data;
        seen_of(x, e->sa)->logged_in |= e->ok;
        break;
    }
    case EV_xact_attr:
        attribute(x, t->data);
        break;
    case EV_ike_assigned:
        assigned(x, t->data);
        break;
    case EV_ike_returned:
        g_hash_table_remove(x->held,
                            GUINT_TO_POINTER(((const struct ev_ike_returned *)t->data)->addr));
        break;
    case EV_qm_spi:
        g_hash_table_add(x->spi, GUINT_TO_POINTER(((const struct ev_qm_spi *)t->data)->spi));
        break;
    case EV_qm_install:
        install(x, t->data);
        break;
    default:
        break;
    }
}

/* 7 and 9, at the end: what the pools say is what sessions have, and what is listed is what lives.
 */
static void expect_books(struct watch *x)
{
    guint pooled = 0, pairs = 0;
    for (guint i = 0; i < x->hub->ra->pools->len; i++)
        pooled += addr_pool_in_use(x->hub->ra->pools->pdata[i]);
    HOLDS(x, pooled == g_hash_table_size(x->held), "7: the pool holds what was given");
    for (size_t i = 0; i < ipsec_ident_count(x->hub->d->ipsec); i++)
        pairs += ipsec_ident_at(x->hub->d->ipsec, i)->pairs->len;
    HOLDS(x, sad_count(ipsec_sad(x->hub->d->ipsec)) == 2 * pairs, "9: what is listed lives");
}

static void hold(struct world *w, const char *name)
{
    static const enum trace_id ids[] = {
        EV_ike_party,    EV_ike_authenticated, EV_ike_need_xauth, EV_ike_login, EV_xact_attr,
        EV_ike_assigned, EV_ike_returned,      EV_qm_spi,         EV_qm_install};
    g_autofree char *why = NULL;
    struct device *hub = world_device(w, "hub");
    struct trace_mask want = {0};
    struct watch x = {.w = w, .hub = ios_of(hub), .scenario = name};
    x.sa = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    x.held = g_hash_table_new(NULL, NULL);
    x.spi = g_hash_table_new(NULL, NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(ids); i++)
        trace_mask_add(&want, ids[i]);
    trace_subscribe(world_trace(w), hub->scope, &want, on_event, &x);
    cr_expect_eq(world_run(w, &why), WORLD_DONE, "%s: %s", name, why);
    expect_books(&x);
    trace_unsubscribe(world_trace(w), on_event, &x);
    cr_expect_gt(x.checks, 2, "%s", name);
    g_hash_table_unref(x.sa);
    g_hash_table_unref(x.held);
    g_hash_table_unref(x.spi);
}

static struct played loaded(const char *name)
{
    GError *error = NULL;
    g_autofree char *path = g_build_filename(VPNSIM_SOURCE_DIR, "scenarios", name, NULL);
    struct played p = {.s = scenario_load(path, NULL, &error)};
    p.w = p.s ? world_new(p.s, &(struct world_options){0}, &error) : NULL;
    cr_assert_not_null(p.w, "%s: %s", name, error ? error->message : "");
    return p;
}

Test(hub_properties, hold_in_every_run_of_a_hub)
{
    g_autofree char *top = g_build_filename(VPNSIM_SOURCE_DIR, "scenarios", NULL);
    GDir *dir = g_dir_open(top, 0, NULL);
    guint runs = 0;
    for (const char *name; (name = g_dir_read_name(dir));) {
        g_autofree char *file = g_build_filename(top, name, "scenario.yml", NULL);
        if (!g_str_has_prefix(name, "hub-") || !g_file_test(file, G_FILE_TEST_EXISTS))
            continue;
        struct played p = loaded(name);
        hold(p.w, name);
        played_free(&p);
        runs++;
    }
    g_dir_close(dir);
    cr_expect_geq(runs, 15);
}

static uint32_t template_of(struct world *w, ip4 peer)
{
    const struct ipsec *x = world_device(w, "hub")->ipsec;
    for (size_t i = 0; i < ipsec_ident_count(x); i++)
        if (ipsec_ident_at(x, i)->peer == peer && ipsec_ident_at(x, i)->pairs->len)
            return ipsec_ident_at(x, i)->template_seq;
    return 0;
}

/* 10: who gets which template is the profile's to say, not the number's. */
Test(hub_properties, numbers_of_templates_decide_nothing)
{
    static const char swapped[] = "configure terminal\ncrypto dynamic-map dynmap 5\n"
                                  "set isakmp-profile L2L\ncrypto dynamic-map dynmap 10\n"
                                  "set isakmp-profile VPNclient\nend";
    for (int run = 0; run < 2; run++) {
        g_autofree char *why = NULL;
        struct played p = loaded("hub-client-calls");
        if (run)
            device_type(world_device(p.w, "hub"), swapped);
        cr_expect_eq(world_run(p.w, &why), WORLD_DONE);
        cr_expect_eq(template_of(p.w, IP4(10, 51, 82, 100)), run ? 10 : 5);
        cr_expect_eq(template_of(p.w, IP4(10, 100, 2, 102)), run ? 5 : 10);
        cr_expect_eq(verdict_of(&p, "the client works")->state, VERDICT_PASSED);
        cr_expect_eq(verdict_of(&p, "the spoke works")->state, VERDICT_PASSED);
        played_free(&p);
    }
}
