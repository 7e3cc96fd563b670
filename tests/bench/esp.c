/* ESP, nanoseconds a packet to seal and to open, beside the same bytes through bare libcrypto in
 * the same run, twice. "library" is as its manual has it: EVP contexts kept, HMAC by copies of
 * keyed EVP digest states, CBC with the IV set once a packet (any bytes will do here). "least" is
 * the fewest calls known to give the same bytes: the digests' own states copied, CBC never set
 * where running a block through the chain is cheaper; no packet is handled at all, so what ESP
 * costs above it is heads, padding, window and counters. Rounds alternate and the least of each is
 * kept, so that a busy machine hits all alike. Goals of design.md section 7: at most 1.15 times the
 * library for AES, 1.03 for 3DES. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>
#include <openssl/md5.h>
#include <openssl/provider.h>
#include <openssl/sha.h>

#include "ipsec/esp.h"
#include "wire/ip.h"

enum { BATCH = 32, ROUNDS = 40, ICV = 16 };

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* ---- The bare library ---- */

struct bare {
    EVP_CIPHER_CTX *encrypt, *decrypt; /* NULL for the NULL cipher */
    EVP_MD_CTX *inner, *outer, *work;
    size_t iv;
};

static const char *const cipher_name[CIPHER_COUNT] = {
    [CIPHER_DES] = "DES-CBC",        [CIPHER_3DES] = "DES-EDE3-CBC",
    [CIPHER_AES128] = "AES-128-CBC", [CIPHER_AES192] = "AES-192-CBC",
    [CIPHER_AES256] = "AES-256-CBC",
};
static const char *const hash_name[HASH_COUNT] = {
    [HASH_MD5] = "MD5", [HASH_SHA1] = "SHA1", [HASH_SHA256] = "SHA256"};

static EVP_CIPHER_CTX *bare_context(enum crypto_cipher c, bool encrypt)
{
    static const uint8_t zero[64];
    if (!cipher_name[c])
        return NULL;
    EVP_CIPHER *algorithm = EVP_CIPHER_fetch(NULL, cipher_name[c], NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    EVP_CipherInit_ex(ctx, algorithm, NULL, zero, zero, encrypt);
    EVP_CIPHER_CTX_set_padding(ctx, 0);
    EVP_CIPHER_free(algorithm);
    return ctx;
}

static void bare_init(struct bare *b, struct esp_suite s)
{
    uint8_t pad[64];
    EVP_MD *md = EVP_MD_fetch(NULL, hash_name[s.auth], NULL);
    *b = (struct bare){bare_context(s.cipher, true),
                       bare_context(s.cipher, false),
                       EVP_MD_CTX_new(),
                       EVP_MD_CTX_new(),
                       EVP_MD_CTX_new(),
                       cipher_iv_bytes(s.cipher)};
    EVP_DigestInit_ex(b->inner, md, NULL);
    EVP_DigestUpdate(b->inner, memset(pad, 0x36, sizeof pad), sizeof pad);
    EVP_DigestInit_ex(b->outer, md, NULL);
    EVP_DigestUpdate(b->outer, memset(pad, 0x5c, sizeof pad), sizeof pad);
    EVP_MD_free(md);
}

static void bare_clear(struct bare *b)
{
    EVP_CIPHER_CTX_free(b->encrypt);
    EVP_CIPHER_CTX_free(b->decrypt);
    EVP_MD_CTX_free(b->inner);
    EVP_MD_CTX_free(b->outer);
    EVP_MD_CTX_free(b->work);
}

static void bare_mac(struct bare *b, const uint8_t *p, size_t n, uint8_t *out)
{
    unsigned got;
    EVP_MD_CTX_copy_ex(b->work, b->inner);
    EVP_DigestUpdate(b->work, p, n);
    EVP_DigestFinal_ex(b->work, out, &got);
    EVP_MD_CTX_copy_ex(b->work, b->outer);
    EVP_DigestUpdate(b->work, out, got);
    EVP_DigestFinal_ex(b->work, out, &got);
}

/* `esp` is head, IV, n bytes of blocks, room for the ICV. */
static void bare_seal(struct bare *b, uint8_t *esp, size_t n)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    int got;
    if (b->encrypt) {
        EVP_CipherInit_ex(b->encrypt, NULL, NULL, NULL, esp + 8, -1);
        EVP_CipherUpdate(b->encrypt, esp + 8 + b->iv, &got, esp + 8 + b->iv, (int)n);
    }
    bare_mac(b, esp, 8 + b->iv + n, digest);
    memcpy(esp + 8 + b->iv + n, digest, 12);
}

