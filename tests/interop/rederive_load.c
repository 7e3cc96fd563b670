/* A run as it is judged: rows of keys.json, ISAKMP messages and ESP packets of the capture. */
#include "rederive.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROW(array, n)                                                                             \
    ((array) = realloc((array), ((n) + 1) * sizeof *(array)),                                      \
     memset(&(array)[n], 0, sizeof *(array)), &(array)[(n)++])

void complain(struct run *r, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    printf("%s: ", r->dir);
    vprintf(format, args);
    putchar('\n');
    va_end(args);
    r->wrong++;
}

struct blob copy(const uint8_t *p, size_t n)
{
    struct blob b = {malloc(n + 1), n};
    memcpy(b.p, p, n);
    return b;
}

static void on_message(struct run *r, const struct packet *p, const uint8_t *bytes, size_t n)
{
    if (n < 28 || be32(bytes + 24) > n || be32(bytes + 24) < 28)
        return;
    n = be32(bytes + 24);
    for (size_t i = 0; i < r->messages; i++) /* a retransmission, or the other end of the link */
        if (r->message[i].src == p->src && r->message[i].bytes.n == n &&
            memcmp(r->message[i].bytes.p, bytes, n) == 0)
            return;
    struct message *m = GROW(r->message, r->messages);
    m->src = p->src;
    m->dst = p->dst;
    m->bytes = copy(bytes, n);
}

static void on_packet(void *self, const struct packet *p)
{
    struct run *r = self;
    const uint8_t *b = p->body.p;
    size_t n = p->body.n;
    struct bytes esp = {NULL, 0};
    if (p->protocol == 50)
        esp = p->body;
    if (p->protocol == 17 && n >= 8) {
        uint16_t from = be16(b), to = be16(b + 2);
        b += 8;
        n -= 8;
        if (from == 500 || to == 500)
            on_message(r, p, b, n);
        else if ((from == 4500 || to == 4500) && n > 4 && be32(b) == 0) /* RFC 3948 2.2 */
            on_message(r, p, b + 4, n - 4);
        else if ((from == 4500 || to == 4500) && n > 8)
            esp = (struct bytes){b, n};
    }
    if (esp.n >= 8) {
        struct esp_packet *e = GROW(r->packet, r->packets);
        e->dst = p->dst;
        e->bytes = copy(esp.p, esp.n);
    }
}

static void get(struct run *r, const struct key_row *row, const char *name, struct buf *out)
{
    out->n = key_hex(row, name, out->p, sizeof out->p);
    if (out->n > sizeof out->p) {
        complain(r, "keys.json: %s is no hex of a fair length", name);
        out->n = 0;
    }
}

static uint32_t number(const struct key_row *row, const char *name)
{
    return (uint32_t)strtoul(key_text(row, name), NULL, 16);
}

static void on_key(void *self, const struct key_row *row)
{
    struct run *r = self;
    if (strcmp(row->list, "ike") == 0) {
        struct ike_key *k = GROW(r->ike, r->ikes);
        struct buf half;
        snprintf(k->node, sizeof k->node, "%s", key_text(row, "node"));
        get(r, row, "cky_i", &half), memcpy(k->cky, half.p, 8);
        get(r, row, "cky_r", &half), memcpy(k->cky + 8, half.p, 8);
        k->cipher = cipher_find(key_text(row, "cipher"));
        k->hash = hash_find(key_text(row, "hash"));
        k->group = group_find(key_text(row, "group"));
        get(r, row, "psk", &k->psk), get(r, row, "dh_secret", &k->secret),
            get(r, row, "gxy", &k->gxy);
        get(r, row, "skeyid", &k->skeyid), get(r, row, "skeyid_d", &k->skeyid_d);
        get(r, row, "skeyid_a", &k->skeyid_a), get(r, row, "skeyid_e", &k->skeyid_e);
        get(r, row, "cipher_key", &k->key), get(r, row, "iv", &k->iv);
        if (!k->cipher || !k->hash || !k->group || !k->cipher->evp || !k->hash->evp) {
            complain(r, "keys.json: an IKE SA of unknown algorithms");
            r->ikes--;
        }
    } else if (strcmp(row->list, "quick") == 0) {
        struct quick_key *k = GROW(r->quick, r->quicks);
        snprintf(k->node, sizeof k->node, "%s", key_text(row, "node"));
        k->msgid = number(row, "msgid"), k->spi_in = number(row, "spi_in"),
        k->spi_out = number(row, "spi_out");
        get(r, row, "dh_secret", &k->secret), get(r, row, "gxy", &k->gxy);
    } else if (strcmp(row->list, "esp") == 0) {
        struct esp_key *k = GROW(r->esp, r->esps);
        unsigned a = 0, b = 0, c = 0, d = 0;
        sscanf(key_text(row, "dst"), "%u.%u.%u.%u", &a, &b, &c, &d);
        k->dst = a << 24 | b << 16 | c << 8 | d;
        k->spi = number(row, "spi");
        k->cipher = cipher_find(key_text(row, "cipher"));
        k->auth = hash_find(key_text(row, "auth"));
        get(r, row, "cipher_key", &k->key), get(r, row, "auth_key", &k->auth_key);
        if (!k->cipher || !k->auth) {
            complain(r, "keys.json: an ESP SA of unknown algorithms");
            r->esps--;
        }
    }
}

bool run_load(struct run *r)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/keys.json", r->dir);
    if (!keys_read(path, on_key, r))
        complain(r, "keys.json cannot be read");
    snprintf(path, sizeof path, "%s/capture.pcapng", r->dir);
    if (!capture_read(path, on_packet, r))
        complain(r, "capture.pcapng cannot be read");
    return r->wrong == 0;
}

void run_clear(struct run *r)
{
    for (size_t i = 0; i < r->messages; i++) {
        free(r->message[i].bytes.p);
        free(r->message[i].open.p);
    }
    for (size_t i = 0; i < r->packets; i++)
        free(r->packet[i].bytes.p);
    free(r->message), free(r->packet), free(r->ike), free(r->quick), free(r->esp);
}
