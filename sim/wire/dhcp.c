/* DHCP (RFC 2131, RFC 2132): the fixed head of BOOTP (RFC 951), the cookie, options by rows. */
#include "wire/dhcp.h"

#include <glib.h>
#include <string.h>

#define COOKIE      0x63825363u /* 99.130.83.99                                 RFC 2131 3 */
#define SNAME_BYTES 64
#define FILE_BYTES  128

enum { OPT_PAD = 0, OPT_ROUTER = 3, OPT_DNS = 6, OPT_TYPE = 53, OPT_END = 255 };

const char *dhcp_type_name(enum dhcp_type t)
{
    static const char *const name[] = {"BOOTP",       "DHCPDISCOVER", "DHCPOFFER",
                                       "DHCPREQUEST", "DHCPDECLINE",  "DHCPACK",
                                       "DHCPNAK",     "DHCPRELEASE",  "DHCPINFORM"};
    return t <= DHCP_INFORM ? name[t] : "DHCP";
}

/* ---- Options: four bytes, or text ---- */

// clang-format off
static const struct { uint8_t code; size_t offset; } number[] = {
    {  1, offsetof(struct dhcp_msg, mask) },
    { 50, offsetof(struct dhcp_msg, requested) },
    { 51, offsetof(struct dhcp_msg, lease_s) },
    { 54, offsetof(struct dhcp_msg, server) },
    { 58, offsetof(struct dhcp_msg, renew_s) },
    { 59, offsetof(struct dhcp_msg, rebind_s) },
};
static const struct { uint8_t code; size_t least, offset; } text[] = {
    { 12, 1, offsetof(struct dhcp_msg, hostname) },
    { 15, 1, offsetof(struct dhcp_msg, domain) },
    { 55, 1, offsetof(struct dhcp_msg, wanted) },
    { 56, 1, offsetof(struct dhcp_msg, message) },
    { 61, 2, offsetof(struct dhcp_msg, client_id) },
};
// clang-format on
#define NUMBER_AT(m, i) ((uint32_t *)(void *)((char *)(m) + number[i].offset))
#define TEXT_AT(m, i)   ((struct span *)(void *)((char *)(m) + text[i].offset))

/* RFC 2132 3.5, 3.8: "The minimum length for this option is 4 octets, and the length MUST always be
 * a multiple of 4." */
static bool addresses(struct span v)
{
    return v.n >= 4 && v.n % 4 == 0;
}

static bool option_in(struct dhcp_msg *m, uint8_t code, struct span v)
{
    for (size_t i = 0; i < G_N_ELEMENTS(number); i++) {
        if (number[i].code != code)
            continue;
        if (v.n != 4)
            return false;
        *NUMBER_AT(m, i) = be32_get(v.p);
        return true;
    }
    for (size_t i = 0; i < G_N_ELEMENTS(text); i++) {
        if (text[i].code != code)
            continue;
        *TEXT_AT(m, i) = v;
        return v.n >= text[i].least;
    }
    switch (code) {
    case OPT_TYPE:
        if (v.n != 1 || v.p[0] < DHCP_DISCOVER || v.p[0] > DHCP_INFORM)
            return false;
        m->type = v.p[0];
        return true;
    case OPT_ROUTER:
        if (!addresses(v))
            return false;
        m->router = be32_get(v.p);
        return true;
    case OPT_DNS:
        if (!addresses(v))
            return false;
        m->n_dns = (uint32_t)MIN(v.n / 4, DHCP_MAX_DNS);
        for (uint32_t i = 0; i < m->n_dns; i++)
            m->dns[i] = be32_get(v.p + 4 * i);
        return true;
    default:
        return true; /* "Options unknown are ignored" */
    }
}

