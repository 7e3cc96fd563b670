/* Names and completeness: what a configuration refers to and does not have, and what it has and
 * does not use. */
#include "check_priv.h"

#include <string.h>

#include "base/text.h"

/* ---- References ---- */

static void check_applied(struct check *c, struct device *d)
{
    for (size_t i = 0; i < net_if_count(d->node); i++) {
        struct net_if *on = net_if_at(d->node, i);
        const char *map = ipsec_bound(d->ipsec, on);
        g_autofree char *head = g_strdup_printf("interface %s", on->name);
        struct check_place at = {head, "crypto map"};
        if (map && !ipsec_map_find(d->ipsec_conf, map))
            check_add(c, SEVERITY_ERROR, "undefined-map", d, at,
                      "define the map, or apply the one that is meant; upper and lower case differ",
                      "%s applies the crypto map \"%s\", which is not defined", on->name, map);
        const char *const lists[] = {on->acl_in, on->acl_out};
        for (size_t k = 0; k < G_N_ELEMENTS(lists); k++)
            if (lists[k] && !net_acl(d->node, lists[k]))
                check_add(c, SEVERITY_WARNING, "undefined-acl", d,
                          (struct check_place){head, "ip access-group"},
                          "define the access list or take the line away; undefined, it lets "
                          "everything pass",
                          "%s filters with access list %s, which is not defined", on->name,
                          lists[k]);
    }
}

static void check_entry(struct check *c, struct device *d, const struct ipsec_map *m,
                        const struct ipsec_map_entry *e)
{
    g_autofree char *head = check_entry_head(m, e);
    const struct check_place at = {head, NULL};
    if (e->dynamic) {
        if (!ipsec_dynamic_find(d->ipsec_conf, e->dynamic))
            check_add(c, SEVERITY_ERROR, "incomplete-map", d, at,
                      "define the dynamic map, or name the one that is meant",
                      "%s stands for dynamic map \"%s\", which is not defined", head, e->dynamic);
        return;
    }
    if (e->peers->len == 0)
        check_add(c, SEVERITY_ERROR, "incomplete-map", d, at, "add set peer",
                  "%s has no peer; it does nothing", head);
    if (e->transform_sets->len == 0)
        check_add(c, SEVERITY_ERROR, "incomplete-map", d, at, "add set transform-set",
                  "%s has no transform set; it does nothing", head);
    if (!e->acl)
        check_add(c, SEVERITY_ERROR, "incomplete-map", d, at, "add match address",
                  "%s has no access list; it does nothing", head);
    else if (!net_acl(d->node, e->acl))
        check_add(c, SEVERITY_ERROR, "undefined-acl", d,
                  (struct check_place){head, "match address"},
                  "define the access list, or name the one that is meant",
                  "%s matches access list %s, which is not defined", head, e->acl);
    for (guint i = 0; i < e->transform_sets->len; i++) {
        const char *set = e->transform_sets->pdata[i];
        if (!ipsec_set_find(d->ipsec_conf, set))
            check_add(c, SEVERITY_ERROR, "undefined-transform-set", d,
                      (struct check_place){head, "set transform-set"},
                      "define the transform set, or name the one that is meant",
                      "%s uses transform set \"%s\", which is not defined", head, set);
    }
}

/* ---- Maps ---- */

static void check_map(struct check *c, struct device *d, const struct ipsec_map *m)
{
    g_autofree char *head = g_strdup_printf("crypto map %s", m->name);
    const struct check_place at = {head, NULL};
    if (!check_bound(d, m))
        check_add(c, SEVERITY_ERROR, "map-not-applied", d, at,
                  "apply it to the interface that faces the peer: crypto map NAME",
                  "the crypto map \"%s\" is applied to no interface: nothing is protected by it",
                  m->name);
    if (m->local_if) {
        struct net_if *i = net_if_by_name(d->node, m->local_if);
        if (!i || i->addr == 0)
            check_add(c, SEVERITY_ERROR, "local-address", d, at,
                      "name an interface that has an address",
                      "the map \"%s\" speaks from %s, which %s", m->name, m->local_if,
                      i ? "has no address" : "does not exist");
    }
    for (guint i = 0; i < m->entries->len; i++)
        check_entry(c, d, m, m->entries->pdata[i]);
}

/* CAT-40: an interface takes one map, and names that differ in case are two maps. */
static void check_case(struct check *c, struct device *d)
{
    const GPtrArray *maps = d->ipsec_conf->maps;
    for (guint i = 0; i < maps->len; i++)
        for (guint k = i + 1; k < maps->len; k++) {
            const struct ipsec_map *a = maps->pdata[i], *b = maps->pdata[k];
            if (g_ascii_strcasecmp(a->name, b->name) != 0)
                continue;
            g_autofree char *head = g_strdup_printf("crypto map %s", b->name);
            check_add(
                c, SEVERITY_WARNING, "map-names-alike", d, (struct check_place){head, NULL},
                "give all entries one map's name, spelled alike; an interface takes one map only",
                "the crypto maps \"%s\" and \"%s\" differ in case only and are two maps", a->name,
                b->name);
        }
}

/* ---- Entries that hide others (DBG-24, DBG-55) ---- */

