/* Configuration of IKE and of what ESP protects with: policies, keys, transform sets, global
 * settings. */
#include "ios_conf.h"

#include <string.h>

#include "wire/isakmp.h"

/* ---- crypto isakmp policy N ---- */

static void policy_mode(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ike_conf *conf = s->d->ike_conf;
    uint32_t priority = 0;
    cli_arg_u32(a, "priority", &priority);
    if (cli_negated(a)) {
        if (!ike_policy_remove(conf, priority))
            ios_refuse(s, out, "%% Policy %u does not exist", priority);
        ios_changed(s, "no crypto isakmp policy");
        return;
    }
    ike_policy_make(conf, priority);
    s->at_policy = priority;
    ios_enter(s, &ios_mode_isakmp);
}

static struct ike_policy *policy(struct ios *s)
{
    return ike_policy_make(s->d->ike_conf, s->at_policy);
}

/* aes stands for 128 bits unless it says otherwise. */
static enum crypto_cipher cipher_of(const struct cli_args *a)
{
    if (cli_has(a, "3des") || cli_has(a, "esp-3des"))
        return CIPHER_3DES;
    if (cli_has(a, "aes") || cli_has(a, "esp-aes"))
        return cli_has(a, "256")   ? CIPHER_AES256
               : cli_has(a, "192") ? CIPHER_AES192
                                   : CIPHER_AES128;
    return cli_has(a, "esp-null") ? CIPHER_NULL : CIPHER_DES;
}

static void policy_cipher(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    policy(s)->cipher = cli_negated(a) ? s->d->ike_conf->fallback.cipher : cipher_of(a);
}

static bool has_sha256(const struct ios *s)
{
    return s->major >= 15;
}

static void policy_hash(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    enum crypto_hash hash = HASH_SHA1;
    if (!cli_negated(a) && cli_has(a, "md5"))
        hash = HASH_MD5;
    if (!cli_negated(a) && cli_has(a, "sha256"))
        hash = HASH_SHA256;
    if (hash == HASH_SHA256 && !has_sha256(s)) {
        ios_refuse(s, out, "%% sha256 is not available in version %d.%d; it comes with 15.x",
                   s->major, s->minor);
        return;
    }
    policy(s)->hash = hash;
}

static void policy_auth(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ike_policy *p = policy(s);
    if (cli_negated(a))
        p->auth = s->d->ike_conf->fallback.auth;
    else if (cli_has(a, "pre-share"))
        p->auth = IKE_AUTH_PSK;
    else
        p->auth = cli_has(a, "rsa-sig") ? IKE_AUTH_RSA_SIG : IKE_AUTH_RSA_ENCR;
}

static const struct {
    const char *number, *pfs;
    enum crypto_group group;
} group_row[] = {
    {"1", "group1", GROUP_MODP768},
    {"2", "group2", GROUP_MODP1024},
    {"5", "group5", GROUP_MODP1536},
    {"14", "group14", GROUP_MODP2048},
};

static void policy_group(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    enum crypto_group group = s->d->ike_conf->fallback.group;
    for (size_t i = 0; i < G_N_ELEMENTS(group_row) && !cli_negated(a); i++)
        if (cli_has(a, group_row[i].number))
            group = group_row[i].group;
    policy(s)->group = group;
}

static void policy_lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    uint32_t seconds = s->d->ike_conf->fallback.lifetime_s;
    if (!cli_negated(a))
        cli_arg_u32(a, "seconds", &seconds);
    policy(s)->lifetime_s = seconds;
}

