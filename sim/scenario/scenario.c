/* A scenario file read: its base below it, the changes of the command line on top, all checked
 * against the table of keys (design.md 3). */
#include <string.h>

#include "scenario_priv.h"

#define BASE_LEVELS 8

/* ---- base: ---- */

static bool is_file(const char *path)
{
    return g_file_test(path, G_FILE_TEST_IS_REGULAR);
}

/* The file that a base means: a path from the scenario, that path with .yml, or a name in a folder
 * `base` beside the scenario or above it. NULL when there is none. */
static char *find_base(const struct yml_file *from, const char *name)
{
    g_autofree char *path = yml_beside(from, name);
    if (is_file(path))
        return g_steal_pointer(&path);
    g_autofree char *with_ending = g_strconcat(path, ".yml", NULL);
    if (is_file(with_ending))
        return g_steal_pointer(&with_ending);
    g_autofree char *inside = g_build_filename(path, "scenario.yml", NULL);
    if (is_file(inside))
        return g_steal_pointer(&inside);
    g_autofree char *file = g_strconcat(name, ".yml", NULL);
    g_autofree char *folder = g_path_get_dirname(from->path);
    for (int level = 0; level < 4; level++) {
        char *try = g_build_filename(folder, "base", file, NULL);
        if (is_file(try))
            return try;
        g_free(try);
        char *above = g_build_filename(folder, "..", NULL);
        g_free(folder);
        folder = above;
    }
    return NULL;
}

static struct yml_node *with_base(struct scenario *s, struct yml_node *root, int level,
                                  GError **error)
{
    struct yml_node *base = yml_get(root, "base");
    if (!base)
        return root;
    if (base->kind != YML_TEXT) {
        yml_fail(error, base, "base: expected the name of a scenario file");
        return NULL;
    }
    if (!s->files) {
        yml_fail(error, base, "other files are not read here");
        return NULL;
    }
    if (level >= BASE_LEVELS) {
        yml_fail(error, base, "more than %d bases upon each other; do they go in a circle?",
                 BASE_LEVELS);
        return NULL;
    }
    g_autofree char *path = find_base(base->file, base->text);
    if (!path) {
        yml_fail(error, base, "there is no scenario file \"%s\" to start from", base->text);
        return NULL;
    }
    struct yml_node *below = yml_read(s->doc, path, error);
    if (below)
        below = with_base(s, below, level + 1, error);
    if (!below)
        return NULL;
    struct yml_node *merged = yml_merge(s->doc, below, root);
    if (!merged)
        yml_fail(error, base, "the scenario becomes too large on this base");
    return merged;
}

/* ---- Reading ---- */

static bool fill(struct scenario *s, GError **error)
{
    if (!schema_check(s->root, error))
        return false;
    g_autofree char *folder = g_canonicalize_filename(s->folder, NULL);
    g_autofree char *folder_name = s->files ? g_path_get_basename(folder) : g_strdup("scenario");
    s->name = g_strdup(get_text(s->root, "name", folder_name));
    s->seed = get_count(s->root, "seed", 1);
    s->duration = get_time(s->root, "duration", SECONDS(60));
    if (strchr(s->name, '/') || *s->name == '.' || !*s->name)
        return yml_fail(error, yml_get(s->root, "name"),
                        "a name becomes a folder: it must not be empty, begin with a dot or "
                        "contain a slash");
    if (!yml_get(s->root, "topology"))
        return yml_fail(error, s->root, "the key \"topology\" is missing: nodes and links");
    return true;
}

static struct scenario *blank(const char *path, bool files)
{
    struct scenario *s = g_new0(struct scenario, 1);
    s->doc = yml_doc_new();
    s->path = g_strdup(path);
    s->folder = g_path_get_dirname(path);
    s->files = files;
    return s;
}

static struct scenario *finish(struct scenario *s, const char *const *sets, GError **error)
{
    if (s->root)
        s->root = with_base(s, s->root, 0, error);
    for (size_t i = 0; s->root && sets && sets[i]; i++)
        s->root = yml_set(s->doc, s->root, sets[i], error);
    if (s->root && fill(s, error))
        return s;
    scenario_free(s);
    return NULL;
}

struct scenario *scenario_load(const char *path, const char *const *sets, GError **error)
{
    g_autofree char *file = g_file_test(path, G_FILE_TEST_IS_DIR)
                                ? g_build_filename(path, "scenario.yml", NULL)
                                : g_strdup(path);
    struct scenario *s = blank(file, true);
    s->root = yml_read(s->doc, file, error);
    return finish(s, sets, error);
}

struct scenario *scenario_from_text(const char *name, const char *text, size_t len, GError **error)
{
    struct scenario *s = blank(name, false);
    s->root = yml_parse(s->doc, name, text, len, error);
    return finish(s, NULL, error);
}

void scenario_free(struct scenario *s)
{
    if (!s)
        return;
    yml_doc_free(s->doc);
    g_free(s->path);
    g_free(s->folder);
    g_free(s->name);
    g_free(s);
}

/* ---- Reading it ---- */

const char *scenario_name(const struct scenario *s)
{
    return s->name;
}

const char *scenario_title(const struct scenario *s)
{
    return get_text(s->root, "title", NULL);
}

const char *scenario_path(const struct scenario *s)
{
    return s->path;
}

const char *scenario_folder(const struct scenario *s)
{
    return s->folder;
}

uint64_t scenario_seed(const struct scenario *s)
{
    return s->seed;
}

sim_time scenario_duration(const struct scenario *s)
{
    return s->duration;
}

size_t scenario_source_count(const struct scenario *s)
{
    const struct yml_node *source = yml_get(s->root, "source");
    return source && source->kind == YML_TEXT ? 1 : yml_count(source);
}

const char *scenario_source(const struct scenario *s, size_t i)
{
    const struct yml_node *source = yml_get(s->root, "source");
    return source->kind == YML_TEXT ? source->text : yml_at(source, i)->text;
}
