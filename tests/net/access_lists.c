/* Access lists as tables, and as interfaces use them. */
#include "world.h"

static struct acl_line *line(bool permit, uint8_t protocol, const char *src, const char *dst)
{
    struct acl_line *l = acl_line_new();
    l->permit = permit;
    l->protocol = protocol;
    l->src = prefix(src);
    l->dst = prefix(dst);
    return l;
}

Test(acl, a_line_matches_what_it_says)
{
    const struct flow telnet = {addr("10.1.0.5"), addr("10.2.0.5"), 6, 1025, 23, -1, -1};
    const struct flow echo = {addr("10.1.0.5"), addr("10.2.0.5"), 1, 0, 0, 8, 0};
    const struct flow esp = {addr("10.1.0.5"), addr("10.2.0.5"), 50, 0, 0, -1, -1};
    static const struct {
        uint8_t protocol;
        const char *src, *dst;
        struct acl_ports sport, dport;
        int type, code;
        bool telnet, echo, esp;
    } row[] = {
        // clang-format off
        { 0,  "0.0.0.0/0",   "0.0.0.0/0",   {0, 65535},    {0, 65535},  -1, -1, true,  true,  true },
        { 6,  "0.0.0.0/0",   "0.0.0.0/0",   {0, 65535},    {0, 65535},  -1, -1, true,  false, false },
        { 6,  "10.1.0.0/24", "10.2.0.0/24", {0, 65535},    {23, 23},    -1, -1, true,  false, false },
        { 6,  "10.1.0.0/24", "10.2.0.0/24", {0, 65535},    {24, 65535}, -1, -1, false, false, false },
        { 6,  "10.1.0.0/24", "10.2.0.0/24", {1024, 65535}, {0, 1023},   -1, -1, true,  false, false },
        { 0,  "10.1.0.5",    "0.0.0.0/0",   {0, 65535},    {0, 65535},  -1, -1, true,  true,  true },
        { 0,  "10.1.0.6",    "0.0.0.0/0",   {0, 65535},    {0, 65535},  -1, -1, false, false, false },
        { 0,  "0.0.0.0/0",   "10.3.0.0/16", {0, 65535},    {0, 65535},  -1, -1, false, false, false },
        { 1,  "0.0.0.0/0",   "0.0.0.0/0",   {0, 65535},    {0, 65535},   8, -1, false, true,  false },
        { 1,  "0.0.0.0/0",   "0.0.0.0/0",   {0, 65535},    {0, 65535},   0, -1, false, false, false },
        { 1,  "0.0.0.0/0",   "0.0.0.0/0",   {0, 65535},    {0, 65535},   8,  1, false, false, false },
        { 50, "10.0.0.0/8",  "10.0.0.0/8",  {0, 65535},    {0, 65535},  -1, -1, false, false, true },
        // clang-format on
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct acl_line *l = line(true, row[i].protocol, row[i].src, row[i].dst);
        l->sport = row[i].sport;
        l->dport = row[i].dport;
        l->icmp_type = row[i].type;
        l->icmp_code = row[i].code;
        cr_expect_eq(acl_line_matches(l, &telnet), row[i].telnet, "telnet, row %zu", i);
        cr_expect_eq(acl_line_matches(l, &echo), row[i].echo, "echo, row %zu", i);
        cr_expect_eq(acl_line_matches(l, &esp), row[i].esp, "esp, row %zu", i);
        l->remark = g_strdup("a remark");
        cr_expect_not(acl_line_matches(l, &telnet), "a remark matches nothing");
        acl_line_free(l);
    }
}

Test(acl, masks_need_not_be_contiguous)
{
    struct acl_line *even = acl_line_new();
    even->src = (struct ip4_net){addr("10.0.0.0"), addr("255.0.0.1")};
    struct flow f = {.src = addr("10.7.7.4")};
    cr_expect(acl_line_matches(even, &f));
    f.src = addr("10.7.7.5");
    cr_expect_not(acl_line_matches(even, &f));
    acl_line_free(even);
}

Test(acl, lines_stand_in_order_of_their_numbers_and_the_first_match_decides)
{
    struct acl *a = acl_new("110", true);
    static const struct {
        uint32_t number;
        bool permit, added;
        uint32_t got;
    } row[] = {{0, true, true, 10},  {0, true, true, 20},   {5, false, true, 5},
               {15, true, true, 15}, {15, true, false, 15}, {0, true, true, 30}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct acl_line *l = line(row[i].permit, 0, "0.0.0.0/0", "0.0.0.0/0");
        l->number = row[i].number;
        cr_expect_eq(acl_add(a, l), row[i].added, "row %zu", i);
        if (row[i].added)
            cr_expect_eq(l->number, row[i].got, "row %zu", i);
    }
    static const uint32_t order[] = {5, 10, 15, 20, 30};
    cr_assert_eq(a->lines->len, G_N_ELEMENTS(order));
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++)
        cr_expect_eq(((struct acl_line *)g_ptr_array_index(a->lines, i))->number, order[i]);
    const struct flow f = {.src = 1};
    const struct acl_line *hit = acl_match(a, &f);
    cr_expect_eq(hit->number, 5);
    cr_expect_not(hit->permit);
    cr_expect_eq(hit->hits, 1);
    acl_free(a);
}

