/* queue.csv: every packet that waited in a queue of an interface or for a processor, or found it
 * full. */
#include "sink_priv.h"

/* The three events begin with the same fields. */
static void on_event(struct sink_table *t, const struct trace_event *e)
{
    const struct ev_queue_drop *d = e->id == EV_queue_drop ? e->data : NULL;
    struct ev_queue_in q;
    if (d) {
        q = (struct ev_queue_in){d->interface, d->class, d->number, d->packets, d->bytes};
    } else if (e->id == EV_queue_out) {
        const struct ev_queue_out *o = e->data;
        q = (struct ev_queue_in){o->interface, o->class, o->number, o->packets, o->bytes};
    } else {
        q = *(const struct ev_queue_in *)e->data;
    }
    sink_cell_number(t->row, e->at);
    sink_cell_text(t->row, e->scope->name);
    sink_cell_text(t->row, q.interface);
    sink_cell_text(t->row, q.class);
    sink_cell_text(t->row, d ? "drop" : e->id == EV_queue_out ? "out" : "in");
    sink_cell_number(t->row, (int64_t)q.number);
    sink_cell_number(t->row, q.packets);
    sink_cell_number(t->row, q.bytes);
    sink_cell_text(t->row, d ? drop_reason_name((int)d->why) : NULL);
    sink_row_end(&t->out, t->row);
}

const struct sink_table_kind sink_table_queue = {
    .file = "queue.csv",
    .heading = "time_ns,node,interface,class,what,number,packets,bytes,why\n",
    .event = {EV_queue_in, EV_queue_out, EV_queue_drop},
    .n_events = 3,
    .on_event = on_event,
};
