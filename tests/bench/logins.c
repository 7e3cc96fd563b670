/* Logins: many VPN clients come to one hub at once (aggressive mode, XAUTH, mode config, quick
 * mode), ping through it, and leave. Prints logins a second of processor time for both ends
 * together, and what a client costs in memory; the tables of the hub must be empty at the end.
 *   bench_logins [CLIENTS] */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "clients.h"

static size_t heap(void)
{
    struct mallinfo2 m = mallinfo2();
    return m.uordblks + m.hblkhd;
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    unsigned n = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000;
    if (!n || n > 20000) {
        fprintf(stderr, "bench: 1 to 20000 clients\n");
        return 2;
    }
    struct clients c;
    size_t empty = heap();
    clients_init(&c, n, n + 300);
    size_t made = heap();
    struct traffic **ping = g_new0(struct traffic *, n);
    for (unsigned i = 0; i < n; i++) {
        g_autofree char *name = g_strdup_printf("p%u", i);
        const struct traffic_spec spec = {.name = name,
                                          .kind = TRAFFIC_ICMP,
                                          .from = c.client[i]->node,
                                          .to = c.server->node,
                                          .start = SECONDS(60),
                                          .stop = SIM_TIME_MAX,
                                          .every = SECONDS(1),
                                          .burst = 1,
                                          .count = 3,
                                          .size = 100};
        ping[i] = traffic_new(&spec, NULL);
    }
    sim_run(c.sim, SECONDS(1));
    size_t before = heap();
    double began = seconds_now();
    clients_type(&c, "vpnclient connect work\nanna\nsecret");
    sim_run(c.sim, SECONDS(50));
    double took = seconds_now() - began;
    size_t after = heap();
    unsigned held = clients_held(&c);
    size_t pairs = sad_count(ipsec_sad(c.hub->ipsec)) / 2;
    sim_run(c.sim, SECONDS(70));
    uint64_t answers = 0;
    for (unsigned i = 0; i < n; i++) {
        struct traffic_tally t;
        traffic_tally(ping[i], &t);
        answers += t.received;
    }
    clients_type(&c, "vpnclient disconnect");
    sim_run(c.sim, SECONDS(300));
    size_t left_pairs = sad_count(ipsec_sad(c.hub->ipsec)), left_sas = ike_sa_count(c.hub->ike);
    unsigned left_held = clients_held(&c);
    bool good = c.logged_in == n && pairs == n && held == n && answers == 3u * n && !left_pairs &&
                !left_sas && !left_held;
    printf("%u VPN clients and one hub\n", n);
    printf("  %-44s %10.0f\n", "logins a second, both ends on one processor", n / took);
    printf("  %-44s %10.2f kB\n", "a client that is not connected, with its PC",
           (double)(made - empty) / n / 1000);
    printf("  %-44s %10.2f kB\n", "its session, both ends together",
           (double)(after - before) / n / 1000);
    printf("  %-44s %10u\n", "logged in", c.logged_in);
    printf("  %-44s %10zu\n", "SA pairs at the hub", pairs);
    printf("  %-44s %10u\n", "addresses given", held);
    printf("  %-44s %10lu of %u\n", "pings answered", (unsigned long)answers, 3 * n);
    printf("  %-44s %10zu SAs of IPsec, %zu of IKE, %u addresses\n", "left behind", left_pairs,
           left_sas, left_held);
    for (unsigned i = 0; i < n; i++)
        traffic_free(ping[i]);
    g_free(ping);
    clients_clear(&c);
    return !good;
}
