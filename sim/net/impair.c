/* What a link does to packets: one decision a packet, made when it is sent.
 *
 * Every impairment draws from a stream of its own, named "link/<name>/<end>/<what>", and draws once
 * for every packet of its direction whatever else befalls that packet. So switching one impairment
 * on leaves the choices of the others where they were. */
#include "net_priv.h"
#include "kernel/rng.h"

#define QUEUE_DEFAULT_BYTES 65536
#define PPB                 1000000000u
#define LONGEST             (SIM_TIME_MAX / 16) /* of any one delay, so that their sum stays a time */

struct link_dir {
    struct net_impair im;
    struct rng *loss, *burst, *jitter, *reorder, *duplicate, *corrupt, *match; /* when first used */
    bool delay_only; /* nothing of `im` but the delay is set */
    bool in_burst;
    sim_time wire_free;         /* when the last accepted packet has left the sender */
    sim_time last_at;           /* the latest arrival of those whose order is kept */
    size_t next_listed;         /* in loss_list */
    struct net_trace_row *rows; /* recorded, owned; NULL = none */
    size_t n_rows, row;         /* row: the one that was valid last */
    bool loop;
    sim_time replay_from, replay_period;
};

static struct link_dir *dir_of(struct net_link *l, uint32_t end)
{
    struct link_end *e = &l->ends[end];
    if (!e->dir)
        e->dir = g_new0(struct link_dir, 1);
    return e->dir;
}

void impair_dir_free(struct link_dir *d)
{
    if (!d)
        return;
    g_free((gpointer)d->im.loss_list);
    g_free(d->rows);
    g_free(d);
}

static struct rng *stream(struct rng **slot, const struct net_link *l, uint32_t end,
                          const char *what)
{
    if (!*slot) {
        g_autofree char *name = g_strdup_printf("link/%s/%u/%s", l->name, end, what);
        *slot = rng_stream(l->net->sim, name);
    }
    return *slot;
}

/* ---- Setting ---- */

/* What the trace tells of a change, a row a value. */
enum value_kind { AS_TIME, AS_PPB, AS_NUMBER, AS_NUMBER16, AS_NUMBER64, AS_COUNT, AS_SWITCH };
// clang-format off
#define FIELD(member) offsetof(struct net_impair, member)
static const struct value {
    const char *what;
    size_t offset;
    enum value_kind kind;
} values[] = {
    { "delay",       FIELD(delay),           AS_TIME }, /* the first: see delay_only */
    { "jitter",      FIELD(jitter),          AS_TIME },
    { "loss",        FIELD(loss_ppb),        AS_PPB },
    { "burst-enter", FIELD(burst_enter_ppb), AS_PPB },
    { "burst-leave", FIELD(burst_leave_ppb), AS_PPB },
    { "loss-mask",   FIELD(loss_mask),       AS_NUMBER64 },
    { "loss-list",   FIELD(n_loss_list),     AS_COUNT },
    { "reorder",     FIELD(reorder_ppb),     AS_PPB },
    { "reorder-by",  FIELD(reorder_by),      AS_TIME },
    { "duplicate",   FIELD(duplicate_ppb),   AS_PPB },
    { "corrupt",     FIELD(corrupt_ppb),     AS_PPB },
    { "rate",        FIELD(rate_bps),        AS_NUMBER64 },
    { "queue",       FIELD(queue_bytes),     AS_NUMBER },
    { "mtu",         FIELD(mtu),             AS_NUMBER16 },
    { "blackhole",   FIELD(blackhole),       AS_SWITCH },
};
// clang-format on

static uint64_t value_get(const struct net_impair *im, const struct value *v)
{
    const char *at = (const char *)im + v->offset;
    switch (v->kind) {
    case AS_TIME:
        return (uint64_t)(*(const sim_time *)at);
    case AS_PPB:
    case AS_NUMBER:
        return *(const uint32_t *)at;
    case AS_NUMBER16:
        return *(const uint16_t *)at;
    case AS_NUMBER64:
        return *(const uint64_t *)at;
    case AS_COUNT:
        return *(const size_t *)at;
    case AS_SWITCH:
        return *(const bool *)at;
    }
    return 0;
}

