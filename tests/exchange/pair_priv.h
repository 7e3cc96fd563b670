/* What the files of the pair share. */
#ifndef EXCHANGE_PAIR_PRIV_H
#define EXCHANGE_PAIR_PRIV_H

#include <string.h>

#include "exchange/pair.h"

struct pair_datagram {
    uint8_t *bytes;
    size_t n;
    enum ike_role from;
    bool lost, held;
};
void pair_ladder_add(struct ike_pair *p, const struct pair_datagram *d);
void pair_ladder_stop(struct ike_pair *p);
void pair_child_free(void *child);
void pair_child_lives(struct pair_child *child); /* it was installed */

#endif
