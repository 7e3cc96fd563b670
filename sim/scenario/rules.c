/* The property rules of the catalogue (debug-and-errors.md, chapter 9), checked at the end of every
 * run on what each console showed and on what each device would show now. A breach fails the run.
 *
 * The catalogue's own rule 11 is about pairs of scenarios (broken, fixed) and is kept by how
 * scenarios are written; 11 to 15 here are the invariants of rules_lives.c. */
#include <string.h>

#include "rules_priv.h"

#define SHOWN_PER_RULE 3

// clang-format off
static const char *const rule_text[] = {
    [1]  = "hexadecimal and decimal of a pair are one number",
    [2]  = "SPIs are printed in the kind's case, without leading zeros",
    [3]  = "current outbound spi is that of the newest outbound SA",
    [4]  = "conn id = flow_id + 1999",
    [5]  = "encaps = encrypt = digest, decaps = decrypt = verify",
    [6]  = "identities and SPIs of the two ends mirror each other",
    [7]  = "two SAs created for each ESP negotiation, none after a refusal",
    [8]  = "no phase 2 after a refused phase 1; a refused phase 2 leaves phase 1",
    [9]  = "what is said to follow a refused transform does follow",
    [10] = "printed lifetimes are those of the message",
    [11] = "no two live inbound SAs with one SPI",
    [12] = "an outbound SA has its partner at the peer, or ends within its bound",
    [13] = "nothing that an applied crypto ACL protects leaves in clear",
    [14] = "no SA outlives its lifetime",
    [15] = "counters balance",
};
// clang-format on

struct breaches {
    struct world *w;
    unsigned count[G_N_ELEMENTS(rule_text)];
};

static void breach(void *self, int rule, const char *node, const char *detail)
{
    struct breaches *b = self;
    if (b->count[rule]++ >= SHOWN_PER_RULE)
        return;
    struct verdict *v = g_new0(struct verdict, 1);
    v->order = (unsigned)rule;
    v->order += 1u << 30;
    v->name = g_strdup_printf("rule %d on %s: %s", rule, node, rule_text[rule]);
    v->state = VERDICT_FAILED;
    v->wanted = g_strdup(rule_text[rule]);
    v->detail = g_strdup(detail);
    v->at = sim_now(b->w->sim);
    world_verdict(b->w, v);
}

/* ---- What a device would show now ---- */

static void said_clear(void *p)
{
    g_free(((struct said *)p)->text);
}

static void check_now(struct world *w, struct device *d, struct breaches *b)
{
    g_autoptr(GString) text = g_string_new(NULL);
    if (!d->vendor || !d->kind->show(d, "crypto ipsec sa", text))
        return;
    GArray *said = g_array_new(FALSE, TRUE, sizeof(struct said));
    g_array_set_clear_func(said, said_clear);
    g_auto(GStrv) lines = g_strsplit(text->str, "\n", -1);
    for (char **l = lines; *l; l++) {
        struct said s = {sim_now(w->sim), 0, CONSOLE_OUTPUT, g_strdup(*l)};
        g_array_append_val(said, s);
    }
    struct rule_lines l = {d->name, strcmp(d->kind->name, "ios") == 0, said};
    rules_listing(&l, breach, b);
    g_array_free(said, TRUE);
}

/* ---- 6: the two ends of a pair ---- */

static const struct ipsec_pair *pair_with(const struct ipsec_ident *ident, uint32_t spi_in)
{
    for (guint i = 0; i < ident->pairs->len; i++) {
        const struct ipsec_pair *p = ident->pairs->pdata[i];
        if (p->spi_in == spi_in)
            return p;
    }
    return NULL;
}

static void check_mirror(struct device *d, const struct ipsec_ident *ident,
                         const struct ipsec_pair *pair, struct device *peer, struct breaches *b)
{
    for (size_t i = 0; i < ipsec_ident_count(peer->ipsec); i++) {
        const struct ipsec_ident *other = ipsec_ident_at(peer->ipsec, i);
        const struct ipsec_pair *twin = pair_with(other, pair->spi_out);
        if (!twin || other->peer != ident->local)
            continue; /* that end has forgotten the pair, or never had it: a matter of the run */
        if (twin->spi_out != pair->spi_in ||
            !proxy_same_net(&other->remote_proxy, &ident->local_proxy) ||
            !proxy_same_net(&other->local_proxy, &ident->remote_proxy)) {
            g_autofree char *detail = g_strdup_printf(
                "SPIs %X/%X here, %X/%X on %s; local ident %s, remote ident there %s", pair->spi_in,
                pair->spi_out, twin->spi_in, twin->spi_out, peer->name,
                IP4S(ident->local_proxy.addr), IP4S(other->remote_proxy.addr));
            breach(b, 6, d->name, detail);
        }
    }
}

static void check_mirrors(struct world *w, struct device *d, struct breaches *b)
{
    for (size_t i = 0; i < ipsec_ident_count(d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(d->ipsec, i);
        for (guint p = 0; p < ident->pairs->len; p++)
            for (guint k = 0; k < w->devices->len; k++) {
                struct device *peer = w->devices->pdata[k];
                if (peer != d && peer->ipsec && net_if_by_addr(peer->node, ident->peer))
                    check_mirror(d, ident, ident->pairs->pdata[p], peer, b);
            }
    }
}

/* ---- All ---- */

void rules_check(struct world *w)
{
    struct breaches b = {.w = w};
    unsigned checked = 0, broken = 0;
    for (guint i = 0; i < w->devices->len; i++) {
        struct device *d = w->devices->pdata[i];
        if (!d->kind->has_crypto || !d->kind->show)
            continue;
        struct rule_lines l = {d->name, strcmp(d->kind->name, "ios") == 0,
                               record_lines(w->record, d->scope)};
        rules_listing(&l, breach, &b);
        rules_trace(&l, record_decided(w->record, d->scope), breach, &b);
        check_now(w, d, &b);
        if (d->ipsec)
            check_mirrors(w, d, &b);
        checked++;
    }
    lives_check(w->lives, breach, &b);
    for (size_t i = 0; i < G_N_ELEMENTS(b.count); i++)
        broken += b.count[i];
    if (checked == 0 || broken > 0)
        return;
    struct verdict *v = g_new0(struct verdict, 1);
    v->order = 1u << 30;
    v->name = g_strdup("traces and listings keep the property rules");
    v->state = VERDICT_PASSED;
    v->wanted = g_strdup("rules 1 to 10 on every console and listing, 11 to 15 at every instant");
    v->detail = g_strdup_printf(checked == 1 ? "%u device" : "%u devices", checked);
    v->at = sim_now(w->sim);
    world_verdict(w, v);
}
