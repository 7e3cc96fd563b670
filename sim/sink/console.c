/* What stood on each device's console, line by line with its time: for the reader, the goldens, and
 * the expectations that look for a log message. */
#include "sink_priv.h"

#include <string.h>

struct line {
    sim_time at;
    enum console_kind kind;
    size_t from; /* in the text of the screen */
};
struct screen {
    char *node;
    GString *text;   /* every line with its newline */
    GArray *lines;   /* struct line */
    GPtrArray *lent; /* copies handed out, by line index, made when asked for */
    uint64_t left_out;
};
struct sink_console {
    struct trace *trace;
    GPtrArray *screens; /* in the order of first speaking */
    GHashTable *by_node;
};

static void screen_free(void *p)
{
    struct screen *c = p;
    g_free(c->node);
    g_string_free(c->text, TRUE);
    g_array_free(c->lines, TRUE);
    g_ptr_array_free(c->lent, TRUE);
    g_free(c);
}

static struct screen *screen_of(const struct sink_console *s, const char *node)
{
    return g_hash_table_lookup(s->by_node, node);
}

static struct screen *screen_make(struct sink_console *s, const char *node)
{
    struct screen *c = screen_of(s, node);
    if (c)
        return c;
    c = g_new0(struct screen, 1);
    c->node = g_strdup(node);
    c->text = g_string_new(NULL);
    c->lines = g_array_new(FALSE, FALSE, sizeof(struct line));
    c->lent = g_ptr_array_new_with_free_func(g_free);
    g_ptr_array_add(s->screens, c);
    g_hash_table_insert(s->by_node, c->node, c);
    return c;
}

static void on_event(void *self, const struct trace_event *e)
{
    const struct ev_console *ev = e->data;
    struct screen *c = screen_make(self, e->scope->name);
    struct line line = {e->at, ev->kind, c->text->len};
    if (c->lines->len >= SINK_MEMORY_MAX) {
        c->left_out++;
        return;
    }
    g_array_append_val(c->lines, line);
    g_string_append(c->text, ev->text ? ev->text : "");
    g_string_append_c(c->text, '\n');
}

struct sink_console *sink_console_new(struct trace *t)
{
    struct sink_console *s = g_new0(struct sink_console, 1);
    s->trace = t;
    s->screens = g_ptr_array_new_with_free_func(screen_free);
    s->by_node = g_hash_table_new(g_str_hash, g_str_equal);
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_console);
    trace_subscribe(t, NULL, &want, on_event, s);
    return s;
}

void sink_console_free(struct sink_console *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    g_hash_table_destroy(s->by_node);
    g_ptr_array_free(s->screens, TRUE);
    g_free(s);
}

const char *sink_console_text(struct sink_console *s, const char *node)
{
    const struct screen *c = screen_of(s, node);
    return c ? c->text->str : "";
}

size_t sink_console_count(const struct sink_console *s, const char *node)
{
    const struct screen *c = screen_of(s, node);
    return c ? c->lines->len : 0;
}

/* The text of one line as a string of its own, kept for later callers. */
static const char *lend(struct screen *c, size_t i)
{
    if (c->lent->len <= i)
        g_ptr_array_set_size(c->lent, (gint)c->lines->len);
    if (!c->lent->pdata[i]) {
        size_t from = g_array_index(c->lines, struct line, i).from;
        size_t to =
            i + 1 < c->lines->len ? g_array_index(c->lines, struct line, i + 1).from : c->text->len;
        c->lent->pdata[i] = g_strndup(c->text->str + from, to - from - 1);
    }
    return c->lent->pdata[i];
}

bool sink_console_line(const struct sink_console *s, const char *node, size_t i,
                       struct sink_console_line *line)
{
    struct screen *c = screen_of(s, node);
    if (!c || i >= c->lines->len)
        return false;
    const struct line *l = &g_array_index(c->lines, struct line, i);
    *line = (struct sink_console_line){l->at, l->kind, lend(c, i)};
    return true;
}

bool sink_console_write(struct sink_console *s, const char *dir, GError **error)
{
    g_autofree char *below = g_build_filename(dir, "console", NULL);
    if (!sink_make_dir(below, error))
        return false;
    for (guint i = 0; i < s->screens->len; i++) {
        const struct screen *c = s->screens->pdata[i];
        /* The simulation's own scope has no name; a name is never allowed to leave the folder. */
        g_autofree char *name = g_strdup_printf("%s.txt", c->node[0] ? c->node : "simulation");
        g_strdelimit(name, "/", '_');
        if (c->left_out)
            g_string_append_printf(c->text, "(%" G_GUINT64_FORMAT " more lines)\n", c->left_out);
        if (!sink_save(below, name, c->text->str, c->text->len, error))
            return false;
    }
    return true;
}
