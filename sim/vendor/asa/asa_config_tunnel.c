/* Tunnel groups: a LAN-to-LAN peer's settings are in the group that is named after its address, or
 * in DefaultL2LGroup (CAT-41). Keys go to IKE by that address. A client of remote access names its
 * group, or belongs to DefaultRAGroup (asa_group_access.c). */
#include "asa.h"

#include <string.h>

void asa_group_free(void *p)
{
    struct asa_group *g = p;
    g_free(g->name);
    g_free(g->key);
    g_free(g->policy);
    asa_group_access_clear(g);
    g_free(g);
}

struct asa_group *asa_group_find(const struct asa *s, const char *name)
{
    for (guint i = 0; name && i < s->groups->len; i++) {
        struct asa_group *g = g_ptr_array_index(s->groups, i);
        if (strcmp(g->name, name) == 0)
            return g;
    }
    return NULL;
}

static struct asa_keepalive keepalive_of_type(const struct asa_group *g)
{
    return g->ra ? ASA_KEEPALIVE_RA : ASA_KEEPALIVE_L2L;
}

struct asa_group *asa_group_make(struct asa *s, const char *name)
{
    struct asa_group *g = asa_group_find(s, name);
    if (!g) {
        g = g_new0(struct asa_group, 1);
        g->name = g_strdup(name);
        g->ra = strcmp(name, ASA_DEFAULT_RA) == 0;
        g->keepalive = keepalive_of_type(g);
        g_ptr_array_add(s->groups, g);
    }
    return g;
}

const struct asa_group *asa_group_for(const struct asa *s, ip4 peer)
{
    static const struct asa_group plain = {
        .name = (char *)ASA_DEFAULT_GROUP, .l2l = true, .keepalive = {false, 10, 2}};
    const struct asa_group *own = asa_group_find(s, IP4S(peer));
    const struct asa_group *def = asa_group_find(s, ASA_DEFAULT_GROUP);
    return own && own->l2l ? own : def ? def : &plain;
}

const struct asa_group *asa_group_claimed(const struct asa *s, const char *name)
{
    const struct asa_group *own = asa_group_find(s, name);
    return own && own->ra ? own : asa_group_find(s, ASA_DEFAULT_RA);
}

/* ---- Keys ---- */

/* The address that IKE finds the group's key by. False: a name that main mode cannot find. */
static bool group_address(const struct asa_group *g, ip4 *addr, ip4 *mask)
{
    *addr = *mask = 0;
    if (g->ra)
        return false;
    if (strcmp(g->name, ASA_DEFAULT_GROUP) == 0)
        return true;
    *mask = 0xffffffff;
    return ip4_parse(g->name, addr);
}

/* What the group says of identities goes with its key. */
static void put_key(struct asa *s, const struct asa_group *g, ip4 addr, ip4 mask)
{
    struct ike_conf *c = s->d->ike_conf;
    ike_key_set(c, addr, mask, g->key, true);
    for (guint i = 0; i < c->keys->len; i++) {
        struct ike_key *k = g_ptr_array_index(c->keys, i);
        if (k->addr == addr && k->mask == mask)
            k->any_identity = g->peer_id == ASA_PEER_ID_NOCHECK;
    }
}

static void set_key(struct asa *s, struct asa_group *g, const char *key)
{
    ip4 addr, mask;
    bool found = group_address(g, &addr, &mask);
    char *copy = g_strdup(key);
    g_free(g->key);
    g->key = copy;
    if (!found)
        return;
    if (key)
        put_key(s, g, addr, mask);
    else
        ike_key_remove(s->d->ike_conf, addr, mask);
}

static bool is_masked(const char *key)
{
    return strspn(key, "*") == strlen(key);
}

