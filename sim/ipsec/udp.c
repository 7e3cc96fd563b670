/* ESP in UDP (RFC 3948): what port 4500 takes, and the peer that is found elsewhere. */
#include "ipsec_priv.h"
#include "wire/ip.h"

#define MARKER_BYTES                                                                               \
    4 /* the non-ESP marker: four zero bytes where ESP has its SPI   RFC 3948 2.2 */
#define TTL_UNKNOWN 255

/* ---- Coming in ---- */

/* The UDP head is taken off, and what is left is ESP as from the same address. */
static struct pkt *unwrap(ip4 src, ip4 dst, struct span payload)
{
    struct pkt *p = pkt_new(IP4_HEAD + payload.n);
    const struct ip4_head h = {
        .ttl = TTL_UNKNOWN,
        .protocol = IPPROTO_NUM_ESP,
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)(IP4_HEAD + payload.n),
        .src = src,
        .dst = dst,
    };
    ip4_head_emit(&h, pkt_data(p));
    memcpy(pkt_data(p) + IP4_HEAD, payload.p, payload.n);
    return p;
}

static void count(struct ipsec *x, enum drop_reason why)
{
    g_autofree char *name = g_strdup_printf("drop.%s", drop_reason_name((int)why));
    ++*trace_counter(x->scope, name);
}

static bool is_keepalive(struct span payload)
{
    return payload.n == 1 && payload.p[0] == 0xff;
}

bool ipsec_udp_input(struct ipsec *x, struct net_if *in, ip4 src, uint16_t sport, ip4 dst,
                     uint16_t dport, struct span payload, struct span *ike)
{
    *ike = (struct span){0};
    if (is_keepalive(payload)) {
        count(x, DROP_NAT_KEEPALIVE);
        TRACE(x->scope, udp_keepalive, .interface = in->name, .src = src, .sport = sport,
              .dst = dst, .dport = dport);
    } else if (payload.n < MARKER_BYTES || !sport || payload.n > UINT16_MAX - IP4_HEAD) {
        count(x, DROP_ESP_UDP_SHORT);
    } else if (be32_get(payload.p) == 0) {
        *ike = span_sub(payload, MARKER_BYTES, payload.n);
        return true;
    } else {
        ipsec_esp_input(x, in, unwrap(src, dst, payload), sport);
    }
    return false;
}

void ipsec_carried_input(struct ipsec *x, struct net_if *in, ip4 src, ip4 dst, struct span esp)
{
    if (esp.n > UINT16_MAX - IP4_HEAD)
        count(x, DROP_TOO_BIG);
    else
        ipsec_esp_input(x, in, unwrap(src, dst, esp), 0);
}

/* ---- Peers that move, RFC 3947 7 ---- */

static void move(struct pair *p, ip4 remote, uint16_t rport)
{
    p->remote = p->in->src = p->out->dst = p->use->remote = remote;
    p->in->sport = p->out->dport = p->view.rport = rport;
    if (p->ident->view.nat == p->view.nat)
        p->ident->view.peer = remote;
}

void ipsec_peer_moved(struct ipsec *x, uint32_t nat, ip4 remote, uint16_t rport)
{
    for (guint i = 0; nat && i < x->idents->len; i++) {
        const struct ident *ident = x->idents->pdata[i];
        for (guint k = 0; k < ident->view.pairs->len; k++) {
            struct pair *p = ident->view.pairs->pdata[k];
            if (p->view.nat == nat)
                move(p, remote, rport);
        }
    }
    ipsec_forget_flows(x);
}

void ipsec_udp_follow(struct pair *pair, ip4 src, uint16_t sport)
{
    struct ipsec *x = pair->x;
    uint32_t nat = pair->view.nat;
    if (pair->learn && src == pair->remote)
        pair->in->sport = pair->out->dport = pair->view.rport = sport;
    bool same = src == pair->remote && sport == pair->out->dport;
    if (same || !nat || !pair->follow || !x->conf->nat_follow_esp)
        return;
    ipsec_peer_moved(x, nat, src, sport);
    if (x->ops.moved)
        x->ops.moved(x->ops.self, nat, src, sport);
}
