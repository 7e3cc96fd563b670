/* Two ends of a connection for the tests of TCP: what each was told, and a transfer in a line. */
#ifndef TESTS_NET_TCP_RIG_H
#define TESTS_NET_TCP_RIG_H

#include "net/tcp.h"
#include "net/world.h"
#include "wire/tcp.h"

#define PORT 5001
#define KEY  UINT64_C(0x7465737473)

struct side {
    struct net_tcp *c; /* NULL before and after */
    uint64_t send;     /* when open; then it closes, unless it stays */
    bool stay;         /* does not close of itself */
    bool no_answer;    /* does not close when the peer does */
    uint64_t got, acked, wrong, again;
    bool opened, fin, ended;
    bool out_of_order; /* bytes were told that were not the next */
    enum net_tcp_end why;
    struct net_tcp_info last; /* of the moment before the end, or of the last look */
};
struct rig {
    struct pair *p; /* a 10.0.0.1 opens, b 10.0.0.2 listens; NULL when the nodes are others */
    struct world *w;
    struct net_node *from, *to;
    ip4 dst;
    struct net_tcp_settings set_from, set_to;
    struct side client, server;
};
struct rig *rig_new(uint64_t seed); /* on a pair */
struct rig *rig_over(struct world *w, struct net_node *from, struct net_node *to, const char *dst);
void rig_listen(struct rig *r);
void rig_connect(struct rig *r);
/* The bytes each side sends; runs until `until`. */
void rig_run(struct rig *r, uint64_t up, uint64_t down, sim_time until);
void rig_free(struct rig *r);
extern const struct net_tcp_calls side_calls;
/* Both ended well, and all that was sent arrived, in order and unchanged. */
bool rig_fine(const struct rig *r);
/* "closed 1000/1000 wrong 0 | closed 0/0 wrong 0" of client and server. */
const char *rig_says(const struct rig *r);

/* A segment from anybody, put on the wire by `from`. */
void rig_inject(struct net_node *from, ip4 src, ip4 dst, const struct tcp_head *h, size_t bytes);

#endif
