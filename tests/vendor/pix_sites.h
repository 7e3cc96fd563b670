/* Two firewalls of the kind pix on a wire, a host behind each: site 1 is 203.0.113.1 with
 * 10.1.0.0/24, site 2 is 203.0.113.2 with 10.2.0.0/24. */
#ifndef TESTS_VENDOR_PIX_SITES_H
#define TESTS_VENDOR_PIX_SITES_H

#include "router.h"
#include "vendor/pix/pix_log_priv.h"

struct pix_site {
    struct device *d, *host;
    GString *said;
};
struct pix_sites {
    struct world *w;
    struct net_link *wan;
    struct pix_site s[2];
};

struct pix_sites *pix_sites_new(const char *version);
void pix_sites_free(struct pix_sites *q);
void pix_run(struct pix_sites *q, sim_time t);
/* Lines typed in configuration mode, and typed as they are: what was said is forgotten. */
void pix_configure(struct pix_sites *q, int n, const char *lines);
void pix_type(struct pix_sites *q, int n, const char *lines);
/* Three probes from the inside of one to that of the other, in 8 seconds. */
void pix_ping_far_inside(struct pix_sites *q, int n);
/* Caller frees. */
char *pix_show(struct pix_sites *q, int n, const char *what);
void pix_expect_in(const char *text, const char *part);
void pix_expect_logged(struct pix_sites *q, int n, const char *part);
unsigned pix_count_of(const char *text, const char *part);
unsigned pix_logged(struct pix_sites *q, int n, const char *part);

#endif
