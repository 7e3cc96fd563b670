/* What a gateway gives, sound and damaged, and what the PC makes of it. */
#include "pc.h"

static struct vc_given read_one(uint16_t type, const void *bytes, size_t n)
{
    const struct ike_cfg_attr attr = {.type = type, .value = span_of(bytes, n)};
    struct vc_given g = {0};
    vc_given_read(&g, &(struct ike_cfg){CFG_REPLY, 1, &attr, 1});
    return g;
}

Test(vpnclient_given, addresses_are_of_four_bytes)
{
    static const struct {
        const char *bytes;
        size_t n;
        ip4 addr;
    } row[] = {{"\x0a\x05\x05\x01", 4, IP4(10, 5, 5, 1)},
               {"\x0a\x05\x05", 3, 0},
               {"\x0a\x05\x05\x01\x00", 5, 0},
               {"", 0, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct vc_given g = read_one(CFG_ATTR_IP4_ADDRESS, row[i].bytes, row[i].n);
        cr_expect_eq(g.addr, row[i].addr, "row %zu", i);
        vc_given_clear(&g);
    }
}

Test(vpnclient_given, servers_are_kept_up_to_four)
{
    uint8_t bytes[4 * 6 + 3];
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    struct vc_given g = read_one(CFG_ATTR_IP4_DNS, bytes, sizeof bytes);
    cr_expect_eq(g.n_dns, VC_MAX_DNS);
    cr_expect_eq(g.dns[3], IP4(12, 13, 14, 15));
    vc_given_clear(&g);
}

Test(vpnclient_given, networks_are_of_fourteen_bytes_with_sound_masks)
{
    static const uint8_t whole[14] = {10, 1, 1, 18, 255, 255, 255, 128};
    static const uint8_t holes[14] = {10, 1, 1, 0, 255, 0, 255, 0};
    static const struct {
        const uint8_t *bytes;
        size_t n, nets;
    } row[] = {{whole, 14, 1}, {whole, 13, 0}, {whole, 0, 0}, {holes, 14, 0}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct vc_given g = read_one(CFG_ATTR_SPLIT_INCLUDE, row[i].bytes, row[i].n);
        cr_expect_eq(g.include->len, row[i].nets, "row %zu", i);
        if (g.include->len)
            cr_expect_eq(g_array_index(g.include, struct vc_net, 0).addr, IP4(10, 1, 1, 0));
        vc_given_clear(&g);
    }
    g_autofree uint8_t *many = g_malloc0(14 * 1000);
    struct vc_given g = read_one(CFG_ATTR_SPLIT_INCLUDE, many, 14 * 1000);
    cr_expect_eq(g.include->len, 64);
    vc_given_clear(&g);
}

Test(vpnclient_given, local_lan_is_a_switch_or_a_list_with_the_network_of_zeros)
{
    static const uint8_t on[2] = {0, 1}, off[2] = {0, 0};
    static const uint8_t own[14] = {0, 0, 0, 0, 255, 255, 255, 255};
    static const uint8_t other[14] = {10, 9, 0, 0, 255, 255, 0, 0};
    static const struct {
        const uint8_t *bytes;
        size_t n;
        bool lan;
    } row[] = {{on, 2, true}, {off, 2, false}, {own, 14, true}, {other, 14, false}, {on, 0, false}};
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct vc_given g = read_one(CFG_ATTR_LOCAL_LAN, row[i].bytes, row[i].n);
        cr_expect_eq(g.local_lan, row[i].lan, "row %zu", i);
        vc_given_clear(&g);
    }
}

Test(vpnclient_given, texts_have_no_control_characters_and_lists_no_empty_names)
{
    struct vc_given g = read_one(CFG_ATTR_BANNER, "hi\x1b[2J\nthere\xff", 12);
    cr_expect_str_eq(g.banner, "hi.[2J\nthere");
    vc_given_clear(&g);
    g = read_one(CFG_ATTR_SPLIT_DNS, "a.example,,b.example ,", 22);
    cr_expect_eq(g.split_dns->len, 2);
    cr_expect_str_eq(g.split_dns->pdata[1], "b.example");
    vc_given_clear(&g);
    g = read_one(0x7fff, "what is this", 12);
    cr_expect_eq(g.addr, 0);
    vc_given_clear(&g);
}

Test(vpnclient_given, names_of_listed_domains_are_asked_of_the_tunnels_servers_only)
{
    static const struct {
        bool split_dns, split_net;
        const char *name;
        ip4 server;
    } row[] = {
        {true, true, "intra.corp.example", IP4(10, 1, 1, 10)},
        {true, true, "CORP.example", IP4(10, 1, 1, 10)},
        {true, true, "notcorp.example", IP4(192, 168, 1, 1)},
        {true, true, "www.example", IP4(192, 168, 1, 1)},
        {false, true, "www.example", IP4(10, 1, 1, 10)},
        {true, false, "www.example", IP4(10, 1, 1, 10)}, /* everything is tunnelled */
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct pc *p = pc_new(w, "pc", "5.0",
                              "[main]\nHost=10.0.0.1\nGroupName=g\nGroupPwd=p\n"
                              "[x-pc]\naddress=192.168.1.10/24\ndns=192.168.1.1\n");
        static const uint8_t dns[4] = {10, 1, 1, 10}, net[14] = {10, 1, 0, 0, 255, 255};
        const struct ike_cfg_attr attr[] = {
            {.type = CFG_ATTR_IP4_DNS, .value = span_of(dns, 4)},
            {.type = CFG_ATTR_SPLIT_DNS,
             .value = span_of("corp.example", row[i].split_dns ? 12 : 0)},
            {.type = CFG_ATTR_SPLIT_INCLUDE, .value = span_of(net, row[i].split_net ? 14 : 0)}};
        ip4 server[VC_MAX_DNS] = {0};
        vc_given_read(&p->s->given, &(struct ike_cfg){CFG_REPLY, 1, attr, G_N_ELEMENTS(attr)});
        p->s->configured = true;
        p->s->profile = p->s->profiles->pdata[0];
        cr_expect_eq(vc_dns_servers(p->s, row[i].name, server), 1);
        cr_expect_eq(server[0], row[i].server, "row %zu: %s", i, IP4S(server[0]));
        p->s->configured = false;
        pc_free(p);
        world_free(w);
    }
}
