/* RADIUS (RFC 2865): a head of twenty bytes, then attributes of type, length, value. */
#include "wire/radius.h"

#include <string.h>

#define ATTR_HEAD 2

enum wire_status radius_parse(struct span bytes, struct radius_msg *m)
{
    struct rd r = rd_over(bytes);
    *m = (struct radius_msg){0};
    m->code = rd_u8(&r);
    m->id = rd_u8(&r);
    m->length = rd_u16(&r);
    struct span auth = rd_span(&r, RADIUS_AUTH);
    /* "Octets outside the range of the Length field MUST be treated as padding and ignored on
     * reception. If the packet is shorter … it MUST be silently discarded."       RFC 2865 3 */
    if (!rd_ok(&r) || m->length > bytes.n)
        return WIRE_SHORT;
    if (m->length < RADIUS_HEAD || m->length > RADIUS_MAX)
        return WIRE_BAD;
    memcpy(m->auth, auth.p, RADIUS_AUTH);
    m->bytes = span_sub(bytes, 0, m->length);
    m->attrs = span_sub(m->bytes, RADIUS_HEAD, m->length);
    struct span rest = m->attrs, value;
    uint8_t type;
    while (radius_next(&rest, &type, &value))
        ;
    return rest.n ? WIRE_BAD : WIRE_OK;
}

bool radius_next(struct span *rest, uint8_t *type, struct span *value)
{
    if (rest->n < ATTR_HEAD || rest->p[1] < ATTR_HEAD || rest->p[1] > rest->n)
        return false;
    size_t n = rest->p[1];
    *type = rest->p[0];
    *value = span_sub(*rest, ATTR_HEAD, n - ATTR_HEAD);
    *rest = span_sub(*rest, n, rest->n);
    return true;
}

bool radius_find(const struct radius_msg *m, enum radius_type type, struct span *value)
{
    struct span rest = m->attrs;
    uint8_t there;
    while (radius_next(&rest, &there, value))
        if (there == type)
            return true;
    return false;
}

bool radius_find_u32(const struct radius_msg *m, enum radius_type type, uint32_t *value)
{
    struct span v;
    if (!radius_find(m, type, &v) || v.n != 4)
        return false;
    *value = be32_get(v.p);
    return true;
}

void radius_begin(struct wr *w, enum radius_code code, uint8_t id, const uint8_t auth[RADIUS_AUTH])
{
    wr_u8(w, (uint8_t)code);
    wr_u8(w, id);
    wr_u16(w, 0);
    wr_bytes(w, auth, RADIUS_AUTH);
}

void radius_put(struct wr *w, enum radius_type type, struct span value)
{
    w->bad |= value.n > RADIUS_VALUE_MAX;
    wr_u8(w, (uint8_t)type);
    wr_u8(w, (uint8_t)(ATTR_HEAD + value.n));
    wr_span(w, value);
}

void radius_put_u32(struct wr *w, enum radius_type type, uint32_t value)
{
    uint8_t bytes[4];
    be32_put(bytes, value);
    radius_put(w, type, span_of(bytes, sizeof bytes));
}

void radius_end(struct wr *w)
{
    w->bad |= w->n > RADIUS_MAX;
    wr_u16_at(w, 2, (uint16_t)w->n);
}
