/* traffic.csv: what became of each packet of each flow. Packets wait in memory, in order of number,
 * until their fate is known or they have been waited for long enough. */
#include "sink_priv.h"

#include <string.h>

#define FILE_NAME "traffic.csv"
#define WAITING   4096        /* packets of a flow at most */
#define PATIENCE  SECONDS(60) /* longer than any answer is waited for */
#define OPEN      SECONDS(2)  /* sent this short before the end: nobody knows yet */

struct sent {
    uint64_t number;
    sim_time at, received, delay; /* received SINK_NEVER: not yet */
    const char *why;              /* NULL: not told */
};
struct flow {
    char *name;
    GArray *waiting; /* struct sent, ascending, from `head` on */
    guint head;
};
struct sink_flows {
    struct trace *trace;
    struct sink_out out;
    GString *row;
    GPtrArray *flows; /* in the order of their first packets */
    struct flow *last;
    GStringChunk *words;
};

static void flow_free(void *p)
{
    struct flow *f = p;
    g_free(f->name);
    g_array_free(f->waiting, TRUE);
    g_free(f);
}

static struct flow *flow_of(struct sink_flows *s, const char *name, bool make)
{
    if (s->last && strcmp(s->last->name, name) == 0)
        return s->last;
    for (guint i = 0; i < s->flows->len; i++) {
        struct flow *f = s->flows->pdata[i];
        if (strcmp(f->name, name) == 0)
            return s->last = f;
    }
    if (!make || s->flows->len >= SINK_MEMORY_MAX)
        return NULL;
    struct flow *f = g_new0(struct flow, 1);
    f->name = g_strdup(name);
    f->waiting = g_array_new(FALSE, FALSE, sizeof(struct sent));
    g_ptr_array_add(s->flows, f);
    return s->last = f;
}

static struct sent *first(const struct flow *f)
{
    return f->head < f->waiting->len ? &g_array_index(f->waiting, struct sent, f->head) : NULL;
}

static struct sent *sent_find(const struct flow *f, uint64_t number)
{
    guint low = f->head, high = f->waiting->len;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        struct sent *one = &g_array_index(f->waiting, struct sent, middle);
        if (one->number == number)
            return one;
        if (one->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

static void put(struct sink_flows *s, const struct flow *f, const struct sent *one)
{
    sink_cell_text(s->row, f->name);
    sink_cell_number(s->row, (int64_t)one->number);
    sink_cell_time(s->row, one->at);
    sink_cell_time(s->row, one->received);
    sink_cell_time(s->row, one->received == SINK_NEVER ? SINK_NEVER : one->delay);
    sink_cell_text(s->row, one->why);
    sink_row_end(&s->out, s->row);
}

/* Writes the rows at the front that are decided, or that will be waited for no longer. */
static void settle(struct sink_flows *s, struct flow *f, sim_time now)
{
    for (struct sent *one; (one = first(f)); f->head++) {
        bool decided = one->received != SINK_NEVER || one->why;
        if (!decided && now - one->at < PATIENCE && f->waiting->len - f->head < WAITING)
            break;
        put(s, f, one);
    }
    if (f->head == f->waiting->len || f->head >= WAITING) {
        g_array_remove_range(f->waiting, 0, f->head);
        f->head = 0;
    }
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_flows *s = self;
    const struct ev_traffic_tx *tx = e->data;
    const struct ev_traffic_rx *rx = e->data;
    const struct ev_traffic_error *error = e->data;
    struct flow *f = flow_of(s,
                             e->id == EV_traffic_tx   ? tx->flow
                             : e->id == EV_traffic_rx ? rx->flow
                                                      : error->flow,
                             e->id == EV_traffic_tx);
    struct sent *one;
    if (!f)
        return;
    if (e->id == EV_traffic_tx) {
        struct sent fresh = {tx->number, e->at, SINK_NEVER, 0, NULL};
        settle(s, f, e->at);
        g_array_append_val(f->waiting, fresh);
    } else if (e->id == EV_traffic_rx) {
        struct sent late = {rx->number, e->at - rx->delay, e->at, rx->delay, NULL};
        one = sent_find(f, rx->number);
        if (one && one->received == SINK_NEVER) {
            one->received = e->at;
            one->delay = rx->delay;
            one->why = NULL;
        } else if (!one) {
            put(s, f, &late);
        }
    } else if ((one = sent_find(f, error->number)) && one->received == SINK_NEVER) {
        one->why = g_string_chunk_insert_const(s->words, error->why ? error->why : "lost");
    }
}

struct sink_flows *sink_flows_new(struct trace *t, const char *stream_dir, GError **error)
{
    static const char heading[] = "flow,number,sent_ns,received_ns,delay_ns,why\n";
    struct sink_flows *s = g_new0(struct sink_flows, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->row = g_string_new(NULL);
    s->flows = g_ptr_array_new_with_free_func(flow_free);
    s->words = g_string_chunk_new(64);
    sink_out_put(&s->out, heading, sizeof heading - 1);
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_traffic_tx);
    trace_mask_add(&mask, EV_traffic_rx);
    trace_mask_add(&mask, EV_traffic_error);
    trace_subscribe(t, NULL, &mask, on_event, s);
    return s;
}

bool sink_flows_write(struct sink_flows *s, const char *dir, GError **error)
{
    sim_time now = sim_now(trace_sim(s->trace));
    for (guint i = 0; i < s->flows->len; i++) {
        struct flow *f = s->flows->pdata[i];
        for (struct sent *one; (one = first(f)); f->head++) {
            if (one->received == SINK_NEVER && !one->why && now - one->at < OPEN)
                one->why = "open";
            put(s, f, one);
        }
    }
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_flows_free(struct sink_flows *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    g_ptr_array_free(s->flows, TRUE);
    g_string_chunk_free(s->words);
    sink_out_clear(&s->out);
    g_string_free(s->row, TRUE);
    g_free(s);
}
