/* The invariants of every run: a healthy network keeps them, and each breach, told by forged
 * events, is found. */
#include "scenario/rules_priv.h"

#include "play.h"

#define R1 IP4(192, 0, 2, 1)
#define R2 IP4(192, 0, 2, 2)

struct forged {
    struct scenario *s;
    struct world *w;
    struct trace_scope *r1, *r2;
};

static struct forged forged_new(void)
{
    static const char text[] = TWO_SITES("", "");
    GError *error = NULL;
    struct forged f = {scenario_from_text("t.yml", text, strlen(text), &error)};
    f.w = f.s ? world_new(f.s, &(struct world_options){0}, &error) : NULL;
    cr_assert_not_null(f.w, "%s", error ? error->message : "");
    f.r1 = world_device(f.w, "r1")->scope;
    f.r2 = world_device(f.w, "r2")->scope;
    TRACE(f.r2, ike_sa_new, .sa = 700, .local = R2, .remote = R1); /* it is one of this world */
    return f;
}

static void forged_free(struct forged *f)
{
    world_free(f->w);
    scenario_free(f->s);
}

static void pass(struct forged *f, sim_time by)
{
    char *why = NULL;
    world_advance(f->w, sim_now(world_sim(f->w)) + by, &why);
    g_free(why);
}

static void sa_new(struct trace_scope *s, uint32_t sa, bool inbound, uint32_t spi, ip4 local,
                   ip4 remote, uint32_t life_s)
{
    TRACE(s, ipsec_init_sas, .inbound = inbound, .local = local, .remote = remote, .spi = spi,
          .sa = sa, .life_s = life_s);
}

static void note(void *self, int rule, const char *node, const char *detail)
{
    unsigned *seen = self;
    *seen |= 1u << rule;
}

static bool breaks(struct forged *f, int rule)
{
    unsigned seen = 0;
    lives_check(f->w->lives, note, &seen);
    return seen >> rule & 1;
}

