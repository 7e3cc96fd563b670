/* Rows of the tables that a run leaves: cells into a line, the line to its file. */
#include "sink_priv.h"

#include <csv.h>
#include <inttypes.h>
#include <string.h>

static void cell_begins(GString *row)
{
    if (row->len > 0)
        g_string_append_c(row, ',');
}

void sink_cell_text(GString *row, const char *text)
{
    cell_begins(row);
    if (!text)
        return;
    /* Quotes around it, and each one within is doubled. */
    size_t n = strlen(text), most = 2 * n + 2, at = row->len;
    g_string_set_size(row, at + most);
    g_string_truncate(row, at + csv_write(row->str + at, most, text, n));
}

void sink_cell_number(GString *row, int64_t v)
{
    cell_begins(row);
    g_string_append_printf(row, "%" PRId64, v);
}

void sink_cell_time(GString *row, sim_time at)
{
    if (at == SINK_NEVER)
        cell_begins(row);
    else
        sink_cell_number(row, at);
}

void sink_cell_printf(GString *row, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    sink_cell_text(row, text);
}

void sink_row_end(struct sink_out *o, GString *row)
{
    g_string_append_c(row, '\n');
    sink_out_put(o, row->str, row->len);
    g_string_truncate(row, 0);
}
