/* The hub's trace of the catalogue (hub-and-spoke.md chapter 4), line by line: the events of a main
 * mode and a quick mode, as the engines emit them, become exactly those lines. The trace was
 * recorded with ISAKMP profiles; their lines
 * ("Scanning profiles", "peer matches", keyring "spokes") do not exist on a router without them. */
#include "hub_lines.h"
#include "router.h"

enum { SA = 7, MSGID = 904613356 };
#define HUB     IP4(10, 48, 67, 181)
#define SPOKE   IP4(10, 100, 2, 102)
#define MASK16  0xffff0000u
#define SPI_IN  0xF8B3BAC8u
#define SPI_OUT 0x68BC0109u
static const uint8_t day[4] = {0, 1, 0x51, 0x80};
static const uint8_t volume[4] = {0, 0x46, 0x50, 0};

static void rx(struct trace_scope *scope, bool known, enum isakmp_exchange x, uint32_t msgid,
               enum ike_state state)
{
    TRACE(scope, ike_rx, .sa = known ? SA : 0, .role = IKE_RESPONDER, .known = known, .local = HUB,
          .lport = 500, .remote = SPOKE, .rport = 500, .exchange = x, .msgid = msgid,
          .state = state);
}

static void tx(struct trace_scope *scope, enum isakmp_exchange x, uint32_t msgid,
               enum ike_state state)
{
    TRACE(scope, ike_tx, .sa = SA, .role = IKE_RESPONDER, .local = HUB, .lport = 500,
          .remote = SPOKE, .rport = 500, .exchange = x, .msgid = msgid, .state = state);
}

static void move(struct trace_scope *scope, enum ike_input input, enum ike_state old,
                 enum ike_state new)
{
    TRACE(scope, ike_state, .sa = SA, .role = IKE_RESPONDER, .input = input, .old = old,
          .new = new);
}

static void payload(struct trace_scope *scope, enum isakmp_payload_type type, uint32_t msgid)
{
    TRACE(scope, ike_payload, .sa = SA, .msgid = msgid, .payload = type);
}

static void key(struct trace_scope *scope)
{
    TRACE(scope, ike_key_search, .remote = SPOKE, .store = "default", .found = true);
    TRACE(scope, ike_key_found, .sa = SA, .remote = SPOKE);
}

static void attr(struct trace_scope *scope, uint32_t type, uint32_t value)
{
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = type, .value = value, .basic = true);
}

static void messages_1_and_2(struct trace_scope *scope)
{
    rx(scope, false, EXCHANGE_MAIN, 0, IKE_STATE_READY);
    TRACE(scope, ike_sa_new, .sa = SA, .role = IKE_RESPONDER, .local = HUB, .lport = 500,
          .remote = SPOKE, .rport = 500);
    move(scope, IKE_INPUT_FROM_PEER_MM_EXCH, IKE_STATE_READY, IKE_STATE_R_MM1);
    payload(scope, PAYLOAD_SA, 0);
    key(scope);
    TRACE(scope, ike_offer, .sa = SA, .transform = 1, .priority = 10);
    attr(scope, IKE_ATTR_ENCRYPTION, 5);
    attr(scope, IKE_ATTR_HASH, 2);
    attr(scope, IKE_ATTR_GROUP, 2);
    attr(scope, IKE_ATTR_AUTH, 1);
    attr(scope, IKE_ATTR_LIFE_TYPE, 1);
    TRACE(scope, ike_offer_attr, .sa = SA, .attr = IKE_ATTR_LIFE_DURATION, .value = 86400,
          .bytes = {day, 4});
    TRACE(scope, ike_offer_end, .sa = SA, .accepted = true);
    TRACE(scope, ike_dh_make, .sa = SA, .group = GROUP_MODP1024);
    move(scope, IKE_INPUT_INTERNAL_PROCESS_MAIN_MODE, IKE_STATE_R_MM1, IKE_STATE_R_MM1);
    tx(scope, EXCHANGE_MAIN, 0, IKE_STATE_R_MM1);
    move(scope, IKE_INPUT_INTERNAL_PROCESS_COMPLETE, IKE_STATE_R_MM1, IKE_STATE_R_MM2);
}

