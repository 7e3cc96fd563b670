/* Keystrokes at an ASA: prompts and modes, exec commands within configuration, help, completion,
 * access lists on interfaces, ping, reload. */
#include "box.h"

#include <string.h>

static struct box *bare(void)
{
    struct box *b = box_new_of("asa", "8.2(5)");
    box_load(b, "hostname asa\n"
                "interface Ethernet0/0\n nameif outside\n ip address 203.0.113.1 255.255.255.0\n"
                "interface Ethernet0/1\n nameif inside\n ip address 10.1.0.1 255.255.255.0\n");
    return b;
}

Test(asa_console, prompts_tell_the_mode)
{
    static const struct {
        const char *line, *prompt;
    } row[] = {
        {"disable", "asa> "},
        {"enable", "asa# "},
        {"configure terminal", "asa(config)# "},
        {"interface e0/1", "asa(config-if)# "},
        {"crypto isakmp policy 10", "asa(config-isakmp-policy)# "},
        {"hash md5", "asa(config-isakmp-policy)# "},
        {"tunnel-group 192.0.2.1 type ipsec-l2l", "asa(config)# "},
        {"tunnel-group 192.0.2.1 ipsec-attributes", "asa(config-tunnel-ipsec)# "},
        {"tunnel-group 192.0.2.1 general-attributes", "asa(config-tunnel-general)# "},
        {"group-policy p internal", "asa(config)# "},
        {"group-policy p attributes", "asa(config-group-policy)# "},
        {"exit", "asa(config)# "},
        {"hostname gate", "gate(config)# "},
        {"end", "gate# "},
    };
    struct box *b = bare();
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        box_type(b, row[i].line);
        cr_expect_str_eq(box_prompt(b), row[i].prompt, "after \"%s\"", row[i].line);
    }
    box_free(b);
}

Test(asa_console, exec_commands_are_understood_in_configuration)
{
    struct box *b = bare();
    box_type(b, "configure terminal\ninterface e0/0");
    cr_expect(strstr(box_type(b, "show crypto isakmp sa"), "There are no isakmp sas"));
    cr_expect_str_eq(box_prompt(b), "asa(config-if)# ");
    cr_expect_str_eq(box_type(b, "debug crypto isakmp 7"), "");
    cr_expect(strstr(box_type(b, "show debug"), "debug crypto isakmp enabled at level 7"));
    cr_expect_str_eq(box_type(b, "no debug all\nshow debug"), "");
    box_free(b);
}

Test(asa_console, the_mark_stands_under_the_wrong_word)
{
    struct box *b = bare();
    cr_expect_str_eq(box_console(b, "show crypto frob"),
                     "asa# show crypto frob\n"
                     "                 ^\n"
                     "ERROR: % Invalid input detected at '^' marker.\n");
    cr_expect_str_eq(box_type(b, "show crypto"), "ERROR: % Incomplete command\n");
    cr_expect(strstr(box_type(b, "d"), "ERROR: % Ambiguous command:  \"d\""));
    box_free(b);
}

Test(asa_console, helps_and_completes)
{
    struct box *b = bare();
    g_autoptr(GString) out = g_string_new(NULL);
    b->d->kind->help(b->d, "show crypto ", out);
    cr_expect(strstr(out->str, "isakmp"), "%s", out->str);
    g_autofree char *whole = b->d->kind->complete(b->d, "show vpn-s");
    cr_expect_str_eq(whole, "show vpn-sessiondb ");
    box_type(b, "configure terminal");
    g_string_truncate(out, 0);
    b->d->kind->help(b->d, "crypto isakmp ", out);
    cr_expect(strstr(out->str, "policy") && strstr(out->str, "enable"), "%s", out->str);
    box_free(b);
}

Test(asa_console, rows_of_every_mode_parse)
{
    extern const struct cli_mode asa_mode_exec, asa_mode_config, asa_mode_if, asa_mode_policy,
        asa_mode_group, asa_mode_general, asa_mode_group_policy;
    const struct cli_mode *const mode[] = {
        &asa_mode_exec,  &asa_mode_config,  &asa_mode_if,          &asa_mode_policy,
        &asa_mode_group, &asa_mode_general, &asa_mode_group_policy};
    for (size_t i = 0; i < G_N_ELEMENTS(mode); i++)
        cli_check(mode[i]);
}

/* ---- The network ---- */

