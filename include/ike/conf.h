/* IKE as configured: policies, keys, identity. Edited by the vendors' configuration commands, read
 * by the engine. */
#ifndef IKE_CONF_H
#define IKE_CONF_H

#include <glib.h>
#include "base/ip4.h"
#include "tbl/tbl.h"
#include "wire/isakmp.h"

struct ike_policy {
    uint32_t priority; /* 1 is tried first */
    enum crypto_cipher cipher;
    enum crypto_hash hash;
    enum crypto_group group;
    uint16_t auth; /* IKE_AUTH_PSK … */
    uint32_t lifetime_s;
};
struct ike_key {
    ip4 addr, mask; /* 0.0.0.0 0.0.0.0 = everyone */
    char *secret;
    bool no_xauth;
    bool any_identity; /* whatever identity its peer gives will do; ike_key_set takes it back */
};
/* How one peer is watched for life (RFC 3706). */
struct ike_liveness {
    uint32_t threshold_s; /* silence before a question; 0 = nothing is asked */
    uint32_t retry_s;     /* between two questions; 0 = 2 s */
    bool periodic;        /* ask though there is nothing to send */
    bool unannounced;     /* dead peer detection is not offered to this peer at all */
};
struct ike_peer_liveness {
    ip4 peer;
    struct ike_liveness liveness;
};
/* What "ip host" and "name" lines say: where a name is. */
struct ike_name {
    char *name;
    ip4 addr;
};
enum ike_identity { IKE_IDENTITY_ADDRESS, IKE_IDENTITY_HOSTNAME };
struct ike_conf {
    bool enabled;
    GPtrArray *policies;        /* struct ike_policy, by priority, owned */
    struct ike_policy fallback; /* priority 65535, tried last by the responder; never offered */
    bool has_fallback;
    GPtrArray *keys; /* struct ike_key, in order of configuration, owned */
    enum ike_identity identity;
    char *hostname;
    struct ike_liveness liveness; /* of peers without a row of their own */
    GArray *peer_liveness;        /* struct ike_peer_liveness */
    GPtrArray *names;             /* struct ike_name, in order of configuration, owned */
    bool nat_traversal;           /* announced and used; RFC 3947 */
    uint32_t nat_keepalive_s;     /* between keepalives of an end behind a NAT; 0 = none are sent */
    bool no_aggressive;           /* nobody is let in by aggressive mode */
    bool invalid_spi_recovery;    /* a peer that uses an SPI which is not here is told */
};

struct ike_conf *ike_conf_new(void); /* enabled, fallback DES SHA RSA-SIG group 1 86400 s */
void ike_conf_free(struct ike_conf *c);
struct ike_policy *ike_policy_find(const struct ike_conf *c, uint32_t priority);
struct ike_policy *
ike_policy_make(struct ike_conf *c,
                uint32_t priority); /* finds, or adds with the fallback's values */
bool ike_policy_remove(struct ike_conf *c, uint32_t priority);
/* The key for a peer: the longest mask that contains it. */
const struct ike_key *ike_key_for(const struct ike_conf *c, ip4 peer);
void ike_key_set(struct ike_conf *c, ip4 addr, ip4 mask, const char *secret, bool no_xauth);
bool ike_key_remove(struct ike_conf *c, ip4 addr, ip4 mask);
/* How a peer is watched: its own row, or the device's. */
const struct ike_liveness *ike_liveness_for(const struct ike_conf *c, ip4 peer);
void ike_liveness_set(struct ike_conf *c, ip4 peer, const struct ike_liveness *l);
void ike_liveness_remove(struct ike_conf *c, ip4 peer);
/* Names are those of DNS: upper and lower case are one. 0 = not known here. */
void ike_name_set(struct ike_conf *c, const char *name, ip4 addr);
bool ike_name_remove(struct ike_conf *c, const char *name);
ip4 ike_name_find(const struct ike_conf *c, const char *name);

#endif