/* A story about a world that was healthy, and whether it breaks the rule. */
static void nothing(struct forged *f)
{
}
static void one_spi_twice(struct forged *f)
{
    sa_new(f->r1, 901, true, 0x777, R1, R2, 0);
    sa_new(f->r1, 902, true, 0x777, R1, R2, 0);
}
static void one_spi_again(struct forged *f)
{
    sa_new(f->r1, 901, true, 0x777, R1, R2, 0);
    TRACE(f->r1, ipsec_sa_dead, .sa = 901, .inbound = true, .spi = 0x777);
    sa_new(f->r1, 902, true, 0x777, R1, R2, 0);
    sa_new(f->r2, 901, true, 0x777, R2, R1, 0); /* another node's own */
}
static void phase1(struct forged *f, uint32_t sa)
{
    TRACE(f->r1, ike_sa_new, .sa = sa, .local = R1, .remote = R2);
    TRACE(f->r1, ike_state, .sa = sa, .new = IKE_STATE_QM_IDLE);
    TRACE(f->r2, ike_sa_new, .sa = sa, .local = R2, .remote = R1);
    TRACE(f->r2, ike_state, .sa = sa, .new = IKE_STATE_QM_IDLE);
}
static void half_a_pair(struct forged *f)
{
    phase1(f, 701);
    sa_new(f->r1, 903, false, 0x778, R1, R2, 0);
    pass(f, SECONDS(61));
}
static void half_a_pair_and_no_phase1(struct forged *f)
{
    sa_new(f->r1, 903, false, 0x778, R1, R2, 0);
    pass(f, SECONDS(61));
}
static void the_other_half_goes_with_phase1(struct forged *f)
{
    phase1(f, 701);
    sa_new(f->r2, 903, true, 0x778, R2, R1, 0);
    sa_new(f->r1, 903, false, 0x778, R1, R2, 0);
    pass(f, SECONDS(10));
    TRACE(f->r2, ipsec_sa_dead, .sa = 903, .inbound = true, .spi = 0x778);
    TRACE(f->r2, ike_sa_dead, .sa = 701);
    pass(f, SECONDS(61));
}
static void the_other_half_comes(struct forged *f)
{
    phase1(f, 701);
    sa_new(f->r1, 903, false, 0x778, R1, R2, 0);
    pass(f, SECONDS(59));
    sa_new(f->r2, 903, true, 0x778, R2, R1, 0);
    pass(f, SECONDS(100));
}
static void the_other_half_goes(struct forged *f)
{
    the_other_half_comes(f);
    TRACE(f->r2, ipsec_sa_dead, .sa = 903, .inbound = true, .spi = 0x778);
    pass(f, SECONDS(61));
    TRACE(f->r1, ipsec_sa_dead, .sa = 903, .inbound = false, .spi = 0x778);
}
static void half_a_pair_after_a_loss(struct forged *f)
{
    TRACE(f->r1, link_drop, .link = "wan", .why = DROP_LINK_LOSS);
    half_a_pair(f);
}
static void half_a_pair_with_a_real_peer(struct forged *f)
{
    phase1(f, 701);
    sa_new(f->r1, 903, false, 0x778, R1, IP4(192, 0, 2, 99), 0);
    pass(f, SECONDS(61));
}
static void power_is_lost(struct forged *f)
{
    sa_new(f->r1, 904, true, 0x779, R1, R2, 10);
    TRACE(f->r1, device_reload, .reason = "power-on");
    pass(f, SECONDS(20));
}
static void dies_late(struct forged *f)
{
    sa_new(f->r1, 904, true, 0x779, R1, R2, 10);
    pass(f, SECONDS(10) + 1);
    TRACE(f->r1, ipsec_sa_dead, .sa = 904, .inbound = true, .spi = 0x779);
}
static void dies_in_time(struct forged *f)
{
    sa_new(f->r1, 904, true, 0x779, R1, R2, 10);
    pass(f, SECONDS(10));
    TRACE(f->r1, ipsec_sa_dead, .sa = 904, .inbound = true, .spi = 0x779);
    sa_new(f->r1, 905, true, 0x779, R1, R2, 0); /* without end */
    pass(f, SECONDS(100));
}
static void lives_on(struct forged *f)
{
    sa_new(f->r1, 904, true, 0x779, R1, R2, 10);
    pass(f, SECONDS(11));
}
static void phase1_lives_on(struct forged *f)
{
    TRACE(f->r1, ike_sa_new, .sa = 800, .local = R1, .remote = R2);
    TRACE(f->r1, ike_lifetime, .sa = 800, .seconds = 60);
    pass(f, SECONDS(30)); /* the negotiation does not count */
    TRACE(f->r1, ike_state, .sa = 800, .new = IKE_STATE_QM_IDLE);
    pass(f, SECONDS(61));
}
static void phase1_dies_in_time(struct forged *f)
{
    TRACE(f->r1, ike_sa_new, .sa = 800, .local = R1, .remote = R2);
    TRACE(f->r1, ike_lifetime, .sa = 800, .seconds = 60);
    pass(f, SECONDS(30));
    TRACE(f->r1, ike_state, .sa = 800, .new = IKE_STATE_QM_IDLE);
    pass(f, SECONDS(60));
    TRACE(f->r1, ike_sa_dead, .sa = 800);
}
static void a_counter_is_off(struct forged *f)
{
    ++*trace_counter(f->r2, "ipsec.sa.created");
}

