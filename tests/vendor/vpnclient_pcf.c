/* Profiles: what is read, what is refused and with which remedy. */
#include "pc.h"

#define MAIN "[main]\nHost=10.0.0.1\nGroupName=g\nGroupPwd=p\n"
#define PC   "[x-pc]\naddress=192.168.1.10/24\ngateway=192.168.1.1\n"

Test(vpnclient_pcf, lines_it_cannot_follow_are_problems_with_a_remedy)
{
    static const struct {
        const char *text;
        int line;         /* of the first problem; 0 = there is none */
        const char *says; /* in it */
    } row[] = {
        {MAIN PC, 0, NULL},
        {"[main]\r\n!Host=10.0.0.1\r\n!GroupName=g\r\nGroupPwd=p\r\n[x-pc]\r\naddress=dhcp\r\n", 0,
         NULL},
        {MAIN "AuthType=3\n" PC, 5, "write AuthType=1"},
        {MAIN "AuthType=yes\n" PC, 5, "a number from 1 to 5"},
        {MAIN "PeerTimeout=29\n" PC, 5, "a number from 30 to 480"},
        {MAIN "PeerTimeout=480\n" PC, 0, NULL},
        {MAIN "PeerTimeout=\n" PC, 0, NULL},
        {MAIN "TcpTunnelingPort=65536\n" PC, 5, "a number from 1 to 65535"},
        {MAIN "TunnelingMode=2\n" PC, 5, "a number from 0 to 1"},
        {MAIN "DHGroup=4\n" PC, 5, "there are 1, 2 and 5"},
        {MAIN "EnableNat=99999999999999999999\n" PC, 5, "a number from 0 to 1"},
        {MAIN "EnableNatt=1\n" PC, 5, "did you mean \"EnableNat\"?"},
        {MAIN "EnableMSLogon=1\nNTDomain=corp\nForceNetLogin=0\n" PC, 0, NULL},
        {MAIN "no sign here\n" PC, 5, "write Key=value"},
        {MAIN "=1\n" PC, 5, "unknown key"},
        {"[main]\nGroupName=g\nGroupPwd=p\n" PC, 1, "lacks Host="},
        {"[main]\nHost=10.0.0.1\nGroupPwd=p\n" PC, 1, "lacks GroupName="},
        {"[main]\nHost=10.0.0.1\nGroupName=g\n" PC, 1, "lacks GroupPwd="},
        {"[main]\nHost=10.0.0.1\nGroupName=g\nenc_GroupPwd=A0B1\n" PC, 1,
         "write the password as GroupPwd="},
        {"[main]\nHost=10.0.0.1\nGroupName=g\nGroupPwd=p\nenc_GroupPwd=A0B1\n" PC, 0, NULL},
        {"Host=10.0.0.1\n" MAIN PC, 1, "begin with [main]"},
        {"[mian]\n" MAIN PC, 1, "unknown section \"mian\""},
        {MAIN, 1, "the PC has no address"},
        {MAIN "[x-pc]\naddress=192.168.1.10\n", 6, "write 192.168.1.10/24"},
        {MAIN "[x-pc]\naddress=0.0.0.0/24\n", 6, "write 192.168.1.10/24"},
        {MAIN "[x-pc]\naddress=192.168.1.10/24\ngateway=10.0.0.1\n", 1, "not on the network"},
        {MAIN PC "dns=10.0.0.1,10.0.0.2,x\n", 8, "addresses, separated by commas"},
        {MAIN PC "dns=1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4,5.5.5.5\n", 8, "at most 4 addresses"},
        {MAIN PC "mtu=1501\n", 8, "68 to 1500"},
        {MAIN PC "adress=1\n", 8, "did you mean \"address\"?"},
        {MAIN PC "[x-hosts]\nhub=10.0.0.1\n", 0, NULL},
        {MAIN PC "[x-hosts]\nhub=nowhere\n", 9, "name=address"},
        {"; a remark\n\n" MAIN PC "end\n", 0, NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct pc *p = pc_new(w, "pc", NULL, row[i].text);
        const struct device_problem *first = p->problems->len ? p->problems->pdata[0] : NULL;
        cr_expect_eq(first ? first->line : 0, row[i].line, "row %zu: line %d: %s", i,
                     first ? first->line : 0, first ? first->message : "no problem");
        if (first && row[i].says)
            cr_expect(strstr(first->message, row[i].says), "row %zu: %s", i, first->message);
        pc_free(p);
        world_free(w);
    }
}

Test(vpnclient_pcf, what_is_no_text_or_far_too_long_is_refused_as_a_whole)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", NULL, NULL);
    g_autoptr(GError) error = NULL;
    cr_expect_not(device_load(p->d, "[main]\nHost=\x01\n", "x.pcf", p->problems, &error));
    cr_expect_not_null(error);
    g_autofree char *long_name = g_strnfill(256, 'g');
    g_autofree char *text = g_strconcat("[main]\nGroupName=", long_name, "\n", NULL);
    cr_expect(device_load(p->d, text, "x.pcf", p->problems, NULL));
    cr_assert_gt(p->problems->len, 0);
    const struct device_problem *first = p->problems->pdata[0];
    cr_expect_str_eq(first->message, "GroupName: longer than 255 bytes");
    pc_free(p);
    world_free(w);
}

