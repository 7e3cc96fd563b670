/* IPsec in TCP: two ends that IKE cannot reach otherwise. */
#include <criterion/criterion.h>

#include "device/ctcp.h"
#include "net/tcp.h"
#include "wire/ip.h"
#include "wire/tcp.h"

enum { CLIENT = 0x0a000001, HEAD = 0x0a000002, MASK = 0xffffff00 };

static bool plain_init(struct device *d, const char *version, GError **error)
{
    d->ike_conf->nat_traversal = false;
    struct ike_policy *p = ike_policy_make(d->ike_conf, 10);
    p->auth = IKE_AUTH_PSK;
    p->cipher = CIPHER_AES128;
    ike_key_set(d->ike_conf, 0, 0, "cisco123", false);
    return true;
}

static const struct device_kind kind_box = {
    .name = "box", .forwards = true, .has_crypto = true, .init = plain_init};

struct world {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *client, *head;
    struct net_link *link;
    int told; /* -1 = not yet */
    ip4 ended;
    uint32_t other_frames, bad;
};

static bool not_tcp(void *self, uint32_t end, uint64_t number, struct span packet)
{
    struct world *w = self;
    bool tcp = packet.p[9] == IPPROTO_NUM_TCP;
    w->other_frames += !tcp;
    return !tcp;
}

static void put_on(struct device *d, ip4 addr, struct net_link *l)
{
    struct net_if *i = net_if_new(d->node, "e0");
    net_if_set_address(i, addr, MASK);
    net_link_attach(l, i);
}

static void on_bad(void *self, const struct trace_event *e)
{
    struct world *w = self;
    const struct ev_ctcp *c = e->data;
    w->bad += strcmp(c->what, "bad") == 0;
}

static struct world *world_new(void)
{
    struct world *w = g_new0(struct world, 1);
    w->sim = sim_new(1, 0);
    w->trace = trace_new(w->sim);
    w->net = net_new(w->sim, w->trace);
    w->client = device_new(w->net, "client", &kind_box, "", NULL);
    w->head = device_new(w->net, "head", &kind_box, "", NULL);
    w->link = net_link_new(w->net, "wan");
    put_on(w->client, CLIENT, w->link);
    put_on(w->head, HEAD, w->link);
    const struct net_match_rule rule = {.match = not_tcp, .self = w, .act = NET_ACT_DROP};
    net_link_rule_add(w->link, &rule);
    w->told = -1;
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_ctcp);
    trace_subscribe(w->trace, NULL, &mask, on_bad, w);
    return w;
}

static void world_free(struct world *w)
{
    trace_unsubscribe(w->trace, on_bad, w);
    device_free(w->client);
    device_free(w->head);
    net_free(w->net);
    trace_free(w->trace);
    sim_free(w->sim);
    g_free(w);
}

static void told(void *self, bool established)
{
    ((struct world *)self)->told = established;
}
static void ended(void *self, ip4 remote)
{
    ((struct world *)self)->ended = remote;
}

static void ask_for_sas(struct world *w)
{
    const struct ike_request r = {
        .local = CLIENT,
        .remote = HEAD,
        .n_offer = 1,
        .offer = {{.cipher = CIPHER_AES128, .auth = HASH_SHA1}},
    };
    ike_request_sas(w->client->ike, &r);
}

static enum ike_state state_of(const struct device *d)
{
    struct ike_sa_view v;
    return ike_sa_at(d->ike, 0, &v) ? v.state : IKE_STATE_READY;
}

