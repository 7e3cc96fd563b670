/* What the files of the kind "vpnclient" share: a PC, its profiles, and one connection at a time.
 *
 *   vc_kind.c     the kind, versions, typed lines, prompts and answers
 *   vc_pcf.c      profiles and the PC's own settings, read from .pcf text
 *   vc_offers.c   what is offered in both phases, by version
 *   vc_connect.c  from "connect" to the end: who is asked, the login, reasons
 *   vc_reasons.c  what the user is told at the end
 *   vc_config.c   what the gateway configures: addresses, routes, policy
 *   vc_commands.c what is typed at the PC
 *   vc_stat.c     listings of the connection
 *   vc_ping.c     ping as such a PC has it
 *   vc_dns.c      names: the hosts file, DNS servers, which of them is asked
 *   vc_log.c      the log window */
#ifndef VENDOR_VPNCLIENT_VC_H
#define VENDOR_VPNCLIENT_VC_H

#include "device/device.h"
#include "device/dhcp_client.h"
#include "ike/access.h"
#include "vendor/common.h"

#define VC_MAP         "vpn" /* the crypto map of the virtual adapter */
#define VC_ACL         "vpn-networks"
#define VC_ENTRY       1
#define VC_MAX_DNS     4
#define VC_PORT_TCP    10000
#define VC_LIFETIME    2147483u /* seconds offered in both phases; hub-and-spoke.md 2.7 */
#define VC_MTU_DEFAULT 1500

struct vc;

/* ---- Profiles (vc_pcf.c) ---- */

struct vc_profile {
    char *name; /* "" = answers to every name */
    char *description, *host, *group, *group_pwd, *enc_group_pwd, *user, *user_pwd, *domain;
    char *backups; /* comma separated */
    uint32_t auth_type, dh_group, peer_timeout_s, over_tcp, tcp_port;
    bool nat, keepalives, local_lan, use_backups, save_pwd, split_dns, local_port;
    int line; /* where its section begins */
};
struct vc_pc {
    ip4 addr, mask, gateway;
    bool dhcp;
    ip4 dns[VC_MAX_DNS];
    size_t n_dns;
    char *domain;
    uint32_t mtu;
    bool firewall; /* what comes in by itself is refused */
};
void vc_profile_free(gpointer p);
/* The profile of that name; NULL = there is none. */
struct vc_profile *vc_profile_find(const struct vc *s, const char *name);
/* One "Key=value". NULL, or why not; the caller frees. */
char *vc_profile_set(struct vc_profile *p, const char *setting);
bool vc_load(struct device *d, const char *text, const char *file, GPtrArray *problems,
             GError **error);

/* ---- What the gateway gave ---- */

struct vc_net {
    ip4 addr, mask;
    uint16_t protocol, sport, dport;
};
struct vc_given {
    ip4 addr, mask;
    ip4 dns[VC_MAX_DNS], wins[VC_MAX_DNS];
    size_t n_dns, n_wins;
    GArray *include, *exclude; /* struct vc_net */
    GPtrArray *split_dns;      /* char *, owned */
    char *banner, *domain, *version, *backups;
    uint32_t expiry_s;
    uint16_t udp_port; /* IPsec over UDP; 0 = not */
    bool save_pwd, pfs, local_lan;
    bool has_save_pwd, has_pfs;
};

/* ---- The connection ---- */

enum vc_state {
    VC_IDLE,
    VC_RESOLVING,   /* the gateway's name */
    VC_CONTACTING,  /* phase 1, or TCP before it */
    VC_LOGIN,       /* name and password */
    VC_CONFIGURING, /* mode config */
    VC_SECURING,    /* the first quick mode */
    VC_UP
};
/* What the engine said; dealt with when it is done with its own work. */
enum {
    VC_HEARD_CHALLENGE = 1,
    VC_HEARD_JUDGED = 2,
    VC_HEARD_CONFIGURED = 4,
    VC_HEARD_ENDED = 8,
    VC_HEARD_PAIR = 16,
    VC_HEARD_REFUSED = 32
};
enum vc_asks { VC_ASKS_NOTHING, VC_ASKS_USER, VC_ASKS_PASSWORD };

struct vc_ping;
struct vc_log;
struct vc {
    struct device *d;
    int major, minor; /* of the version */
    struct cli *cli;
    bool refused;
    GPtrArray *profiles; /* struct vc_profile, owned; in order of the text */
    struct vc_pc pc;
    GPtrArray *hosts; /* struct vc_host, owned */
    struct net_if *lan, *vpn;
    struct dhcp_client *dhcp; /* NULL = the address is given */
    struct vc_ping *ping;
    GPtrArray *dns; /* names that are being looked up (vc_dns.c) */
    struct vc_log *log;

