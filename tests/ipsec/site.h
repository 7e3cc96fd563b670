/* Two sites: h1 - r1 - r2 - h2. Both routers have IPsec; SAs are installed by hand, because nobody
 * negotiates in these tests. What IPsec says and asks is collected as text. */
#ifndef TESTS_IPSEC_SITE_H
#define TESTS_IPSEC_SITE_H

#include <criterion/criterion.h>
#include <glib.h>

#include "ipsec/ipsec.h"

#define H1   IP4(10, 1, 0, 5)
#define H2   IP4(10, 2, 0, 5)
#define R1   IP4(192, 0, 2, 1)
#define R2   IP4(192, 0, 2, 2)
#define LAN1 IP4(10, 1, 0, 0)
#define LAN2 IP4(10, 2, 0, 0)

struct site_router {
    struct net_node *node;
    struct ipsec_conf *conf;
    struct ipsec *ipsec;
    struct net_if *wan, *lan;
    struct ipsec_acquire last; /* the last thing asked for */
    uint32_t asked, ended, unknown;
    uint32_t last_spi;
    enum ike_why last_why;
};
struct site {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct net_node *h1, *h2;
    struct net_link *wan;
    struct ipsec_timing timing;
    struct site_router r[2];
    struct net_ping *ping;
    uint32_t replies, lost;
    GString *log; /* a line an event of IPsec: "r1 ipsec_soft seconds" */
};

/* Each router's map VPN 10 protects its LAN to the other's, 3DES with SHA-1, applied. */
struct site *site_new(void);
void site_free(struct site *s);
/* Pings of `size` bytes from h1 to h2, one a second from now on; then runs that long. */
void site_ping(struct site *s, uint32_t count, uint32_t size, bool df);
void site_run(struct site *s, sim_time more);
/* A pair for LAN1 - LAN2 on both routers, r1 the initiator; SPIs spi and spi + 1. */
void site_install(struct site *s, uint32_t spi, uint32_t life_s, uint32_t life_kb);
struct ipsec_child site_child(int side, uint32_t spi, uint32_t life_s, uint32_t life_kb);
struct acl_line *site_line(ip4 src, ip4 smask, ip4 dst, ip4 dmask);
/* Appends a map entry with its own access list of one line (network to network, /24). */
struct ipsec_map_entry *site_entry(struct site_router *r, uint32_t seq, ip4 src, ip4 dst, ip4 peer);
uint64_t site_count(const struct site_router *r, const char *counter);
/* How often the log has this text. */
uint32_t site_said(const struct site *s, const char *text);

#endif
