/* Errors about many bad packets: a router that limits them says so once in a while. */
#include "net/world.h"

static const char marks[] = {[NET_PING_REPLY] = '!',
                             [NET_PING_TIMEOUT] = '.',
                             [NET_PING_UNREACHABLE] = 'U',
                             [NET_PING_FRAG_NEEDED] = 'M'};

static void mark(void *self, uint32_t seq, enum net_ping_what what, sim_time rtt)
{
    g_string_append_c(self, marks[what]);
}

/* What becomes of five pings, 200 ms apart, to a network behind the first router that has no route
 * to it. */
static char *five_pings(sim_time every, uint32_t size)
{
    struct world *w = world_new(1);
    struct chain c = chain_new(w);
    GString *seen = g_string_new(NULL);
    struct net_ping *ping = net_ping_new(c.pc1, mark, seen);
    net_node_limit_unreachables(c.r1, every);
    c.r1_wan->ip_mtu = 1000;
    for (uint32_t i = 1; i <= 5; i++) {
        net_ping_send(ping, addr("10.1.0.5"), addr(size > 1000 ? "192.0.2.2" : "198.51.100.1"), i,
                      size, 0, true, 0, MILLISECONDS(100));
        world_run(w, MILLISECONDS(200 * i));
    }
    net_ping_free(ping);
    world_free(w);
    return g_string_free(seen, FALSE);
}

Test(unreachables, are_limited_to_one_in_a_time_and_those_about_size_apart)
{
    static const struct {
        sim_time every;
        uint32_t size;
        const char *seen;
    } row[] = {
        {0, 100, "UUUUU"},
        {MILLISECONDS(500), 100, "U..U."},
        {0, 1400, "MMMMM"},
        {MILLISECONDS(300), 1400, "M.M.M"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *seen = five_pings(row[i].every, row[i].size);
        cr_expect_str_eq(seen, row[i].seen, "row %zu: %s", i, seen);
    }
}
