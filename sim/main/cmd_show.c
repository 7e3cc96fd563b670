/* vpnsim show: a finished run (its verdicts, files and consoles), or a scenario in words. */
#include <string.h>

#include "base/text.h"
#include "main.h"
#include "scenario/outputs.h"
#include "scenario/units.h"

static const GOptionEntry entries[] = {{NULL, 0, 0, 0, NULL, NULL, NULL}};

/* ---- A run ---- */

static gint by_text(gconstpointer a, gconstpointer b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *consoles_of(const char *dir)
{
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
    g_autofree char *path = g_build_filename(dir, "console", NULL);
    GDir *d = g_dir_open(path, 0, NULL);
    for (const char *name; d && (name = g_dir_read_name(d));)
        if (g_str_has_suffix(name, ".txt"))
            g_ptr_array_add(names, g_strndup(name, strlen(name) - 4));
    if (d)
        g_dir_close(d);
    g_ptr_array_sort(names, by_text);
    return names;
}

static int show_console(const char *dir, const char *node)
{
    g_autoptr(GPtrArray) names = consoles_of(dir);
    g_autofree char *name = g_strconcat("console/", node, ".txt", NULL);
    bool known = false;
    for (guint i = 0; i < names->len; i++)
        known = known || strcmp(names->pdata[i], node) == 0;
    if (!known) {
        const char *near = text_nearest(node, (const char *const *)names->pdata, names->len);
        return complain("show", "%s has no console of \"%s\"%s%s%s", dir, node,
                        near ? "; did you mean \"" : "", near ? near : "", near ? "\"?" : "");
    }
    g_autofree char *text = run_file("show", dir, name);
    if (!text)
        return EXIT_USAGE;
    fputs(text, stdout);
    return EXIT_MET;
}

/* verdict.json is ours: a verdict a line, name first, then state. */
static void show_verdicts(const char *dir)
{
    g_autofree char *path = g_build_filename(dir, "verdict.json", NULL);
    g_autofree char *text = NULL;
    if (!g_file_get_contents(path, &text, NULL, NULL))
        return;
    g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
    for (char **l = lines; *l; l++) {
        char *name = strstr(*l, "{\"name\": \""), *state = strstr(*l, "\", \"state\": \"");
        if (!name || !state)
            continue;
        *state = '\0';
        state += strlen("\", \"state\": \"");
        state[strcspn(state, "\"")] = '\0';
        printf("  %-11s  %s\n", state, name + strlen("{\"name\": \""));
    }
}

static int show_run(const char *dir)
{
    printf("%s\n", dir);
    show_verdicts(dir);
    for (const struct output_name *n = output_names; n->name; n++) {
        g_auto(GStrv) files = g_strsplit(n->files, " ", -1);
        for (char **f = files; *f; f++) {
            g_autofree char *path = g_build_filename(dir, *f, NULL);
            if (g_file_test(path, G_FILE_TEST_EXISTS))
                printf("  %s%s - %s\n", path, g_file_test(path, G_FILE_TEST_IS_DIR) ? "/" : "",
                       n->doc);
        }
    }
    g_autoptr(GPtrArray) names = consoles_of(dir);
    for (guint i = 0; i < names->len; i++)
        printf("  vpnsim show %s %s\n", dir, (char *)names->pdata[i]);
    return EXIT_MET;
}

/* ---- A scenario ---- */

static void show_nodes(struct world *w)
{
    puts("nodes");
    for (size_t i = 0; i < world_device_count(w); i++) {
        struct device *d = world_device_at(w, i);
        printf("  %s: %s%s%s\n", d->name, d->kind->name, d->version ? " " : "",
               d->version ? d->version : "");
        for (size_t k = 0; k < net_if_count(d->node); k++) {
            const struct net_if *n = net_if_at(d->node, k);
            printf("    %s %s/%d%s%s\n", n->name, IP4S(n->addr), ip4_mask_len(n->mask),
                   n->link ? " on " : "", n->link ? net_link_name(n->link) : "");
        }
    }
}

static void show_links(struct world *w)
{
    puts("links");
    for (size_t i = 0; i < net_link_count(world_net(w)); i++) {
        struct net_link *l = net_link_at(world_net(w), i);
        g_autoptr(GString) out = g_string_new(NULL);
        for (uint32_t e = 0; e < net_link_ends(l); e++) {
            const struct net_if *n = net_link_end(l, e);
            g_string_append_printf(out, "%s%s:%s", e ? " - " : "", net_node_name(n->node), n->name);
        }
        const struct net_impair *im = net_link_impairment(l, 0);
        g_string_append(out, ", delay ");
        units_time_text(out, im->delay);
        if (im->rate_bps)
            g_string_append_printf(out, ", %" G_GUINT64_FORMAT " bps", (guint64)im->rate_bps);
        printf("  %s: %s\n", net_link_name(l), out->str);
    }
}

static int show_scenario(const char *path)
{
    GError *error = NULL;
    struct scenario *s = scenario_load(path, NULL, &error);
    struct world *w = s ? world_new(s, &(struct world_options){.lenient = true}, &error) : NULL;
    if (!w) {
        scenario_free(s);
        return complain_error(error);
    }
    g_autoptr(GString) time = g_string_new(NULL);
    units_time_text(time, scenario_duration(s));
    printf("%s%s%s\n", scenario_name(s), scenario_title(s) ? ": " : "",
           scenario_title(s) ? scenario_title(s) : "");
    for (size_t i = 0; i < scenario_source_count(s); i++)
        printf("%s%s", i ? ", " : "reproduces ", scenario_source(s, i));
    printf("%s%s, seed %" G_GUINT64_FORMAT "\n", scenario_source_count(s) ? "; " : "", time->str,
           (guint64)scenario_seed(s));
    show_nodes(w);
    show_links(w);
    world_free(w);
    scenario_free(s);
    return EXIT_MET;
}

int cmd_show(int argc, char **argv)
{
    if (!options_parse("show", "RUN [NODE] | SCENARIO", "a finished run or a scenario in words",
                       "With a node, that node's console as it stood in the run.", entries, &argc,
                       &argv))
        return EXIT_USAGE;
    if (argc < 2 || argc > 3)
        return complain("show", "show what? (vpnsim show --help)");
    if (outputs_is_run(argv[1]))
        return argc == 3 ? show_console(argv[1], argv[2]) : show_run(argv[1]);
    return show_scenario(argv[1]);
}
