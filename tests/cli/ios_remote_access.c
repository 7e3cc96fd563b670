/* Remote access on a router: the lines, their no forms, what versions have them, and the way back
 * to text. The two configurations of the hub-and-spoke document load as they are printed. */
#include "box.h"

#include <string.h>

Test(ios_remote_access, lines_take_effect_and_no_takes_them_back)
{
    // clang-format off
    static const struct { const char *typed, *expect; } row[] = {
        { "crypto keyring spokes\npre-shared-key address 0.0.0.0 0.0.0.0 key cisco123", "+  pre-shared-key address 0.0.0.0 0.0.0.0 key cisco123" },
        { "crypto keyring spokes\npre-shared-key address 10.0.0.1 key 0 other",          "+  pre-shared-key address 10.0.0.1 key other" },
        { "crypto keyring spokes\nno pre-shared-key address 10.0.0.1 key other",         "-  pre-shared-key address 10.0.0.1 key other" },
        { "crypto keyring spokes\ndescription of the spokes",                            "+  description of the spokes" },
        { "crypto isakmp profile L2L\nmatch identity address 0.0.0.0",                   "+ match identity address 0.0.0.0" },
        { "crypto isakmp profile L2L\nmatch identity address 10.9.0.0 255.255.0.0",      "+ match identity address 10.9.0.0 255.255.0.0" },
        { "crypto isakmp profile L2L\nno match identity address 10.9.0.0 255.255.0.0",   "- match identity address 10.9.0.0 255.255.0.0" },
        { "crypto isakmp profile L2L\nkeyring spokes",                                   "+ keyring spokes" },
        { "crypto isakmp profile L2L\nno keyring spokes",                                "- keyring spokes" },
        { "crypto isakmp profile L2L\nkeepalive 30 retry 3",                             "+ keepalive 30 retry 3" },
        { "crypto isakmp profile L2L\nno keepalive",                                     "- keepalive 30 retry 3" },
        { "crypto isakmp profile V\nmatch identity group testgroup",                     "+ match identity group testgroup" },
        { "crypto isakmp profile V\nmatch identity host domain cisco.com\nmatch identity host a.cisco.com\nmatch identity user u@cisco.com", "+ match identity host domain cisco.com" },
        { "crypto isakmp profile V\nclient authentication list clientauth",              "+ client authentication list clientauth" },
        { "crypto isakmp profile V\nisakmp authorization list groupauthor",              "+ isakmp authorization list groupauthor" },
        { "crypto isakmp profile V\nclient configuration address respond",               "+ client configuration address respond" },
        { "crypto isakmp profile V\nclient configuration address initiate\nno client configuration address respond", "- client configuration address respond" },
        { "crypto isakmp profile V\nno client authentication list",                      "- client authentication list clientauth" },
        { "no crypto isakmp profile V",                                                  "-crypto isakmp profile V" },
        { "crypto isakmp client configuration group g\nkey 0 cisco321",                  "+ key cisco321" },
        { "crypto isakmp client configuration group g\ndns 1.1.1.1 2.2.2.2\nwins 3.3.3.3", "+ dns 1.1.1.1 2.2.2.2" },
        { "crypto isakmp client configuration group g\nno dns",                          "- dns 1.1.1.1 2.2.2.2" },
        { "crypto isakmp client configuration group g\ndomain cisco.com\npool p\nacl 101", "+ acl 101" },
        { "crypto isakmp client configuration group g\nnetmask 255.255.255.0",           "+ netmask 255.255.255.0" },
        { "crypto isakmp client configuration group g\nsplit-dns cisco.com\nsplit-dns cisco.net", "+ split-dns cisco.net" },
        { "crypto isakmp client configuration group g\nno split-dns cisco.com",          "- split-dns cisco.com" },
        { "crypto isakmp client configuration group g\nsave-password\ninclude-local-lan\npfs\nmax-users 5\nmax-logins 2", "+ max-logins 2" },
        { "crypto isakmp client configuration group g\nno save-password",                "- save-password" },
        { "crypto isakmp client configuration group g\nbackup-gateway 10.0.0.9\nbanner #Welcome, all#", "+ banner ^CWelcome, all^C" },
        { "no crypto isakmp client configuration group g",                               "-crypto isakmp client configuration group g" },
        { "crypto isakmp client configuration address-pool local p",                     "+crypto isakmp client configuration address-pool local p" },
        { "crypto isakmp xauth timeout 30",                                              "+crypto isakmp xauth timeout 30" },
        { "no crypto isakmp xauth timeout",                                              "-crypto isakmp xauth timeout 30" },
        { "crypto map m client authentication list clientauth",                          "+crypto map m client authentication list clientauth" },
        { "crypto map m isakmp authorization list groupauthor",                          "+crypto map m isakmp authorization list groupauthor" },
        { "crypto map m client configuration address respond",                           "+crypto map m client configuration address respond" },
        { "no crypto map m client authentication list clientauth",                       "-crypto map m client authentication list clientauth" },
        { "crypto dynamic-map d 5\nset isakmp-profile L2L",                              "+ set isakmp-profile L2L" },
        { "crypto dynamic-map d 5\nno set isakmp-profile",                               "- set isakmp-profile L2L" },
        { "aaa new-model\naaa authentication login clientauth group radius local",       "+aaa authentication login clientauth group radius local" },
        { "no aaa authentication login clientauth",                                      "-aaa authentication login clientauth group radius local" },
        { "aaa authorization network groupauthor local\naaa session-id common",          "+aaa authorization network groupauthor local" },
        { "aaa group server radius acs\nserver 10.1.1.9 auth-port 1812 acct-port 1813",  "+ server 10.1.1.9 auth-port 1812 acct-port 1813" },
        { "radius-server host 10.1.1.9 auth-port 1812 key s3cret",                       "+radius-server host 10.1.1.9 auth-port 1812 acct-port 1646 key s3cret" },
        { "no radius-server host 10.1.1.9",                                              "-radius-server host 10.1.1.9 auth-port 1812 acct-port 1646 key s3cret" },
        { "radius-server key shared\nradius-server timeout 2\nradius-server retransmit 1", "+radius-server timeout 2" },
        { "ip local pool p 10.5.5.1 10.5.5.254",                                         "+ip local pool p 10.5.5.1 10.5.5.254" },
        { "ip local pool one 10.6.6.6",                                                  "+ip local pool one 10.6.6.6" },
        { "no ip local pool one",                                                        "-ip local pool one 10.6.6.6" },
        { "username plain password 0 cisco",                                             "+username plain password 0 cisco" },
        { "username boss privilege 15 secret cisco",                                     "+username boss privilege 15 secret 0 cisco" },
        { "username gfullage password 7 0201024E070A0E2649",                             "+username gfullage password 7 0201024E070A0E2649" },
        { "username kept password 7 121A0C041104",                                       "+username kept password 7 121A0C041104" },
        { "no username plain",                                                           "-username plain password 0 cisco" },
        { "int fa0/1\nip address dhcp",                                                  "+ ip address dhcp" },
        { "int fa0/1\nno ip address dhcp",                                               "- ip address dhcp" },
        { "no crypto keyring spokes",                                                    "-  pre-shared-key address 0.0.0.0 0.0.0.0 key cisco123" },
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

Test(ios_remote_access, refuses_what_cannot_be)
{
    // clang-format off
    static const struct { const char *version, *typed, *said; } row[] = {
        { "12.1", "crypto keyring k", "% keyrings are not available in version 12.1; they come with 12.2(15)T\n" },
        { "12.2(23a)", "crypto isakmp profile p", "% ISAKMP profiles are not available in version 12.2(23a); they come with 12.2(15)T\n" },
        { "12.2(15)T", "crypto isakmp profile p", "% A profile is deemed incomplete until it has match identity statements\n" },
        { "12.3(6a)", "crypto isakmp client configuration group g\nsave-password",
          "% \"save-password\" is not available in version 12.3(6a); it comes with 12.3(2)T\n" },
        { "12.3(2)T", "crypto isakmp client configuration group g\nsave-password", "" },
        { "12.4", "aaa authentication login l local", "% AAA is not enabled; \"aaa new-model\" comes first\n" },
        { "12.4", "aaa new-model\naaa authentication login l lokal",
          "                                      ^\n% Invalid input detected at '^' marker.\n\n" },
        { "12.4", "ip local pool p 10.0.0.9 10.0.0.1", "%Bad IP range, 10.0.0.9 - 10.0.0.1\n" },
        { "12.4", "ip local pool p 10.0.0.1 10.0.0.9\nip local pool p 10.0.0.5", "%IP address range overlaps with pool: p\n" },
        { "12.4", "ip local pool p 10.0.0.1 10.0.0.9\nip local pool q 10.0.0.5", "%IP address range overlaps with pool\n" },
        { "12.4", "no ip local pool none", "%Local pool none not found\n" },
        { "12.4", "no crypto keyring none", "% Keyring none not found\n" },
        { "12.4", "username u password 7 02ZZ", "Invalid encrypted password: 02ZZ\n" },
        { "12.4", "crypto keyring k\npre-shared-key address 1.1.1.1 key a\npre-shared-key address 1.1.1.1 key b",
          "A pre-shared key for address mask 1.1.1.1 255.255.255.255 already exists!\n" },
        { "12.4", "crypto isakmp client configuration group g\nbanner #open", "% The banner's closing delimiter is missing on the line\n" },
    };
    // clang-format on
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new(row[i].version);
        box_type(b, "configure terminal");
        const char *said = box_type(b, row[i].typed);
        cr_expect_str_eq(said, row[i].said, "%s: \"%s\" said\n%s", row[i].version, row[i].typed,
                         said);
        box_free(b);
    }
}

/* Names as long as they come, and bytes that are no letters: taken or refused, never a crash. */
Test(ios_remote_access, bears_names_of_any_length)
{
    static const size_t length[] = {1, 63, 64, 255, 256, 1000};
    static const char *const line[] = {
        "crypto keyring %s",
        "crypto isakmp profile %s",
        "crypto isakmp client configuration group %s",
        "username %s password 0 x",
        "username u password 0 %s",
        "ip local pool %s 10.0.0.1",
        "aaa group server radius %s",
        "crypto dynamic-map d 1\nset isakmp-profile %s",
    };
    for (size_t k = 0; k < G_N_ELEMENTS(length); k++) {
        struct box *b = box_new("12.4");
        box_type(b, "configure terminal");
        for (size_t i = 0; i < G_N_ELEMENTS(line); i++) {
            g_autofree char *name = g_strnfill(length[k], k % 2 ? '\xe9' : 'n');
            g_auto(GStrv) part = g_strsplit(line[i], "%s", 2);
            g_autofree char *typed = g_strconcat(part[0], name, part[1], NULL);
            box_type(b, typed);
        }
        box_type(b, "end");
        g_autofree char *running = box_running(b);
        cr_expect(strstr(running, "end"));
        box_free(b);
    }
}

/* Passwords of type 7: the vectors of the catalogue, and any other there and back. */
Test(ios_remote_access, knows_the_users_password_in_plain)
{
    struct box *b = box_new("12.3(6a)");
    box_type(b, "configure terminal\nservice password-encryption\n"
                "username gfullage password 7 0201024E070A0E2649\nusername c password 7 "
                "121A0C041104\nusername p password s3cret\nend");
    g_autofree char *running = box_running(b);
    cr_expect(strstr(running, "\nusername p password 7 "), "%s", running);
    cr_expect_null(strstr(running, "s3cret"));
    box_free(b);
}

static char *file(const char *name)
{
    g_autofree char *path = g_build_filename(VPNSIM_SOURCE_DIR, "scenarios", "base", name, NULL);
    char *text = NULL;
    cr_assert(g_file_get_contents(path, &text, NULL, NULL), "%s", path);
    return text;
}

/* hub-and-spoke.md chapter 3: no line is refused, and the running configuration loads again to the
 * same text. */
Test(ios_remote_access, loads_hub_and_spoke_as_printed)
{
    static const struct {
        const char *version, *file;
    } row[] = {{"12.3(6a)", "hub.cfg"}, {"12.2(23a)", "hub-spoke.cfg"}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new(row[i].version), *again = box_new(row[i].version);
        g_autofree char *text = file(row[i].file);
        box_load(b, text);
        g_autofree char *running = box_running(b);
        box_load(again, running);
        g_autofree char *second = box_running(again);
        cr_expect_str_eq(second, running);
        box_free(b);
        box_free(again);
    }
}
