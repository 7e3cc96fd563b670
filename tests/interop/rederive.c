/* rederive RUN-FOLDER...: computes every key, IV, HASH and ICV of a run anew from keys.json's
 * pre-shared keys and Diffie-Hellman secrets and from the bytes of the capture, with libcrypto and
 * nothing of vpnsim, and compares. Prints what was found, one line a run; exits 1 when anything
 * differs or nothing was there to compare. RFC 2409 (5, appendix B), RFC 2407 4.4.4, RFC 4303. */
#include "rederive.h"

#include <openssl/hmac.h>
#include <openssl/provider.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const fact_name[FACTS] = {"DH value", "SKEYID", "cipher key",       "IV", "HASH",
                                             "KEYMAT",   "ICV",    "ESP packet opened"};

#define MAX_KEY 256
static const struct bytes generator = {(const uint8_t *)"\2", 1};

static bool same(struct run *r, enum fact what, const void *is, size_t is_n, const void *want,
                 size_t want_n, const char *of, const char *whose)
{
    if (is_n == want_n && memcmp(is, want, is_n) == 0) {
        r->good[what]++;
        return true;
    }
    complain(r, "%s %s of %s is not what the rest gives", of, fact_name[what], whose);
    return false;
}

/* ---- payloads ---- */

enum { P_SA = 1, P_KE = 4, P_ID = 5, P_HASH = 8, P_NONCE = 10 };
enum { MAIN = 2, AGGRESSIVE = 4, INFORMATIONAL = 5, TRANSACTION = 6, QUICK = 32 };

/* The nth payload of a type in the clear message; its body. `end` is where the last payload of all
 * ends. */
static struct bytes payload(struct blob m, int type, int nth, size_t *end)
{
    struct bytes found = {NULL, 0};
    int next = m.n >= 28 ? m.p[16] : 0;
    size_t at = 28;
    while (next != 0 && at + 4 <= m.n) {
        size_t length = be16(m.p + at + 2);
        if (length < 4 || length > m.n - at)
            return (struct bytes){NULL, 0};
        if (next == type && nth-- == 0)
            found = (struct bytes){m.p + at + 4, length - 4};
        next = m.p[at];
        at += length;
    }
    if (end)
        *end = next == 0 ? at : 0;
    return found;
}

static bool of_sa(const struct message *m, const struct ike_key *k)
{
    return memcmp(m->bytes.p, k->cky, 16) == 0;
}
static bool encrypted(const struct message *m)
{
    return m->bytes.p[19] & 1;
}

/* Decrypts behind the head. The last block of ciphertext is the next message's IV, RFC 2409
 * appendix B. */
static bool open_message(struct message *m, const struct ike_key *k, const uint8_t *key,
                         uint8_t *iv)
{
    size_t n = m->bytes.n - 28, block = k->cipher->block;
    if (n < block || n % block != 0)
        return false;
    m->open = copy(m->bytes.p, m->bytes.n);
    if (!cbc_open(k->cipher, key, iv, m->bytes.p + 28, n, m->open.p + 28))
        return false;
    memcpy(iv, m->bytes.p + m->bytes.n - block, block);
    return true;
}

/* IV = hash(a | b), cut to the block. */
static void iv_of(const struct ike_key *k, struct part a, struct part b, uint8_t *iv)
{
    uint8_t digest[64];
    EVP_MD_CTX *x = EVP_MD_CTX_new();
    EVP_DigestInit_ex(x, k->hash->evp(), NULL);
    EVP_DigestUpdate(x, a.p, a.n);
    EVP_DigestUpdate(x, b.p, b.n);
    EVP_DigestFinal_ex(x, digest, NULL);
    EVP_MD_CTX_free(x);
    memcpy(iv, digest, k->cipher->block);
}

/* ---- phase 1 ---- */

struct phase1 {
    const struct ike_key *k;
    int exchange; /* MAIN or AGGRESSIVE */
    struct message *m[6];
    struct bytes ke[2], nonce[2];
    uint8_t skeyid[64], d[64], a[64], e[64], key[64], last[16];
    size_t n; /* of the prf */
};

