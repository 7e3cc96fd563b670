/* Two routers negotiate for real, and what they say and show is held against the catalogue's trace
 * and its property rules (debug-and-errors.md chapter 9, hub-and-spoke.md chapter 13). */
#include "hub_lines.h"
#include "router.h"

/* hub -- middle -- spoke, both LANs on stub segments. */
struct pair {
    struct world *w;
    struct router *hub, *spoke;
    GArray *installs; /* struct ev_qm_install of the hub */
};

static void join(struct world *w, const char *name, struct net_if *a, struct net_if *b)
{
    struct net_link *l = net_link_new(w->net, name);
    struct net_impair delay = {.delay = MILLISECONDS(5)};
    cr_assert(net_link_attach(l, a) && net_link_attach(l, b));
    net_link_impair(l, UINT32_MAX, &delay);
}

static struct net_if *port(struct net_node *n, const char *name, ip4 addr, ip4 mask)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, addr, mask);
    return i;
}

static void on_install(void *self, const struct trace_event *e)
{
    g_array_append_vals(self, e->data, 1);
}

static struct pair *pair_new(const char *hub_version, const char *spoke_version,
                             const char *hub_extra, const char *spoke_extra)
{
    struct pair *p = g_new0(struct pair, 1);
    struct world *w = p->w = world_new();
    g_autofree char *hub = g_strconcat(hub_config, hub_extra, NULL);
    g_autofree char *spoke = g_strconcat(spoke_config, spoke_extra, NULL);
    p->hub = router_new(w, "hub", hub_version, hub);
    p->spoke = router_new(w, "spoke", spoke_version, spoke);
    struct net_node *middle = net_node_new(w->net, "middle", true);
    join(w, "left", net_if_by_name(p->hub->d->node, "FastEthernet0/0"),
         port(middle, "eth0", IP4(10, 48, 67, 182), ip4_mask(27)));
    join(w, "right", net_if_by_name(p->spoke->d->node, "FastEthernet0/0"),
         port(middle, "eth1", IP4(10, 100, 2, 1), ip4_mask(24)));
    join(w, "hublan", net_if_by_name(p->hub->d->node, "FastEthernet0/1"),
         port(net_node_new(w->net, "pc1", false), "eth0", IP4(10, 1, 1, 9), ip4_mask(16)));
    join(w, "spokelan", net_if_by_name(p->spoke->d->node, "FastEthernet0/1"),
         port(net_node_new(w->net, "pc2", false), "eth0", IP4(10, 2, 1, 9), ip4_mask(16)));
    p->installs = g_array_new(FALSE, FALSE, sizeof(struct ev_qm_install));
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_qm_install);
    trace_subscribe(w->trace, p->hub->d->scope, &want, on_install, p->installs);
    device_config_changed(p->hub->d, "links");
    device_config_changed(p->spoke->d, "links");
    sim_run(w->sim, SECONDS(1));
    return p;
}

static void pair_free(struct pair *p)
{
    trace_unsubscribe(p->w->trace, on_install, p->installs);
    g_array_unref(p->installs);
    router_free(p->hub);
    router_free(p->spoke);
    world_free(p->w);
    g_free(p);
}

#define ALL (IOS_DEBUG_ISAKMP | IOS_DEBUG_IPSEC | IOS_DEBUG_ENGINE)
static void ping_from_spoke(struct pair *p, sim_time until)
{
    device_type(p->spoke->d, "ping 10.1.1.1 source 10.2.1.1\n");
    sim_run(p->w->sim, until);
}

/* ---- The trace ---- */

static void swap(GString *text, const char *format, uint32_t have, const char *recorded)
{
    g_autofree char *what = g_strdup_printf(format, have);
    g_string_replace(text, what, recorded, 0);
}

/* Rules N3 and N4: random values become those of the recording, handles become <handle>. */
static char *as_recorded(const struct pair *p, const char *said)
{
    cr_assert_eq(p->installs->len, 1);
    const struct ev_qm_install *e = &g_array_index(p->installs, struct ev_qm_install, 0);
    g_autoptr(GString) text = g_string_new(said);
    swap(text, "0x%X(", e->spi_in, "0xF8B3BAC8(");
    swap(text, "0x%X ", e->spi_in, "0xF8B3BAC8 ");
    swap(text, "%u", e->spi_in, "4172528328");
    swap(text, "0x%X(", e->spi_out, "0x68BC0109(");
    swap(text, "%u", e->spi_out, "1757151497");
    swap(text, "%d", e->spi_out, "1757151497");
    swap(text, "%d", e->msgid, "904613356");
    g_autoptr(GRegex) handle = g_regex_new("sa = [0-9A-F]{8}", 0, 0, NULL);
    return g_regex_replace_literal(handle, text->str, -1, 0, "sa = <handle>", 0, NULL);
}

