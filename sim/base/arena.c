/* The bump allocator: a list of blocks, the newest first. Small things share blocks; a thing larger
 * than a quarter of a block gets one of its own, so that little room is lost at block ends. Shared
 * blocks begin small and grow: thousands of arenas may live at once, most of them nearly empty.
 */
#include "base/arena.h"

#include <glib.h>
#include <string.h>

#define FIRST_BYTES   512
#define LARGEST_BYTES 4096
#define ALIGN         _Alignof(max_align_t)

struct block {
    struct block *next;
    size_t cap;
    size_t used;
    _Alignas(max_align_t) uint8_t bytes[];
};

struct arena {
    struct block *blocks; /* the first is the one being filled, when there is any */
    size_t next_bytes;    /* of the next shared block */
};

struct arena *arena_new(void)
{
    struct arena *a = g_new0(struct arena, 1);
    a->next_bytes = FIRST_BYTES;
    return a;
}

static struct block *block_new(size_t cap)
{
    struct block *b = g_malloc(sizeof *b + cap);
    b->next = NULL;
    b->cap = cap;
    b->used = 0;
    return b;
}

static void *block_take(struct block *b, size_t n)
{
    void *p = b->bytes + b->used;
    b->used += n;
    return memset(p, 0, n);
}

void *arena_alloc(struct arena *a, size_t n)
{
    g_assert(n <= SIZE_MAX / 2);
    n = n ? (n + ALIGN - 1) & ~(ALIGN - 1) : ALIGN;
    struct block *first = a->blocks;
    if (first && first->cap - first->used >= n)
        return block_take(first, n);

    bool own = n > a->next_bytes / 4;
    struct block *b = block_new(own ? n : a->next_bytes);
    if (!own)
        a->next_bytes = MIN(a->next_bytes * 2, LARGEST_BYTES);
    if (own && first) {
        /* Behind the first, which still has room for small things. */
        b->next = first->next;
        first->next = b;
    } else {
        b->next = first;
        a->blocks = b;
    }
    return block_take(b, n);
}

void *arena_dup(struct arena *a, const void *p, size_t n)
{
    void *to = arena_alloc(a, n);
    if (n)
        memcpy(to, p, n);
    return to;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_dup(a, s, strlen(s) + 1);
}

struct span arena_span(struct arena *a, struct span s)
{
    return span_of(arena_dup(a, s.p, s.n), s.n);
}

static void blocks_free(struct block *b)
{
    for (struct block *next; b; b = next) {
        next = b->next;
        g_free(b);
    }
}

/* Keeps the block that was being filled, so that a message after a message costs no malloc. */
void arena_reset(struct arena *a)
{
    struct block *kept = a->blocks;
    if (!kept)
        return;
    blocks_free(kept->next);
    kept->next = NULL;
    kept->used = 0;
    if (kept->cap > LARGEST_BYTES)
        g_clear_pointer(&a->blocks, g_free);
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    blocks_free(a->blocks);
    g_free(a);
}
