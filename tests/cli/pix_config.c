/* The PIX kind's configuration: what is configured is read back, taken away, and refused in the
 * device's words. */
#include "box.h"

#include <string.h>

static const char site[] =
    "interface ethernet0 auto\n"
    "interface ethernet1 100full\n"
    "interface ethernet2 auto shutdown\n"
    "nameif ethernet0 outside security0\n"
    "nameif ethernet1 inside security100\n"
    "nameif ethernet2 dmz security50\n"
    "enable password 8Ry2YjIyt7RRXU24 encrypted\n"
    "passwd 2KFQnbNIdI.2KYOU encrypted\n"
    "hostname pix\n"
    "domain-name example.com\n"
    "fixup protocol ftp 21\n"
    "fixup protocol h323 h225 1720\n"
    "names\n"
    "name 203.0.113.2 branch\n"
    "access-list compiled\n"
    "access-list deny-flow-max 512\n"
    "access-list 101 permit ip 10.1.0.0 255.255.255.0 10.2.0.0 255.255.255.0\n"
    "access-list acl_out remark what may come in\n"
    "access-list acl_out permit tcp any host 10.1.0.5 eq www\n"
    "access-list acl_out deny udp any gt 1023 any range 10 20 log\n"
    "access-list acl_out permit icmp any any echo-reply\n"
    "access-list c permit ip host 10.1.0.5 any\n"
    "pager lines 24\n"
    "logging on\n"
    "logging timestamp\n"
    "logging buffered debugging\n"
    "logging host inside 10.1.0.9\n"
    "no logging message 111008\n"
    "mtu outside 1400\n"
    "mtu inside 1500\n"
    "ip address outside 203.0.113.1 255.255.255.0\n"
    "ip address inside 10.1.0.1 255.255.255.0\n"
    "ip audit info action alarm\n"
    "pdm history enable\n"
    "arp timeout 14400\n"
    "nat (inside) 0 access-list 101\n"
    "access-group acl_out in interface outside\n"
    "route outside 0.0.0.0 0.0.0.0 203.0.113.2 1\n"
    "timeout xlate 3:00:00\n"
    "timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00\n"
    "aaa-server LOCAL protocol local\n"
    "no snmp-server location\n"
    "snmp-server community public\n"
    "no snmp-server enable traps\n"
    "floodguard enable\n"
    "sysopt connection permit-ipsec\n"
    "crypto ipsec transform-set strong esp-3des esp-sha-hmac\n"
    "crypto ipsec transform-set old esp-des esp-md5-hmac\n"
    "crypto ipsec security-association lifetime seconds 14400\n"
    "crypto map mymap 10 ipsec-isakmp\n"
    "crypto map mymap 10 match address 101\n"
    "crypto map mymap 10 set pfs group2\n"
    "crypto map mymap 10 set peer 203.0.113.2\n"
    "crypto map mymap 10 set peer 203.0.113.3\n"
    "crypto map mymap 10 set transform-set strong old\n"
    "crypto map mymap 10 set security-association lifetime seconds 7200\n"
    "crypto map mymap interface outside\n"
    "isakmp enable outside\n"
    "isakmp key cisco123 address 203.0.113.2 netmask 255.255.255.255 no-xauth no-config-mode\n"
    "isakmp key wild address 0.0.0.0 netmask 0.0.0.0\n"
    "isakmp identity address\n"
    "isakmp keepalive 10 3\n"
    "isakmp policy 10 authentication pre-share\n"
    "isakmp policy 10 encryption 3des\n"
    "isakmp policy 10 hash md5\n"
    "isakmp policy 10 group 2\n"
    "isakmp policy 10 lifetime 1000\n"
    "telnet 10.1.0.0 255.255.255.0 inside\n"
    "telnet timeout 5\n"
    "ssh timeout 5\n"
    "console timeout 0\n"
    "terminal width 80\n";

static struct box *firewall(const char *version)
{
    struct box *b = box_new_of("pix", version);
    box_load(b, site);
    return b;
}

/* What write memory keeps, keys and all. */
static char *saved(struct box *b)
{
    device_type(b->d, "end\nwrite memory");
    return g_strdup(b->d->startup_text);
}

