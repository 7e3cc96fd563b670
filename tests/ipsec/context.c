/* VPN contexts: when they begin and end, and which one a packet belongs to; and whether policy
 * still wants what was negotiated. */
#include <string.h>

#include "site.h"

static void heard(void *self, uint32_t context, bool alive)
{
    g_string_append_printf(self, "%s%u ", alive ? "+" : "-", context);
}

static struct pkt *packet(ip4 src, ip4 dst)
{
    struct pkt *p = pkt_new(28);
    uint8_t *b = pkt_data(p);
    memset(b, 0, 28);
    b[0] = 0x45;
    be16_put(b + 2, 28);
    b[9] = IPPROTO_NUM_UDP;
    be32_put(b + 12, src);
    be32_put(b + 16, dst);
    return p;
}

static uint32_t out_context(struct site_router *r, ip4 src, ip4 dst)
{
    struct pkt *p = packet(src, dst);
    uint32_t context = ipsec_context_out(r->ipsec, r->wan, p);
    pkt_unref(p);
    return context;
}

Test(context, lives_over_rekeys_and_is_never_given_again)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    g_autoptr(GString) log = g_string_new(NULL);
    ipsec_on_context(r->ipsec, heard, log);
    cr_expect_eq(out_context(r, H1, H2), 0, "no SA yet");
    cr_expect_eq(r->asked, 0, "and none is asked for");
    site_install(s, 1000, 3600, 0);
    cr_expect_eq(out_context(r, H1, H2), 1);
    cr_expect_eq(out_context(r, H1, IP4(10, 9, 0, 1)), 0, "not protected");
    cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->context, 1);
    site_run(s, SECONDS(40));
    site_install(s, 2000, 3600, 0);
    cr_expect_eq(out_context(r, H1, H2), 1);
    site_run(s, SECONDS(40));
    cr_expect_eq(ipsec_ident_at(r->ipsec, 0)->pairs->len, 1, "the overlap is over");
    cr_expect_str_eq(log->str, "+1 ");
    ipsec_clear(r->ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN);
    cr_expect_eq(out_context(r, H1, H2), 0);
    struct ipsec_child c = site_child(0, 3000, 3600, 0);
    cr_assert_eq(ipsec_install(r->ipsec, &c), WHY_NONE);
    cr_expect_eq(out_context(r, H1, H2), 2);
    ipsec_peer_gone(r->ipsec, R1, R2, 0, WHY_DPD);
    cr_expect_str_eq(log->str, "+1 -1 +2 -2 ");
    site_free(s);
}

Test(context, of_a_decrypted_packet_is_that_of_its_sa)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    site_install(s, 1000, 3600, 0);
    struct pkt *p = packet(H2, H1);
    cr_expect_eq(ipsec_context_in(r->ipsec, p), 0, "came in clear");
    p->sa_in = ((struct ipsec_pair *)ipsec_ident_at(r->ipsec, 0)->pairs->pdata[0])->in;
    cr_expect_eq(ipsec_context_in(r->ipsec, p), 1);
    ipsec_clear(r->ipsec, &(struct ipsec_clear_what){0}, WHY_ADMIN);
    cr_expect_eq(ipsec_context_in(r->ipsec, p), 0, "its SA is gone");
    pkt_unref(p);
    site_free(s);
}

Test(context, looking_counts_no_hits)
{
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    const struct acl *acl = net_acl(r->node, "110");
    site_install(s, 1000, 3600, 0);
    uint64_t before = ((struct acl_line *)acl->lines->pdata[0])->hits;
    for (int i = 0; i < 5; i++)
        cr_expect_eq(out_context(r, H1, H2), 1);
    cr_expect_eq(((struct acl_line *)acl->lines->pdata[0])->hits, before);
    site_free(s);
}

Test(context, ends_when_the_map_is_taken_off)
{
    struct site *s = site_new();
    g_autoptr(GString) log = g_string_new(NULL);
    ipsec_on_context(s->r[0].ipsec, heard, log);
    site_install(s, 1000, 3600, 0);
    ipsec_bind(s->r[0].ipsec, s->r[0].wan, NULL);
    cr_expect_str_eq(log->str, "+1 -1 ");
    site_free(s);
}

Test(wants, a_complete_entry_of_an_applied_map_with_a_line_that_has_the_proxies)
{
    const struct proxy lan1 = proxy_of(LAN1, 0xffffff00u, 0, 0),
                       lan2 = proxy_of(LAN2, 0xffffff00u, 0, 0),
                       host = proxy_of(H1, UINT32_MAX, 0, 0),
                       wide = proxy_of(IP4(10, 0, 0, 0), 0xff000000u, 0, 0);
    const struct {
        const char *map;
        uint32_t seq;
        const struct proxy *lp, *rp;
        bool wanted;
    } row[] = {
        {"VPN", 10, &lan1, &lan2, true},    {"VPN", 10, &host, &lan2, true},
        {"VPN", 10, &wide, &lan2, false},   {"VPN", 10, &lan2, &lan1, false},
        {"VPN", 20, &lan1, &lan2, false},   {"vpn", 10, &lan1, &lan2, false},
        {"OTHER", 10, &lan1, &lan2, false}, {NULL, 10, &lan1, &lan2, false},
    };
    struct site *s = site_new();
    struct site_router *r = &s->r[0];
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_eq(ipsec_wants(r->ipsec, row[i].map, row[i].seq, row[i].lp, row[i].rp),
                     row[i].wanted, "row %zu", i);
    net_acl_remove(r->node, "110");
    ipsec_changed(r->ipsec);
    cr_expect_not(ipsec_wants(r->ipsec, "VPN", 10, &lan1, &lan2), "its access list is gone");
    acl_add(net_acl_make(r->node, "110", true), site_line(LAN1, 0xffffff00u, LAN2, 0xffffff00u));
    ipsec_changed(r->ipsec);
    cr_expect(ipsec_wants(r->ipsec, "VPN", 10, &lan1, &lan2));
    g_array_set_size(ipsec_entry_find(ipsec_map_find(r->conf, "VPN"), 10)->peers, 0);
    ipsec_changed(r->ipsec);
    cr_expect_not(ipsec_wants(r->ipsec, "VPN", 10, &lan1, &lan2), "the entry is incomplete");
    site_free(s);
}
