/* The ladder, collected: each ISAKMP message an arrow, everything else in runs. A run is what one
 * node sends to another under one label with one fate, between two messages or marks; so a day of
 * pings is a line, and a retransmission stands out. */
#include "ladder_priv.h"

#include <string.h>
#include "wire/isakmp.h"

#define ITEMS_MAX 20000 /* lines of ladder.txt; what comes after is counted */
#define RUNS_MAX  100   /* labels between two messages, before the rest becomes "other packets" */

struct end {
    char *link;
    uint32_t end, node;
};
/* A packet that was put on a link and has not come out. */
struct flight {
    const char *link;
    uint32_t end;
    uint64_t number;
    size_t item;
};
struct sink_ladder {
    struct trace *trace;
    GPtrArray *nodes; /* names, from left to right */
    GArray *ends;     /* struct end */
    GArray *items;    /* struct ladder_item */
    uint64_t left_out;
    GHashTable *runs;    /* of this stretch: key text to item number + 1 */
    GHashTable *flights; /* struct flight, by link, end and number */
    GHashTable *seen;    /* ISAKMP messages by sender and digest */
    GStringChunk *names; /* of links */
    struct ladder_words words;
    struct { /* sent last: its fate is known when the next event is not its drop */
        bool full;
        struct flight flight;
        sim_time at;
        uint32_t from;
        bool again;
    } held;
    GString *text;
};

/* ---- nodes and ends ---- */

static uint32_t node_of(struct sink_ladder *s, const char *name)
{
    for (guint i = 0; i < s->nodes->len; i++)
        if (strcmp(s->nodes->pdata[i], name) == 0)
            return i;
    g_ptr_array_add(s->nodes, g_strdup(name));
    return s->nodes->len - 1;
}

static void end_clear(void *p)
{
    g_free(((struct end *)p)->link);
}

void sink_ladder_end(struct sink_ladder *s, const char *link, uint32_t end, const char *node)
{
    struct end e = {g_strdup(link), end, node_of(s, node)};
    g_array_append_val(s->ends, e);
}

static guint ends_of(const struct sink_ladder *s, const char *link)
{
    guint n = 0;
    for (guint i = 0; i < s->ends->len; i++)
        n += strcmp(g_array_index(s->ends, struct end, i).link, link) == 0;
    return n;
}

/* The other end, where there is just one other. */
static uint32_t peer_of(const struct sink_ladder *s, const char *link, uint32_t end)
{
    uint32_t node = LADDER_NOBODY;
    for (guint i = 0; i < s->ends->len; i++) {
        const struct end *e = &g_array_index(s->ends, struct end, i);
        if (e->end == end || strcmp(e->link, link) != 0)
            continue;
        if (node != LADDER_NOBODY)
            return LADDER_NOBODY;
        node = e->node;
    }
    return node;
}

/* ---- flights ---- */

static guint flight_hash(gconstpointer p)
{
    const struct flight *f = p;
    return g_str_hash(f->link) ^ (f->end * 0x9e3779b9u) ^ (guint)(f->number * 0x85ebca6bu);
}

static gboolean flight_equal(gconstpointer a, gconstpointer b)
{
    const struct flight *x = a, *y = b;
    return x->number == y->number && x->end == y->end && strcmp(x->link, y->link) == 0;
}

/* ---- items ---- */

static void item_clear(void *p)
{
    struct ladder_item *i = p;
    g_free(i->label);
    g_free(i->detail);
}

static struct ladder_item *item_at(struct sink_ladder *s, size_t i)
{
    return &g_array_index(s->items, struct ladder_item, i);
}

#define NOT_KEPT SIZE_MAX
static size_t item_add(struct sink_ladder *s, const struct ladder_item *i, const char *label,
                       const char *detail)
{
    if (s->items->len == ITEMS_MAX) {
        s->left_out++;
        return NOT_KEPT;
    }
    struct ladder_item item = *i;
    item.label = g_strdup(label);
    item.detail = g_strdup(detail);
    g_array_append_val(s->items, item);
    return s->items->len - 1;
}

/* The run this packet belongs to; a new one when the stretch has none yet. */
static size_t run_for(struct sink_ladder *s, const struct ladder_item *i)
{
    const char *label = s->words.label->str;
    struct ladder_item other = *i;
    if (g_hash_table_size(s->runs) >= RUNS_MAX) {
        label = "other packets";
        other.has_seq = false;
        i = &other;
    }
    g_autofree char *key = g_strdup_printf("%u %u %d %s", i->from, i->to, (int)i->why, label);
    size_t at = GPOINTER_TO_SIZE(g_hash_table_lookup(s->runs, key));
    if (at > 0)
        return at - 1;
    at = item_add(s, i, label, s->words.detail->str);
    if (at != NOT_KEPT)
        g_hash_table_insert(s->runs, g_steal_pointer(&key), GSIZE_TO_POINTER(at + 1));
    return at;
}

