/* Servers of the network and those who ask them: logins, leases, names. */
#include "router.h"

#include "device/aaa.h"
#include "device/dhcp_client.h"
#include "device/resolver.h"
#include "kernel/rng.h"

static const struct device_kind kind_box = {.name = "box"};

static struct device *server(struct world *w, const char *kind, const char *name, const char *lines)
{
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    struct device *d = device_new(w->net, name, vendor_kind(kind), NULL, NULL);
    cr_assert_not_null(d);
    cr_assert(device_load(d, lines, "server.cfg", problems, NULL));
    for (guint i = 0; i < problems->len; i++)
        cr_expect_fail("%s", ((struct device_problem *)problems->pdata[i])->message);
    return d;
}

static struct device *box(struct world *w, const char *name, struct net_link *lan, ip4 addr)
{
    struct device *d = device_new(w->net, name, &kind_box, "", NULL);
    struct net_if *i = net_if_new(d->node, "eth0");
    net_if_set_address(i, addr, addr ? ip4_mask(24) : 0);
    cr_assert(net_link_attach(lan, i));
    return d;
}

static void join(struct device *d, struct net_link *lan)
{
    cr_assert(net_link_attach(lan, net_if_by_name(d->node, "eth0")));
}

/* The rows of a view, a line each, cells of the columns named. */
static const char *rows(struct device *d, const char *what, const char *columns)
{
    static _Thread_local char text[8192];
    g_autoptr(GString) out = g_string_new(NULL);
    g_auto(GStrv) column = g_strsplit(columns, " ", -1);
    struct view v;
    view_init(&v);
    cr_assert(d->kind->view(d, what, &v));
    for (size_t i = 0; i < view_count(&v); i++)
        for (guint c = 0; column[c]; c++)
            g_string_append_printf(out, "%s%s", view_cell(&v, i, column[c]),
                                   column[c + 1] ? " " : "\n");
    view_clear(&v);
    g_strlcpy(text, out->str, sizeof text);
    return text;
}

/* ---- Their lines ---- */

Test(servers, lines_they_cannot_follow_are_problems_with_a_remedy)
{
    static const struct {
        const char *kind, *line, *said; /* NULL: it is good */
    } row[] = {
        {"radius", "interface eth0 10.0.0.10/24 gateway 10.0.0.1", NULL},
        {"radius", "interface eth0 10.0.0.10", "such as 10.0.0.10/24"},
        {"radius", "interface eth0 10.0.0.0/24", "such as"},
        {"radius", "interface eth0 10.0.0.10/24 gateway 10.1.0.1",
         "10.1.0.1 is not on the network"},
        {"radius", "client 10.0.0.1 key s3cret", NULL},
        {"radius", "client 10.0.0.1", ""},
        {"radius", "user a password b", NULL},
        {"radius",
         "user a password b framed-ip 10.9.0.5 framed-mask 255.255.255.0 class OU=x "
         "session-timeout 60 idle-timeout 5 message hello there",
         NULL},
        {"radius", "user a password b session-timeout 0", ""},
        {"radius", "no user a", NULL},
        {"radius", "delay 3s", NULL},
        {"radius", "delay 3x", "write it as 300ms"},
        {"radius", "no delay", NULL},
        {"radius", "silnt", "silent"},
        {"radius", "port 1812", NULL},
        {"dhcp", "pool 10.0.0.10 10.0.0.20", NULL},
        {"dhcp", "pool 10.0.0.20 10.0.0.10", "lower address first"},
        {"dhcp", "pool 10.0.0.20", ""},
        {"dhcp", "mask 255.255.255.0", NULL},
        {"dhcp", "mask 255.0.255.0", ""},
        {"dhcp", "lease 1h", NULL},
        {"dhcp", "lease infinite", NULL},
        {"dhcp", "lease soon", "write it as 90s"},
        {"dhcp", "lease 10ms", "a second or more"},
        {"dhcp", "reserve 02:00:00:00:00:07 10.0.0.7", NULL},
        {"dhcp", "shuffle", NULL},
        {"dhcp", "fresh-address-after-reboot", NULL},
        {"dhcp", "dns 10.0.0.53 10.0.0.54", NULL},
        {"dns", "host vpn.example.com 198.51.100.1", NULL},
        {"dns", "host vpn..example.com 198.51.100.1", "no name of a host"},
        {"dns", "host vpn 198.51.100", ""},
        {"dns", "no host vpn", NULL},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        g_autoptr(GPtrArray) problems =
            g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
        struct device *d = device_new(w->net, "s", vendor_kind(row[i].kind), NULL, NULL);
        cr_assert(device_load(d, row[i].line, "s.cfg", problems, NULL));
        cr_expect_eq(problems->len == 0, row[i].said == NULL, "%s", row[i].line);
        if (problems->len && row[i].said) {
            const struct device_problem *p = problems->pdata[0];
            cr_expect(strstr(p->message, row[i].said), "%s: %s", row[i].line, p->message);
        }
        device_free(d);
        world_free(w);
    }
}