static void messages_3_and_4(struct trace_scope *scope)
{
    rx(scope, true, EXCHANGE_MAIN, 0, IKE_STATE_R_MM2);
    move(scope, IKE_INPUT_FROM_PEER_MM_EXCH, IKE_STATE_R_MM2, IKE_STATE_R_MM3);
    payload(scope, PAYLOAD_KE, 0);
    payload(scope, PAYLOAD_NONCE, 0);
    key(scope);
    TRACE(scope, ike_skeyid, .sa = SA);
    payload(scope, PAYLOAD_VID, 0);
    TRACE(scope, ike_vendor_id, .sa = SA, .vid = IKE_VID_PEER_BOX, .bytes = {day, 4});
    move(scope, IKE_INPUT_INTERNAL_PROCESS_MAIN_MODE, IKE_STATE_R_MM3, IKE_STATE_R_MM3);
    tx(scope, EXCHANGE_MAIN, 0, IKE_STATE_R_MM3);
    move(scope, IKE_INPUT_INTERNAL_PROCESS_COMPLETE, IKE_STATE_R_MM3, IKE_STATE_R_MM4);
}

static void messages_5_and_6(struct trace_scope *scope)
{
    rx(scope, true, EXCHANGE_MAIN, 0, IKE_STATE_R_MM4);
    move(scope, IKE_INPUT_FROM_PEER_MM_EXCH, IKE_STATE_R_MM4, IKE_STATE_R_MM5);
    payload(scope, PAYLOAD_ID, 0);
    TRACE(scope, ike_id, .sa = SA, .next_payload = 8, .type = ID_IPV4_ADDR, .addr = SPOKE,
          .protocol = 17, .port = 500, .length = 12);
    payload(scope, PAYLOAD_HASH, 0);
    TRACE(scope, ike_hmac, .sa = SA);
    TRACE(scope, ike_authenticated, .sa = SA, .local = HUB, .remote = SPOKE, .rport = 500);
    move(scope, IKE_INPUT_INTERNAL_PROCESS_MAIN_MODE, IKE_STATE_R_MM5, IKE_STATE_R_MM5);
    TRACE(scope, ike_id, .sa = SA, .ours = true, .next_payload = 8, .type = ID_IPV4_ADDR,
          .addr = HUB, .protocol = 17, .port = 500, .length = 12);
    TRACE(scope, ike_hmac, .sa = SA);
    TRACE(scope, ike_dh_clear, .sa = SA);
    tx(scope, EXCHANGE_MAIN, 0, IKE_STATE_R_MM5);
    move(scope, IKE_INPUT_INTERNAL_PROCESS_COMPLETE, IKE_STATE_R_MM5, IKE_STATE_QM_IDLE);
    move(scope, IKE_INPUT_INTERNAL_PHASE1_COMPLETE, IKE_STATE_QM_IDLE, IKE_STATE_QM_IDLE);
}

static void qm_attr(struct trace_scope *scope, uint32_t type, uint32_t value)
{
    TRACE(scope, qm_attr, .sa = SA, .msgid = MSGID, .attr = type, .value = value, .basic = true);
}

