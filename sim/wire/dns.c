/* DNS (RFC 1035 4): the head, a question, records; names in labels, which may point back. */
#include "wire/dns.h"

#include <glib.h>
#include <string.h>

#define HEAD          12
#define LABEL_MAX     63
#define NAME_MAX_TEXT 253
enum { FLAG_QR = 0x8000, FLAG_AA = 0x0400, FLAG_TC = 0x0200, FLAG_RD = 0x0100, FLAG_RA = 0x0080 };

bool dns_name_valid(const char *name)
{
    size_t label = 0, n = strlen(name);
    if (n == 0 || n > NAME_MAX_TEXT)
        return false;
    for (const char *c = name; *c; c++) {
        if (*c == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (g_ascii_isalnum(*c) || *c == '-' || *c == '_') {
            if (++label > LABEL_MAX)
                return false;
        } else {
            return false;
        }
    }
    return label > 0;
}

/* A pointer leads to before where the name (or the part it was reached from) began, so that none
 * goes around (RFC 1035 4.1.4: "a prior occurance"). */
static bool name_in(struct rd *r, char out[DNS_NAME_BYTES])
{
    struct rd at = *r;
    bool jumped = false;
    size_t n = 0, began = r->at;
    for (;;) {
        uint8_t len = rd_u8(&at);
        if (!rd_ok(&at))
            return false;
        if ((len & 0xc0) == 0xc0) {
            size_t to = (size_t)(len & 0x3f) << 8 | rd_u8(&at);
            if (!rd_ok(&at) || to >= began || to < HEAD)
                return false;
            if (!jumped)
                r->at = at.at;
            jumped = true;
            began = at.at = to;
            continue;
        }
        if (len > LABEL_MAX)
            return false;
        if (len == 0)
            break;
        struct span label = rd_span(&at, len);
        if (!rd_ok(&at) || n + len + (n > 0) > NAME_MAX_TEXT)
            return false;
        if (n > 0)
            out[n++] = '.';
        for (size_t i = 0; i < len; i++) {
            char c = (char)label.p[i];
            if (!g_ascii_isalnum(c) && c != '-' && c != '_')
                return false;
            out[n++] = g_ascii_tolower(c);
        }
    }
    out[n] = '\0';
    if (!jumped)
        r->at = at.at;
    return true;
}

static bool record_in(struct rd *r, struct dns_msg *m)
{
    char owner[DNS_NAME_BYTES];
    if (!name_in(r, owner))
        return false;
    uint16_t type = rd_u16(r), class = rd_u16(r);
    uint32_t ttl = rd_u32(r);
    uint16_t n = rd_u16(r);
    struct span data = rd_span(r, n);
    if (!rd_ok(r))
        return false;
    if (type != DNS_TYPE_A || class != DNS_CLASS_IN)
        return true;
    if (data.n != 4)
        return false;
    m->ttl_s = m->n_answers ? MIN(m->ttl_s, ttl) : ttl;
    if (m->n_answers < DNS_MAX_ANSWERS)
        m->answer[m->n_answers++] = be32_get(data.p);
    return true;
}

enum wire_status dns_parse(struct span bytes, struct dns_msg *m)
{
    struct rd r = rd_over(bytes);
    *m = (struct dns_msg){0};
    m->id = rd_u16(&r);
    uint16_t flags = rd_u16(&r);
    uint16_t questions = rd_u16(&r), answers = rd_u16(&r), others = rd_u16(&r), more = rd_u16(&r);
    if (!rd_ok(&r))
        return WIRE_SHORT;
    m->response = flags & FLAG_QR;
    m->opcode = flags >> 11 & 15;
    m->authoritative = flags & FLAG_AA;
    m->wants_recursion = flags & FLAG_RD;
    m->has_recursion = flags & FLAG_RA;
    m->rcode = flags & 15;
    if (questions != 1 || flags & FLAG_TC || !name_in(&r, m->name) || !*m->name)
        return WIRE_BAD;
    m->type = rd_u16(&r);
    m->class = rd_u16(&r);
    if (!rd_ok(&r))
        return WIRE_SHORT;
    struct dns_msg aside;
    for (uint32_t i = 0; i < answers; i++)
        if (!record_in(&r, m))
            return WIRE_BAD;
    for (uint32_t i = 0; i < (uint32_t)others + more; i++) {
        aside.n_answers = 0;
        if (!record_in(&r, &aside))
            return WIRE_BAD;
    }
    return rd_left(&r) ? WIRE_BAD : WIRE_OK;
}

static void name_out(struct wr *w, const char *name)
{
    w->bad |= !dns_name_valid(name);
    while (wr_ok(w) && *name) {
        size_t n = strcspn(name, ".");
        wr_u8(w, (uint8_t)n);
        wr_bytes(w, name, n);
        name += n + (name[n] == '.');
    }
    wr_u8(w, 0);
}

void dns_emit(const struct dns_msg *m, struct wr *w)
{
    size_t began = w->n;
    uint16_t flags =
        (uint16_t)((m->response ? FLAG_QR : 0) | (m->opcode & 15u) << 11 |
                   (m->authoritative ? FLAG_AA : 0) | (m->wants_recursion ? FLAG_RD : 0) |
                   (m->has_recursion ? FLAG_RA : 0) | (m->rcode & 15u));
    uint32_t answers = MIN(m->n_answers, DNS_MAX_ANSWERS);
    wr_u16(w, m->id);
    wr_u16(w, flags);
    wr_u16(w, 1);
    wr_u16(w, (uint16_t)answers);
    wr_u32(w, 0);
    name_out(w, m->name);
    wr_u16(w, m->type);
    wr_u16(w, m->class);
    for (uint32_t i = 0; i < answers; i++) {
        wr_u16(w, 0xc000 | HEAD); /* the question's name */
        wr_u16(w, DNS_TYPE_A);
        wr_u16(w, DNS_CLASS_IN);
        wr_u32(w, m->ttl_s);
        wr_u16(w, 4);
        wr_u32(w, m->answer[i]);
    }
    w->bad |= w->n - began > DNS_MAX_BYTES;
}
