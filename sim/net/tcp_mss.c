/* Segment sizes that boxes on the way change in SYNs, and segments larger than what was announced.
 * RFC 9293 3.7.1: who sends a SYN says how large the segments may be that come to it. */
#include "conn_priv.h"
#include "wire/tcp.h"

/* A whole segment, or the first piece of one. */
static bool is_syn(const struct pkt *p, size_t *head)
{
    const uint8_t *b = p->buf + p->head;
    *head = (b[0] & 15u) * 4u;
    return b[9] == IPPROTO_NUM_TCP && (be16_get(b + 6) & 0x1fff) == 0 &&
           p->len >= *head + TCP_HEAD && b[*head + 13] & TCP_SYN;
}

struct pkt *mss_pass(struct pkt *p, uint16_t least, uint16_t most)
{
    size_t head;
    if (!is_syn(p, &head))
        return p;
    p = pkt_own(p);
    tcp_mss_fit(pkt_data(p) + head, p->len - head, least, most, NULL);
    return p;
}

void conn_mss_pass(struct net_conns *t, struct pkt *p)
{
    size_t head;
    if ((t->rules->mss_most || t->rules->mss_least) && is_syn(p, &head))
        tcp_mss_fit(pkt_data(p) + head, p->len - head, t->rules->mss_least, t->rules->mss_most,
                    NULL);
}

/* What the other end is told, once the rules have been at it. */
static uint16_t told(const struct net_conn_rules *r, uint16_t mss)
{
    if (mss && r->mss_most)
        mss = MIN(mss, r->mss_most);
    return mss ? MAX(mss, r->mss_least) : 0;
}

enum drop_reason conn_mss_judge(struct net_conns *t, struct conn *c, const struct conn_seen *s,
                                bool back, const struct net_if *in, const struct net_if *out,
                                const struct pkt *p)
{
    size_t head;
    if (is_syn(p, &head)) {
        c->mss[back] = told(t->rules, tcp_mss_of(p->buf + p->head + head, p->len - head));
        return DROP_NONE;
    }
    uint16_t most = c->mss[!back];
    if (!t->rules->mss_strict || !most || s->bytes <= most)
        return DROP_NONE;
    TRACE(t->node->scope, conn_mss, .in = in->name, .out = out->name, .src = s->f.src,
          .sport = s->f.sport, .dst = s->f.dst, .dport = s->f.dport, .mss = most,
          .bytes = s->bytes);
    return DROP_CONN_MSS;
}
