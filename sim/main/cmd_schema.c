/* vpnsim schema: the table of keys, as JSON Schema or as a reference; the events and their fields.
 */
#include <string.h>

#include "main.h"
#include "scenario/schema.h"
#include "trace/trace.h"

static void events_text(GString *out)
{
    static const char *const kinds[] = {
        [KIND_U32] = "number", [KIND_U64] = "number",         [KIND_I64] = "number",
        [KIND_TIME] = "time",  [KIND_BOOL] = "true or false", [KIND_IP4] = "address",
        [KIND_STR] = "text",   [KIND_SPAN] = "bytes",         [KIND_ENUM] = "word",
    };
    for (int i = 0; i < EV_COUNT; i++) {
        g_string_append_printf(out, "%s\n", trace_event_name((enum trace_id)i));
        for (const struct trace_field *f = trace_event_fields((enum trace_id)i); f->name; f++)
            g_string_append_printf(out, "  %-14s %s\n", f->name, kinds[f->kind]);
    }
}

int cmd_schema(int argc, char **argv)
{
    static gboolean markdown, events;
    static const GOptionEntry entries[] = {
        {"markdown", 0, 0, G_OPTION_ARG_NONE, &markdown, "the reference for people", NULL},
        {"events", 0, 0, G_OPTION_ARG_NONE, &events, "the events and their fields, for `event:`",
         NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    if (!options_parse("schema", "", "the scenario format, for editors and people",
                       "Without an option: JSON Schema.", entries, &argc, &argv))
        return EXIT_USAGE;
    g_autoptr(GString) out = g_string_new(NULL);
    if (markdown)
        schema_markdown(out);
    else if (events)
        events_text(out);
    else
        schema_json(out);
    fputs(out->str, stdout);
    return EXIT_MET;
}
