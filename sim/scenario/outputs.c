/* The sinks of a run, and the folder they write. */
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "outputs_priv.h"
#include "sink/sink.h"

#define MANIFEST "manifest.json"
#define PICTURES "plots" /* drawn later, from the tables of a run: they go with it */
#define SAMPLES  60      /* counters are noted this often in a run */

// clang-format off
const struct output_name output_names[] = {
    { "verdict",     OUTPUT_VERDICT,     "verdict.json", "what became of each expectation" },
    { "events",      OUTPUT_EVENTS,      "events.jsonl", "every event, one a line" },
    { "counters",    OUTPUT_COUNTERS,    "counters.csv", "counters of every node, over time" },
    { "sas",         OUTPUT_SAS,         "sas.csv", "from when to when each SA lived" },
    { "traffic",     OUTPUT_TRAFFIC,     "traffic.csv", "what became of each packet of each flow" },
    { "esp",         OUTPUT_ESP,         "esp.csv", "each ESP packet at its receiver" },
    { "tcp",         OUTPUT_TCP,         "tcp.csv", "each TCP segment at both ends" },
    { "queue",       OUTPUT_QUEUE,       "queue.csv", "each packet that waited in a queue" },
    { "timeline",    OUTPUT_TIMELINE,    "timeline.csv", "what the scenario did, and the end" },
    { "ladder",      OUTPUT_LADDER,      "ladder.txt ladder.svg", "who sent what to whom" },
    { "console",     OUTPUT_CONSOLE,     "console", "what stood on each console" },
    { "capture",     OUTPUT_CAPTURE,     "capture.pcapng", "packets of every link" },
    { "keys",        OUTPUT_KEYS,        "keys.json wireshark", "keys, and a Wireshark profile that decrypts" },
    { "manifest",    OUTPUT_MANIFEST,    MANIFEST, "what was run" },
    { "fingerprint", OUTPUT_FINGERPRINT, "fingerprint", "a hash over all that happened" },
    { NULL, 0, NULL, NULL },
};
// clang-format on

struct outputs {
    struct world *w;
    unsigned set;
    char *dir; /* NULL: nothing goes to disk */
    struct sink_jsonl *events;
    struct sink_csv *counters;
    struct sink_lives *sas;
    struct sink_flows *traffic;
    struct sink_table *esp;
    struct sink_table *tcp;
    struct sink_table *queue;
    struct sink_table *timeline;
    struct sink_pcapng *capture;
    struct sink_keys *keys;
    struct sink_ladder *ladder;
    struct sink_console *console;
    struct sink_fingerprint *fingerprint;
};

bool outputs_parse(const char *list, unsigned *set, GError **error)
{
    g_auto(GStrv) words = g_strsplit(list, ",", -1);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    *set = OUTPUT_MANIFEST;
    for (const struct output_name *n = output_names; n->name; n++)
        g_ptr_array_add(names, (void *)n->name);
    for (char **w = words; *w; w++) {
        bool known = strcmp(g_strstrip(*w), "none") == 0 || !**w;
        for (const struct output_name *n = output_names; n->name; n++)
            if (strcmp(n->name, *w) == 0) {
                *set |= n->bit;
                known = true;
            }
        if (!known) {
            g_ptr_array_add(names, NULL);
            g_autofree char *all = g_strjoinv(", ", (char **)names->pdata);
            g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_INPUT,
                        "there is no output \"%s\"; there are: %s", *w, all);
            return false;
        }
    }
    return true;
}

/* ---- The folder ---- */

bool outputs_is_run(const char *dir)
{
    g_autofree char *manifest = g_build_filename(dir, MANIFEST, NULL);
    return g_file_test(manifest, G_FILE_TEST_IS_REGULAR);
}

static bool is_empty(const char *dir)
{
    GDir *d = g_dir_open(dir, 0, NULL);
    bool empty = !d || !g_dir_read_name(d);
    if (d)
        g_dir_close(d);
    return empty;
}

/* A file, or a folder with files in it: nothing here is nested deeper. */
static void remove_output(const char *path)
{
    GDir *d = g_file_test(path, G_FILE_TEST_IS_SYMLINK) ? NULL : g_dir_open(path, 0, NULL);
    if (d) {
        for (const char *name; (name = g_dir_read_name(d));) {
            g_autofree char *inside = g_build_filename(path, name, NULL);
            g_unlink(inside);
        }
        g_dir_close(d);
        g_rmdir(path);
    } else {
        g_unlink(path);
    }
}

static void remove_files(const char *dir)
{
    for (const struct output_name *n = output_names; n->name; n++) {
        g_auto(GStrv) files = g_strsplit(n->files, " ", -1);
        for (char **f = files; *f; f++) {
            g_autofree char *path = g_build_filename(dir, *f, NULL);
            remove_output(path);
        }
    }
    g_autofree char *pictures = g_build_filename(dir, PICTURES, NULL);
    remove_output(pictures);
}

bool outputs_remove(const char *dir, GError **error)
{
    if (!outputs_is_run(dir)) {
        g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_OUTPUT, "%s is no run folder", dir);
        return false;
    }
    remove_files(dir);
    g_rmdir(dir);
    return true;
}

