/* The review of configurations: each fault is found, and a healthy pair has none. */
#include "scenario/check.h"

#include "appliances.h"
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
        {L("crypto map vpn client authentication list users"), "login-of-peers",
         "crypto map vpn client authentication list users", "asks every peer for a user"},
        {L("crypto isakmp client configuration group staff") L(" acl 150") L("exit")
             L("access-list 150 permit ip any any"),
         "split-list-of-everything", "access-list 150 permit ip any any", "of group staff"},
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

/* ---- Appliances ---- */

Test(check, healthy_appliances_have_no_finding)
{
    for (int older = 0; older < 2; older++) {
        g_autofree char *text = appliances(older, "");
        struct played p;
        GPtrArray *findings = review(text, &p);
        for (guint i = 0; i < findings->len; i++)
            cr_expect_fail("%s", ((const struct finding *)findings->pdata[i])->message);
        g_ptr_array_unref(findings);
        played_free(&p);
    }
}

Test(check, faults_of_appliances_are_found_and_cured_in_their_own_words)
{
    static const struct {
        bool older; /* the kind that keys are lines of, and policies */
        const char *add, *id, *line, *says, *remedy;
    } row[] = {
        {false, L("no crypto isakmp enable outside") L("crypto isakmp enable inside"),
         "isakmp-off-interface", "crypto map m interface outside", "applied to outside",
         "crypto isakmp enable outside"},
        {true, L("no isakmp enable outside") L("isakmp enable inside"), "isakmp-off-interface",
         "crypto map m interface outside", "applied to outside", "isakmp enable outside"},
        {false, L("no tunnel-group 192.0.2.2"), "no-key", NULL, "for the peer 192.0.2.2",
         "tunnel-group PEER"},
        {true, L("no isakmp key k address 192.0.2.2 netmask 255.255.255.255"), "no-key", NULL,
         "for the peer 192.0.2.2", "isakmp key SECRET"},
        {false, L("tunnel-group 192.0.2.2 ipsec-attributes") L(" pre-shared-key other"),
         "keys-differ", "pre-shared-key other", "differs from the one fw2 has", NULL},
        {true, L("isakmp key other address 192.0.2.2 netmask 255.255.255.255"), "keys-differ",
         "isakmp key other address 192.0.2.2 netmask 255.255.255.255", NULL, NULL},
        {false, L("crypto isakmp policy 10") L(" hash md5"), "no-common-policy",
         "crypto isakmp policy 10", "whose hash differs", NULL},
        {true, L("isakmp policy 10 hash md5"), "no-common-policy", "isakmp policy 10 hash md5",
         "whose hash differs", NULL},
        {true, L("isakmp policy 10 lifetime 600"), "lifetimes-differ", NULL,
         "600 s here, 86400 s on fw2", "collide"},
        {false, L("no crypto map m 10 match address vpn"), "incomplete-map",
         "crypto map m 10 set transform-set s", "no access list", "match address"},
        {false, L("no crypto map m 10 set peer 192.0.2.2"), "incomplete-map", NULL, "no peer",
         "set peer"},
        {true, L("no crypto map m 10 set transform-set s"), "incomplete-map", NULL,
         "no transform set", NULL},
        {false,
         L("crypto ipsec transform-set w esp-des esp-md5-hmac")
             L("crypto map m 10 set transform-set w"),
         "no-common-transform", "crypto map m 10 set transform-set w", NULL, NULL},
        {false, L("access-list vpn extended permit ip 10.7.0.0 255.255.0.0 host 10.8.0.1"),
         "acl-not-mirrored",
         "access-list vpn extended permit ip 10.7.0.0 255.255.0.0 host 10.8.0.1", "no counterpart",
         "fw2 needs the mirror: permit ip host 10.8.0.1 10.7.0.0 255.255.0.0"},
        {false, L("tunnel-group 192.0.2.2 ipsec-attributes") L(" isakmp keepalive disable"),
         "keepalive-off", "isakmp keepalive disable", NULL, NULL},
        {true, L("no isakmp keepalive"), "keepalive-one-end", NULL, "only fw2 asks", NULL},
        {false, L("group-policy DfltGrpPolicy attributes") L(" vpn-idle-timeout none"),
         "idle-differs", NULL, "never for idleness, fw2 after 1800 s", NULL},
        {false,
         L("group-policy quick internal") L("group-policy quick attributes")
             L(" vpn-idle-timeout 5") L("tunnel-group 192.0.2.2 general-attributes")
                 L(" default-group-policy quick"),
         "idle-differs", NULL, "after 300 s without packets, fw2 after 1800 s", NULL},
        {false, L("crypto isakmp identity hostname"), "identity-differs",
         "crypto isakmp identity hostname", "its address 192.0.2.1 only", NULL},
        {false, L("no sysopt connection permit-vpn"), "tunnel-filtered",
         "no sysopt connection permit-vpn", "there is none", "sysopt connection permit-vpn"},
        {true,
         L("no sysopt connection permit-ipsec") L("access-list in deny ip any any")
             L("access-group in in interface outside"),
         "tunnel-filtered", NULL, "(in)", "sysopt connection permit-ipsec"},
        {false,
         L("crypto dynamic-map d 10 match address vpn") L("crypto dynamic-map d 10 set "
                                                          "transform-set s")
             L("crypto map m 5 ipsec-isakmp dynamic d"),
         "behind-dynamic", "crypto map m 5 ipsec-isakmp dynamic d", "cannot begin the tunnel",
         NULL},
        {false,
         L("route outside 10.2.0.0 255.255.255.0 192.0.2.9 1")
             L("no crypto map m interface outside") L("crypto map m interface inside"),
         "map-on-wrong-interface", "crypto map m interface inside", NULL, NULL},
        {false, L("nat (inside) 1 10.1.0.0 255.255.255.0") L("global (outside) 1 interface"),
         "translated-before-map",
         "access-list vpn extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0",
         "10.1.0.1 becomes 192.0.2.1", "nat (INSIDE) 0 access-list LIST"},
        {true,
         L("no nat (inside) 0 access-list nonat")
             L("static (inside,outside) 198.51.100.0 10.1.0.0 netmask 255.255.255.0"),
         "translated-before-map", NULL, "10.1.0.1 becomes 198.51.100.1", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *text = appliances(row[i].older, row[i].add);
        struct played p;
        GPtrArray *findings = review(text, &p);
        const struct finding *f = find(findings, row[i].id);
        cr_expect_not_null(f, "%s: %s", row[i].id, row[i].add);
        if (f) {
            cr_expect(!row[i].says || strstr(f->message, row[i].says), "%s", f->message);
            cr_expect(!row[i].remedy || strstr(f->remedy, row[i].remedy), "%s", f->remedy);
            cr_expect(!row[i].line || g_strcmp0(f->text, row[i].line) == 0, "%s: %s", row[i].id,
                      f->text);
        }
        g_ptr_array_unref(findings);
        played_free(&p);
    }
}

/* Neither an exemption nor a list that knows the translated source is a fault. */
Test(check, traffic_kept_from_translation_is_no_fault)
{
    static const char *const add[] = {
        L("nat (inside) 1 10.1.0.0 255.255.255.0") L("global (outside) 1 interface")
            L("access-list nonat extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0")
                L("nat (inside) 0 access-list nonat"),
        L("nat (inside) 1 10.7.0.0 255.255.255.0") L("global (outside) 1 interface"),
        L("static (inside,outside) 10.1.0.0 10.1.0.0 netmask 255.255.255.0"),
    };
    for (size_t i = 0; i < G_N_ELEMENTS(add); i++) {
        g_autofree char *text = appliances(false, add[i]);
        struct played p;
        GPtrArray *findings = review(text, &p);
        cr_expect_null(find(findings, "translated-before-map"), "%s", add[i]);
        g_ptr_array_unref(findings);
        played_free(&p);
    }
}

/* Without sysopt it is the list that decides, and it may well let the tunnel in. */
Test(check, a_list_that_permits_the_tunnel_is_no_fault)
{
    g_autofree char *text =
        appliances(false, L("no sysopt connection permit-vpn")
                              L("access-list in extended permit ip 10.2.0.0 255.255.0.0 any")
                                  L("access-group in in interface outside"));
    struct played p;
    GPtrArray *findings = review(text, &p);
    cr_expect_null(find(findings, "tunnel-filtered"));
    g_ptr_array_unref(findings);
    played_free(&p);
}

Test(check, keepalives_and_idle_time_outs_of_one_router_only_are_told)
{
    static const struct {
        const char *add, *id, *device, *says;
    } row[] = {
        {L("crypto isakmp keepalive 10"), "keepalive-one-end", "r2", "only r1 asks"},
        {L("crypto ipsec security-association idle-time 60"), "idle-differs", "r1",
         "after 60 s without packets, r2 never"},
        {L("access-list 120 deny udp any any eq isakmp") L("interface FastEthernet0/0")
             L(" ip access-group 120 in"),
         "tunnel-refused", "r1", "access list 120 of FastEthernet0/0 refuses ISAKMP"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *marked = g_strdup(TWO_SITES("@@", ""));
        g_auto(GStrv) halves = g_strsplit(marked, "@@", 2);
        g_autofree char *text = g_strconcat(halves[0], row[i].add, halves[1], NULL);
        struct played p;
        GPtrArray *findings = review(text, &p);
        const struct finding *f = find(findings, row[i].id);
        cr_expect_not_null(f, "%s", row[i].id);
        if (f) {
            cr_expect_str_eq(f->device, row[i].device);
            cr_expect(strstr(f->message, row[i].says), "%s", f->message);
        }
        g_ptr_array_unref(findings);
        played_free(&p);
    }
}

#define DIALS_IN                                                                                   \
    "vpnsim: 1\nname: t\ntitle: t\nduration: 10s\ntopology:\n  nodes:\n"                           \
    "    hub:\n      kind: ios\n      version: \"12.4\"\n      startup-config: |\n"                \
    "        crypto isakmp policy 10\n         authentication pre-share\n"                         \
    "        crypto isakmp key cisco123 address 192.0.2.9\n"                                       \
    "        crypto ipsec transform-set strong esp-aes esp-sha-hmac\n"                             \
    "        crypto map vpn 10 ipsec-isakmp\n         set peer 192.0.2.9\n"                        \
    "         set transform-set strong\n         match address 110\n"                              \
    "        interface FastEthernet0/0\n         ip address 203.0.113.1 255.255.255.0\n"           \
    "         crypto map vpn\n        ip route 0.0.0.0 0.0.0.0 203.0.113.2\n"                      \
    "        interface FastEthernet0/1\n         ip address 10.0.0.1 255.255.255.0\n         no "  \
    "keepalive\n"                                                                                  \
    "        access-list 110 permit ip 10.0.0.0 0.0.0.255 10.1.0.0 0.0.0.255\n"                    \
    "    pc:\n      kind: vpnclient\n      version: \"4.0\"\n      startup-config: |\n"            \
    "        [main]\n        Host=203.0.113.1\n        GroupName=g\n        GroupPwd=k\n"          \
    "        [x-pc]\n        address=203.0.113.7/24\n        gateway=203.0.113.1\n"                \
    "    box:\n      kind: nat\n      startup-config: |\n"                                         \
    "        interface outside 192.0.2.9/24 gateway 192.0.2.1\n"                                   \
    "        interface inside 192.168.1.1/24\n"                                                    \
    "  links:\n"                                                                                   \
    "    - {name: wan, endpoints: [\"hub:FastEthernet0/0\", \"pc:lan\"]}\n"

Test(check, a_client_and_whoever_is_behind_a_box_are_not_reviewed)
{
    struct played p;
    const char *text = DIALS_IN;
    GPtrArray *findings = review(text, &p);
    for (guint i = 0; i < findings->len; i++)
        cr_expect_fail("%s", ((const struct finding *)findings->pdata[i])->message);
    g_ptr_array_unref(findings);
    played_free(&p);
}
