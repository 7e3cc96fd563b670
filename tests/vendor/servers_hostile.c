/* Damaged and malicious messages at the servers of the network and at those who ask them: nothing
 * breaks, nobody turns in circles, and who asks properly afterwards is served. */
#include "router.h"

#include "device/aaa.h"
#include "device/dhcp_client.h"
#include "device/radius.h"
#include "device/resolver.h"
#include "kernel/rng.h"

static const struct device_kind kind_box = {.name = "box"};

struct yard {
    struct world *w;
    struct net_link *lan;
    struct device *server, *box;
    struct rng *rng;
    GString *told;
};

static struct yard yard_new(const char *kind, const char *lines)
{
    struct yard y = {.w = world_new(), .told = g_string_new(NULL)};
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    y.rng = rng_stream(y.w->sim, "test");
    y.lan = net_link_new(y.w->net, "lan");
    y.server = device_new(y.w->net, "s", vendor_kind(kind), NULL, NULL);
    cr_assert(device_load(y.server, lines, "s.cfg", problems, NULL) && problems->len == 0);
    y.box = device_new(y.w->net, "box", &kind_box, "", NULL);
    struct net_if *i = net_if_new(y.box->node, "eth0");
    net_if_set_address(i, IP4(10, 0, 0, 1), ip4_mask(24));
    cr_assert(net_link_attach(y.lan, net_if_by_name(y.server->node, "eth0")));
    cr_assert(net_link_attach(y.lan, i));
    return y;
}

static void yard_free(struct yard *y)
{
    device_free(y->box);
    device_free(y->server);
    g_string_free(y->told, TRUE);
    world_free(y->w);
}

/* Some bytes changed, or cut, or none. */
static size_t damage(struct rng *r, uint8_t *bytes, size_t n)
{
    for (uint64_t k = rng_below(r, 6); k > 0; k--)
        bytes[rng_below(r, n)] = (uint8_t)rng_u32(r);
    return rng_below(r, 4) ? n : (size_t)rng_below(r, n + 1);
}

static void answered(void *self, const struct aaa_reply *r)
{
    static const char *const verdict[] = {"pass", "fail", "error"};
    g_string_append(self, verdict[r->verdict]);
}

Test(servers_hostile, radius_reads_any_bytes)
{
    struct yard y = yard_new("radius", "interface eth0 10.0.0.10/24\n"
                                       "client 10.0.0.1 key k\nuser alice password p\n");
    for (int i = 0; i < 4000; i++) {
        uint8_t bytes[RADIUS_MAX], auth[RADIUS_AUTH] = {1}, hidden[RADIUS_PASSWORD_MAX];
        struct wr w = wr_over(bytes, sizeof bytes);
        size_t n = radius_hide("k", auth, "p", hidden);
        radius_begin(&w, RADIUS_ACCESS_REQUEST, (uint8_t)i, auth);
        radius_put(&w, RADIUS_USER_NAME, span_of("alice", 5));
        radius_put(&w, RADIUS_USER_PASSWORD, span_of(hidden, n));
        radius_end(&w);
        n = damage(y.rng, bytes, w.n);
        net_send_udp(y.box->node, 0, 4711, IP4(10, 0, 0, 10), RADIUS_PORT, 0, span_of(bytes, n));
        sim_run(y.w->sim, MILLISECONDS((sim_time)i + 1));
    }
    struct aaa *a = aaa_new(y.box, NULL);
    aaa_server_make(aaa_group_make(a, "g"), IP4(10, 0, 0, 10))->key = g_strdup("k");
    aaa_login_by(a, &(struct aaa_method){AAA_GROUP, "g"}, 1, "alice", "p", answered, y.told);
    sim_run(y.w->sim, SECONDS(10));
    cr_expect_str_eq(y.told->str, "pass");
    aaa_free(a);
    yard_free(&y);
}

/* Bad answers to a question that waits, all from the right address and port. */
struct liar {
    struct yard *y;
    uint32_t heard;
};

static void lies(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                 struct span payload)
{
    struct liar *l = self;
    l->heard++;
    for (int i = 0; i < 50; i++) {
        uint8_t bytes[RADIUS_MAX] = {0};
        memcpy(bytes, payload.p, payload.n);
        bytes[0] = (uint8_t)(2 + rng_below(l->y->rng, 2));
        size_t n = damage(l->y->rng, bytes, payload.n);
        net_send_udp(in->node, 0, dport, src, sport, 0, span_of(bytes, n));
    }
}

