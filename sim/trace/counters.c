/* Counters. A scope's list is sorted by name; the numbers live in blocks that never move, those of
 * one node side by side. */
#include "trace_priv.h"

#include <string.h>

#define BLOCK_COUNTERS 16

/* The place of the name in the list, or where it would go. */
static bool counter_find(const struct scope *s, const char *name, guint *place)
{
    guint low = 0, high = s->counters ? s->counters->len : 0;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        int order = strcmp(name, g_array_index(s->counters, struct counter, middle).name);
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

uint64_t *trace_counter(struct trace_scope *scope, const char *name)
{
    struct scope *s = scope_of(scope);
    guint place;
    if (counter_find(s, name, &place))
        return g_array_index(s->counters, struct counter, place).value;
    if (!s->counters)
        s->counters = g_array_new(FALSE, FALSE, sizeof(struct counter));
    struct counter c = {g_string_chunk_insert_const(scope->trace->names, name), value_new(s)};
    g_array_insert_val(s->counters, place, c);
    return c.value;
}

bool trace_counter_get(const struct trace_scope *scope, const char *name, uint64_t *value)
{
    const struct scope *s = scope_of(scope);
    guint place;
    bool found = counter_find(s, name, &place);
    *value = found ? *g_array_index(s->counters, struct counter, place).value : 0;
    return found;
}

void trace_counter_each(struct trace *t,
                        void (*fn)(void *self, const struct trace_scope *scope, const char *name,
                                   uint64_t value),
                        void *self)
{
    for (guint i = 0; i < t->scopes->len; i++) {
        const struct scope *s = t->scopes->pdata[i];
        for (guint j = 0; s->counters && j < s->counters->len; j++) {
            const struct counter *c = &g_array_index(s->counters, struct counter, j);
            fn(self, &s->open, c->name, *c->value);
        }
    }
}

void counters_clear(struct scope *s)
{
    if (s->counters)
        g_array_free(s->counters, TRUE);
    s->counters = NULL;
}
