/* counters.csv: what every node counted, at the sampled times and at the end. Fields are quoted by
 * libcsv (RFC 4180). */
#include "sink_priv.h"

#include <csv.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>

#define FILE_NAME "counters.csv"

struct sample {
    sim_time at;
    const char *node, *counter; /* names live in `names` */
    uint64_t value;
};
struct sink_csv {
    struct trace *trace;
    GArray *samples;
    GStringChunk *names;
    sim_time now; /* of the sample being taken */
};

struct sink_csv *sink_csv_new(struct trace *t)
{
    struct sink_csv *s = g_new0(struct sink_csv, 1);
    s->trace = t;
    s->samples = g_array_new(FALSE, FALSE, sizeof(struct sample));
    s->names = g_string_chunk_new(4096);
    return s;
}

void sink_csv_free(struct sink_csv *s)
{
    if (!s)
        return;
    g_array_free(s->samples, TRUE);
    g_string_chunk_free(s->names);
    g_free(s);
}

static void take(void *self, const struct trace_scope *scope, const char *name, uint64_t value)
{
    struct sink_csv *s = self;
    struct sample one = {s->now, g_string_chunk_insert_const(s->names, scope->name),
                         g_string_chunk_insert_const(s->names, name), value};
    g_array_append_val(s->samples, one);
}

void sink_counters_sample(struct sink_csv *s, sim_time now)
{
    s->now = now;
    trace_counter_each(s->trace, take, s);
}

/* ---- the file ---- */

static void put_row(FILE *f, const char *const *cell, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i > 0)
            fputc(',', f);
        csv_fwrite(f, cell[i], strlen(cell[i]));
    }
    fputc('\n', f);
}

static void put_samples(FILE *f, const GArray *samples)
{
    put_row(f, (const char *const[]){"time_ns", "node", "counter", "value"}, 4);
    for (guint i = 0; i < samples->len && !ferror(f); i++) {
        const struct sample *one = &g_array_index(samples, struct sample, i);
        char at[24], value[24];
        g_snprintf(at, sizeof at, "%" PRId64, one->at);
        g_snprintf(value, sizeof value, "%" PRIu64, one->value);
        put_row(f, (const char *const[]){at, one->node, one->counter, value}, 4);
    }
}

bool sink_csv_write(struct sink_csv *s, const char *dir, GError **error)
{
    /* What the owner sampled at this very time already is the end. */
    sim_time now = sim_now(trace_sim(s->trace));
    if (s->samples->len == 0 || s->now != now)
        sink_counters_sample(s, now);
    if (!sink_make_dir(dir, error))
        return false;
    g_autofree char *path = g_build_filename(dir, FILE_NAME, NULL);
    FILE *f = g_fopen(path, "wb");
    if (!f)
        return sink_fail(error, path, errno);
    put_samples(f, s->samples);
    int why = ferror(f) ? EIO : 0;
    if (fflush(f) != 0)
        why = errno;
    if (fclose(f) != 0 && why == 0)
        why = errno;
    return why == 0 || sink_fail(error, path, why);
}
