/* The spine: who is shown what, in which order, and how events describe themselves. */
#include <criterion/criterion.h>
#include <glib.h>
#include <string.h>
#include "kernel/sim.h"
#include "trace/trace.h"

struct net {
    struct sim *sim;
    struct trace *trace;
    struct trace_scope *r1, *r2;
    GString *heard;
};

/* One listener writes "<name>:<scope>.<event> ". */
struct ear {
    const char *name;
    struct net *net;
    struct trace_event last;
    void (*then)(struct ear *e, const struct trace_event *event);
};

static void listen(void *self, const struct trace_event *e)
{
    struct ear *ear = self;
    ear->last = *e;
    g_string_append_printf(ear->net->heard, "%s:%s.%s ", ear->name, e->scope->name,
                           trace_event_name(e->id));
    if (ear->then)
        ear->then(ear, e);
}

static struct net net_new(void)
{
    struct net n = {.sim = sim_new(1, 0), .heard = g_string_new(NULL)};
    n.trace = trace_new(n.sim);
    n.r1 = trace_scope_new(n.trace, "r1");
    n.r2 = trace_scope_new(n.trace, "r2");
    return n;
}

static void net_free(struct net *n)
{
    trace_free(n->trace);
    sim_free(n->sim);
    g_string_free(n->heard, TRUE);
}

static struct trace_mask mask_of(enum trace_id a, enum trace_id b)
{
    struct trace_mask m = {0};
    trace_mask_add(&m, a);
    trace_mask_add(&m, b);
    return m;
}

Test(trace, scopes_are_numbered_and_found)
{
    struct net n = net_new();
    cr_expect_str_eq(trace_scope_root(n.trace)->name, "");
    cr_expect_eq(trace_scope_root(n.trace)->index, 0);
    cr_expect_eq(n.r2->index, 2);
    cr_expect_eq(trace_scope_by_index(n.trace, 1), n.r1);
    cr_expect_null(trace_scope_by_index(n.trace, 3));
    cr_expect_eq(trace_sim(n.trace), n.sim);
    net_free(&n);
}

Test(trace, subscribers_get_what_they_want_in_the_order_they_came)
{
    struct net n = net_new();
    struct ear a = {"a", &n}, b = {"b", &n}, c = {"c", &n};
    struct trace_mask all = {0}, few = mask_of(EV_note, EV_ike_state);
    trace_mask_all(&all);
    trace_subscribe(n.trace, n.r1, &few, listen, &a);
    trace_subscribe(n.trace, NULL, &all, listen, &b);
    trace_subscribe(n.trace, n.r1, &all, listen, &c);
    TRACE(n.r1, ike_state, .sa = 1);
    TRACE(n.r1, ike_tx, .sa = 1);
    TRACE(n.r2, ike_state, .sa = 2);
    TRACE(trace_scope_root(n.trace), note, .text = "hello");
    cr_expect_str_eq(n.heard->str, "a:r1.ike_state b:r1.ike_state c:r1.ike_state "
                                   "b:r1.ike_tx c:r1.ike_tx b:r2.ike_state b:.note ");
    net_free(&n);
}

Test(trace, masks_are_the_union_of_wishes_also_for_later_scopes)
{
    struct net n = net_new();
    struct ear a = {"a", &n}, b = {"b", &n};
    struct trace_mask state = mask_of(EV_ike_state, EV_ike_state),
                      tx = mask_of(EV_ike_tx, EV_esp_out);
    cr_expect(!TRACE_ON(n.r1, ike_state));
    trace_subscribe(n.trace, NULL, &state, listen, &a);
    trace_subscribe(n.trace, n.r1, &tx, listen, &b);
    struct trace_scope *r3 = trace_scope_new(n.trace, "r3");
    cr_expect(TRACE_ON(n.r1, ike_state) && TRACE_ON(n.r2, ike_state) && TRACE_ON(r3, ike_state));
    cr_expect(TRACE_ON(n.r1, ike_tx) && TRACE_ON(n.r1, esp_out));
    cr_expect(!TRACE_ON(n.r2, ike_tx) && !TRACE_ON(r3, ike_tx) && !TRACE_ON(n.r1, ike_rx));
    TRACE(r3, ike_state, .sa = 1);
    TRACE(r3, ike_tx, .sa = 1);
    trace_unsubscribe(n.trace, listen, &a);
    cr_expect(!TRACE_ON(n.r1, ike_state) && !TRACE_ON(r3, ike_state) && TRACE_ON(n.r1, ike_tx));
    TRACE(r3, ike_state, .sa = 1);
    cr_expect_str_eq(n.heard->str, "a:r3.ike_state ");
    trace_unsubscribe(n.trace, listen, &b);
    cr_expect(!TRACE_ON(n.r1, ike_tx));
    net_free(&n);
}

static struct ear late;

