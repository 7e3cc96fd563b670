/* Bytes in memory: spans (borrowed), readers whose error sticks, writers that never overflow. */
#ifndef BASE_SPAN_H
#define BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Borrowed bytes. The owner is named where a span is handed out. */
struct span {
    const uint8_t *p;
    size_t n;
};

struct span span_of(const void *p, size_t n);
bool span_eq(struct span a, struct span b);
/* The bytes from `from` on, at most `n` of them; empty when out of range. */
struct span span_sub(struct span s, size_t from, size_t n);

/* A reader, network byte order. A read past the end returns zero and the error sticks. */
struct rd {
    const uint8_t *p;
    size_t n;
    size_t at;
    bool bad;
};

struct rd rd_over(struct span s);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
struct span rd_span(struct rd *r, size_t n);
struct span rd_rest(struct rd *r);
void rd_skip(struct rd *r, size_t n);
size_t rd_left(const struct rd *r);
bool rd_ok(const struct rd *r);

/* A writer into memory that its caller owns. What does not fit is not written and the error sticks.
 */
struct wr {
    uint8_t *p;
    size_t cap;
    size_t n;
    bool bad;
};

struct wr wr_over(void *p, size_t cap);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_span(struct wr *w, struct span s);
void wr_zero(struct wr *w, size_t n);
/* Writes a 16-bit value over bytes written before, for lengths known late. */
void wr_u16_at(struct wr *w, size_t at, uint16_t v);
void wr_u8_at(struct wr *w, size_t at, uint8_t v);
struct span wr_done(const struct wr *w);
bool wr_ok(const struct wr *w);

/* Unaligned big-endian access to raw bytes. */
uint16_t be16_get(const uint8_t *p);
uint32_t be32_get(const uint8_t *p);
uint64_t be64_get(const uint8_t *p);
void be16_put(uint8_t *p, uint16_t v);
void be32_put(uint8_t *p, uint32_t v);
void be64_put(uint8_t *p, uint64_t v);

#endif
