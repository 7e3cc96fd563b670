/* Several IKE engines behind one translating box, and the one they call. The box gives every inside
 * port an outside port of its own, and forgets them when told (rebind). */
#ifndef EXCHANGE_HOUSE_H
#define EXCHANGE_HOUSE_H

#include "exchange/pair.h"

#define HOUSE_ENDS 4
#define HOUSE_HUB  0
#define HUB_ADDR   IP4(203, 0, 113, 1)
#define BOX_ADDR   IP4(198, 51, 100, 1)

struct house;
struct house_end {
    struct house *house;
    unsigned number;
    ip4 addr;
    struct ike_conf *conf;
    struct ike_profile profile;
    struct ike_engine *engine;
    struct trace_scope *scope;
    GArray *children; /* struct ike_child, without its keys */
    GString *events;
    uint32_t next_spi, failed, moves, keepalives;
    uint16_t moved_to;
    struct ike_traffic traffic;
};
struct house {
    struct sim *sim;
    struct trace *trace;
    unsigned clients;
    struct house_end end[HOUSE_ENDS];
    bool nat;
    bool hub_behind; /* a static translation in front of the hub, too */
    ip4 box;
    uint32_t rebinds; /* every port is another since */
    int rebind_at;    /* before that datagram; -1 = never */
    uint64_t lose, repeat;
    GPtrArray *sent; /* struct house_datagram, owned */
    struct sim_port port;
};
struct house_datagram {
    uint8_t *bytes;
    size_t n;
    ip4 src, dst; /* as the receiver sees it */
    uint16_t sport, dport;
    unsigned from, to;
};

struct house *house_new(unsigned clients, const enum ike_vid *client, const enum ike_vid *hub);
void house_free(struct house *h);
void house_ask(struct house *h, unsigned client, unsigned net);
/* NULL, or what is wrong: every client's pairs are mirrored at the hub, and nobody else's are. */
const char *house_discord(const struct house *h);
struct ike_sa_view house_sa(const struct house *h, unsigned end, size_t i);
size_t house_working(const struct house *h, unsigned end);

#endif
