/* Configuration outside of crypto: names, interfaces, addresses, routes, access-groups, the
 * exemption from translation. Every line names the interface that it is about. */
#include "pix.h"

#include <string.h>

/* ---- Names ---- */

/* The identity of IKE is the name with its domain. */
void pix_names_changed(struct pix *s)
{
    struct ike_conf *c = s->d->ike_conf;
    g_free(c->hostname);
    c->hostname =
        s->domain ? g_strdup_printf("%s.%s", s->d->hostname, s->domain) : g_strdup(s->d->hostname);
}

static void hostname(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    const char *name = cli_negated(a) ? "pixfirewall" : cli_arg(a, "name");
    for (const char *p = name; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '-' && *p != '_') {
            pix_refuse(s, out, "ERROR: hostname contains characters that are not allowed");
            return;
        }
    g_free(s->d->hostname);
    s->d->hostname = g_strndup(name, 63);
    pix_names_changed(s);
    pix_changed(s, "hostname");
}

static void domain_name(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    g_free(s->domain);
    s->domain = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "name"));
    pix_names_changed(s);
    pix_changed(s, "domain-name");
}

/* ---- Interfaces ---- */

static const char *const speed[] = {"auto",     "10baset",  "10full",     "100basetx",
                                    "100full",  "1000sx",   "1000sxfull", "1000basesx",
                                    "1000auto", "1000full", "aui",        "bnc"};
#define SPEED                                                                                      \
    "(auto|10baset|10full|100basetx|100full|1000sx|1000sxfull|1000basesx|1000auto|1000full|aui|"   \
    "bnc)"

/* An interface does nothing before this line names it. */
static void interface(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_make(s, cli_arg(a, "hw"));
    for (size_t i = 0; i < G_N_ELEMENTS(speed); i++)
        if (cli_has(a, speed[i])) {
            g_free(f->speed);
            f->speed = g_strdup(speed[i]);
        }
    net_if_set_admin(pix_net_if(s, f), !cli_has(a, "shutdown"));
    pix_changed(s, "interface");
}

/* "security0" to "security100", or "sec0". */
static bool security_of(const char *word, uint32_t *level)
{
    const char *digits = word + strcspn(word, "0123456789");
    char *end;
    if (!g_str_has_prefix("security", word) && g_ascii_strncasecmp(word, "sec", 3) != 0)
        return false;
    if (digits == word || !*digits || strlen(digits) > 3)
        return false;
    if (g_ascii_strncasecmp(word, "security", (size_t)(digits - word)) != 0)
        return false;
    *level = (uint32_t)g_ascii_strtoull(digits, &end, 10);
    return *end == '\0' && *level <= 100;
}

static void nameif(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_make(s, cli_arg(a, "hw"));
    const char *name = cli_arg(a, "name");
    const struct pix_if *other = pix_if_named(s, name);
    uint32_t level;
    if (!security_of(cli_arg(a, "level"), &level)) {
        pix_refuse(s, out, "ERROR: security level is security0 to security100");
        return;
    }
    if (other && other != f) {
        pix_refuse(s, out, "ERROR: interface name \"%s\" is used by %s", name, other->hardware);
        return;
    }
    char *copy = g_strndup(name, 48);
    g_free(f->nameif);
    f->nameif = copy;
    f->security = level;
    pix_changed(s, "nameif");
}

static const struct net_if *overlapping(struct pix *s, const struct net_if *self, ip4 addr,
                                        ip4 mask)
{
    for (size_t i = 0; i < net_if_count(s->d->node); i++) {
        const struct net_if *o = net_if_at(s->d->node, i);
        if (o != self && o->addr && ((o->addr ^ addr) & mask & o->mask) == 0)
            return o;
    }
    return NULL;
}

/* The mask an address has by its class, when none is typed. */
static ip4 class_mask(ip4 a)
{
    return a < IP4(128, 0, 0, 0)   ? ip4_mask(8)
           : a < IP4(192, 0, 0, 0) ? ip4_mask(16)
                                   : ip4_mask(24);
}

static void address(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_arg(s, a, "if", out);
    ip4 addr = 0, mask;
    if (!f)
        return;
    struct net_if *i = pix_net_if(s, f);
    cli_arg_ip4(a, "addr", &addr);
    /* What an interface without address is shown with by older versions. */
    if (cli_negated(a) || addr == IP4(127, 0, 0, 1)) {
        net_if_set_address(i, 0, 0);
        pix_changed(s, "no ip address");
        return;
    }
    if (!cli_arg_ip4(a, "mask", &mask))
        mask = class_mask(addr);
    int length = ip4_mask_len(mask);
    ip4 host = addr & ~mask;
    if (length < 1 || length > 30 || host == 0 || host == ~mask) {
        pix_refuse(s, out, "ERROR: invalid IP address or mask: %s %s", IP4S(addr), IP4S(mask));
        return;
    }
    const struct net_if *other = overlapping(s, i, addr, mask);
    if (other) {
        pix_refuse(s, out, "ERROR: the address is on the network of interface %s",
                   pix_if_word(s, other));
        return;
    }
    net_if_set_address(i, addr, mask);
    pix_changed(s, "ip address");
}

