/* show crypto map, crypto ipsec transform-set, crypto ipsec security-association lifetime. */
#include "vendor/ios/ios_ra.h"
#include "vendor/ios/ios_show_priv.h"

/* ---- show crypto ipsec transform-set ---- */

void ios_view_transform_set(struct ios *s, char **args, struct view *v)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    view_columns(v, "name", "transform", "mode", NULL);
    for (guint i = 0; i < c->sets->len; i++) {
        const struct ipsec_transform_set *set = g_ptr_array_index(c->sets, i);
        g_autoptr(GString) text = g_string_new(NULL);
        ios_transform_text(set->suite, text);
        view_row_begin(v);
        view_set(v, "name", "%s", set->name);
        view_set(v, "transform", "%s", text->str);
        view_set(v, "mode", "%s", set->suite.transport ? "Transport" : "Tunnel");
    }
}

void ios_show_transform_set(void *self, const struct cli_args *a, GString *out)
{
    const char *tag = cli_arg(a, "tag");
    struct view v;
    view_init(&v);
    ios_view_transform_set(self, NULL, &v);
    for (size_t i = 0; i < view_count(&v); i++)
        if (!tag || g_str_equal(tag, view_cell(&v, i, "name")))
            g_string_append_printf(
                out, "Transform set %s: { %s } \n   will negotiate = { %s,  }, \n\n",
                view_cell(&v, i, "name"), view_cell(&v, i, "transform"), view_cell(&v, i, "mode"));
    view_clear(&v);
}

void ios_show_lifetime(void *self, const struct cli_args *a, GString *out)
{
    const struct ipsec_conf *c = ((struct ios *)self)->d->ipsec_conf;
    g_string_append_printf(out, "Security association lifetime: %u kilobytes/%u seconds\n",
                           c->life_kb, c->life_s);
}

void ios_show_idle_time(void *self, const struct cli_args *a, GString *out)
{
    const struct ipsec_conf *c = ((struct ios *)self)->d->ipsec_conf;
    if (c->idle_s)
        g_string_append_printf(out, "Security association idletime: %u seconds\n", c->idle_s);
    else
        g_string_append(out, "Security association idletime: disabled\n");
}

/* ---- show crypto map ---- */

static bool map_is_on(const struct ios *s, const struct ipsec_map *m, const struct net_if *i)
{
    const char *bound = ipsec_bound(s->d->ipsec, i);
    return bound && g_str_equal(bound, m->name); /* case counts, CAT-40 */
}

static void peer_list(const struct ipsec_map_entry *e, GString *out)
{
    for (guint i = 0; i < e->peers->len; i++)
        g_string_append_printf(out, "        Peer = %s\n", IP4S(g_array_index(e->peers, ip4, i)));
}

static void acl_list(const struct ios *s, const char *name, GString *out)
{
    const struct acl *acl = net_acl(s->d->node, name);
    g_string_append_printf(out, "        Extended IP access list %s\n", name);
    for (guint i = 0; acl && i < acl->lines->len; i++) {
        const struct acl_line *l = g_ptr_array_index(acl->lines, i);
        if (l->remark)
            continue;
        g_string_append_printf(out, "            %s %s ", "access-list", name);
        ios_acl_line_text(acl, l, out);
        g_string_append_c(out, '\n');
    }
}

static void set_list(const struct ios *s, const struct ipsec_map_entry *e, GString *out)
{
    g_string_append(out, "        Transform sets={\n");
    for (guint i = 0; i < e->transform_sets->len; i++) {
        const char *name = g_ptr_array_index(e->transform_sets, i);
        const struct ipsec_transform_set *set = ipsec_set_find(s->d->ipsec_conf, name);
        g_autoptr(GString) text = g_string_new(NULL);
        if (set && s->dialect == IOS_DIALECT_C && !(s->major == 12 && s->minor < 4)) {
            ios_transform_text(set->suite, text);
            g_string_append_printf(out, "                %s:  { %s } ,\n", name, text->str);
        } else {
            g_string_append_printf(out, "                %s,\n", name);
        }
    }
    g_string_append(out, "        }\n");
}

/* What an entry and a template have in common. The idle time stands there only when there is one.
 */
