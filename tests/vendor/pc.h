/* A PC with the VPN client, what its console said, and a world around it. */
#ifndef TESTS_VENDOR_PC_H
#define TESTS_VENDOR_PC_H

#include "router.h"

#include "vendor/vpnclient/vc.h"

struct pc {
    struct world *w;
    struct device *d;
    struct vc *s;
    GString *said; /* every console line, newline after each */
    GPtrArray *problems;
};
struct pc *pc_new(struct world *w, const char *name, const char *version, const char *profile);
void pc_free(struct pc *p);
/* Types lines, lets so much time pass, and returns what was said since. Caller frees. */
char *pc_type(struct pc *p, const char *lines, sim_time then);
char *pc_said(struct pc *p);
extern const char pc_profile[]; /* of group testgroup at 10.48.67.181 */

#endif
