/* What may pass the firewall: security levels, access-groups, and sysopt connection permit-ipsec;
 * and the connections that it keeps, so that what answers may come back. An echo reply belongs to
 * nothing here: it needs a line of a list. */
#include "pix_nat.h"

#include <string.h>

/* timeout conn 1:00:00 half-closed 0:10:00 udp 0:02:00, as it is configured by default. */
static const struct net_conn_rules defaults = {
    .tcp = SECONDS(3600),
    .half_closed = SECONDS(600),
    .embryonic = SECONDS(30),
    .udp = SECONDS(120),
    .icmp = SECONDS(2),
    .other = SECONDS(120),
    .limit = 65536,
};

/* ---- May it begin? ---- */

static struct acl *list_of(const struct pix *s, const struct pix_if *f)
{
    struct acl *acl = f->group_in ? net_acl(s->d->node, f->group_in) : NULL;
    return acl && acl->lines->len ? acl : NULL;
}

/* With an access-group it is the list that decides, without one traffic flows from higher to lower
 * security. What came out of a tunnel faces the same test, unless the sysopt is there (DBG-53). */
static enum drop_reason policy(struct pix *s, struct net_if *in, struct net_if *out,
                               const struct flow *f, const struct pkt *p)
{
    const struct pix_if *from = pix_if_of(s, in), *to = pix_if_of(s, out);
    if (!from || !to || in == out)
        return DROP_CONN_POLICY; /* nothing leaves where it came in */
    if (p->sa_in && s->permit_ipsec)
        return DROP_NONE;
    struct acl *acl = list_of(s, from);
    if (!acl)
        return from->security > to->security ? DROP_NONE : DROP_CONN_POLICY;
    const struct acl_line *l = acl_match(acl, f);
    bool permit = l && l->permit;
    TRACE(s->d->scope, acl_hit, .acl = acl->name, .line = l ? l->number : 0, .permit = permit,
          .src = f->src, .dst = f->dst);
    return permit ? DROP_NONE : DROP_ACL;
}

/* A list knows a host by the address that it has on the list's interface. */
static enum drop_reason allow(void *self, struct net_if *in, struct net_if *out,
                              const struct flow *f, const struct pkt *p)
{
    struct pix *s = self;
    const struct net_nat_flow *x = net_nat_flow_of(s->d->node, p);
    struct flow seen = *f;
    if (x && x->real == f->dst && x->remote == f->src) {
        seen.dst = x->mapped;
        seen.dport = f->dport ? (uint16_t)x->mapped_port : 0;
    }
    enum drop_reason why = policy(s, in, out, &seen, p);
    return why == DROP_NONE ? fw_nat_admit(s->nat, in, out, p) : why;
}

void pix_conn_start(struct pix *s)
{
    s->conns = defaults;
    net_conns_set(s->d->node, &s->conns, &(struct net_conn_ops){allow, NULL, s});
    pix_nat_start(s);
    pix_path_start(s);
}

void pix_conn_stop(struct pix *s)
{
    pix_path_stop(s);
    pix_nat_stop(s);
    net_conns_set(s->d->node, NULL, NULL);
}

bool pix_conn_inbound(const struct pix *s, const struct net_if *in, const struct net_if *out)
{
    const struct pix_if *from = pix_if_of(s, in), *to = pix_if_of(s, out);
    return from && to && from->security < to->security;
}

/* ---- show conn ---- */

/* Up, inbound data, outbound data, opened from outside. */
static void flags_text(const struct net_conn *c, bool inbound, GString *out)
{
    if (c->protocol != IPPROTO_NUM_TCP) {
        g_string_append_c(out, '-');
        return;
    }
    g_string_append(out, c->flags & NET_CONN_UP ? "U" : inbound ? "SaAB" : "saA");
    if (!(c->flags & NET_CONN_UP))
        return;
    unsigned data_in = inbound ? NET_CONN_DATA : NET_CONN_DATA_BACK,
             data_out = inbound ? NET_CONN_DATA_BACK : NET_CONN_DATA;
    if (c->flags & data_in)
        g_string_append_c(out, 'I');
    if (c->flags & data_out)
        g_string_append_c(out, 'O');
    if (inbound)
        g_string_append_c(out, 'B');
}

static void show_conn(void *self, const struct cli_args *a, GString *out)
{
    const struct pix *s = self;
    const struct net_node *n = s->d->node;
    g_string_append_printf(out, "%zu in use, %zu most used\n", net_conns_count(n),
                           net_conns_most(n));
    for (const struct net_conn *c = net_conns_first(n); c; c = net_conns_next(c)) {
        bool inbound = pix_conn_inbound(s, c->in, c->out);
        const char *name = c->protocol == IPPROTO_NUM_TCP   ? "TCP"
                           : c->protocol == IPPROTO_NUM_UDP ? "UDP"
                                                            : NULL;
        int idle = (int)((sim_now(s->d->sim) - c->last) / SECONDS(1));
        if (!name)
            continue;
        g_string_append_printf(
            out, "%s out %s:%u in %s:%u idle %d:%02d:%02d Bytes %" G_GUINT64_FORMAT " flags ", name,
            IP4S(inbound ? c->src : c->dst), inbound ? c->sport : c->dport,
            IP4S(inbound ? c->dst : c->src), inbound ? c->dport : c->sport, idle / 3600,
            idle / 60 % 60, idle % 60, c->bytes);
        flags_text(c, inbound, out);
        g_string_append_c(out, '\n');
    }
}

// clang-format off
const struct cli_command pix_conn_table[] = {
    { "show conn",   show_conn,  CLI_PRIVILEGED },
    { 0 } };
// clang-format on