static enum wire_status options_in(struct rd *r, struct dhcp_msg *m)
{
    for (;;) {
        uint8_t code = rd_u8(r);
        if (!rd_ok(r))
            return WIRE_SHORT;
        if (code == OPT_END)
            return WIRE_OK;
        if (code == OPT_PAD)
            continue;
        uint8_t n = rd_u8(r);
        struct span v = rd_span(r, n);
        if (!rd_ok(r))
            return WIRE_SHORT;
        if (!option_in(m, code, v))
            return WIRE_BAD;
    }
}

enum wire_status dhcp_parse(struct span bytes, struct dhcp_msg *m)
{
    struct rd r = rd_over(bytes);
    *m = (struct dhcp_msg){0};
    m->op = rd_u8(&r);
    m->htype = rd_u8(&r);
    m->hlen = rd_u8(&r);
    m->hops = rd_u8(&r);
    m->xid = rd_u32(&r);
    m->secs = rd_u16(&r);
    m->flags = rd_u16(&r);
    m->ciaddr = rd_u32(&r);
    m->yiaddr = rd_u32(&r);
    m->siaddr = rd_u32(&r);
    m->giaddr = rd_u32(&r);
    struct span chaddr = rd_span(&r, sizeof m->chaddr);
    rd_skip(&r, SNAME_BYTES + FILE_BYTES);
    uint32_t cookie = rd_u32(&r);
    if (!rd_ok(&r))
        return WIRE_SHORT;
    memcpy(m->chaddr, chaddr.p, sizeof m->chaddr);
    bool op = m->op == DHCP_BOOTREQUEST || m->op == DHCP_BOOTREPLY;
    if (!op || m->hlen > sizeof m->chaddr || cookie != COOKIE)
        return WIRE_BAD;
    return options_in(&r, m);
}

/* ---- Out ---- */

static void option_out(struct wr *w, uint8_t code, struct span v)
{
    w->bad |= v.n > 255;
    wr_u8(w, code);
    wr_u8(w, (uint8_t)v.n);
    wr_span(w, v);
}

static void addresses_out(struct wr *w, uint8_t code, const ip4 *a, uint32_t n)
{
    uint8_t bytes[4 * DHCP_MAX_DNS];
    for (uint32_t i = 0; i < n; i++)
        be32_put(bytes + 4 * i, a[i]);
    if (n)
        option_out(w, code, span_of(bytes, 4u * n));
}

void dhcp_emit(const struct dhcp_msg *m, struct wr *w)
{
    size_t began = w->n;
    wr_u8(w, m->op);
    wr_u8(w, m->htype);
    wr_u8(w, m->hlen);
    wr_u8(w, m->hops);
    wr_u32(w, m->xid);
    wr_u16(w, m->secs);
    wr_u16(w, m->flags);
    wr_u32(w, m->ciaddr);
    wr_u32(w, m->yiaddr);
    wr_u32(w, m->siaddr);
    wr_u32(w, m->giaddr);
    wr_bytes(w, m->chaddr, sizeof m->chaddr);
    wr_zero(w, SNAME_BYTES + FILE_BYTES);
    wr_u32(w, COOKIE);
    if (m->type)
        option_out(w, OPT_TYPE, span_of(&(uint8_t){(uint8_t)m->type}, 1));
    for (size_t i = 0; i < G_N_ELEMENTS(number); i++)
        addresses_out(w, number[i].code, NUMBER_AT(m, i), *NUMBER_AT(m, i) ? 1 : 0);
    addresses_out(w, OPT_ROUTER, &m->router, m->router ? 1 : 0);
    addresses_out(w, OPT_DNS, m->dns, MIN(m->n_dns, DHCP_MAX_DNS));
    for (size_t i = 0; i < G_N_ELEMENTS(text); i++)
        if (TEXT_AT(m, i)->n)
            option_out(w, text[i].code, *TEXT_AT(m, i));
    wr_u8(w, OPT_END);
    if (wr_ok(w) && w->n - began < DHCP_MIN_BYTES)
        wr_zero(w, DHCP_MIN_BYTES - (w->n - began));
}