Test(servers_hostile, a_login_believes_no_answer_without_the_secret)
{
    struct yard y = yard_new("dns", "interface eth0 10.0.0.10/24\n");
    struct liar l = {&y, 0};
    cr_assert(net_udp_bind(y.server->node, RADIUS_PORT, lies, &l));
    struct aaa *a = aaa_new(y.box, NULL);
    struct aaa_group *g = aaa_group_make(a, "g");
    aaa_server_make(g, IP4(10, 0, 0, 10))->key = g_strdup("k");
    g->retries = 20;
    aaa_login_by(a, &(struct aaa_method){AAA_GROUP, "g"}, 1, "alice", "p", answered, y.told);
    sim_run(y.w->sim, SECONDS(1000));
    cr_expect_str_eq(y.told->str, "error");
    cr_expect_eq(l.heard, 21);
    cr_expect_gt(aaa_server_count(a, "g", IP4(10, 0, 0, 10)).bad, 1000);
    aaa_free(a);
    yard_free(&y);
}

Test(servers_hostile, passwords_and_names_of_any_size_and_letters_are_carried_or_refused)
{
    struct yard y = yard_new("radius", "interface eth0 10.0.0.10/24\nclient 10.0.0.1 key k\n");
    struct aaa *a = aaa_new(y.box, NULL);
    aaa_server_make(aaa_group_make(a, "g"), IP4(10, 0, 0, 10))->key = g_strdup("k");
    static const struct {
        int name, password;
        const char *verdict;
    } row[] = {{1, 1, "fail"},    {0, 1, "fail"},    {253, 128, "fail"},
               {254, 1, "error"}, {255, 1, "error"}, {256, 1, "error"},
               {1, 129, "error"}, {1, 0, "fail"},    {1, 4096, "error"}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *name = g_strnfill((gsize)row[i].name, (char)0xc3);
        g_autofree char *password = g_strnfill((gsize)row[i].password, (char)0xff);
        g_string_truncate(y.told, 0);
        aaa_login_by(a, &(struct aaa_method){AAA_GROUP, "g"}, 1, name, password, answered, y.told);
        sim_run(y.w->sim, sim_now(y.w->sim) + SECONDS(60));
        cr_expect_str_eq(y.told->str, row[i].verdict, "%d %d", row[i].name, row[i].password);
    }
    aaa_free(a);
    yard_free(&y);
}

Test(servers_hostile, dhcp_reads_any_bytes_and_lends_no_address_twice)
{
    struct yard y = yard_new("dhcp", "interface eth0 10.0.0.10/24\n"
                                     "pool 10.0.0.0 10.0.0.255\nlease 60s\n");
    struct net_if *i = net_if_by_name(y.box->node, "eth0");
    for (int k = 0; k < 4000; k++) {
        uint8_t bytes[DHCP_MAX_BYTES];
        struct wr w = wr_over(bytes, sizeof bytes);
        struct dhcp_msg m = {.op = 1,
                             .htype = 1,
                             .hlen = 6,
                             .xid = 1,
                             .flags = DHCP_BROADCAST,
                             .chaddr = {2, 0, 0, 0, 0, (uint8_t)rng_below(y.rng, 20)}};
        m.type = (enum dhcp_type)(1 + rng_below(y.rng, 8));
        m.requested = rng_below(y.rng, 2) ? IP4(10, 0, 0, 0) + (ip4)rng_below(y.rng, 256) : 0;
        m.server = rng_below(y.rng, 2) ? IP4(10, 0, 0, 10) : 0;
        m.ciaddr = rng_below(y.rng, 4) ? 0 : IP4(10, 0, 0, 0) + (ip4)rng_below(y.rng, 256);
        dhcp_emit(&m, &w);
        size_t n = damage(y.rng, bytes, w.n);
        net_send_udp_on(i, 0, 68, 0xffffffff, 67, 0, span_of(bytes, n));
        sim_run(y.w->sim, MILLISECONDS(((sim_time)k + 1) * 100));
    }
    struct view v;
    view_init(&v);
    cr_assert(y.server->kind->view(y.server, "leases", &v));
    for (size_t a = 0; a < view_count(&v); a++) {
        cr_expect_str_neq(view_cell(&v, a, "address"), "10.0.0.0");
        cr_expect_str_neq(view_cell(&v, a, "address"), "10.0.0.255");
        for (size_t b = 0; b < a; b++)
            cr_expect_str_neq(view_cell(&v, a, "address"), view_cell(&v, b, "address"));
    }
    view_clear(&v);
    sim_run(y.w->sim, SECONDS(1000));
    struct dhcp_client *c = dhcp_client_new(y.box, NULL, NULL);
    cr_assert(dhcp_client_start(c, i, &(struct dhcp_client_conf){0}));
    sim_run(y.w->sim, SECONDS(1010));
    cr_expect_neq(i->addr, 0, "who asks properly is served");
    dhcp_client_free(c);
    yard_free(&y);
}

