/* Verdicts and the description of a run as JSON. No wall-clock time, no path of this machine. */
#include <string.h>

#include "base/text.h"
#include "outputs_priv.h"

const char *verdict_state_name(enum verdict_state s)
{
    static const char *const names[] = {"passed", "failed", "not-reached"};
    return names[s];
}

static void member(GString *out, const char *key, const char *value, const char *before)
{
    g_string_append_printf(out, "%s\"%s\": ", before, key);
    if (value)
        text_json_string(out, value);
    else
        g_string_append(out, "null");
}

static void add_verdict(GString *out, const struct verdict *v)
{
    member(out, "name", v->name, "    {");
    member(out, "state", verdict_state_name(v->state), ", ");
    member(out, "wanted", v->wanted, ", ");
    member(out, "seen", v->detail, ", ");
    g_string_append_printf(out, ", \"at\": %" G_GINT64_FORMAT, (gint64)v->at);
    if (v->file) {
        g_autofree char *file = g_path_get_basename(v->file);
        member(out, "file", file, ", ");
        g_string_append_printf(out, ", \"line\": %d", v->line);
    }
    g_string_append_c(out, '}');
}

void verdict_json(GString *out, struct world *w, enum world_end end)
{
    static const char *const ends[] = {"done", "stopped", "limit"};
    const GPtrArray *all = world_verdicts(w);
    member(out, "scenario", scenario_name(world_scenario(w)), "{\n  ");
    g_string_append_printf(out, ",\n  \"seed\": %" G_GUINT64_FORMAT, (guint64)world_seed(w));
    g_string_append_printf(out, ",\n  \"until\": %" G_GINT64_FORMAT, (gint64)world_until(w));
    member(out, "end", ends[end], ",\n  ");
    g_string_append_printf(out, ",\n  \"passed\": %s,\n  \"verdicts\": [",
                           world_passed(w) && end == WORLD_DONE ? "true" : "false");
    for (guint i = 0; i < all->len; i++) {
        g_string_append(out, i ? ",\n" : "\n");
        add_verdict(out, all->pdata[i]);
    }
    g_string_append(out, "\n  ]\n}\n");
}

/* ---- manifest.json ---- */

static char *sha256_of(const char *text)
{
    uint8_t digest[CRYPTO_MAX_DIGEST];
    GString *hex = g_string_new(NULL);
    hash_of(HASH_SHA256, &(struct span){(const uint8_t *)text, strlen(text)}, 1, digest);
    text_hex(hex, span_of(digest, hash_bytes(HASH_SHA256)));
    return g_string_free(hex, FALSE);
}

static void add_device(GString *out, const struct device *d)
{
    member(out, "name", d->name, "    {");
    member(out, "kind", d->kind->name, ", ");
    member(out, "version", d->version, ", ");
    g_autofree char *hash = d->startup_text ? sha256_of(d->startup_text) : NULL;
    member(out, "config-sha256", hash, ", ");
    g_string_append_c(out, '}');
}

void manifest_json(GString *out, struct world *w, unsigned set)
{
    const struct scenario *s = world_scenario(w);
    g_string_append(out, "{\n  \"vpnsim\": 1");
    member(out, "scenario", scenario_name(s), ",\n  ");
    member(out, "title", scenario_title(s), ",\n  ");
    g_string_append_printf(out, ",\n  \"seed\": %" G_GUINT64_FORMAT, (guint64)world_seed(w));
    g_string_append_printf(out, ",\n  \"until\": %" G_GINT64_FORMAT, (gint64)world_until(w));
    g_string_append_printf(out, ",\n  \"events\": %" G_GUINT64_FORMAT,
                           (guint64)sim_events(world_sim(w)));
    g_string_append(out, ",\n  \"nodes\": [");
    for (size_t i = 0; i < world_device_count(w); i++) {
        g_string_append(out, i ? ",\n" : "\n");
        add_device(out, world_device_at(w, i));
    }
    g_string_append(out, "\n  ],\n  \"outputs\": [");
    bool first = true;
    for (const struct output_name *n = output_names; n->name; n++)
        if (set & n->bit) {
            g_string_append_printf(out, "%s\"%s\"", first ? "" : ", ", n->name);
            first = false;
        }
    g_string_append(out, "]\n}\n");
}
