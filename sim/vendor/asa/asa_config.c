/* Configuration outside of crypto: names, interfaces, routes, access-groups, logging, and the way
 * in and out of the modes. */
#include "asa_path.h"

#include <string.h>

/* ---- In and out ---- */

static void do_exit(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    asa_enter(s, s->mode->parent ? s->mode->parent : &asa_mode_exec);
}

static void do_end(void *self, const struct cli_args *a, GString *out)
{
    asa_enter(self, &asa_mode_exec);
}

// clang-format off
const struct cli_command asa_config_nav[] = {
    { "exit", do_exit, 0, "Exit from this configuration mode" },
    { "quit", do_exit, CLI_HIDDEN },
    { "end",  do_end,  0, "Exit from configure mode" },
    { 0 } };
// clang-format on

/* ---- Names ---- */

static void hostname(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_negated(a) ? "ciscoasa" : cli_arg(a, "name");
    for (const char *p = name; *p; p++)
        if (!g_ascii_isalnum(*p) && *p != '-') {
            asa_refuse(s, out, "ERROR: Hostname contains one or more illegal characters");
            return;
        }
    g_free(s->d->hostname);
    s->d->hostname = g_strndup(name, 63);
    g_free(s->d->ike_conf->hostname);
    s->d->ike_conf->hostname = g_strdup(s->d->hostname);
    asa_changed(s, "hostname");
}

/* ---- Interfaces ---- */

static void interface_mode(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    const char *name = cli_arg(a, "name");
    asa_if_make(s, name);
    g_free(s->at_interface);
    s->at_interface = g_strdup(name);
    asa_enter(s, &asa_mode_if);
}

static struct asa_if *here(struct asa *s)
{
    return asa_if_make(s, s->at_interface);
}

static struct net_if *here_net(struct asa *s)
{
    return asa_net_if(s, here(s));
}

/* An interface without a name carries no crypto map and no access-group. */
static void unname(struct asa *s, struct asa_if *f)
{
    g_clear_pointer(&f->nameif, g_free);
    g_clear_pointer(&f->group_in, g_free);
    g_clear_pointer(&f->group_out, g_free);
    f->security = 0;
    f->listens = false;
    device_set_crypto_map(s->d, asa_net_if(s, f), NULL);
}

static void nameif(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_if *f = here(s), *other = NULL;
    const char *name = cli_arg(a, "name");
    if (cli_negated(a)) {
        unname(s, f);
        asa_changed(s, "no nameif");
        return;
    }
    other = asa_if_named(s, name);
    if (other && other != f) {
        asa_refuse(s, out, "ERROR: Name \"%s\" has been assigned to interface %s", name,
                   other->hardware);
        return;
    }
    bool fresh = !f->nameif;
    g_free(f->nameif);
    f->nameif = g_strdup(name);
    if (fresh) {
        f->security = g_ascii_strcasecmp(name, "inside") == 0 ? 100 : 0;
        g_string_append_printf(out, "INFO: Security level for \"%s\" set to %u by default.\n", name,
                               f->security);
    }
    asa_changed(s, "nameif");
}

static void security(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t level = 0;
    if (!cli_negated(a))
        cli_arg_u32(a, "level", &level);
    here(s)->security = level;
}

static const struct net_if *overlapping(struct asa *s, const struct net_if *self, ip4 addr,
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
    struct asa *s = self;
    struct net_if *i = here_net(s);
    ip4 addr = 0, mask;
    if (cli_negated(a)) {
        net_if_set_address(i, 0, 0);
        asa_changed(s, "no ip address");
        return;
    }
    cli_arg_ip4(a, "addr", &addr);
    if (!cli_arg_ip4(a, "mask", &mask))
        mask = class_mask(addr);
    int length = ip4_mask_len(mask);
    ip4 host = addr & ~mask;
    if (length < 1 || length > 30 || host == 0 || host == ~mask) {
        asa_refuse(s, out, "ERROR: Invalid IP address or mask: %s %s", IP4S(addr), IP4S(mask));
        return;
    }
    const struct net_if *other = overlapping(s, i, addr, mask);
    if (other) {
        asa_refuse(s, out, "ERROR: This address conflicts with the network of interface %s",
                   other->name);
        return;
    }
    net_if_set_address(i, addr, mask);
    asa_changed(s, "ip address");
}

