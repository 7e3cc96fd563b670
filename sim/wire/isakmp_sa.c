/* The SA payload: proposals, transforms and data attributes. RFC 2408 3.3 to 3.6, RFC 2407 4.6.1.
 *
 * The parser is strict where the RFC fixes a value, so that emitting what was parsed gives the same
 * bytes again. HASH_I and HASH_R cover the body as it came, never a copy made from this. */
#include "wire/isakmp.h"

#include "wire/rows.h"

#define ATTR_BASIC 0x8000u /* the AF bit */
enum { SIT_IDENTITY_ONLY = 1, SIT_SECRECY = 2, SIT_INTEGRITY = 4 };

/* What proposals and transforms have in common: a chain of their own kind. */
struct item {
    uint8_t next, reserved;
    uint16_t length;
};
struct proposal_wire {
    uint8_t number, protocol, spi_bytes, transforms;
};
struct transform_wire {
    uint8_t number, id;
    uint16_t reserved;
};
// clang-format off
#define ITEM_ROWS(ROW) \
    ROW(u8, next, dec) \
    ROW(u8, reserved, hex) \
    ROW(u16, length, dec)
#define PROPOSAL_ROWS(ROW) \
    ROW(u8, number, dec) \
    ROW(u8, protocol, dec) \
    ROW(u8, spi_bytes, dec) \
    ROW(u8, transforms, dec)
#define TRANSFORM_ROWS(ROW) \
    ROW(u8, number, dec) \
    ROW(u8, id, dec) \
    ROW(u16, reserved, hex)
// clang-format on

#define ITEM_HEAD 4

/* Takes one item of a chain whose members all have the type `kind`. The last has next 0. */
static enum wire_status item_take(struct rd *r, uint8_t kind, struct span *body, bool *more)
{
    struct item item, *h = &item;
    ITEM_ROWS(ROW_PARSE)
    if (!rd_ok(r))
        return WIRE_SHORT;
    if (h->reserved != 0 || h->length < ITEM_HEAD || (h->next != 0 && h->next != kind))
        return WIRE_BAD;
    *body = rd_span(r, h->length - ITEM_HEAD);
    *more = h->next != 0;
    return rd_ok(r) ? WIRE_OK : WIRE_SHORT;
}

/* How many items there are, so that their array can be made at once; also says when the chain is
 * broken or something stands behind its end. */
static enum wire_status item_count(struct span chain, uint8_t kind, size_t *n)
{
    struct rd r = rd_over(chain);
    bool more = true;
    for (*n = 0; more; (*n)++) {
        struct span body;
        enum wire_status status = item_take(&r, kind, &body, &more);
        if (status != WIRE_OK)
            return status;
    }
    return rd_left(&r) == 0 ? WIRE_OK : WIRE_BAD;
}

static struct isakmp_attr attr_take(struct rd *r)
{
    uint16_t type = rd_u16(r);
    struct isakmp_attr a = {.type = type & ~ATTR_BASIC, .basic = type & ATTR_BASIC};
    a.bytes = rd_span(r, a.basic ? 2 : rd_u16(r));
    for (size_t i = 0; i < a.bytes.n && a.bytes.n <= 4; i++)
        a.value = a.value << 8 | a.bytes.p[i];
    return a;
}

static enum wire_status transform_parse(struct span body, struct arena *arena,
                                        struct isakmp_transform *out)
{
    struct transform_wire wire, *h = &wire;
    struct rd reader = rd_over(body);
    struct rd *r = &reader;
    TRANSFORM_ROWS(ROW_PARSE)
    if (!rd_ok(r))
        return WIRE_SHORT;
    if (h->reserved != 0)
        return WIRE_BAD;
    *out = (struct isakmp_transform){.number = h->number, .id = h->id};
    struct rd count = *r;
    for (; rd_left(&count) > 0; out->n_attr++)
        attr_take(&count);
    if (!rd_ok(&count))
        return WIRE_SHORT;
    struct isakmp_attr *attr = arena_alloc(arena, out->n_attr * sizeof *attr);
    for (size_t i = 0; i < out->n_attr; i++)
        attr[i] = attr_take(r);
    out->attr = attr;
    return WIRE_OK;
}

static enum wire_status proposal_parse(struct span body, struct arena *arena,
                                       struct isakmp_proposal *out)
{
    struct proposal_wire wire, *h = &wire;
    struct rd reader = rd_over(body);
    struct rd *r = &reader;
    PROPOSAL_ROWS(ROW_PARSE)
    *out = (struct isakmp_proposal){.number = h->number, .protocol = h->protocol};
    out->spi = rd_span(r, h->spi_bytes);
    if (!rd_ok(r))
        return WIRE_SHORT;
    struct rd chain = rd_over(rd_rest(r));
    enum wire_status status =
        item_count((struct span){chain.p, chain.n}, PAYLOAD_TRANSFORM, &out->n_transform);
    if (status != WIRE_OK)
        return status;
    if (out->n_transform != h->transforms)
        return WIRE_BAD;
    struct isakmp_transform *t = arena_alloc(arena, out->n_transform * sizeof *t);
    for (size_t i = 0; i < out->n_transform; i++) {
        struct span inner;
        bool more;
        status = item_take(&chain, PAYLOAD_TRANSFORM, &inner, &more);
        if (status == WIRE_OK)
            status = transform_parse(inner, arena, &t[i]);
        if (status != WIRE_OK)
            return status;
        t[i].more = more;
    }
    out->transform = t;
    return WIRE_OK;
}

