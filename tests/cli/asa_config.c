/* The ASA kind at its console: what is configured is read back, taken away, and refused in the
 * device's words. */
#include "box.h"

#include <string.h>

static const char site[] =
    "hostname asa\n"
    "interface Ethernet0/0\n"
    " nameif outside\n"
    " security-level 0\n"
    " ip address 203.0.113.1 255.255.255.0\n"
    "interface Ethernet0/1\n"
    " speed 100\n"
    " duplex full\n"
    " nameif inside\n"
    " security-level 100\n"
    " ip address 10.1.0.1 255.255.255.0\n"
    "access-list vpn extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 "
    "255.255.255.0\n"
    "access-list outside_in remark what may come in\n"
    "access-list outside_in extended permit tcp any host 10.1.0.5 eq https\n"
    "access-list outside_in extended deny udp any gt 1023 any range 10 20 log\n"
    "access-list outside_in extended permit icmp any any echo-reply\n"
    "logging enable\n"
    "logging timestamp\n"
    "logging buffered informational\n"
    "no logging message 602303\n"
    "mtu outside 1400\n"
    "access-group outside_in in interface outside\n"
    "route outside 0.0.0.0 0.0.0.0 203.0.113.2 1\n"
    "sysopt connection preserve-vpn-flows\n"
    "crypto ipsec transform-set strong esp-aes-256 esp-sha-hmac\n"
    "crypto ipsec transform-set old esp-3des esp-md5-hmac\n"
    "crypto ipsec security-association lifetime seconds 14400\n"
    "crypto map vpnmap 10 match address vpn\n"
    "crypto map vpnmap 10 set pfs group5\n"
    "crypto map vpnmap 10 set peer 203.0.113.2 203.0.113.3\n"
    "crypto map vpnmap 10 set transform-set strong old\n"
    "crypto map vpnmap 10 set security-association lifetime seconds 7200\n"
    "crypto map vpnmap 10 set reverse-route\n"
    "crypto map vpnmap interface outside\n"
    "crypto isakmp identity hostname\n"
    "crypto isakmp enable outside\n"
    "crypto isakmp policy 10\n"
    " authentication pre-share\n"
    " encryption aes-256\n"
    " hash sha\n"
    " group 5\n"
    " lifetime 14400\n"
    "management-access inside\n"
    "group-policy L2L internal\n"
    "group-policy L2L attributes\n"
    " vpn-idle-timeout none\n"
    "tunnel-group 203.0.113.2 type ipsec-l2l\n"
    "tunnel-group 203.0.113.2 general-attributes\n"
    " default-group-policy L2L\n"
    "tunnel-group 203.0.113.2 ipsec-attributes\n"
    " pre-shared-key cisco123\n"
    " isakmp keepalive threshold 15 retry 10\n";

static struct box *appliance(const char *version)
{
    struct box *b = box_new_of("asa", version);
    box_load(b, site);
    return b;
}

static char *saved(struct box *b)
{
    GString *text = g_string_new(NULL);
    cr_expect(b->d->kind->show(b->d, "more system:running-config", text), "%s", text->str);
    return g_string_free(text, FALSE);
}

Test(asa_config, every_line_is_read_back_and_loads_to_the_same_again)
{
    static const char *const version[] = {"7.0", "7.2(4)", "8.2(5)", "8.4(2)"};
    for (size_t i = 0; i < G_N_ELEMENTS(version); i++) {
        struct box *a = appliance(version[i]), *b = box_new_of("asa", version[i]);
        g_autofree char *first = saved(a);
        box_load(b, first);
        g_autofree char *second = saved(b);
        cr_expect_str_eq(second, first, "%s", version[i]);
        bool v1 = strcmp(version[i], "8.4(2)") == 0;
        g_auto(GStrv) lines = g_strsplit(site, "\n", -1);
        for (char **l = lines; *l && **l && !v1; l++) {
            g_autofree char *want = g_strstrip(g_strdup(*l));
            cr_expect(strstr(first, want), "%s: \"%s\" is not read back", version[i], want);
        }
        box_free(a);
        box_free(b);
    }
}

