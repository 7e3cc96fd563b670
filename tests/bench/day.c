/* Twenty-four simulated hours of one tunnel: a ping a second, a rekey an hour, nothing observed. */
#include "pairs.h"

int main(void)
{
    struct sim *sim = sim_new(1, 0);
    struct trace *trace = trace_new(sim);
    struct net *net = net_new(sim, trace);
    struct pair p = pair_make(net, 1);
    struct traffic *t = pair_ping(&p, "ping", SECONDS(1), 0);
    double begin = seconds_now();
    sim_run(sim, SECONDS(86400));
    double took = seconds_now() - begin;
    struct traffic_tally n;
    traffic_tally(t, &n);
    uint64_t made = 0;
    trace_counter_get(p.router[0]->scope, "ipsec.sa.created", &made);
    printf("24 h of a tunnel, one ping a second\n");
    printf("  %-28s %10.3f s CPU\n", "took", took);
    printf("  %-28s %10.0f x real time\n", "speed", 86400 / took);
    printf("  %-28s %10lu\n", "events", (unsigned long)sim_events(sim));
    printf("  %-28s %10.2f million/s\n", "events a second", (double)sim_events(sim) / took / 1e6);
    printf("  %-28s %10lu of %lu\n", "pings answered", (unsigned long)n.received,
           (unsigned long)n.sent);
    printf("  %-28s %10lu\n", "SAs made (one router)", (unsigned long)made);
    traffic_free(t);
    pair_free(&p);
    net_free(net);
    trace_free(trace);
    sim_free(sim);
    return n.received + 2 < n.sent;
}
