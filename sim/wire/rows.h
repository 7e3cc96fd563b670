/* Heads by rows. A head is a list of rows, ROW(width, field, show), in wire order; from it come
 * parse, emit and dump, so that the three can never disagree. `width` is u8, u16, u32 or u64,
 * `show` is dec, hex or ip4. A head whose bytes are not one field each (IPv4) is written out by
 * hand. */
#ifndef WIRE_ROWS_H
#define WIRE_ROWS_H

#include <glib.h>
#include "base/ip4.h"
#include "base/span.h"

#define ROW_PARSE(width, field, show) h->field = rd_##width(r);
#define ROW_EMIT(width, field, show)  wr_##width(w, h->field);
#define ROW_DUMP(width, field, show)  wire_show_##show(out, #field, h->field, sizeof h->field);

static inline void wire_show_dec(GString *out, const char *name, uint64_t v, size_t bytes)
{
    (void)bytes;
    g_string_append_printf(out, " %s %" G_GUINT64_FORMAT, name, v);
}

static inline void wire_show_hex(GString *out, const char *name, uint64_t v, size_t bytes)
{
    g_string_append_printf(out, " %s %0*" G_GINT64_MODIFIER "x", name, (int)bytes * 2, v);
}

#endif
