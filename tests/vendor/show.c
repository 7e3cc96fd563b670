/* The layouts of show, against the catalogue's listings, with SAs made by hand. */
#include "router.h"

#define HUB   IP4(10, 48, 67, 181)
#define SPOKE IP4(10, 100, 2, 102)
static const struct proxy here = {ID_IPV4_ADDR_SUBNET, 0, 0, IP4(10, 1, 0, 0), 0xffff0000};
static const struct proxy there = {ID_IPV4_ADDR_SUBNET, 0, 0, IP4(10, 2, 0, 0), 0xffff0000};

/* A pair of SAs, as quick mode would have installed it. */
static void install(struct router *r, uint32_t spi_in, uint32_t spi_out, struct esp_suite suite)
{
    static const uint8_t key[CRYPTO_MAX_KEY + CRYPTO_MAX_DIGEST] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    struct ipsec_child c = {
        .local = HUB,
        .remote = SPOKE,
        .local_proxy = here,
        .remote_proxy = there,
        .suite = suite,
        .spi_in = spi_in,
        .spi_out = spi_out,
        .keymat_in = {key, esp_keymat_bytes(suite)},
        .keymat_out = {key, esp_keymat_bytes(suite)},
        .life_s = 3600,
        .life_kb = 4608000,
        .map = "mymap",
        .seq = 10,
        .initiator = true,
    };
    cr_assert_eq(ipsec_install(r->d->ipsec, &c), WHY_NONE);
}

static struct net_link *wire(struct world *w, struct router *r, const char *interface)
{
    g_autofree char *name = g_strdup_printf("%s-%s", r->d->name, interface);
    struct net_link *l = net_link_new(w->net, name);
    net_link_attach(l, net_if_by_name(r->d->node, interface));
    struct net_node *far = net_node_new(w->net, name, false);
    net_link_attach(l, net_if_new(far, "eth0"));
    return l;
}

static struct router *wired_hub(struct world *w, const char *version)
{
    struct router *r = router_new(w, "hub", version, hub_config);
    wire(w, r, "FastEthernet0/0");
    wire(w, r, "FastEthernet0/1");
    device_config_changed(r->d, "links");
    return r;
}

static void expect_show(struct router *r, const char *command, const char *want)
{
    g_autofree char *got = router_show(r, command);
    expect_lines(got, want, command);
}

/* ---- show crypto ipsec sa ---- */

static const char ipsec_sa_c[] =
    "interface: FastEthernet0/0\n"
    "    Crypto map tag: mymap, local addr. 10.48.67.181\n"
    "   protected vrf:\n"
    "   local  ident (addr/mask/prot/port): (10.1.0.0/255.255.0.0/0/0)\n"
    "   remote ident (addr/mask/prot/port): (10.2.0.0/255.255.0.0/0/0)\n"
    "   current_peer: 10.100.2.102:500\n"
    "     PERMIT, flags={origin_is_acl,}\n"
    "    #pkts encaps: 0, #pkts encrypt: 0, #pkts digest 0\n"
    "    #pkts decaps: 0, #pkts decrypt: 0, #pkts verify 0\n"
    "    #pkts compressed: 0, #pkts decompressed: 0\n"
    "    #pkts not compressed: 0, #pkts compr. failed: 0\n"
    "    #pkts not decompressed: 0, #pkts decompress failed: 0\n"
    "    #send errors 0, #recv errors 0\n"
    "     local crypto endpt.: 10.48.67.181, remote crypto endpt.: 10.100.2.102\n"
    "     path mtu 1500, ip mtu 1500\n"
    "     current outbound spi: 5FBE5408\n"
    "     inbound esp sas:\n"
    "      spi: 0x9CD7288C(2631346316)\n"
    "        transform: esp-3des esp-sha-hmac ,\n"
    "        in use settings ={Tunnel, }\n"
    "        slot: 0, conn id: 2000, flow_id: 1, crypto map: mymap\n"
    "        sa timing: remaining key lifetime (k/sec): (4608000/3548)\n"
    "        IV size: 8 bytes\n"
    "        replay detection support: Y\n"
    "     inbound ah sas:\n"
    "     inbound pcp sas:\n"
    "     outbound esp sas:\n"
    "      spi: 0x5FBE5408(1606308872)\n"
    "        transform: esp-3des esp-sha-hmac ,\n"
    "        in use settings ={Tunnel, }\n"
    "        slot: 0, conn id: 2001, flow_id: 2, crypto map: mymap\n"
    "        sa timing: remaining key lifetime (k/sec): (4608000/3548)\n"
    "        IV size: 8 bytes\n"
    "        replay detection support: Y\n"
    "     outbound ah sas:\n"
    "     outbound pcp sas:\n";

