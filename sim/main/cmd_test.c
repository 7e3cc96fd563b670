/* vpnsim test: the corpus. Simulations share nothing, so several run at a time. */
#include <string.h>

#include "crypto/crypto.h"
#include "main.h"
#include "scenario/corpus.h"

static struct {
    gint jobs;
    gboolean bless, quiet;
    char *junit;
} opt;

static const GOptionEntry entries[] = {
    {"jobs", 'j', 0, G_OPTION_ARG_INT, &opt.jobs,
     "so many at a time (as many as there are processors)", "N"},
    {"bless", 0, 0, G_OPTION_ARG_NONE, &opt.bless,
     "write goldens and fingerprints of what passes otherwise", NULL},
    {"junit", 0, 0, G_OPTION_ARG_FILENAME, &opt.junit, "also write the results as JUnit XML",
     "FILE"},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, &opt.quiet, "only what failed", NULL},
    {NULL, 0, 0, 0, NULL, NULL, NULL},
};

struct job {
    const char *path;
    struct corpus_result *result;
};

static void work(gpointer data, gpointer self)
{
    struct job *j = data;
    j->result = corpus_run(j->path, opt.bless);
}

static void run_all(struct job *jobs, guint n)
{
    int threads = opt.jobs > 0 ? opt.jobs : (int)g_get_num_processors();
    GThreadPool *pool = g_thread_pool_new(work, NULL, threads, FALSE, NULL);
    for (guint i = 0; i < n; i++)
        g_thread_pool_push(pool, &jobs[i], NULL);
    g_thread_pool_free(pool, FALSE, TRUE);
}

static void tell(const struct corpus_result *r)
{
    if (r->passed && opt.quiet)
        return;
    printf("%s%s%s  %s\n", color_on(stdout, r->passed ? "green" : "red"),
           r->passed ? "pass" : "FAIL", color_off(stdout), r->passed ? r->name : r->path);
    if (r->passed)
        return;
    g_auto(GStrv) lines = g_strsplit(r->message, "\n", -1);
    for (char **l = lines; *l; l++)
        printf("      %s\n", *l);
}

static bool write_junit(const GPtrArray *results, unsigned failed, GError **error)
{
    g_autoptr(GString) out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    g_string_append_printf(out, "<testsuite name=\"vpnsim\" tests=\"%u\" failures=\"%u\">\n",
                           results->len, failed);
    for (guint i = 0; i < results->len; i++) {
        const struct corpus_result *r = results->pdata[i];
        g_autofree char *name = g_markup_escape_text(r->name, -1);
        g_autofree char *path = g_markup_escape_text(r->path, -1);
        g_autofree char *message = r->message ? g_markup_escape_text(r->message, -1) : NULL;
        g_string_append_printf(out, "  <testcase name=\"%s\" classname=\"%s\"", name, path);
        if (r->passed)
            g_string_append(out, "/>\n");
        else
            g_string_append_printf(out, ">\n    <failure>%s</failure>\n  </testcase>\n", message);
    }
    g_string_append(out, "</testsuite>\n");
    return g_file_set_contents(opt.junit, out->str, (gssize)out->len, error);
}

static int finish(struct job *jobs, guint n)
{
    GError *error = NULL;
    unsigned failed = 0;
    g_autoptr(GPtrArray) results =
        g_ptr_array_new_with_free_func((GDestroyNotify)corpus_result_free);
    for (guint i = 0; i < n; i++) {
        g_ptr_array_add(results, jobs[i].result);
        failed += jobs[i].result->passed ? 0 : 1;
        tell(jobs[i].result);
    }
    bool ok = (!opt.bless || corpus_bless(results, &error)) &&
              (!opt.junit || write_junit(results, failed, &error));
    printf("%u passed, %u failed\n", n - failed, failed);
    if (!ok)
        return complain_error(error);
    return failed > 0 ? EXIT_FAILED : EXIT_MET;
}

/* "-j4" as make has it: GOption wants "-j 4". */
static void split_jobs(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], "-j", 2) == 0 && g_ascii_isdigit(argv[i][2]))
            argv[i] =
                g_strconcat("--jobs=", argv[i] + 2, NULL); /* as long-lived as the command line */
}

int cmd_test(int argc, char **argv)
{
    GError *error = NULL;
    split_jobs(argc, argv);
    if (!options_parse(
            "test", "PATH...", "run a corpus against its goldens",
            "Every scenario.yml at or below the paths is run; each console is compared with\n"
            "golden/<node>.txt beside the scenario, and the run's fingerprint with\n"
            "tests/fingerprints.csv of a folder above.",
            entries, &argc, &argv))
        return EXIT_USAGE;
    if (argc < 2)
        return complain("test", "which folder? (vpnsim test --help)");
    g_autoptr(GPtrArray) paths = corpus_find((const char *const *)argv + 1, &error);
    if (!paths)
        return complain_error(error);
    crypto_init(); /* once, before there are threads */
    g_autofree struct job *jobs = g_new0(struct job, paths->len);
    for (guint i = 0; i < paths->len; i++)
        jobs[i].path = paths->pdata[i];
    run_all(jobs, paths->len);
    return finish(jobs, paths->len);
}