static bool covers(const struct acl_line *a, const struct acl_line *b)
{
    return (a->protocol == 0 || a->protocol == b->protocol) &&
           (a->src.mask & b->src.mask) == a->src.mask && ip4_in(b->src.addr, a->src) &&
           (a->dst.mask & b->dst.mask) == a->dst.mask && ip4_in(b->dst.addr, a->dst) &&
           a->sport.from <= b->sport.from && a->sport.to >= b->sport.to &&
           a->dport.from <= b->dport.from && a->dport.to >= b->dport.to;
}

static void check_hidden(struct check *c, struct device *d, const struct ipsec_map *m,
                         const struct ipsec_map_entry *first, const struct ipsec_map_entry *later)
{
    g_autoptr(GPtrArray) a = check_permits(d, first->acl), b = check_permits(d, later->acl);
    bool same_peer = first->peers->len > 0 && later->peers->len > 0 &&
                     g_array_index(first->peers, ip4, 0) == g_array_index(later->peers, ip4, 0);
    for (guint i = 0; i < a->len; i++)
        for (guint k = 0; k < b->len; k++) {
            if (!covers(a->pdata[i], b->pdata[k]))
                continue;
            g_autofree char *x = check_acl_text(d, a->pdata[i]);
            g_autofree char *y = check_acl_text(d, b->pdata[k]);
            g_autofree char *remedy = g_strdup_printf("give the narrower entry a number below %u, "
                                                      "or take its traffic out of access list %s",
                                                      first->seq, first->acl);
            check_add(
                c, same_peer ? SEVERITY_WARNING : SEVERITY_ERROR, "hidden-entry", d,
                (struct check_place){NULL, y}, remedy,
                "entry %u of \"%s\" (%s) is never reached for \"%s\": entry %u (access list %s) "
                "matches first with \"%s\"",
                later->seq, m->name, later->acl, y, first->seq, first->acl, x);
        }
}

/* CAT-39: what a template's access list takes is sent to nobody, for it has no peer to call. */
static void check_taken(struct check *c, struct device *d, const struct ipsec_map *m,
                        const struct ipsec_map_entry *first, const struct ipsec_map_entry *template,
                        const struct ipsec_map_entry *later)
{
    g_autoptr(GPtrArray) a = check_permits(d, template->acl), b = check_permits(d, later->acl);
    g_autofree char *head = check_entry_head(m, first);
    if (template->peers->len > 0)
        return;
    for (guint i = 0; i < a->len; i++)
        for (guint k = 0; k < b->len; k++) {
            if (!covers(a->pdata[i], b->pdata[k]))
                continue;
            g_autofree char *text = check_acl_text(d, b->pdata[k]);
            check_add(c, SEVERITY_ERROR, "behind-dynamic", d, (struct check_place){head, NULL},
                      "give the dynamic entry the highest number of the map",
                      "\"%s\" of static entry %u meets dynamic entry %u of \"%s\" first, which has "
                      "no peer: this device cannot begin the tunnel",
                      text, later->seq, first->seq, m->name);
            return;
        }
}

/* CAT-38: a template without an access list takes the request of any peer. */
static void check_behind_dynamic(struct check *c, struct device *d, const struct ipsec_map *m,
                                 const struct ipsec_map_entry *first,
                                 const struct ipsec_map_entry *later)
{
    const struct ipsec_map *dynamic = ipsec_dynamic_find(d->ipsec_conf, first->dynamic);
    bool takes_all = false;
    for (guint i = 0; dynamic && i < dynamic->entries->len; i++) {
        const struct ipsec_map_entry *template = dynamic->entries->pdata[i];
        takes_all |= !template->acl;
        if (template->acl && later->acl)
            check_taken(c, d, m, first, template, later);
    }
    if (!takes_all)
        return;
    g_autofree char *head = check_entry_head(m, first);
    check_add(
        c, SEVERITY_WARNING, "behind-dynamic", d, (struct check_place){head, NULL},
        "give the dynamic entry the highest number of the map",
        "static entry %u of \"%s\" is behind dynamic entry %u: requests of its peer are judged "
        "by the templates of \"%s\" first",
        later->seq, m->name, first->seq, first->dynamic);
}

static void check_order(struct check *c, struct device *d, const struct ipsec_map *m)
{
    for (guint i = 0; i < m->entries->len; i++)
        for (guint k = i + 1; k < m->entries->len; k++) {
            const struct ipsec_map_entry *a = m->entries->pdata[i], *b = m->entries->pdata[k];
            if (a->acl && b->acl)
                check_hidden(c, d, m, a, b);
            if (a->dynamic && !b->dynamic)
                check_behind_dynamic(c, d, m, a, b);
        }
}

void check_names(struct check *c, struct device *d)
{
    check_applied(c, d);
    check_case(c, d);
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        check_map(c, d, d->ipsec_conf->maps->pdata[i]);
        check_order(c, d, d->ipsec_conf->maps->pdata[i]);
    }
    bool any = d->ipsec_conf->maps->len > 0;
    if (any && !d->ike_conf->enabled)
        check_add(c, SEVERITY_ERROR, "isakmp-off", d, (struct check_place){NULL, "isakmp enable"},
                  check_words_of(d)->enable, "crypto maps need ISAKMP, which is switched off");
    g_autofree char *policy = g_strdup_printf(check_words_of(d)->policy, 10u);
    g_autofree char *remedy =
        g_strconcat(policy, ", with the peer's encryption, hash, authentication and group", NULL);
    if (any && d->ike_conf->policies->len == 0)
        check_add(c, SEVERITY_ERROR, "no-policy", d, (struct check_place){0}, remedy,
                  "there is no ISAKMP policy: nothing is offered in phase 1");
}
