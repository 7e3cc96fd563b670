/* What is damaged or out of measure: one drop with a reason, in the counters and as an event, and
 * nothing else: no answer, nothing delivered, nothing kept. */
#include "net/nat.h"
#include "wire/ip.h"
#include "wire/tcp.h"
#include "world.h"

/* a 10.0.0.1 -- 10.0.0.2 box 192.0.2.1 -- 192.0.2.2 c. The box is a host, a router, or a router
 * that translates. */
enum victim { HOST, ROUTER, TRANSLATOR, VICTIMS };
static const char *const victim_name[] = {"host", "router", "translator"};
struct judge {
    struct world *w;
    struct net_node *a, *box, *c;
    struct net_if *a_if;
    struct net_nat_conf nat;
    enum drop_reason why;
    unsigned drops, sent;
};

static void look(void *self, const struct trace_event *t)
{
    struct judge *j = self;
    if (t->id == EV_pkt_drop) {
        j->why = (enum drop_reason)((const struct ev_pkt_drop *)t->data)->why;
        j->drops++;
    } else if (t->id == EV_link_tx) {
        j->sent++;
    }
}

static void never(void *self, struct net_if *in, ip4 src, uint16_t sport, ip4 dst, uint16_t dport,
                  struct span payload)
{
    cr_assert_fail("a datagram was delivered");
}

static struct judge *judge_new(enum victim what)
{
    struct judge *j = g_new0(struct judge, 1);
    j->w = world_new(1);
    j->a = host(j->w, "a");
    j->box = what == HOST ? host(j->w, "box") : router(j->w, "box");
    j->c = host(j->w, "c");
    j->a_if = port(j->a, "eth0", "10.0.0.1/24");
    struct net_if *in = port(j->box, "in", "10.0.0.2/24"),
                  *out = port(j->box, "out", "192.0.2.1/24"),
                  *far = port(j->c, "eth0", "192.0.2.2/24");
    j->a_if->mtu = j->a_if->ip_mtu = UINT16_MAX; /* who sends such things cuts nothing */
    wire(j->w, "near", j->a_if, in);
    wire(j->w, "far", out, far);
    net_udp_bind(j->box, 9, never, j);
    net_udp_bind(j->c, 9, never, j);
    j->nat = (struct net_nat_conf){
        .udp = SECONDS(30), .icmp = SECONDS(5), .port_low = 1024, .port_high = 2000, .limit = 10};
    if (what == TRANSLATOR) {
        net_nat_set(j->box, &j->nat);
        net_nat_rule_add(j->box, &(struct net_nat_rule){.kind = NET_NAT_PORTS, .outside = out});
    }
    struct trace_mask m = {0};
    trace_mask_add(&m, EV_pkt_drop);
    trace_mask_add(&m, EV_link_tx);
    trace_subscribe(j->w->trace, net_node_scope(j->box), &m, look, j);
    return j;
}

static void judge_free(struct judge *j)
{
    world_free(j->w);
    g_free(j);
}

/* The packet comes to the box; what becomes of it is one drop. The reason is returned. */
static const char *dropped(struct judge *j, struct pkt *p, const char *what, size_t row)
{
    static _Thread_local char name[64];
    j->drops = j->sent = 0;
    net_output_on(j->a_if, addr("10.0.0.2"), p);
    world_run(j->w, sim_now(j->w->sim) + SECONDS(1));
    cr_assert_eq(j->drops, 1, "%s %zu: %u drops", what, row, j->drops);
    cr_assert_eq(j->sent, 0, "%s %zu: something was sent", what, row);
    g_snprintf(name, sizeof name, "drop.%s", drop_reason_name((int)j->why));
    cr_assert_geq(counter(j->box, name), 1, "%s %zu: %s is not counted", what, row, name);
    return name;
}

/* ---- Checksums ---- */

struct sound {
    const char *layer;
    const char *drop; /* of what is changed behind the IP head */
    size_t n;
    uint8_t protocol;
    uint8_t body[64];
};

static void make(struct sound *s, uint8_t protocol, const char *to)
{
    ip4 src = addr("10.0.0.1"), dst = addr(to);
    memset(s, 0, sizeof *s);
    s->protocol = protocol;
    s->n = 28;
    if (protocol == IPPROTO_NUM_ICMP) {
        *s = (struct sound){"ICMP", "drop.ICMP_CHECKSUM", 28, protocol, {8, 0, 0, 0, 1, 2, 3, 4}};
        be16_put(s->body + 2, ip_checksum(span_of(s->body, s->n)));
    } else if (protocol == IPPROTO_NUM_UDP) {
        s->layer = "UDP";
        s->drop = "drop.UDP_CHECKSUM";
        be16_put(s->body, 77);
        be16_put(s->body + 2, 9);
        be16_put(s->body + 4, (uint16_t)s->n);
        be16_put(s->body + 6, ip_checksum_pseudo(src, dst, protocol, span_of(s->body, s->n)));
    } else {
        const struct tcp_head h = {.sport = 77, .dport = 9, .flags = TCP_SYN};
        s->layer = "TCP";
        s->drop = "drop.TCP_CHECKSUM";
        s->n = TCP_HEAD;
        tcp_emit(src, dst, &h, s->body, 0);
    }
}

