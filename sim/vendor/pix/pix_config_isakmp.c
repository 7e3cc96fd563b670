/* Configuration of phase 1: policies line by line, keys, the interfaces it is enabled on, identity,
 * keepalives. The lines may begin with "crypto". */
#include "pix_nat.h"

#include <string.h>

/* ---- Policies ---- */

static enum crypto_group group_of(const struct cli_args *a)
{
    return cli_has(a, "2") ? GROUP_MODP1024 : cli_has(a, "5") ? GROUP_MODP1536 : GROUP_MODP768;
}

const char *pix_group_number(enum crypto_group g)
{
    return g == GROUP_MODP768 ? "1" : g == GROUP_MODP1536 ? "5" : "2";
}

/* AES and group 5 came with 6.3. */
static bool too_early(struct pix *s, const struct cli_args *a, GString *out)
{
    static const char *const word[] = {"aes", "aes-192", "aes-256", "5"};
    for (size_t i = 0; i < G_N_ELEMENTS(word) && !pix_since(s, 6, 3); i++)
        if (cli_has(a, word[i])) {
            pix_refuse(s, out, "ERROR: \"%s\" came with version 6.3", word[i]);
            return true;
        }
    return false;
}

static void set_attribute(const struct cli_args *a, const struct ike_policy *plain,
                          struct ike_policy *p)
{
    bool no = cli_negated(a);
    if (cli_has(a, "authentication"))
        p->auth = no ? plain->auth : cli_has(a, "rsa-sig") ? IKE_AUTH_RSA_SIG : IKE_AUTH_PSK;
    else if (cli_has(a, "encryption"))
        p->cipher = no                      ? plain->cipher
                    : cli_has(a, "3des")    ? CIPHER_3DES
                    : cli_has(a, "aes")     ? CIPHER_AES128
                    : cli_has(a, "aes-192") ? CIPHER_AES192
                    : cli_has(a, "aes-256") ? CIPHER_AES256
                                            : CIPHER_DES;
    else if (cli_has(a, "hash"))
        p->hash = no ? plain->hash : cli_has(a, "md5") ? HASH_MD5 : HASH_SHA1;
    else if (cli_has(a, "group"))
        p->group = no ? plain->group : group_of(a);
    else if (no || !cli_arg_u32(a, "seconds", &p->lifetime_s))
        p->lifetime_s = plain->lifetime_s;
}

static void policy_attribute(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ike_conf *c = s->d->ike_conf;
    uint32_t priority = 0;
    if (too_early(s, a, out))
        return;
    cli_arg_u32(a, "priority", &priority);
    if (cli_negated(a) && !ike_policy_find(c, priority)) {
        pix_refuse(s, out, "ERROR: isakmp policy %u does not exist", priority);
        return;
    }
    set_attribute(a, &c->fallback, ike_policy_make(c, priority));
    pix_changed(s, "isakmp policy");
}

static void no_policy(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    uint32_t priority = 0;
    if (!cli_negated(a)) {
        pix_incomplete(s, a, out);
        return;
    }
    cli_arg_u32(a, "priority", &priority);
    if (!ike_policy_remove(s->d->ike_conf, priority))
        pix_refuse(s, out, "ERROR: isakmp policy %u does not exist", priority);
    pix_changed(s, "no isakmp policy");
}

/* ---- Keys ---- */

static void plain_key(struct pix *s, ip4 addr, ip4 mask, bool plain)
{
    for (guint i = s->plain_keys->len; i-- > 0;) {
        const struct pix_plain_key *k = &g_array_index(s->plain_keys, struct pix_plain_key, i);
        if (k->addr == addr && k->mask == mask)
            g_array_remove_index(s->plain_keys, i);
    }
    const struct pix_plain_key fresh = {addr, mask};
    if (plain)
        g_array_append_val(s->plain_keys, fresh);
}

bool pix_key_is_plain(const struct pix *s, ip4 addr, ip4 mask)
{
    for (guint i = 0; i < s->plain_keys->len; i++) {
        const struct pix_plain_key *k = &g_array_index(s->plain_keys, struct pix_plain_key, i);
        if (k->addr == addr && k->mask == mask)
            return true;
    }
    return false;
}

static bool is_masked(const char *key)
{
    return strspn(key, "*") == strlen(key);
}

/* Without a mask the key is of one address. */
static void key(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *secret = cli_arg(a, "key");
    ip4 addr = 0, mask = 0xffffffff;
    cli_arg_ip4(a, "addr", &addr);
    if (!cli_arg_ip4(a, "mask", &mask) && addr == 0)
        mask = 0;
    addr &= mask;
    if (cli_negated(a)) {
        if (!ike_key_remove(s->d->ike_conf, addr, mask))
            pix_refuse(s, out, "ERROR: there is no isakmp key for %s %s", IP4S(addr), IP4S(mask));
        plain_key(s, addr, mask, false);
    } else if (s->loading && is_masked(secret)) {
        pix_refuse(s, out,
                   "the key is hidden, as a listing hides it; enter the key itself, in place of "
                   "the asterisks");
        return;
    } else if (strlen(secret) > 128) {
        pix_refuse(s, out, "ERROR: a pre-shared key has at most 128 characters");
        return;
    } else {
        ike_key_set(s->d->ike_conf, addr, mask, secret, cli_has(a, "no-xauth"));
        plain_key(s, addr, mask, cli_has(a, "no-config-mode"));
    }
    pix_changed(s, "isakmp key");
}