static void quick_message_1(struct trace_scope *scope)
{
    rx(scope, true, EXCHANGE_QUICK, MSGID, IKE_STATE_QM_IDLE);
    TRACE(scope, qm_new, .sa = SA, .msgid = MSGID);
    payload(scope, PAYLOAD_HASH, MSGID); /* the engine names it before it makes the HMAC */
    TRACE(scope, ike_hmac, .sa = SA, .msgid = MSGID);
    payload(scope, PAYLOAD_SA, MSGID);
    TRACE(scope, qm_proposal, .sa = SA, .msgid = MSGID, .number = 1, .protocol = 3);
    TRACE(scope, qm_transform, .sa = SA, .msgid = MSGID, .number = 1, .protocol = 3,
          .transform = 3);
    qm_attr(scope, IPSEC_ATTR_ENCAPSULATION, 1);
    qm_attr(scope, IPSEC_ATTR_LIFE_TYPE, 1);
    qm_attr(scope, IPSEC_ATTR_LIFE_DURATION, 3600);
    qm_attr(scope, IPSEC_ATTR_LIFE_TYPE, 2);
    TRACE(scope, qm_attr, .sa = SA, .msgid = MSGID, .attr = IPSEC_ATTR_LIFE_DURATION,
          .value = 4608000, .bytes = {volume, 4});
    qm_attr(scope, IPSEC_ATTR_AUTH, 2);
    TRACE(scope, qm_transform_end, .sa = SA, .msgid = MSGID, .accepted = true);
    TRACE(scope, ipsec_validate, .part = 1, .local = HUB, .remote = SPOKE,
          .local_net = IP4(10, 1, 0, 0), .local_mask = MASK16, .local_type = 4,
          .remote_net = IP4(10, 2, 0, 0), .remote_mask = MASK16, .remote_type = 4,
          .cipher = CIPHER_3DES, .auth = HASH_SHA1, .map = "mymap");
    payload(scope, PAYLOAD_NONCE, MSGID);
    payload(scope, PAYLOAD_ID, MSGID);
    payload(scope, PAYLOAD_ID, MSGID);
    TRACE(scope, qm_spi_wanted, .sa = SA, .msgid = MSGID, .count = 1);
    TRACE(scope, qm_state, .sa = SA, .msgid = MSGID, .input = IKE_INPUT_FROM_PEER_QM_EXCH,
          .old = QM_READY, .new = QM_SPI_STARVE);
}

static void quick_message_2(struct trace_scope *scope)
{
    TRACE(scope, qm_spi, .sa = SA, .msgid = MSGID, .spi = SPI_IN, .local = HUB, .remote = SPOKE,
          .protocol = 3);
    TRACE(scope, ike_hmac, .sa = SA, .msgid = MSGID);
    tx(scope, EXCHANGE_QUICK, MSGID, IKE_STATE_QM_IDLE);
    TRACE(scope, qm_state, .sa = SA, .msgid = MSGID, .input = IKE_INPUT_FROM_IPSEC_SPI_REPLY,
          .old = QM_SPI_STARVE, .new = QM_R_QM2);
}

static void install(struct trace_scope *scope, bool inbound)
{
    TRACE(scope, ipsec_init_sas, .inbound = inbound, .local = HUB, .remote = SPOKE,
          .local_net = IP4(10, 1, 0, 0), .local_mask = MASK16, .local_type = 4,
          .remote_net = IP4(10, 2, 0, 0), .remote_mask = MASK16, .remote_type = 4,
          .cipher = CIPHER_3DES, .auth = HASH_SHA1, .life_s = 3600, .life_kb = 4608000,
          .spi = inbound ? SPI_IN : SPI_OUT, .sa = inbound ? 31 : 32, .map = "mymap");
}

/* IPsec installs at once, before quick mode has closed its books; on the router that goes through a
 * queue. */
