/* A bump allocator: what is parsed from one message lives here and goes with it. */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include "base/span.h"

struct arena;

struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Zeroed, aligned for anything. Lives until arena_reset or arena_free. Never NULL. */
void *arena_alloc(struct arena *a, size_t n);
void *arena_dup(struct arena *a, const void *p, size_t n);
char *arena_strdup(struct arena *a, const char *s);
struct span arena_span(struct arena *a, struct span s);
void arena_reset(struct arena *a);

#endif
