/* ESP input of arbitrary bytes: through esp_open of every suite, and through the data path of a
 * node that has SAs, where whatever happens must be a packet taken or a drop counted. The first
 * byte picks the suite and whether the ICV is made right, so that the code behind it is reached. */
#include <glib.h>
#include <stdlib.h>
#include <string.h>

#include "ipsec/ipsec.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

enum { SPI = 1000, ESP_HEAD = 8 };
static const ip4 peer = IP4(192, 0, 2, 2), own = IP4(192, 0, 2, 1);
static const uint8_t key[CRYPTO_MAX_KEY + CRYPTO_MAX_DIGEST] = "a key that everybody knows";

static struct pkt *packet_of(struct span esp)
{
    struct pkt *p = pkt_new(IP4_HEAD + esp.n);
    struct ip4_head h = {.ttl = 64,
                         .protocol = IPPROTO_NUM_ESP,
                         .head_bytes = IP4_HEAD,
                         .total = (uint16_t)p->len,
                         .src = peer,
                         .dst = own};
    ip4_head_emit(&h, pkt_data(p));
    if (esp.n)
        memcpy(pkt_data(p) + IP4_HEAD, esp.p, esp.n);
    return p;
}

/* Puts the SPI, and under `vouch` a fitting ICV, over the input. */
static struct span dress(uint8_t *esp, size_t n, struct esp_suite suite, bool vouch)
{
    size_t icv = suite.auth ? hash_icv_bytes(suite.auth) : 0;
    if (n >= 4 && vouch)
        be32_put(esp, SPI);
    if (icv && vouch && n >= ESP_HEAD + icv) {
        uint8_t digest[CRYPTO_MAX_DIGEST];
        size_t key_bytes = cipher_key_bytes(suite.cipher);
        prf_of(suite.auth, (struct span){key + key_bytes, hash_bytes(suite.auth)},
               &(struct span){esp, n - icv}, 1, digest);
        memcpy(esp + n - icv, digest, icv);
    }
    return (struct span){esp, n};
}

static void open_alone(struct span esp, struct esp_suite suite)
{
    struct span keymat = {key, esp_keymat_bytes(suite)};
    struct esp_sa *sa = esp_sa_new(SPI, true, suite, peer, own, keymat, 64, NULL);
    struct pkt *p = packet_of(esp);
    uint32_t seq;
    enum drop_reason why;
    esp_open(sa, &p, 1, &seq, &why);
    if (why == DROP_NONE && (p->len < IP4_HEAD || p->len > esp.n + IP4_HEAD))
        abort();
    pkt_unref(p);
    esp_sa_free(sa);
}

static struct acl_line *line(void)
{
    struct acl_line *l = acl_line_new();
    l->src = (struct ip4_net){IP4(10, 1, 0, 0), 0xffff0000u};
    l->dst = (struct ip4_net){IP4(10, 2, 0, 0), 0xffff0000u};
    return l;
}

static void through_node(struct span esp, struct esp_suite suite)
{
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net *net = net_new(sim, trace);
    struct net_node *r = net_node_new(net, "r", true), *far = net_node_new(net, "far", true);
    struct net_if *wan = net_if_new(r, "wan"), *out = net_if_new(far, "wan");
    struct net_link *l = net_link_new(net, "wan");
    net_if_set_address(wan, own, 0xffffff00u);
    net_if_set_address(out, peer, 0xffffff00u);
    net_link_attach(l, wan);
    net_link_attach(l, out);
    struct ipsec_timing timing = {.soft_before_s = 30, .retry_s = 10};
    struct ipsec_conf *conf = ipsec_conf_new();
    struct ipsec *x = ipsec_new(r, conf, &(struct ipsec_ops){0}, &timing);
    acl_add(net_acl_make(r, "110", true), line());
    struct ipsec_map_entry *e = ipsec_entry_make(ipsec_map_make(conf, "VPN"), 10);
    e->acl = g_strdup("110");
    g_array_append_val(e->peers, peer);
    g_ptr_array_add(e->transform_sets, g_strdup("TS"));
    ipsec_set_make(conf, "TS")->suite = suite;
    ipsec_bind(x, wan, "VPN");
    struct span keymat = {key, esp_keymat_bytes(suite)};
    struct ipsec_child c = {
        .local = own,
        .remote = peer,
        .local_proxy = proxy_of(IP4(10, 1, 0, 0), 0xffff0000u, 0, 0),
        .remote_proxy = proxy_of(IP4(10, 2, 0, 0), 0xffff0000u, 0, 0),
        .suite = suite,
        .spi_in = SPI,
        .spi_out = SPI + 1,
        .keymat_in = keymat,
        .keymat_out = keymat,
        .life_s = 3600,
        .life_kb = 1,
    };
    if (ipsec_install(x, &c) != WHY_NONE)
        abort();
    net_output(far, packet_of(esp));
    sim_run(sim, SECONDS(60));
    uint64_t in = 0, refused = 0;
    trace_counter_get(net_node_scope(r), "esp.in.packets", &in);
    trace_counter_get(net_node_scope(r), "esp.recv_errors", &refused);
    if (in + refused != 1)
        abort();
    ipsec_free(x);
    ipsec_conf_free(conf);
    net_free(net);
    trace_free(trace);
    sim_free(sim);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    /* Longer ones do not fit an IP packet; nothing to learn from them. */
    if (n < 1 || n > 60000)
        return 0;
    bool vouch = data[0] & 0x80;
    struct esp_suite suite = {data[0] % CIPHER_COUNT, data[0] / CIPHER_COUNT % HASH_COUNT, false};
    if (suite.cipher == CIPHER_NULL && suite.auth == HASH_NONE)
        suite.auth = HASH_SHA1;
    g_autofree uint8_t *esp = g_malloc(n);
    memcpy(esp, data + 1, n - 1);
    struct span dressed = dress(esp, n - 1, suite, vouch);
    open_alone(dressed, suite);
    suite.transport = true;
    open_alone(dressed, suite);
    suite.transport = false;
    through_node(dressed, suite);
    return 0;
}
