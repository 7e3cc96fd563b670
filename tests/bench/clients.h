/* A hub and many VPN clients on one segment, made from native configurations, for the benchmark of
 * logins and for the test of a crowd. */
#ifndef BENCH_CLIENTS_H
#define BENCH_CLIENTS_H

#include "apps/traffic.h"
#include "vendor/vendor.h"

static const char *const clients_hub =
    "version 12.4\n"
    "hostname hub\n"
    "username anna password 0 secret\n"
    "aaa new-model\n"
    "aaa authentication login clients local\n"
    "aaa authorization network groups local\n"
    "crypto isakmp policy 10\n encr 3des\n authentication pre-share\n group 2\n"
    "crypto isakmp client configuration group staff\n key cisco321\n pool many\n"
    "crypto isakmp profile clients\n match identity group staff\n"
    " client authentication list clients\n isakmp authorization list groups\n"
    " client configuration address respond\n"
    "crypto ipsec transform-set strong esp-aes esp-sha-hmac\n"
    "crypto ipsec transform-set older esp-3des esp-sha-hmac\n"
    "crypto dynamic-map any 5\n set transform-set strong older\n set isakmp-profile clients\n"
    " reverse-route\n"
    "crypto map vpn 10 ipsec-isakmp dynamic any\n"
    "interface FastEthernet0/0\n ip address 172.16.0.1 255.255.0.0\n crypto map vpn\n"
    "interface FastEthernet0/1\n ip address 10.1.0.1 255.255.255.0\n"
    "ip local pool many 10.5.0.1 10.5.%u.%u\n"
    "end\n";
static const char *const clients_profile =
    "[main]\nDescription=work\nHost=172.16.0.1\nAuthType=1\nGroupName=staff\nGroupPwd=cisco321\n"
    "EnableNat=0\nTunnelingMode=0\nPeerTimeout=90\n"
    "[x-pc]\naddress=%s/16\ngateway=172.16.0.1\n";

struct clients {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *hub, *server;
    struct device **client;
    unsigned n;
    uint32_t logged_in, refused; /* as the hub judged */
};

static inline struct device *clients_device(struct net *net, const char *kind, const char *version,
                                            const char *name, const char *text)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) problems =
        g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    struct device *d = device_new(net, name, vendor_kind(kind), version, &error);
    if (!d || !device_load(d, text, name, problems, &error))
        g_error("%s: %s", name, error ? error->message : "?");
    if (problems->len)
        g_error("%s: %s", name, ((struct device_problem *)problems->pdata[0])->message);
    return d;
}

static inline void clients_verdict(void *self, const struct trace_event *e)
{
    struct clients *c = self;
    const struct ev_ike_login *ev = e->data;
    if (ev->ok)
        c->logged_in++;
    else
        c->refused++;
}

/* `pool` addresses are there for them (at most 65,000). */
static inline void clients_init(struct clients *c, unsigned n, unsigned pool)
{
    *c = (struct clients){.n = n};
    c->sim = sim_new(1, 0);
    c->trace = trace_new(c->sim);
    c->net = net_new(c->sim, c->trace);
    c->client = g_new0(struct device *, n);
    g_autofree char *hub = g_strdup_printf(clients_hub, pool / 256, pool % 256);
    c->hub = clients_device(c->net, "ios", "12.4", "hub", hub);
    c->server = device_new(c->net, "server", &device_kind_host, "", NULL);
    device_host_address(c->server, "eth0", (struct ip4_net){IP4(10, 1, 0, 5), ip4_mask(24)},
                        IP4(10, 1, 0, 1), NULL);
    struct net_link *lan = net_link_new(c->net, "lan"), *wan = net_link_new(c->net, "wan");
    net_link_attach(lan, net_if_by_name(c->server->node, "eth0"));
    net_link_attach(lan, net_if_by_name(c->hub->node, "FastEthernet0/1"));
    net_link_attach(wan, net_if_by_name(c->hub->node, "FastEthernet0/0"));
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("pc%u", i);
        g_autofree char *text =
            g_strdup_printf(clients_profile, IP4S(IP4(172, 16, 1, 0) + i + i / 254 * 2 + 1));
        c->client[i] = clients_device(c->net, "vpnclient", "4.0", name, text);
        net_link_attach(wan, net_if_by_name(c->client[i]->node, "lan"));
    }
    net_link_impair(wan, UINT32_MAX, &(struct net_impair){.delay = MILLISECONDS(10)});
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_ike_login);
    trace_subscribe(c->trace, c->hub->scope, &mask, clients_verdict, c);
}

static inline void clients_type(struct clients *c, const char *text)
{
    for (unsigned i = 0; i < c->n; i++)
        device_type(c->client[i], text);
}

static inline void clients_clear(struct clients *c)
{
    trace_unsubscribe(c->trace, clients_verdict, c);
    for (unsigned i = 0; i < c->n; i++)
        device_free(c->client[i]);
    device_free(c->hub);
    device_free(c->server);
    g_free(c->client);
    net_free(c->net);
    trace_free(c->trace);
    sim_free(c->sim);
}

/* Addresses of the hub's pool that are in use, as its console says. */
static inline unsigned clients_held(const struct clients *c)
{
    struct view v;
    view_init(&v);
    unsigned held = UINT_MAX;
    if (c->hub->kind->view(c->hub, "ip local pool", &v)) {
        const char *cell = view_cell(&v, 0, "in-use");
        held = cell ? (unsigned)strtoul(cell, NULL, 10) : UINT_MAX;
    }
    view_clear(&v);
    return held;
}

#endif
