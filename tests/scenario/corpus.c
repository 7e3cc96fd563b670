/* Whole runs: the folder they leave, goldens and fingerprints, bases, recordings, the same bytes
 * twice. */
#include "scenario/corpus.h"

#include <glib/gstdio.h>
#include <stdlib.h>

#include "play.h"
#include "scenario/outputs.h"

static char *folder;

static void make(void)
{
    folder = g_dir_make_tmp("vpnsim-XXXXXX", NULL);
}

static void clear(void)
{
    g_autofree char *command = g_strdup_printf("rm -rf '%s'", folder);
    cr_expect_eq(system(command), 0);
    g_clear_pointer(&folder, g_free);
}

static char *put(const char *name, const char *text)
{
    char *path = g_build_filename(folder, name, NULL);
    g_autofree char *dir = g_path_get_dirname(path);
    g_mkdir_with_parents(dir, 0700);
    cr_assert(g_file_set_contents(path, text, -1, NULL));
    return path;
}

TestSuite(corpus, .init = make, .fini = clear);

#define SHOWING                                                                                    \
    TWO_SITES("", "") "timeline:\n  - {at: 1s, node: r1, console: \"show crypto isakmp sa\"}\n"

Test(corpus, a_blessed_scenario_passes_until_something_moves)
{
    g_free(put("tests/keep", ""));
    g_autofree char *path = put("scenarios/one/scenario.yml", SHOWING);
    struct corpus_result *r = corpus_run(path, false);
    cr_expect_not(r->passed);
    cr_expect(strstr(r->message, "there is no golden"), "%s", r->message);
    cr_expect(strstr(r->message, "no fingerprint of sites"), "%s", r->message);
    corpus_result_free(r);

    GPtrArray *all = g_ptr_array_new_with_free_func((GDestroyNotify)corpus_result_free);
    g_ptr_array_add(all, corpus_run(path, true));
    cr_expect(corpus_bless(all, NULL));
    g_ptr_array_unref(all);
    r = corpus_run(path, false);
    cr_expect(r->passed, "%s", r->message);
    corpus_result_free(r);

    g_free(put("scenarios/one/golden/r1.txt", "r1#something else\n"));
    r = corpus_run(path, false);
    cr_expect(!r->passed && strstr(r->message, "golden/r1.txt:1: the console differs"), "%s",
              r->message);
    corpus_result_free(r);
}

Test(corpus, scenarios_are_found_below_folders)
{
    g_free(put("s/b/scenario.yml", SHOWING));
    g_free(put("s/a/scenario.yml", SHOWING));
    g_free(put("s/a/inner/scenario.yml", SHOWING)); /* inside a scenario: its own business */
    g_autofree char *top = g_build_filename(folder, "s", NULL);
    const char *const paths[] = {top, top, NULL};
    GPtrArray *found = corpus_find(paths, NULL);
    cr_assert_eq(found->len, 2);
    cr_expect(g_str_has_suffix(found->pdata[0], "s/a/scenario.yml"));
    g_ptr_array_unref(found);
    const char *const none[] = {"/nowhere", NULL};
    GError *error = NULL;
    cr_expect_null(corpus_find(none, &error));
    cr_expect(strstr(error->message, "no such file"));
    g_clear_error(&error);
}

static struct world *run_into(const char *file, const char *dir, unsigned set, struct scenario **s)
{
    GError *error = NULL;
    g_autofree char *why = NULL;
    *s = scenario_load(file, NULL, &error);
    struct world *w = *s ? world_new(*s, &(struct world_options){0}, &error) : NULL;
    cr_assert_not_null(w, "%s", error ? error->message : "");
    struct outputs *o = outputs_new(w, set, dir, &error);
    cr_assert_not_null(o, "%s", error ? error->message : "");
    enum world_end end = world_run(w, &why);
    cr_expect(outputs_write(o, end, &error), "%s", error ? error->message : "");
    outputs_free(o);
    return w;
}

