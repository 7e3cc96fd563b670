#include "box.h"

#include <string.h>

static void heard(void *self, const struct trace_event *e)
{
    struct box *b = self;
    const struct ev_console *c = e->data;
    if (e->id == EV_console)
        g_string_append_printf(b->seen, "%s%s\n", c->kind == CONSOLE_ECHO ? "\x01" : "", c->text);
}

struct box *box_new(const char *version)
{
    return box_new_of("ios", version);
}

struct box *box_new_of(const char *kind, const char *version)
{
    struct box *b = g_new0(struct box, 1);
    g_autoptr(GError) error = NULL;
    b->sim = sim_new(1, 0);
    b->trace = trace_new(b->sim);
    b->net = net_new(b->sim, b->trace);
    b->seen = g_string_new(NULL);
    b->problems = g_ptr_array_new_with_free_func((GDestroyNotify)device_problem_free);
    b->d = device_new(b->net, "r1", vendor_kind(kind), version, &error);
    cr_assert_not_null(b->d, "%s", error ? error->message : "");
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_console);
    trace_subscribe(b->trace, b->d->scope, &want, heard, b);
    return b;
}

void box_free(struct box *b)
{
    device_free(b->d);
    device_free(b->other);
    net_free(b->net);
    trace_free(b->trace);
    sim_free(b->sim);
    g_ptr_array_unref(b->problems);
    g_string_free(b->seen, TRUE);
    g_free(b);
}

void box_load(struct box *b, const char *config)
{
    g_autoptr(GError) error = NULL;
    cr_assert(device_load(b->d, config, "r1.cfg", b->problems, &error), "%s",
              error ? error->message : "");
    for (guint i = 0; i < b->problems->len; i++) {
        const struct device_problem *p = g_ptr_array_index(b->problems, i);
        cr_expect_fail("%s:%d:%d: %s: %s", p->file, p->line, p->column, p->text, p->message);
    }
}

const char *box_console(struct box *b, const char *lines)
{
    g_string_truncate(b->seen, 0);
    device_type(b->d, lines);
    sim_run(b->sim, sim_now(b->sim) + SECONDS(20));
    for (char *p = b->seen->str; (p = strchr(p, '\x01'));)
        memmove(p, p + 1, strlen(p));
    b->seen->len = strlen(b->seen->str);
    return b->seen->str;
}

const char *box_type(struct box *b, const char *lines)
{
    g_string_truncate(b->seen, 0);
    device_type(b->d, lines);
    sim_run(b->sim, sim_now(b->sim) + SECONDS(20));
    g_auto(GStrv) all = g_strsplit(b->seen->str, "\n", -1);
    g_string_truncate(b->seen, 0);
    for (char **l = all; *l && l[1]; l++)
        if ((*l)[0] != '\x01')
            g_string_append_printf(b->seen, "%s\n", *l);
    return b->seen->str;
}

const char *box_prompt(struct box *b)
{
    g_string_truncate(b->seen, 0);
    b->d->kind->prompt(b->d, b->seen);
    return b->seen->str;
}

char *box_running(struct box *b)
{
    GString *text = g_string_new(NULL);
    cr_expect(b->d->kind->show(b->d, "running-config", text));
    return g_string_free(text, FALSE);
}
