/* IKE handshakes a CPU second: main mode and quick mode between a hub and many spokes, both ends
 * counted, through the public API and the kernel's events, beside the cost of the bare
 * Diffie-Hellman operations that a handshake cannot do without (four, or eight with PFS: each end
 * makes a public value and a shared secret). Goals of design.md section 7: 4,000 pairs with 256-bit
 * exponents and group 2; 80 % of the limit with exponents as long as the group. */
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "ike/ike.h"
#include "kernel/rng.h"

enum { SPOKES = 2000, SPOKES_FULL = 400, ROUNDS = 3, RAW = 200 };

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- Two engines and a path without delay ---- */

struct datagram {
    ip4 src, dst;
    size_t n;
    uint8_t bytes[];
};
struct world;
struct end {
    struct world *w;
    struct ike_conf *conf;
    struct ike_engine *engine;
    uint32_t spi, installed;
};
struct world {
    struct sim *sim;
    struct trace *trace;
    struct ike_profile profile;
    struct sim_port port;
    struct end spokes, hub;
};
#define HUBS                                                                                       \
    IP4(198, 18, 0, 0) /* an address a spoke: who has thousands of SAs has them with thousands */

static void arrive(void *owner, uint64_t arg)
{
    struct world *w = owner;
    struct datagram *d = (struct datagram *)(uintptr_t)arg;
    struct end *to = d->dst >= HUBS ? &w->hub : &w->spokes;
    ike_input(to->engine, d->dst, 500, d->src, 500, span_of(d->bytes, d->n));
    g_free(d);
}

static void send_datagram(void *self, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                          struct span message)
{
    struct end *e = self;
    struct datagram *d = g_malloc(sizeof *d + message.n);
    *d = (struct datagram){src, dst, message.n};
    memcpy(d->bytes, message.p, message.n);
    sim_post(e->w->sim, sim_now(e->w->sim) + MILLISECONDS(1), &e->w->port, (uintptr_t)d);
}

static enum ike_why check_suite(void *self, ip4 local, ip4 remote, const struct esp_suite *s)
{
    return WHY_NONE;
}

static enum ike_why check_request(void *self, const struct ike_qm_ask *ask,
                                  struct ike_qm_grant *out)
{
    out->life_s = ask->life_s;
    out->life_kb = ask->life_kb;
    return WHY_NONE;
}

static uint32_t new_spi(void *self)
{
    return ((struct end *)self)->spi++;
}

static enum ike_why install(void *self, const struct ike_child *c)
{
    ((struct end *)self)->installed++;
    return WHY_NONE;
}

static void peer_deleted(void *self, ip4 remote, uint32_t nat, uint32_t spi_out)
{
}

static void peer_gone(void *self, ip4 local, ip4 remote, uint32_t nat, enum ike_why why)
{
}

static void request_failed(void *self, const struct ike_request *r, enum ike_why why)
{
    g_error("a handshake failed: %s", ike_why_name(why));
}

static void end_init(struct world *w, struct end *e, const char *name, enum crypto_cipher cipher)
{
    const struct ike_ops ops = {
        send_datagram, check_suite, check_request,  new_spi, install,
        peer_deleted,  peer_gone,   request_failed, e,
    };
    *e = (struct end){.w = w, .conf = ike_conf_new(), .spi = 0x1000};
    *ike_policy_make(e->conf, 10) =
        (struct ike_policy){10, cipher, HASH_SHA1, GROUP_MODP1024, IKE_AUTH_PSK, 86400};
    ike_key_set(e->conf, 0, 0, "cisco123", false);
    e->engine = ike_new(trace_scope_new(w->trace, name), e->conf, &w->profile, &ops);
}

