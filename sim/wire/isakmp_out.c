/* Writing an ISAKMP message: the head, then payloads, each linked to the one before (RFC 2408 3.2).
 */
#include "wire/isakmp.h"

#include <glib.h>

#define NEXT_IN_HEAD      16 /* the Next Payload field of the ISAKMP header */
#define LENGTH_IN_GENERIC 2

void isakmp_out_begin(struct isakmp_out *o, struct wr *w, const struct isakmp_head *h)
{
    *o = (struct isakmp_out){.w = w, .next_at = w->n + NEXT_IN_HEAD};
    isakmp_head_emit(h, w);
}

void isakmp_put_begin(struct isakmp_out *o, uint8_t type)
{
    g_assert(o->open_at == 0);
    if (wr_ok(o->w))
        wr_u8_at(o->w, o->next_at, type);
    o->open_at = o->next_at = o->w->n; /* the next type stands first in the generic header */
    wr_u8(o->w, PAYLOAD_NONE);
    wr_u8(o->w, 0);  /* RESERVED */
    wr_u16(o->w, 0); /* length, by isakmp_put_end */
}

void isakmp_put_end(struct isakmp_out *o)
{
    g_assert(o->open_at != 0 || !wr_ok(o->w)); /* a head that did not fit leaves nothing open */
    size_t length = o->w->n - o->open_at;
    if (length > UINT16_MAX)
        o->w->bad = true;
    if (wr_ok(o->w))
        wr_u16_at(o->w, o->open_at + LENGTH_IN_GENERIC, (uint16_t)length);
    o->open_at = 0;
}

void isakmp_put(struct isakmp_out *o, uint8_t type, struct span body)
{
    isakmp_put_begin(o, type);
    wr_span(o->w, body);
    isakmp_put_end(o);
}
