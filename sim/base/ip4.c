/* IPv4 addresses and prefixes as people write them (RFC 791 3.2, RFC 4632 3.1). */
#include "base/ip4.h"

#include <glib.h>
#include <string.h>

/* One decimal number of 1 to 3 digits, at most `max`; the rest of the text, or NULL. Leading zeros
 * are refused, as some programs read them as octal. */
static const char *decimal(const char *s, unsigned max, unsigned *out)
{
    if (!g_ascii_isdigit(*s) || (s[0] == '0' && g_ascii_isdigit(s[1])))
        return NULL;
    unsigned v = 0;
    for (int digits = 0; g_ascii_isdigit(*s); s++) {
        if (++digits > 3)
            return NULL;
        v = v * 10 + (unsigned)(*s - '0');
    }
    *out = v;
    return v <= max ? s : NULL;
}

static const char *quad(const char *s, ip4 *out)
{
    ip4 a = 0;
    for (int i = 0; i < 4; i++) {
        unsigned octet;
        if (i > 0 && *s++ != '.')
            return NULL;
        s = decimal(s, 255, &octet);
        if (!s)
            return NULL;
        a = a << 8 | octet;
    }
    *out = a;
    return s;
}

bool ip4_parse(const char *s, ip4 *out)
{
    ip4 a;
    const char *end = quad(s, &a);
    if (!end || *end)
        return false;
    *out = a;
    return true;
}

bool ip4_net_parse(const char *s, struct ip4_net *out)
{
    ip4 a;
    unsigned len = 32;
    const char *end = quad(s, &a);
    if (end && *end == '/')
        end = decimal(end + 1, 32, &len);
    if (!end || *end)
        return false;
    *out = (struct ip4_net){a, ip4_mask(len)};
    return true;
}

static char *put_octet(char *p, unsigned v)
{
    if (v >= 100)
        *p++ = (char)('0' + v / 100);
    if (v >= 10)
        *p++ = (char)('0' + v / 10 % 10);
    *p++ = (char)('0' + v % 10);
    return p;
}

const char *ip4_str(ip4 a, char buf[IP4_TEXT])
{
    char *p = buf;
    for (int shift = 24; shift >= 0; shift -= 8) {
        p = put_octet(p, a >> shift & 0xff);
        *p++ = shift ? '.' : '\0';
    }
    return buf;
}

ip4 ip4_mask(unsigned prefix_len)
{
    g_assert(prefix_len <= 32);
    return prefix_len ? UINT32_MAX << (32 - prefix_len) : 0;
}

int ip4_mask_len(ip4 mask)
{
    int len = mask == UINT32_MAX ? 32 : __builtin_clz(~mask);
    return mask == ip4_mask((unsigned)len) ? len : -1;
}

bool ip4_in(ip4 a, struct ip4_net net)
{
    return ((a ^ net.addr) & net.mask) == 0;
}