Test(pix_config, every_line_is_read_back_and_loads_to_the_same_again)
{
    static const char *const version[] = {"5.1", "6.2(2)", "6.3(5)", NULL};
    for (size_t i = 0; i < G_N_ELEMENTS(version); i++) {
        struct box *a = firewall(version[i]), *b = box_new_of("pix", version[i]);
        g_autofree char *first = saved(a);
        box_load(b, first);
        g_autofree char *second = saved(b);
        cr_expect_str_eq(second, first, "%s", version[i]);
        g_auto(GStrv) lines = g_strsplit(site, "\n", -1);
        for (char **l = lines; *l && **l; l++)
            cr_expect(strstr(first, *l), "%s: \"%s\" is not read back", version[i], *l);
        box_free(a);
        box_free(b);
    }
}

Test(pix_config, keys_are_hidden_in_listings_but_not_in_what_is_saved)
{
    struct box *b = firewall("6.3");
    g_autofree char *kept = saved(b);
    const char *hidden = "isakmp key ******** address 203.0.113.2 netmask 255.255.255.255 no-xauth";
    static const char *const show[] = {"write terminal", "show config", "show isakmp"};
    for (size_t i = 0; i < G_N_ELEMENTS(show); i++) {
        const char *text = box_type(b, show[i]);
        cr_expect(strstr(text, hidden), "%s: %s", show[i], text);
        cr_expect_not(strstr(text, "cisco123"), "%s", show[i]);
    }
    cr_expect(strstr(kept, "isakmp key cisco123 address 203.0.113.2"));
    box_free(b);
}

Test(pix_config, a_hidden_key_in_a_file_is_a_problem)
{
    struct box *b = box_new_of("pix", "6.3");
    cr_assert(device_load(b->d, "isakmp key ******** address 192.0.2.1 netmask 255.255.255.255\n",
                          "a.cfg", b->problems, NULL));
    cr_assert_eq(b->problems->len, 1);
    const struct device_problem *p = g_ptr_array_index(b->problems, 0);
    cr_expect(strstr(p->message, "asterisks"), "%s", p->message);
    box_free(b);
}

Test(pix_config, an_unconfigured_device_has_its_factory_settings)
{
    struct box *b = box_new_of("pix", NULL);
    const struct ike_conf *c = b->d->ike_conf;
    cr_expect_str_eq(box_prompt(b), "pixfirewall# ");
    cr_expect_eq(c->identity, IKE_IDENTITY_HOSTNAME);
    cr_expect_str_eq(c->hostname, "pixfirewall");
    cr_expect_not(c->enabled);
    cr_expect_eq(c->fallback.cipher, CIPHER_DES);
    cr_expect_eq(c->fallback.hash, HASH_SHA1);
    cr_expect_eq(c->fallback.group, GROUP_MODP768);
    cr_expect_eq(c->fallback.auth, IKE_AUTH_RSA_SIG);
    cr_expect_eq(c->fallback.lifetime_s, 86400);
    cr_expect_eq(b->d->ipsec_conf->life_s, 28800);
    cr_expect_eq(b->d->ipsec_conf->life_kb, 4608000);
    g_autofree char *text = box_running(b);
    cr_expect(strstr(text, "interface ethernet0 auto shutdown\ninterface ethernet1 auto shutdown\n"
                           "nameif ethernet0 outside security0\n"
                           "nameif ethernet1 inside security100\n"),
              "%s", text);
    cr_expect_not(strstr(text, "permit-ipsec"), "off by default (DBG-53)");
    box_free(b);
}

Test(pix_config, versions_differ_in_retransmission_and_what_they_announce)
{
    static const struct {
        const char *version;
        uint32_t every, times;
        bool dpd;
    } row[] = {{"5.0", 15, 2, false},
               {"5.3(1)", 15, 2, false},
               {"6.0", 15, 2, true},
               {"6.2(2)", 15, 2, true},
               {"6.3(5)", 5, 5, true}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new_of("pix", row[i].version);
        const struct ike_profile *p = &b->d->profile;
        cr_expect_eq(p->retransmit_s, row[i].every, "%s", row[i].version);
        cr_expect_eq(p->retransmit_count, row[i].times, "%s", row[i].version);
        cr_expect_eq(p->p1_rekey_percent, 75);
        bool dpd = false;
        for (size_t k = 0; k < IKE_PROFILE_VIDS; k++)
            dpd |= p->vid_mm3[k] == IKE_VID_DPD;
        cr_expect_eq(dpd, row[i].dpd, "%s", row[i].version);
        box_free(b);
    }
}

