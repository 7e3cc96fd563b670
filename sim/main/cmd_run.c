/* vpnsim run: one scenario played, judged, and left as a folder. */
#include <string.h>

#include "main.h"
#include "scenario/outputs.h"
#include "scenario/units.h"

static struct {
    gint64 seed;
    char *until, *out, *outputs, *format;
    char **sets;
    gboolean verify, quiet, no_files;
    gboolean without[16];
    gint64 max_events;
} opt;

static gboolean seed_given;

static gboolean take_seed(const char *name, const char *value, gpointer data, GError **error)
{
    uint64_t v;
    if (!units_count(value, &v)) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, "--seed: \"%s\" is no number",
                    value);
        return FALSE;
    }
    opt.seed = (gint64)v;
    seed_given = TRUE;
    return TRUE;
}

/* Every output can be left out: --no-capture and so on, from the table of outputs. */
static GOptionEntry *entries_make(void)
{
    static const GOptionEntry fixed[] = {
        {"seed", 0, 0, G_OPTION_ARG_CALLBACK, take_seed, "the seed, instead of the scenario's",
         "N"},
        {"until", 0, 0, G_OPTION_ARG_STRING, &opt.until, "end at this simulated time", "T"},
        {"set", 0, 0, G_OPTION_ARG_STRING_ARRAY, &opt.sets,
         "change the scenario, for example topology.links.wan.tc.loss=2%", "PATH=VALUE"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &opt.out, "the run folder (out/<scenario>)", "DIR"},
        {"outputs", 0, 0, G_OPTION_ARG_STRING, &opt.outputs,
         "only these outputs, for example events,capture; none: nothing is written", "A,B"},
        {"verify", 0, 0, G_OPTION_ARG_NONE, &opt.verify, "run twice and compare every byte", NULL},
        {"format", 0, 0, G_OPTION_ARG_STRING, &opt.format, "of the verdicts: text, jsonl, csv",
         "F"},
        {"quiet", 'q', 0, G_OPTION_ARG_NONE, &opt.quiet, "no progress, and only what failed", NULL},
        {"max-events", 0, 0, G_OPTION_ARG_INT64, &opt.max_events,
         "stop after so many events (exit code 4)", "N"},
    };
    GArray *all = g_array_new(TRUE, TRUE, sizeof(GOptionEntry));
    g_array_append_vals(all, fixed, G_N_ELEMENTS(fixed));
    for (size_t i = 0; output_names[i].name; i++) {
        GOptionEntry e = {.arg = G_OPTION_ARG_NONE, .arg_data = &opt.without[i]};
        if (output_names[i].bit == OUTPUT_MANIFEST)
            continue;
        e.long_name = g_strdup_printf("no-%s", output_names[i].name);
        e.description = g_strdup_printf("without %s", output_names[i].files);
        g_array_append_val(all, e);
    }
    return (GOptionEntry *)(void *)g_array_free(all, FALSE);
}

static void entries_free(GOptionEntry *entries)
{
    for (GOptionEntry *e = entries; e->long_name; e++)
        if (g_str_has_prefix(e->long_name, "no-")) {
            g_free((char *)e->long_name);
            g_free((char *)e->description);
        }
    g_free(entries);
}

struct outcome {
    enum world_end end;
    bool passed;
    char *why;
};

/* One run into a folder. False: it could not be made or written. */
static bool play(const struct scenario *s, const struct world_options *base, unsigned set,
                 const char *dir, bool report, enum format format, struct outcome *out,
                 GError **error)
{
    struct progress progress;
    struct world_options options = *base;
    options.progress = progress_tell;
    options.self = &progress;
    progress_begin(&progress, opt.quiet);
    struct world *w = world_new(s, &options, error);
    struct outputs *o = w ? outputs_new(w, set, dir, error) : NULL;
    bool ok = o != NULL;
    if (ok) {
        out->end = world_run(w, &out->why);
        out->passed = world_passed(w);
        progress_end(&progress, &(struct world_progress){sim_now(world_sim(w)), world_until(w),
                                                         sim_events(world_sim(w)), 0});
        ok = outputs_write(o, out->end, error);
    }
    if (ok && report)
        report_verdicts(w, out->end, format, opt.quiet, dir);
    outputs_free(o);
    world_free(w);
    return ok;
}

static int verify(const struct scenario *s, const struct world_options *options, unsigned set,
                  const char *dir, GError **error)
{
    struct outcome again = {0};
    g_autofree char *other = g_strconcat(dir, ".verify", NULL);
    g_autofree char *difference = NULL;
    bool ok = play(s, options, set, other, false, FORMAT_TEXT, &again, error);
    g_free(again.why);
    bool same = ok && outputs_same(dir, other, &difference, error);
    if (ok)
        outputs_remove(other, NULL);
    if (*error)
        return complain_error(g_steal_pointer(error));
    if (same) {
        fprintf(stderr, "verified: two runs, the same bytes\n");
        return EXIT_MET;
    }
    fprintf(stderr, "--verify: %s\n", difference);
    return EXIT_DIFFERED;
}

static int run(const struct scenario *s, enum format format)
{
    GError *error = NULL;
    unsigned set = OUTPUT_ALL;
    struct world_options options = {.seed_given = seed_given, .seed = (uint64_t)opt.seed};
    struct outcome outcome = {0};
    if (opt.max_events < 0)
        return complain("run", "--max-events must be positive");
    options.max_events = (uint64_t)opt.max_events;
    if (opt.until && (!units_time(opt.until, &options.until) || options.until <= 0))
        return complain("run", "--until: \"%s\" is no time such as 90s", opt.until);
    if (opt.outputs && !outputs_parse(opt.outputs, &set, &error))
        return complain_error(error);
    for (size_t i = 0; output_names[i].name; i++)
        if (opt.without[i])
            set &= ~output_names[i].bit;
    bool nowhere = set == OUTPUT_MANIFEST && !opt.verify && !opt.out;
    g_autofree char *dir =
        opt.out ? g_strdup(opt.out) : g_build_filename("out", scenario_name(s), NULL);
    if (!play(s, &options, set, nowhere ? NULL : dir, true, format, &outcome, &error))
        return complain_error(error);
    if (outcome.end == WORLD_LIMIT)
        fprintf(stderr, "a limit was hit: %s\n", outcome.why);
    g_free(outcome.why);
    int code = opt.verify ? verify(s, &options, set, dir, &error) : EXIT_MET;
    if (outcome.end == WORLD_LIMIT)
        return EXIT_LIMIT;
    return code != EXIT_MET ? code : outcome.passed ? EXIT_MET : EXIT_FAILED;
}

int cmd_run(int argc, char **argv)
{
    enum format format;
    GError *error = NULL;
    GOptionEntry *entries = entries_make();
    bool ok = options_parse("run", "SCENARIO", "play a scenario and judge its expectations",
                            "SCENARIO is a folder with scenario.yml, or such a file.", entries,
                            &argc, &argv);
    entries_free(entries);
    if (!ok || !format_parse(opt.format, &format))
        return EXIT_USAGE;
    if (argc != 2)
        return complain("run", "one scenario at a time (vpnsim run --help)");
    struct scenario *s = scenario_load(argv[1], (const char *const *)opt.sets, &error);
    if (!s)
        return complain_error(error);
    int code = run(s, format);
    scenario_free(s);
    return code;
}