static bool prepare(const char *dir, GError **error)
{
    if (g_file_test(dir, G_FILE_TEST_EXISTS)) {
        if (!g_file_test(dir, G_FILE_TEST_IS_DIR) || (!outputs_is_run(dir) && !is_empty(dir))) {
            g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_OUTPUT,
                        "%s: there is something else than a run here; it is left alone. Name "
                        "another folder with --out",
                        dir);
            return false;
        }
        remove_files(dir);
    }
    if (g_mkdir_with_parents(dir, 0777) == 0)
        return true;
    g_set_error(error, SCENARIO_ERROR, SCENARIO_ERROR_OUTPUT, "%s: cannot be made: %s", dir,
                g_strerror(errno));
    return false;
}

/* ---- Sinks ---- */

static void name_ends(struct outputs *o)
{
    struct net *net = world_net(o->w);
    for (size_t i = 0; i < net_link_count(net); i++) {
        struct net_link *l = net_link_at(net, i);
        for (uint32_t e = 0; e < net_link_ends(l); e++) {
            const struct net_if *end = net_link_end(l, e);
            const char *node = net_node_name(end->node);
            g_autofree char *name = g_strdup_printf("%s:%s:%s", net_link_name(l), node, end->name);
            if (o->capture)
                sink_pcapng_interface(o->capture, net_link_name(l), e, node, name);
            if (o->ladder)
                sink_ladder_end(o->ladder, net_link_name(l), e, node);
        }
    }
}

static void sample(void *self, sim_time now)
{
    sink_counters_sample(self, now);
}

static bool subscribe_tables(struct outputs *o, struct trace *t, GError **error)
{
    return (!(o->set & OUTPUT_SAS) || (o->sas = sink_lives_new(t, o->dir, error))) &&
           (!(o->set & OUTPUT_TRAFFIC) || (o->traffic = sink_flows_new(t, o->dir, error))) &&
           (!(o->set & OUTPUT_ESP) ||
            (o->esp = sink_table_new(&sink_table_esp, t, o->dir, error))) &&
           (!(o->set & OUTPUT_TCP) ||
            (o->tcp = sink_table_new(&sink_table_tcp, t, o->dir, error))) &&
           (!(o->set & OUTPUT_QUEUE) ||
            (o->queue = sink_table_new(&sink_table_queue, t, o->dir, error))) &&
           (!(o->set & OUTPUT_TIMELINE) ||
            (o->timeline = sink_table_new(&sink_table_timeline, t, o->dir, error)));
}

static bool subscribe(struct outputs *o, GError **error)
{
    struct trace *t = world_trace(o->w);
    if (o->set & OUTPUT_FINGERPRINT)
        o->fingerprint = sink_fingerprint_new(t);
    if (o->set & OUTPUT_CONSOLE)
        o->console = sink_console_new(t);
    if (!o->dir)
        return true;
    if (o->set & OUTPUT_EVENTS && !(o->events = sink_jsonl_new(t, o->dir, error)))
        return false;
    if (o->set & OUTPUT_CAPTURE &&
        !(o->capture = sink_pcapng_new(t, SINK_PCAPNG_DEFAULT, o->dir, error)))
        return false;
    if (!subscribe_tables(o, t, error))
        return false;
    if (o->set & OUTPUT_COUNTERS) {
        o->counters = sink_csv_new(t);
        world_sample(o->w, MAX(SECONDS(1), world_until(o->w) / SAMPLES), sample, o->counters);
    }
    if (o->set & OUTPUT_KEYS)
        o->keys = sink_keys_new(t);
    if (o->set & OUTPUT_LADDER)
        o->ladder = sink_ladder_new(t);
    name_ends(o);
    return true;
}

struct outputs *outputs_new(struct world *w, unsigned set, const char *dir, GError **error)
{
    struct outputs *o = g_new0(struct outputs, 1);
    o->w = w;
    o->set = set | OUTPUT_MANIFEST;
    o->dir = g_strdup(dir);
    g_autofree char *manifest = dir ? g_build_filename(dir, MANIFEST, NULL) : NULL;
    /* The mark of a run folder stands first: a run that is cut off may be written over later. */
    if ((!dir || (prepare(dir, error) && g_file_set_contents(manifest, "{}\n", -1, error))) &&
        subscribe(o, error))
        return o;
    outputs_free(o);
    return NULL;
}

void outputs_free(struct outputs *o)
{
    if (!o)
        return;
    g_clear_pointer(&o->events, sink_jsonl_free);
    g_clear_pointer(&o->counters, sink_csv_free);
    g_clear_pointer(&o->sas, sink_lives_free);
    g_clear_pointer(&o->traffic, sink_flows_free);
    g_clear_pointer(&o->esp, sink_table_free);
    g_clear_pointer(&o->tcp, sink_table_free);
    g_clear_pointer(&o->queue, sink_table_free);
    g_clear_pointer(&o->timeline, sink_table_free);
    g_clear_pointer(&o->capture, sink_pcapng_free);
    g_clear_pointer(&o->keys, sink_keys_free);
    g_clear_pointer(&o->ladder, sink_ladder_free);
    g_clear_pointer(&o->console, sink_console_free);
    g_clear_pointer(&o->fingerprint, sink_fingerprint_free);
    g_free(o->dir);
    g_free(o);
}