static void bare_open(struct bare *b, uint8_t *esp, size_t n)
{
    uint8_t digest[EVP_MAX_MD_SIZE];
    int got;
    bare_mac(b, esp, 8 + b->iv + n, digest);
    if (b->decrypt) {
        EVP_CipherInit_ex(b->decrypt, NULL, NULL, NULL, esp + 8, -1);
        EVP_CipherUpdate(b->decrypt, esp + 8 + b->iv, &got, esp + 8 + b->iv, (int)n);
    }
}

/* ---- The fewest calls ---- */

static void least_mac(enum crypto_hash h, const uint8_t *p, size_t n, uint8_t *out)
{
    /* States as of after a pad; which key made them does not change what they cost. */
    if (h == HASH_MD5) {
        static MD5_CTX keyed;
        MD5_CTX w = keyed;
        MD5_Update(&w, p, n);
        MD5_Final(out, &w);
        w = keyed;
        MD5_Update(&w, out, 16);
        MD5_Final(out, &w);
    } else if (h == HASH_SHA1) {
        static SHA_CTX keyed;
        SHA_CTX w = keyed;
        SHA1_Update(&w, p, n);
        SHA1_Final(out, &w);
        w = keyed;
        SHA1_Update(&w, out, 20);
        SHA1_Final(out, &w);
    } else {
        static SHA256_CTX keyed = {.md_len = 32};
        SHA256_CTX w = keyed;
        SHA256_Update(&w, p, n);
        SHA256_Final(out, &w);
        w = keyed;
        SHA256_Update(&w, out, 32);
        SHA256_Final(out, &w);
    }
}

/* AES runs its IV through as a block; the others chain on when sealing and set it when opening. */
static void least_cipher(EVP_CIPHER_CTX *ctx, bool open, size_t iv, uint8_t *esp, size_t n)
{
    int got;
    if (!ctx)
        return;
    size_t first = iv == 16 ? 0 : iv;
    if (open && first)
        EVP_CipherInit_ex(ctx, NULL, NULL, NULL, esp + 8, -1);
    EVP_CipherUpdate(ctx, esp + 8 + first, &got, esp + 8 + first, (int)(iv - first + n));
}

static void least_seal(struct bare *b, enum crypto_hash h, uint8_t *esp, size_t n)
{
    uint8_t digest[32];
    least_cipher(b->encrypt, false, b->iv, esp, n);
    least_mac(h, esp, 8 + b->iv + n, digest);
    memcpy(esp + 8 + b->iv + n, digest, 12);
}

static void least_open(struct bare *b, enum crypto_hash h, uint8_t *esp, size_t n)
{
    uint8_t digest[32];
    least_mac(h, esp, 8 + b->iv + n, digest);
    least_cipher(b->decrypt, true, b->iv, esp, n);
}

/* ---- One row ---- */

struct cost {
    double seal, open, bare_seal, bare_open, least_seal, least_open;
};

static void keep_least(double *least, double spent)
{
    spent /= BATCH;
    if (*least == 0 || spent < *least)
        *least = spent;
}

static struct pkt *inner_packet(size_t n)
{
    struct pkt *p = pkt_new(n);
    struct ip4_head h = {.ttl = 64,
                         .protocol = 17,
                         .head_bytes = IP4_HEAD,
                         .total = (uint16_t)n,
                         .src = IP4(10, 1, 0, 5),
                         .dst = IP4(10, 2, 0, 5)};
    memset(pkt_data(p), 0x5a, n);
    ip4_head_emit(&h, pkt_data(p));
    return p;
}

