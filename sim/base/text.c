/* Text for people and for files: hex, suggestions, columns, JSON strings (RFC 8259 7). */
#include "base/text.h"

#include <string.h>

static const char hex_digit[] = "0123456789abcdef";

void text_hex(GString *out, struct span s)
{
    gsize at = out->len;
    g_string_set_size(out, at + 2 * s.n);
    for (size_t i = 0; i < s.n; i++) {
        out->str[at++] = hex_digit[s.p[i] >> 4];
        out->str[at++] = hex_digit[s.p[i] & 15];
    }
}

void text_put_u64(GString *out, uint64_t v)
{
    char digit[20];
    size_t i = sizeof digit;
    do {
        digit[--i] = (char)('0' + v % 10);
    } while (v /= 10);
    g_string_append_len(out, digit + i, (gssize)(sizeof digit - i));
}

void text_put_hex(GString *out, uint64_t v, int digits)
{
    for (int shift = 4 * digits; (shift -= 4) >= 0;)
        g_string_append_c(out, hex_digit[v >> shift & 15]);
}

GByteArray *text_unhex(const char *s)
{
    GByteArray *bytes = g_byte_array_new();
    int high = -1;
    for (; *s; s++) {
        if (g_ascii_isspace(*s))
            continue;
        int v = g_ascii_xdigit_value(*s);
        if (v < 0)
            break;
        if (high < 0) {
            high = v;
            continue;
        }
        guint8 byte = (guint8)(high << 4 | v);
        g_byte_array_append(bytes, &byte, 1);
        high = -1;
    }
    if (!*s && high < 0)
        return bytes;
    g_byte_array_unref(bytes);
    return NULL;
}

/* ---- did you mean ---- */

#define WORD_MAX 63 /* longer words get no suggestion */

/* How many letters to insert, delete, change, or swap with their neighbour. Case does not count. */
static size_t edits(const char *a, size_t na, const char *b, size_t nb)
{
    size_t row[3][WORD_MAX + 1];
    size_t *before = row[0], *last = row[1], *now = row[2];
    for (size_t j = 0; j <= nb; j++)
        last[j] = j;
    for (size_t i = 1; i <= na; i++) {
        char ai = g_ascii_tolower(a[i - 1]);
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            char bj = g_ascii_tolower(b[j - 1]);
            size_t best = last[j - 1] + (ai != bj);
            best = MIN(best, MIN(last[j], now[j - 1]) + 1);
            if (i > 1 && j > 1 && ai == g_ascii_tolower(b[j - 2]) &&
                bj == g_ascii_tolower(a[i - 2]))
                best = MIN(best, before[j - 2] + 1);
            now[j] = best;
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[nb];
}

const char *text_nearest(const char *word, const char *const *names, size_t n)
{
    size_t len = strlen(word);
    /* One slip in a short word, one more for every three letters: "dely" is near "delay", but "up"
     * is near nothing else of two letters. */
    size_t limit = len < 3 ? 1 : (len + 2) / 3;
    const char *best = NULL;
    if (len == 0 || len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < n; i++) {
        size_t name_len = strlen(names[i]);
        if (name_len > WORD_MAX)
            continue;
        size_t d = edits(word, len, names[i], name_len);
        /* Nothing of the word would be left. */
        if (d >= len || d >= name_len)
            continue;
        if (best ? d < limit : d <= limit) {
            best = names[i];
            limit = d;
        }
    }
    return best;
}

/* ---- JSON ---- */

static void json_escape(GString *out, unsigned char c)
{
    static const char letter[] = {
        ['"'] = '"',  ['\\'] = '\\', ['\b'] = 'b', ['\f'] = 'f',
        ['\n'] = 'n', ['\r'] = 'r',  ['\t'] = 't',
    };
    if (c < sizeof letter && letter[c])
        g_string_append_printf(out, "\\%c", letter[c]);
    else
        g_string_append_printf(out, "\\u%04x", c);
}

void text_json_string(GString *out, const char *s)
{
    g_string_append_c(out, '"');
    while (*s) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\' || c < 0x20 || c == 0x7f) {
            json_escape(out, c);
            s++;
        } else if (c < 0x80) {
            const char *plain = s;
            do {
                c = (unsigned char)*++s;
            } while (c >= 0x20 && c < 0x7f && c != '"' && c != '\\');
            g_string_append_len(out, plain, s - plain);
        } else if (g_utf8_get_char_validated(s, -1) < (gunichar)-2) {
            const char *next = g_utf8_next_char(s);
            g_string_append_len(out, s, next - s);
            s = next;
        } else {
            json_escape(out, c);
            s++;
        }
    }
    g_string_append_c(out, '"');
}

/* ---- columns ---- */

void text_pad(GString *out, const char *s, int width)
{
    g_string_append(out, s);
    for (glong n = g_utf8_strlen(s, -1); n < width; n++)
        g_string_append_c(out, ' ');
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

char *text_squeeze(const char *s)
{
    GString *out = g_string_new(NULL);
    bool blank = false; /* a run of blanks was seen and not yet written */
    bool empty = true;  /* nothing of this line is written */
    for (; *s; s++) {
        if (*s == '\n') {
            if (!empty)
                g_string_append_c(out, '\n');
            blank = false;
            empty = true;
        } else if (is_blank(*s)) {
            blank = true;
        } else {
            if (blank)
                g_string_append_c(out, ' ');
            g_string_append_c(out, *s);
            blank = false;
            empty = false;
        }
    }
    return g_string_free(out, FALSE);
}

bool text_u64(const char *s, unsigned base, uint64_t *out)
{
    uint64_t v = 0;
    if (!*s)
        return false;
    for (; *s; s++) {
        int digit = base == 16 ? g_ascii_xdigit_value(*s) : g_ascii_digit_value(*s);
        if (digit < 0 || v > (UINT64_MAX - (uint64_t)digit) / base)
            return false;
        v = v * base + (uint64_t)digit;
    }
    *out = v;
    return true;
}
