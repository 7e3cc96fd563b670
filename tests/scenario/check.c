/* The review of configurations: each fault is found, and a healthy pair has none. */
#include "scenario/check.h"

#include "play.h"

static GPtrArray *review(const char *text, struct played *p)
{
    GError *error = NULL;
    p->s = scenario_from_text("t.yml", text, strlen(text), &error);
    p->w = p->s ? world_new(p->s, &(struct world_options){.lenient = true}, &error) : NULL;
    cr_assert_not_null(p->w, "%s", error ? error->message : "");
    return check_world(p->w);
}

static const struct finding *find(const GPtrArray *findings, const char *id)
{
    for (guint i = 0; i < findings->len; i++)
        if (strcmp(((const struct finding *)findings->pdata[i])->id, id) == 0)
            return findings->pdata[i];
    return NULL;
}

Test(check, a_healthy_pair_has_no_finding)
{
    struct played p;
    GPtrArray *findings = review(TWO_SITES("", ""), &p);
    for (guint i = 0; i < findings->len; i++)
        cr_expect_fail("%s", ((const struct finding *)findings->pdata[i])->message);
    g_ptr_array_unref(findings);
    played_free(&p);
}

Test(check, each_fault_is_found_with_its_line)
{
#define L(text) "        " text "\n"
    static const struct {
        const char *add; /* to r1 */
        const char *id, *text, *says;
    } row[] = {
        {L("no crypto isakmp key cisco123 address 192.0.2.2")
             L("crypto isakmp key other address 192.0.2.2"),
         "keys-differ", "crypto isakmp key other address 192.0.2.2", "differs from the one r2 has"},
        {L("no crypto isakmp key cisco123 address 192.0.2.2")
             L("crypto isakmp key cisco123 address 192.0.2.9"),
         "no-key", NULL, "no pre-shared key for the peer 192.0.2.2"},
        {L("crypto isakmp policy 10") L(" hash md5"), "no-common-policy", "crypto isakmp policy 10",
         "whose hash differs"},
        {L("crypto isakmp policy 10") L(" lifetime 600"), "lifetimes-differ", NULL,
         "600 s here, 86400 s on r2"},
        {L("crypto ipsec transform-set strong esp-des esp-md5-hmac"), "no-common-transform",
         "set transform-set strong", NULL},
        {L("crypto map vpn 10 ipsec-isakmp") L(" set transform-set gone"), "refused-line",
         "set transform-set gone", "does not exist"},
        {L("crypto map vpn 10 ipsec-isakmp") L(" match address 199"), "undefined-acl",
         "match address 199", "199"},
        {L("crypto map vpn 10 ipsec-isakmp") L(" set peer 192.0.2.77"), "peer-unknown", NULL,
         "192.0.2.77"},
        {L("crypto map vpn 10 ipsec-isakmp") L(" no match address 110"), "incomplete-map",
         "crypto map vpn 10 ipsec-isakmp", "no access list"},
        {L("crypto map vpn 20 ipsec-isakmp"), "incomplete-map", "crypto map vpn 20 ipsec-isakmp",
         "no peer"},
        {L("interface FastEthernet0/0") L(" no crypto map"), "map-not-applied", NULL,
         "applied to no interface"},
        {L("interface FastEthernet0/0") L(" crypto map VPN"), "refused-line", "crypto map VPN",
         "does not exist"},
        {L("crypto map VPN 10 ipsec-isakmp"), "map-names-alike", "crypto map VPN 10 ipsec-isakmp",
         "differ in case"},
        {L("interface FastEthernet0/0") L(" no crypto map") L("interface FastEthernet0/1")
             L(" crypto map vpn"),
         "map-on-wrong-interface", "crypto map vpn", "reached by FastEthernet0/0"},
        {L("no access-list 110")
             L("access-list 110 permit ip 10.1.0.0 0.0.0.127 10.2.0.0 0.0.0.255"),
         "acl-not-mirrored", "access-list 110 permit ip 10.1.0.0 0.0.0.127 10.2.0.0 0.0.0.255",
         "is not mirrored by \"permit ip 10.2.0.0 0.0.0.255 10.1.0.0 0.0.0.255\" on r2"},
        {L("no access-list 110")
             L("access-list 110 permit ip 10.2.0.0 0.0.0.255 10.1.0.0 0.0.0.255"),
         "acl-not-mirrored", NULL, "in the same direction"},
        {L("access-list 110 permit ip 10.7.0.0 0.0.0.255 10.8.0.0 0.0.0.255"), "acl-not-mirrored",
         NULL, "has no counterpart on r2"},
        {L("no ip route 0.0.0.0 0.0.0.0 192.0.2.2"), "no-route-to-network", NULL, "10.2.0.0"},
        {L("ip route 10.2.0.0 255.255.255.0 10.1.0.99"), "route-past-map", NULL,
         "leave by FastEthernet0/1"},
        {L("crypto map vpn 10 ipsec-isakmp") L(" set peer 172.16.0.1")
             L("no ip route 0.0.0.0 0.0.0.0 192.0.2.2"),
         "no-route-to-peer", NULL, "172.16.0.1"},
        {L("no crypto isakmp policy 10"), "no-policy", NULL, "no ISAKMP policy"},
        {L("no crypto isakmp enable"), "isakmp-off", NULL, "switched off"},
        {L("crypto map vpn 5 ipsec-isakmp") L(" set peer 192.0.2.9") L(" set transform-set strong")
             L(" match address 150")
                 L("access-list 150 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255"),
         "hidden-entry", NULL, "never reached"},
        {L("crypto dynamic-map any 10") L(" set transform-set strong")
             L("crypto map vpn 5 ipsec-isakmp dynamic any"),
         "behind-dynamic", NULL, "static entry 10 of \"vpn\" is behind dynamic entry 5"},
        {L("crypto map vpn 65535 ipsec-isakmp dynamic none"), "incomplete-map", NULL,
         "dynamic map \"none\", which is not defined"},
        {L("interface FastEthernet0/1") L(" ip access-group 177 in"), "undefined-acl",
         "ip access-group 177 in", "177"},
        {L("crypto isakmp polcy 5"), "refused-line", "crypto isakmp polcy 5", NULL},
        {L("crypto map vpn local-address Loopback7"), "local-address", NULL, "Loopback7"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *marked = g_strdup(TWO_SITES("@@", ""));
        g_auto(GStrv) halves = g_strsplit(marked, "@@", 2);
        g_autofree char *text = g_strconcat(halves[0], row[i].add, halves[1], NULL);
        struct played p;
        GPtrArray *findings = review(text, &p);
        const struct finding *f = find(findings, row[i].id);
        cr_expect_not_null(f, "%s: %s", row[i].id, row[i].add);
        if (f) {
            cr_expect(!row[i].says || strstr(f->message, row[i].says), "%s", f->message);
            cr_expect(!row[i].text ||
                          g_strcmp0(f->text ? g_strstrip(f->text) : NULL, row[i].text) == 0,
                      "%s: %s", row[i].id, f->text);
            cr_expect(*f->remedy);
            cr_expect(!row[i].text || (f->line > 0 && strcmp(f->file, "t.yml") == 0));
        }
        g_ptr_array_unref(findings);
        played_free(&p);
    }
}

Test(check, pfs_wanted_by_one_end_only_fails_from_the_other)
{
    struct played p;
    GPtrArray *findings = review(
        TWO_SITES("", "        crypto map vpn 10 ipsec-isakmp\n         set pfs group2\n"), &p);
    const struct finding *f = find(findings, "pfs-differs");
    cr_assert_not_null(f);
    cr_expect_str_eq(f->device, "r1");
    cr_expect(strstr(f->message, "r2 demands PFS with group 2"), "%s", f->message);
    g_ptr_array_unref(findings);
    played_free(&p);
}
