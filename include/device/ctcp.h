/* IPsec in TCP: what a VPN client falls back to when neither ESP nor UDP passes. To the path it is
 * a TCP connection; there are no retransmissions, since IKE repeats itself and lost packets are for
 * the ends to notice. One connection a remote address: the newest.
 *
 * IKE and IPsec do not know of it: what they send to an address with a connection goes by it, and
 * what comes by it is heard as from UDP port 500, or as ESP, of that address. */
#ifndef DEVICE_CTCP_H
#define DEVICE_CTCP_H

#include "device/device.h"

#define CTCP_PORT 10000 /* where head ends listen unless told otherwise */

/* The head end: ports that clients may come to; a client is answered by the port it came to. False
 * when the port is taken. */
bool ctcp_listen(struct device *d, uint16_t port);
void ctcp_unlisten(struct device *d, uint16_t port);
size_t ctcp_ports(const struct device *d, const uint16_t **port); /* lent until one changes */
/* The client: opens a connection; `fn` is told once, by an event of its own: established or not. An
 * older one to the same address is closed. False: no route, no port. */
bool ctcp_connect(struct device *d, ip4 remote, uint16_t port,
                  void (*fn)(void *self, bool established), void *self);
void ctcp_close(struct device *d, ip4 remote); /* FIN; nothing is told */
/* Is there one to that address? *rport (may be NULL) is the other end's port. */
bool ctcp_with(const struct device *d, ip4 remote, uint16_t *rport);
size_t ctcp_count(const struct device *d);
/* A connection ended by the other end or for its silence is told to `fn`. */
void ctcp_on_end(struct device *d, void (*fn)(void *self, ip4 remote), void *self);

/* ---- What the device asks ---- */
bool ctcp_carry_ike(struct device *d, ip4 dst, uint16_t dport, struct span message);
bool ctcp_carry_esp(struct device *d, struct pkt *p, ip4 dst); /* takes the packet when true */
void ctcp_forget(struct device *d); /* the device lost its memory: connections, not ports */
void ctcp_free(struct device *d);

#endif
