/* Bytes for tests: written as hex by hand, compared as hex, cut short at every length. */
#ifndef TESTS_WIRE_BYTES_H
#define TESTS_WIRE_BYTES_H

#include <criterion/criterion.h>
#include "base/text.h"

/* Bytes of hex digits in an allocation of exactly their size, so that a sanitizer sees a read
 * beyond. */
static inline struct span bytes_of(const char *hex)
{
    GByteArray *a = text_unhex(hex);
    cr_assert_not_null(a, "bad hex: %s", hex);
    size_t n = a->len;
    return span_of(g_byte_array_free(a, FALSE), n);
}

static inline void bytes_free(struct span s)
{
    g_free((uint8_t *)s.p);
}

/* A copy of the first n bytes, exactly that large. */
static inline struct span bytes_cut(struct span s, size_t n)
{
    return span_of(g_memdup2(n ? s.p : (const uint8_t *)"", n ? n : 1), n);
}

static inline void expect_hex(struct span got, const char *want)
{
    g_autoptr(GString) text = g_string_new(NULL);
    text_hex(text, got);
    cr_expect_str_eq(text->str, want);
}

#endif