// clang-format off
const struct cli_command ios_config_isakmp_rows[] = {
    { "encryption (des|3des|aes [128|192|256])",       policy_cipher,   CLI_NO | CLI_DEFAULT | CLI_NO_ONLY_PREFIX },
    { "hash (sha|md5|sha256)",                         policy_hash,     CLI_NO | CLI_DEFAULT | CLI_NO_ONLY_PREFIX },
    { "authentication (pre-share|rsa-sig|rsa-encr)",   policy_auth,     CLI_NO | CLI_DEFAULT | CLI_NO_ONLY_PREFIX },
    { "group (1|2|5|14)",                              policy_group,    CLI_NO | CLI_DEFAULT | CLI_NO_ONLY_PREFIX },
    { "lifetime seconds:<60-86400>",                   policy_lifetime, CLI_NO | CLI_DEFAULT | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on

/* ---- Keys and the rest of crypto isakmp ---- */

static const struct ike_key *key_at(const struct ike_conf *c, ip4 addr, ip4 mask)
{
    for (guint i = 0; i < c->keys->len; i++) {
        const struct ike_key *k = g_ptr_array_index(c->keys, i);
        if (k->addr == addr && k->mask == mask)
            return k;
    }
    return NULL;
}

static void key(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ike_conf *conf = s->d->ike_conf;
    ip4 addr = 0, mask = 0xffffffff;
    const char *secret = cli_arg(a, "key");
    cli_arg_ip4(a, "addr", &addr);
    cli_arg_ip4(a, "mask", &mask);
    if (addr == 0 && !cli_arg(a, "mask"))
        mask = 0; /* 0.0.0.0 alone means everyone */
    if (cli_has(a, "6")) {
        ios_refuse(
            s, out,
            "%% Keys of type 6 cannot be read without the master key; enter the key in plain text");
        return;
    }
    const struct ike_key *old = key_at(conf, addr & mask, mask);
    if (cli_negated(a)) {
        if (!old || strcmp(old->secret, secret) != 0)
            ios_refuse(s, out, "%% Key for address mask %s %s not found", IP4S(addr), IP4S(mask));
        else
            ike_key_remove(conf, addr & mask, mask);
        ios_changed(s, "no crypto isakmp key");
        return;
    }
    if (old && strcmp(old->secret, secret) != 0) {
        ios_refuse(s, out, "A pre-shared key for address mask %s %s already exists!", IP4S(addr),
                   IP4S(mask));
        return;
    }
    ike_key_set(conf, addr & mask, mask, secret, cli_has(a, "no-xauth"));
    ios_changed(s, "crypto isakmp key");
}

static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    ios_refuse(self, out, "%% \"%s\" is not modelled by this simulator", line);
}

static void isakmp_enable(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->d->ike_conf->enabled = !cli_negated(a);
    if (!s->d->ike_conf->enabled)
        ike_clear(s->d->ike, 0, WHY_CONFIG);
    ios_changed(s, "crypto isakmp enable");
}

static void identity(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool by_name = cli_has(a, "hostname") && !cli_negated(a);
    s->d->ike_conf->identity = by_name ? IKE_IDENTITY_HOSTNAME : IKE_IDENTITY_ADDRESS;
}

/* crypto isakmp keepalive SECONDS [RETRY]: on demand unless periodic, retries every 2 s (design.md,
 * section 5). */
static void keepalive(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ike_conf *c = s->d->ike_conf;
    c->liveness.threshold_s = c->liveness.retry_s = 0;
    c->liveness.periodic = false;
    if (cli_negated(a))
        return;
    c->liveness.retry_s = 2;
    cli_arg_u32(a, "seconds", &c->liveness.threshold_s);
    cli_arg_u32(a, "retry", &c->liveness.retry_s);
    c->liveness.periodic = cli_has(a, "periodic");
}

static void invalid_spi_recovery(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->d->ike_conf->invalid_spi_recovery = !cli_negated(a);
}

/* crypto ipsec nat-transparency udp-encapsulation: on where the software has it. */
static void nat_transparency(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->d->ike_conf->nat_traversal = !cli_negated(a) && s->has_natt;
    device_natt_changed(s->d);
}

static void nat_keepalive(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    s->d->ike_conf->nat_keepalive_s = 0;
    if (!cli_negated(a))
        cli_arg_u32(a, "seconds", &s->d->ike_conf->nat_keepalive_s);
    device_natt_changed(s->d);
}

/* ---- Transform sets ---- */

static const struct {
    const char *word;
    bool cipher;
} transform_row[] = {
    {"esp-des", true},       {"esp-3des", true},         {"esp-aes", true},
    {"esp-null", true},      {"esp-seal", true},         {"esp-md5-hmac", false},
    {"esp-sha-hmac", false}, {"esp-sha256-hmac", false},
};

/* The suite that the transforms name together; NULL, or what is wrong with them. */
static const char *suite_of(const struct ios *s, const struct cli_args *a, struct esp_suite *suite)
{
    int ciphers = 0, auths = 0;
    g_autofree char *line = cli_canonical(a);
    g_auto(GStrv) words = g_strsplit(line, " ", -1);
    for (size_t k = 4; k < g_strv_length(words); k++) /* behind the name, which may be any word */
        for (size_t i = 0; i < G_N_ELEMENTS(transform_row); i++)
            if (g_str_equal(words[k], transform_row[i].word))
                transform_row[i].cipher ? ciphers++ : auths++;
    if (cli_has(a, "ah-md5-hmac") || cli_has(a, "ah-sha-hmac"))
        return "AH is not modelled by this simulator; use ESP with an hmac";
    if (cli_has(a, "comp-lzs") || cli_has(a, "esp-seal"))
        return "comp-lzs and esp-seal are not modelled by this simulator";
    if (ciphers > 1 || auths > 1)
        return "a set holds at most one ESP cipher and one ESP hmac";
    if (ciphers == 0)
        return "a set needs an ESP cipher; esp-null with an hmac authenticates only";
    if (cli_has(a, "esp-sha256-hmac") && !has_sha256(s))
        return "esp-sha256-hmac is not available in this version; it comes with 15.x";
    suite->cipher = cipher_of(a);
    suite->auth = cli_has(a, "esp-md5-hmac")      ? HASH_MD5
                  : cli_has(a, "esp-sha-hmac")    ? HASH_SHA1
                  : cli_has(a, "esp-sha256-hmac") ? HASH_SHA256
                                                  : HASH_NONE;
    if (suite->cipher == CIPHER_NULL && suite->auth == HASH_NONE)
        return "esp-null needs an hmac beside it";
    return NULL;
}

static void transform_set(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct esp_suite suite = {0};
    const char *name = cli_arg(a, "name");
    if (cli_negated(a)) {
        if (!name || !ipsec_set_remove(s->d->ipsec_conf, name))
            ios_refuse(s, out, "ERROR: transform set with tag \"%s\" does not exist.",
                       name ? name : "");
        ios_changed(s, "no crypto ipsec transform-set");
        return;
    }
    const char *wrong = suite_of(s, a, &suite);
    if (wrong) {
        ios_refuse(s, out, "%% Invalid transform proposal: %s", wrong);
        return;
    }
    ipsec_set_make(s->d->ipsec_conf, name)->suite = suite;
    g_free(s->at_set);
    s->at_set = g_strdup(name);
    ios_enter(s, &ios_mode_set);
    ios_changed(s, "crypto ipsec transform-set");
}

static void mode_tunnel(void *self, const struct cli_args *a, GString *out)
{
    if (cli_has(a, "transport") && !cli_negated(a))
        ios_refuse(
            self, out,
            "%% mode transport is not modelled by this simulator; the set stays in tunnel mode");
}

// clang-format off
const struct cli_command ios_config_set_rows[] = {
    { "mode (tunnel|transport [require])", mode_tunnel, CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on

/* ---- crypto ipsec, global ---- */

static void lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_conf *c = s->d->ipsec_conf;
    bool seconds = cli_has(a, "seconds");
    uint32_t v = seconds ? IPSEC_LIFE_S_DEFAULT : IPSEC_LIFE_KB_DEFAULT;
    if (!cli_negated(a))
        cli_arg_u32(a, "amount", &v);
    *(seconds ? &c->life_s : &c->life_kb) = v;
    ios_changed(s, "crypto ipsec security-association lifetime");
}

/* 12.2(15)T brought the timer. Pairs that live keep what they were made with, as with lifetimes. */
static void idle_time(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    uint32_t v = 0;
    if (!ios_has_idle_time(s)) {
        ios_refuse(s, out, "%% idle-time is not available in version %d.%d; it comes with 12.2",
                   s->major, s->minor);
        return;
    }
    if (!cli_negated(a))
        cli_arg_u32(a, "amount", &v);
    s->d->ipsec_conf->idle_s = v;
    ios_changed(s, "crypto ipsec security-association idle-time");
}

static void replay(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    uint32_t size = 64;
    bool off = cli_has(a, "disable");
    for (uint32_t w = 64; w <= 1024 && !cli_negated(a); w *= 2) {
        char text[8];
        g_snprintf(text, sizeof text, "%u", w);
        if (cli_has(a, text))
            size = w;
    }
    s->d->ipsec_conf->replay_window = off && !cli_negated(a) ? 0 : size;
    ios_changed(s, "crypto ipsec security-association replay");
}

static void df_bit(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    int df = cli_has(a, "clear") ? ESP_DF_CLEAR : cli_has(a, "set") ? ESP_DF_SET : ESP_DF_COPY;
    s->d->ipsec_conf->df = cli_negated(a) ? ESP_DF_COPY : df;
    ios_changed(s, "crypto ipsec df-bit");
}

/* ---- crypto map: the entry itself; what it holds is in ios_config_map.c ---- */

static bool map_in_use(struct ios *s, const char *name, GString *where)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        const struct net_if *f = net_if_at(s->d->node, i);
        const char *bound = ipsec_bound(s->d->ipsec, f);
        if (bound && strcmp(bound, name) == 0)
            g_string_append_printf(where, "%s%s", where->len ? ", " : "", f->name);
    }
    return where->len > 0;
}

