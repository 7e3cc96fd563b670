/* Address translation as the security appliances have it: which rule comes first, what a first
 * packet may become, the translations they list, and what they say. Up to 8.2 rules are made of
 * nat, global and static lines, which are here too; later ones bring their own (`build`).
 *
 *   fw_nat.c        rules in order, first packets, what becomes of translations
 *   fw_nat_lines.c  nat, global, static: lines, no forms, back to text
 *   fw_xlate.c      show xlate, and messages 305005 to 305013 */
#ifndef VENDOR_FW_NAT_H
#define VENDOR_FW_NAT_H

#include "device/device.h"
#include "net/conn.h"
#include "net/nat_admit.h"
#include "vendor/common.h"

enum fw_what {
    FW_EXEMPT,   /* nat 0 access-list */
    FW_STATIC,   /* static; with a protocol: one port */
    FW_DYNAMIC,  /* nat and global: an address or a port */
    FW_IDENTITY, /* nat 0, and static to itself */
};
/* One rule, in the order in which they are asked. It stays known while translations speak of it. */
struct fw_rule {
    uint32_t tag; /* never another's */
    enum fw_what what;
    struct net_nat_rule net;
    char *in, *out;      /* names of interfaces, NULL = any */
    char *list;          /* an access list that must permit it, NULL = none */
    bool addresses_only; /* lines of it that name protocols or ports do not count */
    struct net_node *node;
    uint32_t id;     /* of its pool */
    bool nothing;    /* a pool without addresses: it is refused */
    bool twice;      /* of a later version's first or third section */
    bool live, seen; /* seen: by the node */
    uint64_t hits, back_hits;
    sim_time last;
};
/* A nat, global or static line. */
enum fw_line_kind { FW_LINE_GLOBAL, FW_LINE_NAT, FW_LINE_STATIC };
struct fw_line {
    enum fw_line_kind kind;
    uint32_t serial;
    char *in, *out; /* of a global only `out` */
    uint32_t id;
    struct ip4_net real;
    char *acl;
    bool interface;
    ip4 first, last, netmask; /* mapped; netmask 0 = not said */
    uint8_t protocol;
    uint16_t mapped_port, real_port;
    char *rest; /* what follows, as typed */
};
/* A translation as it is listed: what packets of one inside address, or port, become. */
struct fw_xlate {
    struct {
        uint32_t protocol, real_port, mapped_port;
        ip4 real, mapped;
    } key; /* protocol and ports 0 when addresses alone are translated */
    const struct fw_rule *rule;
    uint32_t flows;
    sim_time born, last;
    GList all, idle;
    bool waits;
};

struct fw_nat;
struct fw_nat_ops {
    void (*log)(void *self, int severity, uint32_t id, const char *text);
    struct net_if *(*net_if)(void *self, const char *name); /* NULL: none of that name */
    const char *(*word)(void *self, const struct net_if *i);
    int (*level)(void *self, const struct net_if *i); /* security; -1 = it has none */
    /* Is the port the device's own? NULL = none ever is. */
    bool (*claims)(void *self, const struct net_if *i, uint8_t protocol, uint16_t port);
    /* The rules, by fw_rule_add, first to last. */
    void (*build)(void *self, struct fw_nat *t);
    void *self;
};
struct fw_nat {
    struct device *d;
    struct fw_nat_ops ops;
    struct net_nat_conf conf;
    bool control;           /* nat-control: untranslated nothing changes its level of security */
    bool asymmetry;         /* a static rule that only answers match has its message, 305013 */
    bool asymmetry_dynamic; /* and a dynamic one */
    bool counts_shown;      /* lines end in their limits, " 0 0" */
    sim_time xlate, pat;
    GPtrArray *lines; /* struct fw_line, owned, as typed */
    GPtrArray *rules; /* struct fw_rule, owned; those that live in their order, then the others */
    guint n_live;
    uint32_t next_serial;
    GHashTable *by_key; /* struct fw_xlate, for finding only */
    GQueue all;         /* struct fw_xlate, owned, oldest first */
    GQueue idle;        /* those of addresses that nobody uses, by when they became so */
    GQueue over;        /* struct fw_over, owned, by when it is due */
    struct sim_timer timer;
    guint most;
    const struct fw_rule *asked; /* what spoke of the packet that was judged last */
};