static void join(struct box *b)
{
    struct net_link *l = net_link_new(b->net, "lan");
    b->other = device_new(b->net, "pc", vendor_kind("host"), NULL, NULL);
    cr_assert(device_host_address(b->other, "eth0",
                                  (struct ip4_net){IP4(10, 1, 0, 5), ip4_mask(24)},
                                  IP4(10, 1, 0, 1), NULL));
    net_link_attach(l, net_if_by_name(b->d->node, "Ethernet0/1"));
    net_link_attach(l, net_if_by_name(b->other->node, "eth0"));
}

Test(asa_console, pings_a_neighbour_and_waits_for_one_who_is_not_there)
{
    struct box *b = bare();
    join(b);
    cr_expect(
        strstr(box_type(b, "ping 10.1.0.5"),
               "!!!!!\nSuccess rate is 100 percent (5/5), round-trip min/avg/max = 1/1/1 ms"));
    cr_expect(
        strstr(box_type(b, "ping inside 10.1.0.6"), "?????\nSuccess rate is 0 percent (0/5)\n"));
    cr_expect(strstr(box_type(b, "ping nowhere 10.1.0.5"), "Invalid input"));
    box_free(b);
}

static void pong(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    *(enum net_ping_what *)self = what;
}

static enum net_ping_what ping_from_pc(struct box *b, ip4 target)
{
    enum net_ping_what what = NET_PING_TIMEOUT;
    struct net_ping *g = net_ping_new(b->other->node, pong, &what);
    net_ping_send(g, 0, target, 1, 100, 0, false, 0xabcd, SECONDS(1));
    sim_run(b->sim, sim_now(b->sim) + SECONDS(5));
    net_ping_free(g);
    return what;
}

Test(asa_console, an_access_group_filters_what_passes_and_not_what_is_for_the_device)
{
    struct box *b = bare();
    join(b);
    struct net_link *wan = net_link_new(b->net, "wan");
    struct device *far = device_new(b->net, "far", vendor_kind("host"), NULL, NULL);
    cr_assert(device_host_address(far, "eth0", (struct ip4_net){IP4(203, 0, 113, 2), ip4_mask(24)},
                                  IP4(203, 0, 113, 1), NULL));
    net_link_attach(wan, net_if_by_name(b->d->node, "Ethernet0/0"));
    net_link_attach(wan, net_if_by_name(far->node, "eth0"));
    /* answers are no business of an appliance that does not inspect ICMP */
    cr_expect_neq(ping_from_pc(b, IP4(203, 0, 113, 2)), NET_PING_REPLY);
    box_type(b, "configure terminal\naccess-list answers extended permit icmp any any echo-reply\n"
                "access-group answers in interface outside\nend");
    cr_expect_eq(ping_from_pc(b, IP4(203, 0, 113, 2)), NET_PING_REPLY);
    box_type(b, "configure terminal\nlogging enable\nlogging buffered 4\n"
                "access-list in_list extended deny icmp any any\n"
                "access-list in_list extended permit ip any any\n"
                "access-group in_list in interface inside\nend");
    cr_expect_neq(ping_from_pc(b, IP4(203, 0, 113, 2)), NET_PING_REPLY);
    cr_expect_eq(ping_from_pc(b, IP4(10, 1, 0, 1)), NET_PING_REPLY);
    cr_expect(strstr(box_type(b, "show access-list in_list"),
                     "access-list in_list line 1 extended deny icmp any any (hitcnt=1)\n"
                     "access-list in_list line 2 extended permit ip any any (hitcnt=0)\n"));
    cr_expect(
        strstr(box_type(b, "show logging"),
               "%ASA-4-106023: Deny icmp src inside:10.1.0.5 dst outside:203.0.113.2 (type 8, "
               "code 0) by access-group \"in_list\""));
    box_type(b, "configure terminal\naccess-list in_list line 1 extended permit icmp any any\nend");
    cr_expect_eq(ping_from_pc(b, IP4(203, 0, 113, 2)), NET_PING_REPLY);
    device_free(far);
    box_free(b);
}

Test(asa_console, what_was_written_is_there_after_a_reload)
{
    struct box *b = bare();
    box_type(b, "configure terminal\nhostname gate\ntunnel-group 192.0.2.1 type ipsec-l2l\n"
                "tunnel-group 192.0.2.1 ipsec-attributes\npre-shared-key secret\nend\n"
                "write memory\nconfigure terminal\nhostname lost\nend\nreload noconfirm");
    sim_run(b->sim, sim_now(b->sim) + SECONDS(200));
    cr_expect_str_eq(box_prompt(b), "gate# ");
    const struct ike_key *k = ike_key_for(b->d->ike_conf, IP4(192, 0, 2, 1));
    cr_assert_not_null(k);
    cr_expect_str_eq(k->secret, "secret");
    box_free(b);
}