static const char ipsec_sa_b[] =
    "interface: FastEthernet0/0\n"
    "    Crypto map tag: mymap, local addr. 10.48.67.181\n"
    "   local  ident (addr/mask/prot/port): (10.1.0.0/255.255.0.0/0/0)\n"
    "   remote ident (addr/mask/prot/port): (10.2.0.0/255.255.0.0/0/0)\n"
    "   current_peer: 10.100.2.102\n"
    "     PERMIT, flags={origin_is_acl,}\n"
    "    #pkts encaps: 0, #pkts encrypt: 0, #pkts digest 0\n"
    "    #pkts decaps: 0, #pkts decrypt: 0, #pkts verify 0\n"
    "    #pkts compressed: 0, #pkts decompressed: 0\n"
    "    #pkts not compressed: 0, #pkts compr. failed: 0,\n"
    "    #pkts decompress failed: 0, #send errors 0, #recv errors 0\n"
    "     local crypto endpt.: 10.48.67.181, remote crypto endpt.: 10.100.2.102\n"
    "     path mtu 1500, media mtu 1500\n"
    "     current outbound spi: 3D3\n"
    "     inbound esp sas:\n"
    "      spi: 0x136A010F(325714191)\n"
    "        transform: esp-3des esp-md5-hmac ,\n"
    "        in use settings ={Tunnel, }\n"
    "        slot: 0, conn id: 2000, flow_id: 1, crypto map: mymap\n"
    "        sa timing: remaining key lifetime (k/sec): (4608000/3548)\n"
    "        IV size: 8 bytes\n"
    "        replay detection support: Y\n"
    "     inbound ah sas:\n"
    "     inbound pcp sas:\n"
    "     outbound esp sas:\n"
    "      spi: 0x3D3(979)\n"
    "        transform: esp-3des esp-md5-hmac ,\n"
    "        in use settings ={Tunnel, }\n"
    "        slot: 0, conn id: 2001, flow_id: 2, crypto map: mymap\n"
    "        sa timing: remaining key lifetime (k/sec): (4608000/3548)\n"
    "        IV size: 8 bytes\n"
    "        replay detection support: Y\n"
    "     outbound ah sas:\n"
    "     outbound pcp sas:\n";

Test(show_ipsec_sa, has_the_layout_of_its_version)
{
    static const struct {
        const char *version;
        uint32_t spi_in, spi_out;
        enum crypto_hash auth;
        const char *want;
    } row[] = {
        {"12.3(6a)", 0x9CD7288C, 0x5FBE5408, HASH_SHA1, ipsec_sa_c},
        {"12.2", 0x136A010F, 0x3D3, HASH_MD5, ipsec_sa_b},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct router *r = wired_hub(w, row[i].version);
        struct esp_suite suite = {.cipher = CIPHER_3DES, .auth = row[i].auth};
        install(r, row[i].spi_in, row[i].spi_out, suite);
        sim_run(w->sim, SECONDS(52));
        expect_show(r, "show crypto ipsec sa", row[i].want);
        expect_show(r, "show crypto ipsec sa peer 10.100.2.102", row[i].want);
        expect_show(r, "show crypto ipsec sa map mymap", row[i].want);
        expect_show(r, "show crypto ipsec sa interface fa0/0", row[i].want);
        expect_show(r, "show crypto ipsec sa peer 10.9.9.9", "No SAs found\n");
        router_free(r);
        world_free(w);
    }
}

