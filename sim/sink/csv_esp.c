/* esp.csv: every ESP packet that reached its receiver, and what was decided there. */
#include "sink_priv.h"

#include <string.h>

#define FILE_NAME "esp.csv"

struct sink_esp {
    struct trace *trace;
    struct sink_out out;
    GString *row;
};

static void put(struct sink_esp *s, const struct trace_event *e, uint32_t sa, uint32_t spi,
                uint64_t seq, const char *outcome)
{
    sink_cell_number(s->row, e->at);
    sink_cell_text(s->row, e->scope->name);
    sink_cell_number(s->row, sa);
    sink_cell_printf(s->row, "%08x", spi);
    sink_cell_number(s->row, (int64_t)seq);
    sink_cell_text(s->row, outcome);
    sink_row_end(&s->out, s->row);
}

/* ESP_REPLAY is "replay" here. */
static char *outcome_of(enum drop_reason why)
{
    const char *name = drop_reason_name((int)why);
    if (name && g_str_has_prefix(name, "ESP_"))
        name += strlen("ESP_");
    return g_ascii_strdown(name ? name : "unknown", -1);
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_esp *s = self;
    if (e->id == EV_esp_in) {
        const struct ev_esp_in *in = e->data;
        put(s, e, in->sa, in->spi, in->seq, "accepted");
        return;
    }
    const struct ev_esp_drop *d = e->data;
    if (d->why == DROP_ESP_SEQ_WRAP)
        return; /* the sender's */
    g_autofree char *outcome = outcome_of(d->why);
    put(s, e, d->sa, d->spi, d->seq, outcome);
}

struct sink_esp *sink_esp_new(struct trace *t, const char *stream_dir, GError **error)
{
    static const char heading[] = "time_ns,node,sa,spi,seq,outcome\n";
    struct sink_esp *s = g_new0(struct sink_esp, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->row = g_string_new(NULL);
    sink_out_put(&s->out, heading, sizeof heading - 1);
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_esp_in);
    trace_mask_add(&mask, EV_esp_drop);
    trace_subscribe(t, NULL, &mask, on_event, s);
    return s;
}

bool sink_esp_write(struct sink_esp *s, const char *dir, GError **error)
{
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_esp_free(struct sink_esp *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    sink_out_clear(&s->out);
    g_string_free(s->row, TRUE);
    g_free(s);
}
