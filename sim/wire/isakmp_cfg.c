/* The attribute payload of transaction exchanges: draft-ietf-ipsec-isakmp-mode-cfg 3.2, with data
 * attributes as in RFC 2408 3.3. */
#include "wire/isakmp.h"

#define ATTR_BASIC 0x8000u /* the AF bit */
#define ATTR_HEAD  4

/* Type, reserved, identifier; then attributes up to the end. */
enum wire_status isakmp_cfg_parse(struct span body, struct arena *a, struct isakmp_cfg *out)
{
    struct rd r = rd_over(body);
    *out = (struct isakmp_cfg){.type = rd_u8(&r)};
    uint8_t reserved = rd_u8(&r);
    out->id = rd_u16(&r);
    if (!rd_ok(&r))
        return WIRE_SHORT;
    if (reserved != 0)
        return WIRE_BAD;
    struct isakmp_attr *attr = arena_alloc(a, (rd_left(&r) / ATTR_HEAD + 1) * sizeof *attr);
    out->attr = attr;
    while (rd_left(&r)) {
        struct isakmp_attr *at = &attr[out->n_attr];
        uint16_t type = rd_u16(&r);
        at->type = type & ~ATTR_BASIC;
        at->basic = type & ATTR_BASIC;
        at->bytes = rd_span(&r, at->basic ? 2 : rd_u16(&r));
        if (!rd_ok(&r))
            return WIRE_SHORT;
        for (size_t i = 0; i < at->bytes.n && at->bytes.n <= 4; i++)
            at->value = at->value << 8 | at->bytes.p[i];
        out->n_attr++;
    }
    return WIRE_OK;
}

void isakmp_cfg_emit(const struct isakmp_cfg *c, struct wr *w)
{
    wr_u8(w, c->type);
    wr_u8(w, 0);
    wr_u16(w, c->id);
    for (size_t i = 0; i < c->n_attr; i++) {
        const struct isakmp_attr *at = &c->attr[i];
        g_assert(at->basic ? at->bytes.n == 2 : at->bytes.n <= UINT16_MAX);
        wr_u16(w, (uint16_t)(at->type | (at->basic ? ATTR_BASIC : 0)));
        if (!at->basic)
            wr_u16(w, (uint16_t)at->bytes.n);
        wr_span(w, at->bytes);
    }
}
