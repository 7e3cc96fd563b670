/* ESP (RFC 2406) over the suites of tbl/algorithms.def, in tunnel mode and, between two hosts, in
 * transport mode. Packets are sealed and opened in place. What a packet costs is the cipher and the
 * MAC: contexts live with the SA, and CBC never has its IV set where a chain can run on instead. */
#include <glib.h>
#include <string.h>

#include "ipsec/esp.h"
#include "wire/ip.h"

enum {
    ESP_HEAD = 8,    /* SPI, sequence number */
    ESP_TRAILER = 2, /* pad length, next header */
    ESP_OUTER_TTL = 255,
    NEXT_IPV4 = 4, /* IP in IP */
    PACKET_MAX = 65535,
};

/* Where the explicit IV of a packet comes from, and how it is taken coming in. */
enum iv_habit {
    IV_NONE,
    /* A block run through the chain first: its cipher text, unpredictable without the key, is the
     * IV (RFC 3602 3 asks for that). Coming in, the IV is run through as cipher text and its plain
     * text dropped. Setting the IV of a context costs as much as eight such blocks. */
    IV_BLOCK_FIRST,
    /* The last cipher block of the packet before, common practice by RFC 2405 3 and RFC 2451 3.
     * An extra block of these ciphers costs more than setting the IV coming in. */
    IV_LAST_BLOCK,
};
// clang-format off
static const enum iv_habit iv_habit[CIPHER_COUNT] = {
    [CIPHER_NULL]   = IV_NONE,
    [CIPHER_DES]    = IV_LAST_BLOCK,
    [CIPHER_3DES]   = IV_LAST_BLOCK,
    [CIPHER_AES128] = IV_BLOCK_FIRST,
    [CIPHER_AES192] = IV_BLOCK_FIRST,
    [CIPHER_AES256] = IV_BLOCK_FIRST,
};
// clang-format on

/* ---- The SA ---- */

size_t esp_keymat_bytes(struct esp_suite suite)
{
    return cipher_key_bytes(suite.cipher) + hash_bytes(suite.auth);
}

struct esp_sa *esp_sa_new(uint32_t spi, bool inbound, struct esp_suite suite, ip4 src, ip4 dst,
                          struct span keymat, uint32_t replay_window, struct rng *rng)
{
    /* An SA without cipher and without authentication must not be          RFC 2406 3.2.1 */
    if (suite.cipher == CIPHER_NULL && suite.auth == HASH_NONE)
        return NULL;
    if (keymat.n != esp_keymat_bytes(suite))
        return NULL;
    struct esp_sa *sa = g_new0(struct esp_sa, 1);
    sa->spi = spi;
    sa->inbound = inbound;
    sa->suite = suite;
    sa->src = src;
    sa->dst = dst;
    size_t key = cipher_key_bytes(suite.cipher);
    if (suite.cipher != CIPHER_NULL)
        sa->cipher = cipher_new(suite.cipher, span_sub(keymat, 0, key));
    if (suite.auth != HASH_NONE)
        sa->mac = mac_new(suite.auth, span_sub(keymat, key, keymat.n - key));
    /* Numbers that nobody vouches for cannot be checked                    RFC 2406 3.4.3 */
    if (inbound && suite.auth != HASH_NONE && replay_window) {
        sa->replay = esp_replay_new(CLAMP((replay_window + 63) / 64 * 64, 64, ESP_REPLAY_MAX));
    }
    if (!inbound && rng)
        rng_bytes(rng, sa->iv, cipher_iv_bytes(suite.cipher));
    return sa;
}

void esp_sa_free(struct esp_sa *sa)
{
    if (!sa)
        return;
    cipher_free(sa->cipher);
    mac_free(sa->mac);
    g_free(sa->replay);
    g_free(sa);
}

/* ---- Sealing ---- */

/* What stands in front of ESP, and what it says is behind. */
struct envelope {
    size_t head_bytes;
    size_t payload;
    uint8_t next;
};

