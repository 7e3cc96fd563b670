/* Strangers, and somebody in the peer's name, who begin phase 1 thousands of times: what is kept of
 * it is bounded, it goes away, and the tunnel that there is does not notice. */
#include "appliances.h"
#include "play.h"

#define FLOOD    20000
#define A_SECOND 200  /* of them */
#define BOUND    1000 /* max-half-open of the profile */

/* RFC 2408 3.1 and RFC 2409 5: a good offer (3DES, SHA, pre-shared key, group 2, one day), its
 * first eight bytes the cookie. */
static const uint8_t offer[] = {
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x01, 0x10, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x54,
    0x00, 0x00, 0x00, 0x38, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00, 0x00, 0x01, 0x00, 0x00,
    0x00, 0x2c, 0x01, 0x01, 0x00, 0x01, 0x00, 0x00, 0x00, 0x24, 0x01, 0x01, 0x00, 0x00,
    0x80, 0x01, 0x00, 0x05, 0x80, 0x02, 0x00, 0x02, 0x80, 0x03, 0x00, 0x01, 0x80, 0x04,
    0x00, 0x02, 0x80, 0x0b, 0x00, 0x01, 0x00, 0x0c, 0x00, 0x04, 0x00, 0x01, 0x51, 0x80,
};

static void begin(struct device *d, ip4 from, uint64_t cookie)
{
    uint8_t message[sizeof offer];
    memcpy(message, offer, sizeof offer);
    be64_put(message, cookie);
    ike_input(d->ike, 0xC0000201, 500, from, 500, span_of(message, sizeof message));
}

static const char traffic[] =
    "traffic:\n  - {name: ping, from: pc1, to: pc2, kind: icmp, start: 1s, every: 1s, stop: 590s}\n"
    "  - {name: back, from: pc2, to: pc1, kind: icmp, start: 5s, every: 1s, stop: 590s}\n"
    "expect:\n  - {name: up, within: 5s~595s, traffic: ping, lost: 0}\n"
    "  - {name: both ways, within: 6s~595s, traffic: back, lost: 0}\n"
    "  - {name: by the same SAs, within: 5s~595s, event: {type: ipsec_sa_dead}, count: 0}\n";

static void flood(bool older, bool strangers)
{
    g_autofree char *minute = appliances_with(older, "", traffic);
    g_auto(GStrv) halves = g_strsplit(minute, "duration: 60s", 2);
    g_autofree char *text = g_strjoinv("duration: 600s", halves);
    g_autofree char *why = NULL;
    GError *error = NULL;
    struct played p = {scenario_from_text("t.yml", text, strlen(text), &error)};
    p.w = p.s ? world_new(p.s, &(struct world_options){.until = SECONDS(600)}, &error) : NULL;
    cr_assert_not_null(p.w, "%s", error ? error->message : "");
    world_advance(p.w, SECONDS(30), &why);
    struct device *d = world_device_at(p.w, 0);
    cr_assert_str_eq(d->name, "fw1");
    size_t most = 0, before = ike_sa_count(d->ike);
    for (uint32_t k = 0; k < FLOOD; k++) {
        begin(d, strangers ? 0xC6336400 + k : 0xC0000202, 0xF100D00000000000u + k);
        most = MAX(most, ike_sa_count(d->ike));
        if (k % A_SECOND == A_SECOND - 1)
            world_advance(p.w, SECONDS(31 + k / A_SECOND), &why);
    }
    cr_expect_gt(most, before, "they are heard");
    cr_expect_leq(most, before + BOUND, "%zu SAs", most);
    world_advance(p.w, SECONDS(600), &why);
    world_close(p.w, WORLD_DONE);
    cr_expect_leq(ike_sa_count(d->ike), before, "%zu SAs are left", ike_sa_count(d->ike));
    cr_expect_eq(verdict_of(&p, "up")->state, VERDICT_PASSED, "%s", verdict_of(&p, "up")->detail);
    cr_expect_eq(verdict_of(&p, "both ways")->state, VERDICT_PASSED, "%s",
                 verdict_of(&p, "both ways")->detail);
    cr_expect_eq(verdict_of(&p, "by the same SAs")->state, VERDICT_PASSED, "%s",
                 verdict_of(&p, "by the same SAs")->detail);
    played_free(&p);
}

Test(flood, of_strangers_is_bounded_and_forgotten)
{
    flood(false, true);
    flood(true, true);
}

Test(flood, in_the_peers_name_leaves_its_tunnel_alone)
{
    flood(false, false);
    flood(true, false);
}
