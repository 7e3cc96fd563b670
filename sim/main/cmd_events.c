/* vpnsim events: the events of a run, filtered. Reads events.jsonl, which is ours: flat objects, a
 * line each, members in a fixed order. */
#include <string.h>

#include "main.h"
#include "scenario/units.h"
#include "trace/trace.h"
#include "base/text.h"

static struct {
    char **nodes, **types, **grep;
    char *from, *to, *format;
} opt;

static const GOptionEntry entries[] = {
    {"node", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &opt.nodes, "of this node; again for more", "NODE"},
    {"type", 't', 0, G_OPTION_ARG_STRING_ARRAY, &opt.types,
     "of this type, or of types that begin so (ike_*)", "TYPE"},
    {"from", 0, 0, G_OPTION_ARG_STRING, &opt.from, "from this time on", "T"},
    {"to", 0, 0, G_OPTION_ARG_STRING, &opt.to, "up to this time", "T"},
    {"grep", 'g', 0, G_OPTION_ARG_STRING_ARRAY, &opt.grep, "whose line has this text", "TEXT"},
    {"format", 0, 0, G_OPTION_ARG_STRING, &opt.format, "text, jsonl, csv", "F"},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

/* The text of a member's value in a flat object, quotes aside; NULL when absent. */
static char *member(const char *line, const char *key)
{
    g_autofree char *needle = g_strdup_printf("\"%s\":", key);
    const char *p = strstr(line, needle);
    if (!p)
        return NULL;
    p += strlen(needle);
    if (*p != '"')
        return g_strndup(p, strcspn(p, ",}"));
    size_t n = 1;
    while (p[n] && p[n] != '"')
        n += p[n] == '\\' && p[n + 1] ? 2 : 1;
    return g_strndup(p + 1, n - 1);
}

static bool in_list(char **list, const char *word)
{
    if (!list)
        return true;
    for (; *list; list++) {
        size_t n = strlen(*list);
        if (n > 0 && (*list)[n - 1] == '*' ? strncmp(*list, word, n - 1) == 0
                                           : strcmp(*list, word) == 0)
            return true;
    }
    return false;
}

struct filter {
    sim_time from, to;
    enum format format;
    uint64_t shown;
};

/* {"t":..,"seq":..,"step":..,"node":"..","event":"..",REST} */
static void tell(const struct filter *f, const char *line, sim_time t, const char *node,
                 const char *type)
{
    if (f->format == FORMAT_JSONL) {
        puts(line);
        return;
    }
    const char *rest = strstr(line, "\"event\":\"");
    rest = rest ? rest + strlen("\"event\":\"") + strlen(type) + 1 : "";
    rest += strspn(rest, ",");
    size_t n = strlen(rest);
    g_autofree char *fields = g_strndup(rest, n > 0 && rest[n - 1] == '}' ? n - 1 : n);
    if (f->format == FORMAT_CSV) {
        g_autoptr(GString) out = g_string_new(NULL);
        g_autofree char *time = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)t);
        const char *const columns[] = {time, node, type, fields};
        for (size_t i = 0; i < G_N_ELEMENTS(columns); i++)
            csv_field(out, columns[i], i == 0);
        puts(out->str);
        return;
    }
    printf("%4" G_GINT64_FORMAT ".%06d  %-10s %-18s %s\n", (gint64)(t / SECONDS(1)),
           (int)(t % SECONDS(1) / 1000), *node ? node : "-", type, fields);
}

static void consider(struct filter *f, const char *line)
{
    g_autofree char *time = member(line, "t"), *node = member(line, "node"),
                    *type = member(line, "event");
    if (!time || !node || !type)
        return;
    sim_time t = g_ascii_strtoll(time, NULL, 10);
    if (t < f->from || t > f->to || !in_list(opt.nodes, node) || !in_list(opt.types, type))
        return;
    for (char **g = opt.grep; g && *g; g++)
        if (!strstr(line, *g))
            return;
    tell(f, line, t, node, type);
    f->shown++;
}

static bool known_types(void)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    for (int i = 0; i < EV_COUNT; i++)
        g_ptr_array_add(names, (void *)trace_event_name((enum trace_id)i));
    for (char **t = opt.types; t && *t; t++) {
        if (strchr(*t, '*') || trace_event_by_name(*t) != EV_COUNT)
            continue;
        const char *near = text_nearest(*t, (const char *const *)names->pdata, names->len);
        complain("events", "there is no event \"%s\"%s%s%s", *t, near ? "; did you mean \"" : "",
                 near ? near : "", near ? "\"?" : "");
        return false;
    }
    return true;
}

static int read_all(struct filter *f, const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "events.jsonl", NULL);
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t room = 0;
    if (!in)
        return complain("events", "%s cannot be read; was the run made without events?", path);
    if (f->format == FORMAT_CSV)
        puts("time_ns,node,event,fields");
    for (ssize_t n; (n = getline(&line, &room, in)) >= 0;) {
        if (n > 0 && line[n - 1] == '\n')
            line[n - 1] = '\0';
        consider(f, line);
    }
    free(line);
    fclose(in);
    return EXIT_MET;
}

int cmd_events(int argc, char **argv)
{
    struct filter f = {.to = SIM_TIME_MAX};
    if (!options_parse("events", "RUN", "events of a run", NULL, entries, &argc, &argv) ||
        !format_parse(opt.format, &f.format) || !known_types())
        return EXIT_USAGE;
    if ((opt.from && !units_time(opt.from, &f.from)) || (opt.to && !units_time(opt.to, &f.to)))
        return complain("events", "a time is written as 1.5s or 90s");
    const char *dir = run_folder("events", argc, argv);
    return dir ? read_all(&f, dir) : EXIT_USAGE;
}