static void quick_message_3(struct trace_scope *scope)
{
    rx(scope, true, EXCHANGE_QUICK, MSGID, IKE_STATE_QM_IDLE);
    payload(scope, PAYLOAD_HASH, MSGID);
    TRACE(scope, ike_hmac, .sa = SA, .msgid = MSGID);
    TRACE(scope, qm_install, .sa = SA, .msgid = MSGID, .role = IKE_RESPONDER, .local = HUB,
          .remote = SPOKE, .local_net = IP4(10, 1, 0, 0), .local_mask = MASK16,
          .remote_net = IP4(10, 2, 0, 0), .remote_mask = MASK16, .spi_in = SPI_IN,
          .spi_out = SPI_OUT, .life_s = 3600, .life_kb = 4608000);
    install(scope, true);
    install(scope, false);
    TRACE(scope, ipsec_sa_new, .sa = 31, .inbound = true, .dst = HUB, .src = SPOKE, .protocol = 50,
          .spi = SPI_IN, .cipher = CIPHER_3DES, .auth = HASH_SHA1, .map = "mymap");
    TRACE(scope, ipsec_sa_new, .sa = 32, .dst = SPOKE, .src = HUB, .protocol = 50, .spi = SPI_OUT,
          .cipher = CIPHER_3DES, .auth = HASH_SHA1, .map = "mymap");
    TRACE(scope, qm_done, .sa = SA, .msgid = MSGID, .reason = "await");
    TRACE(scope, qm_state, .sa = SA, .msgid = MSGID, .input = IKE_INPUT_FROM_PEER_QM_EXCH,
          .old = QM_R_QM2, .new = QM_PHASE2_COMPLETE);
}

/* Rule N3: handles are masked. */
static char *mask_handles(const char *text)
{
    g_autoptr(GRegex) handle = g_regex_new("sa = [0-9A-F]{8}$", G_REGEX_MULTILINE, 0, NULL);
    return g_regex_replace_literal(handle, text, -1, 0, "sa = <handle>", 0, NULL);
}

static const struct {
    const char *what;
    void (*happens)(struct trace_scope *scope);
    const char *lines;
} steps[] = {
    {"L01 to L03", messages_1_and_2, lines_1_and_2},
    {"L04 to L06", messages_3_and_4, lines_3_and_4},
    {"L07 to L10", messages_5_and_6, lines_5_and_6},
    {"L11", quick_message_1, lines_quick_1},
    {"L12", quick_message_2, lines_quick_2},
    {"L13 and L14", quick_message_3, lines_quick_3},
};

static struct router *hub_new(struct world *w, const char *version)
{
    g_autofree char *config = g_strconcat(hub_config,
                                          "crypto map mymap 20 ipsec-isakmp\n"
                                          " set peer 10.100.2.102\n"
                                          " set transform-set myset\n"
                                          " match address 102\n",
                                          NULL);
    return router_new(w, "hub", version, config);
}

Test(hub_trace, comes_out_line_by_line)
{
    struct world *w = world_new();
    struct router *r = hub_new(w, "12.3(6a)");
    router_debug(r, IOS_DEBUG_ISAKMP | IOS_DEBUG_IPSEC | IOS_DEBUG_ENGINE);
    g_free(router_said(r));
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        steps[i].happens(r->d->scope);
        g_autofree char *said = router_said(r);
        g_autofree char *masked = mask_handles(said);
        expect_lines(masked, steps[i].lines, steps[i].what);
    }
    router_free(r);
    world_free(w);
}

/* Each debug says its own lines, in the order they have when all are on. */
Test(hub_trace, of_one_debug_is_what_that_debug_says_of_the_whole)
{
    static const struct {
        unsigned debug;
        const char *begins[3];
    } row[] = {
        {IOS_DEBUG_ISAKMP, {"ISAKMP", NULL}},
        {IOS_DEBUG_IPSEC, {"IPSEC", NULL}},
        {IOS_DEBUG_ENGINE, {"CryptoEngine0", "CRYPTO_ENGINE", NULL}},
    };
    for (size_t k = 0; k < G_N_ELEMENTS(row); k++) {
        struct world *w = world_new();
        struct router *r = hub_new(w, "12.3");
        router_debug(r, row[k].debug);
        g_free(router_said(r));
        g_autoptr(GString) want = g_string_new(NULL);
        for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
            steps[i].happens(r->d->scope);
            g_auto(GStrv) lines = g_strsplit(steps[i].lines, "\n", -1);
            bool ours = false;
            for (char **l = lines; *l; l++) {
                if (**l && **l != ' ') {
                    ours = false;
                    for (const char *const *b = row[k].begins; *b; b++)
                        ours |= g_str_has_prefix(*l, *b);
                }
                if (ours)
                    g_string_append_printf(want, "%s\n", *l);
            }
        }
        g_autofree char *said = router_said(r);
        g_autofree char *masked = mask_handles(said);
        expect_lines(masked, want->str, row[k].begins[0]);
        router_free(r);
        world_free(w);
    }
}