/* Without authentication there is nothing to watch sequence numbers by (DBG-13). */
Test(show_ipsec_sa, tells_what_each_suite_is)
{
    static const struct {
        struct esp_suite suite;
        const char *transform, *iv, *replay;
    } row[] = {
        {{CIPHER_DES, HASH_NONE, false}, "transform: esp-des ,", "IV size: 8 bytes", ": N\n"},
        {{CIPHER_AES128, HASH_SHA1, false},
         "transform: esp-aes esp-sha-hmac ,",
         "IV size: 16 bytes",
         ": Y\n"},
        {{CIPHER_AES256, HASH_MD5, false},
         "transform: esp-256-aes esp-md5-hmac ,",
         "IV size: 16 bytes",
         ": Y\n"},
        {{CIPHER_NULL, HASH_SHA1, false},
         "transform: esp-null esp-sha-hmac ,",
         "IV size: 0 bytes",
         ": Y\n"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct world *w = world_new();
        struct router *r = wired_hub(w, "12.3");
        install(r, 0x1000, 0x2000, row[i].suite);
        g_autofree char *got = router_show(r, "show crypto ipsec sa");
        cr_expect(strstr(got, row[i].transform), "%s", got);
        cr_expect(strstr(got, row[i].iv), "%s", got);
        cr_expect(strstr(got, row[i].replay), "%s", got);
        router_free(r);
        world_free(w);
    }
}

Test(show_ipsec_sa, without_sas_shows_the_identities_and_empty_lists)
{
    struct world *w = world_new();
    struct router *r = wired_hub(w, "12.3");
    g_autofree char *got = router_show(r, "show crypto ipsec sa");
    g_autofree char *plain = text_squeeze(got);
    cr_expect(strstr(plain, "current outbound spi: 0\n inbound esp sas:\n inbound ah sas:\n"), "%s",
              plain);
    router_free(r);
    world_free(w);
}

/* During a rekey two pairs live; the newest is printed first and is the one that sends (rule 3). */
Test(show_ipsec_sa, names_the_newest_outbound_spi)
{
    struct world *w = world_new();
    struct router *r = wired_hub(w, "12.4");
    struct esp_suite suite = {.cipher = CIPHER_3DES, .auth = HASH_SHA1};
    install(r, 0x1000, 0x2000, suite);
    install(r, 0x1001, 0x2001, suite);
    g_autofree char *got = router_show(r, "show crypto ipsec sa");
    const char *newer = strstr(got, "spi: 0x2001(8193)"), *older = strstr(got, "spi: 0x2000(8192)");
    cr_expect(strstr(got, "current outbound spi: 2001\n"), "%s", got);
    cr_expect(newer && (!older || newer < older), "%s", got);
    router_free(r);
    world_free(w);
}

Test(show_ipsec_sa, view_has_a_row_for_each_identity)
{
    static const struct {
        const char *column, *value;
    } row[] = {
        {"interface", "FastEthernet0/0"},
        {"map", "mymap"},
        {"local-ident", "10.1.0.0/255.255.0.0/0/0"},
        {"remote-ident", "10.2.0.0/255.255.0.0/0/0"},
        {"current-peer", "10.100.2.102"},
        {"pkts-encaps", "0"},
        {"pkts-verify", "0"},
        {"send-errors", "0"},
        {"outbound-spi", "0x2000"},
        {"inbound-spi", "0x1000"},
        {"transform", "esp-3des esp-sha-hmac"},
        {"life-kb", "4608000"},
        {"life-s", "3600"},
        {"replay", "Y"},
    };
    static const char *const names[] = {"crypto ipsec sa",
                                        "show crypto ipsec sa",
                                        "sh cry ips sa",
                                        "crypto ipsec sa peer 10.100.2.102",
                                        "crypto ipsec sa map mymap",
                                        "crypto ipsec sa interface FastEthernet0/0"};
    struct world *w = world_new();
    struct router *r = wired_hub(w, "12.4");
    install(r, 0x1000, 0x2000, (struct esp_suite){.cipher = CIPHER_3DES, .auth = HASH_SHA1});
    for (size_t n = 0; n < G_N_ELEMENTS(names); n++) {
        struct view v;
        view_init(&v);
        cr_assert(ios_view(r->d, names[n], &v), "%s", names[n]);
        cr_assert_eq(view_count(&v), 1, "%s", names[n]);
        for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
            const char *cell = view_cell(&v, 0, row[i].column);
            cr_expect(cell && g_str_equal(cell, row[i].value), "%s is %s", row[i].column, cell);
        }
        view_clear(&v);
    }
    struct view v;
    view_init(&v);
    cr_expect(!ios_view(r->d, "crypto nothing", &v));
    cr_expect(ios_view(r->d, "crypto ipsec sa peer 10.9.9.9", &v));
    cr_expect_eq(view_count(&v), 0);
    view_clear(&v);
    router_free(r);
    world_free(w);
}

