/* Remote access at an appliance's console: what is configured is read back, taken away, and refused
 * in the device's words. */
#include "box.h"

#include <string.h>

static const char site[] = "interface Ethernet0/0\n"
                           " nameif outside\n"
                           " ip address 203.0.113.1 255.255.255.0\n"
                           "interface Ethernet0/1\n"
                           " nameif inside\n"
                           " ip address 10.1.0.1 255.255.255.0\n"
                           "ip local pool near 192.168.10.1-192.168.10.254 mask 255.255.255.0\n"
                           "ip local pool far 10.76.41.1-10.76.42.254\n"
                           "aaa-server RAD protocol radius\n"
                           " max-failed-attempts 2\n"
                           "aaa-server RAD (inside) host 10.1.0.9\n"
                           " retry-interval 2\n"
                           " timeout 20\n"
                           " key s3cret\n"
                           " authentication-port 1812\n"
                           "group-policy staff internal\n"
                           "group-policy staff attributes\n"
                           " banner value Welcome\n"
                           " banner value to the house\n"
                           " wins-server value 10.1.0.4\n"
                           " dns-server value 10.1.0.2 10.1.0.3\n"
                           " vpn-simultaneous-logins 5\n"
                           " password-storage enable\n"
                           " re-xauth enable\n"
                           " pfs enable\n"
                           " ipsec-udp enable\n"
                           " ipsec-udp-port 10001\n"
                           " split-tunnel-policy tunnelspecified\n"
                           " split-tunnel-network-list value nets\n"
                           " default-domain value example.com\n"
                           " split-dns value example.com example.net\n"
                           " address-pools value far\n"
                           " client-access-rule 1 deny type WinNT version 4.*\n"
                           " nem enable\n"
                           "username joe password secret1 privilege 5\n"
                           "username joe attributes\n"
                           " vpn-simultaneous-logins 1\n"
                           " group-lock value work\n"
                           " vpn-group-policy staff\n"
                           " vpn-framed-ip-address 10.9.9.9 255.255.255.0\n"
                           "tunnel-group work type remote-access\n"
                           "tunnel-group work general-attributes\n"
                           " address-pool near far\n"
                           " address-pool (inside) far\n"
                           " authentication-server-group RAD LOCAL\n"
                           " default-group-policy staff\n"
                           "tunnel-group work ipsec-attributes\n"
                           " pre-shared-key cisco123\n"
                           " isakmp keepalive threshold 20 retry 3\n"
                           " isakmp ikev1-user-authentication none\n";

static char *kept(struct box *b)
{
    return g_strdup(box_type(b, "more system:running-config"));
}

Test(asa_remote_access, what_is_configured_is_read_back)
{
    struct box *b = box_new_of("asa", "8.2");
    box_load(b, site);
    g_autofree char *text = kept(b);
    g_auto(GStrv) lines = g_strsplit(site, "\n", -1);
    for (char **l = lines; *l; l++)
        if (**l && !g_str_has_prefix(*l, "username joe password"))
            cr_expect(strstr(text, *l), "%s is not in\n%s", *l, text);
    cr_expect(strstr(text, "username joe password "));
    cr_expect(strstr(text, " encrypted privilege 5\n"));
    cr_expect_not(strstr(text, "secret1"));
    struct box *again = box_new_of("asa", "8.2");
    box_load(again, text);
    g_autofree char *copy = kept(again);
    cr_expect_str_eq(copy, text);
    box_free(again);
    box_free(b);
}

