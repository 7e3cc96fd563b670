/* Counters. A scope's list is sorted by name; the numbers live in blocks that never move, those of
 * one node side by side. */
#include "trace_priv.h"

#include <string.h>

#define BLOCK_COUNTERS 16
#define LIST_STEP      8

/* The place of the name in the list, or where it would go. */
static bool counter_find(const struct scope *s, const char *name, guint *place)
{
    guint low = 0, high = s->n_counters;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(name, s->counters[middle].name);
        if (order == 0) {
            *place = middle;
            return true;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    *place = low;
    return false;
}

static uint64_t *value_new(struct scope *s)
{
    if (!s->block || s->block_used == BLOCK_COUNTERS) {
        s->block = g_new0(uint64_t, BLOCK_COUNTERS);
        s->block_used = 0;
        g_ptr_array_add(s->open.trace->blocks, s->block);
    }
    return &s->block[s->block_used++];
}

/* A list grows little by little: every node has one, and it is complete when the node is. */
static uint64_t *counter_insert(struct scope *s, guint place, const char *name)
{
    if (s->n_counters == s->counters_room) {
        s->counters_room += LIST_STEP;
        s->counters = g_renew(struct counter, s->counters, s->counters_room);
    }
    struct counter *at = &s->counters[place];
    memmove(at + 1, at, (s->n_counters - place) * sizeof *at);
    s->n_counters++;
    *at = (struct counter){g_string_chunk_insert_const(s->open.trace->names, name), value_new(s)};
    return at->value;
}

uint64_t *trace_counter(struct trace_scope *scope, const char *name)
{
    struct scope *s = scope_of(scope);
    guint place;
    if (counter_find(s, name, &place))
        return s->counters[place].value;
    return counter_insert(s, place, name);
}

bool trace_counter_get(const struct trace_scope *scope, const char *name, uint64_t *value)
{
    const struct scope *s = scope_of(scope);
    guint place;
    bool found = counter_find(s, name, &place);
    *value = found ? *s->counters[place].value : 0;
    return found;
}

void trace_counter_each(struct trace *t,
                        void (*fn)(void *self, const struct trace_scope *scope, const char *name,
                                   uint64_t value),
                        void *self)
{
    for (guint i = 0; i < t->scopes->len; i++) {
        const struct scope *s = t->scopes->pdata[i];
        for (guint j = 0; j < s->n_counters; j++) {
            const struct counter *c = &s->counters[j];
            fn(self, &s->open, c->name, *c->value);
        }
    }
}

void counters_clear(struct scope *s)
{
    g_clear_pointer(&s->counters, g_free);
    s->n_counters = s->counters_room = 0;
}