/* ---- Logins ---- */

struct logins {
    struct world *w;
    struct device *server, *gw;
    struct aaa *a;
    struct aaa_group *g;
    GString *told;
};

static void login_told(void *self, const struct aaa_reply *r)
{
    static const char *const verdict[] = {"pass", "fail", "error"};
    struct logins *l = self;
    g_string_append_printf(l->told, "%s %s %s %u %u %s", verdict[r->verdict],
                           r->group ? r->group : "-", IP4S(r->framed), r->session_s, r->idle_s,
                           r->message ? r->message : "-");
}

static struct logins logins_new(const char *lines)
{
    struct logins l = {.w = world_new(), .told = g_string_new(NULL)};
    struct net_link *lan = net_link_new(l.w->net, "lan");
    g_autofree char *config = g_strconcat("interface eth0 10.0.0.10/24\n", lines, NULL);
    l.server = server(l.w, "radius", "s", config);
    join(l.server, lan);
    l.gw = box(l.w, "gw", lan, IP4(10, 0, 0, 1));
    l.a = aaa_new(l.gw, NULL);
    l.g = aaa_group_make(l.a, "rad");
    l.g->timeout_s = 5;
    l.g->retries = 1;
    aaa_server_make(l.g, IP4(10, 0, 0, 10))->key = g_strdup("s3cret");
    return l;
}

static void logins_free(struct logins *l)
{
    aaa_free(l->a);
    device_free(l->gw);
    device_free(l->server);
    g_string_free(l->told, TRUE);
    world_free(l->w);
}

static const char *logs_in(struct logins *l, const char *user, const char *password)
{
    struct aaa_method m = {AAA_GROUP, "rad"};
    g_string_truncate(l->told, 0);
    aaa_login_by(l->a, &m, 1, user, password, login_told, l);
    sim_run(l->w->sim, sim_now(l->w->sim) + SECONDS(30));
    return l->told->str;
}

Test(servers, radius_accepts_whom_it_knows_and_tells_what_belongs_to_him)
{
    struct logins l = logins_new("client 10.0.0.1 key s3cret\n"
                                 "user alice password wonderland\n"
                                 "user bob password builder framed-ip 10.9.0.5 class OU=staff "
                                 "session-timeout 600 idle-timeout 60 message good day\n"
                                 "user eve password apple\n"
                                 "reject eve\n");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "pass staff 10.9.0.5 600 60 good day");
    cr_expect_str_eq(logs_in(&l, "bob", "Builder"), "fail - 0.0.0.0 0 0 -");
    cr_expect_str_eq(logs_in(&l, "eve", "apple"), "fail - 0.0.0.0 0 0 -");
    cr_expect_str_eq(logs_in(&l, "mallory", "x"), "fail - 0.0.0.0 0 0 -");
    cr_expect_str_eq(rows(l.server, "log", "client name address result"),
                     "10.0.0.1 bob 10.9.0.5 accept\n"
                     "10.0.0.1 bob - reject: wrong password\n"
                     "10.0.0.1 eve - reject: listed\n"
                     "10.0.0.1 mallory - reject: unknown user\n");
    device_type(l.server, "no reject eve\nno user bob");
    cr_expect_str_eq(logs_in(&l, "eve", "apple"), "pass - 0.0.0.0 0 0 -");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "fail - 0.0.0.0 0 0 -");
    logins_free(&l);
}

