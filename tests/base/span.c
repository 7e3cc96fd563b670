/* Readers stop at the end, writers at the brim, and both remember. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/arena.h"
#include "base/span.h"

static const uint8_t nine[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

Test(rd, reads_network_order)
{
    struct rd r =
        rd_over(span_of((uint8_t[]){1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, 15));
    cr_expect_eq(rd_u8(&r), 1);
    cr_expect_eq(rd_u16(&r), 0x0203);
    cr_expect_eq(rd_u32(&r), 0x04050607u);
    cr_expect_eq(rd_u64(&r), UINT64_C(0x08090a0b0c0d0e0f));
    cr_expect_eq(rd_left(&r), 0);
    cr_expect(rd_ok(&r));
}

Test(rd, error_sticks_past_the_end)
{
    struct rd r = rd_over(span_of(nine, 9));
    rd_u64(&r);
    cr_expect_eq(rd_u16(&r), 0);
    cr_expect(!rd_ok(&r));
    cr_expect_eq(rd_u8(&r), 0, "what is left is not read after an error");
    cr_expect_eq(rd_left(&r), 0);
    cr_expect_eq(rd_rest(&r).n, 0);
    cr_expect(!rd_ok(&r));
}

Test(rd, takes_spans_and_the_rest)
{
    struct rd r = rd_over(span_of(nine, 9));
    cr_expect(span_eq(rd_span(&r, 2), span_of(nine, 2)));
    rd_skip(&r, 3);
    cr_expect(span_eq(rd_rest(&r), span_of(nine + 5, 4)));
    cr_expect_eq(rd_rest(&r).n, 0);
    cr_expect(rd_ok(&r));
    cr_expect_eq(rd_span(&r, SIZE_MAX).n, 0, "a length from the wire does not wrap");
    cr_expect(!rd_ok(&r));
    struct rd none = rd_over((struct span){NULL, 0});
    cr_expect_eq(rd_rest(&none).n, 0);
    cr_expect(rd_ok(&none));
    rd_skip(&none, 1);
    cr_expect(!rd_ok(&none));
}

Test(wr, writes_network_order_and_lengths_known_late)
{
    uint8_t buf[20];
    struct wr w = wr_over(buf, sizeof buf);
    wr_u8(&w, 0xaa);
    wr_u16(&w, 0);
    wr_u32(&w, 0x01020304);
    wr_u64(&w, UINT64_C(0x1112131415161718));
    wr_bytes(&w, "xy", 2);
    wr_zero(&w, 1);
    wr_span(&w, (struct span){NULL, 0});
    wr_u16_at(&w, 1, (uint16_t)w.n);
    wr_u8_at(&w, 0, 0xbb);
    static const uint8_t want[] = {0xbb, 0,    18,   1,    2,    3,    4,   0x11, 0x12,
                                   0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 'x', 'y',  0};
    cr_expect(wr_ok(&w));
    cr_expect(span_eq(wr_done(&w), span_of(want, sizeof want)));
}

Test(wr, never_writes_what_does_not_fit)
{
    uint8_t buf[4] = {9, 9, 9, 9};
    struct wr w = wr_over(buf, 3);
    wr_u16(&w, 0x0102);
    wr_u16(&w, 0x0304);
    wr_u8(&w, 5);
    cr_expect(!wr_ok(&w));
    cr_expect_eq(wr_done(&w).n, 2);
    cr_expect_arr_eq(buf, ((uint8_t[]){1, 2, 9, 9}), 4);

    w = wr_over(buf, 4);
    wr_u8(&w, 1);
    wr_u16_at(&w, 0, 7);
    cr_expect(!wr_ok(&w), "only what was written can be written over");
}

Test(span, subs_stay_inside)
{
    static const struct {
        size_t from, n, want;
    } row[] = {{0, 9, 9}, {0, 99, 9}, {8, 5, 1}, {9, 1, 0}, {99, 1, 0}, {2, SIZE_MAX, 7}};
    for (size_t i = 0; i < sizeof row / sizeof *row; i++)
        cr_expect_eq(span_sub(span_of(nine, 9), row[i].from, row[i].n).n, row[i].want, "row %zu",
                     i);
    cr_expect(span_eq((struct span){NULL, 0}, span_of(nine, 0)));
    cr_expect(!span_eq(span_of(nine, 2), span_of(nine, 3)));
    cr_expect(!span_eq(span_of(nine, 2), span_of(nine + 1, 2)));
}

Test(arena, gives_zeroed_aligned_memory_of_any_size_again_and_again)
{
    struct arena *a = arena_new();
    for (int round = 0; round < 3; round++) {
        for (size_t n = 0; n < 3000; n += 7) {
            uint8_t *p = arena_alloc(a, n);
            cr_assert_not_null(p);
            cr_assert_eq((uintptr_t)p % _Alignof(max_align_t), 0);
            for (size_t i = 0; i < n; i++)
                cr_assert_eq(p[i], 0, "byte %zu of %zu in round %d", i, n, round);
            memset(p, 0xff, n);
        }
        arena_reset(a);
    }
    arena_free(a);
    arena_free(NULL);
}

Test(arena, keeps_things_apart)
{
    struct arena *a = arena_new();
    char *s[500];
    for (int i = 0; i < 500; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        s[i] = arena_strdup(a, text);
        arena_alloc(a, i % 50 == 0 ? 5000 : 3);
    }
    for (int i = 0; i < 500; i++)
        cr_expect_eq(atoi(s[i]), i);
    struct span copy = arena_span(a, span_of(nine, 9));
    cr_expect(span_eq(copy, span_of(nine, 9)));
    cr_expect_neq(copy.p, nine);
    arena_free(a);
}
