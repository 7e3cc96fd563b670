/* Lines about translation: what is kept of them, what takes them away, what is refused. */
#include "box.h"

#include <string.h>

static const char asa[] = "hostname gate\n"
                          "interface Ethernet0/0\n nameif inside\n security-level 100\n"
                          " ip address 10.1.0.1 255.255.255.0\n"
                          "interface Ethernet0/1\n nameif outside\n security-level 0\n"
                          " ip address 203.0.113.1 255.255.255.0\n"
                          "access-list ex extended permit ip 10.1.0.0 255.255.255.0 10.2.0.0 "
                          "255.255.255.0\n"
                          "access-list web extended permit tcp host 10.1.0.9 any eq www\n"
                          "access-list no extended deny ip host 10.1.0.9 any\n";

static struct box *loaded(const char *version, const char *config)
{
    struct box *b = box_new_of("asa", version);
    box_load(b, config);
    return b;
}

static bool has_line(const char *text, const char *line)
{
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++)
        if (strcmp(g_strchomp(*l), line) == 0)
            return true;
    return false;
}

Test(asa_nat_lines, are_shown_as_typed_and_taken_away_by_no)
{
    static const char *const line[] = {
        "nat-control",
        "nat (inside) 0 access-list ex",
        "nat (inside) 0 10.1.0.128 255.255.255.128",
        "nat (inside) 1 10.1.0.0 255.255.255.0",
        "nat (inside) 2 access-list web",
        "global (outside) 1 interface",
        "global (outside) 2 203.0.113.50-203.0.113.60 netmask 255.255.255.0",
        "global (outside) 2 203.0.113.61",
        "static (inside,outside) 203.0.113.10 10.1.0.10 netmask 255.255.255.255",
        "static (inside,outside) tcp interface www 10.1.0.11 8080 netmask 255.255.255.255",
        "static (inside,outside) 203.0.113.12 access-list web",
        "timeout xlate 1:00:00",
    };
    struct box *b = loaded("8.2", asa);
    box_type(b, "configure terminal");
    for (size_t i = 0; i < G_N_ELEMENTS(line); i++)
        cr_expect_not(strstr(box_type(b, line[i]), "ERROR"), "%s", line[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(line); i++)
        cr_expect(has_line(box_type(b, "show running-config"), line[i]), "%s", line[i]);
    for (size_t i = 0; i < G_N_ELEMENTS(line); i++) {
        g_autofree char *no = g_strconcat("no ", line[i], NULL);
        cr_expect_not(strstr(box_type(b, no), "ERROR"), "%s", no);
        cr_expect_not(has_line(box_type(b, "show running-config"), line[i]), "%s", no);
    }
    box_free(b);
}

Test(asa_nat_lines, that_cannot_be_are_refused)
{
    static const struct {
        const char *version, *line, *said;
    } row[] = {
        {"8.2", "nat (inside) 0 access-list none", "ERROR: access-list <none> does not exist"},
        {"8.2", "nat (inside) 0 access-list web",
         "ERROR: ACE contains port, protocol, or deny. Removing NAT configuration"},
        {"8.2", "nat (inside) 1 access-list no",
         "ERROR: ACE contains port, protocol, or deny. Removing NAT configuration"},
        {"8.2", "nat (nowhere) 1 0 0", "ERROR: interface name \"nowhere\" is not known"},
        {"8.2", "nat (inside) 1 10.1.0.1 255.255.255.0", "ERROR: address and netmask do not fit"},
        {"8.2", "nat (inside,outside) source static a a", "Invalid input detected"},
        {"8.2", "no nat (inside) 7 10.1.0.0 255.255.255.0", "ERROR: no such translation"},
        {"8.2", "object network x", "Invalid input detected"},
        {"8.3", "nat (inside) 1 0 0",
         "ERROR: This syntax of nat command has been deprecated.\n"
         "Please refer to \"help nat\" command for more details."},
        {"8.3", "global (outside) 1 interface", "ERROR: This syntax of global command"},
        {"8.3", "static (inside,outside) 203.0.113.9 10.1.0.9", "ERROR: This syntax of static"},
        {"8.3", "nat-control", "ERROR: This syntax of nat-control"},
        {"8.3", "nat (inside,outside) source static a a",
         "ERROR: a doesn't match an existing object or object-group"},
        {"8.4", "timeout pat-xlate 0:00:10", "Invalid input detected"},
        {"8.2", "timeout pat-xlate 0:01:00", "Invalid input detected"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = loaded(row[i].version, asa);
        box_type(b, "configure terminal");
        const char *said = box_type(b, row[i].line);
        cr_expect(strstr(said, row[i].said), "%s: %s", row[i].line, said);
        box_free(b);
    }
}

Test(asa_nat_lines, of_one_mapped_address_conflict)
{
    struct box *b = loaded("8.2", asa);
    box_type(b, "configure terminal");
    box_type(b, "static (inside,outside) 203.0.113.10 10.1.0.10");
    cr_expect(strstr(box_type(b, "static (inside,outside) 203.0.113.10 10.1.0.11"),
                     "ERROR: mapped-address conflict with existing static\n"
                     "  inside:10.1.0.10 to outside:203.0.113.10 netmask 255.255.255.255"));
    box_type(b, "crypto isakmp enable outside");
    cr_expect(strstr(box_type(b, "static (inside,outside) udp interface 500 10.1.0.11 500"),
                     "ERROR: unable to reserve port 500 for static PAT"));
    box_free(b);
}

Test(asa_nat_lines, a_port_in_the_list_of_an_exemption_takes_it_away)
{
    struct box *b = loaded("8.2", asa);
    box_type(b, "configure terminal");
    box_type(b, "nat (inside) 0 access-list ex");
    cr_expect(strstr(box_type(b, "access-list ex extended permit tcp any any eq 25"),
                     "ERROR: ACE contains port, protocol, or deny. Removing NAT configuration"));
    cr_expect_not(
        has_line(box_type(b, "show running-config nat"), "nat (inside) 0 access-list ex"));
    box_type(b, "no access-list ex extended permit tcp any any eq 25");
    box_type(b, "nat (inside) 0 access-list ex");
    cr_expect(has_line(box_type(b, "show running-config nat"), "nat (inside) 0 access-list ex"));
    box_free(b);
}

Test(asa_nat_lines, of_objects_are_shown_and_load_again)
{
    static const char lines[] =
        "object network inside-net\n subnet 10.1.0.0 255.255.255.0\n description all of us\n"
        "object network far-net\n subnet 10.2.0.0 255.255.255.0\n"
        "object network pool\n range 203.0.113.50 203.0.113.60\n"
        "object network server\n host 10.1.0.10\n"
        "object-group network both\n network-object object server\n network-object host 10.1.0.11\n"
        "nat (inside,outside) source static inside-net inside-net destination static far-net "
        "far-net no-proxy-arp route-lookup\n"
        "nat (inside,outside) source dynamic both interface\n"
        "object network inside-net\n nat (inside,outside) dynamic pool interface\n"
        "object network server\n nat (inside,outside) static 203.0.113.10 service tcp 80 80\n"
        "nat (any,outside) after-auto source dynamic any interface\n";
    static const char *const shown[] = {
        " subnet 10.1.0.0 255.255.255.0",
        " range 203.0.113.50 203.0.113.60",
        " network-object object server",
        " network-object host 10.1.0.11",
        "nat (inside,outside) source static inside-net inside-net destination static far-net "
        "far-net no-proxy-arp route-lookup",
        " nat (inside,outside) dynamic pool interface",
        " nat (inside,outside) static 203.0.113.10 service tcp 80 80",
        "nat (any,outside) after-auto source dynamic any interface",
    };
    g_autofree char *config = g_strconcat(asa, lines, NULL);
    struct box *b = loaded("8.4", config);
    g_autofree char *text = g_strdup(box_type(b, "more system:running-config"));
    for (size_t i = 0; i < G_N_ELEMENTS(shown); i++)
        cr_expect(has_line(text, shown[i]), "%s in %s", shown[i], text);
    box_free(b);
    b = loaded("8.4", text);
    cr_expect_str_eq(box_type(b, "more system:running-config"), text);
    box_type(b, "configure terminal");
    cr_expect(strstr(box_type(b, "no object network server"),
                     "ERROR: unable to delete object (server). object is being used."));
    box_free(b);
}

Test(asa_nat_lines, of_an_older_configuration_become_identities)
{
    g_autofree char *config = g_strconcat(asa, "nat (inside) 0 access-list ex\n", NULL);
    struct box *b = loaded("8.3", config);
    cr_expect(has_line(box_type(b, "show running-config nat"),
                       "nat (inside,any) source static obj-10.1.0.0 obj-10.1.0.0 destination "
                       "static obj-10.2.0.0 obj-10.2.0.0"));
    box_free(b);
}

/* ---- Objects in access lists ---- */

static char *list_of(struct box *b)
{
    GString *all = g_string_new(NULL);
    const struct acl *acl = net_acl(b->d->node, "l");
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        g_string_append_printf(all, "%s/%d>%s/%d ", IP4S(l->src.addr), ip4_mask_len(l->src.mask),
                               IP4S(l->dst.addr), ip4_mask_len(l->dst.mask));
    }
    return g_string_free(all, FALSE);
}

Test(asa_acl_objects, a_line_stands_for_the_networks_of_its_objects_and_follows_them)
{
    static const struct {
        const char *typed, *lines;
    } row[] = {
        {"access-list l extended permit ip object here object-group there",
         "10.1.0.0/24>10.2.0.0/24 10.1.0.0/24>10.3.0.9/32 "},
        {"access-list l line 1 extended permit ip host 10.9.9.9 any",
         "10.9.9.9/32>0.0.0.0/0 10.1.0.0/24>10.2.0.0/24 10.1.0.0/24>10.3.0.9/32 "},
        {"access-list l line 3 extended permit ip any object-group there",
         "10.9.9.9/32>0.0.0.0/0 10.1.0.0/24>10.2.0.0/24 10.1.0.0/24>10.3.0.9/32 "
         "0.0.0.0/0>10.2.0.0/24 0.0.0.0/0>10.3.0.9/32 "},
        {"no access-list l extended permit ip any object-group there",
         "10.9.9.9/32>0.0.0.0/0 10.1.0.0/24>10.2.0.0/24 10.1.0.0/24>10.3.0.9/32 "},
        {"object-group network there\nno network-object host 10.3.0.9",
         "10.9.9.9/32>0.0.0.0/0 10.1.0.0/24>10.2.0.0/24 "},
        {"object network here\nhost 10.1.0.7", "10.9.9.9/32>0.0.0.0/0 10.1.0.7/32>10.2.0.0/24 "},
        {"no access-list l extended permit ip host 10.9.9.9 any", "10.1.0.7/32>10.2.0.0/24 "},
        {"no access-list l extended permit ip object here object-group there", ""},
    };
    struct box *b = box_new_of("asa", "8.4");
    box_type(b, "configure terminal\nobject network here\nsubnet 10.1.0.0 255.255.255.0\n"
                "object-group network there\nnetwork-object 10.2.0.0 255.255.255.0\n"
                "network-object host 10.3.0.9\nexit");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *said = box_type(b, row[i].typed);
        cr_expect_not(strstr(said, "ERROR"), "%s: %s", row[i].typed, said);
        g_autofree char *lines = list_of(b);
        cr_expect_str_eq(lines, row[i].lines, "%s", row[i].typed);
    }
    box_free(b);
}

