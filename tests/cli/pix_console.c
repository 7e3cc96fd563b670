/* Keystrokes at a PIX: prompts and modes, help, completion, listings without a peer, ping, reload.
 */
#include "box.h"

#include <string.h>

static struct box *bare(const char *version)
{
    struct box *b = box_new_of("pix", version);
    box_load(b, "interface ethernet0 auto\ninterface ethernet1 auto\nhostname pix\n"
                "ip address outside 203.0.113.1 255.255.255.0\n"
                "ip address inside 10.1.0.1 255.255.255.0\n"
                "access-list 101 permit ip 10.1.0.0 255.255.255.0 any\n"
                "access-list 101 remark the rest\n"
                "crypto ipsec transform-set t esp-3des esp-md5-hmac\n"
                "crypto map m 10 ipsec-isakmp\ncrypto map m 10 match address 101\n"
                "crypto map m 10 set peer 203.0.113.2\ncrypto map m 10 set transform-set t\n"
                "crypto map m interface outside\n"
                "isakmp policy 10 authentication pre-share\nisakmp policy 10 encryption 3des\n");
    return b;
}

Test(pix_console, prompts_follow_the_modes)
{
    static const struct {
        const char *line, *prompt;
    } row[] = {
        {"configure terminal", "pix(config)# "},
        {"conf t", "pix(config)# "},
        {"show version", "pix(config)# "},
        {"exit", "pix# "},
        {"conf t", "pix(config)# "},
        {"quit", "pix# "},
        {"conf t", "pix(config)# "},
        {"end", "pix# "},
        {"exit", "pix> "},
        {"write terminal", "pix> "},
        {"enable", "pix# "},
        {"disable", "pix> "},
    };
    struct box *b = bare("6.3");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        box_type(b, row[i].line);
        cr_expect_str_eq(box_prompt(b), row[i].prompt, "after %s", row[i].line);
    }
    cr_expect_str_eq(box_type(b, "show crypto map"), "Usage:\tshow <command>\n\tTry 'show ?'\n");
    cr_expect_str_eq(box_type(b, "configure terminal"),
                     "Type help or '?' for a list of available commands.\n");
    cr_expect(strstr(box_type(b, "show version"), "Cisco PIX Firewall Version 6.3"));
    box_free(b);
}

Test(pix_console, help_and_completion)
{
    static const struct {
        const char *line, *help, *whole;
    } row[] = {
        {"show crypto i", "ipsec", NULL},
        {"sh ver", "version", "show version"},
        {"debug crypto ", "  isakmp  ISAKMP policy\n", NULL},
    };
    struct box *b = bare("6.3");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        b->d->kind->help(b->d, row[i].line, out);
        cr_expect(strstr(out->str, row[i].help), "%s: %s", row[i].line, out->str);
        g_autofree char *whole = b->d->kind->complete(b->d, row[i].line);
        if (row[i].whole)
            cr_expect(whole && strstr(whole, "version"), "%s: %s", row[i].line, whole);
    }
    box_type(b, "configure terminal");
    g_autofree char *whole = b->d->kind->complete(b->d, "isakmp pol");
    cr_expect(whole && g_str_has_prefix(whole, "isakmp policy"), "%s", whole);
    box_free(b);
}