static void no_crypto_map(struct ios *s, const char *name, bool have_seq, uint32_t seq,
                          GString *out)
{
    struct ipsec_map *map = name ? ipsec_map_find(s->d->ipsec_conf, name) : NULL;
    g_autoptr(GString) where = g_string_new(NULL);
    if (!map || (have_seq && !ipsec_entry_find(map, seq))) {
        ios_refuse(s, out, "Could not find crypto map entry %s %u", name ? name : "", seq);
        return;
    }
    if (have_seq) {
        ipsec_entry_remove(map, seq);
        if (map->entries->len == 0 && !map->local_if && !map_in_use(s, name, where))
            ipsec_map_remove(s->d->ipsec_conf, name);
    } else if (map_in_use(s, name, where)) {
        ios_refuse(s, out,
                   "Crypto-map %s is in use by interface(s): %s. Please remove the crypto map from "
                   "the above interface(s) first",
                   name, where->str);
        return;
    } else {
        ipsec_map_remove(s->d->ipsec_conf, name);
    }
    ios_changed(s, "no crypto map");
}

static void crypto_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name");
    uint32_t seq = 0;
    bool have_seq = cli_arg_u32(a, "seq", &seq);
    if (cli_negated(a)) {
        no_crypto_map(s, name, have_seq, seq, out);
        return;
    }
    struct ipsec_map *map = ipsec_map_make(s->d->ipsec_conf, name);
    const struct ipsec_map_entry *old = ipsec_entry_find(map, seq);
    if (old && old->dynamic) {
        ios_refuse(
            s, out,
            "%% Crypto map entry \"%s\" %u stands for dynamic map \"%s\"; configure that with "
            "crypto dynamic-map",
            name, seq, old->dynamic);
        return;
    }
    if (!old) {
        ipsec_entry_make(map, seq);
        g_string_append(out, "% NOTE: This new crypto map will remain disabled until a peer\n"
                             "\tand a valid access list have been configured.\n");
        ios_changed(s, "crypto map");
    }
    g_free(s->at_map);
    s->at_map = g_strdup(name);
    s->at_map_seq = seq;
    s->at_dynamic = false;
    ios_enter(s, &ios_mode_map);
}