Test(asa_config, words_follow_the_version)
{
    struct box *b = appliance("8.4");
    g_autofree char *text = saved(b);
    cr_expect(strstr(text, "crypto ikev1 policy 10\n"));
    cr_expect(strstr(text, "crypto ikev1 enable outside\n"));
    cr_expect(strstr(text, "crypto ipsec ikev1 transform-set strong esp-aes-256 esp-sha-hmac"));
    cr_expect(strstr(text, "crypto map vpnmap 10 set ikev1 transform-set strong old"));
    cr_expect(strstr(text, " ikev1 pre-shared-key cisco123\n"));
    cr_expect_str_eq(box_type(b, "configure terminal\ncrypto ikev1 policy 20"), "");
    cr_expect_str_eq(box_prompt(b), "asa(config-ikev1-policy)# ");
    box_free(b);
    b = appliance("8.2");
    cr_expect_str_eq(box_console(b, "configure terminal\ncrypto ikev1 policy 20"),
                     "asa# configure terminal\n"
                     "asa(config)# crypto ikev1 policy 20\n"
                     "                    ^\n"
                     "ERROR: % Invalid input detected at '^' marker.\n");
    box_free(b);
}

Test(asa_config, keys_are_hidden_in_a_listing_but_not_in_what_is_saved)
{
    static const struct {
        const char *version, *hidden;
    } row[] = {{"8.2", " pre-shared-key *\n"}, {"8.3", " pre-shared-key *****\n"}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = appliance(row[i].version);
        g_autofree char *shown = box_running(b), *kept = saved(b);
        cr_expect(strstr(shown, row[i].hidden), "%s", row[i].version);
        cr_expect_not(strstr(shown, "cisco123"));
        cr_expect(strstr(kept, " pre-shared-key cisco123\n"));
        box_free(b);
    }
}

Test(asa_config, a_hidden_key_in_a_file_is_a_problem)
{
    struct box *b = box_new_of("asa", "8.2");
    cr_assert(device_load(b->d,
                          "tunnel-group 192.0.2.1 type ipsec-l2l\n"
                          "tunnel-group 192.0.2.1 ipsec-attributes\n"
                          " pre-shared-key *\n",
                          "a.cfg", b->problems, NULL));
    cr_assert_eq(b->problems->len, 1);
    const struct device_problem *p = g_ptr_array_index(b->problems, 0);
    cr_expect_eq(p->line, 3);
    cr_expect(strstr(p->message, "more system:running-config"), "%s", p->message);
    box_free(b);
}

/* ---- no forms ---- */