/* The spoke of the recording ran 12.2 and sent no INITIAL-CONTACT. */
Test(pair, hub_says_the_recorded_trace_line_by_line)
{
    static const char *const pieces[] = {lines_1_and_2, lines_3_and_4, lines_5_and_6,
                                         lines_quick_1, lines_quick_2, lines_quick_3};
    struct pair *p = pair_new("12.3(6a)", "12.2(23a)",
                              "crypto map mymap 20 ipsec-isakmp\n set peer 10.100.2.102\n"
                              " set transform-set myset\n match address 102\n",
                              "");
    p->spoke->d->profile.send_initial_contact = false;
    router_debug(p->hub, ALL);
    g_free(router_said(p->hub));
    ping_from_spoke(p, SECONDS(20));
    g_autofree char *said = router_said(p->hub);
    g_autofree char *masked = as_recorded(p, said);
    g_autoptr(GString) want = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(pieces); i++)
        g_string_append(want, pieces[i]);
    expect_lines(masked, want->str, "the hub");
    pair_free(p);
}

/* hub-and-spoke.md chapter 6: the steps of an initiator of 12.3, in their order. */
Test(pair, spoke_says_the_steps_of_an_initiator)
{
    static const char *const steps[] = {
        "IPSEC(sa_request): ,",
        "OUTBOUND local= 10.100.2.102, remote= 10.48.67.181,",
        "local_proxy= 10.2.0.0/255.255.0.0/0/0 (type=4),",
        "ISAKMP: received ke message (1/1)",
        "ISAKMP (0:0): SA request profile is (NULL)",
        "ISAKMP: local port 500, remote port 500",
        "ISAKMP: insert sa successfully sa = ",
        "ISAKMP (0:1): Can not start Aggressive mode, trying Main mode.",
        "ISAKMP (0:1): Input = IKE_MESG_FROM_IPSEC, IKE_SA_REQ_MM",
        "ISAKMP (0:1): Old State = IKE_READY  New State = IKE_I_MM1",
        "ISAKMP (0:1): beginning Main Mode exchange",
        "ISAKMP (0:1): sending packet to 10.48.67.181 my_port 500 peer_port 500 (I) MM_NO_STATE",
        "received packet from 10.48.67.181 dport 500 sport 500 Global (I) MM_NO_STATE",
        "Old State = IKE_I_MM1  New State = IKE_I_MM2",
        "processing SA payload. message ID = 0",
        "found peer pre-shared key matching 10.48.67.181",
        "local preshared key found",
        "Checking ISAKMP transform 1 against priority 10 policy",
        "atts are acceptable. Next payload is 0",
        "Old State = IKE_I_MM2  New State = IKE_I_MM2",
        "my_port 500 peer_port 500 (I) MM_SA_SETUP",
        "Old State = IKE_I_MM2  New State = IKE_I_MM3",
        "Global (I) MM_SA_SETUP",
        "Old State = IKE_I_MM3  New State = IKE_I_MM4",
        "processing KE payload. message ID = 0",
        "processing NONCE payload. message ID = 0",
        "SKEYID state generated",
        "Send initial contact",
        "SA is doing pre-shared key authentication using id type ID_IPV4_ADDR",
        "ISAKMP (1): Total payload length: 12",
        "my_port 500 peer_port 500 (I) MM_KEY_EXCH",
        "Old State = IKE_I_MM4  New State = IKE_I_MM5",
        "Global (I) MM_KEY_EXCH",
        "processing ID payload. message ID = 0",
        "processing HASH payload. message ID = 0",
        "SA has been authenticated with 10.48.67.181",
        "New State = IKE_P1_COMPLETE",
        "beginning Quick Mode exchange, M-ID of ",
        "my_port 500 peer_port 500 (I) QM_IDLE",
        "Input = IKE_MESG_INTERNAL, IKE_INIT_QM",
        "Old State = IKE_QM_READY  New State = IKE_QM_I_QM1",
        "Global (I) QM_IDLE",
        "Checking IPSec proposal 1",
        "Creating IPSec SAs",
        "my_port 500 peer_port 500 (I) QM_IDLE",
        "Old State = IKE_QM_I_QM1  New State = IKE_QM_PHASE2_COMPLETE",
        "IPSEC(key_engine): got a queue event...",
        "IPSEC(initialize_sas): ,",
        "IPSEC(create_sa): sa created,",
        "IPSEC(create_sa): sa created,",
    };
    struct pair *p = pair_new("12.3", "12.3", "", "");
    router_debug(p->spoke, ALL);
    g_free(router_said(p->spoke));
    ping_from_spoke(p, SECONDS(20));
    g_autofree char *said = router_said(p->spoke);
    const char *at = said;
    for (size_t i = 0; i < G_N_ELEMENTS(steps); i++) {
        const char *found = strstr(at, steps[i]);
        cr_assert(found, "step %zu, \"%s\", does not follow in\n%s", i, steps[i], said);
        at = found + strlen(steps[i]);
    }
    pair_free(p);
}

