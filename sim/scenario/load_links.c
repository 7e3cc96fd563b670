/* Links made: their ends, and what they do to packets (design.md 3, "Impairments"). */
#include <csv.h>
#include <string.h>

#include "scenario_priv.h"

#define RECORDING_MAX  (64u << 20)
#define RECORDING_ROWS 5000000u

/* ---- Recordings: CSV with columns time, delay, lost ---- */

struct recording {
    GArray *rows; /* struct net_trace_row */
    struct net_trace_row row;
    size_t column, line;
    bool heading; /* this row names its columns */
    char *problem;
};

static void field(void *data, size_t len, void *self)
{
    struct recording *r = self;
    size_t column = r->column++;
    if (r->problem || r->heading)
        return;
    g_autofree char *s = g_strstrip(g_strndup(data ? data : "", len));
    bool ok = true, lost = false;
    if (column == 0)
        ok = units_time(s, &r->row.at);
    else if (column == 1)
        ok = !*s || units_time(s, &r->row.delay);
    else if (column == 2) {
        lost = strcmp(s, "1") == 0 || strcmp(s, "lost") == 0;
        ok = lost || !*s || strcmp(s, "0") == 0;
        r->row.lost = lost;
    }
    r->heading = !ok && r->line == 0 && column == 0 && g_ascii_isalpha(*s);
    if (!ok && !r->heading)
        r->problem = g_strdup_printf("\"%s\" is no %s", s,
                                     column == 0   ? "time such as 1.5s"
                                     : column == 1 ? "delay such as 20ms"
                                                   : "0 or 1");
}

static void row_end(int c, void *self)
{
    struct recording *r = self;
    if (!r->problem && !r->heading) {
        const struct net_trace_row *last =
            r->rows->len ? &g_array_index(r->rows, struct net_trace_row, r->rows->len - 1) : NULL;
        if (r->column < 2)
            r->problem = g_strdup("a row needs time and delay");
        else if (last && r->row.at < last->at)
            r->problem = g_strdup("times must not go back");
        else if (r->rows->len >= RECORDING_ROWS)
            r->problem = g_strdup("too many rows");
        else
            g_array_append_val(r->rows, r->row);
    }
    if (!r->problem)
        r->line++;
    r->column = 0;
    r->heading = false;
    r->row = (struct net_trace_row){0};
}

static bool parse_recording(struct recording *r, const char *text, size_t len)
{
    struct csv_parser parser;
    if (csv_init(&parser, CSV_STRICT | CSV_APPEND_NULL) != 0)
        return false;
    bool ok = csv_parse(&parser, text, len, field, row_end, r) == len &&
              csv_fini(&parser, field, row_end, r) == 0;
    if (!ok && !r->problem)
        r->problem = g_strdup(csv_strerror(csv_error(&parser)));
    csv_free(&parser);
    if (!r->problem && r->rows->len == 0)
        r->problem = g_strdup("there is no row in it");
    return !r->problem;
}

static bool load_recording(struct world *w, struct net_link *l, uint32_t end,
                           const struct yml_node *trace, bool loop, GError **error)
{
    if (!w->s->files)
        return yml_fail(error, trace, "other files are not read here");
    g_autofree char *path = yml_beside(trace->file, trace->text);
    g_autofree char *text = NULL;
    g_autoptr(GError) cause = NULL;
    size_t len;
    if (!yml_slurp(path, RECORDING_MAX, &text, &len, &cause))
        return yml_fail(error, trace, "%s", cause->message);
    struct recording r = {.rows = g_array_new(FALSE, FALSE, sizeof(struct net_trace_row))};
    bool ok = parse_recording(&r, text, len);
    if (!ok)
        yml_fail(error, trace, "%s:%zu: %s", path, r.line + 1, r.problem);
    g_free(r.problem);
    for (uint32_t i = 0; ok && i < net_link_ends(l); i++)
        if (end == UINT32_MAX || end == i)
            net_link_replay(l, i,
                            g_memdup2(r.rows->data, r.rows->len * sizeof(struct net_trace_row)),
                            r.rows->len, loop);
    g_array_free(r.rows, TRUE);
    return ok;
}

/* ---- Impairments ---- */