Test(pix_console, listings_of_what_is_configured)
{
    static const struct {
        const char *version, *line, *text;
    } row[] = {
        {"6.3", "show crypto isakmp sa",
         "Total     : 0\nEmbryonic : 0\n"
         "        dst               src        state     pending     created\n"},
        {"5.2", "show crypto isakmp sa",
         "    dst            src         state        conn-id   slot\n"},
        {"6.3", "show crypto map",
         "\nCrypto Map: \"m\" interfaces: { outside }\n\nCrypto Map \"m\" 10 ipsec-isakmp\n"
         "\tPeer = 203.0.113.2\n\taccess-list 101; 2 elements\n"
         "\taccess-list 101 line 1 permit ip 10.1.0.0 255.255.255.0 any (hitcnt=0) \n"
         "\taccess-list 101 line 2 remark the rest\n"
         "\tCurrent peer: 203.0.113.2\n"
         "\tSecurity association lifetime: 4608000 kilobytes/28800 seconds\n"
         "\tPFS (Y/N): N\n\tTransform sets={ t, }\n"},
        {"6.2", "show access-list 101",
         "access-list 101; 2 elements\n"
         "access-list 101 permit ip 10.1.0.0 255.255.255.0 any (hitcnt=0) \n"
         "access-list 101 remark the rest\n"},
        {"6.3", "show crypto isakmp policy",
         "Protection suite of priority 10\n"
         "\tencryption algorithm:\tThree key triple DES\n"
         "\thash algorithm:\t\tSecure Hash Standard\n"
         "\tauthentication method:\tPre-Shared Key\n"
         "\tDiffie-Hellman group:\t#1 (768 bit)\n"
         "\tlifetime:\t\t86400 seconds, no volume limit\n"
         "Default protection suite\n"
         "\tencryption algorithm:\tDES - Data Encryption Standard (56 bit keys).\n"
         "\thash algorithm:\t\tSecure Hash Standard\n"
         "\tauthentication method:\tRivest-Shamir-Adleman Signature\n"
         "\tDiffie-Hellman group:\t#1 (768 bit)\n"
         "\tlifetime:\t\t86400 seconds, no volume limit\n"},
        {"6.3", "show isakmp",
         "isakmp policy 10 authentication pre-share\nisakmp policy 10 encryption 3des\n"
         "isakmp policy 10 hash sha\nisakmp policy 10 group 1\nisakmp policy 10 lifetime 86400\n"},
        {"6.3", "show nameif",
         "nameif ethernet0 outside security0\nnameif ethernet1 inside security100\n"},
        {"6.3", "show ip address",
         "System IP Addresses:\n\tip address outside 203.0.113.1 255.255.255.0\n"
         "\tip address inside 10.1.0.1 255.255.255.0\nCurrent IP Addresses:\n"
         "\tip address outside 203.0.113.1 255.255.255.0\n"
         "\tip address inside 10.1.0.1 255.255.255.0\n"},
        {"6.3", "show debug", ""},
        {"6.3", "show conn", "0 in use, 0 most used\n"},
        {"6.3", "show crypto ipsec security-association lifetime",
         "Security association lifetime: 4608000 kilobytes/28800 seconds\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = bare(row[i].version);
        g_autoptr(GString) out = g_string_new(NULL);
        cr_expect(b->d->kind->show(b->d, row[i].line, out), "%s", row[i].line);
        cr_expect_str_eq(out->str, row[i].text, "%s", row[i].line);
        box_free(b);
    }
}

Test(pix_console, an_interface_that_is_not_linked_is_down)
{
    struct box *b = bare("6.3");
    const char *text = box_type(b, "show interface outside");
    cr_expect(g_str_has_prefix(text, "interface ethernet0 \"outside\" is down, line protocol is "
                                     "down\n  Hardware is i82559 ethernet\n"
                                     "  IP address 203.0.113.1, subnet mask 255.255.255.0\n"
                                     "  MTU 1500 bytes, BW 100000 Kbit full duplex\n"),
              "%s", text);
    box_type(b, "configure terminal\ninterface ethernet0 auto shutdown");
    cr_expect(strstr(box_type(b, "show interface e0"), "is administratively down"));
    box_free(b);
}

Test(pix_console, three_probes_each_with_a_line)
{
    struct box *b = bare("6.3");
    cr_expect_str_eq(box_type(b, "ping outside 192.0.2.1"),
                     "\t192.0.2.1 NO response received -- 1000ms\n"
                     "\t192.0.2.1 NO response received -- 1000ms\n"
                     "\t192.0.2.1 NO response received -- 1000ms\n");
    cr_expect_str_eq(box_type(b, "ping nowhere 10.1.0.1"),
                     "ERROR: interface name \"nowhere\" is not known\n");
    box_free(b);
}

Test(pix_console, commands_are_on_record)
{
    struct box *b = bare("6.3");
    box_type(b, "configure terminal\nlogging on\nlogging buffered debugging\nexit\nshow version");
    const char *text = box_type(b, "show logging");
    cr_expect(strstr(text, "Buffer logging: level debugging, "), "%s", text);
    cr_expect(strstr(text, "%PIX-5-111008: User 'enable_15' executed the 'exit' command.\n"), "%s",
              text);
    cr_expect(strstr(text, "%PIX-7-111009: User 'enable_15' executed cmd: show version\n"));
    box_type(b, "configure terminal\nclear logging\nno logging message 111009\nexit\nshow version");
    cr_expect_not(strstr(box_type(b, "show logging"), "PIX-7-111009"));
    box_free(b);
}

Test(pix_console, a_reload_brings_back_what_was_saved)
{
    struct box *b = bare("6.3");
    box_type(b, "configure terminal\nhostname saved\nwrite memory\nhostname lost\nend");
    cr_expect_str_eq(box_prompt(b), "lost# ");
    box_type(b, "reload noconfirm");
    sim_run(b->sim, sim_now(b->sim) + SECONDS(90));
    cr_expect_str_eq(box_prompt(b), "saved# ");
    g_autofree char *text = box_running(b);
    cr_expect(strstr(text, "ip address outside 203.0.113.1 255.255.255.0\n"), "%s", text);
    cr_expect(strstr(text, "interface ethernet0 auto\n"));
    box_free(b);
}
