/* What the files of show share. Listings that are tables are data first (a view) and text made from
 * it. */
#ifndef VENDOR_IOS_IOS_SHOW_PRIV_H
#define VENDOR_IOS_IOS_SHOW_PRIV_H

#include "vendor/ios/ios_debug_priv.h"

/* One view: the words of the command after "show", and the rows it gives. `args` are the words that
 * follow, NULL-closed. */
typedef void (*ios_view_fn)(struct ios *s, char **args, struct view *v);
struct ios_view_row {
    const char *words;
    ios_view_fn fn;
};

/* A column of a listing made from a view. */
struct ios_column {
    const char *name; /* in the view; NULL closes */
    int width;        /* padded to it; negative: set to the right */
};
void ios_view_text(const struct view *v, const struct ios_column *columns, GString *out);

/* ---- ios_show_isakmp.c ---- */
void ios_show_isakmp_sa(void *self, const struct cli_args *a, GString *out);
void ios_show_isakmp_policy(void *self, const struct cli_args *a, GString *out);
void ios_show_isakmp_key(void *self, const struct cli_args *a, GString *out);
void ios_show_engine(void *self, const struct cli_args *a, GString *out);
void ios_view_isakmp_sa(struct ios *s, char **args, struct view *v);
void ios_view_isakmp_policy(struct ios *s, char **args, struct view *v);
void ios_view_isakmp_key(struct ios *s, char **args, struct view *v);
void ios_view_engine(struct ios *s, char **args, struct view *v);

/* ---- ios_show_ipsec.c ---- */
void ios_show_ipsec_sa(void *self, const struct cli_args *a, GString *out);
void ios_view_ipsec_sa(struct ios *s, char **args, struct view *v);

/* ---- ios_show_map.c ---- */
void ios_show_transform_set(void *self, const struct cli_args *a, GString *out);
void ios_show_lifetime(void *self, const struct cli_args *a, GString *out);
void ios_show_idle_time(void *self, const struct cli_args *a, GString *out);
void ios_show_dynamic_map(void *self, const struct cli_args *a, GString *out);
void ios_show_map(void *self, const struct cli_args *a, GString *out);
void ios_show_session(void *self, const struct cli_args *a, GString *out);
void ios_view_transform_set(struct ios *s, char **args, struct view *v);
void ios_view_map(struct ios *s, char **args, struct view *v);
void ios_view_session(struct ios *s, char **args, struct view *v);

/* ---- ios_qos_show.c ---- */
void ios_show_policy_map(void *self, const struct cli_args *a, GString *out);
void ios_show_policy_map_if(void *self, const struct cli_args *a, GString *out);
void ios_show_class_map(void *self, const struct cli_args *a, GString *out);
void ios_view_policy_map_if(struct ios *s, char **args, struct view *v);

/* ---- ios_show_ip.c ---- */
void ios_show_route(void *self, const struct cli_args *a, GString *out);
void ios_show_access_lists(void *self, const struct cli_args *a, GString *out);
void ios_view_route(struct ios *s, char **args, struct view *v);
void ios_view_access_lists(struct ios *s, char **args, struct view *v);

/* ---- ios_show_if.c ---- */
void ios_show_ip_interface(void *self, const struct cli_args *a, GString *out);
void ios_show_ip_interface_brief(void *self, const struct cli_args *a, GString *out);
void ios_show_interfaces(void *self, const struct cli_args *a, GString *out);
void ios_show_protocols(void *self, const struct cli_args *a, GString *out);
void ios_view_interface_brief(struct ios *s, char **args, struct view *v);
void ios_view_interfaces(struct ios *s, char **args, struct view *v);

/* ---- ios_dhcp.c, ios_ra_show.c ---- */
void ios_show_dhcp_lease(void *self, const struct cli_args *a, GString *out);
void ios_show_pool(void *self, const struct cli_args *a, GString *out);
void ios_show_profile(void *self, const struct cli_args *a, GString *out);
void ios_show_aaa_servers(void *self, const struct cli_args *a, GString *out);
void ios_show_aaa_user(void *self, const struct cli_args *a, GString *out);
void ios_view_dhcp_lease(struct ios *s, char **args, struct view *v);
void ios_view_pool(struct ios *s, char **args, struct view *v);
void ios_view_profile(struct ios *s, char **args, struct view *v);

/* ---- ios_show_system.c ---- */
void ios_show_clock(void *self, const struct cli_args *a, GString *out);
void ios_show_version(void *self, const struct cli_args *a, GString *out);
void ios_show_logging(void *self, const struct cli_args *a, GString *out);
void ios_show_debugging(void *self, const struct cli_args *a, GString *out);
void ios_show_running(void *self, const struct cli_args *a, GString *out);
void ios_show_startup(void *self, const struct cli_args *a, GString *out);
void ios_show_users(void *self, const struct cli_args *a, GString *out);
void ios_view_logging(struct ios *s, char **args, struct view *v);

/* ---- ios_show_session.c ---- */
void ios_capabilities(const struct ios *s, const struct ike_sa_view *sa, GString *out);

unsigned ios_group_number(enum crypto_group g); /* 1, 2, 5, 14 */
unsigned ios_group_bits(enum crypto_group g);

#endif
