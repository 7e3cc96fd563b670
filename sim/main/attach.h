/* vpnsim attach: links of a simulation bound to interfaces of the host, paced by the wall clock.
 *
 * From the wire inward: attach_host.c has the socket or the tunnel device, attach_offload.c
 * finishes what the kernel left to hardware that is not there, attach_ether.c and attach_arp.c
 * speak Ethernet for the simulated interfaces, attach_run.c keeps the clocks together, cmd_attach.c
 * is the command. All but attach_host.c and attach_run.c work on bytes alone: tests and the fuzzer
 * use them so. */
#ifndef MAIN_ATTACH_H
#define MAIN_ATTACH_H

#include <glib.h>

#include "net/portal.h"
#include "scenario/scenario.h"

#define ETHER_ADDR       6
#define ETHER_HEAD       14
#define ATTACH_FRAME_MAX (ETHER_HEAD + 65535)

/* What the kernel tells of a frame besides its bytes. Offsets count from the frame's first byte. */
enum attach_gso { ATTACH_GSO_NONE, ATTACH_GSO_TCP, ATTACH_GSO_UDP, ATTACH_GSO_OTHER };
struct attach_meta {
    bool vlan;                /* the tag stood beside the frame */
    bool checksum_unfinished; /* the sum from checksum_start on is to be stored checksum_offset
                                 behind it */
    uint16_t checksum_start, checksum_offset;
    enum attach_gso gso; /* one frame stands for many */
    uint16_t gso_bytes;  /* payload of each */
};

/* ---- attach_offload.c ---- */

/* Stores the checksum. False when its place is outside the frame. */
bool offload_checksum(uint8_t *frame, size_t n, const struct attach_meta *meta);
/* Cuts an IP packet of TCP or UDP into those that it stands for, checksums included, and hands each
 * to `fn` (which owns it). False, and nothing handed out, when the packet is not what `meta` says.
 */
typedef void (*offload_fn)(void *self, struct pkt *p);
bool offload_segment(struct span packet, const struct attach_meta *meta, offload_fn fn, void *self);

/* ---- attach_ether.c: one bound link ---- */

struct attach_port;
/* Sends a frame (an IP packet, when there is no Ethernet). 0, or what errno says. */
typedef int (*attach_send_fn)(void *self, struct span frame);

/* Opens a portal at the link. Its counters ("attach.in.packets" and so on) are those of the node
 * `iface`. Owned by the caller, freed before the net. */
struct attach_port *attach_port_new(struct net_link *l, const char *iface, bool ethernet,
                                    attach_send_fn send, void *self, GError **error);
void attach_port_free(struct attach_port *port);
/* A frame from the interface. The bytes may be written to; they are the caller's. */
void attach_port_input(struct attach_port *port, uint8_t *frame, size_t n,
                       const struct attach_meta *meta);
/* Tells the neighbours where the simulated addresses are (gratuitous ARP, RFC 826 as RFC 5227 3
 * uses it). */
void attach_port_announce(struct attach_port *port);
/* "r1:FastEthernet0/0 203.0.113.1 is 02:..", a line an end. */
void attach_port_describe(const struct attach_port *port, GString *out);
struct trace_scope *attach_port_scope(const struct attach_port *port);
struct net_link *attach_port_link(const struct attach_port *port);

/* ---- attach_host.c: interfaces of the host ---- */

#define ATTACH_ERROR attach_error_quark()
GQuark attach_error_quark(void);
enum { ATTACH_ERROR_USAGE, ATTACH_ERROR_GONE };

struct attach_host;
/* Is this network namespace another than the machine's own? False, with advice, when it is not. */
bool attach_host_is_apart(GError **error);
/* "veth0" by a packet socket, "tun:tun0" by the tunnel driver. */
struct attach_host *attach_host_open(const char *spec, GError **error);
void attach_host_close(struct attach_host *h);
const char *attach_host_name(const struct attach_host *h);
bool attach_host_is_ethernet(const struct attach_host *h);
int attach_host_fd(const struct attach_host *h);
/* One frame, lent until the next read. 1; 0 = none waits; -1 with ATTACH_ERROR_GONE. `waited` is
 * how long the kernel had it. A frame that the kernel could not hand over counts in *spoilt. */
int attach_host_read(struct attach_host *h, uint8_t **frame, size_t *n, struct attach_meta *meta,
                     sim_time *waited, uint64_t *spoilt, GError **error);
int attach_host_send(void *host, struct span frame);
/* Frames that the kernel dropped because we did not read in time, since the last call. */
uint64_t attach_host_overrun(struct attach_host *h);
/* An IPv4 address that the kernel itself has on the interface `name`: then two would answer. NULL =
 * none. Caller frees. */
char *attach_host_address(const char *name);
/* The interface of this namespace on which the kernel has this address: it answers ARP for it on
 * all of them. NULL = none. Caller frees. */
char *attach_host_owner(ip4 addr);

/* ---- attach_run.c ---- */

struct attach_options {
    sim_time for_time; /* 0 = until told */
    sim_time max_lag;
    bool quiet;
    char **consoles; /* nodes whose console goes to stderr; NULL-closed, may be NULL; "all" */
};
struct attach_result {
    enum world_end end;
    char *why;                  /* of WORLD_LIMIT */
    char *lost;                 /* which interface vanished, and how; NULL = none */
    sim_time attached;          /* how long */
    sim_time max_lag, over_lag; /* the worst, and how long it was above the limit */
};
struct attach;
struct attach *attach_new(struct world *w, const struct attach_options *options);
void attach_free(struct attach *a);
/* Binds "NAME=IFACE". */
bool attach_bind(struct attach *a, const char *binding, GError **error);
/* Says READY, runs until the time is over, a signal comes or an interface vanishes, then ends every
 * SA and closes the world. */
void attach_run(struct attach *a, struct attach_result *out);

#endif
