/* Values with units. Everything is an integer: a fraction is a number of tenths, hundredths … of
 * the unit, so "0.1%" is exactly one million parts in a billion. */
#include "scenario/units.h"

#include <string.h>

#include "base/text.h"

struct unit {
    const char *name;
    uint64_t factor;
};
// clang-format off
static const struct unit time_unit[] = {
    { "ns", 1 }, { "us", 1000 }, { "ms", 1000000 }, { "s", 1000000000 }, { "m", 60000000000 },
    { "min", 60000000000 }, { "h", 3600000000000 }, { "d", 86400000000000 }, { NULL, 0 },
};
static const struct unit rate_unit[] = {
    { "bps", 1 }, { "kbps", 1000 }, { "mbps", 1000000 }, { "gbps", 1000000000 },
    { "kbit", 1000 }, { "mbit", 1000000 }, { "gbit", 1000000000 }, { NULL, 0 },
};
static const struct unit size_unit[] = {
    { "B", 1 }, { "kB", 1000 }, { "KB", 1000 }, { "MB", 1000000 }, { "GB", 1000000000 },
    { "KiB", 1024 }, { "MiB", 1048576 }, { "", 1 }, { NULL, 0 },
};
static const struct unit chance_unit[] = { { "%", 10000000 }, { NULL, 0 } };
// clang-format on

/* One number with a fraction and a unit; *s moves behind it. Nothing is rounded: digits beyond
 * what the unit can hold are refused unless they are zero. */
static bool amount(const char **s, const struct unit *units, uint64_t *out)
{
    const char *p = *s;
    uint64_t whole = 0, fraction = 0, scale = 1;
    if (!g_ascii_isdigit(*p))
        return false;
    for (; g_ascii_isdigit(*p); p++) {
        if (whole > (UINT64_MAX - 9) / 10)
            return false;
        whole = whole * 10 + (uint64_t)(*p - '0');
    }
    if (*p == '.') {
        if (!g_ascii_isdigit(*++p))
            return false;
        for (; g_ascii_isdigit(*p); p++) {
            if (scale > 100000000000000) {
                if (*p != '0')
                    return false;
                continue;
            }
            fraction = fraction * 10 + (uint64_t)(*p - '0');
            scale *= 10;
        }
    }
    while (*p == ' ')
        p++;
    size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ%");
    for (; units->name; units++) {
        if (strlen(units->name) != n || strncmp(units->name, p, n) != 0)
            continue;
        unsigned __int128 v = (unsigned __int128)whole * units->factor;
        unsigned __int128 part = (unsigned __int128)fraction * units->factor;
        if (part % scale != 0)
            return false;
        v += part / scale;
        if (v > INT64_MAX)
            return false;
        *out = (uint64_t)v;
        *s = p + n;
        return true;
    }
    return false;
}

bool units_time(const char *s, sim_time *out)
{
    uint64_t sum = 0, v;
    if (strcmp(s, "0") == 0) {
        *out = 0;
        return true;
    }
    do {
        if (!amount(&s, time_unit, &v) || v > (uint64_t)INT64_MAX - sum)
            return false;
        sum += v;
    } while (*s);
    *out = (sim_time)sum;
    return true;
}

bool units_signed_time(const char *s, sim_time *out)
{
    bool negative = *s == '-';
    if (*s == '-' || *s == '+')
        s++;
    if (!units_time(s, out))
        return false;
    if (negative)
        *out = -*out;
    return true;
}

static bool single(const char *s, const struct unit *units, uint64_t *out)
{
    return amount(&s, units, out) && !*s;
}

bool units_chance(const char *s, uint32_t *ppb)
{
    uint64_t v = 0;
    if (strcmp(s, "0") != 0 && !single(s, chance_unit, &v))
        return false;
    if (v > 1000000000)
        return false;
    *ppb = (uint32_t)v;
    return true;
}

bool units_rate(const char *s, uint64_t *bps)
{
    *bps = 0;
    return strcmp(s, "0") == 0 || single(s, rate_unit, bps);
}

bool units_size(const char *s, uint64_t *bytes)
{
    return single(s, size_unit, bytes);
}

bool units_count(const char *s, uint64_t *out)
{
    bool hex = g_str_has_prefix(s, "0x") || g_str_has_prefix(s, "0X");
    return text_u64(hex ? s + 2 : s, hex ? 16 : 10, out);
}