/* A packet as an item: a message of its own or one more of a run. */
static size_t packet_add(struct sink_ladder *s, sim_time at, uint32_t from, uint32_t to,
                         enum drop_reason why, bool again)
{
    const struct ladder_words *w = &s->words;
    struct ladder_item i = {
        .kind = w->isakmp ? LADDER_MESSAGE : LADDER_RUN,
        .at = at,
        .last = at,
        .from = from,
        .to = to,
        .has_seq = w->has_seq,
        .seq_first = w->seq,
        .seq_last = w->seq,
        .why = why,
        .again = again,
    };
    size_t n;
    if (w->isakmp) {
        n = item_add(s, &i, w->label->str, w->detail->str);
        g_hash_table_remove_all(s->runs);
    } else {
        n = run_for(s, &i);
    }
    if (n == NOT_KEPT)
        return n;
    struct ladder_item *kept = item_at(s, n);
    kept->sent++;
    kept->last = at;
    kept->seq_first = MIN(kept->seq_first, w->seq);
    kept->seq_last = MAX(kept->seq_last, w->seq);
    return n;
}

/* ---- events ---- */

static void held_settle(struct sink_ladder *s, enum drop_reason why)
{
    if (!s->held.full)
        return;
    s->held.full = false;
    struct flight f = s->held.flight;
    f.item = packet_add(s, s->held.at, s->held.from, peer_of(s, f.link, f.end), why, s->held.again);
    if (why == DROP_NONE && f.item != NOT_KEPT)
        g_hash_table_add(s->flights, g_memdup2(&f, sizeof f));
}

/* True when this end sent the same ISAKMP message before. */
static bool is_again(struct sink_ladder *s, const char *link, uint32_t end, struct span frame)
{
    struct isakmp_head h;
    struct span message;
    if (!s->words.isakmp || !isakmp_in_ip4(frame, &h, &message))
        return false;
    if (g_hash_table_size(s->seen) >= SINK_MEMORY_MAX)
        g_hash_table_remove_all(s->seen);
    g_autofree char *digest = g_compute_checksum_for_data(G_CHECKSUM_SHA256, message.p, message.n);
    return !g_hash_table_add(s->seen, g_strdup_printf("%s %u %s", link, end, digest));
}

static void sent(struct sink_ladder *s, const struct trace_event *e, const struct ev_link_tx *ev)
{
    ladder_describe(ev->frame, &s->words);
    s->held.full = true;
    s->held.flight =
        (struct flight){g_string_chunk_insert_const(s->names, ev->link), ev->end, ev->number, 0};
    s->held.at = e->at;
    s->held.from = node_of(s, e->scope->name);
    s->held.again = is_again(s, ev->link, ev->end, ev->frame);
}

static void received(struct sink_ladder *s, const struct trace_event *e,
                     const struct ev_link_rx *ev)
{
    uint32_t to = node_of(s, e->scope->name);
    struct flight key = {ev->link, ev->end, ev->number, 0};
    const struct flight *f = g_hash_table_lookup(s->flights, &key);
    if (f) {
        struct ladder_item *i = item_at(s, f->item);
        i->arrived++;
        if (i->to == LADDER_NOBODY)
            i->to = to;
        g_hash_table_remove(s->flights, &key);
        return;
    }
    /* A copy made by the link. On a segment several ends may rightly hear one packet. */
    if (s->items->len == ITEMS_MAX || ends_of(s, ev->link) != 2)
        return;
    ladder_describe(ev->frame, &s->words);
    g_string_append(s->words.label, " (another copy)");
    uint32_t from = LADDER_NOBODY;
    for (guint i = 0; i < s->ends->len; i++) {
        const struct end *end = &g_array_index(s->ends, struct end, i);
        if (end->end == ev->end && strcmp(end->link, ev->link) == 0)
            from = end->node;
    }
    size_t n = packet_add(s, e->at, from, to, DROP_NONE, false);
    if (n != NOT_KEPT)
        item_at(s, n)->arrived++;
}

