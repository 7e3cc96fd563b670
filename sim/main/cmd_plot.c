/* vpnsim plot: pictures of a finished run, drawn by gnuplot with the scripts of plots/. */
#include <glib/gstdio.h>
#include <string.h>
#include <sys/wait.h>

#include "main.h"

#ifndef VPNSIM_PLOTS
#define VPNSIM_PLOTS "plots"
#endif

#define BELOW           "plots" /* of the run folder: where pictures go */
#define NOTHING_TO_DRAW 3       /* exit code of a script */

// clang-format off
static const struct picture {
    const char *name;
    const char *tables; /* of the run folder, that the script reads */
    const char *shows;
} pictures[] = {
    { "overview",     "timeline.csv sas.csv traffic.csv", "SA lifetimes above delay and loss" },
    { "sa-lifetimes", "timeline.csv sas.csv",             "when each SA lived, rekeys and ends" },
    { "ping",         "timeline.csv traffic.csv",         "delay and loss of each flow" },
    { "counters",     "timeline.csv counters.csv",        "some counters over time" },
    { "replay",       "timeline.csv esp.csv",             "ESP sequence numbers, the replay window, what it refused" },
    { "queues",       "timeline.csv queue.csv",           "packets waiting in each class" },
    { "tcp",          "timeline.csv tcp.csv",             "TCP sequence numbers, and what was sent again" },
};
// clang-format on

static struct {
    char *format, *out, *only, *node;
} opt;

/* ---- Which ---- */

static const struct picture *picture_by_name(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++)
        if (strcmp(pictures[i].name, name) == 0)
            return &pictures[i];
    return NULL;
}

/* The first table that the run has not, NULL when all are there. The caller frees. */
static char *missing_table(const struct picture *p, const char *run)
{
    g_auto(GStrv) tables = g_strsplit(p->tables, " ", -1);
    for (char **t = tables; *t; t++) {
        g_autofree char *path = g_build_filename(run, *t, NULL);
        if (!g_file_test(path, G_FILE_TEST_IS_REGULAR))
            return g_strdup(*t);
    }
    return NULL;
}

/* The pictures asked for, or all. False: told. */
static bool choose(GPtrArray *chosen)
{
    g_auto(GStrv) names = opt.only ? g_strsplit(opt.only, ",", -1) : NULL;
    for (size_t i = 0; !names && i < G_N_ELEMENTS(pictures); i++)
        g_ptr_array_add(chosen, (void *)&pictures[i]);
    for (char **n = names; n && *n; n++) {
        const struct picture *p = picture_by_name(g_strstrip(*n));
        if (!p) {
            g_autoptr(GString) all = g_string_new(NULL);
            for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++)
                g_string_append_printf(all, "%s%s", i ? ", " : "", pictures[i].name);
            complain("plot", "there is no picture \"%s\"; there are: %s", *n, all->str);
            return false;
        }
        g_ptr_array_add(chosen, (void *)p);
    }
    return true;
}

/* ---- Where ---- */

/* The folder of the scripts: VPNSIM_PLOTS of the environment, beside an installed program, or where
 * it was built. The caller frees; NULL: told. */
static char *scripts(void)
{
    const char *given = g_getenv("VPNSIM_PLOTS");
    g_autofree char *program = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *bin = program ? g_path_get_dirname(program) : NULL;
    g_autofree char *beside =
        bin ? g_build_filename(bin, "..", "share", "vpnsim", "plots", NULL) : NULL;
    const char *const places[] = {given, beside, VPNSIM_PLOTS};
    for (size_t i = 0; i < G_N_ELEMENTS(places); i++) {
        g_autofree char *one = places[i] ? g_build_filename(places[i], "common.gp", NULL) : NULL;
        if (one && g_file_test(one, G_FILE_TEST_IS_REGULAR))
            return g_canonicalize_filename(places[i], NULL);
        if (given)
            break;
    }
    complain("plot", "the scripts are not in %s; name their folder in the variable VPNSIM_PLOTS",
             given ? given : VPNSIM_PLOTS);
    return NULL;
}

static char *target(const struct picture *p, const char *run)
{
    if (opt.out)
        return g_canonicalize_filename(opt.out, NULL);
    g_autofree char *name = g_strdup_printf("%s.%s", p->name, opt.format);
    g_autofree char *path = g_build_filename(run, BELOW, name, NULL);
    return g_canonicalize_filename(path, NULL);
}

/* ---- Drawing ---- */

/* What gnuplot complained of, without its remarks about series that have no point here. */
static void tell_complaint(const char *said)
{
    g_auto(GStrv) lines = g_strsplit(said, "\n", -1);
    for (char **l = lines; *l; l++)
        if (**l && !strstr(*l, "no valid points"))
            fprintf(stderr, "%s\n", *l);
}

