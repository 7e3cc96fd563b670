/* Clients at an appliance: who is let in, with what address and settings, and what is said of it.
 * The head end is 203.0.113.1, clients are 203.0.113.11 and up, a RADIUS server is inside. */
#include "router.h"
#include "vendor/asa/asa_ra.h"

#include <string.h>

static const char head_end[] = "hostname asa\n"
                               "interface Ethernet0/0\n"
                               " nameif outside\n"
                               " ip address 203.0.113.1 255.255.255.0\n"
                               "interface Ethernet0/1\n"
                               " nameif inside\n"
                               " ip address 10.1.0.1 255.255.255.0\n"
                               "logging enable\n"
                               "logging console debugging\n"
                               "ip local pool near 192.168.10.1-192.168.10.20 mask 255.255.255.0\n"
                               "ip local pool other 192.168.20.1-192.168.20.20\n"
                               "aaa-server RAD protocol radius\n"
                               "aaa-server RAD (inside) host 10.1.0.9\n"
                               " key s3cret\n"
                               "crypto ipsec transform-set strong esp-3des esp-md5-hmac\n"
                               "crypto dynamic-map any 10 set transform-set strong\n"
                               "crypto map vpn 10 ipsec-isakmp dynamic any\n"
                               "crypto map vpn interface outside\n"
                               "crypto isakmp enable outside\n"
                               "crypto isakmp policy 10\n"
                               " authentication pre-share\n"
                               " encryption 3des\n"
                               " hash md5\n"
                               "group-policy staff internal\n"
                               "group-policy guests internal\n"
                               "username joe password secret1\n"
                               "username ann password secret2\n"
                               "tunnel-group work type remote-access\n"
                               "tunnel-group work general-attributes\n"
                               " address-pool near\n"
                               " default-group-policy staff\n"
                               "tunnel-group work ipsec-attributes\n"
                               " pre-shared-key cisco123\n";
static const char server[] = "interface eth0 10.1.0.9/24 gateway 10.1.0.1\n"
                             "client 10.1.0.1 key s3cret\n"
                             "user joe password secret1 framed-ip 192.168.10.15 class OU=guests;\n"
                             "user ann password secret2 session-timeout 60\n";

#define CLIENTS 3
struct head {
    struct world *w;
    struct device *asa, *radius, *pc[CLIENTS];
    GString *said;
};

static void heard(void *self, const struct trace_event *e)
{
    g_string_append_printf(((struct head *)self)->said, "%s\n",
                           ((const struct ev_console *)e->data)->text);
}

static void load(struct device *d, const char *text)
{
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    cr_assert(device_load(d, text, "test.cfg", problems, NULL));
    for (guint i = 0; i < problems->len; i++)
        cr_assert_fail("%s: %s", ((struct device_problem *)problems->pdata[i])->text,
                       ((struct device_problem *)problems->pdata[i])->message);
}

static struct head *head_new(const char *version, const char *more)
{
    struct head *h = g_new0(struct head, 1);
    struct trace_mask want = {0};
    h->w = world_new();
    h->said = g_string_new(NULL);
    struct net_link *wan = net_link_new(h->w->net, "wan"), *lan = net_link_new(h->w->net, "lan");
    h->asa = device_new(h->w->net, "asa", vendor_kind("asa"), version, NULL);
    h->radius = device_new(h->w->net, "radius", vendor_kind("radius"), NULL, NULL);
    trace_mask_add(&want, EV_console);
    trace_subscribe(h->w->trace, h->asa->scope, &want, heard, h);
    g_autofree char *text = g_strconcat(head_end, more, NULL);
    load(h->asa, text);
    load(h->radius, server);
    net_link_attach(wan, net_if_by_name(h->asa->node, "Ethernet0/0"));
    net_link_attach(lan, net_if_by_name(h->asa->node, "Ethernet0/1"));
    net_link_attach(lan, net_if_by_name(h->radius->node, "eth0"));
    for (int i = 0; i < CLIENTS; i++) {
        g_autofree char *name = g_strdup_printf("pc%d", i + 1);
        g_autofree char *pcf =
            g_strdup_printf("[main]\nHost=203.0.113.1\nGroupName=work\nGroupPwd=cisco123\n"
                            "[x-pc]\naddress=203.0.113.%d/24\ngateway=203.0.113.1\n",
                            11 + i);
        h->pc[i] = device_new(h->w->net, name, vendor_kind("vpnclient"), "4.8", NULL);
        load(h->pc[i], pcf);
        net_link_attach(wan, net_if_by_name(h->pc[i]->node, "lan"));
    }
    return h;
}

static void head_free(struct head *h)
{
    for (int i = 0; i < CLIENTS; i++)
        device_free(h->pc[i]);
    device_free(h->radius);
    device_free(h->asa);
    world_free(h->w);
    g_string_free(h->said, TRUE);
    g_free(h);
}