static struct cost measure(struct esp_suite s, size_t size)
{
    uint8_t key[CRYPTO_MAX_KEY + CRYPTO_MAX_DIGEST] = {1, 2, 3};
    struct span keymat = {key, esp_keymat_bytes(s)};
    struct sim *sim = sim_new(1, 0);
    struct esp_sa *out = esp_sa_new(300, false, s, 1, 2, keymat, 0, rng_stream(sim, "bench"));
    struct esp_sa *in = esp_sa_new(300, true, s, 1, 2, keymat, 64, NULL);
    struct bare b;
    bare_init(&b, s);
    size_t iv = cipher_iv_bytes(s.cipher);
    size_t n = esp_sealed_bytes(s, size) - IP4_HEAD - 8 - iv - hash_icv_bytes(s.auth);
    uint8_t *bytes[BATCH];
    for (int i = 0; i < BATCH; i++)
        bytes[i] = g_malloc0(8 + iv + n + ICV);
    struct cost c = {0};
    int rounds = size >= 1000 && s.cipher == CIPHER_3DES ? ROUNDS : ROUNDS * 8;
    for (int round = 0; round < rounds; round++) {
        struct pkt *p[BATCH];
        enum drop_reason why[BATCH];
        uint32_t seq[BATCH];
        uint16_t id = 0;
        for (int i = 0; i < BATCH; i++)
            p[i] = inner_packet(size);
        double t0 = now_ns();
        esp_seal(out, p, BATCH, ESP_DF_COPY, &id, why);
        double t1 = now_ns();
        for (int i = 0; i < BATCH; i++)
            bare_seal(&b, bytes[i], n);
        double t2 = now_ns();
        esp_open(in, p, BATCH, seq, why);
        double t3 = now_ns();
        for (int i = 0; i < BATCH; i++)
            bare_open(&b, bytes[i], n);
        double t4 = now_ns();
        for (int i = 0; i < BATCH; i++)
            least_seal(&b, s.auth, bytes[i], n);
        double t5 = now_ns();
        for (int i = 0; i < BATCH; i++)
            least_open(&b, s.auth, bytes[i], n);
        double t6 = now_ns();
        for (int i = 0; i < BATCH; i++) {
            g_assert(why[i] == DROP_NONE && p[i]->len == size);
            pkt_unref(p[i]);
        }
        keep_least(&c.seal, t1 - t0);
        keep_least(&c.bare_seal, t2 - t1);
        keep_least(&c.open, t3 - t2);
        keep_least(&c.bare_open, t4 - t3);
        keep_least(&c.least_seal, t5 - t4);
        keep_least(&c.least_open, t6 - t5);
    }
    for (int i = 0; i < BATCH; i++)
        g_free(bytes[i]);
    bare_clear(&b);
    esp_sa_free(out);
    esp_sa_free(in);
    sim_free(sim);
    return c;
}

int main(void)
{
    static const struct {
        const char *name;
        struct esp_suite suite;
    } suite[] = {
        {"AES128-SHA1", {CIPHER_AES128, HASH_SHA1, false}},
        {"AES256-SHA256", {CIPHER_AES256, HASH_SHA256, false}},
        {"3DES-SHA1", {CIPHER_3DES, HASH_SHA1, false}},
        {"3DES-MD5", {CIPHER_3DES, HASH_MD5, false}},
        {"NULL-SHA1", {CIPHER_NULL, HASH_SHA1, false}},
    };
    static const size_t size[] = {64, 512, 1400};
    crypto_init();
    OSSL_PROVIDER_load(NULL, "default");
    printf("ESP, ns a packet, least of alternating rounds of %d\n\n", BATCH);
    printf("%-14s %6s  %8s %8s %6s %8s %6s  %8s %8s %6s %8s %6s\n", "suite", "bytes", "seal",
           "library", "ratio", "least", "ratio", "open", "library", "ratio", "least", "ratio");
    for (size_t i = 0; i < G_N_ELEMENTS(suite); i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(size); k++) {
            struct cost c = measure(suite[i].suite, size[k]);
            printf("%-14s %6zu  %8.0f %8.0f %6.2f %8.0f %6.2f  %8.0f %8.0f %6.2f %8.0f %6.2f\n",
                   suite[i].name, size[k], c.seal, c.bare_seal, c.seal / c.bare_seal, c.least_seal,
                   c.seal / c.least_seal, c.open, c.bare_open, c.open / c.bare_open, c.least_open,
                   c.open / c.least_open);
        }
    }
    return 0;
}
