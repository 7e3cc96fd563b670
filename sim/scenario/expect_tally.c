/* Events, packets and traffic counted as they happen, for the expectations they concern. */
#include <string.h>

#include "base/text.h"
#include "expect_priv.h"

void event_field_text(GString *out, const struct trace_field *f, const void *data)
{
    const char *p = (const char *)data + f->offset;
    const char *name;
    switch (f->kind) {
    case KIND_U32:
        g_string_append_printf(out, "%u", *(const uint32_t *)p);
        break;
    case KIND_U64:
        g_string_append_printf(out, "%" G_GUINT64_FORMAT, (guint64) * (const uint64_t *)p);
        break;
    case KIND_I64:
    case KIND_TIME:
        g_string_append_printf(out, "%" G_GINT64_FORMAT, (gint64) * (const int64_t *)p);
        break;
    case KIND_BOOL:
        g_string_append(out, *(const bool *)p ? "true" : "false");
        break;
    case KIND_IP4:
        g_string_append(out, IP4S(*(const ip4 *)p));
        break;
    case KIND_STR:
        name = *(const char *const *)p;
        g_string_append(out, name ? name : "null");
        break;
    case KIND_SPAN:
        text_hex(out, *(const struct span *)p);
        break;
    case KIND_ENUM:
        name = f->enum_name(*(const int *)p);
        if (name)
            g_string_append(out, name);
        else
            g_string_append_printf(out, "%d", *(const int *)p);
        break;
    default:
        break;
    }
}

static bool field_fits(const struct want *w, const void *data)
{
    struct ip4_net net;
    if (w->field->kind == KIND_IP4 && strchr(w->test, '/') && ip4_net_parse(w->test, &net))
        return ip4_in(*(const ip4 *)((const char *)data + w->field->offset), net);
    g_autoptr(GString) value = g_string_new(NULL);
    event_field_text(value, w->field, data);
    size_t n = strlen(w->test);
    if (w->field->kind == KIND_STR && n >= 2 && w->test[0] == '/' && w->test[n - 1] == '/') {
        struct speech *s = speech_new(w->test, NULL);
        bool fits = s && speech_in(s, value->str);
        speech_free(s);
        return fits;
    }
    return units_test(w->test, value->str);
}

static void remember_near(struct expectation *x, const struct trace_event *e)
{
    g_autoptr(GString) s = g_string_new(NULL);
    units_time_text(s, e->at);
    g_string_append_printf(s, " %s", e->scope->name);
    for (guint i = 0; i < x->wants->len; i++) {
        const struct want *w = &g_array_index(x->wants, struct want, i);
        g_string_append_printf(s, " %s=", w->name);
        event_field_text(s, w->field, e->data);
    }
    g_free(x->near);
    x->near = g_strdup(s->str);
}

static void hit(struct expectation *x, const struct trace_event *e)
{
    if (x->hits++ == 0)
        x->first_hit = e->at;
}

static void hear_event(struct expectation *x, const struct trace_event *e)
{
    for (guint i = 0; i < x->wants->len; i++)
        if (!field_fits(&g_array_index(x->wants, struct want, i), e->data)) {
            remember_near(x, e);
            return;
        }
    hit(x, e);
}

static void hear_packet(struct expectation *x, struct net *net, const struct trace_event *e)
{
    const struct ev_link_tx *tx = e->data;
    if (x->link && strcmp(net_link_name(x->link), tx->link) != 0)
        return;
    const struct net_link *l = x->link ? x->link : net_link_by_name(net, tx->link);
    if (l && matcher_takes_on(x->matcher, l, tx->end, tx->number, tx->frame))
        hit(x, e);
}

/* Sent and received are what happened in the window; lost is what was sent in it and has not
 * arrived when it is looked at. */
static void hear_traffic(struct expectation *x, const struct trace_event *e)
{
    bool inside = e->at >= x->from && e->at <= x->to;
    if (e->id == EV_traffic_tx) {
        const struct ev_traffic_tx *tx = e->data;
        if (!inside || strcmp(tx->flow, x->flow) != 0)
            return;
        x->n_sent++;
        if (x->lost) {
            gint64 number = (gint64)tx->number;
            g_hash_table_add(x->answered, g_memdup2(&number, sizeof number));
        }
        return;
    }
    if (e->id == EV_traffic_error) {
        const struct ev_traffic_error *error = e->data;
        if (inside && strcmp(error->flow, x->flow) == 0)
            x->n_errors++;
        return;
    }
    const struct ev_traffic_rx *rx = e->data;
    if (e->id != EV_traffic_rx || strcmp(rx->flow, x->flow) != 0)
        return;
    gint64 number = (gint64)rx->number;
    if (inside) {
        x->n_received++;
        x->n_bytes += rx->bytes;
    }
    g_hash_table_remove(x->answered, &number);
}

void expectation_hear(struct expectation *x, const struct trace_event *e)
{
    if (x->about == ABOUT_TRAFFIC) {
        hear_traffic(x, e);
        return;
    }
    if (e->at < x->from || e->at > x->to)
        return;
    if (x->about == ABOUT_EVENT && e->id == x->event &&
        (!x->device || e->scope == x->device->scope))
        hear_event(x, e);
}

void expectation_hear_packet(struct expectation *x, struct net *net, const struct trace_event *e)
{
    if (e->at >= x->from && e->at <= x->to)
        hear_packet(x, net, e);
}
