/* The kind "dhcp": a DHCP server (RFC 2131), the only one of its network.
 *
 *   interface eth0 10.0.0.10/24
 *   pool 10.0.0.100 10.0.0.199     addresses to lease; several lines, several ranges
 *   mask 255.255.255.0             else its interface's
 *   gateway 10.0.0.1, dns 10.0.0.53 10.0.0.54, domain example.net
 *   lease 1h | infinite
 *   reserve 02:00:00:00:00:07 10.0.0.7      a hardware address or client identifier, as `show
 * leases` has it shuffle                        addresses in no order fresh-address-after-reboot
 * who asks anew gets another address than before delay 3s, silent show leases, show log, clear
 * lease 10.0.0.100, clear leases; no … takes a line back */
#include "dhcp.h"

#include <string.h>

#include "vendor/common.h"

#define LEASE_DEFAULT_S 86400

/* ---- Configuration ---- */

static void pool(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    ip4 first = 0, last = 0;
    cli_arg_ip4(a, "first", &first);
    cli_arg_ip4(a, "last", &last);
    if (cli_negated(a)) {
        for (guint i = s->pool->range->len; i-- > 0;) {
            const struct ip4_range *r = &g_array_index(s->pool->range, struct ip4_range, i);
            if (r->first == first && r->last == last)
                g_array_remove_index(s->pool->range, i);
        }
        return;
    }
    if (last < first)
        server_refuse(&s->s, out, "the pool ends before it begins; write the lower address first");
    else if (!addr_pool_add(s->pool, first, last))
        server_refuse(&s->s, out, "%s to %s overlaps a pool that is there; take that back with no",
                      IP4S(first), IP4S(last));
    for (guint i = 0; i < s->reserves->len; i++) {
        const struct dhcp_reserve *r = &g_array_index(s->reserves, struct dhcp_reserve, i);
        if (r->addr >= first && r->addr <= last)
            addr_pool_take_at(s->pool, r->addr, r->client);
    }
}

static void mask(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    s->mask = 0;
    if (!cli_negated(a))
        cli_arg_ip4(a, "mask", &s->mask);
}

static void gateway(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    s->gateway = 0;
    if (!cli_negated(a))
        cli_arg_ip4(a, "router", &s->gateway);
}

static void dns(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    s->n_dns = 0;
    if (cli_negated(a))
        return;
    s->n_dns += cli_arg_ip4(a, "first", &s->dns[0]);
    s->n_dns += cli_arg_ip4(a, "second", &s->dns[1]);
}

static void domain(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    const char *name = cli_negated(a) ? NULL : cli_arg(a, "name");
    if (name && strlen(name) > 63) {
        server_refuse(&s->s, out, "a domain of at most 63 letters");
        return;
    }
    g_free(s->domain);
    s->domain = g_strdup(name);
}

static void lease(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    sim_time t;
    if (cli_has(a, "infinite"))
        s->lease_s = DHCP_INFINITE;
    else if (!server_duration(cli_arg(a, "time"), &t) || t < SECONDS(1))
        server_refuse(&s->s, out, "%s is no time of a second or more; write it as 90s, 10m or 1h",
                      cli_arg(a, "time"));
    else
        s->lease_s = (uint32_t)(t / SECONDS(1));
}

static void reserve(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    struct dhcp_reserve r = {0};
    const char *who = cli_arg(a, "client");
    if (strlen(who) >= sizeof r.client) {
        server_refuse(&s->s, out, "a client has at most 63 letters");
        return;
    }
    for (guint i = s->reserves->len; i-- > 0;) {
        const struct dhcp_reserve *o = &g_array_index(s->reserves, struct dhcp_reserve, i);
        if (g_ascii_strcasecmp(o->client, who) != 0)
            continue;
        addr_pool_give_back(s->pool, o->addr);
        g_array_remove_index(s->reserves, i);
    }
    if (cli_negated(a))
        return;
    g_strlcpy(r.client, who, sizeof r.client);
    cli_arg_ip4(a, "address", &r.addr);
    for (guint i = 0; i < s->reserves->len; i++)
        if (g_array_index(s->reserves, struct dhcp_reserve, i).addr == r.addr) {
            server_refuse(&s->s, out, "%s is reserved for another client", IP4S(r.addr));
            return;
        }
    g_array_append_val(s->reserves, r);
    if (addr_pool_contains(s->pool, r.addr))
        addr_pool_take_at(s->pool, r.addr, r.client);
}

static void shuffle(void *self, const struct cli_args *a, GString *out)
{
    ((struct dhcp_server *)self)->shuffle = !cli_negated(a);
}

static void fresh(void *self, const struct cli_args *a, GString *out)
{
    ((struct dhcp_server *)self)->fresh = !cli_negated(a);
}

/* ---- Commands ---- */