Test(servers, radius_with_another_secret_is_not_believed)
{
    struct logins l = logins_new("client 10.0.0.1 key other\nuser bob password builder\n");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "error - 0.0.0.0 0 0 -");
    cr_expect_eq(aaa_server_count(l.a, "rad", IP4(10, 0, 0, 10)).bad, 2);
    cr_expect_str_eq(rows(l.server, "log", "result"),
                     "reject: wrong password\nreject: wrong password\n",
                     "with the wrong secret the password is noise");
    device_type(l.server, "client 10.0.0.1 key s3cret");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "pass - 0.0.0.0 0 0 -");
    device_type(l.server, "no client 10.0.0.1\nclear log");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "error - 0.0.0.0 0 0 -");
    cr_expect_str_eq(rows(l.server, "log", "result"), "unknown client\nunknown client\n");
    logins_free(&l);
}

Test(servers, radius_may_be_slow_or_silent_or_elsewhere)
{
    struct logins l = logins_new("client 10.0.0.1 key s3cret\nuser bob password builder\n"
                                 "delay 7s\n");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "pass - 0.0.0.0 0 0 -",
                     "the first answer comes while the second question waits");
    cr_expect_str_eq(rows(l.server, "log", "result"), "accept\nasked again\n");
    device_type(l.server, "delay 12s");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "error - 0.0.0.0 0 0 -");
    device_type(l.server, "no delay\nsilent");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "error - 0.0.0.0 0 0 -");
    device_type(l.server, "no silent\nport 1812");
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "error - 0.0.0.0 0 0 -");
    aaa_server_make(l.g, IP4(10, 0, 0, 10))->auth_port = 1812;
    cr_expect_str_eq(logs_in(&l, "bob", "builder"), "pass - 0.0.0.0 0 0 -");
    logins_free(&l);
}

/* ---- Leases ---- */

struct leases {
    struct world *w;
    struct net_link *lan;
    struct device *server, *pc[6];
    struct dhcp_client *c[6];
    guint n;
    GString *events; /* "seconds interface's node what address" */
};

static void lease_event(void *self, const struct trace_event *e)
{
    struct leases *l = self;
    const struct ev_lease *v = e->data;
    g_string_append_printf(l->events, "%d %s %s %s\n", (int)(e->at / SECONDS(1)), e->scope->name,
                           v->what, IP4S(v->addr));
}

static struct leases *leases_new(guint n, const char *lines)
{
    struct leases *l = g_new0(struct leases, 1);
    g_autofree char *config = g_strconcat("interface eth0 10.0.0.10/24\n", lines, NULL);
    struct trace_mask m = {0};
    l->w = world_new();
    l->events = g_string_new(NULL);
    l->n = n;
    l->lan = net_link_new(l->w->net, "lan");
    l->server = server(l->w, "dhcp", "s", config);
    join(l->server, l->lan);
    trace_mask_add(&m, EV_lease);
    trace_subscribe(l->w->trace, NULL, &m, lease_event, l);
    for (guint i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("pc%u", i + 1);
        struct dhcp_client_conf conf = {.route_distance = 254};
        l->pc[i] = box(l->w, name, l->lan, 0);
        g_strlcpy(conf.hostname, name, sizeof conf.hostname);
        l->c[i] = dhcp_client_new(l->pc[i], NULL, NULL);
        cr_assert(dhcp_client_start(l->c[i], net_if_by_name(l->pc[i]->node, "eth0"), &conf));
    }
    return l;
}