static void key_by_name(void *self, const struct cli_args *a, GString *out)
{
    pix_refuse(self, out, "ERROR: keys by host name are not modelled; give the address");
}

/* ---- The rest ---- */

/* IKE as a whole is on while it is enabled on any interface; pix_kind.c looks at each. */
static void listen(struct pix *s, struct pix_if *f, bool on)
{
    bool any = false;
    f->listens = on;
    for (guint i = 0; i < s->interfaces->len; i++)
        any |= ((const struct pix_if *)g_ptr_array_index(s->interfaces, i))->listens;
    s->d->ike_conf->enabled = any;
    net_udp_yield(s->d->node, 500, !any);
    net_udp_yield(s->d->node, 4500, !any);
    ip4 addr = pix_net_if(s, f)->addr;
    struct ike_sa_view v;
    for (size_t i = 0; !on && ike_sa_at(s->d->ike, i, &v);) {
        if (v.local == addr && v.state != IKE_STATE_DEAD && ike_clear(s->d->ike, v.id, WHY_CONFIG))
            i = 0;
        else
            i++;
    }
}

static void enable(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_arg(s, a, "if", out);
    if (!f || (!cli_negated(a) && !f->listens && !pix_nat_claim(s, f, out)))
        return;
    listen(s, f, !cli_negated(a));
    pix_changed(s, "isakmp enable");
}

static void identity(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    s->identity_address = !cli_negated(a) && cli_has(a, "address");
    s->d->ike_conf->identity = s->identity_address ? IKE_IDENTITY_ADDRESS : IKE_IDENTITY_HOSTNAME;
    pix_changed(s, "isakmp identity");
}

static void keepalive(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ike_liveness *l = &s->d->ike_conf->liveness;
    l->threshold_s = l->retry_s = 0;
    if (!cli_negated(a)) {
        cli_arg_u32(a, "seconds", &l->threshold_s);
        cli_arg_u32(a, "retry", &l->retry_s);
    }
    pix_changed(s, "isakmp keepalive");
}

static void remote_access(void *self, const struct cli_args *a, GString *out)
{
    pix_refuse(self, out, "ERROR: remote access is not modelled for this device");
}

static void clear_isakmp(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ike_conf *c = s->d->ike_conf;
    for (guint i = 0; i < s->interfaces->len; i++)
        listen(s, g_ptr_array_index(s->interfaces, i), false);
    g_ptr_array_set_size(c->policies, 0);
    g_ptr_array_set_size(c->keys, 0);
    g_array_set_size(s->plain_keys, 0);
    c->liveness.threshold_s = c->liveness.retry_s = 0;
    s->identity_address = false;
    c->identity = IKE_IDENTITY_HOSTNAME;
    pix_natt_clear(s);
    pix_changed(s, "clear isakmp");
}

#define ISAKMP "(crypto isakmp|isakmp) "
#define POLICY ISAKMP "policy priority:<1-65534> "
#define KEY                                                                                        \
    ISAKMP "key key:WORD address addr:A.B.C.D [netmask mask:MASK] [no-xauth] [no-config-mode]"
#define ATTR CLI_NO | CLI_NO_ONLY_PREFIX

// clang-format off
const struct cli_command pix_config_isakmp[] = {
    { POLICY "authentication (pre-share|rsa-sig)",           policy_attribute, ATTR },
    { POLICY "encryption (des|3des|aes|aes-192|aes-256)",    policy_attribute, ATTR },
    { POLICY "hash (md5|sha)",                               policy_attribute, ATTR },
    { POLICY "group (1|2|5)",                                policy_attribute, ATTR },
    { POLICY "lifetime seconds:<60-86400>",                  policy_attribute, ATTR },
    { ISAKMP "policy priority:<1-65534>",                    no_policy,        CLI_NO | CLI_HIDDEN },
    { KEY,                                                   key,              CLI_NO },
    { ISAKMP "key key:WORD hostname name:WORD",              key_by_name,      CLI_HIDDEN },
    { ISAKMP "enable if:WORD",                               enable,           CLI_NO },
    { ISAKMP "identity (address|hostname)",                  identity,         ATTR },
    { ISAKMP "keepalive seconds:<10-3600> [retry:<2-10>]",   keepalive,        ATTR },
    { "vpdn rest:LINE",                                      remote_access,    CLI_NO | CLI_HIDDEN },
    { "vpnclient rest:LINE",                                 remote_access,    CLI_NO | CLI_HIDDEN },
    { "clear isakmp",                                        clear_isakmp,     0 },
    { 0 } };
// clang-format on
