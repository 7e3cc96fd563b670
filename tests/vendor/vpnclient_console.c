/* What is typed at the PC and what it shows: the log window's format, reasons, refusals. */
#include "pc.h"

Test(vpnclient_console, a_log_line_has_number_time_date_severity_class_and_message)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "4.0", pc_profile);
    p->d->clock_epoch_s = 1140266511; /* 2006-02-18 12:41:51 */
    sim_run(w->sim, MILLISECONDS(900));
    vc_log(p->s, VC_IKE, 3, 0xE3000056, "The received HASH payload cannot be verified");
    vc_log(p->s, VC_CM, 4, 0x63100002, "Begin connection process"); /* below what is logged */
    g_autofree char *said = pc_said(p);
    cr_expect_str_eq(said, "1      12:41:51.900  02/18/06  Sev=Warning/3 IKE/0xE3000056\n"
                           "The received HASH payload cannot be verified\n");
    pc_free(p);
    world_free(w);
}

Test(vpnclient_console, levels_let_more_through_a_class_at_a_time)
{
    static const struct {
        const char *line;
        int warnings, notices, details;
    } row[] = {{"log level ike off", 0, 0, 0},    {"log level ike low", 1, 0, 0},
               {"log level all medium", 1, 1, 0}, {"log level ike high", 1, 1, 1},
               {"log level cm high", 1, 0, 0},    {"log disable", 0, 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct pc *p = pc_new(w, "pc", "5.0", pc_profile);
        g_free(pc_type(p, row[i].line, 0));
        vc_log(p->s, VC_IKE, 2, 0xE3000099, "warning");
        vc_log(p->s, VC_IKE, 4, 0x63000013, "notice");
        vc_log(p->s, VC_IKE, 6, 0x6300003B, "detail");
        g_autofree char *said = pc_said(p);
        cr_expect_eq(strstr(said, "\nwarning\n") != NULL, row[i].warnings, "%s", row[i].line);
        cr_expect_eq(strstr(said, "\nnotice\n") != NULL, row[i].notices, "%s", row[i].line);
        cr_expect_eq(strstr(said, "\ndetail\n") != NULL, row[i].details, "%s", row[i].line);
        pc_free(p);
        world_free(w);
    }
}

Test(vpnclient_console, what_was_logged_is_shown_again_and_forgotten)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "5.0", pc_profile);
    vc_log(p->s, VC_IKE, 2, 0xE3000099, "one");
    g_autofree char *shown = pc_type(p, "log show", 0);
    g_autofree char *cleared = pc_type(p, "log clear\nlog show", 0);
    cr_expect(strstr(shown, "IKE/0xE3000099\none\n"), "%s", shown);
    cr_expect_str_eq(cleared, "C:\\>log clear\nC:\\>log show\n");
    pc_free(p);
    world_free(w);
}

Test(vpnclient_console, commands_that_cannot_be_are_refused_as_such_a_prompt_does)
{
    static const struct {
        const char *line, *says;
    } row[] = {
        {"vpnclient connect", "The syntax of the command is incorrect."},
        {"vpnclient connekt work", "is not recognized"},
        {"ipconfigg", "is not recognized"},
        {"ping", "The syntax of the command is incorrect."},
        {"ping -n 0 10.0.0.1", "Usage: ping"},
        {"ping -n 10.0.0.1", "Usage: ping"},
        {"ping -l 65501 10.0.0.1", "Usage: ping"},
        {"ping -x 10.0.0.1", "Usage: ping"},
        {"ping 10.0.0.1 10.0.0.2", "Usage: ping"},
        {"set mtu 67", "is not recognized"},
        {"vpnclient disconnect", "Your VPN connection has already been terminated."},
        {"vpnclient notify", "There are no new notification messages at this time."},
        {"vpnclient stat", "The VPN Client is not connected."},
        {"vpnclient verify", "The VPN Client is ready to connect."},
        {"vpnclient login a b", "Nobody asks for a name and a password."},
        {"vpnclient login a", "The syntax of the command is incorrect."},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct pc *p = pc_new(w, "pc", "5.0", pc_profile);
        g_autofree char *said = pc_type(p, row[i].line, 0);
        cr_expect(strstr(said, row[i].says), "%s: %s", row[i].line, said);
        pc_free(p);
        world_free(w);
    }
}

Test(vpnclient_console, a_gateway_that_is_silent_is_reason_412_after_three_repetitions)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "5.0", pc_profile);
    net_link_attach(net_link_new(w->net, "lan"), p->s->lan);
    g_autofree char *early = pc_type(p, "vpnclient connect work user u pwd p", SECONDS(19));
    cr_expect(device_is_busy(p->d));
    cr_expect_not(strstr(early, "Reason"));
    sim_run(w->sim, SECONDS(21));
    g_autofree char *late = pc_said(p);
    cr_expect_str_eq(late, "Secure VPN Connection terminated locally by the Client.\n"
                           "Reason 412: The remote peer is no longer responding.\n");
    cr_expect_not(device_is_busy(p->d));
    cr_expect_eq(ike_sa_count(p->d->ike), 0);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_console, backup_servers_are_tried_in_order)
{
    struct world *w = world_new();
    g_autofree char *text = g_strconcat("[x-hosts]\nspare=10.48.67.183\n", pc_profile,
                                        "[main:b]\nHost=10.48.67.181\nGroupName=g\nGroupPwd=p\n"
                                        "EnableBackup=1\nBackupServer=10.48.67.182,spare,nowhere\n",
                                        NULL);
    struct pc *p = pc_new(w, "pc", "5.0", text);
    g_ptr_array_remove_index(p->s->profiles, 0); /* the one that answers to every name */
    net_link_attach(net_link_new(w->net, "lan"), p->s->lan);
    g_autofree char *said = pc_type(p, "vpnclient connect b user u pwd p", SECONDS(70));
    cr_expect(strstr(said, "Contacting the gateway at 10.48.67.181\n"
                           "Contacting the gateway at 10.48.67.182\n"
                           "Contacting the gateway at 10.48.67.183\n"),
              "%s", said);
    cr_expect(strstr(said, "Reason 403: Unable to contact the security gateway."), "%s", said);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_console, a_profile_that_is_not_there_and_a_pc_without_address)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "5.0",
                          "[main:home]\nHost=10.0.0.1\nGroupName=g\nGroupPwd=p\n"
                          "[x-pc]\naddress=dhcp\n");
    g_autofree char *other = pc_type(p, "vpnclient connect work", 0);
    g_autofree char *early = pc_type(p, "vpnclient connect HOME.pcf", 0);
    cr_expect(strstr(other, "The profile \"work\" was not found."), "%s", other);
    cr_expect(strstr(early, "Reason 403"), "%s", early);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_console, power_loss_in_the_middle_of_it_leaves_a_pc_that_works)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", "5.0", pc_profile);
    net_link_attach(net_link_new(w->net, "lan"), p->s->lan);
    g_free(pc_type(p, "vpnclient connect work user u pwd p", SECONDS(3)));
    device_reload(p->d, SECONDS(5), "power loss");
    sim_run(w->sim, SECONDS(20));
    g_autofree char *said = pc_type(p, "vpnclient verify", SECONDS(1));
    cr_expect(strstr(said, "The VPN Client is ready to connect."), "%s", said);
    pc_free(p);
    world_free(w);
}
