/* Scenarios found, run, and compared with their goldens and fingerprints. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "scenario/corpus.h"
#include "scenario/outputs.h"

#define FIND_LEVELS 16
#define HEADING     "scenario,fingerprint"

/* ---- Finding ---- */

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void find_below(const char *dir, int level, GPtrArray *out)
{
    char *own = g_build_filename(dir, "scenario.yml", NULL);
    if (g_file_test(own, G_FILE_TEST_IS_REGULAR)) {
        g_ptr_array_add(out, own);
        return;
    }
    g_free(own);
    GDir *d = level < FIND_LEVELS ? g_dir_open(dir, 0, NULL) : NULL;
    for (const char *name; d && (name = g_dir_read_name(d));) {
        g_autofree char *path = g_build_filename(dir, name, NULL);
        if (*name != '.' && g_file_test(path, G_FILE_TEST_IS_DIR) &&
            !g_file_test(path, G_FILE_TEST_IS_SYMLINK))
            find_below(path, level + 1, out);
    }
    if (d)
        g_dir_close(d);
}

GPtrArray *corpus_find(const char *const *paths, GError **error)
{
    GPtrArray *out = g_ptr_array_new_with_free_func(g_free);
    for (; *paths; paths++) {
        guint before = out->len;
        if (g_file_test(*paths, G_FILE_TEST_IS_REGULAR))
            g_ptr_array_add(out, g_strdup(*paths));
        else
            find_below(*paths, 0, out);
        if (out->len == before) {
            bool there = g_file_test(*paths, G_FILE_TEST_EXISTS);
            g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT, "%s: %s", *paths,
                        there ? "no scenario.yml in it or below"
                              : "there is no such file or folder");
            g_ptr_array_unref(out);
            return NULL;
        }
    }
    g_ptr_array_sort(out, by_text);
    for (guint i = out->len; i-- > 1;)
        if (strcmp(out->pdata[i], out->pdata[i - 1]) == 0)
            g_ptr_array_remove_index(out, i);
    return out;
}

/* ---- Fingerprints ---- */

/* The file that a scenario's fingerprint belongs into: tests/fingerprints.csv of a folder above,
 * or, where there is none yet, of the nearest folder above that has tests/. NULL: nowhere. */
static char *fingerprints_file(const char *scenario)
{
    g_autofree char *absolute = g_canonicalize_filename(scenario, NULL);
    g_autofree char *dir = g_path_get_dirname(absolute);
    char *candidate = NULL;
    for (;;) {
        g_autofree char *tests = g_build_filename(dir, "tests", NULL);
        char *file = g_build_filename(tests, "fingerprints.csv", NULL);
        if (g_file_test(file, G_FILE_TEST_IS_REGULAR)) {
            g_free(candidate);
            return file;
        }
        if (!candidate && g_file_test(tests, G_FILE_TEST_IS_DIR))
            candidate = file;
        else
            g_free(file);
        char *above = g_path_get_dirname(dir);
        bool top = strcmp(above, dir) == 0;
        g_free(dir);
        dir = above;
        if (top)
            return candidate;
    }
}

/* Rows "name,fingerprint" as a table; empty when the file cannot be read. */
static GHashTable *fingerprints_read(const char *file)
{
    GHashTable *rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(file, &text, NULL, NULL))
        return rows;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        char *comma = strchr(g_strstrip(*l), ',');
        if (!comma || strcmp(*l, HEADING) == 0)
            continue;
        *comma = '\0';
        g_hash_table_insert(rows, g_strdup(*l), g_strdup(comma + 1));
    }
    return rows;
}

static bool fingerprints_write(const char *file, GHashTable *rows, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    GHashTableIter it;
    gpointer name, value;
    g_hash_table_iter_init(&it, rows);
    while (g_hash_table_iter_next(&it, &name, &value))
        g_ptr_array_add(names, name);
    g_ptr_array_sort(names, by_text);
    g_autoptr(GString) text = g_string_new(HEADING "\n");
    for (guint i = 0; i < names->len; i++)
        g_string_append_printf(text, "%s,%s\n", (char *)names->pdata[i],
                               (char *)g_hash_table_lookup(rows, names->pdata[i]));
    return g_file_set_contents(file, text->str, (gssize)text->len, error);
}

bool corpus_bless(const GPtrArray *results, GError **error)
{
    for (guint i = 0; i < results->len; i++) {
        const struct corpus_result *r = results->pdata[i];
        g_autofree char *file = fingerprints_file(r->path);
        if (!r->passed || !file)
            continue;
        g_autoptr(GHashTable) rows = fingerprints_read(file);
        g_hash_table_insert(rows, g_strdup(r->name), g_strdup(r->fingerprint));
        if (!fingerprints_write(file, rows, error))
            return false;
    }
    return true;
}

/* ---- Comparing ---- */

