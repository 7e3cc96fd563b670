/* sysopt connection tcpmss (CAT-64): segment sizes of connections through the appliance; segments
 * larger than announced (419001); packets that grow too large for a tunnel. */
#include "asa_path.h"

enum { TCPMSS_DEFAULT = 1380 }; /* 1500 less heads of IP and TCP less 80 for a tunnel; CAT-19 */

void asa_mss_start(struct asa *s)
{
    s->conns->rules.mss_most = TCPMSS_DEFAULT;
    /* exceed-mss of a tcp-map: drop by default, and allow since 7.2(4) and 8.0(4) (command
     * reference). Minor releases are not told apart here: those of 8.2 and later allow. */
    s->conns->rules.mss_strict = !asa_since(s, 8, 2);
    s->d->ipsec_conf->cut_first = true; /* crypto ipsec fragmentation before-encryption */
}

void asa_mtu_changed(struct asa *s, struct net_if *i, uint32_t before)
{
    if (before != i->mtu && !s->loading)
        ipsec_clear(s->d->ipsec, &(struct ipsec_clear_what){.on = i}, WHY_CONFIG);
}

static void tcpmss(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    bool minimum = cli_has(a, "minimum");
    const char *key = minimum ? "sysopt connection tcpmss minimum" : "sysopt connection tcpmss";
    uint16_t *slot = minimum ? &s->conns->rules.mss_least : &s->conns->rules.mss_most;
    uint32_t by_default = minimum ? 0 : TCPMSS_DEFAULT, v = by_default;
    if (!cli_negated(a))
        cli_arg_u32(a, "bytes", &v);
    if (v > 0 && v < 48) { /* 0 switches it off */
        asa_invalid(s, a, "bytes");
        return;
    }
    *slot = (uint16_t)v;
    if (v == by_default) {
        asa_keep_remove(s, NULL, key);
        return;
    }
    g_autofree char *text = g_strdup_printf("%s %u", key, v);
    asa_keep_line(s, ASA_PLACE_CRYPTO, NULL, key, text);
}

/* ---- crypto ipsec, by interface ---- */

static void keep_of_if(struct asa *s, const struct cli_args *a, const char *what, bool is_default)
{
    g_autofree char *key = g_strdup_printf("crypto ipsec %s %s", what, cli_arg(a, "if"));
    g_autofree char *text = cli_canonical(a);
    if (is_default)
        asa_keep_remove(s, NULL, key);
    else
        asa_keep_line(s, ASA_PLACE_CRYPTO, NULL, key, text);
}

static void fragmentation(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const struct asa_if *f = asa_if_arg(s, a, "if");
    if (!f)
        return;
    bool first = cli_negated(a) || cli_has(a, "before-encryption");
    ipsec_size_make(s->d->ipsec_conf, asa_net_if(s, f)->index)->cut_first = first;
    keep_of_if(s, a, "fragmentation", first);
    asa_changed(s, "crypto ipsec fragmentation");
}

static void df_bit(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const struct asa_if *f = asa_if_arg(s, a, "if");
    if (!f)
        return;
    int df = cli_negated(a) || cli_has(a, "copy-df") ? ESP_DF_COPY
             : cli_has(a, "clear-df")                ? ESP_DF_CLEAR
                                                     : ESP_DF_SET;
    ipsec_size_make(s->d->ipsec_conf, asa_net_if(s, f)->index)->df = df;
    keep_of_if(s, a, "df-bit", df == ESP_DF_COPY);
    asa_changed(s, "crypto ipsec df-bit");
}

// clang-format off
const struct cli_command asa_config_mss[] = {
    { "sysopt connection tcpmss bytes:<0-65535>",                 tcpmss,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "sysopt connection tcpmss minimum bytes:<0-65535>",         tcpmss,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec fragmentation (before-encryption|after-encryption) if:WORD",
                                                                  fragmentation, CLI_NO },
    { "crypto ipsec df-bit (clear-df|set-df|copy-df) if:WORD",    df_bit,        CLI_NO },
    { 0 } };
// clang-format on