enum wire_status isakmp_sa_parse(struct span body, struct arena *a, struct isakmp_sa *out)
{
    struct rd r = rd_over(body);
    *out = (struct isakmp_sa){.doi = rd_u32(&r), .situation = rd_u32(&r)};
    if (!rd_ok(&r))
        return WIRE_SHORT;
    /* Another DOI's situation has an unknown length; labels for secrecy and integrity would follow
     * ours (RFC 2407 4.6.1). Neither can be read further. */
    if (out->doi > DOI_IPSEC)
        return WIRE_BAD;
    if (out->doi == DOI_IPSEC && (out->situation & (SIT_SECRECY | SIT_INTEGRITY)))
        return WIRE_BAD;
    struct rd chain = rd_over(rd_rest(&r));
    size_t n;
    enum wire_status status = item_count((struct span){chain.p, chain.n}, PAYLOAD_PROPOSAL, &n);
    if (status != WIRE_OK)
        return status;
    struct isakmp_proposal *p = arena_alloc(a, n * sizeof *p);
    for (size_t i = 0; i < n; i++) {
        struct span inner;
        bool more;
        status = item_take(&chain, PAYLOAD_PROPOSAL, &inner, &more);
        if (status == WIRE_OK)
            status = proposal_parse(inner, a, &p[i]);
        if (status != WIRE_OK)
            return status;
    }
    out->proposal = p;
    out->n_proposal = n;
    return WIRE_OK;
}

/* ---- writing ---- */

/* Opens an item; its length is put in by item_end. */
static size_t item_begin(struct wr *w, uint8_t next)
{
    size_t at = w->n;
    const struct item item = {.next = next}, *h = &item;
    ITEM_ROWS(ROW_EMIT)
    return at;
}

static void item_end(struct wr *w, size_t at)
{
    if (w->n - at > UINT16_MAX)
        w->bad = true;
    if (wr_ok(w))
        wr_u16_at(w, at + 2, (uint16_t)(w->n - at));
}

static void attr_emit(const struct isakmp_attr *a, struct wr *w)
{
    g_assert(a->type < ATTR_BASIC && a->bytes.n <= UINT16_MAX);
    if (a->basic) {
        wr_u16(w, (uint16_t)(ATTR_BASIC | a->type));
        wr_u16(w, (uint16_t)a->value);
        return;
    }
    wr_u16(w, a->type);
    wr_u16(w, (uint16_t)a->bytes.n);
    wr_span(w, a->bytes);
}

static void transform_emit(const struct isakmp_transform *t, bool last, struct wr *w)
{
    size_t at = item_begin(w, last ? PAYLOAD_NONE : PAYLOAD_TRANSFORM);
    const struct transform_wire wire = {.number = t->number, .id = t->id}, *h = &wire;
    TRANSFORM_ROWS(ROW_EMIT)
    for (size_t i = 0; i < t->n_attr; i++)
        attr_emit(&t->attr[i], w);
    item_end(w, at);
}

static void proposal_emit(const struct isakmp_proposal *p, bool last, struct wr *w)
{
    g_assert(p->spi.n <= UINT8_MAX && p->n_transform <= UINT8_MAX);
    size_t at = item_begin(w, last ? PAYLOAD_NONE : PAYLOAD_PROPOSAL);
    const struct proposal_wire wire = {p->number, p->protocol, (uint8_t)p->spi.n,
                                       (uint8_t)p->n_transform};
    const struct proposal_wire *h = &wire;
    PROPOSAL_ROWS(ROW_EMIT)
    wr_span(w, p->spi);
    for (size_t i = 0; i < p->n_transform; i++)
        transform_emit(&p->transform[i], i + 1 == p->n_transform, w);
    item_end(w, at);
}

void isakmp_sa_emit(const struct isakmp_sa *sa, struct wr *w)
{
    wr_u32(w, sa->doi);
    wr_u32(w, sa->situation);
    for (size_t i = 0; i < sa->n_proposal; i++)
        proposal_emit(&sa->proposal[i], i + 1 == sa->n_proposal, w);
}

struct isakmp_attr isakmp_attr_of(struct arena *a, uint16_t type, uint32_t value)
{
    struct isakmp_attr attr = {.type = type, .basic = value <= UINT16_MAX, .value = value};
    size_t n = attr.basic ? 2 : 4;
    uint8_t be[4];
    be32_put(be, value);
    attr.bytes = arena_span(a, span_of(be + 4 - n, n));
    return attr;
}