static void shutdown_(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    net_if_set_admin(here_net(s), cli_negated(a));
    asa_changed(s, "shutdown");
}

static void description(void *self, const struct cli_args *a, GString *out)
{
    struct net_if *i = here_net(self);
    g_free(i->description);
    i->description = cli_negated(a) ? NULL : g_strdup(cli_arg(a, "text"));
}

/* Speed and duplex change nothing in the model: they are kept with the interface. */
static void keep_of_interface(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    g_autofree char *section = g_strconcat("interface ", s->at_interface, NULL);
    g_autofree char *text = cli_canonical(a);
    const char *key = g_str_has_prefix(text, "speed")    ? "speed"
                      : g_str_has_prefix(text, "duplex") ? "duplex"
                                                         : text;
    if (cli_negated(a) || cli_has(a, "auto"))
        asa_keep_remove(s, section, key);
    else
        asa_keep_line(s, ASA_PLACE_SUB, section, key, text);
}

// clang-format off
const struct cli_command asa_config_if_rows[] = {
    { "nameif name:WORD",                           nameif,            CLI_NO | CLI_NO_ONLY_PREFIX },
    { "security-level level:<0-100>",               security,          CLI_NO | CLI_NO_ONLY_PREFIX },
    { "ip address addr:A.B.C.D [mask:MASK]",        address,           CLI_NO | CLI_NO_ONLY_PREFIX },
    { "shutdown",                                   shutdown_,         CLI_NO },
    { "description text:LINE",                      description,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "speed (10|100|1000|auto)",                   keep_of_interface, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "duplex (auto|full|half)",                    keep_of_interface, CLI_NO | CLI_NO_ONLY_PREFIX },
    { "management-only",                            keep_of_interface, CLI_NO },
    { 0 } };
// clang-format on

/* ---- MTU ---- */

static void mtu(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_if *f = asa_if_arg(s, a, "if");
    uint32_t bytes = 1500;
    if (!f)
        return;
    if (!cli_negated(a))
        cli_arg_u32(a, "bytes", &bytes);
    struct net_if *i = asa_net_if(s, f);
    uint32_t before = i->mtu;
    i->mtu = i->ip_mtu = (uint16_t)bytes;
    asa_mtu_changed(s, i, before);
    asa_changed(s, "mtu");
}

/* ---- Routes ---- */

/* 0 stands for 0.0.0.0. */
static void route(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_if *f = asa_if_arg(s, a, "if");
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
        asa_refuse(s, out, "ERROR: Invalid address or mask: %s %s", IP4S(net.addr), IP4S(net.mask));
        return;
    }
    if (cli_negated(a)) {
        if (!net_route_del(s->d->node, net, gateway, f->hardware))
            asa_refuse(s, out, "ERROR: No matching route to delete");
        asa_changed(s, "no route");
        return;
    }
    if (net_if_by_addr(s->d->node, gateway)) {
        asa_refuse(s, out, "ERROR: Invalid next hop address, it belongs to one of our interfaces");
        return;
    }
    const struct net_if *i = asa_net_if(s, f);
    if (i->addr && ((i->addr ^ gateway) & i->mask) != 0) {
        asa_refuse(s, out,
                   "ERROR: Cannot add route entry, possible conflict: the gateway %s is not "
                   "on the network of %s",
                   IP4S(gateway), f->nameif);
        return;
    }
    if (net_route_add(s->d->node, net, gateway, f->hardware, (uint8_t)metric))
        asa_changed(s, "route");
    else
        asa_refuse(s, out, "ERROR: Route already exists");
}

/* ---- Access-groups ---- */

