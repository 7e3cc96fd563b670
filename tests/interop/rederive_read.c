/* Reads a run folder: capture.pcapng (blocks of draft-ietf-opsawg-pcapng, little-endian as vpnsim
 * and most others write them) and keys.json (an object of lists of flat objects). */
#include "rederive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t *slurp(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    if (!f)
        return NULL;
    size_t room = 1 << 16;
    uint8_t *all = malloc(room + 1);
    *n = 0;
    for (size_t got; all && (got = fread(all + *n, 1, room - *n, f)) > 0;) {
        *n += got;
        if (*n == room)
            all = realloc(all, (room *= 2) + 1);
    }
    fclose(f);
    if (all)
        all[*n] = 0;
    return all;
}

/* ---- the capture ---- */

enum { SECTION = 0x0a0d0d0a, INTERFACE = 1, ENHANCED_PACKET = 6, LINK_ETHERNET = 1 };

static uint32_t le32(const uint8_t *p)
{
    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

/* Fragments wait here until their packet is whole (RFC 791 3.2). */
#define MAX_FRAGMENTS 64
struct whole {
    uint8_t key[11]; /* addresses, identification, protocol */
    struct bytes have[MAX_FRAGMENTS];
    size_t at[MAX_FRAGMENTS], n, total;
};
struct joiner {
    struct whole *w;
    size_t n;
    packet_fn fn;
    void *self;
};

static struct whole *whole_of(struct joiner *j, const uint8_t *head)
{
    uint8_t key[11];
    memcpy(key, head + 12, 8);
    memcpy(key + 8, head + 4, 2);
    key[10] = head[9];
    for (size_t i = 0; i < j->n; i++)
        if (memcmp(j->w[i].key, key, sizeof key) == 0)
            return &j->w[i];
    j->w = realloc(j->w, (j->n + 1) * sizeof *j->w);
    memset(&j->w[j->n], 0, sizeof *j->w);
    memcpy(j->w[j->n].key, key, sizeof key);
    return &j->w[j->n++];
}

static void join(struct joiner *j, const struct packet *p, const uint8_t *head)
{
    static uint8_t joined[65536];
    struct whole *w = whole_of(j, head);
    size_t offset = (size_t)(be16(head + 6) & 0x1fff) * 8, sum = p->body.n;
    for (size_t k = 0; k < w->n; k++) {
        if (w->at[k] == offset)
            return;
        sum += w->have[k].n;
    }
    if (w->n == MAX_FRAGMENTS || offset + p->body.n > sizeof joined)
        return;
    w->at[w->n] = offset;
    w->have[w->n++] = p->body;
    if (!(be16(head + 6) & 0x2000))
        w->total = offset + p->body.n;
    if (!w->total || sum != w->total)
        return;
    for (size_t k = 0; k < w->n; k++)
        memcpy(joined + w->at[k], w->have[k].p, w->have[k].n);
    struct packet all = *p;
    all.body = (struct bytes){joined, w->total};
    *w = j->w[--j->n];
    j->fn(j->self, &all);
}

static void ip_packet(struct bytes b, struct joiner *j)
{
    if (b.n < 20 || b.p[0] >> 4 != 4)
        return;
    size_t head = (size_t)(b.p[0] & 15) * 4, total = be16(b.p + 2);
    if (head < 20 || total < head || total > b.n)
        return;
    struct packet p = {.src = be32(b.p + 12),
                       .dst = be32(b.p + 16),
                       .protocol = b.p[9],
                       .body = {b.p + head, total - head}};
    if (be16(b.p + 6) & 0x3fff)
        join(j, &p, b.p);
    else
        j->fn(j->self, &p);
}

bool capture_read(const char *path, packet_fn fn, void *self)
{
    size_t n;
    uint8_t *all = slurp(path, &n);
    struct joiner j = {.fn = fn, .self = self};
    uint16_t link[256];
    size_t links = 0;
    bool good = all && n >= 28 && le32(all) == SECTION && le32(all + 8) == 0x1a2b3c4d;
    for (size_t at = 0; good && at + 12 <= n;) {
        const uint8_t *b = all + at;
        uint32_t type = le32(b), length = le32(b + 4);
        if (length < 12 || length % 4 != 0 || length > n - at) {
            good = false;
            break;
        }
        if (type == INTERFACE && length >= 20 && links < 256)
            link[links++] = (uint16_t)(b[8] | b[9] << 8);
        if (type == ENHANCED_PACKET && length >= 32) {
            uint32_t interface = le32(b + 8), have = le32(b + 20);
            size_t skip = interface < links && link[interface] == LINK_ETHERNET ? 14 : 0;
            if (have <= length - 32 && have > skip && (skip == 0 || be16(b + 28 + 12) == 0x0800))
                ip_packet((struct bytes){b + 28 + skip, have - skip}, &j);
        }
        at += length;
    }
    free(j.w);
    free(all);
    return good;
}

/* ---- the keys ---- */

static char *skip_space(char *s)
{
    return s + strspn(s, " \t\r\n,");
}

/* A string or a number at *s, made a C string in place; *s is behind it. NULL when neither is
 * there. */
static char *take(char **s)
{
    char *from = *s;
    if (*from == '"') {
        char *to = strchr(++from, '"');
        if (!to)
            return NULL;
        *to = 0;
        *s = to + 1;
        return from;
    }
    size_t n = strspn(from, "-0123456789");
    if (n == 0)
        return NULL;
    *s = from + n;
    return from;
}

/* {"a":1,"b":"x"}: numbers are closed only after what follows them is read. */
static char *object(char *s, struct key_row *row)
{
    for (s = skip_space(s + 1); *s != '}'; s = skip_space(s)) {
        char *name = take(&s), *end;
        if (!name || *s != ':' || row->n == KEY_MEMBERS)
            return NULL;
        s++;
        char *value = take(&s);
        end = s;
        if (!value || (*end != ',' && *end != '}'))
            return NULL;
        row->name[row->n] = name;
        row->value[row->n++] = value;
        if (*end == ',')
            *end = 0;
        else
            break;
        s = end + 1;
    }
    *s = 0;
    return s + 1;
}

bool keys_read(const char *path, key_fn fn, void *self)
{
    size_t n;
    char *all = (char *)slurp(path, &n);
    char *s = all ? skip_space(all) : NULL;
    bool good = s && *s == '{';
    for (s = good ? skip_space(s + 1) : NULL; good && *s != '}';) {
        char *list = take(&s);
        good = list && *s == ':';
        if (good) {
            s = skip_space(s + 1);
            good = *s == '[';
        }
        for (s = good ? skip_space(s + 1) : NULL; good && *s != ']';) {
            struct key_row row = {.list = list};
            s = *s == '{' ? object(s, &row) : NULL;
            good = s != NULL;
            if (good) {
                fn(self, &row);
                s = skip_space(s);
            }
        }
        if (good)
            s = skip_space(s + 1);
    }
    free(all);
    return good;
}

const char *key_text(const struct key_row *row, const char *name)
{
    for (size_t i = 0; i < row->n; i++)
        if (strcmp(row->name[i], name) == 0)
            return row->value[i];
    return "";
}

size_t key_hex(const struct key_row *row, const char *name, uint8_t *out, size_t max)
{
    const char *text = key_text(row, name);
    size_t n = strlen(text);
    if (n % 2 != 0 || n / 2 > max)
        return max + 1;
    for (size_t i = 0; i < n / 2; i++) {
        unsigned byte;
        if (sscanf(text + 2 * i, "%2x", &byte) != 1)
            return max + 1;
        out[i] = (uint8_t)byte;
    }
    return n / 2;
}
