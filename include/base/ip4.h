/* IPv4 addresses as host-order integers, prefixes, and their text. */
#ifndef BASE_IP4_H
#define BASE_IP4_H

#include <stdbool.h>
#include <stdint.h>

typedef uint32_t ip4; /* host byte order; 10.1.0.1 is 0x0a010001 */

#define IP4(a, b, c, d) ((ip4)(((uint32_t)(a) << 24) | ((b) << 16) | ((c) << 8) | (d)))
#define IP4_TEXT        16

struct ip4_net {
    ip4 addr;
    ip4 mask;
};

/* Dotted quad only; false on anything else, trailing characters included. */
bool ip4_parse(const char *s, ip4 *out);
/* "10.1.0.0/24" or "10.1.0.0" (/32). Host bits are kept. */
bool ip4_net_parse(const char *s, struct ip4_net *out);
/* Writes the dotted quad into buf and returns it. */
const char *ip4_str(ip4 a, char buf[IP4_TEXT]);
ip4 ip4_mask(unsigned prefix_len); /* 0..32 */
/* The prefix length of a contiguous mask, or -1. */
int ip4_mask_len(ip4 mask);
bool ip4_in(ip4 a, struct ip4_net net);

/* The text of an address in an expression: IP4S(addr). Lives until the end of the enclosing block.
 */
#define IP4S(a) ip4_str((a), (char[IP4_TEXT]){0})

#endif
