/* vpnsim check: the configurations of scenarios reviewed without running them. */
#include <string.h>

#include "base/text.h"
#include "main.h"
#include "scenario/check.h"

static char *opt_format;

static const GOptionEntry entries[] = {
    {"format", 0, 0, G_OPTION_ARG_STRING, &opt_format, "text, jsonl, csv", "F"},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

static void text_row(const struct finding *f)
{
    static const char *const colors[] = {"red", "dim", "dim"};
    if (f->file)
        printf("%s:%d: ", f->file, f->line);
    printf("%s%s%s%s%s: %s [%s]\n", f->device, *f->device ? ": " : "",
           color_on(stdout, colors[f->severity]), severity_name(f->severity), color_off(stdout),
           f->message, f->id);
    if (f->text)
        printf("    | %s\n", f->text);
    printf("    remedy: %s\n", f->remedy);
}

static void json_row(const char *scenario, const struct finding *f)
{
    const struct {
        const char *key, *value;
    } member[] = {
        {"scenario", scenario},  {"device", f->device}, {"severity", severity_name(f->severity)},
        {"id", f->id},           {"file", f->file},     {"text", f->text},
        {"message", f->message}, {"remedy", f->remedy},
    };
    g_autoptr(GString) s = g_string_new("{");
    for (size_t i = 0; i < G_N_ELEMENTS(member); i++) {
        g_string_append_printf(s, "%s\"%s\":", i ? "," : "", member[i].key);
        if (member[i].value)
            text_json_string(s, member[i].value);
        else
            g_string_append(s, "null");
    }
    g_string_append_printf(s, ",\"line\":%d}", f->line);
    puts(s->str);
}

static void csv_row(const char *scenario, const struct finding *f)
{
    g_autofree char *line = g_strdup_printf("%d", f->line);
    const char *const fields[] = {
        scenario,   f->device, severity_name(f->severity), f->id, f->file ? f->file : "", line,
        f->message, f->remedy,
    };
    g_autoptr(GString) s = g_string_new(NULL);
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        csv_field(s, fields[i], i == 0);
    puts(s->str);
}

/* Reviews one scenario; adds to the counts by severity. */
static int check_one(const char *path, enum format format, unsigned *count)
{
    GError *error = NULL;
    const struct world_options options = {.lenient = true};
    struct scenario *s = scenario_load(path, NULL, &error);
    struct world *w = s ? world_new(s, &options, &error) : NULL;
    if (!w) {
        scenario_free(s);
        return complain_error(error);
    }
    GPtrArray *findings = check_world(w);
    for (guint i = 0; i < findings->len; i++) {
        const struct finding *f = findings->pdata[i];
        count[f->severity]++;
        if (format == FORMAT_TEXT)
            text_row(f);
        else if (format == FORMAT_JSONL)
            json_row(scenario_name(s), f);
        else
            csv_row(scenario_name(s), f);
    }
    g_ptr_array_unref(findings);
    world_free(w);
    scenario_free(s);
    return EXIT_MET;
}

int cmd_check(int argc, char **argv)
{
    enum format format;
    unsigned count[3] = {0};
    int code = EXIT_MET;
    if (!options_parse("check", "SCENARIO...", "review the configurations without running",
                       "Exit code 1 when an error is found; warnings and remarks are no errors.",
                       entries, &argc, &argv) ||
        !format_parse(opt_format, &format))
        return EXIT_USAGE;
    if (argc < 2)
        return complain("check", "which scenario? (vpnsim check --help)");
    if (format == FORMAT_CSV)
        puts("scenario,device,severity,id,file,line,message,remedy");
    for (int i = 1; i < argc; i++) {
        int one = check_one(argv[i], format, count);
        code = MAX(code, one);
    }
    if (format == FORMAT_TEXT && code == EXIT_MET)
        printf("%u errors, %u warnings, %u remarks\n", count[SEVERITY_ERROR],
               count[SEVERITY_WARNING], count[SEVERITY_INFO]);
    return code != EXIT_MET ? code : count[SEVERITY_ERROR] > 0 ? EXIT_FAILED : EXIT_MET;
}