static void address_by_protocol(void *self, const struct cli_args *a, GString *out)
{
    pix_refuse(self, out, "ERROR: addresses by DHCP and PPPoE are not modelled for this device");
}

static void mtu(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_arg(s, a, "if", out);
    uint32_t bytes = 1500;
    if (!f)
        return;
    if (!cli_negated(a))
        cli_arg_u32(a, "bytes", &bytes);
    struct net_if *i = pix_net_if(s, f);
    uint32_t before = i->mtu;
    i->mtu = i->ip_mtu = (uint16_t)bytes;
    pix_mtu_changed(s, i, before);
    pix_changed(s, "mtu");
}

/* ---- Routes ---- */

/* 0 stands for 0.0.0.0. */
static void route(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_arg(s, a, "if", out);
    struct ip4_net net = {0, 0};
    ip4 gateway = 0;
    uint32_t metric = 1;
    if (!f)
        return;
    cli_arg_ip4(a, "net", &net.addr);
    cli_arg_ip4(a, "mask", &net.mask);
    cli_arg_ip4(a, "gateway", &gateway);
    cli_arg_u32(a, "metric", &metric);
    if (net.addr & ~net.mask) {
        pix_refuse(s, out, "ERROR: invalid address or mask: %s %s", IP4S(net.addr), IP4S(net.mask));
        return;
    }
    if (cli_negated(a)) {
        if (!net_route_del(s->d->node, net, gateway, f->hardware))
            pix_refuse(s, out, "ERROR: no such route");
        pix_changed(s, "no route");
        return;
    }
    if (net_if_by_addr(s->d->node, gateway)) {
        pix_refuse(s, out, "ERROR: invalid next hop, it is an address of this device");
        return;
    }
    if (net_route_add(s->d->node, net, gateway, f->hardware, (uint8_t)metric))
        pix_changed(s, "route");
    else
        pix_refuse(s, out, "ERROR: route already exists");
}

/* ---- Access-groups ---- */

static bool list_exists(struct pix *s, const char *name, GString *out)
{
    if (net_acl(s->d->node, name))
        return true;
    pix_refuse(s, out, "ERROR: access-list <%s> does not exist", name);
    return false;
}

static void access_group(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    struct pix_if *f = pix_if_arg(s, a, "if", out);
    const char *name = cli_arg(a, "list");
    if (!f || (!cli_negated(a) && !list_exists(s, name, out)))
        return;
    if (cli_negated(a) && g_strcmp0(f->group_in, name) != 0) {
        pix_refuse(s, out, "ERROR: access-list <%s> is not bound to interface %s", name, f->nameif);
        return;
    }
    g_free(f->group_in);
    f->group_in = cli_negated(a) ? NULL : g_strdup(name);
    pix_changed(s, "access-group");
}

static void clear_groups(void *self, const struct cli_args *a, GString *out)
{
    struct pix *s = self;
    for (guint i = 0; i < s->interfaces->len; i++)
        g_clear_pointer(&((struct pix_if *)g_ptr_array_index(s->interfaces, i))->group_in, g_free);
    pix_changed(s, "clear access-group");
}

static void conduit(void *self, const struct cli_args *a, GString *out)
{
    pix_refuse(self, out, "ERROR: conduits are not modelled; use access-list and access-group");
}

// clang-format off
const struct cli_command pix_config_global[] = {
    { "hostname name:WORD",                             hostname,     CLI_NO | CLI_NO_ONLY_PREFIX },
    { "domain-name name:WORD",                          domain_name,  CLI_NO | CLI_NO_ONLY_PREFIX },
    { "interface hw:IFNAME [" SPEED "] [shutdown]",     interface,    0 },
    { "nameif hw:IFNAME name:WORD level:WORD",          nameif,       0 },
    { "ip address if:WORD addr:A.B.C.D [mask:MASK]",    address,      CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip address if:WORD (dhcp|pppoe) [rest:LINE]",    address_by_protocol, CLI_HIDDEN },
    { "mtu if:WORD bytes:<64-65535>",                   mtu,          CLI_NO | CLI_NO_ONLY_PREFIX },
    { "route if:WORD (net:A.B.C.D|0) (mask:MASK|0) gateway:A.B.C.D [metric:<1-255>]",
                                                        route,        CLI_NO },
    { "access-group list:WORD in interface if:WORD",    access_group, CLI_NO },
    { "clear access-group",                             clear_groups, 0 },
    { "conduit rest:LINE",                              conduit,      CLI_NO | CLI_HIDDEN },
    { 0 } };
// clang-format on
