/* Access lists: lines in order of their numbers, the first that matches decides. */
#include "net/acl.h"

#define LINE_STEP 10 /* between numbers given to lines without one */

struct acl *acl_new(const char *name, bool extended)
{
    struct acl *a = g_new0(struct acl, 1);
    a->name = g_strdup(name);
    a->extended = extended;
    a->lines = g_ptr_array_new_with_free_func((GDestroyNotify)acl_line_free);
    return a;
}

void acl_free(struct acl *a)
{
    if (!a)
        return;
    g_ptr_array_unref(a->lines);
    g_free(a->name);
    g_free(a);
}

struct acl_line *acl_line_new(void)
{
    struct acl_line *l = g_new0(struct acl_line, 1);
    l->permit = true;
    l->sport = l->dport = (struct acl_ports){0, UINT16_MAX};
    l->icmp_type = l->icmp_code = -1;
    return l;
}

void acl_line_free(struct acl_line *l)
{
    if (!l)
        return;
    g_free(l->remark);
    g_free(l->text);
    g_free(l);
}

bool acl_add(struct acl *a, struct acl_line *line)
{
    guint at = a->lines->len;
    const struct acl_line *last = at ? g_ptr_array_index(a->lines, at - 1) : NULL;
    if (!line->number) {
        uint64_t number = last ? (uint64_t)last->number + LINE_STEP : LINE_STEP;
        if (number > UINT32_MAX) {
            acl_line_free(line);
            return false;
        }
        line->number = (uint32_t)number;
    }
    for (; at > 0; at--) {
        const struct acl_line *before = g_ptr_array_index(a->lines, at - 1);
        if (before->number == line->number) {
            acl_line_free(line);
            return false;
        }
        if (before->number < line->number)
            break;
    }
    g_ptr_array_insert(a->lines, (gint)at, line);
    return true;
}

static bool ports_same(struct acl_ports a, struct acl_ports b)
{
    return a.from == b.from && a.to == b.to;
}

/* Bits that the mask does not count are not compared. */
static bool net_same(struct ip4_net a, struct ip4_net b)
{
    return a.mask == b.mask && !((a.addr ^ b.addr) & a.mask);
}

bool acl_line_same(const struct acl_line *a, const struct acl_line *b)
{
    if (a->remark || b->remark)
        return a->remark && b->remark && !g_strcmp0(a->remark, b->remark);
    return a->permit == b->permit && a->protocol == b->protocol && net_same(a->src, b->src) &&
           net_same(a->dst, b->dst) && ports_same(a->sport, b->sport) &&
           ports_same(a->dport, b->dport) && a->icmp_type == b->icmp_type &&
           a->icmp_code == b->icmp_code;
}

static bool net_has(struct ip4_net net, ip4 a)
{
    return !((net.addr ^ a) & net.mask);
}

static bool ports_have(struct acl_ports r, uint16_t port)
{
    return r.from <= port && port <= r.to;
}

bool acl_line_matches(const struct acl_line *l, const struct flow *f)
{
    if (l->remark)
        return false;
    if (l->protocol && l->protocol != f->protocol)
        return false;
    if (!net_has(l->src, f->src) || !net_has(l->dst, f->dst))
        return false;
    if (!ports_have(l->sport, f->sport) || !ports_have(l->dport, f->dport))
        return false;
    return (l->icmp_type < 0 || l->icmp_type == f->icmp_type) &&
           (l->icmp_code < 0 || l->icmp_code == f->icmp_code);
}

const struct acl_line *acl_match(struct acl *a, const struct flow *f)
{
    for (guint i = 0; i < a->lines->len; i++) {
        struct acl_line *l = g_ptr_array_index(a->lines, i);
        if (acl_line_matches(l, f)) {
            l->hits++;
            return l;
        }
    }
    return NULL;
}

struct flow flow_reverse(struct flow f)
{
    struct flow r = f;
    r.src = f.dst;
    r.dst = f.src;
    r.sport = f.dport;
    r.dport = f.sport;
    return r;
}