/* 1, 2, 3 ... then pad length and next header                              RFC 2406 2.4 */
static void put_trailer(uint8_t *p, size_t pad, uint8_t next)
{
    for (size_t i = 0; i < pad; i++)
        p[i] = (uint8_t)(i + 1);
    p[pad] = (uint8_t)pad;
    p[pad + 1] = next;
}

static bool encrypt(struct esp_sa *sa, uint8_t *iv, size_t iv_bytes, size_t n)
{
    switch (iv_habit[sa->suite.cipher]) {
    case IV_NONE:
        return true;
    case IV_BLOCK_FIRST:
        memcpy(iv, sa->iv, iv_bytes);
        return cipher_encrypt(sa->cipher, NULL, iv, iv_bytes + n, iv, NULL);
    default:
        memcpy(iv, sa->iv, iv_bytes);
        return cipher_encrypt(sa->cipher, sa->packets ? NULL : iv, iv + iv_bytes, n, iv + iv_bytes,
                              sa->iv);
    }
}

static uint8_t outer_protocol(const struct esp_sa *sa)
{
    return sa->suite.udp ? IPPROTO_NUM_UDP : IPPROTO_NUM_ESP;
}

/* The ports are those of IKE, and the checksum "SHOULD be transmitted as a zero value"
 *                                                                              RFC 3948 2.1 */
static void put_udp_head(const struct esp_sa *sa, uint8_t *udp, size_t length)
{
    be16_put(udp, sa->sport);
    be16_put(udp + 2, sa->dport);
    be16_put(udp + 4, (uint16_t)length);
    be16_put(udp + 6, 0);
}

/* RFC 2401 5.1.2.1: which fields of the outer head come from the inner one. */
static void put_tunnel_head(const struct esp_sa *sa, uint8_t *outer, const uint8_t *inner,
                            size_t total, int df, uint16_t id)
{
    bool set = df == ESP_DF_SET || (df == ESP_DF_COPY && be16_get(inner + 6) & IP4_DF);
    struct ip4_head h = {
        .tos = inner[1],
        .ttl = ESP_OUTER_TTL,
        .protocol = outer_protocol(sa),
        .head_bytes = IP4_HEAD,
        .total = (uint16_t)total,
        .id = id,
        .flags = set ? IP4_DF : 0,
        .src = sa->src,
        .dst = sa->dst,
    };
    ip4_head_emit(&h, outer);
}

/* The packet's own head, options and all, with another protocol and length. */
static void head_rewrite(uint8_t *head, size_t head_bytes, uint8_t protocol, size_t total)
{
    head[9] = protocol;
    be16_put(head + 2, (uint16_t)total);
    be16_put(head + 10, 0);
    be16_put(head + 10, ip_checksum(span_of(head, head_bytes)));
}

static enum drop_reason seal_one(struct esp_sa *sa, struct pkt *p, int df, uint16_t *ip_id)
{
    size_t inner = p->len, own_head = 0;
    if (inner < IP4_HEAD)
        return DROP_IP_SHORT;
    if (sa->suite.transport) {
        own_head = (pkt_data(p)[0] & 15u) * 4u;
        if (own_head < IP4_HEAD || own_head > inner)
            return DROP_IP_BAD_HEADER;
    }
    struct envelope e = {
        .head_bytes = own_head ? own_head : IP4_HEAD,
        .payload = inner - own_head,
        .next = own_head ? pkt_data(p)[9] : NEXT_IPV4,
    };
    size_t iv = cipher_iv_bytes(sa->suite.cipher), pad = esp_pad_bytes(sa->suite, e.payload);
    size_t icv = esp_icv_bytes(sa->suite), sealed = e.payload + pad + ESP_TRAILER;
    size_t udp = sa->suite.udp ? UDP_HEAD : 0;
    size_t total = e.head_bytes + udp + ESP_HEAD + iv + sealed + icv;
    if (total > PACKET_MAX)
        return DROP_TOO_BIG;
    /* Numbers must not come round again: the SA is at its end              RFC 2406 3.3.3 */
    if (sa->seq >= UINT32_MAX)
        return DROP_ESP_SEQ_WRAP;
    sa->seq++;

