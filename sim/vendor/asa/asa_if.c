/* Interfaces: hardware names and nameifs. */
#include "asa.h"

#include <string.h>

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