Test(pix_config, the_name_with_its_domain_is_the_identity)
{
    struct box *b = firewall("6.3");
    cr_expect_str_eq(b->d->ike_conf->hostname, "pix.example.com");
    box_type(b, "configure terminal\nno domain-name\nhostname other");
    cr_expect_str_eq(b->d->ike_conf->hostname, "other");
    cr_expect_eq(b->d->ike_conf->identity, IKE_IDENTITY_ADDRESS);
    box_type(b, "isakmp identity hostname");
    cr_expect_eq(b->d->ike_conf->identity, IKE_IDENTITY_HOSTNAME);
    box_free(b);
}

/* ---- no and clear ---- */

Test(pix_config, what_was_given_can_be_taken)
{
    static const struct {
        const char *no, *gone;
    } row[] = {
        {"no crypto map mymap 10 set pfs", "set pfs"},
        {"no crypto map mymap 10 set peer 203.0.113.3", "203.0.113.3"},
        {"no crypto map mymap 10 set security-association lifetime seconds 7200", "7200"},
        {"no crypto map mymap 10 match address 101", "match address"},
        {"no crypto map mymap 10 set transform-set", "set transform-set"},
        {"no crypto map mymap interface outside", "mymap interface"},
        {"no crypto map mymap 10", "crypto map"},
        {"no crypto map mymap", "crypto map"},
        {"no isakmp enable outside", "isakmp enable"},
        {"no isakmp identity", "identity"},
        {"no isakmp policy 10", "isakmp policy"},
        {"no isakmp policy 10 lifetime", "lifetime 1000"},
        {"no isakmp policy 10 hash md5", "hash md5"},
        {"no isakmp key wild address 0.0.0.0 netmask 0.0.0.0", "wild"},
        {"no isakmp keepalive 10 3", "keepalive"},
        {"clear isakmp", "isakmp policy"},
        {"clear isakmp", "isakmp key"},
        {"clear isakmp", "isakmp enable"},
        {"no crypto ipsec transform-set old", "transform-set old "},
        {"no crypto ipsec security-association lifetime seconds 14400", "lifetime seconds 14400"},
        {"no sysopt connection permit-ipsec", "permit-ipsec"},
        {"no access-group acl_out in interface outside", "access-group"},
        {"clear access-group", "access-group"},
        {"no access-list acl_out permit tcp any host 10.1.0.5 eq www", "www"},
        {"no access-list acl_out remark what may come in", "remark"},
        {"no access-list acl_out", "acl_out"},
        {"clear access-list acl_out", "acl_out"},
        {"no access-list compiled", "compiled"},
        {"no nat (inside) 0 access-list 101", "nat ("},
        {"no route outside 0 0 203.0.113.2", "route outside"},
        {"no ip address inside 10.1.0.1 255.255.255.0", "10.1.0.1"},
        {"no logging on", "logging on"},
        {"no logging buffered", "logging buffered"},
        {"logging message 111008", "111008"},
        {"no fixup protocol ftp 21", "fixup protocol ftp"},
        {"no telnet 10.1.0.0 255.255.255.0 inside", "telnet 10.1"},
        {"no names", "\nnames"},
        {"no domain-name", "domain-name"},
        {"interface ethernet2 auto", "ethernet2 auto shutdown"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = firewall("6.3");
        g_autofree char *before = saved(b);
        cr_expect(strstr(before, row[i].gone), "%s", row[i].gone);
        g_autofree char *lines = g_strdup_printf("configure terminal\n%s\nexit\n", row[i].no);
        const char *said = box_type(b, lines);
        cr_expect_str_eq(said, "", "%s: %s", row[i].no, said);
        g_autofree char *after = saved(b);
        cr_expect_not(strstr(after, row[i].gone), "%s leaves \"%s\"", row[i].no, row[i].gone);
        box_free(b);
    }
}

/* ---- Warnings and errors ---- */

Test(pix_config, what_cannot_be_is_refused_in_the_devices_words)
{
    static const struct {
        const char *line, *text;
    } row[] = {
        {"frobnicate", "Type help or '?' for a list of available commands.\n"},
        {"nameif ethernet0",
         "Not enough arguments.\nUsage:\tnameif <hardware_id> <if_name> <security_lvl>\n"},
        {"crypto map", "Not enough arguments.\nUsage:\t[no] crypto map <map-name> <map-sequence>"},
        {"crypto map mymap 10 frob", "Usage:\t[no] crypto map <map-name> <map-sequence>"},
        {"isakmp policy 70000 hash md5", "Usage:\tisakmp policy <priority> authentication"},
        {"isakmp policy 10", "Not enough arguments.\nUsage:\tisakmp policy"},
        {"access-list 101", "Not enough arguments.\nUsage:\t[no] access-list <id>"},
        {"crypto map other interface outside",
         "ERROR: crypto map with tag \"other\" does not exist."},
        {"crypto map mymap 10 set transform-set none",
         "ERROR: transform set with tag \"none\" does not exist."},
        {"access-group none in interface outside", "ERROR: access-list <none> does not exist"},
        {"route outside 10.9.0.1 255.255.255.0 203.0.113.2", "ERROR: invalid address or mask"},
        {"route nowhere 0 0 203.0.113.2", "ERROR: interface name \"nowhere\" is not known"},
        {"isakmp enable nowhere", "ERROR: interface name \"nowhere\" is not known"},
        {"nameif ethernet1 outside security100", "ERROR: interface name \"outside\" is used by"},
        {"nameif ethernet1 inside security101", "ERROR: security level is security0 to"},
        {"crypto ipsec transform-set x esp-sha-hmac esp-md5-hmac",
         "ERROR: invalid transform proposal"},
        {"crypto ipsec transform-set x ah-md5-hmac esp-des", "AH is not modelled"},
        {"nat (nowhere) 1 0.0.0.0 0.0.0.0", "ERROR: interface name \"nowhere\" is not known"},
        {"nat (inside) 0 access-list none", "ERROR: access-list <none> does not exist"},
        {"nat (inside) 0 access-list acl_out", "ERROR: ACE contains port, protocol, or deny"},
        {"global (outside) 1 10.0.0.9-10.0.0.1", "ERROR: the range of addresses is not one"},
        {"static (inside) 203.0.113.9 10.1.0.9", "ERROR: the interfaces are given as"},
        {"static (inside,outside) tcp interface nonsense 10.1.0.9 80", "ERROR: invalid port"},
        {"conduit permit icmp any any", "ERROR: conduits are not modelled; use access-list"},
        {"vpngroup staff address-pool none", "ERROR: address pool \"none\" does not exist"},
        {"ip address outside dhcp setroute", "ERROR: addresses by DHCP and PPPoE"},
        {"access-list 101 permit tcp any any eq nonsense", "ERROR: invalid port nonsense"},
        {"no isakmp key x address 192.0.2.1 netmask 255.255.255.255",
         "ERROR: there is no isakmp key for 192.0.2.1"},
    };
    struct box *b = firewall("6.3");
    g_autofree char *before = saved(b);
    box_type(b, "configure terminal");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *said = box_type(b, row[i].line);
        cr_expect(strstr(said, row[i].text), "%s: %s", row[i].line, said);
    }
    g_autofree char *after = saved(b);
    cr_expect_str_eq(after, before);
    box_free(b);
}