    put_trailer(pkt_tail(p, pad + ESP_TRAILER + icv), pad, e.next);
    uint8_t *b = pkt_push(p, total - p->len);
    if (own_head) {
        memmove(b, b + udp + ESP_HEAD + iv, own_head);
        head_rewrite(b, own_head, outer_protocol(sa), total);
    } else {
        put_tunnel_head(sa, b, b + IP4_HEAD + udp + ESP_HEAD + iv, total, df, (*ip_id)++);
    }
    uint8_t *esp = b + e.head_bytes + udp;
    if (udp)
        put_udp_head(sa, b + e.head_bytes, total - e.head_bytes);
    be32_put(esp, sa->spi);
    be32_put(esp + 4, (uint32_t)sa->seq);
    bool ok = encrypt(sa, esp + ESP_HEAD, iv, sealed);
    g_assert(ok);
    /* ICV over all from the SPI to the trailer, encryption first           RFC 2406 3.3.4 */
    if (icv) {
        uint8_t digest[CRYPTO_MAX_DIGEST];
        struct span covered = {esp, ESP_HEAD + iv + sealed};
        mac_of(sa->mac, &covered, 1, digest);
        memcpy(esp + covered.n, digest, icv);
    }
    sa->packets++;
    sa->bytes += inner;
    return DROP_NONE;
}

void esp_seal(struct esp_sa *sa, struct pkt **p, size_t n, int df, uint16_t *ip_id,
              enum drop_reason *out)
{
    for (size_t i = 0; i < n; i++)
        out[i] = seal_one(sa, p[i], df, ip_id);
}

/* ---- Opening ---- */

static bool decrypt(struct esp_sa *sa, uint8_t *iv, size_t iv_bytes, size_t n)
{
    switch (iv_habit[sa->suite.cipher]) {
    case IV_NONE:
        return true;
    case IV_BLOCK_FIRST:
        return cipher_decrypt(sa->cipher, NULL, iv, iv_bytes + n, iv, NULL);
    default:
        return cipher_decrypt(sa->cipher, iv, iv + iv_bytes, n, iv + iv_bytes, NULL);
    }
}

/* The receiver should look at the padding too, when the cipher says nothing of it    RFC 2406 2.4
 */
static bool trailer_read(const uint8_t *sealed, size_t n, size_t *payload, uint8_t *next)
{
    size_t pad = sealed[n - ESP_TRAILER];
    *next = sealed[n - 1];
    if (pad + ESP_TRAILER > n)
        return false;
    *payload = n - ESP_TRAILER - pad;
    for (size_t i = 0; i < pad; i++)
        if (sealed[*payload + i] != (uint8_t)(i + 1))
            return false;
    return true;
}

/* Leaves the inner packet of a tunnel, cut to what its head says. */
static enum drop_reason unwrap_tunnel(struct pkt *p, size_t front, size_t payload, uint8_t next)
{
    struct ip4_head h;
    pkt_pull(p, front);
    pkt_trim(p, payload);
    if (next != NEXT_IPV4 || ip4_head_parse(pkt_span(p), &h) != WIRE_OK)
        return DROP_ESP_INNER;
    pkt_trim(p, h.total);
    return DROP_NONE;
}

/* Moves the packet's own head up to its payload and makes it say what it said before. */
static enum drop_reason unwrap_transport(struct pkt *p, size_t head_bytes, size_t front,
                                         size_t payload, uint8_t next)
{
    uint8_t *b = pkt_data(p);
    memmove(b + front - head_bytes, b, head_bytes);
    pkt_pull(p, front - head_bytes);
    pkt_trim(p, head_bytes + payload);
    head_rewrite(pkt_data(p), head_bytes, next, p->len);
    return DROP_NONE;
}

/* The checksum of TCP and UDP covers the addresses that the sender knew. "The receiver can
 * incrementally compute" the one for the addresses of now, by those that NAT-OA told
 *                                                                              RFC 3948 3.1.2 */
