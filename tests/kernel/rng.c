/* Random streams: the published answers of the generator, and what the streams promise. */
#include <criterion/criterion.h>
#include <string.h>
#include "kernel/kernel_priv.h"

Test(rng_philox, gives_the_published_answers)
{
    /* Philox4x32-10 of the known-answer file of Random123: counter, key, result. */
    static const struct {
        uint32_t counter[4], key[2], out[4];
    } row[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff},
         {0xffffffff, 0xffffffff},
         {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint32_t out[4];
        rng_philox(row[i].counter, row[i].key, out);
        cr_expect_arr_eq(out, row[i].out, sizeof out, "row %zu", i);
    }
}

Test(rng_stream, depends_on_its_name_and_on_nobody_else)
{
    struct sim *a = sim_new(5, 1), *b = sim_new(5, 1);
    uint64_t want[8], got[8];
    struct rng *r = rng_stream(a, "r1/ike");
    for (int i = 0; i < 8; i++)
        want[i] = rng_u64(r);

    for (int i = 0; i < 100; i++)
        rng_u32(rng_stream(b, "r2/ike"));
    for (int i = 0; i < 8; i++) {
        rng_u32(rng_stream(b, "wan/loss"));
        got[i] = rng_u64(rng_stream(b, "r1/ike"));
    }
    cr_expect_arr_eq(got, want, sizeof want);
    cr_expect_eq(rng_stream(b, "r1/ike"), rng_stream(b, "r1/ike"));
    sim_free(a);
    sim_free(b);
}

Test(rng_stream, differs_by_seed_run_and_name)
{
    static const struct {
        uint64_t seed, run;
        const char *name;
    } row[] = {
        {1, 0, "a"},
        {2, 0, "a"},
        {1, 1, "a"},
        {1, 0, "b"},
        {1, 0, "aa"},
        {1, 0, ""},
        {UINT64_C(1) << 32, 0, "a"},
        {1, UINT64_C(1) << 32, "a"},
    };
    uint64_t first[G_N_ELEMENTS(row)];
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        struct sim *sim = sim_new(row[i].seed, row[i].run);
        first[i] = rng_u64(rng_stream(sim, row[i].name));
        for (size_t j = 0; j < i; j++)
            cr_expect_neq(first[i], first[j], "rows %zu and %zu", i, j);
        sim_free(sim);
    }
}

Test(rng_stream, is_the_same_in_words_and_bytes)
{
    struct sim *a = sim_new(9, 9), *b = sim_new(9, 9);
    uint8_t bytes[11], want[12];
    rng_bytes(rng_stream(a, "x"), bytes, sizeof bytes);
    for (int i = 0; i < 3; i++) {
        uint32_t word = rng_u32(rng_stream(b, "x"));
        for (int k = 0; k < 4; k++)
            want[4 * i + k] = (uint8_t)(word >> (8 * k));
    }
    cr_expect_arr_eq(bytes, want, sizeof bytes, "least significant byte first");
    rng_bytes(rng_stream(a, "x"), bytes, 0);
    cr_expect_eq(rng_u32(rng_stream(a, "x")), rng_u32(rng_stream(b, "x")));
    sim_free(a);
    sim_free(b);
}

Test(rng_below, stays_below_and_reaches_everything)
{
    struct sim *sim = sim_new(1, 0);
    struct rng *r = rng_stream(sim, "below");
    unsigned seen[6] = {0};
    cr_expect_eq(rng_below(r, 0), 0);
    cr_expect_eq(rng_below(r, 1), 0);
    for (int i = 0; i < 60000; i++) {
        uint64_t v = rng_below(r, 6);
        cr_assert_lt(v, 6);
        seen[v]++;
    }
    for (int i = 0; i < 6; i++)
        cr_expect(seen[i] > 9500 && seen[i] < 10500, "%d came %u times of 60000", i, seen[i]);
    /* Three quarters of the range: plain multiplication or remainder would favour a third of it. */
    uint64_t n = UINT64_C(3) << 62, low = 0;
    for (int i = 0; i < 30000; i++) {
        uint64_t v = rng_below(r, n);
        cr_assert_lt(v, n);
        low += v < n / 3;
    }
    cr_expect(low > 9600 && low < 10400, "the lowest third came %lu times", (unsigned long)low);
    sim_free(sim);
}

Test(rng_chance, is_exact_at_the_ends_and_draws_always)
{
    struct sim *a = sim_new(1, 0), *b = sim_new(1, 0);
    unsigned hits = 0;
    for (int i = 0; i < 1000; i++) {
        cr_expect(!rng_chance(rng_stream(a, "loss"), 0));
        cr_expect(rng_chance(rng_stream(b, "loss"), 1000000000));
    }
    cr_expect_eq(rng_u64(rng_stream(a, "loss")), rng_u64(rng_stream(b, "loss")));
    for (int i = 0; i < 100000; i++)
        hits += rng_chance(rng_stream(a, "loss"), 250000000);
    cr_expect(hits > 24500 && hits < 25500, "a quarter came %u times of 100000", hits);
    sim_free(a);
    sim_free(b);
}
