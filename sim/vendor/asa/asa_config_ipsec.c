/* Configuration of phase 2 that is not a crypto map: transform sets, lifetimes, replay window. */
#include "asa.h"

/* ---- Transform sets ---- */

static const struct {
    const char *word;
    bool is_cipher;
    enum crypto_cipher cipher;
    enum crypto_hash auth;
} transform[] = {
    {"esp-des", true, CIPHER_DES, HASH_NONE},
    {"esp-3des", true, CIPHER_3DES, HASH_NONE},
    {"esp-aes", true, CIPHER_AES128, HASH_NONE},
    {"esp-aes-192", true, CIPHER_AES192, HASH_NONE},
    {"esp-aes-256", true, CIPHER_AES256, HASH_NONE},
    {"esp-null", true, CIPHER_NULL, HASH_NONE},
    {"esp-md5-hmac", false, CIPHER_NULL, HASH_MD5},
    {"esp-sha-hmac", false, CIPHER_NULL, HASH_SHA1},
    {"esp-none", false, CIPHER_NULL, HASH_NONE},
};
#define TRANSFORM                                                                                  \
    "(esp-des|esp-3des|esp-aes|esp-aes-192|esp-aes-256|esp-null|esp-md5-hmac|esp-sha-hmac|"        \
    "esp-none)"

/* The suite that the transforms name together; NULL, or what is wrong with them. */
static const char *suite_of(const struct cli_args *a, struct esp_suite *suite)
{
    int ciphers = 0, auths = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(transform); i++) {
        if (!cli_has(a, transform[i].word))
            continue;
        if (transform[i].is_cipher) {
            suite->cipher = transform[i].cipher;
            ciphers++;
        } else {
            suite->auth = transform[i].auth;
            auths++;
        }
    }
    if (ciphers != 1)
        return "a set needs one ESP cipher";
    if (auths > 1)
        return "a set holds at most one ESP hmac";
    if (suite->cipher == CIPHER_NULL && suite->auth == HASH_NONE)
        return "esp-null needs an hmac beside it";
    return NULL;
}

/* The name of a protocol version in a line of a device that does not know it. */
static bool era_refuses(struct asa *s, const struct cli_args *a)
{
    if (!cli_has(a, "ikev1") || asa_since(s, 8, 4))
        return false;
    asa_unknown_word(s, a, "ikev1");
    return true;
}

static void transform_set(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct esp_suite suite = {.auth = HASH_NONE};
    const char *name = cli_arg(a, "name");
    if (era_refuses(s, a))
        return;
    if (cli_negated(a)) {
        if (!name || !ipsec_set_remove(s->d->ipsec_conf, name))
            asa_refuse(s, out, "ERROR: transform set with tag \"%s\" does not exist.",
                       name ? name : "");
        asa_changed(s, "no crypto ipsec transform-set");
        return;
    }
    const char *wrong = suite_of(a, &suite);
    if (wrong) {
        asa_refuse(s, out, "ERROR: invalid transform proposal: %s", wrong);
        return;
    }
    ipsec_set_make(s->d->ipsec_conf, name)->suite = suite;
    asa_changed(s, "crypto ipsec transform-set");
}

static void transport(void *self, const struct cli_args *a, GString *out)
{
    asa_refuse(self, out,
               "ERROR: mode transport is not modelled for this device; the set stays in tunnel "
               "mode");
}

/* ---- Lifetimes and replay ---- */

static void lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct ipsec_conf *c = s->d->ipsec_conf;
    uint32_t seconds = 28800, kilobytes = IPSEC_LIFE_KB_DEFAULT;
    cli_arg_u32(a, "seconds-value", &seconds);
    cli_arg_u32(a, "kilobytes-value", &kilobytes);
    if (cli_has(a, "seconds"))
        c->life_s = cli_negated(a) ? 28800 : seconds;
    if (cli_has(a, "kilobytes"))
        c->life_kb = cli_negated(a) ? IPSEC_LIFE_KB_DEFAULT : kilobytes;
    asa_changed(s, "crypto ipsec security-association lifetime");
}

static void replay(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t size = 64;
    for (uint32_t w = 64; w <= 1024 && !cli_negated(a); w *= 2) {
        char text[8];
        g_snprintf(text, sizeof text, "%u", w);
        if (cli_has(a, text))
            size = w;
    }
    s->d->ipsec_conf->replay_window = cli_has(a, "disable") && !cli_negated(a) ? 0 : size;
    asa_changed(s, "crypto ipsec security-association replay");
}

// clang-format off
const struct cli_command asa_config_ipsec[] = {
    { "crypto ipsec [ikev1] transform-set name:WORD " TRANSFORM " [" TRANSFORM "]",
                                                                      transform_set, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec [ikev1] transform-set name:WORD mode transport",  transport,     CLI_HIDDEN },
    { "crypto ipsec security-association lifetime seconds seconds-value:<120-214783647>"
      " [kilobytes kilobytes-value:<10-2147483647>]",                 lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association lifetime kilobytes kilobytes-value:<10-2147483647>"
      " [seconds seconds-value:<120-214783647>]",                     lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association replay window-size (64|128|256|512|1024)",
                                                                      replay,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec security-association replay disable",             replay,        CLI_NO },
    { 0 } };
// clang-format on
