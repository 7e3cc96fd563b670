/* What the files of show share. Listings that are tables are data first (a view) and text made from
 * it. */
#ifndef VENDOR_PIX_PIX_SHOW_PRIV_H
#define VENDOR_PIX_PIX_SHOW_PRIV_H

#include "pix.h"

#define U64 "%" G_GUINT64_FORMAT

/* One view: the words of the command after those of its row, and the rows it gives. */
typedef void (*pix_view_fn)(struct pix *s, char **args, struct view *v);

/* ---- pix_show_isakmp.c ---- */
void pix_show_isakmp_sa(void *self, const struct cli_args *a, GString *out);
void pix_show_isakmp_policy(void *self, const struct cli_args *a, GString *out);
void pix_view_isakmp_sa(struct pix *s, char **args, struct view *v);

/* ---- pix_show_ipsec.c ---- */
void pix_show_ipsec_sa(void *self, const struct cli_args *a, GString *out);
void pix_view_ipsec_sa(struct pix *s, char **args, struct view *v);

/* ---- pix_show_map.c ---- */
void pix_show_map(void *self, const struct cli_args *a, GString *out);
void pix_show_transform_set(void *self, const struct cli_args *a, GString *out);
void pix_show_lifetime(void *self, const struct cli_args *a, GString *out);
void pix_view_map(struct pix *s, char **args, struct view *v);

/* ---- pix_show_net.c ---- */
void pix_show_route(void *self, const struct cli_args *a, GString *out);
void pix_show_interface(void *self, const struct cli_args *a, GString *out);
void pix_show_address(void *self, const struct cli_args *a, GString *out);
void pix_show_access_list(void *self, const struct cli_args *a, GString *out);
/* The head and the lines of one list, as they stand in two listings. */
void pix_list_text(const struct pix *s, const struct acl *acl, const char *indent, GString *out);
void pix_view_route(struct pix *s, char **args, struct view *v);
void pix_view_interface(struct pix *s, char **args, struct view *v);
void pix_view_nameif(struct pix *s, char **args, struct view *v);
void pix_view_access_list(struct pix *s, char **args, struct view *v);

/* ---- pix_show_system.c ---- */
void pix_show_logging(void *self, const struct cli_args *a, GString *out);
void pix_show_version(void *self, const struct cli_args *a, GString *out);
void pix_show_clock(void *self, const struct cli_args *a, GString *out);
void pix_show_debug(void *self, const struct cli_args *a, GString *out);
void pix_show_running(void *self, const struct cli_args *a, GString *out);
void pix_show_startup(void *self, const struct cli_args *a, GString *out);
/* The lines of the configuration that begin with the words of the command. */
void pix_show_lines(void *self, const struct cli_args *a, GString *out);
void pix_view_logging(struct pix *s, char **args, struct view *v);

#endif
