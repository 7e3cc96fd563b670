/* What the simulator says about itself, kept apart from what devices say. */
#include "trace_priv.h"

#include <stdarg.h>

void sim_note(struct trace_scope *scope, const char *format, ...)
{
    if (!TRACE_ON(scope, note))
        return;
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    TRACE(scope, note, .text = text);
}
