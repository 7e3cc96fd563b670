/* Interface configuration: addresses, state, MTU, filters and the crypto map. */
#include "ios_ra.h"
#include "ios_tcp.h"

#include <string.h>

static struct net_if *here(struct ios *s)
{
    return ios_interface(s, s->at_interface);
}

/* ---- Addresses ---- */

static const struct net_if *overlapping(struct ios *s, const struct net_if *self, ip4 addr,
                                        ip4 mask)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        const struct net_if *o = net_if_at(s->d->node, i);
        if (o != self && o->addr && ((o->addr ^ addr) & mask & o->mask) == 0)
            return o;
    }
    return NULL;
}

static void address(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = here(s);
    ip4 addr = 0, mask = 0;
    cli_arg_ip4(a, "addr", &addr);
    cli_arg_ip4(a, "mask", &mask);
    if (cli_negated(a)) {
        ios_dhcp_stop(s, i);
        if (addr && i->addr && (addr != i->addr || mask != i->mask)) {
            ios_refuse(s, out, "%% Invalid address");
            return;
        }
        net_if_set_address(i, 0, 0);
        ios_changed(s, "ip address");
        return;
    }
    int length = ip4_mask_len(mask);
    if (length < 1) {
        ios_refuse(s, out, "Bad mask 0x%X for address %s", mask, IP4S(addr));
        return;
    }
    ip4 host = addr & ~mask;
    if (addr == 0 || (length < 31 && (host == 0 || host == ~mask)) ||
        (length == 32 && !i->loopback)) {
        ios_refuse(s, out, "Bad mask /%d for address %s", length, IP4S(addr));
        return;
    }
    const struct net_if *other = overlapping(s, i, addr, mask);
    if (other) {
        ios_refuse(s, out, "%% %s overlaps with %s", IP4S(addr & mask), other->name);
        return;
    }
    ios_dhcp_stop(s, i);
    net_if_set_address(i, addr, mask);
    ios_changed(s, "ip address");
}

static void address_dhcp(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    if (cli_negated(a))
        ios_dhcp_stop(s, here(s));
    else
        ios_dhcp_start(s, here(s), out);
}

/* Lines of the language that ask for what this simulator has not; better said than silently
 * dropped. */
static void not_modelled(void *self, const struct cli_args *a, GString *out)
{
    g_autofree char *line = cli_canonical(a);
    ios_refuse(self, out, "%% %s is not modelled by this simulator", line);
}

/* ---- State and MTU ---- */

static void shutdown_(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    net_if_set_admin(here(s), cli_negated(a));
    ios_changed(s, "shutdown");
}

static void description(void *self, const struct cli_args *a, GString *out)
{
    struct net_if *i = here(self);
    g_free(i->description);
    i->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

static void mtu(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = here(s);
    uint32_t v = 1500, before = MIN(i->mtu, i->ip_mtu);
    if (!cli_negated(a))
        cli_arg_u32(a, "bytes", &v);
    if (i->ip_mtu == i->mtu || i->ip_mtu > v) /* the MTU of IP follows until it is set apart */
        i->ip_mtu = (uint16_t)v;
    i->mtu = (uint16_t)v;
    ios_mtu_changed(s, i, before);
    ios_changed(s, "mtu");
}

static void ip_mtu(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = here(s);
    uint32_t v = i->mtu, before = MIN(i->mtu, i->ip_mtu);
    if (!cli_negated(a))
        cli_arg_u32(a, "bytes", &v);
    if (v > i->mtu) {
        ios_refuse(s, out, "%% IP MTU %u is larger than the interface MTU %u", v, i->mtu);
        return;
    }
    i->ip_mtu = (uint16_t)v;
    ios_mtu_changed(s, i, before);
    ios_changed(s, "ip mtu");
}

static void bandwidth(void *self, const struct cli_args *a, GString *out)
{
    struct net_if *i = here(self);
    g_autofree char *key = g_strdup_printf("interface %s", i->name);
    uint32_t v;
    if (cli_negated(a) || !cli_arg_u32(a, "kbps", &v)) {
        ios_keep_remove(self, key, "bandwidth");
        i->bandwidth_kbps = ios_if_bandwidth_kbps(i->name);
        net_qos_changed(i->node);
        return;
    }
    g_autofree char *text = g_strdup_printf("bandwidth %u", v);
    i->bandwidth_kbps = v;
    net_qos_changed(i->node);
    ios_keep_line(self, IOS_PLACE_SUB, key, "bandwidth", text);
}

static void keepalive(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    here(s)->no_keepalive = cli_negated(a);
    ios_changed(s, "keepalive");
}

static void unreachables(void *self, const struct cli_args *a, GString *out)
{
    here(self)->no_unreachables = cli_negated(a) && !cli_defaulted(a);
}

/* ---- Filters and the map ---- */

static void access_group(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = here(s);
    char **slot = cli_has(a, "in") ? &i->acl_in : &i->acl_out;
    g_free(*slot);
    *slot = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "name"));
    ios_changed(s, "ip access-group");
}

/* One map an interface: a second takes the place of the first (CAT-40). */
static void crypto_map(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = here(s);
    const char *name = cli_arg(a, "name"), *bound = ipsec_bound(s->d->ipsec, i);
    if (cli_negated(a)) {
        if (!bound && !name)
            return;
        if (!bound || (name && strcmp(name, bound) != 0)) {
            ios_refuse(s, out, "%% Crypto Map with tag \"%s\" is not applied to this interface.",
                       name);
            return;
        }
        device_set_crypto_map(s->d, i, NULL);
    } else {
        if (!ipsec_map_find(s->d->ipsec_conf, name)) {
            ios_refuse(s, out, "ERROR: Crypto Map with tag \"%s\" does not exist.", name);
            return;
        }
        if (bound && strcmp(name, bound) == 0)
            return;
        device_set_crypto_map(s->d, i, name);
    }
    ios_changed(s, "crypto map on an interface");
}

// clang-format off
const struct cli_command ios_config_if_rows[] = {
    { "ip address addr:A.B.C.D mask:A.B.C.D",           address,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip address addr:A.B.C.D mask:A.B.C.D secondary", not_modelled, CLI_HIDDEN },
    { "ip address dhcp",                                address_dhcp, CLI_NO },
    { "shutdown",                                       shutdown_,    CLI_NO },
    { "description text:LINE",                          description,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { "mtu bytes:<68-18024>",                           mtu,          CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip mtu bytes:<68-18024>",                        ip_mtu,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "bandwidth kbps:<1-10000000>",                    bandwidth,    CLI_NO | CLI_NO_ONLY_PREFIX },
    { "keepalive [seconds:<0-32767>] [retries:<1-255>]", keepalive,   CLI_NO },
    { "ip unreachables",                                unreachables, CLI_NO | CLI_DEFAULT },
    { "ip access-group name:WORD (in|out)",             access_group, CLI_NO },
    { "crypto map name:WORD",                           crypto_map,   CLI_NO | CLI_NO_ONLY_PREFIX },
    { 0 } };
// clang-format on
