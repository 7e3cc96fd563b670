/* Configuration of phase 1: policies, the interfaces it is enabled on, identity. Up to 7.1 the
 * lines begin with "isakmp", then with "crypto isakmp", from 8.4 with "crypto ikev1"; older words
 * are still understood later. */
#include "asa.h"

#include <string.h>

/* "crypto ikev1" came with 8.4. */
static bool era_refuses(struct asa *s, const struct cli_args *a)
{
    if (!cli_has(a, "ikev1") || asa_since(s, 8, 4))
        return false;
    asa_unknown_word(s, a, "ikev1");
    return true;
}

/* ---- crypto isakmp policy N ---- */

static void policy_mode(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t priority = 0;
    if (era_refuses(s, a))
        return;
    cli_arg_u32(a, "priority", &priority);
    if (cli_negated(a)) {
        if (!ike_policy_remove(s->d->ike_conf, priority))
            asa_refuse(s, out, "ERROR: Policy %u does not exist", priority);
        asa_changed(s, "no crypto isakmp policy");
        return;
    }
    ike_policy_make(s->d->ike_conf, priority);
    s->at_policy = priority;
    asa_enter(s, asa_since(s, 8, 4) ? &asa_mode_policy_v1 : &asa_mode_policy);
}

/* The policy of the mode, or the one named in a line of the older form. */
static struct ike_policy *policy(struct asa *s, const struct cli_args *a)
{
    uint32_t priority = s->at_policy;
    cli_arg_u32(a, "priority", &priority);
    return ike_policy_make(s->d->ike_conf, priority);
}

static enum crypto_group group_of(const struct cli_args *a)
{
    return cli_has(a, "1") ? GROUP_MODP768 : cli_has(a, "5") ? GROUP_MODP1536 : GROUP_MODP1024;
}

static void policy_attribute(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (era_refuses(s, a))
        return;
    struct ike_policy *p = policy(s, a);
    const struct ike_policy *plain = &s->d->ike_conf->fallback;
    bool no = cli_negated(a);
    if (cli_has(a, "authentication"))
        p->auth = no ? plain->auth : cli_has(a, "rsa-sig") ? IKE_AUTH_RSA_SIG : IKE_AUTH_PSK;
    else if (cli_has(a, "encryption"))
        p->cipher = no                      ? plain->cipher
                    : cli_has(a, "des")     ? CIPHER_DES
                    : cli_has(a, "aes")     ? CIPHER_AES128
                    : cli_has(a, "aes-192") ? CIPHER_AES192
                    : cli_has(a, "aes-256") ? CIPHER_AES256
                                            : CIPHER_3DES;
    else if (cli_has(a, "hash"))
        p->hash = no ? plain->hash : cli_has(a, "md5") ? HASH_MD5 : HASH_SHA1;
    else if (cli_has(a, "group"))
        p->group = no ? plain->group : group_of(a);
    else if (no)
        p->lifetime_s = plain->lifetime_s;
    else if (!cli_arg_u32(a, "seconds", &p->lifetime_s))
        p->lifetime_s = 0; /* without end (CAT-13); nothing is offered then */
    asa_changed(s, "crypto isakmp policy");
}

#define AUTHENTICATION "authentication (pre-share|rsa-sig)"
#define ENCRYPTION     "encryption (des|3des|aes|aes-192|aes-256)"
#define HASH           "hash (md5|sha)"
#define GROUP          "group (1|2|5)"
#define LIFETIME       "lifetime (seconds:<120-2147483647>|0|none)"

// clang-format off
const struct cli_command asa_config_policy_rows[] = {
    { AUTHENTICATION, policy_attribute, CLI_NO | CLI_NO_ONLY_PREFIX },
    { ENCRYPTION,     policy_attribute, CLI_NO | CLI_NO_ONLY_PREFIX },
    { HASH,           policy_attribute, CLI_NO | CLI_NO_ONLY_PREFIX },
    { GROUP,          policy_attribute, CLI_NO | CLI_NO_ONLY_PREFIX },
    { LIFETIME,       policy_attribute, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on

/* ---- The rest ---- */

/* IKE as a whole is on while it is enabled on any interface; asa_kind.c looks at each. */
static void enable(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    if (era_refuses(s, a))
        return;
    struct asa_if *f = asa_if_arg(s, a, "if");
    bool any = false;
    if (!f)
        return;
    if (!cli_negated(a) && !f->listens && !asa_nat_claim(s, f, out))
        return;
    f->listens = !cli_negated(a);
    for (guint i = 0; i < s->interfaces->len; i++)
        any |= ((const struct asa_if *)g_ptr_array_index(s->interfaces, i))->listens;
    s->d->ike_conf->enabled = any;
    net_udp_yield(s->d->node, 500, !any);
    net_udp_yield(s->d->node, 4500, !any);
    ip4 addr = asa_net_if(s, f)->addr;
    struct ike_sa_view v;
    for (size_t i = 0; !f->listens && ike_sa_at(s->d->ike, i, &v); i++)
        if (v.local == addr && v.state != IKE_STATE_DEAD)
            ike_clear(s->d->ike, v.id, WHY_CONFIG);
    asa_changed(s, "crypto isakmp enable");
}

/* "auto" goes by the way of authentication: the address with a pre-shared key (CAT-20). */
static void identity(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    bool old = !asa_since(s, 7, 1);
    s->identity_set = !cli_negated(a);
    if (cli_negated(a))
        s->identity = old ? ASA_IDENTITY_HOSTNAME : ASA_IDENTITY_AUTO;
    else
        s->identity = cli_has(a, "hostname")  ? ASA_IDENTITY_HOSTNAME
                      : cli_has(a, "address") ? ASA_IDENTITY_ADDRESS
                                              : ASA_IDENTITY_AUTO;
    s->d->ike_conf->identity =
        s->identity == ASA_IDENTITY_HOSTNAME ? IKE_IDENTITY_HOSTNAME : IKE_IDENTITY_ADDRESS;
    asa_changed(s, "crypto isakmp identity");
}

#define ISAKMP "(crypto (isakmp|ikev1)|isakmp) "
#define POLICY ISAKMP "policy priority:<1-65534> "

// clang-format off
const struct cli_command asa_config_isakmp[] = {
    { ISAKMP "policy priority:<1-65534>",             policy_mode,      CLI_NO },
    { POLICY AUTHENTICATION,                          policy_attribute, CLI_NO },
    { POLICY ENCRYPTION,                              policy_attribute, CLI_NO },
    { POLICY HASH,                                    policy_attribute, CLI_NO },
    { POLICY GROUP,                                   policy_attribute, CLI_NO },
    { POLICY LIFETIME,                                policy_attribute, CLI_NO },
    { ISAKMP "enable if:WORD",                        enable,           CLI_NO },
    { "(crypto isakmp|isakmp) identity (address|auto|hostname)", identity, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