/* RFC 2409 5: the secret of the node gives the g^x that it sent, and with the other's g^x the
 * shared g^xy. */
static bool check_dh(struct run *r, const struct group *g, const struct buf *secret,
                     const struct buf *gxy, const struct bytes ke[2], const char *whose)
{
    uint8_t mine[MAX_KEY], shared[MAX_KEY];
    if (!g || ke[0].n != g->bytes || ke[1].n != g->bytes || !power(g, generator, secret, mine)) {
        complain(r, "DH values of %s are not of the group", whose);
        return false;
    }
    int side = memcmp(mine, ke[0].p, g->bytes) == 0 ? 0 : 1;
    bool sent = same(r, F_DH, mine, g->bytes, ke[side].p, ke[side].n, "sent", whose);
    return power(g, ke[!side], secret, shared) &&
           same(r, F_DH, shared, g->bytes, gxy->p, gxy->n, "shared", whose) && sent;
}

/* SKEYID = prf(pre-shared-key, Ni_b | Nr_b), SKEYID_d, _a, _e of it, RFC 2409 5; keys longer than a
 * digest are K1 = prf(SKEYID_e, 0), K2 = prf(SKEYID_e, K1) ..., appendix B. */
static void derive(struct run *r, struct phase1 *s)
{
    const struct ike_key *k = s->k;
    const struct part gxy = {k->gxy.p, k->gxy.n}, cky = {k->cky, 16};
    uint8_t joined[128] = {0};
    s->n = prf(k->hash, k->psk.p, k->psk.n,
               PARTS({s->nonce[0].p, s->nonce[0].n}, {s->nonce[1].p, s->nonce[1].n}), s->skeyid);
    prf(k->hash, s->skeyid, s->n, PARTS(gxy, cky, {"\0", 1}), s->d);
    prf(k->hash, s->skeyid, s->n, PARTS({s->d, s->n}, gxy, cky, {"\1", 1}), s->a);
    prf(k->hash, s->skeyid, s->n, PARTS({s->a, s->n}, gxy, cky, {"\2", 1}), s->e);
    same(r, F_SKEYID, s->skeyid, s->n, k->skeyid.p, k->skeyid.n, "the", k->node);
    same(r, F_SKEYID, s->d, s->n, k->skeyid_d.p, k->skeyid_d.n, "the derivation", k->node);
    same(r, F_SKEYID, s->a, s->n, k->skeyid_a.p, k->skeyid_a.n, "the authentication", k->node);
    same(r, F_SKEYID, s->e, s->n, k->skeyid_e.p, k->skeyid_e.n, "the encryption", k->node);
    if (s->n >= k->cipher->key) {
        memcpy(s->key, s->e, k->cipher->key);
    } else {
        prf(k->hash, s->e, s->n, PARTS({"\0", 1}), joined);
        for (size_t at = s->n; at < k->cipher->key; at += s->n)
            prf(k->hash, s->e, s->n, PARTS({joined + at - s->n, s->n}), joined + at);
        memcpy(s->key, joined, k->cipher->key);
    }
    same(r, F_CIPHER_KEY, s->key, k->cipher->key, k->key.p, k->key.n, "the IKE", k->node);
}

/* HASH_I = prf(SKEYID, g^xi | g^xr | CKY-I | CKY-R | SAi_b | IDii_b), and turned round for HASH_R,
 * RFC 2409 5. */
static void check_proof(struct run *r, struct phase1 *s, int side, struct blob of_id,
                        struct blob of_hash)
{
    const struct ike_key *k = s->k;
    struct bytes sa = payload(s->m[0]->bytes, P_SA, 0, NULL);
    struct bytes id = payload(of_id, P_ID, 0, NULL), hash = payload(of_hash, P_HASH, 0, NULL);
    uint8_t want[64];
    if (!id.p || !hash.p) {
        complain(r, "%s of %s proves itself by nothing that decrypts",
                 side ? "the responder" : "the initiator", k->node);
        return;
    }
    prf(k->hash, s->skeyid, s->n,
        PARTS({s->ke[side].p, s->ke[side].n}, {s->ke[!side].p, s->ke[!side].n},
              {k->cky + 8 * side, 8}, {k->cky + 8 * !side, 8}, {sa.p, sa.n}, {id.p, id.n}),
        want);
    same(r, F_HASH, hash.p, hash.n, want, s->n, side ? "the responder's" : "the initiator's",
         k->node);
}