/* Whole units only, so that no rounding hides in the text. */
static char *value_text(const struct value *v, uint64_t x)
{
    switch (v->kind) {
    case AS_TIME:
        if (x % 1000000 == 0)
            return g_strdup_printf("%" G_GUINT64_FORMAT "ms", x / 1000000);
        return g_strdup_printf("%" G_GUINT64_FORMAT "ns", x);
    case AS_PPB:
        return g_strdup_printf("%" G_GUINT64_FORMAT "ppb", x);
    case AS_SWITCH:
        return g_strdup(x ? "on" : "off");
    default:
        return g_strdup_printf("%" G_GUINT64_FORMAT, x);
    }
}

static void tell_changes(struct net_link *l, const struct net_impair *old,
                         const struct net_impair *im)
{
    struct trace_scope *root = trace_scope_root(l->net->trace);
    if (!TRACE_ON(root, link_change))
        return;
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
        uint64_t x = value_get(im, &values[i]);
        if (x == value_get(old, &values[i]))
            continue;
        g_autofree char *text = value_text(&values[i], x);
        TRACE(root, link_change, .link = l->name, .what = values[i].what, .value = text);
    }
}

static bool is_perfect(const struct net_impair *im)
{
    for (size_t i = 0; i < G_N_ELEMENTS(values); i++)
        if (value_get(im, &values[i]))
            return false;
    return true;
}

/* Takes loss_list over. A direction that is and was perfect needs no memory. What is left of the
 * queue and the order of arrivals outlives the change. */
static void dir_set(struct net_link *l, uint32_t end, const struct net_impair *im)
{
    if (!l->ends[end].dir && is_perfect(im)) {
        g_free((gpointer)im->loss_list);
        return;
    }
    struct link_dir *d = dir_of(l, end);
    tell_changes(l, &d->im, im);
    if (d->im.loss_list != im->loss_list)
        g_free((gpointer)d->im.loss_list);
    d->im = *im;
    d->im.delay = CLAMP(im->delay, 0, LONGEST);
    d->im.jitter = CLAMP(im->jitter, 0, LONGEST);
    d->im.reorder_by = CLAMP(im->reorder_by, 0, LONGEST);
    d->im.loss_mask_len = MIN(im->loss_mask_len, 64);
    d->next_listed = 0;
    d->delay_only = true;
    for (size_t i = 1; i < G_N_ELEMENTS(values); i++)
        d->delay_only = d->delay_only && !value_get(&d->im, &values[i]);
}

void net_link_impair(struct net_link *l, uint32_t end, const struct net_impair *im)
{
    if (end != UINT32_MAX) {
        if (end < l->n_ends)
            dir_set(l, end, im);
        else
            g_free((gpointer)im->loss_list);
        return;
    }
    for (uint32_t i = 0; i < l->n_ends; i++) {
        struct net_impair copy = *im;
        if (i > 0)
            copy.loss_list = im->n_loss_list ? g_memdup2(l->ends[0].dir->im.loss_list,
                                                         im->n_loss_list * sizeof im->loss_list[0])
                                             : NULL;
        dir_set(l, i, &copy);
    }
    if (!l->n_ends)
        g_free((gpointer)im->loss_list);
}

const struct net_impair *net_link_impairment(const struct net_link *l, uint32_t end)
{
    static const struct net_impair perfect;
    return end < l->n_ends && l->ends[end].dir ? &l->ends[end].dir->im : &perfect;
}

void net_link_replay(struct net_link *l, uint32_t end, struct net_trace_row *rows, size_t n,
                     bool loop)
{
    if (end >= l->n_ends) {
        g_free(rows);
        return;
    }
    struct link_dir *d = dir_of(l, end);
    g_free(d->rows);
    d->rows = n ? rows : NULL;
    if (!n)
        g_free(rows);
    d->n_rows = n;
    d->row = 0;
    d->loop = loop;
    d->replay_from = sim_now(l->net->sim);
    /* The last row lasts as long as the one before it; then the first comes again. */
    d->replay_period = n > 1 ? 2 * rows[n - 1].at - rows[n - 2].at : 0;
}