static void leases_free(struct leases *l)
{
    for (guint i = 0; i < l->n; i++) {
        dhcp_client_free(l->c[i]);
        device_free(l->pc[i]);
    }
    device_free(l->server);
    g_string_free(l->events, TRUE);
    world_free(l->w);
    g_free(l);
}

static ip4 addr_of(struct leases *l, guint i)
{
    return net_if_by_name(l->pc[i]->node, "eth0")->addr;
}

static const char *until(struct leases *l, sim_time at)
{
    static _Thread_local char text[8192];
    g_string_truncate(l->events, 0);
    sim_run(l->w->sim, at);
    g_strlcpy(text, l->events->str, sizeof text);
    return text;
}

#define POOL "pool 10.0.0.100 10.0.0.103\ngateway 10.0.0.1\ndns 10.0.0.53\nlease 600s\n"

Test(servers, dhcp_lends_an_address_that_is_renewed_at_half_its_time)
{
    struct leases *l = leases_new(1, POOL "domain example.net\n");
    cr_expect_str_eq(until(l, SECONDS(1)), "0 pc1 discover 0.0.0.0\n0 pc1 request 10.0.0.100\n"
                                           "0 pc1 bound 10.0.0.100\n");
    struct net_if *i = net_if_by_name(l->pc[0]->node, "eth0");
    cr_expect_eq(i->mask, ip4_mask(24));
    const struct dhcp_lease *v = dhcp_client_lease(l->c[0], i);
    cr_expect_eq(v->state, DHCP_CLIENT_BOUND);
    cr_expect_eq(v->server, IP4(10, 0, 0, 10));
    cr_expect_eq(v->gateway, IP4(10, 0, 0, 1));
    cr_expect_eq(v->dns[0], IP4(10, 0, 0, 53));
    cr_expect_str_eq(v->domain, "example.net");
    cr_expect_eq(v->renew_at, SECONDS(300));
    cr_expect_eq(v->rebind_at, SECONDS(525));
    cr_expect_eq(v->expire_at, SECONDS(600));
    cr_expect_eq(v->next, SECONDS(300));
    struct net_if *out;
    ip4 hop;
    cr_assert(net_route_lookup(l->pc[0]->node, IP4(192, 0, 2, 1), &out, &hop));
    cr_expect_eq(hop, IP4(10, 0, 0, 1));
    cr_expect_str_eq(rows(l->server, "leases", "address hostname state left"),
                     "10.0.0.100 pc1 bound 599\n");
    cr_expect_str_eq(until(l, SECONDS(301)),
                     "300 pc1 request 10.0.0.100\n300 pc1 renewed 10.0.0.100\n");
    cr_expect_str_eq(rows(l->server, "leases", "address hostname state left"),
                     "10.0.0.100 pc1 bound 599\n");
    leases_free(l);
}

Test(servers, dhcp_lease_that_nobody_extends_ends_and_takes_address_and_route)
{
    struct leases *l = leases_new(1, POOL);
    until(l, SECONDS(1));
    device_type(l->server, "silent");
    /* T1 300 s; half of what is left until T2 at 525 s, 60 s at least; T2; the end. */
    cr_expect_str_eq(until(l, SECONDS(600) + 1),
                     "300 pc1 request 10.0.0.100\n412 pc1 request 10.0.0.100\n"
                     "472 pc1 request 10.0.0.100\n525 pc1 request 10.0.0.100\n"
                     "585 pc1 request 10.0.0.100\n"
                     "600 pc1 lost 10.0.0.100\n600 pc1 discover 0.0.0.0\n");
    cr_expect_eq(addr_of(l, 0), 0);
    cr_expect_eq(net_route_count(l->pc[0]->node), 0);
    device_type(l->server, "no silent");
    cr_expect(strstr(until(l, SECONDS(700)), "bound 10.0.0.100"));
    leases_free(l);
}

