/* What the connection table reads in packets: the flow, and where a TCP connection stands
 * (RFC 793 3.4 and 3.5), followed from the segments of both ends. */
#include "conn_priv.h"

#define SEG_HEAD 20

static bool has_identifier(uint8_t type)
{
    return type == 0 || type == 8 ||
           (type >= 13 && type <= 18); /* RFC 792: questions and answers */
}

static bool is_error(uint8_t type)
{
    return type == 3 || type == 4 || type == 5 || type == 11 || type == 12; /* RFC 1122 3.2.2 */
}

/* RFC 792: the quoted head and eight bytes behind it, enough for ports or an identifier. */
static void see_quoted(struct span quoted, struct conn_seen *s)
{
    if (quoted.n < IP4_HEAD || quoted.p[0] >> 4 != 4)
        return;
    struct flow *f = &s->about;
    struct span l4 = span_sub(quoted, (quoted.p[0] & 15u) * 4u, quoted.n);
    *f = (struct flow){
        .src = be32_get(quoted.p + 12),
        .dst = be32_get(quoted.p + 16),
        .protocol = quoted.p[9],
        .icmp_type = -1,
        .icmp_code = -1,
    };
    if (f->protocol != IPPROTO_NUM_ICMP)
        l4_ports(f->protocol, l4, &f->sport, &f->dport);
    else if (l4.n >= ICMP_HEAD && has_identifier(l4.p[0]))
        f->sport = f->dport = be16_get(l4.p + 4);
}

static void see_tcp(struct span l4, struct conn_seen *s)
{
    size_t head = l4.n >= SEG_HEAD ? (l4.p[12] >> 4) * 4u : 0;
    if (head < SEG_HEAD || head > l4.n)
        return; /* no flags: no segment that opens or continues anything */
    s->seq = be32_get(l4.p + 4);
    s->ack = be32_get(l4.p + 8);
    s->tcp = l4.p[13];
    s->bytes = (uint32_t)(l4.n - head);
}

void conn_see(const struct pkt *p, struct conn_seen *s)
{
    const uint8_t *b = p->buf + p->head;
    size_t head = (b[0] & 15u) * 4u;
    struct span l4 = span_sub(pkt_span(p), head, p->len);
    *s = (struct conn_seen){.bytes = (uint32_t)l4.n};
    pkt_flow(p, &s->f);
    if (s->f.protocol == IPPROTO_NUM_TCP) {
        see_tcp(l4, s);
    } else if (s->f.protocol == IPPROTO_NUM_UDP) {
        s->bytes = (uint32_t)(l4.n > UDP_HEAD ? l4.n - UDP_HEAD : 0);
    } else if (s->f.protocol == IPPROTO_NUM_ICMP && l4.n >= ICMP_HEAD) {
        s->bytes = (uint32_t)(l4.n - ICMP_HEAD);
        s->error = is_error(l4.p[0]);
        if (s->error)
            see_quoted(span_sub(l4, ICMP_HEAD, l4.n), s);
        else if (has_identifier(l4.p[0]))
            s->f.sport = s->f.dport = be16_get(l4.p + 4);
    }
}

enum conn_class conn_tcp_class(const struct conn *c)
{
    if (c->pub.flags & (NET_CONN_FIN | NET_CONN_FIN_BACK))
        return CONN_HALF_CLOSED;
    return c->pub.flags & NET_CONN_UP ? CONN_TCP : CONN_EMBRYONIC;
}

static bool at_least(uint32_t a, uint32_t b) /* numbers go round: RFC 793 3.3 */
{
    return (int32_t)(a - b) >= 0;
}

const char *conn_tcp_follow(struct conn *c, const struct conn_seen *s, bool back)
{
    static const struct {
        uint16_t data, fin, fin_acked;
    } of[2] = {
        {NET_CONN_DATA, NET_CONN_FIN, NET_CONN_FIN_ACKED},
        {NET_CONN_DATA_BACK, NET_CONN_FIN_BACK, NET_CONN_FIN_BACK_ACKED},
    };
    uint16_t *flags = &c->pub.flags;
    if (s->tcp & SEG_RST)
        return back ? "reset-back" : "reset";
    if (back && (s->tcp & (SEG_SYN | SEG_ACK)) == (SEG_SYN | SEG_ACK))
        *flags |= NET_CONN_SYN_ACK;
    else if (!back && (*flags & NET_CONN_SYN_ACK) && (s->tcp & (SEG_SYN | SEG_ACK)) == SEG_ACK)
        *flags |= NET_CONN_UP;
    if (s->bytes && *flags & NET_CONN_UP)
        *flags |= of[back].data;
    if (s->tcp & SEG_FIN) {
        *flags |= of[back].fin;
        c->fin_end[back] = s->seq + s->bytes + 1;
    }
    if (*flags & of[!back].fin && s->tcp & SEG_ACK && at_least(s->ack, c->fin_end[!back]))
        *flags |= of[!back].fin_acked;
    bool done = *flags & NET_CONN_FIN_ACKED && *flags & NET_CONN_FIN_BACK_ACKED;
    return done ? "fins" : NULL;
}
