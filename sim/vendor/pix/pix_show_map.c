/* show crypto map, show crypto ipsec transform-set and security-association lifetime. */
#include "pix_show_priv.h"

static uint32_t life_s(const struct pix *s, const struct ipsec_map_entry *e)
{
    return e->life_s ? e->life_s : s->d->ipsec_conf->life_s;
}

static uint32_t life_kb(const struct pix *s, const struct ipsec_map_entry *e)
{
    return e->life_kb ? e->life_kb : s->d->ipsec_conf->life_kb;
}

static void interfaces_of(const struct pix *s, const char *map, GString *out)
{
    for (guint k = 0; k < s->interfaces->len; k++) {
        const struct pix_if *f = g_ptr_array_index(s->interfaces, k);
        if (g_strcmp0(ipsec_bound(s->d->ipsec, pix_net_if(s, f)), map) == 0)
            g_string_append_printf(out, "%s ", f->nameif);
    }
}

/* The peer that is talked to, or the first that would be. */
static ip4 current_peer(const struct pix *s, const char *map, const struct ipsec_map_entry *e)
{
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (ident->seq == e->seq && g_strcmp0(ident->map, map) == 0 && ident->peer)
            return ident->peer;
    }
    return e->peers->len ? g_array_index(e->peers, ip4, 0) : 0;
}

void pix_view_map(struct pix *s, char **args, struct view *v)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    view_columns(v, "map", "seq", "interfaces", "access-list", "current-peer", "pfs", "life-kb",
                 "life-s", "transform-sets", "complete", NULL);
    for (guint i = 0; i < c->maps->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->maps, i);
        g_autoptr(GString) on = g_string_new(NULL);
        interfaces_of(s, map->name, on);
        for (guint j = 0; j < map->entries->len; j++) {
            const struct ipsec_map_entry *e = g_ptr_array_index(map->entries, j);
            g_autoptr(GString) sets = g_string_new(NULL);
            for (guint k = 0; k < e->transform_sets->len; k++)
                g_string_append_printf(sets, "%s%s", k ? " " : "",
                                       (const char *)g_ptr_array_index(e->transform_sets, k));
            view_row_begin(v);
            view_set(v, "map", "%s", map->name);
            view_set(v, "seq", "%u", e->seq);
            view_set(v, "interfaces", "%s", g_strchomp(on->str));
            if (e->acl)
                view_set(v, "access-list", "%s", e->acl);
            view_set(v, "current-peer", "%s", IP4S(current_peer(s, map->name, e)));
            view_set(v, "pfs", "%s", e->pfs == GROUP_NONE ? "N" : "Y");
            view_set(v, "life-kb", "%u", life_kb(s, e));
            view_set(v, "life-s", "%u", life_s(s, e));
            view_set(v, "transform-sets", "%s", sets->str);
            view_set(v, "complete", "%s", ipsec_entry_complete(e) ? "yes" : "no");
        }
    }
}

static void entry_text(const struct pix *s, const char *map, const struct ipsec_map_entry *e,
                       GString *out)
{
    const struct acl *acl = e->acl ? net_acl(s->d->node, e->acl) : NULL;
    g_string_append_printf(out, "\nCrypto Map \"%s\" %u ipsec-isakmp\n", map, e->seq);
    for (guint i = 0; i < e->peers->len; i++)
        g_string_append_printf(out, "\tPeer = %s\n", IP4S(g_array_index(e->peers, ip4, i)));
    if (acl)
        pix_list_text(s, acl, "\t", out);
    else if (e->acl)
        g_string_append_printf(out, "\taccess-list %s; 0 elements\n", e->acl);
    else
        g_string_append(out, "\tNo matching address list set.\n");
    g_string_append_printf(out,
                           "\tCurrent peer: %s\n"
                           "\tSecurity association lifetime: %u kilobytes/%u seconds\n"
                           "\tPFS (Y/N): %s\n",
                           IP4S(current_peer(s, map, e)), life_kb(s, e), life_s(s, e),
                           e->pfs == GROUP_NONE ? "N" : "Y");
    if (e->pfs != GROUP_NONE)
        g_string_append_printf(out, "\tDH group:  group%s\n", pix_group_number(e->pfs));
    g_string_append(out, "\tTransform sets={ ");
    for (guint k = 0; k < e->transform_sets->len; k++)
        g_string_append_printf(out, "%s, ", (const char *)g_ptr_array_index(e->transform_sets, k));
    g_string_append(out, "}\n");
}

void pix_show_map(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const struct ipsec_conf *c = s->d->ipsec_conf;
    const char *only = cli_arg(a, "map");
    if (only && !ipsec_map_find(c, only)) {
        pix_refuse(s, out, "ERROR: crypto map with tag \"%s\" does not exist.", only);
        return;
    }
    for (guint i = 0; i < c->maps->len; i++) {
        const struct ipsec_map *map = g_ptr_array_index(c->maps, i);
        if (only && g_strcmp0(only, map->name) != 0)
            continue;
        g_string_append_printf(out, "\nCrypto Map: \"%s\" interfaces: { ", map->name);
        interfaces_of(s, map->name, out);
        g_string_append(out, "}\n");
        for (guint j = 0; j < map->entries->len; j++)
            entry_text(s, map->name, g_ptr_array_index(map->entries, j), out);
    }
}

void pix_show_transform_set(void *self, const struct cli_args *a, GString *out)
{
    const struct ipsec_conf *c = ((struct pix *)self)->d->ipsec_conf;
    for (guint i = 0; i < c->sets->len; i++) {
        const struct ipsec_transform_set *set = g_ptr_array_index(c->sets, i);
        g_string_append_printf(out, "\nTransform set %s: { ", set->name);
        pix_transform_text(set->suite, out);
        g_string_append(out, " } \n   will negotiate = { Tunnel,  }, \n");
    }
}

void pix_show_lifetime(void *self, const struct cli_args *a, GString *out)
{
    const struct ipsec_conf *c = ((struct pix *)self)->d->ipsec_conf;
    g_string_append_printf(out, "Security association lifetime: %u kilobytes/%u seconds\n",
                           c->life_kb, c->life_s);
}