Test(servers, dhcp_lease_is_extended_by_broadcast_when_its_server_moved)
{
    struct leases *l = leases_new(1, POOL);
    until(l, SECONDS(1));
    device_type(l->server, "silent");
    until(l, SECONDS(520));
    device_type(l->server, "no silent");
    cr_expect_str_eq(until(l, SECONDS(526)),
                     "525 pc1 request 10.0.0.100\n525 pc1 rebound 10.0.0.100\n");
    leases_free(l);
}

Test(servers, dhcp_lease_that_the_server_forgot_is_refused_and_another_asked_for)
{
    struct leases *l = leases_new(1, POOL);
    until(l, SECONDS(1));
    device_type(l->server, "clear leases\nreserve 0a:00:00:00:00:01 10.0.0.100");
    cr_expect_str_eq(until(l, SECONDS(301)),
                     "300 pc1 request 10.0.0.100\n300 pc1 nak 10.0.0.100\n"
                     "300 pc1 lost 10.0.0.100\n300 pc1 discover 0.0.0.0\n"
                     "300 pc1 request 10.0.0.101\n300 pc1 bound 10.0.0.101\n");
    cr_expect_eq(addr_of(l, 0), IP4(10, 0, 0, 101));
    leases_free(l);
}

/* Cut from the wire and back: the lease is asked for again; and when the machine itself begins
 * anew, by the server's habit. */
static void boots(struct leases *l, guint i)
{
    struct net_if *e = net_if_by_name(l->pc[i]->node, "eth0");
    struct dhcp_client_conf conf = {.route_distance = 254};
    dhcp_client_free(l->c[i]);
    net_if_set_address(e, 0, 0);
    l->c[i] = dhcp_client_new(l->pc[i], NULL, NULL);
    cr_assert(dhcp_client_start(l->c[i], e, &conf));
}

Test(servers, dhcp_gives_who_boots_the_same_address_or_by_habit_another)
{
    static const struct {
        const char *habit;
        ip4 then;
    } row[] = {{"", IP4(10, 0, 0, 100)}, {"fresh-address-after-reboot\n", IP4(10, 0, 0, 101)}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *lines = g_strconcat(POOL, row[i].habit, NULL);
        struct leases *l = leases_new(1, lines);
        until(l, SECONDS(1));
        boots(l, 0);
        until(l, SECONDS(2));
        cr_expect_eq(addr_of(l, 0), row[i].then, "%s", IP4S(addr_of(l, 0)));
        g_autofree char *want = g_strdup_printf("%s bound\n", IP4S(row[i].then));
        cr_expect_str_eq(rows(l->server, "leases", "address state"), want, "the old one is free");
        until(l, SECONDS(302));
        cr_expect_eq(addr_of(l, 0), row[i].then, "renewals keep it");
        leases_free(l);
    }
}

Test(servers, dhcp_lease_outlives_a_cut_wire)
{
    struct leases *l = leases_new(1, POOL);
    until(l, SECONDS(1));
    net_link_set_up(l->lan, false);
    until(l, SECONDS(10));
    net_link_set_up(l->lan, true);
    cr_expect_str_eq(until(l, SECONDS(11)),
                     "10 pc1 request 10.0.0.100\n10 pc1 renewed 10.0.0.100\n");
    net_link_set_up(l->lan, false);
    cr_expect_str_eq(until(l, SECONDS(700)), "610 pc1 lost 10.0.0.100\n");
    net_link_set_up(l->lan, true);
    cr_expect(strstr(until(l, SECONDS(701)), "bound 10.0.0.100"));
    leases_free(l);
}

