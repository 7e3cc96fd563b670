/* tcp.csv: every TCP segment at the end that sent it and at the end that got it. */
#include "sink_priv.h"

#include <string.h>

/* RFC 793 3.1, in the order of the bits. */
static void put_flags(struct sink_table *t, uint32_t flags)
{
    static const char letter[] = "FSRPAU";
    char text[sizeof letter] = "";
    size_t n = 0;
    for (size_t i = 0; letter[i]; i++)
        if (flags & 1u << i)
            text[n++] = letter[i];
    text[n] = '\0';
    sink_cell_text(t->row, text);
}

static void on_event(struct sink_table *t, const struct trace_event *e)
{
    bool sent = e->id == EV_tcp_tx;
    const struct ev_tcp_tx *tx = e->data;
    const struct ev_tcp_rx *rx = e->data;
    sink_cell_number(t->row, e->at);
    sink_cell_text(t->row, e->scope->name);
    sink_cell_text(t->row, sent ? tx->flow : rx->flow);
    sink_cell_number(t->row, sent ? tx->conn : rx->conn);
    sink_cell_text(t->row, (sent ? tx->client : rx->client) ? "client" : "server");
    sink_cell_text(t->row, sent ? "tx" : "rx");
    sink_cell_number(t->row, sent ? tx->seq : rx->seq);
    sink_cell_number(t->row, sent ? tx->bytes : rx->bytes);
    put_flags(t, sent ? tx->flags : rx->flags);
    if (sent) {
        sink_cell_text(t->row, NULL);
        sink_cell_number(t->row, tx->again);
        sink_cell_number(t->row, tx->cwnd);
    } else {
        sink_cell_number(t->row, rx->ack);
        sink_cell_text(t->row, NULL);
        sink_cell_text(t->row, NULL);
    }
    sink_row_end(&t->out, t->row);
}

const struct sink_table_kind sink_table_tcp = {
    .file = "tcp.csv",
    .heading = "time_ns,node,flow,conn,side,what,seq,bytes,flags,ack,again,cwnd\n",
    .event = {EV_tcp_tx, EV_tcp_rx},
    .n_events = 2,
    .on_event = on_event,
};
