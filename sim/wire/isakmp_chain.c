/* The chain of payloads behind the ISAKMP header: RFC 2408 3.2 (generic header) and 5.3 (checks).
 */
#include "wire/isakmp.h"

#include "wire/rows.h"

#define GENERIC_HEAD 4

struct generic {
    uint8_t next, reserved;
    uint16_t length;
};
// clang-format off
#define GENERIC_ROWS(ROW) \
    ROW(u8, next, dec) \
    ROW(u8, reserved, hex) \
    ROW(u16, length, dec)
// clang-format on

/* What may stand in a chain. Proposals and transforms only live inside an SA payload: the Next
 * Payload field of the payload before them "MUST NOT contain the values for the Proposal or
 * Transform payloads" (RFC 2408 3.4). */
static bool is_known(uint8_t type)
{
    if (type == PAYLOAD_PROPOSAL || type == PAYLOAD_TRANSFORM)
        return false;
    return type > 127 || (type != PAYLOAD_NONE && isakmp_payload_type_name(type));
}

/* One payload, the faults in the order of enum isakmp_fault. A wrong key shows here first: garbage
 * begins with a reserved byte that is zero only once in 256 times. */
static enum isakmp_fault payload_parse(uint8_t type, struct rd *r, struct isakmp_payload *out)
{
    struct generic generic, *h = &generic;
    struct span rest = {r->p ? r->p + r->at : NULL, rd_left(r)};
    GENERIC_ROWS(ROW_PARSE)
    if (!rd_ok(r))
        return ISAKMP_TRUNCATED;
    if (h->reserved != 0)
        return ISAKMP_RESERVED;
    if (h->length < GENERIC_HEAD || h->length > rest.n)
        return ISAKMP_LENGTH;
    if (!is_known(type))
        return ISAKMP_UNKNOWN_TYPE;
    rd_skip(r, h->length - GENERIC_HEAD);
    *out = (struct isakmp_payload){
        .type = type,
        .next = h->next,
        .body = span_sub(rest, GENERIC_HEAD, h->length - GENERIC_HEAD),
        .whole = span_sub(rest, 0, h->length),
    };
    return ISAKMP_FINE;
}

enum isakmp_fault isakmp_chain_parse(uint8_t first, struct span bytes, struct isakmp_chain *out)
{
    struct rd r = rd_over(bytes);
    out->n = 0;
    out->bad_type = PAYLOAD_NONE;
    out->rest = (struct span){NULL, 0};
    for (uint8_t type = first; type != PAYLOAD_NONE; type = out->p[out->n - 1].next) {
        out->bad_type = type;
        if (out->n == ISAKMP_MAX_PAYLOADS)
            return ISAKMP_TOO_MANY;
        enum isakmp_fault fault = payload_parse(type, &r, &out->p[out->n]);
        if (fault != ISAKMP_FINE)
            return fault;
        out->n++;
    }
    out->bad_type = PAYLOAD_NONE;
    out->rest = rd_rest(&r);
    return ISAKMP_FINE;
}

const struct isakmp_payload *isakmp_chain_find(const struct isakmp_chain *c, uint8_t type,
                                               size_t *at)
{
    while (*at < c->n) {
        const struct isakmp_payload *p = &c->p[(*at)++];
        if (p->type == type)
            return p;
    }
    return NULL;
}