/* The six messages of main mode, or the three of aggressive mode: the initiator sent the first, odd
 * ones are its own. */
static void collect(struct run *r, struct phase1 *s)
{
    for (size_t i = 0; i < r->messages; i++) {
        struct message *m = &r->message[i];
        int exchange = m->bytes.p[18];
        if ((exchange != MAIN && exchange != AGGRESSIVE) || memcmp(m->bytes.p, s->k->cky, 8) != 0)
            continue;
        s->exchange = exchange;
        bool first = memcmp(m->bytes.p + 8, "\0\0\0\0\0\0\0\0", 8) == 0;
        if (!first && !of_sa(m, s->k))
            continue;
        int stage = encrypted(m)                           ? 4
                    : payload(m->bytes, P_SA, 0, NULL).p   ? 0
                    : payload(m->bytes, P_KE, 0, NULL).p   ? 2
                    : payload(m->bytes, P_HASH, 0, NULL).p ? 4
                                                           : -1;
        if (stage < 0 || (!first && !s->m[0]))
            continue;
        int side = first ? 0 : m->src != s->m[0]->src;
        if (!s->m[stage + side])
            s->m[stage + side] = m;
    }
}

/* Aggressive mode, RFC 2409 5.4: identities in clear, as is HASH_R; HASH_I may be. */
static bool aggressive_proofs(struct run *r, struct phase1 *s, uint8_t *iv)
{
    struct message *last = s->m[4];
    check_proof(r, s, 1, s->m[1]->bytes, s->m[1]->bytes);
    if (!last)
        return false;
    if (encrypted(last) && !open_message(last, s->k, s->key, iv)) {
        complain(r, "aggressive mode 3 of %s is no whole number of blocks", s->k->node);
        return false;
    }
    check_proof(r, s, 0, s->m[0]->bytes, encrypted(last) ? last->open : last->bytes);
    return true;
}

static bool main_proofs(struct run *r, struct phase1 *s, uint8_t *iv)
{
    for (int i = 4; i < 6; i++) {
        if (!s->m[i])
            return false;
        if (!open_message(s->m[i], s->k, s->key, iv)) {
            complain(r, "main mode %d of %s is no whole number of blocks", i + 1, s->k->node);
            return false;
        }
        check_proof(r, s, i - 4, s->m[i]->open, s->m[i]->open);
    }
    return true;
}

static bool phase1(struct run *r, struct phase1 *s)
{
    const struct ike_key *k = s->k;
    uint8_t iv[16];
    collect(r, s);
    bool aggressive = s->exchange == AGGRESSIVE;
    for (int i = 0; i < (aggressive ? 2 : 4); i++)
        if (!s->m[i]) {
            complain(r, "phase 1 message %d of %s is not in the capture", i + 1, k->node);
            return false;
        }
    for (int side = 0; side < 2; side++) {
        struct blob of = s->m[(aggressive ? 0 : 2) + side]->bytes;
        s->ke[side] = payload(of, P_KE, 0, NULL);
        s->nonce[side] = payload(of, P_NONCE, 0, NULL);
        if (!s->ke[side].p || !s->nonce[side].p) {
            complain(r, "phase 1 of %s has no KE or nonce", k->node);
            return false;
        }
    }
    check_dh(r, k->group, &k->secret, &k->gxy, s->ke, k->node);
    derive(r, s);
    /* The first IV is hash(g^xi | g^xr), RFC 2409 appendix B. */
    iv_of(k, (struct part){s->ke[0].p, s->ke[0].n}, (struct part){s->ke[1].p, s->ke[1].n}, iv);
    same(r, F_IV, iv, k->cipher->block, k->iv.p, k->iv.n, "the first", k->node);
    if (!(aggressive ? aggressive_proofs(r, s, iv) : main_proofs(r, s, iv)))
        return false;
    memcpy(s->last, iv, k->cipher->block);
    return true;
}

