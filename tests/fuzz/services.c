/* RADIUS, DHCP and DNS messages of arbitrary bytes: no read beyond, and what the strict parsers
 * accept is the same when it is written and read again. The first byte picks the protocol. */
#include <stdlib.h>
#include <string.h>

#include "wire/dhcp.h"
#include "wire/dns.h"
#include "wire/radius.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool claim)
{
    if (!claim)
        abort();
}

static void radius(struct span s)
{
    struct radius_msg m;
    uint8_t out[RADIUS_MAX], type;
    struct wr w = wr_over(out, sizeof out);
    struct span rest, value;
    if (radius_parse(s, &m) != WIRE_OK)
        return;
    radius_begin(&w, m.code, m.id, m.auth);
    for (rest = m.attrs; radius_next(&rest, &type, &value);)
        radius_put(&w, type, value);
    radius_end(&w);
    must(wr_ok(&w) && span_eq(wr_done(&w), m.bytes));
}

/* Options may have stood in another order, and unknown ones are left out. */
static void dhcp(struct span s)
{
    struct dhcp_msg m, again;
    static uint8_t out[2048];
    struct wr w = wr_over(out, sizeof out);
    if (dhcp_parse(s, &m) != WIRE_OK)
        return;
    dhcp_emit(&m, &w);
    must(wr_ok(&w) && dhcp_parse(wr_done(&w), &again) == WIRE_OK);
    must(again.type == m.type && again.xid == m.xid && again.requested == m.requested &&
         again.server == m.server && again.lease_s == m.lease_s && again.mask == m.mask &&
         again.n_dns == m.n_dns && again.router == m.router &&
         span_eq(again.client_id, m.client_id) && span_eq(again.hostname, m.hostname) &&
         span_eq(again.message, m.message));
}

static void dns(struct span s)
{
    struct dns_msg m, again;
    uint8_t out[DNS_MAX_BYTES];
    struct wr w = wr_over(out, sizeof out);
    if (dns_parse(s, &m) != WIRE_OK)
        return;
    dns_emit(&m, &w);
    must(wr_ok(&w) && dns_parse(wr_done(&w), &again) == WIRE_OK);
    must(strcmp(again.name, m.name) == 0 && again.n_answers == m.n_answers &&
         again.rcode == m.rcode && again.id == m.id &&
         memcmp(again.answer, m.answer, sizeof m.answer) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const protocol[])(struct span) = {radius, dhcp, dns};
    if (size > 0)
        protocol[data[0] % 3]((struct span){data + 1, size - 1});
    return 0;
}
