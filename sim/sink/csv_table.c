/* Tables that take a row from each event of some kinds: the kind says which, and writes the cells.
 */
#include "sink_priv.h"

#include <string.h>

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_table *t = self;
    t->kind->on_event(t, e);
}

struct sink_table *sink_table_new(const struct sink_table_kind *kind, struct trace *trace,
                                  const char *stream_dir, GError **error)
{
    struct sink_table *t = g_new0(struct sink_table, 1);
    if (!sink_out_open(&t->out, stream_dir, kind->file, error)) {
        g_free(t);
        return NULL;
    }
    t->kind = kind;
    t->trace = trace;
    t->row = g_string_new(NULL);
    sink_out_put(&t->out, kind->heading, strlen(kind->heading));
    struct trace_mask mask = {0};
    for (size_t i = 0; i < kind->n_events; i++)
        trace_mask_add(&mask, kind->event[i]);
    trace_subscribe(trace, NULL, &mask, on_event, t);
    return t;
}

bool sink_table_write(struct sink_table *t, const char *dir, GError **error)
{
    if (t->kind->at_end)
        t->kind->at_end(t);
    return sink_out_close(&t->out, dir, t->kind->file, error);
}

void sink_table_free(struct sink_table *t)
{
    if (!t)
        return;
    trace_unsubscribe(t->trace, on_event, t);
    sink_out_clear(&t->out);
    g_string_free(t->row, TRUE);
    g_free(t);
}
