/* Packets through IPsec: RFC 2401 5.1 going out, 5.2 coming in, and the check that nothing which
 * policy wants protected comes in clear. */
#include "ipsec_priv.h"

#include "net/qos.h"

enum { PORT_IKE = 500, PORT_NAT_T = 4500 };

/* ---- Going out ---- */

bool ipsec_own_control(const struct binding *b, const struct pkt *p, const struct flow *f)
{
    if (p->in || f->src != b->local)
        return false;
    return f->protocol == IPPROTO_NUM_ESP || f->protocol == IPPROTO_NUM_AH ||
           (f->protocol == IPPROTO_NUM_UDP && (f->sport == PORT_IKE || f->sport == PORT_NAT_T));
}

static void send_failed(struct ipsec *x, struct ident *ident, struct pkt *p, enum drop_reason why)
{
    ident->view.send_errors++;
    ++*x->count.send_errors;
    pkt_drop(x->node, p, why);
}

/* Nobody can be asked: by a template, which waits for peers to call, or by an entry that lacks its
 * peer (CAT-85, CAT-86). Said once, until something changes. */
static void no_peer(struct ipsec *x, const struct net_if *out, struct ident *ident,
                    const struct flow *f, struct pkt *p)
{
    if (!ident->told)
        TRACE(x->scope, ipsec_no_peer, .src = f->src, .dst = f->dst, .protocol = f->protocol,
              .interface = out->name, .map = ident->map, .seq = ident->view.seq, .acl = ident->acl,
              .dynamic = ident->dynamic != NULL);
    ident->told = true;
    send_failed(x, ident, p, DROP_IPSEC_NO_PEER);
}

/* The packet that finds no SA is lost; the ones after the answer are not. */
static void no_sa(struct ipsec *x, struct ident *ident, struct pkt *p)
{
    send_failed(x, ident, p, DROP_IPSEC_NO_SA);
    ipsec_request_sas(x, ident, NULL);
}

static void seal_failed(struct ipsec *x, struct pair *pair, const struct flow *f, struct pkt *p,
                        enum drop_reason why)
{
    TRACE(x->scope, esp_drop, .why = why, .sa = pair->view.out, .spi = pair->view.spi_out,
          .seq = pair->out->seq, .src = pair->local, .dst = pair->remote, .inner_src = f->src,
          .inner_dst = f->dst, .protocol = f->protocol);
    send_failed(x, pair->ident, p, why);
    /* Out of numbers: only a new SA helps                                  RFC 2406 3.3.3 */
    if (why == DROP_ESP_SEQ_WRAP)
        ipsec_pair_end(pair, WHY_EXPIRED, true);
}

/* Seals one packet and sends it. False: the pair is gone, or no good. */
static bool seal(struct ipsec *x, struct pair *pair, struct net_if *out, ip4 nexthop,
                 const struct flow *f, int df, struct pkt *p)
{
    struct esp_sa *sa = pair->out;
    struct ident *ident = pair->ident;
    p = pkt_own(p);
    enum drop_reason why;
    uint32_t inner = p->len;
    esp_seal(sa, &p, 1, df, &x->ip_id, &why);
    if (why != DROP_NONE) {
        seal_failed(x, pair, f, p, why);
        return false;
    }
    p->sa_out = sa->id;
    ident->view.encaps++;
    ident->view.encrypt++;
    ident->view.digest += sa->suite.auth != HASH_NONE;
    ++*x->count.out_packets;
    *x->count.out_bytes += inner;
    TRACE(x->scope, esp_out, .sa = sa->id, .spi = sa->spi, .seq = sa->seq, .inner = inner,
          .outer = p->len);
    ip4 dst = sa->dst;
    esp_sa_id id = sa->id;
    ipsec_pair_used(pair); /* may end it */
    if (x->ops.carry && x->ops.carry(x->ops.self, p, dst))
        return sad_by_id(x->sad, id) != NULL;
    /* The peer may lie in another direction than the traffic it takes. */
    if (f->dst != dst && !net_route_lookup(x->node, dst, &out, &nexthop))
        pkt_drop(x->node, p, DROP_IP_NO_ROUTE);
    else
        net_output_on(out, nexthop, p);
    return sad_by_id(x->sad, id) != NULL;
}

struct cut {
    struct ipsec *x;
    struct pair *pair;
    struct net_if *out;
    ip4 nexthop;
    const struct flow *f;
    int df;
    bool alive;
};

static void seal_piece(void *self, struct pkt *p)
{
    struct cut *c = self;
    if (!c->alive) {
        pkt_drop(c->x->node, p, DROP_IPSEC_NO_SA);
        return;
    }
    c->pair->ident->view.pieces++;
    c->alive = seal(c->x, c->pair, c->out, c->nexthop, c->f, c->df, p);
}

