/* One device: the rooms below wired together, its console, and the vtable its vendor fills. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include "cli/cli.h"
#include "device/view.h"
#include "ike/ike.h"
#include "ipsec/ipsec.h"
#include "net/net.h"

struct device;
struct ctcp_carrier;

/* What a kind of device is. The vendor room has a table of these; `host` is the one without a
 * vendor. */
struct device_kind {
    const char *name;    /* as scenarios say it */
    const char *summary; /* one line for people */
    bool forwards, has_crypto;
    /* Sets profile, dialect and defaults by version ("12.4"); error for versions it does not know.
     */
    bool (*init)(struct device *d, const char *version, GError **error);
    void (*free)(struct device *d);
    /* Reads a configuration. Every line that is refused is one entry of `problems` (struct
     * device_problem, owned by the array); false with error only when nothing could be read. */
    bool (*load)(struct device *d, const char *text, const char *file, GPtrArray *problems,
                 GError **error);
    /* One line typed at the console. Asynchronous commands (ping) call device_busy(d, true) and
     * later false. */
    void (*type)(struct device *d, const char *line);
    /* The prompt as it stands now ("r1(config-if)#"). */
    void (*prompt)(struct device *d, GString *out);
    /* Help and completion for the lab: NULL when the kind has none. */
    void (*help)(struct device *d, const char *line, GString *out);
    char *(*complete)(struct device *d, const char *line);
    /* The rows of a show command, for expectations: false when there is no view of that name. */
    bool (*view)(struct device *d, const char *show, struct view *out);
    /* The text of a show command, as typed at a privileged prompt, without prompt and echo. False:
     * refused, out has the message. */
    bool (*show)(struct device *d, const char *show, GString *out);
    /* A request for phase 2 SAs came to nothing: told from within the engine's work, so only note
     * it. May be NULL. */
    void (*sas_refused)(struct device *d, ip4 remote, enum ike_why why);
};
struct device_problem {
    char *file;
    int line;      /* from 1 */
    int column;    /* from 1, 0 = the line */
    char *text;    /* the line */
    char *message; /* a sentence with the remedy */
};
void device_problem_free(struct device_problem *p);
void device_problem_add(GPtrArray *problems, const char *file, int line, int column,
                        const char *text, const char *format, ...)
    __attribute__((format(printf, 6, 7)));

struct device {
    const struct device_kind *kind;
    char *name;     /* in the scenario */
    char *hostname; /* as configured */
    char *version;
    char *startup_text, *startup_file;
    struct sim *sim;
    struct trace_scope *scope;
    struct net_node *node;
    struct ike_conf *ike_conf; /* NULL without crypto, as the four below */
    struct ike_profile profile;
    struct ike_engine *ike;
    struct ipsec_conf *ipsec_conf;
    struct ipsec *ipsec;
    sim_time clock_offset; /* the device's clock minus simulated time, for skew */
    int64_t clock_epoch_s; /* the calendar at simulated time 0, seconds since 1970; 1993-03-01 on
                              devices without NTP */
    bool clock_set;        /* false: stamps carry the asterisk of an unset clock */
    sim_time booted;
    /* Takes messages of IKE that came to UDP 4500, in the place of the engine; `self` is `vendor`.
     * NULL = the engine takes them. */
    net_udp_fn ike_datagram;
    GArray *udp_ports;          /* struct device_udp_port: IPsec over UDP; NULL until it is used */
    struct ctcp_carrier *ctcp;  /* IPsec in TCP (device/ctcp.h); NULL until it is used */
    struct ipsec_timing timing; /* what IPsec reads of the profile */
    bool down;                  /* between power off and boot */
    struct sim_timer reload_timer;
    sim_time reload_outage;
    char *reload_reason;
    bool engine_off; /* configured so: software does the ciphers, whatever engine there is */
    void *vendor;    /* the kind's own memory */
    struct device_console *console;
};

/* Makes the node, the engines and the vendor's part. Owned by the caller. `node` name is `name`. */
struct device *device_new(struct net *net, const char *name, const struct device_kind *kind,
                          const char *version, GError **error);
void device_free(struct device *d);
/* Remembers the text for reload, then kind->load. */
bool device_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
                 GError **error);
/* Configuration or addresses changed: IPsec looks again. Vendors call it after each command that
 * matters. */
void device_config_changed(struct device *d, const char *what);
/* Power loss and boot: SAs, consoles modes, counters of the engines are forgotten, nothing is sent;
 * interfaces are down for `outage`, then the startup configuration is loaded anew. */
void device_reload(struct device *d, sim_time outage, const char *reason);
bool device_is_down(const struct device *d);
/* Gives a host interface its address and, unless 0, its default gateway. The interface is made when
 * it is missing. */
bool device_host_address(struct device *d, const char *interface, struct ip4_net address,
                         ip4 gateway, GError **error);
/* NAT traversal was turned on or off, or its keepalives were set: ike_conf says how it is now. */
void device_natt_changed(struct device *d);
/* IPsec over UDP, as both ends agree in mode config: SAs made with that address from now on are
 * carried in UDP between these ports, unless NAT traversal does that already; a peer whose port is
 * translated is answered at the port it comes from. 0 takes it back. False: the port is taken. */
bool device_carry_udp(struct device *d, ip4 remote, uint16_t port);
/* The interface's crypto map (NULL = none), by name. */
void device_set_crypto_map(struct device *d, struct net_if *i, const char *map);

/* ---- Console (sim/device/console.c): lines typed wait while a command runs ---- */

/* Types lines (newline separated) at the console; each waits its turn. */
void device_type(struct device *d, const char *text);
bool device_is_busy(const struct device *d);
/* A command that goes on over time (ping, dialogue). While busy, typed lines wait — unless
 * `wants_input` was set: then they go to the kind's type() as answers. */
void device_busy(struct device *d, bool busy);
void device_wants_input(struct device *d, bool wants);
/* Puts text (one line or several) on the console: emits EV(console) for each line. Unfinished lines
 * ("!!!") are held with device_print_part until a newline comes. */
void device_print(struct device *d, enum console_kind kind, const char *text);
void device_print_part(struct device *d, enum console_kind kind, const char *text);
void device_printf(struct device *d, enum console_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Local calendar time of the device now, in nanoseconds since 1970. */
int64_t device_clock_ns(const struct device *d);

/* The kinds known: vendors' and "host". NULL when there is none of that name; device_kinds lists
 * them (NULL-closed), for the scenario room to hand in what the vendor room offers. */
extern const struct device_kind device_kind_host;

#endif
