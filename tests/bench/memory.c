/* Memory: what a router with its host and links costs, and what a tunnel adds to both of its ends
 * together. */
#include <malloc.h>

#include "pairs.h"

enum { PAIRS = 1000 };

static size_t heap(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

int main(void)
{
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net *net = net_new(sim, trace);
    static struct pair pair[PAIRS];
    static struct traffic *ping[PAIRS];
    size_t empty = heap();
    for (unsigned i = 0; i < PAIRS; i++)
        pair[i] = pair_make(net, i);
    size_t idle = heap();
    for (unsigned i = 0; i < PAIRS; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);
        ping[i] = pair_ping(&pair[i], name, SECONDS(1), 5);
    }
    size_t before = heap();
    sim_run(sim, SECONDS(600)); /* handshakes are over, their exchanges forgotten */
    size_t after = heap();
    size_t up = 0;
    for (unsigned i = 0; i < PAIRS; i++)
        up += sad_count(ipsec_sad(pair[i].router[0]->ipsec)) == 2;
    printf("memory of %d pairs of routers, each with a host (2,000 routers, 2,000 hosts, 3,000 "
           "links)\n",
           PAIRS);
    printf("  %-36s %8.2f kB\n", "a node with its links (mean)",
           (double)(idle - empty) / (4.0 * PAIRS) / 1000);
    printf("  %-36s %8.2f kB\n", "an idle tunnel, both ends together",
           (double)(after - before) / PAIRS / 1000);
    printf("  %-36s %8zu of %d\n", "tunnels up", up, PAIRS);
    for (unsigned i = 0; i < PAIRS; i++) {
        traffic_free(ping[i]);
        pair_free(&pair[i]);
    }
    net_free(net);
    trace_free(trace);
    sim_free(sim);
    return up != PAIRS;
}