/* The queue that the sealed packet will meet looks at it as it is now. */
static void pre_classify(struct ipsec *x, const struct ident *ident, const struct pair *pair,
                         struct net_if *out, const struct flow *f, struct pkt *p)
{
    const struct ipsec_map_entry *e = ipsec_entry_of(x, ident);
    ip4 nexthop;
    if (e && e->pre_classify &&
        (f->dst == pair->out->dst || net_route_lookup(x->node, pair->out->dst, &out, &nexthop)))
        net_qos_preclassify(out, p);
}

static void protect(struct ipsec *x, struct ident *ident, struct pair *pair, struct net_if *out,
                    ip4 nexthop, const struct flow *f, struct pkt *p)
{
    const struct esp_sa *sa = pair->out;
    if (sa->suite.transport && (f->src != sa->src || f->dst != sa->dst)) {
        send_failed(x, ident, p, DROP_ESP_PROXY);
        return;
    }
    if (net_if_policy(out, true))
        pre_classify(x, ident, pair, out, f, p);
    struct ipsec_fit fit = ipsec_fit(x, pair, out, p);
    if (fit.what == IPSEC_FIT_NEVER) {
        /* Say so to the sender, in bytes before sealing        RFC 2401 6.1.1, RFC 1191 */
        ident->view.too_big_sent++;
        net_icmp_error(x->node, p, ICMP_UNREACHABLE, ICMP_FRAG_NEEDED, (uint16_t)fit.inner);
        send_failed(x, ident, p, DROP_IP_DF);
        return;
    }
    struct cut c = {x, pair, out, nexthop, f, fit.df, true};
    ident->view.cut_failed += fit.failed;
    if (fit.what != IPSEC_FIT_CUT_FIRST) {
        seal(x, pair, out, nexthop, f, fit.df, p);
        return;
    }
    ident->view.cut++;
    if (!net_fragment(x->node, p, fit.inner, seal_piece, &c))
        send_failed(x, ident, p, DROP_IP_BAD_HEADER);
}

static enum net_verdict egress(void *self, struct net_if *out, ip4 nexthop, struct pkt *p)
{
    struct ipsec *x = self;
    struct binding *b = ipsec_binding(x, out);
    struct flow f;
    ipsec_fresh(x);
    if (!b || !pkt_flow(p, &f) || ipsec_own_control(b, p, &f))
        return NET_PASS;
    struct match m = ipsec_select(x, b, &f);
    if (!m.ident)
        return NET_PASS;
    if (m.pair)
        protect(x, m.ident, m.pair, out, nexthop, &f, p);
    else if (m.ident->peerless)
        no_peer(x, out, m.ident, &f, p);
    else
        no_sa(x, m.ident, p);
    return NET_TAKEN;
}

/* ---- Coming in ---- */

static void refuse(struct ipsec *x, const struct pair *pair, struct pkt *p, enum drop_reason why,
                   const struct ev_esp_drop *what)
{
    if (pair)
        pair->ident->view.recv_errors++;
    ++*x->count.recv_errors;
    if (why == DROP_ESP_REPLAY)
        ++*x->count.replay;
    if (why == DROP_ESP_ICV)
        ++*x->count.icv;
    if (why == DROP_ESP_NO_SPI)
        ++*x->count.no_spi;
    if (why == DROP_ESP_PROXY)
        ++*x->count.proxy;
    if (TRACE_ON(x->scope, esp_drop))
        trace_emit(x->scope, EV_esp_drop, what);
    pkt_drop(x->node, p, why);
}

/* RFC 2401 5.2.1: the inner packet must be one that the SA was made for. Later fragments carry no
 * ports to look at. */
static bool proxies_take(const struct ipsec_ident *v, const struct pkt *p, const struct flow *f)
{
    struct proxy local = v->local_proxy, remote = v->remote_proxy;
    if (be16_get(p->buf + p->head + 6) & 0x1fff)
        local.port = remote.port = 0;
    return proxy_has(&remote, f->src, f->protocol, f->sport) &&
           proxy_has(&local, f->dst, f->protocol, f->dport);
}

static struct pair *pair_for(const struct ipsec *x, uint32_t spi, ip4 dst)
{
    struct pair *pair = ipsec_pair_by_spi(x, spi);
    return pair && pair->in->dst == dst ? pair : NULL;
}

static void unknown_spi(struct ipsec *x, struct pkt *p, uint16_t sport,
                        const struct ev_esp_drop *what)
{
    ip4 local = what->dst, remote = what->src;
    uint32_t spi = what->spi;
    refuse(x, NULL, p, DROP_ESP_NO_SPI, what);
    if (x->ops.unknown_spi)
        x->ops.unknown_spi(x->ops.self, local, remote, sport, spi);
}

