/* Text helpers: hex, near names for "did you mean", fixed columns, quoting for JSON. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <glib.h>
#include "base/span.h"

/* Appends lower-case hex without separators. */
void text_hex(GString *out, struct span s);
/* Decimal; and hexadecimal of so many digits. Faster than a format, for what is printed a million
 * times. */
void text_put_u64(GString *out, uint64_t v);
void text_put_hex(GString *out, uint64_t v, int digits);
/* Parses hex digits (blanks ignored) into a new byte array, or NULL on a bad digit or an odd count.
 * Caller frees. */
GByteArray *text_unhex(const char *s);
/* The name nearest to `word` among `n` names, when near enough to suggest; else NULL. */
const char *text_nearest(const char *word, const char *const *names, size_t n);
/* Appends a JSON string with its quotes; bytes that are not UTF-8 become \u00xx. */
void text_json_string(GString *out, const char *s);
/* Appends s padded with blanks to the width (never cut). */
void text_pad(GString *out, const char *s, int width);
/* A number of digits alone, base 10 or 16; false for anything else, signs and blanks too, and when
 * it overflows. (GLib's g_ascii_string_to_unsigned fails when two threads call it first at once: it
 * takes the errno of setting its locale up for its own.) */
bool text_u64(const char *s, unsigned base, uint64_t *out);
/* Collapses every run of blanks to one, trims line ends, drops empty lines (catalogue rule N0).
 * Caller frees. */
char *text_squeeze(const char *s);

#endif
