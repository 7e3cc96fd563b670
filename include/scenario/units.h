/* Values with units, in integers: durations, rates, sizes, chances, and comparisons with them. */
#ifndef SCENARIO_UNITS_H
#define SCENARIO_UNITS_H

#include <glib.h>
#include "kernel/sim.h"

/* "20ms", "1h30m", "1.5s", "0". Units: ns us ms s m h d. */
bool units_time(const char *s, sim_time *out);
/* The same with an optional sign, for clocks. */
bool units_signed_time(const char *s, sim_time *out);
/* "0.5%" or "0" into parts per billion, at most 100%. */
bool units_chance(const char *s, uint32_t *ppb);
/* "10mbps", "64kbps", "9600bps"; decimal factors. */
bool units_rate(const char *s, uint64_t *bps);
/* "1500", "64kB", "2MB"; bytes, decimal factors; KiB and MiB are binary. */
bool units_size(const char *s, uint64_t *bytes);
/* Decimal or 0x. */
bool units_count(const char *s, uint64_t *out);
/* "yes", "true", "on" and their opposites. */
bool units_bool(const char *s, bool *out);
/* "0b0101": the leftmost digit is packet 1; at most 64. */
bool units_mask(const char *s, uint64_t *bits, uint32_t *len);

/* A duration as a person would write it: "1.500s", "20ms". Appends. */
void units_time_text(GString *out, sim_time t);

/* ">= 5", "< 1s", "!= QM_IDLE", "3..7", or a plain value. Numbers (with time or size units) compare
 * as numbers, all else as text without regard to case and to the difference of "-", "_" and blank.
 */
bool units_test_valid(const char *test);
bool units_test(const char *test, const char *value);

#endif
