/* events.jsonl: every event, a JSON object a line, printed from the rows that made its struct. */
#include "sink_priv.h"

#include <string.h>
#include "base/text.h"

#define FILE_NAME "events.jsonl"

/* ---- one event ---- */

/* Numbers that people know as hex, and cookies, which do not fit the 53 bits of a JSON number. */
static const char *const hex_fields[] = {"cky_i", "cky_r", "spi", "spi_in", "spi_out", "msgid"};

static bool is_hex(const char *name)
{
    for (size_t i = 0; i < G_N_ELEMENTS(hex_fields); i++)
        if (strcmp(name, hex_fields[i]) == 0)
            return true;
    return false;
}

static void put_number(GString *out, const char *name, uint64_t v, int digits)
{
    if (!is_hex(name)) {
        text_put_u64(out, v);
        return;
    }
    g_string_append_c(out, '"');
    text_put_hex(out, v, digits);
    g_string_append_c(out, '"');
}

static void put_signed(GString *out, int64_t v)
{
    if (v < 0)
        g_string_append_c(out, '-');
    text_put_u64(out, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

static void put_address(GString *out, ip4 a)
{
    g_string_append_c(out, '"');
    for (int shift = 24; shift >= 0; shift -= 8) {
        text_put_u64(out, a >> shift & 0xff);
        g_string_append_c(out, shift ? '.' : '"');
    }
}

static void put_enum(GString *out, const struct trace_field *f, int v)
{
    const char *name = f->enum_name ? f->enum_name(v) : NULL;
    if (name)
        text_json_string(out, name);
    else
        g_string_append_printf(out, "%d", v);
}

static void put_field(GString *out, const struct trace_field *f, const void *at)
{
    const char *s;
    switch (f->kind) {
    case KIND_U32:
        put_number(out, f->name, *(const uint32_t *)at, 8);
        break;
    case KIND_U64:
        put_number(out, f->name, *(const uint64_t *)at, 16);
        break;
    case KIND_I64:
    case KIND_TIME:
        put_signed(out, *(const int64_t *)at);
        break;
    case KIND_BOOL:
        g_string_append(out, *(const bool *)at ? "true" : "false");
        break;
    case KIND_IP4:
        put_address(out, *(const ip4 *)at);
        break;
    case KIND_STR:
        s = *(const char *const *)at;
        if (s)
            text_json_string(out, s);
        else
            g_string_append(out, "null");
        break;
    case KIND_SPAN:
        g_string_append_c(out, '"');
        text_hex(out, *(const struct span *)at);
        g_string_append_c(out, '"');
        break;
    case KIND_ENUM:
        put_enum(out, f, *(const int *)at);
        break;
    case KIND_END:
        g_assert_not_reached();
    }
}

void sink_fields_json(GString *out, const struct trace_event *e)
{
    for (const struct trace_field *f = trace_event_fields(e->id); f->name; f++) {
        g_string_append(out, ",\"");
        g_string_append(out, f->name);
        g_string_append(out, "\":");
        put_field(out, f, sink_field_at(e, f));
    }
}

void sink_event_json(GString *out, const struct trace_event *e)
{
    g_string_append(out, "{\"t\":");
    put_signed(out, e->at);
    g_string_append(out, ",\"seq\":");
    text_put_u64(out, e->seq);
    g_string_append(out, ",\"step\":");
    text_put_u64(out, e->step);
    g_string_append(out, ",\"node\":");
    text_json_string(out, e->scope->name);
    g_string_append(out, ",\"event\":\"");
    g_string_append(out, trace_event_name(e->id));
    g_string_append_c(out, '"');
    sink_fields_json(out, e);
    g_string_append_c(out, '}');
}

/* ---- the file ---- */

struct sink_jsonl {
    struct trace *trace;
    struct sink_out out;
    GString *line;
};

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_jsonl *s = self;
    g_string_truncate(s->line, 0);
    sink_event_json(s->line, e);
    g_string_append_c(s->line, '\n');
    sink_out_put(&s->out, s->line->str, s->line->len);
}

struct sink_jsonl *sink_jsonl_new(struct trace *t, const char *stream_dir, GError **error)
{
    struct sink_jsonl *s = g_new0(struct sink_jsonl, 1);
    if (!sink_out_open(&s->out, stream_dir, FILE_NAME, error)) {
        g_free(s);
        return NULL;
    }
    s->trace = t;
    s->line = g_string_new(NULL);
    struct trace_mask all = {0};
    trace_mask_all(&all);
    trace_subscribe(t, NULL, &all, on_event, s);
    return s;
}

bool sink_jsonl_write(struct sink_jsonl *s, const char *dir, GError **error)
{
    return sink_out_close(&s->out, dir, FILE_NAME, error);
}

void sink_jsonl_free(struct sink_jsonl *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    sink_out_clear(&s->out);
    g_string_free(s->line, TRUE);
    g_free(s);
}