Test(acl, sameness_looks_past_numbers_hits_and_uncounted_bits)
{
    struct acl_line *a = line(true, 6, "10.1.0.0/24", "10.2.0.0/24");
    struct acl_line *b = line(true, 6, "10.1.0.77/24", "10.2.0.0/24");
    b->number = 99;
    b->hits = 5;
    cr_expect(acl_line_same(a, b));
    b->dport.to = 80;
    cr_expect_not(acl_line_same(a, b));
    b->dport.to = 65535;
    b->permit = false;
    cr_expect_not(acl_line_same(a, b));
    acl_line_free(a);
    acl_line_free(b);
}

Test(acl, reversed_flow_exchanges_ends)
{
    const struct flow f = {1, 2, 17, 3, 4, -1, -1};
    struct flow r = flow_reverse(f);
    cr_expect(r.src == 2 && r.dst == 1 && r.sport == 4 && r.dport == 3 && r.protocol == 17);
}

Test(acl, lists_of_a_node_are_sorted_by_number_then_name)
{
    struct world *w = world_new(1);
    struct net_node *n = router(w, "r1");
    static const char *const names[] = {"vpn", "110", "20", "INSIDE", "101"};
    static const char *const sorted[] = {"20", "101", "110", "INSIDE", "vpn"};
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        cr_assert_not_null(net_acl_make(n, names[i], true));
    cr_expect_eq(net_acl_make(n, "110", true), net_acl(n, "110"));
    cr_assert_eq(net_acl_count(n), G_N_ELEMENTS(sorted));
    for (size_t i = 0; i < G_N_ELEMENTS(sorted); i++)
        cr_expect_str_eq(net_acl_at(n, i)->name, sorted[i]);
    net_acl_remove(n, "101");
    cr_expect_null(net_acl(n, "101"));
    cr_expect_eq(net_acl_count(n), 4);
    cr_expect_null(net_acl(n, "no-such"));
    world_free(w);
}

static void filter(struct net_node *n, char **slot, const char *name, uint8_t denied_protocol)
{
    struct acl *a = net_acl_make(n, name, true);
    cr_assert(acl_add(a, line(false, denied_protocol, "0.0.0.0/0", "0.0.0.0/0")));
    cr_assert(acl_add(a, line(true, 0, "0.0.0.0/0", "0.0.0.0/0")));
    *slot = g_strdup(name);
}

Test(acl, inbound_list_denies_and_says_so)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    world_log_event(w, EV_acl_hit);
    world_log_event(w, EV_icmp_rx);
    filter(c.r1, &c.r1_lan->acl_in, "110", IPPROTO_NUM_ICMP);
    struct pinger p = pinger_new(c.pc1);
    net_ping_send(p.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0, SECONDS(2));
    world_run(w, SECONDS(5));
    cr_expect_str_eq(p.log->str, "1 unreachable 0\n");
    cr_expect_str_eq(world_log(w), "r1 acl_hit 110 10 no 10.1.0.5 10.2.0.5\n"
                                   "pc1 icmp_rx 10.1.0.1 10.1.0.5 3 13 10.2.0.5 0\n");
    cr_expect_eq(counter(c.r1, "drop.ACL"), 1);
    cr_expect_eq(c.r1_lan->in_drops, 1);
    c.r1_lan->no_unreachables = true;
    net_ping_send(p.ping, 0, addr("10.2.0.5"), 2, 100, 0, false, 0, SECONDS(2));
    world_run(w, SECONDS(10));
    cr_expect_str_eq(p.log->str, "1 unreachable 0\n2 timeout 2000000000\n");
    pinger_free(&p);
    world_free(w);
}

Test(acl, outbound_list_sees_forwarded_packets_but_not_the_routers_own)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    filter(c.r1, &c.r1_wan->acl_out, "out", IPPROTO_NUM_ICMP);
    struct pinger through = pinger_new(c.pc1), own = pinger_new(c.r1);
    net_ping_send(through.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0, SECONDS(2));
    net_ping_send(own.ping, 0, addr("192.0.2.2"), 1, 100, 0, false, 0, SECONDS(2));
    world_run(w, SECONDS(5));
    cr_expect_str_eq(through.log->str, "1 unreachable 0\n");
    cr_expect_str_eq(own.log->str, "1 reply 0\n");
    cr_expect_eq(c.r1_wan->out_drops, 1);
    pinger_free(&through);
    pinger_free(&own);
    world_free(w);
}

Test(acl, undefined_and_empty_lists_filter_nothing)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    c.r1_lan->acl_in = g_strdup("not-there");
    c.r1_wan->acl_in = g_strdup("empty");
    net_acl_make(c.r1, "empty", true);
    struct pinger p = pinger_new(c.pc1);
    net_ping_send(p.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0, SECONDS(2));
    world_run(w, SECONDS(5));
    cr_expect_str_eq(p.log->str, "1 reply 0\n");
    pinger_free(&p);
    world_free(w);
}

Test(acl, the_end_of_a_list_denies)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    world_log_event(w, EV_acl_hit);
    struct acl *a = net_acl_make(c.r1, "10", false);
    cr_assert(acl_add(a, line(true, 0, "10.9.0.0/16", "0.0.0.0/0")));
    c.r1_lan->acl_in = g_strdup("10");
    struct pinger p = pinger_new(c.pc1);
    net_ping_send(p.ping, 0, addr("10.2.0.5"), 1, 100, 0, false, 0, SECONDS(2));
    world_run(w, SECONDS(5));
    cr_expect_str_eq(p.log->str, "1 unreachable 0\n");
    cr_expect_str_eq(world_log(w), "r1 acl_hit 10 0 no 10.1.0.5 10.2.0.5\n");
    pinger_free(&p);
    world_free(w);
}
