/* ICMP (RFC 792, RFC 1122 3.2.2, RFC 1812 4.3): echo is answered, errors are told to whoever sent
 * the packet they quote, and errors are made for packets that die. */
#include "net_priv.h"

#define QUOTE_BYTES 8    /* of the packet's data, behind its head (RFC 792) */
#define TOS_ERROR   0xc0 /* RFC 1812 4.3.2.5: precedence internetwork control */

static bool is_error_type(uint8_t type)
{
    static const uint8_t error[] = {3, 4, 5, 11, 12}; /* RFC 1122 3.2.2 */
    return memchr(error, type, sizeof error) != NULL;
}

static void send_icmp(struct net_node *n, ip4 src, ip4 dst, uint8_t tos,
                      const struct icmp_head *icmp, struct span data, ip4 about)
{
    if (!ip_source(n, &src, dst) || data.n > UINT16_MAX - IP4_HEAD - ICMP_HEAD)
        return;
    struct pkt *p = pkt_new(IP4_HEAD + ICMP_HEAD + data.n);
    uint8_t *b = pkt_data(p) + IP4_HEAD;
    if (data.n)
        memcpy(b + ICMP_HEAD, data.p, data.n);
    icmp_emit(icmp, b, data.n);
    ip_head_put(n, p, src, dst, IPPROTO_NUM_ICMP, tos, false);
    ++*n->count.icmp_out;
    TRACE(n->scope, icmp_tx, .src = src, .dst = dst, .type = icmp->type, .code = icmp->code,
          .about = about, .mtu = icmp->mtu);
    net_output(n, p);
}

/* ---- Errors going out ---- */

/* RFC 1812 4.3.2.7 and RFC 1122 3.2.2: what is never answered with an error. */
static bool must_not_answer(const struct pkt *p, size_t head_bytes)
{
    const uint8_t *b = p->buf + p->head;
    ip4 src = pkt_src(p), dst = pkt_dst(p);
    if (be16_get(b + 6) & 0x1fff)
        return true; /* not the first fragment */
    if (!src || src >> 24 == 127 || src >= IP4(224, 0, 0, 0) || dst >= IP4(224, 0, 0, 0))
        return true;
    return b[9] == IPPROTO_NUM_ICMP && (p->len <= head_bytes || is_error_type(b[head_bytes]));
}

void net_node_limit_unreachables(struct net_node *n, sim_time every)
{
    n->unreachable_every = every;
}

/* Routers send so many errors and no more: a burst of bad packets is answered once. */
static bool limited(struct net_node *n, uint8_t code)
{
    sim_time now = sim_now(n->net->sim);
    sim_time *next = code == ICMP_FRAG_NEEDED ? &n->too_big_next : &n->unreachable_next;
    if (n->unreachable_every == 0)
        return false;
    if (now < *next)
        return true;
    *next = now + n->unreachable_every;
    return false;
}

void net_icmp_error(struct net_node *n, const struct pkt *about, uint8_t type, uint8_t code,
                    uint16_t mtu)
{
    if (about->len < IP4_HEAD)
        return;
    const uint8_t *b = about->buf + about->head;
    size_t head_bytes = (b[0] & 15u) * 4u;
    if (head_bytes < IP4_HEAD || head_bytes > about->len || must_not_answer(about, head_bytes))
        return;
    struct net_if *in = about->in;
    const struct icmp_head icmp = {.type = type, .code = code, .mtu = mtu};
    struct span quote = span_of(b, MIN(about->len, head_bytes + QUOTE_BYTES));
    ip4 src = pkt_src(about), dst = pkt_dst(about);
    if (!in) { /* made here: told without a packet, once the sender has finished sending */
        icmp_error_in(n, src, &icmp, quote, true);
        return;
    }
    if (type == ICMP_UNREACHABLE && (in->no_unreachables || limited(n, code)))
        return;
    const struct dest *d = dest_of(n, dst);
    if (d->kind == DEST_BROADCAST)
        return;
    ip4 own = d->kind == DEST_LOCAL ? dst : in->addr;
    send_icmp(n, own, src, TOS_ERROR, &icmp, quote, dst);
}