/* The defect of an engine, where the scenario put one in. */
static bool finds_mac_wrong(struct ipsec *x, const struct pair *pair)
{
    uint32_t every = x->conf->mac_fault_every;
    if (!every || pair->in->suite.auth == HASH_NONE || ++x->mac_sound % every)
        return false;
    TRACE(x->scope, injected, .what = "engine: the MAC of a sound packet is found wrong");
    return true;
}

void ipsec_esp_input(struct ipsec *x, struct net_if *in, struct pkt *p, uint16_t sport)
{
    struct flow outer, inner;
    struct ev_esp_drop what = {.protocol = IPPROTO_NUM_ESP};
    uint32_t seq = 0, outer_bytes = p->len + (sport ? UDP_HEAD : 0);
    enum drop_reason why;
    if (!pkt_flow(p, &outer) || !esp_peek(p, &what.spi, &seq)) {
        what.why = DROP_ESP_SHORT;
        refuse(x, NULL, p, DROP_ESP_SHORT, &what);
        return;
    }
    what.seq = seq;
    what.src = outer.src;
    what.dst = outer.dst;
    struct pair *pair = pair_for(x, what.spi, outer.dst);
    if (!pair) {
        what.why = DROP_ESP_NO_SPI;
        unknown_spi(x, p, sport, &what);
        return;
    }
    what.sa = pair->view.in;
    if (pair->in->suite.udp != (sport != 0)) {
        what.why = DROP_ESP_ENCAPSULATION;
        refuse(x, pair, p, DROP_ESP_ENCAPSULATION, &what);
        return;
    }
    p = pkt_own(p);
    esp_open(pair->in, &p, 1, &seq, &why);
    if (why == DROP_NONE && finds_mac_wrong(x, pair))
        why = DROP_ESP_ICV;
    if (why == DROP_NONE && !pkt_flow(p, &inner))
        why = DROP_ESP_INNER;
    if (why == DROP_NONE && !proxies_take(&pair->ident->view, p, &inner)) {
        why = DROP_ESP_PROXY;
        what.inner_src = inner.src;
        what.inner_dst = inner.dst;
        what.protocol = inner.protocol;
    }
    if (why != DROP_NONE) {
        what.why = why;
        refuse(x, pair, p, why, &what);
        return;
    }
    /* A late one says where the peer was. */
    if (sport && seq == pair->in->seq)
        ipsec_udp_follow(pair, outer.src, sport);
    struct ipsec_ident *v = &pair->ident->view;
    v->decaps++;
    v->decrypt++;
    v->verify += pair->in->suite.auth != HASH_NONE;
    v->pieces_in += (be16_get(p->buf + p->head + 6) & ~IP4_DF) != 0;
    ++*x->count.in_packets;
    *x->count.in_bytes += p->len;
    p->sa_in = pair->view.in;
    TRACE(x->scope, esp_in, .sa = pair->view.in, .spi = what.spi, .seq = seq, .inner = p->len,
          .outer = outer_bytes);
    ipsec_pair_used(pair); /* may end it */
    net_input_again(in, p);
}

static void esp_input(void *self, struct net_if *in, struct pkt *p)
{
    ipsec_esp_input(self, in, p, 0);
}

/* What this node listens to itself may come in clear: IKE and the protected packets. */
static bool for_own_control(const struct ipsec *x, const struct flow *f)
{
    if (f->protocol != IPPROTO_NUM_ESP && f->protocol != IPPROTO_NUM_AH &&
        !(f->protocol == IPPROTO_NUM_UDP && (f->dport == PORT_IKE || f->dport == PORT_NAT_T)))
        return false;
    return net_if_by_addr(x->node, f->dst) != NULL;
}

static enum net_verdict ingress(void *self, struct net_if *in, struct pkt *p)
{
    struct ipsec *x = self;
    struct binding *b = ipsec_binding(x, in);
    struct flow f;
    ipsec_fresh(x);
    if (!b || !pkt_flow(p, &f) || for_own_control(x, &f))
        return NET_PASS;
    /* Seen from the inside, so that the access list is read the way it is written. */
    struct flow back = flow_reverse(f);
    struct match m = ipsec_select(x, b, &back);
    if (!m.ident)
        return NET_PASS;
    m.ident->view.recv_errors++;
    ++*x->count.recv_errors;
    TRACE(x->scope, ipsec_clear, .src = f.src, .dst = f.dst, .protocol = f.protocol,
          .interface = in->name, .map = b->name);
    pkt_drop(x->node, p, DROP_IPSEC_CLEAR);
    return NET_TAKEN;
}

void ipsec_data_attach(struct ipsec *x)
{
    net_node_set_hooks(x->node, &(struct net_hooks){egress, ingress, x});
    net_proto_bind(x->node, IPPROTO_NUM_ESP, esp_input, x);
}

void ipsec_data_detach(struct ipsec *x)
{
    net_node_set_hooks(x->node, &(struct net_hooks){0});
    net_proto_bind(x->node, IPPROTO_NUM_ESP, NULL, NULL);
}
