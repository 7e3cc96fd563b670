/* The two sites that the tests of the data path play with. */
#include <string.h>

#include "site.h"

#define MASK24 0xffffff00u

static void acquire(void *self, const struct ipsec_acquire *a)
{
    struct site_router *r = self;
    r->last = *a;
    r->asked++;
}

static void ended(void *self, ip4 local, ip4 remote, uint32_t spi_in, enum ike_why why)
{
    struct site_router *r = self;
    r->ended++;
    r->last_spi = spi_in;
    r->last_why = why;
}

static void unknown_spi(void *self, ip4 local, ip4 remote, uint16_t rport, uint32_t spi)
{
    struct site_router *r = self;
    r->unknown++;
    r->last_spi = spi;
}

/* Every field of an event that is a word or a number, in order. */
static void heard(void *self, const struct trace_event *e)
{
    struct site *s = self;
    g_string_append_printf(s->log, "%s %s", e->scope->name, trace_event_name(e->id));
    for (const struct trace_field *f = trace_event_fields(e->id); f->name; f++) {
        const uint8_t *at = (const uint8_t *)e->data + f->offset;
        if (f->kind == KIND_ENUM)
            g_string_append_printf(s->log, " %s", f->enum_name(*(const int *)at));
        else if (f->kind == KIND_STR)
            g_string_append_printf(s->log, " %s", *(const char *const *)at);
        else if (f->kind == KIND_BOOL)
            g_string_append(s->log, *(const bool *)at ? " yes" : " no");
    }
    g_string_append_c(s->log, '\n');
}

static struct net_if *interface(struct net_node *n, const char *name, ip4 addr)
{
    struct net_if *i = net_if_new(n, name);
    net_if_set_address(i, addr, MASK24);
    return i;
}

static void cable(struct site *s, const char *name, struct net_if *a, struct net_if *b)
{
    struct net_link *l = net_link_new(s->net, name);
    struct net_impair im = {.delay = MILLISECONDS(1)};
    cr_assert(net_link_attach(l, a) && net_link_attach(l, b));
    net_link_impair(l, UINT32_MAX, &im);
}

struct acl_line *site_line(ip4 src, ip4 smask, ip4 dst, ip4 dmask)
{
    struct acl_line *l = acl_line_new();
    l->src = (struct ip4_net){src, smask};
    l->dst = (struct ip4_net){dst, dmask};
    return l;
}

struct ipsec_map_entry *site_entry(struct site_router *r, uint32_t seq, ip4 src, ip4 dst, ip4 peer)
{
    g_autofree char *acl = g_strdup_printf("%u", 100 + seq);
    acl_add(net_acl_make(r->node, acl, true), site_line(src, MASK24, dst, MASK24));
    struct ipsec_map_entry *e = ipsec_entry_make(ipsec_map_make(r->conf, "VPN"), seq);
    e->acl = g_steal_pointer(&acl);
    g_array_append_val(e->peers, peer);
    g_ptr_array_add(e->transform_sets, g_strdup("TS"));
    return e;
}

static void router(struct site *s, int side, ip4 lan, ip4 wan)
{
    struct site_router *r = &s->r[side];
    r->node = net_node_new(s->net, side ? "r2" : "r1", true);
    r->lan = interface(r->node, "lan", lan);
    r->wan = interface(r->node, "wan", wan);
    net_route_add(r->node, (struct ip4_net){side ? LAN1 : LAN2, MASK24}, side ? R1 : R2, NULL, 1);
    r->conf = ipsec_conf_new();
    r->ipsec = ipsec_new(r->node, r->conf, &(struct ipsec_ops){acquire, ended, unknown_spi, r},
                         &s->timing);
    ipsec_set_make(r->conf, "TS")->suite = (struct esp_suite){CIPHER_3DES, HASH_SHA1, false};
    site_entry(r, 10, side ? LAN2 : LAN1, side ? LAN1 : LAN2, side ? R1 : R2);
    ipsec_bind(r->ipsec, r->wan, "VPN");
}

static void pinged(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    struct site *s = self;
    if (what == NET_PING_REPLY)
        s->replies++;
    else
        s->lost++;
}

