/* VPN contexts: the number under which others of the node, such as a firewall's connections, know
 * an identity pair while it has SAs. The number stays while SAs replace each other (RFC 2401 4.4.3
 * leaves rekeying without a gap to the local end) and is not given again. */
#include "ipsec_priv.h"

static void tell(struct ipsec *x, uint32_t context, bool alive)
{
    if (x->on_context)
        x->on_context(x->on_context_self, context, alive);
}

void ipsec_context_begin(struct ipsec *x, struct ident *ident)
{
    if (ident->view.context)
        return;
    ident->view.context = ++x->last_context;
    tell(x, ident->view.context, true);
}

void ipsec_context_end(struct ipsec *x, uint32_t context)
{
    tell(x, context, false);
}

void ipsec_on_context(struct ipsec *x, void (*fn)(void *self, uint32_t context, bool alive),
                      void *self)
{
    x->on_context = fn;
    x->on_context_self = self;
}

uint32_t ipsec_context_out(struct ipsec *x, const struct net_if *out, const struct pkt *p)
{
    struct binding *b = ipsec_binding(x, out);
    struct flow f;
    ipsec_fresh(x);
    if (!b || !pkt_flow(p, &f) || ipsec_own_control(b, p, &f))
        return 0;
    struct match m = ipsec_select_silently(x, b, &f);
    return m.pair ? m.pair->ident->view.context : 0;
}

uint32_t ipsec_context_in(const struct ipsec *x, const struct pkt *p)
{
    const struct esp_sa *sa = p->sa_in ? sad_by_id(x->sad, p->sa_in) : NULL;
    const struct pair *pair = sa ? sa->owner : NULL;
    return pair ? pair->ident->view.context : 0;
}
