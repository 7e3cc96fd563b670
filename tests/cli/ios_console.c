/* The IOS console: modes and prompts, errors at the caret, debugging, clearing, saving. */
#include "box.h"

#include <string.h>

Test(ios_console, shows_the_prompt_of_each_mode)
{
    // clang-format off
    static const struct { const char *line, *prompt; } row[] = {
        { "", "r1#" },
        { "disable", "r1>" },
        { "enable", "r1#" },
        { "conf t", "r1(config)#" },
        { "interface fa0/0", "r1(config-if)#" },
        { "ip address 10.0.0.1 255.255.255.0", "r1(config-if)#" },
        { "exit", "r1(config)#" },
        { "crypto isakmp policy 10", "r1(config-isakmp)#" },
        { "crypto ipsec transform-set s esp-des", "r1(cfg-crypto-trans)#" },
        { "crypto map m 10 ipsec-isakmp", "r1(config-crypto-map)#" },
        { "ip access-list extended nets", "r1(config-ext-nacl)#" },
        { "ip access-list standard hosts", "r1(config-std-nacl)#" },
        { "line vty 0 4", "r1(config-line)#" },
        { "hostname hub", "hub(config)#" },
        { "interface Loopback 0", "hub(config-if)#" },
        { "end", "hub#" },
        { "configure terminal", "hub(config)#" },
        { "^Z", "hub#" },
        { "conf t", "hub(config)#" },
        { "exit", "hub#" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        box_type(b, row[i].line);
        cr_expect_str_eq(box_prompt(b), row[i].prompt, "after \"%s\": %s", row[i].line,
                         b->seen->str);
    }
    box_free(b);
}

Test(ios_console, prints_errors_as_the_device_does)
{
    // clang-format off
    static const struct { const char *line, *said; } row[] = {
        { "sh cr",            "% Incomplete command.\n\n" },
        { "show c",           "% Ambiguous command:  \"show c\"\n" },
        { "show crypto xsakmp", "               ^\n% Invalid input detected at '^' marker.\n\n" },
        { "show ip rout3",    "               ^\n% Invalid input detected at '^' marker.\n\n" },
        { "ping 1.2.3.4 repeat 0", "                       ^\n% Invalid input detected at '^' marker.\n\n" },
        { "foo",              "Translating \"foo\"...domain server (255.255.255.255)\n"
                              "% Unknown command or computer name, or unable to find computer address\n" },
        { "foo bar",          "   ^\n% Invalid input detected at '^' marker.\n\n" },
        { "show clock | include", "% Incomplete command.\n\n" },
        { "!comment",         "" },
        { "",                 "" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *said = box_type(b, row[i].line);
        cr_expect_str_eq(said, row[i].said, "\"%s\" said\n%s", row[i].line, said);
    }
    box_free(b);
}

Test(ios_console, counts_the_prompt_when_it_places_the_caret)
{
    struct box *b = box_new("12.4");
    box_type(b, "configure terminal\ninterface fa0/0");
    cr_expect_str_eq(box_console(b, "ip address 10.0.0.300 255.0.0.0"),
                     "r1(config-if)#ip address 10.0.0.300 255.0.0.0\n"
                     "                         ^\n"
                     "% Invalid input detected at '^' marker.\n\n");
    box_free(b);
}

Test(ios_console, looks_up_no_names_when_told_not_to)
{
    struct box *b = box_new("12.4");
    box_type(b, "conf t\nno ip domain lookup\nend");
    cr_expect_str_eq(box_type(b, "foo"),
                     "Translating \"foo\"\n"
                     "% Unknown command or computer name, or unable to find computer address\n");
    box_free(b);
}

Test(ios_console, turns_debugging_on_and_off_in_the_words_of_the_device)
{
    // clang-format off
    static const struct { const char *line, *said; } row[] = {
        { "debug crypto isakmp", "Crypto ISAKMP debugging is on\n" },
        { "deb cry ipsec",       "Crypto IPSEC debugging is on\n" },
        { "debug crypto engine", "Crypto Engine debugging is on\n" },
        { "debug ip icmp",       "ICMP packet debugging is on\n" },
        { "show debugging",      "Generic IP:\n  ICMP packet debugging is on\n\n"
                                 "Cryptographic Subsystem:\n  Crypto ISAKMP debugging is on\n"
                                 "  Crypto Engine debugging is on\n  Crypto IPSEC debugging is on\n" },
        { "no debug crypto ipsec", "Crypto IPSEC debugging is off\n" },
        { "undebug crypto engine", "Crypto Engine debugging is off\n" },
        { "undebug all",         "All possible debugging has been turned off\n" },
        { "no debug all",        "All possible debugging has been turned off\n" },
        { "u all",               "All possible debugging has been turned off\n" },
        { "show debugging",      "" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        const char *said = box_type(b, row[i].line);
        cr_expect_str_eq(said, row[i].said, "\"%s\" said\n%s", row[i].line, said);
    }
    box_free(b);
}

Test(ios_console, helps_with_clearing_in_the_words_of_the_catalogue)
{
    // clang-format off
    static const struct { const char *line, *answer; } row[] = {
        { "clear crypto isakmp ", "  <0 - 32766>  connection id of SA\n  <cr>\n" },
        { "clear crypto sa ",     "  counters  Reset the SA counters\n"
                                  "  map       Clear all SAs for a given crypto map\n"
                                  "  peer      Clear all SAs for a given crypto peer\n"
                                  "  spi       Clear SA by SPI\n  <cr>\n" },
        { "debug cry",            "crypto\n" },
    };
    // clang-format on
    struct box *b = box_new("12.4");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GString) out = g_string_new(NULL);
        b->d->kind->help(b->d, row[i].line, out);
        cr_expect_str_eq(out->str, row[i].answer, "%s? got\n%s", row[i].line, out->str);
    }
    box_type(b, "conf t");
    g_autofree char *whole = b->d->kind->complete(b->d, "do show cry");
    cr_expect_str_eq(whole, "do show crypto ");
    box_free(b);
}

Test(ios_console, runs_exec_commands_from_configuration)
{
    struct box *b = box_new("12.4");
    box_type(b, "conf t\ninterface fa0/0");
    cr_expect_str_eq(box_type(b, "do debug crypto isakmp"), "Crypto ISAKMP debugging is on\n");
    cr_expect_str_eq(box_prompt(b), "r1(config-if)#");
    box_free(b);
}

Test(ios_console, keeps_privileged_commands_from_users)
{
    struct box *b = box_new("12.4");
    box_type(b, "disable");
    cr_expect_str_eq(box_type(b, "debug crypto isakmp"),
                     "    ^\n% Invalid input detected at '^' marker.\n\n"); /* disable is known */
    cr_expect_str_eq(box_type(b, "configure terminal"),
                     "   ^\n% Invalid input detected at '^' marker.\n\n");
    box_type(b, "enable\ndebug crypto isakmp");
    cr_expect_eq(box_prompt(b)[2], '#');
    box_free(b);
}

static void hear_clear(void *self, const struct trace_event *e)
{
    const struct ev_clear_command *c = e->data;
    if (e->id == EV_clear_command)
        g_string_append_printf(self, "%s\n", c->what);
}

Test(ios_console, tells_what_was_cleared_and_clears_the_hits_of_a_list)
{
    struct box *b = box_new("12.4");
    box_load(b, "access-list 110 permit ip any any\ncrypto map vpn 1 ipsec-isakmp\n");
    g_autoptr(GString) cleared = g_string_new(NULL);
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_clear_command);
    trace_subscribe(b->trace, b->d->scope, &want, hear_clear, cleared);
    struct flow f = {.protocol = 1};
    acl_match(net_acl(b->d->node, "110"), &f);
    cr_expect_str_eq(
        box_type(
            b,
            "clear cry isa\nclear crypto isakmp 12\nclear crypto sa\nclear cry sa peer 1.2.3.4\n"
            "clear crypto sa map vpn\nclear crypto sa spi 0x3D3\nclear crypto sa counters\n"
            "clear access-list counters 110\nclear crypto sa map none\nclear crypto isakmp 32767"),
        "% Crypto Map with tag \"none\" does not exist.\n"
        "                       ^\n% Invalid input detected at '^' marker.\n\n",
        "%s", b->seen->str);
    cr_expect_str_eq(
        cleared->str,
        "clear crypto isakmp\nclear crypto isakmp 12\nclear crypto sa\nclear crypto sa peer "
        "1.2.3.4\n"
        "clear crypto sa map vpn\nclear crypto sa spi 0x3D3\nclear crypto sa counters\n"
        "clear access-list counters 110\n");
    const struct acl_line *l = g_ptr_array_index(net_acl(b->d->node, "110")->lines, 0);
    cr_expect_eq(l->hits, 0);
    trace_unsubscribe(b->trace, hear_clear, cleared);
    box_free(b);
}