bool units_bool(const char *s, bool *out)
{
    static const char *const yes[] = {"true", "yes", "on", NULL};
    static const char *const no[] = {"false", "no", "off", NULL};
    *out = g_strv_contains(yes, s);
    return *out || g_strv_contains(no, s);
}

bool units_mask(const char *s, uint64_t *bits, uint32_t *len)
{
    if (!g_str_has_prefix(s, "0b"))
        return false;
    *bits = 0;
    *len = 0;
    for (s += 2; *s; s++, ++*len) {
        if ((*s != '0' && *s != '1') || *len == 64)
            return false;
        if (*s == '1')
            *bits |= 1ull << *len;
    }
    return *len > 0;
}

void units_time_text(GString *out, sim_time t)
{
    if (t == SIM_TIME_MAX) {
        g_string_append(out, "the end");
        return;
    }
    if (t < 0) {
        g_string_append_c(out, '-');
        t = -t;
    }
    if (t % SECONDS(1) == 0)
        g_string_append_printf(out, "%" G_GINT64_FORMAT "s", (gint64)(t / SECONDS(1)));
    else if (t >= SECONDS(1))
        g_string_append_printf(out, "%" G_GINT64_FORMAT ".%03ds", (gint64)(t / SECONDS(1)),
                               (int)(t % SECONDS(1) / MILLISECONDS(1)));
    else if (t >= MILLISECONDS(1))
        g_string_append_printf(out, "%d.%03dms", (int)(t / MILLISECONDS(1)),
                               (int)(t % MILLISECONDS(1) / MICROSECONDS(1)));
    else
        g_string_append_printf(out, "%dns", (int)t);
}

/* ---- Comparisons ---- */

/* Numbers, numbers with a unit of time or size, and hexadecimal ones are numbers. */
static bool number(const char *s, int64_t *out)
{
    uint64_t v;
    bool negative = *s == '-' && g_ascii_isdigit(s[1]);
    if (negative)
        s++;
    if (!units_count(s, &v)) {
        sim_time t;
        if (units_time(s, &t))
            v = (uint64_t)t;
        else if (!units_size(s, &v))
            return false;
    }
    if (v > INT64_MAX)
        return false;
    *out = negative ? -(int64_t)v : (int64_t)v;
    return true;
}

static char folded(char c)
{
    return c == '-' || c == ' ' ? '_' : g_ascii_tolower(c);
}

static bool same_word(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (folded(*a) != folded(*b))
            return false;
    return *a == *b;
}

enum relation { EQ, NE, LE, LT, GE, GT };
static const struct {
    const char *sign;
    enum relation relation;
} relations[] = {{"==", EQ}, {"!=", NE}, {"<=", LE}, {">=", GE}, {"<", LT}, {">", GT}};

static enum relation split(const char **test)
{
    const char *s = *test;
    enum relation r = EQ;
    while (*s == ' ')
        s++;
    for (size_t i = 0; i < G_N_ELEMENTS(relations); i++)
        if (g_str_has_prefix(s, relations[i].sign)) {
            r = relations[i].relation;
            s += strlen(relations[i].sign);
            break;
        }
    while (*s == ' ')
        s++;
    *test = s;
    return r;
}

static bool range(const char *test, int64_t *low, int64_t *high)
{
    const char *dots = strstr(test, "..");
    if (!dots)
        return false;
    g_autofree char *first = g_strndup(test, (gsize)(dots - test));
    return number(g_strstrip(first), low) && number(dots + 2 + strspn(dots + 2, " "), high);
}

bool units_test_valid(const char *test)
{
    enum relation r = split(&test);
    int64_t v;
    return *test && (r == EQ || r == NE || number(test, &v));
}

bool units_test(const char *test, const char *value)
{
    enum relation r = split(&test);
    int64_t want, have, high;
    if (!value)
        return r == NE;
    if (r == EQ && range(test, &want, &high) && number(value, &have))
        return have >= want && have <= high;
    bool numbers = number(test, &want) && number(value, &have);
    switch (r) {
    case EQ:
        return numbers ? have == want : same_word(test, value);
    case NE:
        return numbers ? have != want : !same_word(test, value);
    case LE:
        return numbers && have <= want;
    case LT:
        return numbers && have < want;
    case GE:
        return numbers && have >= want;
    default:
        return numbers && have > want;
    }
}
