/* ip audit: the basic signatures of ICMP that large pings meet (CAT-76). A policy says what is done
 * about attacks, an interface which policy; what is unwrapped is looked at like what came in clear.
 */
#include "asa_path.h"

#include <string.h>

enum { SIGNATURE_FRAGMENT = 2150, SIGNATURE_LARGE = 2151 };
enum { ACT_ALARM = 1, ACT_DROP = 2, ACT_RESET = 4 };

struct policy {
    char *name;
    bool attack;      /* its class: signatures of attacks, or of information only */
    unsigned actions; /* 0 = those of the class */
};
struct place {
    char *nameif, *policy;
};
struct asa_audit {
    GPtrArray *policies, *places; /* struct policy, struct place; owned */
    GArray *disabled;             /* uint32_t */
    unsigned info, attack;        /* what is done where a policy does not say */
};

static void policy_free(gpointer p)
{
    struct policy *x = p;
    g_free(x->name);
    g_free(x);
}

static void place_free(gpointer p)
{
    struct place *x = p;
    g_free(x->nameif);
    g_free(x->policy);
    g_free(x);
}

static struct asa_audit *audit_of(struct asa *s)
{
    struct asa_audit *x = s->conns->audit;
    if (x)
        return x;
    x = s->conns->audit = g_new0(struct asa_audit, 1);
    x->policies = g_ptr_array_new_with_free_func(policy_free);
    x->places = g_ptr_array_new_with_free_func(place_free);
    x->disabled = g_array_new(FALSE, FALSE, sizeof(uint32_t));
    x->info = x->attack = ACT_ALARM;
    return x;
}

void asa_audit_stop(struct asa *s)
{
    struct asa_audit *x = s->conns->audit;
    if (!x)
        return;
    s->conns->audit = NULL;
    g_ptr_array_unref(x->policies);
    g_ptr_array_unref(x->places);
    g_array_unref(x->disabled);
    g_free(x);
}

/* ---- Packets ---- */

static bool disabled(const struct asa_audit *x, uint32_t signature)
{
    for (guint i = 0; i < x->disabled->len; i++)
        if (g_array_index(x->disabled, uint32_t, i) == signature)
            return true;
    return false;
}

/* What the policies of attacks at that interface do; 0 = there is none. Both signatures are of that
 * class (CAT-76). */
static unsigned actions_at(const struct asa_audit *x, const char *nameif)
{
    unsigned actions = 0;
    for (guint i = 0; i < x->places->len; i++) {
        const struct place *l = x->places->pdata[i];
        for (guint k = 0; nameif && k < x->policies->len; k++) {
            const struct policy *p = x->policies->pdata[k];
            if (p->attack && strcmp(l->nameif, nameif) == 0 && strcmp(l->policy, p->name) == 0)
                actions |= p->actions ? p->actions : x->attack;
        }
    }
    return actions;
}

enum drop_reason asa_audit_judge(struct asa *s, struct net_if *in, const struct pkt *p)
{
    const struct asa_audit *x = s->conns->audit;
    const uint8_t *b = p->buf + p->head;
    if (!x || !x->places->len || b[9] != IPPROTO_NUM_ICMP)
        return DROP_NONE;
    bool fragment = (be16_get(b + 6) & 0x3fff) != 0;
    const struct {
        uint32_t signature;
        bool hit;
    } row[] = {
        {SIGNATURE_FRAGMENT, fragment},
        {SIGNATURE_LARGE, p->len > s->d->profile.ids_large_icmp},
    };
    const struct asa_if *f = asa_if_of(s, in);
    unsigned actions = actions_at(x, f ? f->nameif : NULL), done = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(row) && actions; i++) {
        if (!row[i].hit || disabled(x, row[i].signature))
            continue;
        done |= actions;
        if (actions & ACT_ALARM)
            TRACE(s->d->scope, ids_alarm, .signature = row[i].signature, .interface = in->name,
                  .src = be32_get(b + 12), .dst = be32_get(b + 16), .length = p->len,
                  .dropped = (actions & ACT_DROP) != 0);
    }
    return done & (ACT_DROP | ACT_RESET) ? DROP_IDS : DROP_NONE;
}

/* ---- Configuration ---- */

static unsigned actions_of(const struct cli_args *a)
{
    return (cli_has(a, "alarm") ? ACT_ALARM : 0u) | (cli_has(a, "drop") ? ACT_DROP : 0u) |
           (cli_has(a, "reset") ? ACT_RESET : 0u);
}

static void keep(struct asa *s, const struct cli_args *a, const char *key)
{
    g_autofree char *text = cli_canonical(a);
    if (cli_negated(a))
        asa_keep_remove(s, NULL, key);
    else
        asa_keep_line(s, ASA_PLACE_MID, NULL, key, text);
}

static void name(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_audit *x = audit_of(s);
    bool attack = cli_has(a, "attack");
    g_autofree char *key =
        g_strdup_printf("ip audit name %s %s", cli_arg(a, "name"), attack ? "attack" : "info");
    for (guint i = 0; i < x->policies->len; i++) {
        const struct policy *p = x->policies->pdata[i];
        if (p->attack == attack && strcmp(p->name, cli_arg(a, "name")) == 0)
            g_ptr_array_remove_index(x->policies, i--);
    }
    if (!cli_negated(a)) {
        struct policy *p = g_new0(struct policy, 1);
        *p = (struct policy){g_strdup(cli_arg(a, "name")), attack, actions_of(a)};
        g_ptr_array_add(x->policies, p);
    }
    keep(s, a, key);
}

static void interface(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_audit *x = audit_of(s);
    const struct asa_if *f = asa_if_arg(s, a, "if");
    const char *policy = cli_arg(a, "policy");
    if (!f)
        return;
    g_autofree char *key = g_strdup_printf("ip audit interface %s %s", f->nameif, policy);
    for (guint i = 0; i < x->places->len; i++) {
        const struct place *l = x->places->pdata[i];
        if (strcmp(l->nameif, f->nameif) == 0 && strcmp(l->policy, policy) == 0)
            g_ptr_array_remove_index(x->places, i--);
    }
    if (!cli_negated(a)) {
        struct place *l = g_new0(struct place, 1);
        *l = (struct place){g_strdup(f->nameif), g_strdup(policy)};
        g_ptr_array_add(x->places, l);
    }
    keep(s, a, key);
}

static void by_class(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_audit *x = audit_of(s);
    bool attack = cli_has(a, "attack");
    *(attack ? &x->attack : &x->info) = cli_negated(a) ? ACT_ALARM : actions_of(a);
    keep(s, a, attack ? "ip audit attack" : "ip audit info");
}

static void signature(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_audit *x = audit_of(s);
    uint32_t number = 0;
    cli_arg_u32(a, "number", &number);
    for (guint i = 0; i < x->disabled->len; i++)
        if (g_array_index(x->disabled, uint32_t, i) == number)
            g_array_remove_index(x->disabled, i--);
    if (!cli_negated(a))
        g_array_append_val(x->disabled, number);
    g_autofree char *key = g_strdup_printf("ip audit signature %u", number);
    keep(s, a, key);
}

// clang-format off
const struct cli_command asa_config_audit[] = {
    { "ip audit name name:WORD (info|attack) [action [alarm] [drop] [reset]]", name,      CLI_NO },
    { "ip audit interface if:WORD policy:WORD",                                interface, CLI_NO },
    { "ip audit (info|attack) action [alarm] [drop] [reset]",                  by_class,  CLI_NO },
    { "ip audit signature number:<1000-9999> disable",                         signature, CLI_NO },
    { 0 } };
// clang-format on