Test(invariants, are_broken_by_these_stories_only)
{
    static const struct {
        void (*story)(struct forged *f);
        int rule;
        bool broken;
    } row[] = {
        {nothing, 11, false},
        {one_spi_twice, 11, true},
        {one_spi_again, 11, false},
        {nothing, 12, false},
        {half_a_pair, 12, true},
        {half_a_pair_and_no_phase1, 12, false},
        {the_other_half_goes_with_phase1, 12, false},
        {the_other_half_comes, 12, false},
        {the_other_half_goes, 12, true},
        {half_a_pair_after_a_loss, 12, false},
        {half_a_pair_with_a_real_peer, 12, false},
        {nothing, 14, false},
        {dies_late, 14, true},
        {dies_in_time, 14, false},
        {lives_on, 14, true},
        {power_is_lost, 14, false},
        {phase1_lives_on, 14, true},
        {phase1_dies_in_time, 14, false},
        {nothing, 15, false},
        {a_counter_is_off, 15, true},
        {lives_on, 15, true}, /* an SA that the SAD does not know */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct forged f = forged_new();
        row[i].story(&f);
        cr_expect_eq(breaks(&f, row[i].rule), row[i].broken, "row %zu", i);
        forged_free(&f);
    }
}

/* An IP head, and what is asked of it. */
static struct span packet(uint8_t out[40], uint8_t protocol, ip4 src, ip4 dst, uint16_t sport)
{
    memset(out, 0, 40);
    out[0] = 0x45;
    out[3] = 40;
    out[8] = 64;
    out[9] = protocol;
    be32_put(out + 12, src);
    be32_put(out + 16, dst);
    be16_put(out + 20, sport);
    be16_put(out + 22, 500);
    return span_of(out, 40);
}

Test(invariants, nothing_protected_leaves_in_clear)
{
    static const ip4 inside = IP4(10, 1, 0, 5), far = IP4(10, 2, 0, 5), other = IP4(10, 3, 0, 5);
    static const struct {
        const char *node, *link;
        uint8_t protocol;
        ip4 src, dst;
        uint16_t sport;
        bool broken;
    } row[] = {
        {"r1", "wan", 1, inside, far, 0, true},
        {"r1", "wan", 17, inside, far, 500, true}, /* a host's port 500 is none of the router's */
        {"r1", "wan", 17, R1, far, 500, false},    /* not of the access list */
        {"r1", "wan", 50, inside, far, 0, false},
        {"r1", "wan", 1, inside, other, 0, false},
        {"r1", "wan", 1, far, inside, 0, false}, /* the other way round is the peer's */
        {"r2", "wan", 1, far, inside, 0, true},
        {"r1", "lan1", 1, inside, far, 0, false}, /* no map there */
    };
    uint8_t bytes[40];
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct forged f = forged_new();
        struct device *d = world_device(f.w, row[i].node);
        struct net_link *l = net_link_by_name(world_net(f.w), row[i].link);
        uint32_t end = 0;
        while (net_link_end(l, end)->node != d->node)
            end++;
        TRACE(d->scope, link_tx, .link = row[i].link, .end = end, .number = 1,
              .frame = packet(bytes, row[i].protocol, row[i].src, row[i].dst, row[i].sport));
        cr_expect_eq(breaks(&f, 13), row[i].broken, "row %zu", i);
        forged_free(&f);
    }
}

Test(invariants, a_breach_fails_the_run_and_says_when)
{
    struct forged f = forged_new();
    one_spi_twice(&f);
    char *why = NULL;
    cr_assert_eq(world_run(f.w, &why), WORLD_DONE);
    cr_expect(!world_passed(f.w));
    const GPtrArray *all = world_verdicts(f.w);
    bool told = false;
    for (guint i = 0; i < all->len; i++) {
        const struct verdict *v = all->pdata[i];
        told |= v->state == VERDICT_FAILED && strstr(v->name, "rule 11 on r1") &&
                strstr(v->detail, "at 0s: two inbound SAs with SPI 00000777");
    }
    cr_expect(told);
    forged_free(&f);
}

Test(invariants, hold_for_a_tunnel_with_rekeys_and_none_is_alone_at_its_end)
{
    struct played p = play(
        TWO_SITES("        crypto ipsec security-association lifetime seconds 120\n",
                  "") "traffic:\n  - {name: ping, from: pc1, to: pc2, start: 5s, every: 1s}\n");
    cr_expect(world_passed(p.w));
    cr_expect_eq(world_alone(p.w), 0);
    played_free(&p);
}