static void access_group(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    struct asa_if *f = asa_if_arg(s, a, "if");
    const char *name = cli_arg(a, "list");
    if (!f)
        return;
    char **slot = cli_has(a, "in") ? &f->group_in : &f->group_out;
    if (!cli_negated(a) && !net_acl(s->d->node, name)) {
        asa_refuse(s, out, "ERROR: access-list <%s> does not exist", name);
        return;
    }
    if (cli_negated(a) && g_strcmp0(*slot, name) != 0) {
        asa_refuse(s, out, "ERROR: access-list <%s> not bound to interface %s", name, f->nameif);
        return;
    }
    g_free(*slot);
    *slot = cli_negated(a) ? NULL : g_strdup(name);
    asa_changed(s, "access-group");
}

/* ---- Logging ---- */

enum { LOG_ENABLE, LOG_STAMP, LOG_LEVEL, LOG_SIZE, LOG_MESSAGE };
static const char *const destination[ASA_LOGS] = {"console", "buffered", "monitor", "trap", "asdm"};
#define LEVEL                                                                                      \
    "(level:<0-7>|emergencies|alerts|critical|errors|warnings|notifications|informational|"        \
    "debugging)"

static int level_of(const struct cli_args *a)
{
    uint32_t n;
    if (cli_arg_u32(a, "level", &n))
        return (int)n;
    for (int i = 0; i < 8; i++)
        if (cli_has(a, vendor_severity[i]))
            return i;
    return 7;
}

static void silence(struct asa *s, uint32_t id, bool on)
{
    for (guint i = s->silenced->len; i-- > 0;)
        if (g_array_index(s->silenced, uint32_t, i) == id)
            g_array_remove_index(s->silenced, i);
    if (on)
        g_array_append_val(s->silenced, id);
}

static void logging(void *self, const struct cli_args *a, GString *out)
{
    struct asa *s = self;
    uint32_t v = 4096;
    bool on = !cli_negated(a);
    switch (cli_tag(a)) {
    case LOG_ENABLE:
        s->logging = on;
        break;
    case LOG_STAMP:
        s->stamp = on;
        break;
    case LOG_LEVEL:
        for (size_t i = 0; i < ASA_LOGS; i++)
            if (cli_has(a, destination[i]))
                s->level[i] = on ? level_of(a) : -1;
        break;
    case LOG_SIZE:
        if (on)
            cli_arg_u32(a, "bytes", &v);
        s->buffer_bytes = v;
        break;
    case LOG_MESSAGE:
        if (cli_arg_u32(a, "id", &v))
            silence(s, v, !on);
        break;
    }
}

// clang-format off
const struct cli_command asa_config_global[] = {
    { "hostname name:WORD",                        hostname,       CLI_NO | CLI_NO_ONLY_PREFIX },
    { "interface name:IFNAME",                     interface_mode, 0 },
    { "mtu if:WORD bytes:<300-65535>",             mtu,            CLI_NO | CLI_NO_ONLY_PREFIX },
    { "route if:WORD (net:A.B.C.D|0) (mask:MASK|0) gateway:A.B.C.D [metric:<1-255>]",
                                                   route,          CLI_NO },
    { "access-group list:WORD (in|out) interface if:WORD", access_group, CLI_NO },
    { "logging enable",                            logging,        CLI_NO, .tag = LOG_ENABLE },
    { "logging on",                                logging,        CLI_NO | CLI_HIDDEN, .tag = LOG_ENABLE },
    { "logging timestamp",                         logging,        CLI_NO, .tag = LOG_STAMP },
    { "logging (console|buffered|monitor|trap|asdm) " LEVEL, logging, CLI_NO | CLI_NO_ONLY_PREFIX, .tag = LOG_LEVEL },
    { "logging buffer-size bytes:<4096-1048576>",  logging,        CLI_NO | CLI_NO_ONLY_PREFIX, .tag = LOG_SIZE },
    { "logging message id:<100000-999999>",        logging,        CLI_NO, .tag = LOG_MESSAGE },
    { 0 } };
// clang-format on
