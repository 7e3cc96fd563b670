/* NAT traversal, which came with 6.3 and is off until it is configured: the drafts 02 and 03, and a
 * keepalive every 20 seconds. */
#include "pix.h"

#include <string.h>

enum { KEEPALIVE_S = 20 };

static void forget(struct pix *s)
{
    s->d->ike_conf->nat_traversal = false;
    s->d->ike_conf->nat_keepalive_s = KEEPALIVE_S;
}

void pix_natt_init(struct pix *s)
{
    static const enum ike_vid said[] = {IKE_VID_NAT_T_02N, IKE_VID_NAT_T_03};
    if (pix_since(s, 6, 3)) {
        struct ike_profile *p = &s->d->profile;
        size_t have = 0;
        memcpy(p->vid_mm1, said, sizeof said);
        memcpy(p->vid_mm2, said, sizeof said);
        while (have < IKE_PROFILE_VIDS && p->vid_am2[have] != IKE_VID_UNKNOWN)
            have++;
        g_assert(have + G_N_ELEMENTS(said) <= IKE_PROFILE_VIDS);
        memcpy(p->vid_am2 + have, said, sizeof said); /* to a client, behind the rest */
    }
    forget(s);
}

static void nat_traversal(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    if (!pix_since(s, 6, 3)) {
        pix_refuse(s, out, "ERROR: \"nat-traversal\" came with version 6.3");
        return;
    }
    forget(s);
    s->d->ike_conf->nat_traversal = !cli_negated(a);
    if (!cli_negated(a))
        cli_arg_u32(a, "seconds", &s->d->ike_conf->nat_keepalive_s);
    device_natt_changed(s->d);
    pix_changed(s, "isakmp nat-traversal");
}

void pix_natt_clear(struct pix *s)
{
    forget(s);
    device_natt_changed(s->d);
}

void pix_natt_text(const struct pix *s, GString *out)
{
    const struct ike_conf *c = s->d->ike_conf;
    if (c->nat_traversal)
        g_string_append_printf(out, "isakmp nat-traversal %u\n", c->nat_keepalive_s);
}

const struct cli_command pix_config_natt[] = {
    {"(crypto isakmp|isakmp) nat-traversal [seconds:<10-3600>]", nat_traversal,
     CLI_NO | CLI_NO_ONLY_PREFIX},
    {0},
};