static void pre_shared_key(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_group *g = asa_group_make(s, s->at_group);
    const char *key = cli_arg(a, "key");
    if (cli_has(a, "ikev1") && !asa_since(s, 8, 4)) {
        asa_unknown_word(s, a, "ikev1");
        return;
    }
    if (cli_negated(a)) {
        set_key(s, g, NULL);
    } else if (s->loading && is_masked(key)) {
        asa_refuse(s, out,
                   "the key is hidden, as a listing hides it; enter the key itself, or copy the "
                   "configuration from \"more system:running-config\"");
    } else if (strlen(key) > 128) {
        asa_refuse(s, out, "ERROR: A pre-shared key has at most 128 characters");
    } else {
        set_key(s, g, key);
    }
    asa_changed(s, "pre-shared-key");
}

/* ---- Keepalives, RFC 3706 ---- */

/* The peer of a group is asked whenever nothing was heard of it for the threshold, whether there is
 * traffic for it or not; one without a group of its own is watched as DefaultL2LGroup says. */
static void watch(struct asa *s, const struct asa_group *g)
{
    const struct ike_liveness l = {
        .threshold_s = g->keepalive.disabled ? 0 : g->keepalive.threshold_s,
        .retry_s = g->keepalive.retry_s,
        .periodic = true,
        .unannounced = g->keepalive.disabled,
    };
    ip4 addr, mask;
    if (!group_address(g, &addr, &mask))
        return;
    if (!addr && !mask)
        s->d->ike_conf->liveness = l;
    else if (g->l2l)
        ike_liveness_set(s->d->ike_conf, addr, &l);
    else
        ike_liveness_remove(s->d->ike_conf, addr);
}

/* Without `retry` the interval stays; `no` gives back the default whatever follows. */
static void keepalive(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_group *g = asa_group_make(s, s->at_group);
    if (cli_negated(a)) {
        g->keepalive = keepalive_of_type(g);
    } else if (cli_has(a, "disable")) {
        g->keepalive.disabled = true;
    } else {
        g->keepalive.disabled = false;
        g->keepalive.threshold_s = 0; /* infinite */
        cli_arg_u32(a, "seconds", &g->keepalive.threshold_s);
        cli_arg_u32(a, "retry", &g->keepalive.retry_s);
    }
    watch(s, g);
    asa_changed(s, "isakmp keepalive");
}

/* ---- The groups ---- */

static void remove_group(struct asa *s, struct asa_group *g)
{
    static const char *const part[] = {"ipsec-attributes", "general-attributes"};
    for (size_t i = 0; i < G_N_ELEMENTS(part); i++) {
        g_autofree char *section = g_strdup_printf("tunnel-group %s %s", g->name, part[i]);
        asa_keep_remove_section(s, section);
    }
    set_key(s, g, NULL);
    g->keepalive = ASA_KEEPALIVE_L2L;
    g->l2l = false;
    watch(s, g);
    g_ptr_array_remove(s->groups, g);
    asa_changed(s, "no tunnel-group");
}

static void group_type(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    struct asa_group *g = asa_group_find(s, name);
    ip4 addr;
    if (cli_negated(a)) {
        if (g)
            remove_group(s, g);
        else
            asa_refuse(s, out, "ERROR: Tunnel group %s does not exist", name);
        return;
    }
    bool ra = !cli_has(a, "ipsec-l2l");
    if (cli_has(a, "remote-access") && !asa_since(s, 8, 0)) {
        asa_unknown_word(s, a, "remote-access");
        return;
    }
    if (strlen(name) > 64) {
        asa_invalid(s, a, "name");
        return;
    }
    bool fresh = !g;
    g = asa_group_make(s, name);
    if (!fresh && ra != g->ra && (g->l2l || g->ra)) {
        asa_refuse(s, out, "ERROR: The tunnel group type of %s cannot be changed, remove it first",
                   name);
        return;
    }
    g->l2l = !ra;
    g->ra = ra;
    if (fresh)
        g->keepalive = keepalive_of_type(g);
    watch(s, g);
    if (ra) {
        asa_changed(s, "tunnel-group");
        return;
    }
    if (strcmp(name, ASA_DEFAULT_GROUP) != 0 && !ip4_parse(name, &addr))
        g_string_append(out, "WARNING: L2L tunnel-groups that have names which are not an IP\n"
                             "address may only be used if the tunnel authentication\n"
                             "method is Digital Certificates and/or The peer is \n"
                             "configured to use Aggressive Mode\n");
    asa_changed(s, "tunnel-group");
}

