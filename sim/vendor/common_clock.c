/* Calendar time for stamps, and the names in them. */
#include "vendor/common.h"

const char *const vendor_month[12] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
const char *const vendor_weekday[7] = {"Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"};
const char *const vendor_severity[8] = {"emergencies",   "alerts",   "critical",
                                        "errors",        "warnings", "notifications",
                                        "informational", "debugging"};

/* Days since 1 January 1970 to a date of the Gregorian calendar: years begin in March, so that the
 * leap day is last. */
static void civil_date(int64_t days, int *year, int *month, int *day)
{
    int64_t z = days + 719468; /* from 1 March of year 0 */
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t of_era = z - era * 146097;
    int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
    int64_t m = (5 * of_year + 2) / 153; /* 0 = March */
    *day = (int)(of_year - (153 * m + 2) / 5 + 1);
    *month = (int)(m < 10 ? m + 3 : m - 9);
    *year = (int)(y + era * 400 + (*month <= 2));
}

struct vendor_clock vendor_clock_at(int64_t ns)
{
    int64_t seconds = ns / 1000000000;
    int64_t days = seconds / 86400, of_day = seconds % 86400;
    if (of_day < 0) {
        of_day += 86400;
        days--;
    }
    struct vendor_clock t = {
        .hour = (int)(of_day / 3600),
        .minute = (int)(of_day / 60 % 60),
        .second = (int)(of_day % 60),
        .ms = (int)(ns / 1000000 % 1000),
        .weekday = (int)((days % 7 + 7) % 7),
    };
    civil_date(days, &t.year, &t.month, &t.day);
    return t;
}
