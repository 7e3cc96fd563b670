/* What the files of show share. Listings that are tables are data first (a view) and text made from
 * it. */
#ifndef VENDOR_ASA_ASA_SHOW_PRIV_H
#define VENDOR_ASA_ASA_SHOW_PRIV_H

#include "asa.h"

#define U64 "%" G_GUINT64_FORMAT

/* One view: the words of the command after "show", and the rows it gives. */
typedef void (*asa_view_fn)(struct asa *s, char **args, struct view *v);

/* ---- asa_show_isakmp.c ---- */
void asa_show_isakmp_sa(void *self, const struct cli_args *a, GString *out);
void asa_view_isakmp_sa(struct asa *s, char **args, struct view *v);
/* Does it replace an SA that still works? */
bool asa_sa_is_rekey(const struct asa *s, const struct ike_sa_view *sa);
/* MM_WAIT_MSG2 … MM_ACTIVE: the main mode message that is waited for (CAT-06). */
const char *asa_sa_state(enum ike_role role, enum ike_state state);

/* ---- asa_show_session.c ---- */
void asa_show_sessions(void *self, const struct cli_args *a, GString *out);
void asa_show_session_summary(void *self, const struct cli_args *a, GString *out);
void asa_logoff(void *self, const struct cli_args *a, GString *out);
void asa_view_sessions(struct asa *s, char **args, struct view *v);
void asa_view_remotes(struct asa *s, char **args, struct view *v);
void asa_view_session_summary(struct asa *s, char **args, struct view *v);

/* ---- asa_stats.c ---- */
void asa_show_ike_stats(void *self, const struct cli_args *a, GString *out);
void asa_show_ipsec_stats(void *self, const struct cli_args *a, GString *out);
void asa_show_protocol_stats(void *self, const struct cli_args *a, GString *out);
void asa_clear_stats(void *self, const struct cli_args *a, GString *out);
void asa_view_ike_stats(struct asa *s, char **args, struct view *v);
void asa_view_ipsec_stats(struct asa *s, char **args, struct view *v);

/* ---- asa_show_drop.c ---- */
void asa_show_asp_drop(void *self, const struct cli_args *a, GString *out);
void asa_clear_asp_drop(void *self, const struct cli_args *a, GString *out);
void asa_view_asp_drop(struct asa *s, char **args, struct view *v);

/* ---- asa_nat_show.c ---- */
void asa_view_xlate(struct asa *s, char **args, struct view *v);
void asa_view_nat(struct asa *s, char **args, struct view *v);

/* ---- asa_show_ipsec.c ---- */
void asa_show_ipsec_sa(void *self, const struct cli_args *a, GString *out);
void asa_view_ipsec_sa(struct asa *s, char **args, struct view *v);

/* ---- asa_show_net.c ---- */
void asa_show_route(void *self, const struct cli_args *a, GString *out);
void asa_show_interface(void *self, const struct cli_args *a, GString *out);
void asa_show_interface_brief(void *self, const struct cli_args *a, GString *out);
void asa_show_nameif(void *self, const struct cli_args *a, GString *out);
void asa_show_access_list(void *self, const struct cli_args *a, GString *out);
void asa_view_route(struct asa *s, char **args, struct view *v);
void asa_view_interface_brief(struct asa *s, char **args, struct view *v);
void asa_view_access_list(struct asa *s, char **args, struct view *v);

/* ---- asa_aaa_show.c, asa_pool.c ---- */
void asa_view_aaa_server(struct asa *s, char **args, struct view *v);
void asa_view_pool(struct asa *s, char **args, struct view *v);

/* ---- asa_show_system.c ---- */
void asa_show_logging(void *self, const struct cli_args *a, GString *out);
void asa_show_version(void *self, const struct cli_args *a, GString *out);
void asa_show_clock(void *self, const struct cli_args *a, GString *out);
void asa_show_debug(void *self, const struct cli_args *a, GString *out);
void asa_show_running(void *self, const struct cli_args *a, GString *out);
void asa_show_management(void *self, const struct cli_args *a, GString *out);
void asa_show_startup(void *self, const struct cli_args *a, GString *out);
void asa_view_logging(struct asa *s, char **args, struct view *v);

#endif
