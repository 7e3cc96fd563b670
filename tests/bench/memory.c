/* Memory: what routers, hosts and their links cost, and what a tunnel adds to both of its ends
 * together: after a handshake and a few pings, and long after the last packet. The number of pairs
 * may be given; the bytes are those that malloc was asked for and has not got back. */
#include <malloc.h>

#include "pairs.h"

static size_t heap(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static void line(const char *what, size_t from, size_t to, size_t n, const char *goal)
{
    printf("  %-40s %8.2f kB   %s\n", what, ((double)to - (double)from) / (double)n / 1000, goal);
}

int main(int argc, char **argv)
{
    unsigned pairs = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    if (!pairs || pairs > 65536)
        die("1 to 65536 pairs");
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net *net = net_new(sim, trace);
    struct pair *pair = g_new0(struct pair, pairs);
    struct traffic **ping = g_new0(struct traffic *, pairs);

    size_t empty = heap();
    for (unsigned i = 0; i < pairs; i++)
        pair_routers(net, i, &pair[i]);
    size_t with_routers = heap();
    for (unsigned i = 0; i < pairs; i++)
        pair_hosts(net, i, &pair[i]);
    size_t idle = heap();
    for (unsigned i = 0; i < pairs; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);
        ping[i] = pair_ping(&pair[i], name, SECONDS(1), 5);
    }

    size_t before = heap();
    sim_run(sim, SECONDS(30)); /* handshakes and pings are over, copies are still answered */
    size_t fresh = heap();
    sim_run(sim, SECONDS(630));
    size_t after = heap();
    size_t up = 0;
    for (unsigned i = 0; i < pairs; i++)
        up += sad_count(ipsec_sad(pair[i].router[0]->ipsec)) == 2;

    printf("memory of %u pairs of routers, each router with a host; three links a pair\n", pairs);
    line("a router with half a link", empty, with_routers, (size_t)pairs * 2, "");
    line("a host with its link", with_routers, idle, (size_t)pairs * 2, "");
    line("a node with its links (mean)", empty, idle, (size_t)pairs * 4, "goal 6");
    line("a tunnel 25 s old, both ends together", before, fresh, pairs, "");
    line("a tunnel idle for 10 minutes, both ends", before, after, pairs, "goal 12");
    printf("  %-40s %8zu of %u\n", "tunnels up", up, pairs);
    for (unsigned i = 0; i < pairs; i++) {
        traffic_free(ping[i]);
        pair_free(&pair[i]);
    }
    g_free(ping);
    g_free(pair);
    net_free(net);
    trace_free(trace);
    sim_free(sim);
    return up != pairs;
}