/* ---- Deciding ---- */

static const struct net_trace_row *row_at(struct link_dir *d, sim_time now)
{
    if (!d->rows)
        return NULL;
    sim_time at = now - d->replay_from;
    if (d->loop && d->replay_period > 0)
        at %= d->replay_period;
    if (d->rows[d->row].at > at)
        d->row = 0;
    while (d->row + 1 < d->n_rows && d->rows[d->row + 1].at <= at)
        d->row++;
    return d->rows[d->row].at <= at ? &d->rows[d->row] : NULL;
}

static bool listed(struct link_dir *d, uint64_t number)
{
    const struct net_impair *im = &d->im;
    while (d->next_listed < im->n_loss_list && im->loss_list[d->next_listed] < number)
        d->next_listed++;
    return d->next_listed < im->n_loss_list && im->loss_list[d->next_listed] == number;
}

/* Gilbert's two states: the step first, then the packet meets the state it led to. */
static bool burst_step(struct link_dir *d, struct net_link *l, uint32_t end)
{
    const struct net_impair *im = &d->im;
    if (!im->burst_enter_ppb)
        return false;
    struct rng *r = stream(&d->burst, l, end, "burst");
    if (rng_chance(r, d->in_burst ? im->burst_leave_ppb : im->burst_enter_ppb))
        d->in_burst = !d->in_burst;
    return d->in_burst;
}

static bool chance(struct link_dir *d, struct rng **slot, struct net_link *l, uint32_t end,
                   const char *what, uint32_t ppb)
{
    return ppb && rng_chance(stream(slot, l, end, what), MIN(ppb, PPB));
}

static uint64_t bits_behind_head(const struct pkt *p)
{
    size_t head = p->len ? (p->buf[p->head] & 15u) * 4u : 0;
    return p->len > head ? (p->len - head) * 8u : 0;
}

/* What the packet meets on its way, all drawn before anything is decided. */
struct chances {
    bool lost, reorder, duplicate, corrupt;
    uint64_t corrupt_at;
    sim_time jitter, delay;
};

static struct chances draw(struct net_link *l, struct link_dir *d, uint32_t end, uint64_t number,
                           sim_time now)
{
    const struct net_impair *im = &d->im;
    struct chances c = {.delay = im->delay};
    bool by_chance = chance(d, &d->loss, l, end, "loss", im->loss_ppb);
    bool by_burst = burst_step(d, l, end);
    bool by_mask = number <= im->loss_mask_len && im->loss_mask >> (number - 1) & 1;
    bool by_list = listed(d, number);
    const struct net_trace_row *row = row_at(d, now);
    if (row)
        c.delay = CLAMP(row->delay, 0, LONGEST);
    c.lost = by_chance || by_burst || by_mask || by_list || (row && row->lost);
    if (im->jitter)
        c.jitter = (sim_time)rng_below(stream(&d->jitter, l, end, "jitter"),
                                       2 * (uint64_t)im->jitter + 1) -
                   im->jitter;
    c.reorder = chance(d, &d->reorder, l, end, "reorder", im->reorder_ppb);
    c.duplicate = chance(d, &d->duplicate, l, end, "duplicate", im->duplicate_ppb);
    if (im->corrupt_ppb) {
        struct rng *r = stream(&d->corrupt, l, end, "corrupt");
        c.corrupt = rng_chance(r, MIN(im->corrupt_ppb, PPB));
        c.corrupt_at = rng_u64(r); /* drawn always, whatever the size of the packet */
    }
    return c;
}

/* Bytes that wait: what the wire still has to carry before it is free. */
static uint64_t backlog_bytes(const struct link_dir *d, sim_time now)
{
    if (d->wire_free <= now)
        return 0;
    unsigned __int128 bits = (unsigned __int128)(d->wire_free - now) * d->im.rate_bps;
    return (uint64_t)(bits / ((uint64_t)8 * 1000000000));
}