static double pairs_per_s(uint32_t bits, bool pfs, enum crypto_cipher cipher, uint32_t spokes)
{
    struct world w = {.sim = sim_new(1, 0)};
    w.trace = trace_new(w.sim);
    w.port = (struct sim_port){arrive, &w};
    ike_profile_init(&w.profile);
    w.profile.dh_secret_bits = bits;
    w.profile.max_half_open = 1000000;
    end_init(&w, &w.spokes, "spokes", cipher);
    end_init(&w, &w.hub, "hub", cipher);
    double begin = cpu_s();
    for (uint32_t i = 0; i < spokes; i++) {
        struct ike_request r = {
            .local = IP4(10, 0, 0, 0) + i,
            .remote = HUBS + i,
            .local_proxy = proxy_of(IP4(172, 16, 0, 0) + i * 256, ip4_mask(24), 0, 0),
            .remote_proxy = proxy_of(IP4(10, 1, 0, 0), ip4_mask(16), 0, 0),
            .n_offer = 1,
            .offer = {{CIPHER_3DES, HASH_SHA1, false}},
            .pfs = pfs ? GROUP_MODP1024 : GROUP_NONE,
            .life_s = 3600,
            .life_kb = 4608000,
        };
        ike_request_sas(w.spokes.engine, &r);
    }
    sim_run(w.sim, SECONDS(5));
    double took = cpu_s() - begin;
    g_assert(w.spokes.installed == spokes && w.hub.installed == spokes);
    for (struct end *e = &w.spokes; e; e = e == &w.spokes ? &w.hub : NULL) {
        ike_free(e->engine);
        ike_conf_free(e->conf);
    }
    trace_free(w.trace);
    sim_free(w.sim);
    return spokes / took;
}

/* ---- What cannot be saved ---- */

static double raw_per_s(uint32_t bits, bool pfs)
{
    struct sim *sim = sim_new(2, 0);
    struct rng *rng = rng_stream(sim, "raw");
    uint8_t x[128], y[128], gx[128], gy[128], shared[128];
    size_t n = bits / 8;
    int handshakes = RAW * (pfs ? 2 : 1);
    double begin = cpu_s();
    for (int i = 0; i < handshakes; i++) {
        rng_bytes(rng, x, n);
        rng_bytes(rng, y, n);
        x[0] |= 0x80;
        y[0] |= 0x80;
        dh_public(GROUP_MODP1024, span_of(x, n), gx);
        dh_public(GROUP_MODP1024, span_of(y, n), gy);
        dh_shared(GROUP_MODP1024, span_of(x, n), span_of(gy, sizeof gy), shared);
        dh_shared(GROUP_MODP1024, span_of(y, n), span_of(gx, sizeof gx), shared);
    }
    double took = cpu_s() - begin;
    sim_free(sim);
    return RAW / took;
}

int main(void)
{
    static const struct {
        uint32_t bits;
        bool pfs;
        enum crypto_cipher cipher;
        uint32_t spokes;
    } row[] = {
        {160, false, CIPHER_AES128, SPOKES},       {256, false, CIPHER_AES128, SPOKES},
        {256, false, CIPHER_3DES, SPOKES},         {256, true, CIPHER_AES128, SPOKES},
        {1024, false, CIPHER_AES128, SPOKES_FULL}, {1024, true, CIPHER_AES128, SPOKES_FULL},
    };
    crypto_init();
    printf("main + quick mode, SHA, group 2, both ends on one CPU\n");
    printf("%-9s %-4s %-7s %9s %12s %7s\n", "exponent", "PFS", "cipher", "pairs/s", "DH limit/s",
           "ratio");
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        raw_per_s(row[i].bits, row[i].pfs); /* the fixed-base tables are made */
        double best = 0, raw = 0;
        for (int round = 0; round < ROUNDS; round++) {
            best = MAX(best, pairs_per_s(row[i].bits, row[i].pfs, row[i].cipher, row[i].spokes));
            raw = MAX(raw, raw_per_s(row[i].bits, row[i].pfs));
        }
        printf("%4u bits %-4s %-7s %9.0f %12.0f %7.2f\n", row[i].bits, row[i].pfs ? "yes" : "no",
               crypto_cipher_name(row[i].cipher), best, raw, best / raw);
    }
    return 0;
}
