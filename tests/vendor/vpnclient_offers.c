/* What the client offers, against the tables of hub-and-spoke.md 2.7 and step C09. */
#include "pc.h"

static const char *cipher_short(enum crypto_cipher c)
{
    return c == CIPHER_AES256   ? "AES-256"
           : c == CIPHER_AES128 ? "AES-128"
           : c == CIPHER_3DES   ? "3DES"
           : c == CIPHER_DES    ? "DES"
                                : "?";
}

static char *phase1_text(const char *version, const char *more)
{
    struct world *w = world_new();
    g_autofree char *text = g_strconcat("[x-pc]\naddress=10.51.82.100/24\n[main]\nHost=10.0.0.1\n"
                                        "GroupName=g\nGroupPwd=p\n",
                                        more, NULL);
    struct pc *p = pc_new(w, "pc", version, text);
    struct ike_policy offers[20];
    size_t n = vc_offers_phase1(p->s, p->s->profiles->pdata[0], offers, G_N_ELEMENTS(offers));
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < n; i++) {
        cr_expect_eq(offers[i].lifetime_s, 2147483);
        g_string_append_printf(out, "%zu %s %s%s g%d\n", i + 1, cipher_short(offers[i].cipher),
                               offers[i].hash == HASH_MD5 ? "MD5" : "SHA",
                               offers[i].auth == IKE_AUTH_XAUTH_INIT_PSK ? " XAUTH" : "",
                               offers[i].group == GROUP_MODP768    ? 1
                               : offers[i].group == GROUP_MODP1536 ? 5
                                                                   : 2);
    }
    pc_free(p);
    world_free(w);
    return g_string_free(out, FALSE);
}

Test(vpnclient_offers, phase_1_has_fourteen_transforms_in_the_order_of_the_catalogue)
{
    g_autofree char *text = phase1_text("4.0", "");
    cr_expect_str_eq(text, "1 AES-256 SHA XAUTH g2\n2 AES-256 MD5 XAUTH g2\n3 AES-256 SHA g2\n"
                           "4 AES-256 MD5 g2\n5 AES-128 SHA XAUTH g2\n6 AES-128 MD5 XAUTH g2\n"
                           "7 AES-128 SHA g2\n8 AES-128 MD5 g2\n9 3DES SHA XAUTH g2\n"
                           "10 3DES MD5 XAUTH g2\n11 3DES SHA g2\n12 3DES MD5 g2\n"
                           "13 DES MD5 XAUTH g2\n14 DES MD5 g2\n");
}

Test(vpnclient_offers, before_3_6_there_is_no_aes)
{
    g_autofree char *text = phase1_text("3.5", "DHGroup=1\n");
    cr_expect_str_eq(text, "1 3DES SHA XAUTH g1\n2 3DES MD5 XAUTH g1\n3 3DES SHA g1\n"
                           "4 3DES MD5 g1\n5 DES MD5 XAUTH g1\n6 DES MD5 g1\n");
}

Test(vpnclient_offers, no_offer_of_either_phase_is_des_with_sha)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "5.0", pc_profile);
    struct ike_policy offers[20];
    size_t n = vc_offers_phase1(p->s, p->s->profiles->pdata[0], offers, G_N_ELEMENTS(offers));
    for (size_t i = 0; i < n; i++)
        cr_expect_not(offers[i].cipher == CIPHER_DES && offers[i].hash == HASH_SHA1);
    struct ipsec_map_entry *e =
        ipsec_entry_make(ipsec_map_make(p->d->ipsec_conf, VC_MAP), VC_ENTRY);
    vc_offers_phase2(p->s, e);
    for (guint i = 0; i < e->transform_sets->len; i++) {
        struct esp_suite s = ipsec_set_find(p->d->ipsec_conf, e->transform_sets->pdata[i])->suite;
        cr_expect_not(s.cipher == CIPHER_DES && s.auth == HASH_SHA1);
    }
    pc_free(p);
    world_free(w);
}

Test(vpnclient_offers, phase_2_has_fourteen_proposals_in_the_order_of_the_catalogue)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "4.0", pc_profile);
    struct ipsec_map_entry *e =
        ipsec_entry_make(ipsec_map_make(p->d->ipsec_conf, VC_MAP), VC_ENTRY);
    g_autoptr(GString) out = g_string_new(NULL);
    vc_offers_phase2(p->s, e);
    for (guint i = 0; i < e->transform_sets->len; i++) {
        struct esp_suite s = ipsec_set_find(p->d->ipsec_conf, e->transform_sets->pdata[i])->suite;
        g_string_append_printf(out, "%u %s %s%s\n", i + 1, cipher_short(s.cipher),
                               s.auth == HASH_MD5 ? "MD5" : "SHA", s.compress ? " LZS" : "");
        cr_expect_not(s.transport);
    }
    cr_expect_str_eq(out->str,
                     "1 AES-256 MD5 LZS\n2 AES-256 SHA LZS\n3 AES-128 MD5 LZS\n4 AES-128 SHA LZS\n"
                     "5 AES-256 MD5\n6 AES-256 SHA\n7 AES-128 MD5\n8 AES-128 SHA\n"
                     "9 3DES MD5 LZS\n10 3DES SHA LZS\n11 3DES MD5\n12 3DES SHA\n"
                     "13 DES MD5 LZS\n14 DES MD5\n");
    pc_free(p);
    world_free(w);
}

Test(vpnclient_offers, the_configuration_request_is_that_of_step_c09)
{
    static const uint16_t traced[] = {1,      2,      3,      4,      5, 0x7000, 0x7001, 0x7002,
                                      0x7004, 0x7003, 0x7007, 0x7009, 7, 0x7008, 0x700a, 0x7005};
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "4.0", pc_profile);
    struct vc_profile *f = p->s->profiles->pdata[0];
    uint16_t got[24];
    size_t n = vc_wanted(p->s, f, got, G_N_ELEMENTS(got));
    cr_assert_eq(n, G_N_ELEMENTS(traced));
    for (size_t i = 0; i < n; i++)
        cr_expect_eq(got[i], traced[i], "number %zu is 0x%x", i + 1, got[i]);
    f->local_lan = true;
    cr_expect_eq(vc_wanted(p->s, f, got, G_N_ELEMENTS(got)), n + 1);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_offers, vendor_ids_stand_so_that_the_hub_counts_215_123_194)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "4.0", pc_profile);
    static const enum ike_vid traced[] = {IKE_VID_XAUTH,         IKE_VID_DPD,   IKE_VID_NAT_T_02N,
                                          IKE_VID_FRAGMENTATION, IKE_VID_UNITY, IKE_VID_UNKNOWN};
    for (size_t i = 0; i < G_N_ELEMENTS(traced); i++)
        cr_expect_eq(p->d->profile.vid_am1[i], traced[i], "number %zu", i + 1);
    pc_free(p);
    world_free(w);
}
