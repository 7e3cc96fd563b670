/* Packets in words: ISAKMP by exchange and payloads, ESP by SPI, the rest by protocol and
 * addresses. */
#include "ladder_priv.h"

#include <inttypes.h>
#include "wire/isakmp.h"

/* The short names people say. */
static const struct {
    enum isakmp_exchange exchange;
    const char *name;
} exchange_row[] = {
    {EXCHANGE_BASE, "BASE"},          {EXCHANGE_MAIN, "MM"},
    {EXCHANGE_AUTH_ONLY, "AO"},       {EXCHANGE_AGGRESSIVE, "AM"},
    {EXCHANGE_INFORMATIONAL, "INFO"}, {EXCHANGE_TRANSACTION, "TR"},
    {EXCHANGE_QUICK, "QM"},           {EXCHANGE_NEW_GROUP, "NG"},
};

static void put_exchange(GString *out, uint8_t exchange)
{
    for (size_t i = 0; i < G_N_ELEMENTS(exchange_row); i++)
        if (exchange_row[i].exchange == exchange) {
            g_string_append(out, exchange_row[i].name);
            return;
        }
    g_string_append_printf(out, "exchange %u", exchange);
}

/* A notification is only worth its arrow with its name. */
static void put_notify(GString *out, struct span body)
{
    struct isakmp_notify n;
    if (isakmp_notify_parse(body, &n) != WIRE_OK)
        return;
    const char *name = isakmp_notify_type_name(n.type);
    if (name)
        g_string_append_printf(out, "(%s)", name);
    else
        g_string_append_printf(out, "(%u)", n.type);
}

static void put_payloads(GString *out, const struct isakmp_head *h, struct span message)
{
    struct isakmp_chain c;
    enum isakmp_fault fault =
        isakmp_chain_parse(h->next_payload, span_sub(message, ISAKMP_HEAD, message.n), &c);
    for (size_t i = 0; i < c.n; i++) {
        const char *name = isakmp_payload_type_name(c.p[i].type);
        if (name)
            g_string_append_printf(out, " %s", name);
        else
            g_string_append_printf(out, " %u", c.p[i].type);
        if (c.p[i].type == PAYLOAD_NOTIFY)
            put_notify(out, c.p[i].body);
    }
    if (fault != ISAKMP_FINE)
        g_string_append(out, " (malformed)");
}

static void describe_isakmp(struct ladder_words *w, const struct isakmp_head *h,
                            struct span message)
{
    bool hidden = h->flags & ISAKMP_FLAG_ENCRYPTED;
    w->isakmp = true;
    put_exchange(w->label, h->exchange);
    if (hidden)
        g_string_append_c(w->label, '*');
    if (h->msgid != 0)
        g_string_append_printf(w->label, " %08x", h->msgid);
    if (!hidden)
        put_payloads(w->label, h, message);
    isakmp_head_dump(h, w->detail);
}

static void describe_esp(struct ladder_words *w, const char *name, struct span esp)
{
    struct rd r = rd_over(esp);
    uint32_t spi = rd_u32(&r);
    w->seq = rd_u32(&r);
    w->has_seq = rd_ok(&r);
    g_string_append_printf(w->label, "%s spi %08x", name, spi);
}

static void describe_icmp(struct ladder_words *w, const struct ip4_head *ip, struct span l4)
{
    uint8_t type = l4.n > 0 ? l4.p[0] : 0, code = l4.n > 1 ? l4.p[1] : 0;
    bool echo = type == ICMP_ECHO || type == ICMP_ECHO_REPLY;
    if (l4.n < ICMP_HEAD)
        g_string_append(w->label, "ICMP (short)");
    else if (echo)
        g_string_append_printf(w->label, "ICMP echo%s", type == ICMP_ECHO ? "" : " reply");
    else
        g_string_append_printf(w->label, "ICMP type %u code %u", type, code);
    w->has_seq = echo && l4.n >= ICMP_HEAD;
    w->seq = w->has_seq ? be16_get(l4.p + 6) : 0;
    g_string_append_printf(w->label, " %s > %s", IP4S(ip->src), IP4S(ip->dst));
}

static void describe_other(struct ladder_words *w, const struct ip4_head *ip, struct span l4)
{
    uint16_t sport, dport;
    l4_ports(ip->protocol, l4, &sport, &dport);
    if (sport == 0 && dport == 0)
        g_string_append_printf(w->label, "protocol %u %s > %s", ip->protocol, IP4S(ip->src),
                               IP4S(ip->dst));
    else
        g_string_append_printf(w->label, "%s %s:%u > %s:%u",
                               ip->protocol == IPPROTO_NUM_TCP ? "TCP" : "UDP", IP4S(ip->src),
                               sport, IP4S(ip->dst), dport);
}

/* ESP in UDP: port 4500 and no non-ESP marker, RFC 3948 2.1. */
static bool is_esp_in_udp(const struct ip4_head *ip, struct span l4)
{
    uint16_t sport, dport;
    l4_ports(ip->protocol, l4, &sport, &dport);
    return ip->protocol == IPPROTO_NUM_UDP && (sport == 4500 || dport == 4500) &&
           l4.n >= UDP_HEAD + 8 && be32_get(l4.p + UDP_HEAD) != 0;
}

void ladder_describe(struct span frame, struct ladder_words *w)
{
    struct ip4_head ip;
    struct isakmp_head h;
    struct span message;
    g_string_truncate(w->label, 0);
    g_string_truncate(w->detail, 0);
    w->isakmp = w->has_seq = false;
    w->seq = 0;
    if (isakmp_in_ip4(frame, &h, &message)) {
        describe_isakmp(w, &h, message);
        return;
    }
    if (ip4_head_parse(frame, &ip) != WIRE_OK) {
        g_string_append(w->label, "IP (malformed)");
        return;
    }
    struct span l4 = span_sub(frame, ip.head_bytes, ip.total - ip.head_bytes);
    if (ip.frag_bytes != 0 || (ip.flags & IP4_MF))
        g_string_append_printf(w->label, "fragment of protocol %u %s > %s", ip.protocol,
                               IP4S(ip.src), IP4S(ip.dst));
    else if (ip.protocol == IPPROTO_NUM_ESP)
        describe_esp(w, "ESP", l4);
    else if (is_esp_in_udp(&ip, l4))
        describe_esp(w, "ESP in UDP", span_sub(l4, UDP_HEAD, l4.n));
    else if (ip.protocol == IPPROTO_NUM_ICMP)
        describe_icmp(w, &ip, l4);
    else
        describe_other(w, &ip, l4);
}
