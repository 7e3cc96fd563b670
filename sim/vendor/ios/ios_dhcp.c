/* ip address dhcp: the interface's address is a lease (hub-and-spoke.md 2.6). What is said of it,
 * show dhcp lease, release and renew. */
#include "vendor/ios/ios_ra.h"

#include <string.h>

#include "vendor/ios/ios_show_priv.h"

/* Which address each interface had by its last lease. */
struct ios_leased {
    const struct net_if *i;
    ip4 addr;
};

static struct ios_leased *leased(struct ios *s, const struct net_if *i)
{
    struct ios_leased fresh = {i, 0};
    for (guint k = 0; k < s->ra->leased->len; k++) {
        struct ios_leased *l = &g_array_index(s->ra->leased, struct ios_leased, k);
        if (l->i == i)
            return l;
    }
    g_array_append_val(s->ra->leased, fresh);
    return &g_array_index(s->ra->leased, struct ios_leased, s->ra->leased->len - 1);
}

/* SAs speak from the address they were made with. When it goes, they go, and nobody is told: there
 * is no address to tell it from. The peer keeps its own (hub-and-spoke.md 2.6 point 3). */
static void address_gone(struct ios *s, ip4 addr)
{
    struct peer {
        ip4 addr;
        uint32_t nat;
    };
    g_autoptr(GArray) peers = g_array_new(FALSE, FALSE, sizeof(struct peer));
    if (!addr)
        return;
    ike_address_gone(s->d->ike, addr);
    for (size_t i = 0; i < ipsec_ident_count(s->d->ipsec); i++) {
        const struct ipsec_ident *ident = ipsec_ident_at(s->d->ipsec, i);
        struct peer p = {ident->peer, ident->nat};
        g_array_append_val(peers, p);
    }
    for (guint i = 0; i < peers->len; i++) {
        const struct peer *p = &g_array_index(peers, struct peer, i);
        ipsec_peer_gone(s->d->ipsec, addr, p->addr, p->nat, WHY_CONFIG);
    }
}

static void changed(void *self, const struct dhcp_lease *l, enum dhcp_change what)
{
    struct ios *s = self;
    struct ios_leased *had = leased(s, l->i);
    ip4 now = what == DHCP_CHANGE_LOST ? 0 : l->addr;
    if (had->addr != now)
        address_gone(s, had->addr);
    had->addr = now;
    if (what == DHCP_CHANGE_BOUND)
        ios_log(s, "DHCP", 6, "ADDRESS_ASSIGN",
                "Interface %s assigned DHCP address %s, mask %s, hostname %s", l->i->name,
                IP4S(l->addr), IP4S(l->mask), s->d->hostname);
    if (what != DHCP_CHANGE_RENEWED)
        ios_changed(s, "DHCP lease");
}

void ios_dhcp_init(struct ios *s)
{
    s->ra->leased = g_array_new(FALSE, FALSE, sizeof(struct ios_leased));
    s->ra->dhcp = dhcp_client_new(s->d, changed, s);
}

void ios_dhcp_clear(struct ios *s)
{
    dhcp_client_free(s->ra->dhcp);
    g_array_unref(s->ra->leased);
}

const struct dhcp_lease *ios_dhcp_lease(const struct ios *s, const struct net_if *i)
{
    return dhcp_client_lease(s->ra->dhcp, i);
}

void ios_dhcp_start(struct ios *s, struct net_if *i, GString *out)
{
    struct dhcp_client_conf conf = {.route_distance = IOS_LEASE_DISTANCE};
    if (ios_dhcp_lease(s, i))
        return;
    if (i->loopback) {
        ios_refuse(s, out, "%% DHCP is not supported on %s", i->name);
        return;
    }
    g_strlcpy(conf.hostname, s->d->hostname, sizeof conf.hostname);
    net_if_set_address(i, 0, 0);
    if (!dhcp_client_start(s->ra->dhcp, i, &conf))
        ios_refuse(s, out, "%% The port of DHCP clients is in use");
    ios_changed(s, "ip address dhcp");
}