/* ---- phase 2 ---- */

/* KEYMAT = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), as often as the keys are long,
 * each round over the one before, RFC 2409 5.5. */
static void check_keymat(struct run *r, struct phase1 *s, const struct quick_key *q, uint32_t spi,
                         struct bytes ni, struct bytes nr)
{
    uint8_t mat[256],
        be[4] = {(uint8_t)(spi >> 24), (uint8_t)(spi >> 16), (uint8_t)(spi >> 8), (uint8_t)spi};
    const struct part tail[] = {
        {q->gxy.p, q->gxy.n}, {"\3", 1}, {be, 4}, {ni.p, ni.n}, {nr.p, nr.n}};
    bool found = false;
    for (size_t at = 0; at < 128; at += s->n)
        prf(s->k->hash, s->d, s->n,
            PARTS({at ? mat + at - s->n : mat, at ? s->n : 0}, tail[0], tail[1], tail[2], tail[3],
                  tail[4]),
            mat + at);
    for (size_t i = 0; i < r->esps; i++) {
        struct esp_key *e = &r->esp[i];
        if (e->spi != spi)
            continue;
        found = e->derived = true;
        same(r, F_KEYMAT, e->key.p, e->key.n, mat, e->cipher->key, "the cipher's", q->node);
        same(r, F_KEYMAT, e->auth_key.p, e->auth_key.n, mat + e->cipher->key, e->auth->bytes,
             "the HMAC's", q->node);
    }
    if (!found)
        complain(r, "keys.json knows no SA of SPI %08x", spi);
}

/* The messages of one quick mode, RFC 2409 5.5: HASH(1) = prf(SKEYID_a, M-ID | all behind it),
 * HASH(2) the same with Ni_b behind M-ID, HASH(3) = prf(SKEYID_a, 0 | M-ID | Ni_b | Nr_b). */
static void quick_mode(struct run *r, struct phase1 *s, const struct message *first)
{
    const struct ike_key *k = s->k;
    const uint8_t *mid = first->bytes.p + 20;
    struct bytes ke[2] = {{NULL, 0}}, nonce[2] = {{NULL, 0}};
    uint8_t iv[16], want[64];
    int nth = 0;
    iv_of(k, (struct part){s->last, k->cipher->block}, (struct part){mid, 4}, iv);
    for (size_t i = 0; i < r->messages && nth < 3; i++) {
        struct message *m = &r->message[i];
        size_t end = 0;
        if (!of_sa(m, k) || m->bytes.p[18] != QUICK || memcmp(m->bytes.p + 20, mid, 4) != 0)
            continue;
        struct bytes hash =
            open_message(m, k, s->key, iv) ? payload(m->open, P_HASH, 0, &end) : (struct bytes){0};
        if (!hash.p || end == 0) {
            complain(r, "quick mode %08x, message %d of %s does not decrypt", be32(mid), nth + 1,
                     k->node);
            return;
        }
        const uint8_t *behind = hash.p + hash.n;
        struct part rest = {behind, (size_t)(m->open.p + end - behind)};
        if (nth < 2) {
            ke[nth] = payload(m->open, P_KE, 0, NULL);
            nonce[nth] = payload(m->open, P_NONCE, 0, NULL);
        }
        struct part ni = {nonce[0].p ? nonce[0].p : mid, nonce[0].n},
                    nr = {nonce[1].p ? nonce[1].p : mid, nonce[1].n};
        if (nth == 0)
            prf(k->hash, s->a, s->n, PARTS({mid, 4}, rest), want);
        else if (nth == 1)
            prf(k->hash, s->a, s->n, PARTS({mid, 4}, ni, rest), want);
        else
            prf(k->hash, s->a, s->n, PARTS({"\0", 1}, {mid, 4}, ni, nr), want);
        same(r, F_HASH, hash.p, hash.n, want, s->n,
             nth == 0   ? "the first"
             : nth == 1 ? "the second"
                        : "the third",
             k->node);
        nth++;
    }
    for (size_t i = 0; i < r->quicks && nth >= 2; i++) {
        const struct quick_key *q = &r->quick[i];
        if (q->msgid != be32(mid) || strcmp(q->node, k->node) != 0)
            continue;
        if (ke[0].p && ke[1].p) {
            const struct group *g = group_of_bytes(ke[0].n);
            check_dh(r, g, &q->secret, &q->gxy, ke, q->node);
        }
        check_keymat(r, s, q, q->spi_in, nonce[0], nonce[1]);
        check_keymat(r, s, q, q->spi_out, nonce[0], nonce[1]);
    }
}

