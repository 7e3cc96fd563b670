/* The property rules: what keeps them passes, each breach is found. */
#include "scenario/rules_priv.h"

#include "play.h"

static void note(void *self, int rule, const char *node, const char *detail)
{
    unsigned *seen = self;
    *seen |= 1u << rule;
}

static unsigned listing(const char *text)
{
    unsigned seen = 0;
    GArray *said = g_array_new(FALSE, FALSE, sizeof(struct said));
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        struct said s = {0, 1, CONSOLE_OUTPUT, *l};
        g_array_append_val(said, s);
    }
    struct rule_lines l = {"r1", true, said};
    rules_listing(&l, note, &seen);
    g_array_free(said, TRUE);
    return seen;
}

#define LISTING(encaps, digest, spi, pair, conn)                                                   \
    "   local  ident (addr/mask/prot/port): (10.1.0.0/255.255.255.0/0/0)\n"                        \
    "    #pkts encaps: " encaps ", #pkts encrypt: 9, #pkts digest " digest "\n"                    \
    "    #pkts decaps: 7, #pkts decrypt: 7, #pkts verify 7\n     current outbound spi: " spi       \
    "\n     inbound esp sas:\n      spi: 0x136A010F(325714191)\n"                                  \
    "        transform: esp-3des esp-md5-hmac ,\n        slot: 0, conn id: 2000, flow_id: 1, "     \
    "crypto map: t\n"                                                                              \
    "     outbound esp sas:\n      spi: " pair "\n        transform: esp-3des esp-md5-hmac ,\n"    \
    "        slot: 0, conn id: " conn ", flow_id: 2, crypto map: t\n"                              \
    "     outbound ah sas:\n"

Test(rules, of_a_listing)
{
    static const struct {
        const char *text;
        int rule; /* 0 = none is broken */
    } row[] = {
        {LISTING("9", "9", "3D3", "0x3D3(979)", "2001"), 0},
        {LISTING(
             "9", "9", "3D3", "0x3D3(979)",
             "2001") "    #pkts encaps failed (send) 0, #pkts decaps failed (rcv) 3\n", /* of
                                                                                           `detail`
                                                                                         */
         0},
        {LISTING("9", "9", "3D3", "0x3D3(980)", "2001"), 1},
        {LISTING("9", "9", "3D3", "0x3d3(979)", "2001"), 2},
        {LISTING("9", "9", "3D3", "0x03D3(979)", "2001"), 2},
        {LISTING("9", "9", "3D4", "0x3D3(979)", "2001"), 3},
        {LISTING("9", "9", "3D3", "0x3D3(979)", "2002"), 4},
        {LISTING("8", "8", "3D3", "0x3D3(979)", "2001"), 5},
        {LISTING("9", "8", "3D3", "0x3D3(979)", "2001"), 5},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_eq(listing(row[i].text), row[i].rule ? 1u << row[i].rule : 0, "row %zu: %x", i,
                     listing(row[i].text));
}

static unsigned trace(const char *const *debug, size_t n, const struct decided *decided,
                      size_t n_decided)
{
    unsigned seen = 0;
    GArray *said = g_array_new(FALSE, FALSE, sizeof(struct said));
    GArray *all = g_array_new(FALSE, FALSE, sizeof(struct decided));
    for (size_t i = 0; i < n && debug[i]; i++) {
        struct said s = {0, 1, CONSOLE_DEBUG, (char *)debug[i]};
        g_array_append_val(said, s);
    }
    for (size_t i = 0; i < n_decided && decided[i].step; i++)
        g_array_append_val(all, decided[i]);
    struct rule_lines l = {"r1", true, said};
    rules_trace(&l, all, note, &seen);
    g_array_free(said, TRUE);
    g_array_free(all, TRUE);
    return seen;
}

Test(rules, of_a_trace)
{
    static const struct {
        const char *debug[4];
        struct decided decided[4];
        int rule;
    } row[] = {
        {{"IPSEC(create_sa): sa created,", "IPSEC(create_sa): sa created,"}, {{.step = 0}}, 0},
        {{"IPSEC(create_sa): sa created,"}, {{.step = 0}}, 7},
        {{NULL},
         {{.step = 1, .id = EV_qm_install},
          {.step = 1, .id = EV_ipsec_sa_new},
          {.step = 1, .id = EV_ipsec_sa_new}},
         0},
        {{NULL}, {{.step = 1, .id = EV_qm_install}, {.step = 1, .id = EV_ipsec_sa_new}}, 7},
        {{NULL}, {{.step = 1, .id = EV_qm_refused}, {.step = 1, .id = EV_ipsec_sa_new}}, 7},
        {{NULL},
         {{.step = 1, .id = EV_ike_no_offer, .sa = 4}, {.step = 9, .id = EV_qm_new, .sa = 5}},
         0},
        {{NULL},
         {{.step = 1, .id = EV_ike_no_offer, .sa = 4}, {.step = 9, .id = EV_qm_new, .sa = 4}},
         8},
        {{NULL},
         {{.step = 1, .id = EV_qm_refused, .sa = 4}, {.step = 1, .id = EV_ike_sa_dead, .sa = 4}},
         8},
        {{"ISAKMP (0:1): no offers accepted!",
          "ISAKMP (0:1): processing SA payload. message ID = 0"},
         {{.step = 0}},
         0},
        {{"ISAKMP (0:1): no offers accepted!",
          "ISAKMP (0:1): processing SA payload. message ID = -77"},
         {{.step = 0}},
         8},
        {{"ISAKMP (0:1): atts are not acceptable. Next payload is 3",
          "ISAKMP (0:1): Checking ISAKMP transform 2 against priority 1 policy"},
         {{.step = 0}},
         0},
        {{"ISAKMP (0:1): atts are not acceptable. Next payload is 3",
          "ISAKMP (0:1): no offers accepted!"},
         {{.step = 0}},
         9},
        {{"ISAKMP (0:1): atts are not acceptable. Next payload is 0",
          "ISAKMP (0:1): no offers accepted!"},
         {{.step = 0}},
         0},
        {{"ISAKMP (0:1): atts are not acceptable. Next payload is 0"}, {{.step = 0}}, 9},
        {{"ISAKMP: life duration (VPI) of 0x0 0x1 0x51 0x80"},
         {{.step = 1, .id = EV_ike_offer_attr, .value = 86400}},
         0},
        {{"ISAKMP: life duration (VPI) of 0x0 0x1 0x51 0x80"},
         {{.step = 1, .id = EV_ike_offer_attr, .value = 86401}},
         10},
        {{"ISAKMP: SA life duration (basic) of 3600"},
         {{.step = 1, .id = EV_qm_attr, .value = 3600}},
         0},
        {{"ISAKMP: SA life duration (basic) of 3600"},
         {{.step = 1, .id = EV_qm_attr, .value = 360}},
         10},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        unsigned seen = trace(row[i].debug, 4, row[i].decided, 4);
        cr_expect_eq(seen, row[i].rule ? 1u << row[i].rule : 0, "row %zu: %x", i, seen);
    }
}

Test(rules, are_checked_in_every_run)
{
    struct played p = play(
        TWO_SITES("", "") "traffic:\n  - {name: ping, from: pc1, to: pc2, start: 5s, every: 1s}\n"
                          "timeline:\n  - {at: 0s, node: r1, console: \"debug crypto ipsec\"}\n  - "
                          "{at: 30s, node: r1, console: \"show crypto ipsec sa\"}\n");
    cr_expect_eq(verdict_of(&p, "traces and listings keep the property rules")->state,
                 VERDICT_PASSED);
    played_free(&p);
}