Test(ios_console, logs_the_end_of_configuration)
{
    struct box *b = box_new("12.4");
    const char *said = box_type(b, "configure terminal\nend");
    cr_expect(
        g_str_has_prefix(said, "Enter configuration commands, one per line.  End with CNTL/Z.\n"),
        "%s", said);
    cr_expect(strstr(said, "%SYS-5-CONFIG_I: Configured from console by console"), "%s", said);
    box_free(b);
}

Test(ios_console, filters_the_output_of_show)
{
    struct box *b = box_new("12.4");
    box_load(b, "hostname r1\ninterface FastEthernet0/0\n ip address 10.0.0.1 255.255.255.0\n");
    cr_expect_str_eq(box_type(b, "show running-config | include hostname"), "hostname r1\n");
    cr_expect_str_eq(box_type(b, "show run | section interface"),
                     "interface FastEthernet0/0\n"
                     " ip address 10.0.0.1 255.255.255.0\n");
    g_autoptr(GString) out = g_string_new(NULL);
    cr_expect(b->d->kind->show(b->d, "running-config | include address", out));
    cr_expect_str_eq(out->str, " ip address 10.0.0.1 255.255.255.0\n");
    cr_expect_not(b->d->kind->show(b->d, "nothing of the kind", out));
    box_free(b);
}