/* HASH = prf(SKEYID_a, M-ID | all behind it): of an informational message (RFC 2409 5.7), of each
 * of a transaction (draft-ietf-ipsec-isakmp-mode-cfg-02 3.1). */
static void hashed(struct run *r, struct phase1 *s, struct message *m, uint8_t *iv,
                   const char *whose)
{
    const struct ike_key *k = s->k;
    uint8_t want[64];
    size_t end = 0;
    const uint8_t *mid = m->bytes.p + 20;
    struct bytes hash =
        open_message(m, k, s->key, iv) ? payload(m->open, P_HASH, 0, &end) : (struct bytes){0};
    if (!hash.p || end == 0) {
        complain(r, "%s message of %s does not decrypt", whose, k->node);
        return;
    }
    const uint8_t *behind = hash.p + hash.n;
    prf(k->hash, s->a, s->n, PARTS({mid, 4}, {behind, (size_t)(m->open.p + end - behind)}), want);
    same(r, F_HASH, hash.p, hash.n, want, s->n, whose, k->node);
}

static void informational(struct run *r, struct phase1 *s, struct message *m)
{
    uint8_t iv[16];
    iv_of(s->k, (struct part){s->last, s->k->cipher->block}, (struct part){m->bytes.p + 20, 4}, iv);
    hashed(r, s, m, iv, "an informational");
}

static void transaction(struct run *r, struct phase1 *s, const struct message *first)
{
    const uint8_t *mid = first->bytes.p + 20;
    uint8_t iv[16];
    iv_of(s->k, (struct part){s->last, s->k->cipher->block}, (struct part){mid, 4}, iv);
    for (size_t i = 0; i < r->messages; i++) {
        struct message *m = &r->message[i];
        if (of_sa(m, s->k) && m->bytes.p[18] == TRANSACTION && memcmp(m->bytes.p + 20, mid, 4) == 0)
            hashed(r, s, m, iv, "a transaction's");
    }
}

static void phase2(struct run *r, struct phase1 *s)
{
    for (size_t i = 0; i < r->messages; i++) {
        struct message *m = &r->message[i];
        bool begun = false;
        if (!of_sa(m, s->k) || !encrypted(m) || m->bytes.p[18] == s->exchange)
            continue;
        for (size_t j = 0; j < i; j++)
            begun |= of_sa(&r->message[j], s->k) && r->message[j].bytes.p[18] == m->bytes.p[18] &&
                     memcmp(r->message[j].bytes.p + 20, m->bytes.p + 20, 4) == 0;
        if (m->bytes.p[18] == QUICK && !begun)
            quick_mode(r, s, m);
        else if (m->bytes.p[18] == TRANSACTION && !begun)
            transaction(r, s, m);
        else if (m->bytes.p[18] == INFORMATIONAL)
            informational(r, s, m);
    }
}

/* ---- ESP ---- */

/* RFC 4303 2: SPI, sequence, IV, ciphertext, ICV over all before it; padding 1, 2, 3 ...; an IP
 * packet inside. */
