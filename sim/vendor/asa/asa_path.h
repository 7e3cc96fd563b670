/* Sizes of segments and packets, what may reach the appliance itself, and the signatures of ip
 * audit. */
#ifndef VENDOR_ASA_ASA_PATH_H
#define VENDOR_ASA_ASA_PATH_H

#include "asa_conn.h"

/* ---- asa_mss.c ---- */
extern const struct cli_command asa_config_mss[];
void asa_mss_start(struct asa *s);
/* The MTU of an interface was set; `before` is what it was. */
void asa_mtu_changed(struct asa *s, struct net_if *i, uint32_t before);

/* ---- asa_access.c ---- */
extern const struct cli_command asa_config_access[];
void asa_access_start(struct asa *s);
void asa_access_stop(struct asa *s);
/* May a packet of the appliance's own leave with the address of `from` where the route to `target`
 * says? */
bool asa_may_speak_from(struct asa *s, const struct asa_if *from, ip4 target);

/* ---- asa_audit.c ---- */
struct asa_audit;
extern const struct cli_command asa_config_audit[];
/* A packet that came in by an interface, at the signatures: DROP_NONE = it goes on. */
enum drop_reason asa_audit_judge(struct asa *s, struct net_if *in, const struct pkt *p);
void asa_audit_stop(struct asa *s);

#endif
