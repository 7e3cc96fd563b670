/* What the files of trace share: the trace, and the private side of a scope. */
#ifndef TRACE_PRIV_H
#define TRACE_PRIV_H

#include <glib.h>
#include "trace/trace.h"

struct subscriber {
    uint64_t number; /* the order of subscribing, over all lists */
    struct trace_mask want;
    trace_fn fn; /* NULL: gone, taken out of its list when nothing is being delivered */
    void *self;
};

struct counter {
    const char *name; /* interned by the trace */
    uint64_t *value;
};

struct scope {
    struct trace_scope open;  /* what everybody sees; first, so that a cast leads here */
    GArray *subscribers;      /* of struct subscriber, to this scope alone; NULL when none */
    struct counter *counters; /* sorted by name; owned */
    uint32_t n_counters, counters_room;
    uint64_t *block; /* where the next counters live */
    unsigned block_used;
};

struct trace {
    struct sim *sim;
    GPtrArray *scopes;   /* of struct scope, by index */
    GArray *subscribers; /* of struct subscriber, to every scope */
    uint64_t subscribed; /* the last number given */
    uint64_t step;
    unsigned delivering; /* depth of trace_emit */
    bool gone;           /* a subscriber left during a delivery */
    GStringChunk *names;
    GPtrArray *blocks; /* of counters */
};

static inline struct scope *scope_of(const struct trace_scope *open)
{
    return (struct scope *)open;
}

void counters_clear(struct scope *s);

#endif
