/* What the sinks share: bytes that go to memory or to a file, and events as JSON. */
#ifndef SINK_PRIV_H
#define SINK_PRIV_H

#include <stdio.h>
#include "sink/sink.h"

/* Where the bytes of one file go: kept, or straight to disk. The first error sticks and is told at
 * the end, so that a full disk neither stops the simulation nor goes unnoticed. */
struct sink_out {
    GString *kept; /* NULL when streaming */
    FILE *file;
    char *path; /* of the stream */
    int failed; /* errno of the first failure */
};
/* With dir NULL the bytes are kept. False when the file cannot be opened. */
bool sink_out_open(struct sink_out *o, const char *dir, const char *name, GError **error);
void sink_out_put(struct sink_out *o, const void *p, size_t n);
/* Writes what was kept to dir/name, or closes the stream. */
bool sink_out_close(struct sink_out *o, const char *dir, const char *name, GError **error);
void sink_out_clear(struct sink_out *o);

bool sink_make_dir(const char *dir, GError **error);
/* dir/name in one go; dir is made when missing. */
bool sink_save(const char *dir, const char *name, const char *bytes, size_t n, GError **error);
bool sink_fail(GError **error, const char *path, int why); /* always false */

/* How many things a sink keeps in memory of one kind (lines of a console, digests of messages): no
 * run that people look at comes near, and a flood from outside stops there. */
#define SINK_MEMORY_MAX 1000000u

/* ,"field":value for every field of the event. */
void sink_fields_json(GString *out, const struct trace_event *e);
/* Where a field of an event stands. */
static inline const void *sink_field_at(const struct trace_event *e, const struct trace_field *f)
{
    return (const char *)e->data + f->offset;
}

/* A row of CSV in the making (RFC 4180): texts are quoted by libcsv, numbers bare. The first cell
 * of a row is never empty. */
void sink_cell_text(GString *row, const char *text); /* NULL: an empty cell */
void sink_cell_number(GString *row, int64_t v);
void sink_cell_time(GString *row, sim_time at); /* SINK_NEVER: an empty cell */
void sink_cell_printf(GString *row, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* Ends the row, hands it on, and makes it empty for the next. */
void sink_row_end(struct sink_out *o, GString *row);
#define SINK_NEVER INT64_C(-1)

/* A table whose rows follow from one event each. */
struct sink_table_kind {
    const char *file, *heading; /* names of the columns, with the end of line */
    int event[4];               /* EV_… */
    size_t n_events;
    void (*on_event)(struct sink_table *t, const struct trace_event *e);
    void (*at_end)(struct sink_table *t); /* NULL = nothing is added */
};
struct sink_table {
    const struct sink_table_kind *kind;
    struct trace *trace;
    struct sink_out out;
    GString *row;
};

#endif
