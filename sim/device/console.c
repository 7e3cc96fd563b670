/* The console of a device: typed lines wait their turn, printed lines become events.
 *
 * A line that is still being written ("!!!") stays pending while log and debug lines pass it, as on
 * a line with synchronous logging: what a person reads is never torn. */
#include "device_priv.h"

#include <stdarg.h>

struct device_console {
    struct device *d;
    GQueue typed;  /* char *, not yet run */
    GString *part; /* the unfinished line; NULL until the first */
    enum console_kind part_kind;
    bool busy, wants_input, running;
};

struct device_console *device_console_new(struct device *d)
{
    struct device_console *c = g_new0(struct device_console, 1);
    c->d = d;
    g_queue_init(&c->typed);
    return c;
}

void device_console_free(struct device_console *c)
{
    if (!c)
        return;
    g_queue_clear_full(&c->typed, g_free);
    if (c->part)
        g_string_free(c->part, TRUE);
    g_free(c);
}

void device_console_reset(struct device_console *c)
{
    g_queue_clear_full(&c->typed, g_free);
    if (c->part)
        g_string_truncate(c->part, 0);
    c->busy = c->wants_input = false;
}

/* Runs typed lines until one keeps the console busy. A command may print, change the device, or
 * type more. */
static void pump(struct device_console *c)
{
    if (c->running)
        return;
    c->running = true;
    while (!g_queue_is_empty(&c->typed) && (!c->busy || c->wants_input) && !c->d->down) {
        g_autofree char *line = g_queue_pop_head(&c->typed);
        c->d->kind->type(c->d, line);
    }
    c->running = false;
}

void device_type(struct device *d, const char *text)
{
    if (!d->kind->type) {
        sim_note(d->scope, "%s has no console; ignored: %s", d->name, text);
        return;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);
    if (n > 1 && lines[n - 1][0] == '\0')
        n--; /* the newline that ends the text begins no line */
    for (guint i = 0; i < n; i++)
        g_queue_push_tail(&d->console->typed, g_strdup(lines[i]));
    pump(d->console);
}

bool device_is_busy(const struct device *d)
{
    return d->console->busy;
}

void device_busy(struct device *d, bool busy)
{
    d->console->busy = busy;
    if (!busy)
        d->console->wants_input = false;
    pump(d->console);
}

void device_wants_input(struct device *d, bool wants)
{
    d->console->wants_input = wants;
    pump(d->console);
}

static void emit_line(struct device *d, enum console_kind kind, const char *text)
{
    TRACE(d->scope, console, .kind = kind, .text = text);
}

void device_print_part(struct device *d, enum console_kind kind, const char *text)
{
    struct device_console *c = d->console;
    if (!c->part)
        c->part = g_string_new(NULL);
    for (const char *newline; (newline = strchr(text, '\n')); text = newline + 1) {
        g_string_append_len(c->part, text, newline - text);
        emit_line(d, kind, c->part->str);
        g_string_truncate(c->part, 0);
    }
    g_string_append(c->part, text);
    c->part_kind = kind;
}

void device_print(struct device *d, enum console_kind kind, const char *text)
{
    struct device_console *c = d->console;
    if (c->part && c->part->len > 0 && c->part_kind == kind) {
        device_print_part(d, kind, text);
        if (c->part->len > 0)
            device_print_part(d, kind, "\n");
        return;
    }
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    guint n = g_strv_length(lines);
    if (n > 1 && lines[n - 1][0] == '\0')
        n--;
    for (guint i = 0; i < n; i++)
        emit_line(d, kind, lines[i]);
}

void device_printf(struct device *d, enum console_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    device_print(d, kind, text);
}