static void clear_group(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_group *g = asa_group_find(s, cli_arg(a, "name"));
    if (g)
        remove_group(s, g);
    else
        asa_refuse(s, out, "ERROR: Tunnel group %s does not exist", cli_arg(a, "name"));
}

static void attributes(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    bool general = cli_has(a, "general-attributes");
    bool standard = strcmp(name, ASA_DEFAULT_GROUP) == 0 || strcmp(name, ASA_DEFAULT_RA) == 0;
    if (!asa_group_find(s, name) && !standard) {
        asa_refuse(s, out, "ERROR: Tunnel group %s does not exist", name);
        return;
    }
    struct asa_group *g = asa_group_make(s, name);
    g->l2l = !g->ra;
    g_free(s->at_group);
    s->at_group = g_strdup(name);
    g_free(s->at_section);
    s->at_section = g_strdup_printf("tunnel-group %s %s", name,
                                    general ? "general-attributes" : "ipsec-attributes");
    asa_enter(s, general ? &asa_mode_general : &asa_mode_group);
}

/* The identity that the peer gives must be the one its key was found by: req, cert and nocheck. */
static void peer_id_validate(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_group *g = asa_group_make(s, s->at_group);
    g->peer_id = cli_negated(a)          ? ASA_PEER_ID_REQ
                 : cli_has(a, "nocheck") ? ASA_PEER_ID_NOCHECK
                 : cli_has(a, "cert")    ? ASA_PEER_ID_CERT
                                         : ASA_PEER_ID_REQ;
    ip4 addr, mask;
    if (g->key && group_address(g, &addr, &mask))
        put_key(s, g, addr, mask);
    asa_changed(s, "peer-id-validate");
}

static void default_policy(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_group *g = asa_group_make(s, s->at_group);
    const char *name = cli_negated(a) ? NULL : cli_arg(a, "name");
    bool known = !name;
    for (guint i = 0; i < s->policies->len && !known; i++)
        known = strcmp(((struct asa_policy *)g_ptr_array_index(s->policies, i))->name, name) == 0;
    if (!known) {
        asa_refuse(s, out, "ERROR: Group policy %s does not exist", name);
        return;
    }
    g_free(g->policy);
    g->policy = name && strcmp(name, ASA_DEFAULT_POLICY) != 0 ? g_strdup(name) : NULL;
    asa_changed(s, "default-group-policy");
}

/* ---- Settings that are kept for those who will use them ---- */

static void keep(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *text = cli_canonical(a);
    g_autofree char *key = g_strndup(text, strcspn(text, " "));
    if (cli_negated(a))
        asa_keep_remove(s, s->at_section, key);
    else
        asa_keep_line(s, ASA_PLACE_SUB, s->at_section, key, text);
    asa_changed(s, "attributes");
}

// clang-format off
const struct cli_command asa_config_tunnel[] = {
    { "tunnel-group name:WORD type (ipsec-l2l|remote-access|ipsec-ra)", group_type, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "tunnel-group name:WORD (ipsec-attributes|general-attributes)",   attributes, 0 },
    { "clear configure tunnel-group name:WORD",                         clear_group, 0 },
    { 0 } };
const struct cli_command asa_config_group_rows[] = {
    { "[ikev1] pre-shared-key key:WORD",                                pre_shared_key, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "isakmp keepalive threshold (seconds:<10-3600>|infinite) [retry retry:<2-10>]",
                                                                        keepalive,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { "isakmp keepalive disable",                                       keepalive,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { "peer-id-validate (req|cert|nocheck)",                            peer_id_validate, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "chain",                                                          keep,       CLI_NO },
    { "[ikev1] trust-point name:WORD",                                  keep,       CLI_NO },
    { 0 } };
const struct cli_command asa_config_general_rows[] = {
    { "default-group-policy name:WORD",                                 default_policy, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "accounting-server-group name:WORD",                              keep,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
