/* esp.csv: every ESP packet that reached its receiver, and what was decided there. */
#include "sink_priv.h"

#include <string.h>

static void put(struct sink_table *t, const struct trace_event *e, uint32_t sa, uint32_t spi,
                uint64_t seq, const char *outcome)
{
    sink_cell_number(t->row, e->at);
    sink_cell_text(t->row, e->scope->name);
    sink_cell_number(t->row, sa);
    sink_cell_printf(t->row, "%08x", spi);
    sink_cell_number(t->row, (int64_t)seq);
    sink_cell_text(t->row, outcome);
    sink_row_end(&t->out, t->row);
}

/* ESP_REPLAY is "replay" here. */
static char *outcome_of(enum drop_reason why)
{
    const char *name = drop_reason_name((int)why);
    if (name && g_str_has_prefix(name, "ESP_"))
        name += strlen("ESP_");
    return g_ascii_strdown(name ? name : "unknown", -1);
}

static void on_event(struct sink_table *t, const struct trace_event *e)
{
    if (e->id == EV_esp_in) {
        const struct ev_esp_in *in = e->data;
        put(t, e, in->sa, in->spi, in->seq, "accepted");
        return;
    }
    const struct ev_esp_drop *d = e->data;
    if (d->why == DROP_ESP_SEQ_WRAP)
        return; /* the sender's */
    g_autofree char *outcome = outcome_of(d->why);
    put(t, e, d->sa, d->spi, d->seq, outcome);
}

const struct sink_table_kind sink_table_esp = {
    .file = "esp.csv",
    .heading = "time_ns,node,sa,spi,seq,outcome\n",
    .event = {EV_esp_in, EV_esp_drop},
    .n_events = 2,
    .on_event = on_event,
};
