/* debug crypto isakmp and ipsec of the kind pix: main mode and quick mode of both roles. */
#include "pix_sites.h"

#include <string.h>

/* Numbers that are drawn: what follows these words is "N" in both texts. */
static char *plain(const char *text)
{
    static const char *const before[] = {"message ID = ", "M-ID of ", "has spi ",
                                         "spi= ", "getting spi "};
    GString *out = g_string_new(NULL);
    for (const char *p = text; *p;) {
        size_t skip = 0;
        for (size_t i = 0; i < G_N_ELEMENTS(before) && !skip; i++) {
            size_t n = strlen(before[i]);
            bool phase_1 = g_str_has_prefix(p, before[i]) && p[n] == '0' && p[n + 1] != 'x';
            skip = g_str_has_prefix(p, before[i]) && !phase_1 ? n : 0;
        }
        if (!skip) {
            g_string_append_c(out, *p++);
            continue;
        }
        g_string_append_len(out, p, (gssize)skip);
        g_string_append_c(out, 'N');
        p += skip + strspn(p + skip, "0123456789abcdefx:()-");
    }
    return g_string_free(out, FALSE);
}

/* ---- The whole conversation ---- */

static const char offer[] = "ISAKMP (0): Checking ISAKMP transform 1 against priority 10 policy\n"
                            "ISAKMP:      encryption 3DES-CBC\n"
                            "ISAKMP:      hash SHA\n"
                            "ISAKMP:      default group 2\n"
                            "ISAKMP:      auth pre-share\n"
                            "ISAKMP:      life type in seconds\n"
                            "ISAKMP:      life duration (VPI) of  0x0 0x1 0x51 0x80\n"
                            "ISAKMP (0): atts are acceptable. Next payload is 0\n"
                            "ISAKMP (0): SA is doing pre-shared key authentication using id type "
                            "ID_FQDN\n";
static const char vids[] = "ISAKMP (0): processing vendor id payload\n"
                           "ISAKMP (0): received xauth v6 vendor id\n"
                           "ISAKMP (0): processing vendor id payload\n"
                           "ISAKMP (0): remote peer supports dead peer detection\n"
                           "ISAKMP (0): processing vendor id payload\n"
                           "ISAKMP (0): speaking to a Unity client\n";
static const char identity[] = "ISAKMP (0): ID payload\n"
                               "        next-payload : 8\n"
                               "        type         : 2\n"
                               "        protocol     : 17\n"
                               "        port         : 500\n"
                               "        length       : 8\n"
                               "ISAKMP (0): Total payload length: 12\n";
static const char proposal[] = "ISAKMP : Checking IPSec proposal 1\n"
                               "ISAKMP: transform 1, ESP_3DES\n"
                               "ISAKMP:   attributes in transform:\n"
                               "ISAKMP:      encaps is 1\n"
                               "ISAKMP:      SA life type in seconds\n"
                               "ISAKMP:      SA life duration (basic) of 28800\n"
                               "ISAKMP:      SA life type in kilobytes\n"
                               "ISAKMP:      SA life duration (VPI) of  0x0 0x46 0x50 0x0\n"
                               "ISAKMP:      authenticator is HMAC-MD5\n"
                               "ISAKMP (0): atts are acceptable.\n";

static void put_sas(GString *out, int here)
{
    int there = 3 - here;
    for (int inbound = 1; inbound >= 0; inbound--) {
        int from = inbound ? there : here, to = inbound ? here : there;
        g_string_append_printf(out,
                               "        %s SA from 203.0.113.%d to 203.0.113.%d (proxy 10.%d.0.0 "
                               "to 10.%d.0.0)\n"
                               "        has spi N and conn_id %d and flags 4\n"
                               "        lifetime of 28800 seconds\n"
                               "        lifetime of 4608000 kilobytes\n",
                               inbound ? "inbound" : "outbound", from, to, from, to,
                               inbound ? 1 : 2);
    }
}

static void put_key_block(GString *out, const char *what, bool outbound, int here, uint32_t conn)
{
    int there = 3 - here;
    const char *l = outbound ? "src" : "dest", *r = outbound ? "dest" : "src";
    g_string_append_printf(out,
                           "%s,\n  (key eng. msg.) %s= 203.0.113.%d, %s= 203.0.113.%d,\n"
                           "    %s_proxy= 10.%d.0.0/255.255.255.0/0/0 (type=4),\n"
                           "    %s_proxy= 10.%d.0.0/255.255.255.0/0/0 (type=4),\n"
                           "    protocol= ESP, transform= esp-3des esp-md5-hmac ,\n"
                           "    lifedur= %us and %ukb,\n"
                           "    spi= N, conn_id= %u, keysize= 0, flags= 0x4\n",
                           what, l, here, r, there, l, here, r, there, conn ? 28800 : 0,
                           conn ? 4608000 : 0, conn);
}

static void put_heard(GString *out, int from, const char *exchange)
{
    g_string_append_printf(
        out, "crypto_isakmp_process_block: src 203.0.113.%d, dest 203.0.113.%d\n", from, 3 - from);
    g_string_append_printf(out, "%s\n", exchange);
}

#define FINE "return status is IKMP_NO_ERROR\n"