Test(asa_acl_objects, are_shown_as_written_with_what_they_stand_for_and_load_again)
{
    struct box *b = box_new_of("asa", "8.4"), *c = box_new_of("asa", "8.4");
    box_type(b, "configure terminal\nobject network here\nsubnet 10.1.0.0 255.255.255.0\n"
                "object-group network there\nnetwork-object 10.2.0.0 255.255.255.0\n"
                "network-object host 10.3.0.9\nexit\n"
                "access-list l extended permit tcp object here object-group there eq www\n"
                "access-list l extended deny ip any any\nend\nwrite memory");
    const char *shown = box_type(b, "show access-list l");
    cr_expect(strstr(shown,
                     "access-list l line 1 extended permit tcp object here object-group there eq "
                     "www\n"
                     "  access-list l line 1 extended permit tcp 10.1.0.0 255.255.255.0 10.2.0.0 "
                     "255.255.255.0 eq www (hitcnt=0)\n"
                     "  access-list l line 1 extended permit tcp 10.1.0.0 255.255.255.0 host "
                     "10.3.0.9 eq www (hitcnt=0)\n"
                     "access-list l line 2 extended deny ip any any (hitcnt=0)\n"),
              "%s", shown);
    cr_expect(strstr(b->d->startup_text,
                     "access-list l extended permit tcp object here object-group there eq www \n"
                     "access-list l extended deny ip any any \n"));
    box_load(c, b->d->startup_text);
    box_type(c, "end\nwrite memory");
    cr_expect_str_eq(c->d->startup_text, b->d->startup_text);
    box_type(b, "configure terminal");
    cr_expect(strstr(box_type(b, "access-list l extended permit ip object nobody any"),
                     "ERROR: specified object <nobody> does not exist"));
    cr_expect(strstr(box_type(b, "no object network here"), "object is being used"));
    box_type(b, "clear configure access-list l");
    cr_expect_not(strstr(box_type(b, "no object network here"), "ERROR"));
    box_free(b);
    box_free(c);
}
