/* Pairs of routers with a tunnel between them, made from native configurations, for the benchmarks.
 */
#ifndef BENCH_PAIRS_H
#define BENCH_PAIRS_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "apps/traffic.h"
#include "vendor/vendor.h"

static const char *const pair_config =
    "hostname %s\n"
    "crypto isakmp policy 10\n encr 3des\n authentication pre-share\n group 2\n"
    "crypto isakmp key bench address %s\n"
    "crypto ipsec transform-set s esp-aes esp-sha-hmac\n"
    "crypto map m 10 ipsec-isakmp\n set peer %s\n set transform-set s\n match address 110\n"
    "interface FastEthernet0/0\n ip address %s 255.255.255.252\n crypto map m\n"
    "interface FastEthernet0/1\n ip address %s 255.255.255.0\n"
    "ip route 0.0.0.0 0.0.0.0 %s\n"
    "access-list 110 permit ip %s 0.0.0.255 %s 0.0.0.255\n"
    "end\n";

struct pair {
    struct device *router[2], *host[2];
};

static inline void die(const char *what)
{
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static inline double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void join(struct net *net, const char *name, struct device *a, const char *ia,
                        struct device *b, const char *ib, sim_time delay)
{
    struct net_link *l = net_link_new(net, name);
    if (!net_link_attach(l, net_if_by_name(a->node, ia)) ||
        !net_link_attach(l, net_if_by_name(b->node, ib)))
        die("a link end is taken");
    net_link_impair(l, UINT32_MAX, &(struct net_impair){.delay = delay});
}

/* Pair number i lives in 10.i.0.0 and 11.i.0.0 (i below 65536), with 172.16.0.0/12 in between. */
static inline ip4 pair_lan(unsigned i, int side)
{
    return IP4(10 + (unsigned)side, 0, 0, 0) + i * 256;
}

static inline void pair_routers(struct net *net, unsigned i, struct pair *p)
{
    ip4 wan = IP4(172, 16, 0, 0) + i * 4;
    for (int side = 0; side < 2; side++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(GPtrArray) problems =
            g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
        g_autofree char *name = g_strdup_printf("r%u.%d", i, side);
        ip4 own = wan + 1 + (ip4)side, peer = wan + 2 - (ip4)side;
        g_autofree char *text = g_strdup_printf(pair_config, name, IP4S(peer), IP4S(peer),
                                                IP4S(own), IP4S(pair_lan(i, side) + 1), IP4S(peer),
                                                IP4S(pair_lan(i, side)), IP4S(pair_lan(i, !side)));
        p->router[side] = device_new(net, name, vendor_kind("ios"), "12.4", &error);
        if (!p->router[side] || !device_load(p->router[side], text, name, problems, &error))
            die(error->message);
        if (problems->len)
            die(((struct device_problem *)problems->pdata[0])->message);
    }
    g_autofree char *name = g_strdup_printf("wan%u", i);
    join(net, name, p->router[0], "FastEthernet0/0", p->router[1], "FastEthernet0/0",
         MILLISECONDS(10));
}

static inline void pair_hosts(struct net *net, unsigned i, struct pair *p)
{
    for (int side = 0; side < 2; side++) {
        g_autoptr(GError) error = NULL;
        g_autofree char *name = g_strdup_printf("h%u.%d", i, side);
        ip4 lan = pair_lan(i, side);
        p->host[side] = device_new(net, name, &device_kind_host, "", &error);
        device_host_address(p->host[side], "eth0", (struct ip4_net){lan + 5, ip4_mask(24)}, lan + 1,
                            NULL);
        join(net, name, p->host[side], "eth0", p->router[side], "FastEthernet0/1", 0);
    }
}

static inline struct pair pair_make(struct net *net, unsigned i)
{
    struct pair p;
    pair_routers(net, i, &p);
    pair_hosts(net, i, &p);
    return p;
}

static inline void pair_free(struct pair *p)
{
    for (int side = 0; side < 2; side++) {
        device_free(p->router[side]);
        device_free(p->host[side]);
    }
}

static inline struct traffic *pair_ping(const struct pair *p, const char *name, sim_time every,
                                        uint64_t count)
{
    struct traffic_spec spec = {.name = name,
                                .kind = TRAFFIC_ICMP,
                                .from = p->host[0]->node,
                                .to = p->host[1]->node,
                                .start = SECONDS(1),
                                .stop = SIM_TIME_MAX,
                                .every = every,
                                .count = count,
                                .size = 100};
    struct traffic *t = traffic_new(&spec, NULL);
    if (!t)
        die("no traffic");
    return t;
}

#endif
