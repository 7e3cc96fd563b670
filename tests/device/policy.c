/* What a device's profile settings mean to its IPsec. */
#include <criterion/criterion.h>

#include "device/device.h"

static bool plain_init(struct device *d, const char *version, GError **error)
{
    return true;
}

static const struct device_kind kind_crypto = {
    .name = "box", .forwards = true, .has_crypto = true, .init = plain_init};

Test(policy, settings_of_the_profile_reach_ipsec_with_the_next_change)
{
    static const struct {
        const char *name, *value;
    } row[] = {
        {"phase2-rekey-before-s", "40"},
        {"phase2-rekey-percent", "75"},
        {"phase2-rekey-percent-responder", "90"},
        {"phase2-rekey-jitter-percent", "5"},
        {"hold-without-peer", "true"},
        {"map-keeps-address", "true"},
        {"raw-proxy-id", "true"},
    };
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net *net = net_new(sim, trace);
    struct device *d = device_new(net, "r", &kind_crypto, "", NULL);
    cr_assert_not_null(d);
    cr_expect_eq(d->timing.soft_percent, 0);
    cr_expect_not(d->ipsec_conf->holds_without_peer);
    cr_expect_not(d->ipsec_conf->map_keeps_address);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_assert(ike_profile_set(&d->profile, row[i].name, row[i].value, NULL), "%s", row[i].name);
    device_config_changed(d, "profile");
    cr_expect_eq(d->timing.soft_before_s, 40);
    cr_expect_eq(d->timing.soft_percent, 75);
    cr_expect_eq(d->timing.soft_percent_r, 90);
    cr_expect_eq(d->timing.soft_jitter, 5);
    cr_expect(d->ipsec_conf->holds_without_peer);
    cr_expect(d->ipsec_conf->map_keeps_address);
    cr_expect(d->ipsec_conf->raw_proxy_id);
    device_free(d);
    net_free(net);
    trace_free(trace);
    sim_free(sim);
}

Test(policy, rekey_points_that_cannot_be_are_refused_with_the_range)
{
    static const struct {
        const char *name, *value;
    } row[] = {
        {"phase2-rekey-percent", "100"},
        {"phase2-rekey-percent", "-1"},
        {"phase2-rekey-percent", "4294967297"},
        {"phase2-rekey-percent", "75%"},
        {"phase2-rekey-percent-responder", "100"},
        {"phase2-rekey-jitter-percent", "51"},
        {"phase2-rekey-before-s", "86401"},
        {"phase2-rekey-retry-s", "0"},
        {"map-keeps-address", "2"},
        {"phase2-rekey-percents", "75"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct ike_profile p;
        g_autoptr(GError) error = NULL;
        ike_profile_init(&p);
        cr_expect_not(ike_profile_set(&p, row[i].name, row[i].value, &error), "%s %s", row[i].name,
                      row[i].value);
        cr_assert_not_null(error);
        cr_expect(strstr(error->message, "phase2-rekey") || strstr(error->message, "map-keeps"),
                  "%s", error->message);
    }
}
