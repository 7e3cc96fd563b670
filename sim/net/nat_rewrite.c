/* Bytes of translated packets: addresses, ports and identifiers with their checksums, brought up to
 * date by the difference (RFC 1624), and ICMP errors turned inside out (RFC 3022 4.3). */
#include "nat_priv.h"
#include "wire/tcp.h"

static bool has_identifier(uint8_t type)
{
    return type == 0 || type == 8 || (type >= 13 && type <= 18); /* RFC 792 */
}

static bool is_error(uint8_t type)
{
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; /* RFC 1122 3.2.2 */
}

static bool asks(uint8_t type)
{
    return type == 8 || type == 13 || type == 15 || type == 17;
}

/* The ends in the bytes behind an IP head. */
static void see_ends(uint8_t protocol, struct span l4, uint32_t *sport, uint32_t *dport)
{
    uint16_t s = 0, d = 0;
    *sport = *dport = 0;
    if (protocol == IPPROTO_NUM_UDP || protocol == IPPROTO_NUM_TCP) {
        l4_ports(protocol, l4, &s, &d);
        *sport = s;
        *dport = d;
    } else if (protocol == IPPROTO_NUM_ICMP && l4.n >= ICMP_HEAD && has_identifier(l4.p[0])) {
        *(asks(l4.p[0]) ? sport : dport) = be16_get(l4.p + 4);
    } else if (protocol == IPPROTO_NUM_ESP && l4.n >= 4) {
        *dport = be32_get(l4.p);
    }
}

static void see_quoted(struct span quoted, struct nat_seen *s)
{
    if (quoted.n < IP4_HEAD || quoted.p[0] >> 4 != 4)
        return;
    s->quoted = (struct flow){
        .src = be32_get(quoted.p + 12),
        .dst = be32_get(quoted.p + 16),
        .protocol = quoted.p[9],
    };
    see_ends(s->quoted.protocol, span_sub(quoted, (quoted.p[0] & 15u) * 4u, quoted.n),
             &s->quoted_sport, &s->quoted_dport);
}

void nat_see(const struct pkt *p, struct nat_seen *s)
{
    const uint8_t *b = p->buf + p->head;
    struct span l4 = span_sub(pkt_span(p), (b[0] & 15u) * 4u, p->len);
    *s = (struct nat_seen){0};
    pkt_flow(p, &s->f);
    see_ends(s->f.protocol, l4, &s->sport, &s->dport);
    if (s->f.protocol == IPPROTO_NUM_TCP && l4.n >= TCP_HEAD)
        s->tcp = l4.p[13];
    if (s->f.protocol == IPPROTO_NUM_ICMP && l4.n >= ICMP_HEAD && is_error(l4.p[0])) {
        s->error = true;
        see_quoted(span_sub(l4, ICMP_HEAD, l4.n), s);
    }
}

/* ---- Checksums ---- */

/* HC' = ~(~HC + ~m + m')                                                      RFC 1624 3 */
static uint16_t adjust(uint16_t sum, uint16_t old, uint16_t new)
{
    uint32_t s = (uint16_t)~sum + (uint32_t)(uint16_t)~old + new;
    s = (s & 0xffff) + (s >> 16);
    s = (s & 0xffff) + (s >> 16);
    return (uint16_t)~s;
}

static uint16_t adjust_address(uint16_t sum, ip4 old, ip4 new)
{
    return adjust(adjust(sum, (uint16_t)(old >> 16), (uint16_t)(new >> 16)), (uint16_t)old,
                  (uint16_t) new);
}

/* Where the checksum of a segment stands, or 0: none, or not within these bytes. */
static size_t sum_at(uint8_t protocol, size_t n)
{
    size_t at = protocol == IPPROTO_NUM_UDP ? 6 : protocol == IPPROTO_NUM_TCP ? 16 : 0;
    return at && n >= at + 2 ? at : 0;
}

/* The segment behind a head whose address went from `old` to `addr`: the sum covers it. UDP without
 * a sum stays without (RFC 768). */
static void rewrite_ports(uint8_t *l4, size_t n, uint8_t protocol, bool source, ip4 old, ip4 addr,
                          uint32_t port, bool ports)
{
    size_t sum = sum_at(protocol, n), at = source ? 0 : 2;
    bool udp = protocol == IPPROTO_NUM_UDP;
    if (!udp && protocol != IPPROTO_NUM_TCP)
        return;
    uint16_t was = n >= 4 ? be16_get(l4 + at) : 0;
    uint16_t now = ports && n >= 4 ? (uint16_t)port : was;
    if (sum && !(udp && be16_get(l4 + sum) == 0)) {
        uint16_t v = adjust(adjust_address(be16_get(l4 + sum), old, addr), was, now);
        be16_put(l4 + sum, udp && v == 0 ? 0xffff : v);
    }
    if (n >= 4)
        be16_put(l4 + at, now);
}

static void rewrite_identifier(uint8_t *l4, size_t n, uint32_t id)
{
    if (n < ICMP_HEAD || !has_identifier(l4[0]))
        return;
    be16_put(l4 + 2, adjust(be16_get(l4 + 2), be16_get(l4 + 4), (uint16_t)id));
    be16_put(l4 + 4, (uint16_t)id);
}

/* A packet, or as much as is quoted of one. */
static void rewrite_bytes(uint8_t *b, size_t n, bool source, ip4 addr, uint32_t port, bool ports)
{
    uint8_t *where = b + (source ? 12 : 16);
    size_t head = (b[0] & 15u) * 4u;
    ip4 old = be32_get(where);
    be32_put(where, addr);
    be16_put(b + 10, adjust_address(be16_get(b + 10), old, addr));
    if (head > n)
        return;
    if (b[9] == IPPROTO_NUM_ICMP && ports)
        rewrite_identifier(b + head, n - head, port);
    else
        rewrite_ports(b + head, n - head, b[9], source, old, addr, port, ports);
}

void nat_rewrite(struct pkt *p, bool source, ip4 addr, uint32_t port, bool ports)
{
    rewrite_bytes(pkt_data(p), p->len, source, addr, port, ports);
}

void nat_rewrite_error(struct pkt *p, bool source, ip4 addr, ip4 quoted, uint32_t port, bool ports)
{
    uint8_t *b = pkt_data(p);
    size_t head = (b[0] & 15u) * 4u;
    rewrite_bytes(b, head, source, addr, 0, false);
    rewrite_bytes(b + head + ICMP_HEAD, p->len - head - ICMP_HEAD, !source, quoted, port, ports);
    be16_put(b + head + 2, 0);
    be16_put(b + head + 2, ip_checksum(span_of(b + head, p->len - head)));
}
