/* Verdicts printed: a table for people, lines for programs. */
#include <string.h>

#include "base/text.h"
#include "main.h"
#include "scenario/outputs.h"
#include "scenario/units.h"

static void table_row(const struct verdict *v)
{
    static const char *const words[] = {"pass", "FAIL", "----"};
    static const char *const colors[] = {"green", "red", "dim"};
    printf("  %s%s%s  %s\n", color_on(stdout, colors[v->state]), words[v->state], color_off(stdout),
           v->name);
    if (v->state == VERDICT_PASSED)
        return;
    if (v->file)
        printf("        %s:%d\n", v->file, v->line);
    printf("        wanted: %s\n        seen:   %s\n", v->wanted, v->detail);
}

static void table(struct world *w, bool quiet)
{
    const GPtrArray *all = world_verdicts(w);
    const char *title = scenario_title(world_scenario(w));
    if (!quiet)
        printf("%s%s%s\n", scenario_name(world_scenario(w)), title ? ": " : "", title ? title : "");
    for (guint i = 0; i < all->len; i++) {
        const struct verdict *v = all->pdata[i];
        if (!quiet || v->state != VERDICT_PASSED)
            table_row(v);
    }
}

static void json_row(const struct verdict *v)
{
    g_autoptr(GString) s = g_string_new("{\"name\":");
    text_json_string(s, v->name);
    g_string_append_printf(s, ",\"state\":\"%s\",\"wanted\":", verdict_state_name(v->state));
    text_json_string(s, v->wanted);
    g_string_append(s, ",\"seen\":");
    text_json_string(s, v->detail);
    g_string_append_printf(s, ",\"at\":%" G_GINT64_FORMAT "}", (gint64)v->at);
    puts(s->str);
}

static void csv_row(const struct verdict *v)
{
    g_autoptr(GString) s = g_string_new(NULL);
    g_autofree char *at = g_strdup_printf("%" G_GINT64_FORMAT, (gint64)v->at);
    const char *const fields[] = {v->name, verdict_state_name(v->state), v->wanted, v->detail, at};
    for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
        csv_field(s, fields[i], i == 0);
    puts(s->str);
}

static void summary(struct world *w, enum world_end end, const char *dir)
{
    const GPtrArray *all = world_verdicts(w);
    unsigned count[3] = {0};
    for (guint i = 0; i < all->len; i++)
        count[((const struct verdict *)all->pdata[i])->state]++;
    g_autoptr(GString) time = g_string_new(NULL);
    units_time_text(time, sim_now(world_sim(w)));
    printf("%u passed, %u failed", count[VERDICT_PASSED], count[VERDICT_FAILED]);
    if (count[VERDICT_NOT_REACHED])
        printf(", %u not reached", count[VERDICT_NOT_REACHED]);
    printf("; %s simulated, %" G_GUINT64_FORMAT " events, seed %" G_GUINT64_FORMAT, time->str,
           (guint64)sim_events(world_sim(w)), (guint64)world_seed(w));
    printf(dir ? "; %s\n" : "\n", dir);
}

void report_verdicts(struct world *w, enum world_end end, enum format format, bool quiet,
                     const char *dir)
{
    const GPtrArray *all = world_verdicts(w);
    if (format == FORMAT_TEXT) {
        table(w, quiet);
        summary(w, end, dir);
        return;
    }
    if (format == FORMAT_CSV)
        puts("name,state,wanted,seen,at");
    for (guint i = 0; i < all->len; i++)
        (format == FORMAT_CSV ? csv_row : json_row)(all->pdata[i]);
}