static void mend_checksum(const struct esp_sa *sa, struct pkt *p, size_t head_bytes, uint8_t next)
{
    size_t at = head_bytes + (next == IPPROTO_NUM_UDP ? 6 : 16);
    uint8_t *b = pkt_data(p);
    bool has = next == IPPROTO_NUM_UDP || next == IPPROTO_NUM_TCP;
    if (!sa->oa_src || !has || be16_get(b + 6) & 0x1fff || p->len < at + 2)
        return;
    uint16_t old = be16_get(b + at);
    if (next == IPPROTO_NUM_UDP && old == 0)
        return; /* none was made */
    const ip4 was[] = {sa->oa_src, sa->oa_dst}, is[] = {be32_get(b + 12), be32_get(b + 16)};
    /* HC' = ~(~HC + ~m + m')                                                   RFC 1624 3 */
    uint32_t sum = (uint16_t)~old;
    for (size_t i = 0; i < 2; i++)
        sum += (uint16_t) ~(was[i] >> 16) + (uint32_t)(uint16_t)~was[i] + (is[i] >> 16) +
               (is[i] & 0xffff);
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    uint16_t fresh = (uint16_t)~sum;
    be16_put(b + at, next == IPPROTO_NUM_UDP && !fresh ? 0xffff : fresh);
}

/* Finds the ESP part behind the outer head. */
static bool esp_at(const struct pkt *p, size_t *head_bytes, size_t *end)
{
    const uint8_t *b = p->buf + p->head;
    if (p->len < IP4_HEAD)
        return false;
    *head_bytes = (b[0] & 15u) * 4u;
    *end = MIN(be16_get(b + 2), p->len);
    return *head_bytes >= IP4_HEAD && *head_bytes + ESP_HEAD <= *end;
}

bool esp_peek(const struct pkt *p, uint32_t *spi, uint32_t *seq)
{
    size_t head, end;
    if (!esp_at(p, &head, &end))
        return false;
    *spi = be32_get(p->buf + p->head + head);
    *seq = be32_get(p->buf + p->head + head + 4);
    return true;
}

/* RFC 2406 3.4: number, ICV, window, decryption, padding, in this order. */
static enum drop_reason open_one(struct esp_sa *sa, struct pkt *p, uint32_t *seq)
{
    size_t head, end;
    *seq = 0;
    if (!esp_at(p, &head, &end))
        return DROP_ESP_SHORT;
    uint8_t *esp = pkt_data(p) + head;
    size_t iv = cipher_iv_bytes(sa->suite.cipher), icv = esp_icv_bytes(sa->suite);
    size_t n = end - head;
    *seq = be32_get(esp + 4);
    if (n < ESP_HEAD + iv + ESP_TRAILER + icv)
        return DROP_ESP_SHORT;
    size_t sealed = n - ESP_HEAD - iv - icv;
    if (sealed % cipher_block_bytes(sa->suite.cipher))
        return DROP_ESP_SHORT;
    if (sa->replay && !esp_replay_fresh(sa->replay, *seq))
        return DROP_ESP_REPLAY;
    if (icv) {
        uint8_t digest[CRYPTO_MAX_DIGEST];
        struct span covered = {esp, ESP_HEAD + iv + sealed};
        mac_of(sa->mac, &covered, 1, digest);
        if (!mac_equal(digest, esp + covered.n, icv))
            return DROP_ESP_ICV;
    }
    if (sa->replay)
        esp_replay_accept(sa->replay, *seq);
    sa->seq = MAX(sa->seq, *seq);
    bool ok = decrypt(sa, esp + ESP_HEAD, iv, sealed);
    g_assert(ok);
    size_t payload, front = head + ESP_HEAD + iv;
    uint8_t next;
    if (!trailer_read(esp + ESP_HEAD + iv, sealed, &payload, &next))
        return DROP_ESP_PAD;
    if (!sa->suite.transport)
        return unwrap_tunnel(p, front, payload, next);
    enum drop_reason why = unwrap_transport(p, head, front, payload, next);
    mend_checksum(sa, p, head, next);
    return why;
}

void esp_open(struct esp_sa *sa, struct pkt **p, size_t n, uint32_t *seq, enum drop_reason *out)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = open_one(sa, p[i], &seq[i]);
        if (out[i] == DROP_NONE) {
            sa->packets++;
            sa->bytes += p[i]->len;
        } else {
            sa->packets_bad++;
        }
    }
}