Test(show_engine, has_a_row_for_each_direction)
{
    struct world *w = world_new();
    struct router *r = wired_hub(w, "12.3");
    install(r, 0x1000, 0x2000, (struct esp_suite){.cipher = CIPHER_3DES, .auth = HASH_SHA1});
    static const char want[] =
        "  ID Interface       IP-Address      State  Algorithm           Encrypt  Decrypt\n"
        "2000 FastEthernet0/0 10.48.67.181    set    HMAC_SHA+3DES_56_C        0        0\n"
        "2001 FastEthernet0/0 10.48.67.181    set    HMAC_SHA+3DES_56_C        0        0\n";
    g_autofree char *got = router_show(r, "show crypto engine connection active");
    cr_expect(strstr(got, want), "%s", got); /* to the column */
    router_free(r);
    world_free(w);
}

/* ---- The other listings ---- */

// clang-format off
static const struct { const char *version, *command, *want; } listings[] = {
    { "12.4", "show crypto isakmp sa", "dst             src             state          conn-id    slot\n" },
    { "12.4", "show crypto isakmp sa detail",
      "Codes: C - IKE configuration mode, D - Dead Peer Detection\n       K - Keepalives, N - NAT-traversal\n"
      "       X - IKE Extended Authentication\n       psk - Preshared key, rsig - RSA signature\n       renc - RSA encryption\n"
      "C-id  Local           Remote          I-VRF    Encr Hash Auth DH Lifetime Cap.\n" },
    { "12.4", "show crypto isakmp policy",
      "Global IKE policy\nProtection suite of priority 10\n"
      "        encryption algorithm:   Three key triple DES\n        hash algorithm:         Secure Hash Standard\n"
      "        authentication method:  Pre-Shared Key\n        Diffie-Hellman group:   #2 (1024 bit)\n"
      "        lifetime:               86400 seconds, no volume limit\n"
      "Default protection suite\n"
      "        encryption algorithm:   DES - Data Encryption Standard (56 bit keys).\n"
      "        hash algorithm:         Secure Hash Standard\n"
      "        authentication method:  Rivest-Shamir-Adleman Signature\n"
      "        Diffie-Hellman group:   #1 (768 bit)\n        lifetime:               86400 seconds, no volume limit\n" },
    { "12.4", "show crypto isakmp key",
      "Keyring      Hostname/Address                            Preshared Key\n"
      "default      10.100.2.102                                cisco123\n" },
    { "12.4", "show crypto ipsec transform-set",
      "Transform set myset: { esp-3des esp-sha-hmac  }\n   will negotiate = { Tunnel,  },\n" },
    { "12.4", "show crypto ipsec security-association lifetime",
      "Security association lifetime: 4608000 kilobytes/3600 seconds\n" },
    { "12.3", "show crypto map",
      "Crypto Map \"mymap\" 10 ipsec-isakmp\n        Peer = 10.100.2.102\n        Extended IP access list 101\n"
      "            access-list 101 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n"
      "        Current peer: 10.100.2.102\n        Security association lifetime: 4608000 kilobytes/3600 seconds\n"
      "        PFS (Y/N): N\n        Transform sets={\n                myset,\n        }\n"
      "        Interfaces using crypto map mymap:\n                FastEthernet0/0\n" },
    { "12.4", "show crypto map tag MYMAP", "No crypto maps found.\n" },
    { "12.4", "show crypto map interface FastEthernet0/1", "No crypto maps found.\n" },
    { "12.4", "show crypto session",
      "Crypto session current status\nInterface: FastEthernet0/0\nSession status: DOWN\nPeer: 10.100.2.102 port 500\n"
      "  IPSEC FLOW: permit ip 10.1.0.0/255.255.0.0 10.2.0.0/255.255.0.0\n        Active SAs: 0, origin: crypto map\n" },
    { "12.4", "show access-lists",
      "Extended IP access list 101\n    10 permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n" },
    { "12.2", "show ip access-lists 101",
      "Extended IP access list 101\n    permit ip 10.1.0.0 0.0.255.255 10.2.0.0 0.0.255.255\n" },
    { "12.4", "show ip interface brief",
      "Interface                  IP-Address      OK? Method Status                Protocol\n"
      "FastEthernet0/0            10.48.67.181    YES NVRAM  up                    up\n"
      "FastEthernet0/1            10.1.1.1        YES NVRAM  up                    up\n" },
    { "12.4", "show protocols",
      "Global values:\n  Internet Protocol routing is enabled\n"
      "FastEthernet0/0 is up, line protocol is up\n  Internet address is 10.48.67.181/27\n"
      "FastEthernet0/1 is up, line protocol is up\n  Internet address is 10.1.1.1/16\n" },
    { "12.4", "show clock", "*00:00:00.000 UTC Mon Mar 1 1993\n" },
    { "12.4", "show debugging", "" },
};
// clang-format on

