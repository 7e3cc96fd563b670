/* Translation before the map (CAT-25, 26; DBG-57): the source that a packet has when the map sees
 * it is the one that translation left, which the access list of the map may not know. */
#include "check_priv.h"

#include "net/nat.h"

/* An address inside: the network's own is nobody's. */
static ip4 inside_of(struct ip4_net net)
{
    return net.mask == UINT32_MAX ? net.addr : (net.addr & net.mask) + 1;
}

static struct flow flow_of(const struct acl_line *l)
{
    return (struct flow){
        .src = inside_of(l->src),
        .dst = inside_of(l->dst),
        .protocol = l->protocol ? l->protocol : 1,
        .sport = l->sport.from,
        .dport = l->dport.from,
        .icmp_type = 8,
    };
}

/* What the source becomes: itself where no rule changes it. */
static ip4 source_behind(const struct net_nat_rule *r, const struct net_if *out, ip4 src)
{
    if (!r || r->kind == NET_NAT_EXEMPT)
        return src;
    if (r->kind == NET_NAT_STATIC && r->mapped)
        return r->protocol ? r->mapped : r->mapped + (src & ~r->real.mask);
    return r->mapped ? r->mapped : out->addr;
}

static void check_line(struct check *c, struct device *d, const char *acl, struct net_if *on,
                       const struct acl_line *l)
{
    const struct flow f = flow_of(l);
    struct net_if *in = NULL;
    ip4 nexthop;
    if (l->src.mask == 0 || !net_route_lookup(d->node, f.src, &in, &nexthop) || in == on)
        return;
    ip4 behind = source_behind(net_nat_would(d->node, in, on, &f), on, f.src);
    struct flow after = f;
    after.src = behind;
    if (behind == f.src || acl_line_matches(l, &after))
        return;
    g_autofree char *text = check_acl_text(d, l), *list = g_strdup_printf("access-list %s", acl);
    check_add(c, SEVERITY_ERROR, "translated-before-map", d, (struct check_place){list, text},
              check_words_of(d)->exempt,
              "what \"%s\" wants protected is translated first: %s becomes %s, which access list "
              "%s does not know, and leaves in clear",
              text, IP4S(f.src), IP4S(behind), acl);
}

void check_nat(struct check *c, struct device *d)
{
    if (!net_nat_on(d->node))
        return;
    for (guint i = 0; i < d->ipsec_conf->maps->len; i++) {
        const struct ipsec_map *m = d->ipsec_conf->maps->pdata[i];
        struct net_if *on = check_bound(d, m);
        for (guint k = 0; on && k < m->entries->len; k++) {
            const struct ipsec_map_entry *e = m->entries->pdata[k];
            g_autoptr(GPtrArray) lines = check_permits(d, e->acl);
            for (guint n = 0; n < lines->len; n++)
                check_line(c, d, e->acl, on, lines->pdata[n]);
        }
    }
}