Test(bad_input, a_bit_changed_in_any_checked_byte_is_found)
{
    static const uint8_t protocols[] = {IPPROTO_NUM_ICMP, IPPROTO_NUM_UDP, IPPROTO_NUM_TCP};
    struct judge *j = judge_new(HOST);
    for (size_t k = 0; k < G_N_ELEMENTS(protocols); k++) {
        struct sound s;
        make(&s, protocols[k], "10.0.0.2");
        for (size_t bit = 0; bit < s.n * 8; bit++) {
            struct pkt *p = raw_ip("10.0.0.1", "10.0.0.2", s.protocol, 1, 0, 64, s.body, s.n);
            pkt_data(p)[IP4_HEAD + bit / 8] ^= (uint8_t)(1u << bit % 8);
            const char *why = dropped(j, p, s.layer, bit);
            bool length = g_str_has_suffix(why, "_SHORT"); /* the length itself was changed */
            cr_assert(length || strcmp(why, s.drop) == 0, "%s %zu: %s", s.layer, bit, why);
        }
        cr_expect_geq(counter(j->box, s.drop), s.n * 8 - 20, "%s", s.layer);
    }
    judge_free(j);
}

Test(bad_input, a_bit_changed_in_the_head_of_ip_is_found_by_whoever_gets_it)
{
    for (enum victim v = HOST; v < VICTIMS; v++) {
        struct judge *j = judge_new(v);
        const char *to = v == HOST ? "10.0.0.2" : "192.0.2.2";
        struct sound s;
        make(&s, IPPROTO_NUM_UDP, to);
        for (size_t bit = 0; bit < IP4_HEAD * 8; bit++) {
            struct pkt *p = raw_ip("10.0.0.1", to, s.protocol, 1, 0, 64, s.body, s.n);
            pkt_data(p)[bit / 8] ^= (uint8_t)(1u << bit % 8);
            dropped(j, p, victim_name[v], bit);
        }
        if (v == TRANSLATOR)
            cr_expect_eq(net_nat_count(j->box), 0, "nothing is translated for it");
        cr_expect_geq(counter(j->box, "drop.IP_CHECKSUM"), IP4_HEAD * 8 - 16);
        judge_free(j);
    }
}

/* ---- Sizes ---- */

Test(bad_input, noise_of_0_to_65535_bytes_is_dropped_by_whoever_gets_it)
{
    static const size_t sizes[] = {0, 1, 2, 19, 20, 21, 39, 1500, 65534, 65535};
    for (enum victim v = HOST; v < VICTIMS; v++) {
        struct judge *j = judge_new(v);
        GRand *rand = g_rand_new_with_seed(4);
        for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++)
            for (int kind = 0; kind < 3; kind++) {
                struct pkt *p = pkt_new(sizes[i]);
                for (size_t k = 0; k < sizes[i]; k++)
                    pkt_data(p)[k] = kind == 0 ? 0 : kind == 1 ? 0xff : (uint8_t)g_rand_int(rand);
                const char *why = dropped(j, p, victim_name[v], sizes[i]);
                cr_expect(sizes[i] >= IP4_HEAD || strcmp(why, "drop.IP_SHORT") == 0, "%zu: %s",
                          sizes[i], why);
            }
        g_rand_free(rand);
        judge_free(j);
    }
}

/* A head that says 65,535 bytes, and so many or so few behind it. */
Test(bad_input, the_greatest_packet_is_dropped_where_its_bytes_are_missing_or_wrong)
{
    static const struct {
        size_t missing;
        uint8_t protocol;
        const char *drop;
    } row[] = {
        {1, IPPROTO_NUM_UDP, "drop.IP_SHORT"},       {65515, IPPROTO_NUM_UDP, "drop.IP_SHORT"},
        {0, IPPROTO_NUM_UDP, "drop.UDP_CHECKSUM"},   {0, IPPROTO_NUM_TCP, "drop.TCP_SHORT"},
        {0, IPPROTO_NUM_ICMP, "drop.ICMP_CHECKSUM"},
    };
    g_autofree uint8_t *body = g_malloc(65535);
    memset(body, 0x11, 65535);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct judge *j = judge_new(HOST);
        struct pkt *p = raw_ip("10.0.0.1", "10.0.0.2", row[i].protocol, 1, 0, 64, body, 65515);
        pkt_trim(p, p->len - row[i].missing);
        cr_expect_str_eq(dropped(j, p, "row", i), row[i].drop, "%zu", i);
        judge_free(j);
    }
}

/* ---- Ports used up ---- */

Test(bad_input, translations_beyond_the_limit_are_refused_with_their_reason_and_no_more_are_kept)
{
    struct judge *j = judge_new(TRANSLATOR);
    net_udp_unbind(j->c, 9);
    route(j->a, "192.0.2.0/24", "10.0.0.2");
    for (uint16_t sport = 1; sport <= 200; sport++) {
        net_send_udp(j->a, 0, sport, addr("192.0.2.2"), 9, 0, span_of("x", 1));
        world_run(j->w, sim_now(j->w->sim) + MILLISECONDS(1));
    }
    cr_expect_eq(net_nat_count(j->box), 10);
    cr_expect_eq(counter(j->box, "drop.NAT_EXHAUSTED"), 190);
    cr_expect_eq(j->drops, 190, "each is an event");
    world_run(j->w, sim_now(j->w->sim) + SECONDS(60));
    cr_expect_eq(net_nat_count(j->box), 0);
    judge_free(j);
}
