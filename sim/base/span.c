/* Bytes in and out of memory: every parser and builder above stands on these. Network byte order
 * throughout (RFC 791 appendix B). */
#include "base/span.h"

#include <string.h>

struct span span_of(const void *p, size_t n)
{
    return (struct span){p, n};
}

bool span_eq(struct span a, struct span b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

struct span span_sub(struct span s, size_t from, size_t n)
{
    if (from >= s.n)
        return (struct span){NULL, 0};
    size_t left = s.n - from;
    return (struct span){s.p + from, n < left ? n : left};
}

uint16_t be16_get(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

uint32_t be32_get(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

uint64_t be64_get(const uint8_t *p)
{
    return (uint64_t)be32_get(p) << 32 | be32_get(p + 4);
}

void be16_put(uint8_t *p, uint16_t v)
{
    p[0] = (uint8_t)(v >> 8);
    p[1] = (uint8_t)v;
}

void be32_put(uint8_t *p, uint32_t v)
{
    p[0] = (uint8_t)(v >> 24);
    p[1] = (uint8_t)(v >> 16);
    p[2] = (uint8_t)(v >> 8);
    p[3] = (uint8_t)v;
}

void be64_put(uint8_t *p, uint64_t v)
{
    be32_put(p, (uint32_t)(v >> 32));
    be32_put(p + 4, (uint32_t)v);
}

/* ---- reading ---- */

struct rd rd_over(struct span s)
{
    return (struct rd){.p = s.p, .n = s.n};
}

size_t rd_left(const struct rd *r)
{
    return r->bad ? 0 : r->n - r->at;
}

bool rd_ok(const struct rd *r)
{
    return !r->bad;
}

/* The next n bytes, or NULL with the error set. `at` never passes the end, so the subtraction in
 * rd_left cannot wrap whatever length the wire claims. */
static const uint8_t *rd_take(struct rd *r, size_t n)
{
    if (rd_left(r) < n) {
        r->bad = true;
        return NULL;
    }
    const uint8_t *p = r->p + r->at;
    r->at += n;
    return p;
}

uint8_t rd_u8(struct rd *r)
{
    const uint8_t *p = rd_take(r, 1);
    return p ? *p : 0;
}

uint16_t rd_u16(struct rd *r)
{
    const uint8_t *p = rd_take(r, 2);
    return p ? be16_get(p) : 0;
}

uint32_t rd_u32(struct rd *r)
{
    const uint8_t *p = rd_take(r, 4);
    return p ? be32_get(p) : 0;
}

uint64_t rd_u64(struct rd *r)
{
    const uint8_t *p = rd_take(r, 8);
    return p ? be64_get(p) : 0;
}

struct span rd_span(struct rd *r, size_t n)
{
    /* Zero bytes can be had from an empty span, whose pointer may be NULL, but not after an error.
     */
    if (n == 0 || rd_left(r) < n) {
        r->bad |= n > 0;
        return (struct span){NULL, 0};
    }
    return (struct span){rd_take(r, n), n};
}

struct span rd_rest(struct rd *r)
{
    return rd_span(r, rd_left(r));
}

void rd_skip(struct rd *r, size_t n)
{
    rd_span(r, n);
}

/* ---- writing ---- */

struct wr wr_over(void *p, size_t cap)
{
    return (struct wr){.p = p, .cap = cap};
}

bool wr_ok(const struct wr *w)
{
    return !w->bad;
}

struct span wr_done(const struct wr *w)
{
    return (struct span){w->p, w->n};
}

/* Room for n bytes, or NULL with the error set; a later, smaller piece is not written either. */
static uint8_t *wr_take(struct wr *w, size_t n)
{
    if (w->bad || w->cap - w->n < n) {
        w->bad = true;
        return NULL;
    }
    uint8_t *p = w->p + w->n;
    w->n += n;
    return p;
}

void wr_u8(struct wr *w, uint8_t v)
{
    uint8_t *p = wr_take(w, 1);
    if (p)
        *p = v;
}

void wr_u16(struct wr *w, uint16_t v)
{
    uint8_t *p = wr_take(w, 2);
    if (p)
        be16_put(p, v);
}

void wr_u32(struct wr *w, uint32_t v)
{
    uint8_t *p = wr_take(w, 4);
    if (p)
        be32_put(p, v);
}

void wr_u64(struct wr *w, uint64_t v)
{
    uint8_t *p = wr_take(w, 8);
    if (p)
        be64_put(p, v);
}

void wr_bytes(struct wr *w, const void *p, size_t n)
{
    if (n == 0)
        return;
    uint8_t *to = wr_take(w, n);
    if (to)
        memcpy(to, p, n);
}

void wr_span(struct wr *w, struct span s)
{
    wr_bytes(w, s.p, s.n);
}

void wr_zero(struct wr *w, size_t n)
{
    if (n == 0)
        return;
    uint8_t *to = wr_take(w, n);
    if (to)
        memset(to, 0, n);
}

/* Only bytes already written can be written over: a length field that never fitted is an error. */
static uint8_t *wr_back(struct wr *w, size_t at, size_t n)
{
    if (w->bad || at > w->n || w->n - at < n) {
        w->bad = true;
        return NULL;
    }
    return w->p + at;
}

void wr_u16_at(struct wr *w, size_t at, uint16_t v)
{
    uint8_t *p = wr_back(w, at, 2);
    if (p)
        be16_put(p, v);
}

void wr_u8_at(struct wr *w, size_t at, uint8_t v)
{
    uint8_t *p = wr_back(w, at, 1);
    if (p)
        *p = v;
}
