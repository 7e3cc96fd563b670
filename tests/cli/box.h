/* A router at a console, for tests: lines go in, what the console shows comes out. */
#ifndef TESTS_CLI_BOX_H
#define TESTS_CLI_BOX_H

#include <criterion/criterion.h>

#include "device/device.h"
#include "vendor/vendor.h"

struct box {
    struct sim *sim;
    struct trace *trace;
    struct net *net;
    struct device *d, *other; /* other: a host or a second router, may be NULL */
    GString *seen;            /* every console line of d, echo included */
    GPtrArray *problems;
};

struct box *box_new(const char *version);
struct box *box_new_of(const char *kind, const char *version);
void box_free(struct box *b);
/* Loads a configuration that must have no problems. */
void box_load(struct box *b, const char *config);
/* Types lines and returns what the console showed of it, without the echo. Lent until the next
 * call. */
const char *box_type(struct box *b, const char *lines);
/* As the console shows it, echo included. */
const char *box_console(struct box *b, const char *lines);
const char *box_prompt(struct box *b);
/* Caller frees. */
char *box_running(struct box *b);

#endif
