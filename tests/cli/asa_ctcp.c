/* IPsec over TCP as it is configured at an ASA. */
#include "box.h"

#include <string.h>

#include "device/ctcp.h"

static size_t listening(const struct box *b)
{
    const uint16_t *port;
    return ctcp_ports(b->d, &port);
}

Test(asa_ctcp, ports_are_listened_to_and_shown_in_the_words_of_the_version)
{
    static const struct {
        const char *version, *typed, *shown;
        size_t ports;
    } row[] = {
        {"7.0", "isakmp ipsec-over-tcp", "isakmp ipsec-over-tcp port 10000\n", 1},
        {"8.2", "crypto isakmp ipsec-over-tcp port 10000",
         "crypto isakmp ipsec-over-tcp port 10000\n", 1},
        {"8.2", "crypto isakmp ipsec-over-tcp port 9000 443",
         "crypto isakmp ipsec-over-tcp port 9000 443\n", 2},
        {"8.4", "crypto ikev1 ipsec-over-tcp port 443", "crypto ikev1 ipsec-over-tcp port 443\n",
         1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct box *b = box_new_of("asa", row[i].version);
        g_autofree char *typed = g_strdup_printf("configure terminal\n%s", row[i].typed);
        cr_expect_str_eq(box_type(b, typed), "");
        cr_expect_eq(listening(b), row[i].ports);
        g_autofree char *text = box_running(b);
        cr_expect(strstr(text, row[i].shown), "%s is not in %s", row[i].shown, text);
        g_autofree char *no = g_strdup_printf("no %s", row[i].typed);
        cr_expect_str_eq(box_type(b, no), "");
        cr_expect_eq(listening(b), 0);
        box_free(b);
    }
}

Test(asa_ctcp, ports_that_cannot_be_are_refused_and_nothing_changes)
{
    static const char *const bad[] = {
        "0", "65536", "-1", "http", "1 2 3 4 5 6 7 8 9 10 11", "10 10", "99999999999999999999"};
    struct box *b = box_new_of("asa", "8.2");
    box_type(b, "configure terminal\ncrypto isakmp ipsec-over-tcp port 443");
    for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autofree char *typed = g_strdup_printf("crypto isakmp ipsec-over-tcp port %s", bad[i]);
        cr_expect(strstr(box_type(b, typed), "ERROR"), "%s", bad[i]);
        cr_expect_eq(listening(b), 1, "%s", bad[i]);
    }
    box_free(b);
}