static void terms_text(const struct ios *s, const struct ipsec_map_entry *e, GString *out)
{
    const struct ipsec_conf *c = s->d->ipsec_conf;
    uint32_t idle_s = e->idle_s ? e->idle_s : c->idle_s;
    g_string_append_printf(out, "        Security association lifetime: %u kilobytes/%u seconds\n",
                           e->life_kb ? e->life_kb : c->life_kb, e->life_s ? e->life_s : c->life_s);
    if (idle_s)
        g_string_append_printf(out, "        Security association idletime: %u seconds\n", idle_s);
    if (e->party[0])
        g_string_append_printf(out, "        ISAKMP Profile: %s\n", e->party);
    g_string_append_printf(out, "        PFS (Y/N): %c\n", e->pfs == GROUP_NONE ? 'N' : 'Y');
    if (e->pfs != GROUP_NONE)
        g_string_append_printf(out, "        DH group:  group%u\n", ios_group_number(e->pfs));
    set_list(s, e, out);
}

static void template_text(const struct ios *s, const struct ipsec_map *m,
                          const struct ipsec_map_entry *e, GString *out)
{
    g_string_append_printf(out, "Crypto Map Template\"%s\" %u\n", m->name, e->seq);
    if (e->description)
        g_string_append_printf(out, "        Description: %s\n", e->description);
    peer_list(e, out);
    if (e->acl)
        acl_list(s, e->acl, out);
    else
        g_string_append(out, "        No matching address list set.\n");
    terms_text(s, e, out);
    if (e->reverse_route)
        g_string_append(out, "        Reverse Route Injection Enabled\n");
    g_string_append_c(out, '\n');
}

void ios_show_dynamic_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *tag = cli_arg(a, "tag");
    size_t before = out->len;
    for (guint i = 0; i < s->d->ipsec_conf->dynamics->len; i++) {
        const struct ipsec_map *m = g_ptr_array_index(s->d->ipsec_conf->dynamics, i);
        for (guint k = 0; k < m->entries->len && (!tag || g_str_equal(tag, m->name)); k++)
            template_text(s, m, g_ptr_array_index(m->entries, k), out);
    }
    if (out->len == before)
        g_string_append(out, "No crypto dynamic maps found.\n");
}

/* What a peer negotiated under a template stands there as an entry of its own, numbered behind all
 * that can be configured, until its SAs end. */
#define FIRST_TEMPORARY 65536u

static void wildcard_text(const struct proxy *p, GString *out)
{
    if (p->mask == UINT32_MAX)
        g_string_append_printf(out, " host %s", IP4S(p->addr));
    else if (p->mask == 0)
        g_string_append(out, " any");
    else
        g_string_append_printf(out, " %s %s", IP4S(p->addr & p->mask), IP4S(~p->mask));
}

static void temporary_text(const struct ios *s, const struct ipsec_ident *ident, uint32_t number,
                           GString *out)
{
    const struct ipsec_map *m = ipsec_dynamic_find(s->d->ipsec_conf, ident->dynamic);
    const struct ipsec_map_entry *e = m ? ipsec_entry_find(m, ident->template_seq) : NULL;
    g_string_append_printf(out, "Crypto Map \"%s\" %u ipsec-isakmp\n        Peer = %s\n",
                           ident->map, number, IP4S(ident->peer));
    g_string_append(out, "        Extended IP access list \n            access-list  permit ip");
    wildcard_text(&ident->local_proxy, out);
    wildcard_text(&ident->remote_proxy, out);
    g_string_append_printf(out, "\n            dynamic (created from dynamic map %s/%u)\n",
                           ident->dynamic, ident->template_seq);
    g_string_append_printf(out, "        Current peer: %s\n", IP4S(ident->peer));
    if (e)
        terms_text(s, e, out);
}

static void dynamic_text(const struct ios *s, const struct ipsec_map *m,
                         const struct ipsec_map_entry *e, GString *out)
{
    g_string_append_printf(out,
                           "Crypto Map \"%s\" %u ipsec-isakmp\n"
                           "        Dynamic map template tag: %s\n\n",
                           m->name, e->seq, e->dynamic);
}

static void temporaries_text(const struct ios *s, const struct ipsec_map *m, GString *out)
{
    uint32_t number = FIRST_TEMPORARY;
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        if (ident->dynamic && g_str_equal(ident->map, m->name))
            temporary_text(s, ident, number++, out);
    }
}

static void entry_text(const struct ios *s, const struct ipsec_map *m,
                       const struct ipsec_map_entry *e, GString *out)
{
    if (e->dynamic) {
        dynamic_text(s, m, e, out);
        return;
    }
    g_string_append_printf(out, "Crypto Map \"%s\" %u ipsec-isakmp\n", m->name, e->seq);
    if (!ipsec_entry_complete(e))
        g_string_append(out, "        WARNING: This crypto map is in an incomplete state!\n"
                             "        (missing peer or access-list definitions)\n");
    if (e->description)
        g_string_append_printf(out, "        Description: %s\n", e->description);
    peer_list(e, out);
    if (e->acl)
        acl_list(s, e->acl, out);
    if (e->peers->len > 0)
        g_string_append_printf(out, "        Current peer: %s\n",
                               IP4S(g_array_index(e->peers, ip4, 0)));
    terms_text(s, e, out);
}

