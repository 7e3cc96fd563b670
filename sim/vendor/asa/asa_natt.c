/* NAT traversal: what is announced by version, its command, its line of the running configuration.
 * 7.x has it off until it is configured, 8.0 and later on, with a keepalive every 20 seconds
 * (CAT-01). UDP 4500 belongs to it while IKE is enabled and a map is applied; asa_kind.c looks at
 * the interface. */
#include "asa.h"

#include <string.h>

enum { KEEPALIVE_S = 20 };

static bool on_by_default(const struct asa *s)
{
    return asa_since(s, 8, 0);
}

/* The drafts that a version has learnt, oldest first, before what it always says. */
void asa_natt_init(struct asa *s)
{
    static const enum ike_vid all[] = {IKE_VID_NAT_T_02N, IKE_VID_NAT_T_03, IKE_VID_RFC3947};
    struct ike_profile *p = &s->d->profile;
    enum ike_vid said[IKE_PROFILE_VIDS] = {IKE_VID_UNKNOWN};
    size_t n = asa_since(s, 8, 0) ? 3 : asa_since(s, 7, 2) ? 2 : 1, have = 0;
    memcpy(said, all, n * sizeof *all);
    for (size_t i = n; i < IKE_PROFILE_VIDS && p->vid_mm1[have] != IKE_VID_UNKNOWN; i++)
        said[i] = p->vid_mm1[have++];
    memcpy(p->vid_mm1, said, sizeof said);
    memcpy(p->vid_mm2, said, sizeof said);
    /* To a client, who comes in by aggressive mode, behind the rest: the one way that is taken. */
    for (have = 0; have < IKE_PROFILE_VIDS && p->vid_am2[have] != IKE_VID_UNKNOWN;)
        have++;
    g_assert(have + n <= IKE_PROFILE_VIDS);
    memcpy(p->vid_am2 + have, all, n * sizeof *all);
    s->d->ike_conf->nat_traversal = on_by_default(s);
    s->d->ike_conf->nat_keepalive_s = KEEPALIVE_S;
}

/* A translation that has the port keeps it. */
static bool port_is_free(struct asa *s, GString *out)
{
    for (guint i = 0; i < s->interfaces->len; i++) {
        const struct asa_if *f = g_ptr_array_index(s->interfaces, i);
        if (f->listens && !asa_nat_claim(s, f, out))
            return false;
    }
    return true;
}

static void nat_traversal(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ike_conf *c = s->d->ike_conf;
    bool was = c->nat_traversal;
    c->nat_traversal = !cli_negated(a);
    if (!was && c->nat_traversal && !port_is_free(s, out)) {
        c->nat_traversal = false;
        return;
    }
    c->nat_keepalive_s = KEEPALIVE_S;
    if (!cli_negated(a))
        cli_arg_u32(a, "seconds", &c->nat_keepalive_s);
    device_natt_changed(s->d);
    asa_changed(s, "crypto isakmp nat-traversal");
}

void asa_natt_text(const struct asa *s, bool all, GString *out)
{
    const struct ike_conf *c = s->d->ike_conf;
    const char *word = asa_since(s, 7, 2) ? "crypto isakmp" : "isakmp";
    bool plain = c->nat_traversal == on_by_default(s) &&
                 (!c->nat_traversal || c->nat_keepalive_s == KEEPALIVE_S);
    if (plain && !all)
        return;
    if (c->nat_traversal)
        g_string_append_printf(out, "%s nat-traversal %u\n", word, c->nat_keepalive_s);
    else
        g_string_append_printf(out, "no %s nat-traversal\n", word);
}

const struct cli_command asa_config_natt[] = {
    {"(crypto isakmp|isakmp) nat-traversal [seconds:<10-3600>]", nat_traversal,
     CLI_NO | CLI_NO_ONLY_PREFIX},
    {0},
};