/* ---- Dynamic maps: templates, and the entry of a map that stands for them ---- */

static void map_to_dynamic(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name"), *dynamic = cli_arg(a, "template");
    uint32_t seq = 0;
    cli_arg_u32(a, "seq", &seq);
    if (cli_negated(a)) {
        no_crypto_map(s, name, true, seq, out);
        return;
    }
    struct ipsec_map *map = ipsec_map_make(s->d->ipsec_conf, name);
    struct ipsec_map_entry *e = ipsec_entry_find(map, seq);
    if (e && g_strcmp0(e->dynamic, dynamic) != 0) {
        ios_refuse(s, out,
                   "%% Attempt to change dynamic map tag for existing crypto map is not allowed.");
        return;
    }
    if (e)
        return;
    e = ipsec_entry_make(map, seq);
    e->dynamic = g_strdup(dynamic);
    if (!ipsec_dynamic_find(s->d->ipsec_conf, dynamic))
        g_string_append_printf(out, "%% NOTE: dynamic crypto map \"%s\" is not defined yet\n",
                               dynamic);
    ios_changed(s, "crypto map dynamic");
}

static void dynamic_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct ipsec_conf *conf = s->d->ipsec_conf;
    const char *name = cli_arg(a, "name");
    uint32_t seq = 0;
    bool have_seq = cli_arg_u32(a, "seq", &seq);
    if (cli_negated(a)) {
        struct ipsec_map *old = name ? ipsec_dynamic_find(conf, name) : NULL;
        if (!old || (have_seq && !ipsec_entry_remove(old, seq))) {
            ios_refuse(s, out, "Could not find dynamic crypto map entry %s %u", name ? name : "",
                       seq);
            return;
        }
        if (!have_seq || old->entries->len == 0)
            ipsec_dynamic_remove(conf, name);
        ios_changed(s, "no crypto dynamic-map");
        return;
    }
    ipsec_entry_make(ipsec_dynamic_make(conf, name), seq);
    g_free(s->at_map);
    s->at_map = g_strdup(name);
    s->at_map_seq = seq;
    s->at_dynamic = true;
    ios_enter(s, &ios_mode_map);
    ios_changed(s, "crypto dynamic-map");
}

