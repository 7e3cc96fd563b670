/* Values with units. */
#include "scenario/units.h"

#include <criterion/criterion.h>

Test(units, durations_are_nanoseconds)
{
    static const struct {
        const char *text;
        sim_time ns; /* -1: refused */
    } row[] = {
        {"0", 0},
        {"20ms", 20000000},
        {"1h30m", 5400000000000},
        {"1.5s", 1500000000},
        {"7ns", 7},
        {"0.25us", 250},
        {"2d", 172800000000000},
        {"1m", 60000000000},
        {"3 s", 3000000000},
        {"20", -1},
        {"", -1},
        {"ms", -1},
        {"1.s", -1},
        {"0.1ns", -1},
        {"-1s", -1},
        {"1s x", -1},
        {"1e3s", -1},
        {"999999999999999d", -1},
        {"99999999999999999999s", -1},
        {"1.5ns", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        sim_time t = -1;
        bool ok = units_time(row[i].text, &t);
        cr_expect_eq(ok, row[i].ns >= 0, "%s", row[i].text);
        if (ok)
            cr_expect_eq(t, row[i].ns, "%s", row[i].text);
    }
}

Test(units, chances_are_exact_parts_per_billion)
{
    static const struct {
        const char *text;
        int64_t ppb;
    } row[] = {
        {"0%", 0},
        {"0", 0},
        {"1%", 10000000},
        {"0.5%", 5000000},
        {"100%", 1000000000},
        {"0.0000001%", 1},
        {"101%", -1},
        {"1", -1},
        {"0.00000001%", -1},
        {"%", -1},
        {"-1%", -1},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        uint32_t v = 0;
        bool ok = units_chance(row[i].text, &v);
        cr_expect_eq(ok, row[i].ppb >= 0, "%s", row[i].text);
        if (ok)
            cr_expect_eq(v, row[i].ppb, "%s", row[i].text);
    }
}

Test(units, rates_and_sizes)
{
    uint64_t v;
    cr_expect(units_rate("10mbps", &v) && v == 10000000);
    cr_expect(units_rate("1.544mbps", &v) && v == 1544000);
    cr_expect(units_rate("9600bps", &v) && v == 9600);
    cr_expect_not(units_rate("10", &v));
    cr_expect_not(units_rate("10mb", &v));
    cr_expect(units_size("1500", &v) && v == 1500);
    cr_expect(units_size("64kB", &v) && v == 64000);
    cr_expect(units_size("64KiB", &v) && v == 65536);
    cr_expect_not(units_size("64q", &v));
}

Test(units, a_mask_begins_with_the_first_packet)
{
    uint64_t bits;
    uint32_t n;
    cr_expect(units_mask("0b0101", &bits, &n));
    cr_expect_eq(bits, 10);
    cr_expect_eq(n, 4);
    cr_expect_not(units_mask("0b", &bits, &n));
    cr_expect_not(units_mask("0b2", &bits, &n));
    cr_expect_not(units_mask("0b00000000000000000000000000000000000000000000000000000000000000001",
                             &bits, &n));
}

Test(units, comparisons_are_of_numbers_or_words)
{
    static const struct {
        const char *test, *value;
        bool holds;
    } row[] = {
        {"5", "5", true},
        {">= 5", "5", true},
        {">= 5", "4", false},
        {"< 10", "9", true},
        {"!= 3", "3", false},
        {"3..7", "7", true},
        {"3..7", "8", false},
        {"QM_IDLE", "qm-idle", true},
        {"QM_IDLE", "MM_NO_STATE", false},
        {"0x10", "16", true},
        {"20ms", "20000000", true},
        {">= 1s", "999999999", false},
        {"10.0.0.1", "10.0.0.1", true},
        {"10.0.0.1", "10.0.0.10", false},
        {"> 5", "many", false},
        {"true", "true", true},
        {"!= DEAD", "QM_IDLE", true},
        {"", "", true},
        {"5", NULL, false},
        {"!= 5", NULL, true},
        {"> -1", "0", true},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++)
        cr_expect_eq(units_test(row[i].test, row[i].value), row[i].holds, "%s of %s", row[i].test,
                     row[i].value);
    cr_expect_not(units_test_valid(">= many"));
    cr_expect_not(units_test_valid(">="));
    cr_expect(units_test_valid("QM_IDLE"));
}

Test(units, times_are_written_for_people)
{
    static const struct {
        sim_time t;
        const char *text;
    } row[] = {
        {0, "0s"},
        {SECONDS(90), "90s"},
        {MILLISECONDS(1500), "1.500s"},
        {MILLISECONDS(20), "20.000ms"},
        {7, "7ns"},
        {-SECONDS(2), "-2s"},
        {SIM_TIME_MAX, "the end"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        GString *s = g_string_new(NULL);
        units_time_text(s, row[i].t);
        cr_expect_str_eq(s->str, row[i].text);
        g_string_free(s, TRUE);
    }
}