static int by_value(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void load_loss(struct net_impair *im, const struct yml_node *loss)
{
    im->loss_ppb = im->burst_enter_ppb = im->burst_leave_ppb = im->loss_mask_len = 0;
    im->loss_list = NULL;
    im->n_loss_list = 0;
    if (loss->kind == YML_MAP) {
        im->burst_enter_ppb = get_chance(loss, "enter", 0);
        im->burst_leave_ppb = get_chance(loss, "leave", 0);
    } else if (loss->kind == YML_LIST) {
        uint64_t *list = g_new(uint64_t, yml_count(loss) + 1);
        for (size_t i = 0; i < yml_count(loss); i++)
            units_count(yml_at(loss, i)->text, &list[i]);
        qsort(list, yml_count(loss), sizeof *list, by_value);
        im->loss_list = list;
        im->n_loss_list = yml_count(loss);
    } else if (!units_mask(loss->text, &im->loss_mask, &im->loss_mask_len)) {
        units_chance(loss->text, &im->loss_ppb);
    }
}

static bool lay_over(struct net_impair *im, const struct yml_node *tc, GError **error)
{
    const struct yml_node *loss = yml_get(tc, "loss"), *mtu = yml_get(tc, "mtu");
    im->delay = get_time(tc, "delay", im->delay);
    im->jitter = get_time(tc, "jitter", im->jitter);
    im->reorder_ppb = get_chance(tc, "reorder", im->reorder_ppb);
    if (im->reorder_ppb > 0 && im->reorder_by == 0)
        im->reorder_by = MILLISECONDS(10);
    im->reorder_by = get_time(tc, "reorder-by", im->reorder_by);
    im->duplicate_ppb = get_chance(tc, "duplicate", im->duplicate_ppb);
    im->corrupt_ppb = get_chance(tc, "corrupt", im->corrupt_ppb);
    im->blackhole = get_bool(tc, "blackhole", im->blackhole);
    const char *rate = get_text(tc, "rate", NULL);
    if (rate)
        units_rate(rate, &im->rate_bps);
    uint64_t queue = get_size(tc, "queue", im->queue_bytes), m = get_count(tc, "mtu", im->mtu);
    if (queue > UINT32_MAX)
        return yml_fail(error, yml_get(tc, "queue"), "a queue holds less than 4 GB");
    if (mtu && (m < 68 || m > 65535))
        return yml_fail(error, mtu, "an MTU is from 68 to 65535 (RFC 791)");
    im->queue_bytes = (uint32_t)queue;
    im->mtu = (uint16_t)m;
    if (loss)
        load_loss(im, loss);
    return true;
}

bool check_tc(const struct yml_node *tc, GError **error)
{
    struct net_impair im = {0};
    bool ok = lay_over(&im, tc, error);
    g_free((void *)im.loss_list);
    return ok;
}

/* What an end's list of losses is now, for a copy that the link takes over. */
static void copy_list(struct net_impair *im)
{
    if (im->n_loss_list > 0)
        im->loss_list = g_memdup2(im->loss_list, im->n_loss_list * sizeof *im->loss_list);
}

bool load_tc(struct world *w, struct net_link *l, uint32_t end, const struct yml_node *tc,
             GError **error)
{
    for (uint32_t i = 0; i < net_link_ends(l); i++) {
        if (end != UINT32_MAX && end != i)
            continue;
        struct net_impair im = *net_link_impairment(l, i);
        if (!yml_get(tc, "loss"))
            copy_list(&im);
        if (!lay_over(&im, tc, error))
            return false;
        net_link_impair(l, i, &im);
    }
    const struct yml_node *trace = yml_get(tc, "trace");
    return !trace || load_recording(w, l, end, trace, get_bool(tc, "loop", false), error);
}

bool load_impairments(struct world *w, struct net_link *l, const struct yml_node *owner,
                      GError **error)
{
    const struct yml_node *tc = yml_get(owner, "tc"), *from = yml_get(owner, "tc-from");
    if (yml_count(tc) > 0 && !load_tc(w, l, UINT32_MAX, tc, error))
        return false;
    for (size_t i = 0; i < yml_count(from); i++) {
        uint32_t end;
        if (!get_end(w, l, from->keys->pdata[i], &end, error) ||
            !load_tc(w, l, end, yml_at(from, i), error))
            return false;
    }
    return true;
}

/* ---- Ends ---- */

static struct net_if *same_but_for_case(struct net_node *node, const char *name)
{
    for (size_t i = 0; i < net_if_count(node); i++)
        if (g_ascii_strcasecmp(net_if_at(node, i)->name, name) == 0)
            return net_if_at(node, i);
    return NULL;
}

static bool attach(struct world *w, struct net_link *l, const struct yml_node *end, GError **error)
{
    const char *colon = strchr(end->text, ':');
    if (!colon || colon == end->text || !colon[1])
        return yml_fail(error, end, "an endpoint is written \"node:interface\"");
    g_autofree char *name = g_strndup(end->text, (gsize)(colon - end->text));
    struct yml_node node = *end;
    node.text = name;
    struct device *d = get_device(w, &node, error);
    if (!d)
        return false;
    struct net_if *i = net_if_by_name(d->node, colon + 1);
    struct net_if *alike = i ? NULL : same_but_for_case(d->node, colon + 1);
    if (alike)
        return yml_fail(error, end, "%s has no interface \"%s\"; did you mean \"%s\"?", name,
                        colon + 1, alike->name);
    if (!i)
        i = net_if_new(d->node, colon + 1);
    if (i->loopback)
        return yml_fail(error, end, "%s of %s is a loopback: nothing can be linked to it",
                        colon + 1, name);
    if (!net_link_attach(l, i))
        return yml_fail(error, end, "%s of %s is linked already, by %s", colon + 1, name,
                        i->link ? net_link_name(i->link) : "another link");
    return true;
}

static bool load_link(struct world *w, const struct yml_node *link, size_t number, GError **error)
{
    const struct yml_node *ends = yml_get(link, "endpoints");
    g_autofree char *numbered = g_strdup_printf("link%zu", number);
    const char *name = get_text(link, "name", numbered);
    if (net_link_by_name(w->net, name))
        return yml_fail(error, link, "there are two links of the name \"%s\"", name);
    if (yml_count(ends) < 1) /* one: the other is bound to something real, or leads nowhere */
        return yml_fail(error, ends, "a link has two ends, a segment more, one to be attached one");
    struct net_link *l = net_link_new(w->net, name);
    for (size_t i = 0; i < yml_count(ends); i++)
        if (!attach(w, l, yml_at(ends, i), error))
            return false;
    if (!load_impairments(w, l, link, error))
        return false;
    if (strcmp(get_text(link, "state", "up"), "down") == 0)
        net_link_set_up(l, false);
    return true;
}

bool load_links(struct world *w, GError **error)
{
    const struct yml_node *links = yml_get(yml_get(w->s->root, "topology"), "links");
    for (size_t i = 0; i < yml_count(links); i++)
        if (!load_link(w, yml_at(links, i), i + 1, error))
            return false;
    return true;
}
