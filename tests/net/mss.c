/* Segment sizes changed on the way (RFC 9293 3.7.1), segments larger than announced, and the judge
 * that a node has for what comes in. */
#include "net/conn.h"
#include "net/tcp_rig.h"

/* ---- An interface ---- */

Test(mss, an_interface_lowers_what_both_ends_announce)
{
    static const struct {
        uint16_t lan, wan; /* of r1 */
        uint32_t mss;
    } row[] = {{0, 0, 1460}, {0, 1300, 1300}, {1300, 0, 1300}, {1200, 1300, 1200}, {0, 9000, 1460}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new(i);
        struct chain c = chain_new(w);
        struct rig *r = rig_over(w, c.pc1, c.pc2, "10.2.0.5");
        c.r1_lan->tcp_mss = row[i].lan;
        c.r1_wan->tcp_mss = row[i].wan;
        rig_run(r, 100000, 100000, SECONDS(60));
        cr_expect(rig_fine(r), "%s", rig_says(r));
        cr_expect_eq(r->client.last.mss, row[i].mss, "row %zu: %u", i, r->client.last.mss);
        cr_expect_eq(r->server.last.mss, row[i].mss, "row %zu: %u", i, r->server.last.mss);
        cr_expect_eq(counter(c.pc1, "drop.TCP_CHECKSUM") + counter(c.pc2, "drop.TCP_CHECKSUM"), 0);
        world_free(w);
        rig_free(r);
    }
}

Test(mss, a_node_announces_what_its_interface_lets_pass)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    struct rig *r = rig_over(w, c.pc1, c.r1, "192.0.2.1");
    c.r1_lan->tcp_mss = 1300;
    rig_run(r, 20000, 20000, SECONDS(60));
    cr_expect(rig_fine(r), "%s", rig_says(r));
    cr_expect_eq(r->server.last.announced, 1300);
    cr_expect_eq(r->server.last.peer_mss, 1300, "and takes what comes in by it alike");
    cr_expect_eq(r->client.last.mss, 1300);
    world_free(w);
    rig_free(r);
}

/* ---- A firewall's table ---- */

static enum drop_reason allow(void *self, struct net_if *in, struct net_if *out,
                              const struct flow *f, const struct pkt *p)
{
    return DROP_NONE;
}

Test(mss, a_firewall_brings_sizes_between_its_ends_and_drops_what_is_larger)
{
    static const struct {
        uint16_t least, most, announced; /* by both */
        bool deaf, strict;
        uint32_t mss;
        bool fine;
    } row[] = {
        {0, 0, 0, false, true, 1460, true},       {0, 1380, 0, false, true, 1380, true},
        {0, 1380, 1000, false, true, 1000, true}, {536, 1380, 200, false, true, 536, true},
        {0, 1380, 0, true, false, 1460, true},    {0, 1380, 0, true, true, 1460, false},
        {0, 0, 1000, true, true, 1460, false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new(i);
        struct chain c = chain_new(w);
        struct net_conn_rules rules = {.limit = 10,
                                       .mss_least = row[i].least,
                                       .mss_most = row[i].most,
                                       .mss_strict = row[i].strict};
        net_conns_set(c.r1, &rules, &(struct net_conn_ops){allow, NULL, NULL});
        struct rig *r = rig_over(w, c.pc1, c.pc2, "10.2.0.5");
        r->set_from.mss = r->set_to.mss = row[i].announced;
        r->set_to.mss_deaf = row[i].deaf;
        r->set_to.tries = 3;
        world_log_event(w, EV_conn_mss);
        rig_run(r, 100, 50000, SECONDS(200));
        cr_expect_eq(rig_fine(r), row[i].fine, "row %zu: %s", i, rig_says(r));
        cr_expect_eq(r->server.last.mss, row[i].mss, "row %zu: %u", i, r->server.last.mss);
        cr_expect_eq(counter(c.r1, "drop.CONN_MSS") > 0, !row[i].fine, "row %zu", i);
        cr_expect_eq(*world_log(w) != '\0', !row[i].fine, "row %zu", i);
        net_conns_set(c.r1, NULL, NULL);
        world_free(w);
        rig_free(r);
    }
}

/* ---- The judge ---- */

struct court {
    enum drop_reason why;
    unsigned asked, local;
    bool admits;
};

static enum drop_reason judge(void *self, struct net_if *in, struct net_if *out,
                              const struct pkt *p)
{
    struct court *x = self;
    x->asked++;
    x->local += out == NULL;
    return x->why;
}

static bool admits(void *self, struct net_if *i, bool in, const struct pkt *p)
{
    return ((struct court *)self)->admits;
}

Test(guard, judges_what_is_delivered_and_what_is_forwarded)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    struct court x = {.why = DROP_NONE};
    struct pinger ping = pinger_new(c.pc1);
    net_node_set_guard(c.r1, &(struct net_guard){judge, admits, &x});
    net_ping_send(ping.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0, SECONDS(1));
    net_ping_send(ping.ping, 0, addr("10.1.0.1"), 2, 100, 0, false, 0, SECONDS(1));
    world_run(w, SECONDS(2));
    cr_expect_eq(x.asked, 3, "request and reply, and one for itself");
    cr_expect_eq(x.local, 1);
    x.why = DROP_IDS;
    net_ping_send(ping.ping, 0, addr("10.2.0.5"), 3, 100, 0, false, 0, SECONDS(1));
    world_run(w, SECONDS(4));
    cr_expect_eq(counter(c.r1, "drop.IDS"), 1);
    cr_expect(strstr(ping.log->str, "3 timeout"), "%s", ping.log->str);
    pinger_free(&ping);
    world_free(w);
}

Test(guard, admits_what_a_list_refuses)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    struct court x = {.why = DROP_NONE};
    struct acl *list = net_acl_make(c.r1, "101", true);
    struct acl_line *deny = acl_line_new();
    deny->permit = false;
    acl_add(list, deny);
    c.r1_wan->acl_in = g_strdup("101");
    struct pinger ping = pinger_new(c.pc1);
    net_node_set_guard(c.r1, &(struct net_guard){judge, admits, &x});
    for (uint32_t i = 1; i <= 2; i++) {
        net_ping_send(ping.ping, 0, addr("10.2.0.5"), i, 100, 0, false, 0, SECONDS(1));
        world_run(w, SECONDS(2 * i));
        cr_expect_eq(counter(c.r1, "drop.ACL"), 1, "the first");
        x.admits = true;
    }
    pinger_free(&ping);
    world_free(w);
}
