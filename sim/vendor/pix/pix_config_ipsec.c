/* Configuration of phase 2 that is not a crypto map: transform sets, lifetimes; and whether what
 * comes out of a tunnel faces the access lists. */
#include "pix.h"

#include <string.h>

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
};
#define TRANSFORM                                                                                  \
    "(esp-des|esp-3des|esp-aes|esp-aes-192|esp-aes-256|esp-null|esp-md5-hmac|esp-sha-hmac|"        \
    "ah-md5-hmac|ah-sha-hmac)"

void pix_transform_text(struct esp_suite suite, GString *out)
{
    for (size_t i = 0; i < G_N_ELEMENTS(transform); i++)
        if (transform[i].is_cipher ? transform[i].cipher == suite.cipher
                                   : transform[i].auth == suite.auth)
            g_string_append_printf(out, "%s ", transform[i].word);
}

/* The suite that the transforms name together; NULL, or what is wrong with them. */
static const char *suite_of(const struct pix *s, const struct cli_args *a, struct esp_suite *suite)
{
    int ciphers = 0, auths = 0;
    if (cli_has(a, "ah-md5-hmac") || cli_has(a, "ah-sha-hmac"))
        return "AH is not modelled for this device";
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
    if (suite->cipher >= CIPHER_AES128 && !pix_since(s, 6, 3))
        return "AES came with version 6.3";
    return NULL;
}

static void transform_set(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct esp_suite suite = {.auth = HASH_NONE};
    const char *name = cli_arg(a, "name");
    if (cli_negated(a)) {
        if (!name || !ipsec_set_remove(s->d->ipsec_conf, name))
            pix_refuse(s, out, "ERROR: transform set with tag \"%s\" does not exist.",
                       name ? name : "");
        pix_changed(s, "no crypto ipsec transform-set");
        return;
    }
    const char *wrong = suite_of(s, a, &suite);
    if (wrong) {
        pix_refuse(s, out, "ERROR: invalid transform proposal: %s", wrong);
        return;
    }
    ipsec_set_make(s->d->ipsec_conf, name)->suite = suite;
    pix_changed(s, "crypto ipsec transform-set");
}

static void transport(void *self, const struct cli_args *a, GString *out)
{
    pix_refuse(self, out,
               "ERROR: mode transport is not modelled for this device; the set stays in tunnel "
               "mode");
}

/* ---- Lifetimes ---- */

static void lifetime(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct ipsec_conf *c = s->d->ipsec_conf;
    uint32_t seconds = 28800, kilobytes = IPSEC_LIFE_KB_DEFAULT;
    cli_arg_u32(a, "seconds-value", &seconds);
    cli_arg_u32(a, "kilobytes-value", &kilobytes);
    if (cli_has(a, "seconds"))
        c->life_s = cli_negated(a) ? 28800 : seconds;
    if (cli_has(a, "kilobytes"))
        c->life_kb = cli_negated(a) ? IPSEC_LIFE_KB_DEFAULT : kilobytes;
    pix_changed(s, "crypto ipsec security-association lifetime");
}

static void permit_ipsec(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    s->permit_ipsec = !cli_negated(a);
    pix_changed(s, "sysopt connection permit-ipsec");
}

#define LIFETIME "crypto ipsec security-association lifetime "

// clang-format off
const struct cli_command pix_config_ipsec[] = {
    { "crypto ipsec transform-set name:WORD " TRANSFORM " [" TRANSFORM " [" TRANSFORM "]]",
                                                              transform_set, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec transform-set name:WORD mode transport",  transport,     CLI_HIDDEN },
    { LIFETIME "seconds seconds-value:<120-86400>",           lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { LIFETIME "kilobytes kilobytes-value:<2560-536870912>",  lifetime,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { LIFETIME "seconds seconds-value:<120-86400> kilobytes kilobytes-value:<2560-536870912>",
                                                              lifetime,      0 },
    { "sysopt connection permit-ipsec",                       permit_ipsec,  CLI_NO },
    { 0 } };
// clang-format on