/* ---- Errors coming in ---- */

static enum net_ping_what what_of(const struct icmp_head *icmp)
{
    if (icmp->type == ICMP_TIME_EXCEEDED)
        return NET_PING_TTL;
    return icmp->code == ICMP_FRAG_NEEDED ? NET_PING_FRAG_NEEDED : NET_PING_UNREACHABLE;
}

void icmp_error_in(struct net_node *n, ip4 from, const struct icmp_head *icmp, struct span quoted,
                   bool later)
{
    for (guint k = 0; n->icmp_watches && k < n->icmp_watches->len; k++) {
        struct icmp_watch w = g_array_index(n->icmp_watches, struct icmp_watch, k);
        w.fn(w.self, from, icmp->type, icmp->code, icmp->mtu, quoted);
    }
    if (icmp->type != ICMP_TIME_EXCEEDED && icmp->type != ICMP_UNREACHABLE)
        return;
    if (quoted.n < IP4_HEAD || quoted.p[9] != IPPROTO_NUM_ICMP)
        return;
    struct span echo = span_sub(quoted, (quoted.p[0] & 15u) * 4u, ICMP_HEAD);
    if (echo.n == ICMP_HEAD && echo.p[0] == ICMP_ECHO)
        ping_error_in(n, be16_get(echo.p + 4), be16_get(echo.p + 6), what_of(icmp), later);
}

void net_icmp_watch(struct net_node *n, net_icmp_fn fn, void *self)
{
    if (!n->icmp_watches)
        n->icmp_watches = g_array_new(FALSE, FALSE, sizeof(struct icmp_watch));
    struct icmp_watch w = {fn, self};
    g_array_append_val(n->icmp_watches, w);
}

void net_icmp_unwatch(struct net_node *n, net_icmp_fn fn, void *self)
{
    for (guint k = n->icmp_watches ? n->icmp_watches->len : 0; k-- > 0;) {
        struct icmp_watch w = g_array_index(n->icmp_watches, struct icmp_watch, k);
        if (w.fn == fn && w.self == self)
            g_array_remove_index(n->icmp_watches, k);
    }
}

/* RFC 792 page 14: addresses exchanged, type changed, the data as it came. A request to a broadcast
 * address is answered from the interface's own. */
static void answer_echo(struct net_node *n, struct net_if *in, const struct ip4_head *h,
                        const struct icmp_head *icmp, struct span data)
{
    const struct icmp_head reply = {.type = ICMP_ECHO_REPLY, .id = icmp->id, .seq = icmp->seq};
    ip4 own = dest_of(n, h->dst)->kind == DEST_LOCAL ? h->dst : in->addr;
    send_icmp(n, own, h->src, h->tos, &reply, data, 0);
}

void icmp_input(struct net_node *n, struct net_if *in, struct pkt *p, const struct ip4_head *h)
{
    struct icmp_head icmp;
    struct span data;
    struct span body = span_sub(pkt_span(p), h->head_bytes, p->len);
    enum wire_status status = icmp_parse(body, &icmp, &data);
    if (status != WIRE_OK) {
        pkt_drop(n, p, status == WIRE_CHECKSUM ? DROP_ICMP_CHECKSUM : DROP_ICMP_SHORT);
        return;
    }
    bool error = is_error_type(icmp.type);
    bool frag_needed = icmp.type == ICMP_UNREACHABLE && icmp.code == ICMP_FRAG_NEEDED;
    ++*n->count.icmp_in;
    TRACE(n->scope, icmp_rx, .src = h->src, .dst = h->dst, .type = icmp.type, .code = icmp.code,
          .about = error && data.n >= IP4_HEAD ? be32_get(data.p + 16) : 0,
          .mtu = frag_needed ? icmp.mtu : 0);
    if (icmp.type == ICMP_ECHO)
        answer_echo(n, in, h, &icmp, data);
    else if (icmp.type == ICMP_ECHO_REPLY)
        ping_reply_in(n, h->src, h->dst, &icmp);
    else if (error)
        icmp_error_in(n, h->src, &icmp, data, false);
    pkt_unref(p);
}