/* The script runs inside the run folder, so that no name of it has to pass a shell. */
static int draw(const struct picture *p, const char *folder, const char *run, const char *to)
{
    g_autofree char *name = g_strconcat(p->name, ".gp", NULL);
    g_autofree char *script = g_build_filename(folder, name, NULL);
    const char *argv[] = {"gnuplot", "-c", script, ".", opt.format, to, opt.node ? opt.node : "",
                          NULL};
    g_autofree char *said = NULL;
    GError *error = NULL;
    int status = 0;
    if (!g_spawn_sync(run, (char **)argv, NULL, G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL,
                      NULL, NULL, NULL, &said, &status, &error)) {
        bool absent = g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT);
        int code = complain("plot",
                            absent ? "gnuplot, which draws the pictures, is not installed; on "
                                     "Debian and Ubuntu: apt-get install gnuplot-nox (%s)"
                                   : "gnuplot cannot be started: %s",
                            error->message);
        g_error_free(error);
        return code;
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == NOTHING_TO_DRAW) {
        if (!opt.only)
            return EXIT_MET;
        return complain("plot", "%s: the run has nothing of it to draw", p->name);
    }
    if (status != 0 || !g_file_test(to, G_FILE_TEST_IS_REGULAR)) {
        tell_complaint(said);
        return complain("plot", "%s: gnuplot could not draw it", p->name);
    }
    printf("%s\n", to);
    return EXIT_MET;
}

static int draw_all(const GPtrArray *chosen, const char *run)
{
    g_autofree char *folder = scripts();
    int code = folder ? EXIT_MET : EXIT_USAGE;
    unsigned drawn = 0;
    for (guint i = 0; i < chosen->len && code == EXIT_MET; i++) {
        const struct picture *p = chosen->pdata[i];
        g_autofree char *to = target(p, run);
        g_autofree char *dir = g_path_get_dirname(to);
        g_autofree char *table = missing_table(p, run);
        if (table && !opt.only)
            continue; /* the run was made without that output */
        if (table)
            return complain("plot", "%s needs %s/%s; was the run made without this output?",
                            p->name, run, table);
        if (g_mkdir_with_parents(dir, 0777) != 0)
            return complain("plot", "%s cannot be made", dir);
        code = draw(p, folder, run, to);
        drawn++;
    }
    if (code == EXIT_MET && drawn == 0)
        return complain("plot", "%s has none of the tables that pictures are drawn from", run);
    return code;
}

int cmd_plot(int argc, char **argv)
{
    static const GOptionEntry entries[] = {
        {"format", 0, 0, G_OPTION_ARG_STRING, &opt.format, "png (if nothing is said) or svg", "F"},
        {"out", 'o', 0, G_OPTION_ARG_FILENAME, &opt.out,
         "where the one picture goes (RUN/plots/<picture>.<format>)", "FILE"},
        {"only", 0, 0, G_OPTION_ARG_STRING, &opt.only, "these pictures, for example ping", "A,B"},
        {"node", 'n', 0, G_OPTION_ARG_STRING, &opt.node, "only SAs and counters of this node",
         "NODE"},
        {NULL, 0, 0, 0, NULL, NULL, NULL},
    };
    g_autoptr(GString) about = g_string_new("Pictures:\n");
    g_autoptr(GPtrArray) chosen = g_ptr_array_new();
    for (size_t i = 0; i < G_N_ELEMENTS(pictures); i++)
        g_string_append_printf(about, "  %-14s %s\n", pictures[i].name, pictures[i].shows);
    g_string_append(about, "\nThey are drawn by gnuplot, with the scripts of plots/, which can be "
                           "called by hand too.");
    if (!options_parse("plot", "RUN", "pictures of a run over time", about->str, entries, &argc,
                       &argv))
        return EXIT_USAGE;
    const char *run = run_folder("plot", argc, argv);
    if (!run || !choose(chosen))
        return EXIT_USAGE;
    if (argc > 2)
        return complain("plot", "one run at a time (vpnsim plot --help)");
    if (opt.out && chosen->len != 1)
        return complain("plot", "--out names one picture; say which with --only");
    if (!opt.format)
        opt.format = opt.out && g_str_has_suffix(opt.out, ".svg") ? (char *)"svg" : (char *)"png";
    if (strcmp(opt.format, "png") != 0 && strcmp(opt.format, "svg") != 0)
        return complain("plot", "--format is png or svg, not \"%s\"", opt.format);
    if (opt.node && strpbrk(opt.node, "'\\\""))
        return complain("plot", "--node: there is no node of that name");
    return draw_all(chosen, run);
}
