/* What the files about connections through the appliance share. */
#ifndef VENDOR_ASA_ASA_CONN_H
#define VENDOR_ASA_ASA_CONN_H

#include "asa_log_priv.h"
#include "net/conn.h"

struct asa_audit;
struct asa_inspect;
struct asa_conns {
    struct net_conn_rules rules;
    bool permit_vpn;   /* sysopt connection permit-vpn: what was decrypted passes unlooked-at */
    bool same_between; /* same-security-traffic permit inter-interface */
    bool same_within;  /* … intra-interface */
    char *management;  /* management-access: nameif; NULL = none */
    struct asa_audit *audit;     /* asa_audit.c; NULL until something is configured */
    struct asa_inspect *inspect; /* asa_inspect.c; the same */
    struct ev_conn_stray stray;  /* an error about no connection, when it is refused next */
};

/* A connection as its lines show it: the end behind the interface of lower security first. */
struct asa_conn_ends {
    bool inbound; /* it was opened from there */
    const struct net_if *low_if, *high_if;
    ip4 low, high;
    uint16_t low_port, high_port;
};
struct asa_conn_ends asa_conn_ends(const struct asa *s, const struct net_conn *c);
bool asa_conn_inbound(const struct asa *s, const struct net_if *in, const struct net_if *out);

/* ---- asa_inspect.c ---- */
void asa_inspect_map(void *self, const struct cli_args *a, GString *out);
void asa_inspect_service(void *self, const struct cli_args *a, GString *out);
void asa_inspect_text(const struct asa *s, GString *out);
void asa_inspect_free(struct asa *s);

/* ---- asa_conn_show.c ---- */
void asa_view_conn(struct asa *s, char **args, struct view *v);

#endif