Test(servers, dhcp_gives_no_more_than_it_has)
{
    struct leases *l = leases_new(5, POOL);
    until(l, SECONDS(5));
    guint have = 0;
    for (guint i = 0; i < 5; i++)
        have += addr_of(l, i) != 0;
    cr_expect_eq(have, 4);
    cr_expect(strstr(rows(l->server, "log", "result"), "no address free"));
    guint rich = addr_of(l, 0) ? 0 : 1, poor = 0;
    while (addr_of(l, poor))
        poor++;
    dhcp_client_release(l->c[rich], net_if_by_name(l->pc[rich]->node, "eth0"));
    cr_expect_eq(addr_of(l, rich), 0);
    until(l, SECONDS(100));
    cr_expect_neq(addr_of(l, poor), 0, "what was given back goes to who waits");
    cr_expect_eq(addr_of(l, rich), 0);
    leases_free(l);
}

Test(servers, dhcp_keeps_an_address_for_whom_it_is_reserved)
{
    struct leases *l = leases_new(1, POOL);
    uint8_t mac[6];
    net_if_mac(net_if_by_name(l->pc[0]->node, "eth0"), mac);
    g_autofree char *line = g_strdup_printf("reserve %02x:%02x:%02x:%02x:%02x:%02x 10.0.0.77",
                                            mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
    device_type(l->server, line);
    until(l, SECONDS(1));
    cr_expect_eq(addr_of(l, 0), IP4(10, 0, 0, 77));
    leases_free(l);
}

Test(servers, dhcp_declines_what_lies_on_another_network_of_its_own)
{
    struct leases *l = leases_new(1, POOL);
    net_if_set_address(net_if_new(l->pc[0]->node, "eth1"), IP4(10, 0, 0, 5), ip4_mask(24));
    const char *said = until(l, SECONDS(5));
    cr_expect(strstr(said, "declined 10.0.0.100"), "%s", said);
    cr_expect_eq(addr_of(l, 0), 0);
    cr_expect_str_eq(rows(l->server, "leases", "address state"), "10.0.0.100 declined\n");
    leases_free(l);
}

Test(servers, dhcp_without_end_is_never_asked_again)
{
    struct leases *l = leases_new(1, "pool 10.0.0.100 10.0.0.103\nlease infinite\n");
    until(l, SECONDS(1));
    cr_expect_str_eq(until(l, SECONDS(10000000)), "");
    cr_expect_neq(addr_of(l, 0), 0);
    cr_expect_str_eq(rows(l->server, "leases", "left"), "infinite\n");
    leases_free(l);
}

Test(servers, dhcp_stops_and_gives_back_what_it_had)
{
    struct leases *l = leases_new(1, POOL);
    until(l, SECONDS(1));
    dhcp_client_stop(l->c[0], net_if_by_name(l->pc[0]->node, "eth0"));
    cr_expect_str_eq(until(l, SECONDS(2)), "", "it was told at once");
    cr_expect_eq(addr_of(l, 0), 0);
    cr_expect_str_eq(rows(l->server, "leases", "address"), "");
    cr_expect_null(dhcp_client_at(l->c[0], 0));
    leases_free(l);
}

/* Half of all packets lost, for two hours of ten-minute leases: no two clients have one address,
 * nobody keeps an address whose lease the server has ended, and all have one in the end. */
Test(servers, dhcp_under_loss_never_lends_one_address_twice)
{
    for (uint64_t seed = 1; seed <= 6; seed++) {
        struct leases *l = leases_new(4, POOL "shuffle\n");
        struct net_impair bad = {
            .loss_ppb = 500000000, .delay = MILLISECONDS(5), .duplicate_ppb = 100000000};
        struct rng *rng = rng_stream(l->w->sim, "test");
        for (uint64_t skip = 0; skip < seed; skip++)
            rng_u32(rng);
        net_link_impair(l->lan, UINT32_MAX, &bad);
        for (int t = 1; t < 7200; t++) {
            sim_run(l->w->sim, SECONDS((sim_time)t));
            if (rng_below(rng, 400) == 0)
                boots(l, (guint)rng_below(rng, 4));
            for (guint i = 0; i < 4; i++)
                for (guint j = 0; j < i; j++)
                    cr_assert(!addr_of(l, i) || addr_of(l, i) != addr_of(l, j), "%d s", t);
        }
        struct net_impair good = {0};
        net_link_impair(l->lan, UINT32_MAX, &good);
        sim_run(l->w->sim, SECONDS(9000));
        for (guint i = 0; i < 4; i++)
            cr_expect_neq(addr_of(l, i), 0);
        leases_free(l);
    }
}

/* ---- Names ---- */

struct answers {
    struct world *w;
    GString *text;
};

static void resolved(void *self, const struct resolver_reply *r)
{
    static const char *const result[] = {"found", "none", "silent", "bad"};
    struct answers *a = self;
    g_string_append_printf(a->text, "%d %s %s %s %u\n", (int)(sim_now(a->w->sim) / SECONDS(1)),
                           r->name, result[r->result], IP4S(r->addr), r->n_all);
}

Test(servers, dns_answers_with_addresses_or_that_there_is_none)
{
    struct answers a = {world_new(), g_string_new(NULL)};
    struct net_link *lan = net_link_new(a.w->net, "lan");
    struct device *s = server(a.w, "dns", "s",
                              "interface eth0 10.0.0.53/24\nhost VPN.example.com 198.51.100.1\n"
                              "host vpn.example.com 198.51.100.2\nhost other 10.0.0.9\n");
    join(s, lan);
    struct device *d = box(a.w, "pc", lan, IP4(10, 0, 0, 1));
    const ip4 dns = IP4(10, 0, 0, 53);
    resolver_ask(d, dns, "vpn.example.com", resolved, &a);
    resolver_ask(d, dns, "Other", resolved, &a);
    resolver_ask(d, dns, "nowhere.example.com", resolved, &a);
    resolver_ask(d, dns, "no name", resolved, &a);
    resolver_cancel(resolver_ask(d, dns, "other", resolved, &a));
    cr_expect_str_eq(a.text->str, "");
    sim_run(a.w->sim, SECONDS(60));
    cr_expect_str_eq(a.text->str, "0 no name bad 0.0.0.0 0\n"
                                  "0 vpn.example.com found 198.51.100.1 2\n"
                                  "0 Other found 10.0.0.9 1\n"
                                  "0 nowhere.example.com none 0.0.0.0 0\n");
    cr_expect_str_eq(rows(s, "log", "name address result"),
                     "vpn.example.com 198.51.100.1 answered\nother 10.0.0.9 answered\n"
                     "nowhere.example.com - no such name\n");
    g_string_truncate(a.text, 0);
    device_type(s, "silent\nno host other");
    resolver_ask(d, dns, "other", resolved, &a);
    sim_run(a.w->sim, SECONDS(63));
    device_type(s, "no silent");
    sim_run(a.w->sim, SECONDS(80));
    cr_expect_str_eq(a.text->str, "66 other none 0.0.0.0 0\n", "the third question is answered");
    device_type(s, "delay 20s");
    resolver_ask(d, dns, "vpn.example.com", resolved, &a);
    sim_run(a.w->sim, SECONDS(200));
    cr_expect(strstr(a.text->str, "94 vpn.example.com silent 0.0.0.0 0\n"), "%s", a.text->str);
    device_free(d);
    device_free(s);
    g_string_free(a.text, TRUE);
    world_free(a.w);
}

Test(servers, power_loss_forgets_leases_and_brings_the_lines_back)
{
    struct leases *l = leases_new(1, POOL);
    until(l, SECONDS(1));
    device_reload(l->server, SECONDS(5), "power loss");
    until(l, SECONDS(20));
    cr_expect_str_eq(rows(l->server, "leases", "address"), "");
    device_type(l->server, "show leases\nshow log\npool 1.1.1.1 1.1.1.0\nbogus");
    until(l, SECONDS(400));
    cr_expect_neq(addr_of(l, 0), 0, "refused at half its time, and served anew");
    leases_free(l);
}