/* Rule 2 of hub-and-spoke.md: every old state is the new one of the transition before, in each
 * machine. */
Test(pair, transitions_are_chained)
{
    struct pair *p = pair_new("12.4", "12.4", "", "");
    struct router *both[] = {p->hub, p->spoke};
    for (size_t k = 0; k < 2; k++)
        router_debug(both[k], IOS_DEBUG_ISAKMP);
    ping_from_spoke(p, SECONDS(20));
    g_autoptr(GRegex) move = g_regex_new("Old State = (\\S+)  New State = (\\S+)", 0, 0, NULL);
    for (size_t k = 0; k < 2; k++) {
        g_autofree char *said = router_said(both[k]);
        g_autofree char *main_mode = g_strdup("IKE_READY");
        g_autofree char *quick_mode = g_strdup("IKE_QM_READY");
        g_autoptr(GMatchInfo) m = NULL;
        int n = 0;
        for (g_regex_match(move, said, 0, &m); g_match_info_matches(m);
             g_match_info_next(m, NULL), n++) {
            g_autofree char *old = g_match_info_fetch(m, 1);
            char **now = g_str_has_prefix(old, "IKE_QM_") ? &quick_mode : &main_mode;
            cr_expect_str_eq(old, *now);
            g_free(*now);
            *now = g_match_info_fetch(m, 2);
        }
        cr_expect_gt(n, 8);
        cr_expect_str_eq(main_mode, "IKE_P1_COMPLETE");
        cr_expect_str_eq(quick_mode, "IKE_QM_PHASE2_COMPLETE");
    }
    pair_free(p);
}

/* ---- The property rules of debug-and-errors.md chapter 9 ---- */

static void rule_1_and_2(const char *text)
{
    g_autoptr(GRegex) pair = g_regex_new("0x([0-9A-Za-z]+)\\(([0-9]+)\\)", 0, 0, NULL);
    g_autoptr(GRegex) upper = g_regex_new("^(0|[1-9A-F][0-9A-F]*)$", 0, 0, NULL);
    g_autoptr(GMatchInfo) m = NULL;
    int n = 0;
    for (g_regex_match(pair, text, 0, &m); g_match_info_matches(m);
         g_match_info_next(m, NULL), n++) {
        g_autofree char *hex = g_match_info_fetch(m, 1), *dec = g_match_info_fetch(m, 2);
        cr_expect_eq(g_ascii_strtoull(hex, NULL, 16), g_ascii_strtoull(dec, NULL, 10), "%s(%s)",
                     hex, dec);
        cr_expect(g_regex_match(upper, hex, 0, NULL), "%s", hex);
    }
    cr_expect_gt(n, 0);
}

static char *first(const char *text, const char *pattern)
{
    g_autoptr(GRegex) r = g_regex_new(pattern, 0, 0, NULL);
    g_autoptr(GMatchInfo) m = NULL;
    g_regex_match(r, text, 0, &m);
    cr_assert(g_match_info_matches(m), "%s is not in\n%s", pattern, text);
    return g_match_info_fetch(m, 1);
}

static guint64 number(const char *text, const char *pattern)
{
    g_autofree char *found = first(text, pattern);
    return g_ascii_strtoull(found, NULL, 10);
}

static void rule_3_and_4(const char *shown)
{
    g_autofree char *current = first(shown, "current outbound spi: (\\S+)");
    g_autofree char *newest = first(shown, "outbound esp sas:\\s+spi: 0x([0-9A-F]+)\\(");
    cr_expect_str_eq(current, newest);
    g_autoptr(GRegex) ids = g_regex_new("conn id: ([0-9]+), flow_id: ([0-9]+)", 0, 0, NULL);
    g_autoptr(GMatchInfo) m = NULL;
    for (g_regex_match(ids, shown, 0, &m); g_match_info_matches(m); g_match_info_next(m, NULL)) {
        g_autofree char *conn = g_match_info_fetch(m, 1), *flow = g_match_info_fetch(m, 2);
        cr_expect_eq(atoi(conn), atoi(flow) + 1999);
    }
}