Test(show, prints_each_listing_in_its_layout)
{
    for (size_t i = 0; i < G_N_ELEMENTS(listings); i++) {
        struct world *w = world_new();
        struct router *r = wired_hub(w, listings[i].version);
        expect_show(r, listings[i].command, listings[i].want);
        router_free(r);
        world_free(w);
    }
}

Test(show_ip_route, groups_subnets_and_puts_the_default_last)
{
    struct world *w = world_new();
    struct router *r =
        router_new(w, "r1", "12.4",
                   "hostname r1\n"
                   "interface FastEthernet0/0\n ip address 203.0.113.1 255.255.255.0\n"
                   " no shutdown\n"
                   "interface FastEthernet0/1\n ip address 10.1.0.1 255.255.255.0\n"
                   " no shutdown\n"
                   "ip route 0.0.0.0 0.0.0.0 203.0.113.2\n"
                   "ip route 10.2.0.0 255.255.255.0 203.0.113.2\n"
                   "ip route 172.16.0.0 255.255.0.0 203.0.113.2\n"
                   "ip route 192.168.1.0 255.255.255.128 203.0.113.2\n"
                   "ip route 192.168.1.128 255.255.255.192 203.0.113.2\n"
                   "ip route 192.168.9.0 255.255.255.0 198.51.100.7\n");
    wire(w, r, "FastEthernet0/0");
    wire(w, r, "FastEthernet0/1");
    g_autofree char *got = router_show(r, "show ip route");
    const char *table = strstr(got, "Gateway of last resort");
    cr_assert(table && g_str_has_prefix(got, "Codes: C - connected, S - static"), "%s", got);
    expect_lines(table,
                 "Gateway of last resort is 203.0.113.2 to network 0.0.0.0\n"
                 "     10.0.0.0/24 is subnetted, 2 subnets\n"
                 "C       10.1.0.0 is directly connected, FastEthernet0/1\n"
                 "S       10.2.0.0 [1/0] via 203.0.113.2\n"
                 "S    172.16.0.0/16 [1/0] via 203.0.113.2\n"
                 "     192.168.1.0/24 is variably subnetted, 2 subnets, 2 masks\n"
                 "S       192.168.1.0/25 [1/0] via 203.0.113.2\n"
                 "S       192.168.1.128/26 [1/0] via 203.0.113.2\n"
                 "S    192.168.9.0/24 [1/0] via 198.51.100.7\n"
                 "C    203.0.113.0/24 is directly connected, FastEthernet0/0\n"
                 "S*   0.0.0.0/0 [1/0] via 203.0.113.2\n",
                 "show ip route");
    expect_show(r, "show ip route 10.3.0.1", "% Subnet not in table\n");
    expect_show(r, "show ip route 11.3.0.1", "% Network not in table\n");
    struct view v;
    view_init(&v);
    cr_assert(ios_view(r->d, "ip route", &v));
    cr_expect_str_eq(view_cell(&v, view_count(&v) - 1, "interface"), "FastEthernet0/0");
    view_clear(&v);
    router_free(r);
    world_free(w);
}

