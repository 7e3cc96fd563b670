/* Pools of addresses against a model that keeps a list. */
#include <criterion/criterion.h>

#include "device/pool.h"
#include "kernel/rng.h"

Test(pool, gives_the_lowest_free_address_and_no_edge_of_the_network)
{
    struct addr_pool *p = addr_pool_new("ra");
    p->mask = ip4_mask(24);
    cr_assert(addr_pool_add(p, IP4(10, 9, 0, 0), IP4(10, 9, 0, 3)));
    cr_assert(addr_pool_add(p, IP4(10, 9, 0, 254), IP4(10, 9, 1, 1)));
    cr_expect_eq(addr_pool_size(p), 5);
    const ip4 want[] = {IP4(10, 9, 0, 1), IP4(10, 9, 0, 2), IP4(10, 9, 0, 3), IP4(10, 9, 0, 254),
                        IP4(10, 9, 1, 1)};
    for (size_t i = 0; i < G_N_ELEMENTS(want); i++)
        cr_expect_eq(addr_pool_take(p, "x"), want[i], "number %zu", i);
    cr_expect_eq(addr_pool_in_use(p), 5);
    cr_expect_eq(addr_pool_take(p, "late"), 0);
    cr_expect_eq(p->refused, 1);
    addr_pool_give_back(p, want[1]);
    cr_expect_eq(addr_pool_take(p, "late"), want[1], "what comes back is given again");
    cr_expect_str_eq(addr_pool_holder(p, want[1]), "late");
    addr_pool_free(p);
}

Test(pool, sizes_count_what_can_be_given)
{
    static const struct {
        const char *first, *last;
        unsigned len; /* of the mask; 0 = none */
        uint32_t size;
    } row[] = {
        {"10.0.0.0", "10.0.0.255", 24, 254},
        {"10.0.0.0", "10.0.0.255", 0, 256},
        {"10.0.0.0", "10.0.1.255", 24, 508},
        {"10.0.0.1", "10.0.0.254", 24, 254},
        {"10.0.0.0", "10.0.0.3", 31, 4},
        {"10.0.0.7", "10.0.0.7", 32, 1},
        {"10.0.0.0", "10.0.0.7", 30, 4},
        {"255.255.255.254", "255.255.255.255", 0, 1},
        {"0.0.0.0", "0.0.0.1", 0, 1},
        {"10.0.0.255", "10.0.1.0", 24, 0},
        {"10.0.0.0", "10.255.255.255", 8, 16777214},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct addr_pool *p = addr_pool_new("p");
        ip4 first, last;
        cr_assert(ip4_parse(row[i].first, &first) && ip4_parse(row[i].last, &last));
        p->mask = row[i].len ? ip4_mask(row[i].len) : 0;
        cr_assert(addr_pool_add(p, first, last));
        cr_expect_eq(addr_pool_size(p), row[i].size, "%s: %u", row[i].first, addr_pool_size(p));
        if (row[i].size < 1000) {
            uint32_t n = 0;
            while (addr_pool_take(p, "x"))
                n++;
            cr_expect_eq(n, row[i].size, "%s", row[i].first);
        }
        addr_pool_free(p);
    }
}

Test(pool, ranges_are_forward_and_apart)
{
    struct addr_pool *p = addr_pool_new("p");
    cr_expect_not(addr_pool_add(p, 20, 10));
    cr_expect(addr_pool_add(p, 10, 20));
    cr_expect_not(addr_pool_add(p, 20, 30));
    cr_expect_not(addr_pool_add(p, 5, 10));
    cr_expect_not(addr_pool_add(p, 1, 100));
    cr_expect(addr_pool_add(p, 21, 30));
    addr_pool_free(p);
}

Test(pool, a_wanted_address_is_given_to_one_holder)
{
    struct addr_pool *p = addr_pool_new("p");
    p->mask = ip4_mask(24);
    addr_pool_add(p, IP4(10, 0, 0, 0), IP4(10, 0, 0, 9));
    cr_expect(addr_pool_take_at(p, IP4(10, 0, 0, 5), "a"));
    cr_expect(addr_pool_take_at(p, IP4(10, 0, 0, 5), "a"), "it is a's already");
    cr_expect_not(addr_pool_take_at(p, IP4(10, 0, 0, 5), "b"));
    cr_expect_not(addr_pool_take_at(p, IP4(10, 0, 0, 0), "b"), "that is the network");
    cr_expect_not(addr_pool_take_at(p, IP4(10, 0, 0, 10), "b"), "that is outside");
    cr_expect_eq(addr_pool_in_use(p), 1);
    cr_expect_eq(p->refused, 3);
    addr_pool_free(p);
}

/* Three ranges, a model of one flag an address, thousands of takings and givings back. */
Test(pool, does_what_a_list_of_flags_does)
{
    enum { N = 300 };
    struct sim *sim = sim_new(7, 0);
    struct rng *r = rng_stream(sim, "pool");
    struct addr_pool *p = addr_pool_new("p");
    bool held[N] = {0}, mine[N];
    ip4 base = IP4(192, 168, 3, 200);
    p->mask = ip4_mask(26);
    addr_pool_add(p, base, base + 99);
    addr_pool_add(p, base + 150, base + 199);
    addr_pool_add(p, base + 200, base + 299);
    for (uint32_t i = 0; i < N; i++) {
        ip4 low = (base + i) & 63;
        mine[i] = (i < 100 || i >= 150) && low != 0 && low != 63;
    }
    for (int step = 0; step < 20000; step++) {
        uint32_t i = (uint32_t)rng_below(r, N);
        if (rng_below(r, 100) < (step / 4000 % 2 ? 35u : 60u)) {
            uint32_t lowest = 0;
            while (lowest < N && (!mine[lowest] || held[lowest]))
                lowest++;
            ip4 a = addr_pool_take(p, "h");
            cr_assert_eq(a, lowest < N ? base + lowest : 0, "step %d", step);
            if (lowest < N)
                held[lowest] = true;
        } else if (rng_below(r, 4) == 0) {
            bool got = addr_pool_take_at(p, base + i, "other");
            cr_assert_eq(got, (mine[i] && !held[i]) ||
                                  (held[i] && !strcmp(addr_pool_holder(p, base + i), "other")));
            held[i] = held[i] || got;
        } else {
            addr_pool_give_back(p, base + i);
            held[i] = false;
        }
        uint32_t n = 0;
        for (uint32_t k = 0; k < N; k++)
            n += held[k];
        cr_assert_eq(addr_pool_in_use(p), n);
    }
    addr_pool_free(p);
    sim_free(sim);
}
