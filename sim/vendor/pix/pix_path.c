/* Sizes of segments, what may reach the firewall itself, and what a change of MTU does: sysopt
 * connection tcpmss (CAT-64), management-access of 6.3 (CAT-65), mtu (DBG-40). */
#include "pix.h"

#include <string.h>

enum { TCPMSS_DEFAULT = 1380 }; /* 1500 less heads of IP and TCP less 80 for a tunnel */

/* ---- To the firewall itself ---- */

static bool is_management(const struct pix *s, const struct net_if *i)
{
    return s->management && strcmp(s->management, pix_if_word(s, i)) == 0;
}

/* An interface answers to what came in by it; to what came by another only as the one that
 * management-access names, and by a tunnel. */
static enum drop_reason judge(void *self, struct net_if *in, struct net_if *out,
                              const struct pkt *p)
{
    const struct pix *s = self;
    struct flow f;
    if (out || !pkt_flow(p, &f))
        return DROP_NONE;
    const struct net_if *own = net_if_by_addr(s->d->node, f.dst);
    if (!own || own == in || (p->sa_in && is_management(s, own)))
        return DROP_NONE;
    TRACE(s->d->scope, conn_far, .in = in->name, .protocol = f.protocol, .src = f.src,
          .sport = f.sport, .dst = f.dst, .dport = f.dport);
    return DROP_CONN_FAR;
}

void pix_path_start(struct pix *s)
{
    s->conns.mss_most = TCPMSS_DEFAULT;
    net_node_set_guard(s->d->node, &(struct net_guard){.judge = judge, .self = s});
}

void pix_path_stop(struct pix *s)
{
    net_node_set_guard(s->d->node, &(struct net_guard){0});
    g_clear_pointer(&s->management, g_free);
}

/* SAs are bound to the MTU of their interface: a change clears them (DBG-40). */
void pix_mtu_changed(struct pix *s, struct net_if *i, uint32_t before)
{
    if (before != i->mtu && !s->loading)
        ipsec_clear(s->d->ipsec, &(struct ipsec_clear_what){.on = i}, WHY_CONFIG);
}

/* ---- Configuration ---- */

static void management(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const struct pix_if *f = cli_negated(a) ? NULL : pix_if_arg(s, a, "if", out);
    if (cli_negated(a)) {
        g_clear_pointer(&s->management, g_free);
        pix_keep_remove(s, "management-access");
        return;
    }
    if (!f)
        return;
    if (!pix_since(s, 6, 3)) {
        pix_refuse(s, out, "ERROR: management-access came with version 6.3");
        return;
    }
    g_free(s->management);
    s->management = g_strdup(f->nameif);
    g_autofree char *text = g_strdup_printf("management-access %s", f->nameif);
    pix_keep_line(s, PIX_PLACE_TAIL, "management-access", text);
}

static void tcpmss(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    bool minimum = cli_has(a, "minimum");
    const char *key = minimum ? "sysopt connection tcpmss minimum" : "sysopt connection tcpmss";
    uint32_t by_default = minimum ? 0 : TCPMSS_DEFAULT, v = by_default;
    if (!cli_negated(a))
        cli_arg_u32(a, "bytes", &v);
    *(minimum ? &s->conns.mss_least : &s->conns.mss_most) = (uint16_t)v;
    if (v == by_default) {
        pix_keep_remove(s, key);
        return;
    }
    g_autofree char *text = g_strdup_printf("%s %u", key, v);
    pix_keep_line(s, PIX_PLACE_SYSOPT, key, text);
}

// clang-format off
const struct cli_command pix_config_path[] = {
    { "sysopt connection tcpmss bytes:<0-65535>",         tcpmss,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "sysopt connection tcpmss minimum bytes:<0-65535>", tcpmss,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "management-access if:WORD",                        management, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
