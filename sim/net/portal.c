/* Portals: a link's end whose interface hands what arrives to the world outside. */
#include "net/portal.h"

#include "net_priv.h"

struct net_portal {
    struct net_if *i;
    net_portal_fn fn;
    void *self;
};

static struct net_impair first_end_impairment(const struct net_link *l)
{
    struct net_impair im = *net_link_impairment(l, 0);
    if (im.n_loss_list)
        im.loss_list = g_memdup2(im.loss_list, im.n_loss_list * sizeof *im.loss_list);
    return im;
}

struct net_portal *net_portal_new(struct net_link *l, const char *name, net_portal_fn fn,
                                  void *self)
{
    if (l->portal || net_node_by_name(l->net, name))
        return NULL;
    struct net_portal *portal = g_new0(struct net_portal, 1);
    portal->i = net_if_new(net_node_new(l->net, name, false), name);
    portal->fn = fn;
    portal->self = self;
    bool shaped = l->n_ends && l->ends[0].dir;
    net_link_attach(l, portal->i);
    l->portal = portal;
    l->portal_end = portal->i->link_end;
    if (shaped) {
        struct net_impair im = first_end_impairment(l);
        net_link_impair(l, l->portal_end, &im);
    }
    return portal;
}

void portal_free(struct net_portal *portal)
{
    g_free(portal);
}

void portal_arrive(struct net_portal *portal, struct net_if *from, ip4 nexthop, struct pkt *p)
{
    portal->i->in_packets++;
    portal->i->in_bytes += p->len;
    portal->fn(portal->self, from, nexthop, p);
}

void net_portal_input(struct net_portal *portal, ip4 nexthop, struct pkt *p)
{
    link_send(portal->i, nexthop, p);
}

struct net_if *net_portal_if(struct net_portal *portal)
{
    return portal->i;
}

struct trace_scope *net_portal_scope(struct net_portal *portal)
{
    return portal->i->node->scope;
}
