/* Rows of a show command as data: what expectations test and what the text is made from. */
#ifndef DEVICE_VIEW_H
#define DEVICE_VIEW_H

#include <glib.h>

/* Columns are named as the listing names them, lower case, blanks as dashes ("conn-id"). */
struct view {
    GPtrArray *columns; /* char * */
    GPtrArray *rows;    /* GPtrArray of char *, as many as columns; NULL cells are absent */
};

void view_init(struct view *v);
void view_clear(struct view *v);
void view_columns(struct view *v, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Adds a row; cells are copied. */
void view_row(struct view *v, const char *first, ...) G_GNUC_NULL_TERMINATED;
/* Adds an empty row, then view_set fills cells by column name (added when new). */
void view_row_begin(struct view *v);
void view_set(struct view *v, const char *column, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The cell, NULL when absent. */
const char *view_cell(const struct view *v, size_t row, const char *column);
size_t view_count(const struct view *v);

#endif
