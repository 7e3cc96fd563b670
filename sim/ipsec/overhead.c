/* What ESP adds to a packet (RFC 2406 2), to the byte, and what follows from it: the largest packet
 * that still fits an MTU when sealed, and which packets are cut, before sealing or after. */
#include "ipsec_priv.h"
#include "wire/ip.h"

enum {
    ESP_HEAD = 8,    /* SPI, sequence number */
    ESP_TRAILER = 2, /* pad length, next header */
    ESP_UDP = 8,     /* RFC 3948 2.1 */
    ESP_ALIGN = 4,   /* the trailer ends on a 4-byte boundary whatever the cipher, RFC 2406 2.4 */
    FRAG_UNIT = 8,   /* RFC 791: offsets count in these */
};

/* ---- Of a suite ---- */

static size_t align_of(struct esp_suite suite)
{
    return MAX(cipher_block_bytes(suite.cipher), (size_t)ESP_ALIGN);
}

size_t esp_pad_bytes(struct esp_suite suite, size_t payload)
{
    size_t align = align_of(suite);
    return (align - (payload + ESP_TRAILER) % align) % align;
}

size_t esp_icv_bytes(struct esp_suite suite)
{
    return suite.auth == HASH_NONE ? 0 : hash_icv_bytes(suite.auth);
}

/* All but payload, padding and trailer: the head in front, the packet's own in transport mode. */
static size_t fixed_bytes(struct esp_suite suite)
{
    return IP4_HEAD + (suite.udp ? ESP_UDP : 0) + ESP_HEAD + cipher_iv_bytes(suite.cipher) +
           esp_icv_bytes(suite);
}

size_t esp_sealed_bytes(struct esp_suite suite, size_t inner)
{
    /* Transport mode keeps the head of the packet instead of putting one in front. */
    size_t payload = suite.transport && inner >= IP4_HEAD ? inner - IP4_HEAD : inner;
    return fixed_bytes(suite) + payload + esp_pad_bytes(suite, payload) + ESP_TRAILER;
}

size_t esp_overhead(struct esp_suite suite, size_t inner)
{
    return esp_sealed_bytes(suite, inner) - inner;
}

size_t esp_overhead_most(struct esp_suite suite)
{
    size_t most = fixed_bytes(suite) + align_of(suite) - 1 + ESP_TRAILER;
    return suite.transport ? most - IP4_HEAD : most;
}

uint32_t esp_inner_mtu(struct esp_suite suite, uint32_t mtu)
{
    size_t fixed = fixed_bytes(suite), align = align_of(suite);
    if (mtu < fixed + align)
        return 0;
    /* Payload and trailer together are whole blocks: so many find room. */
    size_t payload = (mtu - fixed) / align * align - ESP_TRAILER;
    return (uint32_t)(suite.transport ? payload + IP4_HEAD : payload);
}

/* ---- Of an interface ---- */

struct ipsec_size *ipsec_size_make(struct ipsec_conf *c, uint32_t interface)
{
    while (c->sizes->len <= interface)
        g_array_append_vals(c->sizes, &(struct ipsec_size){-1, -1}, 1);
    return &g_array_index(c->sizes, struct ipsec_size, interface);
}

struct ipsec_size ipsec_size_of(const struct ipsec_conf *c, uint32_t interface)
{
    struct ipsec_size own = {-1, -1};
    if (interface < c->sizes->len)
        own = g_array_index(c->sizes, struct ipsec_size, interface);
    return (struct ipsec_size){
        .df = own.df < 0 ? c->df : own.df,
        .cut_first = own.cut_first < 0 ? c->cut_first : own.cut_first,
    };
}

/* ---- Of a packet ---- */

/* A virtual interface has no wire of its own: what counts is the one that leads to the peer. */
static uint32_t path_mtu(const struct ipsec *x, const struct pair *pair, const struct net_if *out)
{
    struct net_if *wire;
    ip4 nexthop;
    if (out->loopback && net_route_lookup(x->node, pair->out->dst, &wire, &nexthop))
        out = wire;
    uint32_t mtu = MIN(out->ip_mtu, out->mtu);
    return sim_now(x->sim) < pair->view.path_mtu_until ? MIN(mtu, pair->view.path_mtu) : mtu;
}

/* Pieces keep the first one's ports to themselves: an SA for one port would not take the others. */
static bool pieces_belong(const struct ident *ident)
{
    return ident->view.local_proxy.port == 0 && ident->view.remote_proxy.port == 0;
}

/* RFC 2401 6.1: don't-fragment binds the sealed packet too, unless the operator says that the outer
 * head never has it. What may be cut is cut before it is sealed where that is wanted, in tunnel
 * mode, so that the peer joins nothing; the rest after it, when the outer head must not forbid it,
 * even where DF is to be set on everything. */
struct ipsec_fit ipsec_fit(const struct ipsec *x, const struct pair *pair, const struct net_if *out,
                           const struct pkt *p)
{
    struct ipsec_size how = ipsec_size_of(x->conf, out->index);
    uint32_t mtu = path_mtu(x, pair, out);
    bool inner_df = be16_get(p->buf + p->head + 6) & IP4_DF;
    /* A virtual interface has a size of its own: that of packets before they are sealed. */
    uint32_t own = out->loopback ? MIN(out->ip_mtu, out->mtu) : UINT32_MAX;
    struct ipsec_fit fit = {IPSEC_FITS, how.df, MIN(esp_inner_mtu(pair->view.suite, mtu), own)};
    if (p->len <= own && esp_sealed_bytes(pair->view.suite, p->len) <= mtu)
        return fit;
    if (inner_df && how.df != ESP_DF_CLEAR) {
        fit.what = IPSEC_FIT_NEVER;
    } else if ((how.cut_first || p->len > own) && !pair->view.suite.transport &&
               pieces_belong(pair->ident)) {
        /* An MTU that leaves no room for a piece behind its head is left to what comes after. */
        fit.what = fit.inner >= IP4_HEAD + FRAG_UNIT ? IPSEC_FIT_CUT_FIRST : IPSEC_FIT_CUT_AFTER;
        fit.failed = fit.what == IPSEC_FIT_CUT_AFTER;
    } else {
        fit.what = IPSEC_FIT_CUT_AFTER;
    }
    if (fit.what == IPSEC_FIT_CUT_AFTER)
        fit.df = ESP_DF_CLEAR;
    return fit;
}