static void complain(GString *out, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void complain(GString *out, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    if (out->len > 0)
        g_string_append_c(out, '\n');
    g_string_append_vprintf(out, format, args);
    va_end(args);
}

static void first_difference(GString *out, const char *path, const char *want, const char *have)
{
    int line = 1;
    const char *w = want, *h = have, *wl = want, *hl = have;
    for (; *w && *w == *h; w++, h++)
        if (*w == '\n') {
            line++;
            wl = w + 1;
            hl = h + 1;
        }
    complain(out, "%s:%d: the console differs\n  golden: %.*s\n  now:    %.*s", path, line,
             (int)strcspn(wl, "\n"), wl, (int)strcspn(hl, "\n"), hl);
}

static void compare_console(const char *folder, const char *node, const char *text, bool bless,
                            GString *out)
{
    g_autofree char *dir = g_build_filename(folder, "golden", NULL);
    g_autofree char *file = g_strconcat(node, ".txt", NULL);
    g_autofree char *path = g_build_filename(dir, file, NULL);
    g_autofree char *golden = NULL;
    g_autoptr(GError) error = NULL;
    if (bless) {
        if (!*text)
            g_unlink(path);
        else if (g_mkdir_with_parents(dir, 0777) != 0)
            complain(out, "%s: cannot be made: %s", dir, g_strerror(errno));
        else if (!g_file_set_contents(path, text, -1, &error))
            complain(out, "%s", error->message);
        return;
    }
    bool there = g_file_get_contents(path, &golden, NULL, NULL);
    if (!there && *text)
        complain(out, "%s: there is no golden of this console; --bless writes it", path);
    else if (there && strcmp(golden, text) != 0)
        first_difference(out, path, golden, text);
}

static void compare_fingerprint(const struct corpus_result *r, GString *out)
{
    g_autofree char *file = fingerprints_file(r->path);
    if (!file)
        return;
    g_autoptr(GHashTable) rows = fingerprints_read(file);
    const char *want = g_hash_table_lookup(rows, r->name);
    if (!want)
        complain(out, "%s: no fingerprint of %s; --bless writes it", file, r->name);
    else if (strcmp(want, r->fingerprint) != 0)
        complain(out, "the fingerprint moved: %.16s... was %.16s...", r->fingerprint, want);
}

/* ---- Running one ---- */

static void tell_verdicts(struct world *w, GString *out)
{
    const GPtrArray *all = world_verdicts(w);
    for (guint i = 0; i < all->len; i++) {
        const struct verdict *v = all->pdata[i];
        if (v->state == VERDICT_PASSED)
            continue;
        if (v->file)
            complain(out, "%s:%d: %s", v->file, v->line, v->name);
        else
            complain(out, "%s", v->name);
        complain(out, "  wanted: %s\n  seen:   %s", v->wanted, v->detail);
    }
}

static void run(struct corpus_result *r, const struct scenario *s, bool bless, GString *out)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *why = NULL;
    struct world *w = world_new(s, &(struct world_options){0}, &error);
    struct outputs *o =
        w ? outputs_new(w, OUTPUT_CONSOLE | OUTPUT_FINGERPRINT, NULL, &error) : NULL;
    if (!o) {
        complain(out, "%s", error->message);
        world_free(w);
        return;
    }
    if (world_run(w, &why) != WORLD_DONE)
        complain(out, "the run did not end: %s", why ? why : "stopped");
    tell_verdicts(w, out);
    r->events = sim_events(world_sim(w));
    r->simulated = sim_now(world_sim(w));
    r->fingerprint = g_strdup(outputs_fingerprint(o));
    bool write = bless && out->len == 0;
    for (size_t i = 0; i < world_device_count(w) && (write || !bless); i++) {
        const char *node = world_device_at(w, i)->name;
        compare_console(scenario_folder(s), node, outputs_console(o, node), write, out);
    }
    if (!bless)
        compare_fingerprint(r, out);
    outputs_free(o);
    world_free(w);
}

struct corpus_result *corpus_run(const char *path, bool bless)
{
    struct corpus_result *r = g_new0(struct corpus_result, 1);
    g_autoptr(GError) error = NULL;
    GString *out = g_string_new(NULL);
    r->path = g_strdup(path);
    struct scenario *s = scenario_load(path, NULL, &error);
    if (s) {
        r->name = g_strdup(scenario_name(s));
        run(r, s, bless, out);
        scenario_free(s);
    } else {
        g_autofree char *folder = g_path_get_dirname(path);
        r->name = g_path_get_basename(folder);
        complain(out, "%s", error->message);
    }
    r->passed = out->len == 0;
    r->message = g_string_free(out, r->passed);
    return r;
}

void corpus_result_free(struct corpus_result *r)
{
    g_free(r->path);
    g_free(r->name);
    g_free(r->message);
    g_free(r->fingerprint);
    g_free(r);
}