static void esp(struct run *r, struct esp_key *k, const struct esp_packet *e)
{
    size_t iv_n = k->cipher->evp ? k->cipher->block : 0, icv = k->auth->icv, n = e->bytes.n;
    uint8_t mac[64], inner[65536];
    unsigned mac_n;
    if (n < 8 + iv_n + icv + 4 || (n - 8 - iv_n - icv) % k->cipher->block != 0 ||
        n > sizeof inner) {
        complain(r, "an ESP packet of SPI %08x has a wrong length", k->spi);
        return;
    }
    size_t body = n - 8 - iv_n - icv;
    const uint8_t *b = e->bytes.p;
    if (icv) {
        HMAC(k->auth->evp(), k->auth_key.p, (int)k->auth_key.n, b, n - icv, mac, &mac_n);
        if (!same(r, F_ICV, b + n - icv, icv, mac, icv, "an ESP packet's", "the capture"))
            return;
    }
    if (iv_n) {
        /* The same packet may be captured on each link that it passes. */
        bool again = k->last.n == n && memcmp(k->last.p, b, n) == 0;
        if (k->last.n && !again && memcmp(k->last.p + 8, b + 8, iv_n) == 0)
            complain(r, "two packets of SPI %08x have one IV", k->spi);
        k->last = (struct bytes){b, n};
        if (!cbc_open(k->cipher, k->key.p, b + 8, b + 8 + iv_n, body, inner)) {
            complain(r, "an ESP packet of SPI %08x does not decrypt", k->spi);
            return;
        }
    } else {
        memcpy(inner, b + 8, body);
    }
    size_t pad = inner[body - 2];
    bool good = inner[body - 1] == 4 && pad + 2 < body && inner[0] == 0x45 &&
                be16(inner + 2) == body - 2 - pad;
    for (size_t i = 0; good && i < pad; i++)
        good = inner[body - 2 - pad + i] == i + 1;
    if (good)
        r->good[F_OPENED]++;
    else
        complain(r, "an ESP packet of SPI %08x, sequence %u has no IP packet inside", k->spi,
                 be32(b + 4));
}

static void check_esp(struct run *r)
{
    unsigned long unknown = 0;
    for (size_t i = 0; i < r->packets; i++) {
        struct esp_key *k = NULL;
        for (size_t j = 0; j < r->esps && !k; j++)
            if (r->esp[j].spi == be32(r->packet[i].bytes.p) && r->esp[j].dst == r->packet[i].dst)
                k = &r->esp[j];
        if (k)
            esp(r, k, &r->packet[i]);
        else
            unknown++;
    }
    if (unknown)
        complain(r, "%lu ESP packets of no SA in keys.json", unknown);
    for (size_t i = 0; i < r->esps; i++)
        if (!r->esp[i].derived)
            complain(r, "no quick mode gives the keys of SPI %08x", r->esp[i].spi);
}

/* ---- a run ---- */

static bool judge(const char *dir)
{
    struct run r = {.dir = dir};
    run_load(&r);
    for (size_t i = 0; i < r.ikes; i++) {
        struct phase1 s = {.k = &r.ike[i]};
        if (phase1(&r, &s))
            phase2(&r, &s);
        for (size_t j = 0; j < r.messages;
             j++) { /* both ends have keys of their own: each decrypts anew */
            free(r.message[j].open.p);
            r.message[j].open = (struct blob){NULL, 0};
        }
    }
    check_esp(&r);
    unsigned long facts = 0;
    printf("%s:", dir);
    for (int f = 0; f < FACTS; f++) {
        facts += r.good[f];
        printf(" %lu %s%s,", r.good[f], fact_name[f], r.good[f] == 1 || f == F_OPENED ? "" : "s");
    }
    printf(" %lu wrong", r.wrong);
    putchar('\n');
    run_clear(&r);
    return r.wrong == 0 && facts > 0;
}

int main(int argc, char **argv)
{
    OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(NULL, "legacy"); /* DES */
    OSSL_PROVIDER *standard = OSSL_PROVIDER_load(NULL, "default");
    bool good = argc > 1 && legacy && standard;
    if (argc < 2)
        fprintf(stderr, "usage: rederive RUN-FOLDER...\n");
    for (int i = 1; i < argc; i++)
        good &= judge(argv[i]);
    return good ? 0 : 1;
}