Test(corpus, a_run_leaves_its_folder_and_repeats_to_the_byte)
{
    g_autofree char *path =
        put("t/scenario.yml",
            TWO_SITES("", "") "traffic:\n  - {name: ping, from: pc1, to: pc2, every: 1s}\n");
    g_autofree char *a = g_build_filename(folder, "a", NULL),
                    *b = g_build_filename(folder, "b", NULL);
    g_autofree char *difference = NULL;
    struct scenario *s;
    world_free(run_into(path, a, OUTPUT_ALL, &s));
    scenario_free(s);
    world_free(run_into(path, b, OUTPUT_ALL, &s));
    scenario_free(s);
    for (const struct output_name *n = output_names; n->name; n++) {
        g_auto(GStrv) files = g_strsplit(n->files, " ", -1);
        for (char **f = files; *f; f++) {
            g_autofree char *file = g_build_filename(a, *f, NULL);
            cr_expect(g_file_test(file, G_FILE_TEST_EXISTS), "%s", file);
        }
    }
    cr_expect(outputs_same(a, b, &difference, NULL), "%s", difference);
    g_autofree char *ladder = g_build_filename(b, "ladder.txt", NULL);
    cr_expect(g_file_set_contents(ladder, "x\ny\n", -1, NULL));
    cr_expect_not(outputs_same(a, b, &difference, NULL));
    cr_expect(strstr(difference, "ladder.txt differs"), "%s", difference);
    cr_expect(outputs_remove(b, NULL));
    cr_expect_not(g_file_test(b, G_FILE_TEST_EXISTS));
}

Test(corpus, a_folder_that_is_no_run_is_left_alone)
{
    g_free(put("precious/letter.txt", "dear"));
    g_autofree char *path = put("t/scenario.yml", TWO_HOSTS);
    g_autofree char *dir = g_build_filename(folder, "precious", NULL);
    GError *error = NULL;
    struct scenario *s = scenario_load(path, NULL, NULL);
    struct world *w = world_new(s, &(struct world_options){0}, NULL);
    cr_expect_null(outputs_new(w, OUTPUT_ALL, dir, &error));
    cr_expect(strstr(error->message, "left alone"), "%s", error->message);
    cr_expect_not(outputs_remove(dir, NULL));
    g_clear_error(&error);
    world_free(w);
    scenario_free(s);
}

Test(corpus, what_is_recorded_changes_nothing_that_happens)
{
    g_autofree char *path =
        put("t/scenario.yml",
            TWO_SITES("", "") "traffic:\n  - {name: ping, from: pc1, to: pc2, every: 1s}\n");
    g_autofree char *dir = g_build_filename(folder, "out", NULL);
    char *fingerprint[2];
    for (int i = 0; i < 2; i++) {
        struct scenario *s = scenario_load(path, NULL, NULL);
        struct world *w = world_new(s, &(struct world_options){0}, NULL);
        struct outputs *o =
            outputs_new(w, i ? OUTPUT_ALL : OUTPUT_FINGERPRINT, i ? dir : NULL, NULL);
        g_autofree char *why = NULL;
        world_run(w, &why);
        fingerprint[i] = g_strdup(outputs_fingerprint(o));
        outputs_free(o);
        world_free(w);
        scenario_free(s);
    }
    cr_expect_str_eq(fingerprint[0], fingerprint[1]);
    g_free(fingerprint[0]);
    g_free(fingerprint[1]);
}

/* ---- Files beside a scenario ---- */

Test(corpus, a_scenario_is_a_difference_from_its_base)
{
    g_free(put("base/net.yml", TWO_HOSTS PINGS));
    g_autofree char *path = put(
        "lossy/scenario.yml",
        "vpnsim: 1\nbase: net\nname: lossy\ntopology: {links: [{name: wire, tc: {loss: 100%}}]}\n"
        "expect: [{name: nothing, traffic: ping, received: 0}]\n");
    struct scenario *s;
    struct world *w = run_into(path, NULL, OUTPUT_FINGERPRINT, &s);
    cr_expect(world_passed(w));
    cr_expect_str_eq(scenario_name(s), "lossy");
    cr_expect_eq(net_link_impairment(net_link_at(world_net(w), 0), 0)->delay, MILLISECONDS(10));
    world_free(w);
    scenario_free(s);
}

