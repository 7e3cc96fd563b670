/* IPv4 (RFC 791), ICMP (792), UDP (768), TCP (793), ESP (2406) heads: bytes to structs and back. */
#ifndef WIRE_IP_H
#define WIRE_IP_H

#include "base/ip4.h"
#include "base/span.h"

enum wire_status { WIRE_OK, WIRE_SHORT, WIRE_CHECKSUM, WIRE_BAD };

enum {
    IPPROTO_NUM_ICMP = 1,
    IPPROTO_NUM_TCP = 6,
    IPPROTO_NUM_UDP = 17,
    IPPROTO_NUM_ESP = 50,
    IPPROTO_NUM_AH = 51
};

#define IP4_HEAD 20
#define IP4_DF   0x4000u
#define IP4_MF   0x2000u
struct ip4_head {
    uint8_t tos, ttl, protocol;
    uint8_t head_bytes; /* 20 unless options; options are carried, not understood */
    uint16_t total, id;
    uint16_t flags;      /* IP4_DF | IP4_MF */
    uint16_t frag_bytes; /* offset in bytes */
    ip4 src, dst;
};
/* Checks version, lengths and checksum. `bytes` may be longer than `total` (link padding). */
enum wire_status ip4_head_parse(struct span bytes, struct ip4_head *h);
/* Writes 20 bytes, checksum included. */
void ip4_head_emit(const struct ip4_head *h, uint8_t out[IP4_HEAD]);
/* RFC 1624 incremental decrement of TTL in place. */
void ip4_ttl_decrement(uint8_t *head);
uint16_t ip_checksum(struct span s); /* RFC 1071 */
uint16_t ip_checksum_pseudo(ip4 src, ip4 dst, uint8_t protocol, struct span s);

#define UDP_HEAD 8
struct udp_head {
    uint16_t sport, dport, length, checksum;
};
/* Checks length and, when checksum is not 0, the checksum. */
enum wire_status udp_parse(ip4 src, ip4 dst, struct span bytes, struct udp_head *h,
                           struct span *payload);
/* Writes head and checksum over payload bytes that stand behind it already. */
void udp_emit(ip4 src, ip4 dst, uint16_t sport, uint16_t dport, uint8_t *head,
              size_t payload_bytes);

enum { ICMP_ECHO_REPLY = 0, ICMP_UNREACHABLE = 3, ICMP_ECHO = 8, ICMP_TIME_EXCEEDED = 11 };
enum {
    ICMP_NET_UNREACHABLE = 0,
    ICMP_HOST_UNREACHABLE = 1,
    ICMP_PROTO_UNREACHABLE = 2,
    ICMP_PORT_UNREACHABLE = 3,
    ICMP_FRAG_NEEDED = 4,
    ICMP_ADMIN_PROHIBITED = 13
};
#define ICMP_HEAD 8
struct icmp_head {
    uint8_t type, code;
    uint16_t id, seq;
    uint16_t mtu; /* next-hop MTU of FRAG_NEEDED, RFC 1191 */
};
enum wire_status icmp_parse(struct span bytes, struct icmp_head *h, struct span *payload);
void icmp_emit(const struct icmp_head *h, uint8_t *head, size_t payload_bytes);

/* Ports of TCP or UDP, 0 when absent (fragments, other protocols, short). `l4` begins after the IP
 * head. */
void l4_ports(uint8_t protocol, struct span l4, uint16_t *sport, uint16_t *dport);

#endif
