/* Interfaces: hardware names and nameifs, and access-groups as the node has them.
 *
 * An access-group filters what passes through the device. What is sent to the device itself (IKE,
 * ESP, pings of its address) is another matter there, so the list that the node applies begins
 * with lines for the interface's own address. */
#include "asa.h"

#include <string.h>

#define DERIVED   "access-group " /* a name that nobody can type: it has a blank */
#define OWN_LINES 100000u         /* the typed lines follow these numbers */

static const struct vendor_name if_kind[] = {
    {"Management", 100000},       {"Ethernet", 100000}, {"FastEthernet", 100000},
    {"GigabitEthernet", 1000000}, {"Vlan", 100000},     {0},
};

char *asa_ifname(void *self, const char *typed)
{
    return vendor_ifname(if_kind, typed);
}

void asa_if_free(void *p)
{
    struct asa_if *f = p;
    g_free(f->hardware);
    g_free(f->nameif);
    g_free(f->group_in);
    g_free(f->group_out);
    g_free(f);
}

static struct asa_if *by_hardware(const struct asa *s, const char *hardware)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        struct asa_if *f = g_ptr_array_index(s->interfaces, i);
        if (strcmp(f->hardware, hardware) == 0)
            return f;
    }
    return NULL;
}

struct asa_if *asa_if_make(struct asa *s, const char *hardware)
{
    struct asa_if *f = by_hardware(s, hardware);
    if (!net_if_by_name(s->d->node, hardware)) {
        struct net_if *i = net_if_new(s->d->node, hardware);
        for (const struct vendor_name *k = if_kind; k->name; k++)
            if (g_str_has_prefix(hardware, k->name))
                i->bandwidth_kbps = (uint32_t)k->number;
    }
    if (f)
        return f;
    f = g_new0(struct asa_if, 1);
    f->hardware = g_strdup(hardware);
    g_ptr_array_add(s->interfaces, f);
    return f;
}

struct asa_if *asa_if_of(const struct asa *s, const struct net_if *i)
{
    return i ? by_hardware(s, i->name) : NULL;
}

struct asa_if *asa_if_named(const struct asa *s, const char *nameif)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        struct asa_if *f = g_ptr_array_index(s->interfaces, i);
        if (f->nameif && g_ascii_strcasecmp(f->nameif, nameif) == 0)
            return f;
    }
    return NULL;
}

struct net_if *asa_net_if(const struct asa *s, const struct asa_if *f)
{
    return net_if_by_name(s->d->node, f->hardware);
}

const char *asa_if_word(const struct asa *s, const struct net_if *i)
{
    const struct asa_if *f = asa_if_of(s, i);
    return f && f->nameif ? f->nameif : i ? i->name : "";
}

struct asa_if *asa_if_arg(struct asa *s, const struct cli_args *a, const char *argument)
{
    struct asa_if *f = asa_if_named(s, cli_arg(a, argument));
    if (!f)
        asa_invalid(s, a, argument);
    return f;
}

/* ---- Access-groups ---- */

bool asa_list_is_derived(const struct acl *a)
{
    return g_str_has_prefix(a->name, DERIVED);
}

static char *derived_name(const struct asa_if *f, bool in)
{
    return g_strconcat(DERIVED, in ? "in " : "out ", f->hardware, NULL);
}

/* The hits that a typed line had on interfaces are counted on its copies there. */
static uint64_t copied_hits(const struct asa *s, const struct acl *a, const struct acl_line *l)
{
    uint64_t hits = 0;
    for (guint i = 0; i < s->interfaces->len; i++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, i);
        for (int in = 0; in < 2; in++) {
            g_autofree char *name = derived_name(f, in);
            const struct acl *copy = net_acl(s->d->node, name);
            const char *of = in ? f->group_in : f->group_out;
            for (guint k = 0; copy && g_strcmp0(of, a->name) == 0 && k < copy->lines->len; k++) {
                const struct acl_line *c = g_ptr_array_index(copy->lines, k);
                if (c->number > OWN_LINES && acl_line_same(c, l))
                    hits += c->hits;
            }
        }
    }
    return hits;
}

uint64_t asa_list_hits(const struct asa *s, const struct acl *a, const struct acl_line *l)
{
    return l->hits + copied_hits(s, a, l);
}

/* Before the copies are made anew, their hits go to the lines they are of. */
static void collect_hits(struct asa *s)
{
    for (size_t i = 0; i < net_acl_count(s->d->node); i++) {
        struct acl *a = net_acl_at(s->d->node, i);
        for (guint k = 0; !asa_list_is_derived(a) && k < a->lines->len; k++) {
            struct acl_line *l = g_ptr_array_index(a->lines, k);
            l->hits += copied_hits(s, a, l);
        }
    }
}

static void add_own_address(struct acl *to, ip4 addr, bool in)
{
    struct acl_line *l = acl_line_new();
    *(in ? &l->dst : &l->src) = (struct ip4_net){addr, 0xffffffff};
    acl_add(to, l);
}

static void add_copy(struct acl *to, const struct acl_line *of)
{
    struct acl_line *l = acl_line_new();
    *l = *of;
    l->number = OWN_LINES + of->number;
    l->remark = NULL;
    l->hits = 0;
    acl_add(to, l);
}

static void apply(struct asa *s, const struct asa_if *f, struct net_if *i, bool in)
{
    const char *group = in ? f->group_in : f->group_out;
    struct acl *typed = group ? net_acl(s->d->node, group) : NULL;
    char **slot = in ? &i->acl_in : &i->acl_out;
    g_autofree char *name = derived_name(f, in);
    net_acl_remove(s->d->node, name);
    g_clear_pointer(slot, g_free);
    if (!typed || typed->lines->len == 0)
        return;
    struct acl *a = net_acl_make(s->d->node, name, true);
    if (i->addr)
        add_own_address(a, i->addr, in);
    for (guint k = 0; k < typed->lines->len; k++) {
        const struct acl_line *l = g_ptr_array_index(typed->lines, k);
        if (!l->remark)
            add_copy(a, l);
    }
    *slot = g_strdup(name);
}

void asa_lists_apply(struct asa *s)
{
    collect_hits(s);
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, k);
        struct net_if *i = asa_net_if(s, f);
        if (i) {
            apply(s, f, i, true);
            apply(s, f, i, false);
        }
    }
}