void fw_nat_init(struct fw_nat *t, struct device *d, const struct fw_nat_ops *ops);
void fw_nat_clear(struct fw_nat *t);
void fw_nat_arm(struct fw_nat *t); /* its own times have changed */
/* Whatever rules are made of may have changed. */
void fw_nat_rebuild(struct fw_nat *t);
void fw_rule_add(struct fw_nat *t, const struct fw_rule *like);
const struct fw_rule *fw_rule_tagged(const struct fw_nat *t, uint32_t tag);
/* The times of connections; translations last longer. */
void fw_nat_times(struct fw_nat *t, const struct net_conn_rules *c);

/* May a first packet pass? DROP_NAT_… otherwise; and a connection that began by it is over. */
enum drop_reason fw_nat_admit(struct fw_nat *t, struct net_if *in, struct net_if *out,
                              const struct pkt *p);
void fw_nat_conn_over(struct fw_nat *t, const struct net_conn *c);
/* The flow of a connection, NULL when it is not translated. */
const struct net_nat_flow *fw_nat_flow_of(const struct fw_nat *t, const struct net_conn *c);
/* Does a translation hold the port of this interface? */
bool fw_nat_holds(const struct fw_nat *t, const struct net_if *i, uint8_t protocol, uint16_t port);

/* ---- fw_nat_lines.c: false = refused, `out` has the reason ---- */
void fw_line_free(void *p);
bool fw_line_nat(struct fw_nat *t, const struct cli_args *a, GString *out);
bool fw_line_global(struct fw_nat *t, const struct cli_args *a, GString *out);
bool fw_line_static(struct fw_nat *t, const struct cli_args *a, GString *out);
void fw_lines_clear(struct fw_nat *t, enum fw_line_kind kind);
void fw_lines_build(struct fw_nat *t);
void fw_lines_text(const struct fw_nat *t, GString *out);
/* A list has changed, or is gone: what can no longer use it goes, with a word. */
void fw_lines_list_changed(struct fw_nat *t, const char *acl, GString *out);
/* "(inside)" or "(inside,outside)"; false when it is no such thing. Caller frees both. */
bool fw_pair_parse(const char *text, char **in, char **out);
#define FW_NAT_ROW                                                                                 \
    "nat if:WORD id:<0-2147483647> (access-list list:WORD|(real:A.B.C.D|0) [(mask:MASK|0)]) "      \
    "[rest:LINE]"
#define FW_GLOBAL_ROW "global if:WORD id:<1-2147483647> (interface|range:WORD) [netmask mask:MASK]"
#define FW_STATIC_ROW                                                                              \
    "static if:WORD (interface|mapped:A.B.C.D) (access-list list:WORD|real:A.B.C.D) "              \
    "[netmask mask:MASK] [rest:LINE]"
#define FW_STATIC_PORT_ROW                                                                         \
    "static if:WORD (tcp|udp) (interface|mapped:A.B.C.D) mport:WORD real:A.B.C.D rport:WORD "      \
    "[netmask mask:MASK] [rest:LINE]"

/* ---- fw_xlate.c ---- */
void fw_on_nat_new(struct fw_nat *t, const struct ev_nat_new *e);
void fw_on_nat_end(struct fw_nat *t, const struct ev_nat_end *e);
void fw_on_refused(struct fw_nat *t, const struct ev_conn_refused *e);
void fw_xlate_idle_over(struct fw_nat *t, struct fw_xlate *x);
size_t fw_xlates(const struct fw_nat *t);
enum fw_xlate_style { FW_XLATE_PLAIN, FW_XLATE_DETAIL, FW_XLATE_COUNT, FW_XLATE_NEW };
void fw_xlate_text(const struct fw_nat *t, enum fw_xlate_style style, GString *out);
void fw_xlate_view(const struct fw_nat *t, struct view *v);
/* Ends translations of a global or of a local address, or all, with their connections. */
void fw_xlate_clear(struct fw_nat *t, const ip4 *global, const ip4 *local);

#endif