Test(asa_config, what_was_given_can_be_taken)
{
    static const struct {
        const char *no, *gone;
    } row[] = {
        {"no crypto map vpnmap 10 set pfs", "set pfs"},
        {"no crypto map vpnmap 10 set peer 203.0.113.3", "203.0.113.3"},
        {"no crypto map vpnmap 10 set security-association lifetime seconds 7200", "7200"},
        {"no crypto map vpnmap 10 set reverse-route", "reverse-route"},
        {"no crypto map vpnmap 10 match address vpn", "match address"},
        {"no crypto map vpnmap interface outside", "vpnmap interface"},
        {"clear configure crypto map vpnmap", "crypto map"},
        {"no crypto isakmp enable outside", "isakmp enable"},
        {"no crypto isakmp identity", "identity"},
        {"no crypto isakmp policy 10", "isakmp policy"},
        {"no crypto ipsec transform-set old", "transform-set old "},
        {"no access-group outside_in in interface outside", "access-group"},
        {"no access-list outside_in extended permit tcp any host 10.1.0.5 eq https", "https"},
        {"no access-list outside_in remark what may come in", "remark"},
        {"clear configure access-list outside_in", "access-list outside_in"},
        {"no route outside 0.0.0.0 0.0.0.0 203.0.113.2", "route outside"},
        {"no logging enable", "logging enable"},
        {"no logging buffered", "logging buffered"},
        {"logging message 602303", "602303"},
        {"no management-access", "management-access"},
        {"no tunnel-group 203.0.113.2", "tunnel-group 203.0.113.2"},
        {"group-policy L2L attributes\nno vpn-idle-timeout", "vpn-idle-timeout"},
        {"tunnel-group 203.0.113.2 general-attributes\nno default-group-policy", "default-group"},
        {"clear configure crypto map", "crypto map"},
        {"no group-policy L2L", "group-policy L2L internal"},
        {"interface Ethernet0/1\nno nameif", "nameif inside"},
        {"interface Ethernet0/1\nno ip address", "10.1.0.1"},
        {"interface Ethernet0/1\nno speed", "speed"},
        {"tunnel-group 203.0.113.2 ipsec-attributes\nno pre-shared-key", "pre-shared-key"},
        {"tunnel-group 203.0.113.2 ipsec-attributes\nno isakmp keepalive threshold 15",
         "keepalive"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = appliance("8.2");
        g_autofree char *before = saved(b);
        cr_expect(strstr(before, row[i].gone), "%s", row[i].gone);
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend\n", row[i].no);
        const char *said = box_type(b, lines);
        cr_expect_not(strstr(said, "ERROR"), "%s: %s", row[i].no, said);
        g_autofree char *after = saved(b);
        cr_expect_not(strstr(after, row[i].gone), "%s leaves \"%s\"", row[i].no, row[i].gone);
        box_free(b);
    }
}

Test(asa_config, a_removed_tunnel_group_takes_its_key_along)
{
    struct box *b = appliance("8.2");
    cr_expect_not_null(ike_key_for(b->d->ike_conf, IP4(203, 0, 113, 2)));
    cr_expect_null(ike_key_for(b->d->ike_conf, IP4(203, 0, 113, 9)));
    box_type(b, "configure terminal\nno tunnel-group 203.0.113.2\n"
                "tunnel-group DefaultL2LGroup ipsec-attributes\npre-shared-key everyone\nend");
    const struct ike_key *k = ike_key_for(b->d->ike_conf, IP4(203, 0, 113, 2));
    cr_assert_not_null(k);
    cr_expect_str_eq(k->secret, "everyone", "the default group serves whoever has none (CAT-41)");
    box_free(b);
}

/* ---- Lines and what they become ---- */

Test(asa_config, a_line_is_shown_as_the_version_shows_it)
{
    static const struct {
        const char *version, *typed, *shown; /* NULL = it says the default, and is not shown */
    } row[] = {
        {"7.0", "isakmp policy 2 lifetime 0", " lifetime 0\n"},
        {"8.2", "crypto isakmp policy 2 lifetime 0", " lifetime none\n"},
        {"8.4", "crypto ikev1 policy 2\nlifetime none", " lifetime none\n"},
        {"8.2", "tunnel-group 203.0.113.2 ipsec-attributes\nisakmp keepalive disable",
         " isakmp keepalive disable\n"},
        {"8.2", "tunnel-group 203.0.113.2 ipsec-attributes\nisakmp keepalive threshold infinite",
         " isakmp keepalive threshold infinite\n"},
        {"8.2", "tunnel-group 203.0.113.2 ipsec-attributes\nisakmp keepalive threshold 10 retry 2",
         NULL},
        {"8.2", "tunnel-group 203.0.113.2 ipsec-attributes\npeer-id-validate nocheck",
         " peer-id-validate nocheck\n"},
        {"7.2",
         "group-policy DfltGrpPolicy attributes\nvpn-tunnel-protocol L2TP-IPSec IPSec webvpn",
         " vpn-tunnel-protocol IPSec l2tp-ipsec webvpn \n"},
        {"8.4", "group-policy DfltGrpPolicy attributes\nvpn-tunnel-protocol ikev1",
         " vpn-tunnel-protocol ikev1 \n"},
        {"8.2", "group-policy DfltGrpPolicy attributes\nvpn-session-timeout none",
         " vpn-session-timeout none\n"},
        {"8.2",
         "crypto dynamic-map d 10 set transform-set strong\n"
         "crypto map vpnmap 65535 ipsec-isakmp dynamic d",
         "crypto dynamic-map d 10 set transform-set strong \n"},
        {"8.2",
         "crypto dynamic-map d 10 set transform-set strong\n"
         "crypto map vpnmap 65535 ipsec-isakmp dynamic d",
         "crypto map vpnmap 65535 ipsec-isakmp dynamic d\n"},
        {"8.2",
         "crypto dynamic-map d 10 set transform-set strong\n"
         "crypto dynamic-map d 10 set reverse-route",
         "crypto dynamic-map d 10 set reverse-route\n"},
        {"8.2", "logging class vpn buffered debugging", "logging class vpn buffered debugging\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *a = appliance(row[i].version), *b = box_new_of("asa", row[i].version);
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend\n", row[i].typed);
        const char *said = box_type(a, lines);
        cr_expect_not(strstr(said, "ERROR"), "%s: %s", row[i].typed, said);
        g_autofree char *text = saved(a);
        if (row[i].shown)
            cr_expect(strstr(text, row[i].shown), "%s: %s", row[i].typed, text);
        else
            cr_expect_not(strstr(text, "keepalive"), "%s", row[i].typed);
        box_load(b, text);
        g_autofree char *again = saved(b);
        cr_expect_str_eq(again, text, "%s", row[i].typed);
        box_free(a);
        box_free(b);
    }
}

Test(asa_config, nat_traversal_is_on_from_8_0_and_what_differs_is_shown)
{
    static const struct {
        const char *version, *typed;
        bool on;
        uint32_t keepalive_s;
        const char *shown; /* NULL = it is as the version has it */
    } row[] = {
        {"7.0", "", false, 20, NULL},
        {"7.2", "crypto isakmp nat-traversal", true, 20, "crypto isakmp nat-traversal 20\n"},
        {"7.1", "isakmp nat-traversal 30", true, 30, "\nisakmp nat-traversal 30\n"},
        {"7.2", "no crypto isakmp nat-traversal", false, 20, NULL},
        {"8.0", "", true, 20, NULL},
        {"8.2", "crypto isakmp nat-traversal 20", true, 20, NULL},
        {"8.2", "crypto isakmp nat-traversal 3600", true, 3600, "nat-traversal 3600\n"},
        {"8.4", "no crypto isakmp nat-traversal", false, 20, "no crypto isakmp nat-traversal\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *a = appliance(row[i].version), *b = box_new_of("asa", row[i].version);
        const struct ike_conf *c = a->d->ike_conf;
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend\n", row[i].typed);
        box_type(a, lines);
        g_autofree char *text = saved(a);
        cr_expect_eq(c->nat_traversal, row[i].on, "%zu", i);
        cr_expect_eq(c->nat_keepalive_s, row[i].keepalive_s, "%zu", i);
        if (row[i].shown)
            cr_expect(strstr(text, row[i].shown), "%zu: %s", i, text);
        else
            cr_expect_not(strstr(text, "nat-traversal"), "%zu: %s", i, text);
        box_load(b, text);
        cr_expect_eq(b->d->ike_conf->nat_traversal, row[i].on, "%zu", i);
        cr_expect(strstr(box_type(a, "show running-config all"), "nat-traversal"), "%zu", i);
        box_free(a);
        box_free(b);
    }
}

Test(asa_config, all_shows_the_defaults_too)
{
    struct box *b = box_new_of("asa", "7.2(2)");
    cr_expect_str_eq(box_type(b, "show running-config all sysopt"),
                     "no sysopt connection timewait\n"
                     "sysopt connection tcpmss 1380\n"
                     "sysopt connection tcpmss minimum 0\n"
                     "no sysopt nodnsalias inbound\n"
                     "no sysopt nodnsalias outbound\n"
                     "no sysopt radius ignore-secret\n"
                     "sysopt connection permit-vpn\n");
    box_free(b);
    b = appliance("8.2");
    cr_expect(strstr(box_type(b, "show running-config all group-policy DfltGrpPolicy"),
                     " vpn-idle-timeout 30\n vpn-session-timeout none\n"));
    cr_expect(strstr(box_type(b, "show run cry map"), "crypto map vpnmap 10 match address vpn\n"));
    box_free(b);
}

/* ---- Warnings and errors ---- */

Test(asa_config, an_incomplete_entry_is_said_to_be_so)
{
    static const struct {
        const char *version, *text, *will_be;
    } row[] = {
        {"7.2", "WARNING: crypto map entry incomplete\n",
         "WARNING: crypto map entry will be incomplete\n"},
        {"8.2", "WARNING: The crypto map entry is incomplete!\n",
         "WARNING: The crypto map entry will be incomplete!\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = appliance(row[i].version);
        cr_expect_str_eq(box_type(b, "configure terminal\ncrypto map mymap 20 ipsec-isakmp"),
                         row[i].text);
        cr_expect_str_eq(box_type(b, "crypto map mymap 20 match address vpn"), row[i].text);
        cr_expect_str_eq(box_type(b, "crypto map mymap 20 set peer 192.0.2.1"), row[i].text);
        cr_expect_str_eq(box_type(b, "crypto map mymap 20 set transform-set strong"), "");
        cr_expect_str_eq(box_type(b, "no crypto map mymap 20 match address vpn"), row[i].will_be);
        box_free(b);
    }
}

Test(asa_config, what_cannot_be_is_refused_in_the_devices_words)
{
    static const struct {
        const char *line, *text;
    } row[] = {
        {"crypto map other interface outside",
         "ERROR: Crypto map with tag \"other\" does not exist."},
        {"crypto map vpnmap 10 set transform-set none",
         "ERROR: transform set with tag \"none\" does not exist."},
        {"access-group none in interface outside", "ERROR: access-list <none> does not exist"},
        {"route outside 10.9.0.1 255.255.255.0 203.0.113.2", "ERROR: Invalid address or mask"},
        {"route nowhere 0 0 203.0.113.2", "ERROR: % Invalid input detected at '^' marker."},
        {"crypto isakmp enable nowhere", "ERROR: % Invalid input detected at '^' marker."},
        {"crypto isakmp policy 70000", "ERROR: % Invalid input detected at '^' marker."},
        {"frobnicate", "ERROR: % Invalid input detected at '^' marker."},
        {"crypto map vpnmap 10 set", "ERROR: % Incomplete command"},
        {"tunnel-group nobody ipsec-attributes", "ERROR: Tunnel group nobody does not exist"},
        {"crypto ipsec transform-set x esp-sha-hmac esp-md5-hmac", "ERROR: invalid transform"},
        {"crypto map vpnmap 20 ipsec-isakmp dynamic none",
         "ERROR: dynamic crypto map with tag \"none\" does not exist."},
        {"crypto map vpnmap 10 set connection-type answer-only", "not modelled for this device"},
        {"group-policy none attributes", "ERROR: Group policy none does not exist"},
        {"no group-policy DfltGrpPolicy", "cannot be removed"},
        {"crypto isakmp policy 10 lifetime 60", "ERROR: % Invalid input detected at '^' marker."},
        {"tunnel-group site type ipsec-l2l", "WARNING: L2L tunnel-groups that have names"},
    };
    struct box *b = appliance("8.2");
    box_type(b, "configure terminal");
    g_autofree char *before = saved(b);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *said = box_type(b, row[i].line);
        cr_expect(strstr(said, row[i].text), "%s: %s", row[i].line, said);
    }
    box_type(b, "no tunnel-group site");
    g_autofree char *after = saved(b);
    cr_expect_str_eq(after, before);
    box_free(b);
}

Test(asa_config, knows_its_versions)
{
    static const struct {
        const char *version;
        bool known;
    } row[] = {{"7.0", true},  {"7.2(2)", true}, {"8.0(3)", true}, {"8.4(7)", true},
               {"6.3", false}, {"8.6", false},   {"9.1", false},   {"eight", false}};
    struct box *b = box_new_of("asa", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GError) error = NULL;
        struct device *d = device_new(b->net, "x", vendor_kind("asa"), row[i].version, &error);
        cr_expect_eq(d != NULL, row[i].known, "%s", row[i].version);
        cr_expect_eq(error == NULL, row[i].known, "%s", row[i].version);
        device_free(d);
    }
    box_free(b);
}

/* ---- Bad input ---- */

static guint roll(uint32_t *state, guint n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % n;
}

/* Words of the configuration are dropped, doubled, exchanged and cut: whatever comes of it is a
 * problem of a line, and what was understood is still read back and loads without one. */
Test(asa_config, damaged_lines_are_problems_and_nothing_worse)
{
    uint32_t state = 1;
    for (int round = 0; round < 300; round++) {
        g_auto(GStrv) words = g_strsplit_set(site, " ", -1);
        guint n = g_strv_length(words);
        for (int k = 0; k < 12; k++) {
            guint at = roll(&state, n), other = roll(&state, n);
            switch (roll(&state, 4)) {
            case 0:
                words[at][0] = '\0';
                break;
            case 1:
                words[at][strlen(words[at]) / 2] = '\0';
                break;
            case 2: {
                char *word = words[at];
                words[at] = words[other];
                words[other] = word;
                break;
            }
            default:
                if (words[at][0])
                    words[at][roll(&state, (guint)strlen(words[at]))] =
                        (char)(' ' + roll(&state, 95));
            }
        }
        g_autofree char *text = g_strjoinv(" ", words);
        struct box *a = box_new_of("asa", "8.2"), *b = box_new_of("asa", "8.2");
        cr_assert(device_load(a->d, text, "damaged.cfg", a->problems, NULL));
        g_autofree char *kept = saved(a);
        cr_assert(device_load(b->d, kept, "kept.cfg", b->problems, NULL));
        for (guint i = 0; i < b->problems->len; i++) {
            const struct device_problem *p = g_ptr_array_index(b->problems, i);
            cr_expect_fail("round %d, line %d: %s: %s", round, p->line, p->text, p->message);
        }
        g_autofree char *again = saved(b);
        cr_expect_str_eq(again, kept, "round %d", round);
        box_free(a);
        box_free(b);
    }
}
