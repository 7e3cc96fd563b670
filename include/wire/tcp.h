/* TCP heads (RFC 9293 3.1) with the options that shape a connection: maximum segment size (3.7.1)
 * and window scale (RFC 7323 2.2). */
#ifndef WIRE_TCP_H
#define WIRE_TCP_H

#include "wire/ip.h"

#define TCP_HEAD 20
enum { TCP_FIN = 1, TCP_SYN = 2, TCP_RST = 4, TCP_PSH = 8, TCP_ACK = 16, TCP_URG = 32 };
#define TCP_WSCALE_MAX 14 /* RFC 7323 2.3 */

struct tcp_head {
    uint16_t sport, dport;
    uint32_t seq, ack;
    uint8_t flags;      /* TCP_FIN and the others */
    uint8_t head_bytes; /* 20 and the options; found by parse, not read by emit */
    uint16_t window, urgent;
    uint16_t mss;        /* option 2; 0 = none */
    uint8_t wscale;      /* option 3: the shift count as it stands there */
    bool has_wscale;     /* option 3 is there */
    bool sack_permitted; /* option 4 is there; nobody here makes use of it */
};

/* Checks offset and checksum. Options are read as far as they are sound: what stands behind one
 * with an impossible length is not looked at. `bytes` is the whole segment. */
enum wire_status tcp_parse(ip4 src, ip4 dst, struct span bytes, struct tcp_head *h,
                           struct span *payload);
/* Bytes of the head that emit would write. */
size_t tcp_head_size(const struct tcp_head *h);
/* Writes head, options and checksum over payload bytes that stand behind them already. */
void tcp_emit(ip4 src, ip4 dst, const struct tcp_head *h, uint8_t *head, size_t payload_bytes);

/* For boxes on the way: lowers the maximum segment size of a SYN to `most` where it is larger; the
 * checksum follows. True when it was changed; `was` (may be NULL) gets the old value. Anything that
 * is not a sound SYN with the option stays as it is. */
bool tcp_mss_clamp(uint8_t *segment, size_t n, uint16_t most, uint16_t *was);
/* The same with a lower end too: what is smaller than `least` is raised to it, and that wins over
 * `most`. 0 = no such end. */
bool tcp_mss_fit(uint8_t *segment, size_t n, uint16_t least, uint16_t most, uint16_t *was);
/* The segment size in a SYN; 0 = there is none. */
uint16_t tcp_mss_of(const uint8_t *segment, size_t n);

#endif
