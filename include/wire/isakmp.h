/* ISAKMP (RFC 2408) with the IPsec DOI (RFC 2407) and IKE (RFC 2409): parse and emit. */
#ifndef WIRE_ISAKMP_H
#define WIRE_ISAKMP_H

#include <glib.h>
#include "base/arena.h"
#include "base/ip4.h"
#include "base/span.h"
#include "tbl/tbl.h"
#include "wire/ip.h"

#define ISAKMP_HEAD 28
enum { ISAKMP_FLAG_ENCRYPTED = 1, ISAKMP_FLAG_COMMIT = 2, ISAKMP_FLAG_AUTH_ONLY = 4 };
enum { PROTO_ISAKMP = 1, PROTO_IPSEC_AH = 2, PROTO_IPSEC_ESP = 3, PROTO_IPCOMP = 4 };
enum { IPCOMP_LZS = 3 }; /* RFC 2407 4.4.5 */
enum { DOI_ISAKMP = 0, DOI_IPSEC = 1 };

struct isakmp_head {
    uint64_t cky_i, cky_r;
    uint8_t next_payload, version, exchange, flags; /* version 0x10 */
    uint32_t msgid, length;
};
/* WIRE_SHORT: truncated; WIRE_BAD: version, or length below 28 or beyond the bytes. */
enum wire_status isakmp_head_parse(struct span bytes, struct isakmp_head *h);
void isakmp_head_emit(const struct isakmp_head *h, struct wr *w);
/* Appends " field value" for every field. */
void isakmp_head_dump(const struct isakmp_head *h, GString *out);
/* Puts the final length into bytes 24..27. */
void isakmp_length_fix(struct wr *w);

/* One payload of a chain: its type, its body after the generic header, and where it stands. */
struct isakmp_payload {
    uint8_t type, next;
    struct span body;
    struct span whole; /* generic header included */
};
#define ISAKMP_MAX_PAYLOADS 40
struct isakmp_chain {
    struct isakmp_payload p[ISAKMP_MAX_PAYLOADS];
    size_t n;
    struct span rest; /* padding behind the last payload */
    uint8_t bad_type; /* the payload at which parsing stopped */
};
/* How a chain can be wrong, in the order it is found. */
enum isakmp_fault {
    ISAKMP_FINE,
    ISAKMP_TRUNCATED,
    ISAKMP_RESERVED,
    ISAKMP_LENGTH,
    ISAKMP_TOO_MANY,
    ISAKMP_UNKNOWN_TYPE
};
/* Walks the chain that begins with a payload of type `first`. A type 0 `first` is an empty chain.
 * Payload types above 127 are private and fine; unassigned below are ISAKMP_UNKNOWN_TYPE. */
enum isakmp_fault isakmp_chain_parse(uint8_t first, struct span bytes, struct isakmp_chain *out);
/* First payload of that type at or after index *at (0 to begin); NULL when none. *at moves past it.
 */
const struct isakmp_payload *isakmp_chain_find(const struct isakmp_chain *c, uint8_t type,
                                               size_t *at);

/* Data attributes, RFC 2408 3.3. */
struct isakmp_attr {
    uint16_t type;
    bool basic;        /* 2-byte value in the attribute itself */
    uint32_t value;    /* numeric value; variable ones up to 4 bytes, else 0 */
    struct span bytes; /* value bytes, big-endian */
};
struct isakmp_transform {
    uint8_t number, id;
    const struct isakmp_attr *attr;
    size_t n_attr;
    bool more; /* another transform follows in this proposal */
};
struct isakmp_proposal {
    uint8_t number, protocol;
    struct span spi;
    const struct isakmp_transform *transform;
    size_t n_transform;
};
struct isakmp_sa {
    uint32_t doi, situation;
    const struct isakmp_proposal *proposal;
    size_t n_proposal;
};
/* Body of an SA payload; everything lives in the arena. */
enum wire_status isakmp_sa_parse(struct span body, struct arena *a, struct isakmp_sa *out);
/* Writes the body (DOI, situation, proposals with transforms and attributes). */
void isakmp_sa_emit(const struct isakmp_sa *sa, struct wr *w);
/* Makes an attribute: basic when the value fits 16 bits, else 4 bytes variable (the life durations
 * of VPI form). */
