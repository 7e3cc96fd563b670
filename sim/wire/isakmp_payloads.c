/* The small payloads: identification (RFC 2407 4.6.2), notification (RFC 2408 3.14) and delete
 * (RFC 2408 3.15). Each is a fixed head by rows and what follows it. */
#include "wire/isakmp.h"

#include "wire/rows.h"

// clang-format off
#define ID_ROWS(ROW) \
    ROW(u8, type, dec) \
    ROW(u8, protocol, dec) \
    ROW(u16, port, dec)
#define NOTIFY_ROWS(ROW) \
    ROW(u32, doi, dec) \
    ROW(u8, protocol, dec) \
    ROW(u8, spi_bytes, dec) \
    ROW(u16, type, dec)
#define DELETE_ROWS(ROW) \
    ROW(u32, doi, dec) \
    ROW(u8, protocol, dec) \
    ROW(u8, spi_bytes, dec) \
    ROW(u16, count, dec)
// clang-format on

struct notify_wire {
    uint32_t doi;
    uint8_t protocol, spi_bytes;
    uint16_t type;
};

enum wire_status isakmp_id_parse(struct span body, struct isakmp_id *h)
{
    struct rd reader = rd_over(body);
    struct rd *r = &reader;
    ID_ROWS(ROW_PARSE)
    h->data = rd_rest(r);
    return rd_ok(r) ? WIRE_OK : WIRE_SHORT;
}

void isakmp_id_emit(const struct isakmp_id *h, struct wr *w)
{
    ID_ROWS(ROW_EMIT)
    wr_span(w, h->data);
}

enum wire_status isakmp_notify_parse(struct span body, struct isakmp_notify *n)
{
    struct notify_wire wire, *h = &wire;
    struct rd reader = rd_over(body);
    struct rd *r = &reader;
    NOTIFY_ROWS(ROW_PARSE)
    *n = (struct isakmp_notify){.doi = h->doi, .protocol = h->protocol, .type = h->type};
    n->spi = rd_span(r, h->spi_bytes);
    n->data = rd_rest(r);
    return rd_ok(r) ? WIRE_OK : WIRE_SHORT;
}

void isakmp_notify_emit(const struct isakmp_notify *n, struct wr *w)
{
    g_assert(n->spi.n <= UINT8_MAX);
    const struct notify_wire wire = {n->doi, n->protocol, (uint8_t)n->spi.n, n->type};
    const struct notify_wire *h = &wire;
    NOTIFY_ROWS(ROW_EMIT)
    wr_span(w, n->spi);
    wr_span(w, n->data);
}

enum wire_status isakmp_delete_parse(struct span body, struct isakmp_delete *h)
{
    struct rd reader = rd_over(body);
    struct rd *r = &reader;
    DELETE_ROWS(ROW_PARSE)
    h->spis = rd_span(r, (size_t)h->count * h->spi_bytes);
    if (!rd_ok(r))
        return WIRE_SHORT;
    return rd_left(r) == 0 ? WIRE_OK : WIRE_BAD;
}

void isakmp_delete_emit(const struct isakmp_delete *h, struct wr *w)
{
    g_assert(h->spis.n == (size_t)h->count * h->spi_bytes);
    DELETE_ROWS(ROW_EMIT)
    wr_span(w, h->spis);
}
