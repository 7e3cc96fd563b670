/* Clients at a PIX: a group of clients with a login, and a client that names no group and is given
 * its address unasked (DBG-11). The PIX is 10.1.0.1, clients come from 10.1.0.2. */
#include "router.h"
#include "ike/access.h"

#include <string.h>

static const char firewall[] = "interface ethernet0 auto\n"
                               "interface ethernet1 auto\n"
                               "ip address outside 10.1.0.1 255.255.255.0\n"
                               "ip address inside 192.168.0.1 255.255.255.0\n"
                               "access-list 90 permit ip 192.168.0.0 255.255.255.0 10.32.8.0 "
                               "255.255.255.0\n"
                               "ip local pool dealer 10.32.8.1-10.32.8.10\n"
                               "sysopt connection permit-ipsec\n"
                               "crypto ipsec transform-set strong esp-3des esp-md5-hmac\n"
                               "crypto dynamic-map any 10 set transform-set strong\n"
                               "crypto map vpn 10 ipsec-isakmp dynamic any\n"
                               "crypto map vpn interface outside\n"
                               "isakmp enable outside\n"
                               "isakmp policy 1 authentication pre-share\n"
                               "isakmp policy 1 encryption 3des\n"
                               "isakmp policy 1 hash sha\n"
                               "isakmp policy 1 group 2\n"
                               "username joe password secret1\n"
                               "vpngroup work address-pool dealer\n"
                               "vpngroup work dns-server 192.168.0.53\n"
                               "vpngroup work default-domain example.com\n"
                               "vpngroup work split-tunnel 90\n"
                               "vpngroup work idle-time 60\n"
                               "vpngroup work password cisco123\n";

struct place {
    struct world *w;
    struct device *pix, *pc;
    GString *said;
    ip4 given; /* to who asked for nothing */
};

