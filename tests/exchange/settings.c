/* What is configured and how a device behaves, as settings. */
#include <criterion/criterion.h>

#include "ike/conf.h"
#include "ike/profile.h"

Test(conf, policies_stand_in_order_of_priority)
{
    struct ike_conf *c = ike_conf_new();
    static const uint32_t order[] = {20, 5, 10, 10, 1};
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        ike_policy_make(c, order[i]);
    cr_assert_eq(c->policies->len, 4);
    for (guint i = 1; i < c->policies->len; i++)
        cr_expect_lt(((struct ike_policy *)c->policies->pdata[i - 1])->priority,
                     ((struct ike_policy *)c->policies->pdata[i])->priority);
    cr_expect_eq(ike_policy_find(c, 5)->hash, HASH_SHA1, "a new one has the fallback's values");
    cr_expect(ike_policy_remove(c, 5));
    cr_expect_not(ike_policy_remove(c, 5));
    cr_expect_null(ike_policy_find(c, 5));
    ike_conf_free(c);
}

Test(conf, the_key_of_the_longest_mask_is_found)
{
    struct ike_conf *c = ike_conf_new();
    ike_key_set(c, 0, 0, "all", false);
    ike_key_set(c, IP4(10, 0, 0, 0), ip4_mask(8), "ten", true);
    ike_key_set(c, IP4(10, 1, 1, 1), ip4_mask(32), "one", false);
    static const struct {
        ip4 peer;
        const char *secret;
    } row[] = {{IP4(10, 1, 1, 1), "one"}, {IP4(10, 1, 1, 2), "ten"}, {IP4(11, 1, 1, 1), "all"}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_str_eq(ike_key_for(c, row[i].peer)->secret, row[i].secret);
    ike_key_set(c, IP4(10, 9, 9, 9), ip4_mask(8), "new", false);
    cr_expect_str_eq(ike_key_for(c, IP4(10, 1, 1, 2))->secret, "new");
    cr_expect_eq(c->keys->len, 3);
    cr_expect(ike_key_remove(c, 0, 0));
    cr_expect_null(ike_key_for(c, IP4(11, 1, 1, 1)));
    cr_expect_not(ike_key_remove(c, 0, 0));
    ike_conf_free(c);
}

Test(profile, settings_are_set_by_name_within_their_range)
{
    static const struct {
        const char *name, *value, *error;
    } row[] = {
        {"phase1-retransmit-s", "15", NULL},
        {"phase1-retransmit-s", "0", "phase1-retransmit-s is a number from 1 to 3600, not \"0\""},
        {"phase1-retransmit-s", "1x", "phase1-retransmit-s is a number from 1 to 3600, not \"1x\""},
        {"phase1-retransmits", "2", NULL},
        {"send-deletes", "no", NULL},
        {"send-deletes", "maybe", "send-deletes is true or false, not \"maybe\""},
        {"send-delete", "no", "no setting \"send-delete\"; did you mean \"send-deletes\"?"},
        {"colour", "no", "no setting \"colour\""},
    };
    struct ike_profile p;
    ike_profile_init(&p);
    cr_expect_eq(p.retransmit_s, 10);
    cr_expect(p.send_deletes);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GError) error = NULL;
        bool ok = ike_profile_set(&p, row[i].name, row[i].value, &error);
        cr_expect_eq(ok, row[i].error == NULL, "row %zu", i);
        if (row[i].error)
            cr_expect_str_eq(error->message, row[i].error);
    }
    cr_expect_eq(p.retransmit_s, 15);
    cr_expect_eq(p.retransmit_count, 2);
    cr_expect_not(p.send_deletes);
}

static void count(void *self, const char *name, const char *type, uint32_t dflt, uint32_t min,
                  uint32_t max, const char *doc)
{
    cr_expect(dflt >= min && dflt <= max, "%s", name);
    cr_expect(*doc, "%s", name);
    ++*(int *)self;
}

Test(profile, every_setting_is_documented_and_its_default_allowed)
{
    int n = 0;
    ike_profile_each(count, &n);
    cr_expect_gt(n, 15);
}
