/* Address translation of the firewall, for the files that meet it. */
#ifndef VENDOR_PIX_PIX_NAT_H
#define VENDOR_PIX_PIX_NAT_H

#include "pix.h"
#include "vendor/fw_nat.h"

void pix_nat_start(struct pix *s);
void pix_nat_stop(struct pix *s);
/* Whatever its rules are made of may have changed. */
void pix_nat_changed(struct pix *s);
/* May IKE be enabled on an interface? No while a translation has its port. */
bool pix_nat_claim(struct pix *s, const struct pix_if *f, GString *out);
void pix_view_xlate(struct pix *s, char **args, struct view *v);

#endif
