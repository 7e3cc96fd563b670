/* DNS messages (RFC 1035 4) of one question, and answers of addresses: bytes to structs and back.
 */
#ifndef WIRE_DNS_H
#define WIRE_DNS_H

#include "base/ip4.h"
#include "wire/ip.h"

enum { DNS_PORT = 53 };
enum { DNS_TYPE_A = 1, DNS_CLASS_IN = 1 };
enum dns_rcode {
    DNS_NOERROR = 0,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_NOTIMP = 4
};
#define DNS_MAX_BYTES   512 /* over UDP                                          RFC 1035 4.2.1 */
#define DNS_NAME_BYTES  256 /* a name of 253 letters with its end */
#define DNS_MAX_ANSWERS 8

struct dns_msg {
    uint16_t id;
    bool response, authoritative, wants_recursion, has_recursion;
    uint8_t opcode, rcode;
    char name[DNS_NAME_BYTES]; /* of the question, lower case, without the last dot */
    uint16_t type, class;
    ip4 answer[DNS_MAX_ANSWERS]; /* addresses of A records, in order; more are left out */
    uint32_t n_answers, ttl_s;   /* ttl_s: the least of them */
};
/* Strict: one question, whole names, whole records, nothing behind. Names that point forward, or
 * around, are WIRE_BAD. */
enum wire_status dns_parse(struct span bytes, struct dns_msg *m);
/* The writer is bad when it has no room or the name is none. */
void dns_emit(const struct dns_msg *m, struct wr *w);
/* Letters, digits, hyphens, underscores, in labels of 1 to 63, 253 in all. */
bool dns_name_valid(const char *name);

#endif