void ios_dhcp_stop(struct ios *s, struct net_if *i)
{
    if (ios_dhcp_lease(s, i))
        dhcp_client_stop(s->ra->dhcp, i);
}

/* ---- show dhcp lease ---- */

static uint32_t seconds_until(const struct ios *s, sim_time at)
{
    return at == SIM_TIME_MAX ? 0 : (uint32_t)(MAX(0, at - sim_now(s->d->sim)) / SECONDS(1));
}

static void clock_text(uint32_t s, GString *out)
{
    g_string_append_printf(out, "%02u:%02u:%02u", s / 3600, s / 60 % 60, s % 60);
}

static void lease_text(const struct ios *s, const struct dhcp_lease *l, GString *out)
{
    g_string_append_printf(out, "Temp IP addr: %s  for peer on Interface: %s\n", IP4S(l->addr),
                           l->i->name);
    g_string_append_printf(out, "Temp  sub net mask: %s\n", IP4S(l->mask));
    g_string_append_printf(out, "   DHCP Lease server: %s, state: %u %s\n", IP4S(l->server),
                           (unsigned)l->state, dhcp_client_state_name(l->state));
    g_string_append_printf(out, "   DHCP transaction id: %X\n", l->xid);
    g_string_append_printf(out, "   Lease: %u secs,  Renewal: %u secs,  Rebind: %u secs\n",
                           l->lease_s, l->renew_s, l->rebind_s);
    if (l->gateway)
        g_string_append_printf(out, "Temp default-gateway addr: %s\n", IP4S(l->gateway));
    g_string_append(out, "   Next timer fires after: ");
    clock_text(seconds_until(s, l->next), out);
    g_string_append_printf(out, "\n   Retry count: %u   Client-ID: ", l->retries);
    for (uint32_t i = 0; i < l->n_id; i++)
        g_string_append_printf(out, "%s%02X", i && i % 2 == 0 ? "." : "", l->id[i]);
    g_string_append_printf(out, "\n   Hostname: %s\n", l->hostname);
}

void ios_show_dhcp_lease(void *self, const struct cli_args *a, GString *out)
{
    const struct ios *s = self;
    for (guint k = 0; k < dhcp_client_count(s->ra->dhcp); k++)
        lease_text(s, dhcp_client_at(s->ra->dhcp, k), out);
}

void ios_view_dhcp_lease(struct ios *s, char **args, struct view *v)
{
    view_columns(v, "interface", "address", "mask", "server", "state", "lease", NULL);
    for (guint k = 0; k < dhcp_client_count(s->ra->dhcp); k++) {
        const struct dhcp_lease *l = dhcp_client_at(s->ra->dhcp, k);
        view_row_begin(v);
        view_set(v, "interface", "%s", l->i->name);
        view_set(v, "address", "%s", IP4S(l->addr));
        view_set(v, "mask", "%s", IP4S(l->mask));
        view_set(v, "server", "%s", IP4S(l->server));
        view_set(v, "state", "%s", dhcp_client_state_name(l->state));
        view_set(v, "lease", "%u", l->lease_s);
    }
}

/* ---- release dhcp, renew dhcp ---- */

static void by_command(void *self, const struct cli_args *a, GString *out)
{
    struct ios *s = self;
    struct net_if *i = net_if_by_name(s->d->node, cli_arg(a, "interface"));
    if (!i || !ios_dhcp_lease(s, i)) {
        ios_refuse(s, out, "%% Interface %s is not using DHCP", cli_arg(a, "interface"));
        return;
    }
    if (cli_has(a, "renew"))
        dhcp_client_renew(s->ra->dhcp, i);
    else
        dhcp_client_release(s->ra->dhcp, i);
}

// clang-format off
const struct cli_command ios_dhcp_exec_rows[] = {
    { "release dhcp interface:IFNAME", by_command, CLI_PRIVILEGED },
    { "renew dhcp interface:IFNAME",   by_command, CLI_PRIVILEGED },
    { 0 } };
// clang-format on