Test(ios_console, keeps_what_was_written_over_a_reload_and_forgets_the_rest)
{
    struct box *b = box_new("12.4");
    box_load(b, "hostname r1\n");
    box_type(b, "conf t\nhostname saved\nend\nwrite memory\nconf t\nhostname lost\nend\nreload");
    sim_run(b->sim, sim_now(b->sim) + SECONDS(300));
    cr_expect_str_eq(box_prompt(b), "saved#");
    box_free(b);
}

Test(ios_console, answers_nothing_while_it_reloads)
{
    struct box *b = box_new("12.4");
    device_type(b->d, "reload");
    sim_run(b->sim, SECONDS(1));
    g_autoptr(GString) out = g_string_new(NULL);
    struct view v;
    view_init(&v);
    cr_expect_not(b->d->kind->show(b->d, "clock", out));
    cr_expect_not(b->d->kind->view(b->d, "crypto isakmp sa", &v));
    cr_expect_null(b->d->kind->complete(b->d, "sh"));
    b->d->kind->help(b->d, "", out);
    b->d->kind->prompt(b->d, out);
    cr_expect_str_eq(out->str, "");
    sim_run(b->sim, SECONDS(100));
    cr_expect(b->d->kind->show(b->d, "clock", out));
    view_clear(&v);
    box_free(b);
}

Test(ios_console, every_row_of_every_mode_parses_its_own_pattern)
{
    extern const struct cli_mode ios_mode_exec, ios_mode_config, ios_mode_if, ios_mode_isakmp,
        ios_mode_map, ios_mode_set, ios_mode_acl_ext, ios_mode_acl_std, ios_mode_line,
        ios_mode_controller;
    const struct cli_mode *mode[] = {&ios_mode_exec,      &ios_mode_config,  &ios_mode_if,
                                     &ios_mode_isakmp,    &ios_mode_map,     &ios_mode_set,
                                     &ios_mode_acl_ext,   &ios_mode_acl_std, &ios_mode_line,
                                     &ios_mode_controller};
    for (size_t i = 0; i < G_N_ELEMENTS(mode); i++)
        cli_check(mode[i]);
}

Test(ios_kind, knows_its_versions)
{
    static const struct {
        const char *version;
        bool known;
    } row[] = {
        {"12.1", true},      {"12.2(23a)", true}, {"12.3(6a)", true}, {"12.4", true},
        {"12.4(15)T", true}, {"15.1", true},      {"15.2(4)M", true}, {"11.3", false},
        {"12.5", false},     {"12", false},       {"12.", false},     {"x", false},
        {"", false},         {"16.9", false},
    };
    struct box *b = box_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autoptr(GError) error = NULL;
        struct device *d = device_new(b->net, "x", vendor_kind("ios"), row[i].version, &error);
        cr_expect_eq(d != NULL, row[i].known, "%s", row[i].version);
        cr_expect_eq(error == NULL, row[i].known, "%s", row[i].version);
        device_free(d);
    }
    cr_expect_null(vendor_kind("vax"));
    cr_expect_not_null(vendor_kind("host"));
    box_free(b);
}
