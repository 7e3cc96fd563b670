/* The judge that shares nothing with vpnsim but libcrypto: what it reads of a run folder. */
#ifndef INTEROP_REDERIVE_H
#define INTEROP_REDERIVE_H

#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes lent. */
struct bytes {
    const uint8_t *p;
    size_t n;
};

/* An IPv4 packet of the capture, whole. */
struct packet {
    uint32_t src, dst;
    uint8_t protocol;
    struct bytes body;
};
typedef void (*packet_fn)(void *self, const struct packet *p);
/* Every IPv4 packet of a pcapng file, fragments joined, of raw IP or Ethernet, in its order. False
 * when the file is no such thing. */
bool capture_read(const char *path, packet_fn fn, void *self);

/* One object of a list of keys.json: its list, and its members as text. */
#define KEY_MEMBERS 24
struct key_row {
    const char *list;
    const char *name[KEY_MEMBERS], *value[KEY_MEMBERS];
    size_t n;
};
typedef void (*key_fn)(void *self, const struct key_row *row);
bool keys_read(const char *path, key_fn fn, void *self);
/* "" when there is none. */
const char *key_text(const struct key_row *row, const char *name);
/* Hex digits into at most `max` bytes; how many, or max + 1 when it is no hex or too long. */
size_t key_hex(const struct key_row *row, const char *name, uint8_t *out, size_t max);

static inline uint16_t be16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}
static inline uint32_t be32(const uint8_t *p)
{
    return (uint32_t)be16(p) << 16 | be16(p + 2);
}

/* Algorithms by their names in keys.json; NULL when unknown. NULL and NONE have no `evp`. */
struct cipher {
    const char *name;
    const EVP_CIPHER *(*evp)(void);
    size_t key, block;
};
struct hash {
    const char *name;
    const EVP_MD *(*evp)(void);
    size_t bytes, icv;
};
struct group {
    const char *name;
    BIGNUM *(*prime)(BIGNUM *);
    size_t bytes;
};
const struct cipher *cipher_find(const char *name);
const struct hash *hash_find(const char *name);
const struct group *group_find(const char *name);
const struct group *group_of_bytes(size_t bytes);

struct buf {
    uint8_t p[1024];
    size_t n;
};
/* What a prf runs over: the parts one behind the other, up to one without a pointer. */
struct part {
    const void *p;
    size_t n;
};
#define PARTS(...)                                                                                 \
    (const struct part[])                                                                          \
    {                                                                                              \
        __VA_ARGS__,                                                                               \
        {                                                                                          \
            NULL, 0                                                                                \
        }                                                                                          \
    }
/* HMAC of the hash. How many bytes; 0 when it fails. */
size_t prf(const struct hash *h, const uint8_t *key, size_t key_n, const struct part *parts,
           uint8_t *out);
bool cbc_open(const struct cipher *c, const uint8_t *key, const uint8_t *iv, const uint8_t *in,
              size_t n, uint8_t *out);
/* base^secret mod the prime of the group, as long as the prime. */
bool power(const struct group *g, struct bytes base, const struct buf *secret, uint8_t *out);

enum fact { F_DH, F_SKEYID, F_CIPHER_KEY, F_IV, F_HASH, F_KEYMAT, F_ICV, F_OPENED, FACTS };

struct blob {
    uint8_t *p;
    size_t n;
};

/* Rows of keys.json. */
struct ike_key {
    char node[64];
    uint8_t cky[16];
    const struct cipher *cipher;
    const struct hash *hash;
    const struct group *group;
    struct buf psk, secret, gxy, skeyid, skeyid_d, skeyid_a, skeyid_e, key, iv;
};
struct quick_key {
    char node[64];
    uint32_t msgid, spi_in, spi_out;
    struct buf secret, gxy;
};
struct esp_key {
    uint32_t spi, dst;
    const struct cipher *cipher;
    const struct hash *auth;
    struct buf key, auth_key;
    bool derived;
    struct bytes last; /* packet */
};
/* An ISAKMP message of the capture. */
struct message {
    uint32_t src, dst;
    struct blob bytes; /* from the head on, as sent; open: decrypted behind the head */
    struct blob open;
};
struct esp_packet {
    uint32_t dst;
    struct blob bytes;
};

struct run {
    const char *dir;
    struct ike_key *ike;
    struct quick_key *quick;
    struct esp_key *esp;
    struct message *message;
    struct esp_packet *packet;
    size_t ikes, quicks, esps, messages, packets;
    unsigned long good[FACTS], wrong;
};

/* Reads the folder `dir`. False after a complaint. */
bool run_load(struct run *r);
void run_clear(struct run *r);
/* Prints it, and counts it as wrong. */
__attribute__((format(printf, 2, 3))) void complain(struct run *r, const char *format, ...);
/* As long as p, and the caller's. */
struct blob copy(const uint8_t *p, size_t n);

#endif