static void run(struct head *h, sim_time span)
{
    sim_run(h->w->sim, sim_now(h->w->sim) + span);
}

static void come_in(struct head *h, int pc, const char *user, const char *password)
{
    g_autofree char *line =
        g_strdup_printf("vpnclient connect work user %s pwd %s", user, password);
    device_type(h->pc[pc], line);
    run(h, SECONDS(3));
}

/* The cell of the only session, or "" where there is none. */
static char *cell(struct head *h, const char *column)
{
    struct view v;
    view_init(&v);
    h->asa->kind->view(h->asa, "vpn-sessiondb remote", &v);
    const char *text = view_count(&v) == 1 ? view_cell(&v, 0, column) : NULL;
    char *copy = g_strdup(text ? text : "");
    view_clear(&v);
    return copy;
}

static size_t sessions(struct head *h)
{
    struct view v;
    view_init(&v);
    h->asa->kind->view(h->asa, "vpn-sessiondb remote", &v);
    size_t n = view_count(&v);
    view_clear(&v);
    return n;
}

#define POLICY  "group-policy staff attributes\n"
#define FACTORY "group-policy DfltGrpPolicy attributes\n"
#define GENERAL "tunnel-group work general-attributes\n"
#define JOE     "username joe attributes\n"

Test(asa_access, a_password_is_kept_as_the_hash_of_these_devices)
{
    static const struct {
        const char *user, *password, *hash;
    } row[] = {
        {"", "", "8Ry2YjIyt7RRXU24"},
        {"", "cisco", "2KFQnbNIdI.2KYOU"},
        {"cisco", "cisco", "3USUcOPFUiMCO4Jk"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *hash = asa_password_hash(row[i].user, row[i].password);
        cr_expect_str_eq(hash, row[i].hash);
    }
}

Test(asa_access, the_first_who_says_a_setting_is_right)
{
    static const struct {
        const char *more;
        enum asa_setting what;
        const char *expected; /* NULL = none */
    } row[] = {
        {"", ASA_SET_LOGINS, "3"},
        {FACTORY " vpn-simultaneous-logins 7\n", ASA_SET_LOGINS, "7"},
        {FACTORY " vpn-simultaneous-logins 7\n" POLICY " vpn-simultaneous-logins 8\n",
         ASA_SET_LOGINS, "8"},
        {POLICY " vpn-simultaneous-logins 8\n" JOE " vpn-simultaneous-logins 9\n", ASA_SET_LOGINS,
         "9"},
        {JOE
         " vpn-group-policy guests\ngroup-policy guests attributes\n dns-server value 10.1.0.7\n",
         ASA_SET_DNS, "10.1.0.7"},
        {FACTORY " dns-server value 10.1.0.7\n" POLICY " dns-server none\n", ASA_SET_DNS, NULL},
        {POLICY " dns-server value 10.1.0.7\n no dns-server\n", ASA_SET_DNS, NULL},
        {"", ASA_SET_SPLIT_POLICY, "tunnelall"},
        {"", ASA_SET_RE_XAUTH, "disable"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new("8.2", row[i].more);
        struct asa *s = asa_of(h->asa);
        come_in(h, 0, "joe", "secret1");
        cr_assert_eq(s->remotes->len, 1);
        const struct asa_chain c = asa_ra_chain(s, s->remotes->pdata[0]);
        const char *said = asa_setting(s, &c, row[i].what);
        cr_expect(g_strcmp0(said, row[i].expected) == 0, "%s: %s", row[i].more, said);
        head_free(h);
    }
}

Test(asa_access, a_client_gets_the_address_that_is_meant_for_it)
{
    static const struct {
        const char *more, *address;
    } row[] = {
        {"", "192.168.10.1"},
        {POLICY " address-pools value other\n", "192.168.20.1"}, /* before the tunnel group's */
        {GENERAL " address-pool (outside) other\n", "192.168.20.1"},
        {GENERAL " address-pool (inside) other\n", "192.168.10.1"},
        {GENERAL " no address-pool\n", ""},
        {JOE " vpn-framed-ip-address 10.9.9.9 255.255.255.0\n", "10.9.9.9"},
        {GENERAL " authentication-server-group RAD\n", "192.168.10.15"}, /* Framed-IP-Address */
        {GENERAL " authentication-server-group RAD\nno vpn-addr-assign aaa\n", "192.168.10.1"},
        {"no vpn-addr-assign local\n", ""},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new("8.2", row[i].more);
        come_in(h, 0, "joe", "secret1");
        g_autofree char *address = cell(h, "assigned-ip");
        cr_expect_str_eq(address, row[i].address, "%s", row[i].more);
        if (!*row[i].address)
            cr_expect(strstr(h->said->str, "713132"), "%s", row[i].more);
        head_free(h);
    }
}

Test(asa_access, whoever_may_not_come_in_is_refused_with_a_reason)
{
    static const struct {
        const char *more, *user, *password, *said;
    } row[] = {
        {"", "joe", "wrong",
         "113015: AAA user authentication Rejected : reason = Invalid password"},
        {"", "nobody", "x",
         "113015: AAA user authentication Rejected : reason = User was not found"},
        {GENERAL " authentication-server-group RAD\n", "joe", "wrong", "113005: AAA user"},
        {POLICY " vpn-tunnel-protocol svc\n", "joe", "secret1", "713206: Group = work"},
        {POLICY " vpn-simultaneous-logins 0\n", "joe", "secret1", "713239: Group = work"},
        {JOE " group-lock value other\n", "joe", "secret1", "113013: "},
        {"username sam password 3USUcOPFUiMCO4Jk nt-encrypted\n", "sam", "cisco", "113015: "},
        {"crypto isakmp am-disable\n", "joe", "secret1", "Aggressive Mode connections disabled"},
        {"tunnel-group work ipsec-attributes\n no pre-shared-key\n", "joe", "secret1",
         "713903: IP = 203.0.113.11, Can't find a valid tunnel group, aborting...!"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new("8.2", row[i].more);
        come_in(h, 0, row[i].user, row[i].password);
        run(h, SECONDS(60));
        cr_expect(strstr(h->said->str, row[i].said), "%s%s", row[i].more, h->said->str);
        cr_expect_eq(sessions(h), 0, "%s", row[i].more);
        cr_expect_eq(addr_pool_in_use(asa_pool_find(asa_of(h->asa), "near")->pool), 0);
        head_free(h);
    }
}

Test(asa_access, whoever_knows_the_password_behind_a_hash_is_let_in)
{
    struct head *h = head_new("8.2", "username cisco password 3USUcOPFUiMCO4Jk encrypted\n");
    come_in(h, 1, "cisco", "3USUcOPFUiMCO4Jk");
    cr_expect_eq(sessions(h), 0);
    come_in(h, 0, "cisco", "cisco");
    cr_expect_eq(sessions(h), 1);
    head_free(h);
}

Test(asa_access, the_server_names_the_policy_and_the_time_of_a_session)
{
    struct head *h = head_new("8.2", GENERAL " authentication-server-group RAD\n");
    come_in(h, 0, "joe", "secret1");
    g_autofree char *policy = cell(h, "group-policy");
    cr_expect_str_eq(policy, "guests");
    cr_expect(strstr(h->said->str, "113011: AAA retrieved user specific group policy (guests)"));
    come_in(h, 1, "ann", "secret2");
    cr_expect_eq(sessions(h), 2);
    run(h, SECONDS(70));
    cr_expect_eq(sessions(h), 1);
    cr_expect(strstr(h->said->str, "Username = ann, IP = 203.0.113.12, Session disconnected."));
    cr_expect(strstr(h->said->str, "Reason: Max Time Exceeded"));
    head_free(h);
}

Test(asa_access, where_no_server_answers_the_device_itself_is_asked)
{
    static const struct {
        const char *servers;
        size_t sessions;
    } row[] = {{"RAD LOCAL", 1}, {"RAD", 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *more =
            g_strdup_printf(GENERAL " authentication-server-group %s\n", row[i].servers);
        struct head *h = head_new("8.2", more);
        device_type(h->radius, "silent");
        come_in(h, 0, "joe", "secret1");
        run(h, SECONDS(30));
        cr_expect_eq(sessions(h), row[i].sessions, "%s", row[i].servers);
        cr_expect(strstr(h->said->str, "113014: AAA authentication server not accessible : server "
                                       "= 10.1.0.9 : user = joe"));
        head_free(h);
    }
}

Test(asa_access, the_sessions_of_a_user_and_of_all_are_counted)
{
    static const struct {
        const char *more;
        bool replaces;
        size_t joe, ann;
    } row[] = {
        {POLICY " vpn-simultaneous-logins 1\n", false, 1, 2},
        {POLICY " vpn-simultaneous-logins 1\n", true, 1, 2},
        {"vpn-sessiondb max-session-limit 2\n", false, 2, 2},
        {"", false, 2, 3},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new("8.2", row[i].more);
        h->asa->profile.login_replaces_oldest = row[i].replaces;
        come_in(h, 0, "joe", "secret1");
        come_in(h, 1, "joe", "secret1");
        cr_expect_eq(sessions(h), row[i].joe, "%zu: %zu", i, sessions(h));
        come_in(h, 2, "ann", "secret2");
        cr_expect_eq(sessions(h), row[i].ann, "%zu: %zu", i, sessions(h));
        head_free(h);
    }
}

Test(asa_access, a_session_ends_when_it_is_idle_or_put_off_and_its_address_is_free)
{
    static const struct {
        const char *more, *line, *reason;
        int wait_s;
    } row[] = {
        {JOE " vpn-idle-timeout 1\n", "show clock", "Reason: Idle Timeout", 70},
        {POLICY " vpn-session-timeout 1\n", "show clock", "Reason: Max Time Exceeded", 70},
        {"", "vpn-sessiondb logoff name joe noconfirm", "Reason: Administrator Reset", 3},
        {"", "vpn-sessiondb logoff tunnel-group work noconfirm", "Reason: Administrator Reset", 3},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new("8.2", row[i].more);
        struct addr_pool *pool = asa_pool_find(asa_of(h->asa), "near")->pool;
        come_in(h, 0, "joe", "secret1");
        cr_expect_eq(addr_pool_in_use(pool), 1);
        device_type(h->asa, row[i].line);
        run(h, SECONDS(row[i].wait_s));
        cr_expect_eq(sessions(h), 0, "%s", row[i].line);
        cr_expect_eq(addr_pool_in_use(pool), 0, "%s", row[i].line);
        cr_expect(strstr(h->said->str, row[i].reason), "%s: %s", row[i].line, h->said->str);
        head_free(h);
    }
}

Test(asa_access, each_version_says_it_in_its_words)
{
    static const struct {
        const char *version, *said, *never;
    } row[] = {
        {"8.2", "734001: DAP: User joe", "Session Type: Remote"},
        {"8.2", "Session Type: IPsec", "Session Type: IKEv1"},
        {"8.4", "Session Type: IKEv1 IPsec", "Session Type: Remote"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new(row[i].version, "");
        come_in(h, 0, "joe", "secret1");
        device_type(h->asa, "show vpn-sessiondb remote");
        run(h, SECONDS(1));
        cr_expect(strstr(h->said->str, row[i].said), "%s: %s", row[i].version, row[i].said);
        cr_expect_not(strstr(h->said->str, row[i].never), "%s: %s", row[i].version, row[i].never);
        head_free(h);
    }
}

Test(asa_access, after_a_reload_nobody_is_in_and_everybody_may_come_in_again)
{
    struct head *h = head_new("8.2", "");
    come_in(h, 0, "joe", "secret1");
    cr_expect_eq(sessions(h), 1);
    device_reload(h->asa, SECONDS(5), "power");
    run(h, SECONDS(10));
    cr_expect_eq(sessions(h), 0);
    cr_expect_eq(asa_of(h->asa)->remotes->len, 0);
    come_in(h, 1, "ann", "secret2");
    cr_expect_eq(sessions(h), 1);
    head_free(h);
}

Test(asa_access, names_and_passwords_of_any_kind_are_an_answer_like_others)
{
    g_autofree char *most = g_strnfill(255, 'x'), *more = g_strnfill(256, 'x');
    const struct {
        const char *user, *password;
    } row[] = {
        {"x", "y"},        {most, "secret1"}, {more, "secret1"},           {"joe", most},
        {"joe", more},     {"j%n%s", "%s%n"}, {"joe", "\xc3\xa4\xff\x01"}, {"\xff\xfe", "secret1"},
        {"joe@work", "*"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct head *h = head_new("8.2", "");
        come_in(h, 0, row[i].user, row[i].password);
        run(h, SECONDS(130));
        cr_expect_eq(sessions(h), 0, "row %zu", i);
        cr_expect_eq(addr_pool_in_use(asa_pool_find(asa_of(h->asa), "near")->pool), 0);
        come_in(h, 1, "joe", "secret1");
        cr_expect_eq(sessions(h), 1, "row %zu", i);
        head_free(h);
    }
}

Test(asa_access, an_address_of_a_network_is_taken_out_of_the_pool_once)
{
    struct head *h = head_new("8.2", "ip local pool bad 192.168.30.254-192.168.31.3 mask "
                                     "255.255.255.0\n" GENERAL " address-pool bad\n");
    const struct asa_pool *p = asa_pool_find(asa_of(h->asa), "bad");
    come_in(h, 0, "joe", "secret1"); /* .254 */
    come_in(h, 1, "ann", "secret2"); /* .255 */
    cr_expect_eq(sessions(h), 1);
    come_in(h, 2, "ann", "secret2"); /* .0 of the next network */
    cr_expect_eq(sessions(h), 1);
    cr_expect_eq(p->removed->len, 2);
    cr_expect(strstr(h->said->str, "713189: Attempted to assign network or broadcast IP address, "
                                   "removing (192.168.30.255) from pool"));
    come_in(h, 1, "ann", "secret2");
    cr_expect_eq(sessions(h), 2);
    cr_expect_eq(p->removed->len, 2);
    head_free(h);
}
