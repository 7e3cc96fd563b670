/* How far a run is, on stderr. The only place of a run that looks at the wall clock, and nothing
 * of it comes near the results. */
#include <string.h>
#include <unistd.h>

#include "main.h"
#include "scenario/units.h"

#define TERMINAL_US  1000000
#define ELSEWHERE_US 30000000

void progress_begin(struct progress *p, bool quiet)
{
    memset(p, 0, sizeof *p);
    p->quiet = quiet;
    p->terminal = isatty(STDERR_FILENO);
    p->began_us = p->told_us = g_get_monotonic_time();
}

static void tell(struct progress *p, const struct world_progress *now, gint64 at_us)
{
    double wall = (double)(at_us - p->began_us) / 1e6, since = (double)(at_us - p->told_us) / 1e6;
    double rate = since > 0 ? (double)(now->events - p->told_events) / since : 0;
    g_autoptr(GString) text = g_string_new(NULL);
    units_time_text(text, now->now);
    g_string_append(text, " of ");
    units_time_text(text, now->until);
    fprintf(stderr,
            "%s%s simulated, %.0f x real time, %.0f thousand events/s, %" G_GUINT64_FORMAT " SAs%s",
            p->terminal ? "\r" : "", text->str, wall > 0 ? (double)now->now / 1e9 / wall : 0,
            rate / 1000, (guint64)now->sas, p->terminal ? "\033[K" : "\n");
    fflush(stderr);
    p->told_us = at_us;
    p->told_events = now->events;
    p->drawn = true;
}

bool progress_tell(void *self, const struct world_progress *now)
{
    struct progress *p = self;
    gint64 at_us = g_get_monotonic_time();
    if (!p->quiet && at_us - p->told_us >= (p->terminal ? TERMINAL_US : ELSEWHERE_US))
        tell(p, now, at_us);
    return false;
}

void progress_end(struct progress *p, const struct world_progress *last)
{
    if (!p->drawn)
        return;
    if (p->terminal)
        fprintf(stderr, "\r\033[K");
    p->told_us = p->began_us;
    p->told_events = 0;
    bool terminal = p->terminal;
    p->terminal = false;
    tell(p, last, g_get_monotonic_time());
    p->terminal = terminal;
}
