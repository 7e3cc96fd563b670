/* The fingerprint of a run: SHA-256 over a canonical form of its events. Names stand for events,
 * fields and enumerators, so that a row added to a table moves only the runs in which it happens.
 */
#include "sink_priv.h"

#include <string.h>
#include "base/span.h"

#define BUFFER 65536

struct sink_fingerprint {
    struct trace *trace;
    GChecksum *sum;
    char hex[65];
    size_t n;
    uint8_t buffer[BUFFER];
};

static void spill(struct sink_fingerprint *s)
{
    g_checksum_update(s->sum, s->buffer, (gssize)s->n);
    s->n = 0;
}

static void put(struct sink_fingerprint *s, const void *p, size_t n)
{
    if (s->n + n > BUFFER)
        spill(s);
    if (n > BUFFER) {
        g_checksum_update(s->sum, p, (gssize)n);
        return;
    }
    if (n > 0)
        memcpy(s->buffer + s->n, p, n);
    s->n += n;
}

static void put_u64(struct sink_fingerprint *s, uint64_t v)
{
    uint8_t be[8];
    be64_put(be, v);
    put(s, be, sizeof be);
}

/* Length and bytes: two neighbours can never be taken for another pair. */
static void put_bytes(struct sink_fingerprint *s, const void *p, size_t n)
{
    put_u64(s, n);
    put(s, p, n);
}

static void put_text(struct sink_fingerprint *s, const char *text)
{
    if (text)
        put_bytes(s, text, strlen(text));
    else
        put_u64(s, UINT64_MAX);
}

static void put_enum(struct sink_fingerprint *s, const struct trace_field *f, int v)
{
    const char *name = f->enum_name ? f->enum_name(v) : NULL;
    put_text(s, name);
    if (!name)
        put_u64(s, (uint64_t)v);
}

static void put_field(struct sink_fingerprint *s, const struct trace_field *f, const void *at)
{
    const struct span *bytes;
    put_text(s, f->name);
    switch (f->kind) {
    case KIND_U32:
        put_u64(s, *(const uint32_t *)at);
        break;
    case KIND_IP4:
        put_u64(s, *(const ip4 *)at);
        break;
    case KIND_U64:
        put_u64(s, *(const uint64_t *)at);
        break;
    case KIND_I64:
    case KIND_TIME:
        put_u64(s, (uint64_t) * (const int64_t *)at);
        break;
    case KIND_BOOL:
        put_u64(s, *(const bool *)at);
        break;
    case KIND_STR:
        put_text(s, *(const char *const *)at);
        break;
    case KIND_SPAN:
        bytes = at;
        put_bytes(s, bytes->p, bytes->n);
        break;
    case KIND_ENUM:
        put_enum(s, f, *(const int *)at);
        break;
    case KIND_END:
        g_assert_not_reached();
    }
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_fingerprint *s = self;
    if (e->id == EV_verdict || e->id == EV_note)
        return;
    put_u64(s, (uint64_t)e->at);
    put_text(s, e->scope->name);
    put_text(s, trace_event_name(e->id));
    for (const struct trace_field *f = trace_event_fields(e->id); f->name; f++)
        put_field(s, f, sink_field_at(e, f));
}

struct sink_fingerprint *sink_fingerprint_new(struct trace *t)
{
    struct sink_fingerprint *s = g_new0(struct sink_fingerprint, 1);
    s->trace = t;
    s->sum = g_checksum_new(G_CHECKSUM_SHA256);
    struct trace_mask all = {0};
    trace_mask_all(&all);
    trace_subscribe(t, NULL, &all, on_event, s);
    return s;
}

const char *sink_fingerprint_hex(struct sink_fingerprint *s)
{
    spill(s);
    GChecksum *so_far = g_checksum_copy(s->sum); /* reading the digest would close it */
    g_strlcpy(s->hex, g_checksum_get_string(so_far), sizeof s->hex);
    g_checksum_free(so_far);
    return s->hex;
}

bool sink_fingerprint_write(struct sink_fingerprint *s, const char *dir, GError **error)
{
    g_autofree char *line = g_strdup_printf("%s\n", sink_fingerprint_hex(s));
    return sink_save(dir, "fingerprint", line, strlen(line), error);
}

void sink_fingerprint_free(struct sink_fingerprint *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    g_checksum_free(s->sum);
    g_free(s);
}
