/* timeline.csv: what the scenario did to the network and when, and when the run ended: the axis and
 * the upright lines of pictures. */
#include "sink_priv.h"

#define FILE_NAME "timeline.csv"

struct sink_timeline {
    struct trace *trace;
    struct sink_out out;
    GString *row;
};

static void put(struct sink_timeline *s, sim_time at, const char *kind, const char *node,
                const char *label, const char *what)
{
    sink_cell_number(s->row, at);
    sink_cell_text(s->row, kind);
    sink_cell_text(s->row, node && *node ? node : NULL);
    sink_cell_text(s->row, label);
    sink_cell_text(s->row, what);
    sink_row_end(&s->out, s->row);
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_timeline *s = self;
    const struct ev_timeline *step = e->data;
    const struct ev_device_reload *reload = e->data;
    const struct ev_device_boot *boot = e->data;
    if (e->id == EV_timeline)
        put(s, e->at, "step", e->scope->name, step->label, step->action);
    else if (e->id == EV_device_reload)
        put(s, e->at, "reload", e->scope->name, NULL, reload->reason);
    else
        put(s, e->at, "boot", e->scope->name, NULL, boot->kind);
}

struct sink_timeline *sink_timeline_new(struct trace *t, const char *stream_dir, GError **error)
{
    static const char heading[] = "time_ns,kind,node,label,what\n";
    struct sink_timeline *s = g_new0(struct sink_timeline, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->row = g_string_new(NULL);
    sink_out_put(&s->out, heading, sizeof heading - 1);
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_timeline);
    trace_mask_add(&mask, EV_device_reload);
    trace_mask_add(&mask, EV_device_boot);
    trace_subscribe(t, NULL, &mask, on_event, s);
    return s;
}

bool sink_timeline_write(struct sink_timeline *s, const char *dir, GError **error)
{
    put(s, sim_now(trace_sim(s->trace)), "end", NULL, NULL, NULL);
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_timeline_free(struct sink_timeline *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    sink_out_clear(&s->out);
    g_string_free(s->row, TRUE);
    g_free(s);
}
