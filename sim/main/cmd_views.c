/* vpnsim ladder, counters, wireshark: views over a finished run. */
#include <csv.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "main.h"
#include "scenario/units.h"

/* ---- ladder ---- */

int cmd_ladder(int argc, char **argv)
{
    static gboolean svg;
    static const GOptionEntry entries[] = {
        {"svg", 0, 0, G_OPTION_ARG_NONE, &svg, "as a picture", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    if (!options_parse("ladder", "RUN", "who sent what to whom", NULL, entries, &argc, &argv))
        return EXIT_USAGE;
    const char *dir = run_folder("ladder", argc, argv);
    g_autofree char *text = dir ? run_file("ladder", dir, svg ? "ladder.svg" : "ladder.txt") : NULL;
    if (!text)
        return EXIT_USAGE;
    fputs(text, stdout);
    return EXIT_MET;
}

/* ---- counters ---- */

static struct {
    char *node, *name, *format;
    gboolean over_time;
} opt;

struct row {
    char *field[4]; /* time_ns, node, counter, value */
};
struct table {
    GArray *rows; /* struct row */
    struct row row;
    int column;
    char *last; /* the latest time in the file */
};

static void field(void *data, size_t len, void *self)
{
    struct table *t = self;
    if (t->column < 4)
        t->row.field[t->column] = g_strndup(data ? data : "", len);
    t->column++;
}

static void row_clear(struct row *r)
{
    for (size_t i = 0; i < G_N_ELEMENTS(r->field); i++)
        g_clear_pointer(&r->field[i], g_free);
}

static void row_end(int c, void *self)
{
    struct table *t = self;
    struct row *r = &t->row;
    bool heading = t->column >= 1 && g_strcmp0(r->field[0], "time_ns") == 0;
    bool wanted = t->column >= 4 && !heading && (!opt.node || strcmp(opt.node, r->field[1]) == 0) &&
                  (!opt.name || g_str_has_prefix(r->field[2], opt.name));
    if (t->column >= 4 && !heading && g_strcmp0(t->last, r->field[0]) != 0) {
        g_free(t->last);
        t->last = g_strdup(r->field[0]);
    }
    if (wanted) {
        g_array_append_val(t->rows, *r);
        *r = (struct row){0};
    } else {
        row_clear(r);
    }
    t->column = 0;
}

static void tell_row(const struct row *r, enum format format)
{
    g_autoptr(GString) s = g_string_new(NULL);
    if (format == FORMAT_CSV) {
        for (size_t i = 0; i < 4; i++)
            csv_field(s, r->field[i], i == 0);
    } else if (format == FORMAT_JSONL) {
        g_string_append_printf(s, "{\"t\":%s,\"node\":", r->field[0]);
        text_json_string(s, r->field[1]);
        g_string_append(s, ",\"counter\":");
        text_json_string(s, r->field[2]);
        g_string_append_printf(s, ",\"value\":%s}", r->field[3]);
    } else {
        if (opt.over_time) {
            g_autoptr(GString) time = g_string_new(NULL);
            units_time_text(time, g_ascii_strtoll(r->field[0], NULL, 10));
            text_pad(s, time->str, 12);
        }
        text_pad(s, *r->field[1] ? r->field[1] : "-", 12);
        text_pad(s, r->field[2], 32);
        g_string_append_printf(s, " %12s", r->field[3]);
    }
    puts(s->str);
}

static bool read_counters(struct table *t, const char *dir)
{
    struct csv_parser parser;
    g_autofree char *text = run_file("counters", dir, "counters.csv");
    if (!text || csv_init(&parser, 0) != 0)
        return false;
    size_t n = strlen(text);
    bool ok = csv_parse(&parser, text, n, field, row_end, t) == n &&
              csv_fini(&parser, field, row_end, t) == 0;
    if (!ok)
        complain("counters", "counters.csv: %s", csv_strerror(csv_error(&parser)));
    csv_free(&parser);
    return ok;
}

int cmd_counters(int argc, char **argv)
{
    static const GOptionEntry entries[] = {
        {"node", 'n', 0, G_OPTION_ARG_STRING, &opt.node, "of this node", "NODE"},
        {"name", 0, 0, G_OPTION_ARG_STRING, &opt.name, "whose name begins so (esp.)", "NAME"},
        {"over-time", 0, 0, G_OPTION_ARG_NONE, &opt.over_time, "every sample, not only the last",
         NULL},
        {"format", 0, 0, G_OPTION_ARG_STRING, &opt.format, "text, jsonl, csv", "F"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    enum format format;
    if (!options_parse("counters", "RUN", "counters of a run", NULL, entries, &argc, &argv) ||
        !format_parse(opt.format, &format))
        return EXIT_USAGE;
    const char *dir = run_folder("counters", argc, argv);
    struct table t = {.rows = g_array_new(FALSE, FALSE, sizeof(struct row))};
    bool ok = dir && read_counters(&t, dir);
    if (ok && format == FORMAT_CSV)
        puts("time_ns,node,counter,value");
    for (guint i = 0; i < t.rows->len; i++) {
        struct row *r = &g_array_index(t.rows, struct row, i);
        if (ok && (opt.over_time || g_strcmp0(r->field[0], t.last) == 0))
            tell_row(r, format);
        row_clear(r);
    }
    g_array_free(t.rows, TRUE);
    g_free(t.last);
    return ok ? EXIT_MET : EXIT_USAGE;
}

/* ---- wireshark ---- */

int cmd_wireshark(int argc, char **argv)
{
    static gboolean run;
    static const GOptionEntry entries[] = {
        {"run", 0, 0, G_OPTION_ARG_NONE, &run, "start it, instead of printing the command", NULL},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    if (!options_parse("wireshark", "RUN", "open the capture decrypted", NULL, entries, &argc,
                       &argv))
        return EXIT_USAGE;
    const char *dir = run_folder("wireshark", argc, argv);
    if (!dir)
        return EXIT_USAGE;
    g_autofree char *profile = g_build_filename(dir, "wireshark", NULL);
    g_autofree char *capture = g_build_filename(dir, "capture.pcapng", NULL);
    if (!g_file_test(capture, G_FILE_TEST_EXISTS))
        return complain("wireshark", "%s is not there; was the run made without capture?", capture);
    if (!run) {
        g_autofree char *p = g_shell_quote(profile), *c = g_shell_quote(capture);
        printf("WIRESHARK_CONFIG_DIR=%s wireshark %s\n", p, c);
        return EXIT_MET;
    }
    g_autofree char *absolute = g_canonicalize_filename(profile, NULL);
    g_setenv("WIRESHARK_CONFIG_DIR", absolute, TRUE);
    execlp("wireshark", "wireshark", capture, (char *)NULL);
    return complain("wireshark", "wireshark cannot be started: %s", g_strerror(errno));
}
