/* IPsec over TCP at the head end: ports that VPN clients may come to when ESP and UDP are closed on
 * their way (CAT-66). */
#include "asa.h"

#include <string.h>

#include "base/text.h"
#include "device/ctcp.h"

#define PORTS_MAX 10

/* Up to ten different ones; false with a message. */
static bool read_ports(struct asa *s, const char *text, uint16_t port[PORTS_MAX], size_t *n,
                       GString *out)
{
    g_auto(GStrv) words = g_strsplit_set(text, " ", -1);
    *n = 0;
    for (size_t i = 0; words[i]; i++) {
        uint64_t v = 0;
        if (!*words[i])
            continue;
        if (!text_u64(words[i], 10, &v) || !v || v > UINT16_MAX) {
            asa_refuse(s, out, "ERROR: %% Invalid port \"%s\": a number from 1 to 65535", words[i]);
            return false;
        }
        for (size_t k = 0; k < *n; k++)
            if (port[k] == v) {
                asa_refuse(s, out, "ERROR: Port %s is given twice", words[i]);
                return false;
            }
        if (*n == PORTS_MAX) {
            asa_refuse(s, out, "ERROR: No more than %d ports can be listened to", PORTS_MAX);
            return false;
        }
        port[(*n)++] = (uint16_t)v;
    }
    return true;
}

static void stop(struct asa *s)
{
    const uint16_t *have;
    while (ctcp_ports(s->d, &have))
        ctcp_unlisten(s->d, have[0]);
}

static void ipsec_over_tcp(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint16_t port[PORTS_MAX] = {CTCP_PORT};
    size_t n = 1;
    const char *text = cli_arg(a, "ports");
    if (cli_negated(a)) {
        stop(s);
        asa_changed(s, "no crypto isakmp ipsec-over-tcp");
        return;
    }
    if (text && !read_ports(s, text, port, &n, out))
        return;
    stop(s);
    for (size_t i = 0; i < n; i++)
        if (!ctcp_listen(s->d, port[i]))
            asa_refuse(s, out, "ERROR: TCP port %u is in use", port[i]);
    asa_changed(s, "crypto isakmp ipsec-over-tcp");
}

void asa_ctcp_text(const struct asa *s, GString *out)
{
    const uint16_t *port;
    size_t n = ctcp_ports(s->d, &port);
    const char *word = asa_since(s, 8, 4)   ? "crypto ikev1"
                       : asa_since(s, 7, 2) ? "crypto isakmp"
                                            : "isakmp";
    if (!n)
        return;
    g_string_append_printf(out, "%s ipsec-over-tcp port", word);
    for (size_t i = 0; i < n; i++)
        g_string_append_printf(out, " %u", port[i]);
    g_string_append_c(out, '\n');
}

const struct cli_command asa_config_ctcp[] = {
    {"(crypto isakmp|crypto ikev1|isakmp) ipsec-over-tcp [port ports:LINE]", ipsec_over_tcp,
     CLI_NO | CLI_NO_ONLY_PREFIX},
    {0},
};