static void clear_leases(void *self, const struct cli_args *a, GString *out)
{
    struct dhcp_server *s = self;
    ip4 addr = 0;
    bool one = cli_arg_ip4(a, "address", &addr), found = false;
    TRACE(s->s.d->scope, clear_command, .what = one ? "clear lease" : "clear leases");
    for (guint i = s->grants->len; i-- > 0;) {
        if (one && g_array_index(s->grants, struct dhcp_grant, i).addr != addr)
            continue;
        dhcp_server_drop(s, i);
        found = true;
    }
    if (one && !found)
        server_refuse(&s->s, out, "%s is not leased", IP4S(addr));
}

static void view_leases(struct dhcp_server *s, struct view *v)
{
    view_columns(v, "address", "client", "hostname", "state", "left", NULL);
    for (guint i = 0; i < s->grants->len; i++) {
        const struct dhcp_grant *g = &g_array_index(s->grants, struct dhcp_grant, i);
        view_row_begin(v);
        view_set(v, "address", "%s", IP4S(g->addr));
        view_set(v, "client", "%s", g->client);
        view_set(v, "hostname", "%s", g->hostname[0] ? g->hostname : "-");
        view_set(v, "state", "%s", dhcp_lease_state_name(g->state));
        if (g->until == SIM_TIME_MAX)
            view_set(v, "left", "infinite");
        else
            view_set(v, "left", "%" G_GINT64_FORMAT,
                     (g->until - sim_now(s->s.d->sim)) / SECONDS(1));
    }
}

static void show_leases(void *self, const struct cli_args *a, GString *out)
{
    struct view v;
    view_init(&v);
    view_leases(self, &v);
    server_print(&v, out);
    view_clear(&v);
}

static bool dhcp_view(struct device *d, const char *what, struct view *out)
{
    g_auto(GStrv) typed = vendor_show_words(what);
    if (!d->vendor)
        return false;
    if (!vendor_words_match("leases", typed))
        return server_view(d->vendor, what, out);
    view_leases(d->vendor, out);
    return true;
}

// clang-format off
static const struct cli_command rows[] = {
    { "pool first:A.B.C.D last:A.B.C.D",           pool,    CLI_NO, "Addresses to lease" },
    { "mask mask:MASK",                            mask,    CLI_NO | CLI_NO_ONLY_PREFIX, "Mask that clients are told" },
    { "gateway router:A.B.C.D",                    gateway, CLI_NO | CLI_NO_ONLY_PREFIX, "Router that clients are told" },
    { "dns first:A.B.C.D [second:A.B.C.D]",        dns,     CLI_NO | CLI_NO_ONLY_PREFIX, "Name servers that clients are told" },
    { "domain name:WORD",                          domain,  CLI_NO | CLI_NO_ONLY_PREFIX, "Domain that clients are told" },
    { "lease (infinite|time:WORD)",                lease,   0,      "How long an address is lent" },
    { "reserve client:WORD address:A.B.C.D",       reserve, CLI_NO | CLI_NO_ONLY_PREFIX, "The address of one client" },
    { "shuffle",                                   shuffle, CLI_NO, "Addresses in no order" },
    { "fresh-address-after-reboot",                fresh,   CLI_NO, "Who asks anew gets another address" },
    { "clear lease address:A.B.C.D",               clear_leases, 0, "Forget one lease" },
    { "clear leases",                              clear_leases, 0, "Forget all leases" },
    { "show leases",                               show_leases,  0, "Who has which address" },
    { 0 } };
static const struct cli_word words[] = { SERVER_WORDS, { "infinite", "Without end" }, { 0 } };
// clang-format on
static const struct cli_command *const tables[] = {rows, server_rows, NULL};
static const struct cli_mode mode = {"dhcp", tables, NULL};

/* ---- The kind ---- */

static bool dhcp_init(struct device *d, const char *version, GError **error)
{
    struct dhcp_server *s = g_new0(struct dhcp_server, 1);
    d->vendor = s;
    server_init(&s->s, d, "dhcp", &mode, words);
    s->pool = addr_pool_new(d->name);
    s->grants = g_array_new(FALSE, FALSE, sizeof(struct dhcp_grant));
    s->reserves = g_array_new(FALSE, FALSE, sizeof(struct dhcp_reserve));
    s->lease_s = LEASE_DEFAULT_S;
    sim_timer_init(d->sim, &s->expiry, dhcp_server_expire, s);
    net_udp_bind(d->node, DHCP_PORT_SERVER, dhcp_server_in, s);
    return true;
}

static void dhcp_free(struct device *d)
{
    struct dhcp_server *s = d->vendor;
    net_udp_unbind(d->node, DHCP_PORT_SERVER);
    sim_timer_clear(&s->expiry);
    addr_pool_free(s->pool);
    g_array_unref(s->grants);
    g_array_unref(s->reserves);
    g_free(s->domain);
    server_clear(&s->s);
    g_free(s);
}

extern const struct device_kind dhcp_kind;
const struct device_kind dhcp_kind = {
    .name = "dhcp",
    .summary = "a server that lends addresses",
    .init = dhcp_init,
    .free = dhcp_free,
    .load = server_load,
    .type = server_type,
    .prompt = server_prompt,
    .help = server_help,
    .complete = server_complete,
    .view = dhcp_view,
    .show = server_show,
};