static void map_local_address(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    const char *name = cli_arg(a, "name"), *interface = cli_arg(a, "interface");
    struct ipsec_conf *conf = s->d->ipsec_conf;
    if (!cli_negated(a) && !interface) {
        ios_refuse(s, out, "%% Incomplete command.");
        return;
    }
    struct ipsec_map *map =
        cli_negated(a) ? ipsec_map_find(conf, name) : ipsec_map_make(conf, name);
    if (!map)
        return;
    g_free(map->local_if);
    map->local_if = cli_negated(a) ? NULL : g_strdup(interface);
    if (!cli_negated(a))
        ios_interface(s, interface);
    ios_changed(s, "crypto map local-address");
}

#define TRANSFORM                                                                                  \
    "(esp-des|esp-3des|esp-aes "                                                                   \
    "[128|192|256]|esp-null|esp-seal|esp-md5-hmac|esp-sha-hmac|esp-sha256-hmac"                    \
    "|ah-md5-hmac|ah-sha-hmac|comp-lzs)"

// clang-format off
const struct cli_command ios_config_crypto[] = {
    { "crypto isakmp policy priority:<1-10000>",       policy_mode,   CLI_NO },
    { "crypto isakmp enable",                          isakmp_enable, CLI_NO },
    { "crypto isakmp identity (address|hostname)",     identity,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto isakmp key [0|6] key:WORD address addr:A.B.C.D [mask:A.B.C.D] [no-xauth]", key, CLI_NO },
    { "crypto isakmp key [0|6] key:WORD hostname host:WORD [no-xauth]", not_modelled, CLI_HIDDEN },
    { "crypto isakmp keepalive seconds:<10-3600> [retry:<2-60>] [periodic|on-demand]",
                                                       keepalive,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto isakmp invalid-spi-recovery",            invalid_spi_recovery, CLI_NO },
    { "crypto isakmp nat keepalive seconds:<5-3600>",  nat_keepalive, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec nat-transparency udp-encapsulation", nat_transparency, CLI_NO },
    { "crypto ipsec transform-set name:WORD " TRANSFORM " [" TRANSFORM " [" TRANSFORM " [" TRANSFORM "]]]",
                                                       transform_set, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association lifetime seconds amount:<120-86400>",
                                                       lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association lifetime kilobytes amount:<2560-536870912>",
                                                       lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association idle-time amount:<60-86400>",
                                                       idle_time,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association replay window-size (64|128|256|512|1024)",
                                                       replay,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association replay disable", replay,     CLI_NO },
    { "crypto ipsec df-bit (clear|set|copy)",          df_bit,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto map name:WORD seq:<1-65535> [ipsec-isakmp]", crypto_map, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto map name:WORD seq:<1-65535> ipsec-isakmp dynamic template:WORD", map_to_dynamic, CLI_NO },
    { "crypto dynamic-map name:WORD seq:<1-65535>",    dynamic_map,   CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto map name:WORD seq:<1-65535> ipsec-manual", not_modelled, CLI_HIDDEN },
    { "crypto map name:WORD local-address [interface:IFNAME]", map_local_address, CLI_NO },
    { 0 } };
// clang-format on