Test(asa_remote_access, what_is_taken_away_is_gone)
{
    static const struct {
        const char *lines, *gone;
    } row[] = {
        {"no ip local pool near", "ip local pool near"},
        {"no aaa-server RAD protocol radius", "aaa-server RAD"},
        {"no aaa-server RAD (inside) host 10.1.0.9", "host 10.1.0.9"},
        {"aaa-server RAD host 10.1.0.9\nno timeout", " timeout 20"},
        {"no username joe", "username joe"},
        {"username joe attributes\nno group-lock", "group-lock"},
        {"group-policy staff attributes\nno banner", "banner"},
        {"group-policy staff attributes\nno split-tunnel-policy", "split-tunnel-policy"},
        {"group-policy staff attributes\nno nem", " nem"},
        {"tunnel-group work general-attributes\nno address-pool (inside) far", "(inside) far"},
        {"tunnel-group work general-attributes\nno authentication-server-group", "RAD LOCAL"},
        {"tunnel-group work ipsec-attributes\nno isakmp ikev1-user-authentication",
         "ikev1-user-authentication"},
        {"tunnel-group work ipsec-attributes\nno isakmp keepalive threshold 20", "threshold 20"},
        {"no tunnel-group work", "tunnel-group work"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new_of("asa", "8.2");
        box_load(b, site);
        g_autofree char *typed = g_strdup_printf("configure terminal\n%s\nend", row[i].lines);
        const char *said = box_type(b, typed);
        cr_expect_not(strstr(said, "ERROR"), "%s: %s", row[i].lines, said);
        g_autofree char *text = kept(b);
        cr_expect_not(strstr(text, row[i].gone), "%s leaves %s", row[i].lines, row[i].gone);
        box_free(b);
    }
}

Test(asa_remote_access, what_cannot_be_is_refused)
{
    static const struct {
        const char *version, *lines, *text;
    } row[] = {
        {"8.2", "aaa-server T protocol tacacs+", "is not modelled"},
        {"8.2", "aaa-server T host 10.1.0.9", "ERROR: aaa-server group <T> does not exist"},
        {"8.2", "no aaa-server T protocol radius", "ERROR: aaa-server group <T> does not exist"},
        {"8.2", "ip local pool p 10.0.0.9-10.0.0.1", "ERROR: Invalid address range"},
        {"8.2", "ip local pool p nonsense", "Invalid input"},
        {"8.2", "no ip local pool p", "ERROR: Pool (p) does not exist"},
        {"8.2", "username x password yz", "ERROR: Password must have 3 to 32 characters"},
        {"8.2", "no username nobody", "ERROR: Username nobody does not exist"},
        {"8.2", "username nobody attributes", "ERROR: Username nobody does not exist"},
        {"8.2", "group-policy p internal from nothing", "Group policy nothing does not exist"},
        {"8.2",
         "tunnel-group w type remote-access\ntunnel-group w general-attributes\n"
         "address-pool none",
         "ERROR: address pool <none> does not exist"},
        {"8.2",
         "tunnel-group w type remote-access\ntunnel-group w general-attributes\n"
         "authentication-server-group none2",
         "ERROR: aaa-server group <none2> does not exist"},
        {"8.2", "tunnel-group w type remote-access\ntunnel-group w type ipsec-l2l",
         "cannot be changed"},
        {"8.2",
         "tunnel-group w type remote-access\ntunnel-group w ipsec-attributes\n"
         "isakmp ikev1-user-authentication hybrid",
         "not modelled"},
        {"7.0", "tunnel-group w type remote-access", "Invalid input"},
        {"8.2", "show vpn-sessiondb ra-ikev1-ipsec", "Invalid input"},
        {"8.2", "test aaa-server authentication T username a password b",
         "ERROR: aaa-server group <T> does not exist"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new_of("asa", row[i].version);
        g_autofree char *typed = g_strdup_printf("configure terminal\n%s\nend", row[i].lines);
        const char *said = box_type(b, typed);
        cr_expect(strstr(said, row[i].text), "%s: %s", row[i].lines, said);
        box_free(b);
    }
}

Test(asa_remote_access, names_as_long_as_may_be_are_kept_and_longer_ones_refused)
{
    static const struct {
        size_t n;
        bool kept;
    } row[] = {{1, true}, {64, true}, {65, false}, {255, false}, {256, false}};
    static const char *const line[] = {"group-policy %s internal", "username %s password secret1",
                                       "tunnel-group %s type remote-access"};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        for (size_t k = 0; k < G_N_ELEMENTS(line); k++) {
            struct box *b = box_new_of("asa", "8.2");
            g_autofree char *name = g_strnfill(row[i].n, 'n');
            g_auto(GStrv) part = g_strsplit(line[k], "%s", 2);
            g_autofree char *typed =
                g_strdup_printf("configure terminal\n%s%s%s\nend", part[0], name, part[1]);
            box_type(b, typed);
            g_autofree char *text = kept(b);
            cr_expect((strstr(text, name) != NULL) == row[i].kept, "%s %zu", line[k], row[i].n);
            box_free(b);
        }
}

Test(asa_remote_access, a_tunnel_group_of_clients_is_watched_less_often_than_a_peer)
{
    struct box *b = box_new_of("asa", "7.2");
    box_type(b, "configure terminal\ntunnel-group w type ipsec-ra\nend");
    const char *all = box_type(b, "show running-config all tunnel-group");
    cr_expect(strstr(all, "tunnel-group w type ipsec-ra"), "%s", all);
    cr_expect(strstr(all, "isakmp keepalive threshold 300 retry 2"), "%s", all);
    box_free(b);
}
