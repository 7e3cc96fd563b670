/* The console: typed lines wait for busy commands, answers reach a dialogue, printed lines are
 * never torn. */
#include <criterion/criterion.h>

#include "device/device.h"

struct parrot { /* a kind that repeats what is typed; "wait" keeps it busy, "ask" wants one answer
                 */
    GString *heard;
};

static bool parrot_init(struct device *d, const char *version, GError **error)
{
    struct parrot *p = g_new0(struct parrot, 1);
    p->heard = g_string_new(NULL);
    d->vendor = p;
    return true;
}

static void parrot_free(struct device *d)
{
    struct parrot *p = d->vendor;
    g_string_free(p->heard, TRUE);
    g_free(p);
}

static void parrot_type(struct device *d, const char *line)
{
    struct parrot *p = d->vendor;
    g_string_append_printf(p->heard, "%s;", line);
    if (g_str_equal(line, "wait") || g_str_equal(line, "ask"))
        device_busy(d, true);
    if (g_str_equal(line, "ask"))
        device_wants_input(d, true);
    else if (g_str_equal(line, "answer"))
        device_busy(d, false);
}

static const struct device_kind parrot = {
    .name = "parrot", .init = parrot_init, .free = parrot_free, .type = parrot_type};

struct bench {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *d;
    GString *seen;
};

static void see(void *self, const struct trace_event *e)
{
    const struct ev_console *line = e->data;
    g_string_append_printf(self, "%s|", line->text);
}

static struct bench bench_new(void)
{
    struct bench b = {.sim = sim_new(1, 0), .seen = g_string_new(NULL)};
    b.trace = trace_new(b.sim);
    b.net = net_new(b.sim, b.trace);
    b.d = device_new(b.net, "p", &parrot, "1", NULL);
    struct trace_mask want = {0};
    trace_mask_add(&want, EV_console);
    trace_subscribe(b.trace, NULL, &want, see, b.seen);
    return b;
}

static void bench_free(struct bench *b)
{
    device_free(b->d);
    net_free(b->net);
    trace_free(b->trace);
    sim_free(b->sim);
    g_string_free(b->seen, TRUE);
}

static const char *heard(const struct bench *b)
{
    const struct parrot *p = b->d->vendor;
    return p->heard->str;
}

Test(device_console, lines_wait_until_the_command_before_them_is_done)
{
    struct bench b = bench_new();
    device_type(b.d, "one\nwait\ntwo\nthree\n");
    cr_expect_str_eq(heard(&b), "one;wait;");
    device_busy(b.d, false);
    cr_expect_str_eq(heard(&b), "one;wait;two;three;");
    bench_free(&b);
}

Test(device_console, a_dialogue_takes_typed_lines_as_answers)
{
    struct bench b = bench_new();
    device_type(b.d, "ask\nmaybe\nanswer\nafter");
    cr_expect_str_eq(heard(&b), "ask;maybe;answer;after;");
    cr_expect_not(device_is_busy(b.d));
    bench_free(&b);
}

Test(device_console, a_log_line_passes_an_unfinished_line_without_tearing_it)
{
    struct bench b = bench_new();
    device_print_part(b.d, CONSOLE_OUTPUT, ".!!");
    device_print(b.d, CONSOLE_LOG, "%SYS-5-CONFIG_I: x\n");
    device_print_part(b.d, CONSOLE_OUTPUT, "!!\n");
    device_print(b.d, CONSOLE_OUTPUT, "a\n\nb");
    cr_expect_str_eq(b.seen->str, "%SYS-5-CONFIG_I: x|.!!!!|a||b|");
    bench_free(&b);
}

Test(device_console, a_node_without_console_says_so)
{
    struct bench b = bench_new();
    struct device *host = device_new(b.net, "h", &device_kind_host, "", NULL);
    device_type(host, "show version");
    cr_expect_str_eq(b.seen->str, "");
    device_free(host);
    bench_free(&b);
}

Test(device_view, cells_are_found_by_column_and_absent_ones_are_null)
{
    struct view v;
    view_init(&v);
    view_columns(&v, "dst", "state", NULL);
    view_row(&v, "10.0.0.1", "QM_IDLE", NULL);
    view_row_begin(&v);
    view_set(&v, "state", "%s", "MM_NO_STATE");
    view_set(&v, "late", "%d", 7);
    cr_expect_eq(view_count(&v), 2);
    cr_expect_str_eq(view_cell(&v, 0, "state"), "QM_IDLE");
    cr_expect_null(view_cell(&v, 0, "late"));
    cr_expect_null(view_cell(&v, 1, "dst"));
    cr_expect_str_eq(view_cell(&v, 1, "late"), "7");
    cr_expect_null(view_cell(&v, 2, "dst"));
    view_clear(&v);
}