Test(vpnclient_pcf, values_arrive_where_they_belong)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", NULL,
                          "[main]\nDescription=to the office\nHost=vpn.example.com\n!AuthType=1\n"
                          "GroupName=tést\nGroupPwd=a=b;c\nEnableNat=0\nTunnelingMode=1\n"
                          "TcpTunnelingPort=8000\nForceKeepAlives=1\nPeerTimeout=30\n"
                          "EnableLocalLAN=1\nEnableBackup=1\nBackupServer=10.0.0.2, 10.0.0.3\n"
                          "DHGroup=5\nSaveUserPassword=1\nUserPassword=secret\nUsername=joe\n"
                          "[main:home]\nHost=10.0.0.9\nGroupName=h\nGroupPwd=h\n"
                          "[x-pc]\naddress=192.168.1.10/24\ngateway=192.168.1.1\n"
                          "dns=192.168.1.1\nmtu=1400\n");
    const struct vc_profile *f = vc_profile_find(p->s, "anything");
    cr_expect_eq(p->problems->len, 0);
    cr_assert_not_null(f);
    cr_expect_str_eq(f->host, "vpn.example.com");
    cr_expect_str_eq(f->group, "tést");
    cr_expect_str_eq(f->group_pwd, "a=b;c");
    cr_expect(!f->nat && f->over_tcp && f->keepalives && f->local_lan && f->use_backups);
    cr_expect_eq(f->tcp_port, 8000);
    cr_expect_eq(f->peer_timeout_s, 30);
    cr_expect_eq(f->dh_group, 5);
    cr_expect_str_eq(f->user, "joe");
    cr_expect_eq(p->s->lan->addr, IP4(192, 168, 1, 10));
    cr_expect_eq(p->s->vpn->ip_mtu, 1400);
    cr_expect_eq(p->s->lan->tcp_mss, 1360);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_pcf, a_profile_has_the_defaults_of_the_product)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", NULL, MAIN PC);
    const struct vc_profile *f = p->s->profiles->pdata[0];
    cr_expect(f->nat && !f->over_tcp && !f->keepalives && !f->local_lan && !f->use_backups);
    cr_expect_eq(f->auth_type, 1);
    cr_expect_eq(f->peer_timeout_s, 90);
    cr_expect_eq(f->tcp_port, 10000);
    cr_expect_eq(f->dh_group, 2);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_pcf, an_entry_is_changed_as_in_the_window_modify)
{
    struct world *w = world_new();
    struct pc *p = pc_new(w, "pc", NULL, MAIN PC);
    g_autofree char *a = pc_type(p, "vpnclient entry work GroupPwd=other one", 0);
    g_autofree char *b = pc_type(p, "vpnclient entry work PeerTimeout=5", 0);
    cr_expect_str_eq(((struct vc_profile *)p->s->profiles->pdata[0])->group_pwd, "other one");
    cr_expect_eq(((struct vc_profile *)p->s->profiles->pdata[0])->peer_timeout_s, 90);
    cr_expect(strstr(b, "PeerTimeout: a number from 30 to 480"), "%s", b);
    pc_free(p);
    world_free(w);
}

Test(vpnclient_pcf, versions_are_those_of_the_product)
{
    static const struct {
        const char *version;
        bool good;
    } row[] = {{"3.0", true},  {"3.6.1", true}, {"4.0", true}, {"4.0(4)", true}, {"4.8", true},
               {"5.0", true},  {NULL, true},    {"2.5", true}, {"1.9", false},   {"5.1", false},
               {"6.0", false}, {"five", false}, {"", false}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        g_autoptr(GError) error = NULL;
        struct device *d =
            device_new(w->net, "pc", vendor_kind("vpnclient"), row[i].version, &error);
        cr_expect_eq(d != NULL, row[i].good, "%s", row[i].version);
        cr_expect_eq(error == NULL, row[i].good);
        device_free(d);
        world_free(w);
    }
}