/* A server that answers each question with whatever comes to its mind. */
static void any_answer(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                       uint16_t dport, struct span payload)
{
    struct yard *y = self;
    struct dhcp_msg q;
    if (dhcp_parse(payload, &q) != WIRE_OK)
        return;
    static const uint32_t lease[] = {0, 1, 2, 60, DHCP_INFINITE, 0x7fffffff};
    static const ip4 mask[] = {0, 0xffffff00, 0xff00ff00, 0xffffffff, 0x80000000};
    static const enum dhcp_type type[] = {DHCP_OFFER, DHCP_ACK, DHCP_ACK, DHCP_NAK, DHCP_DISCOVER};
    uint8_t bytes[DHCP_MAX_BYTES];
    struct wr w = wr_over(bytes, sizeof bytes);
    struct dhcp_msg m = {.op = 2, .htype = 1, .hlen = 6, .xid = q.xid, .server = in->addr};
    memcpy(m.chaddr, q.chaddr, sizeof m.chaddr);
    m.type = q.type == DHCP_DISCOVER ? DHCP_OFFER : type[rng_below(y->rng, 5)];
    m.yiaddr =
        rng_below(y->rng, 3) ? IP4(10, 0, 0, 0) + (ip4)rng_below(y->rng, 256) : rng_u32(y->rng);
    m.mask = mask[rng_below(y->rng, G_N_ELEMENTS(mask))];
    m.router = rng_below(y->rng, 2) ? rng_u32(y->rng) : IP4(10, 0, 0, 10);
    m.lease_s = lease[rng_below(y->rng, G_N_ELEMENTS(lease))];
    m.renew_s = rng_below(y->rng, 2) ? rng_u32(y->rng) >> rng_below(y->rng, 32) : 0;
    m.rebind_s = rng_below(y->rng, 2) ? rng_u32(y->rng) >> rng_below(y->rng, 32) : 0;
    dhcp_emit(&m, &w);
    size_t n = rng_below(y->rng, 3) ? w.n : damage(y->rng, bytes, w.n);
    net_send_udp_on(in, in->addr, 67, 0xffffffff, 68, 0, span_of(bytes, n));
}

static void watch(void *self, const struct dhcp_lease *l, enum dhcp_change what)
{
    int len = ip4_mask_len(l->mask);
    cr_assert(what == DHCP_CHANGE_LOST || (len > 0 && l->addr && l->addr < IP4(224, 0, 0, 0)));
    cr_assert_eq(l->i->addr, what == DHCP_CHANGE_LOST ? 0 : l->addr);
    ++*(uint32_t *)self;
}

Test(servers_hostile, a_dhcp_client_takes_no_nonsense_and_does_not_turn_in_circles)
{
    struct yard y = yard_new("dns", "interface eth0 10.0.0.10/24\n");
    struct net_if *i = net_if_by_name(y.box->node, "eth0");
    uint32_t changes = 0;
    cr_assert(net_udp_bind(y.server->node, 67, any_answer, &y));
    struct dhcp_client *c = dhcp_client_new(y.box, watch, &changes);
    struct dhcp_client_conf conf = {.route_distance = 254};
    for (int round = 0; round < 200; round++) {
        cr_assert(dhcp_client_start(c, i, &conf));
        uint64_t before = sim_events(y.w->sim);
        sim_run(y.w->sim, sim_now(y.w->sim) + SECONDS(1000));
        cr_expect_lt(sim_events(y.w->sim) - before, 40000, "forty a second at most");
        dhcp_client_stop(c, i);
        cr_expect_eq(i->addr, 0);
        cr_expect_eq(net_route_count(y.box->node), 0);
    }
    cr_expect_gt(changes, 100, "some of it was a lease");
    dhcp_client_free(c);
    yard_free(&y);
}

static void resolved(void *self, const struct resolver_reply *r)
{
    g_string_append_printf(self, "%s %s;", r->name, IP4S(r->addr));
}

Test(servers_hostile, dns_reads_any_bytes)
{
    struct yard y =
        yard_new("dns", "interface eth0 10.0.0.10/24\nhost vpn.example.com 192.0.2.1\n");
    for (int k = 0; k < 4000; k++) {
        uint8_t bytes[DNS_MAX_BYTES];
        struct wr w = wr_over(bytes, sizeof bytes);
        struct dns_msg m = {.id = (uint16_t)k, .type = 1, .class = 1, .n_answers = (uint32_t)k % 3};
        g_strlcpy(m.name, "vpn.example.com", sizeof m.name);
        m.response = rng_below(y.rng, 4) == 0;
        dns_emit(&m, &w);
        size_t n = damage(y.rng, bytes, w.n);
        net_send_udp(y.box->node, 0, 4711, IP4(10, 0, 0, 10), DNS_PORT, 0, span_of(bytes, n));
        sim_run(y.w->sim, MILLISECONDS((sim_time)k + 1));
    }
    resolver_ask(y.box, IP4(10, 0, 0, 10), "vpn.example.com", resolved, y.told);
    sim_run(y.w->sim, SECONDS(10));
    cr_expect_str_eq(y.told->str, "vpn.example.com 192.0.2.1;");
    yard_free(&y);
}
