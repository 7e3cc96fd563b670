/* Proxy identities: comparing what two ends say an SA is for. RFC 2407 4.6.2, RFC 2409 5.5. */
#include "wire/proxy.h"

struct proxy proxy_of(ip4 addr, ip4 mask, uint8_t protocol, uint16_t port)
{
    uint8_t type = mask == 0xffffffffu ? ID_IPV4_ADDR : ID_IPV4_ADDR_SUBNET;
    return (struct proxy){type, protocol, port, addr, mask};
}

bool proxy_from_id(const struct isakmp_id *id, struct proxy *out)
{
    struct rd r = rd_over(id->data);
    *out = (struct proxy){.type = id->type, .protocol = id->protocol, .port = id->port};
    out->addr = rd_u32(&r);
    switch (id->type) {
    case ID_IPV4_ADDR:
        out->mask = 0xffffffffu;
        break;
    case ID_IPV4_ADDR_SUBNET:
        out->mask = rd_u32(&r);
        break;
    default:
        return false;
    }
    return rd_ok(&r) && rd_left(&r) == 0;
}

void proxy_emit(const struct proxy *p, struct wr *w)
{
    wr_u8(w, p->type);
    wr_u8(w, p->protocol);
    wr_u16(w, p->port);
    wr_u32(w, p->addr);
    if (p->type == ID_IPV4_ADDR_SUBNET)
        wr_u32(w, p->mask);
}

static bool same_service(const struct proxy *a, const struct proxy *b)
{
    return a->protocol == b->protocol && a->port == b->port && a->mask == b->mask;
}

bool proxy_same(const struct proxy *a, const struct proxy *b)
{
    return same_service(a, b) && a->addr == b->addr;
}

bool proxy_same_net(const struct proxy *a, const struct proxy *b)
{
    return same_service(a, b) && ((a->addr ^ b->addr) & a->mask) == 0;
}

bool proxy_within(const struct proxy *inner, const struct proxy *outer)
{
    return (outer->mask & ~inner->mask) == 0 && ((inner->addr ^ outer->addr) & outer->mask) == 0 &&
           (outer->protocol == 0 || outer->protocol == inner->protocol) &&
           (outer->port == 0 || outer->port == inner->port);
}

bool proxy_has(const struct proxy *p, ip4 addr, uint8_t protocol, uint16_t port)
{
    return ((addr ^ p->addr) & p->mask) == 0 && (p->protocol == 0 || p->protocol == protocol) &&
           (p->port == 0 || p->port == port);
}
