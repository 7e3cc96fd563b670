/* tcp.csv: every TCP segment at the end that sent it and at the end that got it. */
#include "sink_priv.h"

#include <string.h>

#define FILE_NAME "tcp.csv"

struct sink_tcp {
    struct trace *trace;
    struct sink_out out;
    GString *row;
};

/* RFC 793 3.1, in the order of the bits. */
static void put_flags(struct sink_tcp *s, uint32_t flags)
{
    static const char letter[] = "FSRPAU";
    char text[sizeof letter] = "";
    size_t n = 0;
    for (size_t i = 0; letter[i]; i++)
        if (flags & 1u << i)
            text[n++] = letter[i];
    text[n] = '\0';
    sink_cell_text(s->row, text);
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_tcp *s = self;
    bool sent = e->id == EV_tcp_tx;
    const struct ev_tcp_tx *tx = e->data;
    const struct ev_tcp_rx *rx = e->data;
    sink_cell_number(s->row, e->at);
    sink_cell_text(s->row, e->scope->name);
    sink_cell_text(s->row, sent ? tx->flow : rx->flow);
    sink_cell_number(s->row, sent ? tx->conn : rx->conn);
    sink_cell_text(s->row, (sent ? tx->client : rx->client) ? "client" : "server");
    sink_cell_text(s->row, sent ? "tx" : "rx");
    sink_cell_number(s->row, sent ? tx->seq : rx->seq);
    sink_cell_number(s->row, sent ? tx->bytes : rx->bytes);
    put_flags(s, sent ? tx->flags : rx->flags);
    if (sent) {
        sink_cell_text(s->row, NULL);
        sink_cell_number(s->row, tx->again);
        sink_cell_number(s->row, tx->cwnd);
    } else {
        sink_cell_number(s->row, rx->ack);
        sink_cell_text(s->row, NULL);
        sink_cell_text(s->row, NULL);
    }
    sink_row_end(&s->out, s->row);
}

struct sink_tcp *sink_tcp_new(struct trace *t, const char *stream_dir, GError **error)
{
    static const char heading[] =
        "time_ns,node,flow,conn,side,what,seq,bytes,flags,ack,again,cwnd\n";
    struct sink_tcp *s = g_new0(struct sink_tcp, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->row = g_string_new(NULL);
    sink_out_put(&s->out, heading, sizeof heading - 1);
    struct trace_mask mask = {0};
    trace_mask_add(&mask, EV_tcp_tx);
    trace_mask_add(&mask, EV_tcp_rx);
    trace_subscribe(t, NULL, &mask, on_event, s);
    return s;
}

bool sink_tcp_write(struct sink_tcp *s, const char *dir, GError **error)
{
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_tcp_free(struct sink_tcp *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    sink_out_clear(&s->out);
    g_string_free(s->row, TRUE);
    g_free(s);
}