    enum vc_state state;
    const struct vc_profile *profile; /* in use; NULL when idle */
    GPtrArray *gateways;              /* char *, owned: the host, then the backup servers */
    guint gateway_at;
    char *gateway; /* as it is written */
    ip4 hub;
    ike_sa_id sa; /* of the connection, the last one that began */
    char *user, *password;
    enum vc_asks asks;
    bool asked_again, login_failed, logged_in, renewing;
    unsigned heard;
    enum ike_why ended_why, refused_why;
    ike_sa_id ended_sa, challenge_sa;
    struct sim_timer turn; /* deals with what was heard */
    struct vc_given given;
    bool configured; /* `given` is in force */
    bool over_tcp, over_udp;
    uint32_t pairs; /* contexts alive */
    sim_time since; /* it is up */
    char *notice;   /* the last thing that was said to the user */
    struct {
        uint64_t in_bytes, out_bytes, in_packets, out_packets, discarded;
    } at_start;
};
static inline struct vc *vc_of(const struct device *d)
{
    return d->vendor;
}
static inline bool vc_since(const struct vc *s, int major, int minor)
{
    return s->major > major || (s->major == major && s->minor >= minor);
}

/* ---- vc_kind.c ---- */
void vc_say(struct vc *s, const char *format, ...) __attribute__((format(printf, 2, 3)));
void vc_refuse(struct vc *s, GString *out, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
extern const struct cli_command vc_commands[], vc_log_commands[];

/* ---- vc_offers.c ---- */
/* The transforms of phase 1 in order; how many. */
size_t vc_offers_phase1(const struct vc *s, const struct vc_profile *p, struct ike_policy *out,
                        size_t most);
/* The proposals of phase 2 as transform sets of the node, named in the entry in order. */
void vc_offers_phase2(struct vc *s, struct ipsec_map_entry *e);
/* The attributes of the configuration request in order; how many. */
size_t vc_wanted(const struct vc *s, const struct vc_profile *p, uint16_t *out, size_t most);
void vc_profile_of_engine(struct vc *s);

/* ---- vc_reasons.c ---- */
enum vc_ends_by { VC_LOCALLY, VC_BY_PEER };
struct vc_end {
    enum ike_why why;
    enum vc_ends_by by;
    int number; /* of the reason; 0 = the user knows */
    const char *logged;
};
const struct vc_end *vc_end_of(enum ike_why why);
void vc_say_reason(struct vc *s, enum vc_ends_by by, int number);

/* ---- vc_connect.c ---- */
void vc_connect_init(struct vc *s);
void vc_connect_clear(struct vc *s);
/* What `connect` types; the console is busy until it is up or has failed. */
void vc_connect(struct vc *s, const struct vc_profile *p, const char *user, const char *password);
void vc_disconnect(struct vc *s);
void vc_answer(struct vc *s, const char *line);                      /* to what is asked */
void vc_login(struct vc *s, const char *user, const char *password); /* while a dialog waits */
/* The PC's own address went, and all that hangs on it. */
void vc_address_lost(struct vc *s);
void vc_sas_refused(struct device *d, ip4 remote, enum ike_why why);

/* ---- vc_config.c ---- */
void vc_given_clear(struct vc_given *g);
void vc_given_read(struct vc_given *g, const struct ike_cfg *cfg);
void vc_config_init(struct vc *s);
void vc_config_clear(struct vc *s);
void vc_config_apply(struct vc *s);
void vc_config_remove(struct vc *s);
/* Quick modes for what is to be tunnelled. */
void vc_config_secure(struct vc *s);
void vc_mtu_apply(struct vc *s);
bool vc_tunnels_all(const struct vc *s);
bool vc_local_lan(const struct vc *s);

/* ---- vc_stat.c ---- */
void vc_stat(struct vc *s, const char *what, GString *out);
void vc_routes(struct vc *s, GString *out);
void vc_ipconfig(struct vc *s, GString *out);
bool vc_view(struct device *d, const char *show, struct view *out);
void vc_tunnel_facts(struct vc *s, GString *out);
const char *vc_cipher_words(enum crypto_cipher c); /* "168-bit 3-DES" */
const char *vc_hash_words(enum crypto_hash h);     /* "HMAC-SHA1" */

/* ---- vc_ping.c ---- */
struct vc_ping_args {
    const char *target;
    uint32_t count, size, timeout_ms;
    bool df;
};
void vc_ping(struct vc *s, const struct vc_ping_args *a);
void vc_ping_clear(struct vc *s);

/* ---- vc_dns.c ---- */
struct vc_host {
    char *name;
    ip4 addr;
};
void vc_host_free(gpointer p);
/* addr 0 = `why`: "Non-existent domain", "timed out", "no server". Never from within. */
struct vc_found {
    ip4 addr, server;
    const char *name; /* as it was found, the domain appended */
    const char *why;
};
typedef void (*vc_found_fn)(void *self, const struct vc_found *f);
void vc_resolve(struct vc *s, const char *name, vc_found_fn fn, void *self);
void vc_resolve_cancel(struct vc *s, const void *self);
void vc_dns_init(struct vc *s);
void vc_dns_clear(struct vc *s);
/* The servers that a name is looked up at, in order. */
size_t vc_dns_servers(const struct vc *s, const char *name, ip4 out[VC_MAX_DNS]);

/* ---- vc_log.c ---- */
enum vc_class { VC_CM, VC_IKE, VC_IPSEC, VC_CVPND, VC_XAUTH, VC_FIREWALL, VC_CLASSES };
void vc_log_init(struct vc *s);
void vc_log_clear(struct vc *s);
/* Severity 1 to 6; number as the product has it, in hexadecimal. */
void vc_log(struct vc *s, enum vc_class class, int severity, uint32_t number, const char *format,
            ...) __attribute__((format(printf, 5, 6)));
extern const char *const vc_class_names[VC_CLASSES];

#endif
