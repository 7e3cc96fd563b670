/* Lines about size: segments of connections that pass an interface (CAT-63), the windows of the
 * router's own, DF and fragments of what is sealed; and what a change of MTU does (DBG-40). */
#include "ios_tcp.h"

#include "net/tcp.h"

static char *section_of(const struct net_if *i)
{
    return g_strdup_printf("interface %s", i->name);
}

/* Cutting before sealing came with 12.2(13)T and is on where the command exists; 12.1 has neither
 * (release notes of the feature, "Pre-fragmentation for IPsec VPNs"). The 12.2 main line, which
 * stands for all of 12.2 here, did not get it. */
static bool has_cutting(const struct ios *s)
{
    return s->major > 12 || s->minor >= 3;
}

void ios_size_start(struct ios *s)
{
    s->d->ipsec_conf->cut_first = has_cutting(s);
}

/* SAs are bound to the MTU of their interface: a change clears them, and the peers hear of it. What
 * comes next builds them anew (DBG-40). */
void ios_mtu_changed(struct ios *s, struct net_if *i, uint32_t before)
{
    if (before != MIN(i->mtu, i->ip_mtu) && !s->conf->loading)
        ipsec_clear(s->d->ipsec, &(struct ipsec_clear_what){.on = i}, WHY_CONFIG);
}

/* ---- ip tcp ---- */

static void adjust_mss(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = ios_interface(s, s->at_interface);
    g_autofree char *section = section_of(i), *text = NULL;
    uint32_t v;
    if (cli_negated(a) || !cli_arg_u32(a, "bytes", &v)) {
        i->tcp_mss = 0;
        ios_keep_remove(s, section, "ip tcp adjust-mss");
        return;
    }
    i->tcp_mss = (uint16_t)v;
    text = g_strdup_printf("ip tcp adjust-mss %u", v);
    ios_keep_line(s, IOS_PLACE_SUB, section, "ip tcp adjust-mss", text);
}

/* Above 65535 a SYN of the router carries the window scale option (CAT-81). */
static void window_size(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    g_autofree char *text = NULL;
    uint32_t v;
    if (cli_negated(a) || !cli_arg_u32(a, "bytes", &v)) {
        net_tcp_set_window(s->d->node, 0);
        ios_keep_remove(s, NULL, "ip tcp window-size");
        return;
    }
    net_tcp_set_window(s->d->node, v);
    text = g_strdup_printf("ip tcp window-size %u", v);
    ios_keep_line(s, IOS_PLACE_IP, NULL, "ip tcp window-size", text);
}

/* ---- crypto ipsec, of all interfaces or of one ---- */

static bool refused_by_version(struct ios *s, const struct cli_args *a)
{
    if (has_cutting(s))
        return false;
    s->conf->invalid_at = (int)(strstr(cli_line(a), "frag") - cli_line(a));
    s->conf->refused = true;
    return true;
}

static void fragmentation(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    bool first = cli_negated(a) || cli_has(a, "before-encryption");
    if (refused_by_version(s, a))
        return;
    s->d->ipsec_conf->cut_first = first;
    if (first)
        ios_keep_remove(s, NULL, "crypto ipsec fragmentation");
    else
        ios_keep_line(s, IOS_PLACE_IP, NULL, "crypto ipsec fragmentation",
                      "crypto ipsec fragmentation after-encryption");
    ios_changed(s, "crypto ipsec fragmentation");
}

static void if_fragmentation(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = ios_interface(s, s->at_interface);
    g_autofree char *section = section_of(i), *line = cli_canonical(a);
    if (refused_by_version(s, a))
        return;
    ipsec_size_make(s->d->ipsec_conf, i->index)->cut_first =
        cli_negated(a) ? -1 : cli_has(a, "before-encryption");
    if (cli_negated(a))
        ios_keep_remove(s, section, "crypto ipsec fragmentation");
    else
        ios_keep_line(s, IOS_PLACE_SUB, section, "crypto ipsec fragmentation", line);
    ios_changed(s, "crypto ipsec fragmentation");
}

static void if_df_bit(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = ios_interface(s, s->at_interface);
    g_autofree char *section = section_of(i), *line = cli_canonical(a);
    int df = cli_has(a, "clear") ? ESP_DF_CLEAR : cli_has(a, "set") ? ESP_DF_SET : ESP_DF_COPY;
    ipsec_size_make(s->d->ipsec_conf, i->index)->df = cli_negated(a) ? -1 : df;
    if (cli_negated(a))
        ios_keep_remove(s, section, "crypto ipsec df-bit");
    else
        ios_keep_line(s, IOS_PLACE_SUB, section, "crypto ipsec df-bit", line);
    ios_changed(s, "crypto ipsec df-bit");
}

// clang-format off
const struct cli_command ios_config_size[] = {
    { "crypto ipsec fragmentation (before-encryption|after-encryption)",
                                              fragmentation,    CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip tcp window-size bytes:<0-1073741823>", window_size,   CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
const struct cli_command ios_config_if_size[] = {
    { "ip tcp adjust-mss bytes:<500-1460>",   adjust_mss,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec fragmentation (before-encryption|after-encryption)",
                                              if_fragmentation, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "crypto ipsec df-bit (clear|set|copy)", if_df_bit,        CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