struct site *site_new(void)
{
    struct site *s = g_new0(struct site, 1);
    s->sim = sim_new(7, 0);
    s->trace = trace_new(s->sim);
    s->net = net_new(s->sim, s->trace);
    s->timing = (struct ipsec_timing){.soft_before_s = 30, .soft_before_kb = 256, .retry_s = 10};
    s->log = g_string_new(NULL);
    s->h1 = net_node_new(s->net, "h1", false);
    s->h2 = net_node_new(s->net, "h2", false);
    router(s, 0, IP4(10, 1, 0, 1), R1);
    router(s, 1, IP4(10, 2, 0, 1), R2);
    cable(s, "left", interface(s->h1, "eth0", H1), s->r[0].lan);
    cable(s, "right", interface(s->h2, "eth0", H2), s->r[1].lan);
    cable(s, "wan", s->r[0].wan, s->r[1].wan);
    s->wan = net_link_by_name(s->net, "wan");
    net_route_add(s->h1, (struct ip4_net){0, 0}, IP4(10, 1, 0, 1), NULL, 1);
    net_route_add(s->h2, (struct ip4_net){0, 0}, IP4(10, 2, 0, 1), NULL, 1);
    s->ping = net_ping_new(s->h1, pinged, s);
    struct trace_mask want = {0};
    for (int id = EV_ipsec_request; id <= EV_key_esp; id++)
        trace_mask_add(&want, id);
    trace_subscribe(s->trace, NULL, &want, heard, s);
    return s;
}

void site_free(struct site *s)
{
    net_ping_free(s->ping);
    for (int side = 0; side < 2; side++) {
        ipsec_free(s->r[side].ipsec);
        ipsec_conf_free(s->r[side].conf);
    }
    net_free(s->net);
    trace_free(s->trace);
    sim_free(s->sim);
    g_string_free(s->log, TRUE);
    g_free(s);
}

void site_run(struct site *s, sim_time more)
{
    sim_run(s->sim, sim_now(s->sim) + more);
}

void site_ping(struct site *s, uint32_t count, uint32_t size, bool df)
{
    for (uint32_t i = 0; i < count; i++) {
        net_ping_send(s->ping, H1, H2, i, size, 0, df, 0xabcd, MILLISECONDS(900));
        site_run(s, SECONDS(1));
    }
}

struct ipsec_child site_child(int side, uint32_t spi, uint32_t life_s, uint32_t life_kb)
{
    static const uint8_t key[2][44] = {{1, 2, 3, 4, 5, 6, 7, 8}, {9, 10, 11, 12, 13, 14, 15, 16}};
    struct proxy lan1 = proxy_of(LAN1, MASK24, 0, 0), lan2 = proxy_of(LAN2, MASK24, 0, 0);
    return (struct ipsec_child){
        .local = side ? R2 : R1,
        .remote = side ? R1 : R2,
        .local_proxy = side ? lan2 : lan1,
        .remote_proxy = side ? lan1 : lan2,
        .suite = {CIPHER_3DES, HASH_SHA1, false},
        .spi_in = spi + (uint32_t)side,
        .spi_out = spi + !side,
        .keymat_in = {key[side], sizeof key[side]},
        .keymat_out = {key[!side], sizeof key[!side]},
        .life_s = life_s,
        .life_kb = life_kb,
        .initiator = !side,
    };
}

void site_install(struct site *s, uint32_t spi, uint32_t life_s, uint32_t life_kb)
{
    for (int side = 0; side < 2; side++) {
        struct ipsec_child c = site_child(side, spi, life_s, life_kb);
        cr_assert_eq(ipsec_install(s->r[side].ipsec, &c), WHY_NONE);
    }
}

uint64_t site_count(const struct site_router *r, const char *counter)
{
    uint64_t v = 0;
    trace_counter_get(net_node_scope(r->node), counter, &v);
    return v;
}

uint32_t site_said(const struct site *s, const char *text)
{
    uint32_t n = 0;
    for (const char *at = strstr(s->log->str, text); at; at = strstr(at + 1, text))
        n++;
    return n;
}