Test(ctcp, phase_1_is_made_where_only_tcp_passes)
{
    struct world *w = world_new();
    cr_assert(ctcp_listen(w->head, CTCP_PORT));
    cr_assert(ctcp_connect(w->client, HEAD, CTCP_PORT, told, w));
    cr_expect_eq(w->told, -1, "told from within");
    sim_run(w->sim, SECONDS(1));
    cr_expect_eq(w->told, 1);
    uint16_t port = 0;
    cr_expect(ctcp_with(w->client, HEAD, &port) && port == CTCP_PORT);
    cr_expect(ctcp_with(w->head, CLIENT, &port) && port >= 49152);
    ask_for_sas(w);
    sim_run(w->sim, SECONDS(3));
    cr_expect_eq(state_of(w->client), IKE_STATE_QM_IDLE);
    cr_expect_eq(state_of(w->head), IKE_STATE_QM_IDLE);
    cr_expect_eq(w->other_frames, 0);
    ctcp_on_end(w->head, ended, w);
    ctcp_close(w->client, HEAD);
    sim_run(w->sim, SECONDS(5));
    cr_expect_eq(w->ended, CLIENT);
    cr_expect_eq(ctcp_count(w->head), 0);
    world_free(w);
}

Test(ctcp, without_a_connection_nothing_arrives)
{
    struct world *w = world_new();
    ask_for_sas(w);
    sim_run(w->sim, SECONDS(5));
    cr_expect_eq(state_of(w->client), IKE_STATE_I_MM1);
    cr_expect_gt(w->other_frames, 0);
    world_free(w);
}

Test(ctcp, a_port_that_nobody_listens_to_refuses_and_a_silent_path_is_given_up)
{
    struct world *w = world_new();
    cr_assert(ctcp_connect(w->client, HEAD, CTCP_PORT, told, w));
    sim_run(w->sim, SECONDS(120));
    cr_expect_eq(w->told, 0);
    cr_expect_eq(ctcp_count(w->client), 0);
    net_link_set_up(w->link, false);
    w->told = -1;
    net_link_set_up(w->link, true);
    net_link_impair(w->link, UINT32_MAX, &(struct net_impair){.blackhole = true});
    cr_assert(ctcp_connect(w->client, HEAD, CTCP_PORT, told, w));
    sim_run(w->sim, SECONDS(400));
    cr_expect_eq(w->told, 0);
    cr_expect_eq(ctcp_count(w->client), 0);
    world_free(w);
}

Test(ctcp, what_is_no_message_is_told_and_changes_nothing)
{
    struct world *w = world_new();
    ctcp_listen(w->head, CTCP_PORT);
    ctcp_connect(w->client, HEAD, CTCP_PORT, told, w);
    sim_run(w->sim, SECONDS(1));
    uint16_t port = 0;
    cr_assert(ctcp_with(w->head, CLIENT, &port));
    for (size_t n = 1; n < 64; n++) {
        uint8_t junk[64];
        memset(junk, (int)n, sizeof junk);
        const struct tcp_head h = {
            .sport = port, .dport = CTCP_PORT, .seq = 7, .flags = TCP_ACK | TCP_PSH};
        net_tcp_raw_send(w->client->node, CLIENT, HEAD, &h, span_of(junk, n));
    }
    sim_run(w->sim, SECONDS(2));
    cr_expect_eq(w->bad, 63);
    cr_expect(ctcp_with(w->head, CLIENT, NULL));
    cr_expect_eq(ike_sa_count(w->head->ike), 0);
    world_free(w);
}

Test(ctcp, a_device_that_lost_its_memory_knows_no_connection_and_listens_on)
{
    struct world *w = world_new();
    ctcp_listen(w->head, CTCP_PORT);
    ctcp_connect(w->client, HEAD, CTCP_PORT, told, w);
    sim_run(w->sim, SECONDS(1));
    ctcp_forget(w->head);
    cr_expect_eq(ctcp_count(w->head), 0);
    w->told = -1;
    cr_assert(ctcp_connect(w->client, HEAD, CTCP_PORT, told, w));
    sim_run(w->sim, SECONDS(2));
    cr_expect_eq(w->told, 1);
    ctcp_unlisten(w->head, CTCP_PORT);
    cr_expect_eq(ctcp_count(w->head), 0);
    world_free(w);
}