static void leave_and_invite(struct ear *e, const struct trace_event *event)
{
    struct trace_mask all = {0};
    trace_mask_all(&all);
    trace_unsubscribe(e->net->trace, listen, e);
    for (int i = 0; i < 20; i++)
        trace_subscribe(e->net->trace, NULL, &all, listen, &late);
}

Test(trace, lists_may_change_while_an_event_is_delivered)
{
    struct net n = net_new();
    struct ear a = {"a", &n, .then = leave_and_invite}, b = {"b", &n};
    late = (struct ear){"late", &n};
    struct trace_mask m = mask_of(EV_note, EV_note);
    trace_subscribe(n.trace, NULL, &m, listen, &a);
    trace_subscribe(n.trace, NULL, &m, listen, &b);
    sim_note(n.r1, "one");
    cr_expect_str_eq(n.heard->str, "a:r1.note b:r1.note ", "who comes during it sees the next");
    trace_unsubscribe(n.trace, listen, &late);
    g_string_truncate(n.heard, 0);
    sim_note(n.r1, "two");
    cr_expect_str_eq(n.heard->str, "b:r1.note ");
    net_free(&n);
}

static void speak(struct ear *e, const struct trace_event *event)
{
    if (event->id == EV_ike_state)
        TRACE(e->net->r1, console, .kind = CONSOLE_DEBUG, .text = "Old State");
}

Test(trace, a_subscriber_may_emit)
{
    struct net n = net_new();
    struct ear log = {"log", &n}, dialect = {"dialect", &n, .then = speak};
    struct trace_mask all = {0}, state = mask_of(EV_ike_state, EV_ike_state);
    trace_mask_all(&all);
    trace_subscribe(n.trace, NULL, &all, listen, &log);
    trace_subscribe(n.trace, n.r1, &state, listen, &dialect);
    TRACE(n.r1, ike_state, .sa = 1);
    cr_expect_str_eq(n.heard->str, "log:r1.ike_state dialect:r1.ike_state log:r1.console ");
    net_free(&n);
}

static void note_twice(void *owner, uint64_t arg)
{
    struct net *n = owner;
    sim_note(n->r1, "%s %d", "event", (int)arg);
    sim_note(n->r1, "again");
}

Test(trace, steps_count_kernel_events_and_nothing_depends_on_who_listens)
{
    for (int listeners = 1; listeners <= 2; listeners++) {
        struct net n = net_new();
        struct ear a = {"a", &n}, b = {"b", &n};
        struct trace_mask all = {0}, note = mask_of(EV_note, EV_note);
        trace_mask_all(&all);
        if (listeners == 2)
            trace_subscribe(n.trace, NULL, &all, listen, &b);
        trace_subscribe(n.trace, n.r1, &note, listen, &a);
        struct sim_port port = {note_twice, &n};
        sim_note(n.r1, "before");
        cr_expect_eq(a.last.step, 0);
        sim_post(n.sim, 10, &port, 1);
        sim_post(n.sim, 20, &port, 2);
        sim_run(n.sim, 10);
        TRACE(n.r1, ike_state, .sa = 1);
        cr_expect_eq(a.last.step, 1);
        cr_expect_eq(a.last.at, 10);
        cr_expect_eq(a.last.seq, 2, "what was scheduled so far, %d listening", listeners);
        sim_run(n.sim, 20);
        cr_expect_eq(a.last.step, 2);
        cr_expect_eq(a.last.seq, 2);
        net_free(&n);
    }
}

static void keep_text(struct ear *e, const struct trace_event *event)
{
    g_string_append(e->net->heard, ((const struct ev_note *)event->data)->text);
}

Test(trace, notes_are_formatted)
{
    struct net n = net_new();
    struct ear a = {"a", &n, .then = keep_text};
    struct trace_mask note = mask_of(EV_note, EV_note);
    sim_note(n.r1, "nobody hears %d", 1);
    trace_subscribe(n.trace, NULL, &note, listen, &a);
    sim_note(n.r1, "limit %d of %s", 7, "SAs");
    cr_expect_str_eq(n.heard->str, "a:r1.note limit 7 of SAs");
    net_free(&n);
}

/* ---- counters ---- */

static void counter_line(void *self, const struct trace_scope *scope, const char *name,
                         uint64_t value)
{
    g_string_append_printf(self, "%s.%s=%lu ", scope->name, name, (unsigned long)value);
}

