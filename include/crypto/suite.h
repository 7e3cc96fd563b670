/* What an ESP SA protects with, as negotiated in quick mode. */
#ifndef CRYPTO_SUITE_H
#define CRYPTO_SUITE_H

#include <stdbool.h>
#include "tbl/tbl.h"

struct esp_suite {
    enum crypto_cipher cipher;
    enum crypto_hash auth; /* HASH_NONE: no authentication, no replay check */
    bool transport;        /* encapsulation mode; tunnel unless set */
    bool udp;              /* in UDP, RFC 3948 */
    bool compress;         /* only ever offered: together with IPComp (RFC 3173), by LZS */
};

#endif