Test(show_ip_interface, begins_with_the_lines_of_the_catalogue)
{
    struct world *w = world_new();
    struct router *r = wired_hub(w, "12.4");
    g_autofree char *got = router_show(r, "show ip interface f0/0");
    cr_expect(g_str_has_prefix(got, "FastEthernet0/0 is up, line protocol is up\n"
                                    "  Internet address is 10.48.67.181/27\n"
                                    "  Broadcast address is 255.255.255.255\n"
                                    "  Address determined by "),
              "%s", got);
    net_if_set_admin(net_if_by_name(r->d->node, "FastEthernet0/0"), false);
    g_autofree char *down = router_show(r, "show interfaces FastEthernet0/0");
    cr_expect(
        g_str_has_prefix(down, "FastEthernet0/0 is administratively down, line protocol is down\n"),
        "%s", down);
    router_free(r);
    world_free(w);
}

Test(show_access_lists, counts_matches)
{
    static const struct {
        uint64_t hits;
        const char *tail;
    } row[] = {{0, "0.0.255.255\n"}, {1, " (1 match)\n"}, {5, " (5 matches)\n"}};
    struct world *w = world_new();
    struct router *r = router_new(w, "hub", "12.4", hub_config);
    struct acl *acl = net_acl(r->d->node, "101");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        ((struct acl_line *)g_ptr_array_index(acl->lines, 0))->hits = row[i].hits;
        g_autofree char *got = router_show(r, "show access-lists 101");
        cr_expect(g_str_has_suffix(got, row[i].tail), "%s", got);
    }
    router_free(r);
    world_free(w);
}

Test(show_running_config, of_one_interface_is_its_section)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "hub", "12.4", hub_config);
    g_autofree char *got = router_show(r, "show running-config interface FastEthernet0/0");
    cr_expect(strstr(got, "!\ninterface FastEthernet0/0\n ip address 10.48.67.181 "
                          "255.255.255.224\n"),
              "%s", got);
    cr_expect(strstr(got, " crypto map mymap\nend\n"), "%s", got);
    cr_expect(!strstr(got, "FastEthernet0/1"), "%s", got);
    router_free(r);
    world_free(w);
}

Test(show_debugging, lists_what_is_on)
{
    struct world *w = world_new();
    struct router *r = router_new(w, "hub", "12.4", hub_config);
    router_debug(r, IOS_DEBUG_ISAKMP | IOS_DEBUG_IPSEC | IOS_DEBUG_ENGINE | IOS_DEBUG_ICMP);
    expect_show(r, "show debugging",
                "Generic IP:\n  ICMP packet debugging is on\nCryptographic Subsystem:\n"
                "  Crypto ISAKMP debugging is on\n  Crypto Engine debugging is on\n"
                "  Crypto IPSEC debugging is on\n");
    router_free(r);
    world_free(w);
}

Test(show_version, says_how_long_the_router_is_up)
{
    static const struct {
        sim_time at;
        const char *line;
    } row[] = {
        {0, "hub uptime is 0 minutes\n"},
        {SECONDS(60), "hub uptime is 1 minute\n"},
        {SECONDS(7500), "hub uptime is 2 hours, 5 minutes\n"},
        {SECONDS(604800 + 86400), "hub uptime is 1 week, 1 day\n"},
    };
    struct world *w = world_new();
    struct router *r = router_new(w, "hub", "12.3(6a)", hub_config);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        sim_run(w->sim, row[i].at);
        g_autofree char *got = router_show(r, "show version");
        cr_expect(strstr(got, row[i].line), "%s", got);
        cr_expect(strstr(got, "Version 12.3(6a), RELEASE SOFTWARE"), "%s", got);
        cr_expect(strstr(got, "2 FastEthernet interface(s)\n"), "%s", got);
    }
    router_free(r);
    world_free(w);
}
