/* What may reach the appliance itself: an interface answers to what came in by it. To what came in
 * by another it answers only when management-access names it, and through a tunnel (CAT-65). */
#include "asa_path.h"

#include <string.h>

static bool is_management(const struct asa *s, const struct asa_if *f)
{
    return f && f->nameif && s->conns->management && strcmp(s->conns->management, f->nameif) == 0;
}

static enum drop_reason to_itself(struct asa *s, struct net_if *in, const struct pkt *p)
{
    struct flow f;
    if (!pkt_flow(p, &f))
        return DROP_NONE;
    const struct net_if *own = net_if_by_addr(s->d->node, f.dst);
    if (!own || own == in || (p->sa_in && is_management(s, asa_if_of(s, own))))
        return DROP_NONE;
    TRACE(s->d->scope, conn_far, .in = in->name, .protocol = f.protocol, .src = f.src,
          .sport = f.sport, .dst = f.dst, .dport = f.dport);
    return DROP_CONN_FAR;
}

static enum drop_reason judge(void *self, struct net_if *in, struct net_if *out,
                              const struct pkt *p)
{
    struct asa *s = self;
    enum drop_reason why = asa_audit_judge(s, in, p);
    return why == DROP_NONE && !out ? to_itself(s, in, p) : why;
}

void asa_access_start(struct asa *s)
{
    net_node_set_guard(s->d->node, &(struct net_guard){.judge = judge, .self = s});
}

void asa_access_stop(struct asa *s)
{
    net_node_set_guard(s->d->node, &(struct net_guard){0});
    asa_audit_stop(s);
    g_free(s->conns->management);
}

/* The appliance sends with an interface's address what leaves there. Of another interface it does
 * so only for management, by a tunnel. */
bool asa_may_speak_from(struct asa *s, const struct asa_if *from, ip4 target)
{
    struct net_if *out;
    ip4 hop;
    if (!net_route_lookup(s->d->node, target, &out, &hop))
        return true; /* there is no way at all: the sender finds out */
    return asa_net_if(s, from) == out || is_management(s, from);
}

/* One interface at a time: another takes its place. */
static void management(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (cli_negated(a)) {
        g_clear_pointer(&s->conns->management, g_free);
        asa_keep_remove(s, NULL, "management-access");
        return;
    }
    const struct asa_if *f = asa_if_arg(s, a, "if");
    if (!f)
        return;
    g_free(s->conns->management);
    s->conns->management = g_strdup(f->nameif);
    g_autofree char *text = g_strdup_printf("management-access %s", f->nameif);
    asa_keep_line(s, ASA_PLACE_TAIL, NULL, "management-access", text);
}

/* ---- Messages of sizes, access and signatures ---- */

ASA_ON(conn_mss)
{
    struct net_node *n = s->d->node;
    asa_log(s, 4, 419001,
            "Dropping TCP packet from %s:%s/%u to %s:%s/%u, reason: MSS exceeded, MSS %u, data %u",
            asa_if_word(s, net_if_by_name(n, e->in)), IP4S(e->src), e->sport,
            asa_if_word(s, net_if_by_name(n, e->out)), IP4S(e->dst), e->dport, e->mss, e->bytes);
}

ASA_ON(conn_far)
{
    const char *name = vendor_name_of(vendor_protocol, (int)e->protocol);
    g_autofree char *number = g_strdup_printf("protocol %u", e->protocol);
    g_autofree char *upper = g_ascii_strup(name ? name : number, -1);
    asa_log(s, 6, 110002, "Failed to locate egress interface for %s from %s:%s/%u to %s/%u", upper,
            asa_if_word(s, net_if_by_name(s->d->node, e->in)), IP4S(e->src), e->sport, IP4S(e->dst),
            e->dport);
}

/* The messages of signatures are numbered from 400000 on, in the order of the guide. */
ASA_ON(ids_alarm)
{
    bool large = e->signature == 2151;
    asa_log(s, 4, large ? 400024 : 400023, "IDS:%u %s from %s to %s on interface %s", e->signature,
            large ? "Large ICMP packet" : "ICMP fragment", IP4S(e->src), IP4S(e->dst),
            asa_if_word(s, net_if_by_name(s->d->node, e->interface)));
}

// clang-format off
const struct cli_command asa_config_access[] = {
    { "management-access if:WORD", management, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct asa_hearing asa_hear_path[] = {
    ASA_HEAR(conn_mss), ASA_HEAR(conn_far), ASA_HEAR(ids_alarm),
    { .fn = NULL },
};
// clang-format on
