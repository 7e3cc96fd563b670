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
    ip4 server;           /* who answered; who was asked last, when nobody did */
    enum dns_rcode rcode; /* of an answer without an address */
};
typedef void (*resolver_fn)(void *self, const struct resolver_reply *reply);

/* How a stub asks: its servers in turn, each so many times. */
#define RESOLVER_MAX_SERVERS 4
struct resolver_way {
    ip4 server[RESOLVER_MAX_SERVERS];
    size_t n_server;
    uint32_t tries;             /* of each server */
    sim_time wait;              /* for an answer */
    bool patient;               /* twice as long each time */
    uint16_t first_port, ports; /* it speaks from one of these */
};

struct resolver_question;
/* `fn` is called once, at this simulated time or later, never from within; then the question is
 * gone. Take it back before the device goes. */
struct resolver_question *resolver_ask_by(struct device *d, const struct resolver_way *way,
                                          const char *name, resolver_fn fn, void *self);
/* The way of most: three times, 2, 4 and 8 seconds patient. */
struct resolver_question *resolver_ask(struct device *d, ip4 server, const char *name,
                                       resolver_fn fn, void *self);
void resolver_cancel(struct resolver_question *q); /* NULL is allowed */

#endif
