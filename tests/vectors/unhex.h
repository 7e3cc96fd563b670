/* Hex of a known answer as bytes: HEX("0b0b") is a span that lives to the end of the test. */
#ifndef VECTORS_UNHEX_H
#define VECTORS_UNHEX_H

#include <criterion/criterion.h>

#include "base/span.h"

#define VECTOR_BYTES 1024

/* Bytes of `hex` in out; NULL is empty. */
static inline struct span unhex_into(const char *hex, uint8_t out[VECTOR_BYTES])
{
    size_t n = 0;
    for (; hex && hex[0]; hex += 2) {
        unsigned v = 0;
        for (int i = 0; i < 2; i++) {
            char c = hex[i];
            unsigned d = c >= '0' && c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'a' + 10);
            cr_assert(d < 16, "bad digit '%c'", c);
            v = v << 4 | d;
        }
        cr_assert(n < VECTOR_BYTES);
        out[n++] = (uint8_t)v;
    }
    return (struct span){out, n};
}
#define HEX(text) unhex_into((text), (uint8_t[VECTOR_BYTES]){0})

static inline void expect_bytes(const uint8_t *got, const char *hex, const char *what)
{
    uint8_t want[VECTOR_BYTES];
    struct span w = unhex_into(hex, want);
    cr_expect_arr_eq(got, w.p, w.n, "%s", what);
}

#endif