static void heard(void *self, const struct trace_event *e)
{
    g_string_append_printf(((struct place *)self)->said, "%s\n",
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

static struct place *place_new(const char *more, const char *kind, const char *pc)
{
    struct place *q = g_new0(struct place, 1);
    struct trace_mask want = {0};
    q->w = world_new();
    q->said = g_string_new(NULL);
    struct net_link *wan = net_link_new(q->w->net, "wan"), *lan = net_link_new(q->w->net, "lan");
    q->pix = device_new(q->w->net, "pix", vendor_kind("pix"), "6.3", NULL);
    q->pc = device_new(q->w->net, "pc", vendor_kind(kind), NULL, NULL);
    trace_mask_add(&want, EV_console);
    trace_subscribe(q->w->trace, q->pix->scope, &want, heard, q);
    g_autofree char *text = g_strconcat(firewall, more, NULL);
    load(q->pix, text);
    load(q->pc, pc);
    net_link_attach(wan, net_if_by_name(q->pix->node, "ethernet0"));
    net_link_attach(lan, net_if_by_name(q->pix->node, "ethernet1"));
    net_link_attach(wan, net_if_at(q->pc->node, 0));
    return q;
}

static void place_free(struct place *q)
{
    device_free(q->pc);
    device_free(q->pix);
    world_free(q->w);
    g_string_free(q->said, TRUE);
    g_free(q);
}

static void run(struct place *q, sim_time span)
{
    sim_run(q->w->sim, sim_now(q->w->sim) + span);
}

static char *cell(struct place *q, const char *show, const char *column)
{
    struct view v;
    view_init(&v);
    q->pix->kind->view(q->pix, show, &v);
    const char *text = view_count(&v) ? view_cell(&v, 0, column) : NULL;
    char *copy = g_strdup(text ? text : "");
    view_clear(&v);
    return copy;
}

static const char pcf[] = "[main]\nHost=10.1.0.1\nGroupName=work\nGroupPwd=cisco123\n"
                          "[x-pc]\naddress=10.1.0.2/24\ngateway=10.1.0.1\n";
#define LOGIN "crypto map vpn client authentication LOCAL\n"

/* The lines in order; other lines may stand between them. */
static void expect_in_order(const char *whole, const char *const *line, size_t n)
{
    const char *text = whole;
    for (size_t i = 0; i < n; i++) {
        const char *at = strstr(text, line[i]);
        cr_assert(at, "no \"%s\" (%zu) in\n%s", line[i], i, whole);
        text = at + strlen(line[i]);
    }
}

Test(pix_access, a_client_of_a_group_logs_in_and_gets_its_settings)
{
    static const char *const line[] = {
        "OAK_AG exchange",
        "ISAKMP (0): SA has been authenticated",
        "ISAKMP/xauth: request attribute XAUTH_USER_NAME",
        "ISAKMP/xauth: request attribute XAUTH_USER_PASSWORD",
        "ISAKMP_TRANSACTION exchange",
        "ISAKMP (0:0): processing transaction payload from 10.1.0.2. message ID = ",
        "ISAKMP: Config payload CFG_REPLY",
        "ISAKMP: Config payload CFG_ACK",
        "ISAKMP: Config payload CFG_REQUEST",
        "ISAKMP (0:0): checking request:",
        "ISAKMP: attribute IP4_ADDRESS (1)",
        "ISAKMP: attribute ADDRESS_EXPIRY (5)",
        "Unsupported Attr: 5",
    };
    struct place *q = place_new(LOGIN, "vpnclient", pcf);
    device_type(q->pix, "debug crypto isakmp");
    device_type(q->pc, "vpnclient connect work user joe pwd secret1");
    run(q, SECONDS(5));
    expect_in_order(q->said->str, line, G_N_ELEMENTS(line));
    g_autofree char *user = cell(q, "uauth", "user"), *address = cell(q, "uauth", "address"),
                    *local = cell(q, "crypto ipsec sa", "local-ident");
    cr_expect_str_eq(user, "joe");
    cr_expect_str_eq(address, "10.32.8.1");
    cr_expect(strstr(local, "192.168.0.0"), "%s", local); /* of the split tunnel */
    run(q, SECONDS(70));                                  /* idle-time */
    g_autofree char *gone = cell(q, "uauth", "user"),
                    *used = cell(q, "ip local pool dealer", "in-use");
    cr_expect_str_eq(gone, "");
    cr_expect_str_eq(used, "0");
    place_free(q);
}

Test(pix_access, whoever_may_not_come_in_gets_no_address)
{
    static const struct {
        const char *more, *password;
    } row[] = {
        {LOGIN, "wrong"},
        {LOGIN "no username joe\n", "secret1"},
        {LOGIN "no vpngroup work password\n", "secret1"},
        {LOGIN "no ip local pool dealer\n", "secret1"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct place *q = place_new(row[i].more, "vpnclient", pcf);
        g_autofree char *typed =
            g_strdup_printf("vpnclient connect work user joe pwd %s", row[i].password);
        device_type(q->pc, typed);
        run(q, SECONDS(60));
        g_autofree char *user = cell(q, "uauth", "user"),
                        *peer = cell(q, "crypto ipsec sa", "local-ident");
        cr_expect_str_eq(user, "", "%s", row[i].more);
        cr_expect_str_eq(peer, "", "%s", row[i].more);
        place_free(q);
    }
}

static void given(void *self, ike_sa_id sa, const struct ike_cfg *cfg)
{
    struct place *q = self;
    for (size_t i = 0; i < cfg->n; i++)
        if (cfg->type == CFG_SET && cfg->attr[i].type == CFG_ATTR_IP4_ADDRESS)
            q->given = be32_get(cfg->attr[i].value.p);
}

/* A client of the time before groups: its address is its identity, and it asks for nothing. */
static void call(struct place *q)
{
    static const struct ike_policy offer[] = {
        {1, CIPHER_DES, HASH_MD5, GROUP_MODP1024, IKE_AUTH_PSK, 86400},
        {2, CIPHER_3DES, HASH_SHA1, GROUP_MODP1024, IKE_AUTH_PSK, 86400},
    };
    ike_on_access(q->pc->ike, &(struct ike_access){.self = q, .configured = given});
    ike_connect(q->pc->ike, &(struct ike_connect){.local = IP4(10, 1, 0, 2),
                                                  .remote = IP4(10, 1, 0, 1),
                                                  .key = "cisco123",
                                                  .offers = offer,
                                                  .n_offers = G_N_ELEMENTS(offer)});
    run(q, SECONDS(5));
}

#define ROUTER "interface FastEthernet0/0\n ip address 10.1.0.2 255.255.255.0\n"
#define PUSH                                                                                       \
    "crypto map vpn client configuration address initiate\n"                                       \
    "isakmp client configuration address-pool local dealer outside\n"

Test(pix_access, a_client_without_a_group_is_given_its_address_unasked)
{
    static const char *const line[] = {
        "crypto_isakmp_process_block: src 10.1.0.2, dest 10.1.0.1",
        "OAK_AG exchange",
        "ISAKMP (0): processing SA payload. message ID = 0",
        "ISAKMP (0): Checking ISAKMP transform 1 against priority 1 policy",
        "ISAKMP:      encryption DES-CBC",
        "ISAKMP:      hash MD5",
        "ISAKMP (0): atts are not acceptable. Next payload is 3",
        "ISAKMP:      encryption 3DES-CBC",
        "ISAKMP:      hash SHA",
        "ISAKMP (0): atts are acceptable.",
        "return status is IKMP_NO_ERROR",
        "ISAKMP (0:0): Need config/address",
        "ISAKMP (0:0): initiating peer config to 10.1.0.2. ID = ",
        "crypto_isakmp_process_block: src 10.1.0.2, dest 10.1.0.1",
        "ISAKMP_TRANSACTION exchange",
        "ISAKMP (0:0): processing transaction payload from 10.1.0.2. message ID = ",
        "ISAKMP: Config payload CFG_ACK",
        "ISAKMP (0:0): peer accepted the address!",
    };
    struct place *q =
        place_new(PUSH "isakmp key cisco123 address 0.0.0.0 netmask 0.0.0.0\n", "ios", ROUTER);
    device_type(q->pix, "debug crypto isakmp");
    call(q);
    cr_expect_eq(q->given, IP4(10, 32, 8, 1));
    expect_in_order(q->said->str, line, G_N_ELEMENTS(line));
    place_free(q);
}

Test(pix_access, a_key_may_free_its_peer_of_address_and_login)
{
    static const struct {
        const char *key;
        bool given;
    } row[] = {
        {"isakmp key cisco123 address 10.1.0.2 netmask 255.255.255.255\n", true},
        {"isakmp key cisco123 address 10.1.0.2 netmask 255.255.255.255 no-config-mode\n", false},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *more = g_strconcat(PUSH, row[i].key, NULL);
        struct place *q = place_new(more, "ios", ROUTER);
        call(q);
        cr_expect_eq(q->given != 0, row[i].given, "%s", row[i].key);
        place_free(q);
    }
}

Test(pix_access, what_is_configured_is_read_back)
{
    static const char lines[] =
        LOGIN PUSH "crypto map vpn client configuration address respond\n"
                   "aaa-server RAD protocol radius \n"
                   "aaa-server RAD (inside) host 192.168.0.9 s3cret timeout 7\n"
                   "vpngroup work wins-server 192.168.0.54\n"
                   "vpngroup work split-dns example.com\n"
                   "vpngroup work max-time 3600\n";
    struct place *q = place_new(lines, "ios", ROUTER);
    g_autoptr(GString) text = g_string_new(NULL);
    q->pix->kind->show(q->pix, "write terminal", text);
    g_autofree char *all =
        g_strconcat(firewall + strlen("interface ethernet0 auto\n"), lines, NULL);
    g_auto(GStrv) each = g_strsplit(all, "\n", -1);
    for (char **l = each; *l; l++) {
        bool hidden = strstr(*l, "password ") || strstr(*l, "s3cret");
        if (!hidden)
            cr_expect(strstr(text->str, *l), "%s is not in\n%s", *l, text->str);
    }
    cr_expect(strstr(text->str, "vpngroup work password ********"));
    cr_expect(strstr(text->str, "host 192.168.0.9 ******** timeout 7"));
    place_free(q);
}
