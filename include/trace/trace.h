/* The event spine. Protocol code says what happened, once, as a typed event; dialects, captures,
 * CSV, ladder and expectations subscribe and only look. The rows are in include/tbl/events*.def. */
#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H

#include "base/ip4.h"
#include "base/span.h"
#include "kernel/sim.h"
#include "tbl/tbl.h"

/* The kinds of a field, for generic printing. */
enum trace_kind {
    KIND_END,
    KIND_U32,
    KIND_U64,
    KIND_I64,
    KIND_TIME,
    KIND_BOOL,
    KIND_IP4,
    KIND_STR,
    KIND_SPAN,
    KIND_ENUM
};

// The structs: struct ev_<name>, one member a field.
#define F_U32(n)     uint32_t n;
#define F_U64(n)     uint64_t n;
#define F_I64(n)     int64_t n;
#define F_TIME(n)    sim_time n;
#define F_BOOL(n)    bool n;
#define F_IP4(n)     ip4 n;
#define F_STR(n)     const char *n; /* lent; NULL is printed as null */
#define F_SPAN(n)    struct span n; /* lent */
#define F_ENUM(e, n) enum e n;
#define EV(name, fields)                                                                           \
    struct ev_##name {                                                                             \
        fields                                                                                     \
    };
#include "tbl/events.def"
#undef EV
#undef F_U32
#undef F_U64
#undef F_I64
#undef F_TIME
#undef F_BOOL
#undef F_IP4
#undef F_STR
#undef F_SPAN
#undef F_ENUM

enum trace_id {
#define EV(name, fields) EV_##name,
#include "tbl/events.def"
#undef EV
    EV_COUNT
};
#define TRACE_WORDS ((EV_COUNT + 63) / 64)

/* A set of event kinds. */
struct trace_mask {
    uint64_t w[TRACE_WORDS];
};
void trace_mask_add(struct trace_mask *m, enum trace_id id);
void trace_mask_all(struct trace_mask *m);

/* Where events come from: one scope a node, and one (name "") for the simulation itself. `mask` is
 * the union of what subscribers want of it; nobody outside trace writes it. */
struct trace;
struct trace_scope {
    struct trace_mask mask;
    struct trace *trace;
    const char *name; /* the node's name, owned by the trace */
    uint32_t index;   /* 0 = the simulation, then in order of creation */
};

/* One trace a simulation: it takes the simulation's step function. Free it before the simulation.
 */
struct trace *trace_new(struct sim *sim);
void trace_free(struct trace *t);
struct sim *trace_sim(const struct trace *t);
struct trace_scope *trace_scope_root(struct trace *t);
/* A new scope, owned by the trace, alive as long as it. */
struct trace_scope *trace_scope_new(struct trace *t, const char *name);
struct trace_scope *trace_scope_by_index(struct trace *t, uint32_t index); /* NULL past the last */

/* What a subscriber is shown. `data` points to a struct ev_<name>; all of it is lent for the call.
 * `step` numbers the kernel event (packet arrival, timer, typed command) that caused it. */
struct trace_event {
    sim_time at;
    /* What the kernel had been asked to schedule so far, sim_scheduled(): it never depends on who
     * listens and never goes down. Events that share it come in the order of their emission. */
    uint64_t seq;
    uint64_t step;
    const struct trace_scope *scope;
    enum trace_id id;
    const void *data;
};
typedef void (*trace_fn)(void *self, const struct trace_event *e);

/* Subscribers are called in the order they subscribed. `scope` NULL means every scope, later ones
 * too. They must not change the simulation. One that emits events of its own (a console line for
 * what it was shown) has them delivered at once, so what records everything subscribes before it.
 */
void trace_subscribe(struct trace *t, struct trace_scope *scope, const struct trace_mask *want,
                     trace_fn fn, void *self);
void trace_unsubscribe(struct trace *t, trace_fn fn, void *self);

void trace_emit(struct trace_scope *scope, enum trace_id id, const void *data);
#define TRACE_ON(scope, name) ((scope)->mask.w[EV_##name >> 6] >> (EV_##name & 63) & 1)
#define TRACE(scope, name, ...)                                                                    \
    do {                                                                                           \
        if (TRACE_ON(scope, name))                                                                 \
            trace_emit((scope), EV_##name, &(struct ev_##name){__VA_ARGS__});                      \
    } while (0)

/* Generic description: a row an event, with its fields, from the same .def. */
struct trace_field {
    const char *name; /* NULL closes the list */
    enum trace_kind kind;
    uint32_t offset; /* in the event struct */
    const char *(*enum_name)(int value);
};
const char *trace_event_name(enum trace_id id);
const struct trace_field *trace_event_fields(enum trace_id id);
/* The id of that name, or EV_COUNT. */
enum trace_id trace_event_by_name(const char *name);

/* Counters: named 64-bit numbers of a scope ("esp.out.packets"). The slot is stable for the life of
 * the trace; (*slot)++ is all that a hot path does. */
uint64_t *trace_counter(struct trace_scope *scope, const char *name);
/* Value by name, 0 and false when there is no such counter. */
bool trace_counter_get(const struct trace_scope *scope, const char *name, uint64_t *value);
/* Visits counters sorted by scope index, then name. */
void trace_counter_each(struct trace *t,
                        void (*fn)(void *self, const struct trace_scope *scope, const char *name,
                                   uint64_t value),
                        void *self);

/* What the simulator has to say about itself (limits hit, injected defects). */
void sim_note(struct trace_scope *scope, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