static void rule_5(const char *shown)
{
    guint64 encaps = number(shown, "#pkts encaps: ([0-9]+)");
    guint64 decaps = number(shown, "#pkts decaps: ([0-9]+)");
    cr_expect_gt(encaps, 0);
    cr_expect_gt(decaps, 0);
    cr_expect_eq(encaps, number(shown, "#pkts encrypt: ([0-9]+)"));
    cr_expect_eq(encaps, number(shown, "#pkts digest ([0-9]+)"));
    cr_expect_eq(decaps, number(shown, "#pkts decrypt: ([0-9]+)"));
    cr_expect_eq(decaps, number(shown, "#pkts verify ([0-9]+)"));
}

static void rule_6(const char *a, const char *b)
{
    static const char *const mirrored[][2] = {
        {"local +ident [^:]*: (\\S+)", "remote +ident [^:]*: (\\S+)"},
        {"inbound esp sas:\\s+spi: (\\S+)", "outbound esp sas:\\s+spi: (\\S+)"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(mirrored); i++)
        for (int turn = 0; turn < 2; turn++) {
            g_autofree char *here = first(turn ? b : a, mirrored[i][0]);
            g_autofree char *there = first(turn ? a : b, mirrored[i][1]);
            cr_expect_str_eq(here, there);
        }
}

static int occurrences(const char *text, const char *what)
{
    int n = 0;
    for (const char *at = text; (at = strstr(at, what)); at += strlen(what))
        n++;
    return n;
}

Test(pair, listings_and_traces_satisfy_the_property_rules)
{
    static const char *const versions[] = {"12.1", "12.2", "12.3", "12.4", "15.1"};
    for (size_t i = 0; i < G_N_ELEMENTS(versions); i++) {
        struct pair *p = pair_new(versions[i], versions[i], "", "");
        router_debug(p->hub, ALL);
        router_debug(p->spoke, ALL);
        ping_from_spoke(p, SECONDS(30));
        g_autofree char *hub = router_show(p->hub, "show crypto ipsec sa");
        g_autofree char *spoke = router_show(p->spoke, "show crypto ipsec sa");
        g_autofree char *hub_said = router_said(p->hub), *spoke_said = router_said(p->spoke);
        const char *texts[] = {hub, spoke, hub_said, spoke_said};
        for (size_t k = 0; k < G_N_ELEMENTS(texts); k++)
            rule_1_and_2(texts[k]);
        rule_3_and_4(hub);
        rule_3_and_4(spoke);
        rule_5(hub);
        rule_5(spoke);
        rule_6(hub, spoke);
        cr_expect_eq(occurrences(hub_said, "sa created"), 2); /* rule 7 */
        cr_expect_eq(occurrences(spoke_said, "sa created"), 2);
        cr_expect_eq(number(spoke, "#send errors ([0-9]+)"), 1); /* the packet that began it */
        cr_expect(strstr(spoke_said, ".!!!!\n"), "%s", spoke_said);
        pair_free(p);
    }
}

/* Phase 1 refused: the policies have no cipher in common (rules 8, 9; DBG-20, DBG-31). */
Test(pair, refused_phase_1_names_no_phase_2)
{
    struct pair *p = pair_new("12.4", "12.4", "crypto isakmp policy 10\n hash md5\n", "");
    router_debug(p->hub, IOS_DEBUG_ISAKMP);
    g_free(router_said(p->hub));
    ping_from_spoke(p, SECONDS(5));
    g_autofree char *said = router_said(p->hub);
    const char *at = said;
    static const char *const order[] = {
        "Checking ISAKMP transform 1 against priority 10 policy\n",
        "Hash algorithm offered does not match policy!\n",
        "atts are not acceptable. Next payload is 0\n",
        "Checking ISAKMP transform 1 against priority 65535 policy\n",
        "Encryption algorithm offered does not match policy!\n",
        "atts are not acceptable. Next payload is 0\n",
        "no offers accepted!\n",
        "phase 1 SA policy not acceptable! (local 10.48.67.181 remote 10.100.2.102)\n",
        "%CRYPTO-6-IKMP_MODE_FAILURE: Processing of Main Mode failed with peer at 10.100.2.102\n",
    };
    for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
        const char *found = strstr(at, order[i]);
        cr_assert(found, "\"%s\" does not follow in\n%s", order[i], said);
        at = found + strlen(order[i]);
    }
    g_autoptr(GRegex) phase_2 = g_regex_new("message ID = -?[1-9]", 0, 0, NULL);
    cr_expect(!g_regex_match(phase_2, said, 0, NULL), "%s", said);
    g_autofree char *shown = router_show(p->hub, "show crypto isakmp sa");
    g_autofree char *plain = text_squeeze(shown);
    cr_expect(strstr(plain, "\n10.48.67.181 10.100.2.102 MM_NO_STATE 1 0\n") ||
                  g_str_has_suffix(plain, "\n10.48.67.181 10.100.2.102 MM_NO_STATE 1 0"),
              "%s", plain);
    pair_free(p);
}

