/* queue.csv: every packet that waited in a queue of an interface or for a processor, or found it
 * full. */
#include "sink_priv.h"

#define FILE_NAME "queue.csv"

struct sink_queue {
    struct trace *trace;
    struct sink_out out;
    GString *row;
};

/* The three events begin with the same fields. */
static void on_event(void *self, const struct trace_event *e)
{
    struct sink_queue *s = self;
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
    sink_cell_number(s->row, e->at);
    sink_cell_text(s->row, e->scope->name);
    sink_cell_text(s->row, q.interface);
    sink_cell_text(s->row, q.class);
    sink_cell_text(s->row, d ? "drop" : e->id == EV_queue_out ? "out" : "in");
    sink_cell_number(s->row, (int64_t)q.number);
    sink_cell_number(s->row, q.packets);
    sink_cell_number(s->row, q.bytes);
    sink_cell_text(s->row, d ? drop_reason_name((int)d->why) : NULL);
    sink_row_end(&s->out, s->row);
}

struct sink_queue *sink_queue_new(struct trace *t, const char *stream_dir, GError **error)
{
    static const char heading[] = "time_ns,node,interface,class,what,number,packets,bytes,why\n";
    struct sink_queue *s = g_new0(struct sink_queue, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->row = g_string_new(NULL);
    sink_out_put(&s->out, heading, sizeof heading - 1);
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_queue_in);
    trace_mask_add(&mask, EV_queue_out);
    trace_mask_add(&mask, EV_queue_drop);
    trace_subscribe(t, NULL, &mask, on_event, s);
    return s;
}

bool sink_queue_write(struct sink_queue *s, const char *dir, GError **error)
{
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_queue_free(struct sink_queue *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    sink_out_clear(&s->out);
    g_string_free(s->row, TRUE);
    g_free(s);
}
