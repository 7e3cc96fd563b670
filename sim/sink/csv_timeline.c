/* timeline.csv: what the scenario did to the network and when, and when the run ended: the axis and
 * the upright lines of pictures. */
#include "sink_priv.h"

static void put(struct sink_table *t, sim_time at, const char *kind, const char *node,
                const char *label, const char *what)
{
    sink_cell_number(t->row, at);
    sink_cell_text(t->row, kind);
    sink_cell_text(t->row, node && *node ? node : NULL);
    sink_cell_text(t->row, label);
    sink_cell_text(t->row, what);
    sink_row_end(&t->out, t->row);
}

static void on_event(struct sink_table *t, const struct trace_event *e)
{
    const struct ev_timeline *step = e->data;
    const struct ev_device_reload *reload = e->data;
    const struct ev_device_boot *boot = e->data;
    if (e->id == EV_timeline)
        put(t, e->at, "step", e->scope->name, step->label, step->action);
    else if (e->id == EV_device_reload)
        put(t, e->at, "reload", e->scope->name, NULL, reload->reason);
    else
        put(t, e->at, "boot", e->scope->name, NULL, boot->kind);
}

static void at_end(struct sink_table *t)
{
    put(t, sim_now(trace_sim(t->trace)), "end", NULL, NULL, NULL);
}

const struct sink_table_kind sink_table_timeline = {
    .file = "timeline.csv",
    .heading = "time_ns,kind,node,label,what\n",
    .event = {EV_timeline, EV_device_reload, EV_device_boot},
    .n_events = 3,
    .on_event = on_event,
    .at_end = at_end,
};
