/* Access lists: ordered permit and deny lines over addresses, protocol and ports. */
#ifndef NET_ACL_H
#define NET_ACL_H

#include <glib.h>
#include "base/ip4.h"

struct acl_ports { /* inclusive range; any = 0..65535 */
    uint16_t from, to;
};
struct acl_line {
    uint32_t number; /* sequence number of the line (10, 20 …) */
    bool permit;
    uint8_t protocol; /* 0 = ip, any protocol */
    struct ip4_net src,
        dst; /* mask bits that count are 1 (not wildcards); need not be contiguous */
    struct acl_ports sport, dport;
    int icmp_type, icmp_code; /* -1 = any */
    bool log;
    char *remark; /* owned; a line with a remark matches nothing */
    char *text; /* as it was written, where several lines come from one; owned; NULL = it is one */
    uint64_t hits;
};
struct acl {
    char *name; /* "110" or a name */
    bool extended;
    GPtrArray *lines; /* struct acl_line, ordered by number, owned */
};
/* What a packet is, for matching. */
struct flow {
    ip4 src, dst;
    uint8_t protocol;
    uint16_t sport, dport;
    int icmp_type, icmp_code;
};

struct acl *acl_new(const char *name, bool extended);
void acl_free(struct acl *a);
/* Takes the line over. number 0 appends (last + 10). Returns false, and frees the line, when that
 * number exists. */
bool acl_add(struct acl *a, struct acl_line *line);
struct acl_line *acl_line_new(void); /* permit ip any any */
void acl_line_free(struct acl_line *l);
bool acl_line_same(const struct acl_line *a,
                   const struct acl_line *b); /* numbers, hits and remarks aside */
/* The first line that matches, its hit counted; NULL = the implicit deny. */
const struct acl_line *acl_match(struct acl *a, const struct flow *f);
bool acl_line_matches(const struct acl_line *l, const struct flow *f);
/* The flow seen from the other end: sources and destinations exchanged. */
struct flow flow_reverse(struct flow f);

#endif