Test(pix_config, words_of_6_3_are_refused_before_it)
{
    static const char *const line[] = {
        "isakmp policy 20 encryption aes", "isakmp policy 20 group 5",
        "crypto ipsec transform-set x esp-aes-256 esp-sha-hmac", "isakmp nat-traversal",
        "crypto map mymap 10 set pfs group5"};
    for (size_t i = 0; i < G_N_ELEMENTS(line); i++) {
        struct box *old = firewall("6.2"), *new = firewall("6.3");
        box_type(old, "configure terminal");
        box_type(new, "configure terminal");
        cr_expect(strstr(box_type(old, line[i]), "came with version 6.3"), "%s", line[i]);
        cr_expect_str_eq(box_type(new, line[i]), "", "%s", line[i]);
        box_free(old);
        box_free(new);
    }
}

Test(pix_config, nat_traversal_is_off_until_it_is_configured_and_shown_then)
{
    struct box *b = firewall("6.3");
    cr_expect_not(b->d->ike_conf->nat_traversal);
    box_type(b, "configure terminal");
    static const struct {
        const char *line, *shown; /* NULL = nothing */
    } row[] = {
        {"isakmp nat-traversal", "isakmp nat-traversal 20\n"},
        {"crypto isakmp nat-traversal 45", "isakmp nat-traversal 45\n"},
        {"no isakmp nat-traversal", NULL},
        {"isakmp nat-traversal 10", "isakmp nat-traversal 10\n"},
        {"clear isakmp", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        box_type(b, row[i].line);
        const char *text = box_type(b, "write terminal");
        cr_expect_eq(b->d->ike_conf->nat_traversal, row[i].shown != NULL, "%s", row[i].line);
        cr_expect(row[i].shown ? strstr(text, row[i].shown) != NULL
                               : !strstr(text, "nat-traversal"),
                  "%s", row[i].line);
    }
    box_free(b);
}

Test(pix_config, an_incomplete_map_is_said_to_do_nothing)
{
    struct box *b = firewall("6.3");
    box_type(b, "configure terminal");
    cr_expect_str_eq(box_type(b, "crypto map second 10 ipsec-isakmp"),
                     "NOTE: This new crypto map will remain disabled until a peer\n"
                     "      and a valid access list have been configured.\n");
    cr_expect_str_eq(box_type(b, "crypto map second interface inside"),
                     "WARNING: This crypto map is incomplete.  To remedy the situation\n"
                     "         add a peer and a valid access-list to this crypto map.\n");
    box_free(b);
}

Test(pix_config, knows_its_versions)
{
    static const struct {
        const char *version;
        bool known;
    } row[] = {{"5.0", true},  {"5.3(4)", true}, {"6.0", true},  {"6.3(5)", true},
               {"4.4", false}, {"6.4", false},   {"7.0", false}, {"six", false}};
    struct box *b = box_new_of("pix", NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GError) error = NULL;
        struct device *d = device_new(b->net, "x", vendor_kind("pix"), row[i].version, &error);
        cr_expect_eq(d != NULL, row[i].known, "%s", row[i].version);
        cr_expect_eq(error == NULL, row[i].known, "%s", row[i].version);
        device_free(d);
    }
    box_free(b);
}

