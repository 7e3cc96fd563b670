/* Configuration lines of the IOS kind: their effect, their no forms, what is refused, and the way
 * back to text. */
#include "box.h"

#include <string.h>

/* What each line does to the running configuration: lines typed, then a line that must be there
 * ("+"), or must not ("-"). */
Test(ios_config, lines_take_effect_and_no_takes_them_back)
{
    // clang-format off
    static const struct { const char *typed, *expect; } row[] = {
        { "hostname hub",                                   "+hostname hub" },
        { "no hostname",                                    "+hostname Router" },
        { "no service timestamps debug",                    "+no service timestamps debug" },
        { "service timestamps debug uptime",                "+service timestamps debug uptime" },
        { "service timestamps log datetime msec localtime show-timezone", "+service timestamps log datetime msec localtime show-timezone" },
        { "service password-encryption",                    "+service password-encryption" },
        { "logging buffered 8192 errors",                   "+logging buffered 8192 errors" },
        { "no logging buffered",                            "-logging buffered 8192 errors" },
        { "no logging console",                             "+no logging console" },
        { "logging console 3",                              "+logging console errors" },
        { "no logging on",                                  "+no logging on" },
        { "no ip domain lookup",                            "+no ip domain lookup" },
        { "ip route 10.2.0.0 255.255.0.0 10.1.0.2 5",       "+ip route 10.2.0.0 255.255.0.0 10.1.0.2 5" },
        { "no ip route 10.2.0.0 255.255.0.0 10.1.0.2",      "-ip route 10.2.0.0 255.255.0.0 10.1.0.2 5" },
        { "ip route 10.3.0.0 255.255.0.0 10.1.0.2\nno ip route 10.3.0.0 255.255.0.0", "-ip route 10.3.0.0 255.255.0.0 10.1.0.2" },
        { "int fa0/0\nip addr 10.1.0.1 255.255.255.0",      "+ ip address 10.1.0.1 255.255.255.0" },
        { "int fa0/0\nno ip address",                       "- ip address 10.1.0.1 255.255.255.0" },
        { "int fa0/0\nshut",                                "+ shutdown" },
        { "int fa0/0\nno shut",                             "- shutdown" },
        { "int fa0/0\ndescription to  the LAN",             "+ description to  the LAN" },
        { "int fa0/0\nno description",                      "- description to  the LAN" },
        { "int fa0/0\nmtu 1600\nip mtu 1400",               "+ ip mtu 1400" },
        { "int fa0/0\nno ip mtu",                           "- ip mtu 1400" },
        { "int fa0/0\nno mtu",                              "- mtu 1600" },
        { "int fa0/0\nip access-group 101 in",              "+ ip access-group 101 in" },
        { "int fa0/0\nno ip access-group 101 in",           "- ip access-group 101 in" },
        { "int fa0/0\nno ip unreachables\nno keepalive",    "+ no ip unreachables" },
        { "int fa0/0\nip unreachables",                     "- no ip unreachables" },
        { "int fa0/0\nno ip route-cache\nduplex auto",      "+ no ip route-cache" },
        { "access-list 10 permit 192.168.1.0 0.0.0.255",    "+access-list 10 permit 192.168.1.0 0.0.0.255" },
        { "access-list 110 permit udp any eq isakmp host 1.2.3.4 eq 500", "+access-list 110 permit udp any eq isakmp host 1.2.3.4 eq isakmp" },
        { "access-list 110 deny tcp 10.0.0.5 0.0.0.0 any range 20 ftp log", "+access-list 110 deny tcp host 10.0.0.5 any range ftp-data ftp log" },
        { "access-list 110 permit icmp any any echo-reply", "+access-list 110 permit icmp any any echo-reply" },
        { "access-list 110 permit icmp any any 3 4",        "+access-list 110 permit icmp any any packet-too-big" },
        { "access-list 110 permit 50 any any",              "+access-list 110 permit esp any any" },
        { "access-list 110 permit tcp any gt 1023 any lt 1024", "+access-list 110 permit tcp any gt 1023 any lt 1024" },
        { "access-list 110 remark the rest",                "+access-list 110 remark the rest" },
        { "no access-list 110",                             "-access-list 110 permit esp any any" },
        { "ip access-list extended nets\n15 permit ip 10.0.0.0 0.255.255.255 any", "+ permit ip 10.0.0.0 0.255.255.255 any" },
        { "ip access-list extended nets\nno 15",            "- permit ip 10.0.0.0 0.255.255.255 any" },
        { "ip access-list standard here\npermit 10.1.1.1",  "+ permit 10.1.1.1" },
        { "ip access-list standard here\nno permit 10.1.1.1", "- permit 10.1.1.1" },
        { "crypto isakmp policy 5\nencr aes 256\nhash md5\nauth pre-share\ngroup 5\nlifetime 3600", "+ encr aes 256" },
        { "crypto isakmp policy 5\nno encr",                "- encr aes 256" },
        { "crypto isakmp policy 5",                         "+ lifetime 3600" },
        { "no crypto isakmp policy 5",                      "-crypto isakmp policy 5" },
        { "crypto isakmp key 0 cisco123 address 10.9.9.9",  "+crypto isakmp key cisco123 address 10.9.9.9" },
        { "crypto isakmp key k2 address 10.9.0.0 255.255.0.0 no-xauth", "+crypto isakmp key k2 address 10.9.0.0 255.255.0.0 no-xauth" },
        { "no crypto isakmp key cisco123 address 10.9.9.9", "-crypto isakmp key cisco123 address 10.9.9.9" },
        { "crypto isakmp keepalive 10 3 periodic",          "+crypto isakmp keepalive 10 3 periodic" },
        { "crypto isakmp invalid-spi-recovery",             "+crypto isakmp invalid-spi-recovery" },
        { "no crypto isakmp invalid-spi-recovery",          "-crypto isakmp invalid-spi-recovery" },
        { "no crypto isakmp keepalive",                     "-crypto isakmp keepalive 10 3 periodic" },
        { "crypto isakmp identity hostname",                "+crypto isakmp identity hostname" },
        { "no crypto isakmp enable",                        "+no crypto isakmp enable" },
        { "crypto isakmp enable",                           "-no crypto isakmp enable" },
        { "crypto ipsec security-association lifetime seconds 600", "+crypto ipsec security-association lifetime seconds 600" },
        { "no crypto ipsec security-association lifetime seconds", "-crypto ipsec security-association lifetime seconds 600" },
        { "crypto ipsec security-association replay window-size 1024", "+crypto ipsec security-association replay window-size 1024" },
        { "crypto ipsec security-association replay disable", "+crypto ipsec security-association replay disable" },
        { "crypto ipsec df-bit clear",                      "+crypto ipsec df-bit clear" },
        { "crypto ipsec transform-set s esp-sha-hmac esp-aes 192", "+crypto ipsec transform-set s esp-aes 192 esp-sha-hmac " },
        { "crypto ipsec transform-set n esp-null esp-md5-hmac", "+crypto ipsec transform-set n esp-null esp-md5-hmac " },
        { "no crypto ipsec transform-set n",                "-crypto ipsec transform-set n esp-null esp-md5-hmac " },
        { "crypto map m 10 ipsec-isakmp\nset peer 10.9.9.9\nset peer 10.9.9.8 default\nset transform-set s\nmatch address 110", "+ set peer 10.9.9.8" },
        { "crypto map m 10\nno set peer 10.9.9.8",          "- set peer 10.9.9.8" },
        { "crypto map m 10\nset pfs",                       "+ set pfs group1" },
        { "crypto map m 10\nset pfs group5",                "+ set pfs group5" },
        { "crypto map m 10\nno set pfs",                    "- set pfs group5" },
        { "crypto map m 10\nset security-association lifetime kilobytes 2560", "+ set security-association lifetime kilobytes 2560" },
        { "crypto map m 10\nset security-association replay disable", "+ set security-association replay disable" },
        { "crypto ipsec security-association idle-time 600", "+crypto ipsec security-association idle-time 600" },
        { "no crypto ipsec security-association idle-time", "-crypto ipsec security-association idle-time 600" },
        { "crypto map m 10\nset security-association idle-time 60 default", "+ set security-association idle-time 60 default" },
        { "crypto map m 10\nset security-association idle-time 86400", "+ set security-association idle-time 86400" },
        { "crypto map m 10\nno set security-association idle-time", "- set security-association idle-time 86400" },
        { "crypto map m 10\nreverse-route",                 "+ reverse-route" },
        { "crypto map m 10\nno reverse-route",              "- reverse-route" },
        { "crypto dynamic-map d 10\nset transform-set s\nset pfs group2\nset security-association lifetime seconds 900", "+crypto dynamic-map d 10" },
        { "crypto dynamic-map d 10\nmatch address 110\nset security-association idle-time 120", "+ set security-association idle-time 120" },
        { "crypto dynamic-map d 20\nreverse-route",         "+crypto dynamic-map d 20" },
        { "no crypto dynamic-map d 20",                     "-crypto dynamic-map d 20" },
        { "crypto map m 65535 ipsec-isakmp dynamic d",      "+crypto map m 65535 ipsec-isakmp dynamic d " },
        { "no crypto map m 65535",                          "-crypto map m 65535 ipsec-isakmp dynamic d " },
        { "crypto map m 65535 ipsec-isakmp dynamic d",      "+crypto map m 65535 ipsec-isakmp dynamic d " },
        { "no crypto map m 65535 ipsec-isakmp dynamic d",   "-crypto map m 65535 ipsec-isakmp dynamic d " },
        { "no crypto dynamic-map d",                        "-crypto dynamic-map d 10" },
        { "crypto map m local-address Loopback0",           "+crypto map m local-address Loopback0" },
        { "no crypto map m local-address",                  "-crypto map m local-address Loopback0" },
        { "int fa0/0\ncrypto map m",                        "+ crypto map m" },
        { "crypto map m2 1 ipsec-isakmp\nint fa0/0\ncrypto map m2", "+ crypto map m2" },
        { "int fa0/0\nno crypto map",                       "- crypto map m2" },
        { "no crypto map m 10",                             "-crypto map m 10 ipsec-isakmp " },
        { "no crypto map m2",                               "-crypto map m2 1 ipsec-isakmp " },
        { "username u password 0 secret",                   "+username u password 7 0215015819031B" },
        { "no username u",                                  "-username u password 7 0215015819031B" },
        { "no ip http server",                              "+no ip http server" },
        { "line vty 0 4\npassword 7 121A0C041104\nlogin",   "+ password 7 121A0C041104" },
        { "banner motd #hello there#",                      "+banner motd #hello there#" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nend", row[i].typed);
        const char *said = box_type(b, lines);
        cr_expect_null(strstr(said, "% Invalid"), "%s\n%s", row[i].typed, said);
        g_autofree char *running = box_running(b);
        g_autofree char *line = g_strdup_printf("\n%s\n", row[i].expect + 1);
        bool there = strstr(running, line) != NULL;
        cr_expect_eq(there, row[i].expect[0] == '+', "after\n%s\nexpected %s\n%s", row[i].typed,
                     row[i].expect, there ? "" : running);
    }
    box_free(b);
}

/* Timers that are zero, negative, out of range or larger than any number: the mark stands under the
 * figure and nothing changes. */
Test(ios_config, refuses_timers_out_of_range)
{
    static const char *const command[] = {
        "crypto isakmp policy 1\nlifetime %s",
        "crypto isakmp keepalive %s",
        "crypto isakmp keepalive 10 %s",
        "crypto ipsec security-association lifetime seconds %s",
        "crypto ipsec security-association lifetime kilobytes %s",
        "crypto ipsec security-association idle-time %s",
        "crypto map m 10 ipsec-isakmp\nset security-association lifetime seconds %s",
        "crypto map m 10 ipsec-isakmp\nset security-association lifetime kilobytes %s",
        "crypto map m 10 ipsec-isakmp\nset security-association idle-time %s",
        "crypto dynamic-map d 10\nset security-association idle-time %s",
    };
    static const char *const figure[] = {
        "0",          "-1",    "1",   "4294967296", "18446744073709551617", "99999999999999999999",
        "4294967356", "0x100", "1e3", "60s",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(command); i++) {
        struct box *b = box_new("12.4");
        box_type(b, "configure terminal");
        for (size_t k = 0; k < G_N_ELEMENTS(figure); k++) {
            g_auto(GStrv) part = g_strsplit(command[i], "%s", 2);
            g_autofree char *typed = g_strconcat(part[0], figure[k], part[1], NULL);
            const char *said = box_type(b, typed);
            cr_expect(strstr(said, "% Invalid input detected at '^' marker."), "%s\n%s", typed,
                      said);
        }
        box_type(b, "end");
        g_autofree char *running = box_running(b);
        cr_expect_null(strstr(running, "lifetime"), "%s", running);
        cr_expect_null(strstr(running, "keepalive"), "%s", running);
        cr_expect_null(strstr(running, "idle-time"), "%s", running);
        box_free(b);
    }
}

Test(ios_config, shows_templates_and_idle_times)
{
    struct box *b = box_new("12.4");
    box_type(b, "configure terminal\n"
                "crypto ipsec transform-set s esp-3des esp-sha-hmac\n"
                "crypto ipsec security-association idle-time 600\n"
                "crypto dynamic-map d 10\n"
                "set transform-set s\n"
                "set security-association idle-time 60\n"
                "crypto map m 65535 ipsec-isakmp dynamic d\n"
                "end");
    cr_expect_str_eq(box_type(b, "show crypto ipsec security-association idle-time"),
                     "Security association idletime: 600 seconds\n");
    cr_expect_str_eq(box_type(b, "show crypto dynamic-map"),
                     "Crypto Map Template\"d\" 10\n"
                     "        No matching address list set.\n"
                     "        Security association lifetime: 4608000 kilobytes/3600 seconds\n"
                     "        Security association idletime: 60 seconds\n"
                     "        PFS (Y/N): N\n"
                     "        Transform sets={\n"
                     "                s:  { esp-3des esp-sha-hmac  } ,\n"
                     "        }\n\n");
    const char *map = box_type(b, "show crypto map");
    cr_expect(g_str_has_prefix(map, "Crypto Map \"m\" 65535 ipsec-isakmp\n"
                                    "        Dynamic map template tag: d\n"),
              "%s", map);
    box_free(b);
    b = box_new("12.1");
    box_type(b, "configure terminal");
    cr_expect_str_eq(box_type(b, "crypto ipsec security-association idle-time 600"),
                     "% idle-time is not available in version 12.1; it comes with 12.2\n");
    box_free(b);
}

Test(ios_config, refuses_what_the_device_refuses)
{
    // clang-format off
    static const struct { const char *typed, *said; } row[] = {
        { "int fa0/0\nip address 10.1.0.1 255.0.255.0",   "Bad mask 0xFF00FF00 for address 10.1.0.1\n" },
        { "int fa0/0\nip address 10.1.0.0 255.255.255.0", "Bad mask /24 for address 10.1.0.0\n" },
        { "int fa0/0\nip address 10.1.0.1 255.255.255.0\nint fa0/1\nip address 10.1.0.9 255.255.255.128",
                                                          "% 10.1.0.0 overlaps with FastEthernet0/0\n" },
        { "int fa0/0\ncrypto map nomap",                  "ERROR: Crypto Map with tag \"nomap\" does not exist.\n" },
        { "int fa0/0\nip mtu 1501",                       "% IP MTU 1501 is larger than the interface MTU 1500\n" },
        { "ip route 10.0.0.1 255.0.0.0 10.1.0.2",         "%Inconsistent address and mask\n" },
        { "ip route 10.0.0.0 255.0.0.0 10.1.0.1",         "%Invalid next hop address (it's this router)\n" },
        { "no ip route 10.0.0.0 255.0.0.0",               "%No matching route to delete\n" },
        { "crypto isakmp key one address 10.9.9.9\ncrypto isakmp key two address 10.9.9.9",
                                                          "A pre-shared key for address mask 10.9.9.9 255.255.255.255 already exists!\n" },
        { "crypto isakmp policy 1\nhash sha256",          "% sha256 is not available in version 12.4; it comes with 15.x\n" },
        { "crypto map m 10 ipsec-isakmp",                 "% NOTE: This new crypto map will remain disabled until a peer\n"
                                                          "\tand a valid access list have been configured.\n" },
        { "crypto map m 10 ipsec-isakmp\nset transform-set none", "ERROR: transform set with tag \"none\" does not exist.\n" },
        { "crypto ipsec transform-set s esp-des esp-3des", "% Invalid transform proposal: a set holds at most one ESP cipher and one ESP hmac\n" },
        { "crypto ipsec transform-set s ah-md5-hmac",     "% Invalid transform proposal: AH is not modelled by this simulator; use ESP with an hmac\n" },
        { "crypto ipsec transform-set s esp-des\nmode transport",
                                                          "% mode transport is not modelled by this simulator; the set stays in tunnel mode\n" },
        { "interface Loopback7\nip address dhcp",         "% DHCP is not supported on Loopback7\n" },
        { "username u password 7 zz",                     "Invalid encrypted password: zz\n" },
        { "no interface fa0/0",                           "% Removal of physical interfaces is not permitted\n" },
        { "access-list 110 permit tcp any any eq bogus",
          "                                                 ^\n% Invalid input detected at '^' marker.\n\n" },
        { "access-list 10 permit ip 192.168.100.0 0.0.0.255",
          "                                 ^\n% Invalid input detected at '^' marker.\n\n" },
        { "crypto map m 9 ipsec-isakmp dynamic none",     "% NOTE: dynamic crypto map \"none\" is not defined yet\n" },
        { "crypto map m 9 ipsec-isakmp dynamic other",    "% Attempt to change dynamic map tag for existing crypto map is not allowed.\n" },
        { "crypto map m 10 ipsec-isakmp dynamic none",    "% Attempt to change dynamic map tag for existing crypto map is not allowed.\n" },
        { "crypto map m 9",                               "% Crypto map entry \"m\" 9 stands for dynamic map \"none\"; configure that with crypto dynamic-map\n" },
        { "no crypto dynamic-map none",                   "Could not find dynamic crypto map entry none 0\n" },
        { "ip rout 10.0.0.0",                             "% Incomplete command.\n\n" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        box_type(b, "configure terminal");
        const char *said = box_type(b, row[i].typed);
        cr_expect_str_eq(said, row[i].said, "\"%s\" said\n%s", row[i].typed, said);
        box_type(b, "end");
    }
    box_free(b);
}

Test(ios_config, takes_a_second_map_in_place_of_the_first_and_minds_the_case_of_names)
{
    struct box *b = box_new("12.4");
    box_load(b, "crypto map myMAP 10 ipsec-isakmp\ncrypto map mymap 10 ipsec-isakmp\n"
                "interface FastEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n crypto map "
                "myMAP\n crypto map mymap\n");
    cr_expect_eq(b->d->ipsec_conf->maps->len, 2);
    cr_expect_str_eq(ipsec_bound(b->d->ipsec, net_if_by_name(b->d->node, "FastEthernet0/0")),
                     "mymap");
    cr_expect_str_eq(box_type(b, "conf t\nno crypto map mymap"),
                     "Enter configuration commands, one per line.  End with CNTL/Z.\n"
                     "Crypto-map mymap is in use by interface(s): FastEthernet0/0. Please remove "
                     "the crypto map from the above "
                     "interface(s) first\n");
    box_free(b);
}

/* CAT-18: lines typed one after the other, each in the mode where the one before left off. */
Test(ios_config, rebuilds_a_map_without_leaving_the_modes_by_hand)
{
    struct box *b = box_new("12.4");
    box_load(
        b,
        "crypto ipsec transform-set mySET esp-3des esp-sha-hmac\ncrypto map mymap 10 ipsec-isakmp\n"
        "interface Ethernet0/0\n ip address 10.0.0.2 255.255.255.0\n crypto map mymap\n");
    box_type(b, "configure terminal\ninterface ethernet0/0\nno crypto map mymap");
    cr_expect_null(ipsec_bound(b->d->ipsec, net_if_by_name(b->d->node, "Ethernet0/0")));
    box_type(b, "no crypto map mymap 10");
    cr_expect_null(ipsec_map_find(b->d->ipsec_conf, "mymap"));
    cr_expect_str_eq(box_prompt(b), "r1(config)#");
    const char *said =
        box_type(b, "crypto map mymap 10 ipsec-isakmp\nmatch address 101\nset transform-set mySET\n"
                    "set peer 10.0.0.1\ninterface ethernet0/0\ncrypto map mymap");
    cr_expect_str_eq(said, "% NOTE: This new crypto map will remain disabled until a peer\n"
                           "\tand a valid access list have been configured.\n");
    const struct ipsec_map_entry *e =
        ipsec_entry_find(ipsec_map_find(b->d->ipsec_conf, "mymap"), 10);
    cr_expect(ipsec_entry_complete(e));
    cr_expect_str_eq(ipsec_bound(b->d->ipsec, net_if_by_name(b->d->node, "Ethernet0/0")), "mymap");
    box_free(b);
}

Test(ios_config, notices_that_the_entry_it_is_about_was_removed)
{
    struct box *b = box_new("12.4");
    box_type(b, "conf t\ncrypto map m 10 ipsec-isakmp");
    ipsec_map_remove(b->d->ipsec_conf, "m");
    cr_expect_str_eq(box_type(b, "set peer 10.0.0.1"),
                     "% The crypto map entry \"m\" 10 was removed\n");
    cr_expect_str_eq(box_prompt(b), "r1(config)#");
    box_free(b);
}

Test(ios_config, hides_passwords_when_told_to)
{
    struct box *b = box_new("12.4");
    box_load(
        b, "username u password cisco\nservice password-encryption\nline con 0\n password other\n");
    g_autofree char *running = box_running(b);
    cr_expect(strstr(running, "\nusername u password 7 02050D480809\n"), "%s", running);
    cr_expect_null(strstr(running, "other"));
    box_free(b);
}

Test(ios_config, writes_a_port_that_is_not_as_two_ranges)
{
    struct box *b = box_new("12.4");
    box_load(b, "access-list 110 permit tcp any any neq 25\n");
    struct acl *acl = net_acl(b->d->node, "110");
    cr_assert_eq(acl->lines->len, 2);
    struct flow f = {.protocol = 6, .dport = 25};
    cr_expect_null(acl_match(acl, &f));
    f.dport = 26;
    cr_expect_not_null(acl_match(acl, &f));
    box_free(b);
}

Test(ios_config, passes_over_a_line_the_list_has_already)
{
    struct box *b = box_new("12.4");
    box_load(b, "access-list 110 permit ip any any\naccess-list 110 permit ip any any\n");
    cr_expect_eq(net_acl(b->d->node, "110")->lines->len, 1);
    box_free(b);
}

/* ---- Loading ---- */

Test(ios_load, names_file_line_column_and_the_nearest_word)
{
    // clang-format off
    static const struct { const char *config; int line, column; const char *message; } row[] = {
        { "hostname r1\ncrypot isakmp policy 10\n",            2, 1,  "unknown word \"crypot\"; did you mean \"crypto\"?" },
        { "!\n\ninterface FastEthernet0/0\n ip adress 10.0.0.1 255.0.0.0\n", 4, 5, "unknown word \"adress\"; did you mean \"address\"?" },
        { "interface FastEthernet0/0\n ip address 10.0.0.1\n", 2, 21, "incomplete: something is missing at the end" },
        { "crypto isakmp policy 99999\n",                      1, 22, "\"99999\" is not valid here" },
        { "router ospf 1\n",                                   1, 1,  "unknown word \"router\"; this kind of device does not model the line" },
        { "access-list 110 permit tcp any any eq bogus\n",     1, 39, "value not valid here" },
        { "interface FastEthernet0/0\n crypto map none\n",     2, 0,  "refused: ERROR: Crypto Map with tag \"none\" does not exist." },
        { "banner motd ^C\nhello\n",                           0, 0,  "the banner's closing delimiter is missing" },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new("12.4");
        cr_assert(device_load(b->d, row[i].config, "r1.cfg", b->problems, NULL));
        cr_assert_eq(b->problems->len, 1, "%s: %u problems", row[i].config, b->problems->len);
        const struct device_problem *p = g_ptr_array_index(b->problems, 0);
        cr_expect_str_eq(p->file, "r1.cfg");
        cr_expect_eq(p->line, row[i].line, "%s: line %d", row[i].config, p->line);
        cr_expect_eq(p->column, row[i].column, "%s: column %d", row[i].config, p->column);
        cr_expect_str_eq(p->message, row[i].message, "%s: %s", row[i].config, p->message);
        box_free(b);
    }
}

Test(ios_load, refuses_what_is_no_text)
{
    struct box *b = box_new("12.4");
    g_autoptr(GError) error = NULL;
    cr_expect_not(device_load(b->d,
                              "\x7f"
                              "ELF\x02\x01",
                              "r1.cfg", b->problems, &error));
    cr_expect_not_null(error);
    g_autofree char *huge = g_strnfill((5u << 20), '!');
    g_clear_error(&error);
    cr_expect_not(device_load(b->d, huge, "r1.cfg", b->problems, &error));
    cr_expect_not_null(error);
    box_free(b);
}

static const char full[] =
    "Building configuration...\n\nCurrent configuration : 999 bytes\n!\n"
    "version 12.4\nservice timestamps debug datetime msec\nservice timestamps log datetime\nno "
    "service password-encryption\n!\n"
    "hostname Spoke\n!\nno logging on\nlogging buffered 16384 warnings\nenable secret 5 "
    "$1$abcd$efgh\naaa new-model\n"
    "aaa session-id common\nip subnet-zero\nip cef\nno ip domain lookup\nusername u privilege 15 "
    "password 0 cisco\n!\n"
    "crypto isakmp policy 5\n encr aes 256\n hash md5\n authentication pre-share\n group 5\n "
    "lifetime 3600\n"
    "crypto isakmp policy 10\n encr 3des\n authentication pre-share\n group 2\n"
    "crypto isakmp key cisco123 address 10.48.67.181\ncrypto isakmp key any address 0.0.0.0 "
    "0.0.0.0 no-xauth\n"
    "crypto isakmp keepalive 15 3\n!\ncrypto ipsec security-association lifetime seconds 1800\n"
    "crypto ipsec transform-set myset esp-3des esp-sha-hmac \ncrypto ipsec transform-set other "
    "esp-aes 256 esp-md5-hmac\n!\n"
    "crypto map mymap local-address Loopback0\ncrypto map mymap 10 ipsec-isakmp\n description the "
    "hub\n set peer 10.48.67.181\n"
    " set peer 10.48.67.182\n set security-association lifetime seconds 900\n set transform-set "
    "myset other\n set pfs group2\n"
    " match address 100\ncrypto map mymap 20 ipsec-isakmp\n! an entry under "
    "construction\n!\ncontroller ISA 5/1\n!\n"
    "interface Loopback0\n ip address 10.99.0.1 255.255.255.255\ninterface FastEthernet0/0\n "
    "description Outside interface\n"
    " ip address 10.100.2.102 255.255.255.0\n ip access-group outside in\n no ip mroute-cache\n "
    "duplex auto\n speed auto\n"
    " crypto map mymap\n!\ninterface FastEthernet0/1\n ip address 10.2.2.2 255.255.255.0\n no ip "
    "unreachables\n ip mtu 1400\n"
    " no keepalive\n!\ninterface ATM1/0\n no ip address\n shutdown\n no atm ilmi-keepalive\n!\nip "
    "classless\n"
    "ip route 0.0.0.0 0.0.0.0 10.100.2.3\nip route 10.7.0.0 255.255.0.0 FastEthernet0/1 200\nno ip "
    "http server\n"
    "no ip http secure-server\n!\nip access-list extended outside\n permit udp any any eq isakmp\n "
    "permit udp any eq non500-isakmp any\n"
    " permit esp any any\n permit icmp any any echo-reply\n permit tcp any host 10.2.2.5 range "
    "1000 2000 log\n"
    "ip access-list standard admins\n permit 10.2.2.0 0.0.0.255\n"
    "access-list 5 permit 10.0.0.1\naccess-list 100 remark to the hub\n"
    "access-list 100 permit ip 10.2.0.0 0.0.255.255 10.1.0.0 0.0.255.255\naccess-list 100 deny ip "
    "any any\n"
    "call rsvp-sync\n!\nmgcp profile default\nntp server 10.1.0.7\nbanner motd ^C\nkeep "
    "out\n^C\n!\nline con 0\n exec-timeout 0 0\n"
    "line aux 0\nline vty 0 4\n password cisco\n login\n!\nend\n";

Test(ios_running, reads_back_as_the_same_configuration)
{
    struct box *first = box_new("12.4"), *second = box_new("12.4");
    box_load(first, full);
    g_autofree char *once = box_running(first);
    box_load(second, once);
    g_autofree char *twice = box_running(second);
    cr_expect_str_eq(once, twice);

    /* And it says what was loaded: each line of it is there again, whatever its place. */
    g_auto(GStrv) lines = g_strsplit(full, "\n", -1);
    for (char **l = lines; *l; l++) {
        g_autofree char *want = g_strchomp(g_strdup(*l));
        if (!want[0] || want[0] == '!' || g_str_has_prefix(want, "Current") ||
            g_str_has_prefix(want, "version"))
            continue;
        cr_expect(strstr(once, want), "lost: %s", want);
    }
    cr_expect_eq(first->d->ike_conf->policies->len, second->d->ike_conf->policies->len);
    cr_expect_eq(first->d->ike_conf->keys->len, 2);
    cr_expect_eq(second->d->ipsec_conf->sets->len, 2);
    cr_expect_eq(net_route_count(first->d->node), net_route_count(second->d->node));
    cr_expect_eq(net_acl_count(second->d->node), 4);
    box_free(first);
    box_free(second);
}

Test(ios_running, reads_back_the_configurations_of_the_scenarios)
{
    static const char *const files[] = {"base/l2l-a.cfg", "base/l2l-b.cfg", "first-tunnel/r1.cfg",
                                        "first-tunnel/r2.cfg"};
    for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
        g_autofree char *path = g_build_filename(VPNSIM_SOURCE_DIR, "scenarios", files[i], NULL);
        g_autofree char *text = NULL;
        cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
        struct box *first = box_new("12.4"), *second = box_new("12.4");
        box_load(first, text);
        g_autofree char *once = box_running(first);
        box_load(second, once);
        g_autofree char *twice = box_running(second);
        cr_expect_str_eq(once, twice, "%s", files[i]);
        box_free(first);
        box_free(second);
    }
}

Test(ios_load, sets_what_the_engines_read)
{
    struct box *b = box_new("12.4");
    box_load(b, full);
    const struct ike_policy *p = ike_policy_find(b->d->ike_conf, 5);
    cr_assert_not_null(p);
    cr_expect_eq(p->cipher, CIPHER_AES256);
    cr_expect_eq(p->hash, HASH_MD5);
    cr_expect_eq(p->group, GROUP_MODP1536);
    cr_expect_eq(p->auth, IKE_AUTH_PSK);
    cr_expect_eq(p->lifetime_s, 3600);
    p = ike_policy_find(b->d->ike_conf, 10);
    cr_expect_eq(p->hash, HASH_SHA1);
    cr_expect_eq(p->lifetime_s, 86400);
    cr_expect_str_eq(ike_key_for(b->d->ike_conf, IP4(10, 48, 67, 181))->secret, "cisco123");
    cr_expect_str_eq(ike_key_for(b->d->ike_conf, IP4(1, 2, 3, 4))->secret, "any");
    cr_expect_eq(b->d->ike_conf->liveness.threshold_s, 15);
    cr_expect_eq(b->d->ike_conf->liveness.retry_s, 3);
    cr_expect_not(b->d->ike_conf->liveness.periodic);
    const struct ipsec_map *m = ipsec_map_find(b->d->ipsec_conf, "mymap");
    const struct ipsec_map_entry *e = ipsec_entry_find(m, 10);
    cr_expect_eq(e->peers->len, 2);
    cr_expect_eq(e->transform_sets->len, 2);
    cr_expect_eq(e->pfs, GROUP_MODP1024);
    cr_expect_eq(e->life_s, 900);
    cr_expect_str_eq(m->local_if, "Loopback0");
    cr_expect_eq(b->d->ipsec_conf->life_s, 1800);
    const struct net_if *i = net_if_by_name(b->d->node, "FastEthernet0/1");
    cr_expect_eq(i->ip_mtu, 1400);
    cr_expect(i->no_keepalive && i->no_unreachables && i->admin_up);
    cr_expect_not(net_if_by_name(b->d->node, "ATM1/0")->admin_up);
    box_free(b);
}

Test(ios_type7, decodes_the_vectors_of_the_catalogue)
{
    extern char *ios_type7_decode(const char *text);
    extern char *ios_type7_encode(const char *plain);
    static const struct {
        const char *hidden, *plain;
    } row[] = {
        {"0201024E070A0E2649", "gfullage"},
        {"121A0C041104", "cisco"},
        {"12", NULL},
        {"xx1A", NULL},
        {"121", NULL},
        {"12ZZ", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *plain = ios_type7_decode(row[i].hidden);
        cr_expect_eq(g_strcmp0(plain, row[i].plain), 0, "%s: %s", row[i].hidden, plain);
    }
    g_autofree char *hidden = ios_type7_encode("gfullage");
    g_autofree char *again = ios_type7_decode(hidden);
    cr_expect_str_eq(again, "gfullage");
}
