/* ESP (RFC 2406) in tunnel mode: seal, open, and the anti-replay window. */
#ifndef IPSEC_ESP_H
#define IPSEC_ESP_H

#include "crypto/crypto.h"
#include "crypto/suite.h"
#include "kernel/rng.h"
#include "net/pkt.h"

/* RFC 2406 3.4.3, Appendix C: a window of `size` numbers behind the highest accepted. */
#define ESP_REPLAY_MAX 1024
struct esp_replay {
    uint32_t size; /* 64, 128, 256, 512, 1024; 0 = no check */
    uint32_t highest;
    uint64_t seen[]; /* a bit a number, `size` of them but never fewer than 64 */
};
/* `size` 0 to ESP_REPLAY_MAX, to be freed with g_free. */
struct esp_replay *esp_replay_new(uint32_t size);
/* Would this number be accepted? Changes nothing: the ICV is checked in between. */
bool esp_replay_fresh(const struct esp_replay *w, uint32_t seq);
/* Accepts the number if fresh and marks it. */
bool esp_replay_accept(struct esp_replay *w, uint32_t seq);

typedef uint32_t esp_sa_id; /* never reused; a dead SA's id finds nothing; 0 = none */

/* One direction. Keyed state lives here as long as the SA. */
struct esp_sa {
    esp_sa_id id;
    uint32_t spi;
    bool inbound;
    struct esp_suite suite;
    ip4 src, dst;          /* outer addresses */
    uint16_t sport, dport; /* of the UDP around it, where the suite says so */
    ip4 oa_src, oa_dst;    /* transport: what the sender computed checksums with; 0 = as above */
    struct cipher *cipher; /* NULL for the NULL cipher */
    struct mac *mac;       /* NULL without authentication */
    uint8_t iv[CRYPTO_MAX_BLOCK]; /* chain of the sender */
    uint64_t seq;                 /* last number sent, or highest received; 64-bit-safe */
    struct esp_replay *replay;    /* inbound with authentication and a window, else NULL */
    uint64_t packets, bytes;      /* bytes of inner packets */
    uint64_t packets_bad;
    sim_time born;
    void *owner; /* what its keeper finds through it */
};

/* keymat: encryption key first, then authentication key (RFC 2409 5.5), esp_keymat_bytes long.
 * rng seeds the chain of IVs. NULL when the keymat length is wrong. */
struct esp_sa *esp_sa_new(uint32_t spi, bool inbound, struct esp_suite suite, ip4 src, ip4 dst,
                          struct span keymat, uint32_t replay_window, struct rng *rng);
void esp_sa_free(struct esp_sa *sa);
size_t esp_keymat_bytes(struct esp_suite suite);

/* ---- Sizes, to the byte (overhead.c) ---- */

/* Bytes of the ESP packet, outer head included, that an inner packet of n bytes becomes. */
size_t esp_sealed_bytes(struct esp_suite suite, size_t inner);
/* Bytes that ESP adds to a packet of that size, and to any packet at most. */
size_t esp_overhead(struct esp_suite suite, size_t inner);
size_t esp_overhead_most(struct esp_suite suite);
/* The largest inner packet that is no longer than `mtu` when sealed; 0 = there is none. */
uint32_t esp_inner_mtu(struct esp_suite suite, uint32_t mtu);
/* Padding, so that payload and trailer end on a block (RFC 2406 2.4); and the ICV's length. */
size_t esp_pad_bytes(struct esp_suite suite, size_t payload);
size_t esp_icv_bytes(struct esp_suite suite);

/* Seals n inner packets in place: outer head in front (TOS copied, DF as `df` says: 0 clear, 1 set,
 * 2 copy), ESP, padding, ICV. out[i] tells each outcome: DROP_NONE or DROP_ESP_SEQ_WRAP. Packets
 * must be owned (pkt_own) by the caller. */
enum { ESP_DF_CLEAR, ESP_DF_SET, ESP_DF_COPY };
void esp_seal(struct esp_sa *sa, struct pkt **p, size_t n, int df, uint16_t *ip_id,
              enum drop_reason *out);
/* Opens n ESP packets (outer head in front) in place, leaving the inner packet. out[i]: DROP_NONE,
 * ESP_SHORT, ESP_REPLAY, ESP_ICV, ESP_PAD, ESP_INNER. seq[i] is set where it could be read. */
void esp_open(struct esp_sa *sa, struct pkt **p, size_t n, uint32_t *seq, enum drop_reason *out);
/* SPI and sequence number of an ESP packet (outer head in front). False when too short. */
bool esp_peek(const struct pkt *p, uint32_t *spi, uint32_t *seq);

#endif