/* The wire takes the packet after those before it, or the queue is full. */
static bool wire_take(struct link_dir *d, uint32_t bytes, sim_time now, sim_time *leaves)
{
    const struct net_impair *im = &d->im;
    *leaves = now;
    if (!im->rate_bps)
        return true;
    uint64_t limit = im->queue_bytes ? im->queue_bytes : QUEUE_DEFAULT_BYTES;
    if (d->wire_free > now && backlog_bytes(d, now) + bytes > limit)
        return false;
    uint64_t ns = ((uint64_t)bytes * 8 * 1000000000 + im->rate_bps - 1) / im->rate_bps;
    d->wire_free = MAX(d->wire_free, now) + (sim_time)ns;
    *leaves = d->wire_free;
    return true;
}

sim_time link_wire_free(const struct net_link *l, uint32_t end)
{
    return l->ends[end].dir ? l->ends[end].dir->wire_free : 0;
}

/* What the rules of the scenario want with it. */
struct wish {
    bool drop, duplicate, corrupt, delayed;
    sim_time delay;
};

static struct wish ask_rules(struct net_link *l, uint32_t end, uint64_t number, const struct pkt *p)
{
    struct wish w = {0};
    for (guint i = 0; l->rules && i < l->rules->len && !w.drop; i++) {
        struct link_rule *r = &g_array_index(l->rules, struct link_rule, i);
        if (!r->rule.match(r->rule.self, end, number, pkt_span(p)))
            continue;
        uint64_t nth = r->seen++;
        if (nth < r->rule.skip || (r->rule.count && nth - r->rule.skip >= r->rule.count))
            continue;
        switch (r->rule.act) {
        case NET_ACT_DROP:
            w.drop = true;
            break;
        case NET_ACT_DELAY:
            w.delayed = true;
            w.delay = MIN(w.delay + CLAMP(r->rule.delay, 0, LONGEST), LONGEST);
            break;
        case NET_ACT_DUPLICATE:
            w.duplicate = true;
            break;
        case NET_ACT_CORRUPT:
            w.corrupt = true;
            break;
        }
    }
    return w;
}

static uint64_t pick_flip(struct net_link *l, struct link_dir *d, uint32_t end,
                          const struct chances *c, const struct wish *w, const struct pkt *p)
{
    uint64_t bits = bits_behind_head(p);
    if (!bits)
        return 0;
    if (w->corrupt)
        return 1 + rng_below(stream(&d->match, l, end, "match"), bits);
    return c->corrupt ? 1 + c->corrupt_at % bits : 0;
}

void impair_decide(struct net_link *l, uint32_t end, uint64_t number, const struct pkt *p,
                   struct fate *f)
{
    struct link_dir *d = dir_of(l, end);
    sim_time now = sim_now(l->net->sim), leaves;
    if (d->delay_only && !d->rows && !l->rules) { /* the common case, in a few instructions */
        d->last_at = MAX(now + d->im.delay, d->last_at);
        *f = (struct fate){.why = DROP_NONE, .at = d->last_at};
        return;
    }
    struct chances c = draw(l, d, end, number, now);
    struct wish w = ask_rules(l, end, number, p);
    *f = (struct fate){.why = DROP_NONE};
    if (d->im.mtu && p->len > d->im.mtu)
        f->why = DROP_LINK_MTU;
    else if (w.drop)
        f->why = DROP_LINK_MATCH;
    else if (d->im.blackhole)
        f->why = DROP_LINK_BLACKHOLE;
    else if (!wire_take(d, p->len, now, &leaves))
        f->why = DROP_LINK_QUEUE;
    else if (c.lost) /* lost on the way: the wire was busy with it all the same */
        f->why = DROP_LINK_LOSS;
    if (f->why != DROP_NONE)
        return;
    f->twice = c.duplicate || w.duplicate;
    f->flip = pick_flip(l, d, end, &c, &w, p);
    f->at = leaves + MAX(c.delay + c.jitter, 0);
    if (c.reorder || w.delayed) { /* may be overtaken by those behind it */
        f->at += (c.reorder ? d->im.reorder_by : 0) + w.delay;
        return;
    }
    f->at = MAX(f->at, d->last_at);
    d->last_at = f->at;
}
