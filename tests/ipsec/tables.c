/* The SAD and the configuration of policy. */
#include <criterion/criterion.h>
#include <glib.h>

#include "ipsec/policy.h"
#include "ipsec/sad.h"

static struct esp_sa *sa_of(uint32_t spi, bool inbound)
{
    static const uint8_t key[36];
    struct esp_suite suite = {CIPHER_AES128, HASH_SHA1, false};
    return esp_sa_new(spi, inbound, suite, 1, 2, (struct span){key, sizeof key}, 64, NULL);
}

Test(sad, finds_by_spi_and_id_and_never_uses_an_id_twice)
{
    struct sim *sim = sim_new(1, 0);
    struct sad *sad = sad_new(sim);
    esp_sa_id id[20];
    for (uint32_t i = 0; i < 20; i++)
        id[i] = sad_add(sad, sa_of(1000 + i, i % 2 == 0));
    for (uint32_t i = 0; i < 20; i++) {
        cr_expect_eq(sad_by_id(sad, id[i])->spi, 1000 + i);
        /* Outbound SPIs are the peer's: nobody here is found by them. */
        cr_expect_eq(sad_by_spi(sad, 1000 + i) != NULL, i % 2 == 0);
        cr_expect_eq(sad_at(sad, i)->id, id[i]);
    }
    sad_remove(sad, id[4]);
    sad_remove(sad, id[4]);
    cr_expect_null(sad_by_id(sad, id[4]));
    cr_expect_null(sad_by_spi(sad, 1004));
    cr_expect_eq(sad_count(sad), 19);
    cr_expect_gt(sad_add(sad, sa_of(1004, true)), id[19]);
    cr_expect_eq(sad_by_spi(sad, 1004)->id, id[19] + 1);
    cr_expect_null(sad_at(sad, 20));
    cr_expect_null(sad_by_id(sad, 0));
    sad_free(sad);
    sim_free(sim);
}

Test(policy, keeps_sets_maps_and_entries)
{
    struct ipsec_conf *c = ipsec_conf_new();
    cr_expect_eq(c->life_s, 3600);
    cr_expect_eq(c->life_kb, 4608000);
    cr_expect_eq(c->replay_window, 64);
    struct ipsec_transform_set *s = ipsec_set_make(c, "TS");
    cr_expect_eq(ipsec_set_make(c, "TS"), s);
    cr_expect_null(ipsec_set_find(c, "ts"));
    struct ipsec_map *m = ipsec_map_make(c, "VPN");
    cr_expect_eq(ipsec_map_find(c, "VPN"), m);
    cr_expect_null(ipsec_map_find(c, "vpn"));
    cr_expect_null(ipsec_map_find(c, NULL));
    static const uint32_t seq[] = {30, 10, 20, 5, 65535, 10};
    for (size_t i = 0; i < G_N_ELEMENTS(seq); i++)
        ipsec_entry_make(m, seq[i])->life_s = seq[i];
    static const uint32_t order[] = {5, 10, 20, 30, 65535};
    cr_assert_eq(m->entries->len, G_N_ELEMENTS(order));
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        cr_expect_eq(((struct ipsec_map_entry *)m->entries->pdata[i])->seq, order[i]);
    cr_expect(ipsec_entry_remove(m, 20));
    cr_expect_not(ipsec_entry_remove(m, 20));
    cr_expect_null(ipsec_entry_find(m, 20));
    cr_expect_eq(ipsec_entry_find(m, 30)->seq, 30);

    struct ipsec_map_entry *e = ipsec_entry_find(m, 10);
    ip4 peer = 7;
    cr_expect_not(ipsec_entry_complete(e));
    e->acl = g_strdup("110");
    cr_expect_not(ipsec_entry_complete(e));
    g_array_append_val(e->peers, peer);
    cr_expect_not(ipsec_entry_complete(e));
    g_ptr_array_add(e->transform_sets, g_strdup("TS"));
    cr_expect(ipsec_entry_complete(e));

    cr_expect(ipsec_set_remove(c, "TS"));
    cr_expect_not(ipsec_set_remove(c, "TS"));
    cr_expect(ipsec_map_remove(c, "VPN"));
    cr_expect_not(ipsec_map_remove(c, "VPN"));
    ipsec_conf_free(c);
    ipsec_conf_free(NULL);
}