/* ---- Bad input ---- */

/* Every beginning of every line, typed and loaded: an answer or a problem, nothing worse, and what
 * comes of it is still read back and loads without one. */
Test(pix_config, every_beginning_of_a_line_is_answered)
{
    g_auto(GStrv) lines = g_strsplit(site, "\n", -1);
    struct box *typed = firewall("6.3"), *loaded = box_new_of("pix", "6.3"),
               *again = box_new_of("pix", "6.3");
    device_type(typed->d, "configure terminal");
    for (char **l = lines; *l && **l; l++)
        for (size_t n = 1; n <= strlen(*l); n++) {
            g_autofree char *part = g_strndup(*l, n);
            g_autoptr(GString) help = g_string_new(NULL);
            device_type(typed->d, part);
            typed->d->kind->help(typed->d, part, help);
            g_free(typed->d->kind->complete(typed->d, part));
            if (strcmp(typed->d->hostname, "pix") != 0)
                device_type(typed->d, "hostname pix");
            device_type(typed->d, "configure terminal");
            cr_assert(device_load(loaded->d, part, "part.cfg", loaded->problems, NULL));
            g_ptr_array_set_size(loaded->problems, 0);
        }
    g_autofree char *first = saved(typed), *kept = saved(loaded);
    box_load(again, kept);
    g_autofree char *second = saved(again);
    cr_expect_str_eq(second, kept);
    cr_expect(strstr(first, "isakmp policy 10 lifetime 1000"));
    box_free(typed);
    box_free(loaded);
    box_free(again);
}

static guint roll(uint32_t *state, guint n)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % n;
}

/* Words are dropped, cut, exchanged and scribbled on. */
Test(pix_config, damaged_lines_are_problems_and_nothing_worse)
{
    uint32_t state = 1;
    for (int round = 0; round < 300; round++) {
        g_auto(GStrv) words = g_strsplit_set(site, " ", -1);
        guint n = g_strv_length(words);
        for (int k = 0; k < 12; k++) {
            guint at = roll(&state, n), other = roll(&state, n);
            char *word = words[at];
            switch (roll(&state, 4)) {
            case 0:
                word[0] = '\0';
                break;
            case 1:
                word[strlen(word) / 2] = '\0';
                break;
            case 2:
                words[at] = words[other];
                words[other] = word;
                break;
            default:
                if (word[0])
                    word[roll(&state, (guint)strlen(word))] = (char)(' ' + roll(&state, 95));
            }
        }
        g_autofree char *text = g_strjoinv(" ", words);
        struct box *a = box_new_of("pix", "6.3"), *b = box_new_of("pix", "6.3");
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