Test(trace_counter, keeps_its_slot_and_sorts_by_scope_and_name)
{
    struct net n = net_new();
    uint64_t *slot[100];
    for (int i = 99; i >= 0; i--) {
        g_autofree char *name = g_strdup_printf("c%02d", i);
        slot[i] = trace_counter(n.r2, name);
        *slot[i] = (uint64_t)i;
    }
    for (int i = 0; i < 100; i++) {
        g_autofree char *name = g_strdup_printf("c%02d", i);
        cr_expect_eq(trace_counter(n.r2, name), slot[i]);
        cr_expect_eq(*slot[i], (uint64_t)i);
    }
    net_free(&n);

    n = net_new();
    ++*trace_counter(n.r2, "b");
    ++*trace_counter(n.r1, "esp.out.packets");
    ++*trace_counter(n.r1, "esp.out.packets");
    ++*trace_counter(n.r2, "a");
    trace_counter(trace_scope_root(n.trace), "z");
    trace_counter_each(n.trace, counter_line, n.heard);
    cr_expect_str_eq(n.heard->str, ".z=0 r1.esp.out.packets=2 r2.a=1 r2.b=1 ");
    uint64_t value = 9;
    cr_expect(trace_counter_get(n.r1, "esp.out.packets", &value));
    cr_expect_eq(value, 2);
    cr_expect(!trace_counter_get(n.r1, "none", &value));
    cr_expect_eq(value, 0);
    net_free(&n);
}

/* ---- description ---- */

static size_t kind_size(enum trace_kind kind)
{
    static const size_t size[] = {
        [KIND_U32] = 4,
        [KIND_U64] = 8,
        [KIND_I64] = 8,
        [KIND_TIME] = 8,
        [KIND_BOOL] = sizeof(bool),
        [KIND_IP4] = 4,
        [KIND_STR] = sizeof(char *),
        [KIND_SPAN] = sizeof(struct span),
        [KIND_ENUM] = sizeof(enum ike_state),
    };
    return size[kind];
}

/* What the compiler says about the structs, to hold against the description. */
#define F_U32(n)     {#n, KIND_U32, offsetof(self, n)},
#define F_U64(n)     {#n, KIND_U64, offsetof(self, n)},
#define F_I64(n)     {#n, KIND_I64, offsetof(self, n)},
#define F_TIME(n)    {#n, KIND_TIME, offsetof(self, n)},
#define F_BOOL(n)    {#n, KIND_BOOL, offsetof(self, n)},
#define F_IP4(n)     {#n, KIND_IP4, offsetof(self, n)},
#define F_STR(n)     {#n, KIND_STR, offsetof(self, n)},
#define F_SPAN(n)    {#n, KIND_SPAN, offsetof(self, n)},
#define F_ENUM(e, n) {#n, KIND_ENUM, offsetof(self, n), e##_name},

static void expect_fields(enum trace_id id, const char *name, size_t size,
                          const struct trace_field *want)
{
    const struct trace_field *got = trace_event_fields(id);
    size_t end = 0;
    cr_expect_str_eq(trace_event_name(id), name);
    cr_expect_eq(trace_event_by_name(name), id);
    for (; want->name; want++, got++) {
        cr_assert_not_null(got->name, "%s ends before %s", name, want->name);
        cr_expect_str_eq(got->name, want->name);
        cr_expect_eq(got->kind, want->kind, "%s.%s", name, want->name);
        cr_expect_eq(got->offset, want->offset, "%s.%s", name, want->name);
        cr_expect_eq(got->enum_name, want->enum_name, "%s.%s", name, want->name);
        cr_expect_geq(got->offset, end, "%s.%s lies over its neighbour", name, want->name);
        end = got->offset + kind_size(got->kind);
        cr_expect_leq(end, size, "%s.%s sticks out", name, want->name);
    }
    cr_expect_null(got->name);
    cr_expect_eq(got->kind, KIND_END);
}

Test(trace_describe, every_event_as_its_row_says)
{
#define EV(name, fields)                                                                           \
    {                                                                                              \
        typedef struct ev_##name self;                                                             \
        static const struct trace_field want[] = {fields{0}};                                      \
        expect_fields(EV_##name, #name, sizeof(self), want);                                       \
    }
#include "tbl/events.def"
#undef EV
}

Test(trace_describe, values_are_read_back_by_the_fields)
{
    struct ev_ike_state e = {
        .sa = 7, .role = IKE_RESPONDER, .old = IKE_STATE_R_MM1, .new = IKE_STATE_QM_IDLE};
    const struct trace_field *f = trace_event_fields(EV_ike_state);
    GString *text = g_string_new(NULL);
    for (; f->name; f++) {
        uint32_t v;
        memcpy(&v, (const char *)&e + f->offset, sizeof v);
        if (f->kind == KIND_ENUM)
            g_string_append_printf(text, "%s=%s ", f->name, f->enum_name((int)v));
        else
            g_string_append_printf(text, "%s=%u ", f->name, v);
    }
    cr_expect_str_eq(text->str,
                     "sa=7 role=RESPONDER input=FROM_IPSEC_SA_REQ_MM old=R_MM1 new=QM_IDLE ");
    g_string_free(text, TRUE);
}

Test(trace_describe, strangers_have_no_name)
{
    cr_expect_null(trace_event_name(EV_COUNT));
    cr_expect_eq(trace_event_by_name("no_such_event"), EV_COUNT);
    cr_expect_null(trace_event_fields(EV_COUNT)->name);
}
