/* The anti-replay window of RFC 2406 3.4.3 and Appendix C: a ring of bits, one for each number from
 * `highest` down to `highest - size + 1`. A number's bit is its value modulo the ring. */
#include <glib.h>
#include <string.h>

#include "ipsec/esp.h"

static uint32_t ring_bits(const struct esp_replay *w)
{
    return w->size <= 64 ? 64 : w->size;
}

struct esp_replay *esp_replay_new(uint32_t size)
{
    const struct esp_replay w = {.size = size};
    struct esp_replay *made = g_malloc0(sizeof *made + ring_bits(&w) / 8);
    made->size = size;
    return made;
}

static uint64_t *word_of(struct esp_replay *w, uint32_t seq)
{
    return &w->seen[seq % ring_bits(w) / 64];
}

bool esp_replay_fresh(const struct esp_replay *w, uint32_t seq)
{
    /* The first packet of an SA is number 1; zero is never sent            RFC 2406 3.3.3 */
    if (seq == 0)
        return false;
    if (seq > w->highest || w->size == 0)
        return true;
    if (w->highest - seq >= w->size)
        return false;
    return !(w->seen[seq % ring_bits(w) / 64] >> (seq % 64) & 1);
}

/* Forgets the numbers that fall out as the right edge moves to seq. */
static void slide(struct esp_replay *w, uint32_t seq)
{
    uint32_t ring = ring_bits(w), step = seq - w->highest;
    if (step >= ring) {
        memset(w->seen, 0, ring / 8);
    } else {
        for (uint32_t s = w->highest + 1; s != seq; s++)
            *word_of(w, s) &= ~(1ull << (s % 64));
    }
    w->highest = seq;
    *word_of(w, seq) &= ~(1ull << (seq % 64));
}

bool esp_replay_accept(struct esp_replay *w, uint32_t seq)
{
    if (!esp_replay_fresh(w, seq))
        return false;
    if (seq > w->highest)
        slide(w, seq);
    if (w->size)
        *word_of(w, seq) |= 1ull << (seq % 64);
    return true;
}