Test(corpus, bases_in_a_circle_and_missing_files_are_told)
{
    static const struct {
        const char *file, *text, *says;
    } row[] = {
        {"c/scenario.yml", "vpnsim: 1\nbase: scenario.yml\n", "in a circle"},
        {"d/scenario.yml", "vpnsim: 1\nbase: nowhere\n", "no scenario file \"nowhere\""},
        {"e/scenario.yml",
         "vpnsim: 1\ntopology: {nodes: {r: {kind: ios, startup-config: gone.cfg}}}\n",
         "gone.cfg: cannot be read"},
        {"f/scenario.yml",
         "vpnsim: 1\ntopology: {nodes: {r: {kind: ios, startup-config: \"..\"}}}\n",
         "it is a folder"},
        {"g/scenario.yml",
         "vpnsim: 1\ntopology: {nodes: {r: {kind: ios, startup-config: empty.cfg}}}\n", "is empty"},
        {"g/scenario.yml",
         "vpnsim: 1\ntopology: {nodes: {r: {kind: ios, startup-config: binary.cfg}}}\n",
         "is no text"},
        {"g/scenario.yml", "vpnsim: 1\n", "\"topology\" is missing"},
        {"h/scenario.yml", TWO_HOSTS "timeline: []\nx-y: ~\nbase: [a]\n",
         "expected the name of a scenario file"},
    };
    g_free(put("g/empty.cfg", ""));
    g_free(put("g/binary.cfg", "\x7f"
                               "ELF\xff\xfe\n"));
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_autofree char *path = put(row[i].file, row[i].text);
        GError *error = NULL;
        struct scenario *s = scenario_load(path, NULL, &error);
        struct world *w = s ? world_new(s, &(struct world_options){0}, &error) : NULL;
        cr_expect_null(w);
        cr_expect(error && strstr(error->message, row[i].says), "%s: %s", row[i].says,
                  error ? error->message : "no error");
        g_clear_error(&error);
        world_free(w);
        scenario_free(s);
    }
}

Test(corpus, a_recording_is_played_on_its_link)
{
    static const struct {
        const char *csv, *says; /* NULL: accepted, and three of eight pings are lost */
    } row[] = {
        {"time,delay,lost\n0,10ms,0\n2500ms,10ms,1\n5500ms,10ms,0\n", NULL},
        {"0,10ms\n2500ms,10ms,1\n5500ms,10ms,0\n", NULL},
        {"0,10ms,0\nlater,10ms,1\n", "rec.csv:2: \"later\" is no time"},
        {"5s,10ms,0\n1s,10ms,1\n", "rec.csv:2: times must not go back"},
        {"0,10,0\n", "rec.csv:1: \"10\" is no delay"},
        {"0,10ms,maybe\n", "\"maybe\" is no 0 or 1"},
        {"0\n", "a row needs time and delay"},
        {"time,delay,lost\n", "there is no row"},
        {"", "there is no row"},
        {"0,\"1\n", "rec.csv:1"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(row); i++) {
        g_free(put("r/rec.csv", row[i].csv));
        g_autofree char *path =
            put("r/scenario.yml",
                "vpnsim: 1\nduration: 10s\ntopology:\n  nodes: {a: {kind: host, address: "
                "10.0.0.1/24}, b: {kind: host, address: 10.0.0.2/24}}\n"
                "  links: [{name: w, endpoints: [\"a:e\", \"b:e\"], tc-from: {a: {trace: "
                "rec.csv}}}]\n" PINGS "expect: [{name: lossy, traffic: ping, received: 5}]\n");
        GError *error = NULL;
        struct scenario *s = scenario_load(path, NULL, &error);
        struct world *w = world_new(s, &(struct world_options){0}, &error);
        cr_expect_eq(w == NULL, row[i].says != NULL, "row %zu: %s", i, error ? error->message : "");
        cr_expect(!row[i].says || (error && strstr(error->message, row[i].says)), "row %zu: %s", i,
                  error ? error->message : "");
        if (w) {
            g_autofree char *why = NULL;
            world_run(w, &why);
            cr_expect(world_passed(w), "row %zu: %s", i,
                      ((struct verdict *)world_verdicts(w)->pdata[0])->detail);
        }
        g_clear_error(&error);
        world_free(w);
        scenario_free(s);
    }
}

Test(corpus, outputs_are_chosen_by_name)
{
    unsigned set;
    GError *error = NULL;
    cr_expect(outputs_parse("events, capture", &set, NULL));
    cr_expect_eq(set, OUTPUT_EVENTS | OUTPUT_CAPTURE | OUTPUT_MANIFEST);
    cr_expect(outputs_parse("none", &set, NULL));
    cr_expect_eq(set, OUTPUT_MANIFEST);
    cr_expect_not(outputs_parse("evnts", &set, &error));
    cr_expect(strstr(error->message, "there is no output \"evnts\""));
    g_clear_error(&error);
}