struct isakmp_attr isakmp_attr_of(struct arena *a, uint16_t type, uint32_t value);

struct isakmp_id { /* RFC 2407 4.6.2 */
    uint8_t type, protocol;
    uint16_t port;
    struct span data;
};
enum wire_status isakmp_id_parse(struct span body, struct isakmp_id *id);
void isakmp_id_emit(const struct isakmp_id *id, struct wr *w);

struct isakmp_notify { /* RFC 2408 3.14 */
    uint32_t doi;
    uint8_t protocol;
    uint16_t type;
    struct span spi, data;
};
enum wire_status isakmp_notify_parse(struct span body, struct isakmp_notify *n);
void isakmp_notify_emit(const struct isakmp_notify *n, struct wr *w);

struct isakmp_delete { /* RFC 2408 3.15 */
    uint32_t doi;
    uint8_t protocol, spi_bytes;
    uint16_t count;
    struct span spis; /* count * spi_bytes */
};
enum wire_status isakmp_delete_parse(struct span body, struct isakmp_delete *d);
void isakmp_delete_emit(const struct isakmp_delete *d, struct wr *w);

/* Configuration attributes, of transaction exchanges: draft-ietf-ipsec-isakmp-mode-cfg 3.2. */
struct isakmp_cfg {
    uint8_t type; /* CFG_REQUEST … */
    uint16_t id;
    const struct isakmp_attr *attr;
    size_t n_attr;
};
/* The attributes live in the arena. */
enum wire_status isakmp_cfg_parse(struct span body, struct arena *a, struct isakmp_cfg *out);
void isakmp_cfg_emit(const struct isakmp_cfg *c, struct wr *w);

/* Writing a message: head, then payloads; each begin closes nothing, each end fixes its length and
 * links it to the one before ("next payload" of the head or the previous generic header). */
struct isakmp_out {
    struct wr *w;
    size_t next_at; /* where the next type is to be written */
    size_t open_at; /* generic header of the open payload, 0 when none */
};
void isakmp_out_begin(struct isakmp_out *o, struct wr *w, const struct isakmp_head *h);
void isakmp_put_begin(struct isakmp_out *o, uint8_t type);
void isakmp_put_end(struct isakmp_out *o);
/* begin, bytes, end */
void isakmp_put(struct isakmp_out *o, uint8_t type, struct span body);

/* Looks for ISAKMP in an IPv4 packet (UDP port 500, or 4500 behind the non-ESP marker). False when
 * it is something else. */
bool isakmp_in_ip4(struct span packet, struct isakmp_head *h, struct span *message);

/* Attribute numbers. Phase 1: RFC 2409 Appendix A; phase 2: RFC 2407 4.5. */
enum {
    IKE_ATTR_ENCRYPTION = 1,
    IKE_ATTR_HASH = 2,
    IKE_ATTR_AUTH = 3,
    IKE_ATTR_GROUP = 4,
    IKE_ATTR_LIFE_TYPE = 11,
    IKE_ATTR_LIFE_DURATION = 12,
    IKE_ATTR_KEY_LENGTH = 14
};
enum {
    IKE_AUTH_PSK = 1,
    IKE_AUTH_RSA_SIG = 3,
    IKE_AUTH_RSA_ENCR = 4,
    IKE_AUTH_XAUTH_INIT_PSK = 65001
};
enum {
    IPSEC_ATTR_LIFE_TYPE = 1,
    IPSEC_ATTR_LIFE_DURATION = 2,
    IPSEC_ATTR_GROUP = 3,
    IPSEC_ATTR_ENCAPSULATION = 4,
    IPSEC_ATTR_AUTH = 5,
    IPSEC_ATTR_KEY_LENGTH = 6
};
enum { LIFE_SECONDS = 1, LIFE_KILOBYTES = 2 };
enum {
    ENCAPSULATION_TUNNEL = 1,
    ENCAPSULATION_TRANSPORT = 2,
    ENCAPSULATION_UDP_TUNNEL = 3,
    ENCAPSULATION_UDP_TRANSPORT = 4
};

#endif
