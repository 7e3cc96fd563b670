/* Rules that a line or a listing must satisfy by itself (debug-and-errors.md, chapter 9, 1 to 5).
 */
#include <string.h>

#include "rules_priv.h"

struct block { /* of show crypto ipsec sa, one identity pair */
    bool open, outbound, has_newest, any_sa, unauthenticated;
    guint64 current; /* current outbound spi */
    guint64 spi;     /* of the SA being read */
    guint64 newest, newest_conn;
    guint64 encaps, encrypt, digest, decaps, decrypt, verify;
    bool counted_out, counted_in;
};

struct listing {
    const struct rule_lines *l;
    rule_fn breach;
    void *self;
    struct block b;
};

static void broken(struct listing *x, int rule, const char *format, ...) G_GNUC_PRINTF(3, 4);
static void broken(struct listing *x, int rule, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *detail = g_strdup_vprintf(format, args);
    va_end(args);
    x->breach(x->self, rule, x->l->node, detail);
}

/* ---- Pairs: 0x<hex>(<dec>) ---- */

/* 1: both are one number. 2: the case of the digits is the kind's, and there is no leading zero. */
static void check_pairs(struct listing *x, const char *line)
{
    for (const char *p = strstr(line, "0x"); p; p = strstr(p + 2, "0x")) {
        const char *hex = p + 2;
        size_t n = strspn(hex, "0123456789abcdefABCDEF");
        size_t digits = hex[n] == '(' ? strspn(hex + n + 1, "0123456789") : 0;
        if (n == 0 || n > 16 || digits == 0 || digits > 20 || hex[n + 1 + digits] != ')')
            continue;
        guint64 a = g_ascii_strtoull(hex, NULL, 16), b = g_ascii_strtoull(hex + n + 1, NULL, 10);
        if (a != b)
            broken(x, 1, "the two numbers differ: %s", line);
        if (n > 1 && *hex == '0')
            broken(x, 2, "leading zeros: %s", line);
        for (size_t i = 0; i < n; i++)
            if (x->l->upper ? g_ascii_islower(hex[i]) : g_ascii_isupper(hex[i])) {
                broken(x, 2, "hexadecimal digits of the wrong case: %s", line);
                break;
            }
    }
}

/* ---- Listings ---- */

/* The number behind a word, in a base; false when the word is not there. */
static bool number_after(const char *line, const char *word, int base, guint64 *out)
{
    const char *p = strstr(line, word);
    char *end;
    if (!p)
        return false;
    p += strlen(word);
    p += strspn(p, ": ");
    if (base == 10 && !g_ascii_isdigit(*p)) { /* "flow_id: SW:1" */
        const char *colon = strchr(p, ':');
        p = colon ? colon + 1 : p;
    }
    *out = g_ascii_strtoull(p, &end, base);
    return end != p;
}

static void end_block(struct listing *x)
{
    struct block *b = &x->b;
    if (b->open && b->has_newest && b->current != b->newest)
        broken(x, 3,
               "current outbound spi is %" G_GINT64_MODIFIER
               "X, the newest outbound SA has %" G_GINT64_MODIFIER "X",
               b->current, b->newest);
    bool all = b->any_sa && !b->unauthenticated;
    if (b->counted_out &&
        (b->encaps != b->encrypt || b->digest > b->encaps || (all && b->digest != b->encaps)))
        broken(x, 5,
               "encaps %" G_GUINT64_FORMAT ", encrypt %" G_GUINT64_FORMAT
               ", digest %" G_GUINT64_FORMAT,
               b->encaps, b->encrypt, b->digest);
    if (b->counted_in &&
        (b->decaps != b->decrypt || b->verify > b->decaps || (all && b->verify != b->decaps)))
        broken(x, 5,
               "decaps %" G_GUINT64_FORMAT ", decrypt %" G_GUINT64_FORMAT
               ", verify %" G_GUINT64_FORMAT,
               b->decaps, b->decrypt, b->verify);
    *b = (struct block){0};
}

/* 4: conn id = flow_id + 1999. */
static void check_conn(struct listing *x, const char *line)
{
    guint64 conn, flow;
    struct block *b = &x->b;
    if (!number_after(line, "conn id", 10, &conn) || !number_after(line, "flow_id", 10, &flow))
        return;
    if (conn != flow + 1999)
        broken(x, 4, "conn id is not flow_id + 1999: %s", line);
    if (b->open && b->outbound && (!b->has_newest || conn > b->newest_conn)) {
        b->has_newest = true;
        b->newest = b->spi;
        b->newest_conn = conn;
    }
}

static void read_line(struct listing *x, const char *line)
{
    struct block *b = &x->b;
    if (strstr(line, "local  ident") || strstr(line, "local ident"))
        end_block(x);
    if (number_after(line, "#pkts encaps:", 10, &b->encaps))
        b->counted_out = number_after(line, "#pkts encrypt", 10, &b->encrypt) &&
                         number_after(line, "#pkts digest", 10, &b->digest);
    if (number_after(line, "#pkts decaps:", 10, &b->decaps))
        b->counted_in = number_after(line, "#pkts decrypt", 10, &b->decrypt) &&
                        number_after(line, "#pkts verify", 10, &b->verify);
    if (number_after(line, "current outbound spi", 16, &b->current))
        b->open = true;
    if (strstr(line, " sas:"))
        b->outbound = strstr(line, "outbound esp") != NULL;
    if (strstr(line, "transform:")) {
        b->any_sa = true;
        b->unauthenticated = b->unauthenticated || !strstr(line, "hmac");
    }
    if (g_str_has_prefix(line + strspn(line, " "), "spi: 0x"))
        number_after(line, "spi:", 16, &b->spi);
    check_conn(x, line);
}

void rules_listing(const struct rule_lines *l, rule_fn breach, void *self)
{
    struct listing x = {.l = l, .breach = breach, .self = self};
    for (guint i = 0; i < l->said->len; i++) {
        const struct said *s = &g_array_index(l->said, struct said, i);
        check_pairs(&x, s->text);
        if (s->kind == CONSOLE_OUTPUT)
            read_line(&x, s->text);
        else if (s->kind == CONSOLE_ECHO)
            end_block(&x);
    }
    end_block(&x);
}
