/* The anti-replay window, RFC 2406 3.4.3 and Appendix C. */
#include <criterion/criterion.h>
#include <glib.h>

#include "ipsec/esp.h"

static const uint32_t size_row[] = {64, 128, 256, 512, 1024};

Test(esp_replay, accepts_each_number_once)
{
    static const struct {
        uint32_t seq;
        bool fresh;
    } row[] = {
        {0, false},  {1, true},    {1, false},  {3, true},    {2, true},   {3, false},
        {2, false},  {70, true},   {5, false},  {6, false},   {7, true},   {7, false},
        {69, true},  {70, false},  {500, true}, {436, false}, {437, true}, {437, false},
        {499, true}, {500, false}, {0, false},
    };
    g_autofree struct esp_replay *w = esp_replay_new(64);
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        cr_expect_eq(esp_replay_fresh(w, row[i].seq), row[i].fresh, "row %zu", i);
        cr_expect_eq(esp_replay_accept(w, row[i].seq), row[i].fresh, "row %zu", i);
    }
}

Test(esp_replay, ends_exactly_behind_its_size)
{
    for (size_t i = 0; i < G_N_ELEMENTS(size_row); i++) {
        uint32_t n = size_row[i];
        g_autofree struct esp_replay *w = esp_replay_new(n);
        cr_expect(esp_replay_accept(w, 5000));
        cr_expect_not(esp_replay_fresh(w, 5000 - n), "window %u, left of it", n);
        cr_expect(esp_replay_fresh(w, 5000 - n + 1), "window %u, its last", n);
        for (uint32_t seq = 5000 - n + 1; seq < 5000; seq++)
            cr_expect(esp_replay_accept(w, seq), "window %u, seq %u", n, seq);
        for (uint32_t seq = 5000 - n - 5; seq <= 5000; seq++)
            cr_expect_not(esp_replay_accept(w, seq), "window %u, seq %u again", n, seq);
    }
}

Test(esp_replay, asking_changes_nothing)
{
    g_autofree struct esp_replay *w = esp_replay_new(64);
    esp_replay_accept(w, 10);
    size_t bytes = sizeof *w + 64 / 8;
    g_autofree struct esp_replay *before = g_memdup2(w, bytes);
    for (uint32_t seq = 0; seq < 300; seq++)
        esp_replay_fresh(w, seq);
    cr_expect_eq(memcmp(w, before, bytes), 0);
}

Test(esp_replay, holds_at_the_end_of_the_32_bit_numbers)
{
    for (size_t i = 0; i < G_N_ELEMENTS(size_row); i++) {
        g_autofree struct esp_replay *w = esp_replay_new(size_row[i]);
        cr_expect(esp_replay_accept(w, UINT32_MAX - 1));
        cr_expect(esp_replay_accept(w, UINT32_MAX));
        cr_expect_not(esp_replay_accept(w, UINT32_MAX));
        cr_expect(esp_replay_accept(w, UINT32_MAX - size_row[i] + 1));
        cr_expect_not(esp_replay_accept(w, UINT32_MAX - size_row[i]));
        /* Numbers do not come round: small ones are old ones. */
        for (uint32_t seq = 0; seq < 2 * size_row[i]; seq++)
            cr_expect_not(esp_replay_accept(w, seq), "seq %u", seq);
    }
}

Test(esp_replay, agrees_with_a_list_of_all_numbers_seen)
{
    enum { SPAN = 20000, STEPS = 30000 };
    for (size_t i = 0; i < G_N_ELEMENTS(size_row); i++) {
        g_autofree struct esp_replay *w = esp_replay_new(size_row[i]);
        g_autofree bool *seen = g_new0(bool, SPAN);
        uint32_t highest = 0, x = 12345 + (uint32_t)i, middle = 1;
        for (int step = 0; step < STEPS; step++) {
            x = x * 1664525u + 1013904223u;
            uint32_t jump = (x >> 8) % 1000 == 0 ? (x >> 20) % 1500 : (x >> 20) % 3;
            middle = MIN(middle + jump, SPAN - 1u);
            uint32_t back = (x >> 4) % (size_row[i] + size_row[i] / 4);
            uint32_t seq = middle > back ? middle - back : 0;
            bool fresh = seq != 0 && !seen[seq] && (seq > highest || highest - seq < size_row[i]);
            cr_assert_eq(esp_replay_accept(w, seq), fresh, "window %u step %d seq %u", size_row[i],
                         step, seq);
            if (fresh) {
                seen[seq] = true;
                highest = MAX(highest, seq);
            }
        }
    }
}

/* Every size the window may have, millions of numbers in all. The model keeps a set of what was
 * accepted, not a ring: a number is in while it is new and less than `size` behind the highest. */
Test(esp_replay, of_every_size_agrees_with_a_set_over_millions_of_numbers)
{
    enum { STEPS = 4000, NUMBERS = 65536 };
    g_autofree uint32_t *accepted_in = g_new0(uint32_t, NUMBERS); /* the run that accepted it */
    uint32_t x = 99;
    for (uint32_t size = 64; size <= ESP_REPLAY_MAX; size += 64) {
        for (uint32_t way = 0; way < 70; way++) {
            g_autofree struct esp_replay *w = esp_replay_new(size);
            uint32_t highest = 0, run = size * 100 + way + 1;
            for (int step = 0; step < STEPS; step++) {
                x = x * 1664525u + 1013904223u;
                /* ahead by little, or far; behind by up to a quarter more than the window */
                uint32_t reach = way % 7 == 0 ? 2000 : 3, draw = x >> 12;
                uint32_t seq = draw % 2 ? highest + 1 + draw / 2 % reach
                                        : highest - MIN(highest, draw / 2 % (size + size / 4));
                seq %= NUMBERS;
                bool fresh =
                    seq != 0 && accepted_in[seq] != run && (seq > highest || highest - seq < size);
                cr_assert_eq(esp_replay_fresh(w, seq), fresh, "size %u step %d seq %u", size, step,
                             seq);
                cr_assert_eq(esp_replay_accept(w, seq), fresh, "size %u step %d seq %u", size, step,
                             seq);
                if (fresh) {
                    accepted_in[seq] = run;
                    highest = MAX(highest, seq);
                }
            }
        }
    }
}
