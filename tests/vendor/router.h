/* One IOS router (or two on a wire) and what its console said. */
#ifndef TESTS_VENDOR_ROUTER_H
#define TESTS_VENDOR_ROUTER_H

#include <criterion/criterion.h>

#include "base/text.h"
#include "vendor/ios/ios_debug_priv.h"
#include "vendor/vendor.h"

struct world {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
};
struct world *world_new(void);
void world_free(struct world *w);

struct router {
    struct world *w;
    struct device *d;
    struct ios *s;
    GString *said; /* every console line, newline after each */
};
/* A router of that version with that configuration; time stamps are off unless the configuration
 * puts them on. */
struct router *router_new(struct world *w, const char *name, const char *version,
                          const char *config);
void router_free(struct router *r);
/* What it said since the last call. Caller frees. */
char *router_said(struct router *r);
void router_debug(struct router *r, unsigned debugs);
/* The text of a show command. Caller frees. */
char *router_show(struct router *r, const char *command);

/* Exact lines, but for runs of blanks and empty lines (catalogue rule N0). */
void expect_lines(const char *got, const char *want, const char *what);
/* Two networks 10.1.0.0/16 and 10.2.0.0/16 behind 10.48.67.181 (hub) and 10.100.2.102 (spoke). */
extern const char hub_config[], spoke_config[];

#endif