/* What the map says of clients. */
static void map_way_text(const struct ios *s, const char *map, GString *out)
{
    const struct ios_client_way *w = ios_ra_way_of_map(s, map);
    if (w && w->initiate)
        g_string_append_printf(out, "Crypto Map: \"%s\" client configuration address initiate\n",
                               map);
    if (w && w->respond)
        g_string_append_printf(out, "Crypto Map: \"%s\" client configuration address respond\n",
                               map);
    if (w && w->login_list)
        g_string_append_printf(out, "Crypto Map: \"%s\" client authentication list %s\n", map,
                               w->login_list);
    if (w && w->author_list)
        g_string_append_printf(out, "Crypto Map: \"%s\" isakmp authorization list %s\n", map,
                               w->author_list);
    if (w)
        g_string_append_c(out, '\n');
}

static void map_text(const struct ios *s, const struct ipsec_map *m, GString *out)
{
    const struct net_if *local = m->local_if ? net_if_by_name(s->d->node, m->local_if) : NULL;
    if (m->local_if)
        g_string_append_printf(out, "Crypto Map: \"%s\" idb: %s local address: %s\n\n", m->name,
                               m->local_if, IP4S(local ? local->addr : 0));
    map_way_text(s, m->name, out);
    for (guint i = 0; i < m->entries->len; i++)
        entry_text(s, m, g_ptr_array_index(m->entries, i), out);
    temporaries_text(s, m, out);
    g_string_append_printf(out, "        Interfaces using crypto map %s:\n", m->name);
    for (size_t i = 0; i < net_if_count(s->d->node); i++)
        if (map_is_on(s, m, net_if_at(s->d->node, i)))
            g_string_append_printf(out, "                %s\n", net_if_at(s->d->node, i)->name);
    g_string_append_c(out, '\n');
}

void ios_show_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *tag = cli_arg(a, "tag"), *interface = cli_arg(a, "if");
    const struct net_if *on = interface ? net_if_by_name(s->d->node, interface) : NULL;
    size_t before = out->len;
    for (guint i = 0; i < s->d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = g_ptr_array_index(s->d->ipsec_conf->maps, i);
        if (tag && !g_str_equal(tag, m->name))
            continue;
        if (interface && !(on && map_is_on(s, m, on)))
            continue;
        map_text(s, m, out);
    }
    if (out->len == before)
        g_string_append(out, "No crypto maps found.\n");
}

static void map_row(const struct ios *s, const struct ipsec_map *m, const struct ipsec_map_entry *e,
                    struct view *v)
{
    g_autoptr(GString) peers = g_string_new(NULL), sets = g_string_new(NULL),
                       on = g_string_new(NULL);
    for (guint k = 0; k < e->peers->len; k++)
        g_string_append_printf(peers, "%s%s", k ? " " : "", IP4S(g_array_index(e->peers, ip4, k)));
    for (guint k = 0; k < e->transform_sets->len; k++)
        g_string_append_printf(sets, "%s%s", k ? " " : "",
                               (const char *)g_ptr_array_index(e->transform_sets, k));
    for (size_t k = 0; k < net_if_count(s->d->node); k++)
        if (map_is_on(s, m, net_if_at(s->d->node, k)))
            g_string_append_printf(on, "%s%s", on->len ? " " : "", net_if_at(s->d->node, k)->name);
    view_row_begin(v);
    view_set(v, "map", "%s", m->name);
    view_set(v, "seq", "%u", e->seq);
    view_set(v, "peer", "%s", peers->str);
    view_set(v, "acl", "%s", e->acl ? e->acl : "");
    view_set(v, "transform-sets", "%s", sets->str);
    view_set(v, "pfs", "%c", e->pfs == GROUP_NONE ? 'N' : 'Y');
    view_set(v, "interfaces", "%s", on->str);
    if (e->dynamic)
        view_set(v, "dynamic", "%s", e->dynamic);
}

void ios_view_map(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "map", "seq", "peer", "acl", "transform-sets", "pfs", "interfaces", "dynamic",
                 NULL);
    for (guint i = 0; i < s->d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = g_ptr_array_index(s->d->ipsec_conf->maps, i);
        for (guint k = 0; k < m->entries->len; k++)
            map_row(s, m, g_ptr_array_index(m->entries, k), v);
    }
}