/* Phase 2 refused: no SA is created, and phase 1 stays (rules 7, 8; DBG-22). */
Test(pair, refused_phase_2_leaves_phase_1)
{
    struct pair *p =
        pair_new("12.2", "12.2", "crypto ipsec transform-set myset esp-3des esp-md5-hmac\n", "");
    router_debug(p->hub, ALL);
    ping_from_spoke(p, SECONDS(5));
    g_autofree char *said = router_said(p->hub);
    cr_expect_eq(occurrences(said, "sa created"), 0);
    static const char want[] =
        "CryptoEngine0: validate proposal\n"
        "IPSEC(validate_proposal): transform proposal (prot 3, trans 3, hmac_alg 2) not supported\n"
        "ISAKMP (0:1): atts not acceptable. Next payload is 0\n"
        "ISAKMP (0:1): SA not acceptable!\n";
    cr_expect(strstr(said, want), "%s", said);
    g_autofree char *shown = router_show(p->spoke, "show crypto isakmp sa");
    cr_expect(strstr(shown, "QM_IDLE"), "%s", shown);
    pair_free(p);
}

/* Wrong key: the responder decrypts noise (DBG-19, DBG-29), the initiator sends its fifth message
 * again. */
Test(pair, wrong_key_is_a_malformed_payload)
{
    struct pair *p = pair_new("12.4", "12.4",
                              "no crypto isakmp key cisco123 address 10.100.2.102\n"
                              "crypto isakmp key other address 10.100.2.102\n",
                              "");
    router_debug(p->hub, IOS_DEBUG_ISAKMP);
    router_debug(p->spoke, IOS_DEBUG_ISAKMP);
    ping_from_spoke(p, SECONDS(15));
    g_autofree char *said = router_said(p->hub), *retries = router_said(p->spoke);
    cr_expect(strstr(said, "ISAKMP: malformed payload\n"
                           "%CRYPTO-4-IKMP_BAD_MESSAGE: IKE message from 10.100.2.102 failed its "
                           "sanity check or is malformed\n"),
              "%s", said);
    cr_expect(strstr(retries, "ISAKMP (0:1): retransmitting phase 1 MM_KEY_EXCH...\n"
                              "ISAKMP (0:1): incrementing error counter on sa: retransmit phase 1\n"
                              "ISAKMP (0:1): retransmitting phase 1 MM_KEY_EXCH\n"
                              "ISAKMP (0:1): sending packet to 10.48.67.181 my_port 500 peer_port "
                              "500 (I) MM_KEY_EXCH\n"),
              "%s", retries);
    g_autofree char *shown = router_show(p->spoke, "show crypto isakmp sa");
    cr_expect(strstr(shown, "MM_KEY_EXCH"), "%s", shown);
    pair_free(p);
}

/* hub-and-spoke.md 7.2: what was negotiated and what is left of it. */
Test(pair, isakmp_detail_counts_the_lifetime_down)
{
    struct pair *p = pair_new("12.4", "12.4", "", "");
    ping_from_spoke(p, SECONDS(3600));
    g_autofree char *hub = router_show(p->hub, "show crypto isakmp sa detail");
    g_autofree char *row =
        first(hub, "(1     10\\.48\\.67\\.181    10\\.100\\.2\\.102             3des sha  psk  2  "
                   "23:00:0[0-2])");
    cr_expect(row);
    struct view v;
    view_init(&v);
    cr_assert(ios_view(p->hub->d, "crypto isakmp sa", &v));
    cr_assert_eq(view_count(&v), 1);
    cr_expect_str_eq(view_cell(&v, 0, "dst"), "10.48.67.181");
    cr_expect_str_eq(view_cell(&v, 0, "src"), "10.100.2.102");
    cr_expect_str_eq(view_cell(&v, 0, "state"), "QM_IDLE");
    cr_expect_str_eq(view_cell(&v, 0, "conn-id"), "1");
    cr_expect_str_eq(view_cell(&v, 0, "slot"), "0");
    view_clear(&v);
    pair_free(p);
}
