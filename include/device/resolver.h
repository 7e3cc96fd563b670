/* Asks a DNS server for the address of a name (RFC 1035 7), as the stub of an end host does. */
#ifndef DEVICE_RESOLVER_H
#define DEVICE_RESOLVER_H

#include "device/device.h"
#include "wire/dns.h"

enum resolver_result {
    RESOLVER_FOUND,
    RESOLVER_NO_NAME, /* there is none, or it has no address */
    RESOLVER_SILENT,  /* nobody answers, or nothing useful */
    RESOLVER_BAD_NAME
};
struct resolver_reply {
    enum resolver_result result;
    const char *name; /* lent for the call */
    ip4 addr;         /* the first */
    ip4 all[DNS_MAX_ANSWERS];
    uint32_t n_all, ttl_s;
};
typedef void (*resolver_fn)(void *self, const struct resolver_reply *reply);

struct resolver_question;
/* Asks three times, 2, 4 and 8 seconds patient. `fn` is called once, at this simulated time or
 * later, never from within; then the question is gone. Take it back before the device goes. */
struct resolver_question *resolver_ask(struct device *d, ip4 server, const char *name,
                                       resolver_fn fn, void *self);
void resolver_cancel(struct resolver_question *q); /* NULL is allowed */

#endif