static bool write_text(const struct outputs *o, const char *name, GString *text, GError **error)
{
    g_autofree char *path = g_build_filename(o->dir, name, NULL);
    return g_file_set_contents(path, text->str, (gssize)text->len, error);
}

bool outputs_write(struct outputs *o, enum world_end end, GError **error)
{
    g_autoptr(GString) verdict = g_string_new(NULL), manifest = g_string_new(NULL);
    if (!o->dir)
        return true;
    verdict_json(verdict, o->w, end);
    manifest_json(manifest, o->w, o->set);
    return (!o->events || sink_jsonl_write(o->events, o->dir, error)) &&
           (!o->counters || sink_csv_write(o->counters, o->dir, error)) &&
           (!o->sas || sink_lives_write(o->sas, o->dir, error)) &&
           (!o->traffic || sink_flows_write(o->traffic, o->dir, error)) &&
           (!o->esp || sink_table_write(o->esp, o->dir, error)) &&
           (!o->tcp || sink_table_write(o->tcp, o->dir, error)) &&
           (!o->queue || sink_table_write(o->queue, o->dir, error)) &&
           (!o->timeline || sink_table_write(o->timeline, o->dir, error)) &&
           (!o->capture || sink_pcapng_write(o->capture, o->dir, error)) &&
           (!o->keys || sink_keys_write(o->keys, o->dir, error)) &&
           (!o->ladder || sink_ladder_write(o->ladder, o->dir, error)) &&
           (!o->console || sink_console_write(o->console, o->dir, error)) &&
           (!o->fingerprint || sink_fingerprint_write(o->fingerprint, o->dir, error)) &&
           (!(o->set & OUTPUT_VERDICT) || write_text(o, "verdict.json", verdict, error)) &&
           write_text(o, MANIFEST, manifest, error);
}

const char *outputs_fingerprint(struct outputs *o)
{
    return sink_fingerprint_hex(o->fingerprint);
}

const char *outputs_console(struct outputs *o, const char *node)
{
    return sink_console_text(o->console, node);
}

/* ---- Comparing two runs ---- */

static gint by_name(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Relative paths of all files, sorted. */
static void list_files(const char *root, const char *below, GPtrArray *out)
{
    g_autofree char *path = below ? g_build_filename(root, below, NULL) : g_strdup(root);
    GDir *d = g_dir_open(path, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));) {
        char *relative = below ? g_build_filename(below, name, NULL) : g_strdup(name);
        g_autofree char *full = g_build_filename(root, relative, NULL);
        if (g_file_test(full, G_FILE_TEST_IS_DIR)) {
            list_files(root, relative, out);
            g_free(relative);
        } else {
            g_ptr_array_add(out, relative);
        }
    }
    if (d)
        g_dir_close(d);
}

static bool same_file(const char *a, const char *b, const char *name, char **difference,
                      GError **error)
{
    g_autofree char *path_a = g_build_filename(a, name, NULL);
    g_autofree char *path_b = g_build_filename(b, name, NULL);
    g_autoptr(GMappedFile) x = g_mapped_file_new(path_a, FALSE, error);
    g_autoptr(GMappedFile) y = x ? g_mapped_file_new(path_b, FALSE, error) : NULL;
    if (!y)
        return false;
    gsize n = g_mapped_file_get_length(x), m = g_mapped_file_get_length(y), at = 0;
    const char *p = g_mapped_file_get_contents(x), *q = g_mapped_file_get_contents(y);
    if (n == m && (n == 0 || memcmp(p, q, n) == 0))
        return true;
    int line = 1;
    for (; at < MIN(n, m) && p[at] == q[at]; at++)
        line += p[at] == '\n' ? 1 : 0;
    *difference = g_strdup_printf("%s differs at byte %zu (line %d)", name, (size_t)at, line);
    return false;
}

bool outputs_same(const char *a, const char *b, char **difference, GError **error)
{
    g_autoptr(GPtrArray) in_a = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) in_b = g_ptr_array_new_with_free_func(g_free);
    *difference = NULL;
    list_files(a, NULL, in_a);
    list_files(b, NULL, in_b);
    g_ptr_array_sort(in_a, by_name);
    g_ptr_array_sort(in_b, by_name);
    for (guint i = 0; i < MAX(in_a->len, in_b->len); i++) {
        const char *x = i < in_a->len ? in_a->pdata[i] : NULL;
        const char *y = i < in_b->len ? in_b->pdata[i] : NULL;
        if (g_strcmp0(x, y) != 0) {
            *difference = g_strdup_printf("%s is in one run only", x ? x : y);
            return false;
        }
        if (!same_file(a, b, x, difference, error))
            return false;
    }
    return true;
}