Test(hub_trace, is_the_same_twice_handles_included)
{
    g_autofree char *first = NULL;
    for (int run = 0; run < 2; run++) {
        struct world *w = world_new();
        struct router *r = hub_new(w, "12.4");
        router_debug(r, IOS_DEBUG_ISAKMP);
        for (size_t i = 0; i < G_N_ELEMENTS(steps); i++)
            steps[i].happens(r->d->scope);
        g_autofree char *said = router_said(r);
        if (run == 0)
            first = g_steal_pointer(&said);
        else
            cr_expect_str_eq(said, first);
        router_free(r);
        world_free(w);
    }
}

/* 12.2 has no state machine lines and writes its blocks by destination and source (DBG-06). */
Test(hub_trace, in_12_2_has_neither_states_nor_vrfs)
{
    struct world *w = world_new();
    struct router *r = hub_new(w, "12.2");
    router_debug(r, IOS_DEBUG_ISAKMP | IOS_DEBUG_IPSEC);
    g_free(router_said(r));
    for (size_t i = 0; i < 4; i++)
        steps[i].happens(r->d->scope);
    g_autofree char *said = router_said(r);
    static const char *const never[] = {"Old State",  "Input =", "Global",
                                        "kei_proxy",  "INBOUND", "local preshared key found",
                                        "Looking for"};
    for (size_t i = 0; i < G_N_ELEMENTS(never); i++)
        cr_expect(!strstr(said, never[i]), "12.2 does not say \"%s\"", never[i]);
    static const char block[] = "IPSEC(validate_proposal_request): proposal part #1,\n"
                                "  (key eng. msg.) dest= 10.48.67.181, src= 10.100.2.102,\n"
                                "    dest_proxy= 10.1.0.0/255.255.0.0/0/0 (type=4),\n"
                                "    src_proxy= 10.2.0.0/255.255.0.0/0/0 (type=4),\n"
                                "    protocol= ESP, transform= esp-3des esp-sha-hmac ,\n"
                                "    lifedur= 0s and 0kb,\n"
                                "    spi= 0x0(0), conn_id= 0, keysize= 0, flags= 0x4\n";
    cr_expect(strstr(said, block), "%s", said);
    cr_expect(strstr(said, "ISAKMP:      encaps is 1\n"));
    steps[4].happens(r->d->scope);
    g_free(router_said(r));
    steps[5].happens(r->d->scope);
    g_autofree char *installed = router_said(r);
    static const char outbound[] =
        "IPSEC(initialize_sas): ,\n"
        "  (key eng. msg.) src= 10.48.67.181, dest= 10.100.2.102,\n"
        "    src_proxy= 10.1.0.0/255.255.0.0/0/0 (type=4),\n"
        "    dest_proxy= 10.2.0.0/255.255.0.0/0/0 (type=4),\n"
        "    protocol= ESP, transform= esp-3des esp-sha-hmac ,\n"
        "    lifedur= 3600s and 4608000kb,\n"
        "    spi= 0x68BC0109(1757151497), conn_id= 2001, keysize= 0, flags= 0x4\n";
    cr_expect(strstr(installed, outbound), "%s", installed);
    cr_expect(strstr(installed, "has spi 0xF8B3BAC8 and conn_id 2000 and flags 4\n"), "%s",
              installed);
    router_free(r);
    world_free(w);
}