static void mark(struct sink_ladder *s, const struct trace_event *e)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (e->scope->name[0])
        g_string_append_printf(text, "%s: ", e->scope->name);
    if (e->id == EV_timeline) {
        const struct ev_timeline *ev = e->data;
        if (ev->label && ev->label[0])
            g_string_append_printf(text, "[%s] ", ev->label);
        g_string_append(text, ev->action ? ev->action : "");
    } else if (e->id == EV_injected) {
        const struct ev_injected *ev = e->data;
        g_string_append_printf(text, "injected: %s", ev->what ? ev->what : "");
    } else {
        const struct ev_device_reload *ev = e->data;
        g_string_append_printf(text, "reload %s", ev->reason ? ev->reason : "");
    }
    g_strdelimit(text->str, "\n\r\t", ' ');
    struct ladder_item i = {.kind = LADDER_MARK,
                            .at = e->at,
                            .last = e->at,
                            .from = LADDER_NOBODY,
                            .to = LADDER_NOBODY};
    item_add(s, &i, g_strchomp(text->str), "");
    g_hash_table_remove_all(s->runs);
}

static void on_event(void *self, const struct trace_event *e)
{
    struct sink_ladder *s = self;
    if (e->id == EV_link_drop) {
        const struct ev_link_drop *ev = e->data;
        struct flight key = {ev->link, ev->end, ev->number, 0};
        if (s->held.full && flight_equal(&s->held.flight, &key))
            held_settle(s, ev->why);
        return;
    }
    held_settle(s, DROP_NONE);
    if (e->id == EV_link_tx)
        sent(s, e, e->data);
    else if (e->id == EV_link_rx)
        received(s, e, e->data);
    else
        mark(s, e);
}

/* ---- life ---- */

struct sink_ladder *sink_ladder_new(struct trace *t)
{
    static const enum trace_id wanted[] = {EV_link_tx,  EV_link_rx,  EV_link_drop,
                                           EV_timeline, EV_injected, EV_device_reload};
    struct sink_ladder *s = g_new0(struct sink_ladder, 1);
    s->trace = t;
    s->nodes = g_ptr_array_new_with_free_func(g_free);
    s->ends = g_array_new(FALSE, FALSE, sizeof(struct end));
    g_array_set_clear_func(s->ends, end_clear);
    s->items = g_array_new(FALSE, FALSE, sizeof(struct ladder_item));
    g_array_set_clear_func(s->items, item_clear);
    s->runs = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    s->flights = g_hash_table_new_full(flight_hash, flight_equal, g_free, NULL);
    s->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    s->names = g_string_chunk_new(256);
    s->words = (struct ladder_words){.label = g_string_new(NULL), .detail = g_string_new(NULL)};
    s->text = g_string_new(NULL);
    struct trace_mask want = {0};
    for (size_t i = 0; i < G_N_ELEMENTS(wanted); i++)
        trace_mask_add(&want, wanted[i]);
    trace_subscribe(t, NULL, &want, on_event, s);
    return s;
}

void sink_ladder_free(struct sink_ladder *s)
{
    if (!s)
        return;
    trace_unsubscribe(s->trace, on_event, s);
    g_ptr_array_free(s->nodes, TRUE);
    g_array_free(s->ends, TRUE);
    g_array_free(s->items, TRUE);
    g_hash_table_destroy(s->runs);
    g_hash_table_destroy(s->flights);
    g_hash_table_destroy(s->seen);
    g_string_chunk_free(s->names);
    g_string_free(s->words.label, TRUE);
    g_string_free(s->words.detail, TRUE);
    g_string_free(s->text, TRUE);
    g_free(s);
}

static struct ladder_view view_of(struct sink_ladder *s)
{
    held_settle(s, DROP_NONE);
    return (struct ladder_view){
        .node = (const char *const *)s->nodes->pdata,
        .n_nodes = s->nodes->len,
        .item = (const struct ladder_item *)(void *)s->items->data,
        .n_items = s->items->len,
        .left_out = s->left_out,
    };
}

const char *sink_ladder_text(struct sink_ladder *s)
{
    struct ladder_view v = view_of(s);
    g_string_truncate(s->text, 0);
    ladder_draw_text(s->text, &v);
    return s->text->str;
}

bool sink_ladder_write(struct sink_ladder *s, const char *dir, GError **error)
{
    g_autoptr(GString) svg = g_string_new(NULL);
    struct ladder_view v = view_of(s);
    ladder_draw_svg(svg, &v);
    sink_ladder_text(s);
    return sink_save(dir, "ladder.txt", s->text->str, s->text->len, error) &&
           sink_save(dir, "ladder.svg", svg->str, svg->len, error);
}
