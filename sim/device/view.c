/* Views: rows of a show command as data. */
#include "device/view.h"

#include <stdarg.h>

void view_init(struct view *v)
{
    v->columns = g_ptr_array_new_with_free_func(g_free);
    v->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
}

void view_clear(struct view *v)
{
    g_clear_pointer(&v->columns, g_ptr_array_unref);
    g_clear_pointer(&v->rows, g_ptr_array_unref);
}

void view_columns(struct view *v, const char *first, ...)
{
    va_list names;
    va_start(names, first);
    for (const char *name = first; name; name = va_arg(names, const char *))
        g_ptr_array_add(v->columns, g_strdup(name));
    va_end(names);
}

void view_row(struct view *v, const char *first, ...)
{
    view_row_begin(v);
    GPtrArray *row = g_ptr_array_index(v->rows, v->rows->len - 1);
    va_list cells;
    va_start(cells, first);
    for (const char *cell = first; cell; cell = va_arg(cells, const char *))
        g_ptr_array_add(row, g_strdup(cell));
    va_end(cells);
    g_assert(row->len <= v->columns->len);
}

void view_row_begin(struct view *v)
{
    g_ptr_array_add(v->rows, g_ptr_array_new_with_free_func(g_free));
}

static guint column_index(const struct view *v, const char *column)
{
    for (guint i = 0; i < v->columns->len; i++)
        if (g_str_equal(g_ptr_array_index(v->columns, i), column))
            return i;
    return v->columns->len;
}

void view_set(struct view *v, const char *column, const char *format, ...)
{
    g_assert(v->rows->len > 0);
    GPtrArray *row = g_ptr_array_index(v->rows, v->rows->len - 1);
    guint at = column_index(v, column);
    if (at == v->columns->len)
        g_ptr_array_add(v->columns, g_strdup(column));
    if (row->len <= at)
        g_ptr_array_set_size(row, (gint)at + 1);
    va_list args;
    va_start(args, format);
    g_free(row->pdata[at]);
    row->pdata[at] = g_strdup_vprintf(format, args);
    va_end(args);
}

const char *view_cell(const struct view *v, size_t row, const char *column)
{
    if (row >= v->rows->len)
        return NULL;
    const GPtrArray *cells = g_ptr_array_index(v->rows, row);
    guint at = column_index(v, column);
    return at < cells->len ? cells->pdata[at] : NULL;
}

size_t view_count(const struct view *v)
{
    return v->rows->len;
}
