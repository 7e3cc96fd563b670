/* vpnsim list: the scenarios there are. */
#include <string.h>

#include "base/text.h"
#include "main.h"
#include "scenario/corpus.h"

static char *opt_format;

static const GOptionEntry entries[] = {
    {"format", 0, 0, G_OPTION_ARG_STRING, &opt_format, "text, jsonl, csv", "F"},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static char *sources_of(const struct scenario *s, const char *between, const char *quote)
{
    GString *out = g_string_new(NULL);
    for (size_t i = 0; i < scenario_source_count(s); i++)
        g_string_append_printf(out, "%s%s%s%s", i ? between : "", quote, scenario_source(s, i),
                               quote);
    return g_string_free(out, FALSE);
}

static void tell(const struct scenario *s, const char *path, enum format format, int width)
{
    const char *title = scenario_title(s) ? scenario_title(s) : "";
    g_autofree char *sources =
        sources_of(s, format == FORMAT_CSV ? " " : ", ", format == FORMAT_JSONL ? "\"" : "");
    g_autoptr(GString) out = g_string_new(NULL);
    if (format == FORMAT_TEXT) {
        text_pad(out, scenario_name(s), width);
        g_string_append_printf(out, "  %s%s%s%s", title, *sources ? " (" : "", sources,
                               *sources ? ")" : "");
    } else if (format == FORMAT_CSV) {
        const char *const fields[] = {scenario_name(s), path, title, sources};
        for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
            csv_field(out, fields[i], i == 0);
    } else {
        g_string_append(out, "{\"name\":");
        text_json_string(out, scenario_name(s));
        g_string_append(out, ",\"path\":");
        text_json_string(out, path);
        g_string_append(out, ",\"title\":");
        text_json_string(out, title);
        g_string_append_printf(out, ",\"source\":[%s]}", sources);
    }
    puts(out->str);
}

int cmd_list(int argc, char **argv)
{
    static const char *const here[] = {"scenarios", NULL};
    enum format format;
    GError *error = NULL;
    int code = EXIT_MET, width = 0;
    if (!options_parse("list", "[PATH...]", "what scenarios there are",
                       "Without a path, those below scenarios/.", entries, &argc, &argv) ||
        !format_parse(opt_format, &format))
        return EXIT_USAGE;
    g_autoptr(GPtrArray) paths =
        corpus_find(argc > 1 ? (const char *const *)argv + 1 : here, &error);
    if (!paths)
        return complain_error(error);
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)scenario_free);
    for (guint i = 0; i < paths->len; i++) {
        struct scenario *s = scenario_load(paths->pdata[i], NULL, &error);
        if (!s) {
            code = complain_error(g_steal_pointer(&error));
            continue;
        }
        g_ptr_array_add(all, s);
        width = MAX(width, (int)strlen(scenario_name(s)));
    }
    if (format == FORMAT_CSV)
        puts("name,path,title,source");
    for (guint i = 0; i < all->len; i++)
        tell(all->pdata[i], scenario_path(all->pdata[i]), format, width);
    return code;
}