static char *want_initiator(void)
{
    GString *out = g_string_new("ISAKMP (0): beginning Main Mode exchange\n");
    put_heard(out, 2, "OAK_MM exchange");
    g_string_append_printf(out, "ISAKMP (0): processing SA payload. message ID = 0\n%s" FINE,
                           offer);
    put_heard(out, 2, "OAK_MM exchange");
    g_string_append_printf(out,
                           "ISAKMP (0): processing KE payload. message ID = 0\n"
                           "ISAKMP (0): processing NONCE payload. message ID = 0\n%s"
                           "ISAKMP (0): sending INITIAL_CONTACT notify\n%s" FINE,
                           vids, identity);
    put_heard(out, 2, "OAK_MM exchange");
    g_string_append(out,
                    "ISAKMP (0): processing ID payload. message ID = 0\n"
                    "ISAKMP (0): processing HASH payload. message ID = 0\n"
                    "ISAKMP (0): SA has been authenticated\n"
                    "ISAKMP (0): beginning Quick Mode exchange, M-ID of N\n"
                    "VPN Peer: ISAKMP: Added new peer: ip:203.0.113.2 Total VPN Peers:1\n" FINE);
    put_heard(out, 2, "OAK_QM exchange");
    g_string_append_printf(out,
                           "oakley_process_quick_mode:\nOAK_QM_IDLE\n"
                           "ISAKMP (0): processing SA payload. message ID = N\n%s"
                           "ISAKMP (0): processing NONCE payload. message ID = N\n"
                           "ISAKMP (0): processing ID payload. message ID = N\n"
                           "ISAKMP (0): processing ID payload. message ID = N\n"
                           "ISAKMP (0): Creating IPSec SAs\n",
                           proposal);
    put_sas(out, 1);
    g_string_append(out, FINE);
    return g_string_free(out, FALSE);
}

static char *want_responder(void)
{
    GString *out = g_string_new(NULL);
    put_heard(out, 1, "OAK_MM exchange");
    g_string_append_printf(out, "ISAKMP (0): processing SA payload. message ID = 0\n%s" FINE,
                           offer);
    put_heard(out, 1, "OAK_MM exchange");
    g_string_append_printf(out,
                           "ISAKMP (0): processing KE payload. message ID = 0\n"
                           "ISAKMP (0): processing NONCE payload. message ID = 0\n%s" FINE,
                           vids);
    put_heard(out, 1, "OAK_MM exchange");
    g_string_append_printf(
        out,
        "ISAKMP (0): processing ID payload. message ID = 0\n"
        "ISAKMP (0): processing HASH payload. message ID = 0\n"
        "ISAKMP (0): processing NOTIFY payload 24578 protocol 1\n"
        "        spi 0, message ID = 0\n"
        "ISAKMP (0): SA has been authenticated\n"
        "ISAKMP (0): processing notify INITIAL_CONTACT\n%s"
        "VPN Peer: ISAKMP: Added new peer: ip:203.0.113.1 Total VPN Peers:1\n" FINE,
        identity);
    put_heard(out, 1, "OAK_QM exchange");
    g_string_append_printf(out,
                           "oakley_process_quick_mode:\nOAK_QM_IDLE\n"
                           "ISAKMP (0): processing SA payload. message ID = N\n%s"
                           "IPSEC(validate_proposal_request): proposal part #1",
                           proposal);
    put_key_block(out, "", false, 2, 0);
    g_string_append(out,
                    "ISAKMP (0): processing NONCE payload. message ID = N\n"
                    "ISAKMP (0): processing ID payload. message ID = N\n"
                    "ISAKMP (0): ID_IPV4_ADDR_SUBNET src 10.1.0.0/255.255.255.0 prot 0 port 0\n"
                    "ISAKMP (0): processing ID payload. message ID = N\n"
                    "ISAKMP (0): ID_IPV4_ADDR_SUBNET dst 10.2.0.0/255.255.255.0 prot 0 port 0\n"
                    "IPSEC(key_engine): got a queue event...\n"
                    "IPSEC(spi_response): getting spi N for SA\n"
                    "        from 203.0.113.1 to 203.0.113.2 for prot 3\n" FINE);
    put_heard(out, 1, "OAK_QM exchange");
    g_string_append(out, "oakley_process_quick_mode:\nOAK_QM_AUTH_AWAIT\n"
                         "ISAKMP (0): Creating IPSec SAs\n");
    put_sas(out, 2);
    g_string_append(out, "IPSEC(key_engine): got a queue event...\n");
    put_key_block(out, "IPSEC(initialize_sas): ", false, 2, 1);
    put_key_block(out, "IPSEC(initialize_sas): ", true, 2, 2);
    g_string_append(out, FINE);
    return g_string_free(out, FALSE);
}

Test(pix_debug, debug_tells_main_and_quick_mode_line_by_line)
{
    struct pix_sites *q = pix_sites_new("6.3");
    pix_type(q, 0, "debug crypto isakmp");
    pix_type(q, 1, "debug crypto isakmp\ndebug crypto ipsec");
    device_type(q->s[0].d, "ping inside 10.2.0.1");
    g_string_truncate(q->s[0].said, 0);
    pix_run(q, MILLISECONDS(900));
    g_autofree char *first = plain(q->s[0].said->str), *second = plain(q->s[1].said->str);
    g_autofree char *a = want_initiator(), *b = want_responder();
    expect_lines(first, a, "initiator");
    expect_lines(second, b, "responder");
    pix_sites_free(q);
}
